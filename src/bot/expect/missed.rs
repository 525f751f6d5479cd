//! What was said in each room and has not come to somebody who was in it: what the server must have kept
//! when that person comes back.

use super::event::{Event, EventKind, How, is_room, same_room};
use crate::bot::script::plan::ActorId;
use crate::text::sanitise::for_drawing;
use crate::wire::Message;
use std::collections::VecDeque;

/// Of everybody in a script.
#[derive(Debug)]
pub struct Missed(Vec<Person>);

#[derive(Debug, Clone, Default)]
struct Person {
    /// What became due, oldest first.
    said: VecDeque<Event>,
    /// The id (IRCv3 message-ids) of the last line that came about each room.
    last: Vec<(String, String)>,
}

impl Missed {
    pub fn new(people: usize) -> Missed {
        Missed(vec![Person::default(); people])
    }

    /// Something was said; what was not said in a room is kept by no server.
    pub fn said(&mut self, to: ActorId, event: &Event) {
        if room_of(event).is_some() {
            self.0[to.0].said.push_back(event.clone());
        }
    }

    /// Something came about a room.
    pub fn note(&mut self, to: ActorId, message: &Message) {
        let person = &mut self.0[to.0];
        if let (Some(id), Some(room)) = (message.tag("msgid"), message.param(0).filter(|to| is_room(to))) {
            person.last.retain(|(other, _)| !same_room(other, room));
            person.last.push((room.to_owned(), id.into_owned()));
        }
    }

    /// The last that comes on a connection: what was said in that room before
    /// it has come, too.
    pub fn came(&mut self, to: ActorId, message: &Message) {
        self.note(to, message);
        let person = &mut self.0[to.0];
        for event in Event::of(message, message.nick().unwrap_or("")) {
            let Some(room) = room_of(&event) else { continue };
            let of_room = |other: &Event| room_of(other).is_some_and(|other| same_room(other, room));
            let alike = |other: &Event| of_room(other) && other.who == event.who && same_text(other, &event);
            // Where a server changes what is said, its author tells.
            let by_same = |other: &Event| of_room(other) && other.who == event.who;
            let at = person.said.iter().position(alike).or_else(|| person.said.iter().position(by_same));
            let mut nth = 0;
            person.said.retain(|other| {
                nth += 1;
                at.is_none_or(|at| nth > at + 1) || !of_room(other)
            });
        }
    }

    /// Everything has come that was due to somebody until now.
    pub fn caught_up(&mut self, who: ActorId) {
        self.0[who.0].said.clear();
    }

    /// The last line about a room that came to somebody.
    pub fn last(&self, who: ActorId, room: &str) -> Option<&str> {
        let last = self.0[who.0].last.iter().find(|(other, _)| same_room(other, room));
        last.map(|(_, id)| id.as_str())
    }

    /// What somebody missed in a room, oldest first.
    pub fn of(&self, who: ActorId, room: &str) -> impl Iterator<Item = &Event> {
        let said = self.0[who.0].said.iter();
        said.filter(move |event| room_of(event).is_some_and(|other| same_room(other, room)))
    }
}

/// The room in which something is said that people read.
pub(super) fn room_of(event: &Event) -> Option<&str> {
    match &event.kind {
        EventKind::Say { how: How::Plain | How::Act | How::Notice, to, .. } => is_room(to).then_some(to),
        _ => None,
    }
}

fn same_text(one: &Event, other: &Event) -> bool {
    match (&one.kind, &other.kind) {
        (EventKind::Say { how, text, .. }, EventKind::Say { how: form, text: other, .. }) => {
            how == form && (text == other || for_drawing(text) == for_drawing(other))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: ActorId = ActorId(0);

    fn say(who: &str, room: &str, text: &str) -> Event {
        Event::by(who, EventKind::Say { how: How::Plain, to: room.to_owned(), text: text.to_owned() })
    }

    fn texts(missed: &Missed, room: &str) -> Vec<String> {
        let text = |event: &Event| match &event.kind {
            EventKind::Say { text, .. } => text.clone(),
            other => panic!("{other:?}"),
        };
        missed.of(A, room).map(text).collect()
    }

    #[test]
    fn lines_behind_the_last_one_are_missed() {
        let mut missed = Missed::new(1);
        for (room, text) in [("#a", "1"), ("#b", "2"), ("#a", "3"), ("#a", "4")] {
            missed.said(A, &say("x", room, text));
        }
        missed.said(A, &say("x", "a", "in private"));
        missed.came(A, &Message::parse("@msgid=j :a!u@h JOIN #b").unwrap());
        missed.came(A, &Message::parse("@msgid=m3 :x!u@h PRIVMSG #A :3").unwrap());
        missed.came(A, &Message::parse("@msgid=p :x!u@h PRIVMSG a :in private").unwrap());
        assert_eq!(
            (texts(&missed, "#a"), texts(&missed, "#b")),
            (vec!["4".to_owned()], vec!["2".to_owned()])
        );
        assert_eq!((missed.last(A, "#a"), missed.last(A, "#B")), (Some("m3"), Some("j")));
        missed.caught_up(A);
        assert_eq!(texts(&missed, "#b"), [""; 0]);
    }

    /// A message whose text the server changed counts as one that has come.
    #[test]
    fn changed_text_counts_as_come() {
        let mut missed = Missed::new(1);
        for (who, text) in [("x", "1"), ("y", "damn"), ("x", "2")] {
            missed.said(A, &say(who, "#a", text));
        }
        missed.came(A, &Message::parse(":z!u@h PRIVMSG #a :not in the script").unwrap());
        assert_eq!(texts(&missed, "#a"), ["1", "damn", "2"]);
        missed.came(A, &Message::parse(":y!u@h PRIVMSG #a :****").unwrap());
        assert_eq!(texts(&missed, "#a"), ["2"]);
    }
}
