//! The secret that signs tokens, kept in a file when the settings give none; and comparing secrets.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::refresh::random_token;

/// The shortest secret that a file may hold, bytes (RFC 7518 §3.2).
const MIN_FILE_SECRET_BYTES: usize = 32;

/// The largest secret file that is read, bytes.
const MAX_FILE_BYTES: u64 = 4_096;

/// Why the secret file cannot be used. Never holds the secret.
#[derive(Debug, thiserror::Error)]
pub enum SecretFileError {
    /// Reading, writing or making the folder failed.
    #[error("{}: {problem}", path.display())]
    Io {
        /// Which file or folder.
        path: PathBuf,
        /// The system's words.
        problem: std::io::Error,
    },
    /// Others on this machine can read it.
    #[error("{}: readable by others; run: chmod 600 {}", path.display(), path.display())]
    Exposed {
        /// Which file.
        path: PathBuf,
    },
    /// Too short to be a secret: cut off or emptied.
    #[error("{}: expected at least {MIN_FILE_SECRET_BYTES} bytes", path.display())]
    TooShort {
        /// Which file.
        path: PathBuf,
    },
}

/// The secret in the file at `path`; a new random one, stored there with mode 0600, when there is no such file.
///
/// A new file appears whole or not at all, and when two processes start at once both use the same secret.
///
/// # Errors
/// When the file cannot be read or made, is readable by others, or too short.
pub fn load_or_create(path: &Path) -> Result<String, SecretFileError> {
    match load(path)? {
        Some(secret) => Ok(secret),
        None => create(path),
    }
}

/// Whether the two secrets are equal, in a time that depends neither on where they differ nor on their lengths'
/// relation.
pub fn equal(left: &str, right: &str) -> bool {
    let (left, right) = (Sha256::digest(left.as_bytes()), Sha256::digest(right.as_bytes()));
    left.as_slice().ct_eq(right.as_slice()).into()
}

fn load(path: &Path) -> Result<Option<String>, SecretFileError> {
    let failed = |problem| SecretFileError::Io { path: path.to_owned(), problem };
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed(error)),
    };
    if file.metadata().map_err(failed)?.permissions().mode() & 0o077 != 0 {
        return Err(SecretFileError::Exposed { path: path.to_owned() });
    }
    let mut text = String::new();
    file.take(MAX_FILE_BYTES).read_to_string(&mut text).map_err(failed)?;
    let secret = text.trim();
    if secret.len() < MIN_FILE_SECRET_BYTES {
        return Err(SecretFileError::TooShort { path: path.to_owned() });
    }
    Ok(Some(secret.to_owned()))
}

fn create(path: &Path) -> Result<String, SecretFileError> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let in_folder = |problem| SecretFileError::Io { path: folder.to_owned(), problem };
    DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(in_folder)?;

    let secret = random_token();
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{}", random_token()));
    let draft = PathBuf::from(name);
    let outcome = publish(&draft, path, &secret);
    // The draft has done its work, whatever came of it.
    let _ = std::fs::remove_file(&draft);
    outcome.map_err(|problem| SecretFileError::Io { path: path.to_owned(), problem })?;
    // Somebody else may have been first: the file's word counts.
    load(path)?.ok_or_else(|| SecretFileError::TooShort { path: path.to_owned() })
}

/// Writes the draft and gives it its name, unless that name is taken.
fn publish(draft: &Path, path: &Path, secret: &str) -> std::io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(draft)?;
    file.write_all(secret.as_bytes())?;
    file.write_all(b"\n")?;
    file.sync_all()?;
    match std::fs::hard_link(draft, path) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_secret_is_made_once_and_only_for_its_owner() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("data/jwt-secret");
        let secret = load_or_create(&path).unwrap();
        assert_eq!(secret.len(), 64);
        assert_eq!(load_or_create(&path).unwrap(), secret);
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let files: Vec<_> = std::fs::read_dir(path.parent().unwrap()).unwrap().collect();
        assert_eq!(files.len(), 1, "no draft is left");
    }

    #[test]
    fn processes_that_start_together_agree_on_the_secret() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("jwt-secret");
        let secrets: std::collections::BTreeSet<String> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(|| load_or_create(&path).unwrap())).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert_eq!(secrets.len(), 1);
    }

    #[test]
    fn an_exposed_or_cut_off_file_is_refused_and_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("jwt-secret");
        std::fs::write(&path, "x".repeat(64)).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
        assert!(matches!(load_or_create(&path), Err(SecretFileError::Exposed { .. })));
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        assert_eq!(load_or_create(&path).unwrap(), "x".repeat(64));
        std::fs::write(&path, "short").unwrap();
        let error = load_or_create(&path).unwrap_err();
        assert!(matches!(error, SecretFileError::TooShort { .. }));
        assert!(!error.to_string().contains("short\""));
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "short");
    }

    #[test]
    fn secrets_compare_by_content() {
        assert!(equal("abc", "abc"));
        for other in ["", "ab", "abd", "abcd"] {
            assert!(!equal("abc", other), "{other}");
        }
    }
}
