//! Socket.IO from outside: seed 002's conversation, and the protocols below it.

#[path = "../../../examples/socket_io_conformance/app.rs"]
mod app;
mod chat;
mod comebacks;
mod engine;
mod guard;
mod packets;
mod polls;
mod stage;
