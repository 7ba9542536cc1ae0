//! Conversations as lists show them: the rows of a page, and beside them everything else in a fixed number of queries.

use std::collections::HashMap;

use diesel::prelude::*;
use diesel::sql_types::{Integer, Text};

use crate::domain::ids::UserId;
use crate::domain::message::SenderRole;
use crate::domain::time::Timestamp;
use crate::store::rows::ConversationRow;
use crate::store::schema::{agents, conversations, messages, participants, queue_entries, ratings};
use crate::store::{Cursor, Failed, Overview, OverviewFilter, Preview, Result, StoreError};

use super::{Conn, RunQueryDsl};

/// Characters of a message that a list shows.
const PREVIEW_CHARS: i32 = 160;

diesel::define_sql_function! {
    /// Small letters; of ASCII only on SQLite.
    fn lower(text: Text) -> Text;
}
diesel::define_sql_function! {
    /// So many characters from a place on, counted from 1.
    fn substr(text: Text, from: Integer, count: Integer) -> Text;
}

pub(in crate::store) async fn list(
    conn: &mut Conn,
    filter: OverviewFilter,
    reader: UserId,
    after: Option<Cursor>,
    limit: i64,
) -> Result<Vec<Overview>> {
    let rows = if filter.queued {
        queued(conn, &filter, after, limit).await?
    } else {
        plain(conn, &filter, after, limit).await?
    };
    beside(conn, rows, &reader).await
}

/// The first letter of each word large, the others small.
fn capitalised(name: &str) -> String {
    let mut first = true;
    let mut text = String::with_capacity(name.len());
    for c in name.chars() {
        if first {
            text.extend(c.to_uppercase())
        } else {
            text.extend(c.to_lowercase())
        }
        first = !c.is_alphanumeric();
    }
    text
}

/// The conditions that are the same for both orders.
macro_rules! narrowed {
    ($query:ident, $filter:ident) => {
        if let Some(agent_id) = &$filter.in_reach_of {
            let agent_id = agent_id.to_string();
            let takes_part = participants::table
                .filter(participants::user_id.eq(agent_id.clone()))
                .filter(participants::left_at.is_null())
                .select(participants::conversation_id);
            $query = $query.filter(
                conversations::assigned_agent_id
                    .eq(agent_id)
                    .or(conversations::status.eq_any(["WAITING_FOR_AGENT", "OFFERED"]))
                    .or(conversations::status.eq("ACTIVE").and(conversations::escalation_requested.eq(true)))
                    .or(conversations::id.eq_any(takes_part)),
            );
        }
        if let Some(chatbot_id) = &$filter.chatbot_id {
            $query = $query.filter(conversations::chatbot_id.eq(chatbot_id.to_string()));
        }
        if let Some(ids) = &$filter.ids {
            let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
            $query = $query.filter(conversations::id.eq_any(ids));
        }
        if let Some(name) = &$filter.name {
            let like = |text: &str| format!("%{}%", text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_"));
            // The others for databases that know the small letters of ASCII only: as given, and as names are written.
            $query = $query.filter(
                lower(conversations::customer_name)
                    .like(like(&name.to_lowercase()))
                    .escape('\\')
                    .or(conversations::customer_name.like(like(name)).escape('\\'))
                    .or(conversations::customer_name.like(like(&capitalised(name))).escape('\\')),
            );
        }
    };
}

async fn plain(
    conn: &mut Conn,
    filter: &OverviewFilter,
    after: Option<Cursor>,
    limit: i64,
) -> Result<Vec<(ConversationRow, Option<i64>)>> {
    let mut query = conversations::table
        .filter(conversations::kind.eq("support"))
        .select(ConversationRow::as_select())
        .into_boxed();
    if let Some(customer_id) = &filter.plain.customer_id {
        query = query.filter(conversations::customer_id.eq(customer_id.to_string()));
    }
    if let Some(agent_id) = &filter.plain.assigned_agent_id {
        query = query.filter(conversations::assigned_agent_id.eq(agent_id.to_string()));
    }
    if !filter.plain.statuses.is_empty() {
        let statuses: Vec<&str> = filter.plain.statuses.iter().map(|status| status.as_str()).collect();
        query = query.filter(conversations::status.eq_any(statuses));
    }
    if filter.open_only {
        query = query.filter(conversations::status.ne("CLOSED"));
    }
    if filter.plain.escalated_only {
        query = query.filter(conversations::escalation_requested.eq(true));
    }
    narrowed!(query, filter);
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
    Ok(rows.into_iter().map(|row| (row, None)).collect())
}

async fn queued(
    conn: &mut Conn,
    filter: &OverviewFilter,
    after: Option<Cursor>,
    limit: i64,
) -> Result<Vec<(ConversationRow, Option<i64>)>> {
    let mut query = queue_entries::table
        .inner_join(conversations::table.on(conversations::id.eq(queue_entries::conversation_id)))
        .filter(queue_entries::ended_at.is_null())
        .select((ConversationRow::as_select(), queue_entries::queued_at))
        .into_boxed();
    narrowed!(query, filter);
    if let Some(Cursor { at, id }) = after {
        let at = at.as_millis();
        query = query
            .filter(queue_entries::queued_at.gt(at).or(queue_entries::queued_at.eq(at).and(conversations::id.gt(id))));
    }
    let query = query.order((queue_entries::queued_at.asc(), conversations::id.asc())).limit(limit);
    let rows: Vec<(ConversationRow, i64)> = run!(query.load(conn)).failed()?;
    Ok(rows.into_iter().map(|(row, queued_at)| (row, Some(queued_at))).collect())
}

/// What a list shows beside the rows.
async fn beside(conn: &mut Conn, rows: Vec<(ConversationRow, Option<i64>)>, reader: &UserId) -> Result<Vec<Overview>> {
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<String> = rows.iter().map(|(row, _)| row.id.clone()).collect();
    let mut previews = previews(conn, &ids).await?;
    let unread = unread(conn, &ids, reader).await?;
    let waiting: HashMap<String, i64> = run!(
        queue_entries::table
            .filter(queue_entries::conversation_id.eq_any(&ids))
            .filter(queue_entries::ended_at.is_null())
            .select((queue_entries::conversation_id, queue_entries::queued_at))
            .load::<(String, i64)>(conn)
    )
    .failed()?
    .into_iter()
    .collect();
    let scores: HashMap<String, i32> = run!(
        ratings::table
            .filter(ratings::conversation_id.eq_any(&ids))
            .select((ratings::conversation_id, ratings::score))
            .load::<(String, i32)>(conn)
    )
    .failed()?
    .into_iter()
    .collect();
    let owners: Vec<String> = rows.iter().filter_map(|(row, _)| row.assigned_agent_id.clone()).collect();
    let names: HashMap<String, String> = run!(
        agents::table
            .filter(agents::id.eq_any(owners))
            .select((agents::id, agents::name))
            .load::<(String, String)>(conn)
    )
    .failed()?
    .into_iter()
    .collect();
    rows.into_iter()
        .map(|(row, _)| {
            Ok(Overview {
                last_message: previews.remove(&row.id),
                unread: unread.get(&row.id).copied().unwrap_or(0),
                waiting_since: waiting.get(&row.id).copied().map(Timestamp::from_millis),
                agent_name: row.assigned_agent_id.as_ref().and_then(|id| names.get(id)).cloned(),
                score: scores.get(&row.id).copied(),
                conversation: row.read()?,
            })
        })
        .collect()
}

pub(super) async fn previews(conn: &mut Conn, ids: &[String]) -> Result<HashMap<String, Preview>> {
    type Line = (String, i64, String, String, String, i64, Option<i64>);
    // The engine's own lines ("Ann joined") say nothing of what it is about.
    let said = diesel::alias!(messages as said);
    let last = said
        .filter(said.field(messages::conversation_id).eq(conversations::id))
        .filter(said.field(messages::sender_role).ne("system"))
        .select(diesel::dsl::max(said.field(messages::seq)))
        .single_value();
    let newest = messages::conversation_id.eq(conversations::id).and(messages::seq.nullable().eq(last));
    let lines: Vec<Line> = run!(
        conversations::table
            .inner_join(messages::table.on(newest))
            .filter(conversations::id.eq_any(ids))
            .select((
                messages::conversation_id,
                messages::seq,
                messages::sender_role,
                messages::sender_name,
                substr(messages::content, 1, PREVIEW_CHARS),
                messages::created_at,
                messages::deleted_at,
            ))
            .load(conn)
    )
    .failed()?;
    let preview = |(id, seq, role, sender_name, text, at, deleted_at): Line| {
        let sender_role = SenderRole::parse(&role)
            .ok_or_else(|| StoreError::Corrupt(format!("messages.sender_role: unknown value {role:?}")))?;
        let text = if deleted_at.is_some() { String::new() } else { text };
        Ok((id, Preview { seq, sender_role, sender_name, text, created_at: Timestamp::from_millis(at) }))
    };
    lines.into_iter().map(preview).collect()
}

/// What others said after the reader's mark.
async fn unread(conn: &mut Conn, ids: &[String], reader: &UserId) -> Result<HashMap<String, i64>> {
    let marks =
        participants::conversation_id.eq(messages::conversation_id).and(participants::user_id.eq(reader.to_string()));
    let counts: Vec<(String, i64)> = run!(
        messages::table
            .left_join(participants::table.on(marks))
            .filter(messages::conversation_id.eq_any(ids))
            .filter(
                participants::last_read_seq
                    .nullable()
                    .is_null()
                    .or(messages::seq.nullable().gt(participants::last_read_seq.nullable())),
            )
            .filter(messages::sender_role.ne("system"))
            .filter(messages::sender_id.is_null().or(messages::sender_id.ne(reader.to_string())))
            .group_by(messages::conversation_id)
            .select((messages::conversation_id, diesel::dsl::count_star()))
            .load(conn)
    )
    .failed()?;
    Ok(counts.into_iter().collect())
}
