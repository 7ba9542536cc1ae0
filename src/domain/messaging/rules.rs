//! Who may be together in which kind of conversation, and what each may do there.

use super::super::conversation::{ConversationKind, Participant, ParticipantRole};
use super::super::ids::UserId;
use super::super::message::{Message, MessageKind};
use super::super::rejection::Rejection;
use super::super::time::{Millis, Timestamp};
use super::super::user::Role;
use super::change::Joining;

/// Somebody known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// Who.
    pub user_id: UserId,
    /// What they are in the product.
    pub role: Role,
    /// Shown to the others.
    pub name: String,
}

/// How the one who asks sits in a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seat {
    /// The conversation's kind.
    pub kind: ConversationKind,
    /// What the person is in the product.
    pub role: Role,
    /// The part they have; none for those who only look on.
    pub part: Option<ParticipantRole>,
}

/// The parts of those who begin a conversation together: the creator is the owner, staff serve, guests are invited.
///
/// | kind | who |
/// |---|---|
/// | guest and staff | one guest, and one or more of staff |
/// | staff | two or more of staff |
/// | guests | two guests |
/// | group | two or more of any, begun by staff |
///
/// # Errors
/// `NotFound` when these people cannot be together in this kind.
pub fn compose(
    kind: ConversationKind,
    creator: &Person,
    others: &[Joining],
) -> Result<Vec<(Person, ParticipantRole)>, Rejection> {
    let mut found = vec![(creator.clone(), ParticipantRole::Owner)];
    for Joining { person, part } in others {
        if found.iter().any(|(known, _)| known.user_id == person.user_id) {
            continue;
        }
        found.push((person.clone(), part_of(person, *part)));
    }
    let staff = found.iter().filter(|(person, _)| person.role.is_staff()).count();
    let guests = found.len() - staff;
    let fits = match kind {
        ConversationKind::Support => false,
        ConversationKind::GuestStaff => guests == 1 && staff >= 1,
        ConversationKind::StaffStaff => guests == 0 && staff >= 2,
        ConversationKind::GuestGuest => guests == 2 && staff == 0,
        ConversationKind::Group => creator.role.is_staff() && found.len() >= 2,
    };
    if fits { Ok(found) } else { Err(Rejection::NotFound) }
}

/// The part that somebody gets who comes in: a guest never serves, and nobody is made an owner.
fn part_of(person: &Person, asked: Option<ParticipantRole>) -> ParticipantRole {
    match asked {
        _ if !person.role.is_staff() => ParticipantRole::Participant,
        Some(ParticipantRole::Participant) => ParticipantRole::Participant,
        _ => ParticipantRole::Staff,
    }
}

/// Whether somebody may rename, close and open a conversation: its owner, staff who serve there, admins.
pub fn may_manage(seat: Seat) -> bool {
    matches!(seat.part, Some(ParticipantRole::Owner | ParticipantRole::Staff)) || seat.role == Role::Admin
}

/// The parts of those who come into a conversation that is there.
///
/// Guests among themselves stay two. A guest is joined by staff only, a conversation of staff as well; an agent may come
/// into a guest's conversation by themselves.
///
/// # Errors
/// `NotFound`.
pub fn may_add(seat: Seat, me: &UserId, coming: &[Joining]) -> Result<Vec<(Person, ParticipantRole)>, Rejection> {
    let only_me = coming.iter().all(|joining| joining.person.user_id == *me);
    let fits = |joining: &Joining| match seat.kind {
        ConversationKind::Support | ConversationKind::GuestGuest => false,
        ConversationKind::GuestStaff | ConversationKind::StaffStaff => joining.person.role.is_staff(),
        ConversationKind::Group => true,
    };
    // The owner of a conversation with staff may be a guest; it is not theirs to bring in more of staff.
    let manages = may_manage(seat) && (seat.role.is_staff() || seat.kind == ConversationKind::Group);
    let helps = seat.kind == ConversationKind::GuestStaff && seat.role.is_staff() && only_me;
    if coming.iter().all(fits) && (manages || helps) {
        Ok(coming.iter().map(|joining| (joining.person.clone(), part_of(&joining.person, joining.part))).collect())
    } else {
        Err(Rejection::NotFound)
    }
}

/// Whether somebody may send another away. Everybody may leave; an owner is sent away by admins only.
///
/// # Errors
/// `NotFound`.
pub fn may_remove(seat: Seat, me: &UserId, going: &Participant) -> Result<(), Rejection> {
    let leaves = going.user_id == *me && seat.part.is_some();
    let sends = seat.kind != ConversationKind::GuestGuest
        && may_manage(seat)
        && (seat.role.is_staff() || seat.kind == ConversationKind::Group)
        && (going.role != ParticipantRole::Owner || seat.role == Role::Admin);
    if leaves || sends { Ok(()) } else { Err(Rejection::NotFound) }
}

/// Who is the owner once these have gone: the one who is there longest, staff first.
pub fn successor(people: &[Participant], going: &[UserId]) -> Option<UserId> {
    let stays = |one: &&Participant| one.is_here() && !going.contains(&one.user_id);
    let staying: Vec<&Participant> = people.iter().filter(stays).collect();
    if staying.iter().any(|one| one.role == ParticipantRole::Owner) {
        return None;
    }
    let rank = |one: &&&Participant| (one.role != ParticipantRole::Staff, one.joined_at, one.user_id.clone());
    staying.iter().min_by_key(rank).map(|one| one.user_id.clone())
}

/// Whether somebody may send a message of this kind: guests write texts, staff and hosts in their name the others too.
///
/// # Errors
/// `NotFound` for those who do not take part; `Invalid` for a kind that is not theirs.
pub fn may_send(seat: Seat, kind: MessageKind) -> Result<(), Rejection> {
    if seat.part.is_none() {
        return Err(Rejection::NotFound);
    }
    match kind {
        MessageKind::Text => Ok(()),
        MessageKind::System | MessageKind::Automated if seat.role.is_staff() => Ok(()),
        _ => {
            let message = if seat.role.is_staff() { "must be text, system or automated" } else { "must be text" };
            Err(Rejection::Invalid { field: "data.messageType".into(), message: message.into() })
        }
    }
}

/// Whether somebody may give a message another text: their own, while they take part, within the window (zero = always).
///
/// # Errors
/// `NotFound`; `Invalid` when it is too late.
pub fn may_edit(seat: Seat, me: &UserId, message: &Message, now: Timestamp, window: Millis) -> Result<(), Rejection> {
    if seat.part.is_none() || message.sender_id.as_ref() != Some(me) || message.deleted_at.is_some() {
        return Err(Rejection::NotFound);
    }
    if window > Millis::ZERO && now > message.created_at + window {
        return Err(Rejection::Invalid { field: "data.messageId".into(), message: "is too old to be changed".into() });
    }
    Ok(())
}

/// Whether somebody may take a message back: their own, or any as staff who look after the conversation.
///
/// # Errors
/// `NotFound`.
pub fn may_delete(seat: Seat, me: &UserId, message: &Message) -> Result<(), Rejection> {
    let own = seat.part.is_some() && message.sender_id.as_ref() == Some(me);
    if own || (seat.role.is_staff() && may_manage(seat)) { Ok(()) } else { Err(Rejection::NotFound) }
}
