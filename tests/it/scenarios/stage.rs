//! Where a scenario is played: the supervisor of production, the database's rules, and a clock.

use std::collections::BTreeMap;

use chrono::TimeZone;
use switchboard::domain::agent::Availability;
use switchboard::domain::chatbot::{Chatbot, RoutingSettings};
use switchboard::domain::command::{ReleaseTo, TransferTarget};
use switchboard::domain::conversation::ConversationStatus;
use switchboard::domain::escalation::{
    Actor, AgentProfile, Case, ConversationFacts, Effect, Effects, Ledger, Op, Request, Setup, State, Supervisor,
    invariant,
};
use switchboard::domain::event::Reply;
use switchboard::domain::hours::{BusinessHours, DatedException};
use switchboard::domain::ids::{AgentId, ConversationId, OfferId};
use switchboard::domain::rejection::Rejection;
use switchboard::domain::time::{Millis, Timestamp};
use switchboard::domain::user::Role;

use super::grammar::{interval, list, mode, number, policy, span, split};
use super::words;

type Done = Result<(), String>;

pub struct Stage {
    pub said: Vec<String>,
    settings: RoutingSettings,
    bots: BTreeMap<String, Chatbot>,
    agents: BTreeMap<String, AgentProfile>,
    /// Agents with a link.
    linked: Vec<String>,
    /// Customers with a link.
    customers: BTreeMap<String, bool>,
    offers: Vec<(OfferId, ConversationId, AgentId)>,
    brain: Option<Supervisor>,
    ledger: Ledger,
    now: Timestamp,
    epoch: u64,
}

impl Default for Stage {
    fn default() -> Self {
        Self {
            said: Vec::new(),
            settings: RoutingSettings::default(),
            bots: BTreeMap::new(),
            agents: BTreeMap::new(),
            linked: Vec::new(),
            customers: BTreeMap::new(),
            offers: Vec::new(),
            brain: None,
            ledger: Ledger::default(),
            // Friday, 20 November 2026, noon UTC.
            now: Timestamp::from_millis(1_795_176_000_000),
            epoch: 0,
        }
    }
}

fn id(name: &str) -> String {
    name.to_lowercase()
}

impl Stage {
    /// Plays one line.
    pub fn run(&mut self, line: &str) -> Done {
        let words = split(line);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        match words.as_slice() {
            ["mode", text] => self.settings.mode = mode(text)?,
            ["setting", key @ .., value] => self.set(&key.join(" "), value)?,
            ["agent", name, about @ ..] => self.introduce(name, about)?,
            ["chatbot", name, about @ ..] => self.put_bot(name, about)?,
            ["hours", name, days, times @ .., zone] => self.open(name, days, times, zone)?,
            ["holiday", name, date, title] => self.holiday(name, date, title)?,
            ["it", "is", date, time, zone] => self.set_clock(date, time, zone)?,
            ["customer", name, "asks", "for", "a", "human", about @ ..] => self.escalate(name, about)?,
            [time, "pass" | "passes"] => self.pass(span(time)?),
            ["the", "server", "restarts"] => self.restart(),
            ["the", "server", "restarts", "after", time] => {
                self.now = self.now + span(time)?;
                self.restart();
            }
            ["show", "queue"] => self.show_queue(),
            ["expect", about @ ..] => self.expect(about)?,
            ["admin", "gives", customer, "to", agent] => {
                let request = Request::Assign { facts: self.facts(customer)?, agent_id: id(agent).into() };
                self.ask(request);
            }
            [name, about @ ..] => self.somebody(name, about)?,
            [] => {}
        }
        Ok(())
    }

    fn set(&mut self, key: &str, value: &str) -> Done {
        let settings = &mut self.settings;
        match key {
            "offer timeout" => settings.offer_timeout = span(value)?,
            "broadcast" => settings.broadcast_offers = number(value)?,
            "missed offers" => settings.missed_offers_limit = number(value)?,
            "ageing step" => settings.ageing_step = span(value)?,
            "top priority" => settings.top_priority = number(value)?,
            "sticky wait" => settings.sticky_wait = span(value)?,
            "relax after" => settings.relax_after = span(value)?,
            "agent grace" => settings.agent_grace = span(value)?,
            "customer grace" => settings.customer_grace = span(value)?,
            "wrap-up" => settings.wrap_up = span(value)?,
            "max queue" => settings.max_queue = Some(number(value)?),
            "max wait" => settings.max_wait = Some(span(value)?),
            "when closed" => settings.closed_policy = policy(value)?,
            "when the queue is full" => settings.queue_full_policy = policy(value)?,
            "when the wait is over" => settings.max_wait_policy = policy(value)?,
            "when nobody is here" => settings.no_agents_policy = policy(value)?,
            "at closing time" => settings.closing_policy = policy(value)?,
            _ => return Err(format!("no setting is called {key}")),
        }
        Ok(())
    }

    fn introduce(&mut self, name: &str, about: &[&str]) -> Done {
        let mut profile =
            AgentProfile { id: id(name).into(), name: name.to_owned(), limit: None, skills: None, teams: None };
        for pair in about.chunks(2) {
            match pair {
                ["capacity", limit] => profile.limit = Some(number(limit)?),
                ["skills", skills] => profile.skills = Some(list(skills)),
                ["team", teams] => profile.teams = Some(list(teams)),
                _ => return Err(format!("what is {pair:?}?")),
            }
        }
        self.agents.insert(id(name), profile);
        Ok(())
    }

    fn put_bot(&mut self, name: &str, about: &[&str]) -> Done {
        let bot = self.bot(name);
        for pair in about.chunks(2) {
            match pair {
                ["mode", text] => bot.routing_mode = Some(mode(text)?),
                ["closed", text] => bot.closed_policy = Some(policy(text)?),
                _ => return Err(format!("what is {pair:?}?")),
            }
        }
        self.tell_bot(name);
        Ok(())
    }

    fn bot(&mut self, name: &str) -> &mut Chatbot {
        let now = self.now;
        self.bots.entry(id(name)).or_insert_with(|| Chatbot {
            id: id(name).into(),
            name: name.to_owned(),
            greeting: String::new(),
            routing_mode: None,
            closed_policy: None,
            assistant: Default::default(),
            theme: None,
            widget: Default::default(),
            hours: None,
            allowed_origins: Vec::new(),
            created_at: now,
            updated_at: now,
        })
    }

    /// A running server is told; one that has not begun reads it at its start.
    fn tell_bot(&mut self, name: &str) {
        let bot = self.bot(name).clone();
        if self.brain.is_some() {
            self.ask(Request::PutChatbot(bot));
        }
    }

    fn open(&mut self, name: &str, days: &str, times: &[&str], zone: &str) -> Done {
        const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
        let day = |text: &str| DAYS.iter().position(|it| *it == text).ok_or_else(|| format!("{text} is no day"));
        let (first, last) = days.split_once('-').unwrap_or((days, days));
        let (first, last) = (day(first)?, day(last)?);
        let intervals = times.iter().map(|text| interval(text)).collect::<Result<Vec<_>, _>>()?;
        let zone = zone.to_owned();
        let hours = self.bot(name).hours.get_or_insert_with(|| BusinessHours {
            time_zone: zone,
            weekly: std::array::from_fn(|_| Vec::new()),
            exceptions: Vec::new(),
        });
        for day in first..=last {
            hours.weekly[day] = intervals.clone();
        }
        hours.validate().map_err(|why| why.to_string())?;
        self.tell_bot(name);
        Ok(())
    }

    fn holiday(&mut self, name: &str, date: &str, title: &str) -> Done {
        let hours = self.bot(name).hours.as_mut().ok_or("a holiday needs hours")?;
        hours.exceptions.push(DatedException { date: date.to_owned(), name: title.to_owned(), intervals: Vec::new() });
        self.tell_bot(name);
        Ok(())
    }

    /// Time goes on to this moment.
    fn set_clock(&mut self, date: &str, time: &str, zone: &str) -> Done {
        let zone: chrono_tz::Tz = zone.parse().map_err(|_| format!("{zone} is no time zone"))?;
        let wall = chrono::NaiveDateTime::parse_from_str(&format!("{date} {time}"), "%Y-%m-%d %H:%M");
        let wall = wall.map_err(|why| why.to_string())?;
        let at = zone.from_local_datetime(&wall).earliest().ok_or("that time does not exist there")?;
        let at = Timestamp::from_millis(at.timestamp_millis());
        if self.brain.is_some() && at < self.now {
            return Err(format!("it is {} already", words::moment(self.now)));
        }
        if self.brain.is_some() {
            self.pass(at.since(self.now))
        } else {
            self.now = at
        }
        Ok(())
    }

    fn escalate(&mut self, name: &str, about: &[&str]) -> Done {
        let (mut reason, mut priority, mut skills, mut bot, mut online) = (None, None, Vec::new(), None, true);
        let mut rest = about;
        loop {
            rest = match rest {
                ["because", text, rest @ ..] => {
                    reason = Some((*text).to_owned());
                    rest
                }
                ["priority", text, rest @ ..] => {
                    priority = Some(number(text)?);
                    rest
                }
                ["needs", text, rest @ ..] => {
                    skills = list(text);
                    rest
                }
                ["at", text, rest @ ..] => {
                    bot = Some(id(text).into());
                    rest
                }
                ["without", "a", "connection", rest @ ..] => {
                    online = false;
                    rest
                }
                [] => break,
                other => return Err(format!("what is {other:?}?")),
            };
        }
        self.start();
        self.customers.insert(id(name), online);
        let ongoing = self.ledger.facts(&id(name).into(), online);
        if ongoing.is_none_or(|facts| facts.case.status == ConversationStatus::Closed) {
            self.ledger.open(case(name, bot));
        }
        let facts = self.facts(name)?;
        self.ask(Request::Escalate { facts, reason, priority, skills });
        Ok(())
    }

    fn facts(&self, customer: &str) -> Result<ConversationFacts, String> {
        let online = self.customers.get(&id(customer)).copied().unwrap_or(true);
        self.ledger.facts(&id(customer).into(), online).ok_or_else(|| format!("who is {customer}?"))
    }

    fn offer(&self, customer: &str, agent: &str) -> Result<OfferId, String> {
        let (about, to) = (ConversationId::from(id(customer)), AgentId::from(id(agent)));
        let made = self.offers.iter().rev().find(|(_, of, asked)| *of == about && *asked == to);
        made.map(|(offer_id, ..)| offer_id.clone()).ok_or_else(|| format!("{agent} was never asked about {customer}"))
    }

    fn somebody(&mut self, name: &str, about: &[&str]) -> Done {
        if self.agents.contains_key(&id(name)) {
            self.agent_does(name, about)
        } else if self.customers.contains_key(&id(name)) {
            self.customer_does(name, about)
        } else {
            Err(format!("who is {name}?"))
        }
    }

    fn agent_does(&mut self, name: &str, about: &[&str]) -> Done {
        let agent_id = AgentId::from(id(name));
        let by = Actor { user_id: Some(agent_id.clone()), role: Role::Agent };
        let profile = self.agents[&id(name)].clone();
        let request = match about {
            ["comes", "online"] => {
                self.linked.retain(|it| *it != id(name));
                self.linked.push(id(name));
                Request::AgentConnected(profile)
            }
            ["loses", "the", "connection"] => {
                self.linked.retain(|it| *it != id(name));
                Request::AgentDisconnected { agent_id }
            }
            ["gives", "a", "sign", "of", "life"] => Request::AgentSeen { agent_id },
            ["is", status, why @ ..] => {
                let availability = Availability::parse(status).ok_or_else(|| format!("{status} is no status"))?;
                let reason = why.last().map(|why| (*why).to_owned());
                Request::SetAvailability { agent_id, availability, reason }
            }
            ["has", "capacity", limit] => {
                let profile = AgentProfile { limit: Some(number(limit)?), ..profile };
                self.agents.insert(id(name), profile.clone());
                Request::ChangeAgent(profile)
            }
            ["accepts", customer] => Request::Accept { offer_id: self.offer(customer, name)?, agent_id },
            ["declines", customer, why @ ..] => {
                let reason = why.last().map(|why| (*why).to_owned());
                Request::Decline { offer_id: self.offer(customer, name)?, agent_id, reason }
            }
            ["takes", customer] => {
                let agent = AgentProfile { limit: None, skills: None, teams: None, ..profile };
                Request::AssignToMe { facts: self.facts(customer)?, agent }
            }
            ["closes", customer] => Request::Close { facts: self.facts(customer)?, by, reason: "resolved".into() },
            ["releases", customer, "to", "the", to] => {
                let to = if *to == "queue" { ReleaseTo::Queue } else { ReleaseTo::Ai };
                Request::Release { conversation_id: id(customer).into(), by, to }
            }
            ["transfers", customer, "to", to @ ..] => {
                let (target, note) = match to {
                    ["team", team, note @ ..] => (TransferTarget::Team((*team).to_owned()), note),
                    [agent, note @ ..] => (TransferTarget::Agent(id(agent).into()), note),
                    [] => return Err("to whom?".into()),
                };
                let note = note.last().map(|note| (*note).to_owned());
                Request::Transfer { conversation_id: id(customer).into(), by, target, note }
            }
            other => return Err(format!("an agent cannot {other:?}")),
        };
        self.ask(request);
        Ok(())
    }

    fn customer_does(&mut self, name: &str, about: &[&str]) -> Done {
        let conversation_id = ConversationId::from(id(name));
        let request = match about {
            ["loses", "the", "connection"] => {
                self.customers.insert(id(name), false);
                Request::CustomerLost { conversation_id }
            }
            ["is", "back"] => {
                self.customers.insert(id(name), true);
                Request::CustomerBack { conversation_id }
            }
            ["polls"] => Request::CustomerSeen { conversation_id },
            ["cancels"] => Request::CancelEscalation { conversation_id },
            ["asks", "again"] => {
                Request::Escalate { facts: self.facts(name)?, reason: None, priority: None, skills: Vec::new() }
            }
            ["closes"] => {
                let facts = self.facts(name)?;
                let by = Actor { user_id: Some(facts.case.customer_id.clone()), role: Role::Customer };
                Request::Close { facts, by, reason: "closed by the customer".into() }
            }
            other => return Err(format!("a customer cannot {other:?}")),
        };
        self.ask(request);
        Ok(())
    }

    // --- the machinery ---

    fn setup(&mut self) -> Setup {
        self.epoch += 1;
        Setup::new(self.settings.clone(), self.bots.values().cloned().collect(), self.epoch)
    }

    fn start(&mut self) {
        if self.brain.is_none() {
            let setup = self.setup();
            self.brain = Some(Supervisor::restore(setup, State::default(), self.now, &mut Effects::new()));
        }
    }

    fn ask(&mut self, request: Request) {
        self.start();
        let Some(brain) = self.brain.as_mut() else { return };
        let before = brain.state().clone();
        let mut effects = Effects::new();
        let reply = brain.handle(self.now, request, &mut effects);
        self.settle(&before, &effects, &reply);
    }

    /// Stores what was decided, checks every invariant, and puts it in words.
    fn settle(&mut self, before: &State, effects: &Effects, reply: &Result<Reply, Rejection>) {
        let ops = effects.iter().filter_map(|effect| if let Effect::Op(op) = effect { Some(op) } else { None });
        self.ledger.commit(ops.clone()).unwrap();
        for op in ops {
            if let Op::PutOffer(offer) = op {
                self.offers.push((offer.id.clone(), offer.conversation_id.clone(), offer.agent_id.clone()));
            }
        }
        let brain = self.brain.as_ref().unwrap();
        assert_eq!(&self.ledger.load(), brain.state());
        invariant::check(before, brain.state(), effects, &self.settings).unwrap();
        self.said.extend(words::answer(reply));
        for words in effects.iter().filter_map(words::effect) {
            // The same status twice in a row says nothing new.
            if self.said.last() != Some(&words) {
                self.said.push(words);
            }
        }
    }

    /// Deadline by deadline, as the timer would.
    fn pass(&mut self, span: Millis) {
        self.start();
        let until = self.now + span;
        // Links that are up give a sign of life each minute.
        while self.now < until {
            let deadline = self.brain.as_ref().and_then(Supervisor::next_deadline).unwrap_or(until);
            self.now = deadline.min(self.now + Millis::from_mins(1)).min(until).max(self.now);
            let (began, said) = (self.said.len(), words::moment(self.now));
            self.ask(Request::Tick);
            self.alive();
            if self.said.len() > began {
                self.said.insert(began, format!("at {said}:"));
            }
        }
    }

    /// Links that are up give signs of life by themselves.
    fn alive(&mut self) {
        for agent in self.linked.clone() {
            self.ask(Request::AgentSeen { agent_id: agent.into() });
        }
    }

    /// The process dies, and begins again from the database. Every link is lost.
    fn restart(&mut self) {
        let (setup, before) = (self.setup(), self.ledger.load());
        let mut effects = Effects::new();
        self.brain = Some(Supervisor::restore(setup, before.clone(), self.now, &mut effects));
        self.linked.clear();
        self.settle(&before, &effects, &Ok(Reply::Done));
        self.ask(Request::Tick);
    }

    /// A restart so quick that everybody is back at once.
    pub fn restart_at_once(&mut self) {
        if self.brain.is_none() {
            return;
        }
        let linked = self.linked.clone();
        self.restart();
        for customer in
            self.customers.iter().filter(|(_, linked)| **linked).map(|(name, _)| name.clone()).collect::<Vec<_>>()
        {
            self.ask(Request::CustomerBack { conversation_id: customer.into() });
        }
        for agent in linked {
            let profile = self.agents[&agent].clone();
            self.linked.push(agent);
            self.ask(Request::AgentConnected(profile));
        }
        self.said.clear();
    }

    fn show_queue(&mut self) {
        let Some(brain) = &self.brain else { return };
        let rows = brain.queue_rows(self.now);
        if rows.is_empty() {
            self.said.push("the queue is empty".to_owned());
        }
        for row in rows {
            let skills =
                if row.skills.is_empty() { String::new() } else { format!(", needs {}", row.skills.join(", ")) };
            let (name, why) = (words::name(row.conversation_id.as_str()), row.why_waiting.replace('_', " "));
            let (position, priority) = (row.place.position, row.effective_priority);
            self.said.push(format!("{position}. {name}, priority {priority}{skills}: {why}"));
        }
    }

    fn expect(&self, about: &[&str]) -> Done {
        let [customer, wanted @ ..] = about else { return Err("expect whom?".into()) };
        let found = self.standing(customer);
        let wanted = wanted.join(" ");
        if found == wanted { Ok(()) } else { Err(format!("{customer} is {found}")) }
    }

    fn standing(&self, name: &str) -> String {
        if let Some(agent) = self.ledger.load().agents.get(&AgentId::from(id(name))) {
            let load = agent.capacity;
            return format!("{} with {} of {}", agent.availability.as_str().replace('_', " "), load.used, load.limit);
        }
        let about = ConversationId::from(id(name));
        let state = self.ledger.load();
        let asked = |it: &&switchboard::domain::escalation::Offer| it.conversation_id == about;
        let mut asked: Vec<_> =
            state.offers.values().filter(asked).map(|it| words::name(it.agent_id.as_str())).collect();
        asked.sort();
        let place = self.brain.as_ref().and_then(|brain| brain.place(self.now, &about)).map_or(0, |it| it.position);
        let Some(facts) = self.ledger.facts(&about, true) else { return "unknown".into() };
        let owner = facts.case.assigned_agent_id.as_ref().map(|it| words::name(it.as_str())).unwrap_or_default();
        match facts.case.status {
            ConversationStatus::Active => "with the assistant".into(),
            ConversationStatus::WaitingForAgent => format!("waiting at {place}"),
            ConversationStatus::Offered => format!("offered to {}", asked.join(", ")),
            ConversationStatus::AgentAssigned if asked.is_empty() => format!("with {owner}"),
            ConversationStatus::AgentAssigned => format!("with {owner}, offered to {}", asked.join(", ")),
            ConversationStatus::WrapUp => format!("in wrap-up with {owner}"),
            ConversationStatus::Closed => "closed".into(),
        }
    }

    /// How everybody stands, for comparing two ways of telling the same story.
    fn all_standings(&self) -> Vec<String> {
        let mut lines: Vec<String> =
            self.agents.keys().chain(self.customers.keys()).map(|it| format!("{it} {}", self.standing(it))).collect();
        let state = self.ledger.load();
        lines.extend(state.entries.values().map(|it| {
            format!(
                "{} since {:?}, priority {}, {:?}, without {:?}",
                it.conversation_id, it.queued_at, it.effective_priority, it.skills, it.excluded
            )
        }));
        lines.extend(
            state
                .offers
                .values()
                .map(|it| format!("{} to {} until {:?}", it.conversation_id, it.agent_id, it.expires_at)),
        );
        lines.sort();
        lines
    }

    /// The same in one text.
    pub fn endings(&self) -> String {
        self.all_standings().join("; ")
    }
}

fn case(name: &str, chatbot_id: Option<switchboard::domain::ids::ChatbotId>) -> Case {
    // "Cleo" and "Cleo2" are two conversations of one customer.
    let customer = id(name).trim_end_matches(|it: char| it.is_ascii_digit()).to_owned();
    Case {
        conversation_id: id(name).into(),
        customer_id: format!("customer-{customer}").into(),
        customer_name: name.to_owned(),
        chatbot_id,
        status: ConversationStatus::Active,
        assigned_agent_id: None,
        version: 1,
        priority: 0,
        skills: Vec::new(),
        reason: None,
        escalated_at: None,
        assigned_at: None,
        wrap_up_until: None,
        assignment_id: None,
    }
}
