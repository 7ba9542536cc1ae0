//! What the store is asked about the host's durable events.

use crate::domain::ids::UserId;
use crate::domain::user::Role;

/// Whose events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reader {
    /// The person.
    pub user_id: UserId,
    /// What they are.
    pub role: Role,
}

/// Which of a person's notifications.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NotificationFilter {
    /// Only older ones than this number.
    pub before: Option<i64>,
    /// Only those not read.
    pub unread_only: bool,
}

/// An event that is durable now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PublishedEvent {
    /// Its number.
    pub number: i64,
    /// It was durable before this call; nobody is told again.
    pub duplicate: bool,
}
