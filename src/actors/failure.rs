//! Why a command was not done, before any dialect gives it a code.

use crate::domain::rejection::Rejection;
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
            WriteRefusal::Conflict => Self::Store(StoreError::Aborted("changed meanwhile".into())),
        }
    }
}
