//! RFC 6455 frames from a client, decoded piece by piece.
//!
//! The size limit is judged on the frame's header, before its payload arrives, and fragments are summed. Text is
//! checked as it comes, so that broken UTF-8 is found inside a frame and across fragments. Nothing is kept while idle.

use bytes::{Buf, Bytes, BytesMut};
use bytestring::ByteString;

/// What a client may send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrameLimits {
    /// The largest message, all fragments together, bytes.
    pub message_bytes: usize,
    /// Whether binary messages are taken.
    pub binary: bool,
}

/// One thing a client said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Inbound {
    /// A whole text message.
    Text(ByteString),
    /// A whole binary message.
    Binary(Bytes),
    /// To be answered with a pong of the same payload.
    Ping(Bytes),
    /// A sign of life.
    Pong,
    /// The client says goodbye, maybe with a code.
    Close(Option<u16>),
}

/// Why the connection has to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FrameFault {
    /// RFC 6455 was broken (1002).
    #[error("protocol error: {0}")]
    Protocol(&'static str),
    /// Binary where only text is taken (1003).
    #[error("binary messages are not taken")]
    Binary,
    /// Not UTF-8 (1007).
    #[error("text is not UTF-8")]
    Utf8,
    /// Larger than allowed (1009).
    #[error("message is too big")]
    TooBig,
}

impl FrameFault {
    /// The close code for it (RFC 6455 §7.4.1).
    pub const fn close_code(self) -> u16 {
        match self {
            Self::Protocol(_) => 1002,
            Self::Binary => 1003,
            Self::Utf8 => 1007,
            Self::TooBig => 1009,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Opcode {
    Continuation,
    Text,
    Binary,
    Close,
    Ping,
    Pong,
}

impl Opcode {
    const fn is_control(self) -> bool {
        matches!(self, Self::Close | Self::Ping | Self::Pong)
    }
}

#[derive(Clone, Copy, Debug)]
struct Header {
    fin: bool,
    opcode: Opcode,
    mask: [u8; 4],
    /// Payload bytes that have not come yet.
    left: usize,
    /// Where in the mask the next byte stands.
    phase: usize,
}

/// A message of which fragments have come.
#[derive(Debug)]
struct Partial {
    text: bool,
    payload: BytesMut,
    /// Bytes at the end of `payload` that may be the beginning of a character.
    checked: usize,
}

/// The decoder of one connection.
#[derive(Debug)]
pub struct Decoder {
    limits: FrameLimits,
    buffer: BytesMut,
    header: Option<Header>,
    control: BytesMut,
    partial: Option<Partial>,
    closed: bool,
}

impl Decoder {
    /// For a fresh connection.
    pub fn new(limits: FrameLimits) -> Self {
        Self { limits, buffer: BytesMut::new(), header: None, control: BytesMut::new(), partial: None, closed: false }
    }

    /// Other limits from now on (after authentication).
    pub fn set_limits(&mut self, limits: FrameLimits) {
        self.limits = limits;
    }

    /// Takes bytes in. Call [`Decoder::next`] until it has nothing more.
    pub fn push(&mut self, bytes: &[u8]) {
        if !self.closed {
            self.buffer.extend_from_slice(bytes);
        }
    }

    /// The next thing the client said, if it is whole.
    ///
    /// # Errors
    /// [`FrameFault`]; the decoder takes nothing more after one.
    #[expect(clippy::should_implement_trait, reason = "it is no iterator: more may come after nothing")]
    pub fn next(&mut self) -> Result<Option<Inbound>, FrameFault> {
        if self.closed {
            return Ok(None);
        }
        let result = self.step();
        match &result {
            Err(_) | Ok(Some(Inbound::Close(_))) => {
                self.closed = true;
                self.buffer = BytesMut::new();
                self.partial = None;
            }
            Ok(None) if self.buffer.is_empty() => self.buffer = BytesMut::new(),
            Ok(_) => {}
        }
        result
    }

    fn step(&mut self) -> Result<Option<Inbound>, FrameFault> {
        loop {
            let header = match self.header {
                Some(header) => header,
                None => match self.read_header()? {
                    Some(header) => header,
                    None => return Ok(None),
                },
            };
            self.header = Some(header);
            self.read_payload(header)?;
            let Some(header) = self.header else { return Ok(None) };
            if header.left > 0 {
                return Ok(None);
            }
            self.header = None;
            if let Some(inbound) = self.finish_frame(header)? {
                return Ok(Some(inbound));
            }
        }
    }

    /// Reads a header once it is whole, and judges what it announces.
    fn read_header(&mut self) -> Result<Option<Header>, FrameFault> {
        let Some((&first, rest)) = self.buffer.split_first() else { return Ok(None) };
        if first & 0x70 != 0 {
            return Err(FrameFault::Protocol("reserved bits"));
        }
        let opcode = match first & 0x0F {
            0x0 => Opcode::Continuation,
            0x1 => Opcode::Text,
            0x2 => Opcode::Binary,
            0x8 => Opcode::Close,
            0x9 => Opcode::Ping,
            0xA => Opcode::Pong,
            _ => return Err(FrameFault::Protocol("reserved opcode")),
        };
        let fin = first & 0x80 != 0;
        let Some((&second, rest)) = rest.split_first() else { return Ok(None) };
        if second & 0x80 == 0 {
            return Err(FrameFault::Protocol("not masked"));
        }
        let short = second & 0x7F;
        if opcode.is_control() && (!fin || short > 125) {
            return Err(FrameFault::Protocol("control frame fragmented or too long"));
        }
        let (length, size) = match short {
            126 => match rest.first_chunk::<2>() {
                Some(bytes) => (u64::from(u16::from_be_bytes(*bytes)), 2),
                None => return Ok(None),
            },
            127 => match rest.first_chunk::<8>() {
                Some(bytes) => (u64::from_be_bytes(*bytes), 8),
                None => return Ok(None),
            },
            short => (u64::from(short), 0),
        };
        self.judge(opcode, length)?;
        let Some(mask) = rest.get(size..).and_then(|rest| rest.first_chunk::<4>()).copied() else { return Ok(None) };
        let left = usize::try_from(length).map_err(|_| FrameFault::TooBig)?;
        self.buffer.advance(2 + size + 4);
        self.begin(opcode)?;
        Ok(Some(Header { fin, opcode, mask, left, phase: 0 }))
    }

    fn judge(&self, opcode: Opcode, length: u64) -> Result<(), FrameFault> {
        if opcode.is_control() {
            return Ok(());
        }
        let so_far = self.partial.as_ref().map_or(0, |partial| partial.payload.len());
        let whole = length.saturating_add(u64::try_from(so_far).unwrap_or(u64::MAX));
        if whole > u64::try_from(self.limits.message_bytes).unwrap_or(u64::MAX) {
            return Err(FrameFault::TooBig);
        }
        Ok(())
    }

    fn begin(&mut self, opcode: Opcode) -> Result<(), FrameFault> {
        match (opcode, self.partial.is_some()) {
            (Opcode::Continuation, false) => Err(FrameFault::Protocol("continuation of nothing")),
            (Opcode::Text | Opcode::Binary, true) => Err(FrameFault::Protocol("a message within a message")),
            (Opcode::Binary, false) if !self.limits.binary => Err(FrameFault::Binary),
            (Opcode::Text | Opcode::Binary, false) => {
                let text = opcode == Opcode::Text;
                self.partial = Some(Partial { text, payload: BytesMut::new(), checked: 0 });
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Takes what has come of the payload, unmasks it, and checks text at once.
    fn read_payload(&mut self, mut header: Header) -> Result<(), FrameFault> {
        let take = header.left.min(self.buffer.len());
        let mut bytes = self.buffer.split_to(take);
        for byte in bytes.iter_mut() {
            *byte ^= header.mask.get(header.phase & 3).copied().unwrap_or(0);
            header.phase += 1;
        }
        header.left -= take;
        header.phase &= 3;
        self.header = Some(header);
        if header.opcode.is_control() {
            self.control.extend_from_slice(&bytes);
            return Ok(());
        }
        let Some(partial) = self.partial.as_mut() else { return Ok(()) };
        if partial.payload.is_empty() && header.left == 0 && header.fin {
            // The usual case, a message in one piece, is not copied.
            partial.payload = bytes;
        } else {
            partial.payload.extend_from_slice(&bytes);
        }
        if partial.text { partial.check() } else { Ok(()) }
    }

    fn finish_frame(&mut self, header: Header) -> Result<Option<Inbound>, FrameFault> {
        match header.opcode {
            Opcode::Ping => Ok(Some(Inbound::Ping(std::mem::take(&mut self.control).freeze()))),
            Opcode::Pong => {
                self.control = BytesMut::new();
                Ok(Some(Inbound::Pong))
            }
            Opcode::Close => close(&std::mem::take(&mut self.control)).map(Some),
            Opcode::Continuation | Opcode::Text | Opcode::Binary if !header.fin => Ok(None),
            Opcode::Continuation | Opcode::Text | Opcode::Binary => match self.partial.take() {
                Some(partial) => partial.finish().map(Some),
                None => Ok(None),
            },
        }
    }
}

impl Partial {
    /// Everything but an unfinished character at the end must be UTF-8.
    fn check(&mut self) -> Result<(), FrameFault> {
        let Some(fresh) = self.payload.get(self.checked..) else { return Ok(()) };
        match std::str::from_utf8(fresh) {
            Ok(_) => self.checked = self.payload.len(),
            Err(error) if error.error_len().is_none() => self.checked += error.valid_up_to(),
            Err(_) => return Err(FrameFault::Utf8),
        }
        Ok(())
    }

    fn finish(self) -> Result<Inbound, FrameFault> {
        let bytes = self.payload.freeze();
        if !self.text {
            return Ok(Inbound::Binary(bytes));
        }
        ByteString::try_from(bytes).map(Inbound::Text).map_err(|_| FrameFault::Utf8)
    }
}

/// RFC 6455 §5.5.1 and §7.4.
fn close(payload: &[u8]) -> Result<Inbound, FrameFault> {
    let Some((code, reason)) = payload.split_first_chunk::<2>() else {
        return if payload.is_empty() {
            Ok(Inbound::Close(None))
        } else {
            Err(FrameFault::Protocol("close of one byte"))
        };
    };
    let code = u16::from_be_bytes(*code);
    if !matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999) {
        return Err(FrameFault::Protocol("close code"));
    }
    if std::str::from_utf8(reason).is_err() {
        return Err(FrameFault::Utf8);
    }
    Ok(Inbound::Close(Some(code)))
}

#[cfg(test)]
mod tests;
