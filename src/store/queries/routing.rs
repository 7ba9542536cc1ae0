//! What the supervisor reads.

use std::collections::HashMap;

use diesel::prelude::*;

use crate::domain::agent::Agent;
use crate::domain::conversation::ConversationStatus as Status;
use crate::domain::escalation::{Assignment, Decision, Offer, QueueEntry, State, WaitSample};
use crate::domain::ids::{AgentId, ConversationId, DecisionId, OfferId, UserId};
use crate::domain::time::Timestamp;
use crate::store::rows::{
    AgentRow, AssignmentRow, ConversationRow, DecisionRow, EntryRow, OfferRow, StatsRow, WaitSampleRow,
};
use crate::store::schema::{
    agents, assignments, conversations, decisions, offers, queue_entries, service_stats, wait_samples,
};
use crate::store::{Cursor, DecisionFilter, Failed, LoggedDecision, Result};

use super::{Conn, RunQueryDsl};

/// Conversations that the supervisor follows.
const LIVE: [Status; 4] = [Status::WaitingForAgent, Status::Offered, Status::AgentAssigned, Status::WrapUp];

pub(in crate::store) async fn load(conn: &mut Conn) -> Result<State> {
    let mut state = State::default();
    let rows: Vec<AgentRow> = run!(agents::table.select(AgentRow::as_select()).load(conn)).failed()?;
    for row in rows {
        let agent = row.read()?;
        state.agents.insert(agent.id.clone(), agent);
    }
    let open: Vec<(String, String)> = run!(
        assignments::table
            .filter(assignments::ended_at.is_null())
            .select((assignments::conversation_id, assignments::id))
            .load(conn)
    )
    .failed()?;
    let mut open: HashMap<String, String> = open.into_iter().collect();
    let live = LIVE.map(Status::as_str);
    let rows: Vec<ConversationRow> = run!(
        conversations::table
            .filter(conversations::kind.eq("support"))
            .filter(conversations::status.eq_any(live))
            .select(ConversationRow::as_select())
            .load(conn)
    )
    .failed()?;
    for row in rows {
        let assignment_id = open.remove(&row.id);
        let case = row.read_case(assignment_id)?;
        state.cases.insert(case.conversation_id.clone(), case);
    }
    let rows: Vec<EntryRow> =
        run!(queue_entries::table.filter(queue_entries::ended_at.is_null()).select(EntryRow::as_select()).load(conn))
            .failed()?;
    for row in rows {
        let entry = row.read()?;
        state.entries.insert(entry.conversation_id.clone(), entry);
    }
    let rows: Vec<OfferRow> =
        run!(offers::table.filter(offers::status.eq("pending")).select(OfferRow::as_select()).load(conn)).failed()?;
    for row in rows {
        let offer = row.read()?;
        state.offers.insert(offer.id.clone(), offer);
    }
    let stats: Option<StatsRow> =
        run!(service_stats::table.select(StatsRow::as_select()).first(conn)).optional().failed()?;
    state.stats = stats.map(StatsRow::read).unwrap_or_default();
    Ok(state)
}

pub(in crate::store) async fn decisions(
    conn: &mut Conn,
    id: ConversationId,
    limit: i64,
) -> Result<Vec<(DecisionId, Decision)>> {
    let rows: Vec<DecisionRow> = run!(
        decisions::table
            .filter(decisions::conversation_id.eq(id.as_str()))
            .order((decisions::at.asc(), decisions::id.asc()))
            .limit(limit)
            .select(DecisionRow::as_select())
            .load(conn)
    )
    .failed()?;
    rows.into_iter().map(DecisionRow::read).collect()
}

/// Newest first, over all conversations.
pub(in crate::store) async fn decision_log(
    conn: &mut Conn,
    filter: DecisionFilter,
    after: Option<Cursor>,
    limit: i64,
) -> Result<Vec<LoggedDecision>> {
    let mut query = decisions::table
        .inner_join(conversations::table.on(conversations::id.eq(decisions::conversation_id)))
        .select((DecisionRow::as_select(), conversations::customer_name))
        .into_boxed();
    if let Some(agent_id) = &filter.agent_id {
        query = query.filter(decisions::agent_id.eq(agent_id.to_string()));
    }
    if let Some(outcome) = filter.outcome {
        query = query.filter(decisions::outcome.eq(outcome.as_str()));
    }
    if let Some(rule) = filter.rule {
        query = query.filter(decisions::rule.eq(i32::from(rule)));
    }
    if let Some(manual) = filter.manual {
        query = query.filter(decisions::manual.eq(manual));
    }
    if let Some(Cursor { at, id }) = after {
        let at = at.as_millis();
        query = query.filter(decisions::at.lt(at).or(decisions::at.eq(at).and(decisions::id.lt(id))));
    }
    let query = query.order((decisions::at.desc(), decisions::id.desc())).limit(limit);
    let rows: Vec<(DecisionRow, String)> = run!(query.load(conn)).failed()?;
    rows.into_iter()
        .map(|(row, customer_name)| row.read().map(|decision| LoggedDecision { decision, customer_name }))
        .collect()
}

pub(in crate::store) async fn offer(conn: &mut Conn, id: OfferId) -> Result<Option<Offer>> {
    let row: Option<OfferRow> =
        run!(offers::table.find(id.as_str()).select(OfferRow::as_select()).first(conn)).optional().failed()?;
    row.map(OfferRow::read).transpose()
}

pub(in crate::store) async fn offers_of(conn: &mut Conn, agent_id: AgentId, limit: i64) -> Result<Vec<Offer>> {
    let rows: Vec<OfferRow> = run!(
        offers::table
            .filter(offers::agent_id.eq(agent_id.as_str()))
            .order((offers::created_at.desc(), offers::id.desc()))
            .limit(limit)
            .select(OfferRow::as_select())
            .load(conn)
    )
    .failed()?;
    rows.into_iter().map(OfferRow::read).collect()
}

pub(in crate::store) async fn queue_entry(conn: &mut Conn, id: ConversationId) -> Result<Option<QueueEntry>> {
    // The open one first, then the newest: a requeued entry keeps its old time.
    let row: Option<EntryRow> = run!(
        queue_entries::table
            .filter(queue_entries::conversation_id.eq(id.as_str()))
            .order((queue_entries::ended_at.is_null().desc(), queue_entries::ended_at.desc()))
            .select(EntryRow::as_select())
            .first(conn)
    )
    .optional()
    .failed()?;
    row.map(EntryRow::read).transpose()
}

pub(in crate::store) async fn assignments(conn: &mut Conn, id: ConversationId) -> Result<Vec<Assignment>> {
    let rows: Vec<AssignmentRow> = run!(
        assignments::table
            .filter(assignments::conversation_id.eq(id.as_str()))
            .order((assignments::assigned_at.asc(), assignments::id.asc()))
            .select(AssignmentRow::as_select())
            .load(conn)
    )
    .failed()?;
    Ok(rows.into_iter().map(AssignmentRow::read).collect())
}

pub(in crate::store) async fn last_agent_of(conn: &mut Conn, customer_id: UserId) -> Result<Option<AgentId>> {
    let found: Option<Option<String>> = run!(
        conversations::table
            .filter(conversations::customer_id.eq(customer_id.as_str()))
            .filter(conversations::status.eq("CLOSED"))
            .filter(conversations::assigned_agent_id.is_not_null())
            .order(conversations::last_message_at.desc())
            .select(conversations::assigned_agent_id)
            .first(conn)
    )
    .optional()
    .failed()?;
    Ok(found.flatten().map(AgentId::from))
}

pub(in crate::store) async fn wait_samples(conn: &mut Conn, since: Timestamp, limit: i64) -> Result<Vec<WaitSample>> {
    let rows: Vec<WaitSampleRow> = run!(
        wait_samples::table
            .filter(wait_samples::queued_at.ge(since.as_millis()))
            .order((wait_samples::queued_at.asc(), wait_samples::id.asc()))
            .limit(limit)
            .select(WaitSampleRow::as_select())
            .load(conn)
    )
    .failed()?;
    rows.into_iter().map(WaitSampleRow::read).collect()
}

pub(in crate::store) async fn agent(conn: &mut Conn, id: AgentId) -> Result<Option<Agent>> {
    let row: Option<AgentRow> =
        run!(agents::table.find(id.as_str()).select(AgentRow::as_select()).first(conn)).optional().failed()?;
    row.map(AgentRow::read).transpose()
}
