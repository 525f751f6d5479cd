//! What is printed is read back, and no text makes the parser panic.

use super::super::*;
use crate::bot::pattern::Style;
use crate::bot::script::keyword::COMMANDS;
use crate::bot::script::template::Template;
use crate::bot::script::{Action, Check, Expect, Fault, Line, Mods, Outage, Step, Text, Who, read};
use crate::text::Lang;
use proptest::prelude::*;

fn text(regex: &'static str) -> impl Strategy<Value = Text> {
    regex.prop_map(|text: String| Text { value: Template::literal(&text), at: 0..0 })
}

fn name() -> impl Strategy<Value = Text> {
    text("[小花明安A-Z]{1,4}[0-9]")
}

fn room() -> impl Strategy<Value = Option<Text>> {
    prop::option::of(text("#[a-z]{1,5}"))
}

fn step() -> impl Strategy<Value = Step<Text>> {
    const ANY: &str = "[a-zA-Z :：#!$\\{\\}\\\\(),哈囉\"]{0,16}";
    const WORDS: &str = "[a-z哈囉$\\{][a-z #\\{\\}哈囉]{0,12}";
    let action = prop_oneof![
        (room(), text(ANY)).prop_map(|(room, text)| Action::Say { room, text }),
        (room(), prop::option::of(name())).prop_map(|(room, name)| Action::Join { room, name }),
        (room(), prop::option::of(text(ANY))).prop_map(|(room, reason)| Action::Leave { room, reason }),
        Just(Action::Connect),
        prop::sample::select(&[Fault::Drop, Fault::Stall, Fault::Resume, Fault::Reconnect][..])
            .prop_map(Action::Fault),
        (prop::sample::select(COMMANDS), text(WORDS))
            .prop_map(|((command, ..), args)| Action::Command { command, args }),
        text(WORDS).prop_map(Action::Line),
        text("[a-zA-Z:\u{20}]{1,8}").prop_map(Action::Bytes),
    ];
    (any::<bool>(), name(), action).prop_map(|(refused, actor, action)| Step { refused, actor, action })
}

fn expectation() -> impl Strategy<Value = Expect<Text>> {
    let style = prop_oneof![Just(Style::Literal), Just(Style::Glob), Just(Style::Regex)];
    let mods = (style, 1..9usize).prop_map(|(style, times)| Mods { style, times });
    let check =
        (mods, text("[a-z哈囉][a-z :#*.哈囉]{0,12}"), 0..3).prop_map(|(mods, pattern, kind)| match kind {
            0 => Check::Nothing,
            1 => Check::Sees { mods, pattern },
            _ => Check::Raw { mods, pattern },
        });
    let who = prop_oneof![
        prop::collection::vec(name(), 1..4).prop_map(Who::Named),
        Just(Who::Everyone),
        Just(Who::Others),
    ];
    (who, check).prop_map(|(who, check)| Expect { who, check })
}

fn item() -> impl Strategy<Value = Item> {
    prop_oneof![
        (prop::sample::select(KEYS), "[a-z#][a-z#小]{0,8}").prop_map(|((key, ..), value)| {
            let value = if key == keyword::Key::Strict { String::new() } else { value };
            Item::Directive { key, value }
        }),
        step().prop_map(Item::Step),
        expectation().prop_map(Item::Expect),
        ("[a-z]{1,4}", -5..5i64, 0..20i64, step()).prop_map(|(name, from, more, step)| Item::Each {
            name,
            from,
            to: from + more,
            step
        }),
        ("[a-z]{1,4}", text("[a-z哈囉][a-z #哈囉]{0,8}")).prop_map(|(name, value)| Item::Let { name, value }),
        (0..3_600_000u64).prop_map(|ms| Item::Wait(Duration::from_millis(ms))),
        prop::sample::select(&[Outage::Dies, Outage::Restarts][..]).prop_map(Item::Outage),
    ]
}

/// One line, or a block with steps of all kinds.
fn items() -> impl Strategy<Value = Vec<Item>> {
    let each = ("[a-z]{1,4}", -5..5i64, step()).prop_map(|(name, from, step)| Item::Each {
        name,
        from,
        to: from + 3,
        step,
    });
    let steps = prop::collection::vec(prop_oneof![step().prop_map(Item::Step), each], 0..4);
    let block = steps.prop_map(|steps| {
        std::iter::once(Item::Together).chain(steps).chain([Item::End]).collect::<Vec<_>>()
    });
    prop_oneof![4 => item().prop_map(|item| vec![item]), 1 => block]
}

proptest! {
    #[test]
    fn what_is_printed_is_read_back(
        items in prop::collection::vec((1..4usize, items()), 0..12), english: bool,
    ) {
        let mut number = 0;
        let items = items.into_iter().flat_map(|(skip, items)| items.into_iter().map(move |item| (skip, item)));
        let lines = items.map(|(skip, item)| { number += skip; Line { number, item } }).collect();
        let lang = if english { Lang::En } else { Lang::ZhTw };
        let script = Script { lang, lines };
        let printed = script.to_string();
        let read = parse(&printed);
        prop_assert!(read.errors.is_empty(), "{}\n{:?}", printed, read.errors);
        prop_assert_eq!(&read.script.lines, &script.lines, "{}", printed);
    }

    #[test]
    fn no_damage_to_a_script_makes_it_panic(
        items in prop::collection::vec(items(), 1..8), at: prop::sample::Index, length in 0..6usize, put in ".{0,3}",
    ) {
        let lines = items.into_iter().flatten().zip(1..).map(|(item, number)| Line { number, item });
        let mut text: Vec<char> = Script { lang: Lang::ZhTw, lines: lines.collect() }.to_string().chars().collect();
        let from = at.index(text.len());
        let to = (from + length).min(text.len());
        text.splice(from..to, put.chars());
        let source: String = text.into_iter().collect();
        let _ = read(&source).map(drop).map_err(|errors| {
            errors.iter().map(|error| error.show("a", &source)).collect::<String>()
        });
    }

    #[test]
    fn no_text_makes_it_panic(source in any::<String>()) {
        let _ = read(&source).map(drop).map_err(|errors| {
            errors.iter().map(|error| error.show("a", &source)).collect::<String>()
        });
    }

    #[test]
    fn no_likely_text_makes_it_panic(
        source in "([@!小a :：#/>\\(\\)\\$\\{\\},=\\\\x.0-9\n]|joins|進入|leaves|sees|nothing|看到|<<|each |let |wait |as |server|together \\{\n|同時 \\{\n|\n\\}\n|drops|停讀|resumes|重連|@only-if cap x\n|@xfail |大家){0,30}",
    ) {
        let _ = read(&source).map(drop).map_err(|errors| {
            errors.iter().map(|error| error.show("a", &source)).collect::<String>()
        });
    }
}
