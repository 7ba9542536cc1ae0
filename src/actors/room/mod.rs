//! The live chat room of one conversation.
//!
//! Owns: the order in which its messages are shown, who is in it, typing, the ring of recent messages.
//! Receives: commands about the conversation; from the writer what became durable; from the router who left.
//! Emits: writes to the store; requests to the supervisor; events to sessions by their worker threads' hubs.
//! Fails by: ending. The router opens it again from the store and its sessions go on from the number they have.

mod asks;
mod assistant;
mod backlog;
mod deliveries;
mod followers;
mod members;
mod meter;
mod people;

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;

use actix::{Actor, ActorContext, ActorFutureExt, AsyncContext, Context, Handler, WrapFuture};

use crate::domain::delivery::Deliveries;
use crate::domain::escalation::Op;
use crate::domain::event::Event;
use crate::domain::ids::{ConversationId, SessionId, UserId};
use crate::domain::message::{Message, SenderRole};
use crate::domain::presence::Typing;
use crate::domain::rejection::Rejection;
use crate::domain::resume::{Feed, Hinted, Ring};
use crate::domain::room::{Fit, RoomRecord};
use crate::domain::session::Limiter;
use crate::domain::time::{Millis, Timestamp};
use crate::protocol::encoded::Encoded;
use crate::store::{StoreError, Written};

use super::failure::Failure;
use super::lifecycle::Watch;
use super::messages::{Ask, HubMessage, RoomMessage, RouterMessage};
use super::node::{Node, Published};
use super::tell::{Overflow, tell};
use crate::domain::event::Audience;
use members::Members;

pub(super) use people::state_of;

/// Messages that may wait; the next command is answered with "overloaded".
pub(super) const MAILBOX: usize = 8192;
/// Messages, and bytes of them, kept for those who come back a moment later.
const RING_MESSAGES: usize = 128;
const RING_BYTES: usize = 256 * 1024;

/// After a failed read the store is asked again this much later.
const RELOAD: Millis = Millis::new(500);

/// A message from the router.
#[derive(actix::Message)]
#[rtype(result = "()")]
pub struct RoomEnvelope(pub RoomMessage);

/// What the store said when the room was opened.
enum Record {
    /// Not read yet; messages wait.
    Loading,
    /// There is no such conversation.
    Missing,
    /// The store did not answer.
    Unread(StoreError),
    /// As stored.
    Here(Box<RoomRecord>),
}

/// The shell.
pub struct RoomActor {
    node: Arc<Node>,
    id: ConversationId,
    life: u64,
    record: Record,
    /// Came in while the record was being read.
    early: VecDeque<RoomMessage>,
    ring: Ring,
    feed: Feed,
    members: Members,
    /// Sessions that are being sent what they missed; they enter at its end and not before.
    catching_up: HashSet<SessionId>,
    /// People whom the others were told to be here.
    present: HashSet<UserId>,
    typing: Typing,
    /// A timer runs for the notice that ends first.
    typing_armed: bool,
    deliveries: Deliveries,
    /// A timer runs for what of them is told next.
    deliveries_armed: bool,
    names: HashMap<UserId, String>,
    senders: HashMap<UserId, Limiter>,
    pages: Limiter,
    desk: assistant::Desk,
    /// Hand-overs in a row that got no answer.
    hand_off_failures: u32,
    /// The row's version when the agent's summary was written: a second click writes no second one.
    summarised: Option<i64>,
    followers: followers::Followers,
    handled: u64,
    last_use: Timestamp,
    _watch: Watch,
}

impl RoomActor {
    /// A new life of a conversation's room.
    pub fn new(node: Arc<Node>, id: ConversationId, life: u64, watch: Watch) -> Self {
        let (last_use, desk) = (node.now(), assistant::Desk::new(&node));
        let typing_lasts = crate::config::millis(node.limits().typing_timeout_ms);
        Self {
            node,
            id,
            life,
            record: Record::Loading,
            early: VecDeque::new(),
            ring: Ring::new(0, RING_MESSAGES, RING_BYTES),
            feed: Feed::new(0),
            members: Members::default(),
            catching_up: HashSet::new(),
            present: HashSet::new(),
            typing: Typing::new(typing_lasts),
            typing_armed: false,
            deliveries: Deliveries::default(),
            deliveries_armed: false,
            names: HashMap::new(),
            senders: HashMap::new(),
            pages: Limiter::default(),
            desk,
            hand_off_failures: 0,
            summarised: None,
            followers: followers::Followers::default(),
            handled: 0,
            last_use,
            _watch: watch,
        }
    }

    fn load(&mut self, ctx: &mut Context<Self>) {
        let (node, id) = (Arc::clone(&self.node), self.id.clone());
        let load = async move {
            let Some(conversation) = node.store().conversation(&id).await? else { return Ok(None) };
            let participants = node.store().participants(&id).await?;
            let mut record = RoomRecord::new(conversation, participants);
            if !record.conversation.kind.is_messaging()
                && let Ok(view) = node.case(&id, false).await
            {
                record.offers = view.offered_to.into_iter().collect();
            }
            let unanswered = unanswered(&node, &record).await?;
            Ok(Some((record, unanswered)))
        };
        ctx.spawn(load.into_actor(self).map(|loaded: Result<_, StoreError>, this, ctx| this.loaded(loaded, ctx)));
    }

    fn loaded(&mut self, loaded: Result<Option<(RoomRecord, Option<Message>)>, StoreError>, ctx: &mut Context<Self>) {
        let mut waiting = None;
        self.record = match loaded {
            Ok(Some((record, unanswered))) => {
                waiting = unanswered;
                let head = self.feed.head().max(record.conversation.last_seq);
                if self.feed.head() == 0 {
                    self.feed = Feed::new(head);
                    self.ring = Ring::new(head, RING_MESSAGES, RING_BYTES);
                }
                self.enroll_people(&record);
                self.know_deliveries(&record);
                Record::Here(Box::new(record))
            }
            Ok(None) => Record::Missing,
            Err(error) => {
                self.load_later(&error, ctx);
                Record::Unread(error)
            }
        };
        self.let_strangers_go();
        self.desk_loaded(waiting, ctx);
        while let Some(message) = self.early.pop_front() {
            self.take(message, ctx);
        }
        if !matches!(self.record, Record::Here(_)) && self.members.is_empty() {
            self.say_idle();
        }
    }

    /// Whoever is in the room stays in it while the database is away.
    fn load_later(&self, error: &StoreError, ctx: &mut Context<Self>) {
        if self.members.is_empty() {
            return;
        }
        log::warn!(error:display, "conversation.id" = self.id.as_str(); "the room could not be read; trying again");
        let sleep = self.node.clock().sleep_until(self.node.now() + RELOAD);
        ctx.spawn(sleep.into_actor(self).map(|(), this, ctx| {
            if matches!(this.record, Record::Unread(_)) {
                this.reload(ctx);
            }
        }));
    }

    /// The customer's and the owner's sessions are in the room by themselves.
    fn enroll_people(&self, record: &RoomRecord) {
        if record.conversation.kind.is_messaging() {
            // They are told wherever they are.
            return;
        }
        let owner = record.conversation.assigned_agent_id.iter();
        for user_id in std::iter::once(&record.conversation.customer_id).chain(owner) {
            let (user_id, conversation_id) = (user_id.clone(), self.id.clone());
            self.node.router(RouterMessage::Enroll { user_id, conversation_id, from: None });
        }
    }

    fn take(&mut self, message: RoomMessage, ctx: &mut Context<Self>) {
        match message {
            RoomMessage::Ask(ask) => self.ask(ask, ctx),
            RoomMessage::Committed(written) => self.committed(&written, ctx),
            RoomMessage::Applied(ops) => self.applied(&ops, ctx),
            RoomMessage::Deliver { event, staff_only } => self.fan_out(event, staff_only, None, Overflow::Force),
            RoomMessage::SessionGone(session_id) => self.session_gone(&session_id),
            RoomMessage::Delivered { user_id, seq } => self.delivered(&user_id, seq, ctx),
            RoomMessage::Enroll(session, principal, last_seq) => self.enroll(session, &principal, last_seq, ctx),
            RoomMessage::Distrust => {
                log::warn!("conversation.id" = self.id.as_str(); "what the room holds may be wrong; it is read again");
                self.reload(ctx);
            }
            RoomMessage::Flush { turn } => self.flush(turn, ctx),
            RoomMessage::Follow(follower) => self.follow(follower),
            RoomMessage::Drain => self.desk_shut_down(ctx),
            RoomMessage::Reopen => {}
            RoomMessage::Stop => ctx.stop(),
            #[cfg(feature = "fault-injection")]
            #[expect(clippy::panic, reason = "a fault on purpose")]
            RoomMessage::Panic => panic!("injected fault in a room"),
        }
    }

    /// The record, or why there is none to work with.
    fn record(&self) -> Result<&RoomRecord, Failure> {
        match &self.record {
            Record::Here(record) => Ok(record),
            Record::Missing | Record::Loading => Err(Failure::Rejected(Rejection::NotFound)),
            Record::Unread(error) => Err(Failure::Store(error.clone())),
        }
    }

    /// Takes durable messages in, in their order; a gap is read from the store first.
    fn committed(&mut self, written: &[Written], ctx: &mut Context<Self>) {
        for item in written {
            match item {
                Written::Appended { message, duplicate: false } => self.hint(message, ctx),
                Written::NoteAppended { note, duplicate: false } => {
                    self.fan_out(Event::NewNote(Arc::new(note.clone())), true, None, Overflow::Force);
                }
                Written::Altered(altered) => self.altered(altered),
                Written::Applied { messages, notes } => {
                    for message in messages {
                        self.hint(message, ctx);
                    }
                    for note in notes {
                        self.fan_out(Event::NewNote(Arc::new(note.clone())), true, None, Overflow::Force);
                    }
                }
                _ => {}
            }
        }
    }

    fn hint(&mut self, message: &Message, ctx: &mut Context<Self>) {
        if message.conversation_id != self.id {
            return;
        }
        match self.feed.hint(message.seq) {
            Hinted::Deliver => self.show(Arc::new(message.clone()), ctx),
            Hinted::Drop => {}
            Hinted::Fetch { after } => self.fetch(after, ctx),
        }
    }

    fn fetch(&mut self, after: i64, ctx: &mut Context<Self>) {
        let (store, id) = (Arc::clone(self.node.store()), self.id.clone());
        let read = async move { store.messages_after(&id, after, backlog::PAGE).await };
        ctx.spawn(read.into_actor(self).map(move |page, this, ctx| match page {
            Ok(page) => {
                let fetched = this.feed.fetched(page, |message| message.seq);
                for message in fetched.deliver {
                    this.show(Arc::new(message), ctx);
                }
                if let Some(after) = fetched.again {
                    this.fetch(after, ctx);
                }
            }
            Err(error) => {
                log::warn!(error:display, "conversation.id" = this.id.as_str(); "a gap could not be read; trying again");
                let sleep = this.node.clock().sleep_until(this.node.now() + RELOAD);
                ctx.spawn(sleep.into_actor(this).map(move |(), this, ctx| this.fetch(after, ctx)));
            }
        }));
    }

    /// Shows a durable message to everybody in the room.
    fn show(&mut self, message: Arc<Message>, ctx: &mut Context<Self>) {
        if let Record::Here(record) = &mut self.record {
            record.saw(&message);
        }
        if let Some(sender) = &message.sender_id {
            self.typing.stop(sender);
            self.deliveries.wrote(sender, message.seq);
        }
        self.ring.push(Arc::clone(&message));
        let event = Event::NewMessage(Arc::clone(&message));
        self.node.sink(&Published { to: Audience::Room(self.id.clone()), event: event.clone() });
        self.fan_out(event, false, None, Overflow::Force);
        self.tell_unread_of(&message);
        self.desk_heard(&message, ctx);
    }

    /// One message per worker thread; encoded once per dialect.
    fn fan_out(&mut self, event: Event, staff_only: bool, except: Option<&SessionId>, overflow: Overflow) {
        if !staff_only {
            self.tell_followers(&event);
        }
        let receipts = self.is_awaited(&event);
        let event = Encoded::new(event);
        self.tell_absent(&event);
        for hub in self.members.hubs() {
            let message = HubMessage::Room {
                conversation_id: self.id.clone(),
                event: event.clone(),
                staff_only,
                except: except.cloned(),
                receipts,
            };
            // A thread that is gone has no sessions; a typing mark that finds no room is dropped by policy.
            let _ = tell(hub, message, overflow);
        }
    }

    fn applied(&mut self, ops: &[Op], ctx: &mut Context<Self>) {
        let Record::Here(record) = &mut self.record else { return };
        let (mut gap, mut joined) = (false, Vec::new());
        for op in ops {
            gap |= record.apply(op) == Fit::Gap;
            if let Op::AddParticipant { user_id, .. } = op {
                self.members.take_part(&self.id, user_id);
                joined.push(user_id.clone());
                let (user_id, conversation_id) = (user_id.clone(), self.id.clone());
                self.node.router(RouterMessage::Enroll { user_id, conversation_id, from: None });
            }
            if let Op::RemoveParticipant { user_id, .. } = op {
                self.members.remove_user(&self.id, user_id);
                self.present.remove(user_id);
            }
        }
        // Who looked on until now was told to nobody but colleagues.
        joined.retain(|user_id| self.present.contains(user_id));
        for user_id in joined {
            self.presence(&user_id, true, None);
        }
        if gap {
            self.reload(ctx);
        } else {
            self.let_strangers_go();
            self.desk_owner(ctx);
        }
    }

    /// Reads the rows again without losing who is in the room.
    fn reload(&mut self, ctx: &mut Context<Self>) {
        self.record = Record::Loading;
        self.load(ctx);
        if let Hinted::Fetch { after } = self.feed.swept(self.feed.head().saturating_add(1)) {
            self.fetch(after, ctx);
        }
    }

    fn ask(&mut self, ask: Ask, ctx: &mut Context<Self>) {
        self.last_use = self.node.now();
        if let Err(failure) = self.record() {
            ask.reply.send(Err(failure));
            return;
        }
        self.answer(ask, ctx);
    }

    fn say_idle(&self) {
        let (conversation_id, handled, life) = (self.id.clone(), self.handled, self.life);
        self.node.router(RouterMessage::RoomIdle { conversation_id, handled, life });
    }

    /// One timer for the typing notice that ends first; a renewal only makes it look once more.
    fn arm_typing(&mut self, ctx: &mut Context<Self>) {
        let Some(at) = self.typing.next_deadline().filter(|_| !self.typing_armed) else { return };
        self.typing_armed = true;
        let sleep = self.node.clock().sleep_until(at);
        ctx.spawn(sleep.into_actor(self).map(|(), this, ctx| {
            this.typing_armed = false;
            for user_id in this.typing.expire(this.node.now()) {
                this.tell_typing(&user_id, false, None);
            }
            this.arm_typing(ctx);
        }));
    }

    /// Looks whether it is needed at all.
    fn arm_look(&self, ctx: &mut Context<Self>) {
        let soonest = self.node.now() + Millis::new(1000);
        let at = (self.last_use + self.node.room_idle()).max(soonest);
        let sleep = self.node.clock().sleep_until(at);
        ctx.spawn(sleep.into_actor(self).map(|(), this, ctx| this.look(ctx)));
    }

    fn look(&mut self, ctx: &mut Context<Self>) {
        let now = self.node.now();
        self.desk_look(ctx);
        if !self.members.is_empty() || !self.followers.is_empty() || self.desk.is_busy() {
            self.last_use = now;
        }
        if now >= self.last_use + self.node.room_idle() {
            self.say_idle();
            self.last_use = now;
        }
        self.arm_look(ctx);
    }
}

/// The customer's newest message, when the assistant owes an answer to it. An old one has been given up.
async fn unanswered(node: &Node, record: &RoomRecord) -> Result<Option<Message>, StoreError> {
    if !record.with_assistant() || !node.assistants().is_on() {
        return Ok(None);
    }
    let newest = node.store().messages_before(&record.conversation.id, i64::MAX, 1).await?.pop();
    let since = node.now().as_millis() - node.routing().idle_timeout.get();
    let owed =
        |message: &Message| message.sender_role == SenderRole::Customer && message.created_at.as_millis() >= since;
    Ok(newest.filter(owed))
}

impl Actor for RoomActor {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        self.load(ctx);
        self.arm_look(ctx);
    }
}

impl Handler<RoomEnvelope> for RoomActor {
    type Result = ();

    fn handle(&mut self, RoomEnvelope(message): RoomEnvelope, ctx: &mut Self::Context) {
        self.handled += 1;
        if matches!(self.record, Record::Loading) && !matches!(message, RoomMessage::Stop) {
            self.early.push_back(message);
            return;
        }
        self.take(message, ctx);
    }
}
