//! Which sessions there are, for requests that land on any worker thread.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rand::RngExt as _;
use subtle::ConstantTimeEq as _;

use super::link::LinkRef;

/// Random bytes of a session's id: nobody guesses 144 bits.
const SID_BYTES: usize = 18;

/// What a session's requests say about where they come from. Browsers leave the origin out of some and cannot set headers
/// on others, so what one says first holds for all that say anything.
#[derive(Default)]
pub(super) struct Bound {
    origin: OnceLock<String>,
    token: OnceLock<String>,
}

impl Bound {
    /// Whether a request may belong to the session, by its page and its token.
    pub(super) fn fits(&self, origin: Option<String>, token: Option<String>) -> bool {
        let same = |known: &OnceLock<String>, said: Option<String>| {
            said.is_none_or(|said| {
                let known = known.get_or_init(|| said.clone());
                constant_time_eq(known, &said)
            })
        };
        same(&self.origin, origin) && same(&self.token, token)
    }
}

fn constant_time_eq(one: &str, other: &str) -> bool {
    one.as_bytes().ct_eq(other.as_bytes()).into()
}

/// One session.
pub(super) struct Entry {
    pub link: LinkRef,
    pub bound: Bound,
    /// The largest body, bytes.
    pub body_bytes: Arc<AtomicUsize>,
    /// A request is bringing packets.
    pub posting: AtomicBool,
}

#[derive(Default)]
struct Sessions {
    entries: RwLock<HashMap<Box<str>, Arc<Entry>>>,
    next: AtomicU64,
}

/// All sessions of the process. Cheap to clone.
#[derive(Clone, Default)]
pub struct Registry(Arc<Sessions>);

/// A session's own row; it goes when the session does.
pub(super) struct Registered {
    registry: Registry,
    sid: Box<str>,
    body_bytes: Arc<AtomicUsize>,
}

impl Registry {
    /// A number that none before had, for polls and WebSockets.
    pub(super) fn number(&self) -> u64 {
        self.0.next.fetch_add(1, Ordering::Relaxed)
    }

    /// A new id with its row, which `enter` fills.
    pub(super) fn reserve(&self, body_bytes: usize) -> (String, Registered) {
        let sid = URL_SAFE_NO_PAD.encode(rand::rng().random::<[u8; SID_BYTES]>());
        let registered = Registered {
            registry: self.clone(),
            sid: sid.as_str().into(),
            body_bytes: Arc::new(AtomicUsize::new(body_bytes)),
        };
        (sid, registered)
    }

    pub(super) fn enter(&self, sid: &str, link: LinkRef, bound: Bound, body_bytes: Arc<AtomicUsize>) {
        let entry = Entry { link, bound, body_bytes, posting: AtomicBool::new(false) };
        let mut entries = self.0.entries.write().unwrap_or_else(PoisonError::into_inner);
        entries.insert(sid.into(), Arc::new(entry));
    }

    pub(super) fn find(&self, sid: &str) -> Option<Arc<Entry>> {
        self.0.entries.read().unwrap_or_else(PoisonError::into_inner).get(sid).cloned()
    }

    /// How many sessions there are.
    pub fn len(&self) -> usize {
        self.0.entries.read().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Registered {
    pub(super) fn body_bytes(&self) -> Arc<AtomicUsize> {
        Arc::clone(&self.body_bytes)
    }

    /// From now on bodies may be this large.
    pub(super) fn allow(&self, bytes: usize) {
        self.body_bytes.store(bytes, Ordering::Relaxed);
    }
}

impl Drop for Registered {
    fn drop(&mut self) {
        self.registry.0.entries.write().unwrap_or_else(PoisonError::into_inner).remove(&self.sid);
    }
}

impl Entry {
    /// Marks that a request brings packets; none while another does.
    pub(super) fn begin_post(&self) -> Option<Posting<'_>> {
        (!self.posting.swap(true, Ordering::AcqRel)).then_some(Posting(self))
    }
}

/// A request brings packets.
pub(super) struct Posting<'a>(&'a Entry);

impl Drop for Posting<'_> {
    fn drop(&mut self) {
        self.0.posting.store(false, Ordering::Release);
    }
}
