//! What carries bytes: the socket pump, REST, and the pages. No decisions, no SQL.

pub mod edge;
pub mod origin;
pub mod pages;
pub mod rest;
pub mod socket_io;
pub mod sockets;
pub mod ws;
