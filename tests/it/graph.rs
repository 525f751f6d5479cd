//! The graph of source files: which file names something of which other one.
//!
//! A file's edges come from its `use` declarations, groups included, from paths
//! in its code (`crate::x::y`, `super::y`, `x::y` where `x` is imported or a child
//! module), and from calls of methods that another file adds to a type of a
//! third one. A path leads to the deepest module that it names, so that a name
//! that is taken from a `mod.rs` is an edge to that `mod.rs`, and what this
//! re-exports is an edge from there. `mod x;` by itself is none.

use std::collections::{BTreeMap, BTreeSet};

/// A module's path below `src`, such as `["chat", "lobby"]`; empty for `lib.rs`.
type Module = Vec<String>;

#[derive(Debug, Default)]
pub(super) struct Graph {
    /// The files that each file depends on, by their paths below `src`.
    edges: BTreeMap<String, BTreeSet<String>>,
    /// All paths of each file that begin with a crate's name or with `std`, groups opened.
    external: BTreeMap<String, Vec<String>>,
}

impl Graph {
    /// Of files by path and text; code for tests alone is passed over.
    pub(super) fn new<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Graph {
        let mut sources: Vec<Source> =
            files.into_iter().map(|(path, text)| Source::new(path, tokens(text))).collect();
        let tests: BTreeSet<Module> = sources.iter().flat_map(|source| source.tests.clone()).collect();
        sources.retain(|source| !tests.iter().any(|test| source.module.starts_with(test)));
        let modules: BTreeMap<Module, String> =
            sources.iter().map(|source| (source.module.clone(), source.path.clone())).collect();
        let mut graph = Graph::default();
        for source in &sources {
            let (edges, external) = source.paths(&modules);
            graph.edges.insert(source.path.clone(), edges);
            graph.external.insert(source.path.clone(), external);
        }
        graph.add_calls(&sources);
        for (file, targets) in &mut graph.edges {
            targets.remove(file);
        }
        graph
    }

    /// Each file with those that it depends on.
    pub(super) fn edges(&self) -> impl Iterator<Item = (&str, &BTreeSet<String>)> {
        self.edges.iter().map(|(file, targets)| (file.as_str(), targets))
    }

    /// What a file names of other crates.
    pub(super) fn external(&self, file: &str) -> &[String] {
        self.external.get(file).map_or(&[], Vec::as_slice)
    }

    /// The sets of files that all depend on each other, at any distance, within the
    /// folder; the largest first.
    pub(super) fn circles(&self, folder: &str) -> Vec<Vec<String>> {
        let files = || self.edges.keys().filter(|file| file.starts_with(folder));
        let reached: BTreeMap<&str, BTreeSet<&str>> =
            files().map(|file| (file.as_str(), self.reached(file, folder))).collect();
        let mut circles: Vec<Vec<String>> = Vec::new();
        for file in files().map(String::as_str).filter(|file| reached[file].contains(file)) {
            let known = circles.iter().any(|circle| circle.iter().any(|member| member == file));
            if !known {
                let back = reached[file].iter().filter(|other| reached[**other].contains(file));
                circles.push(back.map(|other| (*other).to_owned()).collect());
            }
        }
        circles.sort_by_key(|circle| std::cmp::Reverse(circle.len()));
        circles
    }

    /// All that a file depends on at any distance within the folder.
    fn reached(&self, file: &str, folder: &str) -> BTreeSet<&str> {
        let mut reached = BTreeSet::new();
        let mut open = vec![file];
        while let Some(file) = open.pop() {
            for target in self.edges.get(file).into_iter().flatten().filter(|to| to.starts_with(folder)) {
                if reached.insert(target.as_str()) {
                    open.push(target);
                }
            }
        }
        reached
    }

    /// An edge for each call of a method that only one file of the caller's folder
    /// defines, where that file does so for a type of another one: `impl` blocks of
    /// one type in several files are a circle that no path shows.
    fn add_calls(&mut self, sources: &[Source]) {
        let mut definers: BTreeMap<(&str, &str), BTreeSet<(&str, bool)>> = BTreeMap::new();
        for source in sources {
            for method in &source.methods {
                let is_foreign = !source.types.contains(&method.of);
                definers
                    .entry((source.folder(), &method.name))
                    .or_default()
                    .insert((&source.path, is_foreign));
            }
        }
        for source in sources {
            for call in &source.calls {
                let Some(found) = definers.get(&(source.folder(), call.as_str())) else { continue };
                let mut found = found.iter();
                if let (Some((file, true)), None) = (found.next(), found.next()) {
                    self.edges.entry(source.path.clone()).or_default().insert((*file).to_owned());
                }
            }
        }
    }
}

/// One file, taken apart.
struct Source {
    path: String,
    module: Module,
    tokens: Vec<String>,
    /// Child modules that are compiled for tests alone.
    tests: Vec<Module>,
    /// Types that are defined here.
    types: BTreeSet<String>,
    methods: Vec<Method>,
    /// Names of the methods that are called.
    calls: BTreeSet<String>,
}

struct Method {
    of: String,
    name: String,
}

impl Source {
    fn new(path: &str, mut tokens: Vec<String>) -> Source {
        let module = module_of(path);
        let tests = take_tests(&mut tokens);
        let tests = tests.into_iter().map(|test| [module.clone(), vec![test]].concat()).collect();
        let mut source = Source {
            path: path.to_owned(),
            module,
            tests,
            types: BTreeSet::new(),
            methods: Vec::new(),
            calls: BTreeSet::new(),
            tokens,
        };
        source.read_items();
        source
    }

    fn folder(&self) -> &str {
        self.path.split('/').next().unwrap_or_default()
    }

    fn read_items(&mut self) {
        let at = |index: usize| self.tokens.get(index).map_or("", String::as_str);
        for index in 0..self.tokens.len() {
            match at(index) {
                "struct" | "enum" | "trait" | "type" => drop(self.types.insert(at(index + 1).to_owned())),
                "." if at(index + 2) == "(" => drop(self.calls.insert(at(index + 1).to_owned())),
                "impl" => self.methods.extend(methods(&self.tokens[index..])),
                _ => {}
            }
        }
    }

    /// The files and the names of other crates that the paths of a file lead to.
    fn paths(&self, modules: &BTreeMap<Module, String>) -> (BTreeSet<String>, Vec<String>) {
        let (imports, inline) = paths(&self.tokens);
        let mut aliases: BTreeMap<String, Module> = BTreeMap::new();
        let (mut edges, mut external) = (BTreeSet::new(), Vec::new());
        for import in imports.iter().chain(&inline) {
            let Some(full) = self.full(&import.path, &aliases, modules) else {
                external.push(import.path.join("::"));
                continue;
            };
            let module = deepest(&full, modules);
            if let Some(file) = modules.get(&module) {
                edges.insert(file.clone());
            }
            if import.path.last().is_some_and(|last| last == "*") {
                for child in modules.keys().filter(|child| child.len() == module.len() + 1) {
                    if child.starts_with(&module) {
                        aliases.entry(child[module.len()].clone()).or_insert_with(|| child.clone());
                    }
                }
            } else if let (Some(alias), true) = (&import.alias, module == full) {
                aliases.insert(alias.clone(), module);
            }
        }
        (edges, external)
    }

    /// A path from the crate's root; None for one that leads elsewhere.
    fn full(
        &self,
        path: &[String],
        aliases: &BTreeMap<String, Module>,
        modules: &BTreeMap<Module, String>,
    ) -> Option<Module> {
        let (first, rest) = path.split_first()?;
        let child = [self.module.clone(), vec![first.clone()]].concat();
        match first.as_str() {
            // `main.rs` is a crate of its own.
            "crate" | "roomchat" => Some(rest.to_vec()),
            "self" => Some([&self.module, rest].concat()),
            "super" => {
                let ups = path.iter().take_while(|word| *word == "super").count();
                let base = &self.module[..self.module.len().checked_sub(ups)?];
                Some([base, &path[ups..]].concat())
            }
            _ if modules.contains_key(&child) => Some([&child, rest].concat()),
            alias => aliases.get(alias).map(|module| [module, rest].concat()),
        }
    }
}

/// The longest beginning of a path that is a module.
fn deepest(path: &[String], modules: &BTreeMap<Module, String>) -> Module {
    let mut module = path.to_vec();
    while !modules.contains_key(&module) && !module.is_empty() {
        module.pop();
    }
    module
}

fn module_of(path: &str) -> Module {
    let path = path.trim_end_matches(".rs");
    let mut module: Module = path.split('/').map(str::to_owned).collect();
    if matches!(module.last().map(String::as_str), Some("mod" | "lib" | "main")) {
        module.pop();
    }
    if path == "main" { vec!["main".to_owned()] } else { module }
}

/// A path of the code, and the name by which it is known here where it is imported.
struct Path {
    path: Vec<String>,
    alias: Option<String>,
}

/// The paths of all `use` declarations, groups opened, and those in the code.
fn paths(tokens: &[String]) -> (Vec<Path>, Vec<Path>) {
    let (mut imports, mut inline) = (Vec::new(), Vec::new());
    let mut index = 0;
    while index < tokens.len() {
        // `pub(in path)` says who may look here, not what is looked at.
        let is_visibility = tokens[..index].ends_with(&["pub", "(", "in"].map(str::to_owned));
        let is_start = index == 0 || !matches!(tokens[index - 1].as_str(), "::" | ".") && !is_visibility;
        if tokens[index] == "use" {
            index = read_tree(tokens, index + 1, &[], &mut imports);
        } else if is_start && is_word(&tokens[index]) && tokens.get(index + 1).is_some_and(|t| t == "::") {
            let mut path = vec![tokens[index].clone()];
            while tokens.get(index + 1).is_some_and(|token| token == "::")
                && tokens.get(index + 2).is_some_and(|token| is_word(token))
            {
                path.push(tokens[index + 2].clone());
                index += 2;
            }
            inline.push(Path { path, alias: None });
        }
        index += 1;
    }
    (imports, inline)
}

/// Reads one tree of a `use` declaration from `index` on, and tells where it ends.
fn read_tree(tokens: &[String], mut index: usize, before: &[String], found: &mut Vec<Path>) -> usize {
    let mut path = before.to_vec();
    while let Some(token) = tokens.get(index) {
        match token.as_str() {
            "::" => index += 1,
            "{" => {
                index += 1;
                while tokens.get(index).is_some_and(|token| token != "}") {
                    index = read_tree(tokens, index, &path, found);
                    index += usize::from(tokens.get(index).is_some_and(|token| token == ","));
                }
                return index + 1;
            }
            "as" => {
                let alias = tokens.get(index + 1).cloned();
                found.push(Path { path, alias });
                return index + 2;
            }
            "self" if !path.is_empty() => index += 1,
            word if is_word(word) || word == "*" => {
                path.push(word.to_owned());
                index += 1;
            }
            _ => break,
        }
    }
    let alias = path.last().cloned();
    found.push(Path { path, alias });
    index
}

/// The methods of an `impl` block at the beginning of the tokens that is of no trait.
fn methods(tokens: &[String]) -> Vec<Method> {
    let mut of = None;
    let (mut index, mut angles) = (1, 0);
    while let Some(token) = tokens.get(index).filter(|token| *token != "{") {
        match token.as_str() {
            "<" => angles += 1,
            ">" => angles -= 1,
            // Of a trait, or no block: `impl` of a parameter's type.
            "for" | ";" | ")" | "," | "=" if angles == 0 => return Vec::new(),
            "where" => {
                while tokens.get(index + 1).is_some_and(|token| token != "{") {
                    index += 1;
                }
            }
            word if is_word(word) && angles == 0 => of = Some(word.to_owned()),
            _ => {}
        }
        index += 1;
    }
    let Some(of) = of else { return Vec::new() };
    let mut depth = 0;
    let mut methods = Vec::new();
    for (at, token) in tokens[index.min(tokens.len())..].iter().enumerate() {
        match token.as_str() {
            "{" => depth += 1,
            "}" => depth -= 1,
            "fn" if depth == 1 => {
                let name = tokens.get(index + at + 1).cloned().unwrap_or_default();
                methods.push(Method { of: of.clone(), name });
            }
            _ => {}
        }
        if depth == 0 {
            break;
        }
    }
    methods
}

/// Takes out all items for tests, and tells which of them are files.
fn take_tests(tokens: &mut Vec<String>) -> Vec<String> {
    const MARK: [&str; 7] = ["#", "[", "cfg", "(", "test", ")", "]"];
    let mut files = Vec::new();
    let is_mark = |tokens: &[String], at: usize| {
        MARK.iter().enumerate().all(|(offset, word)| tokens.get(at + offset).is_some_and(|t| t == word))
    };
    let mut at = 0;
    while at < tokens.len() {
        if !is_mark(tokens, at) {
            at += 1;
            continue;
        }
        let (mut end, mut depth) = (at + MARK.len(), 0);
        while let Some(token) = tokens.get(end) {
            match token.as_str() {
                "{" => depth += 1,
                "}" => depth -= 1,
                _ => {}
            }
            end += 1;
            if depth == 0 && matches!(token.as_str(), "}" | ";") {
                break;
            }
        }
        let item: Vec<String> = tokens.drain(at..end).collect();
        let name = item.iter().position(|token| token == "mod").map(|at| item[at + 1].clone());
        if item.last().is_some_and(|last| last == ";") {
            files.extend(name);
        }
    }
    files
}

fn is_word(token: &str) -> bool {
    token.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

/// Words and signs, `::` as one, without comments; literals are left out.
fn tokens(text: &str) -> Vec<String> {
    let chars: Vec<char> = text.chars().collect();
    let at = |index: usize| chars.get(index).copied().unwrap_or('\0');
    let mut tokens = Vec::new();
    let mut index = 0;
    while index < chars.len() {
        let c = at(index);
        match (c, at(index + 1)) {
            ('/', '/') => index += chars[index..].iter().take_while(|c| **c != '\n').count(),
            ('/', '*') => {
                let mut depth = 0;
                while index < chars.len() {
                    match (at(index), at(index + 1)) {
                        ('/', '*') => (depth += 1, index += 2).1,
                        ('*', '/') => (depth -= 1, index += 2).1,
                        _ => index += 1,
                    }
                    if depth == 0 {
                        break;
                    }
                }
            }
            ('"', _) => index = after_string(&chars, index),
            ('r', '"' | '#') if is_raw(&chars, index) => index = after_raw(&chars, index),
            // A character; anything else behind this sign is a lifetime.
            ('\'', '\\') => index += 3 + chars[index + 3..].iter().take_while(|c| **c != '\'').count() + 1,
            ('\'', _) if at(index + 2) == '\'' => index += 3,
            (':', ':') => {
                tokens.push("::".to_owned());
                index += 2;
            }
            _ if c.is_alphanumeric() || c == '_' => {
                let word: String =
                    chars[index..].iter().take_while(|c| c.is_alphanumeric() || **c == '_').collect();
                index += word.chars().count();
                tokens.push(word);
            }
            _ => {
                tokens.extend((!c.is_whitespace()).then(|| c.to_string()));
                index += 1;
            }
        }
    }
    tokens
}

fn after_string(chars: &[char], start: usize) -> usize {
    let mut index = start + 1;
    while index < chars.len() && chars[index] != '"' {
        index += 1 + usize::from(chars[index] == '\\');
    }
    index + 1
}

fn is_raw(chars: &[char], start: usize) -> bool {
    let hashes = chars[start + 1..].iter().take_while(|c| **c == '#').count();
    chars.get(start + 1 + hashes) == Some(&'"')
}

fn after_raw(chars: &[char], start: usize) -> usize {
    let hashes = chars[start + 1..].iter().take_while(|c| **c == '#').count();
    let mut index = start + 2 + hashes;
    while index < chars.len() {
        let closes = chars[index] == '"'
            && chars[index + 1..].iter().take_while(|c| **c == '#').take(hashes).count() == hashes;
        if closes {
            return index + 1 + hashes;
        }
        index += 1;
    }
    index
}

/// The circles of an invented set of files in one folder.
#[cfg(test)]
fn circles(files: &[(&str, &str)]) -> Vec<Vec<String>> {
    Graph::new(files.iter().copied()).circles("a/")
}

#[cfg(test)]
const MOD: (&str, &str) = ("a/mod.rs", "mod x;\nmod y;\nmod z;\n");

#[test]
fn a_circle_is_found_however_its_files_name_each_other() {
    for (x, y, how) in [
        ("use crate::a::y::Y;", "use crate::a::x::X;", "paths from the root"),
        ("use super::y::{self, Y};", "use super::{x::{X, Z}, z};", "groups"),
        ("use crate::{a::{y::Y, z}, b};", "use super::x::X;", "nested groups"),
        ("fn f() { crate::a::y::g() }", "fn g() { super::x::f() }", "paths in the code"),
        ("use super::y;\nfn f() { y::g() }", "use super::x as other;", "modules and aliases"),
        ("use super::*;\nfn f() { y::g() }", "use super::x::X;", "globs"),
        ("pub use super::y::Y;", "pub use super::x::X;", "re-exports"),
        ("use crate::a::y::Y;", "fn f(x: &crate::a::x::X<'_>, c: char) { '\"'; }", "types in signatures"),
    ] {
        let found = circles(&[MOD, ("a/x.rs", x), ("a/y.rs", y), ("a/z.rs", "")]);
        assert_eq!(found, [["a/x.rs", "a/y.rs"]], "{how}");
    }
}

#[test]
fn a_circle_is_found_at_any_distance() {
    let files =
        [MOD, ("a/x.rs", "use super::y::Y;"), ("a/y.rs", "use super::z::Z;"), ("a/z.rs", "use super::x::X;")];
    assert_eq!(circles(&files), [["a/x.rs", "a/y.rs", "a/z.rs"]]);
}

/// A `mod.rs` that re-exports a file depends on it, and who takes a name from there on both.
#[test]
fn a_circle_is_found_through_what_a_front_page_reexports() {
    let front = ("a/mod.rs", "mod x;\nmod y;\npub use x::X;\npub use y::Y;");
    let found = circles(&[front, ("a/x.rs", "use super::Y;"), ("a/y.rs", "")]);
    assert_eq!(found, [["a/mod.rs", "a/x.rs"]]);
    let far = ("a/x/w.rs", "use super::super::y::Y;");
    let found = circles(&[MOD, ("a/x/mod.rs", "pub mod w;"), far, ("a/y.rs", "use super::x::w;")]);
    assert_eq!(found, [["a/x/w.rs", "a/y.rs"]]);
}

/// No path leads from the file of the type to the one that adds the method.
#[test]
fn a_circle_is_found_where_one_type_has_methods_in_several_files() {
    let x = ("a/x.rs", "pub struct X; impl X { pub fn run(&self) { self.step() } }");
    let y = ("a/y.rs", "use super::x::X; impl X { pub fn step(&self) {} }");
    assert_eq!(circles(&[MOD, x, y]), [["a/x.rs", "a/y.rs"]]);
    let trait_of_another = ("a/y.rs", "use super::x::X; impl Step for X { fn step(&self) {} }");
    assert!(circles(&[MOD, x, trait_of_another]).is_empty());
}

#[test]
fn what_is_no_circle_is_none() {
    for (x, y, how) in [
        ("use super::y::Y;", "pub struct Y;", "one way"),
        ("use super::y::Y;", "// use super::x::X;\n/* crate::a::x::f() */", "comments"),
        (
            "use super::y::Y;",
            "const C: &str = \"crate::a::x::X\"; const R: &str = r#\"super::x \"\"#;",
            "texts",
        ),
        ("use super::y::Y;", "#[cfg(test)]\nmod tests { use super::super::x::X; }", "tests"),
        ("use super::y::Y;", "use super::z::x::X;", "another one of that name"),
        ("use super::y::Y;", "pub(in crate::a::x) struct Y;", "visibility"),
    ] {
        let found = circles(&[MOD, ("a/x.rs", x), ("a/y.rs", y), ("a/z/mod.rs", ""), ("a/z/x.rs", "")]);
        assert!(found.is_empty(), "{how}: {found:?}");
    }
    let tests = [
        ("a/mod.rs", "pub mod x;\npub use x::X;\n#[cfg(test)]\nmod tests;"),
        ("a/x.rs", ""),
        ("a/tests.rs", "use super::*;"),
    ];
    assert!(circles(&tests).is_empty());
}
