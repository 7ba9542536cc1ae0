//! `[messaging]`: messages between people.

use super::{Kind, section};

const YEAR_MS: i64 = 31_536_000_000;

section! {
    /// `[messaging]`.
    pub struct Messaging in "messaging" {
        /// Whether guests may write to each other.
        guest_to_guest: bool = true, Kind::Bool;
        /// The most people in one conversation.
        group_people: usize = 100, Kind::Int(2, 1_000);
        /// How long one may change the text of a message, milliseconds; 0 = always.
        edit_window_ms: u64 = 86_400_000, Kind::Int(0, YEAR_MS);
        /// Conversations that one person may begin in a minute.
        begun_per_minute: u32 = 20, Kind::Int(1, 1_000_000);
    }
}
