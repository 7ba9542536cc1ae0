//! `POST /api/v1/events`: the host application tells its people something, through us.

use actix_web::{HttpResponse, web};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::actors::failure::Failure;
use crate::auth::policy::Action;
use crate::domain::host_event::{EventAudience, EventPriority, NewHostEvent};
use crate::domain::ids::UserId;
use crate::domain::rejection::Rejection;
use crate::domain::text;
use crate::domain::time::Millis;
use crate::domain::user::Role;
use crate::protocol::error::WireError;

use super::answer::{ApiError, created};
use super::conversations::body;
use super::who::Who;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Body {
    to: To,
    #[serde(rename = "type")]
    kind: String,
    data: Option<Box<RawValue>>,
    id: Option<String>,
    durable: Option<bool>,
    ttl_seconds: Option<i64>,
    priority: Option<String>,
}

/// One of three.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct To {
    user_id: Option<String>,
    role: Option<String>,
    all: Option<bool>,
}

impl To {
    fn audience(self) -> Result<EventAudience, WireError> {
        match (self.user_id, self.role, self.all) {
            (Some(user_id), None, None | Some(false)) => {
                text::client_id("to.userId", &user_id).map_err(WireError::from)?;
                Ok(EventAudience::User(UserId::from(user_id)))
            }
            (None, Some(role), None | Some(false)) => match Role::parse(&role) {
                Some(role) => Ok(EventAudience::Role(role)),
                None => Err(WireError::invalid("to.role", "must be customer, agent or admin")),
            },
            (None, None, Some(true)) => Ok(EventAudience::All),
            _ => Err(WireError::invalid("to", "must have exactly one of userId, role, all")),
        }
    }
}

fn event(new: Body) -> Result<NewHostEvent, WireError> {
    let priority = match new.priority.as_deref() {
        None => EventPriority::Normal,
        Some(word) => EventPriority::parse(word)
            .ok_or_else(|| WireError::invalid("priority", "must be low, normal, high or urgent"))?,
    };
    Ok(NewHostEvent {
        id: new.id,
        to: new.to.audience()?,
        kind: new.kind,
        data: new.data.map_or_else(|| "{}".to_owned(), |data| data.get().to_owned()),
        durable: new.durable,
        priority,
        lives: new.ttl_seconds.map(Millis::from_secs),
    })
}

/// In a body, `data` is a key like the others; elsewhere it is the whole of a request.
fn of_the_key(failure: Failure) -> Failure {
    match failure {
        Failure::Rejected(Rejection::Invalid { field, message }) if field == "data" => {
            Failure::Rejected(Rejection::Invalid { field: "data.data".to_owned(), message })
        }
        other => other,
    }
}

pub(super) async fn publish(who: Who, bytes: web::Bytes) -> Result<HttpResponse, ApiError> {
    who.may(Action::EventPublish)?;
    let new: Body = body(&who, &bytes)?;
    let event = event(new).map_err(|error| who.refused(error))?;
    let carried = who.node.carry(event).await.map_err(|failure| who.refused(of_the_key(failure)))?;
    Ok(created(|o| {
        o.text("eventId", &carried.id);
        match carried.number {
            Some(number) => o.int("number", number),
            None => o.null("number"),
        };
        o.flag("duplicate", carried.duplicate);
    }))
}
