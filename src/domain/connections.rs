//! Who is connected, how often and by which dialect: a census, counted apart on each worker thread and added up.

use std::collections::BTreeMap;

use super::conversation::names;
use super::ids::UserId;
use super::time::Timestamp;
use super::user::Role;

/// What a client speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Dialect {
    /// The plain dialect, keys like `conversationId`.
    Plain,
    /// The plain dialect, keys like `conversation_id`.
    PlainSnake,
    /// Socket.IO.
    SocketIo,
}
names!(Dialect { Plain = "plain", PlainSnake = "plain_snake", SocketIo = "socket_io" });

impl Dialect {
    /// All of them, in the order in which they are shown.
    pub const ALL: [Self; 3] = [Self::Plain, Self::PlainSnake, Self::SocketIo];
}

/// One person's links.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersonLinks {
    /// Whose role.
    pub role: Role,
    /// Links by dialect; none is zero.
    pub by_dialect: BTreeMap<Dialect, i64>,
    /// When the oldest of them became known.
    pub since: Timestamp,
}

impl PersonLinks {
    /// How many links.
    pub fn count(&self) -> i64 {
        self.by_dialect.values().sum()
    }
}

/// People and their links.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// People.
    pub users: i64,
    /// Links of theirs.
    pub connections: i64,
}

/// All people who have a link.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Census {
    people: BTreeMap<UserId, PersonLinks>,
}

impl Census {
    /// Counts one link.
    pub fn add(&mut self, user_id: &UserId, role: Role, dialect: Dialect, since: Timestamp) {
        let links = PersonLinks { role, by_dialect: BTreeMap::from([(dialect, 1)]), since };
        self.put(user_id.clone(), links);
    }

    /// Adds what was counted elsewhere.
    pub fn merge(&mut self, other: Self) {
        for (user_id, links) in other.people {
            self.put(user_id, links);
        }
    }

    fn put(&mut self, user_id: UserId, links: PersonLinks) {
        let Some(known) = self.people.get_mut(&user_id) else {
            self.people.insert(user_id, links);
            return;
        };
        known.since = known.since.min(links.since);
        for (dialect, count) in links.by_dialect {
            *known.by_dialect.entry(dialect).or_default() += count;
        }
    }

    /// Who is connected, by id, after a person (none = from the first on).
    pub fn after(&self, user_id: Option<&UserId>) -> impl Iterator<Item = (&UserId, &PersonLinks)> {
        use std::ops::Bound::{Excluded, Unbounded};
        self.people.range::<UserId, _>((user_id.map_or(Unbounded, Excluded), Unbounded))
    }

    /// All together.
    pub fn total(&self) -> Count {
        self.count(|_| true)
    }

    /// Those of one role.
    pub fn of_role(&self, role: Role) -> Count {
        self.count(|links| links.role == role)
    }

    /// Links of one dialect, and the people who have one.
    pub fn of_dialect(&self, dialect: Dialect) -> Count {
        let theirs = self.people.values().filter_map(|links| links.by_dialect.get(&dialect));
        theirs.fold(Count::default(), |sum, count| Count { users: sum.users + 1, connections: sum.connections + count })
    }

    fn count(&self, which: impl Fn(&PersonLinks) -> bool) -> Count {
        self.people.values().filter(|links| which(links)).fold(Count::default(), |sum, links| Count {
            users: sum.users + 1,
            connections: sum.connections + links.count(),
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    type Link = (u8, usize, usize, i64);

    fn census<'a>(links: impl IntoIterator<Item = &'a Link>) -> Census {
        let mut census = Census::default();
        for (user, _, dialect, since) in links {
            // A person has one role.
            let role = [Role::Customer, Role::Agent, Role::Admin][usize::from(user % 3)];
            let (user_id, since) = (UserId::new(format!("u{user}")), Timestamp::from_millis(*since));
            census.add(&user_id, role, Dialect::ALL[*dialect], since);
        }
        census
    }

    fn sum(counts: impl Iterator<Item = Count>) -> Count {
        counts.fold(Count::default(), |sum, count| Count {
            users: sum.users + count.users,
            connections: sum.connections + count.connections,
        })
    }

    proptest! {
        #[test]
        fn threads_counted_apart_are_one_census(
            links in prop::collection::vec((0_u8..9, 0_usize..4, 0_usize..3, 0_i64..1000), 0..60),
        ) {
            let whole = census(&links);
            let mut merged = Census::default();
            for thread in 0..4 {
                merged.merge(census(links.iter().filter(|link| link.1 == thread)));
            }
            prop_assert_eq!(&merged, &whole);

            prop_assert_eq!(whole.total().connections, i64::try_from(links.len()).unwrap());
            prop_assert_eq!(sum(Role::ALL.into_iter().map(|role| whole.of_role(role))), whole.total());
            let of_dialects = sum(Dialect::ALL.into_iter().map(|dialect| whole.of_dialect(dialect)));
            prop_assert_eq!(of_dialects.connections, whole.total().connections);
            for (user_id, theirs) in whole.after(None) {
                let own = links.iter().filter(|link| format!("u{}", link.0) == user_id.as_str());
                prop_assert_eq!(Some(theirs.since.as_millis()), own.clone().map(|link| link.3).min());
                prop_assert_eq!(theirs.count(), i64::try_from(own.count()).unwrap());
            }
        }

        #[test]
        fn pages_of_it_are_the_whole(users in prop::collection::vec(0_u8..30, 0..40), page in 1_usize..5) {
            let census = census(&users.iter().map(|user| (*user, 0, 0, 0)).collect::<Vec<_>>());
            let (mut seen, mut last): (Vec<UserId>, Option<UserId>) = (Vec::new(), None);
            loop {
                let here: Vec<UserId> = census.after(last.as_ref()).take(page).map(|it| it.0.clone()).collect();
                let Some(end) = here.last().cloned() else { break };
                seen.extend(here);
                last = Some(end);
            }
            let all: Vec<UserId> = census.after(None).map(|it| it.0.clone()).collect();
            prop_assert_eq!(seen, all);
        }
    }
}
