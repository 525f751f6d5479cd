use super::*;
use crate::bot::expect::refusal::Refusal;
use crate::wire::Message;
use expect_test::{expect, expect_file};

const SOURCE: &str = "1\n2\n3\n4\n5\n6\n小安 進入聊天室\n\n小明: 哈囉\n  小安 看到 小明: 哈囉\n";

fn wrong(differences: Vec<Difference>) -> Person {
    let last = vec![":小明!~u@h PRIVMSG #lobby :哈".to_owned()];
    Person { name: "小安".into(), what: WHAT.into(), outcome: Outcome::Wrong(differences), last }
}

fn well(name: &str) -> Person {
    let outcome = Outcome::Well(Some(Duration::from_micros(600)));
    Person { name: name.into(), what: WHAT.into(), outcome, last: Vec::new() }
}

const WHAT: &str = "what 小明 said";

fn failure(line: usize, people: Vec<Person>, cause: Option<Cause>) -> Failure {
    Failure { step: 9, line, actor: "小明".into(), people, cause, at_the_end: false }
}

fn show(line: usize, people: Vec<Person>) -> String {
    failure(line, people, None).show(
        "fixtures/demo.txt",
        SOURCE,
        "roomchat bot fixtures/demo.txt --line 9 --trace -",
    )
}

#[test]
fn the_report_of_the_design() {
    let short =
        Difference::Altered { wanted: "小明: 哈囉".into(), got: "小明: 哈".into(), exact: true };
    expect_file!["example.txt"].assert_eq(&show(9, vec![wrong(vec![short]), well("小花")]));
}

#[test]
fn an_indented_line_is_shown_below_its_step() {
    expect![[r#"
        fixtures/demo.txt:10: 小安 saw the lines in another order
            8 |
            9 | 小明: 哈囉
         > 10 |   小安 看到 小明: 哈囉
          小安  - a: 1              expected
                - a: 2              expected
                + a: 2              got
                + a: 1              got
          last lines to 小安:  :小明!~u@h PRIVMSG #lobby :哈
        again: roomchat bot fixtures/demo.txt --line 9 --trace -
    "#]]
    .assert_eq(&show(
        10,
        vec![wrong(vec![Difference::Order {
            wanted: vec!["a: 1".into(), "a: 2".into()],
            got: vec!["a: 2".into(), "a: 1".into()],
        }])],
    ));
}

#[test]
fn every_outcome_has_a_headline() {
    let person = |outcome| Person { name: "小花".into(), what: WHAT.into(), outcome, last: Vec::new() };
    let headline = |people| show(9, people).lines().next().unwrap_or("").to_owned();
    let all = [
        headline(vec![wrong(vec![Difference::Missing("x".into())]), person(Outcome::Wrong(vec![]))]),
        headline(vec![wrong(vec![Difference::Extra { got: "x".into(), again: true, written: false }])]),
        headline(vec![wrong(vec![Difference::Extra { got: "x".into(), again: false, written: false }])]),
        headline(vec![wrong(vec![Difference::NotRefused])]),
        headline(vec![wrong(vec![Difference::Raw { wanted: "x".into(), times: 1, came: 0 }])]),
        headline(vec![wrong(vec![Difference::Raw { wanted: "x".into(), times: 3, came: 2 }])]),
        headline(vec![person(Outcome::NoAnswer(Duration::from_secs(5)))]),
        headline(vec![person(Outcome::Closed("ERROR :x".into()))]),
        headline(vec![person(Outcome::Console("x".into()))]),
    ];
    expect![[r#"
        fixtures/demo.txt:9: 小安 and 小花 did not see what 小明 said
        fixtures/demo.txt:9: 小安 saw a line twice
        fixtures/demo.txt:9: 小安 saw something that was not to be seen
        fixtures/demo.txt:9: the server did not refuse 小明
        fixtures/demo.txt:9: 小安 did not get this protocol line
        fixtures/demo.txt:9: 小安 got 2 of 3 protocol lines
        fixtures/demo.txt:9: the server did not answer 小花 within 5 s
        fixtures/demo.txt:9: the server closed the connection of 小花
        fixtures/demo.txt:9: the server's console did not say this"#]]
    .assert_eq(&all.join("\n"));
}

/// The headline says what the server refused: once that was the third line.
#[test]
fn refusal_is_in_the_headline() {
    let missing = || wrong(vec![Difference::Missing("x".into())]);
    let told = |people, kept_from, said: &str| {
        let cause = Cause { who: "小明".into(), kept_from, said: said.into() };
        failure(9, people, Some(cause)).headline()
    };
    assert_eq!(
        told(vec![missing()], Some("come in"), "433 Nickname is already in use"),
        "小明 could not come in: 433 Nickname is already in use"
    );
    assert_eq!(
        told(vec![missing()], None, "404 Cannot send to channel"),
        "小安 did not see what 小明 said; the server refused 小明: 404 Cannot send to channel"
    );
    let twice = Difference::Extra { got: "x".into(), again: true, written: false };
    assert_eq!(told(vec![wrong(vec![twice])], None, "404 x"), "小安 saw a line twice");
}

/// People who missed something else are named apart.
#[test]
fn other_failures_are_named_apart() {
    let other = |name: &str, what: &str| Person {
        name: name.into(),
        what: what.into(),
        outcome: Outcome::Wrong(vec![Difference::Missing("x".into())]),
        last: Vec::new(),
    };
    let one = || wrong(vec![Difference::Missing("x".into())]);
    let told = |people| failure(9, people, None).headline();
    assert_eq!(
        told(vec![one(), other("小花", "小明 leave")]),
        "小安 did not see what 小明 said; below more about 小花"
    );
    assert_eq!(
        told(vec![one(), other("小花", WHAT), other("甲", "a"), other("乙", "b")]),
        "小安 and 小花 did not see what 小明 said; below more about 甲 and 乙"
    );
}

/// The report says how often a protocol line came.
#[test]
fn count_of_raw_lines_is_told() {
    let raw = |came| vec![wrong(vec![Difference::Raw { wanted: "* 404 *".into(), times: 3, came }])];
    let told = |came| show(9, raw(came)).lines().nth(3).unwrap_or("").trim().to_owned();
    assert_eq!(told(0), "小安  - * 404 *           expected 3 times, came never");
    assert_eq!(told(1), "小安  - * 404 *           expected 3 times, came once");
    assert_eq!(told(2), "小安  - * 404 *           expected 3 times, came 2 times");
}

fn refusal(text: &str) -> Refusal {
    Refusal::of(&Message::parse(&format!("404 小明 :{text}")).unwrap()).unwrap()
}

/// A message of 1 MB once made a report of 3 MB.
#[test]
fn a_long_text_makes_no_long_report() {
    let long = |end: &str| format!("小明: {}{end}", "x".repeat(1_000_000));
    let mut person = wrong(vec![
        Difference::Altered { wanted: long("a"), got: long("b"), exact: true },
        Difference::Missing(long("")),
        Difference::Extra { got: long(""), again: true, written: false },
        Difference::Order { wanted: vec![long("c")], got: vec![long("d")] },
        Difference::Raw { wanted: long(""), times: 1, came: 0 },
        Difference::Refused(refusal(&long(""))),
        Difference::Misnamed { wanted: long(""), got: long("") },
    ]);
    person.last = vec![long("")];
    let outcomes = [Outcome::Closed(long("")), Outcome::Console(long(""))];
    let others = outcomes.map(|outcome| Person { outcome, ..well("小花") });
    let cause = Cause { who: "小明".into(), kept_from: None, said: long("") };
    let people = std::iter::once(person).chain(others).collect();
    let source = format!("1\n{}\n", long("")).repeat(20);
    let headlines =
        [Difference::Refused(refusal(&long(""))), Difference::Misnamed { wanted: "a".into(), got: long("") }];
    for difference in headlines {
        let headline = failure(9, vec![wrong(vec![difference])], None).headline();
        assert!(headline.len() < 1000, "{headline}");
    }
    let report = failure(9, people, Some(cause)).show("demo.txt", &source, "again");
    assert!(report.len() < 20_000, "{} bytes", report.len());
    assert!(report.contains("xxxa") && report.contains("xxxb"), "the place where they differ:\n{report}");
    assert!(report.contains("got, differs at character 1000005\n"), "{report}");
}
