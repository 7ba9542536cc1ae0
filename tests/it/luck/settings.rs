//! Settings that have an effect only from outside: how long somebody "is typing", whose pages may call REST.

use reqwest::Method;
use serde_json::json;
use switchboard::domain::time::Millis;
use switchboard::engine::User;

use crate::support::client::Client;
use crate::support::server::Server;

#[actix_web::test]
async fn typing_ends_by_itself_after_the_time_that_the_settings_say() {
    let server = Server::with(|config| config.limits.typing_timeout_ms = 2_500).await;
    let mut cleo = Client::connect(&server, &server.token(&User::customer("cleo", "Cleo")).await).await;
    let started = cleo.ack("start_conversation", json!({ "clientId": "first" })).await;
    let id = started["conversationId"].as_str().unwrap().to_owned();
    let mut ann = Client::connect(&server, &server.token(&User::admin("ann", "Ann")).await).await;
    ann.ack("join", json!({ "conversationId": id })).await;
    let room = json!({ "conversationId": id });
    // Typing is not answered; a join's answer says that the room has seen what came before it.
    cleo.tell("typing_start", room.clone()).await;
    ann.expect("user_typing").await;
    server.clock.advance(Millis::new(1_500));
    // Renewed: it lasts from here.
    cleo.tell("typing_start", room.clone()).await;
    cleo.ack("join", room.clone()).await;
    server.clock.advance(Millis::new(1_500));
    ann.ack("join", room).await;
    assert!(!ann.types().contains(&"user_stop_typing".to_owned()), "{:?}", ann.types());
    server.clock.advance(Millis::new(1_000));
    assert_eq!(ann.expect("user_stop_typing").await["userId"], "cleo");
    server.stop().await;
}

async fn from_page(server: &Server, method: Method, origin: &str, asks: bool) -> reqwest::Response {
    let mut request = server.http.request(method, format!("http://{}/api/v1/conversations", server.address));
    request = request.header("origin", origin);
    if asks {
        request = request.header("access-control-request-method", "POST");
    }
    request.send().await.unwrap()
}

#[actix_web::test]
async fn pages_of_listed_origins_may_call_rest_and_others_may_not() {
    let server = Server::with(|config| config.cors.origins = vec!["https://shop.example".to_owned()]).await;
    let header = |response: &reqwest::Response, name: &str| {
        response.headers().get(name).map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default()
    };
    let asked = from_page(&server, Method::OPTIONS, "https://shop.example", true).await;
    assert_eq!(asked.status(), 204);
    assert_eq!(header(&asked, "access-control-allow-origin"), "https://shop.example");
    assert!(header(&asked, "access-control-allow-methods").contains("POST"));
    assert!(header(&asked, "access-control-allow-headers").contains("authorization"));
    assert_eq!(header(&asked, "vary"), "origin");
    // An error is read as well: the page has to know why.
    let called = from_page(&server, Method::GET, "https://shop.example", false).await;
    assert_eq!(
        (called.status().as_u16(), header(&called, "access-control-allow-origin")),
        (401, "https://shop.example".to_owned())
    );
    for (method, asks) in [(Method::OPTIONS, true), (Method::GET, false)] {
        let other = from_page(&server, method, "https://evil.example", asks).await;
        assert_eq!(header(&other, "access-control-allow-origin"), "");
        assert_ne!(other.status(), 204);
    }
    server.stop().await;
}

#[actix_web::test]
async fn without_a_list_no_other_page_may_call_rest_and_a_star_lets_all() {
    for (origins, expected) in [(vec![], None), (vec!["*".to_owned()], Some("https://any.example"))] {
        let server = Server::with(|config| config.cors.origins = origins).await;
        let asked = from_page(&server, Method::OPTIONS, "https://any.example", true).await;
        let allowed = asked.headers().get("access-control-allow-origin").map(|value| value.to_str().unwrap());
        assert_eq!(allowed, expected);
        server.stop().await;
    }
}
