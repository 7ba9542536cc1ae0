//! Seed 002's events over Socket.IO, alone and together with the plain dialect. On both databases, but for what none
//! of them is asked about.

use serde_json::{Value, json};
use switchboard::config::{Config, Provider};
use switchboard::domain::chatbot::RoutingMode;
use switchboard::domain::host_event::{EventAudience, NewHostEvent};
use switchboard::domain::time::Millis;
use switchboard::engine::User;

use crate::support::client::Client;
use crate::support::on_both;
use crate::support::server::Server;
use crate::support::socket_io::{SocketIo, Wire};

on_both!(
    a_customer_connects_is_greeted_and_is_answered_without_saying_where with talkative,
    acknowledgements_carry_the_number_and_a_repeat_changes_nothing,
    a_returning_customer_gets_its_conversation_with_the_last_twenty_messages,
    an_offer_is_declined_by_one_and_accepted_by_the_next_who_sees_the_history with offering,
    nobody_there_is_told_and_the_customer_keeps_its_place,
    staff_hear_of_each_other,
    a_customer_on_socket_io_and_an_agent_on_the_plain_dialect_talk_to_each_other_and_the_reverse,
    a_lost_connection_goes_on_without_loss_and_without_doubles,
    an_agent_who_comes_back_gets_what_it_missed_in_all_its_conversations,
    two_tabs_that_come_at_the_same_moment_get_one_conversation,
    a_host_s_event_comes_under_its_name_and_waits_for_who_is_away,
);

pub(super) async fn customer(server: &Server, name: &str) -> String {
    server.token(&User::customer(name, name)).await
}

pub(super) async fn agent(server: &Server, name: &str) -> SocketIo {
    let token = server.token(&User::agent(name, name)).await;
    let mut agent = SocketIo::connect(server, &token).await;
    agent.expect("staff_data").await;
    agent
}

fn talkative(config: &mut Config) {
    config.assistant.provider = Provider::Knowledge;
}

fn offering(config: &mut Config) {
    config.routing.mode = RoutingMode::Offer;
}

/// A customer with its new conversation.
pub(super) async fn started(server: &Server, name: &str) -> (SocketIo, String) {
    let mut client = SocketIo::connect(server, &customer(server, name).await).await;
    let id = client.expect("chat_session_started").await["sessionUuid"].as_str().unwrap().to_owned();
    (client, id)
}

async fn a_customer_connects_is_greeted_and_is_answered_without_saying_where(server: Server) {
    let token = customer(&server, "cleo").await;
    let mut cleo = SocketIo::enter(&server.address, json!({ "token": token })).await;
    assert!(cleo.entered["sid"].is_string());
    let connected = cleo.expect("connected").await;
    assert_eq!((&connected["userId"], &connected["isStaff"]), (&json!("cleo"), &json!(false)));
    assert!(connected["timestamp"].is_string());
    // As seed 002's client does: it knows of no session yet.
    cleo.emit("send_message", json!({ "sessionUuid": null, "content": "When do you open?", "messageType": "text" }))
        .await;
    let greeting = cleo.expect("ai_message").await;
    assert_eq!(greeting["seq"], 1, "{greeting}");
    let mine = cleo.expect("new_message").await;
    assert_eq!((&mine["content"], &mine["senderId"]), (&json!("When do you open?"), &json!("cleo")));
    assert_eq!((&mine["aiGenerated"], &mine["sessionUuid"]), (&json!(false), &greeting["sessionUuid"]));
    let answer = cleo.expect("ai_message").await;
    assert_eq!((&answer["seq"], &answer["sessionUuid"]), (&json!(3), &greeting["sessionUuid"]));
    assert!(answer["timestamp"].is_string());
    server.stop().await;
}

async fn acknowledgements_carry_the_number_and_a_repeat_changes_nothing(server: Server) {
    let (mut cleo, id) = started(&server, "cleo").await;
    let data = json!({ "sessionUuid": id, "content": "once", "clientId": "m1" });
    let (first, second) = (cleo.ask("send_message", data.clone()).await, cleo.ask("send_message", data).await);
    assert_eq!((&first["seq"], &first["messageId"]), (&json!(1), &second["messageId"]));
    assert_eq!(second["duplicate"], true);
    // The id as a second argument, as Socket.IO's own guide writes it.
    for _ in 0..2 {
        cleo.wire.send(r#"42["send_message",{"content":"twice"},"m2"]"#).await;
    }
    assert_eq!(cleo.ask("send_message", json!({ "content": "last" })).await["seq"], 3);
    server.stop().await;
}

async fn a_returning_customer_gets_its_conversation_with_the_last_twenty_messages(server: Server) {
    let (mut cleo, id) = started(&server, "cleo").await;
    for number in 1..=25 {
        cleo.ask("send_message", json!({ "content": format!("m{number}") })).await;
    }
    let mut again = SocketIo::connect(&server, &customer(&server, "cleo").await).await;
    let restored = again.expect("chat_session_restored").await;
    assert_eq!((&restored["sessionUuid"], &restored["sessionType"]), (&json!(id), &json!("ai")));
    assert_eq!(restored["staffId"], Value::Null);
    let history = restored["history"].as_array().unwrap();
    assert_eq!((history.len(), &history[0]["seq"], &history[19]["seq"]), (20, &json!(6), &json!(25)));
    cleo.ask("send_message", json!({ "content": "live" })).await;
    assert_eq!(again.expect("new_message").await["content"], "live");
    assert_eq!(again.messages().len(), 1);
    server.stop().await;
}

async fn an_offer_is_declined_by_one_and_accepted_by_the_next_who_sees_the_history(server: Server) {
    let (mut ann, mut bob) = (agent(&server, "ann").await, agent(&server, "bob").await);
    server.settle().await;
    let (mut cleo, id) = started(&server, "cleo").await;
    for number in 1..=3 {
        cleo.ask("send_message", json!({ "content": format!("m{number}") })).await;
    }
    cleo.emit("request_staff", json!({ "sessionUuid": id, "reason": "refund" })).await;
    let asked = cleo.expect("transfer_requested").await;
    assert_eq!((&asked["sessionUuid"], &asked["reason"]), (&json!(id), &json!("refund")));
    let offer = ann.expect("new_transfer_request").await;
    assert_eq!((&offer["sessionUuid"], &offer["reason"]), (&json!(id), &json!("refund")));
    ann.emit("decline_transfer", json!({ "transferRequestId": offer["transferRequestId"], "reason": "lunch" })).await;
    let offer = bob.expect("new_transfer_request").await;
    assert_eq!(offer["declinedBy"], "ann", "{offer}");
    bob.emit("accept_transfer", json!({ "transferRequestId": offer["transferRequestId"] })).await;
    let accepted = cleo.expect("transfer_accepted").await;
    assert_eq!((&accepted["staffId"], &accepted["staffName"]), (&json!("bob"), &json!("bob")));
    assert_eq!(accepted["sessionUuid"], id.as_str());
    let joined = bob.expect("staff_chat_joined").await;
    assert_eq!((&joined["sessionUuid"], &joined["userName"]), (&json!(id), &json!("cleo")));
    let texts: Vec<&str> =
        joined["history"].as_array().unwrap().iter().map(|one| one["content"].as_str().unwrap()).collect();
    assert_eq!(texts[..3], ["m1", "m2", "m3"]);
    let workload = bob.expect_where(|name, data| name == "workload_updated" && data["currentChats"] == 1).await;
    assert!(workload["maxConcurrentChats"].is_i64() && workload["isAvailable"] == true, "{workload}");

    bob.emit("typing_start", json!({ "sessionUuid": id })).await;
    assert_eq!(cleo.expect("user_typing").await["userId"], "bob");
    let sent = bob.ask("send_message", json!({ "sessionUuid": id, "content": "Hello", "messageType": "text" })).await;
    let hello = cleo.expect_where(|name, data| name == "new_message" && data["content"] == "Hello").await;
    cleo.emit("mark_read", json!({ "sessionUuid": id, "messageId": hello["messageId"] })).await;
    let read = bob.expect("message_read").await;
    assert_eq!((&read["messageId"], &read["readBy"]), (&sent["messageId"], &json!("cleo")));
    assert!(read["readAt"].is_string());
    // Asked for once more: the customer has one.
    cleo.emit("request_staff", json!({ "sessionUuid": id })).await;
    assert_eq!(cleo.expect("error").await["code"], "already_assigned");
    // What the history showed does not come again after it.
    let last = joined["history"].as_array().unwrap().last().unwrap()["seq"].as_i64().unwrap();
    let after = bob.seen.iter().skip_while(|(name, ..)| name != "staff_chat_joined");
    let numbers: Vec<i64> =
        after.filter(|(name, ..)| name == "new_message").filter_map(|(_, data, _)| data["seq"].as_i64()).collect();
    assert!(!numbers.is_empty() && numbers.iter().all(|seq| *seq > last), "{numbers:?} after {last}");
    server.stop().await;
}

async fn nobody_there_is_told_and_the_customer_keeps_its_place(server: Server) {
    let (mut cleo, id) = started(&server, "cleo").await;
    let answer = cleo.ask("request_staff", json!({ "sessionUuid": id, "reason": "refund" })).await;
    assert_eq!((&answer["status"], &answer["position"]), (&json!("QUEUED"), &json!(1)));
    let failed = cleo.expect("transfer_failed").await;
    assert_eq!(failed["escalation"]["status"], "QUEUED");
    assert!(failed["reason"].is_string());
    let mut ann = agent(&server, "ann").await;
    assert_eq!(ann.expect("staff_chat_joined").await["summary"], "refund");
    assert_eq!(cleo.expect("transfer_accepted").await["staffName"], "ann");
    server.stop().await;
}

async fn staff_hear_of_each_other(server: Server) {
    let mut ann = agent(&server, "ann").await;
    let mut bob = agent(&server, "bob").await;
    let came = ann.expect_where(|name, data| name == "staff_online" && data["staffId"] == "bob").await;
    assert_eq!(came["userName"], "bob");
    bob.emit("staff_status_change", json!({ "isOnline": true, "isAvailable": false })).await;
    let changed = ann.expect_where(|name, data| name == "staff_status_updated" && data["isAvailable"] == false).await;
    assert_eq!((&changed["staffId"], &changed["isOnline"]), (&json!("bob"), &json!(true)));
    bob.emit("staff_status_change", json!({ "isOnline": false, "isAvailable": false })).await;
    let gone = ann.expect_where(|name, data| name == "staff_status_updated" && data["status"] == "offline").await;
    assert_eq!((&gone["isOnline"], &gone["isAvailable"]), (&json!(false), &json!(false)), "{gone}");
    let (mut cleo, _) = started(&server, "cleo").await;
    cleo.emit("staff_status_change", json!({ "isOnline": true, "isAvailable": true })).await;
    assert_eq!(cleo.expect("error").await["code"], "forbidden", "it is for staff");
    server.stop().await;
}

async fn a_customer_on_socket_io_and_an_agent_on_the_plain_dialect_talk_to_each_other_and_the_reverse(server: Server) {
    let token = server.token(&User::agent("ann", "ann")).await;
    let mut ann = Client::connect(&server, &token).await;
    server.settle().await;
    let (mut cleo, id) = started(&server, "cleo").await;
    cleo.emit("request_staff", json!({ "sessionUuid": id })).await;
    assert_eq!(ann.notice("NEW_CONVERSATION_ASSIGNED").await["conversationId"], id.as_str());
    cleo.ask("send_message", json!({ "content": "by Socket.IO" })).await;
    ann.expect_where(|event| event["data"]["content"] == "by Socket.IO").await;
    ann.ack("send_message", json!({ "conversationId": id, "content": "plainly", "clientId": "a1" })).await;
    cleo.expect_where(|name, data| name == "new_message" && data["content"] == "plainly").await;
    ann.ack("agent_status", json!({ "status": "away" })).await;
    drop(ann);

    let mut bob = agent(&server, "bob").await;
    server.settle().await;
    let mut dora = Client::connect(&server, &customer(&server, "dora").await).await;
    let started = dora.ack("start_conversation", json!({ "clientId": "c1", "mode": "human" })).await;
    let id = started["conversationId"].as_str().unwrap();
    assert_eq!(bob.expect("staff_chat_joined").await["sessionUuid"], id);
    bob.ask("send_message", json!({ "sessionUuid": id, "content": "from bob" })).await;
    dora.expect_where(|event| event["data"]["content"] == "from bob").await;
    dora.ack("send_message", json!({ "conversationId": id, "content": "from dora", "clientId": "d1" })).await;
    bob.expect_where(|name, data| name == "new_message" && data["content"] == "from dora").await;
    server.stop().await;
}

async fn a_lost_connection_goes_on_without_loss_and_without_doubles(server: Server) {
    let token = customer(&server, "cleo").await;
    let (mut cleo, id) = started(&server, "cleo").await;
    for number in 1..=30 {
        cleo.ask("send_message", json!({ "content": format!("m{number}") })).await;
    }
    cleo.expect_where(|_, data| data["seq"] == 30).await;
    let (_, _, offset) = cleo.seen.iter().rfind(|(name, _, _)| name == "new_message").unwrap().clone();
    assert_eq!(offset, Some(format!("{id}:30")));
    let pid = cleo.entered["pid"].clone();
    drop(cleo);
    let mut other = SocketIo::connect(&server, &token).await;
    for number in 31..=70 {
        other.ask("send_message", json!({ "content": format!("m{number}") })).await;
    }
    for auth in [
        json!({ "token": token, "pid": pid, "offset": offset }),
        json!({ "token": token, "offset": 30 }),
        json!({ "token": token, "serverOffset": 30 }),
        json!({ "token": token, "offset": 30, "sessionUuid": id }),
        json!({ "token": token, "conversations": [{ "sessionUuid": id, "offset": 30 }] }),
    ] {
        let mut again = SocketIo::enter(&server.address, auth.clone()).await;
        assert_eq!(again.entered["pid"] == pid, !auth["pid"].is_null(), "{auth}");
        let restored = again.expect("chat_session_restored").await;
        assert_eq!((&restored["sessionUuid"], &restored["history"]), (&json!(id), &json!([])), "{auth}");
        again.expect_where(|_, data| data["seq"] == 70).await;
        let numbers: Vec<i64> = again.messages().into_iter().map(|(seq, _)| seq).collect();
        assert_eq!(numbers, (31..=70).collect::<Vec<_>>(), "{auth}");
    }
    // A number of another history is none.
    let mut again = SocketIo::enter(&server.address, json!({ "token": token, "offset": 999 })).await;
    assert_eq!(again.expect("chat_session_restored").await["history"].as_array().unwrap().len(), 20);
    server.stop().await;
}

async fn an_agent_who_comes_back_gets_what_it_missed_in_all_its_conversations(server: Server) {
    let ann = agent(&server, "ann").await;
    server.settle().await;
    let (mut cleo, first) = started(&server, "cleo").await;
    let (mut dora, second) = started(&server, "dora").await;
    for client in [&mut cleo, &mut dora] {
        client.emit("request_staff", json!({})).await;
        client.expect("transfer_accepted").await;
    }
    let heads = [&mut cleo, &mut dora].map(|client| client.messages().len());
    drop(ann);
    for client in [&mut cleo, &mut dora] {
        client.ask("send_message", json!({ "content": "missed" })).await;
    }
    let token = server.token(&User::agent("ann", "ann")).await;
    let conversations =
        json!([{ "sessionUuid": first, "offset": heads[0] }, { "sessionUuid": second, "offset": heads[1] }]);
    let mut ann = SocketIo::enter(&server.address, json!({ "token": token, "conversations": conversations })).await;
    for id in [&first, &second] {
        let missed = |_: &str, data: &Value| data["content"] == "missed" && data["sessionUuid"] == id.as_str();
        if !ann.seen.iter().any(|(name, data, _)| missed(name, data)) {
            ann.expect_where(missed).await;
        }
    }
    server.settle().await;
    assert_eq!(ann.ask("send_message", json!({ "sessionUuid": first, "content": "here" })).await["duplicate"], false);
    let times = |id: &str| {
        ann.seen.iter().filter(|(_, data, _)| data["content"] == "missed" && data["sessionUuid"] == id).count()
    };
    assert_eq!((times(&first), times(&second)), (1, 1));
    server.stop().await;
}

async fn two_tabs_that_come_at_the_same_moment_get_one_conversation(server: Server) {
    let token = customer(&server, "cleo").await;
    let enter = || SocketIo::enter(&server.address, json!({ "token": token }));
    let (mut one, mut other) = tokio::join!(enter(), enter());
    let own = |name: &str, _: &Value| name == "chat_session_started" || name == "chat_session_restored";
    let (first, second) = (one.expect_where(own).await, other.expect_where(own).await);
    assert_eq!(first["sessionUuid"], second["sessionUuid"]);
    one.ask("send_message", json!({ "content": "to both" })).await;
    other.expect_where(|_, data| data["content"] == "to both").await;
    // Once it is over, the next one is another.
    let id = &first["sessionUuid"];
    one.ask("close_conversation", json!({ "sessionUuid": id })).await;
    if one.ask("close_conversation", json!({ "sessionUuid": id })).await["error"]["code"] == "forbidden" {
        let boss = server.token(&User::admin("boss", "Boss")).await;
        let path = format!("/api/v1/conversations/{}/close", id.as_str().unwrap());
        assert_eq!(server.post(&path, &boss, json!({})).await.0, 200);
    }
    let mut third = enter().await;
    assert_ne!(third.expect("chat_session_started").await["sessionUuid"], *id);
    server.stop().await;
}

#[actix_web::test]
async fn who_has_no_good_token_is_not_let_in() {
    let server = Server::start().await;
    for auth in ["", r#"{"token":"nonsense"}"#, r#"{"token":7}"#] {
        let mut wire = Wire::open(&server.address, "/socket.io/", "", &[]).await.unwrap();
        wire.text().await;
        wire.send(&format!("40{auth}")).await;
        let refused = wire.text().await;
        let refused: Value = serde_json::from_str(refused.strip_prefix("44").unwrap()).unwrap();
        assert_eq!(refused["data"]["code"], "unauthenticated", "{auth}");
        assert_eq!(wire.end().await, Some(4401));
    }
    let mut wire = Wire::open(&server.address, "/socket.io/", "", &[]).await.unwrap();
    wire.text().await;
    wire.send("40/admin,{}").await;
    assert_eq!(wire.text().await, r#"44/admin,{"message":"Invalid namespace"}"#);
    server.clock.advance(Millis::from_secs(11));
    assert_eq!(wire.end().await, Some(4401), "it never entered");
    server.stop().await;
}

#[actix_web::test]
async fn who_speaks_before_it_has_entered_is_closed() {
    let server = Server::start().await;
    for early in [r#"42["ping",{}]"#, r#"427["send_message",{"content":"x"}]"#, "430[]", r#"42/admin,["ping",{}]"#] {
        let mut wire = Wire::open(&server.address, "/socket.io/", "", &[]).await.unwrap();
        wire.text().await;
        wire.send(early).await;
        assert!(wire.next().await.is_none(), "{early} is answered");
        assert_eq!(wire.closed.map(|frame| u16::from(frame.code)), Some(1002), "{early}");
    }
    server.stop().await;
}

#[actix_web::test]
async fn typing_is_acknowledged_to_who_wants_it_so_that_retries_do_not_stall() {
    let server = Server::start().await;
    let (mut cleo, id) = started(&server, "cleo").await;
    for name in ["typing_start", "typing_stop"] {
        assert_eq!(cleo.ask(name, json!({ "sessionUuid": id })).await, json!({}), "{name}");
        assert_eq!(cleo.ask(name, json!({ "sessionUuid": "nobody's" })).await["error"]["code"], "not_found");
    }
    server.stop().await;
}

#[actix_web::test]
async fn the_token_is_taken_from_the_query_and_the_header_as_well() {
    let server = Server::start().await;
    let token = customer(&server, "cleo").await;
    let (query, bearer) = (format!("&token={token}"), format!("Bearer {token}"));
    for (query, headers) in [(query.as_str(), vec![]), ("", vec![("authorization", bearer.as_str())])] {
        let mut wire = Wire::open(&server.address, "/socket.io/", query, &headers).await.unwrap();
        wire.text().await;
        wire.send("40").await;
        assert!(wire.text().await.starts_with("40{"));
    }
    server.stop().await;
}

#[actix_web::test]
async fn errors_that_a_retry_can_mend_are_not_acknowledged() {
    let server = Server::with(|config| config.limits.messages_per_10s = 2).await;
    let (mut cleo, id) = started(&server, "cleo").await;
    for number in 0..2 {
        cleo.ask("send_message", json!({ "content": format!("m{number}") })).await;
    }
    cleo.wire.send(r#"4299["send_message",{"content":"too fast","clientId":"x"}]"#).await;
    let error = cleo.expect("error").await;
    assert_eq!((&error["code"], &error["retryable"]), (&json!("rate_limited"), &json!(true)));
    // What no retry mends is.
    let wrong = cleo.ask("mark_read", json!({ "sessionUuid": id })).await;
    assert_eq!((&wrong["error"]["code"], &wrong["error"]["field"]), (&json!("invalid"), &json!("data.seq")));
    assert_eq!(cleo.ask("join", json!({ "sessionUuid": "nobody's" })).await["error"]["code"], "not_found");
    assert_eq!(cleo.ask("dance", json!({})).await["error"]["code"], "unknown_type");
    let wrong = cleo.ask("join", json!({ "sessionUuid": 7 })).await;
    assert_eq!(wrong["error"]["field"], "data.sessionUuid");
    server.stop().await;
}

#[actix_web::test]
async fn a_client_whose_token_ends_is_told_not_to_come_back_by_itself() {
    let server = Server::start().await;
    let token = server.engine.handle().token(&User::customer("cleo", "Cleo"), Millis::from_secs(100)).await.unwrap();
    let mut cleo = SocketIo::enter(&server.address, json!({ "token": token })).await;
    cleo.expect("chat_session_started").await;
    server.clock.advance(Millis::from_secs(45));
    cleo.expect("token_expiring").await;
    // Its pong was on the way ahead of this.
    cleo.ask("ping", json!({})).await;
    server.clock.advance(Millis::from_secs(56));
    let error = cleo.expect("error").await;
    assert_eq!((&error["code"], &error["message"]), (&json!("unauthenticated"), &json!("token_expired")));
    assert_eq!(cleo.wire.text_but_ping().await, "41");
    assert_eq!(cleo.wire.end().await, Some(4401));
    server.stop().await;
}

async fn a_host_s_event_comes_under_its_name_and_waits_for_who_is_away(server: Server) {
    let tell = async |n: i64| {
        let to = EventAudience::User("cleo".into());
        let event = NewHostEvent::new(to, "notification", json!({ "n": n }).to_string());
        server.engine.handle().publish_event(event).await.unwrap();
    };
    let token = customer(&server, "cleo").await;
    tell(1).await;
    let mut cleo = SocketIo::enter(&server.address, json!({ "token": token })).await;
    assert_eq!(cleo.expect("notification").await, json!({ "n": 1 }));
    assert_eq!(cleo.expect("notification_count").await["unread"], 1);
    tell(2).await;
    assert_eq!(cleo.expect("notification").await, json!({ "n": 2 }));
    server.stop().await;
}
