//! `db_pool_*`: pools by name, each registered once.

use std::collections::BTreeMap;
use std::sync::Arc;

use parking_lot::RwLock;

use super::{PoolMetrics, PoolState};
use crate::ConfigError;
use crate::collect::{Asker, Question, Source};
use crate::exposition::Exposition;
use crate::names;

/// Pools by name.
#[derive(Default)]
pub(crate) struct Pools(RwLock<BTreeMap<Arc<str>, Pool>>);

#[derive(Clone)]
struct Pool {
    source: Source,
    read: Question<PoolState>,
    metrics: PoolMetrics,
}

impl Pools {
    pub(crate) fn add(&self, name: &str, read: Question<PoolState>) -> Result<PoolMetrics, ConfigError> {
        let mut pools = self.0.write();
        if pools.contains_key(name) {
            return Err(ConfigError::DuplicateMetric(format!("db_pool_connections{{pool={name:?}}}")));
        }
        let metrics = PoolMetrics::new();
        let source = Source::new(format!("pool.{name}"));
        pools.insert(name.into(), Pool { source, read, metrics: metrics.clone() });
        Ok(metrics)
    }

    pub(crate) fn get(&self, name: &str) -> Option<PoolMetrics> {
        self.0.read().get(name).map(|pool| pool.metrics.clone())
    }

    /// The states by name.
    pub(crate) fn states(&self, asker: &mut Asker<'_>) -> Vec<(Arc<str>, PoolState)> {
        let pools = self.0.read().clone();
        asked(&pools, asker).into_iter().map(|(name, state)| (name.into(), state)).collect()
    }

    pub(crate) fn write(&self, out: &mut Exposition, asker: &mut Asker<'_>) {
        let pools = self.0.read().clone();
        let states = asked(&pools, asker);
        let mut family = out.family(&names::POOL_CONNECTIONS);
        for (name, state) in &states {
            let used = state.size.saturating_sub(state.available);
            family.value(&[("pool", name), ("state", "idle")], state.available as f64);
            family.value(&[("pool", name), ("state", "used")], used as f64);
        }
        let mut family = out.family(&names::POOL_MAX);
        for (name, state) in &states {
            family.value(&[("pool", name)], state.max_size as f64);
        }
        let mut family = out.family(&names::POOL_WAITING);
        for (name, state) in &states {
            family.value(&[("pool", name)], state.waiting as f64);
        }
        let mut family = out.family(&names::POOL_ACQUIRE);
        for (name, pool) in &pools {
            family.histogram(&[("pool", name)], &pool.metrics.acquired.snapshot());
        }
        let mut family = out.family(&names::POOL_TIMEOUTS);
        for (name, pool) in &pools {
            family.counter(&[("pool", name)], pool.metrics.timeouts.get());
        }
    }
}

/// Asks pools that were copied from under the lock: a question may take its time, or add another pool.
fn asked<'a>(pools: &'a BTreeMap<Arc<str>, Pool>, asker: &mut Asker<'_>) -> Vec<(&'a str, PoolState)> {
    let mut state = |pool: &Pool| asker.ask(&pool.source, &pool.read);
    pools.iter().filter_map(|(name, pool)| Some((&**name, state(pool)?))).collect()
}
