//! CAP (IRCv3 capability-negotiation).

use super::multiline;
use crate::hub::caps::Caps;
use crate::hub::config::Encryption;
use crate::hub::context::Context;
use crate::hub::registration;
use crate::hub::words::{joined, short};
use crate::wire::{Line, Message, numeric, vendor};

/// Bytes of names in one line of a list.
const LINE: usize = 400;

/// For how long clients are to come encrypted (IRCv3 sts: `duration`): 30
/// days, counted anew with each visit.
const STS_SECONDS: u32 = 30 * 86_400;

pub(in crate::hub) fn cap(ctx: &mut Context<'_>, message: &Message) {
    let subcommand = message.param(0).unwrap_or_default();
    let now = ctx.now.uptime;
    if let Some(registration) = ctx.session_mut().registration() {
        registration.since = now;
    }
    match subcommand.to_ascii_uppercase().as_str() {
        "LS" => list_offered(ctx, message.param(1)),
        "LIST" => {
            let names = ctx.caps().names().collect::<Vec<_>>();
            let speaks_302 = ctx.session().speaks_302;
            send_list(ctx, "LIST", &names, speaks_302);
        }
        "REQ" => request(ctx, message.param(1).unwrap_or_default()),
        "END" => {
            if let Some(registration) = ctx.session_mut().registration() {
                registration.negotiating = false;
                registration::register(ctx);
            }
        }
        _ => ctx.reply(numeric::ERR_INVALIDCAPCMD, &[short(subcommand)], "Invalid CAP command"),
    }
}

fn list_offered(ctx: &mut Context<'_>, version: Option<&str>) {
    hold_registration(ctx);
    // "a CAP LS reply consistent with the request's version, but keep storing the … higher".
    let asks_302 = asks_302(version);
    if asks_302 {
        let session = ctx.session_mut();
        session.speaks_302 = true;
        let caps = session.caps.with(Caps::CAP_NOTIFY);
        ctx.set_caps(caps);
    }
    let offered = Caps::OFFERED.iter().filter(|(_, cap)| is_offered(ctx, *cap));
    let mut offered: Vec<String> = offered
        .map(|&(name, cap)| match cap {
            Caps::MULTILINE if asks_302 => format!("{name}={}", multiline::limits()),
            _ => name.to_owned(),
        })
        .collect();
    // These are told and not asked for.
    let (encryption, session) = (ctx.state.config.encryption, ctx.session());
    if encryption != Encryption::Off {
        offered.push(vendor::TLS.to_owned());
    }
    // People of this machine may come as they like, by names that are in no certificate.
    let may_persist = asks_302 && session.is_encrypted && !session.is_local;
    if let (Encryption::Required { sts_port: Some(_) }, true) = (encryption, may_persist) {
        offered.push(format!("sts=duration={STS_SECONDS}"));
    }
    send_list(ctx, "LS", &offered.iter().map(String::as_str).collect::<Vec<_>>(), asks_302);
}

/// Capabilities have values from this version on (Capability Negotiation, CAP LS Version).
fn asks_302(version: Option<&str>) -> bool {
    version.and_then(|version| version.parse().ok()).is_some_and(|version: u32| version >= 302)
}

/// Whether a connection has to be encrypted and is not.
pub(in crate::hub) fn must_encrypt(ctx: &Context<'_>) -> bool {
    let session = ctx.session();
    let is_required = matches!(ctx.state.config.encryption, Encryption::Required { .. });
    is_required && !session.is_encrypted && !session.is_local
}

/// Tells a client that is not encrypted where it would be (IRCv3 sts:
/// `port`). False where the line asks for nothing like that, or the certificate is one that no
/// client can verify.
pub(in crate::hub) fn send_upgrade_policy(ctx: &mut Context<'_>, message: &Message) -> bool {
    let Encryption::Required { sts_port: Some(port) } = ctx.state.config.encryption else { return false };
    let is_ls = message.is("CAP") && message.param(0).is_some_and(|sub| sub.eq_ignore_ascii_case("LS"));
    if !is_ls || !asks_302(message.param(1)) {
        return false;
    }
    send_list(ctx, "LS", &[&format!("sts=port={port}")], true);
    true
}

/// Whether this server offers it.
fn is_offered(ctx: &Context<'_>, cap: Caps) -> bool {
    let config = &ctx.state.config;
    cap != Caps::SEARCH || config.persists && config.history > 0
}

/// "Upon receiving either a CAP LS or CAP REQ command during connection
/// registration, the server MUST not complete registration until …END".
fn hold_registration(ctx: &mut Context<'_>) {
    if let Some(registration) = ctx.session_mut().registration() {
        registration.negotiating = true;
    }
}

/// A request is accepted or refused as a whole; the answer repeats it unchanged.
fn request(ctx: &mut Context<'_>, wanted: &str) {
    hold_registration(ctx);
    let changed = wanted.split_ascii_whitespace().try_fold(ctx.caps(), |caps, name| {
        match name.strip_prefix('-') {
            // Part of what CAP LS 302 stands for (CAP LS Version).
            Some("cap-notify") if ctx.session().speaks_302 => None,
            Some(name) => find(ctx, name).map(|cap| caps.without(cap)),
            None => find(ctx, name).map(|cap| caps.with(cap)),
        }
    });
    let answer = begin(ctx, if changed.is_some() { "ACK" } else { "NAK" }).text(wanted);
    if !ctx.fits(&answer) {
        return;
    }
    if let Some(caps) = changed {
        ctx.set_caps(caps);
    }
    ctx.send(answer);
}

fn find(ctx: &Context<'_>, name: &str) -> Option<Caps> {
    Caps::find(name).filter(|&cap| is_offered(ctx, cap))
}

fn begin(ctx: &Context<'_>, subcommand: &str) -> Line {
    ctx.line("CAP").param(ctx.me().map_or("*", |me| me.name().as_str())).param(subcommand)
}

/// "all but the last reply MUST have a parameter containing only an asterisk"; without version 302
/// it is one line, for which the names are short enough.
fn send_list(ctx: &mut Context<'_>, subcommand: &str, names: &[&str], speaks_302: bool) {
    let mut lines = joined(names, ' ', if speaks_302 { LINE } else { usize::MAX });
    let last = lines.pop().unwrap_or_default();
    for more in lines {
        let more = begin(ctx, subcommand).param("*").text(&more);
        ctx.send(more);
    }
    let last = begin(ctx, subcommand).text(&last);
    ctx.send(last);
}
