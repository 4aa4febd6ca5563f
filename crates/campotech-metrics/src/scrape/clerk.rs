//! The thread that answers scrapes.
#![expect(clippy::disallowed_types, reason = "it is a thread of its own that waits")]

use std::iter::once;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Weak};
use std::time::Instant;

use bytes::Bytes;

use super::coding::{Coders, Coding};
use super::desk::Order;
use crate::metrics::{Inner, Metrics};
use crate::{Format, render};

/// Answers those who wait with one answer for each format and coding: whoever comes while it is made gets the next one, so that nobody
/// is told what was before.
pub(super) struct Clerk {
    inner: Weak<Inner>,
    orders: Receiver<Order>,
    plain: Vec<u8>,
    coders: Coders,
    /// The last answers; what they were written in is used again once everybody has sent them.
    last: Vec<(Format, Coding, Bytes)>,
}

impl Clerk {
    /// A thread that ends with its orders.
    pub(super) fn start(inner: &Arc<Inner>) -> std::io::Result<Sender<Order>> {
        let (sender, orders) = channel();
        let inner = Arc::downgrade(inner);
        let mut clerk =
            Self { inner, orders, plain: Vec::new(), coders: Coders::default(), last: Vec::new() };
        std::thread::Builder::new().name("metrics-scrape".into()).spawn(move || clerk.work())?;
        Ok(sender)
    }

    fn work(&mut self) {
        while let Ok(first) = self.orders.recv() {
            let waiting: Vec<_> = once(first).chain(self.orders.try_iter()).collect();
            let Some(inner) = self.inner.upgrade() else { return };
            self.answer(waiting, &Metrics::of(inner));
        }
    }

    fn answer(&mut self, mut waiting: Vec<Order>, metrics: &Metrics) {
        loop {
            let now = Instant::now();
            waiting.retain(|order| order.deadline > now && !order.reply.is_closed());
            let Some(format) = waiting.first().map(|order| order.format) else { return };
            let (mut these, others) =
                waiting.into_iter().partition::<Vec<_>, _>(|order| order.format == format);
            waiting = others;
            // The most patient one's: nobody's haste costs others their collectors.
            let deadline = these.iter().map(|order| order.deadline).max();
            let runtime = these.iter().find_map(|order| order.runtime.clone());
            self.plain.clear();
            metrics.write(&mut self.plain, format, render::Limits { deadline, runtime });
            while let Some(coding) = these.first().map(|order| order.coding) {
                let bytes = self.coded(format, coding);
                for Order { reply, seat, .. } in these.extract_if(.., |order| order.coding == coding) {
                    // Nobody may wait for it any more.
                    let _ = bytes.clone().map(|bytes| reply.send(bytes));
                    drop(seat);
                }
            }
        }
    }

    fn coded(&mut self, format: Format, coding: Coding) -> Option<Bytes> {
        let at = self.last.iter().position(|(f, c, _)| (*f, *c) == (format, coding));
        let last = at.map(|at| self.last.swap_remove(at).2);
        let used = last.and_then(|bytes| bytes.try_into_mut().ok()).map_or_else(Vec::new, Vec::from);
        let mut coded = used;
        coded.clear();
        self.coders.code(coding, &self.plain, &mut coded)?;
        let bytes = Bytes::from(coded);
        self.last.push((format, coding, bytes.clone()));
        Some(bytes)
    }
}
