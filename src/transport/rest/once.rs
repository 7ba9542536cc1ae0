//! `Idempotency-Key`: an unsafe call with a known key gets the first call's answer, and is carried out once.
//!
//! The key is reserved in the store before anything is done. Whoever repeats a call that is still running waits for it.
//! A reservation that nobody in this process is busy with was left behind by a crash, and the repeat takes it over; the
//! commands that could double are then kept from it by a client id that is made of the key.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use actix_web::body::{BoxBody, MessageBody, to_bytes};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::http::header::{self, ContentType};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, HttpResponse, rt, web};
use tokio::sync::watch;

use crate::actors::failure::Failure;
use crate::auth::policy::Action;
use crate::auth::refresh::token_hash;
use crate::domain::ids::UserId;
use crate::domain::time::Millis;
use crate::protocol::error::{ErrorCode, WireError};
use crate::store::{KeyWish, Reservation};

use super::answer::{ApiError, told};
use super::who::{Shared, Who};

/// How long an answer is kept.
pub const KEPT: Millis = Millis::from_mins(24 * 60);

/// Whether a route takes an `Idempotency-Key`.
///
/// All that change something do, but those that give out tokens and secrets: their answers are secrets, which are stored nowhere.
pub fn takes_key(method: &str, action: Action) -> bool {
    let gives_secrets = matches!(
        action,
        Action::AuthLogin
            | Action::AuthRefresh
            | Action::AuthLogout
            | Action::VisitorCreate
            | Action::VisitorRefresh
            | Action::VisitorIdentify
            | Action::TokenMint
            | Action::WebhookCreate
            | Action::WebhookRotate
    );
    // A file is not held in memory to be compared: brought twice, one of the two is used by nobody and forgotten.
    method != "get" && !gives_secrets && !matches!(action, Action::AttachmentPut)
}

type Name = (UserId, String);

/// The calls with a key that this process is busy with.
#[derive(Clone, Default)]
pub(super) struct Running(Arc<Mutex<HashMap<Name, watch::Receiver<()>>>>);

/// Being the one who carries a call out. Its end lets those who wait go on.
pub(super) struct Turn {
    running: Running,
    name: Name,
    _ends: watch::Sender<()>,
}

impl Running {
    /// The turn, or what to wait for.
    fn enter(&self, name: &Name) -> Result<Turn, watch::Receiver<()>> {
        let mut calls = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(other) = calls.get(name) {
            return Err(other.clone());
        }
        let (ends, wait) = watch::channel(());
        calls.insert(name.clone(), wait);
        Ok(Turn { running: self.clone(), name: name.clone(), _ends: ends })
    }

    /// Waits until nobody else of this name is at it.
    pub(super) async fn turn(&self, name: &Name) -> Turn {
        loop {
            match self.enter(name) {
                Ok(turn) => return turn,
                // Never sent to: the sender's end is what is waited for.
                Err(mut other) => drop(other.changed().await),
            }
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.running.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.name);
    }
}

/// Around every route that takes a key.
///
/// # Errors
/// What the route fails with.
pub async fn once(
    mut req: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let Some(given) = req.headers().get("idempotency-key").cloned() else {
        return Ok(next.call(req).await?.map_into_boxed_body());
    };
    let who = req.extract::<Who>().await?;
    let Some(user_id) = who.keyed_as() else {
        // Refused by the route, as anything of theirs.
        return Ok(next.call(req).await?.map_into_boxed_body());
    };
    let key = given.to_str().ok().filter(|key| (1..=128).contains(&key.len()));
    let Some(key) = key.map(str::to_owned) else {
        return Err(who.refused(WireError::invalid("Idempotency-Key", "must be 1 to 128 visible characters")).into());
    };
    let bytes = req.extract::<web::Bytes>().await?;
    let mut request = format!("{} {}?{}\n", req.method(), req.path(), req.query_string()).into_bytes();
    request.extend_from_slice(&bytes);
    let fingerprint = who.node.fingerprint(&request).map_err(|failure| who.refused(failure))?;
    let shared = req.app_data::<web::Data<Shared>>().ok_or_else(|| who.refused(Failure::NoAnswer))?;
    let turn = shared.running.clone().turn(&(user_id.clone(), key.clone())).await;
    let now = who.node.now();
    let wish = KeyWish { user_id, fingerprint, holder: who.node.new_id(), at: now, since: now - KEPT, key };
    match who.node.store().reserve_key(&wish).await.map_err(|error| who.refused(Failure::from(error)))? {
        Reservation::Held => {}
        Reservation::Answered { status, body } => return Ok(req.into_response(replay(status, body))),
        Reservation::Mismatch => {
            let message = "this key was used for another request";
            return Err(who.refused(WireError::new(ErrorCode::IdempotencyMismatch, message)).into());
        }
    }
    let (_, mut payload) = actix_http::h1::Payload::create(true);
    payload.unread_data(bytes);
    req.set_payload(payload.into());
    let client_id = format!("key-{}", token_hash(&format!("{}\n{}", wish.key, wish.fingerprint)));
    req.extensions_mut().insert(who.clone().keyed(client_id));
    // Goes on when the caller hangs up: what was begun is finished, and the repeat gets its answer.
    rt::spawn(async move {
        let answer = carried_out(&who, &wish, req, next).await;
        drop(turn);
        answer
    })
    .await
    .map_err(|_| Error::from(ApiError::from(Failure::NoAnswer)))?
}

async fn carried_out(
    who: &Who,
    wish: &KeyWish,
    req: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let response = told(next.call(req).await?.map_into_boxed_body(), &who.request_id);
    let status = response.status();
    let store = who.node.store();
    let streams = response.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind == "text/event-stream");
    // A failure of the server is tried again. What is told piece by piece is not kept: a repeat finds its message.
    if streams || status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS {
        if let Err(error) = store.free_key(&wish.user_id, &wish.key, &wish.holder).await {
            log::warn!(error:display, "request.id" = who.request_id.as_str(); "a key was not given back");
        }
        return Ok(response);
    }
    let (request, response) = response.into_parts();
    let (head, body) = response.into_parts();
    let body = to_bytes(body).await.unwrap_or_default();
    let text = String::from_utf8_lossy(&body);
    let kept = store.keep_answer(&wish.user_id, &wish.key, &wish.holder, i32::from(status.as_u16()), &text).await;
    if let Err(error) = kept {
        log::warn!(error:display, "request.id" = who.request_id.as_str(); "the answer to a key was not kept");
    }
    Ok(ServiceResponse::new(request, head.set_body(BoxBody::new(body))))
}

fn replay(status: i32, body: String) -> HttpResponse {
    let status = u16::try_from(status).ok().and_then(|status| StatusCode::from_u16(status).ok());
    let mut response = HttpResponse::build(status.unwrap_or(StatusCode::OK));
    response.insert_header(("idempotent-replay", "true"));
    if body.is_empty() {
        return response.finish();
    }
    response.content_type(ContentType::json()).body(body)
}
