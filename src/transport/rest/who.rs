//! Who asks: the token of a request, and what the table says to it.

use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};

use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::{FromRequest, HttpMessage, HttpRequest, web};

use crate::actors::failure::Failure;
use crate::actors::messages::Caller;
use crate::actors::node::{Node, permitted};
use crate::auth::demo::DemoLogins;
use crate::auth::policy::{self, Action, Relation};
use crate::auth::secret;
use crate::domain::command::Command;
use crate::domain::event::Reply;
use crate::domain::ids::{ConversationId, RequestId, UserId};
use crate::domain::rejection::Rejection;
use crate::domain::room::RoomRecord;
use crate::domain::session::{Limiter, RateLimit, Taken};
use crate::domain::time::Millis;
use crate::domain::user::Principal;
use crate::files::Files;

use super::super::sockets::Worker;
use super::super::ws::bearer;
use super::answer::ApiError;
use super::once::Running;
use crate::protocol::json::KeyStyle;

/// What all worker threads share for REST.
#[derive(Clone, Default)]
pub struct Shared {
    attempts: Arc<Mutex<HashMap<String, Limiter>>>,
    demo: Option<Arc<DemoLogins>>,
    files: Option<Files>,
    pub(super) running: Running,
}

impl Shared {
    /// With the logins of a fresh installation, when they are to be shown.
    #[must_use]
    pub fn with_demo(demo: Option<Arc<DemoLogins>>) -> Self {
        Self { demo, ..Self::default() }
    }

    /// With a place for files.
    #[must_use]
    pub fn with_files(self, files: Files) -> Self {
        Self { files: Some(files), ..self }
    }

    /// Where files lie.
    pub fn files(&self) -> Option<&Files> {
        self.files.as_ref()
    }

    /// The logins of a fresh installation, when they are to be shown.
    pub fn demo(&self) -> Option<&DemoLogins> {
        self.demo.as_deref()
    }

    /// Counts an attempt of `whom` against a limit a minute.
    ///
    /// # Errors
    /// [`Rejection::RateLimited`].
    pub fn attempt(&self, node: &Node, whom: String, per_minute: u32) -> Result<(), Rejection> {
        let limit = RateLimit { count: per_minute, window: Millis::from_secs(60) };
        let mut attempts = self.attempts.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if attempts.len() > 10_000 {
            // Whoever is forgotten gets a fresh minute; that is kinder than growing without bound.
            attempts.clear();
        }
        match attempts.entry(whom).or_default().take(node.now(), limit, 0) {
            Taken::Yes => Ok(()),
            Taken::No { retry_after } | Taken::Abuse { retry_after } => Err(Rejection::RateLimited { retry_after }),
        }
    }
}

/// A request's caller: a known person, the host's server, or nobody.
#[derive(Clone)]
pub struct Who {
    /// The node.
    pub node: Arc<Node>,
    /// Correlates the log lines.
    pub request_id: RequestId,
    principal: Option<Arc<Principal>>,
    internal: bool,
    client_id: Option<String>,
    keys: KeyStyle,
}

impl FromRequest for Who {
    type Error = ApiError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, ApiError>>>>;

    fn from_request(req: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        if let Some(known) = req.extensions().get::<Self>() {
            return Box::pin(std::future::ready(Ok(known.clone())));
        }
        let req = req.clone();
        Box::pin(async move {
            let worker = req.app_data::<web::Data<Worker>>().ok_or(Failure::NoAnswer)?;
            let node = Arc::clone(&worker.node);
            let header = |name| req.headers().get(name).and_then(|value: &header::HeaderValue| value.to_str().ok());
            let request_id = request_id(&req).ok_or(Failure::NoAnswer)?;
            let principal = match header("authorization").and_then(bearer) {
                Some(token) => {
                    let found = node.authenticate(token).await;
                    Some(Arc::new(found.map_err(|failure| ApiError::of(failure, request_id.as_str()))?))
                }
                None => None,
            };
            let wanted = node.config().auth.internal_secret.as_ref();
            let internal = match (wanted, header("x-internal-secret")) {
                (Some(wanted), Some(given)) => secret::equal(wanted.expose(), given),
                _ => false,
            };
            // Seed 003's part.
            let is_messages = req.match_pattern().is_some_and(|path| path.contains("/api/v1/messages/"));
            let keys = if is_messages { KeyStyle::Snake } else { KeyStyle::Camel };
            Ok(Self { node, request_id, principal, internal, client_id: None, keys })
        })
    }
}

/// What correlates the log lines and the answer of a request: the caller's word for it, or ours.
pub fn request_id(req: &HttpRequest) -> Option<RequestId> {
    if let Some(known) = req.extensions().get::<RequestId>() {
        return Some(known.clone());
    }
    let worker = req.app_data::<web::Data<Worker>>()?;
    let given = req.headers().get("x-request-id").and_then(|value| value.to_str().ok());
    let id = given
        .filter(|id| !id.is_empty() && id.len() <= 64 && id.chars().all(|c| c.is_ascii_graphic()))
        .map_or_else(|| worker.node.new_request_id(), RequestId::from);
    req.extensions_mut().insert(id.clone());
    Some(id)
}

impl Who {
    /// Whose keys this caller's `Idempotency-Key` is among: the host's server has a name that is nobody's.
    pub(super) fn keyed_as(&self) -> Option<UserId> {
        match (&self.principal, self.internal) {
            (Some(principal), _) => Some(principal.user_id.clone()),
            (None, true) => Some(UserId::from("")),
            (None, false) => None,
        }
    }

    /// With the client id that its `Idempotency-Key` stands for.
    #[must_use]
    pub(super) fn keyed(self, client_id: String) -> Self {
        Self { client_id: Some(client_id), ..self }
    }

    /// For a command whose client id was not given: a repeat with the same `Idempotency-Key` gets the same again.
    pub fn client_id(&self) -> String {
        self.client_id.clone().unwrap_or_else(|| self.node.new_id())
    }

    fn caller(&self) -> policy::Caller {
        match (&self.principal, self.internal) {
            (Some(principal), _) => principal.role.into(),
            (None, true) => policy::Caller::InternalSecret,
            (None, false) => policy::Caller::Anonymous,
        }
    }

    /// Whether the host's server asks.
    pub fn is_internal(&self) -> bool {
        self.internal
    }

    /// The known person.
    ///
    /// # Errors
    /// `unauthenticated`.
    pub fn known(&self) -> Result<&Arc<Principal>, ApiError> {
        self.principal.as_ref().ok_or_else(|| self.refused(Failure::Unauthenticated))
    }

    /// An error that carries this request's id.
    pub fn refused(&self, failure: impl Into<crate::protocol::error::WireError>) -> ApiError {
        ApiError::in_style(failure, self.request_id.as_str(), self.keys)
    }

    /// Whether the caller may do something that is about nothing there already.
    ///
    /// # Errors
    /// The table's refusal.
    pub fn may(&self, action: Action) -> Result<(), ApiError> {
        self.may_to(action, Relation::None)
    }

    /// Whether the caller may do something to what it stands in `relation` to.
    ///
    /// # Errors
    /// The table's refusal.
    pub fn may_to(&self, action: Action, relation: Relation) -> Result<(), ApiError> {
        permitted(policy::allows(self.caller(), action, relation)).map_err(|failure| self.refused(failure))
    }

    /// A conversation as stored, if the caller may do `action` to it.
    ///
    /// # Errors
    /// `not_found` for what does not exist and for what may not be seen alike.
    pub async fn conversation(&self, action: Action, id: &ConversationId) -> Result<RoomRecord, ApiError> {
        if let (None, true) = (&self.principal, self.internal) {
            let record = self.node.record(id).await.map_err(|failure| self.refused(failure))?;
            let relation = if record.is_some() { Relation::Other } else { Relation::None };
            self.may_to(action, relation)?;
            return record.ok_or_else(|| self.refused(Rejection::NotFound));
        }
        let principal = self.known()?;
        self.node.conversation_for(principal, action, id).await.map_err(|failure| self.refused(failure))
    }

    /// Gives a command in the caller's name.
    ///
    /// # Errors
    /// Whatever it is refused with.
    pub async fn execute(&self, command: Command) -> Result<Reply, ApiError> {
        let principal = Arc::clone(self.known()?);
        self.execute_as(principal, command).await
    }

    /// Gives a command in somebody's name.
    ///
    /// # Errors
    /// Whatever it is refused with.
    pub async fn execute_as(&self, principal: Arc<Principal>, command: Command) -> Result<Reply, ApiError> {
        let caller = Caller { principal, session: None };
        let answer = self.node.execute(caller, command, self.request_id.clone()).await;
        answer.map_err(|failure| self.refused(failure))
    }
}
