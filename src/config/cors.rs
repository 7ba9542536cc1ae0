//! `[cors]`: whose pages may call the REST interface.

use super::{Kind, section};

section! {
    /// `[cors]`.
    pub struct Cors in "cors" {
        /// Origins such as `https://shop.example`; `*` = any; empty = the server's own only.
        origins: Vec<String> = Vec::new(), Kind::Origins;
    }
}
