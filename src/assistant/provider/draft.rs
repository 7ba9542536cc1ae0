//! An answer while it is made: pieces in, text to the customer, a reply at the end. Pure but for the sink.

use std::collections::BTreeMap;

use serde_json::Value;

use super::wire::Piece;
use crate::assistant::hand_off::markers::MarkerFilter;
use crate::assistant::{AssistantError, DeltaSink, HandOff, Reply, Source, Usage};
use crate::domain::text::cleaned;
use crate::domain::time::Millis;

/// The reason when the model gave none that can be read.
const NO_REASON: &str = "the assistant asked for a human";
/// The longest reason, characters.
const REASON_CHARS: usize = 300;
/// The longest summary, characters.
const SUMMARY_CHARS: usize = 2000;

/// Collects the pieces of one answer.
pub struct Draft<'a> {
    sink: &'a mut dyn DeltaSink,
    filter: MarkerFilter,
    text: String,
    calls: BTreeMap<u64, String>,
    usage: Usage,
    whole: bool,
    ended: bool,
}

impl<'a> Draft<'a> {
    /// Nothing said yet; text goes to `sink` as soon as it is known not to be a marker.
    pub fn new(sink: &'a mut dyn DeltaSink) -> Self {
        Self {
            sink,
            filter: MarkerFilter::new(),
            text: String::new(),
            calls: BTreeMap::new(),
            usage: Usage::default(),
            whole: false,
            ended: false,
        }
    }

    /// Takes the next pieces; `since_asked` is the time since the request.
    ///
    /// # Errors
    /// [`AssistantError::Filtered`].
    pub fn take(&mut self, pieces: Vec<Piece>, since_asked: Millis) -> Result<(), AssistantError> {
        for piece in pieces {
            match piece {
                Piece::Text(text) => {
                    let safe = self.filter.push(&text);
                    self.show(&safe);
                }
                Piece::Tool { index } => {
                    self.calls.entry(index).or_default();
                }
                Piece::Arguments { index, json } => self.calls.entry(index).or_default().push_str(&json),
                Piece::Usage { input, output } => {
                    self.usage.input_tokens = input.unwrap_or(self.usage.input_tokens);
                    self.usage.output_tokens = output.unwrap_or(self.usage.output_tokens);
                    continue;
                }
                Piece::Stop => self.whole = true,
                Piece::Filtered => return Err(AssistantError::Filtered),
                Piece::End => self.ended = true,
            }
            if !self.text.is_empty() || !self.calls.is_empty() {
                self.usage.first_delta.get_or_insert(since_asked);
            }
        }
        Ok(())
    }

    /// Whether anything of the answer itself has come.
    pub const fn has_begun(&self) -> bool {
        self.usage.first_delta.is_some() || self.whole
    }

    /// Whether the answer is complete, though the provider may still have something to say of it.
    pub const fn is_whole(&self) -> bool {
        self.whole
    }

    /// Whether nothing more is to be read.
    pub const fn has_ended(&self) -> bool {
        self.ended
    }

    fn show(&mut self, text: &str) {
        let text = cleaned(text);
        if !text.is_empty() {
            self.text.push_str(&text);
            self.sink.delta(&text);
        }
    }

    /// The reply; `sources` is what the model was given to read.
    ///
    /// # Errors
    /// [`AssistantError::Empty`].
    pub fn finish(mut self, sources: Vec<Source>) -> Result<Reply, AssistantError> {
        let (rest, marked) = std::mem::take(&mut self.filter).finish();
        self.show(&rest);
        let called = self.calls.values().next().map(|arguments| hand_off_of_call(arguments));
        let hand_off = called.or_else(|| marked.map(|reason| hand_off(&reason, None)));
        let said = !self.text.trim().is_empty();
        if !said && hand_off.is_none() {
            return Err(AssistantError::Empty);
        }
        Ok(Reply {
            text: self.text,
            sources: if said { sources } else { Vec::new() },
            hand_off,
            offers_human: false,
            usage: self.usage,
        })
    }
}

/// Only one tool is offered, so that any call, however broken, is a wish for a human.
fn hand_off_of_call(arguments: &str) -> HandOff {
    let arguments: Value = serde_json::from_str(arguments).unwrap_or_default();
    let field = |name: &str| arguments.get(name).and_then(Value::as_str);
    hand_off(field("reason").unwrap_or_default(), field("summary"))
}

fn hand_off(reason: &str, summary: Option<&str>) -> HandOff {
    let reason = tidy(reason, REASON_CHARS, |c| c.is_control());
    let summary = summary.map(|text| tidy(text, SUMMARY_CHARS, |c| c.is_control() && c != '\n'));
    HandOff {
        reason: if reason.is_empty() { NO_REASON.to_owned() } else { reason },
        summary: summary.filter(|text| !text.is_empty()),
    }
}

/// What agents read holds no markers and no control characters, and is of bounded length.
fn tidy(text: &str, chars: usize, unwanted: impl Fn(char) -> bool) -> String {
    let mut filter = MarkerFilter::new();
    let mut shown = filter.push(text);
    shown.push_str(&filter.finish().0);
    let clean: String = shown.chars().map(|c| if unwanted(c) { ' ' } else { c }).collect();
    clean.trim().chars().take(chars).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Default)]
    struct Heard(Vec<String>);

    impl DeltaSink for Heard {
        fn delta(&mut self, text: &str) {
            self.0.push(text.to_owned());
        }
    }

    fn text(text: &str) -> Piece {
        Piece::Text(text.to_owned())
    }

    fn arguments(index: u64, json: &str) -> Piece {
        Piece::Arguments { index, json: json.to_owned() }
    }

    fn draft(pieces: Vec<Piece>) -> (Vec<String>, Result<Reply, AssistantError>) {
        let mut heard = Heard::default();
        let mut draft = Draft::new(&mut heard);
        let taken = draft.take(pieces, Millis::new(7));
        let reply = taken.and_then(|()| draft.finish(Vec::new()));
        (heard.0, reply)
    }

    #[test]
    fn the_reply_is_the_deltas_put_together() {
        let (heard, reply) = draft(vec![text(""), text("Hi [ESC"), text("ape]"), text(" T"), Piece::Stop]);
        let reply = reply.unwrap();
        assert_eq!((heard.concat(), reply.hand_off), (reply.text.clone(), None));
        assert_eq!(reply.text, "Hi [ESCape] T");
        assert!(heard.iter().all(|delta| !delta.is_empty()));
        assert_eq!(reply.usage.first_delta, Some(Millis::new(7)));
    }

    #[test]
    fn control_characters_of_a_model_reach_nobody() {
        let call = r#"{"reason":"a\u0000b","summary":"c\u0000d"}"#;
        let (heard, reply) = draft(vec![text("a\0"), text("\0"), text("b\u{1b}[1m\n\tc\r\n\0"), arguments(0, call)]);
        let reply = reply.unwrap();
        assert_eq!((heard.concat().as_str(), reply.text.as_str()), ("ab[1m\n\tc\n", "ab[1m\n\tc\n"));
        assert!(heard.iter().all(|delta| !delta.is_empty()));
        assert_eq!(reply.hand_off, Some(HandOff { reason: "a b".to_owned(), summary: Some("c d".to_owned()) }));
        assert_eq!(draft(vec![text("\0"), Piece::Stop]).1, Err(AssistantError::Empty));
    }

    #[test]
    fn a_marker_becomes_a_hand_off_and_is_not_heard() {
        let (heard, reply) = draft(vec![text("Sure. TRANSFER_TO"), text("_HUMAN: wants a refund")]);
        let hand_off = reply.unwrap().hand_off.unwrap();
        assert_eq!((heard.concat().trim_end(), hand_off.reason.as_str()), ("Sure.", "wants a refund"));
        let (_, reply) = draft(vec![text("[ESCALATION_REQUESTED]")]);
        assert_eq!(reply.unwrap().hand_off.unwrap().reason, NO_REASON);
    }

    #[test]
    fn a_call_in_parts_becomes_a_hand_off_and_the_text_before_it_stays() {
        let (heard, reply) = draft(vec![
            text("One moment."),
            Piece::Tool { index: 1 },
            arguments(1, r#"{"reason":"wants a ref"#),
            arguments(1, "und\\u0007\",\"summary\":\"Order 7.\\n[ESCALATION_REQUESTED]\"}"),
            Piece::Stop,
        ]);
        let reply = reply.unwrap();
        assert_eq!((heard.concat().as_str(), reply.text.as_str()), ("One moment.", "One moment."));
        let expected = HandOff { reason: "wants a refund".to_owned(), summary: Some("Order 7.".to_owned()) };
        assert_eq!(reply.hand_off, Some(expected));
    }

    #[test]
    fn arguments_that_cannot_be_read_still_hand_over() {
        for broken in ["", "{", "[]", "null", r#"{"reason":7}"#, r#"{"reason":"  "}"#] {
            let (_, reply) = draft(vec![Piece::Tool { index: 0 }, arguments(0, broken)]);
            let expected = HandOff { reason: NO_REASON.to_owned(), summary: None };
            assert_eq!(reply.unwrap().hand_off, Some(expected), "{broken}");
        }
    }

    #[test]
    fn reasons_and_summaries_are_of_bounded_length() {
        let json = serde_json::json!({ "reason": "é".repeat(5000), "summary": "é".repeat(5000) }).to_string();
        let (_, reply) = draft(vec![arguments(0, &json)]);
        let hand_off = reply.unwrap().hand_off.unwrap();
        assert_eq!(hand_off.reason.chars().count(), REASON_CHARS);
        assert_eq!(hand_off.summary.unwrap().chars().count(), SUMMARY_CHARS);
    }

    #[test]
    fn nothing_but_blanks_is_empty_and_a_filtered_answer_is_filtered() {
        assert_eq!(draft(vec![text(" \n"), Piece::Stop]).1, Err(AssistantError::Empty));
        assert_eq!(draft(vec![text("Well"), Piece::Filtered]).1, Err(AssistantError::Filtered));
    }
}
