//! Canned responses, page views, the audit log.

use diesel::prelude::{AsChangeset, Insertable, Queryable, Selectable};

use crate::domain::audit::{AuditAction, AuditEntry, AuditRole};
use crate::domain::canned::CannedResponse;
use crate::domain::page_view::PageView;
use crate::store::schema::{audit_log, canned_responses, page_views};

use super::{Read, at, known};

#[derive(Queryable, Selectable, Insertable, AsChangeset, Clone)]
#[diesel(table_name = canned_responses)]
pub(in crate::store) struct CannedRow {
    pub id: String,
    pub owner_id: String,
    pub shortcut: String,
    pub title: String,
    pub content: String,
    pub created_at: i64,
    pub updated_at: i64,
}

impl CannedRow {
    pub fn new(canned: &CannedResponse) -> Self {
        Self {
            id: canned.id.clone(),
            owner_id: canned.owner_id.as_ref().map(ToString::to_string).unwrap_or_default(),
            shortcut: canned.shortcut.clone(),
            title: canned.title.clone(),
            content: canned.content.clone(),
            created_at: canned.created_at.as_millis(),
            updated_at: canned.updated_at.as_millis(),
        }
    }

    pub fn read(self) -> CannedResponse {
        CannedResponse {
            id: self.id,
            owner_id: Some(self.owner_id).filter(|owner| !owner.is_empty()).map(Into::into),
            shortcut: self.shortcut,
            title: self.title,
            content: self.content,
            created_at: at(self.created_at),
            updated_at: at(self.updated_at),
        }
    }
}

#[derive(Queryable, Selectable, Insertable, Clone)]
#[diesel(table_name = page_views)]
pub(in crate::store) struct PageViewRow {
    pub id: String,
    pub conversation_id: String,
    pub url: String,
    pub title: Option<String>,
    pub at: i64,
}

impl PageViewRow {
    pub fn new(view: &PageView) -> Self {
        Self {
            id: view.id.clone(),
            conversation_id: view.conversation_id.to_string(),
            url: view.url.clone(),
            title: view.title.clone(),
            at: view.at.as_millis(),
        }
    }

    pub fn read(self) -> PageView {
        PageView {
            id: self.id,
            conversation_id: self.conversation_id.into(),
            url: self.url,
            title: self.title,
            at: at(self.at),
        }
    }
}

#[derive(Queryable, Selectable, Insertable, Clone)]
#[diesel(table_name = audit_log)]
pub(in crate::store) struct AuditRow {
    pub id: String,
    pub at: i64,
    pub actor_id: Option<String>,
    pub actor_role: String,
    pub action: String,
    pub subject: String,
    pub details: Option<String>,
}

impl AuditRow {
    pub fn new(entry: &AuditEntry) -> Self {
        Self {
            id: entry.id.clone(),
            at: entry.at.as_millis(),
            actor_id: entry.actor_id.as_ref().map(ToString::to_string),
            actor_role: entry.actor_role.as_str().to_owned(),
            action: entry.action.as_str().to_owned(),
            subject: entry.subject.clone(),
            details: entry.details.clone(),
        }
    }

    pub fn read(self) -> Read<AuditEntry> {
        Ok(AuditEntry {
            actor_role: known(AuditRole::parse(&self.actor_role), "audit_log.actor_role", &self.actor_role)?,
            action: known(AuditAction::parse(&self.action), "audit_log.action", &self.action)?,
            id: self.id,
            at: at(self.at),
            actor_id: self.actor_id.map(Into::into),
            subject: self.subject,
            details: self.details,
        })
    }
}
