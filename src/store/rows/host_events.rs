//! The host's durable events.

use diesel::prelude::{Insertable, Queryable, Selectable};

use crate::domain::host_event::{EventAudience, EventPriority, HostEvent};
use crate::domain::ids::UserId;
use crate::domain::time::Timestamp;
use crate::domain::user::Role;
use crate::store::StoreError;
use crate::store::schema::{event_marks, host_events};

use super::{Read, known};

#[derive(Queryable, Selectable, Insertable, Clone)]
#[diesel(table_name = host_events)]
pub(in crate::store) struct HostEventRow {
    pub number: i64,
    pub id: String,
    pub audience: String,
    pub target: String,
    pub kind: String,
    pub data: String,
    pub priority: String,
    pub created_at: i64,
    pub expires_at: i64,
}

/// How an audience is stored: its kind, and who of that kind.
fn stored(to: &EventAudience) -> (&'static str, String) {
    match to {
        EventAudience::User(user_id) => ("user", user_id.to_string()),
        EventAudience::Role(role) => ("role", role.as_str().to_owned()),
        EventAudience::All => ("all", String::new()),
    }
}

impl HostEventRow {
    pub fn new(event: &HostEvent, number: i64, expires_at: Timestamp) -> Self {
        let (audience, target) = stored(&event.to);
        Self {
            number,
            id: event.id.clone(),
            audience: audience.to_owned(),
            target,
            kind: event.kind.clone(),
            data: event.data.clone(),
            priority: event.priority.as_str().to_owned(),
            created_at: event.created_at.as_millis(),
            expires_at: expires_at.as_millis(),
        }
    }

    pub fn read(self) -> Read<HostEvent> {
        let to = match self.audience.as_str() {
            "user" => EventAudience::User(UserId::from(self.target)),
            "role" => EventAudience::Role(known(Role::parse(&self.target), "host_events.target", &self.target)?),
            "all" => EventAudience::All,
            other => return Err(StoreError::Corrupt(format!("host_events.audience: {other}"))),
        };
        Ok(HostEvent {
            id: self.id,
            number: Some(self.number),
            to,
            kind: self.kind,
            data: self.data,
            priority: known(EventPriority::parse(&self.priority), "host_events.priority", &self.priority)?,
            created_at: Timestamp::from_millis(self.created_at),
            expires_at: Some(Timestamp::from_millis(self.expires_at)),
        })
    }
}

#[derive(Queryable, Selectable, Insertable, Clone)]
#[diesel(table_name = event_marks)]
pub(in crate::store) struct EventMarkRow {
    pub user_id: String,
    pub delivered: i64,
    pub read_up_to: i64,
}
