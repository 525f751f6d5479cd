//! `@only-if` and `@skip-if`: what a server is found to be, never assumed.

use super::script::plan::{Condition, Plan};
use crate::client::transport::{Event, Link};
use crate::wire::{Message, numeric};
use std::time::{Duration, Instant};

/// Why the script is not for a server of ours, or not for another's.
pub(super) fn of_whose(plan: &Plan, own: bool) -> Option<String> {
    let holds = |condition: &Condition| match condition {
        Condition::Own => Some(own),
        Condition::Foreign => Some(!own),
        Condition::Cap(_) | Condition::Token(_) => None,
    };
    against(plan, holds)
}

/// Why the script is not for a server that offers what this one does. The
/// error: no server.
pub(super) fn of_what_it_offers(
    plan: &Plan,
    server: &(String, u16),
    timeout: Duration,
) -> Result<Option<String>, String> {
    let asks = |condition: &&Condition| matches!(condition, Condition::Cap(_) | Condition::Token(_));
    if plan.only_if.iter().chain(&plan.skip_if).find(asks).is_none() {
        return Ok(None);
    }
    let offer = Offer::ask(server, timeout)?;
    let holds = |condition: &Condition| match condition {
        Condition::Cap(name) => Some(offer.caps.contains(name)),
        Condition::Token(name) => Some(offer.tokens.contains(name)),
        Condition::Own | Condition::Foreign => None,
    };
    Ok(against(plan, holds))
}

fn against(plan: &Plan, holds: impl Fn(&Condition) -> Option<bool>) -> Option<String> {
    let fails = |condition: &&Condition| holds(condition) == Some(false);
    let met = |condition: &&Condition| holds(condition) == Some(true);
    let wanted = plan.only_if.iter().find(fails).map(|condition| format!("only if {}", spelled(condition)));
    wanted.or_else(|| plan.skip_if.iter().find(met).map(|condition| format!("not if {}", spelled(condition))))
}

fn spelled(condition: &Condition) -> String {
    match condition {
        Condition::Own => "the server is the bot's own".to_owned(),
        Condition::Foreign => "the server is another's".to_owned(),
        Condition::Cap(name) => format!("the server has the capability {name}"),
        Condition::Token(name) => format!("the server has the token {name}"),
    }
}

/// What a server says of itself when somebody comes in.
#[derive(Default)]
struct Offer {
    caps: Vec<String>,
    tokens: Vec<String>,
}

impl Offer {
    fn ask(server: &(String, u16), timeout: Duration) -> Result<Offer, String> {
        let deadline = Instant::now() + timeout;
        let (host, port) = server;
        let link = Link::connect((host.as_str(), *port), timeout)
            .map_err(|error| format!("{host}:{port}: {error}"))?;
        let send = |line: String| link.send(format!("{line}\r\n").into_bytes());
        let mut nick = 0;
        send("CAP LS 302".to_owned());
        send("NICK asks".to_owned());
        send("USER asks 0 * :roomchat bot".to_owned());
        let mut offer = Offer::default();
        loop {
            let message = match link.next(deadline) {
                Some(Event::Message(message)) => message,
                Some(Event::Garbage { .. }) => continue,
                Some(Event::Closed(_)) => return Err("the server closed the connection".to_owned()),
                None => return Err("the server does not answer".to_owned()),
            };
            let last = || message.last().unwrap_or("").to_owned();
            match message.command() {
                "PING" => drop(send(format!("PONG :{}", last()))),
                "CAP" => {
                    offer.caps.extend(last().split_ascii_whitespace().map(before_value));
                    if message.param(2) != Some("*") {
                        send("CAP END".to_owned());
                    }
                }
                numeric::ERR_NICKNAMEINUSE => {
                    nick += 1;
                    send(format!("NICK asks{nick}"));
                }
                numeric::RPL_ISUPPORT => offer.tokens.extend(tokens(&message)),
                numeric::RPL_ENDOFMOTD | numeric::ERR_NOMOTD => break,
                _ => {}
            }
        }
        send("QUIT".to_owned());
        // Its name is free, and nobody sees it leave, once the server has closed.
        while let Some(event) = link.next(deadline) {
            if matches!(event, Event::Closed(_)) {
                break;
            }
        }
        Ok(offer)
    }
}

fn tokens(message: &Message) -> impl Iterator<Item = String> {
    let count = message.param_count();
    message.params().take(count.saturating_sub(1)).skip(1).map(before_value)
}

fn before_value(word: &str) -> String {
    word.split('=').next().unwrap_or(word).to_owned()
}
