//! Decisions a second of the pure core: 1,000 agents, 10,000 waiting; every decision frees a unit and fills it again.
//!
//! `cargo bench --bench decisions`

use std::collections::{BTreeMap, BTreeSet};

use switchboard::domain::chatbot::RoutingSettings;
use switchboard::domain::conversation::ConversationStatus;
use switchboard::domain::escalation::{
    Actor, AgentProfile, Case, ConversationFacts, Effects, Request, Setup, State, Supervisor,
};
use switchboard::domain::ids::ConversationId;
use switchboard::domain::time::{Millis, Timestamp};
use switchboard::domain::user::Role;

const AGENTS: usize = 1_000;
const WAITING: usize = 10_000;
const DECISIONS: usize = 50_000;

fn facts(place: usize) -> ConversationFacts {
    let id = format!("01a1fcb5-6ed3-7008-bded-{place:012}");
    ConversationFacts {
        case: Case {
            conversation_id: id.as_str().into(),
            customer_id: format!("c{id}").into(),
            customer_name: "Cleo".into(),
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
        },
        escalation_requested: false,
        customer_online: true,
        last_agent_id: None,
    }
}

/// Processor seconds of this thread so far: the machine may be busy with other things.
#[expect(clippy::expect_used, clippy::cast_precision_loss, clippy::as_conversions, reason = "a measurement")]
fn processor() -> f64 {
    let used = nix::sys::resource::getrusage(nix::sys::resource::UsageWho::RUSAGE_THREAD).expect("Linux");
    let (user, system) = (used.user_time(), used.system_time());
    (user.tv_sec() + system.tv_sec()) as f64 + (user.tv_usec() + system.tv_usec()) as f64 / 1e6
}

/// What no core can do without: the queue and the table of conversations, ordered, one out and one in for each pair of
/// decisions. Pairs a second of processor time.
#[expect(clippy::expect_used, reason = "a measurement")]
fn floor() -> f64 {
    let id = |place: usize| ConversationId::from(format!("01a1fcb5-6ed3-7008-bded-{place:012}"));
    let at = |place: usize| Timestamp::from_millis(i64::try_from(place).expect("fits"));
    let ids: Vec<ConversationId> = (0..WAITING + DECISIONS).map(id).collect();
    let mut queue: BTreeSet<(Timestamp, ConversationId)> = BTreeSet::new();
    let mut cases: BTreeMap<ConversationId, usize> = BTreeMap::new();
    for (place, id) in ids.iter().enumerate().take(WAITING) {
        queue.insert((at(place), id.clone()));
        cases.insert(id.clone(), place);
    }
    let began = processor();
    for (place, id) in ids.iter().enumerate().skip(WAITING) {
        if let Some((_, first)) = queue.pop_first() {
            cases.remove(&first);
        }
        queue.insert((at(place), id.clone()));
        cases.insert(id.clone(), place);
    }
    f64::from(u32::try_from(DECISIONS).expect("fits")) / (processor() - began)
}

#[expect(clippy::print_stdout, clippy::expect_used, reason = "a measurement")]
fn main() {
    let mut now = Timestamp::from_millis(1_795_428_000_000);
    let mut out = Effects::new();
    let mut brain =
        Supervisor::restore(Setup::new(RoutingSettings::default(), Vec::new(), 1), State::default(), now, &mut out);
    for place in 0..AGENTS {
        let profile = AgentProfile {
            id: format!("agent-{place:04}").into(),
            name: "Ann".into(),
            limit: Some(1),
            skills: None,
            teams: None,
        };
        brain.handle(now, Request::AgentConnected(profile), &mut out).expect("an agent");
    }
    let escalate = |place| Request::Escalate { facts: facts(place), reason: None, priority: None, skills: Vec::new() };
    for place in 0..AGENTS + WAITING {
        out.clear();
        brain.handle(now, escalate(place), &mut out).expect("an escalation");
    }
    assert_eq!(brain.state().entries.len(), WAITING);
    // What is asked is made before the clock runs: the core is measured, not the making of its questions.
    let questions: Vec<(Request, Request)> = (0..DECISIONS)
        .map(|place| {
            // The oldest owned conversation ends, the head of the queue takes its place, and a new one joins the queue.
            let by = Actor { user_id: None, role: Role::Admin };
            let close = Request::Close { facts: facts(place), by, reason: "solved".into() };
            (close, escalate(AGENTS + WAITING + place))
        })
        .collect();
    let began = processor();
    for (close, join) in questions {
        now = now + Millis::new(1);
        out.clear();
        brain.handle(now, close, &mut out).expect("a close");
        brain.handle(now, join, &mut out).expect("an escalation");
    }
    let seconds = processor() - began;
    assert_eq!(brain.state().entries.len(), WAITING);
    let pairs = f64::from(u32::try_from(DECISIONS).expect("fits"));
    let floor = 2.0 * floor();
    println!(
        "{:.0} decisions a second of processor time ({AGENTS} agents, {WAITING} waiting; a decision = one close with its assignment, or one escalation); floor of the same run: {floor:.0} (one ordered queue and one ordered table, half a pair each)",
        2.0 * pairs / seconds
    );
}
