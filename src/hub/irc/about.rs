//! Questions about the server: LUSERS, MOTD, VERSION, TIME, INFO.

use super::super::turn::Turn;
use super::greet::{self, VERSION};
use crate::chat::{OwnFlag, UserId};
use crate::wire::{Message, numeric};

/// What a server says of itself.
const ABOUT: &str = "A room that anybody can open";

pub(super) fn lusers(turn: &mut Turn<'_>, _me: UserId, _message: &Message) {
    send_lusers(turn);
}

/// Modern, LUSERS message.
pub(super) fn send_lusers(turn: &mut Turn<'_>) {
    let users = turn.lobby().user_count();
    let unknown = turn.hub.connections.saturating_sub(users);
    let (rooms, most) = (turn.lobby().room_count(), turn.hub.most_users);
    let (users_text, most_text) = (users.to_string(), most.to_string());
    turn.reply(
        numeric::RPL_LUSERCLIENT,
        &[],
        &format!("There are {users} users and 0 invisible on 1 servers"),
    );
    let operators = match turn.hub.config.operators.is_empty() {
        true => 0,
        false => turn.lobby().users().filter(|(_, user)| user.has(OwnFlag::Operator)).count(),
    };
    turn.reply(numeric::RPL_LUSEROP, &[&operators.to_string()], "operator(s) online");
    turn.reply(numeric::RPL_LUSERUNKNOWN, &[&unknown.to_string()], "unknown connection(s)");
    turn.reply(numeric::RPL_LUSERCHANNELS, &[&rooms.to_string()], "channels formed");
    turn.reply(numeric::RPL_LUSERME, &[], &format!("I have {users} clients and 0 servers"));
    let local = format!("Current local users {users}, max {most}");
    turn.reply(numeric::RPL_LOCALUSERS, &[&users_text, &most_text], &local);
    let global = format!("Current global users {users}, max {most}");
    turn.reply(numeric::RPL_GLOBALUSERS, &[&users_text, &most_text], &global);
}

/// Modern, LINKS message.
pub(super) fn links(turn: &mut Turn<'_>, _me: UserId, _message: &Message) {
    let server = turn.hub.config.server_name.clone();
    turn.reply(numeric::RPL_LINKS, &[&server, &server], &format!("0 {ABOUT}"));
    turn.reply(numeric::RPL_ENDOFLINKS, &["*"], "End of /LINKS list");
}

pub(super) fn motd(turn: &mut Turn<'_>, _me: UserId, message: &Message) {
    if is_ours(turn, message) {
        send_motd(turn);
    }
}

/// Modern, MOTD message. Our own one says where the people are, so that
/// nobody stands in an empty hall.
pub(super) fn send_motd(turn: &mut Turn<'_>) {
    let first = turn.name_of_room(turn.lobby().first_room());
    let own = || vec![format!("The room is {first}. Come in with: /join {first}")];
    let lines = match turn.hub.config.motd.is_empty() {
        true => own(),
        false => turn.hub.config.motd.clone(),
    };
    let server = turn.hub.config.server_name.clone();
    turn.reply(numeric::RPL_MOTDSTART, &[], &format!("- {server} Message of the day -"));
    for line in lines {
        for piece in crate::wire::split(&crate::text::sanitise::for_wire(&line), MOTD_BYTES) {
            turn.reply(numeric::RPL_MOTD, &[], &format!("- {piece}"));
        }
    }
    turn.reply(numeric::RPL_ENDOFMOTD, &[], "End of /MOTD command.");
}

/// Bytes of one line of the message of the day.
const MOTD_BYTES: usize = 300;

/// Modern, VERSION message: 351, and 005 as on coming in.
pub(super) fn version(turn: &mut Turn<'_>, _me: UserId, message: &Message) {
    if is_ours(turn, message) {
        let server = turn.hub.config.server_name.clone();
        turn.reply(numeric::RPL_VERSION, &[VERSION, &server], ABOUT);
        greet::isupport(turn);
    }
}

/// Modern, TIME message.
pub(super) fn time(turn: &mut Turn<'_>, _me: UserId, message: &Message) {
    if is_ours(turn, message) {
        let server = turn.hub.config.server_name.clone();
        let time = super::write::time(turn.now.wall_us);
        turn.reply(numeric::RPL_TIME, &[&server], &time);
    }
}

/// Modern, INFO message.
pub(super) fn info(turn: &mut Turn<'_>, _me: UserId, message: &Message) {
    if is_ours(turn, message) {
        let started = super::write::time(turn.hub.config.created_us);
        turn.reply(numeric::RPL_INFO, &[], &format!("{VERSION}: a room that anybody can open"));
        turn.reply(numeric::RPL_INFO, &[], &format!("This server was started {started}"));
        turn.reply(numeric::RPL_ENDOFINFO, &[], "End of INFO list");
    }
}

/// Whether a question is for this server, as no server parameter or our own
/// name says; 402 for another one.
fn is_ours(turn: &mut Turn<'_>, message: &Message) -> bool {
    let Some(asked) = message.param(0) else { return true };
    let me = turn.me().map(|me| me.name().as_str());
    let ours = crate::chat::mask::matches(asked, &turn.hub.config.server_name) || me == Some(asked);
    if !ours {
        turn.reply(numeric::ERR_NOSUCHSERVER, &[super::short(asked)], "No such server");
    }
    ours
}
