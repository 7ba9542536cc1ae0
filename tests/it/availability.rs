//! The topic `availability`: who watches knows within a second whether people can be reached.

use serde_json::{Value, json};
use switchboard::domain::agent::Presence;
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

/// The next change that is told with so many agents; its number is newer than any before.
async fn told(server: &Server, client: &mut Client, agents: i64, after: i64) -> Value {
    // A link that was opened or closed takes some steps to the supervisor; the clock stands still meanwhile.
    let online = async || {
        let state = server.engine.handle().routing_state().await.unwrap();
        state
            .agents
            .values()
            .filter(|agent| agent.presence != Presence::Gone && agent.presence != Presence::Grace)
            .count()
    };
    while i64::try_from(online().await).unwrap() != agents {}
    server.settle().await;
    server.clock.advance(Millis::from_secs(1));
    let fits = |event: &Value| {
        event["type"] == "topic_update"
            && event["data"]["availability"]["onlineAgents"] == agents
            && event["data"]["number"].as_i64().is_some_and(|number| number > after)
    };
    client.expect_where(fits).await["data"].clone()
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
    let here = told(&server, &mut cleo, 1, number).await;
    assert_eq!((&here["topic"], &here["availability"]["availableAgents"]), (&json!("availability"), &json!(1)));
    let (_, asked) = server.call("get", "/api/v1/chatbots/default/availability", None, Value::Null).await;
    assert_eq!(here["availability"], asked, "the same as over REST");
    ann.close().await;
    let gone = told(&server, &mut cleo, 0, here["number"].as_i64().unwrap()).await;
    assert_eq!(gone["availability"]["availableAgents"], 0, "{gone}");
    let numbers: Vec<i64> = cleo.seen.iter().filter_map(|event| event["data"]["number"].as_i64()).collect();
    assert!(numbers.windows(2).all(|pair| pair[1] == pair[0] + 1), "{numbers:?}");
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
    let told = told(&server, &mut cleo, 4, 0).await;
    assert_eq!(told["availability"]["availableAgents"], 4, "{told}");
    // The snapshot's own, the first change of a quiet time at once, all others together.
    let updates = cleo.seen.iter().filter(|event| event["type"] == "topic_update").count();
    assert!(updates <= 3, "{updates}");
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
    let opened = |event: &Value| event["type"] == "topic_update" && event["data"]["availability"]["open"] == true;
    let told = cleo.expect_where(opened).await["data"].clone();
    assert_eq!(told["availability"]["chatbotId"], "shop");
    assert!(cleo.seen.iter().all(|event| !event.to_string().contains("\"chatbotId\":\"default\"")));
    server.stop().await;
}
