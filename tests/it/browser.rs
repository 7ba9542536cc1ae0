//! Logins of browsers: the refresh token in a cookie, and everything that has to be right before it is taken.

use reqwest::header::HeaderMap;
use serde_json::{Value, json};
use switchboard::domain::time::Millis;

use crate::support::server::Server;

const LOGIN: &str = "/api/v1/auth/login";
const REFRESH: &str = "/api/v1/auth/refresh";
const LOGOUT: &str = "/api/v1/auth/logout";

/// A browser as far as cookies go.
#[derive(Clone, Default)]
struct Browser {
    cookies: Vec<(String, String)>,
    csrf: String,
    token: String,
}

struct Answer {
    status: u16,
    headers: HeaderMap,
    body: Value,
}

impl Browser {
    fn cookie_header(&self) -> String {
        let pairs: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        pairs.join("; ")
    }

    fn take(&mut self, answer: &Answer) {
        for line in answer.headers.get_all("set-cookie") {
            let (name, rest) = line.to_str().unwrap().split_once('=').unwrap();
            let value = rest.split(';').next().unwrap().to_owned();
            self.cookies.retain(|(known, _)| known != name);
            if !value.is_empty() {
                self.cookies.push((name.to_owned(), value));
            }
        }
        if let Some(csrf) = answer.body["csrfToken"].as_str() {
            self.csrf = csrf.to_owned();
            self.token = answer.body["token"].as_str().unwrap().to_owned();
        }
    }

    /// What a page of ours sends.
    fn headers(&self, server: &Server) -> Vec<(&'static str, String)> {
        vec![
            ("cookie", self.cookie_header()),
            ("origin", format!("http://{}", server.address)),
            ("sec-fetch-site", "same-origin".to_owned()),
            ("x-csrf-token", self.csrf.clone()),
        ]
    }
}

async fn post(server: &Server, path: &str, headers: &[(&str, String)], body: Value) -> Answer {
    let mut request = server.http.post(format!("http://{}{path}", server.address));
    for (name, value) in headers {
        request = request.header(*name, value);
    }
    if !body.is_null() {
        request = request.json(&body);
    }
    let response = request.send().await.unwrap();
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let text = response.text().await.unwrap();
    Answer { status, headers, body: serde_json::from_str(&text).unwrap_or(Value::Null) }
}

fn credentials() -> Value {
    json!({ "email": "admin@localhost", "password": "correct horse battery staple", "cookie": true })
}

async fn logged_in(server: &Server) -> (Browser, Answer) {
    let mut browser = Browser::default();
    let answer = post(server, LOGIN, &browser.headers(server), credentials()).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    browser.take(&answer);
    (browser, answer)
}

#[actix_web::test]
async fn a_browsers_login_keeps_the_refresh_token_where_scripts_cannot_read_it() {
    let server = Server::start().await;
    let (browser, answer) = logged_in(&server).await;
    assert!(answer.body["refreshToken"].is_null(), "{}", answer.body);
    assert_eq!(answer.body["user"]["role"], "admin");
    assert_eq!(answer.headers["cache-control"], "no-store");
    let lines: Vec<_> = answer.headers.get_all("set-cookie").iter().map(|line| line.to_str().unwrap()).collect();
    let [refresh, csrf] = lines[..] else { panic!("{lines:?}") };
    assert!(refresh.starts_with("switchboard_refresh="), "{refresh}");
    assert!(refresh.ends_with("; Path=/api/v1/auth; Max-Age=2592000; SameSite=Strict; HttpOnly"), "{refresh}");
    assert_eq!(csrf, format!("switchboard_csrf={}; Path=/; Max-Age=2592000; SameSite=Strict", browser.csrf));
    assert_eq!(server.get("/api/v1/queue", &browser.token).await.0, 200);
    server.stop().await;
}

#[actix_web::test]
async fn over_https_both_cookies_are_for_https_only() {
    let server = Server::with(|config| config.server.public_origin = Some("https://chat.example".to_owned())).await;
    let mut headers = Browser::default().headers(&server);
    headers[1].1 = "https://chat.example".to_owned();
    let answer = post(&server, LOGIN, &headers, credentials()).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert!(answer.headers.get_all("set-cookie").iter().all(|line| line.to_str().unwrap().contains("; Secure")));
    server.stop().await;
}

#[actix_web::test]
async fn a_refresh_brings_a_new_token_and_a_new_cookie_and_the_same_csrf_token() {
    let server = Server::start().await;
    let (mut browser, _) = logged_in(&server).await;
    for _ in 0..3 {
        server.clock.advance(Millis::from_mins(30));
        let before = browser.clone();
        let answer = post(&server, REFRESH, &browser.headers(&server), Value::Null).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        browser.take(&answer);
        assert_ne!(browser.cookie_header(), before.cookie_header());
        assert_eq!(browser.csrf, before.csrf);
        assert_eq!(server.get("/api/v1/queue", &browser.token).await.0, 200);
    }
    server.stop().await;
}

#[actix_web::test]
async fn a_cookie_counts_only_with_its_csrf_token_from_a_page_of_ours() {
    let server = Server::start().await;
    let (browser, _) = logged_in(&server).await;
    let (stranger, _) = logged_in(&server).await;
    let own = format!("http://{}", server.address);
    type Change = (&'static str, Option<String>);
    let cases: Vec<(&str, Vec<Change>, u16)> = vec![
        ("no csrf token", vec![("x-csrf-token", None)], 403),
        ("an empty csrf token", vec![("x-csrf-token", Some(String::new()))], 403),
        ("another login's csrf token", vec![("x-csrf-token", Some(stranger.csrf.clone()))], 403),
        ("another site", vec![("origin", Some("https://evil.example".to_owned()))], 403),
        ("an origin of nothing", vec![("origin", Some("null".to_owned()))], 403),
        ("a cross-site fetch", vec![("sec-fetch-site", Some("cross-site".to_owned()))], 403),
        ("a sister site's fetch", vec![("sec-fetch-site", Some("same-site".to_owned()))], 403),
        ("no word of where it comes from", vec![("origin", None), ("sec-fetch-site", None)], 403),
        ("no cookie", vec![("cookie", None)], 401),
        ("a cookie of nonsense", vec![("cookie", Some("switchboard_refresh=a.b".to_owned()))], 401),
    ];
    for path in [REFRESH, LOGOUT] {
        for (what, changes, status) in &cases {
            let mut headers = browser.headers(&server);
            for (name, value) in changes {
                headers.retain(|(known, _)| known != name);
                if let Some(value) = value {
                    headers.push((name, value.clone()));
                }
            }
            let answer = post(&server, path, &headers, Value::Null).await;
            assert_eq!(answer.status, *status, "{path} with {what}: {}", answer.body);
            assert!(!answer.headers.contains_key("set-cookie"), "{path} with {what}");
        }
    }
    // An older browser says only the one, another only the other.
    for kept in ["origin", "sec-fetch-site"] {
        let mut headers = browser.headers(&server);
        headers.retain(|(name, _)| matches!(*name, "cookie" | "x-csrf-token") || *name == kept);
        assert_eq!(post(&server, REFRESH, &headers, Value::Null).await.status, 200, "{kept} of {own}");
    }
    server.stop().await;
}

#[actix_web::test]
async fn another_sites_page_cannot_log_a_browser_in() {
    let server = Server::start().await;
    for headers in [vec![], vec![("origin", "https://evil.example".to_owned())]] {
        let answer = post(&server, LOGIN, &headers, credentials()).await;
        assert!(answer.status == 403 && !answer.headers.contains_key("set-cookie"), "{}", answer.body);
    }
    server.stop().await;
}

#[actix_web::test]
async fn two_tabs_that_refresh_at_the_same_moment_both_stay_logged_in() {
    let server = Server::start().await;
    let (browser, _) = logged_in(&server).await;
    let headers = browser.headers(&server);
    let (left, right) =
        tokio::join!(post(&server, REFRESH, &headers, Value::Null), post(&server, REFRESH, &headers, Value::Null));
    let (mut one, mut other) = (browser.clone(), browser.clone());
    one.take(&left);
    other.take(&right);
    assert_eq!((left.status, right.status), (200, 200), "{} {}", left.body, right.body);
    assert_eq!(one.cookie_header(), other.cookie_header(), "whichever answer came last, the cookie is the same");
    server.clock.advance(Millis::from_mins(30));
    let later = post(&server, REFRESH, &one.headers(&server), Value::Null).await;
    assert_eq!(later.status, 200, "{}", later.body);
    server.stop().await;
}

#[actix_web::test]
async fn a_copied_cookie_that_is_used_later_ends_the_login() {
    let server = Server::start().await;
    let (mut browser, _) = logged_in(&server).await;
    let thief = browser.clone();
    let answer = post(&server, REFRESH, &browser.headers(&server), Value::Null).await;
    browser.take(&answer);
    server.clock.advance(Millis::from_secs(10));
    assert_eq!(post(&server, REFRESH, &thief.headers(&server), Value::Null).await.status, 401);
    assert_eq!(post(&server, REFRESH, &browser.headers(&server), Value::Null).await.status, 401);
    assert_eq!(server.get("/api/v1/queue", &browser.token).await.0, 401);
    server.stop().await;
}

#[actix_web::test]
async fn a_logout_ends_the_login_and_takes_the_cookies_back_with_and_without_a_token() {
    let server = Server::start().await;
    for with_token in [false, true] {
        let (mut browser, _) = logged_in(&server).await;
        let mut headers = browser.headers(&server);
        if with_token {
            headers.push(("authorization", format!("Bearer {}", browser.token)));
        }
        let before = browser.clone();
        let answer = post(&server, LOGOUT, &headers, Value::Null).await;
        assert_eq!(answer.status, 204, "{}", answer.body);
        browser.take(&answer);
        assert!(browser.cookies.is_empty(), "{:?}", browser.cookies);
        assert_eq!(server.get("/api/v1/queue", &before.token).await.0, 401);
        assert_eq!(post(&server, REFRESH, &before.headers(&server), Value::Null).await.status, 401);
    }
    server.stop().await;
}

#[actix_web::test]
async fn sessions_with_names_of_their_own_live_side_by_side_in_one_browser() {
    let server = Server::start().await;
    let mut browser = Browser::default();
    for name in ["console", "admin"] {
        let mut body = credentials();
        body["session"] = json!(name);
        let answer = post(&server, LOGIN, &browser.headers(&server), body).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        browser.take(&answer);
    }
    let names: Vec<_> = browser.cookies.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(
        names,
        [
            "switchboard_refresh_console",
            "switchboard_csrf_console",
            "switchboard_refresh_admin",
            "switchboard_csrf_admin"
        ]
    );
    let refresh = |session: Value| post_owned(&server, browser.headers(&server), session);
    assert_eq!(refresh(json!({ "session": "admin" })).await, 200);
    assert_eq!(refresh(json!({ "session": "console" })).await, 403, "the csrf token at hand is the admin's");
    assert_eq!(refresh(json!({})).await, 401);
    assert_eq!(refresh(json!({ "session": "Ad min" })).await, 400);
    server.stop().await;
}

async fn post_owned(server: &Server, headers: Vec<(&'static str, String)>, body: Value) -> u16 {
    post(server, REFRESH, &headers, body).await.status
}
