//! Webhooks: what the host application's server is told of conversations, over HTTP, signed, in order, until it has it.
//!
//! What happened is written down with a delivery for each webhook that wants it, in the transaction of what happened.
//! [`lane::Lane`] says which delivery may leave, [`retry::judge`] what an answer means, [`signature`] how it is signed.

pub mod lane;
pub mod retry;
pub mod signature;

use std::collections::BTreeSet;

use super::conversation::{Conversation, names};
use super::event::Event;
use super::ids::{ConversationId, UserId};
use super::message::SenderRole;
use super::rejection::Rejection;
use super::time::{Millis, Timestamp};
use signature::SigningSecret;

/// The most webhooks of one installation.
pub const MOST: usize = 20;
/// The longest URL, bytes.
pub const MAX_URL_BYTES: usize = 2_000;
/// The longest description, characters.
pub const MAX_DESCRIPTION_CHARS: usize = 200;
/// After a rotation the old secret signs as well for this long.
pub const ROTATION: Millis = Millis::from_secs(86_400);
/// The most old secrets that sign as well; with more rotations in a day the oldest ends early.
pub const MOST_OLD_SECRETS: usize = 4;
/// All events but internal notes.
pub const ALL: &str = "*";

/// What a webhook can be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum EventName {
    /// A conversation began.
    ConversationCreated,
    /// A person or the engine said something.
    NewMessage,
    /// The assistant said something.
    AiMessage,
    /// Staff wrote a note that customers do not see. Only told when asked for by name.
    InternalNote,
    /// A message has another text.
    MessageUpdated,
    /// A message was taken back.
    MessageDeleted,
    /// An emoji was put to a message, or taken away.
    MessageReaction,
    /// A human is wanted.
    EscalationRequested,
    /// An agent has the conversation.
    AgentJoined,
    /// The agent no longer has it.
    AgentLeft,
    /// Its state, owner, title or people changed.
    ConversationUpdated,
    /// It is over.
    ConversationClosed,
    /// The customer rated it.
    ConversationRated,
    /// An admin tries the webhook. Cannot be asked for.
    WebhookTest,
}
names!(EventName {
    ConversationCreated = "conversation_created", NewMessage = "new_message", AiMessage = "ai_message",
    InternalNote = "internal_note", MessageUpdated = "message_updated", MessageDeleted = "message_deleted",
    MessageReaction = "message_reaction", EscalationRequested = "escalation_requested",
    AgentJoined = "agent_joined", AgentLeft = "agent_left", ConversationUpdated = "conversation_updated",
    ConversationClosed = "conversation_closed", ConversationRated = "conversation_rated",
    WebhookTest = "webhook_test",
});

impl EventName {
    /// What an event of the engine is called here; none when no webhook is told of it.
    pub fn of(event: &Event) -> Option<Self> {
        Some(match event {
            Event::NewMessage(message) if message.sender_role == SenderRole::Ai => Self::AiMessage,
            Event::NewMessage(_) => Self::NewMessage,
            Event::NewNote(_) => Self::InternalNote,
            Event::MessageUpdated(_) => Self::MessageUpdated,
            Event::MessageDeleted { .. } => Self::MessageDeleted,
            Event::MessageReaction { .. } => Self::MessageReaction,
            Event::EscalationRequested { .. } => Self::EscalationRequested,
            Event::AgentJoined { .. } => Self::AgentJoined,
            Event::AgentLeft { .. } => Self::AgentLeft,
            Event::ConversationUpdated { .. } | Event::MessagingUpdated(_) => Self::ConversationUpdated,
            Event::ConversationClosed { .. } => Self::ConversationClosed,
            _ => return None,
        })
    }
}

/// Which events a webhook is told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// All but internal notes.
    pub all: bool,
    /// These, whatever `all` says.
    pub names: BTreeSet<EventName>,
}

impl Wanted {
    /// From the names of events, or `*`.
    ///
    /// # Errors
    /// [`Rejection::Invalid`] for `events`: none, or one that is not known.
    pub fn parse<S: AsRef<str>>(texts: &[S]) -> Result<Self, Rejection> {
        let mut wanted = Self::default();
        for text in texts.iter().map(AsRef::as_ref) {
            match EventName::parse(text) {
                _ if text == ALL => wanted.all = true,
                Some(name) if name != EventName::WebhookTest => {
                    wanted.names.insert(name);
                }
                _ => return Err(invalid("events", "names an event that is not told to webhooks")),
            }
        }
        if !wanted.all && wanted.names.is_empty() {
            return Err(invalid("events", "must name at least one event, or *"));
        }
        Ok(wanted)
    }

    /// From names of which some may not be known here, as they are stored; those are left out.
    pub fn known<S: AsRef<str>>(texts: &[S]) -> Self {
        let texts = texts.iter().map(AsRef::as_ref);
        let names = texts.clone().filter_map(EventName::parse).filter(|name| *name != EventName::WebhookTest);
        Self { all: texts.clone().any(|text| text == ALL), names: names.collect() }
    }

    /// What [`Self::parse`] reads.
    pub fn texts(&self) -> Vec<&'static str> {
        let all = self.all.then_some(ALL);
        all.into_iter().chain(self.names.iter().map(|name| name.as_str())).collect()
    }

    /// Whether an event is among them.
    pub fn has(&self, name: EventName) -> bool {
        let by_all = self.all && !matches!(name, EventName::InternalNote | EventName::WebhookTest);
        by_all || self.names.contains(&name)
    }
}

fn invalid(field: &str, message: &str) -> Rejection {
    Rejection::Invalid { field: field.to_owned(), message: message.to_owned() }
}

/// What a webhook is for, in an admin's words.
///
/// # Errors
/// [`Rejection::Invalid`] for `description`.
pub fn description(text: Option<&str>) -> Result<Option<String>, Rejection> {
    let Some(text) = text.map(str::trim).filter(|text| !text.is_empty()) else { return Ok(None) };
    if text.chars().nth(MAX_DESCRIPTION_CHARS).is_some() || text.chars().any(char::is_control) {
        let message = format!("must be one line of at most {MAX_DESCRIPTION_CHARS} characters");
        return Err(invalid("description", &message));
    }
    Ok(Some(text.to_owned()))
}

/// Why a webhook is told nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Disabled {
    /// An admin switched it off.
    ByAdmin,
    /// It answered 410 Gone.
    Gone,
    /// More deliveries waited for it than are kept.
    TooFarBehind,
}
names!(Disabled { ByAdmin = "by_admin", Gone = "gone", TooFarBehind = "too_far_behind" });

/// An address that is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Webhook {
    /// Its id.
    pub id: String,
    /// Where it listens.
    pub url: String,
    /// What it is for.
    pub description: Option<String>,
    /// What it is told.
    pub wanted: Wanted,
    /// Signs what it is told.
    pub secret: SigningSecret,
    /// Secrets before the last rotations, and until when they sign as well; the newest first, at most
    /// [`MOST_OLD_SECRETS`].
    pub old_secrets: Vec<(SigningSecret, Timestamp)>,
    /// None = it is told.
    pub disabled: Option<Disabled>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

impl Webhook {
    /// The webhook with another secret; the old one signs as well for [`ROTATION`], and so do older ones to their ends:
    /// nobody knows which of them the receiver has.
    #[must_use]
    pub fn rotated(self, secret: SigningSecret, now: Timestamp) -> Self {
        let lasting = self.old_secrets.into_iter().filter(|(_, until)| now < *until);
        let old_secrets = std::iter::once((self.secret, now + ROTATION)).chain(lasting);
        let old_secrets = old_secrets.take(MOST_OLD_SECRETS).collect();
        Self { secret, old_secrets, updated_at: now, ..self }
    }

    /// The webhook after a change.
    #[must_use]
    pub fn edited(self, edit: Edit, now: Timestamp) -> Self {
        let Edit { url, wanted, description, enabled, secret } = edit;
        let disabled = match enabled {
            Some(true) => None,
            Some(false) => self.disabled.or(Some(Disabled::ByAdmin)),
            None => self.disabled,
        };
        let changed = Self {
            url: url.unwrap_or(self.url),
            wanted: wanted.unwrap_or(self.wanted),
            description: description.unwrap_or(self.description),
            disabled,
            updated_at: now,
            ..self
        };
        match secret {
            Some(secret) => changed.rotated(secret, now),
            None => changed,
        }
    }
}

/// What changes of a webhook; none = stays as it is at that moment, whoever changed it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Edit {
    /// Where it listens.
    pub url: Option<String>,
    /// What it is told.
    pub wanted: Option<Wanted>,
    /// What it is for, or that nothing is said.
    pub description: Option<Option<String>>,
    /// Whether it is told.
    pub enabled: Option<bool>,
    /// Signs from now on; see [`Webhook::rotated`].
    pub secret: Option<SigningSecret>,
}

/// Something that happened, as webhooks are told it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// When.
    pub at: Timestamp,
    /// Where; what belongs to one conversation is delivered in order.
    pub conversation_id: Option<ConversationId>,
    /// What.
    pub what: What,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// What clients are told as well.
    Event(Event),
    /// A conversation began.
    Created(Box<Conversation>),
    /// The customer rated a conversation.
    Rated {
        /// Who.
        user_id: UserId,
        /// 1 to 5.
        score: i32,
        /// In words.
        comment: Option<String>,
    },
    /// An admin tries a webhook.
    Test {
        /// Which.
        webhook_id: String,
    },
}

impl Told {
    /// An event of a conversation; none when webhooks are not told of it.
    pub fn event(at: Timestamp, conversation_id: &ConversationId, event: Event) -> Option<Self> {
        EventName::of(&event)?;
        Some(Self { at, conversation_id: Some(conversation_id.clone()), what: What::Event(event) })
    }

    /// Its name.
    pub fn name(&self) -> Option<EventName> {
        match &self.what {
            What::Event(event) => EventName::of(event),
            What::Created(_) => Some(EventName::ConversationCreated),
            What::Rated { .. } => Some(EventName::ConversationRated),
            What::Test { .. } => Some(EventName::WebhookTest),
        }
    }
}

/// Where a delivery stands. One that is on its way is pending until it is known how it went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DeliveryState {
    /// To be delivered.
    Pending,
    /// The webhook has it.
    Delivered,
    /// Given up.
    Dead,
}
names!(DeliveryState { Pending = "pending", Delivered = "delivered", Dead = "dead" });

/// One event on its way to one webhook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// The same in every try, so that the receiver finds doubles.
    pub id: String,
    /// To whom.
    pub webhook_id: String,
    /// Its place among all deliveries, in the order in which things happened.
    pub number: i64,
    /// The event's id: the same for every webhook that is told of it.
    pub event_id: String,
    /// The event's name.
    pub name: EventName,
    /// Where it happened.
    pub conversation_id: Option<ConversationId>,
    /// What is sent, as it was when it happened.
    pub body: String,
    /// Where it stands.
    pub state: DeliveryState,
    /// How often it was tried since it was last asked for.
    pub tries: u32,
    /// How often it was asked for again.
    pub asked: i32,
    /// When it may be tried next.
    pub due_at: Timestamp,
    /// When it happened.
    pub created_at: Timestamp,
    /// When it was delivered or given up.
    pub ended_at: Option<Timestamp>,
    /// How the last try went.
    pub last: Option<Attempt>,
}

impl Delivery {
    /// As the lane knows it.
    pub fn waiting(&self) -> lane::Waiting {
        lane::Waiting {
            number: self.number,
            id: self.id.clone(),
            conversation_id: self.conversation_id.clone(),
            tries: self.tries,
            due_at: self.due_at,
        }
    }
}

/// How one try went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// When it began.
    pub at: Timestamp,
    /// How long it took, milliseconds.
    pub took_ms: i64,
    /// The HTTP status of the answer, if there was one.
    pub status: Option<u16>,
    /// What went wrong, in our words.
    pub error: Option<String>,
    /// The beginning of the answer's text.
    pub excerpt: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::conversation::Word;

    #[test]
    fn a_star_is_everything_but_notes_and_notes_come_by_their_name() {
        let all = Wanted::parse(&["*"]).unwrap();
        assert!(all.has(EventName::NewMessage) && all.has(EventName::ConversationRated));
        assert!(!all.has(EventName::InternalNote) && !all.has(EventName::WebhookTest));
        let with_notes = Wanted::parse(&["*", "internal_note"]).unwrap();
        assert!(with_notes.has(EventName::InternalNote) && with_notes.has(EventName::NewMessage));
        let notes = Wanted::parse(&["internal_note"]).unwrap();
        assert!(notes.has(EventName::InternalNote) && !notes.has(EventName::NewMessage));
    }

    #[test]
    fn what_is_wanted_comes_back_as_it_was_written() {
        for word in EventName::WORDS.iter().filter(|word| **word != "webhook_test") {
            assert_eq!(Wanted::parse(&[word]).unwrap().texts(), [*word]);
        }
        assert_eq!(Wanted::parse(&["internal_note", "*", "*"]).unwrap().texts(), ["*", "internal_note"]);
    }

    #[test]
    fn names_that_are_not_known_are_left_out_of_what_was_stored() {
        let kept = Wanted::known(&["*", "internal_note", "of_a_newer_program", "webhook_test"]);
        assert_eq!(kept.texts(), ["*", "internal_note"]);
        assert_eq!(Wanted::known(&["of_a_newer_program"]), Wanted::default());
    }

    #[test]
    fn no_event_an_unknown_one_and_the_test_are_refused() {
        let none: &[&str] = &[];
        for texts in [none, &["typing"], &["new_message", "webhook_test"], &["NEW_MESSAGE"]] {
            let refused = Wanted::parse(texts).unwrap_err();
            assert!(matches!(&refused, Rejection::Invalid { field, .. } if field == "events"), "{refused:?}");
        }
    }
}
