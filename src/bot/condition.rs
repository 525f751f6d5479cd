//! `@only-if` and `@skip-if`: what a server is found to be, never assumed.

use super::actors::register::REALNAME;
use super::options::Options;
use super::report::excerpt;
use super::script::plan::{Condition, Plan};
use crate::client::protocol::refusal::Refusal;
use crate::client::protocol::{Progress, Registration};
use crate::client::transport::{self, Begin, ConnectError, Event, Link};
use crate::wire::Line;
use std::time::Instant;

/// Names that are tried: scripts that are played side by side ask at once.
const MOST_NAMES: usize = 64;

/// Why the script is not for a server of ours, or not for another's.
pub(super) fn of_whose(plan: &Plan, own: bool) -> Option<String> {
    let holds = |condition: &Condition| match condition {
        Condition::Own => Some(own),
        Condition::Foreign => Some(!own),
        Condition::Cap(_) | Condition::Token(_) => None,
    };
    if plan.has_outage() && !own {
        return Some("its own server dies in it".to_owned());
    }
    against(plan, holds)
}

/// Why the script is not for a server that offers what this one does. The
/// error: no server.
pub(super) fn of_what_it_offers(
    plan: &Plan,
    server: &(String, u16),
    options: &Options,
) -> Result<Option<String>, String> {
    let asks = |condition: &&Condition| matches!(condition, Condition::Cap(_) | Condition::Token(_));
    if plan.only_if.iter().chain(&plan.skip_if).find(asks).is_none() {
        return Ok(None);
    }
    let offer = ask(server, options)?;
    let holds = |condition: &Condition| match condition {
        Condition::Cap(name) => Some(offer.capabilities.is_offered(name)),
        Condition::Token(name) => Some(offer.features.get(name).is_some()),
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

fn connect(server: (&str, u16), options: &Options) -> Result<Link, String> {
    if !options.tls {
        return Link::connect(server, options.timeout).map_err(|error| error.to_string());
    }
    match transport::connect(server, Begin::Encrypted, || {}) {
        Ok(connected) => Ok(connected.link),
        Err(ConnectError::Io(error)) => Err(error.to_string()),
        Err(ConnectError::NotEncrypted { .. }) => Err("the server does not encrypt".to_owned()),
    }
}

/// What a server says of itself when somebody comes in.
fn ask(server: &(String, u16), options: &Options) -> Result<Registration, String> {
    let deadline = Instant::now() + options.timeout;
    let (host, port) = server;
    let link = connect((host, *port), options).map_err(|error| format!("{host}:{port}: {error}"))?;
    // Where the connection is over, the next event tells it.
    let send = |line: &Line| {
        link.send(line.to_bytes());
    };
    let mut registration = Registration::default();
    registration.begin("asks", "asks", REALNAME).iter().for_each(send);
    loop {
        let message = match link.next(deadline) {
            Some(Event::Message(message)) => message,
            Some(Event::Garbage { .. }) => continue,
            Some(Event::Closed(_)) => return Err("the server closed the connection".to_owned()),
            None => return Err("the server does not answer".to_owned()),
        };
        let (progress, answer) = registration.receive(&message);
        let varied = match progress {
            Progress::Greeted => break,
            Progress::Refused(refusal) => {
                let varied = if refusal == Refusal::Name { registration.vary(MOST_NAMES) } else { None };
                if varied.is_none() && refusal != Refusal::Other {
                    let why = excerpt(message.last().unwrap_or_default(), 0);
                    return Err(format!("the server lets nobody in: {why}"));
                }
                varied
            }
            Progress::Welcome | Progress::Nothing => None,
        };
        answer.iter().chain(&varied).for_each(send);
    }
    send(&Line::new("QUIT"));
    // Its name is free, and nobody sees it leave, once the server has closed.
    while let Some(event) = link.next(deadline) {
        if matches!(event, Event::Closed(_)) {
            break;
        }
    }
    Ok(registration)
}
