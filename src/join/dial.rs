//! Connecting, in a thread of its own, to a server that has to be the one that is known.

use super::errors;
use super::known_rooms::{Verdict, judge};
use super::plan::Plan;
use super::state_folder::StateFolder;
use super::trust::Trust;
use crate::cli;
use crate::client::protocol::departure;
use crate::client::transport::{ConnectError, Connected, Link, Peer, connect};
use crate::text::Phrase;
use crate::text::sanitise::for_drawing;
use crate::wire::Message;
use crossbeam::channel::{Receiver, bounded};
use std::io;
use std::net::IpAddr;
use std::thread;
use std::time::Duration;

/// So often a server has to be another one before that is believed: one name may have several, and
/// one of them may be about to be replaced.
const TRIES: usize = 3;
const PAUSE: Duration = Duration::from_millis(300);

/// A connection to the server that is meant.
#[derive(Debug)]
pub(super) struct Dialled {
    pub(super) link: Link,
    /// Where it is encrypted.
    pub(super) peer: Option<Peer>,
    /// Never that it has changed.
    pub(super) verdict: Verdict,
}

#[derive(Debug)]
pub(super) enum DialError {
    Io(io::Error),
    /// It was to be encrypted, and is not; what the server says instead.
    NotEncrypted {
        says: String,
    },
    /// It has another key.
    Changed {
        peer: Peer,
        address: IpAddr,
    },
    /// A password would have to be said without encryption.
    PasswordInClear,
}

/// What the thread tells.
#[derive(Debug)]
pub(super) enum Dialling {
    /// The server says nothing, and is waited for.
    Silent,
    Done(Result<Dialled, DialError>),
}

/// Connects in a thread, so that everything else is handled meanwhile.
///
/// # Errors
/// When there is no thread to be had.
pub(super) fn dial(plan: &Plan, trust: &mut Trust, state: &StateFolder) -> io::Result<Receiver<Dialling>> {
    trust.read_again(state);
    // Room for all that it tells.
    let (tx, told) = bounded(TRIES + 1);
    let (host, port) = (plan.host.clone(), plan.port);
    let (begin, known) = (trust.begin(plan), trust.known().cloned());
    let hides_password = plan.password.is_some() && plan.tls != cli::JoinTls::Off;
    let work = move || {
        let attempt = || {
            let Connected { link, peer, address } =
                connect((&host, port), begin, || drop(tx.try_send(Dialling::Silent)))?;
            let verdict = match &peer {
                None if hides_password && !address.to_canonical().is_loopback() => {
                    return Err(DialError::PasswordInClear);
                }
                None => Verdict::Fine,
                Some(peer) => judge(known.as_ref(), peer, address),
            };
            match (verdict, peer) {
                (Verdict::Changed, Some(peer)) => Err(DialError::Changed { peer, address }),
                (verdict, peer) => Ok(Dialled { link, peer, verdict }),
            }
        };
        let mut result = attempt();
        for _ in 1..TRIES {
            if !result.as_ref().is_err_and(DialError::is_another) {
                break;
            }
            thread::park_timeout(PAUSE);
            result = attempt();
        }
        let _ = tx.send(Dialling::Done(result));
    };
    thread::Builder::new().name("connect".into()).spawn(work)?;
    Ok(told)
}

impl From<ConnectError> for DialError {
    fn from(error: ConnectError) -> DialError {
        match error {
            ConnectError::Io(error) => DialError::Io(error),
            ConnectError::NotEncrypted { says } => DialError::NotEncrypted { says },
        }
    }
}

impl DialError {
    /// Whether the server is not the one that is known, as far as one can tell. One that has no room
    /// for anybody says so before it knows that it is spoken to in TLS.
    pub(super) fn is_another(&self) -> bool {
        match self {
            DialError::Changed { .. } => true,
            DialError::NotEncrypted { says } => last_words(says).is_none(),
            DialError::Io(_) | DialError::PasswordInClear => false,
        }
    }

    /// Why, in a clear sentence for the end of the program.
    pub(super) fn sentence(&self, plan: &Plan, trust: &Trust, state: &StateFolder) -> String {
        let (address, lang) = (&*plan.address(), plan.lang);
        let lines = trust.lines(state);
        let lines = lines.as_ref().map(|(path, lines)| (path.as_str(), lines.as_str()));
        let phrase = match self {
            DialError::Io(error) => {
                let is_refused = error.kind() == io::ErrorKind::ConnectionRefused;
                return Phrase::CannotConnect { address, why: &errors::why(error, lang), is_refused }
                    .say(lang);
            }
            DialError::NotEncrypted { says } => match last_words(says) {
                Some(why) => {
                    let why = crate::text::server_words::translated(&why, lang).unwrap_or(why);
                    return Phrase::ConnectionRefused { why: &for_drawing(&why) }.say(lang);
                }
                None if trust.is_encrypted() => Phrase::EncryptedNoMore { address, lines },
                None => Phrase::DoesNotEncrypt { address },
            },
            DialError::Changed { peer, .. } => Phrase::AnotherKey { address, key: &peer.key, lines },
            DialError::PasswordInClear => Phrase::PasswordInClear { address },
        };
        phrase.say(lang)
    }
}

/// What ERROR says.
fn last_words(line: &str) -> Option<String> {
    let message = Message::parse(line).ok().filter(|message| message.is("ERROR"))?;
    Some(departure::closing_reason(message.last()?).to_owned())
}
