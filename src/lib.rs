//! Switchboard: an actor-based realtime engine for customer conversations.

pub mod actors;
pub mod assistant;
pub mod auth;
pub mod cli;
pub mod clock;
pub mod config;
pub mod domain;
pub mod engine;
pub mod first_start;
pub mod keyring;
pub mod logging;
pub mod protocol;
pub mod store;
pub mod transport;
