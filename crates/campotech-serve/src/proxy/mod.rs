//! The PROXY protocol of `HAProxy`, versions 1 and 2: who the client is, told ahead of its first byte.

mod header;
mod protocol;
mod read;
mod v1;
mod v2;

pub use protocol::ProxyProtocol;
pub(crate) use read::read_header;
