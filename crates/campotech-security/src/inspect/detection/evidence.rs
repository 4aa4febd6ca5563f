//! What is kept of a finding: never the value.

use std::fmt::Debug;

use super::super::detect::RuleSet;

/// Where a value came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Source {
    /// A segment of the path.
    Path,
    /// A parameter of the query.
    Query,
    /// A header.
    Header,
    /// A string or a name in a JSON body.
    Json,
    /// A field of a form.
    Form,
    /// A field or a file's name in a multipart body.
    Multipart,
}

impl Source {
    /// The label: `path`, `query` ...
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Path => "path",
            Self::Query => "query",
            Self::Header => "header",
            Self::Json => "json",
            Self::Form => "form",
            Self::Multipart => "multipart",
        }
    }
}

/// A value that rules fired on.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Evidence {
    /// Where the value came from.
    pub source: Source,
    /// The field: a JSON pointer such as `#/items/3/title`, or `#/name` elsewhere. It ends before a name that could be
    /// anything but a name.
    pub field: String,
    /// The rules.
    pub rules: RuleSet,
    /// The value under a key that lives and dies with the process: the same value has the same hash, and nobody gets the value back.
    pub hash: u64,
}

/// Who is told the evidence against a request, once for each request over the threshold.
pub trait EvidenceSink: Send + Sync + Debug {
    /// The evidence: at most eight values, in the order in which they were read. `score` is the request's.
    fn found(&self, score: u32, evidence: &[Evidence]);
}

/// Nobody.
#[derive(Debug, Clone, Copy)]
pub(super) struct NoSink;

impl EvidenceSink for NoSink {
    fn found(&self, _: u32, _: &[Evidence]) {}
}
