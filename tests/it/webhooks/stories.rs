//! What a webhook gets, and how admins see it.

use serde_json::{Value, json};
use switchboard::domain::time::Millis;
use switchboard::engine::{NewWebhook, User, WebhookChange};

use super::receiver::Receiver;
use super::{admin, cleo, deliveries, hook, on_both, say, start, until};
use crate::support::server::{MONDAY_10, Server};

on_both!(
    a_conversation_s_life_is_told_in_the_words_of_the_socket,
    a_delivery_is_signed_and_says_what_it_is,
    notes_are_told_to_those_only_who_ask_for_them,
    old_secrets_sign_as_well_while_a_rotation_lasts,
    a_test_goes_the_way_of_everything_else,
    what_happens_while_a_webhook_is_off_is_not_told_later,
    conversations_of_people_are_told_as_well,
);

async fn a_conversation_s_life_is_told_in_the_words_of_the_socket(server: Server) {
    let mut receiver = Receiver::start();
    hook(&server, &receiver, &["*"]).await;
    let (handle, ann) = (server.engine.handle(), User::agent("ann", "Ann"));
    handle.ensure_user(&ann).await.unwrap();
    handle.agent_connected(&ann, Some(3), None).await.unwrap();
    server.settle().await;
    let id = start(&server, "1").await;
    say(&server, &id, "Hello").await;
    handle.escalate(&cleo(), &id, Some("refund")).await.unwrap();
    handle.close(&ann, &id, Some("done")).await.unwrap();
    let rate = format!("/api/v1/conversations/{id}/rating");
    let token = server.token(&cleo()).await;
    assert_eq!(server.post(&rate, &token, json!({ "score": 5, "comment": "Thanks" })).await.0, 200);
    let mut told: Vec<Value> = Vec::new();
    while told.last().is_none_or(|last| last["type"] != "conversation_rated") {
        let heard = receiver.next().await;
        assert_eq!(heard.headers["x-switchboard-event"], heard.kind());
        told.push(heard.body());
        heard.answer(204);
    }
    assert!(told.iter().all(|one| one["conversationId"] == json!(id.as_str())), "{told:?}");
    let kinds: Vec<&str> = told.iter().map(|one| one["type"].as_str().unwrap()).collect();
    let of = |kind: &str| told.iter().find(|one| one["type"] == kind).unwrap_or_else(|| panic!("{kind}: {kinds:?}"));
    let place = |kind: &str| kinds.iter().position(|one| *one == kind).unwrap_or_else(|| panic!("{kind}: {kinds:?}"));
    assert_eq!(kinds[..2], ["conversation_created", "new_message"]);
    assert_eq!(of("conversation_created")["data"]["customerId"], "cleo");
    let data = &of("new_message")["data"];
    assert_eq!((&data["content"], &data["seq"], &data["senderRole"]), (&json!("Hello"), &json!(1), &json!("customer")));
    assert_eq!(of("escalation_requested")["data"]["reason"], "refund");
    assert_eq!(of("agent_joined")["data"]["agentName"], "Ann");
    assert_eq!(of("conversation_closed")["data"]["reason"], "done");
    assert_eq!(of("conversation_rated")["data"], json!({ "userId": "cleo", "score": 5, "comment": "Thanks" }));
    assert!(place("escalation_requested") < place("agent_joined"));
    assert!(place("agent_joined") < place("conversation_closed"));
    let seqs: Vec<i64> = told.iter().filter_map(|one| one["data"]["seq"].as_i64()).collect();
    let head = handle.messages(&id, 0).await.unwrap().len();
    assert_eq!(seqs, (1..=i64::try_from(head).unwrap()).collect::<Vec<_>>(), "every message, once, in order");
    let mut ids: Vec<&str> = told.iter().map(|one| one["id"].as_str().unwrap()).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), told.len());
    receiver.stop().await;
    server.stop().await;
}

async fn a_delivery_is_signed_and_says_what_it_is(server: Server) {
    let mut receiver = Receiver::start();
    let root = admin(&server).await;
    let body = json!({ "url": receiver.url, "events": ["new_message"], "description": "The shop" });
    let (status, made) = server.post("/api/v1/webhooks", &root, body).await;
    assert_eq!((status, &made["enabled"], &made["description"]), (201, &json!(true), &json!("The shop")), "{made}");
    let secret = made["secret"].as_str().unwrap();
    assert!(secret.starts_with("whsec_") && secret.len() > 40);
    let id = start(&server, "1").await;
    say(&server, &id, "Grüße, \"Zoë\"\n").await;
    let heard = receiver.next().await;
    assert_eq!(heard.target, "POST /hooks?key=of-the-host");
    assert_eq!((heard.signed_by(secret), heard.signed_by("whsec_other")), (1, 0));
    assert_eq!(heard.signature().0, (MONDAY_10.as_millis() / 1000).to_string());
    assert_eq!(heard.headers["content-type"], "application/json");
    assert_eq!(heard.headers["user-agent"], concat!("Switchboard/", env!("CARGO_PKG_VERSION")));
    let delivery = heard.delivery();
    let sent = heard.body();
    heard.answer_with(200, Vec::new(), format!("thanks\r\n\0{}", "x".repeat(10_000)).as_bytes());
    let path = format!("/api/v1/webhooks/{}", made["id"].as_str().unwrap());
    let kept = until(&server, &path, "delivered", |found| found.len() == 1).await.remove(0);
    assert_eq!((&kept["id"], &kept["tries"], &kept["eventId"]), (&json!(delivery), &json!(1), &sent["id"]));
    assert_eq!((&kept["lastTry"]["status"], &kept["lastTry"]["error"]), (&json!(200), &Value::Null));
    let answer = kept["lastTry"]["answer"].as_str().unwrap();
    assert!(answer.starts_with("thanks   x") && answer.len() <= 4_096, "{}", answer.len());
    let (_, whole) = server.get(&format!("{path}/deliveries/{delivery}"), &root).await;
    assert_eq!(whole["body"], sent);
    for shown in [server.get(&path, &root).await.1, server.get("/api/v1/webhooks", &root).await.1] {
        assert!(!shown.to_string().contains("whsec_"), "{shown}");
    }
    let (_, log) = server.get("/api/v1/audit?action=webhook.created", &root).await;
    assert_eq!((&log["items"][0]["subject"], &log["items"][0]["actorId"]), (&made["id"], &json!("root")));
    receiver.stop().await;
    server.stop().await;
}

async fn notes_are_told_to_those_only_who_ask_for_them(server: Server) {
    let (mut all, mut notes) = (Receiver::start(), Receiver::start());
    hook(&server, &all, &["*"]).await;
    hook(&server, &notes, &["internal_note"]).await;
    let (handle, ann) = (server.engine.handle(), User::agent("ann", "Ann"));
    handle.ensure_user(&ann).await.unwrap();
    handle.agent_connected(&ann, Some(3), None).await.unwrap();
    server.settle().await;
    let id = start(&server, "1").await;
    handle.escalate(&cleo(), &id, None).await.unwrap();
    let token = server.token(&ann).await;
    let path = format!("/api/v1/conversations/{id}/notes");
    let (status, answer) = server.post(&path, &token, json!({ "content": "A regular", "clientId": "n" })).await;
    assert_eq!(status, 201, "{answer}");
    say(&server, &id, "the last").await;
    let heard = notes.next().await;
    assert_eq!((heard.kind().as_str(), heard.said().as_str()), ("internal_note", "A regular"));
    assert_eq!(heard.body()["data"]["internal"], json!(true));
    heard.answer(200);
    let mut kinds = Vec::new();
    loop {
        let heard = all.next().await;
        let last = heard.kind() == "new_message" && heard.said() == "the last";
        kinds.push(heard.kind());
        heard.answer(200);
        if last {
            break;
        }
    }
    assert!(!kinds.iter().any(|kind| kind == "internal_note"), "{kinds:?}");
    assert!(notes.nothing_more());
    all.stop().await;
    notes.stop().await;
    server.stop().await;
}

async fn old_secrets_sign_as_well_while_a_rotation_lasts(server: Server) {
    let mut receiver = Receiver::start();
    let (path, old) = hook(&server, &receiver, &["new_message"]).await;
    let id = start(&server, "1").await;
    let root = admin(&server).await;
    let (status, rotated) = server.post(&format!("{path}/secret"), &root, json!({})).await;
    let new = rotated["secret"].as_str().unwrap();
    assert_eq!(status, 200);
    assert_ne!(new, old);
    say(&server, &id, "1").await;
    let heard = receiver.next().await;
    assert_eq!((heard.signed_by(&old), heard.signed_by(new), heard.signature().1.len()), (1, 1, 2));
    heard.answer(200);
    until(&server, &path, "delivered", |found| found.len() == 1).await;
    let (_, twice) = server.post(&format!("{path}/secret"), &root, json!({})).await;
    let newest = twice["secret"].as_str().unwrap();
    say(&server, &id, "2").await;
    let heard = receiver.next().await;
    let signed = [&old, new, newest].map(|secret| heard.signed_by(secret));
    assert_eq!((signed, heard.signature().1.len()), ([1, 1, 1], 3), "the first one is still the receiver's");
    heard.answer(200);
    until(&server, &path, "delivered", |found| found.len() == 2).await;
    server.clock.advance(Millis::from_secs(86_400));
    say(&server, &id, "3").await;
    let heard = receiver.next().await;
    assert_eq!((heard.signed_by(&old), heard.signed_by(newest), heard.signature().1.len()), (0, 1, 1));
    heard.answer(200);
    receiver.stop().await;
    server.stop().await;
}

async fn a_test_goes_the_way_of_everything_else(server: Server) {
    let mut receiver = Receiver::start();
    let (path, secret) = hook(&server, &receiver, &["agent_joined"]).await;
    let root = admin(&server).await;
    for _ in 0..3 {
        assert_eq!(server.post(&format!("{path}/test"), &root, json!({})).await.0, 202);
        let heard = receiver.next().await;
        assert_eq!((heard.kind().as_str(), heard.signed_by(&secret)), ("webhook_test", 1));
        assert_eq!(heard.body()["conversationId"], Value::Null);
        heard.answer(200);
    }
    until(&server, &path, "delivered", |found| found.len() == 3).await;
    let (_, first) = server.get(&format!("{path}/deliveries?limit=2"), &root).await;
    let cursor = first["nextCursor"].as_str().unwrap();
    let (_, second) = server.get(&format!("{path}/deliveries?limit=2&cursor={cursor}"), &root).await;
    let ids = |page: &Value| -> Vec<String> {
        page["items"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap().to_owned()).collect()
    };
    let mut all = [ids(&first), ids(&second)].concat();
    assert_eq!((all.len(), &second["nextCursor"]), (3, &Value::Null));
    all.sort();
    all.dedup();
    assert_eq!(all.len(), 3);
    receiver.stop().await;
    server.stop().await;
}

async fn what_happens_while_a_webhook_is_off_is_not_told_later(server: Server) {
    let mut receiver = Receiver::start();
    let (path, _) = hook(&server, &receiver, &["new_message"]).await;
    let id = start(&server, "1").await;
    let root = admin(&server).await;
    let set = async |enabled: bool| {
        let (status, answer) = server.call("patch", &path, Some(&root), json!({ "enabled": enabled })).await;
        assert_eq!((status, &answer["enabled"]), (200, &json!(enabled)), "{answer}");
        answer["disabledReason"].clone()
    };
    assert_eq!(set(false).await, "by_admin");
    say(&server, &id, "not told").await;
    let (status, refused) = server.post(&format!("{path}/test"), &root, json!({})).await;
    assert_eq!((status, &refused["error"]["details"]["field"]), (400, &json!("enabled")), "{refused}");
    assert_eq!(set(true).await, Value::Null);
    say(&server, &id, "told").await;
    let heard = receiver.next().await;
    assert_eq!(heard.said(), "told");
    heard.answer(200);
    let change = WebhookChange { events: Some(vec!["conversation_closed".into()]), ..WebhookChange::default() };
    let webhook_id = path.rsplit('/').next().unwrap();
    server.engine.handle().change_webhook(webhook_id, change).await.unwrap();
    say(&server, &id, "not wanted").await;
    server.engine.handle().close(&cleo(), &id, None).await.unwrap();
    assert_eq!(receiver.take(200).await, "conversation_closed");
    assert_eq!(server.call("delete", &path, Some(&root), Value::Null).await.0, 204);
    assert_eq!(server.get(&path, &root).await.0, 404);
    assert_eq!(server.call("delete", &path, Some(&root), Value::Null).await.0, 404);
    start(&server, "2").await;
    assert!(receiver.nothing_more());
    receiver.stop().await;
    server.stop().await;
}

async fn conversations_of_people_are_told_as_well(server: Server) {
    let mut receiver = Receiver::start();
    let (path, _) = hook(&server, &receiver, &["*"]).await;
    let token = server.token(&cleo()).await;
    server.engine.handle().ensure_user(&User::agent("ann", "Ann")).await.unwrap();
    let body = json!({ "type": "guest_staff", "participant_ids": ["ann"], "subject": "Room 7" });
    let (status, made) = server.post("/api/v1/messages/conversations", &token, body).await;
    assert_eq!(status, 201, "{made}");
    let id = made["id"].as_str().unwrap().to_owned();
    let body = json!({ "conversation_id": id, "message_text": "Towels, please" });
    let (status, sent) = server.post("/api/v1/messages/messages", &token, body).await;
    assert_eq!(status, 201, "{sent}");
    let message = format!("/api/v1/messages/messages/{}", sent["id"].as_str().unwrap());
    let edit = json!({ "message_text": "Two towels, please" });
    assert_eq!(server.call("patch", &message, Some(&token), edit).await.0, 200);
    let react = server.call("put", &format!("{message}/reactions"), Some(&token), json!({ "emoji": "👍" })).await;
    assert!(react.0 < 300, "{react:?}");
    assert!(server.call("delete", &message, Some(&token), Value::Null).await.0 < 300);
    let wanted = ["conversation_created", "new_message", "message_updated", "message_reaction", "message_deleted"];
    let mut found = Vec::new();
    for _ in wanted {
        let heard = receiver.next().await;
        assert_eq!(heard.body()["conversationId"], json!(id));
        found.push(heard.kind());
        heard.answer(200);
    }
    assert_eq!(found, wanted);
    until(&server, &path, "delivered", |found| found.len() == 5).await;
    assert_eq!(deliveries(&server, &path, "pending").await, [] as [Value; 0]);
    receiver.stop().await;
    server.stop().await;
}

#[actix_web::test]
async fn only_admins_see_and_make_webhooks() {
    let server = Server::start().await;
    let receiver = Receiver::start();
    let (path, _) = hook(&server, &receiver, &["*"]).await;
    let customer = server.token(&cleo()).await;
    let agent = server.token(&User::agent("ann", "Ann")).await;
    let new = json!({ "url": receiver.url, "events": ["*"] });
    for token in [&customer, &agent] {
        assert_eq!(server.get("/api/v1/webhooks", token).await.0, 403);
        assert_eq!(server.post("/api/v1/webhooks", token, new.clone()).await.0, 403);
        for (method, tail) in [
            ("get", ""),
            ("patch", ""),
            ("delete", ""),
            ("post", "/secret"),
            ("post", "/test"),
            ("get", "/deliveries"),
            ("get", "/deliveries/x"),
            ("post", "/deliveries/x/redeliver"),
        ] {
            let body = if method == "get" { Value::Null } else { json!({}) };
            let (status, answer) = server.call(method, &format!("{path}{tail}"), Some(token), body).await;
            assert_eq!(status, 403, "{method} {tail}: {answer}");
        }
    }
    assert_eq!(server.call("get", "/api/v1/webhooks", None, Value::Null).await.0, 401);
    receiver.stop().await;
    server.stop().await;
}

#[actix_web::test]
async fn a_webhook_that_cannot_be_is_refused_by_its_field() {
    let server = Server::start().await;
    let root = admin(&server).await;
    let long = "x".repeat(201);
    for (body, field) in [
        (json!({ "url": "http://127.0.0.2/", "events": ["*"] }), "url"),
        (json!({ "url": "https://10.0.0.1/", "events": ["*"] }), "url"),
        (json!({ "url": "https://[::ffff:127.0.0.2]/", "events": ["*"] }), "url"),
        (json!({ "url": "https://localhost/", "events": ["*"] }), "url"),
        (json!({ "url": "https://me:pw@host.example/", "events": ["*"] }), "url"),
        (json!({ "url": "gopher://host.example/", "events": ["*"] }), "url"),
        (json!({ "url": "https://host.example/", "events": [] }), "events"),
        (json!({ "url": "https://host.example/", "events": ["user_typing"] }), "events"),
        (json!({ "url": "https://host.example/", "events": "*" }), "events"),
        (json!({ "url": "https://host.example/", "events": ["*"], "description": long }), "description"),
        (json!({ "events": ["*"] }), "url"),
    ] {
        let (status, answer) = server.post("/api/v1/webhooks", &root, body.clone()).await;
        assert_eq!((status, &answer["error"]["details"]["field"]), (400, &json!(field)), "{body}: {answer}");
    }
    for _ in 0..20 {
        let new = NewWebhook { url: "https://host.example/".into(), events: vec!["*".into()], description: None };
        server.engine.handle().create_webhook(new).await.unwrap();
    }
    let body = json!({ "url": "https://host.example/", "events": ["*"] });
    let (status, answer) = server.post("/api/v1/webhooks", &root, body).await;
    assert_eq!((status >= 400, &answer["error"]["code"]), (true, &json!("limit_reached")), "{answer}");
    server.stop().await;
}
