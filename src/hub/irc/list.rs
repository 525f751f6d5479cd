//! LIST and its conditions (Modern, LIST message; RPL_ISUPPORT, ELIST).

use crate::chat::{Pattern, Room, RoomId, UserId, Work};
use crate::hub::context::Context;
use crate::hub::limits::MOST_CONDITIONS;
use crate::hub::unfinished::Rest;
use crate::hub::words::{items, short};
use crate::hub::work::of_line;
use crate::wire::{Message, numeric};
use std::sync::Arc;

const MINUTE: u64 = 60_000_000;

/// A property that a listed room must have. Times are minutes before now.
#[derive(Debug)]
enum Condition {
    /// It is one of the rooms given by name.
    Named(RoomId),
    Like(Pattern),
    Unlike(Pattern),
    People(Bound),
    Made(Bound),
    /// A room without a topic meets no bound of its topic's time.
    TopicSet(Bound),
}

/// More than, or less than.
#[derive(Debug)]
enum Bound {
    Over(u64),
    Under(u64),
}

impl Bound {
    fn parse(text: &str) -> Option<Bound> {
        match (text.strip_prefix('>'), text.strip_prefix('<')) {
            (Some(number), _) => number.parse().ok().map(Bound::Over),
            (_, Some(number)) => number.parse().ok().map(Bound::Under),
            _ => None,
        }
    }

    fn holds(&self, number: u64) -> bool {
        match self {
            Bound::Over(bound) => number > *bound,
            Bound::Under(bound) => number < *bound,
        }
    }
}

/// Modern, LIST message: names and conditions, in one parameter or two. A secret
/// room is listed for its members only. More conditions than TARGMAX allows are refused by 407,
/// like the targets of PRIVMSG; 323 follows, since clients wait for that.
pub(in crate::hub) fn list(ctx: &mut Context<'_>, me: UserId, message: &Message) {
    let mut asked = message.params().take(2).flat_map(items);
    if let Some(item) = asked.nth(MOST_CONDITIONS) {
        ctx.reply(numeric::ERR_TOOMANYTARGETS, &[short(item)], "Too many targets");
        return end_list(ctx);
    }
    ctx.reply(numeric::RPL_LISTSTART, &["Channel"], "Users  Name");
    let wall_us = ctx.now.wall_us;
    list_after(ctx, me, message, (None, wall_us));
}

/// Lists the rooms whose folded names come after `after`, or all, as far as the slice goes. Ages
/// are computed for the time at which LIST began.
pub(in crate::hub) fn list_after(
    ctx: &mut Context<'_>,
    me: UserId,
    message: &Message,
    (after, wall_us): (Option<&str>, u64),
) {
    let asked = message.params().take(2).flat_map(items);
    let conditions: Vec<Option<Condition>> = asked.map(|item| read(ctx, item)).collect();
    let (lobby, most) = (ctx.lobby(), ctx.slice_left());
    let (mut lines, mut replied, mut work, mut last) = (Vec::new(), 0, Work::default(), None);
    for (id, room) in lobby.rooms_after(after) {
        work.add(1);
        if lobby.knows_of(me, id) && is_asked_for(&conditions, id, room, wall_us, &mut work) {
            let topic = room.topic().map_or("", |topic| &topic.text);
            let count = room.members().len().to_string();
            let line = ctx.numeric(numeric::RPL_LIST).param(room.name().as_str()).param(&count).text(topic);
            replied += of_line(line.wire_len());
            lines.push(line);
        }
        if replied + u64::from(work.units()) >= most {
            last = Some(Arc::clone(room.name().key()));
            break;
        }
    }
    ctx.worked(work.units());
    lines.into_iter().for_each(|line| ctx.send(line));
    match last {
        Some(after) => ctx.pause(Rest::Rooms { after, wall_us }),
        None => end_list(ctx),
    }
}

fn end_list(ctx: &mut Context<'_>) {
    ctx.reply(numeric::RPL_LISTEND, &[], "End of /LIST");
}

/// Reads a condition. None for a room that does not exist and for a malformed condition, such as a
/// pattern that is too long: both match no room.
fn read(ctx: &Context<'_>, item: &str) -> Option<Condition> {
    if let Some(bound) = Bound::parse(item) {
        return Some(Condition::People(bound));
    }
    match item.as_bytes()[0].to_ascii_uppercase() {
        b'C' => Bound::parse(&item[1..]).map(Condition::Made),
        b'T' => Bound::parse(&item[1..]).map(Condition::TopicSet),
        b'!' => Pattern::parse(&item[1..]).map(Condition::Unlike),
        _ if item.contains(['*', '?']) => Pattern::parse(item).map(Condition::Like),
        _ => ctx.lobby().find_room(item).map(Condition::Named),
    }
}

/// Whether a room is to be listed: it must match one of the names and masks, if any are given, and
/// every other condition.
fn is_asked_for(
    conditions: &[Option<Condition>],
    id: RoomId,
    room: &Room,
    now: u64,
    work: &mut Work,
) -> bool {
    let minutes = |since: u64| now.saturating_sub(since) / MINUTE;
    let (mut named, mut wants_name) = (false, false);
    for condition in conditions {
        let holds = match condition {
            None | Some(Condition::Named(_) | Condition::Like(_)) => {
                wants_name = true;
                named |= match condition {
                    Some(Condition::Named(asked)) => *asked == id,
                    Some(Condition::Like(pattern)) => pattern.matches(room.name().key(), work),
                    _ => false,
                };
                true
            }
            Some(Condition::Unlike(pattern)) => !pattern.matches(room.name().key(), work),
            Some(Condition::People(bound)) => bound.holds(room.members().len() as u64),
            Some(Condition::Made(bound)) => bound.holds(minutes(room.made_at)),
            Some(Condition::TopicSet(bound)) => {
                room.topic().is_some_and(|topic| bound.holds(minutes(topic.at)))
            }
        };
        if !holds {
            return false;
        }
    }
    named || !wants_name
}
