//! `--crowd`: the script as a load test.
//!
//! The script is first played as always, everything in it compared. Then it is
//! played again, as often as wanted, before a crowd of silent listeners: what
//! each of them must see follows from the script (`score`), and that each has
//! seen all of it, once and in one order, is kept account of as it comes
//! (`ledger`). What a playing has changed in the room is changed back before the
//! next (`upkeep`). One thread and an event loop (`drive`) are the crowd and the
//! actors, so that thousands of listeners cost little beside the server.

mod conn;
mod cpu;
pub mod crowd;
mod drive;
pub mod figures;
pub mod ledger;
mod refusals;
pub mod score;
mod upkeep;

use super::script::plan::Plan;
use super::stage::Stage;
use crate::cli;
use crate::client::protocol::CaseMapping;
use drive::Drive;
pub(super) use drive::Stop;
use figures::Figures;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use score::Score;
use std::time::Duration;

/// Between two steps, where a rate is given.
const LONGEST_PAUSE: Duration = Duration::from_secs(24 * 60 * 60);

/// What is asked for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Load {
    /// At least one: nobody would notice anything otherwise.
    pub(super) crowd: usize,
    pub(super) repeat: u32,
    /// Listeners who are coming in at the same time.
    coming: usize,
    /// Steps a second.
    pub(super) rate: Option<f64>,
    /// The progress is shown on standard error where that is a terminal.
    shown: bool,
}

impl Load {
    /// None where there is to be no crowd.
    ///
    /// # Errors
    /// A sentence about a figure that is none.
    pub(super) fn of(args: &cli::Bot) -> Result<Option<Load>, String> {
        let Some(crowd) = args.crowd else { return Ok(None) };
        let pause = |rate: f64| Duration::try_from_secs_f64(1.0 / rate);
        let rate = match args.rate {
            Some(rate) if !rate.is_finite() || !pause(rate).is_ok_and(|pause| pause <= LONGEST_PAUSE) => {
                return Err(format!("'{rate}' is no rate: write how many steps a second, like 20"));
            }
            rate => rate,
        };
        let (repeat, coming) = (args.repeat.unwrap_or(1), args.coming);
        Ok(Some(Load { crowd, repeat, coming, rate, shown: !args.json }))
    }

    /// Whether every step is one for a load test.
    ///
    /// # Errors
    /// The first line that is not, and why.
    pub(super) fn suits(plan: &Plan) -> Result<(), (usize, String)> {
        let home = plan.room.as_deref().unwrap_or(super::play::HOME);
        Score::new(plan, home, CaseMapping::default()).map(drop).map_err(|no| (no.line, no.why))
    }

    /// Plays the script on this server, or on our own stage.
    pub(super) fn play(
        &self,
        plan: &Plan,
        server: &(String, u16),
        stage: Option<&Stage>,
        timeout: Duration,
    ) -> Result<Figures, Stop> {
        let bar = self.bar();
        let drive = Drive::new(plan, self, server, stage.map(Stage::pid), timeout);
        let played = drive.and_then(|drive| drive.play(&bar));
        bar.finish_and_clear();
        played
    }

    fn bar(&self) -> ProgressBar {
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
