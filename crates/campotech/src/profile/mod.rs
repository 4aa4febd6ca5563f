//! `GET /debug/pprof/profile`: where the processor's time goes, as Go's tools read it; on the admin listener only.

mod encode;
mod endpoint;
mod format;
mod session;

pub(crate) use endpoint::router;
