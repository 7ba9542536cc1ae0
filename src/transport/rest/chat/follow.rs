//! What comes of one message to the assistant, piece by piece, until nothing more will.

use std::collections::VecDeque;
use std::sync::Arc;

use serde::Deserialize;
use tokio::sync::mpsc::UnboundedReceiver;

use crate::actors::failure::Failure;
use crate::actors::messages::News;
use crate::actors::node::Node;
use crate::domain::conversation::ConversationStatus;
use crate::domain::event::{EscalationStatus, Event, SentMessage};
use crate::domain::ids::{ConversationId, MessageId, RequestId};
use crate::domain::message::{Message, SenderRole};
use crate::domain::rejection::Rejection;
use crate::domain::time::{Millis, Timestamp};
use crate::protocol::error::{ErrorCode, WireError};

use super::super::answer::ApiError;
use super::is_told;

/// Whoever waits is answered by then, if only with `no_reply`.
const REPLY_WITHIN: Millis = Millis::from_secs(60);
/// A silent stream says that it lives.
const ALIVE_EVERY: Millis = Millis::from_secs(15);
/// A room that ended is asked for again after this.
const AGAIN: Millis = Millis::new(200);
/// Messages after the customer's among which its answer is looked for, and before the newest for the engine's line.
const LOOKED_AT: i64 = 100;

/// A part of the answer.
#[derive(Debug)]
pub(super) enum Piece {
    /// The assistant writes the message with this id.
    Start(MessageId),
    /// The next of its text; `index` counts from 0 after each start.
    Delta { text: String, index: u32 },
    /// A stored message.
    Message(Arc<Message>),
    /// How the wish for a human stands.
    Escalation(EscalationStatus),
    /// What was shown of this message is void.
    Dropped(MessageId),
    /// The end, without an answer.
    Failed(ApiError),
    /// Nothing yet.
    Alive,
    /// The end.
    Done { escalation_requested: bool },
}

/// What the engine wrote beside an answer.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Beside {
    answers_seq: Option<i64>,
    escalation_requested: bool,
}

/// Waits for what comes of one message.
pub(super) struct Follow {
    node: Arc<Node>,
    id: ConversationId,
    request_id: RequestId,
    /// The customer's message.
    seq: i64,
    news: UnboundedReceiver<News>,
    /// The store is to be looked at before the news: the answer may be older than they are.
    look_back: bool,
    writing: Option<MessageId>,
    /// What the deltas of the present reply spell.
    shown: String,
    index: u32,
    answered: Vec<MessageId>,
    wants_human: bool,
    status: Option<EscalationStatus>,
    pieces: VecDeque<Piece>,
    ended: bool,
    deadline: Timestamp,
    alive_at: Timestamp,
}

impl Follow {
    /// `news` must have been asked for before the message was sent.
    pub(super) fn new(
        node: Arc<Node>,
        id: ConversationId,
        sent: &SentMessage,
        news: UnboundedReceiver<News>,
        request_id: RequestId,
    ) -> Self {
        let now = node.now();
        Self {
            node,
            id,
            request_id,
            seq: sent.seq,
            news,
            look_back: sent.duplicate,
            writing: None,
            shown: String::new(),
            index: 0,
            answered: Vec::new(),
            wants_human: false,
            status: None,
            pieces: VecDeque::new(),
            ended: false,
            deadline: now + REPLY_WITHIN,
            alive_at: now + ALIVE_EVERY,
        }
    }

    pub(super) fn chat_id(&self) -> &ConversationId {
        &self.id
    }

    /// Whether a human was asked for, as far as is known.
    pub(super) fn wants_human(&self) -> bool {
        self.wants_human
    }

    /// The next piece; none after the end. Nothing is lost when it is not waited for to the end.
    pub(super) async fn next(&mut self) -> Option<Piece> {
        loop {
            if let Some(piece) = self.pieces.pop_front() {
                return Some(piece);
            }
            if self.ended {
                return None;
            }
            if std::mem::take(&mut self.look_back) {
                self.look_back().await;
                continue;
            }
            let clock = Arc::clone(self.node.clock());
            tokio::select! {
                biased;
                news = self.news.recv() => match news {
                    Some(news) => self.heard(news).await,
                    None => self.follow_again().await,
                },
                () = clock.sleep_until(self.deadline) => self.fail(no_reply("nobody has answered in time")),
                () = clock.sleep_until(self.alive_at) => {
                    self.alive_at = self.node.now() + ALIVE_EVERY;
                    self.pieces.push_back(Piece::Alive);
                }
            }
        }
    }

    async fn heard(&mut self, news: News) {
        match news {
            News::Answering { message_id, answers } if answers >= self.seq => self.begin(message_id),
            News::Event(Event::AiMessageStart { message_id, text, .. }) if self.is_writing(&message_id) => {
                self.delta(text);
            }
            News::Event(Event::AiMessageDelta { message_id, delta, .. }) if self.is_writing(&message_id) => {
                self.delta(delta);
            }
            News::Event(Event::AiMessageDropped { message_id, .. }) if self.is_writing(&message_id) => {
                self.writing = None;
                self.pieces.push_back(Piece::Dropped(message_id));
            }
            News::Event(Event::NewMessage(message)) => self.stored(message),
            News::HandedOver(status) => self.standing(status),
            News::Quiet { upto } if upto >= self.seq => self.quiet().await,
            News::Answering { .. } | News::Event(_) | News::Quiet { .. } => {}
        }
    }

    fn is_writing(&self, message_id: &MessageId) -> bool {
        self.writing.as_ref() == Some(message_id)
    }

    fn begin(&mut self, message_id: MessageId) {
        self.index = 0;
        self.shown.clear();
        self.writing = Some(message_id.clone());
        self.pieces.push_back(Piece::Start(message_id));
    }

    fn delta(&mut self, text: String) {
        if text.is_empty() {
            return;
        }
        self.shown.push_str(&text);
        self.pieces.push_back(Piece::Delta { text, index: self.index });
        self.index += 1;
    }

    /// A message that became durable: the answer, if it is the assistant's and to ours or a later one.
    fn stored(&mut self, message: Arc<Message>) {
        let beside = beside(&message);
        if beside.answers_seq.is_none_or(|seq| seq < self.seq) || self.answered.contains(&message.id) {
            return;
        }
        if !self.is_writing(&message.id) {
            self.begin(message.id.clone());
        }
        self.spell(&message);
        self.writing = None;
        self.answered.push(message.id.clone());
        self.wants_human |= beside.escalation_requested;
        self.pieces.push_back(Piece::Message(message));
        // With a wish for a human more comes: what became of it.
        if !self.wants_human {
            self.done();
        }
    }

    /// Shows what of a stored message was not shown, so that whoever reads only deltas has all of it as well.
    fn spell(&mut self, message: &Message) {
        let rest = match message.content.strip_prefix(self.shown.trim_start()) {
            Some(rest) => rest.to_owned(),
            // What is stored is trimmed.
            None if self.shown.trim() == message.content => return,
            None => {
                // Another text took its place: the fallback.
                self.pieces.push_back(Piece::Dropped(message.id.clone()));
                self.begin(message.id.clone());
                message.content.clone()
            }
        };
        self.delta(rest);
    }

    fn standing(&mut self, status: EscalationStatus) {
        if is_told(&status) && self.status.as_ref() != Some(&status) {
            self.status = Some(status.clone());
            self.pieces.push_back(Piece::Escalation(status));
        }
    }

    fn done(&mut self) {
        self.ended = true;
        self.pieces.push_back(Piece::Done { escalation_requested: self.wants_human });
    }

    fn fail(&mut self, error: impl Into<WireError>) {
        self.ended = true;
        self.pieces.push_back(Piece::Failed(ApiError::of(error, self.request_id.as_str())));
    }

    /// The assistant has nothing more to say to it. What it saved a moment ago may be on its way to the room still.
    async fn quiet(&mut self) {
        self.look_back().await;
        if self.ended {
            return;
        }
        if let Err(failure) = self.how_it_stands().await {
            self.fail(failure);
        }
    }

    async fn how_it_stands(&mut self) -> Result<(), Failure> {
        if self.status.is_none() {
            let view = self.node.case(&self.id, false).await?;
            self.standing(view.status);
        }
        if !self.answered.is_empty() {
            self.done();
            return Ok(());
        }
        let record = self.node.record(&self.id).await?.ok_or(Failure::Rejected(Rejection::NotFound))?;
        if record.conversation.status == ConversationStatus::Closed {
            return Err(Failure::Rejected(Rejection::ConversationClosed));
        }
        if record.with_assistant() {
            self.fail(no_reply("no assistant answers here"));
            return Ok(());
        }
        // A person has it, or will: the engine's newest line says so.
        self.wants_human = true;
        let newest = self.node.store().messages_before(&self.id, i64::MAX, LOOKED_AT).await?;
        let line = newest.into_iter().filter(|message| message.sender_role == SenderRole::System);
        if let Some(line) = line.max_by_key(|message| message.seq) {
            self.pieces.push_back(Piece::Message(Arc::new(line)));
        }
        self.done();
        Ok(())
    }

    /// The room has ended, by a fault or for want of use: its next life is followed, and what was missed looked up.
    async fn follow_again(&mut self) {
        if self.node.is_stopping() {
            return self.fail(Failure::Draining);
        }
        let clock = Arc::clone(self.node.clock());
        clock.sleep_until(self.node.now() + AGAIN).await;
        self.news = self.node.follow(self.id.clone());
        self.look_back = true;
        if let Some(message_id) = self.writing.take() {
            self.pieces.push_back(Piece::Dropped(message_id));
        }
        if self.node.now() >= self.deadline {
            self.fail(no_reply("nobody has answered in time"));
        }
    }

    async fn look_back(&mut self) {
        match self.node.store().messages_after(&self.id, self.seq, LOOKED_AT).await {
            Ok(messages) => {
                for message in messages {
                    if !self.ended {
                        self.stored(Arc::new(message));
                    }
                }
            }
            Err(error) => self.fail(Failure::Store(error)),
        }
    }
}

/// What the engine wrote beside a message of the assistant. Anybody else's is not looked at.
fn beside(message: &Message) -> Beside {
    let metadata = message.metadata.as_deref().filter(|_| message.sender_role == SenderRole::Ai);
    metadata.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
}

fn no_reply(why: &str) -> WireError {
    WireError::new(
        ErrorCode::NoReply,
        format!("{why}; the message is kept, and a retry with the same client id waits on"),
    )
}
