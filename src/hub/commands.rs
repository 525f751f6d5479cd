//! The table of all commands. HELP, the prices and the man page are made from it.

use super::caps::Caps;
use super::context::Context;
use super::input::Input;
use super::irc::{
    about, caps, history, list, marker, modes, monitor, multiline, oper, people, redact, rooms, search,
    session, talk, who, whowas,
};
use super::limits::BURST;
use super::words::short;
use super::{mode_table, registration};
use crate::chat::UserId;
use crate::wire::{BODY, Message, numeric, split};
use std::borrow::Cow;

/// A command that a client may send.
pub(super) struct Command {
    pub(super) name: &'static str,
    /// As HELP shows them: `<needed> [<optional>]`.
    pub(super) params: &'static str,
    /// The least number of parameters: with fewer it is answered by 461. 0 where the specification
    /// has another answer.
    pub(super) least: usize,
    pub(super) cost: Cost,
    pub(super) run: Run,
    /// Without these capabilities the command is unknown.
    pub(super) needs: Caps,
    /// One or more sentences for HELP and the man page.
    pub(super) help: &'static str,
    /// More sentences, made from another table.
    more: Option<fn() -> String>,
}

impl Command {
    /// The whole help text.
    pub(super) fn text(&self) -> Cow<'static, str> {
        match self.more {
            Some(more) => format!("{} {}", self.help, more()).into(),
            None => self.help.into(),
        }
    }
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Run {
    /// It is possible before registration.
    Always(fn(&mut Context<'_>, &Message)),
    Registered(fn(&mut Context<'_>, UserId, &Message)),
}

/// The price of a command for the rate limit, in messages: more than one if whole rooms are told,
/// or the answer is long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cost {
    pub(super) each: u32,
    /// The parameter that is a list, of which each item costs as much.
    list: Option<usize>,
}

const fn flat(each: u32) -> Cost {
    Cost { each, list: None }
}

const fn each(each: u32, list: usize) -> Cost {
    Cost { each, list: Some(list) }
}

use Run::{Always, Registered};

const fn command(
    name: &'static str,
    params: &'static str,
    least: usize,
    cost: Cost,
    run: Run,
    help: &'static str,
) -> Command {
    Command { name, params, least, cost, run, needs: Caps::NONE, help, more: None }
}

/// A command that needs capabilities.
const fn extra(command: Command, needs: Caps) -> Command {
    Command { needs, ..command }
}

/// A command whose help is continued by another table.
const fn with_more(command: Command, more: fn() -> String) -> Command {
    Command { more: Some(more), ..command }
}

/// The most frequent commands come first, because it is searched from the top.
#[rustfmt::skip]
pub(super) const COMMANDS: &[Command] = &[
    command("PRIVMSG", "<target>{,<target>} <text>", 0, each(1, 0), Registered(talk::privmsg),
        "Says something to a room or a person. @#room and +#room reach only its operators, or those with a voice."),
    command("PING", "<token>", 0, flat(1), Always(session::ping),
        "Asks for a sign of life: PONG brings the token back, after all that the lines before have caused."),
    command("PONG", "<token>", 0, flat(1), Always(session::pong),
        "Answers the server's PING."),
    command("NOTICE", "<target>{,<target>} <text>", 0, each(1, 0), Registered(talk::notice),
        "Says something that no program answers, the server included."),
    extra(command("TAGMSG", "<target>{,<target>}", 0, each(1, 0), Registered(talk::tagmsg),
        "Sends the tags before it, without a text, to those who have message-tags."), Caps::MESSAGE_TAGS),
    command("JOIN", "<room>{,<room>} [<key>{,<key>}]", 1, each(2, 0), Registered(rooms::join),
        "Enters a room, which is made where there is none of that name; keys pair by position. JOIN 0 leaves all rooms."),
    command("PART", "<room>{,<room>} [<reason>]", 1, each(1, 0), Registered(rooms::part),
        "Leaves a room."),
    command("QUIT", "[<reason>]", 0, flat(0), Always(session::quit),
        "Leaves the server."),
    command("NICK", "<name>", 0, flat(4), Always(registration::nick),
        "Takes a name: 1 to 20 columns of letters, numbers, emoji and - _ [ ] \\ ^ { | } `, in any script."),
    command("USER", "<user> 0 * <real name>", 4, flat(1), Always(registration::user),
        "Says who one is, once, on coming in."),
    command("CAP", "LS [302] | LIST | REQ <capabilities> | END", 1, flat(1), Always(caps::cap),
        "Asks for more than plain IRC (IRCv3 capability negotiation)."),
    command("PASS", "<password>", 1, flat(1), Always(registration::pass),
        "The password of the server, before NICK and USER; passed over where none is asked for."),
    command("NAMES", "[<room>{,<room>}]", 0, each(2, 0), Registered(rooms::names),
        "Lists who is in a room."),
    command("TOPIC", "<room> [<text>]", 1, flat(2), Registered(rooms::topic),
        "Shows a room's topic, or sets it; an empty one takes it away."),
    with_more(command("MODE", "<room> [<changes> {<parameter>}] | <own name> [<changes>]", 1, flat(1), Registered(modes::mode),
        "Shows or changes modes."), mode_table::help),
    command("WHO", "<room or mask> [%<fields>[,<token>]]", 0, flat(2), Registered(who::who),
        "Lists people; fields of tcuihsnfdlaor as WHOX has them. A mask has at most 120 bytes."),
    command("WHOIS", "<name>", 0, flat(1), Registered(people::whois),
        "Tells what is known of somebody who is here."),
    command("WHOWAS", "<name>{,<name>} [<count>]", 0, each(1, 0), Registered(whowas::whowas),
        "Tells who has had a name, the newest first."),
    command("AWAY", "[<text>]", 0, flat(2), Always(session::away),
        "Says that one is away, or without a text that one is back."),
    command("SETNAME", "<real name>", 1, flat(2), Registered(session::setname),
        "Changes one's real name."),
    command("KICK", "<room> <name>{,<name>} [<reason>]", 2, each(1, 1), Registered(rooms::kick),
        "Removes somebody from a room; for its operators."),
    command("INVITE", "<name> <room>", 2, flat(2), Registered(rooms::invite),
        "Invites somebody, who may then come in once whatever the modes say."),
    command("LIST", "[<room or condition>{,<room or condition>}] [<condition>{,<condition>}]", 0, flat(4), Registered(list::list),
        "Lists rooms. Conditions: >5 and <5 people, C>5 and C<5 minutes since it was made, T>5 and T<5 minutes \
         since the topic was set, *lab* and !*lab* for names: at most 8 in all, of at most 120 bytes each."),
    extra(command("CHATHISTORY", "BEFORE|AFTER|LATEST|AROUND|BETWEEN|TARGETS <room> <timestamp=…|msgid=…|*> [<…>] <limit>",
        0, flat(4), Registered(history::chathistory),
        "Shows what was said in a room one is in."), Caps::CHATHISTORY),
    extra(command("SEARCH", "[in=<room>;][from=<name>;][after=<time>;][before=<time>;][limit=<n>;]text=<words>",
        1, flat(16), Registered(search::search),
        "Searches what was said in the rooms one is in; only where it is kept on disk."), Caps::SEARCH),
    extra(command("BATCH", "+<tag> draft/multiline <target> | -<tag>", 1, flat(1), Registered(multiline::batch),
        "Sends a message of several lines: those that come in between with the tag."), Caps::MULTILINE),
    extra(command("REDACT", "<room> <msgid> [<reason>]", 2, flat(1), Registered(redact::redact),
        "Takes back a message: one's own, or any for the room's operators."), Caps::REDACTION),
    extra(command("MARKREAD", "<target> [timestamp=…]", 0, flat(1), Registered(marker::markread),
        "Tells how far one has read, or asks for it."), Caps::READ_MARKER),
    command("MONITOR", "+ <name>{,<name>} | - <name>{,<name>} | C | L | S", 1, flat(1), Registered(monitor::monitor),
        "Watches names, whose coming and going is then told: + adds, - removes, C clears, L lists, S tells who is here."),
    command("ISON", "<name> {<name>}", 1, flat(1), Registered(people::ison),
        "Tells which of the names are here."),
    command("USERHOST", "<name> {<name>}", 1, flat(1), Registered(people::userhost),
        "Tells the addresses of at most five people."),
    command("OPER", "<name> <password>", 2, flat(4), Registered(oper::oper),
        "Makes one an operator of the server."),
    command("KILL", "<name> [<reason>]", 1, flat(1), Registered(oper::kill),
        "Ends somebody's connection; for operators of the server."),
    command("LUSERS", "", 0, flat(1), Registered(about::lusers),
        "Tells how many are here."),
    command("LINKS", "", 0, flat(1), Registered(about::links),
        "Lists the servers: this one."),
    command("MOTD", "[<server>]", 0, flat(2), Registered(about::motd),
        "Shows the message of the day."),
    command("VERSION", "[<server>]", 0, flat(1), Registered(about::version),
        "Tells what this server is, and what it supports."),
    command("TIME", "[<server>]", 0, flat(1), Registered(about::time),
        "Tells the server's time."),
    command("INFO", "[<server>]", 0, flat(1), Registered(about::info),
        "Tells what this server is."),
    command("HELP", "[<command>]", 0, flat(1), Registered(help),
        "Lists the commands, or tells about one."),
];

/// The price of a line, in messages: that of its command for each [`BODY`] bytes that it begins,
/// tags included, since all of them may be relayed. It is at most a burst, so that every line can
/// be had by waiting. A line that is no command costs as much as a message, and so does every line
/// in line mode.
pub(super) fn cost(input: &Input, caps: Caps) -> u32 {
    let each = match input {
        Input::Message(message) if !caps.has(Caps::LINE_MODE) => cost_of(message),
        _ => 1,
    };
    let begun = u32::try_from(input.bytes().div_ceil(BODY)).unwrap_or(u32::MAX).max(1);
    each.saturating_mul(begun).min(BURST)
}

fn cost_of(message: &Message) -> u32 {
    let Some(Command { cost: Cost { each, list }, .. }) = find(message.command()) else { return 1 };
    let list = list.and_then(|at| message.param(at)).map_or(1, |list| list.split(',').count());
    each.saturating_mul(u32::try_from(list).unwrap_or(u32::MAX))
}

pub(super) fn find(name: &str) -> Option<&'static Command> {
    COMMANDS.iter().find(|command| command.name.eq_ignore_ascii_case(name))
}

/// Bytes of text in one line of HELP.
const HELP_BYTES: usize = 300;

/// Modern, HELP message: 704, 705 (the first one empty), 706, or 524.
fn help(ctx: &mut Context<'_>, _me: UserId, message: &Message) {
    let Some(subject) = message.param(0).filter(|subject| !subject.is_empty()) else {
        return index(ctx);
    };
    let Some(command) = find(subject) else {
        // A subject with blanks can't be a middle parameter of the reply.
        let subject = if subject.contains(' ') { "*" } else { short(subject) };
        return ctx.reply(numeric::ERR_HELPNOTFOUND, &[subject], "There is no help on that");
    };
    let usage = format!("{} {}", command.name, command.params);
    ctx.reply(numeric::RPL_HELPSTART, &[command.name], usage.trim_end());
    ctx.reply(numeric::RPL_HELPTXT, &[command.name], "");
    for line in split(&command.text(), HELP_BYTES) {
        ctx.reply(numeric::RPL_HELPTXT, &[command.name], line.trim_end());
    }
    ctx.reply(numeric::RPL_ENDOFHELP, &[command.name], "End of /HELP");
}

fn index(ctx: &mut Context<'_>) {
    ctx.reply(numeric::RPL_HELPSTART, &["*"], "HELP <command> tells about one of these");
    ctx.reply(numeric::RPL_HELPTXT, &["*"], "");
    let mut names: Vec<&str> = COMMANDS.iter().map(|command| command.name).collect();
    names.sort_unstable();
    ctx.reply_list(numeric::RPL_HELPTXT, &["*"], names.into_iter().map(str::to_owned));
    ctx.reply(numeric::RPL_ENDOFHELP, &["*"], "End of /HELP");
}

#[cfg(test)]
mod tests {
    use super::super::limits::MOST_CONDITIONS;
    use super::super::rate_limit::TokenBucket;
    use super::*;
    use crate::chat::pattern::PATTERN_BYTES;
    use std::time::Duration;

    #[test]
    fn every_command_says_what_it_does() {
        for command in COMMANDS {
            assert!(command.text().ends_with('.'), "{}", command.name);
            assert!(command.params.split_whitespace().count() >= command.least, "{}", command.name);
        }
    }

    #[test]
    fn the_bounds_of_questions_are_told() {
        let help = |name| find(name).unwrap().help;
        assert!(
            help("LIST")
                .contains(&format!("at most {MOST_CONDITIONS} in all, of at most {PATTERN_BYTES} bytes"))
        );
        assert!(help("WHO").contains(&format!("at most {PATTERN_BYTES} bytes")));
    }

    #[test]
    fn a_command_is_in_the_table_once() {
        let mut names: Vec<&str> = COMMANDS.iter().map(|command| command.name).collect();
        names.sort_unstable();
        let count = names.len();
        names.dedup();
        assert_eq!(names.len(), count);
    }

    #[test]
    fn what_costs_more_than_a_burst_can_be_had_by_waiting() {
        let ms = Duration::from_millis;
        let mut bucket = TokenBucket::new(4, ms(0));
        assert_eq!(bucket.spend(1, ms(0)), Ok(()));
        let names = Message::parse(&format!("NAMES {}#a", "#a,".repeat(100))).unwrap();
        let cost = cost(&Input::Message(names), Caps::NONE);
        assert_eq!(bucket.spend(cost, ms(0)), Err(ms(250)));
        assert_eq!(bucket.spend(cost, ms(250)), Ok(()));
    }
}
