use proptest::prelude::*;

use super::super::conversation::{ConversationKind, ParticipantRole};
use super::super::ids::ConversationId;
use super::super::message::MessageKind;
use super::super::time::Timestamp;
use super::super::user::Role;
use super::*;

fn person(id: &str, role: Role) -> Person {
    Person { user_id: id.into(), role, name: id.to_owned() }
}

fn joining(id: &str, role: Role, part: Option<ParticipantRole>) -> Joining {
    Joining { person: person(id, role), part }
}

fn participant(id: &str, role: ParticipantRole) -> Participant {
    Participant {
        conversation_id: ConversationId::from("c"),
        user_id: id.into(),
        role,
        name: id.to_owned(),
        last_read_seq: 0,
        uncounted: 0,
        muted: false,
        archived: false,
        joined_at: Timestamp::from_millis(0),
        left_at: None,
    }
}

const KINDS: [ConversationKind; 5] = [
    ConversationKind::Support,
    ConversationKind::GuestStaff,
    ConversationKind::StaffStaff,
    ConversationKind::GuestGuest,
    ConversationKind::Group,
];
const ROLES: [Role; 3] = [Role::Customer, Role::Agent, Role::Admin];
const PARTS: [Option<ParticipantRole>; 4] =
    [None, Some(ParticipantRole::Owner), Some(ParticipantRole::Participant), Some(ParticipantRole::Staff)];

fn seat() -> impl Strategy<Value = Seat> {
    (prop::sample::select(&KINDS), prop::sample::select(&ROLES), prop::sample::select(&PARTS))
        .prop_map(|(kind, role, part)| Seat { kind, role, part })
}

/// What happens to a conversation, by place of the person.
#[derive(Clone, Debug)]
enum Step {
    Say(usize),
    Read(usize, i64),
    Delete(i64),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => (0..3_usize).prop_map(Step::Say),
        2 => (0..3_usize, 0..40_i64).prop_map(|(who, seq)| Step::Read(who, seq)),
        1 => (1..40_i64).prop_map(Step::Delete),
    ];
    prop::collection::vec(step, 0..60)
}

proptest! {
    /// The counters say what counting the messages one by one would say.
    #[test]
    fn what_is_unread_is_what_counting_would_find(steps in steps()) {
        let mut people: Vec<Participant> =
            ["a", "b", "c"].iter().map(|id| participant(id, ParticipantRole::Participant)).collect();
        // Sender and whether it was taken back.
        let mut said: Vec<(usize, bool)> = Vec::new();
        for step in steps {
            match step {
                Step::Say(who) => {
                    said.push((who, false));
                    let sender = people[who].user_id.clone();
                    people.iter_mut().for_each(|one| one.saw_posted(Some(&sender)));
                }
                Step::Read(who, seq) => {
                    let seq = seq.min(i64::try_from(said.len()).unwrap());
                    let later = said.iter().skip(usize::try_from(seq).unwrap());
                    let uncounted = later.filter(|(sender, gone)| *sender == who || *gone).count();
                    people[who].saw_read(seq, i64::try_from(uncounted).unwrap());
                }
                Step::Delete(seq) => {
                    let Some((sender, gone)) = said.get_mut(usize::try_from(seq - 1).unwrap()) else { continue };
                    if !std::mem::replace(gone, true) {
                        let sender = people[*sender].user_id.clone();
                        people.iter_mut().for_each(|one| one.saw_deleted(seq, Some(&sender)));
                    }
                }
            }
            let head = i64::try_from(said.len()).unwrap();
            for (who, one) in people.iter().enumerate() {
                let read = usize::try_from(one.last_read_seq).unwrap();
                let news = said.iter().skip(read).filter(|(sender, gone)| *sender != who && !gone).count();
                prop_assert_eq!(one.unread(head), i64::try_from(news).unwrap());
            }
        }
    }

    #[test]
    fn a_guest_never_comes_to_serve_and_never_brings_staff_or_leads_a_group(
        kind in prop::sample::select(&KINDS),
        others in prop::collection::vec((0..6_usize, prop::sample::select(&ROLES), prop::sample::select(&PARTS)), 0..5),
    ) {
        // Each id has one role.
        let others: Vec<Joining> = others
            .into_iter()
            .map(|(id, role, part)| joining(&format!("{}{id}", role.as_str()), role, part))
            .collect();
        let guest = person("guest", Role::Customer);
        if let Ok(parts) = compose(kind, &guest, &others) {
            prop_assert!(matches!(kind, ConversationKind::GuestStaff | ConversationKind::GuestGuest));
            prop_assert_eq!(parts.iter().filter(|(_, part)| *part == ParticipantRole::Owner).count(), 1);
            for (person, part) in &parts {
                prop_assert!(person.role.is_staff() || *part != ParticipantRole::Staff);
            }
        }
        let seat = Seat { kind, role: Role::Customer, part: Some(ParticipantRole::Participant) };
        if !others.is_empty() {
            prop_assert!(may_add(seat, &"guest".into(), &others).is_err());
        }
    }

    #[test]
    fn who_does_not_take_part_says_nothing_and_changes_nothing_of_others(seat in seat()) {
        let outside = Seat { part: None, ..seat };
        prop_assert_eq!(may_send(outside, MessageKind::Text), Err(Rejection::NotFound));
        if outside.role != Role::Admin {
            prop_assert!(!may_manage(outside));
            let other = participant("other", ParticipantRole::Participant);
            prop_assert!(may_remove(outside, &"me".into(), &other).is_err());
        }
    }

    #[test]
    fn everybody_who_takes_part_may_leave_and_only_admins_send_an_owner_away(seat in seat()) {
        let (me, owner) = (participant("me", ParticipantRole::Participant), participant("o", ParticipantRole::Owner));
        prop_assert_eq!(may_remove(seat, &me.user_id, &me).is_ok(), seat.part.is_some() || sends_anybody(seat));
        if may_remove(seat, &me.user_id, &owner).is_ok() {
            prop_assert_eq!(seat.role, Role::Admin);
        }
    }

    #[test]
    fn two_guests_stay_two(seat in seat(), role in prop::sample::select(&ROLES)) {
        let seat = Seat { kind: ConversationKind::GuestGuest, ..seat };
        prop_assert!(may_add(seat, &"me".into(), &[joining("third", role, None)]).is_err());
    }

    #[test]
    fn no_text_with_a_letter_is_an_emoji(text in "\\PC{0,8}") {
        if let Ok(found) = emoji("emoji", &text) {
            prop_assert!(!found.chars().any(char::is_alphabetic));
            prop_assert!(!found.is_empty());
        }
    }
}

fn sends_anybody(seat: Seat) -> bool {
    may_remove(seat, &"somebody else".into(), &participant("me", ParticipantRole::Participant)).is_ok()
}

#[test]
fn the_owner_s_successor_is_the_eldest_of_staff() {
    let mut people = vec![participant("o", ParticipantRole::Owner), participant("p", ParticipantRole::Participant)];
    let late = Participant { joined_at: Timestamp::from_millis(5), ..participant("s", ParticipantRole::Staff) };
    people.push(late);
    assert_eq!(successor(&people, &["o".into()]), Some("s".into()));
    assert_eq!(successor(&people, &["o".into(), "s".into()]), Some("p".into()));
    assert_eq!(successor(&people, &["p".into()]), None, "the owner stays");
    assert_eq!(successor(&people, &["o".into(), "p".into(), "s".into()]), None, "nobody is left");
}

#[test]
fn emoji_are_signs_alone() {
    for good in ["👍", "❤️", "👨‍👩‍👧‍👦", "🇩🇪", "1️⃣", "#️⃣", "🏴󠁧󠁢󠁳󠁣󠁴󠁿", "™"]
    {
        assert_eq!(emoji("emoji", good).as_deref(), Ok(good));
    }
    for bad in
        ["", " ", "ok", "👍 ok", "👍👍", "❤️👍", "1", "\u{200D}", "\u{FE0F}", "<b>", "\u{202E}👍", &"👍".repeat(17)]
    {
        assert!(emoji("emoji", bad).is_err(), "{bad:?}");
    }
}
