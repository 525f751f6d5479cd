use super::*;
use crate::bot::script::{Action, Step, read};
use crate::text::Lang;
use expect_test::{Expect as Snapshot, expect};

mod advice;
mod properties;
mod words;

fn mistakes(source: &str, wanted: &Snapshot) {
    let shown: String = read(source).unwrap_err().iter().map(|error| error.show("a.txt", source)).collect();
    wanted.assert_eq(&shown);
}

#[test]
fn words_that_are_not_known() {
    mistakes(
        "@tile x\n小明 jions\n小明 進入聊天市\n小明 /nik x\n  小花 sess x\n小明\n",
        &expect![[r#"
            a.txt:1:1: `@tile` is not known
             1 | @tile x
               | ^^^^^
               expected: @title, @room, @serve, @strict, @only-if, @skip-if, @xfail
               did you mean: @title
            a.txt:2:6: `jions` is not known
             2 | 小明 jions
               |      ^^^^^
               expected: `: text`, `#room: text`, joins (進入聊天室), leaves (離開聊天室), connects (連線), drops (斷線), stalls (停讀), resumes (恢復), reconnects (重連), `/command`, `>> line` or `>>> bytes`
               did you mean: joins
            a.txt:3:6: `進入聊天市` is not known
             3 | 小明 進入聊天市
               |      ^^^^^^^^^^
               expected: `: text`, `#room: text`, joins (進入聊天室), leaves (離開聊天室), connects (連線), drops (斷線), stalls (停讀), resumes (恢復), reconnects (重連), `/command`, `>> line` or `>>> bytes`
               did you mean: 進入聊天室
            a.txt:4:6: `/nik` is not known
             4 | 小明 /nik x
               |      ^^^^
               expected: /away, /invite, /join, /kick, /list, /me, /mode, /motd, /msg, /names, /nick, /notice, /part, /quit, /topic, /who, /whois; or `>>` and the protocol's own line
               did you mean: /nick
            a.txt:5:8: `sess` is not known
             5 |   小花 sess x
               |        ^^^^
               expected: sees nothing (看不到任何東西), sees (看到) or `<<`
               did you mean: sees
            a.txt:6:5: the line ends too early
             6 | 小明
               |     ^
               expected: `: text`, `#room: text`, joins (進入聊天室), leaves (離開聊天室), connects (連線), drops (斷線), stalls (停讀), resumes (恢復), reconnects (重連), `/command`, `>> line` or `>>> bytes`
        "#]],
    );
}

#[test]
fn lines_that_end_too_early_or_too_late() {
    mistakes(
        "@room\n@strict yes\n小明 #lab hi\n小明 joins as\n小明 joins now\n小明 leaves x\n小明 /msg\n  小明 sees\n  sees x\n  小明, \n",
        &expect![[r#"
            a.txt:1:6: `@room` needs a value
             1 | @room
               |      ^
            a.txt:2:9: `@strict` stands alone
             2 | @strict yes
               |         ^^^
            a.txt:3:11: no `:` after the room
             3 | 小明 #lab hi
               |           ^^
               expected: `#room: text`
            a.txt:4:14: no name after `as`
             4 | 小明 joins as
               |              ^
               expected: joins as NAME
            a.txt:5:12: nothing more is expected here
             5 | 小明 joins now
               |            ^^^
               expected: the end of the line
            a.txt:6:13: nothing more is expected here
             6 | 小明 leaves x
               |             ^
               expected: the end of the line
            a.txt:7:6: `/msg` needs more
             7 | 小明 /msg
               |      ^^^^
               expected: /msg NAME TEXT
            a.txt:8:12: no pattern
             8 |   小明 sees
               |            ^
               expected: the line as a person would read it
            a.txt:9:8: `x` is not known
             9 |   sees x
               |        ^
               expected: sees nothing, sees or `<<`
            a.txt:10:8: no name of a person
             10 |   小明,
                |        ^
               expected: `name sees pattern`, `name, name sees …`, `everyone sees …`, `server sees …`
        "#]],
    );
}

#[test]
fn values_numbers_and_escapes() {
    mistakes(
        "小明: ${repeat:a} ${x y} ${\n小明: ${u:110000} ${rpeat:a,2}\n小明: ${repeat:ab,9999999}\n小明 >>> a\\q\neach i 5..1 a joins\nlet x\nlet ! = 3\nwait 3\n  小明 sees (x0) a\n  小明 sees (blob) a\n",
        &expect![[r#"
            a.txt:1:7: the text to repeat and how often
             1 | 小明: ${repeat:a} ${x y} ${
               |       ^^^^^^^^^^^
               expected: ${repeat:text,n}
            a.txt:1:19: `x y` is no value's name
             1 | 小明: ${repeat:a} ${x y} ${
               |                   ^^^^^^
               expected: letters, digits, `-` or `_`
            a.txt:1:26: a value without its `}`
             1 | 小明: ${repeat:a} ${x y} ${
               |                          ^^
               expected: `}`; a literal `${` is written `$${`
            a.txt:2:7: `110000` is no character's number
             2 | 小明: ${u:110000} ${rpeat:a,2}
               |       ^^^^^^^^^^^
               expected: a hexadecimal number such as 202E
            a.txt:2:19: `${rpeat:…}` is not known
             2 | 小明: ${u:110000} ${rpeat:a,2}
               |                   ^^^^^^^^^^^^
               expected: ${name}, ${repeat:text,n}, ${u:202E} or ${#}
               did you mean: repeat
            a.txt:3:7: more than 1 MiB of text
             3 | 小明: ${repeat:ab,9999999}
               |       ^^^^^^^^^^^^^^^^^^^^
               expected: a smaller number
            a.txt:4:11: not an escape
             4 | 小明 >>> a\q
               |           ^^
               expected: \r, \n, \\ or \xHH with two hexadecimal digits
            a.txt:5:8: no range of numbers
             5 | each i 5..1 a joins
               |        ^^^^
               expected: FROM..TO, such as 1..20
            a.txt:6:6: no `=` after the name
             6 | let x
               |      ^
               expected: let name = value
            a.txt:7:5: `!` is no value's name
             7 | let ! = 3
               |     ^
               expected: letters, digits, `-` or `_`
            a.txt:8:6: `3` is no time to wait
             8 | wait 3
               |      ^
               expected: 300ms, 3s or 2m, at most an hour
            a.txt:9:13: not a count
             9 |   小明 sees (x0) a
               |             ^^^^
               expected: (x1) to (x100000)
            a.txt:10:13: `(blob)` is not known
             10 |   小明 sees (blob) a
                |             ^^^^^^
               expected: (glob), (re) or (xN)
               did you mean: (glob)
        "#]],
    );
}

#[test]
fn people_who_are_not_there() {
    mistakes(
        "小明 joins\n小花 joins\n小名: hi\n小明 leaves\n小明: hi\n小花 /nick 大花\n小花: hi\n大花: hi\n  小華 sees nothing\nserver joins\n大花: ${who}\n  大花 sees (re) (\n",
        &expect![[r#"
            a.txt:3:1: 小名 has not come in
             3 | 小名: hi
               | ^^^^
               expected: `小名 joins` above
               did you mean: 小明
            a.txt:5:1: 小明 left in line 4
             5 | 小明: hi
               | ^^^^
               expected: `小明 joins` above
            a.txt:7:1: 小花 took another name in line 6
             7 | 小花: hi
               | ^^^^
               expected: the name of somebody who is here
               did you mean: 大花
            a.txt:9:3: 小華 has not come in
             9 |   小華 sees nothing
               |   ^^^^
               expected: `小華 joins` above
               did you mean: 小明
            a.txt:10:1: `server` is a word of the language, not a person
             10 | server joins
                | ^^^^^^
               expected: somebody's name (the server's console (our own server only))
            a.txt:11:7: `${who}` has no value
             11 | 大花: ${who}
                |       ^^^^^^
               expected: `let who = …` above
            a.txt:12:18: not a regular expression: error: unclosed group
             12 |   大花 sees (re) (
                |                  ^
               expected: the syntax of https://docs.rs/regex
        "#]],
    );
}

/// Expectations without a step, and of the console.
#[test]
fn misplaced_expectations() {
    mistakes(
        "  小明 sees x\n  server sees [STARTING] *\nwait 1s\n  server sees x\n小明 joins\n  小明: x\n  server sees nothing\n  server << x\n@room lobby\n#x\n/x\n> x\n",
        &expect![[r#"
            a.txt:1:1: no step above that this could follow from
             1 |   小明 sees x
               | ^^^^^^^^^^^^^
               expected: an indented line below a step (before the first one only `server sees …`)
            a.txt:6:3: an indented line says what is seen, not what is done
             6 |   小明: x
               |   ^^^^^^^
               expected: a step at the beginning of its line, or inside `together {`; else NAME sees …
            a.txt:7:1: of the server's console only what it says can be expected
             7 |   server sees nothing
               | ^^^^^^^^^^^^^^^^^^^^^
               expected: server sees PATTERN
            a.txt:8:1: of the server's console only what it says can be expected
             8 |   server << x
               | ^^^^^^^^^^^^^
               expected: server sees PATTERN
            a.txt:9:1: @room is for the whole script, which begins in line 1
             9 | @room lobby
               | ^^^^^^^^^^^
               expected: @room above line 1
            a.txt:11:1: a line begins with a person's name
             11 | /x
                | ^^
               expected: `name: text`, `name joins`, `# comment`, `@title …`; what must be seen stands indented
            a.txt:12:1: a line begins with a person's name
             12 | > x
                | ^
               expected: `name: text`, `name joins`, `# comment`, `@title …`; what must be seen stands indented
        "#]],
    );
}

#[test]
fn blocks_and_faults() {
    mistakes(
        "@only-if blue\n@skip-if cap\n}\na joins\na resumes\na stalls\na: x\na drops\na: y\na reconnects\ntogether\ntogether {\n  a: x\n  a sees x\nwait 1s\n  a stalls\n}\n  a sees x\na >>> PING 1\\r\\nPI\na >>> NG\\r\\n\n同時 {\n",
        &expect![[r#"
            a.txt:1:10: `blue` can't be asked of a server
             1 | @only-if blue
               |          ^^^^
               expected: own, foreign, cap NAME, token NAME
            a.txt:2:10: `cap` can't be asked of a server
             2 | @skip-if cap
               |          ^^^
               expected: own, foreign, cap NAME, token NAME
            a.txt:3:1: no block is open here
             3 | }
               | ^
               expected: `together {` above
            a.txt:5:1: a has not stopped reading
             5 | a resumes
               | ^
               expected: `a stalls` above
            a.txt:7:1: a reads nothing since line 6, and so can't be asked for an answer
             7 | a: x
               | ^
               expected: `a resumes` above
            a.txt:9:1: a's connection was reset in line 8
             9 | a: y
               | ^
               expected: `a reconnects` above
            a.txt:11:9: no `{` on this line
             11 | together
                |         ^
               expected: together {
            a.txt:14:3: a block holds steps and `each` only
             14 |   a sees x
                |   ^^^^^^^^
               expected: a step; or `}` first: what must be seen stands below it, indented
            a.txt:15:1: a block holds steps and `each` only
             15 | wait 1s
                | ^^^^^^^
               expected: a step; or `}` first: what must be seen stands below it, indented
            a.txt:16:1: not inside a block
             16 |   a stalls
                | ^^^^^^^^^^
               expected: a step of its own
            a.txt:18:10: `x` is no line that a person would read
             18 |   a sees x
                |          ^
               expected: the line as a person would read it, such as `name: text`
            a.txt:19:7: one line ends and another begins: what the first causes can't be proven yet
             19 | a >>> PING 1\r\nPI
                |       ^^^^^^^^^^^^
               expected: two steps, or a `together {` block that holds the other's end, too
            a.txt:21:1: the block is never closed
             21 | 同時 {
                | ^^^^^^
               expected: a line `}` after its steps
        "#]],
    );
}

/// Both languages and both widths of signs mean the same.
#[test]
fn languages_and_widths_are_equal() {
    let zh = "！小明 進入聊天室 #lab\n小明：哈囉\n小明 #lab：hi\n小明 離開聊天室：再見\n  小花、小安 看到 x\n  大家 看不到任何東西\n  伺服器 看到 x\n小花 連線\n小花 斷線\n小花 重連\n小花 停讀\n小花 恢復\n同時 ｛\n小花: x\n  小花: y\n｝\n";
    let en = "!小明 joins #lab\n小明: 哈囉\n小明 #lab: hi\n小明 leaves: 再見\n  小花, 小安 sees x\n  everyone sees nothing\n  server sees x\n小花 connects\n小花 drops\n小花 reconnects\n小花 stalls\n小花 resumes\ntogether {\n小花: x\n  小花: y\n}\n";
    let (zh, en) = (parse(zh).script, parse(en).script);
    assert_eq!((zh.lang, en.lang), (Lang::ZhTw, Lang::En));
    assert_eq!(zh.lines, en.lines);
}

/// Comments and blanks at the end are no part of a text.
#[test]
fn comments_and_blanks_are_cut() {
    let said = |line: &str| match parse(line).script.lines.remove(0).item {
        Item::Step(Step { action: Action::Say { text, .. }, .. }) => text.value.to_string(),
        other => panic!("{other:?}"),
    };
    assert_eq!(said("a: hi  # a comment"), "hi");
    assert_eq!(said("a: hi  #lobby  "), "hi  #lobby");
    assert_eq!(said("a: 1 # 2"), "1 # 2");
    assert_eq!(said("a：hi"), "hi");
    assert_eq!(said("a:  two blanks, \"quotes\" and：all"), " two blanks, \"quotes\" and：all");
    assert_eq!(said("a:"), "");
    assert!(parse("# x\n\n   \n   # y\n").script.lines.is_empty());
}

/// The widest range overflowed: a panic, or steps until the memory ended.
#[test]
fn a_range_is_bounded() {
    for range in ["-9223372036854775808..9223372036854775807", "0..100000", "1..0"] {
        assert_eq!(read(&format!("each n {range} a joins\n")).unwrap_err().len(), 1, "{range}");
    }
    assert!(read("each n 9223372036854775807..9223372036854775807 a joins\n").is_ok());
}

/// `each` is unrolled with its expectations.
#[test]
fn each_is_unrolled() {
    let source = "each i 1..3 學生${i} joins\n  學生${i} sees 學生${i} joins\n";
    let plan = read(source).unwrap();
    assert_eq!(plan.actors, ["學生1", "學生2", "學生3"]);
    let wants =
        plan.groups.iter().map(|group| format!("{:?} {:?}", group.steps[0].actor, group.wants[0].who));
    let own = (0..3).map(|i| format!("ActorId({i}) Named([ActorId({i})])"));
    assert_eq!(wants.collect::<Vec<_>>(), own.collect::<Vec<_>>());
}
