//! People and what they may be.

use super::ids::{ChatbotId, UserId};
use super::time::Timestamp;

/// What a person is in this product.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Role {
    /// Asks for help in the widget.
    Customer,
    /// Answers in the console.
    Agent,
    /// Watches the queue and changes settings.
    Admin,
}

super::conversation::names!(Role { Customer = "customer", Agent = "agent", Admin = "admin" });

impl Role {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Customer, Self::Agent, Self::Admin];

    /// Agents and admins.
    pub const fn is_staff(self) -> bool {
        matches!(self, Self::Agent | Self::Admin)
    }
}

/// Who is asking: the verified content of a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal {
    /// The user.
    pub user_id: UserId,
    /// What the token says the user is.
    pub role: Role,
    /// Shown to others.
    pub name: String,
    /// The chatbot a visitor token is bound to.
    pub chatbot_id: Option<ChatbotId>,
    /// When the token ends.
    pub expires_at: Timestamp,
    /// The login that the token belongs to, so that a logout can end it.
    pub login_id: Option<String>,
}

impl Principal {
    /// The chatbot that this person comes in by.
    pub fn entrance(&self) -> ChatbotId {
        self.chatbot_id.clone().unwrap_or_else(|| ChatbotId::from(super::chatbot::DEFAULT_CHATBOT))
    }
}

/// A stored person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// The host application's `sub`, or ours.
    pub id: UserId,
    /// Last known role.
    pub role: Role,
    /// Shown to others.
    pub name: String,
    /// Never logged.
    pub email: Option<String>,
    /// First seen.
    pub created_at: Timestamp,
    /// Logins and tokens of a disabled user are refused.
    pub disabled: bool,
}
