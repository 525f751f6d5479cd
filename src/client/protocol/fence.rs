//! A PING whose answer tells that the server has handled all that was sent before it.

use super::refusal::is_too_fast;
use crate::wire::{Line, Message, numeric};

/// What the tokens of such PINGs begin with; a person's have others.
const FENCE: &str = "roomchat-fence-";

/// The token of the one of this number or name.
pub fn token(of: impl std::fmt::Display) -> String {
    format!("{FENCE}{of}")
}

pub fn ping(token: &str) -> Line {
    Line::new("PING").param(token)
}

/// Whether it is the answer to the PING with this token.
pub fn answers(message: &Message, token: &str) -> bool {
    message.is("PONG") && message.last() == Some(token)
}

/// Whether it answers any such PING, which is no news to anybody.
pub fn is_answer(message: &Message) -> bool {
    message.is("PONG") && message.last().is_some_and(|token| token.starts_with(FENCE))
}

/// Whether the server has dropped a PING because too much was asked of it.
pub fn is_put_off(message: &Message) -> bool {
    is_too_fast(message, &["PING"])
}

/// Whether the server knows nobody yet, and says that it was asked by a PING.
pub fn is_refused(message: &Message) -> bool {
    let names_it = message.param(1).is_some_and(|command| command.eq_ignore_ascii_case("PING"));
    message.is(numeric::ERR_NOTREGISTERED) && message.param_count() > 2 && names_it
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_told_from_everything_else() {
        let parse = |line: &str| Message::parse(line).unwrap();
        let pong = parse(":s PONG s roomchat-fence-7");
        assert!(answers(&pong, &token(7)) && !answers(&pong, &token(77)) && is_answer(&pong));
        assert!(!is_answer(&parse(":s PONG s x")) && !is_answer(&parse(":a!u@h PRIVMSG b roomchat-fence-7")));
        for line in [":s 263 a PING :wait", "FAIL PING RATE_LIMITED 1 :wait"] {
            assert!(is_put_off(&parse(line)), "{line}");
        }
        assert!(!is_put_off(&parse(":s 263 a LIST :wait")));
        assert!(is_refused(&parse(":s 451 * PING :who?")) && !is_refused(&parse(":s 451 * :who?")));
    }
}
