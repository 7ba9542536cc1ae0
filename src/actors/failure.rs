//! Why a command was not done, before any dialect gives it a code.

use crate::domain::rejection::Rejection;
use crate::protocol::error::{ErrorCode, WireError};
use crate::store::{StoreError, WriteRefusal};

/// Why a command was not done.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Failure {
    /// A core said no.
    #[error(transparent)]
    Rejected(#[from] Rejection),
    /// The store did not take it, or its answer was lost.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Somebody cannot keep up; the same call may work in a moment.
    #[error("overloaded: {0}")]
    Overloaded(&'static str),
    /// Nobody knows whether it was done; a retry with the same client id finds out.
    #[error("no answer in time")]
    NoAnswer,
    /// The server is going away.
    #[error("the server is going away")]
    Draining,
    /// No token, or one that is not accepted.
    #[error("not authenticated")]
    Unauthenticated,
}

impl From<WriteRefusal> for Failure {
    fn from(refusal: WriteRefusal) -> Self {
        match refusal {
            WriteRefusal::NotFound => Self::Rejected(Rejection::NotFound),
            WriteRefusal::Closed => Self::Rejected(Rejection::ConversationClosed),
            WriteRefusal::UnknownReply => Self::Rejected(Rejection::Invalid {
                field: "data.replyTo".into(),
                message: "is no message of this conversation".into(),
            }),
            WriteRefusal::Conflict | WriteRefusal::TakenOver => {
                Self::Store(StoreError::Aborted("changed meanwhile".into()))
            }
        }
    }
}

impl From<Failure> for WireError {
    fn from(failure: Failure) -> Self {
        let plain = |code| Self::new(code, "");
        match failure {
            Failure::Rejected(rejection) => rejection.into(),
            // What the database says is for the log.
            Failure::Store(StoreError::Aborted(_) | StoreError::Busy(_)) | Failure::Overloaded(_) => {
                Self { message: "not done; try again in a moment".into(), ..plain(ErrorCode::Unavailable) }
            }
            Failure::Store(StoreError::OutcomeUnknown(_)) | Failure::NoAnswer => Self {
                message: "nobody knows whether it was done; retry with the same client id".into(),
                ..plain(ErrorCode::OutcomeUnknown)
            },
            Failure::Store(StoreError::Corrupt(_)) => {
                Self { message: "a fault of the server".into(), ..plain(ErrorCode::Internal) }
            }
            Failure::Draining => Self { message: "the server is going away".into(), ..plain(ErrorCode::Draining) },
            Failure::Unauthenticated => {
                Self { message: "not authenticated".into(), ..plain(ErrorCode::Unauthenticated) }
            }
        }
    }
}
