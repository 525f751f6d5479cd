//! What is known of the server of this sitting, and what is learnt of it.

use super::known_rooms::{Known, KnownRooms, Verdict, begin, is_private};
use super::plan::Plan;
use super::state_folder::StateFolder;
use crate::cli::JoinTls;
use crate::client::transport::{Begin, Peer};
use crate::text::{Lang, Phrase};
use jiff::Timestamp;
use std::io;
use std::net::IpAddr;

/// The file in the state folder.
pub(super) const FILE: &str = "known_rooms";

/// Owned by the main thread.
#[derive(Debug, Default)]
pub(super) struct Trust {
    /// `host:port`, as it was given.
    server: String,
    /// What is known in this sitting, which may be more than what is kept.
    known: Option<Known>,
    /// What was kept of it when that was read last.
    kept: Option<Known>,
    /// The server has told over plain that it encrypts.
    must_encrypt: bool,
}

impl Trust {
    /// # Errors
    /// Where it can't be told what is known: a server may then be another unnoticed.
    pub(super) fn open(plan: &Plan, state: &StateFolder) -> io::Result<Trust> {
        let server = plan.address();
        let known = kept(state)?.of(&server, Timestamp::now());
        Ok(Trust { server, kept: known.clone(), known, must_encrypt: false })
    }

    pub(super) fn known(&self) -> Option<&Known> {
        self.known.as_ref()
    }

    /// Whether the server is expected to encrypt.
    pub(super) fn is_encrypted(&self) -> bool {
        self.must_encrypt || matches!(self.known, Some(Known::Keys(_) | Known::Trusted))
    }

    /// Whether the person may be asked about another key: of a server in a network in which machines
    /// change theirs, as it was named. By a name of the Internet somebody else may lead to there.
    pub(super) fn may_ask(&self, plan: &Plan, address: IpAddr) -> bool {
        let is_here = match plan.host.parse::<IpAddr>() {
            Ok(named) => is_private(named),
            Err(_) => is_private(address) && (!plan.host.contains('.') || plan.host.ends_with(".local")),
        };
        is_here && self.known != Some(Known::Trusted)
    }

    /// What another sitting has learnt meanwhile. What is kept as before does not count against what
    /// this sitting alone knows: a key for one run that the person trusts.
    pub(super) fn read_again(&mut self, state: &StateFolder) {
        let Ok(kept) = kept(state).map(|rooms| rooms.of(&self.server, Timestamp::now())) else { return };
        if kept == self.kept {
            return;
        }
        self.kept.clone_from(&kept);
        if let Some(known @ (Known::Keys(_) | Known::Trusted)) = kept {
            self.known = Some(known);
        }
    }

    pub(super) fn begin(&self, plan: &Plan) -> Begin {
        match begin(plan.tls, self.known(), plan.names_irc) {
            _ if self.must_encrypt => Begin::Encrypted,
            // It may encrypt by now, and a secret is to be said.
            Begin::Plain if plan.password.is_some() && plan.tls == JoinTls::Auto => Begin::Either,
            begin => begin,
        }
    }

    /// From now on nothing is said without encryption.
    pub(super) fn must_encrypt(&mut self) {
        self.must_encrypt = true;
    }

    /// What an encrypted connection has shown. A sentence where the person is to be told.
    pub(super) fn learn(
        &mut self,
        peer: &Peer,
        verdict: &Verdict,
        state: &StateFolder,
        lang: Lang,
    ) -> Option<String> {
        let Verdict::New(known) = verdict else {
            self.is_not_plain(state);
            return None;
        };
        self.known = Some(known.clone());
        let key = &peer.key;
        if *known == Known::Trusted {
            self.keep(state, |rooms, server| rooms.learn(server, known, Timestamp::now()));
            return None;
        }
        if peer.is_for_one_run {
            return Some(Phrase::KeyOfOneRun { key }.say(lang));
        }
        let mut other = None;
        let is_kept = self.keep(state, |rooms, server| {
            other = rooms.other(key, server).map(str::to_owned);
            rooms.learn(server, known, Timestamp::now());
        });
        let phrase = match &other {
            Some(other) => Phrase::KeyOfOther { key, other },
            None => Phrase::NewKey { key, is_kept },
        };
        Some(phrase.say(lang))
    }

    /// Somebody was let in without encryption, where the server was asked for it.
    pub(super) fn is_plain(&mut self, state: &StateFolder) {
        if self.known.is_none() {
            self.known = Some(Known::Plain);
            self.keep(state, |rooms, server| rooms.learn(server, &Known::Plain, Timestamp::now()));
        }
    }

    /// Nobody was let in without encryption: the server is asked for it the next time.
    pub(super) fn is_not_plain(&mut self, state: &StateFolder) {
        if self.known == Some(Known::Plain) {
            self.known = None;
            self.keep(state, |rooms, server| rooms.forget(server));
        }
    }

    /// The person trusts this key from now on.
    pub(super) fn trust(&mut self, peer: &Peer, state: &StateFolder) {
        let known = Known::Keys(vec![peer.key.clone()]);
        if !peer.is_for_one_run {
            self.keep(state, |rooms, server| rooms.learn(server, &known, Timestamp::now()));
        }
        self.known = Some(known);
    }

    /// Where it is kept, and the lines about this server; None where they are not.
    pub(super) fn lines(&self, state: &StateFolder) -> Option<(String, String)> {
        let rooms = kept(state).ok()?;
        let lines = rooms.lines_of(&self.server).join("\n");
        let path = state.path(FILE).filter(|_| !lines.is_empty())?;
        Some((path.display().to_string(), lines))
    }

    /// Reads the file anew, since another sitting may have written it. False where it can't be written: then
    /// all holds in this sitting alone.
    fn keep(&self, state: &StateFolder, change: impl FnOnce(&mut KnownRooms, &str)) -> bool {
        kept(state).is_ok_and(|mut rooms| {
            change(&mut rooms, &self.server);
            state.write(FILE, rooms.lines()).is_ok()
        })
    }
}

fn kept(state: &StateFolder) -> io::Result<KnownRooms> {
    state.read_all(FILE).map(KnownRooms::new)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Its key was told to be remembered on each visit, where nothing could be.
    #[test]
    fn a_key_is_said_to_be_remembered_only_where_it_is() {
        let folder = std::env::temp_dir().join(format!("roomchat-trust-new-{}", std::process::id()));
        let peer = Peer { key: "SHA256:b".to_owned(), is_trusted: false, is_for_one_run: false };
        let new = Verdict::New(Known::Keys(vec![peer.key.clone()]));
        let told = |folder| {
            let mut trust = Trust { server: "192.168.0.2:7000".to_owned(), ..Trust::default() };
            trust.learn(&peer, &new, &StateFolder::new(folder), Lang::En).unwrap()
        };
        assert!(told(Some(folder.clone())).contains("its key is remembered: SHA256:b"));
        assert!(told(None).contains("each visit is the first; the server's key is SHA256:b"));
        std::fs::remove_dir_all(folder).unwrap();
    }

    /// The question was asked again and again: a key for one run is not kept, and the one that is kept came
    /// back with each attempt.
    #[test]
    fn a_key_that_is_not_kept_is_trusted_all_the_same() {
        let folder = std::env::temp_dir().join(format!("roomchat-trust-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        let state = StateFolder::new(Some(folder.clone()));
        let server = "192.168.0.2:7000".to_owned();
        let keys = |key: &str| Some(Known::Keys(vec![key.to_owned()]));
        let line = |key: &str| [format!("192.168.0.2:7000 {key}")];
        state.write(FILE, &line("SHA256:a")).unwrap();
        let mut trust = Trust { server, ..Trust::default() };
        trust.read_again(&state);
        assert_eq!(trust.known, keys("SHA256:a"));
        let peer = Peer { key: "SHA256:b".to_owned(), is_trusted: false, is_for_one_run: true };
        trust.trust(&peer, &state);
        trust.read_again(&state);
        assert_eq!(trust.known, keys("SHA256:b"));
        // What another sitting learns counts.
        state.write(FILE, &line("SHA256:c")).unwrap();
        trust.read_again(&state);
        assert_eq!(trust.known, keys("SHA256:c"));
        std::fs::remove_dir_all(folder).unwrap();
    }
}
