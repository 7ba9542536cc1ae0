//! From a client's text to a request: the envelope, the client's own id, and how deep it may be nested.

use std::fmt;

use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use crate::domain::command::Command;
use crate::domain::ids::UserId;
use crate::domain::user::Role;
use crate::protocol::error::{ErrorCode, WireError};

use super::{KeyStyle, reader, requests};

/// The client's own id of a request, echoed as it came: JSON text of a string or number.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct WireId(Box<str>);

impl WireId {
    /// The number under which a Socket.IO client waits for its acknowledgement.
    pub fn of_ack(id: u64) -> Self {
        Self(id.to_string().into())
    }

    /// As JSON.
    pub fn as_json(&self) -> &str {
        &self.0
    }
}

/// The longest `id` that is echoed, bytes of JSON.
const ID_BYTES: usize = 128;

/// What a client asks for.
#[derive(Clone, PartialEq, Eq)]
pub enum Request {
    /// Something that needs to be known who asks.
    Command(Command),
    /// `register_user`, `register_agent`, `register_admin`.
    Register {
        /// By its name.
        role: Role,
        /// Must be the token's subject.
        user_id: Option<UserId>,
        /// Not needed when the upgrade carried one.
        token: Option<String>,
    },
    /// A newer token of the same person.
    RefreshToken {
        /// The token.
        token: String,
    },
    /// Answered with `pong` and the same data.
    Ping(Option<Box<str>>),
}

/// Tokens stay out of logs.
impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let redacted = format_args!("<redacted>");
        match self {
            Self::Command(command) => f.debug_tuple("Command").field(command).finish(),
            Self::Register { role, user_id, token } => f
                .debug_struct("Register")
                .field("role", role)
                .field("user_id", user_id)
                .field("token", &token.as_ref().map(|_| redacted))
                .finish(),
            Self::RefreshToken { token: _ } => f.debug_struct("RefreshToken").field("token", &redacted).finish(),
            Self::Ping(data) => f.debug_tuple("Ping").field(data).finish(),
        }
    }
}

/// A decoded text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inbound {
    /// Comes back in the answer.
    pub id: Option<WireId>,
    /// What is asked.
    pub request: Request,
}

/// A text that could not be decoded.
#[derive(Clone, Debug, PartialEq)]
pub struct Refused {
    /// The client's id, when that much could be read.
    pub id: Option<WireId>,
    /// Why.
    pub error: WireError,
}

/// Reads one text frame.
///
/// # Errors
/// `invalid_json`, `unknown_type`, or `invalid` with the path of the field. None of them repeats a value of the client.
pub fn decode(text: &str, keys: KeyStyle, max_depth: usize) -> Result<Inbound, Refused> {
    let refuse = |error| Refused { id: None, error };
    // What is white space to JSON (RFC 8259 §2), not to Unicode.
    let text = text.trim_matches([' ', '\t', '\r', '\n']);
    if !text.starts_with('{') {
        let message = "expected an object with \"type\" and \"data\"";
        return Err(refuse(WireError::new(ErrorCode::InvalidJson, message)));
    }
    // Finds the values' ends without going down into them, so it is safe at any depth.
    let envelope = Envelope::read(text).map_err(refuse)?;
    let (id, id_fault) = match read_id(envelope.id) {
        Ok(id) => (id, None),
        Err(error) => (None, Some(error)),
    };
    let read = || {
        shallow(text, max_depth)?;
        if let Some(name) = envelope.twice {
            return Err(WireError::invalid(name, "is there twice"));
        }
        if let Some(error) = id_fault {
            return Err(error);
        }
        let kind = envelope.kind.ok_or_else(|| WireError::invalid("type", "is missing"))?;
        let kind: String = reader::read(kind.get(), "type", keys)?;
        requests::request(&kind, envelope.data.map_or("{}", RawValue::get), keys)
    };
    match read() {
        Ok(request) => Ok(Inbound { id, request }),
        Err(error) => Err(Refused { id, error }),
    }
}

/// The parts of a text. A part that is null counts as absent.
#[derive(Default)]
struct Envelope<'a> {
    kind: Option<&'a RawValue>,
    data: Option<&'a RawValue>,
    id: Option<&'a RawValue>,
    /// The name of a part that is there twice.
    twice: Option<&'static str>,
}

impl<'a> Envelope<'a> {
    fn read(text: &'a str) -> Result<Self, WireError> {
        let mut envelope = Self::default();
        for (key, value) in reader::entries(text).map_err(|error| no_json(&error))? {
            let (part, name) = match key.as_ref() {
                "type" | "event" => (&mut envelope.kind, "type"),
                "data" => (&mut envelope.data, "data"),
                "id" => (&mut envelope.id, "id"),
                _ => continue,
            };
            if value.get() != "null" && part.replace(value).is_some() {
                envelope.twice = Some(name);
            }
        }
        Ok(envelope)
    }
}

/// serde_json's words for broken syntax say what it expected and where; they quote nothing.
fn no_json(error: &serde_json::Error) -> WireError {
    WireError::new(ErrorCode::InvalidJson, error.to_string())
}

fn read_id(id: Option<&RawValue>) -> Result<Option<WireId>, WireError> {
    let Some(id) = id.map(RawValue::get) else { return Ok(None) };
    let fits = id.len() <= ID_BYTES && !id.starts_with(['{', '[', 't', 'f']);
    if fits { Ok(Some(WireId(id.into()))) } else { Err(WireError::invalid("id", "must be a short string or a number")) }
}

pub(super) fn shallow(text: &str, max_depth: usize) -> Result<(), WireError> {
    if depth(text) <= max_depth {
        return Ok(());
    }
    Err(WireError::new(ErrorCode::InvalidJson, format!("nested deeper than {max_depth} levels")))
}

/// The deepest nesting, seen without reading: brackets outside strings.
fn depth(text: &str) -> usize {
    let (mut depth, mut deepest, mut in_string, mut escaped) = (0_usize, 0_usize, false, false);
    for byte in text.bytes() {
        match (in_string, byte) {
            (true, _) if escaped => escaped = false,
            (true, b'\\') => escaped = true,
            (true, b'"') => in_string = false,
            (true, _) => {}
            (false, b'"') => in_string = true,
            (false, b'{' | b'[') => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            (false, b'}' | b']') => depth = depth.saturating_sub(1),
            (false, _) => {}
        }
    }
    deepest
}

/// Reads a REST body: an object; an empty body counts as `{}`.
///
/// # Errors
/// `invalid_json`, or `invalid` with the path of the field. None of them repeats a value of the client.
pub fn read_body<T: DeserializeOwned>(body: &[u8], max_depth: usize) -> Result<T, WireError> {
    read_body_in(body, max_depth, KeyStyle::Camel)
}

/// The same with keys written in another style; the type names them in camelCase.
///
/// # Errors
/// As [`read_body`].
pub fn read_body_in<T: DeserializeOwned>(body: &[u8], max_depth: usize, keys: KeyStyle) -> Result<T, WireError> {
    let text = std::str::from_utf8(body).map_err(|_| WireError::new(ErrorCode::InvalidJson, "not UTF-8"))?;
    shallow(text, max_depth)?;
    let text = if text.trim().is_empty() { "{}" } else { text };
    serde_json::from_str::<serde::de::IgnoredAny>(text).map_err(|error| no_json(&error))?;
    reader::read(text, "data", keys)
}

#[cfg(test)]
mod tests;
