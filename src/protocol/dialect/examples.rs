//! One example of everything that a client is told, with fixed values. They are held as a snapshot in both key styles,
//! and `docs/protocol.md` shows the camelCase ones.

use std::sync::Arc;

use crate::domain::agent::{Agent, Availability, Capacity, Presence};
use crate::domain::chatbot::{FallbackPolicy, Reachability};
use crate::domain::command::Topic;
use crate::domain::conversation::{ConversationKind, ConversationStatus, Participant, ParticipantRole};
use crate::domain::escalation::EntryStatus;
use crate::domain::event::{
    AdminNotice, AgentNotice, EscalationStatus, Event, MessagingState, QueuePlace, QueueRow, Reply, SentMessage,
    TopicBody, WaitRange, WaitUnknown,
};
use crate::domain::host_event::{EventAudience, EventPriority, HostEvent, Read};
use crate::domain::ids::{AgentId, ConversationId, MessageId, OfferId, UserId};
use crate::domain::message::{Message, MessageKind, Note, SenderRole};
use crate::domain::page_view::PageView;
use crate::domain::time::Timestamp;

mod paper;
mod socket_io;
pub(super) mod typescript;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_millis(1_795_424_400_000 + seconds * 1000)
}

fn conversation() -> ConversationId {
    "0199e7d0-0001-7000-8000-00000000c001".into()
}

fn message_id(last: u8) -> MessageId {
    format!("0199e7d0-0001-7000-8000-0000000000{last:02}").into()
}

fn offer() -> OfferId {
    "0199e7d0-0001-7000-8000-00000000f001".into()
}

fn cleo() -> UserId {
    "cleo".into()
}

fn ann() -> AgentId {
    "ann".into()
}

fn place() -> QueuePlace {
    QueuePlace { position: 3, wait: Ok(WaitRange { p50_s: 140, p90_s: 420 }) }
}

fn message(role: SenderRole) -> Arc<Message> {
    let ai = role == SenderRole::Ai;
    Arc::new(Message {
        id: message_id(if ai { 2 } else { 1 }),
        conversation_id: conversation(),
        seq: if ai { 2 } else { 1 },
        sender_id: (!ai).then(cleo),
        sender_name: if ai { "Assistant" } else { "Cleo" }.to_owned(),
        sender_role: role,
        kind: MessageKind::Text,
        content: if ai { "It is on its way." } else { "Where is my order?\n№ 17" }.to_owned(),
        ai_generated: ai,
        client_id: (!ai).then(|| "c-1".to_owned()),
        reply_to: ai.then(|| message_id(1)),
        metadata: (!ai).then(|| r#"{"page":"/orders"}"#.to_owned()),
        created_at: at(1),
        edited_at: None,
        deleted_at: None,
    })
}

fn note() -> Arc<Note> {
    Arc::new(Note {
        id: message_id(3),
        conversation_id: conversation(),
        note_seq: 1,
        author_id: Some("ann".into()),
        author_name: "Ann".to_owned(),
        content: "Wants a refund.".to_owned(),
        client_id: Some("c-2".to_owned()),
        created_at: at(9),
    })
}

fn agent() -> Agent {
    Agent {
        id: ann(),
        name: "Ann".to_owned(),
        availability: Availability::Available,
        reason: None,
        presence: Presence::Connected,
        grace_until: None,
        capacity: Capacity { limit: 5, used: 2, held: 1, over: 0 },
        skills: vec!["de".to_owned()],
        teams: vec!["billing".to_owned()],
        missed_offers: 0,
        last_assigned_at: Some(at(5)),
        last_seen_at: None,
        status_since: Some(at(5)),
    }
}

fn queue_row() -> QueueRow {
    QueueRow {
        conversation_id: conversation(),
        user_id: cleo(),
        user_name: "Cleo".to_owned(),
        place: place(),
        queued_at: at(2),
        status: EntryStatus::Waiting,
        priority: 0,
        effective_priority: 1,
        skills: vec!["de".to_owned()],
        reason: Some("refund".to_owned()),
        why_waiting: "agents_at_capacity",
    }
}

fn reachability(open: bool) -> Reachability {
    Reachability {
        chatbot_id: "default".into(),
        open,
        next_opening: (!open).then(|| at(50_400)),
        online_agents: 2,
        available_agents: usize::from(open),
        free_units: 0,
        waiting: usize::from(open) * 3,
        last: open.then(place),
    }
}

fn sent() -> SentMessage {
    SentMessage { message_id: message_id(1), seq: 1, created_at: at(1), duplicate: false }
}

/// The name of a value's variant, and all names that must have an example. A new variant does not compile until it is
/// here, and the test fails until it has an example.
macro_rules! variants {
    ($name:ident, $all:ident, $type:ident: $($variant:ident),+ $(,)?) => {
        fn $name(value: &$type) -> &'static str {
            match value { $($type::$variant { .. } => stringify!($variant),)+ }
        }
        const $all: &[&str] = &[$(stringify!($variant)),+];
    };
}

variants!(event_name, EVENTS, Event: NewMessage, NewNote, Typing, MessageRead, MessageDelivered, Presence,
    EscalationRequested, EscalationStatus, QueueUpdate, AgentJoined, AgentLeft, ConversationClosed, ConversationUpdated,
    MessagingUpdated, UnreadCount, MessageUpdated, MessageDeleted, MessageReaction, AiMessageStart,
    AiMessageDelta, AiMessageDropped, AgentNotification, AdminNotification, StaffOnline, StaffStatusUpdated, StaffData, ChatSessionRestored, TopicDelta,
    PageViewed, SystemAnnouncement, Host, NotificationCount, TokenExpiring, ServerDraining);
variants!(agent_notice_name, AGENT_NOTICES, AgentNotice: NewConversationAssigned, NewTransferRequest,
    TransferRescinded, ConversationUnassigned, WorkloadUpdated, CustomerLeft, CustomerReturned);
variants!(admin_notice_name, ADMIN_NOTICES, AdminNotice: ConversationAssigned, NewQueueEntry, QueueUpdated,
    AgentStatus, ConversationClosed, ContactLeft, Alert);
variants!(status_name, STATUSES, EscalationStatus: Assigned, AlreadyAssigned, Offered, Queued, OutsideHours, NoAgents,
    QueueFull, Expired, Canceled, None);
variants!(body_name, BODIES, TopicBody: Queue, Agents, Agent, Metrics, Availability, Notifications);
variants!(reply_name, REPLIES, Reply: Done, Started, Joined, Resumed, Sent, NoteSent, Escalation, Assigned,
    TransferOffered, Subscribed);

fn statuses() -> Vec<EscalationStatus> {
    use EscalationStatus as S;
    let policy = FallbackPolicy::OfflineMessage;
    let (agent_id, agent_name) = (ann(), "Ann".to_owned());
    vec![
        S::Assigned { agent_id: agent_id.clone(), agent_name: agent_name.clone() },
        S::AlreadyAssigned { agent_id, agent_name },
        S::Offered(place()),
        S::Queued(place()),
        S::Queued(QueuePlace { position: 1, wait: Err(WaitUnknown::NoAgents) }),
        S::OutsideHours { next_opening: Some(at(50_400)), policy },
        S::NoAgents { policy },
        S::QueueFull { policy: FallbackPolicy::Ai },
        S::Expired { policy, next_opening: None },
        S::Canceled,
        S::None,
    ]
}

fn agent_notices() -> Vec<AgentNotice> {
    use AgentNotice as N;
    vec![
        N::NewConversationAssigned {
            conversation_id: conversation(),
            user_id: cleo(),
            user_name: "Cleo".to_owned(),
            summary: Some("refund".to_owned()),
        },
        N::NewTransferRequest {
            offer_id: offer(),
            conversation_id: conversation(),
            reason: Some("refund".to_owned()),
            note: Some("speaks German".to_owned()),
            expires_at: at(20),
            from_agent_id: Some("bob".into()),
            declined_by: Some("eve".into()),
        },
        N::TransferRescinded { offer_id: offer(), conversation_id: conversation(), reason: "taken" },
        N::ConversationUnassigned { conversation_id: conversation(), reason: "transferred".to_owned() },
        N::WorkloadUpdated {
            current_chats: 2,
            max_concurrent_chats: 5,
            is_available: true,
            status: Availability::Available,
        },
        N::CustomerLeft { conversation_id: conversation() },
        N::CustomerReturned { conversation_id: conversation() },
    ]
}

fn admin_notices() -> Vec<AdminNotice> {
    use AdminNotice as N;
    vec![
        N::ConversationAssigned { conversation_id: conversation(), agent_id: ann(), agent_name: "Ann".to_owned() },
        N::NewQueueEntry { conversation_id: conversation(), position: 3 },
        N::QueueUpdated { waiting: 3, oldest_queued_at: Some(at(2)) },
        N::AgentStatus { agent: Box::new(agent()) },
        N::ConversationClosed { conversation_id: conversation(), reason: "solved".to_owned() },
        N::ContactLeft { conversation_id: conversation(), user_name: "Cleo".to_owned() },
        N::Alert {
            rule: "queue_length",
            severity: "warning",
            message: "12 customers are waiting".to_owned(),
            since: at(30),
        },
    ]
}

fn bodies() -> Vec<(Topic, TopicBody)> {
    vec![
        (Topic::Queue, TopicBody::Queue(vec![queue_row()])),
        (Topic::Agents, TopicBody::Agents(vec![agent()])),
        (Topic::Agents, TopicBody::Agent(Box::new(agent()))),
        (Topic::Metrics, TopicBody::Metrics(vec![("messages_sent", 3), ("messages_refused", 0)])),
        (Topic::Notifications, TopicBody::Notifications(2)),
        (Topic::Availability, TopicBody::Availability(Box::new(reachability(true)))),
        (Topic::Availability, TopicBody::Availability(Box::new(reachability(false)))),
    ]
}

fn room_events() -> Vec<Event> {
    let conversation_id = conversation();
    vec![
        Event::NewMessage(message(SenderRole::Customer)),
        Event::NewMessage(message(SenderRole::Ai)),
        Event::NewNote(note()),
        typing(true),
        typing(false),
        Event::MessageRead {
            conversation_id: conversation_id.clone(),
            user_id: cleo(),
            seq: 2,
            message_id: Some(message_id(2)),
            read_at: at(4),
        },
        Event::MessageDelivered { conversation_id: conversation_id.clone(), user_id: cleo(), seq: 2 },
        Event::Presence { conversation_id: conversation_id.clone(), user_id: cleo(), online: false },
        Event::EscalationRequested { conversation_id: conversation_id.clone(), reason: Some("refund".to_owned()) },
        Event::QueueUpdate { conversation_id: conversation_id.clone(), place: place() },
        Event::AgentJoined {
            conversation_id: conversation_id.clone(),
            agent_id: ann(),
            agent_name: "Ann".to_owned(),
            at: at(5),
        },
        Event::AgentLeft { conversation_id: conversation_id.clone(), agent_id: ann(), reason: "released".to_owned() },
        Event::ConversationUpdated {
            conversation_id: conversation_id.clone(),
            status: ConversationStatus::AgentAssigned,
            assigned_agent_id: Some(ann()),
        },
        Event::ConversationClosed { conversation_id: conversation_id.clone(), reason: "solved".to_owned() },
        Event::ChatSessionRestored {
            conversation_id,
            status: ConversationStatus::AgentAssigned,
            agent: Some((ann(), "Ann".to_owned())),
            history: vec![message(SenderRole::Customer)],
        },
    ]
}

fn typing(on: bool) -> Event {
    Event::Typing { conversation_id: conversation(), user_id: cleo(), user_name: "Cleo".to_owned(), on }
}

fn messaging_state(own: Option<bool>) -> Event {
    Event::MessagingUpdated(Box::new(MessagingState {
        conversation_id: conversation(),
        kind: ConversationKind::GuestStaff,
        status: ConversationStatus::Active,
        subject: own.is_none().then(|| "Room service".to_owned()),
        participants: vec![participant()],
        last_seq: 2,
        archived: own,
        muted: own,
    }))
}

fn people_events() -> Vec<Event> {
    let changed = Message { edited_at: Some(at(7)), metadata: None, ..(*message(SenderRole::Customer)).clone() };
    let (conversation_id, message_id) = (conversation(), message_id(1));
    vec![
        messaging_state(None),
        messaging_state(Some(true)),
        Event::UnreadCount { conversation_id: conversation_id.clone(), unread: 1, last_read_seq: 1, last_seq: 2 },
        Event::MessageUpdated(Arc::new(changed)),
        Event::MessageDeleted {
            conversation_id: conversation_id.clone(),
            message_id: message_id.clone(),
            seq: 1,
            user_id: cleo(),
            at: at(8),
        },
        Event::MessageReaction {
            conversation_id,
            message_id,
            seq: 1,
            user_id: cleo(),
            emoji: "👍".to_owned(),
            on: true,
            at: at(8),
        },
    ]
}

/// Every event, with every status, notice and topic.
fn events() -> Vec<Event> {
    let mut events = room_events();
    events.extend(people_events());
    let status = |status| Event::EscalationStatus { conversation_id: conversation(), status };
    events.extend(statuses().into_iter().map(status));
    let to_agent = |notice| Event::AgentNotification { agent_id: ann(), notice, at: at(6) };
    events.extend(agent_notices().into_iter().map(to_agent));
    events.extend(admin_notices().into_iter().map(|notice| Event::AdminNotification { notice, at: at(6) }));
    events.extend([
        Event::StaffOnline { agent_id: ann(), name: "Ann".to_owned() },
        Event::StaffStatusUpdated { agent_id: ann(), is_online: true, is_available: false, status: Availability::Away },
        Event::StaffData {
            current_chats: 2,
            max_concurrent_chats: 5,
            is_available: true,
            status: Availability::Available,
            online_staff_count: 4,
        },
    ]);
    let delta = |(topic, body)| Event::TopicDelta { topic, number: 8, body };
    events.extend(bodies().into_iter().map(delta));
    let (conversation_id, message_id) = (conversation(), message_id(2));
    let start = |text: &str, index| Event::AiMessageStart {
        conversation_id: conversation_id.clone(),
        message_id: message_id.clone(),
        text: text.to_owned(),
        index,
    };
    events.extend([
        start("", 0),
        Event::AiMessageDelta {
            conversation_id: conversation_id.clone(),
            message_id: message_id.clone(),
            delta: "It is on ".to_owned(),
            index: 0,
        },
        start("It is on ", 1),
        Event::AiMessageDropped { conversation_id: conversation_id.clone(), message_id: message_id.clone() },
    ]);
    events.push(Event::PageViewed(PageView {
        id: "0199e7d0-0001-7000-8000-00000000b001".to_owned(),
        conversation_id: conversation(),
        url: "https://shop.example/orders/17".to_owned(),
        title: Some("Order 17".to_owned()),
        at: at(10),
    }));
    events.push(Event::SystemAnnouncement {
        id: "0199e7d0-0001-7000-8000-00000000b002".to_owned(),
        text: "We are closed on Friday.".to_owned(),
        at: at(11),
    });
    let host = |kind: &str, number: Option<i64>, data: &str| {
        Event::Host(Arc::new(HostEvent {
            id: "0199e7d0-0001-7000-8000-00000000b003".to_owned(),
            number,
            to: EventAudience::User(cleo()),
            kind: kind.to_owned(),
            data: data.to_owned(),
            priority: EventPriority::Normal,
            created_at: at(11),
            expires_at: number.map(|_| at(3_611)),
        }))
    };
    events.push(host("notification", Some(7), r#"{"title":"Booking confirmed","booking":17}"#));
    events.push(host("order_ready", None, r#"{"order":4}"#));
    events.push(Event::NotificationCount { unread: 3, read: None });
    events.push(Event::NotificationCount {
        unread: 2,
        read: Some(Read::One("0199e7d0-0001-7000-8000-00000000b003".to_owned())),
    });
    events.push(Event::NotificationCount { unread: 0, read: Some(Read::UpTo(7)) });
    events.push(Event::TokenExpiring { expires_at: at(60) });
    events.push(Event::ServerDraining { reconnect_after_ms: 1250 });
    events
}

fn participant() -> Participant {
    Participant {
        conversation_id: conversation(),
        user_id: cleo(),
        role: ParticipantRole::Owner,
        name: "Cleo".to_owned(),
        last_read_seq: 1,
        uncounted: 0,
        muted: false,
        archived: false,
        joined_at: at(0),
        left_at: None,
    }
}

/// Every reply, with the command that it answers.
fn replies() -> Vec<(&'static str, Reply)> {
    let (conversation_id, epoch) = (conversation(), "0199e7d0-0001-7000-8000-00000000e001".to_owned());
    let started = |escalation, first_message| Reply::Started {
        conversation_id: conversation(),
        duplicate: false,
        escalation,
        first_message,
    };
    vec![
        ("leave", Reply::Done),
        ("start_conversation", started(None, Some(sent()))),
        ("start_conversation, mode human", started(Some(EscalationStatus::Queued(place())), None)),
        (
            "join",
            Reply::Joined {
                conversation_id: conversation_id.clone(),
                last_seq: 2,
                participants: vec![participant()],
                delivered: [(cleo(), 2)].into(),
                status: ConversationStatus::Active,
                epoch: epoch.clone(),
            },
        ),
        ("resume", Reply::Resumed { conversations: vec![(conversation_id.clone(), 2)], epoch }),
        ("send_message", Reply::Sent(sent())),
        (
            "send_message, internal",
            Reply::NoteSent { message_id: message_id(3), note_seq: 1, created_at: at(9), duplicate: false },
        ),
        ("escalate", Reply::Escalation(EscalationStatus::Queued(place()))),
        ("assign_to_me", Reply::Assigned { conversation_id, agent_id: ann(), agent_name: "Ann".to_owned() }),
        ("transfer", Reply::TransferOffered { offer_id: offer() }),
        (
            "subscribe",
            Reply::Subscribed(vec![
                (Topic::Queue, 7, TopicBody::Queue(vec![queue_row()])),
                (Topic::Notifications, 0, TopicBody::Notifications(2)),
            ]),
        ),
    ]
}

#[test]
fn a_host_s_event_cannot_be_called_like_one_of_ours() {
    use super::encode::{event_type, is_own_event};
    for event in events() {
        let own = !matches!(event, Event::Host(_) | Event::SystemAnnouncement { .. });
        assert_eq!(is_own_event(event_type(&event)), own, "{}", event_type(&event));
    }
}
