//! Where a message comes from: a server's name, or `nick!user@host`.

/// The source that a line begins with, its tags taken away.
pub fn of(body: &str) -> Option<&str> {
    body.strip_prefix(':')?.split(' ').next()
}

/// All before the first `!` or `@`.
pub fn nick(source: &str) -> &str {
    source.split(['!', '@']).next().unwrap_or(source)
}

/// Whether it is a server's: its name has a dot, which no person's may have, and no user.
pub fn is_server(source: &str) -> bool {
    source.contains('.') && !source.contains(['!', '@'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_is_told_from_a_server() {
        assert_eq!(of(":bob!u@h PRIVMSG #a :x").map(nick), Some("bob"));
        assert_eq!((of("PING"), nick("bob@h"), nick("bob")), (None, "bob", "bob"));
        assert!(is_server("irc.example") && !is_server("bob") && !is_server("bob!u@irc.example"));
    }
}
