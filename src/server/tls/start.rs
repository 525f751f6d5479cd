//! What a server that starts encrypts with, as the command line asks for it.

use super::files::Files;
use super::identity::Identity;
use super::own::{self, Fault, Names};
use crate::cli;
use crate::server::accept::listener::Listener;
use crate::server::disk::folder::Place;
use crate::system_errors::why;
use crate::text::sanitise::for_drawing;
use crate::text::{Lang, Phrase};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::Path;

/// What connections are encrypted with, and the files that it is from where they are an
/// administrator's; None where nothing is encrypted.
///
/// # Errors
/// One clear sentence for people.
pub(in crate::server) fn identity(
    args: &cli::Serve,
    place: &Place,
    listeners: &[Listener],
    lang: Lang,
) -> Result<Option<(Identity, Option<Files>)>, String> {
    if args.tls == cli::Tls::Off {
        return Ok(None);
    }
    let bad = |why: String| Phrase::BadCertificate { why: &for_drawing(&why) }.say(lang);
    if let (Some(certificate), Some(key)) = (&args.cert, &args.key) {
        let (files, identity) = Files::open(certificate.clone(), key.clone(), lang).map_err(bad)?;
        return Ok(Some((identity, Some(files))));
    }
    let loopback = [IpAddr::from(Ipv4Addr::LOCALHOST), Ipv6Addr::LOCALHOST.into()];
    let mut addresses: Vec<IpAddr> = listeners.iter().map(|listener| listener.reachable.ip()).collect();
    addresses.extend(loopback);
    addresses.sort_unstable();
    addresses.dedup();
    let drawn = |path: &Path| for_drawing(&path.display().to_string()).into_owned();
    let names = Names { name: &args.name, addresses };
    let identity = match place {
        Place::Folder(folder) => own::kept(folder, &names).map_err(|fault| match fault {
            Fault::Unreadable(path, error) => {
                Phrase::CannotRead { path: &drawn(&path), why: &why(&error, lang) }.say(lang)
            }
            Fault::Unwritable(path, error) => {
                Phrase::CannotWrite { path: &drawn(&path), why: &why(&error, lang) }.say(lang)
            }
        })?,
        Place::Memory | Place::Nowhere => own::of_this_run(&names).map_err(bad)?,
    };
    Ok(Some((identity, None)))
}
