//! Frustration: whether one message is unhappy, and how many in a row were.

use std::sync::LazyLock;

use super::words::{Phrases, words};

/// Unhappy turns in a row after which a human is wanted.
pub const UNHAPPY_TURNS: u32 = 3;

/// A message of fewer letters is no shouting: "OK", "USA".
const SHOUTED_LETTERS: usize = 10;
/// A message of fewer words repeats nothing: "yes", "and now?".
const REPEATED_WORDS: usize = 3;
/// Question marks in a row that are more than a question.
const MARKS: usize = 3;

const ENGLISH: &str = "useless, worthless, pointless, waste of time, wasting my time, doesnt help, didnt help, not helping, not helpful, unhelpful, \
    no help, isnt helping, dont understand me, you dont understand, not understanding me, you do not understand, you arent listening, not listening, not what i asked, \
    didnt answer, doesnt answer, not answering, that is wrong, thats wrong, wrong answer, still wrong, still not working, still doesnt work, \
    still broken, already told you, i told you, already said, i said already, already tried that, tried that already, asked you already, keep repeating, keeps repeating, \
    same answer, again and again, over and over, going in circles, ridiculous, pathetic, terrible, horrible, awful, garbage, rubbish, \
    crap, bullshit, shit, shitty, fuck*, wtf, ffs, omfg, damn, idiot*, stupid, dumb, moron*, sucks, hate this, hate you, fed up, sick of, \
    had enough, angry, furious, frustrat*, annoyed, annoying, disappointed, disappointing, unacceptable, outrageous, a joke, worst, scam, \
    im done, forget it, never mind then, what the hell, what the heck, are you kidding, are you serious, seriously, come on, makes no sense, nonsense, screw you, screw this";
const GERMAN: &str = "nutzlos*, sinnlos*, hilft nicht, hilft mir nicht, hat nicht geholfen, bringt nichts, bringt mir nichts, keine hilfe, nicht hilfreich, \
    verstehst mich nicht, verstehen mich nicht, verstehst du nicht, verstehst du mich nicht, verstehen sie nicht, nicht meine frage, falsche antwort, stimmt nicht, schon gesagt, habe ich schon, hab ich schon, \
    immer noch nicht, immer das gleiche, immer dasselbe, lacherlich, scheiss*, scheisse, mist, verdammt*, idiot*, dumm, dummer, blod*, bloed*, katastrophe, \
    unverschamt*, frechheit, reicht mir, jetzt reichts, reicht jetzt, nervt, genervt, sauer, wutend, enttauscht*, zeitverschwendung, unmoglich von, zum kotzen, schrott, mull, saftladen, furchtbar, schrecklich";
const SPANISH: &str = "inutil*, no sirve, no sirves, no me sirve, no ayuda, no me ayuda, no me ayudas, no entiendes, no me entiendes, no me entiende, no entiende nada, perdida de tiempo, \
    perdiendo el tiempo, ya te dije, ya le dije, ya lo dije, ya lo intente, otra vez lo mismo, siempre lo mismo, ridiculo, mierda, puta, puto, joder, idiota*, estupido, estupida, tonto, tonta, imbecil, \
    basura, horrible, pesimo, pesima, terrible, harto, harta, enojado, enojada, enfadado, enfadada, decepcionado, decepcionada, verguenza, inaceptable, no es lo que pregunte, sigue sin funcionar, estoy cansado, estoy cansada";
const FRENCH: &str = "inutile*, nul, nulle, ne sert a rien, sert a rien, n aide pas, m aide pas, m aidez pas, ne comprenez pas, comprenez rien, comprends rien, comprend rien, comprends pas ce que je dis, comprenez pas, tu ne comprends pas, \
    perte de temps, perdre mon temps, deja dit, deja essaye, deja repondu, toujours pareil, toujours la meme, marche toujours pas, fonctionne toujours pas, ridicule, merde, putain, \
    idiot*, stupide, con, debile, imbecile, n importe quoi, horrible, lamentable, pas ma question, mauvaise reponse, marre, ras le bol, enerve*, furieux, furieuse, decu, decue, honte, inadmissible, inacceptable, foutez, scandaleux";

/// What takes such a word back.
const CALM: &str = "not useless, not stupid, not angry, not annoyed, not annoying, not a joke, no rubbish, not bad, not terrible, isnt terrible, not frustrat*, damn good, shit happens no, \
    stupid question, dumb question, may sound stupid, might sound stupid, sounds stupid, seriously good, seriously great, worst case, garbage collect*, a joke about, i hate to bother, \
    nicht dumm, dumme frage, nicht schlimm, nicht sauer, im schlimmsten, pregunta tonta, no es inutil, no es terrible, question idiote, question stupide, pas nul, pas inutile, \
    disappointed customers, angry customers, angry customer, frustrated customers, unhappy customers, mull eimer, mullabfuhr, match nul, inutile de repondre";

static UNHAPPY: LazyLock<Phrases> = LazyLock::new(|| Phrases::new(&[ENGLISH, GERMAN, SPANISH, FRENCH].join(", ")));
static TAKEN_BACK: LazyLock<Phrases> = LazyLock::new(|| Phrases::new(CALM));

/// Whether a customer's message is unhappy: by its words, by shouting, or by its marks.
pub fn is_unhappy(text: &str) -> bool {
    shouts(text) || presses(text) || {
        let words = words(text);
        UNHAPPY.are_in(&words) && !TAKEN_BACK.are_in(&words)
    }
}

/// Two words or more, nearly all in capitals.
fn shouts(text: &str) -> bool {
    let letters = text.chars().filter(|c| c.is_lowercase() || c.is_uppercase()).count();
    let capitals = text.chars().filter(|c| c.is_uppercase()).count();
    // Codes and order numbers are in capitals as well.
    let spoken = text.split_whitespace().filter(|word| word.chars().all(|c| !c.is_numeric()) && word.len() > 1);
    letters >= SHOUTED_LETTERS && capitals * 10 >= letters * 9 && spoken.count() >= 3
}

/// `???`, `?!?!`, `!!!!`: marks that press for an answer.
fn presses(text: &str) -> bool {
    let mut run = (0, 0);
    for c in text.chars() {
        run = match c {
            '?' | '？' | '؟' => (run.0 + 1, run.1),
            '!' | '！' => (run.0, run.1 + 1),
            _ => (0, 0),
        };
        if run.0 >= MARKS || (run.0 >= 1 && run.0 + run.1 > MARKS) {
            return true;
        }
    }
    false
}

/// Whether two messages say the same: the same words, whatever their case and marks, and enough of them.
pub fn repeats(text: &str, previous: &str) -> bool {
    let (words, before) = (words(text), words(previous));
    words.len() >= REPEATED_WORDS && words == before
}

/// Counts unhappy turns in a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mood {
    /// Unhappy turns since the last that was not.
    pub unhappy_turns: u32,
    threshold: u32,
}

impl Default for Mood {
    fn default() -> Self {
        Self::new(UNHAPPY_TURNS)
    }
}

impl Mood {
    /// Asks for a human after `threshold` unhappy turns in a row; 0 = never.
    pub const fn new(threshold: u32) -> Self {
        Self { unhappy_turns: 0, threshold }
    }

    /// Takes the customer's next message and the one before it. True at the threshold and at every unhappy turn
    /// after it; asking twice for a human is asking once.
    pub fn heard(&mut self, text: &str, previous: Option<&str>) -> bool {
        if is_unhappy(text) || previous.is_some_and(|previous| repeats(text, previous)) {
            self.unhappy_turns = self.unhappy_turns.saturating_add(1);
        } else {
            self.unhappy_turns = 0;
        }
        self.threshold > 0 && self.unhappy_turns >= self.threshold
    }
}

#[cfg(test)]
mod tests;
