//! CAP (IRCv3 capability-negotiation).

use super::super::caps::Caps;
use super::super::turn::Turn;
use super::{greet, multiline, short};
use crate::wire::{Line, Message, numeric};

/// Bytes of names in one line of a list.
const LINE: usize = 400;

pub(super) fn cap(turn: &mut Turn<'_>, message: &Message) {
    let subcommand = message.param(0).unwrap_or_default();
    match subcommand.to_ascii_uppercase().as_str() {
        "LS" => list_offered(turn, message.param(1)),
        "LIST" => {
            let names = turn.caps().names().collect::<Vec<_>>();
            let speaks_302 = turn.seat().speaks_302;
            send_list(turn, "LIST", &names, speaks_302);
        }
        "REQ" => request(turn, message.param(1).unwrap_or_default()),
        "END" => {
            if let Some(greeting) = turn.seat_mut().greeting() {
                greeting.negotiating = false;
                greet::register(turn);
            }
        }
        _ => turn.reply(numeric::ERR_INVALIDCAPCMD, &[short(subcommand)], "Invalid CAP command"),
    }
}

fn list_offered(turn: &mut Turn<'_>, version: Option<&str>) {
    hold_registration(turn);
    // "a CAP LS reply consistent with the request's version, but keep storing the … higher".
    let asks_302 =
        version.and_then(|version| version.parse().ok()).is_some_and(|version: u32| version >= 302);
    if asks_302 {
        let seat = turn.seat_mut();
        seat.speaks_302 = true;
        let caps = seat.caps.with(Caps::CAP_NOTIFY);
        turn.set_caps(caps);
    }
    let offered = Caps::OFFERED.map(|(name, cap)| match cap {
        Caps::MULTILINE if asks_302 => format!("{name}={}", multiline::limits()),
        _ => name.to_owned(),
    });
    send_list(turn, "LS", &offered.each_ref().map(String::as_str), asks_302);
}

/// "Upon receiving either a CAP LS or CAP REQ command during connection
/// registration, the server MUST not complete registration until …END".
fn hold_registration(turn: &mut Turn<'_>) {
    if let Some(greeting) = turn.seat_mut().greeting() {
        greeting.negotiating = true;
    }
}

/// All of it, or nothing: then the request is repeated unchanged.
fn request(turn: &mut Turn<'_>, wanted: &str) {
    hold_registration(turn);
    let changed = wanted.split_ascii_whitespace().try_fold(turn.caps(), |caps, name| {
        match name.strip_prefix('-') {
            // Part of what CAP LS 302 stands for (CAP LS Version).
            Some("cap-notify") if turn.seat().speaks_302 => None,
            Some(name) => Caps::find(name).map(|cap| caps.without(cap)),
            None => Caps::find(name).map(|cap| caps.with(cap)),
        }
    });
    let answer = begin(turn, if changed.is_some() { "ACK" } else { "NAK" }).text(wanted);
    if !turn.fits(&answer) {
        return;
    }
    if let Some(caps) = changed {
        turn.set_caps(caps);
    }
    turn.send(answer);
}

fn begin(turn: &Turn<'_>, subcommand: &str) -> Line {
    turn.line("CAP").param(turn.me().map_or("*", |me| me.name().as_str())).param(subcommand)
}

/// "all but the last reply MUST have a parameter containing only an asterisk";
/// where 302 is not spoken it is one line, which the names fit.
fn send_list(turn: &mut Turn<'_>, subcommand: &str, names: &[&str], speaks_302: bool) {
    let mut line = String::new();
    for name in names {
        if line.len() + name.len() > LINE && speaks_302 {
            let more = begin(turn, subcommand).param("*").text(&line);
            turn.send(more);
            line.clear();
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(name);
    }
    let last = begin(turn, subcommand).text(&line);
    turn.send(last);
}
