//! Prometheus rules as the rule files have them, and how they are held to account.

mod cases;
pub mod check;
mod inhibition;
mod model;
pub mod mutation;

pub use cases::{Case, CaseFile, Look};
pub use inhibition::Inhibitions;
pub use model::{Alert, Group, Record, Rule, RuleFile, RulesError};
