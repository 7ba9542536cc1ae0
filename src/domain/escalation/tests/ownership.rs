//! R1, R2, R12, R13: who owns a conversation, and how much one may own.

use std::collections::{BTreeMap, BTreeSet};

use super::story::{stories, stories_with};
use super::world::*;
use crate::domain::agent::Availability;
use crate::domain::chatbot::{RoutingMode, RoutingSettings};
use crate::domain::escalation::*;
use crate::domain::event::{AgentNotice, Event, Reply};
use crate::domain::ids::{AgentId, ConversationId};
use crate::domain::rejection::Rejection;

#[test]
fn r01_at_most_one_agent_owns_a_conversation_and_a_late_accept_is_told_who() {
    stories_with(
        |settings| RoutingSettings { mode: RoutingMode::Offer, ..settings },
        |_| BTreeMap::<ConversationId, BTreeSet<AgentId>>::new(),
        |owners, _, moment| {
            // What agents are told, in the order in which they are told it.
            for effect in &moment.effects {
                let Effect::Notify { event: Event::AgentNotification { agent_id, notice, .. }, .. } = effect else {
                    continue;
                };
                match notice {
                    AgentNotice::NewConversationAssigned { conversation_id, .. } => {
                        let owners = owners.entry(conversation_id.clone()).or_default();
                        assert!(owners.is_empty(), "{agent_id} got {conversation_id}, which {owners:?} has");
                        owners.insert(agent_id.clone());
                    }
                    AgentNotice::ConversationUnassigned { conversation_id, .. } => {
                        assert!(owners.entry(conversation_id.clone()).or_default().remove(agent_id));
                    }
                    _ => {}
                }
            }
            let Some(Request::Accept { offer_id, agent_id }) = &moment.request else { return };
            match &moment.reply {
                Ok(Reply::Assigned { conversation_id, .. }) => {
                    let owner = moment.after.cases[conversation_id].assigned_agent_id.as_ref();
                    assert_eq!(owner, Some(agent_id));
                }
                Err(Rejection::OfferGone { taken_by: Some((who, _)) }) => {
                    assert!(moment.after.cases.values().any(|case| case.assigned_agent_id.as_ref() == Some(who)));
                    assert_ne!(who, agent_id);
                }
                Err(Rejection::OfferGone { taken_by: None }) => {
                    let pending = moment.after.offers.get(offer_id);
                    assert!(pending.is_none_or(|offer| offer.agent_id != *agent_id));
                }
                other => panic!("{other:?}"),
            }
        },
    );
}

#[test]
fn r02_an_offer_reserves_a_unit_and_only_a_person_exceeds_the_limit() {
    stories(
        |_| (),
        |(), world, moment| {
            // Counted the naive way, from conversations and offers alone.
            for agent in world.shadow.agents.values() {
                let owned = |case: &&Case| case.assigned_agent_id.as_ref() == Some(&agent.id);
                let used = world.shadow.cases.values().filter(owned).count();
                let held = world.shadow.offers.values().filter(|offer| offer.agent_id == agent.id).count();
                let total = i32::try_from(used + held).unwrap();
                let then = moment.before.agents.get(&agent.id).map(|agent| agent.capacity).unwrap_or_default();
                let grew = total > then.used + then.held;
                let by_hand =
                    moment.ops().any(|op| matches!(op, Op::PutAssignment(it) if it.manual && it.agent_id == agent.id));
                assert!(!grew || by_hand || total <= agent.capacity.limit, "{agent:?} has {total}");
            }
            if let (Some(Request::AssignToMe { agent, .. }), Err(Rejection::AtCapacity { limit })) =
                (&moment.request, &moment.reply)
            {
                let load = moment.after.agents[&agent.id].capacity;
                assert!(load.used + load.held >= *limit && load.limit == *limit);
            }
            let flagged = moment.decisions().filter(|it| it.outcome == Outcome::Assigned && it.manual).count();
            let manual = moment.ops().filter(|op| matches!(op, Op::PutAssignment(it) if it.manual)).count();
            assert_eq!(flagged, manual);
        },
    );
}

#[test]
fn r12_a_transfer_changes_the_owner_only_when_it_is_accepted() {
    stories(
        |_| (),
        |(), _, moment| {
            let accepted = |id: &ConversationId, by: &AgentId| {
                moment.ops().any(|op| {
                    matches!(op, Op::EndOffer { offer_id, outcome: OfferStatus::Accepted, .. }
                        if moment.before.offers.get(offer_id).is_some_and(|it| it.conversation_id == *id && it.agent_id == *by))
                })
            };
            for (id, then) in &moment.before.cases {
                let (Some(old), Some(now)) = (&then.assigned_agent_id, moment.after.cases.get(id)) else { continue };
                let Some(new) = now.assigned_agent_id.as_ref().filter(|new| *new != old) else { continue };
                let lost = moment
                    .decisions()
                    .any(|it| it.conversation_id == *id && matches!(it.outcome, Outcome::Requeued | Outcome::Released));
                let by_admin = matches!(moment.request, Some(Request::Assign { .. }));
                assert!(accepted(id, new) || lost || by_admin, "{id} went from {old} to {new}");
            }
            if let (Some(Request::Transfer { .. }), Ok(Reply::TransferOffered { offer_id })) =
                (&moment.request, &moment.reply)
            {
                let offer = &moment.after.offers[offer_id];
                let target = &moment.after.agents[&offer.agent_id];
                assert_eq!(target.presence, crate::domain::agent::Presence::Connected);
                assert_eq!(moment.after.cases[&offer.conversation_id].assigned_agent_id, offer.from_agent_id);
            }
        },
    );
}

#[test]
fn r13_away_keeps_the_present_work_and_draining_ends_offline_when_empty() {
    stories(
        |_| (),
        |(), _, moment| {
            if let Some(Request::SetAvailability { agent_id, availability, .. }) = &moment.request
                && *availability != Availability::Available
                && moment.reply.is_ok()
            {
                let owned = |state: &State| -> Vec<ConversationId> {
                    let of = |case: &&Case| case.assigned_agent_id.as_ref() == Some(agent_id);
                    state.cases.values().filter(of).map(|case| case.conversation_id.clone()).collect()
                };
                // Deadlines that were due may have taken some away first; the choice itself takes none.
                let taken = owned(&moment.before).len() - owned(&moment.after).len();
                let ended = moment.ops().filter(|op| matches!(op, Op::EndAssignment { .. })).count();
                assert!(taken <= ended);
                assert_eq!(moment.after.agents[agent_id].capacity.held, 0);
            }
            moment.replay(|state, op| {
                let asked = match op {
                    Op::PutOffer(offer) => &offer.agent_id,
                    Op::PutAssignment(it) if !it.manual => &it.agent_id,
                    _ => return,
                };
                assert_eq!(state.agents[asked].availability, Availability::Available, "{op:?}");
            });
        },
    );
}

#[test]
fn r13_draining_goes_offline_when_empty() {
    let mut world = World::mode(RoutingMode::Auto);
    world.connect(0, 2);
    world.escalate(0);
    world.choose(0, Availability::Draining);
    world.escalate(1);
    assert_eq!((world.owner(0), world.owner(1)), (Some(agent(0)), None));
    world.close(0, crate::domain::user::Role::Agent);
    assert_eq!(world.the_agent(0).availability, Availability::Offline);
}
