//! Assistants behind a network: OpenAI's Chat Completions and Anthropic's Messages, and servers that speak them.

mod anthropic;
mod circuit;
mod draft;
mod markers;
mod openai;
mod prompt;
mod sse;
mod wire;

pub use circuit::CircuitLimits;
pub use prompt::{Passage, Retrieval};
