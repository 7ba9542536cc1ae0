//! `[limits]`: what one client may do.

use super::{Kind, section};

const HOUR_MS: i64 = 3_600_000;

section! {
    /// `[limits]`.
    pub struct Limits in "limits" {
        /// The largest message of a socket, all fragments together, bytes.
        frame_bytes: usize = 65_536, Kind::Int(1_024, 16_777_216);
        /// The same before the client has said who it is, bytes.
        frame_bytes_unauthenticated: usize = 4_096, Kind::Int(256, 16_777_216);
        /// The longest content of a message, characters.
        content_chars: usize = 8_000, Kind::Int(1, 1_000_000);
        /// Messages of one sender in 10 seconds.
        messages_per_10s: u32 = 20, Kind::Int(1, 1_000_000);
        /// Frames of one socket in 60 seconds.
        frames_per_60s: u32 = 120, Kind::Int(1, 10_000_000);
        /// Refusals for being too fast, in 60 seconds, after which a socket is closed (1008).
        rate_limit_strikes: u32 = 60, Kind::Int(1, 1_000_000);
        /// Conversations that one socket may have joined at a time.
        rooms_per_socket: usize = 64, Kind::Int(1, 10_000);
        /// Bytes on their way to one socket, above which it counts as slow.
        outbound_bytes: usize = 262_144, Kind::Int(16_384, 67_108_864);
        /// A slow socket without progress for this long is closed (1013), milliseconds.
        outbound_stall_ms: u64 = 5_000, Kind::Int(10, HOUR_MS);
        /// The server's ping comes this often, milliseconds.
        heartbeat_ms: u64 = 20_000, Kind::Int(10, HOUR_MS);
        /// A socket that was not heard of for this long is dead, milliseconds; more than `heartbeat_ms`.
        heartbeat_timeout_ms: u64 = 25_000, Kind::Int(20, HOUR_MS);
        /// A socket must have said who it is by then, milliseconds.
        hello_timeout_ms: u64 = 10_000, Kind::Int(10, HOUR_MS);
        /// "Is typing" ends by itself after this, milliseconds.
        typing_timeout_ms: u64 = 6_000, Kind::Int(10, HOUR_MS);
        /// A conversation's live room that nobody needs is put away after this, milliseconds.
        room_idle_ms: u64 = 60_000, Kind::Int(10, HOUR_MS);
        /// Visitor tokens for one address in a minute.
        visitors_per_minute: u32 = 30, Kind::Int(1, 1_000_000);
        /// Login attempts for one address, and for one account, in a minute.
        logins_per_minute: u32 = 10, Kind::Int(1, 1_000_000);
        /// The deepest nesting of JSON that is read, levels.
        json_depth: usize = 32, Kind::Int(4, 120);
        /// The largest request body, bytes.
        body_bytes: usize = 262_144, Kind::Int(1_024, 67_108_864);
        /// The largest `metadata` of a conversation or message, bytes of JSON.
        metadata_bytes: usize = 8_192, Kind::Int(2, 1_048_576);
        /// The most items of one page of a list.
        page_items: u32 = 100, Kind::Int(1, 1_000);
    }
}
