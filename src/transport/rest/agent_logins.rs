//! What admins do to an agent's login: another password, and whether it may be used at all.

use actix_web::{HttpResponse, web};
use serde::Deserialize;

use crate::auth::policy::Action;
use crate::domain::agent::Availability;
use crate::domain::audit::AuditAction;
use crate::domain::escalation::Request;
use crate::domain::rejection::Rejection;
use crate::store::{Change, Changed};

use super::agents::one;
use super::answer::{ApiError, ok};
use super::conversations::body;
use super::params::Id;
use super::who::Who;

type Answer = Result<HttpResponse, ApiError>;

#[derive(Deserialize)]
struct Password {
    password: String,
}

/// All of the agent's logins end; the new password is needed everywhere.
pub(super) async fn set_password(who: Who, id: Id, bytes: web::Bytes) -> Answer {
    let agent = one(&who, Action::AgentSetPassword, &id.into_inner().into()).await?;
    let new: Password = body(&who, &bytes)?;
    let password_hash = who.node.hash(new.password).await.map_err(|failure| who.refused(failure))?;
    let entry = who.node.entry_of(who.known()?, AuditAction::AgentPasswordSet, agent.id.as_str(), None);
    let until = who.node.tokens_end();
    let change = Change::SetPassword { user_id: agent.id.clone(), password_hash, until };
    match who.node.change(change, entry).await.map_err(|failure| who.refused(failure))? {
        Changed::NotThere => Err(who.refused(Rejection::Invalid {
            field: "password".into(),
            message: "this agent has no login of ours; the host application has it".into(),
        })),
        _ => Ok(HttpResponse::NoContent().finish()),
    }
}

pub(super) async fn deactivate(who: Who, id: Id) -> Answer {
    set_active(who, id.into_inner(), false).await
}

pub(super) async fn activate(who: Who, id: Id) -> Answer {
    set_active(who, id.into_inner(), true).await
}

/// Who may no longer log in is offline: offers are withdrawn at once, and conversations go back to the queue once the
/// links are gone and the grace is over.
async fn set_active(who: Who, id: String, active: bool) -> Answer {
    let agent = one(&who, Action::AgentSetActive, &id.into()).await?;
    let action = if active { AuditAction::AgentActivated } else { AuditAction::AgentDeactivated };
    let entry = who.node.entry_of(who.known()?, action, agent.id.as_str(), None);
    let change = Change::SetActive { user_id: agent.id.clone(), active, until: who.node.tokens_end() };
    who.node.change(change, entry).await.map_err(|failure| who.refused(failure))?;
    if !active {
        let availability = Availability::Offline;
        let request = Request::SetAvailability { agent_id: agent.id.clone(), availability, reason: None };
        who.node.request(request, who.request_id.clone()).await.map_err(|failure| who.refused(failure))?;
    }
    Ok(ok(|o| {
        o.text("agentId", agent.id.as_str()).flag("active", active);
    }))
}
