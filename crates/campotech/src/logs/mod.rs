//! Log lines on standard error, written by a thread of their own: a reader that stalls holds up no request.

mod escape;
mod fields;
mod json;
mod request;
mod text;

use std::fmt;
use std::io::IsTerminal;

use campotech_sentry::SentryGuard;
use tracing_appender::non_blocking::{ErrorCounter, NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt::layer;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer};

use crate::config::{LogFormat, Settings};
use crate::otlp::Traces;

use json::{JsonFields, JsonLines};
use request::Lines;
pub(crate) use request::{OursMark, RequestFields};
use text::{TextFields, TextLines};

/// Lines that wait for the reader; more are dropped and counted.
const WAITING: usize = 8_192;

/// The target of spans that are for traces alone.
const TELEMETRY: &str = "telemetry";

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
    let lines = layer().with_writer(writer).with_ansi(std::io::stderr().is_terminal());
    let targets = settings.log.parse::<Targets>();
    let fields = targets.is_err();
    let lines = match settings.log_format {
        LogFormat::Text => {
            Lines { lines: lines.fmt_fields(TextFields).event_format(TextLines), fields }.boxed()
        }
        LogFormat::Json => {
            Lines { lines: lines.fmt_fields(JsonFields).event_format(JsonLines), fields }.boxed()
        }
    };
    let lines = match targets {
        // Spans for traces alone; each line would repeat them.
        Ok(targets) => lines.with_filter(targets.with_target(TELEMETRY, LevelFilter::OFF)).boxed(),
        // What looks at spans and their fields has to be told of each entering.
        Err(_) => {
            let filter = EnvFilter::try_new(&settings.log).unwrap_or_else(|_| EnvFilter::new("info"));
            let off = format!("{TELEMETRY}=off").parse();
            lines.with_filter(off.map_or(filter.clone(), |spans| filter.add_directive(spans))).boxed()
        }
    };
    // Those that are there and no others: by one that is none, or has no filter, everything would be wanted.
    let mark = (!fields).then(|| OursMark.with_filter(LevelFilter::OFF).boxed());
    let layers = traces.layer().into_iter().chain(mark).chain([lines]).chain(sentry.tracing_layer());
    let _ = tracing_subscriber::registry().with(layers.collect::<Vec<_>>()).try_init();
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
