//! Business metrics whose labels can't grow: every value is known when the program is built.

mod buckets;
mod family;
mod label;
mod registered;
mod set;
mod taken;
mod writer;

pub use family::{CounterFamily, DurationFamily, GaugeFamily, HistogramFamily};
pub use label::Label;
pub(crate) use registered::Bounded;
pub use set::LabelSet;
pub(crate) use taken::Taken;
