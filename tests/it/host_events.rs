//! Events of the host application: told at once, kept for who is away, read once for all devices. On both databases.

use serde_json::{Value, json};
use switchboard::domain::host_event::{EventAudience, NewHostEvent};
use switchboard::domain::time::Millis;
use switchboard::domain::user::Role;
use switchboard::engine::User;

use crate::support::client::Client;
use crate::support::on_both;
use crate::support::server::{INTERNAL, MONDAY_10, Server};

on_both!(
    an_event_reaches_all_devices_of_whom_it_is_for_and_nobody_else,
    what_is_durable_waits_for_who_is_away_and_comes_once,
    a_notification_is_read_on_all_devices_at_once,
    a_repeat_is_found_by_its_id_and_told_nobody_again,
    what_has_ended_is_in_no_list_and_reaches_nobody,
);

/// As the host's server does it.
async fn publish(server: &Server, event: Value) -> (u16, Value) {
    let request = server.http.post(format!("http://{}/api/v1/events", server.address));
    let answer = request.header("X-Internal-Secret", INTERNAL).json(&event).send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

async fn published(server: &Server, event: Value) -> Value {
    let (status, answer) = publish(server, event).await;
    assert_eq!(status, 201, "{answer}");
    answer
}

async fn connect(server: &Server, user: &User) -> (Client, String) {
    let token = server.token(user).await;
    let mut client = Client::connect(server, &token).await;
    there(&mut client).await;
    (client, token)
}

/// A conversation that is not there, in both key styles.
fn nowhere() -> Value {
    json!({ "conversationId": "none", "conversation_id": "none" })
}

/// Until the router knows of the client: the answer comes by it.
async fn there(client: &mut Client) {
    client.ask("leave", nowhere()).await;
}

fn cleo() -> User {
    User::customer("cleo", "Cleo")
}

/// What a client has got of the host by now: an answer that comes by the router comes after it.
async fn got(client: &mut Client) -> Vec<Value> {
    let id = client.tell("leave", nowhere()).await;
    let mut found = Vec::new();
    loop {
        let event = client.expect_where(|_| true).await;
        if event["id"] == id {
            return found;
        }
        if event.get("event").is_some() {
            found.push(event);
        }
    }
}

fn kinds(events: &[Value]) -> Vec<&str> {
    events.iter().map(|event| event["type"].as_str().unwrap()).collect()
}

async fn an_event_reaches_all_devices_of_whom_it_is_for_and_nobody_else(server: Server) {
    let (mut phone, token) = connect(&server, &cleo()).await;
    let bearer = format!("Bearer {token}");
    let mut laptop = Client::open(&server.address, "/api/v1/ws", &[("authorization", &bearer)]).await.unwrap();
    laptop.expect("connected").await;
    there(&mut laptop).await;
    let (mut dora, _) = connect(&server, &User::customer("dora", "Dora")).await;
    let (mut ann, _) = connect(&server, &User::agent("ann", "Ann")).await;
    let data = json!({ "bookingId": 17, "nested": { "camelCase": true } });
    published(&server, json!({ "to": { "userId": "cleo" }, "type": "booking_created", "data": data })).await;
    published(&server, json!({ "to": { "role": "agent" }, "type": "order_ready", "priority": "high" })).await;
    published(&server, json!({ "to": { "all": true }, "type": "room_availability_changed" })).await;
    let everybody = "room_availability_changed";
    let (on_phone, on_laptop) = (got(&mut phone).await, got(&mut laptop).await);
    assert_eq!(kinds(&on_phone), ["booking_created", everybody]);
    assert_eq!(kinds(&on_laptop), ["booking_created", everybody]);
    assert_eq!((&on_phone[0]["data"], &on_laptop[0]["data"]), (&data, &data), "the host's keys are the host's");
    assert_eq!(on_phone[0]["event"]["createdAt"], on_laptop[0]["event"]["created_at"]);
    assert_eq!(kinds(&got(&mut dora).await), [everybody]);
    let of_ann = got(&mut ann).await;
    assert_eq!((kinds(&of_ann), &of_ann[0]["event"]["priority"]), (vec!["order_ready", everybody], &json!("high")));
    // Nobody was away for these.
    let mut again = Client::connect(&server, &token).await;
    assert_eq!(got(&mut again).await, Vec::<Value>::new());
    server.stop().await;
}

async fn what_is_durable_waits_for_who_is_away_and_comes_once(server: Server) {
    let token = server.token(&cleo()).await;
    let agent = server.token(&User::agent("ann", "Ann")).await;
    let pay = json!({ "to": { "userId": "cleo" }, "type": "payment_completed", "data": { "n": 1 }, "durable": true });
    assert_eq!(published(&server, pay).await["number"], 1);
    let note = |n: i64| json!({ "to": { "all": true }, "type": "notification", "data": { "n": n } });
    published(&server, note(2)).await;
    published(&server, json!({ "to": { "role": "agent" }, "type": "notification", "data": { "n": 3 } })).await;

    let mut phone = Client::connect(&server, &token).await;
    let waited = [phone.expect("payment_completed").await, phone.expect("notification").await];
    assert_eq!(waited.each_ref().map(|data| &data["n"]), [&json!(1), &json!(2)]);
    assert_eq!(phone.expect("notification_count").await, json!({ "unread": 1 }));
    // One more comes while the device is there.
    published(&server, note(4)).await;
    assert_eq!(phone.expect("notification").await["n"], 4);
    // What the pump has written is marked.
    let node = server.engine.node();
    while !node.store().events_for(&reader("cleo"), None, node.now(), 9).await.unwrap().is_empty() {
        got(&mut phone).await;
        // A mark is told at most once in a while.
        server.clock.advance(Millis::new(200));
        node.store_event_marks().await;
    }
    let mut laptop = Client::connect(&server, &token).await;
    assert_eq!(laptop.expect("notification_count").await, json!({ "unread": 2 }));
    assert_eq!(got(&mut laptop).await, Vec::<Value>::new(), "it came before");
    let mut ann = Client::connect(&server, &agent).await;
    assert_eq!(ann.expect("notification_count").await["unread"], 3);
    // Whoever comes new is not told what was said to all before.
    let (mut eve, eve_token) = connect(&server, &User::customer("eve", "Eve")).await;
    assert_eq!(eve.expect("notification_count").await["unread"], 0);
    assert_eq!(server.get("/api/v1/notifications", &eve_token).await.1["items"], json!([]));
    server.stop().await;
}

fn reader(id: &str) -> switchboard::store::Reader {
    switchboard::store::Reader { user_id: id.into(), role: Role::Customer }
}

async fn a_notification_is_read_on_all_devices_at_once(server: Server) {
    let (mut phone, token) = connect(&server, &cleo()).await;
    let mut laptop = Client::connect(&server, &token).await;
    there(&mut laptop).await;
    let mut ids = Vec::new();
    for n in 1..=5 {
        let new = json!({ "to": { "userId": "cleo" }, "type": "notification", "data": { "n": n } });
        ids.push(published(&server, new).await["eventId"].as_str().unwrap().to_owned());
    }
    let (_, page) = server.get("/api/v1/notifications?limit=2", &token).await;
    let n_of = |page: &Value| -> Vec<(i64, bool)> {
        let of = |item: &Value| (item["data"]["n"].as_i64().unwrap(), item["read"].as_bool().unwrap());
        page["items"].as_array().unwrap().iter().map(of).collect()
    };
    assert_eq!((n_of(&page), &page["unread"]), (vec![(5, false), (4, false)], &json!(5)));
    let next = format!("/api/v1/notifications?limit=9&cursor={}", page["nextCursor"].as_str().unwrap());
    let (_, page) = server.get(&next, &token).await;
    assert_eq!((n_of(&page), &page["nextCursor"]), (vec![(3, false), (2, false), (1, false)], &Value::Null));

    let read = |what: Value| server.post("/api/v1/notifications/read", &token, what);
    assert_eq!(read(json!({ "ids": [ids[4]] })).await, (200, json!({ "unread": 4 })));
    assert_eq!(read(json!({ "ids": [ids[4]] })).await.1["unread"], 4, "once");
    for device in [&mut phone, &mut laptop] {
        let told = device.expect_where(|event| event["data"]["readId"].is_string()).await;
        assert_eq!(told["data"], json!({ "unread": 4, "readId": ids[4] }));
    }
    assert_eq!(read(json!({ "upTo": 3 })).await.1["unread"], 1);
    let told = laptop.expect_where(|event| event["data"]["readUpTo"].is_number()).await;
    assert_eq!(told["data"], json!({ "unread": 1, "readUpTo": 3 }));
    let (_, page) = server.get("/api/v1/notifications?unread=true", &token).await;
    assert_eq!(n_of(&page), [(4, false)]);
    assert_eq!(server.get("/api/v1/notifications/count", &token).await.1, json!({ "unread": 1 }));
    // Another's is as good as unknown, and so is what does not exist.
    let other = server.token(&User::customer("dora", "Dora")).await;
    for id in [ids[0].as_str(), "nobody's"] {
        assert_eq!(server.post("/api/v1/notifications/read", &other, json!({ "ids": [id] })).await.0, 404);
    }
    for wrong in [json!({}), json!({ "ids": [] }), json!({ "ids": ["a"], "upTo": 1 }), json!({ "upTo": "x" })] {
        assert_eq!(read(wrong).await.0, 400);
    }
    server.stop().await;
}

async fn a_repeat_is_found_by_its_id_and_told_nobody_again(server: Server) {
    let (mut phone, _) = connect(&server, &cleo()).await;
    let new = json!({ "id": "booking-17", "to": { "userId": "cleo" }, "type": "notification", "data": { "n": 1 } });
    let asked = (0..6).map(|_| publish(&server, new.clone()));
    let answers = futures_util::future::join_all(asked).await;
    assert!(answers.iter().all(|(status, answer)| *status == 201 && answer["number"] == 1), "{answers:?}");
    assert_eq!(answers.iter().filter(|(_, answer)| answer["duplicate"] == false).count(), 1);
    assert_eq!(got(&mut phone).await.len(), 1);
    // Numbers are taken by those that are new, and by nothing else.
    let other = json!({ "to": { "userId": "cleo" }, "type": "notification" });
    assert_eq!(published(&server, other).await["number"], 2);
    server.stop().await;
}

async fn what_has_ended_is_in_no_list_and_reaches_nobody(server: Server) {
    let token = server.token(&cleo()).await;
    let brief = json!({ "to": { "userId": "cleo" }, "type": "notification", "ttlSeconds": 60 });
    published(&server, brief).await;
    assert_eq!(server.get("/api/v1/notifications/count", &token).await.1["unread"], 1);
    server.clock.advance(Millis::from_secs(60));
    assert_eq!(
        server.get("/api/v1/notifications", &token).await.1,
        json!({ "items": [], "nextCursor": null, "unread": 0 })
    );
    let mut phone = Client::connect(&server, &token).await;
    assert_eq!(phone.expect("notification_count").await["unread"], 0);
    assert_eq!(got(&mut phone).await, Vec::<Value>::new());
    let node = server.engine.node();
    node.store().forget_events(node.now()).await.unwrap();
    let back_then = node.store().events_for(&reader("cleo"), Some(0), MONDAY_10, 9).await.unwrap();
    assert_eq!(back_then, [], "it is forgotten");
    server.stop().await;
}

#[actix_web::test]
async fn only_the_host_s_server_tells_events_and_what_is_wrong_with_one_is_named() {
    let server = Server::start().await;
    let good = json!({ "to": { "all": true }, "type": "order_ready" });
    let admin = server.token(&User::admin("root", "Root")).await;
    assert_eq!(server.post("/api/v1/events", &admin, good.clone()).await.0, 404);
    assert_eq!(server.call("post", "/api/v1/events", None, good).await.0, 404);
    let with = |key: &str, value: Value| {
        let mut event = json!({ "to": { "userId": "cleo" }, "type": "order_ready" });
        event[key] = value;
        event
    };
    for (event, field) in [
        (with("type", json!("new_message")), "type"),
        (with("type", json!("Order")), "type"),
        (with("data", json!([1])), "data"),
        (with("data", json!("text")), "data"),
        (with("to", json!({})), "to"),
        (with("to", json!({ "userId": "a", "all": true })), "to"),
        (with("to", json!({ "role": "boss" })), "to.role"),
        (with("priority", json!("extreme")), "priority"),
        (with("ttlSeconds", json!(5)), "ttlSeconds"),
        (with("id", json!("")), "id"),
    ] {
        let (status, answer) = publish(&server, event.clone()).await;
        assert_eq!((status, &answer["error"]["details"]["field"]), (400, &json!(field)), "{event} {answer}");
    }
    server.stop().await;
}

#[actix_web::test]
async fn the_host_in_the_same_process_tells_events_by_the_handle() {
    let server = Server::start().await;
    let (mut phone, _) = connect(&server, &cleo()).await;
    let event = NewHostEvent::new(EventAudience::User("cleo".into()), "order_ready", r#"{"orderId":4}"#);
    let carried = server.engine.handle().publish_event(event).await.unwrap();
    assert_eq!((carried.number, carried.duplicate), (None, false));
    assert_eq!(phone.expect("order_ready").await, json!({ "orderId": 4 }));
    let wrong = NewHostEvent::new(EventAudience::All, "order_ready", "[]");
    assert!(server.engine.handle().publish_event(wrong).await.is_err());
    server.stop().await;
}

#[actix_web::test]
async fn hundreds_that_waited_come_whole_and_in_order_while_more_are_told() {
    let server = Server::start().await;
    let token = server.token(&cleo()).await;
    let handle = server.engine.handle();
    let tell = |n: i64| {
        let data = json!({ "n": n }).to_string();
        let event = NewHostEvent::new(EventAudience::User("cleo".into()), "order_ready", data);
        handle.publish_event(NewHostEvent { durable: Some(true), ..event })
    };
    for n in 1..=450 {
        tell(n).await.unwrap();
    }
    let mut phone = Client::connect(&server, &token).await;
    for n in 451..=500 {
        tell(n).await.unwrap();
    }
    for n in 1..=500 {
        assert_eq!(phone.expect("order_ready").await["n"], n);
    }
    server.stop().await;
}
