//! One client link.
//!
//! Owns: who the client is, its limits, its send window, the requests it waits for.
//! Receives: frames from its pump; events and answers from the hub of its thread.
//! Emits: commands to rooms, agents and supervisor by the router; text to the pump.
//! Fails by: cutting its connection. The client comes back and goes on from the numbers it has.

pub mod hub;

mod hello;
mod host_events;
mod owned;
mod receipts;
mod requests;
mod socket_io;

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use actix::{
    Actor, ActorContext, ActorFutureExt, Addr, AsyncContext, Context, Handler, Recipient, SpawnHandle, WrapFuture,
};
use bytestring::ByteString;
use tokio::sync::oneshot;

use crate::domain::delivery::Receipts;
use crate::domain::event::Event;
use crate::domain::ids::{ConversationId, SessionId};
use crate::domain::rejection::Rejection;
use crate::domain::session::{Action, CloseCause, Input, Phase, Reply as Step, Session};
use crate::domain::time::{Millis, Timestamp};
use crate::domain::user::{Principal, Role};
use crate::protocol::dialect::{self, KeyStyle, WireId};
use crate::protocol::encoded::Encoded;
use crate::protocol::error::WireError;

use super::link::{Cut, FromPump, ToPump};
use super::messages::{AgentMessage, Answer, RouterMessage, SessionRef};
use super::node::Node;
use super::tell::{Overflow, tell, tell_recipient};
use hub::{FromSession, Hub};

/// Events that may wait for a client that reads slowly, as a multiple of its window in bytes.
const BACKLOG_FACTOR: usize = 64;

/// From the hub.
#[derive(actix::Message)]
#[rtype(result = "()")]
pub enum ToSession {
    /// Tell the client.
    Event(Encoded),
    /// Tell the client, and the room once it is written: whoever wrote it waits to hear that it arrived.
    Receipted(Encoded),
    /// The answer to one of its requests.
    Answer {
        /// Which.
        token: u64,
        /// The answer.
        answer: Answer,
    },
    /// Tell once nothing waits for the client any more: it is being sent a long history.
    TellWhenTaken(oneshot::Sender<()>),
    /// The login was ended.
    LoggedOut,
    /// The server goes away.
    Drain {
        /// Come back after this long.
        reconnect_after_ms: i64,
    },
    /// Panics on purpose.
    #[cfg(feature = "fault-injection")]
    Panic,
}

/// A request that the client waits for.
enum Waiting {
    /// Answered with one ack.
    One(Option<WireId>),
    /// A join: the conversation counts as joined once it is answered.
    Join(Option<WireId>, ConversationId),
    /// One conversation of a resume.
    PartOfResume(u64, ConversationId),
    /// A Socket.IO agent enters what it has.
    Owned(Box<owned::Owned>),
}

/// A resume under way.
struct Resuming {
    id: Option<WireId>,
    left: usize,
    conversations: Vec<(ConversationId, i64)>,
    failed: Option<WireError>,
}

/// Tells the hub when the session is gone, however it goes, and lets go of the connection.
struct Ends {
    hub: Addr<Hub>,
    id: SessionId,
    cut: Box<dyn Cut>,
}

impl Drop for Ends {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.cut.cut();
        }
        // The hub ends with its thread.
        let _ = tell(&self.hub, FromSession::Down(self.id.clone()), Overflow::Force);
    }
}

/// What a session is opened with.
pub struct Opening {
    /// How keys are written.
    pub keys: KeyStyle,
    /// A token that the upgrade carried.
    pub token: Option<String>,
    /// Where frames go.
    pub pump: Recipient<ToPump>,
    /// Ends the connection from outside.
    pub cut: Box<dyn Cut>,
}

/// The shell.
pub struct SessionActor {
    node: Arc<Node>,
    hub: Addr<Hub>,
    id: SessionId,
    machine: Session,
    keys: KeyStyle,
    token: Option<String>,
    pump: Recipient<ToPump>,
    up: bool,
    /// The token that was said in the first frame is being looked at, or the one of the upgrade.
    waiting: HashMap<u64, Waiting>,
    resuming: HashMap<u64, Resuming>,
    next_token: u64,
    /// Not yet handed to the pump, because the client is slow; and how many bytes that is.
    backlog: VecDeque<(ByteString, receipts::Carries)>,
    backlog_bytes: usize,
    /// Who goes on once nothing is left of it.
    paced: Vec<oneshot::Sender<()>>,
    receipts: Receipts,
    /// A timer runs for what of them is told next.
    receipts_armed: bool,
    heads: Vec<(ConversationId, i64)>,
    /// What a Socket.IO client has besides.
    socket_io: Option<Box<socket_io::State>>,
    events: host_events::CatchUp,
    timer: Option<(Timestamp, SpawnHandle)>,
    ends: Ends,
}

impl SessionActor {
    /// A link that was just opened.
    pub fn new(node: Arc<Node>, hub: Addr<Hub>, opening: Opening) -> Self {
        let id = SessionId::from(node.new_id());
        let socket_io = (opening.keys == KeyStyle::SocketIo).then(|| Box::new(socket_io::State::new(&node)));
        let settings = if socket_io.is_some() { node.quiet_session_settings() } else { node.session_settings() };
        let machine = Session::new(Arc::clone(settings), node.now());
        let ends = Ends { hub: hub.clone(), id: id.clone(), cut: opening.cut };
        Self {
            node,
            hub,
            id,
            machine,
            keys: opening.keys,
            token: opening.token,
            pump: opening.pump,
            up: false,
            waiting: HashMap::new(),
            resuming: HashMap::new(),
            next_token: 0,
            backlog: VecDeque::new(),
            backlog_bytes: 0,
            paced: Vec::new(),
            receipts: Receipts::default(),
            receipts_armed: false,
            heads: Vec::new(),
            socket_io,
            events: host_events::CatchUp::default(),
            timer: None,
            ends,
        }
    }

    fn reference(&self) -> SessionRef {
        SessionRef { id: self.id.clone(), hub: self.hub.clone() }
    }

    /// Gives the machine an input and does what it says.
    fn step(&mut self, input: Input, ctx: &mut Context<Self>) -> Result<Step, Rejection> {
        let mut actions = Vec::new();
        let result = self.machine.handle(self.node.now(), input, &mut actions);
        for action in actions {
            self.act(action);
        }
        if self.machine.phase() == Phase::Closed {
            ctx.stop();
        } else {
            self.arm(ctx);
        }
        result
    }

    fn act(&mut self, action: Action) {
        match action {
            Action::Tell(event) => {
                let text = Encoded::new(event).text(self.keys);
                self.write(text, None);
            }
            Action::Ping => self.to_pump(ToPump::Ping),
            Action::Close(cause) => {
                if matches!(cause, CloseCause::Other { .. }) {
                    self.node.count_socket_failure();
                }
                self.say_goodbye(cause);
                self.to_pump(ToPump::Close { code: cause.code(), reason: cause.reason().to_owned() })
            }
            Action::Cut(cause) => {
                if cause.is_silent() {
                    self.node.count_socket_failure();
                }
                log::info!("session.id" = self.id.as_str(), "close.reason" = cause.reason(); "connection cut");
                self.ends.cut.cut();
            }
        }
    }

    fn to_pump(&self, message: ToPump) {
        // A pump that is gone says so by itself.
        let _ = tell_recipient(&self.pump, message, Overflow::Force);
    }

    /// Hands text to the pump. What it carries has arrived once the pump says that so many bytes are written.
    fn write(&mut self, text: ByteString, carries: receipts::Carries) {
        self.receipts.handed(text.len(), carries);
        self.to_pump(ToPump::Text(text));
    }

    /// One timer; it is only moved when something is due sooner.
    fn arm(&mut self, ctx: &mut Context<Self>) {
        let Some(at) = self.machine.next_deadline() else { return };
        if self.timer.as_ref().is_some_and(|(armed, _)| *armed <= at) {
            return;
        }
        if let Some((_, handle)) = self.timer.take() {
            ctx.cancel_future(handle);
        }
        let sleep = self.node.clock().sleep_until(at);
        let handle = ctx.spawn(sleep.into_actor(self).map(|(), this, ctx| {
            this.timer = None;
            // What is due is done by the actions; there is nobody to answer.
            let _ = this.step(Input::Due, ctx);
        }));
        self.timer = Some((at, handle));
    }

    fn send_event(&mut self, event: &Encoded, ctx: &mut Context<Self>) {
        self.send_event_carrying(event, None, ctx);
    }

    fn send_event_carrying(&mut self, event: &Encoded, carries: receipts::Carries, ctx: &mut Context<Self>) {
        let droppable = match event.event() {
            Event::Typing { .. }
            | Event::Presence { .. }
            | Event::QueueUpdate { .. }
            | Event::MessageDelivered { .. }
            | Event::AiMessageDelta { .. } => true,
            Event::Host(host) => host.may_be_dropped(),
            _ => false,
        };
        if self.socket_io.is_some() && !self.told_in_socket_io(event.event(), ctx) {
            return;
        }
        self.note_head(event.event());
        let text = self.text_of(event);
        self.send_carrying(text, droppable, carries, ctx);
    }

    /// The head numbers that a pong tells, so that a client finds a gap by itself.
    fn note_head(&mut self, event: &Event) {
        if let Event::NewMessage(message) = event
            && let Some((_, head)) = self.heads.iter_mut().find(|(id, _)| *id == message.conversation_id)
        {
            *head = message.seq.max(*head);
        }
    }

    fn send(&mut self, text: ByteString, droppable: bool, ctx: &mut Context<Self>) {
        self.send_carrying(text, droppable, None, ctx);
    }

    /// Hands text to the pump as far as the client's window allows; the rest waits here.
    fn send_carrying(
        &mut self,
        text: ByteString,
        droppable: bool,
        carries: receipts::Carries,
        ctx: &mut Context<Self>,
    ) {
        if text.is_empty() {
            // The dialect has no words for it.
            return;
        }
        let window = self.node.session_settings().outbound.bytes;
        if !self.backlog.is_empty() || self.machine.in_flight() > window {
            if droppable {
                return;
            }
            self.backlog_bytes += text.len();
            self.backlog.push_back((text, carries));
            if self.backlog_bytes > window.saturating_mul(BACKLOG_FACTOR) {
                // Its end is done by the actions.
                let _ = self.step(Input::End(CloseCause::SlowConsumer), ctx);
                self.ends.cut.cut();
            }
            return;
        }
        let bytes = text.len();
        if let Ok(Step::Write) = self.step(Input::Send { bytes, droppable }, ctx) {
            self.write(text, carries);
        }
    }

    fn written(&mut self, bytes: usize, ctx: &mut Context<Self>) {
        // Progress is noted by the machine; there is nobody to answer.
        let _ = self.step(Input::Written(bytes), ctx);
        self.receipts.written(bytes);
        self.tell_receipts(ctx);
        let window = self.node.session_settings().outbound.bytes;
        while self.machine.in_flight() <= window {
            let Some((text, carries)) = self.backlog.pop_front() else { break };
            let bytes = text.len();
            self.backlog_bytes -= bytes;
            match self.step(Input::Send { bytes, droppable: false }, ctx) {
                Ok(Step::Write) => self.write(text, carries),
                _ => break,
            }
        }
        if self.backlog.is_empty() {
            self.backlog = VecDeque::new();
            for taken in self.paced.drain(..) {
                // A room that ended meanwhile has nothing more to send.
                let _ = taken.send(());
            }
        }
    }

    fn tell_when_taken(&mut self, taken: oneshot::Sender<()>) {
        if self.backlog.is_empty() {
            // As above.
            let _ = taken.send(());
        } else {
            self.paced.push(taken);
        }
    }

    fn send_error(&mut self, id: Option<&WireId>, error: &WireError, ctx: &mut Context<Self>) {
        // A stock client with retries takes any acknowledgement for done, and comes again without one.
        let id = id.filter(|_| self.socket_io.is_none() || !error.code.retryable());
        let text = dialect::encode_error(id, error, self.keys);
        self.send(text, false, ctx);
    }

    /// A sign of life of an agent keeps it present (R10).
    fn heard(&self) {
        if let Some(principal) = self.machine.principal()
            && principal.role == Role::Agent
        {
            let agent_id = principal.user_id.clone();
            self.node.router(RouterMessage::ToAgent { agent_id, message: AgentMessage::Heard });
        }
    }

    fn principal(&self) -> Option<Arc<Principal>> {
        self.machine.principal().cloned()
    }
}

impl Actor for SessionActor {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.set_mailbox_capacity(super::SESSION_MAILBOX);
        self.arm(ctx);
        // A Socket.IO client says first that it enters.
        if self.socket_io.is_none()
            && let Some(token) = self.token.take()
        {
            self.hello_by_upgrade(token, ctx);
        }
    }
}

impl Handler<FromPump> for SessionActor {
    type Result = ();

    fn handle(&mut self, message: FromPump, ctx: &mut Self::Context) {
        match message {
            FromPump::Text(text) if self.socket_io.is_some() => self.packet_text(&text, ctx),
            FromPump::Text(text) => self.frame(&text, ctx),
            FromPump::Binary(bytes) if self.socket_io.is_some() => self.packet_binary(bytes, ctx),
            FromPump::Binary(_) => {
                let cause = CloseCause::Other { code: 1003, reason: "binary" };
                // The close is done by the actions.
                let _ = self.step(Input::End(cause), ctx);
            }
            FromPump::Heard => {
                let _ = self.step(Input::Heard, ctx);
                self.heard();
            }
            FromPump::Written(bytes) => self.written(bytes, ctx),
            FromPump::Ended { .. } => {
                let _ = self.step(Input::Ended, ctx);
                ctx.stop();
            }
        }
    }
}

impl Handler<ToSession> for SessionActor {
    type Result = ();

    fn handle(&mut self, message: ToSession, ctx: &mut Self::Context) {
        match message {
            ToSession::Event(event) => match event.event() {
                Event::Host(host) => self.take_host_event(&event, host.number, ctx),
                _ => self.send_event(&event, ctx),
            },
            ToSession::Receipted(event) => self.send_receipted(&event, ctx),
            ToSession::Answer { token, answer } => self.answered(token, answer, ctx),
            ToSession::TellWhenTaken(taken) => self.tell_when_taken(taken),
            ToSession::LoggedOut => {
                // The close is done by the actions.
                let _ = self.step(Input::End(CloseCause::LoggedOut), ctx);
            }
            ToSession::Drain { reconnect_after_ms } => {
                let close_at = self.node.now() + Millis::from_secs(1);
                let reconnect_after = Millis::new(reconnect_after_ms);
                // The close comes by the machine's deadline.
                let _ = self.step(Input::Drain { reconnect_after, close_at }, ctx);
            }
            #[cfg(feature = "fault-injection")]
            #[expect(clippy::panic, reason = "a fault on purpose")]
            ToSession::Panic => panic!("injected fault in a session"),
        }
    }
}
