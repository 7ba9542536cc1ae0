//! A database of its own for each test, in a PostgreSQL server that the tests start themselves.

use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

use diesel_async::{AsyncConnection, AsyncPgConnection, SimpleAsyncConnection};

/// A server that ends with this process.
pub struct Server {
    folder: PathBuf,
    /// Its maintenance database.
    pub url: String,
}

fn script(verb: &str, folder: &std::path::Path) -> String {
    let script = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("scripts/test-postgres");
    let done = Command::new(script).arg(verb).arg(folder).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8(done.stdout).unwrap().trim().to_owned()
}

impl Server {
    /// Starts a server of one's own (for tests that stop it).
    pub fn start() -> Self {
        let folder = std::env::temp_dir().join(format!("switchboard-pg-{}", uuid::Uuid::new_v4()));
        let url = script("start", &folder);
        Self { folder, url }
    }

    /// Stops it; the data stay.
    pub fn stop(&self) {
        script("stop", &self.folder);
    }

    /// Starts it again on the same port.
    pub fn start_again(&self) {
        assert_eq!(script("start", &self.folder), self.url);
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop();
        // A folder that is left over harms nobody.
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// The server announced by the checks, or one started for this process.
fn maintenance_url() -> String {
    static OWN: OnceLock<(String, Option<Server>)> = OnceLock::new();
    let (url, _) = OWN.get_or_init(|| match std::env::var("SWITCHBOARD_TEST_POSTGRES") {
        Ok(url) => (url, None),
        Err(_) => {
            let server = Server::start();
            // Statics are not dropped; the child that watches this process stops the server with it.
            let watch = format!(
                "while kill -0 {} 2>/dev/null; do sleep 1; done; '{}/scripts/test-postgres' stop '{}'; rm -rf '{}'",
                std::process::id(),
                env!("CARGO_MANIFEST_DIR"),
                server.folder.display(),
                server.folder.display(),
            );
            // It outlives this process on purpose, and ends itself.
            Command::new("setsid").args(["--fork", "bash", "-c", &watch]).status().unwrap();
            (server.url.clone(), Some(server))
        }
    });
    url.clone()
}

/// Makes a database in the shared server and answers its URL.
pub async fn fresh_database() -> String {
    fresh_database_in(&maintenance_url()).await
}

/// Makes a database in a given server and answers its URL.
pub async fn fresh_database_in(url: &str) -> String {
    let name = format!("t{}", uuid::Uuid::new_v4().simple());
    let mut conn = AsyncPgConnection::establish(url).await.unwrap();
    conn.batch_execute(&format!("CREATE DATABASE {name}")).await.unwrap();
    let (server, _) = url.rsplit_once('/').unwrap();
    format!("{server}/{name}")
}
