//! Lies that everybody is told: nobody saw anything else than the others.

use crate::kit::{Server, bot};
use predicates::prelude::*;
use std::io::{BufRead, BufReader, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::thread;

/// A way to a server on which each line for a client becomes another, or nothing.
fn altered(server: SocketAddr, alter: fn(String) -> Option<String>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for near in listener.incoming() {
            let (near, far) = (near.unwrap(), TcpStream::connect(server).unwrap());
            let (mut from, mut to) = (near.try_clone().unwrap(), far.try_clone().unwrap());
            thread::spawn(move || {
                let _ = std::io::copy(&mut from, &mut to);
                let _ = to.shutdown(Shutdown::Write);
            });
            thread::spawn(move || {
                for line in BufReader::new(&far).lines().map_while(Result::ok).filter_map(alter) {
                    if (&near).write_all(format!("{line}\r\n").as_bytes()).is_err() {
                        break;
                    }
                }
                let _ = near.shutdown(Shutdown::Both);
            });
        }
    });
    address.to_string()
}

/// A script, removed at the end.
struct Script(PathBuf);

impl Script {
    fn new(name: &str, text: &str) -> Script {
        let path = std::env::temp_dir().join(format!("roomchat-everybody-{name}-{}.txt", std::process::id()));
        std::fs::write(&path, text).unwrap();
        Script(path)
    }
}

impl Drop for Script {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// Where nobody was told of any change of modes, all once agreed that there was none.
#[test]
fn modes_that_nobody_is_told_of_are_missed() {
    let none: fn(String) -> Option<String> = |line| (!line.contains(" MODE ")).then_some(line);
    let half: fn(String) -> Option<String> = |line| Some(line.replace(" MODE #lobby +ms", " MODE #lobby +m"));
    let play = |script: &Script, alter| {
        let server = Server::start(&[]);
        bot().args(["--server", &altered(server.address, alter)]).arg(&script.0).assert()
    };
    for (modes, alter) in [
        ("/mode +m", none),
        ("/mode +o Ben", none),
        ("/mode +k geheim", none),
        ("/mode +b nobody!*@*", none),
        ("/mode +ms", half),
    ] {
        let script = Script::new("modes", &format!("Ann joins\nBen joins\nAnn: x\nAnn {modes}\nAnn: y\n"));
        let missed = predicate::str::contains(":4: Ann and Ben did not see what Ann sent\n");
        play(&script, alter).code(1).stdout(missed);
    }
    // What changes nothing is told to nobody, rightly.
    let script = Script::new(
        "right",
        "Ann joins\nBen joins\nAnn /mode +m\nAnn /mode +m\nAnn /mode -k x\nAnn /mode +b\nAnn /mode\n\
         together {\nAnn /mode +o Ben\nAnn /mode +o Ben\nAnn /mode +v Ben\n}\nAnn /mode -o Ben\nAnn >> MODE Ann +i\n\
         Ann >>> MODE #lobby +s\\r\\nMODE #lobby -m\\r\\n\n",
    );
    play(&script, Some).code(0);
}
