//! Changes that leave a record: who did what, in the same transaction as the change.

use crate::domain::audit::{AuditAction, AuditEntry, AuditRole};
use crate::domain::command::{Command, TransferTarget};
use crate::domain::escalation::Request;
use crate::domain::ids::RequestId;
use crate::domain::user::{Principal, Role};
use crate::protocol::json::{KeyStyle, object};
use crate::store::{Change, Changed, Recorded};

use super::super::failure::Failure;
use super::super::messages::{Answer, ReplyTo, SupervisorMessage};
use super::Node;

impl Node {
    /// A record of what a person does. `details` is JSON text without secrets, messages and addresses.
    pub fn entry_of(
        &self,
        actor: &Principal,
        action: AuditAction,
        subject: &str,
        details: Option<String>,
    ) -> AuditEntry {
        let (actor_id, actor_role) = (Some(actor.user_id.clone()), AuditRole::from(actor.role));
        AuditEntry { actor_id, ..self.entry(actor_role, action, subject, details) }
    }

    /// A record of what somebody does who is no person known to us.
    pub fn entry(
        &self,
        actor_role: AuditRole,
        action: AuditAction,
        subject: &str,
        details: Option<String>,
    ) -> AuditEntry {
        let (id, at, subject) = (self.new_id(), self.now(), subject.to_owned());
        AuditEntry { id, at, actor_id: None, actor_role, action, subject, details }
    }

    /// Does a change and keeps its record. Logins that it ended are over at once.
    ///
    /// # Errors
    /// The store's word.
    pub async fn change(&self, change: Change, entry: AuditEntry) -> Result<Changed, Failure> {
        let changed = self.store.record(&Recorded { change, entry }).await?;
        if let Changed::Done { ended_logins } = &changed {
            for login_id in ended_logins {
                self.forget_login(login_id.clone());
            }
        }
        Ok(changed)
    }

    /// Asks the supervisor to decide something; what it stores because of it has this record beside it.
    ///
    /// # Errors
    /// What the supervisor answers, or [`Failure::NoAnswer`].
    pub async fn request_recorded(&self, request: Request, request_id: RequestId, entry: AuditEntry) -> Answer {
        let (sender, receiver) = tokio::sync::oneshot::channel();
        self.supervisor(SupervisorMessage::Ask {
            request: Box::new(request),
            request_id,
            reply: ReplyTo::waiting(sender),
            audit: Some(Box::new(entry)),
        });
        self.within(receiver).await?
    }

    /// The record of an admin's command about a conversation; none for what is everybody's daily work.
    pub fn entry_of_command(&self, actor: &Principal, command: &Command) -> Option<Box<AuditEntry>> {
        if actor.role != Role::Admin {
            return None;
        }
        let (action, conversation_id, details) = match command {
            Command::Assign { conversation_id, agent_id } => {
                let details = object(KeyStyle::Camel, |o| {
                    o.text("agentId", agent_id.as_str());
                });
                (AuditAction::ConversationAssigned, conversation_id, Some(details))
            }
            Command::Transfer { conversation_id, target, .. } => {
                let details = object(KeyStyle::Camel, |o| {
                    match target {
                        TransferTarget::Agent(agent_id) => o.text("agentId", agent_id.as_str()),
                        TransferTarget::Team(team) => o.text("team", team),
                    };
                });
                (AuditAction::ConversationTransferred, conversation_id, Some(details))
            }
            Command::Release { conversation_id, to } => {
                let details = object(KeyStyle::Camel, |o| {
                    o.text("to", if *to == crate::domain::command::ReleaseTo::Ai { "ai" } else { "queue" });
                });
                (AuditAction::ConversationReleased, conversation_id, Some(details))
            }
            Command::SetPriority { conversation_id, priority } => {
                let details = object(KeyStyle::Camel, |o| {
                    o.int("priority", *priority);
                });
                (AuditAction::ConversationPrioritized, conversation_id, Some(details))
            }
            Command::CloseConversation { conversation_id, .. } => {
                (AuditAction::ConversationClosed, conversation_id, None)
            }
            _ => return None,
        };
        Some(Box::new(self.entry_of(actor, action, conversation_id.as_str(), details)))
    }
}
