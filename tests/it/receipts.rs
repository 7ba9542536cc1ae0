//! How far messages have come, from outside: `message_delivered` over real sockets.

use serde_json::{Value, json};
use switchboard::domain::time::Millis;
use switchboard::engine::User;

use crate::support::client::Client;
use crate::support::server::Server;

/// A customer and the agent who owns the conversation, both in its room.
struct Scene {
    server: Server,
    cleo: Client,
    ann: Client,
    id: String,
}

impl Scene {
    async fn new() -> Self {
        let server = Server::start().await;
        let token = server.token(&User::agent("ann", "Ann")).await;
        let mut ann = Client::connect(&server, &token).await;
        server.settle().await;
        let token = server.token(&User::customer("cleo", "Cleo")).await;
        let mut cleo = Client::connect(&server, &token).await;
        let started = cleo.ack("start_conversation", json!({ "clientId": "first" })).await;
        let id = started["conversationId"].as_str().unwrap().to_owned();
        cleo.ack("escalate", json!({ "conversationId": id })).await;
        cleo.expect("agent_joined").await;
        ann.ack("join", json!({ "conversationId": id })).await;
        Self { server, cleo, ann, id }
    }

    async fn customer(&self) -> Client {
        let token = self.server.token(&User::customer("cleo", "Cleo")).await;
        Client::connect(&self.server, &token).await
    }

    /// The agent hears that the customer came or went.
    async fn sees_cleo(&mut self, online: bool) {
        let fits = |event: &Value| {
            event["type"] == "presence" && event["data"]["userId"] == "cleo" && event["data"]["online"] == online
        };
        self.ann.expect_where(fits).await;
    }
}

async fn say(client: &mut Client, id: &str, client_id: &str) -> i64 {
    let data = json!({ "conversationId": id, "content": client_id, "clientId": client_id });
    client.ack("send_message", data).await["seq"].as_i64().unwrap()
}

async fn reads(client: &mut Client, seq: i64) {
    client.expect_where(|event| event["type"] == "new_message" && event["data"]["seq"] == seq).await;
}

/// Who got how much, as a client was told, in order.
fn heard(client: &Client) -> Vec<(String, i64)> {
    let told = client.seen.iter().filter(|event| event["type"] == "message_delivered");
    told.map(|event| (event["data"]["userId"].as_str().unwrap().to_owned(), event["data"]["seq"].as_i64().unwrap()))
        .collect()
}

#[actix_web::test]
async fn whoever_wrote_a_message_hears_once_that_it_was_handed_over() {
    let mut scene = Scene::new().await;
    let id = scene.id.clone();
    let first = say(&mut scene.ann, &id, "a1").await;
    reads(&mut scene.cleo, first).await;
    let told = scene.ann.expect("message_delivered").await;
    assert_eq!(told, json!({ "conversationId": id, "userId": "cleo", "seq": first }));
    // The next ones come together, a moment later.
    let mut last = first;
    for text in ["a2", "a3", "a4"] {
        last = say(&mut scene.ann, &id, text).await;
        reads(&mut scene.cleo, last).await;
    }
    // Whatever was written before its own answer is known to the customer's session.
    scene.cleo.ask("ping", json!({})).await;
    scene.server.clock.advance(Millis::new(200));
    assert_eq!(scene.ann.expect("message_delivered").await["seq"], last);
    assert_eq!(heard(&scene.ann), [("cleo".to_owned(), first), ("cleo".to_owned(), last)]);
    assert_eq!(heard(&scene.cleo), [], "who receives is not told");
    // The other way round it is the same.
    let reply = say(&mut scene.cleo, &id, "c1").await;
    reads(&mut scene.ann, reply).await;
    assert_eq!(
        scene.cleo.expect("message_delivered").await,
        json!({ "conversationId": id, "userId": "ann", "seq": reply })
    );
    scene.ann.ask("ping", json!({})).await;
    assert!(heard(&scene.ann).iter().all(|(user_id, _)| user_id == "cleo"));
    let joined = scene.ann.ack("join", json!({ "conversationId": id })).await;
    let people = joined["participants"].as_array().unwrap();
    let cleo = people.iter().find(|one| one["userId"] == "cleo").unwrap();
    assert_eq!(cleo["deliveredSeq"], last);
    scene.server.stop().await;
}

#[actix_web::test]
async fn nothing_is_handed_over_while_the_customer_is_away_and_all_of_it_on_the_return() {
    let mut scene = Scene::new().await;
    let id = scene.id.clone();
    let token = scene.server.token(&User::admin("root", "Root")).await;
    let mut root = Client::connect(&scene.server, &token).await;
    root.ack("join", json!({ "conversationId": id })).await;
    std::mem::replace(&mut scene.cleo, root).close().await;
    scene.sees_cleo(false).await;
    let mut last = 0;
    for text in ["a1", "a2"] {
        last = say(&mut scene.ann, &id, text).await;
        // Somebody who only looks on does not count.
        reads(&mut scene.cleo, last).await;
    }
    scene.cleo.ask("ping", json!({})).await;
    scene.ann.ask("ping", json!({})).await;
    assert_eq!(heard(&scene.ann), []);
    let mut cleo = scene.customer().await;
    cleo.expect("chat_session_restored").await;
    scene.sees_cleo(true).await;
    assert_eq!(heard(&scene.ann), [], "not before the customer is back");
    scene.ann.expect("message_delivered").await;
    assert_eq!(heard(&scene.ann), [("cleo".to_owned(), last)]);
    scene.server.stop().await;
}

#[actix_web::test]
async fn what_a_resume_brings_counts_and_a_returning_author_hears_how_far_the_others_got() {
    let mut scene = Scene::new().await;
    let before = scene.ann.ack("join", json!({ "conversationId": scene.id })).await["lastSeq"].as_i64().unwrap();
    let Scene { server, mut cleo, ann, id } = scene;
    ann.close().await;
    cleo.expect_where(|event| event["type"] == "presence" && event["data"]["online"] == false).await;
    let last = say(&mut cleo, &id, "c1").await;
    cleo.ask("ping", json!({})).await;
    assert_eq!(heard(&cleo), []);
    let missed = json!({ "conversations": [{ "conversationId": id, "lastSeq": before }] });
    let token = server.token(&User::agent("ann", "Ann")).await;
    let mut ann = Client::connect(&server, &token).await;
    ann.ack("resume", missed).await;
    assert_eq!(cleo.expect("message_delivered").await["userId"], "ann");
    assert_eq!(heard(&cleo), [("ann".to_owned(), last)]);
    // A second device of the customer was not there when it was told.
    let token = server.token(&User::customer("cleo", "Cleo")).await;
    let mut phone = Client::connect(&server, &token).await;
    let told = phone.expect("message_delivered").await;
    assert_eq!(told, json!({ "conversationId": id, "userId": "ann", "seq": last }));
    server.stop().await;
}

#[actix_web::test]
async fn all_devices_of_an_author_hear_it_each_in_its_own_keys() {
    let mut scene = Scene::new().await;
    let id = scene.id.clone();
    let token = scene.server.token(&User::agent("ann", "Ann")).await;
    let path = format!("/api/v1/ws?token={token}");
    let mut tablet = Client::open(&scene.server.address, &path, &[]).await.unwrap();
    tablet.expect("connected").await;
    tablet.ack("join", json!({ "conversation_id": id })).await;
    let seq = say(&mut scene.ann, &id, "a1").await;
    let told = tablet.expect("message_delivered").await;
    assert_eq!(told, json!({ "conversation_id": id, "user_id": "cleo", "seq": seq }));
    let told = scene.ann.expect("message_delivered").await;
    assert_eq!(told, json!({ "conversationId": id, "userId": "cleo", "seq": seq }));
    scene.server.stop().await;
}

#[actix_web::test]
async fn who_only_looks_on_is_nobody_to_the_customer_until_they_take_part() {
    let mut scene = Scene::new().await;
    let token = scene.server.token(&User::admin("boss", "Boss")).await;
    let mut boss = Client::connect(&scene.server, &token).await;
    boss.ack("join", json!({ "conversationId": scene.id })).await;
    let of_boss = |online: bool| {
        move |event: &Value| {
            event["type"] == "presence" && event["data"]["userId"] == "boss" && event["data"]["online"] == online
        }
    };
    scene.ann.expect_where(of_boss(true)).await;
    boss.ack("leave", json!({ "conversationId": scene.id })).await;
    scene.ann.expect_where(of_boss(false)).await;
    boss.ack("join", json!({ "conversationId": scene.id })).await;
    scene.ann.expect_where(of_boss(true)).await;
    // What comes after it has come by then, in the order of the room.
    let seq = say(&mut scene.ann, &scene.id.clone(), "later").await;
    reads(&mut scene.cleo, seq).await;
    assert!(!scene.cleo.seen.iter().any(|event| event["data"]["userId"] == "boss"), "{:?}", scene.cleo.seen);
    scene.ann.ack("release", json!({ "conversationId": scene.id, "to": "queue" })).await;
    boss.ack("assign_to_me", json!({ "conversationId": scene.id })).await;
    scene.cleo.expect_where(of_boss(true)).await;
    scene.server.stop().await;
}
