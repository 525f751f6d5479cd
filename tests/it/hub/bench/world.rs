//! A full server without a socket: many people in one room, as many rooms, full lists, full
//! pasts, full monitors; and what each call of the hub takes there.

use cpu_time::ThreadTime;
use roomchat::hub::{
    Batch, Check, CheckResult, Config, Decoder, Departure, Encryption, Hub, Now, Operator, Origin, SessionId,
};
use roomchat::text::{Lang, RoomName};
use std::collections::VecDeque;
use std::fmt::Write;
use std::time::Duration;

/// Rooms that one person may be in.
pub(super) const OWN_ROOMS: usize = 50;
/// Entries of a room's list.
const LIST_ENTRIES: usize = 64;
/// Messages of a room's past, and as many other events.
const PAST: usize = 1000;
/// Names that one person may watch.
const WATCHED: usize = 100;
/// Names by which somebody is still known to bans.
const NAMES_BEFORE: usize = 32;
/// Messages that may come at once.
const BURST: u64 = 40;
/// So many messages a second are paid for: a point is a microsecond then, and no timer of the
/// hub goes off while thousands of lines are paid for.
const RATE: u32 = 1_000_000;
const POINT: Duration = Duration::from_micros(1);
/// What one set of lines costs at most, so that it is paid for when the next comes.
const STEP: Duration = Duration::from_micros(100);
/// Nobody is asked for a sign of life who gives one so often.
const SIGN_OF_LIFE: Duration = Duration::from_secs(30);

/// The capabilities with which the most is written.
pub(super) const ALL_CAPS: &str = "away-notify batch draft/chathistory draft/event-playback \
    draft/message-redaction draft/multiline draft/read-marker echo-message extended-join extended-monitor \
    invite-notify labeled-response message-tags multi-prefix server-time setname standard-replies \
    userhost-in-names";
/// What people ask for: an event is written once for each kind of reader.
const CAPS: [&str; 4] = [
    "",
    ALL_CAPS,
    "batch message-tags server-time",
    "away-notify extended-join multi-prefix userhost-in-names",
];

/// How many there are of what the server lets anybody fill.
#[derive(Debug, Clone, Copy)]
pub(super) struct Size {
    pub(super) people: usize,
    pub(super) rooms: usize,
    pub(super) past: usize,
}

impl Size {
    pub(super) const FULL: Size = Size { people: 10_000, rooms: 10_000, past: PAST };
    pub(super) const SMALL: Size = Size { people: 50, rooms: 50, past: 3 };
}

pub(super) struct World {
    hub: Hub,
    batch: Batch,
    now: Now,
    /// By number of their connection.
    decoders: Vec<Decoder>,
    free: Vec<SessionId>,
    /// Who has still to be told that everything is taken, and whose socket is to end.
    backlogged: VecDeque<SessionId>,
    closed: VecDeque<SessionId>,
    checks: VecDeque<Check>,
    /// The answer to the last fence, which ends with it; all that keeper is sent meanwhile is
    /// looked at for ids of messages.
    fence: Option<(SessionId, String)>,
    is_answered: bool,
    /// The fence found no room to wait.
    is_refused: bool,
    collects: bool,
    /// Lines beside fences that were refused because the queue was full.
    pub(super) refusals: u64,
    /// So many were sent.
    fences: u64,
    alive: Duration,
    size: Size,
    /// Operator of the rooms and of the server, with all capabilities.
    pub(super) keeper: SessionId,
    /// In the same rooms, without voice, and with all the names that a ban may be tried against.
    pub(super) member: SessionId,
    /// In no room.
    pub(super) stranger: SessionId,
    /// In the room of all, to be thrown out.
    pub(super) victim: SessionId,
    /// Comes for one line and leaves.
    pub(super) late: Option<SessionId>,
    /// What they have paid for being everywhere, in messages.
    pub(super) coming: u64,
    /// Of the messages in the past of the room of all, while they are there.
    pub(super) ids: Vec<String>,
}

/// What some lines took and brought, from the first call of the hub until all is answered.
#[derive(Debug, Clone, Default)]
pub(super) struct Run {
    /// Each call of the hub.
    pub(super) rounds: Vec<Duration>,
    pub(super) allocations: u64,
    /// Bytes to the one who asked, and to all others together.
    pub(super) own: u64,
    pub(super) others: u64,
    /// Sessions that got something because of somebody else's line, for each parcel.
    pub(super) deliveries: u64,
    /// A line was refused because the queue was full: what was measured is the refusal.
    pub(super) is_refused: bool,
}

impl Run {
    pub(super) fn time(&self) -> Duration {
        self.rounds.iter().sum()
    }

    pub(super) fn worst(&self) -> Duration {
        self.rounds.iter().max().copied().unwrap_or_default()
    }
}

impl World {
    pub(super) fn new(size: Size) -> World {
        let config = Config {
            server_name: "irc.example.org".to_owned(),
            description: "A room that anybody can open".to_owned(),
            first_room: RoomName::parse("#big").unwrap(),
            lang: Lang::En,
            motd: Vec::new(),
            created_us: START,
            history: PAST,
            history_bytes: 1 << 20,
            history_bytes_in_all: 256 << 20,
            replay: 20,
            messages_a_second: RATE,
            operators: vec![Operator { name: "root".to_owned(), hash: "argon".into() }],
            nonce: "n".to_owned(),
            keep: "run".to_owned(),
            persists: false,
            encryption: Encryption::Off,
            password: None,
        };
        let mut world = World {
            hub: Hub::new(config),
            batch: Batch::default(),
            now: Now { wall_us: START, uptime: Duration::ZERO },
            decoders: Vec::new(),
            free: Vec::new(),
            backlogged: VecDeque::new(),
            closed: VecDeque::new(),
            checks: VecDeque::new(),
            fence: None,
            is_answered: false,
            is_refused: false,
            collects: false,
            refusals: 0,
            fences: 0,
            alive: Duration::ZERO,
            size,
            keeper: SessionId(0),
            member: SessionId(0),
            stranger: SessionId(0),
            victim: SessionId(0),
            late: None,
            coming: 0,
            ids: Vec::new(),
        };
        world.fill();
        world
    }

    fn fill(&mut self) {
        let rooms = own_rooms();
        self.keeper = self.comes("keeper", ALL_CAPS);
        self.say(self.keeper, &format!("JOIN {rooms}"));
        self.say(self.keeper, "OPER root x");
        self.member = self.comes("member-a", "");
        self.say(self.member, &format!("JOIN {rooms}"));
        self.stranger = self.comes("stranger", "");
        self.victim = self.comes("victim", ALL_CAPS);
        self.say(self.victim, "JOIN #big");
        for number in 0..self.size.people {
            let id = self.comes(&name(number), CAPS[number % CAPS.len()]);
            self.say(id, &format!("JOIN #big,{},{}", self.shared_room(number), lonely_room(number)));
            self.watches_all(id);
        }
        self.watches_all(self.member);
        for number in self.size.people..self.size.rooms {
            let id = self.comes(&name(number), "");
            self.say(id, &format!("JOIN {}", lonely_room(number)));
        }
        self.fill_pasts();
        for room in ["#big", "#r0"] {
            for (letter, from) in [('b', 0), ('e', 1000), ('I', 2000)] {
                for number in from..from + LIST_ENTRIES {
                    self.say(self.keeper, &format!("MODE {room} +{letter} {}", mask(number)));
                }
            }
        }
        self.say(self.keeper, "MODE #r0 +i");
        for number in 0..=NAMES_BEFORE {
            self.say(self.member, &format!("NICK {}{:02}", "a".repeat(16), number % NAMES_BEFORE));
        }
        self.say(self.member, "NICK member-a");
        // Of one name all the pasts that are remembered.
        for _ in 0..if self.size.past < PAST { 5 } else { 600 } {
            self.come_late("gone");
        }
        self.leave_late();
    }

    /// The same hundred names for everybody.
    fn watches_all(&mut self, id: SessionId) {
        self.say(id, &watch_all());
    }

    fn fill_pasts(&mut self) {
        let rooms = own_rooms();
        let past = self.size.past;
        let lines = |line: &dyn Fn(usize) -> String| (0..past).map(line).collect::<Vec<_>>().join("\r\n");
        for room in rooms.split(',') {
            let topics = lines(&|number| format!("TOPIC {room} :{number} {}", "t".repeat(290)));
            let texts = lines(&|number| format!("PRIVMSG {room} :{number} {}", "x".repeat(390)));
            self.say(self.keeper, &topics);
            self.collects = room == "#big";
            self.say(self.keeper, &texts);
            self.collects = false;
        }
        // As long as messages may be, as many as a past has room for.
        let tagged = lines(&|_| format!("@+a={} PRIVMSG #r2 :{}", "x".repeat(4088), "x".repeat(390)));
        self.say(self.keeper, &tagged);
    }

    /// One of the rooms of keeper and member: as many people in each.
    fn shared_room(&self, number: usize) -> String {
        format!("#r{}", number * (OWN_ROOMS - 1) / self.size.people)
    }

    fn opens(&mut self) -> SessionId {
        let id = self.free.pop().unwrap_or(SessionId(self.decoders.len() as u32));
        match self.decoders.get_mut(id.index()) {
            Some(decoder) => *decoder = Decoder::default(),
            None => self.decoders.push(Decoder::default()),
        }
        // An address of its own each time: nobody inherits what another owes.
        let [_, high, middle, low] = self.opened().to_be_bytes();
        let origin = Origin { address: ([10, high, middle, low], 1000).into(), is_local: false };
        self.hub.open(id, origin, self.now);
        id
    }

    /// A number that no connection had before.
    fn opened(&self) -> u32 {
        (self.now.uptime.as_micros() / STEP.as_micros()) as u32
    }

    /// Somebody with a long real name, who is in no room.
    pub(super) fn comes(&mut self, name: &str, caps: &str) -> SessionId {
        let id = self.opens();
        let caps = if caps.is_empty() { String::new() } else { format!("CAP REQ :{caps}\r\nCAP END\r\n") };
        self.say(id, &format!("{caps}NICK {name}\r\nUSER user 0 * :{}", "ế".repeat(33)));
        id
    }

    /// Somebody whose name all watch, instead of the last one.
    pub(super) fn come_late(&mut self, name: &str) -> SessionId {
        self.leave_late();
        let id = self.comes(name, ALL_CAPS);
        *self.late.insert(id)
    }

    /// The same, in the rooms in which member is.
    pub(super) fn come_late_everywhere(&mut self) {
        let id = self.come_late("late");
        self.say(self.keeper, "MODE #r0 -i");
        self.run(id, format!("JOIN {}\r\n", own_rooms()).as_bytes());
        self.coming = self.points(id);
        self.say(self.keeper, "MODE #r0 +i");
    }

    /// A connection that has said no more than this, instead of the last one.
    pub(super) fn connect_late(&mut self, lines: &str) {
        self.leave_late();
        let id = self.opens();
        self.late = Some(id);
        self.run(id, lines.as_bytes());
        self.settle();
    }

    pub(super) fn leave_late(&mut self) {
        if let Some(late) = self.late.take() {
            self.run(late, b"QUIT :bye\r\nexit\r\n");
            self.settle();
        }
    }

    /// Lines that nobody measures, until all is answered and paid for.
    pub(super) fn say(&mut self, id: SessionId, lines: &str) {
        for lines in lines.split("\r\n").collect::<Vec<_>>().chunks(30) {
            self.run(id, format!("{}\r\n", lines.join("\r\n")).as_bytes());
            self.fence(id);
            self.wait_for_fence(id);
            self.settle();
        }
    }

    /// Time passes in which what is owed is paid for.
    fn settle(&mut self) {
        self.pass(STEP);
        if self.now.uptime > self.alive + SIGN_OF_LIFE {
            self.alive = self.now.uptime;
            let all: Vec<SessionId> = (0..self.decoders.len() as u32).map(SessionId).collect();
            all.into_iter().for_each(|id| drop(self.run(id, b"PONG x\r\n")));
        }
        self.hub.tick(self.now, &mut self.batch);
        self.account(SessionId(u32::MAX), &mut Run::default());
    }

    fn pass(&mut self, time: Duration) {
        self.now.uptime += time;
        self.now.wall_us += time.as_micros() as u64;
    }

    /// Gives the hub these bytes of one read, and everything that it wants to go on: each call
    /// is measured. Time stands still.
    pub(super) fn run(&mut self, id: SessionId, bytes: &[u8]) -> Run {
        let (mut inputs, mut run) = (Vec::new(), Run::default());
        self.decoders[id.index()].feed(bytes, |input| inputs.push(input));
        self.round(id, &mut run, |hub, now, batch| hub.input(id, inputs, now, batch));
        self.go_on(id, &mut run);
        run
    }

    fn go_on(&mut self, id: SessionId, run: &mut Run) {
        loop {
            if let Some(check) = self.checks.pop_front() {
                self.round(id, run, |hub, now, batch| hub.checked(check.id, CheckResult::Right, now, batch));
            } else if let Some(gone) = self.closed.pop_front() {
                self.round(id, run, |hub, now, batch| hub.gone(gone, Departure::Closed, now, batch));
            } else if let Some(reader) = self.backlogged.pop_front() {
                self.round(id, run, |hub, now, batch| hub.drained(reader, now, batch));
            } else if self.hub.next_deadline().is_some_and(|at| at <= self.now.uptime) {
                self.round(id, run, |hub, now, batch| hub.tick(now, batch));
            } else {
                return;
            }
        }
    }

    fn round(&mut self, id: SessionId, run: &mut Run, call: impl FnOnce(&mut Hub, Now, &mut Batch)) {
        let World { hub, now, batch, .. } = self;
        let mut time = Duration::ZERO;
        let counted = allocation_counter::measure(|| {
            let start = ThreadTime::now();
            call(hub, *now, batch);
            time = start.elapsed();
        });
        run.rounds.push(time);
        run.allocations += counted.count_total;
        self.account(id, run);
    }

    /// Counts what the hub wants to be sent, and notes what it waits for.
    fn account(&mut self, id: SessionId, run: &mut Run) {
        for parcel in self.batch.parcels() {
            let all = parcel.to.iter().count() as u64;
            let own = u64::from(parcel.to.iter().any(|to| to == id));
            let bytes = parcel.bytes.len() as u64;
            run.own += own * bytes;
            run.others += (all - own) * bytes;
            run.deliveries += all - own;
            if let Some((to, end)) = &self.fence
                && parcel.to.only() == Some(*to)
                && parcel.bytes.ends_with(end.as_bytes())
            {
                self.is_answered = true;
            }
            if parcel.to.only().is_some() {
                let (of_fence, of_lines) = refusals(parcel.bytes);
                self.is_refused |= of_fence && parcel.to.only() == self.fence.as_ref().map(|(to, _)| *to);
                self.refusals += of_lines;
            }
            if self.collects && parcel.to.iter().any(|to| to == self.keeper) {
                self.ids.extend(ids(parcel.bytes));
            }
        }
        self.backlogged.extend(self.batch.backlogged.drain(..));
        self.closed.extend(self.batch.close.iter().map(|close| close.session));
        self.checks.extend(self.batch.checks.drain(..));
        self.free.extend(self.batch.gone.iter().map(|gone| gone.session));
        self.batch.clear();
    }

    /// The price of what somebody has just sent, in messages, as they meet it: how many lines at
    /// a message each may still come at once, or how long the first of them waits. All is paid
    /// for afterwards.
    pub(super) fn points(&mut self, id: SessionId) -> u64 {
        let since = self.now.uptime;
        for at_once in 0..=BURST {
            if self.fence(id) {
                continue;
            }
            self.wait_for_fence(id);
            let waited = (self.now.uptime - since).as_nanos().div_ceil(POINT.as_nanos()) as u64;
            self.settle();
            return (BURST + waited).saturating_sub(at_once + 1);
        }
        panic!("nothing has a price for this connection");
    }

    /// Whether a PING is answered at once.
    fn fence(&mut self, id: SessionId) -> bool {
        let token = format!("fence-{}", self.fences);
        self.fences += 1;
        (self.is_answered, self.is_refused) = (false, false);
        self.fence = Some((id, format!(" :{token}\r\n")));
        self.run(id, format!("PING {token}\r\n").as_bytes());
        self.is_answered
    }

    fn wait_for_fence(&mut self, id: SessionId) {
        while !self.is_answered {
            let next = self.hub.next_deadline().expect("a line that waits has its time");
            self.pass(next.saturating_sub(self.now.uptime));
            self.go_on(id, &mut Run::default());
            if self.is_refused {
                self.fence(id);
            }
        }
    }
}

/// 2026-01-01T00:00:00Z.
const START: u64 = 1_767_225_600_000_000;

/// Whether a fence was refused because the queue of its session was full, and how many other
/// lines were. A WARN tells only that a line waits.
fn refusals(replies: &[u8]) -> (bool, u64) {
    let has = |line: &[u8], part: &str| memchr::memmem::find(line, part.as_bytes()).is_some();
    let is_refusal = |line: &[u8]| {
        has(line, " 263 ")
            || has(line, " found no room to wait")
            || has(line, " FAIL ") && (has(line, " RATE_LIMITED ") || has(line, " TOO_MANY_LINES "))
    };
    let refused: Vec<_> = replies.split(|&byte| byte == b'\n').filter(|line| is_refusal(line)).collect();
    let fences = refused.iter().filter(|line| has(line, " PING ")).count();
    (fences > 0, (refused.len() - fences) as u64)
}

/// Long, and as much alike as names may be.
pub(super) fn name(number: usize) -> String {
    format!("aaaaaaaaaaaaa{number:05}")
}

/// The room of one person alone: its name is as long as names may be.
fn lonely_room(number: usize) -> String {
    format!("#{}{number:05}", "a".repeat(58))
}

/// The rooms of keeper and member.
pub(super) fn own_rooms() -> String {
    let rooms = (0..OWN_ROOMS - 1).map(|number| format!("#r{number}"));
    rooms.chain(["#big".to_owned()]).collect::<Vec<_>>().join(",")
}

/// A mask of as many bytes as are taken, which means nobody, and takes long to tell that of
/// member's names.
fn mask(number: usize) -> String {
    let mask = format!("*aaaaaaaaab{number:04}!*u*e*r*@");
    format!("{mask}{}", "*".repeat(120 - mask.len()))
}

/// Lines by which one comes to watch as many names as one may, those of all cases among them.
pub(super) fn watch_all() -> String {
    let some = ["keeper", "member-a", "member-b", "late", "gone"].map(str::to_owned);
    let names: Vec<String> = some.into_iter().chain((0..WATCHED - 5).map(name)).collect();
    names.chunks(20).fold(String::new(), |mut lines, names| {
        let _ = write!(lines, "{}MONITOR + {}", if lines.is_empty() { "" } else { "\r\n" }, names.join(","));
        lines
    })
}

/// The ids of the messages in what somebody was sent.
fn ids(heard: &[u8]) -> Vec<String> {
    let heard = String::from_utf8_lossy(heard);
    let tagged = heard.lines().filter(|line| line.contains(" PRIVMSG "));
    let ids = tagged.filter_map(|line| line.split_once("msgid=")?.1.split([';', ' ']).next());
    ids.map(str::to_owned).collect()
}
