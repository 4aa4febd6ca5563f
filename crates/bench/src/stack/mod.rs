//! The whole stack over a bare axum router: ours, and what is put together of others' crates today.

#[cfg(feature = "peers")]
pub mod assembled;
pub mod bare;
pub mod ours;
pub mod request;
