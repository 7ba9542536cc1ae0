//! An e-mail address, left because nobody is there. It is for staff only, and never in a log line.

use actix_web::{HttpResponse, web};
use serde::Deserialize;

use crate::actors::failure::Failure;
use crate::actors::messages::RouterMessage;
use crate::auth::policy::Action;
use crate::auth::refresh::token_hash;
use crate::domain::conversation::ConversationStatus;
use crate::domain::event::{AdminNotice, Audience, Event};
use crate::domain::ids::{ConversationId, MessageId};
use crate::domain::message::NewNote;
use crate::domain::rejection::Rejection;
use crate::domain::text;
use crate::protocol::dialect::read_body;
use crate::store::{StoreError, Write, Written};

use super::answer::ApiError;
use super::auth::checked_email;
use super::params::Id;
use super::who::{Shared, Who};

/// Of one customer in a minute.
const PER_MINUTE: u32 = 5;

#[derive(Deserialize)]
struct Contact {
    email: String,
    message: Option<String>,
}

pub(super) async fn leave(
    who: Who,
    shared: web::Data<Shared>,
    id: Id,
    body: web::Bytes,
) -> Result<HttpResponse, ApiError> {
    let record = who.conversation(Action::ContactLeave, &ConversationId::from(id.into_inner())).await?;
    let limits = who.node.limits();
    let contact: Contact = read_body(&body, limits.json_depth).map_err(|error| who.refused(error))?;
    let email = checked_email("email", contact.email.trim().to_owned()).map_err(|r| who.refused(r))?;
    let message = contact.message.filter(|message| !message.trim().is_empty());
    let message = message.map(|message| text::block("message", &message, limits.content_chars)).transpose();
    let message = message.map_err(|rejection| who.refused(rejection))?;
    let row = &record.conversation;
    if row.status == ConversationStatus::Closed {
        return Err(who.refused(Rejection::ConversationClosed));
    }
    let principal = who.known()?;
    let whom = format!("contact {}", principal.user_id.as_str());
    shared.attempt(&who.node, whom, PER_MINUTE).map_err(|r| who.refused(r))?;
    let mut content = format!("E-mail address: {email}");
    if let Some(message) = &message {
        content.push_str("\n\n");
        content.push_str(message);
    }
    // The same again is one note, and one line.
    let client_id = Some(format!("contact-{}", token_hash(&content)));
    let note = NewNote {
        id: MessageId::from(who.node.new_id()),
        conversation_id: row.id.clone(),
        author_id: Some(principal.user_id.clone()),
        author_name: principal.name.clone(),
        content,
        client_id,
        created_at: who.node.now(),
    };
    match who.node.writer().write(Write::AppendNote(note)).await {
        Ok(Written::NoteAppended { duplicate: true, .. }) => {}
        Ok(Written::NoteAppended { .. }) => tell(&who, &row.id, &principal.name),
        Ok(Written::Refused(_)) => return Err(who.refused(Rejection::NotFound)),
        Ok(_) => return Err(who.refused(Failure::from(StoreError::Aborted("another answer".into())))),
        Err(error) => return Err(who.refused(Failure::from(error))),
    }
    Ok(HttpResponse::NoContent().finish())
}

/// The line that the customer sees has no address in it: whoever looks over a shoulder learns nothing.
fn tell(who: &Who, id: &ConversationId, name: &str) {
    who.node.say(id, format!("{name} left an e-mail address."));
    let notice = AdminNotice::ContactLeft { conversation_id: id.clone(), user_name: name.to_owned() };
    let event = Event::AdminNotification { notice, at: who.node.now() };
    who.node.router(RouterMessage::Publish { to: Audience::Admins, event });
}
