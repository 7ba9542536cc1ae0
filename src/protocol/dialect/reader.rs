//! Reads JSON into the shapes of requests, and names what is wrong without repeating it.
//!
//! serde's derived readers take a list where an object is meant, and their messages quote what they found: a token in
//! the wrong place would come back in an error and end in somebody's log. This reader takes objects for objects only,
//! knows both key styles, and makes its messages from what was expected. A key whose value is null counts as absent.
//! Raw values (`metadata`) keep every byte.

use std::borrow::Cow;
use std::fmt;

use serde::de::{self, DeserializeSeed, IntoDeserializer, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use crate::protocol::error::WireError;
use crate::protocol::json::{KeyStyle, ours_of_socket_io, wire_name};

/// Reads a JSON text, known to be whole, whose fields stand under `root`.
///
/// # Errors
/// `invalid` with the path of the field in the client's key style.
pub(super) fn read<'de, T: Deserialize<'de>>(text: &'de str, root: &str, keys: KeyStyle) -> Result<T, WireError> {
    #[cfg(test)]
    super::examples::typescript::probe::saw::<T>();
    let path = Path::Root(root);
    T::deserialize(Value { text: text.trim(), keys, path: &path }).map_err(|fault| {
        let fault = fault.at(&path, keys);
        WireError::invalid(&fault.path.unwrap_or_default(), fault.message)
    })
}

/// The keys of an object with their texts, in order. Nothing for anything but an object.
///
/// # Errors
/// What is wrong with the JSON; never a part of it.
pub(super) fn entries(text: &str) -> Result<Vec<(Cow<'_, str>, &RawValue)>, serde_json::Error> {
    struct Entries;
    impl<'de> Visitor<'de> for Entries {
        type Value = Vec<(Cow<'de, str>, &'de RawValue)>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: de::MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut found = Vec::with_capacity(map.size_hint().unwrap_or(4));
            while let Some((Key(key), value)) = map.next_entry()? {
                found.push((key, value));
            }
            Ok(found)
        }
    }
    let mut reader = serde_json::Deserializer::from_str(text);
    let found = reader.deserialize_map(Entries)?;
    reader.end()?;
    Ok(found)
}

/// A key, borrowed when it has no escapes.
struct Key<'de>(Cow<'de, str>);

impl<'de> Deserialize<'de> for Key<'de> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Text;
        impl<'de> Visitor<'de> for Text {
            type Value = Key<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a key")
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Key<'de>, E> {
                Ok(Key(Cow::Borrowed(text)))
            }

            fn visit_str<E>(self, text: &str) -> Result<Key<'de>, E> {
                Ok(Key(Cow::Owned(text.to_owned())))
            }
        }
        from.deserialize_str(Text)
    }
}

/// Where a value stands, in the client's words.
enum Path<'a> {
    Root(&'a str),
    Field(&'a Path<'a>, &'a str),
    Item(&'a Path<'a>, usize),
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Root(name) => f.write_str(name),
            Self::Field(parent, name) => write!(f, "{parent}.{name}"),
            Self::Item(parent, place) => write!(f, "{parent}[{place}]"),
        }
    }
}

/// What is wrong. Made of what was expected, never of what was found.
#[derive(Debug)]
struct Fault {
    path: Option<String>,
    /// A field of ours that is missing from the value.
    field: Option<&'static str>,
    message: String,
}

impl Fault {
    fn new(message: impl Into<String>) -> Self {
        Self { path: None, field: None, message: message.into() }
    }

    /// The innermost place wins.
    fn at(mut self, path: &Path<'_>, keys: KeyStyle) -> Self {
        if self.path.is_none() {
            self.path = Some(match self.field {
                Some(field) => format!("{path}.{}", wire_name(field, keys)),
                None => path.to_string(),
            });
        }
        self
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Fault {}

impl de::Error for Fault {
    /// Whoever writes such a message may quote what was found, so it is not taken.
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self::new("cannot be read")
    }

    fn invalid_type(_: de::Unexpected<'_>, expected: &dyn de::Expected) -> Self {
        Self::new(format!("must be {expected}"))
    }

    fn invalid_value(_: de::Unexpected<'_>, expected: &dyn de::Expected) -> Self {
        Self::new(format!("must be {expected}"))
    }

    fn invalid_length(_: usize, expected: &dyn de::Expected) -> Self {
        Self::new(format!("must be {expected}"))
    }

    fn unknown_variant(_: &str, expected: &'static [&'static str]) -> Self {
        Self::new(format!("must be {}", expected.join(" or ")))
    }

    fn unknown_field(_: &str, _: &'static [&'static str]) -> Self {
        Self::new("has a key that is not known")
    }

    fn missing_field(field: &'static str) -> Self {
        Self { field: Some(field), ..Self::new("is missing") }
    }

    fn duplicate_field(_: &'static str) -> Self {
        Self::new("is there twice")
    }
}

/// A JSON text on its way into a type.
struct Value<'de, 'p> {
    text: &'de str,
    keys: KeyStyle,
    path: &'p Path<'p>,
}

impl<'de> Value<'de, '_> {
    fn starts(&self, with: &str) -> bool {
        self.text.starts_with(|first| with.contains(first))
    }

    fn json(&self) -> serde_json::Deserializer<serde_json::de::StrRead<'de>> {
        serde_json::Deserializer::from_str(self.text)
    }

    fn string(&self) -> Result<Cow<'de, str>, Fault> {
        if !self.starts("\"") {
            return Err(Fault::new("must be text"));
        }
        // A string of a whole JSON text fails for its escapes only.
        let broken = |_| Fault::new("must be text; an escape in it stands for no character");
        Key::deserialize(&mut self.json()).map(|Key(text)| text).map_err(broken)
    }
}

macro_rules! whole_numbers {
    ($($method:ident $visit:ident $type:ident,)+) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
            match serde_json::from_str::<$type>(self.text) {
                Ok(number) => visitor.$visit(number),
                Err(_) => Err(Fault::new(format!("must be a whole number from {} to {}", $type::MIN, $type::MAX))),
            }
        })+
    };
}

impl<'de> Deserializer<'de> for Value<'de, '_> {
    type Error = Fault;

    whole_numbers! {
        deserialize_i8 visit_i8 i8, deserialize_i16 visit_i16 i16, deserialize_i32 visit_i32 i32,
        deserialize_i64 visit_i64 i64, deserialize_u8 visit_u8 u8, deserialize_u16 visit_u16 u16,
        deserialize_u32 visit_u32 u32, deserialize_u64 visit_u64 u64,
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self.text.bytes().next() {
            Some(b'"') => self.deserialize_str(visitor),
            Some(b'n') => visitor.visit_unit(),
            Some(b't' | b'f') => self.deserialize_bool(visitor),
            Some(b'{') => self.deserialize_map(visitor),
            Some(b'[') => self.deserialize_seq(visitor),
            _ => match serde_json::from_str::<i64>(self.text) {
                Ok(number) => visitor.visit_i64(number),
                Err(_) => match serde_json::from_str::<f64>(self.text) {
                    Ok(number) => visitor.visit_f64(number),
                    Err(_) => Err(de::Error::invalid_type(de::Unexpected::Other("a number"), &visitor)),
                },
            },
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self.text {
            "true" => visitor.visit_bool(true),
            "false" => visitor.visit_bool(false),
            _ => Err(Fault::new("must be true or false")),
        }
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match serde_json::from_str::<f64>(self.text) {
            Ok(number) => visitor.visit_f64(number),
            Err(_) => Err(Fault::new("must be a number")),
        }
    }

    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.deserialize_f64(visitor)
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self.string()? {
            Cow::Borrowed(text) => visitor.visit_borrowed_str(text),
            Cow::Owned(text) => visitor.visit_string(text),
        }
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.deserialize_str(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        if self.text == "null" { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    /// A raw value announces itself as such a struct with a name of serde_json's own, and only serde_json can fill it.
    fn deserialize_newtype_struct<V: Visitor<'de>>(self, name: &'static str, visitor: V) -> Result<V::Value, Fault> {
        if !name.starts_with("$serde_json::") {
            return visitor.visit_newtype_struct(self);
        }
        self.json().deserialize_newtype_struct(name, visitor).map_err(de::Error::custom)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        let list = || Fault::new("must be a list");
        if !self.starts("[") {
            return Err(list());
        }
        let items: Vec<&'de RawValue> = serde_json::from_str(self.text).map_err(|_| list())?;
        visitor.visit_seq(Items { of: &self, items: items.into_iter(), place: 0 })
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, Fault> {
        let list = || Fault::new(format!("must be a list of {len}"));
        if !self.starts("[") {
            return Err(list());
        }
        let items: Vec<&'de RawValue> = serde_json::from_str(self.text).map_err(|_| list())?;
        if items.len() != len {
            return Err(list());
        }
        visitor.visit_seq(Items { of: &self, items: items.into_iter(), place: 0 })
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        Fields::of(&self, |key| key)?.visit(visitor)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        let keys = self.keys;
        Fields::of(&self, |key| known_name(key, keys))?.visit(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        visitor.visit_enum(self.string()?.into_deserializer())
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_unit()
    }

    serde::forward_to_deserialize_any! { char bytes byte_buf unit unit_struct tuple_struct identifier }
}

/// Our name of a client's key: the camelCase one of the shapes.
fn known_name(key: Cow<'_, str>, keys: KeyStyle) -> Cow<'_, str> {
    match (keys, key.as_ref()) {
        (KeyStyle::Camel, _) => key,
        (KeyStyle::SocketIo, text) => match ours_of_socket_io(text) {
            Some(ours) => Cow::Borrowed(ours),
            None => key,
        },
        (KeyStyle::Snake, "message_text") => Cow::Borrowed("content"),
        (KeyStyle::Snake, text) if !text.contains('_') => key,
        (KeyStyle::Snake, text) => {
            let mut words = text.split('_');
            let mut out = words.next().unwrap_or_default().to_owned();
            for word in words {
                let mut letters = word.chars();
                out.extend(letters.next().map(|first| first.to_ascii_uppercase()));
                out.push_str(letters.as_str());
            }
            Cow::Owned(out)
        }
    }
}

/// The fields of an object that hold something.
struct Fields<'de, 'p> {
    of: &'p Value<'de, 'p>,
    /// The client's key, ours, and the value.
    left: std::vec::IntoIter<(Cow<'de, str>, Cow<'de, str>, &'de RawValue)>,
    next: Option<(Cow<'de, str>, &'de RawValue)>,
}

impl<'de, 'p> Fields<'de, 'p> {
    fn of(of: &'p Value<'de, 'p>, name: impl Fn(Cow<'de, str>) -> Cow<'de, str>) -> Result<Self, Fault> {
        if !of.starts("{") {
            return Err(Fault::new("must be an object"));
        }
        // An object of a whole JSON text fails for the escapes in its keys only.
        let broken = |_| Fault::new("has a key with an escape that stands for no character");
        let found = entries(of.text).map_err(broken)?;
        let held = found.into_iter().filter(|(_, value)| value.get() != "null");
        let left: Vec<_> = held.map(|(key, value)| (key.clone(), name(key), value)).collect();
        Ok(Self { of, left: left.into_iter(), next: None })
    }

    /// A field that is there twice is named as the second one is, of all its names.
    fn visit<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_map(&mut self).map_err(|fault| match (&fault.path, &self.next) {
            (None, Some((key, _))) => fault.at(&Path::Field(self.of.path, key), self.of.keys),
            _ => fault,
        })
    }
}

impl<'de> de::MapAccess<'de> for Fields<'de, '_> {
    type Error = Fault;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Fault> {
        let Some((key, name, value)) = self.left.next() else { return Ok(None) };
        self.next = Some((key, value));
        seed.deserialize(de::value::CowStrDeserializer::new(name)).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Fault> {
        let Some((key, value)) = self.next.take() else { return Err(Fault::new("cannot be read")) };
        let path = Path::Field(self.of.path, &key);
        let keys = self.of.keys;
        seed.deserialize(Value { text: value.get(), keys, path: &path }).map_err(|fault| fault.at(&path, keys))
    }
}

/// The items of a list.
struct Items<'de, 'p> {
    of: &'p Value<'de, 'p>,
    items: std::vec::IntoIter<&'de RawValue>,
    place: usize,
}

impl<'de> de::SeqAccess<'de> for Items<'de, '_> {
    type Error = Fault;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Fault> {
        let Some(item) = self.items.next() else { return Ok(None) };
        let path = Path::Item(self.of.path, self.place);
        let keys = self.of.keys;
        self.place += 1;
        let value = Value { text: item.get(), keys, path: &path };
        seed.deserialize(value).map(Some).map_err(|fault| fault.at(&path, keys))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.items.len())
    }
}
