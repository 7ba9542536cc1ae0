//! How a delivery is signed: HMAC-SHA-256 over the moment of sending and the body.

use std::fmt::{self, Write as _};

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::Webhook;
use crate::domain::time::Timestamp;

/// What a secret begins with, so that people and scanners know it for one.
pub const PREFIX: &str = "whsec_";

/// A webhook's secret; never shown by accident.
#[derive(Clone, PartialEq, Eq)]
pub struct SigningSecret(String);

impl SigningSecret {
    /// From its whole text, prefix included.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The whole text, for the database and for the one who made it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SigningSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// The signature of `t.body` in hex; the key is the secret's whole text.
pub fn sign(secret: &SigningSecret, seconds: i64, body: &str) -> String {
    // A key of any length is good.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.0.as_bytes()) else { return String::new() };
    mac.update(seconds.to_string().as_bytes());
    mac.update(b".");
    mac.update(body.as_bytes());
    mac.finalize().into_bytes().iter().fold(String::with_capacity(64), |mut hex, byte| {
        // Writing to a string cannot fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// `t=SECONDS,v1=HEX`, and one more `v1` by each old secret while its rotation lasts.
pub fn header(webhook: &Webhook, now: Timestamp, body: &str) -> String {
    let seconds = now.as_millis().div_euclid(1000);
    let mut header = format!("t={seconds},v1={}", sign(&webhook.secret, seconds, body));
    for (old, _) in webhook.old_secrets.iter().filter(|(_, until)| now < *until) {
        header.push_str(",v1=");
        header.push_str(&sign(old, seconds, body));
    }
    header
}

#[cfg(test)]
mod tests {
    use super::super::{MOST_OLD_SECRETS, ROTATION, Wanted};
    use super::*;
    use crate::domain::time::Millis;

    fn webhook(secret: &str, now: Timestamp) -> Webhook {
        Webhook {
            id: "w".into(),
            url: "https://a.example/".into(),
            description: None,
            wanted: Wanted::default(),
            secret: SigningSecret::new(secret),
            old_secrets: Vec::new(),
            disabled: None,
            created_at: now,
            updated_at: now,
        }
    }

    #[test]
    fn the_signature_is_what_other_tools_compute() {
        // printf '1795428000.{"a":1}' | openssl dgst -sha256 -hmac whsec_test
        let signed = sign(&SigningSecret::new("whsec_test"), 1_795_428_000, "{\"a\":1}");
        assert_eq!(signed, "83a5946bc3474ebdcc4b4b1fe0e207053936ff17442f94f813b1c9c3c4f0413f");
    }

    #[test]
    fn both_secrets_sign_for_a_day_after_a_rotation() {
        let now = Timestamp::from_millis(1_795_428_000_999);
        let webhook = webhook("old", now);
        let alone = header(&webhook, now, "x");
        let rotated = webhook.rotated(SigningSecret::new("new"), now);
        let both = header(&rotated, now, "x");
        let (new, old) = (sign(&SigningSecret::new("new"), 1_795_428_000, "x"), alone.rsplit_once('=').unwrap().1);
        assert_eq!(both, format!("t=1795428000,v1={new},v1={old}"));
        assert_eq!(header(&rotated, now + ROTATION, "x").matches("v1=").count(), 1);
        assert_eq!(header(&rotated, now + ROTATION + Millis::new(-1), "x").matches("v1=").count(), 2);
        assert!(!format!("{rotated:?}").contains("new"));
    }

    #[test]
    fn a_second_rotation_does_not_end_the_first_one_early() {
        let now = Timestamp::from_millis(1_795_428_000_000);
        let hour = Millis::from_secs(3_600);
        let signs = |webhook: &Webhook, at: Timestamp| -> Vec<&'static str> {
            let header = header(webhook, at, "x");
            let by = |name: &&str| header.contains(&sign(&SigningSecret::new(*name), at.as_millis() / 1000, "x"));
            ["0", "1", "2", "3", "4", "5", "6"].into_iter().filter(by).collect()
        };
        let first = webhook("0", now).rotated(SigningSecret::new("1"), now);
        let second = first.rotated(SigningSecret::new("2"), now + hour);
        assert_eq!(signs(&second, now + hour), ["0", "1", "2"]);
        assert_eq!(signs(&second, now + ROTATION), ["1", "2"]);
        assert_eq!(signs(&second, now + ROTATION + hour), ["2"]);
        let third = second.clone().rotated(SigningSecret::new("3"), now + ROTATION);
        assert_eq!(third.old_secrets.len(), 2, "what has ended is not kept");
        let many = ["3", "4", "5", "6"]
            .into_iter()
            .fold(second, |webhook, next| webhook.rotated(SigningSecret::new(next), now + hour));
        assert_eq!(many.old_secrets.len(), MOST_OLD_SECRETS);
        assert_eq!(signs(&many, now + hour), ["2", "3", "4", "5", "6"]);
    }
}
