//! One agent who is connected, or was a moment ago.
//!
//! Owns: the agent's links over all devices; when the supervisor last heard of it.
//! Receives: links from the router, signs of life from sessions, the agent's own choice of availability.
//! Emits: what changed to the supervisor, which alone holds capacity.
//! Fails by: ending. The router opens it again with the links that it knows.

use std::collections::HashSet;
use std::sync::Arc;

use actix::{Actor, Context, Handler};

use crate::domain::command::Command;
use crate::domain::escalation::{AgentProfile, Request};
use crate::domain::ids::{AgentId, RequestId, SessionId};
use crate::domain::rejection::Rejection;
use crate::domain::text;
use crate::domain::time::{Millis, Timestamp};
use crate::domain::user::Principal;

use super::lifecycle::Watch;
use super::messages::{AgentMessage, Ask, ReplyTo, SupervisorMessage};
use super::node::Node;

/// Messages that may wait.
pub(super) const MAILBOX: usize = 4096;
/// The supervisor hears of signs of life at most this often.
const HEARD_EVERY: Millis = Millis::from_secs(15);

/// The shell of one agent.
pub struct AgentActor {
    node: Arc<Node>,
    id: AgentId,
    links: HashSet<SessionId>,
    principal: Option<Arc<Principal>>,
    last_told: Option<Timestamp>,
    _watch: Watch,
}

impl AgentActor {
    /// A new life.
    pub fn new(node: Arc<Node>, id: AgentId, watch: Watch) -> Self {
        Self { node, id, links: HashSet::new(), principal: None, last_told: None, _watch: watch }
    }

    fn tell(&self, request: Request, reply: ReplyTo, request_id: RequestId) {
        self.node.supervisor(SupervisorMessage::Ask { request: Box::new(request), request_id, reply, audit: None });
    }

    /// Says who is here. The supervisor takes a repeat for a sign of life.
    fn announce(&mut self) {
        let Some(principal) = &self.principal else { return };
        let profile =
            AgentProfile { id: self.id.clone(), name: principal.name.clone(), limit: None, skills: None, teams: None };
        self.last_told = Some(self.node.now());
        self.tell(Request::AgentConnected(profile), ReplyTo::nobody(), self.node.new_request_id());
    }

    fn link_down(&mut self, session_id: &SessionId) {
        if self.links.remove(session_id) && self.links.is_empty() {
            let request = Request::AgentDisconnected { agent_id: self.id.clone() };
            self.tell(request, ReplyTo::nobody(), self.node.new_request_id());
        }
    }

    fn heard(&mut self) {
        let now = self.node.now();
        if self.last_told.is_some_and(|last| now < last + HEARD_EVERY) {
            return;
        }
        self.last_told = Some(now);
        let request = Request::AgentSeen { agent_id: self.id.clone() };
        self.tell(request, ReplyTo::nobody(), RequestId::from("heartbeat"));
    }

    fn ask(&self, ask: Ask) {
        let Ask { command, request_id, reply, .. } = ask;
        let request = match command {
            Command::SetAgentStatus { status, reason } => text::reason("data.reason", reason.as_deref())
                .map(|reason| Request::SetAvailability { agent_id: self.id.clone(), availability: status, reason }),
            Command::AcceptOffer { offer_id } => Ok(Request::Accept { offer_id, agent_id: self.id.clone() }),
            Command::DeclineOffer { offer_id, reason } => text::reason("data.reason", reason.as_deref())
                .map(|reason| Request::Decline { offer_id, agent_id: self.id.clone(), reason }),
            _ => Err(Rejection::NotFound),
        };
        match request {
            Ok(request) => self.tell(request, reply, request_id),
            Err(rejection) => reply.send(Err(rejection.into())),
        }
    }
}

impl Actor for AgentActor {
    type Context = Context<Self>;
}

impl Handler<AgentMessage> for AgentActor {
    type Result = ();

    fn handle(&mut self, message: AgentMessage, _ctx: &mut Self::Context) {
        match message {
            AgentMessage::LinkUp(session_id, principal) => {
                self.links.insert(session_id);
                self.principal = Some(principal);
                self.announce();
            }
            AgentMessage::LinkDown(session_id) => self.link_down(&session_id),
            AgentMessage::Heard => self.heard(),
            AgentMessage::Ask(ask) => self.ask(*ask),
            AgentMessage::Announce if self.links.is_empty() => {}
            AgentMessage::Announce => self.announce(),
            #[cfg(feature = "fault-injection")]
            #[expect(clippy::panic, reason = "a fault on purpose")]
            AgentMessage::Panic => panic!("injected fault in an agent"),
        }
    }
}
