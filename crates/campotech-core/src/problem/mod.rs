//! Refusals and failures as `application/problem+json` (RFC 9457).

mod addressee;
mod answer;
mod fault;
mod kind;
pub mod kinds;
mod language;

pub use addressee::Addressee;
pub use answer::Problem;
pub use fault::{Fault, FaultLocation, tellable_name};
pub use kind::ProblemKind;
pub use language::{AcceptLanguage, Language, Localized};
