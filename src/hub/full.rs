//! A disk that is full, and has room again.

use super::batch::{Batch, Recipients};
use super::encode::irc::command;
use super::ids::SessionId;
use super::state::State;
use crate::chat::Action;
use crate::chat::action::Target;
use crate::chat::kept::Everything;
use crate::text::{Lang, Phrase};
use crate::wire::{Line, Tags};

impl State {
    /// The disk is full, or has room again: then all rooms and their members are kept anew.
    /// Everybody in a room is told.
    pub(super) fn set_full(&mut self, is_full: bool, batch: &mut Batch) {
        (self.is_full, self.full_since) = (is_full, self.log.last());
        if !is_full && self.config.persists {
            let rooms = self.lobby.room_states().map(|state| (state.room.clone(), state)).collect();
            let members = self.lobby.member_states().collect();
            batch.persist.everything = Some(Everything { rooms, members });
            batch.persist.ended.append(&mut self.ended_unkept);
        }
        let phrase = if is_full { Phrase::DiskFull } else { Phrase::DiskHasRoom };
        let line = Line::from_source(&self.config.server_name, "NOTICE");
        let (text, sentence) = (phrase.say(Lang::En), phrase.say(self.config.lang));
        for (_, room) in self.lobby.rooms_after(None) {
            let sessions = room.members().iter().filter_map(|&user| self.session_of(user));
            let is_plain = |id: &SessionId| self.session(*id).is_some_and(|session| session.is_line_mode());
            let (plain, others): (Vec<SessionId>, Vec<SessionId>) = sessions.partition(is_plain);
            let line = line.clone().param(room.name().as_str()).text(&text);
            batch.deliver(Recipients::all(others), |out| line.write(&Tags::new(), out));
            batch.deliver(Recipients::all(plain), |out| out.extend(format!("[{sentence}]\r\n").bytes()));
        }
    }
}

/// The command and the target of an action that would have to be kept, while that can't be.
pub(super) fn unkept(state: &State, action: &Action) -> Option<(&'static str, String)> {
    let (command, room) = match action {
        _ if !state.is_full => return None,
        Action::Say { to: Target::Room(room, None), chat_message } if !chat_message.ephemeral => {
            (command(chat_message.kind), room)
        }
        Action::Redact { room, .. } => ("REDACT", room),
        Action::Topic { room, .. } => ("TOPIC", room),
        Action::Modes { room, .. } => ("MODE", room),
        _ => return None,
    };
    Some((command, room.name.to_string()))
}
