//! Webhooks: who really sent this.

mod handshake;
mod meta;

pub use handshake::{HandshakeError, VerifyToken};
pub use meta::{MetaSignature, SignatureError};
