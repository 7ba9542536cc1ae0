//! R10, R11: lost connections.

use std::collections::BTreeMap;

use super::story::stories;
use crate::domain::agent::Presence;
use crate::domain::conversation::ConversationStatus;
use crate::domain::escalation::*;
use crate::domain::ids::ConversationId;
use crate::domain::time::Timestamp;

#[test]
fn r10_a_lost_agent_keeps_everything_for_the_grace_and_nothing_after_it() {
    stories(
        |_| (),
        |(), world, moment| {
            for (id, agent) in &moment.after.agents {
                let owned =
                    moment.after.cases.values().filter(|case| case.assigned_agent_id.as_ref() == Some(id)).count();
                match agent.presence {
                    Presence::Gone => assert_eq!(owned + world.asked_of(id), 0),
                    Presence::Grace => assert!(
                        agent
                            .grace_until
                            .is_some_and(|at| { at > moment.now && at <= moment.now + world.settings.agent_grace })
                    ),
                    Presence::Connected => assert_eq!(agent.grace_until, None),
                }
            }
            // Back in time: what was owned before is owned still, unless a deadline that was due ended it.
            if let Some(Request::AgentConnected(profile)) = &moment.request
                && !moment.ops().any(|op| matches!(op, Op::EndAssignment { .. }))
            {
                for case in moment.before.cases.values().filter(|it| it.assigned_agent_id.as_ref() == Some(&profile.id))
                {
                    assert_eq!(moment.after.cases[&case.conversation_id].assigned_agent_id, case.assigned_agent_id);
                }
            }
        },
    );
}

#[test]
fn r11_a_lost_customer_keeps_the_place_for_the_grace_and_a_served_one_keeps_the_agent() {
    stories(
        |_| BTreeMap::<ConversationId, Timestamp>::new(),
        |lost, world, moment| {
            let grace = world.settings.customer_grace;
            for op in moment.ops() {
                if let Op::EndEntry { conversation_id, outcome: EntryStatus::Abandoned, .. } = op {
                    let since = lost.get(conversation_id).copied();
                    assert!(
                        since.is_some_and(|at| at + grace <= moment.now),
                        "{conversation_id} was lost at {since:?}"
                    );
                }
            }
            match &moment.request {
                None => {
                    let lost_now = |id: &ConversationId| (id.clone(), moment.now);
                    lost.extend(
                        moment
                            .after
                            .cases
                            .keys()
                            .map(lost_now)
                            .filter(|(id, _)| !lost.contains_key(id))
                            .collect::<Vec<_>>(),
                    );
                }
                Some(Request::CustomerBack { conversation_id }) => drop(lost.remove(conversation_id)),
                Some(Request::CustomerLost { conversation_id } | Request::CustomerSeen { conversation_id }) => {
                    if let Some(since) = lost.get_mut(conversation_id) {
                        *since = moment.now;
                    } else if matches!(moment.request, Some(Request::CustomerLost { .. })) {
                        lost.insert(conversation_id.clone(), moment.now);
                        // Nobody who is served loses the agent for having lost the connection.
                        let owned = |state: &State| {
                            state
                                .cases
                                .get(conversation_id)
                                .filter(|it| it.status == ConversationStatus::AgentAssigned)
                                .cloned()
                        };
                        if !moment.ops().any(|op| matches!(op, Op::EndAssignment { .. })) {
                            assert_eq!(
                                owned(&moment.before).map(|it| it.assigned_agent_id),
                                owned(&moment.after).map(|it| it.assigned_agent_id)
                            );
                        }
                    }
                }
                Some(Request::Escalate { facts, .. }) if !facts.customer_online => {
                    lost.insert(facts.case.conversation_id.clone(), moment.now);
                }
                _ => {}
            }
        },
    );
}
