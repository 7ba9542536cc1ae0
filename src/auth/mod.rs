//! Who is who, and who may do what: tokens, passwords, refresh tokens, secrets, and the policy as a table.

mod authenticator;
pub mod demo;
pub mod keys;
pub mod passwords;
pub mod policy;
pub mod refresh;
pub mod secret;
pub mod tokens;

pub use authenticator::Authenticator;
