//! Who may be together, who comes and goes, who is kept away.

use serde_json::{Value, json};

use super::{CONVERSATIONS, MESSAGES, admin, agent, begin, device, guest, of, send, unread};
use crate::support::on_both;
use crate::support::server::Server;

on_both!(
    only_those_who_may_be_together_are,
    strangers_and_unknown_ids_look_the_same,
    people_come_and_go,
    an_agent_may_look_at_a_guest_s_conversation_and_come_in,
    who_is_blocked_is_not_heard,
    a_beginning_is_made_once,
);

async fn only_those_who_may_be_together_are(server: Server) {
    let (cleo, ann) = (guest(&server, "cleo").await, agent(&server, "ann").await);
    guest(&server, "dora").await;
    agent(&server, "bob").await;
    let begin = async |token: &str, kind: &str, others: &[&str]| {
        server.post(CONVERSATIONS, token, json!({ "type": kind, "participant_ids": others })).await.0
    };
    for (token, kind, others) in [
        (&cleo, "guest_staff", &["dora"] as &[&str]),
        (&cleo, "guest_staff", &[]),
        (&cleo, "guest_staff", &["ann", "dora"]),
        (&cleo, "staff_staff", &["ann"]),
        (&cleo, "guest_guest", &["ann"]),
        (&cleo, "group", &["dora", "ann"]),
        (&cleo, "guest_guest", &["nobody"]),
        (&cleo, "guest_guest", &["cleo"]),
        (&ann, "staff_staff", &["cleo"]),
        (&ann, "guest_guest", &["cleo"]),
        (&ann, "guest_staff", &["bob"]),
        (&ann, "group", &[]),
    ] {
        assert_eq!(begin(token, kind, others).await, 404, "{kind} {others:?}");
    }
    for (token, kind, others) in [
        (&cleo, "guest_staff", &["ann"] as &[&str]),
        (&cleo, "guest_staff", &["ann", "bob", "ann"]),
        (&cleo, "guest_guest", &["dora"]),
        (&ann, "guest_staff", &["cleo"]),
        (&ann, "staff_staff", &["bob"]),
        (&ann, "group", &["cleo", "dora", "bob"]),
    ] {
        assert_eq!(begin(token, kind, others).await, 201, "{kind} {others:?}");
    }
    assert_eq!(begin(&cleo, "support", &["ann"]).await, 400);
    assert_eq!(server.call("post", CONVERSATIONS, None, json!({ "type": "group" })).await.0, 401);
    server.stop().await;
}

async fn strangers_and_unknown_ids_look_the_same(server: Server) {
    let (ann, bob) = (agent(&server, "ann").await, agent(&server, "bob").await);
    let (cleo, dora, boss) = (guest(&server, "cleo").await, guest(&server, "dora").await, admin(&server).await);
    let theirs = begin(&server, &cleo, "guest_guest", &["dora"]).await;
    let staff = begin(&server, &ann, "staff_staff", &["boss"]).await;
    let said = send(&server, &cleo, &theirs, "between us").await;
    let message = said["id"].as_str().unwrap();
    let calls = |id: &str, message: &str| {
        vec![
            ("get", of(id), Value::Null),
            ("get", format!("{}/messages", of(id)), Value::Null),
            ("patch", of(id), json!({ "subject": "x" })),
            ("patch", of(id), json!({ "muted": true })),
            ("patch", format!("{}/read", of(id)), Value::Null),
            ("patch", format!("{}/participants", of(id)), json!({ "add": [{ "user_id": "ann" }] })),
            ("post", MESSAGES.to_owned(), json!({ "conversation_id": id, "message_text": "hi", "client_id": "c" })),
            ("patch", format!("{MESSAGES}/{message}"), json!({ "message_text": "x" })),
            ("delete", format!("{MESSAGES}/{message}"), Value::Null),
            ("put", format!("{MESSAGES}/{message}/reactions"), json!({ "emoji": "👍" })),
            ("post", format!("{MESSAGES}/{message}/forward"), json!({ "conversation_id": staff })),
        ]
    };
    for (known, unknown) in calls(&theirs, message).into_iter().zip(calls("0199e7d0", "0199e7d1")) {
        for token in [&ann, &bob] {
            let (status, mut told) = server.call(known.0, &known.1, Some(token), known.2.clone()).await;
            let (other, mut same) = server.call(unknown.0, &unknown.1, Some(token), unknown.2.clone()).await;
            assert_eq!((status, other), (404, 404), "{known:?}");
            told["error"]["requestId"] = Value::Null;
            same["error"]["requestId"] = Value::Null;
            assert_eq!(told, same, "{known:?}");
        }
    }
    let mut client = device(&server, &bob).await;
    for kind in ["join", "typing_start", "mark_read", "send_message"] {
        let data = json!({ "conversation_id": theirs, "seq": 1, "message_text": "x", "client_id": "c" });
        if kind == "typing_start" {
            client.tell(kind, data).await;
        } else {
            assert_eq!(client.error(kind, data).await, "not_found", "{kind}");
        }
    }
    assert_eq!(server.get(&of(&staff), &dora).await.0, 404);
    // An admin reads everything and writes where they take part.
    assert_eq!(server.get(&format!("{}/messages", of(&theirs)), &boss).await.0, 200);
    let body = json!({ "conversation_id": theirs, "message_text": "hi" });
    assert_eq!(server.post(MESSAGES, &boss, body).await.0, 404);
    assert_eq!(server.call("delete", &format!("{MESSAGES}/{message}"), Some(&boss), Value::Null).await.0, 200);
    server.stop().await;
}

async fn people_come_and_go(server: Server) {
    let (ann, bob) = (agent(&server, "ann").await, agent(&server, "bob").await);
    let (cleo, dora) = (guest(&server, "cleo").await, guest(&server, "dora").await);
    let id = begin(&server, &ann, "group", &["cleo"]).await;
    let people = |token: &str, body: Value| {
        let (path, token) = (format!("{}/participants", of(&id)), token.to_owned());
        let server = &server;
        async move { server.call("patch", &path, Some(&token), body).await }
    };
    send(&server, &ann, &id, "before").await;
    let mut dora_s = device(&server, &dora).await;
    assert_eq!(people(&cleo, json!({ "add": [{ "user_id": "dora" }] })).await.0, 404, "not a guest's to do");
    let (status, grown) =
        people(&ann, json!({ "add": [{ "user_id": "dora" }, { "user_id": "bob", "role": "staff" }] })).await;
    assert_eq!(status, 200, "{grown}");
    let roles: Vec<(String, String)> = grown["participants"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["user_id"].as_str().unwrap().to_owned(), one["role"].as_str().unwrap().to_owned()))
        .collect();
    let role = |id: &str| roles.iter().find(|(user, _)| user == id).map(|(_, role)| role.as_str()).unwrap();
    assert_eq!(
        [role("ann"), role("bob"), role("cleo"), role("dora")],
        ["owner", "staff", "participant", "participant"]
    );
    assert_eq!(dora_s.expect("conversation_updated").await["participants"].as_array().unwrap().len(), 4);
    assert_eq!(unread(&server, &dora, &id).await, 0, "what was said before is no news");
    send(&server, &cleo, &id, "welcome").await;
    assert_eq!(dora_s.expect("new_message").await["message_text"], "welcome");
    assert_eq!(unread(&server, &dora, &id).await, 1);

    dora_s.ack("join", json!({ "conversation_id": id, "last_seq": 0 })).await;
    assert_eq!(people(&bob, json!({ "remove": ["dora"] })).await.0, 200);
    let left = dora_s.expect_where(|event| {
        event["type"] == "conversation_updated" && event["data"]["participants"].as_array().unwrap().len() == 3
    });
    left.await;
    assert_eq!(server.get(&of(&id), &dora).await.0, 404);
    assert_eq!(server.get(CONVERSATIONS, &dora).await.1, json!([]));
    assert_eq!(dora_s.error("join", json!({ "conversation_id": id })).await, "not_found");
    send(&server, &ann, &id, "without her").await;
    assert_eq!(people(&bob, json!({ "remove": ["ann"] })).await.0, 404, "nobody sends the owner away");
    assert_eq!(people(&ann, json!({ "remove": ["ann"] })).await.0, 204, "but the owner may leave");
    let (_, now) = server.get(&of(&id), &bob).await;
    let owner = now["participants"].as_array().unwrap().iter().find(|one| one["role"] == "owner").unwrap();
    assert_eq!(owner["user_id"], "bob", "staff take it over");
    assert_eq!(people(&ann, json!({ "add": [{ "user_id": "dora" }] })).await.0, 404, "who left has no say");
    assert_eq!(people(&bob, json!({ "add": [{ "user_id": "dora" }] })).await.0, 200);
    assert_eq!(unread(&server, &dora, &id).await, 0, "coming back one begins anew");
    assert!(!dora_s.seen.iter().any(|event| event["data"]["message_text"] == "without her"));
    assert_eq!(people(&bob, json!({ "add": [{ "user_id": "dora", "role": "owner" }] })).await.0, 400);
    assert_eq!(people(&bob, json!({})).await.0, 400);
    server.stop().await;
}

async fn an_agent_may_look_at_a_guest_s_conversation_and_come_in(server: Server) {
    let (cleo, _) = (guest(&server, "cleo").await, agent(&server, "ann").await);
    let bob = agent(&server, "bob").await;
    let id = begin(&server, &cleo, "guest_staff", &["ann"]).await;
    send(&server, &cleo, &id, "anybody?").await;
    assert_eq!(server.get(&format!("{}/messages", of(&id)), &bob).await.0, 200);
    let body = json!({ "conversation_id": id, "message_text": "me" });
    assert_eq!(server.post(MESSAGES, &bob, body.clone()).await.0, 404, "looking is not taking part");
    for (path, change) in [
        (of(&id), json!({ "subject": "mine" })),
        (of(&id), json!({ "muted": true })),
        (format!("{}/read", of(&id)), Value::Null),
    ] {
        assert_eq!(server.call("patch", &path, Some(&bob), change).await.0, 404, "{path}");
    }
    let path = format!("{}/participants", of(&id));
    let add = |who: &str| json!({ "add": [{ "user_id": who }] });
    agent(&server, "eve").await;
    assert_eq!(server.call("patch", &path, Some(&bob), add("eve")).await.0, 404, "oneself only");
    assert_eq!(server.call("patch", &path, Some(&cleo), add("bob")).await.0, 404, "not the guest's to do");
    assert_eq!(server.call("patch", &path, Some(&bob), add("bob")).await.0, 200);
    assert_eq!(server.post(MESSAGES, &bob, body).await.0, 201);
    server.stop().await;
}

async fn who_is_blocked_is_not_heard(server: Server) {
    let (cleo, dora) = (guest(&server, "cleo").await, guest(&server, "dora").await);
    let id = begin(&server, &cleo, "guest_guest", &["dora"]).await;
    let early = send(&server, &cleo, &id, "hello").await;
    let early = format!("{MESSAGES}/{}", early["id"].as_str().unwrap());
    let block = |method: &'static str| server.call(method, "/api/v1/messages/blocks/cleo", Some(&dora), Value::Null);
    assert_eq!(block("put").await.0, 204);
    assert_eq!(block("put").await.0, 204);
    let (_, list) = server.get("/api/v1/messages/blocks", &dora).await;
    assert_eq!((list.as_array().unwrap().len(), &list[0]["user_id"]), (1, &json!("cleo")));
    assert_eq!(server.get("/api/v1/messages/blocks", &cleo).await.1, json!([]), "nobody is told who blocked them");
    let body = json!({ "conversation_id": id, "message_text": "hello?" });
    let (status, told) = server.post(MESSAGES, &cleo, body.clone()).await;
    assert_eq!((status, &told["error"]["code"]), (404, &json!("not_found")));
    let others = [
        ("patch", early.clone(), json!({ "message_text": "an insult" })),
        ("put", format!("{early}/reactions"), json!({ "emoji": "👍" })),
        ("patch", of(&id), json!({ "subject": "an insult" })),
    ];
    for (method, path, body) in &others {
        assert_eq!(server.call(method, path, Some(&cleo), body.clone()).await.0, 404, "{method} {path}");
    }
    let again = json!({ "type": "guest_guest", "participant_ids": ["dora"] });
    assert_eq!(server.post(CONVERSATIONS, &cleo, again.clone()).await.0, 404);
    let (_, page) = server.get(&format!("{}/messages", of(&id)), &dora).await;
    assert_eq!((page.as_array().map(Vec::len), &page[0]["message_text"]), (Some(1), &json!("hello")), "{page}");
    assert_eq!(page[0]["reactions"], json!([]));
    assert_eq!(server.get(&of(&id), &dora).await.1["subject"], "Room Service Request");
    assert_eq!(block("delete").await.0, 204);
    for (method, path, body) in others {
        assert_eq!(server.call(method, &path, Some(&cleo), body).await.0, 200, "{method} {path}");
    }
    assert_eq!(server.post(MESSAGES, &cleo, body).await.0, 201);
    assert_eq!(server.post(CONVERSATIONS, &cleo, again).await.0, 201);
    let myself = server.call("put", "/api/v1/messages/blocks/dora", Some(&dora), Value::Null).await;
    assert_eq!(myself.0, 400);
    assert_eq!(server.call("put", "/api/v1/messages/blocks/nobody", Some(&dora), Value::Null).await.0, 404);
    server.stop().await;
}

async fn a_beginning_is_made_once(server: Server) {
    let (cleo, _) = (guest(&server, "cleo").await, agent(&server, "ann").await);
    let body = json!({ "type": "guest_staff", "participant_ids": ["ann"], "client_id": "c1" });
    let (_, first) = server.post(CONVERSATIONS, &cleo, body.clone()).await;
    let (status, again) = server.post(CONVERSATIONS, &cleo, body).await;
    assert_eq!((status, &again["id"]), (201, &first["id"]));
    let message = json!({ "conversation_id": first["id"], "message_text": "Hello", "client_id": "m1" });
    let (_, one) = server.post(MESSAGES, &cleo, message.clone()).await;
    let (_, two) = server.post(MESSAGES, &cleo, message).await;
    assert_eq!(one["id"], two["id"]);
    server.stop().await;
}
