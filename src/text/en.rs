//! English.

use super::name::NAME_BYTES;
use super::name::NameError;
use super::phrase::{
    KeepFault, Kept, NoLocals, OperatorFault, PasswordFault, Phrase, Reason, SystemFault, WayIn, visible,
};
use std::fmt::{Result, Write};

pub(super) fn say(phrase: Phrase<'_>, out: &mut String) -> Result {
    match phrase {
        Phrase::AskName => write!(out, "your name: "),
        Phrase::BadName { why, suggestion } => bad_name(why, suggestion, out),
        Phrase::NameTaken { name } => write!(out, "the name {name} is taken, choose another"),
        Phrase::TryNameAgain => {
            write!(
                out,
                "[if it was you, on a connection that was just lost: press Enter in 20 s to try again]"
            )
        }
        Phrase::NameHelp => write!(out, "type a name; each line after it is said to the room (exit leaves)"),
        Phrase::NotUtf8 => write!(out, "that line is not UTF-8: set the encoding to UTF-8 and type it again"),
        Phrase::Connecting { address } => write!(out, "connecting to {address} …"),
        Phrase::CannotConnect { address, why, is_refused } => {
            let hint = if is_refused { ". Is the server running? roomchat serve" } else { "" };
            write!(out, "cannot connect to {address}: {why}{hint}")
        }
        Phrase::BadServer { text } => {
            write!(out, "'{text}' is no server: write HOST, HOST:PORT or [V6]:PORT")
        }
        Phrase::BadRoom { text } => write!(out, "'{text}' is no room: write #lobby"),
        Phrase::TooManyRoomsAsked { most } => write!(out, "--room: {most} rooms at most"),
        Phrase::Title => write!(out, "roomchat"),
        Phrase::TitleOf { name, is_plain } => {
            write!(out, "{name}'s chat room{} - roomchat", if is_plain { " (not encrypted)" } else { "" })
        }
        Phrase::NotEncrypted { address } => write!(out, "{address}, not encrypted"),
        Phrase::NewKey { key, is_kept: true } => {
            write!(out, "[first time at this server; its key is remembered: {key}]")
        }
        Phrase::NewKey { key, is_kept: false } => {
            write!(out, "[nothing is remembered here, so each visit is the first; the server's key is {key}]")
        }
        Phrase::KeyOfOther { key, other } => {
            write!(out, "[this is the server that you know as {other}; its key is {key}]")
        }
        Phrase::KeyOfOneRun { key } => {
            write!(out, "[encrypted; the server has another key each time it starts, now {key}]")
        }
        Phrase::KeyHasChanged { key } => write!(
            out,
            "[this server has another key than the one that you know, now {key}: another server may have its \
             address, or somebody pretends to be it]"
        ),
        Phrase::TrustNewKey => write!(out, "go on, and trust the new key? [y/N] "),
        Phrase::AnotherKey { address, key, lines } => {
            write!(
                out,
                "{address} is not the server that you know: its key is now {key}. Nothing was sent."
            )?;
            remove(out, lines)
        }
        Phrase::EncryptedNoMore { address, lines } => {
            write!(
                out,
                "{address} was encrypted and is not now: somebody may be in between. Nothing was sent."
            )?;
            remove(out, lines)
        }
        Phrase::DoesNotEncrypt { address } => {
            write!(out, "{address} does not encrypt; --tls off goes on all the same")
        }
        Phrase::PasswordInClear { address } => write!(
            out,
            "{address} does not encrypt, so that others could read the password; --tls off sends it all the same"
        ),
        Phrase::AskServerPassword => write!(out, "this server wants a password (it is not shown): "),
        Phrase::PasswordRefused { was_given: false } => {
            write!(out, "this server wants a password: give it by --password-file FILE or ROOMCHAT_PASSWORD")
        }
        Phrase::PasswordRefused { was_given: true } => {
            write!(out, "the server does not take the password of --password-file or ROOMCHAT_PASSWORD")
        }
        Phrase::TlsFailed { why } => write!(out, "no encrypted connection could be made ({why})"),
        Phrase::Header { name } => write!(out, "{name}'s chat room"),
        Phrase::HeaderRoom { room, address } => write!(out, "{room} at {address}"),
        Phrase::HeaderKept { place, kept } => {
            write!(out, "{place}, ")?;
            match kept {
                Kept::UpTo(count, unit) => write!(out, "kept up to {count} {unit}"),
                Kept::Weeks(count) => kept_for(count, "week", out),
                Kept::Days(count) => kept_for(count, "day", out),
                Kept::Hours(count) => kept_for(count, "hour", out),
                Kept::Minutes(count) => kept_for(count, "minute", out),
                Kept::Seconds(count) => kept_for(count, "second", out),
                Kept::UntilItStops => write!(out, "kept until the server stops"),
                Kept::NotAtAll => write!(out, "not kept"),
            }
        }
        Phrase::HeaderPeople { names, count } => write!(out, "people in the room: {count}: {names}"),
        Phrase::Hint => write!(out, "type a message (exit leaves)"),
        Phrase::NameRefused { name, why } => write!(out, "the server does not take the name {name}: {why}"),
        Phrase::RoomRefused { room, why } => write!(out, "cannot enter {room}: {why}"),
        Phrase::ConnectionRefused { why } => write!(out, "the server does not let you in: {why}"),
        Phrase::NotIrc { banner } => write!(out, "this is no chat server, it says: {banner}"),
        Phrase::NotAnswered => write!(out, "the server has not answered; nothing was changed"),
        Phrase::PerhapsDone => write!(out, "the server has not answered; it may have been done all the same"),
        Phrase::NoAnswerYet => write!(out, "no answer yet; is this a chat server?"),
        Phrase::NoEntry { seconds } => {
            write!(out, "nobody was let in for {seconds} s; is this a chat server?")
        }
        Phrase::Entered { name } => write!(out, "[{name} entered the room]"),
        Phrase::Left { name, reason } => write!(out, "{name} left the room...{}", Reason(reason)),
        Phrase::ManyEntered { names, count } => write!(out, "[{count} people entered the room: {names}]"),
        Phrase::ManyLeft { names, count, reason } => {
            write!(out, "[{count} people left the room: {names}]{}", Reason(reason))
        }
        Phrase::CameAndLeft { entered, came, left: "", .. } => write!(out, "[{came} came: {entered}]"),
        Phrase::CameAndLeft { entered: "", left, went, .. } => write!(out, "[{went} left: {left}]"),
        Phrase::CameAndLeft { entered, came, left, went } => {
            write!(out, "[{came} came: {entered}; {went} left: {left}]")
        }
        Phrase::Renamed { old, new } => write!(out, "[{old} is now {new}]"),
        Phrase::TopicIs { topic: "" } => write!(out, "[there is no topic]"),
        Phrase::TopicIs { topic } => write!(out, "[topic: {topic}]"),
        Phrase::TopicSet { name, topic: "" } => write!(out, "[{name} removed the topic]"),
        Phrase::TopicSet { name, topic } => write!(out, "[{name} set the topic: {topic}]"),
        Phrase::Kicked { name, by, reason } => write!(out, "[{by} removed {name}]{}", Reason(reason)),
        Phrase::YouAreOperator { room, by, is_half } => {
            match by {
                Some(by) => write!(out, "[{by} made you an operator (@) of {room}")?,
                None => write!(out, "[you are an operator (@) of {room}")?,
            }
            let more = match is_half {
                None => return write!(out, "]"),
                Some(true) => "",
                Some(false) => ", add operators /op",
            };
            write!(
                out,
                ": you may put people out /kick, silence them /mute, keep them out /ban{more}; all in /help]"
            )
        }
        Phrase::YouAreNoOperator { room, by } => {
            write!(out, "[by {by} you are no operator of {room} any more]")
        }
        Phrase::OperatorMade { name, by, on: true } => write!(out, "[{by} made {name} an operator (@)]"),
        Phrase::OperatorMade { name, by, on: false } => {
            write!(out, "[by {by} {name} is no operator any more]")
        }
        Phrase::Voiced { name, by, on: true } => write!(out, "[{by} allowed {name} to speak (+)]"),
        Phrase::Voiced { name, by, on: false } => {
            write!(out, "[by {by} {name} has no special leave to speak any more]")
        }
        Phrase::Banned { who, by, on: true } => write!(out, "[{by} lets {who} in no more]"),
        Phrase::Banned { who, by, on: false } => write!(out, "[{by} lets {who} in again]"),
        Phrase::Muted { who, by, on: true } => write!(out, "[{by} lets {who} speak no more]"),
        Phrase::Muted { who, by, on: false } => write!(out, "[{by} lets {who} speak again]"),
        Phrase::AnotherNameHelpsNot => write!(out, "[it holds under another name as well]"),
        Phrase::AnotherNameHelps => {
            write!(out, "[others have the same address, so it goes by this name: another one may escape it]")
        }
        Phrase::NobodyToSilence { name, command } => {
            write!(
                out,
                "[nobody is called \"{name}\", and nothing was done; by the name alone: /{command} {name}!*@*]"
            )
        }
        Phrase::OnlyInRoom { room } => write!(out, "[in {room} alone; in another room do it there]"),
        Phrase::OnlyOperator => {
            write!(out, "[you are the only operator here, and there would be none; /op somebody else first]")
        }
        Phrase::GoesByAddress { address } => {
            write!(out, "[it goes by the address: all who come from {address} are meant]")
        }
        Phrase::SomebodyAbsent => write!(out, "somebody who is not here"),
        Phrase::ModeSet { by, on, letter, value } => {
            write!(out, "[{by}: ")?;
            mode(on, letter, value, out)?;
            write!(out, "]")
        }
        Phrase::ModeIs { letter, value } => mode(true, letter, value, out),
        Phrase::ModesAre { modes: "" } => write!(out, "[nothing special is set in this room]"),
        Phrase::ModesAre { modes } => write!(out, "[{modes}]"),
        Phrase::AllBanned { names: "" } => write!(out, "[nobody is kept out]"),
        Phrase::AllBanned { names } => write!(out, "[kept out: {names}]"),
        Phrase::AllMuted { names: "" } => write!(out, "[nobody is muted]"),
        Phrase::AllMuted { names } => write!(out, "[muted: {names}]"),
        Phrase::NotBanned { name } => write!(out, "[no entry was found that keeps {name} out]"),
        Phrase::NotMuted { name } => write!(out, "[no entry was found that mutes {name}]"),
        Phrase::OfDevice { device } => write!(out, "device {device}"),
        Phrase::OfAddress { address } => write!(out, "all from {address}"),
        Phrase::HowToLift { command } => {
            write!(out, "[/{command} with a name, device or address takes it back]")
        }
        Phrase::CannotMute => write!(
            out,
            "[this server can't mute one person; after /mode +m only those with /voice may speak]"
        ),
        Phrase::MuteIsVain { name, is_operator: true } => write!(
            out,
            "[{name} is an operator (@), and operators may always speak: first /deop {name}, then /mute {name}]"
        ),
        Phrase::MuteIsVain { name, is_operator: false } => {
            write!(out, "[{name} has leave to speak (+): first /devoice {name}, then /mute {name}]")
        }
        Phrase::KilledThem { name } => write!(out, "[you have ended {name}'s connection]"),
        Phrase::NotOperator { room, operators: "" } => {
            write!(out, "[only operators of {room} may do this, and none is here]")
        }
        Phrase::NotOperator { room, operators } => {
            write!(out, "[only operators of {room} may do this: {operators}]")
        }
        Phrase::WhoIsOperator { is_first: true } => write!(
            out,
            "[operators are who came first, mostly also who comes from the server's own machine, and whom they /op]"
        ),
        Phrase::WhoIsOperator { is_first: false } => {
            write!(out, "[operators are who made this room, and whom they /op]")
        }
        Phrase::NotServerOperator => {
            write!(out, "[only operators of the server may do this; /oper NAME asks for the password]")
        }
        Phrase::ServerOperator { on: true } => {
            write!(out, "[you are an operator of the server now: you may end connections /kill]")
        }
        Phrase::ServerOperator { on: false } => write!(out, "[you are no operator of the server any more]"),
        Phrase::Invited { name, room } => write!(out, "[{name} is invited to {room}]"),
        Phrase::InvitedYou { by, room } => write!(out, "[{by} invites you to {room}: /join {room}]"),
        Phrase::NotSentTo { name, why } => write!(out, "not sent to \"{name}\" ({why})"),
        Phrase::YouAreMuted { room, by, on: true } => {
            write!(out, "[{by} lets you speak in {room} no more; /msg {by} still reaches {by}]")
        }
        Phrase::YouAreMuted { room, by, on: false } => write!(out, "[{by} lets you speak in {room} again]"),
        Phrase::CannotIgnoreYourself => write!(out, "[you cannot ignore yourself]"),
        Phrase::NotIgnored { name } => write!(out, "[\"{name}\" is not ignored]"),
        Phrase::Nobody { name } => write!(out, "[nobody is called \"{name}\"]"),
        Phrase::NotHere { name } => write!(out, "[\"{name}\" is not in this room]"),
        Phrase::WhoisFrom { name, host, real: None } => write!(out, "[{name} comes from {host}]"),
        Phrase::WhoisFrom { name, host, real: Some(real) } => {
            write!(out, "[{name} ({real}) comes from {host}]")
        }
        Phrase::WhoisRooms { rooms } => write!(out, "[in {rooms}]"),
        Phrase::WhoisIdle { seconds } => match seconds {
            0..60 => write!(out, "[silent for {seconds} s]"),
            60..3600 => write!(out, "[silent for {} min]", seconds / 60),
            _ => write!(out, "[silent for {} h {} min]", seconds / 3600, seconds / 60 % 60),
        },
        Phrase::WhoisAccount { account } => write!(out, "[account: {account}]"),
        Phrase::WhoisOperator => write!(out, "[an operator of the server]"),
        Phrase::WhoisBot => write!(out, "[a program, no person]"),
        Phrase::WhoisSecure => write!(out, "[the connection is encrypted]"),
        Phrase::Marks { operators, voices } => write!(
            out,
            "[{}]",
            match (operators, voices) {
                (true, true) => "@ is an operator, + may speak",
                (true, false) => "@ is an operator",
                (false, _) => "+ may speak",
            }
        ),
        Phrase::NoticesOn => write!(out, "[comings and goings are shown]"),
        Phrase::NoticesFew => write!(out, "[comings and goings are joined, and none is shown between talk]"),
        Phrase::NoticesOff => write!(out, "[comings and goings are not shown]"),
        Phrase::Redacted { by, reason } => write!(out, "[{by} took back a message]{}", Reason(reason)),
        Phrase::RedactedOf { by, name, reason } => {
            write!(out, "[{by} removed a message of {name}]{}", Reason(reason))
        }
        Phrase::RedactedYours { by, reason } => {
            write!(out, "[{by} removed your message]{}", Reason(reason))
        }
        Phrase::Withdrawn => write!(out, "[taken back]"),
        Phrase::Day { year, month, day, weekday } => {
            write!(out, "── {}, {day} {} {year} ──", of(&WEEKDAYS, weekday), of(&MONTHS, month))
        }
        Phrase::Me => write!(out, "me"),
        Phrase::Prompt => write!(out, "me: "),
        Phrase::Private { name } => write!(out, "[private] {name}"),
        Phrase::PrivateTo { name } => write!(out, "[private] me → {name}"),
        Phrase::NotSent { why } => write!(out, "not sent: {why}"),
        Phrase::TooFast { seconds } => {
            write!(out, "not sent: too many lines in too short a time, try again in {seconds} s")
        }
        Phrase::MaybeSent => write!(out, "perhaps not sent (the server has not answered)"),
        Phrase::MaybeSentTo { name } => {
            write!(out, "perhaps not sent to \"{name}\" (the server has not answered)")
        }
        Phrase::Unanswered => write!(out, "the server passed over it"),
        Phrase::NotInRoom => write!(out, "you are not in this room"),
        Phrase::NotConnected => write!(out, "not connected"),
        Phrase::TooMuchWaits => write!(out, "too much waits to be sent"),
        Phrase::Sending { sent, total } => write!(out, "[sending … {sent}/{total}]"),
        Phrase::Sent { sent, total } => write!(out, "[delivered {sent}/{total}]"),
        Phrase::Late => write!(out, "[not delivered yet, waiting for the server …]"),
        Phrase::Arrived => write!(out, "[delivered]"),
        Phrase::WaitsForDisk => {
            write!(out, "[what you say is sent once the server's full disk has room again]")
        }
        Phrase::TopicUnkept => write!(out, "[the topic was not changed: the server's disk is full]"),
        Phrase::ModeUnkept => {
            write!(out, "[the room's settings were not changed: the server's disk is full]")
        }
        Phrase::UnknownCommand { word, nearest: Some(nearest) } => {
            write!(out, "[there is no /{word}; did you mean /{nearest}?]")
        }
        Phrase::UnknownCommand { word, nearest: None } => {
            write!(out, "[there is no /{word}, and nothing was sent; /help lists the commands]")
        }
        Phrase::Help => write!(out, "// begins a message with /"),
        Phrase::DoHelp => write!(out, "list these commands"),
        Phrase::DoWho => write!(out, "who is in the room"),
        Phrase::DoMe => write!(out, "say what you do, as in \"* 小花 waves\""),
        Phrase::DoMsg => write!(out, "say something to one person alone"),
        Phrase::DoNick => write!(out, "change your name"),
        Phrase::DoTopic => write!(out, "show or set the topic"),
        Phrase::DoJoin => write!(out, "enter a further room, or go to one of yours"),
        Phrase::DoLeave => write!(out, "leave a room"),
        Phrase::DoRooms => write!(out, "list your rooms with what is unread, and all others"),
        Phrase::DoKick => write!(out, "remove somebody from the room"),
        Phrase::DoIgnore => write!(out, "no longer show what somebody says; alone: list"),
        Phrase::DoUnignore => write!(out, "show it again"),
        Phrase::DoBan => write!(out, "keep somebody out"),
        Phrase::DoUnban => write!(out, "let somebody in again; alone: list"),
        Phrase::DoMute => write!(out, "let somebody speak no more"),
        Phrase::DoUnmute => write!(out, "let somebody speak again; alone: list"),
        Phrase::DoOp => write!(out, "make somebody an operator"),
        Phrase::DoDeop => write!(out, "no longer an operator"),
        Phrase::DoVoice => write!(out, "let somebody speak (after /mode +m)"),
        Phrase::DoDevoice => write!(out, "no longer"),
        Phrase::DoInvite => write!(out, "ask somebody in"),
        Phrase::DoMode => write!(out, "show what is set in the room, or set it, as in +i or -m"),
        Phrase::DoOper => write!(out, "become an operator of the server; asks for the password"),
        Phrase::DoKill => write!(out, "end somebody's connection"),
        Phrase::DoWhois => write!(out, "who that is"),
        Phrase::DoNotices => write!(out, "show comings and goings: all, joined, none"),
        Phrase::HelpTalk => write!(out, "Talk"),
        Phrase::HelpPeople => write!(out, "People"),
        Phrase::HelpRooms => write!(out, "Rooms"),
        Phrase::HelpScreen => write!(out, "Screen"),
        Phrase::HelpOperators => write!(out, "Operators of the room"),
        Phrase::HelpServer => write!(out, "Operators of the server"),
        Phrase::AskPassword => write!(out, "password: "),
        Phrase::DoAway => write!(out, "tell that you are away, or back"),
        Phrase::DoLast => write!(out, "show the last messages"),
        Phrase::DoGrep => write!(out, "search what the server has kept"),
        Phrase::DoClear => write!(out, "clear the screen"),
        Phrase::DoBell => write!(out, "when the bell rings"),
        Phrase::DoExit => write!(out, "leave"),
        Phrase::Usage { name, arguments } => write!(out, "[write /{name} {arguments}]"),
        Phrase::MorePeople { count, page: None } => write!(out, "… {count} more"),
        Phrase::MorePeople { count, page: Some(page) } => write!(out, "… {count} more: /who {page}"),
        Phrase::PeopleHere { names, count } => write!(out, "[people in the room: {count}: {names}]"),
        Phrase::LastPage { pages: 1 } => write!(out, "[this is the only page]"),
        Phrase::LastPage { pages } => write!(out, "[there are {pages} pages]"),
        Phrase::NickRefused { name, why } => {
            write!(out, "[you can't be {name}: {why}; ask for another with /nick]")
        }
        Phrase::Room { room, count, topic: "" } => write!(out, "[{room} ({count})]"),
        Phrase::Room { room, count, topic } => write!(out, "[{room} ({count}) {topic}]"),
        Phrase::Tag { room } => write!(out, "[{room}] "),
        Phrase::RoomIs { room } => write!(out, "── {room} ──"),
        Phrase::OwnRoom { number, room, listed, is_current, is_in, unread, mentions } => {
            write!(out, "[{number} {room}")?;
            listed.map_or(Ok(()), |(count, _)| write!(out, " ({count})"))?;
            if is_current {
                write!(out, ", where you type")?;
            }
            if !is_in {
                write!(out, ", not entered")?;
            }
            if unread > 0 {
                write!(out, ", {unread} unread")?;
            }
            if mentions > 0 {
                write!(out, ", {mentions} with your name")?;
            }
            if let Some((_, topic)) = listed.filter(|(_, topic)| !topic.is_empty()) {
                write!(out, ": {topic}")?;
            }
            write!(out, "]")
        }
        Phrase::NotLetIn { room, why, way, stays } => {
            let back = if stays { "; /leave goes back" } else { "" };
            write!(out, "[cannot enter {room}: {why}; ")?;
            match way {
                WayIn::Again => write!(out, "/join {room} tries again")?,
                WayIn::Key => write!(out, "write /join {room} PASSWORD")?,
                WayIn::Permitted => write!(out, "an operator has to permit it")?,
            }
            write!(out, "{back}]")
        }
        Phrase::NotThere { room } => write!(out, "[you are not in {room}]"),
        Phrase::LeftRoom { room } => write!(out, "[you have left {room}]"),
        Phrase::OnlyRoom => write!(out, "[this is your only room; exit leaves the chat]"),
        Phrase::TooManyRooms => write!(out, "[you are in too many rooms; /leave one first]"),
        Phrase::YouAreAway => write!(out, "[you are away now]"),
        Phrase::StillAway => write!(out, "[others still see you as away; /away says that you are back]"),
        Phrase::YouAreBack => write!(out, "[you are back]"),
        Phrase::Away { name, text } => write!(out, "[{name} is away: {text}]"),
        Phrase::Ignored { names: "" } => write!(out, "[nobody is ignored]"),
        Phrase::Ignored { names } => write!(out, "[ignored: {names}]"),
        Phrase::LastOnes { count: 0 } => write!(out, "[nothing was said yet]"),
        Phrase::LastOnes { count: 1 } => write!(out, "[the last message]"),
        Phrase::LastOnes { count } => write!(out, "[the last {count} messages]"),
        Phrase::OnlyThisRun => {
            write!(out, "[this server keeps nothing: only what was said since you came]")
        }
        Phrase::PastLater => {
            write!(out, "[the server has not told yet what was said before: it is asked again]")
        }
        Phrase::PastFollows => write!(out, "── said before what stands above, and only told now ──"),
        Phrase::PastMissing => {
            write!(out, "[some of what was said before is missing here: /last 500 may show it]")
        }
        Phrase::OnlySeenHere => {
            write!(out, "[the server cannot be asked now: only what was seen here]")
        }
        Phrase::Found { word, count, room } => {
            room.map_or(Ok(()), |room| write!(out, "[{room}] "))?;
            match count {
                0 => write!(out, "[no message with \"{word}\"]"),
                1 => write!(out, "[1 message with \"{word}\"]"),
                _ => write!(out, "[{count} messages with \"{word}\"]"),
            }
        }
        Phrase::Earlier => write!(out, "── earlier messages above ──"),
        Phrase::Unread => write!(out, "── unread ──"),
        Phrase::BytesLeft { bytes } => write!(out, "({bytes} bytes left)"),
        Phrase::Messages { count } => write!(out, "({count} messages)"),
        Phrase::ComingBack { why } => write!(out, "[connection lost: {why}; connecting again …]"),
        Phrase::PasteKept => write!(out, "[not sent; ↑ has what was pasted]"),
        Phrase::Waiting => write!(out, "[not connected: what you say is sent once you are back]"),
        Phrase::RoomLater { room, why } => {
            write!(
                out,
                "[cannot enter {room} yet: {why}; trying again, what you say is sent once you are in]"
            )
        }
        Phrase::RoomClosed { room, why } => {
            write!(out, "[connected, but cannot enter {room}: {why}; /join {room} tries again]")
        }
        Phrase::BannedOut { room } => {
            write!(out, "[you are out of {room} and kept out; /join {room} once you are let in again]")
        }
        Phrase::PutOut { room } => write!(out, "[you are out of {room}; /join {room} goes back]"),
        Phrase::Forwarded { from, to } => write!(out, "[{from} leads to {to}]"),
        Phrase::Back { count } => write!(out, "[back again; people in the room: {count}]"),
        Phrase::NameLost { before, name } => {
            write!(out, "[{before} is taken for now, you are {name}; you get it back as soon as it is free]")
        }
        Phrase::BellOff => write!(out, "[the bell is off]"),
        Phrase::BellMention => write!(out, "[the bell rings for your name and private messages]"),
        Phrase::BellAll => write!(out, "[the bell rings for every message]"),
        Phrase::SureToSendLong { characters } => {
            write!(out, "one line of {characters} characters, send? [y/N] ")
        }
        Phrase::SureToSend { count } => write!(out, "{count} lines, send? [y/N] "),
        Phrase::Notice { text } => write!(out, "[server: {text}]"),
        Phrase::SureToLeave => write!(out, "are you sure? [y/N] "),
        Phrase::Disconnected { why } => write!(out, "connection lost: {why}"),
        Phrase::ServerClosed => write!(out, "the server closed the connection"),
        Phrase::CannotWriteLines { why } => write!(out, "cannot write to the standard output: {why}"),
        Phrase::CannotReadLines { why } => write!(out, "cannot read the standard input: {why}"),
        Phrase::SystemFault(fault) => write!(out, "{}", system_fault(fault)),
        Phrase::People { count } => write!(out, "people in the room: {count}"),
        Phrase::ClosedUnnamed => write!(out, "closed before giving a name..."),
        Phrase::Closed => write!(out, "closed."),
        Phrase::ClosedNoName { seconds } => write!(out, "closed. (no name in {seconds} s)"),
        Phrase::ClosedSilent { seconds } => write!(out, "closed. (no answer in {seconds} s)"),
        Phrase::ClosedTimedOut => write!(out, "closed. (connection timed out)"),
        Phrase::ClosedReset => write!(out, "closed. (connection reset)"),
        Phrase::ClosedSlow => write!(out, "closed. (reads too slowly)"),
        Phrase::ClosedFlooding => write!(out, "closed. (too many lines)"),
        Phrase::ClosedNotIrc => write!(out, "closed. (not IRC)"),
        Phrase::ClosedKilled { by } => write!(out, "closed. (removed by {by})"),
        Phrase::ClosedTls { why } => write!(out, "closed. (TLS: {why})"),
        Phrase::ClosedWrongPassword => write!(out, "closed. (the password is missing or wrong)"),
        Phrase::ClosedTooManyGuesses => {
            write!(out, "closed. (too many wrong passwords have come from this address)")
        }
        Phrase::ClosedNotEncrypted => {
            write!(out, "closed. (not encrypted; this server is reached by TLS only)")
        }
        Phrase::ClosedStopping => write!(out, "closed. (server stopping)"),
        Phrase::ClosedFault => write!(out, "closed. (fault in the server)"),
        Phrase::LinesNotShown { count } => write!(out, "… {count} lines not shown"),
        Phrase::FriendsJoin { command } => write!(out, "friends join with: {command}"),
        Phrase::PortInUse { address, option, join } => write!(
            out,
            "{address} is used by another program. Choose another port, such as:\n  {option}\nFriends then join with:\n  {join}"
        ),
        Phrase::CannotListen { address, why } => write!(out, "cannot open a room at {address}: {why}"),
        Phrase::CannotRead { path, why } => write!(out, "cannot read {path}: {why}"),
        Phrase::CannotWrite { path, why } => write!(out, "cannot write {path}: {why}"),
        Phrase::Seats { count, bound } => write!(out, "room for {count} people ({bound})"),
        Phrase::LocalOperators { room } => {
            write!(
                out,
                "people on this machine are operators of {room} and of rooms without an operator, without limits (unless --local-operators off)"
            )
        }
        Phrase::NoLocalOperators { room, why } => {
            let why = match why {
                NoLocals::Asked => "--local-operators off",
                NoLocals::Container => "in a container, unless --local-operators on",
                NoLocals::Proxy => "with --proxy-from, unless --local-operators on",
            };
            write!(
                out,
                "people on this machine are like all others ({why}); whoever comes first into the empty {room} is its operator"
            )
        }
        Phrase::TurnedAwayFull { count } => turned_away("the server is full", count, out),
        Phrase::TurnedAwayWithoutName { count } => {
            turned_away("too many connections without a name", count, out)
        }
        Phrase::TurnedAwayThere { most, count } => {
            turned_away(&format!("its address has {most} connections, see --max-per-address"), count, out)
        }
        Phrase::ConsoleFails { why } => {
            write!(out, "the console can't be written, and goes on once it can: {why}")
        }
        Phrase::ProxyHeaderMissing => write!(out, "closed. (no PROXY header, which --proxy-from asks for)"),
        Phrase::ProxyHeaderBad => write!(out, "closed. (its PROXY header makes no sense)"),
        Phrase::ProxyHeaderLate => {
            write!(out, "closed. (no PROXY header in 5 s, which --proxy-from asks for)")
        }
        Phrase::ProxyHeadersTooMany => write!(out, "closed. (too many wait for their PROXY header)"),
        Phrase::CertificateWithoutTls => {
            write!(out, "--cert and --key encrypt nothing with --tls off: leave out one or the other")
        }
        Phrase::Encryption { key: None, .. } => write!(out, "not encrypted (--tls off)"),
        Phrase::Encryption { key: Some(key), is_required } => {
            let who = if is_required {
                "everybody from elsewhere has to use TLS"
            } else {
                "TLS for those who use it"
            };
            write!(out, "{who}; the server's key is {key}")
        }
        Phrase::CertificateTaken { key } => write!(out, "new certificate taken up; its key is {key}"),
        Phrase::CertificateRefused { why } => {
            write!(out, "the new certificate is not taken up, the one before stays: {why}")
        }
        Phrase::BadCertificate { why } => {
            write!(out, "nothing can be encrypted with --cert and --key: {why}")
        }
        Phrase::BecameOperator { name } => write!(out, "{name} is now an operator of the server"),
        Phrase::WrongPassword { name } => write!(out, "{name} gave a wrong password"),
        Phrase::Kept { folder, messages, age, size } => {
            write!(out, "{folder}: {messages} messages, ")?;
            match (age, size) {
                (Some(age), Some(size)) => write!(out, "kept for at most {age}, up to {size}"),
                (None, Some(size)) => write!(out, "kept up to {size}"),
                (_, None) => write!(out, "and none are added (--history 0)"),
            }
        }
        Phrase::DiskFull => {
            write!(out, "the server's disk is full: nothing can be said until it has room again")
        }
        Phrase::DiskHasRoom => write!(out, "the server's disk has room again"),
        Phrase::Trimmed { count } => write!(out, "{count} old records were removed"),
        Phrase::NoPlaceToKeep => write!(
            out,
            "there is no place to keep what is said: name a folder with --data DIR, or keep nothing with --memory"
        ),
        Phrase::CannotKeep { folder, why } => {
            match why {
                KeepFault::InUse => write!(out, "{folder} is used by another roomchat serve"),
                KeepFault::Network => {
                    write!(out, "{folder} is on another machine, where nothing can be kept safely")
                }
                KeepFault::Newer => write!(out, "{folder} was made by a newer version of roomchat"),
                KeepFault::Foreign(path) => write!(out, "{path} is not ours, and is left alone"),
                KeepFault::Failed(why) => write!(out, "nothing can be kept in {folder}: {why}"),
            }?;
            write!(out, ". Name another folder with --data DIR, or keep nothing with --memory")
        }
        Phrase::KeptNoMore { why } => {
            write!(out, "what is said can be kept no more, so the server ends: {why}")
        }
        Phrase::BadPassword { place, why } => {
            write!(out, "the password of the server in {place} ")?;
            match why {
                PasswordFault::Empty => write!(out, "is empty"),
                PasswordFault::TooLong(bytes) => write!(out, "is longer than {bytes} bytes"),
                PasswordFault::SeveralLines => write!(out, "is more than one line"),
                PasswordFault::NotText => write!(out, "is no text in UTF-8 without control characters"),
            }
        }
        Phrase::BadFirstRoom { text, why } => {
            write!(out, "--room '{text}': ")?;
            bad_name(why, None, out)
        }
        Phrase::BadDescription { bytes } => {
            write!(
                out,
                "--description is one line of text, at most {bytes} bytes, without control characters"
            )
        }
        Phrase::BadServerName { name, bytes } => write!(
            out,
            "'{name}' is no name of a server: write letters, digits, '.', '-' and '_', at most {bytes} bytes"
        ),
        Phrase::NoClients => write!(out, "--max-clients 0 lets nobody in: write 1 or more"),
        Phrase::BadOperator { place, why } => {
            let why = match why {
                OperatorFault::NotTwoWords => "write a name and a hash, with a blank between them",
                OperatorFault::NoHash => "that is no Argon2 hash; this makes one: argon2 SALT -id -e",
                OperatorFault::NamedTwice => "that name stands in a line before",
            };
            write!(out, "{place}: {why}")
        }
        Phrase::ServerStopping => write!(out, "the server is closing, goodbye"),
    }
}

const WEEKDAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

fn turned_away(why: &str, count: u64, out: &mut String) -> Result {
    match count {
        1 => write!(out, "closed. ({why})"),
        _ => write!(out, "closed. ({why}; {count} since this was told last)"),
    }
}

fn kept_for(count: u32, unit: &str, out: &mut String) -> Result {
    write!(out, "kept for at most {count} {unit}{}", if count == 1 { "" } else { "s" })
}

/// The name with this number, counted from 1.
fn of(names: &[&'static str], number: i8) -> &'static str {
    usize::try_from(number).ok().and_then(|number| names.get(number.wrapping_sub(1))).copied().unwrap_or("")
}

fn system_fault(fault: SystemFault) -> &'static str {
    match fault {
        SystemFault::NoSuchFile => "there is no such file or folder",
        SystemFault::Forbidden => "permission denied",
        SystemFault::Exists => "it is there already",
        SystemFault::IsFolder => "that is a folder, not a file",
        SystemFault::NoFolder => "a part of the path is no folder",
        SystemFault::ReadOnly => "nothing can be written there",
        SystemFault::StorageFull => "no space left",
        SystemFault::TooLarge => "the file is too large",
        SystemFault::BadFileName => "the file's name is too long, or has a character that it may not have",
        SystemFault::NotUtf8 => "that is no text in UTF-8",
        SystemFault::TooManyFiles => "too many files are open",
        SystemFault::DeviceFailed => "the device has failed",
        SystemFault::AddressInUse => "that address is in use",
        SystemFault::NotOurAddress => "this machine does not have that address",
        SystemFault::TimedOut => "no answer for too long",
        SystemFault::Refused => "connection refused",
        SystemFault::Reset => "connection reset",
        SystemFault::Unreachable => "there is no way to it through the network",
        SystemFault::UnknownHost => "there is no such host",
        SystemFault::NoMemory => "no memory left",
    }
}

/// What a mode of a room means, by its letter.
fn mode(on: bool, letter: char, value: Option<&str>, out: &mut String) -> Result {
    let words = match (letter, on) {
        ('i', true) => "only who is invited may come in",
        ('i', false) => "nobody needs to be invited",
        ('m', true) => "only operators and those with a voice may speak",
        ('m', false) => "all may speak",
        ('n', true) => "nobody outside may speak here",
        ('n', false) => "those outside may speak here, too",
        ('s', true) => "the list of rooms does not show this one",
        ('s', false) => "the list of rooms shows this one",
        ('t', true) => "only operators set the topic",
        ('t', false) => "all may set the topic",
        ('k', true) => "coming in needs a password",
        ('k', false) => "coming in needs no password",
        ('l', true) => return write!(out, "at most {} people", value.unwrap_or("?")),
        ('l', false) => "any number of people",
        _ => {
            let sign = if on { '+' } else { '-' };
            let value = value.map(|value| format!(" {value}")).unwrap_or_default();
            return write!(out, "mode {sign}{letter}{value}");
        }
    };
    write!(out, "{words}")
}

fn bad_name(why: NameError, suggestion: Option<&str>, out: &mut String) -> Result {
    match why {
        NameError::Empty => write!(out, "a name cannot be blank"),
        NameError::TooLong => write!(out, "the name is too long (20 columns at most)"),
        NameError::TooManyBytes => write!(out, "the name is too long ({NAME_BYTES} bytes of UTF-8 at most)"),
        NameError::BadCharacter(' ') => write!(out, "a name cannot hold a blank"),
        NameError::BadCharacter('\'') => write!(out, "a name cannot hold an apostrophe"),
        NameError::BadCharacter(c) => write!(out, "a name cannot hold '{}' there", visible(c)),
        NameError::NoHash => write!(out, "a room's name begins with #"),
        NameError::Reserved => write!(out, "that name is reserved"),
    }?;
    suggestion.map_or(Ok(()), |name| write!(out, ", for example: {name}"))
}

/// How a server is trusted that was really replaced.
fn remove(out: &mut String, lines: Option<(&str, &str)>) -> Result {
    match lines {
        Some((path, lines)) => {
            write!(out, " If you know that it was replaced, remove this from {path}:\n{lines}")
        }
        None => Ok(()),
    }
}
