//! The plain dialect: one JSON object a text frame, `{"type", "data", "id"?}`, in two key styles.

mod decode;
mod encode;
#[cfg(test)]
mod examples;
mod reader;
mod requests;
pub mod shapes;

pub use super::json::KeyStyle;
pub use decode::{Inbound, Refused, Request, WireId, decode, read_body, read_body_in};
pub use encode::{
    Connected, encode_connected, encode_error, encode_event, encode_pong, encode_registered, encode_reply, error_data,
    is_own_event,
};
pub use requests::REQUEST_TYPES;
