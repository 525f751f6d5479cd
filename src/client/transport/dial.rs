//! From a server's name to a connection.

use std::io;
use std::net::{SocketAddr, ToSocketAddrs};

/// What `connect` makes of the first address of `server` that it can use.
///
/// # Errors
/// The last address's error, or `NotFound` where the name has none.
pub fn first_that_answers<T>(
    server: impl ToSocketAddrs,
    mut connect: impl FnMut(SocketAddr) -> io::Result<T>,
) -> io::Result<T> {
    let addresses =
        server.to_socket_addrs().map_err(|error| io::Error::new(io::ErrorKind::NotFound, error))?;
    let mut last = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
    for address in addresses {
        match connect(address) {
            Ok(connected) => return Ok(connected),
            Err(error) => last = error,
        }
    }
    Err(last)
}
