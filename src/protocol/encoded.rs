//! An event with its text, encoded at most once per key style and shared by everybody it goes to.

use std::sync::{Arc, OnceLock};

use bytestring::ByteString;

use crate::domain::event::Event;

use super::dialect::{KeyStyle, encode_event};

struct Shared {
    event: Event,
    camel: OnceLock<ByteString>,
    snake: OnceLock<ByteString>,
    socket_io: OnceLock<ByteString>,
}

/// An event on its way to many. Cheap to clone.
#[derive(Clone)]
pub struct Encoded(Arc<Shared>);

impl Encoded {
    /// Nothing is encoded yet.
    pub fn new(event: Event) -> Self {
        let (camel, snake, socket_io) = (OnceLock::new(), OnceLock::new(), OnceLock::new());
        Self(Arc::new(Shared { event, camel, snake, socket_io }))
    }

    /// What happened.
    pub fn event(&self) -> &Event {
        &self.0.event
    }

    /// Its text; made by whoever needs it first.
    pub fn text(&self, keys: KeyStyle) -> ByteString {
        let cell = match keys {
            KeyStyle::Camel => &self.0.camel,
            KeyStyle::Snake => &self.0.snake,
            KeyStyle::SocketIo => &self.0.socket_io,
        };
        cell.get_or_init(|| encode_event(&self.0.event, keys)).clone()
    }
}
