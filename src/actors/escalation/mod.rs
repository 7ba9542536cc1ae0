//! The escalation supervisor: a thin shell around [`crate::domain::escalation::Supervisor`].
//!
//! Owns: queue, offers, capacity, deadlines, the pushes of estimates.
//! Receives: requests from rooms, agents and REST; customers' links from the router; the store's word.
//! Emits: row changes to the writer; typed events to sessions, agents and admins through the router.
//! Fails by: ending. Its parent starts it again from the store, and whoever waited for an uncommitted decision is
//! told to try again.

mod pushes;
mod reachable;
mod trace;

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;

use actix::{Actor, ActorContext, ActorFutureExt, AsyncContext, Context, Handler, SpawnHandle, WrapFuture};

use crate::domain::agent::Agent;
use crate::domain::audit::AuditEntry;
use crate::domain::chatbot::Chatbot;
use crate::domain::command::Topic;
use crate::domain::escalation::{Case, Effect, Effects, Op, Request, Setup, State, Supervisor};
use crate::domain::event::{Audience, Event, TopicBody};
use crate::domain::ids::{ConversationId, RequestId, UserId};
use crate::domain::time::{Millis, Timestamp};
use crate::domain::webhook;
use crate::store::{StoreError, Transaction, Write, WriteRefusal, Written};

use super::failure::Failure;
use super::lifecycle::Watch;
use super::messages::{Answer, CaseView, Look, ReplyTo, RouterMessage, SupervisorMessage};
use super::node::{Node, conversations_of};
use pushes::Pushes;
use reachable::Told;

/// Requests that may wait; the next one is told "overloaded".
pub(super) const MAILBOX: usize = 16_384;

/// After a failed load the store is asked again this much later.
const RELOAD: Millis = Millis::new(500);

/// A request's answer, and what is stored beside what it changes.
struct Decided {
    request_id: RequestId,
    answer: Answer,
    reply: ReplyTo,
    audit: Option<Box<AuditEntry>>,
}

/// Decided, not yet durable: what is said to whom once it is.
struct Pending {
    request_id: RequestId,
    answer: Answer,
    reply: ReplyTo,
    effects: Effects,
    /// Nothing to store: only the turn is waited for.
    settled: bool,
}

/// The shell.
pub struct SupervisorActor {
    node: Arc<Node>,
    /// This life's number: the store refuses what an earlier life decided.
    lineage: u64,
    /// None until the store was read.
    brain: Option<Supervisor>,
    /// Came in while the store is being read; answered at the end of that read, whatever it says.
    early: Vec<SupervisorMessage>,
    loading: bool,
    pending: VecDeque<Pending>,
    linked: HashSet<UserId>,
    /// The request that asked for a human, so that its id tells the story to its end, also when somebody comes later.
    origins: HashMap<ConversationId, RequestId>,
    pushes: Pushes,
    told: Told,
    timer: Option<(Timestamp, SpawnHandle)>,
    queue_number: u64,
    agents_number: u64,
    _watch: Watch,
}

impl SupervisorActor {
    /// A new life.
    pub fn new(node: Arc<Node>, watch: Watch) -> Self {
        let lineage = node.new_epoch();
        Self {
            node,
            lineage,
            brain: None,
            early: Vec::new(),
            loading: false,
            pending: VecDeque::new(),
            linked: HashSet::new(),
            origins: HashMap::new(),
            pushes: Pushes::default(),
            told: Told::default(),
            timer: None,
            queue_number: 0,
            agents_number: 0,
            _watch: watch,
        }
    }

    fn load(&mut self, ctx: &mut Context<Self>) {
        self.loading = true;
        let store = Arc::clone(self.node.store());
        let load = async move {
            let state = store.load_routing().await?;
            let chatbots = store.chatbots().await?;
            Ok::<_, StoreError>((state, chatbots))
        };
        ctx.spawn(load.into_actor(self).map(|loaded, this, ctx| {
            this.loading = false;
            this.loaded(loaded, ctx);
            for message in std::mem::take(&mut this.early) {
                this.take(message, ctx);
            }
        }));
    }

    fn loaded(&mut self, loaded: Result<(State, Vec<Chatbot>), StoreError>, ctx: &mut Context<Self>) {
        match loaded {
            Ok((state, chatbots)) => {
                let mut setup = Setup::new(self.node.routing().clone(), chatbots, self.lineage);
                setup.policy = Arc::clone(self.node.policy());
                setup.estimator = Arc::clone(self.node.estimator());
                self.begin(setup, state, ctx);
            }
            Err(error) => {
                log::error!(error:display; "the supervisor could not read the store; trying again");
                let again = self.node.clock().sleep_until(self.node.now() + RELOAD);
                ctx.spawn(again.into_actor(self).map(|(), this, ctx| this.load(ctx)));
            }
        }
    }

    fn begin(&mut self, setup: Setup, state: State, ctx: &mut Context<Self>) {
        let mut effects = Effects::new();
        let waiting = state.entries.len();
        let brain = Supervisor::restore(setup, state, self.node.now(), &mut effects);
        self.brain = Some(brain);
        log::info!("queue.waiting" = waiting; "the supervisor has read the store");
        let restored = Decided {
            request_id: RequestId::from("restore"),
            answer: Ok(crate::domain::event::Reply::Done),
            reply: ReplyTo::nobody(),
            audit: None,
        };
        self.carry_out(restored, effects, ctx);
        self.node.router(RouterMessage::WhoIsHere);
        self.arm(ctx);
        self.arm_idle_sweep(ctx);
        self.reachability_may_have_changed(ctx);
    }

    fn decide(&mut self, request: Request, request_id: RequestId, reply: ReplyTo, ctx: &mut Context<Self>) {
        self.decide_recorded(request, request_id, reply, None, ctx);
    }

    fn decide_recorded(
        &mut self,
        request: Request,
        request_id: RequestId,
        reply: ReplyTo,
        audit: Option<Box<AuditEntry>>,
        ctx: &mut Context<Self>,
    ) {
        let Some(brain) = self.brain.as_mut() else {
            reply.send(Err(Failure::Store(StoreError::Aborted("the supervisor is reading the store".into()))));
            return;
        };
        let request = with_link(request, &self.linked);
        trace::received(&request, &request_id);
        if let Request::Escalate { facts, .. } = &request {
            let conversation_id = facts.case.conversation_id.clone();
            self.origins.entry(conversation_id).or_insert_with(|| request_id.clone());
        }
        let mut effects = Effects::new();
        let answer = brain.handle(self.node.now(), request, &mut effects).map_err(Failure::from);
        self.node.assistants().say_reachable(brain.anyone_available());
        // A refusal may store what was due in time, which is nobody's deed.
        let audit = audit.filter(|_| answer.is_ok());
        self.reachability_may_have_changed(ctx);
        self.carry_out(Decided { request_id, answer, reply, audit }, effects, ctx);
        self.arm(ctx);
    }

    /// Stores first; answers and tells once it is durable, in the order of the decisions.
    fn carry_out(&mut self, decided: Decided, effects: Effects, ctx: &mut Context<Self>) {
        let Decided { request_id, answer, reply, audit } = decided;
        let mut ops = Vec::new();
        let mut rest = Effects::new();
        for effect in effects {
            match effect {
                Effect::Op(op) => ops.push(op),
                Effect::Trace(step) => trace::step(&step, self.origin(trace::about_step(&step), &request_id)),
                other => rest.push(other),
            }
        }
        let stored = !ops.is_empty();
        self.pending.push_back(Pending { request_id, answer, reply, effects: rest, settled: !stored });
        let told = self.told_to_webhooks(stored);
        if stored && !self.submit(ops, audit.map(|entry| *entry), told, ctx) {
            return;
        }
        self.release(ctx);
    }

    /// What is said to a room because of the newest decision goes to webhooks too, in the same transaction.
    fn told_to_webhooks(&self, stored: bool) -> Vec<webhook::Told> {
        let Some(newest) = self.pending.back().filter(|_| stored && self.node.webhooks().are_told()) else {
            return Vec::new();
        };
        let now = self.node.now();
        let told = |effect: &Effect| match effect {
            Effect::Notify { to: Audience::Room(id), event } => webhook::Told::event(now, id, event.clone()),
            _ => None,
        };
        newest.effects.iter().filter_map(told).collect()
    }

    /// Whether the writer took it. If not, memory is ahead of what can be stored, so this life ends.
    fn submit(
        &mut self,
        ops: Vec<Op>,
        audit: Option<AuditEntry>,
        told: Vec<webhook::Told>,
        ctx: &mut Context<Self>,
    ) -> bool {
        let (node, lineage) = (Arc::clone(&self.node), self.lineage);
        let concerned = conversations_of(&ops);
        let write = Write::Apply(Transaction { lineage, ops, audit, told });
        let done = move |result| {
            if is_doubtful(&result) {
                // Ahead of the answer: a second click must not bring the same old facts again.
                node.distrust(concerned);
            }
            node.supervisor(SupervisorMessage::Settled { lineage, result });
        };
        let taken = self.node.writer().submit(write, Box::new(done));
        if taken.is_err() {
            self.give_up(&Failure::Overloaded("writer"), ctx);
        }
        taken.is_ok()
    }

    fn settled(&mut self, result: Result<Written, StoreError>, ctx: &mut Context<Self>) {
        match result {
            Ok(Written::Applied { .. }) => {
                if let Some(pending) = self.pending.iter_mut().find(|pending| !pending.settled) {
                    pending.settled = true;
                }
                self.release(ctx);
            }
            Ok(Written::Refused(WriteRefusal::Conflict)) => {
                self.give_up(&Failure::Store(StoreError::Aborted("changed meanwhile".into())), ctx);
            }
            Ok(other) => {
                log::error!("the store answered a transaction with {other:?}");
                self.give_up(&Failure::NoAnswer, ctx);
            }
            Err(error) => self.give_up(&Failure::Store(error), ctx),
        }
    }

    /// What was decided did not come to be: everybody who waits is told so, and this life ends.
    fn give_up(&mut self, failure: &Failure, ctx: &mut Context<Self>) {
        log::error!(failure:display, "pending.count" = self.pending.len(); "a decision was not stored; the supervisor begins again");
        for pending in self.pending.drain(..) {
            pending.reply.send(Err(failure.clone()));
        }
        self.brain = None;
        ctx.stop();
    }

    fn release(&mut self, ctx: &mut Context<Self>) {
        while self.pending.front().is_some_and(|pending| pending.settled) {
            let Some(pending) = self.pending.pop_front() else { break };
            trace::answered(&pending.answer, &pending.request_id);
            pending.reply.send(pending.answer);
            for effect in pending.effects {
                self.tell(effect, &pending.request_id, ctx);
            }
        }
    }

    fn tell(&mut self, effect: Effect, request_id: &RequestId, ctx: &mut Context<Self>) {
        match effect {
            Effect::Notify { to, event } => {
                trace::notified(&event, self.origin(trace::about_event(&event), request_id));
                self.forget_origin(&event);
                if let Event::AdminNotification {
                    notice: crate::domain::event::AdminNotice::AgentStatus { agent },
                    ..
                } = &event
                {
                    self.agents_delta(agent);
                }
                self.node.router(RouterMessage::Publish { to, event });
            }
            Effect::QueueChanged => self.queue_changed(ctx),
            Effect::Op(_) | Effect::Trace(_) => {}
        }
    }

    fn origin<'a>(&'a self, about: Option<&ConversationId>, otherwise: &'a RequestId) -> &'a RequestId {
        about.and_then(|conversation_id| self.origins.get(conversation_id)).unwrap_or(otherwise)
    }

    /// The story ends when the conversation does, or the wish is taken back or refused.
    fn forget_origin(&mut self, event: &Event) {
        if let Event::ConversationClosed { conversation_id, .. } | Event::EscalationStatus { conversation_id, .. } =
            event
            && self.brain.as_ref().is_none_or(|brain| !brain.state().cases.contains_key(conversation_id))
        {
            self.origins.remove(conversation_id);
        }
    }

    fn agents_delta(&mut self, agent: &Agent) {
        self.agents_number += 1;
        let event = Event::TopicDelta {
            topic: Topic::Agents,
            number: self.agents_number,
            body: TopicBody::Agent(Box::new(agent.clone())),
        };
        self.node.router(RouterMessage::Publish { to: Audience::Topic(Topic::Agents), event });
    }

    /// One timer for the earliest deadline; the rows hold the truth (R14).
    fn arm(&mut self, ctx: &mut Context<Self>) {
        let next = self.brain.as_ref().and_then(Supervisor::next_deadline);
        if self.timer.as_ref().map(|(at, _)| *at) == next {
            return;
        }
        if let Some((_, handle)) = self.timer.take() {
            ctx.cancel_future(handle);
        }
        if let Some(at) = next {
            let sleep = self.node.clock().sleep_until(at);
            let handle = ctx.spawn(sleep.into_actor(self).map(|(), this, ctx| {
                this.timer = None;
                this.decide(Request::Tick, RequestId::from("deadline"), ReplyTo::nobody(), ctx);
            }));
            self.timer = Some((at, handle));
        }
    }

    fn look(&mut self, look: Look, ctx: &mut Context<Self>) {
        let now = self.node.now();
        match look {
            Look::Case { conversation_id, seen, reply } => {
                if seen {
                    let request = Request::CustomerSeen { conversation_id: conversation_id.clone() };
                    self.decide(request, RequestId::from("poll"), ReplyTo::nobody(), ctx);
                }
                if let Some(brain) = &self.brain {
                    // Whoever asked may have gone away; so with the other two.
                    let _ = reply.send(case_view(brain, now, &conversation_id));
                }
            }
            Look::Queue(reply) => {
                if let Some(brain) = &self.brain {
                    let _ = reply.send((self.queue_number, brain.queue_rows(now)));
                }
            }
            Look::Reachability { chatbot_id, reply } => {
                if self.brain.is_some() {
                    let _ = reply.send(self.reachability(&chatbot_id, ctx));
                }
            }
            Look::State(reply) => {
                if let Some(brain) = &self.brain {
                    let _ = reply.send((self.agents_number, Arc::new(brain.state().clone())));
                }
            }
        }
    }

    fn customer_linked(&mut self, user_id: UserId, linked: bool, ctx: &mut Context<Self>) {
        if linked {
            self.linked.insert(user_id.clone());
        } else {
            self.linked.remove(&user_id);
        }
        let Some(brain) = &self.brain else { return };
        let cases: Vec<ConversationId> = brain.cases_of(&user_id).cloned().collect();
        for conversation_id in cases {
            let request = if linked {
                Request::CustomerBack { conversation_id }
            } else {
                Request::CustomerLost { conversation_id }
            };
            self.decide(request, RequestId::from("link"), ReplyTo::nobody(), ctx);
        }
    }
}

/// The store holds, or may hold, other rows than the rooms do.
fn is_doubtful(result: &Result<Written, StoreError>) -> bool {
    matches!(result, Ok(Written::Refused(WriteRefusal::Conflict)) | Err(StoreError::OutcomeUnknown(_)))
}

/// Whether the customer has a link is known here, not by whoever asked.
fn with_link(mut request: Request, linked: &HashSet<UserId>) -> Request {
    if let Request::Escalate { facts, .. } | Request::FlagEscalation { facts, .. } = &mut request {
        facts.customer_online = linked.contains(&facts.case.customer_id);
    }
    if let Request::CustomerIdentified { into, online, .. } = &mut request {
        *online = linked.contains(into);
    }
    request
}

fn case_view(brain: &Supervisor, now: Timestamp, id: &ConversationId) -> CaseView {
    let case: Option<Case> = brain.state().cases.get(id).cloned();
    let offered_to = brain
        .state()
        .offers
        .values()
        .filter(|offer| offer.conversation_id == *id)
        .map(|offer| (offer.id.clone(), offer.agent_id.clone()))
        .collect();
    CaseView { case, status: brain.status(now, id), offered_to }
}

impl Actor for SupervisorActor {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        self.load(ctx);
    }
}

impl SupervisorActor {
    fn take(&mut self, message: SupervisorMessage, ctx: &mut Context<Self>) {
        match message {
            SupervisorMessage::Ask { request, request_id, reply, audit } => {
                self.decide_recorded(*request, request_id, reply, audit, ctx);
            }
            SupervisorMessage::CustomerLinked { user_id, linked } => self.customer_linked(user_id, linked, ctx),
            SupervisorMessage::Settled { lineage, result } if lineage == self.lineage => self.settled(result, ctx),
            SupervisorMessage::Settled { .. } => {}
            SupervisorMessage::Look(look) => self.look(look, ctx),
            #[cfg(feature = "fault-injection")]
            #[expect(clippy::panic, reason = "a fault on purpose")]
            SupervisorMessage::Panic => panic!("injected fault in the supervisor"),
        }
    }
}

impl Handler<SupervisorMessage> for SupervisorActor {
    type Result = ();

    fn handle(&mut self, message: SupervisorMessage, ctx: &mut Self::Context) {
        if self.loading {
            match message {
                SupervisorMessage::Ask { reply, .. } if self.early.len() >= MAILBOX => {
                    reply.send(Err(Failure::Overloaded("supervisor")));
                }
                message => self.early.push(message),
            }
        } else {
            self.take(message, ctx);
        }
    }
}
