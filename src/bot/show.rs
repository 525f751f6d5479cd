//! The conversation while it is played: a tick per step.

use super::report::excerpt;
use super::script_run::state::Shown;
use crate::text::sanitise::for_drawing;
use colored::Colorize;
use std::io::{self, Write};
use std::thread;
use std::time::Duration;
use unicode_width::UnicodeWidthStr;

/// Time to notice a line; the time to read it comes on top, for each column.
const NOTICE: Duration = Duration::from_millis(300);
const COLUMN: Duration = Duration::from_millis(25);
/// The longest pause after one step.
const MOST: Duration = Duration::from_secs(3);

#[derive(Debug, Clone, Copy)]
pub(super) struct Show {
    pub(super) colour: bool,
    /// At the speed at which people read.
    pub(super) slowly: bool,
}

impl Show {
    /// One step, as the room saw it; where nobody was to see anything, as it
    /// is written.
    pub(super) fn step(self, source: &str, shown: &Shown) {
        let mut lines = shown.lines.clone();
        if lines.is_empty() {
            let line = source.lines().nth(shown.line.saturating_sub(1)).unwrap_or("");
            lines.push(for_drawing(line).into_owned());
        }
        lines.iter_mut().for_each(|line| *line = excerpt(line, 0));
        let text: String = lines.iter().map(|line| self.line(line, shown.well)).collect();
        // The exit status tells the result where standard output is closed.
        let _ = io::stdout().write_all(text.as_bytes());
        if self.slowly {
            let columns: usize = lines.iter().map(|line| line.width()).sum();
            thread::sleep((NOTICE + COLUMN * u32::try_from(columns).unwrap_or(u32::MAX)).min(MOST));
        }
    }

    fn line(self, line: &str, well: bool) -> String {
        let tick = if well { "✓" } else { "✗" };
        if !self.colour {
            return format!("{tick} {line}\n");
        }
        let tick = if well { tick.green() } else { tick.red() };
        match line.split_once(": ") {
            Some((who, text)) => format!("{tick} {}: {text}\n", who.cyan()),
            None => format!("{tick} {}\n", line.italic()),
        }
    }
}
