//! The command line of `serve`, and the files that it names, as the hub's settings.

use super::disk::folder::Place;
use super::hub_loop::wall_us;
use super::operators;
use super::start_error::StartError;
use crate::cli;
use crate::hub::{self, Config, Encryption, Secret};
use crate::system_errors;
use crate::text::phrase::SystemFault;
use crate::text::sanitise::for_drawing;
use crate::text::{Lang, Phrase, RoomName};
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// Bytes kept of a room for each of its messages: a text of the usual length with what belongs to it.
const MESSAGE_BYTES: usize = 1024;

/// Bytes kept of all rooms together: more than one room may have, whatever `--history` says.
const HISTORY_BYTES: usize = 256 << 20;

/// The same where the disk has all of it. At least what the first room may have, of messages and of
/// other events, and half as much for all others.
const CACHE_BYTES: usize = 64 << 20;

/// Bytes of a file that is read at the start, such as the message of the day. What has more, or
/// no end, is not meant.
const FILE_BYTES: u64 = 4 << 20;

/// # Errors
/// Where an option or a file makes no sense, or a file can't be read.
pub(super) fn read(args: &cli::Serve, place: &Place, lang: Lang) -> Result<Config, StartError> {
    let usage = |phrase: Phrase<'_>| StartError::Usage(phrase.say(lang));
    let first_room = RoomName::parse(&args.room)
        .map_err(|why| usage(Phrase::BadFirstRoom { text: &for_drawing(&args.room), why }))?;
    if !hub::is_server_name(&args.name) {
        let name = &for_drawing(&args.name);
        return Err(usage(Phrase::BadServerName { name, bytes: hub::SERVER_NAME_BYTES }));
    }
    let description = args.description.as_deref().unwrap_or(hub::DESCRIPTION);
    if !hub::is_description(description) {
        return Err(usage(Phrase::BadDescription { bytes: hub::DESCRIPTION_BYTES }));
    }
    if args.max_clients == Some(0) {
        return Err(usage(Phrase::NoClients));
    }
    if args.tls == cli::Tls::Off && args.cert.is_some() {
        return Err(usage(Phrase::CertificateWithoutTls));
    }
    let motd = args.motd.as_ref().map_or(Ok(String::new()), |path| read_file(path, lang))?;
    let operators = args.operators.as_ref().map_or(Ok(Vec::new()), |path| {
        operators::parse(&read_file(path, lang)?).map_err(|operators::Fault { line, why }| {
            Phrase::BadOperator { place: &format!("{}:{line}", path.display()), why }.say(lang)
        })
    })?;
    let persists = *place != Place::Memory;
    let keep = match args.keep {
        _ if args.history == 0 => "0".to_owned(),
        _ if !persists => "run".to_owned(),
        Some(age) => age.to_string(),
        None => args.data_max.to_string(),
    };
    let history_bytes = args.history as usize * MESSAGE_BYTES;
    Ok(Config {
        server_name: args.name.clone(),
        description: description.to_owned(),
        first_room,
        lang,
        motd: motd.lines().map(str::to_owned).collect(),
        created_us: wall_us(),
        history: args.history as usize,
        history_bytes,
        history_bytes_in_all: if persists { CACHE_BYTES.max(3 * history_bytes) } else { HISTORY_BYTES },
        replay: args.replay as usize,
        messages_a_second: args.flood_limit,
        operators,
        nonce: std::iter::repeat_with(fastrand::alphanumeric).take(8).collect(),
        keep,
        persists,
        password: cli::password(args.password_file.as_deref(), |key| std::env::var_os(key), lang)?
            .map(|text| Secret::new(&text)),
        encryption: match args.tls {
            cli::Tls::Off => Encryption::Off,
            cli::Tls::Auto => Encryption::Offered,
            cli::Tls::Only => Encryption::Required { sts_port: None },
        },
    })
}

/// A text file of the administrator's, without the byte order mark that some editors write.
fn read_file(path: &Path, lang: Lang) -> Result<String, String> {
    let name = path.display().to_string();
    let cannot = |why: &str| Phrase::CannotRead { path: &name, why }.say(lang);
    let mut text = String::new();
    let read = File::open(path).and_then(|file| file.take(FILE_BYTES + 1).read_to_string(&mut text));
    match read {
        Err(error) => Err(cannot(&system_errors::why(&error, lang))),
        Ok(count) if count as u64 > FILE_BYTES => {
            Err(cannot(&Phrase::SystemFault(SystemFault::TooLarge).say(lang)))
        }
        Ok(_) => Ok(text.strip_prefix('\u{feff}').unwrap_or(&text).to_owned()),
    }
}
