//! The shapes of what is told, once for sockets and REST.

use crate::domain::agent::Agent;
use crate::domain::chatbot::{Chatbot, ChatbotAssistant, ChatbotWidget, Reachability};
use crate::domain::conversation::{Conversation, Participant};
use crate::domain::escalation::{Assignment, Decision, Offer};
use crate::domain::event::{EscalationStatus, MessagingState, QueuePlace, QueueRow, SentMessage};
use crate::domain::host_event::HostEvent;
use crate::domain::ids::DecisionId;
use crate::domain::message::{Message, Note};
use crate::domain::page_view::PageView;
use crate::domain::user::User;
use crate::domain::wait;
use crate::protocol::json::{KeyStyle, Object};

/// `messageId, conversationId, seq, senderId, …`.
pub fn message(o: &mut Object<'_>, message: &Message) {
    o.part("Message", |o| message_keys(o, message));
}

fn message_keys(o: &mut Object<'_>, message: &Message) {
    o.text("messageId", message.id.as_str());
    o.text("conversationId", message.conversation_id.as_str());
    o.int("seq", message.seq);
    o.text_or_null("senderId", message.sender_id.as_ref().map(|id| id.as_str()));
    o.text("senderName", &message.sender_name);
    o.word("senderRole", message.sender_role);
    content(o, &message.content);
    o.word("messageType", message.kind);
    o.flag("aiGenerated", message.ai_generated);
    o.text_if("clientId", message.client_id.as_deref());
    o.text_if("replyTo", message.reply_to.as_ref().map(|id| id.as_str()));
    o.opaque("metadata", message.metadata.as_deref());
    o.time("createdAt", message.created_at);
    if o.keys() == KeyStyle::SocketIo {
        // Seed 002's name.
        o.time("timestamp", message.created_at);
    }
    o.time_if("editedAt", message.edited_at);
    o.time_if("deletedAt", message.deleted_at);
}

/// Seed 003 calls a message's text `message_text`.
fn content(o: &mut Object<'_>, text: &str) {
    match o.keys() {
        KeyStyle::Camel | KeyStyle::SocketIo => o.text("content", text),
        KeyStyle::Snake => o.text("message_text", text),
    };
}

/// A note: `internal`, with a number of its own.
pub fn note(o: &mut Object<'_>, note: &Note) {
    o.part("Note", |o| note_keys(o, note));
}

fn note_keys(o: &mut Object<'_>, note: &Note) {
    o.text("messageId", note.id.as_str());
    o.text("conversationId", note.conversation_id.as_str());
    o.int("noteSeq", note.note_seq);
    o.yes("internal");
    o.text_or_null("senderId", note.author_id.as_ref().map(|id| id.as_str()));
    o.text("senderName", &note.author_name);
    content(o, &note.content);
    o.text_if("clientId", note.client_id.as_deref());
    o.time("createdAt", note.created_at);
}

/// Who takes part; `delivered` is the newest number handed over to a client of theirs, where it is known.
pub fn participant(o: &mut Object<'_>, participant: &Participant, delivered: Option<i64>) {
    o.part("Participant", |o| participant_keys(o, participant, delivered));
}

fn participant_keys(o: &mut Object<'_>, participant: &Participant, delivered: Option<i64>) {
    o.text("userId", participant.user_id.as_str());
    o.text("name", &participant.name);
    o.word("role", participant.role);
    o.int("lastReadSeq", participant.last_read_seq);
    o.int_if("deliveredSeq", delivered);
    o.time("joinedAt", participant.joined_at);
    o.time_or_null("leftAt", participant.left_at);
}

/// A conversation's record.
pub fn conversation(o: &mut Object<'_>, row: &Conversation) {
    o.part("Conversation", |o| conversation_keys(o, row));
}

fn conversation_keys(o: &mut Object<'_>, row: &Conversation) {
    o.text("id", row.id.as_str());
    o.word("kind", row.kind);
    o.word("status", row.status);
    o.word("handler", row.handler);
    o.text_or_null("chatbotId", row.chatbot_id.as_ref().map(|id| id.as_str()));
    o.text("customerId", row.customer_id.as_str());
    o.text("customerName", &row.customer_name);
    o.text_or_null("assignedAgentId", row.assigned_agent_id.as_ref().map(|id| id.as_str()));
    o.flag("escalationRequested", row.escalation_requested);
    o.text_or_null("escalationReason", row.escalation_reason.as_deref());
    o.time_or_null("escalationRequestedAt", row.escalation_requested_at);
    o.time_or_null("escalatedAt", row.escalated_at);
    o.time_or_null("assignedAt", row.assigned_at);
    o.time_or_null("firstResponseAt", row.first_response_at);
    o.time_or_null("closedAt", row.closed_at);
    o.text_or_null("closeReason", row.close_reason.as_deref());
    o.int("priority", row.priority);
    o.texts("skills", &row.skills);
    o.int("lastSeq", row.last_seq);
    o.time("lastMessageAt", row.last_message_at);
    o.time("createdAt", row.created_at);
    o.int("version", row.version);
    o.opaque("metadata", row.metadata.as_deref());
}

/// A conversation of in-app messages as its people are told.
pub fn messaging_state(o: &mut Object<'_>, state: &MessagingState) {
    o.text("conversationId", state.conversation_id.as_str()).word("kind", state.kind).word("status", state.status);
    // As in every `conversation_updated`: nobody is, among people.
    o.null("assignedAgentId");
    o.text_or_null("subject", state.subject.as_deref());
    o.list("participants", &state.participants, |o, one| participant(o, one, None));
    o.int("lastSeq", state.last_seq);
    o.flag_if("archived", state.archived).flag_if("muted", state.muted);
}

/// Place and estimate: whole minutes rounded up, with the range in seconds beside it; null with the reason when nobody
/// can say.
pub fn place(o: &mut Object<'_>, place: &QueuePlace) {
    o.part("QueuePlace", |o| place_keys(o, place));
}

fn place_keys(o: &mut Object<'_>, place: &QueuePlace) {
    o.int("position", i128::try_from(place.position).unwrap_or(i128::MAX));
    match place.wait {
        Ok(range) => {
            o.int("estimatedWait", wait::whole_minutes(range));
            o.object("estimatedWaitSeconds", |o| {
                o.int("p50", range.p50_s).int("p90", range.p90_s);
            });
        }
        Err(why) => {
            o.null("estimatedWait");
            o.null("estimatedWaitSeconds");
            o.word("reason", why);
        }
    }
}

/// How the wish for a human stands.
pub fn escalation(o: &mut Object<'_>, status: &EscalationStatus) {
    o.part("EscalationStatus", |o| escalation_keys(o, status));
}

fn escalation_keys(o: &mut Object<'_>, status: &EscalationStatus) {
    let agent = |o: &mut Object<'_>, id: &str, name: &str| {
        o.text("agentId", id).text("agentName", name);
    };
    match status {
        EscalationStatus::Assigned { agent_id, agent_name } => {
            o.tag("status", "ASSIGNED");
            agent(o, agent_id.as_str(), agent_name);
        }
        EscalationStatus::AlreadyAssigned { agent_id, agent_name } => {
            o.tag("status", "ALREADY_ASSIGNED");
            agent(o, agent_id.as_str(), agent_name);
        }
        EscalationStatus::Offered(at) => {
            o.tag("status", "OFFERED");
            place(o, at);
        }
        EscalationStatus::Queued(at) => {
            o.tag("status", "QUEUED");
            place(o, at);
        }
        EscalationStatus::OutsideHours { next_opening, policy } => {
            o.tag("status", "OUTSIDE_HOURS");
            o.time_or_null("nextOpening", *next_opening).word("policy", *policy);
        }
        EscalationStatus::NoAgents { policy } => {
            o.tag("status", "NO_AGENTS").word("policy", *policy);
        }
        EscalationStatus::QueueFull { policy } => {
            o.tag("status", "QUEUE_FULL").word("policy", *policy);
        }
        EscalationStatus::Expired { policy, next_opening } => {
            o.tag("status", "EXPIRED").word("policy", *policy).time_or_null("nextOpening", *next_opening);
        }
        EscalationStatus::Canceled => {
            o.tag("status", "CANCELED");
        }
        EscalationStatus::None => {
            o.tag("status", "NONE");
        }
    }
}

/// An agent as staff see it.
pub fn agent(o: &mut Object<'_>, agent: &Agent) {
    o.part("Agent", |o| agent_keys(o, agent));
}

fn agent_keys(o: &mut Object<'_>, agent: &Agent) {
    let load = &agent.capacity;
    o.text("agentId", agent.id.as_str());
    o.text("name", &agent.name);
    o.word("status", agent.availability);
    o.text_or_null("reason", agent.reason.as_deref());
    o.word("presence", agent.presence);
    o.int("currentChats", load.used);
    o.int("heldOffers", load.held);
    o.int("maxConcurrentChats", load.limit);
    o.int("free", load.free());
    o.texts("skills", &agent.skills);
    o.texts("teams", &agent.teams);
    o.time_or_null("lastAssignedAt", agent.last_assigned_at);
    o.time_or_null("lastSeenAt", agent.last_seen_at);
    o.time_or_null("since", agent.status_since);
}

/// An entry of the queue as staff see it.
pub fn queue_row(o: &mut Object<'_>, row: &QueueRow) {
    o.part("QueueRow", |o| queue_row_keys(o, row));
}

fn queue_row_keys(o: &mut Object<'_>, row: &QueueRow) {
    o.text("conversationId", row.conversation_id.as_str());
    o.text("userId", row.user_id.as_str());
    o.text("userName", &row.user_name);
    place(o, &row.place);
    o.time("queuedAt", row.queued_at);
    o.word("status", row.status);
    o.int("priority", row.priority);
    o.int("effectivePriority", row.effective_priority);
    o.texts("skills", &row.skills);
    o.text_or_null("escalationReason", row.reason.as_deref());
    o.text("whyWaiting", row.why_waiting);
}

/// An offer.
pub fn offer(o: &mut Object<'_>, offer: &Offer) {
    o.part("Offer", |o| offer_keys(o, offer));
}

fn offer_keys(o: &mut Object<'_>, offer: &Offer) {
    o.text("transferRequestId", offer.id.as_str());
    o.text("conversationId", offer.conversation_id.as_str());
    o.text("agentId", offer.agent_id.as_str());
    o.text_or_null("fromAgentId", offer.from_agent_id.as_ref().map(|id| id.as_str()));
    o.text_or_null("team", offer.team.as_deref());
    o.text_or_null("note", offer.note.as_deref());
    o.word("status", offer.status);
    o.time("createdAt", offer.created_at);
    o.time("expiresAt", offer.expires_at);
}

/// One stored decision: why this agent, or why none.
pub fn decision(o: &mut Object<'_>, one: &(DecisionId, Decision)) {
    o.part("Decision", |o| decision_keys(o, one));
}

fn decision_keys(o: &mut Object<'_>, (id, decision): &(DecisionId, Decision)) {
    o.text("decisionId", id.as_str());
    o.time("at", decision.at);
    o.word("outcome", decision.outcome);
    o.text_or_null("agentId", decision.agent_id.as_ref().map(|id| id.as_str()));
    o.text("rule", &format!("R{}", decision.rule));
    o.flag("manual", decision.manual);
    o.text_or_null("note", decision.note.as_deref());
    o.list("candidates", &decision.candidates, |o, candidate| {
        o.text("agentId", candidate.agent_id.as_str());
        o.int("free", candidate.free).int("limit", candidate.limit);
        o.word_or_null("passedOver", candidate.passed_over);
    });
    o.int("candidatesLeftOut", decision.candidates_left_out);
}

/// The same in the log over all conversations.
pub fn logged_decision(o: &mut Object<'_>, customer_name: &str, one: &(DecisionId, Decision)) {
    o.part("LoggedDecision", |o| {
        o.text("conversationId", one.1.conversation_id.as_str()).text("userName", customer_name);
        decision_keys(o, one);
    });
}

/// A span in which an agent owned a conversation.
pub fn assignment(o: &mut Object<'_>, assignment: &Assignment) {
    o.part("Assignment", |o| assignment_keys(o, assignment));
}

fn assignment_keys(o: &mut Object<'_>, assignment: &Assignment) {
    o.text("agentId", assignment.agent_id.as_str());
    o.time("assignedAt", assignment.assigned_at);
    o.flag("manual", assignment.manual);
}

/// Whether people can be reached at a chatbot now.
pub fn reachability(o: &mut Object<'_>, found: &Reachability) {
    let count = |number: usize| i128::try_from(number).unwrap_or(i128::MAX);
    o.text("chatbotId", found.chatbot_id.as_str());
    o.flag("open", found.open).time_or_null("nextOpening", found.next_opening);
    o.int("onlineAgents", count(found.online_agents)).int("availableAgents", count(found.available_agents));
    o.int("freeUnits", found.free_units).int("waiting", count(found.waiting));
    match &found.last {
        Some(last) => place(o, last),
        None => {
            o.int("position", 0);
        }
    }
}

/// How a chatbot's widget behaves.
pub fn chatbot_widget(o: &mut Object<'_>, widget: &ChatbotWidget) {
    o.list("preChat", &widget.pre_chat, |o, field| {
        o.text("key", &field.key).text("label", &field.label).text("kind", field.kind.as_str());
        o.flag("required", field.required);
    });
    o.texts("languages", &widget.languages);
}

/// A chatbot with its hours; `whole` = also who answers and with which prompt.
pub fn chatbot(o: &mut Object<'_>, bot: &Chatbot, whole: bool) {
    o.part("Chatbot", |o| chatbot_keys(o, bot, whole));
}

fn chatbot_keys(o: &mut Object<'_>, bot: &Chatbot, whole: bool) {
    o.text("id", bot.id.as_str());
    o.text("name", &bot.name);
    o.text("greeting", &bot.greeting);
    o.word_or_null("routingMode", bot.routing_mode);
    o.word_or_null("closedPolicy", bot.closed_policy);
    o.texts("allowedOrigins", &bot.allowed_origins);
    o.opaque("theme", bot.theme.as_deref());
    chatbot_widget(o, &bot.widget);
    o.text_or_null("poweredBy", bot.widget.powered_by.as_deref());
    if whole {
        o.object("assistant", |o| chatbot_assistant(o, &bot.assistant));
    }
    let Some(hours) = &bot.hours else {
        o.null("hours");
        return;
    };
    o.object("hours", |o| {
        let interval = |o: &mut Object<'_>, interval: &crate::domain::hours::Interval| {
            o.int("fromMinute", interval.from_minute).int("toMinute", interval.to_minute);
        };
        o.text("timeZone", &hours.time_zone);
        o.list("weekly", &hours.weekly, |o, day| {
            o.list("intervals", day, interval);
        });
        o.list("exceptions", &hours.exceptions, |o, day| {
            o.text("date", &day.date).text("name", &day.name).list("intervals", &day.intervals, interval);
        });
    });
}

fn chatbot_assistant(o: &mut Object<'_>, assistant: &ChatbotAssistant) {
    o.part("ChatbotAssistant", |o| chatbot_assistant_keys(o, assistant));
}

fn chatbot_assistant_keys(o: &mut Object<'_>, assistant: &ChatbotAssistant) {
    o.text_or_null("provider", assistant.provider.as_deref());
    o.text_or_null("model", assistant.model.as_deref());
    o.text("prompt", &assistant.prompt);
    o.texts("knowledgeTags", &assistant.knowledge_tags);
    o.word_or_null("handOff", assistant.hand_off);
}

/// A person.
pub fn user(o: &mut Object<'_>, user: &User) {
    o.part("User", |o| user_keys(o, user));
}

fn user_keys(o: &mut Object<'_>, user: &User) {
    o.text("id", user.id.as_str());
    o.word("role", user.role);
    o.text("name", &user.name);
    o.text_or_null("email", user.email.as_deref());
}

/// A page that a customer looked at.
pub fn page_view(o: &mut Object<'_>, view: &PageView) {
    o.text("url", &view.url).text_or_null("title", view.title.as_deref()).time("at", view.at);
}

/// A durable message's number.
pub fn sent(o: &mut Object<'_>, sent: &SentMessage) {
    o.part("SentMessage", |o| sent_keys(o, sent));
}

fn sent_keys(o: &mut Object<'_>, sent: &SentMessage) {
    o.text("messageId", sent.message_id.as_str());
    o.int("seq", sent.seq);
    o.time("createdAt", sent.created_at);
    o.flag("duplicate", sent.duplicate);
}

/// What the engine knows of a host's event.
pub fn host_event(o: &mut Object<'_>, event: &HostEvent) {
    o.text("id", &event.id).int_if("number", event.number).word("priority", event.priority);
    o.time("createdAt", event.created_at).time_if("expiresAt", event.expires_at);
}
