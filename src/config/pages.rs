//! `[pages]`: the faces that come with the program.

use super::{Kind, section};

section! {
    /// `[pages]`.
    pub struct Pages in "pages" {
        /// Whether `/`, `/console`, `/admin` and the widget are served. A host that shows its own switches them off.
        enabled: bool = true, Kind::Bool;
        /// A folder with `demo`, `console`, `admin` and `widget` that is served in place of what ships inside the
        /// program; read once, at start.
        folder: Option<String> = None, Kind::Path;
    }
}
