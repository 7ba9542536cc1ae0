//! TypeScript of what was seen.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::protocol::json::seen::{Atom, Field, Shape, add};

/// Types with names of their own.
#[derive(Default)]
pub(super) struct Named {
    pub(super) words: BTreeMap<&'static str, &'static [&'static str]>,
    pub(super) shapes: BTreeMap<&'static str, Vec<Atom>>,
}

impl Named {
    /// Takes all names in that a type is made of.
    pub(super) fn learn(&mut self, kinds: &[Atom]) {
        for kind in kinds {
            match kind {
                Atom::Word(name, words) => {
                    let known = self.words.insert(name, words);
                    assert!(known.is_none_or(|known| known == *words), "two vocabularies are named {name}");
                }
                Atom::List(items) => self.learn(items),
                Atom::Object(shape) => {
                    for (name, part) in &shape.parts {
                        let kinds = self.shapes.entry(name).or_default();
                        part.iter().for_each(|kind| add(kinds, kind.clone()));
                        self.learn(part);
                    }
                    shape.fields.iter().for_each(|field| self.learn(&field.kinds));
                }
                _ => {}
            }
        }
    }
}

/// Who writes it: what may be left out is then also taken as null.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Server,
    Client,
}

pub(super) fn comment(indent: &str, text: &str) -> String {
    if text.is_empty() { String::new() } else { format!("{indent}/** {text} */\n") }
}

fn quoted(word: &str) -> String {
    format!("\"{word}\"")
}

/// `"a" | "b"`.
pub(super) fn union(words: &[&str]) -> String {
    words.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" | ")
}

/// A type in one expression.
pub(super) fn kinds(kinds: &[Atom], side: Side, indent: &str) -> String {
    assert!(!kinds.is_empty(), "no example holds it");
    if kinds.contains(&Atom::Any) {
        return "unknown".to_owned();
    }
    let mut parts: Vec<String> = Vec::new();
    let nulls_last =
        kinds.iter().filter(|kind| **kind != Atom::Null).chain(kinds.iter().filter(|kind| **kind == Atom::Null));
    for text in joined(nulls_last).iter().map(|kind| atom(kind, side, indent)) {
        if !parts.contains(&text) {
            parts.push(text);
        }
    }
    parts.join(" | ")
}

/// Objects that differ in their tags only become one with all of them.
fn joined<'a>(kinds: impl Iterator<Item = &'a Atom>) -> Vec<Atom> {
    let mut out: Vec<Atom> = Vec::new();
    for kind in kinds {
        if let Atom::Object(new) = kind
            && let Some(Atom::Object(old)) =
                out.iter_mut().find(|old| matches!(old, Atom::Object(old) if untagged(old) == untagged(new)))
        {
            for (field, theirs) in old.fields.iter_mut().zip(&new.fields) {
                theirs.kinds.iter().for_each(|kind| add(&mut field.kinds, kind.clone()));
            }
            continue;
        }
        out.push(kind.clone());
    }
    out
}

fn untagged(shape: &Shape) -> Shape {
    let mut shape = shape.clone();
    for field in &mut shape.fields {
        field.kinds.retain(|kind| !matches!(kind, Atom::Tag(_)));
    }
    shape
}

fn atom(kind: &Atom, side: Side, indent: &str) -> String {
    match kind {
        Atom::Text => "string".to_owned(),
        Atom::Int => "number".to_owned(),
        Atom::Flag => "boolean".to_owned(),
        Atom::True => "true".to_owned(),
        Atom::Time => "Timestamp".to_owned(),
        Atom::Null => "null".to_owned(),
        Atom::Any => "unknown".to_owned(),
        Atom::Tag(word) => quoted(word),
        Atom::Word(name, _) => (*name).to_owned(),
        Atom::List(items) => {
            let item = kinds(items, side, indent);
            if item.contains(' ') { format!("Array<{item}>") } else { format!("{item}[]") }
        }
        Atom::Object(shape) => object(shape, side, indent),
    }
}

/// An object: the parts with names and the keys of its own.
pub(super) fn object(shape: &Shape, side: Side, indent: &str) -> String {
    let mut parts: Vec<String> = Vec::new();
    if !shape.fields.is_empty() {
        parts.push(fields(&shape.fields, side, indent));
    }
    parts.extend(shape.parts.iter().map(|(name, _)| (*name).to_owned()));
    if parts.is_empty() { "Record<string, never>".to_owned() } else { parts.join(" & ") }
}

/// `{ a: string; b?: number }`, broken into lines when it is long.
pub(super) fn fields(fields: &[Field], side: Side, indent: &str) -> String {
    let inner = format!("{indent}  ");
    let each: Vec<String> = fields.iter().map(|field| entry(field, side, &inner)).collect();
    let line = format!("{{ {} }}", each.join("; "));
    if line.len() + indent.len() <= 90 && !line.contains('\n') {
        return line;
    }
    let mut out = "{\n".to_owned();
    each.iter().for_each(|entry| writeln!(out, "{inner}{entry};").unwrap());
    format!("{out}{indent}}}")
}

fn entry(field: &Field, side: Side, indent: &str) -> String {
    let mark = if field.optional { "?" } else { "" };
    let mut of = kinds(&field.kinds, side, indent);
    if field.optional && side == Side::Client && of != "unknown" {
        of.push_str(" | null | undefined");
    }
    format!("{}{mark}: {of}", field.key)
}

/// `export interface …` or `export type …`.
pub(super) fn definition(name: &str, kinds_of: &[Atom], side: Side) -> String {
    match kinds_of {
        [Atom::Object(shape)] if shape.parts.is_empty() && !shape.fields.is_empty() => {
            let mut out = format!("export interface {name} {{\n");
            shape.fields.iter().for_each(|field| writeln!(out, "  {};", entry(field, side, "  ")).unwrap());
            out + "}\n"
        }
        _ => {
            let of = joined(kinds_of.iter())
                .iter()
                .map(|kind| format!("\n  | {}", atom(kind, side, "    ")))
                .collect::<String>();
            format!("export type {name} ={of};\n")
        }
    }
}
