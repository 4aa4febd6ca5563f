//! Starting Sentry, and stopping it in time.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use sentry::integrations::backtrace::{AttachStacktraceIntegration, ProcessStacktraceIntegration};
use sentry::integrations::contexts::ContextIntegration;
use sentry::{Client, ClientOptions, Hub};
use sentry_tracing::{BreadcrumbLayer, ErrorLayer, SpanLayer};
use tracing::level_filters::LevelFilter;
use tracing::{Metadata, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::{FilterExt, dynamic_filter_fn, filter_fn};
use tracing_subscriber::registry::LookupSpan;

use crate::gate::Gate;
use crate::panics::PanicHook;
use crate::queue::QueueFactory;
use crate::sessions::Sessions;
use crate::storm::Storm;
use crate::{ConfigError, SentryConfig, SentryCounts};

/// Keeps Sentry running; dropping it sends what is queued, for as long as the configuration allows, and stops it.
///
/// Own it in the shutdown sequence: drain first, [`flush`](Self::flush) then.
#[derive(Debug)]
#[must_use = "dropping the guard stops Sentry"]
pub struct SentryGuard {
    pub(crate) running: Option<Running>,
    counts: SentryCounts,
}

#[derive(Debug, Clone)]
pub(crate) struct Running {
    /// What the hub of a request begins as. Our own, so that a layer doesn't depend on which thread started Sentry.
    pub(crate) hub: Arc<Hub>,
    pub(crate) client: Arc<Client>,
    pub(crate) traces: bool,
    pub(crate) sessions: Option<Arc<Sessions>>,
    pub(crate) gate: Arc<Gate>,
    shutdown_timeout: Duration,
}

/// Starts Sentry; without a DSN nothing is started and nothing is ever sent.
///
/// # Errors
/// None at present: what can be wrong is found when a [`SentryConfig`] is built.
pub fn init(config: SentryConfig) -> Result<SentryGuard, ConfigError> {
    let counts = SentryCounts::default();
    let Some(dsn) = config.dsn else { return Ok(SentryGuard { running: None, counts }) };
    let environment = config.environment.unwrap_or_else(|| "production".to_owned());
    let sessions = match &config.release {
        Some(release) if config.request_sessions => {
            Some(Arc::new(Sessions::new(release.clone(), environment.clone())))
        }
        _ => None,
    };
    let gate = Arc::new(Gate {
        storm: Storm::new(config.storm_limit),
        sample_rate: config.sample_rate,
        expected: config.expected,
        counts: counts.clone(),
    });
    let transport = QueueFactory {
        size: config.queue.get(),
        counts: counts.clone(),
        sessions: sessions.clone(),
        contexts: config.contexts,
        other: config.transport,
    };
    let mut options = ClientOptions::new()
        .traces_sample_rate(config.traces_sample_rate)
        .maybe_release(config.release)
        .attach_stacktrace(true)
        .send_default_pii(false)
        .max_breadcrumbs(50)
        .default_integrations(false)
        .auto_session_tracking(false)
        .shutdown_timeout(config.shutdown_timeout)
        .transport(transport);
    options.dsn = Some(dsn);
    options.environment = Some(environment.into());
    // The SDK's own panic integration is left out: its hook flushes, which holds a worker for seconds when the receiver
    // is away.
    options.integrations = vec![
        Arc::clone(&gate) as Arc<dyn sentry::Integration>,
        Arc::new(AttachStacktraceIntegration),
        Arc::new(ContextIntegration::default()),
        Arc::new(PanicHook),
        Arc::new(ProcessStacktraceIntegration),
    ];
    let client = Arc::new(Client::with_options(options));
    for hub in [Hub::main(), Hub::current()] {
        hub.bind_client(Some(Arc::clone(&client)));
    }
    Ok(SentryGuard {
        running: Some(Running {
            hub: Arc::new(Hub::new(Some(Arc::clone(&client)), Arc::default())),
            client,
            traces: config.traces_sample_rate > 0.0,
            sessions,
            gate,
            shutdown_timeout: config.shutdown_timeout,
        }),
        counts,
    })
}

impl SentryGuard {
    /// A guard of nothing, as without a DSN.
    pub fn disabled() -> Self {
        Self { running: None, counts: SentryCounts::default() }
    }

    /// Whether events are sent.
    #[must_use]
    pub const fn is_enabled(&self) -> bool {
        self.running.is_some()
    }

    /// What became of the error events so far; all zero without a DSN.
    #[must_use]
    pub fn counts(&self) -> SentryCounts {
        self.counts.clone()
    }

    /// Sends what is queued; false where that was not done after `limit`. Never takes longer, whatever the receiver does.
    #[must_use]
    pub fn flush(&self, limit: Duration) -> bool {
        let Some(running) = &self.running else { return true };
        let client = Arc::clone(&running.client);
        within(limit, move || client.flush(Some(limit)))
    }

    /// Tracing's events and spans for Sentry: ERROR as events, INFO and above as breadcrumbs, and, where requests are
    /// traced, spans of INFO and above as children of the request's. A span outside of a request begins a transaction only
    /// if it has a field `sentry.op` and no `db.system.name`.
    ///
    /// Nothing without a DSN.
    pub fn tracing_layer<S>(&self) -> Option<Box<dyn Layer<S> + Send + Sync>>
    where
        S: Subscriber + for<'a> LookupSpan<'a> + Send + Sync,
    {
        let running = self.running.as_ref()?;
        // Spans are left to the layer of spans: without traces they then cost next to nothing.
        // Breadcrumbs first: an error is the last crumb of the next one, too.
        let events = |most: LevelFilter| {
            filter_fn(move |metadata| metadata.is_event() && *metadata.level() <= most)
                .with_max_level_hint(most)
        };
        let told = BreadcrumbLayer::new()
            .with_filter(events(LevelFilter::INFO))
            .and_then(ErrorLayer::new().with_filter(events(LevelFilter::ERROR)));
        // Not as an `Option` within the others: one that is none takes their filters away with it.
        Some(if running.traces {
            let children = dynamic_filter_fn(|metadata, _| belongs(metadata));
            told.and_then(SpanLayer::new().with_filter(LevelFilter::INFO.and(children))).boxed()
        } else {
            told.boxed()
        })
    }
}

impl Drop for SentryGuard {
    fn drop(&mut self) {
        let Some(running) = self.running.take() else { return };
        for hub in [Hub::main(), Hub::current()] {
            hub.bind_client(None);
        }
        let (limit, client) = (running.shutdown_timeout, running.client);
        within(limit, move || client.close(Some(limit)));
    }
}

/// Libraries have spans of their own, and databases are asked by health checks all day: none of it is a transaction.
fn belongs(metadata: &Metadata<'_>) -> bool {
    let marked =
        metadata.fields().field("sentry.op").is_some() && metadata.fields().field("db.system.name").is_none();
    marked || Hub::with_active(|hub| hub.configure_scope(|scope| scope.get_span().is_some()))
}

/// Runs `work` on a thread of its own and waits for `limit` at most: the SDK's flush waits for room in its queue first,
/// and its shutdown for the thread that sends, both without a limit.
fn within(limit: Duration, work: impl FnOnce() -> bool + Send + 'static) -> bool {
    let done = Arc::new((Mutex::new(None), Condvar::new()));
    let theirs = Arc::clone(&done);
    let started = std::thread::Builder::new().name("sentry-flush".to_owned()).spawn(move || {
        let result = work();
        *theirs.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(result);
        theirs.1.notify_one();
    });
    if started.is_err() {
        return false;
    }
    let deadline = Instant::now() + limit;
    let mut result = done.0.lock().unwrap_or_else(PoisonError::into_inner);
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        match *result {
            Some(result) => return result,
            None if left.is_zero() => return false,
            None => result = done.1.wait_timeout(result, left).unwrap_or_else(PoisonError::into_inner).0,
        }
    }
}
