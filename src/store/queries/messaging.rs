//! In-app messages: lists, numbers, blocks, reactions, files.

use std::collections::HashMap;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

use crate::domain::ids::{MessageId, UserId};
use crate::domain::messaging::{Attachment, Reaction, View};
use crate::domain::time::Timestamp;
use crate::store::rows::{AttachmentRow, ConversationRow, ParticipantRow, ReactionRow};
use crate::store::schema::{attachments, blocks, conversations, participants, reactions, users};
use crate::store::{Blocked, Failed, MessagingFilter, MessagingOverview, MessagingStats, Result};

use super::overviews::previews;
use super::{Conn, RunQueryDsl};

/// What is unread in the joined rows.
macro_rules! unread {
    () => {
        conversations::last_seq - participants::last_read_seq - participants::uncounted
    };
}

pub(in crate::store) async fn list(
    conn: &mut Conn,
    user_id: UserId,
    filter: MessagingFilter,
    limit: i64,
    offset: i64,
) -> Result<Vec<MessagingOverview>> {
    let mut query = participants::table
        .inner_join(conversations::table.on(conversations::id.eq(participants::conversation_id)))
        .filter(participants::user_id.eq(user_id.to_string()))
        .filter(participants::left_at.is_null())
        .filter(participants::activity_at.is_not_null())
        .select((ParticipantRow::as_select(), ConversationRow::as_select()))
        .into_boxed();
    match filter.view {
        None => query = query.filter(participants::archived.eq(false)),
        Some(View::Active) => {
            query = query.filter(participants::archived.eq(false)).filter(conversations::status.ne("CLOSED"));
        }
        Some(View::Archived) => {
            query = query.filter(participants::archived.eq(true)).filter(conversations::status.ne("CLOSED"));
        }
        Some(View::Closed) => query = query.filter(conversations::status.eq("CLOSED")),
    }
    if let Some(kind) = filter.kind {
        query = query.filter(conversations::kind.eq(kind.as_str()));
    }
    if filter.unread_only {
        query = query.filter((unread!()).gt(0));
    }
    let query = query
        .order((participants::activity_at.desc(), participants::conversation_id.desc()))
        .limit(limit)
        .offset(offset);
    let rows: Vec<(ParticipantRow, ConversationRow)> = run!(query.load(conn)).failed()?;
    let ids: Vec<String> = rows.iter().map(|(_, row)| row.id.clone()).collect();
    let mut last = previews(conn, &ids).await?;
    let mut people: HashMap<String, Vec<ParticipantRow>> = HashMap::new();
    let all: Vec<ParticipantRow> = run!(
        participants::table
            .filter(participants::conversation_id.eq_any(&ids))
            .filter(participants::left_at.is_null())
            .order((participants::joined_at.asc(), participants::user_id.asc()))
            .select(ParticipantRow::as_select())
            .load(conn)
    )
    .failed()?;
    for row in all {
        people.entry(row.conversation_id.clone()).or_default().push(row);
    }
    rows.into_iter()
        .map(|(mine, row)| {
            let participants = people.remove(&row.id).unwrap_or_default();
            Ok(MessagingOverview {
                last_message: last.remove(&row.id),
                participants: participants.into_iter().map(ParticipantRow::read).collect::<Result<_>>()?,
                mine: mine.read()?,
                conversation: row.read()?,
            })
        })
        .collect()
}

/// The numbers of one person, summed where the rows are.
const STATS: &str = "SELECT COUNT(*) AS conversations, \
    CAST(COALESCE(SUM(CASE WHEN c.status <> 'CLOSED' AND NOT p.archived THEN 1 ELSE 0 END), 0) AS BIGINT) AS active, \
    CAST(COALESCE(SUM(CASE WHEN c.status <> 'CLOSED' AND p.archived THEN 1 ELSE 0 END), 0) AS BIGINT) AS archived, \
    CAST(COALESCE(SUM(CASE WHEN c.status = 'CLOSED' THEN 1 ELSE 0 END), 0) AS BIGINT) AS closed, \
    CAST(COALESCE(SUM(CASE WHEN c.last_seq - p.last_read_seq - p.uncounted > 0 THEN 1 ELSE 0 END), 0) AS BIGINT) \
        AS unread_conversations, \
    CAST(COALESCE(SUM(CASE WHEN c.last_seq - p.last_read_seq - p.uncounted > 0 \
        THEN c.last_seq - p.last_read_seq - p.uncounted ELSE 0 END), 0) AS BIGINT) AS unread_messages, \
    CAST(COALESCE(SUM(c.last_seq), 0) AS BIGINT) AS messages \
    FROM participants p JOIN conversations c ON c.id = p.conversation_id \
    WHERE p.user_id = $1 AND p.left_at IS NULL AND p.activity_at IS NOT NULL";

#[derive(QueryableByName)]
struct StatsLine {
    #[diesel(sql_type = BigInt)]
    conversations: i64,
    #[diesel(sql_type = BigInt)]
    active: i64,
    #[diesel(sql_type = BigInt)]
    archived: i64,
    #[diesel(sql_type = BigInt)]
    closed: i64,
    #[diesel(sql_type = BigInt)]
    unread_conversations: i64,
    #[diesel(sql_type = BigInt)]
    unread_messages: i64,
    #[diesel(sql_type = BigInt)]
    messages: i64,
}

pub(in crate::store) async fn stats(conn: &mut Conn, user_id: UserId) -> Result<MessagingStats> {
    let line: StatsLine = run!(diesel::sql_query(STATS).bind::<Text, _>(user_id.as_str()).get_result(conn)).failed()?;
    Ok(MessagingStats {
        conversations: line.conversations,
        active: line.active,
        archived: line.archived,
        closed: line.closed,
        unread_conversations: line.unread_conversations,
        unread_messages: line.unread_messages,
        messages: line.messages,
    })
}

pub(in crate::store) async fn reactions_to(conn: &mut Conn, ids: Vec<MessageId>) -> Result<Vec<Reaction>> {
    let ids: Vec<&str> = ids.iter().map(MessageId::as_str).collect();
    let rows: Vec<ReactionRow> = run!(
        reactions::table
            .filter(reactions::message_id.eq_any(ids))
            .order((reactions::at.asc(), reactions::user_id.asc(), reactions::emoji.asc()))
            .select(ReactionRow::as_select())
            .load(conn)
    )
    .failed()?;
    Ok(rows.into_iter().map(ReactionRow::read).collect())
}

pub(in crate::store) async fn attachments_of(conn: &mut Conn, ids: Vec<MessageId>) -> Result<Vec<Attachment>> {
    let ids: Vec<&str> = ids.iter().map(MessageId::as_str).collect();
    let rows: Vec<AttachmentRow> = run!(
        attachments::table
            .filter(attachments::message_id.eq_any(ids))
            .order((attachments::created_at.asc(), attachments::id.asc()))
            .select(AttachmentRow::as_select())
            .load(conn)
    )
    .failed()?;
    Ok(rows.into_iter().map(AttachmentRow::read).collect())
}

pub(in crate::store) async fn attachment(conn: &mut Conn, id: String) -> Result<Option<Attachment>> {
    let row: Option<AttachmentRow> =
        run!(attachments::table.find(&id).select(AttachmentRow::as_select()).first(conn)).optional().failed()?;
    Ok(row.map(AttachmentRow::read))
}

pub(in crate::store) async fn add_attachment(conn: &mut Conn, attachment: Attachment) -> Result<()> {
    let row = AttachmentRow::new(&attachment);
    run!(diesel::insert_into(attachments::table).values(&row).execute(conn)).failed().map(|_| ())
}

/// Forgets files that no message took; which they were.
pub(in crate::store) async fn drop_unused_attachments(
    conn: &mut Conn,
    before: Timestamp,
    limit: i64,
) -> Result<Vec<Attachment>> {
    let ids: Vec<String> = run!(
        attachments::table
            .filter(attachments::message_id.is_null())
            .filter(attachments::created_at.lt(before.as_millis()))
            .order(attachments::created_at.asc())
            .limit(limit)
            .select(attachments::id)
            .load(conn)
    )
    .failed()?;
    // A message may have taken one of them in this moment: what is answered is what went.
    let unused = attachments::table.filter(attachments::id.eq_any(ids)).filter(attachments::message_id.is_null());
    let rows: Vec<AttachmentRow> =
        run!(diesel::delete(unused).returning(AttachmentRow::as_returning()).get_results(conn)).failed()?;
    Ok(rows.into_iter().map(AttachmentRow::read).collect())
}

pub(in crate::store) async fn blocked_by(conn: &mut Conn, user_id: UserId, limit: i64) -> Result<Vec<Blocked>> {
    let rows: Vec<(String, String, i64)> = run!(
        blocks::table
            .inner_join(users::table.on(users::id.eq(blocks::blocked_id)))
            .filter(blocks::user_id.eq(user_id.as_str()))
            .order((blocks::at.desc(), blocks::blocked_id.asc()))
            .limit(limit)
            .select((blocks::blocked_id, users::name, blocks::at))
            .load(conn)
    )
    .failed()?;
    let blocked =
        |(id, name, at): (String, String, i64)| Blocked { user_id: id.into(), name, at: Timestamp::from_millis(at) };
    Ok(rows.into_iter().map(blocked).collect())
}

pub(in crate::store) async fn set_block(
    conn: &mut Conn,
    (user_id, blocked_id): (UserId, UserId),
    on: bool,
    at: Timestamp,
) -> Result<()> {
    if on {
        let row = (
            blocks::user_id.eq(user_id.as_str()),
            blocks::blocked_id.eq(blocked_id.as_str()),
            blocks::at.eq(at.as_millis()),
        );
        run!(diesel::insert_into(blocks::table).values(row).on_conflict_do_nothing().execute(conn)).failed()?;
    } else {
        run!(diesel::delete(blocks::table.find((user_id.as_str(), blocked_id.as_str()))).execute(conn)).failed()?;
    }
    Ok(())
}

/// Whether any of these people has blocked somebody.
pub(in crate::store) async fn is_blocked(conn: &mut Conn, by: Vec<UserId>, user_id: UserId) -> Result<bool> {
    let by: Vec<&str> = by.iter().map(UserId::as_str).collect();
    let found: i64 = run!(
        blocks::table
            .filter(blocks::user_id.eq_any(by))
            .filter(blocks::blocked_id.eq(user_id.as_str()))
            .count()
            .get_result(conn)
    )
    .failed()?;
    Ok(found > 0)
}
