//! What tests share: a whole engine behind a real server, and clients that speak to it.

pub mod client;
pub mod postgres;
pub mod program;
pub mod server;
pub mod socket_io;

/// The same stories on both databases: each is a function of the module that takes the server. `story with settings`
/// names a function that changes the settings.
macro_rules! on_both {
    (@settings) => { |_: &mut switchboard::config::Config| {} };
    (@settings $settings:ident) => { super::$settings };
    ($($story:ident $(with $settings:ident)?),+ $(,)?) => {
        mod on_sqlite {
            $(#[actix_web::test]
            async fn $story() {
                let settings = crate::support::on_both!(@settings $($settings)?);
                super::$story(crate::support::server::Server::with(settings).await).await;
            })+
        }

        mod on_postgres {
            $(#[actix_web::test]
            async fn $story() {
                let settings = crate::support::on_both!(@settings $($settings)?);
                super::$story(crate::support::server::Server::on_postgres_with(settings).await).await;
            })+
        }
    };
}
pub(crate) use on_both;
