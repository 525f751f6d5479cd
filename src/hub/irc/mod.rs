//! IRC's commands: one table, `commands`, and one file for each group of them.

mod about;
mod caps;
pub(super) mod commands;
pub(super) mod greet;
mod help;
pub(super) mod history;
pub(super) mod list;
mod marker;
mod modes;
mod monitor;
pub(super) mod multiline;
pub(super) mod oper;
mod past;
mod people;
mod redact;
pub(super) mod refuse;
pub(super) mod rooms;
mod session;
mod talk;
mod who;
pub(super) mod write;

use super::caps::Caps;
use super::input::Fault;
use super::seat::Greeting;
use super::turn::Turn;
use super::{Departure, Input, plain};
use crate::chat::{RoomId, RoomKey, UserId, UserKey};
use crate::wire::{BODY, Line, Message, numeric};
use commands::{Command, Run, find};

/// Bytes of a list in one line: they fit whatever stands before them.
const LIST_LINE: usize = 300;

/// Obeys one line of a connection.
pub(super) fn read(turn: &mut Turn<'_>, input: Input) {
    turn.begin(&input);
    match input {
        input if turn.caps().has(Caps::PLAIN) => {
            if let Some(me) = turn.seat().user() {
                plain::hear(turn, me, &input);
            }
        }
        Input::Message(message) => hear(turn, &message),
        Input::Bad(line) if line.fault == Fault::NoCommand && turn.seat().user().is_none() => {
            first_words(turn, &line.text);
        }
        input @ Input::Bad(_) => refuse::bad(turn, &input),
        Input::Endless => {
            turn.reply(numeric::ERR_INPUTTOOLONG, &[], "Input line was too long");
            turn.close(Departure::NotIrc);
        }
    }
    if let Some(greeting) = turn.seat_mut().greeting() {
        greeting.has_spoken = true;
    }
    turn.finish();
    // The capability may have been taken back in the middle of a batch.
    if !turn.caps().has(Caps::MULTILINE) && !turn.is_over() {
        multiline::drop_open(turn, "draft/multiline was given up before the batch ended");
    }
}

/// A message, unless its line is a browser's or a person's first words.
fn hear(turn: &mut Turn<'_>, message: &Message) {
    match turn.seat_mut().greeting() {
        Some(Greeting { has_spoken: false, .. }) if plain::is_http(message.command()) => {
            turn.close(Departure::NotIrc);
        }
        Some(Greeting { is_plain: true, .. }) => plain::propose(turn, message.line()),
        Some(Greeting { has_spoken: false, .. }) if !is_irc(message) => plain::propose(turn, message.line()),
        _ => obey(turn, message),
    }
}

fn obey(turn: &mut Turn<'_>, message: &Message) {
    let me = turn.seat().user();
    let caps = turn.caps();
    // A line of a batch is no command of its own, whatever it is.
    if caps.has(Caps::MULTILINE)
        && me.is_some()
        && let Some(id) = message.tag("batch")
    {
        return multiline::line(turn, message, &id);
    }
    let known = find(message.command()).filter(|command| caps.has(command.needs));
    let command = match (known, me) {
        (Some(Command { run: Run::Registered(_), .. }) | None, None) => {
            return turn.reply(numeric::ERR_NOTREGISTERED, &[], "You have not registered");
        }
        (None, Some(_)) => {
            let name = short(message.command());
            return turn.reply(numeric::ERR_UNKNOWNCOMMAND, &[name], "Unknown command");
        }
        (Some(command), _) => command,
    };
    if message.params().take(command.least).count() < command.least {
        return turn.reply(numeric::ERR_NEEDMOREPARAMS, &[command.name], "Not enough parameters");
    }
    match (&command.run, me) {
        (Run::Always(run), _) => run(turn, message),
        (Run::Registered(run), Some(me)) => run(turn, me, message),
        (Run::Registered(_), None) => {}
    }
}

/// Whether a first line means IRC: by its command, also one that other servers
/// have, or by what stands before it.
fn is_irc(message: &Message) -> bool {
    const OTHERS: [&str; 6] = ["AUTHENTICATE", "PROTOCTL", "SERVER", "SERVICE", "STARTTLS", "WEBIRC"];
    let command = message.command();
    find(command).is_some()
        || OTHERS.iter().any(|other| other.eq_ignore_ascii_case(command))
        || message.source().is_some()
        || message.tags().next().is_some()
}

/// A line without a command from somebody who is not registered.
fn first_words(turn: &mut Turn<'_>, line: &str) {
    match turn.seat_mut().greeting() {
        Some(Greeting { has_spoken: true, is_plain: false, .. }) => {
            turn.reply(numeric::ERR_NOTREGISTERED, &[], "You have not registered");
        }
        _ => plain::propose(turn, line),
    }
}

impl Turn<'_> {
    /// Replies with a numeric of some words and a text.
    pub(super) fn reply(&mut self, code: &str, words: &[&str], text: &str) {
        let line = words.iter().fold(self.numeric(code), |line, word| line.param(word)).text(text);
        self.send(line);
    }

    /// Replies with a standard reply (standard-replies, FAIL).
    pub(super) fn fail(&mut self, command: &str, code: &str, context: &[&str], text: &str) {
        self.standard_reply("FAIL", command, code, context, text);
    }

    /// Replies with a FAIL, WARN or NOTE.
    pub(super) fn standard_reply(
        &mut self,
        kind: &str,
        command: &str,
        code: &str,
        context: &[&str],
        text: &str,
    ) {
        let line = self.line(kind).param(command).param(code);
        let line = context.iter().fold(line, |line, word| line.param(word)).text(text);
        self.send(line);
    }

    /// Sends what relays somebody's words, unless it is too long by what we
    /// have put before them: then nothing is done and they are told.
    fn fits(&mut self, line: &Line) -> bool {
        let fits = line.wire_len() <= BODY;
        if !fits {
            self.reply(numeric::ERR_INPUTTOOLONG, &[], "Input line was too long");
        }
        fits
    }

    /// Replies with a list in as many lines as it takes; none for an empty one.
    fn reply_list(&mut self, code: &str, words: &[&str], items: impl IntoIterator<Item = String>) {
        let mut line = String::new();
        for item in items {
            if line.len() + item.len() > LIST_LINE && !line.is_empty() {
                self.reply(code, words, &line);
                line.clear();
            }
            line.push_str(if line.is_empty() { "" } else { " " });
            line.push_str(&item);
        }
        if !line.is_empty() {
            self.reply(code, words, &line);
        }
    }

    /// The room of that name, or 403.
    fn room(&mut self, name: &str) -> Option<RoomId> {
        let room = self.lobby().find_room(name);
        if room.is_none() {
            self.reply(numeric::ERR_NOSUCHCHANNEL, &[short(name)], "No such channel");
        }
        room
    }

    /// The same by its key, for an action.
    fn room_key(&mut self, name: &str) -> Option<RoomKey> {
        let room = self.room(name)?;
        self.lobby().room_key(room)
    }

    /// The person of that name by their key, or 401.
    fn person_key(&mut self, name: &str) -> Option<UserKey> {
        let user = self.person(name)?;
        self.lobby().user_key(user)
    }

    /// The person of that name, or 401.
    fn person(&mut self, name: &str) -> Option<UserId> {
        let user = self.lobby().find_user(name);
        if user.is_none() {
            self.reply(numeric::ERR_NOSUCHNICK, &[short(name)], "No such nick/channel");
        }
        user
    }

    fn name_of(&self, user: UserId) -> String {
        self.lobby().user(user).map_or_else(|| "*".to_owned(), |user| user.name().to_string())
    }

    fn name_of_key(&self, user: UserKey) -> String {
        self.lobby().user_id(user).map_or_else(|| "*".to_owned(), |user| self.name_of(user))
    }

    fn name_of_room(&self, room: RoomId) -> String {
        self.lobby().room(room).map_or_else(|| "*".to_owned(), |room| room.name().to_string())
    }
}

/// A client's own word in a reply; one so long that the reply would not fit
/// is left out.
pub(super) fn short(word: &str) -> &str {
    const FITS: usize = 200;
    if word.len() <= FITS { word } else { "*" }
}

/// The parts of a list parameter; empty ones do not count.
fn items(list: &str) -> impl Iterator<Item = &str> {
    list.split(',').filter(|item| !item.is_empty())
}

/// A text as one word of at most `most` bytes.
pub(super) fn word(text: &str, most: usize) -> String {
    let visible = |c: &char| !c.is_whitespace() && !c.is_control();
    let word: String = text.trim_start_matches(':').chars().filter(visible).collect();
    let word = &word[..word.floor_char_boundary(most)];
    if word.is_empty() { "*".to_owned() } else { word.to_owned() }
}
