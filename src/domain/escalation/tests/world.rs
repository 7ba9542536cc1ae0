//! A supervisor, a database and a clock; every request is checked against every invariant.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::agent::Availability;
use crate::domain::chatbot::{Chatbot, RoutingMode, RoutingSettings};
use crate::domain::command::{ReleaseTo, TransferTarget};
use crate::domain::conversation::ConversationStatus;
use crate::domain::escalation::invariant;
use crate::domain::escalation::*;
use crate::domain::event::Reply;
use crate::domain::ids::{AgentId, ChatbotId, ConversationId, OfferId, UserId};
use crate::domain::rejection::Rejection;
use crate::domain::time::{Millis, Timestamp};
use crate::domain::user::Role;

/// 2026-11-20 12:00 UTC, a Friday.
pub(super) const NOON: Timestamp = Timestamp::from_millis(1_795_176_000_000);

/// One request, what it led to, and the tables before and after it.
pub(super) struct Moment {
    pub request: Option<Request>,
    pub now: Timestamp,
    pub before: State,
    pub after: State,
    pub effects: Effects,
    pub reply: Result<Reply, Rejection>,
}

impl Moment {
    pub(super) fn ops(&self) -> impl Iterator<Item = &Op> {
        self.effects.iter().filter_map(|effect| if let Effect::Op(op) = effect { Some(op) } else { None })
    }

    /// Each op with the tables just before it.
    pub(super) fn replay(&self, mut see: impl FnMut(&State, &Op)) {
        let mut state = self.before.clone();
        for op in self.ops() {
            see(&state, op);
            state.apply(op);
        }
    }

    pub(super) fn decisions(&self) -> impl Iterator<Item = &Decision> {
        self.ops().filter_map(|op| if let Op::LogDecision { decision, .. } = op { Some(decision) } else { None })
    }
}

pub(super) struct World {
    pub brain: Supervisor,
    pub ledger: Ledger,
    pub shadow: State,
    pub now: Timestamp,
    pub settings: RoutingSettings,
    pub chatbots: BTreeMap<ChatbotId, Chatbot>,
    pub linked: BTreeSet<ConversationId>,
    /// When hours were changed last.
    pub hours_at: Timestamp,
    /// Every offer ever made, with its agent.
    pub offers: Vec<(OfferId, AgentId)>,
    epoch: u64,
}

pub(super) fn agent(n: usize) -> AgentId {
    AgentId::from(format!("agent-{n}"))
}

pub(super) fn conversation(n: usize) -> ConversationId {
    ConversationId::from(format!("conversation-{n}"))
}

pub(super) fn chatbot(id: &str) -> Chatbot {
    Chatbot {
        id: ChatbotId::from(id),
        name: id.to_owned(),
        greeting: String::new(),
        routing_mode: None,
        closed_policy: None,
        assistant: Default::default(),
        theme: None,
        widget: Default::default(),
        hours: None,
        allowed_origins: Vec::new(),
        created_at: NOON,
        updated_at: NOON,
    }
}

pub(super) fn profile(n: usize) -> AgentProfile {
    AgentProfile { id: agent(n), name: format!("Agent {n}"), limit: None, skills: None, teams: None }
}

impl World {
    pub(super) fn new(settings: RoutingSettings) -> Self {
        let setup = Setup::new(settings.clone(), Vec::new(), 1);
        let brain = Supervisor::restore(setup, State::default(), NOON, &mut Effects::new());
        Self {
            brain,
            ledger: Ledger::default(),
            shadow: State::default(),
            now: NOON,
            settings,
            chatbots: BTreeMap::new(),
            linked: BTreeSet::new(),
            hours_at: NOON,
            offers: Vec::new(),
            epoch: 1,
        }
    }

    pub(super) fn mode(mode: RoutingMode) -> Self {
        Self::new(RoutingSettings { mode, ..RoutingSettings::default() })
    }

    /// What the room of a conversation says of it; it begins if it is new.
    pub(super) fn facts(&mut self, n: usize) -> ConversationFacts {
        let id = conversation(n);
        if self.ledger.facts(&id, true).is_none() {
            self.linked.insert(id.clone());
            self.ledger.open(Case {
                conversation_id: id.clone(),
                customer_id: UserId::from(format!("customer-{}", n % 3)),
                customer_name: format!("Customer {n}"),
                chatbot_id: self.chatbots.keys().nth(n % 2).cloned(),
                status: ConversationStatus::Active,
                assigned_agent_id: None,
                version: 1,
                priority: 0,
                skills: Vec::new(),
                reason: None,
                escalated_at: None,
                assigned_at: None,
                wrap_up_until: None,
                assignment_id: None,
            });
        }
        self.ledger.facts(&id, self.linked.contains(&id)).unwrap()
    }

    pub(super) fn ask(&mut self, request: Request) -> Moment {
        match &request {
            Request::CustomerLost { conversation_id } => drop(self.linked.remove(conversation_id)),
            Request::CustomerBack { conversation_id } => drop(self.linked.insert(conversation_id.clone())),
            Request::PutChatbot(bot) => {
                self.hours_at = self.now;
                self.chatbots.insert(bot.id.clone(), bot.clone());
            }
            Request::RemoveChatbot { chatbot_id } => drop(self.chatbots.remove(chatbot_id)),
            _ => {}
        }
        let before = self.shadow.clone();
        let mut effects = Effects::new();
        let reply = self.brain.handle(self.now, request.clone(), &mut effects);
        self.settle(Some(request), before, effects, reply)
    }

    /// The process is killed; what was durable is loaded.
    pub(super) fn restart(&mut self) -> Moment {
        self.epoch += 1;
        self.linked.clear();
        let setup = Setup::new(self.settings.clone(), self.chatbots.values().cloned().collect(), self.epoch);
        let before = self.ledger.load();
        let mut effects = Effects::new();
        self.brain = Supervisor::restore(setup, before.clone(), self.now, &mut effects);
        let mut after_load = self.settle_without_checks(before, effects);
        // Deadlines that passed meanwhile fire with the first request of the new life.
        let tick = self.ask(Request::Tick);
        after_load.effects.extend(tick.effects);
        after_load.after = tick.after;
        after_load
    }

    fn settle_without_checks(&mut self, before: State, effects: Effects) -> Moment {
        let moment = Moment {
            request: None,
            now: self.now,
            before,
            after: self.brain.state().clone(),
            effects,
            reply: Ok(Reply::Done),
        };
        self.store(&moment);
        moment
    }

    fn settle(
        &mut self,
        request: Option<Request>,
        before: State,
        effects: Effects,
        reply: Result<Reply, Rejection>,
    ) -> Moment {
        let after = self.brain.state().clone();
        let moment = Moment { request, now: self.now, before, after, effects, reply };
        self.store(&moment);
        let held = invariant::check(&moment.before, &moment.after, &moment.effects, &self.settings);
        let held = held.and_then(|()| self.brain.verify(self.now));
        if let Err(broken) = held {
            panic!("{broken}\nafter {:?}\nops {:#?}", moment.request, moment.ops().collect::<Vec<_>>());
        }
        moment
    }

    fn store(&mut self, moment: &Moment) {
        if let Err(refused) = self.ledger.commit(moment.ops()) {
            panic!(
                "the database refused: {refused}\n{:?}\nops {:#?}",
                moment.request,
                moment.ops().collect::<Vec<_>>()
            );
        }
        for op in moment.ops() {
            self.shadow.apply(op);
            if let Op::PutOffer(offer) = op {
                self.offers.push((offer.id.clone(), offer.agent_id.clone()));
            }
        }
        assert_eq!(&self.shadow, self.brain.state(), "a table changed without an op: {:?}", moment.request);
        assert_eq!(self.ledger.load(), self.shadow, "a restart would load something else: {:?}", moment.request);
    }

    pub(super) fn pass(&mut self, span: Millis) -> Moment {
        self.now = self.now + span;
        self.ask(Request::Tick)
    }

    pub(super) fn seconds(&mut self, secs: i64) -> Moment {
        self.pass(Millis::from_secs(secs))
    }

    // --- requests by number ---

    pub(super) fn connect(&mut self, n: usize, limit: i32) -> Moment {
        self.connect_with(n, limit, &[])
    }

    pub(super) fn connect_with(&mut self, n: usize, limit: i32, skills: &[&str]) -> Moment {
        let skills = Some(skills.iter().map(|&skill| skill.to_owned()).collect());
        self.ask(Request::AgentConnected(AgentProfile { limit: Some(limit), skills, ..profile(n) }))
    }

    pub(super) fn disconnect(&mut self, n: usize) -> Moment {
        self.ask(Request::AgentDisconnected { agent_id: agent(n) })
    }

    pub(super) fn escalate(&mut self, n: usize) -> Moment {
        self.escalate_with(n, 0, &[])
    }

    pub(super) fn escalate_with(&mut self, n: usize, priority: i32, skills: &[&str]) -> Moment {
        let facts = self.facts(n);
        let skills = skills.iter().map(|&skill| skill.to_owned()).collect();
        self.ask(Request::Escalate { facts, reason: Some("refund".into()), priority: Some(priority), skills })
    }

    /// The newest offer ever made of a conversation to an agent.
    pub(super) fn offer(&self, n: usize, to: usize) -> OfferId {
        let made = self.offers.iter().rev().find(|(id, agent_id)| {
            *agent_id == agent(to) && self.brain.conversation_of_offer(id) == Some(&conversation(n))
        });
        made.unwrap_or_else(|| panic!("conversation {n} was never offered to agent {to}")).0.clone()
    }

    pub(super) fn accept(&mut self, n: usize, by: usize) -> Moment {
        let offer_id = self.offer(n, by);
        self.ask(Request::Accept { offer_id, agent_id: agent(by) })
    }

    pub(super) fn decline(&mut self, n: usize, by: usize) -> Moment {
        let offer_id = self.offer(n, by);
        self.ask(Request::Decline { offer_id, agent_id: agent(by), reason: Some("busy".into()) })
    }

    pub(super) fn take(&mut self, n: usize, by: usize) -> Moment {
        let facts = self.facts(n);
        self.ask(Request::AssignToMe { facts, agent: profile(by) })
    }

    pub(super) fn assign(&mut self, n: usize, to: usize) -> Moment {
        let facts = self.facts(n);
        self.ask(Request::Assign { facts, agent_id: agent(to) })
    }

    pub(super) fn transfer(&mut self, n: usize, by: usize, target: TransferTarget) -> Moment {
        let by = Actor { user_id: Some(agent(by)), role: Role::Agent };
        self.ask(Request::Transfer { conversation_id: conversation(n), by, target, note: Some("knows it".into()) })
    }

    pub(super) fn release(&mut self, n: usize, by: usize, to: ReleaseTo) -> Moment {
        let by = Actor { user_id: Some(agent(by)), role: Role::Agent };
        self.ask(Request::Release { conversation_id: conversation(n), by, to })
    }

    pub(super) fn prioritize(&mut self, n: usize, priority: i32) -> Moment {
        self.ask(Request::SetPriority { conversation_id: conversation(n), priority })
    }

    pub(super) fn close(&mut self, n: usize, role: Role) -> Moment {
        let facts = self.facts(n);
        let user_id = Some(facts.case.customer_id.clone());
        self.ask(Request::Close { facts, by: Actor { user_id, role }, reason: "resolved".into() })
    }

    pub(super) fn choose(&mut self, n: usize, availability: Availability) -> Moment {
        self.ask(Request::SetAvailability { agent_id: agent(n), availability, reason: None })
    }

    pub(super) fn limit(&mut self, n: usize, limit: i32) -> Moment {
        self.ask(Request::ChangeAgent(AgentProfile { limit: Some(limit), ..profile(n) }))
    }

    pub(super) fn lost(&mut self, n: usize) -> Moment {
        self.ask(Request::CustomerLost { conversation_id: conversation(n) })
    }

    pub(super) fn back(&mut self, n: usize) -> Moment {
        self.ask(Request::CustomerBack { conversation_id: conversation(n) })
    }

    // --- what the tables say, by number ---

    pub(super) fn owner(&self, n: usize) -> Option<AgentId> {
        self.shadow.cases.get(&conversation(n)).and_then(|case| case.assigned_agent_id.clone())
    }

    pub(super) fn entry(&self, n: usize) -> Option<&QueueEntry> {
        self.shadow.entries.get(&conversation(n))
    }

    pub(super) fn the_agent(&self, n: usize) -> &crate::domain::agent::Agent {
        &self.shadow.agents[&agent(n)]
    }

    pub(super) fn hours_changed_since(&self, at: Timestamp) -> bool {
        self.hours_at >= at
    }

    /// How many offers an agent has.
    pub(super) fn asked_of(&self, id: &AgentId) -> usize {
        self.shadow.offers.values().filter(|offer| offer.agent_id == *id).count()
    }

    /// The agents who are asked about a conversation.
    pub(super) fn asked(&self, n: usize) -> Vec<AgentId> {
        let of = |offer: &&Offer| offer.conversation_id == conversation(n);
        self.shadow.offers.values().filter(of).map(|offer| offer.agent_id.clone()).collect()
    }
}
