//! `redis_client_*`: what clients of fred measure of themselves.

use std::collections::BTreeMap;
use std::sync::Arc;

use fred::interfaces::MetricsInterface;
use parking_lot::RwLock;

use super::{Asker, Question, Source};
use crate::exposition::Exposition;
use crate::names::{self, Desc};
use crate::{ConfigError, Metrics};

/// Clients by name.
#[derive(Default)]
pub(crate) struct RedisClients(RwLock<BTreeMap<Arc<str>, Client>>);

#[derive(Clone)]
struct Client {
    source: Source,
    read: Question<Reading>,
}

/// What a client has counted.
struct Reading {
    commands: u64,
    /// In milliseconds, as the next.
    waited: i64,
    network: i64,
    sent: i64,
    received: i64,
    queue: usize,
}

type Value = fn(&Reading) -> f64;

impl Metrics {
    /// Shows a client of fred as `redis_client_*{client="<name>"}`, read at each scrape without a command. A client in fred's pool
    /// is one client.
    ///
    /// fred counts commands that were answered one by one, errors included, and leaves out those of pipelines and scans; it counts
    /// bytes of all. It measures each command in whole milliseconds and drops the rest: below some milliseconds, sums of times
    /// are too small. `take_latency_metrics` and its kin set fred's counts back, which Prometheus then takes for a restart: leave
    /// them alone.
    ///
    /// ```no_run
    /// use campotech_metrics::Metrics;
    /// use fred::clients::Client;
    /// use fred::interfaces::ClientLike;
    ///
    /// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
    /// let metrics = Metrics::builder("field-service", "1.4.0").build()?;
    /// let redis = Client::default();
    /// redis.init().await?;
    /// metrics.watch_redis_client("main", &redis)?;
    ///
    /// redis.ping::<()>(None).await?;
    /// assert!(metrics.render_text().contains("redis_client_commands_total{client=\"main\"} 1\n"));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// A client of this name is shown already.
    pub fn watch_redis_client<C>(&self, name: &str, client: &C) -> Result<(), ConfigError>
    where
        C: MetricsInterface + 'static,
    {
        let client = client.clone();
        self.inner().redis.add(name, Arc::new(move || Reading::of(&client)))
    }
}

impl RedisClients {
    fn add(&self, name: &str, read: Question<Reading>) -> Result<(), ConfigError> {
        let mut clients = self.0.write();
        if clients.contains_key(name) {
            let series = format!("{}{{client={name:?}}}", names::REDIS_COMMANDS.name);
            return Err(ConfigError::DuplicateMetric(series));
        }
        clients.insert(name.into(), Client { source: Source::new(format!("redis.{name}")), read });
        Ok(())
    }

    pub(crate) fn write(&self, out: &mut Exposition, asker: &mut Asker<'_>) {
        let clients = self.0.read().clone();
        let mut ask = |client: &Client| asker.ask(&client.source, &client.read);
        let readings: Vec<_> =
            clients.iter().filter_map(|(name, client)| Some((name, ask(client)?))).collect();
        let families: [(&'static Desc, Value); 6] = [
            (&names::REDIS_COMMANDS, |read| read.commands as f64),
            (&names::REDIS_SECONDS, |read| read.waited as f64 / 1e3),
            (&names::REDIS_NETWORK, |read| read.network as f64 / 1e3),
            (&names::REDIS_SENT, |read| read.sent as f64),
            (&names::REDIS_RECEIVED, |read| read.received as f64),
            (&names::REDIS_QUEUE, |read| read.queue as f64),
        ];
        for (desc, value) in families {
            let mut family = out.family(desc);
            for (name, reading) in &readings {
                family.value(&[("client", name)], value(reading));
            }
        }
    }
}

impl Reading {
    /// Read and not taken: two scrapes at once, or two sets of metrics, each see all of it.
    fn of(client: &impl MetricsInterface) -> Self {
        let latency = client.read_latency_metrics();
        Self {
            commands: latency.samples,
            waited: latency.sum,
            network: client.read_network_latency_metrics().sum,
            sent: client.read_req_size_metrics().sum,
            received: client.read_res_size_metrics().sum,
            queue: client.command_queue_len(),
        }
    }
}
