//! The only source of time outside the domain: the engine's clock, which tests can move by hand.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::Mutex;
use std::time::Duration;

use tokio::sync::oneshot;

use crate::domain::time::Timestamp;

/// A future that ends at a moment of some clock.
pub type Sleep = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Where the engine gets the present time from, and how it waits for a moment.
pub trait Clock: Send + Sync + 'static {
    /// The present time.
    fn now(&self) -> Timestamp;
    /// Ends at `at`, or at once when that is past.
    fn sleep_until(&self, at: Timestamp) -> Sleep;
}

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the machine's clock")]
    fn now(&self) -> Timestamp {
        let since_epoch = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        Timestamp::from_millis(i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX))
    }

    fn sleep_until(&self, at: Timestamp) -> Sleep {
        let span = at.since(self.now()).get();
        Box::pin(tokio::time::sleep(Duration::from_millis(u64::try_from(span).unwrap_or(0))))
    }
}

/// A clock that stands still until it is moved; an hour passes in microseconds.
#[derive(Clone, Debug)]
pub struct ManualClock {
    inner: Arc<Mutex<Manual>>,
}

#[derive(Debug)]
struct Manual {
    now: Timestamp,
    next: u64,
    sleepers: BTreeMap<(Timestamp, u64), oneshot::Sender<()>>,
}

impl ManualClock {
    /// A clock that shows `now`.
    pub fn new(now: Timestamp) -> Self {
        Self { inner: Arc::new(Mutex::new(Manual { now, next: 0, sleepers: BTreeMap::new() })) }
    }

    /// Moves the clock forward and wakes everybody whose moment has come, earliest first.
    pub fn advance(&self, span: crate::domain::time::Millis) {
        let mut inner = self.lock();
        inner.now = inner.now + span;
        let until = (inner.now, u64::MAX);
        let later = inner.sleepers.split_off(&until);
        let due = std::mem::replace(&mut inner.sleepers, later);
        drop(inner);
        for (_, wake) in due {
            // A sleeper that was dropped has nobody to wake.
            let _ = wake.send(());
        }
    }

    /// How many wait for a moment.
    pub fn sleepers(&self) -> usize {
        let mut inner = self.lock();
        inner.sleepers.retain(|_, wake| !wake.is_closed());
        inner.sleepers.len()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Manual> {
        self.inner.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        self.lock().now
    }

    fn sleep_until(&self, at: Timestamp) -> Sleep {
        let mut inner = self.lock();
        if at <= inner.now {
            return Box::pin(std::future::ready(()));
        }
        let (wake, woken) = oneshot::channel();
        inner.next += 1;
        let key = (at, inner.next);
        inner.sleepers.insert(key, wake);
        Box::pin(async move {
            // The clock may be dropped first; then the moment never comes.
            if woken.await.is_err() {
                std::future::pending::<()>().await;
            }
        })
    }
}
