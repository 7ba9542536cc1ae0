//! The topic `availability`: who watches knows within a second whether people can be reached.

use serde_json::{Value, json};
use switchboard::domain::time::Millis;
use switchboard::engine::User;

use crate::support::client::Client;
use crate::support::server::Server;

async fn visitor(server: &Server, chatbot: &str) -> String {
    let body = json!({ "chatbotId": chatbot });
    let (status, made) = server.call("post", "/api/v1/visitors", None, body).await;
    assert_eq!(status, 201, "{made}");
    made["token"].as_str().unwrap().to_owned()
}

async fn watch(client: &mut Client) -> Value {
    let ack = client.ask("subscribe", json!({ "topics": ["availability"] })).await;
    ack["data"]["topics"][0].clone()
}

/// The next change that is told, after the second is over in which only one may be.
async fn next(server: &Server, client: &mut Client) -> Value {
    server.settle().await;
    server.clock.advance(Millis::from_secs(1));
    client.expect("topic_update").await
}

#[actix_web::test]
async fn a_visitor_without_a_conversation_sees_agents_come_and_go() {
    let server = Server::start().await;
    let token = visitor(&server, "default").await;
    let mut cleo = Client::connect(&server, &token).await;
    let before = watch(&mut cleo).await;
    let number = before["number"].as_i64().unwrap();
    assert_eq!(before["topic"], "availability");
    assert_eq!((&before["availability"]["onlineAgents"], &before["availability"]["freeUnits"]), (&json!(0), &json!(0)));
    let ann = server.token(&User::agent("ann", "Ann")).await;
    let ann = Client::connect(&server, &ann).await;
    let told = next(&server, &mut cleo).await;
    assert_eq!((told["number"].as_i64(), &told["topic"]), (Some(number + 1), &json!("availability")));
    assert_eq!(told["availability"]["availableAgents"], 1, "{told}");
    let (_, asked) = server.call("get", "/api/v1/chatbots/default/availability", None, Value::Null).await;
    assert_eq!(told["availability"], asked, "the same as over REST");
    drop(ann);
    server.settle().await;
    server.clock.advance(Millis::from_mins(5));
    let told = next(&server, &mut cleo).await;
    assert_eq!(
        (told["number"].as_i64(), &told["availability"]["onlineAgents"]),
        (Some(number + 2), &json!(0)),
        "{told}"
    );
    server.stop().await;
}

#[actix_web::test]
async fn many_changes_in_one_second_are_told_as_one() {
    let server = Server::start().await;
    let token = visitor(&server, "default").await;
    let mut cleo = Client::connect(&server, &token).await;
    watch(&mut cleo).await;
    let mut agents = Vec::new();
    for name in ["ann", "bob", "cid", "dan"] {
        let token = server.token(&User::agent(name, name)).await;
        agents.push(Client::connect(&server, &token).await);
        server.settle().await;
    }
    let mut told = next(&server, &mut cleo).await;
    if told["availability"]["onlineAgents"] != 4 {
        // The first change of a quiet time is told at once.
        told = next(&server, &mut cleo).await;
    }
    assert_eq!(told["availability"]["onlineAgents"], 4, "{told}");
    let updates = cleo.seen.iter().filter(|event| event["type"] == "topic_update").count();
    assert!(updates <= 2, "{updates}");
    server.stop().await;
}

#[actix_web::test]
async fn a_visitor_is_told_about_its_own_chatbot_only_and_when_its_hours_begin() {
    let server = Server::start().await;
    let boss = server.token(&User::admin("boss", "Boss")).await;
    let day = |on: bool| json!({ "intervals": if on { json!([{ "fromMinute": 601, "toMinute": 1000 }]) } else { json!([]) } });
    let weekly: Vec<Value> = (0..7).map(|weekday| day(weekday == 0)).collect();
    let body = json!({ "name": "Shop", "hours": { "timeZone": "UTC", "weekly": weekly } });
    assert_eq!(server.call("put", "/api/v1/chatbots/shop", Some(&boss), body).await.0, 200);
    let token = visitor(&server, "shop").await;
    let mut cleo = Client::connect(&server, &token).await;
    let before = watch(&mut cleo).await;
    assert_eq!(
        (&before["availability"]["chatbotId"], &before["availability"]["open"]),
        (&json!("shop"), &json!(false))
    );
    assert_eq!(before["availability"]["nextOpening"], "2026-11-23T10:01:00.000Z");
    server.clock.advance(Millis::from_mins(1));
    let told = cleo.expect("topic_update").await;
    assert_eq!((&told["availability"]["chatbotId"], &told["availability"]["open"]), (&json!("shop"), &json!(true)));
    assert!(cleo.seen.iter().all(|event| !event.to_string().contains("\"chatbotId\":\"default\"")));
    server.stop().await;
}
