//! Detection: what a value would do to a database, a browser, a file system, a shell, a template or a parser.
//!
//! By grammar, not by signatures: a value is read the way its victim would read it, and what no victim could read is
//! text.

mod canonical;
mod class;
mod command;
mod examine;
mod html;
mod path;
mod rule;
mod sql;
mod template;
mod text;
mod xml;

pub(in crate::inspect) use class::{
    ANGLE, BRACE, BRACKET, CLASSES, DISGUISE, DOT, EQUALS, HIGH, Makeup, OPERATOR, QUOTE, SEPARATOR, SHELL,
    SPACE,
};
pub use examine::examine;
pub(in crate::inspect) use examine::examine_bytes;
pub use rule::{Attack, Rule, RuleSet};
