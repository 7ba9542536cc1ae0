//! What must hold after every request, numbered. Property tests, scenario files and the model check all use these.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::domain::agent::{Availability, Presence};
use crate::domain::chatbot::RoutingSettings;
use crate::domain::conversation::ConversationStatus;
use crate::domain::ids::{AgentId, ConversationId};
use crate::domain::time::Millis;

use super::decision::Outcome;
use super::op::Op;
use super::request::Effect;
use super::state::{Case, EntryStatus, Offer, QueueEntry, State};

macro_rules! invariants {
    ($($(#[$doc:meta])* $name:ident = $number:literal),+ $(,)?) => {
        /// One thing that must hold.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Invariant { $($(#[$doc])* $name),+ }

        impl Invariant {
            /// Every one.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// Its number, for reports.
            pub const fn number(self) -> u8 {
                match self { $(Self::$name => $number),+ }
            }
        }
    };
}

invariants! {
    /// An assigned or wrapping-up conversation has one owner and one open assignment; no other has any (R1).
    R1OneOwner = 1,
    /// At most one pending offer per conversation, k in broadcast mode, never two to one agent (R1).
    R1OneOffer = 2,
    /// At no step of a transaction more units than the limit, but what a person let stand (R2).
    R2CapacityHeld = 3,
    /// A load is the number of owned conversations and of pending offers, nothing else (R2).
    LoadIsDerivable = 4,
    /// A conversation waits if and only if it has an open entry, and is offered if and only if somebody is asked.
    QueueAndCaseAgree = 5,
    /// An entry keeps its time; a lost agent's conversation comes back as old as it was (R3, R10).
    R3PlaceKept = 6,
    /// Nobody who declined or missed an entry is asked again before its exclusions are reset (R4).
    R4ExcludedNotAsked = 7,
    /// A reset waits 1 to 30 s: there is no busy loop (R4).
    R4BackOffBounded = 8,
    /// Only somebody who is available has pending offers (R5, R13).
    R5OffersToAvailable = 9,
    /// Ageing stays between the base and the top; only a lost agent's conversation is above (R6).
    R6PriorityInBounds = 10,
    /// Nobody is overtaken except through a higher effective priority (R3, R6).
    R6NobodyOvertaken = 11,
    /// The clock of the last assignment moves with an assignment only (R7).
    R7ClockMovesWithAssignments = 12,
    /// Nobody who is gone has work (R10).
    R10GoneOwnsNothing = 13,
    /// A transfer asks for an owned conversation, in its owner's name, somebody else (R12).
    R12TransferHasOwner = 14,
    /// Nobody drains with nothing left to do (R13).
    R13DrainingHasWork = 15,
    /// What ends by itself has its moment stored (R14).
    R14DeadlinesStored = 16,
    /// Each assignment and each offer was logged as a decision.
    DecisionsLogged = 17,
    /// No waiting entry is left that a free agent could serve (R16).
    R16NothingLeftUndone = 18,
    /// The orders in memory are what the tables say.
    DeadlinesIndexed = 19,
}

/// An invariant that does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// Which.
    pub invariant: Invariant,
    /// For whom, and what was found.
    pub about: String,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "I{} {:?}: {}", self.invariant.number(), self.invariant, self.about)
    }
}

impl std::error::Error for Broken {}

type Held = Result<(), Broken>;

pub(super) fn demand(holds: bool, invariant: Invariant, about: impl FnOnce() -> String) -> Held {
    if holds { Ok(()) } else { Err(Broken { invariant, about: about() }) }
}

/// Checks the tables after a request, and the step that led to them.
///
/// # Errors
/// The first invariant that does not hold.
pub fn check(before: &State, after: &State, effects: &[Effect], settings: &RoutingSettings) -> Held {
    check_tables(after, settings)?;
    check_step(before, after, effects, settings)
}

/// Checks what the tables say by themselves.
///
/// # Errors
/// The first invariant that does not hold.
pub fn check_tables(state: &State, settings: &RoutingSettings) -> Held {
    let orders = Orders::of(state);
    for case in state.cases.values() {
        check_owner(case)?;
        check_case_and_entry(state, &orders, case)?;
    }
    for entry in state.entries.values() {
        check_entry(state, &orders, entry, settings)?;
    }
    for offer in state.offers.values() {
        check_offer(state, offer, settings)?;
    }
    check_offer_counts(state, &orders, settings)?;
    check_agents(state, &orders)
}

/// What follows from the tables, found the slow way.
#[derive(Default)]
struct Orders<'a> {
    offers_of: BTreeMap<&'a ConversationId, Vec<&'a Offer>>,
    held: BTreeMap<&'a AgentId, i32>,
    used: BTreeMap<&'a AgentId, i32>,
}

impl<'a> Orders<'a> {
    fn of(state: &'a State) -> Self {
        let mut orders = Self::default();
        for offer in state.offers.values() {
            orders.offers_of.entry(&offer.conversation_id).or_default().push(offer);
            *orders.held.entry(&offer.agent_id).or_default() += 1;
        }
        for owner in state.cases.values().filter_map(|case| case.assigned_agent_id.as_ref()) {
            *orders.used.entry(owner).or_default() += 1;
        }
        orders
    }
}

fn check_owner(case: &Case) -> Held {
    let owned = matches!(case.status, ConversationStatus::AgentAssigned | ConversationStatus::WrapUp);
    let whole = case.assigned_agent_id.is_some() == owned && case.assignment_id.is_some() == owned;
    demand(whole, Invariant::R1OneOwner, || format!("{case:?}"))?;
    let stored = (case.status == ConversationStatus::WrapUp) == case.wrap_up_until.is_some();
    demand(stored, Invariant::R14DeadlinesStored, || format!("{case:?}"))
}

fn check_case_and_entry(state: &State, orders: &Orders<'_>, case: &Case) -> Held {
    let id = &case.conversation_id;
    let asked = orders.offers_of.get(id).is_some_and(|offers| offers.iter().any(|it| it.from_agent_id.is_none()));
    let expected = match case.status {
        ConversationStatus::WaitingForAgent => Some(EntryStatus::Waiting),
        ConversationStatus::Offered => Some(EntryStatus::Offered),
        ConversationStatus::AgentAssigned | ConversationStatus::WrapUp => None,
        ConversationStatus::Active | ConversationStatus::Closed => {
            return demand(false, Invariant::QueueAndCaseAgree, || format!("{id} is {:?} and still here", case.status));
        }
    };
    let found = state.entries.get(id).map(|entry| entry.status);
    let agree = found == expected && asked == (expected == Some(EntryStatus::Offered));
    demand(agree, Invariant::QueueAndCaseAgree, || {
        format!("{id} is {:?}, its entry {found:?}, somebody asked: {asked}", case.status)
    })
}

fn check_entry(state: &State, orders: &Orders<'_>, entry: &QueueEntry, settings: &RoutingSettings) -> Held {
    let id = &entry.conversation_id;
    demand(state.cases.contains_key(id), Invariant::QueueAndCaseAgree, || format!("the entry {id} has no case"))?;
    let top = settings.top_priority;
    let effective = entry.effective_priority;
    let bounded = effective == top + 1 || (entry.base_priority.min(top)..=top).contains(&effective);
    demand(bounded, Invariant::R6PriorityInBounds, || format!("{entry:?}"))?;
    let asked_again = orders
        .offers_of
        .get(id)
        .and_then(|offers| offers.iter().find(|offer| entry.excluded.contains(&offer.agent_id)));
    demand(asked_again.is_none(), Invariant::R4ExcludedNotAsked, || format!("{asked_again:?}"))?;
    let ages = effective < top && settings.ageing_step > Millis::ZERO;
    let relaxes = !entry.skills.is_empty() && settings.relax_after > Millis::ZERO;
    let longest = settings.max_wait.is_none() || entry.max_wait_at.is_some();
    let bounded_wait = longest || settings.max_wait_policy == crate::domain::chatbot::FallbackPolicy::QueueAnyway;
    let stored = entry.age_at.is_some() == ages && entry.relax_at.is_some() == relaxes && bounded_wait;
    demand(stored, Invariant::R14DeadlinesStored, || format!("{entry:?}"))
}

fn check_offer(state: &State, offer: &Offer, settings: &RoutingSettings) -> Held {
    let agent = state.agents.get(&offer.agent_id);
    let available = agent.is_some_and(|agent| agent.availability == Availability::Available);
    demand(available, Invariant::R5OffersToAvailable, || format!("{offer:?}"))?;
    let stored = offer.expires_at == offer.created_at + settings.offer_timeout;
    demand(stored, Invariant::R14DeadlinesStored, || format!("{offer:?}"))?;
    let Some(owner) = &offer.from_agent_id else { return Ok(()) };
    let case = state.cases.get(&offer.conversation_id);
    let owned = case.is_some_and(|case| {
        case.status == ConversationStatus::AgentAssigned && case.assigned_agent_id.as_ref() == Some(owner)
    });
    demand(owned && offer.agent_id != *owner, Invariant::R12TransferHasOwner, || format!("{offer:?}"))
}

fn check_offer_counts(state: &State, orders: &Orders<'_>, settings: &RoutingSettings) -> Held {
    for (id, offers) in &orders.offers_of {
        let transfer = offers.iter().any(|offer| offer.from_agent_id.is_some());
        let most = if transfer { 1 } else { settings.broadcast_offers.max(1) };
        let agents: BTreeSet<_> = offers.iter().map(|offer| &offer.agent_id).collect();
        let few = offers.len() <= most && agents.len() == offers.len();
        demand(few, Invariant::R1OneOffer, || format!("{} offers of {id}", offers.len()))?;
        demand(state.cases.contains_key(*id), Invariant::R1OneOffer, || format!("an offer of {id}, which is over"))?;
    }
    Ok(())
}

fn check_agents(state: &State, orders: &Orders<'_>) -> Held {
    for agent in state.agents.values() {
        let load = agent.capacity;
        let (used, held) = (orders.used.get(&agent.id).copied(), orders.held.get(&agent.id).copied());
        let (used, held) = (used.unwrap_or(0), held.unwrap_or(0));
        demand(load.used == used && load.held == held, Invariant::LoadIsDerivable, || {
            format!("{} has {used} and is asked for {held}, the row says {load:?}", agent.id)
        })?;
        let over = (used + held - load.limit).max(0);
        demand(load.over == over, Invariant::R2CapacityHeld, || format!("{}: {load:?}", agent.id))?;
        let idle = used == 0 && held == 0;
        demand(agent.presence != Presence::Gone || idle, Invariant::R10GoneOwnsNothing, || format!("{agent:?}"))?;
        let drains = agent.availability == Availability::Draining;
        demand(!drains || !idle, Invariant::R13DrainingHasWork, || format!("{agent:?}"))?;
        let stored = (agent.presence == Presence::Grace) == agent.grace_until.is_some();
        demand(stored, Invariant::R14DeadlinesStored, || format!("{agent:?}"))?;
    }
    for owner in orders.used.keys().chain(orders.held.keys()) {
        demand(state.agents.contains_key(*owner), Invariant::LoadIsDerivable, || format!("{owner} is unknown"))?;
    }
    Ok(())
}

fn check_step(before: &State, after: &State, effects: &[Effect], settings: &RoutingSettings) -> Held {
    let ops = || effects.iter().filter_map(|effect| if let Effect::Op(op) = effect { Some(op) } else { None });
    check_units_step_by_step(before, ops())?;
    check_logged(ops())?;
    for (id, now) in &after.agents {
        let then = before.agents.get(id);
        let moved = then.is_some_and(|then| then.last_assigned_at != now.last_assigned_at);
        let assigned = ops().any(|op| matches!(op, Op::PutAssignment(it) if it.agent_id == *id));
        demand(!moved || assigned, Invariant::R7ClockMovesWithAssignments, || format!("{now:?}"))?;
    }
    for entry in after.entries.values() {
        let again = ops()
            .any(|op| matches!(op, Op::EndEntry { conversation_id, .. } if *conversation_id == entry.conversation_id));
        if !again {
            check_place_kept(before, entry, settings)?;
        }
    }
    check_overtaking(before, after, settings)
}

/// R2: units above the limit are granted only to a person's override, or left standing when the limit goes down.
fn check_units_step_by_step<'a>(before: &State, ops: impl Iterator<Item = &'a Op> + Clone) -> Held {
    let mut agents = State { agents: before.agents.clone(), ..State::default() };
    let manual = |agent_id: &AgentId| {
        ops.clone().any(|op| matches!(op, Op::PutAssignment(it) if it.manual && it.agent_id == *agent_id))
    };
    let lowered = |agent_id: &AgentId| {
        let known = before.agents.get(agent_id).map_or(0, |agent| agent.capacity.limit);
        ops.clone().any(|op| matches!(op, Op::PutAgent(it) if it.id == *agent_id && it.capacity.limit < known))
    };
    for op in ops.clone() {
        agents.apply(op);
        let agent_id = match op {
            Op::PutAgent(agent) => &agent.id,
            Op::AdjustLoad { agent_id, .. } => agent_id,
            _ => continue,
        };
        let load = agents.agents.get(agent_id).map(|agent| agent.capacity).unwrap_or_default();
        let fits = load.used + load.held <= load.limit + load.over;
        let positive = load.used >= 0 && load.held >= 0 && load.over >= 0 && load.limit >= 0;
        demand(fits && positive, Invariant::R2CapacityHeld, || format!("{agent_id} after {op:?}: {load:?}"))?;
    }
    for (agent_id, agent) in &agents.agents {
        let stood = before.agents.get(agent_id).map_or(0, |agent| agent.capacity.over);
        let allowed = agent.capacity.over <= stood || manual(agent_id) || lowered(agent_id);
        demand(allowed, Invariant::R2CapacityHeld, || format!("{agent_id} was given too much: {:?}", agent.capacity))?;
    }
    Ok(())
}

fn check_logged<'a>(ops: impl Iterator<Item = &'a Op>) -> Held {
    let (mut open, mut unlogged) = (BTreeMap::new(), None);
    for op in ops {
        match op {
            Op::LogDecision { decision, .. } => {
                *open
                    .entry((decision.outcome, decision.conversation_id.clone(), decision.agent_id.clone()))
                    .or_insert(0) += 1;
            }
            Op::PutAssignment(it) => {
                let key = (Outcome::Assigned, it.conversation_id.clone(), Some(it.agent_id.clone()));
                let logged = open.get_mut(&key).filter(|count| **count > 0);
                match logged {
                    Some(count) => *count -= 1,
                    None => unlogged = Some(key),
                }
            }
            Op::PutOffer(it) => {
                let outcome = if it.from_agent_id.is_some() { Outcome::Transferred } else { Outcome::Offered };
                let key = (outcome, it.conversation_id.clone(), Some(it.agent_id.clone()));
                let logged = open.get_mut(&key).filter(|count| **count > 0);
                match logged {
                    Some(count) => *count -= 1,
                    None => unlogged = Some(key),
                }
            }
            _ => {}
        }
    }
    demand(unlogged.is_none(), Invariant::DecisionsLogged, || format!("{unlogged:?}"))
}

fn check_place_kept(before: &State, entry: &QueueEntry, settings: &RoutingSettings) -> Held {
    let id = &entry.conversation_id;
    if let Some(then) = before.entries.get(id)
        && then.effective_priority <= settings.top_priority
        && entry.effective_priority <= settings.top_priority
    {
        // Only a person lets somebody come later.
        let fell = then.effective_priority > entry.effective_priority;
        let kept = then.queued_at == entry.queued_at && (!fell || then.base_priority != entry.base_priority);
        return demand(kept, Invariant::R3PlaceKept, || format!("{then:?} became {entry:?}"));
    }
    let Some(case) = before.cases.get(id).filter(|case| case.assigned_agent_id.is_some()) else { return Ok(()) };
    let kept = Some(entry.queued_at) == case.escalated_at && entry.effective_priority == settings.top_priority + 1;
    demand(kept, Invariant::R3PlaceKept, || format!("{case:?} came back as {entry:?}"))
}

/// R3, R6: whoever now comes before somebody who waited already was before, or has a higher effective priority than
/// that one has, or comes back from a lost agent.
fn check_overtaking(before: &State, after: &State, settings: &RoutingSettings) -> Held {
    let key = |entry: &QueueEntry| (-entry.effective_priority, entry.queued_at, entry.conversation_id.clone());
    for (id, now) in &after.entries {
        let Some(then) = before.entries.get(id) else { continue };
        for (other_id, other) in &after.entries {
            let behind = before.entries.get(other_id).is_none_or(|other| key(other) > key(then));
            let overtook = behind && key(other) < key(now);
            let rose = before.entries.get(other_id).is_some_and(|it| it.effective_priority < other.effective_priority);
            let allowed = rose
                || now.effective_priority < then.effective_priority
                || other.effective_priority > now.effective_priority
                || other.effective_priority > settings.top_priority
                // Asked in the same millisecond: the id decides.
                || other.queued_at == now.queued_at;
            demand(!overtook || allowed, Invariant::R6NobodyOvertaken, || format!("{other:?} overtook {now:?}"))?;
        }
    }
    Ok(())
}
