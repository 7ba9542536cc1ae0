//! What a client may not do: forge, flood, come from elsewhere, bring too much.

use serde_json::json;
use switchboard::engine::User;
use tokio_tungstenite::tungstenite::Error;

use crate::support::server::Server;
use crate::support::socket_io::{SocketIo, Wire};

const AT: &str = "/socket.io/?EIO=4&transport=polling";

async fn request(server: &Server, method: &str, query: &str, headers: &[(&str, &str)], body: String) -> (u16, String) {
    let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
    let mut request = server.http.request(method, format!("http://{}{AT}{query}", server.address)).body(body);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let response = request.send().await.unwrap();
    (response.status().as_u16(), response.text().await.unwrap())
}

async fn sid(server: &Server, query: &str, headers: &[(&str, &str)]) -> String {
    let (status, body) = request(server, "GET", query, headers, String::new()).await;
    assert_eq!(status, 200, "{body}");
    body.split('"').nth(3).unwrap().to_owned()
}

#[actix_web::test]
async fn forged_ids_are_refused_in_the_protocols_own_words() {
    let server = Server::start().await;
    let known = sid(&server, "", &[]).await;
    let mut near = known.clone();
    let last = if near.pop() == Some('A') { 'B' } else { 'A' };
    near.push(last);
    for forged in [near.as_str(), "", "..", "%00", &"x".repeat(4000)] {
        for method in ["GET", "POST"] {
            let (status, body) = request(&server, method, &format!("&sid={forged}"), &[], "3".to_owned()).await;
            assert_eq!((status, body.as_str()), (400, r#"{"code":1,"message":"Session ID unknown"}"#));
        }
    }
    assert_eq!(request(&server, "POST", &format!("&sid={known}"), &[], "3".to_owned()).await.0, 200);
    server.stop().await;
}

#[actix_web::test]
async fn a_session_is_bound_to_its_page_and_its_first_token() {
    let server = Server::with(|config| {
        config.cors.origins = vec!["https://shop.example".to_owned(), "https://other.example".to_owned()];
    })
    .await;
    let token = server.token(&User::customer("cleo", "Cleo")).await;
    let stranger = server.token(&User::customer("dora", "Dora")).await;
    let (shop, other) = (("origin", "https://shop.example"), ("origin", "https://other.example"));
    // As browsers do: the first request of a page names no origin, the second does.
    let sid = sid(&server, &format!("&token={token}"), &[]).await;
    let go = |token: Option<&str>, headers: Vec<(&'static str, &'static str)>| {
        let query = format!("{}&sid={sid}", token.map(|token| format!("&token={token}")).unwrap_or_default());
        let server = &server;
        async move { request(server, "POST", &query, &headers, "3".to_owned()).await.0 }
    };
    assert_eq!(go(Some(&token), vec![shop]).await, 200);
    assert_eq!(go(Some(&token), vec![other]).await, 400, "another page");
    assert_eq!(go(Some(&stranger), vec![shop]).await, 400, "another person");
    assert_eq!(go(None, vec![shop]).await, 200, "a browser's WebSocket can say no header");
    assert_eq!(go(Some(&token), vec![]).await, 200);
    server.stop().await;
}

#[actix_web::test]
async fn pages_of_foreign_origins_may_not_and_those_allowed_may_read() {
    let server = Server::with(|config| config.cors.origins = vec!["https://shop.example".to_owned()]).await;
    let foreign = [("origin", "https://evil.example")];
    let (status, body) = request(&server, "GET", "", &foreign, String::new()).await;
    assert_eq!((status, body.as_str()), (403, r#"{"code":4,"message":"Forbidden"}"#));
    let refused = Wire::open(&server.address, "/socket.io/", "", &foreign).await;
    assert!(matches!(refused, Err(Error::Http(response)) if response.status() == 403));
    let url = format!("http://{}{AT}", server.address);
    let answer = server.http.get(&url).header("origin", "https://shop.example").send().await.unwrap();
    assert_eq!(
        (answer.status().as_u16(), &answer.headers()["access-control-allow-origin"]),
        (200, &"https://shop.example".parse().unwrap())
    );
    let asked = server.http.request(reqwest::Method::OPTIONS, &url).header("origin", "https://shop.example");
    let answer = asked.header("access-control-request-method", "POST").send().await.unwrap();
    assert_eq!((answer.status().as_u16(), answer.headers().contains_key("access-control-allow-methods")), (204, true));
    server.stop().await;
}

#[actix_web::test]
async fn bodies_and_frames_may_be_small_before_and_larger_after_authentication() {
    let server = Server::start().await;
    let token = server.token(&User::customer("cleo", "Cleo")).await;
    let sid = sid(&server, "", &[]).await;
    let at = format!("&sid={sid}");
    let (status, _) = request(&server, "POST", &at, &[], format!("4{}", "x".repeat(4096))).await;
    assert_eq!(status, 413);
    let enter = format!("40{}", json!({ "token": token }));
    assert_eq!(request(&server, "POST", &at, &[], enter).await.0, 200);
    loop {
        let (_, body) = request(&server, "GET", &at, &[], String::new()).await;
        if body.contains("connected") {
            break;
        }
    }
    let long = |count: usize| format!("42{}", json!(["ping", { "x": "x".repeat(count) }]));
    assert_eq!(request(&server, "POST", &at, &[], long(60_000)).await.0, 200);
    assert_eq!(request(&server, "POST", &at, &[], long(70_000)).await.0, 413);

    let mut cleo = SocketIo::connect(&server, &token).await;
    cleo.wire.send(&long(60_000)).await;
    cleo.expect("pong").await;
    cleo.wire.send(&long(70_000)).await;
    assert_eq!(cleo.wire.end().await, Some(1009));
    let mut wire = Wire::open(&server.address, "/socket.io/", "", &[]).await.unwrap();
    wire.text().await;
    wire.try_send(&long(5000)).await;
    assert_eq!(wire.end().await, Some(1009));
    server.stop().await;
}

#[actix_web::test]
async fn floods_are_refused_and_then_ended() {
    let server = Server::with(|config| {
        config.limits.frames_per_60s = 10;
        config.limits.rate_limit_strikes = 20;
    })
    .await;
    // Posts, whatever is in them.
    let sid = sid(&server, "", &[]).await;
    let mut statuses = Vec::new();
    for _ in 0..41 {
        statuses.push(request(&server, "POST", &format!("&sid={sid}"), &[], "6".to_owned()).await.0);
    }
    assert!(statuses[..20].iter().all(|status| *status == 200), "{statuses:?}");
    assert!(statuses[20..40].iter().all(|status| *status == 429), "{statuses:?}");
    assert_eq!(statuses[40], 400, "it is over");
    // Packets.
    let token = server.token(&User::customer("cleo", "Cleo")).await;
    let mut cleo = SocketIo::connect(&server, &token).await;
    for _ in 0..60 {
        cleo.wire.try_send(r#"42["ping",{}]"#).await;
    }
    assert_eq!(cleo.expect("error").await["code"], "rate_limited");
    assert_eq!(cleo.wire.end().await, Some(1008));
    server.stop().await;
}

#[actix_web::test]
async fn two_posts_at_once_end_the_session() {
    use tokio::io::AsyncWriteExt;
    let server = Server::start().await;
    let sid = sid(&server, "", &[]).await;
    // The first is never finished.
    let mut raw = tokio::net::TcpStream::connect(&server.address).await.unwrap();
    let head = format!("POST {AT}&sid={sid} HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\n\r\n4");
    raw.write_all(head.as_bytes()).await.unwrap();
    let ended = async { while request(&server, "POST", &format!("&sid={sid}"), &[], "6".to_owned()).await.0 != 400 {} };
    tokio::time::timeout(std::time::Duration::from_secs(20), ended).await.expect("the session stayed");
    let (status, body) = request(&server, "POST", &format!("&sid={sid}"), &[], "6".to_owned()).await;
    assert_eq!((status, body.as_str()), (400, r#"{"code":1,"message":"Session ID unknown"}"#));
    server.stop().await;
}

#[actix_web::test]
async fn binary_parts_where_none_belong_are_an_error_and_no_end() {
    let server = Server::start().await;
    let token = server.token(&User::customer("cleo", "Cleo")).await;
    let mut cleo = SocketIo::connect(&server, &token).await;
    cleo.expect("chat_session_started").await;
    cleo.wire.send(r#"451-["send_message",{"content":{"_placeholder":true,"num":0}}]"#).await;
    cleo.wire.send_bytes(&[1, 2, 3]).await;
    assert_eq!(cleo.expect("error").await["code"], "invalid");
    assert_eq!(cleo.ask("send_message", json!({ "content": "words" })).await["seq"], 1);
    server.stop().await;
}
