//! Measured questions: how often the shipped articles answer what people ask, and how often they answer wrongly.

use std::sync::Arc;

use switchboard::assistant::knowledge::KnowledgeAssistant;
use switchboard::assistant::knowledge::library::Library;
use switchboard::assistant::{Assistant, Customer, DeltaSink, Line, Persona, Turn};
use switchboard::clock::SystemClock;
use switchboard::domain::message::SenderRole;
use switchboard::domain::time::Timestamp;

struct Nowhere;

impl DeltaSink for Nowhere {
    fn delta(&mut self, _: &str) {}
}

/// What came of the questions of one half.
#[derive(Default)]
struct Tally {
    answerable: u32,
    right: u32,
    wrong: u32,
    unanswerable: u32,
    invented: u32,
}

impl Tally {
    fn recall(&self) -> f64 {
        f64::from(self.right) / f64::from(self.answerable)
    }

    fn false_answers(&self) -> f64 {
        f64::from(self.invented) / f64::from(self.unanswerable)
    }

    fn show(&self, half: &str) -> String {
        format!(
            "{half}: recall@1 {}/{} = {:.1} %, another article {}/{}, answers where none is {}/{} = {:.1} %",
            self.right,
            self.answerable,
            100.0 * self.recall(),
            self.wrong,
            self.answerable,
            self.invented,
            self.unanswerable,
            100.0 * self.false_answers(),
        )
    }
}

async fn source(assistant: &KnowledgeAssistant, question: &str) -> Option<String> {
    let line = Line { role: SenderRole::Customer, text: question.into(), at: Timestamp::from_millis(0) };
    let turn = Turn {
        conversation_id: "c".into(),
        persona: Persona::default(),
        customer: Customer::default(),
        history: vec![line],
        now: Timestamp::from_millis(0),
        humans_reachable: true,
    };
    let reply = assistant.answer(turn, &mut Nowhere).await.unwrap();
    assert_eq!(reply.offers_human, reply.sources.is_empty(), "{question}: {reply:?}");
    reply.sources.first().map(|source| source.id.clone())
}

/// `cargo test --test it knowledge -- --nocapture` prints the figures of docs/performance.md.
#[tokio::test]
async fn shipped_articles_answer_what_people_ask_and_little_else() {
    let assistant = KnowledgeAssistant::new(Arc::new(Library::shipped(Arc::new(SystemClock))));
    let text = include_str!("../knowledge/questions.txt");
    let mut halves = [Tally::default(), Tally::default()];
    let (mut half, mut seen) = (0, 0);
    for line in text.lines() {
        half = if line == "# held out" { 1 } else { half };
        let Some((question, wanted)) = line.split_once('|').filter(|_| !line.starts_with('#')) else { continue };
        seen += 1;
        let (question, wanted) = (question.trim(), wanted.trim());
        let found = source(&assistant, question).await;
        let tally = &mut halves[half];
        let right = found.as_deref().is_some_and(|found| wanted.split(',').any(|id| id == found));
        if wanted == "-" {
            tally.unanswerable += 1;
            tally.invented += u32::from(found.is_some());
        } else {
            tally.answerable += 1;
            tally.right += u32::from(right);
            tally.wrong += u32::from(found.is_some() && !right);
        }
        if half == 0 && !right && (wanted != "-" || found.is_some()) {
            println!("{question} -> {}, not {wanted}", found.as_deref().unwrap_or("-"));
        }
    }
    assert!(seen >= 60, "too few questions");
    println!("{}\n{}", halves[0].show("tuned on"), halves[1].show("held out"));
    for half in &halves {
        assert!(half.answerable >= 20 && half.unanswerable >= 10, "too few questions");
        assert!(half.recall() >= 0.85, "{}", half.show("a half"));
        assert!(half.false_answers() <= 0.10, "{}", half.show("a half"));
    }
}

#[tokio::test]
async fn a_question_in_the_words_of_a_title_is_answered_with_what_the_article_says_first() {
    let assistant = KnowledgeAssistant::new(Arc::new(Library::shipped(Arc::new(SystemClock))));
    for (question, begins) in [
        ("How do I install it?", "Run cargo run"),
        ("How do I start Switchboard?", "Run cargo run"),
        ("How do I install and start it?", "Run cargo run"),
        ("Is it running? Where is the health check?", "GET /health/live"),
    ] {
        let line = Line { role: SenderRole::Customer, text: question.into(), at: Timestamp::from_millis(0) };
        let turn = Turn {
            conversation_id: "c".into(),
            persona: Persona::default(),
            customer: Customer::default(),
            history: vec![line],
            now: Timestamp::from_millis(0),
            humans_reachable: true,
        };
        let text = assistant.answer(turn, &mut Nowhere).await.unwrap().text;
        assert!(text.starts_with(begins), "{question}: {text}");
    }
}
