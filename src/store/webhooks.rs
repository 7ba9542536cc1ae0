//! What the store is asked about webhooks, and what of a commit they are told.

use crate::domain::conversation::{Conversation, Participant};
use crate::domain::event::{Event, MessagingState};
use crate::domain::messaging::{Altered, AlteredWhat};
use crate::domain::time::Timestamp;
use crate::domain::webhook::{Attempt, DeliveryState, Told, What};

use super::{Write, Written};

/// Writes what happened, with the event's id, as the JSON that webhooks get. Given to a commit by who knows the wire.
pub type Render = fn(&Told, &str) -> String;

/// How a delivery stands after a try.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tried {
    /// How the try went.
    pub attempt: Attempt,
    /// How often the delivery had been asked for again when the try began.
    pub asked: i32,
    /// How often it was tried by now.
    pub tries: u32,
    /// Where it stands; pending = to be tried again.
    pub state: DeliveryState,
    /// When it may be tried next, while it is pending; when it ended otherwise.
    pub at: Timestamp,
}

/// How much waits for a webhook, and how much was given up.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Backlog {
    /// To be delivered.
    pub pending: i64,
    /// Given up, and still kept.
    pub dead: i64,
}

/// What webhooks are told of a batch, in the order in which the transaction did it: messages take their numbers first.
pub(super) fn told(writes: &[Write], written: &[Written]) -> Vec<Told> {
    let mut told = Vec::new();
    for done in written {
        if let Written::Appended { message, duplicate: false } = done {
            let event = Event::NewMessage(std::sync::Arc::new(message.clone()));
            told.extend(Told::event(message.created_at, &message.conversation_id, event));
        }
    }
    for (write, done) in writes.iter().zip(written) {
        match (write, done) {
            (_, Written::NoteAppended { note, duplicate: false }) => {
                let event = Event::NewNote(std::sync::Arc::new(note.clone()));
                told.extend(Told::event(note.created_at, &note.conversation_id, event));
            }
            (_, Written::Created { conversation, duplicate: false }) => told.push(Told {
                at: conversation.created_at,
                conversation_id: Some(conversation.id.clone()),
                what: What::Created(conversation.clone()),
            }),
            (Write::Apply(transaction), Written::Applied { messages, notes }) => {
                for message in messages {
                    let event = Event::NewMessage(std::sync::Arc::new(message.clone()));
                    told.extend(Told::event(message.created_at, &message.conversation_id, event));
                }
                for note in notes {
                    let event = Event::NewNote(std::sync::Arc::new(note.clone()));
                    told.extend(Told::event(note.created_at, &note.conversation_id, event));
                }
                told.extend(transaction.told.iter().cloned());
            }
            (_, Written::Altered(altered)) => told.extend(altered_told(altered)),
            (Write::Rate { conversation_id, user_id, score, comment, at }, Written::Done) => told.push(Told {
                at: *at,
                conversation_id: Some(conversation_id.clone()),
                what: What::Rated { user_id: user_id.clone(), score: *score, comment: comment.clone() },
            }),
            _ => {}
        }
    }
    told
}

/// What became of a conversation of people. What concerns one person alone is nobody else's news.
fn altered_told(altered: &Altered) -> Option<Told> {
    let (conversation_id, user_id, at) = (altered.conversation_id.clone(), altered.by.clone(), altered.at);
    let event = match &altered.what {
        AlteredWhat::Nothing | AlteredWhat::Read { .. } | AlteredWhat::Rows { own: true, .. } => return None,
        AlteredWhat::Rows { conversation, participants, own: false } => {
            Event::MessagingUpdated(Box::new(state(conversation, participants)))
        }
        AlteredWhat::Edited(message) => Event::MessageUpdated(std::sync::Arc::new(message.as_ref().clone())),
        AlteredWhat::Deleted(message) => {
            let (message_id, seq) = (message.id.clone(), message.seq);
            Event::MessageDeleted { conversation_id, message_id, seq, user_id, at }
        }
        AlteredWhat::Reacted { message_id, seq, emoji, on } => {
            let (message_id, seq, emoji, on) = (message_id.clone(), *seq, emoji.clone(), *on);
            Event::MessageReaction { conversation_id, message_id, seq, user_id, emoji, on, at }
        }
    };
    Told::event(at, &altered.conversation_id, event)
}

fn state(row: &Conversation, participants: &[Participant]) -> MessagingState {
    MessagingState {
        conversation_id: row.id.clone(),
        kind: row.kind,
        status: row.status,
        subject: row.subject.clone(),
        participants: participants.iter().filter(|one| one.left_at.is_none()).cloned().collect(),
        last_seq: row.last_seq,
        archived: None,
        muted: None,
    }
}
