//! What both vendors' formats are read into and written from.

use serde::Deserialize;

use crate::assistant::AssistantError;

/// A piece of an answer, in the order in which it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// Text for the customer; may be empty.
    Text(String),
    /// A tool call begins.
    Tool {
        /// Which call of the answer.
        index: u64,
    },
    /// More of the JSON of a tool call's arguments.
    Arguments {
        /// Which call of the answer.
        index: u64,
        /// The next part of the text.
        json: String,
    },
    /// Tokens counted so far; what is not said stays as it was.
    Usage {
        /// Tokens read.
        input: Option<u64>,
        /// Tokens written.
        output: Option<u64>,
    },
    /// The answer is whole.
    Stop,
    /// The provider withheld the answer.
    Filtered,
    /// Nothing follows.
    End,
}

/// Who a message is from, as the vendors see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The customer's side.
    User,
    /// Our side.
    Assistant,
}

impl Role {
    /// The word that both vendors use.
    pub const fn word(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Assistant => "assistant",
        }
    }
}

/// One message to the model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Who said it.
    pub role: Role,
    /// What.
    pub text: String,
}

/// What a model is asked. Roles alternate and begin and end with [`Role::User`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prompt {
    /// Instructions and context.
    pub system: String,
    /// The conversation.
    pub messages: Vec<Message>,
}

/// How a model is asked.
#[derive(Clone, Debug, PartialEq)]
pub struct Manner {
    /// The model.
    pub model: String,
    /// The longest answer, tokens.
    pub max_tokens: u32,
    /// How much chance; none = the model's own.
    pub temperature: Option<f64>,
    /// Whether the answer is streamed.
    pub stream: bool,
    /// Whether the hand-off tool is offered.
    pub tools: bool,
}

/// The name of the tool.
pub const TOOL: &str = "hand_off_to_human";

/// What the model is told of the tool.
pub const TOOL_DESCRIPTION: &str = "Hands the conversation to a human of the support team. Call it when the customer \
    asks for a person, when you cannot help, or when the matter needs somebody with access or authority. Do not say \
    that you hand over without calling it.";

/// The tool's arguments as a JSON schema.
pub fn tool_schema() -> serde_json::Value {
    serde_json::json!({
        "type": "object",
        "properties": {
            "reason": { "type": "string", "description": "Why a human is needed, in one sentence." },
            "summary": { "type": "string", "description": "What the human should know: the wish, and what was tried." }
        },
        "required": ["reason", "summary"]
    })
}

/// Reads one JSON object that a provider sent. The error says nothing of its text.
pub fn read_json<'a, T: Deserialize<'a>>(text: &'a [u8]) -> Result<T, AssistantError> {
    // A list would pass for an object whose fields may all be missing.
    let object = text.trim_ascii_start().starts_with(b"{").then_some(text);
    let read = object.and_then(|object| serde_json::from_slice(object).ok());
    read.ok_or(AssistantError::Unreadable("not the documented JSON"))
}

/// The error that a status stands for.
pub fn error_of_status(status: u16) -> AssistantError {
    match status {
        408 | 425 | 429 | 500.. => AssistantError::Unavailable { status },
        _ => AssistantError::Refused(status),
    }
}
