//! Who is in a room: sessions, counted per worker thread so that a message goes out once per thread.

use std::collections::HashMap;
use std::sync::Arc;

use actix::{Addr, Context};

use crate::domain::event::Event;
use crate::domain::ids::{ConversationId, SessionId, UserId};
use crate::domain::room::{RoomRecord, Standing};
use crate::domain::user::{Principal, Role};

use super::super::messages::{HubMessage, SessionRef};
use super::super::session::hub::Hub;
use super::super::tell::{Overflow, tell};
use super::{Record, RoomActor};

struct Member {
    session: SessionRef,
    principal: Arc<Principal>,
    /// The newest number when it was let in.
    entered_at: i64,
}

/// The sessions in a room.
#[derive(Default)]
pub(super) struct Members {
    sessions: HashMap<SessionId, Member>,
    /// Worker threads with at least one of them.
    hubs: Vec<(Addr<Hub>, usize)>,
    /// Whose they are, with how many each has.
    people: HashMap<UserId, usize>,
}

impl Members {
    pub(super) fn is_empty(&self) -> bool {
        self.sessions.is_empty()
    }

    pub(super) fn hubs(&self) -> impl Iterator<Item = &Addr<Hub>> {
        self.hubs.iter().map(|(hub, _)| hub)
    }

    pub(super) fn contains(&self, session_id: &SessionId) -> bool {
        self.sessions.contains_key(session_id)
    }

    /// The newest number when a session was let in, if it is here.
    pub(super) fn entered_at(&self, session_id: &SessionId) -> Option<i64> {
        self.sessions.get(session_id).map(|member| member.entered_at)
    }

    /// Whether any session of the person is in the room.
    pub(super) fn has_user(&self, user_id: &UserId) -> bool {
        self.people.contains_key(user_id)
    }

    /// Whether a session of anybody else is in the room.
    pub(super) fn has_others(&self, user_id: &UserId) -> bool {
        self.people.keys().any(|known| known != user_id)
    }

    /// Somebody who may be here takes part from now on.
    pub(super) fn take_part(&self, id: &ConversationId, user_id: &UserId) {
        if !self.has_user(user_id) {
            return;
        }
        for hub in self.hubs() {
            let message = HubMessage::TakesPart { conversation_id: id.clone(), user_id: user_id.clone() };
            // A thread that is gone has no sessions; so below.
            let _ = tell(hub, message, Overflow::Force);
        }
    }

    /// Lets a session in; it gets everything from here on.
    pub(super) fn add(
        &mut self,
        id: &ConversationId,
        session: &SessionRef,
        principal: &Arc<Principal>,
        takes_part: bool,
        last_seq: i64,
    ) {
        let enter = HubMessage::Enter {
            conversation_id: id.clone(),
            session_id: session.id.clone(),
            staff: principal.role != Role::Customer,
            takes_part,
            last_seq,
        };
        let _ = tell(&session.hub, enter, Overflow::Force);
        let member = Member { session: session.clone(), principal: Arc::clone(principal), entered_at: last_seq };
        if self.sessions.insert(session.id.clone(), member).is_some() {
            return;
        }
        *self.people.entry(principal.user_id.clone()).or_default() += 1;
        match self.hubs.iter_mut().find(|(hub, _)| *hub == session.hub) {
            Some((_, count)) => *count += 1,
            None => self.hubs.push((session.hub.clone(), 1)),
        }
    }

    /// Lets a session go; whose it was.
    pub(super) fn remove(&mut self, id: &ConversationId, session_id: &SessionId) -> Option<Arc<Principal>> {
        let member = self.sessions.remove(session_id)?;
        let exit = HubMessage::Exit { conversation_id: id.clone(), session_id: session_id.clone() };
        let _ = tell(&member.session.hub, exit, Overflow::Force);
        if let Some((_, count)) = self.hubs.iter_mut().find(|(hub, _)| *hub == member.session.hub) {
            *count -= 1;
        }
        self.hubs.retain(|(_, count)| *count > 0);
        if let Some(count) = self.people.get_mut(&member.principal.user_id) {
            *count -= 1;
            if *count == 0 {
                self.people.remove(&member.principal.user_id);
            }
        }
        Some(member.principal)
    }

    /// Frees the seat of a session at its hub, whether or not this life of the room let it in.
    pub(super) fn unseat(&mut self, id: &ConversationId, session: &SessionRef) {
        if self.remove(id, &session.id).is_none() {
            let exit = HubMessage::Exit { conversation_id: id.clone(), session_id: session.id.clone() };
            let _ = tell(&session.hub, exit, Overflow::Force);
        }
    }

    /// The sessions of people who no longer stand where they may listen.
    pub(super) fn strangers(&self, record: &RoomRecord) -> Vec<SessionId> {
        let stranger =
            |who: &Principal| who.role != Role::Admin && record.standing(&who.user_id, who.role) == Standing::Other;
        let strangers = self.sessions.iter().filter(|(_, member)| stranger(&member.principal));
        strangers.map(|(session_id, _)| session_id.clone()).collect()
    }

    /// Lets all sessions of a person go.
    pub(super) fn remove_user(&mut self, id: &ConversationId, user_id: &UserId) {
        let gone: Vec<SessionId> = self
            .sessions
            .iter()
            .filter(|(_, member)| member.principal.user_id == *user_id)
            .map(|(session_id, _)| session_id.clone())
            .collect();
        for session_id in gone {
            self.remove(id, &session_id);
        }
    }
}

impl RoomActor {
    /// Lets a session of somebody who belongs here in, without being asked.
    pub(super) fn enroll(
        &mut self,
        session: SessionRef,
        principal: &Arc<Principal>,
        last_seq: Option<i64>,
        ctx: &mut Context<Self>,
    ) {
        let Record::Here(record) = &self.record else { return };
        if self.catching_up.contains(&session.id) {
            return;
        }
        let standing = record.standing(&principal.user_id, principal.role);
        let belongs = !matches!(standing, Standing::Other | Standing::Waiting);
        match last_seq {
            // It was let in by the last life, and may no longer be here.
            Some(_) if standing == Standing::Other && principal.role != Role::Admin => {
                self.members.unseat(&self.id, &session);
            }
            // It was let in unasked while it looked for what it has, and has everything since.
            Some(last_seq) if self.members.entered_at(&session.id).is_some_and(|at| at <= last_seq) => {}
            // From where its seat at the hub stands; what the seat has by then is not handed over again.
            Some(last_seq) => self.backlog(session, Arc::clone(principal), last_seq, None, ctx),
            None if belongs && !self.members.contains(&session.id) => self.enter(&session, principal),
            None => {}
        }
    }

    /// Who was let in because a conversation was offered or waited, and may no longer listen, is let go.
    pub(super) fn let_strangers_go(&mut self) {
        let Record::Here(record) = &self.record else { return };
        for session_id in self.members.strangers(record) {
            self.session_gone(&session_id);
        }
    }

    /// Lets a session in and tells the others that somebody came, if they were not here before.
    pub(super) fn enter(&mut self, session: &SessionRef, principal: &Arc<Principal>) {
        self.catching_up.remove(&session.id);
        if let Record::Here(record) = &self.record
            && principal.role != Role::Admin
            && record.standing(&principal.user_id, principal.role) == Standing::Other
        {
            // Its right ended while it was sent what it had missed.
            self.members.unseat(&self.id, session);
            return;
        }
        let came = self.present.insert(principal.user_id.clone());
        let takes_part = self.record().is_ok_and(|record| record.takes_part(&principal.user_id));
        self.members.add(&self.id, session, principal, takes_part, self.feed.head());
        self.desk_tell(session);
        self.tell_how_far(session, &principal.user_id);
        self.tell_who_is_here(session, &principal.user_id);
        if came {
            self.presence(&principal.user_id.clone(), true, Some(&session.id.clone()));
        }
    }

    pub(super) fn session_gone(&mut self, session_id: &SessionId) {
        self.catching_up.remove(session_id);
        let Some(principal) = self.members.remove(&self.id, session_id) else { return };
        if !self.members.has_user(&principal.user_id) {
            self.present.remove(&principal.user_id);
            if self.typing.stop(&principal.user_id) {
                self.tell_typing(&principal.user_id, false, None);
            }
            self.presence(&principal.user_id, false, None);
        }
        self.last_use = self.node.now();
    }

    pub(super) fn presence(&mut self, user_id: &UserId, online: bool, except: Option<&SessionId>) {
        // Who only looks on is nobody to the customer.
        let looks_on = !self.record().is_ok_and(|record| record.takes_part(user_id));
        let event = Event::Presence { conversation_id: self.id.clone(), user_id: user_id.clone(), online };
        self.fan_out(event, looks_on, except, Overflow::Drop);
    }
}
