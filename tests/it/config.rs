//! Settings: layers, every seed's variable, one-line errors.

use std::collections::BTreeSet;
use std::ffi::OsString;

use switchboard::config::{Config, ConfigError, DEFAULT_TOML, Kind, Loaded, Provider, SourceFile, Sources};
use switchboard::domain::chatbot::RoutingMode;

fn sources(file: Option<&str>, environment: &[(&str, &str)]) -> Sources {
    Sources {
        file: file.map(|text| SourceFile { name: "config/local.toml".to_owned(), text: text.to_owned() }),
        environment: environment.iter().map(|(name, value)| (OsString::from(name), OsString::from(value))).collect(),
    }
}

fn with_environment(environment: &[(&str, &str)]) -> Config {
    Config::load(&sources(None, environment)).unwrap_or_else(|error| panic!("{environment:?}: {error}"))
}

fn error(file: Option<&str>, environment: &[(&str, &str)]) -> String {
    let error = Loaded::load(&sources(file, environment)).expect_err("a mistake");
    let text = error.to_string();
    assert_eq!(text.lines().count(), 1, "{text}");
    text
}

#[test]
fn nothing_set_gives_the_defaults() {
    assert_eq!(with_environment(&[]), Config::default());
}

#[test]
fn the_default_file_mentions_every_key_and_no_other() {
    let mut section = "";
    let mut mentioned = BTreeSet::new();
    for line in DEFAULT_TOML.lines() {
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            section = name;
        }
        let line = line.strip_prefix("# ").unwrap_or(line);
        if let Some((key, _)) = line.split_once(" = ")
            && !key.contains(' ')
        {
            assert!(mentioned.insert((section, key)), "{section}.{key} is there twice");
        }
    }
    // "0 = never" and the like are sentences.
    mentioned.retain(|(_, key)| !key.starts_with(|c: char| c.is_ascii_digit() || c == '"'));
    let known: BTreeSet<_> = Config::keys().map(|key| (key.section, key.name)).collect();
    assert_eq!(mentioned, known);
}

#[test]
fn every_key_of_the_default_file_has_a_sentence_before_it() {
    let lines: Vec<&str> = DEFAULT_TOML.lines().collect();
    for pair in lines.windows(2) {
        if pair[0].starts_with('[') || pair[0].is_empty() {
            assert!(pair[1].starts_with('#') || pair[1].starts_with('['), "{}", pair[1]);
        }
    }
}

/// A value that differs from the default, for every key: as text of the environment.
fn samples(kind: Kind) -> Vec<String> {
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
    match kind {
        Kind::Int(min, max) => vec![min.to_string(), max.to_string()],
        Kind::Float(min, max) => vec![min.to_string(), max.to_string()],
        Kind::Bool => words(&["true", "false", "1", "0"]),
        Kind::Text | Kind::Path => words(&["some text"]),
        Kind::Email => words(&["a@b.example"]),
        Kind::Host => words(&["0.0.0.0", "::1", "[::1]", "db.internal"]),
        Kind::Choice(choices) => words(choices),
        Kind::Url(_) => words(&["https://api.example/v1", "http://127.0.0.1:8080"]),
        Kind::Origin => words(&["https://chat.example:8443"]),
        Kind::Origins => words(&["*", "https://a.example, http://b.example:3000", "http://[::1]:80"]),
        Kind::Phrases => words(&["get me the duty desk, señor humano", "x"]),
        Kind::Networks => words(&["hooks.internal", "10.0.0.0/8, fd00::/8, 127.0.0.1"]),
        Kind::Database => words(&[
            "sqlite:other.db",
            "postgres://me:pw@db:5432/chat?sslmode=require",
            "postgresql:///chat",
            "postgres://%2Frun%2Fpg/chat",
        ]),
        Kind::PrivateUrl(_) => words(&["redis://:pw@cache:6379/1", "rediss://cache"]),
        Kind::Filter => words(&["debug", "warn,switchboard=debug", "info/chat"]),
        Kind::Secret(_) => words(&["a secret of a good length, really"]),
    }
}

#[test]
fn every_key_can_be_set_in_the_environment_to_all_it_may_hold() {
    // Some keys have to stand in a relation to another; what they need is set besides.
    let context = [
        ("SWITCHBOARD__LIMITS__FRAME_BYTES", "16777216"),
        ("SWITCHBOARD__LIMITS__HEARTBEAT_MS", "10"),
        ("SWITCHBOARD__ASSISTANT__OPENAI_API_KEY", "a key"),
        ("SWITCHBOARD__ASSISTANT__ANTHROPIC_API_KEY", "a key"),
        ("SWITCHBOARD__ATTACHMENTS__S3_BUCKET", "files"),
        ("SWITCHBOARD__ATTACHMENTS__S3_ACCESS_KEY_ID", "a key"),
        ("SWITCHBOARD__ATTACHMENTS__S3_SECRET_ACCESS_KEY", "a key"),
    ];
    for key in Config::keys() {
        let variable = format!("SWITCHBOARD__{}__{}", key.section.to_uppercase(), key.name.to_uppercase());
        for sample in samples(key.kind) {
            let mut environment: Vec<(&str, &str)> = context.to_vec();
            environment.retain(|(name, _)| *name != variable);
            match variable.as_str() {
                "SWITCHBOARD__LIMITS__FRAME_BYTES" => {
                    environment.push(("SWITCHBOARD__LIMITS__FRAME_BYTES_UNAUTHENTICATED", "256"));
                }
                "SWITCHBOARD__LIMITS__HEARTBEAT_MS" if sample == "3600000" => continue,
                _ => {}
            }
            environment.push((&variable, &sample));
            let loaded = Loaded::load(&sources(None, &environment)).unwrap_or_else(|error| panic!("{error}"));
            let origin = loaded.origin(key.section, key.name).unwrap().to_string();
            assert_eq!(origin, format!("environment variable {variable}"));
        }
    }
}

#[test]
fn every_value_out_of_bounds_is_refused_by_the_keys_name_and_form() {
    for key in Config::keys() {
        let variable = format!("SWITCHBOARD__{}__{}", key.section.to_uppercase(), key.name.to_uppercase());
        let bad: &[&str] = match key.kind {
            Kind::Int(min, max) => &[&(min - 1).to_string(), &(max + 1).to_string(), "ten", "1.5", "9e9"],
            Kind::Float(min, max) => &[&(min - 0.1).to_string(), &(max + 0.1).to_string(), "nan", "inf", "warm"],
            Kind::Bool => &["yes please", "2"],
            Kind::Text | Kind::Path => &["two\nlines"],
            Kind::Email => &["admin", "@b", "a@", "a b@c", "a@b@c"],
            Kind::Host => &["my host", "http://host", "-x"],
            Kind::Choice(_) => &["other", "AUTO"],
            Kind::Url(_) => {
                &["api.example", "ftp://x", "https://", "https://me:pw@x/", "https://x:99999", "https://x y"]
            }
            Kind::Origin => &["https://a.example/", "https://a.example/path", "a.example", "*"],
            Kind::Origins => &["https://a.example/", "https://a.example,b.example"],
            Kind::Networks => &["10.0.0.0/33", "https://hooks.internal", "a b"],
            Kind::Phrases => &["?!", "two\nlines"],
            Kind::Database => &["mysql://x", "sqlite:", "postgres://", "data/x.db", "postgres://h:port/x"],
            Kind::PrivateUrl(_) => &["http://cache", "redis://", "cache:6379"],
            Kind::Secret(1) => &["two\nlines"],
            Kind::Filter => &["[[[", "switchboard=loud", "a b"],
            Kind::Secret(_) => &["short", "long enough but\nof two lines"],
        };
        for value in bad {
            let text = error(None, &[(&variable, value)]);
            let wanted = format!("environment variable {variable}: {}.{}: expected ", key.section, key.name);
            assert!(text.starts_with(&wanted) && text.contains(&key.kind.form()), "{text}");
        }
    }
}

#[test]
fn the_environment_goes_before_the_file_and_the_file_before_the_default() {
    let file = "[server]\nport = 4000\nhost = \"10.0.0.1\"\n\n[limits]\nmessages_per_10s = 50\n";
    let loaded = Loaded::load(&sources(Some(file), &[("PORT", "5000")])).unwrap();
    assert_eq!(loaded.config.server.port, 5000);
    assert_eq!(loaded.config.server.host, "10.0.0.1");
    assert_eq!(loaded.config.limits.messages_per_10s, 50);
    assert_eq!(loaded.config.limits.frames_per_60s, 120);
    let origin = |section, name| loaded.origin(section, name).unwrap().to_string();
    assert_eq!(origin("server", "port"), "environment variable PORT");
    assert_eq!(origin("server", "host"), "config/local.toml:3");
    assert_eq!(origin("limits", "messages_per_10s"), "config/local.toml:6");
    assert_eq!(origin("limits", "frames_per_60s"), "default");
}

#[test]
fn the_full_name_goes_before_the_seeds_name_in_any_order() {
    let (seed, own) = (("PORT", "5000"), ("SWITCHBOARD__SERVER__PORT", "6000"));
    assert_eq!(with_environment(&[seed, own]).server.port, 6000);
    assert_eq!(with_environment(&[own, seed]).server.port, 6000);
}

#[test]
fn every_variable_of_the_seeds_is_read() {
    let config = with_environment(&[
        ("PORT", "3100"),
        ("HOST", "0.0.0.0"),
        ("DATABASE_URL", "postgres://me:pw@db/chat"),
        ("JWT_SECRET", "your-secret-key"),
        ("INTERNAL_API_SECRET", "internal-secret"),
        ("ADMIN_EMAIL", "admin@honeychatbot.com"),
        ("ADMIN_PASSWORD", "correct horse"),
        ("AI_PROVIDER", "openai"),
        ("OPENAI_API_KEY", "sk-1"),
        ("OPENAI_BASE_URL", "http://localhost:11434/v1"),
        ("OPENAI_MODEL", "llama"),
        ("OPENAI_MAX_TOKENS", "500"),
        ("OPENAI_TEMPERATURE", "1"),
        ("ANTHROPIC_API_KEY", "sk-2"),
        ("ANTHROPIC_BASE_URL", "http://localhost:9"),
        ("ANTHROPIC_MODEL", "claude"),
        ("ANTHROPIC_MAX_TOKENS", "600"),
        ("REDIS_URL", "redis://:pw@cache"),
        ("REDIS_HOST", "localhost"),
        ("REDIS_PORT", "6380"),
        ("REDIS_PASSWORD", "pw"),
        ("CORS_ORIGIN", "http://localhost:3000, https://shop.example"),
        ("MAX_CONCURRENT_CHATS_PER_STAFF", "7"),
        ("CHAT_SESSION_TIMEOUT_MINUTES", "45"),
        ("RUST_LOG", "debug"),
    ]);
    assert_eq!((config.server.port, config.server.host.as_str()), (3100, "0.0.0.0"));
    assert_eq!(config.database.url.expose(), "postgres://me:pw@db/chat");
    let exposed = |secret: &Option<switchboard::config::Secret>| secret.as_ref().unwrap().expose().to_owned();
    assert_eq!(exposed(&config.auth.jwt_secret), "your-secret-key");
    assert_eq!(exposed(&config.auth.internal_secret), "internal-secret");
    assert_eq!(config.auth.admin_email.as_deref(), Some("admin@honeychatbot.com"));
    assert_eq!(exposed(&config.auth.admin_password), "correct horse");
    let assistant = &config.assistant;
    assert_eq!(assistant.provider, Provider::OpenAi);
    assert_eq!(exposed(&assistant.openai_api_key), "sk-1");
    assert_eq!(assistant.openai_base_url, "http://localhost:11434/v1");
    assert_eq!((assistant.openai_model.as_str(), assistant.openai_max_tokens), ("llama", 500));
    assert!((assistant.openai_temperature - 1.0).abs() < f64::EPSILON);
    assert_eq!(exposed(&assistant.anthropic_api_key), "sk-2");
    assert_eq!(assistant.anthropic_base_url, "http://localhost:9");
    assert_eq!((assistant.anthropic_model.as_str(), assistant.anthropic_max_tokens), ("claude", 600));
    assert_eq!(config.bus.redis_url.as_ref().unwrap().expose(), "redis://:pw@cache");
    assert_eq!((config.bus.redis_host.as_deref(), config.bus.redis_port), (Some("localhost"), 6380));
    assert_eq!(exposed(&config.bus.redis_password), "pw");
    assert_eq!(config.cors.origins, ["http://localhost:3000", "https://shop.example"]);
    let routing = config.routing.settings();
    assert_eq!((routing.default_capacity, routing.idle_timeout.get()), (7, 45 * 60_000));
    assert_eq!(config.log.filter, "debug");
    let debug = format!("{config:?}");
    for secret in ["your-secret-key", "internal-secret", "correct horse", "sk-1", "sk-2", "pw"] {
        assert!(!debug.contains(secret), "{secret} in {debug}");
    }
}

#[test]
fn an_empty_variable_is_not_set_and_strangers_are_passed_over() {
    let config = with_environment(&[
        ("REDIS_PASSWORD", ""),
        ("JWT_SECRET", ""),
        ("SWITCHBOARD__SERVER__PORT", ""),
        ("SWITCHBOARD_PORT", "tcp://10.0.0.1:3000"),
        ("PATH", "/bin"),
    ]);
    assert_eq!(config, Config::default());
}

#[test]
fn the_examples_of_the_protocol_work() {
    let config =
        with_environment(&[("SWITCHBOARD__LIMITS__MESSAGES_PER_10S", "100"), ("SWITCHBOARD__ROUTING__MODE", "offer")]);
    assert_eq!((config.limits.messages_per_10s, config.routing.mode), (100, RoutingMode::Offer));
}

#[test]
fn mistakes_in_a_file_are_told_with_line_key_and_form() {
    let secret = "auth.jwt_secret: expected one line of text of at least 8 bytes";
    let heartbeat = "limits.heartbeat_timeout_ms: expected more than limits.heartbeat_ms";
    let frames = "limits.frame_bytes_unauthenticated: expected at most limits.frame_bytes";
    let near = "no such setting; did you mean limits.frame_bytes?";
    for (text, line, wanted) in [
        ("[server]\nport = 70000", 2, "server.port: expected a whole number from 0 to 65535, found 70000".to_owned()),
        ("[server]\nport = \"80\"", 2, "server.port: expected a whole number from 0 to 65535, found other text".into()),
        ("[limits]\n\n# a comment\nframe_byte = 1", 4, format!("limits.frame_byte: {near}")),
        ("[limit]\nframe_bytes = 2048", 2, format!("limit.frame_bytes: {near}")),
        ("jwt_secret = \"hunter2hunter2\"", 1, "jwt_secret: no such setting".into()),
        ("[auth.jwt_secret]\nx = 1", 1, format!("{secret}, found a table")),
        ("[auth]\njwt_secret = \"hunter2\"", 2, format!("{secret}, found other text")),
        ("[auth]\njwt_secret = \"\"", 2, format!("{secret}, found empty text")),
        ("[limits]\nheartbeat_ms = 30000", 2, heartbeat.into()),
        ("[limits]\nframe_bytes = 2048", 2, frames.into()),
    ] {
        assert_eq!(error(Some(text), &[]), format!("config/local.toml:{line}: {wanted}"));
    }
    let text = error(Some("[database]\nurl = \"mysql://root:hunter2@db\""), &[]);
    assert!(text.starts_with("config/local.toml:2: database.url: ") && !text.contains("hunter2"), "{text}");
    let text = error(Some("[cors]\norigins = [\"https://a.example\", 5]"), &[]);
    assert!(
        text.starts_with("config/local.toml:2: cors.origins: ") && text.ends_with(", found another list"),
        "{text}"
    );
}

#[test]
fn mistakes_in_the_environment_are_told_with_variable_key_and_form() {
    let idle = "routing.idle_timeout_ms: expected a whole number from 1 to 525600, found 0";
    let typo = "limits.message_per_10s: no such setting; did you mean limits.messages_per_10s?";
    let provider =
        "assistant.provider: expected one of \"knowledge\", \"openai\", \"anthropic\", \"off\", found other text";
    for (name, value, wanted) in [
        ("PORT", "http", "server.port: expected a whole number from 0 to 65535, found other text"),
        ("CHAT_SESSION_TIMEOUT_MINUTES", "0", idle),
        ("SWITCHBOARD__LIMITS__MESSAGE_PER_10S", "1", typo),
        ("SWITCHBOARD__PORT", "1", "SWITCHBOARD__PORT: no such setting"),
        ("SWITCHBOARD__server__port", "1", "SWITCHBOARD__server__port: no such setting"),
        ("AI_PROVIDER", "hal", provider),
    ] {
        assert_eq!(error(None, &[(name, value)]), format!("environment variable {name}: {wanted}"));
    }
}

#[test]
fn a_file_that_is_not_toml_is_told_with_its_line_and_without_its_values() {
    for broken in [
        "[server]\nport = 1\n[auth]\njwt_secret = hunter2hunter2",
        "[server]\nport = 1\n[auth]\njwt_secret = \"hunter2hunter2",
        "[server]\nport = 1\n[auth]\njwt_secret \"hunter2hunter2\"",
        "[server]\nport = 1\n[auth]\njwt_secret = 'hunter2' hunter2",
        "[server]\nport = 1\n[auth]\njwt_secret = \"hunter2\\qhunter2\"",
        "[server]\nport = 1\n[auth]\njwt_secret = [\"hunter2hunter2\"",
    ] {
        let text = error(Some(broken), &[]);
        assert!(text.starts_with("config/local.toml:4: not valid TOML: "), "{text}");
        assert!(!text.contains("hunter2"), "{text}");
    }
}

#[test]
fn a_value_that_is_not_utf_8_is_refused() {
    use std::os::unix::ffi::OsStringExt;
    let bad = OsString::from_vec(vec![b's', 0xFF]);
    let environment = vec![(OsString::from("JWT_SECRET"), bad.clone()), (OsString::from("OTHER"), bad)];
    let error = Loaded::load(&Sources { file: None, environment }).unwrap_err();
    assert!(error.to_string().ends_with("found text that is not UTF-8"), "{error}");
}

#[test]
fn only_a_file_that_was_asked_for_must_be_there() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("missing.toml");
    let error = Sources::read(Some(&missing), Vec::new()).unwrap_err();
    assert!(matches!(&error, ConfigError::Unreadable { file, .. } if file.ends_with("missing.toml")), "{error}");
    assert_eq!(error.to_string().lines().count(), 1);
}

#[test]
fn a_limit_of_cost_without_a_price_is_warned_of() {
    let warned = |assistant: &str| {
        let loaded = Loaded::load(&sources(Some(&format!("[assistant]\n{assistant}")), &[])).unwrap();
        loaded.warnings().iter().any(|line| line.starts_with("assistant.cost_per_chatbot_day: "))
    };
    assert!(warned("cost_per_chatbot_day = 5"));
    assert!(!warned("cost_per_chatbot_day = 5.0\noutput_price_per_million = 0.6"));
    assert!(!warned("cost_per_chatbot_day = 0"));
}

#[test]
fn the_report_shows_values_and_sources_and_hides_secrets() {
    let file = "[auth]\ninternal_secret = \"hunter2hunter2\"\n[routing]\nmode = \"offer\"\n";
    let environment =
        [("JWT_SECRET", "hunter2hunter2"), ("DATABASE_URL", "postgres://me:hunter2@db/chat"), ("CORS_ORIGIN", "*")];
    let loaded = Loaded::load(&sources(Some(file), &environment)).unwrap();
    let report = loaded.report();
    assert!(!report.contains("hunter2") && !format!("{loaded:?}").contains("hunter2"), "{report}");
    toml::from_str::<toml::Table>(&report).expect("the report is TOML");
    insta::assert_snapshot!(report);
}

#[test]
fn a_vendor_without_the_key_that_its_server_needs_is_refused_by_name() {
    for (vendor, key) in [("openai", "assistant.openai_api_key"), ("anthropic", "assistant.anthropic_api_key")] {
        let refused = error(None, &[("AI_PROVIDER", vendor)]);
        assert!(refused.starts_with("environment variable AI_PROVIDER") && refused.contains(key), "{refused}");
    }
    with_environment(&[("AI_PROVIDER", "openai"), ("OPENAI_BASE_URL", "http://127.0.0.1:11434/v1")]);
}

#[test]
fn a_bucket_without_a_name_and_half_a_key_are_refused_by_name() {
    let place = ("SWITCHBOARD__ATTACHMENTS__PLACE", "s3");
    let refused = error(None, &[place]);
    assert!(refused.contains("attachments.s3_bucket"), "{refused}");
    let bucket = ("SWITCHBOARD__ATTACHMENTS__S3_BUCKET", "files");
    with_environment(&[place, bucket]);
    let (id, key) = ("SWITCHBOARD__ATTACHMENTS__S3_ACCESS_KEY_ID", "SWITCHBOARD__ATTACHMENTS__S3_SECRET_ACCESS_KEY");
    assert!(error(None, &[place, bucket, (id, "a")]).contains("attachments.s3_secret_access_key"));
    assert!(error(None, &[place, bucket, (key, "hunter2")]).contains("attachments.s3_access_key_id"));
}
