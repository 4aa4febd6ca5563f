//! Detection on requests: which values are looked at, what is left out, who is told.

mod evidence;
mod examination;
mod exemption;
mod settings;

pub use evidence::{Evidence, EvidenceSink, Source};
pub(in crate::inspect) use examination::Examination;
pub use settings::Detection;
