//! Lists, search, canned responses, what is known of a customer.

use serde_json::{Value, json};
use switchboard::engine::User;

use super::{connect, ids, on_both, start};
use crate::support::server::Server;

on_both!(
    a_list_shows_the_last_line_the_unread_and_the_wait,
    an_agent_lists_what_is_in_reach_and_no_more,
    canned_responses_are_shared_or_one_s_own,
);

async fn a_list_shows_the_last_line_the_unread_and_the_wait(server: Server) {
    let (mut cleo, cleo_token) = connect(&server, &User::customer("cleo", "Cleo Ärmel")).await;
    let id = start(&mut cleo, "c1").await;
    cleo.ack("escalate", json!({ "conversationId": id, "reason": "refund" })).await;
    let (_, boss) = connect(&server, &User::admin("boss", "Boss")).await;
    let (_, queue) = server.get("/api/v1/conversations?view=queue", &boss).await;
    let row = &queue["items"][0];
    assert_eq!((&row["id"], &row["unread"], &row["assignedAgentName"]), (&json!(id), &json!(1), &Value::Null), "{row}");
    assert!(row["waitingSince"].is_string(), "{row}");

    let (mut ann, ann_token) = connect(&server, &User::agent("ann", "Ann")).await;
    ann.notice("NEW_CONVERSATION_ASSIGNED").await;
    let long = "é".repeat(500);
    cleo.ack("send_message", json!({ "conversationId": id, "content": long, "clientId": "c2" })).await;
    let (_, mine) = server.get("/api/v1/conversations?view=mine", &ann_token).await;
    let row = &mine["items"][0];
    assert_eq!((&row["unread"], &row["waitingSince"], &row["assignedAgentName"]), (&json!(2), &Value::Null, &json!("Ann")));
    assert_eq!(row["lastMessage"]["text"], "é".repeat(160));
    assert_eq!((&row["lastMessage"]["senderRole"], &row["lastMessage"]["senderName"]), (&json!("customer"), &json!("Cleo Ärmel")));

    let seq = row["lastMessage"]["seq"].clone();
    ann.ack("mark_read", json!({ "conversationId": id, "seq": seq })).await;
    ann.ack("send_message", json!({ "conversationId": id, "content": "Hello", "clientId": "a1" })).await;
    let (_, mine) = server.get("/api/v1/conversations?view=mine", &ann_token).await;
    assert_eq!(mine["items"][0]["unread"], 0, "what one says oneself is no news");
    let (_, own) = server.get("/api/v1/conversations", &cleo_token).await;
    assert_eq!(own["items"][0]["unread"], 1);

    ann.ack("close_conversation", json!({ "conversationId": id })).await;
    cleo.ack("rate_conversation", json!({ "conversationId": id, "score": 4 })).await;
    let (_, closed) = server.get("/api/v1/conversations?view=closed&q=%C3%A4rm", &boss).await;
    assert_eq!((closed["items"][0]["rating"].as_i64(), ids(&closed).len()), (Some(4), 1));
    let (_, none) = server.get("/api/v1/conversations?view=all&q=100%25", &boss).await;
    assert!(ids(&none).is_empty());
    assert_eq!(server.get("/api/v1/conversations?view=some", &boss).await.0, 400);
    assert_eq!(server.get("/api/v1/conversations?view=queue", &cleo_token).await.0, 403);
    server.stop().await;
}

async fn an_agent_lists_what_is_in_reach_and_no_more(server: Server) {
    let (_ann, _) = connect(&server, &User::agent("ann", "Ann")).await;
    let (mut cleo, _) = connect(&server, &User::customer("cleo", "Cleo")).await;
    let taken = start(&mut cleo, "c1").await;
    cleo.ack("escalate", json!({ "conversationId": taken })).await;
    let with_assistant = start(&mut cleo, "c2").await;
    let (_, bob) = connect(&server, &User::agent("bob", "Bob")).await;
    let (_, all) = server.get("/api/v1/conversations?view=all", &bob).await;
    assert_eq!(ids(&all), Vec::<&str>::new(), "neither a colleague's nor the assistant's");
    let ann = server.token(&User::agent("ann", "Ann")).await;
    assert_eq!(ids(&server.get("/api/v1/conversations?view=all", &ann).await.1), [taken.as_str()]);
    let boss = server.token(&User::admin("boss", "Boss")).await;
    let (_, page) = server.get("/api/v1/conversations?view=all&limit=1", &boss).await;
    let next = format!("/api/v1/conversations?view=all&limit=1&cursor={}", page["nextCursor"].as_str().unwrap());
    let (_, second) = server.get(&next, &boss).await;
    let mut both = [ids(&page), ids(&second)].concat();
    both.sort_unstable();
    let mut expected = [taken.as_str(), with_assistant.as_str()];
    expected.sort_unstable();
    assert_eq!(both, expected);
    server.stop().await;
}

async fn canned_responses_are_shared_or_one_s_own(server: Server) {
    let boss = server.token(&User::admin("boss", "Boss")).await;
    let ann = server.token(&User::agent("ann", "Ann")).await;
    let bob = server.token(&User::agent("bob", "Bob")).await;
    let path = "/api/v1/canned-responses";
    let hello = json!({ "shortcut": "/Hi", "title": "Greeting", "content": "Hello {{customer.name}}" });
    let mut shared = hello.clone();
    shared["shared"] = json!(true);
    assert_eq!(server.post(path, &ann, shared.clone()).await.0, 403);
    let (status, made) = server.post(path, &boss, shared.clone()).await;
    assert_eq!((status, &made["shortcut"], &made["shared"]), (201, &json!("hi"), &json!(true)), "{made}");
    let (status, again) = server.post(path, &boss, shared).await;
    assert_eq!((status, &again["error"]["details"]["field"]), (400, &json!("shortcut")));

    let (_, own) = server.post(path, &ann, json!({ "shortcut": "hint", "title": "Later", "content": "Soon." })).await;
    let own_path = format!("{path}/{}", own["id"].as_str().unwrap());
    let (_, found) = server.get(&format!("{path}?q=/hi"), &ann).await;
    assert_eq!(ids(&found).len(), 2);
    assert_eq!(ids(&server.get(path, &bob).await.1), [made["id"].as_str().unwrap()]);
    for (method, body) in [("get", Value::Null), ("put", hello.clone()), ("delete", Value::Null)] {
        assert_eq!(server.call(method, &own_path, Some(&bob), body).await.0, 404, "{method}");
    }
    let shared_path = format!("{path}/{}", made["id"].as_str().unwrap());
    assert_eq!(server.call("put", &shared_path, Some(&ann), hello.clone()).await.0, 403);
    let changed = json!({ "shortcut": "hint", "title": "Later", "content": "In a moment." });
    let (status, put) = server.call("put", &own_path, Some(&ann), changed).await;
    assert_eq!((status, &put["content"], &put["shared"]), (200, &json!("In a moment."), &json!(false)));
    assert_eq!(server.call("delete", &own_path, Some(&ann), Value::Null).await.0, 204);
    assert_eq!(server.get(&own_path, &ann).await.0, 404);
    let (_, log) = server.get("/api/v1/audit?action=canned_response.deleted", &boss).await;
    assert_eq!((&log["items"][0]["actorId"], &log["items"][0]["subject"]), (&json!("ann"), &own["id"]));
    server.stop().await;
}
