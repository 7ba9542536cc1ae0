//! Orders derived from the tables: the queue (R6), the free agents (R7), the deadlines (R14). Never stored.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use crate::domain::agent::{Agent, Availability, Presence};
use crate::domain::conversation::ConversationStatus;
use crate::domain::ids::{AgentId, ChatbotId, ConversationId, OfferId, UserId};
use crate::domain::time::Timestamp;

use super::op::Op;
use super::ranked::RankedSet;
use super::state::{Case, EntryStatus, Offer, QueueEntry, State};

/// R6: effective priority descending, then age, then id.
pub(super) type QueueKey = (Reverse<i32>, Timestamp, ConversationId);

/// R7: share of free units descending (in millionths), then longest since the last assignment, then id.
pub(super) type FreeKey = (Reverse<i64>, Option<Timestamp>, AgentId);

/// A deadline's owner. A timer is only a cache of the stored moment (R14).
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum TimerKey {
    /// An offer times out.
    OfferDeadline(OfferId),
    /// An unconnected agent's grace ends.
    AgentGrace(AgentId),
    /// A connected agent gave no sign of life.
    AgentHeartbeat(AgentId),
    /// An entry's effective priority grows.
    Age(ConversationId),
    /// An entry's next skill is dropped.
    Relax(ConversationId),
    /// An entry's exclusions are reset.
    Retry(ConversationId),
    /// An entry is no longer kept for its last agent.
    Sticky(ConversationId),
    /// An entry has waited as long as allowed.
    MaxWait(ConversationId),
    /// A lost customer counts as gone.
    Abandon(ConversationId),
    /// Paperwork ends.
    WrapUp(ConversationId),
    /// A chatbot opens or closes.
    Hours(ChatbotId),
}

/// Entries that only differ in place: whoever may serve one of them may serve all, exclusions aside.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct LaneKey {
    /// Decides the mode.
    pub chatbot_id: Option<ChatbotId>,
    /// Still asked for (R9).
    pub skills: Vec<String>,
}

/// The open entries of one lane.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Lane {
    /// All, in R6's order.
    pub open: RankedSet<QueueKey>,
    /// Those whom nobody is being asked about and who do not wait for a reset (R4).
    pub ready: BTreeSet<QueueKey>,
}

/// Connected, available agents with the same skills and teams, counted together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Pool {
    /// How many.
    pub agents: usize,
    /// Their limits.
    pub limit: i64,
    /// What is free of it.
    pub free: i64,
}

/// The derived orders.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Index {
    /// Open entries in R6's order.
    pub queue: RankedSet<QueueKey>,
    /// The same by lane; no lane is empty.
    pub lanes: BTreeMap<LaneKey, Lane>,
    /// The lane of each open entry.
    pub lane_of: BTreeMap<ConversationId, LaneKey>,
    /// Who could serve, by what they can; no pool is empty.
    pub pools: BTreeMap<BTreeSet<String>, Pool>,
    /// Open entries that somebody declined or missed (R4).
    pub excluding: BTreeSet<ConversationId>,
    /// Agents who could take one more, in R7's order.
    pub free: BTreeSet<FreeKey>,
    /// Deadlines, earliest first.
    pub timers: BTreeSet<(Timestamp, TimerKey)>,
    /// Pending offers of a conversation.
    pub offers_of: BTreeMap<ConversationId, BTreeSet<OfferId>>,
    /// Pending offers to an agent.
    pub offers_to: BTreeMap<AgentId, BTreeSet<OfferId>>,
    /// Conversations of an agent, in wrap-up or not.
    pub owned: BTreeMap<AgentId, BTreeSet<ConversationId>>,
    /// Conversations of a customer.
    pub customers: BTreeMap<UserId, BTreeSet<ConversationId>>,
    /// Connected agents.
    pub connected: usize,
}

impl Index {
    /// Derives everything from the tables.
    pub fn build(state: &State) -> Self {
        let mut index = Self::default();
        state.agents.values().for_each(|agent| index.add_agent(agent));
        state.cases.values().for_each(|case| index.add_case(case));
        state.entries.values().for_each(|entry| index.add_entry(state, entry));
        state.offers.values().for_each(|offer| index.add_offer(offer));
        index
    }

    /// Applies an op to the tables and keeps the orders right.
    pub fn apply(&mut self, state: &mut State, op: &Op) {
        if stays(state, op) {
            state.apply(op);
            return;
        }
        self.touch(state, op, false);
        state.apply(op);
        self.touch(state, op, true);
    }

    /// Takes the row that an op concerns out of the orders (`add` false) or puts it in.
    fn touch(&mut self, state: &State, op: &Op, add: bool) {
        match op {
            Op::PutAgent(Agent { id: agent_id, .. }) | Op::AdjustLoad { agent_id, .. } => {
                if let Some(agent) = state.agents.get(agent_id) {
                    if add { self.add_agent(agent) } else { self.remove_agent(agent) }
                }
            }
            Op::TrackCase(Case { conversation_id, .. }) | Op::ForgetCase { conversation_id } => {
                if let Some(case) = state.cases.get(conversation_id) {
                    if add { self.add_case(case) } else { self.remove_case(case) }
                }
            }
            // Whose conversation it is does not change by it.
            Op::ChangeConversation(change) => {
                if let Some(case) = state.cases.get(&change.conversation_id) {
                    if add { self.add_work(case) } else { self.remove_work(case) }
                }
            }
            Op::PutEntry(QueueEntry { conversation_id, .. }) | Op::EndEntry { conversation_id, .. } => {
                if let Some(entry) = state.entries.get(conversation_id) {
                    if add { self.add_entry(state, entry) } else { self.remove_entry(entry) }
                }
            }
            Op::PutOffer(Offer { id: offer_id, .. }) | Op::EndOffer { offer_id, .. } => {
                if let Some(offer) = state.offers.get(offer_id) {
                    if add { self.add_offer(offer) } else { self.remove_offer(offer) }
                }
            }
            _ => {}
        }
    }

    fn add_agent(&mut self, agent: &Agent) {
        if let Some(until) = agent.grace_until {
            self.timers.insert((until, TimerKey::AgentGrace(agent.id.clone())));
        }
        if let Some(key) = free_key(agent) {
            self.free.insert(key);
        }
        if serves(agent) {
            let pool = self.pools.entry(abilities(agent)).or_default();
            pool.agents += 1;
            pool.limit += i64::from(agent.capacity.limit);
            pool.free += i64::from(agent.capacity.free());
        }
        if agent.presence == Presence::Connected {
            self.connected += 1;
        }
    }

    fn remove_agent(&mut self, agent: &Agent) {
        if let Some(until) = agent.grace_until {
            self.timers.remove(&(until, TimerKey::AgentGrace(agent.id.clone())));
        }
        if let Some(key) = free_key(agent) {
            self.free.remove(&key);
        }
        if serves(agent) {
            let key = abilities(agent);
            if let Some(pool) = self.pools.get_mut(&key) {
                pool.agents -= 1;
                pool.limit -= i64::from(agent.capacity.limit);
                pool.free -= i64::from(agent.capacity.free());
                if pool.agents == 0 {
                    self.pools.remove(&key);
                }
            }
        }
        if agent.presence == Presence::Connected {
            self.connected -= 1;
        }
    }

    fn add_case(&mut self, case: &Case) {
        self.customers.entry(case.customer_id.clone()).or_default().insert(case.conversation_id.clone());
        self.add_work(case);
    }

    fn remove_case(&mut self, case: &Case) {
        remove_from(&mut self.customers, &case.customer_id, &case.conversation_id);
        self.remove_work(case);
    }

    fn add_work(&mut self, case: &Case) {
        if let Some(agent_id) = &case.assigned_agent_id {
            self.owned.entry(agent_id.clone()).or_default().insert(case.conversation_id.clone());
        }
        if let Some(until) = wrap_up_ends(case.status, case.wrap_up_until) {
            self.timers.insert((until, TimerKey::WrapUp(case.conversation_id.clone())));
        }
    }

    fn remove_work(&mut self, case: &Case) {
        if let Some(agent_id) = &case.assigned_agent_id {
            remove_from(&mut self.owned, agent_id, &case.conversation_id);
        }
        if let Some(until) = wrap_up_ends(case.status, case.wrap_up_until) {
            self.timers.remove(&(until, TimerKey::WrapUp(case.conversation_id.clone())));
        }
    }

    fn add_entry(&mut self, state: &State, entry: &QueueEntry) {
        let key = queue_key(entry);
        self.queue.insert(key.clone());
        let chatbot_id = state.cases.get(&entry.conversation_id).and_then(|case| case.chatbot_id.clone());
        let lane_key = LaneKey { chatbot_id, skills: entry.skills.clone() };
        let lane = self.lanes.entry(lane_key.clone()).or_default();
        if entry.status == EntryStatus::Waiting && entry.retry_at.is_none() {
            lane.ready.insert(key.clone());
        }
        lane.open.insert(key);
        self.lane_of.insert(entry.conversation_id.clone(), lane_key);
        if !entry.excluded.is_empty() {
            self.excluding.insert(entry.conversation_id.clone());
        }
        self.timers.extend(entry_timers(entry));
    }

    fn remove_entry(&mut self, entry: &QueueEntry) {
        let key = queue_key(entry);
        self.queue.remove(&key);
        if let Some(lane_key) = self.lane_of.remove(&entry.conversation_id)
            && let Some(lane) = self.lanes.get_mut(&lane_key)
        {
            lane.open.remove(&key);
            lane.ready.remove(&key);
            if lane.open.is_empty() {
                self.lanes.remove(&lane_key);
            }
        }
        self.excluding.remove(&entry.conversation_id);
        for timer in entry_timers(entry) {
            self.timers.remove(&timer);
        }
    }

    fn add_offer(&mut self, offer: &Offer) {
        self.offers_of.entry(offer.conversation_id.clone()).or_default().insert(offer.id.clone());
        self.offers_to.entry(offer.agent_id.clone()).or_default().insert(offer.id.clone());
        self.timers.insert((offer.expires_at, TimerKey::OfferDeadline(offer.id.clone())));
    }

    fn remove_offer(&mut self, offer: &Offer) {
        remove_from(&mut self.offers_of, &offer.conversation_id, &offer.id);
        remove_from(&mut self.offers_to, &offer.agent_id, &offer.id);
        self.timers.remove(&(offer.expires_at, TimerKey::OfferDeadline(offer.id.clone())));
    }
}

/// Whether an op changes nothing that an order is made of: then its row's places need not be looked for.
fn stays(state: &State, op: &Op) -> bool {
    match op {
        Op::ChangeConversation(change) => state.cases.get(&change.conversation_id).is_some_and(|case| {
            let until = change.wrap_up_until.unwrap_or(case.wrap_up_until);
            change.assigned_agent_id.as_ref().is_none_or(|owner| *owner == case.assigned_agent_id)
                && wrap_up_ends(change.status, until) == wrap_up_ends(case.status, case.wrap_up_until)
        }),
        Op::PutEntry(entry) => state.entries.get(&entry.conversation_id).is_some_and(|known| same_places(known, entry)),
        _ => false,
    }
}

fn same_places(known: &QueueEntry, entry: &QueueEntry) -> bool {
    // Every field is named, so that a new one has to be thought of.
    let QueueEntry {
        conversation_id: _,
        status,
        queued_at,
        base_priority: _,
        effective_priority,
        skills,
        excluded,
        resets: _,
        sticky_agent_id: _,
        sticky_until,
        age_at,
        relax_at,
        retry_at,
        max_wait_at,
        abandon_at,
        predicted_wait_s: _,
        predicted_p90_s: _,
    } = known;
    (*status, *queued_at, *effective_priority) == (entry.status, entry.queued_at, entry.effective_priority)
        && *skills == entry.skills
        && excluded.is_empty() == entry.excluded.is_empty()
        && (*age_at, *relax_at, *retry_at) == (entry.age_at, entry.relax_at, entry.retry_at)
        && (*sticky_until, *max_wait_at, *abandon_at) == (entry.sticky_until, entry.max_wait_at, entry.abandon_at)
}

fn wrap_up_ends(status: ConversationStatus, until: Option<Timestamp>) -> Option<Timestamp> {
    until.filter(|_| status == ConversationStatus::WrapUp)
}

/// Connected and taking new conversations, when there is room.
fn serves(agent: &Agent) -> bool {
    agent.presence == Presence::Connected && agent.availability == Availability::Available
}

/// R9: a team's name counts as a skill.
fn abilities(agent: &Agent) -> BTreeSet<String> {
    agent.skills.iter().chain(&agent.teams).cloned().collect()
}

fn remove_from<K: Ord, V: Ord>(map: &mut BTreeMap<K, BTreeSet<V>>, key: &K, value: &V) {
    if let Some(set) = map.get_mut(key) {
        set.remove(value);
        if set.is_empty() {
            map.remove(key);
        }
    }
}

/// Where an entry stands in R6's order.
pub(super) fn queue_key(entry: &QueueEntry) -> QueueKey {
    (Reverse(entry.effective_priority), entry.queued_at, entry.conversation_id.clone())
}

/// Connected, available, and with room.
pub(super) fn takes_one_more(agent: &Agent) -> bool {
    serves(agent) && agent.capacity.free() > 0
}

/// Where an agent stands in R7's order; none when it cannot take one more.
fn free_key(agent: &Agent) -> Option<FreeKey> {
    if !takes_one_more(agent) {
        return None;
    }
    let free = agent.capacity.free();
    let share = i64::from(free) * 1_000_000 / i64::from(agent.capacity.limit.max(1));
    Some((Reverse(share), agent.last_assigned_at, agent.id.clone()))
}

fn entry_timers(entry: &QueueEntry) -> impl Iterator<Item = (Timestamp, TimerKey)> {
    let id = &entry.conversation_id;
    [
        entry.age_at.map(|at| (at, TimerKey::Age(id.clone()))),
        entry.relax_at.map(|at| (at, TimerKey::Relax(id.clone()))),
        entry.retry_at.map(|at| (at, TimerKey::Retry(id.clone()))),
        entry.sticky_until.map(|at| (at, TimerKey::Sticky(id.clone()))),
        entry.max_wait_at.map(|at| (at, TimerKey::MaxWait(id.clone()))),
        entry.abandon_at.map(|at| (at, TimerKey::Abandon(id.clone()))),
    ]
    .into_iter()
    .flatten()
}
