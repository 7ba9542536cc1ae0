//! What seed 003's client is told.

use std::collections::BTreeMap;

use crate::domain::conversation::{Conversation, Participant};
use crate::domain::ids::{MessageId, UserId};
use crate::domain::message::Message;
use crate::domain::messaging::{Attachment, Reaction, View};
use crate::protocol::dialect::shapes;
use crate::protocol::json::Object;
use crate::store::Preview;

/// A conversation with its people; `mine`: the caller's own part.
pub(super) fn conversation(
    o: &mut Object<'_>,
    row: &Conversation,
    mine: Option<&Participant>,
    people: &[Participant],
    last_message: Option<&Preview>,
) {
    o.text("id", row.id.as_str()).text("type", row.kind.as_str()).text_or_null("subject", row.subject.as_deref());
    o.text("status", View::of(row, mine).as_str());
    o.text("created_by", row.customer_id.as_str()).time("created_at", row.created_at);
    o.time("last_message_at", row.last_message_at).int("last_seq", row.last_seq);
    o.int("unread_count", mine.map_or(0, |mine| mine.unread(row.last_seq)));
    o.int("last_read_seq", mine.map_or(0, |mine| mine.last_read_seq));
    o.flag("muted", mine.is_some_and(|mine| mine.muted)).flag("archived", mine.is_some_and(|mine| mine.archived));
    o.text_or_null("role", mine.map(|mine| mine.role.as_str()));
    o.list("participants", people, |o, one| shapes::participant(o, one, None));
    match last_message {
        Some(preview) => o.object("last_message", |o| {
            o.int("seq", preview.seq).text("sender_role", preview.sender_role.as_str());
            o.text("sender_name", &preview.sender_name).text("message_text", &preview.text);
            o.time("created_at", preview.created_at);
        }),
        None => o.null("last_message"),
    };
    o.opaque("metadata", row.metadata.as_deref());
}

/// What belongs to the messages of a page.
#[derive(Default)]
pub(super) struct Beside {
    reactions: BTreeMap<MessageId, Vec<Reaction>>,
    attachments: BTreeMap<MessageId, Vec<Attachment>>,
}

impl Beside {
    pub fn new(reactions: Vec<Reaction>, attachments: Vec<Attachment>) -> Self {
        let mut beside = Self::default();
        for reaction in reactions {
            beside.reactions.entry(reaction.message_id.clone()).or_default().push(reaction);
        }
        for attachment in attachments {
            if let Some(message_id) = attachment.message_id.clone() {
                beside.attachments.entry(message_id).or_default().push(attachment);
            }
        }
        beside
    }
}

/// A message as one of its readers sees it. `read_up_to`: the reader's mark.
pub(super) fn message(
    o: &mut Object<'_>,
    message: &Message,
    (reader, read_up_to): (&UserId, i64),
    beside: &Beside,
    address: &impl Fn(&mut Object<'_>, &Attachment),
) {
    o.text("id", message.id.as_str());
    shapes::message(o, message);
    o.flag("is_read", message.seq <= read_up_to || message.sender_id.as_ref() == Some(reader));
    let found = beside.reactions.get(&message.id).map(Vec::as_slice).unwrap_or_default();
    o.list("reactions", &by_emoji(found), |o, (emoji, people)| {
        o.text("emoji", emoji).int("count", i128::try_from(people.len()).unwrap_or(0));
        o.texts("user_ids", people).flag("mine", people.contains(&reader.as_str()));
    });
    let files = beside.attachments.get(&message.id).map(Vec::as_slice).unwrap_or_default();
    o.list("attachments", files, |o, file| attachment(o, file, address));
}

/// Each emoji with those who put it, in the order of its first.
fn by_emoji(reactions: &[Reaction]) -> Vec<(&str, Vec<&str>)> {
    let mut found: Vec<(&str, Vec<&str>)> = Vec::new();
    for reaction in reactions {
        match found.iter_mut().find(|(emoji, _)| *emoji == reaction.emoji) {
            Some((_, people)) => people.push(reaction.user_id.as_str()),
            None => found.push((&reaction.emoji, vec![reaction.user_id.as_str()])),
        }
    }
    found
}

/// A file; `address` writes where it can be got for a while.
pub(super) fn attachment(o: &mut Object<'_>, file: &Attachment, address: &impl Fn(&mut Object<'_>, &Attachment)) {
    o.text("id", &file.id).text("file_name", &file.name).text("file_type", &file.media_type);
    o.int("file_size", file.bytes);
    match (file.width, file.height) {
        (Some(width), Some(height)) => o.int("width", width).int("height", height),
        _ => o.null("width").null("height"),
    };
    address(o, file);
}
