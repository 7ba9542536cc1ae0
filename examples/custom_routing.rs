//! A host's own way to choose agents, without any socket: whoever's name comes first in the alphabet.
//!
//! `cargo run --example custom_routing`

use std::sync::Arc;

use switchboard::config::{Config, PrivateUrl, Secret};
use switchboard::domain::agent::Agent;
use switchboard::domain::command::{StartConversation, StartMode};
use switchboard::domain::escalation::{QueueEntry, RoutingPolicy};
use switchboard::domain::event::{EscalationStatus, Event};
use switchboard::domain::ids::AgentId;
use switchboard::engine::{Engine, User};

struct Alphabetical;

impl RoutingPolicy for Alphabetical {
    fn choose(&self, _entry: &QueueEntry, candidates: &mut dyn Iterator<Item = &Agent>) -> Option<AgentId> {
        candidates.min_by(|one, other| one.name.cmp(&other.name)).map(|agent| agent.id.clone())
    }
}

#[expect(clippy::print_stdout, reason = "an example talks")]
#[actix_web::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut config = Config::default();
    config.database.url = PrivateUrl::new(std::env::var("DATABASE_URL").unwrap_or("sqlite:data/routing.db".into()));
    config.auth.jwt_secret = Some(Secret::new(format!("{:032x}", rand::random::<u128>())));
    let engine = Engine::builder().config(config).routing_policy(Arc::new(Alphabetical)).start().await?;
    let handle = engine.handle();
    for agent in [User::agent("z", "Zoe"), User::agent("b", "Bea"), User::agent("m", "Max")] {
        handle.ensure_user(&agent).await?;
        handle.agent_connected(&agent, Some(2), None).await?;
    }
    let mut events = handle.subscribe();
    let customer = User::customer("c", "Cleo");
    handle.ensure_user(&customer).await?;
    let client_id = format!("{:x}", rand::random::<u64>());
    let start = StartConversation { client_id, mode: StartMode::Human, ..StartConversation::default() };
    let started = handle.start_conversation(&customer, start).await?;
    let Some(EscalationStatus::Assigned { agent_name, .. }) = started.escalation else {
        return Err("nobody took it".into());
    };
    println!("assigned to {agent_name}");
    while let Some(published) = events.next().await {
        if let Event::AgentJoined { agent_name, .. } = &published.event {
            println!("the stream says that {agent_name} joined");
            break;
        }
    }
    for (_, decision) in handle.decisions(&started.conversation_id).await? {
        println!("R{}: {} of {} agents looked at", decision.rule, decision.outcome.as_str(), decision.candidates.len());
    }
    if agent_name == "Bea" { Ok(()) } else { Err("the policy was not asked".into()) }
}
