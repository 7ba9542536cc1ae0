//! Webhooks: who is told over HTTP, and what became of it.

use actix_web::{HttpResponse, web};
use serde::Deserialize;

use crate::actors::node::{NewWebhook, WebhookChange};
use crate::auth::policy::Action;
use crate::domain::ids::named;
use crate::domain::rejection::Rejection;
use crate::domain::webhook::{Delivery, DeliveryState, Webhook};
use crate::protocol::error::WireError;
use crate::protocol::json::Object;
use crate::store::Backlog;

use super::answer::{ApiError, created, ok};
use super::conversations::{body, most};
use super::params::{Id, Params};
use super::who::Who;

type Answer = Result<HttpResponse, ApiError>;
/// A webhook's id and a delivery's.
type Ids = web::Path<(String, String)>;

fn shape(o: &mut Object<'_>, webhook: &Webhook) {
    o.text("id", &webhook.id).text("url", &webhook.url);
    o.text_or_null("description", webhook.description.as_deref());
    o.texts("events", &webhook.wanted.texts());
    o.flag("enabled", webhook.disabled.is_none()).word_or_null("disabledReason", webhook.disabled);
    o.time_or_null("oldSecretUntil", webhook.old_secrets.first().map(|(_, until)| *until));
    o.time("createdAt", webhook.created_at).time("updatedAt", webhook.updated_at);
}

fn with_backlog(o: &mut Object<'_>, webhook: &Webhook, backlog: &Backlog) {
    shape(o, webhook);
    o.int("pending", backlog.pending).int("dead", backlog.dead);
}

/// The only place where a secret is shown.
fn with_secret(o: &mut Object<'_>, webhook: &Webhook) {
    shape(o, webhook);
    o.text("secret", webhook.secret.expose());
}

fn delivery_shape(o: &mut Object<'_>, delivery: &Delivery) {
    o.text("id", &delivery.id).text("eventId", &delivery.event_id).word("event", delivery.name);
    o.text_or_null("conversationId", delivery.conversation_id.as_ref().map(|id| id.as_str()));
    o.word("state", delivery.state).int("tries", delivery.tries).time("createdAt", delivery.created_at);
    let pending = delivery.state == DeliveryState::Pending;
    o.time_or_null("nextTryAt", pending.then_some(delivery.due_at)).time_or_null("endedAt", delivery.ended_at);
    match &delivery.last {
        Some(last) => o.object("lastTry", |o| {
            o.time("at", last.at).int("tookMs", last.took_ms);
            match last.status {
                Some(status) => o.int("status", status),
                None => o.null("status"),
            };
            o.text_or_null("error", last.error.as_deref()).text_or_null("answer", last.excerpt.as_deref());
        }),
        None => o.null("lastTry"),
    };
}

pub(super) async fn list(who: Who) -> Answer {
    who.may(Action::WebhookList)?;
    let mut found = Vec::new();
    for webhook in who.node.store().webhooks().await? {
        let backlog = who.node.store().webhook_backlog(&webhook.id).await?;
        found.push((webhook, backlog));
    }
    Ok(ok(|o| {
        o.list("items", &found, |o, (webhook, backlog)| with_backlog(o, webhook, backlog));
    }))
}

#[derive(Deserialize)]
struct New {
    url: String,
    events: Vec<String>,
    description: Option<String>,
}

pub(super) async fn create(who: Who, bytes: web::Bytes) -> Answer {
    who.may(Action::WebhookCreate)?;
    let New { url, events, description } = body(&who, &bytes)?;
    let made = who.node.create_webhook(Some(who.known()?), NewWebhook { url, events, description }).await;
    let made = made.map_err(|failure| who.refused(failure))?;
    Ok(created(|o| with_secret(o, &made)))
}

pub(super) async fn get(who: Who, id: Id) -> Answer {
    who.may(Action::WebhookList)?;
    let found = who.node.webhook(&id.into_inner()).await.map_err(|failure| who.refused(failure))?;
    let backlog = who.node.store().webhook_backlog(&found.id).await?;
    Ok(ok(|o| with_backlog(o, &found, &backlog)))
}

#[derive(Deserialize)]
struct Changes {
    url: Option<String>,
    events: Option<Vec<String>>,
    description: Option<String>,
    enabled: Option<bool>,
}

pub(super) async fn update(who: Who, id: Id, bytes: web::Bytes) -> Answer {
    who.may(Action::WebhookUpdate)?;
    let Changes { url, events, description, enabled } = body(&who, &bytes)?;
    let change = WebhookChange { url, events, description, enabled };
    let changed = who.node.change_webhook(Some(who.known()?), &id.into_inner(), change).await;
    let changed = changed.map_err(|failure| who.refused(failure))?;
    Ok(ok(|o| shape(o, &changed)))
}

pub(super) async fn delete(who: Who, id: Id) -> Answer {
    who.may(Action::WebhookDelete)?;
    let gone = who.node.delete_webhook(Some(who.known()?), &id.into_inner()).await;
    gone.map_err(|failure| who.refused(failure))?;
    Ok(HttpResponse::NoContent().finish())
}

pub(super) async fn rotate(who: Who, id: Id) -> Answer {
    who.may(Action::WebhookRotate)?;
    let rotated = who.node.rotate_webhook(Some(who.known()?), &id.into_inner()).await;
    let rotated = rotated.map_err(|failure| who.refused(failure))?;
    Ok(ok(|o| with_secret(o, &rotated)))
}

/// Goes the way of everything else; what became of it is read in the list of deliveries.
pub(super) async fn test(who: Who, id: Id) -> Answer {
    who.may(Action::WebhookTest)?;
    let tried = who.node.try_webhook(Some(who.known()?), &id.into_inner()).await;
    tried.map_err(|failure| who.refused(failure))?;
    Ok(HttpResponse::Accepted().finish())
}

#[derive(Deserialize)]
pub(super) struct Listing {
    state: Option<String>,
    limit: Option<i64>,
    cursor: Option<String>,
}

pub(super) async fn deliveries(who: Who, id: Id, query: Params<Listing>) -> Answer {
    who.may(Action::DeliveryList)?;
    let (query, most) = (query.into_inner(), most(&who));
    let limit = query.limit.unwrap_or(most.min(50));
    if !(1..=most).contains(&limit) {
        return Err(who.refused(WireError::invalid("limit", format!("must be 1 to {most}"))));
    }
    let state = match query.state.as_deref().map(DeliveryState::parse) {
        Some(None) => return Err(who.refused(WireError::invalid("state", "must be pending, delivered or dead"))),
        state => state.flatten(),
    };
    let before = match query.cursor.as_deref().map(str::parse::<i64>) {
        None => i64::MAX,
        Some(Ok(number)) => number,
        Some(Err(_)) => return Err(who.refused(WireError::invalid("cursor", "is not one of ours"))),
    };
    let webhook = who.node.webhook(&id.into_inner()).await.map_err(|failure| who.refused(failure))?;
    let found = who.node.store().deliveries(&webhook.id, state, before, limit).await?;
    let whole = i64::try_from(found.len()).is_ok_and(|len| len == limit);
    let next = found.last().filter(|_| whole).map(|last| last.number.to_string());
    Ok(ok(|o| {
        o.list("items", &found, delivery_shape).text_or_null("nextCursor", next.as_deref());
    }))
}

/// With what is sent.
pub(super) async fn delivery(who: Who, ids: Ids) -> Answer {
    who.may(Action::DeliveryList)?;
    let (webhook_id, id) = ids.into_inner();
    let found = who.node.store().delivery(&named(id)).await?.filter(|one| one.webhook_id == webhook_id);
    let found = found.ok_or_else(|| who.refused(Rejection::NotFound))?;
    Ok(ok(|o| {
        delivery_shape(o, &found);
        o.raw("body", &found.body);
    }))
}

pub(super) async fn redeliver(who: Who, ids: Ids) -> Answer {
    who.may(Action::DeliveryRedeliver)?;
    let (webhook_id, id) = ids.into_inner();
    let again = who.node.redeliver(Some(who.known()?), &named(webhook_id), &named(id)).await;
    let again = again.map_err(|failure| who.refused(failure))?;
    Ok(ok(|o| delivery_shape(o, &again)))
}
