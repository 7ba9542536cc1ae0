//! The index: BM25 over stems, and how much of a question a section really covers.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use bm25::{Embedder, EmbedderBuilder, Embedding, Scorer, TokenEmbedder, Tokenizer};

use super::articles::{Article, Section};
use super::language::Language;
use super::synonyms::Synonyms;
use crate::domain::ids::ChatbotId;

/// Different stems of a question that are looked at; a longer question is judged by its first ones.
const QUESTION_STEMS: usize = 24;
/// Sections that are weighed after the search.
const CANDIDATES: usize = 24;
/// What a stem of the question before counts for in a follow-up.
const CONTEXT_WEIGHT: f32 = 0.4;
/// What a stem counts for that stands in another section of the article.
const AROUND_SHARE: f32 = 0.3;
/// The part of BM25's score that a section keeps however little it covers.
const BASE_SHARE: f32 = 0.5;
/// BM25's `b`: how much a long section is held back.
const LENGTH_WEIGHT: f32 = 0.6;
/// How often the words of title and heading count.
const TITLE_REPEATS: usize = 2;
/// A mistyped word is looked for among the known ones from this length on, characters.
const TYPO_CHARS: usize = 5;
/// From here on two letters may be wrong.
const TWO_TYPOS_CHARS: usize = 8;
/// What a word counts for that was only found by correcting it.
const TYPO_WEIGHT: f32 = 0.8;

/// Text of stems that are already known.
struct Stems;

impl Tokenizer for Stems {
    fn tokenize(&self, text: &str) -> Vec<String> {
        text.split(' ').filter(|stem| !stem.is_empty()).map(str::to_owned).collect()
    }
}

/// A section that may answer a question.
#[derive(Clone, Debug)]
pub struct Hit {
    /// The article.
    pub article: Arc<Article>,
    /// The number of the section in it.
    pub section: usize,
    /// BM25, weighted by what is covered; comparable only within one question.
    pub score: f32,
    /// 0 to 1: the share of the question's meaning, by rarity of its words, that section and title have.
    pub coverage: f32,
}

impl Hit {
    /// The section.
    pub fn text(&self) -> Option<&Section> {
        self.article.sections.get(self.section)
    }
}

/// Who may see which articles.
#[derive(Clone, Copy, Debug, Default)]
pub struct Audience<'a> {
    /// No tags = all.
    pub tags: &'a [String],
    /// Articles of other chatbots are left out.
    pub chatbot_id: Option<&'a ChatbotId>,
}

impl Audience<'_> {
    fn sees(&self, article: &Article) -> bool {
        let own = match (&article.chatbot, self.chatbot_id) {
            (None, _) => true,
            (Some(wanted), Some(id)) => wanted == id.as_str(),
            (Some(_), None) => false,
        };
        own && article.is_for(self.tags)
    }
}

/// A stem of a question.
#[derive(Clone, Debug, PartialEq)]
struct Term {
    code: u64,
    weight: f32,
}

struct Entry {
    article: Arc<Article>,
    section: usize,
    stems: HashSet<u64>,
    /// Those of all sections of the article.
    around: Arc<HashSet<u64>>,
}

impl Entry {
    fn share(&self, stem: u64) -> f32 {
        if self.stems.contains(&stem) {
            1.0
        } else if self.around.contains(&stem) {
            AROUND_SHARE
        } else {
            0.0
        }
    }
}

/// All articles, ready to be searched. It never changes; new articles make a new one.
pub struct Index {
    entries: Vec<Entry>,
    scorer: Scorer<usize, u64>,
    /// In how many sections a stem stands.
    frequencies: BTreeMap<String, u32>,
    /// The known words with their stems, by length in characters and first letter: where a mistyped one is looked for.
    alike: HashMap<(usize, char), Vec<(String, String)>>,
    synonyms: Synonyms,
}

impl Index {
    /// Builds the index; takes about as long as reading the articles.
    pub fn new(articles: &[Arc<Article>], synonyms: Synonyms) -> Self {
        let mut documents = Vec::new();
        for article in articles {
            for (section, text) in article.sections.iter().enumerate() {
                documents.push((Arc::clone(article), section, stems_of(article, text, &synonyms)));
            }
        }
        let texts: Vec<&str> = documents.iter().map(|(_, _, stems)| stems.as_str()).collect();
        let embedder: Embedder<u64, Stems> =
            EmbedderBuilder::with_tokenizer_and_fit_to_corpus(Stems, &texts).b(LENGTH_WEIGHT).build();
        let mut index = Self {
            entries: Vec::with_capacity(documents.len()),
            scorer: Scorer::new(),
            frequencies: BTreeMap::new(),
            alike: HashMap::new(),
            synonyms,
        };
        let mut around: HashMap<String, HashSet<u64>> = HashMap::new();
        for (article, _, stems) in &documents {
            around.entry(article.id.clone()).or_default().extend(stems.split(' ').map(u64::embed));
        }
        let around: HashMap<String, Arc<HashSet<u64>>> =
            around.into_iter().map(|(id, all)| (id, Arc::new(all))).collect();
        for (place, (article, section, stems)) in documents.into_iter().enumerate() {
            index.scorer.upsert(&place, once_each(embedder.embed(&stems)));
            let different: BTreeSet<&str> = stems.split(' ').filter(|stem| !stem.is_empty()).collect();
            for stem in &different {
                *index.frequencies.entry((*stem).to_owned()).or_default() += 1;
            }
            let stems = different.into_iter().map(u64::embed).collect();
            let around = around.get(&article.id).cloned().unwrap_or_default();
            index.entries.push(Entry { article, section, stems, around });
        }
        index.alike = alike(articles, &index.synonyms);
        index
    }

    /// The number of sections.
    pub fn sections(&self) -> usize {
        self.entries.len()
    }

    /// The sections nearest to a question, best first. `context` is what the customer said before; it counts less.
    pub fn search(&self, question: &str, context: Option<&str>, audience: Audience<'_>) -> Vec<Hit> {
        let language = Language::guess(question);
        let mut terms = self.terms(question, language, 1.0);
        if let Some(context) = context {
            for term in self.terms(context, language, CONTEXT_WEIGHT) {
                if !terms.iter().any(|known| known.0 == term.0) {
                    terms.push(term);
                }
            }
        }
        let whole: f32 = terms.iter().map(|(_, weight, rarity)| weight * rarity).sum();
        if whole <= 0.0 {
            return Vec::new();
        }
        let terms: Vec<(Term, f32)> =
            terms.into_iter().map(|(code, weight, rarity)| (Term { code, weight }, weight * rarity)).collect();
        let mut scores: HashMap<usize, f32> = HashMap::new();
        for weight in [1.0, TYPO_WEIGHT, CONTEXT_WEIGHT, CONTEXT_WEIGHT * TYPO_WEIGHT] {
            let alike = terms.iter().filter(|(term, _)| term.weight.to_bits() == f32::to_bits(weight));
            let query = Embedding(
                alike.map(|(term, _)| bm25::TokenEmbedding { index: term.code, value: 1.0 }).collect::<Vec<_>>(),
            );
            if query.0.is_empty() {
                continue;
            }
            for found in self.scorer.matches(&query) {
                *scores.entry(found.id).or_default() += found.score * weight;
            }
        }
        let mut hits: Vec<(usize, Hit)> = scores
            .into_iter()
            .filter_map(|(place, score)| {
                let entry = self.entries.get(place)?;
                if !audience.sees(&entry.article) {
                    return None;
                }
                let covered: f32 = terms.iter().map(|(term, worth)| worth * entry.share(term.code)).sum();
                let coverage = covered / whole;
                let article = Arc::clone(&entry.article);
                Some((place, Hit { article, section: entry.section, score: score * (BASE_SHARE + coverage), coverage }))
            })
            .collect();
        // Equal scores go by place, so that the same question has the same answer.
        hits.sort_by(|(a_place, a), (b_place, b)| b.score.total_cmp(&a.score).then(a_place.cmp(b_place)));
        hits.truncate(CANDIDATES);
        hits.into_iter().map(|(_, hit)| hit).collect()
    }

    /// The section that answers best in the article that was found. Words of the article's title say nothing about
    /// where in it to look: when the question has no other ones for a section, what comes first explains the title.
    pub fn section_for(&self, hit: &Hit, question: &str) -> usize {
        let language = hit.article.language;
        let stems =
            |text: &str| -> HashSet<String> { language.stems(text).map(|stem| self.synonyms.one_for(stem)).collect() };
        let (asked, title) = (stems(question), stems(&hit.article.title));
        let own = |place: usize| {
            let section = hit.article.sections.get(place);
            let words = section.map_or_else(HashSet::new, |it| stems(&format!("{}\n{}", it.heading, it.text)));
            asked.iter().filter(|stem| words.contains(*stem)).count()
        };
        let of_title = asked.iter().any(|stem| title.contains(stem));
        if of_title && own(hit.section) <= own(0) { 0 } else { hit.section }
    }

    /// The question's stems: code, weight and rarity, each once.
    fn terms(&self, text: &str, language: Language, weight: f32) -> Vec<(u64, f32, f32)> {
        let mut seen = HashSet::new();
        let mut terms = Vec::new();
        for (word, stem) in language.words_and_stems(text) {
            let stem = self.synonyms.one_for(stem);
            if terms.len() >= QUESTION_STEMS {
                break;
            }
            if !seen.insert(stem.clone()) {
                continue;
            }
            let (known, weight) = if self.frequencies.contains_key(&stem) {
                (stem, weight)
            } else {
                self.corrected(&word).map_or((stem, weight), |known| (known, weight * TYPO_WEIGHT))
            };
            terms.push((u64::embed(&known), weight, self.rarity(&known)));
        }
        terms
    }

    /// The stem of the known word that a mistyped one most likely means; the more frequent of equally near ones.
    fn corrected(&self, word: &str) -> Option<String> {
        let length = word.chars().count();
        let first = word.chars().next()?;
        if length < TYPO_CHARS || word.chars().any(|c| c.is_ascii_digit()) {
            return None;
        }
        let allowed = if length >= TWO_TYPOS_CHARS { 2 } else { 1 };
        let sizes = length.saturating_sub(allowed)..=length + allowed;
        let near = sizes.filter_map(|size| self.alike.get(&(size, first))).flatten();
        near.map(|(known, stem)| (strsim::osa_distance(word, known), stem))
            .filter(|(distance, _)| *distance <= allowed)
            .min_by_key(|(distance, stem)| (*distance, std::cmp::Reverse(self.frequencies.get(*stem)), *stem))
            .map(|(_, stem)| stem.clone())
    }

    /// The inverse document frequency, as in BM25; a word that no article has is as rare as can be.
    fn rarity(&self, stem: &str) -> f32 {
        let all = count(self.entries.len());
        let with = self.frequencies.get(stem).map_or(0.0, |sections| count(usize::try_from(*sections).unwrap_or(0)));
        (1.0 + (all - with + 0.5) / (with + 0.5)).ln()
    }
}

/// A number of sections for arithmetic; above 65,535 it no longer matters.
fn count(number: usize) -> f32 {
    f32::from(u16::try_from(number).unwrap_or(u16::MAX))
}

fn stems_of(article: &Article, section: &Section, synonyms: &Synonyms) -> String {
    let mut stems = Vec::new();
    for _ in 0..TITLE_REPEATS {
        stems.extend(article.language.stems(&article.title));
        stems.extend(article.language.stems(&section.heading));
    }
    stems.extend(article.language.stems(&article.keywords));
    stems.extend(article.language.stems(&section.text));
    let stems: Vec<String> = stems.into_iter().map(|stem| synonyms.one_for(stem)).collect();
    stems.join(" ")
}

/// The embedder names a repeated stem repeatedly, each with the whole value; once is enough and quicker to search.
fn once_each(embedding: Embedding<u64>) -> Embedding<u64> {
    let mut seen = HashSet::new();
    Embedding(embedding.0.into_iter().filter(|token| seen.insert(token.index)).collect())
}

fn alike(articles: &[Arc<Article>], synonyms: &Synonyms) -> HashMap<(usize, char), Vec<(String, String)>> {
    let mut known = BTreeMap::new();
    for article in articles {
        let sections = article.sections.iter().flat_map(|section| [section.heading.as_str(), section.text.as_str()]);
        for text in sections.chain([article.title.as_str(), article.keywords.as_str()]) {
            known.extend(article.language.words_and_stems(text));
        }
    }
    let mut alike: HashMap<(usize, char), Vec<(String, String)>> = HashMap::new();
    for (word, stem) in known {
        if let Some(first) = word.chars().next() {
            alike.entry((word.chars().count(), first)).or_default().push((word, synonyms.one_for(stem)));
        }
    }
    alike
}
