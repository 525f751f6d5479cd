//! Connections that a proxy hands on (`--proxy-from`).

use crate::kit::{Client, Server};
use std::fs;
use std::net::TcpStream;
use std::path::Path;

fn behind_proxy(args: &[&str]) -> Server {
    let proxy = ["--lang", "en", "--proxy-from", "10.0.0.0/8", "--proxy-from", "127.0.0.1"];
    Server::start(&[&proxy[..], args].concat())
}

/// A connection that begins with these bytes.
fn begins(server: &Server, header: &[u8]) -> Client {
    let client = Client::over(TcpStream::connect(server.address).unwrap());
    client.send_bytes(header);
    client
}

/// Somebody from this address, by the proxy.
fn enter(server: &Server, from: &str, name: &str) -> Client {
    let client = begins(server, format!("PROXY TCP4 {from} 127.0.0.1 5555 7000\r\n").as_bytes());
    client.say_name(name);
    client
}

/// Version 2 for `203.0.113.9:4660`.
const BINARY: &[u8] = b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\xcb\0\x71\x09\x7f\0\0\x01\x12\x34\x1b\x58";

#[test]
fn the_address_is_the_one_that_the_proxy_tells() {
    let server = behind_proxy(&[]);
    let first = enter(&server, "203.0.113.7", "first");
    server.shows("('203.0.113.7', 5555) connected.");
    // In one write with what follows, and in two.
    let second = begins(&server, &[BINARY, b"NICK second\r\nUSER u 0 * :x\r\n"].concat());
    second.send("JOIN #lobby");
    second.hears(" 366 ");
    server.shows("('203.0.113.9', 4660) connected.");
    assert!(first.hears(" JOIN ").starts_with(":second!u@203.0.113.9 "));
    first.send("MODE #lobby +b *!*@203.0.113.9/32");
    first.hears(" MODE ");
    second.send("PRIVMSG #lobby :hi");
    second.hears(" 404 ");
}

/// Whoever comes by a proxy is not local, whatever it tells, and although those of this machine are operators.
#[test]
fn nobody_is_local_who_comes_by_a_proxy() {
    let server = behind_proxy(&["--local-operators", "on"]);
    let _first = enter(&server, "203.0.113.7", "first");
    let second = enter(&server, "127.0.0.1", "second");
    second.send("MODE #lobby +t");
    second.hears(" 482 ");
    let mut serve = assert_cmd::Command::from_std(crate::kit::roomchat());
    serve.args(["serve", "--lang", "en", "--memory", "--listen", "203.0.113.1:0", "--proxy-from", "::1/129"]);
    serve.assert().code(2);
}

#[test]
fn limits_count_by_the_true_address() {
    let server = behind_proxy(&["--max-per-address", "2"]);
    let _two = ["a", "b"].map(|name| enter(&server, "203.0.113.7", name));
    let third = begins(&server, b"PROXY TCP4 203.0.113.7 127.0.0.1 5555 7000\r\n");
    assert!(third.hears_to_the_end().contains("2 connections from your address are open"));
    enter(&server, "203.0.113.8", "c");
}

/// TLS begins behind the header.
#[test]
fn a_proxy_hands_encrypted_connections_on() {
    let server = behind_proxy(&[]);
    let socket = super::encryption::connect_behind(server.address, BINARY);
    drop(socket);
    server.shows("('203.0.113.9', 4660)");
}

/// A connection of the proxy's own, such as a look whether the server is there, has its own address.
#[test]
fn a_proxy_may_come_for_itself() {
    let server = behind_proxy(&[]);
    for header in [&b"PROXY UNKNOWN\r\n"[..], b"\r\n\r\n\0\r\nQUIT\n\x20\0\0\0"] {
        let client = begins(&server, header);
        client.send("NICK look\r\nUSER u 0 * :x");
        client.hears(" 001 ");
        server.shows(&format!("{} connected.", client.address));
        client.send("QUIT");
        client.hears_to_the_end();
    }
}

#[test]
fn a_proxy_without_a_header_is_closed_and_told_of() {
    let server = behind_proxy(&[]);
    for (bytes, why) in [
        (&b"NICK bob\r\n"[..], "no PROXY header, which --proxy-from asks for"),
        (b"\x16\x03\x01\x02", "no PROXY header, which --proxy-from asks for"),
        (b"PROXY TCP4 203.0.113.7 127.0.0.1 5555\r\n", "its PROXY header makes no sense"),
        (b"PROXY TCP4 203.0", "no PROXY header in 5 s"),
        (b"", "no PROXY header in 5 s"),
    ] {
        let client = begins(&server, bytes);
        let line = server.shows(why);
        assert!(line.starts_with(&format!("[CLOSED] {} closed.", client.address)), "{line}");
        assert!(client.hears_while_it_lasts().is_empty());
    }
}

#[test]
fn elsewhere_a_header_is_no_name() {
    let server = Server::start(&["--lang", "en", "--proxy-from", "10.0.0.0/8"]);
    let client = begins(&server, b"PROXY TCP4 203.0.113.7 127.0.0.1 5555 7000\r\n");
    client.send("NICK bob\r\nUSER u 0 * :x");
    client.hears(" 001 ");
    let line = server.shows("connected.");
    assert!(line.contains(&client.address), "{line}");
}

/// An administrator who gives a certificate means to encrypt.
#[test]
fn a_certificate_without_tls_is_refused() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let file = folder.join("no-certificate");
    fs::write(&file, "").unwrap();
    let mut serve = assert_cmd::Command::from_std(crate::kit::roomchat());
    serve.args(["serve", "--lang", "en", "--tls", "off", "--cert"]).arg(&file).arg("--key").arg(&file);
    serve.assert().code(2).stderr(predicates::str::contains("--tls off"));
}
