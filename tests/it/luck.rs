//! Bad luck from outside: what is held in memory is stale, readers are slow, databases go away.

mod crowded;
mod drain;
mod gone;
mod locked;
mod rooms;
mod settings;
mod slow;
