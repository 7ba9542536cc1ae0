//! Seed 000's chat calls: one message in, the assistant's answer out, whole or as server-sent events.

mod follow;

use std::sync::Arc;

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use bytes::Bytes;
use futures_util::stream;
use serde::Deserialize;

use crate::auth::policy::{Action, Relation};
use crate::domain::chatbot::Chatbot;
use crate::domain::command::{Command, SendMessage, StartConversation};
use crate::domain::event::{EscalationStatus, Reply};
use crate::domain::ids::{ChatbotId, ConversationId, named};
use crate::domain::message::{Message, MessageKind};
use crate::domain::rejection::Rejection;
use crate::domain::text;
use crate::protocol::dialect::{read_body, shapes};
use crate::protocol::error::{ErrorCode, WireError};
use crate::protocol::json::{KeyStyle, Object, object};

use super::super::origin;
use super::answer::{ApiError, ok};
use super::params::Id;
use super::who::Who;
use follow::{Follow, Piece};

type Answer = Result<HttpResponse, ApiError>;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Chat {
    message: String,
    chat_id: Option<String>,
    client_id: Option<String>,
    #[serde(default)]
    stream: bool,
}

/// For a customer of the host application, or a visitor of this chatbot.
pub(super) async fn chat(who: Who, id: Id, bytes: web::Bytes) -> Answer {
    let bot = chatbot(&who, id.into_inner())?;
    let bound = who.known()?.chatbot_id.as_ref();
    if bound.is_some_and(|bound| *bound != bot.id) {
        return Err(who.refused(Rejection::Forbidden));
    }
    answer(&who, &bot, &bytes).await
}

/// For a page that embeds the chatbot: one of its origins, and a visitor's token that is for this chatbot.
pub(super) async fn embed(req: HttpRequest, who: Who, id: Id, bytes: web::Bytes) -> Answer {
    let bot = chatbot(&who, id.into_inner())?;
    if !origin::allowed_for(&req, &who.node, &bot.allowed_origins) {
        return Err(who.refused(WireError::new(ErrorCode::Forbidden, "this origin may not use this chatbot")));
    }
    if who.known()?.chatbot_id.as_ref() != Some(&bot.id) {
        return Err(who.refused(WireError::new(ErrorCode::Forbidden, "the token is for no visitor of this chatbot")));
    }
    answer(&who, &bot, &bytes).await
}

fn chatbot(who: &Who, id: String) -> Result<Chatbot, ApiError> {
    let found = who.node.chatbot(&ChatbotId::from(id));
    who.may_to(Action::ChatbotChat, if found.is_some() { Relation::Other } else { Relation::None })?;
    found.ok_or_else(|| who.refused(Rejection::NotFound))
}

async fn answer(who: &Who, bot: &Chatbot, bytes: &[u8]) -> Answer {
    let chat: Chat = read_body(bytes, who.node.limits().json_depth).map_err(|error| who.refused(error))?;
    let content = text::content("message", &chat.message, who.node.limits().content_chars);
    let content = content.map_err(|rejection| who.refused(rejection))?;
    if let Some(client_id) = &chat.client_id {
        text::client_id("clientId", client_id).map_err(|rejection| who.refused(rejection))?;
    }
    if who.node.is_stopping() {
        return Err(who.refused(WireError::new(ErrorCode::Draining, "the server is going away")));
    }
    // A repeat with the same key finds its message again, so that it waits for the same answer.
    let client_id = chat.client_id.unwrap_or_else(|| who.client_id());
    let said = said(who, bot, chat.chat_id.map(|id| ConversationId::from(named(id))), content, client_id);
    if chat.stream {
        // What is told piece by piece is not kept for a repeat: that gets the stored answer by its message.
        return Ok(events(said.await?));
    }
    whole(said.await?).await
}

/// Says it, in the conversation asked for or a new one; what follows can be waited for.
async fn said(
    who: &Who,
    bot: &Chatbot,
    chat_id: Option<ConversationId>,
    content: String,
    client_id: String,
) -> Result<Follow, ApiError> {
    let id = match chat_id {
        Some(id) => own(who, bot, id).await?,
        None => started(who, bot, &client_id).await?,
    };
    let news = who.node.follow(id.clone());
    let command = Command::SendMessage(SendMessage {
        conversation_id: id.clone(),
        content,
        client_id,
        kind: MessageKind::Text,
        reply_to: None,
        internal: false,
        metadata: None,
    });
    match who.execute(command).await? {
        Reply::Sent(sent) => Ok(Follow::new(Arc::clone(&who.node), id, &sent, news, who.request_id.clone())),
        _ => Err(who.refused(crate::actors::failure::Failure::NoAnswer)),
    }
}

async fn started(who: &Who, bot: &Chatbot, client_id: &str) -> Result<ConversationId, ApiError> {
    let start = StartConversation {
        chatbot_id: Some(bot.id.clone()),
        client_id: client_id.to_owned(),
        ..StartConversation::default()
    };
    match who.execute(Command::StartConversation(start)).await? {
        Reply::Started { conversation_id, duplicate: false, .. } => Ok(conversation_id),
        Reply::Started { conversation_id, .. } => own(who, bot, conversation_id).await,
        _ => Err(who.refused(crate::actors::failure::Failure::NoAnswer)),
    }
}

/// The caller's own, at this chatbot, and open; anything else does not exist.
async fn own(who: &Who, bot: &Chatbot, id: ConversationId) -> Result<ConversationId, ApiError> {
    let record = who.conversation(Action::MessageSend, &id).await?;
    let conversation = &record.conversation;
    let fits = conversation.customer_id == who.known()?.user_id
        && conversation.chatbot_id.as_ref() == Some(&bot.id)
        && record.open().is_ok();
    if fits { Ok(id) } else { Err(who.refused(Rejection::NotFound)) }
}

/// Waits for all of it.
async fn whole(mut follow: Follow) -> Answer {
    let (mut messages, mut escalation) = (Vec::new(), None);
    while let Some(piece) = follow.next().await {
        match piece {
            Piece::Message(message) => messages.push(message),
            Piece::Escalation(status) => escalation = Some(status),
            Piece::Failed(error) => return Err(error),
            Piece::Start(_) | Piece::Delta { .. } | Piece::Dropped(_) | Piece::Alive | Piece::Done { .. } => {}
        }
    }
    let requested = follow.wants_human();
    Ok(ok(|o| {
        o.text("chatId", follow.chat_id().as_str());
        let mut lines = messages.iter();
        match lines.next() {
            Some(first) => o.object("message", |o| stored(o, first)),
            None => o.null("message"),
        };
        let more: Vec<_> = lines.collect();
        if !more.is_empty() {
            o.list("more", &more, |o, message| stored(o, message));
        }
        o.flag("escalationRequested", requested);
        if let Some(status) = &escalation {
            o.object("escalation", |o| shapes::escalation(o, status));
        }
    }))
}

/// A stored message with the name that seed 000 has for its id.
fn stored(o: &mut Object<'_>, message: &Message) {
    o.text("id", message.id.as_str());
    shapes::message(o, message);
}

/// As server-sent events (WHATWG HTML, section 9.2). Dropped with the connection, and then it follows no longer.
fn events(follow: Follow) -> HttpResponse {
    let lines = stream::unfold(follow, async |mut follow| {
        let piece = follow.next().await?;
        let text = event(follow.chat_id(), &piece);
        Some((Ok::<_, std::convert::Infallible>(Bytes::from(text)), follow))
    });
    HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "text/event-stream"))
        .insert_header((header::CACHE_CONTROL, "no-cache"))
        // Proxies that gather answers let this one through piece by piece.
        .insert_header(("x-accel-buffering", "no"))
        .streaming(lines)
}

fn event(chat_id: &ConversationId, piece: &Piece) -> String {
    let named = |name: &str, data: String| format!("event: {name}\ndata: {data}\n\n");
    let write = |write: &dyn Fn(&mut Object<'_>)| object(KeyStyle::Camel, |o| write(o));
    match piece {
        Piece::Start(id) => named(
            "start",
            write(&|o| {
                o.text("chatId", chat_id.as_str()).text("messageId", id.as_str());
            }),
        ),
        Piece::Delta { text, index } => named(
            "delta",
            write(&|o| {
                o.text("delta", text).int("index", *index);
            }),
        ),
        Piece::Message(message) => named("message", write(&|o| stored(o, message))),
        Piece::Escalation(status) => named("escalation", write(&|o| shapes::escalation(o, status))),
        Piece::Dropped(id) => named(
            "dropped",
            write(&|o| {
                o.text("messageId", id.as_str());
            }),
        ),
        Piece::Failed(error) => named("error", error.body()),
        Piece::Alive => ": alive\n\n".to_owned(),
        Piece::Done { escalation_requested } => named(
            "done",
            write(&|o| {
                o.text("chatId", chat_id.as_str()).flag("escalationRequested", *escalation_requested);
            }),
        ),
    }
}

/// Whether a standing is worth telling.
fn is_told(status: &EscalationStatus) -> bool {
    !matches!(status, EscalationStatus::None)
}
