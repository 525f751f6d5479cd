//! Telnet's own bytes (RFC 854), for people who come with its program and no client.

/// "Interpret as command": the byte with which each of them begins. No text in UTF-8 holds it.
pub const IAC: u8 = 0xff;

/// The first of them, "end of file" (RFC 1184), and those that bear more bytes.
const EOF: u8 = 236;
const SE: u8 = 240;
const SB: u8 = 250;
const WILL: u8 = 251;
const DONT: u8 = 254;

/// What is left of a line without telnet's commands: negotiation of options, and single
/// ones such as those for Ctrl-C. What is no whole command stays.
pub fn without_commands(line: &[u8]) -> Vec<u8> {
    let mut text = Vec::with_capacity(line.len());
    let mut rest = line;
    while let Some(at) = memchr::memchr(IAC, rest) {
        let (before, command) = rest.split_at(at);
        text.extend_from_slice(before);
        let length = match command.get(1) {
            Some(&SB) => memchr::memmem::find(command, &[IAC, SE]).map(|end| end + 2),
            Some(&(WILL..=DONT)) => Some(3).filter(|&length| length <= command.len()),
            Some(&(EOF..SB)) => Some(2),
            _ => None,
        };
        if length.is_none() {
            text.push(IAC);
        }
        rest = &command[length.unwrap_or(1)..];
    }
    text.extend_from_slice(rest);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_taken_out_and_the_text_stays() {
        for (line, text) in [
            (&b"\xff\xfb\x1f\xff\xfb\x20\xff\xfb\x18Cat"[..], &b"Cat"[..]),
            (b"hel\xff\xf4\xff\xfd\x06lo", b"hello"),
            (b"\xff\xfa\x1f\x00\x50\x00\x18\xff\xf0Cat", b"Cat"),
            (b"Cat\xff\xfa\x1f\x00", b"Cat\xff\xfa\x1f\x00"),
            (b"Cat\xff\xfb", b"Cat\xff\xfb"),
            (b"Cat\xff", b"Cat\xff"),
            (b"\xff\xff\xf4", b"\xff"),
            (b"\xffves", b"\xffves"),
            (b"", b""),
        ] {
            assert_eq!(without_commands(line), text, "{line:?}");
        }
    }
}
