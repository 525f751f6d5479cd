//! A plan as a load test plays it: what is sent, what has to be over before,
//! and what every listener in the room is told of it. Pure.

use crate::bot::expect::Event;
use crate::bot::expect::event::same_room;
use crate::bot::expect::model::{Model, lines};
use crate::bot::expect::refusal::Asked;
use crate::bot::script::keyword::{self, Word};
use crate::bot::script::plan::{ActorId, Plan, PlannedStep};
use crate::bot::script::{Action, Fault};
use crate::client::protocol::CaseMapping;
use crate::text::Lang;
use crate::wire::Message;
use std::collections::BTreeSet;
use std::rc::Rc;
use std::time::Duration;

/// One run of a script, from an empty room to an empty room.
#[derive(Debug)]
pub struct LoadPlan {
    pub moves: Vec<Move>,
    /// After them: everybody who is still there leaves.
    pub ending: Vec<Move>,
}

impl LoadPlan {
    /// How many of the script's moves are steps.
    pub fn steps(&self) -> usize {
        self.moves.iter().filter(|one| matches!(one, Move::Step(_))).count()
    }
}

#[derive(Debug)]
pub enum Move {
    Step(LoadStep),
    /// Everything so far is over: the server has handled it, and all who
    /// listen were told.
    Settle,
    Wait(Duration),
    /// A listener makes this actor the room's operator: without listeners it would have
    /// become that by being the first in the room.
    GrantOp(String),
}

/// One step.
#[derive(Debug)]
pub struct LoadStep {
    /// In the script.
    pub line: usize,
    pub actor: ActorId,
    pub action: ConnectionAction,
    /// What each listener sees of it; of modes, what is asked for.
    pub told: Vec<Event>,
    /// The server must refuse it.
    pub refused: bool,
    pub asked: Rc<Asked>,
    /// Others whose connections the server ends for it.
    pub ended: Vec<ActorId>,
}

/// What an actor's connection does. `Enter`: it is made, registers under this name, and then sends. `Send`
/// has lines with their ends, and so has `Leave`: the last ones, for which the server ends the connection.
#[derive(Debug, PartialEq, Eq)]
pub enum ConnectionAction {
    Enter { nick: String, then: String },
    Send(String),
    Leave(String),
    Drop,
    Stall,
    Resume,
}

/// A step that no load test plays: its line, and what to do.
pub type Unplayable = (usize, String);

impl LoadPlan {
    /// Messages are on their way together; everything else happens alone, so
    /// that the people in the room are at each moment those that the script says.
    ///
    /// # Errors
    /// The first step that can't be played under load.
    pub fn new(plan: &Plan, home: &str, mapping: CaseMapping) -> Result<LoadPlan, Unplayable> {
        let mut names = plan.actors.clone();
        let listener = ActorId(names.len());
        names.push("a listener".to_owned());
        let mut writer = Writer {
            model: Model::new(home, &names),
            listener,
            inside: BTreeSet::new(),
            moves: Vec::new(),
            lang: plan.lang,
        };
        writer.model.mapping = mapping;
        writer.model.registered(listener, "a listener");
        writer.follow(&step(0, listener, Action::Join { room: None, name: None }));
        for group in &plan.groups {
            if group.outage.is_some() {
                let words = [Word::Server, Word::Dies].map(|word| keyword::of(word).spelled(plan.lang));
                return Err((group.line, format!("no load test plays `{}`", words.join(" "))));
            }
            let is_message = |step: &PlannedStep| is_message(&step.action);
            match group.pause {
                Some(time) => writer.moves.push(Move::Wait(time)),
                None if !group.together && group.steps.iter().all(is_message) => {
                    writer.steps(&group.steps)?
                }
                None => writer.alone(&group.steps)?,
            }
        }
        writer.settle();
        let moves = std::mem::take(&mut writer.moves);
        let last = plan.groups.last().map_or(1, |group| group.line);
        for actor in writer.inside.clone() {
            writer.alone(&[step(last, actor, Action::Leave { room: None, reason: None })])?;
        }
        Ok(LoadPlan { moves, ending: writer.moves })
    }
}

struct Writer {
    model: Model,
    /// Stands for all of them: in the room from before the first step.
    listener: ActorId,
    /// The actors that are registered.
    inside: BTreeSet<ActorId>,
    moves: Vec<Move>,
    /// The script's, in which its author is answered.
    lang: Lang,
}

impl Writer {
    fn alone(&mut self, steps: &[PlannedStep]) -> Result<(), Unplayable> {
        let alone = self.first_at_home().is_none();
        self.settle();
        self.steps(steps)?;
        self.settle();
        if let (true, Some(first)) = (alone, self.first_at_home()) {
            self.moves.extend([Move::GrantOp(self.model.nick(first).to_owned()), Move::Settle]);
        }
        Ok(())
    }

    fn steps(&mut self, steps: &[PlannedStep]) -> Result<(), Unplayable> {
        steps.iter().try_for_each(|step| self.step(step))
    }

    /// Of the actors in the room.
    fn first_at_home(&self) -> Option<ActorId> {
        let at_home =
            |id: &&ActorId| self.model.rooms(**id).iter().any(|room| same_room(room, &self.model.home));
        self.inside.iter().find(at_home).copied()
    }

    fn settle(&mut self) {
        if !matches!(self.moves.last(), None | Some(Move::Settle)) {
            self.moves.push(Move::Settle);
        }
    }

    fn step(&mut self, step: &PlannedStep) -> Result<(), Unplayable> {
        let action = self.connection_action(step)?;
        let told = self.follow(step);
        let mut asked = lines(&step.action, &self.model.home);
        if let ConnectionAction::Enter { nick, .. } = &action {
            asked.push(format!("NICK {nick}"));
        }
        let asked = Rc::new(Asked::by(&asked, self.model.mapping));
        let here: BTreeSet<ActorId> = self.model.here().collect();
        let ended: Vec<ActorId> =
            self.inside.iter().copied().filter(|&id| id != step.actor && !here.contains(&id)).collect();
        self.inside.retain(|id| !ended.contains(id));
        let (line, actor, refused) = (step.line, step.actor, step.refused);
        self.moves.push(Move::Step(LoadStep { line, actor, action, told, refused, asked, ended }));
        Ok(())
    }

    fn connection_action(&mut self, step: &PlannedStep) -> Result<ConnectionAction, Unplayable> {
        let (id, inside) = (step.actor, self.inside.contains(&step.actor));
        let no = |why: &str| Err((step.line, format!("no load test {why}")));
        let word = |word| keyword::of(word).spelled(self.lang);
        match &step.action {
            Action::Connect => {
                let [connects, joins] = [Word::Connects, Word::Joins].map(word);
                return no(&format!("plays `{connects}`: write `{joins}`"));
            }
            Action::Bytes(_) => return no("sends parts of lines: write >> for `>>>`"),
            Action::Fault(Fault::Reconnect) => {
                let [reconnects, drops, joins] = [Word::Reconnects, Word::Drops, Word::Joins].map(word);
                return no(&format!("plays `{reconnects}`: write `{drops}` and `{joins}`"));
            }
            Action::Fault(Fault::Drop) => {
                self.inside.remove(&id);
                return Ok(ConnectionAction::Drop);
            }
            Action::Fault(Fault::Stall) => return Ok(ConnectionAction::Stall),
            Action::Fault(Fault::Resume) => return Ok(ConnectionAction::Resume),
            _ => {}
        }
        let sent = lines(&step.action, &self.model.home);
        let text = sent.iter().map(|line| format!("{line}\r\n")).collect();
        if let (Action::Join { name, .. }, false) = (&step.action, inside) {
            if step.refused {
                return no("is turned away at the door");
            }
            let nick = name.as_deref().unwrap_or(&step.called).to_owned();
            self.inside.insert(id);
            self.model.connected(id);
            self.model.registered(id, &nick);
            return Ok(ConnectionAction::Enter { nick, then: text });
        }
        if !inside {
            let joins = word(Word::Joins);
            return no(&format!("speaks on a connection that has not come in: write `{joins}` before it"));
        }
        let is_command = |line: &String, command| Message::parse(line).is_ok_and(|sent| sent.is(command));
        if sent.iter().any(|line| is_command(line, "TAGMSG")) {
            return no("plays `TAGMSG`: its connections ask for no capability");
        }
        if sent.iter().any(|line| is_command(line, "QUIT")) {
            self.inside.remove(&id);
            return Ok(ConnectionAction::Leave(text));
        }
        Ok(ConnectionAction::Send(text))
    }

    /// What a listener sees of it.
    fn follow(&mut self, step: &PlannedStep) -> Vec<Event> {
        let all = self.model.follow(step, false);
        let told = all.into_iter().filter(|told| told.to == self.listener && told.event.counts());
        told.map(|told| told.event).collect()
    }
}

fn is_message(action: &Action<String>) -> bool {
    let says = |line: &String| line.starts_with("PRIVMSG ") || line.starts_with("NOTICE ");
    match action {
        Action::Say { .. } => true,
        Action::Command { .. } => lines(action, "#").iter().all(says),
        _ => false,
    }
}

fn step(line: usize, actor: ActorId, action: Action<String>) -> PlannedStep {
    PlannedStep { line, refused: false, actor, called: String::new(), action }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bot::script::read;
    use expect_test::expect;

    fn shown(source: &str) -> String {
        let load_plan = LoadPlan::new(&read(source).unwrap(), "#lobby", CaseMapping::Ascii).unwrap();
        let line = |one: &Move| match one {
            Move::Settle => "--\n".to_owned(),
            Move::Wait(time) => format!("wait {time:?}\n"),
            Move::GrantOp(nick) => format!("+o {nick}\n"),
            Move::Step(LoadStep { line, action, told, .. }) => {
                let told: Vec<String> = told.iter().map(|event| event.line("#lobby", Lang::En)).collect();
                format!("{line} {action:?} => {told:?}\n")
            }
        };
        load_plan.moves.iter().chain(&load_plan.ending).map(line).collect()
    }

    /// Messages are sent without waiting for each other, everything else alone.
    #[test]
    fn only_messages_go_together() {
        let source = "a joins\nb joins\na: 1\nb: 2\n! a /topic no\nb /msg a psst\nb leaves\na /nick c\n";
        expect![[r#"
            1 Enter { nick: "a", then: "JOIN #lobby\r\n" } => ["a joins"]
            --
            +o a
            --
            2 Enter { nick: "b", then: "JOIN #lobby\r\n" } => ["b joins"]
            --
            3 Send("PRIVMSG #lobby :1\r\n") => ["a: 1"]
            4 Send("PRIVMSG #lobby :2\r\n") => ["b: 2"]
            --
            5 Send("TOPIC #lobby :no\r\n") => []
            --
            6 Send("PRIVMSG a :psst\r\n") => []
            --
            7 Leave("QUIT\r\n") => ["b leaves"]
            --
            8 Send("NICK c\r\n") => ["a → c"]
            --
            8 Leave("QUIT\r\n") => ["c leaves"]
            --
        "#]]
        .assert_eq(&shown(source));
    }

    /// A block is taken at one moment; listeners hear nothing of other rooms.
    #[test]
    fn blocks_and_other_rooms() {
        let source =
            "a joins\nb joins\ntogether {\n  a: 1\n  a leaves\n}\nb joins #lab\nb #lab: hi\nb drops\n";
        expect![[r#"
            1 Enter { nick: "a", then: "JOIN #lobby\r\n" } => ["a joins"]
            --
            +o a
            --
            2 Enter { nick: "b", then: "JOIN #lobby\r\n" } => ["b joins"]
            --
            4 Send("PRIVMSG #lobby :1\r\n") => ["a: 1"]
            5 Leave("QUIT\r\n") => ["a leaves"]
            --
            7 Send("JOIN #lab\r\n") => []
            --
            8 Send("PRIVMSG #lab :hi\r\n") => []
            --
            9 Drop => ["b leaves"]
            --
        "#]]
        .assert_eq(&shown(source));
    }

    #[test]
    fn what_only_a_test_can_do_is_named() {
        let why = |source: &str| {
            let (line, why) =
                LoadPlan::new(&read(source).unwrap(), "#lobby", CaseMapping::Ascii).unwrap_err();
            format!("{line}: {why}")
        };
        assert_eq!(
            why("a joins\na reconnects\n"),
            "2: no load test plays `reconnects`: write `drops` and `joins`"
        );
        assert_eq!(why("a 進入\na 重連\n"), "2: no load test plays `重連`: write `斷線` and `進入聊天室`");
        assert_eq!(why("a connects\n"), "1: no load test plays `connects`: write `joins`");
        assert_eq!(why("a joins\n! b joins as a\n"), "2: no load test is turned away at the door");
        assert_eq!(why("a joins\na >>> PING\n"), "2: no load test sends parts of lines: write >> for `>>>`");
        assert_eq!(
            why("a joins\na >> @+a=1 TAGMSG #lobby\n"),
            "2: no load test plays `TAGMSG`: its connections ask for no capability"
        );
    }
}
