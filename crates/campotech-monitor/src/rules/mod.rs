//! Prometheus rules as the rule files have them.

mod model;

pub use model::{Alert, Group, Record, Rule, RuleFile, RulesError};
