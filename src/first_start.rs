//! The first start: people who can log in, and a chatbot to talk to.

use std::fmt;

use async_trait::async_trait;
use sha2::{Digest, Sha256};

use crate::auth::passwords::{PasswordError, Passwords, random_password};
use crate::domain::chatbot::Chatbot;
use crate::domain::ids::{ChatbotId, UserId};
use crate::domain::time::Timestamp;
use crate::domain::user::{Role, User};
use crate::store::{Credential, Store, StoreError};

pub use crate::domain::chatbot::DEFAULT_CHATBOT;

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
    run(store, passwords, wishes).await
}

/// The few verbs that are needed here.
#[async_trait]
trait People: Sync {
    async fn admins(&self) -> Result<i64, StoreError>;
    async fn ensure(&self, user: &User, default_capacity: i32) -> Result<User, StoreError>;
    async fn put_credential(&self, credential: &Credential) -> Result<(), StoreError>;
    async fn chatbots(&self) -> Result<Vec<Chatbot>, StoreError>;
    async fn put_chatbot(&self, chatbot: &Chatbot) -> Result<(), StoreError>;
}

#[async_trait]
impl<S: Store + ?Sized> People for S {
    async fn admins(&self) -> Result<i64, StoreError> {
        self.count_users(Role::Admin).await
    }
    async fn ensure(&self, user: &User, default_capacity: i32) -> Result<User, StoreError> {
        self.ensure_user(user, default_capacity).await
    }
    async fn put_credential(&self, credential: &Credential) -> Result<(), StoreError> {
        Store::put_credential(self, credential).await
    }
    async fn chatbots(&self) -> Result<Vec<Chatbot>, StoreError> {
        Store::chatbots(self).await
    }
    async fn put_chatbot(&self, chatbot: &Chatbot) -> Result<(), StoreError> {
        Store::put_chatbot(self, chatbot).await
    }
}

async fn run<P: People + ?Sized>(
    store: &P,
    passwords: &Passwords,
    wishes: &FirstStart,
) -> Result<Welcome, FirstStartError> {
    if store.admins().await? > 0 {
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

struct Maker<'a, P: ?Sized> {
    store: &'a P,
    passwords: &'a Passwords,
    wishes: &'a FirstStart,
}

impl<P: People + ?Sized> Maker<'_, P> {
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
            assistant: Default::default(),
            theme: None,
            widget: Default::default(),
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
        self.store.ensure(&user, self.wishes.default_capacity).await?;
        let credential = Credential { user_id: user.id.clone(), email: email.to_owned(), password_hash };
        self.store.put_credential(&credential).await?;
        if role == Role::Admin {
            self.store.ensure(&User { role, ..user }, self.wishes.default_capacity).await?;
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::Mutex;

    use super::*;

    /// Keeps what is stored; fails at the given write.
    #[derive(Default)]
    struct Memory {
        users: Mutex<BTreeMap<UserId, User>>,
        credentials: Mutex<BTreeMap<String, Credential>>,
        chatbots: Mutex<Vec<Chatbot>>,
        writes_left: Mutex<Option<usize>>,
    }

    impl Memory {
        fn write(&self) -> Result<(), StoreError> {
            match self.writes_left.lock().unwrap().as_mut() {
                Some(0) => Err(StoreError::Aborted("full".to_owned())),
                Some(left) => {
                    *left -= 1;
                    Ok(())
                }
                None => Ok(()),
            }
        }
    }

    #[async_trait]
    impl People for Memory {
        async fn admins(&self) -> Result<i64, StoreError> {
            let users = self.users.lock().unwrap();
            Ok(i64::try_from(users.values().filter(|user| user.role == Role::Admin).count()).unwrap())
        }
        async fn ensure(&self, user: &User, _: i32) -> Result<User, StoreError> {
            self.write()?;
            self.users.lock().unwrap().insert(user.id.clone(), user.clone());
            Ok(user.clone())
        }
        async fn put_credential(&self, credential: &Credential) -> Result<(), StoreError> {
            self.write()?;
            assert!(self.users.lock().unwrap().contains_key(&credential.user_id), "foreign key");
            self.credentials.lock().unwrap().insert(credential.email.clone(), credential.clone());
            Ok(())
        }
        async fn chatbots(&self) -> Result<Vec<Chatbot>, StoreError> {
            Ok(self.chatbots.lock().unwrap().clone())
        }
        async fn put_chatbot(&self, chatbot: &Chatbot) -> Result<(), StoreError> {
            self.write()?;
            self.chatbots.lock().unwrap().push(chatbot.clone());
            Ok(())
        }
    }

    fn wishes() -> FirstStart {
        FirstStart { admin_email: None, admin_password: None, default_capacity: 5, now: Timestamp::from_millis(1) }
    }

    fn assert_all_can_log_in(store: &Memory, passwords: &Passwords, welcome: &Welcome) {
        let credentials = store.credentials.lock().unwrap();
        for login in &welcome.logins {
            let credential = credentials.get(&login.email).unwrap();
            assert_eq!(store.users.lock().unwrap().get(&credential.user_id).unwrap().role, login.role);
            assert!(passwords.verify(login.password.as_deref().unwrap(), Some(&credential.password_hash)));
        }
    }

    #[tokio::test]
    async fn an_admin_two_agents_and_a_chatbot_are_made_once() {
        let (store, passwords) = (Memory::default(), Passwords::new().unwrap());
        let welcome = run(&store, &passwords, &wishes()).await.unwrap();
        let emails: Vec<_> = welcome.logins.iter().map(|login| login.email.as_str()).collect();
        assert_eq!(emails, ["admin@localhost", "ada@localhost", "grace@localhost"]);
        assert_all_can_log_in(&store, &passwords, &welcome);
        assert_eq!(store.chatbots.lock().unwrap().first().unwrap().id.as_str(), DEFAULT_CHATBOT);
        let text = welcome.to_string();
        assert!(welcome.logins.iter().all(|login| text.contains(login.password.as_deref().unwrap())));
        assert!(!format!("{welcome:?}").contains(welcome.logins[0].password.as_deref().unwrap()));
        assert_eq!(run(&store, &passwords, &wishes()).await.unwrap(), Welcome::default());
    }

    #[tokio::test]
    async fn the_given_administrator_is_made_and_the_password_is_not_shown() {
        let (store, passwords) = (Memory::default(), Passwords::new().unwrap());
        let given = FirstStart {
            admin_email: Some("Boss@Example.com".to_owned()),
            admin_password: Some("correct horse".to_owned()),
            ..wishes()
        };
        let welcome = run(&store, &passwords, &given).await.unwrap();
        let credential = store.credentials.lock().unwrap().get("boss@example.com").cloned().unwrap();
        assert!(passwords.verify("correct horse", Some(&credential.password_hash)));
        assert!(!welcome.to_string().contains("correct horse"));
    }

    #[tokio::test]
    async fn a_first_start_cut_off_anywhere_is_finished_by_the_next() {
        let passwords = Passwords::new().unwrap();
        let mut writes = 0;
        loop {
            let store = Memory { writes_left: Mutex::new(Some(writes)), ..Memory::default() };
            let finished = run(&store, &passwords, &wishes()).await.is_ok();
            *store.writes_left.lock().unwrap() = None;
            let welcome = run(&store, &passwords, &wishes()).await.unwrap();
            assert_eq!(welcome.logins.len(), if finished { 0 } else { 3 }, "cut off after {writes} writes");
            assert_all_can_log_in(&store, &passwords, &welcome);
            assert_eq!((store.users.lock().unwrap().len(), store.chatbots.lock().unwrap().len()), (3, 1));
            if finished {
                break;
            }
            writes += 1;
        }
        assert_eq!(writes, 8, "chatbot, 2 × (user, credential), admin: user, credential, role");
    }
}
