//! `[alerts]`: what admins are warned of.

use crate::domain::alerts::AlertSettings;

use super::{Kind, millis, section};

const DAY_MS: i64 = 86_400_000;

section! {
    /// `[alerts]`. [`Alerts::settings`] gives it in the domain's terms.
    pub struct Alerts in "alerts" {
        /// More customers waiting than this; 0 = off.
        queue_length: u64 = 10, Kind::Int(0, 1_000_000);
        /// A customer waiting longer than this, milliseconds; 0 = off.
        oldest_wait_ms: u64 = 600_000, Kind::Int(0, DAY_MS);
        /// No agent online for this long within business hours, milliseconds; 0 = off.
        no_agent_after_ms: u64 = 60_000, Kind::Int(0, DAY_MS);
        /// So many broken sockets within the window; 0 = off.
        socket_failures: u64 = 50, Kind::Int(0, 1_000_000);
        /// So many failed writes to the database within the window; 0 = off.
        database_failures: u64 = 1, Kind::Int(0, 1_000_000);
        /// How far back failures count, milliseconds.
        failures_window_ms: u64 = 300_000, Kind::Int(1_000, DAY_MS);
    }
}

impl Alerts {
    /// The same in the domain's terms.
    pub fn settings(&self) -> AlertSettings {
        AlertSettings {
            queue_length: self.queue_length,
            oldest_wait: millis(self.oldest_wait_ms),
            no_agent_after: millis(self.no_agent_after_ms),
            socket_failures: self.socket_failures,
            database_failures: self.database_failures,
            failures_window: millis(self.failures_window_ms),
        }
    }
}
