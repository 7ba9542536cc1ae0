//! The conformance example in process, with a clock that stands still unless a test moves it.

use std::sync::Arc;

use actix_web::dev::ServerHandle;
use actix_web::{App, HttpServer};
use serde_json::Value;
use switchboard::clock::ManualClock;
use switchboard::domain::time::Millis;
use switchboard::transport::ws;

use super::app;
use crate::support::server::MONDAY_10;
use crate::support::socket_io::Wire;

pub struct Stage {
    pub app: app::Server,
    pub clock: ManualClock,
    pub address: String,
    pub http: reqwest::Client,
    handle: ServerHandle,
}

impl Stage {
    pub fn start() -> Self {
        let clock = ManualClock::new(MONDAY_10);
        let app = app::Server::new(Arc::new(clock.clone()));
        let mounted = app.clone();
        let server = HttpServer::new(move || App::new().configure(|config| mounted.configure(config)))
            .on_connect(ws::remember_connection)
            .h1_allow_half_closed(false)
            .workers(2)
            .disable_signals()
            .shutdown_timeout(0)
            .bind(("127.0.0.1", 0))
            .unwrap();
        let address = server.addrs()[0].to_string();
        let server = server.run();
        let handle = server.handle();
        actix_web::rt::spawn(server);
        let http = reqwest::Client::builder().pool_max_idle_per_host(0).build().unwrap();
        Self { app, clock, address, http, handle }
    }

    pub async fn request(&self, method: &str, path_and_query: &str, body: &str) -> (u16, String) {
        let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
        let url = format!("http://{}{path_and_query}", self.address);
        let response = self.http.request(method, url).body(body.to_owned()).send().await.unwrap();
        (response.status().as_u16(), response.text().await.unwrap())
    }

    /// `GET` of a session's packets.
    pub async fn poll(&self, sid: &str) -> (u16, String) {
        self.request("GET", &format!("/engine.io/?EIO=4&transport=polling&sid={sid}"), "").await
    }

    /// `POST` of packets.
    pub async fn push(&self, sid: &str, body: &str) -> (u16, String) {
        self.request("POST", &format!("/engine.io/?EIO=4&transport=polling&sid={sid}"), body).await
    }

    /// A new session's id by polling.
    pub async fn session(&self) -> String {
        let (status, body) = self.request("GET", "/engine.io/?EIO=4&transport=polling", "").await;
        assert_eq!(status, 200, "{body}");
        opened(&body)["sid"].as_str().unwrap().to_owned()
    }

    /// A WebSocket; its first packet is still to be read.
    pub async fn wire(&self, path: &str, query: &str) -> Wire {
        Wire::open(&self.address, path, query, &[]).await.unwrap()
    }

    /// A WebSocket that was greeted.
    pub async fn greeted(&self, path: &str) -> Wire {
        let mut wire = self.wire(path, "").await;
        wire.text().await;
        wire
    }

    pub fn later(&self, millis: i64) {
        self.clock.advance(Millis::new(millis));
    }

    pub async fn stop(self) {
        self.handle.stop(false).await;
    }
}

/// The first packet of a session.
pub fn opened(packet: &str) -> Value {
    serde_json::from_str(packet.strip_prefix('0').unwrap_or_else(|| panic!("{packet}"))).unwrap()
}
