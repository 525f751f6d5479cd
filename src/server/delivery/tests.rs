use super::super::backlog::Backlog;
use super::super::bell::FlagBell;
use super::super::outlet::fake::Fake;
use super::super::spill::Bounds;
use super::super::straggler::Event;
use super::super::stragglers::Stragglers;
use super::*;
use crate::hub::{Frame, Receivers};
use crossbeam::channel::bounded;
use proptest::prelude::*;

type FakeSpill = Spill<Fake, Arc<FlagBell>>;
type FakeDelivery<'a> = Delivery<'a, Fake, Arc<FlagBell>>;

fn spill(bounds: Bounds) -> FakeSpill {
    Spill::new(Arc::default(), bounds, bounded(1).0)
}

fn room_of(count: u32, spill: &FakeSpill) -> (FakeDelivery<'_>, Vec<Arc<Fake>>) {
    let mut delivery = Delivery::new(spill);
    let members: Vec<_> = (0..count).map(|_| Arc::new(Fake::default())).collect();
    (0..).zip(&members).for_each(|(seat, member)| delivery.add(SeatId(seat), Arc::clone(member)));
    (delivery, members)
}

fn batch(deliveries: &[(&str, &[u32])]) -> Batch {
    let mut batch = Batch::default();
    for (text, to) in deliveries {
        let to = to.iter().map(|&seat| SeatId(seat));
        batch.deliver(Receivers::all(to), |out| out.extend_from_slice(text.as_bytes()));
    }
    batch
}

/// What the spill thread does in one turn in which these outlets have room.
fn turn(spill: &FakeSpill, stragglers: &mut Stragglers<Fake>, has_room: impl Fn(SeatId) -> bool) {
    let event = |seat| if has_room(seat) { Event::Room } else { Event::Nothing };
    spill.turn(stragglers, |awaited| awaited.iter().map(|(_, one)| event(one.seat())).collect());
}

#[test]
fn members_with_the_same_frames_share_one_buffer_and_one_send() {
    let spill = spill(Bounds::USUAL);
    let (mut delivery, members) = room_of(4, &spill);
    members.iter().for_each(|member| member.add_room(100));
    delivery.deliver_all(&batch(&[("a\n", &[0, 1, 2]), ("b\n", &[0, 2, 3]), ("c\n", &[0, 1, 2, 3])]));
    let taken: Vec<String> = members.iter().map(|member| member.taken()).collect();
    assert_eq!(taken, ["a\nb\nc\n", "a\nc\n", "a\nb\nc\n", "b\nc\n"]);
    assert!(members.iter().all(|member| member.turns() == 0));
    delivery.deliver_all(&batch(&[("a\n", &[0, 1, 2]), ("b\n", &[0, 2, 3]), ("c\n", &[0, 1, 2, 3])]));
    assert_eq!(spill.ledger().live(), "a\nb\nc\na\nc\nb\nc\n".len());
}

#[test]
fn what_comes_before_a_member_s_turn_leaves_in_the_same_call() {
    let spill = spill(Bounds::USUAL);
    let (mut delivery, members) = room_of(4, &spill);
    members.iter().for_each(|member| (0..2).for_each(|_| member.add_room(100)));
    delivery.append(&batch(&[("a\n", &[0, 1, 2, 3])]));
    delivery.send(2, || Duration::ZERO);
    delivery.append(&batch(&[("b\n", &[0, 1, 2, 3])]));
    delivery.send(3, || Duration::ZERO);
    let taken = || members.iter().map(|member| (member.taken(), member.turns())).collect::<Vec<_>>();
    let whole = || "a\nb\n".to_owned();
    assert_eq!(taken(), [(whole(), 0), ("a\n".to_owned(), 1), (whole(), 1), (whole(), 1)]);
    assert!(!delivery.has_taken_all(SeatId(1)) && delivery.has_taken_all(SeatId(2)));
    delivery.send(3, || Duration::ZERO);
    assert_eq!(taken()[1], (whole(), 0));
    assert_eq!(delivery.next_at(), None);
}

/// In a room of ten thousand it waited for fifty milliseconds.
#[test]
fn an_answer_does_not_wait_until_a_big_room_has_been_told_something() {
    let spill = spill(Bounds::USUAL);
    let (mut delivery, members) = room_of(1000, &spill);
    let all: Vec<u32> = (0..1000).collect();
    members.iter().for_each(|member| member.add_room(100));
    delivery.append(&batch(&[("news\n", &all), ("answer\n", &[700])]));
    delivery.send(1, || Duration::ZERO);
    assert_eq!((members[700].taken().as_str(), members[0].taken().as_str()), ("news\nanswer\n", ""));
    delivery.send(usize::MAX, || Duration::ZERO);
    assert!((0..700).chain(701..1000).all(|member| members[member].taken() == "news\n"));
    assert_eq!(members[700].taken(), "news\nanswer\n");
}

#[test]
fn a_full_sheet_is_sent_before_more_is_taken() {
    let line = "x".repeat(199) + "\n";
    for (batches, to) in [(FRAMES, &[0][..]), (BYTES.div_ceil(200), &[0, 1])] {
        let spill = spill(Bounds::USUAL);
        let (mut delivery, members) = room_of(2, &spill);
        members.iter().for_each(|member| member.add_room(usize::MAX));
        (1..batches).for_each(|_| delivery.append(&batch(&[(&line, to)])));
        assert!(delivery.has_room());
        delivery.append(&batch(&[(&line, to)]));
        assert!(!delivery.has_room());
        delivery.send(usize::MAX, || Duration::ZERO);
        assert!(delivery.has_room());
        assert_eq!(members[0].taken().len(), batches * 200);
    }
}

#[test]
fn what_was_for_somebody_before_the_end_is_sent_before_it() {
    let spill = spill(Bounds::USUAL);
    let (mut delivery, members) = room_of(3, &spill);
    members.iter().for_each(|member| (0..2).for_each(|_| member.add_room(100)));
    let mut stragglers = Stragglers::default();
    delivery.append(&batch(&[("last\n", &[0, 1, 2])]));
    let farewell: Frame = b"ERROR\n"[..].into();
    delivery.close(&[Close { seat: SeatId(0), farewell }], Patience::USUAL, Instant::now());
    assert!(delivery.finish(SeatId(1), Patience::USUAL, Instant::now()));
    delivery.remove(SeatId(2));
    delivery.hand_over(false);
    turn(&spill, &mut stragglers, |_| true);
    delivery.send(usize::MAX, || Duration::ZERO);
    let taken: Vec<String> = members.iter().map(|member| member.taken()).collect();
    assert_eq!(taken, ["last\nERROR\n(finished)", "last\n(cut)", "(cut)"]);
}

#[test]
fn what_a_thousand_wait_for_is_counted_once_and_costs_one_order() {
    let spill = spill(Bounds::USUAL);
    let (mut delivery, _members) = room_of(1000, &spill);
    let all: Vec<u32> = (0..1000).collect();
    delivery.deliver_all(&batch(&[("one\n", &all), ("two\n", &all)]));
    assert_eq!((delivery.orders.len(), spill.ledger().live()), (1000, 8));
    delivery.orders.clear();
    delivery.deliver_all(&batch(&[("one\n", &all), ("two\n", &all)]));
    assert_eq!(delivery.orders.len(), 1);
}

#[test]
fn more_than_a_mebibyte_is_too_much_for_one() {
    let spill = spill(Bounds::USUAL);
    let (mut delivery, members) = room_of(2, &spill);
    let mut stragglers = Stragglers::default();
    (0..3).for_each(|_| members[1].add_room(usize::MAX));
    let line = format!("{}\n", "x".repeat(Bounds::USUAL.member - 1));
    let mut give = |line: &str| {
        delivery.deliver_all(&batch(&[(line, &[0, 1])]));
        delivery.hand_over(false);
        turn(&spill, &mut stragglers, |_| false);
        delivery.hear();
        delivery.take_overrun()
    };
    assert_eq!(give(&line), []);
    assert_eq!(give("y\n"), [SeatId(0)]);
    assert_eq!(give("z\n"), [], "told once");
    let farewell = b"ERROR\n"[..].into();
    delivery.close(&[Close { seat: SeatId(0), farewell }], Patience::USUAL, Instant::now());
    delivery.hand_over(false);
    turn(&spill, &mut stragglers, |_| false);
    assert_eq!((spill.ledger().live(), stragglers.waiting()), (6, 6), "what was queued is dropped at once");
}

#[test]
fn when_too_much_waits_in_all_the_longest_queue_goes_first() {
    let place = Waiting::new(b"x"[..].into(), &Arc::default());
    let mut shortest = Backlog::default();
    shortest.push(place, 0);
    let spill = spill(Bounds { live: 16 + 3 * shortest.reserved(), ..Bounds::USUAL });
    let (mut delivery, _members) = room_of(3, &spill);
    let mut stragglers = Stragglers::default();
    delivery.deliver_all(&batch(&[("aaaaaaa\n", &[0, 1, 2])]));
    delivery.deliver_all(&batch(&[("b\n", &[1])]));
    delivery.hand_over(false);
    turn(&spill, &mut stragglers, |_| false);
    assert_eq!(delivery.take_overrun(), []);
    delivery.deliver_all(&batch(&[("c\n", &[2]), ("dddd\n", &[0])]));
    delivery.hand_over(false);
    turn(&spill, &mut stragglers, |_| false);
    delivery.hear();
    assert_eq!(delivery.take_overrun(), [SeatId(0)]);
    let farewell: Frame = b""[..].into();
    delivery.close(&[Close { seat: SeatId(0), farewell }], Patience::USUAL, Instant::now());
    delivery.hand_over(false);
    turn(&spill, &mut stragglers, |_| false);
    delivery.hear();
    assert_eq!(delivery.take_overrun(), []);
}

/// It was never dropped, and those who were still there were given up for it.
#[test]
fn what_waits_for_one_who_has_ended_his_half_of_the_stream_is_dropped_like_any_other_s() {
    let mut shortest = Backlog::default();
    shortest.push(Waiting::new(b"x"[..].into(), &Arc::default()), 0);
    let spill = spill(Bounds { live: 16 + 2 * shortest.reserved(), ..Bounds::USUAL });
    let (mut delivery, members) = room_of(2, &spill);
    let mut stragglers = Stragglers::default();
    members[0].add_room(1);
    delivery.deliver_all(&batch(&[("aa\naaaaaaaaa\n", &[0]), ("b\n", &[1])]));
    assert!(!delivery.finish(SeatId(0), Patience::USUAL, Instant::now()));
    delivery.hand_over(false);
    turn(&spill, &mut stragglers, |_| false);
    delivery.deliver_all(&batch(&[("cccc\n", &[1])]));
    delivery.hand_over(false);
    turn(&spill, &mut stragglers, |_| false);
    assert_eq!(stragglers.waiting(), "a\n".len() + "b\ncccc\n".len());
    delivery.hear();
    assert_eq!(delivery.take_overrun(), []);
    members.iter().for_each(|member| (0..2).for_each(|_| member.add_room(100)));
    turn(&spill, &mut stragglers, |_| true);
    let taken: Vec<String> = members.iter().map(|member| member.taken()).collect();
    assert_eq!(taken, ["aa\n(finished)", "b\ncccc\n"]);
}

#[test]
fn who_ends_his_half_of_the_stream_with_quit_gets_the_last_line_before_the_number_is_free() {
    let spill = spill(Bounds::USUAL);
    let (mut delivery, members) = room_of(2, &spill);
    let mut stragglers = Stragglers::default();
    let farewell: Frame = b"ERROR\n"[..].into();
    delivery.close(&[Close { seat: SeatId(0), farewell }], Patience::USUAL, Instant::now());
    assert!(!delivery.finish(SeatId(0), Patience::USUAL, Instant::now()));
    assert!(delivery.finish(SeatId(1), Patience::USUAL, Instant::now()), "nothing waits for him");
    delivery.hand_over(false);
    members[0].add_room(3);
    turn(&spill, &mut stragglers, |_| true);
    delivery.hear();
    assert_eq!(delivery.take_over(), []);
    members[0].add_room(100);
    turn(&spill, &mut stragglers, |_| true);
    spill.turn(&mut stragglers, |awaited| vec![Event::HungUp; awaited.len()]);
    delivery.hear();
    assert_eq!(delivery.take_over(), [SeatId(0)]);
    delivery.hand_over(false);
    turn(&spill, &mut stragglers, |_| true);
    assert!(delivery.is_empty() && stragglers.is_empty());
    assert_eq!(members[0].taken(), "ERROR\n(finished)(cut)(cut)");
}

#[test]
fn a_report_about_who_had_the_number_before_is_nobody_s() {
    let spill = spill(Bounds { member: 3, ..Bounds::USUAL });
    let (mut delivery, _members) = room_of(1, &spill);
    let mut stragglers = Stragglers::default();
    delivery.deliver_all(&batch(&[("too much\n", &[0])]));
    delivery.hand_over(false);
    turn(&spill, &mut stragglers, |_| false);
    delivery.remove(SeatId(0));
    let next = Arc::new(Fake::with_room([1, 0]));
    delivery.add(SeatId(0), Arc::clone(&next));
    // It falls behind before the old report is read.
    let reports: Vec<Report> = spill.reports().collect();
    delivery.deliver_all(&batch(&[("ab\n", &[0])]));
    delivery.hand_over(false);
    reports.into_iter().for_each(|report| delivery.learn(report));
    assert_eq!(delivery.take_overrun(), []);
    turn(&spill, &mut stragglers, |_| false);
    assert_eq!(stragglers.waiting(), 2, "what waited for the first is forgotten");
}

#[test]
fn who_has_caught_up_is_forgotten_and_its_number_s_next_holder_is_served() {
    for parts in [false, true] {
        let spill = spill(Bounds::USUAL);
        let (mut delivery, members) = room_of(1, &spill);
        let mut stragglers = Stragglers::default();
        let mut round = |delivery: &mut FakeDelivery<'_>, text: &str| {
            delivery.deliver_all(&batch(&[(text, &[0])]));
            delivery.hand_over(false);
            turn(&spill, &mut stragglers, |_| true);
            stragglers.is_empty()
        };
        members[0].add_room(0);
        members[0].add_room(100);
        assert!(!round(&mut delivery, "one\n"));
        members[0].add_room(100);
        assert!(round(&mut delivery, "two\n"), "direct again, and nothing is kept");
        assert_eq!(members[0].taken(), "one\ntwo\n");
        delivery.remove(SeatId(0));
        let next = Arc::new(Fake::with_room([0, 100, 100]));
        delivery.add(SeatId(0), Arc::clone(&next));
        round(&mut delivery, "three\n");
        if parts {
            let farewell = b"ERROR\n"[..].into();
            delivery.close(&[Close { seat: SeatId(0), farewell }], Patience::USUAL, Instant::now());
            round(&mut delivery, "never\n");
        }
        assert_eq!(next.taken(), if parts { "three\nERROR\n(finished)" } else { "three\n" });
    }
}

#[test]
fn more_for_somebody_who_has_just_caught_up_wakes_the_spill_thread() {
    let spill = spill(Bounds::USUAL);
    let (mut delivery, members) = room_of(1, &spill);
    let mut stragglers = Stragglers::default();
    delivery.deliver_all(&batch(&[("one\n", &[0])]));
    delivery.hand_over(false);
    turn(&spill, &mut stragglers, |_| false);
    delivery.deliver_all(&batch(&[("two\n", &[0])]));
    members[0].add_room(100);
    // It catches up with the first line between the second's sending and its order.
    turn(&spill, &mut stragglers, |_| true);
    assert_eq!(delivery.take_overrun(), []);
    assert!(spill.bell().take());
    delivery.hand_over(false);
    assert!(spill.bell().take(), "nobody else would");
    members[0].add_room(100);
    turn(&spill, &mut stragglers, |_| false);
    assert_eq!(members[0].taken(), "one\ntwo\n");
}

#[test]
fn that_a_reader_has_taken_all_is_told_at_once_where_his_lines_wait_for_it() {
    for waits in [false, true] {
        let (tx, rx) = bounded(1);
        let spill = FakeSpill::new(Arc::default(), Bounds::USUAL, tx);
        let (mut delivery, members) = room_of(1, &spill);
        let mut stragglers = Stragglers::default();
        delivery.deliver_all(&batch(&[("one\n", &[0])]));
        delivery.hand_over(waits);
        turn(&spill, &mut stragglers, |_| false);
        assert!(!delivery.has_taken_all(SeatId(0)) && rx.is_empty());
        members[0].add_room(100);
        turn(&spill, &mut stragglers, |_| true);
        assert_eq!(rx.len(), usize::from(waits));
        delivery.hear();
        assert!(delivery.has_taken_all(SeatId(0)));
    }
}

#[test]
fn whoever_gets_a_number_next_is_not_given_up_for_the_one_before() {
    let spill = spill(Bounds { member: 3, ..Bounds::USUAL });
    let (mut delivery, _members) = room_of(1, &spill);
    let mut stragglers = Stragglers::default();
    delivery.deliver_all(&batch(&[("too much\n", &[0])]));
    delivery.hand_over(false);
    delivery.remove(SeatId(0));
    delivery.add(SeatId(0), Arc::new(Fake::default()));
    delivery.hand_over(false);
    delivery.deliver_all(&batch(&[("ab\n", &[0])]));
    delivery.hand_over(false);
    // All of it in one turn.
    turn(&spill, &mut stragglers, |_| false);
    delivery.hear();
    assert_eq!(delivery.take_overrun(), []);
}

proptest! {
    /// Whatever each socket takes whenever, however taking, sending and serving
    /// those behind interleave, and whoever goes and leaves his number to another.
    #[test]
    fn any_pattern_of_partial_sends_keeps_each_stream(
        rounds in prop::collection::vec(
            prop::collection::vec(
                (prop::collection::vec("[a-z]{1,9}\n", 1..3), prop::sample::subsequence(vec![0u32, 1, 2, 3], 0..=4)),
                0..4,
            ), 1..12),
        room in prop::collection::vec((0usize..4, 0usize..16), 0..60),
        turns in prop::collection::vec((any::<bool>(), 0u32..16, 0usize..5, 0usize..12), 12),
    ) {
        let spill = spill(Bounds::USUAL);
        let (mut delivery, mut members) = room_of(4, &spill);
        let mut stragglers = Stragglers::default();
        let (mut wanted, mut past) = (vec![String::new(); 4], Vec::new());
        let mut room = room.into_iter();
        for (round, (is_served, has_room, calls, leaver)) in rounds.into_iter().zip(turns) {
            for (member, bytes) in room.by_ref().take(4) {
                members[member].add_room(bytes);
            }
            let mut batch = Batch::default();
            for (texts, to) in round {
                to.iter().for_each(|&seat| wanted[seat as usize].push_str(&texts.concat()));
                let to = Receivers::all(to.into_iter().map(SeatId));
                let write = |text: &String| batch.deliver(to.clone(), |out| out.extend_from_slice(text.as_bytes()));
                texts.iter().for_each(write);
            }
            delivery.append(&batch);
            delivery.send(calls, || Duration::ZERO);
            if let Some(member) = members.get_mut(leaver) {
                delivery.remove(SeatId(leaver as u32));
                let before = std::mem::take(member);
                past.push((before, std::mem::take(&mut wanted[leaver])));
                delivery.add(SeatId(leaver as u32), Arc::clone(member));
            }
            delivery.hand_over(false);
            for (member, bytes) in room.by_ref().take(2) {
                members[member].add_room(bytes);
            }
            if is_served {
                turn(&spill, &mut stragglers, |seat| has_room & (1 << seat.0) != 0);
            }
        }
        delivery.send(usize::MAX, || Duration::ZERO);
        delivery.hand_over(false);
        turn(&spill, &mut stragglers, |_| false);
        while delivery.behind() > 0 {
            members.iter().for_each(|member| member.add_room(7));
            turn(&spill, &mut stragglers, |_| true);
            delivery.hear();
        }
        for (member, wanted) in members.iter().zip(wanted) {
            prop_assert_eq!(member.taken(), wanted);
        }
        for (member, wanted) in past {
            let taken = member.taken();
            prop_assert!(wanted.starts_with(taken.strip_suffix("(cut)").unwrap()), "{taken} of {wanted}");
        }
        prop_assert_eq!(spill.ledger().live(), 0);
    }
}
