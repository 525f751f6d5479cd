//! `--crowd`: the script as a load test.
//!
//! The script is first played as always, everything in it compared. Then it is
//! played again, as often as wanted, before a crowd of silent listeners: what
//! each of them must see follows from the script (`load_plan`), and that each has
//! seen all of it, once and in one order, is kept account of as it comes
//! (`ledger`). What a run has changed in the room is changed back before the
//! next (`upkeep`). One thread and an event loop (`drive`) are the crowd and the
//! actors, so that thousands of listeners cost little beside the server.

mod conn;
mod cpu;
pub mod crowd;
mod drive;
pub mod figures;
pub mod ledger;
pub mod load_plan;
mod options;
mod refusals;
mod stop;
mod upkeep;

use super::script::plan::Plan;
use super::server_process::ServerProcess;
use crate::client::protocol::CaseMapping;
use drive::Drive;
use figures::Figures;
use load_plan::LoadPlan;
pub(super) use options::Load;
use std::time::Duration;
pub(super) use stop::Stop;

impl Load {
    /// Whether every step is one for a load test.
    ///
    /// # Errors
    /// The first line that is not, and why.
    pub(super) fn suits(plan: &Plan) -> Result<(), (usize, String)> {
        let home = plan.room.as_deref().unwrap_or(super::script_run::state::HOME);
        LoadPlan::new(plan, home, CaseMapping::default()).map(drop)
    }

    /// Plays the script on this server, or on a process of our own.
    pub(super) fn play(
        &self,
        plan: &Plan,
        server: &(String, u16),
        process: Option<&ServerProcess>,
        timeout: Duration,
    ) -> Result<Figures, Stop> {
        let bar = self.bar();
        let drive = Drive::new(plan, self, server, process.map(ServerProcess::pid), timeout);
        let played = drive.and_then(|drive| drive.play(&bar));
        bar.finish_and_clear();
        played
    }
}
