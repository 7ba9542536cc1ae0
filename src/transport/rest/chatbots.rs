//! Chatbots with their hours.

use actix_web::{HttpResponse, web};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::auth::policy::{Action, Relation};
use crate::domain::agent::{Availability, Presence};
use crate::domain::chatbot::{Chatbot, ChatbotAssistant, FallbackPolicy, HandOffMode, RoutingMode};
use crate::domain::hours::{BusinessHours, DatedException, Interval};
use crate::domain::ids::ChatbotId;
use crate::domain::rejection::Rejection;
use crate::domain::text;
use crate::domain::time::Timestamp;
use crate::protocol::dialect::{read_body, shapes};
use crate::protocol::error::WireError;

use super::answer::{ApiError, ok};
use super::who::Who;

type Answer = Result<HttpResponse, ApiError>;

/// The longest greeting, in characters.
const GREETING_CHARS: usize = 2_000;
/// The longest prompt, in characters.
const PROMPT_CHARS: usize = 20_000;
/// The longest name of a model, in characters.
const MODEL_CHARS: usize = 200;
/// The longest name of a provider, in characters.
const PROVIDER_CHARS: usize = 32;
/// The most knowledge tags.
const TAGS: usize = 32;
/// The longest knowledge tag, in characters.
const TAG_CHARS: usize = 64;
/// The largest theme, as JSON text.
const THEME_BYTES: usize = 8_192;

pub(super) async fn list(who: Who) -> Answer {
    who.may(Action::ChatbotList)?;
    let found = who.node.chatbots();
    let whole = sees_all(&who);
    Ok(ok(|o| {
        o.list("items", &found, |o, bot| shapes::chatbot(o, bot, whole));
    }))
}

/// Prompts are no business of those who cannot change them.
fn sees_all(who: &Who) -> bool {
    who.may_to(Action::ChatbotPut, Relation::Other).is_ok()
}

fn one(who: &Who, action: Action, id: &ChatbotId) -> Result<Option<Chatbot>, ApiError> {
    let found = who.node.chatbot(id);
    who.may_to(action, if found.is_some() { Relation::Other } else { Relation::None })?;
    Ok(found)
}

pub(super) async fn get(who: Who, id: web::Path<String>) -> Answer {
    let found = one(&who, Action::ChatbotGet, &id.into_inner().into())?;
    let bot = found.ok_or_else(|| who.refused(Rejection::NotFound))?;
    Ok(ok(|o| shapes::chatbot(o, &bot, sees_all(&who))))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Put {
    name: String,
    #[serde(default)]
    greeting: String,
    routing_mode: Option<String>,
    closed_policy: Option<String>,
    #[serde(default)]
    allowed_origins: Vec<String>,
    #[serde(default)]
    assistant: Assistant,
    theme: Option<Box<RawValue>>,
    hours: Option<Hours>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Assistant {
    provider: Option<String>,
    model: Option<String>,
    prompt: String,
    knowledge_tags: Vec<String>,
    hand_off: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Hours {
    time_zone: String,
    weekly: [Day; 7],
    #[serde(default)]
    exceptions: Vec<Exception>,
}

#[derive(Deserialize)]
struct Day {
    #[serde(default)]
    intervals: Vec<Span>,
}

#[derive(Deserialize)]
struct Exception {
    date: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    intervals: Vec<Span>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Span {
    from_minute: u16,
    to_minute: u16,
}

impl From<Span> for Interval {
    fn from(span: Span) -> Self {
        Self { from_minute: span.from_minute, to_minute: span.to_minute }
    }
}

impl From<Hours> for BusinessHours {
    fn from(hours: Hours) -> Self {
        let spans = |spans: Vec<Span>| spans.into_iter().map(Interval::from).collect();
        let exception =
            |day: Exception| DatedException { date: day.date, name: day.name, intervals: spans(day.intervals) };
        Self {
            time_zone: hours.time_zone,
            weekly: hours.weekly.map(|day| day.intervals.into_iter().map(Interval::from).collect()),
            exceptions: hours.exceptions.into_iter().map(exception).collect(),
        }
    }
}

pub(super) async fn put(who: Who, id: web::Path<String>, bytes: web::Bytes) -> Answer {
    let id = ChatbotId::from(id.into_inner());
    let known = one(&who, Action::ChatbotPut, &id)?;
    let put: Put = read_body(&bytes, who.node.limits().json_depth).map_err(|error| who.refused(error))?;
    let now = who.node.now();
    let bot = checked(put, id, known.map_or(now, |bot| bot.created_at), now).map_err(|error| who.refused(error))?;
    who.node.put_chatbot(who.known()?, bot.clone()).await.map_err(|failure| who.refused(failure))?;
    Ok(ok(|o| shapes::chatbot(o, &bot, true)))
}

fn checked(put: Put, id: ChatbotId, created_at: Timestamp, now: Timestamp) -> Result<Chatbot, WireError> {
    let well_named = !id.as_str().is_empty()
        && id.as_str().len() <= 64
        && id.as_str().chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'));
    if !well_named {
        return Err(WireError::invalid("id", "must be 1 to 64 letters, digits, - or _"));
    }
    let mode = put.routing_mode.as_deref();
    let policy = put.closed_policy.as_deref();
    for (place, origin) in put.allowed_origins.iter().enumerate() {
        let well_formed = ["http://", "https://"]
            .iter()
            .any(|scheme| origin.strip_prefix(scheme).is_some_and(|host| !host.is_empty()));
        if !well_formed {
            return Err(WireError::invalid(&format!("allowedOrigins[{place}]"), "must look like https://shop.example"));
        }
    }
    Ok(Chatbot {
        id,
        name: text::name("name", &put.name)?,
        greeting: text::block("greeting", &put.greeting, GREETING_CHARS)?,
        routing_mode: word("routingMode", mode, RoutingMode::parse, "must be auto, offer or manual")?,
        closed_policy: word(
            "closedPolicy",
            policy,
            FallbackPolicy::parse,
            "must be offline_message, ai or queue_anyway",
        )?,
        assistant: checked_assistant(put.assistant)?,
        theme: put.theme.as_deref().map(checked_theme).transpose()?,
        hours: put.hours.map(BusinessHours::from),
        allowed_origins: put.allowed_origins,
        created_at,
        updated_at: now,
    })
}

fn word<T>(
    field: &str,
    text: Option<&str>,
    parse: fn(&str) -> Option<T>,
    problem: &str,
) -> Result<Option<T>, WireError> {
    text.map(|text| parse(text).ok_or_else(|| WireError::invalid(field, problem))).transpose()
}

fn checked_assistant(put: Assistant) -> Result<ChatbotAssistant, WireError> {
    let is_word = |text: &str| {
        (1..=PROVIDER_CHARS).contains(&text.len())
            && text.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-'))
    };
    if put.provider.as_deref().is_some_and(|provider| !is_word(provider)) {
        let problem = "must be knowledge, openai, anthropic or a name of 1 to 32 of a to z, 0 to 9, - and _";
        return Err(WireError::invalid("assistant.provider", problem));
    }
    if put.knowledge_tags.len() > TAGS {
        return Err(WireError::invalid("assistant.knowledgeTags", format!("has more than {TAGS} tags")));
    }
    let tag = |(place, tag): (usize, &String)| text::line(&format!("assistant.knowledgeTags[{place}]"), tag, TAG_CHARS);
    let hand_off = put.hand_off.as_deref();
    Ok(ChatbotAssistant {
        provider: put.provider,
        model: put.model.map(|model| text::line("assistant.model", &model, MODEL_CHARS)).transpose()?,
        prompt: text::block("assistant.prompt", &put.prompt, PROMPT_CHARS)?,
        knowledge_tags: put.knowledge_tags.iter().enumerate().map(tag).collect::<Result<_, _>>()?,
        hand_off: word("assistant.handOff", hand_off, HandOffMode::parse, "must be at_once or ask")?,
    })
}

fn checked_theme(theme: &RawValue) -> Result<String, WireError> {
    let theme = theme.get();
    if theme.len() > THEME_BYTES {
        return Err(WireError::invalid("theme", format!("is longer than {THEME_BYTES} bytes")));
    }
    if !theme.starts_with('{') {
        return Err(WireError::invalid("theme", "must be an object"));
    }
    Ok(theme.to_owned())
}

pub(super) async fn delete(who: Who, id: web::Path<String>) -> Answer {
    let id = ChatbotId::from(id.into_inner());
    one(&who, Action::ChatbotDelete, &id)?.ok_or_else(|| who.refused(Rejection::NotFound))?;
    if who.node.delete_chatbot(who.known()?, &id).await.map_err(|failure| who.refused(failure))? {
        return Ok(HttpResponse::NoContent().finish());
    }
    Err(who.refused(WireError::invalid("id", "has conversations, so it stays")))
}

/// Whether somebody could be reached now: for the choice between a human and the assistant.
pub(super) async fn availability(who: Who, id: web::Path<String>) -> Answer {
    let id = ChatbotId::from(id.into_inner());
    let bot = who.node.chatbot(&id).ok_or_else(|| who.refused(Rejection::NotFound))?;
    who.may_to(Action::ChatbotAvailability, Relation::Other)?;
    let (_, state) = who.node.routing_state().await.map_err(|failure| who.refused(failure))?;
    let (_, queue) = who.node.queue().await.map_err(|failure| who.refused(failure))?;
    let now = who.node.now();
    let open = bot.hours.as_ref().is_none_or(|hours| hours.is_open(now));
    let next_opening = bot.hours.as_ref().filter(|_| !open).and_then(|hours| hours.next_opening(now));
    let online = state.agents.values().filter(|agent| agent.presence == Presence::Connected);
    let available = online.clone().filter(|agent| agent.availability == Availability::Available);
    let count = |number: usize| i128::try_from(number).unwrap_or(i128::MAX);
    Ok(ok(|o| {
        o.flag("open", open).time_or_null("nextOpening", next_opening);
        o.int("onlineAgents", count(online.clone().count())).int("availableAgents", count(available.clone().count()));
        o.int("freeUnits", available.map(|agent| i128::from(agent.capacity.free())).sum::<i128>());
        o.int("waiting", count(queue.len()));
        match queue.last() {
            Some(last) => shapes::place(o, &last.place),
            None => {
                o.int("position", 0);
            }
        }
    }))
}
