//! Conversations, their people and their messages.

use diesel::prelude::*;

use crate::domain::conversation::{Conversation, Participant};
use crate::domain::ids::{ConversationId, MessageId, UserId};
use crate::domain::message::{Message, Note};
use crate::domain::time::Timestamp;
use crate::store::rows::{ConversationRow, MessageRow, NoteRow, ParticipantRow, read_rating};
use crate::store::schema::{conversations, messages, notes, participants, ratings};
use crate::store::{ConversationFilter, Cursor, Failed, IdleCandidate, Rating, Result};

use super::{Conn, RunQueryDsl};

pub(in crate::store) async fn one(conn: &mut Conn, id: ConversationId) -> Result<Option<Conversation>> {
    let row: Option<ConversationRow> =
        run!(conversations::table.find(id.as_str()).select(ConversationRow::as_select()).first(conn))
            .optional()
            .failed()?;
    row.map(ConversationRow::read).transpose()
}

pub(in crate::store) async fn participants(conn: &mut Conn, id: ConversationId) -> Result<Vec<Participant>> {
    let rows: Vec<ParticipantRow> = run!(
        participants::table
            .filter(participants::conversation_id.eq(id.as_str()))
            .order((participants::joined_at.asc(), participants::user_id.asc()))
            .select(ParticipantRow::as_select())
            .load(conn)
    )
    .failed()?;
    rows.into_iter().map(ParticipantRow::read).collect()
}

pub(in crate::store) async fn list(
    conn: &mut Conn,
    filter: ConversationFilter,
    after: Option<Cursor>,
    limit: i64,
) -> Result<Vec<Conversation>> {
    let mut query = conversations::table
        .filter(conversations::kind.eq("support"))
        .select(ConversationRow::as_select())
        .into_boxed();
    if let Some(customer_id) = &filter.customer_id {
        query = query.filter(conversations::customer_id.eq(customer_id.to_string()));
    }
    if let Some(agent_id) = &filter.assigned_agent_id {
        query = query.filter(conversations::assigned_agent_id.eq(agent_id.to_string()));
    }
    if !filter.statuses.is_empty() {
        let statuses: Vec<&str> = filter.statuses.iter().map(|status| status.as_str()).collect();
        query = query.filter(conversations::status.eq_any(statuses));
    }
    if filter.escalated_only {
        query = query.filter(conversations::escalation_requested.eq(true));
    }
    if let Some(Cursor { at, id }) = after {
        let at = at.as_millis();
        query = query.filter(
            conversations::last_message_at
                .lt(at)
                .or(conversations::last_message_at.eq(at).and(conversations::id.lt(id))),
        );
    }
    let query = query.order((conversations::last_message_at.desc(), conversations::id.desc())).limit(limit);
    let rows: Vec<ConversationRow> = run!(query.load(conn)).failed()?;
    rows.into_iter().map(ConversationRow::read).collect()
}

pub(in crate::store) async fn current_of(conn: &mut Conn, customer_id: UserId) -> Result<Option<Conversation>> {
    let row: Option<ConversationRow> = run!(
        conversations::table
            .filter(conversations::customer_id.eq(customer_id.as_str()))
            .filter(conversations::kind.eq("support"))
            .filter(conversations::status.ne("CLOSED"))
            .order((conversations::last_message_at.desc(), conversations::id.desc()))
            .select(ConversationRow::as_select())
            .first(conn)
    )
    .optional()
    .failed()?;
    row.map(ConversationRow::read).transpose()
}

pub(in crate::store) async fn messages_after(
    conn: &mut Conn,
    id: ConversationId,
    after: i64,
    limit: i64,
) -> Result<Vec<Message>> {
    let rows: Vec<MessageRow> = run!(
        messages::table
            .filter(messages::conversation_id.eq(id.as_str()))
            .filter(messages::seq.gt(after))
            .order(messages::seq.asc())
            .limit(limit)
            .select(MessageRow::as_select())
            .load(conn)
    )
    .failed()?;
    rows.into_iter().map(MessageRow::read).collect()
}

pub(in crate::store) async fn messages_before(
    conn: &mut Conn,
    id: ConversationId,
    before: i64,
    limit: i64,
) -> Result<Vec<Message>> {
    let mut rows: Vec<MessageRow> = run!(
        messages::table
            .filter(messages::conversation_id.eq(id.as_str()))
            .filter(messages::seq.lt(before))
            .order(messages::seq.desc())
            .limit(limit)
            .select(MessageRow::as_select())
            .load(conn)
    )
    .failed()?;
    rows.reverse();
    rows.into_iter().map(MessageRow::read).collect()
}

pub(in crate::store) async fn message(conn: &mut Conn, id: MessageId) -> Result<Option<Message>> {
    let row: Option<MessageRow> =
        run!(messages::table.find(id.as_str()).select(MessageRow::as_select()).first(conn)).optional().failed()?;
    row.map(MessageRow::read).transpose()
}

pub(in crate::store) async fn notes_after(
    conn: &mut Conn,
    id: ConversationId,
    after: i64,
    limit: i64,
) -> Result<Vec<Note>> {
    let rows: Vec<NoteRow> = run!(
        notes::table
            .filter(notes::conversation_id.eq(id.as_str()))
            .filter(notes::note_seq.gt(after))
            .order(notes::note_seq.asc())
            .limit(limit)
            .select(NoteRow::as_select())
            .load(conn)
    )
    .failed()?;
    Ok(rows.into_iter().map(NoteRow::read).collect())
}

pub(in crate::store) async fn rating(conn: &mut Conn, id: ConversationId) -> Result<Option<Rating>> {
    let row: Option<(String, i32, Option<String>, i64)> = run!(
        ratings::table
            .find(id.as_str())
            .select((ratings::user_id, ratings::score, ratings::comment, ratings::at))
            .first(conn)
    )
    .optional()
    .failed()?;
    Ok(row.map(read_rating))
}

pub(in crate::store) async fn idle(conn: &mut Conn, before: Timestamp, limit: i64) -> Result<Vec<IdleCandidate>> {
    let rows: Vec<(String, i64, Option<i64>)> = run!(
        conversations::table
            .filter(conversations::kind.eq("support"))
            .filter(conversations::status.ne("CLOSED"))
            .filter(conversations::last_message_at.le(before.as_millis()))
            .order((conversations::last_message_at.asc(), conversations::id.asc()))
            .limit(limit)
            .select((conversations::id, conversations::last_message_at, conversations::idle_warned_at))
            .load(conn)
    )
    .failed()?;
    let candidate = |(id, last, warned): (String, i64, Option<i64>)| IdleCandidate {
        conversation_id: id.into(),
        last_message_at: Timestamp::from_millis(last),
        idle_warned_at: warned.map(Timestamp::from_millis),
    };
    Ok(rows.into_iter().map(candidate).collect())
}

pub(in crate::store) async fn unanswered(conn: &mut Conn, since: Timestamp, limit: i64) -> Result<Vec<ConversationId>> {
    let newest = messages::conversation_id.eq(conversations::id).and(messages::seq.eq(conversations::last_seq));
    let ids: Vec<String> = run!(
        conversations::table
            .inner_join(messages::table.on(newest))
            .filter(conversations::kind.eq("support"))
            .filter(conversations::status.eq("ACTIVE"))
            .filter(conversations::handler.eq("ai"))
            .filter(conversations::last_message_at.ge(since.as_millis()))
            .filter(messages::sender_role.eq("customer"))
            .order((conversations::last_message_at.asc(), conversations::id.asc()))
            .limit(limit)
            .select(conversations::id)
            .load(conn)
    )
    .failed()?;
    Ok(ids.into_iter().map(ConversationId::from).collect())
}

pub(in crate::store) async fn oldest_activity(conn: &mut Conn) -> Result<Option<Timestamp>> {
    let oldest: Option<i64> = run!(
        conversations::table
            .filter(conversations::kind.eq("support"))
            .filter(conversations::status.ne("CLOSED"))
            .select(diesel::dsl::min(conversations::last_message_at))
            .first(conn)
    )
    .failed()?;
    Ok(oldest.map(Timestamp::from_millis))
}

pub(in crate::store) async fn heads(conn: &mut Conn, ids: Vec<ConversationId>) -> Result<Vec<(ConversationId, i64)>> {
    let ids: Vec<&str> = ids.iter().map(ConversationId::as_str).collect();
    let rows: Vec<(String, i64)> = run!(
        conversations::table
            .filter(conversations::id.eq_any(ids))
            .select((conversations::id, conversations::last_seq))
            .load(conn)
    )
    .failed()?;
    Ok(rows.into_iter().map(|(id, seq)| (id.into(), seq)).collect())
}
