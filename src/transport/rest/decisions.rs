//! Why conversations were routed as they were, over all of them.

use actix_web::HttpResponse;
use serde::Deserialize;

use crate::auth::policy::Action;
use crate::domain::escalation::Outcome;
use crate::protocol::dialect::shapes;
use crate::protocol::error::WireError;
use crate::store::{DecisionFilter, LoggedDecision};

use super::answer::{ApiError, ok};
use super::conversations::most;
use super::cursor::{Page, cursor};
use super::params::Params;
use super::who::Who;

#[derive(Deserialize)]
pub(super) struct Query {
    agent: Option<String>,
    outcome: Option<String>,
    rule: Option<String>,
    manual: Option<bool>,
    limit: Option<i64>,
    cursor: Option<String>,
}

impl Query {
    fn filter(&self) -> Result<DecisionFilter, WireError> {
        let outcome = match self.outcome.as_deref() {
            None => None,
            Some(text) => {
                Some(Outcome::parse(text).ok_or_else(|| WireError::invalid("outcome", "is none that is decided"))?)
            }
        };
        let rule = match self.rule.as_deref() {
            None => None,
            Some(text) => {
                let number = text.strip_prefix('R').unwrap_or(text).parse().ok();
                Some(number.ok_or_else(|| WireError::invalid("rule", "must be a rule, like R7"))?)
            }
        };
        Ok(DecisionFilter { agent_id: self.agent.clone().map(Into::into), outcome, rule, manual: self.manual })
    }
}

pub(super) async fn list(who: Who, query: Params<Query>) -> Result<HttpResponse, ApiError> {
    who.may(Action::DecisionLog)?;
    let query = query.into_inner();
    let filter = query.filter().map_err(|error| who.refused(error))?;
    let page = Page { limit: query.limit, cursor: query.cursor };
    let limit = page.limit(most(&who)).map_err(|error| who.refused(error))?;
    let after = page.after().map_err(|error| who.refused(error))?;
    let found = who.node.store().decision_log(&filter, after.as_ref(), limit).await?;
    let next = found
        .last()
        .filter(|_| i64::try_from(found.len()).is_ok_and(|len| len == limit))
        .map(|LoggedDecision { decision: (id, decision), .. }| cursor(decision.at, id.as_str()));
    Ok(ok(|o| {
        o.list("items", &found, |o, logged| shapes::logged_decision(o, &logged.customer_name, &logged.decision));
        o.text_or_null("nextCursor", next.as_deref());
    }))
}
