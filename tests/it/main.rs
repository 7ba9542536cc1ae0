//! Every integration test, in one binary: linking once is what makes the checks quick.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::as_conversions,
    clippy::print_stderr,
    clippy::print_stdout,
    clippy::type_complexity,
    reason = "a test that cannot go on should stop loudly"
)]

mod assistant;
mod authz;
mod availability;
mod browser;
mod chat;
mod chatbots;
#[path = "../../fuzz/claims.rs"]
mod claims;
mod cli;
mod config;
mod corpus;
mod crash;
mod demo;
mod desk;
mod flow;
mod host_events;
mod knowledge;
mod logging;
mod luck;
mod messaging;
mod model;
mod pages;
mod providers;
mod receipts;
mod rest;
mod scenarios;
mod socket_io;
mod sockets;
mod store;
mod supervised;
mod support;
mod tidy;
mod tokens;
mod visitors;
mod webhooks;
