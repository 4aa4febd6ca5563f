//! The whole answer.

use std::time::Instant;

use arrayvec::ArrayVec;
use bytes::Bytes;
use prometheus_client::encoding::text::encode_registry;
use prometheus_client::registry::Registry;

use crate::Metrics;
use crate::collect::ask;
use crate::names;
use crate::text::{Exposition, Format, translate};

impl Metrics {
    /// All metrics in text format 0.0.4, sorted by name.
    #[must_use]
    pub fn render(&self) -> Bytes {
        Bytes::from(self.render_text())
    }

    /// As [`render`](Self::render), as text.
    #[must_use]
    pub fn render_text(&self) -> String {
        let mut text = String::new();
        self.render_into(&mut text, Format::Text);
        text
    }

    /// All metrics in this format, sorted by name, appended to a text: where that is large enough, requests and reports are
    /// written without an allocation.
    pub fn render_into(&self, text: &mut String, format: Format) {
        let start = Instant::now();
        let inner = self.inner();
        // Two at once: the later one makes its own.
        let mut kept = inner.scratch.try_lock();
        let mut own = Exposition::default();
        let out = kept.as_deref_mut().unwrap_or(&mut own);
        out.begin(format);
        inner.requests.write(out);
        inner.ops.write(out);
        inner.business.write(out);
        inner.reports.write(out);
        inner.pools.write(out);
        if inner.build.process {
            inner.process.write(out);
            inner.cgroup.write(out);
        }
        inner.runtimes.write(out);
        self.write_build(out);
        inner.watches.write(out);
        if let Some(registry) = &inner.registry {
            out.extend(translate(&registered(registry), format));
        }
        self.write_self(out);
        out.finish(text);
        drop(kept);
        inner.scrapes.observe_time(start.elapsed());
    }

    fn write_build(&self, out: &mut Exposition) {
        let build = &self.inner().build;
        let labels = [
            ("service", build.service.as_str()),
            ("version", build.version.as_str()),
            ("revision", build.revision.as_deref().unwrap_or_default()),
        ];
        let shown = if build.revision.is_some() { 3 } else { 2 };
        out.family(&names::BUILD_INFO).value(&labels[..shown], 1.0);
    }

    /// The metrics about the metrics; last, since they count the others.
    fn write_self(&self, out: &mut Exposition) {
        let inner = self.inner();
        out.count(&names::SERIES);
        let mut budgets: ArrayVec<_, 16> = inner
            .requests
            .budgets()
            .chain(inner.reports.budgets())
            .chain([inner.ops.budget()])
            .map(|budget| (budget.family(), budget.folded()))
            .collect();
        budgets.sort_unstable();
        let mut family = out.family(&names::OVERFLOW_TOTAL);
        for (name, folded) in budgets {
            family.counter(&[("family", name)], folded);
        }
        out.family(&names::SCRAPE_DURATION).histogram(&[], &inner.scrapes.snapshot());
    }
}

/// What was registered; a collector that fails or panics loses that, not what this crate measures.
fn registered(registry: &Registry) -> String {
    ask(|| {
        let mut text = String::new();
        let _ = encode_registry(&mut text, registry);
        text
    })
    .unwrap_or_default()
}
