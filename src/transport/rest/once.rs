//! `Idempotency-Key`: an unsafe call with a known key gets the first call's answer.

use std::future::Future;

use actix_web::body::to_bytes;
use actix_web::http::StatusCode;
use actix_web::http::header::ContentType;
use actix_web::{HttpRequest, HttpResponse, ResponseError};

use crate::auth::refresh::token_hash;
use crate::protocol::error::{ErrorCode, WireError};

use super::answer::ApiError;
use super::who::Who;

/// Runs `call`, or answers what the first call with this key was answered. Only answers that a retry must not repeat
/// are remembered: a failure of the server is tried again.
pub(super) async fn once<F>(who: &Who, req: &HttpRequest, body: &[u8], call: F) -> Result<HttpResponse, ApiError>
where
    F: Future<Output = Result<HttpResponse, ApiError>>,
{
    let Some(key) = req.headers().get("idempotency-key") else { return call.await };
    let key = key.to_str().ok().filter(|key| (1..=128).contains(&key.len()));
    let key = key.ok_or_else(|| WireError::invalid("Idempotency-Key", "must be 1 to 128 visible characters"))?;
    let user_id = &who.known()?.user_id;
    let mut request = format!("{} {}\n", req.method(), req.path()).into_bytes();
    request.extend_from_slice(body);
    let fingerprint = token_hash(&String::from_utf8_lossy(&request));
    let store = who.node.store();
    if let Some((first, status, body)) = store.idempotent_answer(user_id, key).await? {
        if first != fingerprint {
            let message = "this key was used for another request";
            return Err(who.refused(WireError::new(ErrorCode::IdempotencyMismatch, message)));
        }
        let status = u16::try_from(status).ok().and_then(|status| StatusCode::from_u16(status).ok());
        let mut response = HttpResponse::build(status.unwrap_or(StatusCode::OK));
        return Ok(response.insert_header(("idempotent-replay", "true")).content_type(ContentType::json()).body(body));
    }
    let response = call.await.unwrap_or_else(|error| error.error_response());
    let status = response.status();
    if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS {
        return Ok(response);
    }
    let headers = response.headers().clone();
    let body = to_bytes(response.into_body()).await.unwrap_or_default();
    let text = String::from_utf8_lossy(&body).into_owned();
    store.remember_answer(user_id, key, &fingerprint, i32::from(status.as_u16()), &text, who.node.now()).await?;
    let mut again = HttpResponse::build(status);
    for header in headers.iter() {
        again.append_header(header);
    }
    Ok(again.body(body))
}
