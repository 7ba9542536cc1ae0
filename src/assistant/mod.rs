//! Who answers before a human does: one trait, and what is behind it.
//!
//! A turn goes in, pieces of text come out while they are made, and a reply or a hand-off ends it. Nothing here knows
//! of actors or the store: the room of a conversation decides when a turn begins, and whether its reply still counts.

pub mod hand_off;
pub mod knowledge;
pub mod provider;

use async_trait::async_trait;

use crate::domain::ids::{ChatbotId, ConversationId};
use crate::domain::message::SenderRole;
use crate::domain::text::cleaned;
use crate::domain::time::{Millis, Timestamp};

/// One line of the conversation as the assistant sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Who said it.
    pub role: SenderRole,
    /// What was said.
    pub text: String,
    /// When.
    pub at: Timestamp,
}

/// What is known of the customer: from the token and the conversation. Untrusted text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Customer {
    /// Display name; may be empty.
    pub name: String,
    /// From the token.
    pub email: Option<String>,
}

/// The entrance that the conversation came through, as far as it concerns an answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Persona {
    /// The chatbot.
    pub chatbot_id: Option<ChatbotId>,
    /// Its name, as customers see it.
    pub name: String,
    /// Its own instructions, with `{{variables}}`; empty = the installation's.
    pub prompt: String,
    /// The provider's model; none = the installation's.
    pub model: Option<String>,
    /// Articles with one of these tags, or without any, may be used; empty = all.
    pub knowledge_tags: Vec<String>,
}

/// One question to the assistant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Turn {
    /// The conversation; only for logs and host assistants.
    pub conversation_id: ConversationId,
    /// The entrance.
    pub persona: Persona,
    /// Who asks.
    pub customer: Customer,
    /// The newest lines, oldest first; the last is the customer's. Internal notes are never among them.
    pub history: Vec<Line>,
    /// The time of the turn.
    pub now: Timestamp,
    /// Whether a person could be reached now: decides what the assistant may promise.
    pub humans_reachable: bool,
}

impl Turn {
    /// The customer's newest words; several messages in a row are joined by line breaks.
    pub fn question(&self) -> String {
        let newest = self.history.iter().rev().take_while(|line| line.role == SenderRole::Customer);
        let mut lines: Vec<&str> = newest.map(|line| line.text.as_str()).collect();
        lines.reverse();
        lines.join("\n")
    }
}

/// Where an answer came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// The article's id: its file name without the ending.
    pub id: String,
    /// Its title.
    pub title: String,
}

/// What a turn cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Tokens read; 0 when the provider does not say.
    pub input_tokens: u64,
    /// Tokens written.
    pub output_tokens: u64,
    /// From the request to the first piece of text.
    pub first_delta: Option<Millis>,
}

/// A wish for a human that the assistant came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HandOff {
    /// Why; shown to agents, at most a few hundred characters.
    pub reason: String,
    /// What the agent should know, when the assistant wrote one.
    pub summary: Option<String>,
}

/// How a turn ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reply {
    /// The whole text for the customer, free of markers; equal to the deltas put together. May be empty only with a
    /// hand-off.
    pub text: String,
    /// Where it came from.
    pub sources: Vec<Source>,
    /// Set: a human is wanted.
    pub hand_off: Option<HandOff>,
    /// The assistant did not know and offers a human; the customer decides.
    pub offers_human: bool,
    /// What it cost.
    pub usage: Usage,
}

impl Reply {
    /// The same without control characters, which a database may refuse and a terminal may act on.
    #[must_use]
    pub fn cleaned(self) -> Self {
        let source = |it: Source| Source { id: cleaned(&it.id), title: cleaned(&it.title) };
        let hand_off =
            |it: HandOff| HandOff { reason: cleaned(&it.reason), summary: it.summary.as_deref().map(cleaned) };
        Self {
            text: cleaned(&self.text),
            sources: self.sources.into_iter().map(source).collect(),
            hand_off: self.hand_off.map(hand_off),
            ..self
        }
    }
}

/// Why there is no reply. No text of it comes from the provider's body, and none of it is shown to a customer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AssistantError {
    /// No connection, or it broke before the answer was whole.
    #[error("the provider could not be reached: {0}")]
    Unreachable(String),
    /// Nothing came in time; the word says which limit: `connect`, `first_token`, `turn`.
    #[error("the provider was too slow ({0})")]
    TimedOut(&'static str),
    /// The provider refused: bad key, bad request. Trying again is of no use.
    #[error("the provider refused with status {0}")]
    Refused(u16),
    /// The provider is busy or broken; tried again as often as allowed.
    #[error("the provider is unavailable (status {status})")]
    Unavailable {
        /// HTTP status; 0 while the circuit is open.
        status: u16,
    },
    /// What came is not what the provider documents.
    #[error("the provider's answer cannot be read: {0}")]
    Unreadable(&'static str),
    /// Nothing was said.
    #[error("the provider's answer is empty")]
    Empty,
    /// The provider withheld the answer.
    #[error("the provider filtered the answer")]
    Filtered,
    /// Too many turns at once, or the process is ending.
    #[error("the assistant is overloaded")]
    Overloaded,
    /// A limit of use is reached: the word names the setting.
    #[error("the limit {0} is reached")]
    OverLimit(&'static str),
}

/// Takes the text while it is made. Sent pieces reach the customer at once, so nothing that may be part of a marker
/// is sent before it is known not to be.
pub trait DeltaSink: Send {
    /// The next piece; never empty.
    fn delta(&mut self, text: &str);
}

/// Somebody who answers. Dropping the future cancels the turn: whatever it holds must be given back by `Drop`.
#[async_trait]
pub trait Assistant: Send + Sync + 'static {
    /// A word for logs and counters: `knowledge`, `openai`, `anthropic`, or a host's own.
    fn provider(&self) -> &str;

    /// Answers one turn.
    ///
    /// # Errors
    /// An [`AssistantError`]; the caller then says the fallback text and asks for a human.
    async fn answer(&self, turn: Turn, deltas: &mut dyn DeltaSink) -> Result<Reply, AssistantError>;
}

/// A piece of an article that may help with a question.
#[derive(Clone, Debug, PartialEq)]
pub struct Passage {
    /// The article's id.
    pub id: String,
    /// Its title, and the heading of the section after a colon when there is one.
    pub title: String,
    /// Plain text of whole sentences, at most about 600 characters. Written by whoever fills the folder of articles,
    /// so a prompt fences it like any other untrusted text.
    pub text: String,
    /// Better is higher; comparable only within one question.
    pub score: f32,
}

/// Finds passages for a prompt.
pub trait Retrieval: Send + Sync + 'static {
    /// The best passages for a question, best first; at most three, none when nothing fits. `tags` as in
    /// [`Persona::knowledge_tags`]. Articles that belong to one chatbot are left out.
    fn passages(&self, question: &str, tags: &[String]) -> Vec<Passage>;

    /// The same for one entrance, with the articles that belong to its chatbot.
    fn passages_for(&self, question: &str, persona: &Persona) -> Vec<Passage> {
        self.passages(question, &persona.knowledge_tags)
    }
}
