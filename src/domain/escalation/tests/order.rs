//! R6–R9: who comes first, and who gets it.

use std::collections::BTreeSet;

use super::story::{stories, stories_with};
use super::world::*;
use crate::domain::agent::{Agent, Availability, Presence};
use crate::domain::chatbot::RoutingSettings;
use crate::domain::escalation::*;
use crate::domain::ids::ConversationId;
use crate::domain::time::{Millis, Timestamp};

/// R6 as it is written: min(top, base + ⌊waited / step⌋).
fn effective(world: &World, entry: &QueueEntry, now: Timestamp) -> i32 {
    let (step, top) = (world.settings.ageing_step.get(), world.settings.top_priority);
    let steps = if step == 0 { 0 } else { now.since(entry.queued_at).get() / step };
    i32::try_from(i64::from(entry.base_priority) + steps).unwrap().min(top)
}

#[test]
fn r06_the_queue_is_ordered_by_aged_priority_then_age_then_id() {
    stories(
        |_| BTreeSet::<ConversationId>::new(),
        |came_back, world, moment| {
            for decision in moment.decisions() {
                if matches!(decision.outcome, Outcome::Requeued | Outcome::Released) {
                    came_back.insert(decision.conversation_id.clone());
                }
            }
            came_back.retain(|id| moment.after.entries.contains_key(id));
            let head = world.settings.top_priority + 1;
            let mut naive: Vec<_> = moment
                .after
                .entries
                .values()
                .map(|entry| {
                    let back = came_back.contains(&entry.conversation_id);
                    let priority = if back { head } else { effective(world, entry, moment.now) };
                    assert_eq!(entry.effective_priority, priority, "{entry:?}");
                    (-priority, entry.queued_at, entry.conversation_id.clone())
                })
                .collect();
            naive.sort();
            let naive: Vec<_> = naive.into_iter().map(|(_, _, id)| id).collect();
            let places = world.brain.places(moment.now);
            assert_eq!(places.iter().map(|(id, _)| id.clone()).collect::<Vec<_>>(), naive);
            for (rank, (id, place)) in places.iter().enumerate() {
                assert_eq!(place.position, rank + 1);
                assert_eq!(world.brain.place(moment.now, id), Some(*place), "one walk and a single look agree");
            }
        },
    );
}

fn could_take(agent: &Agent, entry: &QueueEntry) -> bool {
    agent.presence == Presence::Connected
        && agent.availability == Availability::Available
        && agent.capacity.used + agent.capacity.held < agent.capacity.limit
        && entry.skills.iter().all(|skill| agent.skills.contains(skill) || agent.teams.contains(skill))
        && !entry.excluded.contains(&agent.id)
}

/// Automatic decisions about entries: the tables, the entry, the chosen one.
fn choices(moment: &Moment, mut see: impl FnMut(&State, &QueueEntry, &Decision, &Agent)) {
    moment.replay(|state, op| {
        let Op::LogDecision { decision, .. } = op else { return };
        let automatic =
            matches!(decision.outcome, Outcome::Assigned | Outcome::Offered) && matches!(decision.rule, 7 | 8);
        let (Some(entry), Some(agent_id)) = (state.entries.get(&decision.conversation_id), &decision.agent_id) else {
            return;
        };
        if automatic {
            see(state, entry, decision, &state.agents[agent_id]);
        }
    });
}

#[test]
fn r07_the_freest_then_longest_unassigned_agent_is_chosen() {
    stories(
        |_| (),
        |(), _, moment| {
            choices(moment, |state, entry, decision, chosen| {
                assert!(could_take(chosen, entry), "{chosen:?} for {entry:?}");
                if decision.rule != 7 {
                    return;
                }
                let asked = |agent: &Agent| {
                    state
                        .offers
                        .values()
                        .any(|it| it.conversation_id == entry.conversation_id && it.agent_id == agent.id)
                };
                let best = state.agents.values().filter(|agent| could_take(agent, entry) && !asked(agent)).min_by_key(
                    |agent| {
                        let load = agent.capacity;
                        let share = i64::from(load.limit - load.used - load.held) * 1_000_000 / i64::from(load.limit);
                        (-share, agent.last_assigned_at, agent.id.clone())
                    },
                );
                assert_eq!(best.map(|agent| &agent.id), Some(&chosen.id));
            });
        },
    );
}

#[test]
fn r07_a_flapping_connection_does_not_reset_the_clock() {
    let mut world = World::mode(crate::domain::chatbot::RoutingMode::Auto);
    world.connect(0, 2);
    world.connect(1, 2);
    world.escalate(0);
    world.seconds(1);
    world.escalate(1);
    assert_eq!((world.owner(0), world.owner(1)), (Some(agent(0)), Some(agent(1))));
    world.disconnect(0);
    world.seconds(1);
    world.connect(0, 2);
    world.escalate(2);
    assert_eq!(world.owner(2), Some(agent(0)), "agent 0 was assigned something longer ago");
}

#[test]
fn r08_the_last_agent_is_preferred_if_eligible_now_and_else_waited_for_no_longer_than_allowed() {
    stories_with(
        |settings| RoutingSettings { sticky_wait: Millis::from_secs(15), ..settings },
        |_| (),
        |(), world, moment| {
            choices(moment, |state, entry, decision, chosen| {
                let Some(sticky) = entry.sticky_agent_id.as_ref().and_then(|id| state.agents.get(id)) else {
                    return assert_eq!(decision.rule, 7);
                };
                let first = !state.offers.values().any(|it| it.conversation_id == entry.conversation_id);
                if first && could_take(sticky, entry) {
                    assert_eq!((&chosen.id, decision.rule), (&sticky.id, 8));
                }
                assert!(chosen.id == sticky.id || entry.sticky_until.is_none_or(|at| at <= moment.now) || !first);
            });
            for entry in moment.after.entries.values() {
                let longest = entry.queued_at + world.settings.sticky_wait;
                assert!(entry.sticky_until.is_none_or(|at| at <= longest));
            }
        },
    );
}

#[test]
fn r09_all_skills_are_needed_and_dropped_in_order_while_waiting() {
    stories_with(
        |settings| RoutingSettings { relax_after: Millis::from_secs(60), ..settings },
        |_| (),
        |(), world, moment| {
            for entry in moment.after.entries.values() {
                let wanted = &moment.after.cases[&entry.conversation_id].skills;
                assert!(wanted.ends_with(&entry.skills), "{wanted:?} became {:?}", entry.skills);
                if entry.effective_priority <= world.settings.top_priority {
                    let dropped = usize::try_from(moment.now.since(entry.queued_at).get() / 60_000).unwrap();
                    assert_eq!(entry.skills.len(), wanted.len().saturating_sub(dropped));
                }
            }
            moment.replay(|state, op| {
                let (id, agent_id) = match op {
                    Op::PutOffer(offer) if offer.from_agent_id.is_none() => (&offer.conversation_id, &offer.agent_id),
                    _ => return,
                };
                let agent = &state.agents[agent_id];
                let has = |skill: &String| agent.skills.contains(skill) || agent.teams.contains(skill);
                assert!(state.entries[id].skills.iter().all(has));
            });
        },
    );
}
