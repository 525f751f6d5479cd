//! Lies that everybody is told: nobody saw anything else than the others.

use crate::kit::{Server, bot};
use predicates::prelude::*;
use std::io::{BufRead, BufReader, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::thread;
use std::time::Duration;

/// A way to a server on which each line for a client becomes another, or nothing.
fn altered(server: SocketAddr, alter: fn(String) -> Option<String>) -> String {
    way(server, alter, Duration::ZERO)
}

/// The same, on which the server hears so late that a client has gone.
fn way(server: SocketAddr, alter: fn(String) -> Option<String>, late: Duration) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for near in listener.incoming() {
            let (near, far) = (near.unwrap(), TcpStream::connect(server).unwrap());
            let (mut from, mut to) = (near.try_clone().unwrap(), far.try_clone().unwrap());
            thread::spawn(move || {
                let _ = std::io::copy(&mut from, &mut to);
                thread::sleep(late);
                let _ = to.shutdown(Shutdown::Both);
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
        let path =
            std::env::temp_dir().join(format!("roomchat-everybody-{name}-{}.txt", crate::kit::unique()));
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
    let half: fn(String) -> Option<String> = |line| Some(line.replace(" MODE #lab +ms", " MODE #lab +m"));
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
        let script =
            Script::new("modes", &format!("@room #lab\nAnn joins\nBen joins\nAnn {modes}\nAnn: y\n"));
        let missed = predicate::str::contains(":4: Ann and Ben did not see what Ann sent\n");
        play(&script, alter).code(1).stdout(missed);
    }
    // What changes nothing is told to nobody, rightly.
    let script = Script::new(
        "right",
        "Ann joins\nBen joins\nAnn /mode +m\nAnn /mode +m\nAnn /mode -k x\nAnn /mode +b\nAnn >> MODE #lobby\n\
         together {\nAnn /mode +o Ben\nAnn /mode +o Ben\nAnn /mode +v Ben\n}\nAnn /mode -o Ben\nAnn >> MODE Ann +i\n\
         Ann >>> MODE #lobby +s\\r\\nMODE #lobby -m\\r\\n\n",
    );
    play(&script, Some).code(0);
}

/// Where nobody in a room could tell that a connection was over, the next step once began before it was,
/// and was refused the name.
#[test]
fn the_name_of_somebody_who_drops_is_free_in_the_next_step() {
    for text in [
        "Ann joins #solo\nBen joins #other\nAnn drops\nBen /nick Ann\n",
        "Ann joins\nBen joins\nBen stalls\nCid joins #lab\nAnn drops\nCid /nick Ann\nBen resumes\n",
        "Ann joins\nAnn drops\nAnn joins\nAnn drops\nBen joins as Ann\n",
    ] {
        let script = Script::new("drops", text);
        let server = Server::start(&[]);
        let address = way(server.address, Some, Duration::from_millis(300));
        bot().args(["--server", &address]).arg(&script.0).assert().code(0);
    }
}
