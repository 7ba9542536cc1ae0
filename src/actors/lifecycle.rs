//! Our own supervision: actix lets an actor that panics vanish without a word, so every actor carries a [`Watch`].

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, RwLock};

use actix::dev::channel::channel;
use actix::{Actor, Addr, ArbiterHandle, Context};

/// How an actor ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// It stopped itself, or its last address went away.
    Stopped,
    /// A handler panicked.
    Panicked,
}

/// A field of every actor whose drop tells its parent.
///
/// It fires on stop, on panic, and when the last address is gone. The callback runs inside a drop, maybe while the
/// thread unwinds, so it may only send.
pub struct Watch {
    on_end: Option<Box<dyn FnOnce(Ending) + Send>>,
}

impl Watch {
    /// Calls `on_end` once, at the end.
    pub fn new(on_end: impl FnOnce(Ending) + Send + 'static) -> Self {
        Self { on_end: Some(Box::new(on_end)) }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let ending = if std::thread::panicking() { Ending::Panicked } else { Ending::Stopped };
        if let Some(on_end) = self.on_end.take() {
            on_end(ending);
        }
    }
}

/// The present address of an actor that may be restarted.
pub struct Slot<A: Actor>(Arc<RwLock<Option<Addr<A>>>>);

impl<A: Actor> Clone for Slot<A> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<A: Actor> Default for Slot<A> {
    fn default() -> Self {
        Self(Arc::new(RwLock::new(None)))
    }
}

impl<A: Actor> Slot<A> {
    /// The present address; none before the first start and between two lives.
    pub fn get(&self) -> Option<Addr<A>> {
        self.0.read().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }

    /// A new life.
    pub fn set(&self, addr: Option<Addr<A>>) {
        *self.0.write().unwrap_or_else(std::sync::PoisonError::into_inner) = addr;
    }
}

/// Where actors are started.
#[derive(Default)]
pub struct Spawner {
    arbiters: Vec<ArbiterHandle>,
    next: AtomicUsize,
}

impl Spawner {
    /// On these threads in turn; on the present one when there are none.
    pub fn new(arbiters: Vec<ArbiterHandle>) -> Self {
        Self { arbiters, next: AtomicUsize::new(0) }
    }

    /// Starts an actor whose mailbox holds `mailbox` messages from the first moment on.
    ///
    /// An actor that bounds its own mailbox when it starts has the default bound of 16 until its thread gets to that,
    /// and refuses the rest of a burst that opened it.
    pub fn start<A>(&self, mailbox: usize, make: impl FnOnce(&mut Context<A>) -> A + Send + 'static) -> Addr<A>
    where
        A: Actor<Context = Context<A>>,
    {
        self.start_known(mailbox, |_| {}, make)
    }

    /// The same; `known` gets the address before the actor takes its first step, so that whoever is told something by
    /// that step can answer.
    pub fn start_known<A>(
        &self,
        mailbox: usize,
        known: impl FnOnce(&Addr<A>),
        make: impl FnOnce(&mut Context<A>) -> A + Send + 'static,
    ) -> Addr<A>
    where
        A: Actor<Context = Context<A>>,
    {
        let turn = self.next.fetch_add(1, Ordering::Relaxed);
        let arbiter = turn.checked_rem(self.arbiters.len()).and_then(|place| self.arbiters.get(place));
        let (sender, receiver) = channel(mailbox);
        let addr = Addr::new(sender);
        known(&addr);
        let run = move || {
            let mut ctx = Context::with_receiver(receiver);
            let actor = make(&mut ctx);
            actix_rt::spawn(ctx.into_future(actor));
        };
        match arbiter {
            Some(arbiter) => {
                // A thread that has ended takes its actors with it; whoever sends to this one is told that it is gone.
                let _ = arbiter.spawn_fn(run);
            }
            None => run(),
        }
        addr
    }
}

/// Which actor is made to panic. Only in builds for the checks.
#[cfg(feature = "fault-injection")]
#[derive(Clone, Debug)]
pub enum Fault {
    /// The router.
    Router,
    /// The supervisor.
    Supervisor,
    /// The live room of a conversation.
    Room(crate::domain::ids::ConversationId),
    /// An agent's actor.
    Agent(crate::domain::ids::AgentId),
    /// All sessions of a person.
    Sessions(crate::domain::ids::UserId),
}
