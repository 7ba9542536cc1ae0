//! Answers and errors of REST.

use actix_web::body::BoxBody;
use actix_web::dev::ServiceResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::ContentType;
use actix_web::{HttpResponse, ResponseError};

use crate::actors::failure::Failure;
use crate::domain::ids::RequestId;
use crate::domain::rejection::Rejection;
use crate::protocol::error::{ErrorCode, WireError};
use crate::protocol::json::{KeyStyle, Object, object, wire_name};

/// An error on its way out.
#[derive(Debug)]
pub struct ApiError {
    error: WireError,
    request_id: String,
}

impl ApiError {
    /// With the id that the log lines carry.
    pub fn of(error: impl Into<WireError>, request_id: &str) -> Self {
        Self::in_style(error, request_id, KeyStyle::Camel)
    }

    /// The same for those who write keys in another style: it names the field as they do.
    pub fn in_style(error: impl Into<WireError>, request_id: &str, keys: KeyStyle) -> Self {
        Self { error: body_path(error.into(), keys), request_id: request_id.to_owned() }
    }

    /// `{"error": {code, message, retryable, details?, requestId?}}`.
    pub fn body(&self) -> String {
        object(KeyStyle::Camel, |o| {
            o.object("error", |o| {
                o.text("code", self.error.code.as_str()).text("message", &self.error.message);
                o.flag("retryable", self.error.code.retryable());
                if let Some(details) = &self.error.details {
                    o.value("details", details);
                }
                o.text_if("requestId", Some(self.request_id.as_str()).filter(|id| !id.is_empty()));
            });
        })
    }
}

impl std::fmt::Display for ApiError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.error.code.as_str())
    }
}

impl From<WireError> for ApiError {
    fn from(error: WireError) -> Self {
        Self::of(error, "")
    }
}

impl From<Failure> for ApiError {
    fn from(failure: Failure) -> Self {
        WireError::from(failure).into()
    }
}

impl From<Rejection> for ApiError {
    fn from(rejection: Rejection) -> Self {
        WireError::from(rejection).into()
    }
}

impl From<crate::store::StoreError> for ApiError {
    fn from(error: crate::store::StoreError) -> Self {
        Failure::from(error).into()
    }
}

/// A socket's fields stand in `data`; a body's stand by themselves.
fn body_path(error: WireError, keys: KeyStyle) -> WireError {
    let field = error.details.as_ref().and_then(|details| details.get("field")).and_then(|field| field.as_str());
    let bare = match field {
        Some("data") => Some("body"),
        other => other.and_then(|field| field.strip_prefix("data.")),
    };
    let Some(bare) = bare else { return error };
    let message = field.and_then(|field| error.message.strip_prefix(field)?.strip_prefix(": "));
    let named: Vec<_> = bare.split('.').map(|name| wire_name(name, keys)).collect();
    WireError::invalid(&named.join("."), message.unwrap_or(&error.message))
}

impl ResponseError for ApiError {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.error.code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponse::build(self.status_code());
        if let Some(after) = self.error.retry_after_ms {
            response.insert_header(("retry-after", ((after + 999) / 1000).to_string()));
        }
        response.content_type(ContentType::json()).body(self.body())
    }
}

/// Every error as the one shape with the request's id, also what was found wrong before a route was asked.
pub fn told(response: ServiceResponse<BoxBody>, id: &RequestId) -> ServiceResponse<BoxBody> {
    let Some(error) = response.response().error() else { return response };
    let answer = match error.as_error::<ApiError>() {
        Some(known) if !known.request_id.is_empty() => return response,
        Some(known) => ApiError { error: known.error.clone(), request_id: id.as_str().to_owned() },
        None => ApiError::of(foreign(error), id.as_str()),
    };
    response.into_response(answer.error_response())
}

/// What actix itself refuses, in our words.
fn foreign(error: &actix_web::Error) -> WireError {
    let status = error.as_response_error().status_code();
    match status {
        StatusCode::PAYLOAD_TOO_LARGE => WireError::new(ErrorCode::TooLarge, "the body is too large"),
        StatusCode::NOT_FOUND => WireError::new(ErrorCode::NotFound, "not found"),
        StatusCode::UNSUPPORTED_MEDIA_TYPE => WireError::new(ErrorCode::UnsupportedMediaType, "the body is not JSON"),
        _ if status.is_client_error() => WireError::invalid("body", "cannot be read"),
        _ => WireError::new(ErrorCode::Internal, "a fault of the server"),
    }
}

/// 200 with an object.
pub fn ok(write: impl FnOnce(&mut Object<'_>)) -> HttpResponse {
    HttpResponse::Ok().content_type(ContentType::json()).body(object(KeyStyle::Camel, write))
}

/// 201 with an object.
pub fn created(write: impl FnOnce(&mut Object<'_>)) -> HttpResponse {
    HttpResponse::Created().content_type(ContentType::json()).body(object(KeyStyle::Camel, write))
}
