//! Promises and what sounds like them, from two files.

use super::*;
use proptest::prelude::*;

fn examples(file: &str) -> Vec<&str> {
    let lines = file.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    let examples: Vec<_> = lines.map(|line| line.split_once(" | ").unwrap().1).collect();
    assert!(examples.len() >= 30, "{}", examples.len());
    examples
}

#[test]
fn a_promise_is_one() {
    let file = include_str!("../../../../tests/wish/promises.txt");
    let missed: Vec<_> = examples(file).into_iter().filter(|text| !promises_human(text)).collect();
    assert!(missed.is_empty(), "not seen:\n{}", missed.join("\n"));
}

#[test]
fn an_offer_and_an_explanation_are_none() {
    let file = include_str!("../../../../tests/wish/promises_not.txt");
    let wrong: Vec<_> = examples(file).into_iter().filter(|text| promises_human(text)).collect();
    assert!(wrong.is_empty(), "seen wrongly:\n{}", wrong.join("\n"));
}

#[test]
fn a_promise_counts_beside_an_offer() {
    assert!(promises_human("Would you like anything else? I'm transferring you now."));
    assert!(!promises_human("I can transfer you. Would you like that?"));
    assert!(!promises_human(""));
}

proptest! {
    #[test]
    fn any_text_is_read(text in "\\PC{0,200}|(i will|connect|you|agent|not|[.?! ]){0,40}") {
        promises_human(&text);
    }
}
