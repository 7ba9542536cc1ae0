//! Who comes back, after a lost line, a restart of the server or the end of a conversation, has everything once.

use serde_json::{Value, json};
use switchboard::engine::User;

use super::chat::{agent, customer, started};
use crate::support::on_both;
use crate::support::server::Server;
use crate::support::socket_io::SocketIo;

on_both!(
    an_agent_whose_line_was_lost_is_shown_what_it_has_and_goes_on_live,
    an_agent_is_shown_what_it_has_after_a_restart_of_the_server,
    a_long_history_is_shown_with_its_fifty_newest_messages,
    who_also_writes_with_people_is_not_recovered_and_has_its_support_messages_once,
    a_number_of_another_conversation_is_never_given,
    a_second_drop_goes_on_from_what_the_first_return_showed,
    a_customer_who_writes_after_the_end_gets_another_conversation,
);

/// The texts of a shown history.
fn texts(shown: &Value) -> Vec<&str> {
    shown["history"].as_array().unwrap().iter().map(|one| one["content"].as_str().unwrap()).collect()
}

/// What came as a message of its own in a conversation.
fn came(client: &SocketIo, id: &str) -> Vec<String> {
    let messages = client.seen.iter().filter(|(name, ..)| name == "new_message" || name == "ai_message");
    let here = messages.filter(|(_, data, _)| data["sessionUuid"] == id);
    here.map(|(_, data, _)| data["content"].as_str().unwrap().to_owned()).collect()
}

/// A customer's conversation that ann has.
async fn accepted(server: &Server) -> (SocketIo, SocketIo, String) {
    let ann = agent(server, "ann").await;
    server.settle().await;
    let (mut cleo, id) = started(server, "cleo").await;
    cleo.ask("send_message", json!({ "content": "first" })).await;
    cleo.emit("request_staff", json!({})).await;
    cleo.expect("transfer_accepted").await;
    (ann, cleo, id)
}

/// Ann is back: she sees what she missed once, and the next message comes by itself.
async fn ann_goes_on(server: &Server, cleo: &mut SocketIo, id: &str) {
    let token = server.token(&User::agent("ann", "ann")).await;
    let mut ann = SocketIo::connect(server, &token).await;
    let shown = ann.expect("staff_chat_joined").await;
    assert_eq!(
        (&shown["sessionUuid"], &shown["userId"], &shown["userName"]),
        (&json!(id), &json!("cleo"), &json!("cleo"))
    );
    let texts = texts(&shown);
    assert_eq!(texts.iter().filter(|text| **text == "missed").count(), 1, "{texts:?}");
    assert_eq!(texts.first(), Some(&"first"), "{texts:?}");
    cleo.ask("send_message", json!({ "content": "next" })).await;
    ann.expect_where(|_, data| data["content"] == "next").await;
    ann.ask("send_message", json!({ "sessionUuid": id, "content": "last" })).await;
    ann.expect_where(|_, data| data["content"] == "last").await;
    assert_eq!(came(&ann, id), ["next", "last"]);
    assert_eq!(ann.names().iter().filter(|name| **name == "staff_chat_joined").count(), 1);
}

async fn an_agent_whose_line_was_lost_is_shown_what_it_has_and_goes_on_live(server: Server) {
    let (mut ann, mut cleo, id) = accepted(&server).await;
    ann.expect("staff_chat_joined").await;
    drop(ann);
    cleo.ask("send_message", json!({ "content": "missed" })).await;
    ann_goes_on(&server, &mut cleo, &id).await;
    server.stop().await;
}

async fn an_agent_is_shown_what_it_has_after_a_restart_of_the_server(server: Server) {
    let (mut ann, mut cleo, id) = accepted(&server).await;
    ann.expect("staff_chat_joined").await;
    cleo.ask("send_message", json!({ "content": "missed" })).await;
    server.settle().await;
    drop((ann, cleo));
    let server = server.restart().await;
    let mut cleo = SocketIo::connect(&server, &customer(&server, "cleo").await).await;
    cleo.expect("chat_session_restored").await;
    ann_goes_on(&server, &mut cleo, &id).await;
    server.stop().await;
}

async fn a_long_history_is_shown_with_its_fifty_newest_messages(server: Server) {
    let (ann, mut cleo, id) = accepted(&server).await;
    drop(ann);
    for number in 1..=60 {
        cleo.ask("send_message", json!({ "content": format!("m{number}") })).await;
    }
    let mut ann = agent(&server, "ann").await;
    let seen = |name: &str| name == "staff_chat_joined";
    let shown = match ann.seen.iter().find(|(name, ..)| seen(name)) {
        Some((_, data, _)) => data.clone(),
        None => ann.expect("staff_chat_joined").await,
    };
    assert_eq!(texts(&shown), (11..=60).map(|number| format!("m{number}")).collect::<Vec<_>>());
    // What lies before it comes to who asks for it.
    ann.ask("join", json!({ "sessionUuid": id, "lastSeq": 0 })).await;
    ann.expect_where(|_, data| data["content"] == "m60").await;
    assert_eq!(came(&ann, &id).iter().filter(|text| text.starts_with('m')).count(), 60);
    server.stop().await;
}

const MESSAGES: &str = "/api/v1/messages/messages";

/// Bob and cleo write to each other besides; the conversation's id and bob's token.
async fn in_app(server: &Server) -> (String, String) {
    let bob = server.token(&User::agent("bob", "bob")).await;
    let body = json!({ "type": "guest_staff", "subject": "Keys", "participant_ids": ["cleo"] });
    let (status, begun) = server.post("/api/v1/messages/conversations", &bob, body).await;
    assert_eq!(status, 201, "{begun}");
    (begun["id"].as_str().unwrap().to_owned(), bob)
}

async fn write_in_app(server: &Server, bob: &str, id: &str, text: &str) {
    let (status, sent) = server.post(MESSAGES, bob, json!({ "conversation_id": id, "message_text": text })).await;
    assert_eq!(status, 201, "{sent}");
}

/// The offset that a stock client gives back: the newest that came.
fn offset(client: &SocketIo) -> String {
    client.seen.iter().rev().find_map(|(_, _, offset)| offset.clone()).unwrap()
}

async fn who_also_writes_with_people_is_not_recovered_and_has_its_support_messages_once(server: Server) {
    let token = customer(&server, "cleo").await;
    let (people, bob) = {
        let (cleo, _) = started(&server, "cleo").await;
        drop(cleo);
        in_app(&server).await
    };
    for last_is_support in [true, false] {
        let mut cleo = SocketIo::connect(&server, &token).await;
        let id = cleo.expect("chat_session_restored").await["sessionUuid"].as_str().unwrap().to_owned();
        let mut words = [("support", true), ("people", false)];
        if last_is_support {
            words.reverse();
        }
        for (text, support) in words {
            match support {
                true => drop(cleo.ask("send_message", json!({ "content": text })).await),
                false => write_in_app(&server, &bob, &people, text).await,
            }
            cleo.expect_where(|_, data| data["content"] == text).await;
        }
        let (pid, offset) = (cleo.entered["pid"].clone(), offset(&cleo));
        assert!(offset.starts_with(&id), "{offset} is of another conversation");
        drop(cleo);
        let mut other = SocketIo::connect(&server, &token).await;
        let away = format!("away {last_is_support}");
        other.ask("send_message", json!({ "sessionUuid": id, "content": away })).await;
        write_in_app(&server, &bob, &people, "away").await;
        let auth = json!({ "token": token, "pid": pid, "offset": offset });
        let mut again = SocketIo::enter(&server.address, auth).await;
        assert_ne!(again.entered["pid"], pid, "it is told that it has everything");
        assert_eq!(again.expect("chat_session_restored").await["history"], json!([]));
        again.expect_where(|_, data| data["content"] == away.as_str()).await;
        again.ask("send_message", json!({ "content": "here" })).await;
        again.expect_where(|_, data| data["content"] == "here").await;
        assert_eq!(came(&again, &id), [away.as_str(), "here"]);
        // What came among people is there to be asked for.
        let (_, list) = server.get("/api/v1/messages/conversations", &token).await;
        assert_eq!(list[0]["id"], people.as_str(), "{list}");
    }
    server.stop().await;
}

async fn a_number_of_another_conversation_is_never_given(server: Server) {
    let (mut cleo, id) = started(&server, "cleo").await;
    let (people, bob) = in_app(&server).await;
    cleo.ask("send_message", json!({ "content": "support" })).await;
    write_in_app(&server, &bob, &people, "people").await;
    cleo.expect_where(|_, data| data["content"] == "people").await;
    let numbered: Vec<_> =
        cleo.seen.iter().filter_map(|(_, data, offset)| offset.as_ref().map(|at| (data, at))).collect();
    assert!(numbered.len() >= 2, "{numbered:?}");
    assert!(numbered.iter().all(|(data, at)| data["sessionUuid"] == id && at.starts_with(&id)), "{numbered:?}");
    server.stop().await;
}

async fn a_second_drop_goes_on_from_what_the_first_return_showed(server: Server) {
    let (mut cleo, id) = started(&server, "cleo").await;
    for number in 1..=5 {
        cleo.ask("send_message", json!({ "content": format!("m{number}") })).await;
    }
    let token = customer(&server, "cleo").await;
    // A page that was loaded anew, and has heard nothing but the history when it is cut.
    let mut page = SocketIo::connect(&server, &token).await;
    assert_eq!(page.expect("chat_session_restored").await["history"].as_array().unwrap().len(), 5);
    let auth = json!({ "token": token, "pid": page.entered["pid"], "offset": offset(&page) });
    drop(page);
    cleo.ask("send_message", json!({ "content": "m6" })).await;
    let mut again = SocketIo::enter(&server.address, auth.clone()).await;
    assert_eq!(again.entered["pid"], auth["pid"]);
    assert_eq!(again.expect("chat_session_restored").await["history"], json!([]));
    again.expect_where(|_, data| data["content"] == "m6").await;
    assert_eq!(came(&again, &id), ["m6"]);
    server.stop().await;
}

async fn a_customer_who_writes_after_the_end_gets_another_conversation(server: Server) {
    let (mut cleo, first) = started(&server, "cleo").await;
    cleo.ask("send_message", json!({ "content": "before" })).await;
    let boss = server.token(&User::admin("boss", "Boss")).await;
    assert_eq!(server.post(&format!("/api/v1/conversations/{first}/close"), &boss, json!({})).await.0, 200);
    cleo.expect("conversation_closed").await;
    // Who names the one that is over hears that it is.
    let over = cleo.ask("send_message", json!({ "sessionUuid": first, "content": "late" })).await;
    assert_eq!(over["error"]["code"], "conversation_closed");
    let sent = cleo.ask("send_message", json!({ "content": "anew" })).await;
    assert_eq!((&sent["seq"], &sent["duplicate"]), (&json!(1), &json!(false)), "{sent}");
    let second = cleo.expect("chat_session_started").await["sessionUuid"].as_str().unwrap().to_owned();
    assert_ne!(second, first);
    cleo.expect_where(|_, data| data["content"] == "anew").await;
    assert_eq!(cleo.ask("send_message", json!({ "content": "and on" })).await["seq"], 2);
    cleo.expect_where(|_, data| data["content"] == "and on").await;
    assert_eq!(came(&cleo, &second), ["anew", "and on"]);
    server.stop().await;
}
