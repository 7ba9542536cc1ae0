//! One webhook's deliveries in order: within a conversation a later one waits until the earlier one is delivered or
//! given up; conversations do not wait for each other.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::ids::ConversationId;
use crate::domain::time::Timestamp;

/// A delivery that is to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// Its place among all deliveries.
    pub number: i64,
    /// Its id.
    pub id: String,
    /// Where it happened; without a conversation it waits for nothing.
    pub conversation_id: Option<ConversationId>,
    /// How often it was tried.
    pub tries: u32,
    /// When it may be tried next.
    pub due_at: Timestamp,
}

/// What waits for one webhook, and what is on its way.
#[derive(Clone, Debug)]
pub struct Lane {
    at_once: usize,
    waiting: BTreeMap<i64, Waiting>,
    /// Of each conversation what waits, its first one included.
    lines: BTreeMap<ConversationId, BTreeSet<i64>>,
    /// The first of each conversation, unless one of them is on its way: when it may leave.
    due: BTreeSet<(Timestamp, i64)>,
    /// With what was asked for again meanwhile.
    on_the_way: BTreeMap<i64, Option<Waiting>>,
    /// Conversations of which one is on its way.
    busy: BTreeSet<ConversationId>,
}

impl Lane {
    /// Nothing waits; at most `at_once` are ever on their way.
    pub fn new(at_once: usize) -> Self {
        Self {
            at_once,
            waiting: BTreeMap::new(),
            lines: BTreeMap::new(),
            due: BTreeSet::new(),
            on_the_way: BTreeMap::new(),
            busy: BTreeSet::new(),
        }
    }

    /// How many wait or are on their way.
    pub fn len(&self) -> usize {
        self.waiting.len()
    }

    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// One more. What is known already is taken over as it is now, unless it is on its way.
    pub fn add(&mut self, new: Waiting) {
        if self.on_the_way.contains_key(&new.number) {
            return;
        }
        let before = self.first_in_line(&new);
        self.withdraw(new.number);
        if let Some(before) = before {
            self.withdraw(before);
        }
        if let Some(conversation_id) = &new.conversation_id {
            self.lines.entry(conversation_id.clone()).or_default().insert(new.number);
        }
        let number = new.number;
        self.waiting.insert(number, new);
        self.put_up_first_of(number);
    }

    /// Somebody asks for it again. One that is on its way is put up once more when it has landed, however that went:
    /// how it went may have been stored before it was asked for.
    pub fn ask(&mut self, asked: Waiting) {
        match self.on_the_way.get_mut(&asked.number) {
            Some(once_more) => *once_more = Some(asked),
            None => self.add(asked),
        }
    }

    /// The next that may leave now; it is on its way from then on.
    pub fn next(&mut self, now: Timestamp) -> Option<Waiting> {
        if self.on_the_way.len() >= self.at_once {
            return None;
        }
        let (due_at, number) = *self.due.first()?;
        if due_at > now {
            return None;
        }
        self.due.pop_first();
        self.on_the_way.insert(number, None);
        let leaving = self.waiting.get(&number).cloned();
        self.busy.extend(leaving.as_ref().and_then(|one| one.conversation_id.clone()));
        leaving
    }

    /// When to look again: the moment at which the next may leave. None while nothing waits, or all places are taken.
    pub fn next_at(&self) -> Option<Timestamp> {
        let free = self.on_the_way.len() < self.at_once;
        self.due.first().filter(|_| free).map(|(due_at, _)| *due_at)
    }

    /// It is delivered or given up: the conversation's next one may leave, or it once more if it was asked for again.
    pub fn ended(&mut self, number: i64) {
        if let Some(asked) = self.landed(number) {
            return self.add(asked);
        }
        let Some(gone) = self.waiting.remove(&number) else { return };
        self.due.remove(&(gone.due_at, number));
        let Some(conversation_id) = gone.conversation_id else { return };
        let Some(line) = self.lines.get_mut(&conversation_id) else { return };
        line.remove(&number);
        match line.first().copied() {
            Some(next) => self.put_up_first_of(next),
            None => drop(self.lines.remove(&conversation_id)),
        }
    }

    /// It is to be tried again; sooner if it was asked for again.
    pub fn again(&mut self, number: i64, tries: u32, at: Timestamp) {
        if let Some(asked) = self.landed(number) {
            return self.add(asked);
        }
        self.withdraw(number);
        if let Some(known) = self.waiting.get_mut(&number) {
            known.tries = tries;
            known.due_at = at;
            self.put_up_first_of(number);
        }
    }

    /// It is no longer on its way; what was asked for meanwhile.
    fn landed(&mut self, number: i64) -> Option<Waiting> {
        let asked = self.on_the_way.remove(&number)?;
        if let Some(conversation_id) = self.waiting.get(&number).and_then(|one| one.conversation_id.as_ref()) {
            self.busy.remove(conversation_id);
        }
        asked
    }

    fn first_in_line(&self, one: &Waiting) -> Option<i64> {
        self.lines.get(one.conversation_id.as_ref()?)?.first().copied()
    }

    fn withdraw(&mut self, number: i64) {
        if let Some(known) = self.waiting.get(&number) {
            self.due.remove(&(known.due_at, number));
        }
    }

    /// Lets the first of a delivery's conversation leave when it is due, unless one of them is on its way.
    fn put_up_first_of(&mut self, number: i64) {
        let Some(one) = self.waiting.get(&number) else { return };
        // An older one that was asked for again does not overtake what is on its way either.
        if one.conversation_id.as_ref().is_some_and(|id| self.busy.contains(id)) {
            return;
        }
        let first = self.first_in_line(one).unwrap_or(number);
        if let Some(first) = self.waiting.get(&first) {
            self.due.insert((first.due_at, first.number));
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    fn waiting(number: i64, conversation: &str, due: i64) -> Waiting {
        let conversation_id = (!conversation.is_empty()).then(|| conversation.into());
        Waiting { number, id: format!("d{number}"), conversation_id, tries: 0, due_at: at(due) }
    }

    fn all_that_leave(lane: &mut Lane, now: i64) -> Vec<i64> {
        std::iter::from_fn(|| lane.next(at(now))).map(|one| one.number).collect()
    }

    #[test]
    fn a_conversation_waits_for_its_first_and_others_go_on() {
        let mut lane = Lane::new(8);
        for (number, conversation) in [(1, "a"), (2, "a"), (3, "b"), (4, "a"), (5, "b")] {
            lane.add(waiting(number, conversation, 0));
        }
        assert_eq!(all_that_leave(&mut lane, 0), [1, 3]);
        lane.again(1, 1, at(50));
        lane.ended(3);
        assert_eq!(all_that_leave(&mut lane, 49), [5]);
        assert_eq!(lane.next_at(), Some(at(50)));
        lane.ended(5);
        assert_eq!(all_that_leave(&mut lane, 50), [1]);
        lane.ended(1);
        assert_eq!(all_that_leave(&mut lane, 50), [2]);
        lane.ended(2);
        assert_eq!(all_that_leave(&mut lane, 50), [4]);
        lane.ended(4);
        assert!(lane.is_empty() && lane.next_at().is_none() && lane.lines.is_empty());
    }

    #[test]
    fn no_more_are_on_their_way_than_there_are_places() {
        let mut lane = Lane::new(2);
        (1..=5).for_each(|number| lane.add(waiting(number, "", 0)));
        assert_eq!(all_that_leave(&mut lane, 0), [1, 2]);
        assert_eq!(lane.next_at(), None, "nothing to wake up for while all places are taken");
        lane.ended(1);
        assert_eq!(all_that_leave(&mut lane, 0), [3]);
    }

    #[test]
    fn one_that_is_asked_for_again_comes_before_what_waits_and_after_what_is_on_its_way() {
        let mut lane = Lane::new(8);
        lane.add(waiting(5, "a", 0));
        lane.add(waiting(6, "a", 0));
        assert_eq!(all_that_leave(&mut lane, 0), [5]);
        lane.add(waiting(2, "a", 0));
        assert!(all_that_leave(&mut lane, 0).is_empty());
        lane.ended(5);
        assert_eq!(all_that_leave(&mut lane, 0), [2]);
        lane.ended(2);
        assert_eq!(all_that_leave(&mut lane, 0), [6]);
    }

    #[test]
    fn one_that_waits_for_its_next_try_can_be_asked_for_now() {
        let mut lane = Lane::new(1);
        lane.add(waiting(1, "a", 0));
        assert_eq!(all_that_leave(&mut lane, 0), [1]);
        lane.again(1, 3, at(1_000));
        lane.add(waiting(1, "a", 10));
        assert_eq!(all_that_leave(&mut lane, 10), [1]);
        assert_eq!(lane.len(), 1);
    }

    #[test]
    fn one_that_is_asked_for_again_on_its_way_leaves_once_more_when_it_has_landed() {
        let mut lane = Lane::new(8);
        (1..=2).for_each(|number| lane.add(waiting(number, "a", 0)));
        assert_eq!(all_that_leave(&mut lane, 0), [1]);
        lane.ask(waiting(1, "a", 5));
        lane.add(waiting(1, "a", 0));
        assert!(all_that_leave(&mut lane, 9).is_empty(), "not a second time at once");
        lane.ended(1);
        assert_eq!(all_that_leave(&mut lane, 9), [1]);
        lane.ask(waiting(1, "a", 10));
        lane.again(1, 4, at(1_000));
        assert_eq!(lane.next(at(10)), Some(waiting(1, "a", 10)), "it does not wait for the pause of a try before");
        lane.ended(1);
        assert_eq!(all_that_leave(&mut lane, 10), [2]);
        lane.ended(2);
        assert!(lane.is_empty() && lane.busy.is_empty() && lane.lines.is_empty());
    }

    #[derive(Clone, Debug)]
    enum Step {
        Add { conversation: u8 },
        Leave,
        Arrive { which: usize },
        Fail { which: usize, pause: i64 },
        GiveUp { which: usize },
        Pass { span: i64 },
        AskAgain { which: usize },
        AskOnItsWay { which: usize },
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            3 => (0_u8..4).prop_map(|conversation| Step::Add { conversation }),
            4 => Just(Step::Leave),
            3 => any::<usize>().prop_map(|which| Step::Arrive { which }),
            2 => (any::<usize>(), 1_i64..50).prop_map(|(which, pause)| Step::Fail { which, pause }),
            1 => any::<usize>().prop_map(|which| Step::GiveUp { which }),
            2 => (0_i64..40).prop_map(|span| Step::Pass { span }),
            1 => any::<usize>().prop_map(|which| Step::AskAgain { which }),
            2 => any::<usize>().prop_map(|which| Step::AskOnItsWay { which }),
        ]
    }

    fn conversation_of(number: i64, said: &BTreeMap<i64, String>) -> String {
        said.get(&number).cloned().unwrap_or_default()
    }

    proptest! {
        /// Whatever fails, whenever: what leaves is the oldest of its conversation that is not settled, nothing leaves
        /// while another of its conversation is on its way, the places are kept, and in the end everything was settled.
        #[test]
        fn every_conversation_keeps_its_order_and_nothing_is_forgotten(steps in prop::collection::vec(step(), 1..120), places in 1_usize..5) {
            let mut lane = Lane::new(places);
            let (mut now, mut number) = (0_i64, 0_i64);
            let mut open: BTreeMap<i64, String> = BTreeMap::new();
            let mut dead: BTreeMap<i64, String> = BTreeMap::new();
            let mut flying: Vec<i64> = Vec::new();
            let mut asked: BTreeSet<i64> = BTreeSet::new();
            let leave = |lane: &mut Lane, now: i64, open: &BTreeMap<i64, String>, flying: &mut Vec<i64>| {
                let Some(one) = lane.next(at(now)) else { return Ok(false) };
                let line = conversation_of(one.number, open);
                prop_assert!(one.due_at <= at(now));
                prop_assert!(flying.iter().all(|other| conversation_of(*other, open) != line));
                let older = open.iter().find(|(other, its)| **other < one.number && **its == line);
                prop_assert!(older.is_none(), "{older:?} is older than {}", one.number);
                flying.push(one.number);
                prop_assert!(flying.len() <= places);
                Ok(true)
            };
            for step in steps {
                let pick = |which: usize, flying: &mut Vec<i64>| {
                    (!flying.is_empty()).then(|| flying.remove(which % flying.len()))
                };
                match step {
                    Step::Add { conversation } => {
                        number += 1;
                        open.insert(number, format!("c{conversation}"));
                        lane.add(waiting(number, &format!("c{conversation}"), now));
                    }
                    Step::Leave => drop(leave(&mut lane, now, &open, &mut flying)?),
                    Step::Arrive { which } => {
                        if let Some(landed) = pick(which, &mut flying) {
                            lane.ended(landed);
                            if !asked.remove(&landed) {
                                open.remove(&landed);
                            }
                        }
                    }
                    Step::Fail { which, pause } => {
                        if let Some(landed) = pick(which, &mut flying) {
                            lane.again(landed, 1, at(now + pause));
                            asked.remove(&landed);
                        }
                    }
                    Step::GiveUp { which } => {
                        if let Some(landed) = pick(which, &mut flying) {
                            lane.ended(landed);
                            if !asked.remove(&landed) {
                                dead.extend(open.remove_entry(&landed));
                            }
                        }
                    }
                    Step::Pass { span } => now += span,
                    Step::AskAgain { which } => {
                        if let Some(asked) = dead.keys().nth(which % dead.len().max(1)).copied() {
                            open.extend(dead.remove_entry(&asked));
                            lane.ask(waiting(asked, &conversation_of(asked, &open), now));
                        }
                    }
                    Step::AskOnItsWay { which } => {
                        if let Some(number) = flying.get(which % flying.len().max(1)).copied() {
                            lane.ask(waiting(number, &conversation_of(number, &open), now));
                            asked.insert(number);
                        }
                    }
                }
                prop_assert_eq!(lane.len(), open.len());
            }
            for landed in std::mem::take(&mut flying) {
                lane.ended(landed);
                if !asked.remove(&landed) {
                    open.remove(&landed);
                }
            }
            while let Some(next) = lane.next_at() {
                now = now.max(next.as_millis());
                prop_assert!(leave(&mut lane, now, &open, &mut flying)?);
                for landed in std::mem::take(&mut flying) {
                    lane.ended(landed);
                    open.remove(&landed);
                }
            }
            prop_assert!(open.is_empty() && lane.is_empty(), "left: {open:?}");
        }
    }
}
