//! The files of the pages in memory, each with its type, its tag and its compressed forms.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use std::sync::OnceLock;

use bytes::Bytes;
use rust_embed::RustEmbed;
use sha2::{Digest, Sha256};

/// Deeper addresses of a page do not exist.
pub(super) const DEPTHS: usize = 8;
/// Smaller files are not worth compressing, bytes.
const SMALL: usize = 256;
/// Brotli's second-best quality needs a tenth of the time of its best one.
const BROTLI_QUALITY: i32 = 10;

/// `web/dist` as it was when the program was built; empty when there was none.
#[derive(RustEmbed)]
#[folder = "web/dist/"]
#[allow_missing = true]
#[exclude = ".*"]
struct Shipped;

/// How a body is packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Coding {
    Identity,
    Gzip,
    Brotli,
}

impl Coding {
    /// The best that an `Accept-Encoding` allows (RFC 9110 §12.5.3); nothing said is identity.
    pub(super) fn best(accepted: &str) -> Self {
        let weight = |name: &str| {
            let found = accepted.split(',').find_map(|part| {
                let mut words = part.split(';').map(str::trim);
                let given = words.next()?;
                if !given.eq_ignore_ascii_case(name) {
                    return None;
                }
                let q = words.find_map(|word| word.strip_prefix("q=").or_else(|| word.strip_prefix("Q=")));
                Some(q.map_or(1.0, |q| q.parse::<f32>().unwrap_or(0.0)))
            });
            found.unwrap_or(0.0)
        };
        if weight("br") > 0.0 {
            Self::Brotli
        } else if weight("gzip") > 0.0 {
            Self::Gzip
        } else {
            Self::Identity
        }
    }

    /// The value of `Content-Encoding`.
    pub(super) fn name(self) -> Option<&'static str> {
        match self {
            Self::Identity => None,
            Self::Gzip => Some("gzip"),
            Self::Brotli => Some("br"),
        }
    }
}

/// One file.
#[derive(Debug)]
pub(super) struct Asset {
    plain: Bytes,
    hash: String,
    /// `Content-Type`.
    pub(super) kind: &'static str,
    /// Whether it pays to compress it.
    pub(super) compressible: bool,
    /// Whether its name changes with its content.
    pub(super) hashed: bool,
    gzip: OnceLock<Option<Bytes>>,
    brotli: OnceLock<Option<Bytes>>,
}

impl Asset {
    fn new(path: &str, plain: Bytes) -> Self {
        let digest = Sha256::digest(&plain);
        let hash = digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
        let (kind, compressible) = kind_of(path);
        let compressible = compressible && plain.len() >= SMALL;
        let (gzip, brotli) = (OnceLock::new(), OnceLock::new());
        Self { hash, kind, compressible, hashed: is_hashed(path), plain, gzip, brotli }
    }

    /// A strong tag: other bytes, other tag, and packed bytes are other bytes.
    pub(super) fn tag(&self, coding: Coding) -> String {
        match coding.name() {
            None => format!("\"{}\"", self.hash),
            Some(name) => format!("\"{}-{name}\"", self.hash),
        }
    }

    /// The body that was packed before, if it was.
    pub(super) fn ready(&self, coding: Coding) -> Option<(Coding, Bytes)> {
        match coding {
            Coding::Identity => Some((Coding::Identity, self.plain.clone())),
            Coding::Gzip => self.gzip.get().map(|packed| self.or_plain(coding, packed.as_ref())),
            Coding::Brotli => self.brotli.get().map(|packed| self.or_plain(coding, packed.as_ref())),
        }
    }

    /// The body; the first time it takes some ten milliseconds. What does not get smaller stays as it is.
    pub(super) fn body(&self, coding: Coding) -> (Coding, Bytes) {
        match coding {
            Coding::Identity => (Coding::Identity, self.plain.clone()),
            Coding::Gzip => self.or_plain(coding, self.gzip.get_or_init(|| smaller(&self.plain, gzip)).as_ref()),
            Coding::Brotli => self.or_plain(coding, self.brotli.get_or_init(|| smaller(&self.plain, brotli)).as_ref()),
        }
    }

    fn or_plain(&self, coding: Coding, packed: Option<&Bytes>) -> (Coding, Bytes) {
        packed.map_or_else(|| (Coding::Identity, self.plain.clone()), |packed| (coding, packed.clone()))
    }
}

fn smaller(plain: &Bytes, pack: fn(&[u8]) -> std::io::Result<Vec<u8>>) -> Option<Bytes> {
    // Writing into memory does not fail; if it did, the plain file would be right as well.
    pack(plain).ok().filter(|packed| packed.len() < plain.len()).map(Bytes::from)
}

fn gzip(plain: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    writer.write_all(plain)?;
    writer.finish()
}

fn brotli(plain: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut packed = Vec::new();
    let params = brotli::enc::BrotliEncoderParams { quality: BROTLI_QUALITY, ..Default::default() };
    brotli::BrotliCompress(&mut &*plain, &mut packed, &params)?;
    Ok(packed)
}

/// All files by their path below `web/dist`.
#[derive(Debug, Default)]
pub(super) struct Library {
    files: BTreeMap<String, Asset>,
}

impl Library {
    /// Those inside the program.
    pub(super) fn shipped() -> Self {
        let files = Shipped::iter().filter_map(|path| Shipped::get(&path).map(|file| (path.into_owned(), file.data)));
        Self::of(files)
    }

    /// Those of a folder.
    pub(super) fn read(folder: &Path) -> std::io::Result<Self> {
        let mut files = Vec::new();
        let mut folders = vec![folder.to_owned()];
        while let Some(next) = folders.pop() {
            for entry in std::fs::read_dir(&next)? {
                let path = entry?.path();
                let named = path.strip_prefix(folder).ok().and_then(Path::to_str).map(|name| name.replace('\\', "/"));
                let Some(name) = named.filter(|name| !name.split('/').any(|part| part.starts_with('.'))) else {
                    continue;
                };
                if path.is_dir() {
                    folders.push(path);
                } else {
                    files.push((name, Cow::Owned(std::fs::read(&path)?)));
                }
            }
        }
        Ok(Self::of(files))
    }

    /// From paths and contents. An HTML file is kept once for each depth it may be asked at: addresses in it that
    /// begin with `./` are meant from its application's root, wherever a host has mounted that.
    pub(super) fn of(given: impl IntoIterator<Item = (String, Cow<'static, [u8]>)>) -> Self {
        let mut files = BTreeMap::new();
        for (path, data) in given {
            let plain = match data {
                Cow::Borrowed(data) => Bytes::from_static(data),
                Cow::Owned(data) => Bytes::from(data),
            };
            if path.ends_with(".html") {
                let text = String::from_utf8_lossy(&plain).into_owned();
                for depth in 1..DEPTHS {
                    let up = "../".repeat(depth);
                    let page = text.replace("=\"./", &format!("=\"{up}"));
                    files.insert(at_depth(&path, depth), Asset::new(&path, Bytes::from(page)));
                }
            }
            files.insert(path.clone(), Asset::new(&path, plain));
        }
        Self { files }
    }

    /// A file.
    pub(super) fn get(&self, path: &str) -> Option<&Asset> {
        self.files.get(path).filter(|_| !path.contains('#'))
    }

    /// A page, as it has to be that many folders below its application's root.
    pub(super) fn page(&self, path: &str, depth: usize) -> Option<&Asset> {
        if depth == 0 { self.get(path) } else { self.files.get(&at_depth(path, depth)) }
    }
}

fn at_depth(path: &str, depth: usize) -> String {
    format!("{path}#{depth}")
}

/// `Content-Type`, and whether such files get smaller.
fn kind_of(path: &str) -> (&'static str, bool) {
    match path.rsplit('.').next().unwrap_or("") {
        "html" => ("text/html; charset=utf-8", true),
        "js" | "mjs" => ("text/javascript; charset=utf-8", true),
        "css" => ("text/css; charset=utf-8", true),
        "json" | "map" => ("application/json", true),
        "webmanifest" => ("application/manifest+json", true),
        "svg" => ("image/svg+xml", true),
        "txt" => ("text/plain; charset=utf-8", true),
        "ico" => ("image/x-icon", true),
        "wasm" => ("application/wasm", true),
        "png" => ("image/png", false),
        "jpg" | "jpeg" => ("image/jpeg", false),
        "webp" => ("image/webp", false),
        "avif" => ("image/avif", false),
        "gif" => ("image/gif", false),
        "woff2" => ("font/woff2", false),
        "mp3" => ("audio/mpeg", false),
        "ogg" => ("audio/ogg", false),
        "wav" => ("audio/wav", true),
        _ => ("application/octet-stream", false),
    }
}

/// `name-Ab3_xY9z.js`: the bundler's eight characters of a hash, of which at least one is no small letter.
fn is_hashed(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let Some((stem, _)) = name.split_once('.') else { return false };
    let Some((front, hash)) = stem.len().checked_sub(8).and_then(|at| stem.split_at_checked(at)) else { return false };
    front.len() > 1
        && front.ends_with('-')
        && hash.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
        && hash.bytes().any(|b| b.is_ascii_digit() || b.is_ascii_uppercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn library(files: &[(&str, &str)]) -> Library {
        Library::of(files.iter().map(|(path, text)| ((*path).to_owned(), Cow::Owned(text.as_bytes().to_vec()))))
    }

    #[test]
    fn the_best_coding_that_is_accepted_is_taken() {
        for (accepted, wanted) in [
            ("", Coding::Identity),
            ("identity", Coding::Identity),
            ("gzip, deflate, br, zstd", Coding::Brotli),
            ("gzip;q=1.0, br;q=0", Coding::Gzip),
            ("GZIP ; q=0.1", Coding::Gzip),
            ("br;q=nonsense, gzip;q=0", Coding::Identity),
            ("xbr", Coding::Identity),
        ] {
            assert_eq!(Coding::best(accepted), wanted, "{accepted:?}");
        }
    }

    #[test]
    fn a_name_counts_as_hashed_only_with_eight_characters_that_are_no_word() {
        for hashed in ["assets/index-B1cD_e-9.js", "x-12345678.css", "app-DeAdBeEf.js.map"] {
            assert!(is_hashed(hashed), "{hashed}");
        }
        for plain in ["widget.js", "assets/user-settings.js", "index-1234567.js", "-12345678.js", "a/b", ""] {
            assert!(!is_hashed(plain), "{plain}");
        }
    }

    #[test]
    fn packed_files_unpack_to_what_they_were_and_have_tags_of_their_own() {
        use std::io::Read;
        let text = "let answer = 42;\n".repeat(100);
        let library = library(&[("app.js", &text)]);
        let asset = library.get("app.js").unwrap();
        assert!(asset.ready(Coding::Gzip).is_none());
        let (coding, packed) = asset.body(Coding::Gzip);
        let mut back = String::new();
        flate2::read::GzDecoder::new(packed.as_ref()).read_to_string(&mut back).unwrap();
        assert_eq!((coding, &back, asset.ready(Coding::Gzip)), (Coding::Gzip, &text, Some((coding, packed))));
        let (coding, packed) = asset.body(Coding::Brotli);
        let mut back = Vec::new();
        brotli::BrotliDecompress(&mut packed.as_ref(), &mut back).unwrap();
        assert_eq!((coding, back), (Coding::Brotli, text.into_bytes()));
        let tags = [Coding::Identity, Coding::Gzip, Coding::Brotli].map(|coding| asset.tag(coding));
        assert!(tags[0] != tags[1] && tags[1] != tags[2] && tags[0] != tags[2], "{tags:?}");
    }

    #[test]
    fn a_page_names_its_files_from_its_root_at_every_depth() {
        let library = library(&[("console/index.html", r#"<script type="module" src="./assets/a.js"></script>"#)]);
        let at = |depth| {
            let (_, body) = library.page("console/index.html", depth).unwrap().body(Coding::Identity);
            String::from_utf8(body.to_vec()).unwrap()
        };
        assert!(at(0).contains(r#"src="./assets/a.js""#));
        assert!(at(2).contains(r#"src="../../assets/a.js""#));
        assert!(library.page("console/index.html", DEPTHS).is_none());
        assert!(library.get("console/index.html#2").is_none());
    }
}
