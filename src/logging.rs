//! Log lines: `log` records with key-values through `env_logger`, as text or as JSON, always one line each.
//!
//! A line goes to standard error. Content of messages, tokens and e-mail addresses are never given to the log.

use std::io::Write;
use std::panic::PanicHookInfo;

use env_logger::Builder;
use log::kv::{self, Key, Value, VisitSource};
use log::{LevelFilter, Record, SetLoggerError};
use serde_json::{Map, Value as Json};

use crate::config::{Log, LogFormat};

/// The names that a JSON line has of itself.
const RESERVED: [&str; 4] = ["time", "level", "target", "message"];

/// Starts logging as the settings say; `log.filter` already holds `RUST_LOG`.
///
/// # Errors
/// When this process logs already.
pub fn start(settings: &Log) -> Result<(), SetLoggerError> {
    let format = settings.format;
    Builder::new()
        .parse_filters(&settings.filter)
        .format(move |out, record| {
            let time = out.timestamp_millis().to_string();
            match format {
                LogFormat::Json => writeln!(out, "{}", json_line(&time, record)),
                LogFormat::Text => {
                    let style = out.default_level_style(record.level());
                    let level = format!("{style}{:<5}{style:#}", record.level());
                    writeln!(out, "{}", text_line(&time, &level, record))
                }
            }
        })
        .try_init()
}

/// Makes a panic one log line, instead of the several lines of the default hook. When nothing is logged yet the line
/// goes to standard error.
pub fn install_panic_hook() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map_or_else(|| "unknown".to_owned(), ToString::to_string);
        let problem = panic_text(panic);
        if log::max_level() == LevelFilter::Off {
            // Nothing can be done when even this fails.
            let _ = writeln!(std::io::stderr(), "panic at {place}: {}", one_line(&problem));
        } else {
            let thread = std::thread::current();
            log::error!(
                "panic.place" = place.as_str(),
                "panic.thread" = thread.name().unwrap_or("unnamed");
                "panic: {problem}"
            );
        }
    }));
}

fn panic_text(panic: &PanicHookInfo<'_>) -> String {
    let payload = panic.payload();
    let text = payload.downcast_ref::<&str>().copied();
    text.or_else(|| payload.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message").to_owned()
}

/// One JSON object: `time` (RFC 3339), `level`, `target`, `message`, and the key-values as they are
/// (`conversation.id`). A key-value with one of the four names gets `kv.` before it.
pub fn json_line(time: &str, record: &Record<'_>) -> String {
    let mut fields = Fields(Map::new());
    for (name, value) in [
        ("time", time.to_owned()),
        ("level", record.level().to_string()),
        ("target", record.target().to_owned()),
        ("message", record.args().to_string()),
    ] {
        fields.0.insert(name.to_owned(), Json::String(value));
    }
    // The visitor does not fail.
    let _ = record.key_values().visit(&mut fields);
    Json::Object(fields.0).to_string()
}

/// `time level target message key=value …`; values are quoted where they need it, and nothing breaks the line.
pub fn text_line(time: &str, level: &str, record: &Record<'_>) -> String {
    let mut line = format!("{time} {level} {} {}", record.target(), one_line(&record.args().to_string()));
    let mut pairs = Pairs(&mut line);
    // The visitor does not fail.
    let _ = record.key_values().visit(&mut pairs);
    line
}

struct Fields(Map<String, Json>);

impl<'kvs> VisitSource<'kvs> for Fields {
    fn visit_pair(&mut self, key: Key<'kvs>, value: Value<'kvs>) -> Result<(), kv::Error> {
        let name = match key.as_str() {
            name if RESERVED.contains(&name) => format!("kv.{name}"),
            name => name.to_owned(),
        };
        self.0.insert(name, json_value(&value));
        Ok(())
    }
}

struct Pairs<'a>(&'a mut String);

impl<'kvs> VisitSource<'kvs> for Pairs<'_> {
    fn visit_pair(&mut self, key: Key<'kvs>, value: Value<'kvs>) -> Result<(), kv::Error> {
        let text = value.to_string();
        let plain = |c: char| !c.is_control() && !c.is_whitespace() && !matches!(c, '"' | '=' | '\\');
        let bare = !text.is_empty() && text.chars().all(plain);
        *self.0 += &if bare { format!(" {key}={text}") } else { format!(" {key}={text:?}") };
        Ok(())
    }
}

/// Numbers and booleans stay what they are; everything else becomes its text.
fn json_value(value: &Value<'_>) -> Json {
    if let Some(flag) = value.to_bool() {
        return Json::Bool(flag);
    }
    if let Some(number) = value.to_i64() {
        return Json::from(number);
    }
    if let Some(number) = value.to_u64() {
        return Json::from(number);
    }
    let real = value.to_f64().and_then(serde_json::Number::from_f64);
    real.map_or_else(|| Json::String(value.to_string()), Json::Number)
}

fn one_line(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut line, c| {
        if c.is_control() {
            line.extend(c.escape_default())
        } else {
            line.push(c)
        }
        line
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const NASTY: &str = "a \"b\"\n{\"level\":\"ERROR\"}\r\u{1b}[31m\u{2028}=\\";

    fn with_record<T>(message: std::fmt::Arguments<'_>, values: &[(&str, Value<'_>)], look: fn(&Record<'_>) -> T) -> T {
        look(
            &Record::builder()
                .level(log::Level::Warn)
                .target("switchboard::test")
                .args(message)
                .key_values(&values)
                .build(),
        )
    }

    #[test]
    fn json_is_one_object_on_one_line_whatever_the_values() {
        let values = [
            ("conversation.id", Value::from(NASTY)),
            ("position", Value::from(3)),
            ("wait", Value::from(1.5)),
            ("late", Value::from(true)),
            ("broken", Value::from(f64::NAN)),
            ("level", Value::from("forged")),
        ];
        let line =
            with_record(format_args!("{NASTY}"), &values, |record| json_line("2026-01-02T03:04:05.678Z", record));
        assert_eq!(line.lines().count(), 1);
        let read: Json = serde_json::from_str(&line).unwrap();
        assert_eq!(
            read,
            serde_json::json!({
                "time": "2026-01-02T03:04:05.678Z", "level": "WARN", "target": "switchboard::test", "message": NASTY,
                "conversation.id": NASTY, "position": 3, "wait": 1.5, "late": true, "broken": "NaN",
                "kv.level": "forged",
            })
        );
    }

    #[test]
    fn text_is_one_line_and_values_cannot_forge_a_pair() {
        let values =
            [("conversation.id", Value::from("c-1")), ("reason", Value::from(NASTY)), ("note", Value::from(""))];
        let line = with_record(format_args!("asked\nfor a human"), &values, |record| text_line("T", "WARN ", record));
        assert_eq!(line.lines().count(), 1);
        assert!(!line.contains('\u{1b}'), "no terminal escapes");
        assert!(
            line.starts_with(r#"T WARN  switchboard::test asked\nfor a human conversation.id=c-1 reason="a \"b\"\n{"#),
            "{line}"
        );
        assert!(line.ends_with(r#" note="""#), "{line}");
    }
}
