//! The state of one connection.

use super::caps::Caps;
use super::ids::Origin;
use super::limits::{SILENCE, TO_ANSWER, TO_BEGIN, TO_REGISTER, TO_REGISTER_IN_ALL};
use super::lines::{End, InputState, Lines};
use super::rate_limit::TokenBucket;
use crate::chat::action::{MessageKind, Part};
use crate::chat::{ClientId, Marker, UserId};
use crate::text::Name;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

/// There is one for each connection, and most are silent: what few connections need is in [`Few`].
#[derive(Debug)]
pub(super) struct Session {
    pub(super) from: SocketAddr,
    /// See [`Origin::is_local`].
    pub(super) is_local: bool,
    pub(super) is_encrypted: bool,
    pub(super) stage: Stage,
    pub(super) caps: Caps,
    /// The peer is the original's client: each read is a message, and each send to it is taken as
    /// one.
    pub(super) reads_packets: bool,
    /// Whether `CAP LS 302` was ever sent.
    pub(super) speaks_302: bool,
    /// Uptime of the last sign of life (a line, or that a slow client took something), or of the
    /// PING that was sent after it.
    pub(super) since: Duration,
    /// `since` is that of a PING which has not been answered.
    pub(super) is_pinged: bool,
    /// It has asked for a room. What the server tells everybody who comes in, up to the first one
    /// that is asked for, is work that nobody pays for.
    pub(super) has_entered: bool,
    pub(super) bucket: TokenBucket,
    pub(super) wrong_passwords: u8,
    /// Distinguishes the timers of this connection from those of an earlier one with the same
    /// number.
    pub(super) generation: u32,
    /// None until it is needed.
    pub(super) few: Option<Box<Few>>,
}

/// Parts that few connections ever have.
#[derive(Debug, Default)]
pub(super) struct Few {
    /// Read markers by folded target; at most [`super::limits::MOST_MARKERS`].
    pub(super) markers: BTreeMap<String, Marker>,
    /// A multiline batch that is open.
    pub(super) draft: Option<Draft>,
    pub(super) lines: Lines,
}

#[derive(Debug)]
pub(super) enum Stage {
    /// Not registered yet.
    Registering(Box<Registration>),
    Here(UserId),
    /// Its `Close` has been issued: further input is ignored.
    Leaving,
}

/// Whether a password is looked at.
#[derive(Debug, Clone, Copy)]
pub(super) enum Look {
    /// From this uptime on.
    At(Duration),
    /// Too many wrong ones wait that came from the same address.
    Never,
}

/// The answers of somebody who is not registered yet.
#[derive(Debug, Default)]
pub(super) struct Registration {
    pub(super) name: Option<Name>,
    pub(super) params: Option<UserParams>,
    pub(super) away: Option<String>,
    /// It has given the password that the server asks for.
    pub(super) has_password: bool,
    /// Whether its first password is looked at, once that has come.
    pub(super) look: Option<Look>,
    /// Between CAP LS or REQ and CAP END.
    pub(super) negotiating: bool,
    /// Uptime from which the time to register, or to begin, counts.
    pub(super) since: Duration,
    /// Uptime of its first byte.
    pub(super) begun: Option<Duration>,
    /// Uptime of the last check while it is in [`super::silent`].
    pub(super) silent: Option<Duration>,
    /// It speaks IRC. Until that is known, every line that is no IRC is tried as a name.
    pub(super) is_irc: bool,
}

/// The parameters of USER.
#[derive(Debug, Clone)]
pub(super) struct UserParams {
    pub(super) user: String,
    pub(super) real: String,
}

/// The part of a multiline batch that has come. Bounded by the limits of such a batch.
#[derive(Debug)]
pub(super) struct Draft {
    /// The batch's name, given by the client.
    pub(super) id: String,
    pub(super) target: String,
    /// Tags, id and label of the opening.
    pub(super) tags: String,
    pub(super) client_id: Option<ClientId>,
    pub(super) label: Option<String>,
    pub(super) kind: Option<MessageKind>,
    pub(super) parts: Vec<Part>,
    /// Uptime of the opening.
    pub(super) since: Duration,
    /// Why it will be refused at its end. Its lines are dropped at once.
    pub(super) fault: Option<BatchFault>,
}

/// Why a batch is not taken: code and context of a FAIL, and its text.
#[derive(Debug)]
pub(super) struct BatchFault(pub(super) &'static str, pub(super) Vec<String>, pub(super) &'static str);

impl Registration {
    /// Notes that something has come. Each read extends the time while a name may be typed byte by
    /// byte.
    pub(super) fn begin(&mut self, now: Duration) {
        self.begun.get_or_insert(now);
        if !self.is_irc {
            self.since = now;
        }
    }

    /// A silent connection is checked again after each [`TO_REGISTER`], so that its deadline never
    /// moves earlier when it begins.
    fn deadline(&self) -> Duration {
        match (self.begun, self.silent) {
            (Some(begun), _) => (self.since + TO_REGISTER).min(begun + TO_REGISTER_IN_ALL),
            (None, Some(looked)) => (looked + TO_REGISTER).min(self.since + TO_BEGIN),
            (None, None) => self.since + TO_REGISTER,
        }
    }
}

impl Session {
    /// `bucket` is not used for local connections, which have no limit.
    pub(super) fn new(from: Origin, uptime: Duration, generation: u32, bucket: TokenBucket) -> Session {
        let Origin { address, is_local } = from;
        Session {
            from: address,
            is_local,
            is_encrypted: false,
            stage: Stage::Registering(Box::new(Registration { since: uptime, ..Registration::default() })),
            caps: Caps::NONE,
            reads_packets: false,
            speaks_302: false,
            since: uptime,
            is_pinged: false,
            has_entered: false,
            bucket: if is_local { TokenBucket::new(0, Duration::ZERO) } else { bucket },
            wrong_passwords: 0,
            generation,
            few: None,
        }
    }

    pub(super) fn user(&self) -> Option<UserId> {
        match self.stage {
            Stage::Here(user) => Some(user),
            _ => None,
        }
    }

    pub(super) fn registration(&mut self) -> Option<&mut Registration> {
        match &mut self.stage {
            Stage::Registering(registration) => Some(registration),
            _ => None,
        }
    }

    /// Whether it is in line mode, or may turn out to be.
    pub(super) fn is_line_mode(&self) -> bool {
        match &self.stage {
            Stage::Registering(registration) => !registration.is_irc,
            _ => self.caps.has(Caps::LINE_MODE),
        }
    }

    /// The address without its port, as others see it: a word that does not begin with a colon.
    pub(super) fn host(&self) -> String {
        let host = self.from.ip().to_canonical().to_string();
        if host.starts_with(':') { format!("0{host}") } else { host }
    }

    /// Creates it if necessary.
    pub(super) fn few(&mut self) -> &mut Few {
        self.few.get_or_insert_default()
    }

    pub(super) fn is_leaving(&self) -> bool {
        matches!(self.stage, Stage::Leaving)
    }

    /// Whether the connection is ending: the lines that wait are obeyed, and no more come.
    pub(super) fn is_ending(&self) -> bool {
        self.few.as_ref().is_some_and(|few| !matches!(few.lines.end, End::Stays))
    }

    /// Whether what it owes is owed by its address as well.
    pub(super) fn has_left(&self) -> bool {
        self.few.as_ref().is_some_and(|few| few.lines.has_left)
    }

    /// Lets lines wait until the client has taken what was sent.
    pub(super) fn set_backlogged(&mut self) {
        if self.is_leaving() {
            return;
        }
        let lines = &mut self.few().lines;
        lines.has_backlog = true;
        if !lines.is_waiting() {
            lines.state = InputState::Backlogged;
        }
    }

    /// The uptime at which something must be done if nothing comes. It only moves later while lines
    /// come.
    pub(super) fn deadline(&self) -> Option<Duration> {
        match (&self.stage, self.is_pinged) {
            (Stage::Registering(registration), _) => Some(registration.deadline()),
            // A person in line mode can't answer a PING.
            (Stage::Here(_), _) if self.caps.has(Caps::LINE_MODE) => None,
            (Stage::Here(_), false) => Some(self.since + SILENCE),
            (Stage::Here(_), true) => Some(self.since + TO_ANSWER),
            (Stage::Leaving, _) => None,
        }
    }
}
