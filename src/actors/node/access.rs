//! Who may do what to which conversation: the stored rows give the standing, the table gives the verdict.

use std::sync::Arc;

use crate::auth::policy::{self, Action, Relation, Verdict};
use crate::domain::command::{Command, Topic};
use crate::domain::event::TopicBody;
use crate::domain::ids::ConversationId;
use crate::domain::rejection::Rejection;
use crate::domain::room::{RoomRecord, Standing};
use crate::domain::user::Principal;

use super::super::failure::Failure;
use super::super::messages::{AgentMessage, Answer, Ask, News, RoomMessage, RouterMessage};
use super::{Node, reader};

/// The table's word for a standing.
pub fn relation(standing: Standing) -> Relation {
    match standing {
        Standing::Own => Relation::Own,
        Standing::Assigned => Relation::Assigned,
        Standing::Offered => Relation::Offered,
        Standing::Waiting => Relation::Waiting,
        Standing::Participant => Relation::Participant,
        Standing::Other => Relation::Other,
    }
}

/// A verdict as a refusal.
///
/// # Errors
/// Everything but [`Verdict::Allow`].
pub fn permitted(verdict: Verdict) -> Result<(), Failure> {
    match verdict {
        Verdict::Allow => Ok(()),
        Verdict::NotFound => Err(Failure::Rejected(Rejection::NotFound)),
        Verdict::Forbidden => Err(Failure::Rejected(Rejection::Forbidden)),
        Verdict::Unauthenticated => Err(Failure::Unauthenticated),
    }
}

impl Node {
    /// A conversation as stored, if the caller may do `action` to it.
    ///
    /// # Errors
    /// `NotFound` for what does not exist and for what may not be seen alike.
    pub async fn conversation_for(
        &self,
        principal: &Principal,
        action: Action,
        id: &ConversationId,
    ) -> Result<RoomRecord, Failure> {
        let record = self.record(id).await?;
        let standing = record.as_ref().map(|record| record.standing(&principal.user_id, principal.role));
        let relation = standing.map_or(Relation::None, relation);
        permitted(policy::allows(principal.role.into(), action, relation))?;
        record.ok_or(Failure::Rejected(Rejection::NotFound))
    }

    /// A conversation as stored, with its pending offers.
    ///
    /// # Errors
    /// When the store or the supervisor does not answer.
    pub async fn record(&self, id: &ConversationId) -> Result<Option<RoomRecord>, Failure> {
        let Some(conversation) = self.store.conversation(id).await? else { return Ok(None) };
        let participants = self.store.participants(id).await?;
        let mut record = RoomRecord::new(conversation, participants);
        if !record.conversation.kind.is_messaging() {
            record.offers = self.case(id, false).await?.offered_to.into_iter().collect();
        }
        Ok(Some(record))
    }

    /// Sends a command where it belongs. The answer travels back in it.
    pub fn dispatch(self: &Arc<Self>, ask: Ask) {
        if let Some(conversation_id) = conversation_of(&ask.command).cloned() {
            let message = RoomMessage::Ask(ask);
            return self.router(RouterMessage::ToRoom { conversation_id, message, only_if_live: false });
        }
        match ask.command {
            Command::StartConversation(start) => {
                let (node, reply) = (Arc::clone(self), ask.reply);
                let (caller, request_id) = (ask.caller, ask.request_id);
                actix_rt::spawn(async move {
                    reply.send(node.start_conversation(&caller, start, request_id).await);
                });
            }
            Command::SetAgentStatus { .. } | Command::AcceptOffer { .. } | Command::DeclineOffer { .. } => {
                self.to_own_agent(ask);
            }
            _ => ask.reply.send(Err(Failure::Rejected(Rejection::NotFound))),
        }
    }

    /// Commands about the caller as an agent. Whether an offer is theirs is the supervisor's to say.
    fn to_own_agent(&self, ask: Ask) {
        let principal = &ask.caller.principal;
        let relation = match ask.command {
            Command::SetAgentStatus { .. } => Relation::Own,
            _ => Relation::Offered,
        };
        if let Err(failure) = permitted(policy::allows_command(principal.role.into(), &ask.command, relation)) {
            return ask.reply.send(Err(failure));
        }
        let agent_id = principal.user_id.clone();
        self.router(RouterMessage::ToAgent { agent_id, message: AgentMessage::Ask(Box::new(ask)) });
    }

    /// The same for those who can wait.
    ///
    /// # Errors
    /// Whatever the command is refused with.
    pub async fn execute(
        self: &Arc<Self>,
        caller: super::super::messages::Caller,
        command: Command,
        request_id: crate::domain::ids::RequestId,
    ) -> Answer {
        if let Command::StartConversation(start) = command {
            return self.start_conversation(&caller, start, request_id).await;
        }
        let (sender, receiver) = tokio::sync::oneshot::channel();
        let reply = super::super::messages::ReplyTo::waiting(sender);
        self.dispatch(Ask { caller, command, request_id, reply });
        self.within(receiver).await?
    }

    /// What is told in a conversation from now on, for those without a session. Dropping the receiver ends it.
    pub fn follow(&self, conversation_id: ConversationId) -> tokio::sync::mpsc::UnboundedReceiver<News> {
        let (follower, news) = tokio::sync::mpsc::unbounded_channel();
        let message = RoomMessage::Follow(follower);
        self.router(RouterMessage::ToRoom { conversation_id, message, only_if_live: false });
        news
    }

    /// Whether all of these topics may be watched.
    ///
    /// # Errors
    /// The first refusal.
    pub fn may_watch(&self, principal: &Principal, topics: &[Topic]) -> Result<(), Failure> {
        let command = Command::Subscribe { topics: topics.to_vec() };
        permitted(policy::allows_command(principal.role.into(), &command, Relation::None))
    }

    /// The topics as they are now, each with the number its deltas go on from.
    ///
    /// # Errors
    /// When the supervisor does not answer.
    pub async fn snapshots(
        &self,
        principal: &Principal,
        topics: &[Topic],
    ) -> Result<Vec<(Topic, u64, TopicBody)>, Failure> {
        let mut found = Vec::with_capacity(topics.len());
        for topic in topics {
            found.push(match topic {
                Topic::Queue => {
                    let (number, rows) = self.queue().await?;
                    (*topic, number, TopicBody::Queue(rows))
                }
                Topic::Agents => {
                    let (number, state) = self.routing_state().await?;
                    (*topic, number, TopicBody::Agents(state.agents.values().cloned().collect()))
                }
                Topic::Metrics => {
                    let (sent, refused, dropped) = super::super::tell::counts();
                    let count = |value: u64| i64::try_from(value).unwrap_or(i64::MAX);
                    let metrics = vec![
                        ("messages_sent", count(sent)),
                        ("messages_refused", count(refused)),
                        ("messages_dropped", count(dropped)),
                    ];
                    (*topic, 0, TopicBody::Metrics(metrics))
                }
                // Its news are `notification` and `notification_count`, which all of a person's devices hear anyway.
                Topic::Notifications => {
                    let unread = self.store().unread_notifications(&reader(principal), self.now()).await?;
                    (*topic, 0, TopicBody::Notifications(unread))
                }
                Topic::Availability => {
                    let (number, found) = self.reachability(&principal.entrance()).await?;
                    (*topic, number, TopicBody::Availability(Box::new(found)))
                }
            });
        }
        Ok(found)
    }
}

/// The conversation a command is about.
pub fn conversation_of(command: &Command) -> Option<&ConversationId> {
    match command {
        Command::Join { conversation_id, .. }
        | Command::Leave { conversation_id }
        | Command::Typing { conversation_id, .. }
        | Command::MarkRead { conversation_id, .. }
        | Command::CancelEscalation { conversation_id }
        | Command::AssignToMe { conversation_id }
        | Command::Assign { conversation_id, .. }
        | Command::Transfer { conversation_id, .. }
        | Command::SetPriority { conversation_id, .. }
        | Command::Release { conversation_id, .. }
        | Command::CloseConversation { conversation_id, .. }
        | Command::Rate { conversation_id, .. }
        | Command::ViewPage { conversation_id, .. } => Some(conversation_id),
        Command::SendMessage(message) => Some(&message.conversation_id),
        Command::Messaging(request) => Some(&request.conversation_id),
        Command::Escalate(escalate) => Some(&escalate.conversation_id),
        // A session sends a resume conversation by conversation.
        Command::Resume { conversations } => conversations.first().map(|(id, _)| id),
        Command::StartConversation(_)
        | Command::AcceptOffer { .. }
        | Command::DeclineOffer { .. }
        | Command::SetAgentStatus { .. }
        | Command::Subscribe { .. }
        | Command::Unsubscribe { .. } => None,
    }
}
