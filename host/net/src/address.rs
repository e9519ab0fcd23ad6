//! Which addresses may be connected. Pure; knows nothing of names, plugins or grants.
//!
//! Invariant: an address that is not listed as reachable is refused. IPv6 forms that carry an IPv4 address are judged
//! by what they carry, and may carry nothing but a public address.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// How far an address may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    /// Anyone's.
    Public,
    /// The user's own network or machine: only for a host that the user typed. The text names the range.
    Own(&'static str),
    /// Never, whoever asks. The text names the range.
    Never(&'static str),
}

/// What an address (a URL with an IP address as its host) is, where no grant and no typing makes it reachable.
pub fn never_reachable(address: &str) -> Option<&'static str> {
    let ip = match url::Url::parse(address).ok()?.host()? {
        url::Host::Ipv4(v4) => IpAddr::V4(v4),
        url::Host::Ipv6(v6) => IpAddr::V6(v6),
        url::Host::Domain(_) => return None,
    };
    match reach(ip) {
        Reach::Never(range) => Some(range),
        Reach::Public | Reach::Own(_) => None,
    }
}

/// The host of an address where it is literally loopback (an IP address, or `localhost`), as it is written then. Names
/// are not looked up.
pub fn loopback_host(address: &str) -> Option<String> {
    let url = url::Url::parse(address).ok()?;
    if !matches!(url.scheme(), "http" | "https") || !url.username().is_empty() || url.password().is_some() {
        return None;
    }
    let host = url.host()?;
    let is_loopback = match &host {
        url::Host::Ipv4(v4) => v4.is_loopback(),
        url::Host::Ipv6(v6) => v6.is_loopback(),
        url::Host::Domain(name) => *name == "localhost",
    };
    is_loopback.then(|| host.to_string())
}

/// Judges one address.
pub(crate) fn reach(address: IpAddr) -> Reach {
    match address {
        IpAddr::V4(v4) => reach_v4(v4),
        IpAddr::V6(v6) => reach_v6(v6),
    }
}

fn reach_v4(address: Ipv4Addr) -> Reach {
    match address.octets() {
        // Amazon and most others; Oracle; Alibaba; Azure's wire server, which is a public address by its number.
        [169, 254, 169, 254] | [192, 0, 0, 192] | [100, 100, 100, 200] | [168, 63, 129, 16] => {
            Reach::Never("cloud metadata")
        }
        [0, ..] => Reach::Never("unspecified"),
        [127, ..] => Reach::Own("loopback"),
        [169, 254, ..] => Reach::Never("link-local"),
        [10, ..] | [192, 168, ..] => Reach::Own("private"),
        [172, second, ..] if (16..32).contains(&second) => Reach::Own("private"),
        [100, second, ..] if (64..128).contains(&second) => Reach::Own("shared (carrier or overlay network)"),
        [198, 18 | 19, ..] => Reach::Own("benchmarking"),
        [192, 88, 99, _] => Reach::Never("6to4 relay"),
        [192, 0, 0 | 2, _] | [198, 51, 100, _] | [203, 0, 113, _] => Reach::Never("reserved"),
        [224..=239, ..] => Reach::Never("multicast"),
        [240..=255, ..] => Reach::Never("reserved"),
        _ => Reach::Public,
    }
}

fn reach_v6(address: Ipv6Addr) -> Reach {
    let s = address.segments();
    if address == Ipv6Addr::UNSPECIFIED {
        return Reach::Never("unspecified");
    }
    if address == Ipv6Addr::LOCALHOST {
        return Reach::Own("loopback");
    }
    match s {
        [0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254] | [0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254] => Reach::Never("cloud metadata"),
        [0, 0, 0, 0, 0, 0xffff, high, low] => carried("IPv4-mapped", high, low),
        [0, 0, 0, 0, 0, 0, high, low] => carried("IPv4-compatible", high, low),
        [0, 0, 0, 0, 0xffff, 0, high, low] => carried("IPv4-translated", high, low),
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => carried("NAT64", high, low),
        [0x64, 0xff9b, ..] => Reach::Never("NAT64 of a local network"),
        [0x2002, high, low, ..] => carried("6to4", high, low),
        [_, _, _, _, 0 | 0x200, 0x5efe, high, low] => carried("ISATAP", high, low),
        [0x2001, 0, ..] => Reach::Never("Teredo"),
        [0x2001, 0xdb8, ..] => Reach::Never("reserved"),
        [first, ..] if first & 0xffc0 == 0xfe80 => Reach::Never("link-local"),
        [first, ..] if first & 0xff00 == 0xff00 => Reach::Never("multicast"),
        [first, ..] if first & 0xfe00 == 0xfc00 => Reach::Own("private"),
        // Global unicast is 2000::/3 (RFC 4291); whatever else exists is not somewhere a plugin has business.
        [first, ..] if first & 0xe000 == 0x2000 => Reach::Public,
        _ => Reach::Never("reserved"),
    }
}

/// Judges the IPv4 address inside an IPv6 form. The user's own network is not reached this way even by a typed host:
/// who means 10.0.0.1 can say so.
fn carried(form: &'static str, high: u16, low: u16) -> Reach {
    let [a, b] = high.to_be_bytes();
    let [c, d] = low.to_be_bytes();
    match reach_v4(Ipv4Addr::new(a, b, c, d)) {
        Reach::Public => Reach::Public,
        Reach::Own(_) | Reach::Never(_) => Reach::Never(form),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(text: &str) -> Reach {
        reach(text.parse().expect("the test names an address"))
    }

    #[test]
    fn public_addresses_are_reachable() {
        for text in [
            "1.1.1.1",
            "172.15.255.255",
            "172.32.0.0",
            "100.63.0.1",
            "100.128.0.1",
            "9.255.255.255",
            "11.0.0.0",
            "169.253.1.1",
            "192.167.1.1",
            "223.255.255.255",
            "2606:4700::1111",
            "::ffff:1.1.1.1",
            "64:ff9b::1.1.1.1",
            "2002:101:101::1",
        ] {
            assert_eq!(judged(text), Reach::Public, "{text}");
        }
    }

    #[test]
    fn the_users_own_network_is_told_apart() {
        for text in [
            "127.0.0.1",
            "127.255.255.255",
            "::1",
            "10.0.0.1",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "100.64.0.1",
            "198.19.0.1",
            "fc00::1",
            "fdff::1",
        ] {
            assert!(matches!(judged(text), Reach::Own(_)), "{text}: {:?}", judged(text));
        }
    }

    #[test]
    fn some_addresses_are_never_reached() {
        for text in [
            "0.0.0.0",
            "0.1.2.3",
            "169.254.169.254",
            "169.254.0.1",
            "168.63.129.16",
            "100.100.100.200",
            "192.0.0.192",
            "224.0.0.1",
            "239.1.1.1",
            "255.255.255.255",
            "240.0.0.1",
            "192.0.2.1",
            "198.51.100.1",
            "203.0.113.1",
            "192.88.99.1",
            "::",
            "fe80::1",
            "febf::1",
            "fec0::1",
            "ff02::1",
            "fd00:ec2::254",
            "fd20:ce::254",
            "2001:db8::1",
            "2001::1",
            "100::1",
            "4000::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::ffff:169.254.169.254",
            "::127.0.0.1",
            "::ffff:0:10.0.0.1",
            "64:ff9b::10.0.0.1",
            "64:ff9b::a9fe:a9fe",
            "64:ff9b:1::1",
            "2002:7f00:1::",
            "2002:a9fe:a9fe::1",
            "2001:4860::5efe:10.0.0.1",
        ] {
            assert!(matches!(judged(text), Reach::Never(_)), "{text}: {:?}", judged(text));
        }
    }
}
