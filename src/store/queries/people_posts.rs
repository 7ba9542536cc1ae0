//! The write path of in-app messages: what a message does beside being appended, and what changes of a conversation.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use diesel::prelude::*;

use crate::domain::conversation::{ConversationKind, Participant};
use crate::domain::ids::{ConversationId, MessageId, UserId};
use crate::domain::messaging::{Alteration, AlterationWhat, Altered, AlteredWhat, Post, REACTIONS};
use crate::domain::time::Timestamp;
use crate::store::rows::{ConversationRow, MessageRow, ParticipantRow};
use crate::store::schema::{attachments, blocks, conversations, messages, participants, reactions};
use crate::store::{Failed, Result, WriteRefusal, Written};

use super::super::{Conn, RunQueryDsl, batch};

/// Which of these posts may not be: their sender is blocked by one who reads it, or a file is not theirs to give.
pub(super) async fn refused(conn: &mut Conn, posts: &[(usize, &Post)]) -> Result<HashSet<usize>> {
    let mut refused = HashSet::new();
    let guarded: Vec<&Post> = posts.iter().map(|(_, post)| *post).filter(|post| post.guarded).collect();
    if !guarded.is_empty() {
        let pairs = blocked_pairs(conn, &guarded).await?;
        for (place, post) in posts.iter().filter(|(_, post)| post.guarded) {
            let sender = post.message.sender_id.as_ref().map(ToString::to_string).unwrap_or_default();
            if pairs.contains(&(post.message.conversation_id.to_string(), sender)) {
                refused.insert(*place);
            }
        }
    }
    let mut taken: HashSet<&str> = HashSet::new();
    for (place, post) in posts.iter().filter(|(_, post)| !post.attachments.is_empty()) {
        let twice = post.attachments.iter().any(|id| taken.contains(id.as_str()));
        if twice || !all_free(conn, post).await? {
            refused.insert(*place);
        } else {
            taken.extend(post.attachments.iter().map(String::as_str));
        }
    }
    Ok(refused)
}

/// Whether somebody who takes part has blocked a person.
async fn is_blocked_in(conn: &mut Conn, id: &ConversationId, user_id: &UserId) -> Result<bool> {
    let found: i64 = run!(
        participants::table
            .inner_join(blocks::table.on(blocks::user_id.eq(participants::user_id)))
            .filter(participants::conversation_id.eq(id.as_str()))
            .filter(participants::left_at.is_null())
            .filter(blocks::blocked_id.eq(user_id.as_str()))
            .count()
            .get_result(conn)
    )
    .failed()?;
    Ok(found > 0)
}

async fn blocked_pairs(conn: &mut Conn, posts: &[&Post]) -> Result<HashSet<(String, String)>> {
    let ids: BTreeSet<&str> = posts.iter().map(|post| post.message.conversation_id.as_str()).collect();
    let senders: BTreeSet<&str> =
        posts.iter().filter_map(|post| post.message.sender_id.as_ref()).map(UserId::as_str).collect();
    let pairs: Vec<(String, String)> = run!(
        participants::table
            .inner_join(blocks::table.on(blocks::user_id.eq(participants::user_id)))
            .filter(participants::conversation_id.eq_any(ids))
            .filter(participants::left_at.is_null())
            .filter(blocks::blocked_id.eq_any(senders))
            .select((participants::conversation_id, blocks::blocked_id))
            .load(conn)
    )
    .failed()?;
    Ok(pairs.into_iter().collect())
}

/// A repeat of a message that took them is no fault: then it is found again by its client id.
async fn all_free(conn: &mut Conn, post: &Post) -> Result<bool> {
    let sender = post.message.sender_id.as_ref().map(ToString::to_string).unwrap_or_default();
    let repeated: i64 = run!(
        messages::table
            .filter(messages::conversation_id.eq(post.message.conversation_id.as_str()))
            .filter(messages::sender_id.eq(&sender))
            .filter(messages::client_id.eq(&post.message.client_id))
            .count()
            .get_result(conn)
    )
    .failed()?;
    if repeated > 0 {
        return Ok(true);
    }
    let free: i64 = run!(
        attachments::table
            .filter(attachments::id.eq_any(&post.attachments))
            .filter(attachments::owner_id.eq(&sender))
            .filter(attachments::message_id.is_null())
            .count()
            .get_result(conn)
    )
    .failed()?;
    Ok(usize::try_from(free) == Ok(post.attachments.len()))
}

/// After the messages have their numbers: nobody's own is news to them, lists move, files are taken.
pub(super) async fn posted(conn: &mut Conn, posts: &[(usize, &Post)], done: &HashMap<usize, Written>) -> Result<()> {
    let mut own: BTreeMap<(String, String), i64> = BTreeMap::new();
    let mut touched: BTreeMap<String, i64> = BTreeMap::new();
    for (place, post) in posts {
        let Some(Written::Appended { message, duplicate: false }) = done.get(place) else { continue };
        let id = message.conversation_id.to_string();
        if let Some(sender_id) = &message.sender_id {
            *own.entry((id.clone(), sender_id.to_string())).or_default() += 1;
        }
        let at = message.created_at.as_millis();
        touched.entry(id).and_modify(|known| *known = at.max(*known)).or_insert(at);
        if !post.attachments.is_empty() {
            let free = attachments::table
                .filter(attachments::id.eq_any(&post.attachments))
                .filter(attachments::message_id.is_null());
            run!(diesel::update(free).set(attachments::message_id.eq(message.id.as_str())).execute(conn)).failed()?;
        }
    }
    if !own.is_empty() {
        let own: Vec<(String, String, i64)> = own.into_iter().map(|((id, user), count)| (id, user, count)).collect();
        batch::count_own(conn, &own).await?;
    }
    if !touched.is_empty() {
        let touched: Vec<(String, i64)> = touched.into_iter().collect();
        batch::touch_lists(conn, &touched).await?;
    }
    Ok(())
}

/// A new conversation of people is in their lists from the start.
pub(super) async fn into_lists(conn: &mut Conn, id: &str) -> Result<()> {
    let moment: i64 =
        run!(conversations::table.find(id).select(conversations::last_message_at).first(conn)).failed()?;
    let people = participants::table.filter(participants::conversation_id.eq(id));
    run!(diesel::update(people).set(participants::activity_at.eq(moment)).execute(conn)).failed().map(|_| ())
}

pub(super) async fn alter(conn: &mut Conn, alteration: &Alteration) -> Result<Written> {
    let Alteration { conversation_id, by, at, what } = alteration;
    let row = conversations::table.find(conversation_id.as_str());
    let row: Option<(i64, String)> =
        run!(row.select((conversations::last_seq, conversations::kind)).first(conn)).optional().failed()?;
    let Some((head, kind)) = row else { return Ok(Written::Refused(WriteRefusal::NotFound)) };
    if kind == ConversationKind::GuestGuest.as_str()
        && what.says_something()
        && is_blocked_in(conn, conversation_id, by).await?
    {
        return Ok(Written::Refused(WriteRefusal::NotFound));
    }
    let what = match what {
        AlterationWhat::Conversation { subject, closed } => {
            set_conversation(conn, conversation_id, subject.as_ref(), *closed, *at).await?;
            Some(rows(conn, conversation_id, false).await?)
        }
        AlterationWhat::Own { archived, muted } => {
            set_own(conn, conversation_id, by, (*archived, *muted)).await?;
            Some(rows(conn, conversation_id, true).await?)
        }
        AlterationWhat::People { add, remove, heir } => {
            for one in add {
                let one = Participant { last_read_seq: head, uncounted: 0, ..one.clone() };
                come_in(conn, &one).await?;
            }
            for user_id in remove {
                go_out(conn, conversation_id, user_id, *at).await?;
            }
            if let Some(heir) = heir {
                let row = participants::table.find((conversation_id.as_str(), heir.as_str()));
                run!(diesel::update(row).set(participants::role.eq("owner")).execute(conn)).failed()?;
            }
            into_lists(conn, conversation_id.as_str()).await?;
            Some(rows(conn, conversation_id, false).await?)
        }
        AlterationWhat::Read { seq } => Some(read(conn, conversation_id, by, (*seq).clamp(0, head), head).await?),
        AlterationWhat::Edit { message_id, content } => edit(conn, conversation_id, message_id, content, *at).await?,
        AlterationWhat::Delete { message_id } => delete(conn, conversation_id, message_id, *at).await?,
        AlterationWhat::React { message_id, emoji, on } => {
            react(conn, conversation_id, message_id, (by, emoji, *on), *at).await?
        }
    };
    Ok(match what {
        Some(what) => Written::Altered(Box::new(Altered {
            conversation_id: conversation_id.clone(),
            by: by.clone(),
            at: *at,
            what,
        })),
        None => Written::Refused(WriteRefusal::NotFound),
    })
}

async fn set_conversation(
    conn: &mut Conn,
    id: &ConversationId,
    subject: Option<&Option<String>>,
    closed: Option<bool>,
    at: Timestamp,
) -> Result<()> {
    let row = conversations::table.find(id.as_str());
    let next = conversations::version.eq(conversations::version + 1);
    if let Some(subject) = subject {
        run!(diesel::update(row).set((conversations::subject.eq(subject), next)).execute(conn)).failed()?;
    }
    if let Some(closed) = closed {
        let values = (
            conversations::status.eq(if closed { "CLOSED" } else { "ACTIVE" }),
            conversations::closed_at.eq(closed.then(|| at.as_millis())),
            next,
        );
        run!(diesel::update(row).set(values).execute(conn)).failed()?;
    }
    Ok(())
}

async fn set_own(
    conn: &mut Conn,
    id: &ConversationId,
    user_id: &UserId,
    (archived, muted): (Option<bool>, Option<bool>),
) -> Result<()> {
    let row = participants::table.find((id.as_str(), user_id.as_str()));
    if let Some(archived) = archived {
        run!(diesel::update(row).set(participants::archived.eq(archived)).execute(conn)).failed()?;
    }
    if let Some(muted) = muted {
        run!(diesel::update(row).set(participants::muted.eq(muted)).execute(conn)).failed()?;
    }
    Ok(())
}

/// Whoever is here already stays as they are.
async fn come_in(conn: &mut Conn, one: &Participant) -> Result<()> {
    let row = ParticipantRow::new(one);
    let key = (row.conversation_id.clone(), row.user_id.clone());
    let made = run!(
        diesel::insert_into(participants::table)
            .values(&row)
            .on_conflict((participants::conversation_id, participants::user_id))
            .do_nothing()
            .execute(conn)
    )
    .failed()?;
    if made == 0 {
        let gone = participants::table
            .filter(participants::conversation_id.eq(key.0))
            .filter(participants::user_id.eq(key.1))
            .filter(participants::left_at.is_not_null());
        let again = (
            participants::role.eq(row.role),
            participants::name.eq(row.name),
            participants::last_read_seq.eq(row.last_read_seq),
            participants::uncounted.eq(0_i64),
            participants::muted.eq(false),
            participants::archived.eq(false),
            participants::joined_at.eq(row.joined_at),
            participants::left_at.eq(None::<i64>),
        );
        run!(diesel::update(gone).set(again).execute(conn)).failed()?;
    }
    Ok(())
}

async fn go_out(conn: &mut Conn, id: &ConversationId, user_id: &UserId, at: Timestamp) -> Result<()> {
    let here = participants::table
        .filter(participants::conversation_id.eq(id.as_str()))
        .filter(participants::user_id.eq(user_id.as_str()))
        .filter(participants::left_at.is_null());
    run!(diesel::update(here).set(participants::left_at.eq(at.as_millis())).execute(conn)).failed().map(|_| ())
}

async fn rows(conn: &mut Conn, id: &ConversationId, own: bool) -> Result<AlteredWhat> {
    let row: ConversationRow =
        run!(conversations::table.find(id.as_str()).select(ConversationRow::as_select()).first(conn)).failed()?;
    let people: Vec<ParticipantRow> = run!(
        participants::table
            .filter(participants::conversation_id.eq(id.as_str()))
            .order((participants::joined_at.asc(), participants::user_id.asc()))
            .select(ParticipantRow::as_select())
            .load(conn)
    )
    .failed()?;
    Ok(AlteredWhat::Rows {
        conversation: Box::new(row.read()?),
        participants: people.into_iter().map(ParticipantRow::read).collect::<Result<_>>()?,
        own,
    })
}

/// Only who reads up to the middle has what comes after counted.
async fn read(conn: &mut Conn, id: &ConversationId, user_id: &UserId, seq: i64, head: i64) -> Result<AlteredWhat> {
    let mine = participants::table.find((id.as_str(), user_id.as_str()));
    let stands: Option<i64> = run!(mine.select(participants::last_read_seq).first(conn)).optional().failed()?;
    if stands.is_none_or(|stands| stands >= seq) {
        return Ok(AlteredWhat::Nothing);
    }
    let uncounted: i64 = if seq == head {
        0
    } else {
        run!(
            messages::table
                .filter(messages::conversation_id.eq(id.as_str()))
                .filter(messages::seq.gt(seq))
                .filter(messages::sender_id.eq(user_id.as_str()).or(messages::deleted_at.is_not_null()))
                .count()
                .get_result(conn)
        )
        .failed()?
    };
    let values = (participants::last_read_seq.eq(seq), participants::uncounted.eq(uncounted));
    run!(diesel::update(mine).set(values).execute(conn)).failed()?;
    Ok(AlteredWhat::Read { seq, uncounted })
}

async fn message_of(conn: &mut Conn, id: &ConversationId, message_id: &MessageId) -> Result<Option<MessageRow>> {
    run!(
        messages::table
            .find(message_id.as_str())
            .filter(messages::conversation_id.eq(id.as_str()))
            .filter(messages::deleted_at.is_null())
            .select(MessageRow::as_select())
            .first(conn)
    )
    .optional()
    .failed()
}

async fn edit(
    conn: &mut Conn,
    id: &ConversationId,
    message_id: &MessageId,
    content: &str,
    at: Timestamp,
) -> Result<Option<AlteredWhat>> {
    let Some(old) = message_of(conn, id, message_id).await? else { return Ok(None) };
    if old.content == content {
        return Ok(Some(AlteredWhat::Nothing));
    }
    let values = (messages::content.eq(content), messages::edited_at.eq(at.as_millis()));
    run!(diesel::update(messages::table.find(message_id.as_str())).set(values).execute(conn)).failed()?;
    batch::reword(conn, &old, Some(content)).await?;
    let row = MessageRow { content: content.to_owned(), edited_at: Some(at.as_millis()), ..old };
    Ok(Some(AlteredWhat::Edited(Box::new(row.read()?))))
}

async fn delete(
    conn: &mut Conn,
    id: &ConversationId,
    message_id: &MessageId,
    at: Timestamp,
) -> Result<Option<AlteredWhat>> {
    let Some(old) = message_of(conn, id, message_id).await? else { return Ok(None) };
    let values =
        (messages::content.eq(""), messages::metadata.eq(None::<String>), messages::deleted_at.eq(at.as_millis()));
    run!(diesel::update(messages::table.find(message_id.as_str())).set(values).execute(conn)).failed()?;
    batch::reword(conn, &old, None).await?;
    let to_it = reactions::table.filter(reactions::message_id.eq(message_id.as_str()));
    run!(diesel::delete(to_it).execute(conn)).failed()?;
    // Its files are nobody's; they go with the next sweep.
    let files = attachments::table.filter(attachments::message_id.eq(message_id.as_str()));
    run!(diesel::update(files).set(attachments::message_id.eq(None::<String>)).execute(conn)).failed()?;
    let sender = old.sender_id.clone().unwrap_or_default();
    let waiting = participants::table
        .filter(participants::conversation_id.eq(id.as_str()))
        .filter(participants::user_id.ne(sender))
        .filter(participants::last_read_seq.lt(old.seq));
    run!(diesel::update(waiting).set(participants::uncounted.eq(participants::uncounted + 1)).execute(conn))
        .failed()?;
    let row = MessageRow { content: String::new(), metadata: None, deleted_at: Some(at.as_millis()), ..old };
    Ok(Some(AlteredWhat::Deleted(Box::new(row.read()?))))
}

async fn react(
    conn: &mut Conn,
    id: &ConversationId,
    message_id: &MessageId,
    (by, emoji, on): (&UserId, &str, bool),
    at: Timestamp,
) -> Result<Option<AlteredWhat>> {
    let Some(message) = message_of(conn, id, message_id).await? else { return Ok(None) };
    let key = (message_id.as_str(), by.as_str(), emoji);
    let changed = if on {
        let mine = reactions::table
            .filter(reactions::message_id.eq(message_id.as_str()))
            .filter(reactions::user_id.eq(by.as_str()));
        let had: i64 = run!(mine.count().get_result(conn)).failed()?;
        if had >= REACTIONS {
            return Ok(Some(AlteredWhat::Nothing));
        }
        let row = (
            reactions::message_id.eq(message_id.as_str()),
            reactions::user_id.eq(by.as_str()),
            reactions::emoji.eq(emoji),
            reactions::at.eq(at.as_millis()),
        );
        run!(diesel::insert_into(reactions::table).values(row).on_conflict_do_nothing().execute(conn)).failed()?
    } else {
        run!(diesel::delete(reactions::table.find(key)).execute(conn)).failed()?
    };
    if changed == 0 {
        return Ok(Some(AlteredWhat::Nothing));
    }
    Ok(Some(AlteredWhat::Reacted { message_id: message_id.clone(), seq: message.seq, emoji: emoji.to_owned(), on }))
}
