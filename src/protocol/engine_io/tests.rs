use proptest::prelude::*;

use super::link::{Action, Input, Link, LinkSettings, PostRefusal};
use super::*;
use crate::domain::session::RateLimit;
use crate::domain::time::Timestamp;
use std::sync::Arc;

fn text(text: &str) -> ByteString {
    ByteString::from(text)
}

#[test]
fn a_query_says_what_is_asked_for() {
    let both = Query { transport: Transport::WebSocket, sid: Some("abc") };
    assert_eq!(query("EIO=4&transport=websocket&sid=abc&t=x"), Ok(both));
    assert_eq!(query("transport=polling&EIO=4").unwrap().transport, Transport::Polling);
    for (bad, refusal) in [
        ("", Refusal::UnknownTransport),
        ("EIO=4", Refusal::UnknownTransport),
        ("EIO=4&transport=constructor", Refusal::UnknownTransport),
        ("transport=polling", Refusal::UnsupportedVersion),
        ("EIO=3&transport=polling", Refusal::UnsupportedVersion),
        ("EIO=abc&transport=websocket", Refusal::UnsupportedVersion),
    ] {
        assert_eq!(query(bad), Err(refusal), "{bad}");
    }
    assert_eq!(Refusal::UnknownSid.json(), r#"{"code":1,"message":"Session ID unknown"}"#);
}

#[test]
fn a_payload_has_packets_with_a_separator_in_between() {
    let read = decode_payload(&text("4hello\u{1e}bAQIDBA==\u{1e}3")).unwrap();
    let binary = Packet::Binary(Bytes::from_static(&[1, 2, 3, 4]));
    assert_eq!(read, [Packet::Message(text("hello")), binary, Packet::Pong]);
    for bad in ["", "abc", "4a\u{1e}", "b!", "0{}", "2", "2x", "\u{1e}4a"] {
        assert_eq!(decode_payload(&text(bad)), Err(Fault), "{bad}");
    }
}

proptest! {
    #[test]
    fn a_payload_is_read_as_it_was_written(
        parts in prop::collection::vec(prop_oneof![
            "[^\u{1e}]{0,20}".prop_map(|text| Out::Text(format!("4{text}").into())),
            prop::collection::vec(any::<u8>(), 0..40).prop_map(|bytes| Out::Binary(bytes.into())),
        ], 1..6)
    ) {
        let read = decode_payload(&encode_payload(&parts).into()).unwrap();
        let again: Vec<Out> = read.into_iter().map(|packet| match packet {
            Packet::Message(text) => Out::Text(format!("4{text}").into()),
            Packet::Binary(bytes) => Out::Binary(bytes),
            other => panic!("{other:?}"),
        }).collect();
        prop_assert_eq!(again, parts);
    }

    #[test]
    fn any_body_is_read_or_refused(body in ".{0,60}") {
        // Either is fine; a panic is not.
        let _ = decode_payload(&body.into());
    }
}

const SECOND: i64 = 1000;

fn settings() -> Arc<LinkSettings> {
    Arc::new(LinkSettings {
        ping_interval: Millis::from_secs(25),
        ping_timeout: Millis::from_secs(20),
        max_payload: 1000,
        upgrade_timeout: Millis::from_secs(10),
        linger: Millis::from_secs(5),
        posts: RateLimit { count: 100, window: Millis::from_secs(60) },
        abuse_factor: 1,
    })
}

struct Stage {
    link: Link,
    now: i64,
}

impl Stage {
    fn new(lane: Option<u64>) -> Self {
        Self { link: Link::new(settings(), lane, Timestamp::from_millis(0)), now: 0 }
    }

    fn give(&mut self, input: Input) -> Vec<Action> {
        let mut out = Vec::new();
        // Only posts are answered, and looked at in `post`.
        let _ = self.link.handle(Timestamp::from_millis(self.now), input, &mut out);
        out
    }

    fn post(&mut self, body: &str) -> (Result<(), PostRefusal>, Vec<Action>) {
        let mut out = Vec::new();
        let packets = decode_payload(&text(body));
        (self.link.handle(Timestamp::from_millis(self.now), Input::Post(packets), &mut out), out)
    }

    fn later(&mut self, seconds: i64) -> Vec<Action> {
        self.now += seconds * SECOND;
        self.give(Input::Due)
    }
}

fn say(words: &str) -> Input {
    Input::Say(Out::Text(text(words)))
}

#[test]
fn what_is_said_waits_for_a_poll_and_counts_as_written_once_it_is_fetched() {
    let mut stage = Stage::new(None);
    assert_eq!(stage.give(say("4a")), []);
    assert_eq!(stage.give(say("4bc")), []);
    assert_eq!(stage.give(Input::Poll(1)), [Action::Answer(1, "4a\u{1e}4bc".into()), Action::Written(5)]);
    assert_eq!(stage.give(Input::Poll(2)), []);
    assert_eq!(stage.give(say("4d")), [], "more may follow");
    assert_eq!(stage.give(Input::Flush), [Action::Answer(2, "4d".into()), Action::Written(2)]);
}

#[test]
fn two_polls_at_once_end_the_session() {
    let mut stage = Stage::new(None);
    stage.give(Input::Poll(1));
    let answer = Action::Answer(1, "1".into());
    let refusal = Action::Refuse(2, Refusal::BadRequest);
    assert_eq!(stage.give(Input::Poll(2)), [answer, Action::Over(Some(1002)), refusal]);
    assert_eq!(stage.give(Input::Poll(3)), [Action::Refuse(3, Refusal::UnknownSid)]);
}

#[test]
fn a_poll_that_is_given_up_ends_the_session() {
    let mut stage = Stage::new(None);
    stage.give(Input::Poll(1));
    assert_eq!(stage.give(Input::PollGone(1)), [Action::Over(None)]);
}

#[test]
fn pings_go_out_on_time_and_silence_ends_the_session() {
    let mut stage = Stage::new(Some(7));
    assert_eq!(stage.later(24), []);
    assert_eq!(stage.later(1), [Action::Aside(7, PING)]);
    assert_eq!(stage.give(Input::Text(7, text("3"))), [Action::Heard]);
    // However much the client talks, it waits for pings.
    assert_eq!(stage.later(24), []);
    assert_eq!(stage.give(Input::Text(7, text("4x"))), [Action::Up(text("x"))]);
    assert_eq!(stage.later(1), [Action::Aside(7, PING)]);
    assert_eq!(stage.later(19), []);
    assert_eq!(stage.later(1), [Action::CutLane(7), Action::Over(None)]);
    assert_eq!(stage.link.next_deadline(), None);
}

#[test]
fn a_websocket_takes_over_after_its_probe_and_nothing_is_lost() {
    let mut stage = Stage::new(None);
    stage.give(Input::Poll(1));
    assert!(stage.link.may_upgrade());
    assert_eq!(stage.give(Input::Lane(5)), []);
    assert!(!stage.link.may_upgrade());
    let probed = [Action::Aside(5, PROBED), Action::Answer(1, "6".into())];
    assert_eq!(stage.give(Input::Text(5, text("2probe"))), probed);
    assert_eq!(stage.give(Input::Poll(2)), [Action::Answer(2, "6".into())]);
    stage.give(say("4a"));
    let upgraded = [Action::Upgraded, Action::Lane(5, Out::Text(text("4a")))];
    assert_eq!(stage.give(Input::Text(5, text("5"))), upgraded);
    assert_eq!(stage.give(Input::Poll(3)), [Action::Refuse(3, Refusal::BadRequest)]);
    assert_eq!(stage.post("4x").0, Err(PostRefusal::Refused(Refusal::BadRequest)));
    assert!(matches!(&stage.give(Input::Lane(6))[..], [Action::CloseLane(6, 1002, _)]));
    assert_eq!(stage.give(Input::Text(5, text("4hello"))), [Action::Up(text("hello"))]);
    assert_eq!(stage.give(Input::LaneEnded(5, Some(1000))), [Action::Over(Some(1000))]);
}

#[test]
fn a_websocket_that_never_takes_over_is_let_go_and_polls_go_on() {
    for (what, last) in [("late", None), ("no probe", Some("5")), ("no upgrade", Some("4x"))] {
        let mut stage = Stage::new(None);
        stage.give(Input::Lane(5));
        let gone = match last {
            None => stage.later(10),
            Some(last) => stage.give(Input::Text(5, text(last))),
        };
        assert!(matches!(&gone[..], [Action::CloseLane(5, 1002, _)]), "{what}: {gone:?}");
        stage.give(say("4a"));
        assert_eq!(stage.give(Input::Poll(1)).len(), 2, "{what}");
    }
}

#[test]
fn the_clients_goodbye_lets_the_poll_go() {
    let mut stage = Stage::new(None);
    stage.give(Input::Poll(1));
    assert_eq!(stage.post("1"), (Ok(()), vec![Action::Answer(1, "6".into()), Action::Over(None)]));
    let mut stage = Stage::new(Some(1));
    assert!(matches!(&stage.give(Input::Text(1, text("1")))[..], [Action::CloseLane(1, 1000, _), Action::Over(None)]));
}

#[test]
fn the_servers_goodbye_is_kept_for_the_next_poll() {
    let close = || Input::Close { code: 4401, reason: "token_expired".into() };
    let mut stage = Stage::new(None);
    stage.give(say("441"));
    assert_eq!(stage.give(close()), []);
    let all = [Action::Answer(1, "441\u{1e}1".into()), Action::Written(3), Action::Over(None)];
    assert_eq!(stage.give(Input::Poll(1)), all);
    let mut stage = Stage::new(None);
    stage.give(close());
    assert_eq!(stage.later(5), [Action::Over(None)], "nobody fetches it");
    let mut stage = Stage::new(Some(1));
    assert_eq!(stage.give(close()), [Action::CloseLane(1, 4401, "token_expired".into())]);
    assert_eq!(stage.give(Input::LaneEnded(1, Some(4401))), [Action::Over(Some(4401))]);
}

#[test]
fn the_servers_goodbye_follows_a_client_that_is_about_to_upgrade() {
    let mut stage = Stage::new(None);
    stage.give(Input::Lane(5));
    stage.give(Input::Text(5, text("2probe")));
    stage.give(say("441"));
    assert_eq!(stage.give(Input::Close { code: 4401, reason: "token".into() }), []);
    assert_eq!(stage.give(Input::Poll(1)), [Action::Answer(1, "6".into())]);
    let all = [
        Action::Upgraded,
        Action::Lane(5, Out::Text(text("441"))),
        Action::Aside(5, CLOSE),
        Action::CloseLane(5, 4401, "token".into()),
    ];
    assert_eq!(stage.give(Input::Text(5, text("5"))), all);
    assert_eq!(stage.give(Input::LaneEnded(5, Some(4401))), [Action::Over(Some(4401))]);
    // If it goes instead, polls fetch it.
    let mut stage = Stage::new(None);
    stage.give(Input::Lane(5));
    stage.give(Input::Text(5, text("2probe")));
    stage.give(Input::Close { code: 4401, reason: "token".into() });
    stage.give(Input::LaneEnded(5, None));
    assert_eq!(stage.give(Input::Poll(1)), [Action::Answer(1, "1".into()), Action::Over(None)]);
}

#[test]
fn packets_that_are_none_end_the_session() {
    let mut stage = Stage::new(None);
    stage.give(Input::Poll(1));
    let (refused, actions) = stage.post("abc");
    assert_eq!(refused, Err(PostRefusal::Refused(Refusal::BadRequest)));
    assert_eq!(actions, [Action::Answer(1, "1".into()), Action::Over(Some(1002))]);
    let mut stage = Stage::new(Some(1));
    assert!(matches!(
        &stage.give(Input::Text(1, text("abc")))[..],
        [Action::CloseLane(1, 1002, _), Action::Over(Some(1002))]
    ));
}

#[test]
fn a_flood_of_posts_is_refused_and_then_ends_the_session() {
    let mut stage = Stage::new(None);
    for _ in 0..100 {
        assert_eq!(stage.post("3").0, Ok(()));
    }
    for _ in 0..99 {
        assert_eq!(stage.post("3").0, Err(PostRefusal::TooFast));
    }
    assert!(!stage.link.is_over());
    assert_eq!(stage.post("3").0, Err(PostRefusal::TooFast));
    assert!(stage.link.is_over());
}

fn any_input() -> impl Strategy<Value = Input> {
    prop_oneof![
        (0u64..3).prop_map(Input::Poll),
        (0u64..3).prop_map(Input::PollGone),
        prop::sample::select(vec!["3", "4x", "1", "6", "abc", "4a\u{1e}bAQ=="])
            .prop_map(|body| Input::Post(decode_payload(&text(body)))),
        (0u64..3).prop_map(Input::Lane),
        (0u64..3, prop::sample::select(vec!["2probe", "5", "3", "4x", "1", "z"]))
            .prop_map(|(lane, packet)| Input::Text(lane, text(packet))),
        (0u64..3).prop_map(|lane| Input::LaneEnded(lane, None)),
        Just(say("4s")),
        Just(say("4t")),
        Just(Input::Flush),
        Just(Input::Due),
        Just(Input::Close { code: 1012, reason: String::new() }),
    ]
}

proptest! {
    /// Everything that is said goes out in its order at most once, each poll is answered at most once, the end is told
    /// once and nothing after it.
    #[test]
    fn whatever_comes_the_session_keeps_its_word(
        on_lane in any::<bool>(),
        inputs in prop::collection::vec((any_input(), 0i64..4), 0..60),
    ) {
        let mut stage = Stage::new(on_lane.then_some(0));
        let (mut said, mut told, mut polls, mut over) = (0usize, 0usize, Vec::new(), 0usize);
        for (input, later) in inputs {
            stage.now += later * SECOND;
            let was_over = stage.link.is_over();
            if let Input::Poll(id) = input {
                if polls.contains(&id) { continue }
                polls.push(id);
            }
            said += usize::from(matches!(input, Input::Say(_)) && !was_over);
            for action in stage.give(input) {
                match action {
                    Action::Answer(id, body) => {
                        prop_assert!(polls.contains(&id));
                        polls.retain(|known| *known != id);
                        told += body.split(SEPARATOR).filter(|part| matches!(*part, "4s" | "4t")).count();
                    }
                    Action::Refuse(id, _) => polls.retain(|known| *known != id),
                    Action::Lane(_, _) => told += 1,
                    Action::Over(_) => over += 1,
                    Action::Up(_) | Action::UpBinary(_) => prop_assert!(!was_over),
                    _ => {}
                }
            }
            prop_assert!(told <= said);
            prop_assert_eq!(over, usize::from(stage.link.is_over()));
            if let Some(at) = stage.link.next_deadline() {
                prop_assert!(at > Timestamp::from_millis(stage.now));
            }
        }
    }
}
