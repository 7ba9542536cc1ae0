//! One client per provider: connections are kept, every wait has an end, and no answer is longer than allowed.

use std::error::Error;
use std::future::Future;
use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue, RETRY_AFTER};
use reqwest::redirect::Policy;
use reqwest::{Client, Response, Url};
use tokio::time::{Instant, sleep_until, timeout_at};

use super::circuit::{Admission, Circuit, CircuitLimits};
use super::retry;
use super::wire::error_of_status;
use crate::assistant::AssistantError;
use crate::domain::time::{Millis, Timestamp};

/// The bounds of one turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The longest wait for a connection.
    pub connect: Millis,
    /// The longest wait for the first piece of a streamed answer, each try. A whole answer has only the turn's bound.
    pub first_token: Millis,
    /// The longest turn, all tries together.
    pub turn: Millis,
    /// How long to wait for what follows a complete answer, such as the count of tokens.
    pub tail: Millis,
    /// How often a turn is tried again.
    pub retries: u32,
    /// The upper end of the first pause between tries; it doubles.
    pub retry_base: Millis,
    /// The longest answer on the wire, bytes.
    pub answer_bytes: usize,
    /// When to stop asking.
    pub circuit: CircuitLimits,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connect: Millis::from_secs(3),
            first_token: Millis::from_secs(10),
            turn: Millis::from_secs(30),
            tail: Millis::from_secs(1),
            retries: 2,
            retry_base: Millis::new(250),
            answer_bytes: 1 << 20,
            circuit: CircuitLimits::default(),
        }
    }
}

/// No wait is longer than a day, so that no moment is too far away to be written down.
const LONGEST_WAIT: Duration = Duration::from_secs(24 * 60 * 60);

/// A span of the domain as one of the machine.
pub fn duration(span: Millis) -> Duration {
    Duration::from_millis(u64::try_from(span.get()).unwrap_or(0)).min(LONGEST_WAIT)
}

/// A moment at which a wait ends, and the word for it.
#[derive(Clone, Copy, Debug)]
pub struct Deadline {
    /// When.
    pub at: Instant,
    /// The limit that it comes from.
    pub limit: &'static str,
}

impl Deadline {
    /// `span` from now.
    pub fn after(span: Millis, limit: &'static str) -> Self {
        Self { at: Instant::now() + duration(span), limit }
    }

    /// The earlier of the two.
    pub fn or(self, other: Self) -> Self {
        if other.at < self.at { other } else { self }
    }

    async fn bound<T>(self, work: impl Future<Output = reqwest::Result<T>>) -> Result<T, AssistantError> {
        match timeout_at(self.at, work).await {
            Ok(result) => result.map_err(|error| error_of(&error)),
            Err(_) => Err(AssistantError::TimedOut(self.limit)),
        }
    }
}

/// The way to one provider.
pub struct Http {
    client: Client,
    url: Url,
    limits: Limits,
    circuit: Mutex<Circuit>,
    began: Instant,
}

impl Http {
    /// A client that sends `headers` to `url` with every request. They hold the key, so there is no `Debug`.
    ///
    /// # Errors
    /// What is wrong with the URL, or with the machine's certificates; without the URL itself.
    pub fn new(url: &str, mut headers: HeaderMap, limits: Limits) -> Result<Self, &'static str> {
        let url = Url::parse(url).map_err(|_| "expected an absolute URL")?;
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        let client = Client::builder()
            .default_headers(headers)
            .user_agent(concat!("switchboard/", env!("CARGO_PKG_VERSION")))
            // A redirect would carry the key elsewhere, and a proxy of the environment is not in the settings.
            .redirect(Policy::none())
            .no_proxy()
            .referer(false)
            .connect_timeout(duration(limits.connect))
            .pool_idle_timeout(Duration::from_secs(60))
            .tcp_nodelay(true)
            .build()
            .map_err(|_| "no client can be made: are there root certificates on this machine?")?;
        let circuit = Mutex::new(Circuit::new(limits.circuit));
        Ok(Self { client, url, limits, circuit, began: Instant::now() })
    }

    /// The bounds.
    pub const fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Asks the circuit for leave.
    ///
    /// # Errors
    /// [`AssistantError::Unavailable`] with status 0 while it is open.
    pub fn admit(&self) -> Result<Leave<'_>, AssistantError> {
        let admission = self.circuit().admit(self.elapsed());
        let admission = admission.ok_or(AssistantError::Unavailable { status: 0 })?;
        Ok(Leave { http: self, admission, settled: false })
    }

    /// Sends `body` until there is an answer with a good status, as often as allowed. `now` is the present time, for
    /// dates in `Retry-After`. With `first_token`, that limit begins with each try and is given back with the answer.
    ///
    /// # Errors
    /// The last try's.
    pub async fn send(
        &self,
        body: Bytes,
        turn: Deadline,
        first_token: bool,
        now: Timestamp,
    ) -> Result<(Answer, Deadline), AssistantError> {
        let began = Instant::now();
        let mut retry = 0;
        loop {
            let headers_by =
                if first_token { turn.or(Deadline::after(self.limits.first_token, "first_token")) } else { turn };
            let (error, asked) = match self.try_once(body.clone(), headers_by).await {
                Ok(answer) => return Ok((answer, headers_by)),
                Err(failed) => failed,
            };
            if retry >= self.limits.retries || !retry::may_help(&error) {
                return Err(error);
            }
            let now = now + millis(began.elapsed());
            let asked = asked.and_then(|header| retry::asked_pause(&header, now)).unwrap_or_default();
            let pause = duration(asked + jitter(retry::ceiling(self.limits.retry_base, retry)));
            let again_at = Instant::now().checked_add(pause).filter(|at| *at < turn.at);
            // Waiting only to be too late would be silence.
            let Some(again_at) = again_at else { return Err(error) };
            sleep_until(again_at).await;
            retry += 1;
        }
    }

    async fn try_once(&self, body: Bytes, by: Deadline) -> Result<Answer, (AssistantError, Option<String>)> {
        let asked = self.client.post(self.url.clone()).body(body).send();
        let response = by.bound(asked).await.map_err(|error| (error, None))?;
        let status = response.status();
        if status.is_success() {
            return Ok(Answer { response, left: self.limits.answer_bytes });
        }
        // The body is left unread: it may say anything, and nobody is to see it.
        let pause = response.headers().get(RETRY_AFTER).and_then(|header| header.to_str().ok()).map(str::to_owned);
        Err((error_of_status(status.as_u16()), pause))
    }

    fn circuit(&self) -> MutexGuard<'_, Circuit> {
        self.circuit.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn elapsed(&self) -> Millis {
        millis(self.began.elapsed())
    }
}

/// A span of the machine as one of the domain.
pub fn millis(span: Duration) -> Millis {
    Millis::new(i64::try_from(span.as_millis()).unwrap_or(i64::MAX))
}

fn jitter(ceiling: Millis) -> Millis {
    Millis::new(rand::random_range(0..=ceiling.get()))
}

/// The circuit's leave for one turn. Dropped without a word, the turn was cancelled.
pub struct Leave<'a> {
    http: &'a Http,
    admission: Admission,
    settled: bool,
}

impl Leave<'_> {
    /// Tells the circuit how the turn went. Refused and filtered turns show that the provider is there.
    pub fn settle<T>(mut self, result: &Result<T, AssistantError>) {
        self.settled = true;
        let failed = matches!(
            result,
            Err(AssistantError::Unreachable(_)
                | AssistantError::TimedOut(_)
                | AssistantError::Unavailable { .. }
                | AssistantError::Unreadable(_))
        );
        let now = self.http.elapsed();
        let mut circuit = self.http.circuit();
        if failed { circuit.failed(&self.admission, now) } else { circuit.succeeded(&self.admission) }
    }
}

impl Drop for Leave<'_> {
    fn drop(&mut self) {
        if !self.settled {
            self.http.circuit().abandoned(&self.admission);
        }
    }
}

/// A good answer whose body is still to be read.
pub struct Answer {
    response: Response,
    left: usize,
}

impl Answer {
    /// Whether the body is a stream of events.
    pub fn is_stream(&self) -> bool {
        let kind =
            self.response.headers().get(CONTENT_TYPE).and_then(|header| header.to_str().ok()).unwrap_or_default();
        kind.trim_start().to_ascii_lowercase().starts_with("text/event-stream")
    }

    /// The next bytes; none at the end.
    ///
    /// # Errors
    /// The connection broke, `by` came, or the answer is too long.
    pub async fn chunk(&mut self, by: Deadline) -> Result<Option<Bytes>, AssistantError> {
        let chunk = by.bound(self.response.chunk()).await?;
        let Some(chunk) = chunk else { return Ok(None) };
        self.left = self.left.checked_sub(chunk.len()).ok_or(AssistantError::Unreadable("too long"))?;
        Ok(Some(chunk))
    }
}

/// In our own words: reqwest's name the URL, and those of other libraries are no contract.
fn error_of(error: &reqwest::Error) -> AssistantError {
    if error.is_connect() && error.is_timeout() {
        return AssistantError::TimedOut("connect");
    }
    let mut cause = error.source();
    let mut kind = None;
    while let Some(inner) = cause {
        kind = kind.or_else(|| inner.downcast_ref::<io::Error>().map(io::Error::kind));
        cause = inner.source();
    }
    let place = match () {
        () if error.is_dns() => "the host name is not known",
        () if error.is_connect() => "no connection",
        () if error.is_body() || error.is_decode() => "the answer broke off",
        () => "the request failed",
    };
    AssistantError::Unreachable(match kind {
        Some(kind) if kind != io::ErrorKind::Other => format!("{place}: {kind}"),
        _ => place.to_owned(),
    })
}
