//! What an object was given: keys with their kinds. Merged over many objects it is their type.

use serde_json::Value;

/// One kind of value. A type is some of them: this, or that.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Atom {
    /// A string.
    Text,
    /// A whole number.
    Int,
    /// True or false.
    Flag,
    /// True.
    True,
    /// A time.
    Time,
    /// Null.
    Null,
    /// Whatever somebody else's JSON holds.
    Any,
    /// A word that tells this kind of an object from its siblings.
    Tag(&'static str),
    /// A word of a closed vocabulary: its name and all words.
    Word(&'static str, &'static [&'static str]),
    /// A list of these; of nobody knows what while it was only seen empty.
    List(Vec<Atom>),
    /// An object.
    Object(Shape),
}

impl Atom {
    /// The kind of a value that is at hand.
    pub(crate) fn of(value: &Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(_) => Self::Flag,
            Value::Number(_) => Self::Int,
            Value::String(_) => Self::Text,
            Value::Array(items) => {
                let mut kinds = Vec::new();
                items.iter().for_each(|item| add(&mut kinds, Self::of(item)));
                Self::List(kinds)
            }
            Value::Object(fields) => {
                let mut shape = Shape::default();
                fields.iter().for_each(|(key, value)| shape.saw(key, Self::of(value), false));
                Self::Object(shape)
            }
        }
    }
}

/// A key.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Field {
    /// Its name.
    pub(crate) key: String,
    /// What it holds. Nothing while it was never seen to hold anything.
    pub(crate) kinds: Vec<Atom>,
    /// It may be absent.
    pub(crate) optional: bool,
}

/// The keys of an object.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Shape {
    /// Parts with names of their own.
    pub(crate) parts: Vec<(&'static str, Vec<Atom>)>,
    /// Its own keys, in order.
    pub(crate) fields: Vec<Field>,
}

impl Shape {
    fn field(&mut self, key: &str) -> &mut Field {
        let place = self.fields.iter().position(|field| field.key == key).unwrap_or_else(|| {
            self.fields.push(Field { key: key.to_owned(), kinds: Vec::new(), optional: false });
            self.fields.len() - 1
        });
        &mut self.fields[place]
    }

    /// A key may be absent.
    pub(crate) fn maybe(&mut self, key: &str) {
        self.field(key).optional = true;
    }

    /// A key held this.
    pub(crate) fn saw(&mut self, key: &str, atom: Atom, optional: bool) {
        let field = self.field(key);
        field.optional |= optional;
        add(&mut field.kinds, atom);
    }

    /// What tells it from others: its parts, and its tags.
    fn signature(&self) -> (Vec<&'static str>, Vec<(&str, &Atom)>) {
        let tag = |field: &&Field| matches!(field.kinds.first(), Some(Atom::Tag(_)));
        let tags = self.fields.iter().filter(tag);
        (
            self.parts.iter().map(|(name, _)| *name).collect(),
            tags.flat_map(|field| field.kinds.iter().map(|kind| (field.key.as_str(), kind))).collect(),
        )
    }

    /// Takes another one of the same signature in: a key that one of both lacks may be absent.
    fn merge(&mut self, other: Self) {
        for field in &mut self.fields {
            field.optional |= other.fields.iter().all(|theirs| theirs.key != field.key);
        }
        for theirs in other.fields {
            let new = self.fields.iter().all(|field| field.key != theirs.key);
            let field = self.field(&theirs.key);
            field.optional |= new || theirs.optional;
            theirs.kinds.into_iter().for_each(|kind| add(&mut field.kinds, kind));
        }
        for ((_, ours), (_, theirs)) in self.parts.iter_mut().zip(other.parts) {
            theirs.into_iter().for_each(|kind| add(ours, kind));
        }
    }
}

/// Takes one more kind into a type.
pub(crate) fn add(kinds: &mut Vec<Atom>, new: Atom) {
    match new {
        Atom::List(theirs) => {
            for kind in kinds.iter_mut() {
                if let Atom::List(ours) = kind {
                    theirs.into_iter().for_each(|kind| add(ours, kind));
                    return;
                }
            }
            kinds.push(Atom::List(theirs));
        }
        Atom::Object(theirs) => {
            for kind in kinds.iter_mut() {
                if let Atom::Object(ours) = kind
                    && ours.signature() == theirs.signature()
                {
                    ours.merge(theirs);
                    return;
                }
            }
            kinds.push(Atom::Object(theirs));
        }
        other if kinds.contains(&other) => {}
        other => kinds.push(other),
    }
}
