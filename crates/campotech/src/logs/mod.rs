//! Log lines on standard error, written by a thread of their own: a reader that stalls holds up no request.

mod escape;
mod fields;
mod json;
mod text;

use std::fmt;
use std::io::IsTerminal;

use campotech_sentry::SentryGuard;
use tracing_appender::non_blocking::{ErrorCounter, NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::fmt::layer;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer};

use crate::config::{LogFormat, Settings};
use crate::otlp::Traces;

use json::{JsonFields, JsonLines};
use text::{TextFields, TextLines};

/// Lines that wait for the reader; more are dropped and counted.
const WAITING: usize = 8_192;

/// Writes what waits when it is dropped.
pub(crate) struct LogGuard {
    dropped: ErrorCounter,
    _writer: WorkerGuard,
}

/// Installs the process's tracing subscriber; one that is there already stays, as in tests.
pub(crate) fn install(settings: &Settings, traces: &Traces, sentry: &SentryGuard) -> LogGuard {
    let (writer, guard) =
        NonBlockingBuilder::default().lossy(true).buffered_lines_limit(WAITING).finish(std::io::stderr());
    let dropped = writer.error_counter();
    let filter = EnvFilter::try_new(&settings.log).unwrap_or_else(|_| EnvFilter::new("info"));
    // Spans for traces alone; each line would repeat them.
    let filter = "telemetry=off".parse().map_or(filter.clone(), |spans| filter.add_directive(spans));
    let lines = layer().with_writer(writer).with_ansi(std::io::stderr().is_terminal());
    let lines = match settings.log_format {
        LogFormat::Text => lines.fmt_fields(TextFields).event_format(TextLines).boxed(),
        LogFormat::Json => lines.fmt_fields(JsonFields).event_format(JsonLines).boxed(),
    };
    let _ = tracing_subscriber::registry()
        .with(traces.layer())
        .with(lines.with_filter(filter))
        .with(sentry.tracing_layer())
        .try_init();
    LogGuard { dropped, _writer: guard }
}

impl LogGuard {
    /// Reads how many lines were dropped.
    pub(crate) fn dropped_lines(&self) -> impl Fn() -> u64 + Send + Sync + 'static {
        let dropped = self.dropped.clone();
        move || dropped.dropped_lines() as u64
    }
}

impl fmt::Debug for LogGuard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LogGuard")
    }
}
