//! From a client's text to a command. Unknown keys are passed over; a wrong one is named by its path.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use crate::domain::agent::Availability;
use crate::domain::command::{
    Command, Escalate, ReadMark, ReleaseTo, SendMessage, StartConversation, StartMode, Topic, TransferTarget,
};
use crate::domain::ids::{ConversationId, UserId};
use crate::domain::message::MessageKind;
use crate::domain::user::Role;
use crate::protocol::error::{ErrorCode, WireError};

use super::KeyStyle;

/// The client's own id of a request, echoed as it came: JSON text of a string or number.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct WireId(Box<str>);

impl WireId {
    /// As JSON.
    pub fn as_json(&self) -> &str {
        &self.0
    }
}

/// The longest `id` that is echoed, bytes of JSON.
const ID_BYTES: usize = 128;

/// What a client asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// Something that needs to be known who asks.
    Command(Command),
    /// `register_user`, `register_agent`, `register_admin`.
    Register {
        /// By its name.
        role: Role,
        /// Must be the token's subject.
        user_id: Option<UserId>,
        /// Not needed when the upgrade carried one.
        token: Option<String>,
    },
    /// A newer token of the same person.
    RefreshToken {
        /// The token.
        token: String,
    },
    /// Answered with `pong` and the same data.
    Ping(Option<Box<str>>),
}

/// A decoded text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inbound {
    /// Comes back in the answer.
    pub id: Option<WireId>,
    /// What is asked.
    pub request: Request,
}

/// A text that could not be decoded.
#[derive(Clone, Debug, PartialEq)]
pub struct Refused {
    /// The client's id, when that much could be read.
    pub id: Option<WireId>,
    /// Why.
    pub error: WireError,
}

#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(rename = "type", alias = "event")]
    kind: Option<String>,
    #[serde(borrow)]
    data: Option<&'a RawValue>,
    #[serde(borrow)]
    id: Option<&'a RawValue>,
}

/// Reads one text frame.
///
/// # Errors
/// `invalid_json`, `unknown_type`, or `invalid` with the path of the field.
pub fn decode(text: &str, keys: KeyStyle, max_depth: usize) -> Result<Inbound, Refused> {
    let refuse = |error| Refused { id: None, error };
    if depth(text) > max_depth {
        return Err(refuse(WireError::new(ErrorCode::InvalidJson, format!("nested deeper than {max_depth} levels"))));
    }
    if !text.trim_start().starts_with('{') {
        let message = "expected an object with \"type\" and \"data\"";
        return Err(refuse(WireError::new(ErrorCode::InvalidJson, message)));
    }
    let envelope: Envelope = serde_json::from_str(text).map_err(|error| {
        let code = if error.is_data() { ErrorCode::Invalid } else { ErrorCode::InvalidJson };
        refuse(WireError::new(code, error.to_string()))
    })?;
    let id = read_id(envelope.id).map_err(refuse)?;
    let Some(kind) = envelope.kind else {
        return Err(Refused { id, error: WireError::invalid("type", "is missing") });
    };
    let data = envelope.data.map_or("{}", |data| if data.get() == "null" { "{}" } else { data.get() });
    match request(&kind, data, keys) {
        Ok(request) => Ok(Inbound { id, request }),
        Err(error) => Err(Refused { id, error }),
    }
}

fn read_id(id: Option<&RawValue>) -> Result<Option<WireId>, WireError> {
    let Some(id) = id.map(RawValue::get).filter(|id| *id != "null") else { return Ok(None) };
    let fits = id.len() <= ID_BYTES && !id.starts_with(['{', '[', 't', 'f']);
    if fits { Ok(Some(WireId(id.into()))) } else { Err(WireError::invalid("id", "must be a short string or a number")) }
}

/// The deepest nesting, seen without reading: brackets outside strings.
fn depth(text: &str) -> usize {
    let (mut depth, mut deepest, mut in_string, mut escaped) = (0_usize, 0_usize, false, false);
    for byte in text.bytes() {
        match (in_string, byte) {
            (true, _) if escaped => escaped = false,
            (true, b'\\') => escaped = true,
            (true, b'"') => in_string = false,
            (true, _) => {}
            (false, b'"') => in_string = true,
            (false, b'{' | b'[') => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            (false, b'}' | b']') => depth = depth.saturating_sub(1),
            (false, _) => {}
        }
    }
    deepest
}

/// Reads `data`; snake keys are turned into the one set of names first.
fn read<T: DeserializeOwned>(data: &str, keys: KeyStyle) -> Result<T, WireError> {
    match keys {
        KeyStyle::Camel => from_text(data),
        KeyStyle::Snake => {
            let value: serde_json::Value = serde_json::from_str(data)
                .map_err(|error| WireError::new(ErrorCode::InvalidJson, error.to_string()))?;
            from_text(&camel(value).to_string()).map_err(snake_path)
        }
    }
}

fn from_text<T: DeserializeOwned>(data: &str) -> Result<T, WireError> {
    let mut reader = serde_json::Deserializer::from_str(data);
    serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let path = error.path().to_string();
        let message = error.inner().to_string();
        // serde says where in the text; the path says it better.
        let message = message.split(" at line ").next().unwrap_or_default().to_owned();
        let missing = message.strip_prefix("missing field `").and_then(|rest| rest.strip_suffix('`'));
        match (missing, path.as_str()) {
            (Some(field), ".") => WireError::invalid(&format!("data.{field}"), "is missing"),
            (Some(field), path) => WireError::invalid(&format!("data.{path}.{field}"), "is missing"),
            (None, ".") => WireError::invalid("data", message),
            (None, path) => WireError::invalid(&format!("data.{path}"), message),
        }
    })
}

/// Reads a REST body: an object; an empty body counts as `{}`.
///
/// # Errors
/// `invalid_json`, or `invalid` with the path of the field.
pub fn read_body<T: DeserializeOwned>(body: &[u8], max_depth: usize) -> Result<T, WireError> {
    let text = std::str::from_utf8(body).map_err(|_| WireError::new(ErrorCode::InvalidJson, "not UTF-8"))?;
    if depth(text) > max_depth {
        return Err(WireError::new(ErrorCode::InvalidJson, format!("nested deeper than {max_depth} levels")));
    }
    let text = if text.trim().is_empty() { "{}" } else { text };
    serde_json::from_str::<serde::de::IgnoredAny>(text)
        .map_err(|error| WireError::new(ErrorCode::InvalidJson, error.to_string()))?;
    from_text(text)
}

/// Top-level keys only: what clients put into `metadata` is theirs.
fn camel(value: serde_json::Value) -> serde_json::Value {
    let serde_json::Value::Object(fields) = value else { return value };
    let fields = fields.into_iter().map(|(key, value)| {
        let value = match value {
            serde_json::Value::Array(items) if key == "conversations" => items.into_iter().map(camel).collect(),
            other => other,
        };
        (camel_key(&key), value)
    });
    serde_json::Value::Object(fields.collect())
}

fn camel_key(key: &str) -> String {
    if key == "message_text" {
        return "content".to_owned();
    }
    let mut out = String::with_capacity(key.len());
    let mut upper = false;
    for letter in key.chars() {
        if letter == '_' && !out.is_empty() {
            upper = true;
        } else if upper {
            out.push(letter.to_ascii_uppercase());
            upper = false;
        } else {
            out.push(letter);
        }
    }
    out
}

/// The path in the words of the client.
fn snake_path(error: WireError) -> WireError {
    let Some(field) = error.details.as_ref().and_then(|details| details.get("field")).and_then(|f| f.as_str()) else {
        return error;
    };
    let mut snake = String::new();
    for letter in field.chars() {
        if letter.is_ascii_uppercase() {
            snake.push('_');
        }
        snake.push(letter.to_ascii_lowercase());
    }
    let snake = snake.replace("data.content", "data.message_text");
    let message = error.message.strip_prefix(field).and_then(|rest| rest.strip_prefix(": ")).unwrap_or(&error.message);
    WireError::invalid(&snake, message)
}

#[derive(Deserialize)]
#[serde(untagged)]
enum TextOrNumber {
    Text(String),
    Number(i64),
}

impl From<TextOrNumber> for UserId {
    fn from(value: TextOrNumber) -> Self {
        match value {
            TextOrNumber::Text(text) => Self::from(text),
            TextOrNumber::Number(number) => Self::from(number.to_string()),
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RegisterData {
    #[serde(alias = "agentId", alias = "adminId")]
    user_id: Option<TextOrNumber>,
    token: Option<String>,
}

#[derive(Deserialize)]
struct TokenData {
    token: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct StartData {
    chatbot_id: Option<String>,
    client_id: String,
    first_message: Option<String>,
    mode: Option<Mode>,
    priority: Option<i32>,
    #[serde(default)]
    skills: Vec<String>,
    metadata: Option<Box<RawValue>>,
    reason: Option<String>,
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "lowercase")]
enum Mode {
    Ai,
    Human,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct JoinData {
    conversation_id: String,
    last_seq: Option<i64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ConversationData {
    conversation_id: String,
}

#[derive(Deserialize)]
struct ResumeData {
    conversations: Vec<ResumeItem>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ResumeItem {
    conversation_id: String,
    #[serde(default)]
    last_seq: i64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SendData {
    conversation_id: String,
    content: String,
    client_id: String,
    message_type: Option<String>,
    reply_to: Option<String>,
    #[serde(default)]
    internal: bool,
    metadata: Option<Box<RawValue>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ReadData {
    conversation_id: String,
    message_id: Option<String>,
    seq: Option<i64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct EscalateData {
    conversation_id: String,
    reason: Option<String>,
    priority: Option<i32>,
    #[serde(default)]
    skills: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct OfferData {
    transfer_request_id: String,
    reason: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AssignData {
    conversation_id: String,
    agent_id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct TransferData {
    conversation_id: String,
    agent_id: Option<String>,
    team: Option<String>,
    note: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ReleaseData {
    conversation_id: String,
    to: Destination,
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "lowercase")]
enum Destination {
    Ai,
    Queue,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CloseData {
    conversation_id: String,
    reason: Option<String>,
}

#[derive(Deserialize)]
struct StatusData {
    status: String,
    reason: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct StaffStatusData {
    is_online: Option<bool>,
    is_available: Option<bool>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RateData {
    conversation_id: String,
    score: u8,
    comment: Option<String>,
}

#[derive(Deserialize)]
struct TopicsData {
    topics: Vec<String>,
}

/// Every `type` that a client can send, aliases included.
pub const REQUEST_TYPES: &[&str] = &[
    "register_user",
    "register_agent",
    "register_admin",
    "refresh_token",
    "ping",
    "start_conversation",
    "join",
    "leave",
    "resume",
    "send_message",
    "typing_start",
    "typing_stop",
    "mark_read",
    "escalate",
    "request_staff",
    "request_agent",
    "cancel_escalation",
    "accept_transfer",
    "decline_transfer",
    "assign_to_me",
    "assign",
    "transfer",
    "release",
    "close_conversation",
    "agent_status",
    "staff_status_change",
    "rate_conversation",
    "subscribe",
    "unsubscribe",
];

fn request(kind: &str, data: &str, keys: KeyStyle) -> Result<Request, WireError> {
    let register = |role| {
        let data: RegisterData = read(data, keys)?;
        Ok(Request::Register { role, user_id: data.user_id.map(UserId::from), token: data.token })
    };
    match kind {
        "register_user" => register(Role::Customer),
        "register_agent" => register(Role::Agent),
        "register_admin" => register(Role::Admin),
        "refresh_token" => read::<TokenData>(data, keys).map(|data| Request::RefreshToken { token: data.token }),
        "ping" => Ok(Request::Ping((data != "{}").then(|| data.into()))),
        other => command(other, data, keys).map(Request::Command),
    }
}

fn command(kind: &str, data: &str, keys: KeyStyle) -> Result<Command, WireError> {
    let conversation = || read::<ConversationData>(data, keys).map(|data| ConversationId::from(data.conversation_id));
    Ok(match kind {
        "start_conversation" => start(read(data, keys)?),
        "join" => {
            let data: JoinData = read(data, keys)?;
            Command::Join { conversation_id: data.conversation_id.into(), last_seq: data.last_seq }
        }
        "leave" => Command::Leave { conversation_id: conversation()? },
        "resume" => {
            let data: ResumeData = read(data, keys)?;
            let each = |item: ResumeItem| (item.conversation_id.into(), item.last_seq);
            Command::Resume { conversations: data.conversations.into_iter().map(each).collect() }
        }
        "send_message" => send(read(data, keys)?)?,
        "typing_start" => Command::Typing { conversation_id: conversation()?, on: true },
        "typing_stop" => Command::Typing { conversation_id: conversation()?, on: false },
        "mark_read" => mark_read(read(data, keys)?)?,
        "escalate" | "request_staff" | "request_agent" => {
            let data: EscalateData = read(data, keys)?;
            Command::Escalate(Escalate {
                conversation_id: data.conversation_id.into(),
                reason: data.reason,
                priority: data.priority,
                skills: data.skills,
            })
        }
        "cancel_escalation" => Command::CancelEscalation { conversation_id: conversation()? },
        "accept_transfer" => {
            let data: OfferData = read(data, keys)?;
            Command::AcceptOffer { offer_id: data.transfer_request_id.into() }
        }
        "decline_transfer" => {
            let data: OfferData = read(data, keys)?;
            Command::DeclineOffer { offer_id: data.transfer_request_id.into(), reason: data.reason }
        }
        "assign_to_me" => Command::AssignToMe { conversation_id: conversation()? },
        "assign" => {
            let data: AssignData = read(data, keys)?;
            Command::Assign { conversation_id: data.conversation_id.into(), agent_id: data.agent_id.into() }
        }
        "transfer" => transfer(read(data, keys)?)?,
        "release" => {
            let data: ReleaseData = read(data, keys)?;
            let to = match data.to {
                Destination::Ai => ReleaseTo::Ai,
                Destination::Queue => ReleaseTo::Queue,
            };
            Command::Release { conversation_id: data.conversation_id.into(), to }
        }
        "close_conversation" => {
            let data: CloseData = read(data, keys)?;
            Command::CloseConversation { conversation_id: data.conversation_id.into(), reason: data.reason }
        }
        "agent_status" => agent_status(read(data, keys)?)?,
        "staff_status_change" => staff_status(&read(data, keys)?),
        "rate_conversation" => {
            let data: RateData = read(data, keys)?;
            Command::Rate { conversation_id: data.conversation_id.into(), score: data.score, comment: data.comment }
        }
        "subscribe" => Command::Subscribe { topics: topics(read(data, keys)?)? },
        "unsubscribe" => Command::Unsubscribe { topics: topics(read(data, keys)?)? },
        other => {
            let shown: String = other.chars().take(64).collect();
            return Err(WireError::new(ErrorCode::UnknownType, format!("unknown type {shown:?}")));
        }
    })
}

fn start(data: StartData) -> Command {
    let mode = match data.mode {
        Some(Mode::Human) => StartMode::Human,
        Some(Mode::Ai) | None => StartMode::Ai,
    };
    Command::StartConversation(StartConversation {
        chatbot_id: data.chatbot_id.map(Into::into),
        client_id: data.client_id,
        first_message: data.first_message,
        mode,
        priority: data.priority,
        skills: data.skills,
        metadata: data.metadata.map(|raw| raw.get().to_owned()),
        reason: data.reason,
    })
}

fn send(data: SendData) -> Result<Command, WireError> {
    let kind = match data.message_type.as_deref() {
        None => MessageKind::Text,
        Some(text) => MessageKind::parse(text)
            .ok_or_else(|| WireError::invalid("data.messageType", "is no known message type"))?,
    };
    Ok(Command::SendMessage(SendMessage {
        conversation_id: data.conversation_id.into(),
        content: data.content,
        client_id: data.client_id,
        kind,
        reply_to: data.reply_to.map(Into::into),
        internal: data.internal,
        metadata: data.metadata.map(|raw| raw.get().to_owned()),
    }))
}

fn mark_read(data: ReadData) -> Result<Command, WireError> {
    let mark = match (data.seq, data.message_id) {
        (Some(seq), _) => ReadMark::Seq(seq),
        (None, Some(message_id)) => ReadMark::Message(message_id.into()),
        (None, None) => return Err(WireError::invalid("data.seq", "is missing, and so is messageId")),
    };
    Ok(Command::MarkRead { conversation_id: data.conversation_id.into(), mark })
}

fn transfer(data: TransferData) -> Result<Command, WireError> {
    let target = match (data.agent_id, data.team) {
        (Some(agent_id), None) => TransferTarget::Agent(agent_id.into()),
        (None, Some(team)) => TransferTarget::Team(team),
        _ => return Err(WireError::invalid("data.agentId", "give either agentId or team")),
    };
    Ok(Command::Transfer { conversation_id: data.conversation_id.into(), target, note: data.note })
}

fn agent_status(data: StatusData) -> Result<Command, WireError> {
    let status = Availability::parse(&data.status)
        .filter(|status| *status != Availability::NotResponding)
        .ok_or_else(|| WireError::invalid("data.status", "must be available, away, draining or offline"))?;
    Ok(Command::SetAgentStatus { status, reason: data.reason })
}

/// Seed 002's two flags.
fn staff_status(data: &StaffStatusData) -> Command {
    let status = match (data.is_online.unwrap_or(true), data.is_available.unwrap_or(true)) {
        (false, _) => Availability::Offline,
        (true, false) => Availability::Away,
        (true, true) => Availability::Available,
    };
    Command::SetAgentStatus { status, reason: None }
}

fn topics(data: TopicsData) -> Result<Vec<Topic>, WireError> {
    let mut topics = Vec::new();
    for (place, name) in data.topics.iter().enumerate() {
        let topic = Topic::parse(name).ok_or_else(|| {
            WireError::invalid(&format!("data.topics[{place}]"), "must be queue, agents, metrics or notifications")
        })?;
        if !topics.contains(&topic) {
            topics.push(topic);
        }
    }
    Ok(topics)
}
