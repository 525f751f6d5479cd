//! The real `join`, against a server whose every line the test chooses.

#[cfg(target_os = "linux")]
mod bench;
#[cfg(unix)]
mod colours;
#[cfg(unix)]
mod commands;
#[cfg(unix)]
mod damaged;
#[cfg(unix)]
mod encrypted;
#[cfg(unix)]
mod ending;
#[cfg(unix)]
mod foreign;
#[cfg(unix)]
mod half;
#[cfg(unix)]
mod held;
#[cfg(unix)]
mod history;
#[cfg(unix)]
mod hostile;
#[cfg(unix)]
mod job;
#[cfg(unix)]
mod kept;
#[cfg(unix)]
mod leaving;
#[cfg(unix)]
mod moderation;
#[cfg(unix)]
mod monkey;
#[cfg(unix)]
mod odd;
#[cfg(unix)]
mod ours;
#[cfg(unix)]
mod paced;
mod pipe;
#[cfg(unix)]
mod pipe_ends;
mod puppet;
#[cfg(unix)]
mod reconnect;
#[cfg(unix)]
mod redact;
#[cfg(unix)]
mod relay;
#[cfg(unix)]
mod rooms;
#[cfg(unix)]
mod screen;
#[cfg(unix)]
mod terminal;
#[cfg(unix)]
mod tmux;
#[cfg(unix)]
mod tty;
#[cfg(unix)]
mod typing;

use std::time::Duration;

/// What is told where a line is not confirmed within a second, and once it is.
const LATE: [&str; 2] = ["[還沒送達，等待伺服器 …]", "[已送達]"];

/// The one deadline: generous, since only a failing test waits for it.
const DEADLINE: Duration = Duration::from_secs(30);
