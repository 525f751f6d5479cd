//! The network that somebody comes from.

use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;

/// The network that one person commands: a v4 address, or the /64 of a v6 one (RFC 6177, 2).
pub fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) if !v6.is_loopback() => {
            let [a, b, c, d, ..] = v6.segments();
            Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
        }
        other => other,
    }
}

/// The same of a host as others may know it. One that is no address counts by itself.
pub(super) fn network_of(host: &str) -> Arc<str> {
    match host.parse() {
        Ok(address) => network(address).to_string().into(),
        Err(_) => host.into(),
    }
}
