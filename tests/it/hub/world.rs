//! Several people, what they do, and what each of them believes.

use super::kit::Kit;
use std::collections::{BTreeMap, BTreeSet};

/// What happens next.
#[derive(Debug, Clone)]
pub(super) enum Step {
    Line(usize, String),
    Bytes(usize, Vec<u8>),
    /// The socket is over; a next line comes over another one with its number.
    Gone(usize),
    Seconds(u64),
    /// A password was right, or wrong.
    Checked(bool),
}

pub(super) const PEOPLE: [&str; 5] = ["a", "b", "c", "d", "e"];

/// What each of them asks for: all, nothing, some; `d` and `e` only connect.
const CAPS: [&str; 3] = [
    "batch labeled-response echo-message message-tags server-time draft/chathistory draft/multiline \
     draft/message-redaction draft/read-marker away-notify extended-join extended-monitor invite-notify",
    "",
    "multi-prefix setname userhost-in-names server-time batch",
];

/// Lines that do something more often than not.
pub(super) const LIKELY: [&str; 25] = [
    "JOIN #a,#b",
    "JOIN #lobby",
    "PART #a",
    "KICK #a a,b,c",
    "KICK #lobby b",
    "MODE #a +o-v b c",
    "NICK A",
    "NICK z",
    "NICK b",
    "PRIVMSG #a,#lobby,a :hi",
    "@label=7;+x=y PRIVMSG #a :hi",
    "@label=8 NAMES #a,#b",
    "@label=9 CHATHISTORY LATEST #a * 9",
    "BATCH +1 draft/multiline #a",
    "@batch=1 PRIVMSG #a :one",
    "BATCH -1",
    "MONITOR + a,b,z",
    "CAP REQ :-message-tags",
    "CAP REQ :message-tags batch",
    "NICK d\r\nUSER u 0 * :d",
    "dave",
    "exit",
    "OPER root x",
    "KILL b",
    "QUIT",
];

/// What one client would show: who is in which room.
#[derive(Debug, Default)]
struct View {
    name: String,
    rooms: BTreeMap<String, BTreeSet<String>>,
    /// Batches that are open, and labels that have come.
    batches: BTreeSet<String>,
    labels: BTreeSet<String>,
}

impl View {
    fn hear(&mut self, line: &str) {
        let message = roomchat::wire::Message::parse(line).unwrap();
        let params: Vec<&str> = message.params().collect();
        let nick = message.nick().unwrap_or_default().to_owned();
        if let Some(batch) = message.tag("batch") {
            assert!(self.batches.contains(&*batch), "in no open batch: {line}");
        }
        if let Some(label) = message.tag("label") {
            assert!(self.labels.insert(label.into_owned()), "a second answer: {line}");
        }
        match (message.command(), params.as_slice()) {
            ("001", [name, ..]) => self.name = (*name).to_owned(),
            ("BATCH", [id, ..]) => match id.split_at(1) {
                ("+", id) => assert!(self.batches.insert(id.to_owned()), "opened twice: {line}"),
                (_, id) => assert!(self.batches.remove(id), "ended twice: {line}"),
            },
            ("JOIN", [room, ..]) if nick == self.name => {
                self.rooms.insert((*room).to_owned(), BTreeSet::new());
            }
            ("JOIN", [room, ..]) => assert!(self.members(room, line).insert(nick), "twice: {line}"),
            ("353", [_, _, room, names]) => {
                let names = names.split(' ').map(|name| name.trim_start_matches(['@', '+']));
                let names = names.map(|name| name.split('!').next().unwrap().to_owned());
                if let Some(room) = self.rooms.get_mut(*room) {
                    room.extend(names);
                }
            }
            ("PART", [room, ..]) => self.leaves(room, &nick, line),
            ("KICK", [room, whom, ..]) => self.leaves(room, whom, line),
            ("QUIT", _) => {
                self.rooms.values_mut().for_each(|members| members.retain(|member| *member != nick))
            }
            ("NICK", [new]) => {
                for members in self.rooms.values_mut() {
                    if members.remove(&nick) {
                        members.insert((*new).to_owned());
                    }
                }
                if nick == self.name {
                    self.name = (*new).to_owned();
                }
            }
            _ => {}
        }
    }

    fn members(&mut self, room: &str, line: &str) -> &mut BTreeSet<String> {
        self.rooms.get_mut(room).unwrap_or_else(|| panic!("not in that room: {line}"))
    }

    fn leaves(&mut self, room: &str, who: &str, line: &str) {
        assert!(self.members(room, line).remove(who), "was not there: {line}");
        if who == self.name {
            self.rooms.remove(room);
        }
    }
}

/// Everybody's view, kept up to date with all that is shown.
pub(super) struct World {
    kit: Kit,
    views: BTreeMap<&'static str, View>,
    /// Labels given out so far: no two are equal.
    labelled: usize,
    /// So many times 20 seconds pass until no line can wait any more.
    rounds: usize,
}

impl World {
    pub(super) fn new(messages_a_second: u32) -> World {
        let mut kit = Kit::with(|config| config.messages_a_second = messages_a_second);
        let views = PEOPLE.iter().map(|name| (*name, View::default())).collect();
        for (name, caps) in PEOPLE.iter().zip(CAPS) {
            kit.send(
                name,
                format!("CAP REQ :{caps}\r\nCAP END\r\nNICK {name}\r\nUSER u 0 * :r\r\n").as_bytes(),
            );
        }
        // 64 lines wait at most, each of which takes at most the 10 s of a burst.
        let rounds = if messages_a_second == 0 { 1 } else { 32 };
        let mut world = World { kit, views, labelled: 0, rounds };
        world.play(&Step::Seconds(1));
        world
    }

    pub(super) fn play(&mut self, step: &Step) {
        match step {
            Step::Line(who, line) => {
                self.labelled += 1;
                let line = line.replace("label=", &format!("label={}", self.labelled));
                self.kit.play_line(PEOPLE[*who], &line);
            }
            Step::Bytes(who, bytes) => {
                self.kit.send(PEOPLE[*who], bytes);
                self.kit.send(PEOPLE[*who], b"\r\n");
                self.kit.play("0 s");
            }
            Step::Gone(who) => {
                self.kit.play(&format!("{} closes", PEOPLE[*who]));
                // What waited is obeyed, and who has ended one half may still read.
                self.hear();
                self.views.insert(PEOPLE[*who], View::default());
            }
            Step::Checked(right) => {
                self.kit.answer(*right);
            }
            Step::Seconds(seconds) => self.kit.play(&format!("{seconds} s")),
        }
        self.hear();
    }

    fn hear(&mut self) {
        for line in self.kit.take().lines() {
            let Some((who, rest)) = line.split_at_checked(1) else { continue };
            let Some(view) = self.views.get_mut(who) else { continue };
            match rest.strip_prefix("< ") {
                // Who came by the plain door is shown no IRC.
                Some(line) if line.starts_with([':', '@']) => view.hear(line),
                Some(_) => {}
                None if rest.starts_with("<|") => *view = View::default(),
                None => {}
            }
        }
        for (who, view) in &mut self.views {
            assert!(view.batches.is_empty(), "{who} waits for the end of {:?}", view.batches);
        }
    }

    /// What everybody believes of their rooms is what the server says.
    pub(super) fn check(&mut self) {
        for _ in 0..self.rounds {
            while self.kit.answer(true) {
                self.hear();
            }
            let here: Vec<&str> =
                self.views.iter().filter(|(_, view)| !view.name.is_empty()).map(|(who, _)| *who).collect();
            here.iter().for_each(|who| self.kit.play_line(who, "PONG x"));
            self.play(&Step::Seconds(20));
        }
        let rooms: Vec<(&str, String)> = self
            .views
            .iter()
            .flat_map(|(who, view)| view.rooms.keys().map(|room| (*who, room.clone())))
            .collect();
        for (who, room) in rooms {
            let believed = self.views.get_mut(who).unwrap().rooms.insert(room.clone(), BTreeSet::new());
            self.kit.play_line(who, &format!("NAMES {room}"));
            self.hear();
            assert_eq!(believed.as_ref(), self.views[who].rooms.get(&room), "{who} in {room}");
        }
    }
}
