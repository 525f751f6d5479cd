//! `--trace`: every raw line of every actor.

use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Where the raw lines of all actors go.
#[derive(Clone)]
pub(super) struct Trace(Arc<Mutex<dyn Write + Send>>);

impl Trace {
    pub(super) fn new(out: impl Write + Send + 'static) -> Trace {
        Trace(Arc::new(Mutex::new(out)))
    }

    pub(super) fn line(&self, at: Duration, who: &str, sign: char, line: &str) {
        let mut out = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // A trace that can't be written is no reason to fail a script.
        let _ = writeln!(out, "{:9.3} {who} {sign} {}", at.as_secs_f64(), line.escape_debug());
    }
}
