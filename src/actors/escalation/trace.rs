//! The checkpoints of seed 001's flow, each once, with ids: following one `request.id` tells the whole story.
//! Never a token, an e-mail or content.

use crate::domain::escalation::{Request, Trace};
use crate::domain::event::{AdminNotice, AgentNotice, EscalationStatus, Event, Reply};
use crate::domain::ids::{ConversationId, RequestId};

use super::super::messages::Answer;

/// A request has come in.
pub(super) fn received(request: &Request, request_id: &RequestId) {
    let id = request_id.as_str();
    match request {
        Request::Escalate { facts, .. } => {
            let (conversation, user) = (facts.case.conversation_id.as_str(), facts.case.customer_id.as_str());
            log::info!("request.id" = id, "conversation.id" = conversation, "user.id" = user; "escalation request received");
        }
        Request::Accept { offer_id, agent_id } => {
            log::info!("request.id" = id, "offer.id" = offer_id.as_str(), "agent.id" = agent_id.as_str(); "offer accepted by its agent");
        }
        Request::Decline { offer_id, agent_id, .. } => {
            log::info!("request.id" = id, "offer.id" = offer_id.as_str(), "agent.id" = agent_id.as_str(); "offer declined by its agent");
        }
        Request::AgentConnected(profile) => {
            log::info!("request.id" = id, "agent.id" = profile.id.as_str(); "agent connected");
        }
        Request::AgentDisconnected { agent_id } => {
            log::info!("request.id" = id, "agent.id" = agent_id.as_str(); "agent lost its last link");
        }
        _ => {}
    }
}

/// The conversation that a step is about.
pub(super) fn about_step(step: &Trace) -> Option<&ConversationId> {
    match step {
        Trace::HoursChecked { conversation_id, .. }
        | Trace::AgentsCounted { conversation_id, .. }
        | Trace::AgentChosen { conversation_id, .. }
        | Trace::Enqueued { conversation_id, .. }
        | Trace::OfferMade { conversation_id, .. } => Some(conversation_id),
    }
}

/// The conversation that a logged event is about.
pub(super) fn about_event(event: &Event) -> Option<&ConversationId> {
    match event {
        Event::AgentNotification { notice: AgentNotice::NewConversationAssigned { conversation_id, .. }, .. }
        | Event::AdminNotification {
            notice:
                AdminNotice::ConversationAssigned { conversation_id, .. }
                | AdminNotice::NewQueueEntry { conversation_id, .. },
            ..
        }
        | Event::AgentJoined { conversation_id, .. } => Some(conversation_id),
        _ => None,
    }
}

/// The core took a step.
pub(super) fn step(step: &Trace, request_id: &RequestId) {
    let id = request_id.as_str();
    match step {
        Trace::HoursChecked { conversation_id, open } => {
            log::info!("request.id" = id, "conversation.id" = conversation_id.as_str(), "hours.open" = *open; "business hours checked");
        }
        Trace::AgentsCounted { conversation_id, total, online, available } => {
            log::info!(
                "request.id" = id, "conversation.id" = conversation_id.as_str(), "agents.total" = *total,
                "agents.online" = *online, "agents.available" = *available; "agents counted"
            );
        }
        Trace::AgentChosen { conversation_id, agent_id, used, limit } => {
            log::info!(
                "request.id" = id, "conversation.id" = conversation_id.as_str(), "agent.id" = agent_id.as_str(),
                "agent.used" = *used, "agent.limit" = *limit; "agent available, creating the assignment"
            );
        }
        Trace::Enqueued { conversation_id, position } => {
            log::info!(
                "request.id" = id, "conversation.id" = conversation_id.as_str(), "queue.position" = *position;
                "no agent available, creating the queue entry"
            );
        }
        Trace::OfferMade { conversation_id, offer_id, agent_id } => {
            log::info!(
                "request.id" = id, "conversation.id" = conversation_id.as_str(), "offer.id" = offer_id.as_str(),
                "agent.id" = agent_id.as_str(); "agent asked"
            );
        }
    }
}

/// What was decided is durable and answered.
pub(super) fn answered(answer: &Answer, request_id: &RequestId) {
    let id = request_id.as_str();
    match answer {
        Ok(Reply::Escalation(status)) => {
            log::info!("request.id" = id, "escalation.status" = status_name(status); "transaction completed, escalation answered");
        }
        Ok(Reply::Assigned { conversation_id, agent_id, .. }) => {
            log::info!(
                "request.id" = id, "conversation.id" = conversation_id.as_str(), "agent.id" = agent_id.as_str();
                "transaction completed, conversation assigned"
            );
        }
        Ok(_) => {}
        Err(failure) => log::info!("request.id" = id, failure:display; "request refused"),
    }
}

/// Somebody is told.
pub(super) fn notified(event: &Event, request_id: &RequestId) {
    let id = request_id.as_str();
    match event {
        Event::AgentNotification {
            agent_id,
            notice: AgentNotice::NewConversationAssigned { conversation_id, .. },
            ..
        } => {
            log::info!(
                "request.id" = id, "conversation.id" = conversation_id.as_str(), "agent.id" = agent_id.as_str(),
                "event.type" = "NEW_CONVERSATION_ASSIGNED"; "agent notified"
            );
        }
        Event::AdminNotification {
            notice: AdminNotice::ConversationAssigned { conversation_id, agent_id, .. },
            ..
        } => {
            log::info!(
                "request.id" = id, "conversation.id" = conversation_id.as_str(), "agent.id" = agent_id.as_str(),
                "event.type" = "CONVERSATION_ASSIGNED"; "admins notified"
            );
        }
        Event::AdminNotification { notice: AdminNotice::NewQueueEntry { conversation_id, position }, .. } => {
            log::info!(
                "request.id" = id, "conversation.id" = conversation_id.as_str(), "queue.position" = *position,
                "event.type" = "NEW_QUEUE_ENTRY"; "admins notified"
            );
        }
        Event::AgentJoined { conversation_id, agent_id, .. } => {
            log::info!(
                "request.id" = id, "conversation.id" = conversation_id.as_str(), "agent.id" = agent_id.as_str(),
                "event.type" = "agent_joined"; "customer told who joined"
            );
        }
        _ => {}
    }
}

fn status_name(status: &EscalationStatus) -> &'static str {
    match status {
        EscalationStatus::Assigned { .. } => "ASSIGNED",
        EscalationStatus::AlreadyAssigned { .. } => "ALREADY_ASSIGNED",
        EscalationStatus::Offered(_) => "OFFERED",
        EscalationStatus::Queued(_) => "QUEUED",
        EscalationStatus::OutsideHours { .. } => "OUTSIDE_HOURS",
        EscalationStatus::NoAgents { .. } => "NO_AGENTS",
        EscalationStatus::QueueFull { .. } => "QUEUE_FULL",
        EscalationStatus::Expired { .. } => "EXPIRED",
        EscalationStatus::Canceled => "CANCELED",
        EscalationStatus::None => "NONE",
    }
}
