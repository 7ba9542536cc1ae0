//! The functional core: pure state machines. No clock, no randomness, no input or output; time comes in as an argument.

pub mod agent;
pub mod chatbot;
pub mod command;
pub mod conversation;
pub mod escalation;
pub mod event;
pub mod hours;
pub mod idle;
pub mod ids;
pub mod message;
pub mod presence;
pub mod rejection;
pub mod restart;
pub mod resume;
pub mod room;
pub mod session;
pub mod text;
pub mod time;
pub mod turn;
pub mod usage;
pub mod user;
pub mod wait;
