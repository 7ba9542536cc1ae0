//! The circuit breaker: after many failures in a short time nobody is asked for a while, then one turn tries. Pure.

use std::collections::VecDeque;

use crate::domain::time::Millis;

/// When a circuit opens, and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CircuitLimits {
    /// This many failed turns …
    pub failures: usize,
    /// … within this span open the circuit,
    pub within: Millis,
    /// and this long after that one turn may try.
    pub rest: Millis,
}

impl Default for CircuitLimits {
    fn default() -> Self {
        Self { failures: 5, within: Millis::from_secs(30), rest: Millis::from_secs(10) }
    }
}

#[derive(Debug)]
enum State {
    Closed { failed_at: VecDeque<Millis> },
    Open { until: Millis },
    HalfOpen { probing: bool },
}

/// A turn that was let through; to be given back with how it went.
#[derive(Debug, PartialEq, Eq)]
pub struct Admission {
    probe: bool,
    epoch: u64,
}

/// Closed, open or half-open. Times are spans since any fixed moment.
#[derive(Debug)]
pub struct Circuit {
    limits: CircuitLimits,
    state: State,
    /// Rises with each change, so that turns that began before it say nothing about after it.
    epoch: u64,
}

impl Circuit {
    /// A closed circuit.
    pub fn new(limits: CircuitLimits) -> Self {
        Self { limits, state: State::Closed { failed_at: VecDeque::new() }, epoch: 0 }
    }

    /// Lets a turn through, or not.
    pub fn admit(&mut self, now: Millis) -> Option<Admission> {
        match &mut self.state {
            State::Closed { .. } => Some(Admission { probe: false, epoch: self.epoch }),
            State::Open { until } if now < *until => None,
            State::Open { .. } => {
                self.change(State::HalfOpen { probing: true });
                Some(Admission { probe: true, epoch: self.epoch })
            }
            State::HalfOpen { probing: true } => None,
            State::HalfOpen { probing } => {
                *probing = true;
                Some(Admission { probe: true, epoch: self.epoch })
            }
        }
    }

    /// The turn went well.
    pub fn succeeded(&mut self, admission: &Admission) {
        if admission.epoch == self.epoch && admission.probe {
            self.change(State::Closed { failed_at: VecDeque::new() });
        }
    }

    /// The provider failed the turn.
    pub fn failed(&mut self, admission: &Admission, now: Millis) {
        if admission.epoch != self.epoch {
            return;
        }
        let until = now + self.limits.rest;
        let State::Closed { failed_at } = &mut self.state else {
            self.change(State::Open { until });
            return;
        };
        let within = self.limits.within;
        failed_at.retain(|at| *at + within > now);
        failed_at.push_back(now);
        if failed_at.len() >= self.limits.failures {
            self.change(State::Open { until });
        }
    }

    /// The turn was given up before it ended: it says nothing, and another may try.
    pub fn abandoned(&mut self, admission: &Admission) {
        if admission.epoch != self.epoch || !admission.probe {
            return;
        }
        if let State::HalfOpen { probing } = &mut self.state {
            *probing = false;
        }
    }

    fn change(&mut self, state: State) {
        self.state = state;
        self.epoch += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(secs: i64) -> Millis {
        Millis::from_secs(secs)
    }

    fn fail(circuit: &mut Circuit, now: Millis) {
        let admission = circuit.admit(now).unwrap();
        circuit.failed(&admission, now);
    }

    fn open(circuit: &mut Circuit) {
        (0..5).for_each(|second| fail(circuit, at(second)));
    }

    #[test]
    fn five_failures_within_half_a_minute_open_it() {
        let mut circuit = Circuit::new(CircuitLimits::default());
        open(&mut circuit);
        assert_eq!(circuit.admit(at(13)), None);
        assert!(circuit.admit(at(14)).is_some(), "ten seconds after the last failure one may try");
    }

    #[test]
    fn failures_far_apart_do_not_open_it() {
        let mut circuit = Circuit::new(CircuitLimits::default());
        (0..20).for_each(|turn| fail(&mut circuit, at(turn * 8)));
        assert!(circuit.admit(at(161)).is_some());
    }

    #[test]
    fn one_probe_at_a_time_decides() {
        let mut circuit = Circuit::new(CircuitLimits::default());
        open(&mut circuit);
        let probe = circuit.admit(at(20)).unwrap();
        assert_eq!(circuit.admit(at(20)), None, "only one");
        circuit.failed(&probe, at(21));
        assert_eq!(circuit.admit(at(30)), None, "open again");
        let probe = circuit.admit(at(31)).unwrap();
        circuit.succeeded(&probe);
        (0..4).for_each(|_| fail(&mut circuit, at(32)));
        assert!(circuit.admit(at(32)).is_some(), "closed, and the old failures are forgotten");
    }

    #[test]
    fn an_abandoned_probe_lets_the_next_one_try() {
        let mut circuit = Circuit::new(CircuitLimits::default());
        open(&mut circuit);
        let probe = circuit.admit(at(20)).unwrap();
        circuit.abandoned(&probe);
        let next = circuit.admit(at(20)).unwrap();
        circuit.succeeded(&next);
        assert!(circuit.admit(at(20)).is_some() && circuit.admit(at(20)).is_some());
    }

    #[test]
    fn turns_from_before_a_change_say_nothing() {
        let mut circuit = Circuit::new(CircuitLimits::default());
        let early = circuit.admit(at(0)).unwrap();
        let other = circuit.admit(at(0)).unwrap();
        open(&mut circuit);
        circuit.succeeded(&early);
        assert_eq!(circuit.admit(at(5)), None);
        let probe = circuit.admit(at(20)).unwrap();
        circuit.abandoned(&other);
        assert_eq!(circuit.admit(at(20)), None, "the probe is still out");
        circuit.succeeded(&probe);
    }
}
