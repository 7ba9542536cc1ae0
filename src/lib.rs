//! Switchboard: an actor-based realtime engine for customer conversations.
//!
//! Customers talk to an assistant or to people, over WebSockets, REST or from Rust; an escalation supervisor assigns, offers or
//! queues; what was acknowledged is durable, numbered without gaps, and shown to nobody before that. This crate is both the
//! program (`cargo run --release`) and a library for a host's own actix-web server.
//!
//! # A tour
//!
//! **1. Mount it.** [`engine::Engine::builder`] takes settings, and any part of the engine that you have yourself; then
//! [`engine::Engine::configure`] puts it under any scope of your `App` (the example stands in [`engine`]). Your own users come with
//! tokens that you sign ([`auth`]), or by your own [`auth::Authenticator`].
//!
//! **2. Talk to it from Rust.** [`engine::EngineHandle`] has every command as a typed method; times are
//! [`domain::time::Timestamp`], ids strings with a type, refusals [`actors::failure::Failure`].
//!
//! ```no_run
//! use switchboard::domain::command::{StartConversation, StartMode};
//! use switchboard::domain::event::EscalationStatus;
//! use switchboard::engine::{Engine, User};
//!
//! # async fn tour() -> Result<(), Box<dyn std::error::Error>> {
//! let engine = Engine::builder().database_url("sqlite:data/host.db").start().await?;
//! let handle = engine.handle();
//! let (cleo, ann) = (User::customer("cleo", "Cleo"), User::agent("ann", "Ann"));
//! handle.ensure_user(&cleo).await?;
//! handle.agent_connected(&ann, Some(3), None).await?; // capacity 3
//! let start = StartConversation { client_id: "c-1".into(), mode: StartMode::Human, ..StartConversation::default() };
//! let started = handle.start_conversation(&cleo, start).await?;
//! assert!(matches!(started.escalation, Some(EscalationStatus::Assigned { .. })));
//! # Ok(())
//! # }
//! ```
//!
//! **3. Listen.** [`engine::EngineHandle::subscribe`] is a stream of [`domain::event::Event`]s with their audience, in the order in
//! which they became durable; an [`actors::node::EventSink`] gets the same without a queue in between.
//!
//! **4. Replace what you know better.** Who is chosen: [`domain::escalation::RoutingPolicy`]; how long it takes:
//! [`domain::wait::WaitEstimator`]; who answers first: [`assistant::Assistant`]; where it is kept: [`store::Store`]; what time it is:
//! [`clock::Clock`].
//!
//! **5. Look inside.** [`domain`] is pure: state machines with `handle(now, command, effects)`, no clock, no randomness. [`actors`]
//! carry its effects, [`store`] keeps them, [`protocol`] spells them, [`transport`] moves the bytes. `docs/architecture.md` in the
//! repository is the map.

pub mod actors;
pub mod assistant;
pub mod auth;
pub mod cli;
pub mod clock;
pub mod config;
pub mod domain;
pub mod engine;
pub mod files;
pub mod first_start;
pub mod keyring;
pub mod logging;
pub mod protocol;
pub mod store;
pub mod transport;
pub mod webhooks;
