//! How decisions and events are put in words.

use switchboard::domain::escalation::{Decision, Effect, EscalationFlag, Op};
use switchboard::domain::event::{AdminNotice, AgentNotice, Audience, EscalationStatus, Event, QueuePlace, Reply};
use switchboard::domain::rejection::Rejection;
use switchboard::domain::time::Timestamp;

/// `cleo` is written Cleo.
pub fn name(id: &str) -> String {
    let mut letters = id.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

pub fn moment(at: Timestamp) -> String {
    let at = chrono::DateTime::from_timestamp_millis(at.as_millis()).unwrap();
    at.format("%Y-%m-%d %H:%M:%S UTC").to_string().replace(":00 UTC", " UTC")
}

fn place(place: &QueuePlace) -> String {
    match &place.wait {
        Ok(range) if range.p50_s == 0 => format!("place {}, no wait", place.position),
        Ok(range) => format!("place {}, about {} s (nine of ten under {} s)", place.position, range.p50_s, range.p90_s),
        Err(unknown) => format!("place {}, wait unknown: {}", place.position, unknown.as_str().replace('_', " ")),
    }
}

pub fn status(status: &EscalationStatus) -> String {
    match status {
        EscalationStatus::Assigned { agent_name, .. } => format!("{agent_name} is with you"),
        EscalationStatus::AlreadyAssigned { agent_name, .. } => format!("{agent_name} is with you already"),
        EscalationStatus::Offered(at) => format!("an agent is being asked ({})", place(at)),
        EscalationStatus::Queued(at) => format!("waiting ({})", place(at)),
        EscalationStatus::OutsideHours { next_opening, policy } => {
            let opens = next_opening.map_or_else(|| "not again".to_owned(), moment);
            format!("closed, opens {opens}; instead: {}", policy.as_str().replace('_', " "))
        }
        EscalationStatus::NoAgents { policy } => {
            format!("nobody is here; instead: {}", policy.as_str().replace('_', " "))
        }
        EscalationStatus::QueueFull { policy } => {
            format!("too many are waiting; instead: {}", policy.as_str().replace('_', " "))
        }
        EscalationStatus::Expired { policy, next_opening } => {
            let opens = next_opening.map(|at| format!(", opens {}", moment(at))).unwrap_or_default();
            format!("the wait is over{opens}; instead: {}", policy.as_str().replace('_', " "))
        }
        EscalationStatus::Canceled => "no longer waiting".to_owned(),
        EscalationStatus::None => "nobody was asked for".to_owned(),
    }
}

/// What an effect means to people; none when it is bookkeeping.
pub fn effect(effect: &Effect) -> Option<String> {
    match effect {
        Effect::Op(Op::LogDecision { decision, .. }) => Some(decided(decision)),
        Effect::Op(Op::Append(message)) => {
            Some(format!("in {}'s conversation: \"{}\"", name(message.conversation_id.as_str()), message.content))
        }
        Effect::Op(Op::AppendNote(note)) => {
            Some(format!("note for staff on {}: \"{}\"", name(note.conversation_id.as_str()), note.content))
        }
        Effect::Op(Op::ChangeConversation(change)) => {
            let EscalationFlag { reason, .. } = change.escalation.as_ref()?;
            let reason = reason.as_ref().map(|reason| format!(" because \"{reason}\"")).unwrap_or_default();
            Some(format!("{} asked for a human{reason}", name(change.conversation_id.as_str())))
        }
        Effect::Notify { to, event } => told(to, event),
        Effect::Op(_) | Effect::Trace(_) | Effect::QueueChanged => None,
    }
}

fn decided(decision: &Decision) -> String {
    let who = decision.agent_id.as_ref().map(|id| format!(" {}", name(id.as_str()))).unwrap_or_default();
    let about = name(decision.conversation_id.as_str());
    let by_hand = if decision.manual { ", by a person" } else { "" };
    let note = decision.note.as_ref().map(|note| format!(" (\"{note}\")")).unwrap_or_default();
    let others: Vec<String> = decision
        .candidates
        .iter()
        .filter_map(|it| {
            let why = it.passed_over?.as_str().replace('_', " ");
            Some(format!("{} {why}", name(it.agent_id.as_str())))
        })
        .collect();
    let others = if others.is_empty() { String::new() } else { format!("; passed over: {}", others.join(", ")) };
    format!("R{}: {about} {}{who}{by_hand}{note}{others}", decision.rule, decision.outcome.as_str().replace('_', " "))
}

fn told(to: &Audience, event: &Event) -> Option<String> {
    match (to, event) {
        (Audience::User(id), Event::AgentNotification { notice, .. }) => {
            Some(format!("{} is told: {}", name(id.as_str()), agent_notice(notice)?))
        }
        (Audience::User(_), Event::EscalationStatus { conversation_id, status: it }) => {
            Some(format!("{} is told: {}", name(conversation_id.as_str()), status(it)))
        }
        (Audience::Admins, Event::AdminNotification { notice, .. }) => {
            Some(format!("admins are told: {}", admin_notice(notice)?))
        }
        (Audience::Room(id), Event::AgentLeft { agent_id, reason, .. }) => {
            let reason = reason.replace('_', " ");
            Some(format!("everybody with {}: {} left ({reason})", name(id.as_str()), name(agent_id.as_str())))
        }
        (Audience::Room(id), Event::AgentJoined { agent_name, .. }) => {
            Some(format!("everybody with {}: {agent_name} joined", name(id.as_str())))
        }
        (Audience::Room(id), Event::ConversationClosed { reason, .. }) => {
            Some(format!("everybody with {}: closed ({reason})", name(id.as_str())))
        }
        (Audience::Staff, Event::StaffStatusUpdated { agent_id, is_online, status, .. }) => {
            let link = if *is_online { "here" } else { "gone" };
            Some(format!("staff see: {} is {link}, {}", name(agent_id.as_str()), status.as_str().replace('_', " ")))
        }
        _ => None,
    }
}

fn agent_notice(notice: &AgentNotice) -> Option<String> {
    Some(match notice {
        AgentNotice::NewConversationAssigned { user_name, summary, .. } => {
            let summary = summary.as_ref().map(|why| format!(" (\"{why}\")")).unwrap_or_default();
            format!("{user_name} is yours now{summary}")
        }
        AgentNotice::NewTransferRequest { conversation_id, note, expires_at, from_agent_id, .. } => {
            let from = from_agent_id.as_ref().map(|id| format!(" from {}", name(id.as_str()))).unwrap_or_default();
            let note = note.as_ref().map(|note| format!(" (\"{note}\")")).unwrap_or_default();
            format!("take {}{from}{note}? Answer before {}", name(conversation_id.as_str()), moment(*expires_at))
        }
        AgentNotice::TransferRescinded { conversation_id, reason, .. } => {
            format!("{} is no longer offered ({})", name(conversation_id.as_str()), reason.replace('_', " "))
        }
        AgentNotice::ConversationUnassigned { conversation_id, reason } => {
            format!("{} is no longer yours ({})", name(conversation_id.as_str()), reason.replace('_', " "))
        }
        AgentNotice::CustomerLeft { conversation_id } => format!("{} left", name(conversation_id.as_str())),
        AgentNotice::CustomerReturned { conversation_id } => format!("{} is back", name(conversation_id.as_str())),
        AgentNotice::WorkloadUpdated { .. } => return None,
    })
}

fn admin_notice(notice: &AdminNotice) -> Option<String> {
    match notice {
        AdminNotice::ConversationAssigned { conversation_id, agent_name, .. } => {
            Some(format!("{agent_name} has {}", name(conversation_id.as_str())))
        }
        AdminNotice::NewQueueEntry { conversation_id, position } => {
            Some(format!("{} waits at place {position}", name(conversation_id.as_str())))
        }
        AdminNotice::ConversationClosed { conversation_id, reason } => {
            Some(format!("{} is closed ({reason})", name(conversation_id.as_str())))
        }
        _ => None,
    }
}

pub fn answer(reply: &Result<Reply, Rejection>) -> Option<String> {
    match reply {
        Ok(Reply::Escalation(it)) => Some(format!("answer: {}", status(it))),
        Ok(Reply::Assigned { conversation_id, agent_name, .. }) => {
            Some(format!("answer: {} is with {agent_name}", name(conversation_id.as_str())))
        }
        Ok(_) => None,
        Err(Rejection::OfferGone { taken_by: Some((_, who)) }) => Some(format!("refused: {who} has it")),
        Err(Rejection::AlreadyAssigned { agent_name, .. }) => Some(format!("refused: {agent_name} has it")),
        Err(why) => Some(format!("refused: {why}")),
    }
}
