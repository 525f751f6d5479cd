//! An actor that comes back asks for what it missed (IRCv3 chathistory), where the
//! server can be asked; what comes is compared like everything else.

use super::state::ScriptRun;
use crate::bot::actors::Trouble;
use crate::bot::expect::Event;
use crate::bot::script::plan::ActorId;

/// What the asking needs: each room's past, ids of its lines, and one's own
/// lines back with theirs.
const NEEDED: [&str; 4] = ["draft/chathistory", "batch", "message-tags", "echo-message"];

impl ScriptRun<'_> {
    /// Asks in each of these rooms for what was said there since the last line that came, and for one message
    /// more: it must not be there. After the server has died also for all that came before.
    pub(super) fn ask_for_past(&mut self, id: ActorId, rooms: &[String], line: usize) -> Result<(), Trouble> {
        if NEEDED.iter().any(|cap| !self.actors.has(id, cap)) {
            self.unasked.push(("the server keeps no history", line));
            return Ok(());
        }
        for room in rooms {
            let Some(last) = self.missed.last(id, room).map(str::to_owned) else {
                self.unasked.push(("nothing had come with an id to ask from", line));
                continue;
            };
            self.heard.asked(id, room);
            for heard in self.heard.take_unproven(id, room) {
                let Some((_, first)) = heard.first() else { continue };
                self.actors.send(id, &format!("CHATHISTORY AROUND {room} msgid={first} 1"));
                self.actors.fence(&[(id, 0)]).pop().map_or(Ok(()), Err)?;
                self.ask_for_pages(id, room, first.clone(), heard.len() - 1)?;
                self.past.extend(heard.into_iter().map(|(event, _)| event));
            }
            let missed: Vec<Event> = self.missed.of(id, room).cloned().collect();
            self.ask_for_pages(id, room, last, missed.len() + 1)?;
            self.past.extend(missed);
        }
        Ok(())
    }

    /// Asks for so many messages behind the one with this id, as many at once as the server gives.
    fn ask_for_pages(
        &mut self,
        id: ActorId,
        room: &str,
        mut from: String,
        mut wanted: usize,
    ) -> Result<(), Trouble> {
        while wanted > 0 {
            let most = wanted.min(self.actors.history_limit(id));
            self.actors.send(id, &format!("CHATHISTORY AFTER {room} msgid={from} {most}"));
            let before = self.actors.inbox(id).count();
            self.actors.fence(&[(id, 0)]).pop().map_or(Ok(()), Err)?;
            let page = self.actors.inbox(id).skip(before).filter(|message| message.tag("batch").is_some());
            let ids: Vec<Option<String>> =
                page.map(|message| message.tag("msgid").map(|id| id.into_owned())).collect();
            match ids.last() {
                Some(Some(last)) if ids.len() >= most => from.clone_from(last),
                _ => break,
            }
            wanted = wanted.saturating_sub(ids.len());
        }
        Ok(())
    }

    /// What could not be asked for, each reason with its lines.
    pub(super) fn unasked_notes(&self) -> Vec<String> {
        let mut reasons: Vec<(&str, Vec<String>)> = Vec::new();
        for (why, line) in &self.unasked {
            let line = line.to_string();
            match reasons.iter_mut().find(|(known, _)| known == why) {
                Some((_, lines)) if lines.contains(&line) => {}
                Some((_, lines)) => lines.push(line),
                None => reasons.push((why, vec![line])),
            }
        }
        let note = |(why, lines): (&str, Vec<String>)| {
            format!("skipped: what was missed is not asked for, as {why} (line {})", lines.join(", "))
        };
        reasons.into_iter().map(note).collect()
    }
}
