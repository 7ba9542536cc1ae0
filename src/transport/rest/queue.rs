//! The queue and the offers.

use actix_web::{HttpResponse, web};
use serde::Deserialize;

use crate::auth::policy::Action;
use crate::domain::command::Command;
use crate::domain::event::Reply;
use crate::domain::time::{Millis, Timestamp};
use crate::domain::wait::{Forecast, accuracy};
use crate::protocol::dialect::{read_body, shapes};

use super::answer::{ApiError, ok};
use super::params::Id;
use super::who::Who;

/// How far back forecasts are compared with what happened, and how many at most.
const FORECASTS_SINCE: Millis = Millis::from_mins(30 * 24 * 60);
const FORECASTS: i64 = 10_000;

type Answer = Result<HttpResponse, ApiError>;

pub(super) async fn list(who: Who) -> Answer {
    who.may(Action::QueueList)?;
    let (number, rows) = who.node.queue().await.map_err(|failure| who.refused(failure))?;
    Ok(ok(|o| {
        o.list("items", &rows, shapes::queue_row).int("number", number);
    }))
}

/// How good the forecasts of the last 30 days were, over all queues.
pub(super) async fn forecasts(who: Who) -> Answer {
    who.may(Action::QueueAccuracy)?;
    let since = Timestamp::from_millis(who.node.now().as_millis() - FORECASTS_SINCE.get());
    let samples = who.node.store().wait_samples(since, FORECASTS).await?;
    let report = accuracy(samples.iter().filter_map(Forecast::of));
    Ok(ok(|o| {
        o.time("since", since).int("samples", report.samples);
        o.int("maeMs", report.mae_ms).int("biasMs", report.bias_ms);
        o.int("p90Samples", report.p90_samples).int("p90CoveragePermille", report.p90_coverage_permille);
    }))
}

pub(super) async fn offers(who: Who) -> Answer {
    who.may(Action::OfferList)?;
    let found = who.node.store().offers_of(&who.known()?.user_id, 100).await?;
    Ok(ok(|o| {
        o.list("items", &found, shapes::offer);
    }))
}

pub(super) async fn accept(who: Who, id: Id) -> Answer {
    who.known()?;
    match who.execute(Command::AcceptOffer { offer_id: id.into_inner().into() }).await? {
        Reply::Assigned { conversation_id, agent_id, agent_name } => Ok(ok(|o| {
            o.text("status", "ASSIGNED").text("conversationId", conversation_id.as_str());
            o.text("agentId", agent_id.as_str()).text("agentName", &agent_name);
        })),
        _ => Ok(ok(|o| {
            o.flag("ok", true);
        })),
    }
}

#[derive(Deserialize)]
struct Decline {
    reason: Option<String>,
}

pub(super) async fn decline(who: Who, id: Id, bytes: web::Bytes) -> Answer {
    who.known()?;
    let decline: Decline = read_body(&bytes, who.node.limits().json_depth).map_err(|error| who.refused(error))?;
    who.execute(Command::DeclineOffer { offer_id: id.into_inner().into(), reason: decline.reason }).await?;
    Ok(ok(|o| {
        o.flag("ok", true);
    }))
}
