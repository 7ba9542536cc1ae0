//! The `switchboard` program.

use std::io::Write;
use std::process::ExitCode;

use switchboard::cli::{self, Task};
use switchboard::domain::time::Timestamp;
use switchboard::logging;

fn main() -> ExitCode {
    logging::install_panic_hook();
    match cli::prepare(std::env::args_os(), std::env::vars_os().collect(), now()) {
        Ok(Task::Print(text)) => print(&text),
        Ok(Task::Serve(_)) => fail("serve", "this build has no server yet"),
        Ok(Task::Migrate(_)) => fail("migrate", "this build has no store yet"),
        Ok(Task::AddAgent(..)) => fail("agent add", "this build has no store yet"),
        Err(refusal) => {
            tell(&refusal.message);
            ExitCode::from(refusal.exit_code)
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "the program's own clock; the engine has its own")]
fn now() -> Timestamp {
    Timestamp::from_millis(chrono::Utc::now().timestamp_millis())
}

/// A reader that has gone away (`switchboard check-config | head`) is no failure.
fn print(text: &str) -> ExitCode {
    match std::io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => fail("standard output", &error.to_string()),
        _ => ExitCode::SUCCESS,
    }
}

fn fail(what: &str, problem: &str) -> ExitCode {
    tell(&format!("{what}: {problem}"));
    ExitCode::from(cli::EXIT_FAILURE)
}

fn tell(message: &str) {
    // When standard error is closed there is nobody to tell.
    let _ = writeln!(std::io::stderr(), "{}", message.trim_end());
}
