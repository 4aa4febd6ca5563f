//! One combined layer: a hub per request, what is known of the request, panics, server errors, traces, sessions.

mod body;
mod context;
mod future;
mod service;

pub use body::SentryBody;
pub use future::SentryFuture;
pub use service::{SentryLayer, SentryService};
