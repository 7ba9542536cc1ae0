//! Echoes every message through the same socket pump that sessions use; for WebSocket conformance suites.
//!
//! `cargo run --example echo_server -- [PORT]`; port 0 takes a free one. The address is printed.

use actix::{Actor, Context, Handler, Recipient};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use switchboard::actors::link::{FromPump, ToPump};
use switchboard::actors::tell::{Overflow, tell_recipient};
use switchboard::protocol::frames::FrameLimits;
use switchboard::transport::ws::{self, ConnectionBudget};

struct Echo {
    pump: Recipient<ToPump>,
}

impl Actor for Echo {
    type Context = Context<Self>;
}

impl Handler<FromPump> for Echo {
    type Result = ();

    fn handle(&mut self, message: FromPump, ctx: &mut Self::Context) {
        let answer = match message {
            FromPump::Text(text) => ToPump::Text(text),
            FromPump::Binary(bytes) => ToPump::Binary(bytes),
            FromPump::Ended { .. } => return actix::ActorContext::stop(ctx),
            FromPump::Heard | FromPump::Written(_) => return,
        };
        // A pump that is gone has nobody to echo to.
        let _ = tell_recipient(&self.pump, answer, Overflow::Force);
    }
}

async fn open(
    req: HttpRequest,
    body: web::Payload,
    budget: web::Data<ConnectionBudget>,
) -> actix_web::Result<HttpResponse> {
    let limits = FrameLimits { message_bytes: 32 << 20, binary: true };
    ws::upgrade(&req, body, limits, &budget, |pump, _cut| ws::up_to(Echo { pump }.start().recipient()))
}

#[expect(clippy::print_stdout, reason = "the address is for whoever started it")]
#[actix_web::main]
async fn main() -> std::io::Result<()> {
    let port = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(0_u16);
    let budget = ConnectionBudget::default();
    let server =
        HttpServer::new(move || App::new().app_data(web::Data::new(budget.clone())).route("/", web::get().to(open)))
            .on_connect(ws::remember_connection)
            .workers(2)
            .bind(("127.0.0.1", port))?;
    for address in server.addrs() {
        println!("listening on {address}");
    }
    server.run().await
}
