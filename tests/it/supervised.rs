//! The real supervisor over a real store: after each of many random requests, what a restart would load is what the
//! supervisor holds in memory.

use switchboard::domain::agent::Availability;
use switchboard::domain::chatbot::{RoutingMode, RoutingSettings};
use switchboard::domain::command::{ReleaseTo, TransferTarget};
use switchboard::domain::escalation::{Actor, AgentProfile, ConversationFacts, Effect, Op, Request, Setup, Supervisor};
use switchboard::domain::ids::{ConversationId, OfferId};
use switchboard::domain::room::RoomRecord;
use switchboard::domain::time::{Millis, Timestamp};
use switchboard::domain::user::Role;
use switchboard::store::{PostgresStore, SqliteStore, Store, Transaction, Write, Written};

use crate::store::{new_conversation, user};
use crate::support::postgres;

const CONVERSATIONS: u64 = 60;
const AGENTS: u64 = 4;
const REQUESTS: u64 = 300;

/// Numbers that are the same in every run (Knuth's 64-bit multiplier).
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }

    fn agent(&mut self) -> String {
        format!("agent{}", self.below(AGENTS))
    }

    fn conversation(&mut self) -> ConversationId {
        format!("c{}", self.below(CONVERSATIONS)).into()
    }
}

async fn commit_one(store: &dyn Store, write: Write) -> Written {
    store.commit(&[write]).await.unwrap().remove(0)
}

async fn prepare(store: &dyn Store) {
    store.migrate().await.unwrap();
    store.ensure_user(&user("kunde", Role::Customer), 2).await.unwrap();
    store.ensure_user(&user("chef", Role::Admin), 2).await.unwrap();
    for n in 0..AGENTS {
        store.ensure_user(&user(&format!("agent{n}"), Role::Agent), 2).await.unwrap();
    }
    for n in 0..CONVERSATIONS {
        commit_one(store, new_conversation(&format!("c{n}"), "kunde")).await;
    }
}

async fn facts(store: &dyn Store, id: &ConversationId) -> ConversationFacts {
    let row = store.conversation(id).await.unwrap().unwrap();
    ConversationFacts {
        case: RoomRecord::new(row.clone(), Vec::new()).case(),
        escalation_requested: row.escalation_requested,
        customer_online: true,
        last_agent_id: store.last_agent_of(&row.customer_id).await.unwrap(),
    }
}

fn profile(id: String, limit: Option<i32>) -> AgentProfile {
    AgentProfile { name: id.to_uppercase(), id: id.into(), limit, skills: None, teams: Some(vec!["all".to_owned()]) }
}

async fn request(store: &dyn Store, brain: &Supervisor, dice: &mut Dice) -> Request {
    let mut conversation_id = dice.conversation();
    let live = brain.state().cases.len() as u64;
    if live > 0 && dice.below(2) == 0 {
        let place = usize::try_from(dice.below(live)).unwrap();
        conversation_id = brain.state().cases.keys().nth(place).unwrap().clone();
    }
    let admin = Actor { user_id: Some("chef".into()), role: Role::Admin };
    let pending: Vec<_> = brain.state().offers.values().cloned().collect();
    let offer = if pending.is_empty() {
        (OfferId::from("none"), dice.agent().into())
    } else {
        let offer = &pending[usize::try_from(dice.below(pending.len() as u64)).unwrap()];
        (offer.id.clone(), offer.agent_id.clone())
    };
    match dice.below(32) {
        0..4 | 26..30 => Request::Escalate {
            facts: facts(store, &conversation_id).await,
            reason: Some("help".to_owned()),
            priority: Some(i32::try_from(dice.below(3)).unwrap()),
            skills: Vec::new(),
        },
        4 | 5 => Request::Accept { offer_id: offer.0, agent_id: offer.1 },
        6 => Request::Decline { offer_id: offer.0, agent_id: offer.1, reason: Some("busy".to_owned()) },
        7 => Request::CancelEscalation { conversation_id },
        8 => Request::AssignToMe { facts: facts(store, &conversation_id).await, agent: profile(dice.agent(), None) },
        9 => Request::Assign { facts: facts(store, &conversation_id).await, agent_id: dice.agent().into() },
        10 | 30 | 31 => Request::Transfer {
            conversation_id,
            by: admin,
            target: TransferTarget::Agent(dice.agent().into()),
            note: Some("knows more".to_owned()),
        },
        11 => Request::Release { conversation_id, by: admin, to: ReleaseTo::Queue },
        12 | 22..26 => {
            Request::Close { facts: facts(store, &conversation_id).await, by: admin, reason: "resolved".to_owned() }
        }
        13 => Request::AgentDisconnected { agent_id: dice.agent().into() },
        14 => Request::ChangeAgent(profile(dice.agent(), Some(i32::try_from(2 + dice.below(3)).unwrap()))),
        15 => Request::SetAvailability {
            agent_id: dice.agent().into(),
            availability: if dice.below(3) == 0 { Availability::Away } else { Availability::Available },
            reason: None,
        },
        16..20 => Request::AgentConnected(profile(dice.agent(), None)),
        _ => Request::CustomerLost { conversation_id },
    }
}

/// Stores the ops of what was decided, as one transaction.
async fn carry_out(store: &dyn Store, effects: Vec<Effect>) {
    let ops: Vec<Op> = effects
        .into_iter()
        .filter_map(|effect| match effect {
            Effect::Op(op) => Some(op),
            _ => None,
        })
        .collect();
    let done =
        commit_one(store, Write::Apply(Transaction { lineage: 1, ops: ops.clone(), audit: None, told: Vec::new() }))
            .await;
    assert!(matches!(done, Written::Applied { .. }), "{done:?} for {ops:#?}");
}

async fn run(store: &dyn Store, mode: RoutingMode) {
    prepare(store).await;
    let settings = RoutingSettings { mode, wrap_up: Millis::from_secs(20), ..RoutingSettings::default() };
    let mut effects = Vec::new();
    let mut now = Timestamp::from_millis(1_795_428_000_000);
    let state = store.load_routing().await.unwrap();
    let mut brain = Supervisor::restore(Setup::new(settings.clone(), Vec::new(), 1), state, now, &mut effects);
    carry_out(store, effects).await;
    for n in 0..AGENTS {
        let mut effects = Vec::new();
        brain.handle(now, Request::AgentConnected(profile(format!("agent{n}"), None)), &mut effects).unwrap();
        carry_out(store, effects).await;
    }
    let mut dice = Dice(7);
    let (mut most_cases, mut most_offers) = (0, 0);
    for turn in 0..REQUESTS {
        now = now + Millis::new(i64::try_from(dice.below(9_000)).unwrap());
        let asked = request(store, &brain, &mut dice).await;
        let mut effects = Vec::new();
        // A refusal is as good as any answer: due deadlines have their effects all the same.
        drop(brain.handle(now, asked.clone(), &mut effects));
        carry_out(store, effects).await;
        assert_eq!(store.load_routing().await.unwrap(), *brain.state(), "turn {turn}: {asked:?}");
        most_cases = most_cases.max(brain.state().cases.len());
        most_offers = most_offers.max(brain.state().offers.len());
        if turn == REQUESTS / 2 {
            let state = store.load_routing().await.unwrap();
            let mut effects = Vec::new();
            brain = Supervisor::restore(Setup::new(settings.clone(), Vec::new(), 2), state, now, &mut effects);
            carry_out(store, effects).await;
        }
    }
    assert!(most_cases > 4, "the dice asked for too little: {most_cases} cases");
    assert!(most_offers > 0, "no transfer or offer was made, with at most {most_cases} cases");
}

async fn on_sqlite(mode: RoutingMode) {
    let folder = tempfile::tempdir().unwrap();
    run(&SqliteStore::open(folder.path().join("t.db").to_str().unwrap()).await.unwrap(), mode).await;
}

async fn on_postgres(mode: RoutingMode) {
    run(&PostgresStore::connect(&postgres::fresh_database().await, 2).await.unwrap(), mode).await;
}

#[tokio::test]
async fn a_restart_finds_what_the_supervisor_held_when_it_assigns_on_sqlite() {
    on_sqlite(RoutingMode::Auto).await;
}

#[tokio::test]
async fn a_restart_finds_what_the_supervisor_held_when_it_assigns_on_postgres() {
    on_postgres(RoutingMode::Auto).await;
}

#[tokio::test]
async fn a_restart_finds_what_the_supervisor_held_when_it_offers_on_sqlite() {
    on_sqlite(RoutingMode::Offer).await;
}

#[tokio::test]
async fn a_restart_finds_what_the_supervisor_held_when_it_offers_on_postgres() {
    on_postgres(RoutingMode::Offer).await;
}
