//! Why a connection failed or ended, in words.

use crate::system_errors;
use crate::text::sanitise::for_drawing;
use crate::text::{Lang, Phrase};
use std::io;

/// For the end of the program, with the system's number.
pub(super) fn why(error: &io::Error, lang: Lang) -> String {
    of_tls(error, lang).unwrap_or_else(|| system_errors::why(error, lang))
}

/// For a notice of the conversation, without it.
pub(super) fn words(error: &io::Error, lang: Lang) -> String {
    of_tls(error, lang).unwrap_or_else(|| system_errors::words(error, lang))
}

fn of_tls(error: &io::Error, lang: Lang) -> Option<String> {
    let inner = error.get_ref().filter(|inner| inner.is::<rustls::Error>())?;
    Some(Phrase::TlsFailed { why: &for_drawing(&inner.to_string()) }.say(lang))
}
