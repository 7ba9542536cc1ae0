//! The one way to send: bounded, counted, with a named policy for a full mailbox.
//!
//! `do_send` ignores the mailbox bound, so it is banned everywhere else. Who sends says what happens when the receiver
//! cannot keep up; the table of bounds stands in [`crate::actors`].

use std::sync::atomic::{AtomicU64, Ordering};

use actix::dev::{MessageResponse, ToEnvelope};
use actix::{Actor, Addr, Handler, Message, Recipient};

/// What happens to a message whose receiver's mailbox is full.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Overflow {
    /// It comes back to the sender, who answers "overloaded" to whoever asked.
    Refuse,
    /// It is dropped and counted: typing, presence, estimates — what the next one replaces.
    Drop,
    /// It goes in all the same: what must not be lost and cannot be more than a few per event.
    Force,
}

/// Why a message was not taken.
#[derive(Debug)]
pub enum Undelivered<M> {
    /// The mailbox is full; the message comes back.
    Full(M),
    /// The actor is gone; the message comes back.
    Gone(M),
    /// Dropped by policy.
    Dropped,
}

static SENT: AtomicU64 = AtomicU64::new(0);
static REFUSED: AtomicU64 = AtomicU64::new(0);
static DROPPED: AtomicU64 = AtomicU64::new(0);

/// Messages sent, refused and dropped in this process, in this order.
pub fn counts() -> (u64, u64, u64) {
    (SENT.load(Ordering::Relaxed), REFUSED.load(Ordering::Relaxed), DROPPED.load(Ordering::Relaxed))
}

/// Sends to an actor.
///
/// # Errors
/// [`Undelivered`], by policy.
pub fn tell<A, M>(to: &Addr<A>, message: M, overflow: Overflow) -> Result<(), Undelivered<M>>
where
    A: Actor + Handler<M>,
    A::Context: ToEnvelope<A, M>,
    M: Message + Send + 'static,
    M::Result: MessageResponse<A, M> + Send,
{
    match to.try_send(message) {
        Ok(()) => {
            SENT.fetch_add(1, Ordering::Relaxed);
            Ok(())
        }
        Err(actix::prelude::SendError::Closed(message)) => Err(Undelivered::Gone(message)),
        Err(actix::prelude::SendError::Full(message)) => match overflow {
            Overflow::Force => {
                #[expect(clippy::disallowed_methods, reason = "the one place where a bound may be passed, by policy")]
                to.do_send(message);
                SENT.fetch_add(1, Ordering::Relaxed);
                Ok(())
            }
            other => Err(full(message, other)),
        },
    }
}

/// Sends to whoever is behind a recipient.
///
/// # Errors
/// [`Undelivered`], by policy.
pub fn tell_recipient<M>(to: &Recipient<M>, message: M, overflow: Overflow) -> Result<(), Undelivered<M>>
where
    M: Message + Send + 'static,
    M::Result: Send,
{
    match to.try_send(message) {
        Ok(()) => {
            SENT.fetch_add(1, Ordering::Relaxed);
            Ok(())
        }
        Err(actix::prelude::SendError::Closed(message)) => Err(Undelivered::Gone(message)),
        Err(actix::prelude::SendError::Full(message)) => match overflow {
            Overflow::Force => {
                #[expect(clippy::disallowed_methods, reason = "the one place where a bound may be passed, by policy")]
                to.do_send(message);
                SENT.fetch_add(1, Ordering::Relaxed);
                Ok(())
            }
            other => Err(full(message, other)),
        },
    }
}

fn full<M>(message: M, overflow: Overflow) -> Undelivered<M> {
    if overflow == Overflow::Drop {
        DROPPED.fetch_add(1, Ordering::Relaxed);
        return Undelivered::Dropped;
    }
    REFUSED.fetch_add(1, Ordering::Relaxed);
    Undelivered::Full(message)
}
