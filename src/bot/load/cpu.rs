//! What a process has used of the processors.

use std::time::Duration;

/// User and system time of all its threads so far (proc_pid_stat(5), fields
/// 14 and 15), to the hundredth of a second.
#[cfg(target_os = "linux")]
pub(super) fn used(pid: u32) -> Option<Duration> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name, field 2, may hold blanks and brackets of its own.
    let (_, after) = stat.rsplit_once(')')?;
    let mut fields = after.split_ascii_whitespace().skip(11);
    let (user, system): (u64, u64) = (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
    let a_second = rustix::param::clock_ticks_per_second();
    Some(Duration::from_secs_f64((user + system) as f64 / a_second as f64))
}

#[cfg(not(target_os = "linux"))]
pub(super) fn used(_: u32) -> Option<Duration> {
    None
}
