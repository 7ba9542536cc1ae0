//! The embedding API: the whole engine inside a host's own actix-web server.
//!
//! ```no_run
//! use actix_web::{App, HttpServer};
//! use switchboard::engine::Engine;
//!
//! # #[actix_web::main]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let engine = Engine::builder().database_url("sqlite:data/host.db").start().await?;
//! let mounted = engine.clone();
//! HttpServer::new(move || {
//!     let engine = mounted.clone();
//!     App::new().service(actix_web::web::scope("/support").configure(move |config| engine.configure(config)))
//! })
//! .on_connect(switchboard::engine::on_connect)
//! .bind(("127.0.0.1", 8080))?
//! .run()
//! .await?;
//! # Ok(())
//! # }
//! ```

mod handle;

pub use crate::actors::node::{Carried, NewWebhook, WebhookChange};
pub use handle::{EngineHandle, EventStream, Started, User};

use std::any::Any;
use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::Extensions;
use actix_web::web;

use crate::actors::lifecycle::Spawner;
use crate::actors::node::{Assistants, EventSink, Login, Node, Parts};
use crate::assistant::knowledge::KnowledgeAssistant;
use crate::assistant::provider::{Provider, ProviderSettings, SettingsError};
use crate::assistant::{Assistant, Retrieval};
use crate::auth::Authenticator;
use crate::auth::demo::{DemoLogin, DemoLogins};
use crate::auth::passwords::Passwords;
use crate::auth::tokens::TokenVerifier;
use crate::clock::{Clock, SystemClock};
use crate::config::{self, Config};
use crate::domain::escalation::{MostFreeFirst, RoutingPolicy};
use crate::domain::time::Timestamp;
use crate::domain::wait::{QlmEstimator, WaitEstimator};
use crate::files::{Files, FilesError};
use crate::first_start::{self, FirstStart, FirstStartError, Welcome};
use crate::keyring::{self, KeysError};
use crate::store::{self, Store, StoreError};
use crate::transport::pages::Pages;
use crate::transport::rest::who::Shared;
use crate::transport::socket_io::{self, EngineIo};
use crate::transport::sockets::Worker;
use crate::transport::ws::{self, ConnectionBudget};
use crate::webhooks::Webhooks;

/// Threads for rooms, agents, router and supervisor.
const ACTOR_THREADS: usize = 2;

/// Why an engine did not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EngineError {
    /// The store did not open, or holds something unreadable.
    #[error("database: {0}")]
    Store(#[from] StoreError),
    /// The keys for tokens cannot be had.
    #[error("{0}")]
    Keys(#[from] KeysError),
    /// The first start did not come to its end.
    #[error("first start: {0}")]
    FirstStart(#[from] FirstStartError),
    /// An assistant cannot be made from its settings.
    #[error("{0}")]
    Assistant(#[from] SettingsError),
    /// The folder with the pages cannot be read.
    #[error("pages.folder: {0}")]
    Pages(String),
    /// The place for attachments cannot be had.
    #[error("attachments: {0}")]
    Files(#[from] FilesError),
    /// Passwords cannot be hashed on this machine.
    #[error("passwords: {0}")]
    Passwords(#[from] crate::auth::passwords::PasswordError),
}

/// Puts an engine together. Everything has a default; a host replaces what it owns itself.
#[derive(Default)]
pub struct EngineBuilder {
    config: Config,
    store: Option<Arc<dyn Store>>,
    clock: Option<Arc<dyn Clock>>,
    policy: Option<Arc<dyn RoutingPolicy>>,
    estimator: Option<Arc<dyn WaitEstimator>>,
    authenticator: Option<Arc<dyn Authenticator>>,
    sink: Option<Arc<dyn EventSink>>,
    assistant: Option<Arc<dyn Assistant>>,
    here: bool,
    show_demo: bool,
}

impl EngineBuilder {
    /// All settings at once.
    #[must_use]
    pub fn config(mut self, config: Config) -> Self {
        self.config = config;
        self
    }

    /// `sqlite:PATH` or `postgres://…`.
    #[must_use]
    pub fn database_url(mut self, url: &str) -> Self {
        self.config.database.url = crate::config::PrivateUrl::new(url);
        self
    }

    /// A store that is open already, or a host's own.
    #[must_use]
    pub fn store(mut self, store: Arc<dyn Store>) -> Self {
        self.store = Some(store);
        self
    }

    /// Another source of time.
    #[must_use]
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = Some(clock);
        self
    }

    /// Another way to choose agents than R7.
    #[must_use]
    pub fn routing_policy(mut self, policy: Arc<dyn RoutingPolicy>) -> Self {
        self.policy = Some(policy);
        self
    }

    /// Another estimate of waiting times than QLm.
    #[must_use]
    pub fn wait_estimator(mut self, estimator: Arc<dyn WaitEstimator>) -> Self {
        self.estimator = Some(estimator);
        self
    }

    /// Another judge of tokens; ours accepts tokens signed with the settings' keys.
    #[must_use]
    pub fn authenticator(mut self, authenticator: Arc<dyn Authenticator>) -> Self {
        self.authenticator = Some(authenticator);
        self
    }

    /// Gets every event. Must not block.
    #[must_use]
    pub fn event_sink(mut self, sink: Arc<dyn EventSink>) -> Self {
        self.sink = Some(sink);
        self
    }

    /// Answers before a human does, in place of the assistants that `[assistant]` names.
    #[must_use]
    pub fn assistant(mut self, assistant: Arc<dyn Assistant>) -> Self {
        self.assistant = Some(assistant);
        self
    }

    /// Shows the logins of a fresh installation to a newcomer at this machine, as `[demo]` says. For a server of one's
    /// own that listens where `[server] host` says; not for a host application.
    #[must_use]
    pub fn show_demo_logins(mut self) -> Self {
        self.show_demo = true;
        self
    }

    /// Runs all actors on the present thread instead of threads of their own.
    #[must_use]
    pub fn on_this_thread(mut self) -> Self {
        self.here = true;
        self
    }

    /// Opens and migrates the database, does what a first start needs, and starts the actors.
    ///
    /// Must be called on a thread of an actix system (`#[actix_web::main]`).
    ///
    /// # Errors
    /// [`EngineError`].
    pub async fn start(self) -> Result<Engine, EngineError> {
        let config = self.config;
        let store = match self.store {
            Some(store) => store,
            None => open_store(&config).await?,
        };
        let (issuer, verifier): (_, TokenVerifier) = keyring::open(&config.auth)?;
        let passwords = Arc::new(Passwords::new()?);
        let clock = self.clock.unwrap_or_else(|| Arc::new(SystemClock));
        let wishes = FirstStart {
            admin_email: config.auth.admin_email.clone(),
            admin_password: config.auth.admin_password.as_ref().map(|password| password.expose().to_owned()),
            default_capacity: config.routing.settings().default_capacity,
            now: clock.now(),
        };
        let welcome = first_start::first_start(store.as_ref(), &passwords, &wishes).await?;
        let demo =
            if self.show_demo { demo_logins(&config, store.as_ref(), &welcome, clock.now()).await? } else { None };
        let pages = Pages::open(&config.pages).map_err(|error| EngineError::Pages(error.to_string()))?;
        let assistants = assistants(&config.assistant, self.assistant, &clock)?;
        let spawner = if self.here { Spawner::default() } else { Spawner::new(threads()) };
        let files = Files::new(config.attachments.clone())?;
        let render = crate::protocol::webhook::body;
        let webhooks = Webhooks::start(Arc::clone(&store), Arc::clone(&clock), &config.webhooks, render).await?;
        let node = Node::start(Parts {
            config: Arc::new(config),
            store,
            clock,
            policy: self.policy.unwrap_or_else(|| Arc::new(MostFreeFirst)),
            estimator: self.estimator.unwrap_or_else(|| Arc::new(QlmEstimator)),
            authenticator: self.authenticator.unwrap_or_else(|| Arc::new(verifier)),
            login: Login { issuer, passwords },
            sink: self.sink,
            assistants,
            webhooks,
            spawner,
        })
        .await?;
        let (budget, shared) = (ConnectionBudget::default(), Shared::with_demo(demo.map(Arc::new)).with_files(files));
        let engine_io = EngineIo::new(socket_io::settings(node.config()), Arc::clone(node.clock()), budget.clone());
        Ok(Engine { node, budget, engine_io, shared, welcome: Arc::new(welcome), pages })
    }
}

/// The host's own, or those that the settings name. A provider without its key is left out, unless it is the one that
/// is to answer.
fn assistants(
    settings: &config::Assistant,
    own: Option<Arc<dyn Assistant>>,
    clock: &Arc<dyn Clock>,
) -> Result<Assistants, EngineError> {
    if let Some(own) = own {
        return Ok(Assistants::new(settings.clone(), vec![Arc::clone(&own)], Some(own)));
    }
    if settings.provider == config::Provider::Off {
        return Ok(Assistants::new(settings.clone(), Vec::new(), None));
    }
    let knowledge = Arc::new(KnowledgeAssistant::open(&settings.knowledge_dir, Arc::clone(clock)));
    let articles: Arc<dyn Retrieval> = Arc::<KnowledgeAssistant>::clone(&knowledge);
    let with_articles =
        |provider: Provider| -> Arc<dyn Assistant> { Arc::new(provider.with_retrieval(Arc::clone(&articles))) };
    let openai = Provider::openai(ProviderSettings::openai(settings)).map(with_articles);
    let anthropic = Provider::anthropic(ProviderSettings::anthropic(settings)).map(with_articles);
    let standard: Arc<dyn Assistant> = match settings.provider {
        config::Provider::OpenAi => Arc::clone(openai.as_ref().map_err(Clone::clone)?),
        config::Provider::Anthropic => Arc::clone(anthropic.as_ref().map_err(Clone::clone)?),
        config::Provider::Knowledge | config::Provider::Off => Arc::<KnowledgeAssistant>::clone(&knowledge),
    };
    let mut all: Vec<Arc<dyn Assistant>> = vec![knowledge];
    all.extend(openai);
    all.extend(anthropic);
    Ok(Assistants::new(settings.clone(), all, Some(standard)))
}

/// Kept only where nobody else can come by: a server that others reach shows no passwords.
async fn demo_logins(
    config: &Config,
    store: &dyn Store,
    welcome: &Welcome,
    now: Timestamp,
) -> Result<Option<DemoLogins>, StoreError> {
    let host = config.server.host.trim_matches(['[', ']']);
    let loopback = host == "localhost" || host.parse().is_ok_and(|address: IpAddr| address.is_loopback());
    let kept = DemoLogins::open(Path::new(&config.demo.logins_path), &store.epoch().await?);
    if !config.demo.enabled || !loopback {
        // What an earlier start kept is not for this one, nor for a later one.
        kept.forget();
        return Ok(None);
    }
    let mut logins = Vec::new();
    for login in &welcome.logins {
        let Some(credential) = store.credential(&login.email).await? else { continue };
        let user = store.user(&credential.user_id).await?;
        logins.push(DemoLogin {
            role: login.role.as_str().to_owned(),
            name: user.map_or_else(String::new, |user| user.name),
            email: login.email.clone(),
            password: login.password.clone(),
            password_hash: credential.password_hash,
        });
    }
    if !logins.is_empty()
        && let Err(error) = kept.keep(&store.epoch().await?, now, logins)
    {
        log::warn!(error:display; "the demo logins cannot be written to demo.logins_path; a restart will not know them");
    }
    Ok(Some(kept))
}

fn threads() -> Vec<actix_rt::ArbiterHandle> {
    (0..ACTOR_THREADS).map(|_| actix_rt::Arbiter::new().handle()).collect()
}

/// Opens and, unless the settings say otherwise, migrates the database that the settings name.
///
/// # Errors
/// The store's word.
pub async fn open_store(config: &Config) -> Result<Arc<dyn Store>, StoreError> {
    let database = &config.database;
    let options = store::Options {
        pool_size: database.pool_size,
        acquire_timeout: Duration::from_millis(database.acquire_timeout_ms),
        busy_timeout: Duration::from_millis(database.busy_timeout_ms),
    };
    let store = store::open(database.url.expose(), options).await?;
    if config.database.migrate {
        store.migrate().await?;
    }
    Ok(store)
}

/// A running engine. Cheap to clone.
#[derive(Clone)]
pub struct Engine {
    node: Arc<Node>,
    budget: ConnectionBudget,
    engine_io: EngineIo,
    shared: Shared,
    welcome: Arc<Welcome>,
    pages: Option<Pages>,
}

impl Engine {
    /// Begins to put one together.
    pub fn builder() -> EngineBuilder {
        EngineBuilder::default()
    }

    /// Mounts sockets, REST and (unless `pages.enabled` is off) the pages; call it in the `App` factory, under any scope.
    pub fn configure(&self, config: &mut web::ServiceConfig) {
        let limits = self.node.limits();
        config
            .app_data(web::Data::new(Worker::new(Arc::clone(&self.node), self.budget.clone())))
            .app_data(web::Data::new(self.engine_io.clone()))
            .app_data(web::Data::new(self.shared.clone()))
            .app_data(web::PayloadConfig::new(limits.body_bytes));
        crate::transport::rest::configure(config, self.pages.as_ref());
    }

    /// The way to do from Rust what clients do over sockets and REST.
    pub fn handle(&self) -> EngineHandle {
        EngineHandle::new(Arc::clone(&self.node))
    }

    /// Who can log in after a first start, with their passwords. Empty on every other start. Print it once.
    pub fn welcome(&self) -> &Welcome {
        &self.welcome
    }

    /// The process's parts, for those who go deeper.
    pub fn node(&self) -> &Arc<Node> {
        &self.node
    }

    /// Tells all clients to come back later, finishes what is being committed, closes their sockets, and waits for what is
    /// on its way to webhooks.
    pub async fn drain(&self) {
        self.node.drain().await;
        let until = self.node.now() + self.node.shutdown_timeout();
        tokio::select! {
            () = self.node.webhooks().drain() => {}
            () = self.node.clock().sleep_until(until) => {}
        }
        while self.budget.open() > 0 && self.node.now() < until {
            let soon = self.node.now() + crate::domain::time::Millis::new(20);
            self.node.clock().sleep_until(soon).await;
        }
    }

    /// Ends the actors. Call it after the server has stopped.
    pub fn stop(&self) {
        self.node.stop();
    }
}

/// For `HttpServer::on_connect`: without it a client that stops reading cannot be cut from outside.
pub fn on_connect(io: &dyn Any, data: &mut Extensions) {
    ws::remember_connection(io, data);
}
