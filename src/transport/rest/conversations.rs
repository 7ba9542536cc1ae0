//! Conversations and their messages. A command takes the same way as over a socket.

use std::sync::Arc;

use actix_web::{HttpResponse, web};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::actors::failure::Failure;
use crate::actors::messages::Caller;
use crate::auth::policy::Action;
use crate::domain::command::{
    Command, Escalate, ReadMark, ReleaseTo, SendMessage, StartConversation, StartMode, TransferTarget,
};
use crate::domain::conversation::Conversation;
use crate::domain::event::{EscalationStatus, Reply};
use crate::domain::ids::{ConversationId, UserId, named};
use crate::domain::message::MessageKind;
use crate::domain::user::Principal;
use crate::protocol::dialect::{read_body, shapes};
use crate::protocol::error::WireError;

use super::answer::{ApiError, created, ok};
use super::cursor::Page;
use super::params::{Id, Params};
use super::who::{Shared, Who};

type Answer = Result<HttpResponse, ApiError>;

pub(super) fn body<T: serde::de::DeserializeOwned>(who: &Who, bytes: &[u8]) -> Result<T, ApiError> {
    read_body(bytes, who.node.limits().json_depth).map_err(|error| who.refused(error))
}

pub(super) fn most(who: &Who) -> i64 {
    i64::from(who.node.limits().page_items)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Start {
    chatbot_id: Option<String>,
    client_id: Option<String>,
    first_message: Option<String>,
    mode: Option<String>,
    priority: Option<i32>,
    #[serde(default)]
    skills: Vec<String>,
    reason: Option<String>,
    metadata: Option<Box<RawValue>>,
}

pub(super) async fn start(who: Who, bytes: web::Bytes) -> Answer {
    who.may(Action::ConversationStart)?;
    let start: Start = body(&who, &bytes)?;
    let mode = match start.mode.as_deref() {
        None | Some("ai") => StartMode::Ai,
        Some("human") => StartMode::Human,
        Some(_) => return Err(who.refused(WireError::invalid("mode", "must be ai or human"))),
    };
    let command = Command::StartConversation(StartConversation {
        chatbot_id: start.chatbot_id.map(|id| named(id).into()),
        client_id: start.client_id.unwrap_or_else(|| who.client_id()),
        first_message: start.first_message,
        mode,
        priority: start.priority,
        skills: start.skills,
        metadata: start.metadata.map(|raw| raw.get().to_owned()),
        reason: start.reason,
    });
    reply(who.execute(command).await?, true)
}

/// A command's answer as a body.
fn reply(reply: Reply, new: bool) -> Answer {
    let write = |o: &mut crate::protocol::json::Object<'_>| match &reply {
        Reply::Started { conversation_id, duplicate, escalation, first_message } => {
            o.text("conversationId", conversation_id.as_str()).flag("duplicate", *duplicate);
            if let Some(status) = escalation {
                o.object("escalation", |o| shapes::escalation(o, status));
            }
            if let Some(sent) = first_message {
                o.object("firstMessage", |o| shapes::sent(o, sent));
            }
        }
        Reply::Sent(sent) => shapes::sent(o, sent),
        Reply::NoteSent { message_id, note_seq, created_at, duplicate } => {
            o.text("messageId", message_id.as_str()).int("noteSeq", *note_seq);
            o.time("createdAt", *created_at).flag("duplicate", *duplicate);
        }
        Reply::Escalation(status) => shapes::escalation(o, status),
        Reply::Assigned { conversation_id, agent_id, agent_name } => {
            o.text("status", "ASSIGNED").text("conversationId", conversation_id.as_str());
            o.text("agentId", agent_id.as_str()).text("agentName", agent_name);
        }
        Reply::TransferOffered { offer_id } => {
            o.text("transferRequestId", offer_id.as_str());
        }
        _ => {
            o.flag("ok", true);
        }
    };
    Ok(if new { created(write) } else { ok(write) })
}

pub(super) async fn get(who: Who, id: Id) -> Answer {
    let record = who.conversation(Action::ConversationGet, &ConversationId::from(id.into_inner())).await?;
    let rating = who.node.store().rating(&record.conversation.id).await?;
    Ok(ok(|o| {
        shapes::conversation(o, &record.conversation);
        o.list("participants", &record.participants, |o, one| shapes::participant(o, one, None));
        if let Some(rating) = &rating {
            o.object("rating", |o| {
                o.int("score", rating.score).text_or_null("comment", rating.comment.as_deref()).time("at", rating.at);
            });
        }
    }))
}

#[derive(Deserialize)]
pub(super) struct Window {
    after: Option<i64>,
    before: Option<i64>,
    limit: Option<i64>,
}

pub(super) async fn messages(who: Who, id: Id, query: Params<Window>) -> Answer {
    let record = who.conversation(Action::MessageList, &ConversationId::from(id.into_inner())).await?;
    let id = &record.conversation.id;
    let limit = Page { limit: query.limit, cursor: None }.limit(most(&who)).map_err(|error| who.refused(error))?;
    let found = match (query.after, query.before) {
        (Some(after), None) => who.node.store().messages_after(id, after, limit).await?,
        (None, before) => who.node.store().messages_before(id, before.unwrap_or(i64::MAX), limit).await?,
        (Some(_), Some(_)) => return Err(who.refused(WireError::invalid("after", "give after or before, not both"))),
    };
    Ok(ok(|o| {
        o.list("items", &found, shapes::message).int("lastSeq", record.conversation.last_seq);
    }))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Send {
    content: String,
    client_id: Option<String>,
    message_type: Option<String>,
    reply_to: Option<String>,
    metadata: Option<Box<RawValue>>,
}

async fn sending(who: &Who, id: String, bytes: &[u8], internal: bool) -> Answer {
    let send: Send = body(who, bytes)?;
    let kind = match send.message_type.as_deref() {
        None => MessageKind::Text,
        Some(text) => MessageKind::parse(text)
            .ok_or_else(|| who.refused(WireError::invalid("messageType", "is no known message type")))?,
    };
    let command = Command::SendMessage(SendMessage {
        conversation_id: id.into(),
        content: send.content,
        client_id: send.client_id.unwrap_or_else(|| who.client_id()),
        kind,
        reply_to: send.reply_to.map(|id| named(id).into()),
        internal,
        metadata: send.metadata.map(|raw| raw.get().to_owned()),
    });
    reply(who.execute(command).await?, true)
}

pub(super) async fn send(who: Who, id: Id, bytes: web::Bytes) -> Answer {
    who.known()?;
    sending(&who, id.into_inner(), &bytes, false).await
}

pub(super) async fn send_note(who: Who, id: Id, bytes: web::Bytes) -> Answer {
    who.known()?;
    sending(&who, id.into_inner(), &bytes, true).await
}

pub(super) async fn notes(who: Who, id: Id, query: Params<Window>) -> Answer {
    let record = who.conversation(Action::NoteList, &ConversationId::from(id.into_inner())).await?;
    let limit = Page { limit: query.limit, cursor: None }.limit(most(&who)).map_err(|error| who.refused(error))?;
    let found = who.node.store().notes_after(&record.conversation.id, query.after.unwrap_or(0), limit).await?;
    Ok(ok(|o| {
        o.list("items", &found, shapes::note).int("lastNoteSeq", record.conversation.last_note_seq);
    }))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Read {
    seq: Option<i64>,
    message_id: Option<String>,
}

pub(super) async fn read(who: Who, id: Id, bytes: web::Bytes) -> Answer {
    who.known()?;
    let read: Read = body(&who, &bytes)?;
    let mark = match (read.seq, read.message_id) {
        (Some(seq), _) => ReadMark::Seq(seq),
        (None, Some(message_id)) => ReadMark::Message(named(message_id).into()),
        (None, None) => return Err(who.refused(WireError::invalid("seq", "is missing, and so is messageId"))),
    };
    let command = Command::MarkRead { conversation_id: id.into_inner().into(), mark };
    reply(who.execute(command).await?, false)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct EscalateBody {
    conversation_id: Option<String>,
    user_id: Option<String>,
    reason: Option<String>,
    priority: Option<i32>,
    #[serde(default)]
    skills: Vec<String>,
}

impl EscalateBody {
    fn command(self, conversation_id: ConversationId) -> Command {
        let (reason, priority, skills) = (self.reason, self.priority, self.skills);
        Command::Escalate(Escalate { conversation_id, reason, priority, skills })
    }
}

pub(super) async fn escalate(who: Who, id: Id, bytes: web::Bytes) -> Answer {
    who.known()?;
    let wish: EscalateBody = body(&who, &bytes)?;
    let command = wish.command(id.into_inner().into());
    reply(who.execute(command).await?, false)
}

/// Seed 001's call. Without a conversation one is started first. A `userId` must be the caller's own, unless the caller
/// is staff or the host's server.
pub(super) async fn escalate_any(who: Who, shared: web::Data<Shared>, bytes: web::Bytes) -> Answer {
    if !who.is_internal() {
        who.known()?;
    }
    let wish: EscalateBody = body(&who, &bytes)?;
    let Some(id) = wish.conversation_id.clone().map(|id| ConversationId::from(named(id))) else {
        return start_escalated(&who, &shared, wish).await;
    };
    let record = who.conversation(Action::Escalate, &id).await?;
    let customer_id = record.conversation.customer_id.clone();
    if wish.user_id.as_ref().is_some_and(|user_id| *user_id != customer_id.as_str()) {
        return Err(who.refused(WireError::invalid("userId", "is not the conversation's customer")));
    }
    let principal = if who.is_internal() { in_name_of(&who, &customer_id).await? } else { Arc::clone(who.known()?) };
    let status = match who.execute_as(principal, wish.command(id.clone())).await? {
        Reply::Escalation(status) => status,
        _ => EscalationStatus::None,
    };
    Ok(seed_status(&id, &status))
}

/// What names a customer's wish for a human in general, among the calls that are one at a time. No key has a control
/// character.
const ANY: &str = "\0escalate";

/// The customer's open conversation is escalated when there is one: one click, or two, are one conversation.
async fn start_escalated(who: &Who, shared: &Shared, wish: EscalateBody) -> Answer {
    let principal = match (&wish.user_id, who.is_internal()) {
        (Some(user_id), true) => in_name_of(who, &UserId::from(named(user_id.as_str()))).await?,
        (Some(user_id), false) if *user_id != who.known()?.user_id.as_str() => {
            who.may(Action::ConversationStartFor)?;
            in_name_of(who, &UserId::from(named(user_id.as_str()))).await?
        }
        (None, true) => return Err(who.refused(WireError::invalid("userId", "is missing"))),
        (_, false) => {
            who.may(Action::ConversationStart)?;
            Arc::clone(who.known()?)
        }
    };
    let _turn = shared.running.turn(&(principal.user_id.clone(), ANY.to_owned())).await;
    let open = who.node.store().current_conversation_of(&principal.user_id).await;
    let open = open.map_err(|error| who.refused(Failure::from(error)))?;
    let fits = |row: &Conversation| principal.chatbot_id.is_none() || row.chatbot_id == principal.chatbot_id;
    if let Some(id) = open.filter(fits).map(|row| row.id) {
        let status = match who.execute_as(principal, wish.command(id.clone())).await? {
            Reply::Escalation(status) => status,
            _ => EscalationStatus::None,
        };
        return Ok(seed_status(&id, &status));
    }
    let caller = Caller { principal, session: None };
    let started = who.node.start_escalated(&caller, wish.reason, who.client_id(), who.request_id.clone()).await;
    match started.map_err(|failure| who.refused(failure))? {
        Reply::Started { conversation_id, escalation, .. } => {
            Ok(seed_status(&conversation_id, &escalation.unwrap_or(EscalationStatus::None)))
        }
        other => reply(other, false),
    }
}

async fn in_name_of(who: &Who, user_id: &UserId) -> Result<Arc<Principal>, ApiError> {
    who.node.principal_of(user_id).await.map(Arc::new).map_err(|failure| who.refused(failure))
}

/// Seed 001 knows ASSIGNED, QUEUED and OUTSIDE_HOURS; a conversation that was assigned before is assigned.
fn seed_status(id: &ConversationId, status: &EscalationStatus) -> HttpResponse {
    let status = match status {
        EscalationStatus::AlreadyAssigned { agent_id, agent_name } => {
            EscalationStatus::Assigned { agent_id: agent_id.clone(), agent_name: agent_name.clone() }
        }
        other => other.clone(),
    };
    ok(|o| {
        o.text("conversationId", id.as_str());
        shapes::escalation(o, &status);
    })
}

/// Seed 001 polls this every 30 s; a customer without a link keeps its place by it.
pub(super) async fn queue_status(who: Who, id: Id) -> Answer {
    let id = ConversationId::from(id.into_inner());
    let record = who.conversation(Action::QueueStatus, &id).await?;
    let polls = who.known().is_ok_and(|principal| principal.user_id == record.conversation.customer_id);
    let view = who.node.case(&id, polls).await.map_err(|failure| who.refused(failure))?;
    Ok(seed_status(&id, &view.status))
}

pub(super) async fn cancel(who: Who, id: Id) -> Answer {
    who.known()?;
    reply(who.execute(Command::CancelEscalation { conversation_id: id.into_inner().into() }).await?, false)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Assign {
    agent_id: Option<String>,
}

/// Seed 000's "Assign to me"; an admin may name somebody.
pub(super) async fn assign(who: Who, id: Id, bytes: web::Bytes) -> Answer {
    let principal = who.known()?;
    let assign: Assign = body(&who, &bytes)?;
    let conversation_id = ConversationId::from(id.into_inner());
    let command = match assign.agent_id {
        Some(agent_id) if agent_id != principal.user_id.as_str() => {
            Command::Assign { conversation_id, agent_id: named(agent_id).into() }
        }
        _ => Command::AssignToMe { conversation_id },
    };
    reply(who.execute(command).await?, false)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Transfer {
    agent_id: Option<String>,
    team: Option<String>,
    note: Option<String>,
}

pub(super) async fn transfer(who: Who, id: Id, bytes: web::Bytes) -> Answer {
    who.known()?;
    let transfer: Transfer = body(&who, &bytes)?;
    let target = match (transfer.agent_id, transfer.team) {
        (Some(agent_id), None) => TransferTarget::Agent(named(agent_id).into()),
        (None, Some(team)) => TransferTarget::Team(team),
        _ => return Err(who.refused(WireError::invalid("agentId", "give either agentId or team"))),
    };
    let command = Command::Transfer { conversation_id: id.into_inner().into(), target, note: transfer.note };
    reply(who.execute(command).await?, false)
}

#[derive(Deserialize)]
struct Priority {
    priority: i32,
}

pub(super) async fn set_priority(who: Who, id: Id, bytes: web::Bytes) -> Answer {
    who.known()?;
    let Priority { priority } = body(&who, &bytes)?;
    reply(who.execute(Command::SetPriority { conversation_id: id.into_inner().into(), priority }).await?, false)
}

#[derive(Deserialize)]
struct Release {
    to: Option<String>,
}

pub(super) async fn release(who: Who, id: Id, bytes: web::Bytes) -> Answer {
    who.known()?;
    let release: Release = body(&who, &bytes)?;
    let to = match release.to.as_deref() {
        Some("ai") => ReleaseTo::Ai,
        None | Some("queue") => ReleaseTo::Queue,
        Some(_) => return Err(who.refused(WireError::invalid("to", "must be ai or queue"))),
    };
    reply(who.execute(Command::Release { conversation_id: id.into_inner().into(), to }).await?, false)
}

#[derive(Deserialize)]
struct Close {
    reason: Option<String>,
}

pub(super) async fn close(who: Who, id: Id, bytes: web::Bytes) -> Answer {
    who.known()?;
    let close: Close = body(&who, &bytes)?;
    let command = Command::CloseConversation { conversation_id: id.into_inner().into(), reason: close.reason };
    reply(who.execute(command).await?, false)
}

#[derive(Deserialize)]
struct Rate {
    score: u8,
    comment: Option<String>,
}

pub(super) async fn rate(who: Who, id: Id, bytes: web::Bytes) -> Answer {
    who.known()?;
    let rate: Rate = body(&who, &bytes)?;
    let command = Command::Rate { conversation_id: id.into_inner().into(), score: rate.score, comment: rate.comment };
    reply(who.execute(command).await?, false)
}

pub(super) async fn decisions(who: Who, id: Id) -> Answer {
    let record = who.conversation(Action::DecisionList, &ConversationId::from(id.into_inner())).await?;
    let found = who.node.store().decisions(&record.conversation.id, 1000).await?;
    let assignments = who.node.store().assignments(&record.conversation.id).await?;
    Ok(ok(|o| {
        o.list("items", &found, shapes::decision).list("assignments", &assignments, shapes::assignment);
    }))
}
