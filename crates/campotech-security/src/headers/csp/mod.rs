//! `Content-Security-Policy` (W3C CSP Level 3): directives that are known, sources that are checked, written once.

mod directive;
mod policy;
mod rendered;
mod source;

pub use directive::Directive;
pub use policy::ContentSecurityPolicy;
pub(super) use rendered::RenderedPolicy;
pub(super) use source::is_token;
