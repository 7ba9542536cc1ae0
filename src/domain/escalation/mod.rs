//! The escalation supervisor's brain: queue, offers, capacity, hours. ROUTING rules R1–R16.
//!
//! [`Supervisor::handle`] takes the present time and one [`Request`], changes the tables by [`Op`]s only, and answers
//! with a reply and [`Effects`]. The same code runs in the actor, in the scenario files and under the model checker.

mod decision;
mod index;
pub mod invariant;
mod ledger;
mod op;
mod policy;
mod ranked;
mod request;
mod state;
mod supervisor;

pub use decision::{Candidate, Decision, Outcome, PassedOver};
pub use ledger::{Ledger, Refused};
pub use op::{Assignment, ConversationChange, EscalationFlag, Op, WaitSample};
pub use policy::{MostFreeFirst, RoutingPolicy};
pub use request::{Actor, AgentProfile, ConversationFacts, Effect, Effects, Request, Trace};
pub use state::{Case, EntryStatus, Offer, OfferStatus, QueueEntry, ServiceStats, State};
pub use supervisor::{Setup, Supervisor};

#[cfg(test)]
mod tests;
