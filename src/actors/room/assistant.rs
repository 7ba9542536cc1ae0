//! The assistant at work in a room: its turns, what is shown of them, and the way to a human.
//!
//! What to do is decided by [`crate::domain::turn::Turns`]; here it is done.

use std::sync::{Arc, Mutex, PoisonError};

use actix::{ActorFutureExt, AsyncContext, Context, SpawnHandle, WrapFuture};
use tokio::sync::oneshot;

use crate::assistant::hand_off::mood::Mood;
use crate::assistant::hand_off::promise::promises_human;
use crate::assistant::{self, AssistantError, DeltaSink, Persona, Reply, Turn};
use crate::domain::chatbot::{FallbackPolicy, HandOffMode};
use crate::domain::command::Escalate;
use crate::domain::escalation::Request;
use crate::domain::event::{EscalationStatus, Event, Reply as Answered};
use crate::domain::ids::{ConversationId, MessageId};
use crate::domain::message::{Message, MessageKind, NewMessage, SenderRole};
use crate::domain::text::cleaned;
use crate::domain::time::Millis;
use crate::domain::turn::{Cause, Ended, Heard, Posted, Step, Turns};
use crate::domain::usage::TurnOutcome;
use crate::protocol::encoded::Encoded;
use crate::protocol::json::{KeyStyle, object};
use crate::store::{StoreError, Write, Written};

use super::super::failure::Failure;
use super::super::messages::{Answer, HubMessage, ReplyTo, RoomMessage, RouterMessage, SessionRef, SupervisorMessage};
use super::super::node::Node;
use super::super::tell::{Overflow, tell};
use super::meter::{FirstDelta, Meter};
use super::{Record, RoomActor};

/// Lines of the conversation that an assistant is shown at most.
const HISTORY_LINES: i64 = 60;
/// Deltas are gathered so that a reader gets at most 30 a second.
const DELTA_EVERY: Millis = Millis::new(33);
/// A wish for a human that could not be handed over is tried again.
const HAND_OFF_TRIES: u32 = 5;
const HAND_OFF_PAUSE: Millis = Millis::new(500);

/// The assistant's place in a room.
pub(super) struct Desk {
    turns: Turns,
    mood: Mood,
    previous: Option<String>,
    /// The newest message of the customer that was taken up: a room that reads itself again sees it again.
    heard: i64,
    draft: Option<Draft>,
    /// The reply that is on its way to the disk invites the customer to confirm the hand-over.
    invited: bool,
    /// The fallback said already that nobody is there.
    told_nobody: bool,
}

/// A reply that is being made.
struct Draft {
    turn: u64,
    message_id: MessageId,
    /// The customer's newest message that it answers.
    answers: i64,
    /// Shown so far.
    shown: String,
    /// The next delta's.
    index: u32,
    gathered: Arc<Mutex<Gathered>>,
    running: Option<SpawnHandle>,
    meter: Meter,
    reply: Option<Reply>,
}

/// Pieces that were made and not yet shown.
#[derive(Default)]
struct Gathered {
    text: String,
    /// A flush is on its way or held back for a moment.
    armed: bool,
}

/// Where the assistant puts what it makes.
struct ToRoom {
    gathered: Arc<Mutex<Gathered>>,
    node: Arc<Node>,
    conversation_id: ConversationId,
    turn: u64,
    first: FirstDelta,
}

impl DeltaSink for ToRoom {
    fn delta(&mut self, text: &str) {
        // Here every assistant's words pass, a host's own as well.
        let text = cleaned(text);
        if text.is_empty() {
            return;
        }
        self.first.get_or_init(|| self.node.now());
        let mut gathered = self.gathered.lock().unwrap_or_else(PoisonError::into_inner);
        gathered.text.push_str(&text);
        if !std::mem::replace(&mut gathered.armed, true) {
            let message = RoomMessage::Flush { turn: self.turn };
            let conversation_id = self.conversation_id.clone();
            self.node.router(RouterMessage::ToRoom { conversation_id, message, only_if_live: true });
        }
    }
}

impl Desk {
    pub(super) fn new(node: &Node) -> Self {
        let assistants = node.assistants();
        Self {
            turns: Turns::new(assistants.turn_settings(), false),
            mood: Mood::new(assistants.settings().unhappy_turns),
            previous: None,
            heard: 0,
            draft: None,
            invited: false,
            told_nobody: false,
        }
    }

    pub(super) fn is_busy(&self) -> bool {
        self.turns.is_busy() || self.turns.is_owing()
    }
}

impl RoomActor {
    /// The record was read: whose the conversation is, and whether somebody waits for an answer.
    pub(super) fn desk_loaded(&mut self, unanswered: Option<Message>, ctx: &mut Context<Self>) {
        self.desk_owner(ctx);
        if let Some(message) = unanswered {
            self.desk_heard(&message, ctx);
        }
    }

    /// Whose the conversation is may have changed.
    pub(super) fn desk_owner(&mut self, ctx: &mut Context<Self>) {
        let Record::Here(record) = &self.record else { return };
        let ours = record.with_assistant() && self.assistant().is_some();
        let steps = self.desk.turns.owner(ours);
        self.assist(steps, ctx);
    }

    /// Something durable was said.
    pub(super) fn desk_heard(&mut self, message: &Message, ctx: &mut Context<Self>) {
        if message.sender_role == SenderRole::Agent {
            self.desk.turns.human_said();
        }
        if message.sender_role != SenderRole::Customer || message.deleted_at.is_some() || message.seq <= self.desk.heard
        {
            return;
        }
        self.desk.heard = message.seq;
        let (mut wants_human, mut unhappy) = (false, false);
        // What is said to a person is not searched for a wish that is granted already.
        if self.desk.turns.is_ours() {
            wants_human = self.node.assistants().wants_human(&message.content);
            unhappy = self.desk.mood.heard(&message.content, self.desk.previous.as_deref());
            self.desk.previous = Some(message.content.clone());
        }
        let spent = self.node.assistants().is_spent(&self.id, message.seq);
        let steps = self.desk.turns.heard(Heard { seq: message.seq, wants_human, unhappy, spent });
        self.assist(steps, ctx);
    }

    pub(super) fn desk_look(&mut self, ctx: &mut Context<Self>) {
        let steps = self.desk.turns.look();
        self.assist(steps, ctx);
    }

    pub(super) fn desk_shut_down(&mut self, ctx: &mut Context<Self>) {
        let steps = self.desk.turns.shut_down();
        if !steps.is_empty()
            && let Some(draft) = self.desk.draft.as_mut()
            && let Some(running) = draft.running.take()
        {
            ctx.cancel_future(running);
            draft.meter.settle(TurnOutcome::Failed("shutdown"));
        }
        self.assist(steps, ctx);
    }

    /// What a session that comes in the middle of a reply has to know.
    pub(super) fn desk_tell(&self, session: &SessionRef) {
        let Some(event) = self.desk_so_far() else { return };
        // Nobody waits for it to be taken: it is one event.
        let (taken, _) = oneshot::channel();
        let events = vec![Encoded::new(event)];
        let message = HubMessage::ToSession { session_id: session.id.clone(), events, receipts: false, taken };
        // A thread that is gone has no sessions.
        let _ = tell(&session.hub, message, Overflow::Force);
    }

    /// The reply that is being written, as far as it was shown.
    pub(super) fn desk_so_far(&self) -> Option<Event> {
        self.desk.turns.writing()?;
        let draft = self.desk.draft.as_ref()?;
        Some(Event::AiMessageStart {
            conversation_id: self.id.clone(),
            message_id: draft.message_id.clone(),
            text: draft.shown.clone(),
            index: draft.index,
        })
    }

    /// The same, with its id and the number of the newest message that it answers.
    pub(super) fn desk_writing(&self) -> Option<(MessageId, i64, Event)> {
        let draft = self.desk.draft.as_ref()?;
        Some((draft.message_id.clone(), draft.answers, self.desk_so_far()?))
    }

    pub(super) fn desk_is_quiet(&self) -> bool {
        self.desk.turns.is_quiet()
    }

    fn assistant(&self) -> Option<Arc<dyn assistant::Assistant>> {
        self.node.assistants().of(self.chatbot().as_ref())
    }

    fn chatbot(&self) -> Option<crate::domain::chatbot::Chatbot> {
        let Record::Here(record) = &self.record else { return None };
        record.conversation.chatbot_id.as_ref().and_then(|id| self.node.chatbot(id))
    }

    fn assist(&mut self, steps: Vec<Step>, ctx: &mut Context<Self>) {
        for step in steps {
            match step {
                Step::Begin { turn, .. } => self.begin(turn, ctx),
                Step::Drop { turn } => self.drop_draft(turn, ctx),
                Step::Post { turn } => self.post(turn, false, ctx),
                Step::PostFallback { turn } => self.post(turn, true, ctx),
                Step::Wait { turn, pause } => {
                    let sleep = self.node.clock().sleep_until(self.node.now() + pause);
                    ctx.spawn(sleep.into_actor(self).map(move |(), this, ctx| {
                        let steps = this.desk.turns.again(turn);
                        this.assist(steps, ctx);
                    }));
                }
                Step::HandOff(cause) => self.hand_off(cause, ctx),
            }
        }
        self.tell_if_quiet();
    }

    fn begin(&mut self, turn: u64, ctx: &mut Context<Self>) {
        let Some(assistant) = self.assistant() else { return };
        let Record::Here(record) = &self.record else { return };
        let (customer, chatbot_id) = (&record.conversation.customer_id, record.conversation.chatbot_id.clone());
        let admitted = self.node.assistants().admit(self.node.now(), customer, chatbot_id.as_ref());
        let (message_id, answers) = (MessageId::from(self.node.new_id()), self.desk.heard);
        let gathered = Arc::new(Mutex::new(Gathered::default()));
        let mut sink = ToRoom {
            gathered: Arc::clone(&gathered),
            node: Arc::clone(&self.node),
            conversation_id: self.id.clone(),
            turn,
            first: FirstDelta::default(),
        };
        (self.desk.invited, self.desk.told_nobody) = (false, false);
        self.node.assistants().turn_begun(&self.id, answers);
        let provider = assistant.provider().to_owned();
        let meter = Meter::new(Arc::clone(&self.node), provider.clone(), chatbot_id, Arc::clone(&sink.first));
        log::debug!("conversation.id" = self.id.as_str(), "assistant.provider" = provider.as_str(); "turn begins");
        let (node, asked) = (Arc::clone(&self.node), self.turn_without_history());
        let work = async move {
            admitted?;
            let Some(mut asked) = asked else { return Err(AssistantError::Overloaded) };
            let _place = node.assistants().place(node.clock().as_ref()).await?;
            let lines = node.store().messages_before(&asked.conversation_id, i64::MAX, HISTORY_LINES).await;
            // The store is not the provider, but to the customer it is the same: no answer.
            let lines = lines.map_err(|error| AssistantError::Unreachable(error.to_string()))?;
            asked.history = lines.iter().filter(|message| message.deleted_at.is_none()).map(line).collect();
            assistant.answer(asked, &mut sink).await
        };
        let running = ctx.spawn(work.into_actor(self).map(move |done, this, ctx| this.turn_ended(turn, done, ctx)));
        self.desk.draft = Some(Draft {
            turn,
            message_id: message_id.clone(),
            answers,
            shown: String::new(),
            index: 0,
            gathered,
            running: Some(running),
            meter,
            reply: None,
        });
        if let Some(event) = self.desk_so_far() {
            self.tell_answering(&message_id, answers);
            self.fan_out(event, false, None, Overflow::Force);
        }
    }

    fn turn_without_history(&self) -> Option<Turn> {
        let Record::Here(record) = &self.record else { return None };
        let bot = self.chatbot();
        let persona = bot.map_or_else(Persona::default, |bot| Persona {
            chatbot_id: Some(bot.id),
            name: bot.name,
            prompt: bot.assistant.prompt,
            model: bot.assistant.model,
            knowledge_tags: bot.assistant.knowledge_tags,
        });
        Some(Turn {
            conversation_id: self.id.clone(),
            persona,
            customer: assistant::Customer { name: record.conversation.customer_name.clone(), email: None },
            history: Vec::new(),
            now: self.node.now(),
            humans_reachable: self.node.assistants().humans_reachable(),
        })
    }

    /// Shows what was gathered; what comes in the next moment is shown together.
    pub(super) fn flush(&mut self, turn: u64, ctx: &mut Context<Self>) {
        if self.desk.turns.writing() != Some(turn) {
            return;
        }
        let Some(draft) = self.desk.draft.as_mut().filter(|draft| draft.turn == turn) else { return };
        let delta = {
            let mut gathered = draft.gathered.lock().unwrap_or_else(PoisonError::into_inner);
            if gathered.text.is_empty() {
                gathered.armed = false;
                return;
            }
            std::mem::take(&mut gathered.text)
        };
        draft.shown.push_str(&delta);
        let (message_id, index) = (draft.message_id.clone(), draft.index);
        draft.index += 1;
        let event = Event::AiMessageDelta { conversation_id: self.id.clone(), message_id, delta, index };
        self.fan_out(event, false, None, Overflow::Drop);
        let sleep = self.node.clock().sleep_until(self.node.now() + DELTA_EVERY);
        ctx.spawn(sleep.into_actor(self).map(move |(), this, ctx| this.flush(turn, ctx)));
    }

    fn turn_ended(&mut self, turn: u64, done: Result<Reply, AssistantError>, ctx: &mut Context<Self>) {
        let Some(draft) = self.desk.draft.as_mut().filter(|draft| draft.turn == turn) else { return };
        draft.running = None;
        self.node.assistants().turn_spent(&self.id, draft.answers);
        let ended = match done {
            Ok(reply) => self.replied(reply.cleaned()),
            Err(error) => {
                log::warn!(
                    error:display, "conversation.id" = self.id.as_str(), "assistant.provider" = draft.meter.provider();
                    "the assistant failed"
                );
                draft.meter.settle(TurnOutcome::Failed(word(&error)));
                Ended::Failed(word(&error))
            }
        };
        let steps = self.desk.turns.ended(turn, ended);
        self.assist(steps, ctx);
    }

    fn replied(&mut self, mut reply: Reply) -> Ended {
        let promised = reply.hand_off.is_none() && promises_human(&reply.text);
        let cause = match reply.hand_off.take() {
            Some(it) => Some(Cause::Assistant { reason: it.reason, summary: it.summary }),
            None => promised.then_some(Cause::Promised),
        };
        if cause.is_some() && reply.text.trim().is_empty() {
            reply.text = self.words_for_a_silent_hand_off();
        }
        let text = !reply.text.trim().is_empty();
        let Some(draft) = self.desk.draft.as_mut() else { return Ended::Replied { text, cause } };
        draft.meter.replied(&reply);
        if !text {
            draft.meter.settle(TurnOutcome::Failed("empty"));
        }
        log::info!(
            "conversation.id" = self.id.as_str(), "assistant.provider" = draft.meter.provider(),
            "tokens.input" = reply.usage.input_tokens, "tokens.output" = reply.usage.output_tokens,
            "hand_off" = cause.is_some();
            "the assistant answered"
        );
        draft.reply = Some(reply);
        Ended::Replied { text, cause }
    }

    /// Models call the tool without a word more often than not; the customer is told all the same.
    fn words_for_a_silent_hand_off(&mut self) -> String {
        let mode = self.node.assistants().hand_off_mode(self.chatbot().as_ref());
        let settings = self.node.assistants().settings();
        let refused = self.desk.turns.is_refused();
        self.desk.invited = mode == HandOffMode::Ask && !refused;
        let text = match mode {
            _ if refused => &settings.nobody_text,
            HandOffMode::AtOnce => &settings.hand_off_text,
            HandOffMode::Ask => &settings.ask_text,
        };
        text.clone()
    }

    fn drop_draft(&mut self, turn: u64, ctx: &mut Context<Self>) {
        let Some(draft) = self.desk.draft.take_if(|draft| draft.turn == turn) else { return };
        if let Some(running) = draft.running {
            ctx.cancel_future(running);
            // Cut off by us, not ended: who asks again later may be answered.
            self.node.assistants().turn_settled(&self.id);
        }
        let event = Event::AiMessageDropped { conversation_id: self.id.clone(), message_id: draft.message_id };
        self.fan_out(event, false, None, Overflow::Force);
    }

    fn post(&mut self, turn: u64, fallback: bool, ctx: &mut Context<Self>) {
        if fallback {
            self.draft_of_a_spent_turn(turn);
            self.desk.told_nobody = !self.somebody_may_come();
        }
        let Some(draft) = self.desk.draft.as_ref().filter(|draft| draft.turn == turn) else { return };
        let settings = self.node.assistants().settings();
        let without = if self.desk.told_nobody { &settings.nobody_text } else { &settings.fallback_text };
        let cause = self.desk.turns.cause_after(turn);
        let reply = draft.reply.as_ref().filter(|_| !fallback);
        let content = reply.map_or(without.as_str(), |reply| reply.text.trim());
        let metadata = metadata(draft.meter.provider(), draft.answers, reply, cause.as_ref());
        let message = self.line(draft.message_id.clone(), content.to_owned(), Some(metadata));
        let (node, id, wants_human) = (Arc::clone(&self.node), message.id.clone(), cause.is_some());
        let work = async move { save(&node, message, &id).await };
        ctx.spawn(work.into_actor(self).map(move |posted, this, ctx| {
            if posted == Posted::Saved
                && let Some(mut draft) = this.desk.draft.take_if(|draft| draft.turn == turn)
            {
                // A fallback was counted as the failure that it stands for.
                draft.meter.settle(if wants_human { TurnOutcome::HandedOff } else { TurnOutcome::Answered });
            }
            if posted != Posted::Failed {
                this.node.assistants().turn_settled(&this.id);
            }
            let steps = this.desk.turns.posted(turn, posted);
            this.assist(steps, ctx);
        }));
    }

    /// A message whose turn was spent in an earlier life of the room has no draft; the fallback needs one.
    fn draft_of_a_spent_turn(&mut self, turn: u64) {
        if self.desk.draft.as_ref().is_some_and(|draft| draft.turn == turn) {
            return;
        }
        let provider = self.assistant().map(|it| it.provider().to_owned()).unwrap_or_default();
        let chatbot_id = self.chatbot().map(|bot| bot.id);
        let mut meter = Meter::new(Arc::clone(&self.node), provider, chatbot_id, FirstDelta::default());
        // The turn itself was counted when it took place.
        meter.forget();
        self.desk.draft = Some(Draft {
            turn,
            message_id: MessageId::from(self.node.new_id()),
            answers: self.desk.heard,
            shown: String::new(),
            index: 0,
            gathered: Arc::default(),
            running: None,
            meter,
            reply: None,
        });
    }

    /// Whether the fallback may promise a person: one is there, or the conversation waits for one.
    fn somebody_may_come(&self) -> bool {
        let queues = self.node.routing().no_agents_policy == FallbackPolicy::QueueAnyway;
        !self.desk.turns.is_refused() && (queues || self.node.assistants().humans_reachable())
    }

    /// A message of the assistant.
    fn line(&self, id: MessageId, content: String, metadata: Option<String>) -> NewMessage {
        let name = self.chatbot().map(|bot| bot.name).filter(|name| !name.is_empty());
        NewMessage {
            id,
            conversation_id: self.id.clone(),
            sender_id: None,
            sender_name: name.unwrap_or_else(|| "Assistant".to_owned()),
            sender_role: SenderRole::Ai,
            kind: MessageKind::Text,
            content,
            ai_generated: true,
            client_id: None,
            reply_to: None,
            metadata,
            created_at: self.node.now(),
        }
    }

    /// One way to a human, whoever wants one: said to the customer, asked of the supervisor, answered in every case.
    fn hand_off(&mut self, cause: Cause, ctx: &mut Context<Self>) {
        let mode = match cause {
            // The fallback text promises a person, so that there is nothing left to ask.
            Cause::Failed(_) => HandOffMode::AtOnce,
            _ => self.node.assistants().hand_off_mode(self.chatbot().as_ref()),
        };
        let settings = self.node.assistants().settings();
        let reason = cause.reason().to_owned();
        log::info!("conversation.id" = self.id.as_str(), "reason" = cause.word(); "the assistant hands over");
        // Its own words, or the fallback text, are on the disk already.
        let said = matches!(cause, Cause::Assistant { .. } | Cause::Promised | Cause::Failed(_));
        let text = match mode {
            HandOffMode::AtOnce => settings.hand_off_text.clone(),
            HandOffMode::Ask => settings.ask_text.clone(),
        };
        let invited = std::mem::take(&mut self.desk.invited);
        let announced = (!said || (mode == HandOffMode::Ask && !invited)).then(|| {
            let metadata = metadata("", self.desk.heard, None, Some(&cause));
            self.line(self.node.new_id().into(), text, Some(metadata))
        });
        let summary = match cause {
            Cause::Assistant { summary, .. } => summary,
            _ => None,
        };
        let (reply, answer) = oneshot::channel();
        let (node, id) = (Arc::clone(&self.node), self.id.clone());
        let first = async move {
            if let Some(message) = announced {
                let id = message.id.clone();
                save(&node, message, &id).await;
            }
        };
        let ask = first.into_actor(self).map(move |(), this, ctx| {
            if mode == HandOffMode::Ask {
                this.flag(Some(reason), ReplyTo::waiting(reply));
            } else {
                let escalate =
                    Escalate { conversation_id: id, reason: Some(reason), priority: None, skills: Vec::new() };
                this.escalate(escalate, summary, this.node.new_request_id(), ReplyTo::waiting(reply), ctx);
            }
        });
        ctx.spawn(ask);
        let heard = answer.into_actor(self).map(move |answer, this, ctx| {
            this.handed_off(answer.unwrap_or(Err(Failure::NoAnswer)), mode, ctx);
        });
        ctx.spawn(heard);
    }

    fn flag(&self, reason: Option<String>, reply: ReplyTo) {
        match self.facts() {
            Ok(facts) => {
                let request = Box::new(Request::FlagEscalation { facts, reason });
                let request_id = self.node.new_request_id();
                self.node.supervisor(SupervisorMessage::Ask { request, request_id, reply, audit: None });
            }
            Err(rejection) => reply.send(Err(rejection.into())),
        }
    }

    fn handed_off(&mut self, answer: Answer, mode: HandOffMode, ctx: &mut Context<Self>) {
        let status = match answer {
            Ok(Answered::Escalation(status)) => Some(status),
            Ok(_) => None,
            Err(failure) => {
                log::warn!(failure:display, "conversation.id" = self.id.as_str(); "the hand-over was not taken");
                self.hand_off_failures += 1;
                if self.hand_off_failures < HAND_OFF_TRIES {
                    let at = self.node.now() + HAND_OFF_PAUSE;
                    let sleep = self.node.clock().sleep_until(at);
                    ctx.spawn(sleep.into_actor(self).map(|(), this, ctx| this.hand_off_again(ctx)));
                    return;
                }
                None
            }
        };
        self.hand_off_failures = 0;
        if let Some(status) = &status {
            self.tell_handed_over(status);
        }
        let taken = matches!(
            status,
            Some(
                EscalationStatus::Assigned { .. }
                    | EscalationStatus::AlreadyAssigned { .. }
                    | EscalationStatus::Offered(_)
                    | EscalationStatus::Queued(_)
            )
        );
        let told = std::mem::take(&mut self.desk.told_nobody);
        if !taken && !told && mode == HandOffMode::AtOnce {
            let text = self.node.assistants().settings().nobody_text.clone();
            let metadata = metadata("", self.desk.heard, None, None);
            let message = self.line(self.node.new_id().into(), text, Some(metadata));
            let node = Arc::clone(&self.node);
            let work = async move {
                let id = message.id.clone();
                save(&node, message, &id).await
            };
            ctx.spawn(work.into_actor(self).map(|_, this, ctx| {
                let steps = this.desk.turns.answered(false);
                this.assist(steps, ctx);
            }));
            return;
        }
        let steps = self.desk.turns.answered(taken);
        self.assist(steps, ctx);
    }

    /// The wish stands; what was said is not said again.
    fn hand_off_again(&mut self, ctx: &mut Context<Self>) {
        let (reply, answer) = oneshot::channel();
        let escalate = Escalate {
            conversation_id: self.id.clone(),
            reason: Some(Cause::Asked.reason().to_owned()),
            priority: None,
            skills: Vec::new(),
        };
        self.escalate(escalate, None, self.node.new_request_id(), ReplyTo::waiting(reply), ctx);
        ctx.spawn(answer.into_actor(self).map(|answer, this, ctx| {
            this.handed_off(answer.unwrap_or(Err(Failure::NoAnswer)), HandOffMode::AtOnce, ctx);
        }));
    }
}

/// Saves a line of the assistant, once: a lost outcome is looked up.
async fn save(node: &Node, message: NewMessage, id: &MessageId) -> Posted {
    match node.writer().write(Write::Append(message)).await {
        Ok(Written::Appended { .. }) => Posted::Saved,
        Ok(_) => Posted::Dropped,
        Err(StoreError::Corrupt(_)) => Posted::Dropped,
        Err(_) => match node.store().message(id).await {
            Ok(Some(_)) => Posted::Saved,
            _ => Posted::Failed,
        },
    }
}

/// A stored message as the assistant sees it.
pub(super) fn line(message: &Message) -> assistant::Line {
    assistant::Line { role: message.sender_role, text: message.content.clone(), at: message.created_at }
}

/// What clients may read about a reply (seed 000 has the two escalation fields). `answersSeq` is the customer's newest
/// message that it answers.
fn metadata(provider: &str, answers: i64, reply: Option<&Reply>, cause: Option<&Cause>) -> String {
    object(KeyStyle::Camel, |o| {
        o.int("answersSeq", answers);
        o.flag("escalationRequested", cause.is_some());
        if let Some(cause) = cause {
            o.text("escalationReason", cause.reason());
        }
        if !provider.is_empty() {
            o.text("provider", provider);
        }
        if let Some(reply) = reply {
            o.flag("offersHuman", reply.offers_human);
            o.list("sources", &reply.sources, |o, source| {
                o.text("id", &source.id).text("title", &source.title);
            });
        }
    })
}

/// The word of a failure in logs and counters.
fn word(error: &AssistantError) -> &'static str {
    match error {
        AssistantError::Unreachable(_) => "unreachable",
        AssistantError::TimedOut(_) => "timed_out",
        AssistantError::Refused(_) => "refused",
        AssistantError::Unavailable { .. } => "unavailable",
        AssistantError::Unreadable(_) => "unreadable",
        AssistantError::Empty => "empty",
        AssistantError::Filtered => "filtered",
        AssistantError::Overloaded => "overloaded",
        AssistantError::OverLimit(limit) => limit,
    }
}
