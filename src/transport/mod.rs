//! What carries bytes: the socket pump and REST. No decisions, no SQL.

pub mod edge;
pub mod origin;
pub mod rest;
pub mod sockets;
pub mod ws;
