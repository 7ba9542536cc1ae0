//! What the conformance suites talk to. The tests mount it as well, with a clock that stands still.

use std::collections::BTreeSet;
use std::sync::Arc;

use actix::{Actor, ActorContext, ActorFutureExt, AsyncContext, Context, Handler, Recipient, WrapFuture};
use actix_web::{HttpRequest, HttpResponse, web};
use bytestring::ByteString;
use switchboard::actors::link::{FromPump, ToPump};
use switchboard::actors::tell::{Overflow, tell_recipient};
use switchboard::clock::Clock;
use switchboard::domain::session::RateLimit;
use switchboard::domain::time::Millis;
use switchboard::protocol::engine_io::link::LinkSettings;
use switchboard::protocol::socket_io::{Decoder, Fault, Kind, MAIN, Packet, arguments, encode, name};
use switchboard::transport::socket_io::{Above, EngineIo, serve};
use switchboard::transport::ws::ConnectionBudget;

const MAX_PAYLOAD: usize = 1_000_000;
/// Who has not entered a namespace by then is let go.
const CONNECT_TIMEOUT: Millis = Millis::from_secs(1);
const NAMESPACES: [&str; 2] = [MAIN, "/custom"];

/// The suites' heartbeat: milliseconds between pings, and for an answer to one.
pub const HEARTBEAT: [i64; 2] = [300, 200];

/// The server. Cheap to clone.
#[derive(Clone)]
pub struct Server {
    pub engine: EngineIo,
    clock: Arc<dyn Clock>,
}

impl Server {
    /// With a heartbeat as [`HEARTBEAT`] has it, and the suites' other numbers.
    pub fn new(clock: Arc<dyn Clock>, [ping_interval, ping_timeout]: [i64; 2]) -> Self {
        let settings = LinkSettings {
            ping_interval: Millis::new(ping_interval),
            ping_timeout: Millis::new(ping_timeout),
            max_payload: MAX_PAYLOAD,
            upgrade_timeout: Millis::from_secs(10),
            linger: Millis::from_secs(5),
            posts: RateLimit { count: 10_000, window: Millis::from_secs(60) },
            abuse_factor: 1,
        };
        let engine = EngineIo::new(settings, Arc::clone(&clock), ConnectionBudget::default());
        Self { engine, clock }
    }

    /// Mounts both paths.
    pub fn configure(&self, config: &mut web::ServiceConfig) {
        config
            .app_data(web::Data::new(self.clone()))
            .route("/engine.io/", web::to(engine_io))
            .route("/socket.io/", web::to(socket_io));
    }
}

async fn engine_io(req: HttpRequest, payload: web::Payload, server: web::Data<Server>) -> HttpResponse {
    let above: Above = Box::new(|pump, _cut| Echo { pump }.start().recipient());
    serve(&req, payload, &server.engine, MAX_PAYLOAD, above).await
}

async fn socket_io(req: HttpRequest, payload: web::Payload, server: web::Data<Server>) -> HttpResponse {
    let clock = Arc::clone(&server.clock);
    let above: Above = Box::new(move |pump, _cut| Client::new(pump, clock).start().recipient());
    serve(&req, payload, &server.engine, MAX_PAYLOAD, above).await
}

fn tell(pump: &Recipient<ToPump>, message: ToPump) {
    // A link that is gone says so by itself.
    let _ = tell_recipient(pump, message, Overflow::Force);
}

/// Says everything again.
struct Echo {
    pump: Recipient<ToPump>,
}

impl Actor for Echo {
    type Context = Context<Self>;
}

impl Handler<FromPump> for Echo {
    type Result = ();

    fn handle(&mut self, message: FromPump, ctx: &mut Self::Context) {
        match message {
            FromPump::Text(text) => tell(&self.pump, ToPump::Text(ByteString::from(format!("4{text}")))),
            FromPump::Binary(bytes) => tell(&self.pump, ToPump::Binary(bytes)),
            FromPump::Ended { .. } => ctx.stop(),
            FromPump::Heard | FromPump::Written(_) => {}
        }
    }
}

/// A client of the small Socket.IO server.
struct Client {
    pump: Recipient<ToPump>,
    clock: Arc<dyn Clock>,
    decoder: Decoder,
    entered: BTreeSet<ByteString>,
    entrances: u32,
}

impl Client {
    fn new(pump: Recipient<ToPump>, clock: Arc<dyn Clock>) -> Self {
        Self { pump, clock, decoder: Decoder::new(MAX_PAYLOAD), entered: BTreeSet::new(), entrances: 0 }
    }

    fn say(&self, kind: Kind, to: &Packet, id: Option<u64>, data: &str) {
        tell(&self.pump, ToPump::Text(encode(kind, &to.namespace, id, data, to.attachments.len())));
        for attachment in &to.attachments {
            tell(&self.pump, ToPump::Binary(attachment.clone()));
        }
    }

    fn end(&self) {
        tell(&self.pump, ToPump::Close { code: 1000, reason: String::new() });
    }

    fn take(&mut self, packet: Result<Option<Packet>, Fault>) {
        let packet = match packet {
            Ok(Some(packet)) => packet,
            Ok(None) => return,
            Err(_) => return self.end(),
        };
        match packet.kind {
            Kind::Connect if NAMESPACES.contains(&&*packet.namespace) => {
                self.entrances += 1;
                self.entered.insert(packet.namespace.clone());
                self.say(Kind::Connect, &packet, None, &format!("{{\"sid\":\"entrance-{}\"}}", self.entrances));
                let auth: &str = if packet.data.is_empty() { "{}" } else { &packet.data };
                self.say(Kind::Event, &packet, None, &format!("[\"auth\",{auth}]"));
            }
            Kind::Connect => self.say(Kind::ConnectError, &packet, None, r#"{"message":"Invalid namespace"}"#),
            _ if !self.entered.contains(&packet.namespace) => self.end(),
            Kind::Disconnect => {
                self.entered.remove(&packet.namespace);
                if self.entered.is_empty() {
                    self.end();
                }
            }
            Kind::Event => self.event(&packet),
            Kind::Ack | Kind::ConnectError => {}
        }
    }

    fn event(&self, packet: &Packet) {
        let arguments = arguments(packet).join(",");
        match (name(packet).as_deref(), packet.id) {
            (Some("message"), _) => {
                let data = if arguments.is_empty() {
                    r#"["message-back"]"#.to_owned()
                } else {
                    format!("[\"message-back\",{arguments}]")
                };
                self.say(Kind::Event, packet, None, &data);
            }
            (Some("message-with-ack"), Some(id)) => self.say(Kind::Ack, packet, Some(id), &format!("[{arguments}]")),
            _ => {}
        }
    }
}

impl Actor for Client {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        let late = self.clock.sleep_until(self.clock.now() + CONNECT_TIMEOUT);
        ctx.spawn(late.into_actor(self).map(|(), this, _| {
            if this.entrances == 0 {
                this.end();
            }
        }));
    }
}

impl Handler<FromPump> for Client {
    type Result = ();

    fn handle(&mut self, message: FromPump, ctx: &mut Self::Context) {
        match message {
            FromPump::Text(text) => {
                let packet = self.decoder.text(&text);
                self.take(packet);
            }
            FromPump::Binary(bytes) => {
                let packet = self.decoder.binary(bytes);
                self.take(packet);
            }
            FromPump::Ended { .. } => ctx.stop(),
            FromPump::Heard | FromPump::Written(_) => {}
        }
    }
}
