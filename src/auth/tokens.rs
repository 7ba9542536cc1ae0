//! JSON Web Tokens (RFC 7519): the one place that issues and reads them.
//!
//! `jsonwebtoken` takes its cryptography from the one crate feature that is switched on (`rust_crypto`), so nothing
//! has to be installed first. Its own clock check is off: time comes in as an argument, and there is no leeway.

use jsonwebtoken::{Algorithm, EncodingKey, Header, Validation, decode, decode_header, encode};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::domain::ids::{ChatbotId, UserId};
use crate::domain::time::Timestamp;
use crate::domain::user::{Principal, Role};

use super::keys::{KeyError, KeySet, VerifyingKey};

/// A longer token is refused unread, bytes.
pub const MAX_TOKEN_BYTES: usize = 8_192;

/// The longest user, chatbot or login id, bytes.
pub const MAX_ID_BYTES: usize = 128;

/// The longest name, characters; a longer one is cut.
const MAX_NAME_CHARS: usize = 100;

/// The largest `exp` or `nbf`: 9999-12-31T23:59:59Z, seconds.
const MAX_SECONDS: f64 = 253_402_300_799.0;

/// The token was refused. There is one answer for every reason, so that it teaches nothing to who forges one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the token is not valid")]
pub struct TokenError;

/// What a token says, once it is believed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// Who.
    pub principal: Principal,
    /// Their e-mail address, when the token has one. Never logged.
    pub email: Option<String>,
}

/// What a token shall say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claims {
    /// `sub`.
    pub user_id: UserId,
    /// `role`.
    pub role: Role,
    /// `name`.
    pub name: String,
    /// `email`.
    pub email: Option<String>,
    /// `chatbot`: the only entrance the token is good for.
    pub chatbot_id: Option<ChatbotId>,
    /// `sid`: the login, so that a logout can end the token.
    pub login_id: Option<String>,
    /// `iat`, cut to whole seconds.
    pub issued_at: Timestamp,
    /// `exp`, cut to whole seconds.
    pub expires_at: Timestamp,
}

/// Signs tokens with the secret (HS256).
#[derive(Clone)]
pub struct TokenIssuer {
    key: EncodingKey,
}

/// Checks tokens against all keys.
#[derive(Clone, Debug)]
pub struct TokenVerifier {
    keys: KeySet,
}

#[derive(Serialize)]
struct Outgoing<'a> {
    sub: &'a str,
    role: &'a str,
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    chatbot: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sid: Option<&'a str>,
    iat: i64,
    exp: i64,
}

/// The claims that are read. A claim that is there twice is an error of the parser.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Incoming {
    sub: Value,
    id: Value,
    user_id: Value,
    role: Value,
    role_name: Value,
    #[serde(rename = "isStaff")]
    is_staff: Value,
    name: Value,
    user_name: Value,
    email: Value,
    chatbot: Value,
    sid: Value,
    exp: Value,
    nbf: Value,
}

impl std::fmt::Debug for TokenIssuer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TokenIssuer(***)")
    }
}

impl TokenIssuer {
    /// An issuer for this secret.
    ///
    /// # Errors
    /// [`KeyError::EmptySecret`].
    pub fn new(secret: &[u8]) -> Result<Self, KeyError> {
        if secret.is_empty() {
            return Err(KeyError::EmptySecret);
        }
        Ok(Self { key: EncodingKey::from_secret(secret) })
    }

    /// The signed token.
    ///
    /// # Errors
    /// [`TokenError`] when the claims are such that the verifier would refuse them (an id that is empty or too long),
    /// or when signing fails.
    pub fn issue(&self, claims: &Claims) -> Result<String, TokenError> {
        let ids = [Some(claims.user_id.as_str()), claims.chatbot_id.as_ref().map(ChatbotId::as_str)];
        if !ids.into_iter().flatten().chain(claims.login_id.as_deref()).all(is_id) {
            return Err(TokenError);
        }
        let outgoing = Outgoing {
            sub: claims.user_id.as_str(),
            role: claims.role.as_str(),
            name: &claims.name,
            email: claims.email.as_deref(),
            chatbot: claims.chatbot_id.as_ref().map(ChatbotId::as_str),
            sid: claims.login_id.as_deref(),
            iat: claims.issued_at.as_millis().div_euclid(1000),
            exp: claims.expires_at.as_millis().div_euclid(1000),
        };
        encode(&Header::new(Algorithm::HS256), &outgoing, &self.key).map_err(|_| TokenError)
    }
}

impl TokenIssuer {
    /// What a refresh token of a browser is exchanged for: always the same for the same token, and known to nobody
    /// without the secret (docs/adr/0005). No token of ours could be mistaken for it: their texts have no line end.
    ///
    /// # Errors
    /// [`TokenError`] when signing fails.
    pub fn successor(&self, refresh_token: &str) -> Result<String, TokenError> {
        let text = format!("switchboard refresh\n{refresh_token}");
        let signed = jsonwebtoken::crypto::sign(text.as_bytes(), &self.key, Algorithm::HS256);
        signed.map(|signed| super::refresh::token_hash(&signed)).map_err(|_| TokenError)
    }

    /// What tells a request from others. Keyed, because a request may hold a password, and this is stored.
    ///
    /// # Errors
    /// When the key cannot be used.
    pub fn fingerprint(&self, request: &[u8]) -> Result<String, TokenError> {
        let mut text = b"switchboard request\n".to_vec();
        text.extend_from_slice(request);
        let signed = jsonwebtoken::crypto::sign(&text, &self.key, Algorithm::HS256);
        signed.map(|signed| super::refresh::token_hash(&signed)).map_err(|_| TokenError)
    }
}

impl TokenVerifier {
    /// A verifier for these keys.
    pub fn new(keys: KeySet) -> Self {
        Self { keys }
    }

    /// Who the bearer of `token` is at `now`.
    ///
    /// `sub` (or `id`, `user_id`), `exp` are required; a token ends at `exp` to the millisecond and does not begin
    /// before `nbf`. Numeric ids are read as text. `role` is customer, agent (or staff) or admin; else `role_name`
    /// and `isStaff` decide as in seed 002; a token that says nothing of it is a customer's.
    ///
    /// # Errors
    /// [`TokenError`], the same for every reason.
    pub fn verify(&self, token: &str, now: Timestamp) -> Result<Verified, TokenError> {
        if token.len() > MAX_TOKEN_BYTES {
            return Err(TokenError);
        }
        let header = decode_header(token).map_err(|_| TokenError)?;
        // An extension that must be understood is not (RFC 7515 §4.1.11).
        if header.crit.is_some() {
            return Err(TokenError);
        }
        let claims = self
            .candidates(&header)
            .find_map(|key| decode::<Incoming>(token, &key.key, &signature_only(key.algorithm)).ok())
            .ok_or(TokenError)?
            .claims;
        let verified = claims.read().ok_or(TokenError)?;
        let begins = match &claims.nbf {
            Value::Null => None,
            other => Some(moment(other).ok_or(TokenError)?),
        };
        let alive = now < verified.principal.expires_at && begins.is_none_or(|begins| begins <= now);
        if alive { Ok(verified) } else { Err(TokenError) }
    }

    /// The keys for this header: those of its algorithm, and of its `kid` when a key has that name.
    fn candidates<'a>(&'a self, header: &'a Header) -> impl Iterator<Item = &'a VerifyingKey> {
        let same = |key: &&VerifyingKey| key.algorithm == header.alg;
        let named = header.kid.is_some() && self.keys.0.iter().filter(same).any(|key| key.kid == header.kid);
        self.keys.0.iter().filter(same).filter(move |key| match &key.kid {
            Some(_) if header.kid.is_some() => key.kid == header.kid,
            Some(_) => true,
            None => !named,
        })
    }
}

/// Checks the signature and the algorithm, nothing else: the claims are ours to check.
fn signature_only(algorithm: Algorithm) -> Validation {
    let mut validation = Validation::new(algorithm);
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation.validate_aud = false;
    validation.required_spec_claims.clear();
    validation
}

impl Incoming {
    fn read(&self) -> Option<Verified> {
        let user_id = [&self.sub, &self.id, &self.user_id].into_iter().find(|claim| !claim.is_null())?;
        let role = self.role()?;
        let name = [&self.name, &self.user_name].into_iter().find_map(|claim| shown(claim.as_str()?));
        Some(Verified {
            principal: Principal {
                user_id: UserId::from(id_text(user_id)?),
                role,
                name: name.unwrap_or_else(|| nameless(role).to_owned()),
                chatbot_id: optional_id(&self.chatbot)?.map(ChatbotId::from),
                expires_at: moment(&self.exp)?,
                login_id: optional_id(&self.sid)?,
            },
            email: self.email.as_str().filter(|text| text.len() <= 254 && text.contains('@')).and_then(shown),
        })
    }

    fn role(&self) -> Option<Role> {
        match &self.role {
            Value::Null => {}
            Value::String(text) if text == "staff" => return Some(Role::Agent),
            Value::String(text) => return Role::parse(text),
            _ => return None,
        }
        let staff = self.is_staff == Value::Bool(true);
        Some(match self.role_name.as_str() {
            Some("admin") => Role::Admin,
            Some("staff" | "agent") => Role::Agent,
            _ if staff => Role::Agent,
            _ => Role::Customer,
        })
    }
}

/// None = there is one, and it is no id.
#[expect(clippy::option_option, reason = "absent, good and bad are three answers")]
fn optional_id(claim: &Value) -> Option<Option<String>> {
    if claim.is_null() { Some(None) } else { id_text(claim).map(Some) }
}

fn id_text(claim: &Value) -> Option<String> {
    let text = match claim {
        Value::String(text) => text.clone(),
        Value::Number(number) if number.is_i64() || number.is_u64() => number.to_string(),
        _ => return None,
    };
    is_id(&text).then_some(text)
}

fn is_id(text: &str) -> bool {
    !text.is_empty() && text.len() <= MAX_ID_BYTES && !text.chars().any(|c| c.is_control() || c.is_whitespace())
}

/// A text for people's eyes: no control characters, not too long, not empty.
fn shown(text: &str) -> Option<String> {
    let clean: String = text.chars().filter(|c| !c.is_control()).take(MAX_NAME_CHARS).collect();
    let clean = clean.trim();
    (!clean.is_empty()).then(|| clean.to_owned())
}

fn nameless(role: Role) -> &'static str {
    match role {
        Role::Customer => "Guest",
        Role::Agent => "Agent",
        Role::Admin => "Admin",
    }
}

/// A `NumericDate` (RFC 7519 §2): seconds, maybe with a fraction. Cut to milliseconds.
fn moment(claim: &Value) -> Option<Timestamp> {
    let seconds = claim.as_f64().filter(|seconds| (0.0..=MAX_SECONDS).contains(seconds))?;
    #[expect(clippy::cast_possible_truncation, clippy::as_conversions, reason = "checked: below 2^48")]
    let millis = (seconds * 1000.0).floor() as i64;
    Some(Timestamp::from_millis(millis))
}
