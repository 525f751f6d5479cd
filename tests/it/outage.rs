//! Scripts in which the server dies, and servers that are killed while many speak.

use crate::kit::{Client, Server, bot, roomchat, say_aloud};
use predicates::str::contains;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::thread;
use std::time::Duration;

/// A script of this text.
fn script(name: &str, text: &str) -> PathBuf {
    let path = std::env::temp_dir().join(format!("roomchat-outage-{name}-{}.txt", crate::kit::unique()));
    std::fs::write(&path, text).unwrap();
    path
}

/// A server that keeps nothing fails the script that says it must.
#[test]
fn what_is_lost_fails_the_script() {
    let text =
        "@serve --memory\nAnn joins\nBen joins\nAnn: hi\nserver dies\nserver restarts\nAnn reconnects\n";
    let path = script("lost", text);
    bot().arg(&path).assert().code(1).stdout(contains(":7: "));
    std::fs::remove_file(path).unwrap();
}

/// A server that restarts, and whose database is changed before: the server waits for its message of the
/// day, which is a FIFO. Once a script missed nothing but the last message of each room.
#[cfg(unix)]
#[test]
fn each_message_that_came_must_be_there_after_an_outage() {
    let delete = |text: &str| {
        format!(
            "DELETE FROM place WHERE seq IN (SELECT seq FROM record WHERE text = '{text}');
             DELETE FROM record WHERE text = '{text}';"
        )
    };
    let swap = "UPDATE record SET text = CASE text WHEN 'one' THEN 'two' ELSE 'one' END
                WHERE text IN ('one', 'two');";
    let alter = "UPDATE record SET text = 'uno' WHERE text = 'one';";
    for (name, change, is_right) in [
        ("same", String::new(), true),
        ("first", delete("one"), false),
        ("within", delete("two"), false),
        ("last", delete("three"), false),
        ("swapped", swap.to_owned(), false),
        ("altered", alter.to_owned(), false),
    ] {
        let folder = Folder::new(&format!("changed-{name}"));
        let (data, motd) = (folder.0.join("data"), folder.0.join("motd"));
        let make_fifo = |path: &Path| {
            assert!(std::process::Command::new("mkfifo").arg(path).status().unwrap().success());
        };
        make_fifo(&motd);
        let text = format!(
            "@serve --data {} --motd {}\nAnn joins\nBen joins\nAnn: one\nBen: two\nAnn: three\n\
             server dies\nserver restarts\nAnn reconnects\nBen reconnects\nAnn: four\n",
            data.display(),
            motd.display()
        );
        let path = folder.0.join("script.txt");
        std::fs::write(&path, text).unwrap();
        let playing = thread::spawn(move || bot().arg(path).output().unwrap());
        // The restarted server shall not find the end of the first one's.
        let (first, next) = (wait_for_reader(&motd), folder.0.join("next"));
        make_fifo(&next);
        std::fs::rename(&next, &motd).unwrap();
        drop(first);
        let second = wait_for_reader(&motd);
        let database = rusqlite::Connection::open(data.join("room.db")).unwrap();
        database.execute_batch(&change).unwrap();
        database.close().unwrap();
        drop(second);
        let output = playing.join().unwrap();
        let told = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        assert_eq!(output.status.code(), Some(i32::from(!is_right)), "{name}: {told}");
        assert!(is_right || told.contains("script.txt:9: Ann did not see Ann come back"), "{name}: {told}");
    }
}

/// The end of a FIFO for writing, once another process reads it.
#[cfg(unix)]
fn wait_for_reader(fifo: &Path) -> impl Sized {
    use rustix::fs::{Mode, OFlags, open};
    let until = std::time::Instant::now() + crate::kit::DEADLINE;
    loop {
        match open(fifo, OFlags::WRONLY | OFlags::NONBLOCK, Mode::empty()) {
            Ok(end) => return end,
            Err(error) => assert!(std::time::Instant::now() < until, "nobody reads: {error}"),
        }
        thread::park_timeout(Duration::from_millis(5));
    }
}

/// A folder that is empty at first and removed at the end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        let path = std::env::temp_dir().join(format!("roomchat-outage-{name}-{}", crate::kit::unique()));
        // Another process of this number may have left it.
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).unwrap();
        Folder(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[test]
fn a_server_that_is_down_is_spoken_to_by_nobody() {
    let path = script("down", "Ann joins\nserver dies\nAnn: hi\nserver restarts\n");
    let says = "the server is down since line 2";
    bot().arg(&path).assert().code(3).stderr(contains(says));
    let foreign = script("foreign", "Ann joins\nserver dies\nserver restarts\n");
    let server = Server::start(&[]);
    let address = server.address.to_string();
    bot().args(["--server", &address]).arg(&foreign).assert().code(0).stdout(contains("its own server dies"));
    bot().args(["--crowd", "2"]).arg(&foreign).assert().code(2).stderr(contains("no load test plays"));
    [path, foreign].iter().for_each(|path| std::fs::remove_file(path).unwrap());
}

/// Whoever is told of a message, its sender too, finds it after kill -9: once, in the same order,
/// and with the same id. `ROOMCHAT_OUTAGES` says how many rounds there are; in these a load test with
/// 50 people is in the room as well.
#[test]
fn kill_9_loses_nothing_that_anybody_has_got() {
    const SENDERS: usize = 6;
    let long: Option<usize> = std::env::var("ROOMCHAT_OUTAGES").ok().and_then(|count| count.parse().ok());
    let rounds = long.unwrap_or(4);
    let folder = Folder::new("rounds");
    let data = folder.0.join("data");
    let flags = ["--data", data.to_str().unwrap(), "--history", "50"];
    let talk = script("talk", "alice joins\neach i 1..20 alice: line ${i}\n");
    // Ids and texts, in the order of the room.
    let mut known: Vec<(String, String)> = Vec::new();
    let mut told = 0;
    for round in 0..rounds {
        let server = Server::start(&flags);
        let crowd = long.map(|_| Crowd::join(&server, &talk));
        let clients: Vec<Client> = (0..SENDERS).map(|number| come_in(&server, number)).collect();
        let heard: Vec<Vec<(String, String)>> = thread::scope(|scope| {
            let speaking: Vec<_> = clients
                .iter()
                .enumerate()
                .map(|(number, client)| scope.spawn(move || speak(client, round, number)))
                .collect();
            thread::sleep(Duration::from_millis(fastrand::u64(200..700)));
            drop(server);
            speaking.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        drop(crowd);
        let server = Server::start(&flags);
        // What was committed and not told in time, or was told before somebody came, is there as well.
        let kept = since(&come_in(&server, SENDERS), known.last());
        for heard in &heard {
            told += heard.len();
            let Some(first) = heard.first() else { continue };
            let behind = kept.iter().skip_while(|one| *one != first).take(heard.len());
            assert!(behind.eq(heard), "round {round}: something that was told is lost or is changed");
        }
        known.extend(kept);
    }
    let server = Server::start(&flags);
    let all = since(&come_in(&server, SENDERS), None);
    assert!(all == known, "what was there before a round is changed");
    let ids: BTreeSet<&String> = known.iter().map(|(id, _)| id).collect();
    assert!(told > 0 && ids.len() == known.len(), "an id was used twice");
    let said: Vec<&String> = known.iter().map(|(_, text)| text).filter(|text| text.contains('-')).collect();
    assert_eq!(said.iter().collect::<BTreeSet<_>>().len(), said.len(), "a message was doubled");
    say_aloud(&format!("{rounds} rounds: {} messages, told {told} times, none lost", known.len()));
    std::fs::remove_file(talk).unwrap();
}

/// A load test with 50 people, ended when dropped.
struct Crowd(Child);

impl Crowd {
    /// Waits until all of them are in the room.
    fn join(server: &Server, talk: &Path) -> Crowd {
        let witness = come_in(server, 99);
        let mut command = roomchat();
        command.args([
            "bot",
            "--crowd",
            "50",
            "--repeat",
            "1000000",
            "--server",
            &server.address.to_string(),
        ]);
        let crowd = Crowd(command.arg(talk).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap());
        let mut here = BTreeSet::new();
        while here.len() < 50 {
            let line = witness.hears(" JOIN #lobby");
            here.extend(line.split(['!', ':']).find(|name| name.starts_with("crowd")).map(str::to_owned));
        }
        crowd
    }
}

impl Drop for Crowd {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

pub(crate) fn come_in(server: &Server, number: usize) -> Client {
    let client = server.connect();
    client.send("CAP REQ :message-tags echo-message batch draft/chathistory");
    client.send("CAP END");
    client.say_name(&format!("s{number}"));
    client
}

/// Says lines until the connection ends; what it has heard, itself included.
pub(crate) fn speak(client: &Client, round: usize, number: usize) -> Vec<(String, String)> {
    let lines: String = (0..2_000).map(|at| format!("PRIVMSG #lobby :{round}-{number}-{at}\r\n")).collect();
    thread::scope(|scope| {
        // Its end of the stream may be gone before all is said.
        scope.spawn(|| client.try_send_bytes(lines.as_bytes()));
        client.hears_while_it_lasts().iter().filter_map(|line| message(line)).collect()
    })
}

/// The id and the text of a message.
fn message(line: &str) -> Option<(String, String)> {
    let (head, text) = line.split_once(" PRIVMSG #lobby :")?;
    let id = head.split("msgid=").nth(1)?.split([';', ' ']).next()?;
    Some((id.to_owned(), text.trim_end().to_owned()))
}

/// All that the server has behind a message, page by page.
pub(crate) fn since(client: &Client, last: Option<&(String, String)>) -> Vec<(String, String)> {
    let (mut all, mut too_late) = (Vec::new(), 0);
    loop {
        let from = all
            .last()
            .or(last)
            .map_or("timestamp=1990-01-01T00:00:00.000Z".to_owned(), |(id, _)| format!("msgid={id}"));
        client.send(&format!("CHATHISTORY AFTER #lobby {from} 100\r\nPING asked"));
        let answer = client.hears_until(" PONG ");
        if !answer.iter().any(|line| line.contains("BATCH +")) {
            // 263: the disk is busy.
            too_late += 1;
            assert!(too_late < 1000, "no page comes: {answer:?}");
            continue;
        }
        let before = all.len();
        all.extend(answer.iter().filter_map(|line| message(line)));
        if all.len() == before {
            return all;
        }
    }
}
