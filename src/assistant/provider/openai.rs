//! OpenAI's Chat Completions: `POST {base}/chat/completions`, streamed or whole.
//! <https://platform.openai.com/docs/api-reference/chat>. Ollama, vLLM, llama.cpp and LiteLLM speak it too.

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Value, json};

use super::sse::Event;
use super::wire::{Manner, Piece, Prompt, TOOL, TOOL_DESCRIPTION, error_of_status, read_json, tool_schema};
use crate::assistant::AssistantError;

/// What differs between OpenAI's own server and those that are like it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flavour {
    /// OpenAI's own names of fields are used where older ones are understood elsewhere.
    pub own: bool,
    /// Streamed answers are asked to end with the tokens counted.
    pub stream_usage: bool,
}

/// The address that is called.
pub fn url(base: &str) -> String {
    format!("{}/chat/completions", base.trim_end_matches('/'))
}

/// The body of a request.
pub fn body(prompt: &Prompt, manner: &Manner, flavour: Flavour) -> Value {
    let mut messages = vec![json!({ "role": "system", "content": prompt.system })];
    messages.extend(prompt.messages.iter().map(|said| json!({ "role": said.role.word(), "content": said.text })));
    // Reasoning models refuse the old name, other servers do not know the new one.
    let bound = if flavour.own { "max_completion_tokens" } else { "max_tokens" };
    let mut body = json!({ "model": manner.model, "messages": messages, "stream": manner.stream });
    let mut set = |name: &str, value: Value| {
        if let Some(fields) = body.as_object_mut() {
            fields.insert(name.to_owned(), value);
        }
    };
    set(bound, json!(manner.max_tokens));
    if let Some(temperature) = manner.temperature.filter(|_| !(flavour.own && reasons(&manner.model))) {
        set("temperature", json!(temperature));
    }
    if manner.stream && flavour.stream_usage {
        set("stream_options", json!({ "include_usage": true }));
    }
    if manner.tools {
        let function = json!({ "name": TOOL, "description": TOOL_DESCRIPTION, "parameters": tool_schema() });
        set("tools", json!([{ "type": "function", "function": function }]));
    }
    body
}

/// OpenAI's reasoning models take no temperature.
fn reasons(model: &str) -> bool {
    ["o1", "o3", "o4", "gpt-5"].iter().any(|family| model.starts_with(family))
}

#[derive(Deserialize)]
struct Completion {
    #[serde(default)]
    choices: Option<Vec<Choice>>,
    #[serde(default)]
    usage: Option<Usage>,
    #[serde(default)]
    error: Option<Fault>,
}

/// One choice of an answer (`message`) or of a chunk (`delta`).
#[derive(Deserialize)]
struct Choice {
    #[serde(default)]
    delta: Option<Said>,
    #[serde(default)]
    message: Option<Said>,
    #[serde(default)]
    finish_reason: Option<String>,
}

#[derive(Deserialize)]
struct Said {
    #[serde(default)]
    content: Option<String>,
    #[serde(default)]
    refusal: Option<String>,
    #[serde(default)]
    tool_calls: Option<Vec<ToolCall>>,
}

#[derive(Deserialize)]
struct ToolCall {
    #[serde(default)]
    index: Option<u64>,
    #[serde(default)]
    function: Option<Function>,
}

#[derive(Deserialize)]
struct Function {
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    arguments: Option<String>,
}

#[derive(Deserialize)]
struct Usage {
    #[serde(default)]
    prompt_tokens: Option<u64>,
    #[serde(default)]
    completion_tokens: Option<u64>,
}

/// `code` is a number at some servers, a word at others; `error` as a whole is a text at some.
#[derive(Deserialize)]
#[serde(untagged)]
enum Fault {
    Object {
        #[serde(default)]
        code: Value,
        #[serde(default, rename = "type")]
        kind: Value,
    },
    Other(IgnoredAny),
}

impl Fault {
    fn error(&self) -> AssistantError {
        let Self::Object { code, kind } = self else { return error_of_status(500) };
        let status = code.as_u64().and_then(|code| u16::try_from(code).ok()).filter(|code| *code >= 400);
        let word = [code, kind].into_iter().find_map(|word| match word.as_str()? {
            "rate_limit_exceeded" | "insufficient_quota" | "rate_limit_error" => Some(429),
            "invalid_api_key" | "authentication_error" => Some(401),
            "invalid_request_error" | "context_length_exceeded" => Some(400),
            _ => None,
        });
        error_of_status(status.or(word).unwrap_or(500))
    }
}

/// The pieces of a whole answer.
///
/// # Errors
/// Not the documented JSON, or the error that is in it.
pub fn read_whole(body: &[u8]) -> Result<Vec<Piece>, AssistantError> {
    let completion: Completion = read_json(body)?;
    if completion.error.is_none() && completion.choices.as_ref().is_none_or(Vec::is_empty) {
        return Err(AssistantError::Unreadable("no choices"));
    }
    let mut pieces = read(completion)?;
    pieces.extend([Piece::Stop, Piece::End]);
    Ok(pieces)
}

/// The pieces of one chunk.
///
/// # Errors
/// Not the documented JSON, or the error that is in it.
pub fn read_event(event: &Event) -> Result<Vec<Piece>, AssistantError> {
    let data = event.data.trim();
    match data {
        "" => Ok(Vec::new()),
        "[DONE]" => Ok(vec![Piece::End]),
        _ => read(read_json(data.as_bytes())?),
    }
}

fn read(completion: Completion) -> Result<Vec<Piece>, AssistantError> {
    if let Some(fault) = completion.error {
        return Err(fault.error());
    }
    let mut pieces = Vec::new();
    if let Some(usage) = completion.usage {
        pieces.push(Piece::Usage { input: usage.prompt_tokens, output: usage.completion_tokens });
    }
    // One choice was asked for.
    let Some(choice) = completion.choices.into_iter().flatten().next() else { return Ok(pieces) };
    if let Some(said) = choice.delta.or(choice.message) {
        pieces.extend(said.content.map(Piece::Text));
        if said.refusal.is_some_and(|refusal| !refusal.is_empty()) {
            pieces.push(Piece::Filtered);
        }
        for (place, call) in (0..).zip(said.tool_calls.into_iter().flatten()) {
            read_call(call, place, &mut pieces);
        }
    }
    match choice.finish_reason.as_deref() {
        None | Some("") => {}
        Some("content_filter") => pieces.push(Piece::Filtered),
        Some(_) => pieces.push(Piece::Stop),
    }
    Ok(pieces)
}

fn read_call(call: ToolCall, place: u64, pieces: &mut Vec<Piece>) {
    let index = call.index.unwrap_or(place);
    let Some(function) = call.function else { return };
    if function.name.is_some_and(|name| !name.is_empty()) {
        pieces.push(Piece::Tool { index });
    }
    if let Some(json) = function.arguments {
        pieces.push(Piece::Arguments { index, json });
    }
}
