//! The man pages under `man/` are what the definitions of the command line and
//! of the wire say, and so is README's table.

use clap::{Command, CommandFactory};
use roomchat::cli::Cli;
use roomchat::cli::manual::{self, Part, Section};
use roomchat::hub::manual as protocol;
use roomchat::join::slash_command::COMMANDS;
use roomchat::text::Lang;
use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

/// Set to rewrite the pages instead of comparing them.
const REWRITE: &str = "ROOMCHAT_REWRITE_MAN";

fn pages() -> Vec<(String, String)> {
    let mut cli = with_whole_help(Cli::command()).mut_subcommands(with_whole_help);
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
    pages.push(("roomchat-data.5".to_owned(), roomchat::store::manual::page()));
    pages.push(("roomchat-protocol.7".to_owned(), protocol::page()));
    pages
}

/// clap_mangen leaves out the help of an option that `-h` does not show, unless it is a long one.
fn with_whole_help(command: Command) -> Command {
    command.mut_args(|arg| match (arg.get_long_help(), arg.get_help().cloned()) {
        (None, Some(help)) => arg.long_help(help),
        _ => arg,
    })
}

fn page(command: Command, name: &str) -> (String, String) {
    let mut page = Vec::new();
    let man = clap_mangen::Man::new(command.clone()).title(name.to_uppercase()).section("1").date("");
    man.render_title(&mut page).unwrap();
    man.render_name_section(&mut page).unwrap();
    page.extend(synopsis(&command).into_bytes());
    man.render_description_section(&mut page).unwrap();
    man.render_options_section(&mut page).unwrap();
    if command.has_subcommands() {
        man.render_subcommands_section(&mut page).unwrap();
    }
    let mut page = String::from_utf8(page).unwrap();
    let sections = match name {
        "roomchat-serve" => manual::SERVE,
        "roomchat-join" => manual::JOIN,
        "roomchat-bot" => manual::BOT,
        _ => manual::ROOMCHAT,
    };
    if name == "roomchat-join" {
        page.push_str(&commands());
    }
    sections.iter().for_each(|section| page.push_str(&roff_section(section)));
    let others = ["roomchat(1)", "roomchat-serve(1)", "roomchat-join(1)", "roomchat-bot(1)"];
    let others = others.into_iter().chain(["roomchat-data(5)", "roomchat-script(5)", "roomchat-protocol(7)"]);
    let others: Vec<&str> = others.filter(|other| *other != format!("{name}(1)")).collect();
    page.push_str(&format!(".SH SEE ALSO\n{}\n", roff(&others.join(", "))));
    (format!("{name}.1"), page)
}

/// The options with their values, as one types them.
fn synopsis(command: &Command) -> String {
    let typed = command.get_bin_name().unwrap_or(command.get_name());
    let mut text = format!(".SH SYNOPSIS\n\\fB{}\\fR", roff(typed));
    for arg in command.get_arguments() {
        let values = arg.get_value_names().unwrap_or_default().join(" ");
        let value = match arg.get_action().takes_values() {
            true => format!("\\fI{}\\fR", roff(&values)),
            false => String::new(),
        };
        let option = match arg.get_long() {
            Some("help" | "version") => continue,
            Some(long) => format!("\\fB{}\\fR {value}", roff(&format!("--{long}"))),
            None => value,
        };
        let (option, many) =
            (option.trim_end(), arg.get_num_args().is_some_and(|count| count.max_values() > 1));
        let many = if many || matches!(arg.get_action(), clap::ArgAction::Append) { "..." } else { "" };
        text.push_str(&match arg.is_required_set() {
            true => format!(" {option}{many}"),
            false => format!(" [{option}]{many}"),
        });
    }
    if command.has_subcommands() {
        text.push_str(" \\fICOMMAND\\fR");
    }
    text.push('\n');
    text
}

fn roff_section(section: &Section) -> String {
    let mut text = format!(".SH {}\n", section.title.to_uppercase());
    for (at, part) in section.parts.iter().enumerate() {
        if at > 0 {
            text.push_str(".PP\n");
        }
        match part {
            Part::Text(words) => text.push_str(&format!("{}\n", roff(words))),
            Part::Lines(lines) => text.push_str(&format!(".nf\n{}\n.fi\n", roff(lines))),
            Part::Terms(terms) => {
                terms.iter().for_each(|(term, words)| {
                    text.push_str(&format!(".TP\n\\fB{}\\fR\n{}\n", roff(term), roff(words)));
                });
            }
        }
    }
    text
}

/// Text in which nothing has a meaning of its own for roff.
fn roff(text: &str) -> String {
    text.replace('\\', "\\e").replace('-', "\\-")
}

/// The commands of the room, from the table that `/help` comes from.
fn commands() -> String {
    let mut section =
        String::from(".SH COMMANDS\nTyped in the room; what stands in brackets may be left out.\n");
    for entry in COMMANDS {
        let arguments = match entry.arguments {
            "" => String::new(),
            arguments => format!(" \\fI{}\\fR", roff(arguments)),
        };
        let does = roff(&entry.does.say(Lang::En));
        section.push_str(&format!(".TP\n\\fB/{}\\fR{arguments}\n{does}\n", roff(entry.name)));
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
        *command = command.clone().term_width(80);
        let help = command.render_help().to_string();
        assert!(help.lines().count() <= 24 && help.lines().all(|line| line.chars().count() <= 80), "{help}");
        assert!(help.contains("Examples:"), "{help}");
    }
}

/// Twenty-five options were bare names there.
#[test]
fn each_option_has_its_text_in_its_page() {
    let pages = pages();
    let plain = |text: &str| {
        let text = text.replace("\\*(Aq", "'").replace('\\', "");
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    for command in Cli::command().get_subcommands() {
        let name = format!("roomchat-{}.1", command.get_name());
        let page = plain(&pages.iter().find(|(page, _)| *page == name).unwrap().1);
        for arg in command.get_arguments() {
            let help = plain(&arg.get_help().unwrap().to_string());
            assert!(page.contains(&help), "{name} has no text for --{}: {help}", arg.get_id());
        }
    }
}

/// A page without what one looks for there.
#[test]
fn each_page_has_the_sections_that_a_reader_looks_for() {
    for (name, text) in pages().into_iter().filter(|(name, _)| name.ends_with(".1")) {
        let has = |section: &str| text.contains(&format!(".SH {section}\n"));
        let common = ["SYNOPSIS", "DESCRIPTION", "OPTIONS", "EXAMPLES", "ENVIRONMENT", "SEE ALSO"];
        assert!(common.into_iter().all(has) && !has("EXTRA"), "{name}");
        assert!(name == "roomchat.1" || has("EXIT STATUS"), "{name}");
        // A name in the margin, or a path, begins no request of roff.
        assert!(text.lines().all(|line| !line.starts_with('\'')), "{name}");
    }
}

#[test]
fn the_readme_has_the_table_of_what_is_supported() {
    let readme = fs::read_to_string(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap();
    assert!(readme.contains(&protocol::support_table()), "README needs:\n{}", protocol::support_table());
}

/// Its Chinese half lacked what the English one has.
#[test]
fn both_halves_of_the_readme_have_the_same_options() {
    let readme = fs::read_to_string(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap();
    let (english, chinese) = readme.split_once("## 中文").unwrap();
    // Figures and protocols are the same in any language.
    let (english, _) = english.split_once("## Figures").unwrap();
    let marked = |text: &str| -> BTreeSet<String> {
        let is_part = |c: char| c.is_ascii_alphanumeric() || "-/_".contains(c);
        let words = text.split(|c: char| !is_part(c));
        let is_command =
            |word: &str| word.strip_prefix('/').is_some_and(|name| !name.is_empty() && !name.contains('/'));
        words.filter(|word| word.starts_with("--") || is_command(word)).map(str::to_owned).collect()
    };
    assert_eq!(marked(english), marked(chinese));
    for words in ["COMPLETE=bash", "ROOMCHAT_HISTORY=off", "roomchat-data(5)", "argon2 SALT -id -e"] {
        assert!(english.contains(words) && chinese.contains(words), "{words}");
    }
}

#[test]
fn what_is_supported_is_shown_by_tests() {
    let topics = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/it/hub");
    for support in protocol::SUPPORTED {
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
    for name in protocol::SUPPORTED.iter().flat_map(|support| support.name.split(", ")) {
        let cited = match name {
            "Modern IRC Client Protocol" => "modern, ".to_owned(),
            name => name.trim_start_matches("draft/").replace(' ', "-").to_lowercase(),
        };
        assert!(comments.contains(&cited), "nothing under src/hub cites {name}");
    }
}
