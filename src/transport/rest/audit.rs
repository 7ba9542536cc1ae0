//! Who changed what.

use actix_web::HttpResponse;
use serde::Deserialize;

use crate::auth::policy::Action;
use crate::domain::audit::{AuditAction, AuditEntry};
use crate::protocol::error::WireError;
use crate::protocol::json::Object;
use crate::store::AuditFilter;

use super::answer::{ApiError, ok};
use super::conversations::most;
use super::cursor::{Page, cursor};
use super::params::Params;
use super::who::Who;

#[derive(Deserialize)]
pub(super) struct Query {
    actor: Option<String>,
    action: Option<String>,
    limit: Option<i64>,
    cursor: Option<String>,
}

pub(super) async fn list(who: Who, query: Params<Query>) -> Result<HttpResponse, ApiError> {
    who.may(Action::AuditList)?;
    let query = query.into_inner();
    let page = Page { limit: query.limit, cursor: query.cursor };
    let limit = page.limit(most(&who)).map_err(|error| who.refused(error))?;
    let after = page.after().map_err(|error| who.refused(error))?;
    let action = match query.action.as_deref() {
        None => None,
        Some(text) => Some(
            AuditAction::parse(text)
                .ok_or_else(|| who.refused(WireError::invalid("action", "is no action that is recorded")))?,
        ),
    };
    let filter = AuditFilter { actor_id: query.actor.map(Into::into), action };
    let found = who.node.store().audit_log(&filter, after.as_ref(), limit).await?;
    let next = found
        .last()
        .filter(|_| i64::try_from(found.len()).is_ok_and(|len| len == limit))
        .map(|last| cursor(last.at, &last.id));
    Ok(ok(|o| {
        o.list("items", &found, entry).text_or_null("nextCursor", next.as_deref());
    }))
}

fn entry(o: &mut Object<'_>, entry: &AuditEntry) {
    o.text("id", &entry.id).time("at", entry.at);
    o.text_or_null("actorId", entry.actor_id.as_ref().map(|id| id.as_str()));
    o.text("actorRole", entry.actor_role.as_str()).text("action", entry.action.as_str());
    o.text("subject", &entry.subject).opaque("details", entry.details.as_deref());
}
