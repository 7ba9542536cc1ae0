//! The modelled system: brain, database, decisions under way, network, and what was told to the outside.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use switchboard::domain::agent::Availability;
use switchboard::domain::chatbot::{RoutingMode, RoutingSettings};
use switchboard::domain::conversation::ConversationStatus;
use switchboard::domain::escalation::invariant::{self, Broken};
use switchboard::domain::escalation::{
    AgentProfile, Case, Effect, Effects, Ledger, OfferStatus, Op, Request, Setup, State, Supervisor,
};
use switchboard::domain::event::{AgentNotice, Event, Reply};
use switchboard::domain::ids::{AgentId, ConversationId, OfferId};
use switchboard::domain::rejection::Rejection;
use switchboard::domain::time::{Millis, Timestamp};

use super::actions::Message;

/// How big the system is.
#[derive(Clone, Debug)]
pub struct Config {
    pub agents: usize,
    pub conversations: usize,
    pub limit: i32,
    /// How often a message may be delivered.
    pub copies: u8,
    pub pending_max: usize,
    pub transfers: bool,
    pub budget: Budget,
    pub settings: RoutingSettings,
}

/// How much may still go wrong.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Budget {
    pub crashes: u8,
    pub jumps: u8,
    pub losses: u8,
}

impl Config {
    pub fn offers() -> Self {
        let settings = RoutingSettings {
            mode: RoutingMode::Offer,
            offer_timeout: Millis::from_secs(30),
            agent_grace: Millis::from_secs(20),
            // One thing at a time: these have their property tests.
            ageing_step: Millis::ZERO,
            agent_heartbeat_timeout: Millis::from_mins(60),
            customer_grace: Millis::from_mins(60),
            ..RoutingSettings::default()
        };
        Self {
            agents: 2,
            conversations: 2,
            limit: 1,
            copies: 1,
            pending_max: 2,
            transfers: false,
            budget: Budget { crashes: 1, jumps: 2, losses: 1 },
            settings,
        }
    }

    pub fn broadcast() -> Self {
        let mut config = Self::offers();
        config.settings.broadcast_offers = 2;
        config.budget.losses = 0;
        config.copies = 2;
        config.limit = 2;
        config.pending_max = 1;
        config
    }

    pub fn transfers() -> Self {
        let mut config = Self::offers();
        config.settings.mode = RoutingMode::Auto;
        config.transfers = true;
        config.copies = 2;
        config
    }
}

/// One decision that is not durable yet.
#[derive(Clone, Debug)]
pub struct Batch {
    pub ops: Vec<Op>,
    pub told: Vec<Told>,
    /// The tables after it.
    pub after: State,
}

/// What the outside hears once the decision is durable.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Told {
    Owns(ConversationId, AgentId),
    OwnsNoLonger(ConversationId, AgentId),
    Asked(OfferId, AgentId),
    SomebodyElseHasIt,
}

/// What happened once, for the `sometimes` properties.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Seen {
    pub crash_forgot: bool,
    pub told_who_has_it: bool,
    pub served_again: bool,
    pub not_responding: bool,
    pub backed_off: bool,
    pub transferred: bool,
    pub requeued: bool,
}

#[derive(Clone)]
pub struct World {
    pub now: Timestamp,
    pub brain: Supervisor,
    pub ledger: Ledger,
    pub pending: VecDeque<Batch>,
    /// Messages on their way, and how often each may still be delivered.
    pub network: BTreeMap<Message, u8>,
    pub linked: BTreeSet<usize>,
    pub told: BTreeMap<ConversationId, BTreeSet<AgentId>>,
    pub budget: Budget,
    pub seen: Seen,
    pub broken: Option<String>,
    epoch: u64,
}

pub fn agent(n: usize) -> AgentId {
    AgentId::from(format!("a{n}"))
}

pub fn conversation(n: usize) -> ConversationId {
    ConversationId::from(format!("c{n}"))
}

pub fn profile(config: &Config, n: usize) -> AgentProfile {
    AgentProfile { id: agent(n), name: format!("Agent {n}"), limit: Some(config.limit), skills: None, teams: None }
}

fn number(id: &str) -> usize {
    id.get(1..).and_then(|digits| digits.parse().ok()).unwrap_or(0)
}

impl World {
    pub fn begin(config: &Config) -> Self {
        let now = Timestamp::from_millis(1_795_176_000_000);
        let setup = Setup::new(config.settings.clone(), Vec::new(), 1);
        let brain = Supervisor::restore(setup, State::default(), now, &mut Effects::new());
        let mut world = Self {
            now,
            brain,
            ledger: Ledger::default(),
            pending: VecDeque::new(),
            network: BTreeMap::new(),
            linked: BTreeSet::new(),
            told: BTreeMap::new(),
            budget: config.budget.clone(),
            seen: Seen::default(),
            broken: None,
            epoch: 1,
        };
        for n in 0..config.conversations {
            world.ledger.open(case(n));
            world.network.insert(Message::Escalate(n), config.copies);
        }
        world.network.insert(Message::Close(0), 1);
        for n in 0..config.agents {
            world.linked.insert(n);
            world.ask(config, Request::AgentConnected(profile(config, n)));
            world.commit(config);
        }
        world
    }

    pub fn ask(&mut self, config: &Config, request: Request) {
        let before = self.brain.state().clone();
        let mut effects = Effects::new();
        let reply = self.brain.handle(self.now, request, &mut effects);
        self.keep(config, &before, effects, Some(&reply));
        if let Err(broken) = self.brain.verify(self.now) {
            self.note(&broken);
        }
    }

    fn note(&mut self, broken: &Broken) {
        self.broken.get_or_insert_with(|| broken.to_string());
    }

    fn keep(&mut self, config: &Config, before: &State, effects: Effects, reply: Option<&Result<Reply, Rejection>>) {
        let after = self.brain.state().clone();
        if let Err(broken) = invariant::check(before, &after, &effects, &config.settings) {
            self.note(&broken);
        }
        self.notice(before, &after, &effects);
        let mut told: Vec<Told> = effects.iter().filter_map(told).collect();
        match reply {
            Some(Ok(Reply::Assigned { conversation_id, agent_id, .. })) => {
                told.push(Told::Owns(conversation_id.clone(), agent_id.clone()));
            }
            Some(Err(Rejection::OfferGone { taken_by: Some(_) })) => told.push(Told::SomebodyElseHasIt),
            _ => {}
        }
        let ops: Vec<Op> = effects
            .into_iter()
            .filter_map(|effect| if let Effect::Op(op) = effect { Some(op) } else { None })
            .collect();
        if !ops.is_empty() || !told.is_empty() {
            self.pending.push_back(Batch { ops, told, after });
        }
        // What needs no commit waits for nobody but those before it.
        if self.pending.len() == 1 && self.pending[0].ops.is_empty() {
            self.commit(config);
        }
    }

    fn notice(&mut self, before: &State, after: &State, effects: &Effects) {
        let silent = |agent: &switchboard::domain::agent::Agent| agent.availability == Availability::NotResponding;
        self.seen.not_responding |= after.agents.values().any(silent);
        self.seen.backed_off |= after.entries.values().any(|entry| entry.retry_at.is_some());
        for (id, case) in &after.cases {
            let then = before.cases.get(id).and_then(|case| case.assigned_agent_id.as_ref());
            self.seen.requeued |= then.is_some() && case.assigned_agent_id.is_none();
            let new_owner = then.is_none() && case.assigned_agent_id.is_some();
            self.seen.served_again |= self.seen.requeued && new_owner;
        }
        self.seen.transferred |= effects.iter().any(|effect| match effect {
            Effect::Op(Op::EndOffer { offer_id, outcome: OfferStatus::Accepted, .. }) => {
                before.offers.get(offer_id).is_some_and(|offer| offer.from_agent_id.is_some())
            }
            _ => false,
        });
    }

    /// The oldest decision becomes durable; only now anybody hears of it.
    pub fn commit(&mut self, config: &Config) {
        let Some(batch) = self.pending.pop_front() else { return };
        if let Err(refused) = self.ledger.commit(&batch.ops) {
            self.broken.get_or_insert_with(|| format!("the database refused: {refused}"));
        }
        for told in batch.told {
            self.tell(config, told);
        }
        // Decisions without row changes behind it go out with it.
        if self.pending.front().is_some_and(|next| next.ops.is_empty()) {
            self.commit(config);
        }
    }

    fn tell(&mut self, config: &Config, told: Told) {
        match told {
            Told::Owns(id, agent_id) => {
                let (n, by) = (number(id.as_str()), number(agent_id.as_str()));
                if config.transfers && by == 0 {
                    self.network.insert(Message::Transfer { conversation: n, by, to: 1 }, 1);
                }
                self.told.entry(id).or_default().insert(agent_id);
            }
            Told::OwnsNoLonger(id, agent_id) => drop(self.told.entry(id).or_default().remove(&agent_id)),
            Told::Asked(offer_id, agent_id) => {
                let by = number(agent_id.as_str());
                self.network.insert(Message::Accept(offer_id.clone(), by), config.copies);
                self.network.insert(Message::Decline(offer_id, by), 1);
            }
            Told::SomebodyElseHasIt => self.seen.told_who_has_it = true,
        }
    }

    pub fn crash(&mut self, config: &Config) {
        self.seen.crash_forgot |= self.pending.iter().any(|batch| !batch.ops.is_empty());
        self.pending.clear();
        self.linked.clear();
        self.epoch += 1;
        let setup = Setup::new(config.settings.clone(), Vec::new(), self.epoch);
        let before = self.ledger.load();
        let mut effects = Effects::new();
        self.brain = Supervisor::restore(setup, before.clone(), self.now, &mut effects);
        self.keep(config, &before, effects, None);
    }

    // --- properties ---

    pub fn memory_is_ahead_of_the_rows(&self) -> bool {
        let mut rows = self.ledger.clone();
        self.pending.iter().all(|batch| rows.commit(&batch.ops).is_ok() && rows.load() == batch.after)
            && rows.load() == *self.brain.state()
    }

    pub fn rows_hold(&self, config: &Config) -> bool {
        invariant::check_tables(&self.ledger.load(), &config.settings).is_ok()
    }

    pub fn told_is_durable(&self) -> bool {
        let rows = self.ledger.load();
        self.told.iter().all(|(id, owners)| {
            let owner = rows.cases.get(id).and_then(|case| case.assigned_agent_id.as_ref());
            owners.iter().next() == owner
        })
    }
}

fn told(effect: &Effect) -> Option<Told> {
    let Effect::Notify { event: Event::AgentNotification { agent_id, notice, .. }, .. } = effect else { return None };
    let agent_id = agent_id.clone();
    match notice {
        AgentNotice::NewConversationAssigned { conversation_id, .. } => {
            Some(Told::Owns(conversation_id.clone(), agent_id))
        }
        AgentNotice::ConversationUnassigned { conversation_id, .. } => {
            Some(Told::OwnsNoLonger(conversation_id.clone(), agent_id))
        }
        AgentNotice::NewTransferRequest { offer_id, .. } => Some(Told::Asked(offer_id.clone(), agent_id)),
        _ => None,
    }
}

fn case(n: usize) -> Case {
    Case {
        conversation_id: conversation(n),
        customer_id: format!("customer-{n}").into(),
        customer_name: format!("Customer {n}"),
        chatbot_id: None,
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
    }
}
