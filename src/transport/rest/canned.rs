//! Canned responses: what agents keep ready, their own and those shared by all.

use actix_web::{HttpResponse, web};
use serde::Deserialize;

use crate::auth::policy::{Action, Relation};
use crate::domain::audit::AuditAction;
use crate::domain::canned::{CannedResponse, Wording};
use crate::domain::rejection::Rejection;
use crate::protocol::error::WireError;
use crate::protocol::json::{KeyStyle, Object, object};
use crate::store::{Change, Changed};

use super::answer::{ApiError, created, ok};
use super::conversations::body;
use super::params::{Id, Params};
use super::who::Who;

type Answer = Result<HttpResponse, ApiError>;

fn shape(o: &mut Object<'_>, canned: &CannedResponse) {
    o.text("id", &canned.id).text("shortcut", &canned.shortcut).text("title", &canned.title);
    o.text("content", &canned.content).flag("shared", canned.owner_id.is_none());
    o.time("createdAt", canned.created_at).time("updatedAt", canned.updated_at);
}

#[derive(Deserialize)]
pub(super) struct Query {
    q: Option<String>,
}

/// All that one may use; with `q` those whose shortcut begins with it, then those with it in the title.
pub(super) async fn list(who: Who, query: Params<Query>) -> Answer {
    who.may(Action::CannedList)?;
    let mut found = who.node.store().canned_responses(&who.known()?.user_id).await?;
    if let Some(q) = query.q.as_deref().map(|q| q.trim().trim_start_matches('/').to_lowercase()) {
        let by_shortcut = |canned: &CannedResponse| canned.shortcut.starts_with(&q);
        found.retain(|canned| by_shortcut(canned) || canned.title.to_lowercase().contains(&q));
        found.sort_by_key(|canned| !by_shortcut(canned));
    }
    Ok(ok(|o| {
        o.list("items", &found, shape);
    }))
}

/// One, if the caller may do `action` to it. A colleague's own is as good as unknown.
async fn one(who: &Who, action: Action, id: &str) -> Result<CannedResponse, ApiError> {
    let principal = who.known()?;
    let found = who.node.store().canned_response(id).await?;
    let relation = match found.as_ref().map(|canned| &canned.owner_id) {
        None => Relation::None,
        Some(None) => Relation::Other,
        Some(Some(owner_id)) if *owner_id == principal.user_id => Relation::Own,
        Some(Some(_)) => Relation::None,
    };
    who.may_to(action, relation)?;
    found.ok_or_else(|| who.refused(Rejection::NotFound))
}

pub(super) async fn get(who: Who, id: Id) -> Answer {
    let canned = one(&who, Action::CannedGet, &id.into_inner()).await?;
    Ok(ok(|o| shape(o, &canned)))
}

#[derive(Deserialize)]
struct Body {
    shortcut: String,
    title: String,
    content: String,
    shared: Option<bool>,
}

pub(super) async fn create(who: Who, bytes: web::Bytes) -> Answer {
    who.may(Action::CannedCreate)?;
    let new: Body = body(&who, &bytes)?;
    let shared = new.shared.unwrap_or(false);
    if shared {
        who.may(Action::CannedShare)?;
    }
    let wording = Wording::checked(&new.shortcut, &new.title, &new.content).map_err(|r| who.refused(r))?;
    let now = who.node.now();
    let canned = CannedResponse {
        id: who.node.new_id(),
        owner_id: if shared { None } else { Some(who.known()?.user_id.clone()) },
        shortcut: wording.shortcut,
        title: wording.title,
        content: wording.content,
        created_at: now,
        updated_at: now,
    };
    store(&who, &canned).await?;
    Ok(created(|o| shape(o, &canned)))
}

/// Replaces the wording. Whose it is does not change.
pub(super) async fn put(who: Who, id: Id, bytes: web::Bytes) -> Answer {
    let known = one(&who, Action::CannedPut, &id.into_inner()).await?;
    let new: Body = body(&who, &bytes)?;
    if new.shared.is_some_and(|shared| shared != known.owner_id.is_none()) {
        return Err(who.refused(WireError::invalid("shared", "cannot be changed; make a new one")));
    }
    let wording = Wording::checked(&new.shortcut, &new.title, &new.content).map_err(|r| who.refused(r))?;
    let canned = CannedResponse {
        shortcut: wording.shortcut,
        title: wording.title,
        content: wording.content,
        updated_at: who.node.now(),
        ..known
    };
    store(&who, &canned).await?;
    Ok(ok(|o| shape(o, &canned)))
}

fn details(canned: &CannedResponse) -> Option<String> {
    Some(object(KeyStyle::Camel, |o| {
        o.text("shortcut", &canned.shortcut).flag("shared", canned.owner_id.is_none());
    }))
}

async fn store(who: &Who, canned: &CannedResponse) -> Result<(), ApiError> {
    let entry = who.node.entry_of(who.known()?, AuditAction::CannedResponsePut, &canned.id, details(canned));
    let changed = who.node.change(Change::PutCanned(canned.clone()), entry).await;
    match changed.map_err(|failure| who.refused(failure))? {
        Changed::Taken => Err(who.refused(WireError::invalid("shortcut", "is in use"))),
        _ => Ok(()),
    }
}

pub(super) async fn delete(who: Who, id: Id) -> Answer {
    let canned = one(&who, Action::CannedDelete, &id.into_inner()).await?;
    let entry = who.node.entry_of(who.known()?, AuditAction::CannedResponseDeleted, &canned.id, details(&canned));
    let changed = who.node.change(Change::DeleteCanned(canned.id), entry).await;
    match changed.map_err(|failure| who.refused(failure))? {
        Changed::NotThere => Err(who.refused(Rejection::NotFound)),
        _ => Ok(HttpResponse::NoContent().finish()),
    }
}
