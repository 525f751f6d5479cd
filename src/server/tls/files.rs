//! An administrator's certificate and key, in two files that some other program replaces now and
//! then.

use super::Tls;
use super::identity::Identity;
use crate::system_errors::why;
use crate::text::Lang;
use crossbeam::channel::{Receiver, RecvTimeoutError};
use std::fs::File;
use std::io::{self, Read};
use std::path::PathBuf;
use std::time::Duration;

/// How often the files are looked at. A good pair is taken up at the first look, a bad one is told
/// of at the second: between the two, one file may be new and the other not yet.
const INTERVAL: Duration = Duration::from_secs(3);

/// Bytes of a file: a chain of certificates has a few thousand.
const MOST_BYTES: u64 = 1 << 20;

/// Where they are, and what was last in them.
#[derive(Debug)]
pub(crate) struct Files {
    certificate: PathBuf,
    key: PathBuf,
    /// What is wrong with them is told in.
    lang: Lang,
    seen: Contents,
    /// What is in them now was taken up, or was told of.
    is_settled: bool,
}

/// Both files, or why one of them can't be read.
type Contents = Result<(Vec<u8>, Vec<u8>), String>;

/// What became of new files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Change {
    /// New connections have this key.
    Taken { fingerprint: String },
    /// They have the one before.
    Refused { why: String },
}

impl Files {
    /// Reads both for the first time.
    ///
    /// # Errors
    /// One sentence, where they are no pair.
    pub(crate) fn open(certificate: PathBuf, key: PathBuf, lang: Lang) -> Result<(Files, Identity), String> {
        let seen = contents(&certificate, &key, lang);
        let identity = identity(&seen)?;
        Ok((Files { certificate, key, lang, seen, is_settled: true }, identity))
    }

    /// Looks at the files until the other end is dropped. The thread's whole life.
    pub(crate) fn watch(mut self, tls: &Tls, stop: &Receiver<()>, mut tell: impl FnMut(Change)) {
        while stop.recv_timeout(INTERVAL) == Err(RecvTimeoutError::Timeout) {
            self.look(tls).into_iter().for_each(&mut tell);
        }
    }

    fn look(&mut self, tls: &Tls) -> Option<Change> {
        let now = contents(&self.certificate, &self.key, self.lang);
        let is_new = now != self.seen;
        if is_new {
            (self.seen, self.is_settled) = (now, false);
        }
        if self.is_settled {
            return None;
        }
        match identity(&self.seen) {
            Ok(Identity { config, fingerprint }) => {
                self.is_settled = true;
                tls.replace(config);
                Some(Change::Taken { fingerprint })
            }
            Err(_) if is_new => None,
            Err(why) => {
                self.is_settled = true;
                Some(Change::Refused { why })
            }
        }
    }
}

fn contents(certificate: &PathBuf, key: &PathBuf, lang: Lang) -> Contents {
    let read = |path: &PathBuf| {
        let mut bytes = Vec::new();
        let read = File::open(path).and_then(|file| file.take(MOST_BYTES + 1).read_to_end(&mut bytes));
        let read = read.and_then(|count| match count as u64 > MOST_BYTES {
            true => Err(io::ErrorKind::FileTooLarge.into()),
            false => Ok(bytes),
        });
        read.map_err(|error| format!("{}: {}", path.display(), why(&error, lang)))
    };
    Ok((read(certificate)?, read(key)?))
}

fn identity(contents: &Contents) -> Result<Identity, String> {
    let (certificate, key) = contents.as_ref().map_err(String::clone)?;
    Identity::from_pem(certificate, key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    /// A pair in PEM.
    fn pair() -> (String, String) {
        let key = rcgen::KeyPair::generate().unwrap();
        (rcgen::CertificateParams::default().self_signed(&key).unwrap().pem(), key.serialize_pem())
    }

    /// A new pair is taken up at once, one of which half is there is waited for, and a bad one is
    /// told of once while the old one stays.
    #[test]
    fn a_pair_is_taken_up_when_it_is_whole() {
        let folder = std::env::temp_dir().join(format!("roomchat-files-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let (certificate, key) = (folder.join("c"), folder.join("k"));
        let write = |pair: &(String, String), is_whole: bool| {
            fs::write(&certificate, &pair.0).unwrap();
            if is_whole {
                fs::write(&key, &pair.1).unwrap();
            }
        };
        write(&pair(), true);
        let (mut files, first) = Files::open(certificate.clone(), key.clone(), Lang::En).unwrap();
        let tls = Tls::new(first.config);
        assert_eq!(files.look(&tls), None);
        let second = pair();
        let before = tls.current();
        write(&second, false);
        assert_eq!(files.look(&tls), None, "the key may be on its way");
        write(&second, true);
        let Some(Change::Taken { fingerprint }) = files.look(&tls) else { panic!("not taken up") };
        assert_ne!(fingerprint, first.fingerprint);
        let taken = tls.current();
        assert!(!std::ptr::eq(&*before, &*taken));
        write(&pair(), false);
        assert_eq!(files.look(&tls), None);
        assert!(matches!(files.look(&tls), Some(Change::Refused { .. })));
        assert_eq!(files.look(&tls), None, "told of once");
        fs::remove_file(&key).unwrap();
        assert_eq!(files.look(&tls), None);
        let Some(Change::Refused { why }) = files.look(&tls) else { panic!("a missing key") };
        assert!(why.contains(&key.display().to_string()), "{why}");
        assert!(std::ptr::eq(&*taken, &*tls.current()), "the old pair stays");
        fs::remove_dir_all(&folder).unwrap();
    }
}
