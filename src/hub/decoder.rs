//! Decodes the bytes of one connection into inputs, without access to the hub.

use super::input::Input;
use crate::wire::first_bytes::{FirstRead, is_irc};
use crate::wire::{Frame, Framer, Limits};

/// Decodes the reads of one connection into inputs. Owned by its reader thread; its memory is
/// bounded by the framer's limits.
#[derive(Debug)]
pub struct Decoder {
    framer: Framer,
    stage: Stage,
    /// Nothing has shown yet that it speaks IRC: a person without a client may be at the other end.
    may_be_person: bool,
}

#[derive(Debug)]
enum Stage {
    /// Nothing has come yet.
    New,
    /// The first read may be the name that the original's client sends without a line end.
    MayBePacket,
    Lines,
    Packets(Packets),
}

/// The stream of the original's client: each read is a message without a line end.
#[derive(Debug)]
struct Packets {
    /// What the client puts before each text: its name, a colon and a blank.
    prefix: String,
    /// The first bytes of a character that was cut between two reads: at most three.
    cut: Vec<u8>,
}

impl Default for Decoder {
    fn default() -> Decoder {
        Decoder { framer: Framer::new(Limits::FROM_CLIENT), stage: Stage::New, may_be_person: true }
    }
}

impl Decoder {
    /// Takes what one read brought and hands on each input that it completes.
    pub fn feed(&mut self, bytes: &[u8], mut each: impl FnMut(Input)) {
        let Decoder { framer, stage, may_be_person } = self;
        if let Stage::Packets(packets) = stage {
            return packets.feed(bytes, each);
        }
        let mut has_line = false;
        framer.feed(bytes, |frame| {
            let input = Input::from_frame(frame);
            has_line = true;
            *may_be_person &= !input.message().is_some_and(is_irc);
            each(input);
        });
        let has_empty_line = framer.take_empty();
        let is_begun = matches!(stage, Stage::New) && !has_line;
        let first = if is_begun { FirstRead::of(bytes) } else { FirstRead::Other };
        if *may_be_person && (has_empty_line || first == FirstRead::Telnet) {
            each(Input::Blank);
        }
        *stage = match first {
            FirstRead::Name if !has_empty_line => Stage::MayBePacket,
            _ => Stage::Lines,
        };
    }

    /// Whether [`Decoder::pause`] must be called if nothing comes for half a second.
    pub fn awaits_pause(&self) -> bool {
        matches!(self.stage, Stage::MayBePacket)
    }

    /// Nothing has come for half a second. If the first read may be a name without a line end, it
    /// is one: the peer is the original's client.
    pub fn pause(&mut self, mut each: impl FnMut(Input)) {
        if self.awaits_pause() {
            let name = String::from_utf8_lossy(&self.framer.take_begun()).into_owned();
            self.stage = Stage::Packets(Packets { prefix: format!("{name}: "), cut: Vec::new() });
            each(Input::Packet(name));
        }
    }

    /// Whether each read is a message.
    pub fn reads_packets(&self) -> bool {
        matches!(self.stage, Stage::Packets(_))
    }

    /// The stream has ended: hands on a last line without its line end, which counts in line mode.
    pub fn end(&mut self, mut each: impl FnMut(Input)) {
        self.framer.end(|frame| each(Input::Unended(Box::new(Input::from_frame(frame)))));
    }

    /// Whether the hub must be told of reads that complete no line, because a name may be being
    /// typed.
    pub fn may_be_person(&self) -> bool {
        self.may_be_person
    }
}

impl Packets {
    fn feed(&mut self, bytes: &[u8], mut each: impl FnMut(Input)) {
        let mut all = std::mem::take(&mut self.cut);
        all.extend_from_slice(bytes);
        if let Err(error) = std::str::from_utf8(&all)
            && error.error_len().is_none()
        {
            self.cut = all.split_off(error.valid_up_to());
        }
        let Ok(text) = std::str::from_utf8(&all) else {
            return each(Input::from_frame(Frame::NotUtf8(&all)));
        };
        let text = text.strip_prefix(&self.prefix).unwrap_or(text);
        for line in text.lines().map(str::trim_end).filter(|line| !line.is_empty()) {
            each(Input::Packet(line.to_owned()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packets(reads: &[&[u8]]) -> Vec<String> {
        let (mut decoder, mut all) = (Decoder::default(), Vec::new());
        for read in reads {
            let mut each = |input| match input {
                Input::Packet(text) => all.push(text),
                other => all.push(format!("{other:?}")),
            };
            decoder.feed(read, &mut each);
            decoder.pause(each);
        }
        all
    }

    #[test]
    fn each_read_of_the_original_s_client_is_a_message_without_its_name() {
        let reads: [&[u8]; 5] = [
            "小明".as_bytes(),
            "小明: 哈囉".as_bytes(),
            "小明: 小明: \n".as_bytes(),
            b"exit",
            "小明: ".as_bytes(),
        ];
        assert_eq!(packets(&reads), ["小明", "哈囉", "小明:", "exit"]);
        let text = "小明: 花".as_bytes();
        assert_eq!(
            packets(&["小明".as_bytes(), &text[..text.len() - 1], &text[text.len() - 1..]]).concat(),
            "小明花"
        );
    }

    #[test]
    fn a_line_that_goes_on_in_time_is_a_line() {
        let (mut decoder, mut all) = (Decoder::default(), Vec::new());
        decoder.feed(b"Do", |input| all.push(input));
        decoder.feed(b"g\n", |input| all.push(input));
        decoder.pause(|input| all.push(input));
        assert_eq!(all, [Input::from_frame(Frame::Line("Dog"))]);
    }
}
