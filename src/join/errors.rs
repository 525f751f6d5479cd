//! Errors of the operating system, in our words.

use crate::text::sanitise::for_drawing;
use crate::text::{Lang, Phrase};
use std::io::{self, ErrorKind};

/// Why something failed; in the system's words, without its number, where it is rare.
pub(super) fn why(error: &io::Error, lang: Lang) -> String {
    let phrase = match error.kind() {
        ErrorKind::TimedOut => Phrase::TimedOut,
        ErrorKind::ConnectionRefused => Phrase::HostRefuses,
        ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted | ErrorKind::BrokenPipe => Phrase::Reset,
        ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable | ErrorKind::NetworkDown => {
            Phrase::Unreachable
        }
        ErrorKind::NotFound => Phrase::UnknownHost,
        ErrorKind::StorageFull => Phrase::StorageFull,
        _ if error.get_ref().is_some_and(|inner| inner.is::<rustls::Error>()) => {
            return Phrase::TlsFailed { why: &for_drawing(&error.to_string()) }.say(lang);
        }
        _ => {
            let text = error.to_string();
            return text.split(" (os error").next().unwrap_or_default().to_owned();
        }
    };
    phrase.say(lang)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Common errors are told in the person's language: once "timed out" stood between Chinese words.
    #[test]
    fn common_errors_in_the_persons_language() {
        let told = |kind: ErrorKind| why(&kind.into(), Lang::ZhTw);
        assert_eq!(told(ErrorKind::TimedOut), "太久沒有回應");
        assert_eq!(told(ErrorKind::ConnectionReset), "連線被重設");
        assert_eq!(why(&ErrorKind::ConnectionRefused.into(), Lang::En), "connection refused");
    }

    /// A rare error is told in the words of the system, without its number.
    #[cfg(target_os = "linux")]
    #[test]
    fn rare_errors_without_their_number() {
        assert_eq!(why(&io::Error::from_raw_os_error(5), Lang::En), "Input/output error");
    }
}
