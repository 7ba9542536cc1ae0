//! Search over what one may read.

use actix_web::{HttpResponse, web};
use serde::Deserialize;

use crate::auth::policy::Action;
use crate::domain::search::{snippet, terms};
use crate::domain::user::Role;
use crate::protocol::error::WireError;
use crate::store::{OverviewFilter, Reach};

use super::answer::{ApiError, ok};
use super::conversations::most;
use super::cursor::{Page, cursor};
use super::lists::overview;
use super::params::Params;
use super::who::{Shared, Who};

/// Customers shown beside the messages of the first page.
const NAMES: i64 = 10;
/// Searches of one person in a minute.
pub(super) const A_MINUTE: u32 = 60;

#[derive(Deserialize)]
pub(super) struct Query {
    q: Option<String>,
    limit: Option<i64>,
    cursor: Option<String>,
}

pub(super) async fn search(
    who: Who,
    shared: web::Data<Shared>,
    query: Params<Query>,
) -> Result<HttpResponse, ApiError> {
    who.may(Action::Search)?;
    let query = query.into_inner();
    let principal = who.known()?;
    let terms = terms(query.q.as_deref().unwrap_or_default());
    if terms.is_empty() {
        return Err(who.refused(WireError::invalid("q", "must have at least one letter or digit")));
    }
    let whom = format!("search {}", principal.user_id);
    shared.attempt(&who.node, whom, A_MINUTE).map_err(|rejection| who.refused(rejection))?;
    let page = Page { limit: query.limit, cursor: query.cursor };
    let limit = page.limit(most(&who)).map_err(|error| who.refused(error))?;
    let after = page.after().map_err(|error| who.refused(error))?;
    let reach = match principal.role {
        Role::Admin => Reach::All,
        Role::Agent => Reach::Agent(principal.user_id.clone()),
        Role::Customer => Reach::Customer(principal.user_id.clone()),
    };
    let store = who.node.store();
    let found = store.search_messages(&terms, &reach, after.as_ref(), limit).await?;
    let named = if after.is_none() && principal.role != Role::Customer {
        let ids = store.search_names(&terms, &reach, NAMES).await?;
        let filter = OverviewFilter { ids: Some(ids), ..OverviewFilter::default() };
        store.overviews(&filter, &principal.user_id, None, NAMES).await?
    } else {
        Vec::new()
    };
    let next = found
        .last()
        .filter(|_| i64::try_from(found.len()).is_ok_and(|len| len == limit))
        .map(|last| cursor(last.message.created_at, last.message.id.as_str()));
    Ok(ok(|o| {
        o.list("items", &found, |o, found| {
            let message = &found.message;
            o.text("conversationId", message.conversation_id.as_str()).text("messageId", message.id.as_str());
            o.int("seq", message.seq).text("customerName", &found.customer_name).text("status", found.status.as_str());
            o.text("senderRole", message.sender_role.as_str()).text("senderName", &message.sender_name);
            o.time("createdAt", message.created_at);
            let piece = snippet(&message.content, &terms);
            o.object("snippet", |o| {
                o.text("text", &piece.text).flag("cutBefore", piece.cut_before).flag("cutAfter", piece.cut_after);
                o.list("matches", &piece.matches, |o, (start, length)| {
                    o.int("start", i128::try_from(*start).unwrap_or(0));
                    o.int("length", i128::try_from(*length).unwrap_or(0));
                });
            });
        });
        o.list("conversations", &named, overview).text_or_null("nextCursor", next.as_deref());
    }))
}
