//! Every query, written once and compiled for each database.
//!
//! The including module defines `Conn`, `RunQueryDsl`, `batch`, and the macro `run!`, which awaits on PostgreSQL and
//! calls on SQLite. On SQLite the futures never wait: they are run to their end on the blocking thread that owns the
//! connection, so that a whole batch is one hop and not one per statement.

pub(in crate::store) mod chatbots;
pub(in crate::store) mod conversations;
pub(in crate::store) mod desk;
pub(in crate::store) mod host_events;
pub(in crate::store) mod keys;
pub(in crate::store) mod merge;
pub(in crate::store) mod messaging;
pub(in crate::store) mod overviews;
pub(in crate::store) mod people;
pub(in crate::store) mod routing;
pub(in crate::store) mod search;
pub(in crate::store) mod webhooks;
pub(in crate::store) mod write;

use super::{Conn, RunQueryDsl, batch};
