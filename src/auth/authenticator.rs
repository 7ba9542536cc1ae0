//! Whose tokens are believed: replaceable by a host application.

use async_trait::async_trait;

use crate::domain::time::Timestamp;

use super::tokens::{TokenError, TokenVerifier, Verified};

/// Says who a token belongs to. A host application may bring its own (sessions of its own, an introspection call).
#[async_trait]
pub trait Authenticator: Send + Sync + 'static {
    /// Who it is, or that the token is not accepted: always the same answer, whatever is wrong with it.
    ///
    /// # Errors
    /// [`TokenError`].
    async fn authenticate(&self, token: &str, now: Timestamp) -> Result<Verified, TokenError>;
}

#[async_trait]
impl Authenticator for TokenVerifier {
    async fn authenticate(&self, token: &str, now: Timestamp) -> Result<Verified, TokenError> {
        self.verify(token, now)
    }
}
