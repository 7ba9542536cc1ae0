//! Thin actor shells around the domain's cores.

pub mod link;
