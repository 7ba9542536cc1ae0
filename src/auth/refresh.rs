//! Refresh tokens: 256 random bits. Only their SHA-256 is stored.

use rand::RngExt;
use sha2::{Digest, Sha256};

/// A new refresh token or other secret: 256 random bits as 64 hex digits.
pub fn random_token() -> String {
    hex(&rand::rng().random::<[u8; 32]>())
}

/// What is stored of a refresh token: its SHA-256 as 64 hex digits. The token has 256 bits of its own, so neither
/// salt nor slowness would add anything.
pub fn token_hash(token: &str) -> String {
    hex(&Sha256::digest(token.as_bytes()))
}

/// A new login's id (the family of its refresh tokens, `sid` in its access tokens).
pub fn random_login_id() -> String {
    uuid::Uuid::new_v4().to_string()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refresh_token_is_64_hex_digits_and_never_the_same() {
        let (one, other) = (random_token(), random_token());
        assert_ne!(one, other);
        assert!(one.len() == 64 && one.chars().all(|c| c.is_ascii_hexdigit()));
    }

    #[test]
    fn the_stored_hash_is_sha_256() {
        // FIPS 180-2, appendix B.1.
        assert_eq!(token_hash("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }
}
