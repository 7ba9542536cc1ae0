//! Users and logins, and what is swept up behind them.

use diesel::prelude::*;

use crate::domain::agent::{Agent, Availability, Capacity, Presence};
use crate::domain::ids::UserId;
use crate::domain::time::{Millis, Timestamp};
use crate::domain::user::{Role, User};
use crate::store::rows::{AgentRow, UserRow};
use crate::store::schema::{agents, credentials, idempotency, meta, refresh_tokens, revoked_logins, users};
use crate::store::{Credential, Failed, RefreshOutcome, RefreshToken, Result, StoreError};

use super::{Conn, RunQueryDsl};

pub(in crate::store) async fn epoch(conn: &mut Conn) -> Result<String> {
    run!(meta::table.find("epoch").select(meta::value).first(conn)).failed()
}

pub(in crate::store) async fn user(conn: &mut Conn, id: UserId) -> Result<Option<User>> {
    let row: Option<UserRow> =
        run!(users::table.find(id.as_str()).select(UserRow::as_select()).first(conn)).optional().failed()?;
    row.map(UserRow::read).transpose()
}

/// Whether the stored user differs from what a token says.
pub(in crate::store) fn differs(stored: &User, wanted: &User) -> bool {
    stored.name != wanted.name || stored.role != wanted.role || (wanted.email.is_some() && stored.email != wanted.email)
}

pub(in crate::store) async fn ensure(conn: &mut Conn, wanted: User, default_capacity: i32) -> Result<User> {
    let id = wanted.id.clone();
    let row = UserRow::new(&wanted);
    run!(diesel::insert_into(users::table).values(&row).on_conflict(users::id).do_nothing().execute(conn)).failed()?;
    let stored = user(conn, id.clone()).await?.ok_or_else(|| StoreError::Aborted("a user went away".into()))?;
    if differs(&stored, &wanted) {
        let email = wanted.email.clone().or_else(|| stored.email.clone());
        run!(
            diesel::update(users::table.find(id.as_str()))
                .set((users::name.eq(&wanted.name), users::role.eq(wanted.role.as_str()), users::email.eq(email)))
                .execute(conn)
        )
        .failed()?;
    }
    if wanted.role == Role::Agent {
        let agent = Agent {
            id: id.clone(),
            name: wanted.name.clone(),
            availability: Availability::Available,
            reason: None,
            presence: Presence::Gone,
            grace_until: None,
            capacity: Capacity { limit: default_capacity, ..Capacity::default() },
            skills: Vec::new(),
            teams: Vec::new(),
            missed_offers: 0,
            last_assigned_at: None,
            last_seen_at: None,
            status_since: None,
        };
        let row = AgentRow::new(&agent);
        run!(diesel::insert_into(agents::table).values(&row).on_conflict(agents::id).do_nothing().execute(conn))
            .failed()?;
    }
    user(conn, id).await?.ok_or_else(|| StoreError::Aborted("a user went away".into()))
}

pub(in crate::store) async fn count(conn: &mut Conn, role: Role) -> Result<i64> {
    run!(users::table.filter(users::role.eq(role.as_str())).count().get_result(conn)).failed()
}

pub(in crate::store) async fn put_credential(conn: &mut Conn, credential: Credential) -> Result<()> {
    let values = (
        credentials::user_id.eq(credential.user_id.as_str()),
        credentials::email.eq(&credential.email),
        credentials::password_hash.eq(&credential.password_hash),
    );
    run!(
        diesel::insert_into(credentials::table)
            .values(values)
            .on_conflict(credentials::user_id)
            .do_update()
            .set((credentials::email.eq(&credential.email), credentials::password_hash.eq(&credential.password_hash)))
            .execute(conn)
    )
    .failed()?;
    Ok(())
}

pub(in crate::store) async fn credential(conn: &mut Conn, email: String) -> Result<Option<Credential>> {
    let row: Option<(String, String, String)> = run!(
        credentials::table
            .filter(credentials::email.eq(&email))
            .select((credentials::user_id, credentials::email, credentials::password_hash))
            .first(conn)
    )
    .optional()
    .failed()?;
    Ok(row.map(|(user_id, email, password_hash)| Credential { user_id: user_id.into(), email, password_hash }))
}

pub(in crate::store) async fn put_refresh_token(conn: &mut Conn, token: RefreshToken) -> Result<()> {
    let values = (
        refresh_tokens::token_hash.eq(&token.token_hash),
        refresh_tokens::login_id.eq(&token.login_id),
        refresh_tokens::user_id.eq(token.user_id.as_str()),
        refresh_tokens::created_at.eq(token.created_at.as_millis()),
        refresh_tokens::expires_at.eq(token.expires_at.as_millis()),
    );
    run!(diesel::insert_into(refresh_tokens::table).values(values).execute(conn)).failed()?;
    Ok(())
}

/// Inside a transaction of the caller. Marking the token as used is the decision: of two at once, one finds it used.
pub(in crate::store) async fn rotate(
    conn: &mut Conn,
    old_hash: String,
    next: RefreshToken,
    now: Timestamp,
    grace: Millis,
) -> Result<RefreshOutcome> {
    type Found = (String, String, i64);
    let found: Option<Found> = run!(
        refresh_tokens::table
            .find(&old_hash)
            .select((refresh_tokens::login_id, refresh_tokens::user_id, refresh_tokens::expires_at))
            .first(conn)
    )
    .optional()
    .failed()?;
    let Some((login_id, user_id, expires_at)) = found else { return Ok(RefreshOutcome::Invalid) };
    let revoked: Option<String> =
        run!(revoked_logins::table.find(&login_id).select(revoked_logins::login_id).first(conn)).optional().failed()?;
    if revoked.is_some() || expires_at <= now.as_millis() {
        return Ok(RefreshOutcome::Invalid);
    }
    let taken = run!(
        diesel::update(refresh_tokens::table.find(&old_hash).filter(refresh_tokens::used_at.is_null()))
            .set(refresh_tokens::used_at.eq(now.as_millis()))
            .execute(conn)
    )
    .failed()?;
    if taken == 0 {
        let successor = used_moment(conn, &next.token_hash).await?;
        let recent = used_moment(conn, &old_hash).await?.flatten().is_some_and(|at| now.as_millis() - at < grace.get());
        match successor {
            Some(None) if recent => {
                return Ok(RefreshOutcome::Rotated { user_id: user_id.into(), login_id });
            }
            // Somebody is two steps ahead already. That is late, and no sign of a copy.
            Some(Some(_)) if recent => return Ok(RefreshOutcome::Invalid),
            _ => {}
        }
        // It was used before: somebody has a copy. The whole login ends.
        let until = next.expires_at;
        revoke(conn, login_id.clone(), until).await?;
        return Ok(RefreshOutcome::Reused { login_id });
    }
    let next = RefreshToken { login_id: login_id.clone(), user_id: user_id.clone().into(), ..next };
    put_refresh_token(conn, next).await?;
    Ok(RefreshOutcome::Rotated { user_id: user_id.into(), login_id })
}

/// When a token was used; the outer none is an unknown token.
async fn used_moment(conn: &mut Conn, hash: &str) -> Result<Option<Option<i64>>> {
    run!(refresh_tokens::table.find(hash).select(refresh_tokens::used_at).first(conn)).optional().failed()
}

pub(in crate::store) async fn login_of(conn: &mut Conn, hash: String) -> Result<Option<String>> {
    run!(refresh_tokens::table.find(&hash).select(refresh_tokens::login_id).first(conn)).optional().failed()
}

pub(in crate::store) async fn revoke(conn: &mut Conn, login_id: String, until: Timestamp) -> Result<()> {
    let until = until.as_millis();
    run!(
        diesel::insert_into(revoked_logins::table)
            .values((revoked_logins::login_id.eq(&login_id), revoked_logins::until.eq(until)))
            .on_conflict(revoked_logins::login_id)
            .do_nothing()
            .execute(conn)
    )
    .failed()?;
    run!(
        diesel::update(revoked_logins::table.find(&login_id).filter(revoked_logins::until.lt(until)))
            .set(revoked_logins::until.eq(until))
            .execute(conn)
    )
    .failed()?;
    run!(diesel::delete(refresh_tokens::table.filter(refresh_tokens::login_id.eq(&login_id))).execute(conn))
        .failed()?;
    Ok(())
}

pub(in crate::store) async fn revoked(conn: &mut Conn, now: Timestamp) -> Result<Vec<String>> {
    run!(
        revoked_logins::table
            .filter(revoked_logins::until.gt(now.as_millis()))
            .select(revoked_logins::login_id)
            .load(conn)
    )
    .failed()
}

pub(in crate::store) async fn sweep(conn: &mut Conn, before: Timestamp) -> Result<()> {
    let before = before.as_millis();
    run!(diesel::delete(idempotency::table.filter(idempotency::at.lt(before))).execute(conn)).failed()?;
    run!(diesel::delete(revoked_logins::table.filter(revoked_logins::until.lt(before))).execute(conn)).failed()?;
    run!(diesel::delete(refresh_tokens::table.filter(refresh_tokens::expires_at.lt(before))).execute(conn)).failed()?;
    Ok(())
}
