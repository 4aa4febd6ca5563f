//! Log lines on standard error.

use std::io::IsTerminal;

use campotech_sentry::SentryGuard;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer};

use crate::config::{LogFormat, Settings};

/// Installs the process's tracing subscriber; one that is there already stays, as in tests.
pub(crate) fn install(settings: &Settings, sentry: &SentryGuard) {
    let filter = EnvFilter::try_new(&settings.log).unwrap_or_else(|_| EnvFilter::new("info"));
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    let lines = match settings.log_format {
        LogFormat::Text => lines.boxed(),
        LogFormat::Json => {
            lines.json().flatten_event(true).with_current_span(true).with_span_list(false).boxed()
        }
    };
    let _ = tracing_subscriber::registry()
        .with(lines.with_filter(filter))
        .with(sentry.tracing_layer())
        .try_init();
}
