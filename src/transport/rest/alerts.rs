//! What admins are warned of.

use actix_web::HttpResponse;

use crate::auth::policy::Action;

use super::answer::{ApiError, ok};
use super::who::Who;

pub(super) async fn list(who: Who) -> Result<HttpResponse, ApiError> {
    who.may(Action::AlertList)?;
    let found = who.node.alerts();
    Ok(ok(|o| {
        o.list("items", &found, |o, alert| {
            o.text("rule", alert.rule.as_str()).text("severity", alert.rule.severity());
            o.text("message", &alert.message).time("since", alert.since);
        });
    }))
}
