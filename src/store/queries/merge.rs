//! An anonymous customer becomes a known one.

use std::collections::BTreeSet;

use diesel::prelude::*;

use crate::domain::host_event::NOTIFICATION;
use crate::domain::ids::UserId;
use crate::domain::time::Timestamp;
use crate::domain::user::Role;
use crate::store::rows::ParticipantRow;
use crate::store::schema::{
    attachments, blocks, conversations, event_marks, event_reads, host_events, merged_users, messages, notes,
    participants, ratings, reactions, users,
};
use crate::store::{Failed, MergeOutcome, Result};

use super::host_events::next_number;
use super::{Conn, RunQueryDsl};

/// Inside a transaction of the caller. The row in `merged_users` is the decision: of two at once, one fails on it.
pub(in crate::store) async fn customer(
    conn: &mut Conn,
    from: UserId,
    into: UserId,
    name: String,
    at: Timestamp,
) -> Result<MergeOutcome> {
    let (from, into) = (from.as_str(), into.as_str());
    let before: Option<String> =
        run!(merged_users::table.find(from).select(merged_users::into_id).first(conn)).optional().failed()?;
    if let Some(before) = before {
        return Ok(if before == into { MergeOutcome::Repeated } else { MergeOutcome::Refused });
    }
    let customers: i64 = run!(
        users::table
            .filter(users::id.eq_any([from, into]))
            .filter(users::role.eq(Role::Customer.as_str()))
            .filter(users::disabled.eq(false))
            .count()
            .get_result(conn)
    )
    .failed()?;
    if customers != 2 {
        return Ok(MergeOutcome::Refused);
    }
    let row = (merged_users::user_id.eq(from), merged_users::into_id.eq(into), merged_users::at.eq(at.as_millis()));
    run!(diesel::insert_into(merged_users::table).values(row).execute(conn)).failed()?;
    let moved: Vec<(String, Option<String>)> = run!(
        conversations::table
            .filter(conversations::customer_id.eq(from))
            .order(conversations::id.asc())
            .select((conversations::id, conversations::client_id))
            .load(conn)
    )
    .failed()?;
    for (id, client_id) in &moved {
        conversation(conn, id, client_id.as_deref(), (from, into), &name).await?;
    }
    let seats = seats(conn, (from, into), &name).await?;
    beside_messages(conn, from, into).await?;
    told_by_the_host(conn, from, into).await?;
    run!(diesel::update(users::table.find(from)).set(users::disabled.eq(true)).execute(conn)).failed()?;
    Ok(MergeOutcome::Merged(moved.into_iter().map(|(id, _)| id).chain(seats).map(Into::into).collect()))
}

/// Where the visitor takes part in what others began: in-app messages.
async fn seats(conn: &mut Conn, people: (&str, &str), name: &str) -> Result<Vec<String>> {
    let query =
        participants::table.filter(participants::user_id.eq(people.0)).order(participants::conversation_id.asc());
    let theirs: Vec<String> = run!(query.select(participants::conversation_id).load(conn)).failed()?;
    for id in &theirs {
        seat(conn, id, people, name).await?;
    }
    Ok(theirs)
}

/// The visitor's seat and words become the known one's. Two seats become one, which has read what either has.
async fn seat(conn: &mut Conn, id: &str, (from, into): (&str, &str), name: &str) -> Result<()> {
    let said = messages::table.filter(messages::conversation_id.eq(id)).filter(messages::sender_id.eq(from));
    let found = participants::table
        .filter(participants::conversation_id.eq(id))
        .filter(participants::user_id.eq_any([from, into]))
        .select(ParticipantRow::as_select());
    let mut rows: Vec<ParticipantRow> = run!(found.load(conn)).failed()?;
    let theirs = rows.iter().position(|row| row.user_id == from).map(|place| rows.swap_remove(place));
    match (theirs, rows.pop()) {
        (Some(theirs), Some(mine)) => {
            let read_up_to = theirs.last_read_seq.max(mine.last_read_seq);
            let no_news = messages::sender_id.eq_any([from, into]).or(messages::deleted_at.is_not_null().nullable());
            let uncounted = messages::table
                .filter(messages::conversation_id.eq(id))
                .filter(messages::seq.gt(read_up_to))
                .filter(no_news);
            let uncounted: i64 = run!(uncounted.count().get_result(conn)).failed()?;
            let values = (
                participants::last_read_seq.eq(read_up_to),
                participants::uncounted.eq(uncounted),
                participants::left_at.eq(theirs.left_at.and(mine.left_at)),
                participants::role.eq(if theirs.role == "owner" { theirs.role } else { mine.role }),
            );
            run!(diesel::update(participants::table.find((id, into))).set(values).execute(conn)).failed()?;
            run!(diesel::delete(participants::table.find((id, from))).execute(conn)).failed()?;
            // Both may have used one client id here.
            run!(diesel::update(said).set(messages::client_id.eq(None::<String>)).execute(conn)).failed()?;
        }
        (Some(_), None) => {
            let values = (participants::user_id.eq(into), participants::name.eq(name));
            run!(diesel::update(participants::table.find((id, from))).set(values).execute(conn)).failed()?;
        }
        (None, _) => {}
    }
    run!(diesel::update(said).set(messages::sender_id.eq(into)).execute(conn)).failed().map(|_| ())
}

/// Reactions, files, and who has blocked whom. What both had is there once.
async fn beside_messages(conn: &mut Conn, from: &str, into: &str) -> Result<()> {
    let felt: Vec<(String, String, i64)> = run!(
        reactions::table
            .filter(reactions::user_id.eq(from))
            .select((reactions::message_id, reactions::emoji, reactions::at))
            .load(conn)
    )
    .failed()?;
    for (message_id, emoji, at) in felt {
        let row = (
            reactions::message_id.eq(message_id),
            reactions::user_id.eq(into),
            reactions::emoji.eq(emoji),
            reactions::at.eq(at),
        );
        run!(diesel::insert_into(reactions::table).values(row).on_conflict_do_nothing().execute(conn)).failed()?;
    }
    run!(diesel::delete(reactions::table.filter(reactions::user_id.eq(from))).execute(conn)).failed()?;
    let files = attachments::table.filter(attachments::owner_id.eq(from));
    run!(diesel::update(files).set(attachments::owner_id.eq(into)).execute(conn)).failed()?;
    let either = blocks::table.filter(blocks::user_id.eq(from).or(blocks::blocked_id.eq(from)));
    let blocked: Vec<(String, String, i64)> =
        run!(either.select((blocks::user_id, blocks::blocked_id, blocks::at)).load(conn)).failed()?;
    for (user_id, blocked_id, at) in blocked {
        let now_known = |id: String| if id == from { into.to_owned() } else { id };
        let (user_id, blocked_id) = (now_known(user_id), now_known(blocked_id));
        if user_id != blocked_id {
            let row = (blocks::user_id.eq(user_id), blocks::blocked_id.eq(blocked_id), blocks::at.eq(at));
            run!(diesel::insert_into(blocks::table).values(row).on_conflict_do_nothing().execute(conn)).failed()?;
        }
    }
    run!(diesel::delete(either).execute(conn)).failed()?;
    Ok(())
}

/// Events for the visitor alone, and which of all events the visitor has read.
///
/// What has not come or was not read gets a number of its own again: the known one's marks may be beyond its old one.
async fn told_by_the_host(conn: &mut Conn, from: &str, into: &str) -> Result<()> {
    let marks: Option<(i64, i64)> =
        run!(event_marks::table.find(from).select((event_marks::delivered, event_marks::read_up_to)).first(conn))
            .optional()
            .failed()?;
    let (delivered, read_up_to) = marks.unwrap_or_default();
    let theirs = event_reads::table.filter(event_reads::user_id.eq(from));
    let mut read: BTreeSet<i64> =
        run!(theirs.select(event_reads::number).load::<i64>(conn)).failed()?.into_iter().collect();
    run!(diesel::delete(theirs).execute(conn)).failed()?;
    let told = host_events::table.filter(host_events::audience.eq("user")).filter(host_events::target.eq(from));
    let told: Vec<(i64, String)> =
        run!(told.order(host_events::number.asc()).select((host_events::number, host_events::kind)).load(conn))
            .failed()?;
    for (number, kind) in told {
        let is_read = number <= read_up_to || read.contains(&number);
        let waits = if kind == NOTIFICATION { !is_read } else { number > delivered };
        let now = if waits {
            read.remove(&number);
            next_number(conn).await?
        } else {
            read.insert(number);
            number
        };
        let event = host_events::table.find(number);
        let values = (host_events::number.eq(now), host_events::target.eq(into));
        run!(diesel::update(event).set(values).execute(conn)).failed()?;
    }
    for number in read {
        let row = (event_reads::user_id.eq(into), event_reads::number.eq(number));
        run!(diesel::insert_into(event_reads::table).values(row).on_conflict_do_nothing().execute(conn)).failed()?;
    }
    Ok(())
}

async fn conversation(
    conn: &mut Conn,
    id: &str,
    client_id: Option<&str>,
    (from, into): (&str, &str),
    name: &str,
) -> Result<()> {
    // The known one may have used the same client id before; then the moved one is not found by it any more.
    let taken: i64 = run!(
        conversations::table
            .filter(conversations::customer_id.eq(into))
            .filter(conversations::client_id.eq(client_id))
            .count()
            .get_result(conn)
    )
    .failed()?;
    let client_id = client_id.filter(|_| taken == 0);
    run!(
        diesel::update(conversations::table.find(id))
            .set((
                conversations::customer_id.eq(into),
                conversations::customer_name.eq(name),
                conversations::client_id.eq(client_id),
            ))
            .execute(conn)
    )
    .failed()?;
    seat(conn, id, (from, into), name).await?;
    let noted = notes::table.filter(notes::conversation_id.eq(id)).filter(notes::author_id.eq(from));
    run!(diesel::update(noted).set(notes::author_id.eq(into)).execute(conn)).failed()?;
    let rated = ratings::table.find(id).filter(ratings::user_id.eq(from));
    run!(diesel::update(rated).set(ratings::user_id.eq(into)).execute(conn)).failed()?;
    Ok(())
}
