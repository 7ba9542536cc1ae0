//! `[log]`.

use serde::Deserialize;

use super::{Kind, section};

/// How a log line looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

section! {
    /// `[log]`.
    pub struct Log in "log" {
        /// For people or for machines.
        format: LogFormat = LogFormat::Text, Kind::Choice(&["text", "json"]);
        /// What is logged, in the syntax of `RUST_LOG`: `info`, `warn,switchboard=debug`.
        filter: String = "info".to_owned(), Kind::Filter;
    }
}
