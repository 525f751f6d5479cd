//! Completion that the executable itself answers.

use super::kit::roomchat;

#[test]
fn the_shell_is_told_what_can_follow() {
    let answer = |words: &[&str]| {
        let out = roomchat().env("COMPLETE", "fish").arg("--").args(words).output().unwrap();
        assert!(out.status.success(), "{out:?}");
        String::from_utf8(out.stdout).unwrap()
    };
    assert!(answer(&["roomchat", "se"]).starts_with("serve\t"));
    assert!(answer(&["roomchat", "join", "--se"]).starts_with("--server\t"));
}

#[test]
fn the_script_that_a_shell_sources_is_printed() {
    let out = roomchat().env("COMPLETE", "bash").output().unwrap();
    let script = String::from_utf8(out.stdout).unwrap();
    assert!(script.contains("complete -o nospace") && script.contains("roomchat"), "{script}");
}
