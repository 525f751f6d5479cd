//! CHATHISTORY (IRCv3 chathistory), and the replay for those who can't ask.

use super::super::caps::Caps;
use super::super::turn::Turn;
use super::{short, write};
use crate::chat::history::{RoomHistory, Span};
use crate::chat::{Nonce, OwnFlag, Record, RoomId, Seq, UserId};
use crate::wire::Message;
use std::ops::Range;
use std::sync::Arc;

/// Messages in one answer: `CHATHISTORY` in 005.
pub(super) const MOST: usize = 100;

/// What a reference stands for.
enum Moment {
    Message(Seq),
    /// In µs: the millisecond that a time tag tells.
    Time(Range<u64>),
}

/// What is asked for.
enum Question {
    /// The last ones after this, or of all.
    Latest(Option<Moment>),
    Before(Moment),
    After(Moment),
    Around(Moment),
    Between(Moment, Moment),
}

pub(super) fn chathistory(turn: &mut Turn<'_>, _me: UserId, message: &Message) {
    let params: Vec<&str> = message.params().collect();
    let subcommand = params.first().copied().unwrap_or("*");
    let count = match subcommand.to_ascii_uppercase().as_str() {
        "LATEST" | "BEFORE" | "AFTER" | "AROUND" | "TARGETS" => 4,
        "BETWEEN" => 5,
        _ => return refuse(turn, subcommand, None, "Unknown command"),
    };
    match params.len() {
        given if given < count => return refuse(turn, subcommand, None, "Insufficient parameters"),
        given if given > count => return refuse(turn, subcommand, None, "Too many parameters"),
        _ => {}
    }
    let limit = params[count - 1];
    let Some(most) = limit.parse().ok().filter(|&most: &usize| most > 0) else {
        return refuse(turn, subcommand, Some(limit), "Invalid limit");
    };
    let most = most.min(MOST);
    match subcommand.eq_ignore_ascii_case("TARGETS") {
        true => targets(turn, &params, most),
        false => messages(turn, &params, most),
    }
}

fn messages(turn: &mut Turn<'_>, params: &[&str], most: usize) {
    let (subcommand, target) = (params[0], params[1]);
    let question = match read(turn.lobby().nonce(), params) {
        Ok(question) => question,
        Err((code, reference)) => {
            let context = match code {
                "INVALID_PARAMS" => vec![short(subcommand), short(reference)],
                _ => vec![short(subcommand), short(target), short(reference)],
            };
            return turn.fail("CHATHISTORY", code, &context, "That refers to nothing here");
        }
    };
    let room = turn.lobby().find_room(target).filter(|id| turn.me().is_some_and(|me| me.is_in(*id)));
    let Some(room) = room.and_then(|id| turn.lobby().room(id)) else {
        let text = "Messages could not be retrieved";
        return turn.fail("CHATHISTORY", "INVALID_TARGET", &[short(subcommand), short(target)], text);
    };
    let name = room.name().to_string();
    let caps = turn.caps();
    let events = answer(turn.hub.history.room(room.named()), &question, most, |event| is_for(event, caps));
    send(turn, &name, &events);
}

/// Reads the references of a question.
fn read<'a>(nonce: &Nonce, params: &[&'a str]) -> Result<Question, (&'static str, &'a str)> {
    let moment = |at: usize| read_moment(nonce, params[at]);
    Ok(match params[0].to_ascii_uppercase().as_str() {
        "LATEST" if params[2] == "*" => Question::Latest(None),
        "LATEST" => Question::Latest(Some(moment(2)?)),
        "BEFORE" => Question::Before(moment(2)?),
        "AFTER" => Question::After(moment(2)?),
        "AROUND" => Question::Around(moment(2)?),
        _ => Question::Between(moment(2)?, moment(3)?),
    })
}

fn read_moment<'a>(nonce: &Nonce, reference: &'a str) -> Result<Moment, (&'static str, &'a str)> {
    match reference.split_once('=') {
        Some(("msgid", id)) => nonce.seq_of(id).map(Moment::Message).ok_or(("MESSAGE_ERROR", reference)),
        Some(("timestamp", time)) => {
            let time = parse_time(time).ok_or(("INVALID_PARAMS", reference))?;
            Ok(Moment::Time(time..time + 1000))
        }
        Some(_) => Err(("INVALID_MSGREFTYPE", reference)),
        None => Err(("INVALID_PARAMS", reference)),
    }
}

/// A time of server-time, as µs since the Unix epoch, cut to milliseconds.
pub(super) fn parse_time(text: &str) -> Option<u64> {
    let time: jiff::Timestamp = text.ends_with('Z').then(|| text.parse().ok()).flatten()?;
    let time = u64::try_from(time.as_microsecond()).ok()?;
    Some(time - time % 1000)
}

impl Moment {
    fn before(&self) -> Span {
        match self {
            Moment::Message(seq) => Span::of_seqs(Seq(0)..*seq),
            Moment::Time(time) => Span::of_times(0..time.start),
        }
    }

    fn after(&self) -> Span {
        match self {
            Moment::Message(seq) => Span::of_seqs(seq.next()..Seq(u64::MAX)),
            Moment::Time(time) => Span::of_times(time.end..u64::MAX),
        }
    }

    /// From this on.
    fn from(&self) -> Span {
        match self {
            Moment::Message(seq) => Span::of_seqs(*seq..Seq(u64::MAX)),
            Moment::Time(time) => Span::of_times(time.start..u64::MAX),
        }
    }

    /// As a part of the log.
    fn seqs(&self, history: &RoomHistory) -> Range<Seq> {
        match self {
            Moment::Message(seq) => *seq..seq.next(),
            Moment::Time(time) => history.seqs_of(time),
        }
    }
}

/// What lies between two moments, and whether the first one is the earlier.
fn between(history: &RoomHistory, from: &Moment, to: &Moment) -> (Span, bool) {
    if let (Moment::Time(from), Moment::Time(to)) = (from, to) {
        if from.start <= to.start {
            return (Span::of_times(from.end..to.start), true);
        }
        return (Span::of_times(to.end..from.start), false);
    }
    let (from, to) = (from.seqs(history), to.seqs(history));
    if from.start <= to.start {
        (Span::of_seqs(from.end..to.start), true)
    } else {
        (Span::of_seqs(to.end..from.start), false)
    }
}

/// Bounds are exclusive; always in the order of the log.
fn answer(
    history: &RoomHistory,
    question: &Question,
    most: usize,
    wanted: impl Fn(&Record) -> bool,
) -> Vec<Arc<Record>> {
    match question {
        Question::Latest(None) => history.last(&Span::ALL, most, wanted),
        Question::Latest(Some(moment)) => history.last(&moment.after(), most, wanted),
        Question::Before(moment) => history.last(&moment.before(), most, wanted),
        Question::After(moment) => history.first(&moment.after(), most, wanted),
        Question::Around(moment) => {
            let mut around = history.last(&moment.before(), most / 2, &wanted);
            around.extend(history.first(&moment.from(), most - around.len(), wanted));
            // Where the clock was set back, the two halves overlap.
            around.sort_by_key(|event| event.seq());
            around
        }
        // "This may be forwards or backwards in time", counted from the first.
        Question::Between(from, to) => match between(history, from, to) {
            (span, true) => history.first(&span, most, wanted),
            (span, false) => history.last(&span, most, wanted),
        },
    }
}

/// Without event-playback only what was said; no cap, no line that needs it.
fn is_for(event: &Record, caps: Caps) -> bool {
    event.is_message() || caps.has(Caps::EVENT_PLAYBACK) && caps.has(write::needs(&event.what))
}

fn send(turn: &mut Turn<'_>, room: &str, events: &[Arc<Record>]) {
    let (caps, config) = (turn.caps(), &turn.hub.config);
    let lines: Vec<Vec<u8>> = events.iter().map(|event| write::written(event, caps, config)).collect();
    turn.send_batch("chathistory", &[room], &lines);
}

/// The rooms one is in whose last message is between two times.
fn targets(turn: &mut Turn<'_>, params: &[&str], most: usize) {
    let time = |at: usize| params[at].strip_prefix("timestamp=").and_then(parse_time).ok_or(params[at]);
    let (from, to) = match (time(1), time(2)) {
        (Ok(from), Ok(to)) => (from, to),
        (Err(wrong), _) | (_, Err(wrong)) => {
            return refuse(turn, params[0], Some(wrong), "Invalid timestamp");
        }
    };
    let between = from.min(to) + 1000..from.max(to);
    let (lobby, history) = (turn.lobby(), &turn.hub.history);
    let rooms = turn.me().into_iter().flat_map(|me| me.rooms()).filter_map(|id| lobby.room(id));
    let mut found: Vec<(u64, String)> = rooms
        .filter_map(|room| Some((history.room(room.named()).latest()?.wall_us, room.name().to_string())))
        .filter(|(latest, _)| between.contains(latest))
        .collect();
    found.sort_unstable();
    if from > to {
        found.drain(..found.len().saturating_sub(most));
    }
    let lines: Vec<Vec<u8>> = found
        .into_iter()
        .take(most)
        .map(|(latest, room)| {
            let line = turn.line("CHATHISTORY").param("TARGETS").param(&room);
            line.param(&write::time(latest)).to_bytes()
        })
        .collect();
    turn.send_batch("draft/chathistory-targets", &[], &lines);
}

fn refuse(turn: &mut Turn<'_>, subcommand: &str, what: Option<&str>, text: &str) {
    let context: Vec<&str> = std::iter::once(short(subcommand)).chain(what.map(short)).collect();
    turn.fail("CHATHISTORY", "INVALID_PARAMS", &context, text);
}

/// Whoever enters with a program that can't ask is told what was said last;
/// "if a client requests this capability, the server SHOULD NOT play back".
pub(in crate::hub) fn replay(turn: &mut Turn<'_>, room: RoomId) {
    let most = turn.hub.config.replay;
    let is_bot = turn.me().is_some_and(|me| me.has(OwnFlag::Bot));
    if most == 0 || is_bot || turn.caps().has(Caps::CHATHISTORY) {
        return;
    }
    let Some(room) = turn.lobby().room(room) else { return };
    let name = room.name().to_string();
    let events = turn.hub.history.room(room.named()).last(&Span::ALL, most, Record::is_message);
    if !events.is_empty() {
        send(turn, &name, &events);
    }
}
