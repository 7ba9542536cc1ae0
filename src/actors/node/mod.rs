//! One process: its actors, its store, its clock, and the ways to reach them.

mod access;
mod assistants;
mod conversations;
mod delivery;
mod host_events;
mod messaging;
pub mod people;
mod records;
mod watch;
mod webhooks;

pub use access::{permitted, relation};
pub use assistants::Assistants;
pub(super) use delivery::conversations_of;
pub use host_events::{Carried, reader};
pub use messaging::NewMessaging;
pub use people::Login;
pub use webhooks::{NewWebhook, WebhookChange};

use std::collections::{BTreeMap, HashSet};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, RwLock};

use actix::Addr;
use tokio::sync::{broadcast, mpsc, oneshot};

use crate::auth::Authenticator;
use crate::clock::Clock;
use crate::config::{Config, Limits};
use crate::domain::chatbot::{Chatbot, Reachability, RoutingSettings};
use crate::domain::command::Topic;
use crate::domain::connections::Census;
use crate::domain::escalation::{Request, RoutingPolicy, State};
use crate::domain::event::{Audience, Event, QueueRow, Reply};
use crate::domain::ids::{ChatbotId, ConversationId, IdGenerator, RequestId, UserId};
use crate::domain::rejection::Rejection;
use crate::domain::restart::Intensity;
use crate::domain::session::{RateLimit, SessionSettings, WindowSettings};
use crate::domain::time::{Millis, Timestamp};
use crate::domain::wait::WaitEstimator;
use crate::store::{Store, StoreError, Writer, WriterSettings};
use crate::webhooks::Webhooks;

use super::escalation::SupervisorActor;
use super::failure::Failure;
use super::lifecycle::{Ending, Slot, Spawner, Watch};
use super::messages::{Answer, CaseView, HubMessage, Look, ReplyTo, RoomMessage, RouterMessage, SupervisorMessage};
use super::router::RouterActor;
use super::session::hub::Hub;
use super::tell::{Overflow, Undelivered, tell};

/// An answer that does not come within this is "nobody knows".
const ANSWER_WITHIN: Millis = Millis::from_secs(15);
/// Events that a subscriber of the library may be behind.
const SUBSCRIBER_LAG: usize = 4096;

/// Customers without an answer that are seen to at a start.
const UNANSWERED: i64 = 10_000;

/// An event with its audience, as the library's subscribers and sinks see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Published {
    /// Whom it is for.
    pub to: Audience,
    /// What happened.
    pub event: Event,
}

/// Where a host application gets every event, in the order of this process. Must not block.
pub trait EventSink: Send + Sync + 'static {
    /// Something happened.
    fn publish(&self, published: &Published);
}

/// What a node is made of.
pub struct Parts {
    /// The settings.
    pub config: Arc<Config>,
    /// Where everything durable lives; migrated already.
    pub store: Arc<dyn Store>,
    /// The source of time.
    pub clock: Arc<dyn Clock>,
    /// R7 or a host's own.
    pub policy: Arc<dyn RoutingPolicy>,
    /// The estimate or a host's own.
    pub estimator: Arc<dyn WaitEstimator>,
    /// Whose tokens are believed.
    pub authenticator: Arc<dyn Authenticator>,
    /// Issues tokens for logins and visitors.
    pub login: Login,
    /// A host's own listener.
    pub sink: Option<Arc<dyn EventSink>>,
    /// Who answers before a human does.
    pub assistants: Assistants,
    /// Who tells the host application's server.
    pub webhooks: Webhooks,
    /// Where actors run.
    pub spawner: Spawner,
}

/// One process of the engine.
pub struct Node {
    config: Arc<Config>,
    routing: RoutingSettings,
    session_settings: Arc<SessionSettings>,
    quiet_session_settings: Arc<SessionSettings>,
    store: Arc<dyn Store>,
    writer: Writer,
    clock: Arc<dyn Clock>,
    policy: Arc<dyn RoutingPolicy>,
    estimator: Arc<dyn WaitEstimator>,
    authenticator: Arc<dyn Authenticator>,
    login: Login,
    sink: Option<Arc<dyn EventSink>>,
    assistants: Assistants,
    webhooks: Webhooks,
    published: broadcast::Sender<Arc<Published>>,
    spawner: Spawner,
    router: Slot<RouterActor>,
    supervisor: Slot<SupervisorActor>,
    hubs: Mutex<Vec<Addr<Hub>>>,
    ended: mpsc::UnboundedSender<Ended>,
    ids: Mutex<IdGenerator>,
    lives: AtomicU64,
    epoch: String,
    revoked: RwLock<HashSet<String>>,
    /// Agents that the supervisor has surely heard of in this life of the process.
    introduced: Mutex<HashSet<UserId>>,
    chatbots: RwLock<BTreeMap<ChatbotId, Chatbot>>,
    stopping: AtomicBool,
    watching: Arc<watch::Watching>,
    host_events: host_events::HostEvents,
    watchers: AtomicUsize,
}

/// One of the two actors that the node itself watches has ended.
#[derive(Clone, Copy, Debug)]
enum Ended {
    Router(Ending),
    Supervisor(Ending),
}

impl Node {
    /// Starts writer, router and supervisor. The store must be migrated.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn start(parts: Parts) -> Result<Arc<Self>, StoreError> {
        let epoch = parts.store.epoch().await?;
        let now = parts.clock.now();
        let revoked = parts.store.revoked_logins(now).await?.into_iter().collect();
        let chatbots = parts.store.chatbots().await?.into_iter().map(|bot| (bot.id.clone(), bot)).collect();
        let router = Slot::default();
        let telling = parts.webhooks.clone();
        let writer = Writer::start_telling(
            Arc::clone(&parts.store),
            WriterSettings { max_batch: parts.config.database.batch_items, ..WriterSettings::default() },
            delivery::to_rooms(Slot::clone(&router), parts.webhooks.clone()),
            Arc::new(move || telling.telling()),
        );
        let (ended, mut ends) = mpsc::unbounded_channel();
        let node = Arc::new(Self {
            routing: parts.config.routing.settings(),
            session_settings: Arc::new(session_settings(&parts.config)),
            quiet_session_settings: Arc::new(SessionSettings {
                heartbeat: Millis::ZERO,
                ..session_settings(&parts.config)
            }),
            config: parts.config,
            store: parts.store,
            writer,
            clock: parts.clock,
            policy: parts.policy,
            estimator: parts.estimator,
            authenticator: parts.authenticator,
            login: parts.login,
            sink: parts.sink,
            assistants: parts.assistants,
            webhooks: parts.webhooks,
            published: broadcast::Sender::new(SUBSCRIBER_LAG),
            spawner: parts.spawner,
            router,
            supervisor: Slot::default(),
            hubs: Mutex::new(Vec::new()),
            ended,
            ids: Mutex::new(IdGenerator::new(rand::random())),
            lives: AtomicU64::new(0),
            epoch,
            revoked: RwLock::new(revoked),
            introduced: Mutex::default(),
            chatbots: RwLock::new(chatbots),
            stopping: AtomicBool::new(false),
            watching: Arc::default(),
            host_events: host_events::HostEvents::default(),
            watchers: AtomicUsize::new(0),
        });
        node.start_router();
        node.start_supervisor();
        node.start_watch();
        node.warn_of_absent_assistants();
        node.answer_the_unanswered(now).await?;
        node.start_host_events().await?;
        let warden = Arc::downgrade(&node);
        actix_rt::spawn(async move {
            let (mut routers, mut supervisors) = (Intensity::default(), Intensity::default());
            while let Some(ended) = ends.recv().await {
                let Some(node) = warden.upgrade() else { break };
                node.restart(ended, &mut routers, &mut supervisors).await;
            }
        });
        Ok(node)
    }

    /// A chatbot may name an assistant that this process has no key for; the installation's answers in its place.
    fn warn_of_absent_assistants(&self) {
        for bot in self.chatbots() {
            let named = bot.assistant.provider.as_deref();
            if let Some(named) = named.filter(|named| self.assistants.is_on() && !self.assistants.has(named)) {
                log::warn!(
                    "chatbot.id" = bot.id.as_str(), "assistant.provider" = named;
                    "the chatbot's assistant is not set up here; the installation's answers in its place"
                );
            }
        }
    }

    /// Opens the rooms where the last life left a customer without an answer; older ones have given up.
    async fn answer_the_unanswered(&self, now: Timestamp) -> Result<(), StoreError> {
        if !self.assistants.is_on() {
            return Ok(());
        }
        let since = Timestamp::from_millis(now.as_millis() - self.routing.idle_timeout.get());
        for conversation_id in self.store.unanswered(since, UNANSWERED).await? {
            self.router(RouterMessage::ToRoom { conversation_id, message: RoomMessage::Reopen, only_if_live: false });
        }
        Ok(())
    }

    /// Who answers before a human does.
    pub fn assistants(&self) -> &Assistants {
        &self.assistants
    }

    async fn restart(self: &Arc<Self>, ended: Ended, routers: &mut Intensity, supervisors: &mut Intensity) {
        if self.stopping.load(Ordering::Acquire) {
            return;
        }
        let now = self.now();
        let (kind, ending, at) = match ended {
            Ended::Router(ending) => ("router", ending, routers.admit(now)),
            Ended::Supervisor(ending) => ("supervisor", ending, supervisors.admit(now)),
        };
        log::warn!(
            "actor.kind" = kind, "actor.ending":debug = ending, "restart.delay_ms" = at.since(now).get();
            "actor is restarted from the store"
        );
        self.clock.sleep_until(at).await;
        match ended {
            Ended::Router(_) => self.start_router(),
            Ended::Supervisor(_) => self.start_supervisor(),
        }
    }

    fn start_router(self: &Arc<Self>) {
        let (node, ended) = (Arc::clone(self), self.ended.clone());
        let hubs = self.hubs.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone();
        let watch = watching(ended, Ended::Router);
        // The hubs answer its first question at once.
        let known = |addr: &Addr<RouterActor>| self.router.set(Some(addr.clone()));
        self.spawner.start_known(super::router::MAILBOX, known, move |_| RouterActor::new(node, hubs, watch));
    }

    fn start_supervisor(self: &Arc<Self>) {
        let (node, ended) = (Arc::clone(self), self.ended.clone());
        let watch = watching(ended, Ended::Supervisor);
        let known = |addr: &Addr<SupervisorActor>| self.supervisor.set(Some(addr.clone()));
        self.spawner.start_known(super::escalation::MAILBOX, known, move |_| SupervisorActor::new(node, watch));
    }

    /// To the router. Between two lives of it the message is gone; whoever waits for its answer is told that nobody
    /// knows.
    pub fn router(&self, message: RouterMessage) {
        let Some(router) = self.router.get() else { return };
        if let Err(Undelivered::Gone(message)) = tell(&router, message, Overflow::Force)
            && let Some(next) = self.router.get().filter(|next| *next != router)
        {
            // The next life began in this moment; if it is gone as well, see above.
            let _ = tell(&next, message, Overflow::Force);
        }
    }

    /// The rooms of these conversations read their rows again: what they hold may be wrong.
    pub fn distrust(&self, conversations: impl IntoIterator<Item = ConversationId>) {
        for conversation_id in conversations {
            self.router(RouterMessage::ToRoom { conversation_id, message: RoomMessage::Distrust, only_if_live: true });
        }
    }

    /// To the supervisor. Requests are refused when it cannot keep up.
    pub fn supervisor(&self, message: SupervisorMessage) {
        let Some(supervisor) = self.supervisor.get() else { return };
        let overflow = match message {
            SupervisorMessage::Ask { .. } | SupervisorMessage::Look(_) => Overflow::Refuse,
            _ => Overflow::Force,
        };
        if let Err(Undelivered::Full(SupervisorMessage::Ask { reply, .. })) = tell(&supervisor, message, overflow) {
            reply.send(Err(Failure::Overloaded("supervisor")));
        }
    }

    /// Asks the supervisor to decide something, for those who can wait.
    ///
    /// # Errors
    /// What the supervisor answers, or [`Failure::NoAnswer`].
    pub async fn request(&self, request: Request, request_id: RequestId) -> Answer {
        let (sender, receiver) = oneshot::channel();
        self.supervisor(SupervisorMessage::Ask {
            request: Box::new(request),
            request_id,
            reply: ReplyTo::waiting(sender),
            audit: None,
        });
        self.within(receiver).await?
    }

    /// Waits for an answer, but not for ever.
    async fn within<T>(&self, receiver: oneshot::Receiver<T>) -> Result<T, Failure> {
        let late = self.clock.sleep_until(self.now() + ANSWER_WITHIN);
        tokio::select! {
            answer = receiver => answer.map_err(|_| Failure::NoAnswer),
            () = late => Err(Failure::NoAnswer),
        }
    }

    /// How a conversation stands with the supervisor. `seen`: the customer polls, which is a sign of life.
    ///
    /// # Errors
    /// [`Failure::NoAnswer`] while the supervisor reads the store.
    pub async fn case(&self, id: &ConversationId, seen: bool) -> Result<CaseView, Failure> {
        let (reply, receiver) = oneshot::channel();
        let conversation_id = id.clone();
        self.supervisor(SupervisorMessage::Look(Look::Case { conversation_id, seen, reply }));
        self.within(receiver).await
    }

    /// The queue in order, with the number its deltas go on from.
    ///
    /// # Errors
    /// [`Failure::NoAnswer`] while the supervisor reads the store.
    pub async fn queue(&self) -> Result<(u64, Vec<QueueRow>), Failure> {
        let (reply, receiver) = oneshot::channel();
        self.supervisor(SupervisorMessage::Look(Look::Queue(reply)));
        self.within(receiver).await
    }

    /// The supervisor's tables, with the number that the deltas of the agents topic go on from.
    ///
    /// # Errors
    /// [`Failure::NoAnswer`] while the supervisor reads the store.
    pub async fn routing_state(&self) -> Result<(u64, Arc<State>), Failure> {
        let (reply, receiver) = oneshot::channel();
        self.supervisor(SupervisorMessage::Look(Look::State(reply)));
        self.within(receiver).await
    }

    /// Whether people can be reached at a chatbot, with the number that its deltas go on from.
    ///
    /// # Errors
    /// `NotFound` for an unknown chatbot, [`Failure::NoAnswer`] while the supervisor reads the store.
    pub async fn reachability(&self, id: &ChatbotId) -> Result<(u64, Reachability), Failure> {
        let (reply, receiver) = oneshot::channel();
        let chatbot_id = id.clone();
        self.supervisor(SupervisorMessage::Look(Look::Reachability { chatbot_id, reply }));
        self.within(receiver).await?.ok_or(Failure::Rejected(Rejection::NotFound))
    }

    /// Who is connected to this process, counted by its worker threads.
    ///
    /// # Errors
    /// [`Failure::NoAnswer`] when one of them is too busy to say.
    pub async fn census(&self) -> Result<Census, Failure> {
        let asked: Vec<_> = {
            let hubs = self.hubs.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            hubs.iter()
                .filter_map(|hub| {
                    let (reply, receiver) = oneshot::channel();
                    // A thread that is gone has no sessions.
                    tell(hub, HubMessage::Count(reply), Overflow::Force).ok().map(|()| receiver)
                })
                .collect()
        };
        let mut census = Census::default();
        for receiver in asked {
            census.merge(self.within(receiver).await?);
        }
        Ok(census)
    }

    /// Whether any session of this process watches a topic.
    pub fn is_watched(&self, topic: Topic) -> bool {
        topic == Topic::Availability && self.watchers.load(Ordering::Relaxed) > 0
    }

    /// A session watches a topic from now on, or no longer. Only those are counted that cost something to tell.
    pub fn count_watcher(&self, topic: Topic, on: bool) {
        if topic == Topic::Availability {
            if on {
                self.watchers.fetch_add(1, Ordering::Relaxed);
            } else {
                self.watchers.fetch_sub(1, Ordering::Relaxed);
            }
        }
    }

    /// Tells the host's listeners.
    pub fn sink(&self, published: &Published) {
        self.watching.saw(published);
        if let Some(sink) = &self.sink {
            sink.publish(published);
        }
        if self.published.receiver_count() > 0 {
            // The last subscriber may have gone a moment ago.
            let _ = self.published.send(Arc::new(published.clone()));
        }
    }

    /// A stream of every event from now on.
    pub fn subscribe(&self) -> broadcast::Receiver<Arc<Published>> {
        self.published.subscribe()
    }

    /// Keeps the hubs for the router's next life.
    pub fn remember_hubs(&self, hubs: &[Addr<Hub>]) {
        *self.hubs.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = hubs.to_vec();
    }

    /// Says goodbye to all clients and finishes what is being committed.
    pub async fn drain(&self) {
        self.stopping.store(true, Ordering::Release);
        let reconnect_after_ms = i64::try_from(self.config.server.drain_reconnect_ms).unwrap_or(5000);
        self.router(RouterMessage::Drain { reconnect_after_ms });
        self.writer.drain().await;
        self.store_event_marks().await;
    }

    /// Ends the actors. Sessions must be gone.
    pub fn stop(&self) {
        self.stopping.store(true, Ordering::Release);
        self.router.set(None);
        self.supervisor.set(None);
        self.webhooks.stop();
    }

    /// Whether the server is going away.
    pub fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Acquire)
    }

    /// The settings.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// `[routing]` as the domain reads it.
    pub fn routing(&self) -> &RoutingSettings {
        &self.routing
    }

    /// `[limits]`.
    pub fn limits(&self) -> &Limits {
        &self.config.limits
    }

    /// What every session is opened with.
    pub fn session_settings(&self) -> &Arc<SessionSettings> {
        &self.session_settings
    }

    /// The same for links whose transport has a heartbeat of its own.
    pub fn quiet_session_settings(&self) -> &Arc<SessionSettings> {
        &self.quiet_session_settings
    }

    /// After this long without anybody a room is put away.
    pub fn room_idle(&self) -> Millis {
        crate::config::millis(self.config.limits.room_idle_ms)
    }

    /// The store.
    pub fn store(&self) -> &Arc<dyn Store> {
        &self.store
    }

    /// The way to write.
    pub fn writer(&self) -> &Writer {
        &self.writer
    }

    /// The clock.
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.clock
    }

    /// The present time.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// R7 or a host's own.
    pub fn policy(&self) -> &Arc<dyn RoutingPolicy> {
        &self.policy
    }

    /// The estimate or a host's own.
    pub fn estimator(&self) -> &Arc<dyn WaitEstimator> {
        &self.estimator
    }

    /// Where actors run.
    pub fn spawner(&self) -> &Spawner {
        &self.spawner
    }

    /// The identity of the database's history.
    pub fn epoch(&self) -> &str {
        &self.epoch
    }

    /// A number that no life of a supervisor had before, in any process.
    pub fn new_epoch(&self) -> u64 {
        rand::random()
    }

    /// A number that no life of an actor in this process had before.
    pub fn next_life(&self) -> u64 {
        self.lives.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// A fresh `UUIDv7`.
    pub fn new_id(&self) -> String {
        let now = self.now();
        self.ids.lock().unwrap_or_else(std::sync::PoisonError::into_inner).next(now)
    }

    /// A fresh request id.
    pub fn new_request_id(&self) -> RequestId {
        RequestId::from(self.new_id())
    }

    /// A plain yes.
    pub fn done() -> Answer {
        Ok(Reply::Done)
    }

    /// Makes an actor panic. Only in builds for the checks.
    #[cfg(feature = "fault-injection")]
    pub fn inject_panic(&self, whom: super::lifecycle::Fault) {
        use super::lifecycle::Fault;
        use super::messages::AgentMessage;
        match whom {
            Fault::Router => self.router(RouterMessage::Panic),
            Fault::Supervisor => self.supervisor(SupervisorMessage::Panic),
            Fault::Room(conversation_id) => {
                self.router(RouterMessage::ToRoom { conversation_id, message: RoomMessage::Panic, only_if_live: true });
            }
            Fault::Agent(agent_id) => self.router(RouterMessage::ToAgent { agent_id, message: AgentMessage::Panic }),
            Fault::Sessions(user_id) => {
                for hub in self.hubs.lock().unwrap_or_else(std::sync::PoisonError::into_inner).iter() {
                    // A hub ends with its thread.
                    let _ = tell(hub, HubMessage::Panic { user_id: user_id.clone() }, Overflow::Force);
                }
            }
        }
    }
}

/// During a drop nothing more can be done than to say so.
fn watching(ended: mpsc::UnboundedSender<Ended>, which: fn(Ending) -> Ended) -> Watch {
    Watch::new(move |ending| {
        // Without a warden the node itself is gone.
        let _ = ended.send(which(ending));
    })
}

fn session_settings(config: &Config) -> SessionSettings {
    let (limits, ms) = (&config.limits, crate::config::millis);
    SessionSettings {
        hello_timeout: ms(limits.hello_timeout_ms),
        token_warning: ms(config.auth.expiry_notice_ms),
        frames: RateLimit { count: limits.frames_per_60s, window: Millis::from_secs(60) },
        messages: RateLimit { count: limits.messages_per_10s, window: Millis::from_secs(10) },
        abuse_factor: (limits.rate_limit_strikes / limits.frames_per_60s.max(1)).max(1),
        rooms_per_socket: limits.rooms_per_socket,
        outbound: WindowSettings { bytes: limits.outbound_bytes, stall: ms(limits.outbound_stall_ms) },
        heartbeat: ms(limits.heartbeat_ms),
        heartbeat_timeout: ms(limits.heartbeat_timeout_ms),
        ..SessionSettings::default()
    }
}
