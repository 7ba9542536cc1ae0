//! Anonymous customers: tokens that slide, becoming somebody, leaving an address, taking the conversation along.

use serde_json::{Value, json};
use switchboard::domain::host_event::{EventAudience, NewHostEvent};
use switchboard::domain::time::Millis;
use switchboard::engine::User;

use crate::support::client::Client;
use crate::support::on_both;
use crate::support::server::Server;

const REFRESH: &str = "/api/v1/visitors/refresh";
const IDENTIFY: &str = "/api/v1/visitors/identify";

async fn visitor(server: &Server) -> String {
    let (status, made) = server.call("post", "/api/v1/visitors", None, json!({ "name": "Guest" })).await;
    assert_eq!(status, 201, "{made}");
    made["token"].as_str().unwrap().to_owned()
}

async fn conversation(server: &Server, token: &str, text: &str) -> String {
    let (status, started) = server.post("/api/v1/conversations", token, json!({ "firstMessage": text })).await;
    assert_eq!(status, 201, "{started}");
    started["conversationId"].as_str().unwrap().to_owned()
}

#[actix_web::test]
async fn a_visitors_token_slides_as_long_as_it_is_used() {
    let server = Server::start().await;
    let mut token = visitor(&server).await;
    let id = conversation(&server, &token, "hello").await;
    for _ in 0..3 {
        server.clock.advance(Millis::from_mins(29 * 24 * 60));
        let (status, answer) = server.post(REFRESH, &token, json!({})).await;
        assert_eq!(status, 200, "{answer}");
        assert!(answer["refreshToken"].is_null(), "{answer}");
        token = answer["token"].as_str().unwrap().to_owned();
        assert_eq!(server.get(&format!("/api/v1/conversations/{id}"), &token).await.0, 200);
    }
    server.clock.advance(Millis::from_mins(30 * 24 * 60));
    assert_eq!(server.post(REFRESH, &token, json!({})).await.0, 401, "a month without use ends it");
    let cleo = server.token(&User::customer("cleo", "Cleo")).await;
    assert_eq!(server.post(REFRESH, &cleo, json!({})).await.0, 403, "a host's customers get theirs from the host");
    server.stop().await;
}

on_both!(what_is_said_among_people_moves_as_well,);

/// A visitor in messages with Ann, and in a group where the known one is, too.
async fn what_is_said_among_people_moves_as_well(server: Server) {
    const MESSAGES: &str = "/api/v1/messages";
    let (status, made) = server.call("post", "/api/v1/visitors", None, json!({ "name": "Guest" })).await;
    assert_eq!(status, 201, "{made}");
    let (guest, guest_id) = (made["token"].as_str().unwrap(), made["user"]["id"].as_str().unwrap());
    let ann = server.token(&User::agent("ann", "Ann")).await;
    let cleo = server.token(&User::customer("cleo", "Cleo")).await;
    let begin = async |kind: &str, people: Value| {
        let new = json!({ "type": kind, "participant_ids": people, "client_id": kind });
        let (status, begun) = server.post(&format!("{MESSAGES}/conversations"), &ann, new).await;
        assert_eq!(status, 201, "{begun}");
        begun["id"].as_str().unwrap().to_owned()
    };
    let say = async |who: &str, id: &str, text: &str| {
        let new = json!({ "conversation_id": id, "message_text": text, "client_id": text.replace(' ', "-") });
        let (status, said) = server.post(&format!("{MESSAGES}/messages"), who, new).await;
        assert_eq!(status, 201, "{said}");
        said["id"].as_str().unwrap().to_owned()
    };
    let alone = begin("guest_staff", json!([guest_id])).await;
    let group = begin("group", json!([guest_id, "cleo"])).await;
    let hello = say(&ann, &alone, "hello").await;
    say(guest, &alone, "it drips").await;
    say(guest, &group, "of the guest").await;
    say(&ann, &group, "of Ann").await;
    let thumb = json!({ "emoji": "👍" });
    let reactions = format!("{MESSAGES}/messages/{hello}/reactions");
    assert_eq!(server.call("put", &reactions, Some(guest), thumb.clone()).await.0, 200);
    // One that the visitor has read, one that is new, and then one of hers, with which she has read everything.
    let tell = async |who: &str, n: i64| {
        let data = json!({ "n": n }).to_string();
        let told = NewHostEvent::new(EventAudience::User(who.into()), "notification", data);
        server.engine.handle().publish_event(told).await.unwrap().number.unwrap()
    };
    let read = async |who: &str, up_to: i64| {
        let (status, answer) = server.post("/api/v1/notifications/read", who, json!({ "upTo": up_to })).await;
        assert_eq!(status, 200, "{answer}");
    };
    let seen = tell(guest_id, 1).await;
    read(guest, seen).await;
    tell(guest_id, 2).await;
    let hers = tell("cleo", 3).await;
    read(&cleo, hers).await;

    let (status, answer) = server.post(IDENTIFY, guest, json!({ "token": cleo })).await;
    assert_eq!(status, 200, "{answer}");
    let mut moved: Vec<&str> =
        answer["conversations"].as_array().unwrap().iter().map(|id| id.as_str().unwrap()).collect();
    moved.sort_unstable();
    let mut wanted = vec![alone.as_str(), group.as_str()];
    wanted.sort_unstable();
    assert_eq!(moved, wanted);

    let (_, list) = server.get(&format!("{MESSAGES}/conversations"), &cleo).await;
    let seen = |id: &str| list.as_array().unwrap().iter().find(|row| row["id"] == id).unwrap();
    assert_eq!(seen(&alone)["unread_count"], 1, "Ann's, which the visitor had not read: {list}");
    assert_eq!(seen(&group)["unread_count"], 1, "Ann's; what the visitor said is her own now: {list}");
    let people: Vec<&str> = seen(&group)["participants"]
        .as_array()
        .unwrap()
        .iter()
        .map(|person| person["user_id"].as_str().unwrap())
        .collect();
    assert_eq!(people.iter().filter(|id| **id == "cleo").count(), 1, "{people:?}");
    assert!(!people.contains(&guest_id), "{people:?}");
    let (_, page) = server.get(&format!("{MESSAGES}/conversations/{alone}/messages"), &cleo).await;
    assert_eq!((&page[1]["sender_id"], &page[1]["message_text"]), (&json!("cleo"), &json!("it drips")));
    assert_eq!(page[0]["reactions"][0]["user_ids"], json!(["cleo"]), "{page}");
    say(&cleo, &alone, "still me").await;
    let (_, told) = server.get("/api/v1/notifications", &cleo).await;
    let told: Vec<(i64, bool)> = told["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["data"]["n"].as_i64().unwrap(), one["read"].as_bool().unwrap()))
        .collect();
    assert_eq!(told, [(2, false), (3, true), (1, true)], "what was new is new and the newest, what was read is read");
    let mut device = Client::connect(&server, &cleo).await;
    let came = device.expect_where(|event| event["type"] == "notification" && event["data"]["n"] == 2).await;
    assert_eq!(came["data"]["n"], 2);
    server.stop().await;
}

async fn an_anonymous_history_moves_once(server: Server) {
    let guest = visitor(&server).await;
    let cleo = server.token(&User::customer("cleo", "Cleo")).await;
    let other = server.token(&User::customer("dora", "Dora")).await;
    let ids = [conversation(&server, &guest, "first").await, conversation(&server, &guest, "second").await];
    let mut tab = Client::connect(&server, &guest).await;
    let (status, answer) = server.post(IDENTIFY, &guest, json!({ "token": cleo })).await;
    assert_eq!((status, &answer["user"]["id"]), (200, &json!("cleo")), "{answer}");
    let mut moved: Vec<&str> =
        answer["conversations"].as_array().unwrap().iter().map(|id| id.as_str().unwrap()).collect();
    moved.sort_unstable();
    let mut wanted: Vec<&str> = ids.iter().map(String::as_str).collect();
    wanted.sort_unstable();
    assert_eq!(moved, wanted);
    server.clock.advance(Millis::from_secs(1));
    assert_eq!(tab.close_code().await, Some(4401), "the other tabs come back as the known one");
    for id in &ids {
        let (status, row) = server.get(&format!("/api/v1/conversations/{id}"), &cleo).await;
        assert_eq!((status, &row["customerName"]), (200, &json!("Cleo")), "{row}");
        let (_, list) = server.get(&format!("/api/v1/conversations/{id}/messages"), &cleo).await;
        assert_eq!(list["items"][0]["senderId"], "cleo", "{list}");
        let sent = json!({ "content": "it is me", "clientId": "me" });
        assert_eq!(server.post(&format!("/api/v1/conversations/{id}/messages"), &cleo, sent).await.0, 201);
    }
    assert_eq!(server.get("/api/v1/conversations", &guest).await.0, 401, "the anonymous one has ended");
    assert_eq!(server.post(IDENTIFY, &guest, json!({ "token": other })).await.0, 401);
    assert_eq!(server.get(&format!("/api/v1/conversations/{}", ids[0]), &other).await.0, 404);
    server.stop().await;
}

#[actix_web::test]
async fn an_anonymous_history_moves_once_on_sqlite() {
    an_anonymous_history_moves_once(Server::start().await).await;
}

#[actix_web::test]
async fn an_anonymous_history_moves_once_on_postgres() {
    an_anonymous_history_moves_once(Server::on_postgres().await).await;
}

#[actix_web::test]
async fn a_waiting_conversation_goes_on_waiting_for_the_known_customer() {
    let server = Server::start().await;
    let guest = visitor(&server).await;
    let id = conversation(&server, &guest, "help").await;
    let (_, queued) = server.post(&format!("/api/v1/conversations/{id}/escalate"), &guest, json!({})).await;
    assert_eq!(queued["status"], "QUEUED", "{queued}");
    let token = server.token(&User::customer("cleo", "Cleo")).await;
    assert_eq!(server.post(IDENTIFY, &guest, json!({ "token": token })).await.0, 200);
    let mut cleo = Client::connect(&server, &token).await;
    let ann = server.token(&User::agent("ann", "Ann")).await;
    let _ann = Client::connect(&server, &ann).await;
    let told = cleo.expect_where(|event| event["data"]["status"] == "ASSIGNED").await;
    assert_eq!((&told["type"], &told["data"]["conversationId"]), (&json!("escalation_status"), &json!(id)));
    server.stop().await;
}

#[actix_web::test]
async fn only_a_visitor_becomes_somebody_and_only_by_a_customers_token() {
    let server = Server::start().await;
    let (guest, friend) = (visitor(&server).await, visitor(&server).await);
    let cleo = server.token(&User::customer("cleo", "Cleo")).await;
    let ann = server.token(&User::agent("ann", "Ann")).await;
    for (token, wanted) in [("nonsense", 400), (ann.as_str(), 400), (friend.as_str(), 400), (guest.as_str(), 400)] {
        let (status, answer) = server.post(IDENTIFY, &guest, json!({ "token": token })).await;
        assert_eq!((status, &answer["error"]["details"]["field"]), (wanted, &json!("token")), "{answer}");
    }
    let dora = server.token(&User::customer("dora", "Dora")).await;
    assert_eq!(server.post(IDENTIFY, &dora, json!({ "token": cleo })).await.0, 403);
    assert_eq!(server.post(IDENTIFY, &ann, json!({ "token": cleo })).await.0, 403);
    assert_eq!(server.get("/api/v1/conversations", &guest).await.0, 200, "nothing has changed");
    server.stop().await;
}

#[actix_web::test]
async fn an_address_that_is_left_is_for_staff_only() {
    let server = Server::start().await;
    let guest = visitor(&server).await;
    let boss = server.token(&User::admin("boss", "Boss")).await;
    let mut watching = Client::connect(&server, &boss).await;
    let id = conversation(&server, &guest, "hello").await;
    let path = format!("/api/v1/conversations/{id}/contact");
    for (body, field) in [
        (json!({}), "email"),
        (json!({ "email": "nobody" }), "email"),
        (json!({ "email": "a@b c" }), "email"),
        (json!({ "email": "g@x.example", "message": "y".repeat(8_001) }), "message"),
    ] {
        let (status, answer) = server.post(&path, &guest, body).await;
        assert_eq!((status, &answer["error"]["details"]["field"]), (400, &json!(field)), "{answer}");
    }
    let body = json!({ "email": "guest@mail.example", "message": "Call me about order 17." });
    assert_eq!(server.post(&path, &guest, body.clone()).await.0, 204);
    assert_eq!(server.post(&path, &guest, body.clone()).await.0, 204, "a repeat is the same one");
    let told = watching.notice("CONTACT_LEFT").await;
    assert_eq!(told["conversationId"], json!(id));
    server.settle().await;
    let (_, notes) = server.get(&format!("/api/v1/conversations/{id}/notes"), &boss).await;
    let notes = notes["items"].as_array().unwrap();
    assert_eq!(notes.len(), 1, "{notes:?}");
    let text = notes[0]["content"].as_str().unwrap();
    assert!(text.contains("guest@mail.example") && text.contains("order 17"), "{text}");
    let (_, seen) = server.get(&format!("/api/v1/conversations/{id}/messages"), &guest).await;
    let lines: Vec<_> =
        seen["items"].as_array().unwrap().iter().map(|line| line["content"].as_str().unwrap()).collect();
    assert_eq!(lines, ["hello", "Guest left an e-mail address."]);
    assert!(!told.to_string().contains("mail.example"), "{told}");
    let stranger = server.token(&User::customer("eve", "Eve")).await;
    assert_eq!(server.post(&path, &stranger, body.clone()).await.0, 404);
    assert_eq!(server.post(&path, &boss, body).await.0, 403);
    server.stop().await;
}

#[actix_web::test]
async fn a_transcript_is_a_download_in_three_forms_and_harmless_in_each() {
    let server = Server::start().await;
    let cleo = server.token(&User::customer("cleo", "<b>Cleo</b>")).await;
    let bad = "<script>alert('x')</script> & \"so\"\n[2026-01-01T00:00:00.000Z] Ann: I promise";
    let id = conversation(&server, &cleo, bad).await;
    let ask = |query: &'static str| {
        let url = format!("http://{}/api/v1/conversations/{id}/transcript{query}", server.address);
        server.http.get(url).bearer_auth(&cleo).send()
    };
    for (query, kind, ending) in [
        ("", "text/plain; charset=utf-8", "txt"),
        ("?format=text", "text/plain; charset=utf-8", "txt"),
        ("?format=json", "application/json", "json"),
        ("?format=html", "text/html; charset=utf-8", "html"),
    ] {
        let answer = ask(query).await.unwrap();
        let header = |name: &str| answer.headers()[name].to_str().unwrap().to_owned();
        assert_eq!((answer.status().as_u16(), header("content-type").as_str()), (200, kind), "{query}");
        let name = format!("attachment; filename=\"conversation-2026-11-23-{id}.{ending}\"");
        assert_eq!(header("content-disposition"), name);
        assert!(header("content-security-policy").contains("sandbox") && header("cache-control") == "no-store");
        let text = answer.text().await.unwrap();
        match ending {
            "html" => {
                assert!(!text.contains("<script") && !text.contains("<b>"), "{text}");
                assert!(
                    text.contains("&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt; &amp; &quot;so&quot;<br>"),
                    "{text}"
                );
            }
            "json" => {
                let told: Value = serde_json::from_str(&text).unwrap();
                assert_eq!(told["messages"][0]["content"], bad);
            }
            _ => assert_eq!(text.lines().filter(|line| line.starts_with('[')).count(), 1, "{text}"),
        }
    }
    assert_eq!(ask("?format=pdf").await.unwrap().status(), 400);
    server.stop().await;
}
