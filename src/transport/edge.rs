//! What every REST request passes first and last: is there room for it, and may the page that sent it read the answer.

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::http::{ConnectionType, Method};
use actix_web::middleware::Next;
use actix_web::{Error, HttpRequest, HttpResponse, ResponseError, web};

use crate::domain::ids::RequestId;
use crate::protocol::error::{ErrorCode, WireError};

use super::origin;
use super::rest::answer::{ApiError, told};
use super::rest::once::once;
use super::rest::who::request_id;
use super::sockets::Worker;
use super::ws::RETRY_AFTER_MS;

/// What a page may send and read (Fetch standard, section 3.3); tokens are in headers, so cookies are not asked for.
const REQUEST_HEADERS: &str = "authorization, content-type, idempotency-key, x-request-id";
const ANSWER_HEADERS: &str = "retry-after, x-request-id";
const METHODS: &str = "GET, POST, PUT, PATCH, DELETE";
/// A browser asks again after this, seconds.
const PREFLIGHT_AGE: &str = "600";

/// Around every page.
///
/// # Errors
/// What the page fails with.
pub async fn pass(
    req: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    pass_with(false, req, next).await
}

/// Around every route of the table; `takes_key`: whether an `Idempotency-Key` means something there.
///
/// # Errors
/// What the route fails with.
pub async fn pass_with(
    takes_key: bool,
    req: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    // Whether the process lives is asked by those who would end it.
    let crowded = !req.path().ends_with("/health/live")
        && req.app_data::<web::Data<Worker>>().is_some_and(|worker| !worker.has_room_for_request());
    let request = req.request().clone();
    let id = request_id(&request).unwrap_or_else(|| RequestId::from(""));
    let answer = if crowded {
        Ok(req.into_response(no_room(&id)))
    } else if takes_key {
        once(req, next).await
    } else {
        next.call(req).await.map(ServiceResponse::map_into_boxed_body)
    };
    let response = answer.unwrap_or_else(|error| ServiceResponse::from_err(error, request));
    let mut response = told(response, &id);
    if let Some(origin) = page(response.request()) {
        let headers = response.headers_mut();
        allow(headers, origin);
        put(headers, header::ACCESS_CONTROL_EXPOSE_HEADERS, ANSWER_HEADERS);
    }
    Ok(response)
}

/// 503, and the connection goes as well: it is what there are too many of.
fn no_room(id: &RequestId) -> HttpResponse {
    let mut error = WireError::new(ErrorCode::Unavailable, "too many connections; try again in a moment");
    error.retry_after_ms = Some(RETRY_AFTER_MS);
    let mut response = ApiError::of(error, id.as_str()).error_response();
    response.head_mut().set_connection_type(ConnectionType::Close);
    response
}

/// The answer to a browser that asks before it sends; none when this is no such question, or the page may not.
pub fn preflight(req: &HttpRequest) -> Option<HttpResponse> {
    if req.method() != Method::OPTIONS || !req.headers().contains_key(header::ACCESS_CONTROL_REQUEST_METHOD) {
        return None;
    }
    let origin = page(req)?;
    let mut response = HttpResponse::NoContent().finish();
    let headers = response.headers_mut();
    allow(headers, origin);
    put(headers, header::ACCESS_CONTROL_ALLOW_METHODS, METHODS);
    put(headers, header::ACCESS_CONTROL_ALLOW_HEADERS, REQUEST_HEADERS);
    put(headers, header::ACCESS_CONTROL_MAX_AGE, PREFLIGHT_AGE);
    Some(response)
}

/// The page's origin, when it may read our answers.
fn page(req: &HttpRequest) -> Option<HeaderValue> {
    let given = req.headers().get(header::ORIGIN)?;
    let worker = req.app_data::<web::Data<Worker>>()?;
    origin::may_read(&worker.node, given.to_str().ok()?).then(|| given.clone())
}

fn allow(headers: &mut HeaderMap, origin: HeaderValue) {
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    headers.append(header::VARY, HeaderValue::from_static("origin"));
}

fn put(headers: &mut HeaderMap, name: HeaderName, value: &'static str) {
    headers.insert(name, HeaderValue::from_static(value));
}
