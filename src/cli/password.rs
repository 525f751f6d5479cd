//! The server's password, which stands in no command line: others can read that.

use crate::system_errors;
use crate::text::phrase::PasswordFault;
use crate::text::sanitise::for_drawing;
use crate::text::{Lang, Phrase};
use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// Names it where no file does.
pub const PASSWORD_VARIABLE: &str = "ROOMCHAT_PASSWORD";

/// Bytes of a password: a line with PASS has room for it.
const PASSWORD_BYTES: usize = 200;

/// Bytes of its file that are read.
const FILE_BYTES: u64 = 4096;

/// The line of a file, or of the environment. None where there is neither.
///
/// # Errors
/// One clear sentence for people.
pub fn password(
    file: Option<&Path>,
    env: impl Fn(&str) -> Option<OsString>,
    lang: Lang,
) -> Result<Option<String>, String> {
    let place = file.map_or(PASSWORD_VARIABLE.to_owned(), |path| path.display().to_string());
    let bad = |why| Phrase::BadPassword { place: &for_drawing(&place), why }.say(lang);
    let text = match (file, env(PASSWORD_VARIABLE)) {
        (Some(path), _) => read(path).map_err(|error| {
            Phrase::CannotRead { path: &place, why: &system_errors::why(&error, lang) }.say(lang)
        })?,
        (None, Some(text)) => text.into_string().map_err(|_| bad(PasswordFault::NotText))?,
        (None, None) => return Ok(None),
    };
    // Some editors begin with a byte order mark.
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let text = text.strip_suffix('\n').unwrap_or(text);
    let text = text.strip_suffix('\r').unwrap_or(text);
    match fault(text) {
        None => Ok(Some(text.to_owned())),
        Some(fault) => Err(bad(fault)),
    }
}

fn fault(text: &str) -> Option<PasswordFault> {
    if text.is_empty() {
        Some(PasswordFault::Empty)
    } else if text.contains('\n') {
        Some(PasswordFault::SeveralLines)
    } else if text.len() > PASSWORD_BYTES {
        Some(PasswordFault::TooLong(PASSWORD_BYTES))
    } else {
        text.contains(char::is_control).then_some(PasswordFault::NotText)
    }
}

fn read(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    File::open(path)?.take(FILE_BYTES).read_to_string(&mut text)?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_one_line() {
        let given = |text: &str| password(None, |_| Some(text.into()), Lang::En);
        for text in ["geheim", "geheim\n", "geheim\r\n"] {
            assert_eq!(given(text), Ok(Some("geheim".to_owned())));
        }
        assert_eq!(given(" two words "), Ok(Some(" two words ".to_owned())));
        // All of these were told by one sentence, which named neither the fault nor the variable.
        for (text, fault) in [
            ("", "is empty"),
            ("\n", "is empty"),
            ("a\nb", "is more than one line"),
            ("a\u{1b}b", "is no text in UTF-8 without control characters"),
            (&"x".repeat(PASSWORD_BYTES + 1), "is longer than 200 bytes"),
        ] {
            let told = format!("the password of the server in ROOMCHAT_PASSWORD {fault}");
            assert_eq!(given(text), Err(told), "{text:?}");
        }
        assert_eq!(password(None, |_| None, Lang::En), Ok(None));
        let told = password(Some(Path::new("/nowhere/it/is")), |_| None, Lang::En).unwrap_err();
        assert!(told.contains("/nowhere/it/is"), "{told}");
    }
}
