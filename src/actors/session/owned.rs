//! What a Socket.IO agent has: each of its conversations is shown with its last messages, ahead of what is new in it.
//!
//! The session is in the room before the history is read, so that nothing lies between the two; what the room tells
//! until the history is out is in it.

use std::sync::Arc;

use actix::{ActorFutureExt, AsyncContext, Context, WrapFuture};

use crate::domain::command::Command;
use crate::domain::conversation::Conversation;
use crate::domain::delivery::Stream;
use crate::domain::ids::{ConversationId, UserId};
use crate::domain::message::Message;
use crate::domain::time::Timestamp;
use crate::domain::user::Principal;
use crate::protocol::dialect::socket_io::{self as dialect, Joined};
use crate::protocol::error::WireError;

use super::super::failure::Failure;
use super::super::messages::Answer;
use super::hello::{AGAIN, OWNED, owned_by};
use super::receipts::newest_foreign;
use super::{SessionActor, Waiting};

/// Messages that an agent is shown of a conversation that it has (seed 002).
const SHOWN: i64 = 50;

/// A conversation that an agent has.
pub(super) struct Owned {
    pub conversation_id: ConversationId,
    pub user_id: UserId,
    pub user_name: String,
    pub summary: Option<String>,
}

/// Which histories an agent was shown, and which are on their way.
#[derive(Default)]
pub(super) struct Histories {
    /// On their way: a message that comes ahead of its history is in it.
    awaited: Vec<ConversationId>,
    /// Up to these numbers.
    shown: Vec<(ConversationId, i64)>,
    /// When the agent had got what it found on entering.
    given: Vec<(ConversationId, Timestamp)>,
}

impl Histories {
    /// Whether a message is in a history that was shown or is about to be.
    pub(super) fn has(&self, message: &Message) -> bool {
        let id = &message.conversation_id;
        self.awaited.contains(id) || self.shown.iter().any(|(known, seq)| known == id && message.seq <= *seq)
    }

    /// Whether an agent found on entering what it is told at `at` to have got.
    pub(super) fn was_given(&self, id: &ConversationId, at: Timestamp) -> bool {
        self.given.iter().any(|(known, since)| known == id && at <= *since)
    }

    /// The client asks for old messages by itself.
    pub(super) fn forget(&mut self, id: &ConversationId) {
        self.shown.retain(|(known, _)| known != id);
    }

    fn expect(&mut self, id: &ConversationId) {
        if !self.awaited.contains(id) {
            self.awaited.push(id.clone());
        }
    }

    fn expect_no_more(&mut self, id: &ConversationId) {
        self.awaited.retain(|known| known != id);
    }

    fn show(&mut self, id: &ConversationId, last_seq: i64) {
        self.expect_no_more(id);
        self.forget(id);
        self.shown.push((id.clone(), last_seq));
    }
}

impl SessionActor {
    /// All that the agent has. What comes meanwhile waits until it is known which they are.
    pub(super) fn show_owned(&mut self, principal: Arc<Principal>, ctx: &mut Context<Self>) {
        let (node, user_id) = (Arc::clone(&self.node), principal.user_id.clone());
        let look = async move { node.store().conversations(&owned_by(&user_id), None, OWNED).await };
        ctx.wait(look.into_actor(self).map(move |found, this, ctx| match found {
            Ok(owned) => this.enter_each(&principal, owned, ctx),
            Err(error) => {
                log::warn!(error:display; "an agent's conversations could not be read; trying again");
                let later = this.node.clock().sleep_until(this.node.now() + AGAIN);
                ctx.spawn(later.into_actor(this).map(move |(), this, ctx| this.show_owned(principal, ctx)));
            }
        }));
    }

    /// A client that says what it has of a conversation goes on from there; the history of the others is shown.
    fn enter_each(&mut self, principal: &Arc<Principal>, owned: Vec<Conversation>, ctx: &mut Context<Self>) {
        let Some(state) = &mut self.socket_io else { return };
        let mut named = std::mem::take(&mut state.greeting.conversations);
        for conversation in owned {
            let id = &conversation.id;
            if let Some(at) = conversation.assigned_at
                && let Some(state) = &mut self.socket_io
            {
                state.histories.given.push((id.clone(), at));
            }
            let goes_on = named.iter().any(|(known, seq)| known == id && (0..=conversation.last_seq).contains(seq));
            let owned = Owned {
                conversation_id: conversation.id,
                user_id: conversation.customer_id,
                user_name: conversation.customer_name,
                summary: conversation.escalation_reason,
            };
            if goes_on {
                self.say_joined(&owned, &[], ctx);
            } else {
                // A number that this history never reached comes from another one.
                named.retain(|(known, _)| *known != owned.conversation_id);
                self.enter_one(Box::new(owned), principal);
            }
        }
        self.bring_missed(principal, named, ctx);
    }

    fn enter_one(&mut self, owned: Box<Owned>, principal: &Arc<Principal>) {
        let Some(state) = &mut self.socket_io else { return };
        state.histories.expect(&owned.conversation_id);
        let command = Command::Join { conversation_id: owned.conversation_id.clone(), last_seq: None };
        self.ask(Waiting::Owned(owned), Arc::clone(principal), command);
    }

    pub(super) fn entered_one(&mut self, owned: Box<Owned>, answer: Answer, ctx: &mut Context<Self>) {
        match answer {
            Ok(_) => self.show_history(owned, ctx),
            Err(Failure::Rejected(_)) => {
                // Somebody else has it by now.
                if let Some(state) = &mut self.socket_io {
                    state.histories.expect_no_more(&owned.conversation_id);
                }
            }
            Err(failure) => {
                let code = WireError::from(failure).code;
                log::warn!("error.code" = code.as_str(); "an agent's conversation could not be entered; trying again");
                let later = self.node.clock().sleep_until(self.node.now() + AGAIN);
                ctx.spawn(later.into_actor(self).map(move |(), this, _| {
                    if let Some(principal) = this.principal() {
                        this.enter_one(owned, &principal);
                    }
                }));
            }
        }
    }

    /// `staff_chat_joined`. What else comes meanwhile waits, so that the history is neither late nor doubled.
    pub(super) fn show_history(&mut self, owned: Box<Owned>, ctx: &mut Context<Self>) {
        let Some(state) = &mut self.socket_io else { return };
        state.histories.expect(&owned.conversation_id);
        let (node, id) = (Arc::clone(&self.node), owned.conversation_id.clone());
        let look = async move { node.store().messages_before(&id, i64::MAX, SHOWN).await };
        ctx.wait(look.into_actor(self).map(move |found, this, ctx| {
            let history: Vec<Arc<Message>> = match found {
                Ok(history) => history.into_iter().map(Arc::new).collect(),
                Err(error) => {
                    log::warn!(error:display; "a conversation's history could not be read; trying again");
                    let later = this.node.clock().sleep_until(this.node.now() + AGAIN);
                    ctx.spawn(later.into_actor(this).map(move |(), this, ctx| this.show_history(owned, ctx)));
                    return;
                }
            };
            if let Some(state) = &mut this.socket_io {
                state.histories.show(&owned.conversation_id, history.last().map_or(0, |message| message.seq));
            }
            this.say_joined(&owned, &history, ctx);
        }));
    }

    fn say_joined(&mut self, owned: &Owned, history: &[Arc<Message>], ctx: &mut Context<Self>) {
        let Owned { conversation_id, user_id, user_name, summary } = owned;
        let summary = summary.as_deref();
        let text = dialect::encode_joined(&Joined { conversation_id, user_id, user_name, summary, history });
        let own = self.machine.principal().map(|principal| principal.user_id.clone());
        let newest = own.and_then(|own| newest_foreign(history, &own));
        let carries = newest.map(|seq| (Stream::Conversation(conversation_id.clone()), seq));
        self.send_carrying(text, false, carries, ctx);
    }
}
