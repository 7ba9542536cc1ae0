//! Getting missed messages, never a part of them: a room's ring of recent messages, and the feed that makes one
//! gapless stream out of lossy hints from other nodes (DESIGN §4).

use std::collections::VecDeque;
use std::sync::Arc;

use super::message::Message;

/// The newest messages of one room, without a hole.
#[derive(Clone, Debug)]
pub struct Ring {
    messages: VecDeque<Arc<Message>>,
    head: i64,
    bytes: usize,
    max_messages: usize,
    max_bytes: usize,
}

/// What became of a message that was given to the ring.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Pushed {
    /// It is the newest now.
    Kept,
    /// It was there already, or is older than the head.
    Known,
    /// Messages are missing before it; it was not kept. The missing ones follow `after`.
    Gap {
        /// The head.
        after: i64,
    },
}

/// Where the messages after a number come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Missed {
    /// All of them, oldest first; empty when nothing was missed.
    Complete(Vec<Arc<Message>>),
    /// The ring does not reach that far back (or is itself behind): page the store from here on.
    Page {
        /// The number after which to read.
        after: i64,
    },
}

impl Ring {
    /// An empty ring for a room whose newest message is `head` (0 when there is none).
    ///
    /// It keeps at most `max_messages` and `max_bytes` of content, and the newest one whatever its size.
    pub fn new(head: i64, max_messages: usize, max_bytes: usize) -> Self {
        Self { messages: VecDeque::new(), head: head.max(0), bytes: 0, max_messages: max_messages.max(1), max_bytes }
    }

    /// The newest number.
    pub fn head(&self) -> i64 {
        self.head
    }

    /// Takes the next message. Anything but the next one is left out.
    pub fn push(&mut self, message: Arc<Message>) -> Pushed {
        if message.seq <= self.head {
            return Pushed::Known;
        }
        if message.seq != self.head + 1 {
            return Pushed::Gap { after: self.head };
        }
        self.head = message.seq;
        self.bytes += weight(&message);
        self.messages.push_back(message);
        while self.messages.len() > 1 && (self.messages.len() > self.max_messages || self.bytes > self.max_bytes) {
            if let Some(oldest) = self.messages.pop_front() {
                self.bytes -= weight(&oldest);
            }
        }
        Pushed::Kept
    }

    /// Puts an edited or deleted message in the place of what it was. False when the ring does not hold it.
    pub fn replace(&mut self, message: Arc<Message>) -> bool {
        let Some(held) = self.messages.iter_mut().find(|held| held.seq == message.seq) else { return false };
        self.bytes = self.bytes - weight(held) + weight(&message);
        *held = message;
        true
    }

    /// The messages after `seq`: all of them or none.
    pub fn after(&self, seq: i64) -> Missed {
        let seq = seq.max(0);
        if seq == self.head {
            return Missed::Complete(Vec::new());
        }
        let first = self.messages.front().map_or(self.head + 1, |oldest| oldest.seq);
        // A number above the head is another node's newer message or a mistake: only the store can say.
        if seq > self.head || seq + 1 < first {
            return Missed::Page { after: seq };
        }
        Missed::Complete(self.messages.iter().filter(|message| message.seq > seq).cloned().collect())
    }
}

/// What a message weighs in the ring: the parts that a sender can make large.
fn weight(message: &Message) -> usize {
    message.content.len() + message.metadata.as_ref().map_or(0, String::len)
}

/// One conversation's stream on this node: everything up to `head` was delivered, in order, once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Feed {
    head: i64,
    known: i64,
    /// A read of the store is under way, after this number.
    fetching_after: Option<i64>,
}

/// What to do about a hint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Hinted {
    /// It is the next one: deliver its body now.
    Deliver,
    /// Old, or a fetch that is under way will bring it: forget it.
    Drop,
    /// Something is missing: read the store after this number and hand the page to [`Feed::fetched`].
    Fetch {
        /// The number after which to read.
        after: i64,
    },
}

/// What to do with a page of the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetched<T> {
    /// To be delivered now, in this order.
    pub deliver: Vec<T>,
    /// Not all yet: read again after this number.
    pub again: Option<i64>,
}

impl Feed {
    /// Everything up to `head` is delivered already.
    pub fn new(head: i64) -> Self {
        Self { head, known: head, fetching_after: None }
    }

    /// The newest number that was delivered.
    pub fn head(&self) -> i64 {
        self.head
    }

    /// A message of this number came over the bus (or from this node's own writer), with its body.
    pub fn hint(&mut self, seq: i64) -> Hinted {
        if seq == self.head.saturating_add(1) {
            self.head = seq;
            self.known = self.known.max(seq);
            return Hinted::Deliver;
        }
        self.seen(seq)
    }

    /// The sweep found this head in the store; there is no body to deliver.
    pub fn swept(&mut self, store_head: i64) -> Hinted {
        self.seen(store_head)
    }

    /// A page of the store arrived: messages in rising order, as far as the page reaches.
    ///
    /// Only what follows on without a hole is delivered. When nothing new came since the read was asked
    /// for, the feed does not ask again by itself: the next hint or sweep does, so a slow store is never asked in a
    /// loop.
    pub fn fetched<T>(&mut self, page: Vec<T>, seq_of: impl Fn(&T) -> i64) -> Fetched<T> {
        let asked_after = self.fetching_after.take().unwrap_or(self.head);
        let mut deliver = Vec::with_capacity(page.len());
        for message in page {
            let seq = seq_of(&message);
            if seq == self.head.saturating_add(1) {
                self.head = seq;
                deliver.push(message);
            } else {
                self.known = self.known.max(seq);
            }
        }
        self.known = self.known.max(self.head);
        // Hints that came during the read count as progress as well as the page does.
        let again = (self.head > asked_after && self.known > self.head).then_some(self.head);
        self.fetching_after = again;
        Fetched { deliver, again }
    }

    /// The read failed: the next hint or sweep asks again.
    pub fn fetch_failed(&mut self) {
        self.fetching_after = None;
    }

    fn seen(&mut self, seq: i64) -> Hinted {
        self.known = self.known.max(seq);
        if seq <= self.head || self.fetching_after.is_some() {
            return Hinted::Drop;
        }
        self.fetching_after = Some(self.head);
        Hinted::Fetch { after: self.head }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::message::{MessageKind, SenderRole};
    use crate::domain::time::Timestamp;

    fn message(seq: i64, content: &str) -> Arc<Message> {
        Arc::new(Message {
            id: format!("m{seq}").into(),
            conversation_id: "c".into(),
            seq,
            sender_id: None,
            sender_name: "Sam".into(),
            sender_role: SenderRole::Agent,
            kind: MessageKind::Text,
            content: content.into(),
            ai_generated: false,
            client_id: None,
            reply_to: None,
            metadata: None,
            created_at: Timestamp::from_millis(seq),
            edited_at: None,
            deleted_at: None,
        })
    }

    fn numbers(missed: Missed) -> Result<Vec<i64>, i64> {
        match missed {
            Missed::Complete(messages) => Ok(messages.iter().map(|message| message.seq).collect()),
            Missed::Page { after } => Err(after),
        }
    }

    #[test]
    fn a_ring_gives_all_that_was_missed_or_points_at_the_store() {
        let mut ring = Ring::new(10, 3, 1000);
        assert_eq!(numbers(ring.after(10)), Ok(vec![]));
        assert_eq!(numbers(ring.after(9)), Err(9));
        for seq in 11..=15 {
            assert_eq!(ring.push(message(seq, "x")), Pushed::Kept);
        }
        assert_eq!(numbers(ring.after(12)), Ok(vec![13, 14, 15]));
        assert_eq!(numbers(ring.after(11)), Err(11));
        assert_eq!(numbers(ring.after(15)), Ok(vec![]));
        assert_eq!(numbers(ring.after(16)), Err(16), "ahead of us: the store knows");
        assert_eq!(numbers(ring.after(-5)), Err(0));
        assert_eq!(ring.push(message(15, "x")), Pushed::Known);
        assert_eq!(ring.push(message(17, "x")), Pushed::Gap { after: 15 });
        assert_eq!(ring.head(), 15);
    }

    #[test]
    fn large_messages_push_out_old_ones_and_edits_stay_in_place() {
        let mut ring = Ring::new(0, 10, 10);
        ring.push(message(1, "12345"));
        ring.push(message(2, "12345"));
        assert_eq!(numbers(ring.after(0)), Ok(vec![1, 2]));
        ring.push(message(3, "123456789012345"));
        assert_eq!(numbers(ring.after(2)), Ok(vec![3]), "the newest stays whatever its size");
        assert!(ring.replace(message(3, "")));
        assert!(!ring.replace(message(2, "")));
        ring.push(message(4, "1234567890"));
        assert_eq!(numbers(ring.after(2)), Ok(vec![3, 4]));
        let Missed::Complete(held) = ring.after(2) else { panic!("complete") };
        assert_eq!(held[0].content, "");
    }

    #[test]
    fn a_feed_delivers_the_next_drops_the_old_and_fetches_a_gap_once() {
        let mut feed = Feed::new(5);
        assert_eq!(feed.hint(6), Hinted::Deliver);
        assert_eq!(feed.hint(6), Hinted::Drop);
        assert_eq!(feed.hint(9), Hinted::Fetch { after: 6 });
        assert_eq!(feed.hint(10), Hinted::Drop, "the fetch under way brings it");
        assert_eq!(feed.fetched(vec![7, 8, 9], |seq| *seq), Fetched { deliver: vec![7, 8, 9], again: Some(9) });
        assert_eq!(feed.hint(10), Hinted::Deliver, "a hint may overtake the fetch");
        assert_eq!(feed.fetched(vec![10], |seq| *seq), Fetched { deliver: vec![], again: None });
        assert_eq!(feed.swept(12), Hinted::Fetch { after: 10 });
        assert_eq!(feed.fetched(Vec::<i64>::new(), |seq| *seq), Fetched { deliver: vec![], again: None });
        assert_eq!(feed.swept(12), Hinted::Fetch { after: 10 }, "asked again by the sweep, not in a loop");
        feed.fetch_failed();
        assert_eq!(feed.swept(12), Hinted::Fetch { after: 10 });
        assert_eq!(
            feed.fetched(vec![12], |seq| *seq),
            Fetched { deliver: vec![], again: None },
            "a hole is not skipped"
        );
    }

    #[test]
    fn a_gap_that_opens_while_a_read_is_under_way_is_fetched_at_once() {
        let mut feed = Feed::new(5);
        assert_eq!(feed.swept(6), Hinted::Fetch { after: 5 });
        assert_eq!(feed.hint(6), Hinted::Deliver);
        assert_eq!(feed.hint(8), Hinted::Drop);
        assert_eq!(feed.fetched(vec![6], |seq| *seq), Fetched { deliver: vec![], again: Some(6) });
        assert_eq!(feed.fetched(vec![7, 8], |seq| *seq), Fetched { deliver: vec![7, 8], again: None });
    }

    #[derive(Clone, Debug)]
    enum Happening {
        Commit,
        Hint(usize),
        PageArrives(usize),
        PageFails,
        Sweep,
    }

    fn happening() -> impl Strategy<Value = Happening> {
        prop_oneof![
            3 => Just(Happening::Commit),
            4 => (0usize..6).prop_map(Happening::Hint),
            2 => (1usize..4).prop_map(Happening::PageArrives),
            1 => Just(Happening::PageFails),
            1 => Just(Happening::Sweep),
        ]
    }

    proptest! {
        #[test]
        fn a_feed_with_lost_late_and_repeated_hints_delivers_everything_once_in_order(
            happenings in prop::collection::vec(happening(), 0..120),
        ) {
            let mut feed = Feed::new(0);
            let (mut store_head, mut delivered, mut pending) = (0_i64, Vec::new(), None);
            let page = |after: i64, size: usize, head: i64| -> Vec<i64> { (after + 1..=head).take(size).collect() };
            for happening in happenings {
                let hinted = match happening {
                    Happening::Commit => {
                        store_head += 1;
                        Hinted::Drop
                    }
                    // Any committed number may be hinted at, in any order, any number of times.
                    Happening::Hint(back) => {
                        let seq = store_head - i64::try_from(back).unwrap();
                        if seq < 1 { continue }
                        let hinted = feed.hint(seq);
                        if hinted == Hinted::Deliver { delivered.push(seq) }
                        hinted
                    }
                    Happening::Sweep => feed.swept(store_head),
                    Happening::PageArrives(size) => {
                        let Some(after) = pending.take() else { continue };
                        let fetched = feed.fetched(page(after, size, store_head), |seq| *seq);
                        delivered.extend(fetched.deliver);
                        pending = fetched.again;
                        Hinted::Drop
                    }
                    Happening::PageFails => {
                        if pending.take().is_some() { feed.fetch_failed() }
                        Hinted::Drop
                    }
                };
                if let Hinted::Fetch { after } = hinted {
                    prop_assert_eq!(pending, None, "one fetch at a time");
                    prop_assert_eq!(after, feed.head());
                    pending = Some(after);
                }
                prop_assert_eq!(feed.head(), i64::try_from(delivered.len()).unwrap());
            }
            // Then the bus is dead: sweeps alone must bring the rest.
            for _ in 0..200 {
                pending = pending.or(match feed.swept(store_head) {
                    Hinted::Fetch { after } => Some(after),
                    _ => None,
                });
                let Some(after) = pending.take() else { break };
                let fetched = feed.fetched(page(after, 3, store_head), |seq| *seq);
                delivered.extend(fetched.deliver);
                pending = fetched.again;
            }
            prop_assert_eq!(delivered, (1..=store_head).collect::<Vec<_>>());
        }

        #[test]
        fn a_ring_is_never_partial(
            start in 0i64..5, capacity in 1usize..6, max_bytes in 0usize..20,
            pushes in prop::collection::vec((-2i64..4, 0usize..9), 0..40), asked in 0i64..60,
        ) {
            let mut ring = Ring::new(start, capacity, max_bytes);
            for (offset, size) in pushes {
                let (head, seq) = (ring.head(), ring.head() + offset);
                let pushed = ring.push(message(seq, &"x".repeat(size)));
                let expected = match offset {
                    1 => Pushed::Kept,
                    offset if offset < 1 => Pushed::Known,
                    _ => Pushed::Gap { after: head },
                };
                prop_assert_eq!(pushed, expected);
                prop_assert!(ring.messages.len() <= capacity);
                prop_assert!(ring.messages.len() <= 1 || ring.bytes <= max_bytes);
                prop_assert_eq!(ring.bytes, ring.messages.iter().map(|one| one.content.len()).sum::<usize>());
            }
            match numbers(ring.after(asked)) {
                Ok(got) => prop_assert_eq!(got, (asked + 1..=ring.head()).collect::<Vec<_>>()),
                Err(after) => prop_assert_eq!(after, asked),
            }
            prop_assert_eq!(numbers(ring.after(ring.head())), Ok(vec![]));
        }
    }
}
