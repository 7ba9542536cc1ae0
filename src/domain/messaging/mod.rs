//! In-app messages between people: conversations of the kinds guest and staff, staff, guests, group.
//!
//! A guest is a customer; staff are agents and admins. Nobody is assigned here and no assistant answers. Whoever is
//! refused something gets [`Rejection::NotFound`], as for an id that does not exist.

mod change;
mod rules;

pub use change::{
    Alteration, AlterationWhat, Altered, AlteredWhat, Attachment, Deed, Joining, Post, Reaction, Request,
};
pub use rules::{Person, Seat, compose, may_add, may_delete, may_edit, may_manage, may_remove, may_send, successor};

use unicode_segmentation::UnicodeSegmentation;

use super::conversation::{Conversation, ConversationStatus, Participant};
use super::ids::UserId;
use super::rejection::Rejection;
use super::text;

/// The longest title of a conversation, in characters.
pub const SUBJECT_CHARS: usize = 200;
/// The most reactions of one person to one message.
pub const REACTIONS: i64 = 20;
/// The most files of one message.
pub const ATTACHMENTS: usize = 10;
/// The most code points of one emoji: families and flags of regions take many.
const EMOJI_CHARS: usize = 16;

/// What a person has not read: everything up to the newest number, less what they read, less what is no news to them.
pub fn unread(last_seq: i64, last_read_seq: i64, uncounted: i64) -> i64 {
    last_seq.saturating_sub(last_read_seq).saturating_sub(uncounted).max(0)
}

impl Participant {
    /// Takes part now.
    pub fn is_here(&self) -> bool {
        self.left_at.is_none()
    }

    /// What this person has not read of a conversation with this newest number.
    pub fn unread(&self, last_seq: i64) -> i64 {
        unread(last_seq, self.last_read_seq, self.uncounted)
    }

    /// A message became durable. One's own is no news.
    pub fn saw_posted(&mut self, sender_id: Option<&UserId>) {
        if sender_id == Some(&self.user_id) {
            self.uncounted += 1;
        }
    }

    /// A message was taken back. One that was not read and not one's own is no longer news.
    pub fn saw_deleted(&mut self, seq: i64, sender_id: Option<&UserId>) {
        if seq > self.last_read_seq && sender_id != Some(&self.user_id) {
            self.uncounted += 1;
        }
    }

    /// The read mark moved; `uncounted` of what lies after it is no news.
    pub fn saw_read(&mut self, seq: i64, uncounted: i64) {
        if seq > self.last_read_seq {
            self.last_read_seq = seq;
            self.uncounted = uncounted;
        }
    }
}

/// How a conversation looks to one of its people (seed 003).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum View {
    /// Open, in the list.
    Active,
    /// Put away by this person.
    Archived,
    /// Over for all.
    Closed,
}
super::conversation::names!(View { Active = "active", Archived = "archived", Closed = "closed" });

impl View {
    /// How a conversation looks to a participant, or to somebody who only looks on.
    pub fn of(conversation: &Conversation, participant: Option<&Participant>) -> Self {
        if conversation.status == ConversationStatus::Closed {
            Self::Closed
        } else if participant.is_some_and(|participant| participant.archived) {
            Self::Archived
        } else {
            Self::Active
        }
    }
}

/// A title: one line; nothing when it is empty.
///
/// # Errors
/// [`Rejection::Invalid`]: too long, or a character that cannot be seen.
pub fn subject(field: &str, subject: Option<&str>) -> Result<Option<String>, Rejection> {
    match subject.map(str::trim).filter(|subject| !subject.is_empty()) {
        Some(subject) => text::line(field, subject, SUBJECT_CHARS).map(Some),
        None => Ok(None),
    }
}

/// One emoji: signs only, no letters, no words.
///
/// # Errors
/// [`Rejection::Invalid`].
pub fn emoji(field: &str, emoji: &str) -> Result<String, Rejection> {
    let emoji = emoji.trim();
    let keycap = emoji.ends_with('\u{20E3}');
    let sign = |c: char| {
        matches!(c, '\u{200D}' | '\u{FE0F}' | '\u{20E3}' | '\u{E0020}'..='\u{E007F}')
            || (keycap && (c.is_ascii_digit() || matches!(c, '#' | '*')))
            || (u32::from(c) >= 0xA9 && !c.is_alphanumeric() && !c.is_control() && !c.is_whitespace() && !is_hidden(c))
    };
    let shows = |c: char| !matches!(c, '\u{200D}' | '\u{FE0F}' | '\u{E0020}'..='\u{E007F}');
    let one = emoji.chars().nth(EMOJI_CHARS).is_none() && emoji.graphemes(true).count() == 1;
    if one && emoji.chars().all(sign) && emoji.chars().any(shows) {
        Ok(emoji.to_owned())
    } else {
        Err(Rejection::Invalid { field: field.to_owned(), message: "must be one emoji".into() })
    }
}

/// Turns the direction of writing, or is not there at all.
fn is_hidden(c: char) -> bool {
    matches!(c, '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{2064}' | '\u{2066}'..='\u{206F}'
        | '\u{FEFF}' | '\u{E000}'..='\u{F8FF}')
}

#[cfg(test)]
mod tests;
