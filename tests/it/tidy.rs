//! Style and structure as a test: layers, banned names, sleeping tests. Fails with file and line.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// Which modules of the crate a module may import from, itself aside (DESIGN §2). `main` and `cli` may import anything.
const LAYERS: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("clock", &["domain"]),
    ("protocol", &["domain"]),
    ("config", &["domain"]),
    ("auth", &["domain"]),
    ("keyring", &["domain", "auth", "config"]),
    ("logging", &["config"]),
    ("store", &["domain"]),
    ("files", &["config"]),
    ("assistant", &["domain", "clock", "config"]),
    ("webhooks", &["domain", "clock", "config", "store"]),
    ("actors", &["domain", "clock", "protocol", "config", "auth", "store", "assistant", "webhooks"]),
    ("transport", &["domain", "clock", "protocol", "config", "auth", "store", "assistant", "files", "actors"]),
    ("first_start", &["domain", "auth", "store"]),
    (
        "engine",
        &[
            "domain",
            "clock",
            "protocol",
            "config",
            "auth",
            "keyring",
            "store",
            "assistant",
            "webhooks",
            "files",
            "actors",
            "transport",
            "first_start",
        ],
    ),
];

/// Crates that only some places may name.
const CRATES: &[(&str, &[&str])] = &[
    ("actix_web_actors", &["src/transport/ws"]),
    ("jsonwebtoken", &["src/auth/"]),
    ("diesel", &["src/store/"]),
    ("diesel_async", &["src/store/"]),
    ("actix_web", &["src/transport/", "src/engine/", "src/main.rs"]),
    ("reqwest", &["src/assistant/", "src/webhooks/"]),
    ("hmac", &["src/domain/webhook/"]),
    ("object_store", &["src/files/"]),
    ("image", &["src/files/"]),
    ("infer", &["src/files/"]),
    ("actix_multipart", &["src/transport/rest/messages/"]),
];

/// What pure code does not know.
const NOT_PURE: &[&str] = &[
    "actix",
    "tokio::",
    "diesel",
    "log::",
    "Instant::now",
    "SystemTime",
    "Utc::now",
    "Local::now",
    "rand::",
    "HashMap",
    "HashSet",
    "std::fs",
    "std::net",
    "println!",
];

/// Words that stand for something we call otherwise (DESIGN §6), in code outside dialects.
const BANNED_FILES: &[&str] = &["utils", "helpers", "common", "manager", "util", "misc"];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn files(below: &str, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(below)];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = std::fs::read_dir(&folder) else { continue };
        for entry in entries {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|found| found == ending) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

fn name(path: &Path) -> String {
    path.strip_prefix(root()).unwrap().to_string_lossy().replace('\\', "/")
}

/// Lines of code: comments and the tests at a file's end left out.
fn code(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines()
        .enumerate()
        .take_while(|(_, line)| line.trim() != "#[cfg(test)]")
        .map(|(number, line)| (number + 1, line.split("//").next().unwrap_or("")))
}

fn report(faults: &[String]) {
    let mut text = String::new();
    for fault in faults {
        writeln!(text, "{fault}").unwrap();
    }
    assert!(faults.is_empty(), "\n{text}");
}

#[test]
fn a_module_imports_only_from_lower_layers() {
    let layers: BTreeMap<&str, &[&str]> = LAYERS.iter().copied().collect();
    let mut faults = Vec::new();
    for path in files("src", "rs") {
        let name = name(&path);
        let module = name.trim_start_matches("src/").split(['/', '.']).next().unwrap().to_owned();
        if matches!(module.as_str(), "lib" | "main" | "cli") {
            continue;
        }
        let Some(allowed) = layers.get(module.as_str()) else {
            faults.push(format!("{name}: the module {module} has no row in the table of layers"));
            continue;
        };
        let text = std::fs::read_to_string(&path).unwrap();
        for (number, line) in code(&text) {
            for import in line.split("crate::").skip(1) {
                let target: String = import.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
                if !target.is_empty()
                    && target != module
                    && layers.contains_key(target.as_str())
                    && !allowed.contains(&target.as_str())
                {
                    faults.push(format!("{name}:{number}: {module} may not import {target}"));
                }
            }
        }
    }
    report(&faults);
}

#[test]
fn a_crate_is_named_only_where_it_belongs() {
    let mut faults = Vec::new();
    for path in files("src", "rs") {
        let name = name(&path);
        let text = std::fs::read_to_string(&path).unwrap();
        for (number, line) in code(&text) {
            for (krate, places) in CRATES {
                let named = line.contains(&format!("{krate}::")) || line.contains(&format!("use {krate}"));
                if named && !places.iter().any(|place| name.starts_with(place)) {
                    faults.push(format!("{name}:{number}: {krate} is not for this place"));
                }
            }
        }
    }
    report(&faults);
}

#[test]
fn the_domain_is_pure() {
    let mut faults = Vec::new();
    for path in files("src/domain", "rs") {
        let name = name(&path);
        let text = std::fs::read_to_string(&path).unwrap();
        for (number, line) in code(&text) {
            for word in NOT_PURE {
                if line.contains(word) {
                    faults.push(format!("{name}:{number}: {word} has no place in the domain"));
                }
            }
        }
    }
    report(&faults);
}

#[test]
fn no_file_is_named_for_leftovers_and_none_is_too_long() {
    let mut faults = Vec::new();
    for path in files("src", "rs") {
        let name = name(&path);
        let stem = path.file_stem().unwrap().to_string_lossy().into_owned();
        if BANNED_FILES.contains(&stem.as_str()) {
            faults.push(format!("{name}: name it for what it holds"));
        }
        let lines = std::fs::read_to_string(&path).unwrap().lines().count();
        if lines > 700 {
            faults.push(format!("{name}: {lines} lines; split it"));
        }
    }
    report(&faults);
}

#[test]
fn no_test_sleeps_is_ignored_or_waits_for_a_clock() {
    let mut faults = Vec::new();
    for path in files("tests", "rs").into_iter().chain(files("src", "rs")) {
        let name = name(&path);
        if name == "tests/it/tidy.rs" || name == "src/clock.rs" {
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        for (number, line) in text.lines().enumerate() {
            for word in ["thread::sleep", "time::sleep(", "#[ignore", "todo!(", "unimplemented!("] {
                if line.contains(word) {
                    faults.push(format!("{name}:{}: {word}", number + 1));
                }
            }
            if line.contains("#[allow(") || (line.contains("#![allow(") && name != "tests/it/main.rs") {
                faults.push(format!("{name}:{}: use #[expect(…, reason = …)]", number + 1));
            }
        }
    }
    report(&faults);
}

#[test]
fn every_source_file_is_part_of_the_build() {
    let mut faults = Vec::new();
    let all = files("src", "rs");
    for path in &all {
        let stem = path.file_stem().unwrap().to_string_lossy().into_owned();
        if matches!(stem.as_str(), "lib" | "main") {
            continue;
        }
        let (module, folder) = if stem == "mod" {
            let folder = path.parent().unwrap();
            (folder.file_name().unwrap().to_string_lossy().into_owned(), folder.parent().unwrap().to_path_buf())
        } else {
            (stem, path.parent().unwrap().to_path_buf())
        };
        let beside = folder.parent().map(|up| up.join(format!("{}.rs", folder.file_name().unwrap().to_string_lossy())));
        let parents = [folder.join("mod.rs"), folder.join("lib.rs")].into_iter().chain(beside);
        let declared = parents
            .filter_map(|parent| std::fs::read_to_string(parent).ok())
            .any(|text| text.contains(&format!("mod {module};")) || text.contains(&format!("{module}.rs\"]")));
        let file = name(path);
        let by_path = all.iter().filter(|other| *other != path).any(|other| {
            let text = std::fs::read_to_string(other).unwrap();
            let attributes = text.lines().filter(|line| line.trim().starts_with("#[path"));
            attributes.into_iter().any(|line| line.split('"').nth(1).is_some_and(|wanted| file.ends_with(wanted)))
        });
        if !declared && !by_path {
            faults.push(format!("{}: no module declares it", name(path)));
        }
    }
    report(&faults);
}
