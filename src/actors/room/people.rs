//! In-app messages: what people do in a conversation of their own, and how all their devices hear of it.

use std::collections::BTreeSet;
use std::sync::Arc;

use actix::{ActorFutureExt, AsyncContext, Context, WrapFuture};
use tokio::sync::oneshot;

use crate::domain::command::{ReadMark, SendMessage};
use crate::domain::conversation::{ConversationKind, Participant};
use crate::domain::event::{Audience, Event, MessagingState};
use crate::domain::ids::{MessageId, SessionId, UserId};
use crate::domain::message::Message;
use crate::domain::messaging::{
    self, Alteration, AlterationWhat, Altered, AlteredWhat, Deed, Joining, Post, Seat, may_add, may_delete, may_edit,
    may_manage, may_remove, may_send, successor,
};
use crate::domain::rejection::Rejection;
use crate::domain::room::RoomRecord;
use crate::domain::text;
use crate::domain::user::Principal;
use crate::protocol::encoded::Encoded;
use crate::store::Write;

use super::super::failure::Failure;
use super::super::messages::{Caller, HubMessage, ReplyTo, SessionRef};
use super::super::node::Published;
use super::super::tell::{Overflow, tell};
use super::asks::submit;
use super::{Record, RoomActor};

impl RoomActor {
    /// Whether this is a conversation of in-app messages.
    pub(super) fn is_among_people(&self) -> bool {
        self.record().is_ok_and(|record| record.conversation.kind.is_messaging())
    }

    pub(super) fn deed(&mut self, caller: &Caller, deed: Deed, reply: ReplyTo, ctx: &mut Context<Self>) {
        let principal = &caller.principal;
        let change = match deed {
            Deed::Post { message, attachments } => return self.say(principal, message, attachments, reply),
            Deed::Update { subject, closed, archived, muted } => {
                self.update(principal, subject, closed, (archived, muted))
            }
            Deed::People { add, remove } => self.people(principal, &add, remove),
            Deed::Edit { message_id, content } => {
                return self.with_message(principal, message_id, Some(content), reply, ctx);
            }
            Deed::Delete { message_id } => return self.with_message(principal, message_id, None, reply, ctx),
            Deed::React { message_id, emoji, on } => messaging::emoji("data.emoji", &emoji)
                .and_then(|emoji| self.within_rate(&principal.user_id).map(|()| emoji))
                .map(|emoji| AlterationWhat::React { message_id, emoji, on }),
        };
        match change {
            Ok(what) => self.alter(principal.user_id.clone(), what, reply),
            Err(rejection) => reply.send(Err(rejection.into())),
        }
    }

    fn alter(&self, by: UserId, what: AlterationWhat, reply: ReplyTo) {
        let alteration = Alteration { conversation_id: self.id.clone(), by, at: self.node.now(), what };
        submit(&self.node, Write::Alter(Box::new(alteration)), reply);
    }

    /// A message among people: with its files, or not at all; not to somebody who has blocked the sender.
    pub(super) fn say(
        &mut self,
        principal: &Principal,
        message: SendMessage,
        attachments: Vec<String>,
        reply: ReplyTo,
    ) {
        let guarded = self.record().is_ok_and(|record| record.conversation.kind == ConversationKind::GuestGuest);
        let checked = self
            .seat(principal)
            .and_then(|seat| may_send(seat, message.kind))
            .and_then(|()| files_fit(&attachments))
            .and_then(|()| self.checked_message(principal, message, !attachments.is_empty()));
        match checked {
            Ok(message) => {
                submit(&self.node, Write::Post(Box::new(Post { message, guarded, attachments })), reply);
            }
            Err(rejection) => reply.send(Err(rejection.into())),
        }
    }

    fn seat(&self, principal: &Principal) -> Result<Seat, Rejection> {
        self.record().map(|record| record.seat(principal)).map_err(|_| Rejection::NotFound)
    }

    /// Marks of one's own need a part; what all see needs the right to it. One of the two at a time is enough of a change.
    fn update(
        &self,
        principal: &Principal,
        subject: Option<String>,
        closed: Option<bool>,
        (archived, muted): (Option<bool>, Option<bool>),
    ) -> Result<AlterationWhat, Rejection> {
        let seat = self.seat(principal)?;
        let (for_all, for_me) = (subject.is_some() || closed.is_some(), archived.is_some() || muted.is_some());
        match (for_all, for_me) {
            (true, false) if may_manage(seat) => {
                let subject = match subject {
                    Some(subject) => Some(messaging::subject("data.subject", Some(&subject))?),
                    None => None,
                };
                Ok(AlterationWhat::Conversation { subject, closed })
            }
            (false, true) if seat.part.is_some() => Ok(AlterationWhat::Own { archived, muted }),
            (true, true) => Err(Rejection::Invalid {
                field: "data.archived".into(),
                message: "cannot be changed together with what all see".into(),
            }),
            (false, false) => {
                Err(Rejection::Invalid { field: "data".into(), message: "says nothing to change".into() })
            }
            _ => Err(Rejection::NotFound),
        }
    }

    fn people(&self, principal: &Principal, add: &[Joining], remove: Vec<UserId>) -> Result<AlterationWhat, Rejection> {
        let (seat, me) = (self.seat(principal)?, &principal.user_id);
        let record = self.record().map_err(|_| Rejection::NotFound)?;
        if add.is_empty() && remove.is_empty() {
            return Err(Rejection::Invalid { field: "data.add".into(), message: "is empty, and so is remove".into() });
        }
        let coming = if add.is_empty() { Vec::new() } else { may_add(seat, me, add)? };
        for user_id in &remove {
            may_remove(seat, me, record.part_of(user_id).ok_or(Rejection::NotFound)?)?;
        }
        let most = self.node.config().messaging.group_people;
        if record.people().count() + coming.len() > most {
            let limit = i64::try_from(most).unwrap_or(i64::MAX);
            return Err(Rejection::LimitReached { what: "group_people", limit });
        }
        let now = self.node.now();
        let participant = |(person, role): (messaging::Person, _)| Participant {
            conversation_id: self.id.clone(),
            user_id: person.user_id,
            role,
            name: person.name,
            last_read_seq: 0,
            uncounted: 0,
            muted: false,
            archived: false,
            joined_at: now,
            left_at: None,
        };
        let heir = successor(&record.participants, &remove);
        Ok(AlterationWhat::People { add: coming.into_iter().map(participant).collect(), remove, heir })
    }

    /// An edit (with the new text) or a deletion: the message is looked at first.
    fn with_message(
        &self,
        principal: &Principal,
        message_id: MessageId,
        content: Option<String>,
        reply: ReplyTo,
        ctx: &mut Context<Self>,
    ) {
        let (store, id, me) = (Arc::clone(self.node.store()), self.id.clone(), principal.user_id.clone());
        let seat = match self.seat(principal) {
            Ok(seat) => seat,
            Err(rejection) => return reply.send(Err(rejection.into())),
        };
        let look = async move { store.message(&message_id).await };
        ctx.spawn(look.into_actor(self).map(move |found, this, _| {
            let message = match found {
                Ok(Some(message)) if message.conversation_id == id => message,
                Ok(_) => return reply.send(Err(Failure::Rejected(Rejection::NotFound))),
                Err(error) => return reply.send(Err(error.into())),
            };
            match this.checked_change(seat, &me, &message, content) {
                Ok(what) => this.alter(me, what, reply),
                Err(rejection) => reply.send(Err(rejection.into())),
            }
        }));
    }

    fn checked_change(
        &mut self,
        seat: Seat,
        me: &UserId,
        message: &Message,
        content: Option<String>,
    ) -> Result<AlterationWhat, Rejection> {
        let message_id = message.id.clone();
        let Some(content) = content else {
            may_delete(seat, me, message)?;
            return Ok(AlterationWhat::Delete { message_id });
        };
        let window = crate::config::millis(self.node.config().messaging.edit_window_ms);
        may_edit(seat, me, message, self.node.now(), window)?;
        self.record().map_err(|_| Rejection::NotFound)?.open()?;
        let content = text::content("data.content", &content, self.node.limits().content_chars)?;
        self.within_rate(me)?;
        Ok(AlterationWhat::Edit { message_id, content })
    }

    /// Everything up to a message is read: told to all, in the order of what else is told.
    pub(super) fn read_up_to(&self, caller: &Caller, mark: ReadMark, reply: ReplyTo, ctx: &mut Context<Self>) {
        let by = caller.principal.user_id.clone();
        match mark {
            ReadMark::Seq(seq) => self.alter(by, AlterationWhat::Read { seq: seq.max(0) }, reply),
            ReadMark::Message(message_id) => {
                let (store, id) = (Arc::clone(self.node.store()), self.id.clone());
                let look = async move { store.message(&message_id).await };
                ctx.spawn(look.into_actor(self).map(move |found, this, _| match found {
                    Ok(Some(message)) if message.conversation_id == id => {
                        this.alter(by, AlterationWhat::Read { seq: message.seq }, reply);
                    }
                    Ok(_) => reply.send(Err(Failure::Rejected(Rejection::NotFound))),
                    Err(error) => reply.send(Err(error.into())),
                }));
            }
        }
    }

    /// Takes a durable change in and tells of it.
    pub(super) fn altered(&mut self, altered: &Altered) {
        let Altered { conversation_id, by, at, what } = altered;
        match what {
            AlteredWhat::Nothing => {}
            AlteredWhat::Rows { conversation, participants, own } => {
                let Record::Here(record) = &mut self.record else { return };
                let before: Vec<UserId> = record.people().map(|one| one.user_id.clone()).collect();
                record.renew((**conversation).clone(), participants.clone());
                self.rows_changed(by, &before, *own);
            }
            AlteredWhat::Read { seq, uncounted } => {
                let Record::Here(record) = &mut self.record else { return };
                if let Some(one) = record.participants.iter_mut().find(|one| one.user_id == *by) {
                    one.saw_read(*seq, *uncounted);
                }
                self.deliveries.read(by, *seq);
                let event = Event::MessageRead {
                    conversation_id: conversation_id.clone(),
                    user_id: by.clone(),
                    seq: *seq,
                    message_id: None,
                    read_at: *at,
                };
                self.tell_all(event);
                self.tell_unread(|one| one.user_id == *by);
            }
            AlteredWhat::Edited(message) => {
                let message = Arc::new((**message).clone());
                self.ring.replace(Arc::clone(&message));
                self.tell_all(Event::MessageUpdated(message));
            }
            AlteredWhat::Deleted(message) => {
                let message = Arc::new((**message).clone());
                self.ring.replace(Arc::clone(&message));
                if let Record::Here(record) = &mut self.record {
                    let sender = message.sender_id.as_ref();
                    record.participants.iter_mut().for_each(|one| one.saw_deleted(message.seq, sender));
                }
                let event = Event::MessageDeleted {
                    conversation_id: conversation_id.clone(),
                    message_id: message.id.clone(),
                    seq: message.seq,
                    user_id: by.clone(),
                    at: *at,
                };
                self.tell_all(event);
                self.tell_unread(|one| {
                    one.last_read_seq < message.seq && Some(&one.user_id) != message.sender_id.as_ref()
                });
            }
            AlteredWhat::Reacted { message_id, seq, emoji, on } => {
                let event = Event::MessageReaction {
                    conversation_id: conversation_id.clone(),
                    message_id: message_id.clone(),
                    seq: *seq,
                    user_id: by.clone(),
                    emoji: emoji.clone(),
                    on: *on,
                    at: *at,
                };
                self.tell_all(event);
            }
        }
    }

    /// All devices of all who take part, who else is in the room, and the host's listeners.
    fn tell_all(&mut self, event: Event) {
        self.node.sink(&Published { to: Audience::Room(self.id.clone()), event: event.clone() });
        self.fan_out(event, false, None, Overflow::Force);
    }

    fn rows_changed(&mut self, by: &UserId, before: &[UserId], own: bool) {
        let Ok(record) = self.record() else { return };
        let mine = record.part_of(by).filter(|_| own).map(|one| (one.archived, one.muted));
        let event = Event::MessagingUpdated(Box::new(state_of(record, mine)));
        if own {
            return self.to_devices(by, &Encoded::new(event));
        }
        let here: Vec<UserId> = record.people().map(|one| one.user_id.clone()).collect();
        self.tell_all(event.clone());
        // Those who have gone hear that much.
        for gone in before.iter().filter(|user_id| !here.contains(user_id)) {
            self.to_devices(gone, &Encoded::new(event.clone()));
            self.members.remove_user(&self.id, gone);
        }
        for user_id in here.iter().filter(|user_id| !before.contains(user_id)) {
            self.members.take_part(&self.id, user_id);
        }
        self.let_strangers_go();
    }

    /// After a message: what is unread now, to each who has not read it.
    pub(super) fn tell_unread_of(&self, message: &Message) {
        if self.is_among_people() {
            self.tell_unread(|one| message.sender_id.as_ref() != Some(&one.user_id));
        }
    }

    /// What is unread now, to all devices of those who are meant.
    fn tell_unread(&self, whom: impl Fn(&Participant) -> bool) {
        let Ok(record) = self.record() else { return };
        let last_seq = record.conversation.last_seq;
        let event = |one: &Participant| Event::UnreadCount {
            conversation_id: self.id.clone(),
            unread: one.unread(last_seq),
            last_read_seq: one.last_read_seq,
            last_seq,
        };
        let each: Arc<[(UserId, Event)]> =
            record.people().filter(|one| whom(one)).map(|one| (one.user_id.clone(), event(one))).collect();
        if each.is_empty() {
            return;
        }
        for hub in self.node.hubs() {
            // A thread that is gone has no sessions; so below.
            let _ = tell(&hub, HubMessage::Each(Arc::clone(&each)), Overflow::Force);
        }
    }

    pub(super) fn to_devices(&self, user_id: &UserId, event: &Encoded) {
        for hub in self.node.hubs() {
            let _ = tell(&hub, HubMessage::User { user_id: user_id.clone(), event: event.clone() }, Overflow::Force);
        }
    }

    /// Who looks at a conversation of people hears who else does, and from then on who comes and goes.
    pub(super) fn tell_who_is_here(&self, session: &SessionRef, own: &UserId) {
        if !self.is_among_people() {
            return;
        }
        let others: BTreeSet<&UserId> = self.present.iter().filter(|user_id| *user_id != own).collect();
        let event = |user_id: &UserId| Event::Presence {
            conversation_id: self.id.clone(),
            user_id: user_id.clone(),
            online: true,
        };
        let events: Vec<Encoded> = others.into_iter().map(|user_id| Encoded::new(event(user_id))).collect();
        if events.is_empty() {
            return;
        }
        // Nobody waits for them to be taken: they are few.
        let (taken, _) = oneshot::channel();
        let message = HubMessage::ToSession { session_id: session.id.clone(), events, receipts: false, taken };
        let _ = tell(&session.hub, message, Overflow::Drop);
    }

    /// To the devices of those who take part and are not in the room: those in it are told as everybody in a room is.
    pub(super) fn tell_absent(&self, event: &Encoded) {
        let Ok(record) = self.record() else { return };
        if !record.conversation.kind.is_messaging() || !is_for_people(event.event()) {
            return;
        }
        let people: Arc<[UserId]> = record.people().map(|one| one.user_id.clone()).collect();
        // Who is being sent what they missed gets new messages in their turn.
        let new = matches!(event.event(), Event::NewMessage(_));
        let except: Arc<[SessionId]> = if new { self.catching_up.iter().cloned().collect() } else { Arc::from([]) };
        for hub in self.node.hubs() {
            let message = HubMessage::Absent {
                conversation_id: self.id.clone(),
                people: Arc::clone(&people),
                event: event.clone(),
                except: Arc::clone(&except),
            };
            let _ = tell(&hub, message, Overflow::Force);
        }
    }
}

/// What reaches people wherever they are. Typing and presence are for those who look.
fn is_for_people(event: &Event) -> bool {
    matches!(
        event,
        Event::NewMessage(_)
            | Event::MessageRead { .. }
            | Event::MessageUpdated(_)
            | Event::MessageDeleted { .. }
            | Event::MessageReaction { .. }
            | Event::MessagingUpdated(_)
    )
}

fn files_fit(attachments: &[String]) -> Result<(), Rejection> {
    let most = messaging::ATTACHMENTS;
    if attachments.len() > most {
        let message = format!("must be at most {most}");
        return Err(Rejection::Invalid { field: "data.attachments".into(), message });
    }
    let twice = attachments.iter().enumerate().any(|(place, id)| attachments.iter().take(place).any(|one| one == id));
    if twice {
        return Err(Rejection::Invalid { field: "data.attachments".into(), message: "names one twice".into() });
    }
    Ok(())
}

/// What all are told of a conversation; `mine`: put away and silent, for one's own devices.
pub(in super::super) fn state_of(record: &RoomRecord, mine: Option<(bool, bool)>) -> MessagingState {
    let row = &record.conversation;
    MessagingState {
        conversation_id: row.id.clone(),
        kind: row.kind,
        status: row.status,
        subject: row.subject.clone(),
        participants: record.people().cloned().collect(),
        last_seq: row.last_seq,
        archived: mine.map(|(archived, _)| archived),
        muted: mine.map(|(_, muted)| muted),
    }
}
