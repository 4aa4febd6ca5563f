//! Security headers on every answer.

mod csp;
mod future;
mod layer;
mod nonce;
mod profile;
mod service;

pub use csp::ContentSecurityPolicy;
pub use future::SecurityHeadersFuture;
pub use layer::SecurityHeadersLayer;
pub use nonce::CspNonce;
pub use profile::{HeaderOverride, HeaderProfile};
pub use service::SecurityHeadersService;
