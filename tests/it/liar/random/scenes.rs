//! The scenes that a random script is made of.

use super::{Kind, World};
use fastrand::Rng;

/// Another room than the first; it is made anew by each scene.
const LAB: &str = "#lab";

const SCENES: &[fn(&mut World<'_>, &mut Rng)] = &[
    says,
    acts,
    in_another_room,
    in_private,
    topic,
    takes_another_name,
    comes_and_goes,
    parts_and_is_back,
    kicks,
    block,
    room_notice,
    notice,
    room_ctcp,
    ctcp,
    invites,
    modes,
    refused,
    refused_otherwise,
    written,
    counted,
    raw,
    raw_in_private,
    loosely_raw,
    drops,
    tags,
    reconnects,
    stalls,
    in_pieces,
    block_with_a_departure,
];

pub(super) fn add(world: &mut World<'_>, chance: &mut Rng) {
    let scene = SCENES[chance.usize(..SCENES.len())];
    scene(world, chance);
}

/// Two people; the first of all keeps the room, and is the first of neither.
fn two(world: &World<'_>, chance: &mut Rng) -> (usize, usize) {
    let all = world.people.len();
    let one = chance.usize(1..all);
    (one, (one + chance.usize(1..all)) % all)
}

/// As it is spelled, or in another case: to a server it is the same.
fn spelled(word: &str, chance: &mut Rng) -> String {
    match chance.usize(..4) {
        0 => word.to_uppercase(),
        1 => word.to_lowercase(),
        _ => word.to_owned(),
    }
}

fn reason(world: &mut World<'_>, chance: &mut Rng) -> Option<String> {
    chance.bool().then(|| world.fresh())
}

/// A word after the others, where there is one.
fn with<'a>(words: &[&'a str], more: Option<&'a str>) -> Vec<&'a str> {
    words.iter().copied().chain(more).collect()
}

fn say(world: &mut World<'_>, who: usize) {
    let (home, text) = (world.ground.home, world.fresh());
    let words = ["PRIVMSG", home, &text];
    world.step(Kind::Say, who, &format!(": {text}"), &words, &words, &world.members(home));
}

fn says(world: &mut World<'_>, chance: &mut Rng) {
    let (who, _) = two(world, chance);
    let text = world.fresh();
    let room = spelled(world.ground.home, chance);
    let step = if room == world.ground.home { format!(": {text}") } else { format!("{room}: {text}") };
    let words = ["PRIVMSG", &room, &text];
    world.step(Kind::Say, who, &step, &words, &words, &world.members(world.ground.home));
}

fn acts(world: &mut World<'_>, chance: &mut Rng) {
    let (who, _) = two(world, chance);
    let (home, text) = (world.ground.home, world.fresh());
    let ctcp = format!("\x01ACTION {text}\x01");
    let words = ["PRIVMSG", home, &ctcp];
    world.step(Kind::Action, who, &format!("/me {text}"), &words, &words, &world.members(home));
}

fn in_another_room(world: &mut World<'_>, chance: &mut Rng) {
    let (a, b) = two(world, chance);
    let room = spelled(LAB, chance);
    world.joins(a, LAB);
    world.people[b].rooms.push(LAB.to_owned());
    let step = format!("joins {room}");
    world.step(Kind::Join, b, &step, &["JOIN", &room], &["JOIN", &room], &world.members(LAB));
    for who in [a, b] {
        let text = world.fresh();
        let words = ["PRIVMSG", LAB, &text];
        world.step(Kind::Say, who, &format!("{LAB}: {text}"), &words, &words, &[a, b]);
    }
    let text = world.fresh();
    let words = ["TOPIC", LAB, &text];
    world.step(Kind::Topic, a, &format!("/topic {LAB} {text}"), &words, &words, &[a, b]);
    let why = reason(world, chance);
    world.parts(a, LAB, why.as_deref());
    world.parts(b, LAB, None);
}

fn in_private(world: &mut World<'_>, chance: &mut Rng) {
    let (a, b) = two(world, chance);
    let (text, nick) = (world.fresh(), spelled(&world.nick(b), chance));
    let words = ["PRIVMSG", &nick, &text];
    world.step(Kind::Private, a, &format!("/msg {nick} {text}"), &words, &words, &[a, b]);
    let (text, nick) = (world.fresh(), world.nick(b));
    let ctcp = format!("\x01ACTION {text}\x01");
    let words = ["PRIVMSG", &nick, &ctcp];
    let step = format!(">> PRIVMSG {nick} :${{u:1}}ACTION {text}${{u:1}}");
    world.step(Kind::PrivateAction, a, &step, &words, &words, &[a, b]);
}

fn topic(world: &mut World<'_>, _: &mut Rng) {
    let (home, text) = (world.ground.home, world.fresh());
    let words = ["TOPIC", home, &text];
    world.step(Kind::Topic, 0, &format!("/topic {text}"), &words, &words, &world.members(home));
}

fn takes_another_name(world: &mut World<'_>, chance: &mut Rng) {
    let (who, _) = two(world, chance);
    // It begins with the first one, by which reports call its owner.
    let new = format!("{}{}", world.people[who].name, chance.u16(..));
    if new == world.nick(who) || new.len() > world.ground.longest_name {
        return;
    }
    let told = world.around(who);
    world.step(Kind::Nick, who, &format!("/nick {new}"), &["NICK", &new], &["NICK", &new], &told);
    world.people[who].nick = new;
}

fn comes_and_goes(world: &mut World<'_>, chance: &mut Rng) {
    let (who, _) = two(world, chance);
    let told: Vec<usize> = world.around(who).into_iter().filter(|&other| other != who).collect();
    let reason = reason(world, chance);
    let words = with(&["QUIT"], reason.as_deref());
    match &reason {
        Some(reason) => world.step(Kind::Quit, who, &format!("leaves: {reason}"), &words, &words, &told),
        None => world.step(Kind::BareQuit, who, "leaves", &words, &words, &told),
    }
    world.people[who].rooms.clear();
    world.comes(who);
}

fn parts_and_is_back(world: &mut World<'_>, chance: &mut Rng) {
    let (who, _) = two(world, chance);
    let (home, why) = (world.ground.home, reason(world, chance));
    world.parts(who, home, why.as_deref());
    if chance.bool() {
        say(world, 0);
    }
    world.joins(who, home);
}

fn kicks(world: &mut World<'_>, chance: &mut Rng) {
    let (who, _) = two(world, chance);
    let (home, nick, reason) = (world.ground.home, spelled(&world.nick(who), chance), reason(world, chance));
    let words = with(&["KICK", home, &nick], reason.as_deref());
    let kind = if reason.is_some() { Kind::Kick } else { Kind::BareKick };
    let step = with(&["/kick", &nick], reason.as_deref()).join(" ");
    world.step(kind, 0, &step, &words, &words, &world.members(home));
    world.people[who].rooms.clear();
    if chance.bool() {
        say(world, 0);
    }
    world.joins(who, home);
}

fn block(world: &mut World<'_>, _: &mut Rng) {
    world.open_block();
    for who in (0..world.people.len()).flat_map(|who| [who, who]) {
        say(world, who);
    }
    world.close_block();
}

fn room_notice(world: &mut World<'_>, chance: &mut Rng) {
    let (who, _) = two(world, chance);
    let (home, text) = (world.ground.home, world.fresh());
    let words = ["NOTICE", home, &text];
    world.step(
        Kind::RoomNotice,
        who,
        &format!("/notice {home} {text}"),
        &words,
        &words,
        &world.members(home),
    );
}

fn notice(world: &mut World<'_>, chance: &mut Rng) {
    let (a, b) = two(world, chance);
    let (text, nick) = (world.fresh(), spelled(&world.nick(b), chance));
    let words = ["NOTICE", &nick, &text];
    world.step(Kind::Notice, a, &format!("/notice {nick} {text}"), &words, &words, &[a, b]);
}

fn room_ctcp(world: &mut World<'_>, chance: &mut Rng) {
    let (who, _) = two(world, chance);
    let (home, text) = (world.ground.home, world.fresh());
    let step = format!(">> PRIVMSG {home} :${{u:1}}PING {text}${{u:1}}");
    let ctcp = format!("\x01PING {text}\x01");
    let words = ["PRIVMSG", home, &ctcp];
    world.step(Kind::RoomCtcp, who, &step, &words, &words, &world.members(home));
}

fn ctcp(world: &mut World<'_>, chance: &mut Rng) {
    let (a, b) = two(world, chance);
    let (text, nick) = (world.fresh(), world.nick(b));
    let command = if chance.bool() { "PRIVMSG" } else { "NOTICE" };
    let step = format!(">> {command} {nick} :${{u:1}}PING {text}${{u:1}}");
    let ctcp = format!("\x01PING {text}\x01");
    let words = [command, &nick, &ctcp];
    world.step(Kind::Ctcp, a, &step, &words, &words, &[a, b]);
}

fn invites(world: &mut World<'_>, chance: &mut Rng) {
    let (a, b) = two(world, chance);
    world.joins(a, LAB);
    let nick = world.nick(b);
    let words = ["INVITE", &nick, LAB];
    world.step(Kind::Invite, a, &format!("/invite {nick} {LAB}"), &words, &words, &[b]);
    world.parts(a, LAB, None);
}

fn modes(world: &mut World<'_>, chance: &mut Rng) {
    let (who, _) = two(world, chance);
    let (home, nick) = (world.ground.home, world.nick(who));
    let changes = [["+m", "-m"], ["+i", "-i"], ["+v", "-v"], ["+l 40", "-l"], ["+k key", "-k key"]];
    for change in changes[chance.usize(..changes.len())] {
        let change = if change.ends_with('v') { format!("{change} {nick}") } else { change.to_owned() };
        let words: Vec<&str> = ["MODE", home].into_iter().chain(change.split(' ')).collect();
        // Servers hide the key that is taken away.
        let caused = if change.starts_with("-k") { &words[..3] } else { &words };
        world.step(Kind::Mode, 0, &format!("/mode {change}"), &words, caused, &world.members(home));
    }
}

fn refused(world: &mut World<'_>, chance: &mut Rng) {
    let (who, _) = two(world, chance);
    let text = world.fresh();
    let words = ["PRIVMSG", "#nowhere", &text];
    world.step(Kind::Refused, who, &format!("#nowhere: {text}"), &words, &words, &[]);
    say(world, who);
}

fn refused_otherwise(world: &mut World<'_>, chance: &mut Rng) {
    let (who, _) = two(world, chance);
    let (home, first) = (world.ground.home, world.nick(0));
    let (step, words) = match chance.usize(..7) {
        0 => ("/topic #nowhere x".to_owned(), vec!["TOPIC", "#nowhere", "x"]),
        1 => ("/msg nobody x".to_owned(), vec!["PRIVMSG", "nobody", "x"]),
        2 => (format!("/nick {first}"), vec!["NICK", &first]),
        3 => ("leaves #nowhere".to_owned(), vec!["PART", "#nowhere"]),
        4 => (">> FOO".to_owned(), vec!["FOO"]),
        5 => (format!("/kick {home} nobody"), vec!["KICK", home, "nobody"]),
        _ => ("/invite nobody".to_owned(), vec!["INVITE", "nobody", home]),
    };
    let caused = if step.starts_with("/nick") { vec!["NICK", "Stolen"] } else { words.clone() };
    world.step(Kind::Refused, who, &step, &words, &caused, &[]);
}

/// Lines stand for what is implied.
fn written(world: &mut World<'_>, chance: &mut Rng) {
    let (who, _) = two(world, chance);
    let text = world.fresh();
    let (home, nick) = (world.ground.home, world.nick(who));
    let words = ["PRIVMSG", home, &text];
    world.step(Kind::Say, who, &format!(">> PRIVMSG {home} :{text}"), &words, &words, &world.members(home));
    match chance.usize(..3) {
        0 => world.below("others", &format!("sees {nick}: {text}")),
        1 => world.below("others", &format!("sees (glob) *: {text}")),
        _ => world.below("others", &format!("sees (re) {nick}: {text}")),
    }
    world.deeds.last_mut().unwrap().written = world.people.iter().map(|person| person.name.clone()).collect();
}

/// The same line twice in one write.
fn counted(world: &mut World<'_>, chance: &mut Rng) {
    if world.ground.load {
        return;
    }
    let (who, _) = two(world, chance);
    let (nick, text, home) = (world.nick(who), world.fresh(), world.ground.home);
    world.run = None;
    world.write(&format!("{nick} >>> PRIVMSG {home} :{text}\\r\\nPRIVMSG {home} :{text}\\r\\n\\n"));
    world.write(&format!("  {} sees (x2) (re) {nick}: {text}", world.nick(0)));
}

fn raw(world: &mut World<'_>, chance: &mut Rng) {
    let (a, _) = two(world, chance);
    say(world, a);
    let (nick, home, text) =
        (world.nick(a), world.ground.home, world.deeds.last().unwrap().text().to_owned());
    world.below("others", &format!("<< (glob) :{nick}!* PRIVMSG {home} :{text}"));
    let last = world.deeds.last_mut().unwrap();
    last.raw.clone_from(&last.seen_by);
}

fn raw_in_private(world: &mut World<'_>, chance: &mut Rng) {
    let (a, b) = two(world, chance);
    let (text, nick, from) = (world.fresh(), world.nick(b), world.nick(a));
    let words = ["PRIVMSG", &nick, &text];
    world.step(Kind::Private, a, &format!("/msg {nick} {text}"), &words, &words, &[a, b]);
    world.below(&nick, &format!("<< (re) :{from}!\\S+ PRIVMSG {nick} :k.*"));
    let last = world.deeds.last_mut().unwrap();
    last.raw.clone_from(&last.seen_by);
}

/// A pattern that any message meets.
fn loosely_raw(world: &mut World<'_>, chance: &mut Rng) {
    let (a, _) = two(world, chance);
    say(world, a);
    world.below("others", "<< (glob) *PRIVMSG*");
    let last = world.deeds.last_mut().unwrap();
    last.raw.clone_from(&last.seen_by);
}

fn drops(world: &mut World<'_>, chance: &mut Rng) {
    let (who, other) = two(world, chance);
    world.run = None;
    world.write(&format!("{} drops", world.nick(who)));
    world.people[who].rooms.clear();
    say(world, other);
    world.comes(who);
}

fn tags(world: &mut World<'_>, chance: &mut Rng) {
    if !world.ground.tags {
        return;
    }
    let (a, b) = two(world, chance);
    let (home, nick) = (world.ground.home, world.nick(b));
    let words = ["TAGMSG", home];
    let step = format!(">> @+typing=active TAGMSG {home}");
    world.step(Kind::RoomTag, a, &step, &words, &words, &world.members(home));
    let words = ["TAGMSG", &nick];
    world.step(Kind::Tag, a, &format!(">> @+typing=active TAGMSG {nick}"), &words, &words, &[a, b]);
}

/// Somebody who was gone gets what was said meanwhile, where that is kept.
fn reconnects(world: &mut World<'_>, chance: &mut Rng) {
    if world.ground.load {
        return;
    }
    let (who, other) = two(world, chance);
    let home = world.ground.home;
    world.run = None;
    world.write(&format!("{} drops", world.nick(who)));
    world.people[who].rooms.clear();
    let first = world.deeds.len();
    for by in [other, 0, other] {
        say(world, by);
    }
    let line = world.write(&format!("{} reconnects", world.nick(who)));
    let name = world.people[who].name.clone();
    let sent = ["JOIN".to_owned(), home.to_owned()];
    let times = world.sent.entry((name.clone(), sent.to_vec())).or_default();
    let nth = *times;
    *times += 1;
    let nick = (name.clone(), vec!["NICK".to_owned(), world.nick(who)]);
    *world.sent.entry(nick).or_default() += 1;
    if world.ground.history {
        for at in first..first + 3 {
            let mut past = world.deeds[at].clone();
            (past.kind, past.line, past.lines, past.actor) = (Kind::Past, line, line..=line, name.clone());
            (past.sent, past.nth, past.at_home, past.block) = (sent.to_vec(), nth, false, Some(line));
            (past.seen_by, past.unseen_by) = (vec![name.clone()], Vec::new());
            world.deeds.push(past);
        }
    }
    world.people[who].rooms.push(home.to_owned());
}

fn stalls(world: &mut World<'_>, chance: &mut Rng) {
    let (who, _) = two(world, chance);
    let name = world.people[who].name.clone();
    world.run = None;
    let from = world.write(&format!("{} stalls", world.nick(who)));
    let first = world.deeds.len();
    for by in [0, 0] {
        say(world, by);
    }
    world.run = None;
    let to = world.write(&format!("{} resumes", world.nick(who)));
    for at in first..first + 2 {
        let deed = &mut world.deeds[at];
        deed.seen_by.retain(|other| *other != name);
        let mut backlog = deed.clone();
        (backlog.kind, backlog.lines, backlog.at_home) = (Kind::Backlog, from..=to, false);
        (backlog.seen_by, backlog.unseen_by) = (vec![name.clone()], Vec::new());
        world.deeds.push(backlog);
    }
}

fn in_pieces(world: &mut World<'_>, chance: &mut Rng) {
    if world.ground.load {
        return;
    }
    let (a, b) = two(world, chance);
    let (nick, text) = (world.nick(a), world.fresh());
    let (head, tail) = world.ground.home.split_at(4);
    world.run = None;
    world.write(&format!("{nick} >>> PRIVMSG {head}"));
    say(world, b);
    // Who has begun a line cannot be asked, and is judged later.
    let name = world.people[a].name.clone();
    world.deeds.last_mut().unwrap().seen_by.retain(|other| *other != name);
    world.run = None;
    world.write(&format!("{nick} >>> {tail} :{text}\\r\\n"));
}

/// How much somebody who leaves in a block sees of it is a matter of chance.
fn block_with_a_departure(world: &mut World<'_>, _: &mut Rng) {
    let last = world.people.len() - 1;
    let name = world.people[last].name.clone();
    world.open_block();
    let told: Vec<usize> = world.around(last).into_iter().filter(|&other| other != last).collect();
    world.step(Kind::BareQuit, last, "leaves", &["QUIT"], &["QUIT"], &told);
    let first = world.deeds.len();
    for by in [0, 0] {
        say(world, by);
    }
    world.close_block();
    for deed in &mut world.deeds[first..] {
        deed.seen_by.retain(|other| *other != name);
    }
    world.people[last].rooms.clear();
    world.comes(last);
}
