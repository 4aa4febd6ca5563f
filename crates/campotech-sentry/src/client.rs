//! Starting Sentry, and stopping it in time.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use sentry::integrations::backtrace::{AttachStacktraceIntegration, ProcessStacktraceIntegration};
use sentry::integrations::contexts::ContextIntegration;
use sentry::transports::UreqHttpTransportOptions;
use sentry::{Client, ClientOptions, Hub, SessionMode, Transport, TransportFactory, TransportOptions};
use sentry_tracing::{BreadcrumbLayer, ErrorLayer, SpanLayer};
use tracing::Subscriber;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::Layer;
use tracing_subscriber::registry::LookupSpan;

use crate::panics::PanicHook;
use crate::scrub::ScrubbingFactory;
use crate::{ConfigError, SentryConfig};

/// Keeps Sentry running; dropping it sends what is queued, for as long as the configuration allows, and stops it.
///
/// Own it in the shutdown sequence: drain first, [`flush`](Self::flush) then.
#[derive(Debug)]
#[must_use = "dropping the guard stops Sentry"]
pub struct SentryGuard {
    pub(crate) running: Option<Running>,
}

#[derive(Debug, Clone)]
pub(crate) struct Running {
    /// What the hub of a request begins as. Our own, so that a layer doesn't depend on which thread started Sentry.
    pub(crate) hub: Arc<Hub>,
    pub(crate) client: Arc<Client>,
    pub(crate) traces: bool,
    pub(crate) sessions: bool,
    shutdown_timeout: Duration,
}

/// The default transport with limits: without them a receiver that accepts and says nothing holds the sender for ever.
#[derive(Debug)]
struct UreqFactory;

/// Starts Sentry; without a DSN nothing is started and nothing is ever sent.
///
/// # Errors
/// None at present: what can be wrong is found when a [`SentryConfig`] is built.
pub fn init(config: SentryConfig) -> Result<SentryGuard, ConfigError> {
    let Some(dsn) = config.dsn else { return Ok(SentryGuard { running: None }) };
    let transport = config.transport.unwrap_or_else(|| Arc::new(UreqFactory));
    let mut options = ClientOptions::new()
        .sample_rate(config.sample_rate)
        .traces_sample_rate(config.traces_sample_rate)
        .maybe_release(config.release)
        .attach_stacktrace(true)
        .send_default_pii(false)
        .max_breadcrumbs(50)
        .default_integrations(false)
        .auto_session_tracking(false)
        .session_mode(SessionMode::Request)
        .shutdown_timeout(config.shutdown_timeout)
        .transport_channel_capacity(config.queue.get())
        .transport(ScrubbingFactory::new(transport));
    options.dsn = Some(dsn);
    options.environment = Some(config.environment.unwrap_or_else(|| "production".to_owned()).into());
    // The SDK's own panic integration is left out: its hook flushes, which holds a worker for seconds when the receiver
    // is away.
    options.integrations = vec![
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
            sessions: config.request_sessions,
            shutdown_timeout: config.shutdown_timeout,
        }),
    })
}

impl SentryGuard {
    /// A guard of nothing, as without a DSN.
    pub const fn disabled() -> Self {
        Self { running: None }
    }

    /// Whether events are sent.
    #[must_use]
    pub const fn is_enabled(&self) -> bool {
        self.running.is_some()
    }

    /// Sends what is queued; false where that was not done after `limit`. Never takes longer, whatever the receiver does.
    #[must_use]
    pub fn flush(&self, limit: Duration) -> bool {
        let Some(running) = &self.running else { return true };
        let client = Arc::clone(&running.client);
        within(limit, move || client.flush(Some(limit)))
    }

    /// Tracing's events and spans for Sentry: ERROR as events, INFO and above as breadcrumbs, and, where requests are
    /// traced, spans of INFO and above.
    ///
    /// Nothing without a DSN.
    pub fn tracing_layer<S>(&self) -> impl Layer<S> + Send + Sync + use<S>
    where
        S: Subscriber + for<'a> LookupSpan<'a> + Send + Sync,
    {
        self.running.as_ref().map(|running| {
            let spans = running.traces.then(|| SpanLayer::new().with_filter(LevelFilter::INFO));
            // Breadcrumbs first: an error is the last crumb of the next one, too.
            BreadcrumbLayer::new()
                .with_filter(LevelFilter::INFO)
                .and_then(ErrorLayer::new().with_filter(LevelFilter::ERROR))
                .and_then(spans)
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

impl TransportFactory for UreqFactory {
    fn create_transport_with_options(&self, options: TransportOptions) -> Arc<dyn Transport> {
        let tls = ureq::tls::TlsConfig::builder().provider(ureq::tls::TlsProvider::Rustls).build();
        let agent = ureq::Agent::config_builder()
            .tls_config(tls)
            .proxy(None)
            .timeout_global(Some(Duration::from_secs(10)))
            .build()
            .new_agent();
        Arc::new(UreqHttpTransportOptions::from(options).with_agent(agent).build())
    }
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
