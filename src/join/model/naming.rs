//! Our own name again, where another was taken on the way back.

use super::Model;
use crate::client::protocol::CaseMapping;
use crate::wire::{Line, Message};
use std::time::Duration;

/// How often our own name is asked for, and how many times.
const EVERY: Duration = Duration::from_secs(30);
const MOST_ASKED: u32 = 20;

/// Our own name, which somebody else has for now.
#[derive(Debug, Default)]
pub(super) struct Reclaim {
    name: Option<String>,
    /// When it is asked for; None until somebody tells the time.
    at: Option<Duration>,
    asked: u32,
}

impl Reclaim {
    pub(super) fn begin(&mut self, name: &str) {
        *self = Reclaim { name: Some(name.to_owned()), ..Reclaim::default() };
    }

    pub(super) fn stop(&mut self) {
        *self = Reclaim::default();
    }

    pub(super) fn deadline(&self) -> Option<Duration> {
        self.at
    }

    pub(super) fn pump(&mut self, now: Duration) {
        if self.name.is_some() && self.asked < MOST_ASKED {
            self.at.get_or_insert(now + EVERY);
        }
    }

    fn is(&self, name: &str, mapping: CaseMapping) -> bool {
        self.name.as_ref().is_some_and(|ours| mapping.same(ours, name))
    }
}

impl Model {
    /// Asks for our own name where it is time.
    pub(super) fn check_name(&mut self, now: Duration) {
        if self.reclaim.at.is_some_and(|at| at <= now) {
            self.ask_for_name();
        }
    }

    /// Somebody has given up this name.
    pub(super) fn name_is_free(&mut self, name: &str) {
        if self.reclaim.is(name, self.mapping()) && self.reclaim.asked < MOST_ASKED {
            self.ask_for_name();
        }
    }

    fn ask_for_name(&mut self) {
        let Some(name) = &self.reclaim.name else {
            return;
        };
        let line = Line::new("NICK").param(name);
        self.reclaim.asked += 1;
        self.reclaim.at = None;
        self.send(&line);
    }

    /// Whether this is the answer to a question that the person has not asked.
    pub(super) fn is_still_taken(&self, message: &Message) -> bool {
        self.reclaim.asked > 0 && message.param(1).is_some_and(|name| self.reclaim.is(name, self.mapping()))
    }
}
