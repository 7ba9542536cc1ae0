//! Frames in, answers out.

use std::sync::Arc;

use actix::{ActorFutureExt, AsyncContext, Context, WrapFuture};
use bytestring::ByteString;

use crate::domain::command::{Command, Topic};
use crate::domain::event::Reply;
use crate::domain::ids::ConversationId;
use crate::domain::session::{Claim, Input};
use crate::domain::user::Principal;
use crate::protocol::dialect::{self, Inbound, Request, WireId};
use crate::protocol::error::WireError;

use super::super::failure::Failure;
use super::super::messages::{Answer, Ask, Caller, ReplyTo};
use super::super::tell::{Overflow, tell};
use super::hub::FromSession;
use super::{Resuming, SessionActor, Waiting};

impl SessionActor {
    pub(super) fn frame(&mut self, text: &ByteString, ctx: &mut Context<Self>) {
        if let Err(rejection) = self.step(Input::Frame, ctx) {
            self.send_error(None, &WireError::from(rejection), ctx);
            return;
        }
        match dialect::decode(text, self.keys, self.node.limits().json_depth) {
            Ok(Inbound { id, request }) => self.take(id, request, ctx),
            Err(refused) => self.send_error(refused.id.as_ref(), &refused.error, ctx),
        }
    }

    pub(super) fn take(&mut self, id: Option<WireId>, request: Request, ctx: &mut Context<Self>) {
        match request {
            Request::Ping(data) => {
                let text = dialect::encode_pong(id.as_ref(), data.as_deref(), self.node.now(), &self.heads, self.keys);
                self.send(text, false, ctx);
                self.heard();
            }
            Request::Register { role, user_id, token } => {
                self.register(id, Claim { role, user_id }, token, ctx);
            }
            Request::RefreshToken { token } => self.refresh(id, token, ctx),
            Request::Command(command) => match self.known_for(&command) {
                Ok(principal) => self.command(id, principal, command, ctx),
                Err(failure) => self.send_error(id.as_ref(), &WireError::from(failure), ctx),
            },
        }
    }

    fn command(&mut self, id: Option<WireId>, principal: Arc<Principal>, command: Command, ctx: &mut Context<Self>) {
        match command {
            Command::Resume { conversations } => self.resume(id, &principal, conversations, ctx),
            Command::Subscribe { topics } => self.subscribe(id, &principal, topics, ctx),
            Command::Unsubscribe { topics } => {
                for topic in topics {
                    self.watch(topic, false);
                }
                self.acknowledge(id.as_ref(), &Reply::Done, ctx);
            }
            Command::Join { ref conversation_id, last_seq } => {
                if last_seq.is_some() {
                    self.asks_again(conversation_id);
                }
                let waiting = Waiting::Join(id, conversation_id.clone());
                self.ask(waiting, principal, command);
            }
            Command::Leave { ref conversation_id } => {
                self.heads.retain(|(known, _)| known != conversation_id);
                self.receipts.forget(conversation_id);
                // Leaving what was not joined is done already.
                let _ = self.step(Input::Leave(conversation_id.clone()), ctx);
                self.ask(Waiting::One(id), principal, command);
            }
            // A stock client with retries sends nothing else until what it wants acknowledged is.
            Command::Typing { .. } if id.is_none() || self.socket_io.is_none() => {
                self.fire_and_forget(principal, command)
            }
            other => self.ask(Waiting::One(id), principal, other),
        }
    }

    pub(super) fn caller(&self, principal: Arc<Principal>) -> Caller {
        Caller { principal, session: Some(self.reference()) }
    }

    pub(super) fn ask(&mut self, waiting: Waiting, principal: Arc<Principal>, command: Command) {
        self.next_token += 1;
        let token = self.next_token;
        self.waiting.insert(token, waiting);
        let reply = ReplyTo::session(self.reference(), token);
        let caller = self.caller(principal);
        self.node.dispatch(Ask { caller, command, request_id: self.node.new_request_id(), reply });
    }

    fn fire_and_forget(&self, principal: Arc<Principal>, command: Command) {
        let caller = self.caller(principal);
        self.node.dispatch(Ask { caller, command, request_id: self.node.new_request_id(), reply: ReplyTo::nobody() });
    }

    /// What a history has shown comes once more to who asks for it by its number.
    fn asks_again(&mut self, conversation_id: &ConversationId) {
        if let Some(state) = &mut self.socket_io {
            state.histories.forget(conversation_id);
        }
    }

    pub(super) fn resume(
        &mut self,
        id: Option<WireId>,
        principal: &Arc<Principal>,
        conversations: Vec<(ConversationId, i64)>,
        ctx: &mut Context<Self>,
    ) {
        let limit = self.node.limits().rooms_per_socket;
        if conversations.len() > limit {
            let limit = i64::try_from(limit).unwrap_or(i64::MAX);
            let refused = crate::domain::rejection::Rejection::LimitReached { what: "rooms_per_socket", limit };
            return self.send_error(id.as_ref(), &WireError::from(refused), ctx);
        }
        if conversations.is_empty() {
            let reply = Reply::Resumed { conversations: Vec::new(), epoch: self.node.epoch().to_owned() };
            return self.acknowledge(id.as_ref(), &reply, ctx);
        }
        self.next_token += 1;
        let group = self.next_token;
        let resuming = Resuming { id, left: conversations.len(), conversations: Vec::new(), failed: None };
        self.resuming.insert(group, resuming);
        for (conversation_id, last_seq) in conversations {
            self.asks_again(&conversation_id);
            let command = Command::Resume { conversations: vec![(conversation_id.clone(), last_seq)] };
            self.ask(Waiting::PartOfResume(group, conversation_id), Arc::clone(principal), command);
        }
    }

    fn subscribe(
        &mut self,
        id: Option<WireId>,
        principal: &Arc<Principal>,
        topics: Vec<Topic>,
        ctx: &mut Context<Self>,
    ) {
        let (node, caller) = (Arc::clone(&self.node), self.caller(Arc::clone(principal)));
        // Watching begins before the snapshot is taken: a delta may come twice, never not at all.
        if let Err(failure) = node.may_watch(&caller.principal, &topics) {
            return self.send_error(id.as_ref(), &WireError::from(failure), ctx);
        }
        for topic in &topics {
            self.watch(*topic, true);
        }
        let look = async move { node.snapshots(&caller.principal, &topics).await };
        ctx.spawn(look.into_actor(self).map(move |found, this, ctx| match found {
            Ok(snapshots) => this.acknowledge(id.as_ref(), &Reply::Subscribed(snapshots), ctx),
            Err(failure) => this.send_error(id.as_ref(), &WireError::from(failure), ctx),
        }));
    }

    fn watch(&self, topic: Topic, on: bool) {
        let message = FromSession::Watch { session_id: self.id.clone(), topic, on };
        // The hub ends with its thread.
        let _ = tell(&self.hub, message, Overflow::Force);
    }

    pub(super) fn answered(&mut self, token: u64, answer: Answer, ctx: &mut Context<Self>) {
        match self.waiting.remove(&token) {
            Some(Waiting::One(id)) => self.finish(id.as_ref(), answer, ctx),
            Some(Waiting::Join(id, conversation_id)) => {
                if let Ok(Reply::Joined { last_seq, .. }) = &answer {
                    self.joined(conversation_id, *last_seq, ctx);
                }
                self.finish(id.as_ref(), answer, ctx);
            }
            Some(Waiting::PartOfResume(group, conversation_id)) => {
                self.part_answered(group, conversation_id, answer, ctx);
            }
            Some(Waiting::Owned(owned)) => self.entered_one(owned, answer, ctx),
            None => {}
        }
    }

    fn finish(&mut self, id: Option<&WireId>, answer: Answer, ctx: &mut Context<Self>) {
        match answer {
            Ok(reply) => {
                if self.socket_io.is_some() {
                    self.replied_in_socket_io(id, &reply, ctx);
                }
                if let Reply::Started { conversation_id, .. } = &reply {
                    self.joined(conversation_id.clone(), 0, ctx);
                }
                self.acknowledge(id, &reply, ctx);
            }
            Err(failure) => self.send_error(id, &WireError::from(failure), ctx),
        }
    }

    fn joined(&mut self, conversation_id: ConversationId, last_seq: i64, ctx: &mut Context<Self>) {
        if !self.heads.iter().any(|(known, _)| *known == conversation_id) {
            self.heads.push((conversation_id.clone(), last_seq));
        }
        // The bound was looked at before the command went out.
        let _ = self.step(Input::Join(conversation_id), ctx);
    }

    /// The ack of a resume comes when every conversation's missed messages are out. Those that are no longer visible
    /// are left out; a fault of the store fails the whole.
    fn part_answered(&mut self, group: u64, conversation_id: ConversationId, answer: Answer, ctx: &mut Context<Self>) {
        let Some(resuming) = self.resuming.get_mut(&group) else { return };
        resuming.left -= 1;
        let mut joined = None;
        match answer {
            Ok(Reply::Joined { last_seq, .. }) => {
                resuming.conversations.push((conversation_id.clone(), last_seq));
                joined = Some((conversation_id, last_seq));
            }
            Err(Failure::Rejected(_)) | Ok(_) => {}
            Err(failure) => resuming.failed = Some(WireError::from(failure)),
        }
        let done = resuming.left == 0;
        if let Some((conversation_id, last_seq)) = joined {
            self.joined(conversation_id, last_seq, ctx);
        }
        if done && let Some(resuming) = self.resuming.remove(&group) {
            match resuming.failed {
                Some(error) => self.send_error(resuming.id.as_ref(), &error, ctx),
                None => {
                    let epoch = self.node.epoch().to_owned();
                    let reply = Reply::Resumed { conversations: resuming.conversations, epoch };
                    self.acknowledge(resuming.id.as_ref(), &reply, ctx);
                }
            }
        }
    }

    fn acknowledge(&mut self, id: Option<&WireId>, reply: &Reply, ctx: &mut Context<Self>) {
        let text = dialect::encode_reply(id, reply, self.keys);
        self.send(text, false, ctx);
    }
}
