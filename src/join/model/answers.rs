//! Who somebody is, who is in a room, and who is kept out of it: the answers to [`Lookup`]s.

use super::item::{Item, Standing};
use super::lookup::{KILLED, Lookup, Purpose};
use super::state::Model;
use crate::client::protocol::fence;
use crate::wire::numeric::{
    ERR_NOSUCHNICK, ERR_UNKNOWNCOMMAND, ERR_WASNOSUCHNICK, RPL_AWAY, RPL_BANLIST, RPL_ENDOFBANLIST,
    RPL_ENDOFWHO, RPL_ENDOFWHOIS, RPL_ENDOFWHOWAS, RPL_WHOISBOT, RPL_WHOISCHANNELS, RPL_WHOISIDLE,
    RPL_WHOISOPERATOR, RPL_WHOISSECURE, RPL_WHOISSERVER, RPL_WHOISUSER, RPL_WHOREPLY, RPL_WHOWASUSER,
};
use crate::wire::{Message, source};

/// Lines of one answer that are kept.
const MAX_LINES: usize = 5000;

/// Of the list of quiets, where that is one of its own (Charybdis, Solanum).
const RPL_QUIETLIST: &str = "728";
const RPL_ENDOFQUIETLIST: &str = "729";
/// Under which account (Charybdis, InspIRCd, ergo).
const RPL_WHOISACCOUNT: &str = "330";

impl Model {
    /// Takes a line of an answer; false where it answers nothing that was asked.
    pub(super) fn on_answer(&mut self, message: &Message) -> bool {
        let is_answer = self.answers(message);
        if is_answer {
            self.lookups_until = None;
        }
        is_answer
    }

    fn answers(&mut self, message: &Message) -> bool {
        let about = message.param(1).unwrap_or_default();
        match message.command() {
            RPL_WHOREPLY => self.on_who(message),
            RPL_ENDOFWHO => self.on_end_of_who(about),
            RPL_BANLIST | RPL_QUIETLIST => self.on_entry(message),
            RPL_ENDOFBANLIST => self.on_end_of_list(about, 'b'),
            RPL_ENDOFQUIETLIST => self.on_end_of_list(about, 'q'),
            RPL_ENDOFWHOIS => self.on_end_of_whois(Some(about), false),
            RPL_ENDOFWHOWAS => self.on_end_of_whois(Some(about), true),
            ERR_UNKNOWNCOMMAND if about == "WHOWAS" => self.on_end_of_whois(None, true),
            _ => self.on_whois(message),
        }
    }

    fn on_who(&mut self, message: &Message) -> bool {
        let [Some(room), Some(user), Some(host), Some(name)] = [1, 2, 3, 5].map(|at| message.param(at))
        else {
            return false;
        };
        let same = |asked: &str| self.session.same(asked, room);
        let people = self.lookups.iter_mut().find_map(|lookup| match lookup {
            Lookup::Who { room, people, .. } if same(room) => Some(people),
            _ => None,
        });
        match people {
            Some(people) if people.len() < MAX_LINES => people.push(format!("{name}!{user}@{host}")),
            Some(_) => {}
            None => return false,
        }
        true
    }

    fn on_end_of_who(&mut self, about: &str) -> bool {
        let is_it =
            |lookup: &Lookup| matches!(lookup, Lookup::Who { room, .. } if self.session.same(room, about));
        let Some(at) = self.lookups.iter().position(is_it) else { return false };
        let Lookup::Who { room, people, name, silence } = self.lookups.remove(at) else { return false };
        let is_here = people.iter().any(|person| self.session.same(source::nick(person), &name));
        match is_here {
            true => self.silence(&room, silence, name, &people),
            false => {
                let purpose = Purpose::Silence { room, silence, people };
                self.look_up(Lookup::Whois { name, told: Standing::default(), purpose, was: false });
            }
        }
        true
    }

    fn on_entry(&mut self, message: &Message) -> bool {
        // Behind the room 728 repeats the letter.
        let (of, at) = if message.is(RPL_QUIETLIST) { ('q', 3) } else { ('b', 2) };
        let (Some(about), Some(mask)) = (message.param(1), message.param(at)) else { return false };
        let entries = self.lookups.iter_mut().find_map(|lookup| match lookup {
            Lookup::List(list) if list.letter == of && self.session.same(&list.room, about) => {
                Some(&mut list.entries)
            }
            _ => None,
        });
        let Some(entries) = entries else { return false };
        if entries.len() < MAX_LINES {
            entries.push(mask.to_owned());
        }
        true
    }

    fn on_end_of_list(&mut self, about: &str, of: char) -> bool {
        let is_it = |lookup: &Lookup| matches!(lookup, Lookup::List(list) if list.letter == of && self.session.same(&list.room, about));
        let Some(at) = self.lookups.iter().position(is_it) else { return false };
        if let Lookup::List(list) = self.lookups.remove(at) {
            self.on_list(list);
        }
        true
    }

    /// A line about somebody.
    fn on_whois(&mut self, message: &Message) -> bool {
        let Some(about) = message.param(1) else { return false };
        let label = self.session.batches.label(message);
        // It may be the answer to what was said to them.
        if message.is(ERR_NOSUCHNICK)
            && let Some(pending) = self.outbox.accused(message, label.as_deref(), &self.session)
        {
            self.outbox.is_refused(pending, message, &mut self.output);
            return true;
        }
        let asked = self.lookups.iter_mut().find_map(|lookup| match lookup {
            Lookup::Whois { name, told, .. } if self.session.same(name, about) => Some((name, told)),
            _ => None,
        });
        let Some((name, told)) = asked else { return false };
        let text = || message.last().unwrap_or_default().to_owned();
        match message.command() {
            RPL_WHOISUSER => {
                let [user, host] = [2, 3].map(|at| message.param(at).unwrap_or_default());
                about.clone_into(name);
                (told.user, told.host, told.real) = (user.to_owned(), host.to_owned(), text());
            }
            // The newest comes first.
            RPL_WHOWASUSER if told.host.is_empty() => {
                let [user, host] = [2, 3].map(|at| message.param(at).unwrap_or_default().to_owned());
                (told.user, told.host) = (user, host);
            }
            RPL_WHOISCHANNELS => {
                let room = MAX_LINES.saturating_sub(told.rooms.len());
                told.rooms.extend(text().split_whitespace().take(room).map(str::to_owned));
            }
            RPL_WHOISIDLE => {
                told.idle = message.param(2).and_then(|idle| idle.parse().ok());
            }
            RPL_WHOISOPERATOR => told.is_operator = true,
            RPL_WHOISBOT => told.is_bot = true,
            RPL_WHOISSECURE => told.is_secure = true,
            RPL_WHOISACCOUNT => told.account = message.param(2).map(str::to_owned),
            RPL_AWAY => told.away = Some(text()),
            RPL_WHOISSERVER | RPL_WHOWASUSER | ERR_NOSUCHNICK | ERR_WASNOSUCHNICK => {}
            _ => return false,
        }
        true
    }

    /// All is told about somebody who is there, or `was`; None: about whoever is asked for.
    fn on_end_of_whois(&mut self, about: Option<&str>, of_was: bool) -> bool {
        let is_it = |lookup: &Lookup| {
            matches!(lookup, Lookup::Whois { name, was, .. }
                if *was == of_was && about.is_none_or(|about| self.session.same(name, about)))
        };
        let Some(at) = self.lookups.iter().position(is_it) else { return false };
        let Lookup::Whois { name, told, purpose, was } = self.lookups.remove(at) else { return false };
        let source = (!told.host.is_empty()).then(|| format!("{name}!{}@{}", told.user, told.host));
        match purpose {
            Purpose::Tell if source.is_none() => self.show(Item::Nobody { name }),
            Purpose::Tell => self.show(Item::Whois { name, told: Box::new(told) }),
            purpose if source.is_none() && !was => {
                self.look_up(Lookup::Whois { name, told, purpose, was: true });
            }
            Purpose::Lift { room, silence } => self.ask_for_list(room, silence, Some(name), source),
            Purpose::Silence { room, silence, mut people } => {
                people.extend(source);
                self.silence(&room, silence, name, &people);
            }
        }
        true
    }

    /// The answer to the PING that follows KILL: where no error came before it, the connection has ended.
    pub(super) fn on_killed(&mut self, message: &Message) -> bool {
        if !fence::answers(message, &fence::token(KILLED)) {
            return false;
        }
        let is_it = |lookup: &Lookup| matches!(lookup, Lookup::Kill { .. });
        let at = self.lookups.iter().position(is_it);
        if let Some(Lookup::Kill { name, is_refused: false, .. }) = at.map(|at| self.lookups.remove(at)) {
            self.show(Item::Killed { name });
        }
        true
    }
}
