//! Names of the project's own on the wire (IRCv3, Capability Negotiation: "Vendor-Specific").

/// The capability that tells a client on a plain connection that the same port speaks TLS. It has
/// no value, and nobody asks for it.
pub const TLS: &str = "roomchat.invalid/tls";

/// The organisational unit in a certificate whose key ends with this run of the server, so that it
/// is no use to remember it.
pub const ONE_RUN: &str = "roomchat: a key for one run";
