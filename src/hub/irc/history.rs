//! CHATHISTORY (IRCv3 chathistory), and the replay on JOIN for clients without it.

use crate::chat::history::{RoomHistory, Span};
use crate::chat::{Nonce, Record, RoomId, RoomKey, Seq, UserId, UserMode};
use crate::hub::caps::Caps;
use crate::hub::context::Context;
use crate::hub::encode::{irc::needs, written};
use crate::hub::limits::MOST_HISTORY;
use crate::hub::time;
use crate::hub::unfinished::Rest;
use crate::hub::words::short;
use crate::wire::Message;
use std::cell::Cell;
use std::ops::Range;
use std::sync::Arc;
use std::vec::IntoIter;

/// The place in the history that a reference names.
enum Moment {
    Message(Seq),
    /// The millisecond that a time tag means, as a range in µs.
    Time(Range<u64>),
}

/// A subcommand with its references.
enum Question {
    /// The last records after this moment, or of all.
    Latest(Option<Moment>),
    Before(Moment),
    After(Moment),
    Around(Moment),
    Between(Moment, Moment),
}

pub(in crate::hub) fn chathistory(ctx: &mut Context<'_>, _me: UserId, message: &Message) {
    let params: Vec<&str> = message.params().collect();
    let subcommand = params.first().copied().unwrap_or("*");
    let count = match subcommand.to_ascii_uppercase().as_str() {
        "LATEST" | "BEFORE" | "AFTER" | "AROUND" | "TARGETS" => 4,
        "BETWEEN" => 5,
        _ => return refuse(ctx, subcommand, None, "Unknown command"),
    };
    match params.len() {
        given if given < count => return refuse(ctx, subcommand, None, "Insufficient parameters"),
        given if given > count => return refuse(ctx, subcommand, None, "Too many parameters"),
        _ => {}
    }
    let limit = params[count - 1];
    let Some(most) = limit.parse().ok().filter(|&most: &usize| most > 0) else {
        return refuse(ctx, subcommand, Some(limit), "Invalid limit");
    };
    let most = most.min(MOST_HISTORY);
    if subcommand.eq_ignore_ascii_case("TARGETS") {
        targets(ctx, &params, most)
    } else {
        messages(ctx, &params, most)
    }
}

fn messages(ctx: &mut Context<'_>, params: &[&str], most: usize) {
    let (subcommand, target) = (params[0], params[1]);
    let question = match read(&ctx.lobby().nonce, params) {
        Ok(question) => question,
        Err((code, reference)) => {
            let context = match code {
                "INVALID_PARAMS" => vec![short(subcommand), short(reference)],
                _ => vec![short(subcommand), short(target), short(reference)],
            };
            return ctx.fail("CHATHISTORY", code, &context, "That refers to nothing here");
        }
    };
    let Some(room) = ctx.own_room(target).and_then(|id| ctx.lobby().room(id)) else {
        let text = "Messages could not be retrieved";
        return ctx.fail("CHATHISTORY", "INVALID_TARGET", &[short(subcommand), short(target)], text);
    };
    let key = room.named.clone();
    let (caps, looked_at) = (ctx.caps(), Cell::new(0));
    let wanted = |event: &Record| {
        looked_at.set(looked_at.get() + 1);
        is_for(event, caps)
    };
    let records = answer(ctx.state.history.room(&key), &question, most, wanted);
    ctx.worked(looked_at.get() / 8);
    send(ctx, key, &records);
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
            let time = time::parse(time).ok_or(("INVALID_PARAMS", reference))?;
            Ok(Moment::Time(time..time + 1000))
        }
        Some(_) => Err(("INVALID_MSGREFTYPE", reference)),
        None => Err(("INVALID_PARAMS", reference)),
    }
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

    /// The part from this moment on.
    fn from(&self) -> Span {
        match self {
            Moment::Message(seq) => Span::of_seqs(*seq..Seq(u64::MAX)),
            Moment::Time(time) => Span::of_times(time.start..u64::MAX),
        }
    }

    /// The moment as a range of log numbers.
    fn seqs(&self, history: &RoomHistory) -> Range<Seq> {
        match self {
            Moment::Message(seq) => *seq..seq.next(),
            Moment::Time(time) => history.seqs_of(time),
        }
    }
}

/// The part between two moments, and whether the first moment is the earlier one.
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

/// The records that answer a question, in the order of the log. The bounds are exclusive.
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
            // The two halves overlap if the clock was set back.
            around.sort_by_key(|event| event.seq());
            around
        }
        // "This may be forwards or backwards in time": the limit counts from the first moment.
        Question::Between(from, to) => match between(history, from, to) {
            (span, true) => history.first(&span, most, wanted),
            (span, false) => history.last(&span, most, wanted),
        },
    }
}

/// Whether a record is for this client: without event-playback only messages, and nothing that
/// needs a capability which it lacks.
fn is_for(event: &Record, caps: Caps) -> bool {
    event.is_message() || caps.has(Caps::EVENT_PLAYBACK) && caps.has(needs(&event.kind))
}

fn send(ctx: &mut Context<'_>, room: RoomKey, records: &[Arc<Record>]) {
    let batch = ctx.open_batch("chathistory", &[room.name.as_str()]);
    let records: Vec<Seq> = records.iter().map(|record| record.seq()).collect();
    send_records(ctx, room, records.into_iter(), batch);
}

/// Sends these records to a member as far as the slice goes, except those that were redacted or
/// dropped meanwhile.
pub(in crate::hub) fn send_records(
    ctx: &mut Context<'_>,
    room: RoomKey,
    mut records: IntoIter<Seq>,
    batch: Option<String>,
) {
    let is_member = ctx.lobby().room_id(&room).is_some_and(|id| ctx.me().is_some_and(|me| me.is_in(id)));
    while let Some(seq) = records.next().filter(|_| is_member) {
        let record = ctx.state.history.room(&room).record(seq);
        let event = record.map(|record| written(record, ctx.caps(), &ctx.state.config));
        if let Some(event) = event {
            ctx.send_in_batch(batch.as_deref(), &event);
        }
        if ctx.is_spent() && records.len() > 0 {
            return ctx.pause(Rest::Records { room, records, batch });
        }
    }
    ctx.close_batch(batch.as_deref());
}

/// Sends the client's rooms whose last message is between two times.
fn targets(ctx: &mut Context<'_>, params: &[&str], most: usize) {
    let time = |at: usize| params[at].strip_prefix("timestamp=").and_then(time::parse).ok_or(params[at]);
    let (from, to) = match (time(1), time(2)) {
        (Ok(from), Ok(to)) => (from, to),
        (Err(wrong), _) | (_, Err(wrong)) => {
            return refuse(ctx, params[0], Some(wrong), "Invalid timestamp");
        }
    };
    let between = from.min(to) + 1000..from.max(to);
    let (lobby, history) = (ctx.lobby(), &ctx.state.history);
    let rooms = ctx.me().into_iter().flat_map(|me| me.rooms()).filter_map(|id| lobby.room(id));
    let mut found: Vec<(u64, String)> = rooms
        .filter_map(|room| Some((history.room(&room.named).latest()?.wall_us, room.name().to_string())))
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
            let line = ctx.line("CHATHISTORY").param("TARGETS").param(&room);
            line.param(&time::written(latest)).to_bytes()
        })
        .collect();
    ctx.send_batch("draft/chathistory-targets", &[], &lines);
}

fn refuse(ctx: &mut Context<'_>, subcommand: &str, what: Option<&str>, text: &str) {
    let context: Vec<&str> = std::iter::once(short(subcommand)).chain(what.map(short)).collect();
    ctx.fail("CHATHISTORY", "INVALID_PARAMS", &context, text);
}

/// Sends the last messages to a member whose client has no CHATHISTORY; "if a client requests this
/// capability, the server SHOULD NOT play back". Of these only the last ones that fit into
/// `most_bytes`.
pub(in crate::hub) fn replay(ctx: &mut Context<'_>, room: RoomId, most_bytes: usize) {
    let most = ctx.state.config.replay;
    let is_bot = ctx.me().is_some_and(|me| me.has(UserMode::Bot));
    if most == 0 || is_bot || ctx.caps().has(Caps::CHATHISTORY) {
        return;
    }
    let Some(room) = ctx.lobby().room_key(room) else { return };
    let mut events = ctx.state.history.room(&room).last(&Span::ALL, most, Record::is_message);
    if most_bytes < usize::MAX {
        let mut bytes = 0;
        let fits = |event: &&Arc<Record>| {
            bytes += written(event, ctx.caps(), &ctx.state.config).len();
            bytes <= most_bytes
        };
        let fitting = events.iter().rev().take_while(fits).count();
        events.drain(..events.len() - fitting);
    }
    if !events.is_empty() {
        send(ctx, room, &events);
    }
}
