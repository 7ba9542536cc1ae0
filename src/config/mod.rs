//! Settings: one file a section, read in layers, checked, each with the place it came from.
//!
//! `config/default.toml` (built in) < `config/local.toml` or `--config FILE` < environment. In the environment the
//! seeds' names (`PORT`, `DATABASE_URL`, …) come before `SWITCHBOARD__SECTION__KEY`, which wins. An unknown key or a
//! bad value stops the start with one line that names the key, the form of its value and where it was found.

mod alerts;
mod assistant;
mod attachments;
mod auth;
mod bus;
mod cors;
mod database;
mod demo;
mod error;
mod key;
mod limits;
mod log;
mod messaging;
mod pages;
mod routing;
mod secret;
mod section;
mod server;
mod socket_io;
mod source;
mod webhooks;

use serde::Deserialize;
use toml::Value;

use crate::domain::time::Millis;

pub use alerts::Alerts;
pub use assistant::{Assistant, HandOff, Provider};
pub use attachments::{Attachments, FilePlace};
pub use auth::Auth;
pub use bus::{Bus, BusKind};
pub use cors::Cors;
pub use database::Database;
pub use demo::Demo;
pub use error::{ConfigError, Origin};
pub use key::{Key, Kind};
pub use limits::Limits;
pub use log::{Log, LogFormat};
pub use messaging::Messaging;
pub use pages::Pages;
pub use routing::Routing;
pub use secret::{PrivateUrl, Secret};
pub use server::Server;
pub use socket_io::SocketIo;
pub use source::{SourceFile, Sources};
pub use webhooks::{Allowed, Webhooks};

use section::section;
use source::Entry;

/// `config/default.toml` as shipped: every key with its default and what it means.
pub const DEFAULT_TOML: &str = include_str!("../../config/default.toml");

/// A secret shorter than this is too weak for HS256 (RFC 7518 §3.2), bytes.
const STRONG_SECRET_BYTES: usize = 32;

/// All settings.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Where the program listens.
    pub server: Server,
    /// Where everything durable lives.
    pub database: Database,
    /// Who is who.
    pub auth: Auth,
    /// What one client may do.
    pub limits: Limits,
    /// How clients of Socket.IO are kept in touch with.
    pub socket_io: SocketIo,
    /// How a waiting conversation reaches an agent.
    pub routing: Routing,
    /// Log lines.
    pub log: Log,
    /// Whose pages may call.
    pub cors: Cors,
    /// How nodes tell each other what is new.
    pub bus: Bus,
    /// Who answers before a human does.
    pub assistant: Assistant,
    /// What admins are warned of.
    pub alerts: Alerts,
    /// Messages between people.
    pub messaging: Messaging,
    /// Files beside messages.
    pub attachments: Attachments,
    /// What the host application's server is told over HTTP.
    pub webhooks: Webhooks,
    /// The faces that come with the program.
    pub pages: Pages,
    /// What a newcomer is shown.
    pub demo: Demo,
}

/// One key with the value in force and where it came from.
#[derive(Clone, Debug)]
struct Setting {
    key: Key,
    value: Option<Value>,
    origin: Origin,
}

/// The settings in force, and what a person may want to know about them.
#[derive(Clone)]
pub struct Loaded {
    /// The settings.
    pub config: Config,
    settings: Vec<Setting>,
}

impl std::fmt::Debug for Loaded {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The raw values hold secrets.
        f.debug_struct("Loaded").field("config", &self.config).finish_non_exhaustive()
    }
}

impl Config {
    /// Every key of every section, in the order of `config/default.toml`.
    pub fn keys() -> impl Iterator<Item = &'static Key> {
        [
            Server::KEYS,
            Database::KEYS,
            Auth::KEYS,
            Limits::KEYS,
            SocketIo::KEYS,
            Routing::KEYS,
            Log::KEYS,
            Cors::KEYS,
            Bus::KEYS,
            Assistant::KEYS,
            Alerts::KEYS,
            Messaging::KEYS,
            Attachments::KEYS,
            Webhooks::KEYS,
            Pages::KEYS,
            Demo::KEYS,
        ]
        .into_iter()
        .flatten()
    }

    /// The settings that result from `sources`.
    ///
    /// # Errors
    /// The first thing that is wrong, as one line.
    pub fn load(sources: &Sources) -> Result<Self, ConfigError> {
        Loaded::load(sources).map(|loaded| loaded.config)
    }
}

impl Loaded {
    /// The settings that result from `sources`, with the origin of each.
    ///
    /// # Errors
    /// The first thing that is wrong, as one line.
    pub fn load(sources: &Sources) -> Result<Self, ConfigError> {
        let mut settings: Vec<Setting> =
            Config::keys().map(|key| Setting { key: *key, value: None, origin: Origin::Default }).collect();
        let shipped = SourceFile { name: "config/default.toml".to_owned(), text: DEFAULT_TOML.to_owned() };
        for mut entry in source::of_file(&shipped)? {
            entry.origin = Origin::Default;
            put(&mut settings, entry)?;
        }
        if let Some(file) = &sources.file {
            for entry in source::of_file(file)? {
                put(&mut settings, entry)?;
            }
        }
        for entry in source::of_environment(&sources.environment)? {
            put(&mut settings, entry)?;
        }
        let loaded = Self { config: assemble(&settings)?, settings };
        loaded.check_together()?;
        Ok(loaded)
    }

    /// Where the value of a key came from.
    pub fn origin(&self, section: &str, name: &str) -> Option<&Origin> {
        self.find(section, name).map(|setting| &setting.origin)
    }

    /// What is allowed and yet likely a mistake, one line each.
    pub fn warnings(&self) -> Vec<String> {
        let mut lines = Vec::new();
        let auth = &self.config.auth;
        if auth.jwt_secret.as_ref().is_some_and(|secret| secret.expose().len() < STRONG_SECRET_BYTES) {
            lines.push(format!("auth.jwt_secret: shorter than {STRONG_SECRET_BYTES} bytes, which can be guessed"));
        }
        let bus = &self.config.bus;
        if bus.redis_url.is_some() || bus.redis_host.is_some() {
            lines.push("bus.redis_*: set, but bus.kind is \"local\", so no Redis is used".to_owned());
        }
        if self.config.cors.origins.iter().any(|origin| origin == "*") {
            lines.push("cors.origins: \"*\" lets the pages of any site call this server".to_owned());
        }
        if self.config.webhooks.allow_private {
            lines.push(
                "webhooks.allow_private: admins can make this server call addresses of its own network".to_owned(),
            );
        }
        if self.config.assistant.costs_nothing() {
            lines.push("assistant.cost_per_chatbot_day: set, but both prices are 0, so it limits nothing".to_owned());
        }
        lines
    }

    /// The settings in force as TOML, secrets hidden, each that is not the default with where it came from.
    pub fn report(&self) -> String {
        let mut lines = Vec::new();
        let mut section = "";
        for Setting { key, value, origin } in &self.settings {
            if key.section != section {
                section = key.section;
                lines.push(format!("\n[{section}]"));
            }
            let shown = match value {
                None => format!("# {} is not set", key.name),
                Some(value) => format!("{} = {}", key.name, key.kind.show(value)),
            };
            lines.push(match origin {
                Origin::Default => shown,
                origin => format!("{shown}  # {origin}"),
            });
        }
        for warning in self.warnings() {
            lines.push(format!("\n# warning: {warning}"));
        }
        let text = lines.join("\n");
        format!("{}\n", text.trim_start())
    }

    fn find(&self, section: &str, name: &str) -> Option<&Setting> {
        self.settings.iter().find(|setting| setting.key.section == section && setting.key.name == name)
    }

    fn check_together(&self) -> Result<(), ConfigError> {
        let limits = &self.config.limits;
        if limits.heartbeat_timeout_ms <= limits.heartbeat_ms {
            return Err(self.conflict("limits", ["heartbeat_timeout_ms", "heartbeat_ms"], "more than"));
        }
        if limits.frame_bytes_unauthenticated > limits.frame_bytes {
            return Err(self.conflict("limits", ["frame_bytes_unauthenticated", "frame_bytes"], "at most"));
        }
        if let Some(key) = self.config.assistant.missing_key() {
            return Err(ConfigError::Conflict {
                key: format!("assistant.{key}"),
                problem: "expected one line of text, because assistant.provider and its server need a key".to_owned(),
                origin: self.origin("assistant", "provider").cloned().unwrap_or(Origin::Default),
            });
        }
        if let Some((key, because)) = self.config.attachments.missing_key() {
            return Err(ConfigError::Conflict {
                key: format!("attachments.{key}"),
                problem: format!("expected one line of text, because {because}"),
                origin: self.origin("attachments", "place").cloned().unwrap_or(Origin::Default),
            });
        }
        Ok(())
    }

    /// Blames the first key, at the place of whichever of the two a person has set.
    fn conflict(&self, section: &'static str, [first, second]: [&'static str; 2], relation: &str) -> ConfigError {
        let origin = [first, second]
            .into_iter()
            .filter_map(|name| self.origin(section, name))
            .find(|origin| **origin != Origin::Default);
        ConfigError::Conflict {
            key: format!("{section}.{first}"),
            problem: format!("expected {relation} {section}.{second}"),
            origin: origin.cloned().unwrap_or(Origin::Default),
        }
    }
}

fn put(settings: &mut [Setting], entry: Entry) -> Result<(), ConfigError> {
    let found =
        settings.iter_mut().find(|setting| setting.key.section == entry.section && setting.key.name == entry.key);
    let key = format!("{}.{}", entry.section, entry.key);
    let Some(setting) = found else {
        return Err(ConfigError::Unknown { near: nearest(&entry.section, &entry.key), key, origin: entry.origin });
    };
    match entry.value.check(setting.key.kind) {
        Ok(value) => {
            setting.value = Some(value);
            setting.origin = entry.origin;
            Ok(())
        }
        Err((form, found)) => Err(ConfigError::BadValue { key, form, found, origin: entry.origin }),
    }
}

/// Every value has passed its key's check, so this fails only when a key's kind and type do not fit; a test holds
/// them together.
fn assemble(settings: &[Setting]) -> Result<Config, ConfigError> {
    let mut root = toml::Table::new();
    for setting in settings {
        let Some(value) = &setting.value else { continue };
        let section = root.entry(setting.key.section).or_insert_with(|| Value::Table(toml::Table::new()));
        if let Value::Table(table) = section {
            table.insert(setting.key.name.to_owned(), value.clone());
        }
    }
    serde_path_to_error::deserialize(Value::Table(root)).map_err(|error| ConfigError::BadValue {
        key: error.path().to_string(),
        form: "a value of its type".to_owned(),
        found: "another".to_owned(),
        origin: Origin::Default,
    })
}

/// The key with the smallest edit distance, when that is small.
fn nearest(section: &str, name: &str) -> Option<String> {
    let written = format!("{section}.{name}");
    let distance = |key: &Key| edits(&written, &format!("{}.{}", key.section, key.name));
    let (best, key) = Config::keys().map(|key| (distance(key), key)).min_by_key(|(distance, _)| *distance)?;
    (best <= 3).then(|| format!("{}.{}", key.section, key.name))
}

/// Levenshtein distance.
fn edits(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (above, from) in left.chars().enumerate() {
        let mut diagonal = above;
        let mut before = above + 1;
        let mut next = vec![before];
        for (to, up) in right.iter().zip(row.iter().skip(1)) {
            before = (diagonal + usize::from(from != *to)).min(before + 1).min(up + 1);
            diagonal = *up;
            next.push(before);
        }
        row = next;
    }
    row.last().copied().unwrap_or(0)
}

/// Milliseconds of a setting in the domain's terms.
pub fn millis(span: u64) -> Millis {
    Millis::new(i64::try_from(span).unwrap_or(i64::MAX))
}
