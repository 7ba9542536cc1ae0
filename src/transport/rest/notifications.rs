//! A person's own notifications: the list, how many are unread, what was read.

use actix_web::{HttpResponse, web};
use serde::Deserialize;

use crate::actors::node::reader;
use crate::auth::policy::Action;
use crate::domain::host_event::{Notification, Read};
use crate::protocol::dialect::shapes;
use crate::protocol::error::WireError;
use crate::protocol::json::Object;
use crate::store::NotificationFilter;

use super::answer::{ApiError, ok};
use super::conversations::body;
use super::params::Params;
use super::who::Who;

type Answer = Result<HttpResponse, ApiError>;

/// The most in one page.
const MOST: i64 = 200;
/// The most ids in one call.
const MOST_IDS: usize = 200;

#[derive(Deserialize)]
pub(super) struct Query {
    limit: Option<i64>,
    cursor: Option<String>,
    unread: Option<bool>,
}

fn shape(o: &mut Object<'_>, notification: &Notification) {
    let event = &notification.event;
    shapes::host_event(o, event);
    o.raw("data", &event.data).flag("read", notification.read);
}

pub(super) async fn list(who: Who, query: Params<Query>) -> Answer {
    who.may(Action::NotificationList)?;
    let limit = query.limit.unwrap_or(50);
    if !(1..=MOST).contains(&limit) {
        return Err(who.refused(WireError::invalid("limit", format!("must be 1 to {MOST}"))));
    }
    let before = match query.cursor.as_deref().map(str::parse::<i64>) {
        None => None,
        Some(Ok(number)) => Some(number),
        Some(Err(_)) => return Err(who.refused(WireError::invalid("cursor", "is not one of ours"))),
    };
    let filter = NotificationFilter { before, unread_only: query.unread.unwrap_or(false) };
    let (reader, now) = (reader(who.known()?), who.node.now());
    let mut found = who.node.store().notifications(&reader, filter, now, limit.saturating_add(1)).await?;
    let unread = who.node.store().unread_notifications(&reader, now).await?;
    let whole = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = found.len() > whole;
    found.truncate(whole);
    let next = found.last().and_then(|last| last.event.number).filter(|_| more).map(|number| number.to_string());
    Ok(ok(|o| {
        o.list("items", &found, shape).text_or_null("nextCursor", next.as_deref()).int("unread", unread);
    }))
}

pub(super) async fn count(who: Who) -> Answer {
    who.may(Action::NotificationList)?;
    let unread = who.node.store().unread_notifications(&reader(who.known()?), who.node.now()).await?;
    Ok(ok(|o| {
        o.int("unread", unread);
    }))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Body {
    ids: Option<Vec<String>>,
    up_to: Option<i64>,
}

/// Either some by their ids, or all up to a number.
pub(super) async fn read(who: Who, bytes: web::Bytes) -> Answer {
    who.may(Action::NotificationRead)?;
    let wanted: Body = body(&who, &bytes)?;
    let all = match (wanted.ids, wanted.up_to) {
        (Some(ids), None) if (1..=MOST_IDS).contains(&ids.len()) => ids.into_iter().map(Read::One).collect(),
        (Some(_), None) => {
            return Err(who.refused(WireError::invalid("ids", format!("must be 1 to {MOST_IDS} ids"))));
        }
        (None, Some(number)) => vec![Read::UpTo(number)],
        _ => return Err(who.refused(WireError::invalid("ids", "must be there, or else upTo"))),
    };
    let mut unread = 0;
    for what in all {
        let left = who.node.read_notifications(who.known()?, what).await;
        unread = left.map_err(|failure| who.refused(failure))?;
    }
    Ok(ok(|o| {
        o.int("unread", unread);
    }))
}
