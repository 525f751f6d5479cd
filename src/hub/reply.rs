//! Replies to the session that is speaking: labels and their batches are put on
//! them here alone.

use crate::wire::{BODY, Line, Tags};
use std::ops::Range;

/// Bytes of each kind of memory that are kept from reply to reply.
const KEPT: usize = 16 * 1024;

/// The lines that one connection's commands cause for itself.
#[derive(Debug, Default)]
pub(super) struct ResponseBuffer {
    /// Those of the commands before, ready to be sent.
    ready: Vec<u8>,
    /// Those of the command in work: whole lines without a label.
    lines: Vec<u8>,
    /// The byte at which each of them begins.
    starts: Vec<usize>,
    /// Which of the lines, by number, are batches of their own, from the
    /// opening to behind the end.
    batches: Vec<Range<usize>>,
    /// Whole lines that arrive at the speaker as they would at anybody, and
    /// are no part of the reply.
    apart: Vec<u8>,
}

impl ResponseBuffer {
    pub(super) fn line(&mut self, line: &Line) {
        debug_assert!(line.wire_len() <= BODY, "{}", line.as_str());
        self.starts.push(self.lines.len());
        line.write(&Tags::new(), &mut self.lines);
    }

    /// Adds encoded lines, each with its end; `write` begins each by `start`.
    pub(super) fn lines(&mut self, write: impl FnOnce(&mut Vec<u8>, &mut Vec<usize>)) {
        write(&mut self.lines, &mut self.starts);
    }

    /// Adds one encoded event, tags and ends included: a line, several, or a
    /// batch.
    pub(super) fn encoded(&mut self, event: &[u8]) {
        let first = self.starts.len();
        for line in event.split_inclusive(|&byte| byte == b'\n') {
            self.starts.push(self.lines.len());
            self.lines.extend_from_slice(line);
        }
        if is_batch(event) {
            self.batches.push(first..self.starts.len());
        }
    }

    /// Adds a batch of encoded events.
    pub(super) fn batch(&mut self, id: &str, open: &Line, close: &Line, events: &[Vec<u8>]) {
        let first = self.starts.len();
        self.line(open);
        let inside = Tags::new().with("batch", id);
        for event in events {
            let (is_batch, count) = (is_batch(event), event.iter().filter(|&&byte| byte == b'\n').count());
            for (at, line) in event.split_inclusive(|&byte| byte == b'\n').enumerate() {
                self.starts.push(self.lines.len());
                if is_batch && at > 0 && at + 1 < count {
                    self.lines.extend_from_slice(line)
                } else {
                    insert_tags(&inside, line, &mut self.lines)
                }
            }
        }
        self.line(close);
        self.batches.push(first..self.starts.len());
    }

    /// Adds one encoded line that is no reply.
    pub(super) fn apart(&mut self, line: &[u8]) {
        self.apart.extend_from_slice(line);
    }

    /// Ends a command's reply. With a label: none becomes `ACK`, one takes the
    /// label, several become a batch whose opening takes it, unless they are a whole
    /// batch already (labeled-response).
    pub(super) fn finish(&mut self, label: Option<&str>, server: &str, batch: impl FnOnce() -> String) {
        match (label, self.starts.len()) {
            (None, _) => self.ready.append(&mut self.lines),
            (Some(label), 0) => Line::from_source(server, "ACK").write(&labelled(label), &mut self.ready),
            (Some(label), count) if count == 1 || self.batches.first() == Some(&(0..count)) => {
                insert_tags(&labelled(label), &self.lines, &mut self.ready);
            }
            (Some(label), _) => self.finish_batch(label, server, &batch()),
        }
        self.lines.clear();
        self.lines.shrink_to(KEPT);
        self.starts.clear();
        self.starts.shrink_to(KEPT / size_of::<usize>());
        self.batches.clear();
        self.ready.append(&mut self.apart);
    }

    fn finish_batch(&mut self, label: &str, server: &str, id: &str) {
        let open = Line::from_source(server, "BATCH").param(&format!("+{id}")).param("labeled-response");
        open.write(&labelled(label), &mut self.ready);
        let inside = Tags::new().with("batch", id);
        let ends = self.starts.iter().skip(1).copied().chain([self.lines.len()]);
        // The lines of a batch belong to that, its opening and end to this one.
        let is_within = |at| self.batches.iter().any(|batch| batch.start < at && at + 1 < batch.end);
        for (at, (&start, end)) in self.starts.iter().zip(ends).enumerate() {
            if is_within(at) {
                self.ready.extend_from_slice(&self.lines[start..end])
            } else {
                insert_tags(&inside, &self.lines[start..end], &mut self.ready)
            }
        }
        Line::from_source(server, "BATCH").param(&format!("-{id}")).write(&Tags::new(), &mut self.ready);
    }

    /// Bytes that wait to be sent.
    pub(super) fn len(&self) -> usize {
        self.ready.len()
    }

    /// Whether nothing is replied to the command in work.
    pub(super) fn has_no_reply(&self) -> bool {
        self.starts.is_empty()
    }

    /// Drops what would be handed on: nobody reads it.
    pub(super) fn drop_ready(&mut self) {
        self.ready.clear();
        self.ready.shrink_to(KEPT);
    }

    /// Hands on all that the finished commands caused.
    pub(super) fn hand_on(&mut self, out: &mut Vec<u8>) {
        out.append(&mut self.ready);
        self.ready.shrink_to(KEPT);
    }
}

/// Whether encoded lines begin with the opening of a batch.
fn is_batch(event: &[u8]) -> bool {
    let mut words = event.split(|&byte| byte == b' ').skip_while(|word| word.starts_with(b"@"));
    words.next().is_some_and(|source| source.starts_with(b":")) && words.next() == Some(b"BATCH")
}

fn labelled(label: &str) -> Tags {
    Tags::new().with("label", label)
}

/// Writes a line with these tags before its own.
fn insert_tags(tags: &Tags, line: &[u8], out: &mut Vec<u8>) {
    let tags = tags.as_str().as_bytes();
    match line.strip_prefix(b"@") {
        Some(rest) => {
            out.extend_from_slice(&tags[..tags.len() - 1]);
            out.push(b';');
            out.extend_from_slice(rest);
        }
        None => {
            out.extend_from_slice(tags);
            out.extend_from_slice(line);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finished(lines: &[&str], label: Option<&str>) -> String {
        let mut own = ResponseBuffer::default();
        lines.iter().for_each(|line| own.encoded(format!("{line}\r\n").as_bytes()));
        own.finish(label, "s", || "b1".to_owned());
        let mut out = Vec::new();
        own.hand_on(&mut out);
        String::from_utf8(out).unwrap().replace("\r\n", "\n")
    }

    #[test]
    fn a_label_is_on_exactly_one_line() {
        assert_eq!(finished(&["A", "@t=1 B"], None), "A\n@t=1 B\n");
        assert_eq!(finished(&[], Some("x")), "@label=x :s ACK\n");
        assert_eq!(finished(&["A"], Some("x;")), "@label=x\\: A\n");
        assert_eq!(finished(&["@t=1 A"], Some("x")), "@label=x;t=1 A\n");
        assert_eq!(
            finished(&["A", "@t=1 B"], Some("x")),
            "@label=x :s BATCH +b1 labeled-response\n@batch=b1 A\n@batch=b1;t=1 B\n:s BATCH -b1\n"
        );
    }
}
