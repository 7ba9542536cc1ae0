//! R14, R15, R16: deadlines, hours, and when anything is decided at all.

use super::story::{some_hours, stories, stories_with};
use crate::domain::agent::{Availability, Presence};
use crate::domain::chatbot::{FallbackPolicy, RoutingSettings};
use crate::domain::conversation::ConversationStatus;
use crate::domain::escalation::*;
use crate::domain::event::{EscalationStatus, Reply, WaitUnknown};

#[test]
fn r14_a_restart_at_any_moment_loses_nothing() {
    stories(
        |_| (),
        |(), world, moment| {
            let setup = Setup::new(world.settings.clone(), world.chatbots.values().cloned().collect(), 999);
            let (stored, mut effects) = (world.ledger.load(), Effects::new());
            let again = Supervisor::restore(setup, stored.clone(), moment.now, &mut effects);
            again.verify(moment.now).unwrap();
            // Nothing is due at this moment, so nothing but the lost links may differ.
            let (before, after) = (&moment.after, again.state());
            assert_eq!(&stored, before);
            let cases = |state: &State| -> Vec<_> {
                state
                    .cases
                    .values()
                    .map(|it| (it.conversation_id.clone(), it.status, it.assigned_agent_id.clone()))
                    .collect()
            };
            assert_eq!(cases(before), cases(after));
            assert_eq!(before.offers, after.offers);
            for (id, entry) in &before.entries {
                let mut found = after.entries[id].clone();
                assert!(found.abandon_at.is_some());
                found.abandon_at = entry.abandon_at;
                // With nobody here, nobody is left whom the refusals could spare (R4).
                (found.retry_at, found.resets) = (entry.retry_at, entry.resets);
                assert_eq!(found, *entry);
            }
            for (id, agent) in &before.agents {
                let found = &after.agents[id];
                assert_eq!((found.capacity, found.availability), (agent.capacity, agent.availability));
                assert_ne!(found.presence, Presence::Connected);
            }
        },
    );
}

#[test]
fn r15_closed_full_or_empty_is_said_as_such_and_never_as_a_number() {
    stories(
        |_| (),
        |(), world, moment| {
            for (id, place) in world.brain.places(moment.now) {
                let skills = &moment.after.entries[&id].skills;
                let serves = |agent: &&crate::domain::agent::Agent| {
                    agent.presence == Presence::Connected
                        && agent.availability == Availability::Available
                        && agent.capacity.limit > 0
                        && skills.iter().all(|it| agent.skills.contains(it) || agent.teams.contains(it))
                };
                if moment.after.agents.values().filter(serves).count() == 0 {
                    assert!(matches!(place.wait, Err(WaitUnknown::NoAgents | WaitUnknown::Closed)), "{place:?}");
                }
            }
            let Some(Request::Escalate { facts, .. }) = &moment.request else { return };
            let bot = facts.case.chatbot_id.as_ref().and_then(|id| world.chatbots.get(id));
            let open = bot.and_then(|bot| bot.hours.as_ref()).is_none_or(|hours| hours.is_open(moment.now));
            let tracked = moment.after.cases.contains_key(&facts.case.conversation_id);
            match &moment.reply {
                Ok(Reply::Escalation(EscalationStatus::OutsideHours { next_opening, policy })) => {
                    assert!(!open && !tracked && *policy != FallbackPolicy::QueueAnyway);
                    assert!(next_opening.is_some_and(|at| at > moment.now && some_hours().is_open(at)));
                }
                Ok(Reply::Escalation(
                    EscalationStatus::NoAgents { policy } | EscalationStatus::QueueFull { policy },
                )) => assert!(!tracked && *policy != FallbackPolicy::QueueAnyway),
                Ok(Reply::Escalation(_)) => {
                    let was_active = !moment.before.cases.contains_key(&facts.case.conversation_id);
                    let anyway = world.settings.closed_policy == FallbackPolicy::QueueAnyway;
                    assert!(tracked && (open || anyway || !was_active));
                }
                Ok(other) => panic!("{other:?}"),
                Err(_) => assert!(!matches!(facts.case.status, ConversationStatus::Active)),
            }
        },
    );
}

#[test]
fn r15_at_closing_time_those_who_wait_are_told_and_let_go() {
    stories_with(
        |settings| RoutingSettings { closing_policy: FallbackPolicy::OfflineMessage, ..settings },
        |_| (),
        |(), world, moment| {
            for (id, entry) in &moment.after.entries {
                let case = &moment.after.cases[id];
                let bot = case.chatbot_id.as_ref().and_then(|id| world.chatbots.get(id));
                let Some(hours) = bot.and_then(|bot| bot.hours.as_ref()) else { continue };
                let closes = hours.next_closing(entry.queued_at);
                let since =
                    moment.before.entries.contains_key(id) && bot.is_some_and(|bot| bot.updated_at <= entry.queued_at);
                // Whoever came back from an agent waits since before; hours that were changed meanwhile count from then.
                let ordinary = entry.effective_priority <= world.settings.top_priority;
                let unchanged = !world.hours_changed_since(entry.queued_at);
                assert!(!(since && ordinary && unchanged) || closes.is_none_or(|at| at > moment.now), "{entry:?}");
            }
        },
    );
}

#[test]
fn r16_nothing_is_left_undone_and_nothing_is_done_without_an_event() {
    stories(
        |_| (),
        |(), world, moment| {
            // `World` has checked that no free agent could take a waiting entry. A tick with nothing due does nothing.
            let mut copy = world.brain.clone();
            let mut effects = Effects::new();
            copy.handle(moment.now, Request::Tick, &mut effects).unwrap();
            assert_eq!(effects, []);
            assert!(world.brain.next_deadline().is_none_or(|at| at > moment.now), "a tick would follow a tick");
        },
    );
}
