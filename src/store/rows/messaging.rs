//! Reactions and files.

use diesel::prelude::{Insertable, Queryable, Selectable};

use crate::domain::messaging::{Attachment, Reaction};
use crate::store::schema::{attachments, reactions};

use super::at;

#[derive(Queryable, Selectable, Insertable, Clone)]
#[diesel(table_name = reactions)]
pub(in crate::store) struct ReactionRow {
    pub message_id: String,
    pub user_id: String,
    pub emoji: String,
    pub at: i64,
}

impl ReactionRow {
    pub fn read(self) -> Reaction {
        Reaction {
            message_id: self.message_id.into(),
            user_id: self.user_id.into(),
            emoji: self.emoji,
            at: at(self.at),
        }
    }
}

#[derive(Queryable, Selectable, Insertable, Clone)]
#[diesel(table_name = attachments)]
pub(in crate::store) struct AttachmentRow {
    pub id: String,
    pub owner_id: String,
    pub message_id: Option<String>,
    pub name: String,
    pub media_type: String,
    pub bytes: i64,
    pub width: Option<i32>,
    pub height: Option<i32>,
    pub thumbnail: bool,
    pub created_at: i64,
}

impl AttachmentRow {
    pub fn new(row: &Attachment) -> Self {
        Self {
            id: row.id.clone(),
            owner_id: row.owner_id.to_string(),
            message_id: row.message_id.as_ref().map(ToString::to_string),
            name: row.name.clone(),
            media_type: row.media_type.clone(),
            bytes: row.bytes,
            width: row.width,
            height: row.height,
            thumbnail: row.thumbnail,
            created_at: row.created_at.as_millis(),
        }
    }

    pub fn read(self) -> Attachment {
        Attachment {
            id: self.id,
            owner_id: self.owner_id.into(),
            message_id: self.message_id.map(Into::into),
            name: self.name,
            media_type: self.media_type,
            bytes: self.bytes,
            width: self.width,
            height: self.height,
            thumbnail: self.thumbnail,
            created_at: at(self.created_at),
        }
    }
}
