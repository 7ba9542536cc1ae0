//! What the public Engine.IO suite asks of a server, in our own words, against the conformance example.

use serde_json::json;
use tokio_tungstenite::tungstenite::Error;

use super::stage::{Stage, opened};
use crate::support::socket_io::Wire;

const AT: &str = "/engine.io/";

fn refused(opened: Result<Wire, Error>) -> u16 {
    match opened {
        Err(Error::Http(response)) => response.status().as_u16(),
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("it was let in"),
    }
}

#[actix_web::test]
async fn a_session_is_opened_by_polling() {
    let stage = Stage::start();
    let (status, body) = stage.request("GET", "/engine.io/?EIO=4&transport=polling", "").await;
    let mut said = opened(&body);
    let sid = said.as_object_mut().unwrap().remove("sid").unwrap();
    assert_eq!((status, sid.as_str().unwrap().len()), (200, 24));
    let rest = json!({ "upgrades": ["websocket"], "pingInterval": 300, "pingTimeout": 200, "maxPayload": 1_000_000 });
    assert_eq!(said, rest);
    stage.stop().await;
}

#[actix_web::test]
async fn a_session_is_opened_by_websocket() {
    let stage = Stage::start();
    let mut wire = stage.wire(AT, "").await;
    let mut said = opened(&wire.text().await);
    assert!(said.as_object_mut().unwrap().remove("sid").unwrap().is_string());
    assert_eq!(said, json!({ "upgrades": [], "pingInterval": 300, "pingTimeout": 200, "maxPayload": 1_000_000 }));
    stage.stop().await;
}

#[actix_web::test]
async fn another_version_another_transport_and_another_method_are_refused() {
    let stage = Stage::start();
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
        let (status, body) = stage.request(method, &format!("{AT}?{query}"), "").await;
        assert_eq!(status, 400, "{method} {query}");
        let body: serde_json::Value = serde_json::from_str(&body).unwrap();
        assert_eq!(body["code"], code, "{method} {query}");
        assert!(body["message"].is_string());
    }
    for query in ["transport=websocket", "EIO=abc&transport=websocket", "EIO=4", "EIO=4&transport=abc"] {
        let url = format!("ws://{}{AT}?{query}", stage.address);
        let opened = tokio_tungstenite::connect_async(url).await;
        assert!(matches!(opened, Err(Error::Http(response)) if response.status() == 400), "{query}");
    }
    assert_eq!(refused(Wire::open(&stage.address, AT, "&sid=forged", &[]).await), 400);
    stage.stop().await;
}

#[actix_web::test]
async fn packets_are_posted_and_polled() {
    let stage = Stage::start();
    for body in ["4hello", "4test1\u{1e}4test2\u{1e}4test3", "4hello\u{1e}bAQIDBA=="] {
        let sid = stage.session().await;
        assert_eq!(stage.push(&sid, body).await, (200, "ok".to_owned()));
        assert_eq!(stage.poll(&sid).await, (200, body.to_owned()));
    }
    stage.stop().await;
}

#[actix_web::test]
async fn a_body_that_is_no_payload_ends_the_session() {
    let stage = Stage::start();
    let sid = stage.session().await;
    assert_eq!(stage.push(&sid, "abc").await.0, 400);
    assert_eq!(stage.poll(&sid).await.0, 400);
    stage.stop().await;
}

#[actix_web::test]
async fn two_concurrent_polls_end_the_session() {
    let stage = Stage::start();
    let sid = stage.session().await;
    let (one, other) = tokio::join!(stage.poll(&sid), stage.poll(&sid));
    let mut answers = [one, other];
    answers.sort();
    assert_eq!(answers[0], (200, "1".to_owned()));
    assert_eq!(answers[1].0, 400);
    assert_eq!(stage.poll(&sid).await.0, 400);
    stage.stop().await;
}

#[actix_web::test]
async fn a_poll_that_is_given_up_ends_the_session() {
    use tokio::io::AsyncWriteExt;
    let stage = Stage::start();
    let sid = stage.session().await;
    let mut raw = tokio::net::TcpStream::connect(&stage.address).await.unwrap();
    let request = format!("GET {AT}?EIO=4&transport=polling&sid={sid} HTTP/1.1\r\nhost: x\r\n\r\n");
    raw.write_all(request.as_bytes()).await.unwrap();
    drop(raw);
    let gone = async {
        while stage.app.engine.open() > 0 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(20), gone).await.expect("the session stayed");
    assert_eq!(stage.poll(&sid).await.0, 400);
    stage.stop().await;
}

#[actix_web::test]
async fn text_and_binary_travel_by_websocket() {
    let stage = Stage::start();
    let mut wire = stage.greeted(AT).await;
    wire.send("4hello").await;
    assert_eq!(wire.text().await, "4hello");
    wire.send_bytes(&[1, 2, 3, 4]).await;
    assert_eq!(wire.bytes().await, [1, 2, 3, 4]);
    stage.stop().await;
}

#[actix_web::test]
async fn a_frame_that_is_no_packet_ends_the_session() {
    let stage = Stage::start();
    let mut wire = stage.greeted(AT).await;
    wire.send("abc").await;
    assert_eq!(wire.end().await, Some(1002));
    stage.stop().await;
}

#[actix_web::test]
async fn pings_are_polled_and_pongs_are_posted() {
    let stage = Stage::start();
    let sid = stage.session().await;
    for _ in 0..3 {
        stage.later(300);
        assert_eq!(stage.poll(&sid).await, (200, "2".to_owned()));
        stage.later(199);
        assert_eq!(stage.push(&sid, "3").await.0, 200);
    }
    stage.later(300);
    assert_eq!(stage.poll(&sid).await, (200, "2".to_owned()));
    stage.later(200);
    assert_eq!(stage.push(&sid, "3").await.0, 400, "too late");
    assert_eq!(stage.poll(&sid).await.0, 400);
    stage.stop().await;
}

#[actix_web::test]
async fn pings_and_pongs_travel_by_websocket() {
    let stage = Stage::start();
    let mut wire = stage.greeted(AT).await;
    for _ in 0..3 {
        stage.later(300);
        assert_eq!(wire.text().await, "2");
        wire.send("3").await;
        // Once this is back the pong was taken.
        wire.send("4x").await;
        assert_eq!(wire.text().await, "4x");
    }
    stage.later(300);
    assert_eq!(wire.text().await, "2");
    stage.later(200);
    wire.end().await;
    stage.stop().await;
}

#[actix_web::test]
async fn the_clients_goodbye_lets_its_poll_go() {
    let stage = Stage::start();
    let sid = stage.session().await;
    // Either may come first.
    let (poll, push) = tokio::join!(stage.poll(&sid), stage.push(&sid, "1"));
    assert_eq!(push, (200, "ok".to_owned()));
    assert!(poll == (200, "6".to_owned()) || poll.0 == 400, "{poll:?}");
    assert_eq!(stage.poll(&sid).await.0, 400);
    stage.stop().await;
}

#[actix_web::test]
async fn the_clients_goodbye_closes_its_websocket() {
    let stage = Stage::start();
    let mut wire = stage.greeted(AT).await;
    wire.send("1").await;
    assert_eq!(wire.end().await, Some(1000));
    stage.stop().await;
}

/// A session that has asked whether its WebSocket carries.
async fn probed(stage: &Stage) -> (String, Wire) {
    let sid = stage.session().await;
    let mut wire = stage.wire(AT, &format!("&sid={sid}")).await;
    wire.send("2probe").await;
    assert_eq!(wire.text().await, "3probe");
    (sid, wire)
}

#[actix_web::test]
async fn a_session_goes_from_polling_to_websocket() {
    let stage = Stage::start();
    let (sid, mut wire) = probed(&stage).await;
    assert_eq!(stage.poll(&sid).await, (200, "6".to_owned()));
    wire.send("5").await;
    wire.send("4hello").await;
    assert_eq!(wire.text().await, "4hello");
    stage.stop().await;
}

#[actix_web::test]
async fn after_its_upgrade_a_session_takes_no_requests() {
    let stage = Stage::start();
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

#[actix_web::test]
async fn after_its_upgrade_a_session_takes_no_other_websocket() {
    let stage = Stage::start();
    let (sid, mut wire) = probed(&stage).await;
    let other = || async { refused(Wire::open(&stage.address, AT, &format!("&sid={sid}"), &[]).await) };
    assert_eq!(other().await, 400, "not while one is about to take over");
    wire.send("5").await;
    assert_eq!(other().await, 400);
    wire.send("4hello").await;
    assert_eq!(wire.text().await, "4hello");
    stage.stop().await;
}

#[actix_web::test]
async fn what_was_said_before_an_upgrade_comes_after_it_in_order() {
    let stage = Stage::start();
    let (sid, mut wire) = probed(&stage).await;
    assert_eq!(stage.push(&sid, "4a\u{1e}4b").await.0, 200);
    wire.send("5").await;
    wire.send("4c").await;
    for wanted in ["4a", "4b", "4c"] {
        assert_eq!(wire.text().await, wanted);
    }
    stage.stop().await;
}

#[actix_web::test]
async fn a_websocket_that_never_takes_over_is_let_go_and_polling_goes_on() {
    let stage = Stage::start();
    let (sid, mut wire) = probed(&stage).await;
    wire.send("4not yet").await;
    assert_eq!(wire.end().await, Some(1002));
    assert_eq!(stage.push(&sid, "4a").await.0, 200);
    assert_eq!(stage.poll(&sid).await, (200, "4a".to_owned()));
    stage.stop().await;
}
