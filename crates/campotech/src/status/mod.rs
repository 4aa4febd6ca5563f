//! The status page: what the service does right now and did in the last hour, for people, from what is published anyway.

mod assets;
mod charts;
mod history;
mod page;
mod rates;
mod style;

pub(crate) use assets::routes;
pub(crate) use history::{History, StatusFact};
pub(crate) use page::Page;
