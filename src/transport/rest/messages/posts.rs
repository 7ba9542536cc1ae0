//! Messages of people: send, page, change, take back, react, forward.

use actix_web::web;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::auth::policy::Action;
use crate::domain::command::{Command, SendMessage};
use crate::domain::event::Reply;
use crate::domain::ids::{ConversationId, MessageId, UserId, named};
use crate::domain::message::{Message, MessageKind};
use crate::domain::messaging::{Attachment, Deed, Request};
use crate::domain::rejection::Rejection;
use crate::protocol::error::WireError;
use crate::protocol::json::{KeyStyle, Object, object};

use super::super::answer::ApiError;
use super::super::params::{Id, Params};
use super::super::who::{Shared, Who};
use super::attachments::addresses;
use super::shape::{self, Beside};
use super::{Answer, body, conversation, created, list, ok, window};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Send {
    conversation_id: String,
    /// May be left out beside files.
    #[serde(default)]
    content: String,
    message_type: Option<String>,
    client_id: Option<String>,
    reply_to: Option<String>,
    #[serde(default)]
    attachments: Vec<String>,
    metadata: Option<Box<RawValue>>,
}

pub(in super::super) async fn send(who: Who, shared: web::Data<Shared>, bytes: web::Bytes) -> Answer {
    who.known()?;
    let send: Send = body(&who, &bytes)?;
    let kind = match send.message_type.as_deref() {
        None => MessageKind::Text,
        Some(text) => MessageKind::parse(text)
            .ok_or_else(|| who.refused(WireError::invalid("message_type", "must be text, system or automated")))?,
    };
    let given = send.metadata.as_deref().map(RawValue::get);
    who.node.nothing_forged(given).map_err(|rejection| who.refused(rejection))?;
    let attachments: Vec<String> = send.attachments.into_iter().map(named).collect();
    let metadata = with_files(&who, send.metadata.map(|raw| raw.get().to_owned()), &attachments).await?;
    let message = SendMessage {
        conversation_id: named(send.conversation_id).into(),
        content: send.content,
        client_id: send.client_id.unwrap_or_else(|| who.client_id()),
        kind,
        reply_to: send.reply_to.map(|id| named(id).into()),
        internal: false,
        metadata,
    };
    posted(&who, &shared, message, attachments).await
}

/// Whoever hears of the message over a socket sees which files it has; their addresses come with the page.
async fn with_files(who: &Who, metadata: Option<String>, ids: &[String]) -> Result<Option<String>, ApiError> {
    if ids.is_empty() {
        return Ok(metadata);
    }
    let given = metadata.as_deref().unwrap_or("{}");
    let mut object: serde_json::Map<String, serde_json::Value> =
        serde_json::from_str(given).map_err(|_| who.refused(WireError::invalid("metadata", "must be an object")))?;
    let mut files = Vec::with_capacity(ids.len());
    for id in ids {
        // Those that are not there, or somebody else's, are the store's to refuse.
        if let Some(file) = who.node.store().attachment(id).await? {
            files.push(serde_json::json!({
                "id": file.id, "file_name": file.name, "file_type": file.media_type, "file_size": file.bytes,
                "width": file.width, "height": file.height,
            }));
        }
    }
    object.insert("attachments".into(), files.into());
    Ok(Some(serde_json::Value::Object(object).to_string()))
}

async fn posted(who: &Who, shared: &Shared, message: SendMessage, attachments: Vec<String>) -> Answer {
    let id = message.conversation_id.clone();
    let command = request(&id, Deed::Post { message, attachments });
    match who.execute(command).await? {
        Reply::Sent(sent) => {
            let found = who.node.store().message(&sent.message_id).await?;
            let found = found.ok_or_else(|| who.refused(Rejection::NotFound))?;
            let me = &who.known()?.user_id;
            let (beside, address) = (beside(who, std::slice::from_ref(&found)).await?, address(who, shared));
            Ok(created(|o| shape::message(o, &found, (me, 0), &beside, &address)))
        }
        _ => Err(who.refused(Rejection::NotFound)),
    }
}

fn request(id: &ConversationId, deed: Deed) -> Command {
    Command::Messaging(Box::new(Request { conversation_id: id.clone(), deed }))
}

/// Writes where a file can be got. Without a place for files there are none to be written.
fn address(who: &Who, shared: &Shared) -> impl Fn(&mut Object<'_>, &Attachment) {
    let addresses = shared.files().map(|files| addresses(who, files));
    move |o, file| {
        if let Some(addresses) = &addresses {
            addresses(o, file);
        }
    }
}

pub(super) async fn beside(who: &Who, messages: &[Message]) -> Result<Beside, ApiError> {
    let ids: Vec<MessageId> = messages.iter().map(|message| message.id.clone()).collect();
    let store = who.node.store();
    Ok(Beside::new(store.reactions_to(&ids).await?, store.attachments_of(&ids).await?))
}

#[derive(Deserialize)]
pub(in super::super) struct Window {
    limit: Option<i64>,
    offset: Option<i64>,
    before: Option<i64>,
    after: Option<i64>,
}

/// A page, oldest first: the newest ones, `offset` of them left out; or those before or after a number.
pub(in super::super) async fn page(who: Who, shared: web::Data<Shared>, id: Id, query: Params<Window>) -> Answer {
    let record = conversation(&who, Action::MessageList, &id.into_inner().into()).await?;
    let (limit, offset) = window(&who, query.limit, query.offset)?;
    let (row, store) = (&record.conversation, who.node.store());
    let places = [query.offset.is_some(), query.before.is_some(), query.after.is_some()];
    if places.iter().filter(|given| **given).count() > 1 {
        return Err(who.refused(WireError::invalid("offset", "give one of offset, before and after")));
    }
    let (found, next) = match (query.after, query.before) {
        (Some(after), _) => (store.messages_after(&row.id, after, limit).await?, None),
        (None, Some(before)) => (store.messages_before(&row.id, before, limit).await?, None),
        (None, None) => {
            // Numbers have no holes, so that a place is a number.
            let before = row.last_seq.saturating_sub(offset).saturating_add(1).max(1);
            let found = store.messages_before(&row.id, before, limit).await?;
            let more = found.first().is_some_and(|first| first.seq > 1);
            (found, more.then_some(offset + limit))
        }
    };
    let me = &who.known()?.user_id;
    let read_up_to = record.read_up_to(me);
    let (beside, address) = (beside(&who, &found).await?, address(&who, &shared));
    Ok(list(&found, next, |o, message| shape::message(o, message, (me, read_up_to), &beside, &address)))
}

/// A message that the caller may read, with the reader's mark.
async fn readable(who: &Who, id: &MessageId) -> Result<(Message, i64), ApiError> {
    let me = who.known()?.user_id.clone();
    let found = who.node.store().message(id).await?.ok_or_else(|| who.refused(Rejection::NotFound))?;
    let record = conversation(who, Action::MessageList, &found.conversation_id).await?;
    Ok((found, record.read_up_to(&me)))
}

/// Does something to a message and shows it as it is then.
async fn changed(who: &Who, shared: &Shared, id: &MessageId, deed: Deed) -> Answer {
    let (found, _) = readable(who, id).await?;
    who.execute(request(&found.conversation_id, deed)).await?;
    let (found, read_up_to) = readable(who, id).await?;
    let me: &UserId = &who.known()?.user_id;
    let (beside, address) = (beside(who, std::slice::from_ref(&found)).await?, address(who, shared));
    Ok(ok(|o| shape::message(o, &found, (me, read_up_to), &beside, &address)))
}

#[derive(Deserialize)]
struct Edit {
    content: String,
}

pub(in super::super) async fn edit(who: Who, shared: web::Data<Shared>, id: Id, bytes: web::Bytes) -> Answer {
    who.known()?;
    let edit: Edit = body(&who, &bytes)?;
    let message_id = MessageId::from(id.into_inner());
    changed(&who, &shared, &message_id, Deed::Edit { message_id: message_id.clone(), content: edit.content }).await
}

pub(in super::super) async fn delete(who: Who, shared: web::Data<Shared>, id: Id) -> Answer {
    let message_id = MessageId::from(id.into_inner());
    changed(&who, &shared, &message_id, Deed::Delete { message_id: message_id.clone() }).await
}

#[derive(Deserialize)]
struct Emoji {
    emoji: String,
}

pub(in super::super) async fn react(who: Who, shared: web::Data<Shared>, id: Id, bytes: web::Bytes) -> Answer {
    who.known()?;
    let Emoji { emoji } = body(&who, &bytes)?;
    let message_id = MessageId::from(id.into_inner());
    changed(&who, &shared, &message_id, Deed::React { message_id: message_id.clone(), emoji, on: true }).await
}

#[derive(Deserialize)]
pub(in super::super) struct Which {
    emoji: Option<String>,
}

pub(in super::super) async fn unreact(who: Who, shared: web::Data<Shared>, id: Id, query: Params<Which>) -> Answer {
    let emoji = query.into_inner().emoji.unwrap_or_default();
    let message_id = MessageId::from(id.into_inner());
    changed(&who, &shared, &message_id, Deed::React { message_id: message_id.clone(), emoji, on: false }).await
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Forward {
    conversation_id: String,
    client_id: Option<String>,
}

/// The text of a message that one may read, said again by oneself elsewhere. Files stay where they are.
pub(in super::super) async fn forward(who: Who, shared: web::Data<Shared>, id: Id, bytes: web::Bytes) -> Answer {
    who.known()?;
    let forward: Forward = body(&who, &bytes)?;
    let (found, _) = readable(&who, &id.into_inner().into()).await?;
    if found.deleted_at.is_some() {
        return Err(who.refused(Rejection::NotFound));
    }
    let metadata = object(KeyStyle::Snake, |o| {
        o.object("forwarded_from", |o| {
            o.text("message_id", found.id.as_str()).text("conversation_id", found.conversation_id.as_str());
            o.text_or_null("sender_id", found.sender_id.as_ref().map(UserId::as_str));
            o.text("sender_name", &found.sender_name).time("created_at", found.created_at);
        });
    });
    let message = SendMessage {
        conversation_id: named(forward.conversation_id).into(),
        content: found.content,
        client_id: forward.client_id.unwrap_or_else(|| who.client_id()),
        kind: MessageKind::Text,
        reply_to: None,
        internal: false,
        metadata: Some(metadata),
    };
    posted(&who, &shared, message, Vec::new()).await
}
