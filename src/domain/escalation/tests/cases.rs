//! Cases that once broke a rule, and suspicions that proved unfounded.

use super::story::some_hours;
use super::world::*;
use crate::domain::agent::{Availability, Presence};
use crate::domain::chatbot::{Chatbot, FallbackPolicy, RoutingMode, RoutingSettings};
use crate::domain::command::{ReleaseTo, TransferTarget};
use crate::domain::conversation::ConversationStatus;
use crate::domain::escalation::*;
use crate::domain::event::{EscalationStatus, Reply};
use crate::domain::ids::ChatbotId;
use crate::domain::rejection::Rejection;
use crate::domain::time::{Millis, Timestamp};
use crate::domain::user::Role;

fn offering(edit: impl FnOnce(&mut RoutingSettings)) -> World {
    let mut settings = RoutingSettings { mode: RoutingMode::Offer, ..RoutingSettings::default() };
    edit(&mut settings);
    World::new(settings)
}

#[test]
fn a_second_escalation_is_stored_with_its_own_reason() {
    let mut world = World::mode(RoutingMode::Auto);
    world.connect(0, 1);
    world.escalate(0);
    world.release(0, 0, ReleaseTo::Ai);
    let facts = world.facts(0);
    let reason = Some("cancel my order".to_owned());
    world.ask(Request::Escalate { facts, reason: reason.clone(), priority: None, skills: vec![] });
    // `World` compares the tables with what a restart loads after every request.
    assert_eq!(world.shadow.cases[&conversation(0)].reason, reason);
}

#[test]
fn a_lost_agents_customer_comes_before_any_base_priority() {
    let mut world = World::mode(RoutingMode::Auto);
    world.connect(0, 1);
    world.escalate(0);
    world.escalate_with(1, 99, &[]);
    world.disconnect(0);
    world.seconds(30);
    assert_eq!(world.brain.place(world.now, &conversation(0)).unwrap().position, 1);
}

#[test]
fn a_lost_agents_customer_is_not_sent_away_for_having_been_served() {
    let longest = Some(Millis::from_mins(10));
    let settings =
        RoutingSettings { max_wait: longest, max_wait_policy: FallbackPolicy::Ai, ..RoutingSettings::default() };
    let mut world = World::new(settings);
    world.connect(0, 1);
    world.escalate(0);
    for _ in 0..30 {
        world.seconds(60);
        world.ask(Request::AgentSeen { agent_id: agent(0) });
    }
    world.disconnect(0);
    world.seconds(30);
    world.seconds(60);
    assert_eq!(world.entry(0).unwrap().queued_at, NOON);
}

#[test]
fn time_with_an_agent_does_not_count_as_waiting() {
    let mut world = World::mode(RoutingMode::Auto);
    world.connect(0, 1);
    world.escalate(0);
    for _ in 0..30 {
        world.seconds(60);
        world.ask(Request::AgentSeen { agent_id: agent(0) });
    }
    world.disconnect(0);
    world.seconds(30);
    world.connect(1, 1);
    assert_eq!(world.owner(0), Some(agent(1)));
    assert_eq!(world.shadow.stats.last_wait_ms, Some(0));
}

#[test]
fn a_room_that_has_not_heard_yet_gets_a_true_answer() {
    let settings = RoutingSettings {
        max_wait: Some(Millis::from_mins(1)),
        max_wait_policy: FallbackPolicy::Ai,
        ..RoutingSettings::default()
    };
    let mut world = World::new(settings);
    world.escalate(0);
    let old = world.facts(0);
    assert_eq!(old.case.status, ConversationStatus::WaitingForAgent);
    world.seconds(60);
    assert!(world.entry(0).is_none());
    let again = Request::Escalate { facts: old.clone(), reason: None, priority: None, skills: vec![] };
    let moment = world.ask(again);
    assert!(matches!(moment.reply, Ok(Reply::Escalation(EscalationStatus::Queued(_)))), "{:?}", moment.reply);
    world.close(0, Role::Customer);
    let late = world.ask(Request::Escalate { facts: old, reason: None, priority: None, skills: vec![] });
    assert_eq!(late.reply, Err(Rejection::ConversationClosed));
}

#[test]
fn nobody_is_kept_waiting_for_a_last_agent_who_declined() {
    let mut world = offering(|settings| settings.sticky_wait = Millis::from_mins(5));
    world.connect(0, 2);
    world.escalate(0);
    world.accept(0, 0);
    world.close(0, Role::Customer);
    world.connect(1, 1);
    // Conversation 3 is of the same customer.
    world.escalate(3);
    assert_eq!(world.asked(3), [agent(0)]);
    world.decline(3, 0);
    assert_eq!(world.asked(3), [agent(1)]);
}

#[test]
fn the_last_agent_gets_a_returning_customer_when_free_later() {
    let settings = RoutingSettings { sticky_wait: Millis::from_mins(5), ..RoutingSettings::default() };
    let mut world = World::new(settings);
    world.connect(0, 1);
    world.escalate(0);
    world.close(0, Role::Customer);
    world.escalate(1);
    world.connect(1, 1);
    world.escalate(3);
    assert_eq!(world.owner(3), None, "agent 1 is free, but it is kept for agent 0");
    world.seconds(60);
    world.close(1, Role::Customer);
    assert_eq!(world.owner(3), Some(agent(0)));
}

#[test]
fn what_an_agent_does_itself_brings_the_next_conversation() {
    let mut world = offering(|_| {});
    world.connect(0, 2);
    world.escalate(0);
    world.escalate(1);
    world.seconds(30);
    assert_eq!(world.the_agent(0).availability, Availability::NotResponding);
    world.take(0, 0);
    world.seconds(1);
    assert_eq!(world.the_agent(0).availability, Availability::Available);
    assert_eq!(world.asked(1), [agent(0)]);
}

#[test]
fn an_agent_without_a_link_does_not_miss_an_offer() {
    let mut world = offering(|settings| settings.agent_grace = Millis::from_mins(1));
    world.connect(0, 1);
    world.escalate(0);
    world.disconnect(0);
    world.seconds(30);
    assert_eq!(world.asked(0), []);
    world.connect(0, 1);
    assert_eq!(world.the_agent(0).availability, Availability::Available);
}

#[test]
fn an_offer_that_ran_out_while_the_server_was_down_was_missed_by_nobody() {
    let mut world = offering(|_| {});
    world.connect(0, 1);
    world.escalate(0);
    world.now = world.now + Millis::from_mins(2);
    world.restart();
    assert_eq!((world.entry(0).unwrap().status, world.entry(0).unwrap().queued_at), (EntryStatus::Waiting, NOON));
    world.connect(0, 1);
    assert_eq!(world.the_agent(0).availability, Availability::Available);
    assert_eq!(world.asked(0), [agent(0)]);
}

#[test]
fn hours_that_end_while_the_server_is_down_end_the_wait() {
    for policy in [FallbackPolicy::OfflineMessage, FallbackPolicy::QueueAnyway] {
        let mut world = World::new(RoutingSettings { closing_policy: policy, ..RoutingSettings::default() });
        let bot = chatbot("bot-0");
        world.ask(Request::PutChatbot(Chatbot { hours: Some(some_hours()), ..bot }));
        world.escalate(0);
        // 12:00 to 14:30: closed at 13:00, open again at 14:00.
        world.now = world.now + Millis::from_mins(150);
        let moment = world.restart();
        assert_eq!(world.entry(0).is_some(), policy == FallbackPolicy::QueueAnyway);
        let told = moment.effects.iter().any(|effect| {
            matches!(
                effect,
                Effect::Notify {
                    event: crate::domain::event::Event::EscalationStatus {
                        status: EscalationStatus::Expired { .. },
                        ..
                    },
                    ..
                }
            )
        });
        assert_eq!(told, policy == FallbackPolicy::OfflineMessage);
    }
}

#[test]
fn hours_that_are_changed_under_a_waiting_customer_count_from_the_change_on_also_after_a_restart() {
    let mut world = World::new(RoutingSettings {
        closing_policy: FallbackPolicy::OfflineMessage,
        customer_grace: Millis::from_mins(600),
        ..RoutingSettings::default()
    });
    world.ask(Request::PutChatbot(chatbot("bot-0")));
    world.escalate(0);
    // 13:30: by the new hours it closed at 13:00 and opens at 14:00.
    world.now = world.now + Millis::from_mins(90);
    world.ask(Request::PutChatbot(Chatbot { hours: Some(some_hours()), updated_at: world.now, ..chatbot("bot-0") }));
    world.restart();
    assert!(world.entry(0).is_some(), "sent away for an evening that was none");
    world.now = world.now + Millis::from_mins(24 * 60);
    world.restart();
    assert!(world.entry(0).is_none(), "the next closing time counts");
}

#[test]
fn a_customers_second_click_does_not_end_the_agents_paperwork() {
    let settings = RoutingSettings { wrap_up: Millis::from_secs(60), ..RoutingSettings::default() };
    let mut world = World::new(settings);
    world.connect(0, 1);
    world.escalate(0);
    world.close(0, Role::Customer);
    world.close(0, Role::Customer);
    assert_eq!(world.the_agent(0).capacity.used, 1);
    world.close(0, Role::Agent);
    assert_eq!(world.the_agent(0).capacity.used, 0);
}

#[test]
fn a_sign_of_life_after_silence_brings_the_agent_back() {
    let mut world = World::mode(RoutingMode::Auto);
    world.connect(0, 1);
    world.seconds(120);
    assert_eq!(world.the_agent(0).presence, Presence::Gone);
    world.escalate(0);
    world.ask(Request::AgentSeen { agent_id: agent(0) });
    assert_eq!(world.owner(0), Some(agent(0)));
}

#[test]
fn a_sign_of_life_after_the_link_was_lost_brings_nobody_back() {
    let mut world = World::mode(RoutingMode::Auto);
    world.connect(0, 1);
    world.seconds(120);
    world.disconnect(0);
    world.ask(Request::AgentSeen { agent_id: agent(0) });
    assert_eq!(world.the_agent(0).presence, Presence::Gone);
}

#[test]
fn a_chatbot_that_goes_away_leaves_its_customers_to_the_installations_mode() {
    let mut world = World::mode(RoutingMode::Auto);
    world.ask(Request::PutChatbot(Chatbot { routing_mode: Some(RoutingMode::Manual), ..chatbot("bot-0") }));
    world.connect(0, 1);
    world.escalate(0);
    assert_eq!(world.owner(0), None);
    world.ask(Request::RemoveChatbot { chatbot_id: ChatbotId::from("bot-0") });
    assert_eq!(world.owner(0), Some(agent(0)));
}

#[test]
fn an_absurd_limit_is_cut_not_stored() {
    let mut world = World::mode(RoutingMode::Auto);
    world.connect(0, -3);
    world.connect(1, i32::MAX);
    assert_eq!((world.the_agent(0).capacity.limit, world.the_agent(1).capacity.limit), (0, 1000));
}

#[test]
fn a_lost_owner_or_target_ends_a_pending_transfer() {
    for lost in [0, 1] {
        let mut world =
            World::new(RoutingSettings { agent_grace: Millis::from_secs(20), ..RoutingSettings::default() });
        world.connect(0, 1);
        world.escalate(0);
        world.connect(1, 1);
        world.transfer(0, 0, TransferTarget::Agent(agent(1))).reply.unwrap();
        world.disconnect(lost);
        world.seconds(19);
        assert_eq!(world.asked(0), [agent(1)]);
        world.seconds(1);
        assert_eq!(world.asked(0), []);
        // Lost target: the owner keeps it. Lost owner: back in the queue, and the former target is free again.
        assert_eq!(world.owner(0), Some(agent(1 - lost)));
    }
}

#[test]
fn closing_ends_a_pending_transfer() {
    let mut world = World::mode(RoutingMode::Auto);
    world.connect(0, 1);
    world.escalate(0);
    world.connect(1, 1);
    world.transfer(0, 0, TransferTarget::Agent(agent(1))).reply.unwrap();
    world.close(0, Role::Agent);
    assert!(matches!(world.accept(0, 1).reply, Err(Rejection::OfferGone { .. })));
    assert_eq!(world.the_agent(1).capacity.held, 0);
}

#[test]
fn somebody_without_a_link_can_take_one_and_loses_it_after_the_grace() {
    let mut world = World::mode(RoutingMode::Manual);
    world.escalate(0);
    world.take(0, 0).reply.unwrap();
    assert_eq!(world.the_agent(0).presence, Presence::Grace);
    world.seconds(30);
    assert_eq!(world.owner(0), None);
    assert_eq!(world.entry(0).unwrap().queued_at, NOON);
}

#[test]
fn a_limit_below_the_load_takes_offers_back_and_lets_conversations_stand() {
    let mut world = offering(|_| {});
    world.connect(0, 3);
    (0..3).for_each(|n| drop(world.escalate(n)));
    world.accept(0, 0);
    world.accept(1, 0);
    world.limit(0, 1);
    let load = world.the_agent(0).capacity;
    assert_eq!((load.used, load.held, load.over), (2, 0, 1));
    world.close(0, Role::Agent);
    assert_eq!(world.the_agent(0).capacity.over, 0);
}

#[test]
fn an_expired_wish_can_be_made_again() {
    let settings = RoutingSettings {
        max_wait: Some(Millis::from_mins(1)),
        max_wait_policy: FallbackPolicy::Ai,
        ..RoutingSettings::default()
    };
    let mut world = World::new(settings);
    world.escalate(0);
    world.seconds(60);
    let later: Timestamp = world.now;
    world.escalate(0);
    assert_eq!(world.entry(0).unwrap().queued_at, later);
}

#[test]
fn a_restart_does_not_forget_who_declined() {
    let mut world = offering(|_| {});
    world.connect(0, 1);
    world.connect(1, 1);
    world.escalate(0);
    world.decline(0, 0);
    assert_eq!(world.asked(0), [agent(1)]);
    world.now = world.now + Millis::from_secs(31);
    world.restart();
    world.seconds(5);
    world.connect(0, 1);
    assert_eq!(world.entry(0).unwrap().excluded, [agent(0)], "agent 1 may come back");
}

#[test]
fn whoever_is_being_offered_is_not_told_to_wait_for_the_unit_that_is_kept_for_them() {
    let mut world = offering(|_| {});
    world.connect(0, 1);
    world.escalate(0);
    let place = world.brain.place(world.now, &conversation(0)).unwrap();
    assert_eq!(place.wait.unwrap().p50_s, 0);
    assert_eq!(world.brain.places(world.now), [(conversation(0), place)]);
}

#[test]
fn asking_again_without_a_link_is_a_sign_of_life() {
    let mut world = World::mode(RoutingMode::Auto);
    world.escalate(0);
    world.lost(0);
    world.seconds(120);
    world.escalate(0);
    world.seconds(120);
    assert!(world.entry(0).is_some());
    world.seconds(60);
    assert!(world.entry(0).is_none());
}

#[test]
fn a_closing_time_that_is_noticed_late_still_ends_the_wait() {
    let mut world = World::new(RoutingSettings { closing_policy: FallbackPolicy::Ai, ..RoutingSettings::default() });
    world.ask(Request::PutChatbot(Chatbot { hours: Some(some_hours()), ..chatbot("bot-0") }));
    world.escalate(0);
    // From 12:00 to 14:30 in one step, as after a suspended process: closed at 13:00, open again at 14:00.
    world.pass(Millis::from_mins(150));
    assert!(world.entry(0).is_none());
}

#[test]
fn a_raised_priority_brings_a_customer_forward_and_is_in_the_log() {
    let mut world = World::mode(RoutingMode::Manual);
    world.escalate(0);
    world.seconds(1);
    world.escalate(1);
    let moment = world.prioritize(1, 3);
    assert_eq!(moment.reply, Ok(Reply::Done));
    let decision = moment.decisions().next().unwrap();
    assert_eq!((decision.outcome, decision.rule, decision.manual), (Outcome::Prioritized, 6, true));
    assert_eq!(decision.note.as_deref(), Some("priority 0 became 3"));
    assert_eq!(world.brain.place(world.now, &conversation(1)).unwrap().position, 1);
    assert_eq!(world.shadow.cases[&conversation(1)].priority, 3);
    world.prioritize(1, 0);
    assert_eq!(world.brain.place(world.now, &conversation(1)).unwrap().position, 2);
}

#[test]
fn a_changed_priority_keeps_what_was_waited_for() {
    let step = Millis::from_mins(1);
    let settings = RoutingSettings { mode: RoutingMode::Manual, ageing_step: step, ..RoutingSettings::default() };
    let top = settings.top_priority;
    let mut world = World::new(settings);
    world.escalate(0);
    world.seconds(150);
    world.prioritize(0, 1);
    assert_eq!(world.entry(0).unwrap().effective_priority, 3.min(top));
    assert_eq!(world.entry(0).unwrap().age_at, (top > 3).then_some(NOON + Millis::from_mins(3)));
}

#[test]
fn a_priority_out_of_range_or_of_nobody_who_waits_is_refused() {
    let mut world = World::mode(RoutingMode::Auto);
    world.connect(0, 1);
    world.escalate(0);
    assert_eq!(world.prioritize(0, 1).reply, Err(Rejection::NotWaiting));
    world.escalate(1);
    let top = world.settings.top_priority;
    for wrong in [-1, top + 1] {
        assert!(matches!(world.prioritize(1, wrong).reply, Err(Rejection::Invalid { .. })), "{wrong}");
    }
}

#[test]
fn a_renamed_agent_is_renamed_as_a_person_too_and_only_then() {
    let mut world = World::mode(RoutingMode::Auto);
    world.connect(0, 1);
    let renamed = |moment: &Moment| {
        let names = moment.effects.iter().filter_map(|effect| match effect {
            Effect::Op(Op::RenamePerson { name, .. }) => Some(name.clone()),
            _ => None,
        });
        names.collect::<Vec<_>>()
    };
    let same = world.ask(Request::ChangeAgent(profile(0)));
    let other = world.ask(Request::ChangeAgent(AgentProfile { name: "Anna".to_owned(), ..profile(0) }));
    assert_eq!((renamed(&same), renamed(&other)), (vec![], vec!["Anna".to_owned()]));
}

#[test]
fn an_agents_status_stands_since_it_was_chosen_or_since_the_agent_came_or_went() {
    let mut world = World::mode(RoutingMode::Auto);
    let since = |world: &World| world.shadow.agents[&agent(0)].status_since;
    world.connect(0, 1);
    assert_eq!(since(&world), Some(NOON));
    world.seconds(5);
    world.escalate(0);
    assert_eq!(since(&world), Some(NOON), "work changes nothing of it");
    world.choose(0, Availability::Away);
    assert_eq!(since(&world), Some(NOON + Millis::from_secs(5)));
    world.disconnect(0);
    world.seconds(29);
    assert_eq!(since(&world), Some(NOON + Millis::from_secs(5)), "in its grace an agent counts as here");
    world.seconds(1);
    assert_eq!(since(&world), Some(NOON + Millis::from_secs(35)));
}
