//! The transport that scrubs what it passes on.

use std::sync::Arc;
use std::time::Duration;

use sentry::{Envelope, Transport, TransportFactory, TransportOptions};

use super::envelope::scrub_envelope;

/// Makes transports that scrub; the only place that transactions, sessions and events all pass.
pub(crate) struct ScrubbingFactory {
    inner: Arc<dyn TransportFactory>,
}

struct ScrubbingTransport {
    inner: Arc<dyn Transport>,
}

impl ScrubbingFactory {
    pub(crate) fn new(inner: Arc<dyn TransportFactory>) -> Self {
        Self { inner }
    }
}

impl TransportFactory for ScrubbingFactory {
    fn create_transport_with_options(&self, options: TransportOptions) -> Arc<dyn Transport> {
        Arc::new(ScrubbingTransport { inner: self.inner.create_transport_with_options(options) })
    }
}

impl Transport for ScrubbingTransport {
    fn send_envelope(&self, envelope: Envelope) {
        if let Some(envelope) = scrub_envelope(envelope) {
            self.inner.send_envelope(envelope);
        }
    }

    fn flush(&self, timeout: Duration) -> bool {
        self.inner.flush(timeout)
    }

    fn shutdown(&self, timeout: Duration) -> bool {
        self.inner.shutdown(timeout)
    }
}
