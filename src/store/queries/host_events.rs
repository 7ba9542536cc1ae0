//! Durable events of the host application, whom they wait for, and what is read of them.

use diesel::prelude::*;

use crate::domain::host_event::{HostEvent, NOTIFICATION, Notification, Read};
use crate::domain::ids::UserId;
use crate::domain::time::Timestamp;
use crate::store::rows::{EventMarkRow, HostEventRow};
use crate::store::schema::{counters, event_marks, event_reads, host_events, users};
use crate::store::{Failed, NotificationFilter, PublishedEvent, Reader, Result};

use super::{Conn, RunQueryDsl};

const COUNTER: &str = "host_events";

/// What is for a reader: to the person; to all or to the role, but not from before the person was known.
macro_rules! is_for {
    ($reader:expr, $since:expr) => {{
        let to_role = host_events::audience.eq("role").and(host_events::target.eq($reader.role.as_str()));
        let to_many = host_events::created_at.ge($since).and(host_events::audience.eq("all").or(to_role));
        host_events::audience.eq("user").and(host_events::target.eq($reader.user_id.to_string())).or(to_many)
    }};
}

/// Inside a transaction of the caller. The counter's row is held until its end, so that a number that can be seen has
/// nothing before it that cannot be seen yet.
pub(in crate::store) async fn publish(
    conn: &mut Conn,
    event: HostEvent,
    expires_at: Timestamp,
) -> Result<PublishedEvent> {
    let counter = counters::table.find(COUNTER);
    let last: i64 = run!(
        diesel::update(counter)
            .set(counters::value.eq(counters::value + 0))
            .returning(counters::value)
            .get_result(conn)
    )
    .failed()?;
    let known: Option<i64> =
        run!(host_events::table.filter(host_events::id.eq(&event.id)).select(host_events::number).first(conn))
            .optional()
            .failed()?;
    if let Some(number) = known {
        return Ok(PublishedEvent { number, duplicate: true });
    }
    let number = last.saturating_add(1);
    run!(diesel::update(counter).set(counters::value.eq(number)).execute(conn)).failed()?;
    let row = HostEventRow::new(&event, number, expires_at);
    run!(diesel::insert_into(host_events::table).values(&row).execute(conn)).failed()?;
    Ok(PublishedEvent { number, duplicate: false })
}

/// Inside a transaction of the caller, which holds the counter's row until its end.
pub(in crate::store) async fn next_number(conn: &mut Conn) -> Result<i64> {
    let counter = counters::table.find(COUNTER);
    run!(
        diesel::update(counter)
            .set(counters::value.eq(counters::value + 1))
            .returning(counters::value)
            .get_result(conn)
    )
    .failed()
}

/// The last number given out.
pub(in crate::store) async fn newest(conn: &mut Conn) -> Result<i64> {
    run!(counters::table.find(COUNTER).select(counters::value).first(conn)).failed()
}

async fn known_since(conn: &mut Conn, user_id: &UserId) -> Result<i64> {
    let at: Option<i64> =
        run!(users::table.find(user_id.as_str()).select(users::created_at).first(conn)).optional().failed()?;
    Ok(at.unwrap_or(i64::MAX))
}

async fn marks(conn: &mut Conn, user_id: &UserId) -> Result<EventMarkRow> {
    let row: Option<EventMarkRow> =
        run!(event_marks::table.find(user_id.as_str()).select(EventMarkRow::as_select()).first(conn))
            .optional()
            .failed()?;
    Ok(row.unwrap_or_else(|| EventMarkRow { user_id: user_id.to_string(), delivered: 0, read_up_to: 0 }))
}

/// Oldest first: what comes after a number, or after what the person's devices have.
pub(in crate::store) async fn waiting(
    conn: &mut Conn,
    reader: Reader,
    after: Option<i64>,
    now: Timestamp,
    limit: i64,
) -> Result<Vec<HostEvent>> {
    let after = match after {
        Some(after) => after,
        None => marks(conn, &reader.user_id).await?.delivered,
    };
    let since = known_since(conn, &reader.user_id).await?;
    let rows: Vec<HostEventRow> = run!(
        host_events::table
            .filter(host_events::number.gt(after))
            .filter(host_events::expires_at.gt(now.as_millis()))
            .filter(is_for!(reader, since))
            .order(host_events::number.asc())
            .limit(limit)
            .select(HostEventRow::as_select())
            .load(conn)
    )
    .failed()?;
    rows.into_iter().map(HostEventRow::read).collect()
}

/// Inside a transaction of the caller. A mark never goes back; whoever is not known has none.
pub(in crate::store) async fn delivered(conn: &mut Conn, marks: Vec<(UserId, i64)>) -> Result<()> {
    for (user_id, number) in marks {
        let there: Option<String> =
            run!(users::table.find(user_id.as_str()).select(users::id).first(conn)).optional().failed()?;
        if there.is_none() {
            continue;
        }
        put_mark(conn, &user_id).await?;
        let mine = event_marks::table.find(user_id.as_str()).filter(event_marks::delivered.lt(number));
        run!(diesel::update(mine).set(event_marks::delivered.eq(number)).execute(conn)).failed()?;
    }
    Ok(())
}

async fn put_mark(conn: &mut Conn, user_id: &UserId) -> Result<()> {
    let row = EventMarkRow { user_id: user_id.to_string(), delivered: 0, read_up_to: 0 };
    run!(
        diesel::insert_into(event_marks::table)
            .values(&row)
            .on_conflict(event_marks::user_id)
            .do_nothing()
            .execute(conn)
    )
    .failed()?;
    Ok(())
}

/// Newest first.
pub(in crate::store) async fn notifications(
    conn: &mut Conn,
    reader: Reader,
    filter: NotificationFilter,
    now: Timestamp,
    limit: i64,
) -> Result<Vec<Notification>> {
    let since = known_since(conn, &reader.user_id).await?;
    let read_up_to = marks(conn, &reader.user_id).await?.read_up_to;
    let user_id = reader.user_id.to_string();
    let read_alone = event_reads::table
        .filter(event_reads::user_id.eq(user_id.clone()).and(event_reads::number.eq(host_events::number)));
    let mut query = host_events::table
        .filter(host_events::kind.eq(NOTIFICATION))
        .filter(host_events::number.lt(filter.before.unwrap_or(i64::MAX)))
        .filter(host_events::expires_at.gt(now.as_millis()))
        .filter(is_for!(reader, since))
        .into_boxed();
    if filter.unread_only {
        query =
            query.filter(host_events::number.gt(read_up_to)).filter(diesel::dsl::not(diesel::dsl::exists(read_alone)));
    }
    let rows: Vec<HostEventRow> =
        run!(query.order(host_events::number.desc()).limit(limit).select(HostEventRow::as_select()).load(conn))
            .failed()?;
    let numbers: Vec<i64> = rows.iter().map(|row| row.number).collect();
    let read: Vec<i64> = run!(
        event_reads::table
            .filter(event_reads::user_id.eq(user_id))
            .filter(event_reads::number.eq_any(numbers))
            .select(event_reads::number)
            .load(conn)
    )
    .failed()?;
    rows.into_iter()
        .map(|row| {
            let is_read = row.number <= read_up_to || read.contains(&row.number);
            row.read().map(|event| Notification { event, read: is_read })
        })
        .collect()
}

/// How many a person has not read.
pub(in crate::store) async fn unread(conn: &mut Conn, reader: Reader, now: Timestamp) -> Result<i64> {
    let since = known_since(conn, &reader.user_id).await?;
    let read_up_to = marks(conn, &reader.user_id).await?.read_up_to;
    let read_alone = event_reads::table
        .filter(event_reads::user_id.eq(reader.user_id.to_string()).and(event_reads::number.eq(host_events::number)));
    run!(
        host_events::table
            .filter(host_events::kind.eq(NOTIFICATION))
            .filter(host_events::number.gt(read_up_to))
            .filter(host_events::expires_at.gt(now.as_millis()))
            .filter(is_for!(reader, since))
            .filter(diesel::dsl::not(diesel::dsl::exists(read_alone)))
            .count()
            .get_result(conn)
    )
    .failed()
}

/// Inside a transaction of the caller. How many are left unread; none when there is no such notification for them.
pub(in crate::store) async fn read(conn: &mut Conn, reader: Reader, what: Read, now: Timestamp) -> Result<Option<i64>> {
    put_mark(conn, &reader.user_id).await?;
    let mine = event_marks::table.find(reader.user_id.as_str());
    match what {
        Read::UpTo(number) => {
            let number = number.clamp(0, newest(conn).await?);
            let lower = mine.filter(event_marks::read_up_to.lt(number));
            run!(diesel::update(lower).set(event_marks::read_up_to.eq(number)).execute(conn)).failed()?;
            let below = event_reads::table
                .filter(event_reads::user_id.eq(reader.user_id.as_str()))
                .filter(event_reads::number.le(number));
            run!(diesel::delete(below).execute(conn)).failed()?;
        }
        Read::One(id) => {
            let since = known_since(conn, &reader.user_id).await?;
            let number: Option<i64> = run!(
                host_events::table
                    .filter(host_events::id.eq(id))
                    .filter(host_events::kind.eq(NOTIFICATION))
                    .filter(host_events::expires_at.gt(now.as_millis()))
                    .filter(is_for!(reader, since))
                    .select(host_events::number)
                    .first(conn)
            )
            .optional()
            .failed()?;
            let Some(number) = number else { return Ok(None) };
            let read_up_to: i64 = run!(mine.select(event_marks::read_up_to).first(conn)).failed()?;
            if number > read_up_to {
                run!(
                    diesel::insert_into(event_reads::table)
                        .values((event_reads::user_id.eq(reader.user_id.as_str()), event_reads::number.eq(number)))
                        .on_conflict((event_reads::user_id, event_reads::number))
                        .do_nothing()
                        .execute(conn)
                )
                .failed()?;
            }
        }
    }
    unread(conn, reader, now).await.map(Some)
}

/// Forgets what has ended; how many.
pub(in crate::store) async fn forget(conn: &mut Conn, now: Timestamp) -> Result<usize> {
    let ended = host_events::table.filter(host_events::expires_at.le(now.as_millis()));
    run!(diesel::delete(ended).execute(conn)).failed()
}
