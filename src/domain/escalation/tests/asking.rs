//! R3, R4, R5: what follows when an agent does not take it.

use std::collections::BTreeMap;

use super::story::stories_with;
use crate::domain::agent::{Availability, Presence};
use crate::domain::chatbot::{RoutingMode, RoutingSettings};
use crate::domain::escalation::*;
use crate::domain::ids::AgentId;
use crate::domain::time::Millis;

fn offering(settings: RoutingSettings) -> RoutingSettings {
    RoutingSettings { mode: RoutingMode::Offer, ..settings }
}

#[test]
fn r03_declined_missed_and_lost_entries_keep_their_place() {
    stories_with(
        offering,
        |_| (),
        |(), world, moment| {
            for (id, entry) in &moment.after.entries {
                let refused = moment.decisions().any(|it| {
                    it.conversation_id == *id
                        && matches!(it.outcome, Outcome::Declined | Outcome::TimedOut | Outcome::Rescinded)
                });
                if let Some(then) = moment.before.entries.get(id).filter(|_| refused) {
                    assert!(entry.queued_at == then.queued_at && entry.effective_priority >= then.effective_priority);
                }
                let lost = moment.before.cases.get(id).filter(|case| case.assigned_agent_id.is_some());
                if let Some(case) = lost {
                    assert_eq!(Some(entry.queued_at), case.escalated_at);
                    let ahead = world.brain.place(world.now, id).unwrap().position - 1;
                    let older = |it: &&QueueEntry| it.effective_priority == entry.effective_priority;
                    assert!(ahead < world.shadow.entries.values().filter(older).count(), "not at the head");
                }
            }
        },
    );
}

#[test]
fn r04_who_declined_is_not_asked_again_before_a_bounded_reset() {
    stories_with(
        offering,
        |_| (),
        |(), _, moment| {
            moment.replay(|state, op| match op {
                Op::PutOffer(offer) if offer.from_agent_id.is_none() => {
                    let entry = &state.entries[&offer.conversation_id];
                    assert!(!entry.excluded.contains(&offer.agent_id), "{offer:?}");
                    assert!(entry.retry_at.is_none(), "asked during the back-off");
                }
                Op::PutEntry(next) => {
                    let Some(then) = state.entries.get(&next.conversation_id) else { return };
                    if let (None, Some(retry_at)) = (then.retry_at, next.retry_at) {
                        let seconds = (1_i64 << then.resets.min(5)).min(30);
                        assert_eq!(
                            retry_at,
                            moment.now + Millis::from_secs(seconds),
                            "the back-off doubles up to 30 s"
                        );
                    }
                    let forgotten = then.excluded.iter().any(|it| !next.excluded.contains(it));
                    let reset = then.retry_at.is_some_and(|at| at <= moment.now);
                    assert!(!forgotten || reset, "{then:?} forgot a refusal: {next:?}");
                }
                _ => {}
            });
        },
    );
}

#[test]
fn r05_a_missed_offer_stops_new_ones_until_the_agent_acts() {
    stories_with(
        offering,
        |_| BTreeMap::<AgentId, i32>::new(),
        |missed, world, moment| {
            moment.replay(|state, op| {
                let Op::EndOffer { offer_id, outcome: OfferStatus::TimedOut, .. } = op else { return };
                let agent = &state.agents[&state.offers[offer_id].agent_id];
                *missed.entry(agent.id.clone()).or_default() += i32::from(agent.presence == Presence::Connected);
            });
            let acted = match &moment.request {
                Some(Request::SetAvailability { agent_id, .. }) if moment.reply.is_ok() => Some(agent_id),
                Some(Request::AssignToMe { agent, .. }) => Some(&agent.id),
                Some(Request::Accept { agent_id, .. } | Request::Decline { agent_id, .. }) => Some(agent_id),
                _ => None,
            };
            for (id, agent) in &moment.after.agents {
                let misses = missed.get(id).copied().unwrap_or(0);
                let silent = agent.availability == Availability::NotResponding;
                let enough = misses >= world.settings.missed_offers_limit;
                assert!(!silent || enough, "{agent:?} missed {misses}");
                let newly = enough && acted != Some(id) && agent.missed_offers > 0;
                assert!(!newly || agent.availability != Availability::Available, "{agent:?} missed {misses}");
                let was = moment.before.agents.get(id).map(|agent| agent.availability);
                if was == Some(Availability::NotResponding) && !silent {
                    assert_eq!(acted, Some(id), "only its own action ends it");
                }
                if agent.missed_offers == 0 {
                    missed.remove(id);
                }
                if agent.availability != Availability::Available {
                    assert_eq!(agent.capacity.held, 0, "its offers are taken back at once");
                }
            }
        },
    );
}
