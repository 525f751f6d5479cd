//! The server's own key and certificate. Who connects knows the server by the key, so that is kept;
//! the certificate, which nobody else has signed, is made anew on it when names or addresses change.

use super::identity::Identity;
use crate::store::write_private;
use crate::wire::vendor::ONE_RUN;
use rcgen::{CertificateParams, DnType, ExtendedKeyUsagePurpose, KeyPair, KeyUsagePurpose, SanType};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use std::fmt::Display;
use std::fs;
use std::io::{self, ErrorKind::QuotaExceeded, ErrorKind::StorageFull};
use std::net::IpAddr;
use std::path::{Path, PathBuf};

/// By what others know this server.
#[derive(Debug)]
pub(crate) struct Names<'a> {
    pub(crate) name: &'a str,
    pub(crate) addresses: Vec<IpAddr>,
}

/// Why the server has no key or certificate of its own: the file and the reason.
#[derive(Debug)]
pub(crate) enum Fault {
    Unreadable(PathBuf, io::Error),
    Unwritable(PathBuf, io::Error),
}

/// The key and certificate in a folder, made where they are missing.
///
/// # Errors
/// Where a file can't be read or written, or holds something else. A key is never replaced: those
/// who know it would take the server for another.
pub(crate) fn kept(folder: &Path, names: &Names<'_>) -> Result<Identity, Fault> {
    let (key_path, certificate_path) = (folder.join("key.pem"), folder.join("cert.pem"));
    let unreadable = |path: &Path, why| Fault::Unreadable(path.to_owned(), why);
    let unwritable = |path: &Path, why| Fault::Unwritable(path.to_owned(), why);
    let in_words = |why: &dyn Display| io::Error::other(why.to_string());
    let key = match fs::read_to_string(&key_path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let key = KeyPair::generate().map_err(|error| unwritable(&key_path, in_words(&error)))?;
            write_private(&key_path, key.serialize_pem().as_bytes())
                .map_err(|error| unwritable(&key_path, error))?;
            key
        }
        read => {
            let pem = read.map_err(|error| unreadable(&key_path, error))?;
            KeyPair::from_pem(&pem).map_err(|error| unreadable(&key_path, in_words(&error)))?
        }
    };
    let issued = issue(&key, names, false).map_err(|why| unwritable(&certificate_path, in_words(&why)))?;
    let before = fs::read(&certificate_path).unwrap_or_default();
    let certificate = if is_same(&before, issued.as_bytes()) {
        before
    } else {
        match write_private(&certificate_path, issued.as_bytes()) {
            // The next start makes it again.
            Err(error) if matches!(error.kind(), StorageFull | QuotaExceeded) => {}
            written => written.map_err(|error| unwritable(&certificate_path, error))?,
        }
        issued.into_bytes()
    };
    Identity::from_pem(&certificate, key.serialize_pem().as_bytes())
        .map_err(|why| unreadable(&certificate_path, in_words(&why)))
}

/// A key and certificate for this run of the server, which the certificate says.
///
/// # Errors
/// Where the system has no randomness.
pub(crate) fn of_this_run(names: &Names<'_>) -> Result<Identity, String> {
    let key = KeyPair::generate().map_err(|error| error.to_string())?;
    let certificate = issue(&key, names, true)?;
    Identity::from_pem(certificate.as_bytes(), key.serialize_pem().as_bytes())
}

/// A certificate in PEM (RFC 5280). It never ends: the key is what counts. Everything in it but the
/// signature follows from the key and the names.
fn issue(key: &KeyPair, names: &Names<'_>, is_for_one_run: bool) -> Result<String, String> {
    let mut params = CertificateParams::default();
    (params.not_before, params.not_after) =
        (rcgen::date_time_ymd(1975, 1, 1), rcgen::date_time_ymd(4096, 1, 1));
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, names.name);
    if is_for_one_run {
        params.distinguished_name.push(DnType::OrganizationalUnitName, ONE_RUN);
    }
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    // A name of a host is ASCII (RFC 5280, 4.2.1.6).
    let hosts = [names.name, "localhost"].into_iter().filter(|name| name.is_ascii());
    params.subject_alt_names =
        hosts.filter_map(|name| Some(SanType::DnsName(name.try_into().ok()?))).collect();
    params.subject_alt_names.extend(names.addresses.iter().copied().map(SanType::IpAddress));
    Ok(params.self_signed(key).map_err(|error| error.to_string())?.pem())
}

/// Whether two certificates in PEM differ in nothing but their signatures.
fn is_same(one: &[u8], other: &[u8]) -> bool {
    // Two sequences, one in the other, each with a length of two bytes: what is to be signed
    // (RFC 5280, 4.1).
    let signed = |pem| {
        let der = CertificateDer::from_pem_slice(pem).ok()?;
        let length = u16::from_be_bytes([*der.get(6)?, *der.get(7)?]);
        Some(der.get(4..8 + usize::from(length))?.to_vec())
    };
    signed(one).is_some_and(|signed_one| Some(signed_one) == signed(other))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(addresses: &[[u8; 4]]) -> Names<'static> {
        let addresses = addresses.iter().map(|&octets| octets.into()).collect();
        Names { name: "roomchat.local", addresses }
    }

    /// The key stays with the folder; the certificate is written anew when addresses change, and
    /// only then.
    #[test]
    fn key_is_kept_and_certificate_follows_the_addresses() {
        let folder = std::env::temp_dir().join(format!("roomchat-own-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        let certificate = || fs::read_to_string(folder.join("cert.pem")).unwrap();
        let first = kept(&folder, &names(&[[10, 0, 0, 1]])).unwrap();
        let issued = certificate();
        let again = kept(&folder, &names(&[[10, 0, 0, 1]])).unwrap();
        assert_eq!((&again.fingerprint, certificate()), (&first.fingerprint, issued.clone()));
        let moved = kept(&folder, &names(&[[10, 0, 0, 2]])).unwrap();
        assert_eq!(moved.fingerprint, first.fingerprint);
        assert_ne!(certificate(), issued);
        #[cfg(unix)]
        for file in ["key.pem", "cert.pem"] {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(fs::metadata(folder.join(file)).unwrap().permissions().mode() & 0o777, 0o600);
        }
        fs::write(folder.join("key.pem"), "no key").unwrap();
        let Fault::Unreadable(path, _) = kept(&folder, &names(&[])).unwrap_err() else { panic!() };
        assert!(path.ends_with("key.pem"), "a damaged key is no reason for another: {path:?}");
        fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn a_file_that_cannot_be_written_is_not_called_unreadable() {
        let folder = std::env::temp_dir().join(format!("roomchat-own-unwritable-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        for file in ["key", "cert"] {
            let blocked = folder.join(file).with_extension("new");
            fs::create_dir_all(&blocked).unwrap();
            let Fault::Unwritable(path, _) = kept(&folder, &names(&[])).unwrap_err() else { panic!() };
            assert_eq!(path, blocked.with_extension("pem"));
            fs::remove_dir(&blocked).unwrap();
        }
        kept(&folder, &names(&[])).unwrap();
        fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn a_name_that_is_no_host_is_in_the_certificate_all_the_same() {
        let of_run = |name| issue(&KeyPair::generate().unwrap(), &Names { name, addresses: vec![] }, true);
        let has = |pem: &str, text: &str| {
            let der = CertificateDer::from_pem_slice(pem.as_bytes()).unwrap();
            der.windows(text.len()).filter(|part| *part == text.as_bytes()).count()
        };
        // Issuer and subject, and for a host its name as well.
        let (chinese, ascii) = (of_run("聊天室").unwrap(), of_run("chat.example").unwrap());
        assert_eq!((has(&chinese, "聊天室"), has(&ascii, "chat.example")), (2, 3));
        assert_eq!((has(&chinese, ONE_RUN), has(&chinese, "localhost")), (2, 1));
        assert_ne!(
            of_this_run(&names(&[])).unwrap().fingerprint,
            of_this_run(&names(&[])).unwrap().fingerprint
        );
    }
}
