//! One try: the request, its signature, and what is made of the answer.

use std::error::Error;
use std::sync::Arc;

use reqwest::header::{CONTENT_TYPE, RETRY_AFTER};
use reqwest::redirect::Policy;
use reqwest::{Client, Response};

use crate::clock::{Clock, Sleep};
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
        let client = client(&rules);
        Self { client, rules, clock, timeout: config::millis(settings.timeout_ms) }
    }

    /// Tries once. A status that has come counts, also when the rest of the answer does not end in time.
    pub async fn carry(&self, webhook: &Webhook, delivery: &Delivery) -> (Attempt, Outcome) {
        let began = self.clock.now();
        let until = began + self.timeout;
        let late = self.clock.sleep_until(until);
        let answered = tokio::select! {
            answered = self.ask(webhook, delivery, began) => answered,
            () = late => Err("no answer in time".to_owned()),
        };
        match answered {
            Ok(response) => {
                let status = response.status().as_u16();
                let header = response.headers().get(RETRY_AFTER).and_then(|header| header.to_str().ok());
                let asked = header.and_then(|header| asked_pause(header, began));
                let excerpt = excerpt(response, self.clock.sleep_until(until)).await;
                let took_ms = self.clock.now().since(began).get();
                let error = (!(200..300).contains(&status)).then(|| words_of(status));
                let attempt = Attempt { at: began, took_ms, status: Some(status), error, excerpt };
                (attempt, Outcome::Answered { status, asked })
            }
            Err(error) => {
                let took_ms = self.clock.now().since(began).get();
                let attempt = Attempt { at: began, took_ms, status: None, error: Some(error), excerpt: None };
                (attempt, Outcome::Failed)
            }
        }
    }

    async fn ask(&self, webhook: &Webhook, delivery: &Delivery, now: Timestamp) -> Result<Response, String> {
        let url = self.rules.url(&webhook.url).map_err(|why| format!("the URL {why}"))?;
        let client = self.client.as_ref().ok_or("no client could be made: are there root certificates here?")?;
        let request = client
            .post(url)
            .header(CONTENT_TYPE, "application/json")
            .header("X-Switchboard-Signature", signature::header(webhook, now, &delivery.body))
            .header("X-Switchboard-Delivery", &delivery.id)
            .header("X-Switchboard-Event", delivery.name.as_str())
            .body(delivery.body.clone());
        request.send().await.map_err(|error| in_our_words(&error))
    }
}

/// Asks allowed addresses only. Without a client, every try says so.
fn client(rules: &Arc<Rules>) -> Option<Client> {
    let client = Client::builder()
        .user_agent(AGENT)
        // A redirect or a proxy of the environment would lead where nobody looked.
        .redirect(Policy::none())
        .no_proxy()
        .referer(false)
        .dns_resolver(Arc::new(Guard(Arc::clone(rules))))
        .build();
    client.inspect_err(|error| log::warn!(error:display; "webhooks cannot be delivered")).ok()
}

fn words_of(status: u16) -> String {
    match status {
        300..=399 => "a redirect, which is not followed".to_owned(),
        410 => "gone".to_owned(),
        _ => format!("answered {status}"),
    }
}

/// The beginning of the answer's text. An answer that breaks off, or is late, was an answer all the same.
async fn excerpt(mut response: Response, mut late: Sleep) -> Option<String> {
    let mut bytes: Vec<u8> = Vec::new();
    while bytes.len() < EXCERPT_BYTES {
        let chunk = tokio::select! {
            biased;
            chunk = response.chunk() => chunk,
            () = &mut late => break,
        };
        let Ok(Some(chunk)) = chunk else { break };
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
    use std::io::{Read as _, Write as _};
    use std::net::TcpListener;

    use tokio::sync::mpsc;

    use super::*;
    use crate::clock::ManualClock;
    use crate::domain::webhook::signature::SigningSecret;
    use crate::domain::webhook::{DeliveryState, EventName, Wanted};

    const NOW: Timestamp = Timestamp::from_millis(1_795_428_000_000);

    /// Says when somebody begins to wait for a moment.
    struct Watched {
        clock: ManualClock,
        waits: mpsc::UnboundedSender<()>,
    }

    impl Clock for Watched {
        fn now(&self) -> Timestamp {
            self.clock.now()
        }

        fn sleep_until(&self, at: Timestamp) -> Sleep {
            let sleep = self.clock.sleep_until(at);
            // When the test is over, nobody listens.
            let _ = self.waits.send(());
            sleep
        }
    }

    fn settings() -> config::Webhooks {
        config::Webhooks { allow_private: true, allow_http: true, ..config::Webhooks::default() }
    }

    fn webhook(url: String) -> Webhook {
        Webhook {
            id: "w".into(),
            url,
            description: None,
            wanted: Wanted::default(),
            secret: SigningSecret::new("whsec_1"),
            old_secrets: Vec::new(),
            disabled: None,
            created_at: NOW,
            updated_at: NOW,
        }
    }

    fn delivery() -> Delivery {
        Delivery {
            id: "d".into(),
            webhook_id: "w".into(),
            number: 1,
            event_id: "e".into(),
            name: EventName::NewMessage,
            conversation_id: None,
            body: "{}".into(),
            state: DeliveryState::Pending,
            tries: 0,
            asked: 0,
            due_at: NOW,
            created_at: NOW,
            ended_at: None,
            last: None,
        }
    }

    /// Answers the first request with this, and then says nothing and does not hang up.
    fn answering(text: &'static str) -> u16 {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let listen = move || {
            let (mut stream, _) = listener.accept().unwrap();
            let _ = stream.read(&mut [0; 4_096]).unwrap();
            stream.write_all(text.as_bytes()).unwrap();
            // Until the other side hangs up.
            while stream.read(&mut [0; 4_096]).is_ok_and(|read| read > 0) {}
        };
        std::thread::spawn(listen);
        port
    }

    #[tokio::test]
    async fn a_status_counts_although_the_rest_of_the_answer_never_ends() {
        for (head, status, asked) in [
            ("HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\nso far", 200, None),
            ("HTTP/1.1 410 Gone\r\ncontent-length: 99\r\n\r\nso far", 410, None),
            ("HTTP/1.1 503 Busy\r\nretry-after: 90\r\ncontent-length: 99\r\n\r\nso far", 503, Some(90)),
        ] {
            let port = answering(head);
            let (waits, mut waiting) = mpsc::unbounded_channel();
            let clock = ManualClock::new(NOW);
            let watched = Arc::new(Watched { clock: clock.clone(), waits });
            let carrier = Carrier::new(&settings(), Arc::new(Rules::new(&settings())), watched);
            let (webhook, delivery) = (webhook(format!("http://127.0.0.1:{port}/")), delivery());
            let advance = async {
                // For the head, and then for the rest.
                waiting.recv().await.unwrap();
                waiting.recv().await.unwrap();
                clock.advance(Millis::from_secs(10));
            };
            let both = async { tokio::join!(carrier.carry(&webhook, &delivery), advance).0 };
            let (attempt, outcome) = tokio::time::timeout(std::time::Duration::from_secs(60), both).await.unwrap();
            assert_eq!(outcome, Outcome::Answered { status, asked: asked.map(Millis::from_secs) });
            assert_eq!((attempt.status, attempt.took_ms), (Some(status), 10_000));
        }
    }

    #[tokio::test]
    async fn a_name_that_leads_to_a_private_address_is_not_asked() {
        let port = answering("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
        let strict = config::Webhooks { allow_private: false, ..settings() };
        // The text of the URL is let pass, so that only the look at the addresses is left.
        let carrier = Carrier {
            client: client(&Arc::new(Rules::new(&strict))),
            ..Carrier::new(&settings(), Arc::new(Rules::new(&settings())), Arc::new(ManualClock::new(NOW)))
        };
        let webhook = webhook(format!("http://localhost:{port}/"));
        let (attempt, outcome) = carrier.carry(&webhook, &delivery()).await;
        assert_eq!((outcome, attempt.error.as_deref()), (Outcome::Failed, Some("the address is private")));
        let lax = Carrier::new(&settings(), Arc::new(Rules::new(&settings())), Arc::new(ManualClock::new(NOW)));
        let (_, outcome) = lax.carry(&webhook, &delivery()).await;
        assert_eq!(outcome, Outcome::Answered { status: 200, asked: None }, "somebody listens there");
    }

    #[test]
    fn an_excerpt_has_no_control_characters_and_no_broken_letters() {
        assert_eq!(clean(b" ok\r\n\0\x1b[31mred\xff "), "ok   \u{20}[31mred\u{fffd}");
        assert_eq!(clean("ä".repeat(10).as_bytes().get(..19).unwrap()), format!("{}\u{fffd}", "ä".repeat(9)));
    }
}
