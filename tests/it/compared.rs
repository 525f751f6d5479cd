//! What a script's steps imply on our own server: small scripts, whether they
//! pass, and the line at which they fail where they don't.

use crate::kit::bot;
use predicates::prelude::*;
use std::fs;
use std::path::PathBuf;

/// A script in a file of its own, gone when this is dropped.
struct Script(PathBuf);

impl Script {
    fn of(name: &str, text: &str) -> Script {
        let path =
            std::env::temp_dir().join(format!("roomchat-compared-{}-{name}.txt", crate::kit::unique()));
        fs::write(&path, text).unwrap();
        Script(path)
    }

    fn passes(&self) {
        bot().arg(&self.0).assert().code(0);
    }

    fn fails_at(&self, line: usize, why: &str) {
        let headline = format!("{}:{line}: ", self.0.display());
        bot()
            .arg(&self.0)
            .assert()
            .code(1)
            .stdout(predicate::str::starts_with(headline).and(predicate::str::contains(why)));
    }
}

impl Drop for Script {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

/// `others` in a step in which all act, and what is written about somebody
/// whose connection ends before he can be asked, was once never looked at.
#[test]
fn a_line_about_nobody_or_about_what_is_lost_is_not_met() {
    for (nth, (rest, line)) in [
        ("Ann leaves\nBob leaves\n  others sees Zed: x\n", 5),
        ("together {\n  Ann: a\n  Bob: b\n}\n  others sees Zed: x\n", 7),
        ("Bob stalls\nAnn: a\n  Bob sees Ann: b\nBob drops\n", 5),
        ("Bob stalls\nAnn: a\n  Bob sees Ann: b\nBob reconnects\n", 5),
        ("Ann >>> PRIV\nBob: b\n  Ann sees Bob: c\nAnn drops\n", 5),
    ]
    .into_iter()
    .enumerate()
    {
        let text = format!("Ann joins\nBob joins\n{rest}");
        Script::of(&format!("nobody-{nth}"), &text).fails_at(line, "did not see");
    }
    let alone = "Ann joins\nAnn: hi\n  others sees Zed: x\n";
    Script::of("nobody-alone", alone).fails_at(3, "others did not see");
    Script::of("nobody-nothing", "Ann joins\nAnn: hi\n  others sees nothing\n").passes();
}

/// Errors to somebody who acts were once overlooked where nobody was to see anything.
#[test]
fn a_step_without_visible_effect_fails_where_it_is_refused() {
    for (nth, step) in [
        "Ann /kick Nobody",
        "Ann /topic #typo x",
        "Ann /msg Nobody hi",
        "Ann leaves #typo",
        "Ann >> FOO",
        "Ann /invite Nobody",
        "Ann /mode +Q",
        "Ann /whois Nobody",
        "Ann #typo: hi",
        "Ann >> PRIVMSG #lobby",
    ]
    .into_iter()
    .enumerate()
    {
        let script = format!("Ann joins\nBob joins\n{step}\n");
        Script::of(&format!("refused{nth}"), &script).fails_at(3, "the server refused Ann: ");
        // The same step that is to be refused passes, and so does one that asks for the error.
        Script::of(&format!("wanted{nth}"), &script.replace("\nAnn", "\n! Ann")).passes();
        // An echo stays due.
        if !step.contains("hi") && !step.contains("PRIVMSG") {
            let asked = format!("{script}  Ann << (re) (:\\S+ [45]\\d\\d|FAIL) .*\n");
            Script::of(&format!("asked{nth}"), &asked).passes();
        }
    }
}

#[test]
fn a_refusal_is_one_of_that_command() {
    let script = "Ann joins\nBob joins\ntogether {\n  ! Bob /nick Ann\n  Bob /topic #typo x\n}\n";
    Script::of("of-command", script).fails_at(3, "403");
}

/// Notices, CTCP, invitations, modes and tags were once nobody's business.
#[test]
fn each_kind_of_deed_is_implied() {
    for strict in ["", "@strict\n"] {
        let script = "Ann joins\nBob joins\nCarl joins\nAnn /notice Bob psst\nAnn >> NOTICE #lobby :all\n\
             Ann >> PRIVMSG Bob :${u:1}VERSION${u:1}\nBob >> NOTICE Ann :${u:1}VERSION x${u:1}\n\
             Ann >> @+typing=active TAGMSG #lobby\nAnn >> @+typing=done TAGMSG Bob\nAnn /mode +m\nAnn /mode +m\n\
             Ann /mode -m+t\nAnn joins #lab\nAnn /invite Bob #lab\nBob joins #lab\nAnn /mode #lab +v Bob\n\
             Ann >> MODE Ann +i\nBob /away lunch\nBob /away\n";
        Script::of("kinds", &format!("{strict}{script}")).passes();
    }
    for (nth, (step, pattern)) in [
        ("Ann /notice Bob psst", "[private] -Ann- psst"),
        ("Ann >> NOTICE #lobby :all", "-Ann- all"),
        ("Ann >> PRIVMSG Bob :${u:1}VERSION${u:1}", "[私] Ann CTCP VERSION"),
        ("Ann >> NOTICE Bob :${u:1}VERSION x${u:1}", "[private] Ann CTCP reply VERSION x"),
        ("Ann >> @+typing=active TAGMSG #lobby", "Ann tags +typing=active"),
        ("Ann /mode +m", "Ann 模式 +m"),
        ("Ann /invite Bob #lab", "[#lab] Ann invites Bob"),
    ]
    .into_iter()
    .enumerate()
    {
        let before = "Ann joins\nBob joins\nAnn joins #lab\n";
        Script::of(&format!("sees{nth}"), &format!("{before}{step}\n  Bob sees {pattern}\n")).passes();
        let nothing = format!("{before}{step}\n  Bob sees nothing\n");
        Script::of(&format!("nothing{nth}"), &nothing).fails_at(5, "got");
    }
}

/// Whatever a person causes is told, also where nothing implies it.
#[test]
fn a_deed_that_nothing_implies_is_one_too_many() {
    let script = "Ann joins\nBob joins\nBob >> CAP REQ :away-notify setname\nAnn /away lunch\n";
    Script::of("away", script).fails_at(4, "Ann is away: lunch");
    Script::of(
        "away-seen",
        &format!("{script}  Bob sees Ann is away: lunch\nAnn /away\n  Bob 看到 Ann 回來了\n"),
    )
    .passes();
    let script =
        "Ann joins\nBob joins\nBob >> CAP REQ :setname\nAnn >> CAP REQ :setname\nAnn >> SETNAME :Lee\n";
    Script::of("setname", script).fails_at(5, "Ann realname: Lee");
}

#[test]
fn names_are_the_same_in_any_case_that_the_server_takes() {
    let script = "Ann joins #Lab\nBob joins #lab\nAnn #LAB: hi\nAnn /msg BOB psst\nAnn /topic #lAb t\n\
         Ann /kick #LAB bob out\nBob joins #LAb\nBob leaves #lAB\n";
    Script::of("case", script).passes();
}

#[test]
fn join_0_leaves_every_room() {
    Script::of(
        "join0",
        "Ann joins\nBob joins\nAnn joins #a\nBob joins #a\nAnn >> JOIN 0\nAnn joins\nBob: hi\n",
    )
    .passes();
}

/// To be thrown out is a leaving that the others see.
#[test]
fn somebody_who_is_thrown_out_is_seen_to_leave() {
    let script = "Ann joins\nBob joins\n! Ann >>> ${repeat:y,1000000}\\r\\n\nBob: alone\nAnn joins\n";
    Script::of("thrown", script).passes();
    let script = "Ann joins\nBob joins\nAnn >>> ${repeat:y,1000000}\\r\\n\n  Ann << (glob) ERROR *\n  \
         Ann << (glob) :* 417 *\n";
    // The error comes first.
    Script::of("turned", script).fails_at(5, "expected");
    let script = "Ann joins\nBob joins\nAnn >>> ${repeat:y,1000000}\\r\\n\n  Ann << (glob) :* 417 *\n  \
         Ann << (glob) ERROR *\nBob: alone\n";
    Script::of("asked", script).passes();
}

/// USER was once sent twice, which a server refuses.
#[test]
fn a_registration_by_hand_is_not_begun_again() {
    let script = "Ann connects\nAnn >>> NICK Ann\\r\\nUSER x 0 * :x\\r\\n\nAnn joins\nAnn: hi\n";
    Script::of("by-hand", script).passes();
}

/// A pattern that stands for both lines once hid that they were turned round;
/// here nobody turns them.
#[test]
fn patterns_below_a_block_may_stand_for_several_lines() {
    let script = "Ann joins\nBob joins\ntogether {\n  Ann: 1\n  Ann: 2\n}\n  Bob sees (x2) (glob) Ann: *\n";
    Script::of("block", script).passes();
}
