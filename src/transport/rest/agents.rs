//! Agents: who they are, how they stand, what they carry.

use actix_web::{HttpResponse, web};
use serde::Deserialize;

use crate::auth::policy::{Action, Relation};
use crate::domain::agent::{Agent, Availability, Presence};
use crate::domain::audit::AuditAction;
use crate::domain::escalation::{AgentProfile, Request};
use crate::domain::ids::{AgentId, UserId, is_id};
use crate::domain::rejection::Rejection;
use crate::domain::text;
use crate::domain::user::{Role, User};
use crate::protocol::dialect::{read_body, shapes};
use crate::protocol::error::WireError;
use crate::protocol::json::{KeyStyle, object};

use super::answer::{ApiError, created, ok};
use super::auth::checked_email;
use super::params::Id;
use super::who::Who;

type Answer = Result<HttpResponse, ApiError>;

pub(super) async fn list(who: Who) -> Answer {
    who.may(Action::AgentList)?;
    let (number, state) = who.node.routing_state().await.map_err(|failure| who.refused(failure))?;
    let disabled = who.node.store().disabled_users().await?;
    Ok(ok(|o| {
        o.list("items", state.agents.values(), |o, agent| {
            shapes::agent(o, agent);
            o.flag("active", !disabled.contains(&agent.id));
        });
        o.int("number", number);
    }))
}

/// An agent, if the caller may do `action` to it.
pub(super) async fn one(who: &Who, action: Action, id: &AgentId) -> Result<Agent, ApiError> {
    // Who is not known is told so before anything is looked up.
    let principal = who.known()?;
    let (_, state) = who.node.routing_state().await.map_err(|failure| who.refused(failure))?;
    let found = match state.agents.get(id) {
        Some(agent) => Some(agent.clone()),
        None => who.node.store().agent(id).await?,
    };
    let relation = match &found {
        None => Relation::None,
        Some(_) if principal.user_id == *id => Relation::Own,
        Some(_) => Relation::Other,
    };
    who.may_to(action, relation)?;
    found.ok_or_else(|| who.refused(Rejection::NotFound))
}

pub(super) async fn get(who: Who, id: Id) -> Answer {
    let agent = one(&who, Action::AgentGet, &id.into_inner().into()).await?;
    Ok(ok(|o| shapes::agent(o, &agent)))
}

pub(super) async fn workload(who: Who, id: Id) -> Answer {
    let agent = one(&who, Action::AgentWorkload, &id.into_inner().into()).await?;
    let load = agent.capacity;
    let is_available =
        agent.availability == Availability::Available && agent.presence == Presence::Connected && load.free() > 0;
    Ok(ok(|o| {
        o.text("agentId", agent.id.as_str()).int("currentChats", load.used).int("heldOffers", load.held);
        o.int("maxConcurrentChats", load.limit).flag("isAvailable", is_available);
        o.text("status", agent.availability.as_str());
    }))
}

#[derive(Deserialize)]
struct Status {
    status: String,
    reason: Option<String>,
}

pub(super) async fn set_status(who: Who, id: Id, bytes: web::Bytes) -> Answer {
    let agent = one(&who, Action::AgentSetStatus, &id.into_inner().into()).await?;
    let body: Status = read_body(&bytes, who.node.limits().json_depth).map_err(|error| who.refused(error))?;
    let availability = Availability::parse(&body.status)
        .filter(|status| *status != Availability::NotResponding)
        .ok_or_else(|| who.refused(WireError::invalid("status", "must be available, away, draining or offline")))?;
    let reason = text::reason("reason", body.reason.as_deref()).map_err(|rejection| who.refused(rejection))?;
    let request = Request::SetAvailability { agent_id: agent.id.clone(), availability, reason };
    let principal = who.known()?;
    let answer = if principal.user_id == agent.id {
        who.node.request(request, who.request_id.clone()).await
    } else {
        let details = object(KeyStyle::Camel, |o| {
            o.text("status", availability.as_str());
        });
        let entry = who.node.entry_of(principal, AuditAction::AgentStatusSet, agent.id.as_str(), Some(details));
        who.node.request_recorded(request, who.request_id.clone(), entry).await
    };
    answer.map_err(|failure| who.refused(failure))?;
    Ok(ok(|o| {
        o.text("agentId", agent.id.as_str()).text("status", availability.as_str());
    }))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct New {
    id: Option<String>,
    name: String,
    email: String,
    password: String,
    #[serde(alias = "maxConcurrentChats")]
    capacity: Option<i32>,
    #[serde(default)]
    skills: Vec<String>,
    #[serde(default)]
    teams: Vec<String>,
}

pub(super) async fn create(who: Who, bytes: web::Bytes) -> Answer {
    who.may(Action::AgentCreate)?;
    let new: New = read_body(&bytes, who.node.limits().json_depth).map_err(|error| who.refused(error))?;
    let name = text::name("name", &new.name).map_err(|rejection| who.refused(rejection))?;
    let email = checked_email("email", new.email).map_err(|rejection| who.refused(rejection))?;
    if new.id.as_deref().is_some_and(|id| !is_id(id)) {
        return Err(who.refused(WireError::invalid("id", "must be 1 to 128 characters without control characters")));
    }
    let id = UserId::from(new.id.unwrap_or_else(|| who.node.new_id()));
    let user = User {
        id: id.clone(),
        role: Role::Agent,
        name: name.clone(),
        email: Some(email),
        created_at: who.node.now(),
        disabled: false,
    };
    who.node.new_agent(who.known()?, user, new.password).await.map_err(|failure| who.refused(failure))?;
    let profile =
        AgentProfile { id: id.clone(), name, limit: new.capacity, skills: Some(new.skills), teams: Some(new.teams) };
    change(&who, profile).await?;
    let agent = one(&who, Action::AgentGet, &id).await?;
    Ok(created(|o| shapes::agent(o, &agent)))
}

async fn change(who: &Who, profile: AgentProfile) -> Result<(), ApiError> {
    for (field, list) in [("skills", &profile.skills), ("teams", &profile.teams)] {
        for (place, item) in list.iter().flatten().enumerate() {
            text::name(&format!("{field}[{place}]"), item).map_err(|rejection| who.refused(rejection))?;
        }
    }
    let details = object(KeyStyle::Camel, |o| {
        if let Some(limit) = profile.limit {
            o.int("maxConcurrentChats", limit);
        }
        o.flag("skillsGiven", profile.skills.is_some()).flag("teamsGiven", profile.teams.is_some());
    });
    let entry = who.node.entry_of(who.known()?, AuditAction::AgentChanged, profile.id.as_str(), Some(details));
    let answer = who.node.request_recorded(Request::ChangeAgent(profile), who.request_id.clone(), entry).await;
    answer.map_err(|failure| who.refused(failure))?;
    Ok(())
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Update {
    name: Option<String>,
    #[serde(alias = "maxConcurrentChats")]
    capacity: Option<i32>,
    skills: Option<Vec<String>>,
    teams: Option<Vec<String>>,
}

pub(super) async fn update(who: Who, id: Id, bytes: web::Bytes) -> Answer {
    let agent = one(&who, Action::AgentUpdate, &id.into_inner().into()).await?;
    let update: Update = read_body(&bytes, who.node.limits().json_depth).map_err(|error| who.refused(error))?;
    let name = match &update.name {
        Some(name) => text::name("name", name).map_err(|rejection| who.refused(rejection))?,
        None => agent.name.clone(),
    };
    let profile =
        AgentProfile { id: agent.id.clone(), name, limit: update.capacity, skills: update.skills, teams: update.teams };
    change(&who, profile).await?;
    let agent = one(&who, Action::AgentGet, &agent.id).await?;
    Ok(ok(|o| shapes::agent(o, &agent)))
}
