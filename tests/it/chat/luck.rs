//! Chat calls that are repeated, left, or never answered.

use serde_json::{Value, json};
use switchboard::clock::Clock;
use switchboard::domain::time::Millis;
use switchboard::engine::User;

use super::sse::PATIENCE;
use super::{CHAT, Stage, says, stage};
use crate::support::server::Server;

#[actix_web::test]
async fn a_repeat_gets_the_first_answer_and_asks_nobody_again() {
    let mut stage = stage().await;
    let body = json!({ "message": "Where is my order?", "clientId": "m1" });
    let first = stage.chats(body.clone(), |live| live.end(says("On its way."))).await;
    let (status, second) = stage.server.post(CHAT, &stage.cleo, body.clone()).await;
    assert_eq!((status, &second), (200, &first));
    let mut sse = stage.streams(body).await;
    assert_eq!(sse.next("start").await["messageId"], first["message"]["id"]);
    assert_eq!(sse.next("delta").await, json!({ "delta": "On its way.", "index": 0 }));
    assert_eq!(sse.next("message").await, first["message"]);
    sse.next("done").await;
    assert!(stage.double.nothing());
    stage.server.stop().await;
}

#[actix_web::test]
async fn a_repeat_in_the_middle_of_the_answer_goes_on_from_there() {
    let mut stage = stage().await;
    let body = json!({ "message": "Where is my order?", "clientId": "m1" });
    let mut first = stage.streams(body.clone()).await;
    let live = stage.double.turn().await;
    live.say("It is ");
    let start = first.next("start").await;
    first.next("delta").await;
    drop(first);
    let mut second = stage.streams(body).await;
    assert_eq!(second.next("start").await, start);
    assert_eq!(second.next("delta").await, json!({ "delta": "It is ", "index": 0 }));
    live.end(says("It is on its way. "));
    assert_eq!(second.next("delta").await, json!({ "delta": "on its way.", "index": 1 }));
    assert_eq!(second.next("message").await["content"], "It is on its way.");
    assert!(stage.double.nothing());
    stage.server.stop().await;
}

#[actix_web::test]
async fn an_idempotency_key_is_as_good_as_a_client_id() {
    let mut stage = stage().await;
    let call = async |stage: &Stage, text: &str| {
        let request = stage.server.http.post(format!("http://{}{CHAT}", stage.server.address));
        let request = request.bearer_auth(&stage.cleo).header("idempotency-key", "k1");
        let response = request.json(&json!({ "message": text })).send().await.unwrap();
        (response.status().as_u16(), response.json::<Value>().await.unwrap())
    };
    let mut double = std::mem::replace(&mut stage.double, crate::assistant::double::pair().1);
    let (first, ()) = tokio::join!(call(&stage, "Where is it?"), async {
        double.turn().await.end(says("On its way."));
    });
    assert_eq!(first.0, 200, "{}", first.1);
    assert_eq!(call(&stage, "Where is it?").await, first);
    assert_eq!(call(&stage, "Something else").await.1["error"]["code"], "idempotency_mismatch");
    assert!(double.nothing());
    stage.server.stop().await;
}

#[actix_web::test]
async fn a_silent_stream_says_that_it_lives_and_ends_with_a_word_for_the_silence() {
    let mut stage = stage().await;
    let chat_id = stage.begun().await;
    let mut sse = stage.streams(json!({ "message": "Where is my order?", "chatId": chat_id })).await;
    let live = stage.double.turn().await;
    sse.next("start").await;
    for _ in 0..3 {
        stage.server.clock.advance(Millis::from_secs(15));
        sse.next(":").await;
    }
    stage.server.clock.advance(Millis::from_secs(15));
    let error = loop {
        let (name, data) = sse.try_next().await.unwrap();
        if name != ":" {
            assert_eq!(name, "error");
            break data;
        }
    };
    assert_eq!((&error["error"]["code"], &error["error"]["retryable"]), (&json!("no_reply"), &json!(true)), "{error}");
    assert_eq!(sse.try_next().await, None);
    // It was only the waiting that ended.
    live.end(says("On its way."));
    while stage.texts(&chat_id).await.last().map(String::as_str) != Some("On its way.") {}
    stage.server.stop().await;
}

#[actix_web::test]
async fn where_nobody_answers_the_call_says_so_at_once_and_keeps_the_message() {
    let server = Server::start().await;
    let cleo = server.token(&User::customer("cleo", "Cleo")).await;
    let (status, error) = server.post(CHAT, &cleo, json!({ "message": "Hello?", "clientId": "m1" })).await;
    assert_eq!((status, &error["error"]["code"]), (503, &json!("no_reply")), "{error}");
    let (_, page) = server.get("/api/v1/conversations", &cleo).await;
    assert_eq!(page["items"][0]["lastSeq"], 1, "{page}");
    server.stop().await;
}

#[actix_web::test]
async fn who_leaves_in_the_middle_is_followed_no_longer_and_the_answer_is_kept() {
    let mut stage = stage().await;
    let chat_id = stage.begun().await;
    stage.through_the_room(&chat_id).await;
    let calm = stage.server.clock.sleepers();
    let mut sse = stage.streams(json!({ "message": "Where is my order?", "chatId": chat_id })).await;
    let live = stage.double.turn().await;
    live.say("It is ");
    sse.next("start").await;
    sse.next("delta").await;
    let waits = async |fits: &dyn Fn(usize) -> bool| {
        let found = async {
            while !fits(stage.server.clock.sleepers()) {
                // A write to who has gone is what shows it; a second of them passes in the engine at most.
                live.say("x");
                stage.server.clock.advance(Millis::new(1));
                stage.through_the_room(&chat_id).await;
            }
        };
        tokio::time::timeout(PATIENCE, found).await.expect("somebody still waits");
    };
    // The end of the wait and the next sign of life; the room's next delta is the third that sleeps.
    waits(&|now| now >= calm + 2).await;
    drop(sse);
    let left_at = stage.server.clock.now();
    waits(&|now| now <= calm + 1).await;
    let passed = stage.server.clock.now().since(left_at);
    assert!(passed < Millis::from_secs(15), "it was the leaving and no time limit: {passed:?}");
    live.end(says("It is on its way."));
    while stage.texts(&chat_id).await.last().map(String::as_str) != Some("It is on its way.") {}
    stage.server.stop().await;
}

#[actix_web::test]
async fn a_room_that_falls_in_the_middle_costs_the_caller_nothing_but_the_pieces() {
    let mut stage = stage().await;
    let chat_id = stage.begun().await;
    let mut sse = stage.streams(json!({ "message": "Where is my order?", "chatId": chat_id })).await;
    let live = stage.double.turn().await;
    live.say("It is ");
    let start = sse.next("start").await;
    sse.next("delta").await;
    stage.server.engine.node().inject_panic(switchboard::actors::lifecycle::Fault::Room(chat_id.as_str().into()));
    live.dropped().await;
    let mut double = std::mem::replace(&mut stage.double, crate::assistant::double::pair().1);
    // The room's next life, and the next look at it, are a moment away.
    let moments = async {
        loop {
            stage.server.clock.advance(Millis::new(10));
            stage.texts(&chat_id).await;
        }
    };
    let whole = async {
        let live = double.turn().await;
        assert_eq!(live.turn.question(), "Where is my order?");
        live.end(says("It is on its way."));
        sse.rest().await
    };
    let rest = tokio::select! {
        rest = whole => rest,
        () = moments => unreachable!(),
    };
    assert_eq!(rest[0], ("dropped".to_owned(), json!({ "messageId": start["messageId"] })));
    let message = rest.iter().find(|(name, _)| name == "message").expect("an answer");
    assert_eq!(message.1["content"], "It is on its way.");
    stage.server.stop().await;
}

#[actix_web::test]
async fn the_shipped_articles_answer_over_http() {
    let server = Server::with(|config| {
        config.assistant.provider = switchboard::config::Provider::Knowledge;
        config.assistant.knowledge_dir = "config/knowledge".to_owned();
    })
    .await;
    let cleo = server.token(&User::customer("cleo", "Cleo")).await;
    let body = json!({ "message": "How do I use PostgreSQL instead of SQLite?" });
    let (status, answer) = server.post(CHAT, &cleo, body).await;
    assert_eq!(status, 200, "{answer}");
    assert_eq!(answer["message"]["metadata"]["provider"], "knowledge");
    assert!(!answer["message"]["metadata"]["sources"].as_array().unwrap().is_empty(), "{answer}");
    let body = json!({ "message": "Who won the football world cup in 1954?", "chatId": answer["chatId"] });
    let (_, answer) = server.post(CHAT, &cleo, body).await;
    assert_eq!(answer["message"]["metadata"]["sources"], json!([]));
    assert_eq!(answer["message"]["metadata"]["offersHuman"], true, "{answer}");
    server.stop().await;
}
