//! Anonymous customers: newer tokens, and how they become somebody.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;

use crate::auth::policy::Action;
use crate::protocol::dialect::{read_body, shapes};

use super::answer::{ApiError, ok};
use super::auth::{address, tokens};
use super::who::{Shared, Who};

/// A token again: the one of the request is good until its end, so a lost answer does no harm.
pub(super) async fn refresh(req: HttpRequest, who: Who, shared: web::Data<Shared>) -> Result<HttpResponse, ApiError> {
    who.may(Action::VisitorRefresh)?;
    attempt(&req, &who, &shared)?;
    let made = who.node.refresh_visitor(who.known()?).await.map_err(|failure| who.refused(failure))?;
    Ok(ok(tokens(&made)))
}

#[derive(Deserialize)]
struct Identify {
    token: String,
}

pub(super) async fn identify(
    req: HttpRequest,
    who: Who,
    shared: web::Data<Shared>,
    body: web::Bytes,
) -> Result<HttpResponse, ApiError> {
    who.may(Action::VisitorIdentify)?;
    attempt(&req, &who, &shared)?;
    let asked: Identify = read_body(&body, who.node.limits().json_depth).map_err(|error| who.refused(error))?;
    let (known, moved) = who.node.identify(who.known()?, &asked.token).await.map_err(|failure| who.refused(failure))?;
    let user = who.node.store().user(&known.user_id).await?;
    Ok(ok(|o| {
        if let Some(user) = &user {
            o.object("user", |o| shapes::user(o, user));
        }
        o.texts("conversations", &moved.iter().map(|id| id.as_str()).collect::<Vec<_>>());
    }))
}

fn attempt(req: &HttpRequest, who: &Who, shared: &Shared) -> Result<(), ApiError> {
    let per_minute = who.node.limits().visitors_per_minute;
    shared.attempt(&who.node, format!("visitor {}", address(req)), per_minute).map_err(|r| who.refused(r))
}
