//! The command line, without starting a process, and the program itself.

use std::ffi::OsString;
use std::path::Path;
use std::process::Command;

use switchboard::auth::keys::KeySet;
use switchboard::auth::tokens::TokenVerifier;
use switchboard::cli::{Refusal, Task, prepare};
use switchboard::domain::time::Timestamp;
use switchboard::domain::user::Role;

const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);
const SECRET: &str = "0123456789abcdef0123456789abcdef";

fn asked(args: &[&str], environment: &[(&str, &str)]) -> Result<Task, Refusal> {
    let args = std::iter::once("switchboard").chain(args.iter().copied()).map(OsString::from);
    let environment = environment.iter().map(|(name, value)| (OsString::from(name), OsString::from(value)));
    prepare(args, environment.collect(), NOW)
}

fn printed(args: &[&str], environment: &[(&str, &str)]) -> String {
    match asked(args, environment) {
        Ok(Task::Print(text)) => text,
        other => panic!("{args:?}: {other:?}"),
    }
}

#[test]
fn serve_is_what_is_done_when_nothing_is_asked() {
    assert!(matches!(asked(&[], &[]), Ok(Task::Serve(_))));
    assert!(matches!(asked(&["serve"], &[("PORT", "0")]), Ok(Task::Serve(loaded)) if loaded.config.server.port == 0));
    assert!(matches!(asked(&["migrate"], &[]), Ok(Task::Migrate(_))));
}

#[test]
fn agent_add_is_read() {
    let args = ["agent", "add", "--name", "Lin", "--email", "Lin@Example.com", "--capacity", "3"];
    let skills = ["--skill", "german", "--skill", "billing"];
    let Ok(Task::AddAgent(_, agent)) = asked(&[&args[..], &skills].concat(), &[]) else { panic!("not read") };
    assert_eq!((agent.name.as_str(), agent.email.as_str()), ("Lin", "lin@example.com"));
    assert_eq!((agent.capacity, agent.skills), (Some(3), vec!["german".to_owned(), "billing".to_owned()]));
}

#[test]
fn usage_mistakes_exit_2_and_bad_settings_78() {
    for args in [
        &["dance"][..],
        &["token", "--role", "king", "--sub", "x"],
        &["token", "--role", "agent"],
        &["token", "--role", "agent", "--sub", "x", "--ttl", "0"],
        &["token", "--role", "agent", "--sub", "a b"],
        &["agent", "add", "--name", "x", "--email", "nobody"],
        &["agent"],
    ] {
        let refusal = asked(args, &[("JWT_SECRET", SECRET)]).unwrap_err();
        assert_eq!(refusal.exit_code, 2, "{args:?}: {}", refusal.message);
    }
    for (args, environment) in [
        (&["serve"][..], &[("PORT", "many")][..]),
        (&["check-config"], &[("SWITCHBOARD__SERVER__PROT", "1")]),
        (&["check-config", "--config", "no/such/file.toml"], &[]),
        (&["check-config"], &[("SWITCHBOARD__AUTH__JWKS_PATH", "no/such/file.json")]),
        (&["check-config"], &[("SWITCHBOARD__AUTH__PUBLIC_KEY_PATH", "tests/it/fixtures/keys/rsa_private.pem")]),
    ] {
        let refusal = asked(args, environment).unwrap_err();
        assert_eq!((refusal.exit_code, refusal.message.lines().count()), (78, 1), "{}", refusal.message);
    }
}

#[test]
fn help_and_version_are_no_mistakes() {
    let help = printed(&["--help"], &[]);
    for word in ["serve", "migrate", "token", "agent", "check-config", "--config"] {
        assert!(help.contains(word), "{word} in {help}");
    }
    assert_eq!(printed(&["--version"], &[]), format!("switchboard {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn token_prints_a_token_that_verifies() {
    let args = ["token", "--role", "agent", "--sub", "ada", "--name", "Ada", "--ttl", "60"];
    let token = printed(&args, &[("JWT_SECRET", SECRET)]);
    let verifier = TokenVerifier::new(KeySet::new().with_secret(SECRET.as_bytes()).unwrap());
    let principal = verifier.verify(token.trim_end(), NOW).unwrap().principal;
    assert_eq!((principal.user_id.as_str(), principal.role, principal.name.as_str()), ("ada", Role::Agent, "Ada"));
    assert_eq!(principal.expires_at.since(NOW).get(), 60_000);
}

#[test]
fn check_config_shows_the_file_that_was_asked_for_and_touches_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("mine.toml");
    let secret = folder.path().join("data/jwt-secret");
    std::fs::write(&file, format!("[server]\nport = 4321\n[auth]\njwt_secret_path = {:?}\n", secret)).unwrap();
    let text = printed(&["check-config", "--config", file.to_str().unwrap()], &[]);
    assert!(text.contains(&format!("port = 4321  # {}:2", file.display())), "{text}");
    assert!(!secret.exists());
}

fn program(folder: &Path) -> Command {
    let mut program = Command::new(env!("CARGO_BIN_EXE_switchboard"));
    program.current_dir(folder).env_clear();
    program
}

#[test]
fn the_program_keeps_its_own_secret_and_ends_with_the_right_codes() {
    let folder = tempfile::tempdir().unwrap();
    let token = || {
        let output = program(folder.path()).args(["token", "--role", "admin", "--sub", "root"]).output().unwrap();
        assert_eq!(output.status.code(), Some(0));
        String::from_utf8(output.stdout).unwrap()
    };
    let secret_path = folder.path().join("data/jwt-secret");
    let first = token();
    let secret = std::fs::read_to_string(&secret_path).unwrap();
    let verifier = TokenVerifier::new(KeySet::new().with_secret(secret.trim().as_bytes()).unwrap());
    for token in [first, token()] {
        assert!(verifier.verify(token.trim_end(), NOW).is_ok() || verifier.verify(token.trim_end(), epoch()).is_ok());
    }
    let bad = program(folder.path()).env("PORT", "x").arg("check-config").output().unwrap();
    assert_eq!(bad.status.code(), Some(78));
    let told = String::from_utf8(bad.stderr).unwrap();
    assert_eq!(
        told,
        "environment variable PORT: server.port: expected a whole number from 0 to 65535, found other text\n"
    );
    assert_eq!(program(folder.path()).arg("dance").output().unwrap().status.code(), Some(2));
}

/// A token of the real clock is alive at the epoch too, as it has no `nbf`.
fn epoch() -> Timestamp {
    Timestamp::from_millis(0)
}
