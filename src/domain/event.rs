//! What is told to clients and hosts: past tense, one vocabulary for every dialect.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::agent::{Agent, Availability};
use super::chatbot::FallbackPolicy;
use super::conversation::{ConversationStatus, Participant};
use super::host_event::{HostEvent, Read};
use super::ids::{AgentId, ConversationId, MessageId, OfferId, UserId};
use super::message::{Message, Note};
use super::page_view::PageView;
use super::time::Timestamp;

/// A waiting time: p50 and p90 in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct WaitRange {
    /// Half of all customers in this place wait at most this long.
    pub p50_s: i64,
    /// Nine of ten wait at most this long.
    pub p90_s: i64,
}

/// Why no waiting time can be said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum WaitUnknown {
    /// No eligible agent is connected and available.
    NoAgents,
    /// Outside business hours.
    Closed,
    /// Too few conversations seen, and no prior.
    TooFewSamples,
}
super::conversation::names!(WaitUnknown {
    NoAgents = "no_agents", Closed = "closed", TooFewSamples = "too_few_samples",
});

/// A place in the queue with its estimate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct QueuePlace {
    /// 1 = next.
    pub position: usize,
    /// The estimate, or why there is none.
    pub wait: Result<WaitRange, WaitUnknown>,
}

/// The answer to `escalate`, and the customer's standing at any time (ROUTING).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum EscalationStatus {
    /// An agent has it.
    Assigned {
        /// Who.
        agent_id: AgentId,
        /// Their name.
        agent_name: String,
    },
    /// An agent had it before this call; nothing changed.
    AlreadyAssigned {
        /// Who.
        agent_id: AgentId,
        /// Their name.
        agent_name: String,
    },
    /// An agent is being asked. The place in the queue is kept.
    Offered(QueuePlace),
    /// In the queue.
    Queued(QueuePlace),
    /// Outside business hours.
    OutsideHours {
        /// When it opens next.
        next_opening: Option<Timestamp>,
        /// What happens instead.
        policy: FallbackPolicy,
    },
    /// Nobody can serve it, and the policy is not to queue.
    NoAgents {
        /// What happens instead.
        policy: FallbackPolicy,
    },
    /// The queue was full, and the policy is not to queue.
    QueueFull {
        /// What happens instead.
        policy: FallbackPolicy,
    },
    /// Waited as long as allowed, or the hours ended; no longer in the queue.
    Expired {
        /// What happens instead.
        policy: FallbackPolicy,
        /// When it opens next, if the hours ended.
        next_opening: Option<Timestamp>,
    },
    /// The wish was taken back.
    Canceled,
    /// Nobody has asked for a human.
    None,
}

/// Told to one agent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AgentNotice {
    /// A conversation is the agent's now.
    NewConversationAssigned {
        /// Which.
        conversation_id: ConversationId,
        /// The customer.
        user_id: UserId,
        /// The customer's name.
        user_name: String,
        /// Why a human is wanted.
        summary: Option<String>,
    },
    /// A conversation is offered.
    NewTransferRequest {
        /// The offer.
        offer_id: OfferId,
        /// Which.
        conversation_id: ConversationId,
        /// Why a human is wanted.
        reason: Option<String>,
        /// What the last owner wants to be known.
        note: Option<String>,
        /// Answer before.
        expires_at: Timestamp,
        /// In a transfer: the owner.
        from_agent_id: Option<AgentId>,
        /// Who was asked last, and declined it or let it pass (seed 002).
        declined_by: Option<AgentId>,
    },
    /// An offer is no longer open.
    TransferRescinded {
        /// The offer.
        offer_id: OfferId,
        /// Which.
        conversation_id: ConversationId,
        /// Why: `taken`, `timed_out`, `canceled`, `unavailable`.
        reason: &'static str,
    },
    /// A conversation is no longer the agent's.
    ConversationUnassigned {
        /// Which.
        conversation_id: ConversationId,
        /// Why.
        reason: String,
    },
    /// The agent's load or availability changed.
    WorkloadUpdated {
        /// Owned conversations.
        current_chats: i32,
        /// The limit.
        max_concurrent_chats: i32,
        /// Whether new ones may come.
        is_available: bool,
        /// Chosen (or not responding).
        status: Availability,
    },
    /// The customer's last link was lost.
    CustomerLeft {
        /// Which.
        conversation_id: ConversationId,
    },
    /// The customer is back.
    CustomerReturned {
        /// Which.
        conversation_id: ConversationId,
    },
}

/// Told to all admins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AdminNotice {
    /// A customer left an e-mail address; it is in the conversation's notes.
    ContactLeft {
        /// Where.
        conversation_id: ConversationId,
        /// Their name.
        user_name: String,
    },
    /// An agent got a conversation.
    ConversationAssigned {
        /// Which.
        conversation_id: ConversationId,
        /// Who.
        agent_id: AgentId,
        /// Their name.
        agent_name: String,
    },
    /// A conversation waits.
    NewQueueEntry {
        /// Which.
        conversation_id: ConversationId,
        /// Its place.
        position: usize,
    },
    /// The queue changed (coalesced).
    QueueUpdated {
        /// How many wait.
        waiting: usize,
        /// When the oldest was queued.
        oldest_queued_at: Option<Timestamp>,
    },
    /// An agent's presence, status or load changed.
    AgentStatus {
        /// The agent as it is now.
        agent: Box<Agent>,
    },
    /// A conversation ended.
    ConversationClosed {
        /// Which.
        conversation_id: ConversationId,
        /// Why.
        reason: String,
    },
    /// A rule of the watch fired or cleared (seed 001).
    Alert {
        /// Which rule: `queue_length`, `no_agent_online`, …
        rule: &'static str,
        /// `warning`, `critical` or `cleared`.
        severity: &'static str,
        /// In words.
        message: String,
        /// Since when.
        since: Timestamp,
    },
}

/// Something that happened, for clients and hosts.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// A message was stored.
    NewMessage(Arc<Message>),
    /// An internal note was stored; staff only.
    NewNote(Arc<Note>),
    /// Somebody types, or stopped.
    Typing {
        /// Where.
        conversation_id: ConversationId,
        /// Who.
        user_id: UserId,
        /// Their name.
        user_name: String,
        /// Types.
        on: bool,
    },
    /// Somebody read up to here.
    MessageRead {
        /// Where.
        conversation_id: ConversationId,
        /// Who.
        user_id: UserId,
        /// Up to which number.
        seq: i64,
        /// That message, when known.
        message_id: Option<MessageId>,
        /// When.
        read_at: Timestamp,
    },
    /// Everything up to here was handed over to a client of somebody; told to those who wrote it.
    MessageDelivered {
        /// Where.
        conversation_id: ConversationId,
        /// Who.
        user_id: UserId,
        /// Up to which number.
        seq: i64,
    },
    /// Somebody came or went.
    Presence {
        /// Where.
        conversation_id: ConversationId,
        /// Who.
        user_id: UserId,
        /// Is here.
        online: bool,
    },
    /// A human is wanted: show the button.
    EscalationRequested {
        /// Where.
        conversation_id: ConversationId,
        /// Why.
        reason: Option<String>,
    },
    /// The customer's standing changed.
    EscalationStatus {
        /// Where.
        conversation_id: ConversationId,
        /// How it stands.
        status: EscalationStatus,
    },
    /// The place or the estimate changed.
    QueueUpdate {
        /// Where.
        conversation_id: ConversationId,
        /// The place.
        place: QueuePlace,
    },
    /// An agent has joined.
    AgentJoined {
        /// Where.
        conversation_id: ConversationId,
        /// Who.
        agent_id: AgentId,
        /// Their name.
        agent_name: String,
        /// When.
        at: Timestamp,
    },
    /// The agent is no longer there.
    AgentLeft {
        /// Where.
        conversation_id: ConversationId,
        /// Who.
        agent_id: AgentId,
        /// Why.
        reason: String,
    },
    /// It is over.
    ConversationClosed {
        /// Where.
        conversation_id: ConversationId,
        /// Why.
        reason: String,
    },
    /// Status or owner changed.
    ConversationUpdated {
        /// Where.
        conversation_id: ConversationId,
        /// Where it stands.
        status: ConversationStatus,
        /// The owner.
        assigned_agent_id: Option<AgentId>,
    },
    /// A conversation of in-app messages began or changed: title, state, people.
    MessagingUpdated(Box<MessagingState>),
    /// What a person has not read in a conversation of in-app messages; told to all of that person's devices.
    UnreadCount {
        /// Where.
        conversation_id: ConversationId,
        /// How many messages.
        unread: i64,
        /// Up to which number the person has read.
        last_read_seq: i64,
        /// The newest number.
        last_seq: i64,
    },
    /// A message has another text.
    MessageUpdated(Arc<Message>),
    /// A message was taken back; its number stays.
    MessageDeleted {
        /// Where.
        conversation_id: ConversationId,
        /// Which.
        message_id: MessageId,
        /// Its number.
        seq: i64,
        /// By whom.
        user_id: UserId,
        /// When.
        at: Timestamp,
    },
    /// An emoji was put to a message, or taken away.
    MessageReaction {
        /// Where.
        conversation_id: ConversationId,
        /// To which message.
        message_id: MessageId,
        /// Its number.
        seq: i64,
        /// By whom.
        user_id: UserId,
        /// What.
        emoji: String,
        /// Put.
        on: bool,
        /// When.
        at: Timestamp,
    },
    /// The assistant writes; to those who join meanwhile with the text so far.
    AiMessageStart {
        /// Where.
        conversation_id: ConversationId,
        /// The finished reply has the same id.
        message_id: MessageId,
        /// What was written before.
        text: String,
        /// The next delta's index.
        index: u32,
    },
    /// The next piece of it. Not stored; the finished reply has all of it.
    AiMessageDelta {
        /// Where.
        conversation_id: ConversationId,
        /// Of which reply.
        message_id: MessageId,
        /// The piece.
        delta: String,
        /// From 0 in each reply, without a hole.
        index: u32,
    },
    /// It will not be finished: take what was shown of it away.
    AiMessageDropped {
        /// Where.
        conversation_id: ConversationId,
        /// Which reply.
        message_id: MessageId,
    },
    /// To one agent.
    AgentNotification {
        /// Whom.
        agent_id: AgentId,
        /// What.
        notice: AgentNotice,
        /// When.
        at: Timestamp,
    },
    /// To all admins.
    AdminNotification {
        /// What.
        notice: AdminNotice,
        /// When.
        at: Timestamp,
    },
    /// An agent came online.
    StaffOnline {
        /// Who.
        agent_id: AgentId,
        /// Their name.
        name: String,
    },
    /// An agent's status changed.
    StaffStatusUpdated {
        /// Who.
        agent_id: AgentId,
        /// Connected or in grace.
        is_online: bool,
        /// Takes new conversations.
        is_available: bool,
        /// Chosen.
        status: Availability,
    },
    /// To an agent that just came: its load and who is here.
    StaffData {
        /// Owned conversations.
        current_chats: i32,
        /// The limit.
        max_concurrent_chats: i32,
        /// Whether new ones may come.
        is_available: bool,
        /// Chosen.
        status: Availability,
        /// Agents connected now.
        online_staff_count: usize,
    },
    /// A returning customer's conversation.
    ChatSessionRestored {
        /// Where.
        conversation_id: ConversationId,
        /// Where it stands.
        status: ConversationStatus,
        /// The owner and their name.
        agent: Option<(AgentId, String)>,
        /// The last messages, oldest first.
        history: Vec<Arc<Message>>,
    },
    /// A change of a watched topic; numbered per topic from its snapshot.
    TopicDelta {
        /// Which topic.
        topic: super::command::Topic,
        /// Grows by one.
        number: u64,
        /// What changed.
        body: TopicBody,
    },
    /// The customer looks at a page; staff only.
    PageViewed(PageView),
    /// The operator of the service says something to many.
    SystemAnnouncement {
        /// Its id.
        id: String,
        /// What.
        text: String,
        /// When.
        at: Timestamp,
    },
    /// Something of the host application's, under its own name.
    Host(Arc<HostEvent>),
    /// How many notifications a person has not read: on a connect, and when some became read on one of their devices.
    NotificationCount {
        /// Not read.
        unread: i64,
        /// What became read.
        read: Option<Read>,
    },
    /// The token ends soon.
    TokenExpiring {
        /// When.
        expires_at: Timestamp,
    },
    /// The server goes away; come back after this long.
    ServerDraining {
        /// Milliseconds, different for each client.
        reconnect_after_ms: i64,
    },
}

/// A conversation of in-app messages as its people are told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessagingState {
    /// Which.
    pub conversation_id: ConversationId,
    /// Who talks to whom.
    pub kind: super::conversation::ConversationKind,
    /// Active or closed.
    pub status: ConversationStatus,
    /// The title.
    pub subject: Option<String>,
    /// Who takes part now.
    pub participants: Vec<Participant>,
    /// The newest number.
    pub last_seq: i64,
    /// Put away in the list of the one who is told; none when that did not change.
    pub archived: Option<bool>,
    /// Silent for the one who is told; none when that did not change.
    pub muted: Option<bool>,
}

/// A row of the queue as staff see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueRow {
    /// Which conversation.
    pub conversation_id: ConversationId,
    /// The customer.
    pub user_id: UserId,
    /// Their name.
    pub user_name: String,
    /// Place and estimate.
    pub place: QueuePlace,
    /// When it was queued.
    pub queued_at: Timestamp,
    /// `waiting` or `offered`.
    pub status: super::escalation::EntryStatus,
    /// Base priority.
    pub priority: i32,
    /// With ageing.
    pub effective_priority: i32,
    /// Skills still asked for.
    pub skills: Vec<String>,
    /// Why a human is wanted.
    pub reason: Option<String>,
    /// Why it still waits.
    pub why_waiting: &'static str,
}

/// A topic's snapshot, or what changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TopicBody {
    /// The whole queue, in order.
    Queue(Vec<QueueRow>),
    /// All agents.
    Agents(Vec<Agent>),
    /// One agent changed.
    Agent(Box<Agent>),
    /// Named counters.
    Metrics(Vec<(&'static str, i64)>),
    /// Whether people can be reached at a chatbot. Told to those only whose chatbot it is.
    Availability(Box<super::chatbot::Reachability>),
    /// How many of one's own notifications are unread.
    Notifications(i64),
}

/// Whom an event is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Audience {
    /// Everybody in the conversation's room.
    Room(ConversationId),
    /// Staff in the conversation's room.
    RoomStaff(ConversationId),
    /// All sessions of one person.
    User(UserId),
    /// All connected agents.
    Agents,
    /// All connected customers.
    Customers,
    /// All connected admins.
    Admins,
    /// Agents and admins.
    Staff,
    /// Sessions that watch a topic.
    Topic(super::command::Topic),
    /// Everybody.
    All,
}

/// The positive answer to a [`super::command::Command`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// Nothing to say beyond yes.
    Done,
    /// A conversation was started, or was there already.
    Started {
        /// Which.
        conversation_id: ConversationId,
        /// It was there already.
        duplicate: bool,
        /// In mode human.
        escalation: Option<EscalationStatus>,
        /// The first message's number, when one was sent.
        first_message: Option<SentMessage>,
    },
    /// The session takes part now; the messages after its number follow.
    Joined {
        /// Which.
        conversation_id: ConversationId,
        /// The newest number.
        last_seq: i64,
        /// Who takes part.
        participants: Vec<Participant>,
        /// Up to which number each got everything, of those for whom it is known.
        delivered: BTreeMap<UserId, i64>,
        /// Where it stands.
        status: ConversationStatus,
        /// Which history of the database this is; another one means: forget your numbers.
        epoch: String,
    },
    /// All conversations of a resume were joined, those left out are not visible any more.
    Resumed {
        /// Each with its newest number.
        conversations: Vec<(ConversationId, i64)>,
        /// Which history of the database this is.
        epoch: String,
    },
    /// A message is durable.
    Sent(SentMessage),
    /// A note is durable.
    NoteSent {
        /// Its id.
        message_id: MessageId,
        /// Its number.
        note_seq: i64,
        /// When.
        created_at: Timestamp,
        /// It was there already.
        duplicate: bool,
    },
    /// How the wish for a human stands.
    Escalation(EscalationStatus),
    /// The agent owns the conversation.
    Assigned {
        /// Which.
        conversation_id: ConversationId,
        /// Who.
        agent_id: AgentId,
        /// Their name.
        agent_name: String,
    },
    /// A transfer is under way.
    TransferOffered {
        /// The offer.
        offer_id: OfferId,
    },
    /// Snapshots of the topics now watched, each with the number its deltas go on from.
    Subscribed(Vec<(super::command::Topic, u64, TopicBody)>),
}

/// A durable message's number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SentMessage {
    /// Its id.
    pub message_id: MessageId,
    /// Its number.
    pub seq: i64,
    /// When.
    pub created_at: Timestamp,
    /// It was there already.
    pub duplicate: bool,
}
