//! The header by which a proxy tells for whom it connects (the PROXY protocol, versions 1 and 2;
//! HAProxy, `doc/proxy-protocol.txt`). It stands before all else, TLS included.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// How version 2 begins (2.2).
const SIGNATURE: &[u8] = b"\r\n\r\n\0\r\nQUIT\n";
/// How version 1 begins (2.1).
const PROXY: &[u8] = b"PROXY ";
/// Bytes of the longest line of version 1, its end included (2.1).
const LINE_BYTES: usize = 107;
/// Bytes of version 2 before the addresses.
const HEAD_BYTES: usize = 16;
/// Bytes that may follow these: addresses, and what else the proxy tells.
const MOST_BYTES: usize = 4096;

/// For whom a proxy connects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    Of(SocketAddr),
    /// For itself, or it does not tell.
    Proxy,
}

/// What the bytes that have come are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Header {
    /// A header that is not whole: so many bytes more belong to it at least.
    Begun(usize),
    Whole(Source),
    /// No header.
    Missing,
    /// A header that makes no sense.
    Bad,
}

impl Header {
    /// Of all bytes that have come so far, of which nothing behind the header is one.
    pub fn of(bytes: &[u8]) -> Header {
        let begins = |with: &[u8]| bytes.iter().zip(with).all(|(one, other)| one == other);
        match () {
            () if begins(SIGNATURE) && bytes.len() < SIGNATURE.len() => {
                Header::Begun(SIGNATURE.len() - bytes.len())
            }
            () if begins(SIGNATURE) => binary(bytes),
            () if begins(PROXY) && bytes.len() < PROXY.len() => Header::Begun(PROXY.len() - bytes.len()),
            () if begins(PROXY) => line(bytes),
            () => Header::Missing,
        }
    }
}

/// Version 1: a line.
fn line(bytes: &[u8]) -> Header {
    if !bytes.ends_with(b"\n") {
        // A byte at a time, so that nothing behind it is taken.
        return if bytes.len() < LINE_BYTES { Header::Begun(1) } else { Header::Bad };
    }
    let line = std::str::from_utf8(bytes).ok().and_then(|line| line.strip_suffix("\r\n"));
    line.and_then(source).map_or(Header::Bad, Header::Whole)
}

fn source(line: &str) -> Option<Source> {
    let mut words = line.split(' ').skip(1);
    let mut next = || words.next();
    let is_v4 = match next()? {
        "UNKNOWN" => return Some(Source::Proxy),
        "TCP4" => true,
        "TCP6" => false,
        _ => return None,
    };
    let address = |text: &str| text.parse::<IpAddr>().ok().filter(|ip| ip.is_ipv4() == is_v4);
    let port =
        |text: &str| text.parse::<u16>().ok().filter(|_| text.bytes().all(|byte| byte.is_ascii_digit()));
    let (from, to) = (address(next()?)?, address(next()?));
    let (from_port, to_port) = (port(next()?)?, port(next()?));
    (next().is_none() && to.is_some() && to_port.is_some()).then(|| Source::Of((from, from_port).into()))
}

/// Version 2.
fn binary(bytes: &[u8]) -> Header {
    if bytes.len() < HEAD_BYTES {
        return Header::Begun(HEAD_BYTES - bytes.len());
    }
    let (version, command, family) = (bytes[12] >> 4, bytes[12] & 0xf, bytes[13]);
    let length = usize::from(u16::from_be_bytes([bytes[14], bytes[15]]));
    if version != 2 || command > 1 || length > MOST_BYTES {
        return Header::Bad;
    }
    let more = &bytes[HEAD_BYTES..];
    if more.len() < length {
        return Header::Begun(length - more.len());
    }
    let v4 = || Some((Ipv4Addr::from(*more.first_chunk::<4>()?).into(), port(more, 8)?));
    let v6 = || Some((Ipv6Addr::from(*more.first_chunk::<16>()?).into(), port(more, 32)?));
    let address: Option<(IpAddr, u16)> = match (command, family) {
        // LOCAL; a family that is not told; streams of one machine, which have no address.
        (0, _) | (_, 0x00 | 0x31) => return Header::Whole(Source::Proxy),
        (_, 0x11) if length >= 12 => v4(),
        (_, 0x21) if length >= 36 => v6(),
        _ => None,
    };
    address.map_or(Header::Bad, |address| Header::Whole(Source::Of(address.into())))
}

fn port(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes(*bytes.get(at..)?.first_chunk()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn v2(command: u8, family: u8, body: &[u8]) -> Vec<u8> {
        let length = u16::try_from(body.len()).unwrap().to_be_bytes();
        [SIGNATURE, &[0x20 | command, family], &length, body].concat()
    }

    fn of(address: &str) -> Header {
        Header::Whole(Source::Of(address.parse().unwrap()))
    }

    #[test]
    fn a_header_tells_for_whom_it_is() {
        let v6 = [&[0x20, 1, 0xd, 0xb8][..], &[0; 11], &[7], &[0; 16], &[0x1f, 0x90, 0, 9]].concat();
        for (bytes, wanted) in [
            (b"PROXY TCP4 192.0.2.7 192.0.2.1 56324 7000\r\n".to_vec(), of("192.0.2.7:56324")),
            (b"PROXY TCP6 2001:db8::7 ::1 8080 7000\r\n".to_vec(), of("[2001:db8::7]:8080")),
            (b"PROXY UNKNOWN\r\n".to_vec(), Header::Whole(Source::Proxy)),
            (b"PROXY UNKNOWN ffff:f::ffff ::1 65535 65535\r\n".to_vec(), Header::Whole(Source::Proxy)),
            (v2(1, 0x11, &[192, 0, 2, 7, 10, 0, 0, 1, 0xdc, 4, 0x1b, 0x58]), of("192.0.2.7:56324")),
            (
                v2(1, 0x11, &[&[192, 0, 2, 7, 10, 0, 0, 1, 0, 5, 0, 6][..], &[9; 50]].concat()),
                of("192.0.2.7:5"),
            ),
            (v2(1, 0x21, &v6), of("[2001:db8::7]:8080")),
            (v2(0, 0x11, &[]), Header::Whole(Source::Proxy)),
            (v2(1, 0, &[]), Header::Whole(Source::Proxy)),
        ] {
            assert_eq!(Header::of(&bytes), wanted, "{bytes:?}");
            // However it is cut, it asks for no byte behind it.
            let mut read = 0;
            while let Header::Begun(more) = Header::of(&bytes[..read]) {
                read += more;
            }
            assert_eq!(read, bytes.len());
        }
    }

    #[test]
    fn what_is_no_header_is_told_from_a_bad_one() {
        for bytes in [&b"NICK bob\r\n"[..], b"\x16\x03\x01", b"\r\n\r\nNICK", b"PROX_", b"G"] {
            assert_eq!(Header::of(bytes), Header::Missing, "{bytes:?}");
        }
        let mut endless = b"PROXY TCP4 ".to_vec();
        endless.resize(LINE_BYTES, b'1');
        let lines = [
            "PROXY TCP4 192.0.2.7 192.0.2.1 56324\r\n",
            "PROXY TCP4 192.0.2.7 192.0.2.1 56324 7000 9\r\n",
            "PROXY TCP4 192.0.2.7 192.0.2.1 +5 7000\r\n",
            "PROXY TCP4 192.0.2.7 192.0.2.1 65536 7000\r\n",
            "PROXY TCP4 2001:db8::7 ::1 1 2\r\n",
            "PROXY TCP4  192.0.2.7 192.0.2.1 1 2\r\n",
            "PROXY TCP5 192.0.2.7 192.0.2.1 1 2\r\n",
            "PROXY TCP4 192.0.2.7 192.0.2.1 1 2\n",
            "PROXY \r\n",
        ];
        let binary =
            [v2(2, 0x11, &[0; 12]), v2(1, 0x11, &[0; 11]), v2(1, 0x12, &[0; 12]), v2(1, 0x21, &[0; 35])];
        let mut version = v2(1, 0x11, &[0; 12]);
        version[12] = 0x31;
        let mut long = v2(1, 0x11, &[]);
        (long[14], long[15]) = (0xff, 0xff);
        let lines = lines.iter().map(|line| line.as_bytes().to_vec());
        for bytes in lines.chain(binary).chain([endless, version, long]) {
            assert_eq!(Header::of(&bytes), Header::Bad, "{bytes:?}");
        }
    }
}
