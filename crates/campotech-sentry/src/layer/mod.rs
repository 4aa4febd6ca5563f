//! One combined layer: sentry-tower's hub per request, and inside it what is known of the request, panics, server errors,
//! traces, sessions.

mod body;
mod context;
mod future;
mod hub;
mod report;
mod service;
mod unbound;

pub use body::SentryBody;
pub use future::SentryFuture;
pub use service::{SentryLayer, SentryService};
