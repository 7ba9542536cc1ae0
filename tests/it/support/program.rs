//! The real program on a free port.

use std::process::Stdio;

use switchboard::auth::tokens::{Claims, TokenIssuer};
use switchboard::domain::time::Timestamp;
use switchboard::domain::user::Role;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

const SECRET: &str = "a-secret-of-the-crash-test-that-is-long-enough";

pub struct Program {
    pub database_url: String,
    pub folder: tempfile::TempDir,
    /// More settings of the environment.
    pub settings: Vec<(&'static str, String)>,
    /// What its shell does before it starts: limits, ignored signals.
    pub first: Option<&'static str>,
}

impl Program {
    pub fn new(database_url: String, folder: tempfile::TempDir) -> Self {
        Self { database_url, folder, settings: Vec::new(), first: None }
    }

    /// On an SQLite file of its own.
    pub fn on_sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self::new(format!("sqlite:{}/program.db", folder.path().display()), folder)
    }

    /// Starts it on a free port; the address it printed.
    pub async fn start(&self) -> (Child, String) {
        let program = env!("CARGO_BIN_EXE_switchboard");
        let mut command = match self.first {
            Some(first) => {
                let mut shell = Command::new("sh");
                shell.args(["-c", &format!("{first}; exec \"$0\""), program]);
                shell
            }
            None => Command::new(program),
        };
        let mut child = command
            .current_dir(self.folder.path())
            .env("PORT", "0")
            .env("DATABASE_URL", &self.database_url)
            .env("JWT_SECRET", SECRET)
            .env("ADMIN_PASSWORD", "correct horse battery staple")
            .env("RUST_LOG", "error")
            .env("SWITCHBOARD__ASSISTANT__PROVIDER", "off")
            .env("SWITCHBOARD__LIMITS__MESSAGES_PER_10S", "1000000")
            .env("SWITCHBOARD__LIMITS__FRAMES_PER_60S", "1000000")
            .envs(self.settings.iter().map(|(name, value)| (name, value)))
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        while let Some(line) = lines.next_line().await.unwrap() {
            if let Some(address) = line.strip_prefix("Listening on http://") {
                return (child, address.to_owned());
            }
        }
        panic!("the program ended: {:?}", child.wait().await);
    }
}

/// A token that it believes.
pub fn token(sub: &str, role: Role) -> String {
    let claims = Claims {
        user_id: sub.into(),
        role,
        name: sub.to_owned(),
        email: None,
        chatbot_id: None,
        login_id: None,
        issued_at: Timestamp::from_millis(0),
        expires_at: Timestamp::from_millis(4_000_000_000_000),
    };
    TokenIssuer::new(SECRET.as_bytes()).unwrap().issue(&claims).unwrap()
}
