//! From the first line to the end of the greeting, and what stays known of it.

use super::capabilities::Capabilities;
use super::features::ServerFeatures;
use super::naming::variation;
use super::refusal::{Refusal, refuses};
use crate::wire::{Line, Message, numeric};

/// How far the registration of one connection has come.
///
/// Its owner hands on every message and sends the line that comes back. It also follows a registration that
/// it has not begun: a script may register by hand.
#[derive(Debug, Clone, Default)]
pub struct Registration {
    pub capabilities: Capabilities,
    pub features: ServerFeatures,
    /// As the server spells it, or as it was asked for last.
    nick: String,
    /// The name that is varied, and how often it was.
    asked: String,
    varied: usize,
    /// Bytes of a name, of an earlier connection to the same server: this one tells them
    /// only after it has taken the name.
    name_bytes: Option<usize>,
    /// The registration was begun here, and not by a script's own lines.
    is_ours: bool,
    is_welcome: bool,
    is_greeted: bool,
}

/// What a message changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    Nothing,
    /// We have a name (001).
    Welcome,
    /// The greeting is complete: what the server says of itself is known (376 or 422).
    Greeted,
    /// We are not let in.
    Refused(Refusal),
}

impl Registration {
    /// Asks for these capabilities where they are offered.
    pub fn new(wanted: &'static [&'static str]) -> Registration {
        Registration { capabilities: Capabilities::new(wanted), ..Registration::default() }
    }

    /// For the next connection to the same server.
    pub fn again(&self) -> Registration {
        let name_bytes = self.features.name_bytes().or(self.name_bytes);
        Registration { capabilities: self.capabilities.again(), name_bytes, ..Registration::default() }
    }

    /// The first lines, where capabilities are wanted: those that make the server wait for
    /// their end, our name, and who we are.
    pub fn begin(&mut self, nick: &str, user: &str, realname: &str) -> [Line; 3] {
        let [name, who] = self.begin_without_capabilities(nick, user, realname);
        [self.capabilities.begin(), name, who]
    }

    /// The first lines of a client that asks for no capability.
    pub fn begin_without_capabilities(&mut self, nick: &str, user: &str, realname: &str) -> [Line; 2] {
        self.is_ours = true;
        let who = Line::new("USER").param(user).param("0").param("*").text(realname);
        [self.ask_for(nick), who]
    }

    /// Asks for a name.
    pub fn ask_for(&mut self, nick: &str) -> Line {
        (self.asked, self.varied) = (nick.to_owned(), 0);
        self.name(nick.to_owned())
    }

    /// Asks once more for the name that was refused.
    pub fn ask_again(&self) -> Line {
        Line::new("NICK").param(&self.nick)
    }

    /// Asks for a name that is like the refused one; None after so many.
    pub fn vary(&mut self, most: usize) -> Option<Line> {
        let varied = variation(&self.asked, self.varied, self.name_bytes).filter(|_| self.varied < most)?;
        self.varied += 1;
        Some(self.name(varied))
    }

    fn name(&mut self, nick: String) -> Line {
        self.nick = nick;
        self.ask_again()
    }

    pub fn nick(&self) -> &str {
        &self.nick
    }

    /// Whether the registration was begun here, and not by a script's own lines.
    pub fn is_ours(&self) -> bool {
        self.is_ours
    }

    pub fn is_welcome(&self) -> bool {
        self.is_welcome
    }

    pub fn is_greeted(&self) -> bool {
        self.is_greeted
    }

    /// Whether it is that name, as the server folds it.
    pub fn is_me(&self, name: &str) -> bool {
        self.features.casemapping().same(name, &self.nick)
    }

    /// Whether an error refuses nothing: that of a server without capabilities, or of one
    /// that knows nobody before NICK.
    pub fn is_formality(&self, message: &Message) -> bool {
        !self.is_welcome && refuses(message) && Refusal::of_registration(message).is_none()
    }

    /// Takes a message: what it changes, and what to answer.
    pub fn receive(&mut self, message: &Message) -> (Progress, Option<Line>) {
        let answer = match message.command() {
            "PING" => Some(Line::new("PONG").text(message.last().unwrap_or_default())),
            "CAP" => self.capabilities.receive(message),
            _ => None,
        };
        (self.progress(message), answer)
    }

    fn progress(&mut self, message: &Message) -> Progress {
        match message.command() {
            // A second 001 changes no name.
            numeric::RPL_WELCOME if !self.is_welcome => {
                self.is_welcome = true;
                message.param(0).unwrap_or_default().clone_into(&mut self.nick);
                Progress::Welcome
            }
            numeric::RPL_MYINFO | numeric::RPL_ISUPPORT => {
                self.features.receive(message);
                Progress::Nothing
            }
            numeric::RPL_ENDOFMOTD | numeric::ERR_NOMOTD if self.is_welcome && !self.is_greeted => {
                self.is_greeted = true;
                Progress::Greeted
            }
            "NICK" => {
                if let (Some(old), Some(new)) = (message.nick(), message.param(0))
                    && self.is_me(old)
                {
                    new.clone_into(&mut self.nick);
                }
                Progress::Nothing
            }
            _ if !self.is_welcome => {
                Refusal::of_registration(message).map_or(Progress::Nothing, Progress::Refused)
            }
            _ => Progress::Nothing,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn receive(registration: &mut Registration, line: &str) -> (Progress, Option<String>) {
        let (progress, answer) = registration.receive(&Message::parse(line).unwrap());
        (progress, answer.map(|line| line.as_str().to_owned()))
    }

    #[test]
    fn a_client_is_let_in() {
        let mut registration = Registration::new(&["batch"]);
        let lines = registration.begin("小花", "guest", "小花").map(|line| line.as_str().to_owned());
        assert_eq!(lines, ["CAP LS 302", "NICK 小花", "USER guest 0 * :小花"]);
        let mut said = |line| receive(&mut registration, line);
        assert_eq!(said("PING :x y"), (Progress::Nothing, Some("PONG :x y".to_owned())));
        assert_eq!(said(":s CAP * LS :batch sasl"), (Progress::Nothing, Some("CAP REQ :batch".to_owned())));
        assert_eq!(said(":s CAP * ACK :batch"), (Progress::Nothing, Some("CAP END".to_owned())));
        assert_eq!(said(":s 422 小花 :no MOTD"), (Progress::Nothing, None), "it was not welcome yet");
        assert_eq!(said(":s 001 小花 :hi"), (Progress::Welcome, None));
        assert_eq!(said(":s 005 小花 CASEMAPPING=rfc1459 :are supported"), (Progress::Nothing, None));
        assert_eq!(said(":s 376 小花 :end"), (Progress::Greeted, None));
        assert_eq!(said(":s 376 小花 :end of /motd"), (Progress::Nothing, None));
        assert_eq!(said(":s 433 小花 bob :in use"), (Progress::Nothing, None));
        said(":小花!u@h NICK a[b]");
        said(":A{b}!u@h NICK ann");
        said(":bob!u@h NICK carl");
        assert!(registration.is_me("Ann") && registration.nick() == "ann");
        assert!(registration.capabilities.has("batch") && registration.is_ours());
    }

    /// An error is classified by what can be done about it: another name, nothing, or anything else.
    #[test]
    fn refusals_during_registration() {
        for (line, wanted) in [
            (":s 433 * a :in use", Progress::Refused(Refusal::Name)),
            (":s 437 * a :unavailable", Progress::Refused(Refusal::Name)),
            (":s 464 * :password", Progress::Refused(Refusal::Final)),
            (":s 904 * :sasl", Progress::Refused(Refusal::Final)),
            (":s 461 * USER :more", Progress::Refused(Refusal::Other)),
            ("FAIL NICK X :no", Progress::Refused(Refusal::Other)),
            (":s 421 * CAP :unknown", Progress::Nothing),
            (":s 451 * :register first", Progress::Nothing),
            (":s NOTICE * :looking you up", Progress::Nothing),
        ] {
            assert_eq!(receive(&mut Registration::default(), line).0, wanted, "{line}");
            let is_formality = Registration::default().is_formality(&Message::parse(line).unwrap());
            assert_eq!(is_formality, line.contains("421") || line.contains("451"), "{line}");
        }
    }

    /// Another name keeps the limit that an earlier connection to the server told.
    #[test]
    fn known_name_limit_is_kept() {
        let mut first = Registration::default();
        receive(&mut first, ":s 005 alexander NICKLEN=9 :are supported");
        let mut second = first.again();
        assert_eq!(second.ask_for("alexander").as_str(), "NICK alexander");
        let varied =
            [second.vary(2), second.vary(2), second.vary(2)].map(|line| line.map(|l| l.as_str().to_owned()));
        assert_eq!(varied, [Some("NICK alexande_".to_owned()), Some("NICK alexand__".to_owned()), None]);
        assert_eq!(second.nick(), "alexand__");
    }
}
