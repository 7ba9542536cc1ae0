//! Webhooks: what happens in conversations reaches the host's server, signed, in order, until it has it. On both databases.

mod receiver;
mod store;
mod stories;
mod trouble;

use serde_json::{Value, json};
use switchboard::domain::command::StartConversation;
use switchboard::domain::ids::ConversationId;
use switchboard::domain::time::Millis;
use switchboard::engine::{NewWebhook, User};

use crate::support::server::Server;
use receiver::Receiver;

/// The same stories on both databases, where no conversation ends because hours pass in it.
macro_rules! on_both {
    ($($story:ident),+ $(,)?) => {
        mod on_sqlite {
            $(#[actix_web::test]
            async fn $story() {
                super::$story(crate::webhooks::server(None).await).await;
            })+
        }

        mod on_postgres {
            $(#[actix_web::test]
            async fn $story() {
                let url = crate::support::postgres::fresh_database().await;
                super::$story(crate::webhooks::server(Some(url)).await).await;
            })+
        }
    };
}
use on_both;

/// A server whose conversations wait for ever; on SQLite without a URL.
async fn server(url: Option<String>) -> Server {
    Server::with(|config| {
        config.routing.idle_timeout_ms = 1_000_000_000_000;
        if let Some(url) = url {
            config.database.url = switchboard::config::PrivateUrl::new(url);
        }
    })
    .await
}

/// Longer than any pause between two tries.
const LONG: Millis = Millis::from_secs(3_600);

fn cleo() -> User {
    User::customer("cleo", "Cleo")
}

/// An admin's token.
async fn admin(server: &Server) -> String {
    server.token(&User::admin("root", "Root")).await
}

/// A webhook at a receiver: its path and its secret.
async fn hook(server: &Server, receiver: &Receiver, events: &[&str]) -> (String, String) {
    let events = events.iter().map(|event| (*event).to_owned()).collect();
    let new = NewWebhook { url: receiver.url.clone(), events, description: None };
    let made = server.engine.handle().create_webhook(new).await.unwrap();
    (format!("/api/v1/webhooks/{}", made.id), made.secret.expose().to_owned())
}

async fn start(server: &Server, client_id: &str) -> ConversationId {
    let start = StartConversation { client_id: client_id.into(), ..StartConversation::default() };
    server.engine.handle().ensure_user(&cleo()).await.unwrap();
    server.engine.handle().start_conversation(&cleo(), start).await.unwrap().conversation_id
}

async fn say(server: &Server, id: &ConversationId, text: &str) {
    let client_id = server.engine.node().new_id();
    server.engine.handle().send_message(&cleo(), id, &client_id, text).await.unwrap();
}

/// The webhook's deliveries in a state, the oldest first.
async fn deliveries(server: &Server, path: &str, state: &str) -> Vec<Value> {
    let (status, answer) = server.get(&format!("{path}/deliveries?state={state}"), &admin(server).await).await;
    assert_eq!(status, 200, "{answer}");
    let mut items = answer["items"].as_array().unwrap().clone();
    items.reverse();
    items
}

/// Asks until it is so.
async fn until(server: &Server, path: &str, state: &str, fits: impl Fn(&[Value]) -> bool) -> Vec<Value> {
    let look = async {
        loop {
            let found = deliveries(server, path, state).await;
            if fits(&found) {
                return found;
            }
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(60), look).await.expect("it never came to be so")
}

/// Until the try number `tries` of the oldest one that waits is stored.
async fn tried(server: &Server, path: &str, tries: u64) -> Value {
    until(server, path, "pending", |found| found.first().is_some_and(|one| one["tries"] == json!(tries)))
        .await
        .remove(0)
}
