//! A whole engine behind a real HTTP server on a free port, with a clock that stands still unless a test moves it.

use std::sync::Arc;

use actix_web::dev::ServerHandle;
use actix_web::{App, HttpServer};
use serde_json::{Value, json};
use switchboard::clock::ManualClock;
use switchboard::config::{Config, PrivateUrl, Secret};
use switchboard::domain::time::{Millis, Timestamp};
use switchboard::engine::{Engine, EngineBuilder, User};

/// 2026-11-23 10:00 UTC, a Monday.
pub const MONDAY_10: Timestamp = Timestamp::from_millis(1_795_428_000_000);

/// The host's secret in tests.
pub const INTERNAL: &str = "internal-secret-for-tests";

pub struct Server {
    pub engine: Engine,
    pub clock: ManualClock,
    pub address: String,
    pub http: reqwest::Client,
    handle: ServerHandle,
    _folder: tempfile::TempDir,
}

fn base(folder: &tempfile::TempDir) -> Config {
    let mut config = Config::default();
    config.database.url = PrivateUrl::new(format!("sqlite:{}/test.db", folder.path().display()));
    config.auth.jwt_secret = Some(Secret::new("a-secret-of-the-tests-that-is-long-enough"));
    config.auth.internal_secret = Some(Secret::new(INTERNAL));
    config.auth.admin_password = Some(Secret::new("correct horse battery staple"));
    config.assistant.provider = switchboard::config::Provider::Off;
    // Receivers of the tests listen there, and nowhere else.
    config.webhooks.allow = vec!["127.0.0.1".to_owned()];
    config.webhooks.allow_http = true;
    config.limits.messages_per_10s = 1_000_000;
    config.limits.frames_per_60s = 1_000_000;
    config
}

impl Server {
    pub async fn start() -> Self {
        Self::with(|_| {}).await
    }

    /// On PostgreSQL.
    pub async fn on_postgres() -> Self {
        Self::on_postgres_with(|_| {}).await
    }

    /// On PostgreSQL, with other settings.
    pub async fn on_postgres_with(change: impl FnOnce(&mut Config)) -> Self {
        let url = super::postgres::fresh_database().await;
        Self::with(move |config| {
            config.database.url = PrivateUrl::new(url);
            change(config);
        })
        .await
    }

    /// With other settings.
    pub async fn with(change: impl FnOnce(&mut Config)) -> Self {
        Self::built(change, |builder| builder).await
    }

    /// With other settings and other parts.
    pub async fn built(change: impl FnOnce(&mut Config), parts: impl FnOnce(EngineBuilder) -> EngineBuilder) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut config = base(&folder);
        change(&mut config);
        Self::over(folder, config, ManualClock::new(MONDAY_10), parts).await
    }

    /// Ends, with every socket, and begins again over the same database.
    pub async fn restart(self) -> Self {
        let config = self.engine.node().config().clone();
        let Self { engine, clock, handle, _folder: folder, .. } = self;
        engine.node().writer().drain().await;
        handle.stop(false).await;
        engine.stop();
        Self::over(folder, config, clock, |builder| builder).await
    }

    async fn over(
        folder: tempfile::TempDir,
        config: Config,
        clock: ManualClock,
        parts: impl FnOnce(EngineBuilder) -> EngineBuilder,
    ) -> Self {
        let builder = Engine::builder().config(config).clock(Arc::new(clock.clone()));
        let engine = parts(builder).start().await.unwrap();
        let mounted = engine.clone();
        let server = HttpServer::new(move || {
            let engine = mounted.clone();
            App::new().configure(move |config| engine.configure(config))
        })
        .on_connect(switchboard::engine::on_connect)
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
        Self {
            engine,
            clock,
            address,
            http: reqwest::Client::builder().pool_max_idle_per_host(0).build().unwrap(),
            handle,
            _folder: folder,
        }
    }

    /// A token for somebody, made known to the engine.
    pub async fn token(&self, user: &User) -> String {
        self.engine.handle().token(user, Millis::from_mins(10_000)).await.unwrap()
    }

    /// Waits until the supervisor has handled what was sent to it, and stored it.
    pub async fn settle(&self) {
        for _ in 0..3 {
            self.engine.handle().routing_state().await.unwrap();
            self.engine.node().writer().drain().await;
        }
    }

    pub async fn call(&self, method: &str, path: &str, token: Option<&str>, body: Value) -> (u16, Value) {
        let method = reqwest::Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
        let mut request = self.http.request(method, format!("http://{}{path}", self.address));
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        if !body.is_null() {
            request = request.json(&body);
        }
        let response = request.send().await.unwrap();
        let status = response.status().as_u16();
        let text = response.text().await.unwrap();
        (status, serde_json::from_str(&text).unwrap_or(json!(text)))
    }

    pub async fn get(&self, path: &str, token: &str) -> (u16, Value) {
        self.call("get", path, Some(token), Value::Null).await
    }

    pub async fn post(&self, path: &str, token: &str, body: Value) -> (u16, Value) {
        self.call("post", path, Some(token), body).await
    }

    pub async fn stop(self) {
        self.handle.stop(false).await;
        self.engine.stop();
    }
}
