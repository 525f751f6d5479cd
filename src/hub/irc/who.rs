//! WHO, also with the fields of WHOX (Modern, WHO message; IRCv3 WHOX).

use crate::chat::{Lobby, OwnFlag, Pattern, RoomId, User, UserId, Work};
use crate::hub::context::Context;
use crate::hub::words::short;
use crate::hub::{mode_table, names_cache};
use crate::wire::{Line, Message, numeric};

/// The fields in the order in which they are always sent.
const FIELDS: &str = "tcuihsnfdlaor";
/// Characters of a token.
const TOKEN: usize = 3;

/// The fields that are asked for of each one found.
enum Form<'a> {
    Plain,
    Fields { wanted: &'a str, token: &'a str },
}

pub(in crate::hub) fn who(ctx: &mut Context<'_>, me: UserId, message: &Message) {
    let asked = message.param(0).unwrap_or("*");
    let form = match message.param(1).and_then(|options| options.split_once('%')) {
        None => Form::Plain,
        Some((_, fields)) => {
            let (wanted, token) = fields.split_once(',').unwrap_or((fields, ""));
            let is_token = token.len() <= TOKEN && token.bytes().all(|b| b.is_ascii_digit());
            Form::Fields { wanted, token: if is_token { token } else { "" } }
        }
    };
    let mut work = Work::default();
    let lines: Vec<Line> = match ctx.known_room(asked) {
        Some(room) => in_room(ctx, me, room).map(|user| line(ctx, user, Some(room), &form)).collect(),
        None => {
            by_mask(ctx, me, asked, &mut work).into_iter().map(|user| line(ctx, user, None, &form)).collect()
        }
    };
    ctx.worked(work.units());
    lines.into_iter().for_each(|line| ctx.send(line));
    ctx.reply(numeric::RPL_ENDOFWHO, &[short(asked)], "End of WHO list");
}

/// Those of a room that one may know of: strangers do not see the invisible.
fn in_room<'a>(ctx: &'a Context<'_>, me: UserId, id: RoomId) -> impl Iterator<Item = &'a User> {
    let lobby = ctx.lobby();
    let is_member = lobby.user(me).is_some_and(|me| me.is_in(id));
    let members = lobby.room(id).into_iter().flat_map(|room| room.members());
    let visible = move |user: &&User| is_member || !user.has(OwnFlag::Invisible);
    members.filter_map(|&id| lobby.user(id)).filter(visible)
}

/// Somebody by their exact name, or all whom a mask means. One that is too long means nobody.
fn by_mask<'a>(ctx: &'a Context<'_>, me: UserId, asked: &str, work: &mut Work) -> Vec<&'a User> {
    let lobby = ctx.lobby();
    if let Some(exact) = lobby.find_user(asked).and_then(|id| lobby.user(id)) {
        return vec![exact];
    }
    let Some(pattern) = Pattern::parse(if asked == "0" { "*" } else { asked }) else { return Vec::new() };
    let people = lobby.users();
    let found = people.filter(|(id, user)| is_found(lobby, me, (*id, user), &pattern, work));
    found.map(|(_, user)| user).collect()
}

/// Whether a mask means somebody. The invisible are found by those who share a room.
fn is_found(
    lobby: &Lobby,
    me: UserId,
    (id, user): (UserId, &User),
    pattern: &Pattern,
    work: &mut Work,
) -> bool {
    work.add(1);
    if !user.keys().iter().any(|text| pattern.matches(text, work)) {
        return false;
    }
    if user.has(OwnFlag::Invisible) {
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
    let star = if user.has(OwnFlag::Operator) { "*" } else { "" };
    let mut flags = format!("{here}{star}{}", names_cache::prefix(ranks, ctx.caps()));
    if user.has(OwnFlag::Bot) {
        flags.push(mode_table::own_letter(OwnFlag::Bot));
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
    let idle = ctx.now.uptime.saturating_sub(user.spoke()).as_secs().to_string();
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
