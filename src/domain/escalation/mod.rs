//! The escalation supervisor's brain: queue, offers, capacity, hours. ROUTING rules R1–R16.

mod decision;
mod op;
mod state;

pub use decision::{Candidate, Decision, Outcome, PassedOver};
pub use op::{Assignment, ConversationChange, EscalationFlag, Op, WaitSample};
pub use state::{Case, EntryStatus, Offer, OfferStatus, QueueEntry, ServiceStats, State};
