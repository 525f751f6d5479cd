//! The man pages under `man/` are what the definitions of the command line and
//! of the wire say, and so is README's table.

use clap::{Command, CommandFactory};
use roomchat::cli::Cli;
use roomchat::hub::manual;
use roomchat::join::command::COMMANDS;
use roomchat::text::Lang;
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
    pages.push(("roomchat-protocol.7".to_owned(), manual::page()));
    pages
}

fn page(command: Command, name: &str) -> (String, String) {
    let mut page = Vec::new();
    let man = clap_mangen::Man::new(command).title(name.to_uppercase()).section("1").date("");
    man.render(&mut page).unwrap();
    let mut page = String::from_utf8(page).unwrap();
    if name == "roomchat-join" {
        page.push_str(&commands());
    }
    (format!("{name}.1"), page)
}

/// The commands of the room, from the table that `/help` comes from.
fn commands() -> String {
    let roff = |text: &str| text.replace('\\', "\\e").replace('-', "\\-");
    let mut section =
        String::from(".SH COMMANDS\nTyped in the room; what stands in brackets may be left out.\n");
    for entry in COMMANDS {
        let (name, arguments) = (roff(entry.name), roff(entry.arguments));
        let does = roff(&entry.does.say(Lang::En));
        section.push_str(&format!(".TP\n\\fB/{name}\\fR \\fI{arguments}\\fR\n{does}\n"));
    }
    section
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

#[test]
fn the_readme_has_the_table_of_what_is_supported() {
    let readme = fs::read_to_string(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap();
    assert!(readme.contains(&manual::support_table()), "README needs:\n{}", manual::support_table());
}

#[test]
fn what_is_supported_is_shown_by_tests() {
    let topics = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/it/hub");
    for support in manual::SUPPORTED {
        assert!(!support.tests.is_empty(), "{}", support.name);
        for topic in support.tests {
            assert!(topics.join(format!("{topic}.rs")).is_file(), "{topic}");
        }
    }
}

#[test]
fn what_is_supported_is_cited_where_it_is_done() {
    let mut comments = String::new();
    for folder in ["src/hub", "src/hub/encode", "src/hub/irc", "src/chat"] {
        for file in fs::read_dir(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(folder)).unwrap() {
            let path = file.unwrap().path();
            if path.is_file() && !path.ends_with("manual.rs") {
                let text = fs::read_to_string(path).unwrap();
                let cited = text.lines().filter_map(|line| line.split_once("//"));
                cited.for_each(|(_, comment)| comments.push_str(&comment.to_lowercase()));
            }
        }
    }
    for name in manual::SUPPORTED.iter().flat_map(|support| support.name.split(", ")) {
        let cited = match name {
            "Modern IRC Client Protocol" => "modern, ".to_owned(),
            name => name.trim_start_matches("draft/").replace(' ', "-").to_lowercase(),
        };
        assert!(comments.contains(&cited), "nothing under src/hub cites {name}");
    }
}
