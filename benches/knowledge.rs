//! Answers a second and the slowest of a hundred with 1,000 articles, beside two floors measured in the same run: a
//! plain scan of all stems, as numbers, for those of the question, and stemming the question alone.
//!
//! `cargo bench --bench knowledge`

use std::hash::{DefaultHasher, Hash, Hasher};
use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use switchboard::assistant::knowledge::articles::Article;
use switchboard::assistant::knowledge::index::{Audience, Index};
use switchboard::assistant::knowledge::language::Language;
use switchboard::assistant::knowledge::quote::quote;
use switchboard::assistant::knowledge::synonyms::Synonyms;

const ARTICLES: u64 = 1_000;
const SECTIONS: u64 = 3;
const SECTION_WORDS: u64 = 80;
const WORDS: u64 = 8_000;
const QUESTIONS: u64 = 2_000;

/// Numbers that look like chance and are the same in every run (splitmix64).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % bound
    }

    /// A word; few words are frequent and most are rare, as in any language: the rank is about Zipf's.
    fn word(&mut self) -> String {
        let top = self.below(WORDS) + 1;
        let mut rank = self.below(top) + 1;
        let mut word = String::new();
        // A different word for each rank, of two letters a digit.
        while rank > 0 {
            let place = usize::try_from(rank % 20).unwrap_or(0);
            word.extend(
                [
                    "ba", "ce", "di", "fo", "gu", "ha", "je", "ki", "lo", "mu", "na", "pe", "qui", "ro", "su", "ta",
                    "ve", "wi", "xo", "zu",
                ]
                .get(place)
                .copied(),
            );
            rank /= 20;
        }
        word
    }

    fn sentence(&mut self, words: u64) -> String {
        (0..words).map(|_| self.word()).collect::<Vec<_>>().join(" ")
    }
}

fn article(numbers: &mut Numbers, number: u64) -> Option<Arc<Article>> {
    let mut text = format!("---\ntitle: {}\nkeywords: {}\n---\n", numbers.sentence(4), numbers.sentence(12));
    for _ in 0..SECTIONS {
        text.push_str(&format!("\n## {}\n\n", numbers.sentence(3)));
        for _ in 0..SECTION_WORDS / 16 {
            text.push_str(&format!("The {} is {}.\n", numbers.sentence(8), numbers.sentence(8)));
        }
    }
    Article::parse(&format!("article-{number:04}"), text.as_bytes()).ok().map(Arc::new)
}

fn code(stem: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    stem.hash(&mut hasher);
    hasher.finish()
}

struct Measured {
    per_second: f64,
    p50: Duration,
    p99: Duration,
}

#[expect(clippy::disallowed_methods, reason = "a measurement")]
fn measure(questions: &[String], mut work: impl FnMut(&str)) -> Measured {
    let mut took = Vec::with_capacity(questions.len());
    for question in questions {
        let began = Instant::now();
        work(question);
        took.push(began.elapsed());
    }
    let whole: Duration = took.iter().sum();
    took.sort();
    let at = |percent: usize| took.get(took.len() * percent / 100).copied().unwrap_or_default();
    let count = f64::from(u32::try_from(questions.len()).unwrap_or(0));
    Measured { per_second: count / whole.as_secs_f64(), p50: at(50), p99: at(99) }
}

#[expect(clippy::print_stdout, reason = "a measurement")]
fn show(name: &str, measured: &Measured, floor: Option<&Measured>) {
    let ratio = floor.map_or(String::new(), |floor| format!(", {:.2} of it", measured.per_second / floor.per_second));
    println!(
        "{name:<34} {:>9.0}/s  p50 {:>9.1?}  p99 {:>9.1?}{ratio}",
        measured.per_second, measured.p50, measured.p99
    );
}

#[expect(clippy::print_stdout, clippy::disallowed_methods, reason = "a measurement")]
fn main() {
    let mut numbers = Numbers(17);
    let articles: Vec<Arc<Article>> = (0..ARTICLES).filter_map(|number| article(&mut numbers, number)).collect();
    let began = Instant::now();
    let index = Index::new(&articles, Synonyms::default());
    println!("{} articles, {} sections, built in {:.1?}", articles.len(), index.sections(), began.elapsed());
    let questions: Vec<String> = (0..QUESTIONS).map(|_| format!("how do I {}?", numbers.sentence(6))).collect();
    let mistyped: Vec<String> =
        questions.iter().map(|question| question.replace("lo", "lxo").replace("ba", "bqa")).collect();
    let long: Vec<String> = (0..200).map(|_| numbers.sentence(1_500).chars().take(8_000).collect()).collect();

    let codes = |language: Language, text: &str| -> Vec<u64> { language.stems(text).map(|stem| code(&stem)).collect() };
    let sections: Vec<Vec<u64>> = articles
        .iter()
        .flat_map(|article| article.sections.iter().map(|section| codes(article.language, &section.text)))
        .collect();
    let scan = measure(&questions, |question| {
        let wanted = codes(Language::guess(question), question);
        let best = sections.iter().map(|section| section.iter().filter(|code| wanted.contains(code)).count()).max();
        black_box(best);
    });
    let stemming = measure(&questions, |question| {
        black_box(Language::guess(question).stems(question).count());
    });
    let answer = |question: &str| {
        let hits = index.search(question, None, Audience::default());
        let text = hits.first().and_then(|hit| Some(quote(&hit.text()?.text, question, hit.article.language)));
        black_box(text);
    };
    show("floor: scan of all stems", &scan, None);
    show("floor: stemming the question", &stemming, None);
    show("answer: search and quote", &measure(&questions, answer), Some(&scan));
    show("answer, mistyped words", &measure(&mistyped, answer), Some(&scan));
    show("answer, 8,000 characters", &measure(&long, answer), None);
}
