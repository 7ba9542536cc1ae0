//! Rows as they are stored, and their way to and from the domain. One place, for both databases.

use diesel::prelude::{AsChangeset, Insertable, Queryable, QueryableByName, Selectable};

use crate::domain::agent::{Agent, Availability, Capacity, Presence};
use crate::domain::chatbot::{Chatbot, FallbackPolicy, RoutingMode};
use crate::domain::conversation::{
    Conversation, ConversationKind, ConversationStatus, Handler, Participant, ParticipantRole,
};
use crate::domain::escalation::{
    Assignment, Candidate, Case, Decision, EntryStatus, Offer, OfferStatus, Outcome, PassedOver, QueueEntry,
    ServiceStats, WaitSample,
};
use crate::domain::hours::{DatedException, Interval};
use crate::domain::ids::{AgentId, DecisionId};
use crate::domain::message::{Message, MessageKind, NewMessage, NewNote, Note, SenderRole};
use crate::domain::time::Timestamp;
use crate::domain::user::{Role, User};

use super::schema::{
    agents, assignments, chatbots, conversations, decisions, messages, notes, offers, participants, queue_entries,
    service_stats, users, wait_samples,
};
use super::{Rating, StoreError};

/// What a row becomes.
pub(super) type Read<T> = Result<T, StoreError>;

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

fn moment(millis: Option<i64>) -> Option<Timestamp> {
    millis.map(Timestamp::from_millis)
}

fn millis(at: Option<Timestamp>) -> Option<i64> {
    at.map(Timestamp::as_millis)
}

fn known<T>(found: Option<T>, column: &str, text: &str) -> Read<T> {
    found.ok_or_else(|| StoreError::Corrupt(format!("{column}: unknown value {text:?}")))
}

/// Lists are stored as JSON text.
pub(super) fn to_json<T: serde::Serialize>(list: &T) -> String {
    // Plain lists of strings and numbers always become JSON.
    serde_json::to_string(list).unwrap_or_else(|_| "[]".to_owned())
}

fn from_json<T: serde::de::DeserializeOwned>(text: &str, column: &str) -> Read<T> {
    serde_json::from_str(text).map_err(|error| StoreError::Corrupt(format!("{column}: {error}")))
}

#[derive(Queryable, Selectable, Insertable, Clone)]
#[diesel(table_name = users)]
pub(super) struct UserRow {
    pub id: String,
    pub role: String,
    pub name: String,
    pub email: Option<String>,
    pub created_at: i64,
    pub disabled: bool,
}

impl UserRow {
    pub fn new(user: &User) -> Self {
        Self {
            id: user.id.to_string(),
            role: user.role.as_str().to_owned(),
            name: user.name.clone(),
            email: user.email.clone(),
            created_at: user.created_at.as_millis(),
            disabled: user.disabled,
        }
    }

    pub fn read(self) -> Read<User> {
        Ok(User {
            role: known(Role::parse(&self.role), "users.role", &self.role)?,
            id: self.id.into(),
            name: self.name,
            email: self.email,
            created_at: at(self.created_at),
            disabled: self.disabled,
        })
    }
}

#[derive(Queryable, Selectable, Insertable, Clone)]
#[diesel(table_name = agents)]
pub(super) struct AgentRow {
    pub id: String,
    pub name: String,
    pub availability: String,
    pub reason: Option<String>,
    pub presence: String,
    pub grace_until: Option<i64>,
    pub capacity_limit: i32,
    pub used_units: i32,
    pub held_units: i32,
    pub over_units: i32,
    pub skills: String,
    pub teams: String,
    pub missed_offers: i32,
    pub last_assigned_at: Option<i64>,
    pub last_seen_at: Option<i64>,
}

impl AgentRow {
    pub fn new(agent: &Agent) -> Self {
        Self {
            id: agent.id.to_string(),
            name: agent.name.clone(),
            availability: agent.availability.as_str().to_owned(),
            reason: agent.reason.clone(),
            presence: agent.presence.as_str().to_owned(),
            grace_until: millis(agent.grace_until),
            capacity_limit: agent.capacity.limit,
            used_units: agent.capacity.used,
            held_units: agent.capacity.held,
            over_units: agent.capacity.over,
            skills: to_json(&agent.skills),
            teams: to_json(&agent.teams),
            missed_offers: agent.missed_offers,
            last_assigned_at: millis(agent.last_assigned_at),
            last_seen_at: millis(agent.last_seen_at),
        }
    }

    pub fn read(self) -> Read<Agent> {
        Ok(Agent {
            availability: known(Availability::parse(&self.availability), "agents.availability", &self.availability)?,
            presence: known(Presence::parse(&self.presence), "agents.presence", &self.presence)?,
            skills: from_json(&self.skills, "agents.skills")?,
            teams: from_json(&self.teams, "agents.teams")?,
            id: self.id.into(),
            name: self.name,
            reason: self.reason,
            grace_until: moment(self.grace_until),
            capacity: Capacity {
                limit: self.capacity_limit,
                used: self.used_units,
                held: self.held_units,
                over: self.over_units,
            },
            missed_offers: self.missed_offers,
            last_assigned_at: moment(self.last_assigned_at),
            last_seen_at: moment(self.last_seen_at),
        })
    }
}

/// An agent's row without its load: what a change writes.
#[derive(AsChangeset)]
#[diesel(table_name = agents, treat_none_as_null = true)]
pub(super) struct AgentChange {
    pub name: String,
    pub availability: String,
    pub reason: Option<String>,
    pub presence: String,
    pub grace_until: Option<i64>,
    pub capacity_limit: i32,
    pub skills: String,
    pub teams: String,
    pub missed_offers: i32,
    pub last_assigned_at: Option<i64>,
    pub last_seen_at: Option<i64>,
}

impl From<AgentRow> for AgentChange {
    fn from(row: AgentRow) -> Self {
        Self {
            name: row.name,
            availability: row.availability,
            reason: row.reason,
            presence: row.presence,
            grace_until: row.grace_until,
            capacity_limit: row.capacity_limit,
            skills: row.skills,
            teams: row.teams,
            missed_offers: row.missed_offers,
            last_assigned_at: row.last_assigned_at,
            last_seen_at: row.last_seen_at,
        }
    }
}

#[derive(Queryable, Selectable, Insertable, Clone)]
#[diesel(table_name = conversations)]
pub(super) struct ConversationRow {
    pub id: String,
    pub kind: String,
    pub status: String,
    pub handler: String,
    pub chatbot_id: Option<String>,
    pub customer_id: String,
    pub customer_name: String,
    pub subject: Option<String>,
    pub client_id: Option<String>,
    pub assigned_agent_id: Option<String>,
    pub escalation_requested: bool,
    pub escalation_reason: Option<String>,
    pub escalation_requested_at: Option<i64>,
    pub escalated_at: Option<i64>,
    pub assigned_at: Option<i64>,
    pub first_response_at: Option<i64>,
    pub closed_at: Option<i64>,
    pub close_reason: Option<String>,
    pub priority: i32,
    pub skills: String,
    pub last_seq: i64,
    pub last_note_seq: i64,
    pub last_message_at: i64,
    pub created_at: i64,
    pub idle_warned_at: Option<i64>,
    pub wrap_up_until: Option<i64>,
    pub version: i64,
    pub metadata: Option<String>,
}

impl ConversationRow {
    pub fn new(row: &Conversation) -> Self {
        Self {
            id: row.id.to_string(),
            kind: row.kind.as_str().to_owned(),
            status: row.status.as_str().to_owned(),
            handler: row.handler.as_str().to_owned(),
            chatbot_id: row.chatbot_id.as_ref().map(ToString::to_string),
            customer_id: row.customer_id.to_string(),
            customer_name: row.customer_name.clone(),
            subject: row.subject.clone(),
            client_id: row.client_id.clone(),
            assigned_agent_id: row.assigned_agent_id.as_ref().map(ToString::to_string),
            escalation_requested: row.escalation_requested,
            escalation_reason: row.escalation_reason.clone(),
            escalation_requested_at: millis(row.escalation_requested_at),
            escalated_at: millis(row.escalated_at),
            assigned_at: millis(row.assigned_at),
            first_response_at: millis(row.first_response_at),
            closed_at: millis(row.closed_at),
            close_reason: row.close_reason.clone(),
            priority: row.priority,
            skills: to_json(&row.skills),
            last_seq: row.last_seq,
            last_note_seq: row.last_note_seq,
            last_message_at: row.last_message_at.as_millis(),
            created_at: row.created_at.as_millis(),
            idle_warned_at: millis(row.idle_warned_at),
            wrap_up_until: None,
            version: row.version,
            metadata: row.metadata.clone(),
        }
    }

    pub fn read(self) -> Read<Conversation> {
        Ok(Conversation {
            kind: known(ConversationKind::parse(&self.kind), "conversations.kind", &self.kind)?,
            status: known(ConversationStatus::parse(&self.status), "conversations.status", &self.status)?,
            handler: known(Handler::parse(&self.handler), "conversations.handler", &self.handler)?,
            skills: from_json(&self.skills, "conversations.skills")?,
            id: self.id.into(),
            chatbot_id: self.chatbot_id.map(Into::into),
            customer_id: self.customer_id.into(),
            customer_name: self.customer_name,
            subject: self.subject,
            client_id: self.client_id,
            assigned_agent_id: self.assigned_agent_id.map(Into::into),
            escalation_requested: self.escalation_requested,
            escalation_reason: self.escalation_reason,
            escalation_requested_at: moment(self.escalation_requested_at),
            escalated_at: moment(self.escalated_at),
            assigned_at: moment(self.assigned_at),
            first_response_at: moment(self.first_response_at),
            closed_at: moment(self.closed_at),
            close_reason: self.close_reason,
            priority: self.priority,
            last_seq: self.last_seq,
            last_note_seq: self.last_note_seq,
            last_message_at: at(self.last_message_at),
            created_at: at(self.created_at),
            idle_warned_at: moment(self.idle_warned_at),
            version: self.version,
            metadata: self.metadata,
        })
    }

    /// The supervisor's view of a live conversation.
    pub fn read_case(self, assignment_id: Option<String>) -> Read<Case> {
        let wrap_up_until = moment(self.wrap_up_until);
        let row = self.read()?;
        // A closed or unowned case keeps no time of ownership; the row keeps the last one for the record.
        let assigned_at = row.assigned_agent_id.as_ref().and(row.assigned_at);
        Ok(Case {
            conversation_id: row.id,
            customer_id: row.customer_id,
            customer_name: row.customer_name,
            chatbot_id: row.chatbot_id,
            status: row.status,
            assigned_agent_id: row.assigned_agent_id,
            version: row.version,
            priority: row.priority,
            skills: row.skills,
            reason: row.escalation_reason,
            escalated_at: row.escalated_at,
            assigned_at,
            wrap_up_until,
            assignment_id: assignment_id.map(Into::into),
        })
    }
}

#[derive(Queryable, Selectable, Insertable, Clone)]
#[diesel(table_name = participants)]
pub(super) struct ParticipantRow {
    pub conversation_id: String,
    pub user_id: String,
    pub role: String,
    pub name: String,
    pub last_read_seq: i64,
    pub muted: bool,
    pub archived: bool,
    pub joined_at: i64,
    pub left_at: Option<i64>,
}

impl ParticipantRow {
    pub fn new(row: &Participant) -> Self {
        Self {
            conversation_id: row.conversation_id.to_string(),
            user_id: row.user_id.to_string(),
            role: row.role.as_str().to_owned(),
            name: row.name.clone(),
            last_read_seq: row.last_read_seq,
            muted: row.muted,
            archived: row.archived,
            joined_at: row.joined_at.as_millis(),
            left_at: millis(row.left_at),
        }
    }

    pub fn read(self) -> Read<Participant> {
        Ok(Participant {
            role: known(ParticipantRole::parse(&self.role), "participants.role", &self.role)?,
            conversation_id: self.conversation_id.into(),
            user_id: self.user_id.into(),
            name: self.name,
            last_read_seq: self.last_read_seq,
            muted: self.muted,
            archived: self.archived,
            joined_at: at(self.joined_at),
            left_at: moment(self.left_at),
        })
    }
}

#[derive(Queryable, Selectable, Insertable, QueryableByName, Clone)]
#[diesel(table_name = messages)]
pub(super) struct MessageRow {
    pub id: String,
    pub conversation_id: String,
    pub seq: i64,
    pub sender_id: Option<String>,
    pub sender_name: String,
    pub sender_role: String,
    pub kind: String,
    pub content: String,
    pub ai_generated: bool,
    pub client_id: Option<String>,
    pub reply_to: Option<String>,
    pub metadata: Option<String>,
    pub created_at: i64,
    pub edited_at: Option<i64>,
    pub deleted_at: Option<i64>,
}

impl MessageRow {
    pub fn new(message: &NewMessage, seq: i64) -> Self {
        Self {
            id: message.id.to_string(),
            conversation_id: message.conversation_id.to_string(),
            seq,
            sender_id: message.sender_id.as_ref().map(ToString::to_string),
            sender_name: message.sender_name.clone(),
            sender_role: message.sender_role.as_str().to_owned(),
            kind: message.kind.as_str().to_owned(),
            content: message.content.clone(),
            ai_generated: message.ai_generated,
            client_id: message.client_id.clone(),
            reply_to: message.reply_to.as_ref().map(ToString::to_string),
            metadata: message.metadata.clone(),
            created_at: message.created_at.as_millis(),
            edited_at: None,
            deleted_at: None,
        }
    }

    pub fn read(self) -> Read<Message> {
        Ok(Message {
            sender_role: known(SenderRole::parse(&self.sender_role), "messages.sender_role", &self.sender_role)?,
            kind: known(MessageKind::parse(&self.kind), "messages.kind", &self.kind)?,
            id: self.id.into(),
            conversation_id: self.conversation_id.into(),
            seq: self.seq,
            sender_id: self.sender_id.map(Into::into),
            sender_name: self.sender_name,
            content: self.content,
            ai_generated: self.ai_generated,
            client_id: self.client_id,
            reply_to: self.reply_to.map(Into::into),
            metadata: self.metadata,
            created_at: at(self.created_at),
            edited_at: moment(self.edited_at),
            deleted_at: moment(self.deleted_at),
        })
    }
}

#[derive(Queryable, Selectable, Insertable, Clone)]
#[diesel(table_name = notes)]
pub(super) struct NoteRow {
    pub id: String,
    pub conversation_id: String,
    pub note_seq: i64,
    pub author_id: Option<String>,
    pub author_name: String,
    pub content: String,
    pub client_id: Option<String>,
    pub created_at: i64,
}

impl NoteRow {
    pub fn new(note: &NewNote, note_seq: i64) -> Self {
        Self {
            id: note.id.to_string(),
            conversation_id: note.conversation_id.to_string(),
            note_seq,
            author_id: note.author_id.as_ref().map(ToString::to_string),
            author_name: note.author_name.clone(),
            content: note.content.clone(),
            client_id: note.client_id.clone(),
            created_at: note.created_at.as_millis(),
        }
    }

    pub fn read(self) -> Note {
        Note {
            id: self.id.into(),
            conversation_id: self.conversation_id.into(),
            note_seq: self.note_seq,
            author_id: self.author_id.map(Into::into),
            author_name: self.author_name,
            content: self.content,
            client_id: self.client_id,
            created_at: at(self.created_at),
        }
    }
}

#[derive(Queryable, Selectable, Insertable, AsChangeset, Clone)]
#[diesel(table_name = queue_entries, treat_none_as_null = true)]
pub(super) struct EntryRow {
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
        })
    }
}

#[derive(Queryable, Selectable, Insertable, Clone)]
#[diesel(table_name = offers)]
pub(super) struct OfferRow {
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
pub(super) struct AssignmentRow {
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
pub(super) struct DecisionRow {
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
pub(super) struct WaitSampleRow {
    pub id: String,
    pub conversation_id: String,
    pub queued_at: i64,
    pub waited_ms: i64,
    pub predicted_s: Option<i64>,
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
        })
    }
}

#[derive(Queryable, Selectable, Insertable, AsChangeset, Clone)]
#[diesel(table_name = service_stats, treat_none_as_null = true)]
pub(super) struct StatsRow {
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

#[derive(Queryable, Selectable, Insertable, AsChangeset, Clone)]
#[diesel(table_name = chatbots, treat_none_as_null = true)]
pub(super) struct ChatbotRow {
    pub id: String,
    pub name: String,
    pub greeting: String,
    pub routing_mode: Option<String>,
    pub closed_policy: Option<String>,
    pub allowed_origins: String,
    pub time_zone: Option<String>,
    pub created_at: i64,
    pub updated_at: i64,
}

impl ChatbotRow {
    pub fn new(bot: &Chatbot) -> Self {
        Self {
            id: bot.id.to_string(),
            name: bot.name.clone(),
            greeting: bot.greeting.clone(),
            routing_mode: bot.routing_mode.map(|mode| mode.as_str().to_owned()),
            closed_policy: bot.closed_policy.map(|policy| policy.as_str().to_owned()),
            allowed_origins: to_json(&bot.allowed_origins),
            time_zone: bot.hours.as_ref().map(|hours| hours.time_zone.clone()),
            created_at: bot.created_at.as_millis(),
            updated_at: bot.updated_at.as_millis(),
        }
    }

    /// Without its hours; those come from tables of their own.
    pub fn read(self) -> Read<(Chatbot, Option<String>)> {
        let routing_mode = match &self.routing_mode {
            Some(text) => Some(known(RoutingMode::parse(text), "chatbots.routing_mode", text)?),
            None => None,
        };
        let closed_policy = match &self.closed_policy {
            Some(text) => Some(known(FallbackPolicy::parse(text), "chatbots.closed_policy", text)?),
            None => None,
        };
        let bot = Chatbot {
            allowed_origins: from_json(&self.allowed_origins, "chatbots.allowed_origins")?,
            id: self.id.into(),
            name: self.name,
            greeting: self.greeting,
            routing_mode,
            closed_policy,
            hours: None,
            created_at: at(self.created_at),
            updated_at: at(self.updated_at),
        };
        Ok((bot, self.time_zone))
    }
}

/// A holiday's intervals as JSON pairs.
pub(super) fn intervals_json(intervals: &[Interval]) -> String {
    let pairs: Vec<(u16, u16)> = intervals.iter().map(|i| (i.from_minute, i.to_minute)).collect();
    to_json(&pairs)
}

pub(super) fn read_exception(date: String, name: String, intervals: &str) -> Read<DatedException> {
    let pairs: Vec<(u16, u16)> = from_json(intervals, "holidays.intervals")?;
    let intervals = pairs.into_iter().map(|(from_minute, to_minute)| Interval { from_minute, to_minute }).collect();
    Ok(DatedException { date, name, intervals })
}

pub(super) fn read_interval(from_minute: i32, to_minute: i32) -> Read<Interval> {
    let minute = |value: i32| u16::try_from(value).map_err(|_| StoreError::Corrupt("business_hours: a minute".into()));
    Ok(Interval { from_minute: minute(from_minute)?, to_minute: minute(to_minute)? })
}

pub(super) fn read_rating((user_id, score, comment, when): (String, i32, Option<String>, i64)) -> Rating {
    Rating { user_id: user_id.into(), score, comment, at: at(when) }
}
