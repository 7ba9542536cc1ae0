//! Words that mean the same: `chat, conversation`, one group a line.

use std::collections::HashMap;

use super::articles::{ArticleError, ArticleFault};
use super::language::Language;

/// The name of the file beside the articles.
pub const SYNONYMS_FILE: &str = "synonyms.txt";
/// More lines than this are no list that a person wrote.
const MAX_GROUPS: usize = 10_000;

/// For each stem of a group, in either language, the one that stands for all of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Synonyms {
    same: HashMap<String, String>,
}

impl Synonyms {
    /// Reads a list. Empty lines and lines that begin with `#` are passed over; a word may be in one group only.
    ///
    /// # Errors
    /// An [`ArticleError`] that names the line.
    pub fn parse(content: &[u8]) -> Result<Self, ArticleError> {
        let fail = |line, fault| ArticleError { file: SYNONYMS_FILE.to_owned(), line, fault };
        let text = std::str::from_utf8(content).map_err(|_| fail(1, ArticleFault::NotText))?;
        let mut same = HashMap::new();
        for (line, number) in text.lines().zip(1..) {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let group: Vec<&str> = line.split(',').map(str::trim).collect();
            let single = |word: &&str| !word.is_empty() && word.chars().all(char::is_alphanumeric);
            if group.len() < 2 || !group.iter().all(single) || number > MAX_GROUPS {
                return Err(fail(number, ArticleFault::NotGroup));
            }
            let Some(first) = group.first().map(|word| Language::English.stem(word)) else { continue };
            for language in [Language::English, Language::German] {
                for word in &group {
                    let known = same.insert(language.stem(word), first.clone());
                    if known.is_some_and(|known| known != first) {
                        return Err(fail(number, ArticleFault::TwoGroups));
                    }
                }
            }
        }
        Ok(Self { same })
    }

    /// The stem that stands for this one.
    pub fn one_for(&self, stem: String) -> String {
        self.same.get(&stem).cloned().unwrap_or(stem)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_a_group_have_one_stem_in_both_languages() {
        let list = Synonyms::parse(b"# words\n\nchat, conversation\nlogin, Anmeldung\n").unwrap();
        assert_eq!(list.one_for(Language::English.stem("conversations")), "chat");
        assert_eq!(list.one_for(Language::German.stem("Anmeldungen")), "login");
        assert_eq!(list.one_for("else".to_owned()), "else");
    }

    #[test]
    fn a_line_that_is_no_group_is_named() {
        for (text, line) in [("chat", 1), ("a, b\nchat,, talk", 2), ("chat, long talk", 1), ("a, b\n\nb, c", 3)] {
            let error = Synonyms::parse(text.as_bytes()).unwrap_err();
            assert_eq!((error.file.as_str(), error.line), (SYNONYMS_FILE, line), "{text}");
        }
        assert_eq!(Synonyms::parse(&[0xff]).unwrap_err().fault, ArticleFault::NotText);
    }
}
