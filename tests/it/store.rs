//! One suite for both databases: what the store promises, whoever keeps it.

use std::sync::{Arc, Mutex};

use diesel_async::{AsyncConnection, AsyncPgConnection, SimpleAsyncConnection};
use switchboard::domain::agent::{Agent, Availability, Capacity, Presence};
use switchboard::domain::chatbot::{Chatbot, ChatbotAssistant, ChatbotWidget, FieldKind, HandOffMode, PreChatField};
use switchboard::domain::conversation::{Conversation, ConversationKind, ConversationStatus, Handler};
use switchboard::domain::escalation::{ConversationChange, Op, State};
use switchboard::domain::hours::{BusinessHours, DatedException, Interval};
use switchboard::domain::message::{Message, MessageKind, NewMessage, SenderRole};
use switchboard::domain::time::{Millis, Timestamp};
use switchboard::domain::user::{Role, User};
use switchboard::store::{
    KeyWish, MergeOutcome, NewConversation, PostgresStore, RefreshOutcome, RefreshToken, Reservation, SqliteStore,
    Store, StoreError, Transaction, Write, WriteRefusal, Writer, WriterSettings, Written,
};

use crate::support::postgres;

const NOW: Timestamp = Timestamp::from_millis(1_795_428_000_000);

pub fn user(id: &str, role: Role) -> User {
    User { id: id.into(), role, name: id.to_owned(), email: None, created_at: NOW, disabled: false }
}

fn conversation(id: &str, customer: &str) -> Conversation {
    Conversation {
        id: id.into(),
        kind: ConversationKind::Support,
        status: ConversationStatus::Active,
        handler: Handler::Ai,
        chatbot_id: None,
        customer_id: customer.into(),
        customer_name: customer.to_owned(),
        subject: None,
        client_id: Some(format!("start-{id}")),
        assigned_agent_id: None,
        escalation_requested: false,
        escalation_reason: None,
        escalation_requested_at: None,
        escalated_at: None,
        assigned_at: None,
        first_response_at: None,
        closed_at: None,
        close_reason: None,
        priority: 0,
        skills: Vec::new(),
        last_seq: 0,
        last_note_seq: 0,
        last_message_at: NOW,
        created_at: NOW,
        idle_warned_at: None,
        version: 1,
        metadata: None,
    }
}

pub fn new_conversation(id: &str, customer: &str) -> Write {
    let new = NewConversation { conversation: conversation(id, customer), participants: Vec::new() };
    Write::Create(Box::new(new))
}

fn message(conversation: &str, client_id: &str, role: SenderRole, at: i64) -> Write {
    let sender_id = (role != SenderRole::System).then(|| "cleo".into());
    let client_id_given = sender_id.is_some().then(|| client_id.to_owned());
    Write::Append(NewMessage {
        id: uuid::Uuid::new_v4().to_string().into(),
        conversation_id: conversation.into(),
        sender_id,
        sender_name: "Cleo".into(),
        sender_role: role,
        kind: MessageKind::Text,
        content: client_id.to_owned(),
        ai_generated: false,
        client_id: client_id_given,
        reply_to: None,
        metadata: None,
        created_at: Timestamp::from_millis(at),
    })
}

fn said(conversation: &str, client_id: &str) -> Write {
    message(conversation, client_id, SenderRole::Customer, NOW.as_millis() + 5)
}

/// The same, in answer to another message.
fn replying(conversation: &str, client_id: &str, to: &str) -> Write {
    match said(conversation, client_id) {
        Write::Append(message) => Write::Append(NewMessage { reply_to: Some(to.into()), ..message }),
        other => other,
    }
}

async fn only_what_is_in_the_conversation_can_be_answered(store: &dyn Store) {
    prepare(store).await;
    let first = store.commit(&[said("a", "1"), said("b", "1")]).await.unwrap();
    let [Written::Appended { message: here, .. }, Written::Appended { message: elsewhere, .. }] = &first[..] else {
        panic!("{first:?}")
    };
    let mut same_batch = said("a", "3");
    if let Write::Append(message) = &mut same_batch {
        message.id = "third".into();
    }
    let batch = [
        replying("a", "2", here.id.as_str()),
        replying("a", "lost", elsewhere.id.as_str()),
        same_batch,
        replying("a", "4", "third"),
        replying("b", "lost", "third"),
        replying("a", "lost", "no such message"),
    ];
    let done = store.commit(&batch).await.unwrap();
    let refused = Written::Refused(WriteRefusal::UnknownReply);
    assert_eq!((&done[1], &done[4], &done[5]), (&refused, &refused, &refused));
    assert_eq!(seqs(&done), [Some((2, false)), None, Some((3, false)), Some((4, false)), None, None]);
    assert_eq!(seqs(&store.commit(&batch[..1]).await.unwrap()), [Some((2, true))]);
}

fn change(id: &str, version: i64, status: ConversationStatus) -> Op {
    Op::ChangeConversation(ConversationChange {
        conversation_id: id.into(),
        expected_version: version,
        status,
        handler: None,
        assigned_agent_id: None,
        escalation: None,
        at: NOW,
        close_reason: None,
        priority: None,
        skills: None,
        wrap_up_until: None,
    })
}

fn apply(lineage: u64, ops: Vec<Op>) -> Write {
    Write::Apply(Transaction { lineage, ops, audit: None, told: Vec::new() })
}

fn agent(limit: i32) -> Agent {
    Agent {
        id: "ann".into(),
        name: "ann".into(),
        availability: Availability::Available,
        reason: None,
        presence: Presence::Connected,
        grace_until: None,
        capacity: Capacity { limit, ..Capacity::default() },
        skills: vec!["german".into()],
        teams: Vec::new(),
        missed_offers: 0,
        last_assigned_at: None,
        last_seen_at: None,
        status_since: Some(NOW),
    }
}

async fn prepare(store: &dyn Store) {
    store.migrate().await.unwrap();
    store.ensure_user(&user("cleo", Role::Customer), 5).await.unwrap();
    store.ensure_user(&user("ann", Role::Agent), 5).await.unwrap();
    for id in ["a", "b"] {
        store.commit(&[new_conversation(id, "cleo")]).await.unwrap();
    }
}

fn seqs(written: &[Written]) -> Vec<Option<(i64, bool)>> {
    written
        .iter()
        .map(|written| match written {
            Written::Appended { message: Message { seq, .. }, duplicate } => Some((*seq, *duplicate)),
            _ => None,
        })
        .collect()
}

async fn numbers_are_gapless_and_repeats_take_none(store: &dyn Store) {
    prepare(store).await;
    let batch = [said("a", "1"), said("b", "1"), said("a", "2"), said("a", "1"), said("nowhere", "1")];
    let written = store.commit(&batch).await.unwrap();
    let expected = vec![Some((1, false)), Some((1, false)), Some((2, false)), Some((1, true)), None];
    assert_eq!(seqs(&written), expected);
    assert_eq!(written[4], Written::Refused(WriteRefusal::NotFound));
    let again = store.commit(&[said("a", "2"), said("a", "3")]).await.unwrap();
    assert_eq!(seqs(&again), vec![Some((2, true)), Some((3, false))]);
    store.commit(&[apply(1, vec![change("b", 1, ConversationStatus::Closed)])]).await.unwrap();
    let closed = store.commit(&[said("b", "9"), said("a", "4")]).await.unwrap();
    assert_eq!((&closed[0], seqs(&closed)[1]), (&Written::Refused(WriteRefusal::Closed), Some((4, false))));
    let texts: Vec<String> =
        store.messages_after(&"a".into(), 1, 10).await.unwrap().into_iter().map(|message| message.content).collect();
    assert_eq!(texts, ["2", "3", "4"]);
    assert_eq!(store.messages_before(&"a".into(), 3, 1).await.unwrap()[0].seq, 2);
}

async fn the_engine_s_own_lines_are_no_activity(store: &dyn Store) {
    prepare(store).await;
    let warned = Write::MarkIdleWarned { conversation_id: "a".into(), at: NOW };
    let line = message("a", "still there?", SenderRole::System, NOW.as_millis() + 50);
    store.commit(&[warned, line]).await.unwrap();
    let row = store.conversation(&"a".into()).await.unwrap().unwrap();
    assert_eq!((row.last_message_at, row.idle_warned_at, row.last_seq), (NOW, Some(NOW), 1));
    store.commit(&[message("a", "yes", SenderRole::Agent, NOW.as_millis() + 60)]).await.unwrap();
    let row = store.conversation(&"a".into()).await.unwrap().unwrap();
    let at = Some(Timestamp::from_millis(NOW.as_millis() + 60));
    assert_eq!((Some(row.last_message_at), row.idle_warned_at, row.first_response_at), (at, None, at));
}

async fn a_conflict_rolls_back_its_own_transaction_and_those_after_it(store: &dyn Store) {
    prepare(store).await;
    let batch = [
        apply(1, vec![change("a", 1, ConversationStatus::WaitingForAgent)]),
        apply(1, vec![change("b", 1, ConversationStatus::WaitingForAgent), change("a", 1, ConversationStatus::Closed)]),
        apply(1, vec![change("b", 1, ConversationStatus::Closed)]),
        apply(2, vec![change("a", 2, ConversationStatus::Active)]),
        said("b", "1"),
    ];
    let written = store.commit(&batch).await.unwrap();
    let conflict = Written::Refused(WriteRefusal::Conflict);
    assert!(matches!(written[0], Written::Applied { .. }) && matches!(written[3], Written::Applied { .. }));
    assert_eq!((&written[1], &written[2]), (&conflict, &conflict));
    assert_eq!(seqs(&written)[4], Some((1, false)));
    let row = store.conversation(&"b".into()).await.unwrap().unwrap();
    assert_eq!((row.status, row.version), (ConversationStatus::Active, 1));
}

async fn the_database_refuses_more_load_than_the_limit(store: &dyn Store) {
    prepare(store).await;
    let load = |used, held, over| Op::AdjustLoad { agent_id: "ann".into(), used, held, over };
    let full = store.commit(&[apply(1, vec![Op::PutAgent(agent(2)), load(1, 1, 0)])]).await.unwrap();
    assert!(matches!(full[0], Written::Applied { .. }));
    for (lineage, op) in [(2, load(1, 0, 0)), (3, load(0, -2, 0)), (4, Op::PutAgent(agent(1)))] {
        let refused = store.commit(&[apply(lineage, vec![op])]).await.unwrap();
        assert_eq!(refused[0], Written::Refused(WriteRefusal::Conflict));
    }
    assert!(matches!(store.commit(&[apply(5, vec![load(1, 0, 1)])]).await.unwrap()[0], Written::Applied { .. }));
    let state = store.load_routing().await.unwrap();
    let mut shadow = State::default();
    for op in [Op::PutAgent(agent(2)), load(1, 1, 0), load(1, 0, 1)] {
        shadow.apply(&op);
    }
    assert_eq!(state.agents[&"ann".into()], shadow.agents[&"ann".into()]);
}

async fn a_refresh_token_is_used_once(store: &dyn Store) {
    prepare(store).await;
    let token = |hash: &str| RefreshToken {
        token_hash: hash.into(),
        login_id: "login".into(),
        user_id: "cleo".into(),
        created_at: NOW,
        expires_at: Timestamp::from_millis(NOW.as_millis() + 1000),
    };
    store.put_refresh_token(&token("one")).await.unwrap();
    let at_once = Millis::ZERO;
    assert_eq!(store.login_of_refresh_token("one").await.unwrap().as_deref(), Some("login"));
    assert_eq!(store.login_of_refresh_token("none").await.unwrap(), None);
    let rotated = store.rotate_refresh_token("one", &token("two"), NOW, at_once).await.unwrap();
    assert!(matches!(rotated, RefreshOutcome::Rotated { .. }));
    let reused = store.rotate_refresh_token("one", &token("three"), NOW, at_once).await.unwrap();
    assert_eq!(reused, RefreshOutcome::Reused { login_id: "login".into() });
    let ended = store.rotate_refresh_token("two", &token("four"), NOW, at_once).await.unwrap();
    assert_eq!(ended, RefreshOutcome::Invalid);
    assert_eq!(store.revoked_logins(NOW).await.unwrap(), ["login"]);
}

async fn a_refresh_token_in_its_grace_leads_to_the_same_next_one(store: &dyn Store) {
    prepare(store).await;
    let token = |hash: &str| RefreshToken {
        token_hash: hash.into(),
        login_id: "tabs".into(),
        user_id: "cleo".into(),
        created_at: NOW,
        expires_at: Timestamp::from_millis(NOW.as_millis() + 100_000),
    };
    let grace = Millis::from_secs(10);
    let after = |ms| Timestamp::from_millis(NOW.as_millis() + ms);
    let rotate = |old: &'static str, next: &'static str, at| {
        let next = token(next);
        async move { store.rotate_refresh_token(old, &next, at, grace).await.unwrap() }
    };
    let rotated = RefreshOutcome::Rotated { user_id: "cleo".into(), login_id: "tabs".into() };
    store.put_refresh_token(&token("a")).await.unwrap();
    assert_eq!(rotate("a", "b", after(0)).await, rotated);
    assert_eq!(rotate("a", "b", after(9_999)).await, rotated, "the other tab");
    assert_eq!(rotate("b", "c", after(9_999)).await, rotated);
    assert_eq!(rotate("a", "b", after(9_999)).await, RefreshOutcome::Invalid, "late, and no sign of a copy");
    assert_eq!(rotate("c", "d", after(9_999)).await, rotated, "so the login lives on");
    assert_eq!(rotate("d", "e", after(20_000)).await, rotated);
    assert_eq!(rotate("d", "x", after(20_001)).await, RefreshOutcome::Reused { login_id: "tabs".into() });
    assert_eq!(rotate("e", "f", after(20_002)).await, RefreshOutcome::Invalid, "the whole login has ended");
}

async fn a_merged_customer_is_merged_once(store: &dyn Store) {
    prepare(store).await;
    store
        .ensure_user(&User { id: "known".into(), name: "Known".into(), ..user("cleo", Role::Customer) }, 1)
        .await
        .unwrap();
    store
        .ensure_user(&User { id: "third".into(), name: "Third".into(), ..user("cleo", Role::Customer) }, 1)
        .await
        .unwrap();
    store.commit(&[said("a", "1")]).await.unwrap();
    let merge = |from: &'static str, into: &'static str| async move {
        store.merge_customer(&from.into(), &into.into(), "Known", NOW).await.unwrap()
    };
    assert_eq!(merge("nobody", "known").await, MergeOutcome::Refused);
    let merged = merge("cleo", "known").await;
    assert!(matches!(&merged, MergeOutcome::Merged(moved) if moved.contains(&"a".into())), "{merged:?}");
    assert_eq!(merge("cleo", "known").await, MergeOutcome::Repeated);
    assert_eq!(merge("cleo", "third").await, MergeOutcome::Refused);
    let row = store.conversation(&"a".into()).await.unwrap().unwrap();
    assert_eq!((row.customer_id.as_str(), row.customer_name.as_str()), ("known", "Known"));
    let message = &store.messages_after(&"a".into(), 0, 10).await.unwrap()[0];
    assert_eq!(message.sender_id.as_ref().map(|id| id.as_str()), Some("known"));
    let people = store.participants(&"a".into()).await.unwrap();
    assert!(people.iter().all(|person| person.user_id.as_str() != "cleo"), "{people:?}");
    assert!(store.user(&"cleo".into()).await.unwrap().unwrap().disabled);
}

async fn chatbots_come_back_as_they_were_put(store: &dyn Store) {
    prepare(store).await;
    let span = |from_minute, to_minute| Interval { from_minute, to_minute };
    let mut weekly: [Vec<Interval>; 7] = Default::default();
    weekly[0] = vec![span(540, 720), span(780, 1080)];
    weekly[6] = vec![span(1320, 1560)];
    let holiday = DatedException { date: "2026-12-25".into(), name: "Christmas".into(), intervals: vec![] };
    let bot = Chatbot {
        id: "shop".into(),
        name: "Shop".into(),
        greeting: "Hi".into(),
        routing_mode: None,
        closed_policy: None,
        assistant: ChatbotAssistant {
            provider: Some("openai".into()),
            model: Some("small-1".into()),
            prompt: "You are {{chatbot_name}}.\nBe brief.".into(),
            knowledge_tags: vec!["orders, \"new\"".into(), "größe".into()],
            hand_off: Some(HandOffMode::Ask),
        },
        theme: Some("{\"colour\": \"#0a0\"}".into()),
        widget: ChatbotWidget {
            pre_chat: vec![PreChatField {
                key: "order".into(),
                label: "Größe, \"order\"?".into(),
                kind: FieldKind::LongText,
                required: true,
            }],
            languages: vec!["de".into(), "pt-BR".into()],
            powered_by: Some(String::new()),
        },
        hours: Some(BusinessHours { time_zone: "Europe/Berlin".into(), weekly, exceptions: vec![holiday] }),
        allowed_origins: vec!["https://shop.example".into()],
        created_at: NOW,
        updated_at: NOW,
    };
    store.put_chatbot(&bot).await.unwrap();
    store.put_chatbot(&bot).await.unwrap();
    assert_eq!(store.chatbots().await.unwrap(), vec![bot.clone()]);
    let plain = Chatbot {
        assistant: ChatbotAssistant::default(),
        theme: None,
        widget: ChatbotWidget::default(),
        hours: None,
        ..bot
    };
    store.put_chatbot(&plain).await.unwrap();
    assert_eq!(store.chatbots().await.unwrap(), vec![plain]);
    assert!(store.delete_chatbot(&"shop".into()).await.unwrap());
    assert!(store.chatbots().await.unwrap().is_empty());
}

async fn read_marks_only_move_forward(store: &dyn Store) {
    prepare(store).await;
    store.commit(&[said("a", "1"), said("a", "2")]).await.unwrap();
    let mark = |seq| Write::MarkRead {
        conversation_id: "a".into(),
        user_id: "cleo".into(),
        name: "Cleo".into(),
        seq,
        at: NOW,
    };
    let marked = store.commit(&[mark(1), mark(99), mark(1)]).await.unwrap();
    let stands = |seq, moved| Written::ReadMarked { seq, moved };
    assert_eq!(marked, vec![stands(1, true), stands(2, true), stands(2, false)]);
}

async fn migrations_go_forward_and_back(store: &dyn Store) {
    store.migrate().await.unwrap();
    let epoch = store.epoch().await.unwrap();
    store.migrate().await.unwrap();
    assert_eq!(store.epoch().await.unwrap(), epoch);
    store.revert_all().await.unwrap();
    assert!(store.epoch().await.is_err());
    store.migrate().await.unwrap();
    assert_ne!(store.epoch().await.unwrap(), epoch);
}

async fn a_key_is_held_by_one_answered_once_and_forgotten_in_the_end(store: &dyn Store) {
    prepare(store).await;
    let wish = |holder: &str, fingerprint: &str, since: Timestamp| KeyWish {
        user_id: "cleo".into(),
        key: "k".into(),
        fingerprint: fingerprint.into(),
        holder: holder.into(),
        at: NOW,
        since,
    };
    let reserve = async |holder: &str, fingerprint: &str| {
        store.reserve_key(&wish(holder, fingerprint, NOW - Millis::from_secs(1))).await.unwrap()
    };
    assert_eq!(reserve("one", "f").await, Reservation::Held);
    assert_eq!(reserve("two", "g").await, Reservation::Mismatch);
    assert_eq!(reserve("two", "f").await, Reservation::Held, "what was left behind is taken over");
    store.keep_answer(&"cleo".into(), "k", "one", 201, "late").await.unwrap();
    store.free_key(&"cleo".into(), "k", "one").await.unwrap();
    store.keep_answer(&"cleo".into(), "k", "two", 201, "{}").await.unwrap();
    store.free_key(&"cleo".into(), "k", "two").await.unwrap();
    assert_eq!(reserve("three", "f").await, Reservation::Answered { status: 201, body: "{}".into() });
    let later = store.reserve_key(&wish("four", "g", NOW + Millis::from_secs(1))).await.unwrap();
    assert_eq!(later, Reservation::Held, "after its time a key is a new one");
    store.free_key(&"cleo".into(), "k", "four").await.unwrap();
    assert_eq!(reserve("five", "h").await, Reservation::Held);
    store.sweep(NOW + Millis::from_secs(1)).await.unwrap();
    assert_eq!(reserve("six", "i").await, Reservation::Held);
}

async fn sqlite() -> (SqliteStore, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.db");
    (SqliteStore::open(path.to_str().unwrap()).await.unwrap(), folder)
}

macro_rules! conformance {
    ($($promise:ident),+ $(,)?) => {
        mod on_sqlite {
            $(#[tokio::test]
            async fn $promise() {
                let (store, _folder) = super::sqlite().await;
                super::$promise(&store).await;
            })+
        }

        mod on_postgres {
            $(#[tokio::test]
            async fn $promise() {
                let url = crate::support::postgres::fresh_database().await;
                let store = switchboard::store::PostgresStore::connect(&url, 4).await.unwrap();
                super::$promise(&store).await;
            })+
        }
    };
}

conformance!(
    numbers_are_gapless_and_repeats_take_none,
    the_engine_s_own_lines_are_no_activity,
    a_conflict_rolls_back_its_own_transaction_and_those_after_it,
    the_database_refuses_more_load_than_the_limit,
    a_refresh_token_is_used_once,
    a_refresh_token_in_its_grace_leads_to_the_same_next_one,
    a_merged_customer_is_merged_once,
    chatbots_come_back_as_they_were_put,
    read_marks_only_move_forward,
    migrations_go_forward_and_back,
    a_key_is_held_by_one_answered_once_and_forgotten_in_the_end,
    only_what_is_in_the_conversation_can_be_answered,
);

#[tokio::test]
async fn two_stores_on_one_database_keep_numbers_gapless() {
    let url = postgres::fresh_database().await;
    let one: Arc<dyn Store> = Arc::new(PostgresStore::connect(&url, 4).await.unwrap());
    prepare(one.as_ref()).await;
    let other: Arc<dyn Store> = Arc::new(PostgresStore::connect(&url, 4).await.unwrap());
    let write = |store: Arc<dyn Store>, name: &'static str| async move {
        for number in 0..50 {
            let batch = [said("a", &format!("{name}{number}")), said("b", &format!("{name}{number}"))];
            store.commit(&batch).await.unwrap();
        }
    };
    tokio::join!(write(Arc::clone(&one), "x"), write(other, "y"));
    let found = one.messages_after(&"a".into(), 0, 500).await.unwrap();
    let numbers: Vec<i64> = found.iter().map(|message| message.seq).collect();
    assert_eq!(numbers, (1..=100).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_server_that_went_away_and_came_back_is_used_again() {
    let server = postgres::Server::start();
    let url = postgres::fresh_database_in(&server.url).await;
    let store = PostgresStore::connect(&url, 2).await.unwrap();
    prepare(&store).await;
    server.stop();
    assert!(store.commit(&[said("a", "1")]).await.is_err());
    assert!(store.ping().await.is_err());
    server.start_again();
    // The first connections of the pool may still be the broken ones; each is thrown away when it is found out.
    let mut tries = 0;
    while store.commit(&[said("a", "1")]).await.is_err() {
        tries += 1;
        assert!(tries < 10);
    }
    assert_eq!(store.messages_after(&"a".into(), 0, 10).await.unwrap().len(), 1);
}

#[tokio::test]
async fn the_writer_answers_in_order_and_one_bad_item_harms_nobody() {
    let (store, _folder) = sqlite().await;
    prepare(&store).await;
    let seen = Arc::new(Mutex::new(Vec::new()));
    let watch = Arc::clone(&seen);
    let hook = Arc::new(move |batch: &[(Write, Written)]| {
        watch.lock().unwrap().extend(seqs(&batch.iter().map(|(_, written)| written.clone()).collect::<Vec<_>>()));
    });
    let writer = Writer::start(Arc::new(store), WriterSettings::default(), hook);
    let mut bad = said("a", "bad");
    if let Write::Append(message) = &mut bad {
        // The same id twice: the database says no to the whole batch, the writer finds out which item it was.
        message.id = "taken".into();
    }
    let mut first = said("a", "first");
    if let Write::Append(message) = &mut first {
        message.id = "taken".into();
    }
    writer.write(first).await.unwrap();
    let waiting: Vec<_> = [said("a", "1"), bad, said("b", "1")].into_iter().map(|write| writer.write(write)).collect();
    let mut results = Vec::new();
    for fate in waiting {
        results.push(fate.await);
    }
    assert!(results[0].is_ok() && results[2].is_ok());
    assert!(matches!(&results[1], Err(StoreError::Aborted(_))), "{:?}", results[1]);
    let conflict = writer.write(apply(7, vec![change("a", 9, ConversationStatus::Closed)])).await.unwrap();
    let fenced = writer.write(apply(7, vec![change("a", 1, ConversationStatus::Closed)])).await.unwrap();
    assert_eq!(
        (&conflict, &fenced),
        (&Written::Refused(WriteRefusal::Conflict), &Written::Refused(WriteRefusal::Conflict))
    );
    writer.drain().await;
    assert_eq!(seen.lock().unwrap()[..3], [Some((1, false)), Some((2, false)), Some((1, false))]);
}

/// Back to the first migration, and a chatbot of that time.
fn back_to_the_first(down: &str) -> String {
    format!(
        "{down} DELETE FROM __diesel_schema_migrations WHERE version = '00000000000002'; \
         INSERT INTO chatbots (id, name, greeting, allowed_origins, created_at, updated_at) \
         VALUES ('old', 'Old', 'Hi', '[]', {now}, {now});",
        now = NOW.as_millis()
    )
}

async fn the_old_chatbot_keeps_the_installation_s_assistant(store: &dyn Store) {
    store.migrate().await.unwrap();
    let found = store.chatbots().await.unwrap();
    assert_eq!(found.iter().map(|bot| bot.id.as_str()).collect::<Vec<_>>(), ["old"]);
    assert_eq!((&found[0].assistant, &found[0].theme), (&ChatbotAssistant::default(), &None));
}

#[tokio::test]
async fn chatbots_of_before_the_assistant_are_taken_over_on_sqlite() {
    use diesel::Connection as _;
    use diesel::connection::SimpleConnection;
    let (store, folder) = sqlite().await;
    store.migrate().await.unwrap();
    let path = folder.path().join("t.db");
    let mut conn = diesel::SqliteConnection::establish(path.to_str().unwrap()).unwrap();
    let down = back_to_the_first(include_str!("../../migrations/sqlite/00000000000002_assistant/down.sql"));
    SimpleConnection::batch_execute(&mut conn, &down).unwrap();
    assert!(store.chatbots().await.is_err());
    the_old_chatbot_keeps_the_installation_s_assistant(&store).await;
}

#[tokio::test]
async fn chatbots_of_before_the_assistant_are_taken_over_on_postgres() {
    let url = postgres::fresh_database().await;
    let store = PostgresStore::connect(&url, 2).await.unwrap();
    store.migrate().await.unwrap();
    let mut conn = AsyncPgConnection::establish(&url).await.unwrap();
    let down = back_to_the_first(include_str!("../../migrations/postgres/00000000000002_assistant/down.sql"));
    conn.batch_execute(&down).await.unwrap();
    assert!(store.chatbots().await.is_err());
    the_old_chatbot_keeps_the_installation_s_assistant(&store).await;
}

#[tokio::test]
async fn both_databases_have_the_same_columns() {
    use diesel::prelude::*;
    #[derive(diesel::QueryableByName)]
    struct Column {
        #[diesel(sql_type = diesel::sql_types::Text)]
        place: String,
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.db");
    SqliteStore::open(path.to_str().unwrap()).await.unwrap().migrate().await.unwrap();
    let mut lite = SqliteConnection::establish(path.to_str().unwrap()).unwrap();
    let query = "SELECT m.name || '.' || lower(p.name) || ' ' || lower(p.type) AS place FROM sqlite_master m \
                 JOIN pragma_table_info(m.name) p WHERE m.type = 'table' AND m.name NOT LIKE '\\_\\_%' ESCAPE '\\' \
                 AND m.name NOT LIKE 'search\\_%' ESCAPE '\\' ORDER BY 1";
    let lite: Vec<Column> = diesel::RunQueryDsl::load(diesel::sql_query(query), &mut lite).unwrap();
    let url = postgres::fresh_database().await;
    PostgresStore::connect(&url, 2).await.unwrap().migrate().await.unwrap();
    let mut pg = AsyncPgConnection::establish(&url).await.unwrap();
    pg.batch_execute("SELECT 1").await.unwrap();
    let query = "SELECT table_name || '.' || column_name || ' ' || data_type AS place FROM information_schema.columns \
                 WHERE table_schema = 'public' AND table_name NOT LIKE '\\_\\_%' ORDER BY 1";
    let pg: Vec<Column> = diesel_async::RunQueryDsl::load(diesel::sql_query(query), &mut pg).await.unwrap();
    let sorted = |columns: Vec<Column>| {
        let mut places: Vec<String> = columns.into_iter().map(|column| column.place).collect();
        places.sort();
        places
    };
    assert_eq!(sorted(lite), sorted(pg));
}
