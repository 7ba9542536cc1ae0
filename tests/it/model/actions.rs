//! What can happen, and what is asked of the supervisor because of it.

use switchboard::domain::command::TransferTarget;
use switchboard::domain::escalation::{Actor, Request};
use switchboard::domain::ids::OfferId;
use switchboard::domain::user::Role;

use super::world::{Config, World, agent, conversation, profile};

/// A message on its way. It may come late, twice, or never.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Message {
    Escalate(usize),
    Close(usize),
    Accept(OfferId, usize),
    Decline(OfferId, usize),
    Transfer { conversation: usize, by: usize, to: usize },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// The message is handled; `again` leaves a copy on its way.
    Deliver {
        message: Message,
        again: bool,
    },
    /// The oldest decision becomes durable, and is told.
    Commit,
    /// The process dies and begins again from what is durable.
    Crash,
    /// Time goes on to the next deadline.
    NextDeadline,
    Connect(usize),
    Disconnect(usize),
}

impl World {
    pub fn possible(&self, config: &Config, actions: &mut Vec<Action>) {
        for (message, copies) in &self.network {
            actions.push(Action::Deliver { message: message.clone(), again: false });
            if *copies > 1 {
                actions.push(Action::Deliver { message: message.clone(), again: true });
            }
        }
        if !self.pending.is_empty() {
            actions.push(Action::Commit);
        }
        if self.budget.crashes > 0 {
            actions.push(Action::Crash);
        }
        if self.budget.jumps > 0 && self.brain.next_deadline().is_some() {
            actions.push(Action::NextDeadline);
        }
        for n in 0..config.agents {
            match self.linked.contains(&n) {
                true if self.budget.losses > 0 => actions.push(Action::Disconnect(n)),
                true => {}
                false => actions.push(Action::Connect(n)),
            }
        }
    }

    pub fn act(&mut self, config: &Config, action: &Action) {
        match action {
            Action::Deliver { message, again } => {
                self.take_from_network(message, *again);
                if let Some(request) = self.request(message) {
                    self.ask(config, request);
                }
            }
            Action::Commit => self.commit(config),
            Action::Crash => {
                self.budget.crashes -= 1;
                self.crash(config);
            }
            Action::NextDeadline => {
                self.budget.jumps -= 1;
                self.now = self.brain.next_deadline().unwrap_or(self.now).max(self.now);
                self.ask(config, Request::Tick);
            }
            Action::Connect(n) => {
                self.linked.insert(*n);
                self.ask(config, Request::AgentConnected(profile(config, *n)));
            }
            Action::Disconnect(n) => {
                self.budget.losses -= 1;
                self.linked.remove(n);
                self.ask(config, Request::AgentDisconnected { agent_id: agent(*n) });
            }
        }
    }

    /// What the room makes of a message: its facts are what was committed, never what is under way.
    fn request(&self, message: &Message) -> Option<Request> {
        Some(match message {
            Message::Escalate(n) => Request::Escalate {
                facts: self.ledger.facts(&conversation(*n), true)?,
                reason: None,
                priority: None,
                skills: Vec::new(),
            },
            Message::Close(n) => Request::Close {
                facts: self.ledger.facts(&conversation(*n), true)?,
                by: Actor { user_id: Some("customer".into()), role: Role::Customer },
                reason: "resolved".into(),
            },
            Message::Accept(offer_id, by) => Request::Accept { offer_id: offer_id.clone(), agent_id: agent(*by) },
            Message::Decline(offer_id, by) => {
                Request::Decline { offer_id: offer_id.clone(), agent_id: agent(*by), reason: None }
            }
            Message::Transfer { conversation: n, by, to } => Request::Transfer {
                conversation_id: conversation(*n),
                by: Actor { user_id: Some(agent(*by)), role: Role::Agent },
                target: TransferTarget::Agent(agent(*to)),
                note: None,
            },
        })
    }

    fn take_from_network(&mut self, message: &Message, again: bool) {
        let Some(copies) = self.network.get_mut(message) else { return };
        *copies -= 1;
        if !again || *copies == 0 {
            self.network.remove(message);
        }
    }
}
