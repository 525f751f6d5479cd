//! LIST and its conditions (Modern, LIST message; RPL_ISUPPORT, ELIST).

use crate::chat::{Room, RoomId, UserId, mask};
use crate::hub::context::Context;
use crate::hub::words::items;
use crate::wire::{Line, Message, numeric};

const MINUTE: u64 = 60_000_000;

/// A property that a listed room must have. Times are minutes before now.
enum Condition<'a> {
    /// One of the rooms asked for by name.
    Named(RoomId),
    Like(&'a str),
    Unlike(&'a str),
    People(Bound),
    Made(Bound),
    /// A room without a topic has no topic time, and is in neither.
    TopicSet(Bound),
}

/// More than, or less than.
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
/// room is listed for its members only.
pub(in crate::hub) fn list(ctx: &mut Context<'_>, me: UserId, message: &Message) {
    let asked = message.params().take(2).flat_map(items);
    let conditions: Vec<Option<Condition<'_>>> = asked.map(|item| read(ctx, item)).collect();
    let now = ctx.now.wall_us;
    let lines: Vec<Line> = ctx
        .lobby()
        .rooms()
        .filter(|(id, _)| ctx.lobby().knows_of(me, *id))
        .filter(|(id, room)| is_asked_for(&conditions, *id, room, now))
        .map(|(_, room)| {
            let topic = room.topic().map_or("", |topic| &topic.text);
            let count = room.members().len().to_string();
            ctx.numeric(numeric::RPL_LIST).param(room.name().as_str()).param(&count).text(topic)
        })
        .collect();
    ctx.reply(numeric::RPL_LISTSTART, &["Channel"], "Users  Name");
    lines.into_iter().for_each(|line| ctx.send(line));
    ctx.reply(numeric::RPL_LISTEND, &[], "End of /LIST");
}

/// None for a room that does not exist and for what means nothing.
fn read<'a>(ctx: &Context<'_>, item: &'a str) -> Option<Condition<'a>> {
    if let Some(bound) = Bound::parse(item) {
        return Some(Condition::People(bound));
    }
    match item.as_bytes()[0].to_ascii_uppercase() {
        b'C' => Bound::parse(&item[1..]).map(Condition::Made),
        b'T' => Bound::parse(&item[1..]).map(Condition::TopicSet),
        b'!' => Some(Condition::Unlike(&item[1..])),
        _ if item.contains(['*', '?']) => Some(Condition::Like(item)),
        _ => ctx.lobby().find_room(item).map(Condition::Named),
    }
}

/// Of several names or masks one is enough; of the other conditions each must hold.
fn is_asked_for(conditions: &[Option<Condition<'_>>], id: RoomId, room: &Room, now: u64) -> bool {
    let minutes = |since: u64| now.saturating_sub(since) / MINUTE;
    let (mut named, mut wants_name) = (false, false);
    for condition in conditions {
        let holds = match condition {
            None | Some(Condition::Named(_) | Condition::Like(_)) => {
                wants_name = true;
                named |= match condition {
                    Some(Condition::Named(asked)) => *asked == id,
                    Some(Condition::Like(pattern)) => mask::matches(pattern, room.name().as_str()),
                    _ => false,
                };
                true
            }
            Some(Condition::Unlike(pattern)) => !mask::matches(pattern, room.name().as_str()),
            Some(Condition::People(bound)) => bound.holds(room.members().len() as u64),
            Some(Condition::Made(bound)) => bound.holds(minutes(room.made_at())),
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
