//! Switchboard: an actor-based realtime engine for customer conversations.

pub mod clock;
pub mod domain;
pub mod store;
