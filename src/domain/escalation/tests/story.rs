//! Random stories: settings and a list of steps, told to a [`World`].

use proptest::prelude::*;
use proptest::sample::select;

use super::world::*;
use crate::domain::agent::Availability;
use crate::domain::chatbot::{Chatbot, FallbackPolicy, RoutingMode, RoutingSettings};
use crate::domain::command::{ReleaseTo, TransferTarget};
use crate::domain::escalation::*;
use crate::domain::hours::{BusinessHours, Interval};
use crate::domain::time::Millis;
use crate::domain::user::Role;

pub(super) const AGENTS: usize = 4;
pub(super) const CONVERSATIONS: usize = 6;
const SKILLS: [&str; 2] = ["german", "billing"];

#[derive(Clone, Debug)]
pub(super) enum Step {
    Connect {
        agent: usize,
    },
    Disconnect {
        agent: usize,
    },
    Seen {
        agent: usize,
    },
    Choose {
        agent: usize,
        availability: Availability,
    },
    Change {
        agent: usize,
        limit: i32,
        skills: usize,
    },
    Escalate {
        conversation: usize,
        priority: i32,
        skills: usize,
    },
    /// The room had not heard of the newest change when it asked.
    EscalateOnOldFacts {
        conversation: usize,
    },
    Cancel {
        conversation: usize,
    },
    Accept {
        nth: usize,
        by: Option<usize>,
    },
    Decline {
        nth: usize,
    },
    Take {
        agent: usize,
        conversation: usize,
    },
    Assign {
        agent: usize,
        conversation: usize,
    },
    Transfer {
        conversation: usize,
        to: Option<usize>,
        admin: bool,
    },
    Release {
        conversation: usize,
        to: ReleaseTo,
    },
    Prioritize {
        conversation: usize,
        priority: i32,
    },
    Close {
        conversation: usize,
        role: Role,
    },
    Lost {
        conversation: usize,
    },
    Back {
        conversation: usize,
    },
    Polls {
        conversation: usize,
    },
    Bot {
        nth: usize,
        mode: Option<RoutingMode>,
        hours: bool,
    },
    Pass {
        ms: i64,
    },
    NextDeadline,
    Restart {
        after_ms: i64,
    },
}

fn chosen_skills(mask: usize) -> Vec<String> {
    SKILLS.iter().enumerate().filter(|(bit, _)| mask & (1 << bit) != 0).map(|(_, skill)| (*skill).to_owned()).collect()
}

pub(super) fn steps() -> impl Strategy<Value = Vec<Step>> {
    let agent = 0..AGENTS;
    let conversation = 0..CONVERSATIONS;
    let step = prop_oneof![
        6 => agent.clone().prop_map(|agent| Step::Connect { agent }),
        2 => agent.clone().prop_map(|agent| Step::Disconnect { agent }),
        1 => agent.clone().prop_map(|agent| Step::Seen { agent }),
        3 => (agent.clone(), select(&[Availability::Available, Availability::Available, Availability::Away,
                Availability::Draining, Availability::Offline, Availability::NotResponding][..]))
            .prop_map(|(agent, availability)| Step::Choose { agent, availability }),
        2 => (agent.clone(), 0..4, 0..4_usize).prop_map(|(agent, limit, skills)| Step::Change { agent, limit, skills }),
        9 => (conversation.clone(), select(&[0, 0, 0, 1, 3, 20, -1][..]), select(&[0_usize, 0, 0, 1, 2, 3][..]))
            .prop_map(|(conversation, priority, skills)| Step::Escalate { conversation, priority, skills }),
        1 => conversation.clone().prop_map(|conversation| Step::EscalateOnOldFacts { conversation }),
        1 => conversation.clone().prop_map(|conversation| Step::Cancel { conversation }),
        6 => (0..6_usize, prop_oneof![4 => Just(None), 1 => agent.clone().prop_map(Some)])
            .prop_map(|(nth, by)| Step::Accept { nth, by }),
        4 => (0..6_usize).prop_map(|nth| Step::Decline { nth }),
        2 => (agent.clone(), conversation.clone()).prop_map(|(agent, conversation)| Step::Take { agent, conversation }),
        1 => (agent.clone(), conversation.clone())
            .prop_map(|(agent, conversation)| Step::Assign { agent, conversation }),
        3 => (conversation.clone(), prop_oneof![agent.clone().prop_map(Some), Just(None)], any::<bool>())
            .prop_map(|(conversation, to, admin)| Step::Transfer { conversation, to, admin }),
        2 => (conversation.clone(), select(&[ReleaseTo::Ai, ReleaseTo::Queue][..]))
            .prop_map(|(conversation, to)| Step::Release { conversation, to }),
        2 => (conversation.clone(), select(&[0, 1, 3, 9, -1, 100][..]))
            .prop_map(|(conversation, priority)| Step::Prioritize { conversation, priority }),
        3 => (conversation.clone(), select(&[Role::Customer, Role::Agent, Role::Admin][..]))
            .prop_map(|(conversation, role)| Step::Close { conversation, role }),
        2 => conversation.clone().prop_map(|conversation| Step::Lost { conversation }),
        2 => conversation.clone().prop_map(|conversation| Step::Back { conversation }),
        1 => conversation.clone().prop_map(|conversation| Step::Polls { conversation }),
        1 => (0..2_usize, select(&[None, Some(RoutingMode::Auto), Some(RoutingMode::Offer), Some(RoutingMode::Manual)][..]),
                any::<bool>()).prop_map(|(nth, mode, hours)| Step::Bot { nth, mode, hours }),
        8 => select(&[0_i64, 1, 999, 1000, 5_000, 29_999, 30_000, 30_001, 60_000, 120_000, 180_000, 900_000, 14_400_000][..])
            .prop_map(|ms| Step::Pass { ms }),
        5 => Just(Step::NextDeadline),
        2 => select(&[0_i64, 100, 10_000, 30_000, 3_600_000][..]).prop_map(|after_ms| Step::Restart { after_ms }),
    ];
    prop::collection::vec(step, 1..70)
}

pub(super) fn settings() -> impl Strategy<Value = RoutingSettings> {
    let policy = || select(&[FallbackPolicy::OfflineMessage, FallbackPolicy::Ai, FallbackPolicy::QueueAnyway][..]);
    let mode = select(&[RoutingMode::Auto, RoutingMode::Offer, RoutingMode::Offer, RoutingMode::Manual][..]);
    let spans = (
        select(&[0_i64, 20][..]),
        select(&[0_i64, 15][..]),
        select(&[0_i64, 60, 120][..]),
        prop::option::of(Just(Millis::from_mins(10))),
        select(&[0_i64, 60, 300][..]),
    );
    let policies = (policy(), policy(), policy(), policy(), policy());
    (mode, 1..4_usize, 1..3_i32, spans, policies, select(&[None, Some(2_usize)][..])).prop_map(
        |(mode, broadcast_offers, missed_offers_limit, spans, policies, max_queue)| {
            let (wrap_up, sticky, relax, max_wait, ageing) = spans;
            let (closed_policy, queue_full_policy, max_wait_policy, no_agents_policy, closing_policy) = policies;
            RoutingSettings {
                mode,
                broadcast_offers,
                missed_offers_limit,
                wrap_up: Millis::from_secs(wrap_up),
                sticky_wait: Millis::from_secs(sticky),
                relax_after: Millis::from_secs(relax),
                ageing_step: Millis::from_secs(ageing),
                top_priority: 5,
                max_wait,
                max_queue,
                closed_policy,
                queue_full_policy,
                max_wait_policy,
                no_agents_policy,
                closing_policy,
                default_capacity: 2,
                ..RoutingSettings::default()
            }
        },
    )
}

/// Open around the clock but 13:00–14:00 and 15:00–16:00 UTC, so that stories of some hours meet both ends.
pub(super) fn some_hours() -> BusinessHours {
    let day = [(0, 780), (840, 900), (960, 1440)];
    let day = day.map(|(from_minute, to_minute)| Interval { from_minute, to_minute }).to_vec();
    BusinessHours { time_zone: "UTC".to_owned(), weekly: std::array::from_fn(|_| day.clone()), exceptions: Vec::new() }
}

/// Tells one step; none when it cannot be told now.
pub(super) fn tell(world: &mut World, step: &Step) -> Option<Moment> {
    match *step {
        Step::Connect { agent } => Some(world.ask(Request::AgentConnected(profile(agent)))),
        Step::Disconnect { agent } => Some(world.disconnect(agent)),
        Step::Seen { agent: n } => Some(world.ask(Request::AgentSeen { agent_id: agent(n) })),
        Step::Choose { agent, availability } => Some(world.choose(agent, availability)),
        Step::Change { agent, limit, skills } => Some(world.ask(Request::ChangeAgent(AgentProfile {
            limit: Some(limit),
            skills: Some(chosen_skills(skills)),
            teams: Some(vec![format!("team-{}", agent % 2)]),
            ..profile(agent)
        }))),
        Step::Escalate { conversation, priority, skills } => {
            let facts = world.facts(conversation);
            let reason = Some(format!("reason {priority}"));
            Some(world.ask(Request::Escalate {
                facts,
                reason,
                priority: Some(priority),
                skills: chosen_skills(skills),
            }))
        }
        Step::EscalateOnOldFacts { conversation } => {
            let mut facts = world.facts(conversation);
            // Only a change that was just decided can be unknown to the room.
            if world.shadow.cases.contains_key(&facts.case.conversation_id) {
                facts.case.version -= 1;
            }
            Some(world.ask(Request::Escalate { facts, reason: None, priority: None, skills: Vec::new() }))
        }
        Step::Pass { ms } => Some(world.pass(Millis::new(ms))),
        Step::NextDeadline => {
            let at = world.brain.next_deadline()?;
            Some(world.pass(at.since(world.now)))
        }
        Step::Restart { after_ms } => {
            world.now = world.now + Millis::new(after_ms);
            Some(world.restart())
        }
        Step::Bot { nth, mode, hours } => {
            let bot = Chatbot { updated_at: world.now, ..chatbot(&format!("bot-{nth}")) };
            let hours = hours.then(some_hours);
            Some(world.ask(Request::PutChatbot(Chatbot { routing_mode: mode, hours, ..bot })))
        }
        _ => tell_about_conversation(world, step),
    }
}

fn tell_about_conversation(world: &mut World, step: &Step) -> Option<Moment> {
    match *step {
        Step::Cancel { conversation: n } => {
            Some(world.ask(Request::CancelEscalation { conversation_id: conversation(n) }))
        }
        Step::Accept { nth, by } => {
            let (offer_id, to) = world.offers.iter().rev().nth(nth)?.clone();
            Some(world.ask(Request::Accept { offer_id, agent_id: by.map_or(to, agent) }))
        }
        Step::Decline { nth } => {
            let (offer_id, agent_id) = world.offers.iter().rev().nth(nth)?.clone();
            Some(world.ask(Request::Decline { offer_id, agent_id, reason: None }))
        }
        Step::Take { agent, conversation } => Some(world.take(conversation, agent)),
        Step::Assign { agent, conversation } => Some(world.assign(conversation, agent)),
        Step::Transfer { conversation: n, to, admin } => {
            let target =
                to.map_or_else(|| TransferTarget::Team("team-0".into()), |to| TransferTarget::Agent(agent(to)));
            let by = if admin {
                Actor { user_id: Some("admin".into()), role: Role::Admin }
            } else {
                Actor { user_id: world.owner(n), role: Role::Agent }
            };
            Some(world.ask(Request::Transfer {
                conversation_id: conversation(n),
                by,
                target,
                note: Some("note".into()),
            }))
        }
        Step::Release { conversation: n, to } => {
            let by = Actor { user_id: world.owner(n), role: Role::Agent };
            Some(world.ask(Request::Release { conversation_id: conversation(n), by, to }))
        }
        Step::Prioritize { conversation, priority } => Some(world.prioritize(conversation, priority)),
        Step::Close { conversation, role } => Some(world.close(conversation, role)),
        Step::Lost { conversation } => Some(world.lost(conversation)),
        Step::Back { conversation } => Some(world.back(conversation)),
        Step::Polls { conversation: n } => Some(world.ask(Request::CustomerSeen { conversation_id: conversation(n) })),
        _ => None,
    }
}

/// Tells random stories and shows every moment to `see`.
pub(super) fn stories<T>(begin: impl Fn(&World) -> T, see: impl Fn(&mut T, &World, &Moment)) {
    stories_with(|settings| settings, begin, see);
}

/// The same, with settings that suit the rule.
pub(super) fn stories_with<T>(
    suit: impl Fn(RoutingSettings) -> RoutingSettings,
    begin: impl Fn(&World) -> T,
    see: impl Fn(&mut T, &World, &Moment),
) {
    let cases = std::env::var("SWITCHBOARD_STORIES").ok().and_then(|text| text.parse().ok()).unwrap_or(48);
    let config =
        ProptestConfig { cases, max_shrink_iters: 2000, failure_persistence: None, ..ProptestConfig::default() };
    proptest!(config, |(settings in settings(), steps in steps())| {
        let mut world = World::new(suit(settings));
        world.ask(Request::PutChatbot(chatbot("bot-0")));
        world.ask(Request::PutChatbot(chatbot("bot-1")));
        let mut kept = begin(&world);
        for step in &steps {
            if let Some(moment) = tell(&mut world, step) {
                see(&mut kept, &world, &moment);
            }
        }
    });
}
