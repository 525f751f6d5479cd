//! Every sentence for people, once.
//!
//! A sentence is a [`Phrase`]; `en` and `zh_tw` say it. Tags that scripts read
//! on the server's console (`[LISTENING]` and the like) are the same in both.

use super::name::NameError;
use super::sanitise::for_drawing;
use std::fmt;

/// A sentence for people. Names and texts in it are already fit for drawing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phrase<'a> {
    // join: coming in
    AskName,
    /// Of an operator of the server; what is typed is not seen.
    AskPassword,
    BadName {
        why: NameError,
        suggestion: Option<&'a str>,
    },
    NameTaken {
        name: &'a str,
    },
    /// After that: the one who has it may be ourselves, on a connection that is about to end.
    TryNameAgain,
    /// To somebody without a client who asks what to do instead of giving a name.
    NameHelp,
    /// To somebody without a client whose line has another encoding.
    NotUtf8,
    Connecting {
        address: &'a str,
    },
    CannotConnect {
        address: &'a str,
        why: &'a str,
        /// The host answered that nobody listens there.
        is_refused: bool,
    },
    /// What was given for `--server` is none.
    BadServer {
        text: &'a str,
    },
    /// What was given for `--room` is none.
    BadRoom {
        text: &'a str,
    },
    /// Of more rooms than these with `--room`.
    TooManyRoomsAsked {
        most: usize,
    },
    Title,
    TitleOf {
        name: &'a str,
        is_plain: bool,
    },
    /// A server's address, where the connection is plain.
    NotEncrypted {
        address: &'a str,
    },
    /// The server is met for the first time.
    NewKey {
        key: &'a str,
        /// The next sitting knows it.
        is_kept: bool,
    },
    /// The server is known under another address.
    KeyOfOther {
        key: &'a str,
        other: &'a str,
    },
    /// The server has another key each time it starts.
    KeyOfOneRun {
        key: &'a str,
    },
    /// Before it is asked whether to trust the server all the same.
    KeyHasChanged {
        key: &'a str,
    },
    TrustNewKey,
    /// The end: a server has another key than the one that is known. The file and the lines in it
    /// that say so.
    AnotherKey {
        address: &'a str,
        key: &'a str,
        lines: Option<(&'a str, &'a str)>,
    },
    /// The end: a server that has encrypted does not.
    EncryptedNoMore {
        address: &'a str,
        lines: Option<(&'a str, &'a str)>,
    },
    /// The end: encryption was asked for.
    DoesNotEncrypt {
        address: &'a str,
    },
    /// The end: a password would be said in clear.
    PasswordInClear {
        address: &'a str,
    },
    /// The end: the server's password is missing or wrong.
    AskServerPassword,
    PasswordRefused {
        was_given: bool,
    },
    /// TLS failed; in its own words.
    TlsFailed {
        why: &'a str,
    },
    Header {
        name: &'a str,
    },
    HeaderRoom {
        room: &'a str,
        address: &'a str,
    },
    /// How long the server keeps what is said there.
    HeaderKept {
        place: &'a str,
        kept: Kept,
    },
    HeaderPeople {
        names: &'a str,
        count: usize,
    },
    Hint,
    NameRefused {
        name: &'a str,
        why: &'a str,
    },
    RoomRefused {
        room: &'a str,
        why: &'a str,
    },
    /// The server lets the person in under no name.
    ConnectionRefused {
        why: &'a str,
    },
    /// What answers is no chat server; its first words.
    NotIrc {
        banner: &'a str,
    },
    NoAnswerYet,
    /// A question about people or lists.
    NotAnswered,
    /// What was asked for may have been done.
    PerhapsDone,
    /// Nobody was let in for so long.
    NoEntry {
        seconds: u64,
    },
    // join: the conversation
    Entered {
        name: &'a str,
    },
    Left {
        name: &'a str,
        reason: Option<&'a str>,
    },
    ManyEntered {
        names: &'a str,
        count: usize,
    },
    ManyLeft {
        names: &'a str,
        count: usize,
        reason: Option<&'a str>,
    },
    /// So many came and so many went in a spell; their names.
    CameAndLeft {
        entered: &'a str,
        came: usize,
        left: &'a str,
        went: usize,
    },
    Renamed {
        old: &'a str,
        new: &'a str,
    },
    TopicIs {
        topic: &'a str,
    },
    TopicSet {
        name: &'a str,
        topic: &'a str,
    },
    Kicked {
        name: &'a str,
        by: &'a str,
        reason: Option<&'a str>,
    },
    /// The person has become an operator of this room, or was one on coming in. None: what that allows
    /// is known; a half operator makes no operators.
    YouAreOperator {
        room: &'a str,
        by: Option<&'a str>,
        is_half: Option<bool>,
    },
    YouAreNoOperator {
        room: &'a str,
        by: &'a str,
    },
    /// Somebody is an operator from now on, or no longer.
    OperatorMade {
        name: &'a str,
        by: &'a str,
        on: bool,
    },
    /// Somebody may speak where others may not, or no longer.
    Voiced {
        name: &'a str,
        by: &'a str,
        on: bool,
    },
    /// Somebody may not come in from now on, or may again.
    Banned {
        who: &'a str,
        by: &'a str,
        on: bool,
    },
    /// The same of speaking.
    Muted {
        who: &'a str,
        by: &'a str,
        on: bool,
    },
    /// What was set holds under any name.
    AnotherNameHelpsNot,
    /// Another name may escape it, since others have the same address.
    AnotherNameHelps,
    /// Somebody is to be kept out or muted whom nobody knows: the command that does it all the same.
    NobodyToSilence {
        name: &'a str,
        command: &'a str,
    },
    /// A ban or a mute holds in one of several rooms.
    OnlyInRoom {
        room: &'a str,
    },
    /// Only the person is an operator, and wants to be none.
    OnlyOperator,
    /// It holds for all from this address.
    GoesByAddress {
        address: &'a str,
    },
    /// Whom a ban or a mute is meant for, where that is somebody else's device.
    SomebodyAbsent,
    /// A mode of the room has changed, by its letter.
    ModeSet {
        by: &'a str,
        on: bool,
        letter: char,
        value: Option<&'a str>,
    },
    /// What a mode means that is set.
    ModeIs {
        letter: char,
        value: Option<&'a str>,
    },
    /// One of these that is set; empty where none is.
    ModesAre {
        modes: &'a str,
    },
    /// All who may not come in.
    AllBanned {
        names: &'a str,
    },
    /// All who may not speak.
    AllMuted {
        names: &'a str,
    },
    NotBanned {
        name: &'a str,
    },
    NotMuted {
        name: &'a str,
    },
    /// An entry of such a list that goes by what `join` calls a device by.
    OfDevice {
        device: &'a str,
    },
    /// One that goes by the address.
    OfAddress {
        address: &'a str,
    },
    /// By what an entry is found again.
    HowToLift {
        command: &'a str,
    },
    CannotMute,
    /// This person speaks all the same, as an operator or with a voice.
    MuteIsVain {
        name: &'a str,
        is_operator: bool,
    },
    /// The person has ended somebody's connection.
    KilledThem {
        name: &'a str,
    },
    /// Only operators of the room may do this; who they are.
    NotOperator {
        room: &'a str,
        operators: &'a str,
    },
    /// Who becomes operator of a room of our server; of its first one, where `is_first`.
    WhoIsOperator {
        is_first: bool,
    },
    NotServerOperator,
    ServerOperator {
        on: bool,
    },
    Invited {
        name: &'a str,
        room: &'a str,
    },
    InvitedYou {
        by: &'a str,
        room: &'a str,
    },
    // join: who somebody is
    /// What was said to this person alone was not sent.
    NotSentTo {
        name: &'a str,
        why: &'a str,
    },
    /// An operator lets us speak in this room no more, or again.
    YouAreMuted {
        room: &'a str,
        by: &'a str,
        on: bool,
    },
    /// The person's own name can't be ignored.
    CannotIgnoreYourself,
    NotIgnored {
        name: &'a str,
    },
    Nobody {
        name: &'a str,
    },
    /// Somebody who is to be in this room is not.
    NotHere {
        name: &'a str,
    },
    WhoisFrom {
        name: &'a str,
        host: &'a str,
        real: Option<&'a str>,
    },
    WhoisRooms {
        rooms: &'a str,
    },
    WhoisIdle {
        seconds: u64,
    },
    WhoisAccount {
        account: &'a str,
    },
    WhoisOperator,
    WhoisBot,
    WhoisSecure,
    /// What the signs before names mean.
    Marks {
        operators: bool,
        voices: bool,
    },
    NoticesOn,
    NoticesFew,
    NoticesOff,
    /// Somebody has taken back a message of their own.
    Redacted {
        by: &'a str,
        reason: Option<&'a str>,
    },
    /// Another's message was removed.
    RedactedOf {
        by: &'a str,
        name: &'a str,
        reason: Option<&'a str>,
    },
    RedactedYours {
        by: &'a str,
        reason: Option<&'a str>,
    },
    /// Stands where such a message stood.
    Withdrawn,
    /// The line between two days; the weekday counts from Monday, 1.
    Day {
        year: i16,
        month: i8,
        day: i8,
        weekday: i8,
    },
    Me,
    /// Before what is being typed, and what was said stays behind it.
    Prompt,
    Private {
        name: &'a str,
    },
    PrivateTo {
        name: &'a str,
    },
    NotSent {
        why: &'a str,
    },
    /// More lines than one may send.
    TooFast {
        seconds: u64,
    },
    Unanswered,
    /// Whether the server has it, nobody knows.
    MaybeSent,
    /// The same of what is for one person.
    MaybeSentTo {
        name: &'a str,
    },
    NotInRoom,
    NotConnected,
    /// Of what was typed so much can't be sent yet that no more is kept.
    TooMuchWaits,
    /// So many lines of a long text are sent, of so many.
    Sending {
        sent: usize,
        total: usize,
    },
    /// The last of it is.
    Sent {
        sent: usize,
        total: usize,
    },
    Late,
    Arrived,
    /// What was said waits for the server's disk.
    WaitsForDisk,
    /// Not changed, because that is full.
    TopicUnkept,
    ModeUnkept,
    UnknownCommand {
        word: &'a str,
        nearest: Option<&'a str>,
    },
    Help,
    // join: the groups of commands
    HelpTalk,
    HelpPeople,
    HelpRooms,
    HelpScreen,
    HelpOperators,
    HelpServer,
    // join: what each command does
    DoHelp,
    DoWho,
    DoMe,
    DoMsg,
    DoNick,
    DoTopic,
    DoJoin,
    DoLeave,
    DoRooms,
    DoKick,
    DoBan,
    DoUnban,
    DoMute,
    DoUnmute,
    DoOp,
    DoDeop,
    DoVoice,
    DoDevoice,
    DoInvite,
    DoMode,
    DoOper,
    DoKill,
    DoWhois,
    DoUnignore,
    DoNotices,
    DoIgnore,
    DoAway,
    DoLast,
    DoGrep,
    DoClear,
    DoBell,
    DoExit,
    Usage {
        name: &'a str,
        arguments: &'a str,
    },
    /// Of a list of people: so many are not in it, but on this page of `/who`.
    MorePeople {
        count: usize,
        page: Option<usize>,
    },
    PeopleHere {
        names: &'a str,
        count: usize,
    },
    /// Of a page of `/who` that there is not.
    LastPage {
        pages: usize,
    },
    NickRefused {
        name: &'a str,
        why: &'a str,
    },
    Room {
        room: &'a str,
        count: usize,
        topic: &'a str,
    },
    /// The tag before what is of another room than the current one.
    Tag {
        room: &'a str,
    },
    /// The line above what is of this room.
    RoomIs {
        room: &'a str,
    },
    /// One of the rooms that the person is in.
    OwnRoom {
        number: usize,
        room: &'a str,
        /// How many are in it, and its topic, where the server tells.
        listed: Option<(usize, &'a str)>,
        /// What is typed goes there.
        is_current: bool,
        is_in: bool,
        unread: usize,
        mentions: usize,
    },
    /// A room that was asked for; `stays`: what is typed still goes there.
    NotLetIn {
        room: &'a str,
        why: &'a str,
        way: WayIn,
        stays: bool,
    },
    NotThere {
        room: &'a str,
    },
    LeftRoom {
        room: &'a str,
    },
    OnlyRoom,
    TooManyRooms,
    Away {
        name: &'a str,
        text: &'a str,
    },
    YouAreAway,
    /// After something was said.
    StillAway,
    YouAreBack,
    Ignored {
        names: &'a str,
    },
    /// With the room, where there are several.
    Found {
        word: &'a str,
        count: usize,
        room: Option<&'a str>,
    },
    LastOnes {
        count: usize,
    },
    /// The server keeps nothing of what was said.
    OnlyThisRun,
    /// The server can't be asked now for what was said.
    OnlySeenHere,
    /// What was said while we were away, or before we came, is not answered yet.
    PastLater,
    /// It comes below.
    PastFollows,
    /// It was not answered.
    PastMissing,
    /// The line below what was said before.
    Earlier,
    /// The line above what was not read yet.
    Unread,
    /// The connection is lost, and another is tried.
    ComingBack {
        why: &'a str,
    },
    Waiting,
    /// A paste was not sent.
    PasteKept,
    /// Connected again, but the room lets nobody in for now.
    RoomLater {
        room: &'a str,
        why: &'a str,
    },
    /// Connected again, but the room does not let the person in.
    RoomClosed {
        room: &'a str,
        why: &'a str,
    },
    /// The person was put out of this room.
    PutOut {
        room: &'a str,
    },
    /// The same, after a ban.
    BannedOut {
        room: &'a str,
    },
    /// The server leads to another room.
    Forwarded {
        from: &'a str,
        to: &'a str,
    },
    Back {
        count: usize,
    },
    NameLost {
        before: &'a str,
        name: &'a str,
    },
    BellOff,
    /// Beside a long line: so many more fit one message.
    BytesLeft {
        bytes: usize,
    },
    /// Beside a longer one: it will be so many messages.
    Messages {
        count: usize,
    },
    BellMention,
    BellAll,
    SureToSend {
        count: usize,
    },
    SureToSendLong {
        characters: usize,
    },
    /// Another's message or notice that the server addressed to us.
    Notice {
        text: &'a str,
    },
    // join: leaving
    SureToLeave,
    Disconnected {
        why: &'a str,
    },
    ServerClosed,
    CannotWriteLines {
        why: &'a str,
    },
    CannotReadLines {
        why: &'a str,
    },
    /// What the operating system says.
    SystemFault(SystemFault),
    // console
    People {
        count: usize,
    },
    ClosedUnnamed,
    /// What stands after an address whose connection is over, as the original put it.
    Closed,
    ClosedNoName {
        seconds: u64,
    },
    /// No answer to a question whether it is still there.
    ClosedSilent {
        seconds: u64,
    },
    ClosedReset,
    ClosedTimedOut,
    ClosedSlow,
    ClosedFlooding,
    ClosedNotIrc,
    /// An operator of the server has ended it.
    ClosedKilled {
        by: &'a str,
    },
    ClosedTls {
        why: &'a str,
    },
    ClosedWrongPassword,
    ClosedTooManyGuesses,
    ClosedNotEncrypted,
    ClosedStopping,
    ClosedFault,
    LinesNotShown {
        count: u64,
    },
    FriendsJoin {
        command: &'a str,
    },
    /// An option with another address or port, and what friends type then.
    PortInUse {
        address: &'a str,
        option: &'a str,
        join: &'a str,
    },
    CannotListen {
        address: &'a str,
        why: &'a str,
    },
    CannotRead {
        path: &'a str,
        why: &'a str,
    },
    CannotWrite {
        path: &'a str,
        why: &'a str,
    },
    ServerStopping,
    /// How many may come, and which limit keeps it from being more.
    Seats {
        count: usize,
        bound: &'a str,
    },
    /// People of the server's own machine are operators of its first room.
    LocalOperators {
        room: &'a str,
    },
    NoLocalOperators {
        room: &'a str,
        why: NoLocals,
    },
    /// Why a connection was not let in, and how many since that was told last.
    TurnedAwayFull {
        count: u64,
    },
    TurnedAwayWithoutName {
        count: u64,
    },
    TurnedAwayThere {
        most: usize,
        count: u64,
    },
    /// The console's lines can't be written for now.
    ConsoleFails {
        why: &'a str,
    },
    /// Why a connection of a proxy was closed.
    ProxyHeaderMissing,
    ProxyHeaderBad,
    ProxyHeaderLate,
    ProxyHeadersTooMany,
    /// An administrator's certificate is given, and nothing is to be encrypted.
    CertificateWithoutTls,
    /// Connections are encrypted with this key (None: they are not), and must be or may be.
    Encryption {
        key: Option<&'a str>,
        is_required: bool,
    },
    /// The files of the certificate have changed: new connections get that.
    CertificateTaken {
        key: &'a str,
    },
    /// They have changed and are no pair: the one before stays.
    CertificateRefused {
        why: &'a str,
    },
    /// The server can't be started with that certificate or key.
    BadCertificate {
        why: &'a str,
    },
    BecameOperator {
        name: &'a str,
    },
    WrongPassword {
        name: &'a str,
    },
    /// What the disk holds at the start, for how long (None: whatever its age), and up to what size. None of
    /// the two is there where nothing is kept.
    Kept {
        folder: &'a str,
        messages: u64,
        age: Option<&'a str>,
        size: Option<&'a str>,
    },
    /// What would have to be kept is refused until there is room.
    DiskFull,
    DiskHasRoom,
    Trimmed {
        count: u64,
    },
    // console: what can't be started, or can't go on
    NoPlaceToKeep,
    /// Nothing can be kept in that folder.
    CannotKeep {
        folder: &'a str,
        why: KeepFault<'a>,
    },
    /// The disk has failed while the server ran.
    KeptNoMore {
        why: &'a str,
    },
    /// What is to be the server's password: the file or the variable that has it.
    BadPassword {
        place: &'a str,
        why: PasswordFault,
    },
    /// What was given for `serve --room`.
    BadFirstRoom {
        text: &'a str,
        why: NameError,
    },
    BadDescription {
        bytes: usize,
    },
    BadServerName {
        name: &'a str,
        bytes: usize,
    },
    NoClients,
    BadOperator {
        /// FILE:LINE.
        place: &'a str,
        why: OperatorFault,
    },
}

/// Why people of the server's own machine are like all others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoLocals {
    Asked,
    Container,
    Proxy,
}

/// How somebody who was not let into a room may get in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WayIn {
    /// By asking once more.
    Again,
    /// With its password.
    Key,
    /// Once an operator permits it.
    Permitted,
}

/// How long, or how much, a server keeps of what is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// So many KiB, MiB, GiB or TiB, whatever its age.
    UpTo(u32, &'static str),
    /// So long at most.
    Weeks(u32),
    Days(u32),
    Hours(u32),
    Minutes(u32),
    Seconds(u32),
    UntilItStops,
    NotAtAll,
}

impl Kept {
    /// What the token KEEP of a server of this program says; None where it is no such value.
    pub fn from_token(value: &str) -> Option<Kept> {
        match value {
            "run" => return Some(Kept::UntilItStops),
            "0" => return Some(Kept::NotAtAll),
            _ => {}
        }
        for unit in ["KiB", "MiB", "GiB", "TiB"] {
            if let Some(count) = value.strip_suffix(unit) {
                return count.parse().ok().map(|count| Kept::UpTo(count, unit));
            }
        }
        let unit = match value.chars().last()? {
            'w' => Kept::Weeks,
            'd' => Kept::Days,
            'h' => Kept::Hours,
            'm' => Kept::Minutes,
            's' => Kept::Seconds,
            _ => return None,
        };
        value[..value.len() - 1].parse().ok().map(unit)
    }
}

/// Frequent errors of the operating system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SystemFault {
    // of files
    NoSuchFile,
    Forbidden,
    Exists,
    IsFolder,
    NoFolder,
    ReadOnly,
    StorageFull,
    TooLarge,
    BadFileName,
    NotUtf8,
    TooManyFiles,
    DeviceFailed,
    // of the network
    AddressInUse,
    NotOurAddress,
    TimedOut,
    Refused,
    Reset,
    Unreachable,
    UnknownHost,
    // of the machine
    NoMemory,
}

/// Why nothing can be kept in a folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeepFault<'a> {
    InUse,
    /// The folder is on another machine.
    Network,
    /// A newer version of the program has made what is in it.
    Newer,
    /// This is not ours.
    Foreign(&'a str),
    /// The system's words.
    Failed(&'a str),
}

/// Why a text is no password of a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PasswordFault {
    Empty,
    /// It has more bytes than these.
    TooLong(usize),
    SeveralLines,
    NotText,
}

/// Why a line names no operator of the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OperatorFault {
    /// Not a name and a hash.
    NotTwoWords,
    /// Not Argon2 in PHC form.
    NoHash,
    NamedTwice,
}

/// ` (reason)` or nothing.
pub(super) struct Reason<'a>(pub Option<&'a str>);

impl fmt::Display for Reason<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.map_or(Ok(()), |reason| write!(f, " ({reason})"))
    }
}

/// A character as it can be read: one without a picture by its number.
pub(super) fn visible(c: char) -> String {
    match for_drawing(c.encode_utf8(&mut [0; 4])).trim() {
        "" => format!("U+{:04X}", u32::from(c)),
        drawn => drawn.to_owned(),
    }
}
