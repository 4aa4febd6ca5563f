//! The status page: what the service does right now, for people, from what is published anyway.

mod history;
mod page;
mod style;

pub(crate) use history::History;
pub(crate) use page::{Page, StatusFact};
