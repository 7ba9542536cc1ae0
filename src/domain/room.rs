//! What a room knows about its conversation: the row, who takes part, who is being asked.

use std::collections::BTreeMap;

use super::conversation::{Conversation, ConversationKind, ConversationStatus, Handler, Participant, ParticipantRole};
use super::escalation::{Case, ConversationChange, Op};
use super::ids::{AgentId, OfferId, UserId};
use super::message::Message;
use super::messaging::Seat;
use super::rejection::Rejection;
use super::time::Timestamp;
use super::user::{Principal, Role};

/// How a person stands to a conversation; decides what they may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Standing {
    /// The customer (or creator) of it.
    Own,
    /// The agent who owns it.
    Assigned,
    /// An agent to whom it is offered.
    Offered,
    /// A waiting one that an agent may take.
    Waiting,
    /// Takes part in another way.
    Participant,
    /// None of these.
    Other,
}

/// What a row change meant for the copy held here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fit {
    /// It is in, or did not concern the row.
    Applied,
    /// It was in already.
    Stale,
    /// Something in between was missed: load again.
    Gap,
}

/// A room's copy of the stored rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoomRecord {
    /// The row.
    pub conversation: Conversation,
    /// Who takes part, left ones included.
    pub participants: Vec<Participant>,
    /// Pending offers.
    pub offers: BTreeMap<OfferId, AgentId>,
    /// When the wrap-up ends by itself.
    pub wrap_up_until: Option<Timestamp>,
}

impl RoomRecord {
    /// From the stored rows.
    pub fn new(conversation: Conversation, participants: Vec<Participant>) -> Self {
        Self { conversation, participants, offers: BTreeMap::new(), wrap_up_until: None }
    }

    /// How a person stands to the conversation.
    pub fn standing(&self, user_id: &UserId, role: Role) -> Standing {
        if self.conversation.kind.is_messaging() {
            return self.standing_among_people(user_id, role);
        }
        if self.conversation.customer_id == *user_id {
            return Standing::Own;
        }
        let takes_part = self.participants.iter().any(|p| p.user_id == *user_id && p.left_at.is_none());
        if role == Role::Customer {
            return if takes_part { Standing::Participant } else { Standing::Other };
        }
        if self.conversation.assigned_agent_id.as_ref() == Some(user_id) {
            return Standing::Assigned;
        }
        if self.offers.values().any(|agent_id| agent_id == user_id) {
            return Standing::Offered;
        }
        if self.is_waiting() {
            return Standing::Waiting;
        }
        if takes_part { Standing::Participant } else { Standing::Other }
    }

    /// In-app messages: whoever takes part does, and a guest's conversation with staff is open to any agent who wants
    /// to help. Who began it has no right by that alone.
    fn standing_among_people(&self, user_id: &UserId, role: Role) -> Standing {
        if self.part_of(user_id).is_some() {
            Standing::Participant
        } else if role == Role::Agent && self.conversation.kind == ConversationKind::GuestStaff {
            Standing::Waiting
        } else {
            Standing::Other
        }
    }

    /// A person's part, while they have one.
    pub fn part_of(&self, user_id: &UserId) -> Option<&Participant> {
        self.participants.iter().find(|one| one.user_id == *user_id && one.is_here())
    }

    /// How somebody sits in a conversation of in-app messages.
    pub fn seat(&self, principal: &Principal) -> Seat {
        let part = self.part_of(&principal.user_id).map(|one| one.role);
        Seat { kind: self.conversation.kind, role: principal.role, part }
    }

    /// Who takes part now.
    pub fn people(&self) -> impl Iterator<Item = &Participant> {
        self.participants.iter().filter(|one| one.is_here())
    }

    /// Whether a person is one of those who talk here, and not somebody who only looks.
    pub fn takes_part(&self, user_id: &UserId) -> bool {
        if self.conversation.kind.is_messaging() {
            return self.part_of(user_id).is_some();
        }
        self.conversation.customer_id == *user_id
            || self.conversation.assigned_agent_id.as_ref() == Some(user_id)
            || self.participants.iter().any(|p| p.user_id == *user_id && p.left_at.is_none())
    }

    /// In the queue, or with the assistant while a human was asked for (seed 000's badge).
    pub fn is_waiting(&self) -> bool {
        match self.conversation.status {
            ConversationStatus::WaitingForAgent | ConversationStatus::Offered => true,
            ConversationStatus::Active => self.conversation.escalation_requested,
            ConversationStatus::AgentAssigned | ConversationStatus::WrapUp | ConversationStatus::Closed => false,
        }
    }

    /// Whether messages are taken.
    ///
    /// # Errors
    /// [`Rejection::ConversationClosed`].
    pub fn open(&self) -> Result<(), Rejection> {
        match self.conversation.status {
            ConversationStatus::Closed | ConversationStatus::WrapUp => Err(Rejection::ConversationClosed),
            _ => Ok(()),
        }
    }

    /// The conversation as the supervisor needs it.
    pub fn case(&self) -> Case {
        let row = &self.conversation;
        Case {
            conversation_id: row.id.clone(),
            customer_id: row.customer_id.clone(),
            customer_name: row.customer_name.clone(),
            chatbot_id: row.chatbot_id.clone(),
            status: row.status,
            assigned_agent_id: row.assigned_agent_id.clone(),
            version: row.version,
            priority: row.priority,
            skills: row.skills.clone(),
            reason: row.escalation_reason.clone(),
            escalated_at: row.escalated_at,
            assigned_at: row.assigned_at,
            wrap_up_until: self.wrap_up_until,
            assignment_id: None,
        }
    }

    /// Takes a durable row change in.
    pub fn apply(&mut self, op: &Op) -> Fit {
        match op {
            Op::ChangeConversation(change) => return self.change(change),
            Op::AddParticipant { user_id, name, at, .. } => self.add_participant(user_id, name, *at),
            Op::RemoveParticipant { user_id, at, .. } => {
                if let Some(p) = self.participants.iter_mut().find(|p| p.user_id == *user_id) {
                    p.left_at = Some(*at);
                }
            }
            Op::PutOffer(offer) => {
                self.offers.insert(offer.id.clone(), offer.agent_id.clone());
            }
            Op::EndOffer { offer_id, .. } => {
                self.offers.remove(offer_id);
            }
            _ => {}
        }
        Fit::Applied
    }

    fn add_participant(&mut self, user_id: &UserId, name: &str, at: Timestamp) {
        if let Some(known) = self.participants.iter_mut().find(|p| p.user_id == *user_id) {
            known.left_at = None;
            return;
        }
        self.participants.push(Participant {
            conversation_id: self.conversation.id.clone(),
            user_id: user_id.clone(),
            role: ParticipantRole::Staff,
            name: name.to_owned(),
            last_read_seq: 0,
            uncounted: 0,
            muted: false,
            archived: false,
            joined_at: at,
            left_at: None,
        });
    }

    fn change(&mut self, change: &ConversationChange) -> Fit {
        let row = &mut self.conversation;
        if change.expected_version < row.version {
            return Fit::Stale;
        }
        if change.expected_version > row.version {
            return Fit::Gap;
        }
        row.version += 1;
        row.status = change.status;
        row.handler = change.handler.unwrap_or(row.handler);
        if let Some(owner) = &change.assigned_agent_id {
            row.assigned_agent_id.clone_from(owner);
            if owner.is_some() {
                row.assigned_at = Some(change.at);
            }
        }
        if let Some(flag) = &change.escalation
            && !row.escalation_requested
        {
            row.escalation_requested = true;
            row.escalation_reason.clone_from(&flag.reason);
            row.escalation_requested_at = Some(flag.at);
        }
        let escalated = matches!(
            change.status,
            ConversationStatus::WaitingForAgent | ConversationStatus::Offered | ConversationStatus::AgentAssigned
        );
        if escalated && row.escalated_at.is_none() {
            row.escalated_at = Some(change.at);
        }
        if change.status == ConversationStatus::Closed {
            row.closed_at = Some(change.at);
        }
        if change.close_reason.is_some() {
            row.close_reason.clone_from(&change.close_reason);
        }
        row.priority = change.priority.unwrap_or(row.priority);
        if let Some(skills) = &change.skills {
            row.skills.clone_from(skills);
        }
        if let Some(until) = change.wrap_up_until {
            self.wrap_up_until = until;
        }
        Fit::Applied
    }

    /// Takes a durable message in.
    pub fn saw(&mut self, message: &Message) {
        self.conversation.last_seq = self.conversation.last_seq.max(message.seq);
        self.conversation.last_message_at = self.conversation.last_message_at.max(message.created_at);
        self.conversation.idle_warned_at = None;
        if self.conversation.kind.is_messaging() {
            self.participants.iter_mut().for_each(|one| one.saw_posted(message.sender_id.as_ref()));
        }
    }

    /// Takes durable rows of in-app messages in. What each has read is kept as it is known here: the rows may be ahead
    /// of what was shown.
    pub fn renew(&mut self, conversation: Conversation, participants: Vec<Participant>) {
        let last_seq = self.conversation.last_seq;
        self.conversation = Conversation { last_seq, ..conversation };
        let old = std::mem::replace(&mut self.participants, participants);
        for one in &mut self.participants {
            if let Some(known) = old.iter().find(|known| known.user_id == one.user_id && known.is_here()) {
                (one.last_read_seq, one.uncounted) = (known.last_read_seq, known.uncounted);
            }
        }
    }

    /// Takes a durable read mark in.
    pub fn read(&mut self, user_id: &UserId, seq: i64) {
        if let Some(p) = self.participants.iter_mut().find(|p| p.user_id == *user_id) {
            p.last_read_seq = p.last_read_seq.max(seq);
        }
    }

    /// Up to which number a person has read, as far as is known.
    pub fn read_up_to(&self, user_id: &UserId) -> i64 {
        self.participants.iter().find(|p| p.user_id == *user_id).map_or(0, |p| p.last_read_seq)
    }

    /// Whether the assistant answers here.
    pub fn with_assistant(&self) -> bool {
        self.conversation.handler == Handler::Ai && self.conversation.status == ConversationStatus::Active
    }

    /// The name of a person as the others see it.
    pub fn name_of(&self, principal: &Principal) -> String {
        self.participants
            .iter()
            .find(|p| p.user_id == principal.user_id)
            .map_or_else(|| principal.name.clone(), |p| p.name.clone())
    }
}
