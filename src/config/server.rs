//! `[server]`: where the program listens and how it ends.

use super::{Kind, section};

section! {
    /// `[server]`.
    pub struct Server in "server" {
        /// The address to listen on.
        host: String = "127.0.0.1".to_owned(), Kind::Host;
        /// The TCP port; 0 lets the system choose, and the address bound is printed.
        port: u16 = 3000, Kind::Int(0, 65_535);
        /// Worker threads; none = one per processor.
        workers: Option<usize> = None, Kind::Int(1, 1024);
        /// The origin that people's browsers see, when it is not `http://host:port` (behind a proxy).
        public_origin: Option<String> = None, Kind::Origin;
        /// How long a stop may take before what is left is cut, milliseconds.
        shutdown_timeout_ms: u64 = 30_000, Kind::Int(0, 600_000);
        /// At a stop each client is told to come back after a random time up to this, milliseconds.
        drain_reconnect_ms: u64 = 5_000, Kind::Int(0, 600_000);
    }
}
