//! What travels: error codes, dialects, frames. Pure codecs; no sockets, no stores.

pub mod dialect;
pub mod encoded;
pub mod engine_io;
pub mod error;
pub mod frames;
pub mod json;
pub mod socket_io;
pub mod webhook;
