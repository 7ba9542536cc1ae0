//! Switchboard: an actor-based realtime engine for customer conversations.

pub mod actors;
pub mod config;
pub mod domain;
pub mod store;
