//! Finds out what a request's reader takes, by letting it read from a source that notes what it is asked for.

use std::cell::RefCell;
use std::collections::BTreeSet;

use serde::de::value::{Error, StrDeserializer};
use serde::de::{DeserializeSeed, EnumAccess, Error as _, IntoDeserializer, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use crate::protocol::json::seen::{Atom, Shape};

thread_local! {
    /// What the next read is found to take. `None` = nobody wants to know.
    static WANTED: RefCell<Option<Option<Shape>>> = const { RefCell::new(None) };
}

/// Runs what reads requests, and tells the shape that it took from its reader; nothing when it asked none.
pub(in crate::protocol::dialect) fn watch(read: impl FnOnce()) -> Option<Shape> {
    WANTED.set(Some(None));
    read();
    WANTED.take().flatten()
}

/// A type is being read.
pub(in crate::protocol::dialect) fn saw<'de, T: Deserialize<'de>>() {
    if WANTED.with_borrow(Option::is_some) {
        // The last one is the data's; the envelope is read ahead of it.
        WANTED.set(Some(shape_of::<T>()));
    }
}

/// How one run answers.
#[derive(Default)]
struct Plan {
    /// Keys that are another name of one that was given already.
    aliases: BTreeSet<String>,
    /// The key that is left out.
    without: Option<String>,
    /// What is neither text nor number by its type is given a number.
    numbers: bool,
}

fn run<'de, T: Deserialize<'de>>(plan: &Plan) -> (Result<(), Error>, Vec<Atom>, Option<String>) {
    let seen = Seen::default();
    let read = T::deserialize(Source { plan, seen: &seen, path: "" });
    (read.map(|_| ()), seen.kinds.into_inner(), seen.last.into_inner())
}

fn shape_of<'de, T: Deserialize<'de>>() -> Option<Shape> {
    let mut plan = Plan::default();
    let mut kinds = loop {
        match run::<T>(&plan) {
            (Ok(()), kinds, _) => break kinds,
            (Err(_), _, Some(last)) if plan.aliases.insert(last.clone()) => {}
            (Err(error), _, last) => panic!("{error} at {last:?}"),
        }
    };
    plan.numbers = true;
    if let (Ok(()), more, _) = run::<T>(&plan) {
        more.into_iter().for_each(|kind| crate::protocol::json::seen::add(&mut kinds, kind));
    }
    let Some(Atom::Object(mut shape)) = kinds.pop() else { return None };
    needs::<T>(&mut shape, &mut plan, "");
    other_names::<T>(&mut shape, plan);
    Some(shape)
}

/// The other names of keys: each reads where the key that it stands for is left out.
fn other_names<'de, T: Deserialize<'de>>(shape: &mut Shape, mut plan: Plan) {
    for alias in plan.aliases.clone() {
        plan.aliases.remove(&alias);
        let stands_for = shape.fields.iter().position(|field| {
            plan.without = Some(format!(".{}", field.key));
            run::<T>(&plan).0.is_ok()
        });
        let field = shape.fields[stands_for.expect("another name of a key below the first level")].clone();
        let kinds = field.kinds.into_iter();
        kinds.for_each(|kind| shape.saw(alias.trim_start_matches('.'), kind, field.optional));
        plan.aliases.insert(alias);
    }
}

/// Which keys may be left out: those without which it reads all the same.
fn needs<'de, T: Deserialize<'de>>(shape: &mut Shape, plan: &mut Plan, path: &str) {
    for field in &mut shape.fields {
        let path = format!("{path}.{}", field.key);
        plan.without = Some(path.clone());
        field.optional = run::<T>(plan).0.is_ok();
        for kind in &mut field.kinds {
            match kind {
                Atom::Object(inner) => needs::<T>(inner, plan, &path),
                Atom::List(items) => {
                    for item in items {
                        if let Atom::Object(inner) = item {
                            needs::<T>(inner, plan, &path);
                        }
                    }
                }
                _ => {}
            }
        }
    }
}

#[derive(Default)]
struct Seen {
    kinds: RefCell<Vec<Atom>>,
    /// The key that was given last.
    last: RefCell<Option<String>>,
}

impl Seen {
    fn note(&self, kind: Atom) {
        crate::protocol::json::seen::add(&mut self.kinds.borrow_mut(), kind);
    }
}

/// Gives each reader something of what it asks for.
struct Source<'a> {
    plan: &'a Plan,
    seen: &'a Seen,
    path: &'a str,
}

macro_rules! whole_numbers {
    ($($method:ident $visit:ident,)+) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            self.seen.note(Atom::Int);
            visitor.$visit(1)
        })+
    };
}

impl<'de> Deserializer<'de> for Source<'_> {
    type Error = Error;

    whole_numbers! {
        deserialize_i8 visit_i8, deserialize_i16 visit_i16, deserialize_i32 visit_i32, deserialize_i64 visit_i64,
        deserialize_u8 visit_u8, deserialize_u16 visit_u16, deserialize_u32 visit_u32, deserialize_u64 visit_u64,
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.plan.numbers { self.deserialize_i64(visitor) } else { self.deserialize_str(visitor) }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.seen.note(Atom::Flag);
        visitor.visit_bool(true)
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.seen.note(Atom::Text);
        visitor.visit_str("text")
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_str(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, name: &'static str, visitor: V) -> Result<V::Value, Error> {
        if !name.starts_with("$serde_json::") {
            return visitor.visit_newtype_struct(self);
        }
        self.seen.note(Atom::Any);
        serde_json::Deserializer::from_str("{}").deserialize_newtype_struct(name, visitor).map_err(Error::custom)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let items = Seen::default();
        let one = One { source: Some(Source { plan: self.plan, seen: &items, path: self.path }) };
        let read = visitor.visit_seq(one);
        *self.seen.last.borrow_mut() = items.last.into_inner().or_else(|| self.seen.last.take());
        self.seen.note(Atom::List(items.kinds.into_inner()));
        read
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        let mut shape = Shape::default();
        let read = visitor.visit_map(Keys { of: &self, left: fields.iter(), key: "", shape: &mut shape });
        self.seen.note(Atom::Object(shape));
        read
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        words: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        words.iter().for_each(|word| self.seen.note(Atom::Tag(word)));
        visitor.visit_enum(First(words.first().copied().unwrap_or_default().into_deserializer()))
    }

    serde::forward_to_deserialize_any! {
        f32 f64 char bytes byte_buf unit unit_struct tuple tuple_struct map identifier ignored_any
    }
}

struct First(StrDeserializer<'static, Error>);

impl<'de> EnumAccess<'de> for First {
    type Error = Error;
    type Variant = <StrDeserializer<'static, Error> as EnumAccess<'de>>::Variant;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self::Variant), Error> {
        self.0.variant_seed(seed)
    }
}

struct One<'a> {
    source: Option<Source<'a>>,
}

impl<'de> SeqAccess<'de> for One<'_> {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Error> {
        self.source.take().map(|source| seed.deserialize(source)).transpose()
    }
}

struct Keys<'a> {
    of: &'a Source<'a>,
    left: std::slice::Iter<'static, &'static str>,
    key: &'static str,
    shape: &'a mut Shape,
}

impl<'de> MapAccess<'de> for Keys<'_> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Error> {
        let (plan, path) = (self.of.plan, self.of.path);
        let given = |key: &&&'static str| {
            let key = format!("{path}.{key}");
            !plan.aliases.contains(&key) && plan.without.as_ref() != Some(&key)
        };
        let Some(key) = self.left.by_ref().find(given) else { return Ok(None) };
        self.key = key;
        *self.of.seen.last.borrow_mut() = Some(format!("{path}.{key}"));
        seed.deserialize(IntoDeserializer::<Error>::into_deserializer(*key)).map(Some)
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, Error> {
        let inner = Seen::default();
        let path = format!("{}.{}", self.of.path, self.key);
        let read = seed.deserialize(Source { plan: self.of.plan, seen: &inner, path: &path });
        if let Some(last) = inner.last.into_inner() {
            *self.of.seen.last.borrow_mut() = Some(last);
        }
        inner.kinds.into_inner().into_iter().for_each(|kind| self.shape.saw(self.key, kind, false));
        read
    }
}
