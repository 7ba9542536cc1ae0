//! Conversations begin, are spoken in by the engine, and are closed when idle.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::auth::policy::{self, Action, Relation};
use crate::domain::audit::AuditAction;
use crate::domain::chatbot::{Chatbot, DEFAULT_CHATBOT};
use crate::domain::command::{Command, Escalate, SendMessage, StartConversation, StartMode};
use crate::domain::conversation::{
    Conversation, ConversationKind, ConversationStatus, Handler, Participant, ParticipantRole,
};
use crate::domain::escalation::{Actor, ConversationFacts, Request};
use crate::domain::event::Reply;
use crate::domain::ids::{ChatbotId, ConversationId, MessageId, RequestId, UserId};
use crate::domain::message::{MessageKind, NewMessage, OWN_METADATA, SenderRole};
use crate::domain::rejection::Rejection;
use crate::domain::text;
use crate::domain::user::{Principal, Role};
use crate::store::{Change, Changed, NewConversation, StoreError, Write, Written};

use super::super::failure::Failure;
use super::super::messages::{Answer, Caller, RouterMessage};
use super::{Node, permitted};

/// Base priorities that a client may ask for.
const PRIORITIES: std::ops::RangeInclusive<i32> = 0..=10;
/// Skills that a client may ask for.
const SKILLS: usize = 10;
/// Why an idle conversation was closed.
const IDLE: &str = "idle";

impl Node {
    /// Starts a conversation of the caller's own. Idempotent by client id: a repeat finds the first one.
    ///
    /// # Errors
    /// What is wrong with the fields, and whatever its first message or escalation is refused with.
    pub async fn start_conversation(
        self: &Arc<Self>,
        caller: &Caller,
        start: StartConversation,
        request_id: RequestId,
    ) -> Answer {
        let principal = &caller.principal;
        permitted(policy::allows(principal.role.into(), Action::ConversationStart, Relation::None))?;
        let new = self.new_conversation(principal, &start)?;
        let written = self.writer.write(Write::Create(Box::new(new))).await?;
        let Written::Created { conversation, duplicate } = written else { return Err(Failure::NoAnswer) };
        let conversation_id = conversation.id;
        log::info!(
            "request.id" = request_id.as_str(), "conversation.id" = conversation_id.as_str(),
            "user.id" = principal.user_id.as_str(); "conversation started"
        );
        let greeted = start.mode == StartMode::Ai
            && !duplicate
            && self.greet(&conversation_id, conversation.chatbot_id.as_ref()).await;
        let user_id = principal.user_id.clone();
        let from = greeted.then_some(0);
        self.router(RouterMessage::Enroll { user_id, conversation_id: conversation_id.clone(), from });
        let first_message = match start.first_message {
            Some(content) => {
                Some(self.first_message(caller, &conversation_id, &start.client_id, content, &request_id).await?)
            }
            None => None,
        };
        let escalation = match start.mode {
            StartMode::Ai => None,
            StartMode::Human => {
                let command = Command::Escalate(Escalate {
                    conversation_id: conversation_id.clone(),
                    reason: start.reason,
                    priority: start.priority,
                    skills: start.skills,
                });
                match Box::pin(self.execute(caller.clone(), command, request_id)).await? {
                    Reply::Escalation(status) => Some(status),
                    _ => None,
                }
            }
        };
        Ok(Reply::Started { conversation_id, duplicate, escalation, first_message })
    }

    /// The assistant's first line; whether there is one. A conversation without it is no worse, so a failure is only
    /// logged.
    async fn greet(&self, conversation_id: &ConversationId, chatbot_id: Option<&ChatbotId>) -> bool {
        let Some(bot) = chatbot_id.and_then(|id| self.chatbot(id)) else { return false };
        if bot.greeting.trim().is_empty() || !self.assistants().is_on() {
            return false;
        }
        let greeting = Write::Append(NewMessage {
            id: MessageId::from(self.new_id()),
            conversation_id: conversation_id.clone(),
            sender_id: None,
            sender_name: bot.name,
            sender_role: SenderRole::Ai,
            kind: MessageKind::Automated,
            content: bot.greeting,
            ai_generated: false,
            client_id: None,
            reply_to: None,
            metadata: None,
            created_at: self.now(),
        });
        match self.writer.write(greeting).await {
            Ok(written) => matches!(written, Written::Appended { .. }),
            Err(error) => {
                log::warn!(error:display, "conversation.id" = conversation_id.as_str(); "the greeting was not stored");
                false
            }
        }
    }

    async fn first_message(
        self: &Arc<Self>,
        caller: &Caller,
        conversation_id: &ConversationId,
        client_id: &str,
        content: String,
        request_id: &RequestId,
    ) -> Result<crate::domain::event::SentMessage, Failure> {
        let command = Command::SendMessage(SendMessage {
            conversation_id: conversation_id.clone(),
            content,
            // The start's own id is at most 128 characters; the message needs one that a repeat finds again.
            client_id: format!("start:{}", client_id.chars().take(120).collect::<String>()),
            kind: MessageKind::Text,
            reply_to: None,
            internal: false,
            metadata: None,
        });
        match Box::pin(self.execute(caller.clone(), command, request_id.clone())).await? {
            Reply::Sent(sent) => Ok(sent),
            _ => Err(Failure::NoAnswer),
        }
    }

    fn new_conversation(&self, principal: &Principal, start: &StartConversation) -> Result<NewConversation, Failure> {
        text::client_id("data.clientId", &start.client_id)?;
        if let Some(content) = &start.first_message {
            text::content("data.firstMessage", content, self.limits().content_chars)?;
        }
        self.metadata_fits(start.metadata.as_deref())?;
        let priority = checked_priority(start.priority)?;
        checked_skills(&start.skills)?;
        let chatbot_id = self.chatbot_for(principal, start.chatbot_id.as_ref())?;
        let now = self.now();
        let id = ConversationId::from(self.new_id());
        let owner = Participant {
            conversation_id: id.clone(),
            user_id: principal.user_id.clone(),
            role: ParticipantRole::Owner,
            name: principal.name.clone(),
            last_read_seq: 0,
            uncounted: 0,
            muted: false,
            archived: false,
            joined_at: now,
            left_at: None,
        };
        let conversation = Conversation {
            id,
            kind: ConversationKind::Support,
            status: ConversationStatus::Active,
            handler: if start.mode == StartMode::Ai { Handler::Ai } else { Handler::Human },
            chatbot_id: Some(chatbot_id),
            customer_id: principal.user_id.clone(),
            customer_name: principal.name.clone(),
            subject: None,
            client_id: Some(start.client_id.clone()),
            assigned_agent_id: None,
            escalation_requested: false,
            escalation_reason: None,
            escalation_requested_at: None,
            escalated_at: None,
            assigned_at: None,
            first_response_at: None,
            closed_at: None,
            close_reason: None,
            priority,
            skills: start.skills.clone(),
            last_seq: 0,
            last_note_seq: 0,
            last_message_at: now,
            created_at: now,
            idle_warned_at: None,
            version: 1,
            metadata: start.metadata.clone(),
        };
        Ok(NewConversation { conversation, participants: vec![owner] })
    }

    /// Whether a client's opaque JSON is small enough to keep.
    ///
    /// # Errors
    /// `Invalid`, naming the bound, or when it is no object.
    pub fn metadata_fits(&self, metadata: Option<&str>) -> Result<(), Rejection> {
        let most = self.limits().metadata_bytes;
        match metadata {
            Some(text) if text.len() > most => Err(Rejection::Invalid {
                field: "data.metadata".into(),
                message: format!("must be at most {most} bytes"),
            }),
            // The readers have seen that it is JSON; whoever reads it later may rely on keys.
            Some(text) if !text.trim_start().starts_with('{') => {
                Err(Rejection::Invalid { field: "data.metadata".into(), message: "must be an object".into() })
            }
            _ => Ok(()),
        }
    }

    /// Whether what a client writes beside its message leaves alone what is ours to say there.
    ///
    /// # Errors
    /// `Invalid`, naming the key.
    pub fn nothing_forged(&self, metadata: Option<&str>) -> Result<(), Rejection> {
        let keys: BTreeMap<String, serde::de::IgnoredAny> =
            metadata.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
        match OWN_METADATA.into_iter().find(|key| keys.contains_key(*key)) {
            Some(key) => Err(Rejection::Invalid {
                field: "data.metadata".into(),
                message: format!("must not have the key {key:?}: the server writes it"),
            }),
            None => Ok(()),
        }
    }

    /// The entrance asked for, or the token's own, or the default one.
    fn chatbot_for(&self, principal: &Principal, asked: Option<&ChatbotId>) -> Result<ChatbotId, Failure> {
        let bound = principal.chatbot_id.as_ref();
        if let (Some(bound), Some(asked)) = (bound, asked)
            && bound != asked
        {
            return Err(Failure::Rejected(Rejection::Forbidden));
        }
        let id = asked.or(bound).cloned().unwrap_or_else(|| ChatbotId::from(DEFAULT_CHATBOT));
        match self.chatbot(&id) {
            Some(_) => Ok(id),
            None => Err(invalid("data.chatbotId", "no such chatbot")),
        }
    }

    /// A chatbot, from memory.
    pub fn chatbot(&self, id: &ChatbotId) -> Option<Chatbot> {
        self.chatbots.read().unwrap_or_else(std::sync::PoisonError::into_inner).get(id).cloned()
    }

    /// All chatbots, by id.
    pub fn chatbots(&self) -> Vec<Chatbot> {
        self.chatbots.read().unwrap_or_else(std::sync::PoisonError::into_inner).values().cloned().collect()
    }

    /// Stores a new or changed chatbot; routing follows at once.
    ///
    /// # Errors
    /// What is wrong with its hours, or the store's word.
    pub async fn put_chatbot(&self, by: &Principal, chatbot: Chatbot) -> Result<(), Failure> {
        if let Some(hours) = &chatbot.hours {
            hours.validate()?;
        }
        let entry = self.entry_of(by, AuditAction::ChatbotPut, chatbot.id.as_str(), None);
        self.change(Change::PutChatbot(Box::new(chatbot.clone())), entry).await?;
        self.chatbots
            .write()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .insert(chatbot.id.clone(), chatbot.clone());
        self.request(Request::PutChatbot(chatbot), self.new_request_id()).await?;
        Ok(())
    }

    /// Removes a chatbot that no conversation uses; whether it was there.
    ///
    /// # Errors
    /// The store's word.
    pub async fn delete_chatbot(&self, by: &Principal, id: &ChatbotId) -> Result<bool, Failure> {
        let entry = self.entry_of(by, AuditAction::ChatbotDeleted, id.as_str(), None);
        let gone = matches!(self.change(Change::DeleteChatbot(id.clone()), entry).await?, Changed::Done { .. });
        if gone {
            self.chatbots.write().unwrap_or_else(std::sync::PoisonError::into_inner).remove(id);
            self.request(Request::RemoveChatbot { chatbot_id: id.clone() }, self.new_request_id()).await?;
        }
        Ok(gone)
    }

    /// A line of the engine itself.
    pub fn say(&self, conversation_id: &ConversationId, text: String) {
        let write = self.line(conversation_id, text);
        let id = conversation_id.clone();
        let taken = self.writer.submit(
            write,
            Box::new(move |result| {
                if let Err(error) = result {
                    log::warn!(error:display, "conversation.id" = id.as_str(); "a line of the engine was not stored");
                }
            }),
        );
        if taken.is_err() {
            log::warn!("conversation.id" = conversation_id.as_str(); "a line of the engine was not stored: overloaded");
        }
    }

    fn line(&self, conversation_id: &ConversationId, text: String) -> Write {
        Write::Append(NewMessage {
            id: MessageId::from(self.new_id()),
            conversation_id: conversation_id.clone(),
            sender_id: None,
            sender_name: String::new(),
            sender_role: SenderRole::System,
            kind: MessageKind::System,
            content: text,
            ai_generated: false,
            client_id: None,
            reply_to: None,
            metadata: None,
            created_at: self.now(),
        })
    }

    /// A line of the engine itself, durable when this returns; whether the conversation was still open.
    ///
    /// # Errors
    /// The store's word.
    pub async fn say_durably(&self, conversation_id: &ConversationId, text: String) -> Result<bool, Failure> {
        let written = self.writer.write(self.line(conversation_id, text)).await?;
        Ok(matches!(written, Written::Appended { .. }))
    }

    /// Closes a conversation in which nothing was said for long (R11). A refusal means that somebody was faster.
    pub async fn close_idle(&self, conversation_id: &ConversationId) {
        let record = match self.record(conversation_id).await {
            Ok(Some(record)) => record,
            Ok(None) => return,
            Err(failure) => {
                return log::warn!(failure:display, "conversation.id" = conversation_id.as_str(); "an idle conversation could not be read");
            }
        };
        let facts = ConversationFacts {
            case: record.case(),
            escalation_requested: record.conversation.escalation_requested,
            customer_online: false,
            last_agent_id: None,
        };
        let by = Actor { user_id: None, role: Role::Admin };
        let request = Request::Close { facts, by, reason: IDLE.to_owned() };
        if let Err(failure) = self.request(request, self.new_request_id()).await {
            log::warn!(failure:display, "conversation.id" = conversation_id.as_str(); "an idle conversation was not closed");
        }
    }

    /// Seed 001's `POST /conversations/escalate`: without a conversation one is started first, with `mode: human`.
    ///
    /// # Errors
    /// As `start_conversation`.
    pub async fn start_escalated(
        self: &Arc<Self>,
        caller: &Caller,
        reason: Option<String>,
        client_id: String,
        request_id: RequestId,
    ) -> Answer {
        let start = StartConversation { client_id, mode: StartMode::Human, reason, ..StartConversation::default() };
        self.start_conversation(caller, start, request_id).await
    }

    /// Who a user is, for acting in their name (the host's server).
    ///
    /// # Errors
    /// `NotFound`, or the store's word.
    pub async fn principal_of(&self, user_id: &UserId) -> Result<Principal, Failure> {
        let user = self.store.user(user_id).await?.ok_or(Failure::Rejected(Rejection::NotFound))?;
        Ok(Principal {
            user_id: user.id,
            role: user.role,
            name: user.name,
            chatbot_id: None,
            expires_at: self.now() + crate::domain::time::Millis::from_mins(1),
            login_id: None,
        })
    }
}

/// # Errors
/// Out of range.
pub(super) fn checked_priority(priority: Option<i32>) -> Result<i32, Failure> {
    let priority = priority.unwrap_or(0);
    if PRIORITIES.contains(&priority) { Ok(priority) } else { Err(invalid("data.priority", "must be 0 to 10")) }
}

/// # Errors
/// Too many, or one that is no name.
pub(super) fn checked_skills(skills: &[String]) -> Result<(), Failure> {
    if skills.len() > SKILLS {
        return Err(invalid("data.skills", "must be at most 10"));
    }
    for (place, skill) in skills.iter().enumerate() {
        text::name(&format!("data.skills[{place}]"), skill)?;
    }
    Ok(())
}

fn invalid(field: &str, message: &str) -> Failure {
    Failure::Rejected(Rejection::Invalid { field: field.to_owned(), message: message.to_owned() })
}

/// The writer's word as the store's.
impl From<Failure> for StoreError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Store(error) => error,
            other => Self::Aborted(other.to_string()),
        }
    }
}
