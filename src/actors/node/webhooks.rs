//! Webhooks as admins and the host make and change them. Each change has its record.

use crate::auth::refresh::random_token;
use crate::domain::audit::{AuditAction, AuditEntry, AuditRole};
use crate::domain::rejection::Rejection;
use crate::domain::user::Principal;
use crate::domain::webhook::signature::{PREFIX, SigningSecret};
use crate::domain::webhook::{self, Delivery, Edit, MOST, Told, Wanted, Webhook, What};
use crate::protocol::json::{KeyStyle, object};
use crate::store::{Change, Changed};
use crate::webhooks::Webhooks;

use super::super::failure::Failure;
use super::Node;

/// A webhook that is to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewWebhook {
    /// Where it listens.
    pub url: String,
    /// Names of events, or `*`.
    pub events: Vec<String>,
    /// What it is for.
    pub description: Option<String>,
}

/// What changes of a webhook; none = stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WebhookChange {
    /// Where it listens.
    pub url: Option<String>,
    /// Names of events, or `*`.
    pub events: Option<Vec<String>>,
    /// What it is for; empty = nothing is said.
    pub description: Option<String>,
    /// Whether it is told.
    pub enabled: Option<bool>,
}

impl Node {
    /// The way to those who deliver.
    pub fn webhooks(&self) -> &Webhooks {
        &self.webhooks
    }

    /// Makes a webhook. Its secret is in the answer, and is shown nowhere else. `by` is an admin, or none for the host.
    ///
    /// # Errors
    /// `Invalid` with the field, `LimitReached`; the store's word.
    pub async fn create_webhook(&self, by: Option<&Principal>, new: NewWebhook) -> Result<Webhook, Failure> {
        self.checked_url(&new.url)?;
        let (wanted, now) = (Wanted::parse(&new.events)?, self.now());
        let description = webhook::description(new.description.as_deref())?;
        let made = Webhook {
            id: self.new_id(),
            url: new.url,
            description,
            wanted,
            secret: new_secret(),
            old_secrets: Vec::new(),
            disabled: None,
            created_at: now,
            updated_at: now,
        };
        let details = details(Some(&made.wanted), Some(true));
        let entry = self.webhook_entry(by, AuditAction::WebhookCreated, &made.id, Some(details));
        self.put_webhook(Change::CreateWebhook(Box::new(made)), entry).await
    }

    /// A webhook.
    ///
    /// # Errors
    /// `NotFound`; the store's word.
    pub async fn webhook(&self, id: &str) -> Result<Webhook, Failure> {
        let found = self.store.webhooks().await?.into_iter().find(|webhook| webhook.id == id);
        found.ok_or(Failure::Rejected(Rejection::NotFound))
    }

    /// Changes a webhook. One that is switched on again goes on with what waits for it.
    ///
    /// # Errors
    /// `NotFound`, `Invalid` with the field; the store's word.
    pub async fn change_webhook(
        &self,
        by: Option<&Principal>,
        id: &str,
        change: WebhookChange,
    ) -> Result<Webhook, Failure> {
        // Whoever is not there is not found, whatever is wrong with the rest.
        self.webhook(id).await?;
        let WebhookChange { url, events, description, enabled } = change;
        if let Some(url) = &url {
            self.checked_url(url)?;
        }
        let wanted = events.map(|events| Wanted::parse(&events)).transpose()?;
        let description = description.map(|text| webhook::description(Some(&text))).transpose()?;
        let details = details(wanted.as_ref(), enabled);
        let entry = self.webhook_entry(by, AuditAction::WebhookChanged, id, Some(details));
        let edit = Edit { url, wanted, description, enabled, secret: None };
        self.put_webhook(self.webhook_edit(id, edit), entry).await
    }

    /// Gives a webhook another secret, which is in the answer. The old one signs as well for a day.
    ///
    /// # Errors
    /// `NotFound`; the store's word.
    pub async fn rotate_webhook(&self, by: Option<&Principal>, id: &str) -> Result<Webhook, Failure> {
        let entry = self.webhook_entry(by, AuditAction::WebhookRotated, id, None);
        let edit = Edit { secret: Some(new_secret()), ..Edit::default() };
        self.put_webhook(self.webhook_edit(id, edit), entry).await
    }

    /// Removes a webhook; what waits for it is told no more, and goes bit by bit.
    ///
    /// # Errors
    /// `NotFound`; the store's word.
    pub async fn delete_webhook(&self, by: Option<&Principal>, id: &str) -> Result<(), Failure> {
        let entry = self.webhook_entry(by, AuditAction::WebhookDeleted, id, None);
        self.webhook_change(Change::DeleteWebhook { id: id.to_owned(), at: self.now() }, entry).await?;
        self.webhooks.changed().await;
        Ok(())
    }

    /// Sends a webhook something to try it.
    ///
    /// # Errors
    /// `NotFound`, `Invalid` when it is switched off; the store's word.
    pub async fn try_webhook(&self, by: Option<&Principal>, id: &str) -> Result<(), Failure> {
        self.webhook_that_is_on(id).await?;
        let what = What::Test { webhook_id: id.to_owned() };
        let told = Box::new(Told { at: self.now(), conversation_id: None, what });
        let change = Change::TellWebhook { webhook_id: id.to_owned(), told, render: self.webhooks.render() };
        let entry = self.webhook_entry(by, AuditAction::WebhookTried, id, None);
        self.webhook_change(change, entry).await?;
        self.webhooks.expect();
        self.webhooks.committed();
        Ok(())
    }

    /// Makes a delivery again, whatever became of it; with the same id.
    ///
    /// # Errors
    /// `NotFound`, `Invalid` when the webhook is switched off; the store's word.
    pub async fn redeliver(&self, by: Option<&Principal>, id: &str, delivery_id: &str) -> Result<Delivery, Failure> {
        self.webhook_that_is_on(id).await?;
        let details = object(KeyStyle::Camel, |o| {
            o.text("deliveryId", delivery_id);
        });
        let (webhook_id, delivery_id) = (id.to_owned(), delivery_id.to_owned());
        let change = Change::Redeliver { webhook_id, delivery_id: delivery_id.clone(), at: self.now() };
        let entry = self.webhook_entry(by, AuditAction::WebhookRedelivered, id, Some(details));
        self.webhook_change(change, entry).await?;
        let delivery = self.store.delivery(&delivery_id).await?.ok_or(Failure::Rejected(Rejection::NotFound))?;
        self.webhooks.again(id.to_owned(), delivery.waiting());
        Ok(delivery)
    }

    async fn webhook_that_is_on(&self, id: &str) -> Result<(), Failure> {
        if self.webhook(id).await?.disabled.is_some() {
            let (field, message) = ("enabled".into(), "must be true before anything is sent".into());
            return Err(Failure::Rejected(Rejection::Invalid { field, message }));
        }
        Ok(())
    }

    fn checked_url(&self, url: &str) -> Result<(), Rejection> {
        let refused = |why: &str| Rejection::Invalid { field: "url".into(), message: why.to_owned() };
        self.webhooks.check(url).map_err(refused)
    }

    /// A webhook is made or changed; how it is now.
    async fn put_webhook(&self, change: Change, entry: AuditEntry) -> Result<Webhook, Failure> {
        // Ahead of the row, so that nothing is missed that is committed after it.
        self.webhooks.expect();
        match self.change(change, entry).await? {
            Changed::Webhook(webhook) => {
                self.webhooks.changed().await;
                Ok(*webhook)
            }
            Changed::Full => {
                let limit = i64::try_from(MOST).unwrap_or(i64::MAX);
                Err(Failure::Rejected(Rejection::LimitReached { what: "webhooks", limit }))
            }
            _ => Err(Failure::Rejected(Rejection::NotFound)),
        }
    }

    fn webhook_edit(&self, id: &str, edit: Edit) -> Change {
        Change::ChangeWebhook { id: id.to_owned(), edit: Box::new(edit), at: self.now() }
    }

    fn webhook_entry(
        &self,
        by: Option<&Principal>,
        action: AuditAction,
        id: &str,
        details: Option<String>,
    ) -> AuditEntry {
        match by {
            Some(admin) => self.entry_of(admin, action, id, details),
            None => self.entry(AuditRole::Internal, action, id, details),
        }
    }

    async fn webhook_change(&self, change: Change, entry: AuditEntry) -> Result<(), Failure> {
        match self.change(change, entry).await? {
            Changed::NotThere => Err(Failure::Rejected(Rejection::NotFound)),
            _ => Ok(()),
        }
    }
}

/// For the record: what was asked for.
fn details(wanted: Option<&Wanted>, enabled: Option<bool>) -> String {
    object(KeyStyle::Camel, |o| {
        if let Some(wanted) = wanted {
            o.texts("events", &wanted.texts());
        }
        if let Some(enabled) = enabled {
            o.flag("enabled", enabled);
        }
    })
}

fn new_secret() -> SigningSecret {
    SigningSecret::new(format!("{PREFIX}{}", random_token()))
}
