//! The host's durable events that came while a person was away, and those that come now, in the order of their numbers.

use actix::{ActorFutureExt, AsyncContext, Context, WrapFuture};

use crate::domain::event::Event;
use crate::domain::host_event::HostEvent;
use crate::domain::time::Millis;
use crate::protocol::encoded::Encoded;

use super::super::node::reader;
use super::SessionActor;

/// Events that are read and handed over at a time.
const PAGE: i64 = 200;
/// When the store does not answer, it is asked again after this.
const AGAIN: Millis = Millis::from_secs(1);

/// How far this link has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct CatchUp {
    running: bool,
    /// Something came while it ran, which the page at hand may not have.
    more: bool,
    /// Everything up to this number was handed over.
    up_to: i64,
}

impl SessionActor {
    /// Hands over what waits. Nothing is asked of the store while the host has sent nothing.
    pub(super) fn catch_up(&mut self, ctx: &mut Context<Self>) {
        if self.node.has_events() {
            self.events.running = true;
            self.next_page(None, ctx);
        }
    }

    fn next_page(&mut self, after: Option<i64>, ctx: &mut Context<Self>) {
        let Some(principal) = self.principal() else { return };
        self.events.more = false;
        let node = std::sync::Arc::clone(&self.node);
        let look = async move {
            if after.is_none() {
                // What another device has just got is not sent again.
                node.store_event_mark_of(&principal.user_id).await;
            }
            let (reader, now) = (reader(&principal), node.now());
            let events = node.store().events_for(&reader, after, now, PAGE).await?;
            let unread = node.store().unread_notifications(&reader, now).await?;
            Ok::<_, crate::store::StoreError>((events, unread))
        };
        ctx.spawn(look.into_actor(self).map(move |found, this, ctx| match found {
            Ok((events, unread)) => this.take_page(after, events, unread, ctx),
            Err(error) => {
                log::warn!(error:display; "events that wait could not be read; trying again");
                let later = this.node.clock().sleep_until(this.node.now() + AGAIN);
                ctx.spawn(later.into_actor(this).map(move |(), this, ctx| this.next_page(after, ctx)));
            }
        }));
    }

    fn take_page(&mut self, after: Option<i64>, events: Vec<HostEvent>, unread: i64, ctx: &mut Context<Self>) {
        let full = i64::try_from(events.len()).is_ok_and(|count| count >= PAGE);
        let last = events.last().and_then(|event| event.number).or(after);
        for event in events {
            self.send_receipted(&Encoded::new(Event::Host(event.into())), ctx);
        }
        if full {
            // The next page waits until this one is on its way.
            let (taken, go_on) = tokio::sync::oneshot::channel();
            self.tell_when_taken(taken);
            ctx.spawn(go_on.into_actor(self).map(move |_, this, ctx| this.next_page(last, ctx)));
        } else if self.events.more {
            self.next_page(last, ctx);
        } else {
            self.events.running = false;
            self.events.up_to = last.unwrap_or(0);
            let count = Event::NotificationCount { unread, read: None };
            self.send_event(&Encoded::new(count), ctx);
        }
    }

    /// One that came now. What is durable and waits its turn comes with the pages.
    pub(super) fn take_host_event(&mut self, encoded: &Encoded, number: Option<i64>, ctx: &mut Context<Self>) {
        match number {
            Some(_) if self.events.running => self.events.more = true,
            Some(number) if number <= self.events.up_to => {}
            _ => self.send_receipted(encoded, ctx),
        }
    }
}
