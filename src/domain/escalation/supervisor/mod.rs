//! The brain itself: one request in, a reply and effects out; decided and applied before anything is awaited.

mod agents;
mod cases;
mod deadlines;
mod dispatch;
mod escalate;
mod offers;
mod places;
mod priority;
mod proof;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::domain::agent::{Agent, Presence};
use crate::domain::chatbot::{Chatbot, FallbackPolicy, RoutingMode, RoutingSettings};
use crate::domain::conversation::{ConversationStatus, Handler};
use crate::domain::event::{AdminNotice, AgentNotice, Audience, EscalationStatus, Event, Reply};
use crate::domain::ids::{AgentId, ChatbotId, ConversationId, DecisionId, IdGenerator, MessageId, OfferId, UserId};
use crate::domain::message::{MessageKind, NewMessage, NewNote, SenderRole};
use crate::domain::rejection::Rejection;
use crate::domain::time::{Millis, Timestamp};
use crate::domain::wait::{QlmEstimator, WaitEstimator};

use super::decision::Decision;
use super::index::{Index, TimerKey};
use super::op::{ConversationChange, Op};
use super::policy::{MostFreeFirst, RoutingPolicy};
use super::request::{Actor, Effect, Effects, Request, Trace};
use super::state::{Case, Offer, QueueEntry, State};

/// How many ended offers are remembered, so that a late answer is told who has the conversation.
const ENDED_OFFERS_KEPT: usize = 4096;
/// How many finished cases are remembered, for rooms that have not heard of it yet.
const FINISHED_KEPT: usize = 4096;

/// What the supervisor decides with.
#[derive(Clone)]
pub struct Setup {
    /// `[routing]`.
    pub settings: RoutingSettings,
    /// All chatbots.
    pub chatbots: Vec<Chatbot>,
    /// R7 or a host's own.
    pub policy: Arc<dyn RoutingPolicy>,
    /// The estimate or a host's own.
    pub estimator: Arc<dyn WaitEstimator>,
    /// Never used before: keeps ids of a life that was lost from coming back.
    pub epoch: u64,
}

impl Setup {
    /// The standard policy and estimator.
    pub fn new(settings: RoutingSettings, chatbots: Vec<Chatbot>, epoch: u64) -> Self {
        Self { settings, chatbots, policy: Arc::new(MostFreeFirst), estimator: Arc::new(QlmEstimator), epoch }
    }
}

/// The escalation supervisor's brain.
///
/// Inputs: [`Supervisor::handle`], always with the present time. Getters: `state`, `place`, `status`, `next_deadline`.
/// It is the only writer of capacity: agents report presence, status and limit; the tables here hold the load.
#[derive(Clone)]
pub struct Supervisor {
    settings: RoutingSettings,
    chatbots: BTreeMap<ChatbotId, Chatbot>,
    policy: Arc<dyn RoutingPolicy>,
    estimator: Arc<dyn WaitEstimator>,
    ids: IdGenerator,
    state: State,
    index: Index,
    /// When each chatbot opens or closes next.
    hours_at: BTreeMap<ChatbotId, Timestamp>,
    /// When each connected agent's last sign of life is too old.
    silent_at: BTreeMap<AgentId, Timestamp>,
    /// Cases whose customer has no link.
    unlinked: BTreeSet<ConversationId>,
    /// Ended offers and their conversations; the oldest are forgotten.
    ended_offers: BTreeMap<OfferId, ConversationId>,
    /// Cases lately done with: a room that has not heard of it yet asks with older facts.
    finished: BTreeMap<ConversationId, Case>,
    /// Agents who count as gone for their silence alone: their link was never reported lost.
    silent: BTreeSet<AgentId>,
}

impl Supervisor {
    /// Begins, or begins again, from what is stored.
    ///
    /// Every link died with the last life: connected agents get their grace (R10) and waiting customers theirs (R11).
    /// The effects must be carried out like those of a request. Overdue deadlines fire with the next request.
    pub fn restore(setup: Setup, state: State, now: Timestamp, out: &mut Effects) -> Self {
        let index = Index::build(&state);
        let mut this = Self {
            settings: setup.settings,
            chatbots: BTreeMap::new(),
            policy: setup.policy,
            estimator: setup.estimator,
            ids: IdGenerator::new(setup.epoch),
            state,
            index,
            hours_at: BTreeMap::new(),
            silent_at: BTreeMap::new(),
            unlinked: BTreeSet::new(),
            ended_offers: BTreeMap::new(),
            finished: BTreeMap::new(),
            silent: BTreeSet::new(),
        };
        for chatbot in setup.chatbots {
            this.put_chatbot(now, chatbot);
        }
        this.begin_graces(now, out);
        this.catch_up(now, out);
        this.dispatch(now, out);
        out.push(Effect::QueueChanged);
        this
    }

    /// Handles everything that is due, then the request.
    ///
    /// # Errors
    /// A [`Rejection`]; effects of deadlines that were due stand all the same.
    pub fn handle(&mut self, now: Timestamp, request: Request, out: &mut Effects) -> Result<Reply, Rejection> {
        self.fire_due(now, out);
        match self.with_newest_facts(request) {
            Request::FlagEscalation { facts, reason } => Ok(self.flag(now, facts, reason, out)),
            Request::Escalate { facts, reason, priority, skills } => {
                self.escalate(now, facts, reason, priority, skills, out)
            }
            Request::CancelEscalation { conversation_id } => self.cancel_escalation(now, &conversation_id, out),
            Request::Accept { offer_id, agent_id } => self.accept(now, &offer_id, &agent_id, out),
            Request::Decline { offer_id, agent_id, reason } => self.decline(now, &offer_id, &agent_id, reason, out),
            Request::AssignToMe { facts, agent } => self.assign_to_me(now, facts, agent, out),
            Request::Assign { facts, agent_id } => self.assign_by_admin(now, facts, &agent_id, out),
            Request::Transfer { conversation_id, by, target, note } => {
                self.transfer(now, &conversation_id, &by, target, note, out)
            }
            Request::SetPriority { conversation_id, priority } => {
                self.set_priority(now, &conversation_id, priority, out)
            }
            Request::Release { conversation_id, by, to } => self.release(now, &conversation_id, &by, to, out),
            Request::Close { facts, by, reason } => self.close(now, facts, &by, reason, out),
            Request::AgentConnected(profile) => self.agent_connected(now, profile, out),
            Request::AgentDisconnected { agent_id } => self.agent_disconnected(now, &agent_id, out),
            Request::AgentSeen { agent_id } => self.agent_seen(now, &agent_id, out),
            Request::SetAvailability { agent_id, availability, reason } => {
                self.set_availability(now, &agent_id, availability, reason, out)
            }
            Request::ChangeAgent(profile) => self.change_agent(now, profile, out),
            Request::CustomerLost { conversation_id } => self.customer_lost(now, &conversation_id, out),
            Request::CustomerBack { conversation_id } => self.customer_back(&conversation_id, now, out),
            Request::CustomerSeen { conversation_id } => self.customer_seen(now, &conversation_id, out),
            Request::CustomerIdentified { from, into, name, online } => {
                self.customer_identified(now, &from, &into, &name, online, out)
            }
            Request::PutChatbot(chatbot) => {
                self.put_chatbot(now, chatbot);
                self.dispatch(now, out);
                out.push(Effect::QueueChanged);
                Ok(Reply::Done)
            }
            Request::RemoveChatbot { chatbot_id } => {
                self.remove_chatbot(&chatbot_id);
                self.dispatch(now, out);
                out.push(Effect::QueueChanged);
                Ok(Reply::Done)
            }
            Request::Tick => Ok(Reply::Done),
        }
    }

    /// The tables.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// The settings in force.
    pub fn settings(&self) -> &RoutingSettings {
        &self.settings
    }

    /// When the shell must send [`Request::Tick`] at the latest.
    pub fn next_deadline(&self) -> Option<Timestamp> {
        self.index.timers.first().map(|(at, _)| *at)
    }

    /// The conversation of an offer, pending or lately ended.
    pub fn conversation_of_offer(&self, offer_id: &OfferId) -> Option<&ConversationId> {
        self.state.offers.get(offer_id).map(|offer| &offer.conversation_id).or_else(|| self.ended_offers.get(offer_id))
    }

    /// The conversations an agent owns, wrap-up included.
    pub fn owned_by(&self, agent_id: &AgentId) -> impl Iterator<Item = &ConversationId> {
        self.index.owned.get(agent_id).into_iter().flatten()
    }

    /// The live cases of a customer.
    pub fn cases_of(&self, customer_id: &UserId) -> impl Iterator<Item = &ConversationId> {
        self.index.customers.get(customer_id).into_iter().flatten()
    }

    /// The pending offers to an agent.
    pub fn offers_to(&self, agent_id: &AgentId) -> impl Iterator<Item = &Offer> {
        self.index.offers_to.get(agent_id).into_iter().flatten().filter_map(|id| self.state.offers.get(id))
    }

    // --- pieces shared by the parts below ---

    fn apply(&mut self, op: Op, out: &mut Effects) {
        if let Op::ForgetCase { conversation_id } = &op {
            self.unlinked.remove(conversation_id);
            self.remember_finished(conversation_id);
        }
        self.index.apply(&mut self.state, &op);
        out.push(Effect::Op(op));
    }

    /// Moves an agent's units. Units above the limit are let stand only when a person said so (R2) or the limit was
    /// lowered under them; `over` says how many, and the database checks it.
    fn move_load(&mut self, agent_id: &AgentId, used: i32, held: i32, out: &mut Effects) {
        let Some(agent) = self.state.agents.get(agent_id) else { return };
        let load = agent.capacity;
        let over = (load.used + used + load.held + held - load.limit).max(0) - load.over;
        if used != 0 || held != 0 || over != 0 {
            self.apply(Op::AdjustLoad { agent_id: agent_id.clone(), used, held, over }, out);
        }
    }

    /// Stores an agent; a status that was chosen, a coming or a going stands since now.
    fn put_agent(&mut self, now: Timestamp, mut agent: Agent, out: &mut Effects) {
        let stands = |agent: &Agent| (agent.availability, is_online(agent));
        if self.state.agents.get(&agent.id).map(stands) != Some(stands(&agent)) {
            agent.status_since = Some(now);
        }
        self.apply(Op::PutAgent(agent), out);
    }

    fn edit_entry(&mut self, id: &ConversationId, out: &mut Effects, edit: impl FnOnce(&mut QueueEntry)) {
        if let Some(entry) = self.state.entries.get(id) {
            let mut entry = entry.clone();
            edit(&mut entry);
            self.apply(Op::PutEntry(entry), out);
        }
    }

    /// Changes a case's conversation row; the case must be tracked.
    fn change(
        &mut self,
        id: &ConversationId,
        now: Timestamp,
        out: &mut Effects,
        edit: impl FnOnce(&mut ConversationChange),
    ) {
        let Some(case) = self.state.cases.get(id) else { return };
        let mut change = ConversationChange {
            conversation_id: id.clone(),
            expected_version: case.version,
            status: case.status,
            handler: None,
            assigned_agent_id: None,
            escalation: None,
            at: now,
            close_reason: None,
            priority: None,
            skills: None,
            wrap_up_until: None,
        };
        edit(&mut change);
        let (status, owner) = (change.status, change.assigned_agent_id.clone());
        let assigned_agent_id = owner.unwrap_or_else(|| case.assigned_agent_id.clone());
        self.apply(Op::ChangeConversation(change), out);
        let event = Event::ConversationUpdated { conversation_id: id.clone(), status, assigned_agent_id };
        out.push(Effect::Notify { to: Audience::Room(id.clone()), event });
    }

    fn say(&mut self, id: &ConversationId, now: Timestamp, text: String, out: &mut Effects) {
        let message = NewMessage {
            id: MessageId::from(self.ids.next(now)),
            conversation_id: id.clone(),
            sender_id: None,
            sender_name: String::new(),
            sender_role: SenderRole::System,
            kind: MessageKind::System,
            content: text,
            ai_generated: false,
            client_id: None,
            reply_to: None,
            metadata: None,
            created_at: now,
        };
        self.apply(Op::Append(message), out);
    }

    fn note(
        &mut self,
        id: &ConversationId,
        author: Option<(UserId, String)>,
        now: Timestamp,
        text: String,
        out: &mut Effects,
    ) {
        let (author_id, author_name) = author.map_or((None, String::new()), |(id, name)| (Some(id), name));
        let note = NewNote {
            id: MessageId::from(self.ids.next(now)),
            conversation_id: id.clone(),
            author_id,
            author_name,
            content: text,
            client_id: None,
            created_at: now,
        };
        self.apply(Op::AppendNote(note), out);
    }

    fn log(&mut self, decision: Decision, out: &mut Effects) {
        let id = DecisionId::from(self.ids.next(decision.at));
        self.apply(Op::LogDecision { id, decision }, out);
    }

    fn agent_name(&self, agent_id: &AgentId) -> String {
        self.state.agents.get(agent_id).map_or_else(String::new, |agent| agent.name.clone())
    }

    fn mode_of(&self, chatbot_id: Option<&ChatbotId>) -> RoutingMode {
        chatbot_id.and_then(|id| self.chatbots.get(id)).and_then(|bot| bot.routing_mode).unwrap_or(self.settings.mode)
    }

    fn closed_policy_of(&self, chatbot_id: Option<&ChatbotId>) -> FallbackPolicy {
        chatbot_id
            .and_then(|id| self.chatbots.get(id))
            .and_then(|bot| bot.closed_policy)
            .unwrap_or(self.settings.closed_policy)
    }

    /// Open now, and if not, when next. No hours = always open.
    fn opening(&self, chatbot_id: Option<&ChatbotId>, now: Timestamp) -> (bool, Option<Timestamp>) {
        let hours = chatbot_id.and_then(|id| self.chatbots.get(id)).and_then(|bot| bot.hours.as_ref());
        match hours {
            Some(hours) if !hours.is_open(now) => (false, hours.next_opening(now)),
            _ => (true, None),
        }
    }

    fn put_chatbot(&mut self, now: Timestamp, chatbot: Chatbot) {
        self.remove_chatbot(&chatbot.id);
        let id = chatbot.id.clone();
        self.chatbots.insert(id.clone(), chatbot);
        self.arm_hours(&id, now);
    }

    fn remove_chatbot(&mut self, id: &ChatbotId) {
        self.chatbots.remove(id);
        if let Some(at) = self.hours_at.remove(id) {
            self.index.timers.remove(&(at, TimerKey::Hours(id.clone())));
        }
    }

    fn arm_hours(&mut self, id: &ChatbotId, now: Timestamp) {
        let Some(hours) = self.chatbots.get(id).and_then(|bot| bot.hours.as_ref()) else { return };
        let next = if hours.is_open(now) { hours.next_closing(now) } else { hours.next_opening(now) };
        if let Some(at) = next {
            self.hours_at.insert(id.clone(), at);
            self.index.timers.insert((at, TimerKey::Hours(id.clone())));
        }
    }

    fn watch_agent(&mut self, agent_id: &AgentId, until: Option<Timestamp>) {
        if let Some(at) = self.silent_at.remove(agent_id) {
            self.index.timers.remove(&(at, TimerKey::AgentHeartbeat(agent_id.clone())));
        }
        if let Some(at) = until {
            self.silent_at.insert(agent_id.clone(), at);
            self.index.timers.insert((at, TimerKey::AgentHeartbeat(agent_id.clone())));
        }
    }

    fn remember_finished(&mut self, id: &ConversationId) {
        if let Some(case) = self.state.cases.get(id) {
            self.finished.insert(id.clone(), case.clone());
        }
        if self.finished.len() > FINISHED_KEPT {
            self.finished.pop_first();
        }
    }

    /// A room's facts may be older than the last decision about it, which it hears of once that is durable. Deciding
    /// on them would fail at the compare-and-set, and end this life.
    fn with_newest_facts(&self, mut request: Request) -> Request {
        if let Request::Escalate { facts, .. }
        | Request::FlagEscalation { facts, .. }
        | Request::AssignToMe { facts, .. }
        | Request::Assign { facts, .. }
        | Request::Close { facts, .. } = &mut request
            && let Some(known) = self.finished.get(&facts.case.conversation_id)
            && known.version > facts.case.version
        {
            facts.case = known.clone();
            facts.escalation_requested = true;
        }
        request
    }

    fn remember_ended(&mut self, offer: &Offer) {
        self.ended_offers.insert(offer.id.clone(), offer.conversation_id.clone());
        if self.ended_offers.len() > ENDED_OFFERS_KEPT {
            self.ended_offers.pop_first();
        }
    }
}

fn to_customer(case: &Case, event: Event) -> Effect {
    Effect::Notify { to: Audience::User(case.customer_id.clone()), event }
}

fn to_agent(agent_id: &AgentId, now: Timestamp, notice: AgentNotice) -> Effect {
    let event = Event::AgentNotification { agent_id: agent_id.clone(), notice, at: now };
    Effect::Notify { to: Audience::User(agent_id.clone()), event }
}

fn to_admins(now: Timestamp, notice: AdminNotice) -> Effect {
    Effect::Notify { to: Audience::Admins, event: Event::AdminNotification { notice, at: now } }
}

fn to_room(id: &ConversationId, event: Event) -> Effect {
    Effect::Notify { to: Audience::Room(id.clone()), event }
}

fn is_online(agent: &Agent) -> bool {
    agent.presence != Presence::Gone
}
