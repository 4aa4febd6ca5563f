//! A whole server on a CPU of its own, asked by wrk on another: what a request costs with all that the system does for it.

mod serve;
mod wrk;

pub use serve::{ASSEMBLED, AXUM, HYPER, OURS, serve};
pub use wrk::beside;
