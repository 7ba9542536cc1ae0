//! Identifiers: cheap to clone, ordered by their text, opaque to the outside.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use super::time::Timestamp;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone)]
        pub struct $name(Arc<str>);

        // Most ids that are compared and equal are clones of each other: one look at the pointers is enough then.
        impl PartialEq for $name {
            fn eq(&self, other: &Self) -> bool {
                Arc::ptr_eq(&self.0, &other.0) || self.0 == other.0
            }
        }

        impl Eq for $name {}

        impl Hash for $name {
            fn hash<H: Hasher>(&self, state: &mut H) {
                self.0.hash(state);
            }
        }

        impl PartialOrd for $name {
            fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
                Some(self.cmp(other))
            }
        }

        impl Ord for $name {
            fn cmp(&self, other: &Self) -> Ordering {
                if Arc::ptr_eq(&self.0, &other.0) { Ordering::Equal } else { self.0.cmp(&other.0) }
            }
        }

        impl $name {
            /// Wraps the text of an id.
            pub fn new(text: impl Into<Arc<str>>) -> Self {
                Self(text.into())
            }

            /// The id as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.into())
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self(text.into())
            }
        }
    };
}

id!(
    /// A person: customer, agent or admin. The host application's `sub`, or ours.
    UserId
);
id!(
    /// A conversation record and, while it is live, its room.
    ConversationId
);
id!(
    /// A stored message or internal note.
    MessageId
);
id!(
    /// An offer of a conversation to an agent (a transfer request on the wire).
    OfferId
);
id!(
    /// One span in which an agent owned a conversation.
    AssignmentId
);
id!(
    /// One stored routing decision.
    DecisionId
);
id!(
    /// A chatbot: greeting, hours and routing settings of one entrance to the product.
    ChatbotId
);
id!(
    /// A client link that outlives its socket.
    SessionId
);
id!(
    /// Correlates every log line of one request. At most 64 characters.
    RequestId
);

/// The longest id, in characters.
pub const MAX_ID_CHARS: usize = 128;

/// Whether a text can be an id: 1 to [`MAX_ID_CHARS`] characters without control characters.
pub fn is_id(text: &str) -> bool {
    !text.is_empty() && text.chars().nth(MAX_ID_CHARS).is_none() && !text.chars().any(char::is_control)
}

/// An id that a client names. What cannot be one becomes the empty text, which nothing is called by: so it is looked
/// for and not found like any unknown id, and no database gets to see what it cannot store.
pub fn named(text: impl Into<String>) -> String {
    let text = text.into();
    if is_id(&text) { text } else { String::new() }
}

/// An agent is a user with the role agent; the two ids are the same.
pub type AgentId = UserId;

/// Makes `UUIDv7` texts (RFC 9562 §5.7) without a source of randomness of its own.
///
/// The caller gives an epoch that was never used before (random bits, drawn outside the domain); within one
/// epoch the counter keeps ids apart. A core that is rebuilt after a crash must be given a new epoch, so that
/// an id which was never committed cannot come back with another meaning.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct IdGenerator {
    epoch: u64,
    counter: u64,
}

impl IdGenerator {
    /// A generator for one epoch.
    pub fn new(epoch: u64) -> Self {
        Self { epoch, counter: 0 }
    }

    /// The next id, stamped with `now`.
    pub fn next(&mut self, now: Timestamp) -> String {
        self.counter = self.counter.wrapping_add(1);
        let millis = u64::try_from(now.as_millis()).unwrap_or(0) & 0xFFFF_FFFF_FFFF;
        let counter = self.counter & 0xFFF;
        let tail = mix(self.epoch ^ mix(self.counter)) & 0x3FFF_FFFF_FFFF_FFFF;
        let bits = (u128::from(millis) << 80)
            | (0x7_u128 << 76)
            | (u128::from(counter) << 64)
            | (0b10_u128 << 62)
            | u128::from(tail);
        let mut text = String::with_capacity(36);
        for (place, byte) in bits.to_be_bytes().into_iter().enumerate() {
            if matches!(place, 4 | 6 | 8 | 10) {
                text.push('-');
            }
            for nibble in [byte >> 4, byte & 0xF] {
                text.push(char::from(if nibble < 10 { b'0' + nibble } else { b'a' - 10 + nibble }));
            }
        }
        text
    }
}

/// The finalizer of splitmix64 (Steele, Lea, Flood 2014): a bijection that spreads every input bit.
fn mix(value: u64) -> u64 {
    let mut z = value.wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_an_id_names_nothing() {
        for id in ["a", "0199e7d0-0001", "Zoë 7", &"é".repeat(128)] {
            assert_eq!(named(id), id);
        }
        for odd in ["", "a\0b", "a\n", "\u{85}", &"é".repeat(129)] {
            assert_eq!(named(odd), "");
        }
    }

    #[test]
    fn ids_are_version_7_and_distinct_within_and_across_epochs() {
        let mut seen = std::collections::BTreeSet::new();
        for epoch in 0..50 {
            let mut ids = IdGenerator::new(epoch);
            for _ in 0..200 {
                let id = ids.next(Timestamp::from_millis(1_700_000_000_000));
                let parsed = uuid::Uuid::parse_str(&id).unwrap();
                assert_eq!(parsed.get_version_num(), 7);
                assert_eq!(parsed.get_variant(), uuid::Variant::RFC4122);
                assert!(seen.insert(id));
            }
        }
    }
}
