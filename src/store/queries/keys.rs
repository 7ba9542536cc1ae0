//! `Idempotency-Key`: reserved first, answered later, forgotten after a while.

use diesel::prelude::*;

use crate::domain::ids::UserId;
use crate::store::schema::idempotency;
use crate::store::{Failed, KeyWish, Reservation, Result, StoreError};

use super::{Conn, RunQueryDsl};

/// The status of a request that has no answer yet.
const RUNNING: i32 = 0;

/// A reservation and who made it.
pub(in crate::store) struct Held {
    user_id: UserId,
    key: String,
    holder: String,
}

impl Held {
    pub(in crate::store) fn new(user_id: &UserId, key: &str, holder: &str) -> Self {
        Self { user_id: user_id.clone(), key: key.to_owned(), holder: holder.to_owned() }
    }
}

pub(in crate::store) async fn reserve(conn: &mut Conn, wish: KeyWish) -> Result<Reservation> {
    let new = run!(
        diesel::insert_into(idempotency::table)
            .values((
                idempotency::user_id.eq(wish.user_id.as_str()),
                idempotency::key.eq(&wish.key),
                idempotency::fingerprint.eq(&wish.fingerprint),
                idempotency::holder.eq(&wish.holder),
                idempotency::status.eq(RUNNING),
                idempotency::body.eq(""),
                idempotency::at.eq(wish.at.as_millis()),
            ))
            .on_conflict((idempotency::user_id, idempotency::key))
            .do_nothing()
            .execute(conn)
    )
    .failed()?;
    if new > 0 {
        return Ok(Reservation::Held);
    }
    let (fingerprint, status, body, at, before): (String, i32, String, i64, String) = run!(
        idempotency::table
            .find((wish.user_id.as_str(), &wish.key))
            .select((
                idempotency::fingerprint,
                idempotency::status,
                idempotency::body,
                idempotency::at,
                idempotency::holder,
            ))
            .first(conn)
    )
    .failed()?;
    if at >= wish.since.as_millis() {
        if fingerprint != wish.fingerprint {
            return Ok(Reservation::Mismatch);
        }
        if status != RUNNING {
            return Ok(Reservation::Answered { status, body });
        }
    }
    take_over(conn, wish, before).await
}

/// What a request left behind that never came to its end, or that is too old to count. Of two who try, one gets it.
async fn take_over(conn: &mut Conn, wish: KeyWish, before: String) -> Result<Reservation> {
    let row = idempotency::table.find((wish.user_id.as_str(), &wish.key)).filter(idempotency::holder.eq(before));
    let taken = run!(
        diesel::update(row)
            .set((
                idempotency::fingerprint.eq(&wish.fingerprint),
                idempotency::holder.eq(&wish.holder),
                idempotency::status.eq(RUNNING),
                idempotency::body.eq(""),
                idempotency::at.eq(wish.at.as_millis()),
            ))
            .execute(conn)
    )
    .failed()?;
    if taken > 0 { Ok(Reservation::Held) } else { Err(StoreError::Aborted("the key was taken meanwhile".into())) }
}

pub(in crate::store) async fn keep(conn: &mut Conn, held: Held, status: i32, body: String) -> Result<()> {
    let row = idempotency::table.find((held.user_id.as_str(), &held.key)).filter(idempotency::holder.eq(&held.holder));
    run!(diesel::update(row).set((idempotency::status.eq(status), idempotency::body.eq(&body))).execute(conn))
        .failed()?;
    Ok(())
}

pub(in crate::store) async fn free(conn: &mut Conn, held: Held) -> Result<()> {
    let row = idempotency::table
        .find((held.user_id.as_str(), &held.key))
        .filter(idempotency::holder.eq(&held.holder))
        .filter(idempotency::status.eq(RUNNING));
    run!(diesel::delete(row).execute(conn)).failed()?;
    Ok(())
}
