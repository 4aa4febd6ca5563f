//! The series of a family, all there from the start, and how they are written.

use std::borrow::Cow;

use super::LabelSet;
use crate::exposition::{Exposition, FamilyWriter};
use crate::names::{Desc, Kind};
use crate::series::{Counter, Gauge, Histogram};

/// A series for each combination of labels.
#[derive(Debug)]
pub(super) struct Series<M> {
    name: Cow<'static, str>,
    help: Cow<'static, str>,
    kind: Kind,
    all: Box<[(Box<str>, M)]>,
}

/// What is written at a scrape.
pub(super) trait Write: Send + Sync {
    fn write(&self, out: &mut Exposition);
}

impl<M> Series<M> {
    pub(super) fn new<L: LabelSet>(
        name: Cow<'static, str>,
        help: Cow<'static, str>,
        kind: Kind,
        make: impl Fn() -> M,
    ) -> Self {
        let mut texts = Vec::with_capacity(L::SIZE);
        L::texts("", &mut texts);
        let all = texts.into_iter().map(|text| (text.into(), make())).collect();
        Self { name, help, kind, all }
    }

    pub(super) fn of<L: LabelSet>(desc: &'static Desc, make: impl Fn() -> M) -> Self {
        Self::new::<L>(Cow::Borrowed(desc.name), Cow::Borrowed(desc.help), desc.kind, make)
    }

    pub(super) fn get<L: LabelSet>(&self, labels: L) -> &M {
        &self.all[labels.place()].1
    }

    pub(super) fn values(&self) -> impl Iterator<Item = &M> {
        self.all.iter().map(|(_, series)| series)
    }

    fn each(&self, out: &mut Exposition, write: impl Fn(&mut FamilyWriter<'_>, &str, &M)) {
        let mut family = out.start(self.name.clone(), &self.help, self.kind);
        for (labels, series) in &self.all {
            write(&mut family, labels, series);
        }
    }
}

impl Write for Series<Counter> {
    fn write(&self, out: &mut Exposition) {
        self.each(out, |family, labels, counter| family.counter_of(labels, None, counter.get()));
    }
}

impl Write for Series<Gauge> {
    fn write(&self, out: &mut Exposition) {
        self.each(out, |family, labels, gauge| family.value_of(labels, gauge.get() as f64));
    }
}

impl Write for Series<Histogram> {
    fn write(&self, out: &mut Exposition) {
        self.each(out, |family, labels, histogram| family.histogram_of(labels, &histogram.snapshot()));
    }
}
