//! Every lie that the liar tells: about which deeds, to whom, and what becomes
//! of the line.

use super::{How, Lie, To, all, by, command, cut, last, refusal, room, text, with_param, words};
use crate::liar::random::Kind;
use Kind::{
    Action, Backlog, BareKick, BarePart, BareQuit, Come, Ctcp, Invite, Join, Kick, Mode, Nick, Notice, Part,
    Past, Private, PrivateAction, Quit, Refused, RoomCtcp, RoomNotice, RoomTag, Say, Tag, Topic,
};

const fn lie(name: &'static str, about: &'static [Kind], to: To, how: How) -> Lie {
    Lie { name, about, to, how, drawn: false, load: true, raw: false, copies: false }
}

const fn ghost(name: &'static str, line: &'static str) -> Lie {
    lie(name, ANY, To::Bystander, How::Ghost(line))
}

const SEEN: &[Kind] = &[
    Say,
    Action,
    RoomNotice,
    RoomCtcp,
    RoomTag,
    Private,
    PrivateAction,
    Notice,
    Ctcp,
    Tag,
    Invite,
    Mode,
    Topic,
    Kick,
    BareKick,
    Nick,
    Join,
    Part,
    BarePart,
    Quit,
    BareQuit,
    Backlog,
];
const SAID: &[Kind] =
    &[Say, Action, RoomNotice, RoomCtcp, Private, PrivateAction, Notice, Ctcp, Topic, Backlog];
const PLAIN: &[Kind] = &[Say, RoomNotice, Private, Notice, Topic, Backlog];
const MESSAGES: &[Kind] = &[Say, Action, RoomNotice, RoomCtcp, Private, PrivateAction, Notice, Ctcp];
const TO_ONE: &[Kind] = &[Private, PrivateAction, Notice, Ctcp, Tag, Invite];
const TO_ROOM: &[Kind] =
    &[Say, Action, RoomNotice, RoomCtcp, RoomTag, Mode, Topic, Kick, BareKick, Join, Part, BarePart];
pub(in crate::liar) const ECHOED: &[Kind] =
    &[Say, Action, RoomNotice, RoomCtcp, Private, PrivateAction, Notice, Ctcp];
const DONE: &[Kind] = &[Say, Action, RoomNotice, Private, Topic, Kick, Nick, Join, Part];
const ANY: &[Kind] = SAID;

#[rustfmt::skip]
pub(in crate::liar) const LIES: &[Lie] = &[
    lie("lost", SEEN, To::Other, How::Instead(|_, _| vec![])).drawn(),
    lie("doubled", SEEN, To::Other, How::Instead(|line, _| all([line, line]))).drawn(),
    lie("leaked", TO_ONE, To::Bystander, How::Beside(|about| all([about.deed.line()]))),
    lie("leaked with its reader's name", TO_ONE, To::Bystander, How::Beside(|about| {
        all([with_param(&about.deed.line(), 1, &about.victim)])
    })),
    lie("from a room that one is not in", &[Say, Topic, Join, Part], To::Bystander, How::Beside(|about| {
        all([about.deed.line()])
    })),
    lie("late", SEEN, To::Other, How::Late).drawn().single(),
    lie("before its cause", &[Say, Private, Notice, Topic], To::Other, How::Early).drawn().single(),
    lie("told to somebody else", TO_ONE, To::Other, How::Elsewhere).drawn().single(),
    lie("told to the wrong one as well, as to all", &[Private, Notice], To::Bystander, How::Beside(|about| {
        all([with_param(&about.deed.line(), 1, "$$*")])
    })),
    // Texts.
    lie("without its last letter", SAID, To::Other, How::Instead(|line, _| text(line, |text| cut(text, 1)))).drawn(),
    lie("cut in half", SAID, To::Other, How::Instead(|line, _| {
        text(line, |text| cut(text, text.chars().count() / 2))
    })).drawn(),
    lie("one byte is another", SAID, To::Other, How::Instead(|line, _| text(line, |text| text.replacen('k', "j", 1))))
        .drawn(),
    lie("in capitals", SAID, To::Other, How::Instead(|line, _| text(line, |text| text.replacen('k', "K", 1)))).drawn(),
    lie("a blank at its end", SAID, To::Other, How::Instead(|line, _| text(line, |text| format!("{text} ")))),
    lie("a blank at its beginning", SAID, To::Other, How::Instead(|line, _| text(line, |text| format!(" {text}")))),
    lie("two blanks for one", SAID, To::Other, How::Instead(|line, _| text(line, |text| text.replacen(' ', "  ", 1)))),
    lie("a zero-width space", SAID, To::Other, How::Instead(|line, _| {
        text(line, |text| text.replacen(' ', " \u{200b}", 1))
    })),
    lie("a bidi override", SAID, To::Other, How::Instead(|line, _| {
        text(line, |text| text.replacen(' ', " \u{202e}", 1))
    })),
    lie("a bidi isolate", SAID, To::Other, How::Instead(|line, _| {
        text(line, |text| text.replacen(' ', " \u{2066}", 1))
    })),
    lie("a colour", SAID, To::Other, How::Instead(|line, _| text(line, |text| text.replacen(' ', " \x0304", 1)))),
    lie("an escape", SAID, To::Other, How::Instead(|line, _| text(line, |text| text.replacen(' ', " \x1b", 1)))),
    lie("decomposed", SAID, To::Other, How::Instead(|line, _| text(line, |text| text.replace('é', "e\u{301}")))),
    lie("full-width", SAID, To::Other, How::Instead(|line, _| text(line, |text| text.replacen('k', "ｋ", 1)))),
    lie("with a mark that is not UTF-8", SAID, To::Other, How::Instead(|line, _| vec![
        [&line.as_bytes()[..line.len() - 1], b"\xff", &line.as_bytes()[line.len() - 1..]].concat(),
    ])).drawn(),
    lie("empty", PLAIN, To::Other, How::Instead(|line, _| text(line, |_| String::new()))).drawn(),
    lie("joined with the next", &[Say], To::Other, How::Join).drawn(),
    lie("an altered copy beside it", SAID, To::Other, How::Instead(|line, _| {
        let mut lines = text(line, |text| cut(text, 1));
        lines.extend(all([line]));
        lines
    })).drawn().copies(),
    lie("a copy behind it, altered", SAID, To::Other, How::Instead(|line, _| {
        let mut lines = all([line]);
        lines.extend(text(line, |text| text.replacen('k', "j", 1)));
        lines
    })).drawn().copies(),
    // Commands.
    lie("a message becomes a notice", &[Say, Private, Backlog], To::Other, How::Instead(|line, _| command(line, "NOTICE"))),
    lie("a notice becomes a message", &[RoomNotice, Notice], To::Other, How::Instead(|line, _| command(line, "PRIVMSG"))),
    lie("a message becomes an action", &[Say, Private, Backlog], To::Other, How::Instead(|line, _| {
        last(line, |text| format!("\x01ACTION {text}\x01"))
    })).drawn(),
    lie("an action becomes a message", &[Action, PrivateAction], To::Other, How::Instead(|line, _| {
        last(line, |text| text.replace('\x01', "").replacen("ACTION ", "", 1))
    })).drawn(),
    lie("ACTION without its blank", &[Action, PrivateAction], To::Other, How::Instead(|line, _| {
        last(line, |text| text.replacen("ACTION ", "ACTION", 1))
    })),
    lie("ACTION without its end", &[Action, PrivateAction], To::Other, How::Instead(|line, _| all([line.trim_end_matches('\x01')]))),
    lie("action in small letters", &[Action, PrivateAction], To::Other, How::Instead(|line, _| {
        last(line, |text| text.replacen("ACTION", "action", 1))
    })),
    lie("another CTCP question", &[RoomCtcp, Ctcp], To::Other, How::Instead(|line, _| {
        last(line, |text| text.replacen("PING", "TIME", 1))
    })),
    lie("a CTCP question without its signs", &[RoomCtcp, Ctcp], To::Other, How::Instead(|line, _| {
        last(line, |text| text.replace('\x01', ""))
    })),
    lie("TAGMSG becomes a message", &[RoomTag, Tag], To::Other, How::Instead(|line, _| command(&format!("{line} :x"), "PRIVMSG")))
        .single(),
    lie("QUIT becomes PART", &[Quit, BareQuit], To::Other, How::Instead(|line, about| {
        command(line, &format!("PART {}", room(about)))
    })),
    lie("PART becomes QUIT", &[Part, BarePart], To::Other, How::Instead(|line, _| {
        let words = words(line);
        all([format!("{}QUIT{}", &line[..words[1].start], &line[words[2].end..])])
    })),
    lie("KICK becomes PART", &[Kick, BareKick], To::Other, How::Instead(|line, _| {
        let name = words(line)[3].clone();
        let who = format!("{}!u@h", &line[name.clone()]);
        let rest = format!("{}{}", &line[..name.start - 1], &line[name.end..]);
        command(&by(&rest, &who), "PART")
    })),
    lie("PART becomes KICK", &[Part], To::Other, How::Instead(|line, about| {
        all([line.replacen(" PART ", " KICK ", 1).replacen(" :", &format!(" {} :", about.deed.nick), 1)])
    })),
    // Targets.
    lie("the target is another person", &[Private, PrivateAction, Notice, Ctcp, Tag], To::Other, How::Instead(|line, about| {
        all([with_param(line, 1, &about.third)])
    })).single(),
    lie("the target is everybody", &[Private, PrivateAction, Notice, Ctcp], To::Other, How::Instead(|line, _| {
        all([with_param(line, 1, "$$*")])
    })).single(),
    lie("the target is a part of a room", &[Say, Action, RoomNotice], To::Other, How::Instead(|line, about| {
        all([with_param(line, 1, &format!("@{}", room(about)))])
    })),
    lie("in private what was for all", &[Say, Action, RoomNotice, RoomCtcp], To::Other, How::Instead(|line, about| {
        all([with_param(line, 1, &about.victim)])
    })).drawn(),
    lie("in a room what was for one", &[Private, PrivateAction, Notice, Ctcp], To::Other, How::Instead(|line, about| {
        all([with_param(line, 1, room(about))])
    })).drawn().single(),
    lie("in another room", TO_ROOM, To::Other, How::Instead(|line, _| all([with_param(line, 1, "#other")]))).drawn(),
    lie("an invitation into another room", &[Invite], To::Other, How::Instead(|line, _| all([with_param(line, 2, "#other")]))).single(),
    lie("somebody else's invitation", &[Invite], To::Other, How::Instead(|line, about| {
        all([with_param(line, 1, &about.third)])
    })).single(),
    lie("somebody else is removed", &[Kick, BareKick], To::Other, How::Instead(|line, _| all([with_param(line, 2, "ghost")])))
        .drawn(),
    lie("into two rooms at once", &[Join], To::Other, How::Instead(|line, about| {
        all([with_param(line, 1, &format!("{},#other", about.deed.caused[1]))])
    })),
    // Authors.
    lie("by nobody", SEEN, To::Other, How::Instead(|line, _| all([by(line, "ghost!u@h")]))),
    lie("by somebody else", SEEN, To::Other, How::Instead(|line, about| all([by(line, &format!("{}!u@h", about.third))]))),
    lie("by its reader", MESSAGES, To::Other, How::Instead(|line, about| {
        all([by(line, &format!("{}!u@h", about.victim))])
    })),
    lie("by the server", SEEN, To::Other, How::Instead(|line, _| all([by(line, "irc.example.net")]))),
    // Reasons.
    lie("a reason that nobody gave", &[BarePart, BareQuit], To::Other, How::Instead(|line, _| {
        all([format!("{} :bored", line.split(" :").next().unwrap())])
    })),
    lie("a reason that nobody gave for a kick", &[BareKick], To::Other, How::Instead(|line, _| {
        all([format!("{} :too loud", &line[..words(line)[3].end])])
    })),
    lie("the name that another server would give as the reason", &[BarePart], To::Other, How::Instead(|line, about| {
        all([format!("{} :{}", &line[..words(line)[2].end], about.deed.nick)])
    })),
    lie("a word behind the last", &[Nick, Join, Invite, BarePart], To::Other, How::Instead(|line, about| {
        let bare = line.replacen(" :", " ", 1);
        // A PART has a place for it, as its reason, and none behind that.
        let reason = if line.contains(" PART ") { format!(" {}", about.deed.nick) } else { String::new() };
        all([format!("{}{reason} :more", bare.trim_end())])
    })),
    lie("no reason", &[Part, Quit, Kick], To::Other, How::Instead(|line, _| {
        all([line[..words(line).last().unwrap().start].trim_end()])
    })),
    lie("another reason", &[Part, Quit, Kick], To::Other, How::Instead(|line, about| {
        all([line.replacen(about.deed.text(), "bored", 1)])
    })),
    lie("the server's word before a reason", &[Part, Kick], To::Other, How::Instead(|line, about| {
        all([line.replacen(about.deed.text(), &format!("Quit: {}", about.deed.text()), 1)])
    })),
    // Names, rooms, modes.
    lie("welcome by another name", &[Come], To::Actor, How::Instead(|line, _| all([with_param(line, 1, "Guest7")])))
        .single(),
    lie("another name", &[Nick], To::Other, How::Instead(|line, _| all([with_param(line, 1, "Guest7")]))).drawn(),
    lie("another name for the one who takes it", &[Nick], To::Actor, How::Instead(|line, _| {
        all([with_param(line, 1, "Guest7")])
    })).drawn().single(),
    lie("another mode", &[Mode], To::Other, How::Instead(|line, _| all([with_param(line, 2, "+n")]))),
    lie("a mode more", &[Mode], To::Other, How::Instead(|line, about| {
        all([with_param(line, 2, &format!("{}n", about.deed.caused[2]))])
    })),
    lie("the mode's other sign", &[Mode], To::Other, How::Instead(|line, about| {
        let mode = &about.deed.caused[2];
        // A mode that is set twice would be a line that came again.
        let other = if mode.starts_with('+') { mode.replacen('+', "-", 1) } else { mode.replacen('-', "+s", 1) };
        all([with_param(line, 2, &other)])
    })),
    // Refusals.
    lie("a refusal is lost", &[Refused], To::Actor, How::Instead(|_, _| vec![])),
    lie("a refusal of another command", &[Refused], To::Actor, How::Instead(|_, about| {
        all([format!(":irc.example.net 461 {} BAR :Not enough parameters", about.victim)])
    })),
    lie("FAIL of another command", &[Refused], To::Actor, How::Instead(|_, _| {
        all([":irc.example.net FAIL BAR NEED_MORE_PARAMS :Not enough parameters"])
    })),
    lie("a word instead of a refusal", &[Refused], To::Actor, How::Instead(|_, about| {
        all([format!(":irc.example.net NOTICE {} :No", about.victim)])
    })),
    lie("a number that refuses nothing", &[Refused], To::Actor, How::Instead(|_, about| {
        all([format!(":irc.example.net 371 {} :No", about.victim)])
    })),
    lie("refused, and done for somebody", &[Refused], To::Bystander, How::Beside(|about| all([about.deed.line()]))),
    lie("done, and called refused", DONE, To::Actor, How::Instead(|_, about| {
        all([format!(":irc.example.net 404 {} {} :Cannot send", about.victim, room(about))])
    })),
    lie("a refusal that nobody asked for", ANY, To::Actor, How::Beside(|about| all([refusal(about)]))),
    lie("a refusal of this very command", &[Topic, Kick, Invite, Mode, Part], To::Actor, How::Beside(|about| {
        all([format!(":irc.example.net 482 {} {} :You're not an operator", about.victim, room(about))])
    })),
    lie("FAIL where nothing failed", ANY, To::Actor, How::Beside(|_| {
        all([":irc.example.net FAIL PRIVMSG INVALID_TEXT :No such text"])
    })),
    lie("a refusal to somebody who did nothing", ANY, To::Bystander, How::Beside(|about| all([refusal(about)]))),
    lie("FAIL to somebody who did nothing", ANY, To::Bystander, How::Beside(|_| {
        all([":irc.example.net FAIL PRIVMSG INVALID_TEXT :No such text"])
    })),
    lie("silently not done", &[
        Say, Action, RoomNotice, RoomCtcp, RoomTag, Private, PrivateAction, Notice, Ctcp, Tag, Invite, Topic, Kick, BareKick, Nick, Part, BarePart,
    ], To::Other, How::Undone),
    // Echoes.
    lie("no echo", ECHOED, To::Actor, How::Instead(|_, _| vec![])).single(),
    lie("an echo twice", ECHOED, To::Actor, How::Instead(|line, _| all([line, line]))).single(),
    lie("another echo", ECHOED, To::Actor, How::Instead(|line, _| text(line, |text| cut(text, 1)))).single(),
    lie("an echo in another case", ECHOED, To::Actor, How::Instead(|line, _| {
        text(line, |text| text.replacen('k', "K", 1))
    })).single(),
    lie("an echo to another target", ECHOED, To::Actor, How::Instead(|line, about| {
        all([with_param(line, 1, &about.third)])
    })).single(),
    lie("what the actor did, lost to the actor", &[Topic, Kick, BareKick, Nick, Join, Part, BarePart], To::Actor, How::Instead(|_, _| vec![]))
        .single(),
    // Order.
    lie("before another's line", &[Say], To::Other, How::Swap { of_same: false }),
    lie("before the sender's own line", &[Say], To::Other, How::Swap { of_same: true }),
    // Lines that nobody reads.
    lie("beside a line that is not UTF-8", ANY, To::Bystander, How::Beside(|_| {
        vec![b":ghost!u@h PRIVMSG #lobby :\xff\xfe".to_vec()]
    })),
    lie("beside a line that is too long", ANY, To::Bystander, How::Beside(|_| {
        all([format!(":ghost!u@h PRIVMSG #lobby :{}", "x".repeat(20_000))])
    })),
    lie("beside a line that is no message", ANY, To::Bystander, How::Beside(|_| all([":ghost!u@h !?"]))),
    lie("beside a line of a source alone", ANY, To::Bystander, How::Beside(|_| all([":ghost!u@h"]))),
    // Lines of nobody.
    ghost("a message of nobody's", ":ghost!u@h PRIVMSG #lobby :boo"),
    ghost("an action of nobody's", ":ghost!u@h PRIVMSG #lobby :\x01ACTION haunts\x01"),
    ghost("a message of nobody's to everybody", ":ghost!u@h PRIVMSG $$* :boo"),
    ghost("a notice of nobody's", ":ghost!u@h NOTICE #lobby :boo"),
    ghost("a CTCP question of nobody's", ":ghost!u@h PRIVMSG #lobby :\x01VERSION\x01"),
    ghost("an invitation of nobody's", ":ghost!u@h INVITE {victim} #lobby"),
    ghost("a TAGMSG of nobody's", ":ghost!u@h TAGMSG #lobby"),
    ghost("a KILL of nobody's", ":ghost!u@h KILL {victim} :boo"),
    ghost("a WALLOPS of nobody's", ":ghost!u@h WALLOPS :boo"),
    ghost("an AWAY of nobody's", ":ghost!u@h AWAY :haunting"),
    ghost("a SETNAME of nobody's", ":ghost!u@h SETNAME :Ghost"),
    ghost("a mode of nobody's", ":ghost!u@h MODE #lobby +n"),
    ghost("a JOIN of nobody's", ":ghost!u@h JOIN #lobby"),
    ghost("a PART of nobody's", ":ghost!u@h PART #lobby"),
    ghost("a QUIT of nobody's", ":ghost!u@h QUIT :boo"),
    ghost("a topic of nobody's", ":ghost!u@h TOPIC #lobby :boo"),
    ghost("a name of nobody's", ":ghost!u@h NICK phantom"),
    ghost("a KICK of nobody's", ":ghost!u@h KICK #lobby phantom :boo"),
    ghost("a PING of nobody's", ":ghost!u@h PING :boo"),
    ghost("a numeric of four digits", ":ghost!u@h 1234 {victim} :boo"),
    ghost("a batch of nobody's", ":ghost!u@h BATCH +boo haunting"),
    ghost("an ERROR, and nothing ends", "ERROR :Closing link").single(),
    ghost("a second welcome", ":irc.example.net 001 Guest7 :Welcome").single(),
    ghost("a command that nobody knows", ":ghost!u@h HAUNT #lobby :boo"),
    // Connections.
    lie("the connection ends, and nobody is told", ANY, To::Other, How::Close { instead: false }),
    lie("the connection ends once a pattern is met", ANY, To::Other, How::Close { instead: false }).raw().single(),
    lie("an altered line beside one that a pattern asks for", &[Say, Private], To::Other, How::Instead(|line, _| {
        let mut lines = text(line, |text| cut(text, 1));
        lines.extend(all([line]));
        lines
    })).raw().single(),
    lie("a line that a pattern asks for, altered", &[Say, Private], To::Other, How::Instead(|line, _| {
        text(line, |text| cut(text, 1))
    })).raw().single(),
    lie("the connection ends before the line", SEEN, To::Other, How::Close { instead: true }),
    lie("the connection ends in place of a refusal, and nobody is told", &[Refused], To::Actor, How::Close { instead: true })
        .single(),
    lie("no PING is answered", ANY, To::Other, How::Mute).single(),
    lie("no PING of the actor's is answered", ANY, To::Actor, How::Mute).single(),
    // What was missed.
    lie("missed, and not kept", &[Past], To::Other, How::Instead(|_, _| vec![])).single(),
    lie("missed, and kept twice", &[Past], To::Other, How::Instead(|line, _| all([line, line]))).single(),
    lie("missed, and kept as another text", &[Past], To::Other, How::Instead(|line, _| text(line, |text| cut(text, 1))))
        .single(),
    lie("missed, and kept in capitals", &[Past], To::Other, How::Instead(|line, _| {
        text(line, |text| text.replacen('k', "K", 1))
    })).single(),
    lie("missed, and kept as another's", &[Past], To::Other, How::Instead(|line, about| {
        let third = if line.contains(&format!(":{}!", about.third)) { "ghost" } else { &about.third };
        all([by(line, &format!("{third}!u@h"))])
    })).single(),
    lie("missed, and kept as a notice", &[Past], To::Other, How::Instead(|line, _| command(line, "NOTICE"))).single(),
    lie("missed, and kept for another room", &[Past], To::Other, How::Instead(|line, _| all([with_param(line, 1, "#other")])))
        .single(),
    lie("missed, and kept in another order", &[Past], To::Other, How::Swap { of_same: false }).single(),
    lie("missed, and more beside it", &[Past], To::Other, How::Instead(|line, _| {
        let mut lines = all([line]);
        lines.extend(text(&by(line, "ghost!u@h"), |_| "boo".to_owned()));
        lines
    })).single(),
];
