//! Engine.IO 4, pure: what a request asks for, packets, and the payloads of long polling.
//!
//! One packet is a text that begins with its type (`0` open to `6` noop), or binary. A WebSocket frame carries one of
//! them; a polled body any number, with [`SEPARATOR`] in between and binary as `b` and base64.

pub mod link;

#[cfg(test)]
mod tests;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use bytestring::ByteString;

use crate::domain::time::Millis;

/// Between the packets of a polled body.
pub const SEPARATOR: char = '\u{1e}';
/// A ping as the server sends it.
pub const PING: ByteString = ByteString::from_static("2");
/// The end of a session.
pub const CLOSE: ByteString = ByteString::from_static("1");
/// Nothing: ends a request that waits.
pub const NOOP: ByteString = ByteString::from_static("6");
/// What a new WebSocket asks before it takes over.
const PROBE: &str = "probe";
/// The answer.
pub const PROBED: ByteString = ByteString::from_static("3probe");

/// How a client's requests travel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Transport {
    /// Requests that wait.
    Polling,
    /// One WebSocket.
    WebSocket,
}

/// Why a request is refused: a code and words that stock clients know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Refusal {
    /// No such transport.
    #[error("Transport unknown")]
    UnknownTransport,
    /// No such session, or not for this client.
    #[error("Session ID unknown")]
    UnknownSid,
    /// A session begins with GET.
    #[error("Bad handshake method")]
    BadMethod,
    /// Anything else that is wrong with it.
    #[error("Bad request")]
    BadRequest,
    /// This client may not come in.
    #[error("Forbidden")]
    Forbidden,
    /// Another version of the protocol.
    #[error("Unsupported protocol version")]
    UnsupportedVersion,
}

impl Refusal {
    /// The number in the answer.
    pub const fn code(self) -> u8 {
        match self {
            Self::UnknownTransport => 0,
            Self::UnknownSid => 1,
            Self::BadMethod => 2,
            Self::BadRequest => 3,
            Self::Forbidden => 4,
            Self::UnsupportedVersion => 5,
        }
    }

    /// The body of the answer.
    pub fn json(self) -> String {
        format!("{{\"code\":{},\"message\":\"{self}\"}}", self.code())
    }
}

/// What a request's query says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Query<'a> {
    /// How it travels.
    pub transport: Transport,
    /// Of which session; none = a new one.
    pub sid: Option<&'a str>,
}

/// Reads a request's query.
///
/// # Errors
/// Another version, or a transport that is none.
pub fn query(text: &str) -> Result<Query<'_>, Refusal> {
    let value = |name: &str| {
        text.split('&').filter_map(|pair| pair.split_once('=')).find(|(key, _)| *key == name).map(|(_, value)| value)
    };
    let transport = match value("transport") {
        Some("polling") => Transport::Polling,
        Some("websocket") => Transport::WebSocket,
        _ => return Err(Refusal::UnknownTransport),
    };
    if value("EIO") != Some("4") {
        return Err(Refusal::UnsupportedVersion);
    }
    Ok(Query { transport, sid: value("sid") })
}

/// The first packet of a session.
pub fn open(sid: &str, upgrades: bool, interval: Millis, timeout: Millis, max_payload: usize) -> ByteString {
    let upgrades = if upgrades { "\"websocket\"" } else { "" };
    ByteString::from(format!(
        "0{{\"sid\":\"{sid}\",\"upgrades\":[{upgrades}],\"pingInterval\":{},\"pingTimeout\":{},\"maxPayload\":{max_payload}}}",
        interval.get(),
        timeout.get(),
    ))
}

/// What a client may send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Packet {
    /// The end of the session.
    Close,
    /// Asks whether a new WebSocket carries.
    Probe,
    /// A sign of life.
    Pong,
    /// Text for whoever is above.
    Message(ByteString),
    /// Binary for whoever is above.
    Binary(Bytes),
    /// The new WebSocket takes over.
    Upgrade,
    /// Nothing.
    Noop,
}

/// A packet that is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an Engine.IO packet of a client")]
pub struct Fault;

/// Reads one text packet.
///
/// # Errors
/// An empty one, an unknown type, or one that only servers send.
pub fn decode(text: &ByteString) -> Result<Packet, Fault> {
    let mut letters = text.chars();
    let kind = letters.next().ok_or(Fault)?;
    let rest = letters.as_str();
    Ok(match kind {
        '1' => Packet::Close,
        '2' if rest == PROBE => Packet::Probe,
        '3' => Packet::Pong,
        '4' => Packet::Message(text.slice_ref(rest)),
        '5' => Packet::Upgrade,
        '6' => Packet::Noop,
        _ => return Err(Fault),
    })
}

/// Reads a polled body.
///
/// # Errors
/// One bad packet makes it bad as a whole.
pub fn decode_payload(body: &ByteString) -> Result<Vec<Packet>, Fault> {
    body.split(SEPARATOR)
        .map(|part| match part.strip_prefix('b') {
            Some(encoded) => STANDARD.decode(encoded).map(|bytes| Packet::Binary(bytes.into())).map_err(|_| Fault),
            None => decode(&body.slice_ref(part)),
        })
        .collect()
}

/// What goes out: a whole packet as text, or binary.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Out {
    /// With its type.
    Text(ByteString),
    /// Always a message.
    Binary(Bytes),
}

impl Out {
    /// How large it is, as who hands it over counts.
    pub fn len(&self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::Binary(bytes) => bytes.len(),
        }
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Writes a polled body.
pub fn encode_payload<'a>(packets: impl IntoIterator<Item = &'a Out>) -> String {
    let mut body = String::new();
    for packet in packets {
        if !body.is_empty() {
            body.push(SEPARATOR);
        }
        match packet {
            Out::Text(text) => body.push_str(text),
            Out::Binary(bytes) => {
                body.push('b');
                STANDARD.encode_string(bytes, &mut body);
            }
        }
    }
    body
}
