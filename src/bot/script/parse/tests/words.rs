//! No word of a script is ignored, or taken for something else than it looks like.

use super::mistakes;
use crate::bot::script::read;
use expect_test::expect;

/// The first sentence of each mistake, with its place.
fn first(source: &str) -> Vec<String> {
    let errors = read(source).map_or_else(|errors| errors, |_| Vec::new());
    errors.iter().map(|error| format!("{}:{} {}", error.line, error.at.start + 1, error.what)).collect()
}

fn well(source: &str) {
    let none: [String; 0] = [];
    assert_eq!(first(source), none, "{source}");
}

/// Each of these was once sent without a word of it, or as something else.
#[test]
fn words_of_commands() {
    mistakes(
        "a joins\na /join #a #b\na /join lab\na /whois A b\na /nick A b\n! a /nick A b\na /topic #NoTopic\na /msg a ${u:20}\n\
         a /mode Bob +o\na /list  # all\na /list #a  # one\na /msg\n",
        &expect![[r#"
            a.txt:2:12: `#b` is one room too many
             2 | a /join #a #b
               |            ^^
               expected: /join [#ROOM] [KEY]; or `>>` and the protocol's own line for what /join lacks
               did you mean: /join #a,#b
            a.txt:3:9: `lab` is no room: a room begins with #
             3 | a /join lab
               |         ^^^
               expected: /join [#ROOM] [KEY]; or `>>` and the protocol's own line for what /join lacks
               did you mean: /join #lab
            a.txt:4:12: /whois takes no more than this: `b` is left over
             4 | a /whois A b
               |            ^
               expected: /whois NAME; or `>>` and the protocol's own line for what /whois lacks
            a.txt:5:11: /nick takes no more than this: `b` is left over
             5 | a /nick A b
               |           ^
               expected: /nick NAME; or `>>` and the protocol's own line for what /nick lacks
            a.txt:6:13: /nick takes no more than this: `b` is left over
             6 | ! a /nick A b
               |             ^
               expected: /nick NAME; or `>>` and the protocol's own line for what /nick lacks
            a.txt:7:10: `#NoTopic` is the room, and no TEXT follows it
             7 | a /topic #NoTopic
               |          ^^^^^^^^
               expected: /topic [#ROOM] TEXT; a TEXT that begins with # needs its room before it; or `>>` and the protocol's own line for what /topic lacks
            a.txt:9:9: `Bob` is neither a room nor modes
             9 | a /mode Bob +o
               |         ^^^
               expected: /mode [#ROOM] MODES, which begin with + or -; `>> MODE NAME +i` changes somebody's own; or `>>` and the protocol's own line for what /mode lacks
            a.txt:11:9: /list takes no more than this: `#a` is left over
             11 | a /list #a  # one
                |         ^^
               expected: /list; or `>>` and the protocol's own line for what /list lacks
            a.txt:12:3: `/msg` needs more
             12 | a /msg
                |   ^^^^
               expected: /msg NAME TEXT
        "#]],
    );
    well(
        "a joins\na /join #lab secret\na /topic #lab #NoTopic\na /topic NoTopic #1\na /kick #lab b why not\na /who b*\n",
    );
}

#[test]
fn what_no_line_can_hold() {
    mistakes(
        "a joins\na: x${u:0}y\na /me x${u:A}y\na #r${u:D}: x\na leaves: ${u:0}\na >> PRIVMSG #lobby :x${u:A}QUIT\nb joins as x${u:20}y\n\
         let n = :c\n${n} joins\n",
        &expect![[r#"
            a.txt:2:4: no line of the protocol can hold a NUL (U+0000)
             2 | a: x${u:0}y
               |    ^^^^^^^^
               expected: another text; `>>>` sends any bytes: \x00, \r, \n
            a.txt:3:7: no line of the protocol can hold a line feed (U+000A)
             3 | a /me x${u:A}y
               |       ^^^^^^^^
               expected: another text; `>>>` sends any bytes: \x00, \r, \n
            a.txt:4:3: no line of the protocol can hold a carriage return (U+000D)
             4 | a #r${u:D}: x
               |   ^^^^^^^^
               expected: another text; `>>>` sends any bytes: \x00, \r, \n
            a.txt:5:11: no line of the protocol can hold a NUL (U+0000)
             5 | a leaves: ${u:0}
               |           ^^^^^^
               expected: another text; `>>>` sends any bytes: \x00, \r, \n
            a.txt:6:1: a left in line 5
             6 | a >> PRIVMSG #lobby :x${u:A}QUIT
               | ^
               expected: `a joins` above
            a.txt:7:12: `x y` can't be a name on the wire
             7 | b joins as x${u:20}y
               |            ^^^^^^^^^
               expected: one word that does not begin with a colon; `>>` sends any line
            a.txt:9:1: `:c` can't be a name on the wire
             9 | ${n} joins
               | ^^^^
               expected: one word that does not begin with a colon; `>>` sends any line
        "#]],
    );
    // Bytes are what they are.
    well("a joins\na >>> PRIVMSG #lobby :x\\x00${u:A}\n");
}

#[test]
fn directives_stand_once_and_above() {
    mistakes(
        "@room #a\n@title x\n@room #a\n@title y\n@strict\n@strict\n@room #${n}\n@serve --lang ${l}\na joins\n@room #b\n@strict\n",
        &expect![[r#"
            a.txt:3:1: @room stands in line 1 already
             3 | @room #a
               | ^^^^^^^^
               expected: one @room
            a.txt:4:1: @title stands in line 2 already
             4 | @title y
               | ^^^^^^^^
               expected: one @title
            a.txt:6:1: @strict stands in line 5 already
             6 | @strict
               | ^^^^^^^
               expected: one @strict
            a.txt:7:1: @room stands in line 1 already
             7 | @room #${n}
               | ^^^^^^^^^^^
               expected: one @room
            a.txt:8:8: @serve takes no values
             8 | @serve --lang ${l}
               |        ^^^^^^^^^^^
               expected: the text itself
            a.txt:10:1: @room is for the whole script, which begins in line 9
             10 | @room #b
                | ^^^^^^^^
               expected: @room above line 9
            a.txt:11:1: @strict is for the whole script, which begins in line 9
             11 | @strict
                | ^^^^^^^
               expected: @strict above line 9
        "#]],
    );
    mistakes(
        "@room lobby\na joins\n",
        &expect![[r#"
        a.txt:1:7: no room's name
         1 | @room lobby
           |       ^^^^^
           expected: @room #NAME
    "#]],
    );
    well(
        "# x\n@serve --lang en\n@serve --motd x\n@only-if cap batch\n@only-if token WHOX\nlet x = 1\n@strict\na joins\n",
    );
}

#[test]
fn conditions_that_never_change() {
    mistakes(
        "@only-if cap typo\n@skip-if cap echo-mesage\n@only-if token nicklen\n@only-if cap batch sasl\n@only-if own\n@skip-if own\n\
         @only-if foreign\n@skip-if cap batch\n@only-if cap batch\na joins\n",
        &expect![[r#"
            a.txt:1:10: no server is known to have the capability `typo`, so this would never change
             1 | @only-if cap typo
               |          ^^^^^^^^
               expected: a name of the IRCv3 registry or of numeric 005; a vendor's own holds a `/`
            a.txt:2:10: no server is known to have the capability `echo-mesage`, so this would never change
             2 | @skip-if cap echo-mesage
               |          ^^^^^^^^^^^^^^^
               expected: a name of the IRCv3 registry or of numeric 005; a vendor's own holds a `/`
               did you mean: echo-message
            a.txt:3:10: no server is known to have the token `nicklen`, so this would never change
             3 | @only-if token nicklen
               |          ^^^^^^^^^^^^^
               expected: a name of the IRCv3 registry or of numeric 005; a vendor's own holds a `/`
               did you mean: NICKLEN
            a.txt:4:10: no server is known to have the capability `batch sasl`, so this would never change
             4 | @only-if cap batch sasl
               |          ^^^^^^^^^^^^^^
               expected: a name of the IRCv3 registry or of numeric 005; a vendor's own holds a `/`
            a.txt:6:10: with the conditions above, no server ever gets this script
             6 | @skip-if own
               |          ^^^
               expected: conditions that can hold together
            a.txt:7:10: with the conditions above, no server ever gets this script
             7 | @only-if foreign
               |          ^^^^^^^
               expected: conditions that can hold together
            a.txt:9:10: with the conditions above, no server ever gets this script
             9 | @only-if cap batch
               |          ^^^^^^^^^
               expected: conditions that can hold together
        "#]],
    );
    mistakes(
        "@serve --lang en\n@only-if foreign\na joins\n",
        &expect![[r#"
        a.txt:1:1: @serve is for our own server, and this script is played against others only
         1 | @serve --lang en
           | ^^^^^^^^^^^^^^^^
           expected: no @serve, or no `@only-if foreign`
    "#]],
    );
}

#[test]
fn nothing_and_something() {
    mistakes(
        "a joins\nb joins\nc joins\na: 1\n  b sees a: 1\n  b sees nothing\na: 2\n  everyone sees nothing\n  c sees a: 2\na: 3\n  c sees a: 3\n  \
         others sees nothing\neach i 1..3 a: 4\n  b, c sees nothing\n  c sees a: 4\n",
        &expect![[r#"
            a.txt:6:1: line 5 says the opposite: nobody sees both nothing and something in one step
             6 |   b sees nothing
               | ^^^^^^^^^^^^^^^^
               expected: one of the two lines
            a.txt:9:1: line 8 says the opposite: nobody sees both nothing and something in one step
             9 |   c sees a: 2
               | ^^^^^^^^^^^^^
               expected: one of the two lines
            a.txt:12:1: line 11 says the opposite: nobody sees both nothing and something in one step
             12 |   others sees nothing
                | ^^^^^^^^^^^^^^^^^^^^^
               expected: one of the two lines
            a.txt:15:1: line 14 says the opposite: nobody sees both nothing and something in one step
             15 |   c sees a: 4
                | ^^^^^^^^^^^^^
               expected: one of the two lines
        "#]],
    );
    well(
        "a joins\nb joins\na: 1\n  a sees a: 1\n  others sees nothing\na: 2\n  b sees nothing\n  b << (glob) *\n  b sees nothing\n",
    );
}

#[test]
fn what_is_said_twice_or_too_late() {
    mistakes(
        "a joins\nb joins\na: 1\n  b, b sees a: 1\n  b sees (glob) (re) a: 1\n  b sees (x2) (x3) a: 1\na joins #lab as c\n",
        &expect![[r#"
            a.txt:4:6: b is named twice
             4 |   b, b sees a: 1
               |      ^
               expected: each once; (x2) for a line that comes twice
            a.txt:5:17: `(re)` is the second of its kind
             5 |   b sees (glob) (re) a: 1
               |                 ^^^^
               expected: one of (glob) and (re) at most, and one (xN)
            a.txt:6:15: `(x3)` is the second of its kind
             6 |   b sees (x2) (x3) a: 1
               |               ^^^^
               expected: one of (glob) and (re) at most, and one (xN)
            a.txt:7:17: a is in since line 1, and `as` gives no other name
             7 | a joins #lab as c
               |                 ^
               expected: `a /nick c`
        "#]],
    );
    well("a connects\n! a joins as x\na joins as y\na leaves\na joins as z\na drops\na joins as u\n");
}

/// A reason alone was once enough, and took any failure for the one that was meant.
#[test]
fn a_failure_that_is_expected_is_named() {
    mistakes(
        "@xfail it fails\na joins\n",
        &expect![[r#"
        a.txt:1:8: @xfail names neither a line nor a kind of failure, and so would take any failure for this one
         1 | @xfail it fails
           |        ^^^^^^^^
           expected: @xfail line N: REASON, @xfail KIND: REASON or @xfail line N KIND: REASON; the kinds are missing, extra, altered, order, refused, not-refused, protocol, console
    "#]],
    );
    for (value, wanted) in [
        ("todo: why", "1:8 `todo` is no kind of failure"),
        ("line x: why", "1:8 `x` is no line's number"),
        ("line: why", "1:8 `` is no line's number"),
        ("line 2 missing extra: why", "1:8 `extra` is left over: one line and one kind"),
        ("line 3: why", "1:1 line 3 is neither a step nor an expectation, and so can't fail"),
        ("line 99: why", "1:1 line 99 is neither a step nor an expectation, and so can't fail"),
        ("missing:", "1:8 no reason after the colon"),
        (": why", "1:8 no line and no kind before the colon"),
    ] {
        let source =
            format!("@xfail {value}\na joins\n# nothing\na: 1\n  a sees a: 2\ntogether {{\n  a: 1\n}}\n");
        assert_eq!(first(&source), [wanted], "{value}");
    }
    for value in
        ["line 2: why", "line 4: w", "line 5 missing: a: b", "line 6: x", "line 7：x", "not-refused：x"]
    {
        well(&format!("@xfail {value}\na joins\n# nothing\na: 1\n  a sees a: 2\ntogether {{\n  a: 1\n}}\n"));
    }
}
