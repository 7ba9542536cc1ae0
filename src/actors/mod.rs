//! Thin actor shells around the domain's cores.
//!
//! Everything is a tell with the reply travelling in the message. Two asks exist, both by a oneshot channel and never
//! in a cycle: a room asks the supervisor for its case when it is opened, and REST asks whoever answers. So the DAG of
//! who may wait for whom is `REST, library → room → supervisor → store`.
//!
//! | mailbox | bound | when full |
//! |---|---|---|
//! | session | 4,096 | forced: the session's own bound is in bytes, and a slow client is cut by it |
//! | link (Engine.IO) | 4,096 | forced: the session above is bounded in bytes, one request of each kind waits, and a flood of posts ends it |
//! | hub | 262,144 | forced: news for many sessions; typing, presence and receipts are dropped |
//! | room | 8,192 | commands are refused with `unavailable`; news are found again by their numbers |
//! | agent | 4,096 | forced: at most a few messages per link |
//! | router | 262,144 | forced |
//! | supervisor | 16,384 | requests are refused with `unavailable`; the store's word and links are forced |
//! | writer | `database.queue` items | refused with `unavailable` |

pub mod agent;
pub mod escalation;
pub mod failure;
pub mod lifecycle;
pub mod link;
pub mod messages;
pub mod node;
pub mod room;
pub mod router;
pub mod session;
pub mod tell;

/// Messages that may wait for a session.
const SESSION_MAILBOX: usize = 4096;
