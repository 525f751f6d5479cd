//! Whatever several people send, in whatever order: what they are told fits
//! together. And what is fuzzed, fed by chance.

use super::robust::line;
use super::targets;
use super::world::{LIKELY, PEOPLE, Step, World};
use proptest::prelude::*;

fn step() -> impl Strategy<Value = Step> {
    let who = 0..PEOPLE.len();
    let likely = proptest::sample::select(&LIKELY[..]);
    prop_oneof![
        6 => (who.clone(), likely).prop_map(|(who, line)| Step::Line(who, line.to_owned())),
        6 => (who.clone(), line()).prop_map(|(who, line)| Step::Line(who, line)),
        1 => (who.clone(), proptest::collection::vec(any::<u8>(), 0..80))
            .prop_map(|(who, bytes)| Step::Bytes(who, bytes)),
        1 => who.prop_map(Step::Gone),
        1 => (1u64..120).prop_map(Step::Seconds),
        1 => any::<bool>().prop_map(Step::Checked),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn everybody_knows_who_is_where(
        messages_a_second in prop_oneof![Just(0), Just(4)],
        steps in proptest::collection::vec(step(), 0..80),
    ) {
        let mut world = World::new(messages_a_second);
        for step in &steps {
            world.play(step);
        }
        world.check();
    }
}

/// Bytes as a peer might send them: any, or such that mean something.
fn bytes() -> impl Strategy<Value = Vec<u8>> {
    let likely = "(@[a-z+=;\\\\ ]{0,9} )?(:[a-z!@: ]{0,9} )?[A-Z]{0,4}([ :,#a-z]|\\PC|[\r\n\0]){0,40}";
    let pieces =
        prop_oneof![proptest::collection::vec(any::<u8>(), 0..200), likely.prop_map(String::into_bytes)];
    proptest::collection::vec(pieces, 0..12).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn any_stream_is_framed_alike_however_it_is_cut(data in bytes()) {
        targets::framer(&data);
    }

    #[test]
    fn any_message_is_written_as_it_was_read(data in bytes()) {
        targets::message(&data);
    }

    #[test]
    fn any_value_stands_in_a_tag(data in bytes()) {
        targets::tags(&data);
    }
}

proptest! {
    #[test]
    fn first_bytes_are_of_one_protocol(data in bytes()) {
        targets::first_bytes(&data);
    }

    #[test]
    fn a_proxy_header_is_read_to_its_end_and_no_further(begins in 0..4usize, data in bytes()) {
        const BEGINNINGS: [&[u8]; 4] =
            [b"", b"PROXY ", b"PROXY TCP4 10.0.0.1 10.0.0.2 1 2", b"\r\n\r\n\0\r\nQUIT\n\x21"];
        targets::proxy_header(&[BEGINNINGS[begins], &data].concat());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn observers_see_what_was_said_whole_and_once(data in proptest::collection::vec(any::<u8>(), 0..300)) {
        targets::conversations(&data);
    }

    #[test]
    fn any_bytes_leave_the_hub_whole(data in proptest::collection::vec(any::<u8>(), 0..600)) {
        targets::hub(&data);
    }
}

/// Each was a failure once.
#[test]
fn what_was_found_by_fuzzing_stays_found() {
    // A parameter's colon behind a NUL.
    targets::message(b"\0\0\0\0\0:W\xe7\xe7\xe7\0\0\0 o");
    // So many lines wait that they are not done within a minute.
    let flood = [&[5; 1][..], &[0; 158], b"%"].concat();
    targets::hub(&flood);
    // An operator killed somebody in the read in which he had entered the other's room.
    targets::hub(b"\x002a2\0\x10\0\0b");
}
