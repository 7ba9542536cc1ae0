//! The command line: what was asked for, and the commands that need only settings and keys.

use std::ffi::OsString;
use std::fmt::Write;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::auth::tokens::Claims;
use crate::config::{Auth, ConfigError, Loaded, Sources};
use crate::domain::ids::UserId;
use crate::domain::time::{Millis, Timestamp};
use crate::domain::user::Role;
use crate::keyring::{self, KeysError};

/// Something failed at work.
pub const EXIT_FAILURE: u8 = 1;
/// The command line cannot be understood.
pub const EXIT_USAGE: u8 = 2;
/// The settings cannot be used (`EX_CONFIG` of sysexits.h).
pub const EXIT_CONFIG: u8 = 78;

/// The longest life of a token by `--ttl`, seconds.
const YEAR_S: i64 = 31_536_000;

#[derive(Debug, Parser)]
#[command(name = "switchboard", version, about = "Carries customer chats and hands them to people.")]
struct Line {
    /// A file with settings, instead of config/local.toml
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Option<Verb>,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Run the server (the default)
    Serve,
    /// Bring the database's schema up to date, and end
    Migrate,
    /// Print a signed token, for trying things out
    Token(TokenArgs),
    /// Work with agents
    Agent {
        #[command(subcommand)]
        command: AgentVerb,
    },
    /// Print the settings in force, secrets hidden, and where each came from
    CheckConfig,
}

#[derive(Debug, Subcommand)]
enum AgentVerb {
    /// Add an agent who can log in; prints a random password
    Add(NewAgent),
}

#[derive(Debug, Args)]
struct TokenArgs {
    /// customer, agent or admin
    #[arg(long, value_parser = role)]
    role: Role,
    /// The user's id
    #[arg(long, value_name = "ID")]
    sub: String,
    /// The name that others see
    #[arg(long)]
    name: Option<String>,
    /// How long the token lives
    #[arg(long, value_name = "SECONDS", default_value_t = 3_600, value_parser = clap::value_parser!(i64).range(1..=YEAR_S))]
    ttl: i64,
}

/// An agent to add.
#[derive(Clone, Debug, PartialEq, Eq, Args)]
pub struct NewAgent {
    /// The name that customers see
    #[arg(long)]
    pub name: String,
    /// The e-mail address to log in with
    #[arg(long, value_parser = email)]
    pub email: String,
    /// Conversations at a time; routing.default_capacity when absent
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i32).range(0..=1_000))]
    pub capacity: Option<i32>,
    /// A skill (language, topic); may be given several times
    #[arg(long = "skill", value_name = "SKILL")]
    pub skills: Vec<String>,
}

/// What is to be done, with the settings read.
#[derive(Debug)]
pub enum Task {
    /// Run the server.
    Serve(Box<Loaded>),
    /// Bring the schema up to date.
    Migrate(Box<Loaded>),
    /// Add an agent.
    AddAgent(Box<Loaded>, NewAgent),
    /// Print this to standard output; it ends with a line end. All is done.
    Print(String),
}

/// Why nothing is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// What to tell, to standard error.
    pub message: String,
    /// What to exit with.
    pub exit_code: u8,
}

/// Reads the command line and the settings, and does what needs nothing else.
///
/// `args` begins with the program's name. Nothing but files is read besides the arguments; only `token` writes (the
/// secret file, when there is none).
///
/// # Errors
/// A message for standard error and the exit code: 2 usage, 78 settings, 1 others.
pub fn prepare(
    args: impl IntoIterator<Item = OsString>,
    environment: Vec<(OsString, OsString)>,
    now: Timestamp,
) -> Result<Task, Refusal> {
    let line = match Line::try_parse_from(args) {
        Ok(line) => line,
        // --help and --version are no mistakes.
        Err(asked) if !asked.use_stderr() => return Ok(Task::Print(asked.to_string())),
        Err(error) => return Err(Refusal { message: error.to_string(), exit_code: EXIT_USAGE }),
    };
    let sources = Sources::read(line.config.as_deref(), environment)?;
    let loaded = Box::new(Loaded::load(&sources)?);
    match line.command.unwrap_or(Verb::Serve) {
        Verb::Serve => Ok(Task::Serve(loaded)),
        Verb::Migrate => Ok(Task::Migrate(loaded)),
        Verb::Agent { command: AgentVerb::Add(agent) } => Ok(Task::AddAgent(loaded, agent)),
        Verb::Token(asked) => token(&loaded.config.auth, asked, now).map(Task::Print),
        Verb::CheckConfig => check_config(&loaded).map(Task::Print),
    }
}

fn token(settings: &Auth, asked: TokenArgs, now: Timestamp) -> Result<String, Refusal> {
    let (issuer, _) = keyring::open(settings)?;
    let claims = Claims {
        user_id: UserId::from(asked.sub.as_str()),
        role: asked.role,
        name: asked.name.unwrap_or(asked.sub),
        email: None,
        chatbot_id: None,
        login_id: None,
        issued_at: now,
        expires_at: now + Millis::from_secs(asked.ttl),
    };
    let token = issuer.issue(&claims).map_err(|_| Refusal {
        message: "--sub: expected 1 to 128 bytes without spaces".to_owned(),
        exit_code: EXIT_USAGE,
    })?;
    Ok(format!("{token}\n"))
}

/// The report, once the key files are found to be good too. Makes no secret file.
fn check_config(loaded: &Loaded) -> Result<String, Refusal> {
    keyring::public_keys(&loaded.config.auth)?;
    let mut text = String::from("# The settings in force. What is not the default has its source beside it.\n\n");
    // Writing into a text does not fail.
    let _ = write!(text, "{}", loaded.report());
    Ok(text)
}

impl From<ConfigError> for Refusal {
    fn from(error: ConfigError) -> Self {
        Self { message: error.to_string(), exit_code: EXIT_CONFIG }
    }
}

impl From<KeysError> for Refusal {
    fn from(error: KeysError) -> Self {
        Self { message: error.to_string(), exit_code: EXIT_CONFIG }
    }
}

fn role(text: &str) -> Result<Role, String> {
    Role::parse(text).ok_or_else(|| "expected customer, agent or admin".to_owned())
}

fn email(text: &str) -> Result<String, String> {
    let good = crate::config::Kind::Email.accepts(&toml::Value::String(text.to_owned()));
    if good { Ok(text.to_lowercase()) } else { Err(format!("expected {}", crate::config::Kind::Email.form())) }
}
