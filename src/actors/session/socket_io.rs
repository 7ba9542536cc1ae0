//! A client of the Socket.IO dialect: it enters, its conversation is opened or restored, and what its dialect wants
//! looked up is looked up.

use std::sync::Arc;

use actix::{ActorFutureExt, AsyncContext, Context, WrapFuture};
use bytes::Bytes;
use bytestring::ByteString;

use crate::domain::command::{StartConversation, StartMode};
use crate::domain::conversation::{Conversation, ConversationStatus};
use crate::domain::event::{AgentNotice, EscalationStatus, Event, Reply};
use crate::domain::ids::{AgentId, ConversationId};
use crate::domain::session::{CloseCause, Input};
use crate::domain::user::{Principal, Role};
use crate::protocol::dialect::WireId;
use crate::protocol::dialect::socket_io::{self as dialect, Defaults, Greeting};
use crate::protocol::encoded::Encoded;
use crate::protocol::error::{ErrorCode, WireError};
use crate::protocol::socket_io::{Decoder, Fault, Kind, MAIN, Packet};
use crate::store::ConversationFilter;

use super::super::failure::Failure;
use super::super::link::ToPump;
use super::super::messages::{Caller, RoomMessage, RouterMessage};
use super::super::node::Node;
use super::SessionActor;
use super::hello::{AGAIN, RESTORED};
use super::owned::{Histories, Owned};

/// What a Socket.IO client has besides.
pub(super) struct State {
    decoder: Decoder,
    pub(super) greeting: Greeting,
    /// The customer's active conversation.
    active: Option<ConversationId>,
    /// The active conversation has ended: what is said next without naming one begins another.
    ended: bool,
    /// What an agent is shown of the conversations that it has.
    pub(super) histories: Histories,
}

impl State {
    pub(super) fn new(node: &Node) -> Self {
        Self {
            decoder: Decoder::new(node.config().socket_io.max_payload_bytes),
            greeting: Greeting::default(),
            active: None,
            ended: false,
            histories: Histories::default(),
        }
    }
}

/// What a customer comes back to.
enum Opened {
    Restored { conversation: Box<Conversation>, from: Option<i64>, event: Event },
    Started(ConversationId),
}

impl SessionActor {
    pub(super) fn packet_text(&mut self, text: &ByteString, ctx: &mut Context<Self>) {
        if let Err(rejection) = self.step(Input::Frame, ctx) {
            return self.send_error(None, &WireError::from(rejection), ctx);
        }
        let Some(state) = &mut self.socket_io else { return };
        let packet = state.decoder.text(text);
        self.packet(packet, ctx);
    }

    pub(super) fn packet_binary(&mut self, bytes: Bytes, ctx: &mut Context<Self>) {
        let Some(state) = &mut self.socket_io else { return };
        let packet = state.decoder.binary(bytes);
        if let Err(rejection) = self.step(Input::Frame, ctx) {
            return self.send_error(None, &WireError::from(rejection), ctx);
        }
        self.packet(packet, ctx);
    }

    fn packet(&mut self, packet: Result<Option<Packet>, Fault>, ctx: &mut Context<Self>) {
        let packet = match packet {
            Ok(Some(packet)) => packet,
            Ok(None) => return,
            Err(Fault::Malformed) => return self.end(1002, "parse_error", ctx),
            Err(Fault::TooBig) => return self.end(1009, "too_big", ctx),
        };
        let main = &*packet.namespace == MAIN;
        match (packet.kind, main) {
            (Kind::Connect, true) => self.greet(&packet, ctx),
            (Kind::Connect, false) => self.write(dialect::encode_not_entered(&packet.namespace, None), None),
            // As the protocol's own server does with who speaks where it has not entered.
            _ if !main || !self.up => self.end(1002, "not_entered", ctx),
            // The pump's end is the session's.
            (Kind::Disconnect, _) => self.to_pump(ToPump::Close { code: 1000, reason: String::new() }),
            (Kind::Event, _) => self.hear(packet, ctx),
            // Nothing is asked of clients.
            (Kind::Ack | Kind::ConnectError, _) => {}
        }
    }

    fn end(&mut self, code: u16, reason: &'static str, ctx: &mut Context<Self>) {
        // The close is done by the actions.
        let _ = self.step(Input::End(CloseCause::Other { code, reason }), ctx);
    }

    /// Who goes on after the end of its conversation, and names none, gets another as on connecting.
    fn hear(&mut self, packet: Packet, ctx: &mut Context<Self>) {
        let anew = self.socket_io.as_ref().is_some_and(|state| state.ended) && dialect::begins_anew(&packet);
        match self.principal().filter(|_| anew) {
            Some(principal) => self.open_conversation(principal, Some(packet), ctx),
            None => self.event(&packet, ctx),
        }
    }

    fn event(&mut self, packet: &Packet, ctx: &mut Context<Self>) {
        let id = packet.id.map(WireId::of_ack);
        let client_id = self.node.new_id();
        let active = self.socket_io.as_ref().and_then(|state| state.active.clone());
        let defaults = Defaults { client_id: &client_id, conversation_id: active.as_ref() };
        match dialect::decode_event(packet, self.node.limits().json_depth, &defaults) {
            Ok(request) => self.take(id, request, ctx),
            Err(error) => self.send_error(id.as_ref(), &error, ctx),
        }
    }

    /// The client enters the main namespace with its token, or relies on the one of its first request.
    fn greet(&mut self, packet: &Packet, ctx: &mut Context<Self>) {
        if self.up {
            // It is there already.
            return self.write(dialect::encode_entered(&self.id, None), None);
        }
        let greeting = dialect::greeting(&packet.data);
        let token = greeting.token.clone().or_else(|| self.token.clone());
        let node = Arc::clone(&self.node);
        let look = async move {
            let principal = match token {
                Some(token) => node.authenticate(&token).await?,
                None => return Err(Failure::Unauthenticated),
            };
            let recovered = recovers(&node, &principal, &greeting).await?;
            Ok((principal, greeting, recovered))
        };
        ctx.wait(look.into_actor(self).map(|found, this, ctx| match found {
            Ok((principal, greeting, recovered)) => this.enter(principal, greeting, recovered, ctx),
            Err(Failure::Unauthenticated) => this.keep_out(ctx),
            Err(failure) => {
                // Without an answer a stock client comes again by itself.
                log::warn!("error.code" = WireError::from(failure).code.as_str(); "a client could not be let in");
                this.end(1013, "try_again", ctx);
            }
        }));
    }

    fn enter(&mut self, principal: Principal, greeting: Greeting, recovered: bool, ctx: &mut Context<Self>) {
        let customer = principal.role == Role::Customer;
        if self.step(Input::Hello { principal: Some(principal), claim: None }, ctx).is_err() {
            return self.keep_out(ctx);
        }
        let pid = match &greeting.pid {
            Some(pid) if recovered => Some(pid.clone()),
            // Only a customer's last number says all that it has.
            _ => customer.then(|| self.node.new_id()),
        };
        if let Some(state) = &mut self.socket_io {
            state.greeting = greeting;
        }
        self.write(dialect::encode_entered(&self.id, pid.as_deref()), None);
        self.known(None, false, ctx);
    }

    fn keep_out(&mut self, ctx: &mut Context<Self>) {
        let error = WireError::from(Failure::Unauthenticated);
        self.write(dialect::encode_not_entered(MAIN, Some(&error)), None);
        // The close is done by the actions.
        let _ = self.step(Input::TokenRefused, ctx);
    }

    /// How often the transport pings.
    pub(super) fn heartbeat_ms(&self) -> u64 {
        match self.socket_io {
            Some(_) => self.node.config().socket_io.ping_interval_ms,
            None => self.node.limits().heartbeat_ms,
        }
    }

    /// Somebody is known now: customers get their conversation, agents theirs, and everybody what they missed.
    pub(super) fn settle_in(&mut self, principal: Arc<Principal>, ctx: &mut Context<Self>) {
        match principal.role {
            Role::Customer => self.open_conversation(principal, None, ctx),
            Role::Agent => self.show_owned(principal, ctx),
            Role::Admin => {
                let missed = self.socket_io.as_ref().map(|state| state.greeting.conversations.clone());
                self.bring_missed(&principal, missed.unwrap_or_default(), ctx);
            }
        }
    }

    pub(super) fn bring_missed(
        &mut self,
        principal: &Arc<Principal>,
        missed: Vec<(ConversationId, i64)>,
        ctx: &mut Context<Self>,
    ) {
        if !missed.is_empty() {
            self.resume(None, principal, missed, ctx);
        }
    }

    /// What the client sends meanwhile waits, so that it may speak before it has heard which conversation is its own.
    /// `said`: what it said after the end of the last one.
    fn open_conversation(&mut self, principal: Arc<Principal>, said: Option<Packet>, ctx: &mut Context<Self>) {
        let greeting = self.socket_io.as_ref().filter(|_| said.is_none()).map(|state| state.greeting.clone());
        let (node, caller, again) =
            (Arc::clone(&self.node), self.caller(Arc::clone(&principal)), Arc::clone(&principal));
        let look = async move { open(&node, caller, greeting.as_ref()).await };
        ctx.wait(look.into_actor(self).map(move |found, this, ctx| match (found, said) {
            (Ok(opened), None) => this.opened(&principal, opened, ctx),
            (Ok(opened), Some(packet)) => {
                if !this.is_in(&opened) {
                    this.opened(&principal, opened, ctx);
                }
                this.event(&packet, ctx);
            }
            (Err(failure), Some(packet)) => {
                let id = packet.id.map(WireId::of_ack);
                this.send_error(id.as_ref(), &WireError::from(failure), ctx);
            }
            (Err(failure), None) => {
                let error = WireError::from(failure);
                this.send_error(None, &error, ctx);
                if error.code.retryable() {
                    log::warn!("error.code" = error.code.as_str(); "a customer's conversation could not be opened; trying again");
                    let later = this.node.clock().sleep_until(this.node.now() + AGAIN);
                    ctx.spawn(later.into_actor(this).map(|(), this, ctx| this.open_conversation(again, None, ctx)));
                }
            }
        }));
    }

    /// The same one is found as long as its agent finishes the paperwork.
    fn is_in(&self, opened: &Opened) -> bool {
        let active = self.socket_io.as_ref().and_then(|state| state.active.as_ref());
        matches!(opened, Opened::Restored { conversation, .. } if Some(&conversation.id) == active)
    }

    /// Says which conversation it is, with the number that the client then has, so that a stock client has none of
    /// another connection's in mind.
    fn opened(&mut self, principal: &Arc<Principal>, opened: Opened, ctx: &mut Context<Self>) {
        let (conversation_id, from) = match opened {
            Opened::Restored { conversation, from, event } => {
                let from = from.unwrap_or(conversation.last_seq);
                let text = dialect::numbered(&Encoded::new(event.clone()).text(self.keys), &conversation.id, from);
                let carries = self.carried(&event);
                self.send_carrying(text, false, carries, ctx);
                (conversation.id, from)
            }
            Opened::Started(conversation_id) => {
                let text = dialect::numbered(&dialect::encode_started(&conversation_id), &conversation_id, 0);
                self.send(text, false, ctx);
                (conversation_id, 0)
            }
        };
        let message = RoomMessage::Enroll(self.reference(), Arc::clone(principal), Some(from));
        let to_room = RouterMessage::ToRoom { conversation_id: conversation_id.clone(), message, only_if_live: false };
        self.node.router(to_room);
        let Some(state) = &mut self.socket_io else { return };
        let mut others = std::mem::take(&mut state.greeting.conversations);
        others.retain(|(id, _)| *id != conversation_id);
        (state.active, state.ended) = (Some(conversation_id), false);
        self.bring_missed(principal, others, ctx);
    }

    /// The text of an event, with what a stock client gives back after a lost connection: how far it is in its active
    /// conversation, and in no other, as it keeps only one.
    pub(super) fn text_of(&self, event: &Encoded) -> ByteString {
        let text = event.text(self.keys);
        let active = self.socket_io.as_ref().and_then(|state| state.active.as_ref());
        match (event.event(), active) {
            (Event::NewMessage(message), Some(active)) if message.conversation_id == *active => {
                dialect::numbered(&text, active, message.seq)
            }
            _ => text,
        }
    }

    /// Whether an event goes out as it is; what needs a look first goes out after it.
    pub(super) fn told_in_socket_io(&mut self, event: &Event, ctx: &mut Context<Self>) -> bool {
        let Some(state) = &mut self.socket_io else { return true };
        match event {
            Event::ConversationClosed { conversation_id, .. } => {
                state.ended |= state.active.as_ref() == Some(conversation_id);
                true
            }
            Event::NewMessage(message) => !state.histories.has(message),
            Event::AgentNotification {
                notice: AgentNotice::NewConversationAssigned { conversation_id, user_id, user_name, summary },
                at,
                ..
            } => {
                if !state.histories.was_given(conversation_id, *at) {
                    let owned = Owned {
                        conversation_id: conversation_id.clone(),
                        user_id: user_id.clone(),
                        user_name: user_name.clone(),
                        summary: summary.clone(),
                    };
                    self.show_history(Box::new(owned), ctx);
                }
                false
            }
            Event::EscalationStatus { conversation_id, status } if dialect::is_asked(status) => {
                self.say_asked(conversation_id.clone(), status.clone(), ctx);
                false
            }
            _ => true,
        }
    }

    /// `transfer_requested` with the reason, which the conversation keeps.
    fn say_asked(&mut self, id: ConversationId, status: EscalationStatus, ctx: &mut Context<Self>) {
        let node = Arc::clone(&self.node);
        let of = id.clone();
        let look = async move { node.store().conversation(&of).await };
        ctx.wait(look.into_actor(self).map(move |found, this, ctx| {
            if let Err(error) = &found {
                log::warn!(error:display; "why a human is wanted could not be read");
            }
            let reason = found.ok().flatten().and_then(|conversation| conversation.escalation_reason);
            this.send(dialect::encode_asked(&id, &status, reason.as_deref()), false, ctx);
        }));
    }

    /// What seed 002 says besides the acknowledgement.
    pub(super) fn replied_in_socket_io(&mut self, id: Option<&WireId>, reply: &Reply, ctx: &mut Context<Self>) {
        match reply {
            Reply::Started { conversation_id, .. } => {
                if let Some(state) = &mut self.socket_io {
                    (state.active, state.ended) = (Some(conversation_id.clone()), false);
                }
                self.send(dialect::encode_started(conversation_id), false, ctx);
            }
            Reply::Escalation(EscalationStatus::AlreadyAssigned { .. }) if id.is_none() => {
                let error = WireError::new(ErrorCode::AlreadyAssigned, "Already connected to a human agent");
                self.send_error(None, &error, ctx);
            }
            _ => {}
        }
    }

    /// Tells a client that is not to come back by itself so, in its own protocol, and why.
    pub(super) fn say_goodbye(&mut self, cause: CloseCause) {
        let last = match cause {
            CloseCause::Unauthenticated | CloseCause::TokenExpired | CloseCause::LoggedOut | CloseCause::Abuse => true,
            CloseCause::SlowConsumer | CloseCause::HeartbeatLost | CloseCause::Draining | CloseCause::Other { .. } => {
                false
            }
        };
        if self.socket_io.is_some() && self.up && last {
            let code = if cause == CloseCause::Abuse { ErrorCode::RateLimited } else { ErrorCode::Unauthenticated };
            let error = WireError::new(code, cause.reason());
            self.write(crate::protocol::dialect::encode_error(None, &error, self.keys), None);
            self.write(dialect::encode_left(), None);
        }
    }
}

/// Whether a client goes on from what it says it has, and has missed nothing else: of other conversations it cannot say
/// how far it is, and what came there meanwhile does not come by itself.
async fn recovers(node: &Node, principal: &Principal, greeting: &Greeting) -> Result<bool, Failure> {
    let (Some(_), Role::Customer) = (&greeting.pid, principal.role) else { return Ok(false) };
    let Some(current) = node.store().current_conversation_of(&principal.user_id).await? else { return Ok(false) };
    let offset = greeting.offset_in(&current.id, false);
    if !offset.is_some_and(|offset| (0..=current.last_seq).contains(&offset)) {
        return Ok(false);
    }
    let open = ConversationFilter {
        customer_id: Some(principal.user_id.clone()),
        statuses: vec![
            ConversationStatus::Active,
            ConversationStatus::WaitingForAgent,
            ConversationStatus::Offered,
            ConversationStatus::AgentAssigned,
            ConversationStatus::WrapUp,
        ],
        ..ConversationFilter::default()
    };
    let only = node.store().conversations(&open, None, 2).await?.len() < 2;
    Ok(only && node.store().messaging_stats(&principal.user_id).await?.conversations == 0)
}

/// The customer's active conversation, or a new one. `greeting`: what a client that comes has; one that is here has
/// heard everything.
async fn open(node: &Arc<Node>, caller: Caller, greeting: Option<&Greeting>) -> Result<Opened, Failure> {
    let user_id = &caller.principal.user_id;
    // Before the look for an open one: two tabs that come at the same moment then either see the same last one, and
    // mean the same new one, or the second sees what the first has started.
    let filter = ConversationFilter { customer_id: Some(user_id.clone()), ..ConversationFilter::default() };
    let last = node.store().conversations(&filter, None, 1).await?.into_iter().next();
    let Some(conversation) = node.store().current_conversation_of(user_id).await? else {
        let client_id = format!("socket_io:{}", last.map_or_else(|| "first".to_owned(), |last| last.id.to_string()));
        let start = StartConversation { client_id, mode: StartMode::Ai, ..StartConversation::default() };
        return match node.start_conversation(&caller, start, node.new_request_id()).await? {
            Reply::Started { conversation_id, .. } => Ok(Opened::Started(conversation_id)),
            _ => Err(Failure::NoAnswer),
        };
    };
    // A number that this history never reached comes from another one.
    let from = match greeting {
        Some(greeting) => {
            greeting.offset_in(&conversation.id, true).filter(|from| (0..=conversation.last_seq).contains(from))
        }
        None => Some(conversation.last_seq),
    };
    let history = match from {
        Some(_) => Vec::new(),
        None => {
            let before = conversation.last_seq.saturating_add(1);
            node.store().messages_before(&conversation.id, before, RESTORED).await?
        }
    };
    let agent: Option<(AgentId, String)> = match &conversation.assigned_agent_id {
        Some(agent_id) => node.store().agent(agent_id).await?.map(|agent| (agent.id, agent.name)),
        None => None,
    };
    let event = Event::ChatSessionRestored {
        conversation_id: conversation.id.clone(),
        status: conversation.status,
        agent,
        history: history.into_iter().map(Arc::new).collect(),
    };
    Ok(Opened::Restored { conversation: Box::new(conversation), from, event })
}
