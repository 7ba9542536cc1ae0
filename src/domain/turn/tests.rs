use super::*;
use proptest::prelude::*;

fn turns() -> Turns {
    Turns::new(TurnSettings::default(), true)
}

fn says(seq: i64) -> Heard {
    Heard { seq, ..Heard::default() }
}

fn replied(cause: Option<Cause>) -> Ended {
    Ended::Replied { text: true, cause }
}

#[test]
fn a_question_is_answered_and_the_next_one_as_well() {
    let mut turns = turns();
    assert_eq!(turns.heard(says(1)), [Step::Begin { turn: 1, upto: 1 }]);
    assert_eq!(turns.ended(1, replied(None)), [Step::Post { turn: 1 }]);
    assert_eq!(turns.posted(1, Posted::Saved), []);
    assert_eq!(turns.heard(says(3)), [Step::Begin { turn: 2, upto: 3 }]);
}

#[test]
fn what_arrives_while_a_reply_is_written_is_answered_after_it() {
    let mut turns = turns();
    turns.heard(says(1));
    assert_eq!(turns.heard(says(2)), []);
    assert_eq!(turns.heard(says(3)), []);
    turns.ended(1, replied(None));
    assert_eq!(turns.posted(1, Posted::Saved), [Step::Begin { turn: 2, upto: 3 }]);
}

#[test]
fn a_reply_that_was_written_when_a_human_took_over_is_dropped() {
    let mut turns = turns();
    turns.heard(says(1));
    assert_eq!(turns.owner(false), [Step::Drop { turn: 1 }]);
    assert_eq!(turns.ended(1, replied(None)), []);
    assert_eq!(turns.heard(says(2)), []);
}

#[test]
fn a_reply_on_its_way_to_the_disk_is_dropped_by_the_store() {
    let mut turns = turns();
    turns.heard(says(1));
    turns.ended(1, replied(Some(Cause::Promised)));
    assert_eq!(turns.owner(false), []);
    assert_eq!(turns.posted(1, Posted::Dropped), [Step::Drop { turn: 1 }]);
}

#[test]
fn a_failure_is_said_and_a_human_asked_for_once() {
    let mut turns = turns();
    turns.heard(says(1));
    assert_eq!(turns.ended(1, Ended::Failed("timed_out")), [Step::PostFallback { turn: 1 }]);
    assert_eq!(turns.posted(1, Posted::Saved), [Step::HandOff(Cause::Failed("timed_out"))]);
    assert_eq!(turns.heard(says(2)), [], "the answer to the wish is waited for");
    assert_eq!(turns.answered(true), [Step::Begin { turn: 2, upto: 2 }]);
}

#[test]
fn nothing_said_and_no_wish_is_a_failure() {
    let mut turns = turns();
    turns.heard(says(1));
    assert_eq!(turns.ended(1, Ended::Replied { text: false, cause: None }), [Step::PostFallback { turn: 1 }]);
}

#[test]
fn when_nobody_is_available_the_assistant_goes_on_and_does_not_ask_in_a_loop() {
    let mut turns = turns();
    turns.heard(Heard { seq: 1, unhappy: true, ..Heard::default() });
    assert_eq!(turns.answered(false), []);
    assert_eq!(
        turns.heard(Heard { seq: 2, unhappy: true, ..Heard::default() }),
        [Step::Begin { turn: 1, upto: 2 }],
        "an answer instead of the same refusal"
    );
    turns.ended(1, replied(Some(Cause::Assistant { reason: "again".into(), summary: None })));
    assert_eq!(turns.posted(1, Posted::Saved), []);
    assert_eq!(
        turns.heard(Heard { seq: 4, wants_human: true, ..Heard::default() }),
        [Step::HandOff(Cause::Asked)],
        "the customer may ask as often as they like"
    );
}

#[test]
fn who_asks_for_a_human_does_not_wait_for_the_rest_of_the_answer() {
    let mut turns = turns();
    turns.heard(says(1));
    assert_eq!(
        turns.heard(Heard { seq: 2, wants_human: true, ..Heard::default() }),
        [Step::Drop { turn: 1 }, Step::HandOff(Cause::Asked)]
    );
}

#[test]
fn a_long_engagement_ends_with_a_human_and_a_new_one_counts_anew() {
    let mut turns = Turns::new(TurnSettings { turns_per_engagement: 2, ..TurnSettings::default() }, true);
    for turn in 1..=2 {
        turns.heard(says(1));
        turns.ended(turn, replied(None));
        turns.posted(turn, Posted::Saved);
    }
    assert_eq!(turns.heard(says(9)), [Step::HandOff(Cause::TurnCap)]);
    turns.owner(false);
    turns.owner(true);
    assert_eq!(turns.heard(says(12)), [Step::Begin { turn: 3, upto: 12 }]);
}

#[test]
fn a_reply_that_the_store_does_not_take_becomes_the_fallback_text_and_a_human_and_is_not_asked_for_anew() {
    let mut turns = turns();
    turns.heard(says(1));
    turns.ended(1, replied(None));
    for pause in [250, 500] {
        assert_eq!(turns.posted(1, Posted::Failed), [Step::Wait { turn: 1, pause: Millis::new(pause) }]);
        assert_eq!(turns.again(1), [Step::Post { turn: 1 }]);
    }
    assert_eq!(turns.posted(1, Posted::Failed), [Step::Wait { turn: 1, pause: Millis::new(1000) }]);
    assert_eq!(turns.again(1), [Step::PostFallback { turn: 1 }]);
    assert_eq!(turns.posted(1, Posted::Saved), [Step::HandOff(Cause::Failed("unsaved"))]);
    assert_eq!(turns.look(), []);
}

#[test]
fn a_fallback_text_that_cannot_be_saved_is_tried_with_longer_and_longer_pauses_and_not_for_ever() {
    let mut turns = turns();
    turns.heard(says(1));
    turns.ended(1, Ended::Failed("x"));
    let mut pauses = Vec::new();
    loop {
        match turns.posted(1, Posted::Failed).as_slice() {
            [Step::Wait { turn: 1, pause }] => pauses.push(pause.get()),
            steps => {
                assert_eq!(steps, [Step::Drop { turn: 1 }]);
                break;
            }
        }
        assert_eq!(turns.again(1), [Step::PostFallback { turn: 1 }]);
    }
    assert_eq!((pauses.len(), pauses.first(), pauses.last()), (39, Some(&250), Some(&30_000)));
    assert!(pauses.is_sorted());
    assert_eq!((turns.look(), turns.is_quiet()), (Vec::new(), true));
}

#[test]
fn a_message_whose_turn_was_spent_gets_the_fallback_text_and_no_further_turn() {
    let mut turns = turns();
    assert_eq!(turns.heard(Heard { seq: 1, spent: true, ..Heard::default() }), [Step::PostFallback { turn: 1 }]);
    assert_eq!(turns.posted(1, Posted::Saved), [Step::HandOff(Cause::Failed("unsaved"))]);
}

#[test]
fn a_shutdown_in_the_middle_is_said_as_a_failure() {
    let mut turns = turns();
    turns.heard(says(1));
    assert_eq!(turns.shut_down(), [Step::PostFallback { turn: 1 }]);
}

#[test]
fn what_was_said_to_nobody_is_answered_when_the_assistant_has_the_conversation_again() {
    let mut turns = turns();
    turns.owner(false);
    assert_eq!(turns.heard(says(4)), []);
    assert_eq!(turns.owner(true), [Step::Begin { turn: 1, upto: 4 }]);
    turns.owner(false);
    turns.heard(says(6));
    turns.human_said();
    assert_eq!(turns.owner(true), []);
}

#[derive(Clone, Debug)]
enum Act {
    Hears(bool, bool),
    Ends(u8),
    Posts(u8),
    Waits,
    Answers(bool),
    Owner(bool),
    Look,
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let act = prop_oneof![
        4 => (any::<bool>(), any::<bool>()).prop_map(|(wants, unhappy)| Act::Hears(wants, unhappy)),
        4 => (0_u8..5).prop_map(Act::Ends),
        4 => (0_u8..3).prop_map(Act::Posts),
        4 => Just(Act::Waits),
        2 => any::<bool>().prop_map(Act::Answers),
        1 => any::<bool>().prop_map(Act::Owner),
        1 => Just(Act::Look),
    ];
    prop::collection::vec(act, 0..120)
}

proptest! {
    /// One turn at a time; no hand-off while one is on its way or the conversation is a human's; nothing the customer
    /// said is left without a turn, a reply on its way or a wish for a human.
    #[test]
    fn never_silent_never_twice_never_over_a_human(acts in acts()) {
        let mut turns = Turns::new(TurnSettings { turns_per_engagement: 4, post_attempts: 2, fallback_attempts: 3 }, true);
        let (mut ours, mut seq, mut writing, mut posting, mut asking) = (true, 0, None, None, false);
        let (mut waiting, mut asked_about) = (None, 0);
        for act in acts {
            let steps = match act {
                Act::Hears(wants_human, unhappy) => {
                    seq += 1;
                    turns.heard(Heard { seq, wants_human, unhappy, spent: false })
                }
                Act::Ends(how) => {
                    let Some(turn) = writing else { continue };
                    writing = None;
                    turns.ended(turn, match how {
                        0 => Ended::Failed("x"),
                        1 => Ended::Replied { text: false, cause: None },
                        2 => Ended::Replied { text: false, cause: Some(Cause::Promised) },
                        3 => Ended::Replied { text: true, cause: Some(Cause::Promised) },
                        _ => Ended::Replied { text: true, cause: None },
                    })
                }
                Act::Posts(how) => {
                    let Some(turn) = posting.take() else { continue };
                    let how = if ours { [Posted::Saved, Posted::Failed][usize::from(how) % 2] } else { Posted::Dropped };
                    turns.posted(turn, how)
                }
                Act::Waits => {
                    let Some(turn) = waiting.take() else { continue };
                    turns.again(turn)
                }
                Act::Answers(taken) => {
                    if !asking { continue }
                    asking = false;
                    if taken {
                        ours = false;
                        turns.owner(false);
                    }
                    turns.answered(taken)
                }
                Act::Owner(now) => {
                    if now != ours { asking = false }
                    ours = now;
                    turns.owner(now)
                }
                Act::Look => turns.look(),
            };
            for step in steps {
                match step {
                    Step::Begin { turn, upto } => {
                        prop_assert!(upto > asked_about, "a message is asked about once");
                        asked_about = upto;
                        prop_assert!(waiting.is_none());
                        prop_assert!(ours && writing.is_none() && posting.is_none() && !asking);
                        writing = Some(turn);
                    }
                    Step::Drop { turn } => {
                        if writing == Some(turn) { writing = None }
                    }
                    Step::Post { turn } | Step::PostFallback { turn } => {
                        prop_assert!(writing.is_none() && posting.is_none());
                        posting = Some(turn);
                    }
                    Step::Wait { turn, pause } => {
                        prop_assert!(writing.is_none() && posting.is_none() && waiting.is_none());
                        prop_assert!(pause.get() > 0, "no tight loop");
                        waiting = Some(turn);
                    }
                    Step::HandOff(_) => {
                        prop_assert!(ours && !asking && writing.is_none() && posting.is_none());
                        asking = true;
                    }
                }
            }
            prop_assert_eq!(turns.writing(), writing);
            let attended = writing.is_some() || posting.is_some() || waiting.is_some() || asking;
            prop_assert!(!ours || attended || !turns.is_owing() || !turns.clone().look().is_empty());
        }
    }
}
