//! A conversation script: read, checked, printed. Pure.
//!
//! [`parse`](parse::parse) makes lines with their values still in them,
//! [`plan`](planner::plan) fills the values in, unrolls `each` and knows who is
//! who; [`read`] is both.

pub mod command_args;
pub mod escape;
pub mod grammar;
pub mod keyword;
pub mod offer;
pub mod parse;
pub mod plan;
pub mod planner;
pub mod print;
mod reader;
pub mod rewrite;
pub mod syntax;
pub mod template;
mod tree;

pub use tree::{Action, Check, Expect, Fault, Item, Line, MOST_TIMES, Mods, Outage, Script, Step, Text, Who};

/// Reads a script and makes it ready to be played.
///
/// # Errors
/// Every mistake in it, in order.
pub fn read(source: &str) -> Result<plan::Plan, Vec<syntax::Syntax>> {
    let mut parsed = parse::parse(source);
    let (plan, more) = planner::plan(&parsed);
    let mut errors = std::mem::take(&mut parsed.errors);
    errors.extend(more);
    if errors.is_empty() && plan.groups.iter().all(|group| group.steps.is_empty()) {
        let expected = "a line in which somebody does something, such as `Ann joins`";
        errors.push(syntax::Syntax::new(0..0, "no step").expected(expected).on(1));
    }
    errors.sort_by_key(|error| (error.line, error.at.start));
    if errors.is_empty() { Ok(plan) } else { Err(errors) }
}
