//! From settings to keys: who issues tokens here, and whose tokens are believed.

use std::path::{Path, PathBuf};

use crate::auth::keys::{KeyError, KeySet};
use crate::auth::secret::{self, SecretFileError};
use crate::auth::tokens::{TokenIssuer, TokenVerifier};
use crate::config::Auth;

/// Why the keys cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// The secret file.
    #[error("auth.jwt_secret_path: {0}")]
    SecretFile(#[from] SecretFileError),
    /// A file with public keys cannot be read.
    #[error("{key}: {}: {problem}", file.display())]
    Unreadable {
        /// The setting.
        key: &'static str,
        /// The file.
        file: PathBuf,
        /// The system's words.
        problem: std::io::Error,
    },
    /// A key cannot be used.
    #[error("{key}: {problem}")]
    Unusable {
        /// The setting.
        key: &'static str,
        /// Why.
        problem: KeyError,
    },
}

/// The issuer and the verifier that the settings call for. Makes the secret file when it is needed and not there.
///
/// # Errors
/// When a file cannot be read or made, or holds no usable key.
pub fn open(settings: &Auth) -> Result<(TokenIssuer, TokenVerifier), KeysError> {
    let secret = match &settings.jwt_secret {
        Some(secret) => secret.expose().to_owned(),
        None => secret::load_or_create(Path::new(&settings.jwt_secret_path))?,
    };
    let unusable = |problem| KeysError::Unusable { key: "auth.jwt_secret", problem };
    let keys = public_keys(settings)?.with_secret(secret.as_bytes()).map_err(unusable)?;
    let issuer = TokenIssuer::new(secret.as_bytes()).map_err(unusable)?;
    Ok((issuer, TokenVerifier::new(keys)))
}

/// The public keys that the settings name, without the secret.
///
/// # Errors
/// When a file cannot be read or holds no usable key.
pub fn public_keys(settings: &Auth) -> Result<KeySet, KeysError> {
    let mut keys = KeySet::new();
    if let Some(file) = &settings.public_key_path {
        let key = "auth.public_key_path";
        keys = keys.with_public_key_pem(&read(key, file)?).map_err(|problem| KeysError::Unusable { key, problem })?;
    }
    if let Some(file) = &settings.jwks_path {
        let key = "auth.jwks_path";
        keys = keys.with_jwks(&read(key, file)?).map_err(|problem| KeysError::Unusable { key, problem })?;
    }
    Ok(keys)
}

fn read(key: &'static str, file: &str) -> Result<String, KeysError> {
    std::fs::read_to_string(file).map_err(|problem| KeysError::Unreadable { key, file: PathBuf::from(file), problem })
}
