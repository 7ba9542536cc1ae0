//! What a session missed: from the ring, else paged from the store; never partial, always before what is live.

use std::sync::Arc;

use actix::{ActorFutureExt, AsyncContext, Context, WrapFuture};
use tokio::sync::oneshot;

use crate::domain::event::{Event, Reply};
use crate::domain::message::Message;
use crate::domain::resume::Missed;
use crate::domain::user::Principal;
use crate::protocol::encoded::Encoded;

use super::super::failure::Failure;
use super::super::messages::{HubMessage, ReplyTo, SessionRef};
use super::super::tell::{Overflow, tell};
use super::RoomActor;

/// Messages read from the store in one go.
pub(super) const PAGE: i64 = 500;
/// Content that is handed to a session in one go, bytes.
const PIECE_BYTES: usize = 65_536;

/// The answer to a join goes out ahead of the missed messages, the one to a resume after them.
pub(super) struct JoinAnswer {
    pub reply: ReplyTo,
    pub answer: Reply,
    pub ahead: bool,
}

impl RoomActor {
    /// Sends everything after `last_seq`, with the answer ahead of it or behind, then lets the session in: in this
    /// order on one path.
    pub(super) fn backlog(
        &mut self,
        session: SessionRef,
        principal: Arc<Principal>,
        last_seq: i64,
        answer: Option<JoinAnswer>,
        ctx: &mut Context<Self>,
    ) {
        match self.ring.after(last_seq) {
            Missed::Complete(messages) => {
                let behind = send_ahead(answer);
                let receipts = self.is_waited_for(&principal.user_id);
                // The ring is small enough to be sent at once.
                drop(send(&session, messages, receipts));
                self.enter(&session, &principal);
                if let Some(JoinAnswer { reply, answer, .. }) = behind {
                    reply.send(Ok(answer));
                }
            }
            Missed::Page { after } => self.page(session, principal, after, answer, ctx),
        }
    }

    fn page(
        &mut self,
        session: SessionRef,
        principal: Arc<Principal>,
        after: i64,
        answer: Option<JoinAnswer>,
        ctx: &mut Context<Self>,
    ) {
        self.catching_up.insert(session.id.clone());
        let (store, id) = (Arc::clone(self.node.store()), self.id.clone());
        let read = async move { store.messages_after(&id, after, PAGE).await };
        ctx.spawn(read.into_actor(self).map(move |page, this, ctx| {
            if !this.catching_up.contains(&session.id) {
                // It left meanwhile.
                return;
            }
            let page = match page {
                Ok(page) => page,
                Err(error) => {
                    this.catching_up.remove(&session.id);
                    if let Some(JoinAnswer { reply, .. }) = answer {
                        reply.send(Err(Failure::Store(error)));
                    }
                    return;
                }
            };
            let behind = send_ahead(answer);
            let reached = page.last().map_or(this.feed.head().max(after), |message| message.seq);
            let handed_over = hand_over(session.clone(), page, this.is_waited_for(&principal.user_id));
            ctx.spawn(handed_over.into_actor(this).map(move |taken, this, ctx| {
                if taken && this.catching_up.contains(&session.id) {
                    this.backlog(session, principal, reached, behind, ctx);
                } else {
                    this.catching_up.remove(&session.id);
                }
            }));
        }));
    }
}

/// Sends a page piece by piece, each when the session has room for it, so that a long history cannot look like a
/// client that does not read. False when the session is gone.
async fn hand_over(session: SessionRef, page: Vec<Message>, receipts: bool) -> bool {
    let (mut piece, mut bytes) = (Vec::new(), 0);
    for message in page {
        bytes += message.content.len();
        piece.push(Arc::new(message));
        if bytes >= PIECE_BYTES {
            if send(&session, std::mem::take(&mut piece), receipts).await.is_err() {
                return false;
            }
            bytes = 0;
        }
    }
    piece.is_empty() || send(&session, piece, receipts).await.is_ok()
}

fn send_ahead(answer: Option<JoinAnswer>) -> Option<JoinAnswer> {
    match answer {
        Some(JoinAnswer { reply, answer, ahead: true }) => {
            reply.send(Ok(answer));
            None
        }
        behind => behind,
    }
}

/// The receiver hears when the session has taken them.
fn send(session: &SessionRef, messages: Vec<Arc<Message>>, receipts: bool) -> oneshot::Receiver<()> {
    let (taken, heard) = oneshot::channel();
    let events = messages.into_iter().map(|message| Encoded::new(Event::NewMessage(message))).collect();
    let message = HubMessage::ToSession { session_id: session.id.clone(), events, receipts, taken };
    // A thread that is gone has no sessions.
    let _ = tell(&session.hub, message, Overflow::Force);
    heard
}
