//! Every command as a typed async method, and every event as a typed stream.

use std::sync::Arc;

use tokio::sync::broadcast;

use crate::actors::failure::Failure;
use crate::actors::messages::Caller;
use crate::actors::node::{Carried, NewWebhook, Node, Published, WebhookChange};
use crate::domain::agent::Availability;
use crate::domain::command::{Command, Escalate, ReleaseTo, SendMessage, StartConversation, TransferTarget};
use crate::domain::connections::Census;
use crate::domain::escalation::{AgentProfile, Decision, Request, State};
use crate::domain::event::{EscalationStatus, QueueRow, Reply, SentMessage};
use crate::domain::host_event::NewHostEvent;
use crate::domain::ids::{AgentId, ConversationId, DecisionId, OfferId, UserId};
use crate::domain::message::{Message, MessageKind};
use crate::domain::time::{Millis, Timestamp};
use crate::domain::user::{Principal, Role};
use crate::domain::webhook::Webhook;

/// Somebody in whose name a host does things.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// The host's own id.
    pub id: UserId,
    /// What they are.
    pub role: Role,
    /// Shown to others.
    pub name: String,
}

impl User {
    /// A customer.
    pub fn customer(id: &str, name: &str) -> Self {
        Self { id: id.into(), role: Role::Customer, name: name.to_owned() }
    }

    /// An agent.
    pub fn agent(id: &str, name: &str) -> Self {
        Self { id: id.into(), role: Role::Agent, name: name.to_owned() }
    }

    /// An admin.
    pub fn admin(id: &str, name: &str) -> Self {
        Self { id: id.into(), role: Role::Admin, name: name.to_owned() }
    }
}

/// The library's way in. Cheap to clone; usable from any thread of an actix system.
///
/// Every method does what the same command does over a socket: the same checks, the same limits, the same answers.
/// Errors are [`Failure`]s; `Failure::Store(Aborted | Busy)` and `Overloaded` may be tried again, `NoAnswer` and
/// `OutcomeUnknown` with the same client id.
#[derive(Clone)]
pub struct EngineHandle {
    node: Arc<Node>,
}

impl EngineHandle {
    pub(super) fn new(node: Arc<Node>) -> Self {
        Self { node }
    }

    async fn execute(&self, user: &User, command: Command) -> Result<Reply, Failure> {
        let principal = Principal {
            user_id: user.id.clone(),
            role: user.role,
            name: user.name.clone(),
            chatbot_id: None,
            expires_at: Timestamp::from_millis(i64::MAX),
            login_id: None,
        };
        let caller = Caller { principal: Arc::new(principal), session: None };
        self.node.execute(caller, command, self.node.new_request_id()).await
    }

    /// Makes a person known, or takes over a changed name. An agent gets an agent's record.
    ///
    /// # Errors
    /// The store's word.
    pub async fn ensure_user(&self, user: &User) -> Result<(), Failure> {
        let stored = crate::domain::user::User {
            id: user.id.clone(),
            role: user.role,
            name: user.name.clone(),
            email: None,
            created_at: self.node.now(),
            disabled: false,
        };
        self.node.know(&stored).await?;
        Ok(())
    }

    /// A token for a person, for as long as said; hand it to their client.
    ///
    /// # Errors
    /// An id that cannot be used; the store's word.
    pub async fn token(&self, user: &User, lives: Millis) -> Result<String, Failure> {
        let stored = crate::domain::user::User {
            id: user.id.clone(),
            role: user.role,
            name: user.name.clone(),
            email: None,
            created_at: self.node.now(),
            disabled: false,
        };
        Ok(self.node.mint(stored, None, Some(lives)).await?.token)
    }

    /// Carries an event of the host application to one person, a role or everybody, on all of their devices and in
    /// every dialect. A durable one waits for those who are away.
    ///
    /// # Errors
    /// `Invalid` with the field; the store's word.
    pub async fn publish_event(&self, event: NewHostEvent) -> Result<Carried, Failure> {
        self.node.carry(event).await
    }

    /// All webhooks, the oldest first, with their secrets.
    ///
    /// # Errors
    /// The store's word.
    pub async fn webhooks(&self) -> Result<Vec<Webhook>, Failure> {
        Ok(self.node.store().webhooks().await?)
    }

    /// Tells a URL of the host application's what happens from now on; the answer has the secret that signs it.
    ///
    /// # Errors
    /// `Invalid` with the field, `LimitReached`; the store's word.
    pub async fn create_webhook(&self, new: NewWebhook) -> Result<Webhook, Failure> {
        self.node.create_webhook(None, new).await
    }

    /// Changes a webhook, or switches it on or off.
    ///
    /// # Errors
    /// `NotFound`, `Invalid` with the field; the store's word.
    pub async fn change_webhook(&self, id: &str, change: WebhookChange) -> Result<Webhook, Failure> {
        self.node.change_webhook(None, id, change).await
    }

    /// Removes a webhook, and what waits for it.
    ///
    /// # Errors
    /// `NotFound`; the store's word.
    pub async fn delete_webhook(&self, id: &str) -> Result<(), Failure> {
        self.node.delete_webhook(None, id).await
    }

    /// Starts a conversation of a customer's. Idempotent by `client_id`.
    ///
    /// # Errors
    /// What is wrong with the fields; the store's word.
    pub async fn start_conversation(&self, customer: &User, start: StartConversation) -> Result<Started, Failure> {
        match self.execute(customer, Command::StartConversation(start)).await? {
            Reply::Started { conversation_id, duplicate, escalation, first_message } => {
                Ok(Started { conversation_id, duplicate, escalation, first_message })
            }
            _ => Err(Failure::NoAnswer),
        }
    }

    /// Sends a text message. Idempotent by `client_id`; durable when it returns.
    ///
    /// # Errors
    /// Not found, closed, too fast, too long; the store's word.
    pub async fn send_message(
        &self,
        sender: &User,
        conversation_id: &ConversationId,
        client_id: &str,
        content: &str,
    ) -> Result<SentMessage, Failure> {
        let command = Command::SendMessage(SendMessage {
            conversation_id: conversation_id.clone(),
            content: content.to_owned(),
            client_id: client_id.to_owned(),
            kind: MessageKind::Text,
            reply_to: None,
            internal: false,
            metadata: None,
        });
        match self.execute(sender, command).await? {
            Reply::Sent(sent) => Ok(sent),
            _ => Err(Failure::NoAnswer),
        }
    }

    /// Asks for a human. Idempotent; always answered.
    ///
    /// # Errors
    /// Not found, closed; the store's word.
    pub async fn escalate(
        &self,
        caller: &User,
        conversation_id: &ConversationId,
        reason: Option<&str>,
    ) -> Result<EscalationStatus, Failure> {
        let command = Command::Escalate(Escalate {
            conversation_id: conversation_id.clone(),
            reason: reason.map(str::to_owned),
            priority: None,
            skills: Vec::new(),
        });
        self.status_of(caller, command).await
    }

    async fn status_of(&self, caller: &User, command: Command) -> Result<EscalationStatus, Failure> {
        match self.execute(caller, command).await? {
            Reply::Escalation(status) => Ok(status),
            _ => Err(Failure::NoAnswer),
        }
    }

    /// Takes the wish for a human back.
    ///
    /// # Errors
    /// `NotWaiting`; the store's word.
    pub async fn cancel_escalation(
        &self,
        customer: &User,
        conversation_id: &ConversationId,
    ) -> Result<EscalationStatus, Failure> {
        self.status_of(customer, Command::CancelEscalation { conversation_id: conversation_id.clone() }).await
    }

    async fn yes(&self, caller: &User, command: Command) -> Result<(), Failure> {
        self.execute(caller, command).await.map(|_| ())
    }

    /// Takes an offered conversation.
    ///
    /// # Errors
    /// `OfferGone` with who has it.
    pub async fn accept_offer(&self, agent: &User, offer_id: &OfferId) -> Result<(), Failure> {
        self.yes(agent, Command::AcceptOffer { offer_id: offer_id.clone() }).await
    }

    /// Refuses an offered conversation; it goes to the next agent.
    ///
    /// # Errors
    /// `OfferGone`.
    pub async fn decline_offer(&self, agent: &User, offer_id: &OfferId, reason: Option<&str>) -> Result<(), Failure> {
        let command = Command::DeclineOffer { offer_id: offer_id.clone(), reason: reason.map(str::to_owned) };
        self.yes(agent, command).await
    }

    /// Takes a waiting conversation.
    ///
    /// # Errors
    /// `AlreadyAssigned`, `AtCapacity`, `NotWaiting`.
    pub async fn assign_to_me(&self, agent: &User, conversation_id: &ConversationId) -> Result<(), Failure> {
        self.yes(agent, Command::AssignToMe { conversation_id: conversation_id.clone() }).await
    }

    /// Gives a conversation to anyone; flagged in the decision log.
    ///
    /// # Errors
    /// `Unreachable` for an unknown agent.
    pub async fn assign(
        &self,
        admin: &User,
        conversation_id: &ConversationId,
        agent_id: &AgentId,
    ) -> Result<(), Failure> {
        let (conversation_id, agent_id) = (conversation_id.clone(), agent_id.clone());
        self.yes(admin, Command::Assign { conversation_id, agent_id }).await
    }

    /// Lets a waiting conversation come sooner or later: `priority` is its new base priority, 0 to
    /// `routing.top_priority`.
    ///
    /// # Errors
    /// `not_waiting` when it is not in the queue, `invalid` out of the range, and as the caller's rights say.
    pub async fn set_priority(
        &self,
        by: &User,
        conversation_id: &ConversationId,
        priority: i32,
    ) -> Result<(), Failure> {
        self.yes(by, Command::SetPriority { conversation_id: conversation_id.clone(), priority }).await
    }

    /// Offers a conversation to a colleague or team.
    ///
    /// # Errors
    /// `Unreachable`, `AtCapacity`, `TransferPending`.
    pub async fn transfer(
        &self,
        owner: &User,
        conversation_id: &ConversationId,
        target: TransferTarget,
        note: Option<&str>,
    ) -> Result<OfferId, Failure> {
        let (conversation_id, note) = (conversation_id.clone(), note.map(str::to_owned));
        match self.execute(owner, Command::Transfer { conversation_id, target, note }).await? {
            Reply::TransferOffered { offer_id } => Ok(offer_id),
            _ => Err(Failure::NoAnswer),
        }
    }

    /// Gives a conversation back to the queue or the assistant.
    ///
    /// # Errors
    /// `NotWaiting`.
    pub async fn release(&self, owner: &User, conversation_id: &ConversationId, to: ReleaseTo) -> Result<(), Failure> {
        self.yes(owner, Command::Release { conversation_id: conversation_id.clone(), to }).await
    }

    /// Ends a conversation.
    ///
    /// # Errors
    /// Not found; the store's word.
    pub async fn close(
        &self,
        caller: &User,
        conversation_id: &ConversationId,
        reason: Option<&str>,
    ) -> Result<(), Failure> {
        let (conversation_id, reason) = (conversation_id.clone(), reason.map(str::to_owned));
        self.yes(caller, Command::CloseConversation { conversation_id, reason }).await
    }

    /// Chooses an agent's availability.
    ///
    /// # Errors
    /// Not found.
    pub async fn set_availability(
        &self,
        agent: &User,
        status: Availability,
        reason: Option<&str>,
    ) -> Result<(), Failure> {
        self.yes(agent, Command::SetAgentStatus { status, reason: reason.map(str::to_owned) }).await
    }

    /// Says that an agent is at work without a socket of ours (a host's own console). Repeat it at least every two
    /// minutes.
    ///
    /// # Errors
    /// The store's word.
    pub async fn agent_connected(
        &self,
        agent: &User,
        capacity: Option<i32>,
        skills: Option<Vec<String>>,
    ) -> Result<(), Failure> {
        let profile =
            AgentProfile { id: agent.id.clone(), name: agent.name.clone(), limit: capacity, skills, teams: None };
        self.node.request(Request::AgentConnected(profile), self.node.new_request_id()).await.map(|_| ())
    }

    /// The opposite of [`EngineHandle::agent_connected`]; the grace begins.
    ///
    /// # Errors
    /// The store's word.
    pub async fn agent_disconnected(&self, agent_id: &AgentId) -> Result<(), Failure> {
        let request = Request::AgentDisconnected { agent_id: agent_id.clone() };
        self.node.request(request, self.node.new_request_id()).await.map(|_| ())
    }

    /// How a conversation stands.
    ///
    /// # Errors
    /// The supervisor is reading the store.
    pub async fn status(&self, conversation_id: &ConversationId) -> Result<EscalationStatus, Failure> {
        self.node.case(conversation_id, false).await.map(|view| view.status)
    }

    /// The queue, in order.
    ///
    /// # Errors
    /// The supervisor is reading the store.
    pub async fn queue(&self) -> Result<Vec<QueueRow>, Failure> {
        self.node.queue().await.map(|(_, rows)| rows)
    }

    /// The supervisor's tables: agents, cases, entries, offers.
    ///
    /// # Errors
    /// The supervisor is reading the store.
    pub async fn routing_state(&self) -> Result<Arc<State>, Failure> {
        self.node.routing_state().await.map(|(_, state)| state)
    }

    /// Messages after a number, in order, at most 500.
    ///
    /// # Errors
    /// The store's word.
    pub async fn messages(&self, conversation_id: &ConversationId, after: i64) -> Result<Vec<Message>, Failure> {
        Ok(self.node.store().messages_after(conversation_id, after, 500).await?)
    }

    /// Why which agent, or why none: a conversation's decisions, oldest first.
    ///
    /// # Errors
    /// The store's word.
    pub async fn decisions(&self, conversation_id: &ConversationId) -> Result<Vec<(DecisionId, Decision)>, Failure> {
        Ok(self.node.store().decisions(conversation_id, 1000).await?)
    }

    /// Who is connected to this process, how often and by which dialect.
    ///
    /// # Errors
    /// [`Failure::NoAnswer`] when a worker thread is too busy to say.
    pub async fn connections(&self) -> Result<Census, Failure> {
        self.node.census().await
    }

    /// Every event from now on.
    pub fn subscribe(&self) -> EventStream {
        EventStream { receiver: self.node.subscribe() }
    }
}

/// A started conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Started {
    /// Which.
    pub conversation_id: ConversationId,
    /// It was there already.
    pub duplicate: bool,
    /// In mode human: how it stands.
    pub escalation: Option<EscalationStatus>,
    /// The first message, when one was sent.
    pub first_message: Option<SentMessage>,
}

/// Events, each with whom it is for.
pub struct EventStream {
    receiver: broadcast::Receiver<Arc<Published>>,
}

impl EventStream {
    /// The next event; none when the engine has ended. A subscriber that is too slow misses the oldest ones: the
    /// numbers of messages show it.
    pub async fn next(&mut self) -> Option<Arc<Published>> {
        loop {
            match self.receiver.recv().await {
                Ok(published) => return Some(published),
                Err(broadcast::error::RecvError::Lagged(missed)) => {
                    log::warn!("events.missed" = missed; "a subscriber of events is too slow");
                }
                Err(broadcast::error::RecvError::Closed) => return None,
            }
        }
    }
}
