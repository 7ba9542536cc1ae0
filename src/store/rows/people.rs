//! Users and agents.

use diesel::prelude::{AsChangeset, Insertable, Queryable, Selectable};

use crate::domain::agent::{Agent, Availability, Capacity, Presence};
use crate::domain::user::{Role, User};
use crate::store::schema::{agents, users};

use super::{Read, at, from_json, known, millis, moment, to_json};

#[derive(Queryable, Selectable, Insertable, Clone)]
#[diesel(table_name = users)]
pub(in crate::store) struct UserRow {
    pub id: String,
    pub role: String,
    pub name: String,
    pub email: Option<String>,
    pub created_at: i64,
    pub disabled: bool,
}

impl UserRow {
    pub fn new(user: &User) -> Self {
        Self {
            id: user.id.to_string(),
            role: user.role.as_str().to_owned(),
            name: user.name.clone(),
            email: user.email.clone(),
            created_at: user.created_at.as_millis(),
            disabled: user.disabled,
        }
    }

    pub fn read(self) -> Read<User> {
        Ok(User {
            role: known(Role::parse(&self.role), "users.role", &self.role)?,
            id: self.id.into(),
            name: self.name,
            email: self.email,
            created_at: at(self.created_at),
            disabled: self.disabled,
        })
    }
}

#[derive(Queryable, Selectable, Insertable, Clone)]
#[diesel(table_name = agents)]
pub(in crate::store) struct AgentRow {
    pub id: String,
    pub name: String,
    pub availability: String,
    pub reason: Option<String>,
    pub presence: String,
    pub grace_until: Option<i64>,
    pub capacity_limit: i32,
    pub used_units: i32,
    pub held_units: i32,
    pub over_units: i32,
    pub skills: String,
    pub teams: String,
    pub missed_offers: i32,
    pub last_assigned_at: Option<i64>,
    pub last_seen_at: Option<i64>,
    pub status_since: Option<i64>,
}

impl AgentRow {
    pub fn new(agent: &Agent) -> Self {
        Self {
            id: agent.id.to_string(),
            name: agent.name.clone(),
            availability: agent.availability.as_str().to_owned(),
            reason: agent.reason.clone(),
            presence: agent.presence.as_str().to_owned(),
            grace_until: millis(agent.grace_until),
            capacity_limit: agent.capacity.limit,
            used_units: agent.capacity.used,
            held_units: agent.capacity.held,
            over_units: agent.capacity.over,
            skills: to_json(&agent.skills),
            teams: to_json(&agent.teams),
            missed_offers: agent.missed_offers,
            last_assigned_at: millis(agent.last_assigned_at),
            last_seen_at: millis(agent.last_seen_at),
            status_since: millis(agent.status_since),
        }
    }

    pub fn read(self) -> Read<Agent> {
        Ok(Agent {
            availability: known(Availability::parse(&self.availability), "agents.availability", &self.availability)?,
            presence: known(Presence::parse(&self.presence), "agents.presence", &self.presence)?,
            skills: from_json(&self.skills, "agents.skills")?,
            teams: from_json(&self.teams, "agents.teams")?,
            id: self.id.into(),
            name: self.name,
            reason: self.reason,
            grace_until: moment(self.grace_until),
            capacity: Capacity {
                limit: self.capacity_limit,
                used: self.used_units,
                held: self.held_units,
                over: self.over_units,
            },
            missed_offers: self.missed_offers,
            last_assigned_at: moment(self.last_assigned_at),
            last_seen_at: moment(self.last_seen_at),
            status_since: moment(self.status_since),
        })
    }
}

/// An agent's row without its load: what a change writes.
#[derive(AsChangeset)]
#[diesel(table_name = agents, treat_none_as_null = true)]
pub(in crate::store) struct AgentChange {
    pub name: String,
    pub availability: String,
    pub reason: Option<String>,
    pub presence: String,
    pub grace_until: Option<i64>,
    pub capacity_limit: i32,
    pub skills: String,
    pub teams: String,
    pub missed_offers: i32,
    pub last_assigned_at: Option<i64>,
    pub last_seen_at: Option<i64>,
    pub status_since: Option<i64>,
}

impl From<AgentRow> for AgentChange {
    fn from(row: AgentRow) -> Self {
        Self {
            name: row.name,
            availability: row.availability,
            reason: row.reason,
            presence: row.presence,
            grace_until: row.grace_until,
            capacity_limit: row.capacity_limit,
            skills: row.skills,
            teams: row.teams,
            missed_offers: row.missed_offers,
            last_assigned_at: row.last_assigned_at,
            last_seen_at: row.last_seen_at,
            status_since: row.status_since,
        }
    }
}
