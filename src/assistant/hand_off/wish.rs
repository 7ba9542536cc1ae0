//! A customer's wish for a human, found by the parts that words play and not by a list of sentences.
//!
//! Each language says which words speak, want, hand over, name a human, deny or fill (`lexicon`). A text is
//! read once; around each human the words are walked to the verb, over nothing but fillers, and on to a "not".
//! The walk is bounded, so the time grows with the length of the text and no worse.

use std::collections::HashMap;

use super::lexicon::{LEXICONS, Lexicon, Order, Part};
use super::words::{Pattern, Token, tokens};

/// The farthest that a verb and what belongs to it are from their noun.
const REACH: usize = 14;
/// Unknown words between a verb of speaking and its human: "speak to the billing people".
const STRANGERS: usize = 2;
/// A noun without a verb is a wish in a text of at most this many words.
const SHORT_WORDS: usize = 12;
/// No phrase of a list has more words.
const PHRASE_WORDS: usize = 8;

/// Phrases from the settings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PhraseSet {
    /// What the wish is reported as; any word.
    pub language: String,
    /// The phrases; those without a letter or digit are left out.
    pub phrases: Vec<String>,
}

/// How a wish was put.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Intent {
    /// A verb and a human: "talk to a person".
    Asked,
    /// Nothing but a human: "agent please".
    Named,
    /// One of the built-in phrases.
    Phrase,
    /// One of the settings' phrases.
    Configured,
}

impl Intent {
    /// For logs, counters and reasons.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Asked => "asked",
            Self::Named => "named",
            Self::Phrase => "phrase",
            Self::Configured => "configured",
        }
    }
}

/// A wish that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wish {
    /// How it was put.
    pub intent: Intent,
    /// The words that made it one, folded; a few words, free of marks and control characters.
    pub words: String,
    /// ISO 639-1, or what the settings' set is called.
    pub language: String,
}

/// A phrase of a list, found by its first word.
#[derive(Clone, Debug)]
struct Entry {
    tongue: usize,
    part: Part,
    rest: Vec<Pattern>,
}

/// The rules of one list of words.
#[derive(Clone, Debug)]
struct Tongue {
    name: String,
    order: Order,
    pass_needs_aim: bool,
    configured: bool,
}

/// A piece of a text in the eyes of one language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unit {
    Part { part: Part, at: usize, words: usize },
    Stranger,
    Pause,
    Stop,
}

impl Unit {
    const fn part(self) -> Option<Part> {
        match self {
            Self::Part { part, .. } => Some(part),
            _ => None,
        }
    }
}

/// Finds wishes. Built once, shared by all.
#[derive(Clone, Debug)]
pub struct Wishes {
    tongues: Vec<Tongue>,
    exact: HashMap<String, Vec<Entry>>,
    /// Words of any ending, by their beginning.
    open: HashMap<String, Vec<Entry>>,
    /// The lengths of the beginnings in bytes, ascending.
    open_lens: Vec<usize>,
}

/// What a walk to the left of a noun came to.
#[derive(Clone, Copy, Debug, Default)]
struct Walk {
    verb: Option<Part>,
    first: usize,
    /// The customer or a place stands between verb and noun.
    aimed: bool,
    /// The customer does.
    own: bool,
    denied: bool,
    how: bool,
}

impl Wishes {
    /// The built-in languages and the phrases of the settings.
    pub fn new(extra: &[PhraseSet]) -> Self {
        let mut wishes =
            Self { tongues: Vec::new(), exact: HashMap::new(), open: HashMap::new(), open_lens: Vec::new() };
        for lexicon in LEXICONS {
            let tongue = wishes.tongue(lexicon.language, lexicon, false);
            wishes.learn(tongue, lexicon.parts.iter().copied());
        }
        for set in extra {
            let Some(first) = LEXICONS.first() else { continue };
            let tongue = wishes.tongue(&set.language, first, true);
            // Nobody knows which language the phrases are in, so what denies or fills in any does so here.
            for lexicon in LEXICONS {
                let kept = [Part::Not, Part::Filler, Part::Own, Part::Want, Part::Speak, Part::Pass, Part::Towards];
                wishes.learn(tongue, lexicon.parts.iter().copied().filter(|(part, _)| kept.contains(part)));
            }
            set.phrases.iter().for_each(|phrase| wishes.learn_phrase(tongue, Part::Whole, phrase, false));
        }
        wishes.open_lens = wishes.open.keys().map(String::len).collect();
        wishes.open_lens.sort_unstable();
        wishes.open_lens.dedup();
        wishes
    }

    /// The first wish for a human in what a customer wrote, if there is one.
    pub fn wants_human(&self, text: &str) -> Option<Wish> {
        let tokens = tokens(text);
        let found: Vec<Vec<(usize, Part, usize)>> = (0..tokens.len()).map(|at| self.at(&tokens, at)).collect();
        let mut spoken = vec![false; self.tongues.len()];
        for (tongue, part, _) in found.iter().flatten() {
            if matches!(part, Part::Whole | Part::Human | Part::Role | Part::Anyone)
                && let Some(spoken) = spoken.get_mut(*tongue)
            {
                *spoken = true;
            }
        }
        let spoken = spoken.iter().enumerate().filter(|(_, spoken)| **spoken);
        spoken.into_iter().find_map(|(tongue, _)| self.in_tongue(tongue, &tokens, &found))
    }

    fn tongue(&mut self, name: &str, like: &Lexicon, configured: bool) -> usize {
        let (order, pass_needs_aim) = (like.order, like.pass_needs_aim);
        self.tongues.push(Tongue { name: name.to_owned(), order, pass_needs_aim, configured });
        self.tongues.len() - 1
    }

    fn learn(&mut self, tongue: usize, parts: impl Iterator<Item = (Part, &'static str)>) {
        for (part, list) in parts {
            list.split([',', '،']).for_each(|phrase| self.learn_phrase(tongue, part, phrase, true));
        }
    }

    fn learn_phrase(&mut self, tongue: usize, part: Part, phrase: &str, stars: bool) {
        let mut patterns = Pattern::read(phrase, stars);
        patterns.truncate(PHRASE_WORDS);
        if patterns.is_empty() {
            return;
        }
        let first = patterns.remove(0);
        let map = if first.any_ending { &mut self.open } else { &mut self.exact };
        map.entry(first.word).or_default().push(Entry { tongue, part, rest: patterns });
    }

    /// What begins at a token: language, part, number of words.
    fn at(&self, tokens: &[Token], at: usize) -> Vec<(usize, Part, usize)> {
        let Some(Token::Word(word)) = tokens.get(at) else { return Vec::new() };
        let exact = self.exact.get(word.as_str()).into_iter().flatten();
        let beginnings = self.open_lens.iter().map_while(|len| (*len <= word.len()).then(|| word.get(..*len)));
        let open = beginnings.flatten().filter_map(|beginning| self.open.get(beginning)).flatten();
        let fits = |entry: &Entry| {
            entry.rest.iter().enumerate().all(|(number, pattern)| {
                matches!(tokens.get(at + 1 + number), Some(Token::Word(word)) if pattern.fits(word))
            })
        };
        exact
            .chain(open)
            .filter(|entry| fits(entry))
            .map(|entry| (entry.tongue, entry.part, entry.rest.len() + 1))
            .collect()
    }

    /// The text as one language sees it: the longest phrases win.
    fn units(tongue: usize, tokens: &[Token], found: &[Vec<(usize, Part, usize)>]) -> Vec<Unit> {
        let mut units = Vec::new();
        let mut at = 0;
        while let Some(token) = tokens.get(at) {
            let here = found.get(at).into_iter().flatten().filter(|(of, _, _)| *of == tongue);
            let best = here.max_by(|(_, part, words), (_, other, others)| words.cmp(others).then(other.cmp(part)));
            let unit = match (token, best) {
                (Token::Pause, _) => Unit::Pause,
                (Token::Stop, _) => Unit::Stop,
                (Token::Word(_), Some((_, part, words))) => Unit::Part { part: *part, at, words: *words },
                (Token::Word(_), None) => Unit::Stranger,
            };
            at += if let Unit::Part { words, .. } = unit { words } else { 1 };
            units.push(unit);
        }
        units
    }

    fn in_tongue(&self, tongue: usize, tokens: &[Token], found: &[Vec<(usize, Part, usize)>]) -> Option<Wish> {
        let rules = self.tongues.get(tongue)?;
        let units = Self::units(tongue, tokens, found);
        let short = tokens.iter().filter(|token| matches!(token, Token::Word(_))).count() <= SHORT_WORDS;
        let (intent, from, to) = (0..units.len()).find_map(|at| {
            let (intent, from, to) = read(rules, &units, at, short)?;
            Some((intent, from, to))
        })?;
        let words = span(&units, from, to, tokens);
        let intent = if rules.configured { Intent::Configured } else { intent };
        Some(Wish { intent, words, language: rules.name.clone() })
    }
}

/// The words of the units `from..=to`.
fn span(units: &[Unit], from: usize, to: usize, tokens: &[Token]) -> String {
    let place = |unit: &Unit| match unit {
        Unit::Part { at, words, .. } => Some((*at, at + words)),
        _ => None,
    };
    let from = units.get(from).and_then(place);
    let to = units.get(to).and_then(place);
    let (Some((from, _)), Some((_, to))) = (from, to) else { return String::new() };
    let words = tokens.get(from..to).unwrap_or(&[]).iter().filter_map(|token| match token {
        Token::Word(word) => Some(word.as_str()),
        Token::Pause | Token::Stop => None,
    });
    words.collect::<Vec<_>>().join(" ")
}

/// The wish that has its noun or phrase at `at`: how it was put, its first and its last unit.
fn read(rules: &Tongue, units: &[Unit], at: usize, short: bool) -> Option<(Intent, usize, usize)> {
    let part = units.get(at)?.part()?;
    if part == Part::Whole {
        let walk = walk_left(rules, units, at);
        return (!walk.denied && !denied_before(units, at)).then_some((Intent::Phrase, at, at));
    }
    if !matches!(part, Part::Human | Part::Role | Part::Anyone) {
        return None;
    }
    let beside = |unit: Option<&Unit>, wanted: Part| unit.is_some_and(|unit| unit.part() == Some(wanted));
    let before = at.checked_sub(1).and_then(|before| units.get(before));
    if beside(before, Part::Before) || beside(units.get(at + 1), Part::After) || denied_before(units, at) {
        return None;
    }
    let walk = walk_left(rules, units, at);
    if walk.denied {
        return None;
    }
    if walk.verb.is_some_and(|verb| asks(rules, part, verb, &walk)) {
        return Some((Intent::Asked, walk.first, at));
    }
    if let Some(verb) = verb_behind(rules, units, at, part) {
        let product = walk.how && part != Part::Human;
        return (!product).then_some((Intent::Asked, at, verb));
    }
    let named = short && walk.verb.is_none() && part != Part::Anyone && !walk.how && stands_alone(units, at);
    named.then_some((Intent::Named, at, at))
}

/// Whether this verb and this noun make a wish.
fn asks(rules: &Tongue, noun: Part, verb: Part, walk: &Walk) -> bool {
    match verb {
        Part::Speak => true,
        Part::Pass if rules.pass_needs_aim && !walk.aimed => false,
        Part::Pass => noun == Part::Human || !walk.how,
        _ => noun == Part::Human || (noun == Part::Role && !walk.how),
    }
}

/// From the noun to its verb and what stands before that.
fn walk_left(rules: &Tongue, units: &[Unit], noun: usize) -> Walk {
    let mut walk = Walk { first: noun, ..Walk::default() };
    let mut strangers = 0;
    for at in (0..noun).rev().take(REACH) {
        let Some(unit) = units.get(at) else { break };
        let part = match unit {
            Unit::Stop => break,
            Unit::Pause | Unit::Stranger if walk.verb.is_some() => break,
            Unit::Pause | Unit::Stranger => {
                strangers += 1;
                if strangers > STRANGERS {
                    break;
                }
                continue;
            }
            Unit::Part { part, .. } => *part,
        };
        match part {
            Part::Speak => walk.verb = Some(Part::Speak),
            Part::Want | Part::Pass if strangers > 0 && walk.verb.is_none() => break,
            Part::Want | Part::Pass => walk.verb = walk.verb.or(Some(part)),
            Part::Own if walk.verb.is_some() => {
                walk.how = units.get(at.wrapping_sub(1)).is_some_and(|unit| unit.part() == Some(Part::How));
                break;
            }
            Part::Own => (walk.aimed, walk.own) = (true, true),
            Part::Towards => walk.aimed |= walk.verb.is_none(),
            Part::Not => {
                walk.denied = strangers == 0 || walk.verb.is_some();
                break;
            }
            Part::How => {
                walk.how = true;
                break;
            }
            Part::Other | Part::Anyone if !walk.own && (walk.verb.is_some() || rules.order == Order::Free) => {
                walk.denied = true;
                break;
            }
            Part::Filler => {}
            _ => break,
        }
        if walk.verb.is_some() && matches!(part, Part::Speak | Part::Want | Part::Pass) {
            walk.first = at;
        }
    }
    walk
}

/// Whether the clause up to the noun asks about us or the product.
fn denied_before(units: &[Unit], noun: usize) -> bool {
    let clause = units.get(..noun).unwrap_or(&[]).iter().rev().take(REACH);
    clause.take_while(|unit| !matches!(unit, Unit::Stop | Unit::Pause)).any(|unit| unit.part() == Some(Part::Deny))
}

/// The verb that follows its noun, where the language lets it.
fn verb_behind(rules: &Tongue, units: &[Unit], noun: usize, part: Part) -> Option<usize> {
    let mut own = rules.order == Order::Free;
    let mut strangers = 0;
    for at in (noun + 1..units.len()).take(REACH) {
        match units.get(at)? {
            Unit::Stop | Unit::Pause => return None,
            Unit::Stranger => {
                strangers += 1;
                if strangers > STRANGERS || rules.order == Order::VerbFirst {
                    return None;
                }
            }
            Unit::Part { part: Part::Own, .. } => own = true,
            Unit::Part { part: Part::Filler | Part::Towards, .. } => {}
            Unit::Part { part: Part::Speak, .. } if own => return (!denied_behind(units, at)).then_some(at),
            Unit::Part { part: verb @ (Part::Want | Part::Pass), .. } if rules.order == Order::Free => {
                let fits = part != Part::Anyone || *verb == Part::Pass;
                let wanted = strangers == 0 && fits && !denied_behind(units, at);
                return wanted.then_some(at);
            }
            Unit::Part { .. } => return None,
        }
    }
    None
}

fn denied_behind(units: &[Unit], verb: usize) -> bool {
    let behind = units.get(verb + 1..).unwrap_or(&[]).iter().take(3);
    behind.take_while(|unit| !matches!(unit, Unit::Stop | Unit::Pause)).any(|unit| unit.part() == Some(Part::Not))
}

/// Whether there is nothing but fillers around the noun in its clause.
fn stands_alone(units: &[Unit], noun: usize) -> bool {
    let plain = |unit: &Unit| {
        matches!(unit.part(), Some(Part::Filler | Part::Own | Part::Towards | Part::Human | Part::Role | Part::Want))
    };
    let ends = |unit: &&Unit| !matches!(unit, Unit::Stop | Unit::Pause);
    let before = units.get(..noun).unwrap_or(&[]).iter().rev().take_while(ends);
    let behind = units.get(noun + 1..).unwrap_or(&[]).iter().take_while(ends);
    before.chain(behind).take(SHORT_WORDS).all(plain)
}

#[cfg(test)]
mod tests;
