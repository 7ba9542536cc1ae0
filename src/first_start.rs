//! The first start: people who can log in, and a chatbot to talk to.

use std::fmt;

use sha2::{Digest, Sha256};

use crate::auth::passwords::{PasswordError, Passwords, random_password};
use crate::domain::chatbot::Chatbot;
use crate::domain::ids::{ChatbotId, UserId};
use crate::domain::time::Timestamp;
use crate::domain::user::{Role, User};
use crate::store::{Credential, Store, StoreError};

/// The id of the chatbot that is made.
pub const DEFAULT_CHATBOT: &str = "default";

/// The administrator's e-mail address when the settings name none.
pub const DEFAULT_ADMIN_EMAIL: &str = "admin@localhost";

/// The two agents that are made: name and e-mail address.
const DEMO_AGENTS: [(&str, &str); 2] = [("Ada", "ada@localhost"), ("Grace", "grace@localhost")];

/// What the settings say about the first start.
#[derive(Clone)]
pub struct FirstStart {
    /// The administrator's e-mail address; none = [`DEFAULT_ADMIN_EMAIL`].
    pub admin_email: Option<String>,
    /// The administrator's password; none = a random one.
    pub admin_password: Option<String>,
    /// Conversations at a time of each demo agent.
    pub default_capacity: i32,
    /// When.
    pub now: Timestamp,
}

/// Somebody who can log in now.
#[derive(Clone, PartialEq, Eq)]
pub struct NewLogin {
    /// What they are.
    pub role: Role,
    /// Log in with this.
    pub email: String,
    /// And this; none when the settings gave it, so that it is not printed.
    pub password: Option<String>,
}

/// What was made. Empty when there was an administrator already. `Display` is what a person needs, passwords included:
/// print it once, and never log it.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Welcome {
    /// Those who can log in now.
    pub logins: Vec<NewLogin>,
}

/// Why the first start did not come to its end. It can be tried again.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FirstStartError {
    /// The store said no.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The administrator's password cannot be used.
    #[error("auth.admin_password: {0}")]
    Password(#[from] PasswordError),
}

impl fmt::Debug for NewLogin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewLogin").field("role", &self.role).finish_non_exhaustive()
    }
}

impl fmt::Debug for Welcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&self.logins).finish()
    }
}

impl fmt::Debug for FirstStart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FirstStart").field("default_capacity", &self.default_capacity).finish_non_exhaustive()
    }
}

impl fmt::Display for Welcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.logins.is_empty() {
            return Ok(());
        }
        writeln!(f, "First start. These people can log in; the passwords are shown this once:")?;
        for login in &self.logins {
            let password = login.password.as_deref().unwrap_or("(as set in auth.admin_password)");
            writeln!(f, "  {:<9}{:<28}{password}", login.role.as_str(), login.email)?;
        }
        Ok(())
    }
}

/// Makes an administrator, two demo agents and the chatbot `default`, when there is no administrator yet.
///
/// A crash in the middle does no harm: the administrator is made last, and becomes one only when the password is
/// stored; the next start repeats the rest under the same ids, with new passwords.
///
/// Hashing takes some 20 ms a person; this is for the start, before anyone is served.
///
/// # Errors
/// When the store fails, or the administrator's password is too short or too long.
pub async fn first_start(
    store: &dyn Store,
    passwords: &Passwords,
    wishes: &FirstStart,
) -> Result<Welcome, FirstStartError> {
    if store.count_users(Role::Admin).await? > 0 {
        return Ok(Welcome::default());
    }
    let maker = Maker { store, passwords, wishes };
    maker.chatbot().await?;
    let mut logins = Vec::new();
    for (name, email) in DEMO_AGENTS {
        let password = random_password();
        maker.person(Role::Agent, name, email, &password).await?;
        logins.push(NewLogin { role: Role::Agent, email: email.to_owned(), password: Some(password) });
    }
    let email = wishes.admin_email.as_deref().unwrap_or(DEFAULT_ADMIN_EMAIL).to_lowercase();
    let given = wishes.admin_password.is_some();
    let password = wishes.admin_password.clone().unwrap_or_else(random_password);
    maker.person(Role::Admin, "Admin", &email, &password).await?;
    logins.insert(0, NewLogin { role: Role::Admin, email, password: (!given).then_some(password) });
    Ok(Welcome { logins })
}

struct Maker<'a> {
    store: &'a dyn Store,
    passwords: &'a Passwords,
    wishes: &'a FirstStart,
}

impl Maker<'_> {
    async fn chatbot(&self) -> Result<(), FirstStartError> {
        let id = ChatbotId::from(DEFAULT_CHATBOT);
        if self.store.chatbots().await?.iter().any(|chatbot| chatbot.id == id) {
            return Ok(());
        }
        let chatbot = Chatbot {
            id,
            name: "Support".to_owned(),
            greeting: "Hello! How can I help you?".to_owned(),
            routing_mode: None,
            closed_policy: None,
            hours: None,
            allowed_origins: Vec::new(),
            created_at: self.wishes.now,
            updated_at: self.wishes.now,
        };
        Ok(self.store.put_chatbot(&chatbot).await?)
    }

    /// An administrator counts as one only from the last step on, so that nobody is left who cannot log in.
    async fn person(&self, role: Role, name: &str, email: &str, password: &str) -> Result<(), FirstStartError> {
        let password_hash = self.passwords.hash(password)?;
        let user = User {
            id: id_of(email),
            role: if role == Role::Admin { Role::Customer } else { role },
            name: name.to_owned(),
            email: Some(email.to_owned()),
            created_at: self.wishes.now,
            disabled: false,
        };
        self.store.ensure_user(&user, self.wishes.default_capacity).await?;
        let credential = Credential { user_id: user.id.clone(), email: email.to_owned(), password_hash };
        self.store.put_credential(&credential).await?;
        if role == Role::Admin {
            self.store.ensure_user(&User { role, ..user }, self.wishes.default_capacity).await?;
        }
        Ok(())
    }
}

/// The same id each time the start is repeated (a UUID of version 8, RFC 9562 §5.8), and none that a host
/// application would use for a user of its own.
fn id_of(email: &str) -> UserId {
    let digest = Sha256::digest(format!("switchboard first start {email}").as_bytes());
    let mut bytes = [0_u8; 16];
    for (byte, from) in bytes.iter_mut().zip(digest) {
        *byte = from;
    }
    UserId::from(uuid::Builder::from_custom_bytes(bytes).into_uuid().to_string())
}
