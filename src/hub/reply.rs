//! Replies to one session. Labels and their batches are put on here and nowhere else.

use crate::wire::{BODY, Line, Tags};
use std::ops::Range;

/// Bytes of each buffer that are kept from reply to reply.
const KEPT: usize = 16 * 1024;

/// The reference tags of the batches that the hub opens: none is used twice.
#[derive(Debug, Default)]
pub(super) struct BatchIds {
    opened: u64,
}

impl BatchIds {
    pub(super) fn next(&mut self) -> String {
        self.opened += 1;
        format!("b{}", self.opened)
    }
}

/// The lines that the commands of one connection cause for itself.
#[derive(Debug, Default)]
pub(super) struct ResponseBuffer {
    /// The lines of finished commands, ready to be sent.
    ready: Vec<u8>,
    /// The lines of the current command, without a label.
    lines: Vec<u8>,
    /// The byte at which each line of `lines` begins.
    starts: Vec<usize>,
    /// Ranges of lines, by number, that are inside a batch of their own: behind its opening and
    /// before its end.
    inside: Vec<Range<usize>>,
    /// Lines that this session gets like any other receiver, and that are no part of the reply.
    apart: Vec<u8>,
}

impl ResponseBuffer {
    pub(super) fn line(&mut self, line: &Line) {
        debug_assert!(line.wire_len() <= BODY, "{}", line.as_str());
        self.starts.push(self.lines.len());
        line.write(&Tags::new(), &mut self.lines);
    }

    /// Adds encoded lines, each with its line end. `write` also pushes where each line begins.
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
            self.inside.push(first + 1..self.starts.len() - 1);
        }
    }

    /// Adds the opening of a batch; the opening itself is outside of it.
    pub(super) fn open_batch(&mut self, open: &Line) {
        self.line(open);
        self.inside.push(self.starts.len()..self.starts.len());
    }

    /// Adds one encoded event of a batch that is open.
    pub(super) fn in_batch(&mut self, id: &str, event: &[u8]) {
        let inside = Tags::new().with("batch", id);
        let first = self.starts.len();
        let (is_batch, count) = (is_batch(event), event.iter().filter(|&&byte| byte == b'\n').count());
        for (at, line) in event.split_inclusive(|&byte| byte == b'\n').enumerate() {
            self.starts.push(self.lines.len());
            if is_batch && at > 0 && at + 1 < count {
                self.lines.extend_from_slice(line)
            } else {
                insert_tags(&inside, line, &mut self.lines)
            }
        }
        match self.inside.last_mut() {
            Some(lines) if lines.end == first => lines.end = self.starts.len(),
            _ => self.inside.push(first..self.starts.len()),
        }
    }

    /// Adds one encoded line that is no part of the reply.
    pub(super) fn apart(&mut self, line: &[u8]) {
        self.apart.extend_from_slice(line);
    }

    /// Ends the reply to a command. With a label (labeled-response): an empty reply becomes `ACK`,
    /// a single line takes the label, several lines become a batch whose opening takes it, unless
    /// they are one batch already. If the batch `around` is open, it is ended.
    pub(super) fn finish(
        &mut self,
        label: Option<&str>,
        around: Option<&str>,
        server: &str,
        batch_ids: &mut BatchIds,
    ) {
        match (around, label, self.starts.len()) {
            (Some(id), ..) => {
                self.add_inside(id);
                self.end_around(server, id);
            }
            (None, None, _) => self.ready.append(&mut self.lines),
            (None, Some(label), 0) => {
                Line::from_source(server, "ACK").write(&labelled(label), &mut self.ready)
            }
            (None, Some(label), count) if count == 1 || self.inside.first() == Some(&(1..count - 1)) => {
                insert_tags(&labelled(label), &self.lines, &mut self.ready);
            }
            (None, Some(label), _) => {
                let id = batch_ids.next();
                self.begin_around(server, label, &id);
                self.add_inside(&id);
                self.end_around(server, &id);
            }
        }
        self.clear();
    }

    /// Makes the reply so far ready to be sent; more of it follows. The label is put on the first
    /// line if that opens a batch that is the whole reply; otherwise on the opening of a batch that
    /// stays open around the rest.
    pub(super) fn finish_piece(
        &mut self,
        label: &mut Option<String>,
        around: &mut Option<String>,
        server: &str,
        batch_ids: &mut BatchIds,
    ) {
        let count = self.starts.len();
        if count > 0
            && let Some(label) = label.take()
        {
            if self.inside.first() == Some(&(1..count)) {
                insert_tags(&labelled(&label), &self.lines, &mut self.ready);
                return self.clear();
            }
            let id = batch_ids.next();
            self.begin_around(server, &label, &id);
            *around = Some(id);
        }
        match around {
            Some(id) => self.add_inside(id),
            None => self.ready.append(&mut self.lines),
        }
        self.clear();
    }

    fn begin_around(&mut self, server: &str, label: &str, id: &str) {
        let open = Line::from_source(server, "BATCH").param(&format!("+{id}")).param("labeled-response");
        open.write(&labelled(label), &mut self.ready);
    }

    /// Writes the lines into the batch `id`. Lines of an inner batch keep its tag; the opening and
    /// the end of the inner batch are in `id`.
    fn add_inside(&mut self, id: &str) {
        let around = Tags::new().with("batch", id);
        let ends = self.starts.iter().skip(1).copied().chain([self.lines.len()]);
        let mut inside = self.inside.iter().peekable();
        for (at, (&start, end)) in self.starts.iter().zip(ends).enumerate() {
            while inside.next_if(|lines| lines.end <= at).is_some() {}
            if inside.peek().is_some_and(|lines| lines.start <= at) {
                self.ready.extend_from_slice(&self.lines[start..end])
            } else {
                insert_tags(&around, &self.lines[start..end], &mut self.ready)
            }
        }
    }

    fn end_around(&mut self, server: &str, id: &str) {
        Line::from_source(server, "BATCH").param(&format!("-{id}")).write(&Tags::new(), &mut self.ready);
    }

    /// Resets what belongs to the current command, whose reply is ready.
    fn clear(&mut self) {
        self.lines.clear();
        self.lines.shrink_to(KEPT);
        self.starts.clear();
        self.starts.shrink_to(KEPT / size_of::<usize>());
        self.inside.clear();
        self.ready.append(&mut self.apart);
    }

    /// Bytes that wait to be sent.
    pub(super) fn len(&self) -> usize {
        self.ready.len()
    }

    /// Whether the current command has no reply yet.
    pub(super) fn has_no_reply(&self) -> bool {
        self.starts.is_empty()
    }

    /// Drops the ready lines, because nobody reads them.
    pub(super) fn drop_ready(&mut self) {
        self.ready.clear();
        self.ready.shrink_to(KEPT);
    }

    /// Moves the ready lines to `out`.
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
        own.finish(label, None, "s", &mut BatchIds::default());
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

    /// A batch of its own among other lines, replied in pieces that end behind these lines.
    fn in_pieces(ends: &[usize], begins_with_batch: bool) -> String {
        let (mut own, mut batch_ids) = (ResponseBuffer::default(), BatchIds::default());
        let mut out = Vec::new();
        let (mut label, mut around) = (Some("x".to_owned()), None);
        let line = |text: &str| Line::from_source("s", text);
        let lines: &[fn(&mut ResponseBuffer)] = &[
            |own| own.encoded(b"A\r\n"),
            |own| own.open_batch(&Line::from_source("s", "BATCH").param("+c")),
            |own| own.in_batch("c", b"B\r\n"),
            |own| own.in_batch("c", b"@t=1 :s BATCH +d\r\n@batch=d C\r\n:s BATCH -d\r\n"),
            |own| own.line(&Line::from_source("s", "BATCH").param("-c")),
        ];
        for (at, write) in lines.iter().enumerate().skip(usize::from(begins_with_batch)) {
            write(&mut own);
            if ends.contains(&at) {
                own.finish_piece(&mut label, &mut around, "s", &mut batch_ids);
                own.hand_on(&mut out);
            }
        }
        if !begins_with_batch {
            own.line(&line("E"));
        }
        own.finish(label.as_deref(), around.as_deref(), "s", &mut batch_ids);
        own.hand_on(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_reply_in_pieces_is_the_same() {
        for begins_with_batch in [false, true] {
            let whole = in_pieces(&[], begins_with_batch);
            assert_eq!(whole.matches("labeled-response").count(), usize::from(!begins_with_batch));
            assert_eq!(whole.matches("label=x").count(), 1);
            for pieces in 0..1 << 4 {
                let ends: Vec<usize> = (0..4).filter(|at| pieces & 1 << at != 0).collect();
                assert_eq!(in_pieces(&ends, begins_with_batch), whole, "{ends:?}");
            }
        }
    }
}
