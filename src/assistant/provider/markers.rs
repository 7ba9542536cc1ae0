//! Hand-off markers in the text of a model: taken out, also when split over pieces.
//!
//! `[ESCALATION_REQUESTED]` stands alone; `TRANSFER_TO_HUMAN: reason` takes the rest of its line.

const REQUESTED: &str = "[ESCALATION_REQUESTED]";
const TRANSFER: &str = "TRANSFER_TO_HUMAN";

/// The longest reason that is kept, in characters.
const REASON_CHARS: usize = 300;

/// Holds text back while it may be part of a marker.
#[derive(Debug, Default)]
pub struct MarkerFilter {
    held: String,
    in_reason: bool,
    reason: Option<String>,
}

impl MarkerFilter {
    /// At the start of a reply.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the next piece; gives the text that is safe to show, which may be none.
    pub fn push(&mut self, text: &str) -> String {
        self.held.push_str(text);
        self.drain(false)
    }

    /// At the end: the rest that is safe to show, and the reason if a marker was seen (empty when it named none).
    pub fn finish(mut self) -> (String, Option<String>) {
        let rest = self.drain(true);
        (rest, self.reason)
    }

    fn drain(&mut self, at_end: bool) -> String {
        let mut shown = String::new();
        loop {
            if self.in_reason && !self.take_reason(at_end) {
                return shown;
            }
            let Some((start, marker)) = first_marker(&self.held) else { break };
            let behind = self.held.split_off(start);
            shown.push_str(&self.held);
            self.held = behind.get(marker.len()..).unwrap_or_default().to_owned();
            self.reason.get_or_insert_default();
            self.in_reason = marker == TRANSFER;
        }
        let keep = if at_end { 0 } else { undecided(&self.held) };
        let behind = self.held.split_off(self.held.len().saturating_sub(keep));
        shown.push_str(&std::mem::replace(&mut self.held, behind));
        shown
    }

    /// Whether the reason's line is over.
    fn take_reason(&mut self, at_end: bool) -> bool {
        let Some(end) = self.held.find('\n').or(at_end.then_some(self.held.len())) else { return false };
        let behind = self.held.split_off(end);
        let line = std::mem::replace(&mut self.held, behind).replace(REQUESTED, "").replace(TRANSFER, "");
        let words: String = line.trim_start_matches(':').trim().chars().take(REASON_CHARS).collect();
        self.in_reason = false;
        if self.reason.as_ref().is_none_or(String::is_empty) {
            self.reason = Some(words);
        }
        true
    }
}

fn first_marker(text: &str) -> Option<(usize, &'static str)> {
    [REQUESTED, TRANSFER].into_iter().filter_map(|marker| Some((text.find(marker)?, marker))).min()
}

/// How many bytes at the end may be the beginning of a marker.
fn undecided(text: &str) -> usize {
    let begun = |marker: &str| {
        (1..marker.len()).rev().find(|&len| marker.get(..len).is_some_and(|head| text.ends_with(head))).unwrap_or(0)
    };
    begun(REQUESTED).max(begun(TRANSFER))
}

/// Untrusted text with the words of markers broken, for use in a prompt: repeated by a model, it is no marker.
pub fn neutralise(text: &str) -> String {
    super::prompt::break_words(text, &["escalation_requested", "transfer_to_human"])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn filter(pieces: &[&str]) -> (String, Option<String>) {
        let mut filter = MarkerFilter::new();
        let mut shown: String = pieces.iter().map(|piece| filter.push(piece)).collect();
        let (rest, reason) = filter.finish();
        shown.push_str(&rest);
        (shown, reason)
    }

    #[test]
    fn text_without_markers_passes_at_once() {
        let mut filter = MarkerFilter::new();
        assert_eq!(filter.push("Hello, [you]"), "Hello, [you]");
        assert_eq!(filter.push(" and T"), " and ");
        assert_eq!(filter.push("om"), "Tom");
        assert_eq!(filter.finish(), (String::new(), None));
    }

    #[test]
    fn markers_are_taken_out_and_their_reason_is_kept() {
        assert_eq!(
            filter(&["One moment. [ESCALATION_", "REQUESTED] Bye"]),
            ("One moment.  Bye".into(), Some("".into()))
        );
        let split = ["Sorry.\nTRANS", "FER_TO_HUMAN", ": wants a", " refund\nGood luck"];
        assert_eq!(filter(&split), ("Sorry.\n\nGood luck".into(), Some("wants a refund".into())));
        assert_eq!(filter(&["TRANSFER_TO_HUMAN"]), (String::new(), Some(String::new())));
    }

    proptest! {
        #[test]
        fn any_splitting_gives_the_same(
            parts in prop::collection::vec(
                prop::sample::select(vec![
                    "[ESCALATION_REQUESTED]", "TRANSFER_TO_HUMAN", ": why", "\n", "[ESC", "REQUESTED]", "TRANSFER", "é", " ",
                ]),
                0..12,
            ),
        ) {
            let text = parts.concat();
            let whole = filter(&[&text]);
            let letters: Vec<String> = text.chars().map(String::from).collect();
            let letters: Vec<&str> = letters.iter().map(String::as_str).collect();
            prop_assert_eq!(&filter(&letters), &whole);
            prop_assert_eq!(&filter(&parts), &whole);
        }
    }
}
