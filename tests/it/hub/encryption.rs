//! What the hub says of encryption, and to those who do without where they may not.

use super::kit::Kit;
use expect_test::{Expect, expect};
use roomchat::hub::Encryption;

fn check(encryption: Encryption, script: &str, expected: &Expect) {
    let mut kit = Kit::with(|config| config.encryption = encryption);
    kit.play(script);
    expected.assert_eq(&kit.take().lines().map(short).collect::<String>());
}

/// Capabilities that every server of ours has are left out.
fn short(line: &str) -> String {
    match (line.find(":away-notify"), line.find("userhost-in-names")) {
        (Some(start), Some(end)) => format!("{}:…{}\n", &line[..start], &line[end + 17..]),
        _ => format!("{line}\n"),
    }
}

#[test]
fn whois_says_who_is_encrypted() {
    check(
        Encryption::Offered,
        "alice connects
         alice is encrypted
         alice in #lobby
         bob in #lobby
         bob> WHOIS alice
         bob> WHOIS bob",
        &expect![[r#"
            alice connects
            alice is encrypted
            bob> WHOIS alice
            bob< :irc 311 bob alice u 10.0.0.1 * :alice real
            bob< :irc 319 bob alice :@#lobby
            bob< :irc 312 bob alice irc :A room that anybody can open
            bob< :irc 671 bob alice :is using a secure connection
            bob< :irc 317 bob alice 0 1767225600 :seconds idle, signon time
            bob< :irc 318 bob alice :End of /WHOIS list
            bob> WHOIS bob
            bob< :irc 311 bob bob u 10.0.0.1 * :bob real
            bob< :irc 319 bob bob :#lobby
            bob< :irc 312 bob bob irc :A room that anybody can open
            bob< :irc 317 bob bob 0 1767225600 :seconds idle, signon time
            bob< :irc 318 bob bob :End of /WHOIS list
        "#]],
    );
}

/// Over plain the capability tells that the port speaks TLS; nobody asks for it.
#[test]
fn clients_are_told_that_the_port_speaks_tls() {
    check(
        Encryption::Offered,
        "alice> CAP LS 302
         alice> CAP REQ roomchat.invalid/tls",
        &expect![[r#"
            alice> CAP LS 302
            alice< :irc CAP * LS :… roomchat.invalid/tls
            alice> CAP REQ roomchat.invalid/tls
            alice< :irc CAP * NAK :roomchat.invalid/tls
        "#]],
    );
}

/// A client that can verify the certificate is told where to go, and others are closed with a sentence.
#[test]
fn plain_is_refused_where_encryption_is_required() {
    check(
        Encryption::Required { sts_port: Some(7000) },
        "alice> CAP LS 302
         alice> NICK alice
         bob> CAP LS
         carol> carol
         dave> GET / HTTP/1.1
         erin> QUIT :bye
         grace connects
         grace is encrypted
         grace> CAP LS 302
         local> CAP LS 302
         local> CAP END",
        &expect![[r#"
            alice> CAP LS 302
            alice< :irc CAP * LS :sts=port=7000
            alice> NICK alice
            alice<| ERROR :Closing link: 10.0.0.1 (This server is reached by TLS only)
            bob> CAP LS
            bob<| ERROR :Closing link: 10.0.0.1 (This server is reached by TLS only)
            carol> carol
            carol<| closed. (沒有加密; 這個伺服器只接受 TLS)
            dave> GET / HTTP/1.1
            dave<| 
            erin> QUIT :bye
            erin<| ERROR :Closing link: 10.0.0.1 (This server is reached by TLS only)
            grace connects
            grace is encrypted
            grace> CAP LS 302
            grace< :irc CAP * LS :… roomchat.invalid/tls sts=duration=2592000
            local> CAP LS 302
            local< :irc CAP * LS :… roomchat.invalid/tls
            local> CAP END
        "#]],
    );
}

/// No client could verify the server's own certificate: none is told to come encrypted for ever.
#[test]
fn own_certificate_makes_no_policy() {
    check(
        Encryption::Required { sts_port: None },
        "alice> CAP LS 302
         bob connects
         bob is encrypted
         bob> CAP LS 302",
        &expect![[r#"
            alice> CAP LS 302
            alice<| ERROR :Closing link: 10.0.0.1 (This server is reached by TLS only)
            bob connects
            bob is encrypted
            bob> CAP LS 302
            bob< :irc CAP * LS :… roomchat.invalid/tls
        "#]],
    );
}

/// From the first byte on there are ten seconds for the handshake, and ten more for a name.
#[test]
fn handshake_and_name_have_ten_seconds_each() {
    check(
        Encryption::Offered,
        "console
         alice>>
         9 s
         alice is encrypted
         9 s
         alice> NICK alice
         1 s
         bob>>
         10 s",
        &expect![[r#"
            alice>>
            9 s
            alice is encrypted
            9 s
            alice> NICK alice
            1 s
            bob>>
            10 s
            alice<| ERROR :Closing link: 10.0.0.1 (Not registered in 10 seconds)
            bob<| closed. (no name in 10 s)
            [Closed] None NoName(10s)
            [Closed] None NoName(10s)
        "#]],
    );
}
