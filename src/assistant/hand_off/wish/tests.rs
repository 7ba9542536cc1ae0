//! What people write, from two files, and any text at all.

use super::*;
use proptest::prelude::*;
use std::fmt::Write as _;

const WANTS: &str = include_str!("../../../../tests/wish/wants.txt");
const WANTS_NOT: &str = include_str!("../../../../tests/wish/wants_not.txt");

static WISHES: std::sync::LazyLock<Wishes> = std::sync::LazyLock::new(|| Wishes::new(&[]));

fn examples(file: &str) -> Vec<(&str, &str)> {
    let lines = file.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    let examples: Vec<_> = lines.map(|line| line.split_once(" | ").unwrap()).collect();
    assert!(examples.len() >= 80, "{}", examples.len());
    examples
}

#[test]
fn people_who_want_a_human_are_heard() {
    let wishes = Wishes::new(&[]);
    let missed = examples(WANTS).into_iter().filter(|(_, text)| wishes.wants_human(text).is_none());
    let missed = missed.fold(String::new(), |all, (language, text)| all + "\n" + language + " | " + text);
    assert!(missed.is_empty(), "not heard:{missed}");
}

#[test]
fn people_who_mention_humans_are_left_alone() {
    let wishes = Wishes::new(&[]);
    let mut wrong = String::new();
    for (language, text) in examples(WANTS_NOT) {
        if let Some(wish) = wishes.wants_human(text) {
            write!(wrong, "\n{language} | {text}  ({wish:?})").unwrap();
        }
    }
    assert!(wrong.is_empty(), "heard wrongly:{wrong}");
}

#[test]
fn every_language_has_examples_of_both() {
    for lexicon in LEXICONS {
        for file in [WANTS, WANTS_NOT] {
            assert!(examples(file).iter().any(|(language, _)| *language == lexicon.language), "{}", lexicon.language);
        }
    }
}

#[test]
fn a_wish_says_how_it_was_put() {
    let wishes = Wishes::new(&[]);
    let wish = wishes.wants_human("Well, I WANT to speak to an Agent!").unwrap();
    assert_eq!(wish, Wish { intent: Intent::Asked, words: "want to speak to an agent".into(), language: "en".into() });
    let wish = wishes.wants_human("Mensch!").unwrap();
    assert_eq!((wish.intent, wish.language.as_str()), (Intent::Named, "de"));
    assert_eq!(wishes.wants_human("Please escalate this.").unwrap().intent, Intent::Phrase);
}

#[test]
fn phrases_of_the_settings_count_and_can_be_denied() {
    let phrases = vec!["duty desk".to_owned(), "Señor Ñandú".to_owned(), "?!".to_owned()];
    let wishes = Wishes::new(&[PhraseSet { language: "settings".to_owned(), phrases }]);
    let wish = wishes.wants_human("Give me the DUTY-desk please").unwrap();
    assert_eq!(
        (wish.intent, wish.language.as_str(), wish.words.as_str()),
        (Intent::Configured, "settings", "duty desk")
    );
    assert!(wishes.wants_human("senor nandu").is_some());
    for text in
        ["no duty desk", "I don't want the duty desk", "ich will nicht zum duty desk", "duty desks", "heavyduty desk"]
    {
        assert_eq!(wishes.wants_human(text), None, "{text}");
    }
}

#[test]
fn spelling_of_marks_case_and_apostrophes_does_not_matter() {
    let wishes = Wishes::new(&[]);
    for text in ["I don’t want an agent", "I dont want an agent", "I DON'T WANT AN AGENT", "I don´t want an agent"] {
        assert_eq!(wishes.wants_human(text), None, "{text}");
    }
    for text in
        ["ＡＧＥＮＴ", "a\u{ad}gent", "MÜŞTERİ TEMSİLCİSİ", "je veux parler à quelqu’un", "je veux parler a quelqu un"]
    {
        assert!(wishes.wants_human(text).is_some(), "{text}");
    }
}

#[test]
fn a_long_text_is_read_once() {
    // Every word looks like a beginning; the walks are bounded, so the units are as many as the words.
    let wishes = Wishes::new(&[]);
    for word in ["i ", "want ", "agent, ", "how do ", "no ", "ich will mit "] {
        let text = word.repeat(8_000 / word.len());
        let tokens = tokens(&text);
        let found: Vec<_> = (0..tokens.len()).map(|at| wishes.at(&tokens, at)).collect();
        assert!(found.iter().all(|here| here.len() <= 40), "{word:?}");
        assert!(Wishes::units(0, &tokens, &found).len() <= tokens.len());
        wishes.wants_human(&text);
    }
    assert!(wishes.wants_human(&format!("{} I want a human", "word ".repeat(1_600))).is_some());
}

#[test]
fn no_phrase_of_a_lexicon_is_lost() {
    for lexicon in LEXICONS {
        for (part, list) in lexicon.parts {
            for phrase in list.split([',', '،']) {
                assert!(!tokens(phrase).is_empty(), "{} {part:?}: an empty phrase", lexicon.language);
                assert!(phrase.split_whitespace().count() <= PHRASE_WORDS, "{phrase}");
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn any_text_is_read(text in "\\PC{0,300}|(agent|not|i|want|to|talk|[,.!?\n’' ]|\\PC){0,60}") {
        let wishes = &*WISHES;
        if let Some(wish) = wishes.wants_human(&text) {
            prop_assert!(!wish.words.is_empty() && !wish.words.chars().any(char::is_control));
        }
    }

    #[test]
    fn case_does_not_matter(at in 0_usize..80) {
        let wishes = &*WISHES;
        for file in [WANTS, WANTS_NOT] {
            let (language, text) = examples(file)[at];
            if language == "en" {
                prop_assert_eq!(wishes.wants_human(text), wishes.wants_human(&text.to_uppercase()));
            }
        }
    }
}
