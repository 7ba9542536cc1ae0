//! The host application's server: it hears what webhooks get, and answers what a test wants when it wants.

use std::collections::BTreeMap;
use std::time::Duration;

use actix_web::dev::ServerHandle;
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use serde_json::Value;
use sha2::{Digest, Sha256};
use tokio::sync::{mpsc, oneshot};

/// What is answered: status, headers, body.
type Reply = (u16, Vec<(&'static str, String)>, Vec<u8>);

/// One request as it came, waiting for its answer. Dropped without one, it is answered 500.
pub struct Heard {
    /// `POST /path`.
    pub target: String,
    /// Names in small letters.
    pub headers: BTreeMap<String, String>,
    /// As it came.
    pub text: String,
    reply: oneshot::Sender<Reply>,
}

impl Heard {
    pub fn body(&self) -> Value {
        serde_json::from_str(&self.text).unwrap()
    }

    pub fn kind(&self) -> String {
        self.body()["type"].as_str().unwrap().to_owned()
    }

    /// The text of a message.
    pub fn said(&self) -> String {
        self.body()["data"]["content"].as_str().unwrap().to_owned()
    }

    pub fn delivery(&self) -> String {
        self.headers["x-switchboard-delivery"].clone()
    }

    pub fn answer(self, status: u16) {
        self.answer_with(status, Vec::new(), b"");
    }

    pub fn answer_with(self, status: u16, headers: Vec<(&'static str, String)>, body: &[u8]) {
        // The client may have gone.
        let _ = self.reply.send((status, headers, body.to_vec()));
    }

    /// The moment of sending and the signatures.
    pub fn signature(&self) -> (String, Vec<String>) {
        let mut parts = self.headers["x-switchboard-signature"].split(',');
        let at = parts.next().unwrap().strip_prefix("t=").unwrap().to_owned();
        (at, parts.map(|part| part.strip_prefix("v1=").unwrap().to_owned()).collect())
    }

    /// How many of the signatures are by this secret, computed as RFC 2104 says, by hand.
    pub fn signed_by(&self, secret: &str) -> usize {
        let (at, signatures) = self.signature();
        let mut key = [0_u8; 64];
        match secret.len() {
            0..=64 => key[..secret.len()].copy_from_slice(secret.as_bytes()),
            _ => key[..32].copy_from_slice(&Sha256::digest(secret.as_bytes())),
        }
        let inner = Sha256::new()
            .chain_update(key.map(|byte| byte ^ 0x36))
            .chain_update(format!("{at}.{}", self.text))
            .finalize();
        let outer = Sha256::new().chain_update(key.map(|byte| byte ^ 0x5c)).chain_update(inner).finalize();
        let hex: String = outer.iter().map(|byte| format!("{byte:02x}")).collect();
        signatures.iter().filter(|given| **given == hex).count()
    }
}

pub struct Receiver {
    pub url: String,
    heard: mpsc::UnboundedReceiver<Heard>,
    handle: ServerHandle,
}

async fn hear(inbox: web::Data<mpsc::UnboundedSender<Heard>>, req: HttpRequest, body: String) -> HttpResponse {
    let headers = req.headers().iter();
    let headers = headers.map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned())).collect();
    let (reply, answer) = oneshot::channel();
    let target = format!("{} {}", req.method(), req.uri());
    // When the test is over, nobody listens.
    drop(inbox.send(Heard { target, headers, text: body, reply }));
    let (status, headers, body) = answer.await.unwrap_or((500, Vec::new(), Vec::new()));
    let mut response = HttpResponse::build(status.try_into().unwrap());
    for header in headers {
        response.insert_header(header);
    }
    response.body(body)
}

impl Receiver {
    pub fn start() -> Self {
        let (inbox, heard) = mpsc::unbounded_channel();
        let app = move || App::new().app_data(web::Data::new(inbox.clone())).default_service(web::to(hear));
        let server = HttpServer::new(app).workers(1).disable_signals().shutdown_timeout(0);
        let server = server.bind(("127.0.0.1", 0)).unwrap();
        let url = format!("http://{}/hooks?key=of-the-host", server.addrs()[0]);
        let server = server.run();
        let handle = server.handle();
        actix_web::rt::spawn(server);
        Self { url, heard, handle }
    }

    /// The next request.
    pub async fn next(&mut self) -> Heard {
        let heard = tokio::time::timeout(Duration::from_secs(60), self.heard.recv()).await;
        heard.expect("nothing came").expect("the receiver has ended")
    }

    /// The next request, answered at once.
    pub async fn take(&mut self, status: u16) -> String {
        let heard = self.next().await;
        let kind = heard.kind();
        heard.answer(status);
        kind
    }

    /// What has come and was not looked at.
    pub fn nothing_more(&mut self) -> bool {
        self.heard.try_recv().is_err()
    }

    pub async fn stop(self) {
        self.handle.stop(false).await;
    }
}
