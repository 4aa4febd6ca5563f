//! The families of business metrics.

use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use super::LabelSet;
use super::writer::{Series, Write};
use crate::exposition::Exposition;
use crate::names::Desc;
use crate::series::{Counter, Gauge, Histogram, Scale};

/// Counters, one for each combination of the labels `L`. Clones count the same. Nothing is looked up, locked or allocated.
#[derive(Debug)]
pub struct CounterFamily<L>(Arc<Series<Counter>>, PhantomData<fn(L)>);

/// Gauges of whole numbers, one for each combination of the labels `L`. Clones set the same.
#[derive(Debug)]
pub struct GaugeFamily<L>(Arc<Series<Gauge>>, PhantomData<fn(L)>);

/// Histograms of times, one for each combination of the labels `L`. Clones observe into the same.
#[derive(Debug)]
pub struct DurationFamily<L>(Arc<Series<Histogram>>, PhantomData<fn(L)>);

/// Histograms of whole numbers, such as bytes, one for each combination of the labels `L`. Clones observe into the same.
#[derive(Debug)]
pub struct HistogramFamily<L>(Arc<Series<Histogram>>, PhantomData<fn(L)>);

macro_rules! family {
    ($name:ident, $series:ident) => {
        impl<L> Clone for $name<L> {
            fn clone(&self) -> Self {
                Self(Arc::clone(&self.0), PhantomData)
            }
        }

        impl<L: LabelSet> $name<L> {
            pub(super) fn of(series: Series<$series>) -> Self {
                Self(Arc::new(series), PhantomData)
            }

            pub(super) fn shared(&self) -> Arc<dyn Write> {
                Arc::clone(&self.0) as Arc<dyn Write>
            }
        }
    };
}

/// Families of this crate's own.
macro_rules! own {
    ($( $name:ident )+) => {$(
        impl<L: LabelSet> $name<L> {
            pub(crate) fn write(&self, out: &mut Exposition) {
                self.0.write(out);
            }
        }
    )+};
}

family!(CounterFamily, Counter);
family!(GaugeFamily, Gauge);
family!(DurationFamily, Histogram);
family!(HistogramFamily, Histogram);
own!(CounterFamily GaugeFamily DurationFamily);

impl<L: LabelSet> CounterFamily<L> {
    pub(crate) fn own(desc: &'static Desc) -> Self {
        Self::of(Series::of::<L>(desc, Counter::default))
    }

    /// Counts one.
    pub fn inc(&self, labels: L) {
        self.0.get(labels).inc();
    }

    /// Counts so many.
    pub fn inc_by(&self, labels: L, n: u64) {
        self.0.get(labels).inc_by(n);
    }

    /// The count so far.
    #[must_use]
    pub fn get(&self, labels: L) -> u64 {
        self.0.get(labels).get()
    }

    /// The sum of all series.
    pub(crate) fn sum(&self) -> u64 {
        self.0.values().map(Counter::get).sum()
    }
}

impl<L: LabelSet> GaugeFamily<L> {
    pub(crate) fn own(desc: &'static Desc) -> Self {
        Self::of(Series::of::<L>(desc, Gauge::default))
    }

    /// Sets the value.
    pub fn set(&self, labels: L, value: i64) {
        self.0.get(labels).set(value);
    }

    /// Adds to the value; a negative number takes from it.
    pub fn add(&self, labels: L, n: i64) {
        self.0.get(labels).inc_by(n);
    }

    /// The value.
    #[must_use]
    pub fn get(&self, labels: L) -> i64 {
        self.0.get(labels).get()
    }
}

impl<L: LabelSet> DurationFamily<L> {
    pub(crate) fn own(desc: &'static Desc, scale: &'static Scale) -> Self {
        Self::of(Series::of::<L>(desc, || Histogram::new(scale)))
    }

    /// Adds a time.
    pub fn observe(&self, labels: L, time: Duration) {
        self.0.get(labels).observe_time(time);
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self, labels: L) -> u64 {
        self.0.get(labels).snapshot().count()
    }
}

impl<L: LabelSet> HistogramFamily<L> {
    /// Adds a number.
    pub fn observe(&self, labels: L, value: u64) {
        self.0.get(labels).observe(value);
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self, labels: L) -> u64 {
        self.0.get(labels).snapshot().count()
    }
}
