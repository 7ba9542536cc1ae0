//! Words of a text: what they are, which language they are of, and their stems.

use std::collections::HashSet;
use std::sync::LazyLock;

use rust_stemmers::{Algorithm, Stemmer};

/// A language that stems are known for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Language {
    /// Also for every text that is not surely another.
    #[default]
    English,
    /// German.
    German,
}

/// Words without meaning of their own.
const ENGLISH: &str = "a about actually always anyway basically after again all also am an and any anybody anyone are as at be because been before being \
    but by can cannot cant could couldnt did didnt do does doesnt doing dont down each else even ever every few for from \
    further get gets getting give go goes going good got gotta guys had has have having he hello help her here hey hi him himself his how however i \
    id if ill im in into instead is isnt it its ive just know let like ll look lot make makes making many may me mean might more most much \
    must my myself need needs no nor not now of off ok okay on once one only or other our out over own per place please \
    possible put re really s same say see she should shouldnt so some somebody someone something still such sure t take \
    tell than thank thanks that thats the their them then there these they thing things think this those through to too try \
    trying under up us use used using ve very via want wanted wants was way we well were what whats when where which while \
    who why will wish with without won wont work works would wouldnt yes you your yours";

const GERMAN: &str = "aber alle allem allen aller alles als also am an andere anderen auch auf aus bei beim bin bis bist \
    bitte da damit danke dank dann darf das dass dein deine dem den denn der des die dies diese diesem diesen dieser dieses doch dort \
    du durch ein eine einem einen einer eines er es etwas euch euer eure fuer für gegen geht gerne gibt guten gut habe haben hallo \
    hat hatte hier hin hinter ich ihm ihn ihnen ihr ihre ihren im in ins irgendwie ist ja jede jedem jeden jeder jedes jetzt kann \
    kannst kein keine keinen koennen können könnt man mehr mein meine meinem meinen meiner mich mir mit moechte möchte muss muß \
    müssen nach nicht noch nun nur ob oder ohne sehr sein seine sich sie sind so soll sollte sondern sonst um und uns unser unter viel vielen vom von \
    vor war waren warum was weil welche welchem welchen welcher welches wenn wer werde werden wie wieder will wir wird wo \
    wurde würde zu zum zur über";

static ENGLISH_SET: LazyLock<HashSet<&str>> = LazyLock::new(|| ENGLISH.split_whitespace().collect());
static GERMAN_SET: LazyLock<HashSet<&str>> = LazyLock::new(|| GERMAN.split_whitespace().collect());

/// A language is guessed from no more words than these.
const GUESS_WORDS: usize = 400;

impl Language {
    /// From a code such as `en` or `de`.
    pub fn from_code(code: &str) -> Option<Self> {
        match code.trim().to_ascii_lowercase().as_str() {
            "en" => Some(Self::English),
            "de" => Some(Self::German),
            _ => None,
        }
    }

    /// German when more of its small words than English ones are in the text, or letters that only German has.
    pub fn guess(text: &str) -> Self {
        let (mut english, mut german) = (0_usize, 0_usize);
        for word in words(text).take(GUESS_WORDS) {
            english += usize::from(Self::English.is_small(&word));
            german += usize::from(Self::German.is_small(&word) || word.contains(['ä', 'ö', 'ü', 'ß']));
        }
        if german > english { Self::German } else { Self::English }
    }

    /// Whether the word says nothing by itself.
    fn is_small(self, word: &str) -> bool {
        match self {
            Self::English => ENGLISH_SET.contains(word),
            Self::German => GERMAN_SET.contains(word),
        }
    }

    /// The stem of one word, small or not.
    pub fn stem(self, word: &str) -> String {
        self.stemmer().stem(&fold(&word.to_lowercase())).into_owned()
    }

    fn stemmer(self) -> Stemmer {
        Stemmer::create(match self {
            Self::English => Algorithm::English,
            Self::German => Algorithm::German,
        })
    }

    /// The stems of the words that say something, in order, repeats included.
    pub fn stems(self, text: &str) -> impl Iterator<Item = String> {
        self.words_and_stems(text).map(|(_, stem)| stem)
    }

    /// The same, each with its word in lower case and plain letters.
    pub fn words_and_stems(self, text: &str) -> impl Iterator<Item = (String, String)> {
        let stemmer = self.stemmer();
        words(text).filter(move |word| !self.is_small(word)).map(move |word| {
            let word = fold(&word);
            let stem = stemmer.stem(&word).into_owned();
            (word, stem)
        })
    }
}

/// The words in lower case; apostrophes are left out, everything else that is no letter or digit parts words.
pub fn words(text: &str) -> impl Iterator<Item = String> {
    let parts = text.split(|c: char| !c.is_alphanumeric() && !matches!(c, '\'' | '’'));
    parts
        .map(|part| part.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).take(64).collect())
        .filter(|word: &String| !word.is_empty())
}

/// `ae` and `ä` are written for one another.
fn fold(word: &str) -> String {
    if !word.contains(['ä', 'ö', 'ü', 'ß']) {
        return word.to_owned();
    }
    word.replace('ä', "ae").replace('ö', "oe").replace('ü', "ue").replace('ß', "ss")
}
