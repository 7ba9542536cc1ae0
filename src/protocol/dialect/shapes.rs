//! The shapes of what is told, once for sockets and REST.

use crate::domain::agent::Agent;
use crate::domain::chatbot::{Chatbot, ChatbotAssistant, ChatbotWidget, Reachability};
use crate::domain::conversation::{Conversation, Participant};
use crate::domain::escalation::{Assignment, Decision, Offer};
use crate::domain::event::{EscalationStatus, QueuePlace, QueueRow, SentMessage};
use crate::domain::ids::DecisionId;
use crate::domain::message::{Message, Note};
use crate::domain::user::User;
use crate::domain::wait;
use crate::protocol::json::{KeyStyle, Object};

/// `messageId, conversationId, seq, senderId, …`.
pub fn message(o: &mut Object<'_>, message: &Message) {
    o.text("messageId", message.id.as_str());
    o.text("conversationId", message.conversation_id.as_str());
    o.int("seq", message.seq);
    o.text_or_null("senderId", message.sender_id.as_ref().map(|id| id.as_str()));
    o.text("senderName", &message.sender_name);
    o.text("senderRole", message.sender_role.as_str());
    content(o, &message.content);
    o.text("messageType", message.kind.as_str());
    o.flag("aiGenerated", message.ai_generated);
    o.text_if("clientId", message.client_id.as_deref());
    o.text_if("replyTo", message.reply_to.as_ref().map(|id| id.as_str()));
    o.opaque("metadata", message.metadata.as_deref());
    o.time("createdAt", message.created_at);
    if let Some(at) = message.edited_at {
        o.time("editedAt", at);
    }
    if let Some(at) = message.deleted_at {
        o.time("deletedAt", at);
    }
}

/// Seed 003 calls a message's text `message_text`.
fn content(o: &mut Object<'_>, text: &str) {
    match o.keys() {
        KeyStyle::Camel => o.text("content", text),
        KeyStyle::Snake => o.text("message_text", text),
    };
}

/// A note: `internal`, with a number of its own.
pub fn note(o: &mut Object<'_>, note: &Note) {
    o.text("messageId", note.id.as_str());
    o.text("conversationId", note.conversation_id.as_str());
    o.int("noteSeq", note.note_seq);
    o.flag("internal", true);
    o.text_or_null("senderId", note.author_id.as_ref().map(|id| id.as_str()));
    o.text("senderName", &note.author_name);
    content(o, &note.content);
    o.text_if("clientId", note.client_id.as_deref());
    o.time("createdAt", note.created_at);
}

/// Who takes part.
pub fn participant(o: &mut Object<'_>, participant: &Participant) {
    o.text("userId", participant.user_id.as_str());
    o.text("name", &participant.name);
    o.text("role", participant.role.as_str());
    o.int("lastReadSeq", participant.last_read_seq);
    o.time("joinedAt", participant.joined_at);
    o.time_or_null("leftAt", participant.left_at);
}

/// A conversation's record.
pub fn conversation(o: &mut Object<'_>, row: &Conversation) {
    o.text("id", row.id.as_str());
    o.text("kind", row.kind.as_str());
    o.text("status", row.status.as_str());
    o.text("handler", row.handler.as_str());
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

/// Place and estimate: whole minutes rounded up, with the range in seconds beside it; null with the reason when nobody
/// can say.
pub fn place(o: &mut Object<'_>, place: &QueuePlace) {
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
            o.text("reason", why.as_str());
        }
    }
}

/// How the wish for a human stands.
pub fn escalation(o: &mut Object<'_>, status: &EscalationStatus) {
    let agent = |o: &mut Object<'_>, id: &str, name: &str| {
        o.text("agentId", id).text("agentName", name);
    };
    match status {
        EscalationStatus::Assigned { agent_id, agent_name } => {
            o.text("status", "ASSIGNED");
            agent(o, agent_id.as_str(), agent_name);
        }
        EscalationStatus::AlreadyAssigned { agent_id, agent_name } => {
            o.text("status", "ALREADY_ASSIGNED");
            agent(o, agent_id.as_str(), agent_name);
        }
        EscalationStatus::Offered(at) => {
            o.text("status", "OFFERED");
            place(o, at);
        }
        EscalationStatus::Queued(at) => {
            o.text("status", "QUEUED");
            place(o, at);
        }
        EscalationStatus::OutsideHours { next_opening, policy } => {
            o.text("status", "OUTSIDE_HOURS");
            o.time_or_null("nextOpening", *next_opening).text("policy", policy.as_str());
        }
        EscalationStatus::NoAgents { policy } => {
            o.text("status", "NO_AGENTS").text("policy", policy.as_str());
        }
        EscalationStatus::QueueFull { policy } => {
            o.text("status", "QUEUE_FULL").text("policy", policy.as_str());
        }
        EscalationStatus::Expired { policy, next_opening } => {
            o.text("status", "EXPIRED").text("policy", policy.as_str()).time_or_null("nextOpening", *next_opening);
        }
        EscalationStatus::Canceled => {
            o.text("status", "CANCELED");
        }
        EscalationStatus::None => {
            o.text("status", "NONE");
        }
    }
}

/// An agent as staff see it.
pub fn agent(o: &mut Object<'_>, agent: &Agent) {
    let load = &agent.capacity;
    o.text("agentId", agent.id.as_str());
    o.text("name", &agent.name);
    o.text("status", agent.availability.as_str());
    o.text_or_null("reason", agent.reason.as_deref());
    o.text("presence", agent.presence.as_str());
    o.int("currentChats", load.used);
    o.int("heldOffers", load.held);
    o.int("maxConcurrentChats", load.limit);
    o.int("free", load.free());
    o.texts("skills", &agent.skills);
    o.texts("teams", &agent.teams);
    o.time_or_null("lastAssignedAt", agent.last_assigned_at);
    o.time_or_null("lastSeenAt", agent.last_seen_at);
}

/// An entry of the queue as staff see it.
pub fn queue_row(o: &mut Object<'_>, row: &QueueRow) {
    o.text("conversationId", row.conversation_id.as_str());
    o.text("userId", row.user_id.as_str());
    o.text("userName", &row.user_name);
    place(o, &row.place);
    o.time("queuedAt", row.queued_at);
    o.text("status", row.status.as_str());
    o.int("priority", row.priority);
    o.int("effectivePriority", row.effective_priority);
    o.texts("skills", &row.skills);
    o.text_or_null("escalationReason", row.reason.as_deref());
    o.text("whyWaiting", row.why_waiting);
}

/// An offer.
pub fn offer(o: &mut Object<'_>, offer: &Offer) {
    o.text("transferRequestId", offer.id.as_str());
    o.text("conversationId", offer.conversation_id.as_str());
    o.text("agentId", offer.agent_id.as_str());
    o.text_or_null("fromAgentId", offer.from_agent_id.as_ref().map(|id| id.as_str()));
    o.text_or_null("team", offer.team.as_deref());
    o.text_or_null("note", offer.note.as_deref());
    o.text("status", offer.status.as_str());
    o.time("createdAt", offer.created_at);
    o.time("expiresAt", offer.expires_at);
}

/// One stored decision: why this agent, or why none.
pub fn decision(o: &mut Object<'_>, (id, decision): &(DecisionId, Decision)) {
    o.text("decisionId", id.as_str());
    o.time("at", decision.at);
    o.text("outcome", decision.outcome.as_str());
    o.text_or_null("agentId", decision.agent_id.as_ref().map(|id| id.as_str()));
    o.text("rule", &format!("R{}", decision.rule));
    o.flag("manual", decision.manual);
    o.text_or_null("note", decision.note.as_deref());
    o.list("candidates", &decision.candidates, |o, candidate| {
        o.text("agentId", candidate.agent_id.as_str());
        o.int("free", candidate.free).int("limit", candidate.limit);
        o.text_or_null("passedOver", candidate.passed_over.map(|why| why.as_str()));
    });
    o.int("candidatesLeftOut", decision.candidates_left_out);
}

/// A span in which an agent owned a conversation.
pub fn assignment(o: &mut Object<'_>, assignment: &Assignment) {
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
    o.text("id", bot.id.as_str());
    o.text("name", &bot.name);
    o.text("greeting", &bot.greeting);
    o.text_or_null("routingMode", bot.routing_mode.map(|mode| mode.as_str()));
    o.text_or_null("closedPolicy", bot.closed_policy.map(|policy| policy.as_str()));
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
    o.text_or_null("provider", assistant.provider.as_deref());
    o.text_or_null("model", assistant.model.as_deref());
    o.text("prompt", &assistant.prompt);
    o.texts("knowledgeTags", &assistant.knowledge_tags);
    o.text_or_null("handOff", assistant.hand_off.map(|mode| mode.as_str()));
}

/// A person.
pub fn user(o: &mut Object<'_>, user: &User) {
    o.text("id", user.id.as_str());
    o.text("role", user.role.as_str());
    o.text("name", &user.name);
    o.text_or_null("email", user.email.as_deref());
}

/// A durable message's number.
pub fn sent(o: &mut Object<'_>, sent: &SentMessage) {
    o.text("messageId", sent.message_id.as_str());
    o.int("seq", sent.seq);
    o.time("createdAt", sent.created_at);
    o.flag("duplicate", sent.duplicate);
}
