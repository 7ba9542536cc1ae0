//! What is searched for, and the piece of a text that shows why it was found.

use unicode_normalization::char::is_combining_mark;

/// Words of one search that count.
pub const MAX_TERMS: usize = 8;
/// The longest word that counts, in characters.
pub const MAX_TERM_CHARS: usize = 40;
/// The length of a snippet, in characters.
const SNIPPET_CHARS: usize = 160;
/// Characters shown ahead of the first match.
const LEAD_CHARS: usize = 40;

/// Letters, digits, and the marks that belong to them: vowel signs, accents that follow their letter.
fn is_of_word(c: char) -> bool {
    c.is_alphanumeric() || is_combining_mark(c)
}

/// The words of a query, lower case, each the beginning of a word to be found. All of them have to be there.
pub fn terms(query: &str) -> Vec<String> {
    first_words(&query.to_lowercase())
}

/// The first words of a text as they stand there, each once: enough to find its entry in an index of words.
pub fn first_words(text: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for word in text.split(|c: char| !is_of_word(c)).filter(|word| word.contains(char::is_alphanumeric)) {
        let word: String = word.chars().take(MAX_TERM_CHARS).collect();
        if !found.contains(&word) && found.len() < MAX_TERMS {
            found.push(word);
        }
    }
    found
}

/// A piece of a text, with the places that were searched for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snippet {
    /// Plain text.
    pub text: String,
    /// Start and length of each match in `text`, in UTF-16 code units (as browsers count), in order.
    pub matches: Vec<(usize, usize)>,
    /// Something was left out in front.
    pub cut_before: bool,
    /// Something was left out behind.
    pub cut_after: bool,
}

/// The piece of `content` around the first match.
pub fn snippet(content: &str, terms: &[String]) -> Snippet {
    let words = words(content);
    let hit = |word: &Word| terms.iter().any(|term| word.lower.starts_with(term.as_str()));
    let first = words.iter().find(|word| hit(word)).map_or(0, |word| word.start);
    let total = content.chars().count();
    // A short text is shown whole; otherwise a few words of context come first.
    let from = if total <= SNIPPET_CHARS || first <= LEAD_CHARS { 0 } else { first - LEAD_CHARS };
    let text: String = content.chars().skip(from).take(SNIPPET_CHARS).collect();
    let until = from + text.chars().count();
    let units = |from_char: usize, count: usize| -> usize {
        content.chars().skip(from_char).take(count).map(char::len_utf16).sum()
    };
    let matches = words
        .iter()
        .filter(|word| word.start >= from && word.start + word.length <= until && hit(word))
        .map(|word| (units(from, word.start - from), units(word.start, word.length)))
        .collect();
    Snippet { text, matches, cut_before: from > 0, cut_after: until < total }
}

struct Word {
    /// In characters.
    start: usize,
    length: usize,
    lower: String,
}

fn words(content: &str) -> Vec<Word> {
    let (mut found, mut current): (Vec<Word>, Option<Word>) = (Vec::new(), None);
    for (place, c) in content.chars().enumerate() {
        if is_of_word(c) {
            let word = current.get_or_insert_with(|| Word { start: place, length: 0, lower: String::new() });
            word.length += 1;
            word.lower.extend(c.to_lowercase());
        } else if let Some(word) = current.take() {
            found.push(word);
        }
    }
    found.extend(current);
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_words_each_once_and_not_too_many() {
        assert_eq!(terms(" Refund, refund\" OR (Größe:* "), ["refund", "or", "größe"]);
        assert_eq!(terms("--- \"\" "), Vec::<String>::new());
        assert_eq!(terms(&"a b c d e f g h i j".repeat(2)).len(), MAX_TERMS);
        assert_eq!(terms(&"x".repeat(100)), ["x".repeat(MAX_TERM_CHARS)]);
    }

    #[test]
    fn marks_belong_to_their_words() {
        assert_eq!(terms("हिन्दी में"), ["हिन्दी", "में"]);
        assert_eq!(terms("สวัสดี ครับ"), ["สวัสดี", "ครับ"]);
        assert_eq!(terms("Re\u{301}sume\u{301}, ok"), ["re\u{301}sume\u{301}", "ok"]);
        assert_eq!(terms("\u{301} \u{94D}"), Vec::<String>::new());
        assert_eq!(snippet("मेरा हिन्दी पाठ", &terms("हिन्दी")).matches, [(5, 6)]);
    }

    #[test]
    fn a_snippet_says_where_in_utf_16_units() {
        let found = snippet("🙂 Refunds: my <b>refund</b>", &terms("refund"));
        assert_eq!(
            (found.text.as_str(), found.cut_before, found.cut_after),
            ("🙂 Refunds: my <b>refund</b>", false, false)
        );
        assert_eq!(found.matches, [(3, 7), (18, 6)]);
    }

    #[test]
    fn a_long_text_is_cut_around_the_first_match() {
        let content = format!("{}order{}", "x ".repeat(200), " y".repeat(200));
        let found = snippet(&content, &terms("ord"));
        assert!(found.cut_before && found.cut_after);
        assert_eq!((found.text.chars().count(), found.matches), (160, vec![(40, 5)]));
    }
}
