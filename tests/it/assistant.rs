//! The assistant through real sockets: answers first, hands over without fail, never talks over a person.

mod counts;
pub mod double;
mod vendors;

use serde_json::{Value, json};
use switchboard::assistant::{AssistantError, HandOff, Reply};
use switchboard::config::Config;
use switchboard::engine::User;
use switchboard::store::Options;

use crate::support::client::Client;
use crate::support::server::Server;
use double::{Double, Live};

const FALLBACK: &str =
    "I apologize, but I'm having trouble processing your request. A human agent will be with you shortly.";

struct Stage {
    server: Server,
    double: Double,
    cleo: Client,
    id: String,
    greeting: Value,
}

async fn stage_with(change: impl FnOnce(&mut Config)) -> Stage {
    let (assistant, double) = double::pair();
    let server = Server::built(change, |builder| builder.assistant(assistant)).await;
    let token = server.token(&User::customer("cleo", "Cleo")).await;
    let mut cleo = Client::connect(&server, &token).await;
    let started = cleo.ack("start_conversation", json!({ "clientId": "c1" })).await;
    let id = started["conversationId"].as_str().unwrap().to_owned();
    // From the greeting on, the socket is in the room: a later one would get the text so far, and no deltas.
    let greeting = cleo.expect("ai_message").await;
    Stage { server, double, cleo, id, greeting }
}

async fn stage() -> Stage {
    stage_with(|_| {}).await
}

impl Stage {
    async fn says(&mut self, client_id: &str, text: &str) {
        let data = json!({ "conversationId": self.id, "content": text, "clientId": client_id });
        self.cleo.ack("send_message", data).await;
    }

    async fn asks(&mut self, client_id: &str, text: &str) -> Live {
        self.says(client_id, text).await;
        self.double.turn().await
    }

    /// The assistant's next stored message after the greeting.
    async fn reply(&mut self) -> Value {
        let answer = |event: &Value| event["type"] == "ai_message" && event["data"]["messageType"] == "text";
        self.cleo.expect_where(answer).await["data"].clone()
    }

    async fn agent(&self, name: &str) -> Client {
        let token = self.server.token(&User::agent(name, name)).await;
        let mut client = Client::connect(&self.server, &token).await;
        client.expect("staff_data").await;
        client
    }
}

fn says(text: &str) -> Result<Reply, AssistantError> {
    Ok(Reply { text: text.to_owned(), ..Reply::default() })
}

#[actix_web::test]
async fn a_question_is_answered_piece_by_piece_and_the_whole_is_stored_under_the_same_id() {
    let mut stage = stage().await;
    let greeting = &stage.greeting;
    assert_eq!((&greeting["seq"], &greeting["messageType"]), (&json!(1), &json!("automated")));
    let live = stage.asks("m1", "Where is my order?").await;
    assert_eq!(live.turn.question(), "Where is my order?");
    assert_eq!(live.turn.customer.name, "Cleo");
    let begun = stage.cleo.expect("ai_message_start").await.clone();
    live.say("It is ");
    let first = stage.cleo.expect("ai_message_delta").await.clone();
    assert_eq!((&first["delta"], &first["index"]), (&json!("It is "), &json!(0)));
    live.say("on its ");
    live.say("way.");
    live.end(says("It is on its way."));
    let whole = stage.reply().await;
    assert_eq!((&whole["content"], &whole["seq"]), (&json!("It is on its way."), &json!(3)));
    assert_eq!((&whole["messageId"], &whole["aiGenerated"]), (&begun["messageId"], &json!(true)));
    assert_eq!(whole["metadata"]["escalationRequested"], false);
    let deltas = stage.cleo.types().iter().filter(|kind| *kind == "ai_message_delta").count();
    assert_eq!(deltas, 1, "the clock stands still, so the rest was gathered for later");
    stage.server.stop().await;
}

#[actix_web::test]
async fn who_joins_in_the_middle_of_a_reply_gets_the_text_so_far() {
    let mut stage = stage().await;
    let live = stage.asks("m1", "Hello there, one question").await;
    live.say("Let me ");
    stage.cleo.expect("ai_message_delta").await;
    let token = stage.server.token(&User::customer("cleo", "Cleo")).await;
    let mut second = Client::connect(&stage.server, &token).await;
    second.expect("chat_session_restored").await;
    let so_far = second.expect("ai_message_start").await.clone();
    assert_eq!((&so_far["text"], &so_far["index"]), (&json!("Let me "), &json!(1)));
    live.end(says("Let me see."));
    assert_eq!(second.expect("ai_message").await["content"], "Let me see.");
    stage.server.stop().await;
}

#[actix_web::test]
async fn what_arrives_while_a_reply_is_written_is_answered_after_it() {
    let mut stage = stage().await;
    let live = stage.asks("m1", "One").await;
    stage.says("m2", "Two").await;
    live.end(says("First."));
    assert_eq!(stage.reply().await["content"], "First.");
    let live = stage.double.turn().await;
    assert_eq!(live.turn.history.last().unwrap().text, "First.", "it sees what it said");
    assert!(live.turn.history.iter().any(|line| line.text == "Two"));
    live.end(says("Second."));
    assert_eq!(stage.reply().await["content"], "Second.");
    stage.server.stop().await;
}

#[actix_web::test]
async fn a_person_is_asked_for_in_words_and_is_there_with_a_summary_in_front_of_them() {
    let mut stage = stage().await;
    let live = stage.asks("m1", "My parcel is broken").await;
    live.end(says("I am sorry."));
    stage.reply().await;
    let mut ann = stage.agent("ann").await;
    stage.says("m2", "I'd like to talk to a person, please").await;
    assert_eq!(stage.reply().await["content"], "Of course. I am passing you on to a person.");
    let requested = stage.cleo.expect("escalation_requested").await;
    assert_eq!(requested["reason"], "Customer requested human assistance");
    assert_eq!(stage.cleo.expect("agent_joined").await["agentName"], "ann");
    ann.notice("NEW_CONVERSATION_ASSIGNED").await;
    let (_, page) = stage
        .server
        .get(
            &format!("/api/v1/conversations/{}/notes", stage.id),
            &stage.server.token(&User::agent("ann", "ann")).await,
        )
        .await;
    let note = page["items"][0]["content"].as_str().unwrap_or_default().to_owned();
    assert!(note.contains("My parcel is broken") && note.contains("Customer requested human assistance"), "{page}");
    let row = stage.server.engine.node().store().conversation(&stage.id.as_str().into()).await.unwrap().unwrap();
    assert!(row.escalation_requested);
    assert_eq!(row.escalation_reason.as_deref(), Some("Customer requested human assistance"));
    stage.server.stop().await;
}

#[actix_web::test]
async fn a_tool_call_and_a_promise_without_one_both_lead_to_a_person() {
    for (reply, reason) in [
        (
            Reply {
                text: "One moment.".into(),
                hand_off: Some(HandOff { reason: "refund over 100".into(), summary: Some("Broken parcel.".into()) }),
                ..Reply::default()
            },
            "refund over 100",
        ),
        (
            Reply { text: "I'm transferring you to an agent now.".into(), ..Reply::default() },
            "The assistant promised a human",
        ),
    ] {
        let mut stage = stage().await;
        let live = stage.asks("m1", "My parcel is broken").await;
        live.end(Ok(reply));
        let said = stage.reply().await;
        assert_eq!(said["metadata"]["escalationRequested"], true);
        assert_eq!(said["metadata"]["escalationReason"], reason);
        let status = stage.cleo.expect("escalation_status").await;
        assert_eq!(status["status"], "QUEUED");
        stage.server.stop().await;
    }
}

#[actix_web::test]
async fn a_failure_is_said_and_a_person_asked_for_once() {
    for error in [AssistantError::TimedOut("turn"), AssistantError::Empty, AssistantError::Filtered] {
        let mut stage = stage().await;
        let live = stage.asks("m1", "My parcel is broken").await;
        live.say("I th");
        live.end(Err(error));
        assert_eq!(stage.reply().await["content"], FALLBACK);
        assert_eq!(stage.cleo.expect("escalation_status").await["status"], "QUEUED");
        stage.says("m2", "Hello?").await;
        assert!(stage.double.nothing(), "the conversation is the agents' now");
        let asked = stage.cleo.types().iter().filter(|kind| *kind == "escalation_requested").count();
        assert_eq!(asked, 1);
        stage.server.stop().await;
    }
}

#[actix_web::test]
async fn a_reply_that_is_being_written_when_a_person_takes_over_is_dropped() {
    let mut stage = stage().await;
    let live = stage.asks("m1", "My parcel is broken").await;
    live.say("I th");
    let begun = stage.cleo.expect("ai_message_delta").await["messageId"].clone();
    stage.cleo.ack("escalate", json!({ "conversationId": stage.id })).await;
    assert_eq!(stage.cleo.expect("ai_message_dropped").await["messageId"], begun);
    live.dropped().await;
    stage.says("m2", "Anybody?").await;
    assert!(stage.double.nothing());
    let texts: Vec<String> = stage.cleo.messages(&stage.id).into_iter().map(|(_, text)| text).collect();
    assert!(!texts.iter().any(|text| text.starts_with("I th")), "{texts:?}");
    stage.server.stop().await;
}

#[actix_web::test]
async fn the_customer_is_asked_first_where_the_chatbot_says_so() {
    let mut stage = stage_with(|config| config.assistant.hand_off = switchboard::config::HandOff::Ask).await;
    let mut ann = stage.agent("ann").await;
    stage.says("m1", "I want to speak to a human").await;
    assert!(stage.reply().await["content"].as_str().unwrap().contains("Connect with Customer Support"));
    stage.cleo.expect("escalation_requested").await;
    let row = stage.server.engine.node().store().conversation(&stage.id.as_str().into()).await.unwrap().unwrap();
    assert!(row.escalation_requested && row.assigned_agent_id.is_none());
    // Meanwhile the assistant goes on.
    let live = stage.asks("m2", "What are your prices?").await;
    live.end(says("Ten."));
    assert_eq!(stage.reply().await["content"], "Ten.");
    let answer = stage.cleo.ack("escalate", json!({ "conversationId": stage.id })).await;
    assert_eq!(answer["status"], "ASSIGNED");
    ann.notice("NEW_CONVERSATION_ASSIGNED").await;
    stage.server.stop().await;
}

#[actix_web::test]
async fn with_nobody_there_the_customer_is_told_and_the_assistant_goes_on() {
    let mut stage = stage_with(|config| {
        config.routing.no_agents_policy = switchboard::domain::chatbot::FallbackPolicy::Ai;
    })
    .await;
    stage.says("m1", "agent").await;
    assert_eq!(stage.reply().await["content"], "Of course. I am passing you on to a person.");
    assert!(stage.reply().await["content"].as_str().unwrap().starts_with("None of our team is available"));
    let live = stage.asks("m2", "Then tell me your prices").await;
    assert!(!live.turn.humans_reachable);
    live.end(Ok(Reply {
        text: "Ten.".into(),
        hand_off: Some(HandOff { reason: "again".into(), summary: None }),
        ..Reply::default()
    }));
    assert_eq!(stage.reply().await["content"], "Ten.");
    let live = stage.asks("m3", "And tomorrow?").await;
    live.end(says("Eleven."));
    assert_eq!(stage.reply().await["content"], "Eleven.", "no loop of refused hand-overs");
    stage.server.stop().await;
}

#[actix_web::test]
async fn who_was_left_without_an_answer_by_a_crash_gets_one_from_the_next_life() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}/test.db", folder.path().display());
    let store = switchboard::store::open(&url, Options::default()).await.unwrap();
    let mut stage = {
        let (assistant, double) = double::pair();
        let store = std::sync::Arc::clone(&store);
        let parts = move |builder: switchboard::engine::EngineBuilder| builder.assistant(assistant).store(store);
        store_migrated(&url).await;
        let server = Server::built(|_| {}, parts).await;
        let token = server.token(&User::customer("cleo", "Cleo")).await;
        let mut cleo = Client::connect(&server, &token).await;
        let started = cleo.ack("start_conversation", json!({ "clientId": "c1" })).await;
        let id = started["conversationId"].as_str().unwrap().to_owned();
        let greeting = cleo.expect("ai_message").await;
        Stage { server, double, cleo, id, greeting }
    };
    let live = stage.asks("m1", "My parcel is broken").await;
    live.say("I th");
    stage.cleo.expect("ai_message_delta").await;
    // The life ends without a word; its store is all that is left.
    stage.server.stop().await;
    let _never_ended = live;
    let (assistant, mut double) = double::pair();
    let server = Server::built(|_| {}, |builder| builder.assistant(assistant).store(store)).await;
    let live = double.turn().await;
    assert_eq!(live.turn.question(), "My parcel is broken");
    live.end(says("I am sorry."));
    let token = server.token(&User::customer("cleo", "Cleo")).await;
    let mut cleo = Client::connect(&server, &token).await;
    cleo.expect_where(|event| event.to_string().contains("I am sorry.")).await;
    server.stop().await;
}

async fn store_migrated(url: &str) {
    switchboard::store::open(url, Options::default()).await.unwrap().migrate().await.unwrap();
}

#[actix_web::test]
async fn the_shipped_articles_answer_quote_and_say_when_they_do_not_know() {
    let server = Server::with(|config| {
        config.assistant.provider = switchboard::config::Provider::Knowledge;
        config.assistant.knowledge_dir = "config/knowledge".to_owned();
    })
    .await;
    let token = server.token(&User::customer("cleo", "Cleo")).await;
    let mut cleo = Client::connect(&server, &token).await;
    let started = cleo.ack("start_conversation", json!({ "clientId": "c1" })).await;
    let id = started["conversationId"].as_str().unwrap().to_owned();
    let mut ask = async |client_id: &str, text: &str| {
        let data = json!({ "conversationId": id, "content": text, "clientId": client_id });
        cleo.ack("send_message", data).await;
        let answer = |event: &Value| event["type"] == "ai_message" && event["data"]["messageType"] == "text";
        cleo.expect_where(answer).await["data"].clone()
    };
    let known = ask("m1", "How do I use PostgreSQL instead of SQLite?").await;
    assert_eq!(known["metadata"]["provider"], "knowledge");
    assert!(!known["metadata"]["sources"].as_array().unwrap().is_empty(), "{known}");
    let unknown = ask("m2", "Who won the football world cup in 1954?").await;
    assert!(unknown["metadata"]["sources"].as_array().unwrap().is_empty(), "{unknown}");
    server.stop().await;
}

#[actix_web::test]
async fn a_failure_calls_a_person_also_where_the_customer_is_usually_asked_first() {
    let mut stage = stage_with(|config| config.assistant.hand_off = switchboard::config::HandOff::Ask).await;
    let mut ann = stage.agent("ann").await;
    stage.asks("m1", "One").await.end(Err(AssistantError::Empty));
    assert_eq!(stage.reply().await["content"], FALLBACK);
    ann.notice("NEW_CONVERSATION_ASSIGNED").await;
    stage.server.settle().await;
    let texts: Vec<String> = stage.cleo.messages(&stage.id).into_iter().map(|(_, text)| text).collect();
    assert!(!texts.iter().any(|text| text.contains("I can connect you")), "{texts:?}");
    stage.server.stop().await;
}

#[actix_web::test]
async fn a_failure_with_nobody_to_come_promises_nobody() {
    let mut stage = stage_with(|config| {
        config.routing.no_agents_policy = switchboard::domain::chatbot::FallbackPolicy::Ai;
    })
    .await;
    stage.asks("m1", "One").await.end(Err(AssistantError::Empty));
    let nobody = "None of our team is available";
    assert!(stage.reply().await["content"].as_str().unwrap().starts_with(nobody));
    stage.asks("m2", "Two").await.end(says("Two."));
    assert_eq!(stage.reply().await["content"], "Two.");
    let said = stage.cleo.seen.iter().filter(|event| event["type"] == "ai_message");
    let texts: Vec<&str> = said.map(|event| event["data"]["content"].as_str().unwrap()).collect();
    assert_eq!(texts.iter().filter(|text| text.starts_with(nobody)).count(), 1, "{texts:?}");
    assert!(!texts.contains(&FALLBACK), "{texts:?}");
    stage.server.stop().await;
}

#[actix_web::test]
async fn control_characters_of_a_hosts_own_assistant_reach_nobody() {
    let mut stage = stage().await;
    let live = stage.asks("m1", "One").await;
    live.say("a\0b");
    live.end(says("a\0b"));
    assert_eq!(stage.reply().await["content"], "ab");
    stage.server.stop().await;
}
