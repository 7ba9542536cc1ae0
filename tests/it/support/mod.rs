//! What tests share: a whole engine behind a real server, and clients that speak to it.

pub mod client;
pub mod postgres;
pub mod program;
pub mod server;
pub mod socket_io;
