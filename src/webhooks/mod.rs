//! Webhooks on their way: one thread that delivers what commits have written down.
//!
//! What is to be delivered was stored in the transaction of what it tells of, so nothing is lost when the process is
//! killed: the next one goes on, and what was on its way comes a second time with the same id. The order is
//! [`crate::domain::webhook::lane::Lane`]'s, the pauses are [`crate::domain::webhook::retry`]'s.

mod address;
mod carrier;
mod dispatcher;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::{Notify, mpsc, oneshot};

use crate::clock::Clock;
use crate::config;
use crate::domain::time::Millis;
use crate::domain::webhook::lane::Waiting;
use crate::store::{Render, Store, StoreError};

use address::Rules;
use dispatcher::Dispatcher;

/// Nobody waits longer for the dispatcher to know of a change. It is stored then, and known a little later.
const KNOWN_WITHIN: Millis = Millis::from_secs(5);

/// What the dispatcher is told.
enum Command {
    /// Webhooks were made, changed or removed.
    Changed(oneshot::Sender<()>),
    /// Something older is to be delivered again.
    Again(String, Waiting),
    /// Nothing more leaves; answered when all have landed.
    Drain(oneshot::Sender<()>),
    /// End now.
    Stop,
}

/// The way to the dispatcher. Cheap to clone.
#[derive(Clone)]
pub struct Webhooks {
    commands: mpsc::UnboundedSender<Command>,
    news: Arc<Notify>,
    told: Arc<AtomicBool>,
    clock: Arc<dyn Clock>,
    rules: Arc<Rules>,
    render: Render,
}

impl Webhooks {
    /// Starts to deliver what waits. `render` writes what happened.
    ///
    /// # Errors
    /// The store's word.
    pub async fn start(
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        settings: &config::Webhooks,
        render: Render,
    ) -> Result<Self, StoreError> {
        let is_on = store.webhooks().await?.iter().any(|webhook| webhook.disabled.is_none());
        let (commands, inbox) = mpsc::unbounded_channel();
        let (news, rules) = (Arc::new(Notify::new()), Arc::new(Rules::new(settings)));
        let (heard, kept, settings) = (Arc::clone(&news), Arc::clone(&rules), settings.clone());
        let ours = Arc::clone(&clock);
        let run = move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            match runtime {
                Ok(runtime) => {
                    runtime.block_on(Dispatcher::new(store, clock, settings, kept, heard).run(inbox));
                    // Names that are still being looked up are not waited for.
                    runtime.shutdown_background();
                }
                Err(error) => log::error!(error:display; "webhooks could not be started"),
            }
        };
        if let Err(error) = std::thread::Builder::new().name("webhooks".into()).spawn(run) {
            log::error!(error:display; "webhooks could not be started");
        }
        Ok(Self { commands, news, told: Arc::new(AtomicBool::new(is_on)), clock: ours, rules, render })
    }

    /// Whether commits write down what webhooks are told. Once there was one in this life of the process, they look.
    pub fn are_told(&self) -> bool {
        self.told.load(Ordering::Acquire)
    }

    /// How commits write it down, when they do.
    pub fn telling(&self) -> Option<Render> {
        self.are_told().then_some(self.render)
    }

    /// How what happened is written.
    pub fn render(&self) -> Render {
        self.render
    }

    /// From now on commits look for webhooks. To be called before one is stored that is on.
    pub fn expect(&self) {
        self.told.store(true, Ordering::Release);
    }

    /// Something was committed that webhooks may be told.
    pub fn committed(&self) {
        if self.are_told() {
            self.news.notify_one();
        }
    }

    /// Whether a webhook may be at this URL.
    ///
    /// # Errors
    /// What is wrong, to follow the field's name.
    pub fn check(&self, url: &str) -> Result<(), &'static str> {
        self.rules.url(url).map(|_| ())
    }

    /// Webhooks were made, changed or removed; returns when that is known, after 5 seconds at the latest.
    pub async fn changed(&self) {
        let (known, done) = oneshot::channel();
        let late = self.clock.sleep_until(self.clock.now() + KNOWN_WITHIN);
        self.command(Command::Changed(known));
        tokio::select! {
            // An error means that the dispatcher has ended.
            _ = done => {}
            () = late => log::warn!("those who deliver webhooks have not heard of a change yet"),
        }
    }

    /// A delivery is to be made again.
    pub fn again(&self, webhook_id: String, waiting: Waiting) {
        self.command(Command::Again(webhook_id, waiting));
    }

    /// Lets nothing leave any more, and returns when everything that was on its way has landed.
    pub async fn drain(&self) {
        let (landed, done) = oneshot::channel();
        self.command(Command::Drain(landed));
        // As above.
        let _ = done.await;
    }

    /// Ends at once. What is on its way comes again in the next life.
    pub fn stop(&self) {
        self.command(Command::Stop);
    }

    fn command(&self, command: Command) {
        // A dispatcher that has ended delivers nothing; what waits is stored.
        let _ = self.commands.send(command);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::ManualClock;
    use crate::domain::time::Timestamp;

    #[tokio::test]
    async fn who_changes_a_webhook_does_not_wait_for_ever_for_those_who_deliver() {
        let clock = ManualClock::new(Timestamp::from_millis(1_795_428_000_000));
        let (commands, mut inbox) = mpsc::unbounded_channel();
        let webhooks = Webhooks {
            commands,
            news: Arc::new(Notify::new()),
            told: Arc::default(),
            clock: Arc::new(clock.clone()),
            rules: Arc::new(Rules::new(&config::Webhooks::default())),
            render: |_, _| String::new(),
        };
        let changed = webhooks.changed();
        tokio::pin!(changed);
        assert!(futures_util::poll!(&mut changed).is_pending());
        let Some(Command::Changed(_known)) = inbox.recv().await else { panic!("another command") };
        clock.advance(KNOWN_WITHIN + Millis::new(-1));
        assert!(futures_util::poll!(&mut changed).is_pending());
        clock.advance(Millis::new(1));
        assert!(futures_util::poll!(&mut changed).is_ready());
    }
}
