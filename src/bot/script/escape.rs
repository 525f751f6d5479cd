//! The escapes of `>>>`.

/// The bytes that `\r \n \\ \xHH` stand for.
///
/// # Errors
/// Where something else follows a backslash.
pub fn unescape(text: &str) -> Result<Vec<u8>, usize> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        let place = text.len() - rest.len() + at;
        out.extend_from_slice(&rest.as_bytes()[..at]);
        let escape = &rest[at + 1..];
        let hex = || escape.get(1..3).filter(|h| h.bytes().all(|b| b.is_ascii_hexdigit()));
        let (byte, length) = match escape.bytes().next() {
            Some(b'r') => (b'\r', 1),
            Some(b'n') => (b'\n', 1),
            Some(b'\\') => (b'\\', 1),
            Some(b'x') => (hex().and_then(|h| u8::from_str_radix(h, 16).ok()).ok_or(place)?, 3),
            _ => return Err(place),
        };
        out.push(byte);
        rest = &escape[length..];
    }
    out.extend_from_slice(rest.as_bytes());
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_bytes_and_the_rest_is_itself() {
        assert_eq!(unescape(r"小\xE5\x93\r\n\\"), Ok(["小".as_bytes(), b"\xe5\x93\r\n\\"].concat()));
        assert_eq!(unescape("ab\\q"), Err(2));
        assert_eq!(unescape("\\xE"), Err(0));
        assert_eq!(unescape("\\x小"), Err(0));
        assert_eq!(unescape("a\\"), Err(1));
    }
}
