use super::*;
use crate::text::Lang;
use crate::text::phrase::Kept;
use proptest::prelude::*;

fn look(columns: usize) -> Look {
    Look { lang: Lang::ZhTw, columns: Some(columns), time: false }
}

fn texts(rows: &[Row]) -> Vec<String> {
    rows.iter().map(Row::text).collect()
}

fn said(name: &str, text: &str) -> Item {
    let from = match name {
        "" => Speaker::Me,
        name => Speaker::Other(name.to_owned()),
    };
    Item::Said { from, text: text.to_owned(), form: Form::Room, mention: None, at: None, id: None }
}

#[test]
fn the_original_s_lines() {
    let show = |item| texts(&look(80).rows(&item)).join("\n");
    let name = "小花".to_owned();
    assert_eq!(show(said("小明", "哈囉")), "小明: 哈囉");
    assert_eq!(show(said("", "哈囉")), "我: 哈囉");
    assert_eq!(show(Item::Entered { name: name.clone() }), "[小花進入聊天室]");
    assert_eq!(show(Item::Left { name: name.clone(), reason: None }), "小花離開聊天室...");
    let header = Item::Header {
        name,
        room: "#lobby".to_owned(),
        address: "140.115.140.103:7000".to_owned(),
        kept: Some(Kept::Days(90)),
        people: vec!["小明".to_owned(), "小花".to_owned()],
    };
    assert_eq!(
        show(header),
        "小花的聊天室\n#lobby，140.115.140.103:7000，對話最多保留 90 天\n聊天室人數： 2: 小明, 小花"
    );
}

/// Own lines, those of others and notices differ in style.
#[test]
fn styles_differ_by_kind() {
    let look = look(80);
    let style = |item: &Item| look.rows(item)[0].0[0].style;
    assert_eq!(style(&said("", "x")), Style::Own);
    assert!(matches!(style(&said("小明", "x")), Style::Name(_)));
    assert_eq!(style(&Item::Entered { name: "小明".to_owned() }), Style::Notice);
    assert_eq!(style(&Item::Ask(Phrase::SureToLeave)), Style::Question);
    assert_eq!(name_style(&key("ALICE")), name_style(&key("alice")));
}

fn students(count: usize) -> Vec<String> {
    let mut names: Vec<String> = (1..=count).map(|number| format!("學生{number}")).collect();
    names.sort();
    names
}

/// The header lists whole names in two rows at most: once thirty names filled a small window.
#[test]
fn the_header_lists_two_rows_of_whole_names() {
    let header = |columns, count| {
        let (room, address) = ("#lobby".to_owned(), "127.0.0.1:7000".to_owned());
        let item =
            Item::Header { name: "小花".to_owned(), room, address, kept: None, people: students(count) };
        texts(&look(columns).rows(&item))[2..].to_vec()
    };
    assert_eq!(
        header(40, 10),
        ["聊天室人數： 10: 學生1, 學生2, 學生3,", "  學生4, 學生5, 學生6, … 還有 4 人"]
    );
    assert_eq!(header(80, 3), ["聊天室人數： 3: 學生1, 學生2, 學生3"]);
    let many = header(80, 300);
    assert_eq!(many.len(), 2);
    assert!(many[1].ends_with(" 人") && many[0].contains("300: 學生1, 學生2, 學生3"), "{many:?}");
    assert_eq!(header(24, 300), ["聊天室人數： 300: 學生1,", "  學生2, … 還有 298 人"]);
}

#[test]
fn many_people_are_listed_page_by_page() {
    let who = |page| {
        let rows = texts(&look(60).rows(&Item::People { names: students(120), page }));
        assert!(rows.len() <= 10, "{rows:?}");
        rows.concat()
    };
    assert!(who(1).contains("學生50, … 還有 70 人: /who 2]") && !who(1).contains("學生51"));
    assert!(who(3).contains("學生101, 學生102") && who(3).ends_with("學生120]"));
    // It was the last page without a word.
    assert_eq!(who(9), format!("{}[只有 3 頁]", who(3)));
    let one = look(60).rows(&Item::People { names: students(3), page: 2 });
    assert_eq!(texts(&one), ["[聊天室人數： 3: 學生1, 學生2, 學生3]", "[只有這一頁]"]);
    let plain = Look { lang: Lang::En, columns: None, time: false };
    let rows = texts(&plain.rows(&Item::People { names: students(120), page: 1 }));
    assert!(rows.len() == 1 && rows[0].ends_with("學生119, 學生120]"), "{rows:?}");
}

/// A room beside the current one filled the screen with its names, and said what their signs mean.
#[test]
fn a_further_room_lists_two_rows_of_names() {
    let names: Vec<String> = (1..=40).map(|n| format!("學生{n}")).chain(["@老師".to_owned()]).collect();
    let item = Item::OfRoom { room: "#lab".to_owned(), item: Box::new(Item::PeopleHere { names }) };
    let rows = texts(&look(40).rows(&item));
    assert!(rows.len() == 2 && rows[0].starts_with("[#lab] [聊天室人數： 41: @老師, "), "{rows:?}");
    assert!(rows[1].contains("… 還有 "), "{rows:?}");
}

/// People who came at once stood in the order of chance.
#[test]
fn names_of_a_burst_are_in_their_order() {
    let names = ["學生10", "學生2", "學生1"].map(str::to_owned).to_vec();
    let rows = look(80).rows(&Item::ManyEntered { names });
    assert_eq!(texts(&rows), ["[3 人進入聊天室: 學生1, 學生2, 學生10]"]);
}

/// Tabs are shown as in an editor, whoever says them, so that the columns of a table stay.
#[test]
fn tabs_are_shown_as_in_the_editor() {
    let item = said("", "\tif x:\n\t\ty");
    assert_eq!(texts(&look(40).rows(&item)), ["我:         if x:", "                    y"]);
}

/// A row of its own stood where the first word had no room, and the word at the margin.
#[test]
fn code_goes_on_under_itself() {
    let item = said("bob", "        printed(\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\");\n\tx y z");
    let rows = texts(&look(24).rows(&item));
    assert!(rows.iter().all(|row| !row.trim().is_empty()), "{rows:?}");
    assert!(rows[1..].iter().all(|row| row.starts_with("             ")), "{rows:?}");
}

/// A terminal opened the part of an address that stood in one row: another page, or none.
#[test]
fn a_broken_address_is_known_in_each_of_its_rows() {
    let address = "https://example.com/class/2026/homework.html";
    let rows = look(32).rows(&said("學生3", &format!("老師，作業在 {address} 嗎?")));
    let linked: Vec<_> = rows.iter().flat_map(|row| &row.0).filter(|span| span.link.is_some()).collect();
    assert!(linked.len() >= 2, "{rows:?}");
    assert!(linked.iter().all(|span| span.link.as_deref() == Some(address)));
    assert_eq!(linked.iter().map(|span| span.text.as_str()).collect::<String>(), address);
    assert!(texts(&rows)[1..].iter().all(|row| row.starts_with("       ")), "{rows:?}");
    // One that is whole needs nothing.
    let rows = look(80).rows(&said("學生3", address));
    assert!(rows.iter().flat_map(|row| &row.0).all(|span| span.link.is_none()));
    let rows = look(20).rows(&said("bob", "a  b    c\n\n   d e f g h i j k l m n"));
    assert_eq!(texts(&rows), ["bob: a  b    c", "     ", "        d e f g h i", "        j k l m n"]);
}

#[test]
fn long_texts_hang_under_their_beginning() {
    let rows = look(20).rows(&said("bob", "one two three four five"));
    assert_eq!(texts(&rows), ["bob: one two three", "     four five"]);
    let rows = look(20).rows(&said("averylongname", "one two three four"));
    assert_eq!(texts(&rows), ["averylongname:", "  one two three four"]);
}

/// A redaction is told without the text.
#[test]
fn redaction_hides_the_text() {
    let (name, other) = ("小\x1b[2J明".to_owned(), Speaker::Other("bob".to_owned()));
    let redacted = |of, reason: Option<&str>| Item::Redacted {
        by: name.clone(),
        of,
        reason: reason.map(str::to_owned),
        id: "m1".to_owned(),
        own: Some("secret".to_owned()),
    };
    let rows = |columns, lang, item: &Item| texts(&Look { lang, columns, time: false }.rows(item)).join("\n");
    for (of, reason, zh, en) in [
        (None, None, "[小[2J明收回了一則訊息]", "[小[2J明 took back a message]"),
        (
            Some(other),
            Some("spam\r\n\x1b]0;x\x07"),
            "[小[2J明移除了bob的一則訊息] (spam]0;x)",
            "[小[2J明 removed a message of bob] (spam]0;x)",
        ),
        (Some(Speaker::Me), None, "[小[2J明移除了您的一則訊息]", "[小[2J明 removed your message]"),
    ] {
        let item = redacted(of, reason);
        for columns in [None, Some(80)] {
            assert_eq!(rows(columns, Lang::ZhTw, &item), zh);
            assert_eq!(rows(columns, Lang::En, &item), en);
        }
    }
    let withdrawn = Item::Withdrawn { from: Speaker::Other("bob".to_owned()), form: Form::Action };
    assert_eq!(rows(Some(80), Lang::ZhTw, &withdrawn), "* bob [已收回]");
    assert_eq!(look(80).rows(&withdrawn)[0].0[1].style, Style::Notice);
}

#[test]
fn in_a_pipe_a_line_is_a_line() {
    let look = Look { lang: Lang::En, columns: None, time: false };
    let long = "word ".repeat(50);
    assert_eq!(texts(&look.rows(&said("bob", &long))).len(), 1);
}

/// What others send can't steer the terminal.
#[test]
fn texts_cannot_steer_the_terminal() {
    let hostile = "a\x1b[2J\x1b]0;title\x07b\u{9b}31mc\r\n[小花進入聊天室]\u{202e}";
    for item in [said("小\x1b[31m明\n", hostile), Item::TopicIs { topic: hostile.to_owned() }] {
        for row in look(40).rows(&item) {
            assert!(!row.text().contains(|c: char| c.is_control() || c == '\u{202e}'), "{row:?}");
        }
    }
}

/// A text can't imitate a notice on a row of its own.
#[test]
fn texts_cannot_imitate_notices() {
    let text = format!("{}[小花進入聊天室]", "x".repeat(30));
    for row in &look(40).rows(&said("小明", &text))[1..] {
        assert!(row.text().starts_with("  "), "{row:?}");
    }
}

proptest! {
    #[test]
    fn no_row_is_wider_than_the_terminal(name in "[a-z字]{1,10}", text in "[ -~一-十👍]{0,120}", columns in 20usize..90) {
        for row in look(columns).rows(&said(&name, &text)) {
            prop_assert!(row.text().width() <= columns, "{:?}", row);
        }
    }
}

/// It listed all commands to everybody, in rows that a small window broke.
#[test]
fn help_fits_a_small_window_and_shows_what_one_may_do() {
    for lang in [Lang::ZhTw, Lang::En] {
        let look = Look { lang, columns: Some(40), time: false };
        let help = |is_operator, is_server_operator| {
            texts(&look.rows(&Item::Help { is_operator, is_server_operator }))
        };
        assert!(help(true, true).iter().all(|row| row.width() <= 40));
        let has = |rows: &[String], command: &str| rows.iter().any(|row| row.starts_with(command));
        let (all, operator, nobody) = (help(true, true), help(true, false), help(false, false));
        assert!(has(&all, "/kill") && has(&operator, "/ban") && !has(&operator, "/kill"));
        assert!(has(&nobody, "/who") && !has(&nobody, "/ban") && !has(&nobody, "/oper"));
        let titles = |rows: &[String]| rows.iter().filter(|row| row.starts_with("── ")).count();
        assert_eq!([&all, &operator, &nobody].map(|rows| titles(rows)), [6, 5, 4]);
    }
}
