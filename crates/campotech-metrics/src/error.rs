//! What can be wrong with a set of metrics.

use thiserror::Error;

/// A wrong setting or registration.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The service's name or version is empty.
    #[error("the {0} of the service is empty")]
    Empty(&'static str),
    /// The series budget leaves no room for the overflow series.
    #[error(
        "a series budget of {budget} is too small: at least {least} label sets are needed in each family"
    )]
    BudgetTooSmall {
        /// What was asked for.
        budget: usize,
        /// The least that works.
        least: usize,
    },
    /// A collector has no time, or there may be no scrape at all.
    #[error("the budget of a collector and the number of scrapes must not be zero")]
    Zero,
    /// A metric has a name that another one has already.
    #[error("the metric {0} exists already")]
    DuplicateMetric(String),
    /// The name is not a metric's name.
    #[error(
        "{0:?} is not such a metric's name: letters, digits, underscore and colon, no digit in front; _total ends a counter's and no other"
    )]
    InvalidName(String),
    /// The name is not a label's name, or its values are not told apart.
    #[error(
        "{0:?} is not a label name: letters, digits and underscore, no digit in front, none of le, quantile, __x"
    )]
    InvalidLabel(String),
    /// The series of one metric must have the same label names.
    #[error("the series of {0} have different label names")]
    LabelMismatch(String),
    /// The bounds of a histogram's buckets do not grow, are none, too many, or begin with zero.
    #[error("the bounds of {0} are not one to twenty that grow, the first above zero")]
    InvalidBounds(String),
    /// The registered metrics can't be encoded, such as a native histogram without classic buckets.
    #[error("the registered metrics can't be encoded as text")]
    Unencodable,
}

impl ConfigError {
    /// A stable code for programs.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Empty(_) => "empty",
            Self::BudgetTooSmall { .. } => "budget_too_small",
            Self::Zero => "zero",
            Self::DuplicateMetric(_) => "duplicate_metric",
            Self::InvalidName(_) => "invalid_name",
            Self::InvalidLabel(_) => "invalid_label",
            Self::LabelMismatch(_) => "label_mismatch",
            Self::InvalidBounds(_) => "invalid_bounds",
            Self::Unencodable => "unencodable",
        }
    }
}
