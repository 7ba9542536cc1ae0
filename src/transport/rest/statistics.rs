//! How the service did, for admins.

use std::str::FromStr;

use actix_web::HttpResponse;
use chrono::DateTime;
use chrono_tz::Tz;
use serde::Deserialize;

use crate::auth::policy::Action;
use crate::domain::statistics::{self, AgentFigures, Bucket, Figures, Range, Spread};
use crate::domain::time::{Millis, Timestamp};
use crate::protocol::error::WireError;
use crate::protocol::json::Object;
use crate::store::FactsFilter;

use super::answer::{ApiError, ok};
use super::params::Params;
use super::who::Who;

/// Conversations (and waits, and assignments) that one report is made of at most.
const MOST: i64 = 200_000;
const WEEK: Millis = Millis::from_mins(7 * 24 * 60);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Query {
    #[serde(alias = "startDate")]
    from: Option<String>,
    #[serde(alias = "endDate")]
    to: Option<String>,
    bucket: Option<String>,
    time_zone: Option<String>,
    chatbot_id: Option<String>,
}

fn moment(field: &str, text: &str) -> Result<Timestamp, WireError> {
    DateTime::parse_from_rfc3339(text)
        .map(|at| Timestamp::from_millis(at.timestamp_millis()))
        .map_err(|_| WireError::invalid(field, "must be a time such as 2026-11-23T00:00:00Z"))
}

/// The range asked for: the last seven days by days, in UTC, unless said otherwise.
fn range(query: &Query, now: Timestamp) -> Result<Range, WireError> {
    let to = query.to.as_deref().map_or(Ok(now), |text| moment("to", text))?;
    let from = query.from.as_deref().map_or(Ok(to - WEEK), |text| moment("from", text))?;
    let bucket = match query.bucket.as_deref() {
        None => Bucket::Day,
        Some(text) => Bucket::parse(text).ok_or_else(|| WireError::invalid("bucket", "must be hour, day or week"))?,
    };
    let zone = match query.time_zone.as_deref() {
        None => Tz::UTC,
        Some(name) => {
            Tz::from_str(name).map_err(|_| WireError::invalid("timeZone", "is no zone such as Europe/Berlin"))?
        }
    };
    let span = to.as_millis().saturating_sub(from.as_millis());
    let longest = bucket.longest_range_ms();
    if !(1..=longest).contains(&span) {
        let days = longest / 86_400_000;
        return Err(WireError::invalid("to", format!("must be after from, and at most {days} days after it")));
    }
    Ok(Range { from, to, bucket, zone })
}

async fn gather(who: &Who, query: &Query) -> Result<(Range, statistics::Report, bool), ApiError> {
    let range = range(query, who.node.now()).map_err(|error| who.refused(error))?;
    let filter = FactsFilter {
        from: range.from,
        to: range.to,
        chatbot_id: query.chatbot_id.clone().map(Into::into),
        limit: MOST,
    };
    let facts = who.node.store().facts(&filter).await?;
    let report = statistics::report(range, &facts.conversations, &facts.waits, &facts.assignments);
    Ok((range, report, facts.cut))
}

pub(super) async fn get(who: Who, query: Params<Query>) -> Result<HttpResponse, ApiError> {
    who.may(Action::StatisticsGet)?;
    let (range, report, cut) = gather(&who, &query).await?;
    let names = names(&who).await;
    Ok(ok(|o| {
        o.time("from", range.from).time("to", range.to).text("bucket", range.bucket.as_str());
        o.text("timeZone", range.zone.name()).flag("truncated", cut);
        o.object("total", |o| figures(o, &report.total));
        o.list("buckets", &report.buckets, |o, (start, of)| {
            o.time("start", *start);
            figures(o, of);
        });
        o.list("agents", &report.agents, |o, agent| agent_figures(o, agent, &names));
    }))
}

/// Seed 002's statistics of staff: the table by agent alone.
pub(super) async fn staff(who: Who, query: Params<Query>) -> Result<HttpResponse, ApiError> {
    who.may(Action::StatisticsGet)?;
    let (range, report, cut) = gather(&who, &query).await?;
    let names = names(&who).await;
    Ok(ok(|o| {
        o.time("from", range.from).time("to", range.to).flag("truncated", cut);
        o.list("items", &report.agents, |o, agent| agent_figures(o, agent, &names));
    }))
}

type Names = std::collections::BTreeMap<String, String>;

/// Names are a kindness: without them the ids are shown.
async fn names(who: &Who) -> Names {
    who.node.routing_state().await.map_or_else(
        |_| Names::new(),
        |(_, state)| state.agents.values().map(|agent| (agent.id.to_string(), agent.name.clone())).collect(),
    )
}

fn int_or_null(o: &mut Object<'_>, key: &str, value: Option<i64>) {
    match value {
        Some(value) => o.int(key, value),
        None => o.null(key),
    };
}

fn spread(o: &mut Object<'_>, key: &str, spread: Spread) {
    o.object(key, |o| {
        o.int("count", spread.count);
        int_or_null(o, "p50", spread.p50);
        int_or_null(o, "p90", spread.p90);
    });
}

fn ratings(o: &mut Object<'_>, counts: [i64; 5]) {
    let mean = Figures { ratings: counts, ..Figures::default() }.mean_rating_hundredths();
    o.object("ratings", |o| {
        for (key, count) in ["1", "2", "3", "4", "5"].into_iter().zip(counts) {
            o.int(key, count);
        }
        o.int("count", counts.iter().sum::<i64>());
        int_or_null(o, "meanHundredths", mean);
    });
}

fn figures(o: &mut Object<'_>, of: &Figures) {
    o.int("arrivals", of.arrivals).int("escalations", of.escalations).int("assigned", of.assigned);
    o.int("closed", of.closed).int("assistantOnly", of.assistant_only);
    int_or_null(o, "assistantOnlyPermille", of.assistant_only_permille());
    spread(o, "waitMs", of.waits);
    spread(o, "predictedP50Ms", of.predicted_p50);
    spread(o, "predictedP90Ms", of.predicted_p90);
    o.object("forecast", |o| {
        o.int("samples", of.accuracy.samples).int("maeMs", of.accuracy.mae_ms).int("biasMs", of.accuracy.bias_ms);
        o.int("p90Samples", of.accuracy.p90_samples);
        o.int("p90CoveragePermille", of.accuracy.p90_coverage_permille);
    });
    o.int("abandoned", of.abandoned).int("canceled", of.canceled).int("expired", of.expired);
    int_or_null(o, "abandonmentPermille", of.abandonment_permille());
    spread(o, "firstResponseMs", of.first_response);
    spread(o, "resolutionMs", of.resolution);
    ratings(o, of.ratings);
}

fn agent_figures(o: &mut Object<'_>, agent: &AgentFigures, names: &Names) {
    let id = agent.agent_id.as_str();
    o.text("agentId", id).text("name", names.get(id).map_or(id, String::as_str)).int("assigned", agent.assigned);
    spread(o, "handlingMs", agent.handling);
    spread(o, "firstResponseMs", agent.first_response);
    ratings(o, agent.ratings);
}
