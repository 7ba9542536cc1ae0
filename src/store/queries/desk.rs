//! Canned responses, page views, the audit log, and what statistics are made of.

use diesel::prelude::*;

use crate::domain::audit::AuditEntry;
use crate::domain::canned::CannedResponse;
use crate::domain::ids::{ConversationId, UserId};
use crate::domain::page_view::{self, PageView};
use crate::domain::statistics::{AssignmentFact, ConversationFact};
use crate::domain::time::Timestamp;
use crate::store::rows::{AuditRow, CannedRow, PageViewRow, WaitSampleRow};
use crate::store::schema::{
    assignments, audit_log, canned_responses, conversations, credentials, page_views, ratings, refresh_tokens,
    revoked_logins, users, wait_samples,
};
use crate::store::{
    AuditFilter, Change, Changed, Cursor, Facts, FactsFilter, Failed, Recorded, Result, WriteRefusal, Written,
};

use super::{Conn, RunQueryDsl, chatbots, people, webhooks};

/// The shared ones and the reader's own, by shortcut.
pub(in crate::store) async fn canned(conn: &mut Conn, reader: UserId) -> Result<Vec<CannedResponse>> {
    let rows: Vec<CannedRow> = run!(
        canned_responses::table
            .filter(canned_responses::owner_id.eq_any(["", reader.as_str()]))
            .order((canned_responses::shortcut.asc(), canned_responses::owner_id.asc()))
            .select(CannedRow::as_select())
            .load(conn)
    )
    .failed()?;
    Ok(rows.into_iter().map(CannedRow::read).collect())
}

pub(in crate::store) async fn one_canned(conn: &mut Conn, id: String) -> Result<Option<CannedResponse>> {
    let row: Option<CannedRow> =
        run!(canned_responses::table.find(id).select(CannedRow::as_select()).first(conn)).optional().failed()?;
    Ok(row.map(CannedRow::read))
}

/// Newest first.
pub(in crate::store) async fn page_views(conn: &mut Conn, id: ConversationId, limit: i64) -> Result<Vec<PageView>> {
    let rows: Vec<PageViewRow> = run!(
        page_views::table
            .filter(page_views::conversation_id.eq(id.as_str()))
            .order((page_views::at.desc(), page_views::id.desc()))
            .limit(limit)
            .select(PageViewRow::as_select())
            .load(conn)
    )
    .failed()?;
    Ok(rows.into_iter().map(PageViewRow::read).collect())
}

/// Newest first, over all conversations of a customer.
pub(in crate::store) async fn page_trail(conn: &mut Conn, customer_id: UserId, limit: i64) -> Result<Vec<PageView>> {
    let rows: Vec<PageViewRow> = run!(
        page_views::table
            .inner_join(conversations::table.on(conversations::id.eq(page_views::conversation_id)))
            .filter(conversations::customer_id.eq(customer_id.as_str()))
            .order((page_views::at.desc(), page_views::id.desc()))
            .limit(limit)
            .select(PageViewRow::as_select())
            .load(conn)
    )
    .failed()?;
    Ok(rows.into_iter().map(PageViewRow::read).collect())
}

/// Stores a page view and forgets the oldest beyond the number that is kept.
pub(in crate::store) async fn add_page_view(conn: &mut Conn, view: &PageView) -> Result<Written> {
    let id = view.conversation_id.as_str();
    let there: Option<String> =
        run!(conversations::table.find(id).select(conversations::id).first(conn)).optional().failed()?;
    if there.is_none() {
        return Ok(Written::Refused(WriteRefusal::NotFound));
    }
    let row = PageViewRow::new(view);
    run!(diesel::insert_into(page_views::table).values(&row).execute(conn)).failed()?;
    let old: Vec<String> = run!(
        page_views::table
            .filter(page_views::conversation_id.eq(id))
            .order((page_views::at.desc(), page_views::id.desc()))
            .offset(page_view::KEPT)
            .limit(1000)
            .select(page_views::id)
            .load(conn)
    )
    .failed()?;
    if !old.is_empty() {
        run!(diesel::delete(page_views::table.filter(page_views::id.eq_any(old))).execute(conn)).failed()?;
    }
    Ok(Written::Done)
}

pub(in crate::store) async fn add_audit(conn: &mut Conn, entry: &AuditEntry) -> Result<()> {
    let row = AuditRow::new(entry);
    run!(diesel::insert_into(audit_log::table).values(&row).execute(conn)).failed()?;
    Ok(())
}

/// Newest first.
pub(in crate::store) async fn audit(
    conn: &mut Conn,
    filter: AuditFilter,
    after: Option<Cursor>,
    limit: i64,
) -> Result<Vec<AuditEntry>> {
    let mut query = audit_log::table.select(AuditRow::as_select()).into_boxed();
    if let Some(actor_id) = &filter.actor_id {
        query = query.filter(audit_log::actor_id.eq(actor_id.to_string()));
    }
    if let Some(action) = filter.action {
        query = query.filter(audit_log::action.eq(action.as_str()));
    }
    if let Some(Cursor { at, id }) = after {
        let at = at.as_millis();
        query = query.filter(audit_log::at.lt(at).or(audit_log::at.eq(at).and(audit_log::id.lt(id))));
    }
    let query = query.order((audit_log::at.desc(), audit_log::id.desc())).limit(limit);
    let rows: Vec<AuditRow> = run!(query.load(conn)).failed()?;
    rows.into_iter().map(AuditRow::read).collect()
}

/// Inside a transaction of the caller: the change and its record, or neither.
pub(in crate::store) async fn record(conn: &mut Conn, recorded: Recorded) -> Result<Changed> {
    let changed = change(conn, recorded.change).await?;
    if matches!(changed, Changed::Done { .. } | Changed::Webhook(_)) {
        add_audit(conn, &recorded.entry).await?;
    }
    Ok(changed)
}

async fn change(conn: &mut Conn, change: Change) -> Result<Changed> {
    let mut ended_logins = Vec::new();
    let there = match change {
        Change::Nothing => true,
        Change::LogIn(token) => people::put_refresh_token(conn, token).await.map(|()| true)?,
        Change::PutChatbot(bot) => chatbots::put(conn, *bot).await.map(|()| true)?,
        Change::DeleteChatbot(id) => chatbots::delete(conn, id).await?,
        Change::PutLogin { user, credential, default_capacity } => {
            people::ensure(conn, user, default_capacity).await?;
            people::put_credential(conn, credential).await.map(|()| true)?
        }
        Change::PutCanned(canned) => {
            let row = CannedRow::new(&canned);
            let same = canned_responses::owner_id.eq(&row.owner_id).and(canned_responses::shortcut.eq(&row.shortcut));
            let other: Option<String> = run!(
                canned_responses::table
                    .filter(same.and(canned_responses::id.ne(&row.id)))
                    .select(canned_responses::id)
                    .first(conn)
            )
            .optional()
            .failed()?;
            if other.is_some() {
                return Ok(Changed::Taken);
            }
            run!(
                diesel::insert_into(canned_responses::table)
                    .values(&row)
                    .on_conflict(canned_responses::id)
                    .do_update()
                    .set(&row)
                    .execute(conn)
            )
            .failed()?;
            true
        }
        Change::DeleteCanned(id) => run!(diesel::delete(canned_responses::table.find(id)).execute(conn)).failed()? > 0,
        Change::CreateWebhook(webhook) => return webhooks::create(conn, *webhook).await,
        Change::ChangeWebhook { id, edit, at } => return webhooks::change(conn, id, *edit, at).await,
        Change::DeleteWebhook { id, at } => webhooks::remove(conn, id, at).await?,
        Change::TellWebhook { webhook_id, told, render } => {
            webhooks::tell_one(conn, &webhook_id, &told, render).await?
        }
        Change::Redeliver { webhook_id, delivery_id, at } => {
            webhooks::again(conn, &webhook_id, &delivery_id, at).await?
        }
        Change::SetPassword { user_id, password_hash, until } => {
            let row = credentials::table.find(user_id.as_str());
            let set = credentials::password_hash.eq(password_hash);
            let found = run!(diesel::update(row).set(set).execute(conn)).failed()? > 0;
            if found {
                ended_logins = end_logins(conn, &user_id, until).await?;
            }
            found
        }
        Change::SetActive { user_id, active, until } => {
            let row = users::table.find(user_id.as_str());
            let found = run!(diesel::update(row).set(users::disabled.eq(!active)).execute(conn)).failed()? > 0;
            if found && !active {
                ended_logins = end_logins(conn, &user_id, until).await?;
            }
            found
        }
    };
    Ok(if there { Changed::Done { ended_logins } } else { Changed::NotThere })
}

/// Ends all logins of a person.
async fn end_logins(conn: &mut Conn, user_id: &UserId, until: Timestamp) -> Result<Vec<String>> {
    let logins: Vec<String> = run!(
        refresh_tokens::table
            .filter(refresh_tokens::user_id.eq(user_id.as_str()))
            .filter(refresh_tokens::login_id.ne_all(revoked_logins::table.select(revoked_logins::login_id)))
            .select(refresh_tokens::login_id)
            .distinct()
            .load(conn)
    )
    .failed()?;
    for login_id in &logins {
        people::revoke(conn, login_id.clone(), until).await?;
    }
    Ok(logins)
}

/// People who may not log in.
pub(in crate::store) async fn disabled(conn: &mut Conn) -> Result<Vec<UserId>> {
    let ids: Vec<String> = run!(users::table.filter(users::disabled.eq(true)).select(users::id).load(conn)).failed()?;
    Ok(ids.into_iter().map(UserId::from).collect())
}

pub(in crate::store) async fn facts(conn: &mut Conn, filter: FactsFilter) -> Result<Facts> {
    let conversations = conversation_facts(conn, &filter).await?;
    let waits = wait_facts(conn, &filter).await?;
    let assignments = assignment_facts(conn, &filter).await?;
    let longest = conversations.len().max(waits.len()).max(assignments.len());
    let cut = i64::try_from(longest).unwrap_or(i64::MAX) >= filter.limit;
    Ok(Facts { conversations, waits, assignments, cut })
}

async fn conversation_facts(conn: &mut Conn, filter: &FactsFilter) -> Result<Vec<ConversationFact>> {
    type Line = (i64, bool, Option<i64>, Option<String>, Option<i64>, Option<i64>, Option<i64>, Option<i32>);
    let mut query = conversations::table
        .left_join(ratings::table.on(ratings::conversation_id.eq(conversations::id)))
        .filter(conversations::kind.eq("support"))
        .filter(conversations::created_at.ge(filter.from.as_millis()))
        .filter(conversations::created_at.lt(filter.to.as_millis()))
        .select((
            conversations::created_at,
            conversations::escalation_requested,
            conversations::escalated_at,
            conversations::assigned_agent_id,
            conversations::assigned_at,
            conversations::first_response_at,
            conversations::closed_at,
            ratings::score.nullable(),
        ))
        .into_boxed();
    if let Some(chatbot_id) = &filter.chatbot_id {
        query = query.filter(conversations::chatbot_id.eq(chatbot_id.to_string()));
    }
    let query = query.order(conversations::created_at.asc()).limit(filter.limit);
    let lines: Vec<Line> = run!(query.load(conn)).failed()?;
    let moment = |at: Option<i64>| at.map(Timestamp::from_millis);
    let fact = |(started, requested, escalated_at, agent, assigned, answered, closed, score): Line| ConversationFact {
        started_at: Timestamp::from_millis(started),
        escalated: requested || escalated_at.is_some(),
        escalated_at: moment(escalated_at),
        agent_id: agent.map(Into::into),
        assigned_at: moment(assigned),
        first_response_at: moment(answered),
        closed_at: moment(closed),
        score,
    };
    Ok(lines.into_iter().map(fact).collect())
}

async fn wait_facts(conn: &mut Conn, filter: &FactsFilter) -> Result<Vec<crate::domain::escalation::WaitSample>> {
    let mut query = wait_samples::table
        .inner_join(conversations::table.on(conversations::id.eq(wait_samples::conversation_id)))
        .filter(wait_samples::queued_at.ge(filter.from.as_millis()))
        .filter(wait_samples::queued_at.lt(filter.to.as_millis()))
        .select(WaitSampleRow::as_select())
        .into_boxed();
    if let Some(chatbot_id) = &filter.chatbot_id {
        query = query.filter(conversations::chatbot_id.eq(chatbot_id.to_string()));
    }
    let query = query.order(wait_samples::queued_at.asc()).limit(filter.limit);
    let rows: Vec<WaitSampleRow> = run!(query.load(conn)).failed()?;
    rows.into_iter().map(WaitSampleRow::read).collect()
}

async fn assignment_facts(conn: &mut Conn, filter: &FactsFilter) -> Result<Vec<AssignmentFact>> {
    let mut query = assignments::table
        .inner_join(conversations::table.on(conversations::id.eq(assignments::conversation_id)))
        .filter(conversations::kind.eq("support"))
        .filter(conversations::created_at.ge(filter.from.as_millis()))
        .filter(conversations::created_at.lt(filter.to.as_millis()))
        .select((assignments::agent_id, assignments::assigned_at, assignments::ended_at))
        .into_boxed();
    if let Some(chatbot_id) = &filter.chatbot_id {
        query = query.filter(conversations::chatbot_id.eq(chatbot_id.to_string()));
    }
    let lines: Vec<(String, i64, Option<i64>)> = run!(query.limit(filter.limit).load(conn)).failed()?;
    let fact = |(agent_id, from, to): (String, i64, Option<i64>)| AssignmentFact {
        agent_id: agent_id.into(),
        assigned_at: Timestamp::from_millis(from),
        ended_at: to.map(Timestamp::from_millis),
    };
    Ok(lines.into_iter().map(fact).collect())
}
