//! The assistant that needs no key and no network: it quotes the article that fits, or says that it does not know.

pub mod articles;
pub mod index;
pub mod language;
pub mod quote;
