//! `[socket_io]`: how clients of Socket.IO are kept in touch with.

use super::{Kind, section};

const HOUR_MS: i64 = 3_600_000;

section! {
    /// `[socket_io]`.
    pub struct SocketIo in "socket_io" {
        /// The server's ping comes this long after the last sign of life, milliseconds.
        ping_interval_ms: u64 = 25_000, Kind::Int(10, HOUR_MS);
        /// A client that leaves a ping unanswered for this long is gone, milliseconds.
        ping_timeout_ms: u64 = 20_000, Kind::Int(10, HOUR_MS);
        /// The largest message, and the largest body of a polling client, bytes.
        max_payload_bytes: usize = 65_536, Kind::Int(1_024, 16_777_216);
    }
}
