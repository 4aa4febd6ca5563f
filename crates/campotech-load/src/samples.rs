//! What the server has in hand, looked at again and again.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::task::JoinHandle;

/// One look.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sample {
    /// Seconds since the first.
    pub at: f64,
    /// Resident memory in bytes.
    pub memory: f64,
    /// Open file descriptors.
    pub descriptors: f64,
    /// Tasks that are alive.
    pub tasks: f64,
    /// Series of all metrics.
    pub series: f64,
    /// CPU seconds used so far.
    pub cpu: f64,
}

/// Looks until it is stopped.
#[derive(Debug)]
pub struct Samples {
    taken: Arc<Mutex<Vec<Sample>>>,
    task: JoinHandle<()>,
}

impl Samples {
    /// Begins to look at the metrics of `admin`, once every `pause`.
    #[must_use]
    pub fn start(admin: SocketAddr, pause: Duration) -> Self {
        let taken = Arc::<Mutex<Vec<Sample>>>::default();
        let keep = Arc::clone(&taken);
        let task = tokio::spawn(async move {
            let began = Instant::now();
            let mut pauses = tokio::time::interval(pause);
            loop {
                pauses.tick().await;
                let asked = tokio::task::spawn_blocking(move || read(admin)).await;
                // A server that is busy misses a look.
                if let Ok(Some(text)) = asked
                    && let Some(sample) = sample(&text, began.elapsed())
                {
                    keep.lock().unwrap_or_else(PoisonError::into_inner).push(sample);
                }
            }
        });
        Self { taken, task }
    }

    /// Stops, with all that was seen.
    #[must_use]
    pub fn stop(self) -> Vec<Sample> {
        self.task.abort();
        std::mem::take(&mut *self.taken.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn read(admin: SocketAddr) -> Option<String> {
    let agent = ureq::Agent::config_builder()
        .timeout_global(Some(Duration::from_secs(5)))
        .proxy(None)
        .build()
        .new_agent();
    agent.get(format!("http://{admin}/metrics")).call().ok()?.body_mut().read_to_string().ok()
}

fn sample(text: &str, since: Duration) -> Option<Sample> {
    let sum = |name: &str| -> Option<f64> {
        let lines = text.lines().filter_map(|line| {
            let rest = line.strip_prefix(name)?;
            rest.starts_with([' ', '{']).then(|| rest.rsplit(' ').next()?.parse::<f64>().ok()).flatten()
        });
        lines.reduce(|all, one| all + one)
    };
    Some(Sample {
        at: since.as_secs_f64(),
        memory: sum("process_resident_memory_bytes")?,
        descriptors: sum("process_open_fds")?,
        tasks: sum("tokio_alive_tasks")?,
        series: sum("metrics_series")?,
        cpu: sum("process_cpu_seconds_total")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_adds_the_series_of_a_name_and_no_other_name() {
        let text = "# HELP x y\nprocess_resident_memory_bytes 1e6\nprocess_open_fds 12\nprocess_open_fds_of_others 7\n\
                    tokio_alive_tasks{runtime=\"a\"} 3\ntokio_alive_tasks{runtime=\"b\"} 4\nmetrics_series{family=\"x\"} 5\n\
                    metrics_series_overflow_total{family=\"x\"} 9\nprocess_cpu_seconds_total 1.5\n";
        let seen = sample(text, Duration::from_secs(2)).unwrap();
        let expected = Sample { at: 2.0, memory: 1e6, descriptors: 12.0, tasks: 7.0, series: 5.0, cpu: 1.5 };
        assert_eq!(seen, expected);
        assert_eq!(sample("process_open_fds 1\n", Duration::ZERO), None);
    }
}
