//! Seed 001's flow over real sockets: queued, assigned, offered, outside hours; on both databases.

use serde_json::{Value, json};
use switchboard::domain::time::Millis;
use switchboard::engine::User;

use crate::support::client::Client;
use crate::support::server::Server;

async fn customer(server: &Server, name: &str) -> Client {
    let token = server.token(&User::customer(name, name)).await;
    Client::connect(server, &token).await
}

async fn agent(server: &Server, name: &str) -> Client {
    let token = server.token(&User::agent(name, name)).await;
    Client::connect(server, &token).await
}

async fn admin(server: &Server) -> Client {
    let token = server.token(&User::admin("boss", "Boss")).await;
    Client::connect(server, &token).await
}

async fn start(client: &mut Client, client_id: &str) -> String {
    let started = client.ack("start_conversation", json!({ "clientId": client_id, "firstMessage": "Hi" })).await;
    started["conversationId"].as_str().unwrap().to_owned()
}

/// The ten steps, first with nobody there, then with an agent coming.
async fn ten_steps(server: Server) {
    let mut boss = admin(&server).await;
    let mut cleo = customer(&server, "cleo").await;
    let id = start(&mut cleo, "c1").await;
    let answer = cleo.ack("escalate", json!({ "conversationId": id, "reason": "refund" })).await;
    assert_eq!(
        (&answer["status"], &answer["position"], &answer["estimatedWait"]),
        (&json!("QUEUED"), &json!(1), &Value::Null)
    );
    assert_eq!(answer["reason"], "no_agents");
    assert_eq!(boss.notice("NEW_QUEUE_ENTRY").await["conversationId"], id.as_str());

    let mut ann = agent(&server, "ann").await;
    let notice = ann.notice("NEW_CONVERSATION_ASSIGNED").await;
    assert_eq!((&notice["conversationId"], &notice["summary"]), (&json!(id), &json!("refund")));
    assert_eq!(boss.notice("CONVERSATION_ASSIGNED").await["agentName"], "ann");
    assert_eq!(cleo.expect("agent_joined").await["agentName"], "ann");

    ann.ack("send_message", json!({ "conversationId": id, "content": "How can I help?", "clientId": "a1" })).await;
    cleo.expect_where(|event| event["data"]["content"] == "How can I help?").await;
    cleo.ack("send_message", json!({ "conversationId": id, "content": "A refund", "clientId": "c2" })).await;
    ann.expect_where(|event| event["data"]["content"] == "A refund").await;

    ann.ack("close_conversation", json!({ "conversationId": id })).await;
    cleo.expect("conversation_closed").await;
    assert_eq!(
        cleo.error("send_message", json!({ "conversationId": id, "content": "?", "clientId": "c3" })).await,
        "conversation_closed"
    );
    let numbers: Vec<i64> = cleo.messages(&id).into_iter().map(|(seq, _)| seq).collect();
    assert_eq!(numbers, (1..=6).collect::<Vec<_>>());
    let state = server.engine.handle().routing_state().await.unwrap();
    assert!(state.cases.is_empty() && state.entries.is_empty());
    assert_eq!(state.agents[&"ann".into()].capacity.used, 0);
    server.stop().await;
}

#[actix_web::test]
async fn the_ten_steps_on_sqlite() {
    ten_steps(Server::start().await).await;
}

#[actix_web::test]
async fn the_ten_steps_on_postgres() {
    ten_steps(Server::on_postgres().await).await;
}

#[actix_web::test]
async fn an_agent_who_is_there_gets_it_at_once() {
    let server = Server::start().await;
    let _ann = agent(&server, "ann").await;
    server.settle().await;
    let mut cleo = customer(&server, "cleo").await;
    let id = start(&mut cleo, "c1").await;
    let answer = cleo.ack("request_staff", json!({ "conversationId": id })).await;
    assert_eq!((&answer["status"], &answer["agentId"]), (&json!("ASSIGNED"), &json!("ann")));
    let again = cleo.ack("escalate", json!({ "conversationId": id })).await;
    assert_eq!(again["status"], "ALREADY_ASSIGNED");
    server.stop().await;
}

#[actix_web::test]
async fn outside_hours_the_next_opening_is_told() {
    let server = Server::start().await;
    let boss = server.token(&User::admin("boss", "Boss")).await;
    let day = json!({ "intervals": [{ "fromMinute": 540, "toMinute": 600 }] });
    let hours = json!({ "timeZone": "UTC", "weekly": vec![day; 7], "exceptions": [] });
    let (status, _) =
        server.call("put", "/api/v1/chatbots/default", Some(&boss), json!({ "name": "Support", "hours": hours })).await;
    assert_eq!(status, 200);
    let _ann = agent(&server, "ann").await;
    let cleo = server.token(&User::customer("cleo", "Cleo")).await;
    let (_, answer) = server.post("/conversations/escalate", &cleo, json!({ "userId": "cleo" })).await;
    assert_eq!(answer["status"], "OUTSIDE_HOURS", "{answer}");
    assert_eq!(answer["nextOpening"], "2026-11-24T09:00:00.000Z");
    let (_, status) =
        server.get(&format!("/conversations/queue-status/{}", answer["conversationId"].as_str().unwrap()), &cleo).await;
    assert_eq!(status["status"], "NONE");
    server.stop().await;
}

async fn offering() -> Server {
    Server::with(|config| config.routing.mode = switchboard::domain::chatbot::RoutingMode::Offer).await
}

#[actix_web::test]
async fn a_declined_offer_goes_to_the_next_agent_and_a_late_answer_is_told_who_has_it() {
    let server = offering().await;
    let (mut ann, mut bob) = (agent(&server, "ann").await, agent(&server, "bob").await);
    server.settle().await;
    let mut cleo = customer(&server, "cleo").await;
    let id = start(&mut cleo, "c1").await;
    assert_eq!(cleo.ack("escalate", json!({ "conversationId": id })).await["status"], "OFFERED");
    let first = ann.notice("NEW_TRANSFER_REQUEST").await["transferRequestId"].clone();
    assert_eq!(bob.error("accept_transfer", json!({ "transferRequestId": first })).await, "offer_gone");
    ann.ack("decline_transfer", json!({ "transferRequestId": first, "reason": "busy" })).await;
    let second = bob.notice("NEW_TRANSFER_REQUEST").await["transferRequestId"].clone();
    bob.ack("accept_transfer", json!({ "transferRequestId": second })).await;
    assert_eq!(cleo.expect("agent_joined").await["agentId"], "bob");
    let late = ann.ask("accept_transfer", json!({ "transferRequestId": first })).await;
    assert_eq!(late["data"]["code"], "offer_gone");
    assert_eq!(late["data"]["takenBy"]["agentId"], "bob");
    server.stop().await;
}

#[actix_web::test]
async fn a_missed_offer_makes_the_agent_not_responding_and_keeps_the_place() {
    let server = offering().await;
    let mut ann = agent(&server, "ann").await;
    server.settle().await;
    let mut cleo = customer(&server, "cleo").await;
    let id = start(&mut cleo, "c1").await;
    cleo.ack("escalate", json!({ "conversationId": id })).await;
    ann.notice("NEW_TRANSFER_REQUEST").await;
    server.clock.advance(Millis::from_secs(31));
    assert_eq!(ann.notice("TRANSFER_RESCINDED").await["reason"], "timed_out");
    ann.expect_where(|event| event["data"]["status"] == "not_responding").await;
    assert_eq!(
        cleo.expect_where(|e| e["type"] == "escalation_status" && e["data"]["status"] == "QUEUED").await["data"]["position"],
        1
    );
    ann.ack("agent_status", json!({ "status": "available" })).await;
    // She missed it, so it comes back after the back-off only (R4).
    server.clock.advance(Millis::from_secs(2));
    ann.notice("NEW_TRANSFER_REQUEST").await;
    server.stop().await;
}

#[actix_web::test]
async fn an_agent_lost_for_good_gives_the_conversation_back_to_the_head_of_the_queue() {
    let server = Server::start().await;
    let ann = agent(&server, "ann").await;
    server.settle().await;
    let mut cleo = customer(&server, "cleo").await;
    let id = start(&mut cleo, "c1").await;
    cleo.ack("escalate", json!({ "conversationId": id })).await;
    cleo.expect("agent_joined").await;
    ann.close().await;
    // The server has seen the end once the agent is in grace.
    loop {
        let state = server.engine.handle().routing_state().await.unwrap();
        if state.agents[&"ann".into()].presence == switchboard::domain::agent::Presence::Grace {
            break;
        }
    }
    server.clock.advance(Millis::from_secs(31));
    assert_eq!(cleo.expect("agent_left").await["reason"], "connection_lost");
    let mut bob = agent(&server, "bob").await;
    assert_eq!(bob.notice("NEW_CONVERSATION_ASSIGNED").await["conversationId"], id.as_str());
    server.stop().await;
}

#[actix_web::test]
async fn one_request_id_is_logged_from_rest_and_returned_with_errors() {
    let server = Server::start().await;
    let cleo = server.token(&User::customer("cleo", "Cleo")).await;
    let response = server
        .http
        .get(format!("http://{}/api/v1/conversations/unknown", server.address))
        .bearer_auth(&cleo)
        .header("x-request-id", "req-7")
        .send()
        .await
        .unwrap();
    let body: Value = response.json().await.unwrap();
    assert_eq!((&body["error"]["code"], &body["error"]["requestId"]), (&json!("not_found"), &json!("req-7")));
    server.stop().await;
}

#[actix_web::test]
async fn a_forecast_is_compared_with_what_it_came_to() {
    let server = Server::with(|config| config.routing.default_capacity = 1).await;
    let mut ann = agent(&server, "ann").await;
    ann.expect("staff_data").await;
    let mut first = customer(&server, "first").await;
    let one = start(&mut first, "c1").await;
    assert_eq!(first.ack("escalate", json!({ "conversationId": one })).await["status"], "ASSIGNED");
    let mut second = customer(&server, "second").await;
    let two = start(&mut second, "c1").await;
    let answer = second.ack("escalate", json!({ "conversationId": two })).await;
    assert_eq!((&answer["status"], &answer["estimatedWaitSeconds"]["p90"].is_i64()), (&json!("QUEUED"), &true));
    server.clock.advance(Millis::from_secs(60));
    ann.ack("close_conversation", json!({ "conversationId": one })).await;
    second.expect("agent_joined").await;
    server.settle().await;
    let boss = server.token(&User::admin("boss", "Boss")).await;
    let (status, report) = server.get("/api/v1/queue/accuracy", &boss).await;
    assert_eq!(status, 200, "{report}");
    assert_eq!((&report["samples"], &report["p90Samples"]), (&json!(1), &json!(1)));
    let p50 = answer["estimatedWaitSeconds"]["p50"].as_i64().unwrap();
    assert_eq!(report["biasMs"], (p50 - 60) * 1000);
    assert_eq!(report["p90CoveragePermille"], 1000);
    server.stop().await;
}
