//! The plain dialect from outside: who may connect, limits, resume, several devices, faults of actors.

use serde_json::{Value, json};
use switchboard::actors::lifecycle::Fault;
use switchboard::domain::time::Millis;
use switchboard::engine::User;
use tokio_tungstenite::tungstenite::Error;

use crate::support::client::Client;
use crate::support::server::Server;

async fn started(server: &Server, name: &str) -> (Client, String) {
    let token = server.token(&User::customer(name, name)).await;
    let mut client = Client::connect(server, &token).await;
    let started = client.ack("start_conversation", json!({ "clientId": "first" })).await;
    (client, started["conversationId"].as_str().unwrap().to_owned())
}

async fn say(client: &mut Client, id: &str, client_id: &str) -> i64 {
    let data = json!({ "conversationId": id, "content": client_id, "clientId": client_id });
    client.ack("send_message", data).await["seq"].as_i64().unwrap()
}

#[actix_web::test]
async fn a_token_is_taken_in_all_four_ways() {
    let server = Server::start().await;
    let token = server.token(&User::customer("cleo", "Cleo")).await;
    let bearer = format!("Bearer {token}");
    let pair = format!("bearer, {token}");
    for (path, headers) in [
        ("/ws".to_owned(), vec![("authorization", bearer.as_str())]),
        (format!("/api/v1/ws?token={token}"), vec![]),
        ("/".to_owned(), vec![("sec-websocket-protocol", pair.as_str())]),
    ] {
        let mut client = Client::open(&server.address, &path, &headers).await.unwrap();
        assert!(client.read().await, "{path}");
        let id = client.seen[0]["data"]["userId"].as_str().or(client.seen[0]["data"]["user_id"].as_str());
        assert_eq!(id, Some("cleo"), "{path}: {:?}", client.seen);
    }
    let mut client = Client::open(&server.address, "/ws", &[]).await.unwrap();
    client
        .send_raw(&json!({ "event": "register_user", "data": { "userId": "cleo", "token": token } }).to_string())
        .await;
    assert_eq!(client.expect("registered").await["rooms"], json!(["user_cleo"]));
    server.stop().await;
}

#[actix_web::test]
async fn forged_expired_and_foreign_tokens_are_refused_alike() {
    let server = Server::start().await;
    let token = server.token(&User::customer("cleo", "Cleo")).await;
    let forged = format!("{}x", &token[..token.len() - 1]);
    for bad in [forged.as_str(), "nonsense", "eyJhbGciOiJub25lIn0.eyJzdWIiOiJjbGVvIn0."] {
        let bearer = format!("Bearer {bad}");
        let mut client = Client::open(&server.address, "/ws", &[("authorization", &bearer)]).await.unwrap();
        assert_eq!(client.close_code().await, Some(4401));
    }
    // Somebody else's id with one's own token.
    let mut client = Client::open(&server.address, "/ws", &[]).await.unwrap();
    let answer = client.ask("register_user", json!({ "userId": "dora", "token": token })).await;
    assert_eq!(answer["data"]["code"], "forbidden");
    let answer = client.ask("register_agent", json!({ "agentId": "cleo", "token": token })).await;
    assert_eq!(answer["data"]["code"], "forbidden");
    server.stop().await;
}

#[actix_web::test]
async fn who_does_not_say_who_it_is_in_time_is_closed() {
    let server = Server::start().await;
    let mut client = Client::open(&server.address, "/ws", &[]).await.unwrap();
    assert_eq!(client.error("join", json!({ "conversationId": "x" })).await, "unauthenticated");
    server.clock.advance(Millis::from_secs(11));
    assert_eq!(client.close_code().await, Some(4401));
    server.stop().await;
}

#[actix_web::test]
async fn a_page_of_a_foreign_origin_may_not_connect() {
    let server = Server::start().await;
    let refused = Client::open(&server.address, "/ws", &[("origin", "https://evil.example")]).await;
    assert!(matches!(refused, Err(Error::Http(response)) if response.status() == 403));
    let own = format!("http://{}", server.address);
    assert!(Client::open(&server.address, "/ws", &[("origin", &own)]).await.is_ok());
    server.stop().await;
}

#[actix_web::test]
async fn bad_frames_get_a_typed_error_that_names_the_field() {
    let server = Server::start().await;
    let (mut cleo, id) = started(&server, "cleo").await;
    for (text, code, field) in [
        ("{", "invalid_json", Value::Null),
        ("[1,2]", "invalid_json", Value::Null),
        (r#"{"type":"dance","data":{}}"#, "unknown_type", Value::Null),
        (r#"{"data":{}}"#, "invalid", json!("type")),
        (r#"{"type":"join","data":{}}"#, "invalid", json!("data.conversationId")),
        (r#"{"type":"join","data":{"conversationId":7}}"#, "invalid", json!("data.conversationId")),
        (r#"{"type":"subscribe","data":{"topics":["x"]}}"#, "invalid", json!("data.topics[0]")),
    ] {
        cleo.send_raw(text).await;
        let error = cleo.expect("error").await;
        assert_eq!((&error["code"], &error["field"]), (&json!(code), &field), "{text}: {error}");
    }
    let deep = format!(r#"{{"type":"ping","data":{}{}}}"#, "[".repeat(500), "]".repeat(500));
    cleo.send_raw(&deep).await;
    assert_eq!(cleo.expect("error").await["code"], "invalid_json");
    for (content, client_id, field) in
        [("", "a", "data.content"), ("x", "", "data.clientId"), (&"x".repeat(8001), "b", "data.content")]
    {
        let data = json!({ "conversationId": id, "content": content, "clientId": client_id });
        let answer = cleo.ask("send_message", data).await;
        assert_eq!((&answer["data"]["code"], &answer["data"]["field"]), (&json!("invalid"), &json!(field)));
    }
    let large =
        json!({ "conversationId": id, "content": "x", "clientId": "c", "metadata": { "page": "x".repeat(9000) } });
    assert_eq!(cleo.ask("send_message", large).await["data"]["field"], "data.metadata");
    // Nobody noticed.
    assert_eq!(say(&mut cleo, &id, "fine").await, 1);
    server.stop().await;
}

#[actix_web::test]
async fn other_peoples_conversations_are_not_found_like_unknown_ones() {
    let server = Server::start().await;
    let (_cleo, id) = started(&server, "cleo").await;
    let (mut dora, _) = started(&server, "dora").await;
    for conversation in [id.as_str(), "no-such-conversation"] {
        for (kind, data) in [
            ("join", json!({ "conversationId": conversation })),
            ("send_message", json!({ "conversationId": conversation, "content": "x", "clientId": "x" })),
            ("escalate", json!({ "conversationId": conversation })),
            ("close_conversation", json!({ "conversationId": conversation })),
            ("assign_to_me", json!({ "conversationId": conversation })),
            ("rate_conversation", json!({ "conversationId": conversation, "score": 1 })),
        ] {
            assert_eq!(dora.error(kind, data).await, "not_found", "{kind} {conversation}");
        }
    }
    server.stop().await;
}

#[actix_web::test]
async fn a_repeat_with_the_same_client_id_changes_nothing() {
    let server = Server::start().await;
    let (mut cleo, id) = started(&server, "cleo").await;
    let data = json!({ "conversationId": id, "content": "once", "clientId": "m1" });
    let (first, second) = (cleo.ack("send_message", data.clone()).await, cleo.ack("send_message", data).await);
    assert_eq!(
        (&first["messageId"], &first["seq"], &second["duplicate"]),
        (&second["messageId"], &second["seq"], &json!(true))
    );
    let again = cleo.ack("start_conversation", json!({ "clientId": "first" })).await;
    assert_eq!((&again["conversationId"], &again["duplicate"]), (&json!(id), &json!(true)));
    server.stop().await;
}

#[actix_web::test]
async fn a_resume_brings_what_was_missed_in_order_and_then_the_ack() {
    let server = Server::start().await;
    let (mut cleo, id) = started(&server, "cleo").await;
    for number in 0..700 {
        say(&mut cleo, &id, &format!("m{number}")).await;
    }
    let token = server.token(&User::customer("cleo", "cleo")).await;
    let mut phone = Client::connect(&server, &token).await;
    phone.expect("chat_session_restored").await;
    let before = phone.seen.len();
    let resumed = phone.ack("resume", json!({ "conversations": [{ "conversationId": id, "lastSeq": 40 }] })).await;
    assert_eq!(resumed["conversations"], json!([{ "conversationId": id, "lastSeq": 700 }]));
    let numbers: Vec<i64> = phone.seen[before..]
        .iter()
        .filter(|event| event["type"] == "new_message")
        .map(|event| event["data"]["seq"].as_i64().unwrap())
        .collect();
    assert_eq!(numbers, (41..=700).collect::<Vec<_>>());
    assert_eq!(phone.seen.last().unwrap()["type"], "ack");
    // From here on it is live, on both devices.
    say(&mut cleo, &id, "live").await;
    phone.expect_where(|event| event["data"]["content"] == "live").await;
    server.stop().await;
}

#[actix_web::test]
async fn snake_case_keys_are_spoken_at_the_other_address() {
    let server = Server::start().await;
    let token = server.token(&User::customer("cleo", "Cleo")).await;
    let mut cleo = Client::open(&server.address, &format!("/api/v1/ws?token={token}"), &[]).await.unwrap();
    assert_eq!(cleo.expect("connected").await["user_id"], "cleo");
    let started = cleo.ack("start_conversation", json!({ "client_id": "c1" })).await;
    let id = started["conversation_id"].as_str().unwrap().to_owned();
    let data = json!({ "conversation_id": id, "message_text": "hello", "client_id": "m1" });
    assert_eq!(cleo.ack("send_message", data).await["seq"], 1);
    assert_eq!(cleo.expect("new_message").await["message_text"], "hello");
    let wrong = cleo.ask("send_message", json!({ "conversation_id": id, "client_id": "m2" })).await;
    assert_eq!(wrong["data"]["field"], "data.message_text");
    server.stop().await;
}

#[actix_web::test]
async fn limits_are_kept_per_sender_and_per_socket() {
    let server = Server::with(|config| {
        config.limits.messages_per_10s = 3;
        config.limits.frames_per_60s = 40;
        config.limits.rooms_per_socket = 2;
    })
    .await;
    let (mut cleo, id) = started(&server, "cleo").await;
    for number in 0..3 {
        say(&mut cleo, &id, &format!("m{number}")).await;
    }
    let answer = cleo.ask("send_message", json!({ "conversationId": id, "content": "x", "clientId": "m4" })).await;
    assert_eq!((&answer["data"]["code"], &answer["data"]["retryAfterMs"]), (&json!("rate_limited"), &json!(10_000)));
    server.clock.advance(Millis::from_secs(10));
    say(&mut cleo, &id, "m5").await;
    // What comes too fast is not even read, so the error cannot name the request.
    for _ in 0..41 {
        cleo.tell("ping", json!({})).await;
    }
    assert_eq!(cleo.expect("error").await["code"], "rate_limited");
    server.stop().await;
}

#[actix_web::test]
async fn a_logout_closes_the_login_s_sockets() {
    let server = Server::start().await;
    let body = json!({ "email": "admin@localhost", "password": "correct horse battery staple" });
    let (status, login) = server.call("post", "/api/v1/auth/login", None, body).await;
    assert_eq!(status, 200, "{login}");
    let token = login["token"].as_str().unwrap();
    let mut boss = Client::connect(&server, token).await;
    assert_eq!(server.post("/api/v1/auth/logout", token, Value::Null).await.0, 204);
    assert_eq!(boss.close_code().await, Some(4401));
    assert_eq!(server.get("/api/v1/queue", token).await.0, 401);
    server.stop().await;
}

#[actix_web::test]
async fn a_token_s_end_is_told_ahead_and_kept_unless_it_is_refreshed() {
    let server = Server::start().await;
    let user = User::customer("cleo", "Cleo");
    let short = server.engine.handle().token(&user, Millis::from_secs(120)).await.unwrap();
    let (mut one, mut other) = (Client::connect(&server, &short).await, Client::connect(&server, &short).await);
    server.clock.advance(Millis::from_secs(61));
    one.expect("token_expiring").await;
    other.expect("token_expiring").await;
    let long = server.engine.handle().token(&user, Millis::from_mins(60)).await.unwrap();
    other.ack("refresh_token", json!({ "token": long })).await;
    server.clock.advance(Millis::from_secs(60));
    assert_eq!(one.close_code().await, Some(4401));
    assert_eq!(other.ask("ping", json!({ "n": 1 })).await["data"]["data"], json!({ "n": 1 }));
    server.stop().await;
}

/// Whatever actor falls over, what was acknowledged is there, and the next request works.
#[actix_web::test]
async fn a_panic_in_any_actor_loses_nothing_acknowledged() {
    let server = Server::start().await;
    let node = server.engine.node();
    let token = server.token(&User::agent("ann", "Ann")).await;
    let mut ann = Client::connect(&server, &token).await;
    server.settle().await;
    let (mut cleo, id) = started(&server, "cleo").await;
    cleo.ack("escalate", json!({ "conversationId": id })).await;
    cleo.expect("agent_joined").await;
    let faults = [
        Fault::Room(id.as_str().into()),
        Fault::Agent("ann".into()),
        Fault::Supervisor,
        Fault::Router,
        Fault::Room(id.as_str().into()),
    ];
    let mut last = 0;
    for (round, fault) in faults.into_iter().enumerate() {
        last = say(&mut cleo, &id, &format!("before-{round}")).await;
        node.inject_panic(fault.clone());
        // What is in flight in the moment of a fault may be answered "nobody knows"; the same client id finds out.
        let data =
            json!({ "conversationId": id, "content": format!("after {round}"), "clientId": format!("after-{round}") });
        loop {
            let answer = cleo.ask("send_message", data.clone()).await;
            if answer["type"] == "ack" {
                assert_eq!(answer["data"]["seq"], last + 1, "{fault:?}");
                break;
            }
            assert_eq!(answer["data"]["retryable"], true, "{fault:?}: {answer}");
        }
        ann.expect_where(|event| event["data"]["content"] == format!("after {round}")).await;
    }
    let numbers: Vec<i64> = ann.messages(&id).into_iter().map(|(seq, _)| seq).collect();
    assert!(numbers.windows(2).all(|pair| pair[1] == pair[0] + 1), "{numbers:?}");
    assert_eq!(numbers.last(), Some(&(last + 1)));
    loop {
        // The supervisor's new life knows the case and that both are linked.
        let Ok(state) = server.engine.handle().routing_state().await else { continue };
        let present = switchboard::domain::agent::Presence::Connected;
        if state.cases.len() == 1 && state.agents[&"ann".into()].presence == present {
            assert_eq!(state.agents[&"ann".into()].capacity.used, 1);
            break;
        }
    }
    node.inject_panic(Fault::Sessions("cleo".into()));
    while cleo.read().await {}
    let token = server.token(&User::customer("cleo", "cleo")).await;
    let mut again = Client::connect(&server, &token).await;
    assert_eq!(again.expect("chat_session_restored").await["conversationId"], id.as_str());
    server.stop().await;
}

/// Who was shown a conversation because it was offered or waited hears nothing more once that is over.
#[actix_web::test]
async fn who_may_no_longer_listen_is_let_go() {
    let server = Server::with(|config| {
        config.routing.mode = switchboard::domain::chatbot::RoutingMode::Offer;
        config.routing.broadcast_offers = 2;
    })
    .await;
    let mut agents = Vec::new();
    for name in ["ann", "bob"] {
        let token = server.token(&User::agent(name, name)).await;
        agents.push(Client::connect(&server, &token).await);
    }
    let (mut bob, mut ann) = (agents.pop().unwrap(), agents.pop().unwrap());
    server.settle().await;
    let (mut cleo, id) = started(&server, "cleo").await;
    cleo.ack("escalate", json!({ "conversationId": id })).await;
    let offered = ann.notice("NEW_TRANSFER_REQUEST").await;
    let other = bob.notice("NEW_TRANSFER_REQUEST").await;
    ann.ack("join", json!({ "conversationId": id, "lastSeq": 0 })).await;
    say(&mut cleo, &id, "while-offered").await;
    ann.expect_where(|event| event["data"]["content"] == "while-offered").await;
    ann.ack("decline_transfer", json!({ "transferRequestId": offered["transferRequestId"] })).await;
    bob.ack("accept_transfer", json!({ "transferRequestId": other["transferRequestId"] })).await;
    cleo.expect("agent_joined").await;
    say(&mut cleo, &id, "a-secret").await;
    bob.expect_where(|event| event["data"]["content"] == "a-secret").await;
    assert_eq!(
        ann.error("send_message", json!({ "conversationId": id, "content": "x", "clientId": "x" })).await,
        "not_found"
    );
    assert!(ann.seen.iter().all(|event| event["data"]["content"] != "a-secret"), "{:?}", ann.seen);
    server.stop().await;
}

/// The small limit is for those who have not said who they are: a token with the upgrade says it.
#[actix_web::test]
async fn a_long_first_frame_is_taken_from_who_brought_a_token() {
    let server = Server::start().await;
    for name in ["known", "unknown"] {
        let user = User::customer(name, name);
        if name == "known" {
            server.engine.handle().ensure_user(&user).await.unwrap();
        }
        let bearer = format!("Bearer {}", server.engine.handle().token(&user, Millis::from_mins(5)).await.unwrap());
        let mut client = Client::open(&server.address, "/ws", &[("authorization", bearer.as_str())]).await.unwrap();
        let data = json!({ "clientId": "long", "firstMessage": "x".repeat(6_000) });
        let answer = client.ack("start_conversation", data).await;
        assert_eq!(answer["firstMessage"]["seq"], 1, "{answer}");
    }
    let mut stranger = Client::open(&server.address, "/ws", &[("authorization", "Bearer nonsense")]).await.unwrap();
    stranger.send_raw(&"x".repeat(6_000)).await;
    assert!(matches!(stranger.close_code().await, Some(1009 | 4401)));
    server.stop().await;
}

#[actix_web::test]
async fn what_answers_a_message_of_another_conversation_is_refused_by_name() {
    let server = Server::start().await;
    let (mut cleo, id) = started(&server, "cleo").await;
    let (mut dora, other) = started(&server, "dora").await;
    let foreign = json!({ "conversationId": other, "content": "mine", "clientId": "d" });
    let foreign = dora.ack("send_message", foreign).await["messageId"].clone();
    let data = json!({ "conversationId": id, "content": "x", "clientId": "m", "replyTo": foreign });
    let answer = cleo.ask("send_message", data.clone()).await;
    assert_eq!((&answer["data"]["code"], &answer["data"]["field"]), (&json!("invalid"), &json!("data.replyTo")));
    let own = json!({ "conversationId": id, "content": "x", "clientId": "n" });
    let own = cleo.ack("send_message", own).await["messageId"].clone();
    let data = json!({ "conversationId": id, "content": "x", "clientId": "m", "replyTo": own });
    assert_eq!(cleo.ack("send_message", data).await["seq"], 2);
    server.stop().await;
}

#[actix_web::test]
async fn a_customer_has_no_status_to_set() {
    let server = Server::start().await;
    let (mut cleo, _) = started(&server, "cleo").await;
    assert_eq!(cleo.error("agent_status", json!({ "status": "away" })).await, "forbidden");
    server.stop().await;
}

#[actix_web::test]
async fn metadata_that_is_no_object_is_refused_by_name() {
    let server = Server::start().await;
    let (mut cleo, id) = started(&server, "cleo").await;
    for metadata in [json!([1]), json!("x"), json!(1)] {
        let data = json!({ "conversationId": id, "content": "x", "clientId": "m", "metadata": metadata });
        let answer = cleo.ask("send_message", data).await;
        assert_eq!(answer["data"]["field"], "data.metadata", "{answer}");
        let data = json!({ "clientId": "n", "metadata": metadata });
        assert_eq!(cleo.error("start_conversation", data).await, "invalid");
    }
    let data = json!({ "conversationId": id, "content": "x", "clientId": "m", "metadata": { "a": 1 } });
    cleo.ack("send_message", data).await;
    server.stop().await;
}
