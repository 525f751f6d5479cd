//! The password of the server, from a file or the environment.

use super::Console;
use crate::kit::{Client, Server, roomchat};
use std::fs;
use std::net::TcpStream;
use std::path::Path;
use std::process::Stdio;

const PASSWORD: &str = "open sesame 芝麻";

fn lets_in_who_knows(address: &str) {
    let client = |lines: &str| {
        let client = Client::over(TcpStream::connect(address).unwrap());
        client.send(lines);
        client
    };
    client(&format!("PASS :{PASSWORD}\r\nNICK a\r\nUSER a 0 * :a")).hears(" 001 a ");
    for lines in ["NICK b\r\nUSER b 0 * :b", "PASS wrong\r\nNICK b\r\nUSER b 0 * :b"] {
        let heard = client(lines).hears_to_the_end();
        assert!(heard.contains(" 464 ") && heard.contains("ERROR :") && !heard.contains(" 001 "), "{heard}");
    }
}

#[test]
fn it_comes_from_a_file_and_is_shown_nowhere() {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("password");
    fs::write(&path, format!("{PASSWORD}\n")).unwrap();
    let server = Server::start(&["--lang", "en", "--password-file", path.to_str().unwrap()]);
    lets_in_who_knows(&server.address.to_string());
    let closed = server.shows("the password is missing or wrong");
    assert!(!closed.contains(PASSWORD));
    fs::write(&path, "\n").unwrap();
    let mut serve = assert_cmd::Command::from_std(roomchat());
    let run =
        serve.args(["serve", "--lang", "en", "--memory", "--password-file"]).arg(&path).assert().code(1);
    let told = format!("the password of the server in {} is empty", path.display());
    run.stderr(predicates::str::contains(told));
}

#[test]
fn it_comes_from_the_environment() {
    let mut serve = roomchat();
    serve
        .args(["serve", "--listen", "127.0.0.1:0", "--log-format", "json"])
        .env("ROOMCHAT_PASSWORD", PASSWORD);
    let mut console = Console::of(serve.stdout(Stdio::piped()).spawn().unwrap());
    lets_in_who_knows(&console.listening().unwrap());
}
