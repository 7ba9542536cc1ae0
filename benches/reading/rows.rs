//! A person with much to read.

use switchboard::domain::conversation::{
    Conversation, ConversationKind, ConversationStatus, Handler, Participant, ParticipantRole,
};
use switchboard::domain::message::{MessageKind, NewMessage, SenderRole};
use switchboard::domain::messaging::Post;
use switchboard::domain::time::{Millis, Timestamp};
use switchboard::domain::user::{Role, User};
use switchboard::store::{NewConversation, Store, Write};

/// [`post`] spreads over as many.
pub const CONVERSATIONS: usize = 10_000;
pub const MESSAGES: usize = 1_000_000;
/// Takes part in all of them.
pub const ME: &str = "ada";
/// Each takes part in a few: the first one in ten.
pub const OTHERS: [&str; 2] = ["bob", "eve"];

const BATCH: usize = 2_000;
const VOCABULARY: u64 = 8_000;
const START: Timestamp = Timestamp::from_millis(1_795_428_000_000);

/// Numbers that look like chance and are the same in every run (splitmix64).
#[derive(Default)]
pub struct Words(u64);

impl Words {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % bound
    }

    /// A word by its rank: letters only, different for each, none the beginning of another.
    fn of_rank(rank: u64) -> String {
        let letter = |place: u32| char::from(b'a' + u8::try_from((rank / 20_u64.pow(place)) % 20).expect("a letter"));
        (0..4).map(letter).chain(['z']).collect()
    }

    /// Few words are frequent and most are rare, as in any language: the rank is about Zipf's.
    fn word(&mut self) -> String {
        let top = self.below(VOCABULARY) + 1;
        Self::of_rank(self.below(top))
    }

    /// Ten words; every second text has "the".
    fn text(&mut self) -> String {
        let mut words: Vec<String> = (0..10).map(|_| self.word()).collect();
        if self.below(2) == 0 {
            words[4] = "the".to_owned();
        }
        words.join(" ")
    }

    /// What is asked, by kind.
    pub fn questions(mut self, rounds: usize) -> Vec<(&'static str, Vec<String>)> {
        let mut of = |ranks: std::ops::Range<u64>, beside: &str| -> Vec<String> {
            let any = |words: &mut Self| Self::of_rank(ranks.start + words.below(ranks.end - ranks.start));
            (0..rounds).map(|_| format!("{}{beside}", any(&mut self))).collect()
        };
        vec![
            ("a rare word", of(6_000..8_000, "")),
            ("a usual word", of(200..2_000, "")),
            ("a frequent word", of(0..20, "")),
            ("a usual word and \"the\"", of(200..2_000, " the")),
            ("\"the\", which is in every second message", vec!["the".to_owned(); 10]),
        ]
    }
}

fn user(id: &str) -> User {
    User { id: id.into(), role: Role::Agent, name: id.to_owned(), email: None, created_at: START, disabled: false }
}

fn conversation(place: usize) -> Write {
    let id = format!("conversation-{place:05}");
    let participant = |who: &str| Participant {
        conversation_id: id.as_str().into(),
        user_id: who.into(),
        role: ParticipantRole::Staff,
        name: who.to_owned(),
        last_read_seq: 0,
        uncounted: 0,
        muted: false,
        archived: false,
        joined_at: START,
        left_at: None,
    };
    let other = OTHERS[usize::from(!place.is_multiple_of(CONVERSATIONS / 10))];
    let conversation = Conversation {
        id: id.as_str().into(),
        kind: if place.is_multiple_of(3) { ConversationKind::Group } else { ConversationKind::StaffStaff },
        status: ConversationStatus::Active,
        handler: Handler::Human,
        chatbot_id: None,
        customer_id: ME.into(),
        customer_name: ME.to_owned(),
        subject: None,
        client_id: Some(format!("messages:{place}")),
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
        last_message_at: START,
        created_at: START,
        idle_warned_at: None,
        version: 1,
        metadata: None,
    };
    Write::Create(Box::new(NewConversation { conversation, participants: vec![participant(ME), participant(other)] }))
}

fn post(words: &mut Words, place: usize) -> Write {
    let by = if words.below(2) == 0 { ME } else { OTHERS[1] };
    let message = NewMessage {
        id: format!("message-{place:07}").into(),
        conversation_id: format!("conversation-{:05}", words.below(10_000)).into(),
        sender_id: Some(by.into()),
        sender_name: by.to_owned(),
        sender_role: SenderRole::Agent,
        kind: MessageKind::Text,
        content: words.text(),
        ai_generated: false,
        client_id: Some(format!("m{place}")),
        reply_to: None,
        metadata: None,
        created_at: START + Millis::new(i64::try_from(place).expect("fits")),
    };
    Write::Post(Box::new(Post { message, guarded: false, attachments: Vec::new() }))
}

pub async fn fill(store: &dyn Store) {
    for id in [ME, OTHERS[0], OTHERS[1]] {
        store.ensure_user(&user(id), 5).await.expect("a person");
    }
    let mut words = Words(1);
    let conversations: Vec<Write> = (0..CONVERSATIONS).map(conversation).collect();
    for batch in conversations.chunks(BATCH) {
        store.commit(batch).await.expect("conversations");
    }
    for from in (0..MESSAGES).step_by(BATCH) {
        let batch: Vec<Write> = (from..from + BATCH).map(|place| post(&mut words, place)).collect();
        store.commit(&batch).await.expect("messages");
    }
}
