//! What the gate looks at.

use std::sync::Arc;

use campotech_core::{Mode, NoObserver, Observer};
use tower_layer::Layer;

use super::InspectService;
use super::json::JsonLimits;
use crate::ConfigError;
use crate::path_pattern::PathPattern;

/// Refuses requests that are malformed or ambiguous (400, an endless target 414); what passes is not changed by a byte.
///
/// Looked at: path and query as they were sent and as they decode, headers, and JSON bodies where the payload layer left a
/// [`RawBody`](campotech_core::RawBody). The refusal's member `reason` is a closed code such as `path.traversal` or
/// `json.depth`; for JSON `errors` says where.
///
/// # Defaults
/// Targets of 8 KiB, [`JsonLimits::default`], repeated query parameters allowed, enforced, no observer.
#[derive(Debug, Clone)]
pub struct InspectLayer {
    pub(super) max_uri: usize,
    pub(super) json: JsonLimits,
    pub(super) duplicates: DuplicateParameters,
    pub(super) unread: Vec<PathPattern>,
    pub(super) observer: Arc<dyn Observer>,
    pub(super) mode: Mode,
}

/// What becomes of a query with a parameter that is there twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum DuplicateParameters {
    /// It passes: `tag=a&tag=b` is how lists are written.
    #[default]
    Allow,
    /// It is refused: readers differ on which one counts.
    Refuse,
}

impl InspectLayer {
    /// A gate with the defaults.
    #[must_use]
    pub fn new() -> Self {
        Self {
            max_uri: 8 << 10,
            json: JsonLimits::default(),
            duplicates: DuplicateParameters::default(),
            unread: Vec::new(),
            observer: Arc::new(NoObserver),
            mode: Mode::Enforce,
        }
    }

    /// Allows targets (path and query) of so many bytes.
    ///
    /// # Errors
    /// [`ConfigError::Range`] for 0.
    pub fn with_max_uri(self, max_uri: usize) -> Result<Self, ConfigError> {
        if max_uri == 0 {
            return Err(ConfigError::Range("the length of a target", "1 or more"));
        }
        Ok(Self { max_uri, ..self })
    }

    /// Holds JSON bodies to `limits`.
    #[must_use]
    pub const fn with_json_limits(mut self, limits: JsonLimits) -> Self {
        self.json = limits;
        self
    }

    /// Allows or refuses repeated query parameters.
    #[must_use]
    pub const fn with_duplicate_parameters(mut self, duplicates: DuplicateParameters) -> Self {
        self.duplicates = duplicates;
        self
    }

    /// Leaves the bodies of paths that match `pattern` alone, such as `/webhooks/*`: the sender of a signed body is known,
    /// and a body that is refused before its signature was looked at would be sent again and again.
    ///
    /// A path that can be read in another way, too, is not exempt.
    ///
    /// # Errors
    /// [`ConfigError::PathPattern`].
    pub fn without_body_for(mut self, pattern: &str) -> Result<Self, ConfigError> {
        self.unread.push(PathPattern::parse(pattern)?);
        Ok(self)
    }

    /// Reports every decision to `observer`.
    #[must_use]
    pub fn with_observer(mut self, observer: Arc<dyn Observer>) -> Self {
        self.observer = observer;
        self
    }

    /// Refuses, or only reports the first finding.
    #[must_use]
    pub const fn with_mode(mut self, mode: Mode) -> Self {
        self.mode = mode;
        self
    }
}

impl Default for InspectLayer {
    fn default() -> Self {
        Self::new()
    }
}

impl<S> Layer<S> for InspectLayer {
    type Service = InspectService<S>;

    fn layer(&self, inner: S) -> InspectService<S> {
        InspectService { inner, layer: Arc::new(self.clone()) }
    }
}
