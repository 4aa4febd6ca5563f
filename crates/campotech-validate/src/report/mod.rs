//! One report for every fault: codes and their texts, where a fault is, and the refusal they end in.

mod code;
pub mod codes;
mod issue;
mod observer;
mod place;
mod rejection;
mod violation;

pub use code::Code;
pub use issue::Issue;
pub use observer::ObserverExtension;
pub use place::Place;
pub(crate) use place::{LISTED, Report, Source};
pub use rejection::Rejection;
pub use violation::Violation;
