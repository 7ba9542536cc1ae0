//! Who types and who is here, in one room or over one process. Both forget by themselves.

use std::collections::{BTreeMap, BTreeSet};

use super::ids::{SessionId, UserId};
use super::time::{Millis, Timestamp};

/// Who is typing in a room.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Typing {
    lasts: Millis,
    until: BTreeMap<UserId, Timestamp>,
}

impl Typing {
    /// A notice lasts this long unless it is renewed.
    pub fn new(lasts: Millis) -> Self {
        Self { lasts, until: BTreeMap::new() }
    }

    /// Somebody types. True when that is news; a renewal is not.
    pub fn start(&mut self, user: &UserId, now: Timestamp) -> bool {
        let until = now + self.lasts;
        match self.until.get_mut(user) {
            Some(known) => {
                let lapsed = *known <= now;
                *known = until;
                lapsed
            }
            None => self.until.insert(user.clone(), until).is_none(),
        }
    }

    /// Somebody stopped, sent the message, or left. True when that is news.
    pub fn stop(&mut self, user: &UserId) -> bool {
        self.until.remove(user).is_some()
    }

    /// Takes out those whose notice has run out by `now`, in the order of their ids.
    pub fn expire(&mut self, now: Timestamp) -> Vec<UserId> {
        let expired: Vec<UserId> =
            self.until.iter().filter(|(_, until)| **until <= now).map(|(user, _)| user.clone()).collect();
        for user in &expired {
            self.until.remove(user);
        }
        expired
    }

    /// When [`Typing::expire`] has something to do next.
    pub fn next_deadline(&self) -> Option<Timestamp> {
        self.until.values().min().copied()
    }

    /// Who types at `now`, for somebody who comes in.
    pub fn typing(&self, now: Timestamp) -> impl Iterator<Item = &UserId> {
        self.until.iter().filter(move |(_, until)| **until > now).map(|(user, _)| user)
    }
}

/// What a link's coming or going means for its user.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PresenceChange {
    /// The first link: the user is online now.
    CameOnline,
    /// The last link went: the user is offline now.
    WentOffline,
    /// Another device is still there, or the message was a repeat.
    Unchanged,
}

/// Who is online, over all devices. Links are counted by their session, so late and repeated messages do no harm.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Online {
    links: BTreeMap<UserId, BTreeSet<SessionId>>,
}

impl Online {
    /// A session of the user is linked.
    pub fn linked(&mut self, user: &UserId, session: &SessionId) -> PresenceChange {
        let sessions = self.links.entry(user.clone()).or_default();
        let first = sessions.is_empty();
        sessions.insert(session.clone());
        if first { PresenceChange::CameOnline } else { PresenceChange::Unchanged }
    }

    /// A session of the user is gone.
    pub fn unlinked(&mut self, user: &UserId, session: &SessionId) -> PresenceChange {
        let Some(sessions) = self.links.get_mut(user) else { return PresenceChange::Unchanged };
        sessions.remove(session);
        if !sessions.is_empty() {
            return PresenceChange::Unchanged;
        }
        self.links.remove(user);
        PresenceChange::WentOffline
    }

    /// Whether any device of the user is linked.
    pub fn is_online(&self, user: &UserId) -> bool {
        self.links.contains_key(user)
    }

    /// The linked sessions of a user.
    pub fn sessions(&self, user: &UserId) -> impl Iterator<Item = &SessionId> {
        self.links.get(user).into_iter().flatten()
    }

    /// The users that are online, in the order of their ids.
    pub fn users(&self) -> impl Iterator<Item = &UserId> {
        self.links.keys()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TYPING_LASTS: Millis = Millis::from_secs(6);

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    fn user(n: u8) -> UserId {
        UserId::new(format!("u{n}"))
    }

    #[test]
    fn typing_is_told_once_and_expires_by_itself_after_six_seconds() {
        let mut typing = Typing::new(TYPING_LASTS);
        assert!(typing.start(&user(1), at(0)));
        assert!(!typing.start(&user(1), at(3000)), "a renewal is no news");
        assert_eq!(typing.next_deadline(), Some(at(9000)));
        assert!(typing.expire(at(8999)).is_empty());
        assert_eq!(typing.expire(at(9000)), vec![user(1)]);
        assert!(!typing.stop(&user(1)));
        assert_eq!(typing.next_deadline(), None);
    }

    #[test]
    fn a_user_is_offline_only_when_the_last_device_goes() {
        let (mut online, phone, desk) = (Online::default(), SessionId::from("phone"), SessionId::from("desk"));
        assert_eq!(online.linked(&user(1), &phone), PresenceChange::CameOnline);
        assert_eq!(online.linked(&user(1), &desk), PresenceChange::Unchanged);
        assert_eq!(online.linked(&user(1), &desk), PresenceChange::Unchanged);
        assert_eq!(online.unlinked(&user(1), &phone), PresenceChange::Unchanged);
        assert_eq!(online.unlinked(&user(1), &phone), PresenceChange::Unchanged, "a repeat");
        assert!(online.is_online(&user(1)));
        assert_eq!(online.sessions(&user(1)).collect::<Vec<_>>(), vec![&desk]);
        assert_eq!(online.unlinked(&user(1), &desk), PresenceChange::WentOffline);
        assert_eq!(online.users().count(), 0);
    }

    proptest! {
        #[test]
        fn typing_agrees_with_the_last_thing_said(
            steps in prop::collection::vec((0u8..3, 0u8..3, 0i64..4000), 1..60),
        ) {
            let (mut typing, mut now) = (Typing::new(TYPING_LASTS), 0);
            let mut model: BTreeMap<UserId, i64> = BTreeMap::new();
            let mut shown: BTreeSet<UserId> = BTreeSet::new();
            for (who, what, later) in steps {
                now += later;
                let who = user(who);
                match what {
                    0 => {
                        if typing.start(&who, at(now)) {
                            shown.insert(who.clone());
                        }
                        model.insert(who, now + 6000);
                    }
                    1 => {
                        let news = typing.stop(&who);
                        prop_assert_eq!(news, model.remove(&who).is_some());
                        shown.remove(&who);
                    }
                    _ => {
                        for gone in typing.expire(at(now)) {
                            prop_assert!(model.remove(&gone).unwrap() <= now);
                            shown.remove(&gone);
                        }
                        prop_assert!(model.values().all(|until| *until > now));
                        prop_assert_eq!(&shown, &model.keys().cloned().collect());
                    }
                }
                prop_assert_eq!(typing.next_deadline(), model.values().min().map(|until| at(*until)));
                let here: Vec<UserId> = typing.typing(at(now)).cloned().collect();
                let expected: Vec<UserId> =
                    model.iter().filter(|(_, until)| **until > now).map(|(who, _)| who.clone()).collect();
                prop_assert_eq!(here, expected);
            }
        }

        #[test]
        fn online_is_having_a_link(steps in prop::collection::vec((0u8..3, 0u8..3, any::<bool>()), 0..80)) {
            let (mut online, mut model) = (Online::default(), BTreeSet::new());
            for (who, device, on) in steps {
                let session = SessionId::new(format!("s{who}{device}"));
                let was = model.iter().any(|(other, _)| *other == who);
                let change = if on {
                    model.insert((who, device));
                    online.linked(&user(who), &session)
                } else {
                    model.remove(&(who, device));
                    online.unlinked(&user(who), &session)
                };
                let is = model.iter().any(|(other, _)| *other == who);
                prop_assert_eq!(online.is_online(&user(who)), is);
                let expected = match (was, is) {
                    (false, true) => PresenceChange::CameOnline,
                    (true, false) => PresenceChange::WentOffline,
                    _ => PresenceChange::Unchanged,
                };
                prop_assert_eq!(change, expected);
            }
        }
    }
}
