//! Each command of the table with its parameters at their dearest.

use super::world::{ALL_CAPS, World, name, own_rooms, watch_all};
use Who::{Keeper, Late, Member, Stranger, Victim};
use roomchat::hub::SessionId;

/// Bytes of a line without its end, and of the tags before it.
const LINE: usize = 510;
const TAGS: usize = 4094;

/// One line, or the lines of one batch.
pub(super) struct Case {
    /// As the table of commands has it, or in brackets what is no command.
    pub(super) command: &'static str,
    pub(super) what: &'static str,
    pub(super) who: Who,
    /// What has to be so again each time, by lines that are not measured.
    pub(super) before: fn(&mut World),
    /// The lines for each number.
    pub(super) lines: fn(&World, usize) -> String,
    /// Whether it may be sent again and again without what has to be so before.
    pub(super) repeats: bool,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Who {
    Keeper,
    Member,
    Stranger,
    Victim,
    Late,
}

impl Who {
    pub(super) fn id(self, world: &World) -> SessionId {
        match self {
            Who::Keeper => world.keeper,
            Who::Member => world.member,
            Who::Stranger => world.stranger,
            Who::Victim => world.victim,
            Who::Late => world.late.expect("somebody has come before"),
        }
    }
}

const fn case(
    command: &'static str,
    what: &'static str,
    who: Who,
    lines: fn(&World, usize) -> String,
) -> Case {
    Case { command, what, who, before: |_| {}, lines, repeats: true }
}

const fn once(
    command: &'static str,
    what: &'static str,
    who: Who,
    before: fn(&mut World),
    lines: fn(&World, usize) -> String,
) -> Case {
    Case { command, what, who, before, lines, repeats: false }
}

/// As many of these as a line has room for.
fn full(head: &str, item: &str, tail: &str) -> String {
    let count = (LINE - head.len() - tail.len()) / item.len();
    format!("{head}{}{tail}", item.repeat(count))
}

/// As many different words of two letters.
fn full_of_words(head: &str, end: &str) -> String {
    let letters = b'a'..=b'z';
    let mut words = letters.clone().flat_map(|first| letters.clone().map(move |second| [first, second]));
    let mut line = head.to_owned();
    while line.len() + end.len() + 2 <= LINE {
        let word = words.next().expect("there are more of them than fit");
        line.push_str(std::str::from_utf8(&word).unwrap());
        line.push_str(end);
    }
    line
}

/// Letters of modes, and a parameter for each.
fn modes(head: &str, letters: &str, param: &str) -> String {
    let count = (LINE - head.len()) / (letters.len() + 1 + param.len());
    format!("{head}{}{}", letters.repeat(count), format!(" {param}").repeat(count))
}

/// The longest tags: one, or as many different ones as fit.
fn one_tag() -> String {
    format!("@+a={} ", "x".repeat(TAGS - 5))
}

fn many_tags() -> String {
    let tags = (0..).map(|number| format!("+{number:x}"));
    let mut all = "@+a".to_owned();
    for tag in tags {
        if all.len() + tag.len() + 2 > TAGS {
            break;
        }
        all.push(';');
        all.push_str(&tag);
    }
    all + " "
}

fn people(count: usize) -> String {
    (0..count).map(name).collect::<Vec<_>>().join(",")
}

fn an_id(world: &World, number: usize) -> String {
    world.ids.get(world.ids.len() / 2 + number % 200).cloned().unwrap_or_default()
}

const FOUR_ROOMS: &str = "#big,#r1,#r2,#r3";

#[rustfmt::skip]
pub(super) const CASES: &[Case] = &[
    // First: later the last events are comings and goings.
    case("CHATHISTORY", "the last ones, one long tag each", Keeper, |_, _| "CHATHISTORY LATEST #r2 * 100".to_owned()),
    case("PRIVMSG", "to all, past 64 bans and 33 names", Member, |_, _| format!("PRIVMSG #big :{}", "x".repeat(400))),
    case("PRIVMSG", "to 4 rooms, one long tag", Keeper, |_, _| format!("{}PRIVMSG {FOUR_ROOMS} :{}", one_tag(), "x".repeat(300))),
    case("PRIVMSG", "to 4 rooms, many tags", Keeper, |_, _| format!("{}PRIVMSG {FOUR_ROOMS} :x", many_tags())),
    case("PRIVMSG", "to 4 people", Keeper, |_, _| format!("PRIVMSG {} :{}", people(4), "x".repeat(300))),
    case("PRIVMSG", "to too many", Keeper, |_, _| full("PRIVMSG ", "a,", "a :x")),
    case("PRIVMSG", "codes that are taken out", Keeper, |_, _| format!("PRIVMSG #r1 :x{}", "\u{2}\u{202e}".repeat(100))),
    case("PING", "a long token", Stranger, |_, _| format!("PING {}", "x".repeat(450))),
    case("PONG", "a long token", Stranger, |_, _| full("PONG ", "x", "")),
    case("NOTICE", "to all, past 64 bans and 33 names", Member, |_, _| format!("NOTICE #big :{}", "x".repeat(400))),
    case("NOTICE", "to 4 rooms, one long tag", Keeper, |_, _| format!("{}NOTICE {FOUR_ROOMS} :{}", one_tag(), "x".repeat(300))),
    case("TAGMSG", "to 4 rooms, one long tag", Keeper, |_, _| format!("{}TAGMSG {FOUR_ROOMS}", one_tag())),
    case("TAGMSG", "to 4 rooms, many tags", Keeper, |_, _| format!("{}TAGMSG {FOUR_ROOMS}", many_tags())),
    once("JOIN", "the room of all", Victim, |world| world.say(world.victim, "PART #big"), |_, _| "JOIN #big".to_owned()),
    case("JOIN", "kept out by three full lists", Stranger, |_, _| full("JOIN ", "#r0,", "#r0")),
    once("JOIN", "50 rooms that are made", Late, |world| { world.come_late("late"); }, |_, number| {
        format!("JOIN {}", (0..50).map(|room| format!("#{number}x{room}")).collect::<Vec<_>>().join(","))
    }),
    once("JOIN", "0, out of 50 rooms", Late, World::come_late_everywhere, |_, _| "JOIN 0".to_owned()),
    case("JOIN", "no names of rooms", Stranger, |_, _| full("JOIN ", "a,", "a")),
    case("JOIN", "names that look like another", Stranger, |_, _| full("JOIN ", "#b\u{456}g,", "#b\u{456}g")),
    case("JOIN", "a long name with marks", Stranger, |_, _| full("JOIN #", "e\u{302}\u{301}", "")),
    once("PART", "50 rooms, with a reason", Late, World::come_late_everywhere, |_, _| format!("PART {} :{}", own_rooms(), "x".repeat(240))),
    case("PART", "rooms that are not there", Stranger, |_, _| full("PART ", "#a,", "#a")),
    once("QUIT", "out of 50 rooms, watched by all", Late, World::come_late_everywhere, |_, _| full("QUIT :", "x", "")),
    case("NICK", "in 50 rooms, watched by all", Member, |_, number| format!("NICK member-{}", if number.is_multiple_of(2) { "b" } else { "a" })),
    case("NICK", "one that looks like another", Stranger, |_, _| "NICK k\u{435}\u{435}per".to_owned()),
    case("NICK", "no name, of many clusters", Stranger, |_, _| full("NICK ", "e\u{301}", "")),
    case("NICK", "no name, one long cluster", Stranger, |_, _| full("NICK e", "\u{301}", "")),
    once("USER", "comes in, watched by all", Late, |world| world.connect_late("NICK late\r\n"), |_, _| full("USER user 0 * :", "ế", "")),
    case("USER", "a second time", Stranger, |_, _| full("USER user 0 * :", "ế", "")),
    case("CAP", "LS 302", Stranger, |_, _| "CAP LS 302".to_owned()),
    case("CAP", "LIST", Keeper, |_, _| "CAP LIST".to_owned()),
    case("CAP", "REQ of all", Keeper, |_, _| format!("CAP REQ :{ALL_CAPS}")),
    case("CAP", "REQ on and off", Stranger, |_, _| format!("CAP REQ :{}", "batch -batch ".repeat(34))),
    case("CAP", "END", Stranger, |_, _| "CAP END".to_owned()),
    case("PASS", "a long one", Stranger, |_, _| full("PASS ", "x", "")),
    case("NAMES", "of all, a member", Keeper, |_, _| "NAMES #big".to_owned()),
    case("NAMES", "of all, a stranger", Stranger, |_, _| "NAMES #big".to_owned()),
    case("NAMES", "of all again and again, a member", Keeper, |_, _| full("NAMES ", "#big,", "#big")),
    case("NAMES", "of all again and again, a stranger", Stranger, |_, _| full("NAMES ", "#big,", "#big")),
    case("NAMES", "of what is not there", Stranger, |_, _| full("NAMES ", "a,", "a")),
    case("TOPIC", "of the room of all", Keeper, |_, number| format!("TOPIC #big :{number:03}{}", "x".repeat(290))),
    case("TOPIC", "asked for", Keeper, |_, _| "TOPIC #big".to_owned()),
    case("MODE", "off full lists, what is not in them", Keeper, |_, _| modes("MODE #big -", "b", "x")),
    case("MODE", "off full lists, longer", Keeper, |_, _| modes("MODE #big -", "b", "ế")),
    case("MODE", "onto a full list", Keeper, |_, _| modes("MODE #big +", "b", "x")),
    case("MODE", "off and onto the lists, told to all", Keeper, |_, _| modes("MODE #r1 ", "+b-b", "x x")),
    case("MODE", "ranks given and taken", Keeper, |_, _| modes("MODE #big ", "+v-v", "victim victim")),
    case("MODE", "ranks for nobody", Keeper, |_, _| modes("MODE #big +", "v", "x")),
    case("MODE", "flags set and taken", Keeper, |_, _| full("MODE #big ", "+m-m", "")),
    case("MODE", "keys that are missing", Keeper, |_, _| full("MODE #big +", "k", "")),
    case("MODE", "keys that are none", Keeper, |_, _| modes("MODE #big +", "k", ",")),
    case("MODE", "letters that are none", Keeper, |_, _| full("MODE #big +", "x", "")),
    case("MODE", "all lists asked for", Stranger, |_, _| full("MODE #big ", "beI", "")),
    case("MODE", "asked for", Keeper, |_, _| "MODE #big".to_owned()),
    case("MODE", "one's own, on and off", Keeper, |_, _| full("MODE keeper ", "+iB-iB", "")),
    case("WHO", "a mask of many stars", Stranger, |_, _| full("WHO ", "*a", "b")),
    case("WHO", "a mask of 120 bytes, many stars", Stranger, |_, _| format!("WHO {}b", "*a".repeat(59))),
    case("WHO", "a mask of 120 bytes, one star", Stranger, |_, _| format!("WHO *{}b", "a".repeat(118))),
    case("WHO", "a mask of 120 bytes, few stars", Stranger, |_, _| format!("WHO *{}b", "ế*ế?".repeat(14))),
    case("WHO", "everybody", Stranger, |_, _| "WHO *".to_owned()),
    case("WHO", "everybody of a room, all fields", Keeper, |_, _| "WHO #big %tcuihsnfdlaor,123".to_owned()),
    case("WHO", "an exact name", Keeper, |_, _| "WHO keeper".to_owned()),
    case("WHOIS", "somebody in 50 rooms", Member, |_, _| "WHOIS keeper keeper".to_owned()),
    case("WHOIS", "nobody, a long name", Member, |_, _| full("WHOIS ", "ế", "")),
    case("WHOWAS", "a name with a long past, again and again", Stranger, |_, _| full("WHOWAS ", "gone,", "gone")),
    case("WHOWAS", "names without a past", Stranger, |_, _| full("WHOWAS ", "x,", "x")),
    case("AWAY", "in 50 rooms, watched by all", Member, |_, number| format!("AWAY :{number:03}{}", "x".repeat(240))),
    case("AWAY", "without a change", Member, |_, _| "AWAY".to_owned()),
    case("SETNAME", "in 50 rooms, watched by all", Keeper, |_, number| format!("SETNAME :{number:03}{}", "x".repeat(90))),
    once("KICK", "out of the room of all", Keeper, |world| world.say(world.victim, "JOIN #big"), |_, _| format!("KICK #big victim :{}", "x".repeat(240))),
    case("KICK", "people who are not in it", Keeper, |_, _| format!("KICK #r48 {}", people(25))),
    case("KICK", "people who are not here", Keeper, |_, _| full("KICK #big ", "x,", "x")),
    case("INVITE", "to the room of all", Keeper, |_, _| "INVITE stranger #big".to_owned()),
    case("LIST", "everything", Stranger, |_, _| "LIST".to_owned()),
    case("LIST", "as many masks as fit", Stranger, |_, _| full("LIST ", "a*,", "a*")),
    case("LIST", "8 long masks", Stranger, |_, _| format!("LIST {}", vec![format!("*{}b", "a*".repeat(29)); 8].join(","))),
    case("LIST", "other than long masks", Stranger, |_, _| full("LIST ", "!*a*a*a*a*a*b,", "C>0")),
    case("LIST", "as many conditions as fit", Stranger, |_, _| full("LIST ", "C<9,", "T<9")),
    case("LIST", "as many names as fit", Stranger, |_, _| full("LIST ", "#big,", "#big")),
    case("CHATHISTORY", "the last ones", Keeper, |_, _| "CHATHISTORY LATEST #big * 100".to_owned()),
    case("CHATHISTORY", "around a message", Keeper, |world, number| format!("CHATHISTORY AROUND #big msgid={} 100", an_id(world, number))),
    case("CHATHISTORY", "between two times, backwards", Keeper, |_, _| {
        "CHATHISTORY BETWEEN #big timestamp=2030-01-01T00:00:00.000Z timestamp=2020-01-01T00:00:00.000Z 100".to_owned()
    }),
    case("CHATHISTORY", "all rooms", Keeper, |_, _| {
        "CHATHISTORY TARGETS timestamp=2030-01-01T00:00:00.000Z timestamp=2020-01-01T00:00:00.000Z 100".to_owned()
    }),
    // Tags of its lines are told to nobody; with long ones they would not fit into the queue.
    case("BATCH", "24 lines to all, one long tag", Keeper, |_, number| {
        let line = format!("@batch={number} PRIVMSG #big :{}\r\n", "x".repeat(160));
        format!("{}BATCH +{number} draft/multiline #big\r\n{}BATCH -{number}", one_tag(), line.repeat(24))
    }),
    case("BATCH", "no tag of a batch", Keeper, |_, _| full("BATCH +", "!", " draft/multiline #big")),
    case("REDACT", "out of the middle of a full past", Keeper, |world, number| format!("REDACT #big {} :{}", an_id(world, number), "x".repeat(240))),
    case("REDACT", "what is not there", Keeper, |_, _| "REDACT #big nzzzz".to_owned()),
    case("SEARCH", "where nothing is kept on disk", Keeper, |_, _| "SEARCH in=#big;text=tea".to_owned()),
    case("MARKREAD", "set to now", Keeper, |_, _| "MARKREAD #big timestamp=2026-01-01T00:00:10.000Z".to_owned()),
    case("MARKREAD", "of many", Keeper, |_, number| format!("MARKREAD #{}{number} timestamp=2026-01-01T00:00:00.000Z", "ế".repeat(19))),
    case("MONITOR", "onto a full list", Member, |_, _| full_of_words("MONITOR + ", ",")),
    once("MONITOR", "off a name that all watch", Member, |world| world.say(world.member, &watch_all()), |_, _| full("MONITOR - ", "late,", "late")),
    once("MONITOR", "off all that all watch", Member, |world| world.say(world.member, &watch_all()), |_, _| "MONITOR C".to_owned()),
    once("MONITOR", "asked for", Member, |world| world.say(world.member, &watch_all()), |_, _| "MONITOR S".to_owned()),
    case("ISON", "the same name again and again", Stranger, |_, _| full("ISON ", "keeper ", "keeper")),
    case("ISON", "nobody", Stranger, |_, _| full_of_words("ISON ", " ")),
    case("USERHOST", "the same name again and again", Stranger, |_, _| full("USERHOST ", "keeper ", "keeper")),
    case("USERHOST", "nobody", Stranger, |_, _| full_of_words("USERHOST ", " ")),
    once("OPER", "with a long password", Keeper, |_| {}, |_, _| full("OPER root ", "x", "")),
    case("OPER", "without any", Member, |_, _| "OPER root".to_owned()),
    once("KILL", "in 50 rooms, watched by all", Keeper, World::come_late_everywhere, |_, _| format!("KILL late :{}", "x".repeat(240))),
    case("KILL", "nobody", Keeper, |_, _| "KILL nobody".to_owned()),
    case("LUSERS", "", Stranger, |_, _| "LUSERS".to_owned()),
    case("LINKS", "", Stranger, |_, _| "LINKS".to_owned()),
    case("MOTD", "", Stranger, |_, _| "MOTD".to_owned()),
    case("MOTD", "of a server of many stars", Stranger, |_, _| full("MOTD ", "*?", "b")),
    case("VERSION", "", Stranger, |_, _| "VERSION".to_owned()),
    case("VERSION", "of a server of many stars", Stranger, |_, _| full("VERSION ", "*r", "b")),
    case("TIME", "", Stranger, |_, _| "TIME".to_owned()),
    case("INFO", "", Stranger, |_, _| "INFO".to_owned()),
    case("HELP", "", Stranger, |_, _| "HELP".to_owned()),
    case("HELP", "on the longest", Stranger, |_, _| "HELP MODE".to_owned()),
    case("(no command)", "", Keeper, |_, _| full("NONSENSE ", "x ", "")),
    case("(no command)", "many tags", Keeper, |_, _| format!("{}NONSENSE", many_tags())),
    case("(too long)", "", Keeper, |_, _| format!("{}PRIVMSG #big :{}", one_tag(), "x".repeat(600))),
    once("(not registered)", "", Late, |world| world.connect_late("CAP LS 302\r\n"), |_, _| full("LIST ", "a*,", "a*")),
    once("(no client)", "said to all", Late, |world| world.connect_late("dave\r\n"), |_, _| "x".repeat(480)),
];
