//! The threads that databases are spoken to from.
//!
//! Callers run on actix threads, which come and go and run one task at a time. A connection belongs to the runtime it
//! was made on, and a query that is given up in the middle must still come to its end; so all of it happens on a
//! runtime of the store's own, and a caller that gives up only stops listening.

use std::future::Future;

use super::{Result, StoreError};

/// A runtime that outlives its callers.
pub(super) struct Threads(Option<tokio::runtime::Runtime>);

impl Threads {
    pub fn new() -> Result<Self> {
        tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .thread_name("store")
            .enable_all()
            .build()
            .map(|runtime| Self(Some(runtime)))
            .map_err(|error| StoreError::Aborted(error.to_string()))
    }

    /// Runs something to its end, whoever still waits for it.
    pub async fn run<R, F>(&self, work: F) -> Result<R>
    where
        R: Send + 'static,
        F: Future<Output = Result<R>> + Send + 'static,
    {
        let Some(runtime) = &self.0 else { return Err(StoreError::Aborted("the store is closed".into())) };
        runtime.spawn(work).await.map_err(|error| StoreError::OutcomeUnknown(error.to_string()))?
    }
}

impl Drop for Threads {
    /// A runtime may not wait for its threads where others run their tasks.
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}
