//! Whether people can be reached, told to those who watch it: when it changes, and at most once a second.

use std::collections::HashMap;

use actix::{ActorFutureExt, AsyncContext, Context, WrapFuture};

use crate::domain::agent::{Availability, Presence};
use crate::domain::chatbot::{Chatbot, Reachability};
use crate::domain::command::Topic;
use crate::domain::escalation::Supervisor;
use crate::domain::event::{Audience, Event, TopicBody};
use crate::domain::ids::ChatbotId;
use crate::domain::time::{Millis, Timestamp};

use super::super::messages::RouterMessage;
use super::SupervisorActor;

const TELL_EVERY: Millis = Millis::from_secs(1);
/// While nothing happens, estimates age and hours begin and end: looked at this often, as long as somebody watches.
const LOOK_EVERY: Millis = Millis::from_secs(15);

/// What was last told.
#[derive(Default)]
pub(super) struct Told {
    /// A look is due, at the next second or at the next heartbeat.
    soon: bool,
    later: bool,
    last: Option<Timestamp>,
    by_chatbot: HashMap<ChatbotId, (u64, Reachability)>,
}

impl SupervisorActor {
    /// Something was decided: a look follows, unless nobody would be told.
    pub(super) fn reachability_may_have_changed(&mut self, ctx: &mut Context<Self>) {
        if self.told.soon || !self.node.is_watched(Topic::Availability) {
            return;
        }
        self.told.soon = true;
        let now = self.node.now();
        let at = self.told.last.map_or(now, |last| (last + TELL_EVERY).max(now));
        let sleep = self.node.clock().sleep_until(at);
        ctx.spawn(sleep.into_actor(self).map(|(), this, ctx| {
            this.told.soon = false;
            this.tell_reachability(ctx);
        }));
    }

    fn tell_reachability(&mut self, ctx: &mut Context<Self>) {
        self.told.last = Some(self.node.now());
        for bot in self.node.chatbots() {
            self.reachability_of(&bot);
        }
        self.arm_look(ctx);
    }

    fn arm_look(&mut self, ctx: &mut Context<Self>) {
        if self.node.is_watched(Topic::Availability) {
            self.look_later(ctx);
        }
    }

    fn look_later(&mut self, ctx: &mut Context<Self>) {
        if std::mem::replace(&mut self.told.later, true) {
            return;
        }
        let sleep = self.node.clock().sleep_until(self.node.now() + LOOK_EVERY);
        ctx.spawn(sleep.into_actor(self).map(|(), this, ctx| {
            this.told.later = false;
            this.tell_reachability(ctx);
        }));
    }

    /// A snapshot with the number that deltas go on from; none for an unknown chatbot.
    pub(super) fn reachability(&mut self, id: &ChatbotId, ctx: &mut Context<Self>) -> Option<(u64, Reachability)> {
        let bot = self.node.chatbot(id)?;
        // Whoever begins to watch asks before they are counted among those who do.
        self.look_later(ctx);
        self.reachability_of(&bot)
    }

    /// How it is now. What is new gets the next number and is told to all who watch, so that nobody misses a number.
    fn reachability_of(&mut self, bot: &Chatbot) -> Option<(u64, Reachability)> {
        let found = reachability(self.brain.as_ref()?, bot, self.node.now());
        let number = match self.told.by_chatbot.get(&bot.id) {
            Some((number, told)) if *told == found => return Some((*number, found)),
            Some((number, _)) => number + 1,
            None => 1,
        };
        self.told.by_chatbot.insert(bot.id.clone(), (number, found.clone()));
        let body = TopicBody::Availability(Box::new(found.clone()));
        let event = Event::TopicDelta { topic: Topic::Availability, number, body };
        self.node.router(RouterMessage::Publish { to: Audience::Topic(Topic::Availability), event });
        Some((number, found))
    }
}

fn reachability(brain: &Supervisor, bot: &Chatbot, now: Timestamp) -> Reachability {
    let open = bot.hours.as_ref().is_none_or(|hours| hours.is_open(now));
    let online = || brain.state().agents.values().filter(|agent| agent.presence == Presence::Connected);
    let available = || online().filter(|agent| agent.availability == Availability::Available);
    let places = brain.places(now);
    Reachability {
        chatbot_id: bot.id.clone(),
        open,
        next_opening: bot.hours.as_ref().filter(|_| !open).and_then(|hours| hours.next_opening(now)),
        online_agents: online().count(),
        available_agents: available().count(),
        free_units: available().map(|agent| i64::from(agent.capacity.free())).sum(),
        waiting: places.len(),
        last: places.into_iter().next_back().map(|(_, place)| place),
    }
}
