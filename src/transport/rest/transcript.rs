//! A conversation as a document: text, JSON or a page to print.

use actix_web::HttpResponse;
use actix_web::http::header::{self, ContentType};
use serde::Deserialize;

use crate::auth::policy::Action;
use crate::domain::conversation::Conversation;
use crate::domain::ids::ConversationId;
use crate::domain::message::Message;
use crate::protocol::dialect::shapes;
use crate::protocol::error::WireError;
use crate::protocol::json::{KeyStyle, object, rfc3339};

use super::answer::ApiError;
use super::params::{Id, Params};
use super::who::Who;

/// Messages read at once.
const PAGE: i64 = 500;

/// How it is asked for.
#[derive(Deserialize)]
pub(super) struct Query {
    format: Option<String>,
}

pub(super) async fn transcript(who: Who, id: Id, query: Params<Query>) -> Result<HttpResponse, ApiError> {
    let record = who.conversation(Action::Transcript, &ConversationId::from(id.into_inner())).await?;
    let (kind, ending, write): (_, _, fn(&Conversation, &[Message]) -> String) = match query.format.as_deref() {
        None | Some("text") => (ContentType::plaintext(), "txt", as_text),
        Some("json") => (ContentType::json(), "json", as_json),
        Some("html") => (ContentType::html(), "html", as_html),
        Some(_) => return Err(who.refused(WireError::invalid("format", "must be text, json or html"))),
    };
    let (mut after, mut messages) = (0, Vec::new());
    loop {
        let page = who.node.store().messages_after(&record.conversation.id, after, PAGE).await?;
        let Some(last) = page.last() else { break };
        after = last.seq;
        messages.extend(page.into_iter().filter(|message| message.deleted_at.is_none()));
    }
    // Whatever others wrote is in it: it is for saving, and does nothing when it is opened all the same.
    Ok(HttpResponse::Ok()
        .content_type(kind)
        .insert_header((header::CONTENT_DISPOSITION, file_name(&record.conversation, ending)))
        .insert_header((header::CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox; frame-ancestors 'none'"))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .body(write(&record.conversation, &messages)))
}

/// From the day and the id alone: names are other people's words, and do not belong into a header.
fn file_name(row: &Conversation, ending: &str) -> String {
    let id: String = row.id.as_str().chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').take(64).collect();
    let day: String = rfc3339(row.created_at).chars().take(10).collect();
    format!("attachment; filename=\"conversation-{day}-{id}.{ending}\"")
}

fn shown(name: &str) -> &str {
    if name.is_empty() { "—" } else { name }
}

/// A line that begins a message cannot be imitated: what a message holds beyond its first line is set in.
fn as_text(_: &Conversation, messages: &[Message]) -> String {
    let mut text = String::new();
    for message in messages {
        let content = message.content.replace('\n', "\n    ");
        text.push_str(&format!("[{}] {}: {content}\n", rfc3339(message.created_at), shown(&message.sender_name)));
    }
    text
}

fn as_json(row: &Conversation, messages: &[Message]) -> String {
    object(KeyStyle::Camel, |o| {
        o.text("conversationId", row.id.as_str()).time("createdAt", row.created_at);
        o.time_or_null("closedAt", row.closed_at);
        o.list("messages", messages, shapes::message);
    })
}

fn as_html(row: &Conversation, messages: &[Message]) -> String {
    let mut page = format!(
        "<!doctype html>\n<html><head><meta charset=\"utf-8\"><title>Conversation of {}</title></head><body>\n<dl>\n",
        escaped(&rfc3339(row.created_at))
    );
    for message in messages {
        let (time, name) = (rfc3339(message.created_at), escaped(shown(&message.sender_name)));
        let content = escaped(&message.content).replace('\n', "<br>\n");
        page.push_str(&format!("<dt>{name} <time>{time}</time></dt>\n<dd dir=\"auto\">{content}</dd>\n"));
    }
    page.push_str("</dl>\n</body></html>\n");
    page
}

fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            c => safe.push(c),
        }
    }
    safe
}
