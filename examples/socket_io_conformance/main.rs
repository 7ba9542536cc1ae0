//! A bare Engine.IO echo at `/engine.io/` and a small Socket.IO server at `/socket.io/`, on the transport that sessions
//! use; for the protocols' conformance suites.
//!
//! `cargo run --example socket_io_conformance -- [PORT [PING_INTERVAL_MS [PING_TIMEOUT_MS]]]`; port 0 takes a free one,
//! the heartbeat is that of the suites (300 and 200 ms) unless said otherwise. The address is printed.

mod app;

use std::sync::Arc;

use actix_web::{App, HttpServer};
use switchboard::clock::SystemClock;
use switchboard::transport::ws;

#[expect(clippy::print_stdout, reason = "the address is for whoever started it")]
#[actix_web::main]
async fn main() -> std::io::Result<()> {
    let given = |place| std::env::args().nth(place);
    let port = given(1).and_then(|text| text.parse().ok()).unwrap_or(0_u16);
    let [interval, timeout] = app::HEARTBEAT;
    let millis = |place, usual| given(place).and_then(|text| text.parse().ok()).unwrap_or(usual);
    let server = app::Server::new(Arc::new(SystemClock), [millis(2, interval), millis(3, timeout)]);
    let server = HttpServer::new(move || App::new().configure(|config| server.configure(config)))
        .on_connect(ws::remember_connection)
        // A client that gives a request up is gone.
        .h1_allow_half_closed(false)
        .workers(2)
        .bind(("127.0.0.1", port))?;
    for address in server.addrs() {
        println!("listening on {address}");
    }
    server.run().await
}
