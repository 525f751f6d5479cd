//! `--update`: after it a script passes, or it was not written.

use crate::kit::{Server, bot};
use crate::reports::Folder;
use predicates::prelude::*;
use std::fs;

/// Rewrites the script, which passes then without a change.
fn updated(folder: &Folder, source: &str) -> String {
    let path = folder.file("script.txt", source);
    bot().args(["--update", &path]).assert().code(0).stdout(predicate::str::contains("rewritten"));
    let text = fs::read_to_string(&path).unwrap();
    bot().args(["--update", &path]).assert().code(0).stdout(predicate::str::contains("rewritten").not());
    assert_eq!(fs::read_to_string(&path).unwrap(), text);
    text
}

/// Is not rewritten: what is told then.
fn kept(folder: &Folder, flags: &[&str], source: &str) -> String {
    let path = folder.file("kept.txt", source);
    let output = bot().args(flags).args(["--update", &path]).output().unwrap();
    let told = String::from_utf8(output.stdout).unwrap().replace(&path, "PATH");
    assert_eq!(output.status.code(), Some(1), "{told}");
    assert_eq!(fs::read_to_string(&path).unwrap(), source, "{told}");
    told
}

#[test]
fn expectations_are_rewritten_to_what_was_seen() {
    let folder = Folder::new("update");
    let source = "@title 更新\n甲 joins\n乙 joins\n丙 joins\n\n甲: 一   # kept\n  others sees 甲: 二\n  乙 << (glob) * PRIVMSG *\n\
        甲 /msg 乙 三\n  乙, 丙 sees nothing\n甲: 四\n  乙 sees (re) 甲: .\n";
    let path = folder.file("script.txt", source);
    bot()
        .args(["--update", &path])
        .assert()
        .code(0)
        .stdout(predicate::str::contains("2 expectations rewritten"));
    let wanted = source
        .replace("others sees 甲: 二", "others sees 甲: 一")
        .replace("  乙, 丙 sees nothing\n", "  乙 sees [private] 甲: 三\n  丙 sees nothing\n");
    assert_eq!(fs::read_to_string(&path).unwrap(), wanted);
    bot().args(["--update", &path]).assert().code(0).stdout(predicate::str::contains("rewritten").not());
    // A refusal is no expectation.
    let refused = folder.file("refused.txt", "甲 joins\n! 甲: allowed\n");
    bot().args(["--update", &refused]).assert().code(1);
}

/// The wire's name was once written, and the script no longer parsed.
#[test]
fn people_have_the_names_of_the_script() {
    let folder = Folder::new("update-names");
    let source = "let n = 乙\n甲 joins\n${n} joins as Bob\n丙 joins\n甲: 一\n  ${n}, 丙 sees 甲: 二\n丙 /nick 丁\n  \
                  everyone sees nothing\n甲 /msg Bob 三\n  others sees 甲: 三\n";
    let wanted = "let n = 乙\n甲 joins\n${n} joins as Bob\n丙 joins\n甲: 一\n  ${n}, 丙 sees 甲: 一\n丙 /nick 丁\n  \
                  everyone sees 丙 → 丁\n甲 /msg Bob 三\n  乙 sees [private] 甲: 三\n  丁 sees nothing\n";
    assert_eq!(updated(&folder, source), wanted);
}

/// Somebody in two groups once got each line twice.
#[test]
fn who_is_in_two_groups_sees_each_line_once() {
    let folder = Folder::new("update-groups");
    let source = "甲 joins\n乙 joins\n丙 joins\n甲: 一\n  乙 sees 甲: 一\n  everyone sees 甲: 二\n甲: 三\n  乙 sees 甲: 一\n  \
                  乙, 丙 sees 甲: 二\n甲 /msg 乙 四\n  乙 sees 甲: 一\n  乙, 丙 sees 甲: 二\n";
    let wanted = "甲 joins\n乙 joins\n丙 joins\n甲: 一\n  everyone sees 甲: 一\n甲: 三\n  乙, 丙 sees 甲: 三\n甲 /msg 乙 四\n  \
                  乙 sees [private] 甲: 四\n  丙 sees nothing\n";
    assert_eq!(updated(&folder, source), wanted);
}

/// It once told of two expectations rewritten, and changed nothing.
#[test]
fn what_only_strict_compares_is_written_as_well() {
    let folder = Folder::new("update-strict");
    let source = "@strict\nAnn joins\nBob joins\nAnn /mode +m\n  everyone sees nothing\nAnn /mode -m\n  Bob sees Ann: x\n  \
                  Ann sees Ann: x\n";
    let wanted = "@strict\nAnn joins\nBob joins\nAnn /mode +m\n  everyone sees Ann mode +m\nAnn /mode -m\n  Bob sees Ann mode -m\n  \
                  Ann sees Ann mode -m\n";
    assert_eq!(updated(&folder, source), wanted);
}

/// A comment and the end of the file's last line were once lost, and patterns
/// that were met became texts.
#[test]
fn what_is_met_stays_and_so_do_comments_and_line_ends() {
    let folder = Folder::new("update-rest");
    let source = "Ann joins\r\nBob joins\r\nAnn >>> PRIVMSG #lobby :1\\r\\nPRIVMSG #lobby :2\\r\\nPRIVMSG #lobby :3\\r\\n\r\n  \
                  Bob sees (re) Ann: [0-9]\r\n  Bob sees Ann: x   # the second\r\n\tBob sees (glob) Ann: *\r\nAnn: 4\r\n  Bob sees nothing  # why";
    let wanted = source.replace("Ann: x ", "Ann: 2 ").replace("sees nothing ", "sees Ann: 4 ");
    assert_eq!(updated(&folder, source), wanted);
}

#[test]
fn below_a_block_the_lines_that_came_are_written() {
    let folder = Folder::new("update-block");
    let source =
        "Ann joins\nBob joins\nCid joins\ntogether {\n  Ann: 1\n  Ann: 2\n}\n  Bob, Cid sees Ann: 2\n";
    let wanted =
        source.replace("  Bob, Cid sees Ann: 2\n", "  Bob, Cid sees Ann: 1\n  Bob, Cid sees Ann: 2\n");
    assert_eq!(updated(&folder, source), wanted);
}

/// Each of these was once written, and failed then.
#[test]
fn what_cannot_be_rewritten_stays_and_says_so() {
    let folder = Folder::new("update-kept");
    let stalled = "甲 joins\n乙 joins\n乙 stalls\n甲: 一\n  乙 sees 甲: 二\n乙 resumes\n  乙 sees 甲: 三\n";
    let told = kept(&folder, &[], stalled);
    assert!(told.contains("not rewritten (line 7): what came to 乙 belongs to several steps\n"), "{told}");
    assert!(told.contains("PATH:5: "), "{told}");
    let all = "甲 joins\n乙 joins\n丙 joins\n乙 stalls\n甲: 一\n  everyone sees 甲: 二\n乙 resumes\n";
    let told = kept(&folder, &[], all);
    assert!(told.contains("not rewritten (line 6): what came to 乙 belongs to several steps\n"), "{told}");
    let each = "甲 joins\n乙 joins\neach i 1..2 甲: ${i}\n  乙 sees 甲: 1\n";
    let told = kept(&folder, &[], each);
    assert!(
        told.contains("not rewritten (line 4): a line below `each` stands for several steps\n"),
        "{told}"
    );
    let mixed = "甲 joins\n乙 joins\n甲: 一\n  乙 sees 甲: 二\n甲: 三\n  乙 << (glob) *四*\n";
    let told = kept(&folder, &["--keep-going"], mixed);
    assert!(told.contains("PATH:6: ") && !told.contains("PATH:4: "), "{told}");
    assert!(told.contains("not rewritten, as the script fails elsewhere (line 4)\n"), "{told}");
}

/// On the server of others the room keeps what the first playing has set.
#[test]
fn what_is_not_seen_again_is_not_written() {
    let server = Server::start(&[]);
    let folder = Folder::new("update-again");
    let source =
        "@strict\nAnn joins\nBob joins\nAnn: hi\n  Bob sees Ann: ho\nAnn /mode +m\n  everyone sees nothing\n";
    let told = kept(&folder, &["--server", &server.address.to_string()], source);
    assert!(told.starts_with("PATH:7: this is not met, and can't be rewritten"), "{told}");
    assert!(told.contains("\n > 7 |   everyone sees nothing\n"), "{told}");
}

#[test]
fn a_file_that_must_not_be_written_stays() {
    let folder = Folder::new("update-read-only");
    let path = folder.file("script.txt", "甲 joins\n乙 joins\n甲: 一\n  乙 sees 甲: 二\n");
    let mut permissions = fs::metadata(&path).unwrap().permissions();
    permissions.set_readonly(true);
    fs::set_permissions(&path, permissions).unwrap();
    let told =
        format!("{path}:4: 1 expectation is not met, and the script can't be rewritten: it is read-only\n");
    bot().args(["--update", &path]).assert().code(1).stdout(told);
}

#[test]
fn several_scripts_are_rewritten_side_by_side() {
    let folder = Folder::new("update-jobs");
    let source = "甲 joins\n乙 joins\n甲: 一\n  乙 sees 甲: 二\n";
    let paths = ["a.txt", "b.txt", "c.txt"].map(|name| folder.file(name, source));
    bot().args(["--update", "--jobs", "3"]).args(&paths).assert().code(0);
    for path in paths {
        assert_eq!(fs::read_to_string(path).unwrap(), source.replace('二', "一"));
    }
}
