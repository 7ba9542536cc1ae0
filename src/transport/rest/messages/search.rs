//! Words in one's own conversations with people.

use actix_web::web;
use serde::Deserialize;

use crate::auth::policy::Action;
use crate::domain::search::{snippet, terms};
use crate::protocol::error::WireError;
use crate::store::Reach;

use super::super::cursor::{Page, cursor};
use super::super::params::Params;
use super::super::search::A_MINUTE;
use super::super::who::{Shared, Who};
use super::{Answer, ok};

#[derive(Deserialize)]
pub(in super::super) struct Query {
    q: Option<String>,
    limit: Option<i64>,
    cursor: Option<String>,
}

pub(in super::super) async fn search(who: Who, shared: web::Data<Shared>, query: Params<Query>) -> Answer {
    who.may(Action::Search)?;
    let me = who.known()?.user_id.clone();
    let query = query.into_inner();
    let terms = terms(query.q.as_deref().unwrap_or_default());
    if terms.is_empty() {
        return Err(who.refused(WireError::invalid("q", "must have at least one letter or digit")));
    }
    let attempt = shared.attempt(&who.node, format!("search {me}"), A_MINUTE);
    attempt.map_err(|rejection| who.refused(rejection))?;
    let page = Page { limit: query.limit, cursor: query.cursor };
    let most = i64::from(who.node.limits().page_items);
    let limit = page.limit(most).map_err(|error| who.refused(error))?;
    let after = page.after().map_err(|error| who.refused(error))?;
    let found = who.node.store().search_messages(&terms, &Reach::People(me), after.as_ref(), limit).await?;
    let full = i64::try_from(found.len()) == Ok(limit);
    let next = found.last().filter(|_| full).map(|last| cursor(last.message.created_at, last.message.id.as_str()));
    Ok(ok(|o| {
        o.list("items", &found, |o, found| {
            let message = &found.message;
            o.text("conversation_id", message.conversation_id.as_str()).text("message_id", message.id.as_str());
            o.int("seq", message.seq).text("sender_name", &message.sender_name);
            o.text_or_null("sender_id", message.sender_id.as_ref().map(|id| id.as_str()));
            o.time("created_at", message.created_at);
            let piece = snippet(&message.content, &terms);
            o.object("snippet", |o| {
                o.text("text", &piece.text).flag("cut_before", piece.cut_before).flag("cut_after", piece.cut_after);
                o.list("matches", &piece.matches, |o, (start, length)| {
                    o.int("start", i128::try_from(*start).unwrap_or(0));
                    o.int("length", i128::try_from(*length).unwrap_or(0));
                });
            });
        });
        o.text_or_null("next_cursor", next.as_deref());
    }))
}
