//! What has come to each person from the rooms, and so was acknowledged: a server that comes back must
//! still have all of it.

use super::event::{Event, same_room};
use super::missed::room_of;
use crate::bot::script::plan::ActorId;
use crate::wire::{Message, numeric};
use std::collections::HashSet;

/// Of everybody in a script. Empty where the script has no outage, else it grows with what the script says.
#[derive(Debug)]
pub struct Heard {
    people: Vec<Person>,
    has_outage: bool,
}

#[derive(Debug, Clone, Default)]
struct Person {
    /// The name that the server gave last.
    nick: String,
    /// Oldest first.
    visits: Vec<Visit>,
    /// The ids (IRCv3 message-ids) of all in `visits`, for what comes once more when it is asked for.
    ids: HashSet<String>,
    /// Rooms whose past was asked for: entering one again goes on with the visit before.
    asked: Vec<String>,
}

/// All that was said in a room while somebody was in it.
#[derive(Debug, Clone)]
struct Visit {
    room: String,
    is_over: bool,
    /// With their ids, in the order of the room.
    heard: Vec<(Event, String)>,
    /// The server has died, and was not asked since whether it still has this.
    unproven: bool,
}

impl Heard {
    /// `has_outage`: the server dies somewhere in the script.
    pub fn new(people: usize, has_outage: bool) -> Heard {
        Heard { people: vec![Person::default(); people], has_outage }
    }

    /// A message came to somebody.
    pub fn note(&mut self, to: ActorId, message: &Message) {
        if !self.has_outage {
            return;
        }
        let author = message.nick().unwrap_or("");
        let target = message.param(0).unwrap_or("");
        let person = &mut self.people[to.0];
        match message.command() {
            numeric::RPL_WELCOME => target.clone_into(&mut person.nick),
            "NICK" if author == person.nick => target.clone_into(&mut person.nick),
            "JOIN" if author == person.nick => person.enters(target),
            "PART" if author == person.nick => person.leaves(target),
            "KICK" if message.param(1).is_some_and(|name| name.eq_ignore_ascii_case(&person.nick)) => {
                person.leaves(target);
            }
            "REDACT" => {
                let taken_back = message.param(1).unwrap_or("").to_owned();
                self.people.iter_mut().for_each(|person| person.forget(&taken_back));
            }
            _ => {
                let Some(id) = message.tag("msgid") else { return };
                let said = Event::of(message, author).into_iter().find(|event| room_of(event).is_some());
                if let Some(event) = said.filter(|event| !event.by_server) {
                    person.hears(event, id.into_owned());
                }
            }
        }
    }

    /// The server has died.
    pub fn server_died(&mut self) {
        let visits = self.people.iter_mut().flat_map(|person| &mut person.visits);
        visits.for_each(|visit| visit.unproven = !visit.heard.is_empty());
    }

    /// What somebody has heard in a room and the server was not asked for since it died, with ids, visit by
    /// visit. The question is taken for asked.
    pub fn take_unproven(&mut self, who: ActorId, room: &str) -> Vec<Vec<(Event, String)>> {
        let visits = self.people[who.0].visits.iter_mut();
        let mut unproven: Vec<&mut Visit> =
            visits.filter(|visit| visit.unproven && same_room(&visit.room, room)).collect();
        unproven.iter_mut().for_each(|visit| visit.unproven = false);
        unproven.into_iter().map(|visit| visit.heard.clone()).collect()
    }

    /// Somebody who comes back has asked for all that was said in a room meanwhile.
    pub fn asked(&mut self, who: ActorId, room: &str) {
        self.people[who.0].asked.push(room.to_owned());
    }
}

impl Person {
    fn visit(&mut self, room: &str) -> Option<&mut Visit> {
        self.visits.iter_mut().rfind(|visit| same_room(&visit.room, room))
    }

    fn enters(&mut self, room: &str) {
        let asked = self.asked.iter().position(|other| same_room(other, room));
        match asked.map(|at| self.asked.remove(at)).and_then(|_| self.visit(room)) {
            Some(visit) => visit.is_over = false,
            None => self.visits.push(Visit {
                room: room.to_owned(),
                is_over: false,
                heard: Vec::new(),
                unproven: false,
            }),
        }
    }

    fn leaves(&mut self, room: &str) {
        if let Some(visit) = self.visit(room) {
            visit.is_over = true;
        }
    }

    fn hears(&mut self, event: Event, id: String) {
        if self.ids.contains(&id) {
            return;
        }
        // What somebody says to a room from outside is alone: what others say there does not come.
        let visit = room_of(&event).map(str::to_owned).and_then(|room| self.visit(&room));
        if let Some(visit) = visit.filter(|visit| !visit.is_over) {
            visit.heard.push((event, id.clone()));
            self.ids.insert(id);
        }
    }

    /// A message was taken back.
    fn forget(&mut self, id: &str) {
        if self.ids.remove(id) {
            self.visits.iter_mut().for_each(|visit| visit.heard.retain(|(_, other)| other != id));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bot::expect::EventKind;

    const A: ActorId = ActorId(0);

    fn heard(lines: &[&str]) -> Heard {
        let mut heard = Heard::new(1, true);
        lines.iter().for_each(|line| heard.note(A, &Message::parse(line).unwrap()));
        heard
    }

    fn unproven(heard: &mut Heard, room: &str) -> Vec<String> {
        let text = |(event, id): &(Event, String)| match &event.kind {
            EventKind::Say { text, .. } => format!("{id} {text}"),
            other => panic!("{other:?}"),
        };
        let visits = heard.take_unproven(A, room);
        visits.iter().map(|visit| visit.iter().map(text).collect::<Vec<_>>().join(", ")).collect()
    }

    /// Of each visit all is kept: once only the last message of a room was.
    #[test]
    fn all_that_was_heard_in_a_visit_is_to_be_there() {
        let mut heard = heard(&[
            ":s 001 a :Welcome",
            ":a!u@h JOIN #r",
            "@msgid=1 :b!u@h PRIVMSG #r :one",
            "@msgid=2 :a!u@h PRIVMSG #R :two",
            "@msgid=3 :b!u@h PRIVMSG a :in private",
            "@msgid=4 :s.x NOTICE #r :by the server",
            ":a!u@h NICK c",
            ":c!u@h PART #r",
            "@msgid=5 :c!u@h PRIVMSG #r :from outside",
            ":c!u@h JOIN #r",
            "@msgid=6 :b!u@h PRIVMSG #r :three",
            "@msgid=7 :b!u@h PRIVMSG #r :four",
            ":b!u@h REDACT #r 6",
        ]);
        assert_eq!(unproven(&mut heard, "#r"), [""; 0], "the server has not died");
        heard.server_died();
        assert_eq!(unproven(&mut heard, "#r"), ["1 one, 2 two", "7 four"]);
        assert_eq!(unproven(&mut heard, "#r"), [""; 0], "it is asked for once");
    }

    /// What somebody asked for who came back belongs to the visit before, and is not heard twice.
    #[test]
    fn who_comes_back_and_asks_goes_on_with_the_visit() {
        let mut heard = heard(&[":s 001 a :Welcome", ":a!u@h JOIN #r", "@msgid=1 :b!u@h PRIVMSG #r :one"]);
        heard.asked(A, "#r");
        for line in [
            ":s 001 a :Welcome",
            ":a!u@h JOIN #r",
            "@msgid=1;batch=x :b!u@h PRIVMSG #r :one",
            "@msgid=2;batch=x :b!u@h PRIVMSG #r :two",
        ] {
            heard.note(A, &Message::parse(line).unwrap());
        }
        heard.server_died();
        assert_eq!(unproven(&mut heard, "#r"), ["1 one, 2 two"]);
    }
}
