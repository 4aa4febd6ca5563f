//! Families that were made, under names that nobody else has.

use std::sync::Arc;
use std::time::Duration;

use parking_lot::RwLock;

use super::LabelSet;
use super::buckets::Bounds;
use super::family::{CounterFamily, DurationFamily, GaugeFamily, HistogramFamily};
use super::writer::{Series, Write};
use crate::exposition::Exposition;
use crate::names::{Kind, is_label_name};
use crate::series::{Counter, Gauge, Histogram};
use crate::{ConfigError, Metrics};

/// Families in the order in which they came.
#[derive(Default)]
pub(crate) struct Bounded(RwLock<Vec<Arc<dyn Write>>>);

impl Bounded {
    pub(crate) fn write(&self, out: &mut Exposition) {
        self.0.read().iter().for_each(|family| family.write(out));
    }
}

impl Metrics {
    /// Counters of the service's own, with a series at 0 for each combination of the labels `L`.
    ///
    /// ```
    /// use campotech_metrics::{CounterFamily, Metrics};
    ///
    /// campotech_metrics::labels! {
    ///     /// How an invoice is paid.
    ///     pub enum Payment = "payment" { Card = "card", Transfer = "transfer" }
    ///     /// What came of it.
    ///     pub enum Outcome = "outcome" { Paid = "paid", Refused = "refused" }
    /// }
    ///
    /// let metrics = Metrics::builder("billing", "1.2.3").build()?;
    /// let invoices: CounterFamily<(Payment, Outcome)> = metrics.counter("invoices_total", "Invoices.")?;
    /// invoices.inc((Payment::Card, Outcome::Paid));
    /// let text = metrics.render_text();
    /// assert!(text.contains("invoices_total{payment=\"card\",outcome=\"paid\"} 1\n"));
    /// assert!(text.contains("invoices_total{payment=\"transfer\",outcome=\"refused\"} 0\n"));
    /// # Ok::<(), campotech_metrics::ConfigError>(())
    /// ```
    ///
    /// # Errors
    /// The name is no counter's (it must end in `_total`) or taken, a label's name is none or comes twice, or two values of a label read the
    /// same.
    pub fn counter<L: LabelSet>(&self, name: &str, help: &str) -> Result<CounterFamily<L>, ConfigError> {
        let (name, help) = self.named::<L>(name, help, Kind::Counter)?;
        let series = Series::new::<L>(name.into(), help.into(), Kind::Counter, Counter::default);
        let family = CounterFamily::of(series);
        self.inner().bounded.0.write().push(family.shared());
        Ok(family)
    }

    /// Gauges of the service's own, with a series at 0 for each combination of the labels `L`.
    ///
    /// # Errors
    /// As [`counter`](Self::counter), but the name must not end in `_total`.
    pub fn gauge<L: LabelSet>(&self, name: &str, help: &str) -> Result<GaugeFamily<L>, ConfigError> {
        let (name, help) = self.named::<L>(name, help, Kind::Gauge)?;
        let family = GaugeFamily::of(Series::new::<L>(name.into(), help.into(), Kind::Gauge, Gauge::default));
        self.inner().bounded.0.write().push(family.shared());
        Ok(family)
    }

    /// Histograms of times of the service's own, in seconds, with an empty one for each combination of the labels `L`; `bounds` are the
    /// upper bounds of their buckets.
    ///
    /// # Errors
    /// As [`gauge`](Self::gauge); or the bounds do not grow, are none, more than twenty, or begin with zero.
    pub fn durations<L: LabelSet>(
        &self,
        name: &str,
        help: &str,
        bounds: &[Duration],
    ) -> Result<DurationFamily<L>, ConfigError> {
        let family = DurationFamily::of(self.histograms::<L>(name, help, Bounds::of_times(name, bounds)?)?);
        self.inner().bounded.0.write().push(family.shared());
        Ok(family)
    }

    /// Histograms of whole numbers of the service's own, with an empty one for each combination of the labels `L`; `bounds` are the upper
    /// bounds of their buckets.
    ///
    /// # Errors
    /// As [`durations`](Self::durations).
    pub fn histogram<L: LabelSet>(
        &self,
        name: &str,
        help: &str,
        bounds: &[u64],
    ) -> Result<HistogramFamily<L>, ConfigError> {
        let family =
            HistogramFamily::of(self.histograms::<L>(name, help, Bounds::of_numbers(name, bounds)?)?);
        self.inner().bounded.0.write().push(family.shared());
        Ok(family)
    }

    fn histograms<L: LabelSet>(
        &self,
        name: &str,
        help: &str,
        bounds: Bounds,
    ) -> Result<Series<Histogram>, ConfigError> {
        let (name, help) = self.named::<L>(name, help, Kind::Histogram)?;
        let scale = bounds.leak();
        Ok(Series::new::<L>(name.into(), help.into(), Kind::Histogram, || Histogram::new(scale)))
    }

    /// Name and help of a family, with labels that are such.
    fn named<L: LabelSet>(
        &self,
        name: &str,
        help: &str,
        kind: Kind,
    ) -> Result<(String, String), ConfigError> {
        let labels = L::names();
        for (at, label) in labels.iter().enumerate() {
            if !is_label_name(label) || labels[..at].contains(label) {
                return Err(ConfigError::InvalidLabel((*label).to_owned()));
            }
        }
        L::check()?;
        self.inner().taken.take(name, kind)?;
        Ok((name.to_owned(), help.to_owned()))
    }
}
