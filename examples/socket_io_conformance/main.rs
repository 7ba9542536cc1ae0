//! A bare Engine.IO echo at `/engine.io/` and a small Socket.IO server at `/socket.io/`, on the transport that sessions
//! use; for the protocols' conformance suites.
//!
//! `cargo run --example socket_io_conformance -- [PORT]`; port 0 takes a free one. The address is printed.

mod app;

use std::sync::Arc;

use actix_web::{App, HttpServer};
use switchboard::clock::SystemClock;
use switchboard::transport::ws;

#[expect(clippy::print_stdout, reason = "the address is for whoever started it")]
#[actix_web::main]
async fn main() -> std::io::Result<()> {
    let port = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(0_u16);
    let server = app::Server::new(Arc::new(SystemClock));
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
