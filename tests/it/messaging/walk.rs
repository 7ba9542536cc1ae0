//! Seed 003's walk: two people, two devices each.

use serde_json::{Value, json};

use super::{CONVERSATIONS, MESSAGES, admin, agent, begin, device, guest, of, send, unread};
use crate::support::on_both;
use crate::support::server::Server;

on_both!(
    two_people_with_two_devices_each_write_and_read,
    the_eight_calls_answer_as_written,
    a_socket_sends_and_joins_like_in_any_conversation,
    a_page_goes_backwards_and_forwards,
);

async fn two_people_with_two_devices_each_write_and_read(server: Server) {
    let (cleo, ann) = (guest(&server, "cleo").await, agent(&server, "ann").await);
    let (mut phone, mut desk) = (device(&server, &cleo).await, device(&server, &cleo).await);
    let (mut tablet, mut console) = (device(&server, &ann).await, device(&server, &ann).await);

    let id = begin(&server, &cleo, "guest_staff", &["ann"]).await;
    for client in [&mut phone, &mut desk, &mut tablet, &mut console] {
        let begun = client.expect("conversation_updated").await;
        assert_eq!(begun["conversation_id"], json!(id));
        assert_eq!((&begun["kind"], &begun["subject"]), (&json!("guest_staff"), &json!("Room Service Request")));
        assert_eq!(begun["participants"].as_array().unwrap().len(), 2);
    }

    let sent = send(&server, &cleo, &id, "Hello, I need assistance").await;
    for client in [&mut phone, &mut desk, &mut tablet, &mut console] {
        let heard = client.expect("new_message").await;
        assert_eq!((&heard["message_text"], &heard["seq"]), (&json!("Hello, I need assistance"), &json!(1)));
        assert_eq!((&heard["message_id"], &heard["sender_id"]), (&sent["id"], &json!("cleo")));
    }
    for client in [&mut tablet, &mut console] {
        assert_eq!(client.expect("unread_count").await["unread"], 1);
    }
    assert_eq!((unread(&server, &ann, &id).await, unread(&server, &cleo, &id).await), (1, 0));
    // Her clients have it, which all her devices hear of.
    assert_eq!(phone.expect("message_delivered").await["user_id"], "ann");

    let (status, read) = server.call("patch", &format!("{}/read", of(&id)), Some(&ann), Value::Null).await;
    assert_eq!((status, &read["unread_count"], &read["last_read_seq"]), (200, &json!(0), &json!(1)), "{read}");
    for client in [&mut tablet, &mut console] {
        assert_eq!(client.expect("unread_count").await["unread"], 0, "read on one, read on all");
    }
    for client in [&mut phone, &mut desk] {
        let read = client.expect("message_read").await;
        assert_eq!((&read["user_id"], &read["seq"]), (&json!("ann"), &json!(1)));
    }
    assert_eq!(unread(&server, &ann, &id).await, 0);

    send(&server, &ann, &id, "On my way").await;
    for client in [&mut phone, &mut desk] {
        assert_eq!(client.expect("new_message").await["message_text"], "On my way");
        assert_eq!(client.expect("unread_count").await["unread"], 1);
    }
    for client in [phone, desk, tablet, console] {
        let all: Vec<&Value> = client.seen.iter().filter(|event| event["type"] == "new_message").collect();
        let numbers: Vec<i64> = all.iter().map(|event| event["data"]["seq"].as_i64().unwrap()).collect();
        assert!(numbers.windows(2).all(|pair| pair[0] < pair[1]), "nothing twice: {numbers:?}");
        client.close().await;
    }
    server.stop().await;
}

async fn the_eight_calls_answer_as_written(server: Server) {
    let (cleo, ann) = (guest(&server, "cleo").await, agent(&server, "ann").await);
    let id = begin(&server, &cleo, "guest_staff", &["ann"]).await;
    let (_, empty) = server.get(&of(&id), &cleo).await;
    assert_eq!((&empty["type"], &empty["status"]), (&json!("guest_staff"), &json!("active")), "{empty}");
    assert_eq!(
        (&empty["last_message"], &empty["role"], &empty["created_by"]),
        (&Value::Null, &json!("owner"), &json!("cleo"))
    );
    let people = empty["participants"].as_array().unwrap();
    let part = |id: &str| &people.iter().find(|one| one["user_id"] == id).unwrap()["role"];
    assert_eq!((part("cleo"), part("ann")), (&json!("owner"), &json!("staff")));

    let sent = send(&server, &cleo, &id, "Hello").await;
    assert_eq!(
        (&sent["message_type"], &sent["conversation_id"], &sent["seq"]),
        (&json!("text"), &json!(id), &json!(1))
    );
    let automated = json!({ "conversation_id": id, "message_text": "We are closed", "message_type": "automated" });
    assert_eq!(server.post(MESSAGES, &ann, automated.clone()).await.0, 201);
    assert_eq!(server.post(MESSAGES, &cleo, automated).await.0, 400, "guests write texts");

    let (status, list) = server.get(&format!("{CONVERSATIONS}?limit=10&offset=0"), &cleo).await;
    assert_eq!((status, list.as_array().unwrap().len()), (200, 1));
    let first = &list[0];
    assert_eq!((&first["last_message"]["message_text"], &first["unread_count"]), (&json!("We are closed"), &json!(1)));
    assert_eq!(server.get(&format!("{CONVERSATIONS}?offset=1"), &cleo).await.1, json!([]));
    assert_eq!(server.get(&format!("{CONVERSATIONS}?type=group"), &cleo).await.1, json!([]));

    let (_, page) = server.get(&format!("{}/messages", of(&id)), &cleo).await;
    let texts: Vec<&Value> = page.as_array().unwrap().iter().map(|message| &message["message_text"]).collect();
    assert_eq!(texts, [&json!("Hello"), &json!("We are closed")]);
    assert_eq!((&page[0]["is_read"], &page[1]["is_read"]), (&json!(true), &json!(false)));

    let row = of(&id);
    let patch = |body: Value| server.call("patch", &row, Some(&cleo), body);
    let (status, renamed) = patch(json!({ "subject": " Late checkout " })).await;
    assert_eq!((status, &renamed["subject"]), (200, &json!("Late checkout")), "{renamed}");
    let (_, muted) = patch(json!({ "muted": true, "status": "archived" })).await;
    assert_eq!((&muted["muted"], &muted["status"]), (&json!(true), &json!("archived")), "{muted}");
    assert_eq!(server.get(CONVERSATIONS, &cleo).await.1, json!([]), "put away");
    assert_eq!(server.get(&format!("{CONVERSATIONS}?status=archived"), &cleo).await.1.as_array().unwrap().len(), 1);
    assert_eq!(server.get(CONVERSATIONS, &ann).await.1[0]["status"], "active", "for one person only");
    let (_, closed) = patch(json!({ "status": "closed" })).await;
    assert_eq!(closed["status"], "closed");
    let body = json!({ "conversation_id": id, "message_text": "Hello?" });
    assert_eq!(server.post(MESSAGES, &ann, body.clone()).await.1["error"]["code"], "conversation_closed");
    assert_eq!(patch(json!({ "status": "active" })).await.1["status"], "active");
    assert_eq!(server.post(MESSAGES, &ann, body).await.0, 201);
    assert_eq!(patch(json!({})).await.0, 400);
    assert_eq!(patch(json!({ "status": "gone" })).await.0, 400);

    let (_, stats) = server.get("/api/v1/messages/stats", &cleo).await;
    let expected = json!({
        "total_conversations": 1, "active_conversations": 1, "archived_conversations": 0, "closed_conversations": 0,
        "unread_conversations": 1, "unread_messages": 2, "total_messages": 3
    });
    assert_eq!(stats, expected);
    let read = json!({ "seq": 2 });
    let (_, read) = server.call("patch", &format!("{}/read", of(&id)), Some(&cleo), read).await;
    assert_eq!(read, json!({ "conversation_id": id, "last_read_seq": 2, "unread_count": 1 }));
    server.stop().await;
}

async fn a_socket_sends_and_joins_like_in_any_conversation(server: Server) {
    let (ann, bob) = (agent(&server, "ann").await, agent(&server, "bob").await);
    let (mut here, mut elsewhere) = (device(&server, &bob).await, device(&server, &bob).await);
    let mut client = device(&server, &ann).await;
    let id = begin(&server, &ann, "staff_staff", &["bob"]).await;
    let joined = here.ack("join", json!({ "conversation_id": id, "last_seq": 0 })).await;
    assert_eq!(joined["participants"].as_array().unwrap().len(), 2);
    client.ack("join", json!({ "conversation_id": id })).await;
    let presence = client.expect("presence").await;
    assert_eq!((&presence["user_id"], &presence["online"]), (&json!("bob"), &json!(true)), "who is here already");
    assert_eq!(here.expect("presence").await["user_id"], "ann", "and who comes");
    client.tell("typing_start", json!({ "conversation_id": id })).await;
    assert_eq!(here.expect("user_typing").await["user_id"], "ann");
    let message = json!({ "conversation_id": id, "message_text": "Coffee?", "client_id": "c1" });
    let sent = client.ack("send_message", message.clone()).await;
    let again = client.ack("send_message", message).await;
    assert_eq!((&sent["seq"], &again["seq"], &again["duplicate"]), (&json!(1), &json!(1), &json!(true)));
    for device in [&mut here, &mut elsewhere] {
        assert_eq!(device.expect("new_message").await["message_text"], "Coffee?");
        assert_eq!(device.expect("unread_count").await["unread"], 1);
    }
    elsewhere.ack("mark_read", json!({ "conversation_id": id, "seq": 1 })).await;
    assert_eq!(here.expect("unread_count").await["unread"], 0);
    assert_eq!(client.expect("message_read").await["user_id"], "bob");
    // What is for support is not there.
    for (kind, extra) in [("escalate", json!({})), ("assign_to_me", json!({})), ("close_conversation", json!({}))] {
        let mut data = extra;
        data["conversation_id"] = json!(id);
        assert_eq!(client.error(kind, data).await, "not_found", "{kind}");
    }
    let note = json!({ "conversation_id": id, "message_text": "psst", "client_id": "n1", "internal": true });
    assert_eq!(client.error("send_message", note).await, "not_found");
    // Support's lists do not know of it.
    let boss = admin(&server).await;
    assert_eq!(server.get("/api/v1/conversations?view=all", &boss).await.1["items"], json!([]));
    let types: Vec<String> = here.types().into_iter().filter(|kind| kind == "new_message").collect();
    assert_eq!(types.len(), 1, "once, though it is in the room and takes part");
    server.stop().await;
}

async fn a_page_goes_backwards_and_forwards(server: Server) {
    let (ann, _) = (agent(&server, "ann").await, agent(&server, "bob").await);
    let id = begin(&server, &ann, "staff_staff", &["bob"]).await;
    for number in 1..=7 {
        send(&server, &ann, &id, &number.to_string()).await;
    }
    let texts = async |query: &str| {
        let (status, page) = server.get(&format!("{}/messages?{query}", of(&id)), &ann).await;
        assert_eq!(status, 200, "{page}");
        let texts: Vec<String> =
            page.as_array().unwrap().iter().map(|one| one["message_text"].as_str().unwrap().to_owned()).collect();
        texts.join("")
    };
    assert_eq!(texts("limit=3").await, "567");
    assert_eq!(texts("limit=3&offset=3").await, "234");
    assert_eq!(texts("limit=3&offset=6").await, "1");
    assert_eq!(texts("limit=3&offset=7").await, "");
    assert_eq!(texts("limit=2&before=4").await, "23");
    assert_eq!(texts("limit=2&after=4").await, "56");
    assert_eq!(texts("after=7").await, "");
    for odd in ["limit=0", "limit=101", "offset=-1", "offset=1&after=2", "limit=x"] {
        assert_eq!(server.get(&format!("{}/messages?{odd}", of(&id)), &ann).await.0, 400, "{odd}");
    }
    server.stop().await;
}
