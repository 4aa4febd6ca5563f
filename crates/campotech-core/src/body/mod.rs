//! Bodies that middleware answers with, watches, or keeps.

mod answer;
mod never;
mod raw;
mod tracked;

pub use answer::AnswerBody;
pub use never::NeverBody;
pub use raw::RawBody;
pub use tracked::{EndOfBody, TrackEnd, TrackedBody};
