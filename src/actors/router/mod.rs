//! Who is where: users and their sessions, live rooms, live agents.
//!
//! Owns: the maps user → sessions, conversation → room, agent → actor; opens rooms and agents on demand.
//! Receives: everything that is meant for a room, an agent or an audience, and who comes and goes.
//! Emits: the same to its receivers; customers' links to the supervisor.
//! Fails by: ending. Its next life asks the hubs who is here; rooms and agents of the last life end with it.

use std::collections::HashMap;
use std::sync::Arc;

use actix::{Actor, Addr, AsyncContext, Context, Handler};

use crate::domain::event::{Audience, Event};
use crate::domain::ids::{AgentId, ConversationId, SessionId, UserId};
use crate::domain::restart::Intensity;
use crate::domain::user::{Principal, Role};
use crate::protocol::encoded::Encoded;

use super::agent::AgentActor;
use super::lifecycle::{Ending, Watch};
use super::messages::{AgentMessage, HubMessage, RoomMessage, RouterMessage, SessionRef, SupervisorMessage};
use super::node::{Node, Published};
use super::room::{RoomActor, RoomEnvelope};
use super::session::hub::Hub;
use super::tell::{Overflow, Undelivered, tell};

/// Messages that may wait.
pub(super) const MAILBOX: usize = 262_144;

struct LiveRoom {
    addr: Addr<RoomActor>,
    life: u64,
    /// Messages handed on in this life; the room may end only when it has handled them all.
    handed_on: u64,
}

struct LiveAgent {
    addr: Addr<AgentActor>,
    life: u64,
}

struct Links {
    principal: Arc<Principal>,
    sessions: Vec<SessionRef>,
}

/// The router of a process.
pub struct RouterActor {
    node: Arc<Node>,
    hubs: Vec<Addr<Hub>>,
    users: HashMap<UserId, Links>,
    rooms: HashMap<ConversationId, LiveRoom>,
    agents: HashMap<AgentId, LiveAgent>,
    room_restarts: Intensity,
    _watch: Watch,
}

impl RouterActor {
    /// A new life; `hubs` are the worker threads' hubs known from the last one.
    pub fn new(node: Arc<Node>, hubs: Vec<Addr<Hub>>, watch: Watch) -> Self {
        Self {
            node,
            hubs,
            users: HashMap::new(),
            rooms: HashMap::new(),
            agents: HashMap::new(),
            room_restarts: Intensity::default(),
            _watch: watch,
        }
    }

    fn pass_to_room(&mut self, id: ConversationId, message: RoomMessage, only_if_live: bool) {
        if only_if_live && !self.rooms.contains_key(&id) {
            return;
        }
        let room = match self.rooms.get_mut(&id) {
            Some(room) => room,
            None => {
                let room = self.open_room(&id);
                self.rooms.entry(id.clone()).or_insert(room)
            }
        };
        room.handed_on += 1;
        match tell(&room.addr, RoomEnvelope(message), Overflow::Refuse) {
            Ok(()) | Err(Undelivered::Dropped) => {}
            Err(Undelivered::Full(RoomEnvelope(message))) => {
                room.handed_on -= 1;
                refuse(message);
            }
            Err(Undelivered::Gone(RoomEnvelope(message))) => {
                // It ended by a fault and its end is on the way here; its successor takes over now.
                self.rooms.remove(&id);
                let mut room = self.open_room(&id);
                room.handed_on += 1;
                if let Err(Undelivered::Full(RoomEnvelope(message)) | Undelivered::Gone(RoomEnvelope(message))) =
                    tell(&room.addr, RoomEnvelope(message), Overflow::Refuse)
                {
                    refuse(message);
                }
                self.rooms.insert(id, room);
            }
        }
    }

    fn open_room(&mut self, id: &ConversationId) -> LiveRoom {
        let life = self.node.next_life();
        let (node, conversation_id) = (Arc::clone(&self.node), id.clone());
        let watch = {
            let (node, conversation_id) = (Arc::clone(&node), id.clone());
            Watch::new(move |ending| {
                node.router(RouterMessage::RoomEnded { conversation_id, life, panicked: ending == Ending::Panicked });
            })
        };
        let addr = self
            .node
            .spawner()
            .start(super::room::MAILBOX, move |_| RoomActor::new(node, conversation_id, life, watch));
        LiveRoom { addr, life, handed_on: 0 }
    }

    fn pass_to_agent(&mut self, agent_id: AgentId, message: AgentMessage) {
        if !self.agents.contains_key(&agent_id) {
            let live = self.open_agent(&agent_id);
            self.agents.insert(agent_id.clone(), live);
        }
        let Some(live) = self.agents.get(&agent_id) else { return };
        if let Err(Undelivered::Gone(message)) = tell(&live.addr, message, Overflow::Force) {
            let live = self.open_agent(&agent_id);
            // A fresh actor takes its first message.
            let _ = tell(&live.addr, message, Overflow::Force);
            self.agents.insert(agent_id, live);
        }
    }

    fn open_agent(&mut self, agent_id: &AgentId) -> LiveAgent {
        let life = self.node.next_life();
        let (node, id) = (Arc::clone(&self.node), agent_id.clone());
        let watch = {
            let (node, agent_id) = (Arc::clone(&node), agent_id.clone());
            Watch::new(move |ending| {
                node.router(RouterMessage::AgentEnded { agent_id, life, panicked: ending == Ending::Panicked });
            })
        };
        let addr = self.node.spawner().start(super::agent::MAILBOX, move |_| AgentActor::new(node, id, watch));
        if let Some(links) = self.users.get(agent_id) {
            for session in &links.sessions {
                let message = AgentMessage::LinkUp(session.id.clone(), Arc::clone(&links.principal));
                // A fresh actor takes its first messages.
                let _ = tell(&addr, message, Overflow::Force);
            }
        }
        LiveAgent { addr, life }
    }

    fn session_up(&mut self, session: SessionRef, principal: Arc<Principal>) {
        let user_id = principal.user_id.clone();
        let links = self
            .users
            .entry(user_id.clone())
            .or_insert_with(|| Links { principal: Arc::clone(&principal), sessions: Vec::new() });
        links.principal = Arc::clone(&principal);
        if links.sessions.iter().any(|known| known.id == session.id) {
            return;
        }
        let id = session.id.clone();
        links.sessions.push(session);
        let first = links.sessions.len() == 1;
        match principal.role {
            Role::Customer if first => {
                self.node.supervisor(SupervisorMessage::CustomerLinked { user_id, linked: true })
            }
            Role::Agent if self.agents.contains_key(&user_id) => {
                self.pass_to_agent(user_id, AgentMessage::LinkUp(id, principal));
            }
            // Opening the actor hands it every link of the agent.
            Role::Agent => {
                let live = self.open_agent(&user_id);
                self.agents.insert(user_id, live);
            }
            Role::Customer | Role::Admin => {}
        }
    }

    fn session_down(&mut self, session_id: &SessionId, user_id: &UserId) {
        let Some(links) = self.users.get_mut(user_id) else { return };
        links.sessions.retain(|session| session.id != *session_id);
        let (role, last) = (links.principal.role, links.sessions.is_empty());
        if last {
            self.users.remove(user_id);
        }
        match role {
            Role::Customer if last => {
                let user_id = user_id.clone();
                self.node.supervisor(SupervisorMessage::CustomerLinked { user_id, linked: false });
            }
            Role::Agent => self.pass_to_agent(user_id.clone(), AgentMessage::LinkDown(session_id.clone())),
            Role::Customer | Role::Admin => {}
        }
    }

    fn publish(&mut self, to: Audience, event: Event) {
        self.node.sink(&Published { to: to.clone(), event: event.clone() });
        match to {
            Audience::Room(id) => self.pass_to_room(id, RoomMessage::Deliver { event, staff_only: false }, true),
            Audience::RoomStaff(id) => self.pass_to_room(id, RoomMessage::Deliver { event, staff_only: true }, true),
            Audience::User(user_id) => self.to_user(&user_id, Encoded::new(event)),
            Audience::Agents => self.to_roles(&[Role::Agent], event),
            Audience::Customers => self.to_roles(&[Role::Customer], event),
            Audience::Admins => self.to_roles(&[Role::Admin], event),
            Audience::Staff => self.to_roles(&[Role::Agent, Role::Admin], event),
            Audience::All => self.to_roles(&[], event),
            Audience::Topic(topic) => {
                let event = Encoded::new(event);
                self.to_hubs(|| HubMessage::Topic { topic, event: event.clone() });
            }
        }
    }

    fn to_user(&self, user_id: &UserId, event: Encoded) {
        let Some(links) = self.users.get(user_id) else { return };
        let mut told: Vec<&Addr<Hub>> = Vec::new();
        for session in &links.sessions {
            if told.contains(&&session.hub) {
                continue;
            }
            told.push(&session.hub);
            to_hub(&session.hub, HubMessage::User { user_id: user_id.clone(), event: event.clone() });
        }
    }

    fn to_roles(&self, roles: &'static [Role], event: Event) {
        let event = Encoded::new(event);
        self.to_hubs(|| HubMessage::Roles { roles, event: event.clone() });
    }

    fn to_hubs(&self, message: impl Fn() -> HubMessage) {
        for hub in &self.hubs {
            to_hub(hub, message());
        }
    }

    fn room_idle(&mut self, id: &ConversationId, handled: u64, life: u64) {
        let done = self.rooms.get(id).is_some_and(|room| room.life == life && room.handed_on == handled);
        if done && let Some(room) = self.rooms.remove(id) {
            // It is empty-handed: nothing can be on the way to it.
            let _ = tell(&room.addr, RoomEnvelope(RoomMessage::Stop), Overflow::Force);
        }
    }

    /// A room that ended by a fault comes back at once if somebody is in it: its sessions are enrolled again.
    fn room_ended(&mut self, id: &ConversationId, life: u64, panicked: bool, ctx: &mut Context<Self>) {
        if self.rooms.get(id).is_some_and(|room| room.life == life) {
            self.rooms.remove(id);
        }
        if !panicked {
            return;
        }
        let now = self.node.now();
        let at = self.room_restarts.admit(now);
        log::warn!("conversation.id" = id.as_str(), "restart.delay_ms" = at.since(now).get(); "room is restarted from the store");
        let conversation_id = id.clone();
        if at == now {
            self.reopen(conversation_id);
            return;
        }
        let sleep = self.node.clock().sleep_until(at);
        let node = Arc::clone(&self.node);
        ctx.spawn(actix::fut::wrap_future::<_, Self>(async move {
            sleep.await;
            node.router(RouterMessage::Reopen(conversation_id));
        }));
    }

    fn reopen(&mut self, conversation_id: ConversationId) {
        self.to_hubs(|| HubMessage::Reenter(conversation_id.clone()));
        self.pass_to_room(conversation_id, RoomMessage::Reopen, false);
    }

    fn enroll(&mut self, user_id: &UserId, conversation_id: ConversationId, from: Option<i64>) {
        let Some(links) = self.users.get(user_id) else { return };
        let principal = Arc::clone(&links.principal);
        for session in links.sessions.clone() {
            let message = RoomMessage::Enroll(session, Arc::clone(&principal), from);
            self.pass_to_room(conversation_id.clone(), message, false);
        }
    }

    fn hub_up(&mut self, hub: Addr<Hub>) {
        self.hubs.retain(|known| known.connected() && *known != hub);
        self.hubs.push(hub);
        self.node.remember_hubs(&self.hubs);
    }

    fn who_is_here(&self) {
        for (user_id, links) in &self.users {
            if links.principal.role == Role::Customer {
                self.node.supervisor(SupervisorMessage::CustomerLinked { user_id: user_id.clone(), linked: true });
            }
        }
        for live in self.agents.values() {
            // An actor that ended is restarted by its own way.
            let _ = tell(&live.addr, AgentMessage::Announce, Overflow::Force);
        }
    }
}

fn to_hub(hub: &Addr<Hub>, message: HubMessage) {
    // A thread that is gone has no sessions.
    let _ = tell(hub, message, Overflow::Force);
}

/// The room cannot keep up: whoever asked is told; news are found again by their numbers.
fn refuse(message: RoomMessage) {
    if let RoomMessage::Ask(ask) = message {
        ask.reply.send(Err(super::failure::Failure::Overloaded("room")));
    }
}

impl Drop for RouterActor {
    /// Rooms end with it: one that went on under its own timers would be a second room of its conversation.
    fn drop(&mut self) {
        for room in self.rooms.values() {
            // One that has ended needs no telling.
            let _ = tell(&room.addr, RoomEnvelope(RoomMessage::Stop), Overflow::Force);
        }
    }
}

impl Actor for RouterActor {
    type Context = Context<Self>;

    fn started(&mut self, _: &mut Self::Context) {
        self.to_hubs(|| HubMessage::Announce);
    }
}

impl Handler<RouterMessage> for RouterActor {
    type Result = ();

    fn handle(&mut self, message: RouterMessage, ctx: &mut Self::Context) {
        match message {
            RouterMessage::ToRoom { conversation_id, message, only_if_live } => {
                self.pass_to_room(conversation_id, message, only_if_live);
            }
            RouterMessage::ToAgent { agent_id, message } => self.pass_to_agent(agent_id, message),
            RouterMessage::Publish { to, event } => self.publish(to, event),
            RouterMessage::HubUp(hub) => self.hub_up(hub),
            RouterMessage::SessionUp { session, principal } => self.session_up(session, principal),
            RouterMessage::SessionDown { session_id, user_id } => self.session_down(&session_id, &user_id),
            RouterMessage::Enroll { user_id, conversation_id, from } => self.enroll(&user_id, conversation_id, from),
            RouterMessage::RoomIdle { conversation_id, handled, life } => {
                self.room_idle(&conversation_id, handled, life)
            }
            RouterMessage::RoomEnded { conversation_id, life, panicked } => {
                self.room_ended(&conversation_id, life, panicked, ctx);
            }
            RouterMessage::Reopen(conversation_id) => self.reopen(conversation_id),
            RouterMessage::AgentEnded { agent_id, life, panicked } => {
                if self.agents.get(&agent_id).is_some_and(|live| live.life == life) {
                    self.agents.remove(&agent_id);
                    if panicked && self.users.contains_key(&agent_id) {
                        log::warn!("agent.id" = agent_id.as_str(); "agent actor is restarted");
                        let live = self.open_agent(&agent_id);
                        self.agents.insert(agent_id, live);
                    }
                }
            }
            RouterMessage::WhoIsHere => self.who_is_here(),
            RouterMessage::LoginRevoked(login_id) => self.to_hubs(|| HubMessage::CloseLogin(login_id.clone())),
            RouterMessage::Drain { reconnect_after_ms } => {
                for id in self.rooms.keys().cloned().collect::<Vec<_>>() {
                    self.pass_to_room(id, RoomMessage::Drain, true);
                }
                self.to_hubs(|| HubMessage::Drain { reconnect_after_ms });
            }
            #[cfg(feature = "fault-injection")]
            #[expect(clippy::panic, reason = "a fault on purpose")]
            RouterMessage::Panic => panic!("injected fault in the router"),
        }
    }
}
