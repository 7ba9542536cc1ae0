//! Socket.IO's dialect: the same requests and events under the names and keys of seed 002.
//!
//! Pure. What has to be looked up (a history) is a step of the session.

use std::sync::Arc;

use bytestring::ByteString;
use serde_json::Value;

use crate::domain::event::{AgentNotice, EscalationStatus, Event, QueuePlace, WaitUnknown};
use crate::domain::ids::{ConversationId, SessionId, UserId};
use crate::domain::message::Message;
use crate::protocol::error::{ErrorCode, WireError};
use crate::protocol::json::{KeyStyle, Object, object};
use crate::protocol::socket_io::{self as packets, Kind, MAIN, Packet};

use super::decode::{Request, WireId, shallow};
use super::encode::{error_data, event_data, event_type};
use super::{REQUEST_TYPES, reader, requests, shapes};

const KEYS: KeyStyle = KeyStyle::SocketIo;
/// The longest id of an earlier connection that is taken back, bytes.
const PID_BYTES: usize = 64;

/// Answers, errors, and what a session itself says: an acknowledgement when one was asked for, else an event.
/// Empty: nothing to say.
pub(super) fn frame(kind: &str, id: Option<&WireId>, data: impl FnOnce(&mut Object<'_>)) -> ByteString {
    match (kind, id) {
        ("ack", None) => ByteString::new(),
        ("error", Some(id)) => acknowledge(
            id,
            &object(KEYS, |o| {
                o.object("error", data);
            }),
        ),
        (_, Some(id)) => acknowledge(id, &object(KEYS, data)),
        (_, None) => tell(kind, &object(KEYS, data)),
    }
}

fn acknowledge(id: &WireId, data: &str) -> ByteString {
    ByteString::from(format!("43{}[{data}]", id.as_json()))
}

fn tell(name: &str, data: &str) -> ByteString {
    ByteString::from(format!("42[\"{name}\",{data}]"))
}

/// An event with the number that the client then has of its active conversation: what a stock client gives back after
/// a lost connection. It keeps the newest one only, so that no other conversation's events may have one.
pub fn numbered(event: &str, conversation_id: &ConversationId, seq: i64) -> ByteString {
    let open = event.strip_suffix(']').unwrap_or(event);
    ByteString::from(format!("{open},\"{conversation_id}:{seq}\"]"))
}

/// An event.
pub(super) fn event(event: &Event) -> ByteString {
    if let Event::Host(host) = event {
        // The host's object as it wrote it, then what the engine knows of it.
        let about = object(KEYS, |o| shapes::host_event(o, host));
        return ByteString::from(format!("42[\"{}\",{},{about}]", host.kind, host.data));
    }
    tell(name_of(event), &object(KEYS, |o| data_of(o, event)))
}

fn name_of(event: &Event) -> &str {
    match event {
        Event::AgentJoined { .. } => "transfer_accepted",
        Event::EscalationStatus { status, .. } => match standing(status) {
            Standing::Asked => "transfer_requested",
            Standing::Failed(_) => "transfer_failed",
            Standing::Other => "escalation_status",
        },
        Event::AgentNotification { notice: AgentNotice::NewTransferRequest { .. }, .. } => "new_transfer_request",
        Event::AgentNotification { notice: AgentNotice::WorkloadUpdated { .. }, .. } => "workload_updated",
        other => event_type(other),
    }
}

fn data_of(o: &mut Object<'_>, event: &Event) {
    if let Event::EscalationStatus { conversation_id, status } = event {
        let reason = match standing(status) {
            Standing::Failed(reason) => Some(reason),
            Standing::Asked | Standing::Other => None,
        };
        return wish(o, conversation_id, status, reason);
    }
    event_data(o, event);
    match event {
        Event::MessageRead { user_id, .. } => {
            o.text("readBy", user_id.as_str());
        }
        Event::ChatSessionRestored { agent, .. } => {
            o.text("sessionType", if agent.is_some() { "human" } else { "ai" });
            o.text_or_null("agentId", agent.as_ref().map(|(id, _)| id.as_str()));
        }
        _ => {}
    }
}

fn wish(o: &mut Object<'_>, conversation_id: &ConversationId, status: &EscalationStatus, reason: Option<&str>) {
    o.text("conversationId", conversation_id.as_str());
    // A conversation has at most one wish for a human.
    o.text("transferRequestId", conversation_id.as_str());
    o.text_or_null("reason", reason);
    o.object("escalation", |o| shapes::escalation(o, status));
}

/// Whether a status is told as `transfer_requested`, which has the reason that the conversation keeps.
pub fn is_asked(status: &EscalationStatus) -> bool {
    matches!(standing(status), Standing::Asked)
}

/// `transfer_requested` with its reason.
pub fn encode_asked(conversation_id: &ConversationId, status: &EscalationStatus, reason: Option<&str>) -> ByteString {
    tell("transfer_requested", &object(KEYS, |o| wish(o, conversation_id, status, reason)))
}

/// What seed 002 says to a customer about the wish for a human.
enum Standing {
    Asked,
    Failed(&'static str),
    Other,
}

fn standing(status: &EscalationStatus) -> Standing {
    match status {
        EscalationStatus::Queued(QueuePlace { wait: Err(WaitUnknown::NoAgents), .. }) => {
            Standing::Failed("Nobody is free at the moment. You keep your place in the queue.")
        }
        EscalationStatus::Offered(_) | EscalationStatus::Queued(_) => Standing::Asked,
        EscalationStatus::OutsideHours { .. } => Standing::Failed("Nobody is there at this hour."),
        EscalationStatus::NoAgents { .. } => Standing::Failed("Nobody is free at the moment. Please try again later."),
        EscalationStatus::QueueFull { .. } => Standing::Failed("Too many people wait. Please try again later."),
        EscalationStatus::Expired { .. } => Standing::Failed("Nobody became free in time. Please try again later."),
        EscalationStatus::Assigned { .. }
        | EscalationStatus::AlreadyAssigned { .. }
        | EscalationStatus::Canceled
        | EscalationStatus::None => Standing::Other,
    }
}

/// `chat_session_started`: a customer's new conversation.
pub fn encode_started(conversation_id: &ConversationId) -> ByteString {
    let data = object(KEYS, |o| {
        o.text("conversationId", conversation_id.as_str());
    });
    tell("chat_session_started", &data)
}

/// A conversation that an agent was given.
pub struct Joined<'a> {
    /// Which.
    pub conversation_id: &'a ConversationId,
    /// The customer.
    pub user_id: &'a UserId,
    /// The customer's name.
    pub user_name: &'a str,
    /// Why a human is wanted.
    pub summary: Option<&'a str>,
    /// The last messages, oldest first.
    pub history: &'a [Arc<Message>],
}

/// `staff_chat_joined`.
pub fn encode_joined(joined: &Joined<'_>) -> ByteString {
    let data = object(KEYS, |o| {
        o.text("conversationId", joined.conversation_id.as_str());
        o.text("userId", joined.user_id.as_str()).text("userName", joined.user_name);
        o.text_or_null("summary", joined.summary);
        o.list("history", joined.history, |o, message| shapes::message(o, message));
    });
    tell("staff_chat_joined", &data)
}

/// The namespace is entered. `pid` is what a client gives back to be taken for the same after a lost connection.
pub fn encode_entered(session_id: &SessionId, pid: Option<&str>) -> ByteString {
    let data = object(KEYS, |o| {
        o.text("sid", session_id.as_str()).text_if("pid", pid);
    });
    packets::encode(Kind::Connect, MAIN, None, &data, 0)
}

/// The namespace is not entered.
pub fn encode_not_entered(namespace: &str, error: Option<&WireError>) -> ByteString {
    let data = object(KEYS, |o| match error {
        // Stock servers' words.
        None => {
            o.text("message", "Invalid namespace");
        }
        Some(error) => {
            o.text("message", &error.message).object("data", |o| error_data(o, error));
        }
    });
    packets::encode(Kind::ConnectError, namespace, None, &data, 0)
}

/// The server lets a client go, which is not to come back by itself.
pub fn encode_left() -> ByteString {
    packets::encode(Kind::Disconnect, MAIN, None, "", 0)
}

/// What a client that connects says about itself.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Greeting {
    /// Who it is.
    pub token: Option<String>,
    /// The earlier connection that it goes on from.
    pub pid: Option<String>,
    /// The newest number it has in its active conversation.
    pub offset: Option<i64>,
    /// The newest number it has in conversations by name.
    pub conversations: Vec<(ConversationId, i64)>,
}

/// Tokens stay out of logs.
impl std::fmt::Debug for Greeting {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { token: _, pid, offset, conversations } = self;
        f.debug_struct("Greeting")
            .field("pid", pid)
            .field("offset", offset)
            .field("conversations", conversations)
            .finish_non_exhaustive()
    }
}

impl Greeting {
    /// The newest number it has in a conversation; `active`: in the one that is its active one.
    pub fn offset_in(&self, conversation_id: &ConversationId, active: bool) -> Option<i64> {
        let named = self.conversations.iter().find(|(id, _)| id == conversation_id).map(|(_, seq)| *seq);
        named.or(self.offset.filter(|_| active))
    }
}

/// Reads `auth`. What is not as it should be is passed over: who has no good token is refused anyway.
pub fn greeting(data: &str) -> Greeting {
    let Ok(Value::Object(auth)) = serde_json::from_str::<Value>(data) else { return Greeting::default() };
    let text = |key: &str| auth.get(key).and_then(Value::as_str);
    let token = text("token").map(|token| token.strip_prefix("Bearer ").unwrap_or(token).to_owned());
    let pid = text("pid").filter(|pid| {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        !pid.is_empty() && pid.len() <= PID_BYTES && pid.bytes().all(plain)
    });
    let mut greeting = Greeting { token, pid: pid.map(str::to_owned), ..Greeting::default() };
    for item in auth.get("conversations").and_then(Value::as_array).into_iter().flatten() {
        if let Some((id, seq)) = id_of(item).zip(offset_of(item)) {
            greeting.conversations.push((id, seq));
        }
    }
    match auth.get("offset").or_else(|| auth.get("serverOffset")) {
        Some(Value::String(exact)) if exact.contains(':') => {
            let parts = exact.rsplit_once(':').and_then(|(id, seq)| Some((id, seq.parse().ok()?)));
            greeting.conversations.extend(parts.map(|(id, seq): (&str, i64)| (id.into(), seq)));
        }
        Some(Value::String(digits)) => greeting.offset = digits.parse().ok(),
        Some(number) => greeting.offset = number.as_i64(),
        None => {}
    }
    if let Some(id) = text("sessionUuid").filter(|id| !id.is_empty())
        && let Some(seq) = greeting.offset.take()
    {
        greeting.conversations.push((id.into(), seq));
    }
    greeting
}

fn id_of(item: &Value) -> Option<ConversationId> {
    let id = item.get("sessionUuid").or_else(|| item.get("conversationId"))?.as_str()?;
    (!id.is_empty()).then(|| id.into())
}

fn offset_of(item: &Value) -> Option<i64> {
    item.get("offset").or_else(|| item.get("lastSeq"))?.as_i64()
}

/// What a request is filled up with where seed 002's clients leave it out.
pub struct Defaults<'a> {
    /// An id that none before had.
    pub client_id: &'a str,
    /// The customer's active conversation.
    pub conversation_id: Option<&'a ConversationId>,
}

/// Whether an event is one that a customer without a conversation begins one with: it says something or asks for a
/// human, and names no conversation.
pub fn begins_anew(packet: &Packet) -> bool {
    let begins = packets::name(packet).is_some_and(|name| matches!(name.as_str(), "send_message" | "request_staff"));
    let arguments = packets::arguments(packet);
    let Some(Ok(data)) = arguments.first().map(|data| serde_json::from_str::<Value>(data)) else { return begins };
    begins && ["sessionUuid", "conversationId"].iter().all(|key| data.get(key).is_none_or(Value::is_null))
}

/// Reads an event of a client: its name, its object, and maybe a client id after it.
///
/// # Errors
/// `unknown_type`, or `invalid` with the path of the field. None of them repeats a value of the client.
pub fn decode_event(packet: &Packet, max_depth: usize, defaults: &Defaults<'_>) -> Result<Request, WireError> {
    shallow(&packet.data, max_depth)?;
    let unknown = || WireError::new(ErrorCode::UnknownType, "no event has this name");
    let name = packets::name(packet).ok_or_else(unknown)?;
    if !REQUEST_TYPES.contains(&name.as_str()) || name.starts_with("register_") {
        return Err(unknown());
    }
    if !packet.attachments.is_empty() {
        return Err(WireError::invalid("data", "must have no binary parts"));
    }
    let arguments = packets::arguments(packet);
    let data = arguments.first().copied().filter(|data| *data != "null").unwrap_or("{}");
    let second = arguments.get(1).copied().and_then(|second| serde_json::from_str::<String>(second).ok());
    let filled = filled(&name, data, second.as_deref(), defaults)?;
    requests::request(&name, &filled, KEYS)
}

/// The object with what was left out.
fn filled(name: &str, data: &str, client_id: Option<&str>, defaults: &Defaults<'_>) -> Result<String, WireError> {
    if name == "ping" || !data.starts_with('{') {
        return Ok(data.to_owned());
    }
    let broken = |_| WireError::invalid("data", "has a key with an escape that stands for no character");
    let given = reader::entries(data).map_err(broken)?;
    let has = |key: &str| given.iter().any(|(known, value)| known == key && value.get() != "null");
    let mut out = String::with_capacity(data.len().saturating_add(120));
    out.push('{');
    let mut put = |key: &str, value: &str| out.push_str(&format!("\"{key}\":{value},"));
    // Only these have such a field; elsewhere a client's own key of this name is passed over.
    if matches!(name, "send_message" | "start_conversation") && !has("clientId") {
        let offset = given.iter().find(|(key, _)| key == "clientOffset").map(|(_, value)| value.get());
        let own = serde_json::to_string(client_id.unwrap_or(defaults.client_id)).unwrap_or_default();
        put("clientId", offset.filter(|offset| offset.starts_with('"')).unwrap_or(&own));
    }
    if let Some(id) = defaults.conversation_id.filter(|_| !has("sessionUuid") && !has("conversationId")) {
        put("sessionUuid", &serde_json::to_string(id.as_str()).unwrap_or_default());
    }
    match data.get(1..).map(str::trim_start) {
        Some("}") | None => {
            if out.ends_with(',') {
                out.pop();
            }
            out.push('}');
        }
        Some(rest) => out.push_str(rest),
    }
    Ok(out)
}
