//! The words of each language by the part they play in a wish for a human. Lists are separated by commas, a `*` at
//! the end of a word stands for any ending, case and accents do not matter.

mod english;
mod germanic;
mod more;
mod romance;

/// The part that a word or phrase plays. The order decides when one word has two parts in one language.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Part {
    /// A phrase with a noun in it that is no person of ours: "travel agent".
    Mask,
    /// A phrase that is a question about us or the product, and no wish: "are you a".
    Deny,
    /// A whole wish: "put me through".
    Whole,
    /// Begins a question about how things are done: "how do I".
    How,
    /// "not", "without".
    Not,
    /// A human and nothing else: "real person".
    Human,
    /// A human by office; also a word of the product: "agent".
    Role,
    /// People, or a person in a sentence about other things: only together with a verb of speaking.
    Anyone,
    /// Speaking with somebody.
    Speak,
    /// Wanting or needing.
    Want,
    /// Handing over.
    Pass,
    /// The customer: "I", "me".
    Own,
    /// Somebody else as the one who does it: "customers".
    Other,
    /// Where one is handed to: "to", "with".
    Towards,
    /// Before a noun that is then no person of ours: "travel".
    Before,
    /// Behind such a noun: "seat".
    After,
    /// Parts what is before from what is behind: "about", "like".
    Apart,
    /// May stand anywhere in a wish: "please", "a", "really".
    Filler,
}

/// Where a noun may stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    /// Behind its verb, or before it when the customer is named in between: "a person I can talk to".
    VerbFirst,
    /// On either side.
    Free,
}

/// One language.
pub(super) struct Lexicon {
    /// ISO 639-1.
    pub language: &'static str,
    pub order: Order,
    /// Handing over counts only with the customer or a [`Part::Towards`] between: "connect me", "connect to".
    pub pass_needs_aim: bool,
    pub parts: &'static [(Part, &'static str)],
}

/// All languages. The first that finds a wish names it.
pub(super) const LEXICONS: &[Lexicon] = &[
    english::ENGLISH,
    germanic::GERMAN,
    romance::SPANISH,
    romance::FRENCH,
    romance::ITALIAN,
    romance::PORTUGUESE,
    germanic::DUTCH,
    more::POLISH,
    more::TURKISH,
    more::ARABIC,
    more::SWEDISH,
];
