//! `?limit&cursor`: pages of lists. A cursor is opaque to clients.

use serde::Deserialize;

use crate::domain::time::Timestamp;
use crate::protocol::error::WireError;
use crate::store::Cursor;

/// The query of a list.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Page {
    pub limit: Option<i64>,
    pub cursor: Option<String>,
}

impl Page {
    /// Between 1 and `most`; 50 when not said.
    pub fn limit(&self, most: i64) -> Result<i64, WireError> {
        match self.limit {
            None => Ok(most.min(50)),
            Some(limit) if (1..=most).contains(&limit) => Ok(limit),
            Some(_) => Err(WireError::invalid("limit", format!("must be 1 to {most}"))),
        }
    }

    /// Where to go on.
    pub fn after(&self) -> Result<Option<Cursor>, WireError> {
        let Some(text) = &self.cursor else { return Ok(None) };
        let read = || {
            let (at, id) = text.split_once('.')?;
            let at = i64::from_str_radix(at, 36).ok()?;
            Some(Cursor { at: Timestamp::from_millis(at), id: id.to_owned() })
        };
        read().map(Some).ok_or_else(|| WireError::invalid("cursor", "is not one of ours"))
    }
}

/// The cursor after an item.
pub(super) fn cursor(at: Timestamp, id: &str) -> String {
    let (mut left, mut digits) = (at.as_millis().max(0), Vec::new());
    loop {
        let digit = u32::try_from(left % 36).unwrap_or(0);
        digits.push(char::from_digit(digit, 36).unwrap_or('0'));
        left /= 36;
        if left == 0 {
            break;
        }
    }
    format!("{}.{id}", digits.iter().rev().collect::<String>())
}
