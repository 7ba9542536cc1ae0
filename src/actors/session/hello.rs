//! Who the client is: by the upgrade, by its first frame, by a newer token.

use std::sync::Arc;

use actix::{ActorFutureExt, AsyncContext, Context, WrapFuture};

use crate::domain::command::Command;
use crate::domain::connections::Dialect;
use crate::domain::conversation::ConversationStatus;
use crate::domain::event::Event;
use crate::domain::ids::UserId;
use crate::domain::rejection::Rejection;
use crate::domain::session::{Claim, Input};
use crate::domain::time::Millis;
use crate::domain::user::{Principal, Role};
use crate::protocol::dialect::{self, KeyStyle, WireId};
use crate::protocol::encoded::Encoded;
use crate::protocol::error::WireError;
use crate::store::ConversationFilter;

use super::super::failure::Failure;
use super::super::link::ToPump;
use super::super::messages::{RoomMessage, RouterMessage};
use super::super::tell::{Overflow, tell};
use super::SessionActor;
use super::hub::FromSession;

/// Messages of a returning customer's conversation that come by themselves (seed 002).
pub(super) const RESTORED: i64 = 20;
/// Conversations of an agent whose room is entered by itself.
pub(super) const OWNED: i64 = 200;

/// A busy or absent database is asked again this much later.
pub(super) const AGAIN: Millis = Millis::new(1000);

impl SessionActor {
    pub(super) fn hello_by_upgrade(&mut self, token: String, ctx: &mut Context<Self>) {
        let node = Arc::clone(&self.node);
        let look = async move { node.authenticate(&token).await };
        ctx.wait(look.into_actor(self).map(|found, this, ctx| {
            let input = match found {
                Ok(principal) => Input::Hello { principal: Some(principal), claim: None },
                Err(Failure::Unauthenticated) => Input::TokenRefused,
                Err(failure) => return this.send_error(None, &WireError::from(failure), ctx),
            };
            match this.step(input, ctx) {
                Ok(_) => this.known(None, false, ctx),
                Err(rejection) => this.send_error(None, &WireError::from(rejection), ctx),
            }
        }));
    }

    /// `register_*`: with a token of its own, or relying on the upgrade's.
    pub(super) fn register(
        &mut self,
        id: Option<WireId>,
        claim: Claim,
        token: Option<String>,
        ctx: &mut Context<Self>,
    ) {
        let node = Arc::clone(&self.node);
        let look = async move {
            match token {
                Some(token) => node.authenticate(&token).await.map(Some),
                None => Ok(None),
            }
        };
        ctx.wait(look.into_actor(self).map(move |found, this, ctx| {
            let input = match found {
                Ok(principal) => Input::Hello { principal, claim: Some(claim) },
                Err(Failure::Unauthenticated) => Input::TokenRefused,
                Err(failure) => return this.send_error(id.as_ref(), &WireError::from(failure), ctx),
            };
            let refused = matches!(input, Input::TokenRefused);
            match this.step(input, ctx) {
                Ok(_) => this.known(id, true, ctx),
                Err(_) if refused => this.send_error(id.as_ref(), &WireError::from(Failure::Unauthenticated), ctx),
                Err(rejection) => this.send_error(id.as_ref(), &WireError::from(rejection), ctx),
            }
        }));
    }

    pub(super) fn refresh(&mut self, id: Option<WireId>, token: String, ctx: &mut Context<Self>) {
        let node = Arc::clone(&self.node);
        let look = async move { node.authenticate(&token).await };
        ctx.wait(look.into_actor(self).map(move |found, this, ctx| {
            let done = found.and_then(|principal| this.step(Input::Refresh(principal), ctx).map_err(Failure::from));
            match done {
                Ok(_) => {
                    this.say_who(ctx);
                    let text = dialect::encode_reply(id.as_ref(), &crate::domain::event::Reply::Done, this.keys);
                    this.send(text, false, ctx);
                }
                Err(failure) => this.send_error(id.as_ref(), &WireError::from(failure), ctx),
            }
        }));
    }

    fn say_who(&mut self, ctx: &mut Context<Self>) {
        let Some(principal) = self.principal() else { return };
        let dialect = match self.keys {
            KeyStyle::Camel => Dialect::Plain,
            KeyStyle::Snake => Dialect::PlainSnake,
            KeyStyle::SocketIo => Dialect::SocketIo,
        };
        let up = FromSession::Up { session_id: self.id.clone(), addr: ctx.address(), principal, dialect };
        // The hub ends with its thread.
        let _ = tell(&self.hub, up, Overflow::Force);
    }

    /// The client is known: it is told so, and gets back what is its own.
    pub(super) fn known(&mut self, id: Option<WireId>, registered: bool, ctx: &mut Context<Self>) {
        let Some(principal) = self.principal() else { return };
        let first = !self.up;
        if first {
            self.up = true;
            self.to_pump(ToPump::Limits { message_bytes: self.node.limits().frame_bytes });
            self.say_who(ctx);
            let text = dialect::encode_connected(
                &dialect::Connected {
                    session_id: &self.id,
                    principal: &principal,
                    server_time: self.node.now(),
                    heartbeat_ms: self.heartbeat_ms(),
                    epoch: self.node.epoch(),
                },
                self.keys,
            );
            self.send(text, false, ctx);
            log::info!("session.id" = self.id.as_str(), "user.id" = principal.user_id.as_str(), "user.role" = principal.role.as_str(); "session registered");
        }
        if registered {
            let text = dialect::encode_registered(id.as_ref(), &principal, &rooms_of(&principal), self.keys);
            self.send(text, false, ctx);
        }
        if first {
            match principal.role {
                _ if self.socket_io.is_some() => self.settle_in(principal, ctx),
                Role::Customer => self.restore(principal, ctx),
                Role::Agent => self.enter_owned(principal, ctx),
                Role::Admin => {}
            }
            self.catch_up(ctx);
        }
    }

    /// A returning customer's conversation with its last messages (seed 002); from there on it is live.
    fn restore(&mut self, principal: Arc<Principal>, ctx: &mut Context<Self>) {
        let (node, session, again) = (Arc::clone(&self.node), self.reference(), Arc::clone(&principal));
        let look = async move {
            let Some(conversation) = node.store().current_conversation_of(&principal.user_id).await? else {
                return Ok(None);
            };
            let before = conversation.last_seq.saturating_add(1);
            let history = node.store().messages_before(&conversation.id, before, RESTORED).await?;
            let agent = match &conversation.assigned_agent_id {
                Some(agent_id) => node.store().agent(agent_id).await?.map(|agent| (agent.id, agent.name)),
                None => None,
            };
            Ok::<_, crate::store::StoreError>(Some((principal, session, conversation, history, agent)))
        };
        ctx.spawn(look.into_actor(self).map(move |found, this, ctx| {
            let (principal, session, conversation, history, agent) = match found {
                Ok(Some(found)) => found,
                Ok(None) => return,
                Err(error) => {
                    log::warn!(error:display; "a returning customer's conversation could not be read; trying again");
                    let later = this.node.clock().sleep_until(this.node.now() + AGAIN);
                    ctx.spawn(later.into_actor(this).map(move |(), this, ctx| this.restore(again, ctx)));
                    return;
                }
            };
            let last_seq = conversation.last_seq;
            let event = Event::ChatSessionRestored {
                conversation_id: conversation.id.clone(),
                status: conversation.status,
                agent,
                history: history.into_iter().map(Arc::new).collect(),
            };
            this.send_receipted(&Encoded::new(event), ctx);
            let message = RoomMessage::Enroll(session, principal, Some(last_seq));
            this.node.router(RouterMessage::ToRoom { conversation_id: conversation.id, message, only_if_live: false });
        }));
    }

    fn enter_owned(&mut self, principal: Arc<Principal>, ctx: &mut Context<Self>) {
        let (node, session, again) = (Arc::clone(&self.node), self.reference(), Arc::clone(&principal));
        let look = async move {
            let owned = node.store().conversations(&owned_by(&principal.user_id), None, OWNED).await?;
            for conversation in owned {
                let message = RoomMessage::Enroll(session.clone(), Arc::clone(&principal), None);
                let conversation_id = conversation.id;
                node.router(RouterMessage::ToRoom { conversation_id, message, only_if_live: false });
            }
            Ok::<_, crate::store::StoreError>(())
        };
        ctx.spawn(look.into_actor(self).map(move |done, this, ctx| {
            if let Err(error) = done {
                log::warn!(error:display; "an agent's conversations could not be read; trying again");
                let later = this.node.clock().sleep_until(this.node.now() + AGAIN);
                ctx.spawn(later.into_actor(this).map(move |(), this, ctx| this.enter_owned(again, ctx)));
            }
        }));
    }

    /// Nothing but a greeting is taken from somebody unknown.
    pub(super) fn known_for(&self, command: &Command) -> Result<Arc<Principal>, Failure> {
        let principal = self.principal().filter(|_| self.machine.is_active()).ok_or(Failure::Unauthenticated)?;
        if let Command::Join { conversation_id, .. } = command
            && !self.machine.has_joined(conversation_id)
            && self.machine.rooms().len() >= self.node.limits().rooms_per_socket
        {
            let limit = i64::try_from(self.node.limits().rooms_per_socket).unwrap_or(i64::MAX);
            return Err(Failure::Rejected(Rejection::LimitReached { what: "rooms_per_socket", limit }));
        }
        Ok(principal)
    }
}

/// What an agent has.
pub(super) fn owned_by(agent_id: &UserId) -> ConversationFilter {
    ConversationFilter {
        assigned_agent_id: Some(agent_id.clone()),
        statuses: vec![ConversationStatus::AgentAssigned, ConversationStatus::WrapUp],
        ..ConversationFilter::default()
    }
}

/// The rooms of seed 001 that a person is in.
fn rooms_of(principal: &Principal) -> Vec<String> {
    let id = &principal.user_id;
    match principal.role {
        Role::Customer => vec![format!("user_{id}")],
        Role::Agent => vec![format!("agent_{id}"), "agents".to_owned()],
        Role::Admin => vec![format!("admin_{id}"), "admins".to_owned()],
    }
}
