//! Cases that once broke a rule, and suspicions that proved unfounded.

use super::world::*;
use crate::domain::chatbot::RoutingMode;
use crate::domain::command::ReleaseTo;

#[test]
fn a_second_escalation_is_stored_with_its_own_reason() {
    let mut world = World::mode(RoutingMode::Auto);
    world.connect(0, 1);
    world.escalate(0);
    world.release(0, 0, ReleaseTo::Ai);
    let facts = world.facts(0);
    let reason = Some("cancel my order".to_owned());
    world.ask(crate::domain::escalation::Request::Escalate { facts, reason: reason.clone(), priority: None, skills: vec![] });
    // `World` compares the tables with what a restart loads after every request.
    assert_eq!(world.shadow.cases[&conversation(0)].reason, reason);
}
