//! Events of the host application: bookings, payments, notifications, whatever it calls them. The engine carries them.
//!
//! A durable event waits for whoever is away; a `notification` is durable and is also kept in a list until it is read.
//! An ephemeral one reaches those who are there.

use super::ids::UserId;
use super::rejection::Rejection;
use super::time::{Millis, Timestamp};
use super::user::Role;

/// The kind that is kept in everybody's list.
pub const NOTIFICATION: &str = "notification";
/// The longest kind, in characters.
pub const MAX_KIND_CHARS: usize = 64;
/// The most data of one event, in bytes of JSON.
pub const MAX_DATA_BYTES: usize = 32_768;
/// A durable event is kept this long when nothing else is said.
pub const KEPT: Millis = Millis::from_secs(30 * 86_400);
/// And never longer.
pub const KEPT_AT_MOST: Millis = Millis::from_secs(366 * 86_400);

/// Whom an event is for, on all of their devices.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum EventAudience {
    /// One person, known or not yet.
    User(UserId),
    /// Everybody with this role.
    Role(Role),
    /// Everybody.
    All,
}

/// How urgent an event is to the host. `Low` and ephemeral: the first to be dropped for a client that reads slowly.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum EventPriority {
    /// Can be missed.
    Low,
    /// As events are.
    #[default]
    Normal,
    /// Wants to be seen.
    High,
    /// Wants to be seen now.
    Urgent,
}
super::conversation::names!(EventPriority { Low = "low", Normal = "normal", High = "high", Urgent = "urgent" });

/// An event, checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostEvent {
    /// The host's name for it, or ours. A repeat of a durable one is found by it.
    pub id: String,
    /// Its place among all durable events; none = ephemeral.
    pub number: Option<i64>,
    /// Whom it is for.
    pub to: EventAudience,
    /// Its `type` on the wire.
    pub kind: String,
    /// A JSON object, as the host wrote it.
    pub data: String,
    /// How urgent.
    pub priority: EventPriority,
    /// When it was taken.
    pub created_at: Timestamp,
    /// From when on it is delivered to nobody and stands in no list; none = ephemeral.
    pub expires_at: Option<Timestamp>,
}

/// What a host wants to be carried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewHostEvent {
    /// 1 to 128 characters; none: the engine's.
    pub id: Option<String>,
    /// Whom it is for.
    pub to: EventAudience,
    /// `[a-z][a-z0-9_]{0,63}`, and none of the engine's own.
    pub kind: String,
    /// A JSON object, at most [`MAX_DATA_BYTES`].
    pub data: String,
    /// Whether it waits for those who are away; none: only when it is a [`NOTIFICATION`].
    pub durable: Option<bool>,
    /// How urgent.
    pub priority: EventPriority,
    /// How long a durable one is kept; none: [`KEPT`].
    pub lives: Option<Millis>,
}

impl NewHostEvent {
    /// A durable event for one person, or an ephemeral one, as its kind says.
    pub fn new(to: EventAudience, kind: impl Into<String>, data: impl Into<String>) -> Self {
        let priority = EventPriority::Normal;
        Self { id: None, to, kind: kind.into(), data: data.into(), durable: None, priority, lives: None }
    }

    /// The event as it is carried. `own` says which kinds are the engine's.
    ///
    /// # Errors
    /// [`Rejection::Invalid`] with the field: `id`, `type`, `data`, `durable`, `ttlSeconds`.
    pub fn checked(self, now: Timestamp, id: String, own: fn(&str) -> bool) -> Result<HostEvent, Rejection> {
        if self.id.as_ref().is_some_and(|id| id.is_empty() || id.len() > 128 || id.chars().any(char::is_control)) {
            return Err(invalid("id", "must be 1 to 128 characters without control characters"));
        }
        if !is_kind(&self.kind) {
            return Err(invalid(
                "type",
                "must be lower case letters, digits and underscores, at most 64, a letter first",
            ));
        }
        if own(&self.kind) {
            return Err(invalid("type", "is the engine's own"));
        }
        if self.data.len() > MAX_DATA_BYTES {
            return Err(invalid("data", &format!("must be at most {MAX_DATA_BYTES} bytes")));
        }
        let is_notification = self.kind == NOTIFICATION;
        let durable = self.durable.unwrap_or(is_notification);
        if is_notification && !durable {
            return Err(invalid("durable", "a notification is kept"));
        }
        if self.lives.is_some() && !durable {
            return Err(invalid("ttlSeconds", "goes with durable events"));
        }
        let lives = self.lives.unwrap_or(KEPT);
        if lives <= Millis::ZERO || lives > KEPT_AT_MOST {
            return Err(invalid("ttlSeconds", "must be 1 second to 366 days"));
        }
        Ok(HostEvent {
            id: self.id.unwrap_or(id),
            number: None,
            to: self.to,
            kind: self.kind,
            data: self.data,
            priority: self.priority,
            created_at: now,
            expires_at: durable.then(|| now + lives),
        })
    }
}

impl HostEvent {
    /// Whether it waits for those who are away.
    pub fn is_durable(&self) -> bool {
        self.expires_at.is_some()
    }

    /// Whether a client that reads slowly may miss it.
    pub fn may_be_dropped(&self) -> bool {
        !self.is_durable() && self.priority == EventPriority::Low
    }
}

fn is_kind(kind: &str) -> bool {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    kind.starts_with(|c: char| c.is_ascii_lowercase()) && kind.len() <= MAX_KIND_CHARS && kind.chars().all(fits)
}

fn invalid(field: &str, message: &str) -> Rejection {
    Rejection::Invalid { field: field.to_owned(), message: message.to_owned() }
}

/// What of a person's notifications became read.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Read {
    /// This one.
    One(String),
    /// All up to this number.
    UpTo(i64),
}

/// An event that stands in a person's list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notification {
    /// The event.
    pub event: HostEvent,
    /// The person has read it.
    pub read: bool,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_000);

    fn new(kind: &str) -> NewHostEvent {
        NewHostEvent::new(EventAudience::All, kind, "{}")
    }

    fn checked(new: NewHostEvent) -> Result<HostEvent, String> {
        new.checked(NOW, "made".into(), |kind| kind == "new_message").map_err(|rejection| match rejection {
            Rejection::Invalid { field, .. } => field,
            other => format!("{other:?}"),
        })
    }

    #[test]
    fn a_notification_waits_and_other_events_do_not_unless_they_are_told_to() {
        assert_eq!(checked(new("notification")).map(|event| event.expires_at), Ok(Some(NOW + KEPT)));
        assert_eq!(checked(new("order_ready")).map(|event| event.expires_at), Ok(None));
        let day = Millis::from_secs(86_400);
        let durable = NewHostEvent { durable: Some(true), lives: Some(day), ..new("order_ready") };
        assert_eq!(checked(durable).map(|event| event.expires_at), Ok(Some(NOW + day)));
    }

    #[test]
    fn what_does_not_fit_is_refused_by_its_field() {
        for kind in ["", "1st", "Order", "order-ready", "ordér", &"a".repeat(65), "new_message"] {
            assert_eq!(checked(new(kind)), Err("type".into()), "{kind}");
        }
        let refused = |new| checked(new).unwrap_err();
        assert_eq!(refused(NewHostEvent { id: Some(String::new()), ..new("a") }), "id");
        assert_eq!(refused(NewHostEvent { data: "x".repeat(MAX_DATA_BYTES + 1), ..new("a") }), "data");
        assert_eq!(refused(NewHostEvent { durable: Some(false), ..new("notification") }), "durable");
        assert_eq!(refused(NewHostEvent { lives: Some(Millis::from_secs(1)), ..new("a") }), "ttlSeconds");
        assert_eq!(refused(NewHostEvent { lives: Some(Millis::ZERO), ..new("notification") }), "ttlSeconds");
        let long = Some(KEPT_AT_MOST + Millis::new(1));
        assert_eq!(refused(NewHostEvent { lives: long, ..new("notification") }), "ttlSeconds");
    }

    proptest! {
        #[test]
        fn every_kind_that_fits_is_taken(kind in "[a-z][a-z0-9_]{0,63}") {
            prop_assume!(kind != "new_message");
            prop_assert_eq!(checked(new(&kind)).map(|event| event.kind), Ok(kind));
        }
    }
}
