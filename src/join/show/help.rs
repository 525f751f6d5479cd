//! `/help`: the commands in groups, each person's own ones.

use super::look::Look;
use super::style::{Row, Style};
use crate::join::slash_command::{COMMANDS, Entry, Group};
use crate::text::Phrase;
use unicode_width::UnicodeWidthStr;

/// A window narrower than this has no room for two columns.
const TWO_COLUMNS: usize = 60;

impl Look {
    pub(super) fn help(&self, is_operator: bool, is_server_operator: bool) -> Vec<Row> {
        let may = |group: &Group| match group {
            Group::Operators => is_operator,
            Group::Server => is_server_operator,
            Group::Talk | Group::People | Group::Rooms | Group::Screen => true,
        };
        let groups = Group::ALL.into_iter().filter(may);
        let rows = groups.flat_map(|group| {
            let title = Row::of(Style::Faint, format!("── {} ──", self.say(group.title())));
            let entries = COMMANDS.iter().filter(move |entry| entry.group == group);
            std::iter::once(title).chain(entries.flat_map(|entry| self.of_command(entry)))
        });
        rows.chain(self.notice(&self.say(Phrase::Help))).collect()
    }

    /// In two columns, or one behind the other where a window is narrow.
    pub(super) fn of_command(&self, entry: &Entry) -> Vec<Row> {
        let typed = |entry: &Entry| format!("/{} {}", entry.name, entry.arguments).trim_end().to_owned();
        let does = self.say(entry.does);
        if self.columns.is_some_and(|columns| columns < TWO_COLUMNS) {
            return self.wrapped(Style::Notice, &format!("{}  {does}", typed(entry)));
        }
        let width = COMMANDS.iter().map(|entry| typed(entry).width()).max().unwrap_or(0);
        self.hanging(&format!("{:width$}  ", typed(entry)), Style::Notice, &does, Style::Notice)
    }
}
