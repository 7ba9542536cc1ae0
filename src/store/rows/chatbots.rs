//! Chatbots, hours, holidays.

use diesel::prelude::{AsChangeset, Insertable, Queryable, Selectable};

use crate::domain::chatbot::{
    Chatbot, ChatbotAssistant, ChatbotWidget, FallbackPolicy, FieldKind, HandOffMode, PreChatField, RoutingMode,
};
use crate::domain::hours::{DatedException, Interval};
use crate::store::StoreError;
use crate::store::schema::chatbots;

use super::{Read, at, from_json, known, to_json};

#[derive(Queryable, Selectable, Insertable, AsChangeset, Clone)]
#[diesel(table_name = chatbots, treat_none_as_null = true)]
pub(in crate::store) struct ChatbotRow {
    pub id: String,
    pub name: String,
    pub greeting: String,
    pub routing_mode: Option<String>,
    pub closed_policy: Option<String>,
    pub allowed_origins: String,
    pub time_zone: Option<String>,
    pub provider: Option<String>,
    pub model: Option<String>,
    pub prompt: String,
    pub knowledge_tags: String,
    pub hand_off: Option<String>,
    pub theme: Option<String>,
    pub pre_chat: String,
    pub languages: String,
    pub powered_by: Option<String>,
    pub created_at: i64,
    pub updated_at: i64,
}

impl ChatbotRow {
    pub fn new(bot: &Chatbot) -> Self {
        Self {
            id: bot.id.to_string(),
            name: bot.name.clone(),
            greeting: bot.greeting.clone(),
            routing_mode: bot.routing_mode.map(|mode| mode.as_str().to_owned()),
            closed_policy: bot.closed_policy.map(|policy| policy.as_str().to_owned()),
            allowed_origins: to_json(&bot.allowed_origins),
            time_zone: bot.hours.as_ref().map(|hours| hours.time_zone.clone()),
            provider: bot.assistant.provider.clone(),
            model: bot.assistant.model.clone(),
            prompt: bot.assistant.prompt.clone(),
            knowledge_tags: to_json(&bot.assistant.knowledge_tags),
            hand_off: bot.assistant.hand_off.map(|mode| mode.as_str().to_owned()),
            theme: bot.theme.clone(),
            pre_chat: fields_json(&bot.widget.pre_chat),
            languages: to_json(&bot.widget.languages),
            powered_by: bot.widget.powered_by.clone(),
            created_at: bot.created_at.as_millis(),
            updated_at: bot.updated_at.as_millis(),
        }
    }

    /// Without its hours; those come from tables of their own.
    pub fn read(self) -> Read<(Chatbot, Option<String>)> {
        let routing_mode = word(self.routing_mode, "chatbots.routing_mode", RoutingMode::parse)?;
        let closed_policy = word(self.closed_policy, "chatbots.closed_policy", FallbackPolicy::parse)?;
        let assistant = ChatbotAssistant {
            provider: self.provider,
            model: self.model,
            prompt: self.prompt,
            knowledge_tags: from_json(&self.knowledge_tags, "chatbots.knowledge_tags")?,
            hand_off: word(self.hand_off, "chatbots.hand_off", HandOffMode::parse)?,
        };
        let widget = ChatbotWidget {
            pre_chat: read_fields(&self.pre_chat)?,
            languages: from_json(&self.languages, "chatbots.languages")?,
            powered_by: self.powered_by,
        };
        let bot = Chatbot {
            allowed_origins: from_json(&self.allowed_origins, "chatbots.allowed_origins")?,
            id: self.id.into(),
            name: self.name,
            greeting: self.greeting,
            routing_mode,
            closed_policy,
            assistant,
            theme: self.theme,
            widget,
            hours: None,
            created_at: at(self.created_at),
            updated_at: at(self.updated_at),
        };
        Ok((bot, self.time_zone))
    }
}

fn word<T>(text: Option<String>, column: &str, parse: fn(&str) -> Option<T>) -> Read<Option<T>> {
    text.map(|text| known(parse(&text), column, &text)).transpose()
}

/// A form's fields as JSON: key, label, kind, required.
fn fields_json(fields: &[PreChatField]) -> String {
    let rows: Vec<(&str, &str, &str, bool)> = fields
        .iter()
        .map(|field| (field.key.as_str(), field.label.as_str(), field.kind.as_str(), field.required))
        .collect();
    to_json(&rows)
}

fn read_fields(text: &str) -> Read<Vec<PreChatField>> {
    let rows: Vec<(String, String, String, bool)> = from_json(text, "chatbots.pre_chat")?;
    let field = |(key, label, kind, required): (String, String, String, bool)| {
        let kind = known(FieldKind::parse(&kind), "chatbots.pre_chat", &kind)?;
        Ok(PreChatField { key, label, kind, required })
    };
    rows.into_iter().map(field).collect()
}

/// A holiday's intervals as JSON pairs.
pub(in crate::store) fn intervals_json(intervals: &[Interval]) -> String {
    let pairs: Vec<(u16, u16)> = intervals.iter().map(|i| (i.from_minute, i.to_minute)).collect();
    to_json(&pairs)
}

pub(in crate::store) fn read_exception(date: String, name: String, intervals: &str) -> Read<DatedException> {
    let pairs: Vec<(u16, u16)> = from_json(intervals, "holidays.intervals")?;
    let intervals = pairs.into_iter().map(|(from_minute, to_minute)| Interval { from_minute, to_minute }).collect();
    Ok(DatedException { date, name, intervals })
}

pub(in crate::store) fn read_interval(from_minute: i32, to_minute: i32) -> Read<Interval> {
    let minute = |value: i32| u16::try_from(value).map_err(|_| StoreError::Corrupt("business_hours: a minute".into()));
    Ok(Interval { from_minute: minute(from_minute)?, to_minute: minute(to_minute)? })
}
