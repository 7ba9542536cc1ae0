//! `[attachments]`: files beside messages.

use super::{Kind, section};

const DAY_MS: i64 = 86_400_000;

/// What can be attached unless said otherwise: pictures, documents that browsers do not run, plain text.
fn types() -> Vec<String> {
    ["image/png", "image/jpeg", "image/gif", "image/webp", "application/pdf", "text/plain"].map(str::to_owned).into()
}

section! {
    /// `[attachments]`.
    pub struct Attachments in "attachments" {
        /// Whether files are taken at all.
        enabled: bool = true, Kind::Bool;
        /// The folder where they are kept; made with the first one.
        path: String = "data/attachments".to_owned(), Kind::Path;
        /// The largest file, bytes.
        max_bytes: usize = 10_485_760, Kind::Int(1_024, 1_073_741_824);
        /// What may be attached, by media type.
        types: Vec<String> = types(), Kind::Phrases;
        /// Files that one person may bring in a minute.
        per_minute: u32 = 20, Kind::Int(1, 1_000_000);
        /// How long the address of a file is good, milliseconds.
        address_ttl_ms: u64 = 900_000, Kind::Int(1_000, DAY_MS);
        /// The longer side of the small picture of an image, pixels.
        thumbnail_px: u32 = 320, Kind::Int(16, 2_048);
        /// The most pixels of an image; larger ones are refused before they are unpacked.
        image_pixels: u64 = 50_000_000, Kind::Int(1, 500_000_000);
    }
}
