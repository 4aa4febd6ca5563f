//! No writes on behalf of a user from somebody else's site.
//!
//! The rules of Go's `net/http.CrossOriginProtection`: `Sec-Fetch-Site` where the browser sends it, then `Origin` against the
//! trusted list and the request's own host. No tokens, no state.

mod future;
mod layer;
mod rules;
mod service;

pub use future::CsrfFuture;
pub use layer::CsrfLayer;
pub use service::CsrfService;
