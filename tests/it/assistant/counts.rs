//! What the assistant may use, and what is counted of it.

use serde_json::{Value, json};
use switchboard::assistant::{AssistantError, HandOff, Reply, Usage};
use switchboard::domain::time::Millis;
use switchboard::engine::User;

use super::{FALLBACK, Stage, says, stage, stage_with};
use crate::support::client::Client;
use crate::support::server::Server;

/// The counters of the one provider once so many turns are over: a reply is with the customer a moment before it counts.
pub async fn counted(server: &Server, turns: i64) -> Value {
    let admin = server.token(&User::admin("root", "Root")).await;
    let all_over = async {
        loop {
            let (status, answer) = server.get("/api/v1/assistant/usage", &admin).await;
            assert_eq!(status, 200, "{answer}");
            if answer["items"][0]["turns"].as_i64().is_some_and(|found| found >= turns) {
                assert_eq!(answer["items"].as_array().unwrap().len(), 1, "{answer}");
                return answer["items"][0].clone();
            }
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(20), all_over).await.expect("the turns are counted")
}

fn spent(text: &str, input_tokens: u64, output_tokens: u64) -> Result<Reply, AssistantError> {
    let usage = Usage { input_tokens, output_tokens, first_delta: None };
    Ok(Reply { text: text.to_owned(), usage, ..Reply::default() })
}

/// Another customer with a conversation of their own.
async fn another(stage: &Stage, name: &str) -> (Client, String) {
    let token = stage.server.token(&User::customer(name, name)).await;
    let mut client = Client::connect(&stage.server, &token).await;
    let started = client.ack("start_conversation", json!({ "clientId": "c1" })).await;
    let id = started["conversationId"].as_str().unwrap().to_owned();
    client.expect("ai_message").await;
    client.ack("send_message", json!({ "conversationId": id, "content": "Hello there", "clientId": "m1" })).await;
    (client, id)
}

async fn is_refused(client: &mut Client) {
    let text = |event: &Value| event["type"] == "ai_message" && event["data"]["messageType"] == "text";
    assert_eq!(client.expect_where(text).await["data"]["content"], FALLBACK);
    assert_eq!(client.expect("escalation_status").await["status"], "QUEUED");
}

#[actix_web::test]
async fn a_visitor_over_their_limit_gets_the_fallback_and_a_person_and_nobody_else_does() {
    let mut stage = stage_with(|config| config.assistant.turns_per_visitor_hour = 1).await;
    stage.asks("m1", "One").await.end(says("First."));
    assert_eq!(stage.reply().await["content"], "First.");
    stage.says("m2", "Two").await;
    is_refused(&mut stage.cleo).await;
    assert!(stage.double.nothing(), "the provider was not asked");
    let (mut dora, _) = another(&stage, "dora").await;
    stage.double.turn().await.end(says("Hello, Dora."));
    dora.expect_where(|event| event["data"]["content"] == "Hello, Dora.").await;
    let counted = counted(&stage.server, 3).await;
    assert_eq!((&counted["turns"], &counted["answered"]), (&json!(3), &json!(2)));
    assert_eq!(counted["failures"], json!([{ "reason": "assistant.turns_per_visitor_hour", "count": 1 }]));
    stage.server.stop().await;
}

#[actix_web::test]
async fn a_chatbot_over_its_limit_is_free_again_after_a_minute() {
    let mut stage = stage_with(|config| config.assistant.turns_per_chatbot_minute = 1).await;
    stage.asks("m1", "One").await.end(says("First."));
    stage.reply().await;
    let (mut dora, _) = another(&stage, "dora").await;
    is_refused(&mut dora).await;
    stage.server.clock.advance(Millis::from_secs(59));
    let (mut emma, _) = another(&stage, "emma").await;
    is_refused(&mut emma).await;
    stage.server.clock.advance(Millis::from_secs(1));
    stage.asks("m2", "Two").await.end(says("Second."));
    assert_eq!(stage.reply().await["content"], "Second.");
    stage.server.stop().await;
}

#[actix_web::test]
async fn a_chatbot_that_has_spent_its_tokens_or_its_money_is_not_asked() {
    for (limit, key) in [(true, "assistant.tokens_per_chatbot_day"), (false, "assistant.cost_per_chatbot_day")] {
        let mut stage = stage_with(|config| {
            config.assistant.input_price_per_million = 1_000_000.0;
            config.assistant.output_price_per_million = 3_000_000.0;
            if limit {
                config.assistant.tokens_per_chatbot_day = 20;
            } else {
                config.assistant.cost_per_chatbot_day = 24.5;
            }
        })
        .await;
        // 8 + 4 tokens, 20.0 of the currency: a second turn is still let through, a third is not.
        for (client_id, input, output) in [("m1", 8, 4), ("m2", 5, 3)] {
            stage.asks(client_id, "One").await.end(spent("Well.", input, output));
            assert_eq!(stage.reply().await["content"], "Well.");
        }
        stage.says("m3", "And?").await;
        is_refused(&mut stage.cleo).await;
        let counted = counted(&stage.server, 3).await;
        assert_eq!(counted["failures"], json!([{ "reason": key, "count": 1 }]));
        assert_eq!((&counted["inputTokens"], &counted["outputTokens"]), (&json!(13), &json!(7)));
        assert_eq!(counted["cost"].as_f64(), Some(34.0));
        stage.server.stop().await;
    }
}

#[actix_web::test]
async fn every_end_of_a_turn_is_counted_once_with_its_times() {
    let mut stage = stage().await;
    let live = stage.asks("m1", "One").await;
    stage.server.clock.advance(Millis::new(7));
    live.say("First");
    stage.cleo.expect("ai_message_delta").await;
    stage.server.clock.advance(Millis::new(40));
    live.end(spent("First.", 30, 2));
    stage.reply().await;
    // The provider's own measure counts where there is one.
    let live = stage.asks("m2", "Two").await;
    live.end(Ok(Reply {
        text: "Second.".into(),
        usage: Usage { input_tokens: 1, output_tokens: 1, first_delta: Some(Millis::new(200)) },
        ..Reply::default()
    }));
    stage.reply().await;
    // Dropped, because a person takes over: dora asks for one while the reply is being written.
    let (mut dora, id) = another(&stage, "dora").await;
    let live = stage.double.turn().await;
    dora.ack("escalate", json!({ "conversationId": id })).await;
    live.dropped().await;
    let (_emma, _) = another(&stage, "emma").await;
    stage.double.turn().await.end(Err(AssistantError::Filtered));
    let hand_off = Some(HandOff { reason: "refund".into(), summary: None });
    let live = stage.asks("m3", "Three").await;
    live.end(Ok(Reply { text: "One moment.".into(), hand_off, ..Reply::default() }));
    let counted = counted(&stage.server, 5).await;
    let ends = ["turns", "answered", "handOffs", "dropped"].map(|key| counted[key].as_i64().unwrap());
    assert_eq!((ends, &counted["provider"]), ([5, 2, 1, 1], &json!("double")));
    assert_eq!(counted["failures"], json!([{ "reason": "filtered", "count": 1 }]));
    let first = &counted["firstDeltaMs"];
    assert_eq!((&first["count"], &first["sum"]), (&json!(2), &json!(207)));
    assert_eq!((&first["p50"], &first["p99"]), (&json!(10), &json!(250)));
    let whole = &counted["turnMs"];
    assert_eq!((&whole["count"], &whole["sum"], &whole["p99"]), (&json!(4), &json!(47), &json!(50)));
    assert_eq!(whole["buckets"].as_array().unwrap().last().unwrap(), &json!({ "upTo": null, "count": 0 }));
    stage.server.stop().await;
}

#[actix_web::test]
async fn a_wish_for_a_person_without_a_word_is_put_into_words() {
    for ask in [false, true] {
        let mut stage = stage_with(|config| {
            if ask {
                config.assistant.hand_off = switchboard::config::HandOff::Ask;
            }
        })
        .await;
        let hand_off = Some(HandOff { reason: "refund".into(), summary: None });
        stage.asks("m1", "One").await.end(Ok(Reply { hand_off, ..Reply::default() }));
        let said = stage.reply().await;
        let words = if ask { "I can connect you with a person" } else { "Of course. I am passing you on" };
        assert!(said["content"].as_str().unwrap().starts_with(words), "{said}");
        assert_eq!(said["metadata"]["escalationReason"], "refund");
        stage.cleo.expect("escalation_requested").await;
        stage.server.settle().await;
        let path = format!("/api/v1/conversations/{}/messages", stage.id);
        let admin = stage.server.token(&User::admin("root", "Root")).await;
        let (_, page) = stage.server.get(&path, &admin).await;
        let said = page["items"].as_array().unwrap().iter().filter(|line| line["aiGenerated"] == true);
        let texts: Vec<&str> = said.map(|line| line["content"].as_str().unwrap()).collect();
        assert_eq!(texts.iter().filter(|text| text.starts_with(words)).count(), 1, "said once: {texts:?}");
        stage.server.stop().await;
    }
}

#[actix_web::test]
async fn a_wordless_wish_after_a_refused_one_is_no_silence_and_no_promise() {
    let mut stage = stage_with(|config| {
        config.routing.no_agents_policy = switchboard::domain::chatbot::FallbackPolicy::Ai;
    })
    .await;
    let nobody = "None of our team is available";
    stage.says("m1", "agent").await;
    stage.reply().await;
    assert!(stage.reply().await["content"].as_str().unwrap().starts_with(nobody));
    let hand_off = Some(HandOff { reason: "refund".into(), summary: None });
    stage.asks("m2", "Then my refund").await.end(Ok(Reply { hand_off, ..Reply::default() }));
    assert!(stage.reply().await["content"].as_str().unwrap().starts_with(nobody));
    stage.asks("m3", "And tomorrow?").await.end(says("Eleven."));
    assert_eq!(stage.reply().await["content"], "Eleven.");
    let counted = counted(&stage.server, 2).await;
    assert_eq!((&counted["handOffs"], &counted["answered"]), (&json!(1), &json!(1)));
    stage.server.stop().await;
}
