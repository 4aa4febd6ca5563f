//! How long a handler may take.

use std::sync::Arc;
use std::time::Duration;

use campotech_core::{Mode, NoObserver, Observer};
use tower_layer::Layer;

use super::HandlerDeadlineService;
use crate::ConfigError;

/// Answers 503 where the service inside has not answered in time; its future is dropped then.
///
/// The time runs from the call to the head of the response: a response body that streams, or an upgraded connection such
/// as a WebSocket, lives as long as it likes. Mount it inside of the payload layer, so that a slow body (408) is not taken
/// for a slow handler. Needs a tokio runtime with its timer.
///
/// # Defaults
/// 10 s ([`Default`]), enforced, no observer.
#[derive(Debug, Clone)]
pub struct HandlerDeadlineLayer {
    pub(super) deadline: Duration,
    pub(super) observer: Arc<dyn Observer>,
    pub(super) mode: Mode,
}

impl HandlerDeadlineLayer {
    /// Allows handlers so much time.
    ///
    /// # Errors
    /// [`ConfigError::Range`] for no time at all, or more than a day.
    pub fn new(deadline: Duration) -> Result<Self, ConfigError> {
        if deadline.is_zero() || deadline > Duration::from_secs(86_400) {
            return Err(ConfigError::Range("the handler's deadline", "above 0 and up to a day"));
        }
        Ok(Self { deadline, ..Self::default() })
    }

    /// Reports every decision to `observer`.
    #[must_use]
    pub fn with_observer(mut self, observer: Arc<dyn Observer>) -> Self {
        self.observer = observer;
        self
    }

    /// Answers in the handler's place, or only reports that it was late.
    #[must_use]
    pub const fn with_mode(mut self, mode: Mode) -> Self {
        self.mode = mode;
        self
    }
}

impl Default for HandlerDeadlineLayer {
    fn default() -> Self {
        Self { deadline: Duration::from_secs(10), observer: Arc::new(NoObserver), mode: Mode::Enforce }
    }
}

impl<S> Layer<S> for HandlerDeadlineLayer {
    type Service = HandlerDeadlineService<S>;

    fn layer(&self, inner: S) -> HandlerDeadlineService<S> {
        HandlerDeadlineService { inner, layer: self.clone() }
    }
}
