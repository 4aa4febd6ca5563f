//! Rules are changed a little, and the tests have to notice: `promtool test rules` on a copy, once for each change.

mod expr;
mod hold;
mod mutant;
mod report;
mod run;
#[cfg(test)]
mod tests;

pub use mutant::{Mutant, MutationError, mutants};
pub use report::{Report, Survivor};
pub use run::run;
