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
const SEAM: char = '‧';

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
        if matches!(self.state, State::Text) {
            for left in std::mem::take(&mut self.held) {
                self.show(left, &mut out);
            }
            return (out, self.reason);
        }
        if matches!(self.state, State::Bracket | State::Line) {
            self.note_reason();
        }
        if self.tail_scans(&['\n'], |found| matches!(found, Scan::Found { .. })) {
            self.show(SEAM, &mut out);
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
            Some(c) if c.is_alphanumeric() || *c == SEAM => Words::Not,
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
mod tests;
