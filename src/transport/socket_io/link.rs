//! The shell of one Engine.IO session: carries out what its machine says, wherever the requests land.
//!
//! Owns: the machine, the requests that wait, the WebSockets that carry or want to carry the session.
//! Receives: what requests and WebSockets bring, from any worker thread; what whoever is above says.
//! Emits: messages upwards by the same narrow door as a socket pump; answers to requests.
//! Fails by: ending. Whoever is above hears that the link is gone, and the client comes back.

use std::sync::Arc;

use actix::{
    Actor, ActorContext, ActorFutureExt, Addr, AsyncContext, Context, Handler, Recipient, SpawnHandle, WrapFuture,
};
use bytes::Bytes;
use bytestring::ByteString;
use tokio::sync::oneshot;

use crate::actors::link::{Cut, FromPump, ToPump};
use crate::actors::tell::{Overflow, tell, tell_recipient};
use crate::clock::Clock;
use crate::domain::time::Timestamp;
use crate::protocol::engine_io::link::{Action, Input, LaneId, Link, LinkSettings, PollId, PostRefusal, Posted};
use crate::protocol::engine_io::{Fault, Out, Packet, Refusal};

use super::super::ws::Place;
use super::registry::Registered;

/// Messages that may wait; whoever is above bounds them in bytes.
const MAILBOX: usize = 4096;

/// Puts together what is above a link, from the way down and the way to cut.
pub type Above = Box<dyn FnOnce(Recipient<ToPump>, Box<dyn Cut>) -> Recipient<FromPump>>;

/// From a request or a WebSocket.
#[derive(actix::Message)]
#[rtype(result = "()")]
pub(super) enum ToLink {
    /// A request waits.
    Poll { poll: PollId, answer: oneshot::Sender<Result<String, Refusal>> },
    /// It was given up.
    PollGone(PollId),
    /// A request brought packets.
    Post { packets: Result<Vec<Packet>, Fault>, answer: oneshot::Sender<Posted> },
    /// Two requests bring packets at the same time.
    PostsAtOnce,
    /// Could a WebSocket take over?
    MayUpgrade(oneshot::Sender<bool>),
    /// A WebSocket wants to.
    Lane(LaneId, Lane),
    /// From a WebSocket.
    FromLane(LaneId, FromPump),
    /// Everything that was said for now was said.
    Flush,
    /// End it from outside.
    Cut,
}

/// A WebSocket as its session reaches it.
pub(super) struct Lane {
    pub pump: Recipient<ToPump>,
    /// Heard on the WebSocket's own thread.
    pub cut: oneshot::Sender<()>,
}

/// Ends a session's link.
struct CutLink(Addr<LinkActor>);

impl Cut for CutLink {
    fn cut(&self) {
        // It is gone already otherwise.
        let _ = tell(&self.0, ToLink::Cut, Overflow::Force);
    }
}

/// Tells whoever is above exactly once that the link is gone, however it ends.
struct Ends {
    above: Recipient<FromPump>,
    code: Option<u16>,
}

impl Drop for Ends {
    fn drop(&mut self) {
        // It may have ended first.
        let _ = tell_recipient(&self.above, FromPump::Ended { code: self.code }, Overflow::Force);
    }
}

/// The shell.
pub(super) struct LinkActor {
    machine: Link,
    settings: Arc<LinkSettings>,
    clock: Arc<dyn Clock>,
    registered: Registered,
    ends: Ends,
    polls: Vec<(PollId, oneshot::Sender<Result<String, Refusal>>)>,
    lanes: Vec<(LaneId, Lane)>,
    flushing: bool,
    timer: Option<(Timestamp, SpawnHandle)>,
    /// Room for a session without a socket of its own.
    place: Option<Place>,
}

/// What a link begins with.
pub(super) struct Beginning {
    pub settings: Arc<LinkSettings>,
    pub clock: Arc<dyn Clock>,
    pub registered: Registered,
    pub lane: Option<(LaneId, Lane)>,
    pub place: Option<Place>,
    pub above: Above,
}

impl LinkActor {
    /// Starts it on the present thread.
    pub(super) fn begin(beginning: Beginning) -> Addr<Self> {
        Self::create(move |ctx| {
            let Beginning { settings, clock, registered, lane, place, above } = beginning;
            let above = above(ctx.address().recipient(), Box::new(CutLink(ctx.address())));
            let machine = Link::new(Arc::clone(&settings), lane.as_ref().map(|(lane, _)| *lane), clock.now());
            Self {
                machine,
                settings,
                clock,
                registered,
                ends: Ends { above, code: None },
                polls: Vec::new(),
                lanes: lane.into_iter().collect(),
                flushing: false,
                timer: None,
                place,
            }
        })
    }

    fn step(&mut self, input: Input, ctx: &mut Context<Self>) -> Posted {
        let mut actions = Vec::new();
        let answer = self.machine.handle(self.clock.now(), input, &mut actions);
        for action in actions {
            self.act(action);
        }
        if self.machine.is_over() {
            ctx.stop();
        } else {
            self.arm(ctx);
        }
        answer
    }

    /// A step whose answer nobody waits for.
    fn take(&mut self, input: Input, ctx: &mut Context<Self>) {
        let _ = self.step(input, ctx);
    }

    fn act(&mut self, action: Action) {
        match action {
            Action::Up(text) => self.up(FromPump::Text(text)),
            Action::UpBinary(bytes) => self.up(FromPump::Binary(bytes)),
            Action::Heard => self.up(FromPump::Heard),
            Action::Written(bytes) => self.up(FromPump::Written(bytes)),
            Action::Answer(poll, body) => self.answer(poll, Ok(body)),
            Action::Refuse(poll, refusal) => self.answer(poll, Err(refusal)),
            Action::Lane(lane, Out::Text(text)) => self.down(lane, ToPump::Text(text)),
            Action::Lane(lane, Out::Binary(bytes)) => self.down(lane, ToPump::Binary(bytes)),
            Action::Aside(lane, text) => self.down(lane, ToPump::Aside(text)),
            Action::CloseLane(lane, code, reason) => self.down(lane, ToPump::Close { code, reason }),
            Action::CutLane(lane) => self.cut_lane(lane),
            Action::Upgraded => self.place = None,
            Action::Over(code) => self.ends.code = code,
        }
    }

    fn up(&self, message: FromPump) {
        // Whoever is above and gone has ended this link or is about to.
        let _ = tell_recipient(&self.ends.above, message, Overflow::Force);
    }

    fn down(&self, lane: LaneId, message: ToPump) {
        if let Some((_, lane)) = self.lanes.iter().find(|(id, _)| *id == lane) {
            // A pump that is gone says so by itself.
            let _ = tell_recipient(&lane.pump, message, Overflow::Force);
        }
    }

    fn cut_lane(&mut self, lane: LaneId) {
        let Some(place) = self.lanes.iter().position(|(id, _)| *id == lane) else { return };
        let (_, lane) = self.lanes.swap_remove(place);
        // A connection that has ended needs no cut.
        let _ = lane.cut.send(());
    }

    fn answer(&mut self, poll: PollId, answer: Result<String, Refusal>) {
        let Some(place) = self.polls.iter().position(|(id, _)| *id == poll) else { return };
        let (_, waiting) = self.polls.swap_remove(place);
        // Who gave up says so by itself.
        let _ = waiting.send(answer);
    }

    fn arm(&mut self, ctx: &mut Context<Self>) {
        let Some(at) = self.machine.next_deadline() else { return };
        if self.timer.as_ref().is_some_and(|(armed, _)| *armed <= at) {
            return;
        }
        if let Some((_, handle)) = self.timer.take() {
            ctx.cancel_future(handle);
        }
        let sleep = self.clock.sleep_until(at);
        let handle = ctx.spawn(sleep.into_actor(self).map(|(), this, ctx| {
            this.timer = None;
            this.take(Input::Due, ctx);
        }));
        self.timer = Some((at, handle));
    }

    /// What is said in one go is fetched in one go.
    fn say(&mut self, said: Out, ctx: &mut Context<Self>) {
        self.take(Input::Say(said), ctx);
        if !std::mem::replace(&mut self.flushing, true) {
            // Its own mailbox is open while it runs.
            let _ = tell(&ctx.address(), ToLink::Flush, Overflow::Force);
        }
    }

    fn lane_said(&mut self, lane: LaneId, message: FromPump, ctx: &mut Context<Self>) {
        match message {
            FromPump::Text(text) => self.take(Input::Text(lane, text), ctx),
            FromPump::Binary(bytes) => self.take(Input::Binary(lane, bytes), ctx),
            // The heartbeat is Engine.IO's own.
            FromPump::Heard => {}
            FromPump::Written(bytes) => self.take(Input::Written(lane, bytes), ctx),
            FromPump::Ended { code } => {
                self.lanes.retain(|(id, _)| *id != lane);
                self.take(Input::LaneEnded(lane, code), ctx);
            }
        }
    }
}

impl Actor for LinkActor {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.set_mailbox_capacity(MAILBOX);
        self.arm(ctx);
    }
}

impl Handler<ToLink> for LinkActor {
    type Result = ();

    fn handle(&mut self, message: ToLink, ctx: &mut Self::Context) {
        match message {
            ToLink::Poll { poll, answer } => {
                self.polls.push((poll, answer));
                self.take(Input::Poll(poll), ctx);
            }
            ToLink::PollGone(poll) => self.take(Input::PollGone(poll), ctx),
            ToLink::Post { packets, answer } => {
                let posted = self.step(Input::Post(packets), ctx);
                // Who gave up does not want it.
                let _ = answer.send(posted);
            }
            ToLink::PostsAtOnce => self.take(Input::PostsAtOnce, ctx),
            ToLink::MayUpgrade(answer) => {
                // As above.
                let _ = answer.send(self.machine.may_upgrade());
            }
            ToLink::Lane(id, lane) => {
                self.lanes.push((id, lane));
                self.take(Input::Lane(id), ctx);
            }
            ToLink::FromLane(lane, message) => self.lane_said(lane, message, ctx),
            ToLink::Flush => {
                self.flushing = false;
                self.take(Input::Flush, ctx);
            }
            ToLink::Cut => self.take(Input::Cut, ctx),
        }
    }
}

impl Handler<ToPump> for LinkActor {
    type Result = ();

    fn handle(&mut self, message: ToPump, ctx: &mut Self::Context) {
        match message {
            ToPump::Text(text) | ToPump::Aside(text) => self.say(Out::Text(text), ctx),
            ToPump::Binary(bytes) => self.say(Out::Binary(bytes), ctx),
            // The heartbeat is Engine.IO's own.
            ToPump::Ping => {}
            ToPump::Limits { .. } => {
                let message_bytes = self.settings.max_payload;
                self.registered.allow(message_bytes);
                for (_, lane) in &self.lanes {
                    // As above.
                    let _ = tell_recipient(&lane.pump, ToPump::Limits { message_bytes }, Overflow::Force);
                }
            }
            ToPump::Close { code, reason } => self.take(Input::Close { code, reason }, ctx),
        }
    }
}

/// What a request does with a link.
#[derive(Clone)]
pub(super) struct LinkRef(pub Addr<LinkActor>);

impl LinkRef {
    /// Tells it; a link that is gone hears nothing.
    pub(super) fn tell(&self, message: ToLink) {
        let _ = tell(&self.0, message, Overflow::Force);
    }

    /// Waits for packets. Given up when the future is dropped.
    pub(super) async fn poll(&self, poll: PollId) -> Result<String, Refusal> {
        struct GivenUp<'a>(&'a LinkRef, PollId, bool);
        impl Drop for GivenUp<'_> {
            fn drop(&mut self) {
                if self.2 {
                    self.0.tell(ToLink::PollGone(self.1));
                }
            }
        }
        let (answer, heard) = oneshot::channel();
        self.tell(ToLink::Poll { poll, answer });
        let mut guard = GivenUp(self, poll, true);
        let answer = heard.await;
        guard.2 = false;
        answer.unwrap_or(Err(Refusal::UnknownSid))
    }

    /// Brings packets.
    pub(super) async fn post(&self, packets: Result<Vec<Packet>, Fault>) -> Posted {
        let (answer, heard) = oneshot::channel();
        self.tell(ToLink::Post { packets, answer });
        heard.await.unwrap_or(Err(PostRefusal::Refused(Refusal::UnknownSid)))
    }

    /// Whether a WebSocket could take over.
    pub(super) async fn may_upgrade(&self) -> bool {
        let (answer, heard) = oneshot::channel();
        self.tell(ToLink::MayUpgrade(answer));
        heard.await.unwrap_or(false)
    }
}

/// The bytes of a request's body as the packets in it.
pub(super) fn packets(body: Bytes) -> Result<Vec<Packet>, Fault> {
    let text = ByteString::try_from(body).map_err(|_| Fault)?;
    crate::protocol::engine_io::decode_payload(&text)
}
