//! Webhooks and what is delivered to them.

use diesel::prelude::{AsChangeset, Insertable, Queryable, Selectable};

use crate::domain::time::Timestamp;
use crate::domain::webhook::lane::Waiting;
use crate::domain::webhook::signature::SigningSecret;
use crate::domain::webhook::{Attempt, Delivery, DeliveryState, Disabled, EventName, Wanted, Webhook};
use crate::store::schema::{webhook_deliveries, webhooks};

use super::{Read, at, from_json, known, moment, to_json};

#[derive(Queryable, Selectable, Insertable, AsChangeset, Clone)]
#[diesel(table_name = webhooks, treat_none_as_null = true)]
pub(in crate::store) struct WebhookRow {
    pub id: String,
    pub url: String,
    pub description: Option<String>,
    pub events: String,
    pub secret: String,
    pub old_secrets: String,
    pub disabled: Option<String>,
    pub created_at: i64,
    pub updated_at: i64,
}

/// The events that a row names. Those that a newer program knows are left out, so that an older one goes on.
pub(in crate::store) fn read_wanted(events: &str) -> Read<Wanted> {
    let names: Vec<String> = from_json(events, "webhooks.events")?;
    Ok(Wanted::known(&names))
}

/// Secrets before the present one, and until when (Unix milliseconds) they sign as well.
fn read_old_secrets(text: &str) -> Read<Vec<(SigningSecret, Timestamp)>> {
    let old: Vec<(String, i64)> = from_json(text, "webhooks.old_secrets")?;
    Ok(old.into_iter().map(|(secret, until)| (SigningSecret::new(secret), at(until))).collect())
}

impl WebhookRow {
    pub fn new(webhook: &Webhook) -> Self {
        let old = webhook.old_secrets.iter();
        let old: Vec<(&str, i64)> = old.map(|(secret, until)| (secret.expose(), until.as_millis())).collect();
        Self {
            id: webhook.id.clone(),
            url: webhook.url.clone(),
            description: webhook.description.clone(),
            events: to_json(&webhook.wanted.texts()),
            secret: webhook.secret.expose().to_owned(),
            old_secrets: to_json(&old),
            disabled: webhook.disabled.map(|why| why.as_str().to_owned()),
            created_at: webhook.created_at.as_millis(),
            updated_at: webhook.updated_at.as_millis(),
        }
    }

    pub fn read(self) -> Read<Webhook> {
        let disabled = match self.disabled {
            None => None,
            Some(why) => Some(known(Disabled::parse(&why), "webhooks.disabled", &why)?),
        };
        Ok(Webhook {
            id: self.id,
            url: self.url,
            description: self.description,
            wanted: read_wanted(&self.events)?,
            secret: SigningSecret::new(self.secret),
            old_secrets: read_old_secrets(&self.old_secrets)?,
            disabled,
            created_at: at(self.created_at),
            updated_at: at(self.updated_at),
        })
    }
}

#[derive(Queryable, Selectable, Insertable, Clone)]
#[diesel(table_name = webhook_deliveries)]
pub(in crate::store) struct DeliveryRow {
    pub number: i64,
    pub id: String,
    pub webhook_id: String,
    pub event_id: String,
    pub event: String,
    pub conversation_id: Option<String>,
    pub body: String,
    pub state: String,
    pub tries: i32,
    pub asked: i32,
    pub due_at: i64,
    pub created_at: i64,
    pub ended_at: Option<i64>,
    pub last_at: Option<i64>,
    pub last_took_ms: Option<i64>,
    pub last_status: Option<i32>,
    pub last_error: Option<String>,
    pub last_excerpt: Option<String>,
}

fn count(tries: i32) -> u32 {
    u32::try_from(tries).unwrap_or(0)
}

impl DeliveryRow {
    pub fn read(self) -> Read<Delivery> {
        let last = self.last_at.map(|began| Attempt {
            at: at(began),
            took_ms: self.last_took_ms.unwrap_or(0),
            status: self.last_status.and_then(|status| u16::try_from(status).ok()),
            error: self.last_error,
            excerpt: self.last_excerpt,
        });
        Ok(Delivery {
            name: known(EventName::parse(&self.event), "webhook_deliveries.event", &self.event)?,
            state: known(DeliveryState::parse(&self.state), "webhook_deliveries.state", &self.state)?,
            id: self.id,
            webhook_id: self.webhook_id,
            number: self.number,
            event_id: self.event_id,
            conversation_id: self.conversation_id.map(Into::into),
            body: self.body,
            tries: count(self.tries),
            asked: self.asked,
            due_at: at(self.due_at),
            created_at: at(self.created_at),
            ended_at: moment(self.ended_at),
            last,
        })
    }
}

/// What a lane needs to know of a delivery.
#[derive(Queryable, Selectable)]
#[diesel(table_name = webhook_deliveries)]
pub(in crate::store) struct WaitingRow {
    pub number: i64,
    pub id: String,
    pub conversation_id: Option<String>,
    pub tries: i32,
    pub due_at: i64,
}

impl WaitingRow {
    pub fn read(self) -> Waiting {
        Waiting {
            number: self.number,
            id: self.id,
            conversation_id: self.conversation_id.map(Into::into),
            tries: count(self.tries),
            due_at: at(self.due_at),
        }
    }
}
