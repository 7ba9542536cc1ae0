//! Text as folded words: what people type made equal, whatever their case, accents, apostrophes and keyboards.

use std::collections::HashMap;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// A word is cut here; nothing in a list of ours is as long.
const WORD_CHARS: usize = 32;

/// Endings that English sets behind an apostrophe; they stay with their word: "don't" = "dont".
const CONTRACTIONS: &[&str] = &["t", "s", "d", "m", "re", "ve", "ll"];

/// One word, or the end of a clause.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Token {
    /// A word: folded, without marks, never empty.
    Word(String),
    /// A comma or a dash: a thought may end here.
    Pause,
    /// The end of a sentence or a line: a thought ends here.
    Stop,
}

/// Whether `c` stands for an apostrophe on somebody's keyboard.
const fn apostrophe(c: char) -> bool {
    matches!(c, '\'' | '’' | '‘' | 'ʼ' | '`' | '´' | '′' | '＇')
}

/// The words and breaks of `text`, in order. Linear in its length; `_` is part of a word, so that names such as
/// `transfer_to_human` are no sentence.
pub fn tokens(text: &str) -> Vec<Token> {
    let mut reader = Reader { found: Vec::new(), word: String::new(), chars: 0, bound: None };
    // Before decomposition, which makes a space and a mark of some of them.
    let unified = text.chars().map(|c| if apostrophe(c) { '\'' } else { c });
    for next in unified.nfkd().flat_map(char::to_lowercase) {
        reader.take(next);
    }
    reader.end_word();
    reader.found
}

/// A list of phrases, separated by commas; `*` at the end of a word stands for any ending.
#[derive(Clone, Debug, Default)]
pub struct Phrases {
    /// By their first word, so that a long text is not compared with each of them.
    exact: HashMap<String, Vec<Vec<Pattern>>>,
    /// Those whose first word has any ending.
    open: Vec<Vec<Pattern>>,
}

/// One word of a listed phrase.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    /// Folded.
    pub word: String,
    /// Whether more letters may follow.
    pub any_ending: bool,
}

impl Pattern {
    /// Whether a folded word is this one.
    pub fn fits(&self, word: &str) -> bool {
        if self.any_ending { word.starts_with(&self.word) } else { word == self.word }
    }

    /// The words of a phrase; with `stars`, a `*` means any ending.
    pub fn read(phrase: &str, stars: bool) -> Vec<Self> {
        let mut patterns: Vec<Self> = Vec::new();
        for written in phrase.split_whitespace() {
            patterns.extend(words(written).into_iter().map(|word| Self { word, any_ending: false }));
            if let Some(last) = patterns.last_mut() {
                last.any_ending = stars && written.ends_with('*');
            }
        }
        patterns
    }
}

impl Phrases {
    /// Reads a list.
    pub fn new(list: &str) -> Self {
        let mut read = Self::default();
        for phrase in list.split(',').map(|phrase| Pattern::read(phrase, true)) {
            match phrase.first() {
                Some(first) if !first.any_ending => {
                    read.exact.entry(first.word.clone()).or_default().push(phrase);
                }
                Some(_) => read.open.push(phrase),
                None => {}
            }
        }
        read
    }

    /// Where the first of the phrases begins and how many words it has.
    pub fn find(&self, words: &[String]) -> Option<(usize, usize)> {
        (0..words.len()).find_map(|at| {
            let here = words.get(at..)?;
            let fits = |phrase: &&Vec<Pattern>| {
                phrase.len() <= here.len() && phrase.iter().zip(here).all(|(pattern, word)| pattern.fits(word))
            };
            let exact = self.exact.get(here.first()?).into_iter().flatten();
            exact.chain(&self.open).filter(fits).map(|phrase| (at, phrase.len())).max_by_key(|(_, len)| *len)
        })
    }

    /// Whether one of them is there.
    pub fn are_in(&self, words: &[String]) -> bool {
        self.find(words).is_some()
    }
}

/// The words alone.
pub fn words(text: &str) -> Vec<String> {
    let word = |token| match token {
        Token::Word(word) => Some(word),
        Token::Pause | Token::Stop => None,
    };
    tokens(text).into_iter().filter_map(word).collect()
}

struct Reader {
    found: Vec<Token>,
    word: String,
    chars: usize,
    /// Length of `word` at the apostrophe that is inside it.
    bound: Option<usize>,
}

impl Reader {
    fn take(&mut self, next: char) {
        if is_combining_mark(next) || invisible(next) {
            return;
        }
        if next.is_alphanumeric() || next == '_' {
            if self.chars < WORD_CHARS {
                fold_into(next, &mut self.word);
            }
            self.chars += 1;
            return;
        }
        if next == '\'' && !self.word.is_empty() {
            self.split_at_bound();
            self.bound = Some(self.word.len());
            return;
        }
        self.end_word();
        let pause = match next {
            ',' | '،' | '、' | '，' | '–' | '—' | '(' | ')' | ':' => Token::Pause,
            '.' | '!' | '?' | ';' | '\n' | '¿' | '¡' | '؟' | '؛' | '。' | '！' | '？' | '…' | '"' | '“' | '”' | '«'
            | '»' => Token::Stop,
            _ => return,
        };
        match self.found.last_mut() {
            Some(Token::Word(_)) => self.found.push(pause),
            Some(last) if pause == Token::Stop => *last = pause,
            _ => {}
        }
    }

    /// Parts the word at its apostrophe, unless it is an English contraction.
    fn split_at_bound(&mut self) {
        let Some(bound) = self.bound.take() else { return };
        let ending = self.word.get(bound..).unwrap_or("");
        if ending.is_empty() || CONTRACTIONS.contains(&ending) {
            return;
        }
        let rest = self.word.split_off(bound);
        let first = std::mem::replace(&mut self.word, rest);
        if !first.is_empty() {
            self.found.push(Token::Word(first));
        }
    }

    fn end_word(&mut self) {
        self.split_at_bound();
        if !self.word.is_empty() {
            self.found.push(Token::Word(std::mem::take(&mut self.word)));
        }
        self.chars = 0;
    }
}

/// Formatting that nobody sees: soft hyphen, joiners, direction marks, the Arabic stretch.
const fn invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' | 'ـ')
}

/// Letters that do not come apart into a letter and a mark.
fn fold_into(c: char, word: &mut String) {
    match c {
        'ß' => word.push_str("ss"),
        'æ' => word.push_str("ae"),
        'œ' => word.push_str("oe"),
        'ø' => word.push('o'),
        'ł' => word.push('l'),
        'đ' => word.push('d'),
        'ı' => word.push('i'),
        'ى' => word.push('ي'),
        'ς' => word.push('σ'),
        _ => word.push(c),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(text: &str) -> String {
        let words = tokens(text).into_iter().map(|token| match token {
            Token::Word(word) => word,
            Token::Pause => ",".to_owned(),
            Token::Stop => ".".to_owned(),
        });
        words.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn spellings_of_one_word_are_one() {
        assert_eq!(read("DON’T don't don`t dont"), "dont dont dont dont");
        assert_eq!(read("quelqu'un d’autre l'agent"), "quelqu un d autre l agent");
        assert_eq!(read("Müßte MÜSSTE, café CAFÉ cafe\u{301}"), "musste musste , cafe cafe cafe");
        assert_eq!(read("İnsan INSAN ınsan Człowiek"), "insan insan insan czlowiek");
        assert_eq!(read("أريد إنسانـاً"), "اريد انسانا");
        assert_eq!(read("ＡＧＥＮＴ a\u{200b}gent"), "agent agent");
        assert_eq!(read("transfer_to_human [x]"), "transfer_to_human x");
    }

    #[test]
    fn breaks_are_kept_once() {
        assert_eq!(read("...No, no!! Why?\n\nOk"), "no , no . why . ok");
        assert_eq!(read("'quoted' words"), "quoted words");
    }

    proptest! {
        #[test]
        fn any_text_is_read(text in "\\PC{0,200}|[a-z'’. ]{0,80}") {
            let read = tokens(&text);
            prop_assert!(read.len() <= 3 * text.chars().count() + 1);
            for token in read {
                if let Token::Word(word) = token {
                    prop_assert!(!word.is_empty() && word.chars().count() <= 2 * WORD_CHARS);
                }
            }
        }
    }
}
