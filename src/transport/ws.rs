//! The socket pump: frames up, text down. The only place that names `actix_web_actors`, so that this lane can change.
//!
//! actix-web-actors is given a stream that never says anything, and our own decoder over the real payload beside it:
//! limits are judged on frame headers, fragments are put together and close codes chosen by us, while the crate
//! writes. The pump stops running while its client does not read (its context is polled as a response body), so it
//! decides nothing: the session watches it from outside and cuts the connection by [`Connection`].

use std::any::Any;
use std::cell::Cell;
use std::os::fd::{AsRawFd, RawFd};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Context, Poll};

use actix::{Actor, ActorContext, AsyncContext, Handler, Recipient, StreamHandler};
use actix_web::dev::Extensions;
use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, rt, web};
use actix_web_actors::ws::{self, CloseReason, Message, ProtocolError, WebsocketContext};
use bytes::Bytes;
use futures_util::Stream;

use crate::actors::link::{Cut, FromPump, ToPump};
use crate::actors::tell::{Overflow, tell_recipient};
use crate::protocol::frames::{Decoder, FrameFault, FrameLimits, Inbound};

/// File descriptors kept for everything but sockets: the database, listeners, logs.
const RESERVED_DESCRIPTORS: u64 = 256;
/// Of these, what connections for requests may take.
const REQUEST_CONNECTIONS: usize = 128;
/// Whoever found no room comes back after this.
pub const RETRY_AFTER_MS: i64 = 5_000;
/// Events of one socket that may wait for its pump; the session's own bound is in bytes.
const MAILBOX: usize = 1024;

/// A TCP connection as the session may end it from outside.
///
/// It holds the descriptor's number, not a copy: 15,000 sockets under a limit of 20,000 leave no room for copies. The
/// flag is cleared when the connection's data is dropped, which actix-http does before it closes the socket, on the
/// worker's own thread. Sessions of a socket live on that thread too, and `cut` runs there, so between the look at
/// the flag and the call nothing can close the descriptor and give its number to somebody else.
#[derive(Clone)]
pub struct Connection {
    descriptor: RawFd,
    alive: Arc<AtomicBool>,
}

impl Cut for Connection {
    fn cut(&self) {
        if self.alive.load(Ordering::Acquire) {
            // A connection that has ended by itself meanwhile is cut as well.
            let _ = nix::sys::socket::shutdown(self.descriptor, nix::sys::socket::Shutdown::Both);
        }
    }
}

/// Connections that are open in this process, whoever serves them: descriptors are the process's.
static CONNECTIONS: AtomicUsize = AtomicUsize::new(0);

/// What is kept with a connection; its end is the end of the descriptor.
struct Kept(Connection);

impl Kept {
    fn new(descriptor: RawFd) -> Self {
        CONNECTIONS.fetch_add(1, Ordering::Relaxed);
        Self(Connection { descriptor, alive: Arc::new(AtomicBool::new(true)) })
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        CONNECTIONS.fetch_sub(1, Ordering::Relaxed);
        self.0.alive.store(false, Ordering::Release);
    }
}

/// For `HttpServer::on_connect`: remembers how to end the connection, and switches Nagle's delay off.
pub fn remember_connection(io: &dyn Any, data: &mut Extensions) {
    if let Some(stream) = io.downcast_ref::<rt::net::TcpStream>() {
        // Without it messages are only later, not lost.
        let _ = stream.set_nodelay(true);
        data.insert(Kept::new(stream.as_raw_fd()));
    }
}

/// A server whose connections are not remembered (a host that left `on_connect` out) cannot cut a stuck client.
struct Unreachable;

impl Cut for Unreachable {
    fn cut(&self) {
        log::warn!("a stuck connection cannot be cut: the server was built without on_connect");
    }
}

/// Counts open sockets against the process's descriptor limit.
#[derive(Clone)]
pub struct ConnectionBudget {
    open: Arc<AtomicUsize>,
    most: usize,
}

impl Default for ConnectionBudget {
    fn default() -> Self {
        let limit = nix::sys::resource::getrlimit(nix::sys::resource::Resource::RLIMIT_NOFILE);
        let most = limit.map_or(1024, |(soft, _)| soft).saturating_sub(RESERVED_DESCRIPTORS).max(64);
        Self { open: Arc::new(AtomicUsize::new(0)), most: usize::try_from(most).unwrap_or(usize::MAX) }
    }
}

impl ConnectionBudget {
    /// Room for one more, given back when the guard is dropped.
    pub(super) fn take(&self) -> Option<Place> {
        let before = self.open.fetch_add(1, Ordering::Relaxed);
        let place = Place(Arc::clone(&self.open));
        // The connection that asks is among the open ones.
        (before < self.most && CONNECTIONS.load(Ordering::Relaxed) <= self.most).then_some(place)
    }

    /// Requests may still have half of what is kept back when there is no room for sockets any more.
    pub fn has_room_for_request(&self) -> bool {
        CONNECTIONS.load(Ordering::Relaxed) <= self.most.saturating_add(REQUEST_CONNECTIONS)
    }

    /// Open sockets.
    pub fn open(&self) -> usize {
        self.open.load(Ordering::Relaxed)
    }
}

/// Room for one.
pub(super) struct Place(Arc<AtomicUsize>);

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// How a pump hands up what it has.
pub type Up = Box<dyn Fn(FromPump)>;

/// The way up to a session itself.
pub fn up_to(session: Recipient<FromPump>) -> Up {
    Box::new(move |message| {
        // A session that is gone has ended this pump or is about to.
        let _ = tell_recipient(&session, message, Overflow::Force);
    })
}

/// Tells the session exactly once that the link is gone, however the pump ends.
struct Ends {
    up: Up,
    code: Option<u16>,
}

impl Drop for Ends {
    fn drop(&mut self) {
        (self.up)(FromPump::Ended { code: self.code });
    }
}

struct Pump {
    limits: Rc<Cell<FrameLimits>>,
    ends: Ends,
    /// A close frame was written; the next one of the client ends it.
    closing: bool,
    _place: Place,
}

type Ctx = WebsocketContext<Pump>;

impl Pump {
    fn up(&self, message: FromPump) {
        (self.ends.up)(message);
    }

    /// Says goodbye and lets the connection end once it is written.
    fn end(&mut self, code: u16, reason: &str, ctx: &mut Ctx) {
        if !self.closing {
            self.closing = true;
            let description = (!reason.is_empty()).then(|| reason.to_owned());
            ctx.close(Some(CloseReason { code: code.into(), description }));
        }
        ctx.stop();
    }
}

impl Actor for Pump {
    type Context = Ctx;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.set_mailbox_capacity(MAILBOX);
    }
}

impl StreamHandler<Result<Inbound, FrameFault>> for Pump {
    fn handle(&mut self, item: Result<Inbound, FrameFault>, ctx: &mut Self::Context) {
        match item {
            Ok(Inbound::Text(text)) if !self.closing => self.up(FromPump::Text(text)),
            Ok(Inbound::Binary(bytes)) if !self.closing => self.up(FromPump::Binary(bytes)),
            Ok(Inbound::Text(_) | Inbound::Binary(_)) => {}
            Ok(Inbound::Ping(payload)) => {
                if !self.closing {
                    ctx.pong(&payload);
                }
                self.up(FromPump::Heard);
            }
            Ok(Inbound::Pong) => self.up(FromPump::Heard),
            Ok(Inbound::Close(code)) => {
                self.ends.code = code;
                self.end(code.unwrap_or(1000), "", ctx);
            }
            Err(fault) => {
                log::debug!(fault:display; "connection closed for a fault of the client");
                self.ends.code = Some(fault.close_code());
                self.end(fault.close_code(), "", ctx);
            }
        }
    }

    /// The connection ended without a goodbye.
    fn finished(&mut self, ctx: &mut Self::Context) {
        ctx.stop();
    }
}

/// What actix-web-actors wants to see; its own decoder gets nothing to decode.
impl StreamHandler<Result<Message, ProtocolError>> for Pump {
    fn handle(&mut self, _item: Result<Message, ProtocolError>, _ctx: &mut Self::Context) {}
}

impl Handler<ToPump> for Pump {
    type Result = ();

    fn handle(&mut self, message: ToPump, ctx: &mut Self::Context) {
        match message {
            ToPump::Text(text) => {
                let bytes = text.len();
                // After the goodbye nothing is written, and a message that was not must not count as handed over.
                if !self.closing {
                    ctx.text(text);
                    self.up(FromPump::Written(bytes));
                }
            }
            ToPump::Aside(text) if !self.closing => ctx.text(text),
            ToPump::Aside(_) => {}
            ToPump::Binary(payload) => {
                let bytes = payload.len();
                if !self.closing {
                    ctx.binary(payload);
                }
                self.up(FromPump::Written(bytes));
            }
            ToPump::Ping if !self.closing => ctx.ping(b""),
            ToPump::Ping => {}
            ToPump::Limits { message_bytes } => {
                self.limits.set(FrameLimits { message_bytes, ..self.limits.get() });
            }
            ToPump::Close { code, reason } => {
                // The client's answer, or the session's patience, ends it.
                if !self.closing {
                    self.closing = true;
                    ctx.close(Some(CloseReason { code: code.into(), description: Some(reason) }));
                }
            }
        }
    }
}

/// Our decoder over a request's payload.
struct Frames {
    payload: web::Payload,
    decoder: Decoder,
    limits: Rc<Cell<FrameLimits>>,
    ended: bool,
}

impl Stream for Frames {
    type Item = Result<Inbound, FrameFault>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        loop {
            this.decoder.set_limits(this.limits.get());
            match this.decoder.next() {
                Ok(Some(inbound)) => return Poll::Ready(Some(Ok(inbound))),
                Ok(None) if this.ended => return Poll::Ready(None),
                Ok(None) => {}
                Err(fault) => {
                    this.ended = true;
                    return Poll::Ready(Some(Err(fault)));
                }
            }
            match Pin::new(&mut this.payload).poll_next(cx) {
                Poll::Ready(Some(Ok(bytes))) => this.decoder.push(&bytes),
                Poll::Ready(Some(Err(_)) | None) => this.ended = true,
                Poll::Pending => return Poll::Pending,
            }
        }
    }
}

/// Answers an upgrade and starts its pump. `make_session` gets the way down and the way to cut, and gives the way up.
///
/// # Errors
/// When the request is no proper upgrade (400), or there is no room for one more socket (503 with `Retry-After`).
pub fn upgrade(
    req: &HttpRequest,
    payload: web::Payload,
    limits: FrameLimits,
    budget: &ConnectionBudget,
    make_session: impl FnOnce(Recipient<ToPump>, Box<dyn Cut>) -> Up + 'static,
) -> Result<HttpResponse, actix_web::Error> {
    let Some(place) = budget.take() else {
        let after = (header::RETRY_AFTER, (RETRY_AFTER_MS / 1000).to_string());
        return Ok(HttpResponse::ServiceUnavailable().insert_header(after).force_close().finish());
    };
    let mut response = ws::handshake_with_protocols(req, &["bearer"])?;
    let cut: Box<dyn Cut> = match req.conn_data::<Kept>() {
        Some(kept) => Box::new(kept.0.clone()),
        None => Box::new(Unreachable),
    };
    let limits = Rc::new(Cell::new(limits));
    let frames = Frames { payload, decoder: Decoder::new(limits.get()), limits: Rc::clone(&limits), ended: false };
    let silent = futures_util::stream::pending::<Result<Bytes, actix_web::error::PayloadError>>();
    let body = WebsocketContext::with_factory(silent, move |ctx: &mut Ctx| {
        ctx.add_stream(frames);
        let up = make_session(ctx.address().recipient(), cut);
        Pump { limits, ends: Ends { up, code: None }, closing: false, _place: place }
    });
    Ok(response.streaming(body))
}

/// The token of an upgrade: `Authorization: Bearer`, the sub-protocol pair `bearer, <jwt>`, or `?token=`.
pub fn token_of(req: &HttpRequest) -> Option<String> {
    let text = |name: header::HeaderName| req.headers().get(name).and_then(|value| value.to_str().ok());
    if let Some(token) = text(header::AUTHORIZATION).and_then(bearer) {
        return Some(token.to_owned());
    }
    let protocols = text(header::SEC_WEBSOCKET_PROTOCOL).unwrap_or_default();
    if let Some(("bearer", token)) = protocols.split_once(',').map(|(name, token)| (name.trim(), token.trim())) {
        return Some(token.to_owned());
    }
    let query = web::Query::<Vec<(String, String)>>::from_query(req.query_string()).ok()?;
    query.into_inner().into_iter().find(|(key, token)| key == "token" && !token.is_empty()).map(|(_, token)| token)
}

/// The token of an `Authorization` header.
pub fn bearer(header: &str) -> Option<&str> {
    let (scheme, token) = header.split_once(' ')?;
    (scheme.eq_ignore_ascii_case("bearer") && !token.trim().is_empty()).then(|| token.trim())
}
