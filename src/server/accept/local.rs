//! Which connections come from the server's own machine.

use std::net::{IpAddr, SocketAddr, UdpSocket};

/// Who counts as local: operator in the first room, and free of the limits on connections and lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LocalOperators {
    /// People who connect from an address of this machine.
    On,
    /// Nobody, because the administrator wants it so.
    Off,
    /// Nobody, because this is a container: there, what comes from elsewhere may arrive from the
    /// container's own address, by way of a program that forwards the port.
    OffInContainer,
    /// Nobody, because connections come through a proxy, which may be on this machine.
    OffBehindProxy,
}

impl LocalOperators {
    /// What was asked for, or what is right in this place.
    pub(crate) fn choose(
        asked: Option<bool>,
        has_proxy: bool,
        is_container: impl FnOnce() -> bool,
    ) -> LocalOperators {
        match asked {
            Some(true) => LocalOperators::On,
            Some(false) => LocalOperators::Off,
            None if has_proxy => LocalOperators::OffBehindProxy,
            None if is_container() => LocalOperators::OffInContainer,
            None => LocalOperators::On,
        }
    }

    /// Whether a connection counts as local: its peer, and our end of it.
    pub(crate) fn admits(self, from: SocketAddr, to: Option<SocketAddr>) -> bool {
        self == LocalOperators::On && is_own_machine(from, to)
    }
}

/// Loopback, the address that was connected to (the system takes it as the source as well, and
/// nobody else can have it), or another address of this machine.
fn is_own_machine(from: SocketAddr, to: Option<SocketAddr>) -> bool {
    let ip = from.ip().to_canonical();
    ip.is_loopback()
        || to.is_some_and(|to| to.ip().to_canonical() == ip)
        || (can_bind(SocketAddr::new(ip, 0), from) && !can_bind_anything(ip))
}

/// Whether a socket can have this address. Binding sends nothing.
fn can_bind(address: SocketAddr, like: SocketAddr) -> bool {
    let address = match (address, like) {
        // A link-local address is complete only with the number of its network.
        (SocketAddr::V6(_), SocketAddr::V6(mut like)) => {
            like.set_port(0);
            SocketAddr::V6(like)
        }
        (address, _) => address,
    };
    UdpSocket::bind(address).is_ok()
}

/// Whether the system lets anybody have any address (`net.ipv4.ip_nonlocal_bind` of Linux), so that
/// having one proves nothing. The addresses are for documentation (RFC 5737, RFC 3849); two of
/// different blocks, since a test network may use one.
fn can_bind_anything(like: IpAddr) -> bool {
    let nobodys: [IpAddr; 2] = match like {
        IpAddr::V4(_) => [[198, 51, 100, 213].into(), [203, 0, 113, 213].into()],
        IpAddr::V6(_) => {
            [[0x2001, 0xdb8, 0xdead, 0, 0, 0, 0, 213].into(), [0x3fff, 0xdad, 0, 0, 0, 0, 0, 213].into()]
        }
    };
    nobodys.into_iter().any(|ip| UdpSocket::bind((ip, 0)).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ip: &str) -> SocketAddr {
        SocketAddr::new(ip.parse().unwrap(), 5)
    }

    /// Only loopback was local: not a person who typed the address that the console advertises.
    #[test]
    fn every_address_of_this_machine_is_local() {
        let on = LocalOperators::On;
        for own in ["127.0.0.1", "127.3.2.1", "::1", "::ffff:127.0.0.1"] {
            assert!(on.admits(at(own), Some(at("192.0.2.9"))), "{own}");
        }
        // Source and destination are the same only on the machine itself.
        assert!(on.admits(at("192.0.2.7"), Some(at("::ffff:192.0.2.7"))));
        // Where a machine has several addresses, the source is another of them.
        let own = super::super::listener::reachable(at("0.0.0.0"));
        assert!(on.admits(own, None), "{own}");
        // Addresses of documentation, which no machine has.
        assert!(!on.admits(at("198.51.100.99"), Some(at("192.0.2.7"))));
        assert!(!on.admits(at("2001:db8:ffff::99"), None));
        for nobody in [LocalOperators::Off, LocalOperators::OffInContainer] {
            assert!(!nobody.admits(at("127.0.0.1"), Some(at("127.0.0.1"))));
        }
    }

    #[test]
    fn what_is_asked_for_counts_more_than_the_place() {
        let unasked = |_: ()| -> bool { panic!("the place does not matter") };
        assert_eq!(LocalOperators::choose(Some(true), false, || unasked(())), LocalOperators::On);
        assert_eq!(LocalOperators::choose(Some(false), false, || unasked(())), LocalOperators::Off);
        assert_eq!(LocalOperators::choose(None, false, || true), LocalOperators::OffInContainer);
        assert_eq!(LocalOperators::choose(None, false, || false), LocalOperators::On);
        assert_eq!(LocalOperators::choose(None, true, || unasked(())), LocalOperators::OffBehindProxy);
        assert_eq!(LocalOperators::choose(Some(true), true, || unasked(())), LocalOperators::On);
    }
}
