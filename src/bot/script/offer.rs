//! Capabilities and tokens that servers are known to offer: the names that `@only-if` and `@skip-if`
//! may ask for. A name that no server has would skip a script for ever, or
//! never.

use super::syntax::nearest;

/// Capabilities of IRCv3 and their drafts (<https://ircv3.net/registry>).
const CAPABILITIES: &str = "\
    account-notify account-tag away-notify batch cap-notify chghost draft/account-registration \
    draft/channel-rename draft/chathistory draft/event-playback draft/extended-isupport \
    draft/message-redaction draft/metadata-2 draft/multiline draft/no-implicit-names draft/pre-away \
    draft/read-marker echo-message extended-join extended-monitor invite-notify labeled-response \
    message-tags multi-prefix no-implicit-names sasl server-time setname standard-replies starttls sts \
    tls userhost-in-names";

/// Tokens of numeric 005: those of Modern and of the servers that are played
/// against; `FIRSTROOM` is our own server's.
const TOKENS: &str = "\
    ACCEPT ACCOUNTEXTBAN AWAYLEN BOT CALLERID CASEMAPPING CHANLIMIT CHANMODES CHANNELLEN CHANTYPES \
    CHARSET CHATHISTORY CLIENTTAGDENY CLIENTVER CNOTICE CPRIVMSG DEAF ELIST EXCEPTS EXTBAN FIRSTROOM FNC \
    HOSTLEN INVEX KEYLEN KICKLEN KNOCK LINELEN MAP MAXBANS MAXCHANNELS MAXLIST MAXMODES MAXNICKLEN \
    MAXPARA MAXTARGETS METADATA MODES MONITOR MSGREFTYPES NAMELEN NAMESX NETWORK NICKLEN OVERRIDE \
    PENALTY PREFIX REMOVE RFC2812 SAFELIST SAFERATE SECURELIST SILENCE STARTTLS STATUSMSG STD TARGMAX \
    TOPICLEN UHNAMES USERIP USERLEN USERMODES UTF8ONLY UTF8MAPPING VBANLIST VLIST WALLCHOPS WALLVOICES \
    WATCH WATCHOPTS WHOX";

/// Two names that differ by so many letters are one name and its misspelling.
const MOST_MISSPELLED: usize = 2;

/// Whether a server may offer this capability; the error: the nearest that one may.
///
/// # Errors
/// Where no server is known to offer it, and no vendor's name stands before a `/`.
pub fn capability(name: &str) -> Result<(), Option<String>> {
    known(name, CAPABILITIES)
}

/// The same of a token of numeric 005.
///
/// # Errors
/// Like those of [`capability`].
pub fn token(name: &str) -> Result<(), Option<String>> {
    known(name, TOKENS)
}

fn known(name: &str, table: &str) -> Result<(), Option<String>> {
    let all = || table.split(' ');
    if all().any(|known| known == name) {
        return Ok(());
    }
    let bare = name.split('=').next().unwrap_or(name);
    let spelled = all().find(|known| known.eq_ignore_ascii_case(bare));
    let near = spelled.map(str::to_owned).or_else(|| nearest(bare, all()));
    // Vendors may offer anything, but no known name in another spelling.
    let vendor = name.split_once('/').is_some_and(|(vendor, name)| !vendor.is_empty() && !name.is_empty());
    let misspelled = |near: &String| strsim::damerau_levenshtein(name, near) <= MOST_MISSPELLED;
    match vendor && !name.contains([' ', '=']) && !near.as_ref().is_some_and(misspelled) {
        true => Ok(()),
        false => Err(near),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each of these once skipped its script on every server.
    #[test]
    fn what_no_server_offers_is_a_mistake() {
        for (name, mean) in [
            ("echo-mesage", Some("echo-message")),
            ("Echo-Message", Some("echo-message")),
            ("sasl=PLAIN", Some("sasl")),
            ("draft/chathistroy", Some("draft/chathistory")),
            ("typo", None),
            ("batch sasl", None),
        ] {
            assert_eq!(capability(name), Err(mean.map(str::to_owned)), "{name}");
        }
        assert_eq!(token("nicklen"), Err(Some("NICKLEN".to_owned())));
        assert_eq!(token("NICKLEN=30"), Err(Some("NICKLEN".to_owned())));
        assert_eq!(token("fly"), Err(None));
    }

    /// Known names and those of vendors may be asked for.
    #[test]
    fn known_and_vendor_names_pass() {
        for name in ["echo-message", "draft/chathistory", "znc.in/self-message", "draft/something-else"] {
            assert_eq!(capability(name), Ok(()), "{name}");
        }
        for name in ["NICKLEN", "FIRSTROOM", "soju.im/FILEHOST"] {
            assert_eq!(token(name), Ok(()), "{name}");
        }
    }
}
