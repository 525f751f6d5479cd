//! What a typed line means: something to say, a command, an answer.

use super::model::Command;
use super::secret::{Secret, may_carry_password};
pub use super::slash_command::UserIntent;
use super::slash_command::{Moderation, SLASHES, half_width, read as read_command};
use crate::text::Phrase;
use crate::text::sanitise::{for_drawing, for_wire};

/// A line that is not finished: what stands left and right of the cursor.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Draft {
    pub left: String,
    pub right: String,
}

impl Draft {
    /// A draft with the cursor at this byte.
    pub fn at(line: &str, position: usize) -> Draft {
        let (left, right) = line.split_at(line.floor_char_boundary(position.min(line.len())));
        Draft { left: left.to_owned(), right: right.to_owned() }
    }
}

/// What the next typed line is an answer to, and what it begins with.
#[derive(Debug, Default)]
pub struct Input {
    asked: Option<Asked>,
    draft: Draft,
    /// A paste that was not sent, and is in no draft: it is to be in reach again.
    pub refused: Option<String>,
    source: Source,
}

/// Where lines come from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Source {
    /// A line editor, whose prompt tells what the next line is.
    #[default]
    Editor,
    /// Plain lines: the next one may have been written before the question.
    Lines {
        /// What begins with `/` may be a command.
        commands: bool,
    },
}

#[derive(Debug)]
enum Asked {
    Leave,
    /// Of an operator of the server with this name.
    Password(String),
    Paste {
        lines: Vec<String>,
        /// What is typed on where they are not sent.
        draft: Draft,
        /// What was pasted, where the draft is without it.
        pasted: Option<String>,
    },
}

impl Input {
    /// For plain lines; without `commands` each is said as it stands.
    pub fn of_lines(commands: bool) -> Input {
        Input { source: Source::Lines { commands }, ..Input::default() }
    }

    /// The question that is open.
    pub fn question(&self) -> Option<Phrase<'static>> {
        self.asked.as_ref().map(|asked| match asked {
            Asked::Leave => Phrase::SureToLeave,
            Asked::Password(_) => Phrase::AskPassword,
            Asked::Paste { lines, .. } => match &lines[..] {
                [line] => Phrase::SureToSendLong { characters: line.chars().count() },
                lines => Phrase::SureToSend { count: lines.len() },
            },
        })
    }

    /// Whether it is asked where something is to be said.
    pub fn is_about_sending(&self) -> bool {
        matches!(self.asked, Some(Asked::Paste { .. }))
    }

    /// Whether nobody is to see what is typed next.
    pub fn is_secret(&self) -> bool {
        matches!(self.asked, Some(Asked::Password(_)))
    }

    /// What the next line begins with; an answer begins empty.
    pub fn take_draft(&mut self) -> Draft {
        if self.asked.is_some() { Draft::default() } else { std::mem::take(&mut self.draft) }
    }

    /// Enter was pressed, or a line was read.
    pub fn line(&mut self, line: &str) -> UserIntent {
        let is_lines = self.source != Source::Editor;
        match (self.asked.take(), answer(line)) {
            (None, _) => self.talk(line),
            // Nothing typed: it is not wanted any more.
            (Some(Asked::Password(_)), _) if line.is_empty() => UserIntent::Nothing,
            (Some(Asked::Password(name)), _) => {
                let password = Secret::new(line.trim_end_matches(['\r', '\n']).to_owned());
                UserIntent::Do(Command::Oper { name, password })
            }
            (Some(Asked::Leave), Some(true)) => UserIntent::Leave,
            // A plain line that is no answer means no, and is said.
            (Some(Asked::Leave), None) if is_lines => self.talk(line),
            (Some(Asked::Leave), answer) => {
                self.keep_unless(answer.is_some(), line);
                UserIntent::Nothing
            }
            (Some(Asked::Paste { lines, .. }), Some(true)) => UserIntent::Say(lines),
            (Some(Asked::Paste { draft, pasted, .. }), answer) => {
                (self.draft, self.refused) = (draft, pasted);
                self.keep_unless(answer.is_some(), line);
                UserIntent::Nothing
            }
        }
    }

    /// Somebody who did not see the question has typed a sentence: it stands in the line again.
    fn keep_unless(&mut self, is_answer: bool, line: &str) {
        if !is_answer && read(line) != UserIntent::Leave {
            let Draft { left, right } = std::mem::take(&mut self.draft);
            self.draft.left = left + &right + line.trim_end();
        }
    }

    /// Ctrl-C, with what was typed so far, or Ctrl-D on an empty line.
    pub fn interrupt(&mut self, draft: Draft) -> UserIntent {
        if matches!(self.asked, Some(Asked::Leave)) {
            return UserIntent::Leave;
        }
        if self.is_secret() {
            self.asked = None;
            return UserIntent::Nothing;
        }
        if self.asked.is_some() {
            return self.line("no");
        }
        self.draft = draft;
        self.asked = Some(Asked::Leave);
        UserIntent::Nothing
    }

    /// More was pasted into the line than can be edited.
    pub fn pasted(&mut self, draft: Draft, text: &str) -> UserIntent {
        match read(&format!("{}{text}{}", draft.left, draft.right)) {
            UserIntent::Say(lines) => {
                let pasted = Some(text.trim_end().to_owned());
                self.asked = Some(Asked::Paste { lines, draft, pasted });
                UserIntent::Nothing
            }
            UserIntent::Nothing | UserIntent::Leave | UserIntent::AskPassword(_) => {
                self.draft = draft;
                UserIntent::Nothing
            }
            command => command,
        }
    }

    fn talk(&mut self, line: &str) -> UserIntent {
        let meaning = match self.source {
            Source::Lines { commands: false } => read_literally(line),
            Source::Lines { commands: true } | Source::Editor => read(line),
        };
        match meaning {
            UserIntent::Leave => {
                self.asked = Some(Asked::Leave);
                UserIntent::Nothing
            }
            UserIntent::AskPassword(name) => {
                self.asked = Some(Asked::Password(name));
                UserIntent::Nothing
            }
            UserIntent::Say(lines) if lines.len() != 1 => {
                let pasted = Some(lines.join("\n"));
                self.asked = Some(Asked::Paste { lines, draft: Draft::default(), pasted });
                UserIntent::Nothing
            }
            other => other,
        }
    }
}

/// What becomes of a line on the screen once Enter is pressed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trace {
    /// It is said: this message stays.
    Message(String),
    /// A command stays as it was typed.
    Echo,
    /// Nothing stays: what comes of it is asked or shown.
    Nothing,
}

/// Where a typed line can be called back from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recall {
    Never,
    /// Until the program ends: it is private.
    Here,
    /// Also when the program runs again.
    Always,
}

/// Whether ↑ has a line that answers no question.
pub fn recall(line: &str) -> Recall {
    match read(line) {
        UserIntent::Nothing | UserIntent::Leave => Recall::Never,
        _ if may_carry_password(line) => Recall::Here,
        UserIntent::AskPassword(_) => Recall::Here,
        // Each line is remembered by itself once the lines are sent.
        UserIntent::Say(lines) if lines.len() > 1 => Recall::Never,
        UserIntent::Do(Command::Msg { .. }) => Recall::Here,
        // It may have been meant to be private.
        UserIntent::Do(Command::Usage(_) | Command::Unknown { .. }) => Recall::Here,
        // It may set the key of a room.
        UserIntent::Do(Command::Moderate(Moderation::Modes(Some(_))) | Command::Join(_, Some(_))) => {
            Recall::Here
        }
        UserIntent::Say(_) | UserIntent::Do(_) => Recall::Always,
    }
}

/// The text that a line says in the room.
pub fn says(line: &str) -> Option<String> {
    match read(line) {
        UserIntent::Say(lines) => Some(for_wire(&lines.join("\n")).into_owned()),
        UserIntent::Do(Command::Me(text)) => Some(for_wire(&text).into_owned()),
        UserIntent::Nothing | UserIntent::Leave | UserIntent::AskPassword(_) | UserIntent::Do(_) => None,
    }
}

/// The trace of a line that answers no question.
pub fn trace(line: &str) -> Trace {
    match read(line) {
        UserIntent::Say(mut lines) if lines.len() == 1 => Trace::Message(lines.remove(0)),
        UserIntent::Nothing | UserIntent::Leave | UserIntent::Say(_) => Trace::Nothing,
        // What comes of these is shown as it is said.
        UserIntent::Do(Command::Me(_) | Command::Msg { .. }) => Trace::Nothing,
        UserIntent::Do(_) | UserIntent::AskPassword(_) => Trace::Echo,
    }
}

/// A line in which a `/` means nothing.
fn read_literally(line: &str) -> UserIntent {
    let trimmed = line.trim();
    if trimmed.is_empty() {
        return UserIntent::Nothing;
    }
    if half_width(trimmed).eq_ignore_ascii_case("exit") {
        return UserIntent::Leave;
    }
    // Blank lines between others are part of what was pasted.
    let lines = line.trim_end().lines().map(str::trim_end).skip_while(|line| line.is_empty());
    UserIntent::Say(lines.map(str::to_owned).collect())
}

fn read(line: &str) -> UserIntent {
    let literal = read_literally(line);
    let UserIntent::Say(lines) = &literal else {
        return literal;
    };
    let [line] = &lines[..] else {
        return literal;
    };
    // What is not seen may stand before the `/`: a byte order mark, a space without width.
    if !for_drawing(line).trim_start().starts_with(SLASHES) {
        return literal;
    }
    let Some((blanks, command)) = line.split_once(SLASHES) else {
        return literal;
    };
    if command.starts_with(SLASHES) {
        // `//x` says `/x`.
        return UserIntent::Say(vec![format!("{blanks}{command}")]);
    }
    let word = command.split(char::is_whitespace).next().unwrap_or_default();
    if word.contains(SLASHES) {
        // The name of a file.
        return literal;
    }
    read_command(command)
}

/// Yes or no; None for what answers nothing.
pub(super) fn answer(line: &str) -> Option<bool> {
    match half_width(line.trim()).to_ascii_lowercase().as_str() {
        "y" | "yes" | "是" => Some(true),
        "n" | "no" | "否" | "不" | "不是" | "" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn say(text: &str) -> UserIntent {
        UserIntent::Say(vec![text.to_owned()])
    }

    #[test]
    fn a_line_is_said_as_it_stands() {
        let mut input = Input::default();
        assert_eq!(input.line("哈囉"), say("哈囉"));
        assert_eq!(input.line("  indented "), say("  indented"));
        assert_eq!(input.line("I will exit now"), say("I will exit now"));
        assert_eq!(input.line("//etc"), say("/etc"));
        assert_eq!(input.line("   "), UserIntent::Nothing);
        assert_eq!(input.line("\t\n\n"), UserIntent::Nothing);
        assert_eq!(input.question(), None);
    }

    #[test]
    fn leaving_is_asked_and_only_a_yes_leaves() {
        for word in ["exit", " EXIT ", "/exit", "/Quit", "ｅｘｉｔ", "　Ｅxit", "／ｑｕｉｔ"] {
            for yes in ["y", "YES", " ｙ", "是", "Ｙ"] {
                let mut input = Input::default();
                assert_eq!(input.line(word), UserIntent::Nothing);
                assert_eq!(input.question(), Some(Phrase::SureToLeave));
                assert_eq!(input.line(yes), UserIntent::Leave);
            }
            for no in ["n", "", "yeah", "exit"] {
                let mut input = Input::default();
                input.line(word);
                assert_eq!(input.line(no), UserIntent::Nothing);
                assert_eq!(input.question(), None, "{no:?} after {word:?}");
            }
        }
    }

    /// It was neither said nor given back.
    #[test]
    fn a_sentence_typed_at_a_question_is_the_draft() {
        let mut input = Input::default();
        input.interrupt(Draft::at("半句話", 3));
        assert_eq!(input.line("老師我還有一個問題"), UserIntent::Nothing);
        assert_eq!(
            input.take_draft(),
            Draft { left: "半句話老師我還有一個問題".to_owned(), right: String::new() }
        );
        input.line("one\ntwo");
        assert_eq!(input.line("老師我貼了程式"), UserIntent::Nothing);
        assert_eq!(input.take_draft().left, "老師我貼了程式");
        assert_eq!(input.refused.take().as_deref(), Some("one\ntwo"));
        input.line("exit");
        input.line("exit");
        assert_eq!(input.take_draft(), Draft::default());
    }

    #[test]
    fn the_draft_comes_back_after_a_no() {
        let mut input = Input::default();
        assert_eq!(input.interrupt(Draft::at("半句話", 3)), UserIntent::Nothing);
        assert_eq!(input.take_draft(), Draft::default());
        assert_eq!(input.line("n"), UserIntent::Nothing);
        assert_eq!(input.take_draft(), Draft { left: "半".to_owned(), right: "句話".to_owned() });
        assert_eq!(input.take_draft(), Draft::default());
    }

    /// A second Ctrl-C, or the end of the input, leaves without a further question.
    #[test]
    fn second_interrupt_leaves() {
        let mut input = Input::default();
        input.interrupt(Draft::at("x", 1));
        assert_eq!(input.interrupt(Draft::default()), UserIntent::Leave);
        let mut input = Input::default();
        assert_eq!(input.interrupt(Draft::default()), UserIntent::Nothing);
        assert_eq!(input.interrupt(Draft::default()), UserIntent::Leave);
    }

    /// Pasted lines are asked about once, and are never lost.
    #[test]
    fn paste_is_asked_about_once() {
        let mut input = Input::default();
        assert_eq!(input.line("\n one\n\ntwo \n/quit\n\n"), UserIntent::Nothing);
        assert_eq!(input.question(), Some(Phrase::SureToSend { count: 4 }));
        let lines = [" one", "", "two", "/quit"].map(str::to_owned).to_vec();
        assert_eq!(input.line("y"), UserIntent::Say(lines));
        input.line("one\ntwo");
        assert_eq!(input.line("n"), UserIntent::Nothing);
        // It stood in the line again, and nothing but many keys took it out.
        assert_eq!(
            (input.take_draft(), input.refused.take()),
            (Draft::default(), Some("one\ntwo".to_owned()))
        );
        input.line("one\ntwo");
        assert_eq!(input.interrupt(Draft::default()), UserIntent::Nothing);
        assert_eq!(
            (input.take_draft(), input.refused.take()),
            (Draft::default(), Some("one\ntwo".to_owned()))
        );
        assert_eq!(input.line("one line and its end\n"), say("one line and its end"));
    }

    #[test]
    fn a_paste_without_room_is_asked_about() {
        let mut input = Input::default();
        let draft = Draft::at("see: !", 5);
        let long = "x".repeat(5000);
        assert_eq!(input.pasted(draft.clone(), &long), UserIntent::Nothing);
        assert_eq!(input.question(), Some(Phrase::SureToSendLong { characters: 5006 }));
        assert_eq!(input.line(""), UserIntent::Nothing);
        assert_eq!(input.take_draft(), draft);
        assert_eq!(input.refused.take(), Some(long.clone()));
        assert_eq!(input.refused.take(), None);
        input.pasted(draft, &long);
        assert_eq!(input.line("y"), say(&format!("see: {long}!")));
        assert_eq!(input.take_draft(), Draft::default());
        input.pasted(Draft::default(), &"one\n".repeat(90));
        assert_eq!(input.question(), Some(Phrase::SureToSend { count: 90 }));
        input.interrupt(Draft::default());
        let me = input.pasted(Draft::default(), &format!("/me {long}"));
        assert_eq!(me, UserIntent::Do(Command::Me(long)));
        assert_eq!(input.pasted(Draft::default(), &" ".repeat(5000)), UserIntent::Nothing);
        assert_eq!(input.question(), None);
    }

    #[test]
    fn an_unknown_command_is_not_said() {
        let mut input = Input::default();
        let unknown =
            |word: &str, nearest| UserIntent::Do(Command::Unknown { word: word.to_owned(), nearest });
        assert_eq!(input.line("/hepl"), unknown("hepl", Some("help")));
        assert_eq!(input.line("  /hepl"), unknown("hepl", Some("help")));
        assert_eq!(input.line("／hepl"), unknown("hepl", Some("help")));
        assert_eq!(input.line("/"), unknown("", None));
        assert_eq!(input.line("/help nothing"), UserIntent::Do(Command::Help));
        // It was said, with all that followed it.
        for unseen in ["\u{feff}", "\u{200b} ", "\u{2060}\u{202e}", " \x02\x0304,12"] {
            assert_eq!(input.line(&format!("{unseen}/help")), UserIntent::Do(Command::Help), "{unseen:?}");
            assert_eq!(recall(&format!("{unseen}/msg bob x")), Recall::Here, "{unseen:?}");
        }
        assert_eq!(input.line("\u{feff}//x"), say("\u{feff}/x"));
    }

    /// A line that begins with the name of a file is said.
    #[test]
    fn the_name_of_a_file_is_said() {
        let mut input = Input::default();
        for file in ["/etc/passwd", "/usr/bin is full", " /dev/sda1   97%", "／usr／bin"] {
            assert_eq!(input.line(file), say(file));
        }
        assert_eq!(input.line("/topic a/b"), UserIntent::Do(Command::Topic(Some("a/b".to_owned()))));
        assert_eq!(input.line(" //topic x"), say(" /topic x"));
    }

    #[test]
    fn a_pipe_of_lines_says_each_as_it_stands() {
        let mut input = Input::of_lines(false);
        for line in ["/dev/sda1 97%", "/nick evil", "//x", "/quit", "/", " /help"] {
            assert_eq!(input.line(line), say(line));
        }
        assert_eq!(input.line(" Exit "), UserIntent::Nothing);
        assert_eq!(input.question(), Some(Phrase::SureToLeave));
        let mut input = Input::of_lines(true);
        assert_eq!(input.line("/nick x"), UserIntent::Do(Command::Nick("x".to_owned())));
        assert_eq!(input.line("/dev/sda1"), say("/dev/sda1"));
    }

    /// A plain line that is no answer means no and is said: a script writes its lines before it is asked.
    #[test]
    fn plain_line_that_is_no_answer() {
        for commands in [false, true] {
            let mut input = Input::of_lines(commands);
            for line in ["IMPORTANT", "yeah", "y, of course", "no way", "是的"] {
                assert_eq!(input.line("exit"), UserIntent::Nothing);
                assert_eq!(input.line(line), say(line));
                assert_eq!(input.question(), None);
            }
            for no in ["n", "No", "", "  ", "ｎ", "ＮＯ", "否"] {
                input.line("exit");
                assert_eq!(input.line(no), UserIntent::Nothing, "{no:?}");
                assert_eq!(input.question(), None);
            }
            input.line("exit");
            assert_eq!(input.line("exit"), UserIntent::Nothing);
            assert_eq!(input.question(), Some(Phrase::SureToLeave), "asked again");
            assert_eq!(input.line("Ｙ"), UserIntent::Leave);
        }
    }

    #[test]
    fn private_messages_are_not_kept() {
        for kept in ["hi", "/me waves", "//x", "/topic tea"] {
            assert_eq!(recall(kept), Recall::Always, "{kept}");
        }
        for private in ["/msg bob psst", "/MSG bob psst", "/mgs bob psst", "/msg"] {
            assert_eq!(recall(private), Recall::Here, "{private}");
        }
        for secret in
            ["/oper root x", "//oper root x", "oper root x", "/opre root x", "/ns identify x", "/mode +k x"]
        {
            assert_eq!(recall(secret), Recall::Here, "{secret}");
        }
        for gone in ["", "exit", "/quit", "a\nb"] {
            assert_eq!(recall(gone), Recall::Never, "{gone}");
        }
    }

    #[test]
    fn only_what_is_said_looks_like_a_message() {
        assert_eq!(trace("哈囉 "), Trace::Message("哈囉".to_owned()));
        assert_eq!(trace("//x"), Trace::Message("/x".to_owned()));
        assert_eq!(trace("/help"), Trace::Echo);
        for gone in ["", " ", "exit", "/quit", "a\nb"] {
            assert_eq!(trace(gone), Trace::Nothing, "{gone:?}");
        }
    }
}
