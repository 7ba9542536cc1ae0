//! What has reached the client is told to the rooms.

use std::sync::Arc;

use actix::{ActorFutureExt, AsyncContext, Context, WrapFuture};

use crate::domain::delivery::Stream;
use crate::domain::event::Event;
use crate::domain::ids::UserId;
use crate::domain::message::Message;
use crate::protocol::encoded::Encoded;

use super::super::messages::{RoomMessage, RouterMessage};
use super::SessionActor;

/// The message or event that a text carries, when its arrival is to be told.
pub(super) type Carries = Option<(Stream, i64)>;

impl SessionActor {
    /// Tells the client, and the room once the pump has written it.
    pub(super) fn send_receipted(&mut self, event: &Encoded, ctx: &mut Context<Self>) {
        let carries = self.carried(event.event());
        self.send_event_carrying(event, carries, ctx);
    }

    pub(super) fn carried(&self, event: &Event) -> Carries {
        self.machine.principal().and_then(|principal| carried(event, &principal.user_id))
    }

    /// At once, then at most once per interval and conversation.
    pub(super) fn tell_receipts(&mut self, ctx: &mut Context<Self>) {
        let now = self.node.now();
        // A link on its way out writes nothing more.
        let Some(principal) = self.machine.principal().filter(|_| self.machine.is_active()) else { return };
        for (stream, seq) in self.receipts.due(now) {
            match stream {
                Stream::Conversation(conversation_id) => {
                    let message = RoomMessage::Delivered { user_id: principal.user_id.clone(), seq };
                    self.node.router(RouterMessage::ToRoom { conversation_id, message, only_if_live: true });
                }
                Stream::HostEvents => self.node.event_arrived(&principal.user_id, seq),
            }
        }
        let Some(at) = self.receipts.next_deadline(now).filter(|_| !self.receipts_armed) else { return };
        self.receipts_armed = true;
        let sleep = self.node.clock().sleep_until(at);
        ctx.spawn(sleep.into_actor(self).map(|(), this, ctx| {
            this.receipts_armed = false;
            this.tell_receipts(ctx);
        }));
    }
}

/// The newest message of somebody else in an event. One's own that comes back to one's devices has arrived nowhere.
fn carried(event: &Event, own: &UserId) -> Carries {
    match event {
        Event::NewMessage(message) => {
            foreign(message, own).then(|| (Stream::Conversation(message.conversation_id.clone()), message.seq))
        }
        Event::ChatSessionRestored { conversation_id, history, .. } => {
            newest_foreign(history, own).map(|seq| (Stream::Conversation(conversation_id.clone()), seq))
        }
        Event::Host(event) => event.number.map(|number| (Stream::HostEvents, number)),
        _ => None,
    }
}

fn foreign(message: &Message, own: &UserId) -> bool {
    message.sender_id.as_ref().is_some_and(|sender| sender != own)
}

/// The number of the newest message of somebody else in a history.
pub(super) fn newest_foreign(history: &[Arc<Message>], own: &UserId) -> Option<i64> {
    history.iter().filter(|message| foreign(message, own)).map(|message| message.seq).max()
}
