//! Which addresses webhooks may be at. Whoever may make webhooks must not make this server call its own network.

use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use reqwest::Url;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use crate::config::{self, Allowed};
use crate::domain::webhook::MAX_URL_BYTES;

/// A resolver gave only addresses that are not allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Private;

impl fmt::Display for Private {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the address is private")
    }
}

impl std::error::Error for Private {}

/// What `[webhooks]` says of addresses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Rules {
    private: bool,
    http: bool,
    allowed: Vec<Allowed>,
}

impl Rules {
    pub fn new(settings: &config::Webhooks) -> Self {
        Self {
            private: settings.allow_private,
            http: settings.allow_http,
            // Each was checked with the settings.
            allowed: settings.allow.iter().filter_map(|text| Allowed::parse(text)).collect(),
        }
    }

    /// The URL, if webhooks may be there as far as its text says; names are looked up when something is sent.
    ///
    /// # Errors
    /// What is wrong, to follow "url: ".
    pub fn url(&self, text: &str) -> Result<Url, &'static str> {
        if text.len() > MAX_URL_BYTES || text.chars().any(|c| c.is_control() || c.is_whitespace()) {
            return Err("must be an absolute URL of at most 2,000 bytes");
        }
        let url = Url::parse(text).map_err(|_| "must be an absolute URL of at most 2,000 bytes")?;
        match url.scheme() {
            "https" => {}
            "http" if self.http => {}
            "http" => return Err("must begin with https:"),
            _ => return Err("must begin with https: or http:"),
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err("must not hold a user name or password");
        }
        if url.fragment().is_some() {
            return Err("must not hold a fragment (#)");
        }
        let host = url.host_str().filter(|host| !host.is_empty()).ok_or("must name a host")?;
        if !self.may_be_asked(host) {
            return Err("must not be at a private address; webhooks.allow names exceptions");
        }
        Ok(url)
    }

    /// Whether a host may be asked, as far as its name or literal address says.
    fn may_be_asked(&self, host: &str) -> bool {
        if self.private || self.is_named(host) {
            return true;
        }
        match host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>() {
            Ok(address) => self.allows(address),
            Err(_) => {
                let name = host.trim_end_matches('.');
                name != "localhost" && !name.ends_with(".localhost")
            }
        }
    }

    fn is_named(&self, host: &str) -> bool {
        self.allowed.iter().any(|one| one.names(host))
    }

    fn allows(&self, address: IpAddr) -> bool {
        self.private || is_public(address) || self.allowed.iter().any(|one| one.covers(address))
    }

    /// Those of a host's addresses that may be asked.
    ///
    /// # Errors
    /// [`Private`], when there were some and none is left.
    fn passed(&self, host: &str, found: Vec<SocketAddr>) -> Result<Vec<SocketAddr>, Private> {
        if self.is_named(host) {
            return Ok(found);
        }
        let some = !found.is_empty();
        let kept: Vec<SocketAddr> = found.into_iter().filter(|address| self.allows(address.ip())).collect();
        if some && kept.is_empty() { Err(Private) } else { Ok(kept) }
    }
}

/// Looks names up and lets the client connect to allowed addresses only, so that a name cannot change in between.
pub(super) struct Guard(pub Arc<Rules>);

impl Resolve for Guard {
    fn resolve(&self, name: Name) -> Resolving {
        let rules = Arc::clone(&self.0);
        Box::pin(async move {
            let host = name.as_str().to_owned();
            let found: io::Result<Vec<SocketAddr>> =
                tokio::net::lookup_host((host.as_str(), 0)).await.map(Iterator::collect);
            let kept = rules.passed(&host, found?)?;
            Ok::<Addrs, Box<dyn std::error::Error + Send + Sync>>(Box::new(kept.into_iter()))
        })
    }
}

/// Whether an address is one of the open Internet's.
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

/// Not among the special addresses of RFC 6890 and its followers.
fn is_public_v4(address: Ipv4Addr) -> bool {
    const SPECIAL: &[([u8; 4], u32)] = &[
        ([0, 0, 0, 0], 8),
        ([10, 0, 0, 0], 8),
        ([100, 64, 0, 0], 10),
        ([127, 0, 0, 0], 8),
        ([169, 254, 0, 0], 16),
        ([172, 16, 0, 0], 12),
        ([192, 0, 0, 0], 24),
        ([192, 0, 2, 0], 24),
        ([192, 88, 99, 0], 24),
        ([192, 168, 0, 0], 16),
        ([198, 18, 0, 0], 15),
        ([198, 51, 100, 0], 24),
        ([203, 0, 113, 0], 24),
        // Multicast, and everything above it.
        ([224, 0, 0, 0], 3),
    ];
    let begins = |(net, bits): &([u8; 4], u32)| {
        let rest = 32 - bits;
        u32::from_be_bytes(*net) >> rest == address.to_bits() >> rest
    };
    !SPECIAL.iter().any(begins)
}

/// Global unicast alone, less what leads elsewhere in it: mapped and translated IPv4 addresses, loopback, link-local,
/// unique local and multicast ones are outside of it.
fn is_public_v6(address: Ipv6Addr) -> bool {
    const SPECIAL: &[(u128, u32)] = &[
        // Protocol assignments, Teredo among them.
        (0x2001_0000 << 96, 23),
        (0x2001_0db8 << 96, 32),
        // 6to4: an IPv4 address inside.
        (0x2002_0000 << 96, 16),
        (0x3fff_0000 << 96, 20),
    ];
    let bits = address.to_bits();
    let begins = |(net, width): &(u128, u32)| bits >> (128 - width) == net >> (128 - width);
    bits >> 125 == 1 && !SPECIAL.iter().any(begins)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(change: impl FnOnce(&mut config::Webhooks)) -> Rules {
        let mut settings = config::Webhooks::default();
        change(&mut settings);
        Rules::new(&settings)
    }

    #[test]
    fn only_addresses_of_the_open_internet_are_public() {
        for text in [
            "0.0.0.0",
            "0.1.2.3",
            "10.0.0.1",
            "100.64.0.1",
            "100.127.255.255",
            "127.0.0.1",
            "127.9.9.9",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.8",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.19.255.1",
            "198.51.100.7",
            "203.0.113.7",
            "224.0.0.1",
            "239.255.255.250",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:8.8.8.8",
            "::8.8.8.8",
            "64:ff9b::7f00:1",
            "64:ff9b:1::1",
            "100::1",
            "2001::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "3fff::1",
            "fc00::1",
            "fd12::1",
            "fe80::1",
            "fec0::1",
            "ff02::1",
        ] {
            assert!(!is_public(text.parse().unwrap()), "{text}");
        }
        for text in [
            "8.8.8.8",
            "1.1.1.1",
            "100.63.255.255",
            "100.128.0.0",
            "172.15.0.1",
            "172.32.0.1",
            "192.0.1.1",
            "198.17.0.1",
            "198.20.0.1",
            "223.255.255.255",
            "2606:4700::1111",
            "2a00:1450:4001:81b::200e",
            "2001:4860:4860::8888",
            "2003::1",
        ] {
            assert!(is_public(text.parse().unwrap()), "{text}");
        }
    }

    #[test]
    fn a_url_is_refused_for_what_it_says_of_itself() {
        let strict = rules(|_| {});
        assert!(strict.url("https://host.example/hooks?token=1").is_ok());
        for (url, part) in [
            ("http://host.example/", "https:"),
            ("ftp://host.example/", "https: or http:"),
            ("https://me:pw@host.example/", "user name"),
            ("https://me@host.example/", "user name"),
            ("https://host.example/#a", "fragment"),
            ("/hooks", "absolute"),
            ("https://host.example/ a", "absolute"),
            ("https://127.0.0.1/", "private"),
            ("https://2130706433/", "private"),
            ("https://0x7f.1/", "private"),
            ("https://017700000001/", "private"),
            ("https://[::1]/", "private"),
            ("https://[::ffff:10.0.0.1]/", "private"),
            ("https://[64:ff9b::a00:1]/", "private"),
            ("https://localhost/", "private"),
            ("https://LOCALHOST./", "private"),
            ("https://a.localhost/", "private"),
            ("https://169.254.169.254/latest/meta-data", "private"),
        ] {
            let refused = strict.url(url).unwrap_err();
            assert!(refused.contains(part), "{url}: {refused}");
        }
        assert!(strict.url(&format!("https://host.example/{}", "a".repeat(2_000))).is_err());
    }

    #[test]
    fn the_settings_name_exceptions() {
        let some =
            rules(|settings| settings.allow = vec!["10.1.0.0/16".into(), "hooks.internal".into(), "localhost".into()]);
        assert!(some.url("https://10.1.2.3/").is_ok() && some.url("https://10.2.2.3/").is_err());
        assert!(some.url("https://localhost/").is_ok() && some.url("https://127.0.0.1/").is_err());
        let at = |text: &str| vec![text.parse::<SocketAddr>().unwrap()];
        assert_eq!(some.passed("hooks.internal", at("192.168.0.1:0")), Ok(at("192.168.0.1:0")));
        assert_eq!(some.passed("other.internal", at("192.168.0.1:0")), Err(Private));
        assert_eq!(some.passed("other.internal", at("10.1.0.1:0")), Ok(at("10.1.0.1:0")));
        let all = rules(|settings| (settings.allow_private, settings.allow_http) = (true, true));
        assert!(all.url("http://127.0.0.1:8080/").is_ok());
    }

    #[tokio::test]
    async fn the_guard_gives_no_private_address_of_a_name() {
        let resolve = async |rules: Rules| Guard(Arc::new(rules)).resolve("localhost".parse().unwrap()).await;
        let refused = resolve(rules(|_| {})).await.err().expect("localhost is private");
        assert!(refused.downcast_ref::<Private>().is_some(), "{refused}");
        let all = resolve(rules(|settings| settings.allow_private = true)).await;
        assert!(all.unwrap().all(|address| address.ip().is_loopback()));
    }

    #[test]
    fn of_a_name_s_addresses_only_the_public_ones_are_asked() {
        let mixed: Vec<SocketAddr> = ["10.0.0.1:0", "8.8.8.8:0", "[::1]:0"].map(|text| text.parse().unwrap()).into();
        assert_eq!(rules(|_| {}).passed("host.example", mixed), Ok(vec!["8.8.8.8:0".parse().unwrap()]));
        assert_eq!(rules(|_| {}).passed("host.example", Vec::new()), Ok(Vec::new()));
    }
}
