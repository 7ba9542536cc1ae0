//! What the public Socket.IO suite asks of a server beyond Engine.IO, in our own words, against the conformance
//! example: in process, and of the program from outside.

use serde_json::Value;

use super::stage::{QUIET, SOCKET_IO, Stage, on_stage};
use crate::support::socket_io::Wire;

on_stage!(packets: SOCKET_IO, QUIET;
    the_main_namespace_is_entered,
    the_main_namespace_is_entered_with_a_payload,
    a_custom_namespace_is_entered,
    a_custom_namespace_is_entered_with_a_payload,
    an_unknown_namespace_is_not_entered,
    a_bad_first_packet_closes_the_connection,
    the_main_namespace_is_left,
    a_custom_namespace_is_left_and_the_main_one_goes_on,
    arguments_come_back_as_they_were,
    one_and_two_attachments_come_back_and_are_acknowledged,
    bad_packets_close_the_connection,
    the_same_travels_by_polling,
    the_same_travels_across_an_upgrade,
);
on_stage!(heartbeat: SOCKET_IO, PATIENT;
    pings_and_pongs_travel_beside_packets,
);

/// In the main namespace.
async fn entered(stage: &Stage) -> Wire {
    let mut wire = stage.greeted().await;
    wire.send("40").await;
    wire.text().await;
    wire.text().await;
    wire
}

async fn enters(stage: Stage, namespace: &str, payload: &str, auth: &str) {
    let mut wire = stage.greeted().await;
    wire.send(&format!("40{namespace}{payload}")).await;
    let answer = wire.text().await;
    let said: Value = serde_json::from_str(answer.strip_prefix(&format!("40{namespace}")).unwrap()).unwrap();
    assert!(said["sid"].is_string() && said.as_object().unwrap().len() == 1, "{said}");
    assert_eq!(wire.text().await, format!("42{namespace}[\"auth\",{auth}]"));
    stage.stop().await;
}

async fn the_main_namespace_is_entered(stage: Stage) {
    enters(stage, "", "", "{}").await;
}

async fn the_main_namespace_is_entered_with_a_payload(stage: Stage) {
    enters(stage, "", r#"{"token":"123"}"#, r#"{"token":"123"}"#).await;
}

async fn a_custom_namespace_is_entered(stage: Stage) {
    enters(stage, "/custom,", "", "{}").await;
}

async fn a_custom_namespace_is_entered_with_a_payload(stage: Stage) {
    enters(stage, "/custom,", r#"{"token":"abc"}"#, r#"{"token":"abc"}"#).await;
}

async fn an_unknown_namespace_is_not_entered(stage: Stage) {
    let mut wire = stage.greeted().await;
    wire.send("40/random").await;
    assert_eq!(wire.text().await, r#"44/random,{"message":"Invalid namespace"}"#);
    stage.stop().await;
}

async fn a_bad_first_packet_closes_the_connection(stage: Stage) {
    for first in ["4abc", "42[\"message\"]"] {
        let mut wire = stage.greeted().await;
        wire.send(first).await;
        wire.end().await;
    }
    stage.stop().await;
}

#[actix_web::test]
async fn the_program_closes_who_enters_nothing_in_time() {
    let stage = Stage::program(SOCKET_IO, QUIET).await;
    let mut wire = stage.greeted().await;
    assert_eq!(wire.end().await, Some(1000));
    stage.stop().await;
}

#[actix_web::test]
async fn who_enters_nothing_in_time_is_closed() {
    let stage = Stage::start(SOCKET_IO);
    let mut wire = stage.greeted().await;
    // Its time runs from the moment at which somebody is above the link, who answers this.
    wire.send("40/random").await;
    wire.text().await;
    for millis in [300, 300, 300] {
        stage.later(millis);
        assert_eq!(wire.text().await, "2");
        wire.send("3").await;
        // Answered once the pong was taken.
        wire.send("40/random").await;
        wire.text().await;
    }
    stage.later(100);
    assert_eq!(wire.end().await, Some(1000));
    stage.stop().await;
}

async fn the_main_namespace_is_left(stage: Stage) {
    let mut wire = entered(&stage).await;
    wire.send("41").await;
    wire.end().await;
    stage.stop().await;
}

async fn a_custom_namespace_is_left_and_the_main_one_goes_on(stage: Stage) {
    let mut wire = entered(&stage).await;
    wire.send("40/custom").await;
    wire.text().await;
    wire.text().await;
    wire.send("41/custom").await;
    wire.send(r#"42["message","message to main namespace"]"#).await;
    assert_eq!(wire.text().await, r#"42["message-back","message to main namespace"]"#);
    stage.stop().await;
}

async fn arguments_come_back_as_they_were(stage: Stage) {
    let mut wire = entered(&stage).await;
    wire.send(r#"42["message",1,"2",{"3":[true]}]"#).await;
    assert_eq!(wire.text().await, r#"42["message-back",1,"2",{"3":[true]}]"#);
    wire.send(r#"42456["message-with-ack",1,"2",{"3":[false]}]"#).await;
    assert_eq!(wire.text().await, r#"43456[1,"2",{"3":[false]}]"#);
    stage.stop().await;
}

async fn one_and_two_attachments_come_back_and_are_acknowledged(stage: Stage) {
    let mut wire = entered(&stage).await;
    let place = |number: usize| format!(r#"{{"_placeholder":true,"num":{number}}}"#);
    for count in [1, 2] {
        let places = (0..count).map(place).collect::<Vec<_>>().join(",");
        for (sent, back) in [
            (format!("45{count}-[\"message\",{places}]"), format!("45{count}-[\"message-back\",{places}]")),
            (format!("45{count}-789[\"message-with-ack\",{places}]"), format!("46{count}-789[{places}]")),
        ] {
            wire.send(&sent).await;
            for number in 0..count {
                wire.send_bytes(&[u8::try_from(number).unwrap(), 2, 3]).await;
            }
            assert_eq!(wire.text().await, back);
            for number in 0..count {
                assert_eq!(wire.bytes().await, [u8::try_from(number).unwrap(), 2, 3]);
            }
        }
    }
    stage.stop().await;
}

async fn bad_packets_close_the_connection(stage: Stage) {
    for bad in [
        "4abc",
        "42{}",
        r#"42abc["message-with-ack",1,"2",{"3":[false]}]"#,
        "451-[\"message\"",
        "42/custom,[\"message\"]",
    ] {
        let mut wire = entered(&stage).await;
        wire.send(bad).await;
        assert_eq!(wire.end().await, Some(1000), "{bad}");
    }
    let mut wire = entered(&stage).await;
    wire.send_bytes(&[1]).await;
    assert_eq!(wire.end().await, Some(1000), "binary that nothing waits for");
    stage.stop().await;
}

async fn the_same_travels_by_polling(stage: Stage) {
    let (_, body) = stage.request("GET", &format!("{SOCKET_IO}?EIO=4&transport=polling"), "").await;
    let sid = super::stage::opened(&body)["sid"].as_str().unwrap().to_owned();
    let at = format!("/socket.io/?EIO=4&transport=polling&sid={sid}");
    assert_eq!(stage.request("POST", &at, "40").await.0, 200);
    let (_, body) = stage.request("GET", &at, "").await;
    assert!(body.starts_with("40{") && body.ends_with("\u{1e}42[\"auth\",{}]"), "{body}");
    let sent = "451-7[\"message-with-ack\",{\"_placeholder\":true,\"num\":0}]\u{1e}bAQID";
    assert_eq!(stage.request("POST", &at, sent).await.0, 200);
    let (_, body) = stage.request("GET", &at, "").await;
    assert_eq!(body, "461-7[{\"_placeholder\":true,\"num\":0}]\u{1e}bAQID");
    stage.stop().await;
}

async fn pings_and_pongs_travel_beside_packets(stage: Stage) {
    let mut wire = entered(&stage).await;
    for number in 0..4 {
        stage.later(300);
        assert_eq!(wire.text().await, "2");
        wire.send("3").await;
        // Once this is back the pong was taken.
        wire.send(&format!("42[\"message\",{number}]")).await;
        assert_eq!(wire.text().await, format!("42[\"message-back\",{number}]"));
    }
    stage.stop().await;
}

async fn the_same_travels_across_an_upgrade(stage: Stage) {
    let sid = stage.session().await;
    assert_eq!(stage.push(&sid, "40").await.0, 200);
    let (_, body) = stage.poll(&sid).await;
    assert!(body.starts_with("40{"), "{body}");
    let mut wire = stage.wire(&format!("&sid={sid}")).await;
    wire.send("2probe").await;
    assert_eq!(wire.text().await, "3probe");
    assert_eq!(stage.poll(&sid).await, (200, "6".to_owned()));
    wire.send("5").await;
    wire.send(r#"42["message","by websocket"]"#).await;
    assert_eq!(wire.text().await, r#"42["message-back","by websocket"]"#);
    stage.stop().await;
}
