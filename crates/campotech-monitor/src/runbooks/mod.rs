//! The pages of `docs/runbooks`: read, and held against the alerts that point to them.

mod check;
mod finding;
mod links;
mod markdown;
mod page;
#[cfg(test)]
mod tests;

pub use check::check;
pub use finding::Finding;
pub use page::{Block, Heading, INDEX, Link, Panel, Runbook, RunbooksError, load};
