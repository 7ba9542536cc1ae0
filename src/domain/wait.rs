//! placeholder
use super::escalation::ServiceStats;
use super::event::{WaitRange, WaitUnknown};
use super::time::Millis;

/// Input.
#[derive(Clone, Debug)]
pub struct WaitInput {
    /// n
    pub entries_ahead: usize,
    /// s
    pub serving_units: i64,
    /// free
    pub free_units: i64,
    /// stats
    pub stats: ServiceStats,
    /// prior
    pub default_handle_time: Millis,
    /// has
    pub has_prior: bool,
    /// open
    pub open: bool,
    /// hol
    pub head_waited: Option<Millis>,
}
/// Est.
pub trait WaitEstimator: Send + Sync {
    /// Est.
    fn estimate(&self, input: &WaitInput) -> Result<WaitRange, WaitUnknown>;
}
/// Default.
#[derive(Debug, Default, Clone, Copy)]
pub struct QlmEstimator;
impl WaitEstimator for QlmEstimator {
    fn estimate(&self, _input: &WaitInput) -> Result<WaitRange, WaitUnknown> {
        Err(WaitUnknown::NoAgents)
    }
}
/// s
pub fn after_served(stats: &ServiceStats, _w: Millis, _p: Option<i64>) -> ServiceStats {
    stats.clone()
}
/// s
pub fn after_abandoned(stats: &ServiceStats, _w: Millis) -> ServiceStats {
    stats.clone()
}
/// s
pub fn after_waited(stats: &ServiceStats, _w: Millis) -> ServiceStats {
    stats.clone()
}
/// s
pub fn after_held(stats: &ServiceStats, _w: Millis, _p: Millis) -> ServiceStats {
    stats.clone()
}
