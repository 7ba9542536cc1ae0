//! From events, replies and errors to a client's text.

use std::borrow::Cow;

use bytestring::ByteString;
use serde_json::Value;

use crate::domain::agent::Availability;
use crate::domain::command::Topic;
use crate::domain::event::{AdminNotice, AgentNotice, Event, Reply, TopicBody};
use crate::domain::host_event::{HostEvent, Read};
use crate::domain::ids::{ConversationId, SessionId};
use crate::domain::message::SenderRole;
use crate::domain::time::Timestamp;
use crate::domain::user::Principal;
use crate::protocol::error::WireError;
use crate::protocol::json::{KeyStyle, Object, object, wire_name};

use super::decode::WireId;
use super::{shapes, socket_io};

/// What a client is told first.
pub struct Connected<'a> {
    /// The session.
    pub session_id: &'a SessionId,
    /// Who the client is.
    pub principal: &'a Principal,
    /// The server's time.
    pub server_time: Timestamp,
    /// How often the server pings.
    pub heartbeat_ms: u64,
    /// Which history of the database numbers belong to.
    pub epoch: &'a str,
}

fn frame(kind: &str, id: Option<&WireId>, keys: KeyStyle, data: impl FnOnce(&mut Object<'_>)) -> ByteString {
    if keys == KeyStyle::SocketIo {
        return socket_io::frame(kind, id, data);
    }
    let text = object(keys, |o| {
        o.text("type", kind).object("data", data);
        if let Some(id) = id {
            o.raw("id", id.as_json());
        }
    });
    ByteString::from(text)
}

/// `connected`.
pub fn encode_connected(connected: &Connected<'_>, keys: KeyStyle) -> ByteString {
    frame("connected", None, keys, |o| connected_data(o, connected))
}

pub(super) fn connected_data(o: &mut Object<'_>, connected: &Connected<'_>) {
    o.text("sessionId", connected.session_id.as_str());
    o.text("userId", connected.principal.user_id.as_str());
    o.word("role", connected.principal.role);
    o.flag("isStaff", connected.principal.role.is_staff());
    o.time("serverTime", connected.server_time);
    if o.keys() == KeyStyle::SocketIo {
        // Seed 002's name.
        o.time("timestamp", connected.server_time);
    }
    o.int("heartbeatMs", connected.heartbeat_ms);
    o.text("epoch", connected.epoch);
}

/// `registered`.
pub fn encode_registered(id: Option<&WireId>, principal: &Principal, rooms: &[String], keys: KeyStyle) -> ByteString {
    frame("registered", id, keys, |o| registered_data(o, principal, rooms))
}

pub(super) fn registered_data(o: &mut Object<'_>, principal: &Principal, rooms: &[String]) {
    o.text("userId", principal.user_id.as_str());
    o.word("role", principal.role);
    o.texts("rooms", rooms);
}

/// `pong`: the same data, the server's time, and the newest number of every joined conversation.
pub fn encode_pong(
    id: Option<&WireId>,
    data: Option<&str>,
    server_time: Timestamp,
    heads: &[(ConversationId, i64)],
    keys: KeyStyle,
) -> ByteString {
    frame("pong", id, keys, |o| pong_data(o, data, server_time, heads))
}

pub(super) fn pong_data(
    o: &mut Object<'_>,
    data: Option<&str>,
    server_time: Timestamp,
    heads: &[(ConversationId, i64)],
) {
    o.raw("data", data.unwrap_or("{}"));
    o.time("serverTime", server_time);
    o.list("heads", heads, |o, (id, seq)| {
        o.text("conversationId", id.as_str()).int("seq", *seq);
    });
}

/// The data of `error`. The field it names is named as the client knows it.
pub fn error_data(o: &mut Object<'_>, error: &WireError) {
    let keys = o.keys();
    o.tag("code", error.code.as_str());
    o.text("message", &message_in(error, keys));
    o.flag("retryable", error.code.retryable());
    o.int_if("retryAfterMs", error.retry_after_ms);
    if let Some(serde_json::Value::Object(details)) = &error.details {
        for (key, value) in details {
            o.value(key, &detail_in(key, value, keys));
        }
    }
}

/// A message that begins with the name of the field.
fn message_in(error: &WireError, keys: KeyStyle) -> Cow<'_, str> {
    let field = error.details.as_ref().and_then(|details| details.get("field")).and_then(Value::as_str);
    match field.and_then(|field| Some((field, error.message.strip_prefix(field)?))) {
        Some((field, rest)) => Cow::Owned(format!("{}{rest}", path_in(field, keys))),
        None => Cow::Borrowed(&error.message),
    }
}

fn detail_in(key: &str, value: &Value, keys: KeyStyle) -> Value {
    match value {
        Value::String(path) if key == "field" => Value::String(path_in(path, keys)),
        Value::Object(fields) => {
            let in_style =
                |(key, value): (&String, &Value)| (wire_name(key, keys).into_owned(), detail_in(key, value, keys));
            Value::Object(fields.iter().map(in_style).collect())
        }
        other => other.clone(),
    }
}

/// A path below `data`. One that the decoder wrote is in the client's words already, and stays.
fn path_in(path: &str, keys: KeyStyle) -> String {
    if keys != KeyStyle::Snake || !path.starts_with("data.") {
        // What the engine names itself, as this client knows it.
        if keys == KeyStyle::SocketIo
            && let Some(name) = path.strip_prefix("data.")
        {
            return format!("data.{}", wire_name(name, keys));
        }
        return path.to_owned();
    }
    let names: Vec<_> = path.split('.').map(|name| wire_name(name, keys)).collect();
    names.join(".")
}

/// `error`.
pub fn encode_error(id: Option<&WireId>, error: &WireError, keys: KeyStyle) -> ByteString {
    frame("error", id, keys, |o| error_data(o, error))
}

/// `ack`.
pub fn encode_reply(id: Option<&WireId>, reply: &Reply, keys: KeyStyle) -> ByteString {
    frame("ack", id, keys, |o| reply_data(o, reply))
}

pub(super) fn reply_data(o: &mut Object<'_>, reply: &Reply) {
    match reply {
        Reply::Done => {}
        Reply::Started { conversation_id, duplicate, escalation, first_message } => {
            o.text("conversationId", conversation_id.as_str()).flag("duplicate", *duplicate);
            o.object_if("escalation", escalation.as_ref(), shapes::escalation);
            o.object_if("firstMessage", first_message.as_ref(), shapes::sent);
        }
        Reply::Joined { conversation_id, last_seq, participants, delivered, status, epoch } => {
            o.text("conversationId", conversation_id.as_str());
            o.int("lastSeq", *last_seq);
            o.list("participants", participants, |o, one| {
                shapes::participant(o, one, delivered.get(&one.user_id).copied());
            });
            o.word("status", *status);
            o.text("epoch", epoch);
        }
        Reply::Resumed { conversations, epoch } => {
            o.list("conversations", conversations, |o, (id, seq)| {
                o.text("conversationId", id.as_str()).int("lastSeq", *seq);
            });
            o.text("epoch", epoch);
        }
        Reply::Sent(sent) => shapes::sent(o, sent),
        Reply::NoteSent { message_id, note_seq, created_at, duplicate } => {
            o.text("messageId", message_id.as_str()).int("noteSeq", *note_seq);
            o.time("createdAt", *created_at).flag("duplicate", *duplicate);
        }
        Reply::Escalation(status) => shapes::escalation(o, status),
        Reply::Assigned { conversation_id, agent_id, agent_name } => {
            o.text("conversationId", conversation_id.as_str());
            o.text("agentId", agent_id.as_str()).text("agentName", agent_name);
        }
        Reply::TransferOffered { offer_id } => {
            o.text("transferRequestId", offer_id.as_str());
        }
        Reply::Subscribed(snapshots) => {
            o.list("topics", snapshots, |o, (topic, number, body)| {
                o.part("TopicState", |o| topic_state(o, *topic, *number, body));
            });
        }
    }
}

fn topic_state(o: &mut Object<'_>, topic: Topic, number: u64, body: &TopicBody) {
    o.tag("topic", topic.as_str()).int("number", number);
    match body {
        TopicBody::Queue(rows) => o.list("queue", rows, shapes::queue_row),
        TopicBody::Agents(agents) => o.list("agents", agents, shapes::agent),
        TopicBody::Agent(agent) => o.object("agent", |o| shapes::agent(o, agent)),
        TopicBody::Metrics(metrics) => o.list("metrics", metrics, |o, (name, value)| {
            o.text("name", name).int("value", *value);
        }),
        TopicBody::Availability(found) => o.object("availability", |o| shapes::reachability(o, found)),
        TopicBody::Notifications(unread) => o.int("unread", *unread),
    };
}

/// An event under its name in PROTOCOL §3.
pub fn encode_event(event: &Event, keys: KeyStyle) -> ByteString {
    if keys == KeyStyle::SocketIo {
        return socket_io::event(event);
    }
    match event {
        Event::Host(event) => host_event(event, keys),
        event => frame(event_type(event), None, keys, |o| event_data(o, event)),
    }
}

/// The host's object as it wrote it, and beside it what the engine knows of the event.
fn host_event(event: &HostEvent, keys: KeyStyle) -> ByteString {
    let text = object(keys, |o| {
        o.text("type", &event.kind).raw("data", &event.data).object("event", |o| shapes::host_event(o, event));
    });
    ByteString::from(text)
}

/// Whether a host's event may not be called so: the engine tells something under this name itself. An announcement is
/// an announcement whoever makes it (seed 003).
pub fn is_own_event(kind: &str) -> bool {
    const OWN: &[&str] = &[
        "ack",
        "agent_joined",
        "agent_left",
        "agent_notification",
        "admin_notification",
        "ai_message",
        "ai_message_delta",
        "ai_message_dropped",
        "ai_message_start",
        "chat_session_restored",
        "chat_session_started",
        "connected",
        "conversation_closed",
        "conversation_updated",
        "error",
        "escalation_requested",
        "escalation_status",
        "message_deleted",
        "message_delivered",
        "message_reaction",
        "message_read",
        "message_updated",
        "new_message",
        "new_transfer_request",
        "notification_count",
        "page_view",
        "pong",
        "presence",
        "queue_update",
        "registered",
        "server_draining",
        "staff_chat_joined",
        "staff_data",
        "staff_online",
        "staff_status_updated",
        "token_expiring",
        "topic_update",
        "transfer_accepted",
        "transfer_failed",
        "transfer_requested",
        "unread_count",
        "user_stop_typing",
        "user_typing",
        "workload_updated",
    ];
    // Clients of Socket.IO hear these from their own library.
    const RESERVED: &[&str] = &["connect", "connect_error", "disconnect", "disconnecting"];
    OWN.contains(&kind) || RESERVED.contains(&kind)
}

/// An event's `type`.
pub fn event_type(event: &Event) -> &str {
    match event {
        Event::NewMessage(message) if message.sender_role == SenderRole::Ai => "ai_message",
        Event::NewMessage(_) | Event::NewNote(_) => "new_message",
        Event::Typing { on: true, .. } => "user_typing",
        Event::Typing { on: false, .. } => "user_stop_typing",
        Event::MessageRead { .. } => "message_read",
        Event::MessageDelivered { .. } => "message_delivered",
        Event::Presence { .. } => "presence",
        Event::EscalationRequested { .. } => "escalation_requested",
        Event::EscalationStatus { .. } => "escalation_status",
        Event::QueueUpdate { .. } => "queue_update",
        Event::AgentJoined { .. } => "agent_joined",
        Event::AgentLeft { .. } => "agent_left",
        Event::ConversationClosed { .. } => "conversation_closed",
        Event::ConversationUpdated { .. } => "conversation_updated",
        Event::MessagingUpdated(_) => "conversation_updated",
        Event::UnreadCount { .. } => "unread_count",
        Event::MessageUpdated(_) => "message_updated",
        Event::MessageDeleted { .. } => "message_deleted",
        Event::MessageReaction { .. } => "message_reaction",
        Event::AiMessageStart { .. } => "ai_message_start",
        Event::AiMessageDelta { .. } => "ai_message_delta",
        Event::AiMessageDropped { .. } => "ai_message_dropped",
        Event::AgentNotification { .. } => "agent_notification",
        Event::AdminNotification { .. } => "admin_notification",
        Event::StaffOnline { .. } => "staff_online",
        Event::StaffStatusUpdated { .. } => "staff_status_updated",
        Event::StaffData { .. } => "staff_data",
        Event::ChatSessionRestored { .. } => "chat_session_restored",
        Event::TopicDelta { .. } => "topic_update",
        Event::PageViewed(_) => "page_view",
        Event::SystemAnnouncement { .. } => "system_announcement",
        Event::Host(event) => &event.kind,
        Event::NotificationCount { .. } => "notification_count",
        Event::TokenExpiring { .. } => "token_expiring",
        Event::ServerDraining { .. } => "server_draining",
    }
}

/// An event's `data`.
pub fn event_data(o: &mut Object<'_>, event: &Event) {
    match event {
        Event::NewMessage(message) => shapes::message(o, message),
        Event::NewNote(note) => shapes::note(o, note),
        Event::MessagingUpdated(state) => shapes::messaging_state(o, state),
        Event::UnreadCount { conversation_id, unread, last_read_seq, last_seq } => {
            o.text("conversationId", conversation_id.as_str()).int("unread", *unread);
            o.int("lastReadSeq", *last_read_seq).int("lastSeq", *last_seq);
        }
        Event::MessageUpdated(message) => shapes::message(o, message),
        Event::MessageDeleted { conversation_id, message_id, seq, user_id, at } => {
            o.text("conversationId", conversation_id.as_str()).text("messageId", message_id.as_str());
            o.int("seq", *seq).text("userId", user_id.as_str()).time("deletedAt", *at);
        }
        Event::MessageReaction { conversation_id, message_id, seq, user_id, emoji, on, at } => {
            o.text("conversationId", conversation_id.as_str()).text("messageId", message_id.as_str());
            o.int("seq", *seq).text("userId", user_id.as_str()).text("emoji", emoji).flag("on", *on).time("at", *at);
        }
        Event::AiMessageStart { conversation_id, message_id, text, index } => {
            o.text("conversationId", conversation_id.as_str()).text("messageId", message_id.as_str());
            o.text("text", text).int("index", *index);
        }
        Event::AiMessageDelta { conversation_id, message_id, delta, index } => {
            o.text("conversationId", conversation_id.as_str()).text("messageId", message_id.as_str());
            o.text("delta", delta).int("index", *index);
        }
        Event::AiMessageDropped { conversation_id, message_id } => {
            o.text("conversationId", conversation_id.as_str()).text("messageId", message_id.as_str());
        }
        Event::Typing { conversation_id, user_id, user_name, .. } => {
            o.text("conversationId", conversation_id.as_str());
            o.text("userId", user_id.as_str()).text("userName", user_name);
        }
        Event::MessageRead { conversation_id, user_id, seq, message_id, read_at } => {
            o.text("conversationId", conversation_id.as_str()).text("userId", user_id.as_str());
            o.int("seq", *seq).text_or_null("messageId", message_id.as_ref().map(|id| id.as_str()));
            o.time("readAt", *read_at);
        }
        Event::MessageDelivered { conversation_id, user_id, seq } => {
            o.text("conversationId", conversation_id.as_str()).text("userId", user_id.as_str()).int("seq", *seq);
        }
        Event::Presence { conversation_id, user_id, online } => {
            o.text("conversationId", conversation_id.as_str()).text("userId", user_id.as_str());
            o.flag("online", *online);
        }
        Event::EscalationRequested { conversation_id, reason } => {
            o.text("conversationId", conversation_id.as_str()).text_or_null("reason", reason.as_deref());
        }
        Event::EscalationStatus { conversation_id, status } => {
            o.text("conversationId", conversation_id.as_str());
            shapes::escalation(o, status);
        }
        Event::QueueUpdate { conversation_id, place } => {
            o.text("conversationId", conversation_id.as_str());
            shapes::place(o, place);
        }
        Event::AgentJoined { conversation_id, agent_id, agent_name, at } => {
            o.text("conversationId", conversation_id.as_str());
            o.text("agentId", agent_id.as_str()).text("agentName", agent_name).time("timestamp", *at);
        }
        Event::AgentLeft { conversation_id, agent_id, reason } => {
            o.text("conversationId", conversation_id.as_str());
            o.text("agentId", agent_id.as_str()).text("reason", reason);
        }
        Event::ConversationClosed { conversation_id, reason } => {
            o.text("conversationId", conversation_id.as_str()).text("reason", reason);
        }
        Event::ConversationUpdated { conversation_id, status, assigned_agent_id } => {
            o.text("conversationId", conversation_id.as_str()).word("status", *status);
            o.text_or_null("assignedAgentId", assigned_agent_id.as_ref().map(|id| id.as_str()));
        }
        Event::AgentNotification { notice, at, .. } => {
            o.part("AgentNotice", |o| agent_notice(o, notice));
            o.time("timestamp", *at);
        }
        Event::AdminNotification { notice, at } => {
            o.part("AdminNotice", |o| admin_notice(o, notice));
            o.time("timestamp", *at);
        }
        Event::StaffOnline { agent_id, name } => {
            o.text("staffId", agent_id.as_str()).text("userName", name);
        }
        Event::StaffStatusUpdated { agent_id, is_online, is_available, status } => {
            // Who chose to be offline is so to the others, whatever is connected (seed 002).
            let is_online = *is_online && *status != Availability::Offline;
            o.text("staffId", agent_id.as_str()).flag("isOnline", is_online).flag("isAvailable", *is_available);
            o.word("status", *status);
        }
        Event::StaffData { current_chats, max_concurrent_chats, is_available, status, online_staff_count } => {
            o.object("workload", |o| {
                o.part("Workload", |o| workload(o, *current_chats, *max_concurrent_chats, *is_available, *status));
            });
            o.int("onlineStaffCount", i128::try_from(*online_staff_count).unwrap_or(i128::MAX));
        }
        Event::ChatSessionRestored { conversation_id, status, agent, history } => {
            o.text("conversationId", conversation_id.as_str()).word("status", *status);
            o.object_if("agent", agent.as_ref(), |o, (id, name)| {
                o.text("agentId", id.as_str()).text("agentName", name);
            });
            o.list("history", history, |o, message| shapes::message(o, message));
        }
        Event::TopicDelta { topic, number, body } => {
            o.part("TopicState", |o| topic_state(o, *topic, *number, body));
        }
        // Its data is the host's own object.
        Event::Host(_) => {}
        Event::NotificationCount { unread, read } => {
            o.int("unread", *unread);
            match read {
                Some(Read::One(id)) => o.text("readId", id),
                Some(Read::UpTo(number)) => o.int("readUpTo", *number),
                None => o,
            };
        }
        Event::TokenExpiring { expires_at } => {
            o.time("expiresAt", *expires_at);
        }
        Event::PageViewed(view) => {
            o.text("conversationId", view.conversation_id.as_str());
            shapes::page_view(o, view);
        }
        Event::SystemAnnouncement { id, text, at } => {
            o.text("announcementId", id).text("text", text).time("at", *at);
        }
        Event::ServerDraining { reconnect_after_ms } => {
            o.int("reconnectAfterMs", *reconnect_after_ms);
        }
    }
}

fn workload(o: &mut Object<'_>, current_chats: i32, limit: i32, is_available: bool, status: Availability) {
    o.int("currentChats", current_chats).int("maxConcurrentChats", limit);
    o.flag("isAvailable", is_available).word("status", status);
}

fn agent_notice(o: &mut Object<'_>, notice: &AgentNotice) {
    match notice {
        AgentNotice::NewConversationAssigned { conversation_id, user_id, user_name, summary } => {
            o.tag("type", "NEW_CONVERSATION_ASSIGNED").text("conversationId", conversation_id.as_str());
            o.text("userId", user_id.as_str()).text("userName", user_name).text_or_null("summary", summary.as_deref());
        }
        AgentNotice::NewTransferRequest {
            offer_id,
            conversation_id,
            reason,
            note,
            expires_at,
            from_agent_id,
            declined_by,
        } => {
            o.tag("type", "NEW_TRANSFER_REQUEST").text("transferRequestId", offer_id.as_str());
            o.text("conversationId", conversation_id.as_str()).text_or_null("reason", reason.as_deref());
            o.text_if("note", note.as_deref()).time("expiresAt", *expires_at);
            o.text_if("fromAgentId", from_agent_id.as_ref().map(|id| id.as_str()));
            o.text_if("declinedBy", declined_by.as_ref().map(|id| id.as_str()));
        }
        AgentNotice::TransferRescinded { offer_id, conversation_id, reason } => {
            o.tag("type", "TRANSFER_RESCINDED").text("transferRequestId", offer_id.as_str());
            o.text("conversationId", conversation_id.as_str()).text("reason", reason);
        }
        AgentNotice::ConversationUnassigned { conversation_id, reason } => {
            o.tag("type", "CONVERSATION_UNASSIGNED").text("conversationId", conversation_id.as_str());
            o.text("reason", reason);
        }
        AgentNotice::WorkloadUpdated { current_chats, max_concurrent_chats, is_available, status } => {
            o.tag("type", "WORKLOAD_UPDATED");
            o.part("Workload", |o| workload(o, *current_chats, *max_concurrent_chats, *is_available, *status));
        }
        AgentNotice::CustomerLeft { conversation_id } => {
            o.tag("type", "CUSTOMER_LEFT").text("conversationId", conversation_id.as_str());
        }
        AgentNotice::CustomerReturned { conversation_id } => {
            o.tag("type", "CUSTOMER_RETURNED").text("conversationId", conversation_id.as_str());
        }
    }
}

fn admin_notice(o: &mut Object<'_>, notice: &AdminNotice) {
    match notice {
        AdminNotice::ConversationAssigned { conversation_id, agent_id, agent_name } => {
            o.tag("type", "CONVERSATION_ASSIGNED").text("conversationId", conversation_id.as_str());
            o.text("agentId", agent_id.as_str()).text("agentName", agent_name);
        }
        AdminNotice::ContactLeft { conversation_id, user_name } => {
            o.text("type", "CONTACT_LEFT").text("conversationId", conversation_id.as_str()).text("userName", user_name);
        }
        AdminNotice::NewQueueEntry { conversation_id, position } => {
            o.tag("type", "NEW_QUEUE_ENTRY").text("conversationId", conversation_id.as_str());
            o.int("position", i128::try_from(*position).unwrap_or(i128::MAX));
        }
        AdminNotice::QueueUpdated { waiting, oldest_queued_at } => {
            o.tag("type", "QUEUE_UPDATED").int("waiting", i128::try_from(*waiting).unwrap_or(i128::MAX));
            o.time_or_null("oldestQueuedAt", *oldest_queued_at);
        }
        AdminNotice::AgentStatus { agent } => {
            o.tag("type", "AGENT_STATUS");
            shapes::agent(o, agent);
        }
        AdminNotice::ConversationClosed { conversation_id, reason } => {
            o.tag("type", "CONVERSATION_CLOSED")
                .text("conversationId", conversation_id.as_str())
                .text("reason", reason);
        }
        AdminNotice::Alert { rule, severity, message, since } => {
            o.tag("type", "ALERT").text("rule", rule).text("severity", severity).text("message", message);
            o.time("since", *since);
        }
    }
}
