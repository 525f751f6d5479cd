//! `roomchat serve` as its users meet it.

mod console;
pub(crate) mod encryption;
mod framing;
#[cfg(target_os = "linux")]
mod full;
mod kept;
mod leaving;
mod limits;
#[cfg(target_os = "linux")]
mod liveness;
mod local;
#[cfg(target_os = "linux")]
mod network;
pub(crate) mod operators;
mod password;
mod proxied;
mod starting;
#[cfg(unix)]
mod stopping;

use crate::kit::{Client, Server};
use socket2::{Domain, Socket, Type};
use std::net::TcpStream;

/// A server's console, an object a line.
struct Console(std::process::Child, std::io::Lines<std::io::BufReader<std::process::ChildStdout>>);

impl Console {
    fn of(mut child: std::process::Child) -> Console {
        let out = std::io::BufReader::new(child.stdout.take().unwrap());
        Console(child, std::io::BufRead::lines(out))
    }

    fn next(&mut self) -> serde_json::Value {
        serde_json::from_str(&self.1.next().unwrap().unwrap()).unwrap()
    }

    /// The first address that it listens at; None where it has ended before.
    fn listening(&mut self) -> Option<String> {
        let mut facts = self.1.by_ref().map_while(Result::ok);
        let fact = facts.find(|fact| fact.contains(r#""event":"listening""#))?;
        let fact: serde_json::Value = serde_json::from_str(&fact).unwrap();
        Some(fact["address"].as_str().unwrap().to_owned())
    }
}

impl Drop for Console {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A socket whose buffer for what comes in is small.
fn small() -> Socket {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    socket
}

fn over(server: &Server, socket: Socket) -> Client {
    socket.connect(&server.address.into()).unwrap();
    Client::over(TcpStream::from(socket))
}
