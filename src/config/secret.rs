//! Values that must not be seen: they print as `***`.

use std::fmt;

use serde::Deserialize;

/// A secret text. `Debug` prints `***`, there is no `Display`; only [`Secret::expose`] gives it away.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// Wraps a secret.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The secret itself. Call it only where the secret is used.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// A URL that may carry a password. `Debug` and `Display` hide user, password and query.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct PrivateUrl(String);

impl PrivateUrl {
    /// Wraps a URL.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The whole URL, password included.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PrivateUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for PrivateUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&mask_url(&self.0))
    }
}

/// Hides what lies between `://` and `@`, and everything behind a `?` (which can carry a password too).
pub(crate) fn mask_url(text: &str) -> String {
    let Some((scheme, rest)) = text.split_once("://") else { return text.to_owned() };
    let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
    let tail = if query.is_empty() { "" } else { "?***" };
    match rest.rsplit_once('@') {
        Some((_, host)) => format!("{scheme}://***@{host}{tail}"),
        // The password itself may hold the question mark: then nothing can be told apart.
        None if query.contains('@') => format!("{scheme}://***"),
        None => format!("{scheme}://{rest}{tail}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_do_not_print() {
        assert_eq!(format!("{:?}", Secret::new("hunter2")), "***");
        let text = format!("{:?}", Some(PrivateUrl::new("postgres://me:hun@ter2@db:5432/chat?password=x")));
        assert_eq!(text, "Some(postgres://***@db:5432/chat?***)");
        assert_eq!(PrivateUrl::new("sqlite:data/a.db").to_string(), "sqlite:data/a.db");
    }

    #[test]
    fn a_password_with_a_question_mark_does_not_print() {
        let text = PrivateUrl::new("redis://:se?cret@cache:6379").to_string();
        assert_eq!(text, "redis://***");
    }
}
