//! What the public Engine.IO suite asks of a server, in our own words, against the conformance example: in process, and
//! of the program from outside. The Socket.IO suite asks part of it again at its own path.

use std::time::Duration;

use serde_json::json;
use tokio_tungstenite::tungstenite::Error;

use super::stage::{Stage, on_stage, opened};
use crate::support::socket_io::Wire;

on_stage!(opening: ENGINE_IO, HEARTBEAT;
    a_session_is_opened_by_polling,
    a_session_is_opened_by_websocket,
    silence_ends_a_session_that_polls,
    silence_ends_a_session_by_websocket,
);
on_stage!(heartbeat: ENGINE_IO, PATIENT;
    pings_are_polled_and_pongs_are_posted,
    pings_and_pongs_travel_by_websocket,
);
on_stage!(echo: ENGINE_IO, QUIET;
    another_version_another_transport_and_another_method_are_refused,
    packets_are_posted_and_polled,
    a_body_that_is_no_payload_ends_the_session,
    two_concurrent_polls_end_the_session,
    a_poll_that_is_given_up_ends_the_session,
    text_and_binary_travel_by_websocket,
    a_frame_that_is_no_packet_ends_the_session,
    the_clients_goodbye_lets_its_poll_go,
    the_clients_goodbye_closes_its_websocket,
    a_session_goes_from_polling_to_websocket,
    after_its_upgrade_a_session_takes_no_requests,
    after_its_upgrade_a_session_takes_no_other_websocket,
    what_was_said_before_an_upgrade_comes_after_it_in_order,
    a_websocket_that_never_takes_over_is_let_go_and_polling_goes_on,
);
on_stage!(opening_for_socket_io: SOCKET_IO, HEARTBEAT;
    a_session_is_opened_by_polling,
    a_session_is_opened_by_websocket,
    silence_ends_a_session_that_polls,
    silence_ends_a_session_by_websocket,
);
on_stage!(for_socket_io: SOCKET_IO, QUIET;
    another_version_another_transport_and_another_method_are_refused,
    a_body_that_is_no_payload_ends_the_session,
    two_concurrent_polls_end_the_session,
    a_poll_that_is_given_up_ends_the_session,
    a_frame_that_is_no_packet_ends_the_session,
    the_clients_goodbye_lets_its_poll_go,
    the_clients_goodbye_closes_its_websocket,
);

/// Nothing here takes this long; it turns a hang into a failure.
const PATIENCE: Duration = Duration::from_secs(20);

fn refused(opened: Result<Wire, Error>) -> u16 {
    match opened {
        Err(Error::Http(response)) => response.status().as_u16(),
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("it was let in"),
    }
}

async fn a_session_is_opened_by_polling(stage: Stage) {
    let (status, body) = stage.request("GET", &format!("{}?EIO=4&transport=polling", stage.at), "").await;
    let mut said = opened(&body);
    let sid = said.as_object_mut().unwrap().remove("sid").unwrap();
    assert_eq!((status, sid.as_str().unwrap().len()), (200, 24));
    let [interval, timeout] = stage.heartbeat;
    let rest = json!({
        "upgrades": ["websocket"], "pingInterval": interval, "pingTimeout": timeout, "maxPayload": 1_000_000
    });
    assert_eq!(said, rest);
    stage.stop().await;
}

async fn a_session_is_opened_by_websocket(stage: Stage) {
    let mut wire = stage.wire("").await;
    let mut said = opened(&wire.text().await);
    assert!(said.as_object_mut().unwrap().remove("sid").unwrap().is_string());
    let [interval, timeout] = stage.heartbeat;
    let rest = json!({ "upgrades": [], "pingInterval": interval, "pingTimeout": timeout, "maxPayload": 1_000_000 });
    assert_eq!(said, rest);
    stage.stop().await;
}

async fn another_version_another_transport_and_another_method_are_refused(stage: Stage) {
    let at = stage.at;
    for (method, query, code) in [
        ("GET", "transport=polling", 5),
        ("GET", "EIO=abc&transport=polling", 5),
        ("GET", "EIO=4", 0),
        ("GET", "EIO=4&transport=abc", 0),
        ("POST", "EIO=4&transport=polling", 2),
        ("PUT", "EIO=4&transport=polling", 2),
        ("GET", "EIO=4&transport=polling&sid=forged", 1),
        ("GET", "EIO=4&transport=websocket", 3),
    ] {
        let (status, body) = stage.request(method, &format!("{at}?{query}"), "").await;
        assert_eq!(status, 400, "{method} {query}");
        let body: serde_json::Value = serde_json::from_str(&body).unwrap();
        assert_eq!(body["code"], code, "{method} {query}");
        assert!(body["message"].is_string());
    }
    for query in ["transport=websocket", "EIO=abc&transport=websocket", "EIO=4", "EIO=4&transport=abc"] {
        let url = format!("ws://{}{at}?{query}", stage.address);
        let opened = tokio_tungstenite::connect_async(url).await;
        assert!(matches!(opened, Err(Error::Http(response)) if response.status() == 400), "{query}");
    }
    assert_eq!(refused(Wire::open(&stage.address, stage.at, "&sid=forged", &[]).await), 400);
    stage.stop().await;
}

async fn packets_are_posted_and_polled(stage: Stage) {
    for body in ["4hello", "4test1\u{1e}4test2\u{1e}4test3", "4hello\u{1e}bAQIDBA=="] {
        let sid = stage.session().await;
        assert_eq!(stage.push(&sid, body).await, (200, "ok".to_owned()));
        assert_eq!(stage.poll(&sid).await, (200, body.to_owned()));
    }
    stage.stop().await;
}

async fn a_body_that_is_no_payload_ends_the_session(stage: Stage) {
    let sid = stage.session().await;
    assert_eq!(stage.push(&sid, "abc").await.0, 400);
    assert_eq!(stage.poll(&sid).await.0, 400);
    stage.stop().await;
}

async fn two_concurrent_polls_end_the_session(stage: Stage) {
    let sid = stage.session().await;
    let (one, other) = tokio::join!(stage.poll(&sid), stage.poll(&sid));
    let mut answers = [one, other];
    answers.sort();
    assert_eq!(answers[0], (200, "1".to_owned()));
    assert_eq!(answers[1].0, 400);
    assert_eq!(stage.poll(&sid).await.0, 400);
    stage.stop().await;
}

async fn a_poll_that_is_given_up_ends_the_session(stage: Stage) {
    use tokio::io::AsyncWriteExt;
    let sid = stage.session().await;
    let mut raw = tokio::net::TcpStream::connect(&stage.address).await.unwrap();
    let request = format!("GET {}?EIO=4&transport=polling&sid={sid} HTTP/1.1\r\nhost: x\r\n\r\n", stage.at);
    raw.write_all(request.as_bytes()).await.unwrap();
    drop(raw);
    // Far fewer packets than would end it for being too fast.
    let gone = async {
        for _ in 0..5_000 {
            if stage.push(&sid, "6").await.0 == 400 {
                return;
            }
        }
        panic!("the session stayed");
    };
    tokio::time::timeout(PATIENCE, gone).await.expect("the session stayed");
    assert_eq!(stage.poll(&sid).await.0, 400);
    stage.stop().await;
}

async fn text_and_binary_travel_by_websocket(stage: Stage) {
    let mut wire = stage.greeted().await;
    wire.send("4hello").await;
    assert_eq!(wire.text().await, "4hello");
    wire.send_bytes(&[1, 2, 3, 4]).await;
    assert_eq!(wire.bytes().await, [1, 2, 3, 4]);
    stage.stop().await;
}

async fn a_frame_that_is_no_packet_ends_the_session(stage: Stage) {
    let mut wire = stage.greeted().await;
    wire.send("abc").await;
    assert_eq!(wire.end().await, Some(1002));
    stage.stop().await;
}

async fn pings_are_polled_and_pongs_are_posted(stage: Stage) {
    let sid = stage.session().await;
    for _ in 0..3 {
        stage.later(300);
        assert_eq!(stage.poll(&sid).await, (200, "2".to_owned()));
        stage.later(199);
        assert_eq!(stage.push(&sid, "3").await.0, 200);
    }
    stage.stop().await;
}

async fn silence_ends_a_session_that_polls(stage: Stage) {
    let sid = stage.session().await;
    stage.later(300);
    assert_eq!(stage.poll(&sid).await, (200, "2".to_owned()));
    stage.later(200);
    // A poll that waits is let go at the end; the next one finds nothing.
    let ended = async { while stage.poll(&sid).await.0 != 400 {} };
    tokio::time::timeout(PATIENCE, ended).await.expect("the session stayed");
    assert_eq!(stage.push(&sid, "3").await.0, 400, "too late");
    stage.stop().await;
}

async fn pings_and_pongs_travel_by_websocket(stage: Stage) {
    let mut wire = stage.greeted().await;
    for _ in 0..3 {
        stage.later(300);
        assert_eq!(wire.text().await, "2");
        wire.send("3").await;
        // Once this is back the pong was taken.
        wire.send("4x").await;
        assert_eq!(wire.text().await, "4x");
    }
    stage.stop().await;
}

async fn silence_ends_a_session_by_websocket(stage: Stage) {
    let mut wire = stage.greeted().await;
    stage.later(300);
    assert_eq!(wire.text().await, "2");
    stage.later(200);
    wire.end().await;
    stage.stop().await;
}

async fn the_clients_goodbye_lets_its_poll_go(stage: Stage) {
    let sid = stage.session().await;
    // Either may come first.
    let (poll, push) = tokio::join!(stage.poll(&sid), stage.push(&sid, "1"));
    assert_eq!(push, (200, "ok".to_owned()));
    assert!(poll == (200, "6".to_owned()) || poll.0 == 400, "{poll:?}");
    assert_eq!(stage.poll(&sid).await.0, 400);
    stage.stop().await;
}

async fn the_clients_goodbye_closes_its_websocket(stage: Stage) {
    let mut wire = stage.greeted().await;
    wire.send("1").await;
    assert_eq!(wire.end().await, Some(1000));
    stage.stop().await;
}

/// A session that has asked whether its WebSocket carries.
async fn probed(stage: &Stage) -> (String, Wire) {
    let sid = stage.session().await;
    let mut wire = stage.wire(&format!("&sid={sid}")).await;
    wire.send("2probe").await;
    assert_eq!(wire.text().await, "3probe");
    (sid, wire)
}

async fn a_session_goes_from_polling_to_websocket(stage: Stage) {
    let (sid, mut wire) = probed(&stage).await;
    assert_eq!(stage.poll(&sid).await, (200, "6".to_owned()));
    wire.send("5").await;
    wire.send("4hello").await;
    assert_eq!(wire.text().await, "4hello");
    stage.stop().await;
}

async fn after_its_upgrade_a_session_takes_no_requests(stage: Stage) {
    let (sid, mut wire) = probed(&stage).await;
    wire.send("5").await;
    wire.send("4first").await;
    assert_eq!(wire.text().await, "4first");
    assert_eq!(stage.poll(&sid).await.0, 400);
    assert_eq!(stage.push(&sid, "4x").await.0, 400);
    wire.send("4hello").await;
    assert_eq!(wire.text().await, "4hello");
    stage.stop().await;
}

async fn after_its_upgrade_a_session_takes_no_other_websocket(stage: Stage) {
    let (sid, mut wire) = probed(&stage).await;
    let other = || async { refused(Wire::open(&stage.address, stage.at, &format!("&sid={sid}"), &[]).await) };
    assert_eq!(other().await, 400, "not while one is about to take over");
    wire.send("5").await;
    assert_eq!(other().await, 400);
    wire.send("4hello").await;
    assert_eq!(wire.text().await, "4hello");
    stage.stop().await;
}

async fn what_was_said_before_an_upgrade_comes_after_it_in_order(stage: Stage) {
    let (sid, mut wire) = probed(&stage).await;
    assert_eq!(stage.push(&sid, "4a\u{1e}4b").await.0, 200);
    wire.send("5").await;
    wire.send("4c").await;
    for wanted in ["4a", "4b", "4c"] {
        assert_eq!(wire.text().await, wanted);
    }
    stage.stop().await;
}

async fn a_websocket_that_never_takes_over_is_let_go_and_polling_goes_on(stage: Stage) {
    // One that says something else once it has asked, and one that takes over without asking.
    let (sid, mut talks) = probed(&stage).await;
    talks.send("4not yet").await;
    assert_eq!(talks.end().await, Some(1002));
    let mut bare = stage.wire(&format!("&sid={sid}")).await;
    bare.send("5").await;
    assert_eq!(bare.end().await, Some(1002));
    assert_eq!(stage.push(&sid, "4a").await.0, 200);
    assert_eq!(stage.poll(&sid).await, (200, "4a".to_owned()));
    stage.stop().await;
}
