//! What one key may hold: its form in words, the check, and how text from the environment becomes its value.

use toml::Value;

/// One key of one section.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    /// The section, `limits`.
    pub section: &'static str,
    /// The key inside the section, `frame_bytes`.
    pub name: &'static str,
    /// What it may hold.
    pub kind: Kind,
}

/// What a key may hold.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// A whole number between two bounds, both included.
    Int(i64, i64),
    /// A number between two bounds, both included.
    Float(f64, f64),
    /// true or false.
    Bool,
    /// Text of one line, not empty.
    Text,
    /// An e-mail address.
    Email,
    /// An IP address or a host name.
    Host,
    /// What is logged: `info`, `warn,switchboard=debug`.
    Filter,
    /// A path of a file or folder.
    Path,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// An absolute URL with one of these schemes, without user, password, query or fragment.
    Url(&'static [&'static str]),
    /// `scheme://host[:port]`, nothing behind it.
    Origin,
    /// A list of origins, or `*`.
    Origins,
    /// A list of phrases: words of one line, 1 to 200 bytes each, at most 200 of them.
    Phrases,
    /// A list of host names, addresses and networks such as `10.0.0.0/8`, at most 200 of them.
    Networks,
    /// `sqlite:PATH` or `postgres://…`; may carry a password.
    Database,
    /// A URL with one of these schemes; may carry a password.
    PrivateUrl(&'static [&'static str]),
    /// Text that is never shown, of at least this many bytes.
    Secret(usize),
}

/// The longest text that a key takes, in bytes.
const TEXT_BYTES: usize = 4096;
/// The longest phrase of a list, in bytes.
const PHRASE_BYTES: usize = 200;
/// The most phrases in a list.
const PHRASES: usize = 200;

impl Kind {
    /// The form in words, for error messages: "a whole number from 0 to 65535".
    pub fn form(self) -> String {
        match self {
            Self::Int(min, max) => format!("a whole number from {min} to {max}"),
            Self::Float(min, max) => format!("a number from {min} to {max}"),
            Self::Bool => "true or false".to_owned(),
            Self::Text => format!("one line of text, 1 to {TEXT_BYTES} bytes"),
            Self::Email => "an e-mail address such as \"admin@example.com\"".to_owned(),
            Self::Host => "an IP address or a host name".to_owned(),
            Self::Filter => "a level, or a list such as \"warn,switchboard=debug\"".to_owned(),
            Self::Path => "a path".to_owned(),
            Self::Choice(words) => format!("one of {}", quoted(words)),
            Self::Url(schemes) => format!("a URL that begins with {}, without a password, ? or #", prefixes(schemes)),
            Self::Origin => "an origin such as \"https://shop.example\", without a path".to_owned(),
            Self::Origins => "a list of origins such as \"https://shop.example\" without a path, or \"*\"".to_owned(),
            Self::Phrases => {
                format!(
                    "a list of at most {PHRASES} phrases such as \"get me a human\", 1 to {PHRASE_BYTES} bytes each"
                )
            }
            Self::Networks => {
                format!("a list of at most {PHRASES} host names, addresses or networks such as \"10.0.0.0/8\"")
            }
            Self::Database => "\"sqlite:PATH\" or \"postgres://USER:PASSWORD@HOST/NAME\"".to_owned(),
            Self::PrivateUrl(schemes) => format!("a URL that begins with {}", prefixes(schemes)),
            Self::Secret(1) => "one line of text".to_owned(),
            Self::Secret(min) => format!("one line of text of at least {min} bytes"),
        }
    }

    /// Whether the value must not be shown in full.
    pub const fn is_private(self) -> bool {
        matches!(self, Self::Secret(_) | Self::Database | Self::PrivateUrl(_))
    }

    /// Turns the text of an environment variable into the value that a file would hold. The result still has to
    /// pass [`Kind::accepts`]; text that cannot be turned stays text, which then does not pass.
    pub fn read_text(self, text: &str) -> Value {
        let text = text.trim();
        let read = match self {
            Self::Int(..) => text.parse().ok().map(Value::Integer),
            Self::Float(..) => text.parse().ok().map(Value::Float),
            Self::Bool => match text {
                "true" | "1" => Some(Value::Boolean(true)),
                "false" | "0" => Some(Value::Boolean(false)),
                _ => None,
            },
            Self::Origins | Self::Phrases | Self::Networks => Some(Value::Array(
                text.split(',').map(str::trim).filter(|part| !part.is_empty()).map(|part| part.into()).collect(),
            )),
            _ => None,
        };
        read.unwrap_or_else(|| Value::String(text.to_owned()))
    }

    /// Whether the value is one that this key may hold.
    pub fn accepts(self, value: &Value) -> bool {
        match (self, value) {
            (Self::Int(min, max), Value::Integer(number)) => (min..=max).contains(number),
            (Self::Float(min, max), Value::Float(number)) => (min..=max).contains(number),
            (Self::Bool, Value::Boolean(_)) => true,
            (Self::Origins, Value::Array(items)) => {
                items.iter().all(|item| item.as_str().is_some_and(|text| text == "*" || is_origin(text)))
            }
            (Self::Phrases, Value::Array(items)) => {
                items.len() <= PHRASES && items.iter().all(|item| item.as_str().is_some_and(is_phrase))
            }
            (Self::Networks, Value::Array(items)) => {
                let known = |text: &str| super::Allowed::parse(text).is_some();
                items.len() <= PHRASES && items.iter().all(|item| item.as_str().is_some_and(known))
            }
            (_, Value::String(text)) => is_line(text) && self.accepts_text(text),
            _ => false,
        }
    }

    fn accepts_text(self, text: &str) -> bool {
        match self {
            Self::Text | Self::Path => true,
            Self::Email => is_email(text),
            Self::Host => is_host(text.trim_start_matches('[').trim_end_matches(']')),
            Self::Choice(words) => words.contains(&text),
            Self::Url(schemes) => {
                !text.contains(['?', '#'])
                    && after_scheme(text, schemes).is_some_and(|rest| is_authority(authority(rest)))
            }
            Self::Filter => text.split(',').all(is_directive),
            Self::Origin => is_origin(text),
            Self::Database => is_database(text),
            Self::PrivateUrl(schemes) => {
                after_scheme(text, schemes).is_some_and(|rest| is_authority(without_user(authority(rest))))
            }
            Self::Secret(min) => text.len() >= min,
            Self::Int(..) | Self::Float(..) | Self::Bool | Self::Origins | Self::Phrases | Self::Networks => false,
        }
    }

    /// The value as `check-config` shows it: TOML, secrets hidden.
    pub fn show(self, value: &Value) -> String {
        match (self, value) {
            (Self::Secret(_), _) => "\"***\"".to_owned(),
            (Self::Database | Self::PrivateUrl(_), Value::String(text)) => {
                Value::String(super::secret::mask_url(text)).to_string()
            }
            _ => value.to_string(),
        }
    }
}

fn quoted(words: &[&str]) -> String {
    words.iter().map(|word| format!("\"{word}\"")).collect::<Vec<_>>().join(", ")
}

fn prefixes(schemes: &[&str]) -> String {
    schemes.iter().map(|scheme| format!("{scheme}://")).collect::<Vec<_>>().join(" or ")
}

fn is_phrase(text: &str) -> bool {
    text.len() <= PHRASE_BYTES && is_line(text) && text.chars().any(char::is_alphanumeric)
}

fn is_line(text: &str) -> bool {
    !text.is_empty() && text.len() <= TEXT_BYTES && !text.chars().any(char::is_control)
}

fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.split_once('@') else { return false };
    !local.is_empty() && text.len() <= 254 && is_host(domain) && !text.contains(char::is_whitespace)
}

fn is_host(text: &str) -> bool {
    let name = |part: char| part.is_ascii_alphanumeric() || matches!(part, '.' | '-' | '_');
    text.parse::<std::net::IpAddr>().is_ok()
        || (text.len() <= 253
            && text.chars().all(name)
            && text
                .strip_suffix('.')
                .unwrap_or(text)
                .split('.')
                .all(|label| !label.is_empty() && !label.starts_with('-')))
}

/// One directive of `RUST_LOG`: a level, a module, or `module=level`; a pattern behind `/` is taken as it is.
fn is_directive(text: &str) -> bool {
    let text = text.split_once('/').map_or(text, |(directive, _)| directive).trim();
    let level = |word: &str| {
        ["off", "error", "warn", "info", "debug", "trace"].iter().any(|known| known.eq_ignore_ascii_case(word))
    };
    let module = |name: &str| {
        !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | ':' | '-' | '.'))
    };
    text.is_empty() || text.split_once('=').map_or_else(|| module(text), |(name, word)| module(name) && level(word))
}

fn is_origin(text: &str) -> bool {
    after_scheme(text, &["http", "https"]).is_some_and(|rest| authority(rest) == rest && is_authority(rest))
}

fn is_database(text: &str) -> bool {
    if let Some(path) = text.strip_prefix("sqlite:") {
        return !path.is_empty();
    }
    // A PostgreSQL URL without a host means a local socket.
    after_scheme(text, &["postgres", "postgresql"]).is_some_and(|rest| {
        let host = without_user(authority(rest));
        !rest.is_empty() && (host.is_empty() || host.contains('%') || host.split(',').all(is_authority))
    })
}

fn after_scheme<'a>(text: &'a str, schemes: &[&str]) -> Option<&'a str> {
    let (scheme, rest) = text.split_once("://")?;
    (schemes.contains(&scheme) && !text.contains(char::is_whitespace)).then_some(rest)
}

fn authority(rest: &str) -> &str {
    rest.find(['/', '?', '#']).and_then(|end| rest.get(..end)).unwrap_or(rest)
}

fn without_user(authority: &str) -> &str {
    authority.rsplit_once('@').map_or(authority, |(_, host)| host)
}

/// `host` or `host:port`, an IPv6 address in brackets.
fn is_authority(text: &str) -> bool {
    if let Some(rest) = text.strip_prefix('[') {
        let Some((address, port)) = rest.split_once(']') else { return false };
        return address.parse::<std::net::Ipv6Addr>().is_ok()
            && (port.is_empty() || port.strip_prefix(':').is_some_and(is_port));
    }
    match text.split_once(':') {
        Some((host, port)) => is_host(host) && is_port(port),
        None => is_host(text),
    }
}

fn is_port(text: &str) -> bool {
    text.chars().all(|digit| digit.is_ascii_digit()) && text.parse::<u16>().is_ok()
}
