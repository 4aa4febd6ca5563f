//! No writes on behalf of a user from somebody else's site, and nothing for its pages to load.
//!
//! Writes by the rules of Go's `net/http.CrossOriginProtection`: `Sec-Fetch-Site` where the browser sends it, then `Origin` against
//! the trusted list and the request's own host. Reads by a resource isolation policy (W3C Fetch Metadata Request Headers). No
//! tokens, no state.

mod future;
mod layer;
mod plain;
mod rules;
mod service;

pub use future::CsrfFuture;
pub use layer::CsrfLayer;
pub use service::CsrfService;
