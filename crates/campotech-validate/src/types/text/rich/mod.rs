//! HTML that people write in an editor: what is shown, and nothing that runs.
//!
//! A text goes through `cost` (whether reading it is cheap) and `clean` (what of it is kept), again and again until nothing
//! changes any more, and comes out as a [`RichHtml`]; `piece` takes apart what was kept, `plain` is the text that one sees of it.

mod clean;
mod cost;
mod html;
mod piece;
mod plain;

pub use html::RichHtml;
