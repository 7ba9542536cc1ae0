//! As many connections as the process may have: the next one is refused politely, the others go on.

use serde_json::json;
use switchboard::domain::user::Role;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Error;

use crate::support::client::Client;
use crate::support::program::{Program, token};

async fn open(address: &str, name: &str) -> Result<Client, Error> {
    let bearer = format!("Bearer {}", token(name, Role::Customer));
    Client::open(address, "/ws", &[("authorization", &bearer)]).await
}

/// One request on a connection that stays open: the answer's head, lower case.
async fn request(stream: &mut TcpStream, path: &str) -> String {
    let wanted = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n");
    stream.write_all(wanted.as_bytes()).await.unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap());
    }
    String::from_utf8(head).unwrap().to_lowercase()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn beyond_the_limit_sockets_and_then_requests_are_refused_and_the_others_go_on() {
    let mut program = Program::on_sqlite();
    program.first = Some("ulimit -n 320");
    let (_child, address) = program.start().await;
    let mut clients = Vec::new();
    let refused = loop {
        match open(&address, &format!("c{}", clients.len())).await {
            Ok(mut client) => {
                client.expect("connected").await;
                clients.push(client);
            }
            Err(Error::Http(response)) => break response,
            Err(error) => panic!("{} sockets, then {error}", clients.len()),
        }
        assert!(clients.len() < 320, "nothing refuses");
    };
    assert_eq!((refused.status().as_u16(), refused.headers()["retry-after"].to_str().unwrap()), (503, "5"));
    assert!(clients.len() >= 32, "only {} sockets", clients.len());

    // Requests still have room, and then none.
    let mut kept = Vec::new();
    let head = loop {
        let mut stream = TcpStream::connect(&address).await.unwrap();
        let head = request(&mut stream, "/health/ready").await;
        if !head.starts_with("http/1.1 200") {
            break head;
        }
        kept.push(stream);
        assert!(kept.len() < 320, "nothing refuses");
    };
    assert!(head.starts_with("http/1.1 503") && head.contains("\r\nretry-after: 5\r\n"), "{head}");
    assert!(head.contains("\r\nconnection: close\r\n"), "{head}");
    assert!(!kept.is_empty());
    let mut stream = TcpStream::connect(&address).await.unwrap();
    assert!(request(&mut stream, "/health/live").await.starts_with("http/1.1 200"));

    // Those who are there do not notice: they write, and the database has its descriptors.
    for client in &mut clients {
        let started = client.ack("start_conversation", json!({ "clientId": "first", "firstMessage": "hello" })).await;
        let id = started["conversationId"].as_str().unwrap();
        client.ack("send_message", json!({ "conversationId": id, "content": "more", "clientId": "m" })).await;
    }
    // Room again for as many as have gone.
    drop(kept);
    drop(stream);
    clients.pop().unwrap().close().await;
    let mut late = loop {
        match open(&address, "late").await {
            Ok(client) => break client,
            Err(Error::Http(response)) => assert_eq!(response.status().as_u16(), 503),
            Err(error) => panic!("{error}"),
        }
    };
    late.expect("connected").await;
}
