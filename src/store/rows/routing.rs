//! Queue entries, offers, assignments, decisions, samples, what was learnt.

use diesel::prelude::{AsChangeset, Insertable, Queryable, Selectable};

use crate::domain::escalation::{
    Assignment, Candidate, Decision, EntryStatus, Offer, OfferStatus, Outcome, PassedOver, QueueEntry, ServiceStats,
    WaitSample,
};
use crate::domain::ids::{AgentId, DecisionId};
use crate::store::StoreError;
use crate::store::schema::{assignments, decisions, offers, queue_entries, service_stats, wait_samples};

use super::{Read, at, from_json, known, millis, moment, to_json};

#[derive(Queryable, Selectable, Insertable, AsChangeset, Clone)]
#[diesel(table_name = queue_entries, treat_none_as_null = true)]
pub(in crate::store) struct EntryRow {
    pub id: String,
    pub conversation_id: String,
    pub status: String,
    pub queued_at: i64,
    pub base_priority: i32,
    pub effective_priority: i32,
    pub skills: String,
    pub excluded: String,
    pub resets: i32,
    pub sticky_agent_id: Option<String>,
    pub sticky_until: Option<i64>,
    pub age_at: Option<i64>,
    pub relax_at: Option<i64>,
    pub retry_at: Option<i64>,
    pub max_wait_at: Option<i64>,
    pub abandon_at: Option<i64>,
    pub predicted_wait_s: Option<i64>,
    pub predicted_p90_s: Option<i64>,
    pub ended_at: Option<i64>,
}

impl EntryRow {
    pub fn new(entry: &QueueEntry, id: String) -> Self {
        let excluded: Vec<&str> = entry.excluded.iter().map(AgentId::as_str).collect();
        Self {
            id,
            conversation_id: entry.conversation_id.to_string(),
            status: entry.status.as_str().to_owned(),
            queued_at: entry.queued_at.as_millis(),
            base_priority: entry.base_priority,
            effective_priority: entry.effective_priority,
            skills: to_json(&entry.skills),
            excluded: to_json(&excluded),
            resets: entry.resets,
            sticky_agent_id: entry.sticky_agent_id.as_ref().map(ToString::to_string),
            sticky_until: millis(entry.sticky_until),
            age_at: millis(entry.age_at),
            relax_at: millis(entry.relax_at),
            retry_at: millis(entry.retry_at),
            max_wait_at: millis(entry.max_wait_at),
            abandon_at: millis(entry.abandon_at),
            predicted_wait_s: entry.predicted_wait_s,
            predicted_p90_s: entry.predicted_p90_s,
            ended_at: None,
        }
    }

    pub fn read(self) -> Read<QueueEntry> {
        let excluded: Vec<String> = from_json(&self.excluded, "queue_entries.excluded")?;
        Ok(QueueEntry {
            status: known(EntryStatus::parse(&self.status), "queue_entries.status", &self.status)?,
            skills: from_json(&self.skills, "queue_entries.skills")?,
            excluded: excluded.into_iter().map(Into::into).collect(),
            conversation_id: self.conversation_id.into(),
            queued_at: at(self.queued_at),
            base_priority: self.base_priority,
            effective_priority: self.effective_priority,
            resets: self.resets,
            sticky_agent_id: self.sticky_agent_id.map(Into::into),
            sticky_until: moment(self.sticky_until),
            age_at: moment(self.age_at),
            relax_at: moment(self.relax_at),
            retry_at: moment(self.retry_at),
            max_wait_at: moment(self.max_wait_at),
            abandon_at: moment(self.abandon_at),
            predicted_wait_s: self.predicted_wait_s,
            predicted_p90_s: self.predicted_p90_s,
        })
    }
}

#[derive(Queryable, Selectable, Insertable, Clone)]
#[diesel(table_name = offers)]
pub(in crate::store) struct OfferRow {
    pub id: String,
    pub conversation_id: String,
    pub agent_id: String,
    pub from_agent_id: Option<String>,
    pub team: Option<String>,
    pub note: Option<String>,
    pub excluded: String,
    pub status: String,
    pub created_at: i64,
    pub expires_at: i64,
}

impl OfferRow {
    pub fn new(offer: &Offer) -> Self {
        let excluded: Vec<&str> = offer.excluded.iter().map(AgentId::as_str).collect();
        Self {
            id: offer.id.to_string(),
            conversation_id: offer.conversation_id.to_string(),
            agent_id: offer.agent_id.to_string(),
            from_agent_id: offer.from_agent_id.as_ref().map(ToString::to_string),
            team: offer.team.clone(),
            note: offer.note.clone(),
            excluded: to_json(&excluded),
            status: offer.status.as_str().to_owned(),
            created_at: offer.created_at.as_millis(),
            expires_at: offer.expires_at.as_millis(),
        }
    }

    pub fn read(self) -> Read<Offer> {
        let excluded: Vec<String> = from_json(&self.excluded, "offers.excluded")?;
        Ok(Offer {
            status: known(OfferStatus::parse(&self.status), "offers.status", &self.status)?,
            excluded: excluded.into_iter().map(Into::into).collect(),
            id: self.id.into(),
            conversation_id: self.conversation_id.into(),
            agent_id: self.agent_id.into(),
            from_agent_id: self.from_agent_id.map(Into::into),
            team: self.team,
            note: self.note,
            created_at: at(self.created_at),
            expires_at: at(self.expires_at),
        })
    }
}

#[derive(Queryable, Selectable, Insertable, Clone)]
#[diesel(table_name = assignments)]
pub(in crate::store) struct AssignmentRow {
    pub id: String,
    pub conversation_id: String,
    pub agent_id: String,
    pub assigned_at: i64,
    pub manual: bool,
}

impl AssignmentRow {
    pub fn new(assignment: &Assignment) -> Self {
        Self {
            id: assignment.id.to_string(),
            conversation_id: assignment.conversation_id.to_string(),
            agent_id: assignment.agent_id.to_string(),
            assigned_at: assignment.assigned_at.as_millis(),
            manual: assignment.manual,
        }
    }

    pub fn read(self) -> Assignment {
        Assignment {
            id: self.id.into(),
            conversation_id: self.conversation_id.into(),
            agent_id: self.agent_id.into(),
            assigned_at: at(self.assigned_at),
            manual: self.manual,
        }
    }
}

#[derive(Queryable, Selectable, Insertable, Clone)]
#[diesel(table_name = decisions)]
pub(in crate::store) struct DecisionRow {
    pub id: String,
    pub conversation_id: String,
    pub at: i64,
    pub outcome: String,
    pub agent_id: Option<String>,
    pub candidates: String,
    pub candidates_left_out: i32,
    pub rule: i32,
    pub manual: bool,
    pub note: Option<String>,
}

/// A candidate in JSON: agent, free units, limit, why passed over.
type CandidateJson = (String, i32, i32, Option<String>);

impl DecisionRow {
    pub fn new(id: &DecisionId, decision: &Decision) -> Self {
        let candidates: Vec<CandidateJson> = decision
            .candidates
            .iter()
            .map(|c| (c.agent_id.to_string(), c.free, c.limit, c.passed_over.map(|why| why.as_str().to_owned())))
            .collect();
        Self {
            id: id.to_string(),
            conversation_id: decision.conversation_id.to_string(),
            at: decision.at.as_millis(),
            outcome: decision.outcome.as_str().to_owned(),
            agent_id: decision.agent_id.as_ref().map(ToString::to_string),
            candidates: to_json(&candidates),
            candidates_left_out: decision.candidates_left_out,
            rule: i32::from(decision.rule),
            manual: decision.manual,
            note: decision.note.clone(),
        }
    }

    pub fn read(self) -> Read<(DecisionId, Decision)> {
        let listed: Vec<CandidateJson> = from_json(&self.candidates, "decisions.candidates")?;
        let candidates = listed
            .into_iter()
            .map(|(agent_id, free, limit, why)| {
                let passed_over = match why {
                    Some(text) => Some(known(PassedOver::parse(&text), "decisions.candidates", &text)?),
                    None => None,
                };
                Ok(Candidate { agent_id: agent_id.into(), free, limit, passed_over })
            })
            .collect::<Read<Vec<_>>>()?;
        let decision = Decision {
            at: at(self.at),
            conversation_id: self.conversation_id.into(),
            outcome: known(Outcome::parse(&self.outcome), "decisions.outcome", &self.outcome)?,
            agent_id: self.agent_id.map(Into::into),
            candidates,
            candidates_left_out: self.candidates_left_out,
            rule: u8::try_from(self.rule).map_err(|_| StoreError::Corrupt("decisions.rule".into()))?,
            manual: self.manual,
            note: self.note,
        };
        Ok((self.id.into(), decision))
    }
}

#[derive(Queryable, Selectable, Insertable, Clone)]
#[diesel(table_name = wait_samples)]
pub(in crate::store) struct WaitSampleRow {
    pub id: String,
    pub conversation_id: String,
    pub queued_at: i64,
    pub waited_ms: i64,
    pub predicted_s: Option<i64>,
    pub predicted_p90_s: Option<i64>,
    pub outcome: String,
}

impl WaitSampleRow {
    pub fn new(sample: &WaitSample, id: String) -> Self {
        Self {
            id,
            conversation_id: sample.conversation_id.to_string(),
            queued_at: sample.queued_at.as_millis(),
            waited_ms: sample.waited_ms,
            predicted_s: sample.predicted_s,
            predicted_p90_s: sample.predicted_p90_s,
            outcome: sample.outcome.as_str().to_owned(),
        }
    }

    pub fn read(self) -> Read<WaitSample> {
        Ok(WaitSample {
            outcome: known(EntryStatus::parse(&self.outcome), "wait_samples.outcome", &self.outcome)?,
            conversation_id: self.conversation_id.into(),
            queued_at: at(self.queued_at),
            waited_ms: self.waited_ms,
            predicted_s: self.predicted_s,
            predicted_p90_s: self.predicted_p90_s,
        })
    }
}

#[derive(Queryable, Selectable, Insertable, AsChangeset, Clone)]
#[diesel(table_name = service_stats, treat_none_as_null = true)]
pub(in crate::store) struct StatsRow {
    pub id: i32,
    pub served: i64,
    pub holding_time_ewma_ms: i64,
    pub abandoned: i64,
    pub waited_total_ms: i64,
    pub bias_ewma_permille: i64,
    pub bias_samples: i64,
    pub last_wait_ms: Option<i64>,
}

impl StatsRow {
    pub fn new(stats: &ServiceStats) -> Self {
        Self {
            id: 1,
            served: stats.served,
            holding_time_ewma_ms: stats.holding_time_ewma_ms,
            abandoned: stats.abandoned,
            waited_total_ms: stats.waited_total_ms,
            bias_ewma_permille: stats.bias_ewma_permille,
            bias_samples: stats.bias_samples,
            last_wait_ms: stats.last_wait_ms,
        }
    }

    pub fn read(self) -> ServiceStats {
        ServiceStats {
            served: self.served,
            holding_time_ewma_ms: self.holding_time_ewma_ms,
            abandoned: self.abandoned,
            waited_total_ms: self.waited_total_ms,
            bias_ewma_permille: self.bias_ewma_permille,
            bias_samples: self.bias_samples,
            last_wait_ms: self.last_wait_ms,
        }
    }
}
