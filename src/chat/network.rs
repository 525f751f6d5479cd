//! The network of an address, and the site that it belongs to.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

/// The network that one person has: a v4 address, or the /64 of a v6 address (RFC 6177, 2).
pub fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) if !v6.is_loopback() => {
            let [a, b, c, d, ..] = v6.segments();
            Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
        }
        other => other,
    }
}

/// The networks that one customer of a provider may have: the /24 of a v4 address, or the /48 of a
/// v6 address (RFC 6177, 2).
pub fn site(address: IpAddr) -> IpAddr {
    match network(address) {
        IpAddr::V4(v4) => {
            let [a, b, c, _] = v4.octets();
            Ipv4Addr::new(a, b, c, 0).into()
        }
        IpAddr::V6(v6) => {
            let [a, b, c, ..] = v6.segments();
            Ipv6Addr::new(a, b, c, 0, 0, 0, 0, 0).into()
        }
    }
}

/// The network of a host. A host that is no address is its own network.
pub(super) fn network_of(host: &str) -> Arc<str> {
    of(host, network)
}

/// The site of a host.
pub(super) fn site_of(host: &str) -> Arc<str> {
    of(host, site)
}

fn of(host: &str, part: fn(IpAddr) -> IpAddr) -> Arc<str> {
    host.parse().map_or_else(|_| host.into(), |address| part(address).to_string().into())
}
