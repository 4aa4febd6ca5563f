//! The formats of an answer: our own families are written, registered ones are translated.

mod answer;
mod details;
mod family;
mod format;
mod labels;
mod proto;
mod registered;
mod text;

pub(crate) use answer::Exposition;
pub(crate) use details::Details;
pub(crate) use family::FamilyWriter;
pub use format::Format;
pub(crate) use labels::push_label;
pub(crate) use registered::{Registered, translate};
