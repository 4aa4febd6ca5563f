//! Text that people write: kept as it is, without what can't be seen.

mod guard;
mod multiline;
mod plain;
#[cfg(feature = "rich-html")]
mod rich;

pub(crate) use guard::check;
pub(super) use guard::forbidden;
pub use multiline::MultilineText;
pub use plain::PlainText;
#[cfg(feature = "rich-html")]
pub use rich::RichHtml;
