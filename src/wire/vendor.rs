//! Names of the project's own on the wire (IRCv3, Capability Negotiation: "Vendor-Specific").

/// The capability that tells a client on a plain connection that the same port speaks TLS. It has
/// no value, and nobody asks for it.
pub const TLS: &str = "roomchat.invalid/tls";

/// The capability of a server that knows again, by its tag [`ID_TAG`], a message that is sent twice. It has
/// no value.
pub const ID: &str = "roomchat.invalid/id";

/// The tag of a message's id, which its client makes: on the message, or on the opening of its batch.
pub const ID_TAG: &str = "+roomchat.invalid/id";

/// What a server with a full disk says of what it refuses.
pub const NOT_KEPT: &str = "The server's disk is full, try again later";

/// The organisational unit in a certificate whose key ends with this run of the server, so that it
/// is no use to remember it.
pub const ONE_RUN: &str = "roomchat: a key for one run";
