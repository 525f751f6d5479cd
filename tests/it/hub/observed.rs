//! Valid conversations of several people, and two who only look on: one with batches, one
//! without any capability. They see the same, in one order; each message whole or not at
//! all, and as its label was answered.

use super::kit::Kit;
use roomchat::wire::Message;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

/// They are on the server's own machine, and have no limit.
const OBSERVERS: [&str; 2] = ["locala", "localb"];
const CAPS: [&str; 3] = [
    "batch labeled-response message-tags draft/multiline echo-message standard-replies",
    "batch labeled-response message-tags draft/multiline",
    "batch labeled-response message-tags draft/multiline echo-message server-time",
];
/// So little work that most reads and many answers are obeyed in pieces, between which others
/// come.
const SLICE: u64 = 15;
/// Lines that the server takes of one read.
const MOST_LINES: u8 = 64;

/// What a label was answered by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Answer {
    Done,
    Refused,
}

/// What one label stands for.
#[derive(Debug)]
struct Asked {
    by: String,
    /// Grows with each line that ends a message or a question; None while a batch is open.
    place: Option<usize>,
    /// What is said, in the lines in which it is sent: all different. Empty for a question.
    texts: Vec<String>,
    /// A NOTICE that is refused is acknowledged.
    is_notice: bool,
    /// False where the connection has ended.
    must_be_answered: bool,
    answer: Option<Answer>,
    /// Its line without the label, where it has an id, and when it was sent, in seconds.
    with_id: Option<(String, u64)>,
}

/// A batch that is open.
#[derive(Debug)]
struct Open {
    id: String,
    label: String,
}

#[derive(Debug)]
struct Speaker {
    /// Also the name of the connection: nobody else has had it.
    name: String,
    caps: &'static str,
    open: Option<Open>,
    is_here: bool,
    is_full: bool,
}

struct Conversation {
    kit: Kit,
    speakers: Vec<Speaker>,
    asked: BTreeMap<String, Asked>,
    /// What each observer has been shown, in order.
    seen: [Vec<String>; 2],
    /// Numbers given to texts, labels and batches.
    count: usize,
    seconds: u64,
}

/// Bytes as decisions; 0 when there are no more.
struct Bytes<'a>(&'a [u8]);

impl Bytes<'_> {
    fn next(&mut self) -> u8 {
        let Some((&first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        first
    }
}

/// Plays what the bytes say, and checks what the observers saw.
pub(super) fn play(data: &[u8]) {
    let mut bytes = Bytes(data);
    let mut conversation = Conversation::new(if bytes.next().is_multiple_of(2) { 0 } else { 4 });
    for _ in 0..200 {
        if bytes.0.is_empty() {
            break;
        }
        conversation.step(&mut bytes);
    }
    conversation.end();
    conversation.check();
}

impl Conversation {
    fn new(messages_a_second: u32) -> Conversation {
        let mut kit = Kit::with(|config| config.messages_a_second = messages_a_second);
        kit.play("locala with batch draft/multiline message-tags\nlocalb in #lobby");
        kit.by_rounds(SLICE);
        let (asked, seen) = (BTreeMap::new(), [Vec::new(), Vec::new()]);
        let mut conversation = Conversation { kit, speakers: Vec::new(), asked, seen, count: 0, seconds: 0 };
        CAPS.iter().for_each(|caps| {
            let speaker = conversation.comes(caps);
            conversation.speakers.push(speaker);
        });
        conversation
    }

    fn number(&mut self) -> usize {
        self.count += 1;
        self.count
    }

    fn comes(&mut self, caps: &'static str) -> Speaker {
        let name = format!("p{}", self.number());
        self.kit.play(&format!("{name} with {caps}"));
        // What its address owes may make even registration wait.
        self.pass(20);
        Speaker { name, caps, open: None, is_here: true, is_full: false }
    }

    fn step(&mut self, bytes: &mut Bytes<'_>) {
        let first = bytes.next();
        let who = usize::from(first / 16) % self.speakers.len();
        if !self.speakers[who].is_here {
            self.speakers[who] = self.comes(self.speakers[who].caps);
        }
        match first % 16 {
            0 | 1 => self.say(who, bytes, 1),
            2 => {
                let count = bytes.next().min(MOST_LINES - 1) + 1;
                self.say(who, bytes, count);
            }
            3..=5 => self.open_batch(who, bytes),
            6 => self.spoil(who, bytes),
            7 => {
                self.open_batch(who, bytes);
                self.end_batch(who);
            }
            8 | 9 => self.end_batch(who),
            10 => self.pass(u64::from(bytes.next() % 10)),
            11 => {
                let sign = if bytes.next().is_multiple_of(4) { '+' } else { '-' };
                self.kit.play(&format!("locala> MODE #lobby {sign}m"));
            }
            12 => {
                const QUESTIONS: [&str; 4] = ["OPER root x", "NAMES #lobby", "WHO #lobby", "FOO"];
                let question = QUESTIONS[usize::from(bytes.next()) % QUESTIONS.len()];
                let label = self.ask(who, Vec::new(), false);
                self.send(who, &format!("@label={label} {question}\r\n"));
                self.say_again(who);
            }
            13 => drop(self.kit.answer(bytes.next().is_multiple_of(2))),
            14 => {
                let is_full = !self.speakers[who].is_full;
                self.speakers[who].is_full = is_full;
                let what = if is_full { "is full" } else { "takes all" };
                self.kit.play(&format!("{} {what}", self.speakers[who].name));
            }
            _ => self.leave(who, bytes),
        }
        self.hear();
    }

    /// A text that nobody has sent; a long one does not always fit with its source.
    fn text(&mut self, byte: u8) -> String {
        let text = format!("t{}", self.number());
        let fill = if byte >= 240 { 440 + 4 * usize::from(byte - 240) } else { 0 };
        text + &"x".repeat(fill)
    }

    fn ask(&mut self, who: usize, texts: Vec<String>, is_notice: bool) -> String {
        let place = self.number();
        let label = format!("l{place}");
        let by = self.speakers[who].name.clone();
        let (place, must_be_answered) = (Some(place), true);
        let asked = Asked { by, place, texts, is_notice, must_be_answered, answer: None, with_id: None };
        self.asked.insert(label.clone(), asked);
        label
    }

    fn send(&mut self, who: usize, lines: &str) {
        self.kit.send(&self.speakers[who].name, lines.as_bytes());
        self.kit.round();
    }

    /// So many messages in one read.
    fn say(&mut self, who: usize, bytes: &mut Bytes<'_>, count: u8) {
        let mut lines = String::new();
        let is_notice = bytes.next().is_multiple_of(8);
        let command = if is_notice { "NOTICE" } else { "PRIVMSG" };
        let byte = bytes.next();
        for at in 0..count {
            // Some of many are long.
            let text = self.text(byte.saturating_add(at));
            let label = self.ask(who, vec![text.clone()], is_notice);
            let line = format!("+roomchat.invalid/id={label} {command} #lobby :{text}");
            let _ = write!(lines, "@label={label};{line}\r\n");
            let sent = self.seconds;
            self.asked.entry(label).and_modify(|asked| asked.with_id = Some((line, sent)));
        }
        self.send(who, &lines);
    }

    /// Sends once more what was said last, which nobody sees.
    fn say_again(&mut self, who: usize) {
        // A NOTICE that is answered may have been refused.
        let is_said = |asked: &&Asked| {
            asked.by == self.speakers[who].name && asked.answer == Some(Answer::Done) && !asked.is_notice
        };
        let known = self.asked.values().filter(is_said).filter_map(|asked| asked.with_id.clone());
        // The server knows it for ten minutes.
        let known = known.filter(|(_, sent)| self.seconds < sent + 500);
        if let Some((line, _)) = known.max_by_key(|(_, sent)| *sent) {
            let label = self.ask(who, Vec::new(), false);
            self.send(who, &format!("@label={label};{line}\r\n"));
        }
    }

    /// Opens a batch, or goes on with the one that is open; in one read or several.
    fn open_batch(&mut self, who: usize, bytes: &mut Bytes<'_>) {
        if self.speakers[who].open.is_none() {
            let id = self.number().to_string();
            let label = self.ask(who, Vec::new(), false);
            self.asked.entry(label.clone()).and_modify(|asked| asked.place = None);
            self.send(who, &format!("@label={label} BATCH +{id} draft/multiline #lobby\r\n"));
            self.speakers[who].open = Some(Open { id, label });
        }
        let mut lines = String::new();
        for _ in 0..bytes.next() % 6 {
            let text = self.text(bytes.next());
            let Some(Open { id, label }) = &self.speakers[who].open else { return };
            let joins = if bytes.next().is_multiple_of(8) { ";draft/multiline-concat" } else { "" };
            let _ = write!(lines, "@batch={id}{joins} PRIVMSG #lobby :{text}\r\n");
            self.asked.entry(label.clone()).and_modify(|asked| asked.texts.push(text));
        }
        self.send(who, &lines);
    }

    fn end_batch(&mut self, who: usize) {
        let Some(Open { id, label }) = self.speakers[who].open.take() else { return };
        let place = self.number();
        self.asked.entry(label).and_modify(|asked| asked.place = Some(place));
        self.send(who, &format!("BATCH -{id}\r\n"));
    }

    /// A line that can't be obeyed, of the open batch where there is one. What it says is
    /// nobody's to see.
    fn spoil(&mut self, who: usize, bytes: &mut Bytes<'_>) {
        let tags = match &self.speakers[who].open {
            Some(open) => format!("@batch={} ", open.id),
            None => String::new(),
        };
        let line = match bytes.next() % 4 {
            0 => format!("{tags}PRIVMSG #lobby :bad{}\r\n", "x".repeat(600)).into_bytes(),
            1 => [tags.as_bytes(), b"PRIVMSG #lobby :bad\xff\r\n"].concat(),
            2 => format!("{tags}PRIV-MSG #lobby :bad\r\n").into_bytes(),
            _ => format!("{tags}TOPIC #lobby :bad{}\r\n", "x".repeat(400)).into_bytes(),
        };
        if let Some(open) = &self.speakers[who].open {
            // What is refused can't be done any more.
            self.asked.entry(open.label.clone()).and_modify(|asked| asked.texts.push("bad".to_owned()));
        }
        self.kit.send(&self.speakers[who].name, &line);
        self.kit.round();
    }

    /// The connection ends, in one of three ways; lines that wait may be lost.
    fn leave(&mut self, who: usize, bytes: &mut Bytes<'_>) {
        let name = self.speakers[who].name.clone();
        match bytes.next() % 3 {
            0 => {
                let label = self.ask(who, Vec::new(), false);
                self.send(who, &format!("@label={label} QUIT :x\r\n"));
            }
            1 => self.kit.play(&format!("{name} closes")),
            _ => self.kit.play(&format!("{name} is lost")),
        }
        self.is_gone(&name);
    }

    /// Nobody waits for an answer on this connection any more.
    fn is_gone(&mut self, name: &str) {
        let Some(who) = self.speakers.iter().position(|speaker| speaker.name == name) else { return };
        let speaker = &mut self.speakers[who];
        (speaker.is_here, speaker.is_full, speaker.open) = (false, false, None);
        self.kit.play(&format!("{name} takes all"));
        for asked in self.asked.values_mut().filter(|asked| asked.by == name) {
            asked.must_be_answered = false;
        }
    }

    fn pass(&mut self, seconds: u64) {
        self.seconds += seconds;
        self.kit.play(&format!("{seconds} s"));
        let here = self.speakers.iter().filter(|speaker| speaker.is_here).map(|speaker| &*speaker.name);
        for name in OBSERVERS.into_iter().chain(here) {
            self.kit.play_line(name, "PONG x");
        }
        self.hear();
    }

    fn hear(&mut self) {
        let shown = self.kit.take();
        let mut ended = Vec::new();
        for line in shown.lines() {
            let Some((name, line)) = line.split_once('<') else { continue };
            if let Some(line) = line.strip_prefix("| ") {
                self.answered(line);
                ended.push(name.to_owned());
            } else if let Some(line) = line.strip_prefix(' ') {
                match OBSERVERS.iter().position(|observer| *observer == name) {
                    Some(at) => self.seen[at].extend(said(line)),
                    None => self.answered(line),
                }
            }
        }
        ended.iter().for_each(|name| self.is_gone(name));
    }

    fn answered(&mut self, line: &str) {
        let Ok(message) = Message::parse(line) else { return };
        let Some(label) = message.tag("label") else { return };
        let asked = self.asked.get_mut(&*label).unwrap_or_else(|| panic!("nobody asked: {line}"));
        let is_done = match message.command() {
            "ACK" | "PRIVMSG" | "NOTICE" => true,
            "BATCH" => message.param(1) == Some("draft/multiline"),
            _ => false,
        };
        let answer = if is_done { Answer::Done } else { Answer::Refused };
        assert_eq!(asked.answer.replace(answer), None, "a second answer: {line}");
    }

    /// Time passes until no line can wait any more.
    fn end(&mut self) {
        for who in 0..self.speakers.len() {
            self.end_batch(who);
        }
        for _ in 0..40 {
            while self.kit.answer(true) {
                self.hear();
            }
            for speaker in self.speakers.iter().filter(|speaker| speaker.is_here && speaker.is_full) {
                self.kit.play(&format!("{} takes all", speaker.name));
            }
            self.pass(20);
            if self.asked.values().all(|asked| asked.answer.is_some() || !asked.must_be_answered) {
                break;
            }
        }
        // What is late must be no second answer.
        self.pass(20);
    }

    fn check(&self) {
        let [seen, plainly] = &self.seen;
        assert_eq!(seen, plainly, "the observers see different things");
        let mut all = BTreeSet::new();
        assert!(seen.iter().all(|text| all.insert(text)), "something came twice: {seen:?}");
        let mut known = 0;
        let mut places: BTreeMap<&str, Vec<(usize, usize)>> = BTreeMap::new();
        for (label, asked) in &self.asked {
            let Asked { by, place, texts, is_notice, must_be_answered, answer, .. } = asked;
            assert!(answer.is_some() || !must_be_answered, "no answer to {label}: {asked:?}");
            let at = texts.first().and_then(|first| seen.iter().position(|text| text == first));
            let at = at.filter(|&at| seen[at..].starts_with(texts));
            let is_hidden = texts.iter().all(|text| !all.contains(text));
            match answer {
                Some(Answer::Done) if !is_notice => {
                    assert!(at.is_some() || texts.is_empty(), "a hole: {asked:?}");
                }
                Some(Answer::Refused) => assert!(is_hidden, "refused and told: {asked:?}"),
                _ => assert!(at.is_some() || is_hidden, "a part of it: {asked:?}"),
            }
            if let Some(at) = at {
                known += texts.len();
                let place = place.unwrap_or_else(|| panic!("told before its end: {asked:?}"));
                places.entry(by).or_default().push((place, at));
            }
        }
        assert_eq!(known, seen.len(), "something was told that nobody said: {seen:?}");
        for (who, mut places) in places {
            places.sort_unstable();
            assert!(places.is_sorted_by_key(|(_, at)| at), "what {who} said came in another order: {seen:?}");
        }
    }
}

/// The text that a line shows an observer, if it is somebody's.
fn said(line: &str) -> Option<String> {
    let message = Message::parse(line).ok()?;
    let is_said = matches!(message.command(), "PRIVMSG" | "NOTICE") && message.source().is_some();
    is_said.then(|| message.param(1).unwrap_or_default().to_owned())
}
