//! What the gate looks at.

use std::sync::Arc;

use campotech_core::{Mode, NoObserver, Observer};
use tower_layer::Layer;

use super::InspectService;
use super::detection::Detection;
use super::form::FormLimits;
use super::json::JsonLimits;
use super::multipart::MultipartLimits;
use crate::ConfigError;
use crate::path_pattern::PathPattern;

/// Refuses requests that are malformed or ambiguous (400, an endless target 414); what passes is not changed by a byte.
///
/// Looked at: path and query as they were sent and as they decode, headers, and bodies of JSON, forms and multipart where the payload
/// layer left a [`RawBody`](campotech_core::RawBody). The refusal's member `reason` is a closed code such as `path.traversal` or
/// `json.depth`; for JSON `errors` says where. What is well-formed goes through [`Detection`].
///
/// # Defaults
/// Targets of 8 KiB, [`JsonLimits::default`], [`FormLimits::default`], [`MultipartLimits::default`], repeated parameters and fields
/// allowed, names of prototypes reported, bodies of other types left alone, enforced; [`Detection::new`], which only reports; no
/// observer.
#[derive(Debug, Clone)]
pub struct InspectLayer {
    pub(super) max_uri: usize,
    pub(super) json: JsonLimits,
    pub(super) form: FormLimits,
    pub(super) multipart: MultipartLimits,
    pub(super) prototypes: PrototypeNames,
    pub(super) known_bodies: bool,
    pub(super) detection: Option<Detection>,
    pub(super) duplicates: DuplicateParameters,
    pub(super) unread: Vec<PathPattern>,
    pub(super) observer: Arc<dyn Observer>,
    pub(super) mode: Mode,
}

/// What becomes of JSON with a member `__proto__`, `constructor` or `prototype`, which harms where a script merges it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum PrototypeNames {
    /// It passes.
    Allow,
    /// It passes and is reported: `constructor` is a word of Spanish, too.
    #[default]
    Report,
    /// It is refused.
    Refuse,
}

/// What becomes of a query or a form with a parameter that is there twice.
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
            form: FormLimits::default(),
            multipart: MultipartLimits::default(),
            prototypes: PrototypeNames::default(),
            known_bodies: false,
            detection: Some(Detection::new()),
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

    /// Holds forms to `limits`.
    #[must_use]
    pub const fn with_form_limits(mut self, limits: FormLimits) -> Self {
        self.form = limits;
        self
    }

    /// Holds multipart bodies to `limits`.
    #[must_use]
    pub const fn with_multipart_limits(mut self, limits: MultipartLimits) -> Self {
        self.multipart = limits;
        self
    }

    /// Allows, reports or refuses names of prototypes in JSON.
    #[must_use]
    pub const fn with_prototype_names(mut self, prototypes: PrototypeNames) -> Self {
        self.prototypes = prototypes;
        self
    }

    /// Refuses (415) bodies that are not read here: of another type than JSON, form or multipart, of two, or in another charset
    /// than UTF-8. For services whose handlers read a body whatever its type says.
    #[must_use]
    pub const fn with_known_bodies_only(mut self) -> Self {
        self.known_bodies = true;
        self
    }

    /// Looks for attacks as `detection` has it.
    #[must_use]
    pub fn with_detection(mut self, detection: Detection) -> Self {
        self.detection = Some(detection);
        self
    }

    /// Looks at structure only.
    #[must_use]
    pub fn without_detection(mut self) -> Self {
        self.detection = None;
        self
    }

    /// Allows or refuses repeated query parameters and form fields.
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

    /// Refuses, or only reports the first finding; detection has a mode of its own.
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
