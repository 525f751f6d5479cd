//! The man pages under `man/` are what the command line's definition says.

use clap::{Command, CommandFactory};
use roomchat::cli::Cli;
use std::fs;
use std::path::PathBuf;

/// Set to rewrite the pages instead of comparing them.
const REWRITE: &str = "ROOMCHAT_REWRITE_MAN";

fn pages() -> Vec<(String, String)> {
    let mut cli = Cli::command();
    cli.build();
    let commands: Vec<Command> = cli.get_subcommands().cloned().collect();
    let mut pages = vec![page(cli, "roomchat")];
    for command in commands {
        let name = format!("roomchat-{}", command.get_name());
        // A page is named with a dash, its command is typed with a blank.
        let typed = format!("roomchat {}", command.get_name());
        pages.push(page(command.bin_name(typed).display_name(&name), &name));
    }
    pages.push(("roomchat-script.5".to_owned(), crate::script_page::page()));
    pages
}

fn page(command: Command, name: &str) -> (String, String) {
    let mut page = Vec::new();
    let man = clap_mangen::Man::new(command).title(name.to_uppercase()).section("1").date("");
    man.render(&mut page).unwrap();
    (format!("{name}.1"), String::from_utf8(page).unwrap())
}

fn path(page: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("man").join(page)
}

#[test]
fn the_pages_are_those_that_the_command_line_makes() {
    for (name, text) in pages() {
        if std::env::var_os(REWRITE).is_some() {
            fs::write(path(&name), &text).unwrap();
        }
        let checked_in = fs::read_to_string(path(&name)).unwrap_or_default();
        assert!(checked_in == text, "man/{name} is stale: run {REWRITE}=1 cargo test --test it man");
    }
}

#[test]
fn help_fits_a_screen_and_has_examples() {
    let mut cli = Cli::command();
    cli.build();
    for command in cli.get_subcommands_mut() {
        let help = command.render_help().to_string();
        assert!(help.lines().count() <= 40, "{help}");
        assert!(help.contains("Examples:"), "{help}");
    }
}
