//! Questions about the server: LUSERS, LINKS, MOTD, VERSION, TIME, INFO.

use crate::chat::room::LIST_ENTRIES;
use crate::chat::{Pattern, UserId, Work, lobby::MOST_ROOMS};
use crate::hub::context::Context;
use crate::hub::limits::{
    AWAY_BYTES, ELIST, KICK_BYTES, MOST_CONDITIONS, MOST_HISTORY, MOST_WATCHED, REAL_BYTES, TARGETS,
    TOPIC_BYTES, USER_BYTES,
};
use crate::hub::unfinished::Rest;
use crate::hub::words::short;
use crate::hub::{mode_table, time};
use crate::text::name::{NAME_BYTES, fold};
use crate::text::sanitise::for_wire;
use crate::wire::{Message, numeric, split};

/// The version as clients are told of it.
pub(in crate::hub) const VERSION: &str = concat!("roomchat-", env!("CARGO_PKG_VERSION"));

pub(in crate::hub) fn lusers(ctx: &mut Context<'_>, _me: UserId, _message: &Message) {
    send_lusers(ctx);
}

/// Modern, LUSERS message.
pub(in crate::hub) fn send_lusers(ctx: &mut Context<'_>) {
    let users = ctx.lobby().user_count();
    let unknown = ctx.state.connections.saturating_sub(users);
    let (rooms, most) = (ctx.lobby().room_count(), ctx.state.most_users);
    let (users_text, most_text) = (users.to_string(), most.to_string());
    ctx.reply(
        numeric::RPL_LUSERCLIENT,
        &[],
        &format!("There are {users} users and 0 invisible on 1 servers"),
    );
    let operators = ctx.lobby().operators;
    ctx.reply(numeric::RPL_LUSEROP, &[&operators.to_string()], "operator(s) online");
    ctx.reply(numeric::RPL_LUSERUNKNOWN, &[&unknown.to_string()], "unknown connection(s)");
    ctx.reply(numeric::RPL_LUSERCHANNELS, &[&rooms.to_string()], "channels formed");
    ctx.reply(numeric::RPL_LUSERME, &[], &format!("I have {users} clients and 0 servers"));
    let local = format!("Current local users {users}, max {most}");
    ctx.reply(numeric::RPL_LOCALUSERS, &[&users_text, &most_text], &local);
    let global = format!("Current global users {users}, max {most}");
    ctx.reply(numeric::RPL_GLOBALUSERS, &[&users_text, &most_text], &global);
}

/// Modern, LINKS message.
pub(in crate::hub) fn links(ctx: &mut Context<'_>, _me: UserId, _message: &Message) {
    let server = ctx.state.config.server_name.clone();
    ctx.reply(numeric::RPL_LINKS, &[&server, &server], &format!("0 {}", ctx.state.config.description));
    ctx.reply(numeric::RPL_ENDOFLINKS, &["*"], "End of /LINKS list");
}

pub(in crate::hub) fn motd(ctx: &mut Context<'_>, _me: UserId, message: &Message) {
    if is_ours(ctx, message) {
        send_motd(ctx);
    }
}

/// Modern, MOTD message. Without a configured one, the text names the first room, since a newcomer
/// knows none.
pub(in crate::hub) fn send_motd(ctx: &mut Context<'_>) {
    let server = ctx.state.config.server_name.clone();
    let description = ctx.state.config.description.clone();
    ctx.reply(numeric::RPL_MOTDSTART, &[], &format!("- {server} Message of the day - {description}"));
    send_motd_from(ctx, 0);
}

/// Sends the lines from `next` on.
pub(in crate::hub) fn send_motd_from(ctx: &mut Context<'_>, next: usize) {
    for at in next.. {
        let Some(line) = motd_line(ctx, at) else { break };
        let line = for_wire(&line);
        // `split` gives no pieces for a blank line, which is sent as well.
        let pieces = if line.is_empty() { vec![""] } else { split(&line, MOTD_BYTES) };
        for piece in pieces {
            ctx.reply(numeric::RPL_MOTD, &[], &format!("- {piece}"));
        }
        if ctx.is_spent() {
            return ctx.pause(Rest::Motd { next: at + 1 });
        }
    }
    ctx.reply(numeric::RPL_ENDOFMOTD, &[], "End of /MOTD command.");
}

fn motd_line(ctx: &Context<'_>, at: usize) -> Option<String> {
    let motd = &ctx.state.config.motd;
    if motd.is_empty() && at == 0 {
        let first = ctx.name_of_room(ctx.lobby().first_room);
        return Some(format!("The room is {first}. Come in with: /join {first}"));
    }
    motd.get(at).cloned()
}

/// Bytes of one line of the message of the day.
const MOTD_BYTES: usize = 300;

/// Modern, VERSION message: 351, and 005 as after registration.
pub(in crate::hub) fn version(ctx: &mut Context<'_>, _me: UserId, message: &Message) {
    if is_ours(ctx, message) {
        let server = ctx.state.config.server_name.clone();
        let description = ctx.state.config.description.clone();
        ctx.reply(numeric::RPL_VERSION, &[VERSION, &server], &description);
        send_isupport(ctx);
    }
}

/// Modern, TIME message.
pub(in crate::hub) fn time(ctx: &mut Context<'_>, _me: UserId, message: &Message) {
    if is_ours(ctx, message) {
        let server = ctx.state.config.server_name.clone();
        let time = time::written(ctx.now.wall_us);
        ctx.reply(numeric::RPL_TIME, &[&server], &time);
    }
}

/// Modern, INFO message.
pub(in crate::hub) fn info(ctx: &mut Context<'_>, _me: UserId, message: &Message) {
    if is_ours(ctx, message) {
        let started = time::written(ctx.state.config.created_us);
        ctx.reply(numeric::RPL_INFO, &[], &format!("{VERSION}: a room that anybody can open"));
        ctx.reply(numeric::RPL_INFO, &[], &format!("This server was started {started}"));
        ctx.reply(numeric::RPL_ENDOFINFO, &[], "End of INFO list");
    }
}

/// Whether a question is for this server: its parameter is missing or means us. Otherwise 402 is
/// sent.
fn is_ours(ctx: &mut Context<'_>, message: &Message) -> bool {
    let Some(asked) = message.param(0) else { return true };
    let me = ctx.me().map(|me| me.name().as_str());
    let server = fold(&ctx.state.config.server_name);
    let is_like = |pattern: Pattern| pattern.matches(&server, &mut Work::default());
    let ours = Pattern::parse(asked).is_some_and(is_like) || me == Some(asked);
    if !ours {
        ctx.reply(numeric::ERR_NOSUCHSERVER, &[short(asked)], "No such server");
    }
    ours
}

/// Modern, RPL_ISUPPORT.
pub(in crate::hub) fn send_isupport(ctx: &mut Context<'_>) {
    let first = ctx.name_of_room(ctx.lobby().first_room);
    let mut tokens = vec![
        format!("AWAYLEN={AWAY_BYTES}"),
        "CASEMAPPING=ascii".to_owned(),
        format!("CHANLIMIT=#:{MOST_ROOMS}"),
        format!("CHANNELLEN={NAME_BYTES}"),
        "CHANTYPES=#".to_owned(),
        format!("CHATHISTORY={MOST_HISTORY}"),
        format!("ELIST={ELIST}"),
        format!("FIRSTROOM={first}"),
        format!("KEEP={}", ctx.state.config.keep),
        format!("KICKLEN={KICK_BYTES}"),
        // Without a value: as many changes as fit into a line.
        "MODES".to_owned(),
        format!("MONITOR={MOST_WATCHED}"),
        "MSGREFTYPES=msgid,timestamp".to_owned(),
        format!("NAMELEN={REAL_BYTES}"),
        "NETWORK=roomchat".to_owned(),
        format!("NICKLEN={NAME_BYTES}"),
        format!(
            "TARGMAX=PRIVMSG:{TARGETS},NOTICE:{TARGETS},TAGMSG:{TARGETS},JOIN:,PART:,KICK:,LIST:{MOST_CONDITIONS},NAMES:,WHOIS:1"
        ),
        format!("TOPICLEN={TOPIC_BYTES}"),
        format!("USERLEN={USER_BYTES}"),
        "UTF8ONLY".to_owned(),
        "WHOX".to_owned(),
    ];
    tokens.extend(mode_table::isupport(LIST_ENTRIES));
    tokens.sort_unstable();
    // At most 13 tokens in a line (Modern, RPL_ISUPPORT).
    for tokens in tokens.chunks(11) {
        let line = tokens.iter().fold(ctx.numeric(numeric::RPL_ISUPPORT), |line, token| line.param(token));
        ctx.send(line.text("are supported by this server"));
    }
}
