//! A worker thread's sessions: the last hop of every fan-out.
//!
//! Owns: the sessions that live on its thread, by id, person, room and topic.
//! Receives: sessions that come and go; from rooms and router what is for them.
//! Emits: the same to each session, on its own thread; who is here to the router.
//! Fails by: ending with its thread's sessions.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use actix::{Actor, Addr, AsyncContext, Context, Handler};
use tokio::sync::oneshot;

use crate::domain::command::Topic;
use crate::domain::connections::{Census, Dialect};
use crate::domain::event::{Event, TopicBody};
use crate::domain::ids::{ConversationId, SessionId, UserId};
use crate::domain::time::Timestamp;
use crate::domain::user::{Principal, Role};
use crate::protocol::encoded::Encoded;

use super::super::messages::{HubMessage, RoomMessage, RouterMessage, SessionRef};
use super::super::node::Node;
use super::super::tell::{Overflow, tell};
use super::{SessionActor, ToSession};

/// Messages that may wait.
const MAILBOX: usize = 262_144;

struct Local {
    addr: Addr<SessionActor>,
    principal: Arc<Principal>,
    dialect: Dialect,
    since: Timestamp,
    rooms: Vec<ConversationId>,
    topics: Vec<Topic>,
}

struct Seat {
    session_id: SessionId,
    addr: Addr<SessionActor>,
    staff: bool,
    /// It tells how far messages have come.
    takes_part: bool,
    /// The newest number that was handed to the session: from here it goes on after a fault of the room.
    last_seq: i64,
    /// The room was asked for what comes after it, and has not let the session in again.
    asked: bool,
}

/// What a number is to a seat.
#[derive(PartialEq)]
enum Next {
    /// It comes next.
    Hand,
    /// It was handed over. After a fault a room's new life may tell again what its last one had told.
    Had,
    /// Something is missing before it.
    Gap,
}

impl Seat {
    fn next(&mut self, seq: i64) -> Next {
        if seq <= self.last_seq {
            return Next::Had;
        }
        if seq > self.last_seq + 1 {
            return Next::Gap;
        }
        self.last_seq = seq;
        Next::Hand
    }

    /// Asks the room for what comes after the newest number, once.
    fn ask(&mut self, node: &Node, conversation_id: &ConversationId, principal: &Arc<Principal>, hub: &Addr<Hub>) {
        if std::mem::replace(&mut self.asked, true) {
            return;
        }
        let session = SessionRef { id: self.session_id.clone(), hub: hub.clone() };
        let message = RoomMessage::Enroll(session, Arc::clone(principal), Some(self.last_seq));
        let conversation_id = conversation_id.clone();
        node.router(RouterMessage::ToRoom { conversation_id, message, only_if_live: false });
    }
}

/// The hub of one worker thread.
pub struct Hub {
    node: Arc<Node>,
    sessions: HashMap<SessionId, Local>,
    users: HashMap<UserId, Vec<SessionId>>,
    rooms: HashMap<ConversationId, Vec<Seat>>,
    topics: HashMap<Topic, HashSet<SessionId>>,
}

/// From a session on the same thread.
#[derive(actix::Message)]
#[rtype(result = "()")]
pub enum FromSession {
    /// It is known now (or known again, with a newer token).
    Up {
        /// The session.
        session_id: SessionId,
        /// Where.
        addr: Addr<SessionActor>,
        /// Whose.
        principal: Arc<Principal>,
        /// What its client speaks.
        dialect: Dialect,
    },
    /// It is gone.
    Down(SessionId),
    /// It watches a topic, or no longer.
    Watch {
        /// The session.
        session_id: SessionId,
        /// Which.
        topic: Topic,
        /// Watches.
        on: bool,
    },
}

impl Hub {
    /// A hub for the present thread.
    pub fn new(node: Arc<Node>) -> Self {
        Self { node, sessions: HashMap::new(), users: HashMap::new(), rooms: HashMap::new(), topics: HashMap::new() }
    }

    fn up(
        &mut self,
        session_id: SessionId,
        addr: Addr<SessionActor>,
        (principal, dialect): (Arc<Principal>, Dialect),
        hub: Addr<Self>,
    ) {
        let session = SessionRef { id: session_id.clone(), hub };
        self.node.router(RouterMessage::SessionUp { session, principal: Arc::clone(&principal) });
        if let Some(known) = self.sessions.get_mut(&session_id) {
            known.principal = principal;
            return;
        }
        self.users.entry(principal.user_id.clone()).or_default().push(session_id.clone());
        let since = self.node.now();
        let local = Local { addr, principal, dialect, since, rooms: Vec::new(), topics: Vec::new() };
        self.sessions.insert(session_id, local);
    }

    fn down(&mut self, session_id: &SessionId) {
        let Some(local) = self.sessions.remove(session_id) else { return };
        let user_id = local.principal.user_id.clone();
        if let Some(sessions) = self.users.get_mut(&user_id) {
            sessions.retain(|known| known != session_id);
            if sessions.is_empty() {
                self.users.remove(&user_id);
            }
        }
        for conversation_id in local.rooms {
            self.leave(&conversation_id, session_id);
            let message = RoomMessage::SessionGone(session_id.clone());
            self.node.router(RouterMessage::ToRoom { conversation_id, message, only_if_live: true });
        }
        for topic in local.topics {
            self.watch(session_id, topic, false);
        }
        self.node.router(RouterMessage::SessionDown { session_id: session_id.clone(), user_id });
    }

    fn watch(&mut self, session_id: &SessionId, topic: Topic, on: bool) {
        let sessions = self.topics.entry(topic).or_default();
        let moved = if on { sessions.insert(session_id.clone()) } else { sessions.remove(session_id) };
        if moved {
            self.node.count_watcher(topic, on);
        }
        if let Some(local) = self.sessions.get_mut(session_id) {
            local.topics.retain(|known| *known != topic);
            if on {
                local.topics.push(topic);
            }
        }
    }

    fn enter(
        &mut self,
        conversation_id: ConversationId,
        session_id: SessionId,
        (staff, takes_part): (bool, bool),
        last_seq: i64,
        hub: &Addr<Self>,
    ) {
        let Some(local) = self.sessions.get_mut(&session_id) else {
            // It left while the room let it in.
            let message = RoomMessage::SessionGone(session_id);
            self.node.router(RouterMessage::ToRoom { conversation_id, message, only_if_live: true });
            return;
        };
        if !local.rooms.contains(&conversation_id) {
            local.rooms.push(conversation_id.clone());
        }
        let seats = self.rooms.entry(conversation_id.clone()).or_default();
        let Some(seat) = seats.iter_mut().find(|seat| seat.session_id == session_id) else {
            seats.push(Seat { session_id, addr: local.addr.clone(), staff, takes_part, last_seq, asked: false });
            return;
        };
        (seat.staff, seat.takes_part) = (staff, takes_part);
        // A new life of the room may let it in at a newer number than it was handed; that number is not taken over, so
        // that what lies between is asked for.
        seat.asked = false;
        if seat.last_seq < last_seq {
            seat.ask(&self.node, &conversation_id, &local.principal, hub);
        }
    }

    fn takes_part(&mut self, conversation_id: &ConversationId, user_id: &UserId) {
        let (Some(seats), Some(theirs)) = (self.rooms.get_mut(conversation_id), self.users.get(user_id)) else {
            return;
        };
        for seat in seats.iter_mut().filter(|seat| theirs.contains(&seat.session_id)) {
            seat.takes_part = true;
        }
    }

    fn leave(&mut self, conversation_id: &ConversationId, session_id: &SessionId) {
        if let Some(local) = self.sessions.get_mut(session_id) {
            local.rooms.retain(|known| known != conversation_id);
        }
        if let Some(seats) = self.rooms.get_mut(conversation_id) {
            seats.retain(|seat| seat.session_id != *session_id);
            if seats.is_empty() {
                self.rooms.remove(conversation_id);
            }
        }
    }

    fn tell_room(
        &mut self,
        conversation_id: &ConversationId,
        event: &Encoded,
        (staff_only, receipts): (bool, bool),
        except: Option<&SessionId>,
        hub: &Addr<Self>,
    ) {
        let Some(seats) = self.rooms.get_mut(conversation_id) else { return };
        let seq = seq_of(event);
        for seat in seats.iter_mut() {
            if (staff_only && !seat.staff) || Some(&seat.session_id) == except {
                continue;
            }
            match seq.map_or(Next::Hand, |seq| seat.next(seq)) {
                Next::Hand => hand(&seat.addr, event_for(event, receipts && seat.takes_part)),
                Next::Had => {}
                Next::Gap => {
                    let Some(local) = self.sessions.get(&seat.session_id) else { continue };
                    seat.ask(&self.node, conversation_id, &local.principal, hub);
                }
            }
        }
    }

    fn tell_session(
        &mut self,
        session_id: &SessionId,
        events: Vec<Encoded>,
        receipts: bool,
        taken: oneshot::Sender<()>,
    ) {
        let Some(local) = self.sessions.get(session_id) else { return };
        for event in events {
            if let Event::NewMessage(message) = event.event()
                && let Some(seats) = self.rooms.get_mut(&message.conversation_id)
                && let Some(seat) = seats.iter_mut().find(|seat| seat.session_id == *session_id)
                && seat.next(message.seq) != Next::Hand
            {
                continue;
            }
            hand(&local.addr, event_for(&event, receipts));
        }
        hand(&local.addr, ToSession::TellWhenTaken(taken));
    }

    fn to_user(&self, user_id: &UserId, event: &Encoded) {
        for session_id in self.users.get(user_id).into_iter().flatten() {
            if let Some(local) = self.sessions.get(session_id) {
                hand(&local.addr, ToSession::Event(event.clone()));
            }
        }
    }

    fn to_absent(&self, id: &ConversationId, people: &[UserId], event: &Encoded, except: &[SessionId]) {
        let receipts = matches!(event.event(), Event::NewMessage(_));
        for user_id in people {
            for session_id in self.users.get(user_id).into_iter().flatten() {
                let elsewhere = |local: &&Local| !local.rooms.contains(id) && !except.contains(session_id);
                if let Some(local) = self.sessions.get(session_id).filter(elsewhere) {
                    hand(&local.addr, event_for(event, receipts));
                }
            }
        }
    }

    fn to_each(&self, each: &[(UserId, Event)]) {
        for (user_id, event) in each.iter().filter(|(user_id, _)| self.users.contains_key(user_id)) {
            self.to_user(user_id, &Encoded::new(event.clone()));
        }
    }

    fn to_user_in_room(&self, conversation_id: &ConversationId, user_id: &UserId, event: &Encoded) {
        for session_id in self.users.get(user_id).into_iter().flatten() {
            if let Some(local) = self.sessions.get(session_id).filter(|local| local.rooms.contains(conversation_id)) {
                hand(&local.addr, ToSession::Event(event.clone()));
            }
        }
    }

    fn to_roles(&self, roles: &[Role], event: &Encoded) {
        for local in self.sessions.values() {
            if roles.is_empty() || roles.contains(&local.principal.role) {
                hand(&local.addr, ToSession::Event(event.clone()));
            }
        }
    }

    fn to_topic(&self, topic: Topic, event: &Encoded) {
        let only = match event.event() {
            Event::TopicDelta { body: TopicBody::Availability(found), .. } => Some(&found.chatbot_id),
            _ => None,
        };
        for session_id in self.topics.get(&topic).into_iter().flatten() {
            if let Some(local) = self.sessions.get(session_id)
                && only.is_none_or(|chatbot_id| local.principal.entrance() == *chatbot_id)
            {
                hand(&local.addr, ToSession::Event(event.clone()));
            }
        }
    }

    fn announce(&mut self, hub: &Addr<Self>) {
        for (session_id, local) in &self.sessions {
            let session = SessionRef { id: session_id.clone(), hub: hub.clone() };
            self.node.router(RouterMessage::SessionUp { session, principal: Arc::clone(&local.principal) });
        }
        for (conversation_id, seats) in &mut self.rooms {
            come_back(&self.node, &self.sessions, conversation_id, seats, hub);
        }
    }

    /// A room's new life gets its sessions back, each with the number that it has.
    fn reenter(&mut self, conversation_id: &ConversationId, hub: &Addr<Self>) {
        let Some(seats) = self.rooms.get_mut(conversation_id) else { return };
        come_back(&self.node, &self.sessions, conversation_id, seats, hub);
    }

    fn census(&self) -> Census {
        let mut census = Census::default();
        for local in self.sessions.values() {
            census.add(&local.principal.user_id, local.principal.role, local.dialect, local.since);
        }
        census
    }

    /// Spreads the clients' return over a span, so that they do not all come at once.
    fn drain(&self, reconnect_after_ms: i64) {
        let count = i64::try_from(self.sessions.len()).unwrap_or(i64::MAX).max(1);
        for (place, local) in (0_i64..).zip(self.sessions.values()) {
            let after = reconnect_after_ms + place.saturating_mul(reconnect_after_ms) / count;
            hand(&local.addr, ToSession::Drain { reconnect_after_ms: after });
        }
    }
}

fn come_back(
    node: &Node,
    sessions: &HashMap<SessionId, Local>,
    conversation_id: &ConversationId,
    seats: &mut [Seat],
    hub: &Addr<Hub>,
) {
    for seat in seats {
        let Some(local) = sessions.get(&seat.session_id) else { continue };
        // What was asked of the last life is not answered.
        seat.asked = false;
        seat.ask(node, conversation_id, &local.principal, hub);
    }
}

fn seq_of(event: &Encoded) -> Option<i64> {
    match event.event() {
        Event::NewMessage(message) => Some(message.seq),
        _ => None,
    }
}

fn event_for(event: &Encoded, receipt: bool) -> ToSession {
    if receipt { ToSession::Receipted(event.clone()) } else { ToSession::Event(event.clone()) }
}

/// A session cannot fill its mailbox: it is on this thread and its own bound is in bytes.
fn hand(addr: &Addr<SessionActor>, message: ToSession) {
    // It may have ended a moment ago.
    let _ = tell(addr, message, Overflow::Force);
}

impl Actor for Hub {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.set_mailbox_capacity(MAILBOX);
        self.node.router(RouterMessage::HubUp(ctx.address()));
    }
}

impl Handler<FromSession> for Hub {
    type Result = ();

    fn handle(&mut self, message: FromSession, ctx: &mut Self::Context) {
        match message {
            FromSession::Up { session_id, addr, principal, dialect } => {
                self.up(session_id, addr, (principal, dialect), ctx.address());
            }
            FromSession::Down(session_id) => self.down(&session_id),
            FromSession::Watch { session_id, topic, on } => self.watch(&session_id, topic, on),
        }
    }
}

impl Handler<HubMessage> for Hub {
    type Result = ();

    fn handle(&mut self, message: HubMessage, ctx: &mut Self::Context) {
        match message {
            HubMessage::Answer { session_id, token, answer } => {
                if let Some(local) = self.sessions.get(&session_id) {
                    hand(&local.addr, ToSession::Answer { token, answer });
                }
            }
            HubMessage::ToSession { session_id, events, receipts, taken } => {
                self.tell_session(&session_id, events, receipts, taken);
            }
            HubMessage::Enter { conversation_id, session_id, staff, takes_part, last_seq } => {
                self.enter(conversation_id, session_id, (staff, takes_part), last_seq, &ctx.address());
            }
            HubMessage::TakesPart { conversation_id, user_id } => self.takes_part(&conversation_id, &user_id),
            HubMessage::Exit { conversation_id, session_id } => self.leave(&conversation_id, &session_id),
            HubMessage::Room { conversation_id, event, staff_only, except, receipts } => {
                let marks = (staff_only, receipts);
                self.tell_room(&conversation_id, &event, marks, except.as_ref(), &ctx.address());
            }
            HubMessage::InRoom { conversation_id, user_id, event } => {
                self.to_user_in_room(&conversation_id, &user_id, &event);
            }
            HubMessage::User { user_id, event } => self.to_user(&user_id, &event),
            HubMessage::Absent { conversation_id, people, event, except } => {
                self.to_absent(&conversation_id, &people, &event, &except);
            }
            HubMessage::Each(each) => self.to_each(&each),
            HubMessage::Roles { roles, event } => self.to_roles(roles, &event),
            HubMessage::Topic { topic, event } => self.to_topic(topic, &event),
            HubMessage::CloseLogin(login_id) => {
                for local in self.sessions.values() {
                    if local.principal.login_id.as_deref() == Some(login_id.as_str()) {
                        hand(&local.addr, ToSession::LoggedOut);
                    }
                }
            }
            HubMessage::Announce => self.announce(&ctx.address()),
            HubMessage::Reenter(conversation_id) => self.reenter(&conversation_id, &ctx.address()),
            HubMessage::Drain { reconnect_after_ms } => self.drain(reconnect_after_ms),
            HubMessage::Count(reply) => {
                // Who asked may have given up.
                let _ = reply.send(self.census());
            }
            #[cfg(feature = "fault-injection")]
            HubMessage::Panic { user_id } => {
                for session_id in self.users.get(&user_id).into_iter().flatten() {
                    if let Some(local) = self.sessions.get(session_id) {
                        hand(&local.addr, ToSession::Panic);
                    }
                }
            }
        }
    }
}
