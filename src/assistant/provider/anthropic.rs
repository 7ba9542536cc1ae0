//! Anthropic's Messages: `POST {base}/v1/messages`, streamed or whole.
//! <https://docs.anthropic.com/en/api/messages> and `…/messages-streaming`.

use serde::Deserialize;
use serde_json::{Value, json};

use super::sse::Event;
use super::wire::{Manner, Piece, Prompt, TOOL, TOOL_DESCRIPTION, error_of_status, read_json, tool_schema};
use crate::assistant::AssistantError;

/// The version of the interface that is spoken.
pub const VERSION: &str = "2023-06-01";

/// The address that is called; a base with or without `/v1`.
pub fn url(base: &str) -> String {
    let base = base.trim_end_matches('/');
    format!("{}/v1/messages", base.strip_suffix("/v1").unwrap_or(base))
}

/// The body of a request.
pub fn body(prompt: &Prompt, manner: &Manner) -> Value {
    let messages: Vec<Value> =
        prompt.messages.iter().map(|said| json!({ "role": said.role.word(), "content": said.text })).collect();
    let mut body = json!({
        "model": manner.model,
        "max_tokens": manner.max_tokens,
        "system": prompt.system,
        "messages": messages,
        "stream": manner.stream,
    });
    if let Some(fields) = body.as_object_mut().filter(|_| manner.tools) {
        let tool = json!({ "name": TOOL, "description": TOOL_DESCRIPTION, "input_schema": tool_schema() });
        fields.insert("tools".to_owned(), json!([tool]));
    }
    body
}

#[derive(Deserialize)]
struct Answer {
    #[serde(default)]
    content: Vec<Block>,
    #[serde(default)]
    stop_reason: Option<String>,
    #[serde(default)]
    usage: Option<Usage>,
}

/// An answer, or the error that some gateways send with status 200.
#[derive(Deserialize)]
struct Whole {
    #[serde(default, rename = "type")]
    kind: String,
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Block {
    Text {
        text: String,
    },
    ToolUse {
        #[serde(default)]
        input: Value,
    },
    /// Thinking and whatever else is added: not for the customer.
    #[serde(other)]
    Other,
}

#[derive(Deserialize)]
struct Usage {
    #[serde(default)]
    input_tokens: Option<u64>,
    #[serde(default)]
    cache_creation_input_tokens: Option<u64>,
    #[serde(default)]
    cache_read_input_tokens: Option<u64>,
    #[serde(default)]
    output_tokens: Option<u64>,
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum StreamEvent {
    MessageStart {
        message: Answer,
    },
    ContentBlockStart {
        index: u64,
        content_block: Block,
    },
    ContentBlockDelta {
        index: u64,
        delta: Delta,
    },
    MessageDelta {
        delta: MessageDelta,
        #[serde(default)]
        usage: Option<Usage>,
    },
    MessageStop,
    Error {
        error: Fault,
    },
    /// `ping`, `content_block_stop`, and new ones, which the vendor says to pass over.
    #[serde(other)]
    Other,
}

#[derive(Deserialize)]
#[serde(tag = "type")]
enum Delta {
    #[serde(rename = "text_delta")]
    Text { text: String },
    #[serde(rename = "input_json_delta")]
    InputJson { partial_json: String },
    #[serde(other)]
    Other,
}

#[derive(Deserialize)]
struct MessageDelta {
    #[serde(default)]
    stop_reason: Option<String>,
}

#[derive(Deserialize)]
struct Failed {
    error: Fault,
}

#[derive(Deserialize)]
struct Fault {
    #[serde(default, rename = "type")]
    kind: String,
}

impl Fault {
    /// <https://docs.anthropic.com/en/api/errors>
    fn error(&self) -> AssistantError {
        error_of_status(match self.kind.as_str() {
            "invalid_request_error" => 400,
            "authentication_error" => 401,
            "billing_error" => 402,
            "permission_error" => 403,
            "not_found_error" => 404,
            "request_too_large" => 413,
            "rate_limit_error" => 429,
            "timeout_error" => 504,
            "overloaded_error" => 529,
            _ => 500,
        })
    }
}

/// The pieces of a whole answer.
///
/// # Errors
/// Not the documented JSON, or the error that is in it.
pub fn read_whole(body: &[u8]) -> Result<Vec<Piece>, AssistantError> {
    let whole: Whole = read_json(body)?;
    if whole.kind == "error" {
        return Err(read_json::<Failed>(body)?.error.error());
    }
    if whole.kind != "message" {
        return Err(AssistantError::Unreadable("not a message"));
    }
    let answer: Answer = read_json(body)?;
    let mut pieces = Vec::new();
    for (index, block) in (0..).zip(answer.content) {
        begin_block(index, block, &mut pieces);
    }
    pieces.extend(answer.usage.map(usage));
    pieces.extend(stop(answer.stop_reason.as_deref()));
    pieces.extend([Piece::Stop, Piece::End]);
    Ok(pieces)
}

/// The pieces of one event. Its name is also in its data, so the name itself is not read.
///
/// # Errors
/// Not the documented JSON, or the error that is in it.
pub fn read_event(event: &Event) -> Result<Vec<Piece>, AssistantError> {
    if event.data.trim().is_empty() {
        return Ok(Vec::new());
    }
    let mut pieces = Vec::new();
    match read_json(event.data.as_bytes())? {
        StreamEvent::MessageStart { message } => pieces.extend(message.usage.map(usage)),
        StreamEvent::ContentBlockStart { index, content_block } => begin_block(index, content_block, &mut pieces),
        StreamEvent::ContentBlockDelta { delta: Delta::Text { text }, .. } => pieces.push(Piece::Text(text)),
        StreamEvent::ContentBlockDelta { index, delta: Delta::InputJson { partial_json } } => {
            pieces.push(Piece::Arguments { index, json: partial_json });
        }
        StreamEvent::MessageDelta { delta, usage: counted } => {
            pieces.extend(counted.map(usage));
            pieces.extend(stop(delta.stop_reason.as_deref()));
        }
        StreamEvent::MessageStop => pieces.extend([Piece::Stop, Piece::End]),
        StreamEvent::Error { error } => return Err(error.error()),
        StreamEvent::ContentBlockDelta { delta: Delta::Other, .. } | StreamEvent::Other => {}
    }
    Ok(pieces)
}

fn begin_block(index: u64, block: Block, pieces: &mut Vec<Piece>) {
    match block {
        Block::Text { text } => pieces.push(Piece::Text(text)),
        Block::ToolUse { input } => {
            pieces.push(Piece::Tool { index });
            // In a stream it is `{}` here, and the arguments follow as text.
            if input.as_object().is_none_or(|fields| !fields.is_empty()) && !input.is_null() {
                pieces.push(Piece::Arguments { index, json: input.to_string() });
            }
        }
        Block::Other => {}
    }
}

fn stop(reason: Option<&str>) -> Option<Piece> {
    match reason? {
        "refusal" => Some(Piece::Filtered),
        _ => Some(Piece::Stop),
    }
}

/// What was read from a cache was read as well.
fn usage(counted: Usage) -> Piece {
    let parts = [counted.input_tokens, counted.cache_creation_input_tokens, counted.cache_read_input_tokens];
    let input = parts.into_iter().flatten().reduce(u64::saturating_add);
    Piece::Usage { input, output: counted.output_tokens }
}
