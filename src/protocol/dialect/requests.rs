//! What a client can ask for: each `type` with the shape of its `data`, and the command it becomes.

use std::fmt;

use serde::{Deserialize, Deserializer, de};
use serde_json::value::RawValue;

use crate::domain::agent::Availability;
use crate::domain::command::{
    Command, Escalate, ReadMark, ReleaseTo, SendMessage, StartConversation, StartMode, Topic, TransferTarget,
};
use crate::domain::ids::{ConversationId, UserId, named};
use crate::domain::message::MessageKind;
use crate::domain::user::Role;
use crate::protocol::error::{ErrorCode, WireError};
use crate::protocol::json::{KeyStyle, wire_name};

use super::decode::Request;
use super::reader;

fn read<'de, T: Deserialize<'de>>(data: &'de str, keys: KeyStyle) -> Result<T, WireError> {
    reader::read(data, "data", keys)
}

/// A field of `data` is wrong for a reason that its type does not say.
fn invalid(field: &str, keys: KeyStyle, message: impl Into<String>) -> WireError {
    WireError::invalid(&format!("data.{}", wire_name(field, keys)), message)
}

/// A person's id: text, or a number as some hosts have it.
struct PersonId(UserId);

impl<'de> Deserialize<'de> for PersonId {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct TextOrNumber;
        impl de::Visitor<'_> for TextOrNumber {
            type Value = PersonId;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "text, or a whole number from {} to {}", i64::MIN, i64::MAX)
            }

            fn visit_str<E>(self, text: &str) -> Result<PersonId, E> {
                Ok(PersonId(UserId::from(named(text))))
            }

            fn visit_i64<E>(self, number: i64) -> Result<PersonId, E> {
                Ok(PersonId(UserId::from(number.to_string())))
            }
        }
        from.deserialize_any(TextOrNumber)
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RegisterData {
    #[serde(alias = "agentId", alias = "adminId")]
    user_id: Option<PersonId>,
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
    score: i64,
    comment: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PageData {
    conversation_id: String,
    url: String,
    title: Option<String>,
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
    "page_view",
    "subscribe",
    "unsubscribe",
];

pub(super) fn request(kind: &str, data: &str, keys: KeyStyle) -> Result<Request, WireError> {
    let register = |role| {
        let data: RegisterData = read(data, keys)?;
        Ok(Request::Register { role, user_id: data.user_id.map(|PersonId(id)| id), token: data.token })
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
    let conversation =
        || read::<ConversationData>(data, keys).map(|data| ConversationId::from(named(data.conversation_id)));
    Ok(match kind {
        "start_conversation" => start(read(data, keys)?),
        "join" => {
            let data: JoinData = read(data, keys)?;
            Command::Join { conversation_id: named(data.conversation_id).into(), last_seq: data.last_seq }
        }
        "leave" => Command::Leave { conversation_id: conversation()? },
        "resume" => {
            let data: ResumeData = read(data, keys)?;
            let each = |item: ResumeItem| (named(item.conversation_id).into(), item.last_seq);
            Command::Resume { conversations: data.conversations.into_iter().map(each).collect() }
        }
        "send_message" => send(read(data, keys)?, keys)?,
        "typing_start" => Command::Typing { conversation_id: conversation()?, on: true },
        "typing_stop" => Command::Typing { conversation_id: conversation()?, on: false },
        "mark_read" => mark_read(read(data, keys)?, keys)?,
        "escalate" | "request_staff" | "request_agent" => {
            let data: EscalateData = read(data, keys)?;
            Command::Escalate(Escalate {
                conversation_id: named(data.conversation_id).into(),
                reason: data.reason,
                priority: data.priority,
                skills: data.skills,
            })
        }
        "cancel_escalation" => Command::CancelEscalation { conversation_id: conversation()? },
        "accept_transfer" => {
            let data: OfferData = read(data, keys)?;
            Command::AcceptOffer { offer_id: named(data.transfer_request_id).into() }
        }
        "decline_transfer" => {
            let data: OfferData = read(data, keys)?;
            Command::DeclineOffer { offer_id: named(data.transfer_request_id).into(), reason: data.reason }
        }
        "assign_to_me" => Command::AssignToMe { conversation_id: conversation()? },
        "assign" => {
            let data: AssignData = read(data, keys)?;
            Command::Assign {
                conversation_id: named(data.conversation_id).into(),
                agent_id: named(data.agent_id).into(),
            }
        }
        "transfer" => transfer(read(data, keys)?, keys)?,
        "release" => {
            let data: ReleaseData = read(data, keys)?;
            let to = match data.to {
                Destination::Ai => ReleaseTo::Ai,
                Destination::Queue => ReleaseTo::Queue,
            };
            Command::Release { conversation_id: named(data.conversation_id).into(), to }
        }
        "close_conversation" => {
            let data: CloseData = read(data, keys)?;
            Command::CloseConversation { conversation_id: named(data.conversation_id).into(), reason: data.reason }
        }
        "agent_status" => agent_status(read(data, keys)?)?,
        "staff_status_change" => staff_status(&read(data, keys)?),
        "rate_conversation" => {
            let data: RateData = read(data, keys)?;
            let score = u8::try_from(data.score).map_err(|_| invalid("score", keys, "must be 1 to 5"))?;
            Command::Rate { conversation_id: named(data.conversation_id).into(), score, comment: data.comment }
        }
        "page_view" => {
            let data: PageData = read(data, keys)?;
            Command::ViewPage { conversation_id: named(data.conversation_id).into(), url: data.url, title: data.title }
        }
        "subscribe" => Command::Subscribe { topics: topics(read(data, keys)?)? },
        "unsubscribe" => Command::Unsubscribe { topics: topics(read(data, keys)?)? },
        // Not repeated: it may be anything.
        _ => return Err(WireError::new(ErrorCode::UnknownType, "no request has this type")),
    })
}

fn start(data: StartData) -> Command {
    let mode = match data.mode {
        Some(Mode::Human) => StartMode::Human,
        Some(Mode::Ai) | None => StartMode::Ai,
    };
    Command::StartConversation(StartConversation {
        chatbot_id: data.chatbot_id.map(|id| named(id).into()),
        client_id: data.client_id,
        first_message: data.first_message,
        mode,
        priority: data.priority,
        skills: data.skills,
        metadata: data.metadata.map(|raw| raw.get().to_owned()),
        reason: data.reason,
    })
}

fn send(data: SendData, keys: KeyStyle) -> Result<Command, WireError> {
    let kind = match data.message_type.as_deref() {
        None => MessageKind::Text,
        Some(text) => {
            MessageKind::parse(text).ok_or_else(|| invalid("messageType", keys, "is no known message type"))?
        }
    };
    Ok(Command::SendMessage(SendMessage {
        conversation_id: named(data.conversation_id).into(),
        content: data.content,
        client_id: data.client_id,
        kind,
        reply_to: data.reply_to.map(|id| named(id).into()),
        internal: data.internal,
        metadata: data.metadata.map(|raw| raw.get().to_owned()),
    }))
}

fn mark_read(data: ReadData, keys: KeyStyle) -> Result<Command, WireError> {
    let mark = match (data.seq, data.message_id) {
        (Some(seq), _) => ReadMark::Seq(seq),
        (None, Some(message_id)) => ReadMark::Message(named(message_id).into()),
        (None, None) => {
            let message = format!("is missing, and so is {}", wire_name("messageId", keys));
            return Err(invalid("seq", keys, message));
        }
    };
    Ok(Command::MarkRead { conversation_id: named(data.conversation_id).into(), mark })
}

fn transfer(data: TransferData, keys: KeyStyle) -> Result<Command, WireError> {
    let target = match (data.agent_id, data.team) {
        (Some(agent_id), None) => TransferTarget::Agent(named(agent_id).into()),
        (None, Some(team)) => TransferTarget::Team(team),
        _ => {
            let message = format!("give either {} or team", wire_name("agentId", keys));
            return Err(invalid("agentId", keys, message));
        }
    };
    Ok(Command::Transfer { conversation_id: named(data.conversation_id).into(), target, note: data.note })
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
