//! `[webhooks]`: what the host application's server is told over HTTP.

use std::net::IpAddr;

use super::{Kind, section};

section! {
    /// `[webhooks]`.
    pub struct Webhooks in "webhooks" {
        /// Whether webhooks may be at private addresses (this machine, a local network), for installations whose host
        /// application is there.
        allow_private: bool = false, Kind::Bool;
        /// Hosts, addresses and networks that are allowed although they are private: `hooks.internal`, `10.1.0.0/16`.
        allow: Vec<String> = Vec::new(), Kind::Networks;
        /// Whether URLs may begin with `http:`.
        allow_http: bool = false, Kind::Bool;
        /// How long one try may take, milliseconds.
        timeout_ms: u64 = 10_000, Kind::Int(1_000, 60_000);
        /// Deliveries that are on their way to one webhook at once; never two of one conversation.
        at_once: usize = 4, Kind::Int(1, 64);
        /// When more than this wait for one webhook, it is switched off.
        most_waiting: usize = 100_000, Kind::Int(100, 10_000_000);
        /// How long what was delivered is kept, days.
        delivered_kept_days: u32 = 3, Kind::Int(1, 3_650);
        /// How long what was given up is kept, days.
        dead_kept_days: u32 = 30, Kind::Int(1, 3_650);
    }
}

/// One item of `webhooks.allow`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Allowed {
    /// A host by its name, whatever its address.
    Host(String),
    /// Addresses whose first so many bits are these.
    Network(IpAddr, u32),
}

impl Allowed {
    /// From `host.name`, `10.0.0.1`, `10.0.0.0/8` or `fd00::/8`.
    pub fn parse(text: &str) -> Option<Self> {
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits.parse::<u32>().ok()?)),
            None => (text, None),
        };
        if let Ok(address) = address.parse::<IpAddr>() {
            let whole = if address.is_ipv4() { 32 } else { 128 };
            return bits.is_none_or(|bits| bits <= whole).then(|| Self::Network(address, bits.unwrap_or(whole)));
        }
        let letter = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_');
        let is_name = bits.is_none() && !text.is_empty() && text.len() <= 253 && text.chars().all(letter);
        is_name.then(|| Self::Host(text.to_ascii_lowercase()))
    }

    /// Whether it is this host's name.
    pub fn names(&self, host: &str) -> bool {
        matches!(self, Self::Host(name) if name.eq_ignore_ascii_case(host))
    }

    /// Whether an address is in this network.
    pub fn covers(&self, address: IpAddr) -> bool {
        let same = |left: u128, right: u128, width: u32, bits: u32| {
            let rest = width - bits.min(width);
            left.checked_shr(rest) == right.checked_shr(rest)
        };
        match (self, address) {
            (Self::Network(IpAddr::V4(net), bits), IpAddr::V4(address)) => {
                same(u128::from(net.to_bits()), u128::from(address.to_bits()), 32, *bits)
            }
            (Self::Network(IpAddr::V6(net), bits), IpAddr::V6(address)) => {
                same(net.to_bits(), address.to_bits(), 128, *bits)
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn covers(network: &str, address: &str) -> bool {
        Allowed::parse(network).unwrap().covers(address.parse().unwrap())
    }

    #[test]
    fn a_network_covers_what_begins_as_it_does() {
        assert!(covers("10.1.0.0/16", "10.1.255.3") && !covers("10.1.0.0/16", "10.2.0.1"));
        assert!(covers("127.0.0.1", "127.0.0.1") && !covers("127.0.0.1", "127.0.0.2"));
        assert!(covers("0.0.0.0/0", "8.8.8.8") && !covers("0.0.0.0/0", "::1"));
        assert!(covers("fd00::/8", "fdab::1") && !covers("fd00::/8", "fe80::1"));
        assert!(covers("::/0", "fe80::1"));
    }

    #[test]
    fn a_name_is_a_host_and_anything_else_is_nothing() {
        assert!(Allowed::parse("Hooks.Internal").unwrap().names("hooks.internal"));
        for odd in ["", "10.0.0.0/33", "fd00::/129", "a b", "http://a", "a/8", "10.0.0.0/x"] {
            assert_eq!(Allowed::parse(odd), None, "{odd}");
        }
    }
}
