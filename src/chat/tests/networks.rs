//! The rooms that the people of a network make, and leave empty.

use super::super::made_rooms::MOST_OF_NETWORK;
use super::*;
use crate::chat::lobby::MOST_ROOMS;

/// Somebody from a host, who comes with a name of their own.
fn come(play: &mut Play, host: &str, is_local: bool) -> UserKey {
    let name = format!("p{}", play.people.len());
    play.arrive(Arrival { host: host.to_owned(), is_local, ..arrival(&name) }).unwrap()
}

fn enter(play: &mut Play, who: UserKey, name: &str) -> Result<(), Refusal> {
    play.act(who, Action::Enter { room: room(name), key: None }, &mut Events::default())
}

/// Makes as many rooms as a network may, from the hosts in turn; gives one of those who did.
fn fill(play: &mut Play, hosts: &[&str], is_local: bool) -> UserKey {
    let mut last = None;
    for at in 0..MOST_OF_NETWORK {
        if at % MOST_ROOMS == 0 {
            last = Some(come(play, hosts[at / MOST_ROOMS % hosts.len()], is_local));
        }
        enter(play, last.unwrap(), &format!("#r{at}")).unwrap();
    }
    last.unwrap()
}

/// A room that ends makes place for another, also in a lobby that was restored.
#[test]
fn a_network_makes_so_many_rooms_and_another_one_others() {
    let mut play = Play::new(KEEP, MessagesKept::InMemory);
    let maker = fill(&mut play, &["10.0.0.1"], false);
    let (same, other) = (come(&mut play, "10.0.0.1", false), come(&mut play, "10.0.0.2", false));
    assert_eq!(enter(&mut play, same, "#x"), Err(Refusal::TooManyRoomsMade));
    assert_eq!(enter(&mut play, same, "#r0"), Ok(()), "what others have made can be entered");
    assert_eq!(enter(&mut play, other, "#x"), Ok(()));
    play.lobby = Lobby::restore(&play.lobby.snapshot()).unwrap();
    assert_eq!(enter(&mut play, same, "#y"), Err(Refusal::TooManyRoomsMade));
    let last = format!("#r{}", MOST_OF_NETWORK - 1);
    let id = play.lobby.find_room(&last).unwrap();
    let leave = Action::Leave { room: play.lobby.room_key(id).unwrap(), reason: None };
    play.act(maker, leave, &mut Events::default()).unwrap();
    assert_eq!(enter(&mut play, same, "#y"), Ok(()));
    assert_eq!(enter(&mut play, same, "#z"), Err(Refusal::TooManyRoomsMade));
    check(&play.lobby, &Events::default());
}

/// Each of 2^64 addresses would have had rooms of its own.
#[test]
fn a_v6_network_is_one() {
    let mut play = Play::new(KEEP, MessagesKept::InMemory);
    fill(&mut play, &["2001:db8::1", "2001:db8::2:1"], false);
    let (same, other) = (come(&mut play, "2001:db8::3", false), come(&mut play, "2001:db8:0:1::1", false));
    assert_eq!(enter(&mut play, same, "#x"), Err(Refusal::TooManyRoomsMade));
    assert_eq!(enter(&mut play, other, "#x"), Ok(()));
}

/// Somebody at the same address ended a room with all that was said in it by making fifty others.
#[test]
fn empty_rooms_of_an_address_end_no_other_one() {
    let mut play = Play::new(KEEP, MessagesKept::OnDisk);
    for at in 0..MOST_OF_NETWORK {
        let who = come(&mut play, "10.0.0.1", false);
        enter(&mut play, who, &format!("#r{at}")).unwrap();
        let id = play.lobby.find_room(&format!("#r{at}")).unwrap();
        let to = Target::Room(play.lobby.room_key(id).unwrap(), None);
        play.act(who, Action::Say { to, chat_message: chat_message("x") }, &mut Events::default()).unwrap();
        play.act(who, Action::Quit { reason: None }, &mut Events::default()).unwrap();
    }
    assert_eq!(play.lobby.room_count(), 1 + MOST_OF_NETWORK);
    let who = come(&mut play, "10.0.0.1", false);
    assert_eq!(enter(&mut play, who, "#more"), Err(Refusal::TooManyRoomsMade));
    check(&play.lobby, &Events::default());
}

/// With one word in each of 500 rooms one person kept all of a school from making another for a month.
#[test]
fn a_room_that_has_been_empty_for_ten_minutes_counts_no_more() {
    let mut play = Play::new(KEEP, MessagesKept::OnDisk);
    for at in 0..MOST_OF_NETWORK {
        let who = come(&mut play, "10.0.0.1", false);
        enter(&mut play, who, &format!("#r{at}")).unwrap();
        let made = play.lobby.room_key(play.lobby.find_room(&format!("#r{at}")).unwrap()).unwrap();
        if at == 0 {
            let bans = (0..9).map(|ban| Change::List(List::Bans, true, format!("b{ban}!*@*"))).collect();
            let modes = Action::Modes { room: made.clone(), changes: bans };
            play.act(who, modes, &mut Events::default()).unwrap();
        }
        let to = Target::Room(made, None);
        play.act(who, Action::Say { to, chat_message: chat_message("x") }, &mut Events::default()).unwrap();
        play.act(who, Action::Quit { reason: None }, &mut Events::default()).unwrap();
    }
    play.pass(10);
    play.lobby = Lobby::restore(&play.lobby.snapshot()).unwrap();
    let (elsewhere, mut entered) = (come(&mut play, "10.0.0.2", false), 0);
    for at in 1..MOST_ROOMS {
        enter(&mut play, elsewhere, &format!("#r{at}")).unwrap();
        entered += 1;
    }
    assert_eq!(play.lobby.room_count(), 1 + MOST_OF_NETWORK);
    check(&play.lobby, &Events::default());
    // The room with many bans counts still, and those that have been entered again.
    let mut made = 0;
    loop {
        let who = come(&mut play, "10.0.0.1", false);
        let outcome = enter(&mut play, who, &format!("#more{made}"));
        if outcome.is_err() {
            assert_eq!(outcome, Err(Refusal::TooManyRoomsMade));
            break;
        }
        made += 1;
    }
    assert_eq!(made, MOST_OF_NETWORK - 1 - entered);
    check(&play.lobby, &Events::default());
}

#[test]
fn the_rooms_of_the_servers_own_people_count_for_nobody() {
    let mut play = Play::new(KEEP, MessagesKept::InMemory);
    fill(&mut play, &["127.0.0.1"], true);
    let (local, distant) = (come(&mut play, "127.0.0.1", true), come(&mut play, "10.0.0.1", false));
    assert_eq!((enter(&mut play, local, "#x"), enter(&mut play, distant, "#y")), (Ok(()), Ok(())));
}

#[test]
fn those_of_operators_of_the_server_do_not_count_either() {
    let mut play = Play::new(KEEP, MessagesKept::InMemory);
    fill(&mut play, &["10.0.0.1"], false);
    let root = come(&mut play, "10.0.0.1", false);
    play.act(root, Action::UserMode { flag: UserMode::Operator, on: true }, &mut Events::default()).unwrap();
    assert_eq!(enter(&mut play, root, "#x"), Ok(()));
}
