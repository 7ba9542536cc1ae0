//! An anonymous customer becomes a known one.

use diesel::prelude::*;

use crate::domain::ids::UserId;
use crate::domain::time::Timestamp;
use crate::domain::user::Role;
use crate::store::schema::{conversations, merged_users, messages, notes, participants, ratings, users};
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
    run!(diesel::update(users::table.find(from)).set(users::disabled.eq(true)).execute(conn)).failed()?;
    Ok(MergeOutcome::Merged(moved.into_iter().map(|(id, _)| id.into()).collect()))
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
