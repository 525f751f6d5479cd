//! How connections end.

use super::batch::{Batch, Close, Frame, Gone};
use super::console_event::{ConsoleEvent, Departure, reason};
use super::encode::line_mode;
use super::ids::SessionId;
use super::lines::{End, InputState};
use super::session::{Session, Stage};
use super::state::State;
use super::time::Now;
use crate::chat::Action;
use crate::wire::{Line, Tags};

impl State {
    /// Closes a connection from our side: its person leaves now, and a last line is sent, which may
    /// carry a label.
    pub(super) fn close(
        &mut self,
        id: SessionId,
        why: Departure,
        label: Option<&str>,
        now: Now,
        batch: &mut Batch,
    ) {
        let farewell = self.farewell(id, &why, label);
        if self.depart(id, why, now, batch) {
            batch.close.push(Close { session: id, farewell });
        }
    }

    /// Closes a connection because the server stops.
    pub(super) fn dismiss(&mut self, id: SessionId, batch: &mut Batch) {
        let farewell = self.farewell(id, &Departure::ServerStopping, None);
        let Some(session) = self.session_mut(id) else { return };
        let (from, stage) = (session.from, std::mem::replace(&mut session.stage, Stage::Leaving));
        let name = match stage {
            Stage::Leaving => return,
            Stage::Here(user) => self.lobby.user(user).map(|user| user.name().clone()),
            Stage::Registering(_) => None,
        };
        self.end_lines(id, batch);
        batch.console.push(ConsoleEvent::Closed { name, from, departure: Departure::ServerStopping });
        batch.close.push(Close { session: id, farewell });
    }

    /// Lets the person of a connection leave, and tells everybody. False if they had left before.
    pub(super) fn depart(&mut self, id: SessionId, why: Departure, now: Now, batch: &mut Batch) -> bool {
        self.leave_owed(id, now);
        let Some(session) = self.session_mut(id) else { return false };
        let from = session.from;
        if session.registration().is_some_and(|registration| registration.silent.is_some()) {
            self.silent.remove(id);
        }
        let Some(session) = self.session_mut(id) else { return false };
        match session.stage {
            Stage::Leaving => return false,
            Stage::Here(user) => {
                let name = self.lobby.user(user).map(|user| user.name().clone());
                let reason = Some(reason(&why));
                batch.console.push(ConsoleEvent::Closed { name, from, departure: why });
                // Never refused.
                let _ = self.act(user, Action::Quit { reason }, now, None, batch);
            }
            Stage::Registering(_) => {
                batch.console.push(ConsoleEvent::Closed { name: None, from, departure: why })
            }
        }
        if let Some(session) = self.session_mut(id) {
            session.stage = Stage::Leaving;
        }
        self.end_lines(id, batch);
        true
    }

    /// Drops the waiting lines of a connection that has been closed; later lines are ignored.
    fn end_lines(&mut self, id: SessionId, batch: &mut Batch) {
        let Some(Session { few: Some(few), .. }) = self.session_mut(id) else { return };
        let lines = &mut few.lines;
        lines.clear();
        (lines.state, lines.has_backlog, lines.goodbye) = (InputState::Open, false, None);
        if std::mem::take(&mut lines.holds_ticket) {
            batch.released.push(id);
        }
        if matches!(lines.end, End::Gone(_)) {
            self.closed_when_gone.push(id);
        }
    }

    /// The last line of a connection (Modern, ERROR). A browser gets none.
    fn farewell(&self, id: SessionId, why: &Departure, label: Option<&str>) -> Frame {
        let Some(session) = self.session(id) else { return Frame::from([]) };
        if *why == Departure::NotIrc && session.user().is_none() {
            return Frame::from([]);
        }
        if session.is_line_mode() {
            return line_mode::farewell(why, self.config.lang);
        }
        let line = Line::new("ERROR").text(&format!("Closing link: {} ({})", session.host(), reason(why)));
        let tags = label.map_or_else(Tags::new, |label| Tags::new().with("label", label));
        let mut out = Vec::new();
        line.write(&tags, &mut out);
        out.into()
    }

    /// Forgets a connection whose socket has ended; its person leaves now, if they had not.
    pub(super) fn forget(&mut self, id: SessionId, why: Departure, now: Now, batch: &mut Batch) {
        let may_read = why == Departure::Closed;
        if let Some(Session { few: Some(few), .. }) = self.session_mut(id) {
            few.lines.end = End::Stays;
        }
        self.depart(id, why, now, batch);
        drop(self.take_session(id));
        batch.gone.push(Gone { session: id, may_read });
    }

    /// Forgets connections that were closed after their socket had ended.
    pub(super) fn reap(&mut self, batch: &mut Batch) {
        for id in std::mem::take(&mut self.closed_when_gone) {
            let Some(session) = self.take_session(id) else { continue };
            let is_lost = session.few.is_some_and(|few| few.lines.end.is_lost());
            batch.gone.push(Gone { session: id, may_read: !is_lost });
        }
    }

    /// Lets the address of a connection that has ended take over what that owes.
    fn leave_owed(&mut self, id: SessionId, now: Now) {
        self.begin_to_leave(id, now);
        if let Some(session) = self.session_mut(id) {
            session.bucket.remit(now.uptime);
        }
    }

    /// The same for one that begins to end. It goes on owing it too, so that lines which wait
    /// for their time do not come earlier.
    pub(super) fn begin_to_leave(&mut self, id: SessionId, now: Now) {
        let State { sessions, penalties, .. } = self;
        let Some(Some(session)) = sessions.get_mut(id.index()) else { return };
        let has_left =
            session.few.as_mut().is_some_and(|few| std::mem::replace(&mut few.lines.has_left, true));
        if !has_left {
            penalties.leave(session.from.ip(), session.bucket.owed(now.uptime), now.uptime);
        }
    }
}
