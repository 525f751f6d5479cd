//! Which errors of a server refuse what somebody asked for.

use crate::client::protocol::CaseMapping;
use crate::client::protocol::refusal::{is_refusal, refuses};
use crate::text::sanitise::for_drawing;
use crate::wire::{Message, numeric};
use std::fmt::{self, Display};

/// What a server says that refuses: an error numeric or FAIL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    code: String,
    text: String,
}

impl Refusal {
    /// None where the message refuses nothing.
    pub fn of(message: &Message) -> Option<Refusal> {
        refuses(message).then(|| Refusal {
            code: message.command().to_ascii_uppercase(),
            text: message.last().unwrap_or("").to_owned(),
        })
    }
}

impl Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", for_drawing(format!("{} {}", self.code, self.text).trim_end_matches([' ', '.'])))
    }
}

/// Bytes of a line without its end (RFC 2812, 2.3).
const LONGEST: usize = 510;

const SPEAKING: &[&str] = &["PRIVMSG", "NOTICE", "TAGMSG"];

/// The commands that an error numeric answers (RFC 2812, 5.2; for the later
/// ones <https://modern.ircdocs.horse/#numerics>). One that is not here may
/// answer any.
const ANSWERS: &[(&[&str], &[&str])] = &[
    (&["404", "411", "412", "413", "414"], SPEAKING),
    (&["405", "471", "473", "474", "475", "476", "489", "520"], &["JOIN"]),
    (&["406"], &["WHOWAS"]),
    (&["431", "432", "433", "435", "436", "438", "447"], &["NICK"]),
    (&["437"], &["NICK", "JOIN"]),
    (&["443"], &["INVITE"]),
    (&["467", "472", "478", "501", "502", "696"], &["MODE"]),
    (&["441"], &["KICK", "MODE"]),
    (&["442"], &["PART", "TOPIC", "KICK", "MODE", "INVITE", "NAMES", "WHO", "REDACT"]),
    (&["482"], &["TOPIC", "KICK", "MODE", "INVITE", "REDACT", "RENAME"]),
    (&["462"], &["USER", "PASS"]),
    (&["464"], &["PASS", "OPER"]),
    (&["465"], &["NICK", "USER", "PASS"]),
    (&["491"], &["OPER"]),
    (&["902", "904", "905", "906", "907", "908"], &["AUTHENTICATE"]),
];

/// What a step asked for that is to be refused.
#[derive(Debug, Clone, Default)]
pub struct Asked {
    /// The commands that were sent, in capitals.
    commands: Vec<String>,
    /// Their parameters, folded.
    words: Vec<String>,
    /// A line of it may be answered by any error, as it is none that a server
    /// can read.
    by_any: bool,
}

impl Asked {
    /// By these lines; none where it is the connection itself that is refused.
    pub fn by(lines: &[String], mapping: CaseMapping) -> Asked {
        let mut asked = Asked { by_any: lines.is_empty(), ..Asked::default() };
        for line in lines {
            match Message::parse(line) {
                Ok(message) if line.len() <= LONGEST => {
                    asked.commands.push(message.command().to_ascii_uppercase());
                    asked.words.extend(message.params().map(|param| mapping.fold(param)));
                }
                _ => asked.by_any = true,
            }
        }
        asked
    }

    /// Whether this error is about one of these lines: it is of that command,
    /// and what it names stands in the line.
    pub fn is_answered_by(&self, message: &Message, mapping: CaseMapping) -> bool {
        let code = message.command();
        if message.is("FAIL") {
            return self.by_any || message.param(0).is_some_and(|command| self.has(command));
        }
        if !is_refusal(code) || self.by_any {
            return self.by_any && is_refusal(code);
        }
        if [numeric::RPL_TRYAGAIN, numeric::ERR_UNKNOWNCOMMAND, numeric::ERR_NEEDMOREPARAMS].contains(&code) {
            return message.param(1).is_some_and(|command| self.has(command));
        }
        let row = ANSWERS.iter().find(|(codes, _)| codes.contains(&code));
        let is_of_command = row.is_none_or(|(_, commands)| commands.iter().any(|command| self.has(command)));
        // The first parameter is the receiver's name; the last is the sentence.
        let named = message.params().nth(1).filter(|_| message.param_count() > 2);
        let stands = |named: &str| {
            let named = mapping.fold(named);
            // A letter of a mode stands within its word, and one of several names between commas.
            let is_letter = named.chars().count() == 1 && self.has("MODE");
            let is_it = |word: &String| match is_letter {
                true => word.contains(&named),
                false => *word == named || word.split([',', '!', '@']).any(|one| one == named),
            };
            self.words.iter().any(is_it)
        };
        // A name that is none may not fit into a parameter as it is.
        let is_no_name = ["432", "476", "479"].contains(&code);
        is_of_command
            && (is_no_name || named.is_none_or(|named| named == "*" || self.has(named) || stands(named)))
    }

    fn has(&self, command: &str) -> bool {
        command == "*" || self.commands.iter().any(|sent| sent.eq_ignore_ascii_case(command))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Any error was once as good as another: `461 Bob FOO` refused a NICK.
    #[test]
    fn an_error_refuses_what_it_is_about() {
        let answers = |line: &str, error: &str| {
            let asked = Asked::by(&[line.to_owned()], CaseMapping::Ascii);
            asked.is_answered_by(&Message::parse(error).unwrap(), CaseMapping::Ascii)
        };
        for (line, error) in [
            ("NICK Ann", ":s 433 Bob ann :in use"),
            ("NICK a b", ":s 432 * :no name"),
            ("PRIVMSG #x :hi", ":s 404 Bob #X :no"),
            ("PRIVMSG a,b :hi", ":s 401 Bob b :no such nick"),
            ("MODE #x +q", ":s 472 Bob q :unknown"),
            ("KICK #x b", ":s 482 Bob #x :no operator"),
            ("FOO", ":s 421 Bob FOO :unknown"),
            ("NICK", ":s 461 Bob NICK :not enough"),
            ("REDACT #x y", "FAIL REDACT UNKNOWN_MSGID #x y :no"),
            ("OPER a b", ":s 599 Bob :something"),
            ("PRIV-MSG", ":s 421 Bob * :no command"),
        ] {
            assert!(answers(line, error), "{line}: {error}");
        }
        for (line, error) in [
            ("NICK Ann", ":s 461 Bob FOO :not enough"),
            ("NICK Ann", ":s 404 Bob #x :no"),
            ("NICK Ann", ":s 433 Bob Carl :in use"),
            ("NICK Ann", ":s 433 Bob A :in use"),
            ("PRIVMSG #x :hi #y", ":s 404 Bob #y :no"),
            ("PRIVMSG #x :hi", ":s 404 Bob #y :no"),
            ("NICK Ann", "FAIL JOIN X :no"),
            ("NICK Ann", ":s 422 Bob :no message of the day"),
            ("JOIN #x", ":s 353 Bob = #x :Bob"),
        ] {
            assert!(!answers(line, error), "{line}: {error}");
        }
    }
}
