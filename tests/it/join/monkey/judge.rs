//! What a person could check: what became of each line, and how it ended.

use super::plan::Ending;
use super::server::Said;
use portable_pty::ExitStatus;
use std::collections::BTreeMap;

/// One thing that must not be, and what was seen of it.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) kind: &'static str,
    pub(super) what: String,
}

impl Fault {
    pub(super) fn new(kind: &'static str, what: impl Into<String>) -> Fault {
        Fault { kind, what: what.into() }
    }
}

/// A line that was seen at the prompt, and was entered.
#[derive(Debug)]
pub(super) struct Line {
    /// How it begins, as no other line does.
    pub(super) mark: String,
    pub(super) text: String,
    /// The room that the prompt named; None where it named none, or could not be read.
    pub(super) room: Option<String>,
    /// The bell rang while it was typed: it may not have fitted.
    pub(super) rang: bool,
}

/// All lines that were entered, in order.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    lines: Vec<Line>,
    /// Keys were pressed that bring back what was typed before.
    repeats: bool,
}

/// What a line that is not sent is told with.
const NOT_SENT: [&str; 3] = ["未送出", "沒有送出", "不確定有沒有送到"];
/// What is told once where lines wait for a connection, and once there is one.
const WAITING: &str = "您說的話會在連上後送出";
const BACK: &str = "[重新連上了";
/// Where a room leads that leads elsewhere.
pub(super) const FORWARDED: &str = "##overflow";
/// What an own line begins with.
const OWN: &str = "我:";

impl Ledger {
    pub(super) fn add(&mut self, line: Line) {
        self.lines.push(line);
    }

    /// From now on a line may be said again, changed or not, at any time.
    pub(super) fn may_repeat(&mut self) {
        self.repeats = true;
    }

    /// Whether each line has arrived, was told of, or is known to wait.
    pub(super) fn is_settled(&self, said: &[Said], seen: &str) -> bool {
        waits(seen)
            || self.lines.iter().all(|line| arrivals(&line.mark, said).next().is_some() || line.is_told(seen))
    }

    /// Judges what became of each line; where nobody could be told, only what arrived.
    ///
    /// # Errors
    /// The first fault.
    pub(super) fn judge(&self, said: &[Said], seen: &str, told: bool) -> Result<(), Fault> {
        let mut last = BTreeMap::new();
        for line in &self.lines {
            let at: Vec<usize> = arrivals(&line.mark, said).collect();
            match at[..] {
                [] if !told || line.is_told(seen) => {}
                [] if waits(seen) => {
                    return Err(Fault::new("waiting line lost at the end", format!("{line:?}")));
                }
                [] => return Err(Fault::new("line lost", format!("{line:?}"))),
                [first, ..] if self.repeats => {
                    let arrived = at.iter().any(|&at| line.judge_text(&said[at..]).is_ok());
                    if !arrived && !line.is_told(seen) {
                        line.judge_text(&said[first..])?;
                    }
                }
                [at] => {
                    line.judge_text(&said[at..])?;
                    let room = &said[at].room;
                    if line.room.as_ref().is_some_and(|typed| typed != room && room != FORWARDED) {
                        return Err(Fault::new("said in another room", format!("{line:?} in {room}")));
                    }
                    // What a lost connection still brings is told to be unsent, and comes when it comes.
                    if !line.is_told(seen) && last.insert(room, at).is_some_and(|last| last > at) {
                        return Err(Fault::new("lines out of order", format!("{line:?} in {said:?}")));
                    }
                }
                _ => return Err(Fault::new("line sent twice", format!("{line:?}"))),
            }
        }
        Ok(())
    }
}

impl Line {
    pub(super) fn is_told(&self, seen: &str) -> bool {
        let own = |told: &str| told.split(OWN).next().is_some_and(|told| told.contains(&self.mark));
        NOT_SENT.iter().any(|words| seen.split(words).skip(1).any(own))
    }

    /// The first of these is the line, or its first piece.
    fn judge_text(&self, said: &[Said]) -> Result<(), Fault> {
        let mut whole = String::new();
        for Said { text: piece, .. } in said.iter().filter(|other| other.room == said[0].room) {
            // Blanks and control characters before the mark can't be seen at the prompt.
            let unseen = |c: char| whole.is_empty() && (c.is_whitespace() || c.is_control());
            let piece = piece.trim_start_matches(unseen).trim_end();
            if !self.text[whole.len()..].starts_with(piece) {
                break;
            }
            whole += piece;
        }
        let cut = self.rang && !whole.is_empty();
        if whole == self.text || cut {
            return Ok(());
        }
        let what = format!(
            "{} of {} bytes: {:?} was typed, {:?} said",
            whole.len(),
            self.text.len(),
            self.text,
            said[0].text
        );
        Err(Fault::new("line changed", what))
    }
}

/// Where a line with this mark was said.
pub(super) fn arrivals<'a>(mark: &'a str, said: &'a [Said]) -> impl Iterator<Item = usize> + use<'a> {
    said.iter().enumerate().filter(move |(_, said)| said.text.contains(mark)).map(|(at, _)| at)
}

/// Whether it was told that this room can't be entered yet; None: the only one.
pub(super) fn is_outside(room: Option<&str>, seen: &str) -> bool {
    let told = room.map_or_else(|| "[還不能進入".to_owned(), |room| format!("[還不能進入{room}:"));
    seen.contains(&told)
}

/// Whether it was told that lines wait, and not since that they need not.
pub(super) fn waits(seen: &str) -> bool {
    seen.rfind(WAITING).is_some_and(|at| seen.rfind(BACK).is_none_or(|back| back < at))
}

/// What has happened that can end a program.
#[derive(Debug, Default)]
pub(super) struct Reasons {
    /// Ctrl-C or Ctrl-D was pressed.
    pub(super) keys: bool,
    /// The server did not let him in the first time, or is none at all.
    pub(super) server: bool,
}

impl Reasons {
    /// # Errors
    /// Where it ended for none of these reasons.
    pub(super) fn judge(&self, status: &ExitStatus) -> Result<(), Fault> {
        let code = status.exit_code();
        let by_keys = self.keys && matches!(code, 0 | 1 | 130);
        let by_server = self.server && code == 1;
        match status.signal().is_none() && (by_keys || by_server) {
            true => Ok(()),
            false => Err(Fault::new("ended by itself", format!("{status} with {self:?}"))),
        }
    }
}

/// # Errors
/// Where the exit code is not that of this ending.
pub(super) fn judge_code(ending: Ending, inside: bool, status: &ExitStatus) -> Result<(), Fault> {
    let code = status.exit_code();
    let fits = match ending {
        // A key that was typed before, or the server, may have ended it first.
        _ if !inside && matches!(code, 0 | 1 | 130) => true,
        Ending::Term => code == 143,
        Ending::Hup => code == 129,
        Ending::Int => code == 130,
        // At once: maybe by the signal itself.
        Ending::TermTwice => code == 143 || status.signal().is_some(),
        // A key, or the end of the input, may be seen before the signal.
        Ending::HangUp => matches!(code, 0 | 1 | 129 | 130),
        // An interrupt where no editor reads the keys.
        Ending::CtrlC | Ending::CtrlD => matches!(code, 0 | 1 | 130),
        Ending::Exit => matches!(code, 0 | 1),
    };
    match fits {
        true => Ok(()),
        false => Err(Fault::new("exit code", format!("{ending:?}: {status}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The fault, where two lines were entered, these were said, and this was seen.
    fn fault(rang: bool, said: &[&str], seen: &str) -> Option<&'static str> {
        fault_in([None, None], rang, said, seen)
    }

    /// The same with the rooms that the prompt named; what was said is in `#a`, or where a room
    /// stands before it.
    fn fault_in(rooms: [Option<&str>; 2], rang: bool, said: &[&str], seen: &str) -> Option<&'static str> {
        let mut ledger = Ledger::default();
        for (text, room) in ["m1x", "m2xabcdef"].into_iter().zip(rooms) {
            let (mark, room) = (text[..3].to_owned(), room.map(str::to_owned));
            ledger.add(Line { mark, text: text.to_owned(), room, rang });
        }
        let place = |text: &&str| {
            let (room, text) = text.split_once("/").unwrap_or(("#a", text));
            Said { room: room.to_owned(), text: text.to_owned() }
        };
        let said: Vec<Said> = said.iter().map(place).collect();
        ledger.judge(&said, seen, true).err().map(|fault| fault.kind)
    }

    #[test]
    fn a_line_is_said_once_and_whole_or_told_of() {
        assert_eq!(fault(false, &["m1x", "wild", " m2xabc", "def"], ""), None);
        assert_eq!(fault(false, &["m1x"], "我:m1x未送出:why:m2xabcdef"), None);
        assert_eq!(fault(false, &["m1x"], "未送出:why:wild我:m2xabcdef"), Some("line lost"));
        assert_eq!(fault(false, &["m1x", "m2xabc"], ""), Some("line changed"));
        assert_eq!(fault(true, &["m1x", "m2xabc"], ""), None);
        assert_eq!(fault(false, &["m2xabcdef", "m1x"], ""), Some("lines out of order"));
        assert_eq!(fault(false, &["m1x", "m2xabcdef", "m1x"], ""), Some("line sent twice"));
    }

    #[test]
    fn a_line_is_said_in_the_room_that_the_prompt_named() {
        let rooms = [Some("#a"), Some("#b")];
        assert_eq!(fault_in(rooms, false, &["#b/m2xabc", "m1x", "#b/def"], ""), None);
        assert_eq!(fault_in(rooms, false, &["m1x", "m2xabcdef"], ""), Some("said in another room"));
        assert_eq!(fault_in(rooms, false, &["m1x", "#b/m2xabcdef", "m1x"], ""), Some("line sent twice"));
        assert_eq!(fault_in(rooms, false, &["m1x", "##overflow/m2xabcdef"], ""), None);
    }

    #[test]
    fn lines_wait_until_there_is_a_connection() {
        assert!(!waits("[連線中斷:x；重新連線中…]"));
        let waiting = format!("[沒有連線，{WAITING}]我:m1x");
        assert!(waits(&waiting));
        assert!(!waits(&format!("{waiting}{BACK}，聊天室人數：2]")));
    }
}
