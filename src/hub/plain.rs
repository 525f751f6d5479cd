//! What is said to those who speak no IRC.

/// For whoever came with `nc` or telnet.
pub(super) const HELLO: &str = "This is a roomchat server. Come in with: roomchat join --name YOUR_NAME --server THIS_SERVER\r\n\
    Or open this address and port in any IRC client, such as irssi or WeeChat, without TLS.\r\n";

/// Methods of HTTP (RFC 9110, 9.3; RFC 5789).
const HTTP: [&str; 9] = ["GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"];

/// Whether a first line comes from a browser.
pub(super) fn is_http(command: &str) -> bool {
    HTTP.contains(&command)
}
