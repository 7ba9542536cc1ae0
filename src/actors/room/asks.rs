//! Commands about one conversation: who may, what is checked, where it goes.

use std::sync::Arc;

use actix::{ActorFutureExt, AsyncContext, Context, WrapFuture};

use crate::assistant::hand_off::summary::summarise;
use crate::auth::policy::{self, Verdict};
use crate::domain::command::{Command, Escalate, ReadMark, SendMessage};
use crate::domain::escalation::{Actor as By, AgentProfile, ConversationFacts, Request};
use crate::domain::event::{Event, Reply, SentMessage};
use crate::domain::ids::{ConversationId, MessageId, RequestId, SessionId, UserId};
use crate::domain::message::{MessageKind, NewMessage, NewNote, SenderRole};
use crate::domain::page_view::{self, PageView};
use crate::domain::rejection::Rejection;
use crate::domain::session::{RateLimit, Taken};
use crate::domain::text;
use crate::domain::time::Millis;
use crate::domain::user::{Principal, Role};
use crate::store::{StoreError, Write, Written};

use super::super::failure::Failure;
use super::super::messages::{Answer, Ask, Caller, ReplyTo, SupervisorMessage};
use super::super::node::{Node, permitted, relation};
use super::super::tell::Overflow;
use super::RoomActor;
use super::assistant::line;
use super::backlog::JoinAnswer;

/// Close reasons people give are kept to this many characters.
const SUMMARISED: i64 = 200;
/// Pages that a customer's clients may tell of in one conversation.
const PAGES_A_MINUTE: u32 = 60;
const CLOSED_BY_DEFAULT: &str = "closed";

impl RoomActor {
    pub(super) fn answer(&mut self, ask: Ask, ctx: &mut Context<Self>) {
        let honest = || match &ask.command {
            Command::SendMessage(message) => self.node.nothing_forged(message.metadata.as_deref()),
            _ => Ok(()),
        };
        let allowed = self.allowed(&ask.caller.principal, &ask.command);
        if let Err(failure) = allowed.and_then(|()| honest().map_err(Failure::from)) {
            ask.reply.send(Err(failure));
            return;
        }
        let Ask { caller, command, request_id, reply } = ask;
        match command {
            Command::Join { last_seq, .. } => self.join(caller, last_seq, true, reply, ctx),
            Command::Resume { conversations } => {
                let last_seq = conversations.first().map(|(_, last_seq)| *last_seq);
                self.join(caller, last_seq, false, reply, ctx);
            }
            Command::Leave { .. } => {
                if let Some(session) = &caller.session {
                    self.session_gone(&session.id);
                }
                reply.send(Ok(Reply::Done));
            }
            Command::SendMessage(message) if message.internal => self.send_note(&caller, message, reply),
            Command::SendMessage(message) if self.is_among_people() => {
                self.say(&caller.principal, message, Vec::new(), reply);
            }
            Command::SendMessage(message) => self.send_message(&caller, message, reply),
            Command::Messaging(request) => self.deed(&caller, request.deed, reply, ctx),
            Command::Typing { on, .. } => {
                self.typing_mark(&caller, on);
                self.arm_typing(ctx);
                reply.send(Ok(Reply::Done));
            }
            Command::MarkRead { mark, .. } if self.is_among_people() => self.read_up_to(&caller, mark, reply, ctx),
            Command::MarkRead { mark, .. } => self.mark_read(&caller, mark, reply, ctx),
            Command::Escalate(escalate) => self.escalate(escalate, None, request_id, reply, ctx),
            Command::ViewPage { url, title, .. } => self.view_page(&url, title.as_deref(), reply, ctx),
            Command::Rate { score, comment, .. } => self.rate(&caller, score, comment, reply),
            other => {
                let audit = self.node.entry_of_command(&caller.principal, &other);
                match self.request(&caller.principal, other) {
                    Ok(request) => {
                        let request = Box::new(request);
                        self.node.supervisor(SupervisorMessage::Ask { request, request_id, reply, audit });
                    }
                    Err(rejection) => reply.send(Err(rejection.into())),
                }
            }
        }
    }

    fn allowed(&self, principal: &Principal, command: &Command) -> Result<(), Failure> {
        let record = self.record()?;
        let standing = record.standing(&principal.user_id, principal.role);
        let verdict = policy::allows_command(principal.role.into(), command, relation(standing));
        let messaging = record.conversation.kind.is_messaging();
        // Among people there is no queue and no agent, and every refusal is the same.
        let fits = command.is_about_people().is_none_or(|people| people == messaging);
        if fits && (!messaging || verdict == Verdict::Allow) {
            return permitted(verdict);
        }
        Err(Failure::Rejected(Rejection::NotFound))
    }

    /// The supervisor's form of a command that is its to decide.
    fn request(&self, principal: &Principal, command: Command) -> Result<Request, Rejection> {
        let by = By { user_id: Some(principal.user_id.clone()), role: principal.role };
        let conversation_id = self.id.clone();
        Ok(match command {
            Command::CancelEscalation { .. } => Request::CancelEscalation { conversation_id },
            Command::AssignToMe { .. } => Request::AssignToMe { facts: self.facts()?, agent: profile(principal) },
            Command::Assign { agent_id, .. } => Request::Assign { facts: self.facts()?, agent_id },
            Command::Transfer { target, note, .. } => {
                let note = text::reason("data.note", note.as_deref())?;
                Request::Transfer { conversation_id, by, target, note }
            }
            Command::SetPriority { priority, .. } => Request::SetPriority { conversation_id, priority },
            Command::Release { to, .. } => Request::Release { conversation_id, by, to },
            Command::CloseConversation { reason, .. } => {
                let reason = text::reason("data.reason", reason.as_deref())?;
                let reason = reason.unwrap_or_else(|| CLOSED_BY_DEFAULT.to_owned());
                Request::Close { facts: self.facts()?, by, reason }
            }
            // The other commands are answered above or never come to a room.
            _ => return Err(Rejection::NotFound),
        })
    }

    pub(super) fn facts(&self) -> Result<ConversationFacts, Rejection> {
        let record = self.record().map_err(|_| Rejection::NotFound)?;
        Ok(ConversationFacts {
            case: record.case(),
            escalation_requested: record.conversation.escalation_requested,
            customer_online: self.members.has_user(&record.conversation.customer_id),
            last_agent_id: None,
        })
    }

    fn join(&mut self, caller: Caller, last_seq: Option<i64>, ahead: bool, reply: ReplyTo, ctx: &mut Context<Self>) {
        let Ok(record) = self.record() else { return };
        let answer = Reply::Joined {
            conversation_id: self.id.clone(),
            last_seq: self.feed.head(),
            participants: record.participants.clone(),
            delivered: self.deliveries_of(record),
            status: record.conversation.status,
            epoch: self.node.epoch().to_owned(),
        };
        match (caller.session, last_seq) {
            (None, _) => reply.send(Ok(answer)),
            (Some(session), None) => {
                reply.send(Ok(answer));
                self.enter(&session, &caller.principal);
            }
            (Some(session), Some(last_seq)) => {
                // A number this history never reached comes from another one: everything is sent again.
                let from = if last_seq > self.feed.head() { 0 } else { last_seq.max(0) };
                self.members.unseat(&self.id, &session);
                self.backlog(session, caller.principal, from, Some(JoinAnswer { reply, answer, ahead }), ctx);
            }
        }
    }

    fn send_message(&mut self, caller: &Caller, message: SendMessage, reply: ReplyTo) {
        match self.checked_message(&caller.principal, message, false) {
            Ok(message) => submit(&self.node, Write::Append(message), reply),
            Err(rejection) => reply.send(Err(rejection.into())),
        }
    }

    pub(super) fn checked_message(
        &mut self,
        principal: &Principal,
        message: SendMessage,
        with_files: bool,
    ) -> Result<NewMessage, Rejection> {
        let record = self.record().map_err(|_| Rejection::NotFound)?;
        record.open()?;
        let words = if with_files { text::caption } else { text::content };
        let content = words("data.content", &message.content, self.node.limits().content_chars)?;
        text::client_id("data.clientId", &message.client_id)?;
        self.node.metadata_fits(message.metadata.as_deref())?;
        if principal.role == Role::Customer && message.kind != MessageKind::Text {
            return Err(Rejection::Invalid { field: "data.messageType".into(), message: "must be text".into() });
        }
        let sender_name = record.name_of(principal);
        self.within_rate(&principal.user_id)?;
        Ok(NewMessage {
            id: MessageId::from(self.node.new_id()),
            conversation_id: self.id.clone(),
            sender_id: Some(principal.user_id.clone()),
            sender_name,
            sender_role: if principal.role == Role::Customer { SenderRole::Customer } else { SenderRole::Agent },
            kind: message.kind,
            content,
            ai_generated: false,
            client_id: Some(message.client_id),
            reply_to: message.reply_to,
            metadata: message.metadata,
            created_at: self.node.now(),
        })
    }

    /// Per sender, whatever the number of links and over REST as well.
    pub(super) fn within_rate(&mut self, user_id: &UserId) -> Result<(), Rejection> {
        let limit = RateLimit { count: self.node.limits().messages_per_10s, window: Millis::from_secs(10) };
        let sender = self.senders.entry(user_id.clone()).or_default();
        match sender.take(self.node.now(), limit, u32::MAX) {
            Taken::Yes => Ok(()),
            Taken::No { retry_after } | Taken::Abuse { retry_after } => Err(Rejection::RateLimited { retry_after }),
        }
    }

    fn send_note(&mut self, caller: &Caller, message: SendMessage, reply: ReplyTo) {
        let principal = &caller.principal;
        let checked = text::content("data.content", &message.content, self.node.limits().content_chars)
            .and_then(|content| text::client_id("data.clientId", &message.client_id).map(|()| content))
            .and_then(|content| self.within_rate(&principal.user_id).map(|()| content));
        match checked {
            Ok(content) => {
                let note = NewNote {
                    id: MessageId::from(self.node.new_id()),
                    conversation_id: self.id.clone(),
                    author_id: Some(principal.user_id.clone()),
                    author_name: principal.name.clone(),
                    content,
                    client_id: Some(message.client_id),
                    created_at: self.node.now(),
                };
                submit(&self.node, Write::AppendNote(note), reply);
            }
            Err(rejection) => reply.send(Err(rejection.into())),
        }
    }

    fn typing_mark(&mut self, caller: &Caller, on: bool) {
        let (user_id, now) = (&caller.principal.user_id, self.node.now());
        self.names.insert(user_id.clone(), caller.principal.name.clone());
        let changed = if on { self.typing.start(user_id, now) } else { self.typing.stop(user_id) };
        if changed {
            self.tell_typing(user_id, on, caller.session.as_ref().map(|session| &session.id));
        }
    }

    pub(super) fn tell_typing(&mut self, user_id: &UserId, on: bool, except: Option<&SessionId>) {
        let event = Event::Typing {
            conversation_id: self.id.clone(),
            user_id: user_id.clone(),
            user_name: self.names.get(user_id).cloned().unwrap_or_default(),
            on,
        };
        self.fan_out(event, false, except, Overflow::Drop);
    }

    fn mark_read(&mut self, caller: &Caller, mark: ReadMark, reply: ReplyTo, ctx: &mut Context<Self>) {
        let (node, id) = (Arc::clone(&self.node), self.id.clone());
        let (principal, head) = (Arc::clone(&caller.principal), self.feed.head());
        let work = async move {
            let (seq, message_id) = match mark {
                ReadMark::Seq(seq) => (seq.clamp(0, head), None),
                ReadMark::Message(message_id) => match node.store().message(&message_id).await? {
                    Some(message) if message.conversation_id == id => (message.seq, Some(message_id)),
                    _ => return Err(Failure::Rejected(Rejection::NotFound)),
                },
            };
            let at = node.now();
            let (user_id, name) = (principal.user_id.clone(), principal.name.clone());
            let write = Write::MarkRead { conversation_id: id.clone(), user_id: user_id.clone(), name, seq, at };
            match node.writer().write(write).await? {
                Written::ReadMarked { seq, moved } => Ok((user_id, seq, moved.then_some(message_id), at)),
                Written::Refused(refusal) => Err(refusal.into()),
                _ => Err(Failure::NoAnswer),
            }
        };
        ctx.spawn(work.into_actor(self).map(|done, this, _| {
            let answer = done.map(|(user_id, seq, moved, read_at)| {
                this.was_read(&user_id, seq);
                if let Some(message_id) = moved {
                    let conversation_id = this.id.clone();
                    let event = Event::MessageRead { conversation_id, user_id, seq, message_id, read_at };
                    this.fan_out(event, false, None, Overflow::Drop);
                }
                Reply::Done
            });
            reply.send(answer);
        }));
    }

    /// Kept first, then told to the staff who watch. At most one a second on average, whoever the links are.
    fn view_page(&mut self, url: &str, title: Option<&str>, reply: ReplyTo, ctx: &mut Context<Self>) {
        let limit = RateLimit { count: PAGES_A_MINUTE, window: Millis::from_secs(60) };
        let checked = page_view::checked_url("data.url", url).and_then(|url| {
            match self.pages.take(self.node.now(), limit, u32::MAX) {
                Taken::Yes => Ok(url),
                Taken::No { retry_after } | Taken::Abuse { retry_after } => Err(Rejection::RateLimited { retry_after }),
            }
        });
        let url = match checked {
            Ok(url) => url,
            Err(rejection) => return reply.send(Err(rejection.into())),
        };
        let view = PageView {
            id: self.node.new_id(),
            conversation_id: self.id.clone(),
            url,
            title: page_view::cut_title(title),
            at: self.node.now(),
        };
        let node = Arc::clone(&self.node);
        let work = async move { (node.writer().write(Write::ViewPage(view.clone())).await, view) };
        ctx.spawn(work.into_actor(self).map(|(done, view), this, _| {
            let answer = written_answer(done);
            if answer.is_ok() {
                this.fan_out(Event::PageViewed(view), true, None, Overflow::Drop);
            }
            reply.send(answer);
        }));
    }

    fn rate(&mut self, caller: &Caller, score: u8, comment: Option<String>, reply: ReplyTo) {
        if !(1..=5).contains(&score) {
            let wrong = Rejection::Invalid { field: "data.score".into(), message: "must be 1 to 5".into() };
            reply.send(Err(wrong.into()));
            return;
        }
        match text::reason("data.comment", comment.as_deref()) {
            Ok(comment) => {
                let write = Write::Rate {
                    conversation_id: self.id.clone(),
                    user_id: caller.principal.user_id.clone(),
                    score: i32::from(score),
                    comment,
                    at: self.node.now(),
                };
                submit(&self.node, write, reply);
            }
            Err(rejection) => reply.send(Err(rejection.into())),
        }
    }

    /// The customer's last agent is looked up before, so that the supervisor decides without waiting (R8).
    ///
    /// Out of the assistant's hands, the agent gets a note of what was said; `summary` is the assistant's own.
    pub(super) fn escalate(
        &mut self,
        escalate: Escalate,
        summary: Option<String>,
        request_id: RequestId,
        reply: ReplyTo,
        ctx: &mut Context<Self>,
    ) {
        let reason = match text::reason("data.reason", escalate.reason.as_deref()) {
            Ok(reason) => reason,
            Err(rejection) => return reply.send(Err(rejection.into())),
        };
        let Ok(record) = self.record() else { return };
        let (node, customer_id) = (Arc::clone(&self.node), record.conversation.customer_id.clone());
        let (id, version) = (self.id.clone(), record.conversation.version);
        let handed_over = record.with_assistant() && self.summarised != Some(version) && node.assistants().is_on();
        if handed_over {
            self.summarised = Some(version);
        }
        let why = reason.clone();
        let last_agent = async move {
            if handed_over {
                note_of(&node, id, why.as_deref().unwrap_or_default(), summary).await?;
            }
            node.store().last_agent_of(&customer_id).await
        };
        ctx.spawn(last_agent.into_actor(self).map(move |last_agent: Result<_, StoreError>, this, _| {
            let facts = match (last_agent, this.facts()) {
                (Ok(last_agent_id), Ok(facts)) => ConversationFacts { last_agent_id, ..facts },
                (Err(error), _) => return reply.send(Err(error.into())),
                (_, Err(rejection)) => return reply.send(Err(rejection.into())),
            };
            let Escalate { priority, skills, .. } = escalate;
            let request = Request::Escalate { facts, reason, priority, skills };
            let request = Box::new(request);
            this.node.supervisor(SupervisorMessage::Ask { request, request_id, reply, audit: None });
        }));
    }
}

/// What was said so far, for the agent: in the notes before anybody is called.
async fn note_of(
    node: &Node,
    conversation_id: ConversationId,
    reason: &str,
    own: Option<String>,
) -> Result<(), StoreError> {
    let messages = node.store().messages_before(&conversation_id, i64::MAX, SUMMARISED).await?;
    let lines: Vec<_> = messages.iter().filter(|message| message.deleted_at.is_none()).map(line).collect();
    let mut content = summarise(&lines, reason);
    if let Some(own) = own.filter(|own| !own.is_empty()) {
        content.push_str("\nThe assistant's summary: ");
        content.push_str(&own);
    }
    let note = NewNote {
        id: MessageId::from(node.new_id()),
        conversation_id,
        author_id: None,
        author_name: "Assistant".to_owned(),
        content,
        client_id: None,
        created_at: node.now(),
    };
    node.writer().write(Write::AppendNote(note)).await.map(|_| ())
}

fn profile(principal: &Principal) -> AgentProfile {
    AgentProfile { id: principal.user_id.clone(), name: principal.name.clone(), limit: None, skills: None, teams: None }
}

/// Hands a write over; the answer goes out once it is durable. A lost outcome makes the room read itself again.
pub(super) fn submit(node: &Arc<Node>, write: Write, reply: ReplyTo) {
    let conversation_id = match &write {
        Write::Append(message) => message.conversation_id.clone(),
        Write::Post(post) => post.message.conversation_id.clone(),
        Write::Alter(alteration) => alteration.conversation_id.clone(),
        Write::AppendNote(note) => note.conversation_id.clone(),
        Write::Rate { conversation_id, .. } | Write::MarkRead { conversation_id, .. } => conversation_id.clone(),
        Write::ViewPage(view) => view.conversation_id.clone(),
        Write::Create(_) | Write::Apply(_) | Write::MarkIdleWarned { .. } => return reply.send(Err(Failure::NoAnswer)),
    };
    // The writer may refuse; then the answer is given here, so it is shared between the two ways.
    let reply = Arc::new(std::sync::Mutex::new(Some(reply)));
    let (later, again) = (Arc::clone(&reply), Arc::clone(node));
    let taken = node.writer().submit(
        write,
        Box::new(move |result| {
            if matches!(result, Err(StoreError::OutcomeUnknown(_))) {
                again.distrust([conversation_id]);
            }
            answer_once(&later, written_answer(result));
        }),
    );
    if taken.is_err() {
        answer_once(&reply, Err(Failure::Overloaded("writer")));
    }
}

fn answer_once(reply: &std::sync::Mutex<Option<ReplyTo>>, answer: Answer) {
    let reply = reply.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take();
    if let Some(reply) = reply {
        reply.send(answer);
    }
}

fn written_answer(result: Result<Written, StoreError>) -> Answer {
    match result? {
        Written::Appended { message, duplicate } => Ok(Reply::Sent(SentMessage {
            message_id: message.id,
            seq: message.seq,
            created_at: message.created_at,
            duplicate,
        })),
        Written::NoteAppended { note, duplicate } => {
            Ok(Reply::NoteSent { message_id: note.id, note_seq: note.note_seq, created_at: note.created_at, duplicate })
        }
        Written::Refused(refusal) => Err(refusal.into()),
        _ => Ok(Reply::Done),
    }
}
