//! Tokens: what is read, and what is refused without saying why.

use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use proptest::prelude::*;
use serde_json::{Value, json};

use switchboard::auth::keys::{KeyError, KeySet};
use switchboard::auth::tokens::{Claims, TokenError, TokenIssuer, TokenVerifier};
use switchboard::domain::ids::{ChatbotId, UserId};
use switchboard::domain::time::Timestamp;
use switchboard::domain::user::Role;

const SECRET: &str = "0123456789abcdef0123456789abcdef";
const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);
const LATER_S: i64 = 1_800_000_060;
const RSA_PRIVATE: &[u8] = include_bytes!("fixtures/keys/rsa_private.pem");
const RSA_PUBLIC: &str = include_str!("fixtures/keys/rsa_public.pem");
const ED_PRIVATE: &[u8] = include_bytes!("fixtures/keys/ed_private.pem");
const ED_PUBLIC: &str = include_str!("fixtures/keys/ed_public.pem");
const WEAK_PUBLIC: &str = include_str!("fixtures/keys/weak_public.pem");

fn verifier() -> TokenVerifier {
    TokenVerifier::new(KeySet::new().with_secret(SECRET.as_bytes()).unwrap())
}

fn signed(header: &Header, claims: &Value, key: &EncodingKey) -> String {
    encode(header, claims, key).unwrap()
}

fn hs256(claims: &Value) -> String {
    signed(&Header::new(Algorithm::HS256), claims, &EncodingKey::from_secret(SECRET.as_bytes()))
}

fn claims() -> Claims {
    Claims {
        user_id: UserId::from("u-1"),
        role: Role::Agent,
        name: "Ada Lovelace".to_owned(),
        email: Some("ada@example.com".to_owned()),
        chatbot_id: Some(ChatbotId::from("default")),
        login_id: Some("login-1".to_owned()),
        issued_at: NOW,
        expires_at: Timestamp::from_millis(LATER_S * 1000),
    }
}

#[test]
fn an_issued_token_says_what_was_put_into_it() {
    let token = TokenIssuer::new(SECRET.as_bytes()).unwrap().issue(&claims()).unwrap();
    let verified = verifier().verify(&token, NOW).unwrap();
    let wanted = claims();
    assert_eq!(verified.principal.user_id, wanted.user_id);
    assert_eq!(verified.principal.role, wanted.role);
    assert_eq!(verified.principal.name, wanted.name);
    assert_eq!(verified.principal.chatbot_id, wanted.chatbot_id);
    assert_eq!(verified.principal.login_id, wanted.login_id);
    assert_eq!(verified.principal.expires_at, wanted.expires_at);
    assert_eq!(verified.email, wanted.email);
}

#[test]
fn a_token_ends_at_exp_without_leeway() {
    let token = hs256(&json!({"sub": "u", "exp": LATER_S}));
    let end = Timestamp::from_millis(LATER_S * 1000);
    assert!(verifier().verify(&token, Timestamp::from_millis(end.as_millis() - 1)).is_ok());
    assert_eq!(verifier().verify(&token, end), Err(TokenError));
}

#[test]
fn a_token_does_not_begin_before_nbf() {
    let token = hs256(&json!({"sub": "u", "exp": LATER_S, "nbf": 1_800_000_030}));
    assert_eq!(verifier().verify(&token, NOW), Err(TokenError));
    assert!(verifier().verify(&token, Timestamp::from_millis(1_800_000_030_000)).is_ok());
}

#[test]
fn the_seeds_claims_are_read() {
    for (claims, user, role, name) in [
        (json!({"id": 42, "user_name": "Kim", "role_name": "staff"}), "42", Role::Agent, "Kim"),
        (json!({"user_id": "7", "role_name": "admin", "isStaff": true}), "7", Role::Admin, "Admin"),
        (json!({"user_id": "7", "isStaff": true}), "7", Role::Agent, "Agent"),
        (json!({"id": 9, "role_name": "user", "isStaff": false}), "9", Role::Customer, "Guest"),
        (json!({"sub": "s", "id": "i", "role": "staff", "name": "N"}), "s", Role::Agent, "N"),
        (json!({"sub": "s", "role": "customer", "isStaff": true}), "s", Role::Customer, "Guest"),
        (json!({"sub": "s", "name": "  \u{7}Zo\u{eb}\n "}), "s", Role::Customer, "Zo\u{eb}"),
        (json!({"sub": "s", "aud": "other", "iss": "anyone"}), "s", Role::Customer, "Guest"),
    ] {
        let mut claims = claims;
        claims["exp"] = json!(LATER_S);
        let principal = verifier().verify(&hs256(&claims), NOW).unwrap_or_else(|_| panic!("{claims}")).principal;
        assert_eq!(
            (principal.user_id.as_str(), principal.role, principal.name.as_str()),
            (user, role, name),
            "{claims}"
        );
    }
}

#[test]
fn claims_without_sense_are_refused() {
    for claims in [
        json!({"sub": "u"}),
        json!({"sub": "u", "exp": null}),
        json!({"sub": "u", "exp": "1800000060"}),
        json!({"sub": "u", "exp": -1}),
        json!({"sub": "u", "exp": 1e300}),
        json!({"sub": "u", "exp": LATER_S, "nbf": "soon"}),
        json!({"exp": LATER_S}),
        json!({"sub": "", "exp": LATER_S}),
        json!({"sub": "a b", "exp": LATER_S}),
        json!({"sub": "a\nb", "exp": LATER_S}),
        json!({"sub": "x".repeat(129), "exp": LATER_S}),
        json!({"sub": 1.5, "exp": LATER_S}),
        json!({"sub": {"$ne": null}, "exp": LATER_S}),
        json!({"sub": ["u"], "exp": LATER_S}),
        json!({"sub": "u", "role": "root", "exp": LATER_S}),
        json!({"sub": "u", "role": ["admin"], "exp": LATER_S}),
        json!({"sub": "u", "chatbot": {}, "exp": LATER_S}),
        json!({"sub": "u", "sid": "", "exp": LATER_S}),
        json!(["u"]),
        json!("u"),
    ] {
        assert_eq!(verifier().verify(&hs256(&claims), NOW), Err(TokenError), "{claims}");
    }
}

#[test]
fn other_keys_and_algorithms_are_refused() {
    let claims = json!({"sub": "u", "role": "admin", "exp": LATER_S});
    let secret = EncodingKey::from_secret(SECRET.as_bytes());
    let rsa = EncodingKey::from_rsa_pem(RSA_PRIVATE).unwrap();
    let mut critical = Header::new(Algorithm::HS256);
    critical.crit = Some(vec!["exp".to_owned()]);
    for token in [
        signed(&Header::new(Algorithm::HS256), &claims, &EncodingKey::from_secret(b"another")),
        signed(&Header::new(Algorithm::HS384), &claims, &secret),
        signed(&Header::new(Algorithm::HS512), &claims, &secret),
        signed(&Header::new(Algorithm::RS256), &claims, &rsa),
        signed(&critical, &claims, &secret),
        // {"alg":"none"} with the claims above, without and with a signature.
        format!("eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.{}.", hs256(&claims).split('.').nth(1).unwrap()),
        format!("eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.{}", hs256(&claims).split_once('.').unwrap().1),
    ] {
        assert_eq!(verifier().verify(&token, NOW), Err(TokenError), "{token}");
    }
}

#[test]
fn a_public_key_is_no_secret() {
    let claims = json!({"sub": "u", "role": "admin", "exp": LATER_S});
    let keys = KeySet::new().with_secret(SECRET.as_bytes()).unwrap().with_public_key_pem(RSA_PUBLIC).unwrap();
    let verifier = TokenVerifier::new(keys);
    let good = signed(&Header::new(Algorithm::RS256), &claims, &EncodingKey::from_rsa_pem(RSA_PRIVATE).unwrap());
    assert!(verifier.verify(&good, NOW).is_ok());
    let der = openssl_free_der(RSA_PUBLIC);
    for forged_with in [RSA_PUBLIC.as_bytes(), RSA_PUBLIC.trim().as_bytes(), &der] {
        let forged = signed(&Header::new(Algorithm::HS256), &claims, &EncodingKey::from_secret(forged_with));
        assert_eq!(verifier.verify(&forged, NOW), Err(TokenError));
    }
}

/// The bytes between the PEM's lines.
fn openssl_free_der(pem: &str) -> Vec<u8> {
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let body: Vec<u8> = pem.lines().filter(|line| !line.starts_with('-')).flat_map(str::bytes).collect();
    let mut bytes = Vec::new();
    for group in body.chunks(4) {
        let bits = group.iter().fold(0_u32, |bits, letter| {
            (bits << 6) | alphabet.iter().position(|known| known == letter).unwrap_or(0) as u32
        });
        bytes.extend_from_slice(&bits.to_be_bytes()[1..]);
    }
    let padding = body.iter().filter(|letter| **letter == b'=').count();
    bytes.truncate(bytes.len() - padding);
    bytes
}

fn jwks() -> String {
    let rsa = openssl_free_der(RSA_PUBLIC);
    // SubjectPublicKeyInfo of a 2048-bit key with e = 65537: the modulus ends 5 bytes before the end.
    let modulus = &rsa[rsa.len() - 5 - 256..rsa.len() - 5];
    let ed = openssl_free_der(ED_PUBLIC);
    json!({"keys": [
        {"kty": "RSA", "kid": "r1", "use": "sig", "alg": "RS256", "n": base64url(modulus), "e": "AQAB"},
        {"kty": "OKP", "crv": "Ed25519", "kid": "e1", "x": base64url(&ed[ed.len() - 32..])},
        {"kty": "RSA", "kid": "enc", "use": "enc", "n": base64url(modulus), "e": "AQAB"},
    ]})
    .to_string()
}

fn base64url(bytes: &[u8]) -> String {
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut text = String::new();
    for group in bytes.chunks(3) {
        let mut padded = [0_u8; 4];
        padded[1..=group.len()].copy_from_slice(group);
        let bits = u32::from_be_bytes(padded);
        for place in 0..=group.len() {
            text.push(char::from(alphabet[(bits >> (18 - 6 * place) & 63) as usize]));
        }
    }
    text
}

#[test]
fn a_jwks_file_is_read_and_kid_chooses_the_key() {
    let verifier = TokenVerifier::new(KeySet::new().with_jwks(&jwks()).unwrap());
    let claims = json!({"sub": "u", "exp": LATER_S});
    let rsa = EncodingKey::from_rsa_pem(RSA_PRIVATE).unwrap();
    let ed = EncodingKey::from_ed_pem(ED_PRIVATE).unwrap();
    let with = |algorithm, kid: Option<&str>| {
        let mut header = Header::new(algorithm);
        header.kid = kid.map(str::to_owned);
        header
    };
    for (header, key, good) in [
        (with(Algorithm::RS256, Some("r1")), &rsa, true),
        (with(Algorithm::RS256, None), &rsa, true),
        (with(Algorithm::EdDSA, Some("e1")), &ed, true),
        (with(Algorithm::EdDSA, None), &ed, true),
        (with(Algorithm::RS256, Some("enc")), &rsa, false),
        (with(Algorithm::RS256, Some("unknown")), &rsa, false),
        (with(Algorithm::EdDSA, Some("r1")), &ed, false),
        (with(Algorithm::RS384, Some("r1")), &rsa, false),
        (with(Algorithm::PS256, Some("r1")), &rsa, false),
    ] {
        let verified = verifier.verify(&signed(&header, &claims, key), NOW);
        assert_eq!(verified.is_ok(), good, "{header:?}");
    }
}

#[test]
fn an_ed25519_key_in_pem_verifies() {
    let verifier = TokenVerifier::new(KeySet::new().with_public_key_pem(ED_PUBLIC).unwrap());
    let key = EncodingKey::from_ed_pem(ED_PRIVATE).unwrap();
    let token = signed(&Header::new(Algorithm::EdDSA), &json!({"sub": "u", "exp": LATER_S}), &key);
    assert!(verifier.verify(&token, NOW).is_ok());
}

#[test]
fn unusable_keys_are_refused_when_they_are_loaded() {
    let pem = |text: &str| KeySet::new().with_public_key_pem(text).err();
    assert_eq!(pem("not a key"), Some(KeyError::Pem));
    assert_eq!(pem(std::str::from_utf8(RSA_PRIVATE).unwrap()), Some(KeyError::PrivateKey));
    assert_eq!(pem(std::str::from_utf8(ED_PRIVATE).unwrap()), Some(KeyError::PrivateKey));
    assert_eq!(pem(WEAK_PUBLIC), Some(KeyError::WeakRsa));
    let jwks = |text: &str| KeySet::new().with_jwks(text).err();
    assert_eq!(jwks("{}"), Some(KeyError::Jwks));
    assert_eq!(jwks(r#"{"keys": []}"#), Some(KeyError::KeyCount));
    assert_eq!(
        jwks(r#"{"keys": [{"kty": "oct", "kid": "s", "k": "c2VjcmV0"}]}"#),
        Some(KeyError::Symmetric("s".to_owned()))
    );
    assert_eq!(
        jwks(r#"{"keys": [{"kty": "OKP", "crv": "Ed25519", "x": "c2hvcnQ"}]}"#),
        Some(KeyError::BrokenKey("#1".to_owned()))
    );
    assert_eq!(jwks(r#"{"keys": [{"kty": "RSA", "n": "c2hvcnQ", "e": "AQAB"}]}"#), Some(KeyError::WeakRsa));
    assert_eq!(KeySet::new().with_secret(b"").err(), Some(KeyError::EmptySecret));
}

#[test]
fn a_verifier_without_keys_refuses_everything() {
    let token = hs256(&json!({"sub": "u", "exp": LATER_S}));
    assert_eq!(TokenVerifier::new(KeySet::new()).verify(&token, NOW), Err(TokenError));
}

#[test]
fn an_issuer_does_not_sign_what_would_be_refused() {
    let issuer = TokenIssuer::new(SECRET.as_bytes()).unwrap();
    for user in ["", "a b", "a\n", &"x".repeat(129)] {
        assert_eq!(issuer.issue(&Claims { user_id: UserId::from(user), ..claims() }), Err(TokenError), "{user:?}");
    }
}

#[test]
fn a_token_with_one_letter_changed_is_refused() {
    let token = hs256(&json!({"sub": "u", "role": "customer", "exp": LATER_S}));
    let verifier = verifier();
    for place in 0..token.len() {
        for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=+/ ".chars() {
            let mut changed = token.clone();
            changed.replace_range(place..=place, letter.encode_utf8(&mut [0; 4]));
            if changed != token {
                assert_eq!(verifier.verify(&changed, NOW), Err(TokenError), "{changed}");
            }
        }
    }
}

proptest! {
    #[test]
    fn random_text_is_refused_and_nothing_panics(text in any::<String>(), parts in prop::collection::vec("[A-Za-z0-9_-]{0,60}", 0..5)) {
        let verifier = TokenVerifier::new(
            KeySet::new().with_secret(SECRET.as_bytes()).unwrap().with_jwks(&jwks()).unwrap(),
        );
        prop_assert_eq!(verifier.verify(&text, NOW), Err(TokenError));
        prop_assert_eq!(verifier.verify(&parts.join("."), NOW), Err(TokenError));
    }

    #[test]
    fn whatever_is_issued_verifies_until_it_ends(id in "[!-~]{1,128}", name in ".{0,150}", lives_s in 1_i64..10_000_000) {
        let wanted = Claims {
            user_id: UserId::from(id.as_str()),
            name,
            expires_at: Timestamp::from_millis(NOW.as_millis() + lives_s * 1000),
            ..claims()
        };
        let token = TokenIssuer::new(SECRET.as_bytes()).unwrap().issue(&wanted).unwrap();
        let principal = verifier().verify(&token, NOW).unwrap().principal;
        prop_assert_eq!(principal.user_id, wanted.user_id);
        prop_assert_eq!(principal.expires_at, wanted.expires_at);
        prop_assert!(!principal.name.is_empty());
        prop_assert_eq!(verifier().verify(&token, wanted.expires_at), Err(TokenError));
    }
}
