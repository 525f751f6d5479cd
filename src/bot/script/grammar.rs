//! The grammar of the language as the manual shows it.

use super::keyword::{FAILINGS, KEYS, KEYWORDS, Keyword};

/// `<word>` stands for every spelling of a word, `<keys>` for the directives,
/// `<failings>` for the kinds of failure.
const RULES: &str = r##"script    = { line } ;
line      = blank | comment | directive | step | expect | block | control | outage ;
comment   = "#" at the start of a line, or two blanks "#" blank text ;
directive = "@" key [ value ] ;
key       = <keys> ;
xfail     = ( "line" number [ kind ] | kind ) ":" reason ;   (* the value of @xfail *)
kind      = <failings> ;
step      = [ "!" ] actor action ;
action    = [ room ] ":" message | join | leave | <connects>
          | "/" command | ">>" raw line | ">>>" raw bytes | fault ;
join      = ( <joins> ) [ room ] [ <as> name ] ;
leave     = ( <leaves> ) [ room ] [ ":" reason ] ;
fault     = <drops> | <stalls> | <resumes> | <reconnects> ;
outage    = ( <server> ) ( <dies> | <restarts> ) ;
expect    = INDENT who ( ( <sees> ) mods pattern
          | <sees nothing> | "<<" mods raw pattern ) ;
mods      = { "(glob)" | "(re)" | "(x" count ")" } ;
who       = actor { ( "," | "、" ) actor }
          | <everyone> | <others> | <server> ;
block     = ( <together> ) "{" EOL { step | each } "}" EOL { expect } ;
control   = each | <let> name "=" value | <wait> duration { expect } ;
each      = <each> name int ".." int step ;
duration  = int ( "ms" | "s" | "m" ) ;
"##;

/// The grammar, its words filled in from the table.
pub fn grammar() -> String {
    let quoted = |word: &str| format!("\"{word}\"");
    let keys = KEYS.iter().map(|(_, key, _)| quoted(key)).collect::<Vec<_>>().join(" | ");
    let spelled = |keyword: &Keyword| keyword.spellings().map(quoted).collect::<Vec<_>>().join(" | ");
    let kinds = FAILINGS.iter().map(|(_, kind, _)| quoted(kind)).collect::<Vec<_>>().join(" | ");
    let rules = RULES.replace("<keys>", &keys).replace("<failings>", &kinds);
    KEYWORDS
        .iter()
        .fold(rules, |rules, keyword| rules.replace(&format!("<{}>", keyword.en), &spelled(keyword)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_and_key_is_in_the_grammar() {
        let grammar = grammar();
        let tables = KEYS.iter().map(|(_, key, _)| *key).chain(FAILINGS.iter().map(|(_, kind, _)| *kind));
        for word in KEYWORDS.iter().flat_map(Keyword::spellings).chain(tables) {
            assert!(grammar.contains(&format!("\"{word}\"")), "{word}");
        }
        assert_eq!(grammar.matches('<').count(), 2, "a word of the grammar is in no table:\n{grammar}");
    }
}
