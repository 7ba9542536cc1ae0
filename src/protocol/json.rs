//! Writing JSON by hand: one definition of every shape, two ways of writing its keys, no tree in between.

use std::borrow::Cow;

use chrono::{DateTime, SecondsFormat};

use crate::domain::conversation::Word;
use crate::domain::time::Timestamp;

#[cfg(test)]
pub(crate) mod seen;

#[cfg(test)]
use seen::{Atom, Shape};

/// In tests an object also takes down which keys it was given, and of which kind: the types of the clients are made of it.
macro_rules! saw {
    ($object:expr, $key:expr, $($atom:expr),+) => {
        #[cfg(test)]
        {
            $($object.seen.saw($key, $atom, false);)+
        }
    };
    ($object:expr, $key:expr; maybe $atom:expr) => {
        #[cfg(test)]
        $object.seen.saw($key, $atom, true);
    };
}

/// How keys are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum KeyStyle {
    /// `conversationId`.
    #[default]
    Camel,
    /// `conversation_id`; and `message_text` for a message's `content` (seed 003).
    Snake,
    /// As seed 002 names them: `sessionUuid` for a conversation, `staffId` for an agent; else as [`KeyStyle::Camel`].
    SocketIo,
}

/// Our names of keys, and seed 002's.
const OF_SOCKET_IO: &[(&str, &str)] = &[
    ("conversationId", "sessionUuid"),
    ("agentId", "staffId"),
    ("agentName", "staffName"),
    ("fromAgentId", "fromStaffId"),
    ("assignedAgentId", "assignedStaffId"),
];

fn socket_io(key: &str) -> &str {
    OF_SOCKET_IO.iter().find(|(ours, _)| *ours == key).map_or(key, |(_, theirs)| *theirs)
}

/// Our name of a key of seed 002.
pub(super) fn ours_of_socket_io(key: &str) -> Option<&'static str> {
    OF_SOCKET_IO.iter().find(|(_, theirs)| *theirs == key).map(|(ours, _)| *ours)
}

/// A time as RFC 3339, UTC, with milliseconds.
pub fn rfc3339(at: Timestamp) -> String {
    DateTime::from_timestamp_millis(at.as_millis())
        .map_or_else(|| "1970-01-01T00:00:00.000Z".to_owned(), |time| time.to_rfc3339_opts(SecondsFormat::Millis, true))
}

/// An object being written.
pub struct Object<'a> {
    out: &'a mut String,
    keys: KeyStyle,
    first: bool,
    #[cfg(test)]
    seen: Shape,
}

/// What is left of an object that was written.
struct Written {
    #[cfg(test)]
    seen: Shape,
}

/// Writes one object.
pub fn object(keys: KeyStyle, write: impl FnOnce(&mut Object<'_>)) -> String {
    let mut out = String::with_capacity(256);
    nested(&mut out, keys, write);
    out
}

/// What an object is given, in place of its text.
#[cfg(test)]
pub(crate) fn shape(write: impl FnOnce(&mut Object<'_>)) -> Shape {
    nested(&mut String::new(), KeyStyle::Camel, write).seen
}

fn nested(out: &mut String, keys: KeyStyle, write: impl FnOnce(&mut Object<'_>)) -> Written {
    out.push('{');
    let mut object = Object {
        out: &mut *out,
        keys,
        first: true,
        #[cfg(test)]
        seen: Shape::default(),
    };
    write(&mut object);
    let written = Written {
        #[cfg(test)]
        seen: object.seen,
    };
    out.push('}');
    written
}

impl Object<'_> {
    /// How keys are written.
    pub fn keys(&self) -> KeyStyle {
        self.keys
    }

    fn key(&mut self, key: &str) {
        if !self.first {
            self.out.push(',');
        }
        self.first = false;
        self.out.push('"');
        match self.keys {
            KeyStyle::Camel => self.out.push_str(key),
            KeyStyle::Snake => snake(self.out, key),
            KeyStyle::SocketIo => self.out.push_str(socket_io(key)),
        }
        self.out.push_str("\":");
    }

    /// A string.
    pub fn text(&mut self, key: &str, value: &str) -> &mut Self {
        saw!(self, key, Atom::Text);
        self.write_text(key, value)
    }

    fn write_text(&mut self, key: &str, value: &str) -> &mut Self {
        self.key(key);
        string(self.out, value);
        self
    }

    /// The word that tells this kind of an object from its siblings.
    pub fn tag(&mut self, key: &str, word: &'static str) -> &mut Self {
        saw!(self, key, Atom::Tag(word));
        self.write_text(key, word)
    }

    /// A word of a closed vocabulary.
    pub fn word<W: Word>(&mut self, key: &str, word: W) -> &mut Self {
        saw!(self, key, Atom::Word(W::NAME, W::WORDS));
        self.write_text(key, word.word())
    }

    /// A word of a closed vocabulary, or null.
    pub fn word_or_null<W: Word>(&mut self, key: &str, word: Option<W>) -> &mut Self {
        saw!(self, key, Atom::Word(W::NAME, W::WORDS), Atom::Null);
        match word {
            Some(word) => self.write_text(key, word.word()),
            None => self.null(key),
        }
    }

    /// A part with a name of its own: its keys stand among the others of this object.
    pub fn part(&mut self, name: &'static str, write: impl FnOnce(&mut Object<'_>)) -> &mut Self {
        #[cfg(test)]
        let whole = std::mem::take(&mut self.seen);
        write(self);
        #[cfg(test)]
        {
            let part = std::mem::replace(&mut self.seen, whole);
            self.seen.parts.push((name, vec![Atom::Object(part)]));
        }
        // The name is for the types of the clients only.
        let _ = name;
        self
    }

    /// A string, or null.
    pub fn text_or_null(&mut self, key: &str, value: Option<&str>) -> &mut Self {
        saw!(self, key, Atom::Text, Atom::Null);
        match value {
            Some(value) => self.text(key, value),
            None => self.null(key),
        }
    }

    /// A string, or nothing.
    pub fn text_if(&mut self, key: &str, value: Option<&str>) -> &mut Self {
        saw!(self, key; maybe Atom::Text);
        if let Some(value) = value {
            self.text(key, value);
        }
        self
    }

    /// A number.
    pub fn int(&mut self, key: &str, value: impl Into<i128>) -> &mut Self {
        saw!(self, key, Atom::Int);
        self.key(key);
        self.out.push_str(&value.into().to_string());
        self
    }

    /// A number, or nothing.
    pub fn int_if(&mut self, key: &str, value: Option<impl Into<i128>>) -> &mut Self {
        saw!(self, key; maybe Atom::Int);
        if let Some(value) = value {
            self.int(key, value);
        }
        self
    }

    /// True, always.
    pub fn yes(&mut self, key: &str) -> &mut Self {
        saw!(self, key, Atom::True);
        self.key(key);
        self.out.push_str("true");
        self
    }

    /// True or false.
    pub fn flag(&mut self, key: &str, value: bool) -> &mut Self {
        saw!(self, key, Atom::Flag);
        self.key(key);
        self.out.push_str(if value { "true" } else { "false" });
        self
    }

    /// True or false, or nothing.
    pub fn flag_if(&mut self, key: &str, value: Option<bool>) -> &mut Self {
        saw!(self, key; maybe Atom::Flag);
        if let Some(value) = value {
            self.flag(key, value);
        }
        self
    }

    /// Null.
    pub fn null(&mut self, key: &str) -> &mut Self {
        saw!(self, key, Atom::Null);
        self.key(key);
        self.out.push_str("null");
        self
    }

    /// A time.
    pub fn time(&mut self, key: &str, at: Timestamp) -> &mut Self {
        saw!(self, key, Atom::Time);
        self.write_text(key, &rfc3339(at))
    }

    /// A time, or nothing.
    pub fn time_if(&mut self, key: &str, at: Option<Timestamp>) -> &mut Self {
        saw!(self, key; maybe Atom::Time);
        if let Some(at) = at {
            self.time(key, at);
        }
        self
    }

    /// A time, or null.
    pub fn time_or_null(&mut self, key: &str, at: Option<Timestamp>) -> &mut Self {
        saw!(self, key, Atom::Time, Atom::Null);
        match at {
            Some(at) => self.time(key, at),
            None => self.null(key),
        }
    }

    /// JSON text as it is; the caller knows that it is JSON.
    pub fn raw(&mut self, key: &str, json: &str) -> &mut Self {
        saw!(self, key, Atom::Any);
        self.key(key);
        self.out.push_str(json);
        self
    }

    /// An opaque JSON text of a client, or null when it is none.
    pub fn opaque(&mut self, key: &str, json: Option<&str>) -> &mut Self {
        saw!(self, key, Atom::Any);
        match json.filter(|json| serde_json::from_str::<serde::de::IgnoredAny>(json).is_ok()) {
            Some(json) => self.raw(key, json),
            None => self.null(key),
        }
    }

    /// An object.
    pub fn object(&mut self, key: &str, write: impl FnOnce(&mut Object<'_>)) -> &mut Self {
        self.key(key);
        let _written = nested(self.out, self.keys, write);
        saw!(self, key, Atom::Object(_written.seen));
        self
    }

    /// An object, or nothing.
    pub fn object_if<T>(&mut self, key: &str, value: Option<T>, write: impl FnOnce(&mut Object<'_>, T)) -> &mut Self {
        #[cfg(test)]
        self.seen.maybe(key);
        if let Some(value) = value {
            self.object(key, |o| write(o, value));
        }
        self
    }

    /// A list of strings.
    pub fn texts<S: AsRef<str>>(&mut self, key: &str, values: &[S]) -> &mut Self {
        saw!(self, key, Atom::List(vec![Atom::Text]));
        self.key(key);
        self.out.push('[');
        for (place, value) in values.iter().enumerate() {
            if place > 0 {
                self.out.push(',');
            }
            string(self.out, value.as_ref());
        }
        self.out.push(']');
        self
    }

    /// A list of objects.
    pub fn list<T>(
        &mut self,
        key: &str,
        items: impl IntoIterator<Item = T>,
        write: impl Fn(&mut Object<'_>, T),
    ) -> &mut Self {
        saw!(self, key, Atom::List(Vec::new()));
        self.key(key);
        self.out.push('[');
        for (place, item) in items.into_iter().enumerate() {
            if place > 0 {
                self.out.push(',');
            }
            let _written = nested(self.out, self.keys, |object| write(object, item));
            saw!(self, key, Atom::List(vec![Atom::Object(_written.seen)]));
        }
        self.out.push(']');
        self
    }

    /// A value with its keys as they are.
    pub fn value(&mut self, key: &str, value: &serde_json::Value) -> &mut Self {
        saw!(self, key; maybe Atom::of(value));
        self.key(key);
        self.out.push_str(&value.to_string());
        self
    }
}

fn string(out: &mut String, value: &str) {
    // What needs no escape, nearly everything, is copied as it is.
    if value.bytes().all(|byte| byte >= 0x20 && byte != b'"' && byte != b'\\') {
        out.push('"');
        out.push_str(value);
        out.push('"');
        return;
    }
    // A string always becomes JSON.
    out.push_str(&serde_json::to_string(value).unwrap_or_else(|_| "\"\"".to_owned()));
}

/// The name of a field under which a client of this style knows it, from our camelCase one.
pub fn wire_name(name: &str, keys: KeyStyle) -> Cow<'_, str> {
    match (keys, name) {
        (KeyStyle::Camel, _) => Cow::Borrowed(name),
        (KeyStyle::SocketIo, _) => Cow::Owned(socket_io(name).to_owned()),
        (KeyStyle::Snake, "content") => Cow::Borrowed("message_text"),
        (KeyStyle::Snake, _) => {
            let mut out = String::with_capacity(name.len() + 4);
            snake(&mut out, name);
            Cow::Owned(out)
        }
    }
}

fn snake(out: &mut String, key: &str) {
    for letter in key.chars() {
        if letter.is_ascii_uppercase() {
            out.push('_');
        }
        out.push(letter.to_ascii_lowercase());
    }
}
