//! How far messages have come, told to those who wrote them.

use std::collections::BTreeMap;

use actix::{ActorFutureExt, AsyncContext, Context, WrapFuture};
use tokio::sync::oneshot;

use crate::domain::event::Event;
use crate::domain::ids::UserId;
use crate::domain::room::RoomRecord;
use crate::protocol::encoded::Encoded;

use super::super::messages::{HubMessage, SessionRef};
use super::super::tell::{Overflow, tell};
use super::{Record, RoomActor};

impl RoomActor {
    /// What the rows say: who may have written, and how far each has read.
    pub(super) fn know_deliveries(&mut self, record: &RoomRecord) {
        for one in record.participants.iter().filter(|one| one.left_at.is_none()) {
            self.deliveries.wrote(&one.user_id, record.conversation.last_seq);
            self.members.take_part(&self.id, &one.user_id);
        }
        for one in &record.participants {
            self.deliveries.read(&one.user_id, one.last_read_seq);
        }
    }

    /// Whether somebody here waits to hear that an event arrived: whoever wrote the message in it.
    pub(super) fn is_awaited(&self, event: &Event) -> bool {
        match event {
            Event::NewMessage(message) if self.is_among_people() => message.sender_id.is_some(),
            Event::NewMessage(message) => {
                message.sender_id.as_ref().is_some_and(|sender| self.members.has_user(sender))
            }
            _ => false,
        }
    }

    /// Whether anybody here waits to hear what reaches a person.
    pub(super) fn is_waited_for(&self, user_id: &UserId) -> bool {
        (self.is_among_people() || self.members.has_others(user_id))
            && self.record().is_ok_and(|record| record.takes_part(user_id))
    }

    pub(super) fn delivered(&mut self, user_id: &UserId, seq: i64, ctx: &mut Context<Self>) {
        if self.record().is_ok_and(|record| record.takes_part(user_id)) {
            self.deliveries.arrived(user_id, seq.min(self.feed.head()));
            self.tell_deliveries(ctx);
        }
    }

    pub(super) fn was_read(&mut self, user_id: &UserId, seq: i64) {
        self.deliveries.read(user_id, seq);
        if let Record::Here(record) = &mut self.record {
            record.read(user_id, seq);
        }
    }

    /// At once, then at most once per interval and receiver.
    fn tell_deliveries(&mut self, ctx: &mut Context<Self>) {
        let now = self.node.now();
        for told in self.deliveries.due(now) {
            let event = Encoded::new(self.event_of(told.user_id, told.seq));
            if self.is_among_people() {
                told.authors.iter().for_each(|author| self.to_devices(author, &event));
                continue;
            }
            for author in told.authors.iter().filter(|author| self.members.has_user(author)) {
                for hub in self.members.hubs() {
                    let message = HubMessage::InRoom {
                        conversation_id: self.id.clone(),
                        user_id: author.clone(),
                        event: event.clone(),
                    };
                    // The next one says the same and more.
                    let _ = tell(hub, message, Overflow::Drop);
                }
            }
        }
        let Some(at) = self.deliveries.next_deadline(now).filter(|_| !self.deliveries_armed) else { return };
        self.deliveries_armed = true;
        let sleep = self.node.clock().sleep_until(at);
        ctx.spawn(sleep.into_actor(self).map(|(), this, ctx| {
            this.deliveries_armed = false;
            this.tell_deliveries(ctx);
        }));
    }

    /// Somebody who wrote here and comes back hears how far the others got meanwhile.
    pub(super) fn tell_how_far(&self, session: &SessionRef, own: &UserId) {
        let Record::Here(record) = &self.record else { return };
        if !self.deliveries.is_author(own) {
            return;
        }
        let events: Vec<Encoded> = self
            .deliveries_of(record)
            .into_iter()
            .filter(|(user_id, seq)| user_id != own && *seq > record.read_up_to(user_id))
            .map(|(user_id, seq)| Encoded::new(self.event_of(user_id, seq)))
            .collect();
        if events.is_empty() {
            return;
        }
        // Nobody waits for them to be taken: they are few.
        let (taken, _) = oneshot::channel();
        let message = HubMessage::ToSession { session_id: session.id.clone(), events, receipts: false, taken };
        // A thread that is gone has no sessions.
        let _ = tell(&session.hub, message, Overflow::Drop);
    }

    /// How far those who take part got, of whom it is known.
    pub(super) fn deliveries_of(&self, record: &RoomRecord) -> BTreeMap<UserId, i64> {
        let known = |user_id: &UserId| Some((user_id.clone(), self.deliveries.seq(user_id)?));
        record.participants.iter().filter_map(|one| known(&one.user_id)).collect()
    }

    fn event_of(&self, user_id: UserId, seq: i64) -> Event {
        Event::MessageDelivered { conversation_id: self.id.clone(), user_id, seq }
    }
}
