use super::*;
use proptest::prelude::*;

fn look(columns: usize) -> Look {
    Look { lang: Lang::ZhTw, columns: Some(columns) }
}

fn texts(rows: &[Row]) -> Vec<String> {
    rows.iter().map(Row::text).collect()
}

fn said(name: &str, text: &str) -> Item {
    let from = match name {
        "" => Speaker::Me,
        name => Speaker::Other(name.to_owned()),
    };
    Item::Said { from, text: text.to_owned(), form: Form::Room, mention: None, at: None }
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
        people: vec!["小明".to_owned(), "小花".to_owned()],
    };
    assert_eq!(show(header), "小花的聊天室\n#lobby，140.115.140.103:7000\n聊天室人數： 2: 小明, 小花");
}

#[test]
fn styles_tell_own_lines_others_and_notices_apart() {
    let look = look(80);
    let style = |item: &Item| look.rows(item)[0].0[0].style;
    assert_eq!(style(&said("", "x")), Style::Own);
    assert!(matches!(style(&said("小明", "x")), Style::Name(_)));
    assert_eq!(style(&Item::Entered { name: "小明".to_owned() }), Style::Notice);
    assert_eq!(style(&Item::Ask(Question::Leave)), Style::Question);
    assert_eq!(name_style(&key("ALICE")), name_style(&key("alice")));
}

#[test]
fn long_texts_hang_under_their_beginning() {
    let rows = look(20).rows(&said("bob", "one two three four five"));
    assert_eq!(texts(&rows), ["bob: one two three", "     four five"]);
    let rows = look(20).rows(&said("averylongname", "one two three four"));
    assert_eq!(texts(&rows), ["averylongname:", "  one two three four"]);
}

#[test]
fn in_a_pipe_a_line_is_a_line() {
    let look = Look { lang: Lang::En, columns: None };
    let long = "word ".repeat(50);
    assert_eq!(texts(&look.rows(&said("bob", &long))).len(), 1);
}

#[test]
fn what_others_send_cannot_steer_the_terminal() {
    let hostile = "a\x1b[2J\x1b]0;title\x07b\u{9b}31mc\r\n[小花進入聊天室]\u{202e}";
    for item in [said("小\x1b[31m明\n", hostile), Item::TopicIs { topic: hostile.to_owned() }] {
        for row in look(40).rows(&item) {
            assert!(!row.text().contains(|c: char| c.is_control() || c == '\u{202e}'), "{row:?}");
        }
    }
}

#[test]
fn a_text_cannot_imitate_a_notice_on_a_row_of_its_own() {
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
