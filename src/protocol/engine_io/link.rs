//! One Engine.IO session, pure: what carries it now, what waits to be fetched, its heartbeat, its upgrade, its end.
//!
//! Its actor feeds it [`Input`]s with the time and carries out the [`Action`]s in order. A WebSocket is a lane with a
//! number. A session begins on a lane or with polls; a lane that comes later is a candidate until it has asked
//! (`2probe`) and said that it takes over (`5`).

use std::collections::VecDeque;
use std::sync::Arc;

use bytes::Bytes;
use bytestring::ByteString;

use crate::domain::session::{Limiter, RateLimit, Taken};
use crate::domain::time::{Millis, Timestamp};

use super::{CLOSE, NOOP, Out, PING, PROBED, Packet, Refusal, decode, encode_payload};

/// The numbers of a session, shared by all of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkSettings {
    /// From one sign of life to the next ping.
    pub ping_interval: Millis,
    /// A ping unanswered for this long ends the session.
    pub ping_timeout: Millis,
    /// The largest message and the largest polled body, bytes.
    pub max_payload: usize,
    /// A candidate that has not taken over by then is let go.
    pub upgrade_timeout: Millis,
    /// What is left to be fetched after the end is kept for this long.
    pub linger: Millis,
    /// Posts of one session.
    pub posts: RateLimit,
    /// Refused posts, in multiples of the limit, that end it.
    pub abuse_factor: u32,
}

/// A WebSocket of a session.
pub type LaneId = u64;
/// A request that waits.
pub type PollId = u64;

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// A request waits for packets.
    Poll(PollId),
    /// It no longer does.
    PollGone(PollId),
    /// A request brought packets, or something else.
    Post(Result<Vec<Packet>, super::Fault>),
    /// Two requests bring packets at the same time.
    PostsAtOnce,
    /// A WebSocket wants to take over.
    Lane(LaneId),
    /// A WebSocket brought text.
    Text(LaneId, ByteString),
    /// A WebSocket brought binary.
    Binary(LaneId, Bytes),
    /// A WebSocket has written what it was given.
    Written(LaneId, usize),
    /// A WebSocket ended, maybe with a code.
    LaneEnded(LaneId, Option<u16>),
    /// Whoever is above says something; texts come with their type.
    Say(Out),
    /// Nothing more is said for now: what waits may be fetched.
    Flush,
    /// Whoever is above ends it.
    Close {
        /// RFC 6455 §7.4 or 4000–4999.
        code: u16,
        /// At most 123 bytes.
        reason: String,
    },
    /// The same, at once.
    Cut,
    /// The timer of [`Link::next_deadline`].
    Due,
}

/// What the actor does about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Text for whoever is above.
    Up(ByteString),
    /// Binary for whoever is above.
    UpBinary(Bytes),
    /// A sign of life.
    Heard,
    /// So many bytes of what was said are on their way.
    Written(usize),
    /// Answers a request that waits.
    Answer(PollId, String),
    /// Refuses a request that waits.
    Refuse(PollId, Refusal),
    /// What was said, by a WebSocket; it tells when it is written.
    Lane(LaneId, Out),
    /// Something of the session's own, by a WebSocket.
    Aside(LaneId, ByteString),
    /// Lets a WebSocket say goodbye.
    CloseLane(LaneId, u16, String),
    /// Ends a WebSocket from outside.
    CutLane(LaneId),
    /// A WebSocket carries the session from now on.
    Upgraded,
    /// It is over: tell whoever is above, with the code, and forget it.
    Over(Option<u16>),
}

/// The answer to a post: done, or refused.
pub type Posted = Result<(), PostRefusal>;

/// Why a post was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PostRefusal {
    /// For good.
    Refused(Refusal),
    /// For being too fast.
    TooFast,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Carrier {
    Polls { waiting: Option<PollId> },
    Lane(LaneId),
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Candidate {
    lane: LaneId,
    probed: bool,
    until: Timestamp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Open,
    Closing(Timestamp),
    Over,
}

/// One session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    settings: Arc<LinkSettings>,
    phase: Phase,
    carrier: Carrier,
    candidate: Option<Candidate>,
    /// What a WebSocket that takes over at the very end is closed with.
    goodbye: Option<(u16, String)>,
    /// What waits to be fetched; with whether it was said by whoever is above.
    waiting: VecDeque<(Out, bool)>,
    ping_at: Timestamp,
    pong_by: Option<Timestamp>,
    posts: Limiter,
}

impl Link {
    /// A session that was just opened, on a lane or with polls.
    pub fn new(settings: Arc<LinkSettings>, lane: Option<LaneId>, now: Timestamp) -> Self {
        Self {
            ping_at: now + settings.ping_interval,
            settings,
            phase: Phase::Open,
            carrier: lane.map_or(Carrier::Polls { waiting: None }, Carrier::Lane),
            candidate: None,
            goodbye: None,
            waiting: VecDeque::new(),
            pong_by: None,
            posts: Limiter::default(),
        }
    }

    /// Takes one input. The actions are to be carried out in order, whatever the result.
    ///
    /// # Errors
    /// Only a post is answered.
    pub fn handle(&mut self, now: Timestamp, input: Input, out: &mut Vec<Action>) -> Posted {
        self.run_due(now, out);
        match self.phase {
            Phase::Over => {
                if let Input::Poll(poll) = input {
                    out.push(Action::Refuse(poll, Refusal::UnknownSid));
                }
                return Err(PostRefusal::Refused(Refusal::UnknownSid));
            }
            Phase::Closing(_) => return self.while_closing(input, out),
            Phase::Open => {}
        }
        match input {
            Input::Poll(poll) => self.poll(poll, out),
            Input::PollGone(poll) => {
                if self.carrier == (Carrier::Polls { waiting: Some(poll) }) {
                    self.carrier = Carrier::Polls { waiting: None };
                    self.end(None, out);
                }
            }
            Input::Post(packets) => return self.post(now, packets, out),
            Input::PostsAtOnce => self.fault(out),
            Input::Lane(lane) => self.lane(now, lane, out),
            Input::Text(lane, text) => self.lane_text(now, lane, &text, out),
            Input::Binary(lane, bytes) if self.carrier == Carrier::Lane(lane) => out.push(Action::UpBinary(bytes)),
            Input::Binary(lane, _) => self.drop_candidate(lane, out),
            Input::Written(_, bytes) => out.push(Action::Written(bytes)),
            Input::LaneEnded(lane, code) => self.lane_ended(lane, code, out),
            Input::Say(said) => self.say(said, out),
            Input::Flush => self.flush(out),
            Input::Close { code, reason } => self.close(now, code, reason, out),
            Input::Cut => self.cut(out),
            Input::Due => {}
        }
        Ok(())
    }

    /// Whether a WebSocket could take over.
    pub fn may_upgrade(&self) -> bool {
        self.phase == Phase::Open && matches!(self.carrier, Carrier::Polls { .. }) && self.candidate.is_none()
    }

    /// Whether it is over.
    pub fn is_over(&self) -> bool {
        self.phase == Phase::Over
    }

    /// When [`Input::Due`] must come at the latest.
    pub fn next_deadline(&self) -> Option<Timestamp> {
        match self.phase {
            Phase::Over => None,
            Phase::Closing(until) => Some(until),
            Phase::Open => {
                let heart = self.pong_by.unwrap_or(self.ping_at);
                Some(self.candidate.as_ref().map_or(heart, |candidate| candidate.until.min(heart)))
            }
        }
    }

    fn poll(&mut self, poll: PollId, out: &mut Vec<Action>) {
        match &mut self.carrier {
            Carrier::Lane(_) => out.push(Action::Refuse(poll, Refusal::BadRequest)),
            Carrier::Polls { waiting: Some(_) } => {
                self.fault(out);
                out.push(Action::Refuse(poll, Refusal::BadRequest));
            }
            Carrier::Polls { waiting } => {
                *waiting = Some(poll);
                self.flush(out);
            }
        }
    }

    fn post(&mut self, now: Timestamp, packets: Result<Vec<Packet>, super::Fault>, out: &mut Vec<Action>) -> Posted {
        if matches!(self.carrier, Carrier::Lane(_)) {
            return Err(PostRefusal::Refused(Refusal::BadRequest));
        }
        match self.posts.take(now, self.settings.posts, self.settings.abuse_factor) {
            Taken::Yes => {}
            Taken::No { .. } => return Err(PostRefusal::TooFast),
            Taken::Abuse { .. } => {
                self.fault(out);
                return Err(PostRefusal::TooFast);
            }
        }
        let Ok(packets) = packets else {
            self.fault(out);
            return Err(PostRefusal::Refused(Refusal::BadRequest));
        };
        for packet in packets {
            match packet {
                Packet::Message(text) => out.push(Action::Up(text)),
                Packet::Binary(bytes) => out.push(Action::UpBinary(bytes)),
                Packet::Pong => self.heard(now, out),
                Packet::Close => {
                    self.answer_now(NOOP, out);
                    self.end(None, out);
                    return Ok(());
                }
                Packet::Probe => {
                    self.fault(out);
                    return Err(PostRefusal::Refused(Refusal::BadRequest));
                }
                Packet::Upgrade | Packet::Noop => {}
            }
        }
        Ok(())
    }

    fn lane(&mut self, now: Timestamp, lane: LaneId, out: &mut Vec<Action>) {
        if self.may_upgrade() {
            let until = now + self.settings.upgrade_timeout;
            self.candidate = Some(Candidate { lane, probed: false, until });
        } else {
            out.push(Action::CloseLane(lane, 1002, "the session has another transport".to_owned()));
        }
    }

    fn lane_text(&mut self, now: Timestamp, lane: LaneId, text: &ByteString, out: &mut Vec<Action>) {
        if self.carrier != Carrier::Lane(lane) {
            return self.candidate_text(lane, text, out);
        }
        match decode(text) {
            Ok(Packet::Message(text)) => out.push(Action::Up(text)),
            Ok(Packet::Pong) => self.heard(now, out),
            Ok(Packet::Close) => {
                out.push(Action::CloseLane(lane, 1000, String::new()));
                self.end(None, out);
            }
            Ok(Packet::Noop | Packet::Upgrade) => {}
            Ok(Packet::Probe | Packet::Binary(_)) | Err(_) => self.fault(out),
        }
    }

    fn candidate_text(&mut self, lane: LaneId, text: &ByteString, out: &mut Vec<Action>) {
        let Some(candidate) = self.candidate.as_mut().filter(|candidate| candidate.lane == lane) else { return };
        match decode(text) {
            Ok(Packet::Probe) => {
                candidate.probed = true;
                out.push(Action::Aside(lane, PROBED));
                self.answer_now(NOOP, out);
            }
            Ok(Packet::Upgrade) if candidate.probed => self.take_over(lane, out),
            _ => self.drop_candidate(lane, out),
        }
    }

    fn take_over(&mut self, lane: LaneId, out: &mut Vec<Action>) {
        self.candidate = None;
        self.answer_now(NOOP, out);
        self.carrier = Carrier::Lane(lane);
        out.push(Action::Upgraded);
        for (packet, said) in std::mem::take(&mut self.waiting) {
            self.by_lane(lane, packet, said, out);
        }
        if let Some((code, reason)) = self.goodbye.take() {
            out.push(Action::CloseLane(lane, code, reason));
        }
    }

    fn drop_candidate(&mut self, lane: LaneId, out: &mut Vec<Action>) {
        if self.candidate.as_ref().is_some_and(|candidate| candidate.lane == lane) {
            self.candidate = None;
            out.push(Action::CloseLane(lane, 1002, "not an upgrade".to_owned()));
            self.flush(out);
        }
    }

    fn lane_ended(&mut self, lane: LaneId, code: Option<u16>, out: &mut Vec<Action>) {
        if self.carrier == Carrier::Lane(lane) {
            self.end(code, out);
        } else if self.candidate.as_ref().is_some_and(|candidate| candidate.lane == lane) {
            // The session goes on as it was.
            self.candidate = None;
            self.flush(out);
        }
    }

    fn say(&mut self, said: Out, out: &mut Vec<Action>) {
        match self.carrier {
            Carrier::Lane(lane) => self.by_lane(lane, said, true, out),
            Carrier::Polls { .. } => self.waiting.push_back((said, true)),
        }
    }

    fn by_lane(&mut self, lane: LaneId, packet: Out, said: bool, out: &mut Vec<Action>) {
        match packet {
            Out::Text(text) if !said => out.push(Action::Aside(lane, text)),
            packet => out.push(Action::Lane(lane, packet)),
        }
    }

    /// Hands what waits to the request that waits, or lets it go while a WebSocket is about to take over.
    fn flush(&mut self, out: &mut Vec<Action>) {
        let Carrier::Polls { waiting: Some(poll) } = self.carrier else { return };
        if self.candidate.as_ref().is_some_and(|candidate| candidate.probed) {
            return self.answer_now(NOOP, out);
        }
        if self.waiting.is_empty() {
            return;
        }
        self.carrier = Carrier::Polls { waiting: None };
        let packets = std::mem::take(&mut self.waiting);
        out.push(Action::Answer(poll, encode_payload(packets.iter().map(|(packet, _)| packet))));
        let said: usize = packets.iter().filter(|(_, said)| *said).map(|(packet, _)| packet.len()).sum();
        if said > 0 {
            out.push(Action::Written(said));
        }
    }

    /// Answers the request that waits, if there is one, with a packet of the session's own.
    fn answer_now(&mut self, packet: ByteString, out: &mut Vec<Action>) {
        if let Carrier::Polls { waiting } = &mut self.carrier
            && let Some(poll) = waiting.take()
        {
            out.push(Action::Answer(poll, packet.to_string()));
        }
    }

    fn heard(&mut self, now: Timestamp, out: &mut Vec<Action>) {
        self.pong_by = None;
        self.ping_at = now + self.settings.ping_interval;
        out.push(Action::Heard);
    }

    /// The client broke the protocol.
    fn fault(&mut self, out: &mut Vec<Action>) {
        match self.carrier {
            Carrier::Lane(lane) => out.push(Action::CloseLane(lane, 1002, "not an Engine.IO packet".to_owned())),
            Carrier::Polls { .. } => self.answer_now(CLOSE, out),
        }
        self.end(Some(1002), out);
    }

    fn close(&mut self, now: Timestamp, code: u16, reason: String, out: &mut Vec<Action>) {
        self.phase = Phase::Closing(now + self.settings.linger);
        if self.candidate.as_ref().is_some_and(|candidate| candidate.probed) {
            // The client has stopped polling for it, and would not poll again: it hears the end over there.
            self.goodbye = Some((code, reason));
            self.waiting.push_back((Out::Text(CLOSE), false));
            return self.flush(out);
        }
        self.let_candidate_go(out);
        match self.carrier {
            Carrier::Lane(lane) => out.push(Action::CloseLane(lane, code, reason)),
            Carrier::Polls { .. } => {
                self.waiting.push_back((Out::Text(CLOSE), false));
                self.flush(out);
                if self.waiting.is_empty() {
                    self.end(Some(code), out);
                }
            }
        }
    }

    fn while_closing(&mut self, input: Input, out: &mut Vec<Action>) -> Posted {
        match input {
            Input::Poll(poll) => {
                self.poll(poll, out);
                if self.waiting.is_empty() {
                    self.end(None, out);
                }
            }
            Input::PollGone(_) => self.end(None, out),
            Input::Post(_) => return Err(PostRefusal::Refused(Refusal::UnknownSid)),
            Input::Written(_, bytes) => out.push(Action::Written(bytes)),
            Input::Lane(lane) => out.push(Action::CloseLane(lane, 1001, String::new())),
            Input::LaneEnded(lane, code) => self.lane_ended(lane, code, out),
            Input::Text(lane, text) if self.goodbye.is_some() => self.candidate_text(lane, &text, out),
            Input::Cut => self.cut(out),
            _ => {}
        }
        Ok(())
    }

    fn cut(&mut self, out: &mut Vec<Action>) {
        if let Carrier::Lane(lane) = self.carrier {
            out.push(Action::CutLane(lane));
        }
        self.answer_now(CLOSE, out);
        self.end(None, out);
    }

    fn let_candidate_go(&mut self, out: &mut Vec<Action>) {
        if let Some(candidate) = self.candidate.take() {
            out.push(Action::CloseLane(candidate.lane, 1001, String::new()));
        }
    }

    fn end(&mut self, code: Option<u16>, out: &mut Vec<Action>) {
        if self.phase == Phase::Over {
            return;
        }
        self.phase = Phase::Over;
        self.let_candidate_go(out);
        self.waiting = VecDeque::new();
        out.push(Action::Over(code));
    }

    fn run_due(&mut self, now: Timestamp, out: &mut Vec<Action>) {
        match self.phase {
            Phase::Over => return,
            Phase::Closing(until) => {
                if until <= now {
                    self.cut(out);
                }
                return;
            }
            Phase::Open => {}
        }
        if let Some(candidate) = self.candidate.as_ref().filter(|candidate| candidate.until <= now) {
            let lane = candidate.lane;
            self.drop_candidate(lane, out);
        }
        if self.pong_by.is_none() && self.ping_at <= now {
            // From now on: a process that was itself paused gives its clients the time to answer.
            self.pong_by = Some(now + self.settings.ping_timeout);
            match self.carrier {
                Carrier::Lane(lane) => out.push(Action::Aside(lane, PING)),
                Carrier::Polls { .. } => {
                    self.waiting.push_back((Out::Text(PING), false));
                    self.flush(out);
                }
            }
        }
        if self.pong_by.is_some_and(|by| by <= now) {
            self.cut(out);
        }
    }
}
