//! Mistakes in what is nearly right: each told once, with what was probably meant.

use super::{mistakes, parse};
use crate::bot::script::read;
use expect_test::expect;

/// Each of these was once taken for a pattern.
#[test]
fn nearly_right_words() {
    mistakes(
        "a joins\n  a sees (2x) a: b\n  a << (3) a: b\n  a sees Nothing\n  a sees noting\neach {\neach i 1..3 {\n",
        &expect![[r#"
            a.txt:2:10: `(2x)` is not known
             2 |   a sees (2x) a: b
               |          ^^^^
               expected: (glob), (re) or (xN)
               did you mean: (x2)
            a.txt:3:8: `(3)` is not known
             3 |   a << (3) a: b
               |        ^^^
               expected: (glob), (re) or (xN)
               did you mean: (x3)
            a.txt:4:10: `Nothing` is no line that a person would read
             4 |   a sees Nothing
               |          ^^^^^^^
               expected: the line as a person would read it, such as `name: text`
               did you mean: sees nothing
            a.txt:5:10: `noting` is no line that a person would read
             5 |   a sees noting
               |          ^^^^^^
               expected: the line as a person would read it, such as `name: text`
               did you mean: sees nothing
            a.txt:6:6: `each` opens no block: it repeats the one step on its line
             6 | each {
               |      ^
               expected: each n 1..20 name${n} joins; `together {` around several sends all at once
            a.txt:7:13: `each` opens no block: it repeats the one step on its line
             7 | each i 1..3 {
               |             ^
               expected: each n 1..20 name${n} joins; `together {` around several sends all at once
        "#]],
    );
    assert!(
        parse("a joins\n  a sees notes: x\n  server sees ('1', 2) Nothing\neach i 1..2 {x} joins\n")
            .errors
            .is_empty()
    );
}

/// A `{` on its own line once gave an error for each line of its block.
#[test]
fn one_mistake_is_one_error() {
    let sources = [
        "a joins\ntogether\n{\n  a: 1\n  a: 2\n}\na: 3\n",
        "a joins\ntogether\n  a: 1\n}\n",
        "a joins\n{\n  a: 1\n}\n",
        "a joins\ntogether\n\ntogether {\n  a: 1\n}\n",
        "a joins\na: hi\na sees nothing\n",
        "a joins\nb joins\na: hi\na, b sees a: hi\n",
        "a joins\na: hi\na sees noting\n",
        "a joins\na says: hi\n",
        "a joins\na said hi\n",
        "a joins\na: hi\n  a sees \"hi\"\n",
        "a joins\nBob joins\na /msg Bob: hi there\n",
        "a joins\nBob joins\na /msg Bob：hi there\n",
        "a joins\nb joins\ntogether {\n  b leaves\n  b joins\n}\nb: here\n",
        "a joins\nb joins\ntogether {\n  b drops\n  b joins\n}\nb: here\n",
    ];
    let shown: Vec<String> = sources
        .iter()
        .map(|source| {
            let errors = read(source).unwrap_err();
            assert_eq!(errors.len(), 1, "{source}: {errors:?}");
            errors[0].show("a.txt", source)
        })
        .collect();
    expect![[r#"
        a.txt:2:9: no `{` on this line
         2 | together
           |         ^
           expected: together {
        a.txt:2:9: no `{` on this line
         2 | together
           |         ^
           expected: together {
        a.txt:2:1: a `{` alone opens no block
         2 | {
           | ^
           expected: together {
        a.txt:2:9: no `{` on this line
         2 | together
           |         ^
           expected: together {
        a.txt:3:1: this says what is seen, not what is done
         3 | a sees nothing
           | ^^^^^^^^^^^^^^
           expected: indent it: it says what is seen of the step above
        a.txt:4:1: this says what is seen, not what is done
         4 | a, b sees a: hi
           | ^^^^^^^^^^^^^^^
           expected: indent it: it says what is seen of the step above
        a.txt:3:1: this says what is seen, not what is done
         3 | a sees noting
           | ^^^^^^^^^^^^^
           expected: indent it: it says what is seen of the step above
        a.txt:2:3: `says` is not known
         2 | a says: hi
           |   ^^^^
           expected: `: text`, `#room: text`, joins, leaves, connects, drops, stalls, resumes, reconnects, `/command`, `>> line` or `>>> bytes`
           did you mean: a: hi
        a.txt:2:3: `said` is not known
         2 | a said hi
           |   ^^^^
           expected: `: text`, `#room: text`, joins, leaves, connects, drops, stalls, resumes, reconnects, `/command`, `>> line` or `>>> bytes`
           did you mean: a: hi
        a.txt:3:10: `"hi"` is no line that a person would read
         3 |   a sees "hi"
           |          ^^^^
           expected: the line as a person would read it, such as `name: text`
        a.txt:3:8: nobody here is called `Bob:`
         3 | a /msg Bob: hi there
           |        ^^^^
           expected: a name, a blank and the text
           did you mean: /msg Bob hi there
        a.txt:3:8: nobody here is called `Bob：hi`
         3 | a /msg Bob：hi there
           |        ^^^^^^^
           expected: a name, a blank and the text
           did you mean: /msg Bob hi there
        a.txt:5:3: b leaves in line 4, and nobody comes back in the block in which he leaves
         5 |   b joins
           |   ^
           expected: `b joins` below the block
        a.txt:5:3: b leaves in line 4, and nobody comes back in the block in which he leaves
         5 |   b joins
           |   ^
           expected: `b joins` below the block
    "#]].assert_eq(&shown.concat());
}

/// Mistakes are told in the language of the script: a Chinese one was once told to write `together {`.
#[test]
fn messages_are_in_the_script_s_language() {
    mistakes(
        "小明 進入聊天室\n小花: 哈囉\n  小明: 什麼\n小明 說：好\n｝\n同時\n｛\n  小明：一\n｝\n  小明 看到 nothing\neach i 1..3 ｛\n小明 來了\n",
        &expect![[r#"
            a.txt:2:1: 小花 has not come in
             2 | 小花: 哈囉
               | ^^^^
               expected: `小花 進入聊天室` above
               did you mean: 小明
            a.txt:3:3: an indented line says what is seen, not what is done
             3 |   小明: 什麼
               |   ^^^^^^^^^^
               expected: a step at the beginning of its line, or inside `同時 {`; else NAME 看到 …
            a.txt:4:6: `說` is not known
             4 | 小明 說：好
               |      ^^
               expected: `: text`, `#room: text`, 進入聊天室, 離開聊天室, 連線, 斷線, 停讀, 恢復, 重連, `/command`, `>> line` or `>>> bytes`
               did you mean: 小明: 好
            a.txt:5:1: no block is open here
             5 | ｝
               | ^
               expected: `同時 {` above
            a.txt:6:5: no `{` on this line
             6 | 同時
               |     ^
               expected: 同時 {
            a.txt:10:13: `nothing` is no line that a person would read
             10 |   小明 看到 nothing
                |             ^^^^^^^
               expected: the line as a person would read it, such as `name: text`
               did you mean: 看不到任何東西
            a.txt:11:13: `each` opens no block: it repeats the one step on its line
             11 | each i 1..3 ｛
                |             ^^
               expected: each n 1..20 name${n} 進入聊天室; `同時 {` around several sends all at once
            a.txt:12:6: `來了` is not known
             12 | 小明 來了
                |      ^^^^
               expected: `: text`, `#room: text`, 進入聊天室, 離開聊天室, 連線, 斷線, 停讀, 恢復, 重連, `/command`, `>> line` or `>>> bytes`
        "#]],
    );
}
