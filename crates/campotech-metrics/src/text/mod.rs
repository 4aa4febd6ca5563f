//! The text format 0.0.4: our own families are written, OpenMetrics of registered ones is translated.

mod exposition;
mod labels;
mod openmetrics;

pub(crate) use exposition::{Block, Exposition};
pub(crate) use labels::push_label;
pub(crate) use openmetrics::translate;
