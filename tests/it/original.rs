//! What was wrong with the original class-room server, one row each: the row
//! fails on an imitation of it and passes on ours.

use crate::kit::{DEADLINE, Server};
use roomchat::wire::Message;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

/// A server as the rows see it: people who talk, and a console that counts.
trait Room {
    /// Opens a connection and says nothing.
    fn connect(&self) -> TcpStream;
    /// What a client sends to give its name.
    fn name_line(&self, name: &str) -> Vec<u8>;
    /// Whether the server took the name, for the `nth` time.
    fn is_in(&self, socket: &TcpStream, name: &str, nth: usize) -> bool;
    /// What a client sends to say something.
    fn say_line(&self, name: &str, text: &str) -> Vec<u8>;
    /// What somebody has heard when nothing more of it can come: `name: text`,
    /// or `* name left`.
    fn heard(&self, socket: &TcpStream) -> Vec<String>;
    /// Who came in, in this order, and the numbers of people told.
    fn console(&self, enough: &dyn Fn(&[String]) -> bool) -> Vec<String>;
}

fn enter(room: &dyn Room, name: &str) -> TcpStream {
    let mut socket = room.connect();
    socket.write_all(&room.name_line(name)).unwrap();
    let begun = Instant::now();
    while !room.is_in(&socket, name, 1) {
        assert!(begun.elapsed() < DEADLINE, "{name} was refused");
    }
    socket
}

fn say(room: &dyn Room, mut socket: &TcpStream, name: &str, text: &str) {
    // The original's clients get no answer: a failed write shows later.
    let _ = socket.write_all(&room.say_line(name, text));
}

/// A row: whether the room behaves.
type Row = (&'static str, fn(&dyn Room) -> bool);

const ROWS: &[Row] = &[
    ("a word that contains exit ends the conversation", |room| {
        let (a, b) = (enter(room, "A"), enter(room, "B"));
        say(room, &a, "A", "where is the exit?");
        room.heard(&a);
        room.heard(&b).contains(&"A: where is the exit?".to_owned())
    }),
    ("two messages in one packet are glued together", |room| {
        let (mut a, b) = (enter(room, "A"), enter(room, "B"));
        let both = [room.say_line("A", "one"), room.say_line("A", "two")].concat();
        a.write_all(&both).unwrap();
        room.heard(&a);
        room.heard(&b) == ["A: one", "A: two"]
    }),
    ("a text is cut after 1,024 bytes, inside a character", |room| {
        let (a, b) = (enter(room, "A"), enter(room, "B"));
        let text = "長".repeat(400);
        say(room, &a, "A", &text);
        room.heard(&a);
        let pieces = room.heard(&b);
        let whole: String = pieces.iter().filter_map(|piece| piece.strip_prefix("A: ")).collect();
        whole == text
    }),
    ("nobody is told when a connection ends", |room| {
        let (a, b) = (enter(room, "A"), enter(room, "B"));
        a.shutdown(Shutdown::Both).unwrap();
        drop(a);
        // Waits until the server noticed; the original never does.
        room.console(&|lines| lines.iter().filter(|line| *line == "1 here").count() == 2);
        room.heard(&b) == ["* A left"]
    }),
    ("anybody speaks as anybody", |room| {
        let (a, b) = (enter(room, "A"), enter(room, "B"));
        let (mut forger, forged) = (&a, room.say_line("B", "I am B"));
        forger.write_all(&forged).unwrap();
        room.heard(&a);
        room.heard(&b) == ["A: I am B"]
    }),
    ("two people have one name", |room| {
        let _a = enter(room, "A");
        let mut twin = room.connect();
        twin.write_all(&room.name_line("A")).unwrap();
        !room.is_in(&twin, "A", 2)
    }),
    ("nobody can be called close", |room| {
        let mut close = room.connect();
        close.write_all(&room.name_line("close")).unwrap();
        room.is_in(&close, "close", 1)
    }),
    ("one silent connection keeps everybody out", |room| {
        let _silent = room.connect();
        let mut a = room.connect();
        a.write_all(&room.name_line("A")).unwrap();
        room.is_in(&a, "A", 1)
    }),
    ("a broken connection stops what is said to the others", |room| {
        let (a, broken, b) = (enter(room, "A"), enter(room, "X"), enter(room, "B"));
        // Closing with a linger of nothing is a reset.
        socket2::SockRef::from(&broken).set_linger(Some(Duration::ZERO)).unwrap();
        drop(broken);
        say(room, &a, "A", "one");
        say(room, &a, "A", "two");
        room.heard(&a);
        room.heard(&b).contains(&"A: two".to_owned())
    }),
    ("the number of people is not told when somebody leaves", |room| {
        let (a, _b) = (enter(room, "A"), enter(room, "B"));
        say(room, &a, "A", "exit");
        let _ = a.shutdown(Shutdown::Both);
        // Both were counted when they came: 1, 2, and now 1 again.
        let again = |lines: &[String]| lines.iter().filter(|line| *line == "1 here").count() == 2;
        let console = room.console(&again);
        again(&console) && console.last().is_some_and(|line| line == "1 here")
    }),
];

#[test]
fn each_defect_of_the_original_is_there_and_not_in_ours() {
    for (defect, behaves) in ROWS {
        // A machine that stops for longer than is waited may hide one.
        let shows = || !behaves(&Original::start());
        assert!((0..3).any(|_| shows()), "the imitation lost a defect: {defect}");
        assert!(behaves(&Ours::start()), "ours has it too: {defect}");
    }
}

/// The original's own client: one `recv(1024)` is one line that it shows.
struct Window(TcpStream);

impl Window {
    /// connect() comes before the window that asks for a name.
    fn open(server: &Server) -> Window {
        let socket = TcpStream::connect(server.address).unwrap();
        socket.set_read_timeout(Some(DEADLINE)).unwrap();
        Window(socket)
    }

    /// client.send(text.encode())
    fn send(&mut self, text: &str) {
        self.0.write_all(text.as_bytes()).unwrap();
    }

    /// client.recv(1024).decode(), which ends the thread where it fails.
    fn recv(&mut self) -> String {
        recv(&self.0).unwrap()
    }
}

/// It got silence, then IRC's ERROR, and sat in no room.
#[test]
fn the_original_s_client_is_a_person_in_the_room() {
    let server = Server::start(&[]);
    let (mut ming, mut hua) = (Window::open(&server), Window::open(&server));
    let other = server.enter("other");
    ming.send("小明");
    other.hears(":小明!plain@127.0.0.1 JOIN #lobby");
    let mut greeting = String::new();
    while !greeting.ends_with("聊天室人數： 2\r\n") {
        greeting.push_str(&ming.recv());
    }
    hua.send("小花");
    assert_eq!(ming.recv(), "[小花進入聊天室]\r\n");
    hua.send("小花: 哈囉");
    assert_eq!(ming.recv(), "小花: 哈囉\r\n");
    other.hears("哈囉");
    ming.send(&format!("小明: {}", "長".repeat(300)));
    let pieces = [other.hears("PRIVMSG"), other.hears("PRIVMSG")];
    let said: String =
        pieces.iter().filter_map(|piece| piece.split_once(" :")).map(|(_, text)| text).collect();
    assert_eq!(said, "長".repeat(300));
    hua.send("exit");
    assert_eq!(ming.recv(), "小花離開聊天室...\r\n");
    other.hears(":小花!plain@127.0.0.1 QUIT");
    let mut closed = Window::open(&server);
    closed.send("close");
    server.shows("關閉了登入視窗");
    drop(ming);
    other.hears(":小明!plain@127.0.0.1 QUIT");
}

/// How long the original is given for something that never comes.
const PATIENCE: Duration = Duration::from_millis(300);

/// The original server's loop as it was written in Python: one thread accepts
/// and waits for each name, one per client receives 1,024 bytes as a message.
struct Original {
    address: SocketAddr,
    console: Arc<Mutex<Vec<String>>>,
}

impl Original {
    fn start() -> Original {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let console = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&console);
        thread::spawn(move || {
            let clients: Arc<Mutex<Vec<TcpStream>>> = Arc::default();
            // while True: conn, addr = server.accept()
            for connection in listener.incoming() {
                let connection = connection.unwrap();
                // name = conn.recv(1024).decode(): everybody else waits here
                let Ok(name) = recv(&connection) else { continue };
                if name == "close" {
                    continue;
                }
                let mut list = clients.lock().unwrap();
                list.push(connection.try_clone().unwrap());
                // print(f"client_name = {name}"), and the count: here and nowhere else
                log.lock().unwrap().extend([name, format!("{} here", list.len())]);
                let clients = Arc::clone(&clients);
                thread::spawn(move || handle_client(&connection, &clients));
            }
        });
        Original { address, console }
    }
}

/// def handle_client(conn, addr)
fn handle_client(connection: &TcpStream, clients: &Mutex<Vec<TcpStream>>) {
    // UnicodeDecodeError and ConnectionResetError end the thread
    while let Ok(message) = recv(connection) {
        // if "exit" in msg: break
        if message.contains("exit") {
            break;
        }
        // the end of the stream is an empty message, again and again (here: once, to spare the processor)
        if message.is_empty() {
            return;
        }
        // for c in clients: c.send(msg): the first that raises ends the loop and the thread
        for mut client in clients.lock().unwrap().iter() {
            if client.write_all(message.as_bytes()).is_err() {
                return;
            }
        }
    }
    // conn.close(); the list keeps it
    let _ = connection.shutdown(Shutdown::Both);
}

fn recv(mut connection: &TcpStream) -> Result<String, ()> {
    let mut buffer = [0; 1024];
    let count = connection.read(&mut buffer).map_err(|_| ())?;
    std::str::from_utf8(&buffer[..count]).map(str::to_owned).map_err(|_| ())
}

impl Room for Original {
    fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).unwrap()
    }

    fn name_line(&self, name: &str) -> Vec<u8> {
        name.into()
    }

    /// Nothing is answered to a name: only the console tells.
    fn is_in(&self, _socket: &TcpStream, name: &str, nth: usize) -> bool {
        let times = |lines: &[String]| lines.iter().filter(|line| *line == name).count();
        times(&self.console(&|lines| times(lines) >= nth)) >= nth
    }

    fn say_line(&self, name: &str, text: &str) -> Vec<u8> {
        // The client writes its own name in front.
        format!("{name}: {text}").into()
    }

    fn heard(&self, mut socket: &TcpStream) -> Vec<String> {
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut heard = Vec::new();
        let mut buffer = [0; 4096];
        while let Ok(count @ 1..) = socket.read(&mut buffer) {
            heard.push(String::from_utf8_lossy(&buffer[..count]).into_owned());
        }
        heard
    }

    fn console(&self, enough: &dyn Fn(&[String]) -> bool) -> Vec<String> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let lines = self.console.lock().unwrap().clone();
            if enough(&lines) || Instant::now() > deadline {
                return lines;
            }
            thread::yield_now();
        }
    }
}

/// `roomchat serve`, spoken to by hand.
struct Ours(Mutex<Server>);

impl Ours {
    fn start() -> Ours {
        Ours(Mutex::new(Server::start(&[])))
    }
}

impl Room for Ours {
    fn connect(&self) -> TcpStream {
        let socket = TcpStream::connect(self.0.lock().unwrap().address).unwrap();
        socket.set_read_timeout(Some(DEADLINE)).unwrap();
        socket
    }

    fn name_line(&self, name: &str) -> Vec<u8> {
        format!("NICK {name}\r\nUSER u 0 * :u\r\nJOIN #lobby\r\n").into()
    }

    fn is_in(&self, socket: &TcpStream, _name: &str, _nth: usize) -> bool {
        until_pong(socket).iter().any(|message| message.is("366"))
    }

    fn say_line(&self, name: &str, text: &str) -> Vec<u8> {
        let pieces = roomchat::wire::split(text, 400);
        pieces.iter().flat_map(|piece| format!(":{name} PRIVMSG #lobby :{piece}\r\n").into_bytes()).collect()
    }

    fn heard(&self, socket: &TcpStream) -> Vec<String> {
        let line = |message: &Message| {
            let who = message.nick()?;
            match message.command() {
                "PRIVMSG" => Some(format!("{who}: {}", message.last()?)),
                "QUIT" => Some(format!("* {who} left")),
                _ => None,
            }
        };
        until_pong(socket).iter().filter_map(line).collect()
    }

    fn console(&self, enough: &dyn Fn(&[String]) -> bool) -> Vec<String> {
        let mut lines = Vec::new();
        while !enough(&lines) {
            let line = self.0.lock().unwrap().shows("");
            let name = line.strip_prefix("client_name = ").map(str::to_owned);
            let count = line.strip_prefix("聊天室人數： ").map(|count| format!("{count} here"));
            lines.extend(name.or(count));
        }
        lines
    }
}

/// The fence: all that was caused before is here when the answer is.
fn until_pong(mut socket: &TcpStream) -> Vec<Message> {
    let mut all = Vec::new();
    if socket.write_all(b"PING fence\r\n").is_err() {
        return all;
    }
    let mut reader = BufReader::new(socket);
    let mut line = String::new();
    while reader.read_line(&mut line).is_ok_and(|count| count > 0) {
        let message = Message::parse(line.trim_end()).unwrap();
        line.clear();
        if message.is("PONG") {
            break;
        }
        all.push(message);
    }
    all
}
