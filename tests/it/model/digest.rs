//! When two states count as the same: ids and clock readings are replaced by what they stand for, so that histories
//! which differ in nothing that matters meet again.

use std::hash::{Hash, Hasher};

use switchboard::domain::escalation::State;
use switchboard::domain::ids::OfferId;
use switchboard::domain::time::Timestamp;

use super::actions::Message;
use super::world::{Batch, Told, World};

impl Hash for World {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        let rows = self.ledger.load();
        self.tables(self.brain.state(), hasher);
        self.tables(&rows, hasher);
        self.pending.len().hash(hasher);
        for batch in &self.pending {
            self.batch(batch, hasher);
        }
        for (message, copies) in &self.network {
            self.message(message, &rows, hasher);
            copies.hash(hasher);
        }
        self.brain.next_deadline().map(|at| self.ahead(at)).hash(hasher);
        (&self.linked, &self.told, &self.budget, &self.seen).hash(hasher);
        self.broken.is_some().hash(hasher);
    }
}

impl PartialEq for World {
    fn eq(&self, other: &Self) -> bool {
        let digest = |world: &Self| {
            let mut hasher = std::hash::DefaultHasher::new();
            world.hash(&mut hasher);
            hasher.finish()
        };
        digest(self) == digest(other)
    }
}

impl Eq for World {}

impl std::fmt::Debug for World {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("World")
            .field("broken", &self.broken)
            .field("tables", self.brain.state())
            .field("rows", &self.ledger.load())
            .field("pending", &self.pending.len())
            .field("network", &self.network)
            .field("told", &self.told)
            .finish_non_exhaustive()
    }
}

impl World {
    /// Milliseconds from now.
    fn ahead(&self, at: Timestamp) -> i64 {
        at.as_millis() - self.now.as_millis()
    }

    fn tables<H: Hasher>(&self, state: &State, hasher: &mut H) {
        let ahead = |at: Option<Timestamp>| at.map(|at| self.ahead(at));
        for agent in state.agents.values() {
            let clock = |it: &&switchboard::domain::agent::Agent| it.last_assigned_at < agent.last_assigned_at;
            let rank = state.agents.values().filter(clock).count();
            (agent.availability, agent.presence, agent.capacity, agent.missed_offers, rank).hash(hasher);
            ahead(agent.grace_until).hash(hasher);
        }
        for case in state.cases.values() {
            (&case.conversation_id, case.status, &case.assigned_agent_id, case.assignment_id.is_some()).hash(hasher);
            let rank = state.cases.values().filter(|it| it.escalated_at < case.escalated_at).count();
            rank.hash(hasher);
        }
        for entry in state.entries.values() {
            let rank = state.entries.values().filter(|it| it.queued_at < entry.queued_at).count();
            (&entry.conversation_id, entry.status, rank, entry.effective_priority).hash(hasher);
            (&entry.excluded, entry.resets, ahead(entry.retry_at), ahead(entry.abandon_at)).hash(hasher);
        }
        let mut offers: Vec<_> = state
            .offers
            .values()
            .map(|it| (&it.conversation_id, &it.agent_id, &it.from_agent_id, self.ahead(it.expires_at)))
            .collect();
        offers.sort();
        offers.hash(hasher);
    }

    fn batch<H: Hasher>(&self, batch: &Batch, hasher: &mut H) {
        self.tables(&batch.after, hasher);
        for told in &batch.told {
            match told {
                Told::Asked(offer_id, agent_id) => (self.brain.conversation_of_offer(offer_id), agent_id).hash(hasher),
                other => other.hash(hasher),
            }
        }
    }

    /// An offer is what it is for, whom it asks, and whether it is open in memory and in the rows.
    fn offer<H: Hasher>(&self, id: &OfferId, rows: &State, hasher: &mut H) {
        let memory = self.brain.state().offers.contains_key(id);
        (self.brain.conversation_of_offer(id), memory, rows.offers.contains_key(id)).hash(hasher);
    }

    fn message<H: Hasher>(&self, message: &Message, rows: &State, hasher: &mut H) {
        std::mem::discriminant(message).hash(hasher);
        match message {
            Message::Escalate(n) | Message::Close(n) => n.hash(hasher),
            Message::Accept(id, by) | Message::Decline(id, by) => {
                by.hash(hasher);
                self.offer(id, rows, hasher);
            }
            Message::Transfer { .. } => message.hash(hasher),
        }
    }
}
