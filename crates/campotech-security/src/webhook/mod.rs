//! Webhooks: who really sent this, when, and whether it was here before.

mod check;
mod error;
mod future;
mod handshake;
mod header;
mod layer;
mod reading;
pub mod replay;
mod scheme;
mod service;
mod sign;
mod verified;
mod verifier;

pub use error::{WebhookError, WebhookReason};
pub use future::WebhookFuture;
pub use handshake::{HandshakeError, VerifyToken};
pub use layer::WebhookLayer;
pub use scheme::Scheme;
pub use service::WebhookService;
pub use verified::{Admission, Signed, VerifiedWebhook};
pub use verifier::WebhookVerifier;
