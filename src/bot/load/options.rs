//! What is asked for on the command line.

use crate::cli;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::time::Duration;

/// Between two steps, where a rate is given.
const LONGEST_PAUSE: Duration = Duration::from_secs(24 * 60 * 60);

/// What is asked for.
#[derive(Debug, Clone, Copy)]
pub(in crate::bot) struct Load {
    /// At least one: nobody would notice anything otherwise.
    pub(in crate::bot) crowd: usize,
    pub(in crate::bot) repeat: u32,
    /// Listeners who are coming in at the same time.
    pub(super) coming: usize,
    /// Steps a second.
    pub(in crate::bot) rate: Option<f64>,
    /// All connections are encrypted.
    pub(super) tls: bool,
    /// The progress is shown on standard error where that is a terminal.
    shown: bool,
}

impl Load {
    /// None where there is to be no crowd.
    ///
    /// # Errors
    /// A sentence about a figure that is none.
    pub(in crate::bot) fn of(args: &cli::Bot) -> Result<Option<Load>, String> {
        let Some(crowd) = args.crowd else { return Ok(None) };
        let pause = |rate: f64| Duration::try_from_secs_f64(1.0 / rate);
        let rate = match args.rate {
            Some(rate) if !rate.is_finite() || !pause(rate).is_ok_and(|pause| pause <= LONGEST_PAUSE) => {
                return Err(format!("'{rate}' is no rate: write how many steps a second, like 20"));
            }
            rate => rate,
        };
        let (repeat, coming) = (args.repeat.unwrap_or(1), args.coming);
        Ok(Some(Load { crowd, repeat, coming, rate, tls: args.tls, shown: !args.json }))
    }

    /// Its progress, where that is shown.
    pub(super) fn bar(&self) -> ProgressBar {
        let target = match self.shown {
            // Hidden where standard error is no terminal.
            true => ProgressDrawTarget::stderr(),
            false => ProgressDrawTarget::hidden(),
        };
        let style = ProgressStyle::with_template("{bar:40} {pos}/{len} steps, {per_sec}, {eta} to go");
        let bar = ProgressBar::with_draw_target(None, target);
        bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
    }
}
