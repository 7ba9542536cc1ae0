//! Why the settings cannot be used, in one line.

use std::fmt;

/// Where a value came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// `config/default.toml`, built in.
    Default,
    /// A file and its line, counted from 1.
    File(String, usize),
    /// An environment variable.
    Variable(String),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File(name, line) => write!(f, "{}:{line}", one_line(name)),
            Self::Variable(name) => write!(f, "environment variable {}", one_line(name)),
        }
    }
}

/// Why the settings cannot be used. Prints as one line; never holds the value of a text key, because somebody may
/// have put a secret there.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// No such key or section.
    #[error("{origin}: {}: no such setting{}", one_line(key), did_you_mean(near))]
    Unknown {
        /// As written.
        key: String,
        /// The nearest key that exists.
        near: Option<String>,
        /// Where.
        origin: Origin,
    },
    /// The value does not have the key's form.
    #[error("{origin}: {key}: expected {form}, found {found}")]
    BadValue {
        /// `section.key`.
        key: String,
        /// The form in words.
        form: String,
        /// The kind of value found; numbers as they are.
        found: String,
        /// Where.
        origin: Origin,
    },
    /// Two values do not go together.
    #[error("{origin}: {key}: {problem}")]
    Conflict {
        /// `section.key`.
        key: String,
        /// What must hold.
        problem: String,
        /// Where.
        origin: Origin,
    },
    /// The file is not TOML.
    #[error("{origin}: not valid TOML: {}", one_line(problem))]
    Syntax {
        /// The parser's words.
        problem: String,
        /// Where.
        origin: Origin,
    },
    /// The file cannot be read.
    #[error("{}: cannot be read: {}", one_line(file), one_line(problem))]
    Unreadable {
        /// The file.
        file: String,
        /// The system's words.
        problem: String,
    },
}

fn did_you_mean(near: &Option<String>) -> String {
    near.as_ref().map_or_else(String::new, |near| format!("; did you mean {near}?"))
}

/// Control characters (line ends among them) are replaced, so that a message stays one line.
pub(super) fn one_line(text: &str) -> String {
    text.trim().chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}
