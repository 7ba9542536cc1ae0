//! Quoting: whole sentences of a section, the ones that the question asks for.

use std::collections::HashSet;

use super::language::Language;

/// The longest quote, characters.
pub const QUOTE_CHARS: usize = 600;

/// A piece of text that is not cut further, and whether a line ends behind it.
struct Piece<'a> {
    text: &'a str,
    ends_line: bool,
}

/// The part of a text that fits a question best: whole sentences in a row, at most [`QUOTE_CHARS`] characters. A text
/// that fits as a whole is quoted as a whole.
pub fn quote(text: &str, question: &str, language: Language) -> String {
    let pieces: Vec<Piece<'_>> = pieces(text);
    let wanted: HashSet<String> = language.stems(question).take(64).collect();
    let worth: Vec<usize> = pieces
        .iter()
        .map(|piece| language.stems(piece.text).filter(|stem| wanted.contains(stem)).collect::<HashSet<_>>().len())
        .collect();
    let mut best = (0, 0, 0);
    for begin in 0..pieces.len() {
        let end = begin + fitting(pieces.get(begin..).unwrap_or_default());
        let sum = worth.get(begin..end).unwrap_or_default().iter().sum();
        // The earliest window with the most words: an article explains what comes first.
        if sum > best.2 || best.1 == 0 {
            best = (begin, end, sum);
        }
        if end == pieces.len() {
            break;
        }
    }
    join(pieces.get(best.0..best.1).unwrap_or_default())
}

/// How many of the pieces make a quote; at least one.
fn fitting(pieces: &[Piece<'_>]) -> usize {
    let mut chars = 0;
    let fits = pieces.iter().take_while(|piece| {
        chars += piece.text.chars().count() + 1;
        chars <= QUOTE_CHARS + 1
    });
    fits.count().max(1)
}

fn join(pieces: &[Piece<'_>]) -> String {
    let mut out = String::new();
    for piece in pieces {
        out.push_str(piece.text);
        out.push(if piece.ends_line { '\n' } else { ' ' });
    }
    shorten(out.trim_end())
}

/// Only a single sentence can be too long; it ends at a word then.
fn shorten(text: &str) -> String {
    if text.chars().count() <= QUOTE_CHARS {
        return text.to_owned();
    }
    let cut: String = text.chars().take(QUOTE_CHARS - 2).collect();
    let whole = cut.rfind(char::is_whitespace).and_then(|end| cut.get(..end)).unwrap_or(&cut);
    format!("{} …", whole.trim_end())
}

fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        let found = sentences(line);
        let last = found.len().saturating_sub(1);
        let found = found.into_iter().enumerate();
        pieces.extend(found.map(|(place, text)| Piece { text, ends_line: place == last }));
    }
    pieces
}

/// A line's sentences: each ends with `.`, `!` or `?` before a blank and a letter that is not small.
fn sentences(line: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut begin = 0;
    let mut before = ' ';
    let mut last = ' ';
    for (place, c) in line.char_indices() {
        if last == ' ' && matches!(before, '.' | '!' | '?') && (c.is_uppercase() || c.is_numeric()) {
            found.push(line.get(begin..place).unwrap_or_default().trim_end());
            begin = place;
        }
        before = last;
        last = c;
    }
    found.push(line.get(begin..).unwrap_or_default().trim_end());
    found.retain(|sentence| !sentence.is_empty());
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_text_is_quoted_whole() {
        let text = "Parcels leave the same day. They take three days.\n- small\n- large";
        assert_eq!(quote(text, "parcels", Language::English), text);
    }

    #[test]
    fn a_long_text_is_quoted_in_whole_sentences_where_the_words_are() {
        let filler = "This sentence speaks of something else entirely. ".repeat(40);
        let text = format!("{filler}Refunds take five working days. {filler}");
        let found = quote(&text, "how long do refunds take?", Language::English);
        assert!(found.contains("Refunds take five working days."), "{found}");
        assert!(found.chars().count() <= QUOTE_CHARS, "{}", found.chars().count());
        assert!(found.starts_with("This sentence") && found.ends_with('.'), "{found}");
    }

    #[test]
    fn a_sentence_without_end_is_cut_at_a_word() {
        let found = quote(&"word ".repeat(500), "word", Language::English);
        assert!(found.chars().count() <= QUOTE_CHARS && found.ends_with("word …"), "{found}");
        let found = quote(&"ä".repeat(5000), "x", Language::German);
        assert!(found.chars().count() <= QUOTE_CHARS, "{}", found.chars().count());
    }

    #[test]
    fn an_abbreviation_ends_no_sentence() {
        assert_eq!(sentences("Use e.g. the widget. It works."), ["Use e.g. the widget.", "It works."]);
        assert_eq!(sentences(""), Vec::<&str>::new());
    }

    #[test]
    fn nothing_is_quoted_from_nothing() {
        assert_eq!(quote("", "a", Language::English), "");
    }
}
