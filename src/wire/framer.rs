//! Lines out of a stream that may be cut anywhere.

use super::line::BODY;

/// How long the two parts of a line may be, in bytes.
///
/// Body and tags are counted apart: "the existing message size limit of 512
/// bytes is not affected" (message-tags, Size limit).
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Everything but the tags, with the two bytes of a line end.
    pub body: usize,
    /// From `@` to the blank that ends the tags, both counted.
    pub tags: usize,
}

impl Limits {
    /// What a client may send (Modern, Message Format; message-tags, Size limit).
    pub const FROM_CLIENT: Limits = Limits { body: BODY, tags: 4096 };
    /// What we read from a server: some relay longer bodies than they accept.
    pub const FROM_SERVER: Limits = Limits { body: 16 * 1024, tags: 8191 };
}

/// Bytes without a line end after which a peer is not talking IRC.
pub const ENDLESS: usize = 64 * 1024;

/// What the stream held, in order.
#[derive(Debug, PartialEq, Eq)]
pub enum Frame<'a> {
    /// A line without its end, never empty.
    Line(&'a str),
    /// A whole line that is longer than the [`Limits`] allow: all of it where it came in
    /// one piece, else its beginning, as long as both limits together; and the number of its
    /// bytes.
    TooLong(&'a [u8], usize),
    /// A line within the limits that is not UTF-8.
    NotUtf8(&'a [u8]),
    /// [`ENDLESS`] bytes have come without a line end; said once.
    Endless,
}

/// What some editors and shells of Windows write before a text: U+FEFF in UTF-8.
const MARK: &[u8] = "\u{feff}".as_bytes();

/// Cuts a stream into lines at LF or CRLF; empty lines are passed over
/// (Modern, Message Format). A CR and a NUL end a line as well: telnet sends them for the
/// key Enter where it sends each key by itself (RFC 854). A byte order mark at the start of
/// the stream is none of its text.
#[derive(Debug, Clone)]
pub struct Framer {
    limits: Limits,
    /// The begun line: at most both limits together and a byte order mark; beyond that only
    /// counted.
    begun: Vec<u8>,
    /// Bytes of the begun line, kept or not.
    length: usize,
    /// Whether the last of them is a CR.
    ends_with_cr: bool,
    /// No line has ended.
    is_first: bool,
    /// An empty line has come since that was last asked for.
    has_empty: bool,
}

impl Framer {
    pub fn new(limits: Limits) -> Framer {
        Framer { limits, begun: Vec::new(), length: 0, ends_with_cr: false, is_first: true, has_empty: false }
    }

    /// Whether the stream has stopped in the middle of a line.
    pub fn is_midway(&self) -> bool {
        self.length > 0
    }

    /// Takes what one read brought and hands on each line that it completes.
    pub fn feed(&mut self, bytes: &[u8], mut each: impl FnMut(Frame<'_>)) {
        let (mut rest, mut from) = (bytes, 0);
        while let Some(end) = memchr::memchr2(b'\n', b'\0', &rest[from..]).map(|at| from + at) {
            if rest[end] == b'\0' && !self.is_after_cr(&rest[..end]) {
                from = end + 1;
                continue;
            }
            let line = &rest[..end];
            (rest, from) = (&rest[end + 1..], 0);
            if self.length == 0 {
                self.complete(line, &mut each);
            } else {
                self.keep(line);
                self.complete_begun(&mut each);
            }
            self.is_first = false;
        }
        let before = self.length;
        self.keep(rest);
        if before < ENDLESS && self.length >= ENDLESS {
            each(Frame::Endless);
        }
    }

    /// Whether an empty line has come since the last call.
    pub fn take_empty(&mut self) -> bool {
        std::mem::take(&mut self.has_empty)
    }

    /// Takes out what has come of a line, which is then none.
    pub fn take_begun(&mut self) -> Vec<u8> {
        let begun = std::mem::take(&mut self.begun);
        let line = self.without_mark(&begun).to_vec();
        (self.length, self.ends_with_cr, self.is_first) = (0, false, false);
        line
    }

    /// The stream is over: hands on what has come of a line without its end.
    pub fn end(&mut self, mut each: impl FnMut(Frame<'_>)) {
        if self.length > 0 {
            self.complete_begun(&mut each);
        }
    }

    fn is_after_cr(&self, line: &[u8]) -> bool {
        line.last().map_or(self.ends_with_cr, |&last| last == b'\r')
    }

    /// The longest line without its LF that can still be within the limits.
    fn most(&self) -> usize {
        self.limits.tags + self.limits.body - 1
    }

    fn keep(&mut self, bytes: &[u8]) {
        let room = (self.most() + 1 + MARK.len()).saturating_sub(self.begun.len());
        self.begun.extend_from_slice(&bytes[..bytes.len().min(room)]);
        self.length = self.length.saturating_add(bytes.len());
        self.ends_with_cr = self.is_after_cr(bytes);
    }

    fn complete_begun(&mut self, each: &mut impl FnMut(Frame<'_>)) {
        let begun = std::mem::take(&mut self.begun);
        let line = self.without_mark(&begun);
        let length = std::mem::take(&mut self.length) - (begun.len() - line.len());
        let end = usize::from(std::mem::take(&mut self.ends_with_cr));
        if length > self.most() {
            each(Frame::TooLong(&line[..line.len().min(self.most() + 1)], length - end));
        } else {
            self.complete(line, each);
        }
    }

    fn without_mark<'a>(&self, line: &'a [u8]) -> &'a [u8] {
        line.strip_prefix(MARK).filter(|_| self.is_first).unwrap_or(line)
    }

    fn complete(&mut self, line: &[u8], each: &mut impl FnMut(Frame<'_>)) {
        let line = self.without_mark(line);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.is_empty() {
            self.has_empty = true;
            return;
        }
        let tags = match line[0] {
            b'@' => memchr::memchr(b' ', line).map_or(line.len(), |blank| blank + 1),
            _ => 0,
        };
        if tags > self.limits.tags || line.len() - tags > self.limits.body - 2 {
            return each(Frame::TooLong(line, line.len()));
        }
        each(std::str::from_utf8(line).map_or(Frame::NotUtf8(line), Frame::Line));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn frames(limits: Limits, pieces: &[&[u8]]) -> Vec<String> {
        let mut framer = Framer::new(limits);
        let mut all = Vec::new();
        for piece in pieces {
            framer.feed(piece, |frame| all.push(format!("{frame:?}")));
        }
        all
    }

    fn too_long(beginning: &[u8], length: usize) -> String {
        format!("{:?}", Frame::TooLong(beginning, length))
    }

    fn from_client(pieces: &[&[u8]]) -> Vec<String> {
        frames(Limits::FROM_CLIENT, pieces)
    }

    #[test]
    fn lines_end_with_lf_or_crlf_and_empty_ones_do_not_count() {
        assert_eq!(from_client(&[b"A\r\nB\n\r\n\nC\r\n"]), [r#"Line("A")"#, r#"Line("B")"#, r#"Line("C")"#]);
    }

    #[test]
    fn a_character_may_be_cut_between_two_reads() {
        let bytes = "小花\r\n".as_bytes();
        assert_eq!(from_client(&[&bytes[..2], &bytes[2..]]), [r#"Line("小花")"#]);
    }

    #[test]
    fn a_body_has_512_bytes_with_its_end_and_not_one_more() {
        let fits = [b"x".repeat(510), b"\r\n".to_vec()].concat();
        let over = [b"x".repeat(511), b"\r\n".to_vec()].concat();
        assert!(from_client(&[&fits])[0].starts_with("Line"));
        assert_eq!(from_client(&[&over]), [too_long(&over[..511], 511)]);
    }

    #[test]
    fn tags_are_counted_apart() {
        let line =
            |tags: usize, body: usize| format!("@{} {}\r\n", "t".repeat(tags - 2), "x".repeat(body - 2));
        assert!(from_client(&[line(4096, 512).as_bytes()])[0].starts_with("Line"));
        for line in [line(4097, 100), line(100, 513)] {
            let whole = line.trim_end().as_bytes();
            assert_eq!(from_client(&[line.as_bytes()]), [too_long(whole, whole.len())]);
        }
    }

    #[test]
    fn the_line_after_a_long_one_is_whole() {
        let long = [&b"x".repeat(9000)[..], b"\r\nPING 1\n"].concat();
        let beginning = |bytes: usize| [too_long(&long[..bytes], 9000), r#"Line("PING 1")"#.to_owned()];
        assert_eq!(from_client(&[&long]), beginning(9000));
        // Of a line in pieces no more is kept than one within the limits may have.
        let most = Limits::FROM_CLIENT.tags + Limits::FROM_CLIENT.body;
        assert_eq!(from_client(&[&long[..5000], &long[5000..]]), beginning(most));
    }

    #[test]
    fn an_endless_line_is_told_once_and_takes_no_memory() {
        let mut framer = Framer::new(Limits::FROM_CLIENT);
        let mut told = 0;
        for _ in 0..1000 {
            framer.feed(&[b'x'; 4096], |frame| told += usize::from(frame == Frame::Endless));
        }
        assert_eq!(told, 1);
        assert!(framer.begun.capacity() < 16 * 1024);
    }

    #[test]
    fn bytes_that_are_no_text_are_handed_on_as_bytes() {
        assert_eq!(from_client(&[b"A \xff\n"]), ["NotUtf8([65, 32, 255])"]);
    }

    /// A client that sent one was never registered: its first command was none.
    #[test]
    fn a_byte_order_mark_before_the_first_line_is_none_of_it() {
        let marked = "\u{feff}NICK a\r\n\u{feff}NICK b\r\n";
        let lines = [format!("{:?}", Frame::Line("NICK a")), format!("{:?}", Frame::Line("\u{feff}NICK b"))];
        assert_eq!(from_client(&[marked.as_bytes()]), lines);
        assert_eq!(from_client(&marked.as_bytes().chunks(1).collect::<Vec<_>>()), lines);
        assert_eq!(from_client(&["\u{feff}\r\nA\n".as_bytes()]), [r#"Line("A")"#]);
        let fits = ["\u{feff}".as_bytes(), &b"x".repeat(510), b"\r\n"].concat();
        assert!(from_client(&[&fits])[0].starts_with("Line"));
        let over = ["\u{feff}".as_bytes(), &b"x".repeat(9000), b"\n"].concat();
        let most = Limits::FROM_CLIENT.tags + Limits::FROM_CLIENT.body;
        assert_eq!(from_client(&[&over[..5], &over[5..]]), [too_long(&over[3..3 + most], 9000)]);
    }

    /// Where telnet sends each key by itself, its lines never ended.
    #[test]
    fn a_cr_and_a_nul_end_a_line_and_no_other_nul_does() {
        assert_eq!(
            from_client(&[b"A\r\0B\0\r\0\nC\r\n"]),
            [r#"Line("A")"#, r#"Line("B\0")"#, r#"Line("C")"#]
        );
        assert_eq!(from_client(&[b"A\r", b"\0"]), [r#"Line("A")"#]);
        assert_eq!(from_client(&[b"A", b"\0", b"\r\n"]), [r#"Line("A\0")"#]);
    }

    proptest! {
        #[test]
        fn cutting_the_stream_anywhere_changes_nothing(
            lines in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..700), 0..8),
            cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..12),
        ) {
            let stream = lines.join(&b"\r\n"[..]);
            let mut at: Vec<usize> = cuts.iter().map(|cut| cut.index(stream.len() + 1)).collect();
            at.extend([0, stream.len()]);
            at.sort_unstable();
            let pieces: Vec<&[u8]> = at.windows(2).map(|w| &stream[w[0]..w[1]]).collect();
            prop_assert_eq!(from_client(&pieces), from_client(&[&stream]));
        }
    }
}
