//! Webhooks, and what is to be delivered to them: written in the transaction of what it tells of.

use diesel::prelude::*;

use crate::domain::time::Timestamp;
use crate::domain::webhook::lane::Waiting;
use crate::domain::webhook::{Delivery, DeliveryState, Disabled, Edit, MOST, Told, Wanted, Webhook};
use crate::store::rows::{DeliveryRow, WaitingRow, WebhookRow, read_wanted};
use crate::store::schema::{counters, webhook_deliveries as deliveries, webhooks};
use crate::store::webhooks::told;
use crate::store::{Backlog, Changed, Failed, Render, Result, Tried, Write, Written};

use super::{Conn, RunQueryDsl, batch};

const COUNTER: &str = "webhook_deliveries";

/// All that were not removed, the oldest first.
pub(in crate::store) async fn all(conn: &mut Conn) -> Result<Vec<Webhook>> {
    let there = webhooks::table.filter(webhooks::removed_at.is_null());
    let query = there.order((webhooks::created_at.asc(), webhooks::id.asc()));
    let rows: Vec<WebhookRow> = run!(query.select(WebhookRow::as_select()).load(conn)).failed()?;
    rows.into_iter().map(WebhookRow::read).collect()
}

/// Inside a transaction of the caller: one more, if there may be one.
pub(in crate::store) async fn create(conn: &mut Conn, webhook: Webhook) -> Result<Changed> {
    // Held to the end, so that two at once count one after the other.
    let counter = diesel::update(counters::table.find(COUNTER)).set(counters::value.eq(counters::value));
    run!(counter.execute(conn)).failed()?;
    let there = webhooks::table.filter(webhooks::removed_at.is_null());
    let count: i64 = run!(there.count().get_result(conn)).failed()?;
    if usize::try_from(count).is_ok_and(|count| count >= MOST) {
        return Ok(Changed::Full);
    }
    let row = WebhookRow::new(&webhook);
    run!(diesel::insert_into(webhooks::table).values(&row).execute(conn)).failed()?;
    Ok(Changed::Webhook(Box::new(webhook)))
}

/// Inside a transaction of the caller: one that is there becomes another from what it is now.
pub(in crate::store) async fn change(conn: &mut Conn, id: String, edit: Edit, at: Timestamp) -> Result<Changed> {
    let there = webhooks::table.filter(webhooks::id.eq(id)).filter(webhooks::removed_at.is_null());
    // Written before it is read: whoever changes it at the same time waits, and reads what became of it.
    let touched = diesel::update(there).set(webhooks::updated_at.eq(at.as_millis()));
    let row: Option<WebhookRow> =
        run!(touched.returning(WebhookRow::as_returning()).get_result(conn)).optional().failed()?;
    let Some(row) = row else { return Ok(Changed::NotThere) };
    let names = row.events.clone();
    let keeps_names = edit.wanted.is_none();
    let webhook = row.read()?.edited(edit, at);
    let mut row = WebhookRow::new(&webhook);
    if keeps_names {
        // Some may be a newer program's.
        row.events = names;
    }
    run!(diesel::update(webhooks::table.find(&webhook.id)).set(&row).execute(conn)).failed()?;
    Ok(Changed::Webhook(Box::new(webhook)))
}

/// Inside a transaction of the caller: it is there for nobody any more. What there is for it goes later, bit by bit,
/// because a busy one has so much that everybody would wait for the database.
pub(in crate::store) async fn remove(conn: &mut Conn, id: String, at: Timestamp) -> Result<bool> {
    let there = webhooks::table.filter(webhooks::id.eq(id)).filter(webhooks::removed_at.is_null());
    let gone = diesel::update(there).set(webhooks::removed_at.eq(at.as_millis()));
    run!(gone.execute(conn)).failed().map(|gone| gone > 0)
}

/// Forgets some of what there is for one that was removed, and with the last of it the webhook.
pub(in crate::store) async fn forget_removed(conn: &mut Conn, limit: i64) -> Result<bool> {
    let removed = webhooks::table.filter(webhooks::removed_at.is_not_null()).select(webhooks::id);
    let id: Option<String> = run!(removed.first(conn)).optional().failed()?;
    let Some(id) = id else { return Ok(false) };
    let its = deliveries::table.filter(deliveries::webhook_id.eq(&id)).select(deliveries::number).limit(limit);
    let numbers: Vec<i64> = run!(its.load(conn)).failed()?;
    let last = i64::try_from(numbers.len()).is_ok_and(|found| found < limit);
    run!(diesel::delete(deliveries::table.filter(deliveries::number.eq_any(numbers))).execute(conn)).failed()?;
    if last {
        // A commit that saw it before it was removed may still write for it: that goes with it.
        run!(diesel::delete(webhooks::table.find(&id)).execute(conn)).failed()?;
    }
    Ok(true)
}

/// Switches one off that is on.
pub(in crate::store) async fn disable(conn: &mut Conn, id: String, why: Disabled, at: Timestamp) -> Result<()> {
    let there = webhooks::table.filter(webhooks::id.eq(id)).filter(webhooks::removed_at.is_null());
    let on = there.filter(webhooks::disabled.is_null());
    let values = (webhooks::disabled.eq(why.as_str()), webhooks::updated_at.eq(at.as_millis()));
    run!(diesel::update(on).set(values).execute(conn)).failed().map(|_| ())
}

pub(in crate::store) async fn backlog(conn: &mut Conn, webhook_id: String) -> Result<Backlog> {
    let mine = deliveries::table.filter(deliveries::webhook_id.eq(webhook_id));
    let pending = run!(mine.clone().filter(deliveries::state.eq("pending")).count().get_result(conn)).failed()?;
    let dead = run!(mine.filter(deliveries::state.eq("dead")).count().get_result(conn)).failed()?;
    Ok(Backlog { pending, dead })
}

/// Inside the transaction of `writes`: what of them webhooks are to be told.
pub(in crate::store) async fn tell(
    conn: &mut Conn,
    writes: &[Write],
    written: &[Written],
    render: Render,
) -> Result<()> {
    let told = told(writes, written);
    if told.is_empty() {
        return Ok(());
    }
    let mut listening: Vec<(String, Wanted)> = Vec::new();
    for (id, events) in batch::listening(conn).await? {
        listening.push((id, read_wanted(&events)?));
    }
    let mut rows = Vec::new();
    for one in &told {
        let Some(name) = one.name() else { continue };
        let wanting = listening.iter().filter(|(_, wanted)| wanted.has(name)).map(|(id, _)| id);
        rows.extend(rows_of(one, name.as_str(), wanting, render));
    }
    keep(conn, rows).await
}

/// Inside a transaction of the caller: something for one webhook alone.
pub(in crate::store) async fn tell_one(conn: &mut Conn, id: &str, told: &Told, render: Render) -> Result<bool> {
    let found = webhooks::table.filter(webhooks::id.eq(id)).filter(webhooks::removed_at.is_null());
    let there: Option<String> = run!(found.select(webhooks::id).first(conn)).optional().failed()?;
    let (Some(there), Some(name)) = (there, told.name()) else { return Ok(false) };
    let rows = rows_of(told, name.as_str(), std::iter::once(&there), render);
    keep(conn, rows).await.map(|()| true)
}

/// A row for each webhook, without its number. The event is written once, and only when somebody wants it.
fn rows_of<'a>(told: &Told, name: &str, wanting: impl Iterator<Item = &'a String>, render: Render) -> Vec<DeliveryRow> {
    let at = told.at.as_millis();
    let event_id = new_id(told.at);
    let mut body: Option<String> = None;
    let row = |webhook_id: &String| DeliveryRow {
        number: 0,
        id: new_id(told.at),
        webhook_id: webhook_id.clone(),
        event_id: event_id.clone(),
        event: name.to_owned(),
        conversation_id: told.conversation_id.as_ref().map(ToString::to_string),
        body: body.get_or_insert_with(|| render(told, &event_id)).clone(),
        state: DeliveryState::Pending.as_str().to_owned(),
        tries: 0,
        asked: 0,
        due_at: at,
        created_at: at,
        ended_at: None,
        last_at: None,
        last_took_ms: None,
        last_status: None,
        last_error: None,
        last_excerpt: None,
    };
    wanting.map(row).collect()
}

fn new_id(at: Timestamp) -> String {
    let millis = u64::try_from(at.as_millis()).unwrap_or(0);
    let nanos = u32::try_from(millis % 1000).unwrap_or(0).saturating_mul(1_000_000);
    uuid::Uuid::new_v7(uuid::Timestamp::from_unix(uuid::NoContext, millis / 1000, nanos)).to_string()
}

/// Numbers them in the order in which they became durable: the counter's row is held until the end.
async fn keep(conn: &mut Conn, mut rows: Vec<DeliveryRow>) -> Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let count = i64::try_from(rows.len()).unwrap_or(0);
    let last: i64 = run!(
        diesel::update(counters::table.find(COUNTER))
            .set(counters::value.eq(counters::value + count))
            .returning(counters::value)
            .get_result(conn)
    )
    .failed()?;
    rows.iter_mut().zip(last - count + 1..).for_each(|(row, number)| row.number = number);
    batch::insert_deliveries(conn, &rows).await
}

/// What is to be delivered to a webhook, in order, after a number.
pub(in crate::store) async fn waiting(
    conn: &mut Conn,
    webhook_id: String,
    after: i64,
    limit: i64,
) -> Result<Vec<Waiting>> {
    let rows: Vec<WaitingRow> = run!(
        deliveries::table
            .filter(deliveries::webhook_id.eq(webhook_id))
            .filter(deliveries::state.eq("pending"))
            .filter(deliveries::number.gt(after))
            .order(deliveries::number.asc())
            .limit(limit)
            .select(WaitingRow::as_select())
            .load(conn)
    )
    .failed()?;
    Ok(rows.into_iter().map(WaitingRow::read).collect())
}

pub(in crate::store) async fn one(conn: &mut Conn, id: String) -> Result<Option<Delivery>> {
    let row: Option<DeliveryRow> =
        run!(deliveries::table.filter(deliveries::id.eq(id)).select(DeliveryRow::as_select()).first(conn))
            .optional()
            .failed()?;
    row.map(DeliveryRow::read).transpose()
}

/// The newest first.
pub(in crate::store) async fn list(
    conn: &mut Conn,
    webhook_id: String,
    state: Option<DeliveryState>,
    before: i64,
    limit: i64,
) -> Result<Vec<Delivery>> {
    let mut query = deliveries::table
        .filter(deliveries::webhook_id.eq(webhook_id))
        .filter(deliveries::number.lt(before))
        .select(DeliveryRow::as_select())
        .into_boxed();
    if let Some(state) = state {
        query = query.filter(deliveries::state.eq(state.as_str()));
    }
    let rows: Vec<DeliveryRow> = run!(query.order(deliveries::number.desc()).limit(limit).load(conn)).failed()?;
    rows.into_iter().map(DeliveryRow::read).collect()
}

/// Only what is pending has been tried, and what was asked for again since is to be tried again whatever became of it.
pub(in crate::store) async fn tried(conn: &mut Conn, id: String, tried: Tried) -> Result<bool> {
    let Tried { attempt, asked, tries, state, at } = tried;
    let (at, pending) = (at.as_millis(), state == DeliveryState::Pending);
    let row = deliveries::table
        .filter(deliveries::id.eq(id))
        .filter(deliveries::state.eq("pending"))
        .filter(deliveries::asked.eq(asked));
    let values = (
        deliveries::state.eq(state.as_str()),
        deliveries::tries.eq(i32::try_from(tries).unwrap_or(i32::MAX)),
        deliveries::due_at.eq(at),
        deliveries::ended_at.eq((!pending).then_some(at)),
        deliveries::last_at.eq(attempt.at.as_millis()),
        deliveries::last_took_ms.eq(attempt.took_ms),
        deliveries::last_status.eq(attempt.status.map(i32::from)),
        deliveries::last_error.eq(attempt.error),
        deliveries::last_excerpt.eq(attempt.excerpt),
    );
    run!(diesel::update(row).set(values).execute(conn)).failed().map(|found| found > 0)
}

/// Inside a transaction of the caller: to be delivered now, whatever became of it before.
pub(in crate::store) async fn again(conn: &mut Conn, webhook_id: &str, id: &str, at: Timestamp) -> Result<bool> {
    let there = webhooks::table.filter(webhooks::removed_at.is_null()).select(webhooks::id);
    let row = deliveries::table
        .filter(deliveries::id.eq(id))
        .filter(deliveries::webhook_id.eq(webhook_id))
        .filter(deliveries::webhook_id.eq_any(there));
    let values = (
        deliveries::state.eq("pending"),
        deliveries::tries.eq(0),
        deliveries::asked.eq(deliveries::asked + 1),
        deliveries::due_at.eq(at.as_millis()),
        deliveries::ended_at.eq(None::<i64>),
    );
    run!(diesel::update(row).set(values).execute(conn)).failed().map(|found| found > 0)
}

/// Forgets some of what was delivered, or given up, before a moment; how many.
pub(in crate::store) async fn forget(
    conn: &mut Conn,
    state: DeliveryState,
    before: Timestamp,
    limit: i64,
) -> Result<usize> {
    let old = deliveries::table
        .filter(deliveries::state.eq(state.as_str()))
        .filter(deliveries::ended_at.lt(before.as_millis()))
        .select(deliveries::number)
        .limit(limit);
    let numbers: Vec<i64> = run!(old.load(conn)).failed()?;
    // Whoever was asked for again meanwhile stays.
    let gone =
        deliveries::table.filter(deliveries::number.eq_any(numbers)).filter(deliveries::state.eq(state.as_str()));
    run!(diesel::delete(gone).execute(conn)).failed()
}
