//! Statistics, alerts, announcements, the audit log, what admins do to agents.

use serde_json::{Value, json};
use switchboard::domain::time::Millis;
use switchboard::engine::User;

use super::{connect, ids, start};
use crate::support::on_both;
use crate::support::server::{INTERNAL, Server};

on_both!(
    statistics_are_what_was_counted_by_hand,
    what_admins_change_is_on_record,
    an_agent_s_password_is_set_anew_and_the_old_logins_end,
    an_agent_who_never_had_a_socket_is_known_from_the_first_call_on,
    one_address_is_one_login_also_when_six_ask_at_once,
    the_queue_is_told_something_that_stays,
    who_waits_comes_sooner_by_hand_and_the_log_of_all_decisions_says_so,
    a_renamed_agent_has_the_new_name_at_its_next_login_and_before,
);

async fn escalated(server: &Server, token: &str) -> String {
    let (_, answer) = server.post("/conversations/escalate", token, json!({ "reason": "help" })).await;
    assert_eq!(answer["status"], "QUEUED", "{answer}");
    answer["conversationId"].as_str().unwrap().to_owned()
}

/// Cleo waits 60 s for Ann, who answers 30 s later and closes after another 60 s; she gives four stars. Dora's ends
/// with the assistant at once. Eve waits and takes it back.
async fn statistics_are_what_was_counted_by_hand(server: Server) {
    let boss = server.token(&User::admin("boss", "Boss")).await;
    let ann = User::agent("ann", "Ann");
    let ann_token = server.token(&ann).await;
    let (cleo, dora) = (User::customer("cleo", "Cleo"), User::customer("dora", "Dora"));
    let (cleo, dora) = (server.token(&cleo).await, server.token(&dora).await);
    let eve = server.token(&User::customer("eve", "Eve")).await;
    let seconds = |count| server.clock.advance(Millis::from_secs(count));

    let served = escalated(&server, &cleo).await;
    seconds(60);
    server.engine.handle().agent_connected(&ann, None, None).await.unwrap();
    server.settle().await;
    seconds(30);
    let said = json!({ "content": "Hello", "clientId": "a1" });
    assert_eq!(server.post(&format!("/api/v1/conversations/{served}/messages"), &ann_token, said).await.0, 201);
    let (_, own) = server.post("/api/v1/conversations", &dora, json!({})).await;
    let own = own["conversationId"].as_str().unwrap().to_owned();
    assert_eq!(server.post(&format!("/api/v1/conversations/{own}/close"), &dora, json!({})).await.0, 200);
    seconds(60);
    assert_eq!(server.post(&format!("/api/v1/conversations/{served}/close"), &ann_token, json!({})).await.0, 200);
    assert_eq!(
        server.post(&format!("/api/v1/conversations/{served}/rating"), &cleo, json!({ "score": 4 })).await.0,
        200
    );
    let away = json!({ "status": "away" });
    assert_eq!(server.call("put", "/api/v1/agents/ann/status", Some(&boss), away).await.0, 200);
    let taken_back = escalated(&server, &eve).await;
    seconds(20);
    assert_eq!(server.post(&format!("/api/v1/conversations/{taken_back}/cancel"), &eve, json!({})).await.0, 200);

    // The clock of the tests began at 10:00 UTC; Kolkata's day began at 18:30 UTC the day before.
    let query = "from=2026-11-23T00:00:00Z&to=2026-11-24T00:00:00Z&bucket=hour&timeZone=Asia/Kolkata";
    let (status, report) = server.get(&format!("/api/v1/statistics?{query}"), &boss).await;
    assert_eq!(status, 200, "{report}");
    let total = &report["total"];
    let counted = |keys: [&str; 8]| keys.map(|key| total[key].as_i64().unwrap());
    let keys = ["arrivals", "escalations", "assigned", "closed", "assistantOnly", "abandoned", "canceled", "expired"];
    assert_eq!(counted(keys), [3, 2, 1, 2, 1, 0, 1, 0], "{total}");
    assert_eq!(total["waitMs"], json!({ "count": 1, "p50": 60_000, "p90": 60_000 }));
    assert_eq!(total["firstResponseMs"], json!({ "count": 1, "p50": 90_000, "p90": 90_000 }));
    assert_eq!(total["resolutionMs"], json!({ "count": 2, "p50": 0, "p90": 150_000 }));
    let ratings = json!({ "1": 0, "2": 0, "3": 0, "4": 1, "5": 0, "count": 1, "meanHundredths": 400 });
    assert_eq!((&total["ratings"], &total["assistantOnlyPermille"]), (&ratings, &json!(500)));
    assert_eq!(total["abandonmentPermille"], 0);
    let agents = report["agents"].as_array().unwrap();
    assert_eq!((agents.len(), &agents[0]["name"], &agents[0]["assigned"]), (1, &json!("Ann"), &json!(1)));
    assert_eq!(agents[0]["handlingMs"], json!({ "count": 1, "p50": 90_000, "p90": 90_000 }));
    assert_eq!(agents[0]["ratings"], ratings);
    let buckets = report["buckets"].as_array().unwrap();
    let busy: Vec<_> = buckets.iter().filter(|bucket| bucket["arrivals"] != 0).collect();
    // Half an hour off: 24 hours touch 25 of Kolkata's.
    assert_eq!((buckets.len(), busy.len(), &busy[0]["start"]), (25, 1, &json!("2026-11-23T09:30:00.000Z")));

    let other = format!("/api/v1/statistics?{query}&chatbotId=elsewhere");
    assert_eq!(server.get(&other, &boss).await.1["total"]["arrivals"], 0);
    for (wrong, field) in [("bucket=minute", "bucket"), ("timeZone=Mars/Base", "timeZone"), ("from=yesterday", "from")]
    {
        let (status, answer) = server.get(&format!("/api/v1/statistics?{wrong}"), &boss).await;
        assert_eq!((status, &answer["error"]["details"]["field"]), (400, &json!(field)), "{answer}");
    }
    let far = "from=2020-01-01T00:00:00Z&to=2026-01-01T00:00:00Z&bucket=hour";
    assert_eq!(server.get(&format!("/api/v1/statistics?{far}"), &boss).await.0, 400);
    let (_, staff) = server.get(&format!("/api/admin/statistics/staff?{query}"), &boss).await;
    assert_eq!(staff["items"], report["agents"]);
    server.stop().await;
}

async fn what_admins_change_is_on_record(server: Server) {
    let boss = server.token(&User::admin("boss", "Boss")).await;
    let cleo = server.token(&User::customer("cleo", "Cleo")).await;
    let (mut console, ann) = connect(&server, &User::agent("ann", "Ann")).await;
    console.ack("agent_status", json!({ "status": "away" })).await;
    let id = escalated(&server, &cleo).await;
    let path = |what: &str| format!("/api/v1/conversations/{id}/{what}");
    assert_eq!(server.post(&path("assign"), &boss, json!({ "agentId": "ann" })).await.0, 200);
    let back = server.post(&path("release"), &boss, json!({ "to": "queue" })).await;
    assert_eq!(back.0, 200, "{}", back.1);
    assert_eq!(ids(&server.get("/api/v1/conversations?view=queue", &boss).await.1), [id.as_str()]);
    assert_eq!(server.post(&path("assign"), &ann, json!({})).await.0, 200);
    assert_eq!(server.post(&path("close"), &boss, json!({ "reason": "spam" })).await.0, 200);
    let wrong = json!({ "email": "Boss@localhost", "password": "wrong" });
    assert_eq!(server.call("post", "/api/v1/auth/login", None, wrong).await.0, 401);
    let right = json!({ "email": "admin@localhost", "password": "correct horse battery staple" });
    assert_eq!(server.call("post", "/api/v1/auth/login", None, right).await.0, 200);
    let bot = json!({ "name": "Shop", "greeting": "Hi" });
    assert_eq!(server.call("put", "/api/v1/chatbots/shop", Some(&boss), bot).await.0 / 100, 2);
    assert_eq!(server.call("delete", "/api/v1/chatbots/shop", Some(&boss), Value::Null).await.0 / 100, 2);
    let mint = server.http.post(format!("http://{}/api/v1/tokens", server.address));
    let mint = mint.header("x-internal-secret", INTERNAL).json(&json!({ "userId": "host-7", "role": "agent" }));
    assert_eq!(mint.send().await.unwrap().status(), 201);

    let (mut log, mut path) = (Vec::new(), "/api/v1/audit?limit=2".to_owned());
    loop {
        let (_, page) = server.get(&path, &boss).await;
        log.extend(page["items"].as_array().unwrap().clone());
        let Some(cursor) = page["nextCursor"].as_str() else { break };
        path = format!("/api/v1/audit?limit=2&cursor={cursor}");
    }
    // What the tests' own tokens were minted for is on record as well.
    log.retain(|entry| entry["action"] != "token.minted" || entry["subject"] == "host-7");
    log.reverse();
    let short: Vec<_> =
        log.iter().map(|entry| (entry["action"].as_str().unwrap(), entry["actorId"].as_str())).collect();
    let mut expected = vec![
        ("conversation.assigned", Some("boss")),
        ("conversation.released", Some("boss")),
        ("conversation.closed", Some("boss")),
        ("login.refused", None),
        ("login.ok", log[4]["actorId"].as_str()),
        ("chatbot.put", Some("boss")),
        ("chatbot.deleted", Some("boss")),
        ("token.minted", None),
    ];
    assert_eq!(short, expected.split_off(0));
    assert_eq!((&log[0]["subject"], &log[0]["details"]), (&json!(id), &json!({ "agentId": "ann" })));
    let text = json!(log).to_string();
    assert!(!text.contains("localhost") && !text.contains("wrong") && !text.contains("spam"), "{text}");
    let (_, of_boss) = server.get("/api/v1/audit?actor=boss&action=chatbot.put", &boss).await;
    assert_eq!(of_boss["items"].as_array().unwrap().len(), 1);
    server.stop().await;
}

async fn an_agent_who_never_had_a_socket_is_known_from_the_first_call_on(server: Server) {
    let boss = server.token(&User::admin("boss", "Boss")).await;
    let cleo = server.token(&User::customer("cleo", "Cleo")).await;
    let (_, started) = server.post("/api/v1/conversations", &cleo, json!({})).await;
    let id = started["conversationId"].as_str().unwrap();
    // Minted by the host application, never used.
    server.token(&User::agent("ann", "Ann")).await;
    let (_, agents) = server.get("/api/v1/agents", &boss).await;
    let row = agents["items"].as_array().unwrap().iter().find(|row| row["agentId"] == "ann").unwrap();
    assert_eq!((&row["name"], &row["presence"]), (&json!("Ann"), &json!("gone")), "{row}");
    let (status, assigned) =
        server.post(&format!("/api/v1/conversations/{id}/assign"), &boss, json!({ "agentId": "ann" })).await;
    assert_eq!((status, &assigned["agentId"]), (200, &json!("ann")), "{assigned}");
    server.stop().await;
}

async fn one_address_is_one_login_also_when_six_ask_at_once(server: Server) {
    let boss = server.token(&User::admin("boss", "Boss")).await;
    let asked = (0..6).map(|number| {
        let new =
            json!({ "name": format!("Ann {number}"), "email": "ann@shop.example", "password": "a long password" });
        server.post("/api/v1/agents", &boss, new)
    });
    let mut answers = futures_util::future::join_all(asked).await;
    answers.sort_by_key(|(status, _)| *status);
    assert_eq!(answers[0].0, 201);
    for (status, answer) in &answers[1..] {
        let error = &answer["error"];
        let found = (*status, &error["code"], &error["details"]["field"]);
        assert_eq!(found, (400, &json!("invalid"), &json!("email")), "{answer}");
    }
    let (_, agents) = server.get("/api/v1/agents", &boss).await;
    let names = agents["items"].as_array().unwrap().iter().map(|row| row["name"].as_str().unwrap());
    assert_eq!(names.filter(|name| name.starts_with("Ann")).count(), 1, "{agents}");
    server.stop().await;
}

async fn an_agent_s_password_is_set_anew_and_the_old_logins_end(server: Server) {
    let boss = server.token(&User::admin("boss", "Boss")).await;
    let new = json!({ "name": "Ann", "email": "ann@shop.example", "password": "a long first password" });
    let (status, ann) = server.post("/api/v1/agents", &boss, new).await;
    assert_eq!(status, 201, "{ann}");
    let path = |what: &str| format!("/api/v1/agents/{}/{what}", ann["agentId"].as_str().unwrap());
    let login = async |password: &str| {
        let body = json!({ "email": "ann@shop.example", "password": password });
        let (status, answer) = server.call("post", "/api/v1/auth/login", None, body).await;
        (status, answer["token"].as_str().unwrap_or_default().to_owned())
    };
    let (_, first) = login("a long first password").await;
    assert_eq!(server.get("/api/v1/queue", &first).await.0, 200);
    assert_eq!(server.post(&path("password"), &first, json!({ "password": "my own new password" })).await.0, 403);
    assert_eq!(server.post(&path("password"), &boss, json!({ "password": "short" })).await.0, 400);
    let changed = server.post(&path("password"), &boss, json!({ "password": "a long second password" })).await;
    assert_eq!(changed.0, 204, "{}", changed.1);
    assert_eq!(server.get("/api/v1/queue", &first).await.0, 401, "the old login is over");
    assert_eq!(login("a long first password").await.0, 401);
    let (status, second) = login("a long second password").await;
    assert_eq!(status, 200);

    let (_, off) = server.post(&path("deactivate"), &boss, json!({})).await;
    assert_eq!(off["active"], false);
    assert_eq!(server.get("/api/v1/queue", &second).await.0, 401);
    assert_eq!(login("a long second password").await.0, 401);
    let (_, agents) = server.get("/api/v1/agents", &boss).await;
    let row = agents["items"].as_array().unwrap().iter().find(|row| row["agentId"] == ann["agentId"]).unwrap();
    assert_eq!((&row["active"], &row["status"]), (&json!(false), &json!("offline")));
    assert_eq!(server.post(&path("activate"), &boss, json!({})).await.1["active"], true);
    assert_eq!(login("a long second password").await.0, 200);
    server.stop().await;
}

async fn who_waits_comes_sooner_by_hand_and_the_log_of_all_decisions_says_so(server: Server) {
    let boss = server.token(&User::admin("boss", "Boss")).await;
    let (mut console, ann) = connect(&server, &User::agent("ann", "Ann")).await;
    console.ack("agent_status", json!({ "status": "away" })).await;
    let mut ids = Vec::new();
    for name in ["cleo", "dora", "eve"] {
        let token = server.token(&User::customer(name, name)).await;
        ids.push((escalated(&server, &token).await, token));
        server.clock.advance(Millis::from_secs(1));
    }
    let path = |nth: usize| format!("/api/v1/conversations/{}/priority", ids[nth].0);
    assert_eq!(server.post(&path(2), &boss, json!({ "priority": 4 })).await.0, 200);
    assert_eq!(server.post(&path(1), &ann, json!({ "priority": 2 })).await.0, 200, "an agent who may take it");
    let (_, queue) = server.get("/api/v1/queue", &ann).await;
    let mut order: Vec<_> = queue["items"].as_array().unwrap().clone();
    order.sort_by_key(|row| row["position"].as_i64());
    let order: Vec<_> = order.iter().map(|row| (row["userName"].as_str().unwrap(), row["priority"].as_i64())).collect();
    assert_eq!(order, [("eve", Some(4)), ("dora", Some(2)), ("cleo", Some(0))]);
    assert_eq!(server.get(&format!("/api/v1/conversations/{}", ids[2].0), &boss).await.1["priority"], 4);

    assert_eq!(server.post(&path(0), &ids[0].1, json!({ "priority": 9 })).await.0, 403, "nobody gets ahead alone");
    assert_eq!(server.post(&path(0), &ids[1].1, json!({ "priority": 9 })).await.0, 404);
    let (status, answer) = server.post(&path(0), &boss, json!({ "priority": -1 })).await;
    assert_eq!((status, &answer["error"]["details"]["field"]), (400, &json!("priority")), "{answer}");
    let (_, own) = server.post("/api/v1/conversations", &ids[0].1, json!({})).await;
    let calm = format!("/api/v1/conversations/{}/priority", own["conversationId"].as_str().unwrap());
    let (status, answer) = server.post(&calm, &boss, json!({ "priority": 1 })).await;
    assert_eq!((status, &answer["error"]["code"]), (409, &json!("not_waiting")), "{answer}");

    let (mut log, mut next) = (Vec::new(), "/api/v1/decisions?limit=2".to_owned());
    loop {
        let (status, page) = server.get(&next, &boss).await;
        assert_eq!(status, 200, "{page}");
        log.extend(page["items"].as_array().unwrap().clone());
        let Some(cursor) = page["nextCursor"].as_str() else { break };
        next = format!("/api/v1/decisions?limit=2&cursor={cursor}");
    }
    let short = |log: &[Value]| -> Vec<(String, String)> {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        log.iter().map(|one| (text(&one["outcome"]), text(&one["userName"]))).collect()
    };
    let expected =
        [("prioritized", "dora"), ("prioritized", "eve"), ("queued", "eve"), ("queued", "dora"), ("queued", "cleo")];
    assert_eq!(short(&log), expected.map(|(what, who)| (what.to_owned(), who.to_owned())));
    assert_eq!((&log[0]["note"], &log[0]["manual"]), (&json!("priority 0 became 2"), &json!(true)));
    assert_eq!((&log[0]["conversationId"], &log[0]["rule"]), (&json!(ids[1].0), &json!("R6")));
    let counted = async |query: &str| {
        let (status, page) = server.get(&format!("/api/v1/decisions?{query}"), &boss).await;
        assert_eq!(status, 200, "{query}: {page}");
        page["items"].as_array().unwrap().len()
    };
    assert_eq!([counted("outcome=queued").await, counted("manual=true").await, counted("rule=R7").await], [3, 2, 0]);
    assert_eq!(server.post(&format!("/api/v1/conversations/{}/assign", ids[0].0), &ann, json!({})).await.0, 200);
    assert_eq!([counted("agent=ann").await, counted("agent=bob").await], [1, 0]);
    for wrong in ["outcome=lost", "rule=best", "cursor=%21"] {
        assert_eq!(server.get(&format!("/api/v1/decisions?{wrong}"), &boss).await.0, 400, "{wrong}");
    }
    assert_eq!(server.get("/api/v1/decisions", &ann).await.0, 403);
    let (_, audit) = server.get("/api/v1/audit?action=conversation.prioritized", &boss).await;
    assert_eq!(audit["items"].as_array().unwrap().len(), 1, "{audit}");
    assert_eq!(audit["items"][0]["details"], json!({ "priority": 4 }));
    server.stop().await;
}

async fn a_renamed_agent_has_the_new_name_at_its_next_login_and_before(server: Server) {
    let boss = server.token(&User::admin("boss", "Boss")).await;
    let new = json!({ "id": "ann", "name": "Ann", "email": "ann@shop.example", "password": "a long first password" });
    assert_eq!(server.post("/api/v1/agents", &boss, new).await.0, 201);
    let body = json!({ "email": "ann@shop.example", "password": "a long first password" });
    let (_, login) = server.call("post", "/api/v1/auth/login", None, body.clone()).await;
    let renamed = server.call("patch", "/api/v1/agents/ann", Some(&boss), json!({ "name": "Anna" })).await;
    assert_eq!((renamed.0, &renamed.1["name"]), (200, &json!("Anna")));
    // The token in hand still says "Ann"; what it says of her name counts no longer.
    let _console = crate::support::client::Client::connect(&server, login["token"].as_str().unwrap()).await;
    server.settle().await;
    assert_eq!(server.get("/api/v1/agents/ann", &boss).await.1["name"], "Anna");
    let (_, again) = server.call("post", "/api/v1/auth/login", None, body).await;
    assert_eq!(again["user"]["name"], "Anna");
    let refresh = json!({ "refreshToken": login["refreshToken"] });
    assert_eq!(server.call("post", "/api/v1/auth/refresh", None, refresh).await.1["user"]["name"], "Anna");
    server.stop().await;
}

async fn the_queue_is_told_something_that_stays(server: Server) {
    let (mut cleo, cleo_token) = connect(&server, &User::customer("cleo", "Cleo")).await;
    let (mut ann, _) = connect(&server, &User::agent("ann", "Ann")).await;
    ann.ack("agent_status", json!({ "status": "away" })).await;
    let boss = server.token(&User::admin("boss", "Boss")).await;
    let id = start(&mut cleo, "c1").await;
    cleo.ack("escalate", json!({ "conversationId": id })).await;
    let path = "/api/v1/announcements";
    let (status, told) = server.post(path, &boss, json!({ "text": "Ten more minutes.", "audience": "queue" })).await;
    assert_eq!((status, &told["reached"]), (201, &json!(1)), "{told}");
    cleo.expect_where(|event| event["data"]["content"] == "Ten more minutes.").await;
    let (_, page) = server.get(&format!("/api/v1/conversations/{id}/messages"), &cleo_token).await;
    let last = page["items"].as_array().unwrap().last().unwrap();
    assert_eq!((&last["content"], &last["senderRole"]), (&json!("Ten more minutes."), &json!("system")));

    server.post(path, &boss, json!({ "text": "For staff.", "audience": "agents" })).await;
    assert_eq!(ann.expect("system_announcement").await["text"], "For staff.");
    let here = json!({ "text": "For the shop.", "audience": "customers", "chatbotId": "default" });
    assert_eq!(server.post(path, &boss, here).await.1["reached"], 1);
    assert_eq!(cleo.expect("system_announcement").await["text"], "For the shop.", "and not what is for staff");
    server.post(path, &boss, json!({ "text": "For all.", "audience": "everyone" })).await;
    assert_eq!(cleo.expect("system_announcement").await["text"], "For all.");
    assert_eq!(ann.expect("system_announcement").await["text"], "For all.");
    for (body, field) in [
        (json!({ "text": " ", "audience": "everyone" }), "text"),
        (json!({ "text": "x", "audience": "nobody" }), "audience"),
        (json!({ "text": "x", "audience": "agents", "chatbotId": "default" }), "chatbotId"),
        (json!({ "text": "x", "audience": "customers", "chatbotId": "none" }), "chatbotId"),
    ] {
        let (status, answer) = server.post(path, &boss, body).await;
        assert_eq!((status, &answer["error"]["details"]["field"]), (400, &json!(field)), "{answer}");
    }
    server.stop().await;
}

#[actix_web::test]
async fn a_long_queue_is_an_alert_until_it_is_short_again() {
    let server = Server::with(|config| config.alerts.queue_length = 2).await;
    let (mut root, boss) = connect(&server, &User::admin("boss", "Boss")).await;
    let mut waiting = Vec::new();
    for number in 0..3 {
        let token = server.token(&User::customer(&format!("c{number}"), "C")).await;
        waiting.push((escalated(&server, &token).await, token));
    }
    // Changes of the queue are told at most once a second.
    server.clock.advance(Millis::from_secs(1));
    let alert = root.notice("ALERT").await;
    assert_eq!((&alert["rule"], &alert["severity"]), (&json!("queue_length"), &json!("warning")), "{alert}");
    assert_eq!(alert["message"], "3 customers are waiting");
    let (_, standing) = server.get("/api/v1/alerts", &boss).await;
    assert_eq!(standing["items"][0]["rule"], "queue_length");
    for (id, token) in &waiting[..2] {
        assert_eq!(server.post(&format!("/api/v1/conversations/{id}/cancel"), token, json!({})).await.0, 200);
    }
    server.clock.advance(Millis::from_secs(1));
    let over = root.notice("ALERT").await;
    assert_eq!((&over["rule"], &over["severity"]), (&json!("queue_length"), &json!("cleared")), "{over}");
    assert_eq!(server.get("/api/v1/alerts", &boss).await.1["items"], json!([]));
    server.stop().await;
}
