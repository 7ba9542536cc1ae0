//! The counters in the database say what counting the messages would say, whatever happens in which batch.

use switchboard::domain::conversation::{Conversation, ConversationKind, Participant, ParticipantRole};
use switchboard::domain::message::{MessageKind, NewMessage, SenderRole};
use switchboard::domain::messaging::{Alteration, AlterationWhat, Altered, AlteredWhat, Attachment, Post};
use switchboard::domain::search::terms;
use switchboard::domain::time::Timestamp;
use switchboard::domain::user::Role;
use switchboard::store::{
    MessagingFilter, NewConversation, PostgresStore, Reach, SqliteStore, Store, Write, WriteRefusal, Written,
};

use crate::store::{new_conversation, user};

const NOW: Timestamp = Timestamp::from_millis(1_795_428_000_000);

async fn prepare(store: &dyn Store, kind: ConversationKind) {
    store.migrate().await.unwrap();
    for id in ["a", "b", "c"] {
        store.ensure_user(&user(id, Role::Customer), 5).await.unwrap();
    }
    let Write::Create(new) = new_conversation("x", "a") else { unreachable!() };
    let participant = |id: &str| Participant {
        conversation_id: "x".into(),
        user_id: id.into(),
        role: ParticipantRole::Participant,
        name: id.to_owned(),
        last_read_seq: 0,
        uncounted: 0,
        muted: false,
        archived: false,
        joined_at: NOW,
        left_at: None,
    };
    let new = NewConversation {
        conversation: Conversation { kind, ..new.conversation },
        participants: ["a", "b", "c"].map(participant).to_vec(),
    };
    store.commit(&[Write::Create(Box::new(new))]).await.unwrap();
}

fn said_as(client_id: &str, content: &str) -> Write {
    let Write::Post(post) = said("a", client_id, Vec::new()) else { unreachable!() };
    let message = NewMessage { content: content.to_owned(), ..post.message };
    Write::Post(Box::new(Post { message, ..*post }))
}

fn said(by: &str, client_id: &str, attachments: Vec<String>) -> Write {
    let message = NewMessage {
        id: uuid::Uuid::new_v4().to_string().into(),
        conversation_id: "x".into(),
        sender_id: Some(by.into()),
        sender_name: by.to_owned(),
        sender_role: SenderRole::Customer,
        kind: MessageKind::Text,
        content: client_id.to_owned(),
        ai_generated: false,
        client_id: Some(client_id.to_owned()),
        reply_to: None,
        metadata: None,
        created_at: NOW,
    };
    Write::Post(Box::new(Post { message, guarded: true, attachments }))
}

fn alter(by: &str, what: AlterationWhat) -> Write {
    Write::Alter(Box::new(Alteration { conversation_id: "x".into(), by: by.into(), at: NOW, what }))
}

async fn unread(store: &dyn Store, id: &str) -> i64 {
    let list = store.messaging_list(&id.into(), &MessagingFilter::default(), 10, 0).await.unwrap();
    list[0].mine.unread(list[0].conversation.last_seq)
}

/// Counted one by one.
async fn counted(store: &dyn Store, id: &str) -> i64 {
    let mine = store.participants(&"x".into()).await.unwrap().into_iter().find(|one| one.user_id == id.into()).unwrap();
    let news = store.messages_after(&"x".into(), mine.last_read_seq, 1000).await.unwrap();
    let news = news.iter().filter(|one| one.deleted_at.is_none() && one.sender_id != Some(id.into()));
    i64::try_from(news.count()).unwrap()
}

async fn what_is_unread_is_what_counting_finds(store: &dyn Store) {
    prepare(store, ConversationKind::Group).await;
    // A fixed walk: batches of several things, so that things of one batch meet.
    let (mut state, mut posted) = (7_u64, 0_i64);
    for round in 0..30 {
        let mut batch = Vec::new();
        for item in 0..4 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let who = ["a", "b", "c"][usize::try_from((state >> 33) % 3).unwrap()];
            batch.push(match (state >> 40) % 6 {
                0 => alter(who, AlterationWhat::Read { seq: i64::try_from((state >> 50) % 60).unwrap() }),
                1 if posted > 0 => {
                    let seq = 1 + i64::try_from(state >> 45).unwrap() % posted;
                    let one = store.messages_after(&"x".into(), seq - 1, 1).await.unwrap().pop().unwrap();
                    alter(who, AlterationWhat::Delete { message_id: one.id })
                }
                2 if round > 3 => said(who, &format!("repeat-{who}"), Vec::new()),
                _ => said(who, &format!("{round}-{item}"), Vec::new()),
            });
        }
        let written = store.commit(&batch).await.unwrap();
        let fresh = |one: &&Written| matches!(one, Written::Appended { duplicate: false, .. });
        posted += i64::try_from(written.iter().filter(fresh).count()).unwrap();
        for id in ["a", "b", "c"] {
            assert_eq!(unread(store, id).await, counted(store, id).await, "{id} after round {round}");
        }
    }
    assert!(posted > 40, "{posted}");
}

async fn the_blocked_are_refused_in_the_same_transaction(store: &dyn Store) {
    prepare(store, ConversationKind::GuestGuest).await;
    store.set_block(&"b".into(), &"a".into(), true, NOW).await.unwrap();
    assert!(store.is_blocked(&["b".into(), "c".into()], &"a".into()).await.unwrap());
    assert!(!store.is_blocked(&["a".into()], &"b".into()).await.unwrap());
    let written = store.commit(&[said("a", "1", Vec::new()), said("b", "1", Vec::new())]).await.unwrap();
    assert_eq!(written[0], Written::Refused(WriteRefusal::NotFound));
    assert!(matches!(&written[1], Written::Appended { message, .. } if message.seq == 1), "{written:?}");
}

async fn files_are_taken_by_one_message_or_not_at_all(store: &dyn Store) {
    prepare(store, ConversationKind::Group).await;
    let file = |id: &str, owner: &str| Attachment {
        id: id.to_owned(),
        owner_id: owner.into(),
        message_id: None,
        name: "x.png".into(),
        media_type: "image/png".into(),
        bytes: 3,
        width: Some(1),
        height: Some(2),
        thumbnail: true,
        created_at: NOW,
    };
    for (id, owner) in [("f1", "a"), ("f2", "a"), ("f3", "b"), ("f4", "a")] {
        store.add_attachment(&file(id, owner)).await.unwrap();
    }
    let files = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect::<Vec<_>>();
    let batch = [
        said("a", "1", files(&["f1", "f2"])),
        said("a", "2", files(&["f2"])),
        said("a", "3", files(&["f3"])),
        said("a", "4", files(&["nothing"])),
        said("a", "1", files(&["f1", "f2"])),
    ];
    let written = store.commit(&batch).await.unwrap();
    let Written::Appended { message, duplicate: false } = &written[0] else { panic!("{written:?}") };
    for refused in &written[1..4] {
        assert_eq!(*refused, Written::Refused(WriteRefusal::NotFound));
    }
    let again = store.commit(&[said("a", "1", files(&["f1", "f2"]))]).await.unwrap();
    assert!(matches!(&again[0], Written::Appended { duplicate: true, .. }), "{again:?}");
    let taken = store.attachments_of(std::slice::from_ref(&message.id)).await.unwrap();
    assert_eq!(taken.iter().map(|one| one.id.as_str()).collect::<Vec<_>>(), ["f1", "f2"]);
    assert_eq!(store.attachment("f1").await.unwrap().unwrap().message_id.as_ref(), Some(&message.id));
    let later = Timestamp::from_millis(NOW.as_millis() + 1);
    let dropped = store.drop_unused_attachments(later, 10).await.unwrap();
    let mut dropped: Vec<&str> = dropped.iter().map(|one| one.id.as_str()).collect();
    dropped.sort_unstable();
    assert_eq!(dropped, ["f3", "f4"]);
    assert_eq!(store.attachment("f3").await.unwrap(), None);
    // What is taken back lets its files go.
    store.commit(&[alter("a", AlterationWhat::Delete { message_id: message.id.clone() })]).await.unwrap();
    assert_eq!(store.drop_unused_attachments(later, 10).await.unwrap().len(), 2);
}

async fn reactions_are_kept_once_and_go_with_the_message(store: &dyn Store) {
    prepare(store, ConversationKind::Group).await;
    let written = store.commit(&[said("a", "1", Vec::new())]).await.unwrap();
    let Written::Appended { message, .. } = &written[0] else { panic!("{written:?}") };
    let react =
        |by: &str, on| alter(by, AlterationWhat::React { message_id: message.id.clone(), emoji: "👍".to_owned(), on });
    let written = store.commit(&[react("b", true), react("b", true), react("c", false)]).await.unwrap();
    let what = |place: usize| match &written[place] {
        Written::Altered(altered) => {
            let Altered { what, .. } = &**altered;
            what.clone()
        }
        other => panic!("{other:?}"),
    };
    assert!(matches!(what(0), AlteredWhat::Reacted { on: true, seq: 1, .. }));
    assert_eq!((what(1), what(2)), (AlteredWhat::Nothing, AlteredWhat::Nothing));
    let found = store.reactions_to(std::slice::from_ref(&message.id)).await.unwrap();
    assert_eq!(found.iter().map(|one| one.user_id.as_str()).collect::<Vec<_>>(), ["b"]);
    store.commit(&[alter("a", AlterationWhat::Delete { message_id: message.id.clone() })]).await.unwrap();
    assert_eq!(store.reactions_to(std::slice::from_ref(&message.id)).await.unwrap(), []);
}

/// Scripts whose vowels are marks, accents of their own, letters that one database does not know as such.
async fn words_of_every_script_are_found_and_go_with_their_message(store: &dyn Store) {
    prepare(store, ConversationKind::Group).await;
    let found = async |query: &str| {
        let terms = terms(query);
        let hits = store.search_messages(&terms, &Reach::People("b".into()), None, 50).await;
        hits.unwrap_or_else(|error| panic!("{query}: {error}")).len()
    };
    const ODD: &str = "Ⓐ a\u{24B7}c 𞤀𞤁 𠀀𠀁";
    let texts = [
        "मुझे हिन्दी में मदद चाहिए",
        "สวัสดีครับ มีห้องว่างไหม",
        "আমার বাংলা বই",
        "re\u{301}sume\u{301} attached",
        "Straße nach İstanbul",
        ODD,
        "I",
        "👍",
    ];
    for (place, text) in texts.into_iter().enumerate() {
        let written = store.commit(&[said_as(&format!("w{place}"), text)]).await.unwrap();
        let Written::Appended { message, .. } = &written[0] else { panic!("{written:?}") };
        let words = terms(text);
        for word in &words {
            // Lower case is not the same everywhere for some letters: those are not found, and do no harm.
            let hits = found(word).await;
            assert!(hits == 1 || text == ODD || word.contains("i\u{307}"), "{word} of {text}: {hits}");
        }
        let edit = AlterationWhat::Edit { message_id: message.id.clone(), content: format!("changed{place}") };
        let written = store.commit(&[alter("a", edit)]).await.unwrap();
        assert!(matches!(&written[0], Written::Altered(_)), "{text}: {written:?}");
        assert_eq!(found(&format!("changed{place}")).await, 1, "{text}");
        for word in &words {
            assert_eq!(found(word).await, 0, "{word} of {text} after it was changed");
        }
        let delete = AlterationWhat::Delete { message_id: message.id.clone() };
        store.commit(&[alter("a", delete)]).await.unwrap();
        assert_eq!(found(&format!("changed{place}")).await, 0, "{text}");
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
                let store = super::PostgresStore::connect(&url, 4).await.unwrap();
                super::$promise(&store).await;
            })+
        }
    };
}

conformance!(
    what_is_unread_is_what_counting_finds,
    the_blocked_are_refused_in_the_same_transaction,
    files_are_taken_by_one_message_or_not_at_all,
    reactions_are_kept_once_and_go_with_the_message,
    words_of_every_script_are_found_and_go_with_their_message,
);
