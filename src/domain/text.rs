//! What people and clients may write: message texts, names, reasons, and clients' own ids.
//!
//! Each check gives back the text as it is to be stored. Refusals are [`Rejection::Invalid`] with the field's path
//! as the caller names it.

use super::rejection::Rejection;

/// The longest id that a client may choose, in characters.
pub const MAX_CLIENT_ID_CHARS: usize = 128;
/// The longest name of a person or thing, in characters.
pub const MAX_NAME_CHARS: usize = 100;
/// The longest reason, note to a colleague, or comment on a rating, in characters.
pub const MAX_REASON_CHARS: usize = 1000;

/// A message's content: 1 to `max_chars` characters (Unicode scalar values) once white space around it is taken off.
///
/// Line ends become `\n`. Control characters other than line feed and tab are refused: a terminal or a database may
/// act on them.
///
/// # Errors
/// [`Rejection::Invalid`]: empty, too long, or a control character.
pub fn content(field: &str, text: &str, max_chars: usize) -> Result<String, Rejection> {
    let text = block(field, text, max_chars)?;
    if text.is_empty() { Err(invalid(field, "is empty")) } else { Ok(text) }
}

/// What stands beside files: like [`content`], and may be empty.
///
/// # Errors
/// [`Rejection::Invalid`]: too long, or a control character.
pub fn caption(field: &str, text: &str, max_chars: usize) -> Result<String, Rejection> {
    block(field, text, max_chars)
}

/// A reason, note or comment: like [`content`] with at most [`MAX_REASON_CHARS`], and nothing when it is empty.
///
/// # Errors
/// [`Rejection::Invalid`]: too long, or a control character.
pub fn reason(field: &str, text: Option<&str>) -> Result<Option<String>, Rejection> {
    let text = block(field, text.unwrap_or_default(), MAX_REASON_CHARS)?;
    Ok(Some(text).filter(|text| !text.is_empty()))
}

/// A person's or thing's name: one line of 1 to [`MAX_NAME_CHARS`] characters once trimmed.
///
/// Invisible characters that turn the direction of writing or hide are refused as well, so that one name cannot be
/// made to look like another (Unicode TR 36, §3.1).
///
/// # Errors
/// [`Rejection::Invalid`]: empty, too long, or a character that may not be in a name.
pub fn name(field: &str, text: &str) -> Result<String, Rejection> {
    line(field, text, MAX_NAME_CHARS)
}

/// Like [`name`], with another bound: 1 to `max_chars` characters.
///
/// # Errors
/// [`Rejection::Invalid`]: as for [`name`].
pub fn line(field: &str, text: &str, max_chars: usize) -> Result<String, Rejection> {
    let text = text.trim();
    at_most(field, text, max_chars)?;
    // Joiners alone show nothing.
    if text.chars().all(|c| matches!(c, '\u{200C}' | '\u{200D}')) {
        return Err(invalid(field, "is empty"));
    }
    if text.chars().any(|c| c.is_control() || is_line_break(c) || is_unseen(c)) {
        return Err(invalid(field, "contains a character that cannot be seen"));
    }
    Ok(text.to_owned())
}

/// A client's own id: 1 to [`MAX_CLIENT_ID_CHARS`] visible characters, taken as they are.
///
/// # Errors
/// [`Rejection::Invalid`]: empty, too long, white space, or an invisible character.
pub fn client_id(field: &str, text: &str) -> Result<(), Rejection> {
    at_most(field, text, MAX_CLIENT_ID_CHARS)?;
    if text.is_empty() {
        return Err(invalid(field, "is empty"));
    }
    if text.chars().any(|c| c.is_control() || c.is_whitespace() || is_unseen(c)) {
        return Err(invalid(field, "contains a character that cannot be seen"));
    }
    Ok(())
}

/// Like [`content`], but it may be empty.
///
/// # Errors
/// [`Rejection::Invalid`]: too long, or a control character.
pub fn block(field: &str, text: &str, max_chars: usize) -> Result<String, Rejection> {
    let text = text.trim();
    // Line ends are joined before counting, so that the same text counts the same from every system.
    let text = if text.contains('\r') { text.replace("\r\n", "\n").replace('\r', "\n") } else { text.to_owned() };
    at_most(field, &text, max_chars)?;
    if text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\t')) {
        return Err(invalid(field, "contains a control character"));
    }
    Ok(text)
}

/// Text that nobody typed, such as a model's: without control characters other than line feed and tab. Character by
/// character, so that pieces cleaned one by one are the whole cleaned.
pub fn cleaned(text: &str) -> String {
    text.chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\t')).collect()
}

fn at_most(field: &str, text: &str, max_chars: usize) -> Result<(), Rejection> {
    // A text of fewer bytes has fewer characters; only long ones need to be counted.
    if text.len() > max_chars && text.chars().nth(max_chars).is_some() {
        return Err(invalid(field, &format!("is longer than {max_chars} characters")));
    }
    Ok(())
}

fn is_line_break(c: char) -> bool {
    matches!(c, '\u{2028}' | '\u{2029}')
}

/// Marks of direction, characters of no width, and the byte order mark. The two joiners stay allowed: Persian names
/// and many emoji are written with them.
fn is_unseen(c: char) -> bool {
    matches!(
        c,
        '\u{00AD}' | '\u{061C}' | '\u{200B}' | '\u{200E}' | '\u{200F}'
            | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}'
    )
}

fn invalid(field: &str, message: &str) -> Rejection {
    Rejection::Invalid { field: field.to_owned(), message: message.to_owned() }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn refused(message: &str) -> Rejection {
        invalid("data.x", message)
    }

    #[test]
    fn content_is_trimmed_counted_in_characters_and_free_of_controls() {
        let check = |text: &str| content("data.x", text, 5);
        assert_eq!(check("  hi\r\nyo \n"), Ok("hi\nyo".into()));
        assert_eq!(check("a\rb\tc"), Ok("a\nb\tc".into()));
        assert_eq!(check("äöüßé"), Ok("äöüßé".into()));
        assert_eq!(check("äöüßé!"), Err(refused("is longer than 5 characters")));
        assert_eq!(check(&format!("{}hi", " ".repeat(100))), Ok("hi".into()));
        for empty in ["", "   ", "\n\t\u{00A0}"] {
            assert_eq!(check(empty), Err(refused("is empty")));
        }
        for control in ["a\0b", "a\u{1b}[1m", "a\u{7f}b", "a\u{85}b"] {
            assert_eq!(content("data.x", control, 100), Err(refused("contains a control character")));
        }
    }

    #[test]
    fn reasons_may_be_missing_and_are_bounded() {
        assert_eq!(reason("data.x", None), Ok(None));
        assert_eq!(reason("data.x", Some(" \n")), Ok(None));
        assert_eq!(reason("data.x", Some(" lunch ")), Ok(Some("lunch".into())));
        assert_eq!(reason("data.x", Some(&"é".repeat(1000))), Ok(Some("é".repeat(1000))));
        assert_eq!(reason("data.x", Some(&"é".repeat(1001))), Err(refused("is longer than 1000 characters")));
    }

    #[test]
    fn names_are_one_visible_line() {
        assert_eq!(name("data.x", " Zoë O'Neil-日本 "), Ok("Zoë O'Neil-日本".into()));
        assert_eq!(name("data.x", "👩\u{200D}🚀"), Ok("👩\u{200D}🚀".into()));
        assert_eq!(name("data.x", "\t"), Err(refused("is empty")));
        assert_eq!(name("data.x", &"n".repeat(101)), Err(refused("is longer than 100 characters")));
        for odd in ["a\nb", "a\u{202E}b", "a\u{200B}b", "a\u{2028}b", "a\0b"] {
            assert_eq!(name("data.x", odd), Err(refused("contains a character that cannot be seen")));
        }
    }

    #[test]
    fn client_ids_are_visible_and_at_most_128_characters() {
        assert_eq!(client_id("data.x", "0190-abc_Z.~é"), Ok(()));
        assert_eq!(client_id("data.x", &"é".repeat(128)), Ok(()));
        assert_eq!(client_id("data.x", &"é".repeat(129)), Err(refused("is longer than 128 characters")));
        assert_eq!(client_id("data.x", ""), Err(refused("is empty")));
        for odd in ["a b", " a", "a\n", "a\0", "\u{FEFF}a"] {
            assert_eq!(client_id("data.x", odd), Err(refused("contains a character that cannot be seen")));
        }
    }

    proptest! {
        #[test]
        fn what_was_accepted_is_accepted_again_unchanged(text in "\\PC{0,12}|[\\s\\r\\na-c\\x00]{0,12}") {
            if let Ok(stored) = content("data.x", &text, 10) {
                prop_assert!((1..=10).contains(&stored.chars().count()));
                prop_assert_eq!(content("data.x", &stored, 10), Ok(stored.clone()));
                prop_assert_eq!(stored.trim(), stored.as_str());
            }
            if let Ok(stored) = name("data.x", &text) {
                prop_assert_eq!(name("data.x", &stored), Ok(stored.clone()));
            }
        }
    }
}
