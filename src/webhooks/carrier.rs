//! One try: the request, its signature, and what is made of the answer.

use std::error::Error;
use std::sync::Arc;

use reqwest::header::{CONTENT_TYPE, RETRY_AFTER};
use reqwest::redirect::Policy;
use reqwest::{Client, Response};

use crate::clock::Clock;
use crate::config;
use crate::domain::retry_after::asked_pause;
use crate::domain::time::{Millis, Timestamp};
use crate::domain::webhook::retry::Outcome;
use crate::domain::webhook::{Attempt, Delivery, Webhook, signature};

use super::address::{Guard, Private, Rules};

/// What is read of an answer, and kept.
const EXCERPT_BYTES: usize = 4_096;
/// What we are called.
const AGENT: &str = concat!("Switchboard/", env!("CARGO_PKG_VERSION"));

/// The way to all webhooks.
pub(super) struct Carrier {
    client: Option<Client>,
    rules: Arc<Rules>,
    clock: Arc<dyn Clock>,
    timeout: Millis,
}

impl Carrier {
    pub fn new(settings: &config::Webhooks, rules: Arc<Rules>, clock: Arc<dyn Clock>) -> Self {
        let client = Client::builder()
            .user_agent(AGENT)
            // A redirect or a proxy of the environment would lead where nobody looked.
            .redirect(Policy::none())
            .no_proxy()
            .referer(false)
            .dns_resolver(Arc::new(Guard(Arc::clone(&rules))))
            .build();
        // Without one, every try says so.
        let client = client.inspect_err(|error| log::warn!(error:display; "webhooks cannot be delivered")).ok();
        Self { client, rules, clock, timeout: config::millis(settings.timeout_ms) }
    }

    /// Tries once.
    pub async fn carry(&self, webhook: &Webhook, delivery: &Delivery) -> (Attempt, Outcome) {
        let began = self.clock.now();
        let late = self.clock.sleep_until(began + self.timeout);
        let tried = tokio::select! {
            tried = self.ask(webhook, delivery, began) => tried,
            () = late => Err("no answer in time".to_owned()),
        };
        let took_ms = self.clock.now().since(began).get();
        match tried {
            Ok((status, asked, excerpt)) => {
                let error = (!(200..300).contains(&status)).then(|| words_of(status));
                let attempt = Attempt { at: began, took_ms, status: Some(status), error, excerpt };
                (attempt, Outcome::Answered { status, asked })
            }
            Err(error) => {
                let attempt = Attempt { at: began, took_ms, status: None, error: Some(error), excerpt: None };
                (attempt, Outcome::Failed)
            }
        }
    }

    async fn ask(
        &self,
        webhook: &Webhook,
        delivery: &Delivery,
        now: Timestamp,
    ) -> Result<(u16, Option<Millis>, Option<String>), String> {
        let url = self.rules.url(&webhook.url).map_err(|why| format!("the URL {why}"))?;
        let client = self.client.as_ref().ok_or("no client could be made: are there root certificates here?")?;
        let request = client
            .post(url)
            .header(CONTENT_TYPE, "application/json")
            .header("X-Switchboard-Signature", signature::header(webhook, now, &delivery.body))
            .header("X-Switchboard-Delivery", &delivery.id)
            .header("X-Switchboard-Event", delivery.name.as_str())
            .body(delivery.body.clone());
        let response = request.send().await.map_err(|error| in_our_words(&error))?;
        let status = response.status().as_u16();
        let header = response.headers().get(RETRY_AFTER).and_then(|header| header.to_str().ok());
        let asked = header.and_then(|header| asked_pause(header, now));
        Ok((status, asked, excerpt(response).await))
    }
}

fn words_of(status: u16) -> String {
    match status {
        300..=399 => "a redirect, which is not followed".to_owned(),
        410 => "gone".to_owned(),
        _ => format!("answered {status}"),
    }
}

/// The beginning of the answer's text. An answer that breaks off was an answer all the same.
async fn excerpt(mut response: Response) -> Option<String> {
    let mut bytes: Vec<u8> = Vec::new();
    while bytes.len() < EXCERPT_BYTES
        && let Ok(Some(chunk)) = response.chunk().await
    {
        let room = EXCERPT_BYTES - bytes.len();
        bytes.extend(chunk.iter().take(room));
    }
    Some(clean(&bytes)).filter(|text| !text.is_empty())
}

/// Text that can be stored and shown anywhere.
fn clean(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let plain = |c: char| if c.is_control() { ' ' } else { c };
    let text: String = text.chars().map(plain).collect();
    text.trim().to_owned()
}

/// reqwest's name the URL, and those of other libraries are no contract.
fn in_our_words(error: &reqwest::Error) -> String {
    let mut cause = error.source();
    let mut kind = None;
    while let Some(inner) = cause {
        if inner.downcast_ref::<Private>().is_some() {
            return Private.to_string();
        }
        kind = kind.or_else(|| inner.downcast_ref::<std::io::Error>().map(std::io::Error::kind));
        cause = inner.source();
    }
    let place = if error.is_connect() { "no connection" } else { "the request failed" };
    match kind {
        Some(kind) if kind != std::io::ErrorKind::Other => format!("{place}: {kind}"),
        _ => place.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_excerpt_has_no_control_characters_and_no_broken_letters() {
        assert_eq!(clean(b" ok\r\n\0\x1b[31mred\xff "), "ok   \u{20}[31mred\u{fffd}");
        assert_eq!(clean("ä".repeat(10).as_bytes().get(..19).unwrap()), format!("{}\u{fffd}", "ä".repeat(9)));
    }
}
