//! Chatbots over REST: what an admin sets is kept, checked, and shown to those whom it concerns.

use serde_json::{Value, json};
use switchboard::engine::User;

use crate::support::server::Server;

const SHOP: &str = "/api/v1/chatbots/shop";

fn shop() -> Value {
    json!({
        "name": "Shop",
        "greeting": " Hello!\r\nHow can I help? ",
        "assistant": {
            "provider": "openai", "model": "small-1", "prompt": "You are {{chatbot_name}}.\nThe code word is plum.",
            "knowledgeTags": ["orders", "größe"], "handOff": "ask",
        },
        "theme": { "mainColour": "#00aa00", "corner": { "right_px": 12 } },
        "preChat": [
            { "key": "name", "label": "Your name", "kind": "text", "required": true },
            { "key": "email", "label": "E-mail", "kind": "email", "required": false },
            { "key": "order", "label": "Which order?", "kind": "long_text", "required": false },
        ],
        "languages": ["en", "de", "pt-BR"],
        "poweredBy": "Chat by Shop",
    })
}

async fn put(server: &Server, boss: &str, body: Value) -> (u16, Value) {
    server.call("put", SHOP, Some(boss), body).await
}

#[actix_web::test]
async fn who_answers_and_the_theme_come_back_as_they_were_put_and_are_replaced_as_a_whole() {
    let server = Server::start().await;
    let boss = server.token(&User::admin("boss", "Boss")).await;
    let (status, made) = put(&server, &boss, shop()).await;
    assert_eq!(status, 200, "{made}");
    assert_eq!(made["greeting"], "Hello!\nHow can I help?");
    assert_eq!(made["assistant"], shop()["assistant"]);
    for field in ["theme", "preChat", "languages", "poweredBy"] {
        assert_eq!(made[field], shop()[field]);
    }
    let (_, found) = server.get(SHOP, &boss).await;
    assert_eq!(found, made);
    let (status, plain) = put(&server, &boss, json!({ "name": "Shop", "theme": null })).await;
    assert_eq!(status, 200, "{plain}");
    let nothing = json!({ "provider": null, "model": null, "prompt": "", "knowledgeTags": [], "handOff": null });
    assert_eq!((&plain["assistant"], &plain["theme"]), (&nothing, &Value::Null));
    server.stop().await;
}

#[actix_web::test]
async fn a_prompt_is_shown_to_admins_only() {
    let server = Server::start().await;
    let boss = server.token(&User::admin("boss", "Boss")).await;
    let ann = server.token(&User::agent("ann", "Ann")).await;
    let cleo = server.token(&User::customer("cleo", "Cleo")).await;
    assert_eq!(put(&server, &boss, shop()).await.0, 200);
    for path in [SHOP, "/api/v1/chatbots"] {
        let (status, told) = server.get(path, &boss).await;
        assert!(status == 200 && told.to_string().contains("plum"), "{told}");
        let (status, told) = server.get(path, &ann).await;
        let told = told.to_string();
        assert!(status == 200 && told.contains("mainColour"), "{told}");
        assert!(!told.contains("plum") && !told.contains("assistant"), "{told}");
        let (status, told) = server.get(path, &cleo).await;
        assert!(status >= 400 && !told.to_string().contains("plum"), "{status} {told}");
    }
    server.stop().await;
}

/// The shop with one field changed.
fn origins(value: Value) -> Value {
    let mut body = shop();
    body["allowedOrigins"] = value;
    body
}

fn with(pointer: &str, value: Value) -> Value {
    let mut body = shop();
    *body.pointer_mut(pointer).unwrap() = value;
    body
}

#[actix_web::test]
async fn what_a_chatbot_may_not_hold_is_refused_by_the_name_of_the_field() {
    let server = Server::start().await;
    let boss = server.token(&User::admin("boss", "Boss")).await;
    let long = |chars: usize| Value::String("é".repeat(chars));
    let theme = |bytes: usize| json!({ "x": "y".repeat(bytes - r#"{"x":""}"#.len()) });
    let good = [
        with("/greeting", long(2_000)),
        with("/assistant/prompt", long(20_000)),
        with("/assistant/provider", json!("my-own_1")),
        with("/assistant/provider", json!("p".repeat(32))),
        with("/assistant/model", long(200)),
        with("/assistant/knowledgeTags", json!(vec!["é".repeat(64); 32])),
        with("/theme", theme(8_192)),
    ];
    for body in good {
        let (status, told) = put(&server, &boss, body).await;
        assert_eq!(status, 200, "{told}");
    }
    let (_, before) = server.get(SHOP, &boss).await;
    let bad = [
        ("greeting", with("/greeting", long(2_001))),
        ("greeting", with("/greeting", json!("a\u{0}b"))),
        ("greeting", with("/greeting", json!(7))),
        ("assistant.prompt", with("/assistant/prompt", long(20_001))),
        ("assistant.prompt", with("/assistant/prompt", json!("\u{1b}[1m"))),
        ("assistant.prompt", with("/assistant/prompt", json!(["x"]))),
        ("allowedOrigins[0]", origins(json!(["http:// "]))),
        ("allowedOrigins[1]", origins(json!(["https://x", "https://x/y?z"]))),
        ("allowedOrigins", origins(json!(vec!["https://x"; 65]))),
        ("assistant.provider", with("/assistant/provider", json!(""))),
        ("assistant.provider", with("/assistant/provider", json!("OpenAI"))),
        ("assistant.provider", with("/assistant/provider", json!("https://evil.example"))),
        ("assistant.provider", with("/assistant/provider", json!("p".repeat(33)))),
        ("assistant.model", with("/assistant/model", json!(" "))),
        ("assistant.model", with("/assistant/model", json!("a\nb"))),
        ("assistant.model", with("/assistant/model", long(201))),
        ("assistant.knowledgeTags", with("/assistant/knowledgeTags", json!(vec!["x"; 33]))),
        ("assistant.knowledgeTags[1]", with("/assistant/knowledgeTags", json!(["x", ""]))),
        ("assistant.knowledgeTags[0]", with("/assistant/knowledgeTags", json!(["é".repeat(65)]))),
        ("assistant.knowledgeTags[0]", with("/assistant/knowledgeTags", json!([1]))),
        ("assistant.handOff", with("/assistant/handOff", json!("never"))),
        ("assistant", with("/assistant", json!("openai"))),
        ("preChat", with("/preChat", json!(vec![json!({ "key": "a", "label": "A" }); 11]))),
        ("preChat[0].key", with("/preChat/0/key", json!("a b"))),
        ("preChat[0].key", with("/preChat/0/key", json!(""))),
        ("preChat[1].key", with("/preChat/1/key", json!("name"))),
        ("preChat[1].kind", with("/preChat/1/kind", json!("text"))),
        ("preChat[2].kind", with("/preChat/2/kind", json!("file"))),
        ("preChat[0].label", with("/preChat/0/label", json!(" "))),
        ("preChat[0].label", with("/preChat/0/label", long(101))),
        ("preChat[2].required", with("/preChat/2/required", json!("yes"))),
        ("languages", with("/languages", json!(vec!["en"; 41]))),
        ("languages[0]", with("/languages", json!(["English"]))),
        ("languages[1]", with("/languages", json!(["en", "en"]))),
        ("languages[0]", with("/languages", json!(["../en"]))),
        ("poweredBy", with("/poweredBy", json!("a\nb"))),
        ("theme", with("/theme", json!([1]))),
        ("theme", with("/theme", json!("{}"))),
        ("theme", with("/theme", theme(8_193))),
    ];
    for (field, body) in bad {
        let (status, told) = put(&server, &boss, body).await;
        assert_eq!((status, &told["error"]["details"]["field"]), (400, &json!(field)), "{told}");
    }
    assert_eq!(server.get(SHOP, &boss).await.1, before);
    server.stop().await;
}

#[actix_web::test]
async fn a_widget_is_told_what_it_needs_and_no_secret() {
    let server = Server::start().await;
    let boss = server.token(&User::admin("boss", "Boss")).await;
    assert_eq!(put(&server, &boss, shop()).await.0, 200);
    let (status, told) = server.call("get", "/api/v1/chatbots/shop/widget", None, Value::Null).await;
    assert_eq!(status, 200, "{told}");
    for field in ["name", "theme", "preChat", "languages", "poweredBy"] {
        assert_eq!(told[field], shop()[field], "{field}");
    }
    assert_eq!((&told["handOff"], &told["assistant"]), (&json!("ask"), &json!(false)), "nobody answers in the tests");
    assert_eq!(told["limits"], json!({ "contentChars": 8000, "metadataBytes": 8192, "messagesPer10s": 1_000_000 }));
    let (_, availability) = server.call("get", "/api/v1/chatbots/shop/availability", None, Value::Null).await;
    assert_eq!(told["availability"], availability);
    assert!(!told.to_string().contains("plum"), "{told}");
    let (_, plain) = server.call("get", "/api/v1/chatbots/default/widget", None, Value::Null).await;
    assert_eq!((&plain["poweredBy"], &plain["preChat"]), (&json!("Powered by Switchboard"), &json!([])));
    assert_eq!(server.call("get", "/api/v1/chatbots/none/widget", None, Value::Null).await.0, 404);
    server.stop().await;
}

#[actix_web::test]
async fn a_site_that_may_not_have_visitors_is_not_told_about_the_widget() {
    let server = Server::start().await;
    let boss = server.token(&User::admin("boss", "Boss")).await;
    let mut body = shop();
    body["allowedOrigins"] = json!(["https://shop.example"]);
    assert_eq!(put(&server, &boss, body).await.0, 200);
    for (origin, wanted) in [("https://shop.example", 200), ("https://other.example", 403), ("null", 403)] {
        let request = server.http.get(format!("http://{}/api/v1/chatbots/shop/widget", server.address));
        let answer = request.header("origin", origin).send().await.unwrap();
        let readable =
            answer.headers().get("access-control-allow-origin").map(|origin| origin.to_str().unwrap().to_owned());
        assert_eq!((answer.status().as_u16(), readable.is_some()), (wanted, wanted == 200), "{origin}");
    }
    server.stop().await;
}

#[actix_web::test]
async fn an_assistant_that_is_not_set_up_here_is_refused() {
    let server = Server::with(|config| config.assistant.provider = switchboard::config::Provider::Knowledge).await;
    let boss = server.token(&User::admin("boss", "Boss")).await;
    for (provider, expected) in [("nosuch", 400), ("openai", 400), ("knowledge", 200)] {
        let (status, told) = put(&server, &boss, with("/assistant/provider", json!(provider))).await;
        assert_eq!(status, expected, "{told}");
        assert!(expected == 200 || told.to_string().contains("assistant.provider"), "{told}");
    }
    server.stop().await;
}
