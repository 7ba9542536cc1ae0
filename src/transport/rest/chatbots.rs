//! Chatbots with their hours.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::auth::policy::{Action, Relation};
use crate::domain::chatbot::{
    Chatbot, ChatbotAssistant, ChatbotWidget, FallbackPolicy, FieldKind, HandOffMode, POWERED_BY, PreChatField,
    RoutingMode,
};
use crate::domain::hours::{BusinessHours, DatedException, Interval};
use crate::domain::ids::ChatbotId;
use crate::domain::rejection::Rejection;
use crate::domain::text;
use crate::domain::time::Timestamp;
use crate::protocol::dialect::{read_body, shapes};
use crate::protocol::error::{ErrorCode, WireError};

use super::super::origin;
use super::answer::{ApiError, ok};
use super::params::Id;
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
/// Sites that one chatbot's widget may stand on.
const ORIGINS: usize = 64;
/// The longest knowledge tag, in characters.
const TAG_CHARS: usize = 64;
/// The most fields of the form before a conversation.
const FIELDS: usize = 10;
/// The longest key of such a field, in bytes.
const FIELD_KEY_CHARS: usize = 32;
/// The longest label of such a field, in characters.
const LABEL_CHARS: usize = 100;
/// The most languages.
const LANGUAGES: usize = 40;
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

pub(super) async fn get(who: Who, id: Id) -> Answer {
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
    #[serde(default)]
    pre_chat: Vec<Field>,
    #[serde(default)]
    languages: Vec<String>,
    powered_by: Option<String>,
    hours: Option<Hours>,
}

/// A field of the form before a conversation.
#[derive(Deserialize)]
struct Field {
    key: String,
    label: String,
    kind: Option<String>,
    #[serde(default)]
    required: bool,
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

pub(super) async fn put(who: Who, id: Id, bytes: web::Bytes) -> Answer {
    let id = ChatbotId::from(id.into_inner());
    let known = one(&who, Action::ChatbotPut, &id)?;
    let put: Put = read_body(&bytes, who.node.limits().json_depth).map_err(|error| who.refused(error))?;
    let now = who.node.now();
    checked_provider(&who, put.assistant.provider.as_deref())?;
    let bot = checked(put, id, known.map_or(now, |bot| bot.created_at), now).map_err(|error| who.refused(error))?;
    who.node.put_chatbot(who.known()?, bot.clone()).await.map_err(|failure| who.refused(failure))?;
    Ok(ok(|o| shapes::chatbot(o, &bot, true)))
}

/// A word of the right form that nobody here answers to. Where no assistant is on at all, the word waits for one.
fn checked_provider(who: &Who, provider: Option<&str>) -> Result<(), ApiError> {
    let assistants = who.node.assistants();
    if provider.is_none_or(|provider| !assistants.is_on() || assistants.has(provider)) {
        return Ok(());
    }
    let known = assistants.names().join(", ");
    Err(who.refused(WireError::invalid("assistant.provider", format!("is not set up here; set up: {known}"))))
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
    checked_origins(&put.allowed_origins)?;
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
        widget: ChatbotWidget {
            pre_chat: checked_fields(put.pre_chat)?,
            languages: checked_languages(put.languages)?,
            powered_by: put.powered_by.map(|text| checked_powered_by(&text)).transpose()?,
        },
        hours: put.hours.map(BusinessHours::from),
        allowed_origins: put.allowed_origins,
        created_at,
        updated_at: now,
    })
}

fn checked_origins(origins: &[String]) -> Result<(), WireError> {
    if origins.len() > ORIGINS {
        return Err(WireError::invalid("allowedOrigins", format!("has more than {ORIGINS} entries")));
    }
    match origins.iter().position(|origin| !is_origin(origin)) {
        Some(place) => {
            Err(WireError::invalid(&format!("allowedOrigins[{place}]"), "must look like https://shop.example"))
        }
        None => Ok(()),
    }
}

/// Scheme, host and an optional port, as a browser sends it; one slash at the end is forgiven.
fn is_origin(origin: &str) -> bool {
    let plain = origin.strip_suffix('/').unwrap_or(origin);
    let Some(rest) = plain.strip_prefix("https://").or_else(|| plain.strip_prefix("http://")) else { return false };
    let (host, port) = match rest.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, port)) if address.parse::<std::net::Ipv6Addr>().is_ok() => {
            (None, port.strip_prefix(':').or((!port.is_empty()).then_some("")))
        }
        Some(_) => return false,
        None => match rest.split_once(':') {
            Some((host, port)) => (Some(host), Some(port)),
            None => (Some(rest), None),
        },
    };
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let is_port =
        |port: &str| port.bytes().all(|b| b.is_ascii_digit()) && port.parse::<u16>().is_ok_and(|port| port > 0);
    host.is_none_or(|host| host.len() <= 253 && host.split('.').all(is_label)) && port.is_none_or(is_port)
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

fn checked_fields(put: Vec<Field>) -> Result<Vec<PreChatField>, WireError> {
    if put.len() > FIELDS {
        return Err(WireError::invalid("preChat", format!("has more than {FIELDS} fields")));
    }
    let mut fields: Vec<PreChatField> = Vec::with_capacity(put.len());
    for (place, field) in put.into_iter().enumerate() {
        let path = |name: &str| format!("preChat[{place}].{name}");
        let is_key = (1..=FIELD_KEY_CHARS).contains(&field.key.len())
            && field.key.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'));
        if !is_key {
            let problem = format!("must be 1 to {FIELD_KEY_CHARS} letters, digits, - or _");
            return Err(WireError::invalid(&path("key"), problem));
        }
        if fields.iter().any(|known| known.key == field.key) {
            return Err(WireError::invalid(&path("key"), "is there twice"));
        }
        let usual = if field.key == "email" { FieldKind::Email } else { FieldKind::Text };
        let kind = word(&path("kind"), field.kind.as_deref(), FieldKind::parse, "must be text, email or long_text")?;
        let kind = kind.unwrap_or(usual);
        if matches!(field.key.as_str(), "name" | "email") && kind != usual {
            return Err(WireError::invalid(&path("kind"), format!("must be {} for this key", usual.as_str())));
        }
        let label = text::line(&path("label"), &field.label, LABEL_CHARS)?;
        fields.push(PreChatField { key: field.key, label, kind, required: field.required });
    }
    Ok(fields)
}

/// Tags such as `en`, `pt-BR`, `zh-Hant` (BCP 47), as far as their form goes.
fn checked_languages(put: Vec<String>) -> Result<Vec<String>, WireError> {
    if put.len() > LANGUAGES {
        return Err(WireError::invalid("languages", format!("has more than {LANGUAGES} languages")));
    }
    for (place, tag) in put.iter().enumerate() {
        let mut parts = tag.split('-');
        let first = parts
            .next()
            .is_some_and(|part| matches!(part.len(), 2..=3) && part.bytes().all(|b| b.is_ascii_lowercase()));
        let rest = parts.all(|part| matches!(part.len(), 2..=8) && part.bytes().all(|b| b.is_ascii_alphanumeric()));
        if !first || !rest || tag.len() > 35 || put.iter().take(place).any(|known| known == tag) {
            return Err(WireError::invalid(
                &format!("languages[{place}]"),
                "must be a language such as en or pt-BR, once",
            ));
        }
    }
    Ok(put)
}

fn checked_powered_by(text: &str) -> Result<String, WireError> {
    if text.trim().is_empty() { Ok(String::new()) } else { Ok(text::line("poweredBy", text, LABEL_CHARS)?) }
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

pub(super) async fn delete(who: Who, id: Id) -> Answer {
    let id = ChatbotId::from(id.into_inner());
    one(&who, Action::ChatbotDelete, &id)?.ok_or_else(|| who.refused(Rejection::NotFound))?;
    if who.node.delete_chatbot(who.known()?, &id).await.map_err(|failure| who.refused(failure))? {
        return Ok(HttpResponse::NoContent().finish());
    }
    Err(who.refused(WireError::invalid("id", "has conversations, so it stays")))
}

/// Whether somebody could be reached now: for the choice between a human and the assistant.
pub(super) async fn availability(who: Who, id: Id) -> Answer {
    let bot = open_to_all(&who, Action::ChatbotAvailability, id)?;
    let (_, found) = who.node.reachability(&bot.id).await.map_err(|failure| who.refused(failure))?;
    Ok(ok(|o| shapes::reachability(o, &found)))
}

fn open_to_all(who: &Who, action: Action, id: Id) -> Result<Chatbot, ApiError> {
    let bot = who.node.chatbot(&ChatbotId::from(id.into_inner())).ok_or_else(|| who.refused(Rejection::NotFound))?;
    who.may_to(action, Relation::Other)?;
    Ok(bot)
}

/// What a widget needs to know before anybody has said a word. Nothing here is a secret, and nothing is for a site that
/// may not have visitors.
pub(super) async fn widget(req: HttpRequest, who: Who, id: Id) -> Answer {
    let bot = open_to_all(&who, Action::ChatbotWidget, id)?;
    if !origin::allowed_for(&req, &who.node, &bot.allowed_origins) {
        return Err(who.refused(WireError::new(ErrorCode::Forbidden, "this origin may not have visitors")));
    }
    let (number, found) = who.node.reachability(&bot.id).await.map_err(|failure| who.refused(failure))?;
    let limits = who.node.limits();
    let count = |number: usize| i128::try_from(number).unwrap_or(i128::MAX);
    let hand_off = who.node.assistants().hand_off_mode(Some(&bot));
    Ok(ok(|o| {
        o.text("chatbotId", bot.id.as_str()).text("name", &bot.name).text("greeting", &bot.greeting);
        o.opaque("theme", bot.theme.as_deref());
        shapes::chatbot_widget(o, &bot.widget);
        o.text("poweredBy", bot.widget.powered_by.as_deref().unwrap_or(POWERED_BY));
        o.flag("assistant", who.node.assistants().is_on()).text("handOff", hand_off.as_str());
        o.int("availabilityNumber", number).object("availability", |o| shapes::reachability(o, &found));
        o.object("limits", |o| {
            o.int("contentChars", count(limits.content_chars)).int("metadataBytes", count(limits.metadata_bytes));
            o.int("messagesPer10s", limits.messages_per_10s);
        });
        o.time("serverTime", who.node.now());
    }))
}

#[cfg(test)]
mod tests {
    use super::is_origin;

    #[test]
    fn an_origin_is_scheme_host_and_port_and_nothing_else() {
        for good in [
            "https://shop.example",
            "http://localhost:3000",
            "https://shop.example/",
            "https://10.0.0.1:1",
            "http://[::1]",
            "http://[::1]:8080",
            "https://xn--grn-hoa.example",
        ] {
            assert!(is_origin(good), "{good}");
        }
        for bad in [
            "",
            "http://",
            "http:// ",
            "https://x/y?z",
            "https://x?z",
            "https://x#z",
            "https://u@x",
            "https://x:",
            "https://x:0",
            "https://x:65536",
            "https://x:+1",
            "https://a..b",
            "https://-a",
            "https://x\n",
            "https://*",
            "ftp://x",
            "https://x;script-src",
            "http://[::1",
            "http://[z]",
            "http://[::1]x",
            "https://x//",
            "null",
        ] {
            assert!(!is_origin(bad), "{bad}");
        }
    }
}
