//! Business metrics whose labels can't grow: every value is known when the program is built.

mod buckets;
mod family;
mod label;
mod registered;
mod set;
mod writer;

pub use buckets::Buckets;
pub use family::{CounterFamily, GaugeFamily, HistogramFamily};
pub use label::Label;
pub(crate) use registered::{Bounded, Taken};
pub use set::LabelSet;
