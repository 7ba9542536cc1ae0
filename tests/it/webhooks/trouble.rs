//! Receivers that fail, hang, lead elsewhere or are gone, and a server that is killed.

use std::sync::Arc;

use serde_json::{Value, json};
use switchboard::clock::ManualClock;
use switchboard::config::{Config, PrivateUrl, Secret};
use switchboard::domain::time::Millis;
use switchboard::engine::{Engine, NewWebhook};

use super::receiver::Receiver;
use super::{LONG, admin, cleo, deliveries, hook, on_both, say, start, tried, until};
use crate::support::postgres;
use crate::support::server::{MONDAY_10, Server};

on_both!(
    a_conversation_waits_for_its_first_while_others_go_on,
    what_fails_twelve_times_is_given_up_and_can_be_asked_for_again,
    what_is_asked_for_again_on_its_way_comes_once_more,
    a_receiver_that_is_gone_is_switched_off,
);

async fn a_conversation_waits_for_its_first_while_others_go_on(server: Server) {
    let mut receiver = Receiver::start();
    let (path, _) = hook(&server, &receiver, &["new_message"]).await;
    let (a, b) = (start(&server, "a").await, start(&server, "b").await);
    say(&server, &a, "a1").await;
    let failed = receiver.next().await;
    let first = failed.delivery();
    assert_eq!(failed.said(), "a1");
    say(&server, &a, "a2").await;
    say(&server, &a, "a3").await;
    failed.answer(500);
    assert_eq!(tried(&server, &path, 1).await["lastTry"]["error"], "answered 500");
    for text in ["b1", "b2"] {
        say(&server, &b, text).await;
        let heard = receiver.next().await;
        assert_eq!(heard.said(), text);
        heard.answer(200);
    }
    until(&server, &path, "delivered", |found| found.len() == 2).await;
    assert!(receiver.nothing_more());
    server.clock.advance(LONG);
    let again = receiver.next().await;
    assert_eq!((again.said().as_str(), again.delivery()), ("a1", first));
    assert!(receiver.nothing_more());
    again.answer(200);
    for text in ["a2", "a3"] {
        let heard = receiver.next().await;
        assert_eq!(heard.said(), text);
        heard.answer(200);
    }
    until(&server, &path, "delivered", |found| found.len() == 5).await;
    receiver.stop().await;
    server.stop().await;
}

async fn what_fails_twelve_times_is_given_up_and_can_be_asked_for_again(server: Server) {
    let mut receiver = Receiver::start();
    let (path, _) = hook(&server, &receiver, &["new_message"]).await;
    let root = admin(&server).await;
    let id = start(&server, "a").await;
    say(&server, &id, "1").await;
    say(&server, &id, "2").await;
    let mut seen = Vec::new();
    for tries in 1..=11 {
        let heard = receiver.next().await;
        seen.push(heard.delivery());
        heard.answer(503);
        tried(&server, &path, tries).await;
        server.clock.advance(LONG);
    }
    let last = receiver.next().await;
    seen.push(last.delivery());
    last.answer(503);
    assert!(seen.iter().all(|id| *id == seen[0]), "one delivery, one id: {seen:?}");
    let next = receiver.next().await;
    assert_eq!(next.said(), "2", "the next one no longer waits");
    next.answer(200);
    let dead = until(&server, &path, "dead", |found| found.len() == 1).await.remove(0);
    assert_eq!((&dead["id"], &dead["tries"]), (&json!(seen[0]), &json!(12)));
    assert_eq!(server.get(&path, &root).await.1["dead"], 1);
    let again = format!("{path}/deliveries/{}/redeliver", seen[0]);
    let (status, answer) = server.post(&again, &root, json!({})).await;
    assert_eq!((status, &answer["state"], &answer["tries"]), (200, &json!("pending"), &json!(0)), "{answer}");
    let heard = receiver.next().await;
    assert_eq!((heard.said().as_str(), heard.delivery()), ("1", seen[0].clone()));
    heard.answer(200);
    until(&server, &path, "delivered", |found| found.len() == 2).await;
    let unknown = format!("{path}/deliveries/unknown/redeliver");
    assert_eq!(server.post(&unknown, &root, json!({})).await.0, 404);
    server.clock.advance(Millis::from_secs(4 * 86_400));
    until(&server, &path, "delivered", |found| found.is_empty()).await;
    receiver.stop().await;
    server.stop().await;
}

async fn what_is_asked_for_again_on_its_way_comes_once_more(server: Server) {
    let mut receiver = Receiver::start();
    let (path, _) = hook(&server, &receiver, &["new_message"]).await;
    let root = admin(&server).await;
    let id = start(&server, "a").await;
    say(&server, &id, "1").await;
    say(&server, &id, "2").await;
    let first = receiver.next().await;
    let delivery = first.delivery();
    let again = format!("{path}/deliveries/{delivery}/redeliver");
    assert_eq!(server.post(&again, &root, json!({})).await.0, 200);
    first.answer(200);
    let heard = receiver.next().await;
    assert_eq!((heard.said().as_str(), heard.delivery()), ("1", delivery.clone()));
    heard.answer(200);
    let heard = receiver.next().await;
    assert_eq!(heard.said(), "2");
    heard.answer(200);
    let found = until(&server, &path, "delivered", |found| found.len() == 2).await;
    assert_eq!((&found[0]["id"], &found[0]["tries"]), (&json!(delivery), &json!(1)));
    receiver.stop().await;
    server.stop().await;
}

async fn a_receiver_that_is_gone_is_switched_off(server: Server) {
    let mut receiver = Receiver::start();
    let (path, _) = hook(&server, &receiver, &["new_message"]).await;
    let root = admin(&server).await;
    let id = start(&server, "a").await;
    say(&server, &id, "1").await;
    let first = receiver.next().await;
    say(&server, &id, "2").await;
    first.answer(410);
    let mut shown = Value::Null;
    while shown["disabledReason"] != "gone" {
        shown = server.get(&path, &root).await.1;
    }
    assert_eq!((&shown["enabled"], &shown["pending"], &shown["dead"]), (&json!(false), &json!(1), &json!(1)));
    say(&server, &id, "3").await;
    assert!(receiver.nothing_more());
    server.call("patch", &path, Some(&root), json!({ "enabled": true })).await;
    let heard = receiver.next().await;
    assert_eq!(heard.said(), "2", "what waited goes on");
    heard.answer(200);
    say(&server, &id, "4").await;
    let heard = receiver.next().await;
    assert_eq!(heard.said(), "4");
    heard.answer(200);
    receiver.stop().await;
    server.stop().await;
}

#[actix_web::test]
async fn a_redirect_is_not_followed() {
    let server = super::server(None).await;
    let (mut receiver, mut elsewhere) = (Receiver::start(), Receiver::start());
    let (path, _) = hook(&server, &receiver, &["new_message"]).await;
    let id = start(&server, "a").await;
    say(&server, &id, "1").await;
    for (tries, status) in [(1, 301), (2, 302), (3, 307), (4, 308)] {
        receiver.next().await.answer_with(status, vec![("location", elsewhere.url.clone())], b"");
        let failed = tried(&server, &path, tries).await;
        assert_eq!(failed["lastTry"]["error"], "a redirect, which is not followed");
        server.clock.advance(LONG);
    }
    receiver.next().await.answer(200);
    until(&server, &path, "delivered", |found| found.len() == 1).await;
    assert!(elsewhere.nothing_more());
    receiver.stop().await;
    elsewhere.stop().await;
    server.stop().await;
}

#[actix_web::test]
async fn who_asks_for_more_time_gets_it() {
    let server = Server::with(|config| {
        config.routing.idle_timeout_ms = 1_000_000_000_000;
        config.webhooks.at_once = 1;
    })
    .await;
    let mut receiver = Receiver::start();
    let (path, _) = hook(&server, &receiver, &["new_message"]).await;
    let id = start(&server, "a").await;
    say(&server, &id, "1").await;
    receiver.next().await.answer_with(429, vec![("retry-after", "1800".into())], b"");
    let waits = tried(&server, &path, 1).await;
    assert_eq!(waits["nextTryAt"], "2026-11-23T10:30:00.000Z");
    server.clock.advance(Millis::from_secs(1_799));
    // One at a time leaves, and the one that is due first: had it been due by now, it would come before this one.
    let other = start(&server, "b").await;
    say(&server, &other, "2").await;
    let heard = receiver.next().await;
    assert_eq!(heard.said(), "2");
    heard.answer(200);
    until(&server, &path, "delivered", |found| found.len() == 1).await;
    server.clock.advance(Millis::from_secs(1));
    receiver.next().await.answer_with(503, vec![("retry-after", "999999".into())], b"");
    let waits = tried(&server, &path, 2).await;
    assert_eq!(waits["nextTryAt"], "2026-11-23T11:30:00.000Z", "no longer than an hour");
    receiver.stop().await;
    server.stop().await;
}

#[actix_web::test]
async fn a_receiver_that_says_nothing_is_given_ten_seconds_and_holds_nobody_else() {
    let server = Server::start().await;
    let (mut slow, mut quick) = (Receiver::start(), Receiver::start());
    let (path, _) = hook(&server, &slow, &["new_message"]).await;
    hook(&server, &quick, &["new_message"]).await;
    let mut hanging = Vec::new();
    for number in 0..4 {
        let id = start(&server, &number.to_string()).await;
        say(&server, &id, &number.to_string()).await;
        hanging.push(slow.next().await);
        let heard = quick.next().await;
        assert_eq!(heard.said(), number.to_string());
        heard.answer(200);
    }
    let id = start(&server, "last").await;
    say(&server, &id, "last").await;
    quick.next().await.answer(200);
    assert!(slow.nothing_more(), "four are on their way at once, and no more");
    server.clock.advance(Millis::from_secs(10));
    let failed =
        until(&server, &path, "pending", |found| found.iter().filter(|one| one["tries"] == 1).count() >= 4).await;
    assert_eq!(failed[0]["lastTry"]["error"], "no answer in time");
    assert_eq!((&failed[0]["lastTry"]["tookMs"], &failed[0]["lastTry"]["status"]), (&json!(10_000), &Value::Null));
    drop(hanging);
    slow.stop().await;
    quick.stop().await;
    server.stop().await;
}

#[actix_web::test]
async fn nobody_there_is_a_failure_like_any_other() {
    let server = Server::start().await;
    let receiver = Receiver::start();
    let (path, _) = hook(&server, &receiver, &["new_message"]).await;
    receiver.stop().await;
    let id = start(&server, "a").await;
    say(&server, &id, "1").await;
    let failed = tried(&server, &path, 1).await;
    let error = failed["lastTry"]["error"].as_str().unwrap();
    assert!(error.starts_with("no connection") && !error.contains("127.0.0.1"), "{error}");
    server.stop().await;
}

#[actix_web::test]
async fn a_webhook_too_far_behind_is_switched_off() {
    let server = Server::with(|config| config.webhooks.most_waiting = 100).await;
    let mut receiver = Receiver::start();
    let (path, _) = hook(&server, &receiver, &["new_message"]).await;
    let root = admin(&server).await;
    let id = start(&server, "a").await;
    say(&server, &id, "first").await;
    let hanging = receiver.next().await;
    for number in 0..105 {
        say(&server, &id, &number.to_string()).await;
    }
    let mut shown = Value::Null;
    while shown["disabledReason"] != "too_far_behind" {
        shown = server.get(&path, &root).await.1;
    }
    let waits = shown["pending"].as_i64().unwrap();
    assert!(waits > 100, "{waits}");
    say(&server, &id, "not told any more").await;
    assert_eq!(server.get(&path, &root).await.1["pending"], waits);
    let (status, on) = server.call("patch", &path, Some(&root), json!({ "enabled": true })).await;
    assert_eq!((status, &on["enabled"]), (200, &json!(true)), "{on}");
    hanging.answer(200);
    for number in 0..3 {
        let heard = receiver.next().await;
        assert_eq!(heard.said(), number.to_string(), "it goes on where it stood");
        heard.answer(200);
    }
    assert_eq!(server.get(&path, &root).await.1["enabled"], true);
    receiver.stop().await;
    server.stop().await;
}

/// An engine on a database of its own, without a server in front.
async fn engine(url: &str, change: impl FnOnce(&mut Config)) -> (Engine, ManualClock) {
    let clock = ManualClock::new(MONDAY_10);
    let mut config = Config::default();
    config.database.url = PrivateUrl::new(url);
    config.auth.jwt_secret = Some(Secret::new("a-secret-of-the-tests-that-is-long-enough"));
    config.auth.admin_password = Some(Secret::new("correct horse battery staple"));
    config.assistant.provider = switchboard::config::Provider::Off;
    config.webhooks.allow = vec!["127.0.0.1".to_owned()];
    config.webhooks.allow_http = true;
    change(&mut config);
    (Engine::builder().config(config).clock(Arc::new(clock.clone())).start().await.unwrap(), clock)
}

async fn a_life_that_ends_in_the_middle_loses_nothing(url: &str) {
    let mut receiver = Receiver::start();
    let (first, _) = engine(url, |_| {}).await;
    let handle = first.handle();
    let new = NewWebhook { url: receiver.url.clone(), events: vec!["new_message".into()], description: None };
    let secret = handle.create_webhook(new).await.unwrap().secret;
    handle.ensure_user(&cleo()).await.unwrap();
    let start = switchboard::domain::command::StartConversation { client_id: "1".into(), ..Default::default() };
    let id = handle.start_conversation(&cleo(), start).await.unwrap().conversation_id;
    for text in ["1", "2", "3"] {
        handle.send_message(&cleo(), &id, text, text).await.unwrap();
    }
    let hanging = receiver.next().await;
    let delivery = hanging.delivery();
    assert_eq!(hanging.said(), "1");
    // No goodbye: what is on its way is cut.
    first.stop();
    drop((first, handle));
    let (second, _) = engine(url, |_| {}).await;
    for (place, text) in ["1", "2", "3"].into_iter().enumerate() {
        let heard = receiver.next().await;
        assert_eq!((heard.said().as_str(), heard.signed_by(secret.expose())), (text, 1));
        assert_eq!(heard.delivery() == delivery, place == 0, "the same id for the same delivery");
        heard.answer(200);
    }
    let handle = second.handle();
    handle.send_message(&cleo(), &id, "4", "4").await.unwrap();
    let heard = receiver.next().await;
    assert_eq!(heard.said(), "4");
    heard.answer(200);
    second.drain().await;
    second.stop();
    drop(hanging);
    receiver.stop().await;
}

/// What the store still has of a webhook, until there is nothing.
async fn nothing_is_left(engine: &Engine, webhook_id: &str) {
    let look = async {
        while !engine.node().store().deliveries(webhook_id, None, i64::MAX, 1).await.unwrap().is_empty() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(60), look).await.expect("something stays");
}

#[actix_web::test]
async fn what_a_removed_webhook_leaves_goes_also_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}/t.db", folder.path().display());
    let receiver = Receiver::start();
    let (first, _) = engine(&url, |_| {}).await;
    let handle = first.handle();
    let new = || NewWebhook { url: receiver.url.clone(), events: vec!["new_message".into()], description: None };
    let (removed, kept) = (handle.create_webhook(new()).await.unwrap(), handle.create_webhook(new()).await.unwrap());
    handle.ensure_user(&cleo()).await.unwrap();
    let start = switchboard::domain::command::StartConversation { client_id: "1".into(), ..Default::default() };
    let id = handle.start_conversation(&cleo(), start).await.unwrap().conversation_id;
    // Nothing leaves and nothing is forgotten any more in this life.
    first.node().webhooks().drain().await;
    for text in ["1", "2", "3"] {
        handle.send_message(&cleo(), &id, text, text).await.unwrap();
    }
    handle.delete_webhook(&removed.id).await.unwrap();
    let store = first.node().store();
    assert_eq!(store.deliveries(&removed.id, None, i64::MAX, 10).await.unwrap().len(), 3);
    assert_eq!(handle.webhooks().await.unwrap().len(), 1);
    first.stop();
    drop((first, handle));
    let (second, _) = engine(&url, |_| {}).await;
    nothing_is_left(&second, &removed.id).await;
    assert_eq!(second.node().store().deliveries(&kept.id, None, i64::MAX, 10).await.unwrap().len(), 3);
    second.stop();
    receiver.stop().await;
}

#[actix_web::test]
async fn a_life_that_ends_in_the_middle_loses_nothing_on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    a_life_that_ends_in_the_middle_loses_nothing(&format!("sqlite:{}/t.db", folder.path().display())).await;
}

#[actix_web::test]
async fn a_life_that_ends_in_the_middle_loses_nothing_on_postgres() {
    a_life_that_ends_in_the_middle_loses_nothing(&postgres::fresh_database().await).await;
}

#[actix_web::test]
async fn what_is_on_its_way_lands_before_a_drain_is_over_and_nothing_else_leaves() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}/t.db", folder.path().display());
    let mut receiver = Receiver::start();
    let (engine, _) = engine(&url, |_| {}).await;
    let handle = engine.handle();
    let new = NewWebhook { url: receiver.url.clone(), events: vec!["new_message".into()], description: None };
    let webhook = handle.create_webhook(new).await.unwrap();
    handle.ensure_user(&cleo()).await.unwrap();
    let start = switchboard::domain::command::StartConversation { client_id: "1".into(), ..Default::default() };
    let id = handle.start_conversation(&cleo(), start).await.unwrap().conversation_id;
    for text in ["1", "2"] {
        handle.send_message(&cleo(), &id, text, text).await.unwrap();
    }
    let heard = receiver.next().await;
    let drained = engine.drain();
    tokio::pin!(drained);
    tokio::select! {
        biased;
        () = &mut drained => panic!("drained while one was on its way"),
        () = tokio::task::yield_now() => {}
    }
    heard.answer(200);
    drained.await;
    let store = engine.node().store();
    let kept = store.deliveries(&webhook.id, None, i64::MAX, 10).await.unwrap();
    let states: Vec<&str> = kept.iter().rev().map(|one| one.state.as_str()).collect();
    assert_eq!(states, ["delivered", "pending"]);
    assert!(receiver.nothing_more());
    engine.stop();
    receiver.stop().await;
}

#[actix_web::test]
async fn a_private_address_is_refused_when_it_is_asked_not_only_when_it_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}/t.db", folder.path().display());
    let mut receiver = Receiver::start();
    let (lax, _) = engine(&url, |config| config.webhooks.allow_private = true).await;
    let new = NewWebhook { url: receiver.url.clone(), events: vec!["*".into()], description: None };
    let webhook = lax.handle().create_webhook(new).await.unwrap();
    lax.drain().await;
    lax.stop();
    drop(lax);
    // The settings are stricter from now on.
    let (strict, _) = engine(&url, |config| config.webhooks.allow = Vec::new()).await;
    let handle = strict.handle();
    handle.ensure_user(&cleo()).await.unwrap();
    let start = switchboard::domain::command::StartConversation { client_id: "1".into(), ..Default::default() };
    handle.start_conversation(&cleo(), start).await.unwrap();
    let look = async {
        loop {
            let found = strict.node().store().deliveries(&webhook.id, None, i64::MAX, 10).await.unwrap();
            if let Some(last) = found.first().and_then(|one| one.last.clone()) {
                return last;
            }
        }
    };
    let last = tokio::time::timeout(std::time::Duration::from_secs(60), look).await.unwrap();
    assert!(last.error.unwrap().contains("private"));
    assert!(receiver.nothing_more());
    strict.stop();
    receiver.stop().await;
}

#[actix_web::test]
async fn what_waits_is_listed_without_what_was_delivered() {
    let server = Server::start().await;
    let mut receiver = Receiver::start();
    let (path, _) = hook(&server, &receiver, &["new_message"]).await;
    let id = start(&server, "a").await;
    for text in ["1", "2", "3"] {
        say(&server, &id, text).await;
    }
    receiver.next().await.answer(200);
    let second = receiver.next().await;
    until(&server, &path, "delivered", |found| found.len() == 1).await;
    assert_eq!(deliveries(&server, &path, "pending").await.len(), 2);
    assert_eq!(deliveries(&server, &path, "dead").await.len(), 0);
    second.answer(200);
    receiver.next().await.answer(200);
    let (status, answer) = server.get(&format!("{path}/deliveries?state=lost"), &admin(&server).await).await;
    assert_eq!((status, &answer["error"]["details"]["field"]), (400, &json!("state")));
    receiver.stop().await;
    server.stop().await;
}
