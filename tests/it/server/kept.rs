//! What `serve` keeps on disk, and who may keep it where.

use super::Console;
use crate::kit::{Client, Server, roomchat};
use std::path::PathBuf;
use std::process::Stdio;

/// A folder for what is kept, removed at the end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        Folder(std::env::temp_dir().join(format!("roomchat-kept-{name}-{}", crate::kit::unique())))
    }

    fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }

    fn start(&self, args: &[&str]) -> Server {
        Server::start(&[&["--data", self.path()], args].concat())
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Somebody registered who is told ids and times, and of events in the past.
fn client(server: &Server, name: &str) -> Client {
    let client = server.connect();
    client.send("CAP REQ :batch message-tags server-time echo-message draft/chathistory draft/event-playback draft/message-redaction");
    client.send(&format!("NICK {name}\r\nUSER u 0 * :x\r\nCAP END"));
    client.hears(" 376 ");
    client
}

/// The past of a room, without the names of batches.
fn past(client: &Client, room: &str) -> Vec<String> {
    client.send(&format!("CHATHISTORY LATEST {room} * 100\r\nPING end"));
    client.hears("BATCH +");
    let mut lines = Vec::new();
    loop {
        let line = client.hears("");
        if line.contains("BATCH -") {
            client.hears("PONG");
            return lines;
        }
        lines.push(line.replacen("@batch=", "", 1).trim_start_matches(|c| c != ';').to_owned());
    }
}

/// kill -9, and the same ids, times and words.
#[test]
fn what_was_said_is_there_after_the_server_was_killed() {
    let folder = Folder::new("killed");
    let server = folder.start(&[]);
    let alice = client(&server, "alice");
    alice.send("JOIN #lobby,#lab\r\nPRIVMSG #lobby :哈囉\r\nNOTICE #lobby :note");
    alice.send("PRIVMSG #lobby :\x01ACTION waves\x01\r\n@+x=y TAGMSG #lobby\r\nPRIVMSG #lab :elsewhere");
    alice.send("PRIVMSG #lobby :wrong");
    let wrong = alice.hears("wrong");
    let id = wrong.split("msgid=").nth(1).unwrap().split([';', ' ']).next().unwrap();
    alice.send(&format!("REDACT #lobby {id}"));
    alice.send("TOPIC #lobby :今天");
    let before = (past(&alice, "#lobby"), past(&alice, "#lab"));
    assert_eq!((before.0.len(), before.1.len()), (6, 2), "{before:#?}");
    drop(server);

    let server = folder.start(&[]);
    let alice = client(&server, "alice");
    alice.send("JOIN #lobby,#lab");
    assert!(alice.hears(" 332 ").ends_with(" #lobby :今天"));
    alice.hears(" 366 alice #lab ");
    let after = (past(&alice, "#lobby"), past(&alice, "#lab"));
    assert_eq!(after.0[..6], before.0);
    assert_eq!(after.1[..2], before.1);
    alice.send("PRIVMSG #lobby :new");
    let new = alice.hears("PRIVMSG #lobby :new");
    assert!(!before.0.iter().any(|line| line.split(' ').next() == new.split(' ').next()));
}

/// Topic, modes, key, limit and lists; and who was in has his rank back, before those who find the
/// room empty.
#[test]
fn a_room_comes_back_with_its_rules_and_its_operators() {
    let folder = Folder::new("rules");
    let start = || folder.start(&["--local-operators", "off"]);
    let server = start();
    let alice = client(&server, "alice");
    alice.send(
        "JOIN #lab\r\nPRIVMSG #lab :x\r\nTOPIC #lab :t\r\nMODE #lab +mkl-t key 5\r\nMODE #lab +b bob!*@*",
    );
    alice.send("MODE #lab +e carol!*@*");
    alice.hears("MODE #lab +e");
    drop(server);

    let server = start();
    let bob = client(&server, "bob");
    bob.send("JOIN #lab key");
    bob.hears(" 474 ");
    let dave = client(&server, "dave");
    dave.send("JOIN #lab\r\nJOIN #lab key");
    dave.hears(" 475 ");
    assert!(
        dave.hears(" 353 ").ends_with(" :dave"),
        "nobody else is operator while those of before may come"
    );
    let alice = client(&server, "alice");
    alice.send("JOIN #lab\r\nMODE #lab\r\nMODE #lab b\r\nMODE #lab e");
    assert!(alice.hears(" 332 ").ends_with(" #lab :t"));
    assert!(alice.hears(" 353 ").contains("@alice"));
    let modes = alice.hears(" 324 ");
    assert!(modes.ends_with(" #lab +mnkl key 5"), "{modes}");
    alice.hears(" 367 alice #lab bob!*@* alice ");
    alice.hears(" 348 alice #lab carol!*@* alice ");
}

/// The name of before was deleted only in the same case.
#[test]
fn a_rank_that_was_taken_does_not_come_back() {
    let folder = Folder::new("taken");
    let start = || folder.start(&["--local-operators", "off"]);
    let server = start();
    let (alice, bob) = (client(&server, "Alice"), client(&server, "bob"));
    alice.send("JOIN #lab\r\nPRIVMSG #lab :x");
    alice.hears("PRIVMSG #lab");
    bob.send("JOIN #lab");
    alice.hears("bob");
    alice.send("MODE #lab +o bob");
    bob.hears("MODE #lab +o");
    drop(server);

    let server = start();
    let (alice, bob) = (client(&server, "alice"), client(&server, "bob"));
    alice.send("JOIN #lab");
    assert!(alice.hears(" 353 ").contains("@alice"));
    bob.send("JOIN #lab\r\nMODE #lab -o alice\r\nKICK #lab alice");
    bob.hears(" KICK ");
    drop(server);

    let server = start();
    let alice = client(&server, "alice");
    alice.send("JOIN #lab");
    assert!(alice.hears(" 353 ").ends_with(":alice"));
}

/// A number may have left with a message that is not kept.
#[test]
fn no_id_is_used_twice() {
    let folder = Folder::new("ids");
    let id = |name: &str| {
        let server = folder.start(&[]);
        let alice = client(&server, name);
        alice.send("PRIVMSG alice :to myself");
        alice.hears("to myself").split("msgid=").nth(1).unwrap().split([';', ' ']).next().unwrap().to_owned()
    };
    let ids = [id("alice"), id("alice"), id("alice")];
    assert!(ids[0] != ids[1] && ids[1] != ids[2] && ids[0] != ids[2], "{ids:?}");
}

#[test]
fn another_first_room_leaves_the_one_of_before_as_a_room() {
    let folder = Folder::new("first");
    let server = folder.start(&[]);
    let alice = client(&server, "alice");
    alice.send("JOIN #lobby\r\nPRIVMSG #lobby :kept");
    alice.hears(":kept");
    drop(server);
    let server = folder.start(&["--room", "#hall"]);
    let alice = client(&server, "alice");
    alice.send("LIST");
    assert!(alice.hears(" 322 ").contains(" #hall 0 "));
    assert!(alice.hears(" 322 ").contains(" #lobby 0 "));
    alice.send("JOIN #lobby");
    alice.hears(" 366 ");
    assert!(past(&alice, "#lobby").iter().any(|line| line.ends_with(":kept")));
}

#[test]
fn a_folder_has_one_server_and_its_console_says_what_is_in_it() {
    let folder = Folder::new("one");
    let server = folder.start(&[]);
    server.enter("alice").send("PRIVMSG #lobby :x\r\nPRIVMSG #lobby :y\r\nQUIT");
    server.shows("y from");
    let serve = |args: &[&str]| {
        let mut command = roomchat();
        command
            .args(["serve", "--lang", "en", "--listen", "127.0.0.1:0", "--data", folder.path()])
            .args(args);
        command
    };
    let output = serve(&[]).output().unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    let expected = format!(
        "{} is used by another roomchat serve. Name another folder with --data DIR, or keep nothing with --memory\n",
        folder.path()
    );
    assert_eq!((output.status.code(), error), (Some(1), expected));
    drop(server);

    let child = serve(&["--keep", "2w", "--log-format", "json"]).stdout(Stdio::piped()).spawn().unwrap();
    let mut console = Console::of(child);
    console.next();
    let data = console.next();
    assert_eq!((&data["event"], &data["count"], &data["keep"]), (&"data".into(), &2.into(), &"14d".into()));
    drop(console);
    let server = folder.start(&["--keep", "2w"]);
    let alice = server.connect();
    alice.send("NICK alice\r\nUSER u 0 * :x");
    alice.hears(" KEEP=14d ");
}

#[test]
fn what_cannot_be_kept_is_a_sentence_and_not_forgotten_in_silence() {
    let fails = |command: &mut std::process::Command, code: i32, part: &str| {
        let output = command.output().unwrap();
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.code() == Some(code) && error.contains(part), "{error}");
    };
    let serve = || {
        let mut command = roomchat();
        command.args(["serve", "--lang", "en"]);
        command
    };
    // Port 1 would have a folder, but this user has none.
    let mut homeless = serve();
    homeless.args(["--listen", "127.0.0.1:1"]);
    for key in ["HOME", "XDG_DATA_HOME", "STATE_DIRECTORY"] {
        homeless.env_remove(key);
    }
    fails(&mut homeless, 1, "name a folder with --data DIR, or keep nothing with --memory");
    fails(
        serve().args(["--port", "0", "--data", "/proc/nowhere"]),
        1,
        "nothing can be kept in /proc/nowhere: ",
    );
    fails(
        serve().args(["--port", "0", "--data", env!("CARGO_MANIFEST_DIR")]),
        1,
        "is not ours, and is left alone",
    );
    // A flag that makes no sense is usage.
    for bad in [["--keep", "soon"], ["--data-max", "much"], ["--sync", "never"]] {
        fails(serve().args(bad), 2, "invalid value");
    }
    fails(serve().args(["--memory", "--data", "x"]), 2, "cannot be used with");
}

#[test]
fn clients_are_told_how_long_all_is_kept() {
    let folder = Folder::new("told");
    let told = |server: Server| {
        let client = server.connect();
        client.send("NICK alice\r\nUSER u 0 * :x");
        let line = client.hears(" KEEP=");
        line.split(" KEEP=").nth(1).unwrap().split(' ').next().unwrap().to_owned()
    };
    assert_eq!(told(folder.start(&[])), "1GiB");
    assert_eq!(told(folder.start(&["--data-max", "512M"])), "512MiB");
    assert_eq!(told(folder.start(&["--history", "0"])), "0");
    assert_eq!(told(Server::start(&[])), "run");
}

/// Pages that begin before what is in memory come from the disk, and are the same.
#[test]
fn old_pages_are_those_that_memory_would_have_given() {
    let folder = Folder::new("pages");
    let answers = |server: Server| {
        let alice = client(&server, "alice");
        alice.send("JOIN #lab");
        let mut ids = Vec::new();
        for number in 0..40 {
            alice.send(&format!("PRIVMSG #lab :text {number}\r\nTOPIC #lab :topic {number}"));
            let heard = alice.hears(&format!(":text {number}"));
            ids.push(heard.split("msgid=").nth(1).unwrap().split([';', ' ']).next().unwrap().to_owned());
        }
        alice.hears("TOPIC #lab :topic 39");
        let ask = |question: &str| {
            alice.send(&format!("CHATHISTORY {question}"));
            alice.hears("BATCH +");
            let mut texts = Vec::new();
            loop {
                let line = alice.hears("");
                if line.contains("BATCH -") {
                    return texts;
                }
                texts.push(line.rsplit(" :").next().unwrap().to_owned());
            }
        };
        let id = |number: usize| format!("msgid={}", ids[number]);
        let mut found = vec![
            ask("LATEST #lab * 5"),
            ask("LATEST #lab * 30"),
            ask(&format!("LATEST #lab {} 50", id(10))),
            ask(&format!("BEFORE #lab {} 7", id(20))),
            ask(&format!("BEFORE #lab {} 7", id(38))),
            ask(&format!("AFTER #lab {} 7", id(3))),
            ask(&format!("AROUND #lab {} 6", id(15))),
            ask(&format!("AROUND #lab {} 1", id(2))),
            ask(&format!("BETWEEN #lab {} {} 9", id(4), id(30))),
            ask(&format!("BETWEEN #lab {} {} 9", id(30), id(4))),
            ask("AFTER #lab timestamp=2000-01-01T00:00:00.000Z 4"),
            ask("BEFORE #lab timestamp=2100-01-01T00:00:00.000Z 100"),
            ask("BETWEEN #lab timestamp=2000-01-01T00:00:00.000Z timestamp=2100-01-01T00:00:00.000Z 3"),
        ];
        alice.send(&format!("REDACT #lab {}", ids[5]));
        alice.hears("REDACT #lab");
        alice.send(&format!("REDACT #lab {}", ids[5]));
        alice.hears("FAIL REDACT UNKNOWN_MSGID #lab");
        found.push(ask(&format!("AROUND #lab {} 4", id(5))));
        found
    };
    let from_disk = answers(folder.start(&["--history", "5"]));
    assert_eq!(from_disk, answers(Server::start(&[])));
    assert_eq!(from_disk[7], ["text 2"]);
}

/// The two lines of roomchat-data(5).
#[test]
fn what_is_kept_can_be_exported_and_copied() {
    if !crate::kit::installed("sqlite3") {
        return;
    }
    let folder = Folder::new("export");
    let server = folder.start(&[]);
    let alice = client(&server, "alice");
    alice.send("JOIN #lobby\r\nPRIVMSG #lobby :哈囉");
    alice.hears(":哈囉");
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/man/roomchat-data.5")).unwrap();
    let copy = std::env::temp_dir().join(format!("roomchat-copy-{}.db", crate::kit::unique()));
    let run = |line: &str| {
        let line = line.replace("\\-", "-").replace("/backup/room.db", copy.to_str().unwrap());
        let output =
            std::process::Command::new("sh").args(["-c", &line]).current_dir(&folder.0).output().unwrap();
        assert!(output.status.success(), "{line}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    let typed: Vec<String> = page.lines().filter(|line| line.starts_with("sqlite3 ")).map(run).collect();
    assert!(typed.len() == 2 && typed[0].ends_with(" #lobby alice: 哈囉\n"), "{typed:?}");
    let other = Folder::new("copied");
    std::fs::create_dir_all(&other.0).unwrap();
    std::fs::rename(&copy, other.0.join("room.db")).unwrap();
    let server = other.start(&[]);
    let alice = client(&server, "alice");
    alice.send("JOIN #lobby");
    alice.hears(" 366 ");
    assert!(past(&alice, "#lobby").iter().any(|line| line.ends_with(":哈囉")));
}

/// SEARCH (soju.im/search), in Chinese too: only in rooms one is in, and nothing that was taken back.
#[test]
fn what_was_said_is_found_by_its_words() {
    let folder = Folder::new("search");
    let server = folder.start(&["--history", "3"]);
    let alice = client(&server, "alice");
    alice.send("CAP REQ soju.im/search\r\nJOIN #lobby,#lab");
    let bob = client(&server, "bob");
    bob.send("JOIN #lobby,#secret\r\nPRIVMSG #secret :哈囉 where nobody looks\r\nPRIVMSG #lobby :Hello there, 今天天氣很好");
    bob.hears("#lobby :Hello there");
    alice.send("PRIVMSG #lobby :hello again\r\nPRIVMSG #lab :哈囉你好\r\nNOTICE #lobby :hello\\there");
    for number in 0..9 {
        alice.send(&format!("PRIVMSG #lobby :text {number}"));
    }
    alice.hears(":text 8");
    let found = |question: &str| {
        alice.send(&format!("SEARCH {question}"));
        let open = alice.hears("BATCH +");
        assert!(open.contains(" soju.im/search"), "{open}");
        let mut texts = Vec::new();
        loop {
            let line = alice.hears("");
            if line.contains("BATCH -") {
                return texts;
            }
            texts.push(line.split_once(" #").unwrap().1.to_owned());
        }
    };
    assert_eq!(
        found("text=HELLO"),
        ["lobby :Hello there, 今天天氣很好", "lobby :hello again", "lobby :hello\\there"]
    );
    assert_eq!(found("text=天氣"), ["lobby :Hello there, 今天天氣很好"]);
    assert_eq!(found("text=囉"), ["lab :哈囉你好"]);
    assert_eq!(found(r"text=again\shello"), ["lobby :hello again"]);
    assert_eq!(found("in=#lobby;text=哈囉"), [""; 0]);
    assert_eq!(found("from=bob;text=hello"), ["lobby :Hello there, 今天天氣很好"]);
    assert_eq!(found("in=#secret;text=哈囉"), [""; 0]);
    assert_eq!(found("text=text;limit=2"), ["lobby :text 7", "lobby :text 8"]);
    assert_eq!(found("after=2100-01-01T00:00:00.000Z;text=text"), [""; 0]);
    alice.send("SEARCH limit=none");
    alice.hears("FAIL SEARCH INVALID_PARAMS limit ");
    alice.send("PRIVMSG #lab :unique");
    let said = alice.hears("#lab :unique");
    alice.send(&format!(
        "REDACT #lab {}",
        said.split("msgid=").nth(1).unwrap().split([';', ' ']).next().unwrap()
    ));
    alice.hears("REDACT #lab");
    assert_eq!(found("text=unique"), [""; 0]);
    // Where nothing is on disk it is not offered.
    let memory = Server::start(&[]);
    let carol = memory.connect();
    carol.send("CAP LS 302\r\nCAP REQ soju.im/search");
    assert!(!carol.hears("CAP * LS").contains("search"));
    carol.hears(" NAK ");
}

/// Whoever did not get the echo sends it again: after kill -9 too it is said once.
#[test]
fn what_is_sent_again_after_the_server_was_killed_is_said_once() {
    let folder = Folder::new("again");
    let said = |client: &Client, text: &str| {
        client.send(&format!("@+roomchat.invalid/id=a1 PRIVMSG #lobby :{text}"));
        client.hears(" PRIVMSG #lobby :")
    };
    let server = folder.start(&[]);
    let alice = client(&server, "alice");
    alice.send("JOIN #lobby");
    let first = said(&alice, "once");
    drop(server);

    let server = folder.start(&[]);
    let (alice, bob) = (client(&server, "alice"), client(&server, "bob"));
    bob.send("JOIN #lobby");
    alice.send("JOIN #lobby");
    assert_eq!(said(&alice, "once"), first, "the echo of the first, with its id and time");
    alice.send("PRIVMSG #lobby :end");
    let told = bob.hears_until("PRIVMSG #lobby :end");
    assert!(!told.iter().any(|line| line.contains(" :once")), "{told:#?}");
    let kept = past(&bob, "#lobby");
    assert_eq!(kept.iter().filter(|line| line.ends_with(" :once")).count(), 1, "{kept:#?}");
}
