//! Answers that agents keep ready, found by what they type after a slash.

use super::ids::UserId;
use super::rejection::Rejection;
use super::text;
use super::time::Timestamp;

/// The longest shortcut, in characters.
pub const MAX_SHORTCUT_CHARS: usize = 32;
/// The longest text, in characters.
pub const MAX_CONTENT_CHARS: usize = 4_000;
/// What stands for something that is filled in when the answer is used.
pub const PLACEHOLDERS: [&str; 2] = ["customer.name", "agent.name"];

/// A stored answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CannedResponse {
    /// Its id.
    pub id: String,
    /// Whose it is; none = shared by all.
    pub owner_id: Option<UserId>,
    /// What is typed after the slash; unique among the shared ones and among each owner's.
    pub shortcut: String,
    /// Shown in the list.
    pub title: String,
    /// The text, with `{{customer.name}}` and `{{agent.name}}`.
    pub content: String,
    /// Made.
    pub created_at: Timestamp,
    /// Last changed.
    pub updated_at: Timestamp,
}

/// What a person wrote for an answer, as it is to be stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wording {
    /// Lower case, without the slash.
    pub shortcut: String,
    /// One line.
    pub title: String,
    /// The text.
    pub content: String,
}

impl Wording {
    /// Checks the three fields.
    ///
    /// # Errors
    /// [`Rejection::Invalid`] with the field: a shortcut of other than letters, digits, `-`, `_`, `.`; a text that is
    /// empty or too long; a placeholder that nobody fills in.
    pub fn checked(shortcut: &str, title: &str, content: &str) -> Result<Self, Rejection> {
        let shortcut = shortcut.trim().trim_start_matches('/').to_lowercase();
        let plain = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
        if shortcut.is_empty() || shortcut.chars().count() > MAX_SHORTCUT_CHARS || !shortcut.chars().all(plain) {
            let message = format!("must be 1 to {MAX_SHORTCUT_CHARS} letters, digits, dots, dashes");
            return Err(invalid("shortcut", &message));
        }
        let title = text::name("title", title)?;
        let content = text::content("content", content, MAX_CONTENT_CHARS)?;
        if let Some(unknown) = unknown_placeholder(&content) {
            return Err(invalid("content", &format!("has the unknown placeholder {{{{{unknown}}}}}")));
        }
        Ok(Self { shortcut, title, content })
    }
}

/// The first `{{…}}` that is none of [`PLACEHOLDERS`].
fn unknown_placeholder(content: &str) -> Option<&str> {
    let inside = content.split("{{").skip(1).filter_map(|rest| rest.split_once("}}").map(|(name, _)| name.trim()));
    inside.into_iter().find(|name| !PLACEHOLDERS.contains(name))
}

fn invalid(field: &str, message: &str) -> Rejection {
    Rejection::Invalid { field: field.to_owned(), message: message.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shortcut_loses_its_slash_and_its_capitals() {
        let wording = Wording::checked(" /Hi ", " Greeting ", "Hello {{customer.name}}, {{ agent.name }} here.\n");
        let expected = Wording {
            shortcut: "hi".into(),
            title: "Greeting".into(),
            content: "Hello {{customer.name}}, {{ agent.name }} here.".into(),
        };
        assert_eq!(wording, Ok(expected));
    }

    #[test]
    fn what_cannot_be_typed_or_filled_in_is_refused_by_field() {
        let field = |shortcut: &str, title: &str, content: &str| match Wording::checked(shortcut, title, content) {
            Err(Rejection::Invalid { field, .. }) => field,
            other => format!("{other:?}"),
        };
        assert_eq!(field("/", "t", "c"), "shortcut");
        assert_eq!(field("two words", "t", "c"), "shortcut");
        assert_eq!(field(&"s".repeat(33), "t", "c"), "shortcut");
        assert_eq!(field("s", "", "c"), "title");
        assert_eq!(field("s", "t", " "), "content");
        assert_eq!(field("s", "t", "Dear {{customer.iban}}"), "content");
    }
}
