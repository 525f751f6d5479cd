//! WHO, also with the fields of WHOX (Modern, WHO message; IRCv3 WHOX).

use crate::chat::{Lobby, Pattern, RoomId, RoomKey, User, UserId, UserMode, Work};
use crate::hub::context::Context;
use crate::hub::unfinished::Rest;
use crate::hub::words::short;
use crate::hub::work::of_line;
use crate::hub::{mode_table, names_cache};
use crate::wire::{Line, Message, numeric};
use std::vec::IntoIter;

/// The fields in the order in which they are always sent.
const FIELDS: &str = "tcuihsnfdlaor";
/// The most characters of a token.
const TOKEN: usize = 3;

/// The form of a reply.
enum Form<'a> {
    Plain,
    Fields { wanted: &'a str, token: &'a str },
}

/// The people that are asked for, unless it is one person by the exact name.
enum Search {
    Members(RoomId),
    Like(Pattern),
}

pub(in crate::hub) fn who(ctx: &mut Context<'_>, me: UserId, message: &Message) {
    let asked = message.param(0).unwrap_or("*");
    let form = form(message);
    let room = ctx.known_room(asked);
    let exact = if room.is_none() { ctx.lobby().find_user(asked) } else { None };
    let search = match (room, exact, pattern(asked)) {
        (Some(room), ..) => Some(Search::Members(room)),
        (None, None, Some(pattern)) => Some(Search::Like(pattern)),
        (None, Some(_), _) | (None, None, None) => None,
    };
    let (lobby, most) = (ctx.lobby(), ctx.slice_left());
    let found = match &search {
        Some(search @ Search::Members(room)) => {
            let members = lobby.room(*room).map_or(&[][..], |room| room.members());
            find(ctx, me, search, &form, (&mut members.iter().copied(), most))
        }
        Some(search @ Search::Like(_)) => find(ctx, me, search, &form, (&mut lobby.user_ids(), most)),
        None => {
            let exact = exact.and_then(|id| lobby.user(id)).map(|user| line(ctx, user, None, &form));
            Found { lines: exact.into_iter().collect(), ..Found::default() }
        }
    };
    let room = room.and_then(|room| lobby.room_key(room));
    tell(ctx, asked, room, found);
}

/// Goes on with these people, who were found as members of a room or by a mask.
pub(in crate::hub) fn go_on(
    ctx: &mut Context<'_>,
    me: UserId,
    message: &Message,
    (room, mut people): (Option<RoomKey>, IntoIter<UserId>),
) {
    let asked = message.param(0).unwrap_or("*");
    let search = match &room {
        Some(room) => ctx.lobby().room_id(room).map(Search::Members),
        None => pattern(asked).map(Search::Like),
    };
    let most = ctx.slice_left();
    let found = search
        .filter(|search| match search {
            Search::Members(room) => ctx.lobby().knows_of(me, *room),
            Search::Like(_) => true,
        })
        .map(|search| find(ctx, me, &search, &form(message), (&mut people, most)));
    tell(ctx, asked, room, found.unwrap_or_default());
}

fn form(message: &Message) -> Form<'_> {
    match message.param(1).and_then(|options| options.split_once('%')) {
        None => Form::Plain,
        Some((_, fields)) => {
            let (wanted, token) = fields.split_once(',').unwrap_or((fields, ""));
            let is_token = token.len() <= TOKEN && token.bytes().all(|b| b.is_ascii_digit());
            Form::Fields { wanted, token: if is_token { token } else { "" } }
        }
    }
}

/// None for one that is too long, which matches nobody.
fn pattern(asked: &str) -> Option<Pattern> {
    Pattern::parse(if asked == "0" { "*" } else { asked })
}

/// The result of one slice of a search.
#[derive(Default)]
struct Found {
    lines: Vec<Line>,
    work: Work,
    /// The people who are still to be looked at.
    left: Vec<UserId>,
}

/// Looks at these people, until so much work is done.
fn find(
    ctx: &Context<'_>,
    me: UserId,
    search: &Search,
    form: &Form<'_>,
    (people, most): (&mut dyn Iterator<Item = UserId>, u64),
) -> Found {
    let lobby = ctx.lobby();
    let (mut lines, mut work, mut replied) = (Vec::new(), Work::default(), 0);
    for id in &mut *people {
        work.add(1);
        let room = match search {
            Search::Members(room) => Some(*room),
            Search::Like(_) => None,
        };
        let is_found = |user: &&User| match search {
            Search::Members(room) => is_seen(lobby, me, user, *room),
            Search::Like(pattern) => is_found(lobby, me, (id, user), pattern, &mut work),
        };
        if let Some(user) = lobby.user(id).filter(is_found) {
            let line = line(ctx, user, room, form);
            replied += of_line(line.wire_len());
            lines.push(line);
        }
        if u64::from(work.units()) + replied >= most {
            break;
        }
    }
    let left: Vec<UserId> = people.collect();
    work.add((left.len() / 64) as u32);
    Found { lines, work, left }
}

/// Replies with the people found, and leaves the others for the next slice.
fn tell(ctx: &mut Context<'_>, asked: &str, room: Option<RoomKey>, Found { lines, work, left }: Found) {
    ctx.worked(work.units());
    lines.into_iter().for_each(|line| ctx.send(line));
    if left.is_empty() {
        ctx.reply(numeric::RPL_ENDOFWHO, &[short(asked)], "End of WHO list");
    } else {
        ctx.pause(Rest::People { room, people: left.into_iter() });
    }
}

/// Whether somebody is in a room as far as the asker may see: only members see invisible members.
fn is_seen(lobby: &Lobby, me: UserId, user: &User, room: RoomId) -> bool {
    let is_member = || lobby.user(me).is_some_and(|me| me.is_in(room));
    user.is_in(room) && (!user.has(UserMode::Invisible) || is_member())
}

/// Whether a mask matches somebody. Invisible people are found only by those who share a room.
fn is_found(
    lobby: &Lobby,
    me: UserId,
    (id, user): (UserId, &User),
    pattern: &Pattern,
    work: &mut Work,
) -> bool {
    if !user.keys().iter().any(|text| pattern.matches(text, work)) {
        return false;
    }
    if user.has(UserMode::Invisible) {
        let own_rooms = lobby.user(me).map_or(0, |me| me.rooms().len());
        work.add((own_rooms * user.rooms().len() / 128) as u32);
    }
    lobby.may_find(Some(me), id)
}

fn line(ctx: &Context<'_>, user: &User, room: Option<RoomId>, form: &Form<'_>) -> Line {
    let lobby = ctx.lobby();
    let known = room.and_then(|id| Some((id, lobby.room(id)?)));
    let ranks = known.and_then(|(id, room)| room.ranks(user, id)).unwrap_or_default();
    let room = known.map_or("*", |(_, room)| room.name().as_str());
    let here = if user.away().is_some() { 'G' } else { 'H' };
    let star = if user.has(UserMode::Operator) { "*" } else { "" };
    let mut flags = format!("{here}{star}{}", names_cache::prefix(ranks, ctx.caps()));
    if user.has(UserMode::Bot) {
        flags.push(mode_table::user_mode_letter(UserMode::Bot));
    }
    let server = &ctx.state.config.server_name;
    let (wanted, token) = match form {
        Form::Fields { wanted, token } => (*wanted, *token),
        Form::Plain => {
            let line = ctx.numeric(numeric::RPL_WHOREPLY).param(room).param(user.user()).param(user.host());
            let line = line.param(server).param(user.name().as_str()).param(&flags);
            return line.text(&format!("0 {}", user.real()));
        }
    };
    let idle = ctx.now.uptime.saturating_sub(user.spoke).as_secs().to_string();
    let fields = FIELDS.chars().filter(|field| wanted.contains(*field));
    fields.fold(ctx.numeric(numeric::RPL_WHOSPCRPL), |line, field| match field {
        't' => line.param(if token.is_empty() { "0" } else { token }),
        'c' => line.param(room),
        'u' => line.param(user.user()),
        'i' | 'h' => line.param(user.host()),
        's' => line.param(server),
        'n' => line.param(user.name().as_str()),
        'f' => line.param(&flags),
        'd' => line.param("0"),
        'l' => line.param(&idle),
        'a' => line.param("0"),
        'o' => line.param("n/a"),
        _ => line.text(user.real()),
    })
}
