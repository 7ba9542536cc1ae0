//! The `switchboard` program.

use std::io::Write;
use std::process::ExitCode;

use actix_web::{App, HttpServer};
use switchboard::auth::passwords::{Passwords, random_password};
use switchboard::cli::{self, NewAgent, Task};
use switchboard::config::{Config, Loaded};
use switchboard::domain::escalation::Op;
use switchboard::domain::time::Timestamp;
use switchboard::domain::user::{Role, User};
use switchboard::engine::{self, Engine};
use switchboard::logging;
use switchboard::store::{Credential, StoreError, Transaction, Write as StoreWrite};

fn main() -> ExitCode {
    logging::install_panic_hook();
    match cli::prepare(std::env::args_os(), std::env::vars_os().collect(), now()) {
        Ok(Task::Print(text)) => print(&text),
        Ok(Task::Serve(loaded)) => run(&loaded, "serve", serve),
        Ok(Task::Migrate(loaded)) => run(&loaded, "migrate", migrate),
        Ok(Task::AddAgent(loaded, new)) => run(&loaded, "agent add", |config| add_agent(config, new)),
        Err(refusal) => {
            tell(&refusal.message);
            ExitCode::from(refusal.exit_code)
        }
    }
}

type Outcome = Result<(), Box<dyn std::error::Error>>;

/// Runs a task on an actix system, with log lines as the settings say.
fn run<F: Future<Output = Outcome>>(loaded: &Loaded, what: &str, task: impl FnOnce(Config) -> F) -> ExitCode {
    if let Err(error) = logging::start(&loaded.config.log) {
        return fail(what, &error.to_string());
    }
    for warning in loaded.warnings() {
        log::warn!("{warning}");
    }
    match actix_web::rt::System::new().block_on(task(loaded.config.clone())) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let keys = error.downcast_ref::<engine::EngineError>();
            let code =
                if matches!(keys, Some(engine::EngineError::Keys(_))) { cli::EXIT_CONFIG } else { cli::EXIT_FAILURE };
            tell(&format!("{what}: {error}"));
            ExitCode::from(code)
        }
    }
}

async fn serve(config: Config) -> Outcome {
    let (host, port, workers) = (config.server.host.clone(), config.server.port, config.server.workers);
    let engine = Engine::builder().config(config).show_demo_logins().start().await?;
    say(&engine.welcome().to_string());
    let mounted = engine.clone();
    let mut server = HttpServer::new(move || {
        let engine = mounted.clone();
        App::new().configure(move |config| engine.configure(config))
    })
    .on_connect(engine::on_connect)
    // A client that gives a waiting request up is gone.
    .h1_allow_half_closed(false)
    .disable_signals()
    .shutdown_timeout(1);
    if let Some(workers) = workers {
        server = server.workers(workers);
    }
    let server = server.bind((host.as_str(), port)).map_err(|error| format!("{host}:{port}: {error}"))?;
    for address in server.addrs() {
        say(&format!("Listening on http://{address}\n"));
        log::info!("server.address" = address.to_string().as_str(); "listening");
    }
    let server = server.run();
    let handle = server.handle();
    let running = actix_web::rt::spawn(server);
    stop_signal().await?;
    log::info!("stopping: clients are told to come back");
    engine.drain().await;
    handle.stop(true).await;
    running.await??;
    engine.stop();
    log::info!("stopped");
    Ok(())
}

/// SIGTERM or SIGINT.
async fn stop_signal() -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}

async fn migrate(mut config: Config) -> Outcome {
    config.database.migrate = true;
    engine::open_store(&config).await?;
    say("The schema is up to date.\n");
    Ok(())
}

async fn add_agent(config: Config, new: NewAgent) -> Outcome {
    let store = engine::open_store(&config).await?;
    let default_capacity = new.capacity.unwrap_or(config.routing.settings().default_capacity);
    let email = new.email.to_lowercase();
    if store.credential(&email).await?.is_some() {
        return Err(format!("{email}: somebody logs in with this address already").into());
    }
    let id = uuid::Uuid::now_v7().to_string();
    let user = User {
        id: id.clone().into(),
        role: Role::Agent,
        name: new.name,
        email: Some(email.clone()),
        created_at: now(),
        disabled: false,
    };
    store.ensure_user(&user, default_capacity).await?;
    if !new.skills.is_empty() {
        let mut agent =
            store.agent(&user.id).await?.ok_or_else(|| StoreError::Aborted("the agent went away".into()))?;
        agent.skills = new.skills;
        let transaction = Transaction { lineage: 0, ops: vec![Op::PutAgent(agent)], audit: None, told: Vec::new() };
        store.commit(&[StoreWrite::Apply(transaction)]).await?;
    }
    let password = random_password();
    let password_hash = Passwords::new()?.hash(&password)?;
    store.put_credential(&Credential { user_id: user.id, email: email.clone(), password_hash }).await?;
    say(&format!("Agent {id} logs in with {email} and {password}\n"));
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "the program's own clock; the engine has its own")]
fn now() -> Timestamp {
    Timestamp::from_millis(chrono::Utc::now().timestamp_millis())
}

fn say(text: &str) {
    let mut out = std::io::stdout();
    // When standard output is closed there is nobody to tell.
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
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
