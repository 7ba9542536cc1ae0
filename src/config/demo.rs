//! `[demo]`: what a newcomer is shown while the installation is fresh.

use super::{Kind, section};

section! {
    /// `[demo]`.
    pub struct Demo in "demo" {
        /// Whether the start page of a fresh installation shows the logins made at first start, to this machine only.
        enabled: bool = true, Kind::Bool;
        /// Where those logins are kept for that time, readable by its owner only.
        logins_path: String = "data/demo-logins.json".to_owned(), Kind::Path;
    }
}
