//! The narrow door between a session and whatever carries its bytes (a socket pump, a polling transport).
//!
//! The pump is dumb: it hands frames up, writes what it is told, and says when it has written. Everything that
//! decides lives in the session, because a pump stops running while its client does not read.

use bytes::Bytes;
use bytestring::ByteString;

/// Pump to session.
#[derive(Debug, actix::Message)]
#[rtype(result = "()")]
pub enum FromPump {
    /// One whole text message, valid UTF-8.
    Text(ByteString),
    /// One whole binary message.
    Binary(Bytes),
    /// A ping or pong of the client arrived: a sign of life.
    Heard,
    /// This many bytes of [`ToPump::Text`] have been given to the transport.
    Written(usize),
    /// The link is gone. The close code that the client sent or that a protocol fault called for, if any.
    Ended {
        /// RFC 6455 §7.4 or ours.
        code: Option<u16>,
    },
}

/// Session to pump.
#[derive(Debug, actix::Message)]
#[rtype(result = "()")]
pub enum ToPump {
    /// Write one text message.
    Text(ByteString),
    /// Write one text message of the transport's own, which nobody counts.
    Aside(ByteString),
    /// Write one binary message.
    Binary(Bytes),
    /// From now on messages may be this large (after authentication).
    Limits {
        /// All fragments together, bytes.
        message_bytes: usize,
    },
    /// Write a ping.
    Ping,
    /// Say goodbye and end.
    Close {
        /// RFC 6455 §7.4 or 4000–4999.
        code: u16,
        /// At most 123 bytes.
        reason: String,
    },
}

/// Ends a connection from outside, also when its pump is stuck behind a client that does not read.
pub trait Cut: Send + 'static {
    /// Shuts the connection down at once. Calling it again does nothing.
    fn cut(&self);
}
