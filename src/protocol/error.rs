//! One table of error codes for sockets and REST, one of close codes.

use serde_json::{Value, json};

use crate::domain::rejection::Rejection;

macro_rules! error_codes {
    ($($(#[$doc:meta])* $name:ident = ($code:literal, $status:literal, $retryable:literal, $meaning:literal);)+) => {
        /// What went wrong, for programs.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum ErrorCode { $(#[doc = $meaning] $name,)+ }

        impl ErrorCode {
            /// The whole table.
            pub const ALL: &[Self] = &[$(Self::$name,)+];

            /// The code as text.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $code,)+ }
            }

            /// The HTTP status of the same error over REST.
            pub const fn status(self) -> u16 {
                match self { $(Self::$name => $status,)+ }
            }

            /// Whether the same request may succeed later.
            pub const fn retryable(self) -> bool {
                match self { $(Self::$name => $retryable,)+ }
            }

            /// What it means, in one line.
            pub const fn meaning(self) -> &'static str {
                match self { $(Self::$name => $meaning,)+ }
            }
        }
    };
}

error_codes! {
    Invalid = ("invalid", 400, false, "A field is missing or wrong; `field` names it.");
    InvalidJson = ("invalid_json", 400, false, "The text is not JSON, or too deeply nested.");
    UnknownType = ("unknown_type", 400, false, "The `type` is none that a client can send.");
    Unauthenticated = ("unauthenticated", 401, false, "Nobody knows who is asking: no token, or one that is not accepted.");
    Forbidden = ("forbidden", 403, false, "Known and visible, but not allowed.");
    NotFound = ("not_found", 404, false, "It does not exist, or is not for the asker's eyes.");
    MethodNotAllowed = ("method_not_allowed", 405, false, "The path exists, the method does not.");
    ConversationClosed = ("conversation_closed", 409, false, "The conversation is over.");
    OfferGone = ("offer_gone", 409, false, "The offer is no longer open; `takenBy` says who has the conversation.");
    AlreadyAssigned = ("already_assigned", 409, false, "Somebody else has the conversation; `agentId` says who.");
    NotWaiting = ("not_waiting", 409, false, "The conversation does not stand where this is possible.");
    AtCapacity = ("at_capacity", 409, false, "The agent has no free unit.");
    Unreachable = ("unreachable", 409, false, "Nobody reachable there.");
    TransferPending = ("transfer_pending", 409, false, "A transfer of this conversation is under way.");
    IdempotencyMismatch = ("idempotency_mismatch", 409, false, "The idempotency key was used for another request.");
    TooLarge = ("too_large", 413, false, "The body or message is too large.");
    UnsupportedMediaType = ("unsupported_media_type", 415, false, "The body is not JSON.");
    LimitReached = ("limit_reached", 429, false, "A bound was reached; `limit` names it.");
    RateLimited = ("rate_limited", 429, true, "Too fast; try again after `retryAfterMs`.");
    Internal = ("internal", 500, false, "A fault of the server.");
    Unavailable = ("unavailable", 503, true, "Surely not done; the same request may work in a moment.");
    NoReply = ("no_reply", 503, true, "The message is kept, but nobody has answered it yet; a retry with the same client id waits on.");
    OutcomeUnknown = ("outcome_unknown", 503, true, "Nobody knows whether it was done; a retry with the same client id finds out.");
    Draining = ("draining", 503, true, "The server is going away; come back to another.");
}

/// An error on its way to a client.
#[derive(Clone, Debug, PartialEq)]
pub struct WireError {
    /// For programs.
    pub code: ErrorCode,
    /// For people. Never an internal.
    pub message: String,
    /// More for programs, an object.
    pub details: Option<Value>,
    /// When to try again.
    pub retry_after_ms: Option<i64>,
}

impl WireError {
    /// Without details.
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), details: None, retry_after_ms: None }
    }

    /// A field is missing or wrong.
    pub fn invalid(field: &str, message: impl Into<String>) -> Self {
        let message = message.into();
        Self {
            details: Some(json!({ "field": field })),
            ..Self::new(ErrorCode::Invalid, format!("{field}: {message}"))
        }
    }

    fn with(self, details: Value) -> Self {
        Self { details: Some(details), ..self }
    }
}

impl From<Rejection> for WireError {
    fn from(rejection: Rejection) -> Self {
        let message = rejection.to_string();
        let plain = |code| Self::new(code, message.clone());
        match rejection {
            Rejection::NotFound => plain(ErrorCode::NotFound),
            Rejection::Forbidden => plain(ErrorCode::Forbidden),
            Rejection::Invalid { field, message } => Self::invalid(&field, message),
            Rejection::ConversationClosed => plain(ErrorCode::ConversationClosed),
            Rejection::OfferGone { taken_by: None } => plain(ErrorCode::OfferGone),
            Rejection::OfferGone { taken_by: Some((agent_id, name)) } => plain(ErrorCode::OfferGone)
                .with(json!({ "takenBy": { "agentId": agent_id.as_str(), "agentName": name } })),
            Rejection::AlreadyAssigned { agent_id, agent_name } => {
                plain(ErrorCode::AlreadyAssigned).with(json!({ "agentId": agent_id.as_str(), "agentName": agent_name }))
            }
            Rejection::NotWaiting => plain(ErrorCode::NotWaiting),
            Rejection::AtCapacity { limit } => plain(ErrorCode::AtCapacity).with(json!({ "limit": limit })),
            Rejection::Unreachable => plain(ErrorCode::Unreachable),
            Rejection::TransferPending => plain(ErrorCode::TransferPending),
            Rejection::RateLimited { retry_after } => {
                Self { retry_after_ms: Some(retry_after.get()), ..plain(ErrorCode::RateLimited) }
            }
            Rejection::LimitReached { what, limit } => {
                plain(ErrorCode::LimitReached).with(json!({ "limit": what, "value": limit }))
            }
        }
    }
}

/// What a client does after a close code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CloseCode {
    /// RFC 6455 §7.4, or ours from 4000 on.
    pub code: u16,
    /// The reason in the close frame, or what it stands for.
    pub name: &'static str,
    /// Come back?
    pub reconnect: bool,
    /// Go on from the numbers one has?
    pub resume: bool,
    /// Only with another token?
    pub new_token: bool,
}

const fn close(code: u16, name: &'static str, reconnect: bool, resume: bool, new_token: bool) -> CloseCode {
    CloseCode { code, name, reconnect, resume, new_token }
}

/// Every close code that the server sends.
pub const CLOSE_CODES: &[CloseCode] = &[
    close(1000, "normal", false, false, false),
    close(1001, "heartbeat_lost", true, true, false),
    close(1002, "protocol_error", false, false, false),
    close(1003, "binary", false, false, false),
    close(1007, "invalid_utf8", false, false, false),
    close(1008, "abuse", false, false, false),
    close(1009, "too_big", false, false, false),
    close(1011, "internal", true, true, false),
    close(1012, "server_draining", true, true, false),
    close(1013, "slow_consumer", true, true, false),
    close(4401, "unauthenticated, token_expired, logged_out", false, true, true),
    close(4403, "forbidden", false, false, true),
    close(4408, "replaced", false, false, false),
    close(4429, "abuse", false, false, false),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_distinct_and_statuses_make_sense() {
        let mut seen = std::collections::BTreeSet::new();
        for code in ErrorCode::ALL {
            assert!(seen.insert(code.as_str()));
            assert!((400..=599).contains(&code.status()));
            assert!(!code.retryable() || matches!(code.status(), 429 | 503), "{code:?}");
        }
    }
}
