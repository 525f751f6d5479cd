//! Which lie is told about what, and whether the bot names the line and the
//! person.

use super::lies::{ECHOED, How, LIES, Lie, To};
use super::random::{Deed, Ground, Kind, Script, random_script};
use super::tell::{Plan, liar};
use crate::kit::{PATIENT, Server, bot_within};
use fastrand::Rng;
use std::collections::HashMap;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Plays that are under way together: they mostly wait.
const AT_ONCE: usize = 6;

/// Scenes of a script.
const SCENES: usize = 10;

/// Scripts that the suite lies about; `ROOMCHAT_LIAR` says how many else.
const SEEDS: u64 = 40;

/// Lies about each script where `ROOMCHAT_LIAR` asks for more.
const LIES_EACH: usize = 8;

/// A lie, about one script.
pub(super) struct Told {
    seed: u64,
    plan: Plan,
}

/// How many scripts are wanted, where more than usual are.
pub(super) fn wanted() -> Option<u64> {
    std::env::var("ROOMCHAT_LIAR").ok().map(|seeds| seeds.parse().unwrap())
}

/// All ways in which a lie can be told about a script.
fn ways(lie: Lie, script: &Script, load: bool) -> Vec<Plan> {
    let about = |at: usize| {
        let deed = &script.deeds[at];
        victims(lie, deed, script, load).into_iter().filter_map(move |victim| {
            let third = third(script, deed, &victim)?;
            let plan = Plan { lie, deed: deed.clone(), next: None, victim, third, load };
            match plan.lie.how {
                How::Early => early(plan, script, at),
                _ => Some(plan),
            }
        })
    };
    let suits = |at: &usize| {
        let deed = &script.deeds[*at];
        lie.about.contains(&deed.kind) && !(deed.kind == Kind::Come && deed.nth > 0)
    };
    (0..script.deeds.len()).filter(suits).flat_map(about).collect()
}

/// What the deed causes is told where the one before it is done.
fn early(plan: Plan, script: &Script, at: usize) -> Option<Plan> {
    let before = script.deeds[..at].iter().rev().find(|before| before.line < plan.deed.line)?;
    let steady = [Kind::Say, Kind::Action, Kind::Topic, Kind::Private, Kind::Notice, Kind::RoomNotice];
    let in_time = steady.contains(&before.kind)
        && before.block.is_none()
        && plan.deed.block.is_none()
        && before.written.is_empty()
        && before.raw.is_empty();
    in_time.then(|| Plan { next: Some(plan.deed), deed: before.clone(), ..plan })
}

fn victims(lie: Lie, deed: &Deed, script: &Script, load: bool) -> Vec<String> {
    if matches!(lie.how, How::Swap { .. } | How::Join) {
        let swaps = deed.block.is_some() && has_a_next(lie, deed, script);
        if !swaps {
            return Vec::new();
        }
    }
    let crowd = || vec!["crowd2".to_owned()];
    match (lie.to, load) {
        (To::Other, true) if deed.at_home => crowd(),
        (To::Bystander, true) if !deed.at_home || matches!(lie.how, How::Ghost(_)) || lie.about.len() > 8 => {
            crowd()
        }
        // No load test asks for echoes.
        (To::Actor, true) if lie.is_about_a_line() && ECHOED.contains(&deed.kind) => Vec::new(),
        (To::Actor, _) => vec![deed.actor.clone()],
        (_, true) => Vec::new(),
        (To::Other, false) => {
            let implied = |name: &&String| {
                (lie.drawn || !deed.written.contains(name)) && (!lie.raw || deed.raw.contains(name))
            };
            deed.seen_by.iter().filter(implied).cloned().collect()
        }
        (To::Bystander, false) => deed.unseen_by.clone(),
    }
}

/// Whether a later line of the block can change places with this one.
fn has_a_next(lie: Lie, deed: &Deed, script: &Script) -> bool {
    let same = !matches!(lie.how, How::Swap { of_same: false });
    let follows = |next: &&Deed| next.block == deed.block && next.kind == deed.kind && next.line >= deed.line;
    let mut later = script.deeds.iter().filter(follows);
    match deed.kind {
        Kind::Past => {
            let mut all = script
                .deeds
                .iter()
                .skip_while(|other| other.text() != deed.text() || other.kind != deed.kind);
            all.next();
            all.any(|next| {
                next.kind == Kind::Past && next.block == deed.block && (next.nick == deed.nick) == same
            })
        }
        _ => later.any(|next| next.line > deed.line && (next.nick == deed.nick) == same),
    }
}

fn third(script: &Script, deed: &Deed, victim: &str) -> Option<String> {
    let mut others = script.deeds.iter().map(|deed| &deed.actor);
    let is_third = |name: &&String| **name != deed.actor && *name != victim && !deed.caused.contains(name);
    let unseen = deed.unseen_by.iter().find(|name| is_third(name));
    unseen.or_else(|| others.find(is_third)).cloned()
}

pub(super) fn script_of(ground: &Ground, seed: u64) -> Script {
    random_script(ground, SCENES, &mut Rng::with_seed(seed))
}

/// Each lie once, or many times where more is wanted.
pub(super) fn chosen(ground: &Ground, load: bool) -> Vec<Told> {
    let only = std::env::var("ROOMCHAT_LIE").ok();
    let rows: Vec<Lie> = LIES
        .iter()
        .filter(|lie| lie.load || !load)
        .filter(|lie| only.as_ref().is_none_or(|only| lie.name.contains(only.as_str())))
        .copied()
        .collect();
    let seeds = wanted().unwrap_or(SEEDS);
    let scripts: Vec<Script> = (0..seeds).map(|seed| script_of(ground, seed)).collect();
    let mut chance = Rng::with_seed(seeds);
    let mut all = Vec::new();
    // How often each has been told about each kind of deed.
    let mut told: HashMap<(&str, Kind), usize> = HashMap::new();
    let mut tell = |seed: usize, lie: Lie, chance: &mut Rng| {
        let ways = ways(lie, &scripts[seed], load);
        let least =
            ways.iter().map(|way| told.get(&(lie.name, way.deed.kind)).copied().unwrap_or(0)).min()?;
        let mut best = ways;
        best.retain(|way| told.get(&(lie.name, way.deed.kind)).copied().unwrap_or(0) == least);
        let plan = best.swap_remove(chance.usize(..best.len()));
        *told.entry((lie.name, plan.deed.kind)).or_default() += 1;
        Some(Told { seed: seed as u64, plan })
    };
    for (nth, &lie) in rows.iter().enumerate() {
        let mut order = (0..scripts.len()).map(|at| (at + nth) % scripts.len());
        all.push(
            order
                .find_map(|seed| tell(seed, lie, &mut chance))
                .unwrap_or_else(|| panic!("{lie:?} is never told")),
        );
    }
    if wanted().is_some() {
        let mut next = rows.iter().cycle();
        for seed in 0..scripts.len() {
            all.extend(
                next.by_ref()
                    .take(rows.len())
                    .filter_map(|&lie| tell(seed, lie, &mut chance))
                    .take(LIES_EACH),
            );
        }
    }
    all
}

/// Plays them all and panics with those that are not caught.
pub(super) fn all_are_caught(ground: &Ground, load: bool) {
    let name = format!("roomchat-liar-{load}-{}", crate::kit::unique());
    let folder = std::env::temp_dir().join(name);
    std::fs::create_dir_all(&folder).unwrap();
    let all = chosen(ground, load);
    let (next, wrong) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while let Some(told) = all.get(next.fetch_add(1, Ordering::SeqCst)) {
                    if let Err(why) = is_caught(ground, told, &folder) {
                        wrong.lock().unwrap().push(why);
                    }
                }
            });
        }
    });
    let wrong = wrong.into_inner().unwrap();
    assert!(wrong.is_empty(), "{} of {} lies are not caught:\n{}", wrong.len(), all.len(), wrong.join("\n"));
    std::fs::remove_dir_all(&folder).unwrap();
}

fn is_caught(ground: &Ground, Told { seed, plan }: &Told, folder: &Path) -> Result<(), String> {
    let script = script_of(ground, *seed);
    let path: PathBuf = folder.join(format!("{seed}-{:?}.txt", std::thread::current().id()));
    std::fs::write(&path, &script.text).unwrap();
    // What is lied away costs the whole timeout; a short one that ran out because the machine had
    // no time for us proves nothing.
    let first = caught_within("2", plan, &path);
    let second = first.or_else(|why| match why.0 {
        Some(0) => Err(why),
        _ => caught_within(PATIENT, plan, &path),
    });
    second.map_err(|(code, told)| {
        let Plan { lie, deed, victim, .. } = plan;
        format!(
            "* {} ({:?}) about {:?}, seed {seed}, told {victim}: exit {code:?}, lines {:?}, written {:?}\n{told}",
            lie.name, lie.how, deed.kind, deed.lines, deed.written,
        )
    })
}

fn caught_within(timeout: &str, plan: &Plan, path: &Path) -> Result<(), (Option<i32>, String)> {
    let server = Server::start(&[]);
    let liar = liar(server.address, plan.clone());
    let mut command = bot_within(timeout);
    if plan.load {
        command.args(["--crowd", "3"]);
    }
    let output = command.arg(path).args(["--server", &liar.address.to_string()]).output().unwrap();
    let told = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    if !liar.has_lied() {
        return Err((output.status.code(), format!("there was no such line:\n{told}")));
    }
    let headline = told.lines().next().and_then(|line| line.strip_prefix(&format!("{}:", path.display())));
    let (line, what) = headline.and_then(|line| line.split_once(": ")).unwrap_or_default();
    let at_its_line = line.parse().is_ok_and(|line| lines_of(plan).contains(&line));
    let named = match plan.load {
        true => what.starts_with("under load: ") && told.contains(who(plan)),
        false => people(plan).iter().any(|name| what.contains(name.as_str())),
    };
    match output.status.code() {
        Some(1) if at_its_line && named => Ok(()),
        code => Err((code, told)),
    }
}

/// By which the lie may be named: under load what nobody sent came with one of
/// those that were on their way together.
fn lines_of(plan: &Plan) -> RangeInclusive<usize> {
    let Deed { line, lines, run, .. } = &plan.deed;
    match (plan.load, plan.lie.how) {
        (false, _) => lines.clone(),
        (true, How::Instead(_) | How::Undone) if !plan.lie.copies && plan.lie.to == To::Other => {
            *line..=*line
        }
        (true, _) => run.clone(),
    }
}

/// Under load: the listener, or the actor; what is not done reaches nobody.
fn who(plan: &Plan) -> &str {
    match plan.lie.how {
        How::Undone => "reached nobody",
        _ => &plan.victim,
    }
}

/// One of these must be named.
fn people(plan: &Plan) -> Vec<String> {
    let (victim, actor) = (plan.victim.clone(), plan.deed.actor.clone());
    match plan.lie.how {
        How::Elsewhere => vec![victim, plan.third.clone()],
        How::Undone => plan.deed.seen_by.iter().cloned().chain([actor]).collect(),
        // Whoever should have been told of the end.
        How::Close { .. } => plan.deed.unseen_by.iter().cloned().chain([victim]).collect(),
        _ => vec![victim],
    }
}
