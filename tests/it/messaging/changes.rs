//! Edits, deletions, reactions, replies, forwarding, search.

use serde_json::{Value, json};
use switchboard::domain::time::Millis;

use super::{CONVERSATIONS, MESSAGES, agent, begin, device, guest, of, send, unread};
use crate::support::client::Client;
use crate::support::on_both;
use crate::support::server::Server;

on_both!(
    an_edit_reaches_everybody_and_is_found_by_its_new_words,
    what_is_taken_back_leaves_its_number_and_nothing_else,
    one_of_each_emoji_for_each_person,
    a_message_is_forwarded_from_where_one_may_read,
    words_are_found_where_one_takes_part,
);

fn path(message: &Value) -> String {
    format!("{MESSAGES}/{}", message["id"].as_str().unwrap())
}

async fn found(server: &Server, token: &str, words: &str) -> Vec<String> {
    let (status, found) = server.get(&format!("/api/v1/messages/search?q={words}"), token).await;
    assert_eq!(status, 200, "{found}");
    found["items"].as_array().unwrap().iter().map(|one| one["message_id"].as_str().unwrap().to_owned()).collect()
}

async fn an_edit_reaches_everybody_and_is_found_by_its_new_words(server: Server) {
    let (cleo, ann) = (guest(&server, "cleo").await, agent(&server, "ann").await);
    let id = begin(&server, &cleo, "guest_staff", &["ann"]).await;
    let (mut hers, mut his) = (device(&server, &cleo).await, device(&server, &ann).await);
    his.ack("join", json!({ "conversation_id": id })).await;
    let sent = send(&server, &cleo, &id, "a tovel please").await;
    let edit = |token: &str, text: &str| {
        let (path, token, body) = (path(&sent), token.to_owned(), json!({ "message_text": text }));
        let server = &server;
        async move { server.call("patch", &path, Some(&token), body).await }
    };
    assert_eq!(edit(&ann, "mine now").await.0, 404);
    assert_eq!(edit(&cleo, "  ").await.0, 400);
    let (status, edited) = edit(&cleo, "a towel please").await;
    assert_eq!((status, &edited["message_text"], &edited["seq"]), (200, &json!("a towel please"), &json!(1)));
    assert!(edited["edited_at"].is_string());
    for client in [&mut hers, &mut his] {
        let told = client.expect("message_updated").await;
        assert_eq!((&told["message_text"], &told["seq"]), (&json!("a towel please"), &json!(1)));
    }
    let message_id = sent["id"].as_str().unwrap();
    assert_eq!(found(&server, &ann, "towel").await, [message_id]);
    assert!(found(&server, &ann, "tovel").await.is_empty(), "the old word is gone");
    // Whoever comes later gets the new text, from the room's memory as well.
    let mut late = device(&server, &ann).await;
    late.ack("join", json!({ "conversation_id": id, "last_seq": 0 })).await;
    assert_eq!(late.expect("new_message").await["message_text"], "a towel please");
    server.clock.advance(Millis::from_mins(24 * 60 + 1));
    let cleo = guest(&server, "cleo").await;
    let (status, told) = server.call("patch", &path(&sent), Some(&cleo), json!({ "message_text": "late" })).await;
    assert_eq!(status, 400, "{told}");
    server.stop().await;
}

async fn what_is_taken_back_leaves_its_number_and_nothing_else(server: Server) {
    let (cleo, ann) = (guest(&server, "cleo").await, agent(&server, "ann").await);
    let id = begin(&server, &cleo, "guest_staff", &["ann"]).await;
    let mut his = device(&server, &ann).await;
    let first = send(&server, &cleo, &id, "my secret code").await;
    send(&server, &cleo, &id, "hello").await;
    assert_eq!(unread(&server, &ann, &id).await, 2);
    server.call("put", &format!("{}/reactions", path(&first)), Some(&ann), json!({ "emoji": "👍" })).await;
    let (status, gone) = server.call("delete", &path(&first), Some(&cleo), Value::Null).await;
    assert_eq!((status, &gone["message_text"], &gone["reactions"]), (200, &json!(""), &json!([])), "{gone}");
    let told = his.expect("message_deleted").await;
    assert_eq!((&told["message_id"], &told["seq"], &told["user_id"]), (&first["id"], &json!(1), &json!("cleo")));
    assert_eq!(his.expect("unread_count").await["unread"], 1);
    assert_eq!(unread(&server, &ann, &id).await, 1, "what is gone is no news");
    let (_, page) = server.get(&format!("{}/messages", of(&id)), &ann).await;
    assert_eq!((page.as_array().unwrap().len(), &page[0]["seq"], &page[0]["message_text"]), (2, &json!(1), &json!("")));
    assert!(page[0]["deleted_at"].is_string());
    assert!(found(&server, &ann, "secret").await.is_empty());
    for (method, body) in [("delete", Value::Null), ("patch", json!({ "message_text": "again" }))] {
        assert_eq!(server.call(method, &path(&first), Some(&cleo), body).await.0, 404, "{method}");
    }
    assert_eq!(server.get(CONVERSATIONS, &ann).await.1[0]["last_message"]["message_text"], "hello");
    server.stop().await;
}

async fn one_of_each_emoji_for_each_person(server: Server) {
    let (cleo, ann) = (guest(&server, "cleo").await, agent(&server, "ann").await);
    let id = begin(&server, &cleo, "guest_staff", &["ann"]).await;
    let mut hers = device(&server, &cleo).await;
    let sent = send(&server, &cleo, &id, "hello").await;
    let reactions = format!("{}/reactions", path(&sent));
    let put = |token: &str, emoji: &str| {
        let (path, token, body) = (reactions.clone(), token.to_owned(), json!({ "emoji": emoji }));
        let server = &server;
        async move { server.call("put", &path, Some(&token), body).await }
    };
    for (token, emoji) in [(&ann, "👍"), (&cleo, "👍"), (&ann, "❤️"), (&ann, "👍")] {
        server.clock.advance(Millis::new(1));
        assert_eq!(put(token, emoji).await.0, 200);
    }
    assert_eq!(put(&ann, "no words").await.0, 400);
    let (_, page) = server.get(&format!("{}/messages", of(&id)), &cleo).await;
    let expected = json!([
        { "emoji": "👍", "count": 2, "user_ids": ["ann", "cleo"], "mine": true },
        { "emoji": "❤️", "count": 1, "user_ids": ["ann"], "mine": false }
    ]);
    assert_eq!(page[0]["reactions"], expected);
    let gone = format!("{reactions}?emoji=%F0%9F%91%8D");
    let (status, left) = server.call("delete", &gone, Some(&ann), Value::Null).await;
    assert_eq!((status, left["reactions"].as_array().unwrap().len()), (200, 2), "{left}");
    let told: Vec<(Value, Value, Value)> = {
        let mut told = Vec::new();
        for _ in 0..4 {
            let event = hers.expect("message_reaction").await;
            told.push((event["user_id"].clone(), event["emoji"].clone(), event["on"].clone()));
        }
        told
    };
    assert_eq!(told[0], (json!("ann"), json!("👍"), json!(true)));
    assert_eq!(told[3], (json!("ann"), json!("👍"), json!(false)), "a repeat is not told: {told:?}");
    server.stop().await;
}

async fn a_message_is_forwarded_from_where_one_may_read(server: Server) {
    let (cleo, ann) = (guest(&server, "cleo").await, agent(&server, "ann").await);
    let bob = agent(&server, "bob").await;
    let from = begin(&server, &cleo, "guest_staff", &["ann"]).await;
    let to = begin(&server, &ann, "staff_staff", &["bob"]).await;
    let said = send(&server, &cleo, &from, "the shower drips").await;
    let forward = format!("{}/forward", path(&said));
    let (status, copy) = server.post(&forward, &ann, json!({ "conversation_id": to })).await;
    assert_eq!((status, &copy["message_text"], &copy["sender_id"]), (201, &json!("the shower drips"), &json!("ann")));
    assert_eq!(copy["metadata"]["forwarded_from"]["message_id"], said["id"]);
    assert_eq!(copy["metadata"]["forwarded_from"]["sender_name"], "cleo");
    let (_, page) = server.get(&format!("{}/messages", of(&to)), &bob).await;
    assert_eq!(page[0]["message_text"], "the shower drips");
    // Nobody but the server says where a message comes from, or which files it has.
    let text = json!({ "conversation_id": to, "message_text": "x", "metadata": { "forwarded_from": { "sender_name": "boss" } } });
    let (status, forged) = server.post("/api/v1/messages/messages", &ann, text).await;
    assert_eq!((status, &forged["error"]["details"]["field"]), (400, &json!("metadata")), "{forged}");
    let text = json!({ "conversation_id": to, "message_text": "x", "client_id": "with a space" });
    let (_, wrong) = server.post("/api/v1/messages/messages", &ann, text).await;
    assert_eq!(wrong["error"]["details"]["field"], "client_id", "{wrong}");
    assert!(wrong["error"]["message"].as_str().unwrap().starts_with("client_id: "), "{wrong}");
    let text = json!({ "conversation_id": to, "message_text": "" });
    let (_, wrong) = server.post("/api/v1/messages/messages", &ann, text).await;
    assert_eq!(wrong["error"]["details"]["field"], "message_text", "{wrong}");
    let mut socket = Client::connect(&server, &ann).await;
    let text = json!({ "conversationId": to, "content": "x", "clientId": "f1", "metadata": { "attachments": [] } });
    assert_eq!(socket.error("send_message", text).await, "invalid");
    let back = format!("{}/forward", path(&copy));
    assert_eq!(server.post(&back, &cleo, json!({ "conversation_id": from })).await.0, 404);
    assert_eq!(server.post(&forward, &cleo, json!({ "conversation_id": to })).await.0, 404);
    server.stop().await;
}

async fn words_are_found_where_one_takes_part(server: Server) {
    let (cleo, dora) = (guest(&server, "cleo").await, guest(&server, "dora").await);
    let (ann, bob) = (agent(&server, "ann").await, agent(&server, "bob").await);
    let with_ann = begin(&server, &cleo, "guest_staff", &["ann"]).await;
    let with_dora = begin(&server, &cleo, "guest_guest", &["dora"]).await;
    let one = send(&server, &cleo, &with_ann, "breakfast at eight").await;
    let two = send(&server, &dora, &with_dora, "breakfast together?").await;
    let (one, two) = (one["id"].as_str().unwrap(), two["id"].as_str().unwrap());
    assert_eq!(found(&server, &cleo, "breakf").await, [two, one]);
    assert_eq!(found(&server, &dora, "breakfast").await, [two]);
    assert_eq!(found(&server, &ann, "breakfast").await, [one]);
    assert!(found(&server, &bob, "breakfast").await.is_empty());
    // The search over everything that one may read knows of them as well.
    let (_, all) = server.get("/api/v1/search?q=breakfast", &dora).await;
    assert_eq!(all["items"].as_array().unwrap().len(), 1);
    let (_, staff) = server.get("/api/v1/search?q=breakfast", &bob).await;
    assert_eq!(staff["items"].as_array().unwrap().len(), 1, "a guest's with staff");
    let path = format!("{}/participants", of(&with_dora));
    assert_eq!(server.call("patch", &path, Some(&dora), json!({ "remove": ["dora"] })).await.0, 204);
    assert!(found(&server, &dora, "breakfast").await.is_empty(), "who has left does not find");
    server.stop().await;
}
