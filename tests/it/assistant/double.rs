//! An assistant whose every word is said by the test.

use std::sync::Arc;

use async_trait::async_trait;
use switchboard::assistant::{Assistant, AssistantError, DeltaSink, Reply, Turn};
use tokio::sync::mpsc;

enum Act {
    Say(String),
    End(Result<Reply, AssistantError>),
}

/// One turn under way.
pub struct Live {
    pub turn: Turn,
    acts: mpsc::UnboundedSender<Act>,
}

impl Live {
    pub fn say(&self, text: &str) {
        self.acts.send(Act::Say(text.to_owned())).unwrap();
    }

    pub fn end(self, reply: Result<Reply, AssistantError>) {
        self.acts.send(Act::End(reply)).unwrap();
    }

    /// Waits until the turn is cancelled.
    pub async fn dropped(self) {
        self.acts.closed().await;
    }
}

/// Where the test meets the turns.
pub struct Double(mpsc::UnboundedReceiver<Live>);

impl Double {
    pub async fn turn(&mut self) -> Live {
        self.0.recv().await.unwrap()
    }

    /// No turn has begun.
    pub fn nothing(&mut self) -> bool {
        self.0.try_recv().is_err()
    }
}

struct Scripted(mpsc::UnboundedSender<Live>);

pub fn pair() -> (Arc<dyn Assistant>, Double) {
    let (turns, met) = mpsc::unbounded_channel();
    (Arc::new(Scripted(turns)), Double(met))
}

#[async_trait]
impl Assistant for Scripted {
    fn provider(&self) -> &str {
        "double"
    }

    async fn answer(&self, turn: Turn, deltas: &mut dyn DeltaSink) -> Result<Reply, AssistantError> {
        let (acts, mut to_do) = mpsc::unbounded_channel();
        let _ = self.0.send(Live { turn, acts });
        while let Some(act) = to_do.recv().await {
            match act {
                Act::Say(text) => deltas.delta(&text),
                Act::End(reply) => return reply,
            }
        }
        Err(AssistantError::Unreachable("the test is over".into()))
    }
}
