//! What the server says of itself: 004 and the tokens of 005.

use super::casemapping::CaseMapping;
use crate::text::phrase::Kept;
use crate::wire::{Message, isupport, numeric};
use std::collections::BTreeMap;

/// Tokens that are remembered; servers have about sixty.
const MOST: usize = 1024;

#[derive(Debug, Clone, Default)]
pub struct ServerFeatures {
    /// The name and number of its software (004).
    version: String,
    /// At most [`MOST`].
    tokens: BTreeMap<String, String>,
}

impl ServerFeatures {
    pub(super) fn receive(&mut self, message: &Message) {
        match message.command() {
            numeric::RPL_MYINFO => message.param(2).unwrap_or_default().clone_into(&mut self.version),
            numeric::RPL_ISUPPORT => {
                for (name, value) in isupport::tokens(message) {
                    // What the server does not offer any more (Modern, RPL_ISUPPORT).
                    if let Some(ended) = name.strip_prefix('-') {
                        self.tokens.remove(ended);
                    } else if self.tokens.len() < MOST || self.tokens.contains_key(name) {
                        self.tokens.insert(name.to_owned(), value.to_owned());
                    }
                }
            }
            _ => {}
        }
    }

    /// A token's value; empty where it has none.
    pub fn get(&self, token: &str) -> Option<&str> {
        self.tokens.get(token).map(String::as_str)
    }

    /// Whether it is a server of this program.
    pub fn is_roomchat(&self) -> bool {
        self.version.starts_with("roomchat-")
    }

    /// The room that the server suggests: a token of this program's server alone.
    pub fn first_room(&self) -> Option<&str> {
        self.get("FIRSTROOM").filter(|room| !room.is_empty())
    }

    pub fn casemapping(&self) -> CaseMapping {
        self.get("CASEMAPPING").map_or_else(CaseMapping::default, CaseMapping::named)
    }

    /// What stands before the names of operators and the like.
    pub fn prefixes(&self) -> &str {
        self.get("PREFIX").map_or("@+", |prefix| prefix.split_once(')').map_or("", |(_, signs)| signs))
    }

    /// The mode letters of these ranks, in the same order.
    pub fn ranks(&self) -> &str {
        let Some(prefix) = self.get("PREFIX") else { return "ov" };
        prefix.strip_prefix('(').and_then(|prefix| prefix.split_once(')')).map_or("", |(letters, _)| letters)
    }

    /// The letters of a room's modes that are lists of masks, that always have a
    /// value, and that have one where they are set.
    pub fn room_modes(&self) -> [&str; 3] {
        let Some(modes) = self.get("CHANMODES") else { return ["beI", "k", "l"] };
        let mut kinds = modes.split(',');
        [(); 3].map(|()| kinds.next().unwrap_or_default())
    }

    /// What the names of rooms begin with.
    pub fn room_kinds(&self) -> &str {
        self.get("CHANTYPES").unwrap_or("#&")
    }

    /// Whether a message with this target is for a room.
    pub fn is_room(&self, target: &str) -> bool {
        target.starts_with(|c| self.room_kinds().contains(c))
    }

    /// Messages that one CHATHISTORY brings; None where there is no limit.
    pub fn history_limit(&self) -> Option<usize> {
        self.get("CHATHISTORY")?.parse().ok().filter(|&most| most > 0)
    }

    /// How long what is said is kept: a token of this program's server alone.
    pub fn kept(&self) -> Option<Kept> {
        Kept::from_token(self.get("KEEP")?)
    }

    /// Bytes of a name; None where it was not told.
    pub fn name_bytes(&self) -> Option<usize> {
        self.get("NICKLEN")?.parse().ok()
    }

    /// The letter of the mode by which bots are known (IRCv3 bot-mode).
    pub fn bot_mode(&self) -> Option<char> {
        self.get("BOT")?.chars().next()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn features(lines: &[&str]) -> ServerFeatures {
        let mut features = ServerFeatures::default();
        lines.iter().for_each(|line| features.receive(&Message::parse(line).unwrap()));
        features
    }

    #[test]
    fn what_is_not_said_is_what_is_usual() {
        let usual = features(&[]);
        assert_eq!((usual.prefixes(), usual.ranks(), usual.room_kinds()), ("@+", "ov", "#&"));
        assert_eq!(usual.room_modes(), ["beI", "k", "l"]);
        assert_eq!((usual.first_room(), usual.history_limit(), usual.name_bytes()), (None, None, None));
        assert!(usual.is_room("&a") && !usual.is_room("a") && !usual.is_roomchat());
    }

    #[test]
    fn what_is_said_counts() {
        let told = features(&[
            ":s 004 a s roomchat-0.1 B imnt",
            ":s 005 a PREFIX=(Yov)!@+ CHANTYPES=# CHANMODES=bq,k,jl,im NICKLEN=9 :are supported",
            ":s 005 a FIRSTROOM=#lobby CASEMAPPING=rfc1459 CHATHISTORY=0 BOT=B UTF8ONLY :are supported",
        ]);
        assert!(told.is_roomchat() && !told.is_room("&a"));
        assert_eq!((told.prefixes(), told.ranks(), told.room_modes()), ("!@+", "Yov", ["bq", "k", "jl"]));
        assert_eq!((told.first_room(), told.casemapping()), (Some("#lobby"), CaseMapping::Rfc1459));
        assert_eq!((told.history_limit(), told.name_bytes(), told.bot_mode()), (None, Some(9), Some('B')));
        let kept = |value: &str| features(&[&format!(":s 005 a KEEP={value} :are")]).kept();
        assert_eq!(
            ["1GiB", "90d", "run", "0"].map(kept),
            [Kept::UpTo(1, "GiB"), Kept::Days(90), Kept::UntilItStops, Kept::NotAtAll].map(Some)
        );
        assert_eq!(
            (["", "d", "天", "9x", "99999999999d", "*", "GiB"].map(kept), told.kept()),
            ([None; 7], None)
        );
        assert_eq!((told.get("UTF8ONLY"), told.get("are supported")), (Some(""), None));
        let ended = features(&[":s 005 a BOT=B UTF8ONLY :are", ":s 005 a -BOT :are"]);
        assert_eq!((ended.bot_mode(), ended.get("-BOT"), ended.get("UTF8ONLY")), (None, None, Some("")));
    }

    #[test]
    fn no_server_fills_them() {
        let lines: Vec<String> = (0..2 * MOST).map(|n| format!(":s 005 a T{n}=x :are")).collect();
        let told = features(&lines.iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!(told.tokens.len(), MOST);
    }
}
