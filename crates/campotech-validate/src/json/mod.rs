//! JSON as it came in: one pass, numbers as they were written, no member twice, no depth without end.

mod node;
mod parser;
#[cfg(test)]
mod tests;

pub use node::Node;
pub(crate) use parser::number_length;
pub use parser::parse;
