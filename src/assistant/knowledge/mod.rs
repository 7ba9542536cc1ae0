//! The assistant that needs no key and no network: it quotes the article that fits, or says that it does not know.

pub mod articles;
pub mod index;
pub mod language;
pub mod library;
pub mod phrases;
pub mod quote;
mod shipped;
pub mod synonyms;

use std::sync::Arc;

use async_trait::async_trait;

use self::index::{Audience, Hit};
use self::language::Language;
use self::library::Library;
use super::{Assistant, AssistantError, DeltaSink, Passage, Persona, Reply, Retrieval, Source, Turn, Usage};
use crate::clock::Clock;
use crate::domain::message::SenderRole;

/// The share of a question that a section must cover to be quoted; measured, see docs/performance.md.
pub const FLOOR: f32 = 0.45;
/// The same for a passage in a prompt: a model can see for itself that it does not help.
pub const PASSAGE_FLOOR: f32 = 0.25;
/// The most passages in a prompt.
pub const PASSAGES: usize = 3;
/// A piece of a streamed answer ends at the first blank after this many characters.
const DELTA_CHARS: usize = 120;
/// No more of a question is read, characters.
const QUESTION_CHARS: usize = 8_000;
/// A question with more words than this stands by itself.
const FOLLOW_UP_WORDS: usize = 8;

/// Words that point back to what was said before.
const POINTING: &[&str] = &[
    "it", "its", "that", "this", "they", "them", "those", "these", "one", "there", "then", "es", "das", "dies", "sie",
    "die", "der", "dort", "dann", "dafür", "davon", "dazu",
];
/// Words that go on with what was said before, at the beginning.
const GOING_ON: &[&str] = &[
    "and",
    "but",
    "or",
    "so",
    "also",
    "what about",
    "how about",
    "und",
    "aber",
    "oder",
    "auch",
    "was ist mit",
    "wie ist es mit",
];

/// Answers from articles.
#[derive(Clone)]
pub struct KnowledgeAssistant {
    library: Arc<Library>,
}

impl KnowledgeAssistant {
    /// Answers from the articles of a folder, or from the shipped ones while it does not exist.
    pub fn open(folder: &str, clock: Arc<dyn Clock>) -> Self {
        Self { library: Arc::new(Library::open(folder, clock)) }
    }

    /// Answers from a library that others may share.
    pub fn new(library: Arc<Library>) -> Self {
        Self { library }
    }

    /// The articles.
    pub fn library(&self) -> &Arc<Library> {
        &self.library
    }

    /// The best section for the turn's question, when it is good enough.
    fn find(&self, question: &str, turn: &Turn) -> Option<Hit> {
        let audience = Audience { tags: &turn.persona.knowledge_tags, chatbot_id: turn.persona.chatbot_id.as_ref() };
        let index = self.library.index();
        let best = |context| index.search(question, context, audience).into_iter().find(|hit| hit.coverage >= FLOOR);
        best(None).or_else(|| best(Some(before(turn)?)))
    }

    fn reply(&self, turn: &Turn) -> Reply {
        drop(self.library.refresh_when_due());
        let question: String = turn.question().chars().take(QUESTION_CHARS).collect();
        let language = Language::guess(&question);
        if let Some(talk) = phrases::small_talk(&question) {
            return Reply { text: phrases::answer(talk, language).to_owned(), ..Reply::default() };
        }
        let Some(hit) = self.find(&question, turn) else {
            let text = phrases::unknown(language, turn.humans_reachable).to_owned();
            return Reply { text, offers_human: true, ..Reply::default() };
        };
        let section = hit.article.sections.get(self.library.index().section_for(&hit, &question));
        let text = section.map_or("", |section| section.text.as_str());
        Reply {
            text: quote::quote(text, &question, hit.article.language),
            sources: vec![Source { id: hit.article.id.clone(), title: hit.article.title.clone() }],
            ..Reply::default()
        }
    }

    fn nearest(&self, question: &str, audience: Audience<'_>) -> Vec<Passage> {
        drop(self.library.refresh_when_due());
        let question: String = question.chars().take(QUESTION_CHARS).collect();
        let hits = self.library.index().search(&question, None, audience);
        let near = hits.into_iter().filter(|hit| hit.coverage >= PASSAGE_FLOOR).take(PASSAGES);
        near.filter_map(|hit| {
            let section = hit.text()?;
            let title = match section.heading.as_str() {
                "" => hit.article.title.clone(),
                heading => format!("{}: {heading}", hit.article.title),
            };
            let text = quote::quote(&section.text, &question, hit.article.language);
            Some(Passage { id: hit.article.id.clone(), title, text, score: hit.score })
        })
        .collect()
    }
}

/// What the customer said before the newest lines, when those are a question that goes on from there.
fn before(turn: &Turn) -> Option<&str> {
    let question = turn.question();
    let said: Vec<String> = language::words(&question).take(FOLLOW_UP_WORDS + 1).collect();
    let whole = said.join(" ");
    let goes_on = GOING_ON.iter().any(|start| whole.strip_prefix(start).is_some_and(|rest| rest.starts_with(' ')));
    let points = said.iter().any(|word| POINTING.contains(&word.as_str()));
    if said.len() > FOLLOW_UP_WORDS || !(goes_on || points) {
        return None;
    }
    let earlier = turn.history.iter().rev().skip_while(|line| line.role == SenderRole::Customer);
    earlier.filter(|line| line.role == SenderRole::Customer).map(|line| line.text.as_str()).next()
}

#[async_trait]
impl Assistant for KnowledgeAssistant {
    fn provider(&self) -> &str {
        "knowledge"
    }

    async fn answer(&self, turn: Turn, deltas: &mut dyn DeltaSink) -> Result<Reply, AssistantError> {
        let reply = self.reply(&turn);
        for piece in pieces(&reply.text) {
            deltas.delta(piece);
        }
        Ok(Reply { usage: Usage::default(), ..reply })
    }
}

impl Retrieval for KnowledgeAssistant {
    fn passages(&self, question: &str, tags: &[String]) -> Vec<Passage> {
        self.nearest(question, Audience { tags, chatbot_id: None })
    }

    fn passages_for(&self, question: &str, persona: &Persona) -> Vec<Passage> {
        self.nearest(question, Audience { tags: &persona.knowledge_tags, chatbot_id: persona.chatbot_id.as_ref() })
    }
}

/// Cuts a text into a few pieces behind blanks; put together they are the text.
fn pieces(text: &str) -> Vec<&str> {
    let (mut found, mut begin, mut chars) = (Vec::new(), 0, 0);
    for (place, c) in text.char_indices() {
        chars += 1;
        if chars >= DELTA_CHARS && c.is_whitespace() {
            let end = place + c.len_utf8();
            found.extend(text.get(begin..end));
            (begin, chars) = (end, 0);
        }
    }
    found.extend(text.get(begin..).filter(|rest| !rest.is_empty()));
    found
}

#[cfg(test)]
mod tests;
