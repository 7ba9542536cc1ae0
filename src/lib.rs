//! Switchboard: an actor-based realtime engine for customer conversations.

pub mod auth;
pub mod cli;
pub mod clock;
pub mod config;
pub mod domain;
pub mod first_start;
pub mod keyring;
pub mod logging;
pub mod store;
