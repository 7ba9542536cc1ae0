//! Reading layers: TOML files with line numbers, and environment variables.

use std::ffi::OsString;
use std::path::Path;

use toml::Value;
use toml::de::{DeTable, DeValue};

use super::error::{ConfigError, Origin};
use super::key::Kind;

/// What every setting's own variable begins with: `SWITCHBOARD__SECTION__KEY`.
const PREFIX: &str = "SWITCHBOARD__";

/// A file that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceFile {
    /// What people call it, `config/local.toml`.
    pub name: String,
    /// Its content.
    pub text: String,
}

/// Everything that can change a setting. Nothing is read from the process itself, so that tests can say all of it.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    /// `config/local.toml` or the file given by `--config`.
    pub file: Option<SourceFile>,
    /// All environment variables; those that do not concern the program are passed over.
    pub environment: Vec<(OsString, OsString)>,
}

impl Sources {
    /// Reads `config/local.toml` if there is one, or the file that was asked for, which must be there.
    ///
    /// # Errors
    /// [`ConfigError::Unreadable`].
    pub fn read(asked: Option<&Path>, environment: Vec<(OsString, OsString)>) -> Result<Self, ConfigError> {
        let path = asked.unwrap_or(Path::new("config/local.toml"));
        let name = path.display().to_string();
        let file = match std::fs::read_to_string(path) {
            Ok(text) => Some(SourceFile { name, text }),
            Err(error) if asked.is_none() && error.kind() == std::io::ErrorKind::NotFound => None,
            Err(error) => return Err(ConfigError::Unreadable { file: name, problem: error.to_string() }),
        };
        Ok(Self { file, environment })
    }
}

/// One value as it was written, not checked yet.
#[derive(Debug)]
pub(super) struct Entry {
    /// The section.
    pub section: String,
    /// The key.
    pub key: String,
    /// The value.
    pub value: Written,
    /// Where.
    pub origin: Origin,
}

/// A value before its key's kind is known.
#[derive(Debug)]
pub(super) enum Written {
    /// From a file.
    Toml(Value),
    /// From the environment.
    Text(String),
    /// From the environment, in another unit: the number is multiplied.
    Scaled(String, i64),
    /// From the environment, not UTF-8.
    NotText,
}

/// A variable of the seeds, under the name it has there.
struct Alias {
    variable: &'static str,
    section: &'static str,
    key: &'static str,
    scale: i64,
}

const fn alias(variable: &'static str, section: &'static str, key: &'static str) -> Alias {
    Alias { variable, section, key, scale: 1 }
}

const ALIASES: &[Alias] = &[
    alias("PORT", "server", "port"),
    alias("HOST", "server", "host"),
    alias("DATABASE_URL", "database", "url"),
    alias("JWT_SECRET", "auth", "jwt_secret"),
    alias("INTERNAL_API_SECRET", "auth", "internal_secret"),
    alias("ADMIN_EMAIL", "auth", "admin_email"),
    alias("ADMIN_PASSWORD", "auth", "admin_password"),
    alias("AI_PROVIDER", "assistant", "provider"),
    alias("OPENAI_API_KEY", "assistant", "openai_api_key"),
    alias("OPENAI_BASE_URL", "assistant", "openai_base_url"),
    alias("OPENAI_MODEL", "assistant", "openai_model"),
    alias("OPENAI_MAX_TOKENS", "assistant", "openai_max_tokens"),
    alias("OPENAI_TEMPERATURE", "assistant", "openai_temperature"),
    alias("ANTHROPIC_API_KEY", "assistant", "anthropic_api_key"),
    alias("ANTHROPIC_BASE_URL", "assistant", "anthropic_base_url"),
    alias("ANTHROPIC_MODEL", "assistant", "anthropic_model"),
    alias("ANTHROPIC_MAX_TOKENS", "assistant", "anthropic_max_tokens"),
    alias("REDIS_URL", "bus", "redis_url"),
    alias("REDIS_HOST", "bus", "redis_host"),
    alias("REDIS_PORT", "bus", "redis_port"),
    alias("REDIS_PASSWORD", "bus", "redis_password"),
    alias("CORS_ORIGIN", "cors", "origins"),
    alias("MAX_CONCURRENT_CHATS_PER_STAFF", "routing", "default_capacity"),
    Alias { variable: "CHAT_SESSION_TIMEOUT_MINUTES", section: "routing", key: "idle_timeout_ms", scale: 60_000 },
    alias("RUST_LOG", "log", "filter"),
];

/// The entries of a file, in the order of its sections.
pub(super) fn of_file(file: &SourceFile) -> Result<Vec<Entry>, ConfigError> {
    let at = |offset: usize| Origin::File(file.name.clone(), line_of(&file.text, offset));
    let document = DeTable::parse(&file.text).map_err(|error| ConfigError::Syntax {
        problem: error.message().to_owned(),
        origin: at(error.span().map_or(0, |span| span.start)),
    })?;
    let mut entries = Vec::new();
    for (section, content) in document.get_ref() {
        let origin = at(section.span().start);
        let DeValue::Table(table) = content.get_ref() else {
            // The value is not shown: a key outside its section may well be a secret.
            return Err(ConfigError::Unknown { key: section.get_ref().to_string(), near: None, origin });
        };
        for (key, value) in table {
            entries.push(Entry {
                section: section.get_ref().to_string(),
                key: key.get_ref().to_string(),
                value: Written::Toml(plain(value.get_ref())),
                origin: at(key.span().start),
            });
        }
    }
    Ok(entries)
}

/// The entries of the environment: first the seeds' names, then `SWITCHBOARD__SECTION__KEY`, which wins. A variable
/// that is empty counts as not set, as in the seeds' `.env` files.
pub(super) fn of_environment(environment: &[(OsString, OsString)]) -> Result<Vec<Entry>, ConfigError> {
    let mut seeds = Vec::new();
    let mut own = Vec::new();
    for (name, value) in environment {
        let (Some(name), false) = (name.to_str(), value.is_empty()) else { continue };
        let origin = Origin::Variable(name.to_owned());
        let text = value.to_str().map(str::to_owned);
        if let Some(alias) = ALIASES.iter().find(|alias| alias.variable == name) {
            let value = text.map_or(Written::NotText, |text| match alias.scale {
                1 => Written::Text(text),
                scale => Written::Scaled(text, scale),
            });
            seeds.push(Entry { section: alias.section.to_owned(), key: alias.key.to_owned(), value, origin });
        } else if let Some(path) = name.strip_prefix(PREFIX) {
            let path = if path.chars().any(|c| c.is_ascii_lowercase()) { None } else { path.split_once("__") };
            let Some((section, key)) = path else {
                return Err(ConfigError::Unknown { key: name.to_owned(), near: None, origin });
            };
            let value = text.map_or(Written::NotText, Written::Text);
            own.push(Entry { section: section.to_lowercase(), key: key.to_lowercase(), value, origin });
        }
    }
    seeds.append(&mut own);
    Ok(seeds)
}

impl Written {
    /// The value of a key of this kind, or its form in words and what was found instead.
    pub(super) fn check(self, kind: Kind) -> Result<Value, (String, String)> {
        match self {
            Self::Toml(value) => checked(kind, value),
            Self::Text(text) => checked(kind, kind.read_text(&text)),
            Self::NotText => Err((kind.form(), "text that is not UTF-8".to_owned())),
            Self::Scaled(text, scale) => {
                let unit = match kind {
                    Kind::Int(min, max) => Kind::Int(min.div_euclid(scale).max(1), max.div_euclid(scale)),
                    other => other,
                };
                let value = checked(unit, unit.read_text(&text))?;
                Ok(value.as_integer().map_or(value, |number| Value::Integer(number.saturating_mul(scale))))
            }
        }
    }
}

fn checked(kind: Kind, value: Value) -> Result<Value, (String, String)> {
    // TOML tells 1 and 1.0 apart; people do not.
    let value = match (kind, value) {
        (Kind::Float(..), Value::Integer(number)) => {
            i32::try_from(number).map_or(Value::Integer(number), |number| Value::Float(f64::from(number)))
        }
        (Kind::Origins | Kind::Phrases, Value::String(text)) => kind.read_text(&text),
        (_, value) => value,
    };
    if kind.accepts(&value) { Ok(value) } else { Err((kind.form(), found(&value))) }
}

fn found(value: &Value) -> String {
    match value {
        Value::Integer(_) | Value::Float(_) | Value::Boolean(_) => value.to_string(),
        Value::String(text) if text.is_empty() => "empty text".to_owned(),
        Value::String(_) => "other text".to_owned(),
        Value::Datetime(_) => "a date".to_owned(),
        Value::Array(_) => "another list".to_owned(),
        Value::Table(_) => "a table".to_owned(),
    }
}

/// The value without its places. A number too big for a TOML integer becomes text, which no number key accepts.
fn plain(value: &DeValue<'_>) -> Value {
    match value {
        DeValue::String(text) => Value::String(text.to_string()),
        DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix())
            .map_or_else(|_| Value::String(number.to_string()), Value::Integer),
        DeValue::Float(number) => {
            number.as_str().parse().map_or_else(|_| Value::String(number.to_string()), Value::Float)
        }
        DeValue::Boolean(flag) => Value::Boolean(*flag),
        DeValue::Datetime(date) => Value::Datetime(*date),
        DeValue::Array(items) => Value::Array(items.iter().map(|item| plain(item.get_ref())).collect()),
        DeValue::Table(table) => {
            Value::Table(table.iter().map(|(key, value)| (key.get_ref().to_string(), plain(value.get_ref()))).collect())
        }
    }
}

fn line_of(text: &str, offset: usize) -> usize {
    text.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1
}
