//! `[attachments]`: files beside messages.

use serde::Deserialize;

use super::{Kind, Secret, section};

const DAY_MS: i64 = 86_400_000;

/// What can be attached unless said otherwise: pictures, documents that browsers do not run, plain text.
fn types() -> Vec<String> {
    ["image/png", "image/jpeg", "image/gif", "image/webp", "application/pdf", "text/plain"].map(str::to_owned).into()
}

/// Where files are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FilePlace {
    /// A folder of this machine.
    Folder,
    /// A bucket of S3, or of a server that speaks its interface.
    S3,
}

section! {
    /// `[attachments]`.
    pub struct Attachments in "attachments" {
        /// Whether files are taken at all.
        enabled: bool = true, Kind::Bool;
        /// Where they are kept.
        place: FilePlace = FilePlace::Folder, Kind::Choice(&["folder", "s3"]);
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
        /// The bucket, for `place = "s3"`. It stays private: files are handed out by us.
        s3_bucket: Option<String> = None, Kind::Text;
        /// What their names in the bucket begin with.
        s3_prefix: Option<String> = None, Kind::Text;
        /// The bucket's region.
        s3_region: String = "us-east-1".to_owned(), Kind::Text;
        /// Another server than Amazon's that speaks its interface; the bucket is named in the path then.
        s3_endpoint: Option<String> = None, Kind::Url(&["https", "http"]);
        /// The key's id. None = as Amazon's tools find it: `AWS_…` of the environment, or the machine's own role.
        s3_access_key_id: Option<Secret> = None, Kind::Secret(1);
        /// The key.
        s3_secret_access_key: Option<Secret> = None, Kind::Secret(1);
    }
}

impl Attachments {
    /// The key that the chosen place needs and that is not set, and why.
    pub(super) fn missing_key(&self) -> Option<(&'static str, &'static str)> {
        let is_s3 = self.place == FilePlace::S3;
        match (&self.s3_access_key_id, &self.s3_secret_access_key) {
            _ if is_s3 && self.s3_bucket.is_none() => Some(("s3_bucket", "attachments.place is \"s3\"")),
            (Some(_), None) => Some(("s3_secret_access_key", "attachments.s3_access_key_id is set")),
            (None, Some(_)) => Some(("s3_access_key_id", "attachments.s3_secret_access_key is set")),
            _ => None,
        }
    }
}
