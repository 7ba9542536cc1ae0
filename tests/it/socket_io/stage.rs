//! The conformance example: in process, with a clock that stands still unless a test moves it, or as the program
//! itself, whose clock goes by itself.

use std::process::Stdio;
use std::sync::Arc;

use actix_web::dev::ServerHandle;
use actix_web::{App, HttpServer};
use serde_json::Value;
use switchboard::clock::ManualClock;
use switchboard::domain::time::Millis;
use switchboard::transport::ws;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use super::app;
pub use super::app::HEARTBEAT;
use crate::support::server::MONDAY_10;
use crate::support::socket_io::Wire;

/// Where the echo of bare Engine.IO is.
pub const ENGINE_IO: &str = "/engine.io/";
/// Where the small Socket.IO server is.
pub const SOCKET_IO: &str = "/socket.io/";

/// Pings as often as the suites want them, with time enough to answer.
pub const PATIENT: [i64; 2] = [HEARTBEAT[0], 60_000];
/// No pings while a test lasts.
pub const QUIET: [i64; 2] = [60_000, 60_000];

pub struct Stage {
    /// The path that the stage's requests are for.
    pub at: &'static str,
    /// Milliseconds between pings, and for an answer to one.
    pub heartbeat: [i64; 2],
    pub address: String,
    pub http: reqwest::Client,
    inside: Option<(ManualClock, ServerHandle)>,
    /// Ends with the stage, also when a test fails.
    _program: Option<Child>,
}

impl Stage {
    fn new(at: &'static str, heartbeat: [i64; 2], address: String) -> Self {
        let http = reqwest::Client::builder().pool_max_idle_per_host(0).build().unwrap();
        Self { at, heartbeat, address, http, inside: None, _program: None }
    }

    /// In this process. Time stands still, so the heartbeat is always the suites'.
    pub fn start(at: &'static str) -> Self {
        let clock = ManualClock::new(MONDAY_10);
        let app = app::Server::new(Arc::new(clock.clone()), HEARTBEAT);
        let server = HttpServer::new(move || App::new().configure(|config| app.configure(config)))
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
        Self { inside: Some((clock, handle)), ..Self::new(at, HEARTBEAT, address) }
    }

    /// The program, which `cargo test` and `cargo nextest run` build beside the tests.
    pub async fn program(at: &'static str, heartbeat: [i64; 2]) -> Self {
        let tests = std::env::current_exe().unwrap();
        let path = tests.ancestors().nth(2).unwrap().join("examples/socket_io_conformance");
        assert!(path.exists(), "cargo build --example socket_io_conformance");
        let mut program = Command::new(path)
            .arg("0")
            .args(heartbeat.map(|millis| millis.to_string()))
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(program.stdout.take().unwrap()).lines();
        let said = lines.next_line().await.unwrap().expect("the program ended");
        let address = said.strip_prefix("listening on ").unwrap_or_else(|| panic!("{said}")).to_owned();
        Self { _program: Some(program), ..Self::new(at, heartbeat, address) }
    }

    pub async fn request(&self, method: &str, path_and_query: &str, body: &str) -> (u16, String) {
        let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
        let url = format!("http://{}{path_and_query}", self.address);
        let response = self.http.request(method, url).body(body.to_owned()).send().await.unwrap();
        (response.status().as_u16(), response.text().await.unwrap())
    }

    /// `GET` of a session's packets.
    pub async fn poll(&self, sid: &str) -> (u16, String) {
        self.request("GET", &format!("{}?EIO=4&transport=polling&sid={sid}", self.at), "").await
    }

    /// `POST` of packets.
    pub async fn push(&self, sid: &str, body: &str) -> (u16, String) {
        self.request("POST", &format!("{}?EIO=4&transport=polling&sid={sid}", self.at), body).await
    }

    /// A new session's id by polling.
    pub async fn session(&self) -> String {
        let (status, body) = self.request("GET", &format!("{}?EIO=4&transport=polling", self.at), "").await;
        assert_eq!(status, 200, "{body}");
        opened(&body)["sid"].as_str().unwrap().to_owned()
    }

    /// A WebSocket; its first packet is still to be read.
    pub async fn wire(&self, query: &str) -> Wire {
        Wire::open(&self.address, self.at, query, &[]).await.unwrap()
    }

    /// A WebSocket that was greeted.
    pub async fn greeted(&self) -> Wire {
        let mut wire = self.wire("").await;
        wire.text().await;
        wire
    }

    /// Lets time pass; the program's passes by itself.
    pub fn later(&self, millis: i64) {
        if let Some((clock, _)) = &self.inside {
            clock.advance(Millis::new(millis));
        }
    }

    pub async fn stop(self) {
        if let Some((_, handle)) = self.inside {
            handle.stop(false).await;
        }
    }
}

/// The first packet of a session.
pub fn opened(packet: &str) -> Value {
    serde_json::from_str(packet.strip_prefix('0').unwrap_or_else(|| panic!("{packet}"))).unwrap()
}

/// Cases that are functions of a stage: `name: path, heartbeat of the program; cases`. Each runs in process and of the
/// program.
macro_rules! on_stage {
    ($name:ident: $at:ident, $heartbeat:ident; $($case:ident),+ $(,)?) => {
        mod $name {
            use super::super::stage::{$at, $heartbeat, Stage};

            mod in_process {
                $(#[actix_web::test]
                async fn $case() {
                    super::super::$case(super::Stage::start(super::$at)).await;
                })+
            }

            mod of_the_program {
                $(#[actix_web::test]
                async fn $case() {
                    super::super::$case(super::Stage::program(super::$at, super::$heartbeat).await).await;
                })+
            }
        }
    };
}
pub(crate) use on_stage;
