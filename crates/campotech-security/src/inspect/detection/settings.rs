//! How detection is set.

use std::hash::RandomState;
use std::sync::Arc;

use campotech_core::Mode;

use super::evidence::{EvidenceSink, NoSink};
use super::exemption::{Exemption, FieldPattern};
use crate::ConfigError;
use crate::path_pattern::PathPattern;

/// Looks for attacks in the values of a request, and scores it.
///
/// Values are those of path segments, query parameters, JSON strings and names, form fields, fields and file names of multipart
/// bodies, and, where asked for, of the headers `User-Agent`, `Referer` and `Cookie`. A request's score is that of all rules
/// which fired on it, each counted once, of the kind of attack with the most.
///
/// # Defaults
/// Reports and lets pass; a score of 5 (one critical rule) counts; every request; no headers; fields named `password` are left
/// out; evidence goes to nobody.
#[derive(Debug, Clone)]
pub struct Detection {
    pub(super) mode: Mode,
    pub(super) threshold: u32,
    pub(super) headers: bool,
    pub(super) share: f64,
    pub(super) exemptions: Vec<Exemption>,
    pub(super) sink: Arc<dyn EvidenceSink>,
    pub(super) key: RandomState,
}

impl Detection {
    /// Detection with the defaults.
    #[must_use]
    pub fn new() -> Self {
        Self {
            mode: Mode::ReportOnly,
            threshold: 5,
            headers: false,
            share: 1.0,
            exemptions: vec![Exemption { routes: None, field: FieldPattern::Name("password".into()) }],
            sink: Arc::new(NoSink),
            key: RandomState::new(),
        }
    }

    /// Refuses (400), or only reports.
    #[must_use]
    pub const fn with_mode(mut self, mode: Mode) -> Self {
        self.mode = mode;
        self
    }

    /// Counts requests of this score and more.
    ///
    /// # Errors
    /// [`ConfigError::Range`] for 0 and for more than 100.
    pub fn with_threshold(self, threshold: u32) -> Result<Self, ConfigError> {
        match threshold {
            1..=100 => Ok(Self { threshold, ..self }),
            _ => Err(ConfigError::Range("the score that counts", "1 to 100")),
        }
    }

    /// Looks at `User-Agent`, `Referer` and `Cookie`, too.
    #[must_use]
    pub const fn with_headers(mut self, headers: bool) -> Self {
        self.headers = headers;
        self
    }

    /// Looks at this share of all requests, chosen by chance.
    ///
    /// # Errors
    /// [`ConfigError::Range`] for what is not from 0 to 1.
    pub fn with_sampling(self, share: f64) -> Result<Self, ConfigError> {
        if (0.0..=1.0).contains(&share) {
            return Ok(Self { share, ..self });
        }
        Err(ConfigError::Range("the share of requests that is looked at", "0 to 1"))
    }

    /// Leaves a field out on paths that match `routes`, such as `/api/v1/notes/*`: a name (`bio`) at any depth and in any kind of
    /// body, or a pointer (`#/author/bio`, `#/items/*/html`), where `*` is any one name or index.
    ///
    /// A path that can be read in another way, too, is not exempt.
    ///
    /// # Errors
    /// [`ConfigError::PathPattern`], [`ConfigError::FieldPattern`].
    pub fn without_field(mut self, routes: &str, field: &str) -> Result<Self, ConfigError> {
        let routes = Some(PathPattern::parse(routes)?);
        self.exemptions.push(Exemption { routes, field: FieldPattern::parse(field)? });
        Ok(self)
    }

    /// Tells `sink` the evidence.
    #[must_use]
    pub fn with_evidence(mut self, sink: Arc<dyn EvidenceSink>) -> Self {
        self.sink = sink;
        self
    }

    /// Whether headers are looked at, too.
    pub(in crate::inspect) const fn wants_headers(&self) -> bool {
        self.headers
    }

    pub(in crate::inspect) const fn mode(&self) -> Mode {
        self.mode
    }

    /// Whether this request is one of those that are looked at.
    pub(in crate::inspect) fn is_chosen(&self) -> bool {
        self.share >= 1.0 || rand::random::<f64>() < self.share
    }
}

impl Default for Detection {
    fn default() -> Self {
        Self::new()
    }
}
