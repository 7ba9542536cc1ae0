//! The assistant's turns in one conversation: when one begins, and what becomes of its end.
//!
//! Pure: the room tells what happened, [`Turns`] says what to do. At most one turn is under way. A reply only counts
//! while the conversation is still the assistant's; whatever goes wrong ends in words for the customer and a wish for
//! a human, never in silence.

use super::time::Millis;

/// The first pause before a reply is saved again; each further one is twice as long.
const FIRST_PAUSE: u64 = 250;
/// The longest of them.
const LONGEST_PAUSE: u64 = 30_000;

/// How far the assistant may go (`[assistant]`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TurnSettings {
    /// Turns in one engagement, after which a human is asked for.
    pub turns_per_engagement: u32,
    /// Failed saves of one reply, after which the fallback text takes its place.
    pub post_attempts: u32,
    /// Failed saves of the fallback text, after which the customer's next message or the room's next life tries again.
    pub fallback_attempts: u32,
}

impl Default for TurnSettings {
    fn default() -> Self {
        Self { turns_per_engagement: 30, post_attempts: 3, fallback_attempts: 40 }
    }
}

/// Why a human is wanted.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Cause {
    /// The customer said so, in words that leave no doubt.
    Asked,
    /// The customer has been unhappy for several turns.
    Unhappy,
    /// The assistant asked for it: tool call or marker.
    Assistant {
        /// In its words.
        reason: String,
        /// What the agent should know.
        summary: Option<String>,
    },
    /// The assistant's text promised a human.
    Promised,
    /// The engagement has had as many turns as it may.
    TurnCap,
    /// The assistant failed; the word is for logs and agents.
    Failed(&'static str),
}

impl Cause {
    /// The reason that agents read (seed 000 has the first).
    pub fn reason(&self) -> &str {
        match self {
            Self::Asked => "Customer requested human assistance",
            Self::Unhappy => "Customer is unhappy with the assistant's answers",
            Self::Assistant { reason, .. } => reason,
            Self::Promised => "The assistant promised a human",
            Self::TurnCap => "The conversation with the assistant has become long",
            Self::Failed(_) => "The assistant could not answer",
        }
    }

    /// The same as a word for logs.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Asked => "asked",
            Self::Unhappy => "unhappy",
            Self::Assistant { .. } => "assistant",
            Self::Promised => "promised",
            Self::TurnCap => "turn_cap",
            Self::Failed(why) => why,
        }
    }

    /// Whether the customer knows of it already, so that it is not kept back after a refusal.
    fn is_the_customers_own(&self) -> bool {
        matches!(self, Self::Asked)
    }
}

/// What the customer said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Heard {
    /// The message's number.
    pub seq: i64,
    /// It asks for a human.
    pub wants_human: bool,
    /// With it, the customer has been unhappy often enough.
    pub unhappy: bool,
    /// The assistant had its turn for it already, and nothing came of it: it is not asked, and paid, again.
    pub spent: bool,
}

/// How a turn ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ended {
    /// With words, a wish for a human, or both.
    Replied {
        /// There are words.
        text: bool,
        /// The assistant wants a human.
        cause: Option<Cause>,
    },
    /// Without; the word says why.
    Failed(&'static str),
}

/// What the room has to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Ask the assistant about everything up to this number.
    Begin {
        /// Names the turn in what follows.
        turn: u64,
        /// The customer's newest message.
        upto: i64,
    },
    /// Stop the turn; whoever saw a part of it is told that it will not be finished.
    Drop {
        /// Which.
        turn: u64,
    },
    /// Save the reply, if the conversation is still the assistant's; then say [`Turns::posted`].
    Post {
        /// Which.
        turn: u64,
    },
    /// Save the fallback text in the same way; then say [`Turns::posted`].
    PostFallback {
        /// Which.
        turn: u64,
    },
    /// Wait, then say [`Turns::again`].
    Wait {
        /// Which.
        turn: u64,
        /// How long.
        pause: Millis,
    },
    /// Ask for a human: once; then say [`Turns::answered`].
    HandOff(Cause),
}

/// What became of a reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Posted {
    /// It is durable.
    Saved,
    /// The conversation is no longer the assistant's: it was not saved.
    Dropped,
    /// The store did not take it.
    Failed,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum State {
    Idle,
    Writing { turn: u64 },
    Posting { turn: u64, fallback: bool, attempts: u32, then: Option<Cause> },
}

/// The assistant in one conversation.
#[derive(Clone, Debug)]
pub struct Turns {
    settings: TurnSettings,
    state: State,
    /// The conversation is the assistant's.
    ours: bool,
    /// Turns of this engagement.
    taken: u32,
    /// The newest message that nobody has answered or taken up.
    open: Option<Heard>,
    /// A hand-off was refused in this engagement: the assistant does not ask again by itself.
    refused: bool,
    /// A hand-off is on its way.
    asking: bool,
    number: u64,
}

impl Turns {
    /// A conversation, with the assistant or not.
    pub fn new(settings: TurnSettings, ours: bool) -> Self {
        Self { settings, state: State::Idle, ours, taken: 0, open: None, refused: false, asking: false, number: 0 }
    }

    /// Whether the conversation is the assistant's.
    pub fn is_ours(&self) -> bool {
        self.ours
    }

    /// Whether a turn is under way, or its reply on its way to the disk.
    pub fn is_busy(&self) -> bool {
        self.state != State::Idle
    }

    /// The turn that is writing.
    pub fn writing(&self) -> Option<u64> {
        match self.state {
            State::Writing { turn } => Some(turn),
            _ => None,
        }
    }

    /// The wish that follows a reply on its way to the disk.
    pub fn cause_after(&self, turn: u64) -> Option<Cause> {
        match &self.state {
            State::Posting { turn: under_way, then, .. } if *under_way == turn => then.clone(),
            _ => None,
        }
    }

    /// The conversation is the assistant's, and something was said that nobody has answered or is answering.
    pub fn is_owing(&self) -> bool {
        self.ours && self.open.is_some()
    }

    /// A hand-off was refused in this engagement: a further one of the assistant's leads nowhere.
    pub fn is_refused(&self) -> bool {
        self.refused
    }

    /// Nothing is being answered or handed over, and nothing is owed.
    pub fn is_quiet(&self) -> bool {
        !self.is_busy() && !self.asking && !self.is_owing()
    }

    /// The customer said something durable.
    pub fn heard(&mut self, heard: Heard) -> Vec<Step> {
        self.open = Some(heard);
        if !self.ours {
            return Vec::new();
        }
        match self.state {
            State::Idle => self.next(),
            // Who asks for a human does not want the rest of the answer first.
            State::Writing { turn } if heard.wants_human => {
                self.state = State::Idle;
                let mut steps = vec![Step::Drop { turn }];
                steps.extend(self.next());
                steps
            }
            _ => Vec::new(),
        }
    }

    /// Somebody else has answered.
    pub fn human_said(&mut self) {
        if !self.ours {
            self.open = None;
        }
    }

    /// A turn came to its end.
    pub fn ended(&mut self, turn: u64, ended: Ended) -> Vec<Step> {
        if self.writing() != Some(turn) {
            return Vec::new();
        }
        let post = |fallback, then| State::Posting { turn, fallback, attempts: 1, then };
        match ended {
            Ended::Replied { text: true, cause } => {
                self.state = post(false, cause);
                vec![Step::Post { turn }]
            }
            Ended::Replied { text: false, cause: Some(cause) } => {
                self.state = State::Idle;
                self.hand_off(cause)
            }
            Ended::Replied { text: false, cause: None } => self.failed(turn, "empty"),
            Ended::Failed(why) => self.failed(turn, why),
        }
    }

    fn failed(&mut self, turn: u64, why: &'static str) -> Vec<Step> {
        self.state = State::Posting { turn, fallback: true, attempts: 1, then: Some(Cause::Failed(why)) };
        vec![Step::PostFallback { turn }]
    }

    /// A reply was saved or not.
    pub fn posted(&mut self, turn: u64, posted: Posted) -> Vec<Step> {
        let State::Posting { turn: under_way, fallback, attempts, then } = self.state.clone() else {
            return Vec::new();
        };
        if under_way != turn {
            return Vec::new();
        }
        match posted {
            Posted::Saved => {
                self.state = State::Idle;
                match then.filter(|_| self.ours) {
                    Some(cause) => self.hand_off(cause),
                    None => self.next(),
                }
            }
            Posted::Dropped => {
                self.state = State::Idle;
                vec![Step::Drop { turn }]
            }
            Posted::Failed => self.unsaved(turn, fallback, attempts, then),
        }
    }

    /// The turn was spent: whatever the store says, the assistant is not asked about the same message again.
    fn unsaved(&mut self, turn: u64, fallback: bool, attempts: u32, then: Option<Cause>) -> Vec<Step> {
        let most = if fallback { self.settings.fallback_attempts } else { self.settings.post_attempts };
        let wait = Step::Wait { turn, pause: pause(attempts) };
        if attempts < most {
            self.state = State::Posting { turn, fallback, attempts: attempts + 1, then };
            return vec![wait];
        }
        if fallback {
            self.state = State::Idle;
            let mut steps = vec![Step::Drop { turn }];
            steps.extend(self.next());
            return steps;
        }
        // Something in the reply itself may be what the store refuses.
        self.state = State::Posting { turn, fallback: true, attempts: 1, then: Some(Cause::Failed("unsaved")) };
        vec![wait]
    }

    /// The pause before a further try is over.
    pub fn again(&mut self, turn: u64) -> Vec<Step> {
        match self.state {
            State::Posting { turn: under_way, fallback, .. } if under_way == turn => {
                vec![if fallback { Step::PostFallback { turn } } else { Step::Post { turn } }]
            }
            _ => Vec::new(),
        }
    }

    /// A look: something may have been left.
    pub fn look(&mut self) -> Vec<Step> {
        if self.state == State::Idle && self.ours { self.next() } else { Vec::new() }
    }

    /// The hand-off was answered. Not taken: the assistant goes on, and does not ask again by itself.
    pub fn answered(&mut self, taken: bool) -> Vec<Step> {
        self.asking = false;
        if !taken {
            self.refused = true;
        }
        self.look()
    }

    /// Whose the conversation is now. A new engagement begins when it comes back to the assistant.
    pub fn owner(&mut self, ours: bool) -> Vec<Step> {
        if ours == self.ours {
            return Vec::new();
        }
        self.ours = ours;
        self.asking = false;
        if ours {
            // What nobody has answered meanwhile is answered now.
            (self.taken, self.refused) = (0, false);
            return self.look();
        }
        self.open = None;
        match self.state {
            State::Writing { turn } => {
                self.state = State::Idle;
                vec![Step::Drop { turn }]
            }
            // The store decides whether it still counts.
            State::Posting { .. } | State::Idle => Vec::new(),
        }
    }

    /// The process ends: what is being written will not come to its end, so it is said as such.
    pub fn shut_down(&mut self) -> Vec<Step> {
        match self.state {
            State::Writing { turn } => self.failed(turn, "shutdown"),
            _ => Vec::new(),
        }
    }

    fn next(&mut self) -> Vec<Step> {
        if self.asking {
            return Vec::new();
        }
        let Some(heard) = self.open.take() else { return Vec::new() };
        let cause = if heard.wants_human {
            Some(Cause::Asked)
        } else if heard.unhappy {
            Some(Cause::Unhappy)
        } else if self.taken >= self.settings.turns_per_engagement {
            Some(Cause::TurnCap)
        } else {
            None
        };
        if let Some(cause) = cause.filter(|cause| !self.refused || cause.is_the_customers_own()) {
            return self.hand_off(cause);
        }
        self.number += 1;
        if heard.spent {
            return self.failed(self.number, "unsaved");
        }
        self.taken = self.taken.saturating_add(1);
        self.state = State::Writing { turn: self.number };
        vec![Step::Begin { turn: self.number, upto: heard.seq }]
    }

    fn hand_off(&mut self, cause: Cause) -> Vec<Step> {
        if self.refused && !cause.is_the_customers_own() {
            return self.next();
        }
        self.asking = true;
        vec![Step::HandOff(cause)]
    }
}

/// How long to wait after so many failed saves.
fn pause(attempts: u32) -> Millis {
    let doubled = FIRST_PAUSE.saturating_mul(2_u64.saturating_pow(attempts.saturating_sub(1)));
    Millis::new(i64::try_from(doubled.min(LONGEST_PAUSE)).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests;
