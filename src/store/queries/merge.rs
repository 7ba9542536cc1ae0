//! An anonymous customer becomes a known one.

use diesel::prelude::*;

use crate::domain::ids::UserId;
use crate::domain::time::Timestamp;
use crate::domain::user::Role;
use crate::store::schema::{
    attachments, blocks, conversations, event_reads, host_events, merged_users, messages, notes, participants, ratings,
    reactions, users,
};
use crate::store::{Failed, MergeOutcome, Result};

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
async fn seats(conn: &mut Conn, (from, into): (&str, &str), name: &str) -> Result<Vec<String>> {
    let theirs: Vec<(String, Option<i64>)> = run!(
        participants::table
            .filter(participants::user_id.eq(from))
            .order(participants::conversation_id.asc())
            .select((participants::conversation_id, participants::left_at))
            .load(conn)
    )
    .failed()?;
    for (id, left_at) in &theirs {
        let said = messages::table.filter(messages::conversation_id.eq(id)).filter(messages::sender_id.eq(from));
        let seat: Option<i64> =
            run!(participants::table.find((id, into)).select(participants::last_read_seq).first(conn))
                .optional()
                .failed()?;
        match seat {
            // Two seats become one, for whom what the visitor said is no news any more.
            Some(read_up_to) => {
                let unread = said.filter(messages::seq.gt(read_up_to)).filter(messages::deleted_at.is_null());
                let own: i64 = run!(unread.count().get_result(conn)).failed()?;
                let mine = participants::table.find((id, into));
                run!(diesel::update(mine).set(participants::uncounted.eq(participants::uncounted + own)).execute(conn))
                    .failed()?;
                if left_at.is_none() {
                    run!(diesel::update(mine).set(participants::left_at.eq(None::<i64>)).execute(conn)).failed()?;
                }
                run!(diesel::delete(participants::table.find((id, from))).execute(conn)).failed()?;
                // Both may have used one client id here.
                run!(diesel::update(said).set(messages::client_id.eq(None::<String>)).execute(conn)).failed()?;
            }
            None => {
                let seat = participants::table.find((id, from));
                let values = (participants::user_id.eq(into), participants::name.eq(name));
                run!(diesel::update(seat).set(values).execute(conn)).failed()?;
            }
        }
        run!(diesel::update(said).set(messages::sender_id.eq(into)).execute(conn)).failed()?;
    }
    Ok(theirs.into_iter().map(|(id, _)| id).collect())
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
async fn told_by_the_host(conn: &mut Conn, from: &str, into: &str) -> Result<()> {
    let told = host_events::table.filter(host_events::audience.eq("user")).filter(host_events::target.eq(from));
    run!(diesel::update(told).set(host_events::target.eq(into)).execute(conn)).failed()?;
    let theirs = event_reads::table.filter(event_reads::user_id.eq(from));
    let read: Vec<i64> = run!(theirs.select(event_reads::number).load(conn)).failed()?;
    for number in read {
        let row = (event_reads::user_id.eq(into), event_reads::number.eq(number));
        run!(diesel::insert_into(event_reads::table).values(row).on_conflict_do_nothing().execute(conn)).failed()?;
    }
    run!(diesel::delete(theirs).execute(conn)).failed()?;
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
    run!(diesel::delete(participants::table.find((id, into))).execute(conn)).failed()?;
    run!(
        diesel::update(participants::table.find((id, from)))
            .set((participants::user_id.eq(into), participants::name.eq(name)))
            .execute(conn)
    )
    .failed()?;
    let said = messages::table.filter(messages::conversation_id.eq(id)).filter(messages::sender_id.eq(from));
    run!(diesel::update(said).set(messages::sender_id.eq(into)).execute(conn)).failed()?;
    let noted = notes::table.filter(notes::conversation_id.eq(id)).filter(notes::author_id.eq(from));
    run!(diesel::update(noted).set(notes::author_id.eq(into)).execute(conn)).failed()?;
    let rated = ratings::table.find(id).filter(ratings::user_id.eq(from));
    run!(diesel::update(rated).set(ratings::user_id.eq(into)).execute(conn)).failed()?;
    Ok(())
}
