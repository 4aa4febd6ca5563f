//! A header, read from a socket without a byte of what follows.

use std::io;
use std::net::SocketAddr;

use tokio::io::{AsyncRead, AsyncReadExt};

use super::header::{Client, LONGEST, Parsed, parse};

/// The client behind the proxy; none where the header names nobody.
///
/// # Errors
/// Where the bytes are no header, or the socket ends before it is whole.
pub(crate) async fn read_header<I: AsyncRead + Unpin>(stream: &mut I) -> io::Result<Option<SocketAddr>> {
    let (mut buffer, mut have) = ([0; LONGEST], 0);
    loop {
        match parse(&buffer[..have]).map_err(|_| io::ErrorKind::InvalidData)? {
            Parsed::Complete { client: Client::Peer, .. } => return Ok(None),
            Parsed::Complete { client: Client::At(client), .. } => return Ok(Some(client)),
            Parsed::Incomplete { missing } => {
                let space = buffer.get_mut(have..have + missing).ok_or(io::ErrorKind::InvalidData)?;
                match stream.read(space).await? {
                    0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                    count => have += count,
                }
            }
        }
    }
}
