//! Seed 000's chat calls: one message over HTTP, the assistant's answer to it back, whole or piece by piece.

mod luck;
mod sse;

use serde_json::{Value, json};
use switchboard::actors::messages::Caller;
use switchboard::assistant::{AssistantError, HandOff, Reply};
use switchboard::config::Config;
use switchboard::domain::command::Command;
use switchboard::domain::time::Millis;
use switchboard::engine::User;

use crate::assistant::double::{self, Double, Live};
use crate::support::client::Client;
use crate::support::server::Server;
use sse::Sse;

const CHAT: &str = "/api/chatbots/default/chat";

struct Stage {
    server: Server,
    double: Double,
    cleo: String,
}

async fn stage_with(change: impl FnOnce(&mut Config)) -> Stage {
    let (assistant, double) = double::pair();
    let server = Server::built(change, |builder| builder.assistant(assistant)).await;
    let cleo = server.token(&User::customer("cleo", "Cleo")).await;
    Stage { server, double, cleo }
}

async fn stage() -> Stage {
    stage_with(|_| {}).await
}

impl Stage {
    /// Sends a body and plays the assistant's part of one turn meanwhile.
    async fn chats(&mut self, body: Value, play: impl FnOnce(Live)) -> Value {
        let (call, ()) = tokio::join!(self.server.post(CHAT, &self.cleo, body), async {
            play(self.double.turn().await);
        });
        assert_eq!(call.0, 200, "{}", call.1);
        call.1
    }

    /// A conversation with one answered question.
    async fn begun(&mut self) -> String {
        let first = self.chats(json!({ "message": "Hello there" }), |live| live.end(says("Hi."))).await;
        first["chatId"].as_str().unwrap().to_owned()
    }

    async fn streams(&self, mut body: Value) -> Sse {
        body["stream"] = json!(true);
        let request = self.server.http.post(format!("http://{}{CHAT}", self.server.address));
        let response = request.bearer_auth(&self.cleo).json(&body).send().await.unwrap();
        assert_eq!(response.status(), 200);
        Sse::new(response)
    }

    async fn agent(&self, name: &str) -> Client {
        let token = self.server.token(&User::agent(name, name)).await;
        let mut client = Client::connect(&self.server, &token).await;
        client.expect("staff_data").await;
        client
    }

    /// Whatever was sent to the room before is handled after this.
    async fn through_the_room(&self, chat_id: &str) {
        let node = self.server.engine.node();
        let principal = std::sync::Arc::new(node.principal_of(&"cleo".into()).await.unwrap());
        let command = Command::Typing { conversation_id: chat_id.into(), on: false };
        node.execute(Caller { principal, session: None }, command, "test".into()).await.unwrap();
    }

    async fn texts(&self, chat_id: &str) -> Vec<String> {
        let (_, page) = self.server.get(&format!("/api/v1/conversations/{chat_id}/messages"), &self.cleo).await;
        let items = page["items"].as_array().unwrap();
        items.iter().map(|item| item["content"].as_str().unwrap().to_owned()).collect()
    }
}

fn says(text: &str) -> Result<Reply, AssistantError> {
    Ok(Reply { text: text.to_owned(), ..Reply::default() })
}

#[actix_web::test]
async fn one_call_starts_a_conversation_and_the_next_goes_on_with_it() {
    let mut stage = stage().await;
    let first = stage.chats(json!({ "message": "Where is my order?" }), |live| live.end(says("On its way."))).await;
    assert_eq!(first["message"]["content"], "On its way.");
    assert_eq!(first["message"]["id"], first["message"]["messageId"]);
    assert_eq!(first["message"]["metadata"]["escalationRequested"], false);
    assert!(first["message"]["createdAt"].is_string() && first["escalation"].is_null(), "{first}");
    assert_eq!(first["escalationRequested"], false);
    let chat_id = first["chatId"].clone();
    let second = stage
        .chats(json!({ "message": "When?", "chatId": chat_id }), |live| {
            assert!(live.turn.history.iter().any(|line| line.text == "On its way."));
            live.end(says("Tomorrow."));
        })
        .await;
    assert_eq!((&second["chatId"], &second["message"]["content"]), (&chat_id, &json!("Tomorrow.")));
    stage.server.stop().await;
}

#[actix_web::test]
async fn a_stream_brings_the_answer_in_pieces_and_the_whole_at_its_end() {
    let mut stage = stage().await;
    let chat_id = stage.begun().await;
    let mut sse = stage.streams(json!({ "message": "Where is my order?", "chatId": chat_id })).await;
    let header = |name: &str| sse.response.headers()[name].to_str().unwrap().to_owned();
    assert_eq!(header("content-type"), "text/event-stream");
    assert_eq!((header("cache-control"), header("x-accel-buffering")), ("no-cache".into(), "no".into()));
    let live = stage.double.turn().await;
    let start = sse.next("start").await;
    assert_eq!(start["chatId"], chat_id);
    live.say("It is ");
    assert_eq!(sse.next("delta").await, json!({ "delta": "It is ", "index": 0 }));
    live.say("on its ");
    live.say("way.");
    stage.through_the_room(&chat_id).await;
    // Until the moment for the next delta, pieces are gathered; the double may say its own a little later.
    stage.server.clock.advance(Millis::new(33));
    let mut text = "It is ".to_owned();
    let mut index = 0;
    while text.len() < "It is on its way.".len() {
        let delta = sse.next("delta").await;
        index += 1;
        assert_eq!(delta["index"], index);
        text.push_str(delta["delta"].as_str().unwrap());
        if text.len() < "It is on its way.".len() {
            stage.through_the_room(&chat_id).await;
            stage.server.clock.advance(Millis::new(33));
        }
    }
    live.end(says("It is on its way."));
    let message = sse.next("message").await;
    assert_eq!((&message["id"], &message["content"]), (&start["messageId"], &json!("It is on its way.")));
    assert_eq!(sse.rest().await, [("done".to_owned(), json!({ "chatId": chat_id, "escalationRequested": false }))]);
    stage.server.stop().await;
}

#[actix_web::test]
async fn a_wish_for_a_person_is_answered_with_the_line_and_how_it_stands() {
    let mut stage = stage().await;
    let mut ann = stage.agent("ann").await;
    let chat_id = stage.begun().await;
    let body = json!({ "message": "I'd like to talk to a person, please", "chatId": chat_id });
    let (status, answer) = stage.server.post(CHAT, &stage.cleo, body).await;
    assert_eq!(status, 200, "{answer}");
    assert_eq!(answer["message"]["content"], "Of course. I am passing you on to a person.");
    assert_eq!(answer["message"]["metadata"]["escalationReason"], "Customer requested human assistance");
    assert_eq!(answer["escalationRequested"], true);
    assert_eq!(
        (&answer["escalation"]["status"], &answer["escalation"]["agentName"]),
        (&json!("ASSIGNED"), &json!("ann"))
    );
    ann.notice("NEW_CONVERSATION_ASSIGNED").await;
    // From here on a person answers; who calls is told so at once.
    let body = json!({ "message": "Are you there?", "chatId": chat_id });
    let (status, answer) = stage.server.post(CHAT, &stage.cleo, body.clone()).await;
    assert_eq!((status, &answer["escalation"]["status"]), (200, &json!("ASSIGNED")), "{answer}");
    assert_eq!((&answer["message"]["senderRole"], &answer["escalationRequested"]), (&json!("system"), &json!(true)));
    let mut sse = stage.streams(body).await;
    let names: Vec<String> = sse.rest().await.into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["escalation", "message", "done"]);
    assert!(stage.double.nothing());
    stage.server.stop().await;
}

#[actix_web::test]
async fn a_failing_assistant_is_answered_for_and_a_person_asked_for() {
    let mut stage = stage().await;
    let chat_id = stage.begun().await;
    let mut sse = stage.streams(json!({ "message": "My parcel is broken", "chatId": chat_id })).await;
    let live = stage.double.turn().await;
    live.say("I th");
    let start = sse.next("start").await;
    sse.next("delta").await;
    live.end(Err(AssistantError::TimedOut("turn")));
    assert_eq!(sse.next("dropped").await["messageId"], start["messageId"]);
    assert_eq!(sse.next("start").await, start);
    let text = sse.next("delta").await["delta"].clone();
    let message = sse.next("message").await;
    assert_eq!(message["content"], text);
    assert_eq!(message["id"], start["messageId"]);
    assert!(message["content"].as_str().unwrap().starts_with("I apologize"), "{message}");
    assert_eq!(message["metadata"]["escalationRequested"], true);
    assert_eq!(sse.next("escalation").await["status"], "QUEUED");
    assert_eq!(sse.next("done").await["escalationRequested"], true);
    stage.server.stop().await;
}

#[actix_web::test]
async fn with_nobody_there_both_lines_come_and_the_word_for_it() {
    let mut stage = stage_with(|config| {
        config.routing.no_agents_policy = switchboard::domain::chatbot::FallbackPolicy::Ai;
    })
    .await;
    let wish = Reply {
        text: "One moment.".into(),
        hand_off: Some(HandOff { reason: "refund".into(), summary: None }),
        ..Reply::default()
    };
    let answer = stage.chats(json!({ "message": "I want a refund of 500" }), |live| live.end(Ok(wish))).await;
    assert_eq!(answer["message"]["content"], "One moment.");
    assert_eq!(answer["message"]["metadata"]["escalationReason"], "refund");
    assert!(answer["more"][0]["content"].as_str().unwrap().starts_with("None of our team is available"), "{answer}");
    assert_eq!(answer["escalation"]["status"], "NO_AGENTS");
    stage.server.stop().await;
}

#[actix_web::test]
async fn what_is_shown_when_a_person_takes_over_is_taken_back() {
    let mut stage = stage().await;
    let chat_id = stage.begun().await;
    let mut sse = stage.streams(json!({ "message": "My parcel is broken", "chatId": chat_id })).await;
    let live = stage.double.turn().await;
    live.say("I th");
    let start = sse.next("start").await;
    sse.next("delta").await;
    let (status, _) =
        stage.server.post(&format!("/api/v1/conversations/{chat_id}/escalate"), &stage.cleo, json!({})).await;
    assert_eq!(status, 200);
    assert_eq!(sse.next("dropped").await["messageId"], start["messageId"]);
    live.dropped().await;
    let names: Vec<String> = sse.rest().await.into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["escalation", "message", "done"]);
    stage.server.stop().await;
}

#[actix_web::test]
async fn only_ones_own_open_chat_at_this_chatbot_exists() {
    let mut stage = stage().await;
    let chat_id = stage.begun().await;
    let dora = stage.server.token(&User::customer("dora", "Dora")).await;
    let admin = stage.server.token(&User::admin("root", "Root")).await;
    let agent = stage.server.token(&User::agent("ann", "Ann")).await;
    let made = stage.server.call("put", "/api/v1/chatbots/shop", Some(&admin), json!({ "name": "Shop" })).await;
    assert_eq!(made.0, 200, "{}", made.1);
    let mine = json!({ "message": "Hello", "chatId": chat_id });
    let unknown = stage.server.post(CHAT, &dora, json!({ "message": "Hello", "chatId": "nothing" })).await;
    assert_eq!((unknown.0, &unknown.1["error"]["code"]), (404, &json!("not_found")));
    let strip = |mut error: Value| {
        error["error"]["requestId"] = Value::Null;
        error
    };
    let foreign = stage.server.post(CHAT, &dora, mine.clone()).await;
    assert_eq!((foreign.0, strip(foreign.1)), (404, strip(unknown.1)), "known and unknown look the same");
    assert_eq!(stage.server.post("/api/chatbots/shop/chat", &stage.cleo, mine.clone()).await.0, 404, "elsewhere");
    assert_eq!(stage.server.post("/api/chatbots/none/chat", &stage.cleo, mine.clone()).await.0, 404);
    assert_eq!(stage.server.post(CHAT, &agent, mine.clone()).await.0, 403);
    assert_eq!(stage.server.call("post", CHAT, None, mine.clone()).await.0, 401);
    let close = format!("/api/v1/conversations/{chat_id}/close");
    assert_eq!(stage.server.post(&close, &stage.cleo, json!({})).await.0, 200);
    assert_eq!(stage.server.post(CHAT, &stage.cleo, mine).await.0, 404, "closed");
    assert!(stage.double.nothing());
    stage.server.stop().await;
}

#[actix_web::test]
async fn a_wrong_body_is_refused_by_the_name_of_its_field_and_starts_nothing() {
    let stage = stage_with(|config| config.limits.content_chars = 10).await;
    for (body, field) in [
        (json!({}), "message"),
        (json!({ "message": "  " }), "message"),
        (json!({ "message": "12345678901" }), "message"),
        (json!({ "message": "Hi", "clientId": "" }), "clientId"),
        (json!({ "message": "Hi", "stream": "yes" }), "stream"),
        (json!({ "message": "Hi", "chatId": 5 }), "chatId"),
    ] {
        let (status, error) = stage.server.post(CHAT, &stage.cleo, body.clone()).await;
        assert_eq!((status, &error["error"]["details"]["field"]), (400, &json!(field)), "{body} {error}");
    }
    let (_, page) = stage.server.get("/api/v1/conversations", &stage.cleo).await;
    assert_eq!(page["items"], json!([]));
    stage.server.stop().await;
}

#[actix_web::test]
async fn an_embedding_page_needs_an_allowed_origin_and_a_visitor_of_this_chatbot() {
    let mut stage = stage().await;
    let admin = stage.server.token(&User::admin("root", "Root")).await;
    for (id, origin) in [("shop", "https://shop.example"), ("blog", "https://blog.example")] {
        let put = json!({ "name": id, "allowedOrigins": [origin] });
        assert_eq!(stage.server.call("put", &format!("/api/v1/chatbots/{id}"), Some(&admin), put).await.0, 200);
    }
    let visitor = async |id: &str| {
        let (status, made) = stage.server.call("post", "/api/v1/visitors", None, json!({ "chatbotId": id })).await;
        assert_eq!(status, 201, "{made}");
        made["token"].as_str().unwrap().to_owned()
    };
    let (ours, other) = (visitor("shop").await, visitor("blog").await);
    let call = async |token: &str, path: &str, origin: &str| {
        let request = stage.server.http.post(format!("http://{}{path}", stage.server.address)).bearer_auth(token);
        let body = json!({ "message": "Where is my order?", "clientId": "m1" });
        let response = request.header("origin", origin).json(&body).send().await.unwrap();
        (response.status().as_u16(), response.json::<Value>().await.unwrap())
    };
    let embed = "/api/embed/chatbots/shop/chat";
    let (status, error) = call(&ours, embed, "https://evil.example").await;
    assert_eq!((status, &error["error"]["code"]), (403, &json!("forbidden")));
    assert_eq!(call(&ours, embed, "https://blog.example").await.0, 403, "the origin of another chatbot");
    assert_eq!(call(&other, embed, "https://shop.example").await.0, 403, "a visitor of another chatbot");
    assert_eq!(call(&stage.cleo, embed, "https://shop.example").await.0, 403, "no visitor");
    assert_eq!(call(&other, "/api/chatbots/shop/chat", "https://shop.example").await.0, 403);
    assert!(stage.double.nothing());
    let ((status, answer), ()) = tokio::join!(call(&ours, embed, "https://shop.example"), async {
        stage.double.turn().await.end(says("On its way."));
    });
    assert_eq!((status, &answer["message"]["content"]), (200, &json!("On its way.")));
    stage.server.stop().await;
}

#[actix_web::test]
async fn of_two_calls_at_once_each_gets_an_answer_that_saw_its_question() {
    let mut stage = stage().await;
    let chat_id = stage.begun().await;
    let mut double = std::mem::replace(&mut stage.double, double::pair().1);
    let ask = async |text: &str| {
        let (status, answer) =
            stage.server.post(CHAT, &stage.cleo, json!({ "message": text, "chatId": chat_id })).await;
        assert_eq!(status, 200, "{answer}");
        answer["message"]["content"].as_str().unwrap().to_owned()
    };
    let play = async {
        let first = double.turn().await;
        // The second question waits behind the first turn, which has not seen it or does not answer for it.
        while stage.texts(&chat_id).await.len() < 5 {}
        stage.through_the_room(&chat_id).await;
        first.end(says("To the first."));
        double.turn().await.end(says("To the second."));
    };
    let (one, two, ()) = tokio::join!(ask("One?"), ask("Two?"), play);
    let mut answers = [one, two];
    answers.sort();
    assert_eq!(answers, ["To the first.", "To the second."]);
    stage.server.stop().await;
}
