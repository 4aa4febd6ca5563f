//! The status page: what the service does right now and did in the last hour, for people, from what is published anyway.
//!
//! Nothing is asked of a database, and nothing happens on the path of a request: a thread looks once a second. What it keeps
//! is bounded: see [`Hour`](hour::Hour) and [`States`](states::States).

mod assets;
mod charts;
mod clock;
mod fact;
mod figures;
mod history;
mod hour;
mod page;
mod rates;
mod readings;
mod states;
mod text;

pub(crate) use assets::routes;
pub(crate) use fact::StatusFact;
pub(crate) use history::History;
pub(crate) use page::Page;
