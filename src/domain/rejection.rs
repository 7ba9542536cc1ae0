//! Typed refusals: what a core answers when it will not do what was asked.

use super::ids::AgentId;
use super::time::Millis;

/// Why a command was refused. Carries what the asker may know, nothing else.
#[derive(Clone, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum Rejection {
    /// Unknown, or not for this person's eyes: the same answer for both.
    #[error("not found")]
    NotFound,
    /// Known and visible, but not allowed.
    #[error("not allowed")]
    Forbidden,
    /// A field is wrong.
    #[error("{field}: {message}")]
    Invalid {
        /// Path of the field, `data.content`.
        field: String,
        /// What is wrong with it.
        message: String,
    },
    /// The conversation is over.
    #[error("the conversation is closed")]
    ConversationClosed,
    /// The offer is no longer open.
    #[error("the offer is no longer open")]
    OfferGone {
        /// Who has the conversation, when somebody has.
        taken_by: Option<(AgentId, String)>,
    },
    /// Somebody has it already.
    #[error("already assigned")]
    AlreadyAssigned {
        /// Who.
        agent_id: AgentId,
        /// Their name.
        agent_name: String,
    },
    /// Nobody waits in this conversation.
    #[error("the conversation does not wait for an agent")]
    NotWaiting,
    /// No free unit.
    #[error("no free capacity")]
    AtCapacity {
        /// The agent's limit.
        limit: i32,
    },
    /// The target cannot take it (gone, away, unknown team).
    #[error("nobody reachable there")]
    Unreachable,
    /// The offer or transfer is already under way.
    #[error("a transfer is already under way")]
    TransferPending,
    /// Too fast.
    #[error("too fast")]
    RateLimited {
        /// Try again after this long.
        retry_after: Millis,
    },
    /// A bound was reached: joined conversations per socket, and the like.
    #[error("limit reached: {what}")]
    LimitReached {
        /// The bound's key under `[limits]`.
        what: &'static str,
        /// Its value.
        limit: i64,
    },
}
