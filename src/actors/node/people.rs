//! Tokens and logins: who somebody is, and how that begins and ends.

use std::sync::{Arc, PoisonError};

use crate::auth::passwords::Passwords;
use crate::auth::refresh;
use crate::auth::tokens::{Claims, TokenIssuer};
use crate::config::millis;
use crate::domain::audit::{AuditAction, AuditEntry, AuditRole};
use crate::domain::escalation::{AgentProfile, Request};
use crate::domain::ids::{ChatbotId, ConversationId, UserId};
use crate::domain::rejection::Rejection;
use crate::domain::text;
use crate::domain::time::{Millis, Timestamp};
use crate::domain::user::{Principal, Role, User};
use crate::protocol::json::{KeyStyle, object};
use crate::store::{Change, Credential, MergeOutcome, RefreshOutcome, RefreshToken, StoreError};

use super::super::failure::Failure;
use super::super::messages::RouterMessage;
use super::Node;

/// How long a browser's used refresh token still leads to the same next one.
const REFRESH_GRACE: Millis = Millis::from_secs(10);

/// The logins of anonymous customers begin with this.
const VISITOR: &str = "visitor-";

/// What logins are made with.
#[derive(Clone)]
pub struct Login {
    /// Signs our own tokens.
    pub issuer: TokenIssuer,
    /// Hashes and compares.
    pub passwords: Arc<Passwords>,
}

/// A login's two tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tokens {
    /// For `Authorization: Bearer`.
    pub token: String,
    /// For the next pair, once; none for visitors and minted tokens.
    pub refresh_token: Option<String>,
    /// When `token` ends.
    pub expires_at: Timestamp,
    /// Whose.
    pub user: User,
}

impl Node {
    /// Who a token belongs to. A user that was not known yet becomes known, so that a host application owns its users.
    ///
    /// # Errors
    /// [`Failure::Unauthenticated`] whatever is wrong with the token; the store's word.
    pub async fn authenticate(&self, token: &str) -> Result<Principal, Failure> {
        let now = self.now();
        let verified = self.authenticator.authenticate(token, now).await.map_err(|_| Failure::Unauthenticated)?;
        let principal = verified.principal;
        if principal.login_id.as_ref().is_some_and(|login_id| self.is_revoked(login_id)) {
            return Err(Failure::Unauthenticated);
        }
        let user = User {
            id: principal.user_id.clone(),
            role: principal.role,
            name: principal.name.clone(),
            email: verified.email,
            created_at: now,
            disabled: false,
        };
        // A login of ours says what the name was when it was signed; whoever was renamed since keeps the new one.
        let known = match principal.login_id {
            Some(_) => self.store.user(&user.id).await?.filter(|stored| stored.role == user.role),
            None => None,
        };
        let stored = match known {
            Some(stored) => self.introduce(stored).await,
            None => self.know(&user).await?,
        };
        if stored.disabled {
            return Err(Failure::Unauthenticated);
        }
        Ok(Principal { name: stored.name, ..principal })
    }

    /// Makes a person known, or takes over a changed name; an agent becomes known to the supervisor as well, so that
    /// it can be found, set and assigned to before its first socket. The person as stored.
    ///
    /// # Errors
    /// The store's word.
    pub async fn know(&self, user: &User) -> Result<User, Failure> {
        let user = self.store.ensure_user(user, self.routing.default_capacity).await?;
        Ok(self.introduce(user).await)
    }

    /// Tells the supervisor of an agent, once in the life of the process.
    async fn introduce(&self, user: User) -> User {
        let introduced = || self.introduced.lock().unwrap_or_else(PoisonError::into_inner);
        if user.role == Role::Agent && !user.disabled && !introduced().contains(&user.id) {
            let (id, name) = (user.id.clone(), user.name.clone());
            let profile = AgentProfile { id, name, limit: None, skills: None, teams: None };
            // A supervisor that is reading the store will find the agent there, or hears of it the next time.
            if self.request(Request::ChangeAgent(profile), self.new_request_id()).await.is_ok() {
                introduced().insert(user.id.clone());
            }
        }
        user
    }

    /// Whether a token is signed by somebody we trust and in time, without asking the store.
    pub async fn vouches_for(&self, token: &str) -> bool {
        self.authenticator.authenticate(token, self.now()).await.is_ok()
    }

    fn is_revoked(&self, login_id: &str) -> bool {
        self.revoked.read().unwrap_or_else(PoisonError::into_inner).contains(login_id)
    }

    /// Logs somebody in. The same answer, after the same time, for a wrong address and a wrong password.
    ///
    /// # Errors
    /// [`Failure::Unauthenticated`]; the store's word.
    pub async fn log_in(&self, email: &str, password: String) -> Result<Tokens, Failure> {
        // What no database can hold is nobody's address.
        let credential = match email.chars().any(char::is_control) {
            true => None,
            false => self.store.credential(&email.to_lowercase()).await?,
        };
        let passwords = Arc::clone(&self.login.passwords);
        let stored = credential.as_ref().map(|credential| credential.password_hash.clone());
        let right = tokio::task::spawn_blocking(move || passwords.verify(&password, stored.as_deref()))
            .await
            .map_err(|_| Failure::NoAnswer)?;
        let user = match credential {
            Some(Credential { user_id, .. }) if right => self.store.user(&user_id).await?,
            _ => None,
        };
        let Some(user) = user.filter(|user| !user.disabled) else {
            let subject = refresh::token_hash(&email.to_lowercase());
            let entry = self.entry(AuditRole::Anonymous, AuditAction::LoginRefused, &subject, None);
            self.change(Change::Nothing, entry).await?;
            return Err(Failure::Unauthenticated);
        };
        let plain = refresh::random_token();
        let next = self.refresh_row(&user.id, refresh::random_login_id(), &plain);
        let actor = Some(user.id.clone());
        let entry = self.entry(user.role.into(), AuditAction::LoggedIn, user.id.as_str(), None);
        self.change(Change::LogIn(next.clone()), AuditEntry { actor_id: actor, ..entry }).await?;
        log::info!("user.id" = user.id.as_str(), "user.role" = user.role.as_str(); "logged in");
        self.tokens(user, next.login_id, plain)
    }

    fn refresh_row(&self, user_id: &UserId, login_id: String, plain: &str) -> RefreshToken {
        let now = self.now();
        let lives = Millis::from_secs(i64::try_from(self.config.auth.refresh_token_ttl_s).unwrap_or(i64::MAX));
        RefreshToken {
            token_hash: refresh::token_hash(plain),
            login_id,
            user_id: user_id.clone(),
            created_at: now,
            expires_at: now + lives,
        }
    }

    fn tokens(&self, user: User, login_id: String, refresh_token: String) -> Result<Tokens, Failure> {
        let now = self.now();
        let expires_at = now + self.access_token_lives();
        let token = self.sign(&user, None, Some(login_id), expires_at)?;
        Ok(Tokens { token, refresh_token: Some(refresh_token), expires_at, user })
    }

    fn access_token_lives(&self) -> Millis {
        Millis::from_secs(i64::try_from(self.config.auth.access_token_ttl_s).unwrap_or(i64::MAX))
    }

    fn sign(
        &self,
        user: &User,
        chatbot_id: Option<ChatbotId>,
        login_id: Option<String>,
        expires_at: Timestamp,
    ) -> Result<String, Failure> {
        let claims = Claims {
            user_id: user.id.clone(),
            role: user.role,
            name: user.name.clone(),
            email: user.email.clone(),
            chatbot_id,
            login_id,
            issued_at: self.now(),
            expires_at,
        };
        let unusable = |_| invalid("sub", "cannot be used in a token");
        self.login.issuer.issue(&claims).map_err(unusable)
    }

    /// Uses a refresh token up for a new pair. One that was used before ends the whole login.
    ///
    /// # Errors
    /// [`Failure::Unauthenticated`]; the store's word.
    pub async fn refresh(&self, refresh_token: &str) -> Result<Tokens, Failure> {
        let plain = refresh::random_token();
        self.rotate(refresh_token, plain, Millis::ZERO).await
    }

    /// The same for browsers, whose tabs share a cookie and may send it at the same moment: within some seconds the
    /// same token is exchanged for the same one again.
    ///
    /// # Errors
    /// As [`Self::refresh`].
    pub async fn refresh_shared(&self, refresh_token: &str) -> Result<Tokens, Failure> {
        let plain = self.login.issuer.successor(refresh_token).map_err(|_| Failure::Unauthenticated)?;
        self.rotate(refresh_token, plain, REFRESH_GRACE).await
    }

    /// Ends the login that a refresh token belongs to; nothing when it is unknown.
    ///
    /// # Errors
    /// The store's word.
    pub async fn end_login_of(&self, refresh_token: &str) -> Result<(), Failure> {
        match self.store.login_of_refresh_token(&refresh::token_hash(refresh_token)).await? {
            Some(login_id) => self.end_login(login_id).await,
            None => Ok(()),
        }
    }

    async fn rotate(&self, refresh_token: &str, plain: String, grace: Millis) -> Result<Tokens, Failure> {
        let next = self.refresh_row(&UserId::from(""), String::new(), &plain);
        let old_hash = refresh::token_hash(refresh_token);
        match self.store.rotate_refresh_token(&old_hash, &next, self.now(), grace).await? {
            RefreshOutcome::Rotated { user_id, login_id } => {
                let user =
                    self.store.user(&user_id).await?.filter(|user| !user.disabled).ok_or(Failure::Unauthenticated)?;
                self.tokens(user, login_id, plain)
            }
            RefreshOutcome::Reused { login_id } => {
                log::warn!("login.id" = login_id.as_str(); "a refresh token was used twice; the login is ended");
                self.end_login(login_id).await?;
                Err(Failure::Unauthenticated)
            }
            RefreshOutcome::Invalid => Err(Failure::Unauthenticated),
        }
    }

    /// Ends a login: its refresh tokens are refused, its access tokens as well, its sockets close within a second.
    ///
    /// # Errors
    /// The store's word.
    pub async fn end_login(&self, login_id: String) -> Result<(), Failure> {
        let until = self.now() + self.access_token_lives().max(self.visitor_token_lives());
        self.store.revoke_login(&login_id, until).await?;
        self.forget_login(login_id);
        Ok(())
    }

    /// Refuses the access tokens of a login that has ended, and closes its sockets.
    pub(super) fn forget_login(&self, login_id: String) {
        self.revoked.write().unwrap_or_else(PoisonError::into_inner).insert(login_id.clone());
        self.router(RouterMessage::LoginRevoked(login_id));
    }

    /// An anonymous customer of one chatbot.
    ///
    /// # Errors
    /// An unknown chatbot, a bad name; the store's word.
    pub async fn new_visitor(
        &self,
        chatbot_id: &ChatbotId,
        name: Option<&str>,
        email: Option<String>,
    ) -> Result<Tokens, Failure> {
        if self.chatbot(chatbot_id).is_none() {
            return Err(invalid("chatbotId", "no such chatbot"));
        }
        let name = name.map_or_else(|| Ok("Visitor".to_owned()), |name| text::name("name", name))?;
        let now = self.now();
        let user = User {
            id: UserId::from(self.new_id()),
            role: Role::Customer,
            name,
            email,
            created_at: now,
            disabled: false,
        };
        let user = self.know(&user).await?;
        let login_id = format!("{VISITOR}{}", refresh::random_login_id());
        self.visitor_tokens(user, chatbot_id.clone(), login_id)
    }

    fn visitor_tokens(&self, user: User, chatbot_id: ChatbotId, login_id: String) -> Result<Tokens, Failure> {
        let expires_at = self.now() + self.visitor_token_lives();
        let token = self.sign(&user, Some(chatbot_id), Some(login_id), expires_at)?;
        Ok(Tokens { token, refresh_token: None, expires_at, user })
    }

    fn visitor_token_lives(&self) -> Millis {
        Millis::from_secs(i64::try_from(self.config.auth.visitor_token_ttl_s).unwrap_or(i64::MAX))
    }

    /// An anonymous customer's next token. The one in hand stays good until its end.
    ///
    /// # Errors
    /// `Forbidden` for who is no visitor of ours; the store's word.
    pub async fn refresh_visitor(&self, principal: &Principal) -> Result<Tokens, Failure> {
        let (login_id, chatbot_id) = visitor_of(principal)?;
        let user = self.store.user(&principal.user_id).await?.filter(|user| !user.disabled);
        self.visitor_tokens(user.ok_or(Failure::Unauthenticated)?, chatbot_id, login_id)
    }

    /// An anonymous customer says who they are with a token of the host application: the conversations become that
    /// person's, once, and the anonymous one ends with all its sockets. The conversations that moved.
    ///
    /// # Errors
    /// `Forbidden` for who is no visitor of ours, or became somebody else before; `Invalid` when the token is not
    /// believed or no customer's; the store's word.
    pub async fn identify(
        &self,
        visitor: &Principal,
        token: &str,
    ) -> Result<(Principal, Vec<ConversationId>), Failure> {
        let (login_id, chatbot_id) = visitor_of(visitor)?;
        let known = match self.authenticate(token).await {
            Ok(known) => known,
            Err(Failure::Unauthenticated) => return Err(invalid("token", "is not valid")),
            Err(failure) => return Err(failure),
        };
        let fits = known.role == Role::Customer
            && visitor_of(&known).is_err()
            && known.user_id != visitor.user_id
            && known.chatbot_id.as_ref().is_none_or(|bound| *bound == chatbot_id);
        if !fits {
            return Err(invalid("token", "is not that of a customer here"));
        }
        let (from, into) = (visitor.user_id.clone(), known.user_id.clone());
        let moved = match self.store.merge_customer(&from, &into, &known.name, self.now()).await? {
            MergeOutcome::Merged(moved) => moved,
            MergeOutcome::Repeated => Vec::new(),
            MergeOutcome::Refused => return Err(Failure::Rejected(Rejection::Forbidden)),
        };
        self.distrust(moved.iter().cloned());
        let request = Request::CustomerIdentified { from, into, name: known.name.clone(), online: false };
        self.request(request, self.new_request_id()).await?;
        self.end_login(login_id).await?;
        Ok((known, moved))
    }

    /// A token for a user of the host application.
    ///
    /// # Errors
    /// An id or name that cannot be used; the store's word.
    pub async fn mint(
        &self,
        user: User,
        chatbot_id: Option<ChatbotId>,
        lives: Option<Millis>,
    ) -> Result<Tokens, Failure> {
        let user = self.know(&user).await?;
        let expires_at = self.now() + lives.unwrap_or_else(|| self.access_token_lives());
        let details = object(KeyStyle::Camel, |o| {
            o.text("role", user.role.as_str()).time("expiresAt", expires_at);
        });
        let entry = self.entry(AuditRole::Internal, AuditAction::TokenMinted, user.id.as_str(), Some(details));
        self.change(Change::Nothing, entry).await?;
        let token = self.sign(&user, chatbot_id, None, expires_at)?;
        Ok(Tokens { token, refresh_token: None, expires_at, user })
    }

    /// Makes an agent who can log in.
    ///
    /// # Errors
    /// A bad password or name; the store's word.
    pub async fn new_agent(&self, by: &Principal, user: User, password: String) -> Result<(), Failure> {
        let hash = self.hash(password).await?;
        let email = user.email.clone().ok_or_else(|| invalid("email", "is missing"))?.to_lowercase();
        if self.is_taken(&email, &user.id).await? {
            return Err(invalid("email", "is in use"));
        }
        let credential = Credential { user_id: user.id.clone(), email, password_hash: hash };
        let entry = self.entry_of(by, AuditAction::AgentCreated, user.id.as_str(), None);
        let default_capacity = self.routing.default_capacity;
        let user_id = user.id.clone();
        let put = Change::PutLogin { user, credential: credential.clone(), default_capacity };
        match self.change(put, entry).await {
            // Two at once with one address: the database took one of them.
            Err(Failure::Store(StoreError::Aborted(_))) if self.is_taken(&credential.email, &user_id).await? => {
                Err(invalid("email", "is in use"))
            }
            Err(failure) => Err(failure),
            Ok(_) => Ok(()),
        }
    }

    async fn is_taken(&self, email: &str, user_id: &UserId) -> Result<bool, Failure> {
        Ok(self.store.credential(email).await?.is_some_and(|known| known.user_id != *user_id))
    }

    /// A password as it is stored.
    ///
    /// # Errors
    /// `Invalid`, when it is too weak.
    pub async fn hash(&self, password: String) -> Result<String, Failure> {
        let passwords = Arc::clone(&self.login.passwords);
        tokio::task::spawn_blocking(move || passwords.hash(&password))
            .await
            .map_err(|_| Failure::NoAnswer)?
            .map_err(|problem| invalid("password", &problem.to_string()))
    }

    /// What tells a request from others, as it may be stored.
    ///
    /// # Errors
    /// When the key of our tokens cannot be used.
    pub fn fingerprint(&self, request: &[u8]) -> Result<String, Failure> {
        self.login.issuer.fingerprint(request).map_err(|_| Failure::NoAnswer)
    }

    /// When the last access token ends that is given out now.
    pub fn tokens_end(&self) -> Timestamp {
        self.now() + self.access_token_lives()
    }

    /// How long a session may hang on after its goodbye.
    pub fn shutdown_timeout(&self) -> Millis {
        millis(self.config.server.shutdown_timeout_ms)
    }

    /// Whether the store takes writes and the supervisor has read it.
    ///
    /// # Errors
    /// What is not ready.
    pub async fn ready(&self) -> Result<(), Failure> {
        self.store.ping().await?;
        self.routing_state()
            .await
            .map(|_| ())
            .map_err(|_| StoreError::Aborted("the supervisor is reading the store".into()).into())
    }
}

/// The login and the chatbot of an anonymous customer of ours.
fn visitor_of(principal: &Principal) -> Result<(String, ChatbotId), Failure> {
    let login_id = principal.login_id.clone().filter(|id| id.starts_with(VISITOR));
    let visitor = login_id.zip(principal.chatbot_id.clone()).filter(|_| principal.role == Role::Customer);
    visitor.ok_or(Failure::Rejected(Rejection::Forbidden))
}

fn invalid(field: &str, message: &str) -> Failure {
    Failure::Rejected(Rejection::Invalid { field: field.to_owned(), message: message.to_owned() })
}
