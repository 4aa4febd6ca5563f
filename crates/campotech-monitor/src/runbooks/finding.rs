//! What can be wrong with the folder.

use super::page::Panel;

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Finding {
    /// An alert points to nothing.
    #[error("{alert}: there is no page")]
    NoPage {
        /// The alert.
        alert: String,
    },
    /// A page belongs to no alert.
    #[error("{page}: there is no alert of this name")]
    Orphan {
        /// The page.
        page: String,
    },
    /// The headings are others, or in another order.
    #[error("{page}: the headings are {found:?}")]
    Headings {
        /// The page.
        page: String,
        /// What they are.
        found: Vec<String>,
    },
    /// Nothing stands below a heading.
    #[error("{page}: nothing stands below {heading}")]
    Empty {
        /// The page.
        page: String,
        /// The heading.
        heading: String,
    },
    /// No `sh` block in Diagnosis.
    #[error("{page}: Diagnosis has no command")]
    NoCommand {
        /// The page.
        page: String,
    },
    /// No `promql` block in Diagnosis.
    #[error("{page}: Diagnosis has no promql block")]
    NoPromql {
        /// The page.
        page: String,
    },
    /// A block of a language that nobody checks, such as a misspelt `promql-incidents`.
    #[error("{page}: a block is in {language:?}")]
    Language {
        /// The page.
        page: String,
        /// What it says it is.
        language: String,
    },
    /// An expression that is no PromQL.
    #[error("{page}: {expr:?} is no PromQL: {message}")]
    Syntax {
        /// The page.
        page: String,
        /// The expression.
        expr: String,
        /// Why, in the parser's words.
        message: String,
    },
    /// The page names another panel than the alert, or none.
    #[error("{page}: names the panel {found:?}, the alert {expected:?}")]
    Panel {
        /// The page.
        page: String,
        /// What the page names.
        found: Option<Panel>,
        /// What the alert names.
        expected: Panel,
    },
    /// A link to no file, or to no heading.
    #[error("{page}: the link {link} leads nowhere")]
    Link {
        /// The page.
        page: String,
        /// As it is written.
        link: String,
    },
    /// The index does not list the page below the alert's severity.
    #[error("{page}: the index does not list it below {severity}")]
    NotListed {
        /// The page.
        page: String,
        /// The alert's severity.
        severity: String,
    },
}
