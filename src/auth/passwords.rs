//! Passwords: argon2id (RFC 9106) with the parameters of the OWASP list (19 MiB, 2 passes, 1 lane).

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use rand::RngExt;

/// A longer password is refused unread, bytes.
pub const MAX_PASSWORD_BYTES: usize = 1_024;

/// The shortest password that can be set, bytes.
pub const MIN_PASSWORD_BYTES: usize = 8;

/// Without the letters and digits that people mix up; 56 of them.
const ALPHABET: &[u8] = b"abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";

/// Letters of a random password: 20 × log2(56) = 116 bits.
const RANDOM_PASSWORD_CHARS: usize = 20;

/// Why a password was not hashed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PasswordError {
    /// Too short or too long.
    #[error("expected {MIN_PASSWORD_BYTES} to {MAX_PASSWORD_BYTES} bytes")]
    Length,
    /// The system gave no randomness or memory.
    #[error("hashing failed")]
    Hashing,
}

/// Hashes and checks passwords. Both take some 20 ms and 19 MiB: call them on a thread that may block.
#[derive(Clone)]
pub struct Passwords {
    argon2: Argon2<'static>,
    nobody: String,
}

impl std::fmt::Debug for Passwords {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Passwords(argon2id)")
    }
}

impl Passwords {
    /// Makes the hash that is checked when there is no such user.
    ///
    /// # Errors
    /// [`PasswordError::Hashing`].
    pub fn new() -> Result<Self, PasswordError> {
        let argon2 = Argon2::default();
        let nobody = argon2.hash_password(random_password().as_bytes()).map_err(|_| PasswordError::Hashing)?;
        Ok(Self { argon2, nobody: nobody.to_string() })
    }

    /// The PHC string to store (`$argon2id$v=19$…`), with a random salt.
    ///
    /// # Errors
    /// When the password's length is out of bounds, or hashing fails.
    pub fn hash(&self, password: &str) -> Result<String, PasswordError> {
        if !(MIN_PASSWORD_BYTES..=MAX_PASSWORD_BYTES).contains(&password.len()) {
            return Err(PasswordError::Length);
        }
        let hash = self.argon2.hash_password(password.as_bytes()).map_err(|_| PasswordError::Hashing)?;
        Ok(hash.to_string())
    }

    /// Whether the password is the stored one. `None` (no such user) and an unreadable hash cost the same time as
    /// a wrong password and are never right.
    pub fn verify(&self, password: &str, stored: Option<&str>) -> bool {
        if password.len() > MAX_PASSWORD_BYTES {
            return false;
        }
        if let Some(hash) = stored.and_then(|text| PasswordHash::new(text).ok()) {
            return self.argon2.verify_password(password.as_bytes(), &hash).is_ok();
        }
        if let Ok(hash) = PasswordHash::new(&self.nobody) {
            // The answer does not matter; the time does.
            let _ = std::hint::black_box(self.argon2.verify_password(password.as_bytes(), &hash));
        }
        false
    }
}

/// A random password for a person to type.
pub fn random_password() -> String {
    let mut random = rand::rng();
    (0..RANDOM_PASSWORD_CHARS)
        .filter_map(|_| ALPHABET.get(random.random_range(0..ALPHABET.len())).copied().map(char::from))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_argon2id_salted_and_verifies_only_its_password() {
        let passwords = Passwords::new().unwrap();
        let one = passwords.hash("correct horse").unwrap();
        let other = passwords.hash("correct horse").unwrap();
        assert!(one.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{one}");
        assert_ne!(one, other, "two salts");
        assert!(passwords.verify("correct horse", Some(&one)));
        assert!(!passwords.verify("correct horsf", Some(&one)));
        assert!(!passwords.verify("", Some(&one)));
    }

    #[test]
    fn nobody_and_broken_hashes_are_never_right() {
        let passwords = Passwords::new().unwrap();
        for stored in [None, Some(""), Some("plain"), Some("$argon2id$v=19$"), Some("$2b$12$abc")] {
            assert!(!passwords.verify("password", stored), "{stored:?}");
        }
    }

    #[test]
    fn length_is_bounded() {
        let passwords = Passwords::new().unwrap();
        assert_eq!(passwords.hash("1234567"), Err(PasswordError::Length));
        assert_eq!(passwords.hash(&"x".repeat(1025)), Err(PasswordError::Length));
        assert!(!passwords.verify(&"x".repeat(1025), None));
    }

    #[test]
    fn random_passwords_differ_and_have_20_plain_letters() {
        let one = random_password();
        assert_eq!(one.len(), RANDOM_PASSWORD_CHARS);
        assert!(one.bytes().all(|byte| ALPHABET.contains(&byte)));
        assert_ne!(one, random_password());
    }
}
