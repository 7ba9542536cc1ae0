//! Socket.IO 5, pure: packets inside Engine.IO messages, with namespaces, acknowledgements and binary attachments.
//!
//! `<type>[<attachments>-][<namespace>,][<id>][<JSON>]`; the attachments of types 5 and 6 follow as binary messages, each
//! in the place of a `{"_placeholder":true,"num":n}`.

#[cfg(test)]
mod tests;

use bytes::Bytes;
use bytestring::ByteString;
use serde_json::value::RawValue;

/// The main namespace.
pub const MAIN: &str = "/";

/// What a packet is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Enters a namespace.
    Connect,
    /// Leaves it.
    Disconnect,
    /// Something happened.
    Event,
    /// The answer to an event with an id.
    Ack,
    /// A namespace was not entered.
    ConnectError,
}

/// One whole packet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packet {
    /// What it is.
    pub kind: Kind,
    /// Where; [`MAIN`] when it was not said.
    pub namespace: ByteString,
    /// Under which number it wants, or is, an answer.
    pub id: Option<u64>,
    /// JSON: an array for events and acks, an object or nothing for the others.
    pub data: ByteString,
    /// Binary parts, by their number.
    pub attachments: Vec<Bytes>,
}

/// A packet that is none; the connection has to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// Not as the protocol has it.
    #[error("not a Socket.IO packet")]
    Malformed,
    /// More attachments, or larger ones, than are taken.
    #[error("too many or too large attachments")]
    TooBig,
}

/// How many attachments one packet may have.
const ATTACHMENTS: usize = 16;
/// The longest name of a namespace, bytes.
const NAMESPACE_BYTES: usize = 256;
/// Events that only the protocol itself has.
const RESERVED: &[&str] = &["connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"];

/// Puts packets together.
#[derive(Debug)]
pub struct Decoder {
    max_bytes: usize,
    /// A packet that waits for attachments, how many, and the bytes of those it has.
    partial: Option<(Packet, usize, usize)>,
}

impl Decoder {
    /// Attachments of one packet may have this many bytes together.
    pub fn new(max_bytes: usize) -> Self {
        Self { max_bytes, partial: None }
    }

    /// Takes a text message. None: its attachments are still to come.
    ///
    /// # Errors
    /// [`Fault`]; also when attachments of the packet before are missing.
    pub fn text(&mut self, text: &ByteString) -> Result<Option<Packet>, Fault> {
        if self.partial.is_some() {
            return Err(Fault::Malformed);
        }
        let (packet, attachments) = read(text)?;
        if attachments == 0 {
            return Ok(Some(packet));
        }
        self.partial = Some((packet, attachments, 0));
        Ok(None)
    }

    /// Takes a binary message. None: more of them are to come.
    ///
    /// # Errors
    /// [`Fault`]; also when no packet waits for it.
    pub fn binary(&mut self, bytes: Bytes) -> Result<Option<Packet>, Fault> {
        let (mut packet, wanted, before) = self.partial.take().ok_or(Fault::Malformed)?;
        let together = before.saturating_add(bytes.len());
        if together > self.max_bytes {
            return Err(Fault::TooBig);
        }
        packet.attachments.push(bytes);
        if packet.attachments.len() == wanted {
            return Ok(Some(packet));
        }
        self.partial = Some((packet, wanted, together));
        Ok(None)
    }
}

fn read(text: &ByteString) -> Result<(Packet, usize), Fault> {
    let mut letters = text.chars();
    let (kind, binary) = match letters.next() {
        Some('0') => (Kind::Connect, false),
        Some('1') => (Kind::Disconnect, false),
        Some('2') => (Kind::Event, false),
        Some('3') => (Kind::Ack, false),
        Some('4') => (Kind::ConnectError, false),
        Some('5') => (Kind::Event, true),
        Some('6') => (Kind::Ack, true),
        _ => return Err(Fault::Malformed),
    };
    let mut rest = letters.as_str();
    let mut attachments = 0;
    if binary {
        let (count, after) = rest.split_once('-').ok_or(Fault::Malformed)?;
        attachments = number(count).and_then(|count| usize::try_from(count).ok()).ok_or(Fault::Malformed)?;
        if attachments > ATTACHMENTS {
            return Err(Fault::TooBig);
        }
        rest = after;
    }
    let mut namespace = ByteString::from_static(MAIN);
    if rest.starts_with('/') {
        let (name, after) = rest.split_once(',').unwrap_or((rest, ""));
        if name.len() > NAMESPACE_BYTES {
            return Err(Fault::Malformed);
        }
        namespace = text.slice_ref(name);
        rest = after;
    }
    let after = rest.trim_start_matches(|letter: char| letter.is_ascii_digit());
    let digits = rest.strip_suffix(after).unwrap_or_default();
    let id = match digits {
        "" => None,
        digits => Some(number(digits).ok_or(Fault::Malformed)?),
    };
    let packet = Packet { kind, namespace, id, data: text.slice_ref(after), attachments: Vec::new() };
    check(&packet)?;
    Ok((packet, attachments))
}

/// Digits, as many as the clients' own numbers can have.
fn number(digits: &str) -> Option<u64> {
    let fits = !digits.is_empty() && digits.len() <= 16 && digits.bytes().all(|byte| byte.is_ascii_digit());
    fits.then(|| digits.parse().ok()).flatten()
}

fn check(packet: &Packet) -> Result<(), Fault> {
    let fine = match packet.kind {
        Kind::Connect => packet.data.is_empty() || is_json(&packet.data, '{'),
        Kind::Disconnect => packet.data.is_empty(),
        Kind::Event => name(packet).is_some_and(|name| !RESERVED.contains(&name.as_str())),
        Kind::Ack => packet.id.is_some() && is_json(&packet.data, '['),
        // Servers send it.
        Kind::ConnectError => false,
    };
    if fine { Ok(()) } else { Err(Fault::Malformed) }
}

fn is_json(text: &str, first: char) -> bool {
    text.starts_with(first) && serde_json::from_str::<&RawValue>(text).is_ok()
}

fn parts(packet: &Packet) -> Option<Vec<&RawValue>> {
    serde_json::from_str(&packet.data).ok()
}

/// The name of an event: text, or a number.
pub fn name(packet: &Packet) -> Option<String> {
    let parts = parts(packet)?;
    let first = parts.first()?.get();
    match first.bytes().next()? {
        b'"' => serde_json::from_str(first).ok(),
        b'-' | b'0'..=b'9' => Some(first.to_owned()),
        _ => None,
    }
}

/// What an event says beside its name: each as JSON.
pub fn arguments(packet: &Packet) -> Vec<&str> {
    parts(packet).unwrap_or_default().into_iter().skip(1).map(RawValue::get).collect()
}

/// Writes a packet as an Engine.IO message; its attachments are to follow.
pub fn encode(kind: Kind, namespace: &str, id: Option<u64>, data: &str, attachments: usize) -> ByteString {
    let mut text = String::with_capacity(data.len().saturating_add(32));
    text.push('4');
    text.push(match (kind, attachments) {
        (Kind::Connect, _) => '0',
        (Kind::Disconnect, _) => '1',
        (Kind::Event, 0) => '2',
        (Kind::Ack, 0) => '3',
        (Kind::ConnectError, _) => '4',
        (Kind::Event, _) => '5',
        (Kind::Ack, _) => '6',
    });
    if attachments > 0 {
        text.push_str(&attachments.to_string());
        text.push('-');
    }
    if namespace != MAIN {
        text.push_str(namespace);
        text.push(',');
    }
    if let Some(id) = id {
        text.push_str(&id.to_string());
    }
    text.push_str(data);
    ByteString::from(text)
}
