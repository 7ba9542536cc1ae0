//! The write path: one batch, one transaction of the caller.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use diesel::prelude::*;

use crate::domain::conversation::{ConversationStatus, Handler};
use crate::domain::ids::{ConversationId, MessageId, UserId};
use crate::domain::message::{NewMessage, NewNote, SenderRole};
use crate::domain::messaging::Post;
use crate::domain::time::Timestamp;
use crate::store::rows::{ConversationRow, MessageRow, NoteRow, ParticipantRow};
use crate::store::schema::{conversations, messages, notes, participants, ratings};
use crate::store::{Failed, NewConversation, Render, Result, Transaction, Write, WriteRefusal, Written};

use super::{Conn, RunQueryDsl, batch};

#[path = "apply.rs"]
mod apply;
#[path = "people_posts.rs"]
mod people_posts;

/// Numbers wanted in one conversation.
pub(in crate::store) struct Claim {
    pub conversation_id: String,
    /// How many.
    pub count: i64,
    /// The newest message of a person or the assistant: what counts as activity.
    pub touched_at: Option<i64>,
    /// The oldest message of an agent.
    pub answered_at: Option<i64>,
}

/// Finds a message again: conversation, sender, the sender's own id.
pub(in crate::store) type MessageKey = (String, String, String);

fn key_of(message: &NewMessage) -> Option<MessageKey> {
    let (sender_id, client_id) = (message.sender_id.as_ref()?, message.client_id.as_ref()?);
    Some((message.conversation_id.to_string(), sender_id.to_string(), client_id.clone()))
}

/// The same as [`commit`], and what webhooks are to be told of it.
pub(in crate::store) async fn commit_telling(
    conn: &mut Conn,
    writes: &[Write],
    render: Render,
) -> Result<Vec<Written>> {
    let written = commit(conn, writes).await?;
    super::webhooks::tell(conn, writes, &written, render).await?;
    Ok(written)
}

/// Does everything in a batch. An error means that the caller must roll back.
pub(in crate::store) async fn commit(conn: &mut Conn, writes: &[Write]) -> Result<Vec<Written>> {
    let posts: Vec<(usize, &Post)> = writes
        .iter()
        .enumerate()
        .filter_map(|(place, write)| match write {
            Write::Post(post) => Some((place, post.as_ref())),
            _ => None,
        })
        .collect();
    let refused = if posts.is_empty() { HashSet::new() } else { people_posts::refused(conn, &posts).await? };
    let appends: Vec<(usize, &NewMessage)> = writes
        .iter()
        .enumerate()
        .filter_map(|(place, write)| match write {
            Write::Append(message) => Some((place, message)),
            Write::Post(post) if !refused.contains(&place) => Some((place, &post.message)),
            _ => None,
        })
        .collect();
    let mut appended = append(conn, &appends).await?;
    if !posts.is_empty() {
        people_posts::posted(conn, &posts, &appended).await?;
    }
    let mut failed = HashSet::new();
    let mut answers = Vec::with_capacity(writes.len());
    for (place, write) in writes.iter().enumerate() {
        answers.push(match write {
            Write::Append(_) | Write::Post(_) => {
                appended.remove(&place).unwrap_or(Written::Refused(WriteRefusal::NotFound))
            }
            Write::Alter(alteration) => people_posts::alter(conn, alteration).await?,
            Write::AppendNote(note) => append_note(conn, note).await?,
            Write::Create(new) => create(conn, new).await?,
            Write::Apply(transaction) => apply_one(conn, transaction, &mut failed).await?,
            Write::MarkRead { conversation_id, user_id, name, seq, at } => {
                mark_read(conn, conversation_id, user_id, name, *seq, *at).await?
            }
            Write::Rate { conversation_id, user_id, score, comment, at } => {
                rate(conn, conversation_id, user_id, *score, comment.as_deref(), *at).await?
            }
            Write::MarkIdleWarned { conversation_id, at } => {
                run!(
                    diesel::update(conversations::table.find(conversation_id.as_str()))
                        .set(conversations::idle_warned_at.eq(at.as_millis()))
                        .execute(conn)
                )
                .failed()?;
                Written::Done
            }
            Write::ViewPage(view) => super::desk::add_page_view(conn, view).await?,
        });
    }
    Ok(answers)
}

/// Appends many messages: numbers by conversation, rows all together, repeats answered with the first one's row.
async fn append(conn: &mut Conn, appends: &[(usize, &NewMessage)]) -> Result<HashMap<usize, Written>> {
    let mut answers = HashMap::with_capacity(appends.len());
    if appends.is_empty() {
        return Ok(answers);
    }
    let keys: Vec<MessageKey> = appends.iter().filter_map(|(_, message)| key_of(message)).collect();
    let mut known: HashMap<MessageKey, MessageRow> = HashMap::new();
    for row in batch::known_messages(conn, &keys).await? {
        if let (Some(sender_id), Some(client_id)) = (row.sender_id.clone(), row.client_id.clone()) {
            known.insert((row.conversation_id.clone(), sender_id, client_id), row);
        }
    }
    let replies = appends.iter().filter(|(_, message)| message.sender_role == SenderRole::Ai);
    let ids: BTreeSet<&str> = replies.map(|(_, message)| message.conversation_id.as_str()).collect();
    let taken_over = if ids.is_empty() { HashSet::new() } else { taken_over(conn, ids).await? };
    let mut answerable = answerable(conn, appends).await?;
    let mut first: HashMap<MessageKey, usize> = HashMap::new();
    let mut repeats: Vec<(usize, usize)> = Vec::new();
    let mut fresh: BTreeMap<&str, Vec<(usize, &NewMessage)>> = BTreeMap::new();
    for (place, message) in appends {
        if message.sender_role == SenderRole::Ai && taken_over.contains(message.conversation_id.as_str()) {
            answers.insert(*place, Written::Refused(WriteRefusal::TakenOver));
            continue;
        }
        if let Some(key) = key_of(message) {
            if let Some(row) = known.get(&key) {
                answers.insert(*place, Written::Appended { message: row.clone().read()?, duplicate: true });
                continue;
            }
            if let Some(earlier) = first.get(&key) {
                repeats.push((*place, *earlier));
                continue;
            }
            first.insert(key, *place);
        }
        if let Some(known) = &mut answerable {
            let here = |id: &MessageId| (message.conversation_id.to_string(), id.to_string());
            if message.reply_to.as_ref().is_some_and(|id| !known.contains(&here(id))) {
                answers.insert(*place, Written::Refused(WriteRefusal::UnknownReply));
                continue;
            }
            known.insert(here(&message.id));
        }
        fresh.entry(message.conversation_id.as_str()).or_default().push((*place, message));
    }
    append_fresh(conn, fresh, &mut answers).await?;
    for (place, earlier) in repeats {
        let answer = match answers.get(&earlier) {
            Some(Written::Appended { message, .. }) => Written::Appended { message: message.clone(), duplicate: true },
            Some(other) => other.clone(),
            None => Written::Refused(WriteRefusal::NotFound),
        };
        answers.insert(place, answer);
    }
    Ok(answers)
}

/// What the messages of a batch say they answer, as far as it exists: conversation and message. None: nothing is
/// answered.
async fn answerable(conn: &mut Conn, appends: &[(usize, &NewMessage)]) -> Result<Option<HashSet<(String, String)>>> {
    let ids: BTreeSet<&str> =
        appends.iter().filter_map(|(_, message)| message.reply_to.as_ref().map(MessageId::as_str)).collect();
    if ids.is_empty() {
        return Ok(None);
    }
    let found: Vec<(String, String)> = run!(
        messages::table.filter(messages::id.eq_any(ids)).select((messages::conversation_id, messages::id)).load(conn)
    )
    .failed()?;
    Ok(Some(found.into_iter().collect()))
}

/// Which of these conversations are no longer the assistant's: its reply to them comes too late. The rows are locked
/// where a lock is needed, so that nobody takes over between this look and the commit.
async fn taken_over(conn: &mut Conn, ids: BTreeSet<&str>) -> Result<HashSet<String>> {
    let rows: Vec<(String, String, String)> = batch::owners(conn, ids.into_iter().collect()).await?;
    let with_assistant =
        |status: &str, handler: &str| status == ConversationStatus::Active.as_str() && handler == Handler::Ai.as_str();
    let lost = rows.into_iter().filter(|(_, status, handler)| !with_assistant(status, handler));
    Ok(lost.map(|(id, _, _)| id).collect())
}

async fn append_fresh(
    conn: &mut Conn,
    fresh: BTreeMap<&str, Vec<(usize, &NewMessage)>>,
    answers: &mut HashMap<usize, Written>,
) -> Result<()> {
    let claims: Vec<Claim> = fresh.iter().map(|(id, messages)| claim(id, messages)).collect();
    let heads: HashMap<String, i64> = batch::take_numbers(conn, &claims).await?.into_iter().collect();
    let mut rows = Vec::new();
    for (id, messages) in fresh {
        let Some(head) = heads.get(id) else {
            let refusal = refusal(conn, id).await?;
            answers.extend(messages.iter().map(|(place, _)| (*place, Written::Refused(refusal))));
            continue;
        };
        let count = i64::try_from(messages.len()).unwrap_or(0);
        for ((place, message), seq) in messages.into_iter().zip(head - count + 1..) {
            let row = MessageRow::new(message, seq);
            answers.insert(place, Written::Appended { message: row.clone().read()?, duplicate: false });
            rows.push(row);
        }
    }
    batch::insert_messages(conn, &rows).await
}

fn claim(id: &str, messages: &[(usize, &NewMessage)]) -> Claim {
    let when = |role: fn(SenderRole) -> bool| {
        messages.iter().filter(move |(_, m)| role(m.sender_role)).map(|(_, m)| m.created_at.as_millis())
    };
    Claim {
        conversation_id: id.to_owned(),
        count: i64::try_from(messages.len()).unwrap_or(0),
        // The engine's own lines are no activity: an idle warning must not keep a conversation open.
        touched_at: when(|role| role != SenderRole::System).max(),
        answered_at: when(|role| role == SenderRole::Agent).min(),
    }
}

/// Why a conversation took no number: it is not there, or it is closed.
async fn refusal(conn: &mut Conn, id: &str) -> Result<WriteRefusal> {
    let there: Option<String> =
        run!(conversations::table.find(id).select(conversations::id).first(conn)).optional().failed()?;
    Ok(if there.is_some() { WriteRefusal::Closed } else { WriteRefusal::NotFound })
}

async fn append_note(conn: &mut Conn, note: &NewNote) -> Result<Written> {
    if let (Some(author_id), Some(client_id)) = (&note.author_id, &note.client_id) {
        let known: Option<NoteRow> = run!(
            notes::table
                .filter(notes::conversation_id.eq(note.conversation_id.as_str()))
                .filter(notes::author_id.eq(author_id.as_str()))
                .filter(notes::client_id.eq(client_id))
                .select(NoteRow::as_select())
                .first(conn)
        )
        .optional()
        .failed()?;
        if let Some(row) = known {
            return Ok(Written::NoteAppended { note: row.read(), duplicate: true });
        }
    }
    let number: Option<i64> = run!(
        diesel::update(conversations::table.find(note.conversation_id.as_str()))
            .set(conversations::last_note_seq.eq(conversations::last_note_seq + 1))
            .returning(conversations::last_note_seq)
            .get_result(conn)
    )
    .optional()
    .failed()?;
    let Some(number) = number else { return Ok(Written::Refused(WriteRefusal::NotFound)) };
    let row = NoteRow::new(note, number);
    run!(diesel::insert_into(notes::table).values(&row).execute(conn)).failed()?;
    Ok(Written::NoteAppended { note: row.read(), duplicate: false })
}

async fn create(conn: &mut Conn, new: &NewConversation) -> Result<Written> {
    let row = ConversationRow::new(&new.conversation);
    let made = run!(
        diesel::insert_into(conversations::table)
            .values(&row)
            .on_conflict((conversations::customer_id, conversations::client_id))
            .do_nothing()
            .execute(conn)
    )
    .failed()?;
    if made == 0 {
        let known: ConversationRow = run!(
            conversations::table
                .filter(conversations::customer_id.eq(&row.customer_id))
                .filter(conversations::client_id.eq(&row.client_id))
                .select(ConversationRow::as_select())
                .first(conn)
        )
        .failed()?;
        return Ok(Written::Created { conversation: Box::new(known.read()?), duplicate: true });
    }
    for participant in &new.participants {
        let row = ParticipantRow::new(participant);
        run!(diesel::insert_into(participants::table).values(&row).execute(conn)).failed()?;
    }
    if new.conversation.kind.is_messaging() {
        people_posts::into_lists(conn, &row.id).await?;
    }
    Ok(Written::Created { conversation: Box::new(row.read()?), duplicate: false })
}

/// All ops or none, by a savepoint; once one of a lineage has failed, so do those after it.
async fn apply_one(conn: &mut Conn, transaction: &Transaction, failed: &mut HashSet<u64>) -> Result<Written> {
    if failed.contains(&transaction.lineage) {
        return Ok(Written::Refused(WriteRefusal::Conflict));
    }
    run!(diesel::sql_query("SAVEPOINT item").execute(conn)).failed()?;
    match apply::all(conn, &transaction.ops).await {
        Ok((messages, notes)) => {
            if let Some(entry) = &transaction.audit {
                super::desk::add_audit(conn, entry).await?;
            }
            run!(diesel::sql_query("RELEASE SAVEPOINT item").execute(conn)).failed()?;
            Ok(Written::Applied { messages, notes })
        }
        Err(apply::Trouble::Conflict) => {
            run!(diesel::sql_query("ROLLBACK TO SAVEPOINT item").execute(conn)).failed()?;
            run!(diesel::sql_query("RELEASE SAVEPOINT item").execute(conn)).failed()?;
            failed.insert(transaction.lineage);
            Ok(Written::Refused(WriteRefusal::Conflict))
        }
        Err(apply::Trouble::Store(error)) => Err(error),
    }
}

async fn mark_read(
    conn: &mut Conn,
    conversation_id: &ConversationId,
    user_id: &UserId,
    name: &str,
    seq: i64,
    at: Timestamp,
) -> Result<Written> {
    let head: Option<i64> =
        run!(conversations::table.find(conversation_id.as_str()).select(conversations::last_seq).first(conn))
            .optional()
            .failed()?;
    let Some(head) = head else { return Ok(Written::Refused(WriteRefusal::NotFound)) };
    let seq = seq.clamp(0, head);
    let mine = participants::table.find((conversation_id.as_str(), user_id.as_str()));
    let known: Option<i64> = run!(mine.select(participants::last_read_seq).first(conn)).optional().failed()?;
    match known {
        Some(stands) if stands >= seq => Ok(Written::ReadMarked { seq: stands, moved: false }),
        Some(_) => {
            run!(diesel::update(mine).set(participants::last_read_seq.eq(seq)).execute(conn)).failed()?;
            Ok(Written::ReadMarked { seq, moved: true })
        }
        None => {
            let row = ParticipantRow {
                conversation_id: conversation_id.to_string(),
                user_id: user_id.to_string(),
                role: "staff".to_owned(),
                name: name.to_owned(),
                last_read_seq: seq,
                uncounted: 0,
                muted: false,
                archived: false,
                joined_at: at.as_millis(),
                // A reader, not somebody who takes part.
                left_at: Some(at.as_millis()),
            };
            run!(diesel::insert_into(participants::table).values(&row).execute(conn)).failed()?;
            Ok(Written::ReadMarked { seq, moved: true })
        }
    }
}

async fn rate(
    conn: &mut Conn,
    conversation_id: &ConversationId,
    user_id: &UserId,
    score: i32,
    comment: Option<&str>,
    at: Timestamp,
) -> Result<Written> {
    let there: Option<String> =
        run!(conversations::table.find(conversation_id.as_str()).select(conversations::id).first(conn))
            .optional()
            .failed()?;
    if there.is_none() {
        return Ok(Written::Refused(WriteRefusal::NotFound));
    }
    let values = (ratings::score.eq(score), ratings::comment.eq(comment), ratings::at.eq(at.as_millis()));
    run!(
        diesel::insert_into(ratings::table)
            .values((
                ratings::conversation_id.eq(conversation_id.as_str()),
                ratings::user_id.eq(user_id.as_str()),
                ratings::score.eq(score),
                ratings::comment.eq(comment),
                ratings::at.eq(at.as_millis()),
            ))
            .on_conflict(ratings::conversation_id)
            .do_update()
            .set(values)
            .execute(conn)
    )
    .failed()?;
    Ok(Written::Done)
}
