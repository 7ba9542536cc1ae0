//! Messages between people, as seed 003 writes them: snake_case, bare lists.

pub(super) mod attachments;
pub(super) mod blocks;
pub(super) mod conversations;
pub(super) mod posts;
pub(super) mod search;
mod shape;

use actix_web::HttpResponse;
use actix_web::http::header::ContentType;

use crate::auth::policy::Action;
use crate::domain::ids::ConversationId;
use crate::domain::rejection::Rejection;
use crate::domain::room::RoomRecord;
use crate::protocol::dialect::{KeyStyle, read_body_in};
use crate::protocol::error::WireError;
use crate::protocol::json::{Object, object};

use super::answer::ApiError;
use super::who::Who;

type Answer = Result<HttpResponse, ApiError>;

/// Places in a list that are skipped at most.
const MOST_SKIPPED: i64 = 1_000_000;

fn body<T: serde::de::DeserializeOwned>(who: &Who, bytes: &[u8]) -> Result<T, ApiError> {
    read_body_in(bytes, who.node.limits().json_depth, KeyStyle::Snake).map_err(|error| who.refused(error))
}

fn ok(write: impl FnOnce(&mut Object<'_>)) -> HttpResponse {
    HttpResponse::Ok().content_type(ContentType::json()).body(object(KeyStyle::Snake, write))
}

fn created(write: impl FnOnce(&mut Object<'_>)) -> HttpResponse {
    HttpResponse::Created().content_type(ContentType::json()).body(object(KeyStyle::Snake, write))
}

/// A bare list. When it is full, `X-Next-Offset` says where the next page begins.
fn list<T>(items: &[T], next_offset: Option<i64>, mut write: impl FnMut(&mut Object<'_>, &T)) -> HttpResponse {
    let texts: Vec<String> = items.iter().map(|item| object(KeyStyle::Snake, |o| write(o, item))).collect();
    let mut response = HttpResponse::Ok();
    if let Some(next) = next_offset {
        response.insert_header(("x-next-offset", next.to_string()));
    }
    response.content_type(ContentType::json()).body(format!("[{}]", texts.join(",")))
}

/// `limit` (50 unless said otherwise) and `offset` of a page.
fn window(who: &Who, limit: Option<i64>, offset: Option<i64>) -> Result<(i64, i64), ApiError> {
    let most = i64::from(who.node.limits().page_items);
    let limit = limit.unwrap_or_else(|| most.min(50));
    if !(1..=most).contains(&limit) {
        return Err(who.refused(WireError::invalid("limit", format!("must be 1 to {most}"))));
    }
    let offset = offset.unwrap_or(0);
    if !(0..=MOST_SKIPPED).contains(&offset) {
        return Err(who.refused(WireError::invalid("offset", format!("must be 0 to {MOST_SKIPPED}"))));
    }
    Ok((limit, offset))
}

/// A conversation of people that the caller may read; the same answer for all others. What else one may do there is the
/// room's to say, in the same words.
async fn conversation(who: &Who, action: Action, id: &ConversationId) -> Result<RoomRecord, ApiError> {
    who.known()?;
    let record = who.conversation(action, id).await?;
    if record.conversation.kind.is_messaging() { Ok(record) } else { Err(who.refused(Rejection::NotFound)) }
}
