//! The real program in a process of its own, on a fresh database, and what the system says of it.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use switchboard::auth::tokens::{Claims, TokenIssuer};
use switchboard::domain::time::Timestamp;
use switchboard::domain::user::Role;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

const SECRET: &str = "a-secret-of-the-measurement-that-is-long-enough";

pub struct Program {
    child: Child,
    pub address: String,
}

impl Program {
    /// Starts it on a free port in `folder`.
    pub async fn start(folder: &Path, database_url: &str, settings: &[(&str, &str)]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_switchboard"))
            .current_dir(folder)
            .env("PORT", "0")
            .env("DATABASE_URL", database_url)
            .env("JWT_SECRET", SECRET)
            .env("ADMIN_PASSWORD", "correct horse battery staple")
            .env("RUST_LOG", "error")
            .env("SWITCHBOARD__LIMITS__MESSAGES_PER_10S", "1000000")
            .env("SWITCHBOARD__LIMITS__FRAMES_PER_60S", "10000000")
            .envs(settings.iter().copied())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("the program");
        let mut lines = BufReader::new(child.stdout.take().expect("its output")).lines();
        while let Some(line) = lines.next_line().await.expect("a line") {
            if let Some(address) = line.strip_prefix("Listening on http://") {
                return Self { child, address: address.to_owned() };
            }
        }
        panic!("the program ended: {:?}", child.wait().await);
    }

    /// Resident memory, bytes.
    pub fn resident(&self) -> u64 {
        let status = self.read("status");
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).expect("VmRSS");
        line.split_whitespace().nth(1).and_then(|kib| kib.parse::<u64>().ok()).expect("a number") * 1024
    }

    /// Processor time used so far.
    pub fn processor(&self) -> Duration {
        let stat = self.read("stat");
        let after = stat.rsplit(") ").next().expect("fields");
        let ticks: u64 = after.split_whitespace().skip(11).take(2).map(|it| it.parse::<u64>().expect("ticks")).sum();
        // USER_HZ is 100 on every Linux that this runs on.
        Duration::from_millis(ticks * 10)
    }

    fn read(&self, file: &str) -> String {
        let id = self.child.id().expect("it runs");
        std::fs::read_to_string(format!("/proc/{id}/{file}")).expect("Linux")
    }
}

/// A token for anybody.
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
    TokenIssuer::new(SECRET.as_bytes()).expect("a secret").issue(&claims).expect("a token")
}
