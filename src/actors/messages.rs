//! What actors say to each other. Everything is a tell; a reply travels in the message.

use std::sync::Arc;

use actix::Addr;
use tokio::sync::oneshot;

use crate::domain::audit::AuditEntry;
use crate::domain::chatbot::Reachability;
use crate::domain::command::{Command, Topic};
use crate::domain::connections::Census;
use crate::domain::escalation::{Case, Op, Request, State};
use crate::domain::event::{Audience, EscalationStatus, Event, QueueRow, Reply};
use crate::domain::ids::{AgentId, ChatbotId, ConversationId, OfferId, RequestId, SessionId, UserId};
use crate::domain::user::{Principal, Role};
use crate::protocol::encoded::Encoded;
use crate::store::{StoreError, Written};

use super::failure::Failure;
use super::session::hub::Hub;

/// The answer to a command.
pub type Answer = Result<Reply, Failure>;

/// A session as others reach it: through the hub of its worker thread.
#[derive(Clone)]
pub struct SessionRef {
    /// The session.
    pub id: SessionId,
    /// The hub of the thread it lives on.
    pub hub: Addr<Hub>,
}

/// Who asks.
#[derive(Clone)]
pub struct Caller {
    /// Verified.
    pub principal: Arc<Principal>,
    /// The link, when it came over one.
    pub session: Option<SessionRef>,
}

/// Where an answer goes. Dropped without one (its holder ended by a fault), it answers that nobody knows.
pub struct ReplyTo(Option<Destination>);

enum Destination {
    Session { session: SessionRef, token: u64 },
    Waiting(oneshot::Sender<Answer>),
}

impl ReplyTo {
    /// To a session; `token` finds the client's request again.
    pub fn session(session: SessionRef, token: u64) -> Self {
        Self(Some(Destination::Session { session, token }))
    }

    /// To somebody who waits (REST, library).
    pub fn waiting(sender: oneshot::Sender<Answer>) -> Self {
        Self(Some(Destination::Waiting(sender)))
    }

    /// Nobody wants it.
    pub fn nobody() -> Self {
        Self(None)
    }

    /// Answers.
    pub fn send(mut self, answer: Answer) {
        self.answer(answer);
    }

    fn answer(&mut self, answer: Answer) {
        match self.0.take() {
            Some(Destination::Session { session, token }) => {
                let message = HubMessage::Answer { session_id: session.id, token, answer };
                // The session's thread may be shutting down; then nobody waits for this answer any more.
                let _ = super::tell::tell(&session.hub, message, super::tell::Overflow::Force);
            }
            Some(Destination::Waiting(sender)) => {
                // Whoever waited has given up.
                let _ = sender.send(answer);
            }
            None => {}
        }
    }
}

impl Drop for ReplyTo {
    fn drop(&mut self) {
        self.answer(Err(Failure::NoAnswer));
    }
}

/// One command on its way to a room.
pub struct Ask {
    /// Who.
    pub caller: Caller,
    /// What.
    pub command: Command,
    /// Correlates the log lines.
    pub request_id: RequestId,
    /// Where the answer goes.
    pub reply: ReplyTo,
}

/// To a room, always through the router.
pub enum RoomMessage {
    /// Somebody asks for something.
    Ask(Ask),
    /// Messages and notes of this conversation became durable, in order.
    Committed(Arc<[Written]>),
    /// Rows of this conversation changed, durably.
    Applied(Arc<[Op]>),
    /// Tell everybody in the room (or only its staff).
    Deliver {
        /// What.
        event: Event,
        /// Staff only.
        staff_only: bool,
    },
    /// A session is gone.
    SessionGone(SessionId),
    /// Everything up to a number was handed over to a client of somebody.
    Delivered {
        /// Whose.
        user_id: UserId,
        /// The newest number.
        seq: i64,
    },
    /// A commit's outcome is unknown: everything held here may be wrong.
    Distrust,
    /// A session of somebody who belongs here gets the room's events: from now on, or (after a fault) from the number
    /// that it has.
    Enroll(SessionRef, Arc<Principal>, Option<i64>),
    /// Be live again after a fault.
    Reopen,
    /// The assistant has made more of this turn's reply.
    Flush {
        /// Which turn.
        turn: u64,
    },
    /// Somebody without a session follows what everybody here is told (REST callers that wait for the assistant).
    Follow(tokio::sync::mpsc::UnboundedSender<News>),
    /// The server goes away: no reply will be finished.
    Drain,
    /// The router holds nothing more for this room: end.
    Stop,
    /// Panics on purpose.
    #[cfg(feature = "fault-injection")]
    Panic,
}

/// What somebody hears who follows a room without a session. The channel ends with the room's life.
#[derive(Clone, Debug)]
pub enum News {
    /// What everybody in the room is told; nothing that is for staff only.
    Event(Event),
    /// A reply begins; its [`Event::AiMessageStart`] comes next.
    Answering {
        /// The reply's id.
        message_id: crate::domain::ids::MessageId,
        /// It answers the customer's messages up to this number.
        answers: i64,
    },
    /// The assistant's wish for a human was decided.
    HandedOver(EscalationStatus),
    /// The assistant has nothing to do, and will have nothing to do, for messages up to this number.
    Quiet {
        /// The number.
        upto: i64,
    },
}

/// To the router.
#[derive(actix::Message)]
#[rtype(result = "()")]
pub enum RouterMessage {
    /// For a conversation's room; it is opened when it is not live.
    ToRoom {
        /// Which.
        conversation_id: ConversationId,
        /// What.
        message: RoomMessage,
        /// Without a live room it is not needed (news for nobody).
        only_if_live: bool,
    },
    /// For an agent's actor.
    ToAgent {
        /// Whom.
        agent_id: AgentId,
        /// What.
        message: AgentMessage,
    },
    /// Tell an audience.
    Publish {
        /// Whom.
        to: Audience,
        /// What.
        event: Event,
    },
    /// A worker thread's hub is up.
    HubUp(Addr<Hub>),
    /// A session is up and known.
    SessionUp {
        /// The session.
        session: SessionRef,
        /// Whose.
        principal: Arc<Principal>,
    },
    /// A session is gone.
    SessionDown {
        /// The session.
        session_id: SessionId,
        /// Whose.
        user_id: UserId,
    },
    /// Somebody belongs to a conversation: all their sessions get its events.
    Enroll {
        /// Who.
        user_id: UserId,
        /// Where.
        conversation_id: ConversationId,
        /// With everything after this number, for those who have nothing of it yet.
        from: Option<i64>,
    },
    /// A room has nothing to do and has handled this many messages of ours.
    RoomIdle {
        /// Which.
        conversation_id: ConversationId,
        /// Handled since it was opened.
        handled: u64,
        /// Which life of it.
        life: u64,
    },
    /// A room that ended by a fault begins its next life now.
    Reopen(ConversationId),
    /// A room has ended.
    RoomEnded {
        /// Which.
        conversation_id: ConversationId,
        /// Which life of it.
        life: u64,
        /// By a panic.
        panicked: bool,
    },
    /// An agent's actor has ended.
    AgentEnded {
        /// Whose.
        agent_id: AgentId,
        /// Which life of it.
        life: u64,
        /// By a panic.
        panicked: bool,
    },
    /// The supervisor has begun a new life and wants to know who is linked.
    WhoIsHere,
    /// A login was revoked: its sessions close.
    LoginRevoked(String),
    /// The server goes away.
    Drain {
        /// The first client comes back after this long, the last after twice as long.
        reconnect_after_ms: i64,
    },
    /// Panics on purpose.
    #[cfg(feature = "fault-injection")]
    Panic,
}

/// To an agent's actor.
#[derive(actix::Message)]
#[rtype(result = "()")]
pub enum AgentMessage {
    /// A session of the agent is up.
    LinkUp(SessionId, Arc<Principal>),
    /// A session of the agent is gone.
    LinkDown(SessionId),
    /// One of its links gave a sign of life.
    Heard,
    /// The agent asks for something about itself.
    Ask(Box<Ask>),
    /// The supervisor has begun a new life: say again who you are.
    Announce,
    /// Panics on purpose.
    #[cfg(feature = "fault-injection")]
    Panic,
}

/// To the escalation supervisor.
#[derive(actix::Message)]
#[rtype(result = "()")]
pub enum SupervisorMessage {
    /// Something to decide.
    Ask {
        /// What.
        request: Box<Request>,
        /// Correlates the log lines.
        request_id: RequestId,
        /// Where the answer goes.
        reply: ReplyTo,
        /// Stored beside what is decided.
        audit: Option<Box<AuditEntry>>,
    },
    /// A customer's first link is up, or the last one is lost.
    CustomerLinked {
        /// Who.
        user_id: UserId,
        /// Up.
        linked: bool,
    },
    /// A transaction's fate.
    Settled {
        /// The life it belongs to.
        lineage: u64,
        /// What became of it.
        result: Result<Written, StoreError>,
    },
    /// A look at what it knows.
    Look(Look),
    /// Panics on purpose.
    #[cfg(feature = "fault-injection")]
    Panic,
}

/// Questions about the supervisor's state. Answered from memory, also for what is not yet durable.
pub enum Look {
    /// How a conversation stands, and the agents it is offered to.
    Case {
        /// Which.
        conversation_id: ConversationId,
        /// A customer without a link polls: a sign of life.
        seen: bool,
        /// Where the answer goes.
        reply: oneshot::Sender<CaseView>,
    },
    /// The queue, in order, with its number for deltas.
    Queue(oneshot::Sender<(u64, Vec<QueueRow>)>),
    /// Whether people can be reached at a chatbot, with its number for deltas; none when there is no such chatbot.
    Reachability {
        /// Which.
        chatbot_id: ChatbotId,
        /// Where the answer goes.
        reply: oneshot::Sender<Option<(u64, Reachability)>>,
    },
    /// All tables, with the number for deltas of the agents topic.
    State(oneshot::Sender<(u64, Arc<State>)>),
}

/// How a conversation stands with the supervisor.
#[derive(Clone, Debug)]
pub struct CaseView {
    /// Its case, when it is waiting, offered, assigned or in wrap-up.
    pub case: Option<Case>,
    /// The customer's standing.
    pub status: EscalationStatus,
    /// Agents with a pending offer of it.
    pub offered_to: Vec<(OfferId, AgentId)>,
}

/// To a worker thread's hub.
#[derive(actix::Message)]
#[rtype(result = "()")]
pub enum HubMessage {
    /// An answer for one of its sessions.
    Answer {
        /// The session.
        session_id: SessionId,
        /// Which of its requests.
        token: u64,
        /// The answer.
        answer: Answer,
    },
    /// Events for one session, in order (a join's backlog).
    ToSession {
        /// The session.
        session_id: SessionId,
        /// The events.
        events: Vec<Encoded>,
        /// Somebody waits to hear that the messages among them arrived.
        receipts: bool,
        /// Told once the session has room for more; dropped when the session is gone.
        taken: oneshot::Sender<()>,
    },
    /// From now on the session gets the room's events.
    Enter {
        /// The room.
        conversation_id: ConversationId,
        /// The session.
        session_id: SessionId,
        /// Gets what is for staff only as well.
        staff: bool,
        /// It is one of those who talk here: it tells how far messages have come.
        takes_part: bool,
        /// It has everything up to here.
        last_seq: i64,
    },
    /// Somebody who looked on takes part from now on.
    TakesPart {
        /// The room.
        conversation_id: ConversationId,
        /// Who.
        user_id: UserId,
    },
    /// The session no longer gets the room's events.
    Exit {
        /// The room.
        conversation_id: ConversationId,
        /// The session.
        session_id: SessionId,
    },
    /// An event for the room's sessions on this thread.
    Room {
        /// The room.
        conversation_id: ConversationId,
        /// The event.
        event: Encoded,
        /// Staff only.
        staff_only: bool,
        /// Not to this session (its own typing).
        except: Option<SessionId>,
        /// Whoever wrote it waits to hear that it arrived.
        receipts: bool,
    },
    /// An event for one person's sessions in the room on this thread.
    InRoom {
        /// The room.
        conversation_id: ConversationId,
        /// Whose.
        user_id: UserId,
        /// The event.
        event: Encoded,
    },
    /// An event for somebody's sessions on this thread.
    User {
        /// Whose.
        user_id: UserId,
        /// The event.
        event: Encoded,
    },
    /// An event of a conversation of people, for their sessions on this thread that are not in its room.
    Absent {
        /// The conversation.
        conversation_id: ConversationId,
        /// Who takes part.
        people: Arc<[UserId]>,
        /// The event.
        event: Encoded,
        /// Not to these: they are being sent what they missed.
        except: Arc<[SessionId]>,
    },
    /// An event of their own for the sessions of each of these people on this thread.
    Each(Arc<[(UserId, Event)]>),
    /// An event for all sessions of these roles on this thread; all when empty.
    Roles {
        /// Which roles.
        roles: &'static [Role],
        /// The event.
        event: Encoded,
    },
    /// An event for all sessions that watch a topic.
    Topic {
        /// Which.
        topic: Topic,
        /// The event.
        event: Encoded,
    },
    /// Close the sessions of a revoked login.
    CloseLogin(String),
    /// The router has begun a new life: tell it again who is here.
    Announce,
    /// A room has begun a new life: its sessions on this thread enter again.
    Reenter(ConversationId),
    /// The server goes away: tell every session to come back later, and close.
    Drain {
        /// The first comes back after this long, the last after twice as long.
        reconnect_after_ms: i64,
    },
    /// Count who is connected on this thread.
    Count(oneshot::Sender<Census>),
    /// Makes somebody's sessions panic.
    #[cfg(feature = "fault-injection")]
    Panic {
        /// Whose.
        user_id: UserId,
    },
}
