//! What is said without an article: small talk, and not knowing.

use super::language::{Language, words};

/// A message that asks for nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SmallTalk {
    /// "hi"
    Greeting,
    /// "thanks"
    Thanks,
    /// "bye"
    Farewell,
    /// "ok"
    Consent,
    /// "how are you?"
    Wellbeing,
    /// "are you a bot?"
    Nature,
}

/// Whole messages, in words; a greeting before them and a thanks behind them change nothing.
const WHOLE: &[(SmallTalk, &[&str])] = &[
    (
        SmallTalk::Wellbeing,
        &[
            "how are you",
            "how are you doing",
            "hows it going",
            "whats up",
            "how is it going",
            "wie gehts",
            "wie geht es dir",
            "wie geht es ihnen",
            "wie gehts dir",
        ],
    ),
    (
        SmallTalk::Nature,
        &[
            "are you a bot",
            "are you a robot",
            "are you human",
            "are you a human",
            "are you real",
            "are you a real person",
            "is this a bot",
            "am i talking to a bot",
            "am i talking to a human",
            "am i talking to a robot",
            "are you an ai",
            "who are you",
            "what are you",
            "bist du ein bot",
            "bist du ein mensch",
            "sind sie ein bot",
            "sind sie ein mensch",
            "bist du ein roboter",
            "wer bist du",
            "wer sind sie",
            "ist da ein mensch",
        ],
    ),
];

const WORDS: &[(SmallTalk, &[&str])] = &[
    (SmallTalk::Farewell, &["bye", "goodbye", "cya", "tschüss", "tschüß", "tschuess", "ciao", "wiedersehen"]),
    (SmallTalk::Thanks, &["thanks", "thank", "thx", "ty", "cheers", "danke", "dankeschön", "merci", "dank"]),
    (
        SmallTalk::Greeting,
        &[
            "hi",
            "hello",
            "hey",
            "hiya",
            "howdy",
            "greetings",
            "morning",
            "evening",
            "afternoon",
            "hallo",
            "moin",
            "servus",
            "hej",
            "morgen",
            "tag",
            "abend",
        ],
    ),
    (
        SmallTalk::Consent,
        &[
            "ok", "okay", "okey", "alright", "great", "perfect", "cool", "nice", "fine", "super", "gut", "prima",
            "alles", "klar", "yes", "yep", "ja", "no", "nope", "nein",
        ],
    ),
];

/// Words that go with small talk and make it nothing else.
const FILLERS: &[&str] = &[
    "there", "you", "so", "much", "very", "a", "lot", "for", "the", "your", "help", "helping", "that", "was", "good",
    "all", "everyone", "to", "day", "have", "see", "later", "again", "and", "im", "now", "vielen", "sehr", "schön",
    "schönen", "guten", "auf", "für", "die", "hilfe", "noch", "einen", "zusammen", "und", "dir", "ihnen", "dear",
    "team", "oh", "is", "its", "das", "war", "bis", "bald",
];

/// The longest message that can be small talk, words.
const SMALL_WORDS: usize = 10;

/// What kind of small talk a message is, when it is nothing else.
pub fn small_talk(message: &str) -> Option<SmallTalk> {
    let said: Vec<String> = words(message).take(SMALL_WORDS + 1).collect();
    if said.is_empty() || said.len() > SMALL_WORDS {
        return None;
    }
    let of = |word: &String| WORDS.iter().find(|(_, list)| list.contains(&word.as_str())).map(|(kind, _)| *kind);
    let polite = |word: &String| matches!(of(word), Some(SmallTalk::Greeting | SmallTalk::Thanks));
    let begin = said.iter().take_while(|word| polite(word)).count();
    let end = said.iter().rposition(|word| !polite(word)).map_or(begin, |last| last + 1);
    let core = said.get(begin..end).unwrap_or_default().join(" ");
    if let Some((kind, _)) = WHOLE.iter().find(|(_, list)| list.contains(&core.as_str())) {
        return Some(*kind);
    }
    let known = said.iter().all(|word| of(word).is_some() || FILLERS.contains(&word.as_str()));
    if !known {
        return None;
    }
    let kinds: Vec<SmallTalk> = said.iter().filter_map(of).collect();
    // "hi, thanks, bye": the list's order is the order of weight.
    WORDS.iter().map(|(kind, _)| *kind).find(|kind| kinds.contains(kind))
}

/// The answer to small talk.
pub fn answer(talk: SmallTalk, language: Language) -> &'static str {
    match (language, talk) {
        (Language::English, SmallTalk::Greeting) => "Hello! What can I help you with?",
        (Language::English, SmallTalk::Thanks) => "You're welcome!",
        (Language::English, SmallTalk::Farewell) => "Goodbye, and thanks for writing.",
        (Language::English, SmallTalk::Consent) => "All right. Is there anything else you would like to know?",
        (Language::English, SmallTalk::Wellbeing) => "I'm well, thank you. What can I help you with?",
        (Language::English, SmallTalk::Nature) => {
            "I'm an automated assistant. I answer from our articles; you can ask for a person at any time."
        }
        (Language::German, SmallTalk::Greeting) => "Hallo! Wobei kann ich helfen?",
        (Language::German, SmallTalk::Thanks) => "Gern geschehen!",
        (Language::German, SmallTalk::Farewell) => "Auf Wiedersehen, und danke für die Nachricht.",
        (Language::German, SmallTalk::Consent) => "In Ordnung. Gibt es noch etwas, das Sie wissen möchten?",
        (Language::German, SmallTalk::Wellbeing) => "Mir geht es gut, danke. Wobei kann ich helfen?",
        (Language::German, SmallTalk::Nature) => {
            "Ich bin ein automatischer Assistent und antworte aus unseren Artikeln. Sie können jederzeit nach einem \
             Menschen fragen."
        }
    }
}

/// Not knowing, and what can be done about it.
pub fn unknown(language: Language, humans_reachable: bool) -> &'static str {
    match (language, humans_reachable) {
        (Language::English, true) => {
            "I'm sorry, I don't have an answer to that. Would you like me to connect you with a person?"
        }
        (Language::English, false) => {
            "I'm sorry, I don't have an answer to that, and nobody is there right now. You can leave a message for our \
             team."
        }
        (Language::German, true) => "Das weiß ich leider nicht. Soll ich Sie mit einem Menschen verbinden?",
        (Language::German, false) => {
            "Das weiß ich leider nicht, und im Moment ist niemand da. Sie können unserem Team eine Nachricht \
             hinterlassen."
        }
    }
}
