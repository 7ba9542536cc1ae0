//! The keys that tokens are checked with: the secret, a public key in PEM, a JWKS file.

use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, JwkSet, KeyAlgorithm, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey};

/// More keys than a host application rotates through; each costs a signature check for a token without `kid`.
const MAX_KEYS: usize = 32;

/// The shortest RSA modulus, bytes (RFC 7518 §3.3: 2048 bits).
const MIN_RSA_BYTES: usize = 256;

/// The same as PKCS#1 DER with the smallest public exponent: the modulus and 12 bytes around it.
const MIN_RSA_DER_BYTES: usize = MIN_RSA_BYTES + 12;

/// The length of an Ed25519 public key, bytes (RFC 8032 §5.1.5).
const ED25519_BYTES: usize = 32;

/// Why a key cannot be used. Never holds the key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// An HS256 secret without a byte.
    #[error("the secret is empty")]
    EmptySecret,
    /// Neither an RSA nor an Ed25519 public key in PEM.
    #[error("expected an RSA or Ed25519 public key in PEM")]
    Pem,
    /// The file holds the private half, which has no business here.
    #[error("expected a public key, found a private key")]
    PrivateKey,
    /// The RSA modulus is too short to be safe.
    #[error("expected an RSA key of at least 2048 bits")]
    WeakRsa,
    /// Not a JWKS document.
    #[error("expected a JWKS document (RFC 7517)")]
    Jwks,
    /// A symmetric key has no place in a file of public keys.
    #[error("key {0}: a symmetric key (kty oct) has no place in a JWKS file")]
    Symmetric(String),
    /// A key of a usable kind is broken.
    #[error("key {0}: not a usable public key")]
    BrokenKey(String),
    /// None of the keys is RS256 or EdDSA for signatures, or there are too many.
    #[error("expected 1 to 32 keys for RS256 or EdDSA")]
    KeyCount,
}

/// One key with the only algorithm that it may be used for.
#[derive(Clone)]
pub(super) struct VerifyingKey {
    /// The only algorithm.
    pub algorithm: Algorithm,
    /// Its name, when it has one.
    pub kid: Option<String>,
    /// The key.
    pub key: DecodingKey,
}

/// The keys that tokens are checked with.
#[derive(Clone, Default)]
pub struct KeySet(pub(super) Vec<VerifyingKey>);

impl std::fmt::Debug for KeySet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "KeySet({} keys)", self.0.len())
    }
}

impl KeySet {
    /// No key: every token is refused.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the HS256 secret.
    ///
    /// # Errors
    /// [`KeyError::EmptySecret`].
    pub fn with_secret(mut self, secret: &[u8]) -> Result<Self, KeyError> {
        if secret.is_empty() {
            return Err(KeyError::EmptySecret);
        }
        let key = DecodingKey::from_secret(secret);
        self.0.push(VerifyingKey { algorithm: Algorithm::HS256, kid: None, key });
        Ok(self)
    }

    /// Adds a public key in PEM: RSA for RS256, Ed25519 for EdDSA.
    ///
    /// # Errors
    /// When it is something else.
    pub fn with_public_key_pem(mut self, pem: &str) -> Result<Self, KeyError> {
        if pem.contains("PRIVATE KEY") {
            return Err(KeyError::PrivateKey);
        }
        let bytes = pem.as_bytes();
        if let Ok(key) = DecodingKey::from_ed_pem(bytes) {
            // The library indexes into the key when it verifies: a short one must not get there.
            if key.try_get_as_bytes().is_ok_and(|key| key.len() == ED25519_BYTES) {
                self.0.push(VerifyingKey { algorithm: Algorithm::EdDSA, kid: None, key });
                return Ok(self);
            }
            return Err(KeyError::Pem);
        }
        let key = DecodingKey::from_rsa_pem(bytes).map_err(|_| KeyError::Pem)?;
        if key.try_get_as_bytes().is_ok_and(|der| der.len() < MIN_RSA_DER_BYTES) {
            return Err(KeyError::WeakRsa);
        }
        self.0.push(VerifyingKey { algorithm: Algorithm::RS256, kid: None, key });
        Ok(self)
    }

    /// Adds the RS256 and EdDSA signature keys of a JWKS document; keys for other purposes are passed over.
    ///
    /// # Errors
    /// When the document cannot be read, holds a broken or symmetric key, or none that can be used.
    pub fn with_jwks(mut self, json: &str) -> Result<Self, KeyError> {
        let set: JwkSet = serde_json::from_str(json).map_err(|_| KeyError::Jwks)?;
        let mut found = Vec::new();
        for (place, jwk) in set.keys.iter().enumerate() {
            let name = jwk.common.key_id.clone().unwrap_or_else(|| format!("#{}", place + 1));
            found.extend(usable(jwk, &name)?);
        }
        if found.is_empty() || found.len() > MAX_KEYS {
            return Err(KeyError::KeyCount);
        }
        self.0.append(&mut found);
        Ok(self)
    }
}

fn usable(jwk: &Jwk, name: &str) -> Result<Option<VerifyingKey>, KeyError> {
    let (algorithm, declared) = match &jwk.algorithm {
        AlgorithmParameters::OctetKey(_) => return Err(KeyError::Symmetric(name.to_owned())),
        AlgorithmParameters::RSA(_) => (Algorithm::RS256, KeyAlgorithm::RS256),
        AlgorithmParameters::OctetKeyPair(pair) if pair.curve == EllipticCurve::Ed25519 => {
            (Algorithm::EdDSA, KeyAlgorithm::EdDSA)
        }
        _ => return Ok(None),
    };
    let for_signatures = matches!(jwk.common.public_key_use, None | Some(PublicKeyUse::Signature));
    if !for_signatures || jwk.common.key_algorithm.is_some_and(|stated| stated != declared) {
        return Ok(None);
    }
    let broken = || KeyError::BrokenKey(name.to_owned());
    let key = DecodingKey::from_jwk(jwk).map_err(|_| broken())?;
    if algorithm == Algorithm::EdDSA && !key.try_get_as_bytes().is_ok_and(|key| key.len() == ED25519_BYTES) {
        return Err(broken());
    }
    if let jsonwebtoken::DecodingKeyKind::RsaModulusExponent { n, .. } = key.kind()
        && n.len() < MIN_RSA_BYTES
    {
        return Err(KeyError::WeakRsa);
    }
    Ok(Some(VerifyingKey { algorithm, kid: jwk.common.key_id.clone(), key }))
}
