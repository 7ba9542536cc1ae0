//! What an agent reads first, made without a model.

use crate::assistant::Line;
use crate::domain::message::SenderRole;

use super::markers::{MarkerFilter, neutralise};

/// The longest summary, in characters.
pub const SUMMARY_CHARS: usize = 1_200;
/// The longest reason in it.
const REASON_CHARS: usize = 300;
/// The longest quotation in it.
const QUOTE_CHARS: usize = 240;

/// A list of at most five lines and [`SUMMARY_CHARS`] characters: the reason, the customer's first and last words,
/// how much was said, and what the assistant said last. Free of markers and control characters besides its line
/// breaks; the quoted words are untrusted.
pub fn summarise(lines: &[Line], reason: &str) -> String {
    let of = |role: SenderRole| {
        let said = lines.iter().filter(move |line| line.role == role);
        said.map(|line| clean(&line.text)).filter(|text| !text.is_empty())
    };
    let asked: Vec<String> = of(SenderRole::Customer).collect();
    let answered: Vec<String> = of(SenderRole::Ai).collect();
    // The greeting answers nothing.
    let greeted = lines.iter().take_while(|line| line.role != SenderRole::Customer);
    let greetings = greeted.filter(|line| line.role == SenderRole::Ai && !clean(&line.text).is_empty()).count();
    let reason = clean(reason);
    let reason = if reason.is_empty() { "not given".to_owned() } else { cut(&reason, REASON_CHARS) };
    let mut list = vec![format!("Reason: {reason}")];
    match asked.as_slice() {
        [] => list.push("The customer has not written yet.".to_owned()),
        [only] => list.push(format!("Asked: {}", quote(only))),
        [first, .., last] if first == last => list.push(format!("Asked again and again: {}", quote(first))),
        [first, .., last] => {
            list.push(format!("Asked first: {}", quote(first)));
            list.push(format!("Asked last: {}", quote(last)));
        }
    }
    list.push(format!(
        "{} from the customer, {} from the assistant.",
        count(asked.len(), "message"),
        count(answered.len() - greetings, "answer")
    ));
    if let Some(last) = answered.last() {
        list.push(format!("The assistant said last: {}", quote(last)));
    }
    // Last of all, since cutting and joining could make a marker of what was none.
    neutralise(&list.join("\n"))
}

fn count(number: usize, word: &str) -> String {
    if number == 1 { format!("1 {word}") } else { format!("{number} {word}s") }
}

fn quote(text: &str) -> String {
    // The quotation ends where we say.
    let inner = text.replace(['“', '”'], "\"");
    format!("“{}”", cut(&inner, QUOTE_CHARS))
}

/// One line without control characters, direction marks or markers.
fn clean(text: &str) -> String {
    let hidden =
        |c: char| matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}');
    let visible: String = text
        .chars()
        .filter(|c| !hidden(*c))
        .map(|c| if c.is_control() || c.is_whitespace() { ' ' } else { c })
        .collect();
    let line = visible.split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    let mut filter = MarkerFilter::new();
    let mut shown = filter.push(&line);
    shown.push_str(&filter.finish().0);
    shown.trim().to_owned()
}

/// At most `chars` characters, cut between words where there are any, with an ellipsis.
fn cut(text: &str, chars: usize) -> String {
    if text.chars().count() <= chars {
        return text.to_owned();
    }
    let head: String = text.chars().take(chars - 1).collect();
    let next_is_space = text.chars().nth(chars - 1) == Some(' ');
    let whole =
        if next_is_space { head.as_str() } else { head.rsplit_once(' ').map_or(head.as_str(), |(words, _)| words) };
    // A word that fills the line is cut inside.
    let whole = if whole.chars().count() * 2 < chars { head.as_str() } else { whole };
    format!("{}…", whole.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::Timestamp;
    use proptest::prelude::*;

    fn line(role: SenderRole, text: &str) -> Line {
        Line { role, text: text.to_owned(), at: Timestamp::from_millis(0) }
    }

    #[test]
    fn an_agent_reads_what_was_asked_and_answered() {
        let lines = [
            line(SenderRole::Customer, "Where is   my\norder?"),
            line(SenderRole::Ai, "It is on its way. [ESCALATION_REQUESTED]"),
            line(SenderRole::System, "Sam has joined"),
            line(SenderRole::Customer, "I want “a human”"),
        ];
        assert_eq!(
            summarise(&lines, "asked for a human\u{7}"),
            "Reason: asked for a human\nAsked first: “Where is my order?”\nAsked last: “I want \"a human\"”\n\
             2 messages from the customer, 1 answer from the assistant.\nThe assistant said last: “It is on its way.”"
        );
    }

    #[test]
    fn one_question_and_none_are_said_so() {
        let text = summarise(&[line(SenderRole::Customer, "Help")], "");
        assert_eq!(
            text,
            "Reason: not given\nAsked: “Help”\n1 message from the customer, 0 answers from the assistant."
        );
        assert!(summarise(&[], "button").contains("The customer has not written yet."));
    }

    #[test]
    fn long_words_are_cut_between_words() {
        let text = "word ".repeat(100);
        let cut_text = cut(text.trim(), QUOTE_CHARS);
        assert!(cut_text.ends_with("word…") && cut_text.chars().count() <= QUOTE_CHARS, "{cut_text}");
        assert_eq!(cut(&"x".repeat(500), 10), "xxxxxxxxx…");
        assert_eq!(cut("short", 10), "short");
    }

    proptest! {
        #[test]
        fn a_summary_is_short_and_clean(
            said in prop::collection::vec((any::<bool>(), "\\PC{0,400}|(\\[ESCALATION|_|REQUESTED|\\]|TRANSFER_TO_HUMAN|:|\n|\u{7}|[a-z ]){0,40}"), 0..8),
            reason in "\\PC{0,500}|(TRANSFER_|TO_HUMAN|:| |\\[){0,20}",
        ) {
            let role = |customer| if customer { SenderRole::Customer } else { SenderRole::Ai };
            let lines: Vec<Line> = said.iter().map(|(customer, text)| line(role(*customer), text)).collect();
            let text = summarise(&lines, &reason);
            prop_assert!(text.chars().count() <= SUMMARY_CHARS);
            prop_assert!(text.lines().count() <= 5 && !text.chars().any(|c| c.is_control() && c != '\n'));
            let mut filter = MarkerFilter::new();
            filter.push(&text);
            prop_assert_eq!(filter.finish().1, None);
        }
    }
}
