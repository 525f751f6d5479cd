//! Random scripts that an honest server passes, and who sees what in them.

use fastrand::Rng;
use roomchat::bot::expect::model::Model;
use roomchat::bot::script::plan::{Act, ActorId};
use roomchat::bot::script::{Action, Fault, read};
use std::collections::HashMap;
use std::fmt::Write;
use std::ops::RangeInclusive;

const PEOPLE: [&str; 5] = ["甲", "乙", "丙", "丁", "戊"];
/// Kinds of step that [`random_script`] chooses from.
pub(super) const KINDS: usize = 16;
const STEPS: usize = 24;

pub(super) struct Script {
    pub(super) text: String,
    pub(super) kinds: Vec<usize>,
}

/// Everybody comes in, then steps of all kinds; each kind leaves everybody in
/// the first room again.
pub(super) fn random_script(chance: &mut Rng) -> Script {
    let mut text = String::new();
    for person in PEOPLE {
        writeln!(text, "{person} 進入聊天室").unwrap();
    }
    let mut names: Vec<String> = PEOPLE.map(str::to_owned).to_vec();
    let mut kinds = Vec::new();
    for nth in 0..STEPS {
        let kind = chance.usize(..KINDS);
        kinds.push(kind);
        add(kind, nth, &mut names, chance, &mut text);
    }
    Script { text, kinds }
}

fn add(kind: usize, nth: usize, names: &mut [String], chance: &mut Rng, text: &mut String) {
    // The first stays operator, and so never leaves.
    let who = chance.usize(1..names.len());
    let other = (who + chance.usize(1..names.len())) % names.len();
    let (first, a, b) = (names[0].clone(), names[who].clone(), names[other].clone());
    let say = format!("k{nth}x");
    let lines = match kind {
        0 => format!("{a}: {say}"),
        1 => format!(
            "{a} joins #lab\n{first} joins #lab\n{a} #lab: {say}\n{a} leaves #lab: {say}\n{first} leaves #lab"
        ),
        2 => format!("{a} /me {say}"),
        3 => format!("{a} /msg {b} {say}\n  {b} sees [private] {a}: {say}"),
        4 => format!("{first} /topic {say}\n  everyone sees topic: {say}"),
        5 => {
            names[who] = format!("{a}{nth}");
            format!("{a} /nick {}", names[who])
        }
        6 => format!("{a} leaves: {say}\n{a} joins"),
        7 => format!("{a} >> PRIVMSG #lobby :{say}\n  others sees (glob) *: {say}"),
        8 => format!("{a} >>> PRIVMSG #lob\n{b}: {say}\n{a} >>> by :{say}\\r\\n"),
        9 => {
            let lines: String =
                names.iter().map(|name| format!("  {name}: {say}1\n  {name}: {say}2\n")).collect();
            format!("together {{\n{lines}}}")
        }
        10 => format!("{a} drops\n{b}: {say}\n{a} reconnects"),
        11 => format!("{a} stalls\n{b}: {say}1\n{b}: {say}2\n{a} resumes"),
        12 => format!(
            "{a} >>> PRIVMSG #lobby :{say}\\r\\nPRIVMSG #lobby :{say}\\r\\n\n  {first} sees (x2) (re) {a}: k\\d+x"
        ),
        13 => format!("{first} /kick {a} {say}\n{a} joins"),
        14 => format!("! {a} #nowhere: {say}\n{b}: {say}\n  others << (glob) :{b}!* PRIVMSG #lobby :{say}"),
        _ => {
            let last = names.last().unwrap();
            format!("together {{\n  {last} leaves\n  {first}: {say}1\n  {first}: {say}2\n}}\n{last} joins")
        }
    };
    writeln!(text, "{lines}").unwrap();
}

/// A line that a person sees, and the script's lines by which a lie about it
/// may be named.
pub(super) struct Seen {
    pub(super) person: String,
    /// Among all that this person sees.
    pub(super) nth: usize,
    pub(super) lines: RangeInclusive<usize>,
}

pub(super) fn seen_by(script: &str) -> Vec<Seen> {
    let plan = read(script).unwrap();
    let mut model = Model::new("#lobby", &plan.actors);
    let mut all: Vec<Seen> = Vec::new();
    let mut counts: HashMap<ActorId, usize> = HashMap::new();
    // Who can't answer is compared later: from which entry on.
    let mut waiting: HashMap<ActorId, usize> = HashMap::new();
    for act in &plan.acts {
        let inner = act.steps().iter().map(|step| step.line).chain(act.wants().iter().map(|want| want.line));
        let lines = act.line()..=inner.max().unwrap_or(act.line());
        for step in act.steps() {
            let id = step.actor;
            if matches!(step.action, Action::Join { .. } | Action::Fault(Fault::Reconnect))
                && !model.here().any(|here| here == id)
            {
                let nick = model.nick(id).to_owned();
                model.registered(id, &nick);
            }
            let begins = match &step.action {
                Action::Bytes(bytes) => !bytes.ends_with("\\n"),
                action => *action == Action::Fault(Fault::Stall),
            };
            if begins {
                waiting.insert(id, all.len());
            } else if let Some(from) = waiting.remove(&id) {
                for seen in all[from..].iter_mut().filter(|seen| seen.person == plan.actors[id.0]) {
                    seen.lines = *seen.lines.start()..=*lines.end();
                }
            }
            let refusal = step.refused.then_some(id);
            let mut events: Vec<(ActorId, _)> =
                model.follow(step, true).into_iter().map(|told| (told.to, told.event)).collect();
            if step.action == Action::Fault(Fault::Reconnect) {
                events.extend(model.take_missed(id).into_iter().map(|event| (id, event)));
            }
            let events = events.into_iter().filter(|(_, event)| event.counts());
            for who in events.map(|(who, _)| who).chain(refusal) {
                let nth = counts.entry(who).or_default();
                all.push(Seen { person: plan.actors[who.0].clone(), nth: *nth, lines: lines.clone() });
                *nth += 1;
            }
        }
    }
    // How much somebody who leaves in a block sees of it is a matter of chance.
    let chance = |act: &Act| match act {
        Act::Together(block) => block.steps.iter().any(|step| matches!(step.action, Action::Leave { .. })),
        _ => false,
    };
    if plan.acts.iter().any(chance) {
        all.retain(|seen| seen.person != PEOPLE[PEOPLE.len() - 1]);
    }
    all
}
