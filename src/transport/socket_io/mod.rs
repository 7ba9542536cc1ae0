//! Engine.IO 4 over HTTP: long polling, WebSocket, and the way from one to the other. What it carries is not its
//! business: [`serve`] takes whoever is above; [`route`] puts the sessions of the Socket.IO dialect there.

mod link;
mod registry;

use std::sync::Arc;
use std::sync::atomic::Ordering;

use actix::{Actor, Recipient};
use actix_web::http::{Method, StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, rt, web};
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt as _;
use tokio::sync::oneshot;

use crate::actors::link::{Cut, ToPump};
use crate::actors::session::{Opening, SessionActor};
use crate::actors::tell::{Overflow, tell_recipient};
use crate::clock::Clock;
use crate::config::Config;
use crate::domain::session::RateLimit;
use crate::domain::time::Millis;
use crate::protocol::dialect::KeyStyle;
use crate::protocol::engine_io::link::{LaneId, LinkSettings, PostRefusal};
use crate::protocol::engine_io::{self, Query, Refusal, Transport};
use crate::protocol::frames::FrameLimits;

use super::sockets::Worker;
use super::ws::{self, ConnectionBudget, Place, RETRY_AFTER_MS, Up};
use super::{edge, origin};
pub use link::Above;
use link::{Beginning, Lane, LinkActor, LinkRef, ToLink, packets};
pub use registry::Registry;
use registry::{Bound, Entry, Registered};

/// A WebSocket that has not taken over by then is let go.
const UPGRADE_TIMEOUT: Millis = Millis::from_secs(10);
/// What is left to be fetched after the end is kept for this long.
const LINGER: Millis = Millis::from_secs(5);

/// What all worker threads share for Engine.IO sessions. Cheap to clone.
#[derive(Clone)]
pub struct EngineIo {
    settings: Arc<LinkSettings>,
    clock: Arc<dyn Clock>,
    sessions: Registry,
    budget: ConnectionBudget,
}

impl EngineIo {
    /// Sessions with these numbers, counted with the sockets of `budget`.
    pub fn new(settings: LinkSettings, clock: Arc<dyn Clock>, budget: ConnectionBudget) -> Self {
        Self { settings: Arc::new(settings), clock, sessions: Registry::default(), budget }
    }

    /// How many sessions are open.
    pub fn open(&self) -> usize {
        self.sessions.len()
    }
}

/// The numbers of `[socket_io]` and `[limits]`.
pub fn settings(config: &Config) -> LinkSettings {
    let (numbers, limits, ms) = (&config.socket_io, &config.limits, crate::config::millis);
    LinkSettings {
        ping_interval: ms(numbers.ping_interval_ms),
        ping_timeout: ms(numbers.ping_timeout_ms),
        max_payload: numbers.max_payload_bytes,
        upgrade_timeout: UPGRADE_TIMEOUT,
        linger: LINGER,
        posts: RateLimit { count: limits.frames_per_60s.saturating_mul(2), window: Millis::from_secs(60) },
        abuse_factor: 1,
    }
}

/// One request of a client, whatever it is for. `above` is asked for who is above when it begins a session; a body or
/// message may be `first_bytes` large until that says otherwise.
pub async fn serve(
    req: &HttpRequest,
    payload: web::Payload,
    engine: &EngineIo,
    first_bytes: usize,
    above: Above,
) -> HttpResponse {
    let query = match engine_io::query(req.query_string()) {
        Ok(query) => query,
        Err(refusal) => return refused(refusal),
    };
    let (origin, token) = (text_of(req, &header::ORIGIN), ws::token_of(req));
    match query {
        Query { sid: None, transport } => {
            let bound = Bound::default();
            // The first to say so: what it says holds.
            let _ = bound.fits(origin, token);
            begin(req, payload, engine, transport, (first_bytes, bound, above))
        }
        Query { sid: Some(sid), transport } => {
            // A session of another page is as unknown as one that never was.
            match engine.sessions.find(sid).filter(|entry| entry.bound.fits(origin, token)) {
                Some(entry) => go_on(req, payload, engine, transport, &entry).await,
                None => refused(Refusal::UnknownSid),
            }
        }
    }
}

fn text_of(req: &HttpRequest, name: &header::HeaderName) -> Option<String> {
    req.headers().get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
}

fn is_upgrade(req: &HttpRequest) -> bool {
    req.headers().get(header::UPGRADE).is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"websocket"))
}

/// A session that is about to begin.
struct Fresh {
    engine: EngineIo,
    sid: String,
    registered: Registered,
    bound: Bound,
    above: Above,
}

impl Fresh {
    fn start(self, lane: Option<(LaneId, Lane)>, place: Option<Place>) -> LinkRef {
        let Self { engine, sid, registered, bound, above } = self;
        let body_bytes = registered.body_bytes();
        let (settings, clock) = (Arc::clone(&engine.settings), Arc::clone(&engine.clock));
        let link = LinkRef(LinkActor::begin(Beginning { settings, clock, registered, lane, place, above }));
        engine.sessions.enter(&sid, link.clone(), bound, body_bytes);
        link
    }
}

fn begin(
    req: &HttpRequest,
    payload: web::Payload,
    engine: &EngineIo,
    transport: Transport,
    first: (usize, Bound, Above),
) -> HttpResponse {
    if req.method() != Method::GET {
        return refused(Refusal::BadMethod);
    }
    if is_upgrade(req) != (transport == Transport::WebSocket) {
        return refused(Refusal::BadRequest);
    }
    let (first_bytes, bound, above) = first;
    let (sid, registered) = engine.sessions.reserve(first_bytes);
    let LinkSettings { ping_interval, ping_timeout, max_payload, .. } = *engine.settings;
    let polls = transport == Transport::Polling;
    let open = engine_io::open(&sid, polls, ping_interval, ping_timeout, max_payload);
    let fresh = Fresh { engine: engine.clone(), sid, registered, bound, above };
    if polls {
        let Some(place) = engine.budget.take() else { return no_room() };
        fresh.start(None, Some(place));
        return body(open.to_string());
    }
    let limits = FrameLimits { message_bytes: first_bytes, binary: true };
    let upgraded = ws::upgrade(req, payload, limits, &engine.budget, move |pump, cut| {
        // The pump waits for what is above it.
        let _ = tell_recipient(&pump, ToPump::Aside(open), Overflow::Force);
        let number = fresh.engine.sessions.number();
        let link = fresh.start(Some((number, lane(pump, cut))), None);
        up_by(link, number)
    });
    upgraded.unwrap_or_else(|_| refused(Refusal::BadRequest))
}

/// A WebSocket may be served by another thread than its session, and is cut on its own.
fn lane(pump: Recipient<ToPump>, connection: Box<dyn Cut>) -> Lane {
    let (cut, heard) = oneshot::channel();
    rt::spawn(async move {
        if heard.await.is_ok() {
            connection.cut();
        }
    });
    Lane { pump, cut }
}

fn up_by(link: LinkRef, number: LaneId) -> Up {
    Box::new(move |message| link.tell(ToLink::FromLane(number, message)))
}

async fn go_on(
    req: &HttpRequest,
    payload: web::Payload,
    engine: &EngineIo,
    transport: Transport,
    entry: &Entry,
) -> HttpResponse {
    match (transport, req.method()) {
        (Transport::Polling, &Method::GET) => match entry.link.poll(engine.sessions.number()).await {
            Ok(packets) => body(packets),
            Err(refusal) => refused(refusal),
        },
        (Transport::Polling, &Method::POST) => post(req, payload, entry).await,
        (Transport::WebSocket, &Method::GET) if is_upgrade(req) && entry.link.may_upgrade().await => {
            upgrade(req, payload, engine, entry)
        }
        _ => refused(Refusal::BadRequest),
    }
}

fn upgrade(req: &HttpRequest, payload: web::Payload, engine: &EngineIo, entry: &Entry) -> HttpResponse {
    let limits = FrameLimits { message_bytes: entry.body_bytes.load(Ordering::Relaxed), binary: true };
    let (link, number) = (entry.link.clone(), engine.sessions.number());
    let upgraded = ws::upgrade(req, payload, limits, &engine.budget, move |pump, cut| {
        link.tell(ToLink::Lane(number, lane(pump, cut)));
        up_by(link, number)
    });
    upgraded.unwrap_or_else(|_| refused(Refusal::BadRequest))
}

async fn post(req: &HttpRequest, payload: web::Payload, entry: &Entry) -> HttpResponse {
    let Some(_posting) = entry.begin_post() else {
        entry.link.tell(ToLink::PostsAtOnce);
        return refused(Refusal::BadRequest);
    };
    let most = entry.body_bytes.load(Ordering::Relaxed);
    match read(req, payload, most).await {
        Ok(bytes) => match entry.link.post(packets(bytes)).await {
            Ok(()) => body("ok".to_owned()),
            Err(PostRefusal::Refused(refusal)) => refused(refusal),
            Err(PostRefusal::TooFast) => HttpResponse::TooManyRequests().force_close().finish(),
        },
        Err(Unread::TooLarge) => HttpResponse::PayloadTooLarge().force_close().finish(),
        Err(Unread::Broken) => refused(Refusal::BadRequest),
    }
}

/// A body that was not read.
enum Unread {
    TooLarge,
    Broken,
}

/// Reads a body, and no more of it than is allowed.
async fn read(req: &HttpRequest, mut payload: web::Payload, most: usize) -> Result<Bytes, Unread> {
    let claimed = req.headers().get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
    if claimed.is_some_and(|claimed: usize| claimed > most) {
        return Err(Unread::TooLarge);
    }
    let mut whole = BytesMut::new();
    while let Some(piece) = payload.next().await {
        let piece = piece.map_err(|_| Unread::Broken)?;
        if whole.len().saturating_add(piece.len()) > most {
            return Err(Unread::TooLarge);
        }
        whole.extend_from_slice(&piece);
    }
    Ok(whole.freeze())
}

fn body(text: String) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "text/plain; charset=UTF-8"))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .body(text)
}

fn refused(refusal: Refusal) -> HttpResponse {
    let status = if refusal == Refusal::Forbidden { StatusCode::FORBIDDEN } else { StatusCode::BAD_REQUEST };
    HttpResponse::build(status).insert_header((header::CONTENT_TYPE, "application/json")).body(refusal.json())
}

fn no_room() -> HttpResponse {
    let after = (header::RETRY_AFTER, (RETRY_AFTER_MS / 1000).to_string());
    HttpResponse::ServiceUnavailable().insert_header(after).force_close().finish()
}

/// `/socket.io/`: the sessions of the Socket.IO dialect.
pub async fn route(
    req: HttpRequest,
    payload: web::Payload,
    worker: web::Data<Worker>,
    engine: web::Data<EngineIo>,
) -> HttpResponse {
    let node = &worker.node;
    if let Some(answer) = edge::preflight(&req) {
        return answer;
    }
    // Those that are there already fetch their goodbye.
    if node.is_stopping() && engine_io::query(req.query_string()).is_ok_and(|query| query.sid.is_none()) {
        return no_room();
    }
    if !origin::allowed(&req, node) {
        return refused(Refusal::Forbidden);
    }
    let token = ws::token_of(&req);
    let vouched = match &token {
        Some(token) => node.vouches_for(token).await,
        None => false,
    };
    let most = engine.settings.max_payload;
    let first_bytes = if vouched { most } else { most.min(node.limits().frame_bytes_unauthenticated) };
    let (session_node, hub) = (Arc::clone(node), worker.hub());
    let above: Above = Box::new(move |pump, cut| {
        let opening = Opening { keys: KeyStyle::SocketIo, token, pump, cut };
        SessionActor::new(session_node, hub, opening).start().recipient()
    });
    serve(&req, payload, &engine, first_bytes, above).await
}
