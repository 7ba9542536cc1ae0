//! Lists, search, canned responses, what is known of a customer.

use serde_json::{Value, json};
use switchboard::engine::User;

use super::{connect, ids, start};
use crate::support::on_both;
use crate::support::server::Server;

on_both!(
    a_list_shows_the_last_line_the_unread_and_the_wait,
    an_agent_lists_what_is_in_reach_and_no_more,
    canned_responses_are_shared_or_one_s_own,
    words_are_found_where_one_may_read,
    staff_see_the_customer_and_the_pages,
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
    assert_eq!(row["lastMessage"]["text"], "Hi", "the engine's own lines are nobody's");

    let (mut ann, ann_token) = connect(&server, &User::agent("ann", "Ann")).await;
    ann.notice("NEW_CONVERSATION_ASSIGNED").await;
    let long = "é".repeat(500);
    cleo.ack("send_message", json!({ "conversationId": id, "content": long, "clientId": "c2" })).await;
    let (_, mine) = server.get("/api/v1/conversations?view=mine", &ann_token).await;
    let row = &mine["items"][0];
    assert_eq!(
        (&row["unread"], &row["waitingSince"], &row["assignedAgentName"]),
        (&json!(2), &Value::Null, &json!("Ann"))
    );
    assert_eq!(row["lastMessage"]["text"], "é".repeat(160));
    assert_eq!(
        (&row["lastMessage"]["senderRole"], &row["lastMessage"]["senderName"]),
        (&json!("customer"), &json!("Cleo Ärmel"))
    );

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

async fn words_are_found_where_one_may_read(server: Server) {
    let (mut cleo, cleo_token) = connect(&server, &User::customer("cleo", "Cleo Nightingale")).await;
    let id = start(&mut cleo, "c1").await;
    for (number, text) in
        ["My refund, please!", "The \"refund policy\" of größe 40", "<b>refunds</b>"].iter().enumerate()
    {
        cleo.ack("send_message", json!({ "conversationId": id, "content": text, "clientId": format!("m{number}") }))
            .await;
    }
    let boss = server.token(&User::admin("boss", "Boss")).await;
    let ann = server.token(&User::agent("ann", "Ann")).await;
    let dora = server.token(&User::customer("dora", "Dora")).await;
    let path = "/api/v1/search?q=refund";
    let texts = |answer: &Value| -> Vec<String> {
        let items = answer["items"].as_array().unwrap();
        items.iter().map(|item| item["snippet"]["text"].as_str().unwrap().to_owned()).collect()
    };
    let (_, found) = server.get(path, &boss).await;
    let all = ["<b>refunds</b>", "The \"refund policy\" of größe 40", "My refund, please!"];
    assert_eq!(texts(&found), all);
    assert_eq!(found["items"][0]["snippet"]["matches"], json!([{ "start": 3, "length": 7 }]));
    assert_eq!(texts(&server.get(path, &cleo_token).await.1), all);
    assert_eq!(texts(&server.get(path, &dora).await.1), Vec::<String>::new(), "another customer");
    assert_eq!(texts(&server.get(path, &ann).await.1), Vec::<String>::new(), "it is the assistant's");
    let (_, page) = server.get(&format!("{path}&limit=2"), &boss).await;
    let next = format!("{path}&limit=2&cursor={}", page["nextCursor"].as_str().unwrap());
    assert_eq!(texts(&server.get(&next, &boss).await.1), all[2..]);
    for (query, hits) in [("ref%20pol", 1), ("gr%C3%B6", 1), ("fund", 0), ("refund%20OR%20x", 0), ("refund*%22'", 3)] {
        let (status, found) = server.get(&format!("/api/v1/search?q={query}"), &boss).await;
        assert_eq!((status, texts(&found).len()), (200, hits), "{query}: {found}");
    }
    assert_eq!(server.get("/api/v1/search?q=%22%27*", &boss).await.0, 400);
    let (_, named) = server.get("/api/v1/search?q=night", &boss).await;
    assert_eq!((&named["conversations"][0]["id"], named["items"].as_array().unwrap().len()), (&json!(id), 0));
    cleo.ack("escalate", json!({ "conversationId": id })).await;
    assert_eq!(texts(&server.get(path, &ann).await.1), all, "it waits: agents may read it");
    server.stop().await;
}

async fn staff_see_the_customer_and_the_pages(server: Server) {
    let (mut ann, ann_token) = connect(&server, &User::agent("ann", "Ann")).await;
    let bob = server.token(&User::agent("bob", "Bob")).await;
    let (mut cleo, cleo_token) = connect(&server, &User::customer("cleo", "Cleo")).await;
    let private = start(&mut cleo, "c0").await;
    let id = start(&mut cleo, "c1").await;
    cleo.ack("escalate", json!({ "conversationId": id })).await;
    ann.notice("NEW_CONVERSATION_ASSIGNED").await;
    ann.ack("join", json!({ "conversationId": id })).await;
    for number in 0..22 {
        let page = json!({ "conversationId": id, "url": format!("https://shop.example/{number}"), "title": "Shoes" });
        cleo.ack("page_view", page).await;
    }
    let seen = ann.expect("page_view").await;
    assert_eq!((&seen["url"], &seen["title"]), (&json!("https://shop.example/0"), &json!("Shoes")));
    let script = json!({ "conversationId": id, "url": "javascript:alert(1)" });
    assert_eq!(cleo.error("page_view", script).await, "invalid");
    let page = json!({ "conversationId": id, "url": "https://shop.example/x" });
    assert_eq!(ann.error("page_view", page.clone()).await, "forbidden");
    for _ in 22..60 {
        cleo.ack("page_view", page.clone()).await;
    }
    assert_eq!(cleo.error("page_view", page).await, "rate_limited");

    let (_, views) = server.get(&format!("/api/v1/conversations/{id}/page-views"), &ann_token).await;
    assert_eq!(views["items"].as_array().unwrap().len(), 20, "the last twenty are kept");
    let (status, known) = server.get("/api/v1/customers/cleo", &ann_token).await;
    assert_eq!((status, &known["name"]), (200, &json!("Cleo")), "{known}");
    assert_eq!(known["pageViews"].as_array().unwrap().len(), 20);
    let row = |id: &str| {
        let rows = known["conversations"].as_array().unwrap();
        rows.iter().find(|row| row["id"] == id).unwrap().clone()
    };
    assert_eq!((&row(&id)["mayRead"], row(&id)["lastMessage"].is_object()), (&json!(true), true));
    assert_eq!((&row(&private)["mayRead"], &row(&private)["lastMessage"]), (&json!(false), &Value::Null));
    assert_eq!(server.get("/api/v1/customers/cleo", &bob).await.0, 404, "none of bob's");
    assert_eq!(server.get("/api/v1/customers/cleo", &cleo_token).await.0, 404);
    server.stop().await;
}
