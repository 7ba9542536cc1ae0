//! What webhooks get: one JSON object an event, in the same words and shapes as everywhere.

use crate::domain::webhook::{Told, What};

use super::dialect::{event_data, shapes};
use super::json::{KeyStyle, Object, object};

/// `{id, type, createdAt, conversationId, data}`.
pub fn body(told: &Told, event_id: &str) -> String {
    object(KeyStyle::Camel, |o| {
        o.text("id", event_id).text("type", told.name().map_or("", |name| name.as_str()));
        o.time("createdAt", told.at);
        o.text_or_null("conversationId", told.conversation_id.as_ref().map(|id| id.as_str()));
        o.object("data", |o| data(o, &told.what));
    })
}

fn data(o: &mut Object<'_>, what: &What) {
    match what {
        What::Event(event) => event_data(o, event),
        What::Created(conversation) => shapes::conversation(o, conversation),
        What::Rated { user_id, score, comment } => {
            o.text("userId", user_id.as_str()).int("score", *score).text_or_null("comment", comment.as_deref());
        }
        What::Test { webhook_id } => {
            o.text("webhookId", webhook_id);
        }
    }
}
