//! The plain dialect: one JSON object a text frame, `{"type", "data", "id"?}`, in two key styles; and Socket.IO's, which
//! has the same requests and events under seed 002's names.

mod decode;
mod encode;
#[cfg(test)]
mod examples;
mod reader;
mod requests;
pub mod shapes;
pub mod socket_io;

pub use super::json::KeyStyle;
pub use decode::{Inbound, Refused, Request, WireId, decode, read_body, read_body_in};
pub use encode::{
    Connected, encode_connected, encode_error, encode_event, encode_pong, encode_registered, encode_reply, error_data,
    event_data, is_own_event,
};
pub use requests::REQUEST_TYPES;
