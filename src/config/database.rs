//! `[database]`: where everything durable lives.

use super::{Kind, PrivateUrl, section};

section! {
    /// `[database]`.
    pub struct Database in "database" {
        /// `sqlite:PATH` or `postgres://USER:PASSWORD@HOST/NAME`.
        url: PrivateUrl = PrivateUrl::new("sqlite:data/switchboard.db"), Kind::Database;
        /// Brings the schema up to date at start.
        migrate: bool = true, Kind::Bool;
        /// Connections in the pool (PostgreSQL) or readers (SQLite).
        pool_size: usize = 8, Kind::Int(1, 1024);
        /// How long a request waits for a free connection, milliseconds.
        acquire_timeout_ms: u64 = 5_000, Kind::Int(1, 600_000);
        /// How long a writer waits for a lock that another process holds, milliseconds.
        busy_timeout_ms: u64 = 5_000, Kind::Int(0, 600_000);
        /// The most writes that are committed together.
        batch_items: usize = 256, Kind::Int(1, 10_000);
    }
}
