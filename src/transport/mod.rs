//! What carries bytes: the socket pump and REST. No decisions, no SQL.

pub mod origin;
pub mod rest;
pub mod sockets;
pub mod ws;
