//! The structural gate, which refuses what is malformed, ambiguous or too deep, and detection, which looks for attacks in what is
//! well-formed. Neither changes a byte.

mod body;
mod detail;
mod detect;
mod detection;
mod fields;
mod finding;
mod form;
mod head;
mod json;
mod layer;
mod multipart;
mod percent;
mod service;

pub use detect::{Attack, Rule, RuleSet, examine};
pub use detection::{Detection, Evidence, EvidenceSink, Source};
pub use form::FormLimits;
pub use json::JsonLimits;
pub use layer::{DuplicateParameters, InspectLayer, PrototypeNames};
pub use multipart::MultipartLimits;
pub use service::{InspectFuture, InspectService};
