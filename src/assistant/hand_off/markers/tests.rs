//! The filter, by example and by property.

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
    #![proptest_config(ProptestConfig::with_cases(600))]

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
