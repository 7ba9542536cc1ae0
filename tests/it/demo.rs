//! The logins of a fresh installation: who is shown them, and what ends it.

use serde_json::{Value, json};
use switchboard::domain::time::Millis;
use switchboard::engine::User;

use crate::support::program::Program;
use crate::support::server::Server;

const DEMO: &str = "/api/v1/demo";

async fn server(change: impl FnOnce(&mut switchboard::config::Config)) -> (Server, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("demo.json").to_str().unwrap().to_owned();
    let change = |config: &mut switchboard::config::Config| {
        config.demo.logins_path = path;
        config.auth.admin_password = None;
        change(config);
    };
    (Server::built(change, |builder| builder.show_demo_logins()).await, folder)
}

async fn ask(server: &Server, headers: &[(&str, &str)]) -> (u16, Value) {
    let mut request = server.http.get(format!("http://{}{DEMO}", server.address));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let response = request.send().await.unwrap();
    (response.status().as_u16(), response.json().await.unwrap())
}

#[actix_web::test]
async fn a_newcomer_at_this_machine_is_shown_logins_that_work() {
    let (server, _folder) = server(|_| {}).await;
    let (status, told) = ask(&server, &[]).await;
    assert_eq!((status, &told["fresh"], &told["until"]), (200, &json!(true), &json!("2026-11-24T10:00:00.000Z")));
    let people = told["people"].as_array().unwrap();
    let roles: Vec<_> = people.iter().map(|person| person["role"].as_str().unwrap()).collect();
    assert_eq!(roles, ["admin", "agent", "agent"]);
    for person in people {
        let body = json!({ "email": person["email"], "password": person["password"] });
        let (status, login) = server.call("post", "/api/v1/auth/login", None, body).await;
        assert_eq!((status, &login["user"]["name"]), (200, &person["name"]), "{login}");
    }
    assert_eq!(ask(&server, &[]).await.0, 200, "logging in with them changes nothing");
    server.stop().await;
}

#[actix_web::test]
async fn nobody_from_elsewhere_is_shown_anything() {
    let (server, _folder) = server(|config| config.cors.origins = vec!["https://shop.example".to_owned()]).await;
    let port = server.address.rsplit(':').next().unwrap().to_owned();
    let own = format!("http://{}", server.address);
    for headers in [
        vec![("host", "rebound.example")],
        vec![("host", "localhost.rebound.example")],
        vec![("x-forwarded-for", "203.0.113.7")],
        vec![("forwarded", "for=203.0.113.7")],
        vec![("via", "1.1 proxy")],
        vec![("origin", "https://evil.example")],
        vec![("origin", "https://shop.example")],
        vec![("origin", "null")],
        vec![("sec-fetch-site", "cross-site")],
        vec![("sec-fetch-site", "same-site")],
    ] {
        let (status, answer) = ask(&server, &headers).await;
        assert_eq!((status, &answer["error"]["code"]), (404, &json!("not_found")), "{headers:?}");
    }
    let local = format!("localhost:{port}");
    for headers in [
        vec![("host", local.as_str())],
        vec![("sec-fetch-site", "same-origin"), ("origin", own.as_str())],
        vec![("sec-fetch-site", "none")],
    ] {
        assert_eq!(ask(&server, &headers).await.0, 200, "{headers:?}");
    }
    server.stop().await;
}

#[actix_web::test]
async fn a_server_that_others_can_reach_shows_none_and_keeps_none() {
    for change in
        [(|config| config.server.host = "0.0.0.0".to_owned()) as fn(&mut switchboard::config::Config), |config| {
            config.demo.enabled = false
        }]
    {
        let (server, folder) = server(change).await;
        assert_eq!(ask(&server, &[]).await.0, 404);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
        server.stop().await;
    }
    let embedded = Server::start().await;
    assert_eq!(ask(&embedded, &[]).await.0, 404, "a host application is not asked");
    embedded.stop().await;
}

#[actix_web::test]
async fn it_ends_after_a_day() {
    let (server, folder) = server(|_| {}).await;
    server.clock.advance(Millis::from_mins(24 * 60 - 1));
    assert_eq!(ask(&server, &[]).await.0, 200);
    server.clock.advance(Millis::from_mins(1));
    assert_eq!(ask(&server, &[]).await.0, 404);
    assert!(!folder.path().join("demo.json").exists());
    server.stop().await;
}

#[actix_web::test]
async fn it_ends_with_the_first_changed_password() {
    let (server, folder) = server(|_| {}).await;
    let (_, told) = ask(&server, &[]).await;
    let ada = server.engine.node().store().credential("ada@localhost").await.unwrap().unwrap();
    let changed = switchboard::store::Credential { password_hash: "another".to_owned(), ..ada };
    server.engine.node().store().put_credential(&changed).await.unwrap();
    assert_eq!(ask(&server, &[]).await.0, 404, "{told}");
    assert!(!folder.path().join("demo.json").exists());
    server.stop().await;
}

#[actix_web::test]
async fn it_ends_when_an_admin_says_so() {
    let (server, folder) = server(|_| {}).await;
    let ann = server.token(&User::agent("ann", "Ann")).await;
    let boss = server.token(&User::admin("boss", "Boss")).await;
    assert_eq!(server.post("/api/v1/demo/dismiss", &ann, json!({})).await.0, 403);
    assert_eq!(ask(&server, &[]).await.0, 200);
    assert_eq!(server.post("/api/v1/demo/dismiss", &boss, json!({})).await.0, 204);
    assert_eq!(ask(&server, &[]).await.0, 404);
    assert!(!folder.path().join("demo.json").exists());
    assert_eq!(server.post("/api/v1/demo/dismiss", &boss, json!({})).await.0, 204, "once more does no harm");
    server.stop().await;
}

#[actix_web::test]
async fn a_restart_on_the_same_data_shows_the_same_logins() {
    let program = Program::on_sqlite();
    let mut told = Vec::new();
    for _ in 0..2 {
        let (mut child, address) = program.start().await;
        let answer = reqwest::get(format!("http://{address}{DEMO}")).await.unwrap();
        assert_eq!(answer.status(), 200);
        told.push(answer.json::<Value>().await.unwrap());
        child.kill().await.unwrap();
    }
    assert_eq!(told[0], told[1]);
    let people = told[0]["people"].as_array().unwrap();
    assert!(people[0]["password"].is_null(), "the settings gave the admin's, so it is not told");
    assert!(people[1]["password"].is_string() && people[2]["password"].is_string());
}
