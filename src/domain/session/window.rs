//! The send window: how many bytes may be on their way to a client that reads slowly.
//!
//! The session hands bytes to the pump and the pump says when it has written them; the difference is in flight. So a
//! pump that is stuck behind a client is noticed from outside, without asking it anything.

use crate::domain::time::{Millis, Timestamp};

/// The numbers of the window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct WindowSettings {
    /// Above this many bytes in flight a client is slow.
    pub bytes: usize,
    /// A slow client must make progress within this.
    pub stall: Millis,
}

/// A client is cut at once above this multiple of the bound.
const OVERFLOW_FACTOR: usize = 4;

/// What becomes of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Offered {
    /// Hand it to the pump.
    Write,
    /// Leave it out: it may be left out, and the client is slow.
    Drop,
    /// There is no more room: cut the link.
    Overflow,
}

/// Bytes handed to the pump minus bytes it has written.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct SendWindow {
    in_flight: usize,
    /// While above the bound: when the client counts as stalled.
    stall_at: Option<Timestamp>,
}

impl SendWindow {
    /// An event of this many bytes wants to go out.
    pub fn offer(&mut self, now: Timestamp, bytes: usize, droppable: bool, settings: WindowSettings) -> Offered {
        let next = self.in_flight.saturating_add(bytes);
        if droppable && next > settings.bytes {
            return Offered::Drop;
        }
        // Alone in the window it goes out whatever its size: the client cannot be blamed for it.
        if next > settings.bytes.saturating_mul(OVERFLOW_FACTOR) && self.in_flight > 0 {
            return Offered::Overflow;
        }
        self.in_flight = next;
        if next > settings.bytes && self.stall_at.is_none() {
            self.stall_at = Some(now + settings.stall);
        }
        Offered::Write
    }

    /// The pump has written this many bytes.
    pub fn written(&mut self, now: Timestamp, bytes: usize, settings: WindowSettings) {
        if bytes == 0 {
            return;
        }
        self.in_flight = self.in_flight.saturating_sub(bytes);
        self.stall_at = (self.in_flight > settings.bytes).then_some(now + settings.stall);
    }

    /// When the client counts as stalled, if nothing is written before.
    pub fn stall_at(&self) -> Option<Timestamp> {
        self.stall_at
    }

    /// Bytes in flight.
    pub fn in_flight(&self) -> usize {
        self.in_flight
    }

    /// Bytes that still go below the bound.
    pub fn credit(&self, settings: WindowSettings) -> usize {
        settings.bytes.saturating_sub(self.in_flight)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SETTINGS: WindowSettings = WindowSettings { bytes: 100, stall: Millis::from_secs(5) };

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    #[test]
    fn typing_is_dropped_first_and_messages_go_on_until_four_times_the_bound() {
        let mut window = SendWindow::default();
        assert_eq!(window.offer(at(0), 90, false, SETTINGS), Offered::Write);
        assert_eq!(window.offer(at(0), 10, true, SETTINGS), Offered::Write);
        assert_eq!(window.offer(at(0), 1, true, SETTINGS), Offered::Drop);
        assert_eq!(window.stall_at(), None);
        assert_eq!(window.offer(at(7), 300, false, SETTINGS), Offered::Write);
        assert_eq!((window.in_flight(), window.credit(SETTINGS), window.stall_at()), (400, 0, Some(at(5007))));
        assert_eq!(window.offer(at(8), 1, false, SETTINGS), Offered::Overflow);
        window.written(at(100), 250, SETTINGS);
        assert_eq!((window.in_flight(), window.stall_at()), (150, Some(at(5100))), "progress");
        window.written(at(200), 50, SETTINGS);
        assert_eq!((window.stall_at(), window.credit(SETTINGS)), (None, 0));
        window.written(at(300), 9999, SETTINGS);
        assert_eq!(window.in_flight(), 0);
    }

    #[test]
    fn one_huge_event_alone_is_let_through_and_must_still_make_progress() {
        let mut window = SendWindow::default();
        assert_eq!(window.offer(at(0), 5000, false, SETTINGS), Offered::Write);
        assert_eq!(window.stall_at(), Some(at(5000)));
        window.written(at(10), 0, SETTINGS);
        assert_eq!(window.stall_at(), Some(at(5000)), "nothing written is no progress");
    }

    proptest! {
        #[test]
        fn credits_add_up(steps in prop::collection::vec((0usize..200, 0u8..3, 0i64..3000), 0..120)) {
            let (mut window, mut flying, mut now) = (SendWindow::default(), 0_usize, 0);
            // Since when it is above the bound without progress.
            let mut stuck_since: Option<i64> = None;
            for (bytes, what, later) in steps {
                now += later;
                if what == 2 {
                    let bytes = bytes.min(flying);
                    window.written(at(now), bytes, SETTINGS);
                    flying -= bytes;
                    if bytes > 0 { stuck_since = None }
                } else {
                    match window.offer(at(now), bytes, what == 1, SETTINGS) {
                        Offered::Write => {
                            prop_assert!(what == 0 || flying + bytes <= SETTINGS.bytes);
                            prop_assert!(flying == 0 || flying + bytes <= 4 * SETTINGS.bytes);
                            flying += bytes;
                        }
                        Offered::Drop => prop_assert!(what == 1 && flying + bytes > SETTINGS.bytes),
                        Offered::Overflow => {
                            prop_assert!(what == 0 && flying > 0 && flying + bytes > 4 * SETTINGS.bytes);
                        }
                    }
                }
                if flying > SETTINGS.bytes {
                    stuck_since = stuck_since.or(Some(now));
                } else {
                    stuck_since = None;
                }
                prop_assert_eq!(window.in_flight(), flying);
                prop_assert_eq!(window.credit(SETTINGS), SETTINGS.bytes.saturating_sub(flying));
                prop_assert_eq!(window.stall_at(), stuck_since.map(|since| at(since + 5000)));
            }
        }
    }
}
