//! `tokio_*`: what a runtime tells about itself without `tokio_unstable`.

use std::sync::Arc;
use std::time::Duration;

use parking_lot::RwLock;
use tokio::runtime::{Handle, RuntimeMetrics};

use crate::ConfigError;
use crate::exposition::Exposition;
use crate::names::{self, Desc};

type Read = fn(&RuntimeMetrics) -> f64;

/// Runtimes by name.
#[derive(Default)]
pub(crate) struct Runtimes(RwLock<Vec<(Arc<str>, RuntimeMetrics)>>);

impl Runtimes {
    pub(crate) fn add(&self, name: &str, handle: &Handle) -> Result<(), ConfigError> {
        let mut runtimes = self.0.write();
        if runtimes.iter().any(|(known, _)| **known == *name) {
            return Err(ConfigError::DuplicateMetric(format!("tokio_workers{{runtime={name:?}}}")));
        }
        runtimes.push((name.into(), handle.metrics()));
        runtimes.sort_by(|a, b| a.0.cmp(&b.0));
        Ok(())
    }

    pub(crate) fn write(&self, out: &mut Exposition) {
        let runtimes = self.0.read();
        let gauges: [(&Desc, Read); 4] = [
            (&names::TOKIO_WORKERS, |runtime| runtime.num_workers() as f64),
            (&names::TOKIO_TASKS, |runtime| runtime.num_alive_tasks() as f64),
            (&names::TOKIO_QUEUE, |runtime| runtime.global_queue_depth() as f64),
            (&names::TOKIO_BUSY, |runtime| busy(runtime).as_secs_f64()),
        ];
        for (desc, read) in gauges {
            let mut text = out.family(desc);
            for (name, runtime) in runtimes.iter() {
                text.value(&[("runtime", name)], read(runtime));
            }
        }
    }
}

fn busy(runtime: &RuntimeMetrics) -> Duration {
    (0..runtime.num_workers()).map(|worker| runtime.worker_total_busy_duration(worker)).sum()
}
