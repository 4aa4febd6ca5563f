//! The whole answer.

use std::time::Instant;

use bytes::Bytes;
use prometheus_client::encoding::text::encode_registry;

use crate::Metrics;
use crate::collect::ask;
use crate::names;
use crate::text::{Exposition, translate};

/// The content type of what [`Metrics::render`] returns.
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

impl Metrics {
    /// All metrics in text format 0.0.4, sorted by name.
    #[must_use]
    pub fn render(&self) -> Bytes {
        Bytes::from(self.render_text())
    }

    /// As [`render`](Self::render), as text.
    #[must_use]
    pub fn render_text(&self) -> String {
        let start = Instant::now();
        let inner = self.inner();
        let mut out = Exposition::default();
        inner.requests.write(&mut out);
        inner.ops.write(&mut out);
        inner.business.write(&mut out);
        inner.reports.write(&mut out);
        inner.pools.write(&mut out);
        inner.process.write(&mut out);
        inner.cgroup.write(&mut out);
        inner.runtimes.write(&mut out);
        self.write_build(&mut out);
        inner.watches.write(&mut out);
        out.extend(translate(&self.registered()));
        self.write_self(&mut out);
        let text = out.finish();
        inner.scrapes.observe_time(start.elapsed());
        text
    }

    /// What was registered; a collector that fails or panics loses that, not what this crate measures.
    fn registered(&self) -> String {
        let registry = &self.inner().registry;
        ask(|| {
            let mut text = String::new();
            let _ = encode_registry(&mut text, registry);
            text
        })
        .unwrap_or_default()
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
        let series = out.series();
        let mut family = out.family(&names::SERIES);
        for (name, count) in &series {
            family.value(&[("family", name)], *count as f64);
        }
        let mut budgets: Vec<_> = inner
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
