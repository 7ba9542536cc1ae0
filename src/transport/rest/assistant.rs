//! What the assistant has done and cost.

use actix_web::HttpResponse;

use crate::auth::policy::Action;
use crate::domain::usage::{Histogram, LATENCY_BOUNDS_MS, ProviderCounters};
use crate::protocol::json::Object;

use super::answer::{ApiError, ok};
use super::who::Who;

pub(super) async fn usage(who: Who) -> Result<HttpResponse, ApiError> {
    who.may(Action::AssistantUsage)?;
    let counted = who.node.assistants().counted();
    Ok(ok(|o| {
        o.list("items", &counted, |o, (provider, counters)| {
            o.text("provider", provider);
            counters_of(o, counters);
        });
    }))
}

fn counters_of(o: &mut Object<'_>, counters: &ProviderCounters) {
    o.int("turns", counters.turns).int("answered", counters.answered).int("handOffs", counters.hand_offs);
    o.list("failures", &counters.failures, |o, (why, count)| {
        o.text("reason", why).int("count", *count);
    });
    o.int("dropped", counters.dropped);
    o.int("inputTokens", counters.input_tokens).int("outputTokens", counters.output_tokens);
    // A number of units: the sums inside are exact, what is shown is the nearest that JSON's numbers have.
    o.raw("cost", &counters.cost.as_units().to_string());
    o.object("firstDeltaMs", |o| histogram(o, &counters.first_delta));
    o.object("turnMs", |o| histogram(o, &counters.whole));
}

/// `upTo` is inclusive, and null in the last bucket.
fn histogram(o: &mut Object<'_>, histogram: &Histogram) {
    o.int("count", histogram.count).int("sum", histogram.sum_ms);
    for (key, percent) in [("p50", 50), ("p99", 99)] {
        match histogram.percentile(percent) {
            Some(bound) => o.int(key, bound.get()),
            None => o.null(key),
        };
    }
    let bounds = LATENCY_BOUNDS_MS.into_iter().map(Some).chain([None]);
    o.list("buckets", bounds.zip(histogram.buckets), |o, (bound, count)| {
        match bound {
            Some(bound) => o.int("upTo", bound),
            None => o.null("upTo"),
        };
        o.int("count", count);
    });
}
