use clap::Parser;
use roomchat::cli::{Cli, Command};
use roomchat::{bot, server};
use std::process::ExitCode;

fn main() -> ExitCode {
    match Cli::parse().command {
        Command::Serve(args) => server::run(&args),
        Command::Bot(args) => bot::run(&args),
        Command::Join(_) => ExitCode::from(2),
    }
}
