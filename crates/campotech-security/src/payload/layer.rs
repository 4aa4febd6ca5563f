//! How large, how slow and in which codings a body may be.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use campotech_core::{Mode, NoObserver, Observer};
use http::request::Parts;
use tower_layer::Layer;

use super::PayloadService;
use super::coding::{Coding, Requested};
use super::pace::Pace;
use crate::ConfigError;
use crate::path_pattern::{PathPattern, PathReadings};

/// Reads the whole body before the service inside is called, and refuses what is too large (413), too slow (408) or in a
/// coding it does not read (415).
///
/// The service inside gets a `Request<Out>` with the body as it is after decompression (`axum::body::Body`,
/// `http_body_util::Full<Bytes>`), and the same bytes as [`RawBody`](campotech_core::RawBody) in the extensions. Trailers
/// are dropped. A request without a body passes straight through, without `RawBody`. A client that goes away half-way
/// never reaches the service. Needs a tokio runtime with its timer for bodies that are not there at once.
///
/// # Defaults
/// 10 s for the whole body; after 5 s an average of 512 bytes a second; gzip, br, deflate and zstd decoded (feature
/// `decompression`) up to the same limit, and to 100 times the compressed size (the first 64 KiB are free); enforced; no
/// observer.
pub struct PayloadLayer<Out> {
    pub(super) config: Arc<Config>,
    pub(super) observer: Arc<dyn Observer>,
    pub(super) mode: Mode,
    out: PhantomData<fn() -> Out>,
}

#[derive(Debug, Clone)]
pub(super) struct Config {
    limit: usize,
    limits: Vec<(PathPattern, usize)>,
    undecoded: Vec<PathPattern>,
    pace: Pace,
    paces: Vec<(PathPattern, Pace)>,
    pub(super) ratio: usize,
}

/// What one request's body may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Plan {
    pub(super) limit: usize,
    pub(super) pace: Pace,
    pub(super) coding: Option<Coding>,
    /// The coding is one that is not read here.
    pub(super) unsupported: bool,
    /// What `Accept-Encoding` says where it is refused.
    pub(super) accepted: &'static str,
}

impl<Out> PayloadLayer<Out> {
    /// Allows bodies of so many bytes, before and after decompression.
    #[must_use]
    pub fn new(limit: usize) -> Self {
        let config = Config {
            limit,
            limits: Vec::new(),
            undecoded: Vec::new(),
            pace: Pace::default(),
            paces: Vec::new(),
            ratio: 100,
        };
        Self {
            config: Arc::new(config),
            observer: Arc::new(NoObserver),
            mode: Mode::Enforce,
            out: PhantomData,
        }
    }

    /// Allows bodies of so many bytes where the path fits `pattern`; the first pattern that fits decides.
    ///
    /// # Errors
    /// [`ConfigError::PathPattern`].
    pub fn with_limit_for(mut self, pattern: &str, limit: usize) -> Result<Self, ConfigError> {
        let pattern = PathPattern::parse(pattern)?;
        Arc::make_mut(&mut self.config).limits.push((pattern, limit));
        Ok(self)
    }

    /// Refuses any `Content-Encoding` where the path fits `pattern`: signed bodies are read as they were signed.
    ///
    /// # Errors
    /// [`ConfigError::PathPattern`].
    pub fn without_decoding_for(mut self, pattern: &str) -> Result<Self, ConfigError> {
        let pattern = PathPattern::parse(pattern)?;
        Arc::make_mut(&mut self.config).undecoded.push(pattern);
        Ok(self)
    }

    /// Allows so much time for the whole body.
    ///
    /// # Errors
    /// [`ConfigError::Range`] for no time, or more than a day.
    pub fn with_deadline(mut self, deadline: Duration) -> Result<Self, ConfigError> {
        Arc::make_mut(&mut self.config).pace.deadline = checked(deadline)?;
        Ok(self)
    }

    /// Asks for so many bytes a second on average once `grace` is over; 0 asks for none.
    #[must_use]
    pub fn with_minimum_rate(mut self, bytes_per_second: u32, grace: Duration) -> Self {
        let pace = &mut Arc::make_mut(&mut self.config).pace;
        (pace.bytes_per_second, pace.grace) = (bytes_per_second, grace);
        self
    }

    /// Allows other times where the path fits `pattern` (uploads): so much for the whole body, and so many bytes a second on
    /// average once `grace` is over. The first pattern that fits decides; a path that can be read in another way, too, keeps
    /// the general ones.
    ///
    /// # Errors
    /// [`ConfigError::PathPattern`]; [`ConfigError::Range`] for no time, or more than a day.
    pub fn with_pace_for(
        mut self,
        pattern: &str,
        deadline: Duration,
        bytes_per_second: u32,
        grace: Duration,
    ) -> Result<Self, ConfigError> {
        let pace = Pace { deadline: checked(deadline)?, grace, bytes_per_second };
        Arc::make_mut(&mut self.config).paces.push((PathPattern::parse(pattern)?, pace));
        Ok(self)
    }

    /// Allows decompression to so many times the compressed size; the first 64 KiB are free.
    ///
    /// # Errors
    /// [`ConfigError::Range`] for 0.
    pub fn with_max_ratio(mut self, ratio: usize) -> Result<Self, ConfigError> {
        if ratio == 0 {
            return Err(ConfigError::Range("the decompression ratio", "1 or more"));
        }
        Arc::make_mut(&mut self.config).ratio = ratio;
        Ok(self)
    }

    /// Reports the decision on every request with a body to `observer`.
    #[must_use]
    pub fn with_observer(mut self, observer: Arc<dyn Observer>) -> Self {
        self.observer = observer;
        self
    }

    /// Refuses, or only reports up to a hard stop at 16 times size and time: memory has no report-only mode.
    #[must_use]
    pub const fn with_mode(mut self, mode: Mode) -> Self {
        self.mode = mode;
        self
    }
}

fn checked(deadline: Duration) -> Result<Duration, ConfigError> {
    if deadline.is_zero() || deadline > Duration::from_secs(86_400) {
        return Err(ConfigError::Range("the body's deadline", "above 0 and up to a day"));
    }
    Ok(deadline)
}

impl Config {
    pub(super) fn plan(&self, parts: &Parts) -> Plan {
        let readings = PathReadings::new(parts.uri.path());
        // A tighter limit holds for every spelling of its path, a looser one for none but the plain one.
        let fits = |(pattern, limit): &&(PathPattern, usize)| {
            if *limit <= self.limit { readings.any(pattern) } else { readings.all(pattern) }
        };
        let limit = self.limits.iter().find(fits).map_or(self.limit, |(_, limit)| *limit);
        let pace = self.paces.iter().find(|(pattern, _)| readings.all(pattern));
        let pace = pace.map_or(self.pace, |(_, pace)| *pace);
        let decodes = cfg!(feature = "decompression") && !self.undecoded.iter().any(|p| readings.any(p));
        let accepted = if decodes { "gzip, br, deflate, zstd" } else { "identity" };
        let (coding, unsupported) = match Requested::of(&parts.headers) {
            Requested::Identity => (None, false),
            Requested::Coding(coding) if decodes => (Some(coding), false),
            Requested::Coding(_) | Requested::Unsupported => (None, true),
        };
        Plan { limit, pace, coding, unsupported, accepted }
    }
}

// By hand, as the derives would ask the same of `Out`.
impl<Out> Clone for PayloadLayer<Out> {
    fn clone(&self) -> Self {
        Self {
            config: Arc::clone(&self.config),
            observer: Arc::clone(&self.observer),
            mode: self.mode,
            out: PhantomData,
        }
    }
}

impl<Out> fmt::Debug for PayloadLayer<Out> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("PayloadLayer");
        shown
            .field("config", &self.config)
            .field("mode", &self.mode)
            .field("observer", &self.observer)
            .finish()
    }
}

impl<S, Out> Layer<S> for PayloadLayer<Out> {
    type Service = PayloadService<S, Out>;

    fn layer(&self, inner: S) -> PayloadService<S, Out> {
        PayloadService { inner, layer: self.clone() }
    }
}
