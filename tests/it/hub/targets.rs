//! What must hold for any bytes at all: plain functions that panic where it
//! does not. Properties feed them on a stable compiler, cargo-fuzz on a nightly
//! one (tests/fuzz).

use super::observed;
use super::world::{LIKELY, PEOPLE, Step, World};
use roomchat::wire::first_bytes::{FirstLine, FirstRead, begins_tls, is_irc};
use roomchat::wire::proxy_header::Header;
use roomchat::wire::tags::{escape, unescape};
use roomchat::wire::{Frame, Framer, Limits, Line, Message, Tags};

/// Cutting a stream anywhere changes nothing, and no frame is over the limits.
pub fn framer(data: &[u8]) {
    let (sizes, stream) = data.split_at(data.len().min(8));
    let frames = |pieces: &mut dyn Iterator<Item = &[u8]>| {
        let mut framer = Framer::new(Limits::FROM_CLIENT);
        let mut all = Vec::new();
        for piece in pieces {
            framer.feed(piece, |frame| {
                check_frame(&frame);
                all.push(format!("{frame:?}"));
            });
        }
        (all, framer.is_midway())
    };
    let mut rest = stream;
    let mut sizes = sizes.iter().cycle();
    let mut pieces = std::iter::from_fn(|| {
        let size = rest.len().min(usize::from(*sizes.next()?) + 1);
        let (piece, after) = rest.split_at(size);
        rest = after;
        (size > 0).then_some(piece)
    });
    assert_eq!(frames(&mut pieces), frames(&mut std::iter::once(stream)));
}

/// The table of first bytes says one thing of a stream, however it is cut: what begins with TLS is
/// no line, name or request of anybody else, and what is none of a person's decides at once.
pub fn first_bytes(data: &[u8]) {
    let is_tls = begins_tls(data);
    assert_eq!(is_tls, data.first() == Some(&0x16));
    assert!(!is_tls || FirstRead::of(data) != FirstRead::Name);
    let line = data.split(|&byte| byte == b'\n').next().unwrap_or_default();
    let Ok(message) = Message::parse(&String::from_utf8_lossy(line)) else { return };
    let first = FirstLine::of(&message);
    assert!(!is_tls || first == FirstLine::Other);
    assert_eq!(first == FirstLine::Irc, is_irc(&message));
    // Without its end, what is a request or a command is never taken for a name.
    if matches!(first, FirstLine::Http | FirstLine::Irc) && !line.starts_with(b" ") {
        assert_ne!(FirstRead::of(line), FirstRead::Name, "{line:?}");
    }
}

/// A proxy's header is read to its end and no further, and within bounds, whatever it holds.
pub fn proxy_header(data: &[u8]) {
    let mut read = 0;
    let last = loop {
        match Header::of(&data[..read]) {
            Header::Begun(more) if read + more <= data.len() => {
                assert!(more > 0);
                read += more;
            }
            last => break last,
        }
    };
    assert!(read <= 16 + 4096, "{read}");
    if let Header::Whole(_) = last {
        let begun = &data[..read];
        assert!(
            begun.starts_with(b"PROXY ") && begun.ends_with(b"\r\n")
                || begun[..12] == *b"\r\n\r\n\0\r\nQUIT\n"
        );
        // It was not whole before its last byte.
        assert!(!matches!(Header::of(&begun[..read - 1]), Header::Whole(_)));
    }
}

fn check_frame(frame: &Frame<'_>) {
    let line = match frame {
        Frame::Line(line) => line.as_bytes(),
        Frame::NotUtf8(bytes) => bytes,
        Frame::TooLong(..) | Frame::Endless => return,
    };
    assert!(!line.is_empty() && !line.contains(&b'\n'));
    assert!(line.len() <= Limits::FROM_CLIENT.tags + Limits::FROM_CLIENT.body - 2);
}

/// A message holds nothing that ends a line, and what is written from its
/// parts is read as the same parts.
pub fn message(data: &[u8]) {
    let Ok(message) = Message::parse(&String::from_utf8_lossy(data)) else { return };
    assert!(!message.line().contains(['\r', '\n', '\0']));
    assert!(message.line().ends_with(message.body()));
    let _ = (message.nick(), message.last(), message.tags().count());
    let line = match message.source() {
        Some(source) => Line::from_source(source, message.command()),
        None => Line::new(message.command()),
    };
    let params: Vec<&str> = message.params().collect();
    let line = match params.split_last() {
        Some((last, words)) => words.iter().fold(line, |line, word| line.param(word)).text(last),
        None => line,
    };
    let again = Message::parse(line.as_str()).unwrap();
    assert_eq!(again.command(), message.command());
    assert_eq!(again.source().unwrap_or_default(), message.source().unwrap_or_default());
    assert_eq!(again.params().collect::<Vec<_>>(), params);
    // Whatever the parts are, exactly one line is written.
    let text = String::from_utf8_lossy(data);
    let mended = Line::from_source(&text, "X").param(&text).param(&text).text(&text);
    let again = Message::parse(mended.as_str()).unwrap();
    assert_eq!((again.command(), again.param_count()), ("X", 3), "{}", mended.as_str());
}

/// What is escaped stands in a tag and comes back.
pub fn tags(data: &[u8]) {
    let value = String::from_utf8_lossy(data).replace('\0', "");
    let mut escaped = String::new();
    escape(&value, &mut escaped);
    assert!(!escaped.contains([';', ' ', '\r', '\n', '\0']));
    assert_eq!(unescape(&escaped), value);
    // Anything may come as a value, and none of it can end a tag.
    let _ = unescape(&value);
    let tags = Tags::new().with("a", &value).with("+b", &unescape(&value));
    let message = Message::parse(&format!("{}X", tags.as_str())).unwrap();
    assert_eq!(message.tag("a").as_deref().unwrap_or_default(), value);
    assert_eq!(message.tag("+b").as_deref().unwrap_or_default(), unescape(&value));
    assert_eq!((message.command(), message.raw_tags().count()), ("X", 2));
}

/// What several people send, in whatever order: what they are told fits
/// together after each step.
pub fn hub(data: &[u8]) {
    let Some((first, mut rest)) = data.split_first() else { return };
    let mut world = World::new(if first % 2 == 0 { 0 } else { 4 });
    let mut steps = 0;
    while let Some((&what, after)) = rest.split_first()
        && steps < 200
    {
        steps += 1;
        rest = after;
        let who = usize::from(what) % PEOPLE.len();
        let mut take = || {
            let (&byte, after) = rest.split_first()?;
            rest = after;
            Some(byte)
        };
        let step = match what / 32 {
            0..=2 => {
                let index = usize::from(take().unwrap_or(0));
                Step::Line(who, LIKELY[index % LIKELY.len()].to_owned())
            }
            3 => Step::Gone(who),
            4 => Step::Seconds(u64::from(take().unwrap_or(0)) % 120),
            5 => Step::Checked(what % 2 == 0),
            _ => {
                let end = rest.iter().position(|&byte| byte == b'\n').unwrap_or(rest.len());
                let (line, after) = rest.split_at(end);
                rest = after.get(1..).unwrap_or_default();
                Step::Bytes(who, line.to_vec())
            }
        };
        world.play(&step);
    }
    world.check();
}

/// Valid conversations: what observers see has no hole and nothing twice, and is what
/// the labels were answered by.
pub fn conversations(data: &[u8]) {
    observed::play(data);
}
