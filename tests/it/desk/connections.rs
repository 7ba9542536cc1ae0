//! Who is connected, for admins.

use serde_json::{Value, json};
use switchboard::domain::time::Millis;
use switchboard::engine::User;

use super::{connect, start};
use crate::support::client::Client;
use crate::support::server::Server;
use crate::support::socket_io::SocketIo;

async fn seen_by(server: &Server, admin: &str, query: &str) -> Value {
    let (status, answer) = server.get(&format!("/api/v1/connections{query}"), admin).await;
    assert_eq!(status, 200, "{answer}");
    answer
}

#[actix_web::test]
async fn connections_are_counted_by_person_role_and_dialect() {
    let server = Server::start().await;
    let boss = server.token(&User::admin("boss", "Boss")).await;
    let (mut first, cleo) = connect(&server, &User::customer("cleo", "Cleo")).await;
    // Answers come by the hub, so that it knows her by now.
    start(&mut first, "c1").await;
    server.clock.advance(Millis::from_secs(60));
    let mut phone = Client::open(&server.address, &format!("/api/v1/ws?token={cleo}"), &[]).await.unwrap();
    phone.expect("connected").await;
    let dora = server.token(&User::customer("dora", "Dora")).await;
    let mut shop = SocketIo::enter(&server.address, json!({ "token": dora })).await;
    shop.expect("connected").await;
    let (_ann, _) = connect(&server, &User::agent("ann", "Ann")).await;

    let all = seen_by(&server, &boss, "").await;
    let expected = json!({
        "users": 3, "connections": 4,
        "byRole": {
            "customer": { "users": 2, "connections": 3 },
            "agent": { "users": 1, "connections": 1 },
            "admin": { "users": 0, "connections": 0 },
        },
        "byDialect": {
            "plain": { "users": 2, "connections": 2 },
            "plain_snake": { "users": 1, "connections": 1 },
            "socket_io": { "users": 1, "connections": 1 },
        },
        "items": [
            { "userId": "ann", "role": "agent", "connections": 1, "since": "2026-11-23T10:01:00.000Z", "byDialect": { "plain": 1 } },
            { "userId": "cleo", "role": "customer", "connections": 2, "since": "2026-11-23T10:00:00.000Z", "byDialect": { "plain": 1, "plain_snake": 1 } },
            { "userId": "dora", "role": "customer", "connections": 1, "since": "2026-11-23T10:01:00.000Z", "byDialect": { "socket_io": 1 } },
        ],
        "nextCursor": null,
    });
    assert_eq!(all, expected);
    assert_eq!(server.engine.handle().connections().await.unwrap().total().connections, 4);

    let page = seen_by(&server, &boss, "?limit=2").await;
    assert_eq!((&page["items"][1]["userId"], &page["nextCursor"]), (&json!("cleo"), &json!("cleo")));
    let rest = seen_by(&server, &boss, "?limit=2&cursor=cleo").await;
    assert_eq!((&rest["items"], &rest["nextCursor"]), (&json!([expected["items"][2]]), &Value::Null));
    let (status, wrong) = server.get("/api/v1/connections?limit=0", &boss).await;
    assert_eq!((status, &wrong["error"]["details"]["field"]), (400, &json!("limit")));
    assert_eq!(server.get("/api/v1/connections", &cleo).await.0, 403);

    // What is gone is not counted: one device of Cleo's, and all that Dora had.
    first.close().await;
    drop(shop);
    let mut left = all;
    for _ in 0..2_000 {
        left = seen_by(&server, &boss, "").await;
        if left["connections"] == 2 {
            break;
        }
    }
    assert_eq!(left["items"][1]["byDialect"], json!({ "plain_snake": 1 }), "{left}");
    assert_eq!(left["byDialect"]["socket_io"], json!({ "users": 0, "connections": 0 }));
    server.stop().await;
}
