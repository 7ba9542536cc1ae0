//! Conversations of people: begin, list, look, change, who takes part, what is unread.

use actix_web::{HttpResponse, web};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::actors::node::NewMessaging;
use crate::auth::policy::Action;
use crate::domain::command::{Command, ReadMark};
use crate::domain::conversation::{ConversationKind, Participant, ParticipantRole};
use crate::domain::ids::{ConversationId, UserId, named};
use crate::domain::messaging::{Deed, Request, View};
use crate::domain::room::RoomRecord;
use crate::protocol::error::WireError;
use crate::store::MessagingFilter;

use super::super::answer::ApiError;
use super::super::params::{Id, Params};
use super::super::who::{Shared, Who};
use super::{Answer, body, conversation, created, list as bare_list, ok, shape, window};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Invited {
    user_id: String,
    role: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Create {
    #[serde(rename = "type")]
    kind: String,
    subject: Option<String>,
    #[serde(default)]
    participant_ids: Vec<String>,
    #[serde(default)]
    participants: Vec<Invited>,
    client_id: Option<String>,
    metadata: Option<Box<RawValue>>,
}

type Wanted = Vec<(UserId, Option<ParticipantRole>)>;

/// The people a body names: by id alone, or with a role. Nobody is made an owner.
fn wanted(who: &Who, field: &str, ids: Vec<String>, invited: Vec<Invited>) -> Result<Wanted, ApiError> {
    let mut found: Wanted = ids.into_iter().map(|id| (named(id).into(), None)).collect();
    for (place, one) in invited.into_iter().enumerate() {
        let role = match one.role.as_deref().map(|role| (ParticipantRole::parse(role), role)) {
            None => None,
            Some((Some(role @ (ParticipantRole::Participant | ParticipantRole::Staff)), _)) => Some(role),
            Some(_) => {
                let field = format!("{field}[{place}].role");
                return Err(who.refused(WireError::invalid(&field, "must be participant or staff")));
            }
        };
        found.push((named(one.user_id).into(), role));
    }
    Ok(found)
}

pub(in super::super) async fn create(who: Who, shared: web::Data<Shared>, bytes: web::Bytes) -> Answer {
    who.may(Action::MessagingCreate)?;
    let principal = who.known()?;
    let create: Create = body(&who, &bytes)?;
    let kind = ConversationKind::parse(&create.kind).filter(|kind| kind.is_messaging()).ok_or_else(|| {
        who.refused(WireError::invalid("type", "must be guest_staff, staff_staff, guest_guest or group"))
    })?;
    let limit = who.node.config().messaging.begun_per_minute;
    let attempt = shared.attempt(&who.node, format!("begin {}", principal.user_id), limit);
    attempt.map_err(|rejection| who.refused(rejection))?;
    let mut people = wanted(&who, "participants", create.participant_ids, create.participants)?;
    people.retain(|(user_id, _)| *user_id != principal.user_id);
    let new = NewMessaging {
        kind,
        subject: create.subject,
        people,
        client_id: create.client_id.unwrap_or_else(|| who.client_id()),
        metadata: create.metadata.map(|raw| raw.get().to_owned()),
    };
    let begun = who.node.begin_messaging(principal, new, &who.request_id).await;
    let id = begun.map_err(|failure| who.refused(failure))?;
    let record = conversation(&who, Action::ConversationGet, &id).await?;
    shown(&who, &record, true).await
}

/// A conversation as the caller sees it.
async fn shown(who: &Who, record: &RoomRecord, new: bool) -> Answer {
    let me = &who.known()?.user_id;
    let row = &record.conversation;
    let people: Vec<Participant> = record.people().cloned().collect();
    let last = who.node.store().messages_before(&row.id, i64::MAX, 1).await?.pop();
    let last = last.map(|message| crate::store::Preview {
        seq: message.seq,
        sender_role: message.sender_role,
        sender_name: message.sender_name,
        text: message.content.chars().take(160).collect(),
        created_at: message.created_at,
    });
    let write = |o: &mut crate::protocol::json::Object<'_>| {
        shape::conversation(o, row, record.part_of(me), &people, last.as_ref());
    };
    Ok(if new { created(write) } else { ok(write) })
}

#[derive(Deserialize)]
pub(in super::super) struct Listing {
    #[serde(rename = "type")]
    kind: Option<String>,
    status: Option<String>,
    unread_only: Option<bool>,
    limit: Option<i64>,
    offset: Option<i64>,
}

pub(in super::super) async fn list(who: Who, query: Params<Listing>) -> Answer {
    who.may(Action::MessagingList)?;
    let me = &who.known()?.user_id;
    let (limit, offset) = window(&who, query.limit, query.offset)?;
    let kind = query.kind.as_deref().map(|kind| {
        ConversationKind::parse(kind)
            .filter(|kind| kind.is_messaging())
            .ok_or_else(|| who.refused(WireError::invalid("type", "is no kind of messages")))
    });
    let view = query.status.as_deref().map(|status| {
        View::parse(status)
            .ok_or_else(|| who.refused(WireError::invalid("status", "must be active, archived or closed")))
    });
    let filter = MessagingFilter {
        kind: kind.transpose()?,
        view: view.transpose()?,
        unread_only: query.unread_only.unwrap_or(false),
    };
    let found = who.node.store().messaging_list(me, &filter, limit, offset).await?;
    let next = (i64::try_from(found.len()) == Ok(limit)).then(|| offset + limit);
    Ok(bare_list(&found, next, |o, row| {
        let last = row.last_message.as_ref();
        shape::conversation(o, &row.conversation, Some(&row.mine), &row.participants, last);
    }))
}

pub(in super::super) async fn get(who: Who, id: Id) -> Answer {
    let record = conversation(&who, Action::ConversationGet, &id.into_inner().into()).await?;
    shown(&who, &record, false).await
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Update {
    subject: Option<String>,
    status: Option<String>,
    archived: Option<bool>,
    muted: Option<bool>,
    is_muted: Option<bool>,
}

/// What all see and what is one's own are two changes; both are looked at before the first is made.
pub(in super::super) async fn update(who: Who, id: Id, bytes: web::Bytes) -> Answer {
    let update: Update = body(&who, &bytes)?;
    let id = ConversationId::from(id.into_inner());
    let record = conversation(&who, Action::ConversationGet, &id).await?;
    let (mut closed, mut archived) = (None, update.archived);
    match update.status.as_deref().map(|status| (View::parse(status), status)) {
        None => {}
        // Back in the list, and open again for those who may.
        Some((Some(View::Active), _)) => {
            archived = archived.or(Some(false));
            closed = (View::of(&record.conversation, None) == View::Closed).then_some(false);
        }
        Some((Some(View::Archived), _)) => archived = Some(true),
        Some((Some(View::Closed), _)) => closed = Some(true),
        Some((None, _)) => {
            return Err(who.refused(WireError::invalid("status", "must be active, archived or closed")));
        }
    }
    let muted = update.muted.or(update.is_muted);
    if update.subject.is_some() || closed.is_some() {
        let deed = Deed::Update { subject: update.subject, closed, archived: None, muted: None };
        who.execute(request(&id, deed)).await?;
    } else if archived.is_none() && muted.is_none() {
        return Err(who.refused(WireError::invalid("body", "says nothing to change")));
    }
    if archived.is_some() || muted.is_some() {
        who.execute(request(&id, Deed::Update { subject: None, closed: None, archived, muted })).await?;
    }
    let record = conversation(&who, Action::ConversationGet, &id).await?;
    shown(&who, &record, false).await
}

fn request(id: &ConversationId, deed: Deed) -> Command {
    Command::Messaging(Box::new(Request { conversation_id: id.clone(), deed }))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct People {
    #[serde(default)]
    add: Vec<Invited>,
    #[serde(default)]
    remove: Vec<String>,
}

/// People come and go. Whoever leaves gets nothing but a yes.
pub(in super::super) async fn people(who: Who, id: Id, bytes: web::Bytes) -> Answer {
    let change: People = body(&who, &bytes)?;
    let id = ConversationId::from(id.into_inner());
    conversation(&who, Action::ConversationGet, &id).await?;
    let me = who.known()?.user_id.clone();
    let add = wanted(&who, "add", Vec::new(), change.add)?;
    let add = who.node.known_people(add).await.map_err(|failure| who.refused(failure))?;
    let remove: Vec<UserId> = change.remove.into_iter().map(|id| named(id).into()).collect();
    let leaves = remove.contains(&me);
    who.execute(request(&id, Deed::People { add, remove })).await?;
    if leaves {
        return Ok(HttpResponse::NoContent().finish());
    }
    let record = conversation(&who, Action::ConversationGet, &id).await?;
    shown(&who, &record, false).await
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Read {
    seq: Option<i64>,
    message_id: Option<String>,
}

/// Everything, or everything up to a message.
pub(in super::super) async fn read(who: Who, id: Id, bytes: web::Bytes) -> Answer {
    let read: Read = body(&who, &bytes)?;
    let id = ConversationId::from(id.into_inner());
    conversation(&who, Action::ConversationGet, &id).await?;
    let mark = match (read.seq, read.message_id) {
        (Some(seq), _) => ReadMark::Seq(seq),
        (None, Some(message_id)) => ReadMark::Message(named(message_id).into()),
        (None, None) => ReadMark::Seq(i64::MAX),
    };
    who.execute(Command::MarkRead { conversation_id: id.clone(), mark }).await?;
    let record = conversation(&who, Action::ConversationGet, &id).await?;
    let me = &who.known()?.user_id;
    let mine = record.part_of(me);
    Ok(ok(|o| {
        o.text("conversation_id", id.as_str());
        o.int("last_read_seq", mine.map_or(0, |mine| mine.last_read_seq));
        o.int("unread_count", mine.map_or(0, |mine| mine.unread(record.conversation.last_seq)));
    }))
}

pub(in super::super) async fn stats(who: Who) -> Answer {
    who.may(Action::MessagingList)?;
    let found = who.node.store().messaging_stats(&who.known()?.user_id).await?;
    Ok(ok(|o| {
        o.int("total_conversations", found.conversations).int("active_conversations", found.active);
        o.int("archived_conversations", found.archived).int("closed_conversations", found.closed);
        o.int("unread_conversations", found.unread_conversations).int("unread_messages", found.unread_messages);
        o.int("total_messages", found.messages);
    }))
}
