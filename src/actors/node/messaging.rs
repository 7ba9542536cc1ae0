//! In-app messages begin.

use crate::auth::policy::{self, Action, Relation};
use crate::domain::conversation::{
    Conversation, ConversationKind, ConversationStatus, Handler, Participant, ParticipantRole,
};
use crate::domain::event::{Audience, Event};
use crate::domain::ids::{ConversationId, RequestId, UserId};
use crate::domain::messaging::{self, Joining, Person, compose};
use crate::domain::rejection::Rejection;
use crate::domain::room::RoomRecord;
use crate::domain::text;
use crate::domain::user::Principal;
use crate::store::{NewConversation, Write, Written};

use super::super::failure::Failure;
use super::super::messages::RouterMessage;
use super::super::room::state_of;
use super::{Node, permitted};

/// In-app messages on their way to begin. Idempotent by `client_id`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewMessaging {
    /// Who talks to whom.
    pub kind: ConversationKind,
    /// The title.
    pub subject: Option<String>,
    /// The others, with the part they shall have.
    pub people: Vec<(UserId, Option<ParticipantRole>)>,
    /// The client's own id of this beginning.
    pub client_id: String,
    /// JSON text, opaque.
    pub metadata: Option<String>,
}

impl Node {
    /// Begins a conversation of people and tells all of them.
    ///
    /// # Errors
    /// What is wrong with the fields. `NotFound` for people who are not there, who may not be together in this kind, or
    /// of whom one has blocked the caller: the same for all.
    pub async fn begin_messaging(
        &self,
        principal: &Principal,
        new: NewMessaging,
        request_id: &RequestId,
    ) -> Result<ConversationId, Failure> {
        permitted(policy::allows(principal.role.into(), Action::MessagingCreate, Relation::None))?;
        text::client_id("data.clientId", &new.client_id)?;
        self.metadata_fits(new.metadata.as_deref())?;
        let subject = messaging::subject("data.subject", new.subject.as_deref())?;
        let most = self.config().messaging.group_people;
        if new.people.len() >= most {
            let limit = i64::try_from(most).unwrap_or(i64::MAX);
            return Err(Rejection::LimitReached { what: "group_people", limit }.into());
        }
        let others = self.known_people(new.people).await?;
        if new.kind == ConversationKind::GuestGuest {
            if !self.config().messaging.guest_to_guest {
                return Err(Rejection::NotFound.into());
            }
            let by: Vec<UserId> = others.iter().map(|one| one.person.user_id.clone()).collect();
            if self.store().is_blocked(&by, &principal.user_id).await? {
                return Err(Rejection::NotFound.into());
            }
        }
        let creator = Person { user_id: principal.user_id.clone(), role: principal.role, name: principal.name.clone() };
        let people = compose(new.kind, &creator, &others)?;
        let row = self.new_row(principal, new.kind, subject, (new.client_id, new.metadata));
        let participants: Vec<Participant> =
            people.into_iter().map(|(person, role)| self.participant(&row.id, person, role)).collect();
        let new = NewConversation { conversation: row, participants };
        let written = self.writer().write(Write::Create(Box::new(new.clone()))).await?;
        let Written::Created { conversation, duplicate } = written else { return Err(Failure::NoAnswer) };
        let id = conversation.id.clone();
        if !duplicate {
            log::info!(
                "request.id" = request_id.as_str(), "conversation.id" = id.as_str(),
                "user.id" = principal.user_id.as_str(); "messages begun"
            );
            self.tell_begun(&RoomRecord::new(*conversation, new.participants));
        }
        Ok(id)
    }

    fn tell_begun(&self, record: &RoomRecord) {
        let event = Event::MessagingUpdated(Box::new(state_of(record, None)));
        for one in record.people() {
            let to = Audience::User(one.user_id.clone());
            self.router(RouterMessage::Publish { to, event: event.clone() });
        }
    }

    /// People by their ids, each once.
    ///
    /// # Errors
    /// `NotFound` when one of them is unknown or may no longer log in.
    pub async fn known_people(&self, people: Vec<(UserId, Option<ParticipantRole>)>) -> Result<Vec<Joining>, Failure> {
        let mut found: Vec<Joining> = Vec::with_capacity(people.len());
        for (user_id, part) in people {
            if found.iter().any(|known| known.person.user_id == user_id) {
                continue;
            }
            let user = self.store().user(&user_id).await?.filter(|user| !user.disabled);
            let user = user.ok_or(Failure::Rejected(Rejection::NotFound))?;
            found.push(Joining { person: Person { user_id, role: user.role, name: user.name }, part });
        }
        Ok(found)
    }

    fn participant(&self, id: &ConversationId, person: Person, role: ParticipantRole) -> Participant {
        Participant {
            conversation_id: id.clone(),
            user_id: person.user_id,
            role,
            name: person.name,
            last_read_seq: 0,
            uncounted: 0,
            muted: false,
            archived: false,
            joined_at: self.now(),
            left_at: None,
        }
    }

    fn new_row(
        &self,
        principal: &Principal,
        kind: ConversationKind,
        subject: Option<String>,
        (client_id, metadata): (String, Option<String>),
    ) -> Conversation {
        let now = self.now();
        Conversation {
            id: ConversationId::from(self.new_id()),
            kind,
            status: ConversationStatus::Active,
            // Nobody but people answers here.
            handler: Handler::Human,
            chatbot_id: None,
            customer_id: principal.user_id.clone(),
            customer_name: principal.name.clone(),
            subject,
            // Apart from the ids of support conversations of the same person.
            client_id: Some(format!("messages:{client_id}")),
            assigned_agent_id: None,
            escalation_requested: false,
            escalation_reason: None,
            escalation_requested_at: None,
            escalated_at: None,
            assigned_at: None,
            first_response_at: None,
            closed_at: None,
            close_reason: None,
            priority: 0,
            skills: Vec::new(),
            last_seq: 0,
            last_note_seq: 0,
            last_message_at: now,
            created_at: now,
            idle_warned_at: None,
            version: 1,
            metadata,
        }
    }

    /// The worker threads' hubs.
    pub(in super::super) fn hubs(&self) -> Vec<actix::Addr<super::super::session::hub::Hub>> {
        self.hubs.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }
}
