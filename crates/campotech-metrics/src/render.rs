//! The whole answer.

use std::time::Instant;

use arrayvec::ArrayVec;
use bytes::Bytes;
use tokio::runtime::Handle;

use crate::collect::Asker;
use crate::exposition::{Exposition, Format};
use crate::{Metrics, names};

/// Until when an answer is wanted, and what its closures run in.
#[derive(Debug, Default)]
pub(crate) struct Limits {
    pub(crate) deadline: Option<Instant>,
    pub(crate) runtime: Option<Handle>,
}

impl Metrics {
    /// All metrics in text format 0.0.4, sorted by name.
    #[must_use]
    pub fn render(&self) -> Bytes {
        Bytes::from(self.render_text())
    }

    /// As [`render`](Self::render), as text.
    #[must_use]
    pub fn render_text(&self) -> String {
        let mut text = Vec::new();
        self.render_into(&mut text, Format::Text);
        // All of it was text before.
        String::from_utf8(text).unwrap_or_default()
    }

    /// All metrics in this format, sorted by name, appended to a buffer: where that is large enough, requests and reports are
    /// written without an allocation. Closures are waited for, each for its budget, all together for 10 s.
    pub fn render_into(&self, answer: &mut Vec<u8>, format: Format) {
        self.write(answer, format, Limits { deadline: None, runtime: Handle::try_current().ok() });
    }

    pub(crate) fn write(&self, answer: &mut Vec<u8>, format: Format, limits: Limits) {
        let start = Instant::now();
        let inner = self.inner();
        // Two at once: the later one makes its own.
        let mut kept = inner.scratch.try_lock();
        let mut own = Exposition::default();
        let out = kept.as_deref_mut().unwrap_or(&mut own);
        let mut asker = inner.askers.begin(limits.deadline, limits.runtime);
        out.begin(format);
        inner.requests.write(out);
        inner.ops.write(out);
        inner.business.write(out, &mut asker);
        inner.reports.write(out);
        inner.pools.write(out, &mut asker);
        #[cfg(feature = "fred")]
        inner.redis.write(out, &mut asker);
        if inner.build.process {
            inner.process.write(out, &mut asker);
            inner.cgroup.write(out, &mut asker);
        }
        inner.runtimes.write(out);
        self.write_build(out);
        inner.bounded.write(out);
        inner.watches.write(out, &mut asker);
        if let Some(registrations) = &inner.registrations {
            registrations.write(out, &mut asker, format);
        }
        self.write_self(out, &mut asker);
        out.finish(answer);
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
    fn write_self(&self, out: &mut Exposition, asker: &mut Asker<'_>) {
        let inner = self.inner();
        asker.write(out);
        out.count(&names::SERIES);
        let mut budgets: ArrayVec<_, 32> = inner
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
        out.family(&names::SCRAPES_REJECTED).counter(&[], inner.desk.rejected());
        out.family(&names::SCRAPE_DURATION).histogram(&[], &inner.scrapes.snapshot());
    }
}
