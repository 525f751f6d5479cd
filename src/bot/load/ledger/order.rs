//! The log's order where lines were missed: then more than one order explains
//! what all have seen, and the one that was taken first need not hold.

use super::Ledger;

impl Ledger {
    /// Puts the entry at this place, which the listener has passed without it,
    /// behind all that the listener has seen, and with it whatever must come
    /// after it. False where the listener has seen something of that: no order
    /// explains it then.
    ///
    /// One line must come after another where a listener has seen them so, or
    /// where one sender sent them so. All that the listeners have seen stays in
    /// the order in which each has seen it.
    pub(super) fn put_off(&mut self, listener: usize, from: usize) -> bool {
        let to = self.listeners[listener].at - self.base;
        let everybody = 0..self.listeners.len();
        let mut moving = vec![&self.log[from].sent];
        // Who has seen something of that.
        let mut seers: Vec<bool> = everybody.clone().map(|one| self.has_seen(one, from)).collect();
        for at in from + 1..to {
            let sent = &self.log[at].sent;
            let sent_later = moving.iter().any(|first| sent.is_later_than(first));
            if sent_later || everybody.clone().any(|one| seers[one] && self.has_seen(one, at)) {
                if self.has_seen(listener, at) {
                    return false;
                }
                moving.push(sent);
                everybody.clone().for_each(|one| seers[one] |= self.has_seen(one, at));
            }
        }
        let moving: Vec<u64> = moving.iter().map(|sent| sent.id).collect();
        let stretch = &mut self.log.make_contiguous()[from..to];
        let before: Vec<u64> = stretch.iter().map(|entry| entry.sent.id).collect();
        stretch.sort_by_key(|entry| moving.contains(&entry.sent.id));
        let after: Vec<u64> = stretch.iter().map(|entry| entry.sent.id).collect();
        let start = self.base + from;
        for one in self.listeners.iter_mut().filter(|one| (start + 1..=self.base + to).contains(&one.at)) {
            // What it has seen last is still the last of what it has seen.
            let passed = &before[..one.at - start];
            let last = passed[passed.len() - 1];
            let place = after.iter().take_while(|id| **id != last).count() + 1;
            let unseen = |id: &&u64| !passed.contains(id) || one.missing.contains(id);
            let missing: Vec<u64> = after[..place].iter().filter(unseen).copied().collect();
            one.missing.retain(|id| !before.contains(id));
            one.missing.extend(missing);
            one.at = start + place;
        }
        true
    }

    /// Whether the entry at this place has come to a listener.
    pub(super) fn has_seen(&self, listener: usize, at: usize) -> bool {
        let one = &self.listeners[listener];
        one.at > self.base + at && !one.missing.contains(&self.log[at].sent.id)
    }
}
