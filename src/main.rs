//! The executable: an outcome becomes an exit code, nothing else.

use clap::{CommandFactory, Parser};
use clap_complete::CompleteEnv;
use roomchat::cli::{Cli, Command};
use roomchat::{bot, join, server};
use std::process::ExitCode;

fn main() -> ExitCode {
    CompleteEnv::with_factory(Cli::command).complete();
    match Cli::parse().command {
        Command::Serve(args) => server::run(&args),
        Command::Join(args) => join::run(&args),
        Command::Bot(args) => bot::run(&args),
    }
}
