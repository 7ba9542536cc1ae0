//! Scenario files: plain text in, transcript out, readable by somebody who does not program.
//!
//! A file in `tests/scenarios/` holds commands; below each one, on lines that begin with `  > `, stands who was told
//! what and what was decided by which rule. `SWITCHBOARD_WRITE_SCENARIOS=1` writes these lines anew. Each file is told
//! a second time with a crash and a restart after every command, and must end the same.

mod grammar;
mod stage;
mod words;

use std::path::PathBuf;

use stage::Stage;

fn files() -> Vec<PathBuf> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios");
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|it| it == "txt"));
    files.sort();
    files
}

fn is_output(line: &str) -> bool {
    line.starts_with("  > ")
}

fn is_command(line: &str) -> bool {
    !line.trim().is_empty() && !line.starts_with('#') && !is_output(line)
}

/// Tells a file and gives it back with fresh output.
fn tell(text: &str) -> Result<(String, Stage), String> {
    let (mut stage, mut written) = (Stage::default(), String::new());
    for (number, line) in text.lines().enumerate().filter(|(_, line)| !is_output(line)) {
        written.push_str(line.trim_end());
        written.push('\n');
        if !is_command(line) {
            continue;
        }
        stage.run(line).map_err(|why| format!("line {}: `{line}`: {why}", number + 1))?;
        for said in stage.said.drain(..) {
            written.push_str("  > ");
            written.push_str(&said);
            written.push('\n');
        }
    }
    Ok((written, stage))
}

/// The same with a crash after every command; every `expect` of the file must still hold.
fn tell_with_restarts(text: &str) -> Result<Stage, String> {
    let mut stage = Stage::default();
    for (number, line) in text.lines().enumerate().filter(|(_, line)| is_command(line)) {
        stage.run(line).map_err(|why| format!("line {} with restarts: `{line}`: {why}", number + 1))?;
        stage.restart_at_once();
    }
    Ok(stage)
}

#[test]
fn every_scenario_is_told_as_it_is_written() {
    let rewrite = std::env::var_os("SWITCHBOARD_WRITE_SCENARIOS").is_some();
    let (mut faults, files) = (Vec::new(), files());
    assert!(files.len() >= 30, "{} scenarios", files.len());
    for path in files {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.contains("\nexpect "), "{name} expects nothing");
        match tell(&text) {
            Err(why) => faults.push(format!("{name}: {why}")),
            Ok((written, _)) if written != text && rewrite => std::fs::write(&path, written).unwrap(),
            Ok((written, _)) if written != text => {
                let at = written.lines().zip(text.lines()).position(|(one, other)| one != other);
                let line = at.unwrap_or_else(|| written.lines().count().min(text.lines().count()));
                let (is, was) = (written.lines().nth(line), text.lines().nth(line));
                faults.push(format!("{name}, line {}:\n   is  {is:?}\n   was {was:?}", line + 1));
            }
            Ok(_) => {}
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn a_crash_after_every_line_changes_nothing_that_matters() {
    let mut faults = Vec::new();
    for path in files() {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&path).unwrap();
        if text.contains("\n# Not told with restarts:") {
            continue;
        }
        match (tell(&text), tell_with_restarts(&text)) {
            (Err(why), _) | (_, Err(why)) => faults.push(format!("{name}: {why}")),
            (Ok((_, straight)), Ok(restarted)) if straight.endings() != restarted.endings() => {
                faults.push(format!(
                    "{name}:\n  straight  {}\n  restarted {}",
                    straight.endings(),
                    restarted.endings()
                ));
            }
            _ => {}
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
