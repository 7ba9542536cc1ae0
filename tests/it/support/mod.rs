//! What tests share: a whole engine behind a real server, and clients that speak to it.

pub mod client;
pub mod postgres;
pub mod program;
pub mod server;
pub mod socket_io;

/// The same stories on both databases: each is a function of the module that takes the server.
macro_rules! on_both {
    ($($story:ident),+ $(,)?) => {
        mod on_sqlite {
            $(#[actix_web::test]
            async fn $story() {
                super::$story(crate::support::server::Server::start().await).await;
            })+
        }

        mod on_postgres {
            $(#[actix_web::test]
            async fn $story() {
                super::$story(crate::support::server::Server::on_postgres().await).await;
            })+
        }
    };
}
pub(crate) use on_both;
