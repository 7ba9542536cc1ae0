//! Text markers by which a model without tools asks for a human (seed 002): `[ESCALATION_REQUESTED]` and
//! `TRANSFER_TO_HUMAN: reason`. They are taken out of a streamed text before anybody sees them.
//!
//! The filter is a machine over characters, so how a text is cut into pieces cannot change what comes out.

use std::collections::VecDeque;

/// The longest reason, in characters.
pub const REASON_CHARS: usize = 300;

/// White space before a marker that is looked at; more of it is text.
const LEAD_SPACES: usize = 64;
/// Emphasis, quotes and brackets around a marker that are looked at.
const OPENERS: usize = 8;
/// Spaces after the opening bracket.
const PADDING: usize = 8;
/// Characters between the words of a marker: `_`, `\_`; between brackets `-` and a space as well.
const JOINTS: usize = 3;
/// Longer than any beginning of a marker without its lead.
const TAIL_CHARS: usize = 80;

/// What stands between two pieces of text that would be a marker if a marker between them left no trace.
const SEAM: char = '…';

/// A way to write a marker.
struct Form {
    words: &'static [&'static str],
    /// Whether it is one without brackets around it.
    bare: bool,
}

const FORMS: &[Form] = &[
    Form { words: &["escalation", "requested"], bare: false },
    Form { words: &["transfer", "to", "human"], bare: true },
];

/// What a piece of text is, read from its first character.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scan {
    /// Not a marker, whatever follows.
    Not,
    /// Perhaps a marker; more has to come. `begun`: more than the space before one.
    Open { begun: bool },
    /// The words of a marker; the last character read is the one behind them.
    Found { spaces: usize, openers: usize, words_end: usize },
}

/// Where the filter stands.
#[derive(Clone, Debug)]
enum State {
    /// In text; what is held may be the beginning of a marker.
    Text,
    /// Behind the words between brackets, up to the bracket or the end of the line.
    Bracket,
    /// Behind the words without brackets, up to the end of the line.
    Line,
    /// Behind the marker, while what was opened before it is closed: how much has been.
    Closing(usize),
    /// In the white space behind it; `reopened` was not closed and stays around the text that follows.
    Gap { after: Vec<char>, reopened: Vec<char> },
}

/// Takes markers out of a text that comes in pieces.
#[derive(Clone, Debug)]
pub struct MarkerFilter {
    state: State,
    held: Vec<char>,
    /// White space before the marker that was just read.
    before: Vec<char>,
    /// Emphasis and the like that was opened before it, without the marker's own bracket.
    opened: Vec<char>,
    reading: Reading,
    /// The first reason that is not empty; set as soon as any marker was read.
    reason: Option<String>,
    /// The newest characters that were let through.
    tail: VecDeque<char>,
}

impl Default for MarkerFilter {
    fn default() -> Self {
        Self::new()
    }
}

impl MarkerFilter {
    /// At the beginning of a text.
    pub const fn new() -> Self {
        Self {
            state: State::Text,
            held: Vec::new(),
            before: Vec::new(),
            opened: Vec::new(),
            reading: Reading { text: String::new(), chars: 0, owes_space: false },
            reason: None,
            tail: VecDeque::new(),
        }
    }

    /// Takes the next piece and gives the text that can be shown: everything but what may begin a marker. May be
    /// empty.
    pub fn push(&mut self, piece: &str) -> String {
        let mut out = String::new();
        for next in piece.chars() {
            self.take(next, &mut out);
        }
        out
    }

    /// Whether a marker was seen so far.
    pub const fn has_marker(&self) -> bool {
        self.reason.is_some() || matches!(self.state, State::Bracket | State::Line)
    }

    /// Ends the text: the rest of it, and the reason if there was a marker (empty when it gave none).
    pub fn finish(mut self) -> (String, Option<String>) {
        let mut out = String::new();
        if matches!(self.state, State::Text) {
            // The words at the very end are a marker as well.
            let mut ended = self.held.clone();
            ended.push('\n');
            if matches!(scan(&ended), Scan::Found { .. }) {
                self.take('\n', &mut out);
            }
        }
        match self.state {
            State::Text => {
                for left in std::mem::take(&mut self.held) {
                    self.show(left, &mut out);
                }
            }
            State::Bracket | State::Line => self.note_reason(),
            State::Closing(_) | State::Gap { .. } => {
                if self.tail_scans(&['\n'], |found| matches!(found, Scan::Found { .. })) {
                    self.show(SEAM, &mut out);
                }
            }
        }
        (out, self.reason)
    }

    fn take(&mut self, next: char, out: &mut String) {
        match &mut self.state {
            State::Text => {
                self.held.push(next);
                self.settle(out);
            }
            State::Bracket if next == ']' => {
                self.note_reason();
                self.state = State::Closing(0);
            }
            State::Line if next == '`' && self.opened.ends_with(&['`']) => {
                self.note_reason();
                self.state = State::Closing(1);
            }
            State::Bracket | State::Line if next == '\n' => {
                self.note_reason();
                self.gap(Vec::new());
                self.take(next, out);
            }
            State::Bracket | State::Line => self.reading.take(next),
            State::Closing(closed) => {
                let wanted = self.opened.iter().rev().nth(*closed).map(|open| mirror(*open));
                if wanted == Some(next) {
                    *closed += 1;
                } else if !(next.is_whitespace() && *closed == 0 && self.opened.ends_with(FENCE)) {
                    let reopened = if *closed == 0 { std::mem::take(&mut self.opened) } else { Vec::new() };
                    self.gap(reopened);
                    self.take(next, out);
                }
            }
            State::Gap { after, .. } if next.is_whitespace() => {
                if after.len() < LEAD_SPACES {
                    after.push(next);
                }
            }
            State::Gap { .. } => {
                self.leave_gap(next);
                self.take(next, out);
            }
        }
    }

    /// Lets go of what cannot begin a marker.
    fn settle(&mut self, out: &mut String) {
        loop {
            match scan(&self.held) {
                Scan::Open { .. } => return,
                Scan::Found { spaces, openers, words_end } => {
                    let behind = self.held.split_off(words_end);
                    self.begin(spaces, openers);
                    behind.into_iter().for_each(|next| self.take(next, out));
                    return;
                }
                Scan::Not => {
                    let first = self.held.remove(0);
                    self.show(first, out);
                }
            }
        }
    }

    /// The words of a marker are read: everything held is part of it.
    fn begin(&mut self, spaces: usize, openers: usize) {
        let mut held = std::mem::take(&mut self.held);
        self.opened = held.split_off(spaces);
        self.before = held;
        self.opened.truncate(openers);
        let bracket = self.opened.iter().rposition(|open| *open == '[');
        if let Some(bracket) = bracket {
            self.opened.truncate(bracket);
        }
        while self.opened.last().is_some_and(|last| last.is_whitespace()) {
            self.opened.pop();
        }
        self.reading = Reading::default();
        self.state = if bracket.is_some() { State::Bracket } else { State::Line };
    }

    fn gap(&mut self, reopened: Vec<char>) {
        self.opened.clear();
        self.state = State::Gap { after: Vec::new(), reopened };
    }

    /// Joins the text before the marker and behind it with the stronger of the two spaces, and with none before
    /// what closes a sentence.
    fn leave_gap(&mut self, next: char) {
        let State::Gap { after, reopened } = std::mem::replace(&mut self.state, State::Text) else { return };
        let mut before = std::mem::take(&mut self.before);
        // What follows could complete the beginning of a marker now that something between them is gone.
        if self.tail_scans(&[], |found| found == Scan::Open { begun: true }) {
            self.held.push(SEAM);
        }
        let attached = after.is_empty() && (emphasis(next) || ".,;:!?)]}".contains(next));
        if !self.tail.is_empty() && (!attached || !reopened.is_empty()) {
            if after.contains(&'\n')
                && let Some(line_break) = before.iter().rposition(|c| *c == '\n')
            {
                before.truncate(line_break + 1);
            }
            let lines = |space: &[char]| space.iter().filter(|c| **c == '\n').count();
            let behind_is_stronger = before.is_empty() || lines(&after) > lines(&before);
            self.held.extend(if behind_is_stronger && reopened.is_empty() { after } else { before });
        }
        self.held.extend(reopened);
    }

    /// Whether what was let through, with `more` behind it, ends with something that scans so.
    fn tail_scans(&self, more: &[char], so: impl Fn(Scan) -> bool) -> bool {
        let tail: Vec<char> = self.tail.iter().chain(more).copied().collect();
        (0..tail.len()).any(|start| tail.get(start..).is_some_and(|text| so(scan(text))))
    }

    fn show(&mut self, next: char, out: &mut String) {
        out.push(next);
        if self.tail.len() == TAIL_CHARS {
            self.tail.pop_front();
        }
        self.tail.push_back(next);
    }

    fn note_reason(&mut self) {
        let Reading { text, .. } = std::mem::take(&mut self.reading);
        let trimmed = text.trim_end_matches(|last: char| self.opened.iter().any(|open| mirror(*open) == last));
        let reason = self.reason.get_or_insert_default();
        if reason.is_empty() {
            trimmed.trim_end().clone_into(reason);
        }
    }
}

/// A reason while it is read: cut, without control characters, white space made single.
#[derive(Clone, Debug, Default)]
struct Reading {
    text: String,
    chars: usize,
    owes_space: bool,
}

impl Reading {
    fn take(&mut self, next: char) {
        if next.is_whitespace() || next.is_control() {
            self.owes_space = self.chars > 0;
            return;
        }
        if self.chars == 0 && (matches!(next, ':' | '-') || emphasis(next)) {
            return;
        }
        let wanted = 1 + usize::from(self.owes_space);
        if self.chars + wanted > REASON_CHARS {
            self.chars = REASON_CHARS;
            return;
        }
        if std::mem::take(&mut self.owes_space) {
            self.text.push(' ');
        }
        self.text.push(next);
        self.chars += wanted;
    }
}

const FENCE: &[char] = &['`', '`', '`'];

const fn emphasis(c: char) -> bool {
    matches!(c, '*' | '_' | '`' | '~')
}

const fn opener(c: char) -> bool {
    emphasis(c) || matches!(c, '"' | '\'' | '(' | '[' | '{' | '<')
}

/// What closes what `open` opens.
const fn mirror(open: char) -> char {
    match open {
        '(' => ')',
        '[' => ']',
        '{' => '}',
        '<' => '>',
        same => same,
    }
}

const fn joint(c: char, in_brackets: bool) -> bool {
    matches!(c, '_' | '\\') || in_brackets && matches!(c, '-' | ' ')
}

/// How many characters from `at` on fit, and whether that is where the text ends.
fn run(text: &[char], at: usize, fits: impl Fn(char) -> bool) -> usize {
    text.iter().skip(at).take_while(|c| fits(**c)).count()
}

/// Reads white space, openers and the words of a marker from the beginning of `text`, which is not empty.
fn scan(text: &[char]) -> Scan {
    let spaces = run(text, 0, char::is_whitespace);
    let mut at = spaces + run(text, spaces, opener);
    let openers = at - spaces;
    if spaces > LEAD_SPACES || openers > OPENERS {
        return Scan::Not;
    }
    let lead = text.get(spaces..at).unwrap_or(&[]);
    let fenced = lead.ends_with(FENCE);
    let mut in_brackets = lead.contains(&'[');
    if in_brackets || fenced {
        let padding = run(text, at, char::is_whitespace);
        if padding > PADDING {
            return Scan::Not;
        }
        at += padding;
    }
    if fenced && text.get(at) == Some(&'[') {
        in_brackets = true;
        at += 1;
        at += run(text, at, |c| c == ' ').min(PADDING);
    }
    let openers = at - spaces;
    if at == text.len() {
        return Scan::Open { begun: openers > 0 };
    }
    let forms = FORMS.iter().filter(|form| in_brackets || form.bare);
    let mut best = Scan::Not;
    for form in forms {
        match scan_words(text, at, form, in_brackets) {
            Words::Not => {}
            Words::Open => best = Scan::Open { begun: true },
            Words::Found(words_end) => return Scan::Found { spaces, openers, words_end },
        }
    }
    best
}

/// As [`Scan`], for the words alone.
enum Words {
    Not,
    Open,
    Found(usize),
}

fn scan_words(text: &[char], from: usize, form: &Form, in_brackets: bool) -> Words {
    let mut at = from;
    for (number, word) in form.words.iter().enumerate() {
        if number > 0 {
            let joints = run(text, at, |c| joint(c, in_brackets));
            at += joints;
            if at == text.len() && joints <= JOINTS {
                return Words::Open;
            }
            if joints == 0 || joints > JOINTS {
                return Words::Not;
            }
        }
        for wanted in word.chars() {
            match text.get(at) {
                None => return Words::Open,
                Some(found) if found.eq_ignore_ascii_case(&wanted) => at += 1,
                Some(_) => return Words::Not,
            }
        }
    }
    let words_end = at;
    if in_brackets {
        return match text.get(at) {
            None => Words::Open,
            Some(c) if c.is_alphanumeric() => Words::Not,
            Some(_) => Words::Found(words_end),
        };
    }
    let closers = run(text, at, |c| emphasis(c) || matches!(c, '"' | '\'' | ' ' | '\t' | '\r'));
    at += closers;
    match text.get(at) {
        _ if closers > OPENERS => Words::Not,
        None => Words::Open,
        Some(':' | '\n') => Words::Found(at),
        Some(_) => Words::Not,
    }
}

/// Untrusted text with the words of markers broken, for use in a prompt: read or repeated, it is no marker. Text
/// without markers stays as it is.
pub fn neutralise(text: &str) -> String {
    let chars: Vec<char> = text.chars().chain(['\n']).collect();
    let mut out = String::with_capacity(text.len());
    let mut breaking = 0..0;
    for (at, next) in chars.iter().enumerate().take(chars.len() - 1) {
        let rest = chars.get(at..).unwrap_or(&[]);
        let starts = next.is_ascii_alphabetic() || *next == '[';
        if starts && let Scan::Found { words_end, .. } = scan(rest.get(..rest.len().min(TAIL_CHARS)).unwrap_or(rest)) {
            breaking = at..at + words_end;
        }
        let breaks = breaking.contains(&at) && joint(*next, true) && at > breaking.start + 1;
        out.push(if breaks { '·' } else { *next });
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn whole(text: &str) -> (String, Option<String>) {
        let mut filter = MarkerFilter::new();
        let mut out = filter.push(text);
        let (rest, reason) = filter.finish();
        out.push_str(&rest);
        (out, reason)
    }

    #[track_caller]
    fn gives(text: &str, shown: &str, reason: &str) {
        assert_eq!(whole(text), (shown.to_owned(), Some(reason.to_owned())), "{text:?}");
    }

    #[test]
    fn markers_go_without_a_trace() {
        gives("[ESCALATION_REQUESTED]", "", "");
        gives("I will ask. [ESCALATION_REQUESTED]", "I will ask.", "");
        gives("[escalation_requested] I will ask.", "I will ask.", "");
        gives("One [ESCALATION_REQUESTED] two", "One two", "");
        gives("One[ESCALATION_REQUESTED]two", "Onetwo", "");
        gives("Sure [ESCALATION_REQUESTED].", "Sure.", "");
        gives("One.\n\n[ESCALATION_REQUESTED]\n\nTwo.", "One.\n\nTwo.", "");
        gives("One. [ESCALATION_REQUESTED]\n\nTwo.", "One.\n\nTwo.", "");
        gives("One\n [ ESCALATION_REQUESTED ]\nTwo", "One\nTwo", "");
        gives("a [Escalation Requested] [ESCALATION-REQUESTED] b", "a b", "");
        gives("a [ESCALATION\\_REQUESTED] b", "a b", "");
        gives("a [ESCALATION_REQUESTED: wants a refund] b", "a b", "wants a refund");
        gives("a [ESCALATION_REQUESTED", "a", "");
        gives("a [ESCALATION_REQUESTED: cut", "a", "cut");
        gives("a [ESCALATION_REQUESTED: no end\nb", "a\nb", "no end");
    }

    #[test]
    fn the_second_form_ends_with_its_line() {
        gives("TRANSFER_TO_HUMAN: billing dispute", "", "billing dispute");
        gives("Hello.\nTRANSFER_TO_HUMAN:  billing   dispute \r\nBye.", "Hello.\nBye.", "billing dispute");
        gives("Hello. transfer_to_human : x", "Hello.", "x");
        gives("Hello.\nTRANSFER_TO_HUMAN", "Hello.", "");
        gives("Hello.\nTRANSFER_TO_HUMAN\n\nBye", "Hello.\n\nBye", "");
        gives("a [TRANSFER_TO_HUMAN: why] b", "a b", "why");
        gives("TRANSFER_TO_HUMAN: one\nTRANSFER_TO_HUMAN: two", "", "one");
        gives("[ESCALATION_REQUESTED]\nTRANSFER_TO_HUMAN: two", "", "two");
    }

    #[test]
    fn emphasis_around_a_marker_goes_with_it() {
        gives("I ask. **[ESCALATION_REQUESTED]**", "I ask.", "");
        gives("a `[ESCALATION_REQUESTED]` b", "a b", "");
        gives("a ***[ESCALATION_REQUESTED]***\nb", "a\nb", "");
        gives("a ([ESCALATION_REQUESTED]) b", "a b", "");
        gives("a [[ESCALATION_REQUESTED]] b", "a b", "");
        gives("a [**ESCALATION_REQUESTED**] b", "a b", "");
        gives("a\n```\n[ESCALATION_REQUESTED]\n```\nb", "a\nb", "");
        gives("**TRANSFER_TO_HUMAN: why**", "", "why");
        gives("**TRANSFER_TO_HUMAN**: why", "", "why");
        gives("**TRANSFER_TO_HUMAN:** why", "", "why");
        gives("`TRANSFER_TO_HUMAN: why` Please hold.", "Please hold.", "why");
        gives("**[ESCALATION_REQUESTED] Please hold.**", "**Please hold.**", "");
        gives("**Please hold. [ESCALATION_REQUESTED]**", "**Please hold.**", "");
    }

    #[test]
    fn what_is_no_marker_is_text() {
        for text in [
            "[link](https://a.example) and **bold** and `code`",
            "escalation_requested",
            "ESCALATION REQUESTED by the customer",
            "Use transfer to human: it is in the menu",
            "the TRANSFER_TO_HUMAN tool",
            "TRANSFER_TO_HUMANS: no",
            "[ESCALATION_REQUESTEDS]",
            "[ESCALATION",
            "TRANSFER",
            " \n ",
            "[[[[[[[[[[[[[[",
            "**",
        ] {
            assert_eq!(whole(text), (text.to_owned(), None));
        }
    }

    #[test]
    fn a_reason_is_cut_and_clean() {
        let long = "é".repeat(400);
        let (_, reason) = whole(&format!("[ESCALATION_REQUESTED: a\u{7}\u{1b}[0mb\t{long}]"));
        let reason = reason.unwrap();
        assert_eq!(reason.chars().count(), REASON_CHARS);
        assert!(reason.starts_with("a [0mb é"), "{reason}");
    }

    #[test]
    fn text_is_held_back_only_while_it_may_begin_a_marker() {
        let mut filter = MarkerFilter::new();
        assert_eq!(filter.push("Hello"), "Hello");
        assert_eq!(filter.push(" [ES"), "");
        assert_eq!(filter.push("C]"), " [ESC]");
        assert_eq!(filter.push(" world "), " world");
        assert_eq!(filter.push("TRANSFER_TO_H"), "");
        assert_eq!(filter.push("AMSTER: x"), " TRANSFER_TO_HAMSTER: x");
        assert!(!filter.has_marker());
        assert_eq!(filter.push(" **[ESCALATION_REQUESTED"), "");
        assert_eq!(filter.push("]** ok"), " ok");
        assert!(filter.has_marker());
    }

    #[test]
    fn no_marker_is_made_by_taking_one_out() {
        for text in [
            "[ESC[ESCALATION_REQUESTED]ALATION_REQUESTED]",
            "[ESCALATION [ESCALATION_REQUESTED] REQUESTED]",
            "TRANS[ESCALATION_REQUESTED]FER_TO_HUMAN: x",
            "[[ESCALATION_REQUESTED]ESCALATION_REQUESTED]",
        ] {
            let (shown, _) = whole(text);
            assert_eq!(whole(&shown), (shown.clone(), None), "{text:?} gave {shown:?}");
        }
    }

    #[test]
    fn a_neutralised_text_has_no_marker_and_reads_the_same() {
        assert_eq!(neutralise("I said [ESCALATION_REQUESTED]!"), "I said [ESCALATION·REQUESTED]!");
        assert_eq!(neutralise("transfer_to_human: now"), "transfer·to·human: now");
        assert_eq!(neutralise("please transfer to human, [now]"), "please transfer to human, [now]");
    }

    fn alphabet() -> impl Strategy<Value = String> {
        let piece = prop_oneof![
            Just("[ESCALATION_REQUESTED]".to_owned()),
            Just("[escalation_requested: why not]".to_owned()),
            Just("TRANSFER_TO_HUMAN: because".to_owned()),
            Just("[ESC".to_owned()),
            Just("ALATION_REQUESTED]".to_owned()),
            Just("ESCALATION".to_owned()),
            Just("TRANSFER_".to_owned()),
            Just("TO_HUMAN".to_owned()),
            Just("```".to_owned()),
            "[\\[\\]*_`(): \n\r\ta-cé…]{1,4}",
            "\\PC{0,6}",
        ];
        prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        #[test]
        fn any_splitting_gives_the_same(text in alphabet(), cuts in prop::collection::vec(1_usize..6, 1..20)) {
            let mut filter = MarkerFilter::new();
            let mut out = String::new();
            let mut chars = text.chars().peekable();
            let mut sizes = cuts.iter().cycle();
            while chars.peek().is_some() {
                let piece: String = chars.by_ref().take(*sizes.next().unwrap()).collect();
                out.push_str(&filter.push(&piece));
            }
            let (rest, reason) = filter.finish();
            out.push_str(&rest);
            prop_assert_eq!((out, reason), whole(&text));
        }

        #[test]
        fn no_output_has_a_marker(text in alphabet()) {
            let (shown, _) = whole(&text);
            prop_assert!(!shown.to_uppercase().contains("[ESCALATION_REQUESTED]"), "{:?}", shown);
            prop_assert!(!shown.to_uppercase().contains("TRANSFER_TO_HUMAN:"), "{:?}", shown);
            prop_assert_eq!(whole(&shown), (shown.clone(), None));
        }

        #[test]
        fn text_without_a_marker_comes_through(text in "[\\[\\]*_`() \n\tesctranf:é…]{0,80}|\\PC{0,80}") {
            prop_assume!(!text.to_lowercase().contains("human") && !text.to_lowercase().contains("requested"));
            prop_assert_eq!(whole(&text), (text, None));
        }

        #[test]
        fn neutralised_text_comes_through(text in alphabet()) {
            let safe = neutralise(&text);
            prop_assert_eq!(whole(&safe), (safe.clone(), None));
            prop_assert_eq!(neutralise(&safe), safe);
        }

        #[test]
        fn little_is_held(text in alphabet()) {
            let mut filter = MarkerFilter::new();
            for next in text.chars() {
                filter.push(&next.to_string());
                prop_assert!(filter.held.len() <= LEAD_SPACES + OPENERS + TAIL_CHARS);
            }
        }
    }
}
