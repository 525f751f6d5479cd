//! What operators do: ranks, bans, mutes, and what is told of them.

use super::ids::RoomId;
use super::item::{Item, Silenced, Standing};
use super::lookup::{List, Lookup, Purpose};
use super::mask::{Kind, Known, Meant, canonical, mask_of, masks_of, matches, meant};
use super::people::Rank;
use super::room::Stage;
use super::state::{MAX_LOOKUPS, Model};
use crate::client::protocol::{ModeChange, mode_changes};
use crate::join::slash_command::{Moderation, Silence};
use crate::text::Phrase;
use crate::wire::numeric::{ERR_CHANOPRIVSNEEDED, ERR_NOPRIVILEGES};
use crate::wire::{Line, Message, source};

/// Entries of lists that are remembered with whom they were meant for.
const MAX_KNOWN: usize = 200;

/// How a server keeps the list of those who are muted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ListForm {
    /// The letter of its mode.
    pub(super) letter: char,
    /// Before each mask.
    pub(super) before: String,
}

impl ListForm {
    /// The mask of an entry; None where it is of another kind.
    fn mask(&self, entry: &str) -> Option<String> {
        canonical(entry).strip_prefix(&self.before).map(str::to_owned)
    }
}

impl Model {
    /// In the current room. What follows a change whose mask is still looked up waits for that: `/unban` would else
    /// look for an entry before `/ban` has set it.
    pub(super) fn moderate(&mut self, asked: Moderation) {
        let room = self.rooms.current();
        match room.stage {
            Stage::Closed => self.show_no_room(),
            _ if !self.is_changing_lists() && self.held.is_empty() => self.moderate_in(room.id, asked),
            _ if self.held.len() < MAX_LOOKUPS => self.held.push_back((room.id, asked)),
            _ => {
                let line = Line::new("MODE").param(&room.name);
                self.outbox.refuse_line(&line, &mut self.output);
            }
        }
    }

    /// Does what waited for an answer.
    pub(super) fn moderate_held(&mut self) {
        while !self.is_changing_lists()
            && let Some((room, asked)) = self.held.pop_front()
        {
            self.moderate_in(room, asked);
        }
    }

    /// Whether a question is open whose answer leads to a change.
    fn is_changing_lists(&self) -> bool {
        self.lookups.iter().any(|lookup| match lookup {
            Lookup::Who { .. } => true,
            Lookup::Whois { purpose, .. } => *purpose != Purpose::Tell,
            Lookup::List(list) => list.name.is_some(),
            Lookup::Kill { .. } => false,
        })
    }

    fn moderate_in(&mut self, id: RoomId, asked: Moderation) {
        let Some(view) = self.rooms.get(id).filter(|view| view.stage != Stage::Closed) else {
            return self.show_no_room();
        };
        let room = view.name.clone();
        match asked {
            // Nobody could undo it.
            Moderation::Rank { name, letter: 'o', on: false }
                if self.session.is_me(&name) && self.is_only_operator(id) =>
            {
                self.show(Item::Told(Phrase::OnlyOperator));
            }
            Moderation::Rank { name, letter, on } => {
                let letters = format!("{}{letter}", if on { '+' } else { '-' });
                self.push_line(Line::new("MODE").param(&room).param(&letters).param(&name));
            }
            Moderation::Silence { name, silence, on: true } if is_mask(&name) => {
                self.set_mask(&room, silence, name.clone(), name, Kind::Given);
            }
            Moderation::Silence { name, silence, on: true } => {
                self.look_up(Lookup::Who { room, people: Vec::new(), name, silence });
            }
            Moderation::Silence { name, silence, on: false } => self.lift(&room, silence, Some(name)),
            Moderation::Lists(silence) => self.lift(&room, silence, None),
            Moderation::Modes(None) => self.push_line(Line::new("MODE").param(&room)),
            Moderation::Modes(Some(modes)) => {
                let line = Line::new("MODE").param(&room);
                self.push_line(modes.split_whitespace().fold(line, |line, part| line.param(part)));
            }
            Moderation::Invite(name) => self.push_line(Line::new("INVITE").param(&name).param(&room)),
        }
    }

    /// Whether nobody else in the room is one.
    fn is_only_operator(&self, room: RoomId) -> bool {
        let operators = self.rooms.get(room).map(|view| view.people.operators()).unwrap_or_default();
        matches!(&operators[..], [only] if self.session.is_me(only))
    }

    /// How this server keeps a list; None where it has none.
    pub(super) fn list_form(&self, silence: Silence) -> Option<ListForm> {
        let features = &self.session.registration.features;
        let [lists, ..] = features.room_modes();
        let plain = |letter| ListForm { letter, before: String::new() };
        if silence == Silence::Ban {
            return lists.contains('b').then(|| plain('b'));
        }
        // A list of its own (Charybdis, Solanum): elsewhere the letter is a rank.
        if lists.contains('q') && !features.ranks().contains('q') {
            return Some(plain('q'));
        }
        // A kind of ban (EXTBAN): `m:` of InspIRCd, ergo and ours, `~q:` of UnrealIRCd.
        let (prefix, kinds) = features.get("EXTBAN")?.split_once(',')?;
        let kind = if prefix == "~" { 'q' } else { 'm' };
        kinds.contains(kind).then(|| ListForm { letter: 'b', before: format!("{prefix}{kind}:") })
    }

    /// The people are known: sets the entry that keeps this one out, or silent.
    pub(super) fn silence(&mut self, room: &str, silence: Silence, name: String, people: &[String]) {
        // The server would set the entry, but it does not silence those who have a rank. A change of rank that
        // was typed just before has been done by now.
        if silence == Silence::Mute
            && let Some(view) = self.entered(room).and_then(|room| self.rooms.get(room))
            && let Some(rank) = view.people.rank(&name)
            && view.people.is_operator(self.session.name())
        {
            let is_operator = rank != Rank::Voice;
            return self.show(Item::MuteIsVain { name, is_operator });
        }
        let found = people.iter().find(|person| self.session.same(source::nick(person), &name));
        match found.and_then(|source| mask_of(&name, source, people)) {
            Some((mask, kind)) => self.set_mask(room, silence, name, mask, kind),
            None => self.show(Item::NobodyToSilence { silence, name }),
        }
    }

    fn set_mask(&mut self, room: &str, silence: Silence, name: String, mask: String, kind: Kind) {
        let Some(form) = self.list_form(silence) else {
            return self.show(Item::CannotMute);
        };
        let entry = format!("{}{mask}", form.before);
        self.know(name.clone(), &entry, kind);
        self.push_line(Line::new("MODE").param(room).param(&format!("+{}", form.letter)).param(&entry));
        // One who is here goes after that, so that there is no way back in between.
        let is_here = self.entered(room).and_then(|room| self.rooms.get(room));
        if silence == Silence::Ban && is_here.is_some_and(|view| view.people.is_here(&name)) {
            self.push_line(Line::new("KICK").param(room).param(&name));
        }
    }

    /// `/unban`, `/unmute`; without a name the list is told.
    fn lift(&mut self, room: &str, silence: Silence, name: Option<String>) {
        if self.list_form(silence).is_none() {
            return self.show(Item::CannotMute);
        }
        let room = room.to_owned();
        match name {
            // Somebody who is here, or was a moment ago, may be meant by an address alone.
            Some(name) if !is_mask(&name) => {
                let (told, purpose) = (Standing::default(), Purpose::Lift { room, silence });
                self.look_up(Lookup::Whois { name, told, purpose, was: false });
            }
            name => self.ask_for_list(room, silence, name, None),
        }
    }

    /// Asks who is kept out or silent, to take out what is meant for somebody, or to tell it.
    pub(super) fn ask_for_list(
        &mut self,
        room: String,
        silence: Silence,
        name: Option<String>,
        source: Option<String>,
    ) {
        if let Some(ListForm { letter, .. }) = self.list_form(silence) {
            self.look_up(Lookup::List(List { room, letter, silence, name, source, entries: Vec::new() }));
        }
    }

    /// The list is known: takes out what keeps this one out, or tells all of it.
    pub(super) fn on_list(&mut self, list: List) {
        let List { room, silence, name, source, entries, .. } = list;
        let Some(form) = self.list_form(silence) else { return };
        let mute = self.list_form(Silence::Mute).filter(|form| !form.before.is_empty());
        let is_mute = |entry: &str| mute.as_ref().is_some_and(|mute| mute.mask(entry).is_some());
        let of_kind = |entry: &String| {
            silence == Silence::Mute && form.letter == 'q' || is_mute(entry) == (silence == Silence::Mute)
        };
        let entries: Vec<String> = entries.into_iter().filter(of_kind).collect();
        let Some(name) = name else {
            let entries = self.told_entries(&room, &form, &entries);
            return self.show(Item::Silenced { silence, entries });
        };
        let is_meant = |entry: &&String| {
            let mask = form.mask(entry).unwrap_or_else(|| (*entry).clone());
            self.known_mask(entry).is_some_and(|known| self.session.same(&known.name, &name))
                || mask == name
                || matches!(meant(&mask), Some(Meant::Device(by) | Meant::Address(by)) if by == name)
                || self.session.same(mask.split('!').next().unwrap_or_default(), &name)
                || source.as_ref().is_some_and(|source| masks_of(source).contains(&mask.to_ascii_lowercase()))
        };
        let found: Vec<String> = entries.iter().filter(is_meant).cloned().collect();
        if found.is_empty() {
            let others = self.told_entries(&room, &form, &entries);
            return self.show(Item::NotSilenced { silence, name, others });
        }
        for entry in found {
            // What is told of it names whom it was lifted for.
            if self.known_mask(&entry).is_none() {
                self.know(name.clone(), &entry, Kind::Given);
            }
            self.push_line(Line::new("MODE").param(&room).param(&format!("-{}", form.letter)).param(&entry));
        }
    }

    fn known_mask(&self, entry: &str) -> Option<&Known> {
        let entry = canonical(entry);
        self.known_masks.iter().find(|known| known.mask == entry)
    }

    /// Entries as they are told, with whom they were set for.
    fn told_entries(&self, room: &str, form: &ListForm, entries: &[String]) -> Vec<Silenced> {
        let room = self.entered(room);
        let told = |entry: &String| {
            let mask = form.mask(entry).unwrap_or_else(|| entry.clone());
            let known = self.known_mask(entry).map(|known| known.name.clone());
            let name = known.filter(|name| !is_mask(name)).or_else(|| self.only_one(room?, &mask));
            Silenced { name, mask }
        };
        entries.iter().map(told).collect()
    }

    /// Who in the room a mask matches, where that is one person.
    fn only_one(&self, room: RoomId, mask: &str) -> Option<String> {
        let people = &self.rooms.get(room)?.people;
        let mut meant = people.sources().filter(|(_, source)| matches(mask, source));
        let (name, _) = meant.next()?;
        meant.next().is_none().then(|| name.to_owned())
    }

    /// Whom of the room another's entry is meant for, which is remembered; the mask where it is meant
    /// for several, or for nobody who is known.
    fn meant_here(&mut self, room: RoomId, silence: Silence, entry: &str) -> String {
        let form = self.list_form(silence);
        let mask = form.and_then(|form| form.mask(entry)).unwrap_or_else(|| entry.to_owned());
        if let Some(Meant::Name(name)) = meant(&mask) {
            return name.to_owned();
        }
        let Some(name) = self.only_one(room, &mask) else { return mask };
        self.know(name.clone(), entry, Kind::Given);
        name
    }

    fn know(&mut self, name: String, entry: &str, kind: Kind) {
        let known = Known { name, mask: canonical(entry).into_owned(), kind };
        self.known_masks.retain(|other| other.mask != known.mask);
        if self.known_masks.len() >= MAX_KNOWN {
            self.known_masks.remove(0);
        }
        self.known_masks.push(known);
    }

    /// Modes of a room or of ourselves have changed.
    pub(super) fn on_mode(&mut self, message: &Message) {
        let Some(target) = message.param(0) else { return };
        let by = message.source().unwrap_or_default().to_owned();
        let changes = mode_changes(message, 1, &self.session.registration.features);
        if self.session.is_me(target) {
            let operator = changes.iter().rfind(|change| change.letter == 'o').map(|change| change.on);
            return operator.into_iter().for_each(|on| self.is_server_operator(on));
        }
        let Some(room) = self.entered(target) else { return };
        for change in changes {
            self.on_mode_change(room, &by, change);
        }
    }

    fn on_mode_change(&mut self, room: RoomId, source: &str, change: ModeChange) {
        let features = &self.session.registration.features;
        let ModeChange { on, letter, param } = change;
        let by = source::nick(source).to_owned();
        if let Some(at) = features.ranks().chars().position(|rank| rank == letter) {
            let (Some(name), Some(sign)) = (param, features.prefixes().chars().nth(at)) else { return };
            let is_me = self.session.is_me(&name);
            let Some(view) = self.rooms.get_mut(room) else { return };
            if !view.people.set_sign(&name, sign, on) {
                return;
            }
            // A server gives it to those who have just come in by right.
            if on && !is_me && source::is_server(source) {
                return;
            }
            // Another rank may remain.
            let rank = view.people.rank(&name);
            if !on && sign != '+' && rank >= Some(Rank::HalfOperator) {
                return;
            }
            let item = match is_me && sign != '+' {
                true if on => return self.show_operator(room, Some(by)),
                true => Item::YouAreNoOperator { room: view.name.clone(), by },
                false => Item::Ranked { name, by, is_operator: sign != '+', on },
            };
            return self.show_in(room, item);
        }
        let [lists, ..] = features.room_modes();
        let item = match param {
            Some(entry) if lists.contains(letter) => {
                let mute = self.list_form(Silence::Mute);
                let is_mute = mute.is_some_and(|form| form.letter == letter && form.mask(&entry).is_some());
                let silence = match letter {
                    _ if is_mute => Silence::Mute,
                    'b' => Silence::Ban,
                    _ => return self.show_in(room, Item::ModeSet { by, on, letter, value: Some(entry) }),
                };
                let known = self.known_mask(&entry).cloned();
                let (who, kind) = match known {
                    Some(known) => (known.name, known.kind),
                    None => (self.meant_here(room, silence, &entry), Kind::Given),
                };
                if silence == Silence::Ban
                    && self.session.is_me(&who)
                    && let Some(view) = self.rooms.get_mut(room)
                {
                    view.is_banned = on;
                }
                let view = self.rooms.get(room);
                let is_ours = on && self.session.is_me(&by) && self.rooms.are_several();
                let only = view.filter(|_| is_ours).map(|view| view.name.clone());
                match view.filter(|_| silence == Silence::Mute && self.session.is_me(&who)) {
                    Some(view) => Item::YouAreMuted { room: view.name.clone(), by, on },
                    None => Item::Silence { by, who, silence, kind, on, only },
                }
            }
            value => Item::ModeSet { by, on, letter, value },
        };
        self.show_in(room, item);
    }

    /// What the room's modes are (RPL_CHANNELMODEIS).
    pub(super) fn on_modes_are(&mut self, message: &Message) {
        if message.param(1).and_then(|room| self.entered(room)).is_some() {
            let features = &self.session.registration.features;
            let modes = mode_changes(message, 2, features);
            let modes = modes.into_iter().map(|change| (change.letter, change.param)).collect();
            self.show(Item::ModesAre { modes });
        }
    }

    /// We are an operator of the server, or no longer.
    pub(super) fn is_server_operator(&mut self, on: bool) {
        if std::mem::replace(&mut self.session.is_operator, on) != on {
            self.show(Item::ServerOperator { on });
        }
    }

    /// Whether an error was explained: that only operators may do this, and who they are.
    pub(super) fn on_not_operator(&mut self, message: &Message) -> bool {
        let room = message.param(1).and_then(|room| self.find(room)).and_then(|room| self.rooms.get(room));
        let item = match (message.command(), room) {
            (ERR_CHANOPRIVSNEEDED, Some(view)) if !view.people.is_operator(self.session.name()) => {
                let features = &self.session.registration.features;
                let is_first =
                    features.first_room().is_some_and(|first| self.session.same(first, &view.name));
                let is_first = features.is_roomchat().then_some(is_first);
                Item::NotOperator { room: view.name.clone(), operators: view.people.operators(), is_first }
            }
            (ERR_NOPRIVILEGES, _) => Item::NotServerOperator,
            _ => return false,
        };
        // BAN and KICK are refused both.
        let told = message.command().to_owned();
        if self.told_refusal.as_ref() != Some(&told) {
            self.told_refusal = Some(told);
            self.show(item);
        }
        true
    }
}

/// Whether it is no name, but a mask.
pub(super) fn is_mask(text: &str) -> bool {
    let address = text.split('/').next().unwrap_or_default();
    text.contains(['!', '@', '*', '?', ':']) || address.parse::<std::net::IpAddr>().is_ok()
}
