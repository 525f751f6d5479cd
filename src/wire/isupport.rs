//! What a server says of itself: `RPL_ISUPPORT` (Modern, 005).

use super::message::Message;

/// The tokens, each with its value: all parameters but our name and the description.
pub fn tokens(message: &Message) -> impl Iterator<Item = (&str, &str)> {
    let count = message.param_count().saturating_sub(1);
    message.params().take(count).skip(1).map(|token| token.split_once('=').unwrap_or((token, "")))
}
