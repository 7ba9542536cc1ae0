//! Lists of conversations for the console, the admin board and a customer's history.

use actix_web::HttpResponse;
use serde::Deserialize;

use crate::auth::policy::Action;
use crate::domain::conversation::ConversationStatus;
use crate::domain::user::{Principal, Role};
use crate::protocol::dialect::shapes;
use crate::protocol::error::WireError;
use crate::protocol::json::Object;
use crate::store::{ConversationFilter, Overview, OverviewFilter};

use super::answer::{ApiError, ok};
use super::conversations::most;
use super::cursor::{Page, cursor};
use super::params::Params;
use super::who::Who;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Listing {
    view: Option<String>,
    q: Option<String>,
    status: Option<String>,
    mine: Option<bool>,
    escalated: Option<bool>,
    chatbot_id: Option<String>,
    limit: Option<i64>,
    cursor: Option<String>,
}

/// Which part of the conversations is wanted.
#[derive(Clone, Copy, PartialEq, Eq)]
enum View {
    /// What was always listed: a customer's own, those an agent owns, all for an admin.
    Plain,
    /// Open ones that the caller owns.
    Mine,
    /// Those in the queue, the longest waiting first.
    Queue,
    /// All that the caller may see.
    All,
    /// Those of them that ended.
    Closed,
}

impl View {
    fn parse(text: Option<&str>) -> Option<Self> {
        Some(match text {
            None => Self::Plain,
            Some("mine") => Self::Mine,
            Some("queue") => Self::Queue,
            Some("all") => Self::All,
            Some("closed") => Self::Closed,
            Some(_) => return None,
        })
    }
}

fn filter(principal: &Principal, view: View, query: &Listing) -> OverviewFilter {
    let me = || Some(principal.user_id.clone());
    let mut plain =
        ConversationFilter { escalated_only: query.escalated.unwrap_or(false), ..ConversationFilter::default() };
    let mut in_reach_of = None;
    match (principal.role, view) {
        (Role::Customer, _) => plain.customer_id = me(),
        (Role::Agent, View::Plain) | (Role::Agent | Role::Admin, View::Mine) => plain.assigned_agent_id = me(),
        (Role::Agent, _) => in_reach_of = me(),
        (Role::Admin, View::Plain) if query.mine.unwrap_or(false) => plain.assigned_agent_id = me(),
        (Role::Admin, _) => {}
    }
    if view == View::Closed {
        plain.statuses = vec![ConversationStatus::Closed];
    }
    OverviewFilter {
        plain,
        in_reach_of,
        open_only: view == View::Mine,
        queued: view == View::Queue,
        name: query.q.as_deref().map(str::trim).filter(|q| !q.is_empty()).map(|q| q.chars().take(100).collect()),
        chatbot_id: query.chatbot_id.clone().map(Into::into),
        ids: None,
    }
}

pub(super) async fn list(who: Who, query: Params<Listing>) -> Result<HttpResponse, ApiError> {
    who.may(Action::ConversationList)?;
    let query = query.into_inner();
    let principal = who.known()?;
    let view = View::parse(query.view.as_deref())
        .ok_or_else(|| who.refused(WireError::invalid("view", "must be mine, queue, all or closed")))?;
    if view == View::Queue {
        who.may(Action::QueueList)?;
    }
    let page = Page { limit: query.limit, cursor: query.cursor.clone() };
    let limit = page.limit(most(&who)).map_err(|error| who.refused(error))?;
    let after = page.after().map_err(|error| who.refused(error))?;
    let mut filter = filter(principal, view, &query);
    if let Some(text) = query.status.as_deref() {
        let status = ConversationStatus::parse(text)
            .ok_or_else(|| who.refused(WireError::invalid("status", "is no conversation status")))?;
        filter.plain.statuses = vec![status];
    }
    let found = who.node.store().overviews(&filter, &principal.user_id, after.as_ref(), limit).await?;
    let next = found.last().filter(|_| i64::try_from(found.len()).is_ok_and(|len| len == limit)).map(|last| {
        let row = &last.conversation;
        let at = if filter.queued { last.waiting_since.unwrap_or(row.last_message_at) } else { row.last_message_at };
        cursor(at, row.id.as_str())
    });
    Ok(ok(|o| {
        o.list("items", &found, overview).text_or_null("nextCursor", next.as_deref());
    }))
}

/// A conversation as lists show it.
pub(super) fn overview(o: &mut Object<'_>, row: &Overview) {
    shapes::conversation(o, &row.conversation);
    o.text_or_null("assignedAgentName", row.agent_name.as_deref());
    o.time_or_null("waitingSince", row.waiting_since);
    o.int("unread", row.unread);
    match row.score {
        Some(score) => o.int("rating", score),
        None => o.null("rating"),
    };
    match &row.last_message {
        Some(preview) => o.object("lastMessage", |o| {
            o.int("seq", preview.seq).text("senderRole", preview.sender_role.as_str());
            o.text("senderName", &preview.sender_name).text("text", &preview.text);
            o.time("createdAt", preview.created_at);
        }),
        None => o.null("lastMessage"),
    };
}
