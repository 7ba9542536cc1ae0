//! `GET /ws`, `/` and `/api/v1/ws`: an upgrade becomes a session with its pump.

use std::cell::RefCell;
use std::sync::Arc;

use actix::{Actor, Addr};
use actix_web::{HttpRequest, HttpResponse, web};

use crate::actors::node::Node;
use crate::actors::session::hub::Hub;
use crate::actors::session::{Opening, SessionActor};
use crate::protocol::dialect::KeyStyle;
use crate::protocol::error::{ErrorCode, WireError};
use crate::protocol::frames::FrameLimits;

use super::origin;
use super::rest::answer::ApiError;
use super::ws::{self, ConnectionBudget};

/// What a worker thread serves with: the node, and the thread's own hub, made when the first session comes.
#[derive(Clone)]
pub struct Worker {
    /// The node.
    pub node: Arc<Node>,
    hub: RefCell<Option<Addr<Hub>>>,
    budget: ConnectionBudget,
}

impl Worker {
    /// For the present thread.
    pub fn new(node: Arc<Node>, budget: ConnectionBudget) -> Self {
        Self { node, hub: RefCell::new(None), budget }
    }

    /// Whether one more request may be answered without taking the descriptors that the sockets live on.
    pub fn has_room_for_request(&self) -> bool {
        self.budget.has_room_for_request()
    }

    pub(super) fn hub(&self) -> Addr<Hub> {
        let mut hub = self.hub.borrow_mut();
        match hub.as_ref().filter(|hub| hub.connected()) {
            Some(hub) => hub.clone(),
            None => {
                let fresh = Hub::new(Arc::clone(&self.node)).start();
                *hub = Some(fresh.clone());
                fresh
            }
        }
    }
}

/// The plain dialect with camelCase keys.
///
/// # Errors
/// A bad upgrade, a foreign origin, no room.
pub async fn camel(
    req: HttpRequest,
    payload: web::Payload,
    worker: web::Data<Worker>,
) -> Result<HttpResponse, ApiError> {
    open(&req, payload, &worker, KeyStyle::Camel).await
}

/// The plain dialect with `snake_case` keys (seed 003).
///
/// # Errors
/// As [`camel`].
pub async fn snake(
    req: HttpRequest,
    payload: web::Payload,
    worker: web::Data<Worker>,
) -> Result<HttpResponse, ApiError> {
    open(&req, payload, &worker, KeyStyle::Snake).await
}

async fn open(
    req: &HttpRequest,
    payload: web::Payload,
    worker: &Worker,
    keys: KeyStyle,
) -> Result<HttpResponse, ApiError> {
    let node = &worker.node;
    if node.is_stopping() {
        return Err(WireError::new(ErrorCode::Draining, "the server is going away").into());
    }
    if !origin::allowed(req, node) {
        return Err(WireError::new(ErrorCode::Forbidden, "this origin may not connect").into());
    }
    let token = ws::token_of(req);
    // Who brings a good token with the upgrade may say much in the first frame, before the store has been asked who it is.
    let vouched = match &token {
        Some(token) => node.vouches_for(token).await,
        None => false,
    };
    let limits = node.limits();
    let message_bytes = if vouched { limits.frame_bytes } else { limits.frame_bytes_unauthenticated };
    let limits = FrameLimits { message_bytes, binary: false };
    let (session_node, hub) = (Arc::clone(node), worker.hub());
    ws::upgrade(req, payload, limits, &worker.budget, move |pump, cut| {
        let opening = Opening { keys, token, pump, cut };
        ws::up_to(SessionActor::new(session_node, hub, opening).start().recipient())
    })
    .map_err(|error| WireError::new(ErrorCode::Invalid, error.to_string()).into())
}
