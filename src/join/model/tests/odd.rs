//! Something that answers and is no chat server, or lets nobody in.

use super::*;

fn at(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// First words that are not IRC end the conversation at once.
#[test]
fn first_words_that_are_no_irc() {
    let not_irc = |banner: &str| [Effect::Over(Ending::NotIrc { banner: banner.to_owned() })];
    for banner in ["220 mail.example ESMTP Postfix", "RFB 003.008", "* OK ready", "+OK ready"] {
        let mut model = new("小花");
        match Message::parse(banner) {
            Ok(message) => model.on_message(&message),
            Err(_) => model.on_garbage(banner),
        }
        assert_eq!(model.take(), not_irc(banner));
    }
    let mut model = new("小花");
    model.on_garbage("SSH-2.0-OpenSSH_9.2");
    assert_eq!(model.take(), not_irc("SSH-2.0-OpenSSH_9.2"));
    for line in ["NOTICE AUTH :*** Looking up your hostname", "PING :1", ":s 020 * :Please wait", "ERROR :no"]
    {
        let mut model = new("小花");
        assert!(!hear(&mut model, &[line]).iter().any(|effect| matches!(effect, Effect::Over(_))), "{line}");
        // A server may say one odd thing later.
        model.on_garbage("-- odd");
        assert_eq!(model.take(), []);
    }
}

#[test]
fn silence_is_told_and_then_it_is_over() {
    let mut model = new("小花");
    model.pump(at(100));
    assert_eq!(model.deadline(), Some(at(105)));
    model.tick(at(104));
    assert_eq!(model.take(), []);
    model.tick(at(105));
    assert_eq!(shown(model.take()), [Item::Told(Phrase::NoAnswerYet)]);
    assert_eq!(model.deadline(), Some(at(160)));
    model.tick(at(159));
    assert_eq!(model.take(), []);
    model.tick(at(160));
    assert_eq!(model.take(), [Effect::Over(Ending::Silent)]);
}

/// Lines that are not the answer do not extend the wait for it.
#[test]
fn slow_talker_is_given_up() {
    let mut model = new("小花");
    model.pump(at(0));
    for second in 1..60 {
        hear(&mut model, &[&format!(":s 020 * :Please wait {second}")]);
        model.pump(at(second));
        model.tick(at(second));
        assert_eq!(model.take(), []);
    }
    model.tick(at(60));
    assert_eq!(model.take(), [Effect::Over(Ending::Silent)]);
    // The same where it never answers JOIN.
    let mut model = new("小花");
    model.pump(at(0));
    hear(&mut model, &[":s 001 小花 :hi", ":s 422 小花 :no MOTD"]);
    model.tick(at(60));
    assert_eq!(model.take(), [Effect::Over(Ending::Silent)]);
}

/// Silence at the beginning of a later connection is not told.
#[test]
fn later_silence_is_not_told() {
    let mut model = inside("");
    model.pump(at(0));
    model.tick(at(100));
    assert_eq!(model.take(), []);
    model.lost(None);
    model.come_back();
    model.take();
    model.pump(at(200));
    assert_eq!(model.deadline(), Some(at(260)));
    model.tick(at(260));
    assert_eq!(model.take(), [Effect::Over(Ending::Silent)]);
}
