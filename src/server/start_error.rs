//! Why a server does not start.

use std::process::ExitCode;

/// One clear sentence for people.
#[derive(Debug)]
pub(super) enum StartError {
    /// The command line makes no sense.
    Usage(String),
    /// It makes sense, and can't be done.
    Failed(String),
}

impl StartError {
    pub(super) fn sentence(&self) -> &str {
        match self {
            StartError::Usage(sentence) | StartError::Failed(sentence) => sentence,
        }
    }

    pub(super) fn exit_code(&self) -> ExitCode {
        match self {
            StartError::Usage(_) => ExitCode::from(2),
            StartError::Failed(_) => ExitCode::FAILURE,
        }
    }
}

impl From<String> for StartError {
    fn from(sentence: String) -> StartError {
        StartError::Failed(sentence)
    }
}
