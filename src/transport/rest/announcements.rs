//! Saying something to many at once.

use std::collections::BTreeSet;

use actix_web::{HttpResponse, web};
use serde::Deserialize;

use crate::actors::messages::RouterMessage;
use crate::auth::policy::Action;
use crate::domain::audit::AuditAction;
use crate::domain::event::{Audience, Event};
use crate::domain::ids::{ChatbotId, ConversationId, UserId, named};
use crate::domain::text;
use crate::protocol::error::WireError;
use crate::protocol::json::{KeyStyle, object};
use crate::store::{Change, OverviewFilter};

use super::answer::{ApiError, created};
use super::conversations::body;
use super::who::Who;

/// Customers of one chatbot, or entries of the queue, that are told at most.
const MOST: i64 = 10_000;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Body {
    text: String,
    audience: String,
    chatbot_id: Option<String>,
}

/// Whom it is for.
enum To {
    Live(Audience),
    CustomersOf(ChatbotId),
    Queue(Option<ChatbotId>),
}

fn to(audience: &str, chatbot_id: Option<ChatbotId>) -> Result<To, WireError> {
    Ok(match (audience, chatbot_id) {
        ("everyone", None) => To::Live(Audience::All),
        ("agents", None) => To::Live(Audience::Staff),
        ("customers", None) => To::Live(Audience::Customers),
        ("customers", Some(id)) => To::CustomersOf(id),
        ("queue", id) => To::Queue(id),
        ("everyone" | "agents", Some(_)) => {
            return Err(WireError::invalid("chatbotId", "goes with the audiences customers and queue"));
        }
        _ => return Err(WireError::invalid("audience", "must be everyone, agents, customers or queue")),
    })
}

pub(super) async fn make(who: Who, bytes: web::Bytes) -> Result<HttpResponse, ApiError> {
    who.may(Action::Announce)?;
    let new: Body = body(&who, &bytes)?;
    let words = text::reason("text", Some(&new.text)).map_err(|rejection| who.refused(rejection))?;
    let words = words.ok_or_else(|| who.refused(WireError::invalid("text", "is empty")))?;
    let chatbot_id = new.chatbot_id.map(|id| ChatbotId::from(named(id)));
    if chatbot_id.as_ref().is_some_and(|id| who.node.chatbot(id).is_none()) {
        return Err(who.refused(WireError::invalid("chatbotId", "no such chatbot")));
    }
    let to = to(&new.audience, chatbot_id.clone()).map_err(|error| who.refused(error))?;
    let id = who.node.new_id();
    let details = object(KeyStyle::Camel, |o| {
        o.text("audience", &new.audience).text_or_null("chatbotId", chatbot_id.as_ref().map(|id| id.as_str()));
    });
    let entry = who.node.entry_of(who.known()?, AuditAction::Announced, &id, Some(details));
    // The record first: nothing is said that nobody answers for.
    who.node.change(Change::Nothing, entry).await.map_err(|failure| who.refused(failure))?;
    let reached = tell(&who, &id, &words, to).await?;
    Ok(created(|o| {
        o.text("announcementId", &id).text("audience", &new.audience);
        match reached {
            Some(count) => o.int("reached", i128::try_from(count).unwrap_or(0)),
            None => o.null("reached"),
        };
    }))
}

/// How many conversations or customers it was addressed to; none where nobody counts.
async fn tell(who: &Who, id: &str, words: &str, to: To) -> Result<Option<usize>, ApiError> {
    let event = || Event::SystemAnnouncement { id: id.to_owned(), text: words.to_owned(), at: who.node.now() };
    match to {
        To::Live(to) => {
            who.node.router(RouterMessage::Publish { to, event: event() });
            Ok(None)
        }
        To::CustomersOf(chatbot_id) => {
            let filter = OverviewFilter { open_only: true, chatbot_id: Some(chatbot_id), ..OverviewFilter::default() };
            let rows = who.node.store().overviews(&filter, &who.known()?.user_id, None, MOST).await?;
            let customers: BTreeSet<UserId> = rows.into_iter().map(|row| row.conversation.customer_id).collect();
            for user_id in &customers {
                let to = Audience::User(user_id.clone());
                who.node.router(RouterMessage::Publish { to, event: event() });
            }
            Ok(Some(customers.len()))
        }
        To::Queue(chatbot_id) => {
            let (_, state) = who.node.routing_state().await.map_err(|failure| who.refused(failure))?;
            let through = |id: &ConversationId| {
                chatbot_id.is_none() || state.cases.get(id).is_some_and(|case| case.chatbot_id == chatbot_id)
            };
            let waiting: Vec<&ConversationId> = state.entries.keys().filter(|id| through(id)).collect();
            let mut reached = 0;
            for conversation_id in waiting {
                let said = who.node.say_durably(conversation_id, words.to_owned()).await;
                reached += usize::from(said.map_err(|failure| who.refused(failure))?);
            }
            Ok(Some(reached))
        }
    }
}
