//! One transaction's row changes, in order.

use diesel::prelude::*;
use diesel::result::{DatabaseErrorKind, Error};

use crate::domain::agent::Agent;
use crate::domain::conversation::ConversationStatus as Status;
use crate::domain::escalation::{ConversationChange, Op, QueueEntry};
use crate::domain::message::{Message, NewMessage, NewNote, Note};
use crate::domain::time::Timestamp;
use crate::store::rows::{
    AgentChange, AgentRow, AssignmentRow, DecisionRow, EntryRow, OfferRow, ParticipantRow, StatsRow, WaitSampleRow,
    to_json,
};
use crate::store::schema::{
    agents, assignments, conversations, decisions, offers, participants, queue_entries, service_stats, users,
    wait_samples,
};
use crate::store::{StoreError, Written};

use super::{Conn, RunQueryDsl};

/// Why a transaction was not applied.
pub(super) enum Trouble {
    /// It was decided on something that is no longer so: roll this one back.
    Conflict,
    /// The database: roll everything back.
    Store(StoreError),
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Self {
        match error {
            Error::DatabaseError(
                DatabaseErrorKind::UniqueViolation
                | DatabaseErrorKind::ForeignKeyViolation
                | DatabaseErrorKind::CheckViolation
                | DatabaseErrorKind::NotNullViolation,
                _,
            ) => Self::Conflict,
            other => Self::Store(crate::store::failure(other)),
        }
    }
}

impl From<StoreError> for Trouble {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

type Done = Result<(), Trouble>;

pub(super) async fn all(conn: &mut Conn, ops: &[Op]) -> Result<(Vec<Message>, Vec<Note>), Trouble> {
    let (mut messages, mut notes) = (Vec::new(), Vec::new());
    for op in ops {
        match op {
            Op::PutAgent(agent) => put_agent(conn, agent).await?,
            Op::AdjustLoad { agent_id, used, held, over } => {
                let moved = run!(
                    diesel::update(agents::table.find(agent_id.as_str()))
                        .set((
                            agents::used_units.eq(agents::used_units + *used),
                            agents::held_units.eq(agents::held_units + *held),
                            agents::over_units.eq(agents::over_units + *over),
                        ))
                        .execute(conn)
                )?;
                exactly_one(moved)?;
            }
            Op::ChangeConversation(change) => change_conversation(conn, change).await?,
            // The database keeps these facts in the conversation's own row.
            Op::TrackCase(_) | Op::ForgetCase { .. } => {}
            Op::PutEntry(entry) => put_entry(conn, entry).await?,
            Op::EndEntry { conversation_id, outcome, at } => {
                let ended = run!(
                    diesel::update(
                        queue_entries::table
                            .filter(queue_entries::conversation_id.eq(conversation_id.as_str()))
                            .filter(queue_entries::ended_at.is_null())
                    )
                    .set((queue_entries::status.eq(outcome.as_str()), queue_entries::ended_at.eq(at.as_millis())))
                    .execute(conn)
                )?;
                exactly_one(ended)?;
            }
            Op::PutOffer(offer) => {
                let row = OfferRow::new(offer);
                run!(diesel::insert_into(offers::table).values(&row).execute(conn))?;
            }
            Op::EndOffer { offer_id, outcome, reason, at, .. } => {
                let ended = run!(
                    diesel::update(offers::table.find(offer_id.as_str()).filter(offers::status.eq("pending")))
                        .set((
                            offers::status.eq(outcome.as_str()),
                            offers::reason.eq(reason.as_deref()),
                            offers::ended_at.eq(at.as_millis()),
                        ))
                        .execute(conn)
                )?;
                exactly_one(ended)?;
            }
            Op::Append(message) => messages.push(append(conn, message).await?),
            Op::AppendNote(note) => notes.push(append_note(conn, note).await?),
            other => keep_record(conn, other).await?,
        }
    }
    Ok((messages, notes))
}

/// Rows that are only added to: assignments, people, decisions, samples, what was learnt.
async fn keep_record(conn: &mut Conn, op: &Op) -> Done {
    match op {
        Op::PutAssignment(assignment) => {
            let row = AssignmentRow::new(assignment);
            run!(diesel::insert_into(assignments::table).values(&row).execute(conn))?;
        }
        Op::EndAssignment { assignment_id, at, reason, .. } => {
            let open = assignments::table.find(assignment_id.as_str()).filter(assignments::ended_at.is_null());
            let ended = run!(
                diesel::update(open)
                    .set((assignments::ended_at.eq(at.as_millis()), assignments::end_reason.eq(reason)))
                    .execute(conn)
            )?;
            exactly_one(ended)?;
        }
        Op::AddParticipant { conversation_id, user_id, name, at } => {
            let row = ParticipantRow {
                conversation_id: conversation_id.to_string(),
                user_id: user_id.to_string(),
                role: "staff".to_owned(),
                name: name.clone(),
                last_read_seq: 0,
                uncounted: 0,
                muted: false,
                archived: false,
                joined_at: at.as_millis(),
                left_at: None,
            };
            run!(
                diesel::insert_into(participants::table)
                    .values(&row)
                    .on_conflict((participants::conversation_id, participants::user_id))
                    .do_update()
                    .set((participants::left_at.eq(None::<i64>), participants::name.eq(&row.name)))
                    .execute(conn)
            )?;
        }
        Op::RemoveParticipant { conversation_id, user_id, at } => {
            run!(
                diesel::update(participants::table.find((conversation_id.as_str(), user_id.as_str())))
                    .set(participants::left_at.eq(at.as_millis()))
                    .execute(conn)
            )?;
        }
        Op::RenamePerson { user_id, name } => {
            run!(diesel::update(users::table.find(user_id.as_str())).set(users::name.eq(name)).execute(conn))?;
        }
        Op::LogDecision { id, decision } => {
            let row = DecisionRow::new(id, decision);
            run!(diesel::insert_into(decisions::table).values(&row).execute(conn))?;
        }
        Op::RecordWait(sample) => {
            let row = WaitSampleRow::new(sample, uuid::Uuid::new_v4().to_string());
            run!(diesel::insert_into(wait_samples::table).values(&row).execute(conn))?;
        }
        Op::PutStats(stats) => {
            let row = StatsRow::new(stats);
            run!(
                diesel::insert_into(service_stats::table)
                    .values(&row)
                    .on_conflict(service_stats::id)
                    .do_update()
                    .set(&row)
                    .execute(conn)
            )?;
        }
        // All others are handled by the caller.
        _ => {}
    }
    Ok(())
}

fn exactly_one(rows: usize) -> Done {
    if rows == 1 { Ok(()) } else { Err(Trouble::Conflict) }
}

/// Never the load of a known agent: that moves by `AdjustLoad` alone.
async fn put_agent(conn: &mut Conn, agent: &Agent) -> Done {
    let row = AgentRow::new(agent);
    let change = AgentChange::from(row.clone());
    let changed = run!(diesel::update(agents::table.find(&row.id)).set(&change).execute(conn))?;
    if changed == 0 {
        run!(diesel::insert_into(agents::table).values(&row).execute(conn))?;
    }
    Ok(())
}

async fn put_entry(conn: &mut Conn, entry: &QueueEntry) -> Done {
    let row = EntryRow::new(entry, uuid::Uuid::new_v4().to_string());
    let open = queue_entries::table
        .filter(queue_entries::conversation_id.eq(entry.conversation_id.as_str()))
        .filter(queue_entries::ended_at.is_null());
    let changed = run!(diesel::update(open).set(&row).execute(conn))?;
    if changed == 0 {
        run!(diesel::insert_into(queue_entries::table).values(&row).execute(conn))?;
    }
    Ok(())
}

#[derive(AsChangeset)]
#[diesel(table_name = conversations)]
struct Changed {
    version: i64,
    status: &'static str,
    handler: Option<&'static str>,
    assigned_agent_id: Option<Option<String>>,
    assigned_at: Option<i64>,
    escalation_requested: Option<bool>,
    escalation_reason: Option<String>,
    escalation_requested_at: Option<i64>,
    escalated_at: Option<i64>,
    closed_at: Option<i64>,
    close_reason: Option<String>,
    priority: Option<i32>,
    skills: Option<String>,
    wrap_up_until: Option<Option<i64>>,
}

async fn change_conversation(conn: &mut Conn, change: &ConversationChange) -> Done {
    let row = conversations::table.find(change.conversation_id.as_str());
    let found: Option<(i64, bool, Option<i64>)> = run!(
        row.select((conversations::version, conversations::escalation_requested, conversations::escalated_at))
            .first(conn)
    )
    .optional()?;
    let Some((version, requested, escalated_at)) = found else { return Err(Trouble::Conflict) };
    if version != change.expected_version {
        return Err(Trouble::Conflict);
    }
    let flag = change.escalation.as_ref().filter(|_| !requested);
    let now = change.at.as_millis();
    let escalated = matches!(change.status, Status::WaitingForAgent | Status::Offered | Status::AgentAssigned);
    let changed = Changed {
        version: version + 1,
        status: change.status.as_str(),
        handler: change.handler.map(crate::domain::conversation::Handler::as_str),
        assigned_agent_id: change.assigned_agent_id.as_ref().map(|owner| owner.as_ref().map(ToString::to_string)),
        assigned_at: change.assigned_agent_id.as_ref().and_then(Option::as_ref).map(|_| now),
        escalation_requested: flag.map(|_| true),
        escalation_reason: change.escalation.as_ref().and_then(|flag| flag.reason.clone()),
        escalation_requested_at: flag.map(|flag| flag.at.as_millis()),
        escalated_at: (escalated && escalated_at.is_none()).then_some(now),
        closed_at: (change.status == Status::Closed).then_some(now),
        close_reason: change.close_reason.clone(),
        priority: change.priority,
        skills: change.skills.as_ref().map(to_json),
        wrap_up_until: change.wrap_up_until.map(|until| until.map(Timestamp::as_millis)),
    };
    let same = row.filter(conversations::version.eq(version));
    let done = run!(diesel::update(same).set(&changed).execute(conn))?;
    exactly_one(done)
}

async fn append(conn: &mut Conn, message: &NewMessage) -> Result<Message, Trouble> {
    let mut answers = super::append(conn, &[(0, message)]).await?;
    match answers.remove(&0) {
        Some(Written::Appended { message, .. }) => Ok(message),
        _ => Err(Trouble::Conflict),
    }
}

async fn append_note(conn: &mut Conn, note: &NewNote) -> Result<Note, Trouble> {
    match super::append_note(conn, note).await? {
        Written::NoteAppended { note, .. } => Ok(note),
        _ => Err(Trouble::Conflict),
    }
}
