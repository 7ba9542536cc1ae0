//! Measures one turn of the assistant, and counts it once, however it ends.

use std::sync::{Arc, OnceLock};

use crate::assistant::{Reply, Usage};
use crate::domain::ids::ChatbotId;
use crate::domain::time::Timestamp;
use crate::domain::usage::{Cost, TurnOutcome, TurnRecord};

use super::super::node::Node;

/// When the first piece of text came.
pub(super) type FirstDelta = Arc<OnceLock<Timestamp>>;

/// One turn's measure. Who lets go of it unsettled, whatever the reason, has dropped the turn.
pub(super) struct Meter {
    node: Arc<Node>,
    provider: String,
    chatbot_id: Option<ChatbotId>,
    began: Timestamp,
    first: FirstDelta,
    ended: Option<Timestamp>,
    usage: Usage,
    cost: Cost,
    settled: bool,
}

impl Meter {
    /// The turn begins.
    pub(super) fn new(node: Arc<Node>, provider: String, chatbot_id: Option<ChatbotId>, first: FirstDelta) -> Self {
        Self {
            began: node.now(),
            node,
            provider,
            chatbot_id,
            first,
            ended: None,
            usage: Usage::default(),
            cost: Cost::ZERO,
            settled: false,
        }
    }

    pub(super) fn provider(&self) -> &str {
        &self.provider
    }

    /// The provider is done. What it took is spent, also when nobody will see the reply.
    pub(super) fn replied(&mut self, reply: &Reply) {
        let now = self.node.now();
        self.ended = Some(now);
        self.usage = reply.usage;
        let (input, output) = (reply.usage.input_tokens, reply.usage.output_tokens);
        self.cost = self.node.assistants().spent(now, self.chatbot_id.as_ref(), input, output);
    }

    /// Counts nothing.
    pub(super) fn forget(&mut self) {
        self.settled = true;
    }

    /// How it ended; only the first word counts.
    pub(super) fn settle(&mut self, outcome: TurnOutcome) {
        if std::mem::replace(&mut self.settled, true) {
            return;
        }
        let ended = self.ended.unwrap_or_else(|| self.node.now());
        let record = TurnRecord {
            outcome,
            input_tokens: self.usage.input_tokens,
            output_tokens: self.usage.output_tokens,
            cost: self.cost,
            // The provider knows better: it does not wait for a place first.
            first_delta: self.usage.first_delta.or_else(|| self.first.get().map(|first| first.since(self.began))),
            whole: ended.since(self.began),
        };
        self.node.assistants().count(&self.provider, &record);
    }
}

impl Drop for Meter {
    fn drop(&mut self) {
        self.settle(TurnOutcome::Dropped);
    }
}
