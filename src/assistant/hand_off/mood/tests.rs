//! Moods by example.

use super::*;
use proptest::prelude::*;

const CROSS: &[&str] = &[
    "this is useless",
    "That doesn't help.",
    "you don’t understand",
    "wtf",
    "are you kidding me",
    "WHY DOES THIS NOT WORK",
    "where is my order???",
    "hello?!?!",
    "this is ridiculous",
    "I already told you my number",
    "still not working",
    "stupid bot",
    "fucking hell",
    "you keep repeating the same answer",
    "I'm so frustrated",
    "what a waste of time",
    "That's not what I asked",
    "you idiots",
    "this sucks",
    "forget it",
    "das hilft mir nicht",
    "Das ist doch Scheiße",
    "Sie verstehen mich nicht",
    "so eine Frechheit!",
    "du verstehst mich nicht",
    "no sirve para nada",
    "no me entiendes",
    "qué mierda",
    "esto es ridículo",
    "ça ne sert à rien",
    "vous ne comprenez pas",
    "c'est nul",
    "j'en ai marre",
    "wrong answer again",
    "worst support ever",
];

const CALM: &[&str] = &[
    "Where is my order?",
    "thank you, that helps",
    "Hello!",
    "OK",
    "YES PLEASE",
    "my order is ABC-12345-XYZ",
    "AB12 CD34 EF56 GH78",
    "I live in the USA",
    "Really?!",
    "Great!!!",
    "sorry, stupid question",
    "not bad",
    "How do I reset my password?",
    "what happens in the worst case?",
    "can I cancel?",
    "it works now",
    "the classic edition",
    "I need help with scunthorpe",
    "how does garbage collection work",
    "the dumbbell set",
    "what is your refund policy??",
    "Danke, das hilft",
    "Wie ändere ich mein Passwort?",
    "Das ist nicht schlimm",
    "Ich habe eine dumme Frage",
    "gracias, muy amable",
    "¿Cómo puedo cambiar mi contraseña?",
    "perdón, una pregunta tonta",
    "merci beaucoup",
    "Comment changer mon mot de passe ?",
    "pas nul du tout",
    "Bonjour, ma commande n'est pas arrivée",
    "the button on the left does nothing",
    "it shows error 500",
    "",
];

#[test]
fn unhappy_messages_are_heard_and_calm_ones_are_not() {
    assert!(CROSS.len() >= 30 && CALM.len() >= 30);
    let missed: Vec<_> = CROSS.iter().filter(|text| !is_unhappy(text)).collect();
    let wrong: Vec<_> = CALM.iter().filter(|text| is_unhappy(text)).collect();
    assert!(missed.is_empty() && wrong.is_empty(), "not heard: {missed:#?}\nheard wrongly: {wrong:#?}");
}

#[test]
fn three_unhappy_turns_in_a_row_ask_for_a_human() {
    let mut mood = Mood::default();
    assert!(!mood.heard("this is useless", None));
    assert!(!mood.heard("wtf", Some("this is useless")));
    assert!(mood.heard("stupid bot", Some("wtf")));
    assert!(mood.heard("idiots", Some("stupid bot")));
    assert!(!mood.heard("ok, thanks", Some("idiots")));
    assert_eq!(mood.unhappy_turns, 0);
}

#[test]
fn a_calm_turn_begins_the_count_again() {
    let mut mood = Mood::default();
    for text in ["wtf", "this sucks", "I see, and now?", "wtf", "this sucks"] {
        assert!(!mood.heard(text, None), "{text}");
    }
}

#[test]
fn the_same_question_again_is_an_unhappy_turn() {
    let mut mood = Mood::new(2);
    assert!(!mood.heard("where is my order", None));
    assert!(!mood.heard("Where is my order?", Some("where is my order")));
    assert!(mood.heard("where is my ORDER", Some("Where is my order?")));
    assert!(!repeats("yes", "yes") && !repeats("where is my order", "where is my invoice"));
}

#[test]
fn a_threshold_of_none_never_asks() {
    let mut mood = Mood::new(0);
    assert!((0..10).all(|_| !mood.heard("wtf", None)));
}

proptest! {
    #[test]
    fn any_text_has_a_mood(text in "\\PC{0,200}") {
        let mut mood = Mood::new(1);
        prop_assert_eq!(mood.heard(&text, None), is_unhappy(&text));
    }
}
