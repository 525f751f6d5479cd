//! `@xfail`: only the failure that a script names is expected.

use crate::kit::{bot, bot_within};
use crate::reports::Folder;
use predicates::prelude::*;

const FAILS: &str = "Ann joins\nBob joins\nAnn: hi\n  Bob sees Ann: ho\nAnn: end\n";

fn script(expected: &str) -> String {
    format!("@xfail {expected}: it is known\n{FAILS}")
}

/// Any failure was once the expected one.
#[test]
fn the_failure_must_be_the_expected_one() {
    let folder = Folder::new("xfail");
    for expected in ["line 5", "altered", "line 5 altered"] {
        let path = folder.file("known.txt", &script(expected));
        let told = format!("{path}: ok, fails at line 5 as expected: it is known\n");
        bot().arg(&path).assert().code(0).stdout(told);
    }
    for expected in ["line 4", "missing", "line 5 missing", "line 6 altered"] {
        let path = folder.file("other.txt", &script(expected));
        let told = format!(
            "@xfail in line 1 expects another failure: {expected} (it is known); this one is: line 5, altered\n"
        );
        bot()
            .arg(&path)
            .assert()
            .code(1)
            .stdout(predicate::str::starts_with(format!("{path}:5: Bob did not see what Ann said\n")))
            .stdout(predicate::str::ends_with(told));
    }
}

/// A connection that was closed, and a server that does not answer, once were
/// the expected failure.
#[test]
fn a_server_that_fails_is_never_expected() {
    let folder = Folder::new("xfail-server");
    let closed = "@xfail line 4: a browser is thrown out\nAnn joins\nCid connects\nCid >> GET / HTTP/1.1\n";
    let path = folder.file("closed.txt", closed);
    let told = "@xfail in line 1 expects another failure: line 4 (a browser is thrown out); this one is: line 4, of a \
                kind that is never expected\n";
    bot().arg(&path).assert().code(1).stdout(predicate::str::ends_with(told));
    // Port 1 is nobody's.
    let path = folder.file("nobody.txt", &script("line 5"));
    bot_within("5").args(["--server", "127.0.0.1:1", &path]).assert().code(4);
    let path = folder.file("syntax.txt", &script("line 5").replace("Ann: end", "Ann ends"));
    bot().arg(&path).assert().code(3);
}

/// Once the script was said to pass although it was to fail.
#[test]
fn what_is_not_reached_is_no_failure() {
    let folder = Folder::new("xfail-line");
    let path = folder.file("line.txt", &script("line 5"));
    bot().args(["--line", "3", &path]).assert().code(0).stdout(predicate::str::starts_with(format!(
        "{path}: not reached: what is to fail (line 5): it is known\n{path}: ok, 2 steps in "
    )));
    bot().args(["--line", "4", &path]).assert().code(0).stdout(predicate::str::contains("fails at line 5"));
    let passes = folder.file("passes.txt", &script("line 5").replace("ho\n", "hi\n"));
    let told = |path: &str| format!("{path}:1: it passes, and was to fail (line 5): it is known\n");
    bot().args(["--line", "4", &passes]).assert().code(1).stdout(told(&passes));
    bot().arg(&passes).assert().code(1).stdout(told(&passes));
    let kind = folder.file("kind.txt", &script("missing").replace("ho\n", "hi\n"));
    bot().args(["--line", "4", &kind]).assert().code(0).stdout(predicate::str::contains("not reached"));
    bot().args(["--line", "6", &kind]).assert().code(1);
}

/// Once such a script was rewritten, and then passed although it was to fail.
#[test]
fn a_script_that_is_to_fail_is_not_rewritten() {
    let folder = Folder::new("xfail-update");
    let path = folder.file("update.txt", &script("line 5"));
    let told = format!(
        "{path}: not rewritten: it is to fail (@xfail in line 1)\n{path}: ok, fails at line 5 as expected: it is known\n"
    );
    bot().args(["--update", &path]).assert().code(0).stdout(told);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), script("line 5"));
}

/// Once only the first time counted.
#[test]
fn it_fails_each_time() {
    let folder = Folder::new("xfail-repeat");
    let path = folder.file("repeat.txt", &script("line 5"));
    bot()
        .args(["--repeat", "3", "--trace", "-", &path])
        .assert()
        .code(0)
        .stderr(predicate::str::contains("Ann > NICK Ann").count(3));
}
