//! The whole engine under `/support` of a host's own actix-web server; customers are the host's own users.
//!
//! `cargo run --example embed`. With `--once` it plays a short conversation against itself and ends.

use actix_web::{App, HttpServer, web};
use switchboard::config::{Config, PrivateUrl, Secret};
use switchboard::domain::command::StartConversation;
use switchboard::domain::time::Millis;
use switchboard::engine::{Engine, User};

#[expect(clippy::print_stdout, reason = "an example talks")]
#[actix_web::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut config = Config::default();
    config.database.url = PrivateUrl::new(std::env::var("DATABASE_URL").unwrap_or("sqlite:data/embed.db".into()));
    config.auth.jwt_secret = Some(Secret::new(format!("{:032x}", rand::random::<u128>())));
    let engine = Engine::builder().config(config).start().await?;

    let mounted = engine.clone();
    let server = HttpServer::new(move || {
        let engine = mounted.clone();
        App::new()
            .route("/", web::get().to(|| async { "the host's own page" }))
            .service(web::scope("/support").configure(move |config| engine.configure(config)))
    })
    .on_connect(switchboard::engine::on_connect)
    .bind(("127.0.0.1", 0))?;
    println!("http://{}/support/health/ready", server.addrs().first().ok_or("no address")?);
    let running = actix_web::rt::spawn(server.run());

    let (handle, cleo) = (engine.handle(), User::customer("host-user-7", "Cleo"));
    println!("a token for the host's user: {}…", &handle.token(&cleo, Millis::from_mins(60)).await?[..12]);
    let start = StartConversation { client_id: "order-17".into(), ..StartConversation::default() };
    let conversation = handle.start_conversation(&cleo, start).await?.conversation_id;
    let sent = handle.send_message(&cleo, &conversation, "m1", "Where is my parcel?").await?;
    println!("message {} is durable", sent.seq);
    println!("{:?}", handle.escalate(&cleo, &conversation, Some("parcel")).await?);
    if std::env::args().any(|argument| argument == "--once") {
        running.abort();
        return Ok(());
    }
    running.await??;
    Ok(())
}
