//! What an episode does, drawn from its seed: the window, the server, the actions, the end.

use super::server::{Door, Kind, Loss, Manner};
use crate::join::puppet::CAPS;
use fastrand::Rng;
use std::time::Duration;

#[derive(Debug)]
pub(super) struct Plan {
    pub(super) rows: u16,
    pub(super) columns: u16,
    /// None: it is asked for.
    pub(super) name: Option<&'static str>,
    pub(super) kind: Kind,
    /// For the first connections.
    pub(super) doors: Vec<Door>,
    pub(super) actions: Vec<Action>,
    /// The server gets well after the storm, and is then talked to.
    pub(super) calm: Calm,
    pub(super) ending: Ending,
}

#[derive(Debug, Clone)]
pub(super) enum Action {
    /// These bytes are typed, whatever they do.
    Keys(Vec<u8>),
    /// A paste whose end does not come.
    OpenPaste,
    /// The line is emptied, a line of so many bytes more than its mark is typed, and entered.
    Line(usize),
    /// The same, and the server does this before Enter is pressed.
    Disturbed(Box<Action>),
    /// Another window.
    Resize(u16, u16),
    Signal(Harmless),
    /// Somebody says something in one of the rooms, which has to be seen.
    OthersSay(usize),
    /// The server sends this.
    Sends(&'static [u8]),
    /// From one of the rooms.
    Kick(usize),
    /// The next room that is asked for is refused with this numeric.
    Refuse(&'static str),
    Manner(Manner),
    /// The connection is lost, and the next ones are treated so; whether the person waits a
    /// while for the return.
    Lose(Loss, Vec<Door>, bool),
}

/// Signals that end nothing.
#[derive(Debug, Clone, Copy)]
pub(super) enum Harmless {
    Window,
    /// SIGTSTP, as Ctrl-Z sends it, and SIGCONT.
    Suspend,
    /// SIGSTOP, as a laptop that sleeps, and SIGCONT.
    Freeze,
    Continue,
}

/// What comes between the storm and the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Calm {
    /// Nothing: the end comes at any place.
    None,
    /// A last line, which gets through or is told to wait.
    Line,
    /// A last line, which gets through.
    Arrival,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    Term,
    Hup,
    Int,
    /// The second at once after the first.
    TermTwice,
    /// The window is closed.
    HangUp,
    CtrlC,
    CtrlD,
    /// `exit`, and `y`.
    Exit,
}

/// Kinds of action; each episode leaves some of them out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sort {
    Letters,
    Editing,
    Modal,
    Leaving,
    Enter,
    Replies,
    Paste,
    OpenPaste,
    Command,
    Room,
    Refuse,
    Line,
    LongLine,
    Resize,
    Signal,
    OthersSay,
    Sends,
    Kick,
    Manner,
    Lose,
}

const SORTS: [(Sort, u32); 20] = [
    (Sort::Letters, 6),
    (Sort::Editing, 4),
    (Sort::Modal, 2),
    (Sort::Leaving, 1),
    (Sort::Enter, 3),
    (Sort::Replies, 2),
    (Sort::Paste, 1),
    (Sort::OpenPaste, 1),
    (Sort::Command, 1),
    (Sort::Room, 4),
    (Sort::Refuse, 1),
    (Sort::Line, 5),
    (Sort::LongLine, 2),
    (Sort::Resize, 2),
    (Sort::Signal, 1),
    (Sort::OthersSay, 5),
    (Sort::Sends, 3),
    (Sort::Kick, 1),
    (Sort::Manner, 1),
    (Sort::Lose, 1),
];

/// `y` and 是 are not among them: they would leave where that is asked.
const LETTERS: [&str; 14] = ["a", "b", "x", " ", "é", "小", "花", "說", "。", "😀", "👩‍👩‍👧", "❤️", "z", "n"];
const EDITING: [&str; 16] = [
    "\x7f", "\x1b[A", "\x1b[B", "\x1b[C", "\x1b[D", "\x1b[H", "\x1b[F", "\x01", "\x05", "\x15", "\x0b",
    "\x17", "\x19", "\x0c", "\x1bb", "\x1b[3~",
];
/// After these the editor may wait for another key.
const MODAL: [&str; 13] = [
    "\t", "小\t", "\x1b", "\x12", "\x12a", "\x16", "\x18", "\x1d", "\x07", "\x1b0", "\x1b-", "\x1b[", "\x1bO",
];
const LEAVING: [&str; 4] = ["\x03", "\x04", "\x1a", "\x03n\r"];
/// What terminals send by themselves.
const REPLIES: [&[u8]; 9] = [
    b"\x1b[<0;10;5M",
    b"\x1b[<0;10;5m",
    b"\x1b]11;rgb:ffff/ffff/ffff\x07",
    b"\x1b]11;rgb:0000/0000/0000\x1b\\",
    b"\x1b[?62;22c",
    b"\x1b[?2026;2$y",
    b"\x1b[97;5u",
    b"\x1b[I\x1b[O",
    b"\x1bP1$r0m\x1b\\",
];
const PASTES: [&str; 5] = ["abc", "one\ntwo\nthree", "小明: hi\r\n小花: hi\r\n", "\x03\t\x1b[A", "x\n\n\n"];
const COMMANDS: [&str; 20] = [
    "/who\r",
    "/help\r",
    "/clear\r",
    "/rooms\r",
    "/bell all\r",
    "/nosuch\r",
    "/last 5\r",
    "/whois ada\r",
    "/notices few\r",
    "/mute ada\r",
    "/mute bea\r",
    "/unmute\r",
    "/ban bea\r",
    "/unban bea\r",
    "/kick bea\r",
    "/op ada\r",
    "/mode\r",
    "/mode +m\r",
    "/invite bea\r",
    "/kill bea\r",
];
/// What enters rooms, goes from one to another, and leaves them.
const ROOMS: [&str; 10] = [
    "/join #lab\r",
    "/join #tea\r",
    "/join #lobby\r",
    "/leave\r",
    "/leave #lab\r",
    "/rooms\r",
    "\x1b1",
    "\x1b2",
    "\x1b3",
    "\x1b2\x1b1",
];
const SENDS: [&[u8]; 16] = [
    b":bea!u@h JOIN #lobby\r\n",
    b":bea!u@h PART #lobby\r\n",
    b":bea!u@h QUIT :gone\r\n",
    b":ada!u@h KICK #lobby bea :out\r\n",
    b":bea!u@h NICK eve\r\n",
    b":ada!u@h TOPIC #lobby :tea\r\n",
    b":s.local NOTICE * :*** soon\r\n",
    b":ada!u@h PRIVMSG #lobby :\xff\xfe caf\xe9\r\n",
    b":ada!u@h PRIVMSG #lobby :\xe5\xb0\r\n",
    b":ada!u@h PRIVMSG #lobby :\x1b[2J\x07\x1b]0;x\x07\r\n",
    b":ada!u@h PRIVMSG #lobby :\x01VERSION\x01\r\n",
    b"PING :are you there\r\n",
    b":\r\n\r\n \r\nNO SUCH THING\r\n",
    b":s.local 263 * LIST :Try again\r\n",
    b"@;;=\\ :x PRIVMSG\r\n",
    b":s.local 433 * x :In use\r\n",
];
const NAME_REFUSALS: [&str; 4] = ["432", "433", "436", "437"];
const ROOM_REFUSALS: [&str; 5] = ["471", "473", "474", "475", "263"];
const BANNERS: [&[u8]; 3] =
    [b"SSH-2.0-OpenSSH_9.6\r\n", b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\x00\xff\x15\x03\x01"];
/// The middle two have exactly the twenty columns that a name may have.
const NAMES: [&str; 4] = ["小花", "abcdefghijklmnopqrst", "一二三四五六七八九十", "abcdefghi"];

/// Actions at most from which an episode may wait long for a return.
const PATIENT: usize = 100;

impl Plan {
    pub(super) fn draw(seed: u64, most_actions: usize) -> Plan {
        let mut chance = Rng::with_seed(seed);
        let (rows, columns) = window(&mut chance);
        let named = chance.u8(..6) > 0;
        let kind = Kind {
            capabilities: pick(&mut chance, &[CAPS, CAPS, "", "echo-message server-time"]),
            name_bytes: pick(&mut chance, &[60, 60, 9]),
        };
        let name = named.then(|| pick(&mut chance, &NAMES));
        let is_odd = chance.u8(..6) == 0;
        let doors = if is_odd { vec![odd_door(&mut chance)] } else { Vec::new() };
        let mix = mix(&mut chance);
        let count = chance.usize(..=most_actions);
        let actions = (0..count).map(|_| action(&mut chance, &mix)).collect();
        let calms = [Calm::None, Calm::Line, Calm::Line, Calm::Line, Calm::Arrival];
        let calm = match pick(&mut chance, &calms) {
            // A return may take half a minute, which a short storm is not worth.
            Calm::Arrival if most_actions < PATIENT => Calm::Line,
            calm => calm,
        };
        let ending = pick(
            &mut chance,
            &[
                Ending::Term,
                Ending::Hup,
                Ending::Int,
                Ending::TermTwice,
                Ending::HangUp,
                Ending::CtrlC,
                Ending::CtrlD,
                Ending::Exit,
            ],
        );
        Plan { rows, columns, name, kind, doors, actions, calm, ending }
    }
}

fn pick<T: Clone>(chance: &mut Rng, choices: &[T]) -> T {
    choices[chance.usize(..choices.len())].clone()
}

fn window(chance: &mut Rng) -> (u16, u16) {
    const USUAL: [(u16, u16); 6] = [(24, 80), (12, 40), (5, 20), (3, 10), (60, 200), (24, 80)];
    match chance.bool() {
        true => pick(chance, &USUAL),
        false => (chance.u16(3..=60), chance.u16(10..=200)),
    }
}

/// Which sorts of action this episode has, each as often as its weight says. Where all of
/// them are in each episode, the fault that is found first hides the others.
fn mix(chance: &mut Rng) -> Vec<Sort> {
    let chosen: Vec<_> = SORTS.into_iter().filter(|_| chance.u8(..5) < 2).collect();
    let weighted = chosen.into_iter().flat_map(|(sort, weight)| (0..weight).map(move |_| sort));
    // Each episode says something.
    weighted.chain([Sort::Line]).collect()
}

fn action(chance: &mut Rng, mix: &[Sort]) -> Action {
    let keys = |text: &str| Action::Keys(text.as_bytes().to_vec());
    match pick(chance, mix) {
        Sort::Letters => keys(&(0..chance.usize(1..20)).map(|_| pick(chance, &LETTERS)).collect::<String>()),
        Sort::Editing => keys(&(0..chance.usize(1..4)).map(|_| pick(chance, &EDITING)).collect::<String>()),
        Sort::Modal => keys(pick(chance, &MODAL)),
        Sort::Leaving => keys(pick(chance, &LEAVING)),
        Sort::Enter => keys("\r"),
        Sort::Replies => {
            let reply = pick(chance, &REPLIES);
            let whole = chance.u8(..4) > 0;
            let end = if whole { reply.len() } else { chance.usize(1..=reply.len()) };
            Action::Keys(reply[..end].to_vec())
        }
        Sort::Paste => keys(&format!("\x1b[200~{}\x1b[201~", pick(chance, &PASTES))),
        Sort::OpenPaste => Action::OpenPaste,
        Sort::Command => keys(&format!("\x01\x0b{}", pick(chance, &COMMANDS))),
        Sort::Room => match pick(chance, &ROOMS) {
            command if command.starts_with('/') => keys(&format!("\x01\x0b{command}")),
            key => keys(key),
        },
        Sort::Refuse => Action::Refuse(pick(chance, &ROOM_REFUSALS)),
        Sort::Line => disturbed(chance, mix, 0),
        Sort::LongLine => {
            let letters = chance.usize(20..120);
            disturbed(chance, mix, letters)
        }
        Sort::Resize => {
            let (rows, columns) = window(chance);
            Action::Resize(rows, columns)
        }
        Sort::Signal => Action::Signal(pick(
            chance,
            &[Harmless::Window, Harmless::Suspend, Harmless::Freeze, Harmless::Continue],
        )),
        Sort::OthersSay => Action::OthersSay(chance.usize(..3)),
        Sort::Sends => Action::Sends(pick(chance, &SENDS)),
        Sort::Kick => Action::Kick(chance.usize(..3)),
        Sort::Manner => Action::Manner(manner(chance)),
        Sort::Lose => lose(chance),
    }
}

/// A line; where the mix has such things, something comes between its last letter and Enter.
fn disturbed(chance: &mut Rng, mix: &[Sort], letters: usize) -> Action {
    let between: Vec<Sort> = [Sort::Resize, Sort::Signal, Sort::Sends, Sort::OthersSay, Sort::Lose]
        .into_iter()
        .filter(|sort| mix.contains(sort))
        .collect();
    match between.is_empty() || letters > 0 || chance.bool() {
        true => Action::Line(letters),
        false => Action::Disturbed(Box::new(action(chance, &between))),
    }
}

fn manner(chance: &mut Rng) -> Manner {
    let slow = pick(chance, &[0, 0, 50, 300, 1500]);
    Manner {
        echoes: chance.bool(),
        token: chance.bool(),
        slow: Duration::from_millis(slow),
        mute: chance.u8(..4) == 0,
    }
}

fn lose(chance: &mut Rng) -> Action {
    let loss = pick(chance, &[Loss::Orderly, Loss::Orderly, Loss::Told, Loss::Reset, Loss::Silent]);
    let doors = (0..chance.usize(..3)).map(|_| odd_door(chance)).collect();
    Action::Lose(loss, doors, chance.bool())
}

fn odd_door(chance: &mut Rng) -> Door {
    match chance.u8(..12) {
        0..6 => Door::Name(pick(chance, &NAME_REFUSALS), chance.usize(1..4)),
        6..8 => Door::Room(pick(chance, &ROOM_REFUSALS)),
        8 => Door::Forward,
        9 => Door::Closes,
        10 => Door::Error,
        _ => match chance.bool() {
            true => Door::Banner(pick(chance, &BANNERS)),
            false => Door::Silence,
        },
    }
}
