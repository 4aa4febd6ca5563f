//! Text format 0.0.4 and OpenMetrics: our own families are written, registered ones are translated.

mod exposition;
mod format;
mod labels;
mod openmetrics;

pub(crate) use exposition::{Block, Exposition};
pub use format::Format;
pub(crate) use labels::push_label;
pub(crate) use openmetrics::translate;
