//! The whole table of who may do what, as one readable text.

use std::fmt::Write;

use switchboard::auth::policy::{Action, Caller, Relation, Target, Verdict, allows};

/// One letter for a verdict, so that a row fits a line.
fn letter(verdict: Verdict) -> char {
    match verdict {
        Verdict::Allow => 'A',
        Verdict::Forbidden => 'F',
        Verdict::NotFound => '-',
        Verdict::Unauthenticated => 'u',
    }
}

fn table() -> String {
    let mut text = String::from(
        "A allow, F forbidden, - not found, u unauthenticated.\n\
         Columns of each caller: own, assigned, offered, waiting, participant, other, none (unknown).\n\
         One letter: the action is about nothing that is there already.\n\n",
    );
    write!(text, "{:<32}", "action").unwrap();
    for caller in Caller::ALL {
        write!(text, "{:<11}", caller.as_str()).unwrap();
    }
    for action in Action::ALL {
        write!(text, "\n{:<32}", action.as_str()).unwrap();
        for caller in Caller::ALL {
            let letters: String =
                Relation::ALL.iter().map(|relation| letter(allows(*caller, *action, *relation))).collect();
            let shown = if action.target() == Target::Nothing { &letters[..1] } else { letters.as_str() };
            write!(text, "{shown:<11}").unwrap();
        }
    }
    text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_table_of_roles_actions_and_relations() {
    insta::assert_snapshot!(table());
}

#[test]
fn without_a_target_the_relation_does_not_matter() {
    for action in Action::ALL.iter().filter(|action| action.target() == Target::Nothing) {
        for caller in Caller::ALL {
            let answers: std::collections::BTreeSet<_> =
                Relation::ALL.iter().map(|relation| allows(*caller, *action, *relation)).collect();
            assert_eq!(answers.len(), 1, "{} {}", caller.as_str(), action.as_str());
        }
    }
}

#[test]
fn only_the_public_actions_are_open_to_strangers() {
    let open: Vec<_> = Action::ALL
        .iter()
        .filter(|action| allows(Caller::Anonymous, **action, Relation::None) == Verdict::Allow)
        .map(|action| action.as_str())
        .collect();
    assert_eq!(
        open,
        [
            "auth.login",
            "auth.refresh",
            "auth.logout",
            "visitor.create",
            "socket.register",
            "socket.ping",
            "chatbot.widget",
            "chatbot.availability",
            "attachment.get",
            "demo.get",
            "health.live",
            "health.ready"
        ]
    );
}
