//! How far messages have come: handed over to a client's connection, and told to those who wrote them.
//!
//! [`Receipts`] belongs to one client link. It knows which of the bytes on their way carry which message, so that what
//! the pump has written says which numbers have arrived. [`Deliveries`] belongs to one room. It knows how far each
//! person got, and who has not been told of it. Both tell a number at most once per interval, and only a newer one.

use std::collections::{BTreeMap, VecDeque};

use super::ids::{ConversationId, UserId};
use super::time::{Millis, Timestamp};

/// The same is told at most once within this, by a link and by a room.
pub const TOLD_EVERY: Millis = Millis::new(200);

/// A number that only grows, told at most once per interval.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
struct Mark {
    seq: i64,
    told: i64,
    /// Not told before; none when it was never told.
    not_before: Option<Timestamp>,
}

impl Mark {
    /// When it wants to be told; none when there is nothing new.
    fn due_at(&self, now: Timestamp) -> Option<Timestamp> {
        (self.seq > self.told).then(|| self.not_before.unwrap_or(now))
    }

    /// The number, and the one that was told before it, when it is to be told now.
    fn take(&mut self, now: Timestamp, every: Millis) -> Option<(i64, i64)> {
        if self.due_at(now)? > now {
            return None;
        }
        let before = std::mem::replace(&mut self.told, self.seq);
        self.not_before = Some(now + every);
        Some((self.seq, before))
    }
}

/// What has numbers of its own.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Stream {
    /// A conversation's messages.
    Conversation(ConversationId),
    /// The host's durable events.
    HostEvents,
}

/// One link's messages on their way to its client.
///
/// The pump writes in the order in which it was handed the bytes, so a message is written when as many bytes are
/// written as were handed over up to its end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Receipts {
    /// Bytes handed to the pump, and bytes it has written, since the link was opened.
    handed: u64,
    written: u64,
    /// Messages not yet written, each with the count of bytes at its end; in rising order.
    flying: VecDeque<(u64, Stream, i64)>,
    marks: BTreeMap<Stream, Mark>,
}

impl Receipts {
    /// Bytes were handed to the pump. `carries` names the message in them whose arrival somebody waits for, if any.
    pub fn handed(&mut self, bytes: usize, carries: Option<(Stream, i64)>) {
        self.handed = self.handed.saturating_add(bytes.try_into().unwrap_or(u64::MAX));
        if let Some((stream, seq)) = carries {
            self.flying.push_back((self.handed, stream, seq));
        }
    }

    /// The pump has written this many bytes.
    pub fn written(&mut self, bytes: usize) {
        self.written = self.written.saturating_add(bytes.try_into().unwrap_or(u64::MAX));
        while self.flying.front().is_some_and(|(end, _, _)| *end <= self.written) {
            let Some((_, stream, seq)) = self.flying.pop_front() else { break };
            let mark = self.marks.entry(stream).or_default();
            mark.seq = mark.seq.max(seq);
        }
        if self.flying.is_empty() {
            self.flying = VecDeque::new();
        }
    }

    /// What is to be told now: up to which number each stream has arrived.
    pub fn due(&mut self, now: Timestamp) -> Vec<(Stream, i64)> {
        self.marks
            .iter_mut()
            .filter_map(|(stream, mark)| Some((stream.clone(), mark.take(now, TOLD_EVERY)?.0)))
            .collect()
    }

    /// When [`Receipts::due`] has something to say next.
    pub fn next_deadline(&self, now: Timestamp) -> Option<Timestamp> {
        self.marks.values().filter_map(|mark| mark.due_at(now)).min()
    }

    /// The client has left a conversation: nothing of it is told any more.
    pub fn forget(&mut self, conversation_id: &ConversationId) {
        let left = Stream::Conversation(conversation_id.clone());
        self.flying.retain(|(_, of, _)| *of != left);
        self.marks.remove(&left);
    }
}

/// What is to be told about a receiver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// Who received.
    pub user_id: UserId,
    /// Everything up to here.
    pub seq: i64,
    /// Whom to tell: the others who wrote something since what was told last.
    pub authors: Vec<UserId>,
}

/// How far the people of one room got.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Deliveries {
    receivers: BTreeMap<UserId, Mark>,
    /// The number of everybody's newest message.
    authors: BTreeMap<UserId, i64>,
}

impl Deliveries {
    /// Somebody has written the message of this number, or may have.
    pub fn wrote(&mut self, author: &UserId, seq: i64) {
        match self.authors.get_mut(author) {
            Some(newest) => *newest = seq.max(*newest),
            None => {
                self.authors.insert(author.clone(), seq);
            }
        }
    }

    /// A client of somebody got everything up to this number.
    pub fn arrived(&mut self, user_id: &UserId, seq: i64) {
        let mark = self.receivers.entry(user_id.clone()).or_default();
        mark.seq = mark.seq.max(seq);
    }

    /// Somebody has read everything up to this number: that it arrived says nothing new.
    pub fn read(&mut self, user_id: &UserId, seq: i64) {
        let mark = self.receivers.entry(user_id.clone()).or_default();
        mark.seq = mark.seq.max(seq);
        mark.told = mark.told.max(seq);
    }

    /// What is to be told now, in the order of the receivers' ids.
    pub fn due(&mut self, now: Timestamp) -> Vec<Told> {
        let authors = &self.authors;
        self.receivers
            .iter_mut()
            .filter_map(|(user_id, mark)| {
                let (seq, before) = mark.take(now, TOLD_EVERY)?;
                let authors: Vec<UserId> = authors
                    .iter()
                    .filter(|(author, newest)| *author != user_id && **newest > before)
                    .map(|(author, _)| author.clone())
                    .collect();
                Some(Told { user_id: user_id.clone(), seq, authors })
            })
            .filter(|told| !told.authors.is_empty())
            .collect()
    }

    /// When [`Deliveries::due`] has something to say next.
    pub fn next_deadline(&self, now: Timestamp) -> Option<Timestamp> {
        self.receivers.values().filter_map(|mark| mark.due_at(now)).min()
    }

    /// Whether somebody has written here, or may have.
    pub fn is_author(&self, user_id: &UserId) -> bool {
        self.authors.contains_key(user_id)
    }

    /// Up to which number somebody's clients got everything; none when it is not known.
    pub fn seq(&self, user_id: &UserId) -> Option<i64> {
        self.receivers.get(user_id).map(|mark| mark.seq).filter(|seq| *seq > 0)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    fn stream(conversation_id: &str) -> Stream {
        Stream::Conversation(conversation_id.into())
    }

    fn told(user: &str, seq: i64, authors: &[&str]) -> Told {
        Told { user_id: user.into(), seq, authors: authors.iter().map(|author| UserId::from(*author)).collect() }
    }

    #[test]
    fn a_message_has_arrived_when_its_last_byte_is_written() {
        let mut receipts = Receipts::default();
        receipts.handed(10, None);
        receipts.handed(50, Some((stream("c"), 1)));
        receipts.written(59);
        assert_eq!((receipts.due(at(0)), receipts.next_deadline(at(0))), (vec![], None));
        receipts.written(1);
        assert_eq!(receipts.next_deadline(at(0)), Some(at(0)));
        assert_eq!(receipts.due(at(0)), [(stream("c"), 1)]);
        assert_eq!((receipts.due(at(1)), receipts.next_deadline(at(1))), (vec![], None), "told once");
    }

    #[test]
    fn what_arrives_close_together_is_told_together() {
        let mut receipts = Receipts::default();
        for seq in 1..=3 {
            receipts.handed(10, Some((stream("c"), seq)));
        }
        receipts.handed(10, Some((stream("d"), 7)));
        receipts.written(10);
        assert_eq!(receipts.due(at(0)), [(stream("c"), 1)]);
        receipts.written(30);
        assert_eq!(receipts.due(at(1)), [(stream("d"), 7)], "the other conversation has its own pace");
        assert_eq!(receipts.next_deadline(at(1)), Some(at(200)));
        assert_eq!(receipts.due(at(200)), [(stream("c"), 3)]);
    }

    #[test]
    fn nothing_is_told_of_a_conversation_that_was_left() {
        let mut receipts = Receipts::default();
        receipts.handed(10, Some((stream("c"), 1)));
        receipts.handed(10, Some((stream("c"), 2)));
        receipts.written(10);
        receipts.forget(&"c".into());
        receipts.written(10);
        assert_eq!((receipts.due(at(0)), receipts.next_deadline(at(0))), (vec![], None));
    }

    #[test]
    fn authors_are_told_and_nobody_else() {
        let mut deliveries = Deliveries::default();
        deliveries.wrote(&"ann".into(), 1);
        deliveries.wrote(&"cleo".into(), 2);
        deliveries.arrived(&"cleo".into(), 1);
        assert_eq!(deliveries.due(at(0)), [told("cleo", 1, &["ann"])]);
        deliveries.arrived(&"cleo".into(), 1);
        deliveries.arrived(&"cleo".into(), 2);
        assert_eq!(deliveries.due(at(500)), [], "Ann has written nothing since");
        assert_eq!(deliveries.seq(&"cleo".into()), Some(2));
        assert_eq!(deliveries.seq(&"ann".into()), None);
    }

    #[test]
    fn having_read_makes_having_got_superfluous() {
        let mut deliveries = Deliveries::default();
        deliveries.wrote(&"ann".into(), 3);
        deliveries.read(&"cleo".into(), 2);
        deliveries.arrived(&"cleo".into(), 2);
        assert_eq!((deliveries.due(at(0)), deliveries.next_deadline(at(0))), (vec![], None));
        assert_eq!(deliveries.seq(&"cleo".into()), Some(2));
        deliveries.arrived(&"cleo".into(), 3);
        assert_eq!(deliveries.due(at(0)), [told("cleo", 3, &["ann"])]);
    }

    proptest! {
        #[test]
        fn a_link_tells_what_is_written_and_nothing_else(
            steps in prop::collection::vec((0u8..3, 0u8..2, 1usize..40, 0i64..150), 0..150),
        ) {
            let mut receipts = Receipts::default();
            let (mut now, mut handed, mut written) = (0, 0, 0);
            let mut ends: Vec<(usize, u8, i64)> = Vec::new();
            let mut last: BTreeMap<u8, (i64, i64)> = BTreeMap::new();
            let id = |of: u8| stream(&format!("c{of}"));
            for (what, of, bytes, later) in steps {
                now += later;
                match what {
                    0 => {
                        handed += bytes;
                        let seq = i64::try_from(ends.len()).unwrap() + 1;
                        ends.push((handed, of, seq));
                        receipts.handed(bytes, Some((id(of), seq)));
                    }
                    1 => {
                        handed += bytes;
                        receipts.handed(bytes, None);
                    }
                    _ => {
                        let bytes = bytes.min(handed - written);
                        written += bytes;
                        receipts.written(bytes);
                    }
                }
                let arrived = |of: u8| {
                    ends.iter().filter(|(end, whose, _)| *whose == of && *end <= written).map(|(_, _, seq)| *seq).max()
                };
                let due = receipts.due(at(now));
                for of in 0..2 {
                    let (told, when) = last.get(&of).copied().unwrap_or((0, -1000));
                    let newest = arrived(of).unwrap_or(0);
                    let expected = (newest > told && now >= when + TOLD_EVERY.get()).then_some(newest);
                    let found = due.iter().find(|(whose, _)| *whose == id(of)).map(|(_, seq)| *seq);
                    prop_assert_eq!(found, expected);
                    if let Some(seq) = found { last.insert(of, (seq, now)); }
                }
                let waits = (0..2).filter_map(|of| {
                    let (told, when) = last.get(&of).copied().unwrap_or((0, -1000));
                    (arrived(of).unwrap_or(0) > told).then_some(at(when + TOLD_EVERY.get()))
                });
                prop_assert_eq!(receipts.next_deadline(at(now)), waits.min());
            }
        }

        #[test]
        fn a_room_tells_each_author_at_least_what_reached_the_others(
            steps in prop::collection::vec((0u8..4, 0u8..3, 0i64..8, 0i64..150), 0..150),
        ) {
            let user = |who: u8| UserId::from(format!("u{who}"));
            let mut deliveries = Deliveries::default();
            let (mut now, mut head) = (0, 0);
            // Everybody's messages, how far everybody got and has read, and what each was told of each: number, time.
            let mut wrote: BTreeMap<u8, BTreeSet<i64>> = BTreeMap::new();
            let (mut got, mut read) = ([0_i64; 3], [0_i64; 3]);
            let mut heard = [[0_i64; 3]; 3];
            let mut spoke = [-1000_i64; 3];
            for (what, who, back, later) in steps {
                now += later;
                let place = usize::from(who);
                match what {
                    0 => {
                        head += 1;
                        wrote.entry(who).or_default().insert(head);
                        deliveries.wrote(&user(who), head);
                    }
                    1 => {
                        let seq = (head - back).max(0);
                        got[place] = got[place].max(seq);
                        deliveries.arrived(&user(who), seq);
                    }
                    2 => {
                        let seq = (head - back).max(0);
                        got[place] = got[place].max(seq);
                        read[place] = read[place].max(seq);
                        deliveries.read(&user(who), seq);
                    }
                    _ => {}
                }
                for told in deliveries.due(at(now)) {
                    let receiver = (0..3_u8).find(|who| user(*who) == told.user_id).unwrap();
                    let place = usize::from(receiver);
                    prop_assert_eq!(told.seq, got[place]);
                    prop_assert!(told.seq > read[place], "reading said so already");
                    prop_assert!(now >= spoke[place] + TOLD_EVERY.get(), "too soon");
                    spoke[place] = now;
                    for author in &told.authors {
                        prop_assert_ne!(author, &told.user_id);
                        let author = (0..3_u8).find(|who| user(*who) == *author).unwrap();
                        let known = &mut heard[place][usize::from(author)];
                        prop_assert!(told.seq > *known, "nothing new");
                        *known = told.seq;
                    }
                }
                prop_assert!(deliveries.next_deadline(at(now)).is_none_or(|next| next > at(now)));
            }
            // After a quiet while every author knows of each of their messages that arrived.
            now += TOLD_EVERY.get();
            for told in deliveries.due(at(now)) {
                let place = (0..3).find(|place| user(u8::try_from(*place).unwrap()) == told.user_id).unwrap();
                for author in told.authors {
                    let author = (0..3).find(|place| user(u8::try_from(*place).unwrap()) == author).unwrap();
                    heard[place][author] = told.seq;
                }
            }
            for (author, numbers) in &wrote {
                for place in (0..3).filter(|place| *place != usize::from(*author)) {
                    let known = heard[place][usize::from(*author)].max(read[place]);
                    prop_assert!(numbers.iter().all(|seq| *seq > got[place] || *seq <= known));
                }
            }
            prop_assert_eq!(deliveries.next_deadline(at(now)), None);
        }
    }
}
