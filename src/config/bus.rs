//! `[bus]`: how several nodes tell each other what is new.

use serde::Deserialize;

use super::{Kind, PrivateUrl, Secret, section};

/// What carries the hints.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BusKind {
    /// Inside this process.
    Local,
}

section! {
    /// `[bus]`. The `redis_*` keys are read and checked, and not used yet: there is only the bus inside the process.
    pub struct Bus in "bus" {
        /// What carries the hints.
        kind: BusKind = BusKind::Local, Kind::Choice(&["local"]);
        /// The server as a URL; goes before the three keys below.
        redis_url: Option<PrivateUrl> = None, Kind::PrivateUrl(&["redis", "rediss"]);
        /// The server's host.
        redis_host: Option<String> = None, Kind::Host;
        /// The server's port.
        redis_port: u16 = 6379, Kind::Int(1, 65_535);
        /// The server's password.
        redis_password: Option<Secret> = None, Kind::Secret(1);
    }
}
