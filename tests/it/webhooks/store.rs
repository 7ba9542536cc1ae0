//! What the store promises about webhooks, on both databases.

use std::collections::BTreeMap;

use switchboard::domain::audit::{AuditAction, AuditEntry, AuditRole};
use switchboard::domain::escalation::Op;
use switchboard::domain::event::Event;
use switchboard::domain::message::{MessageKind, NewMessage, NewNote, SenderRole};
use switchboard::domain::time::{Millis, Timestamp};
use switchboard::domain::user::Role;
use switchboard::domain::webhook::signature::SigningSecret;
use switchboard::domain::webhook::{Attempt, DeliveryState, Disabled, Edit, MOST, Told, Wanted, Webhook, What};
use switchboard::store::{
    Change, Changed, PostgresStore, Recorded, SqliteStore, Store, Transaction, Tried, Write, Written,
};

use crate::store::{new_conversation, user};

const NOW: Timestamp = Timestamp::from_millis(1_795_428_000_000);

fn webhook(id: &str, events: &[&str]) -> Webhook {
    Webhook {
        id: id.into(),
        url: "https://host.example/hooks".into(),
        description: Some("The shop".into()),
        wanted: Wanted::parse(events).unwrap(),
        secret: SigningSecret::new("whsec_1"),
        old_secrets: Vec::new(),
        disabled: None,
        created_at: NOW,
        updated_at: NOW,
    }
}

async fn record(store: &dyn Store, change: Change) -> Changed {
    let entry = AuditEntry {
        id: uuid::Uuid::new_v4().to_string(),
        at: NOW,
        actor_id: None,
        actor_role: AuditRole::Internal,
        action: AuditAction::WebhookChanged,
        subject: "w".into(),
        details: None,
    };
    store.record(&Recorded { change, entry }).await.unwrap()
}

async fn put(store: &dyn Store, webhook: Webhook) {
    let made = record(store, Change::CreateWebhook(Box::new(webhook.clone()))).await;
    assert_eq!(made, Changed::Webhook(Box::new(webhook)));
}

fn edit(id: &str, edit: Edit, at: i64) -> Change {
    Change::ChangeWebhook { id: id.into(), edit: Box::new(edit), at: NOW + Millis::new(at) }
}

fn rotation(secret: &str) -> Edit {
    Edit { secret: Some(SigningSecret::new(secret)), ..Edit::default() }
}

fn removal(id: &str) -> Change {
    Change::DeleteWebhook { id: id.into(), at: NOW }
}

/// What happened, as a test reads it: the event's name, and of a message its text.
fn render(told: &Told, _: &str) -> String {
    let text = match &told.what {
        What::Event(Event::NewMessage(message)) => message.content.clone(),
        _ => String::new(),
    };
    format!("{} {text}", told.name().unwrap().as_str()).trim().to_owned()
}

async fn commit(store: &dyn Store, writes: &[Write]) -> Vec<Written> {
    store.commit_telling(writes, render).await.unwrap()
}

async fn prepare(store: &dyn Store) {
    store.migrate().await.unwrap();
    store.ensure_user(&user("cleo", Role::Customer), 5).await.unwrap();
    for id in ["a", "b"] {
        store.commit(&[new_conversation(id, "cleo")]).await.unwrap();
    }
}

fn line(conversation: &str, text: &str, sender: Option<&str>) -> NewMessage {
    NewMessage {
        id: uuid::Uuid::new_v4().to_string().into(),
        conversation_id: conversation.into(),
        sender_id: sender.map(Into::into),
        sender_name: "Cleo".into(),
        sender_role: if sender.is_some() { SenderRole::Customer } else { SenderRole::System },
        kind: MessageKind::Text,
        content: text.to_owned(),
        ai_generated: false,
        client_id: sender.map(|_| text.to_owned()),
        reply_to: None,
        metadata: None,
        created_at: NOW,
    }
}

fn said(conversation: &str, text: &str) -> Write {
    Write::Append(line(conversation, text, Some("cleo")))
}

/// The bodies of what waits for a webhook, in order.
async fn waiting(store: &dyn Store, webhook_id: &str) -> Vec<String> {
    let mut bodies = Vec::new();
    for one in store.waiting_deliveries(webhook_id, 0, 100).await.unwrap() {
        bodies.push(store.delivery(&one.id).await.unwrap().unwrap().body);
    }
    bodies
}

async fn a_webhook_comes_back_as_it_was_put(store: &dyn Store) {
    prepare(store).await;
    assert_eq!(store.webhooks().await.unwrap(), []);
    let first = webhook("w", &["*", "internal_note"]);
    put(store, first.clone()).await;
    put(store, Webhook { created_at: NOW + Millis::new(1), ..webhook("v", &["new_message"]) }).await;
    assert_eq!(store.webhooks().await.unwrap()[0], first);
    let quiet = Edit { description: Some(None), enabled: Some(false), ..rotation("whsec_2") };
    let rotated = first.edited(quiet.clone(), NOW + Millis::new(2));
    assert_eq!((rotated.disabled, rotated.old_secrets.len()), (Some(Disabled::ByAdmin), 1));
    let changed = record(store, edit("w", quiet, 2)).await;
    assert_eq!(changed, Changed::Webhook(Box::new(rotated.clone())));
    assert_eq!(store.webhooks().await.unwrap()[0], rotated);
    let on = Edit { enabled: Some(true), description: Some(Some("It".into())), ..Edit::default() };
    record(store, edit("w", on.clone(), 3)).await;
    assert_eq!(store.webhooks().await.unwrap()[0], rotated.edited(on, NOW + Millis::new(3)));
    store.disable_webhook("w", Disabled::Gone, NOW).await.unwrap();
    store.disable_webhook("w", Disabled::TooFarBehind, NOW).await.unwrap();
    assert_eq!(store.webhooks().await.unwrap()[0].disabled, Some(Disabled::Gone), "the first reason stays");
    assert!(matches!(record(store, removal("w")).await, Changed::Done { .. }));
    assert_eq!(record(store, removal("w")).await, Changed::NotThere);
    assert_eq!(store.webhooks().await.unwrap().len(), 1);
}

async fn changes_at_the_same_time_do_not_undo_each_other(store: &dyn Store) {
    prepare(store).await;
    put(store, webhook("w", &["*"])).await;
    let moved = Edit { url: Some("https://new.example/".into()), ..Edit::default() };
    let named = Edit { description: Some(Some("Mine".into())), ..Edit::default() };
    let (first, second) = (edit("w", rotation("whsec_2"), 1), edit("w", rotation("whsec_3"), 1));
    tokio::join!(
        record(store, first),
        record(store, edit("w", moved, 1)),
        async { store.disable_webhook("w", Disabled::Gone, NOW).await.unwrap() },
        record(store, second),
        record(store, edit("w", named, 1)),
    );
    let now = store.webhooks().await.unwrap().remove(0);
    assert_eq!((now.url.as_str(), now.description.as_deref()), ("https://new.example/", Some("Mine")));
    assert_eq!(now.disabled, Some(Disabled::Gone), "who changes something else does not switch it on");
    let mut secrets: Vec<&str> = now.old_secrets.iter().map(|(old, _)| old.expose()).collect();
    secrets.push(now.secret.expose());
    secrets.sort_unstable();
    assert_eq!(secrets, ["whsec_1", "whsec_2", "whsec_3"]);
    assert_eq!(record(store, edit("unknown", rotation("whsec_4"), 2)).await, Changed::NotThere);
    record(store, removal("w")).await;
    assert_eq!(record(store, edit("w", rotation("whsec_4"), 2)).await, Changed::NotThere, "it does not come back");
    assert_eq!(store.webhooks().await.unwrap(), []);
}

async fn there_are_never_more_than_the_most(store: &dyn Store) {
    prepare(store).await;
    let names: Vec<String> = (0..MOST + 4).map(|number| format!("w{number}")).collect();
    let make = |name: &String| record(store, Change::CreateWebhook(Box::new(webhook(name, &["*"]))));
    let made = futures_util::future::join_all(names.iter().map(make)).await;
    assert_eq!(made.iter().filter(|one| **one == Changed::Full).count(), 4);
    let there = store.webhooks().await.unwrap();
    assert_eq!(there.len(), MOST);
    record(store, removal(&there[0].id)).await;
    put(store, webhook("another", &["*"])).await;
}

async fn what_there_is_for_a_removed_one_goes_bit_by_bit(store: &dyn Store) {
    prepare(store).await;
    put(store, webhook("w", &["*"])).await;
    put(store, webhook("v", &["*"])).await;
    let lines: Vec<Write> = (0..5).map(|number| said("a", &number.to_string())).collect();
    commit(store, &lines).await;
    let ids: Vec<String> = store.waiting_deliveries("w", 0, 10).await.unwrap().into_iter().map(|one| one.id).collect();
    assert!(!store.forget_removed(2).await.unwrap());
    record(store, removal("w")).await;
    commit(store, &[said("a", "more")]).await;
    assert_eq!(store.deliveries("w", None, i64::MAX, 10).await.unwrap().len(), 5, "it is told no more");
    assert_eq!(waiting(store, "v").await.len(), 6);
    let again = Change::Redeliver { webhook_id: "w".into(), delivery_id: ids[0].clone(), at: NOW };
    assert_eq!(record(store, again).await, Changed::NotThere);
    let told = Box::new(Told { at: NOW, conversation_id: None, what: What::Test { webhook_id: "w".into() } });
    let test = Change::TellWebhook { webhook_id: "w".into(), told, render };
    assert_eq!(record(store, test).await, Changed::NotThere);
    let mut left = Vec::new();
    while store.forget_removed(2).await.unwrap() {
        left.push(store.deliveries("w", None, i64::MAX, 10).await.unwrap().len());
    }
    assert_eq!(left, [3, 1, 0]);
    assert_eq!(waiting(store, "v").await.len(), 6, "others keep what is theirs");
    put(store, webhook("w", &["*"])).await;
}

async fn a_try_that_was_overtaken_by_an_asking_is_not_kept(store: &dyn Store) {
    prepare(store).await;
    put(store, webhook("w", &["*"])).await;
    commit(store, &[said("a", "1")]).await;
    let id = store.waiting_deliveries("w", 0, 10).await.unwrap().remove(0).id;
    let again = Change::Redeliver { webhook_id: "w".into(), delivery_id: id.clone(), at: NOW };
    record(store, again).await;
    assert!(!store.delivery_tried(&id, &attempt(DeliveryState::Delivered, 1, 5)).await.unwrap());
    let asked = store.delivery(&id).await.unwrap().unwrap();
    assert_eq!((asked.state, asked.tries, asked.asked, asked.due_at), (DeliveryState::Pending, 0, 1, NOW));
    let newer = Tried { asked: 1, ..attempt(DeliveryState::Delivered, 1, 5) };
    assert!(store.delivery_tried(&id, &newer).await.unwrap());
    assert_eq!(store.delivery(&id).await.unwrap().unwrap().state, DeliveryState::Delivered);
}

async fn many_at_once_are_written_down_in_order(store: &dyn Store) {
    prepare(store).await;
    put(store, webhook("w", &["*"])).await;
    let lines: Vec<Write> = (0..300).map(|number| said("a", &number.to_string())).collect();
    commit(store, &lines).await;
    let all = store.waiting_deliveries("w", 0, 1_000).await.unwrap();
    assert!(all.iter().map(|one| one.number).eq(1..=300));
    let last = store.delivery(&all[299].id).await.unwrap().unwrap();
    assert_eq!((last.body.as_str(), last.event_id.len(), last.last), ("new_message 299", 36, None));
    assert_eq!(last.conversation_id, Some("a".into()));
}

async fn what_happens_is_written_down_for_those_who_want_it_in_its_order(store: &dyn Store) {
    prepare(store).await;
    put(store, webhook("all", &["*"])).await;
    put(store, webhook("notes", &["internal_note"])).await;
    put(store, Webhook { disabled: Some(Disabled::ByAdmin), ..webhook("off", &["*"]) }).await;
    let note = NewNote {
        id: "n".into(),
        conversation_id: "a".into(),
        author_id: Some("cleo".into()),
        author_name: "Ann".into(),
        content: "psst".into(),
        client_id: Some("n".into()),
        created_at: NOW,
    };
    let closed = Event::ConversationClosed { conversation_id: "a".into(), reason: "done".into() };
    let end = Write::Apply(Transaction {
        lineage: 1,
        ops: vec![Op::Append(line("a", "bye", None))],
        audit: None,
        told: vec![Told::event(NOW, &"a".into(), closed).unwrap()],
    });
    let rate = Write::Rate { conversation_id: "a".into(), user_id: "cleo".into(), score: 4, comment: None, at: NOW };
    let batch = [end, said("a", "1"), Write::AppendNote(note), new_conversation("c", "cleo"), said("b", "2"), rate];
    commit(store, &batch).await;
    let told = waiting(store, "all").await;
    let wanted = [
        "new_message 1",
        "new_message 2",
        "new_message bye",
        "conversation_closed",
        "conversation_created",
        "conversation_rated",
    ];
    assert_eq!(told, wanted);
    assert_eq!(waiting(store, "notes").await, ["internal_note"]);
    assert_eq!(waiting(store, "off").await, [] as [&str; 0]);
    let of_a: Vec<i64> = store.messages_after(&"a".into(), 0, 10).await.unwrap().iter().map(|m| m.seq).collect();
    assert_eq!(of_a, [1, 2]);
    commit(store, &batch[1..5]).await;
    assert_eq!(waiting(store, "all").await.len(), wanted.len(), "a repeat is no news");
    store.commit(&[said("a", "quiet")]).await.unwrap();
    assert_eq!(waiting(store, "all").await.len(), wanted.len(), "nobody asked for this to be told");
}

async fn what_is_rolled_back_is_told_to_nobody(store: &dyn Store) {
    prepare(store).await;
    put(store, webhook("w", &["*"])).await;
    let mut twice = line("b", "2", Some("cleo"));
    twice.id = "same".into();
    let mut first = line("a", "1", Some("cleo"));
    first.id = "same".into();
    let batch = [Write::Append(first), Write::Append(twice)];
    assert!(store.commit_telling(&batch, render).await.is_err());
    assert_eq!(waiting(store, "w").await, [] as [&str; 0]);
    let closed = Event::ConversationClosed { conversation_id: "a".into(), reason: String::new() };
    let conflict = Write::Apply(Transaction {
        lineage: 1,
        ops: vec![Op::Append(line("nowhere", "x", None))],
        audit: None,
        told: vec![Told::event(NOW, &"a".into(), closed).unwrap()],
    });
    commit(store, &[conflict, said("a", "after")]).await;
    assert_eq!(waiting(store, "w").await, ["new_message after"]);
    let numbers: Vec<i64> = store.waiting_deliveries("w", 0, 10).await.unwrap().iter().map(|one| one.number).collect();
    assert_eq!(numbers, [1], "numbers are gapless");
}

fn attempt(state: DeliveryState, tries: u32, at: i64) -> Tried {
    let attempt =
        Attempt { at: NOW, took_ms: 7, status: Some(503), error: Some("busy".into()), excerpt: Some("later".into()) };
    Tried { attempt, asked: 0, tries, state, at: NOW + Millis::new(at) }
}

async fn how_a_delivery_goes_is_kept_until_it_is_forgotten(store: &dyn Store) {
    prepare(store).await;
    put(store, webhook("w", &["*"])).await;
    commit(store, &[said("a", "1"), said("a", "2"), said("b", "3")]).await;
    let ids: Vec<String> = store.waiting_deliveries("w", 0, 10).await.unwrap().into_iter().map(|one| one.id).collect();
    store.delivery_tried(&ids[0], &attempt(DeliveryState::Pending, 1, 500)).await.unwrap();
    let first = store.delivery(&ids[0]).await.unwrap().unwrap();
    assert_eq!((first.tries, first.due_at, first.ended_at), (1, NOW + Millis::new(500), None));
    assert_eq!(first.last, Some(attempt(DeliveryState::Pending, 1, 500).attempt));
    assert_eq!(store.waiting_deliveries("w", 0, 1).await.unwrap()[0], first.waiting());
    store.delivery_tried(&ids[0], &attempt(DeliveryState::Dead, 12, 600)).await.unwrap();
    store.delivery_tried(&ids[1], &attempt(DeliveryState::Delivered, 1, 700)).await.unwrap();
    store.delivery_tried(&ids[1], &attempt(DeliveryState::Dead, 9, 900)).await.unwrap();
    let list = async |state| -> Vec<String> {
        store.deliveries("w", state, i64::MAX, 10).await.unwrap().into_iter().map(|one| one.id).collect()
    };
    assert_eq!(list(None).await, [&ids[2], &ids[1], &ids[0]].map(String::clone));
    assert_eq!(list(Some(DeliveryState::Delivered)).await, [ids[1].clone()], "what has arrived is not tried");
    assert_eq!(list(Some(DeliveryState::Dead)).await, [ids[0].clone()]);
    let backlog = store.webhook_backlog("w").await.unwrap();
    assert_eq!((backlog.pending, backlog.dead), (1, 1));
    let again = Change::Redeliver { webhook_id: "w".into(), delivery_id: ids[0].clone(), at: NOW };
    assert!(matches!(record(store, again.clone()).await, Changed::Done { .. }));
    let first = store.delivery(&ids[0]).await.unwrap().unwrap();
    assert_eq!((first.state, first.tries, first.due_at, first.ended_at), (DeliveryState::Pending, 0, NOW, None));
    let other = Change::Redeliver { webhook_id: "v".into(), delivery_id: ids[0].clone(), at: NOW };
    assert_eq!(record(store, other).await, Changed::NotThere, "no other webhook's");
    let given_up = Tried { asked: 1, ..attempt(DeliveryState::Dead, 12, 600) };
    store.delivery_tried(&ids[0], &given_up).await.unwrap();
    let at = |millis| NOW + Millis::new(millis);
    let forget = async |state, before| store.forget_deliveries(state, at(before), 10).await.unwrap();
    assert_eq!(forget(DeliveryState::Delivered, 700).await, 0);
    assert_eq!(forget(DeliveryState::Delivered, 701).await, 1);
    assert_eq!(forget(DeliveryState::Dead, 600).await, 0);
    assert_eq!(store.forget_deliveries(DeliveryState::Dead, at(601), 0).await.unwrap(), 0, "no more than asked for");
    assert_eq!(forget(DeliveryState::Dead, 601).await, 1);
    assert_eq!(list(None).await, [ids[2].clone()], "what waits is not forgotten");
    let told = Told { at: NOW, conversation_id: None, what: What::Test { webhook_id: "w".into() } };
    let test = |id: &str| Change::TellWebhook { webhook_id: id.into(), told: Box::new(told.clone()), render };
    assert!(matches!(record(store, test("w")).await, Changed::Done { .. }));
    assert_eq!(record(store, test("unknown")).await, Changed::NotThere);
    assert_eq!(waiting(store, "w").await, ["new_message 3", "webhook_test"]);
}

async fn numbers_say_in_which_order_things_became_durable(store: &dyn Store) {
    prepare(store).await;
    put(store, webhook("v", &["*"])).await;
    put(store, webhook("w", &["new_message"])).await;
    for round in 0..5 {
        commit(store, &[said("a", &format!("a{round}")), said("b", &format!("b{round}"))]).await;
    }
    for id in ["v", "w"] {
        let all = store.waiting_deliveries(id, 0, 100).await.unwrap();
        assert!(all.is_sorted_by_key(|one| one.number) && all.len() == 10);
        let mut by_conversation: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for one in &all {
            let delivery = store.delivery(&one.id).await.unwrap().unwrap();
            by_conversation.entry(delivery.conversation_id.unwrap().to_string()).or_default().push(delivery.body);
        }
        for (conversation, bodies) in by_conversation {
            let wanted: Vec<String> = (0..5).map(|round| format!("new_message {conversation}{round}")).collect();
            assert_eq!(bodies, wanted);
        }
        assert_eq!(store.waiting_deliveries(id, all[3].number, 2).await.unwrap(), all[4..6]);
    }
}

macro_rules! conformance {
    ($($promise:ident),+ $(,)?) => {
        mod on_sqlite {
            $(#[tokio::test]
            async fn $promise() {
                let folder = tempfile::tempdir().unwrap();
                let path = folder.path().join("t.db");
                let store = super::SqliteStore::open(path.to_str().unwrap()).await.unwrap();
                super::$promise(&store).await;
            })+
        }

        mod on_postgres {
            $(#[tokio::test]
            async fn $promise() {
                let url = crate::support::postgres::fresh_database().await;
                super::$promise(&super::PostgresStore::connect(&url, 4).await.unwrap()).await;
            })+
        }
    };
}

conformance!(
    a_webhook_comes_back_as_it_was_put,
    changes_at_the_same_time_do_not_undo_each_other,
    there_are_never_more_than_the_most,
    what_there_is_for_a_removed_one_goes_bit_by_bit,
    a_try_that_was_overtaken_by_an_asking_is_not_kept,
    many_at_once_are_written_down_in_order,
    what_happens_is_written_down_for_those_who_want_it_in_its_order,
    what_is_rolled_back_is_told_to_nobody,
    how_a_delivery_goes_is_kept_until_it_is_forgotten,
    numbers_say_in_which_order_things_became_durable,
);
