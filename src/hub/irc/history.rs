//! CHATHISTORY (IRCv3 chathistory), and the replay on JOIN for clients without it.

use crate::chat::history::Span;
use crate::chat::question::{InMemory, Moment, Question, Wanted};
use crate::chat::{Nonce, Record, RoomId, RoomKey, Seq, UserId, UserMode};
use crate::hub::caps::Caps;
use crate::hub::context::Context;
use crate::hub::encode::written;
use crate::hub::limits::MOST_HISTORY;
use crate::hub::time;
use crate::hub::unfinished::{Records, Rest};
use crate::hub::words::short;
use crate::wire::Message;
use std::cell::Cell;
use std::sync::Arc;

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
        return refuse_target(ctx, subcommand, target);
    };
    let key = room.named.clone();
    let caps = ctx.caps();
    // draft/event-playback: events are for those who have asked for them.
    let wanted = Wanted { events: caps.has(Caps::EVENT_PLAYBACK), tags: caps.has(Caps::MESSAGE_TAGS) };
    let past = InMemory { history: ctx.state.history.room(&key), looked_at: Cell::new(0) };
    let Ok(records) = question.answer(&past, most, wanted);
    let looked_at = past.looked_at.get();
    let is_whole = question.is_answered_by(past.history, &records, most, wanted);
    ctx.worked(looked_at / 8);
    if is_whole || !ctx.state.config.persists {
        let as_of = ctx.state.log.last();
        send(ctx, key, Records { as_of, records: records.into_iter() });
    } else {
        ctx.look_up(key, question, most, wanted);
    }
}

/// Sends what the disk has answered.
pub(in crate::hub) fn go_on(ctx: &mut Context<'_>, message: &Message, found: Records) {
    let target = message.param(1).unwrap_or_default();
    let Some(room) = ctx.own_room_key(target) else {
        let subcommand = message.param(0).unwrap_or_default();
        return refuse_target(ctx, subcommand, target);
    };
    send(ctx, room, found);
}

fn refuse_target(ctx: &mut Context<'_>, subcommand: &str, target: &str) {
    let text = "Messages could not be retrieved";
    ctx.fail("CHATHISTORY", "INVALID_TARGET", &[short(subcommand), short(target)], text);
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

fn send(ctx: &mut Context<'_>, room: RoomKey, found: Records) {
    let batch = ctx.open_batch("chathistory", &[room.name.as_str()]);
    send_records(ctx, Some(room), found, batch);
}

/// Sends these records to a member of that room, or of the room of each, as far as the slice goes, except
/// those that were redacted meanwhile.
pub(in crate::hub) fn send_records(
    ctx: &mut Context<'_>,
    room: Option<RoomKey>,
    Records { as_of, mut records }: Records,
    batch: Option<String>,
) {
    if !ctx.state.redacted.knows_since(as_of) {
        ctx.close_batch(batch.as_deref());
        let text = "Messages could not be retrieved";
        match room {
            // To those who have not asked, it is a replay.
            Some(_) if !ctx.caps().has(Caps::CHATHISTORY) => {}
            Some(room) => ctx.fail("CHATHISTORY", "MESSAGE_ERROR", &[short(room.name.as_str())], text),
            None => ctx.fail("SEARCH", "TRY_AGAIN", &[], text),
        }
        return;
    }
    while let Some(record) = records.next() {
        let of = room.as_ref().or(record.kind.rooms().first());
        let id = of.and_then(|room| ctx.lobby().room_id(room));
        let is_member = id.is_some_and(|id| ctx.me().is_some_and(|me| me.is_in(id)));
        if is_member && !ctx.state.redacted.has(record.seq()) {
            let event = written(&record, ctx.caps(), &ctx.state.config);
            ctx.send_in_batch(batch.as_deref(), &event);
        }
        if ctx.is_spent() && records.len() > 0 {
            return ctx.pause(Rest::Records { room, found: Records { as_of, records }, batch });
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

/// Sends the last messages before the entry `entered` to a member whose client has no CHATHISTORY; "if
/// a client requests this capability, the server SHOULD NOT play back". Of these only the last ones
/// that fit into `most_bytes`.
pub(in crate::hub) fn replay(ctx: &mut Context<'_>, room: RoomId, entered: Seq, most_bytes: usize) {
    let most = ctx.state.config.replay;
    let is_bot = ctx.me().is_some_and(|me| me.has(UserMode::Bot));
    if most == 0 || is_bot || ctx.caps().has(Caps::CHATHISTORY) {
        return;
    }
    let Some(room) = ctx.lobby().room_key(room) else { return };
    let before = Span::of_seqs(Seq(0)..entered);
    let mut events = ctx.state.history.room(&room).last(&before, most, Record::may_be_replayed);
    if most_bytes < usize::MAX {
        let mut bytes = 0;
        let fits = |event: &&Arc<Record>| {
            bytes += written(event, ctx.caps(), &ctx.state.config).len();
            bytes <= most_bytes
        };
        let fitting = events.iter().rev().take_while(fits).count();
        events.drain(..events.len() - fitting);
    }
    if events.is_empty() {
        return;
    }
    // Without a time nothing else tells them from what is said now.
    if !ctx.caps().has(Caps::SERVER_TIME) && !ctx.caps().has(Caps::LINE_MODE) {
        let text = format!("Earlier messages: {}", events.len());
        ctx.send(ctx.line("NOTICE").param(room.name.as_str()).text(&text));
    }
    let as_of = ctx.state.log.last();
    send(ctx, room, Records { as_of, records: events.into_iter() });
}
