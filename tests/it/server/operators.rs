//! Those who keep the house.

use crate::kit::{Server, installed, roomchat};

/// What `printf secret | argon2 somesalt -id -e` prints.
pub(crate) const SECRET: &str =
    "$argon2id$v=19$m=4096,t=3,p=1$c29tZXNhbHQ$JSTtCfuzyWAVVZF1mjNyip+A7CCi5xkKhBoPdXSPbqs";

pub(super) fn write_operators(name: &str, text: &str) -> String {
    let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn an_operator_ends_a_connection_and_one_who_guesses_does_not() {
    let file = write_operators("operators", &format!("root {SECRET}\n"));
    let server = Server::start(&["--operators", &file, "--lang", "en"]);
    let (keeper, pest) = (server.enter("keeper"), server.enter("pest"));
    pest.send("OPER root guess\r\nKILL keeper :mine");
    pest.hears(" 464 ");
    pest.hears(" 481 ");
    assert_eq!(server.shows("wrong"), format!("pest gave a wrong password from {}", pest.address));
    keeper.send("OPER root secret\r\nKILL pest :enough");
    keeper.hears(" 381 ");
    assert!(pest.hears_to_the_end().contains("Killed (keeper (enough))"));
    let operator = format!("keeper is now an operator of the server from {}", keeper.address);
    assert_eq!(server.shows("operator"), operator);
}

/// What `serve --help` tells to type makes an operator. It did not say where
/// the password goes.
#[test]
fn an_operator_is_made_as_the_help_says() {
    if !["bash", "argon2", "openssl"].into_iter().all(installed) {
        return;
    }
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("made-operators");
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir(&folder).unwrap();
    let help = String::from_utf8(roomchat().args(["serve", "--help"]).output().unwrap().stdout).unwrap();
    let example = help.split("  read -rs p\n").nth(1).unwrap();
    let (example, _) = example.split_once("  roomchat serve --operators operators").unwrap();
    let mut shell = std::process::Command::new("bash");
    shell.args(["-c", &format!("read -rs p\n{example}")]).current_dir(&folder);
    let mut shell = shell.stdin(std::process::Stdio::piped()).spawn().unwrap();
    std::io::Write::write_all(&mut shell.stdin.take().unwrap(), "小心 \"$x\n".as_bytes()).unwrap();
    assert!(shell.wait().unwrap().success());
    let server = Server::start(&["--operators", folder.join("operators").to_str().unwrap()]);
    let keeper = server.enter("keeper");
    keeper.send("OPER root :小心 \"$x");
    keeper.hears(" 381 ");
}
