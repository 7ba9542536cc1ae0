//! Conversations, participants, messages, notes.

use diesel::prelude::{Insertable, Queryable, QueryableByName, Selectable};

use crate::domain::conversation::{
    Conversation, ConversationKind, ConversationStatus, Handler, Participant, ParticipantRole,
};
use crate::domain::escalation::Case;
use crate::domain::message::{Message, MessageKind, NewMessage, NewNote, Note, SenderRole};
use crate::store::Rating;
use crate::store::schema::{conversations, messages, notes, participants};

use super::{Read, at, from_json, known, millis, moment, to_json};

#[derive(Queryable, Selectable, Insertable, Clone)]
#[diesel(table_name = conversations)]
pub(in crate::store) struct ConversationRow {
    pub id: String,
    pub kind: String,
    pub status: String,
    pub handler: String,
    pub chatbot_id: Option<String>,
    pub customer_id: String,
    pub customer_name: String,
    pub subject: Option<String>,
    pub client_id: Option<String>,
    pub assigned_agent_id: Option<String>,
    pub escalation_requested: bool,
    pub escalation_reason: Option<String>,
    pub escalation_requested_at: Option<i64>,
    pub escalated_at: Option<i64>,
    pub assigned_at: Option<i64>,
    pub first_response_at: Option<i64>,
    pub closed_at: Option<i64>,
    pub close_reason: Option<String>,
    pub priority: i32,
    pub skills: String,
    pub last_seq: i64,
    pub last_note_seq: i64,
    pub last_message_at: i64,
    pub created_at: i64,
    pub idle_warned_at: Option<i64>,
    pub wrap_up_until: Option<i64>,
    pub version: i64,
    pub metadata: Option<String>,
}

impl ConversationRow {
    pub fn new(row: &Conversation) -> Self {
        Self {
            id: row.id.to_string(),
            kind: row.kind.as_str().to_owned(),
            status: row.status.as_str().to_owned(),
            handler: row.handler.as_str().to_owned(),
            chatbot_id: row.chatbot_id.as_ref().map(ToString::to_string),
            customer_id: row.customer_id.to_string(),
            customer_name: row.customer_name.clone(),
            subject: row.subject.clone(),
            client_id: row.client_id.clone(),
            assigned_agent_id: row.assigned_agent_id.as_ref().map(ToString::to_string),
            escalation_requested: row.escalation_requested,
            escalation_reason: row.escalation_reason.clone(),
            escalation_requested_at: millis(row.escalation_requested_at),
            escalated_at: millis(row.escalated_at),
            assigned_at: millis(row.assigned_at),
            first_response_at: millis(row.first_response_at),
            closed_at: millis(row.closed_at),
            close_reason: row.close_reason.clone(),
            priority: row.priority,
            skills: to_json(&row.skills),
            last_seq: row.last_seq,
            last_note_seq: row.last_note_seq,
            last_message_at: row.last_message_at.as_millis(),
            created_at: row.created_at.as_millis(),
            idle_warned_at: millis(row.idle_warned_at),
            wrap_up_until: None,
            version: row.version,
            metadata: row.metadata.clone(),
        }
    }

    pub fn read(self) -> Read<Conversation> {
        Ok(Conversation {
            kind: known(ConversationKind::parse(&self.kind), "conversations.kind", &self.kind)?,
            status: known(ConversationStatus::parse(&self.status), "conversations.status", &self.status)?,
            handler: known(Handler::parse(&self.handler), "conversations.handler", &self.handler)?,
            skills: from_json(&self.skills, "conversations.skills")?,
            id: self.id.into(),
            chatbot_id: self.chatbot_id.map(Into::into),
            customer_id: self.customer_id.into(),
            customer_name: self.customer_name,
            subject: self.subject,
            client_id: self.client_id,
            assigned_agent_id: self.assigned_agent_id.map(Into::into),
            escalation_requested: self.escalation_requested,
            escalation_reason: self.escalation_reason,
            escalation_requested_at: moment(self.escalation_requested_at),
            escalated_at: moment(self.escalated_at),
            assigned_at: moment(self.assigned_at),
            first_response_at: moment(self.first_response_at),
            closed_at: moment(self.closed_at),
            close_reason: self.close_reason,
            priority: self.priority,
            last_seq: self.last_seq,
            last_note_seq: self.last_note_seq,
            last_message_at: at(self.last_message_at),
            created_at: at(self.created_at),
            idle_warned_at: moment(self.idle_warned_at),
            version: self.version,
            metadata: self.metadata,
        })
    }

    /// The supervisor's view of a live conversation.
    pub fn read_case(self, assignment_id: Option<String>) -> Read<Case> {
        let wrap_up_until = moment(self.wrap_up_until);
        let row = self.read()?;
        // A closed or unowned case keeps no time of ownership; the row keeps the last one for the record.
        let assigned_at = row.assigned_agent_id.as_ref().and(row.assigned_at);
        Ok(Case {
            conversation_id: row.id,
            customer_id: row.customer_id,
            customer_name: row.customer_name,
            chatbot_id: row.chatbot_id,
            status: row.status,
            assigned_agent_id: row.assigned_agent_id,
            version: row.version,
            priority: row.priority,
            skills: row.skills,
            reason: row.escalation_reason,
            escalated_at: row.escalated_at,
            assigned_at,
            wrap_up_until,
            assignment_id: assignment_id.map(Into::into),
        })
    }
}

#[derive(Queryable, Selectable, Insertable, Clone)]
#[diesel(table_name = participants)]
pub(in crate::store) struct ParticipantRow {
    pub conversation_id: String,
    pub user_id: String,
    pub role: String,
    pub name: String,
    pub last_read_seq: i64,
    pub uncounted: i64,
    pub muted: bool,
    pub archived: bool,
    pub joined_at: i64,
    pub left_at: Option<i64>,
}

impl ParticipantRow {
    pub fn new(row: &Participant) -> Self {
        Self {
            conversation_id: row.conversation_id.to_string(),
            user_id: row.user_id.to_string(),
            role: row.role.as_str().to_owned(),
            name: row.name.clone(),
            last_read_seq: row.last_read_seq,
            uncounted: row.uncounted,
            muted: row.muted,
            archived: row.archived,
            joined_at: row.joined_at.as_millis(),
            left_at: millis(row.left_at),
        }
    }

    pub fn read(self) -> Read<Participant> {
        Ok(Participant {
            role: known(ParticipantRole::parse(&self.role), "participants.role", &self.role)?,
            conversation_id: self.conversation_id.into(),
            user_id: self.user_id.into(),
            name: self.name,
            last_read_seq: self.last_read_seq,
            uncounted: self.uncounted,
            muted: self.muted,
            archived: self.archived,
            joined_at: at(self.joined_at),
            left_at: moment(self.left_at),
        })
    }
}

#[derive(Queryable, Selectable, Insertable, QueryableByName, Clone)]
#[diesel(table_name = messages)]
pub(in crate::store) struct MessageRow {
    pub id: String,
    pub conversation_id: String,
    pub seq: i64,
    pub sender_id: Option<String>,
    pub sender_name: String,
    pub sender_role: String,
    pub kind: String,
    pub content: String,
    pub ai_generated: bool,
    pub client_id: Option<String>,
    pub reply_to: Option<String>,
    pub metadata: Option<String>,
    pub created_at: i64,
    pub edited_at: Option<i64>,
    pub deleted_at: Option<i64>,
}

impl MessageRow {
    pub fn new(message: &NewMessage, seq: i64) -> Self {
        Self {
            id: message.id.to_string(),
            conversation_id: message.conversation_id.to_string(),
            seq,
            sender_id: message.sender_id.as_ref().map(ToString::to_string),
            sender_name: message.sender_name.clone(),
            sender_role: message.sender_role.as_str().to_owned(),
            kind: message.kind.as_str().to_owned(),
            content: message.content.clone(),
            ai_generated: message.ai_generated,
            client_id: message.client_id.clone(),
            reply_to: message.reply_to.as_ref().map(ToString::to_string),
            metadata: message.metadata.clone(),
            created_at: message.created_at.as_millis(),
            edited_at: None,
            deleted_at: None,
        }
    }

    pub fn read(self) -> Read<Message> {
        Ok(Message {
            sender_role: known(SenderRole::parse(&self.sender_role), "messages.sender_role", &self.sender_role)?,
            kind: known(MessageKind::parse(&self.kind), "messages.kind", &self.kind)?,
            id: self.id.into(),
            conversation_id: self.conversation_id.into(),
            seq: self.seq,
            sender_id: self.sender_id.map(Into::into),
            sender_name: self.sender_name,
            content: self.content,
            ai_generated: self.ai_generated,
            client_id: self.client_id,
            reply_to: self.reply_to.map(Into::into),
            metadata: self.metadata,
            created_at: at(self.created_at),
            edited_at: moment(self.edited_at),
            deleted_at: moment(self.deleted_at),
        })
    }
}

#[derive(Queryable, Selectable, Insertable, Clone)]
#[diesel(table_name = notes)]
pub(in crate::store) struct NoteRow {
    pub id: String,
    pub conversation_id: String,
    pub note_seq: i64,
    pub author_id: Option<String>,
    pub author_name: String,
    pub content: String,
    pub client_id: Option<String>,
    pub created_at: i64,
}

impl NoteRow {
    pub fn new(note: &NewNote, note_seq: i64) -> Self {
        Self {
            id: note.id.to_string(),
            conversation_id: note.conversation_id.to_string(),
            note_seq,
            author_id: note.author_id.as_ref().map(ToString::to_string),
            author_name: note.author_name.clone(),
            content: note.content.clone(),
            client_id: note.client_id.clone(),
            created_at: note.created_at.as_millis(),
        }
    }

    pub fn read(self) -> Note {
        Note {
            id: self.id.into(),
            conversation_id: self.conversation_id.into(),
            note_seq: self.note_seq,
            author_id: self.author_id.map(Into::into),
            author_name: self.author_name,
            content: self.content,
            client_id: self.client_id,
            created_at: at(self.created_at),
        }
    }
}

pub(in crate::store) fn read_rating((user_id, score, comment, when): (String, i32, Option<String>, i64)) -> Rating {
    Rating { user_id: user_id.into(), score, comment, at: at(when) }
}

/// A message that a search found, with what is shown of its conversation.
#[derive(QueryableByName)]
pub(in crate::store) struct FoundRow {
    #[diesel(embed)]
    pub message: MessageRow,
    #[diesel(sql_type = diesel::sql_types::Text)]
    pub customer_name: String,
    #[diesel(sql_type = diesel::sql_types::Text)]
    pub status: String,
}
