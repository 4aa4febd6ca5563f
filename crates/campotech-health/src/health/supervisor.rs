//! The task that keeps a prober for each check.

use std::sync::{Arc, Weak};
use std::time::Duration;

use tokio::task::{AbortHandle, Id, JoinSet};
use tokio::time::sleep;

use super::prober::probe;
use crate::state::Shared;

/// Keeps a prober for each check: one that ends before the last handle is gone is started again. They end with it.
pub(super) async fn supervise(shared: Weak<Shared>) {
    // Without a timer the runtime has no use for any of this: it ends here, once.
    sleep(Duration::ZERO).await;
    let mut probers = JoinSet::new();
    let Some(live) = shared.upgrade() else { return };
    let start = |index| probers.spawn(probe(Weak::clone(&shared), index));
    let handles: Vec<AbortHandle> = (0..live.plan.components.len()).map(start).collect();
    live.tasks.lock().probers = handles;
    drop(live);
    while let Some(ended) = probers.join_next_with_id().await {
        let id = ended.map_or_else(|error| error.id(), |(id, ())| id);
        let Some(live) = shared.upgrade() else { return };
        start_again(&live, &mut probers, id);
    }
}

/// After the pause that follows a failure, so that one that can't live does not keep the processor busy.
fn start_again(live: &Arc<Shared>, probers: &mut JoinSet<()>, ended: Id) {
    let mut tasks = live.tasks.lock();
    let Some(index) = tasks.probers.iter().position(|prober| prober.id() == ended) else { return };
    tracing::error!(component = &*live.plan.components[index].name, "a prober ended; it is started again");
    let (shared, pause) = (Arc::downgrade(live), live.plan.settings[index].reprobe);
    tasks.probers[index] = probers.spawn(async move {
        sleep(pause).await;
        probe(shared, index).await;
    });
}
