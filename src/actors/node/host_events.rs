//! What the host application tells its people through us, and what they have read of it.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::domain::event::{Audience, Event};
use crate::domain::host_event::{EventAudience, HostEvent, NewHostEvent, Read};
use crate::domain::ids::UserId;
use crate::domain::rejection::Rejection;
use crate::domain::time::Millis;
use crate::domain::user::{Principal, Role};
use crate::protocol::dialect::is_own_event;
use crate::store::{PublishedEvent, Reader, StoreError};

use super::super::failure::Failure;
use super::super::messages::RouterMessage;
use super::Node;

/// How far people's devices have come is stored this often; after a crash what came since is sent again.
const MARKED_EVERY: Millis = Millis::from_secs(2);

/// What the node keeps of the host's events.
#[derive(Default)]
pub(super) struct HostEvents {
    /// The number of the newest durable event; nobody asks the store for events while there are none.
    newest: AtomicI64,
    /// Held from the numbering of an event until it is on its way, so that numbers come in order.
    in_order: tokio::sync::Mutex<()>,
    /// Up to which number events have reached people, not stored yet.
    delivered: Mutex<BTreeMap<UserId, i64>>,
}

/// A person as a reader of events.
pub fn reader(principal: &Principal) -> Reader {
    Reader { user_id: principal.user_id.clone(), role: principal.role }
}

/// What became of a host's event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Carried {
    /// Its id.
    pub id: String,
    /// Its number; none = ephemeral.
    pub number: Option<i64>,
    /// It was taken before; nobody is told again.
    pub duplicate: bool,
}

impl Node {
    /// Carries an event of the host to whom it is for: durable first, then told.
    ///
    /// # Errors
    /// `Invalid` with the field; the store's word.
    pub async fn carry(&self, new: NewHostEvent) -> Result<Carried, Failure> {
        let is_object = serde_json::from_str::<BTreeMap<String, serde::de::IgnoredAny>>(&new.data).is_ok();
        if !is_object {
            let (field, message) = ("data".into(), "must be an object".into());
            return Err(Failure::Rejected(Rejection::Invalid { field, message }));
        }
        let event = new.checked(self.now(), self.new_id(), is_own_event)?;
        let Some(expires_at) = event.expires_at else {
            let id = event.id.clone();
            self.tell_event(event);
            return Ok(Carried { id, number: None, duplicate: false });
        };
        let _in_order = self.host_events.in_order.lock().await;
        let PublishedEvent { number, duplicate } = self.store.publish_event(&event, expires_at).await?;
        self.host_events.newest.fetch_max(number, Ordering::Relaxed);
        let id = event.id.clone();
        if !duplicate {
            self.tell_event(HostEvent { number: Some(number), ..event });
        }
        Ok(Carried { id, number: Some(number), duplicate })
    }

    fn tell_event(&self, event: HostEvent) {
        let to = match &event.to {
            EventAudience::User(user_id) => Audience::User(user_id.clone()),
            EventAudience::Role(Role::Customer) => Audience::Customers,
            EventAudience::Role(Role::Agent) => Audience::Agents,
            EventAudience::Role(Role::Admin) => Audience::Admins,
            EventAudience::All => Audience::All,
        };
        self.router(RouterMessage::Publish { to, event: Event::Host(Arc::new(event)) });
    }

    /// Whether the host has ever sent a durable event.
    pub fn has_events(&self) -> bool {
        self.host_events.newest.load(Ordering::Relaxed) > 0
    }

    /// A device of somebody has got everything up to this number.
    pub fn event_arrived(&self, user_id: &UserId, number: i64) {
        let mut delivered = self.host_events.delivered.lock().unwrap_or_else(PoisonError::into_inner);
        let mark = delivered.entry(user_id.clone()).or_default();
        *mark = number.max(*mark);
    }

    /// Marks some of a person's notifications read and tells all of their devices. How many are left.
    ///
    /// # Errors
    /// `NotFound`, when it is none of theirs; the store's word.
    pub async fn read_notifications(&self, principal: &Principal, what: Read) -> Result<i64, Failure> {
        let left = self.store.read_notifications(&reader(principal), &what, self.now()).await?;
        let unread = left.ok_or(Failure::Rejected(Rejection::NotFound))?;
        let event = Event::NotificationCount { unread, read: Some(what) };
        self.router(RouterMessage::Publish { to: Audience::User(principal.user_id.clone()), event });
        Ok(unread)
    }

    /// Stores how far a person's devices have come, when that is not stored yet.
    pub async fn store_event_mark_of(&self, user_id: &UserId) {
        let known = self.host_events.delivered.lock().unwrap_or_else(PoisonError::into_inner).contains_key(user_id);
        if known {
            self.store_event_marks().await;
        }
    }

    /// Stores how far people's devices have come.
    pub async fn store_event_marks(&self) {
        let marks: Vec<(UserId, i64)> = {
            let mut delivered = self.host_events.delivered.lock().unwrap_or_else(PoisonError::into_inner);
            std::mem::take(&mut *delivered).into_iter().collect()
        };
        if marks.is_empty() {
            return;
        }
        if let Err(error) = self.store.mark_events_delivered(&marks).await {
            log::warn!(error:display; "how far events have come was not stored; trying again");
            marks.iter().for_each(|(user_id, number)| self.event_arrived(user_id, *number));
        }
    }

    /// Reads where the numbers stand, and stores marks until the node is gone.
    pub(super) async fn start_host_events(self: &Arc<Self>) -> Result<(), StoreError> {
        self.host_events.newest.store(self.store.newest_event().await?, Ordering::Relaxed);
        let node = Arc::downgrade(self);
        actix_rt::spawn(async move {
            while let Some(strong) = node.upgrade() {
                let round = strong.clock.sleep_until(strong.now() + MARKED_EVERY);
                drop(strong);
                round.await;
                let Some(strong) = node.upgrade() else { break };
                strong.store_event_marks().await;
            }
        });
        Ok(())
    }
}
