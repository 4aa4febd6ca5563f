//! Request bodies within limits of size, time and decompression, buffered once for all below.

#[cfg(feature = "decompression")]
mod brotli;
mod coding;
mod collector;
#[cfg(feature = "decompression")]
mod decode;
mod future;
mod layer;
mod pace;
mod refusal;
mod service;

pub use future::PayloadFuture;
pub use layer::PayloadLayer;
pub use service::PayloadService;
