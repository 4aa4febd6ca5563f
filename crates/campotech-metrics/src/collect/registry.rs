//! What users registered with prometheus-client.

use std::sync::Arc;

use prometheus_client::encoding::text::encode_registry;
use prometheus_client::registry::Registry;

use super::{Asker, Question, Source};
use crate::exposition::{Exposition, Format, translate};

/// A registry, written by prometheus-client and translated.
pub(crate) struct Registrations {
    source: Source,
    encode: Question<Option<String>>,
}

impl Registrations {
    pub(crate) fn new(registry: Registry) -> Self {
        let encode = move || {
            let mut text = String::new();
            encode_registry(&mut text, &registry).is_ok().then_some(text)
        };
        Self { source: Source::new("registry"), encode: Arc::new(encode) }
    }

    /// A collector that fails, panics or hangs loses what is registered, not what this crate measures.
    pub(crate) fn write(&self, out: &mut Exposition, asker: &mut Asker<'_>, format: Format) {
        if let Some(text) = asker.try_ask(&self.source, &self.encode) {
            out.extend(translate(&text, format));
        }
    }
}
