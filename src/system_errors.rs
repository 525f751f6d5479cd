//! Errors of the operating system, in the words of people: once for `serve` and `join`.

use crate::text::phrase::SystemFault;
use crate::text::{Lang, Phrase};
use std::io::{self, ErrorKind};

/// Why something failed, with the system's number where it has one: that is what people search for.
pub(crate) fn why(error: &io::Error, lang: Lang) -> String {
    let words = words(error, lang);
    match error.raw_os_error() {
        Some(number) => format!("{words} (os error {number})"),
        None => words,
    }
}

/// Why something failed; in the system's own words where it is rare.
pub(crate) fn words(error: &io::Error, lang: Lang) -> String {
    let Some(fault) = fault(error) else {
        let text = error.to_string();
        return text.split(" (os error").next().unwrap_or_default().to_owned();
    };
    Phrase::SystemFault(fault).say(lang)
}

fn fault(error: &io::Error) -> Option<SystemFault> {
    let fault = match error.kind() {
        // What a resolver says comes as an error within an error, and a file that is missing does not.
        ErrorKind::NotFound if error.get_ref().is_some() => SystemFault::UnknownHost,
        ErrorKind::NotFound => SystemFault::NoSuchFile,
        ErrorKind::PermissionDenied => SystemFault::Forbidden,
        ErrorKind::AlreadyExists => SystemFault::Exists,
        ErrorKind::IsADirectory => SystemFault::IsFolder,
        ErrorKind::NotADirectory => SystemFault::NoFolder,
        ErrorKind::ReadOnlyFilesystem => SystemFault::ReadOnly,
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => SystemFault::StorageFull,
        ErrorKind::FileTooLarge => SystemFault::TooLarge,
        ErrorKind::InvalidFilename => SystemFault::BadFileName,
        ErrorKind::InvalidData if error.get_ref().is_none() => SystemFault::NotUtf8,
        ErrorKind::AddrInUse => SystemFault::AddressInUse,
        ErrorKind::AddrNotAvailable => SystemFault::NotOurAddress,
        ErrorKind::TimedOut => SystemFault::TimedOut,
        ErrorKind::ConnectionRefused => SystemFault::Refused,
        ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted | ErrorKind::BrokenPipe => {
            SystemFault::Reset
        }
        ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable | ErrorKind::NetworkDown => {
            SystemFault::Unreachable
        }
        ErrorKind::OutOfMemory => SystemFault::NoMemory,
        _ => return unnamed(error),
    };
    Some(fault)
}

/// Errors for which the standard library has no kind.
#[cfg(unix)]
fn unnamed(error: &io::Error) -> Option<SystemFault> {
    use rustix::io::Errno;
    match Errno::from_io_error(error)? {
        Errno::MFILE | Errno::NFILE => Some(SystemFault::TooManyFiles),
        Errno::IO => Some(SystemFault::DeviceFailed),
        _ => None,
    }
}

#[cfg(not(unix))]
fn unnamed(_: &io::Error) -> Option<SystemFault> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Common errors are told in the person's language: English ones stood in Chinese sentences.
    #[test]
    fn common_errors_in_the_persons_language() {
        let missing = std::fs::File::open("/nowhere/at/all").unwrap_err();
        let number = missing.raw_os_error().unwrap();
        assert_eq!(why(&missing, Lang::ZhTw), format!("沒有這個檔案或資料夾 (os error {number})"));
        assert_eq!(why(&missing, Lang::En), format!("there is no such file or folder (os error {number})"));
        assert_eq!(words(&missing, Lang::ZhTw), "沒有這個檔案或資料夾");
        let no_text = io::read_to_string(&b"\xff"[..]).unwrap_err();
        assert_eq!(why(&no_text, Lang::ZhTw), "不是 UTF-8 的文字");
        let unknown = io::Error::new(ErrorKind::NotFound, "failed to lookup address information");
        assert_eq!(why(&unknown, Lang::ZhTw), "找不到這個主機");
        let known = [
            (ErrorKind::TimedOut, "太久沒有回應"),
            (ErrorKind::ConnectionRefused, "對方拒絕連線"),
            (ErrorKind::ConnectionReset, "連線被重設"),
            (ErrorKind::PermissionDenied, "沒有權限"),
        ];
        for (kind, told) in known {
            assert_eq!(why(&kind.into(), Lang::ZhTw), told);
        }
    }

    /// Rare errors are told in the words of the system.
    #[cfg(target_os = "linux")]
    #[test]
    fn errors_without_a_kind() {
        let why = |number| why(&io::Error::from_raw_os_error(number), Lang::ZhTw);
        assert_eq!(why(5), "裝置出錯 (os error 5)");
        assert_eq!(why(24), "開啟的檔案太多 (os error 24)");
        assert_eq!(why(62), "Timer expired (os error 62)");
    }
}
