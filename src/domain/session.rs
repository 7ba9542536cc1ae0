//! One client link: who it is, how fast it may speak, how much may wait for it, and when it ends.
//!
//! A pure machine. Its actor feeds it [`Input`]s with the time, carries out the [`Action`]s in order, and arms one
//! timer for [`Session::next_deadline`], upon which it sends [`Input::Due`]. Every input runs what is due first, so a
//! late timer changes nothing that a client can see.
//!
//! ```text
//! AwaitingHello ── Hello ──▶ Active ── End, expiry, drain, abuse ──▶ Closing ── linger over ──▶ Closed
//!       └──────── 10 s, bad token ─────────────────────────────────────▲   stuck, silent, gone ────▲
//! ```

mod limiter;
mod window;

use std::sync::Arc;

pub use limiter::{Limiter, RateLimit, Taken};
pub use window::{Offered, SendWindow, WindowSettings};

use super::event::Event;
use super::ids::{ConversationId, UserId};
use super::rejection::Rejection;
use super::time::{Millis, Timestamp};
use super::user::{Principal, Role};

/// The numbers of a session (`[limits]`, `[auth]`), shared by all of them.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SessionSettings {
    /// A link that has not said who it is by then is closed 4401.
    pub hello_timeout: Millis,
    /// `token_expiring` comes this long before the token ends.
    pub token_warning: Millis,
    /// Frames of any kind, per link.
    pub frames: RateLimit,
    /// Messages, per link.
    pub messages: RateLimit,
    /// Refusals within one window, in multiples of its limit, that count as abuse (closed 1008); 0 = never.
    pub abuse_factor: u32,
    /// Joined conversations.
    pub rooms_per_socket: usize,
    /// Bytes on their way to the client.
    pub outbound: WindowSettings,
    /// A ping after this much silence; zero = no heartbeat.
    pub heartbeat: Millis,
    /// Dead after this much silence. Must be longer than `heartbeat`.
    pub heartbeat_timeout: Millis,
    /// The goodbye's time to be written before the connection is cut.
    pub close_linger: Millis,
}

impl Default for SessionSettings {
    fn default() -> Self {
        Self {
            hello_timeout: Millis::from_secs(10),
            token_warning: Millis::from_secs(60),
            frames: RateLimit { count: 120, window: Millis::from_secs(60) },
            messages: RateLimit { count: 20, window: Millis::from_secs(10) },
            abuse_factor: 3,
            rooms_per_socket: 64,
            outbound: WindowSettings { bytes: 256 * 1024, stall: Millis::from_secs(5) },
            heartbeat: Millis::from_secs(20),
            heartbeat_timeout: Millis::from_secs(25),
            close_linger: Millis::from_secs(5),
        }
    }
}

/// What happened to the link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// One whole frame arrived. Refused ones are not to be read any further.
    Frame,
    /// A ping or pong of the client arrived.
    Heard,
    /// The client says who it is: with a verified token, or (none) relying on the one its upgrade carried.
    Hello {
        /// The verified content of the token in this frame or on the upgrade.
        principal: Option<Principal>,
        /// What `register_*` claims; none for a token on the upgrade.
        claim: Option<Claim>,
    },
    /// A token was refused by its verification. Ends a link that is not known yet.
    TokenRefused,
    /// `refresh_token` with a verified token.
    Refresh(Principal),
    /// The frame sends a message: counted against the message limit.
    Message,
    /// Takes part in a conversation (already allowed).
    Join(ConversationId),
    /// Leaves it.
    Leave(ConversationId),
    /// Bytes are ready to be handed to the pump.
    Send {
        /// Of the encoded event.
        bytes: usize,
        /// Typing and presence: may be left out when the client is slow.
        droppable: bool,
    },
    /// The pump has written this many bytes.
    Written(usize),
    /// Another pump carries the link from now on; what the old one held is forgotten.
    Linked,
    /// The server goes away: tell the client, close at the latest then.
    Drain {
        /// Come back after this long.
        reconnect_after: Millis,
        /// Closed 1012 at this moment.
        close_at: Timestamp,
    },
    /// Close for a reason from outside (logout, replaced, forbidden, protocol error).
    End(CloseCause),
    /// The link is gone.
    Ended,
    /// The timer of [`Session::next_deadline`].
    Due,
}

/// What a `register_*` frame says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// By its name: `register_user` = customer.
    pub role: Role,
    /// `userId`, `agentId` or `adminId`; must be the token's subject.
    pub user_id: Option<UserId>,
}

/// What the actor does about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Encode and send an event of the session itself.
    Tell(Event),
    /// Write a ping.
    Ping,
    /// Let the pump say goodbye and end.
    Close(CloseCause),
    /// Shut the connection from outside: the pump is stuck, or nobody is there.
    Cut(CloseCause),
}

/// The positive answer to an input.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reply {
    /// Go on.
    Done,
    /// The client is known now, or is known again.
    Registered,
    /// Hand the bytes to the pump.
    Write,
    /// Leave the event out.
    Drop,
    /// The link is over: forget the input.
    Ignore,
}

/// Why a link ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CloseCause {
    /// Did not say who it is in time, or with a token that does not count.
    Unauthenticated,
    /// The token ended.
    TokenExpired,
    /// The login was ended.
    LoggedOut,
    /// Went on after being refused many times.
    Abuse,
    /// Does not read what it is sent.
    SlowConsumer,
    /// No sign of life.
    HeartbeatLost,
    /// The server goes away.
    Draining,
    /// Something else.
    Other {
        /// RFC 6455 §7.4 or 4000–4999.
        code: u16,
        /// At most 123 bytes.
        reason: &'static str,
    },
}

impl CloseCause {
    /// The close code (RFC 6455 §7.4, or ours from 4000 on).
    pub const fn code(self) -> u16 {
        match self {
            Self::Unauthenticated | Self::TokenExpired | Self::LoggedOut => 4401,
            Self::Abuse => 1008,
            Self::SlowConsumer => 1013,
            Self::HeartbeatLost => 1001,
            Self::Draining => 1012,
            Self::Other { code, .. } => code,
        }
    }

    /// The client went silent, or stopped reading.
    pub const fn is_silent(self) -> bool {
        matches!(self, Self::SlowConsumer | Self::HeartbeatLost)
    }

    /// The reason in the close frame.
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Unauthenticated => "unauthenticated",
            Self::TokenExpired => "token_expired",
            Self::LoggedOut => "logged_out",
            Self::Abuse => "abuse",
            Self::SlowConsumer => "slow_consumer",
            Self::HeartbeatLost => "heartbeat_lost",
            Self::Draining => "server_draining",
            Self::Other { reason, .. } => reason,
        }
    }
}

/// Where a session stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Phase {
    /// Nobody knows who it is.
    AwaitingHello {
        /// Closed then.
        until: Timestamp,
    },
    /// Known and alive.
    Active,
    /// The goodbye is being written.
    Closing {
        /// Cut then.
        cut_at: Timestamp,
        /// Why.
        cause: CloseCause,
    },
    /// Over.
    Closed,
}

/// One client link. A few hundred bytes when idle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    settings: Arc<SessionSettings>,
    phase: Phase,
    principal: Option<Arc<Principal>>,
    token_warned: bool,
    heard_at: Timestamp,
    /// The first and the newest ping since the last sign of life.
    pinged: Option<(Timestamp, Timestamp)>,
    drain_at: Option<Timestamp>,
    frames: Limiter,
    messages: Limiter,
    window: SendWindow,
    /// In rising order.
    rooms: Vec<ConversationId>,
}

impl Session {
    /// A link that was just opened.
    pub fn new(settings: Arc<SessionSettings>, now: Timestamp) -> Self {
        Self {
            phase: Phase::AwaitingHello { until: now + settings.hello_timeout },
            settings,
            principal: None,
            token_warned: false,
            heard_at: now,
            pinged: None,
            drain_at: None,
            frames: Limiter::default(),
            messages: Limiter::default(),
            window: SendWindow::default(),
            rooms: Vec::new(),
        }
    }

    /// Takes one input. The actions are to be carried out in order, whatever the result.
    ///
    /// # Errors
    /// [`Rejection::RateLimited`] for frames and messages, [`Rejection::LimitReached`] for joins,
    /// [`Rejection::Forbidden`] when the token and the claim do not fit or nobody has said hello,
    /// [`Rejection::Invalid`] for a missing or refused token.
    pub fn handle(&mut self, now: Timestamp, input: Input, out: &mut Vec<Action>) -> Result<Reply, Rejection> {
        // Signs of life and progress count even when the timer that would have missed them is late.
        match &input {
            Input::Frame | Input::Heard => self.heard(now),
            Input::Written(bytes) => self.window.written(now, *bytes, self.settings.outbound),
            Input::Linked => {
                self.heard(now);
                self.window = SendWindow::default();
            }
            _ => {}
        }
        self.run_due(now, out);
        if matches!(input, Input::Ended) {
            self.phase = Phase::Closed;
        }
        if self.is_over() {
            return Ok(Reply::Ignore);
        }
        let result = self.apply(now, input, out);
        // What the input brought may be due at once: the last minute of a token, a drain whose time has come.
        self.run_due(now, out);
        result
    }

    fn apply(&mut self, now: Timestamp, input: Input, out: &mut Vec<Action>) -> Result<Reply, Rejection> {
        match input {
            Input::Hello { principal, claim } => return self.hello(now, principal, claim, out),
            Input::TokenRefused => return self.token_refused(now, out),
            Input::Refresh(principal) => return self.refresh(now, principal),
            Input::Frame => self.take(now, false, out)?,
            Input::Message => {
                self.known()?;
                self.take(now, true, out)?;
            }
            Input::Join(conversation) => self.join(conversation)?,
            Input::Leave(conversation) => {
                if let Ok(place) = self.rooms.binary_search(&conversation) {
                    self.rooms.remove(place);
                }
            }
            Input::Send { bytes, droppable } => return Ok(self.send(now, bytes, droppable, out)),
            Input::Drain { reconnect_after, close_at } => self.drain(reconnect_after, close_at, out),
            Input::End(cause) => self.close(now, cause, out),
            Input::Heard | Input::Written(_) | Input::Linked | Input::Ended | Input::Due => {}
        }
        Ok(Reply::Done)
    }

    /// When [`Input::Due`] must come at the latest; none once the link is over.
    pub fn next_deadline(&self) -> Option<Timestamp> {
        match self.phase {
            Phase::Closed => None,
            Phase::Closing { cut_at, .. } => Some(cut_at),
            Phase::AwaitingHello { until } => self.life_deadlines().fold(Some(until), earlier),
            Phase::Active => self.life_deadlines().chain([self.token_deadline()]).fold(None, earlier),
        }
    }

    /// Where it stands.
    pub fn phase(&self) -> Phase {
        self.phase
    }

    /// Whether it is known, and not on its way out.
    pub fn is_active(&self) -> bool {
        self.phase == Phase::Active
    }

    /// Who it is, once known.
    pub fn principal(&self) -> Option<&Arc<Principal>> {
        self.principal.as_ref()
    }

    /// The joined conversations, in the order of their ids.
    pub fn rooms(&self) -> &[ConversationId] {
        &self.rooms
    }

    /// Whether it takes part in a conversation.
    pub fn has_joined(&self, conversation: &ConversationId) -> bool {
        self.rooms.binary_search(conversation).is_ok()
    }

    /// Bytes that may be sent before the bound. A replay of many messages is given out as this becomes free, so
    /// that it never counts as a slow client by itself.
    pub fn credit(&self) -> usize {
        self.window.credit(self.settings.outbound)
    }

    /// Bytes handed to the pump that it has not written.
    pub fn in_flight(&self) -> usize {
        self.window.in_flight()
    }

    fn is_over(&self) -> bool {
        matches!(self.phase, Phase::Closing { .. } | Phase::Closed)
    }

    fn known(&self) -> Result<(), Rejection> {
        if self.is_active() { Ok(()) } else { Err(Rejection::Forbidden) }
    }

    fn hello(
        &mut self,
        now: Timestamp,
        principal: Option<Principal>,
        claim: Option<Claim>,
        out: &mut Vec<Action>,
    ) -> Result<Reply, Rejection> {
        let Some(subject) = principal.as_ref().or(self.principal.as_deref()) else {
            return Err(invalid_token("is missing"));
        };
        if claim.is_some_and(|claim| !fits(&claim, subject)) {
            return Err(Rejection::Forbidden);
        }
        if self.principal.as_ref().is_some_and(|known| !same_person(known, subject)) {
            return Err(Rejection::Forbidden);
        }
        let Some(principal) = principal else { return Ok(Reply::Registered) };
        if principal.expires_at <= now {
            return self.token_refused(now, out);
        }
        self.accept(principal);
        Ok(Reply::Registered)
    }

    fn token_refused(&mut self, now: Timestamp, out: &mut Vec<Action>) -> Result<Reply, Rejection> {
        if !self.is_active() {
            self.close(now, CloseCause::Unauthenticated, out);
        }
        Err(invalid_token("is not accepted"))
    }

    fn refresh(&mut self, now: Timestamp, principal: Principal) -> Result<Reply, Rejection> {
        let known = self.principal.as_ref().ok_or(Rejection::Forbidden)?;
        if !same_person(known, &principal) {
            return Err(Rejection::Forbidden);
        }
        if principal.expires_at <= now {
            return Err(invalid_token("is not accepted"));
        }
        self.accept(principal);
        Ok(Reply::Done)
    }

    fn accept(&mut self, principal: Principal) {
        let same_end = self.principal.as_ref().is_some_and(|known| known.expires_at == principal.expires_at);
        self.token_warned &= same_end;
        self.principal = Some(Arc::new(principal));
        self.phase = Phase::Active;
    }

    fn take(&mut self, now: Timestamp, message: bool, out: &mut Vec<Action>) -> Result<(), Rejection> {
        let (limiter, limit) = if message {
            (&mut self.messages, self.settings.messages)
        } else {
            (&mut self.frames, self.settings.frames)
        };
        let (retry_after, abusive) = match limiter.take(now, limit, self.settings.abuse_factor) {
            Taken::Yes => return Ok(()),
            Taken::No { retry_after } => (retry_after, false),
            Taken::Abuse { retry_after } => (retry_after, true),
        };
        if abusive {
            self.close(now, CloseCause::Abuse, out);
        }
        Err(Rejection::RateLimited { retry_after })
    }

    fn join(&mut self, conversation: ConversationId) -> Result<(), Rejection> {
        self.known()?;
        let Err(place) = self.rooms.binary_search(&conversation) else { return Ok(()) };
        let limit = self.settings.rooms_per_socket;
        if self.rooms.len() >= limit {
            let limit = i64::try_from(limit).unwrap_or(i64::MAX);
            return Err(Rejection::LimitReached { what: "rooms_per_socket", limit });
        }
        self.rooms.insert(place, conversation);
        Ok(())
    }

    fn send(&mut self, now: Timestamp, bytes: usize, droppable: bool, out: &mut Vec<Action>) -> Reply {
        match self.window.offer(now, bytes, droppable, self.settings.outbound) {
            Offered::Write => Reply::Write,
            Offered::Drop => Reply::Drop,
            Offered::Overflow => {
                self.cut(CloseCause::SlowConsumer, out);
                Reply::Ignore
            }
        }
    }

    fn drain(&mut self, reconnect_after: Millis, close_at: Timestamp, out: &mut Vec<Action>) {
        if self.drain_at.is_none() {
            out.push(Action::Tell(Event::ServerDraining { reconnect_after_ms: reconnect_after.get() }));
        }
        self.drain_at = earlier(self.drain_at, Some(close_at));
    }

    fn heard(&mut self, now: Timestamp) {
        self.heard_at = self.heard_at.max(now);
        self.pinged = None;
    }

    fn close(&mut self, now: Timestamp, cause: CloseCause, out: &mut Vec<Action>) {
        out.push(Action::Close(cause));
        self.phase = Phase::Closing { cut_at: now + self.settings.close_linger, cause };
    }

    fn cut(&mut self, cause: CloseCause, out: &mut Vec<Action>) {
        out.push(Action::Cut(cause));
        self.phase = Phase::Closed;
    }

    /// Does everything whose time has come. Afterwards [`Session::next_deadline`] lies ahead of `now`.
    fn run_due(&mut self, now: Timestamp, out: &mut Vec<Action>) {
        let due = |deadline: Option<Timestamp>| deadline.is_some_and(|at| at <= now);
        match self.phase {
            Phase::Closed => return,
            Phase::Closing { cut_at, cause } => {
                if cut_at <= now {
                    self.cut(cause, out);
                }
                return;
            }
            Phase::AwaitingHello { until } if until <= now => return self.close(now, CloseCause::Unauthenticated, out),
            Phase::AwaitingHello { .. } => {}
            Phase::Active if due(self.expires_at()) => return self.close(now, CloseCause::TokenExpired, out),
            Phase::Active => self.warn_of_expiry(now, out),
        }
        if due(self.drain_at) {
            return self.close(now, CloseCause::Draining, out);
        }
        if due(self.window.stall_at()) {
            return self.cut(CloseCause::SlowConsumer, out);
        }
        if due(self.ping_at()) {
            self.pinged = Some((self.pinged.map_or(now, |(first, _)| first), now));
            out.push(Action::Ping);
        }
        if due(self.dead_at()) {
            self.cut(CloseCause::HeartbeatLost, out);
        }
    }

    fn warn_of_expiry(&mut self, now: Timestamp, out: &mut Vec<Action>) {
        let Some(expires_at) =
            self.expires_at().filter(|at| !self.token_warned && *at - self.settings.token_warning <= now)
        else {
            return;
        };
        self.token_warned = true;
        out.push(Action::Tell(Event::TokenExpiring { expires_at }));
    }

    fn expires_at(&self) -> Option<Timestamp> {
        self.principal.as_ref().map(|principal| principal.expires_at)
    }

    fn token_deadline(&self) -> Option<Timestamp> {
        let ahead = if self.token_warned { Millis::ZERO } else { self.settings.token_warning };
        self.expires_at().map(|at| at - ahead)
    }

    fn life_deadlines(&self) -> impl Iterator<Item = Option<Timestamp>> {
        [self.drain_at, self.window.stall_at(), self.ping_at(), self.dead_at()].into_iter()
    }

    fn ping_at(&self) -> Option<Timestamp> {
        let last = self.pinged.map_or(self.heard_at, |(_, newest)| newest);
        (self.settings.heartbeat > Millis::ZERO).then_some(last + self.settings.heartbeat)
    }

    /// A client is dead only after a ping that it had the time to answer: a process that was itself paused must not
    /// take all its clients for dead when it wakes.
    fn dead_at(&self) -> Option<Timestamp> {
        let (first_ping, _) = self.pinged?;
        let SessionSettings { heartbeat, heartbeat_timeout, .. } = *self.settings;
        let answer_time = Millis::new(heartbeat_timeout.get().saturating_sub(heartbeat.get()).max(0));
        Some((self.heard_at + heartbeat_timeout).max(first_ping + answer_time))
    }
}

fn fits(claim: &Claim, principal: &Principal) -> bool {
    claim.role == principal.role && claim.user_id.as_ref().is_none_or(|id| *id == principal.user_id)
}

fn same_person(known: &Principal, other: &Principal) -> bool {
    known.user_id == other.user_id && known.role == other.role && known.chatbot_id == other.chatbot_id
}

fn invalid_token(message: &str) -> Rejection {
    Rejection::Invalid { field: "data.token".to_owned(), message: message.to_owned() }
}

fn earlier(one: Option<Timestamp>, other: Option<Timestamp>) -> Option<Timestamp> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}

#[cfg(test)]
mod tests;
