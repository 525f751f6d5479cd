//! What operators do, and what is told of it.

use super::*;
use crate::join::secret::Secret;
use crate::join::show::Look;
use crate::join::slash_command::{Moderation, Silence, UserIntent, read};
use crate::text::Lang;

/// In a room whose operator is this person, on a server with these features.
fn operator(features: &str) -> Model {
    let mut model = inside("");
    hear(
        &mut model,
        &[
            &format!(":s 005 小花 {features} :are supported"),
            ":s MODE #lobby +o 小花",
            ":小安!guest@10.0.0.1 JOIN #lobby",
            ":bob!bob@10.0.0.1 JOIN #lobby",
        ],
    );
    model
}

/// What a typed command sends.
fn typed(model: &mut Model, command: &str) -> String {
    let UserIntent::Do(command) = read(command) else { panic!("{command}") };
    model.run(command, ZERO);
    sent(&model.take())
}

/// What comes of lines of the server, also what is sent in its turn.
fn hear(model: &mut Model, lines: &[&str]) -> Vec<Effect> {
    lines.iter().for_each(|line| model.on_message(&Message::parse(line).unwrap()));
    model.pump(ZERO);
    model.take()
}

const WHO: [&str; 4] = [
    ":s 352 小花 #lobby u h s 小花 H@ :0 x",
    ":s 352 小花 #lobby guest 10.0.0.1 s 小安 H :0 x",
    ":s 352 小花 #lobby bob 10.0.0.1 s bob H :0 x",
    ":s 315 小花 #lobby :End of WHO list",
];

/// Nobody was marked, and nobody told what an operator may do.
#[test]
fn operators_are_marked_and_told() {
    let mut model = inside("");
    model.run(Command::Who(1), ZERO);
    let people = vec!["@小明".to_owned(), "小花".to_owned()];
    assert_eq!(shown(model.take()), [Item::People { names: people, page: 1 }]);
    let made = shown(hear(&mut model, &[":小明!u@h MODE #lobby +ov 小花 小明"]));
    let you = Item::YouAreOperator {
        room: "#lobby".to_owned(),
        by: Some("小明".to_owned()),
        may: Some(Allowed::All),
    };
    let other = |name: &str, is_operator, on| Item::Ranked {
        name: name.to_owned(),
        by: "小明".to_owned(),
        is_operator,
        on,
    };
    assert_eq!(made, [you, other("小明", false, true)]);
    assert_eq!(shown(hear(&mut model, &[":小明!u@h MODE #lobby -o 小明"])), [other("小明", true, false)]);
    let mut model = new("小花");
    let lines = [":s 001 小花 :hi", ":s 422 小花 :no", ":小花!u@h JOIN #lobby"];
    hear(&mut model, &lines);
    let entered = shown(hear(&mut model, &[":s 353 小花 = #lobby :@小花", ":s 366 小花 #lobby :End"]));
    assert!(
        entered.contains(&Item::YouAreOperator {
            room: "#lobby".to_owned(),
            by: None,
            may: Some(Allowed::All)
        }),
        "{entered:?}"
    );
}

#[test]
fn a_ban_of_somebody_here_puts_them_out_and_is_told_by_name() {
    let mut model = operator("CHANMODES=beI,k,l,imnst");
    assert_eq!(typed(&mut model, "ban bob"), "WHO #lobby\n");
    hear(&mut model, &WHO[..3]);
    assert_eq!(sent(&hear(&mut model, &WHO[3..])), "MODE #lobby +b *!bob@10.0.0.1\nKICK #lobby bob\n");
    let told = shown(hear(&mut model, &[":小花!u@h MODE #lobby +b *!bob@10.0.0.1"]));
    let (by, who) = ("小花".to_owned(), "bob".to_owned());
    let silence =
        Item::Silence { by, who, silence: Silence::Ban, kind: MaskKind::Name, on: true, only: None };
    assert_eq!(told, [silence]);
    // A class has one address and one user name: only the name is left.
    typed(&mut model, "ban 小安");
    let class = [
        ":s 352 小花 #lobby guest 10.0.0.1 s 小安 H :0 x",
        ":s 352 小花 #lobby guest 10.0.0.1 s 阿明 H :0 x",
    ];
    hear(&mut model, &class);
    assert_eq!(sent(&hear(&mut model, &WHO[3..])), "MODE #lobby +b 小安!*@*\nKICK #lobby 小安\n");
    assert_eq!(typed(&mut model, "ban *!*@10.0.0.0/8"), "MODE #lobby +b *!*@10.0.0.0/8\n");
}

/// All but the operator who had typed it read a mask.
#[test]
fn others_are_told_whom_a_mask_is_meant_for() {
    let mut model = operator("CHANMODES=beI,k,l,imnst EXTBAN=,m");
    let told = |model: &mut Model, change: &str| match &shown(hear(
        model,
        &[&format!(":小明!u@h MODE #lobby {change}")],
    ))[..]
    {
        [Item::Silence { who, .. }] => who.clone(),
        other => panic!("{other:?}"),
    };
    assert_eq!(told(&mut model, "+b m:*!bob@10.0.0.1"), "bob");
    assert_eq!(told(&mut model, "+b *!*@10.0.0.1"), "*!*@10.0.0.1", "two have that address");
    assert_eq!(told(&mut model, "+b 小安!*@*"), "小安");
    hear(&mut model, &[":小明!u@h KICK #lobby bob :out"]);
    assert_eq!(told(&mut model, "-b m:*!bob@10.0.0.1"), "bob", "who was meant is remembered");
}

/// The muted person, and who came into the room later, read a mask.
#[test]
fn a_mask_is_told_by_name_to_the_person_and_to_who_came_later() {
    let mut model = new("小花");
    let lines = [
        ":s 001 小花 :hi",
        ":s 005 小花 CHANMODES=beI,k,l,imnst EXTBAN=,m :are",
        ":s 422 小花 :no",
        ":小花!j0123abcd@10.0.0.1 JOIN #lobby",
        // With userhost-in-names, and without.
        ":s 353 小花 = #lobby :@小明!j00000000@10.0.0.9 bob!j1111aaaa@10.0.0.2 小花",
        ":s 366 小花 #lobby :End",
    ];
    hear(&mut model, &lines);
    for (mask, name) in [("*!j0123abcd@*", "小花"), ("*!j1111aaaa@*", "bob"), ("*!*@10.0.0.9", "小明")] {
        let told = shown(hear(&mut model, &[&format!(":小明!u@h MODE #lobby +b m:{mask}")]));
        let names_it = match &told[..] {
            [Item::YouAreMuted { .. }] => name == "小花",
            [Item::Silence { who, .. }] => who == name && name != "小花",
            _ => false,
        };
        assert!(names_it, "{mask}: {told:?}");
    }
    // Of somebody who is not here only the device is known, which says nothing to anybody.
    let told = shown(hear(&mut model, &[":小明!u@h MODE #lobby -b *!jffffffff@*"]));
    let look = Look { lang: Lang::En, columns: None, time: false };
    assert_eq!(look.rows(&told[0])[0].text(), "[小明 lets somebody who is not here in again]");
}

/// It was told that `/join` leads back in.
#[test]
fn who_was_banned_is_not_told_to_come_back() {
    let mut model = inside("");
    let lines = [":小明!u@h MODE #lobby +b 小花!*@*", ":小明!u@h KICK #lobby 小花 :out"];
    let told = shown(hear(&mut model, &lines));
    assert_eq!(told.last(), Some(&Item::BannedOut { room: "#lobby".to_owned() }));
    // Where it was lifted before, nothing is in the way.
    let mut model = inside("");
    let lines = [lines[0], ":小明!u@h MODE #lobby -b 小花!*@*", lines[1]];
    assert_eq!(shown(hear(&mut model, &lines)).last(), Some(&Item::PutOut { room: "#lobby".to_owned() }));
}

/// It was told as if it had worked, and operators speak all the same. What counts is the rank that
/// somebody has by then: a command just before may be changing it.
#[test]
fn who_has_a_rank_is_not_muted() {
    let mut model = operator("CHANMODES=beI,k,l,imnst EXTBAN=,m");
    let who = [&[":s 352 小花 #lobby u h s 小明 H@ :0 x"][..], &WHO].concat();
    hear(&mut model, &[":s MODE #lobby +v bob"]);
    for (name, is_operator) in [("小明", true), ("bob", false)] {
        assert_eq!(typed(&mut model, &format!("mute {name}")), "WHO #lobby\n");
        let told = hear(&mut model, &who);
        assert_eq!(sent(&told), "");
        assert_eq!(shown(told), [Item::MuteIsVain { name: name.to_owned(), is_operator }]);
    }
    for (first, change, is_vain) in [("deop", "-o", false), ("op", "+o", true)] {
        assert_eq!(typed(&mut model, &format!("{first} 小明")), format!("MODE #lobby {change} 小明\n"));
        typed(&mut model, "mute 小明");
        hear(&mut model, &[&format!(":小花!u@h MODE #lobby {change} 小明")]);
        let told = hear(&mut model, &who);
        assert_eq!(sent(&told).is_empty(), is_vain, "{first}");
    }
    hear(&mut model, &[":s MODE #lobby -o 小花"]);
    typed(&mut model, "mute 小明");
    assert!(sent(&hear(&mut model, &who)).starts_with("MODE #lobby +b "), "the server tells who may do this");
}

/// A half operator was promised what only operators do.
#[test]
fn a_rank_is_told_as_far_as_it_goes() {
    let mut model = operator("PREFIX=(qaohv)~&@%+");
    hear(&mut model, &[":小明!u@h MODE #lobby -o 小花"]);
    let told = shown(hear(&mut model, &[":小明!u@h MODE #lobby +h 小花"]));
    let look = Look { lang: Lang::En, columns: None, time: false };
    let text = look.rows(&told[0])[0].text();
    assert!(text.contains("/mute") && !text.contains("/op"), "{text}");
    // With another rank one stays what one is.
    hear(&mut model, &[":小明!u@h MODE #lobby +o 小花", ":s MODE #lobby +q bob", ":s MODE #lobby +o bob"]);
    assert_eq!(shown(hear(&mut model, &[":小明!u@h MODE #lobby -o-o 小花 bob"])), []);
}

/// With three rooms it was told three times what an operator may do.
#[test]
fn what_an_operator_may_do_is_told_once() {
    let mut model = operator("PREFIX=(ov)@+");
    hear(&mut model, &[":小花!u@h JOIN #lab", ":s 353 小花 = #lab :@小花"]);
    let told = shown(hear(&mut model, &[":s 366 小花 #lab :End"]));
    let is_brief = |item: &Item| matches!(item.inner(), Item::YouAreOperator { may: None, .. });
    assert!(told.iter().any(is_brief), "{told:?}");
}

#[test]
fn a_ban_of_somebody_who_has_left_asks_who_that_is() {
    let mut model = operator("CHANMODES=beI,k,l,imnst");
    typed(&mut model, "ban gone");
    assert_eq!(sent(&hear(&mut model, &WHO)), "WHOIS gone\n");
    let known = [":s 311 小花 gone j0123abcd 10.0.0.1 * :x", ":s 318 小花 gone :End"];
    assert_eq!(sent(&hear(&mut model, &known)), "MODE #lobby +b *!j0123abcd@*\n");
    typed(&mut model, "ban never");
    hear(&mut model, &WHO);
    let unknown = hear(&mut model, &[":s 401 小花 never :No such nick", ":s 318 小花 never :End"]);
    assert_eq!(sent(&unknown), "WHOWAS never\n");
    let unknown =
        hear(&mut model, &[":s 406 小花 never :There was no such nickname", ":s 369 小花 never :End"]);
    // A name that was mistyped was told to the class, and who disturbed it went on.
    let nobody = Item::NobodyToSilence { silence: Silence::Ban, name: "never".to_owned() };
    assert_eq!((sent(&unknown), shown(unknown)), (String::new(), vec![nobody]));
    assert_eq!(typed(&mut model, "ban never!*@*"), "MODE #lobby +b never!*@*\n");
}

/// A person who had left was not found: a ban went by the name alone, and a lift found no entry.
#[test]
fn who_has_left_is_found() {
    let nobody = [":s 401 小花 gone :No such nick", ":s 318 小花 gone :End"];
    let was = [
        ":s 314 小花 gone j0123abcd 10.0.0.7 * :x",
        ":s 312 小花 gone s :today",
        ":s 314 小花 gone older 10.0.0.8 * :x",
        ":s 369 小花 gone :End",
    ];
    let mut model = operator("CHANMODES=beI,k,l,imnst");
    typed(&mut model, "ban gone");
    hear(&mut model, &WHO);
    assert_eq!(sent(&hear(&mut model, &nobody)), "WHOWAS gone\n");
    assert_eq!(sent(&hear(&mut model, &was)), "MODE #lobby +b *!j0123abcd@*\n");
    let mut model = operator("CHANMODES=beI,k,l,imnst");
    assert_eq!(typed(&mut model, "unban gone"), "WHOIS gone\n");
    assert_eq!(sent(&hear(&mut model, &nobody)), "WHOWAS gone\n");
    assert_eq!(sent(&hear(&mut model, &was)), "MODE #lobby +b\n");
    let list = [":s 367 小花 #lobby *!j0123abcd@* 小花 1", ":s 368 小花 #lobby :End"];
    assert_eq!(sent(&hear(&mut model, &list)), "MODE #lobby -b *!j0123abcd@*\n");
    // A server without WHOWAS.
    typed(&mut model, "unban gone");
    hear(&mut model, &nobody);
    assert_eq!(sent(&hear(&mut model, &[":s 421 小花 WHOWAS :Unknown command"])), "MODE #lobby +b\n");
}

/// An address may be that of many, and the teacher was not told of it.
#[test]
fn a_ban_by_address_says_the_address() {
    let mut model = operator("CHANMODES=beI,k,l,imnst");
    typed(&mut model, "ban eve");
    let mut who = WHO.map(str::to_owned);
    who[1] = ":s 352 小花 #lobby e 203.0.113.7 s eve H :0 x".to_owned();
    assert_eq!(
        sent(&hear(&mut model, &who.each_ref().map(String::as_str))),
        "MODE #lobby +b *!*@203.0.113.7\n"
    );
    let told = shown(hear(&mut model, &[":小花!u@h MODE #lobby +b *!*@203.0.113.7"]));
    let rows = Look { lang: Lang::ZhTw, columns: None, time: false }.rows(&told[0]);
    assert_eq!(rows[1].text(), "[認的是位址: 從 203.0.113.7 來的人都算在內]");
}

#[test]
fn an_unban_finds_what_was_set() {
    let mut model = operator("CHANMODES=beI,k,l,imnst EXTBAN=,m");
    typed(&mut model, "ban bob");
    hear(&mut model, &WHO);
    assert_eq!(typed(&mut model, "unban bob"), "WHOIS bob\n");
    hear(&mut model, &[":s 401 小花 bob :No such nick", ":s 318 小花 bob :End", ":s 369 小花 bob :End"]);
    let list = [
        ":s 367 小花 #lobby *!bob@10.0.0.1 小花 1",
        ":s 367 小花 #lobby m:*!*@10.0.0.1 小花 1",
        ":s 367 小花 #lobby *!*@10.9.9.9 小花 1",
        ":s 368 小花 #lobby :End",
    ];
    assert_eq!(sent(&hear(&mut model, &list)), "MODE #lobby -b *!bob@10.0.0.1\n");
    // By another sitting: the address of who was banned tells, where that is known.
    let mut model = operator("CHANMODES=beI,k,l,imnst EXTBAN=,m");
    typed(&mut model, "unmute bob");
    let known = [":s 311 小花 bob bob 10.0.0.1 * :x", ":s 318 小花 bob :End"];
    hear(&mut model, &known);
    assert_eq!(sent(&hear(&mut model, &list)), "MODE #lobby -b m:*!*@10.0.0.1\n");
    typed(&mut model, "unban eve");
    hear(&mut model, &[":s 318 小花 eve :End", ":s 369 小花 eve :End"]);
    let nobody = shown(hear(&mut model, &list));
    let entry =
        |name: Option<&str>, mask: &str| Silenced { name: name.map(str::to_owned), mask: mask.to_owned() };
    let others = vec![entry(Some("bob"), "*!bob@10.0.0.1"), entry(None, "*!*@10.9.9.9")];
    assert_eq!(nobody, [Item::NotSilenced { silence: Silence::Ban, name: "eve".to_owned(), others }]);
    assert_eq!(typed(&mut model, "unban"), "MODE #lobby +b\n");
    let entries = vec![entry(None, "*!*@10.9.9.9")];
    assert_eq!(shown(hear(&mut model, &list[2..])), [Item::Silenced { silence: Silence::Ban, entries }]);
}

#[test]
fn each_server_mutes_in_its_own_way() {
    for (features, line) in [
        ("CHANMODES=beI,k,l,imnst EXTBAN=,m PREFIX=(ov)@+", "MODE #lobby +b m:*!bob@10.0.0.1\n"),
        (
            "CHANMODES=IXbegw,k,l,imnst EXTBAN=,ACNOQRSTUacjmrz PREFIX=(qaohv)~&@%+",
            "MODE #lobby +b m:*!bob@10.0.0.1\n",
        ),
        ("CHANMODES=beI,k,l,imnst EXTBAN=~,qjncr PREFIX=(qaohv)~&@%+", "MODE #lobby +b ~q:*!bob@10.0.0.1\n"),
        ("CHANMODES=eIbq,k,flj,imnst EXTBAN=$,ajrxz PREFIX=(ov)@+", "MODE #lobby +q *!bob@10.0.0.1\n"),
    ] {
        let mut model = operator(features);
        typed(&mut model, "mute bob");
        assert_eq!(sent(&hear(&mut model, &WHO)), line, "{features}");
        let told = shown(hear(&mut model, &[&format!(":小花!u@h {}", line.trim_end())]));
        let is_mute = |item: &Item| matches!(item, Item::Silence { silence: Silence::Mute, .. });
        assert!(told.iter().any(is_mute), "{told:?}");
    }
    let mut model = operator("CHANMODES=beI,k,l,imnst PREFIX=(ov)@+");
    typed(&mut model, "mute bob");
    assert_eq!(shown(hear(&mut model, &WHO)), [Item::CannotMute]);
}

/// UnrealIRCd 6 tells by its long name what is set by the short one: it was told as a ban, and not found.
#[test]
fn a_mute_by_its_long_name_is_the_same() {
    let mut model = operator("CHANMODES=beI,k,l,imnst EXTBAN=~,qjncr PREFIX=(qaohv)~&@%+");
    typed(&mut model, "mute bob");
    hear(&mut model, &WHO);
    let told = shown(hear(&mut model, &[":小花!u@h MODE #lobby +b ~quiet:*!bob@10.0.0.1"]));
    let (by, who) = ("小花".to_owned(), "bob".to_owned());
    let silence =
        Item::Silence { by, who, silence: Silence::Mute, kind: MaskKind::Name, on: true, only: None };
    assert_eq!(told, [silence]);
    typed(&mut model, "unmute bob");
    hear(&mut model, &[":s 318 小花 bob :End", ":s 369 小花 bob :End"]);
    let list = [":s 367 小花 #lobby ~quiet:*!bob@10.0.0.1 小花 1", ":s 368 小花 #lobby :End"];
    assert_eq!(sent(&hear(&mut model, &list)), "MODE #lobby -b ~quiet:*!bob@10.0.0.1\n");
}

#[test]
fn who_is_no_operator_is_told_why_once() {
    let mut model = inside("");
    hear(&mut model, &[":s 004 小花 s roomchat-0.1 B imnt", ":s 005 小花 FIRSTROOM=#lobby :are"]);
    assert_eq!(typed(&mut model, "op 小花"), "MODE #lobby +o 小花\n");
    let refused = ":s 482 小花 #lobby :You're not channel operator";
    let (room, operators) = ("#lobby".to_owned(), vec!["小明".to_owned()]);
    let why = Item::NotOperator { room, operators, is_first: Some(true) };
    assert_eq!(shown(hear(&mut model, &[refused, refused])), [why]);
    typed(&mut model, "kill 小明");
    let refused = ":s 481 小花 :You're not an IRC operator";
    assert_eq!(shown(hear(&mut model, &[refused])), [Item::NotServerOperator]);
    // It was told nowhere whom it is about.
    typed(&mut model, "op nobody");
    let refused = shown(hear(&mut model, &[":s 401 小花 nobody :No such nick/channel"]));
    assert_eq!(refused, [Item::Nobody { name: "nobody".to_owned() }]);
    typed(&mut model, "op eve");
    let refused = shown(hear(&mut model, &[":s 441 小花 eve #lobby :They aren't on that channel"]));
    assert_eq!(refused, [Item::NotHere { name: "eve".to_owned() }]);
}

/// The only operator was one no more, and nobody could give it back.
#[test]
fn the_only_operator_stays_one() {
    let mut model = operator("PREFIX=(ov)@+");
    hear(&mut model, &[":s MODE #lobby -o 小明"]);
    assert_eq!(typed(&mut model, "deop 小花"), "");
    model.run(Command::Who(1), ZERO);
    typed(&mut model, "voice bob");
    let UserIntent::Do(command) = read("deop 小花") else { panic!() };
    model.run(command, ZERO);
    assert_eq!(shown(model.take()), [Item::Told(Phrase::OnlyOperator)]);
    hear(&mut model, &[":小花!u@h MODE #lobby +o bob"]);
    assert_eq!(typed(&mut model, "deop 小花"), "MODE #lobby -o 小花\n");
}

/// A mute was taken to hold everywhere, and who was muted talked on in the next room.
#[test]
fn a_mute_names_its_room_where_there_are_several() {
    let mut model = operator("CHANMODES=beI,k,l,imnst EXTBAN=,m");
    let only = |told: Vec<Item>| match &told[..] {
        [Item::Silence { only, .. }] => only.clone(),
        other => panic!("{other:?}"),
    };
    assert_eq!(only(shown(hear(&mut model, &[":小花!u@h MODE #lobby +b m:bob!*@*"]))), None);
    hear(&mut model, &[":小花!u@h JOIN #lab", ":s 353 小花 = #lab :@小花", ":s 366 小花 #lab :End"]);
    let told = shown(hear(&mut model, &[":小花!u@h MODE #lobby +b m:小安!*@*"]));
    let look = Look { lang: Lang::En, columns: None, time: false };
    assert_eq!(look.rows(&told[0])[1].text(), "[in #lobby alone; in another room do it there]");
    assert_eq!(only(told).as_deref(), Some("#lobby"));
    assert_eq!(only(shown(hear(&mut model, &[":小明!u@h MODE #lobby +b m:bob!*@*"]))), None);
    assert_eq!(only(shown(hear(&mut model, &[":小花!u@h MODE #lobby -b m:小安!*@*"]))), None);
}

/// A teacher read `m:*!j6d56c1c6@*`, and could type it nowhere.
#[test]
fn who_is_muted_is_listed_in_words() {
    let mut model = operator("CHANMODES=beI,k,l,imnst EXTBAN=,m");
    let list = [
        ":s 367 小花 #lobby m:*!j6d56c1c6@* 小花 1",
        ":s 367 小花 #lobby m:*!bob@10.0.0.1 小花 1",
        ":s 367 小花 #lobby m:*!*@10.9.9.9 小花 1",
        ":s 367 小花 #lobby m:小明!*@* 小花 1",
        ":s 367 小花 #lobby m:*!*@10.8.*.* 小花 1",
        ":s 368 小花 #lobby :End",
    ];
    typed(&mut model, "unmute");
    let told = shown(hear(&mut model, &list));
    let rows = |lang| {
        let rows = Look { lang, columns: None, time: false }.rows(&told[0]);
        rows.iter().map(|row| row.text()).collect::<Vec<_>>()
    };
    let list_en = "[muted: device j6d56c1c6, bob (*!bob@10.0.0.1), all from 10.9.9.9, 小明, *!*@10.8.*.*]";
    assert_eq!(rows(Lang::En)[0], list_en);
    assert_eq!(rows(Lang::ZhTw)[1], "[要取消請打 /unmute 和名稱、裝置或位址]");
    for (name, entry) in [("j6d56c1c6", "m:*!j6d56c1c6@*"), ("10.9.9.9", "m:*!*@10.9.9.9")] {
        typed(&mut model, &format!("unmute {name}"));
        let end = [format!(":s 318 小花 {name} :End"), format!(":s 369 小花 {name} :End")];
        hear(&mut model, &end.each_ref().map(String::as_str));
        assert_eq!(sent(&hear(&mut model, &list)), format!("MODE #lobby -b {entry}\n"));
    }
}

/// Somebody who was away went on talking, and stayed away for all others.
#[test]
fn who_is_away_and_talks_is_reminded_once() {
    let mut model = inside("");
    let away = || Item::Told(Phrase::StillAway);
    typed(&mut model, "away tea");
    model.say("back", true, ZERO);
    assert_eq!(shown(model.take()), [away()]);
    model.say("yes", true, ZERO);
    assert!(!shown(model.take()).contains(&away()));
    typed(&mut model, "away");
    model.say("yes", true, ZERO);
    assert!(!shown(model.take()).contains(&away()));
}

#[test]
fn a_password_makes_an_operator_of_the_server() {
    let mut model = inside("");
    let oper = || Command::Oper { name: "root".to_owned(), password: Secret::new("ge heim".to_owned()) };
    assert!(!format!("{:?}", oper()).contains("ge heim"));
    model.run(oper(), ZERO);
    assert_eq!(sent(&model.take()), "OPER root :ge heim\n");
    let wrong = shown(hear(&mut model, &[":s 464 小花 :Password incorrect"]));
    assert_eq!(wrong, [Item::Server { text: "Password incorrect".to_owned() }]);
    model.run(oper(), ZERO);
    model.take();
    let right =
        shown(hear(&mut model, &[":小花!u@h MODE 小花 :+o", ":s 381 小花 :You are now an IRC operator"]));
    assert_eq!(right, [Item::ServerOperator { on: true }]);
    assert_eq!(typed(&mut model, "kill 小明 spam"), "KILL 小明 :spam\nPING roomchat-fence-kill\n");
    model.run(Command::Help, ZERO);
    assert_eq!(shown(model.take()), [Item::Help { is_operator: true, is_server_operator: true }]);
    // On another connection one is none.
    model.lost(None);
    model.come_back();
    model.run(Command::Help, ZERO);
    assert!(shown(model.take()).contains(&Item::Help { is_operator: false, is_server_operator: false }));
}

/// Of somebody in none of our rooms nothing told that it was done.
#[test]
fn a_kill_is_told_once() {
    let pong = ":s PONG s roomchat-fence-kill";
    let killed = |name: &str| Item::Killed { name: name.to_owned() };
    let mut model = inside("");
    for (answers, told) in [
        (&[][..], vec![killed("eve")]),
        (&[":s 401 小花 eve :No such nick"][..], vec![Item::Nobody { name: "eve".to_owned() }]),
        (&[":s 481 小花 :Permission Denied"][..], vec![Item::NotServerOperator]),
    ] {
        typed(&mut model, "kill eve");
        typed(&mut model, "kill bob");
        let answers = [answers, &[pong]].concat();
        assert_eq!(shown(hear(&mut model, &answers)), told);
        assert_eq!(shown(hear(&mut model, &[pong])), [killed("bob")]);
    }
    // Without goings on the screen nobody would know.
    typed(&mut model, "kill 小明");
    let told = shown(hear(&mut model, &[":小明!u@h QUIT :Killed (小花 (小花))", pong]));
    assert!(matches!(&told[..], [Item::Left { .. }, Item::Killed { .. }]), "{told:?}");
    // What was said is not confirmed by it.
    model.say("hi", true, ZERO);
    typed(&mut model, "kill eve");
    hear(&mut model, &[pong]);
    assert!(!model.is_settled());
}

#[test]
fn who_somebody_is_is_told_in_one_piece() {
    let mut model = inside("");
    assert_eq!(typed(&mut model, "whois BOB"), "WHOIS BOB\n");
    let lines = [
        ":s 311 小花 bob b 10.0.0.1 * :Bob B.",
        ":s 319 小花 bob :@#lab #lobby",
        ":s 312 小花 bob s :x",
        ":s 317 小花 bob 70 1700000000 :seconds idle, signon time",
        ":s 301 小花 bob :tea",
        ":s 318 小花 bob :End",
    ];
    let told = Standing {
        user: "b".to_owned(),
        host: "10.0.0.1".to_owned(),
        real: "Bob B.".to_owned(),
        rooms: vec!["@#lab".to_owned(), "#lobby".to_owned()],
        idle: Some(70),
        away: Some("tea".to_owned()),
        ..Standing::default()
    };
    let whois = Item::Whois { name: "bob".to_owned(), told: Box::new(told) };
    assert_eq!(shown(hear(&mut model, &lines)), [whois]);
    typed(&mut model, "whois eve");
    let nobody = shown(hear(&mut model, &[":s 401 小花 eve :No such nick", ":s 318 小花 eve :End"]));
    assert_eq!(nobody, [Item::Nobody { name: "eve".to_owned() }]);
}

#[test]
fn modes_and_invitations_are_told() {
    let mut model = operator("CHANMODES=beI,k,l,imnst");
    assert_eq!(typed(&mut model, "mode"), "MODE #lobby\n");
    let modes = vec![('n', None), ('l', Some("30".to_owned()))];
    assert_eq!(shown(hear(&mut model, &[":s 324 小花 #lobby +nl 30"])), [Item::ModesAre { modes }]);
    assert_eq!(typed(&mut model, "mode +i-l"), "MODE #lobby +i-l\n");
    let set = |on, letter| Item::ModeSet { by: "小花".to_owned(), on, letter, value: None };
    assert_eq!(shown(hear(&mut model, &[":小花!u@h MODE #lobby +i-l"])), [set(true, 'i'), set(false, 'l')]);
    assert_eq!(typed(&mut model, "invite eve"), "INVITE eve #lobby\n");
    let (name, room, by) = ("eve".to_owned(), "#lobby".to_owned(), "eve".to_owned());
    assert_eq!(shown(hear(&mut model, &[":s 341 小花 eve #lobby"])), [Item::Invited { name, room }]);
    let invited = shown(hear(&mut model, &[":eve!u@h INVITE 小花 #den"]));
    assert_eq!(invited, [Item::InvitedUs { by, room: "#den".to_owned() }]);
    assert_eq!(typed(&mut model, "voice bob"), "MODE #lobby +v bob\n");
    assert!(matches!(read("mode"), UserIntent::Do(Command::Moderate(Moderation::Modes(None)))));
}

/// A person who was put out and came back under another name was not told of the name.
#[test]
fn a_lost_name_is_told_also_to_who_was_put_out() {
    let mut model = inside("");
    hear(&mut model, &[":小明!u@h KICK #lobby 小花 :no"]);
    model.lost(None);
    model.come_back();
    hear(&mut model, &[":s 433 * 小花 :Nickname is already in use"]);
    let back = shown(hear(&mut model, &[":s 001 小花_ :hi", ":s 422 小花_ :no"]));
    let lost = Item::NameLost { before: "小花".to_owned(), name: "小花_".to_owned() };
    assert!(back.contains(&lost), "{back:?}");
}

/// A server's signs that do not fit its ranks ended the program.
#[test]
fn a_rank_without_a_sign_is_no_rank() {
    for features in ["PREFIX=(ohv)@", "PREFIX=(ov)é"] {
        let mut model = operator(features);
        assert_eq!(hear(&mut model, &[":s MODE #lobby +v bob"]), [], "{features}");
    }
}

/// The next person was muted under the name of the one before.
#[test]
fn a_question_without_an_answer_is_given_up() {
    let features = "CHANMODES=beI,k,l,imnst EXTBAN=,m";
    for refusal in [
        ":s 263 小花 WHO :Please wait a while and try again.",
        ":s FAIL WHO RATE_LIMITED :wait",
        ":s 442 小花 #lobby :You're not on that channel",
    ] {
        let mut model = operator(features);
        typed(&mut model, "ban 小安");
        hear(&mut model, &[refusal]);
        typed(&mut model, "mute bob");
        assert_eq!(sent(&hear(&mut model, &WHO)), "MODE #lobby +b m:*!bob@10.0.0.1\n", "{refusal}");
    }
    let mut model = operator(features);
    typed(&mut model, "ban 小安");
    let late = model.deadline().unwrap();
    model.tick(late);
    assert_eq!(shown(model.take()), [Item::Told(Phrase::NotAnswered)]);
    typed(&mut model, "mute bob");
    assert_eq!(sent(&hear(&mut model, &WHO)), "MODE #lobby +b m:*!bob@10.0.0.1\n");
}

/// What was said to somebody who is not here was taken for delivered.
#[test]
fn an_error_about_a_message_is_not_about_a_question() {
    let mut model = operator("");
    typed(&mut model, "msg eve psst");
    typed(&mut model, "whois eve");
    let errors = [":s 401 小花 eve :No such nick", ":s 401 小花 eve :No such nick", ":s 318 小花 eve :End"];
    let told = shown(hear(&mut model, &errors));
    assert!(matches!(&told[..], [Item::NotSent { .. }, Item::Nobody { .. }]), "{told:?}");
}

/// Another name was a way around being ignored.
#[test]
fn who_is_ignored_stays_so_under_another_name() {
    let mut model = inside("");
    typed(&mut model, "ignore 小明");
    hear(&mut model, &[":小明!u@h NICK 小明2", ":小明2!u@h PRIVMSG #lobby :hi"]);
    let told = shown(hear(&mut model, &[":小明2!u@h PRIVMSG 小花 :hi"]));
    assert!(!told.iter().any(|item| matches!(item, Item::Said { .. })), "{told:?}");
    typed(&mut model, "unignore 小明2");
    let told = shown(hear(&mut model, &[":小明2!u@h PRIVMSG #lobby :hi"]));
    assert!(told.iter().any(|item| matches!(item, Item::Said { .. })), "{told:?}");
}
