//! What a person is shown: facts as data, in the order in which they happened.
//!
//! Names and texts are as they came over the wire; `show` makes
//! them fit for drawing.

use super::mask::Kind;
use crate::join::slash_command::{Bell, Entry, Notices, Silence};
use crate::text::phrase::{Kept, WayIn};
use crate::text::{NameError, Phrase};
use jiff::Timestamp;

/// One thing to show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Item {
    /// On entering, and after `/clear`.
    Header { name: String, room: String, address: String, kept: Option<Kept>, people: Vec<String> },
    /// Something that is only a sentence.
    Told(Phrase<'static>),
    /// A message of a person, ours too.
    Said {
        from: Speaker,
        /// Lines are divided by `\n`.
        text: String,
        form: Form,
        /// My name, where the text calls me by it.
        mention: Option<String>,
        /// When it was said, where that was not just now.
        at: Option<Timestamp>,
        /// What it is taken back by.
        id: Option<String>,
    },
    /// Something that was said was taken back, and is drawn no more.
    Redacted {
        by: String,
        /// The author, where another person took it back.
        of: Option<Speaker>,
        reason: Option<String>,
        id: String,
        /// Its text, where it was ours: what was typed has no id. Not for showing.
        own: Option<String>,
    },
    /// Stands in the place of a redacted message.
    Withdrawn { from: Speaker, form: Form },
    /// Midnight has passed.
    NewDay,
    /// What stands above was said before.
    Earlier,
    /// What stands below was not read yet.
    Unread,
    /// Rings the terminal's bell.
    Bell,
    /// Somebody came into the room.
    Entered { name: String },
    /// Somebody left the room.
    Left { name: String, reason: Option<String> },
    /// A burst of comings.
    ManyEntered { names: Vec<String> },
    /// A burst of goings, all for one reason.
    ManyLeft { names: Vec<String>, reason: Option<String> },
    /// Who came and who went in a spell.
    CameAndLeft { entered: Vec<String>, left: Vec<String> },
    /// Removes everything from the screen.
    Clear,
    /// Somebody has another name.
    Renamed { old: String, new: String },
    /// The topic, where nobody has just set it.
    TopicIs { topic: String },
    /// Somebody has set the topic.
    TopicSet { name: String, topic: String },
    /// Somebody was put out of the room.
    Kicked { name: String, by: String, reason: Option<String> },
    /// We have become an operator of this room; None: we came in as one. `may`: what that allows,
    /// where it was not told before.
    YouAreOperator { room: String, by: Option<String>, may: Option<Allowed> },
    /// We are an operator of this room no longer.
    YouAreNoOperator { room: String, by: String },
    /// Somebody has become an operator, or may speak where others may not; or no longer.
    Ranked { name: String, by: String, is_operator: bool, on: bool },
    /// We are an operator of the server, or no longer.
    ServerOperator { on: bool },
    /// Somebody may not come in or speak, or may again; `who` is a mask where the name is not known.
    /// Where we have set it and are in other rooms as well, the room in which it holds.
    Silence { by: String, who: String, silence: Silence, kind: Kind, on: bool, only: Option<String> },
    /// An operator lets us speak in this room no more, or again.
    YouAreMuted { room: String, by: String, on: bool },
    /// Another mode of the room.
    ModeSet { by: String, on: bool, letter: char, value: Option<String> },
    /// What is set in the room.
    ModesAre { modes: Vec<(char, Option<String>)> },
    /// All who may not come in or speak.
    Silenced { silence: Silence, entries: Vec<Silenced> },
    /// Nothing of the kind was set for this person; what was set for others.
    NotSilenced { silence: Silence, name: String, others: Vec<Silenced> },
    /// Nobody has this name, or had it: nothing was set.
    NobodyToSilence { silence: Silence, name: String },
    /// This server mutes nobody by name.
    CannotMute,
    /// This person has a rank with which one speaks all the same.
    MuteIsVain { name: String, is_operator: bool },
    /// We have ended somebody's connection.
    Killed { name: String },
    /// Only operators of the room may do this: these. Of a server of ours, whether it is the first room.
    NotOperator { room: String, operators: Vec<String>, is_first: Option<bool> },
    /// Only operators of the server may do this.
    NotServerOperator,
    /// We have asked somebody into this room.
    Invited { name: String, room: String },
    /// Somebody asks us into a room.
    InvitedUs { by: String, room: String },
    /// Who somebody is.
    Whois { name: String, told: Box<Standing> },
    /// The server knows nobody of this name.
    Nobody { name: String },
    /// This person is not in the room in which something was to be done.
    NotHere { name: String },
    /// A line of ours that the room does not have.
    NotSent { text: String, why: Why },
    /// The server speaks to us.
    Server { text: String },
    /// `/word` is no command of ours.
    UnknownCommand { word: String, nearest: Option<&'static str> },
    /// What a command does.
    About(&'static Entry),
    /// The arguments of a command make no sense.
    Usage(&'static Entry),
    /// Who is in the room; where they are many, this page of them, from 1.
    People { names: Vec<String>, page: usize },
    /// Who is in a room that was entered beside the current one.
    PeopleHere { names: Vec<String> },
    /// This can't be a name.
    BadName { name: String, why: NameError },
    /// The server does not give us the name that was asked for.
    NameTaken { name: String, why: String },
    /// Of another room than the current one.
    OfRoom { room: String, item: Box<Item> },
    /// This is the current room from here on.
    RoomIs { room: String },
    /// The rooms that we are in, in the order of their numbers.
    OwnRooms { rooms: Vec<OwnRoom> },
    /// A room that was asked for does not let us in; `stays`: it is the current one all the same, and
    /// leaving it goes back to another.
    NotLetIn { room: String, why: String, way: WayIn, stays: bool },
    /// We are not in this room.
    NotThere { room: String },
    /// We have left this room, as the person wanted.
    LeftRoom { room: String },
    /// It can't be left: there is no other.
    OnlyRoom,
    /// No further room can be entered.
    TooManyRooms,
    /// One line of the list of rooms.
    Room { room: String, count: usize, topic: String },
    /// Somebody we wrote to is away.
    Away { name: String, text: String },
    /// What was asked for needs a room.
    NoRoom,
    /// What was asked for needs a connection.
    NoConnection,
    /// The connection is gone, and another is tried.
    Lost { why: Option<String> },
    /// We were put out of this room.
    PutOut { room: String },
    /// The same, and we were told that we are not to come in again.
    BannedOut { room: String },
    /// Connected again, but not in this room.
    KeptOut { room: String, why: String, tries_again: bool },
    /// Another room is entered than the one that was asked for.
    Forwarded { from: String, to: String },
    /// Somebody else has our name now, and we this one.
    NameLost { before: String, name: String },
    /// In the room again, under this name.
    Back {
        name: String,
        /// Ours before, where somebody else has it now.
        lost_name: Option<String>,
        names: Vec<String>,
    },
    /// All who are ignored now.
    Ignored { names: Vec<String> },
    /// This name is not ignored.
    NotIgnored { name: String },
    /// So many messages have this word; they follow.
    Found { word: String, count: usize, room: Option<String> },
    /// Which comings and goings are told from now on.
    NoticesAre(Notices),
    /// What the server says about somebody, or about a room.
    ServerAbout { about: String, text: String },
    /// What rings the bell from now on.
    BellIs(Bell),
    /// Something of this program's own, in words.
    Sentence { text: String },
    /// The commands; those of operators only for these.
    Help { is_operator: bool, is_server_operator: bool },
    /// A question, where no prompt can show it.
    Ask(Phrase<'static>),
}

impl Item {
    /// What it is, of whatever room.
    pub fn inner(&self) -> &Item {
        match self {
            Item::OfRoom { item, .. } => item.inner(),
            item => item,
        }
    }

    pub fn inner_mut(&mut self) -> &mut Item {
        match self {
            Item::OfRoom { item, .. } => item.inner_mut(),
            item => item,
        }
    }
}

/// An entry of those who may not come in or speak.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Silenced {
    /// Whom it was set for, where that is known.
    pub name: Option<String>,
    pub mask: String,
}

/// What an operator may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Allowed {
    All,
    /// But make nobody an operator.
    Half,
}

/// What a server tells of somebody.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Standing {
    pub user: String,
    pub host: String,
    pub real: String,
    /// With the signs of ranks in them.
    pub rooms: Vec<String>,
    /// Seconds since something was said.
    pub idle: Option<u64>,
    pub account: Option<String>,
    pub away: Option<String>,
    pub is_operator: bool,
    pub is_bot: bool,
    pub is_secure: bool,
}

/// A room that we are in, or want to be in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnRoom {
    pub name: String,
    /// It is gone to by.
    pub number: usize,
    /// How many are in it, and its topic, where the server tells.
    pub listed: Option<(usize, String)>,
    /// What is typed goes there.
    pub is_current: bool,
    pub is_in: bool,
    /// Messages of others that came while it was not the current one, since it last was.
    pub unread: usize,
    /// Those of them that call the person by name.
    pub mentions: usize,
}

/// The author of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Speaker {
    Me,
    Other(String),
}

/// How something was said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Form {
    /// To all in the room.
    Room,
    /// `/me`.
    Action,
    /// The same, ours, under the name that we have.
    OwnAction { name: String },
    /// To us alone, or by us to this person alone.
    Private { to: Option<String> },
}

/// Why a line was not sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Why {
    /// In the server's own words.
    Server(String),
    /// The server has passed over it without a word.
    Unanswered,
    /// The server has not answered, and may have it.
    Unknown,
    NotInRoom,
    /// There is no connection, and it was never sent.
    Disconnected,
    /// Too much waits already.
    TooMuch,
    /// It was for this person alone.
    To {
        name: String,
        why: Box<Why>,
    },
}
