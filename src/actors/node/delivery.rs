//! From the writer to the rooms: every committed batch, in commit order, before anybody is answered.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::domain::escalation::{ConversationChange, Op};
use crate::domain::ids::ConversationId;
use crate::store::{Write, Written};
use crate::webhooks::Webhooks;

use super::super::lifecycle::Slot;
use super::super::messages::{RoomMessage, RouterMessage};
use super::super::router::RouterActor;
use super::super::tell::{Overflow, tell};

/// What the writer calls with every committed batch.
pub(super) type OnCommitted = Arc<dyn Fn(&[(Write, Written)]) + Send + Sync>;

/// Hands rooms that are live what became durable, and lets webhooks see what was written for them.
pub(super) fn to_rooms(router: Slot<RouterActor>, webhooks: Webhooks) -> OnCommitted {
    Arc::new(move |batch| {
        webhooks.committed();
        let Some(router) = router.get() else { return };
        let mut news: BTreeMap<ConversationId, News> = BTreeMap::new();
        for (write, written) in batch {
            sort(write, written, &mut news);
        }
        for (conversation_id, News { ops, written }) in news {
            if !ops.is_empty() {
                send(&router, &conversation_id, RoomMessage::Applied(ops.into()));
            }
            if !written.is_empty() {
                send(&router, &conversation_id, RoomMessage::Committed(written.into()));
            }
        }
    })
}

#[derive(Default)]
struct News {
    ops: Vec<Op>,
    written: Vec<Written>,
}

fn send(router: &actix::Addr<RouterActor>, conversation_id: &ConversationId, message: RoomMessage) {
    let message = RouterMessage::ToRoom { conversation_id: conversation_id.clone(), message, only_if_live: true };
    // Between two lives of the router there are no rooms either: the next ones read the store.
    let _ = tell(router, message, Overflow::Force);
}

fn sort(write: &Write, written: &Written, news: &mut BTreeMap<ConversationId, News>) {
    match (write, written) {
        (Write::Append(message), Written::Appended { duplicate: false, .. }) => {
            news.entry(message.conversation_id.clone()).or_default().written.push(written.clone());
        }
        (Write::Post(post), Written::Appended { duplicate: false, .. }) => {
            news.entry(post.message.conversation_id.clone()).or_default().written.push(written.clone());
        }
        (Write::Alter(alteration), Written::Altered(_)) => {
            news.entry(alteration.conversation_id.clone()).or_default().written.push(written.clone());
        }
        (Write::AppendNote(note), Written::NoteAppended { duplicate: false, .. }) => {
            news.entry(note.conversation_id.clone()).or_default().written.push(written.clone());
        }
        (Write::Apply(transaction), Written::Applied { messages, notes }) => {
            for op in &transaction.ops {
                if let Some(id) = conversation_of(op) {
                    news.entry(id.clone()).or_default().ops.push(op.clone());
                }
            }
            for message in messages {
                let item = Written::Applied { messages: vec![message.clone()], notes: Vec::new() };
                news.entry(message.conversation_id.clone()).or_default().written.push(item);
            }
            for note in notes {
                let item = Written::Applied { messages: Vec::new(), notes: vec![note.clone()] };
                news.entry(note.conversation_id.clone()).or_default().written.push(item);
            }
        }
        _ => {}
    }
}

/// The conversations that a transaction is about.
pub(in super::super) fn conversations_of(ops: &[Op]) -> BTreeSet<ConversationId> {
    ops.iter().filter_map(conversation_of).cloned().collect()
}

/// The conversation whose room wants to know of a row change.
fn conversation_of(op: &Op) -> Option<&ConversationId> {
    match op {
        Op::ChangeConversation(ConversationChange { conversation_id, .. })
        | Op::AddParticipant { conversation_id, .. }
        | Op::RemoveParticipant { conversation_id, .. }
        | Op::EndOffer { conversation_id, .. } => Some(conversation_id),
        Op::PutOffer(offer) => Some(&offer.conversation_id),
        _ => None,
    }
}
