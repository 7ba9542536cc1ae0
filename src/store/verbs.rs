//! The verbs of [`super::Store`] over the queries, once for both databases.
//!
//! The including module defines `ask!` (run a query on a reading connection, a writing one, or as one transaction) and
//! the methods `migrate_now`, `revert_now` and `ping_now`.

macro_rules! store_verbs {
    ($store:ident) => {
        #[async_trait]
        impl Store for $store {
            async fn migrate(&self) -> Result<()> {
                self.migrate_now().await
            }
            async fn revert_all(&self) -> Result<()> {
                self.revert_now().await
            }
            async fn ping(&self) -> Result<()> {
                self.ping_now().await
            }
            async fn epoch(&self) -> Result<String> {
                ask!(self.read, conn => queries::people::epoch(conn))
            }

            async fn commit(&self, batch: &[crate::store::Write]) -> Result<Vec<crate::store::Written>> {
                let batch = batch.to_vec();
                ask!(self.transact, conn => queries::write::commit(conn, &batch))
            }

            async fn commit_telling(
                &self,
                batch: &[crate::store::Write],
                render: crate::store::Render,
            ) -> Result<Vec<crate::store::Written>> {
                let batch = batch.to_vec();
                ask!(self.transact, conn => queries::write::commit_telling(conn, &batch, render))
            }

            async fn load_routing(&self) -> Result<crate::domain::escalation::State> {
                ask!(self.snapshot, conn => queries::routing::load(conn))
            }
            async fn decisions(
                &self,
                conversation_id: &ConversationId,
                limit: i64,
            ) -> Result<Vec<(DecisionId, crate::domain::escalation::Decision)>> {
                let id = conversation_id.clone();
                ask!(self.read, conn => queries::routing::decisions(conn, id, limit))
            }
            async fn decision_log(
                &self,
                filter: &crate::store::DecisionFilter,
                after: Option<&Cursor>,
                limit: i64,
            ) -> Result<Vec<crate::store::LoggedDecision>> {
                let (filter, after) = (filter.clone(), after.cloned());
                ask!(self.read, conn => queries::routing::decision_log(conn, filter, after, limit))
            }
            async fn offer(&self, id: &OfferId) -> Result<Option<Offer>> {
                let id = id.clone();
                ask!(self.read, conn => queries::routing::offer(conn, id))
            }
            async fn offers_of(&self, agent_id: &AgentId, limit: i64) -> Result<Vec<Offer>> {
                let id = agent_id.clone();
                ask!(self.read, conn => queries::routing::offers_of(conn, id, limit))
            }
            async fn queue_entry(&self, conversation_id: &ConversationId) -> Result<Option<QueueEntry>> {
                let id = conversation_id.clone();
                ask!(self.read, conn => queries::routing::queue_entry(conn, id))
            }
            async fn assignments(&self, conversation_id: &ConversationId) -> Result<Vec<Assignment>> {
                let id = conversation_id.clone();
                ask!(self.read, conn => queries::routing::assignments(conn, id))
            }
            async fn last_agent_of(&self, customer_id: &UserId) -> Result<Option<AgentId>> {
                let id = customer_id.clone();
                ask!(self.read, conn => queries::routing::last_agent_of(conn, id))
            }
            async fn wait_samples(&self, since: Timestamp, limit: i64) -> Result<Vec<WaitSample>> {
                ask!(self.read, conn => queries::routing::wait_samples(conn, since, limit))
            }
            async fn agent(&self, id: &AgentId) -> Result<Option<Agent>> {
                let id = id.clone();
                ask!(self.read, conn => queries::routing::agent(conn, id))
            }

            async fn conversation(&self, id: &ConversationId) -> Result<Option<Conversation>> {
                let id = id.clone();
                ask!(self.read, conn => queries::conversations::one(conn, id))
            }
            async fn participants(&self, id: &ConversationId) -> Result<Vec<Participant>> {
                let id = id.clone();
                ask!(self.read, conn => queries::conversations::participants(conn, id))
            }
            async fn conversations(
                &self,
                filter: &ConversationFilter,
                after: Option<&Cursor>,
                limit: i64,
            ) -> Result<Vec<Conversation>> {
                let (filter, after) = (filter.clone(), after.cloned());
                ask!(self.read, conn => queries::conversations::list(conn, filter, after, limit))
            }
            async fn current_conversation_of(&self, customer_id: &UserId) -> Result<Option<Conversation>> {
                let id = customer_id.clone();
                ask!(self.read, conn => queries::conversations::current_of(conn, id))
            }
            async fn messages_after(&self, id: &ConversationId, after: i64, limit: i64) -> Result<Vec<Message>> {
                let id = id.clone();
                ask!(self.read, conn => queries::conversations::messages_after(conn, id, after, limit))
            }
            async fn messages_before(&self, id: &ConversationId, before: i64, limit: i64) -> Result<Vec<Message>> {
                let id = id.clone();
                ask!(self.read, conn => queries::conversations::messages_before(conn, id, before, limit))
            }
            async fn message(&self, id: &MessageId) -> Result<Option<Message>> {
                let id = id.clone();
                ask!(self.read, conn => queries::conversations::message(conn, id))
            }
            async fn notes_after(&self, id: &ConversationId, after: i64, limit: i64) -> Result<Vec<Note>> {
                let id = id.clone();
                ask!(self.read, conn => queries::conversations::notes_after(conn, id, after, limit))
            }
            async fn rating(&self, id: &ConversationId) -> Result<Option<Rating>> {
                let id = id.clone();
                ask!(self.read, conn => queries::conversations::rating(conn, id))
            }
            async fn idle_candidates(&self, before: Timestamp, limit: i64) -> Result<Vec<IdleCandidate>> {
                ask!(self.read, conn => queries::conversations::idle(conn, before, limit))
            }
            async fn unanswered(&self, since: Timestamp, limit: i64) -> Result<Vec<ConversationId>> {
                ask!(self.read, conn => queries::conversations::unanswered(conn, since, limit))
            }

            async fn oldest_activity(&self) -> Result<Option<Timestamp>> {
                ask!(self.read, conn => queries::conversations::oldest_activity(conn))
            }
            async fn heads(&self, ids: &[ConversationId]) -> Result<Vec<(ConversationId, i64)>> {
                let ids = ids.to_vec();
                ask!(self.read, conn => queries::conversations::heads(conn, ids))
            }

            async fn overviews(
                &self,
                filter: &crate::store::OverviewFilter,
                reader: &UserId,
                after: Option<&Cursor>,
                limit: i64,
            ) -> Result<Vec<crate::store::Overview>> {
                let (filter, reader, after) = (filter.clone(), reader.clone(), after.cloned());
                ask!(self.snapshot, conn => queries::overviews::list(conn, filter, reader, after, limit))
            }
            async fn search_messages(
                &self,
                terms: &[String],
                reach: &crate::store::Reach,
                after: Option<&Cursor>,
                limit: i64,
            ) -> Result<Vec<crate::store::Found>> {
                let (terms, reach, after) = (terms.to_vec(), reach.clone(), after.cloned());
                ask!(self.read, conn => queries::search::messages(conn, terms, reach, after, limit))
            }
            async fn search_names(
                &self,
                terms: &[String],
                reach: &crate::store::Reach,
                limit: i64,
            ) -> Result<Vec<ConversationId>> {
                let (terms, reach) = (terms.to_vec(), reach.clone());
                let found = ask!(self.read, conn => queries::search::names(conn, terms, reach, limit))?;
                Ok(found.into_iter().map(ConversationId::from).collect())
            }
            async fn canned_responses(
                &self,
                reader: &UserId,
            ) -> Result<Vec<crate::domain::canned::CannedResponse>> {
                let reader = reader.clone();
                ask!(self.read, conn => queries::desk::canned(conn, reader))
            }
            async fn canned_response(&self, id: &str) -> Result<Option<crate::domain::canned::CannedResponse>> {
                let id = id.to_owned();
                ask!(self.read, conn => queries::desk::one_canned(conn, id))
            }
            async fn page_views(
                &self,
                id: &ConversationId,
                limit: i64,
            ) -> Result<Vec<crate::domain::page_view::PageView>> {
                let id = id.clone();
                ask!(self.read, conn => queries::desk::page_views(conn, id, limit))
            }
            async fn page_trail(
                &self,
                customer_id: &UserId,
                limit: i64,
            ) -> Result<Vec<crate::domain::page_view::PageView>> {
                let id = customer_id.clone();
                ask!(self.read, conn => queries::desk::page_trail(conn, id, limit))
            }
            async fn audit_log(
                &self,
                filter: &crate::store::AuditFilter,
                after: Option<&Cursor>,
                limit: i64,
            ) -> Result<Vec<crate::domain::audit::AuditEntry>> {
                let (filter, after) = (filter.clone(), after.cloned());
                ask!(self.read, conn => queries::desk::audit(conn, filter, after, limit))
            }
            async fn record(&self, recorded: &crate::store::Recorded) -> Result<crate::store::Changed> {
                let recorded = recorded.clone();
                ask!(self.transact, conn => queries::desk::record(conn, recorded))
            }
            async fn disabled_users(&self) -> Result<Vec<UserId>> {
                ask!(self.read, conn => queries::desk::disabled(conn))
            }
            async fn facts(&self, filter: &crate::store::FactsFilter) -> Result<crate::store::Facts> {
                let filter = filter.clone();
                ask!(self.snapshot, conn => queries::desk::facts(conn, filter))
            }

            async fn messaging_list(
                &self,
                user_id: &UserId,
                filter: &crate::store::MessagingFilter,
                limit: i64,
                offset: i64,
            ) -> Result<Vec<crate::store::MessagingOverview>> {
                let (user_id, filter) = (user_id.clone(), filter.clone());
                ask!(self.snapshot, conn => queries::messaging::list(conn, user_id, filter, limit, offset))
            }
            async fn messaging_stats(&self, user_id: &UserId) -> Result<crate::store::MessagingStats> {
                let user_id = user_id.clone();
                ask!(self.read, conn => queries::messaging::stats(conn, user_id))
            }
            async fn reactions_to(
                &self,
                ids: &[MessageId],
            ) -> Result<Vec<crate::domain::messaging::Reaction>> {
                let ids = ids.to_vec();
                ask!(self.read, conn => queries::messaging::reactions_to(conn, ids))
            }
            async fn attachments_of(
                &self,
                ids: &[MessageId],
            ) -> Result<Vec<crate::domain::messaging::Attachment>> {
                let ids = ids.to_vec();
                ask!(self.read, conn => queries::messaging::attachments_of(conn, ids))
            }
            async fn attachment(&self, id: &str) -> Result<Option<crate::domain::messaging::Attachment>> {
                let id = id.to_owned();
                ask!(self.read, conn => queries::messaging::attachment(conn, id))
            }
            async fn add_attachment(&self, attachment: &crate::domain::messaging::Attachment) -> Result<()> {
                let attachment = attachment.clone();
                ask!(self.transact, conn => queries::messaging::add_attachment(conn, attachment))
            }
            async fn drop_unused_attachments(
                &self,
                before: Timestamp,
                limit: i64,
            ) -> Result<Vec<crate::domain::messaging::Attachment>> {
                ask!(self.transact, conn => queries::messaging::drop_unused_attachments(conn, before, limit))
            }
            async fn blocked_by(&self, user_id: &UserId, limit: i64) -> Result<Vec<crate::store::Blocked>> {
                let user_id = user_id.clone();
                ask!(self.read, conn => queries::messaging::blocked_by(conn, user_id, limit))
            }
            async fn set_block(
                &self,
                user_id: &UserId,
                blocked_id: &UserId,
                on: bool,
                at: Timestamp,
            ) -> Result<()> {
                let pair = (user_id.clone(), blocked_id.clone());
                ask!(self.transact, conn => queries::messaging::set_block(conn, pair, on, at))
            }
            async fn is_blocked(&self, by: &[UserId], user_id: &UserId) -> Result<bool> {
                let (by, user_id) = (by.to_vec(), user_id.clone());
                ask!(self.read, conn => queries::messaging::is_blocked(conn, by, user_id))
            }

            async fn user(&self, id: &UserId) -> Result<Option<User>> {
                let id = id.clone();
                ask!(self.read, conn => queries::people::user(conn, id))
            }
            async fn ensure_user(&self, user: &User, default_capacity: i32) -> Result<User> {
                // Almost always nothing has changed, and reading does not wait for the writer.
                if let Some(stored) = self.user(&user.id).await?
                    && !queries::people::differs(&stored, user)
                {
                    return Ok(stored);
                }
                let wanted = user.clone();
                ask!(self.transact, conn => queries::people::ensure(conn, wanted, default_capacity))
            }
            async fn count_users(&self, role: Role) -> Result<i64> {
                ask!(self.read, conn => queries::people::count(conn, role))
            }
            async fn put_credential(&self, credential: &Credential) -> Result<()> {
                let credential = credential.clone();
                ask!(self.transact, conn => queries::people::put_credential(conn, credential))
            }
            async fn credential(&self, email: &str) -> Result<Option<Credential>> {
                let email = email.to_owned();
                ask!(self.read, conn => queries::people::credential(conn, email))
            }
            async fn put_refresh_token(&self, token: &RefreshToken) -> Result<()> {
                let token = token.clone();
                ask!(self.transact, conn => queries::people::put_refresh_token(conn, token))
            }
            async fn rotate_refresh_token(
                &self,
                old_hash: &str,
                next: &RefreshToken,
                now: Timestamp,
                grace: crate::domain::time::Millis,
            ) -> Result<RefreshOutcome> {
                let (old_hash, next) = (old_hash.to_owned(), next.clone());
                ask!(self.transact, conn => queries::people::rotate(conn, old_hash, next, now, grace))
            }
            async fn login_of_refresh_token(&self, token_hash: &str) -> Result<Option<String>> {
                let hash = token_hash.to_owned();
                ask!(self.read, conn => queries::people::login_of(conn, hash))
            }
            async fn revoke_login(&self, login_id: &str, until: Timestamp) -> Result<()> {
                let login_id = login_id.to_owned();
                ask!(self.transact, conn => queries::people::revoke(conn, login_id, until))
            }
            async fn revoked_logins(&self, now: Timestamp) -> Result<Vec<String>> {
                ask!(self.read, conn => queries::people::revoked(conn, now))
            }

            async fn merge_customer(
                &self,
                from: &UserId,
                into: &UserId,
                name: &str,
                at: Timestamp,
            ) -> Result<crate::store::MergeOutcome> {
                let (from, into, name) = (from.clone(), into.clone(), name.to_owned());
                ask!(self.transact, conn => queries::merge::customer(conn, from, into, name, at))
            }

            async fn publish_event(
                &self,
                event: &crate::domain::host_event::HostEvent,
                expires_at: Timestamp,
            ) -> Result<crate::store::PublishedEvent> {
                let event = event.clone();
                ask!(self.transact, conn => queries::host_events::publish(conn, event, expires_at))
            }
            async fn newest_event(&self) -> Result<i64> {
                ask!(self.read, conn => queries::host_events::newest(conn))
            }
            async fn events_for(
                &self,
                reader: &crate::store::Reader,
                after: Option<i64>,
                now: Timestamp,
                limit: i64,
            ) -> Result<Vec<crate::domain::host_event::HostEvent>> {
                let reader = reader.clone();
                ask!(self.snapshot, conn => queries::host_events::waiting(conn, reader, after, now, limit))
            }
            async fn mark_events_delivered(&self, marks: &[(UserId, i64)]) -> Result<()> {
                let marks = marks.to_vec();
                ask!(self.transact, conn => queries::host_events::delivered(conn, marks))
            }
            async fn notifications(
                &self,
                reader: &crate::store::Reader,
                filter: crate::store::NotificationFilter,
                now: Timestamp,
                limit: i64,
            ) -> Result<Vec<crate::domain::host_event::Notification>> {
                let reader = reader.clone();
                ask!(self.snapshot, conn => queries::host_events::notifications(conn, reader, filter, now, limit))
            }
            async fn unread_notifications(&self, reader: &crate::store::Reader, now: Timestamp) -> Result<i64> {
                let reader = reader.clone();
                ask!(self.snapshot, conn => queries::host_events::unread(conn, reader, now))
            }
            async fn read_notifications(
                &self,
                reader: &crate::store::Reader,
                what: &crate::domain::host_event::Read,
                now: Timestamp,
            ) -> Result<Option<i64>> {
                let (reader, what) = (reader.clone(), what.clone());
                ask!(self.transact, conn => queries::host_events::read(conn, reader, what, now))
            }
            async fn forget_events(&self, now: Timestamp) -> Result<usize> {
                ask!(self.transact, conn => queries::host_events::forget(conn, now))
            }

            async fn webhooks(&self) -> Result<Vec<crate::domain::webhook::Webhook>> {
                ask!(self.read, conn => queries::webhooks::all(conn))
            }
            async fn disable_webhook(
                &self,
                id: &str,
                why: crate::domain::webhook::Disabled,
                at: Timestamp,
            ) -> Result<()> {
                let id = id.to_owned();
                ask!(self.transact, conn => queries::webhooks::disable(conn, id, why, at))
            }
            async fn webhook_backlog(&self, webhook_id: &str) -> Result<crate::store::Backlog> {
                let id = webhook_id.to_owned();
                ask!(self.read, conn => queries::webhooks::backlog(conn, id))
            }
            async fn waiting_deliveries(
                &self,
                webhook_id: &str,
                after: i64,
                limit: i64,
            ) -> Result<Vec<crate::domain::webhook::lane::Waiting>> {
                let id = webhook_id.to_owned();
                ask!(self.read, conn => queries::webhooks::waiting(conn, id, after, limit))
            }
            async fn delivery(&self, id: &str) -> Result<Option<crate::domain::webhook::Delivery>> {
                let id = id.to_owned();
                ask!(self.read, conn => queries::webhooks::one(conn, id))
            }
            async fn deliveries(
                &self,
                webhook_id: &str,
                state: Option<crate::domain::webhook::DeliveryState>,
                before: i64,
                limit: i64,
            ) -> Result<Vec<crate::domain::webhook::Delivery>> {
                let id = webhook_id.to_owned();
                ask!(self.read, conn => queries::webhooks::list(conn, id, state, before, limit))
            }
            async fn forget_removed(&self, limit: i64) -> Result<bool> {
                ask!(self.transact, conn => queries::webhooks::forget_removed(conn, limit))
            }
            async fn delivery_tried(&self, id: &str, tried: &crate::store::Tried) -> Result<bool> {
                let (id, tried) = (id.to_owned(), tried.clone());
                ask!(self.transact, conn => queries::webhooks::tried(conn, id, tried))
            }
            async fn forget_deliveries(
                &self,
                state: crate::domain::webhook::DeliveryState,
                before: Timestamp,
                limit: i64,
            ) -> Result<usize> {
                ask!(self.transact, conn => queries::webhooks::forget(conn, state, before, limit))
            }

            async fn chatbots(&self) -> Result<Vec<Chatbot>> {
                ask!(self.snapshot, conn => queries::chatbots::all(conn))
            }
            async fn put_chatbot(&self, chatbot: &Chatbot) -> Result<()> {
                let chatbot = chatbot.clone();
                ask!(self.transact, conn => queries::chatbots::put(conn, chatbot))
            }
            async fn delete_chatbot(&self, id: &ChatbotId) -> Result<bool> {
                let id = id.clone();
                ask!(self.transact, conn => queries::chatbots::delete(conn, id))
            }

            async fn reserve_key(&self, wish: &crate::store::KeyWish) -> Result<crate::store::Reservation> {
                let wish = wish.clone();
                ask!(self.transact, conn => queries::keys::reserve(conn, wish))
            }
            async fn keep_answer(
                &self,
                user_id: &UserId,
                key: &str,
                holder: &str,
                status: i32,
                body: &str,
            ) -> Result<()> {
                let held = queries::keys::Held::new(user_id, key, holder);
                let body = body.to_owned();
                ask!(self.transact, conn => queries::keys::keep(conn, held, status, body))
            }
            async fn free_key(&self, user_id: &UserId, key: &str, holder: &str) -> Result<()> {
                let held = queries::keys::Held::new(user_id, key, holder);
                ask!(self.transact, conn => queries::keys::free(conn, held))
            }
            async fn sweep(&self, before: Timestamp) -> Result<()> {
                ask!(self.transact, conn => queries::people::sweep(conn, before))
            }
        }
    };
}
pub(super) use store_verbs;
