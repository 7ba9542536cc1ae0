//! Assistants behind a network: OpenAI's Chat Completions and Anthropic's Messages, and servers that speak them.

pub mod circuit;
pub mod markers;
pub mod sse;
