//! REST: every route has its row in the table of who may do what and keeps to it; logins; the seeds' calls.

use serde_json::{Value, json};
use switchboard::auth::policy::{Action, Caller, Relation, Target, Verdict, allows};
use switchboard::engine::User;
use switchboard::protocol::dialect::{KeyStyle, REQUEST_TYPES, decode};
use switchboard::protocol::error::ErrorCode;
use switchboard::transport::rest::ROUTES;

use crate::support::server::{INTERNAL, Server};

/// What the table says to a caller who stands in no relation to anything.
fn wanted(caller: Caller, action: Action) -> Option<u16> {
    let relation = if matches!(action.target(), Target::Nothing) { Relation::None } else { Relation::Other };
    match allows(caller, action, relation) {
        Verdict::Allow => None,
        Verdict::NotFound => Some(404),
        Verdict::Forbidden => Some(403),
        Verdict::Unauthenticated => Some(401),
    }
}

#[actix_web::test]
async fn every_route_keeps_to_its_row_for_every_caller() {
    let server = Server::start().await;
    let cleo = server.token(&User::customer("cleo", "Cleo")).await;
    let (_, started) = server.post("/api/v1/conversations", &cleo, json!({})).await;
    let conversation = started["conversationId"].as_str().unwrap().to_owned();
    server.engine.handle().ensure_user(&User::agent("owner", "Owner")).await.unwrap();
    let admin = server.token(&User::admin("root", "Root")).await;
    let shared = json!({ "shortcut": "hi", "title": "Greeting", "content": "Hello", "shared": true });
    let (_, shared) = server.post("/api/v1/canned-responses", &admin, shared).await;
    let canned = shared["id"].as_str().unwrap().to_owned();
    let callers = [
        (Caller::Anonymous, None),
        (Caller::Customer, Some(server.token(&User::customer("stranger", "S")).await)),
        (Caller::Agent, Some(server.token(&User::agent("other", "O")).await)),
    ];
    let mut walked = 0;
    for route in ROUTES {
        let id = match route.action.target() {
            Target::Conversation => conversation.as_str(),
            Target::Agent => "owner",
            Target::Chatbot => "default",
            Target::Canned => canned.as_str(),
            Target::Offer => "no-such-offer",
            Target::Nothing => "nobody",
        };
        let path = route.path.replace("{id}", id);
        for (caller, token) in &callers {
            let Some(status) = wanted(*caller, route.action) else { continue };
            // What is asked about comes first; the escalation call names its conversation in the body.
            let body = json!({
                "conversationId": conversation, "content": "x", "clientId": "x", "seq": 1, "score": 1, "status": "away", "priority": 1,
                "name": "x", "email": "x@y", "password": "x", "agentId": "owner", "userId": "cleo", "role": "agent",
                "refreshToken": "x",
            });
            // Seed 003's keys.
            let snake = json!({
                "conversation_id": conversation, "message_text": "x", "emoji": "👍", "user_id": "cleo", "role": "participant",
            });
            let body = if route.path.starts_with("/api/v1/messages/") { snake } else { body };
            let body = if route.method == "get" { Value::Null } else { body };
            let (found, answer) = server.call(route.method, &path, token.as_deref(), body).await;
            // An offer that does not exist has nobody to whom it was made.
            let gone = route.action.target() == Target::Offer && found == 409;
            assert!(
                found == status || gone,
                "{} {path} as {caller:?}: {found} instead of {status}: {answer}",
                route.method
            );
            assert!(answer["error"]["code"].is_string(), "{answer}");
            walked += 1;
        }
    }
    assert!(walked > 60, "{walked}");
    server.stop().await;
}

#[test]
fn every_action_is_reached_by_a_route_or_a_socket_command() {
    let mut reached: Vec<Action> = ROUTES.iter().map(|route| route.action).collect();
    for kind in REQUEST_TYPES {
        let data = json!({
            "conversationId": "c", "clientId": "i", "content": "x", "transferRequestId": "t", "agentId": "a", "to": "ai",
            "status": "away", "score": 3, "topics": ["queue", "agents", "metrics", "notifications", "availability"], "seq": 1,
            "conversations": [], "token": "t", "url": "https://x/y",
        });
        let mut data = data;
        if *kind == "transfer" {
            data["team"] = Value::Null;
        }
        let text = json!({ "type": kind, "data": data }).to_string();
        let inbound = decode(&text, KeyStyle::Camel, 32).unwrap_or_else(|refused| panic!("{kind}: {refused:?}"));
        use switchboard::domain::command::Command;
        use switchboard::protocol::dialect::Request;
        match inbound.request {
            Request::Command(command) => {
                reached.push(Action::of(&command));
                if let Command::Subscribe { topics } = command {
                    reached.extend(topics.into_iter().map(Action::of_topic));
                }
            }
            Request::Register { .. } => reached.push(Action::SocketRegister),
            Request::RefreshToken { .. } => reached.push(Action::SocketRefreshToken),
            Request::Ping(_) => reached.push(Action::SocketPing),
        }
    }
    // Said by a field of another call, so no route or command of their own.
    reached.extend([Action::ConversationStartFor, Action::NoteSend, Action::Assign, Action::CannedShare]);
    let missing: Vec<&str> =
        Action::ALL.iter().filter(|action| !reached.contains(action)).map(|a| a.as_str()).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[actix_web::test]
async fn a_refresh_token_works_once_and_its_reuse_ends_the_login() {
    let server = Server::start().await;
    let body = json!({ "email": "ADMIN@localhost", "password": "correct horse battery staple" });
    let (_, login) = server.call("post", "/api/v1/auth/login", None, body).await;
    let first = json!({ "refreshToken": login["refreshToken"] });
    let (status, second) = server.call("post", "/api/v1/auth/refresh", None, first.clone()).await;
    assert_eq!(status, 200);
    assert_eq!(server.get("/api/v1/queue", second["token"].as_str().unwrap()).await.0, 200);
    assert_eq!(server.call("post", "/api/v1/auth/refresh", None, first).await.0, 401);
    let stolen = json!({ "refreshToken": second["refreshToken"] });
    assert_eq!(server.call("post", "/api/v1/auth/refresh", None, stolen).await.0, 401);
    assert_eq!(server.get("/api/v1/queue", second["token"].as_str().unwrap()).await.0, 401);
    for (email, password) in [("admin@localhost", "wrong"), ("nobody@localhost", "wrong")] {
        let body = json!({ "email": email, "password": password });
        let (status, answer) = server.call("post", "/api/v1/auth/login", None, body).await;
        assert_eq!((status, &answer["error"]["code"]), (401, &json!("unauthenticated")));
    }
    server.stop().await;
}

#[actix_web::test]
async fn seed_000_s_assign_takes_a_waiting_conversation() {
    let server = Server::with(|config| config.routing.mode = switchboard::domain::chatbot::RoutingMode::Manual).await;
    let (cleo, ann) =
        (server.token(&User::customer("cleo", "Cleo")).await, server.token(&User::agent("ann", "Ann")).await);
    let (_, queued) =
        server.post("/conversations/escalate", &cleo, json!({ "userId": "cleo", "reason": "help" })).await;
    assert_eq!(queued["status"], "QUEUED", "{queued}");
    let path = format!("/api/chats/{}/assign", queued["conversationId"].as_str().unwrap());
    let (status, answer) = server.post(&path, &ann, json!({})).await;
    assert_eq!((status, &answer["status"], &answer["agentName"]), (200, &json!("ASSIGNED"), &json!("Ann")), "{answer}");
    assert_eq!(server.post(&path, &ann, json!({})).await.0, 200);
    let bob = server.token(&User::agent("bob", "Bob")).await;
    let (status, answer) = server.post(&path, &bob, json!({})).await;
    assert_eq!(
        (status, &answer["error"]["code"]),
        (404, &json!("not_found")),
        "what a colleague has is not for bob's eyes"
    );
    server.stop().await;
}

#[actix_web::test]
async fn an_idempotency_key_answers_a_repeat_with_the_first_answer() {
    let server = Server::start().await;
    let cleo = server.token(&User::customer("cleo", "Cleo")).await;
    let call = |body: Value| {
        let request = server.http.post(format!("http://{}/api/v1/conversations", server.address));
        request.bearer_auth(&cleo).header("idempotency-key", "k1").json(&body).send()
    };
    let first: Value = call(json!({ "priority": 1 })).await.unwrap().json().await.unwrap();
    let again = call(json!({ "priority": 1 })).await.unwrap();
    assert_eq!(again.status(), 201);
    assert_eq!(again.json::<Value>().await.unwrap(), first);
    let other = call(json!({ "priority": 2 })).await.unwrap();
    assert_eq!(other.json::<Value>().await.unwrap()["error"]["code"], ErrorCode::IdempotencyMismatch.as_str());
    server.stop().await;
}

/// The answers to twelve of the same call at once.
async fn twelve(server: &Server, path: &str, token: &str, key: Option<&str>, body: &Value) -> Vec<(u16, Value)> {
    let call = async || {
        let request = server.http.post(format!("http://{}{path}", server.address)).bearer_auth(token).json(body);
        let request = key.into_iter().fold(request, |request, key| request.header("idempotency-key", key));
        let response = request.send().await.unwrap();
        (response.status().as_u16(), response.json().await.unwrap())
    };
    futures_util::future::join_all((0..12).map(|_| call())).await
}

async fn one_key_is_one_doing(server: Server) {
    let cleo = server.token(&User::customer("cleo", "Cleo")).await;
    let path = "/api/v1/conversations";
    let starts = twelve(&server, path, &cleo, Some("k1"), &json!({ "firstMessage": "Hello" })).await;
    assert!(starts.iter().all(|start| *start == starts[0] && start.0 == 201), "{starts:?}");
    assert_eq!(server.get(path, &cleo).await.1["items"].as_array().unwrap().len(), 1);
    let messages = format!("{path}/{}/messages", starts[0].1["conversationId"].as_str().unwrap());
    let sent = twelve(&server, &messages, &cleo, Some("k2"), &json!({ "content": "Anybody?" })).await;
    assert!(sent.iter().all(|answer| *answer == sent[0] && answer.0 == 201), "{sent:?}");
    assert_eq!(server.get(&messages, &cleo).await.1["lastSeq"], 2);
    let dora = server.token(&User::customer("dora", "Dora")).await;
    let wished = twelve(&server, "/conversations/escalate", &dora, None, &json!({ "reason": "help" })).await;
    let ids: std::collections::BTreeSet<String> =
        wished.iter().map(|(_, answer)| answer["conversationId"].to_string()).collect();
    assert_eq!(ids.len(), 1, "{wished:?}");
    assert_eq!(server.get(path, &dora).await.1["items"].as_array().unwrap().len(), 1);
    server.stop().await;
}

#[actix_web::test]
async fn twelve_calls_with_one_key_are_one_on_sqlite() {
    one_key_is_one_doing(Server::start().await).await;
}

#[actix_web::test]
async fn twelve_calls_with_one_key_are_one_on_postgres() {
    one_key_is_one_doing(Server::on_postgres().await).await;
}

#[actix_web::test]
async fn every_unsafe_route_takes_a_key_and_every_error_is_the_envelope() {
    let server = Server::start().await;
    let admin = server.token(&User::admin("root", "Root")).await;
    let envelope = |answer: &Value, what: &str| {
        assert!(answer["error"]["code"].is_string(), "{what}: {answer}");
        assert!(answer["error"]["requestId"].is_string(), "{what}: {answer}");
    };
    let call = async |method: &str, path: &str, query: &str, key: Option<&str>, body: String| {
        let method = reqwest::Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
        let url = format!("http://{}{path}{query}", server.address);
        let request = server.http.request(method, url).bearer_auth(&admin).body(body);
        let request = key.into_iter().fold(request, |request, key| request.header("idempotency-key", key));
        let response = request.send().await.unwrap();
        (response.status().as_u16(), serde_json::from_str(&response.text().await.unwrap()).unwrap_or(Value::Null))
    };
    for route in ROUTES {
        let gives_tokens = ["/auth/", "/visitors", "/tokens"].iter().any(|part| route.path.contains(part))
            || matches!(route.action, Action::WebhookCreate | Action::WebhookRotate);
        let path = route.path.replace("{id}", "a%00b");
        let what = format!("{} {path}", route.method);
        // A file is not held in memory to be compared.
        let file = route.path.ends_with("/messages/attachments");
        if route.method != "get" && !gives_tokens && !file {
            let (status, answer) = call(route.method, &path, "", Some(&"k".repeat(129)), "{}".into()).await;
            assert_eq!((status, &answer["error"]["details"]["field"]), (400, &json!("Idempotency-Key")), "{what}");
            envelope(&answer, &what);
        }
        if route.path.contains("{id}") {
            let (status, answer) = call(route.method, &path, "", None, "{}".into()).await;
            assert!((400..500).contains(&status), "{what}: {status} {answer}");
            envelope(&answer, &what);
        }
        let (status, answer) = call("trace", &path, "", None, String::new()).await;
        assert_eq!(status, 405, "{what}");
        envelope(&answer, &what);
    }
    for path in ["/api/v1/conversations", "/api/v1/audit", "/api/v1/search"] {
        let (status, answer) = call("get", path, "?limit=abc", None, String::new()).await;
        assert_eq!((status, &answer["error"]["details"]["field"]), (400, &json!("limit")), "{path}: {answer}");
        envelope(&answer, path);
    }
    let (status, answer) = call("post", "/api/v1/conversations", "", None, "x".repeat(300 * 1024)).await;
    assert_eq!((status, &answer["error"]["code"]), (413, &json!("too_large")));
    envelope(&answer, "a large body");
    let (status, answer) = call("get", "/api/v1/nothing", "", None, String::new()).await;
    assert_eq!(status, 404);
    envelope(&answer, "an unknown path");
    server.stop().await;
}

#[actix_web::test]
async fn the_host_mints_tokens_with_its_secret_only() {
    let server = Server::start().await;
    let body = json!({ "userId": "host-7", "role": "customer", "name": "Cleo" });
    assert_eq!(server.call("post", "/api/v1/tokens", None, body.clone()).await.0, 404);
    let request = server.http.post(format!("http://{}/api/v1/tokens", server.address));
    let answer = request.header("x-internal-secret", INTERNAL).json(&body).send().await.unwrap();
    assert_eq!(answer.status(), 201);
    let minted: Value = answer.json().await.unwrap();
    assert_eq!(server.get("/api/v1/conversations", minted["token"].as_str().unwrap()).await.0, 200);
    server.stop().await;
}

#[actix_web::test]
async fn a_body_of_another_shape_is_refused_by_field_and_not_repeated() {
    let server = Server::start().await;
    let cleo = server.token(&User::customer("cleo", "Cleo")).await;
    for (path, body, field) in [
        ("/api/v1/auth/login", json!(["me@x", "SECRET"]), "body"),
        ("/api/v1/auth/login", json!({ "email": "me@x", "password": ["SECRET"] }), "password"),
        ("/api/v1/auth/refresh", json!({ "refreshToken": { "SECRET": 1 } }), "refreshToken"),
        ("/api/v1/conversations", json!({ "skills": "SECRET" }), "skills"),
    ] {
        let (status, answer) = server.post(path, &cleo, body).await;
        let found = &answer["error"]["details"]["field"];
        assert_eq!((status, found, answer.to_string().contains("SECRET")), (400, &json!(field), false), "{answer}");
    }
    server.stop().await;
}

#[actix_web::test]
async fn lists_are_paged_by_an_opaque_cursor() {
    let server = Server::start().await;
    let cleo = server.token(&User::customer("cleo", "Cleo")).await;
    for _ in 0..5 {
        server.post("/api/v1/conversations", &cleo, json!({})).await;
    }
    let (mut seen, mut path) = (Vec::new(), "/api/v1/conversations?limit=2".to_owned());
    loop {
        let (_, page) = server.get(&path, &cleo).await;
        seen.extend(page["items"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap().to_owned()));
        let Some(cursor) = page["nextCursor"].as_str() else { break };
        path = format!("/api/v1/conversations?limit=2&cursor={cursor}");
    }
    let mut distinct = seen.clone();
    distinct.sort();
    distinct.dedup();
    assert_eq!((seen.len(), distinct.len()), (5, 5));
    assert_eq!(server.get("/api/v1/conversations?cursor=nonsense", &cleo).await.0, 400);
    server.stop().await;
}

#[test]
fn the_protocol_paper_s_tables_say_what_the_code_says() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/protocol.md");
    let paper = std::fs::read_to_string(path).unwrap();
    let yes = |flag: bool| if flag { "yes" } else { "no" };
    for code in ErrorCode::ALL {
        let row =
            format!("| `{}` | {} | {} | {} |", code.as_str(), code.status(), yes(code.retryable()), code.meaning());
        assert!(paper.contains(&row), "{row}");
    }
    for close in switchboard::protocol::error::CLOSE_CODES {
        let (back, resume, token) = (yes(close.reconnect), yes(close.resume), yes(close.new_token));
        let row = format!("| {} | {} | {back} | {resume} | {token} |", close.code, close.name);
        assert!(paper.contains(&row), "{row}");
    }
    for route in ROUTES {
        let row = format!("| `{} {}` |", route.method.to_uppercase(), route.path);
        assert!(paper.contains(&row), "{row}");
    }
    for kind in REQUEST_TYPES {
        assert!(paper.contains(&format!("`{kind}")) || paper.contains(&format!("{kind} {{")), "{kind}");
    }
}
