//! What reaches standard error, seen from outside: this test binary starts itself again.

use std::process::Command;

use switchboard::config::{Log, LogFormat};
use switchboard::logging;

/// The child's part; it is run by the tests below only.
#[test]
fn child_that_logs_and_panics() {
    // In a run of its own it has no part to play.
    let Ok(format) = std::env::var("CHILD_LOG_FORMAT") else { return };
    let format = if format == "json" { LogFormat::Json } else { LogFormat::Text };
    logging::install_panic_hook();
    logging::start(&Log { format, filter: "warn,it=info".to_owned() }).unwrap();
    log::info!("conversation.id" = "c-1", "position" = 2; "queued");
    log::debug!("below the filter");
    let outcome = std::thread::Builder::new().name("worker".to_owned()).spawn(|| panic!("two\nlines")).unwrap().join();
    assert!(outcome.is_err());
}

fn logged(format: &str) -> Vec<String> {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "logging::child_that_logs_and_panics", "--nocapture"])
        .env("CHILD_LOG_FORMAT", format)
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stderr).unwrap().lines().map(str::to_owned).collect()
}

#[test]
fn json_lines_hold_the_fields_and_a_panic_is_logged_once() {
    let lines: Vec<serde_json::Value> =
        logged("json").iter().map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}"))).collect();
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert_eq!((&lines[0]["message"], &lines[0]["conversation.id"]), (&"queued".into(), &"c-1".into()));
    assert_eq!((&lines[0]["level"], &lines[0]["position"]), (&"INFO".into(), &2.into()));
    assert!(lines[0]["time"].as_str().is_some_and(|time| time.ends_with('Z') && time.len() == 24));
    assert_eq!((&lines[1]["level"], &lines[1]["message"]), (&"ERROR".into(), &"panic: two\nlines".into()));
    assert_eq!(lines[1]["panic.thread"], "worker");
    assert!(lines[1]["panic.place"].as_str().is_some_and(|place| place.contains("logging.rs:")));
}

#[test]
fn text_lines_are_for_people() {
    let lines = logged("text");
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert!(lines[0].contains("INFO  it::logging queued conversation.id=c-1 position=2"), "{}", lines[0]);
    assert!(lines[1].contains(r"panic: two\nlines panic.place="), "{}", lines[1]);
}
