//! Random scripts that an honest server passes, and what each step of them
//! causes, for whom: known here without the judge that is under test.

mod scenes;

use fastrand::Rng;
use std::collections::HashMap;
use std::fmt::Write;
use std::ops::RangeInclusive;

/// What a server lets people do, and their names there.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ground {
    pub(super) names: [&'static str; 5],
    /// The first room.
    pub(super) home: &'static str,
    /// Names longer than this are cut or refused.
    pub(super) longest_name: usize,
    /// IRCv3: message-tags, draft/chathistory.
    pub(super) tags: bool,
    pub(super) history: bool,
    /// Nothing that no load test plays.
    pub(super) load: bool,
}

pub(super) const OWN: Ground = Ground {
    names: ["甲", "Bob", "丙", "Dora", "戊"],
    home: "#lobby",
    longest_name: 20,
    tags: true,
    history: true,
    load: false,
};

/// No load test asks for capabilities.
pub(super) const OWN_UNDER_LOAD: Ground = Ground { tags: false, history: false, load: true, ..OWN };

pub(super) const NGIRCD: Ground = Ground {
    names: ["Ann", "Bob", "Cid", "Dora", "Eve"],
    longest_name: 16,
    tags: false,
    history: false,
    ..OWN
};

pub(super) const INSPIRCD: Ground = Ground { tags: true, ..NGIRCD };

/// What somebody does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Kind {
    Say,
    Action,
    RoomNotice,
    RoomCtcp,
    RoomTag,
    Private,
    PrivateAction,
    Notice,
    Ctcp,
    Tag,
    Invite,
    Mode,
    Topic,
    Kick,
    BareKick,
    Nick,
    /// Registers.
    Come,
    Join,
    Part,
    BarePart,
    Quit,
    BareQuit,
    /// The server refuses it.
    Refused,
    /// Said while somebody was gone, and asked for when he is back.
    Past,
    /// Said while somebody did not read.
    Backlog,
}

/// One thing that somebody does, as its effects pass through the proxy.
#[derive(Debug, Clone)]
pub(super) struct Deed {
    pub(super) kind: Kind,
    /// The step's line.
    pub(super) line: usize,
    /// The lines by which a failure may be named: the step's and those below it,
    /// or a whole block's.
    pub(super) lines: RangeInclusive<usize>,
    /// Under load: what is on its way together with it.
    pub(super) run: RangeInclusive<usize>,
    /// Whose line causes it, by the first name.
    pub(super) actor: String,
    /// That line's command and parameters, and how often the actor has sent
    /// the same before.
    pub(super) sent: Vec<String>,
    pub(super) nth: usize,
    /// Who does it, as the others are told, and its command and parameters.
    pub(super) nick: String,
    pub(super) caused: Vec<String>,
    /// The others who are told, by their first names, and all who are not.
    pub(super) seen_by: Vec<String>,
    pub(super) unseen_by: Vec<String>,
    /// Everybody in the first room is told.
    pub(super) at_home: bool,
    /// Lines are written for these in place of what is implied.
    pub(super) written: Vec<String>,
    /// A `<<` below the step is met by what these get.
    pub(super) raw: Vec<String>,
    /// The block that it belongs to, by its first line.
    pub(super) block: Option<usize>,
}

impl Deed {
    /// The line as this server could have sent it.
    pub(super) fn line(&self) -> String {
        let mut line = format!(":{}!~bot@127.0.0.1", self.nick);
        for (at, word) in self.caused.iter().enumerate() {
            let last = at > 0 && at + 1 == self.caused.len();
            write!(line, " {}{word}", if last { ":" } else { "" }).unwrap();
        }
        line
    }

    pub(super) fn text(&self) -> &str {
        self.caused.last().map_or("", String::as_str)
    }
}

#[derive(Debug)]
pub(super) struct Script {
    pub(super) text: String,
    pub(super) deeds: Vec<Deed>,
}

/// Everybody comes in, then scenes of all kinds; each leaves everybody in the
/// first room again, and nowhere else.
pub(super) fn random_script(ground: &Ground, scenes: usize, chance: &mut Rng) -> Script {
    let mut world = World::new(ground);
    for person in 0..ground.names.len() {
        world.comes(person);
    }
    for _ in 0..scenes {
        scenes::add(&mut world, chance);
    }
    world.finish()
}

#[derive(Debug, Clone)]
struct Person {
    name: String,
    nick: String,
    rooms: Vec<String>,
}

/// A script as far as it is written.
struct World<'a> {
    ground: &'a Ground,
    text: String,
    /// Lines written so far.
    lines: usize,
    people: Vec<Person>,
    deeds: Vec<Deed>,
    /// How often each has sent a line.
    sent: HashMap<(String, Vec<String>), usize>,
    /// Of the messages that are on their way together under load: the first line.
    run: Option<usize>,
    /// The line of the block that is open.
    block: Option<usize>,
    /// Texts so far: none comes twice.
    texts: usize,
}

impl<'a> World<'a> {
    fn new(ground: &'a Ground) -> World<'a> {
        let person =
            |name: &&str| Person { name: (*name).to_owned(), nick: (*name).to_owned(), rooms: Vec::new() };
        World {
            ground,
            text: String::new(),
            lines: 0,
            people: ground.names.iter().map(person).collect(),
            deeds: Vec::new(),
            sent: HashMap::new(),
            run: None,
            block: None,
            texts: 0,
        }
    }

    fn finish(self) -> Script {
        Script { text: self.text, deeds: self.deeds }
    }

    fn write(&mut self, line: &str) -> usize {
        self.text.push_str(line);
        self.text.push('\n');
        self.lines += 1;
        self.lines
    }

    /// A text that nobody has said, with a letter that has two normal forms.
    fn fresh(&mut self) -> String {
        self.texts += 1;
        format!("k{}é x", self.texts)
    }

    fn nick(&self, who: usize) -> String {
        self.people[who].nick.clone()
    }

    fn members(&self, room: &str) -> Vec<usize> {
        let inside = |who: &usize| self.people[*who].rooms.iter().any(|other| other == room);
        (0..self.people.len()).filter(inside).collect()
    }

    /// Writes a step and remembers it as a deed. `step` is what follows the
    /// actor's name; `told` are all who are told, the actor among them or not.
    fn step(&mut self, kind: Kind, who: usize, step: &str, sent: &[&str], caused: &[&str], told: &[usize]) {
        let indent = if self.block.is_some() { "  " } else { "" };
        let refuses = if kind == Kind::Refused { "! " } else { "" };
        let separator = if step.starts_with([':', '：']) { "" } else { " " };
        let line = self.write(&format!("{indent}{refuses}{}{separator}{step}", self.people[who].nick));
        self.remember(line, kind, who, sent, caused, told);
    }

    fn remember(
        &mut self,
        line: usize,
        kind: Kind,
        who: usize,
        sent: &[&str],
        caused: &[&str],
        told: &[usize],
    ) {
        // What no load test waits for is what `score` calls a message.
        let is_message =
            ["PRIVMSG", "NOTICE"].contains(&sent[0]) && !self.text.lines().last().unwrap().contains(">>");
        if self.block.is_none() && !is_message {
            self.run = None;
        }
        let first = *self.run.get_or_insert(line);
        for deed in self.deeds.iter_mut().filter(|deed| *deed.run.start() == first) {
            deed.run = first..=line;
        }
        let owned = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        let names = |all: &[usize]| all.iter().map(|&at| self.people[at].name.clone()).collect::<Vec<_>>();
        let others: Vec<usize> = told.iter().copied().filter(|&at| at != who).collect();
        let here = |at: &usize| !self.people[*at].rooms.is_empty() && *at != who && !others.contains(at);
        let unseen: Vec<usize> = (0..self.people.len()).filter(here).collect();
        let key = (self.people[who].name.clone(), owned(sent));
        let at_home = match kind {
            Kind::Nick | Kind::Quit | Kind::BareQuit => true,
            Kind::Refused | Kind::Come | Kind::Past => false,
            _ => caused.get(1).is_some_and(|room| room.eq_ignore_ascii_case(self.ground.home)),
        };
        let deed = Deed {
            kind,
            line,
            lines: self.block.unwrap_or(line)..=line,
            run: first..=line,
            actor: key.0.clone(),
            sent: key.1.clone(),
            nth: self.sent.get(&key).copied().unwrap_or(0),
            nick: self.people[who].nick.clone(),
            caused: owned(caused),
            seen_by: names(&others),
            unseen_by: names(&unseen),
            at_home,
            written: Vec::new(),
            raw: Vec::new(),
            block: self.block,
        };
        self.deeds.push(deed);
        *self.sent.entry(key).or_default() += 1;
        if self.block.is_none() && !is_message {
            self.run = None;
        }
    }

    /// A line below the last step.
    fn below(&mut self, who: &str, check: &str) {
        let line = self.write(&format!("  {who} {check}"));
        let last = self.deeds.last_mut().unwrap();
        last.lines = *last.lines.start()..=line;
    }

    fn open_block(&mut self) {
        let line = self.write("together {");
        (self.block, self.run) = (Some(line), None);
    }

    fn close_block(&mut self) {
        let line = self.write("}");
        let block = self.block.take();
        self.run = None;
        for deed in self.deeds.iter_mut().filter(|deed| deed.block == block) {
            deed.lines = *deed.lines.start()..=line;
            deed.run = deed.lines.clone();
        }
    }

    /// Somebody whose connection is over, or was never there, comes in.
    fn comes(&mut self, who: usize) {
        let home = self.ground.home;
        self.run = None;
        let nick = self.nick(who);
        let line = self.write(&format!("{nick} joins"));
        self.remember(line, Kind::Come, who, &["NICK", &nick], &["001", &nick], &[]);
        self.people[who].rooms.push(home.to_owned());
        let told = self.members(home);
        self.remember(line, Kind::Join, who, &["JOIN", home], &["JOIN", home], &told);
    }

    fn joins(&mut self, who: usize, room: &str) {
        self.people[who].rooms.push(room.to_owned());
        let told = self.members(room);
        self.step(Kind::Join, who, &format!("joins {room}"), &["JOIN", room], &["JOIN", room], &told);
    }

    fn parts(&mut self, who: usize, room: &str, reason: Option<&str>) {
        let told = self.members(room);
        match reason {
            Some(reason) => {
                let words = ["PART", room, reason];
                self.step(Kind::Part, who, &format!("leaves {room}: {reason}"), &words, &words, &told);
            }
            None => {
                let words = ["PART", room];
                self.step(Kind::BarePart, who, &format!("leaves {room}"), &words, &words, &told);
            }
        }
        self.people[who].rooms.retain(|other| other != room);
    }

    /// Everybody who shares a room with somebody, and that one.
    fn around(&self, who: usize) -> Vec<usize> {
        let rooms = &self.people[who].rooms;
        let shares = |at: &usize| self.people[*at].rooms.iter().any(|room| rooms.contains(room));
        (0..self.people.len()).filter(shares).collect()
    }
}
