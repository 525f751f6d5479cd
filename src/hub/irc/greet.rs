//! Registration: NICK, USER, PASS, and what a newcomer is told.

use super::super::fan::Reader;
use super::super::mode_table;
use super::super::monitor::MOST_WATCHED;
use super::super::seat::{Account, Stage};
use super::super::turn::Turn;
use super::history::MOST as MOST_HISTORY;
use super::list::ELIST;
use super::{about, short};
use crate::chat::people::Arrival;
use crate::chat::room::LIST_ENTRIES;
use crate::chat::{Action, Events, Refusal, UserId, lobby::MOST_ROOMS};
use crate::text::sanitise::for_wire;
use crate::text::{Lang, Name, NameError, Phrase, name::NAME_BYTES};
use crate::wire::{Message, numeric};

/// Bytes of a user name.
const USER_BYTES: usize = 10;
/// Bytes of a real name: such that every reply with one fits.
pub(super) const REAL_BYTES: usize = 100;
/// Bytes of texts: such that every reply with one fits.
pub(super) const TOPIC_BYTES: usize = 300;
pub(super) const KICK_BYTES: usize = 250;
pub(super) const AWAY_BYTES: usize = 250;
/// Receivers of one message.
pub(super) const TARGETS: usize = 4;
/// Mode changes with a parameter in one command.
pub(super) const MODES: usize = 12;

/// What a client is told to call the version.
pub(super) const VERSION: &str = concat!("roomchat-", env!("CARGO_PKG_VERSION"));

pub(super) fn nick(turn: &mut Turn<'_>, message: &Message) {
    let Some(wanted) = message.param(0).filter(|wanted| !wanted.is_empty()) else {
        return turn.reply(numeric::ERR_NONICKNAMEGIVEN, &[], "No nickname given");
    };
    let name = match Name::parse(wanted) {
        Ok(name) => name,
        Err(why) => return refuse_letters(turn, wanted, why),
    };
    let outcome = match turn.seat().user() {
        Some(me) => turn.act(me, Action::Rename { name: name.clone() }),
        None => propose(turn, &name),
    };
    if let Err(refusal) = outcome {
        refuse(turn, &name, &refusal);
    }
}

fn propose(turn: &mut Turn<'_>, name: &Name) -> Result<(), Refusal> {
    turn.lobby().is_free(name)?;
    if let Some(greeting) = turn.seat_mut().greeting() {
        greeting.name = Some(name.clone());
        register(turn);
    }
    Ok(())
}

/// 432 with the reason and a name that would do.
fn refuse_letters(turn: &mut Turn<'_>, wanted: &str, why: NameError) {
    let suggestion = Name::suggest(wanted);
    let suggestion = suggestion.as_ref().map(Name::as_str);
    let reason = Phrase::BadName { why, suggestion }.say(Lang::En);
    turn.reply(numeric::ERR_ERRONEUSNICKNAME, &[short(wanted)], &reason);
}

fn refuse(turn: &mut Turn<'_>, name: &Name, refusal: &Refusal) {
    match refusal {
        Refusal::LooksLike(other) => {
            let reason = format!("That looks like {other}, who is here");
            turn.reply(numeric::ERR_ERRONEUSNICKNAME, &[name.as_str()], &reason);
        }
        _ => turn.reply(numeric::ERR_NICKNAMEINUSE, &[name.as_str()], "Nickname is already in use"),
    }
}

pub(super) fn user(turn: &mut Turn<'_>, message: &Message) {
    let real = message.param(3).map(for_wire).unwrap_or_default();
    if real.is_empty() {
        return turn.reply(numeric::ERR_NEEDMOREPARAMS, &["USER"], "Not enough parameters");
    }
    // No text of a conversation: cut, since a client that is refused here hangs.
    let real = real[..real.floor_char_boundary(REAL_BYTES)].to_owned();
    let account = Account { user: user_name(message.param(0).unwrap_or_default()), real };
    match turn.seat_mut().greeting() {
        Some(greeting) => {
            greeting.account = Some(account);
            register(turn);
        }
        None => turn.reply(numeric::ERR_ALREADYREGISTERED, &[], "You may not reregister"),
    }
}

/// What of it can stand in a source: clients send anything here.
fn user_name(text: &str) -> String {
    let allowed = |c: &char| c.is_ascii_alphanumeric() || "-_.".contains(*c);
    let name: String = text.chars().filter(allowed).take(USER_BYTES).collect();
    if name.is_empty() { "user".to_owned() } else { name }
}

/// No password is asked for: one that comes is a stored one, and ignored.
pub(super) fn pass(turn: &mut Turn<'_>, _message: &Message) {
    if turn.seat().user().is_some() {
        turn.reply(numeric::ERR_ALREADYREGISTERED, &[], "You may not reregister");
    }
}

/// Lets somebody in who has said all that is needed.
pub(super) fn register(turn: &mut Turn<'_>) {
    let Some(greeting) = turn.seat_mut().greeting().filter(|greeting| !greeting.negotiating) else { return };
    let (Some(name), Some(account)) = (greeting.name.clone(), greeting.account.clone()) else {
        return;
    };
    match arrive(turn, &name, account) {
        Ok(user) => {
            turn.announce(user);
            burst(turn, user);
        }
        Err(refusal) => {
            // Somebody was faster: another name is asked for.
            if let Some(greeting) = turn.seat_mut().greeting() {
                greeting.name = None;
            }
            refuse(turn, &name, &refusal);
        }
    }
}

/// From here on somebody is here.
pub(in crate::hub) fn arrive(
    turn: &mut Turn<'_>,
    name: &Name,
    Account { user, real }: Account,
) -> Result<UserId, Refusal> {
    let (is_local, host) = (turn.seat().is_loopback(), turn.seat().host());
    let away = turn.seat_mut().greeting().and_then(|greeting| greeting.away.clone());
    let arrival = Arrival { name: name.clone(), user, host, real, away, is_local };
    let entry = turn.hub.log.connect(arrival, turn.now.wall_us, turn.now.uptime);
    let key = entry.who;
    turn.hub.lobby.apply(entry, &mut Events::default())?;
    let user = turn.lobby().user_id(key).expect("who was let in is here");
    let reader = Reader { seat: turn.id, caps: turn.caps() };
    turn.hub.readers.set(user, reader);
    turn.hub.most_users = turn.hub.most_users.max(turn.lobby().user_count());
    turn.seat_mut().stage = Stage::Here(user);
    Ok(user)
}

/// Modern, Connection Registration: 001 to 005, LUSERS, MOTD.
fn burst(turn: &mut Turn<'_>, me: UserId) {
    let source = turn.lobby().user(me).map(|user| user.source().to_string()).unwrap_or_default();
    let server = turn.hub.config.server_name.clone();
    let created = super::write::time(turn.hub.config.created_us);
    turn.reply(numeric::RPL_WELCOME, &[], &format!("Welcome to roomchat, {source}"));
    turn.reply(numeric::RPL_YOURHOST, &[], &format!("Your host is {server}, running {VERSION}"));
    turn.reply(numeric::RPL_CREATED, &[], &format!("This server was started {created}"));
    let info = turn.numeric(numeric::RPL_MYINFO).param(&server).param(VERSION);
    turn.send(mode_table::myinfo().iter().fold(info, |line, letters| line.param(letters)));
    isupport(turn);
    about::send_lusers(turn);
    about::send_motd(turn);
}

pub(super) fn isupport(turn: &mut Turn<'_>) {
    let first = turn.name_of_room(turn.lobby().first_room());
    let mut tokens = vec![
        format!("AWAYLEN={AWAY_BYTES}"),
        "CASEMAPPING=ascii".to_owned(),
        format!("CHANLIMIT=#:{MOST_ROOMS}"),
        format!("CHANNELLEN={NAME_BYTES}"),
        "CHANTYPES=#".to_owned(),
        format!("CHATHISTORY={MOST_HISTORY}"),
        format!("ELIST={ELIST}"),
        format!("FIRSTROOM={first}"),
        format!("KICKLEN={KICK_BYTES}"),
        format!("MODES={MODES}"),
        format!("MONITOR={MOST_WATCHED}"),
        "MSGREFTYPES=msgid,timestamp".to_owned(),
        format!("NAMELEN={REAL_BYTES}"),
        "NETWORK=roomchat".to_owned(),
        format!("NICKLEN={NAME_BYTES}"),
        format!(
            "TARGMAX=PRIVMSG:{TARGETS},NOTICE:{TARGETS},TAGMSG:{TARGETS},JOIN:,PART:,KICK:,NAMES:,WHOIS:1"
        ),
        format!("TOPICLEN={TOPIC_BYTES}"),
        format!("USERLEN={USER_BYTES}"),
        "UTF8ONLY".to_owned(),
        "WHOX".to_owned(),
    ];
    tokens.extend(mode_table::isupport(LIST_ENTRIES));
    tokens.sort_unstable();
    // "up to 13 tokens" beside the client and the text (Modern, RPL_ISUPPORT).
    for tokens in tokens.chunks(11) {
        let line = tokens.iter().fold(turn.numeric(numeric::RPL_ISUPPORT), |line, token| line.param(token));
        turn.send(line.text("are supported by this server"));
    }
}
