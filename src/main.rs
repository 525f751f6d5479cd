use clap::Parser;
use roomchat::cli::{Cli, Command};
use std::process::ExitCode;

fn main() -> ExitCode {
    match Cli::parse().command {
        Command::Serve(args) => roomchat::server::run(&args),
        Command::Join(_) | Command::Bot(_) => ExitCode::from(2),
    }
}
