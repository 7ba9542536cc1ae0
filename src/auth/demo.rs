//! The logins of a fresh installation, kept for the page that shows a newcomer around.
//!
//! They are in a file that only its owner can read, so that a restart keeps them, and they go away for good: with the
//! first changed password, after a day, or when an administrator says so. Who gets to see them is not decided here.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use serde::{Deserialize, Serialize};

use crate::domain::time::{Millis, Timestamp};

/// An installation is not fresh any more after this.
const FRESH_FOR: Millis = Millis::from_secs(24 * 60 * 60);
/// The largest file that is read, bytes.
const MAX_FILE_BYTES: u64 = 16_384;

/// Somebody whom a newcomer may play.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DemoLogin {
    /// `agent` or `admin`.
    pub role: String,
    /// Shown.
    pub name: String,
    /// Log in with this.
    pub email: String,
    /// And this; none when the settings gave it, which is then known to whoever wrote them.
    pub password: Option<String>,
    /// As stored when the login was made: another one means that the password was changed.
    pub password_hash: String,
}

impl std::fmt::Debug for DemoLogin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DemoLogin").field("role", &self.role).finish_non_exhaustive()
    }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Kept {
    epoch: String,
    made_at_ms: i64,
    logins: Vec<DemoLogin>,
}

/// What is kept, in memory and in its file.
#[derive(Debug)]
pub struct DemoLogins {
    path: PathBuf,
    kept: Mutex<Option<Kept>>,
}

impl DemoLogins {
    /// Those of an earlier start, when they belong to this database (`epoch`). A file that cannot be read, that others
    /// can read, or that is about another database counts as none.
    pub fn open(path: &Path, epoch: &str) -> Self {
        let kept = read(path).filter(|kept| kept.epoch == epoch);
        Self { path: path.to_owned(), kept: Mutex::new(kept) }
    }

    /// Keeps the logins that were just made.
    ///
    /// # Errors
    /// When the file cannot be written; then they are kept in memory only.
    pub fn keep(&self, epoch: &str, now: Timestamp, logins: Vec<DemoLogin>) -> std::io::Result<()> {
        let kept = Kept { epoch: epoch.to_owned(), made_at_ms: now.as_millis(), logins };
        let text = serde_json::to_string(&kept)?;
        *self.lock() = Some(kept);
        write(&self.path, &text)
    }

    /// The logins, and until when they are shown; none when the installation is not fresh any more.
    pub fn fresh(&self, now: Timestamp) -> Option<(Vec<DemoLogin>, Timestamp)> {
        let kept = self.lock().clone()?;
        let until = Timestamp::from_millis(kept.made_at_ms) + FRESH_FOR;
        if now >= until {
            self.forget();
            return None;
        }
        Some((kept.logins, until))
    }

    /// Forgets them for good.
    pub fn forget(&self) {
        *self.lock() = None;
        // Gone is gone, whoever removed it. What cannot be removed is looked at again at the next start only.
        if let Err(error) = std::fs::remove_file(&self.path)
            && error.kind() != std::io::ErrorKind::NotFound
        {
            log::warn!(error:display; "the file with the demo logins cannot be removed; please remove it");
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Kept>> {
        self.kept.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

fn read(path: &Path) -> Option<Kept> {
    let file = File::open(path).ok()?;
    if file.metadata().ok()?.permissions().mode() & 0o077 != 0 {
        log::warn!("the file with the demo logins can be read by others, so it is not used");
        return None;
    }
    let mut text = String::new();
    file.take(MAX_FILE_BYTES).read_to_string(&mut text).ok()?;
    serde_json::from_str(&text).ok()
}

/// A new file each time: an old one might have other rights.
fn write(path: &Path, text: &str) -> std::io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let mut draft = path.as_os_str().to_owned();
    draft.push(format!(".{}", super::refresh::random_token()));
    let draft = PathBuf::from(draft);
    let written = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft).and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        std::fs::rename(&draft, path)
    });
    if written.is_err() {
        // It may not even have been made.
        let _ = std::fs::remove_file(&draft);
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_000_000);

    fn logins() -> Vec<DemoLogin> {
        let text = |text: &str| text.to_owned();
        let (role, name, email) = (text("agent"), text("Ada"), text("ada@localhost"));
        vec![DemoLogin { role, name, email, password: Some(text("plum")), password_hash: text("hash") }]
    }

    #[test]
    fn they_survive_a_restart_readable_by_their_owner_only() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("data/demo.json");
        DemoLogins::open(&path, "e").keep("e", NOW, logins()).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(std::fs::read_dir(path.parent().unwrap()).unwrap().count(), 1, "no draft is left");
        let (found, until) = DemoLogins::open(&path, "e").fresh(NOW).unwrap();
        assert_eq!((found, until), (logins(), NOW + FRESH_FOR));
    }

    #[test]
    fn those_of_another_database_and_those_that_others_can_read_count_as_none() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("demo.json");
        DemoLogins::open(&path, "e").keep("e", NOW, logins()).unwrap();
        assert!(DemoLogins::open(&path, "other").fresh(NOW).is_none());
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
        assert!(DemoLogins::open(&path, "e").fresh(NOW).is_none());
    }

    #[test]
    fn after_a_day_and_when_told_so_they_are_gone_with_their_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("demo.json");
        let kept = DemoLogins::open(&path, "e");
        kept.keep("e", NOW, logins()).unwrap();
        let last = Timestamp::from_millis((NOW + FRESH_FOR).as_millis() - 1);
        assert!(kept.fresh(last).is_some());
        assert!(kept.fresh(NOW + FRESH_FOR).is_none() && !path.exists());
        kept.keep("e", NOW, logins()).unwrap();
        kept.forget();
        kept.forget();
        assert!(kept.fresh(NOW).is_none() && !path.exists());
    }

    #[test]
    fn their_debug_form_holds_no_password() {
        assert!(!format!("{:?}", logins()).contains("plum"));
    }
}
