//! Rows as they are stored, and their way to and from the domain. One place, for both databases.

mod chatbots;
mod conversations;
mod desk;
mod host_events;
mod messaging;
mod people;
mod routing;
mod webhooks;

pub(super) use chatbots::{ChatbotRow, intervals_json, read_exception, read_interval};
pub(super) use conversations::{ConversationRow, FoundRow, MessageRow, NoteRow, ParticipantRow, read_rating};
pub(super) use desk::{AuditRow, CannedRow, PageViewRow};
pub(super) use host_events::{EventMarkRow, HostEventRow};
pub(super) use messaging::{AttachmentRow, ReactionRow};
pub(super) use people::{AgentChange, AgentRow, UserRow};
pub(super) use routing::{AssignmentRow, DecisionRow, EntryRow, OfferRow, StatsRow, WaitSampleRow};
pub(super) use webhooks::{DeliveryRow, WaitingRow, WebhookRow, read_wanted};

use crate::domain::time::Timestamp;

use super::StoreError;

/// What a row becomes.
pub(super) type Read<T> = Result<T, StoreError>;

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

fn moment(millis: Option<i64>) -> Option<Timestamp> {
    millis.map(Timestamp::from_millis)
}

fn millis(at: Option<Timestamp>) -> Option<i64> {
    at.map(Timestamp::as_millis)
}

fn known<T>(found: Option<T>, column: &str, text: &str) -> Read<T> {
    found.ok_or_else(|| StoreError::Corrupt(format!("{column}: unknown value {text:?}")))
}

/// Lists are stored as JSON text.
pub(super) fn to_json<T: serde::Serialize>(list: &T) -> String {
    // Plain lists of strings and numbers always become JSON.
    serde_json::to_string(list).unwrap_or_else(|_| "[]".to_owned())
}

fn from_json<T: serde::de::DeserializeOwned>(text: &str, column: &str) -> Read<T> {
    serde_json::from_str(text).map_err(|error| StoreError::Corrupt(format!("{column}: {error}")))
}
