//! Who changed what: the record that admins read afterwards. No secrets, no messages, no e-mail addresses.

use super::conversation::names;
use super::ids::UserId;
use super::time::Timestamp;
use super::user::Role;

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum AuditAction {
    /// Somebody logged in.
    LoggedIn,
    /// Somebody tried to log in and was refused; the subject is a hash of the address.
    LoginRefused,
    /// The host application got a token for a user.
    TokenMinted,
    /// An agent was made.
    AgentCreated,
    /// An agent's name, capacity, skills or teams were changed.
    AgentChanged,
    /// An agent's availability was chosen by somebody else.
    AgentStatusSet,
    /// An agent got another password.
    AgentPasswordSet,
    /// An agent may no longer log in.
    AgentDeactivated,
    /// An agent may log in again.
    AgentActivated,
    /// A chatbot was made or changed.
    ChatbotPut,
    /// A chatbot was removed.
    ChatbotDeleted,
    /// A canned response was made or changed.
    CannedResponsePut,
    /// A canned response was removed.
    CannedResponseDeleted,
    /// A conversation was given to an agent by an admin.
    ConversationAssigned,
    /// A conversation was taken from its agent by an admin.
    ConversationReleased,
    /// A conversation was offered to others by an admin.
    ConversationTransferred,
    /// A waiting conversation got another priority from an admin.
    ConversationPrioritized,
    /// A conversation was ended by an admin.
    ConversationClosed,
    /// Something was announced.
    Announced,
    /// A webhook was made.
    WebhookCreated,
    /// A webhook was changed.
    WebhookChanged,
    /// A webhook got another secret.
    WebhookRotated,
    /// A webhook was removed.
    WebhookDeleted,
    /// A webhook was sent something to try it.
    WebhookTried,
    /// A delivery to a webhook was asked for again.
    WebhookRedelivered,
}
names!(AuditAction {
    LoggedIn = "login.ok", LoginRefused = "login.refused", TokenMinted = "token.minted",
    AgentCreated = "agent.created", AgentChanged = "agent.changed", AgentStatusSet = "agent.status_set",
    AgentPasswordSet = "agent.password_set", AgentDeactivated = "agent.deactivated",
    AgentActivated = "agent.activated", ChatbotPut = "chatbot.put", ChatbotDeleted = "chatbot.deleted",
    CannedResponsePut = "canned_response.put", CannedResponseDeleted = "canned_response.deleted",
    ConversationAssigned = "conversation.assigned", ConversationReleased = "conversation.released",
    ConversationTransferred = "conversation.transferred", ConversationClosed = "conversation.closed",
    ConversationPrioritized = "conversation.prioritized",
    Announced = "announcement.made", WebhookCreated = "webhook.created", WebhookChanged = "webhook.changed",
    WebhookRotated = "webhook.rotated", WebhookDeleted = "webhook.deleted", WebhookTried = "webhook.tried",
    WebhookRedelivered = "webhook.redelivered",
});

/// In which part somebody did it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum AuditRole {
    /// A customer.
    Customer,
    /// An agent.
    Agent,
    /// An admin.
    Admin,
    /// The host application's server.
    Internal,
    /// Nobody knows who.
    Anonymous,
}
names!(AuditRole {
    Customer = "customer", Agent = "agent", Admin = "admin", Internal = "internal", Anonymous = "anonymous",
});

impl From<Role> for AuditRole {
    fn from(role: Role) -> Self {
        match role {
            Role::Customer => Self::Customer,
            Role::Agent => Self::Agent,
            Role::Admin => Self::Admin,
        }
    }
}

/// One record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditEntry {
    /// Its id; grows with time.
    pub id: String,
    /// When.
    pub at: Timestamp,
    /// Who, when known.
    pub actor_id: Option<UserId>,
    /// In which part.
    pub actor_role: AuditRole,
    /// What.
    pub action: AuditAction,
    /// To what: an id, or a hash where an id would tell too much.
    pub subject: String,
    /// What else is worth knowing: JSON text.
    pub details: Option<String>,
}
