//! What is asked for on the command line.

use super::model::MAX_ROOMS;
use super::secret::Secret;
use crate::cli;
use crate::text::sanitise::for_drawing;
use crate::text::{Lang, Name, Phrase};
use std::collections::BTreeSet;

/// The arguments, understood.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) lang: Lang,
    pub(super) name: Option<Name>,
    pub(super) host: String,
    pub(super) port: u16,
    /// None of them: the server's first one.
    pub(super) rooms: Vec<String>,
    pub(super) plain: bool,
    /// Lines of a pipe may be commands.
    pub(super) commands: bool,
    pub(super) tls: cli::JoinTls,
    /// The server was given as `irc://`.
    pub(super) names_irc: bool,
    /// The server's (PASS).
    pub(super) password: Option<Secret>,
}

impl Plan {
    /// # Errors
    /// A sentence that says what is wrong.
    pub(super) fn resolve(args: &cli::Join, lang: Lang) -> Result<Plan, String> {
        let (host, port) = cli::host_and_port(&args.server, args.port)
            .ok_or_else(|| Phrase::BadServer { text: &args.server }.say(lang))?;
        let name = args.name.as_deref().map(|name| parse_name(name, lang)).transpose()?;
        let rooms: Vec<String> =
            args.room.iter().map(|room| room_name(room, lang)).collect::<Result<_, _>>()?;
        if rooms.iter().collect::<BTreeSet<_>>().len() > MAX_ROOMS {
            return Err(Phrase::TooManyRoomsAsked { most: MAX_ROOMS }.say(lang));
        }
        let password = cli::password(args.password_file.as_deref(), |key| std::env::var_os(key), lang)?;
        Ok(Plan {
            lang,
            name,
            host,
            port,
            rooms,
            plain: args.plain,
            commands: args.commands,
            tls: args.tls,
            names_irc: cli::names_irc(&args.server),
            password: password.map(Secret::new),
        })
    }

    pub(super) fn address(&self) -> String {
        match self.host.contains(':') {
            true => format!("[{}]:{}", self.host, self.port),
            false => format!("{}:{}", self.host, self.port),
        }
    }
}

/// # Errors
/// A sentence that says why not, and what would do.
pub(super) fn parse_name(name: &str, lang: Lang) -> Result<Name, String> {
    Name::parse(name.trim()).map_err(|why| {
        let suggestion = Name::suggest(name).map(|name| name.to_string());
        Phrase::BadName { why, suggestion: suggestion.as_deref() }.say(lang)
    })
}

/// A room of any IRC server (RFC 2812, 1.3), whose sign may be left out as with `/join`; the server
/// judges the rest.
fn room_name(room: &str, lang: Lang) -> Result<String, String> {
    let forbidden = |c: char| c.is_control() || c == ' ' || c == ',';
    match room.is_empty() || room.contains(forbidden) {
        false if room.starts_with(['#', '&', '+', '!']) => Ok(room.to_owned()),
        false => Ok(format!("#{room}")),
        true => Err(Phrase::BadRoom { text: &for_drawing(room) }.say(lang)),
    }
}
