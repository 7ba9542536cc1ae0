//! Whether the process lives, and whether it can serve.

use actix_web::{HttpResponse, web};

use super::super::sockets::Worker;
use super::answer::{ApiError, ok};

/// The process answers.
pub(super) async fn live() -> HttpResponse {
    ok(|o| {
        o.text("status", "ok");
    })
}

/// The store takes writes and the supervisor has read it.
pub(super) async fn ready(worker: web::Data<Worker>) -> Result<HttpResponse, ApiError> {
    worker.node.ready().await?;
    Ok(ok(|o| {
        o.text("status", "ready").text("epoch", worker.node.epoch());
    }))
}
