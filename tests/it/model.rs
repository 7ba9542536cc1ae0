//! A model check of the supervisor's brain (stateright): agents × conversations × late, lost and repeated messages ×
//! commits that lag behind × crashes × deadlines. It drives the code of production; the database is the ledger.
//!
//! The outside hears of a decision when it is committed, never before, and a crash forgets what was not. So what must
//! hold is checked in memory, in the database, and over everything that anybody was ever told.

mod actions;
mod digest;
mod world;

use stateright::{Checker, Model, Property};

use world::{Config, World};

/// States to generate in each check, repeats included, unless `SWITCHBOARD_MODEL_STATES` says otherwise. More than half
/// are distinct, so the three checks together look at some 1.5 × 10⁵ distinct ones.
const STATES: usize = 100_000;

impl Model for Config {
    type State = World;
    type Action = actions::Action;

    fn init_states(&self) -> Vec<World> {
        vec![World::begin(self)]
    }

    fn actions(&self, state: &World, actions: &mut Vec<Self::Action>) {
        state.possible(self, actions);
    }

    fn next_state(&self, last: &World, action: Self::Action) -> Option<World> {
        let mut next = last.clone();
        next.act(self, &action);
        Some(next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always("every step keeps R1–R5 and the other invariants", |_, it: &World| it.broken.is_none()),
            Property::always("memory is what is durable and what is under way", |_, it: &World| {
                it.memory_is_ahead_of_the_rows()
            }),
            Property::always("what is durable keeps the invariants", |config: &Config, it: &World| {
                it.rows_hold(config)
            }),
            Property::always("nobody was told of two owners", |_, it: &World| {
                it.told.values().all(|owners| owners.len() <= 1)
            }),
            Property::always("who was told to own it owns it, whatever crashed", |_, it: &World| it.told_is_durable()),
            Property::sometimes("an owner was told", |_, it: &World| it.told.values().any(|owners| !owners.is_empty())),
            Property::sometimes("two agents own one each", |_, it: &World| {
                it.told.values().filter(|it| !it.is_empty()).count() > 1
            }),
            Property::sometimes("two offers are open", |_, it: &World| it.brain.state().offers.len() > 1),
            Property::sometimes("a crash forgot decisions", |_, it: &World| it.seen.crash_forgot),
            Property::sometimes("a late accept was told who has it", |_, it: &World| it.seen.told_who_has_it),
            Property::sometimes("a lost agent's customer was given to another", |_, it: &World| it.seen.served_again),
            Property::sometimes("somebody does not respond", |_, it: &World| it.seen.not_responding),
            Property::sometimes("everybody had declined", |_, it: &World| it.seen.backed_off),
            Property::sometimes("a transfer was accepted", |_, it: &World| it.seen.transferred),
        ]
    }

    fn within_boundary(&self, state: &World) -> bool {
        state.pending.len() <= self.pending_max
    }
}

fn check(name: &str, config: Config, never: &[&'static str]) {
    let wanted = std::env::var("SWITCHBOARD_MODEL_STATES").ok().and_then(|text| text.parse().ok()).unwrap_or(STATES);
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let checker = config.checker().threads(threads).target_state_count(wanted).spawn_bfs().join();
    let discoveries = checker.discoveries();
    eprintln!(
        "{name}: {} states ({} with repeats), depth {}",
        checker.unique_state_count(),
        checker.state_count(),
        checker.max_depth()
    );
    for property in checker.model().properties() {
        let failure = property.expectation.discovery_is_failure();
        match (discoveries.get(property.name), failure) {
            (Some(path), true) => {
                let last = path.last_state().clone();
                panic!("{name}: not always: {}\n{:#?}\n{last:?}", property.name, path.clone().into_actions());
            }
            (None, false) if !never.contains(&property.name) => panic!("{name}: never: {}", property.name),
            _ => {}
        }
    }
    let distinct = checker.unique_state_count();
    assert!(distinct * 4 > wanted || checker.state_count() < wanted, "{name}: only {distinct} distinct states");
}

#[test]
fn offers_survive_late_lost_and_repeated_messages_and_crashes() {
    check("offers", Config::offers(), &["a transfer was accepted"]);
}

#[test]
fn broadcast_offers_have_one_winner() {
    let never = ["a transfer was accepted", "a lost agent's customer was given to another"];
    check("broadcast", Config::broadcast(), &never);
}

#[test]
fn assignments_and_transfers_survive_crashes() {
    let never = ["everybody had declined", "a late accept was told who has it", "two offers are open"];
    check("transfers", Config::transfers(), &never);
}
