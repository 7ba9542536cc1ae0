//! Which pages a customer looks at, as the widget tells it.

use super::ids::ConversationId;
use super::rejection::Rejection;
use super::text;
use super::time::Timestamp;

/// The longest address, in bytes.
pub const MAX_URL_BYTES: usize = 1_000;
/// The longest title, in characters; longer ones are cut.
pub const MAX_TITLE_CHARS: usize = 200;
/// So many are kept in one conversation.
pub const KEPT: i64 = 20;

/// A page that was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageView {
    /// Its id.
    pub id: String,
    /// In which conversation it was told.
    pub conversation_id: ConversationId,
    /// `http` or `https`.
    pub url: String,
    /// The page's title.
    pub title: Option<String>,
    /// When.
    pub at: Timestamp,
}

/// A page's address: `http` or `https`, with a host, without white space, without a user's name or password in it.
///
/// # Errors
/// [`Rejection::Invalid`].
pub fn checked_url(field: &str, url: &str) -> Result<String, Rejection> {
    let url = url.trim();
    let wrong = |message: &str| Rejection::Invalid { field: field.to_owned(), message: message.to_owned() };
    if url.len() > MAX_URL_BYTES {
        return Err(wrong("is too long"));
    }
    let lower = url.get(..8).unwrap_or(url).to_ascii_lowercase();
    let scheme = ["https://", "http://"].into_iter().find(|scheme| lower.starts_with(scheme));
    let Some(rest) = scheme.and_then(|scheme| url.get(scheme.len()..)) else {
        return Err(wrong("must begin with http:// or https://"));
    };
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if host.is_empty() || host.contains('@') || url.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return Err(wrong("is no address of a page"));
    }
    Ok(url.to_owned())
}

/// A page's title: one line, cut; none when there is nothing to see in it.
pub fn cut_title(title: Option<&str>) -> Option<String> {
    let visible: String = title?.chars().map(|c| if c.is_control() { ' ' } else { c }).take(MAX_TITLE_CHARS).collect();
    text::line("title", &visible, MAX_TITLE_CHARS).ok().filter(|title| !title.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_of_pages_are_taken() {
        for good in ["https://shop.example/a?b=c#d", "http://localhost:3000", "HTTPS://Shop.example/ä"] {
            assert_eq!(checked_url("data.url", good), Ok(good.to_owned()));
        }
        for bad in [
            "javascript:alert(1)",
            "data:text/html,x",
            "ftp://x/y",
            "//shop.example",
            "https://",
            "https:///path",
            "https://me:secret@shop.example/",
            "https://shop.example/a b",
            "",
        ] {
            assert!(checked_url("data.url", bad).is_err(), "{bad}");
        }
        assert!(checked_url("data.url", &format!("https://x/{}", "y".repeat(MAX_URL_BYTES))).is_err());
    }

    #[test]
    fn titles_are_one_line_and_cut() {
        assert_eq!(cut_title(Some(" Shoes\n– Shop ")), Some("Shoes – Shop".to_owned()));
        assert_eq!(cut_title(Some("\n")), None);
        assert_eq!(cut_title(None), None);
        assert_eq!(cut_title(Some(&"é".repeat(500))).map(|title| title.chars().count()), Some(MAX_TITLE_CHARS));
    }
}
