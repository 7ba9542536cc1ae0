//! Reads what waits, lets it leave in order, and keeps how it went.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use tokio::sync::{Notify, mpsc, oneshot};
use tokio::task::{Id, JoinError, JoinSet};

use crate::clock::Clock;
use crate::config;
use crate::domain::time::{Millis, Timestamp};
use crate::domain::webhook::lane::{Lane, Waiting};
use crate::domain::webhook::retry::{LONGEST, Verdict, judge};
use crate::domain::webhook::{DeliveryState, Disabled, Webhook};
use crate::store::{Store, StoreError, Tried};

use super::Command;
use super::address::Rules;
use super::carrier::Carrier;

/// Rows that are read at once.
const PAGE: i64 = 500;
const PAGE_LEN: usize = 500;
/// When the store fails, it is asked again after this.
const STORE_PAUSE: Millis = Millis::from_secs(1);
/// What is old is forgotten this often, and this long after it could not be.
const FORGET_EVERY: Millis = Millis::from_mins(60);
const FORGET_PAUSE: Millis = Millis::from_mins(1);
const DAY: i64 = 86_400;

/// One webhook, and what waits for it.
struct Road {
    webhook: Arc<Webhook>,
    lane: Lane,
    /// Everything up to this number was read.
    read_to: i64,
    /// When more than this wait, it is switched off; 0 = to be said when it is read.
    bound: usize,
}

/// What became of one that was on its way.
enum Landed {
    /// Delivered or given up; whether the webhook is gone with it.
    Ended { gone: bool },
    /// To be tried again.
    Again { tries: u32, at: Timestamp },
}

/// Everything a try needs; shared by those that are on their way.
struct Means {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    carrier: Carrier,
}

/// Lives on the thread of its own.
pub(super) struct Dispatcher {
    means: Arc<Means>,
    settings: config::Webhooks,
    news: Arc<Notify>,
    roads: BTreeMap<String, Road>,
    flights: JoinSet<Landed>,
    /// Whose flight it is, and which delivery.
    departed: HashMap<Id, (Arc<Webhook>, Waiting)>,
    /// Who waits for the list of webhooks to be read.
    changed: Vec<oneshot::Sender<()>>,
    reload: bool,
    fresh: bool,
    draining: Vec<oneshot::Sender<()>>,
    stopped: bool,
    forget_at: Timestamp,
}

impl Dispatcher {
    pub fn new(
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        settings: config::Webhooks,
        rules: Arc<Rules>,
        news: Arc<Notify>,
    ) -> Self {
        let carrier = Carrier::new(&settings, rules, Arc::clone(&clock));
        let forget_at = clock.now();
        Self {
            means: Arc::new(Means { store, clock, carrier }),
            settings,
            news,
            roads: BTreeMap::new(),
            flights: JoinSet::new(),
            departed: HashMap::new(),
            changed: Vec::new(),
            reload: true,
            fresh: true,
            draining: Vec::new(),
            stopped: false,
            forget_at,
        }
    }

    /// Until it is told to end, or nobody can tell it anything any more.
    pub async fn run(mut self, mut inbox: mpsc::UnboundedReceiver<Command>) {
        let news = Arc::clone(&self.news);
        loop {
            let wake_at = match self.look().await {
                Ok(wake_at) => wake_at,
                Err(error) => {
                    log::warn!(error:display; "what waits for webhooks cannot be read; trying again");
                    answer(&mut self.changed);
                    self.now() + STORE_PAUSE
                }
            };
            let wake = self.means.clock.sleep_until(wake_at);
            tokio::select! {
                command = inbox.recv() => match command {
                    None | Some(Command::Stop) => return,
                    Some(command) => self.obey(command),
                },
                Some(landed) = self.flights.join_next_with_id(), if !self.flights.is_empty() => self.landed(landed).await,
                () = news.notified() => self.fresh = true,
                () = wake => {}
            }
            if self.flights.is_empty() {
                answer(&mut self.draining);
            }
        }
    }

    fn now(&self) -> Timestamp {
        self.means.clock.now()
    }

    fn obey(&mut self, command: Command) {
        match command {
            Command::Changed(known) => {
                self.reload = true;
                self.changed.push(known);
            }
            Command::Again(webhook_id, waiting) => {
                if let Some(road) = self.roads.get_mut(&webhook_id) {
                    road.lane.ask(waiting);
                }
            }
            Command::Drain(done) => {
                self.stopped = true;
                self.draining.push(done);
            }
            Command::Stop => self.stopped = true,
        }
    }

    /// Reads what is new and lets leave what may; when to look again.
    async fn look(&mut self) -> Result<Timestamp, StoreError> {
        let now = self.now();
        if self.stopped {
            answer(&mut self.changed);
            return Ok(now + FORGET_EVERY);
        }
        if self.reload {
            self.read_webhooks().await?;
            self.reload = false;
            self.fresh = true;
            // One may have been removed.
            self.forget_at = now;
        }
        if self.fresh {
            for id in self.roads.keys().cloned().collect::<Vec<_>>() {
                self.read_waiting(&id).await?;
            }
            self.fresh = false;
        }
        answer(&mut self.changed);
        let next_at = self.depart(now);
        if now >= self.forget_at {
            self.forget(now).await;
        }
        Ok(next_at.map_or(self.forget_at, |at| at.min(self.forget_at)))
    }

    /// Lets leave what may; when the next one may.
    fn depart(&mut self, now: Timestamp) -> Option<Timestamp> {
        let mut next_at: Option<Timestamp> = None;
        for road in self.roads.values_mut().filter(|road| road.webhook.disabled.is_none()) {
            while let Some(waiting) = road.lane.next(now) {
                let flight = fly(Arc::clone(&self.means), Arc::clone(&road.webhook), waiting.clone());
                let id = self.flights.spawn(flight).id();
                self.departed.insert(id, (Arc::clone(&road.webhook), waiting));
            }
            next_at = next_at.into_iter().chain(road.lane.next_at()).min();
        }
        next_at
    }

    /// What waits for one that is switched off stays known, so that it goes on where it stood.
    async fn read_webhooks(&mut self) -> Result<(), StoreError> {
        let mut known = std::mem::take(&mut self.roads);
        let found = match self.means.store.webhooks().await {
            Ok(found) => found,
            Err(error) => {
                self.roads = known;
                return Err(error);
            }
        };
        for webhook in found {
            let (lane, read_to, bound) = match known.remove(&webhook.id) {
                Some(road) => (road.lane, road.read_to, road.bound),
                None => (Lane::new(self.settings.at_once), 0, 0),
            };
            let bound = if webhook.disabled.is_none() { bound } else { 0 };
            self.roads.insert(webhook.id.clone(), Road { webhook: Arc::new(webhook), lane, read_to, bound });
        }
        Ok(())
    }

    async fn read_waiting(&mut self, id: &str) -> Result<(), StoreError> {
        let Some(road) = self.roads.get_mut(id).filter(|road| road.webhook.disabled.is_none()) else { return Ok(()) };
        loop {
            let page = self.means.store.waiting_deliveries(id, road.read_to, PAGE).await?;
            let more = page.len() == PAGE_LEN;
            for waiting in page {
                road.read_to = waiting.number;
                road.lane.add(waiting);
            }
            if !more {
                break;
            }
        }
        let (waiting, most) = (road.lane.len(), self.settings.most_waiting);
        if road.bound == 0 {
            // One that is switched on again although much waits gets as much room once more.
            road.bound = if waiting > most { waiting.saturating_add(most) } else { most };
        }
        if waiting > road.bound {
            self.switch_off(id, Disabled::TooFarBehind).await?;
        }
        Ok(())
    }

    async fn switch_off(&mut self, id: &str, why: Disabled) -> Result<(), StoreError> {
        self.means.store.disable_webhook(id, why, self.means.clock.now()).await?;
        log::warn!("webhook.id" = id, "webhook.disabled" = why.as_str(); "a webhook was switched off");
        if let Some(road) = self.roads.get_mut(id) {
            let webhook = Webhook { disabled: Some(why), ..road.webhook.as_ref().clone() };
            road.webhook = Arc::new(webhook);
            road.bound = 0;
        }
        Ok(())
    }

    async fn landed(&mut self, landed: Result<(Id, Landed), JoinError>) {
        let (id, landed) = match landed {
            Ok((id, landed)) => (id, Some(landed)),
            Err(error) => (error.id(), None),
        };
        let now = self.now();
        let Some((webhook, waiting)) = self.departed.remove(&id) else { return };
        let Some(road) = self.roads.get_mut(&webhook.id) else { return };
        match landed {
            // The way it is done has a fault; it is not done over and over.
            None => road.lane.again(waiting.number, waiting.tries, now + LONGEST),
            Some(Landed::Again { tries, at }) => road.lane.again(waiting.number, tries, at),
            Some(Landed::Ended { gone }) => {
                road.lane.ended(waiting.number);
                // Unless it has moved meanwhile.
                let gone = gone && road.webhook.url == webhook.url;
                if gone && let Err(error) = self.switch_off(&webhook.id, Disabled::Gone).await {
                    log::warn!(error:display, "webhook.id" = webhook.id.as_str(); "a webhook that is gone was not switched off");
                }
            }
        }
    }

    /// One page in a turn, so that nobody waits long for the database, and others leave and land meanwhile.
    async fn forget(&mut self, now: Timestamp) {
        let pause = match self.forget_page(now).await {
            Ok(true) => Millis::ZERO,
            Ok(false) => FORGET_EVERY,
            Err(error) => {
                log::warn!(error:display; "what is old of webhooks was not forgotten; trying again");
                FORGET_PAUSE
            }
        };
        self.forget_at = now + pause;
    }

    /// Whether there may be more.
    async fn forget_page(&self, now: Timestamp) -> Result<bool, StoreError> {
        if self.means.store.forget_removed(PAGE).await? {
            return Ok(true);
        }
        let (delivered, dead) = (self.settings.delivered_kept_days, self.settings.dead_kept_days);
        for (state, days) in [(DeliveryState::Delivered, delivered), (DeliveryState::Dead, dead)] {
            let before = now - Millis::from_secs(i64::from(days) * DAY);
            if self.means.store.forget_deliveries(state, before, PAGE).await? >= PAGE_LEN {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

fn answer(waiting: &mut Vec<oneshot::Sender<()>>) {
    for one in waiting.drain(..) {
        // Whoever asked may have gone.
        let _ = one.send(());
    }
}

/// One try, and how it went, stored. A store that is away is waited for: what has arrived is not to be sent again.
async fn fly(means: Arc<Means>, webhook: Arc<Webhook>, waiting: Waiting) -> Landed {
    let delivery = match means.store.delivery(&waiting.id).await {
        Ok(Some(delivery)) if delivery.state == DeliveryState::Pending => delivery,
        Ok(_) => return Landed::Ended { gone: false },
        Err(error) => {
            log::warn!(error:display, "delivery.id" = waiting.id.as_str(); "a delivery cannot be read; trying again");
            return Landed::Again { tries: waiting.tries, at: means.clock.now() + STORE_PAUSE };
        }
    };
    let (attempt, outcome) = means.carrier.carry(&webhook, &delivery).await;
    let (now, tries) = (means.clock.now(), delivery.tries.saturating_add(1));
    let verdict = judge(tries, outcome, now, rand::random());
    let (state, at) = match verdict {
        Verdict::Delivered => (DeliveryState::Delivered, now),
        Verdict::Again { at } => (DeliveryState::Pending, at),
        Verdict::Dead | Verdict::Gone => (DeliveryState::Dead, now),
    };
    let status = attempt.status.unwrap_or(0);
    log::log!(
        if state == DeliveryState::Dead { log::Level::Warn } else { log::Level::Debug },
        "webhook.id" = webhook.id.as_str(), "delivery.id" = delivery.id.as_str(), "delivery.tries" = tries,
        "delivery.state" = state.as_str(), "http.status" = status, "delivery.took_ms" = attempt.took_ms;
        "a delivery was tried"
    );
    // When it was asked for again meanwhile this is not kept, and the lane hears of the asking.
    let tried = Tried { attempt, asked: delivery.asked, tries, state, at };
    while let Err(error) = means.store.delivery_tried(&delivery.id, &tried).await {
        log::warn!(error:display, "delivery.id" = delivery.id.as_str(); "how a delivery went was not stored; trying again");
        means.clock.sleep_until(means.clock.now() + STORE_PAUSE).await;
    }
    match verdict {
        Verdict::Again { at } => Landed::Again { tries, at },
        verdict => Landed::Ended { gone: verdict == Verdict::Gone },
    }
}
