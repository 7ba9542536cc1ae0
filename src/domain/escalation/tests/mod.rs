//! The rules R1–R16, each as a property over random stories, and the cases that once broke one.

mod asking;
mod cases;
mod lost;
mod moments;
mod order;
mod ownership;
mod story;
mod world;

#[test]
fn every_story_keeps_every_invariant() {
    story::stories(|_| (), |(), _, _| {});
}
