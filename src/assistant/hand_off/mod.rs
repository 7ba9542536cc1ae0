//! When a human is wanted: pure detection in what customers and models write. No clock, no I/O, no randomness.
//!
//! Four sources meet in one escalation: a marker in a model's text ([`markers`]), a wish in a customer's words
//! ([`wish`]), a promise in the assistant's own ([`promise`]), and a row of unhappy turns ([`mood`]). What the agent
//! reads first is made here as well ([`summary`]).

mod lexicon;
pub mod markers;
pub mod mood;
pub mod promise;
pub mod summary;
pub mod wish;
mod words;
