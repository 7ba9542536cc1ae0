//! The articles in force: read from a folder, and read again when it changes, beside the answering.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::thread::JoinHandle;
use std::time::SystemTime;

use super::articles::{ARTICLE_BYTES, Article, ArticleError, ArticleFault};
use super::index::Index;
use super::shipped::{SHIPPED, SHIPPED_SYNONYMS};
use super::synonyms::{SYNONYMS_FILE, Synonyms};
use crate::clock::Clock;

/// The folder is looked at no more often than this, milliseconds.
pub const LOOK_EVERY_MS: i64 = 1_000;
/// Files beyond this number are left out, in the order of their names.
pub const MAX_ARTICLES: usize = 10_000;

/// What tells one state of a file from another.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Stamp {
    changed: Option<SystemTime>,
    bytes: u64,
}

#[derive(Clone)]
struct Shelved {
    stamp: Stamp,
    /// None: the file never held a good article.
    article: Option<Arc<Article>>,
}

/// The folder as last seen.
#[derive(Clone, Default)]
struct Shelf {
    /// By file name without its ending.
    files: BTreeMap<String, Shelved>,
    /// The folder's own list; none: it has none, and the shipped one is used.
    synonyms: Option<(Stamp, Synonyms)>,
}

impl Shelf {
    fn is(&self, seen: &Seen) -> bool {
        let known = |(id, stamp): &(String, Stamp)| self.files.get(id).is_some_and(|old| old.stamp == *stamp);
        self.files.len() == seen.files.len()
            && seen.files.iter().all(known)
            && self.synonyms.as_ref().map(|(stamp, _)| stamp) == seen.synonyms.as_ref()
    }
}

/// What a look at the folder showed.
#[derive(Default)]
struct Seen {
    files: Vec<(String, Stamp)>,
    synonyms: Option<Stamp>,
}

/// The articles of one folder, or the shipped ones while it does not exist.
pub struct Library {
    shared: Arc<Shared>,
    clock: Arc<dyn Clock>,
    looked_at_ms: AtomicI64,
}

struct Shared {
    folder: Option<PathBuf>,
    /// Only the one who looks holds it, never somebody who answers.
    shelf: Mutex<Option<Shelf>>,
    index: RwLock<Arc<Index>>,
    looking: AtomicBool,
}

impl Library {
    /// Reads the folder, or takes the shipped articles when it does not exist. A file that is no article is left out
    /// with a warning.
    pub fn open(folder: impl Into<PathBuf>, clock: Arc<dyn Clock>) -> Self {
        let library = Self::with(Some(folder.into()), clock);
        library.refresh();
        library
    }

    /// The shipped articles, whatever folders there are.
    pub fn shipped(clock: Arc<dyn Clock>) -> Self {
        Self::with(None, clock)
    }

    fn with(folder: Option<PathBuf>, clock: Arc<dyn Clock>) -> Self {
        let looked_at_ms = AtomicI64::new(clock.now().as_millis());
        let shared = Shared {
            folder,
            shelf: Mutex::new(None),
            index: RwLock::new(Arc::new(Index::new(&shipped(), shipped_synonyms()))),
            looking: AtomicBool::new(false),
        };
        Self { shared: Arc::new(shared), clock, looked_at_ms }
    }

    /// The index in force. It stays good while it is held, even when a newer one takes its place.
    pub fn index(&self) -> Arc<Index> {
        Arc::clone(&self.shared.index.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Looks at the folder now, on this thread. Returns whether anything changed.
    pub fn refresh(&self) -> bool {
        self.shared.refresh()
    }

    /// Looks at the folder on a thread of its own, when the last look is a second ago and none is under way. Whoever
    /// wants to wait for the end has the thread's handle.
    pub fn refresh_when_due(&self) -> Option<JoinHandle<()>> {
        self.shared.folder.as_ref()?;
        let now = self.clock.now().as_millis();
        let last = self.looked_at_ms.load(Ordering::Relaxed);
        // A clock that was set back makes a look due as well.
        if (0..LOOK_EVERY_MS).contains(&now.saturating_sub(last)) || self.shared.looking.swap(true, Ordering::AcqRel) {
            return None;
        }
        self.looked_at_ms.store(now, Ordering::Relaxed);
        let shared = Arc::clone(&self.shared);
        let looking = Looking(Arc::clone(&self.shared));
        let thread = std::thread::Builder::new().name("knowledge".to_owned()).spawn(move || {
            let _looking = looking;
            shared.refresh();
        });
        thread.inspect_err(|error| log::warn!(error:%; "articles cannot be looked at now")).ok()
    }
}

/// Ends the look, also after a panic or when no thread could be had.
struct Looking(Arc<Shared>);

impl Drop for Looking {
    fn drop(&mut self) {
        self.0.looking.store(false, Ordering::Release);
    }
}

impl Shared {
    fn refresh(&self) -> bool {
        let Some(folder) = &self.folder else { return false };
        let mut shelf = self.shelf.lock().unwrap_or_else(PoisonError::into_inner);
        let seen = match list(folder) {
            Ok(seen) => seen,
            // Without a folder the shipped articles serve; a folder that went away leaves what was read from it.
            Err(std::io::ErrorKind::NotFound) => return false,
            Err(error) => {
                log::warn!(folder = folder.display().to_string(), error:%; "articles cannot be listed");
                return false;
            }
        };
        if shelf.as_ref().is_some_and(|shelf| shelf.is(&seen)) {
            return false;
        }
        let before = shelf.take().unwrap_or_default();
        let synonyms = seen.synonyms.map(|stamp| take_synonyms(folder, before.synonyms.as_ref(), stamp));
        let files: BTreeMap<String, Shelved> =
            seen.files.into_iter().map(|(id, stamp)| take(folder, &before.files, id, stamp)).collect();
        let articles: Vec<Arc<Article>> = files.values().filter_map(|shelved| shelved.article.clone()).collect();
        let index =
            Arc::new(Index::new(&articles, synonyms.as_ref().map_or_else(shipped_synonyms, |(_, list)| list.clone())));
        log::info!(articles = articles.len(), sections = index.sections(); "articles read");
        *shelf = Some(Shelf { files, synonyms });
        *self.index.write().unwrap_or_else(PoisonError::into_inner) = index;
        true
    }
}

/// One file: unchanged, read anew, or broken; then what was there before stays.
fn take(folder: &Path, before: &BTreeMap<String, Shelved>, id: String, stamp: Stamp) -> (String, Shelved) {
    let old = before.get(&id);
    if let Some(old) = old.filter(|old| old.stamp == stamp) {
        return (id, old.clone());
    }
    let article = match read(folder, &id, &stamp) {
        Ok(article) => Some(Arc::new(article)),
        Err(error) => {
            let kept = old.and_then(|old| old.article.clone());
            log::warn!(error:%, kept = kept.is_some(); "article left out");
            kept
        }
    };
    (id, Shelved { stamp, article })
}

/// The folder's list of synonyms; while it is broken, the one before it.
fn take_synonyms(folder: &Path, before: Option<&(Stamp, Synonyms)>, stamp: Stamp) -> (Stamp, Synonyms) {
    if let Some(old) = before.filter(|(old, _)| *old == stamp) {
        return old.clone();
    }
    let read = match fits(SYNONYMS_FILE, &stamp) {
        Ok(()) => content(folder, SYNONYMS_FILE).and_then(|content| Synonyms::parse(&content)),
        Err(error) => Err(error),
    };
    let list = read.unwrap_or_else(|error| {
        log::warn!(error:%; "synonyms left out");
        before.map_or_else(shipped_synonyms, |(_, list)| list.clone())
    });
    (stamp, list)
}

fn read(folder: &Path, id: &str, stamp: &Stamp) -> Result<Article, ArticleError> {
    let file = format!("{id}.md");
    fits(&file, stamp)?;
    Article::parse(id, &content(folder, &file)?)
}

fn fits(file: &str, stamp: &Stamp) -> Result<(), ArticleError> {
    if stamp.bytes <= u64::try_from(ARTICLE_BYTES).unwrap_or(u64::MAX) {
        return Ok(());
    }
    Err(ArticleError { file: file.to_owned(), line: 1, fault: ArticleFault::TooLong })
}

/// A file's content, no more than one byte above the bound even if it grew since it was looked at.
fn content(folder: &Path, file: &str) -> Result<Vec<u8>, ArticleError> {
    let fail = |error: std::io::Error| ArticleError {
        file: file.to_owned(),
        line: 1,
        fault: ArticleFault::Unreadable(error.kind()),
    };
    let bound = u64::try_from(ARTICLE_BYTES).unwrap_or(u64::MAX).saturating_add(1);
    let mut content = Vec::new();
    std::fs::File::open(folder.join(file)).map_err(fail)?.take(bound).read_to_end(&mut content).map_err(fail)?;
    Ok(content)
}

/// The folder's Markdown files by id, and its list of synonyms; only plain files, and no folders below.
fn list(folder: &Path) -> Result<Seen, std::io::ErrorKind> {
    let mut found = Seen::default();
    for entry in std::fs::read_dir(folder).map_err(|error| error.kind())? {
        let Ok(entry) = entry else { continue };
        let name = entry.file_name().to_string_lossy().into_owned();
        let id = name.strip_suffix(".md").filter(|id| !id.is_empty() && !id.starts_with('.'));
        if id.is_none() && name != SYNONYMS_FILE {
            continue;
        }
        // A file that went away in between is not there; a pipe would never end.
        let Some(facts) = std::fs::metadata(entry.path()).ok().filter(std::fs::Metadata::is_file) else { continue };
        let stamp = Stamp { changed: facts.modified().ok(), bytes: facts.len() };
        match id {
            Some(id) => found.files.push((id.to_owned(), stamp)),
            None => found.synonyms = Some(stamp),
        }
    }
    found.files.sort_by(|(a, _), (b, _)| a.cmp(b));
    if found.files.len() > MAX_ARTICLES {
        log::warn!(files = found.files.len(), read = MAX_ARTICLES; "too many articles");
        found.files.truncate(MAX_ARTICLES);
    }
    Ok(found)
}

fn shipped() -> Vec<Arc<Article>> {
    let read = |(id, text): &(&str, &str)| match Article::parse(id, text.as_bytes()) {
        Ok(article) => Some(Arc::new(article)),
        Err(error) => {
            log::warn!(error:%; "shipped article left out");
            None
        }
    };
    SHIPPED.iter().filter_map(read).collect()
}

fn shipped_synonyms() -> Synonyms {
    Synonyms::parse(SHIPPED_SYNONYMS.as_bytes())
        .inspect_err(|error| log::warn!(error:%; "shipped synonyms left out"))
        .unwrap_or_default()
}
