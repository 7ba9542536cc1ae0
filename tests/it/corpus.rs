//! The fuzzers' corpora as an ordinary test: what has to hold for any bytes holds for these, and how each is taken is
//! a snapshot.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use crate::claims;

/// Each file of a corpus by name, with how it was taken.
fn stories(target: &str, claim: fn(&[u8]) -> String) -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(target);
    let mut found: Vec<(String, String)> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            let bytes = std::fs::read(&path).unwrap();
            let story = std::panic::catch_unwind(|| claim(&bytes));
            (name.clone(), story.unwrap_or_else(|_| panic!("{target}/{name} broke a claim; see above")))
        })
        .collect();
    found.sort();
    found
}

fn list(stories: &[(String, String)]) -> String {
    let mut out = String::new();
    stories.iter().for_each(|(name, story)| writeln!(out, "{name}: {story}").unwrap());
    out
}

/// That the corpus still reaches what it is there for.
fn reaches(stories: &[(String, String)], wanted: &[&str]) {
    let missing: BTreeSet<&&str> =
        wanted.iter().filter(|wanted| !stories.iter().any(|(_, story)| story.contains(**wanted))).collect();
    assert!(stories.len() >= 30 && missing.is_empty(), "{} files, none for {missing:?}", stories.len());
}

#[test]
fn frames_in_the_corpus_are_heard_the_same_however_they_are_cut() {
    let stories = stories("frames", claims::frames);
    reaches(&stories, &["text of", "ping of", "pong", "close 1000", "1002: ", "1003: ", "1007: ", "1009: ", "waits"]);
    insta::assert_snapshot!("corpus_of_frames", list(&stories));
}

#[test]
fn texts_in_the_corpus_are_read_or_refused_by_field() {
    let stories = stories("plain", claims::plain);
    reaches(&stories, &["SendMessage", "Resume", "RefreshToken", "invalid: ", "invalid_json: ", "unknown_type: "]);
    insta::assert_snapshot!("corpus_of_texts", list(&stories));
}

#[test]
fn bodies_in_the_corpus_are_read_or_refused_by_field() {
    let stories = stories("rest_body", claims::rest_body);
    reaches(&stories, &["read", "invalid: ", "invalid_json: "]);
    insta::assert_snapshot!("corpus_of_bodies", list(&stories));
}

#[test]
fn polled_bodies_in_the_corpus_are_read_packet_by_packet() {
    let stories = stories("socket_io", claims::socket_io);
    reaches(
        &stories,
        &["SendMessage", "Connect with", "waits for attachments", "not a Socket.IO packet", "too many", "no payload"],
    );
    reaches(&stories, &["invalid: ", "invalid_json: ", "unknown_type: ", "RefreshToken", "Upgrade", "Pong"]);
    insta::assert_snapshot!("corpus_of_polled_bodies", list(&stories));
}
